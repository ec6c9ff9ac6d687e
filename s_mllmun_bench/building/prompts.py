"""A prompt of the writer: one Markdown file, its settings on top, the words for the model below.

The JSON schema of the reply stands in the text, as the one block marked ``json``, so the model reads the
same schema that the server enforces, and nobody can change one without the other.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from s_mllmun_bench import contents
from s_mllmun_bench.data.identity import front_matter
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault

_WHERE = "builders/prompts"
_SCHEMA = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class PromptSettings(Record):
    """What stands between the two lines of dashes."""

    sees_image: bool
    """Whether an image is sent, so that a model that sees is needed."""
    temperature: float = Field(ge=0, le=2)
    max_tokens: int = Field(ge=1)
    """The longest reply; one that is cut off there is asked for again."""
    typical_tokens: int = Field(ge=1)
    """Of a reply, for the estimate of what a build costs."""

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.typical_tokens > self.max_tokens:
            raise ValueError("typical_tokens must not exceed max_tokens")
        return self


@dataclass(frozen=True, slots=True)
class Prompt:
    """One kind of text that a model is asked for."""

    id: str
    """The file's name."""
    settings: PromptSettings
    text: str
    """The system prompt."""
    schema: dict[str, Any]
    """Of the reply."""


def read_prompt(name: str) -> Prompt:
    """Return a prompt of ``builders/prompts/``.

    Raises:
        BenchError: there is none of that name, or its settings or its schema are wrong.
    """
    path = contents.find("prompt", _WHERE, name, ".md")
    whole = path.read_text(encoding="utf-8")
    text = whole.partition("\n---\n")[2].strip()
    schemas = _SCHEMA.findall(text)
    if len(schemas) != 1:
        raise BenchError(
            f"{path} must hold one block marked json, the schema of the reply; it has {len(schemas)}"
        )
    try:
        settings = PromptSettings.model_validate(front_matter(whole))
        schema = json.loads(schemas[0])
    except ValidationError as error:
        raise BenchError(f"{path}: {first_fault(error)}") from error
    except ValueError as error:
        raise BenchError(f"{path}: its schema is no JSON: {error}") from error
    return Prompt(path.stem, settings, text, schema)
