"""A judge's two files: ``<id>.yaml`` says how it is asked, ``<id>.md`` is the rubric, word for word.

Both are in the judge's digest: a rubric with another comma is another judge.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from s_mllmun_bench import contents
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record, first_fault

Part = Literal["question", "reference", "answer"]


class RubricSettings(Record):
    """What a judge's YAML file holds."""

    metric: Literal["fact", "meaningful"]
    sees: tuple[Part, ...]
    """What the model is shown, in this order."""
    model: str = "qwen-plus"
    """Unless another is asked for."""
    temperature: Literal[0] = 0
    """A judge decodes greedily."""
    max_tokens: int = Field(default=400, ge=1)
    """The longest reply; one that is cut off there is no judgement."""
    max_characters: int = Field(default=4000, ge=1)
    """Of each part; what is longer is cut off, and how much is written down."""
    options: dict[str, Any] = Field(default_factory=dict)
    """More of the request, for servers that know it; left out where they refuse it."""

    @model_validator(mode="after")
    def _shows_the_answer(self) -> Self:
        if "answer" not in self.sees or len(set(self.sees)) < len(self.sees):
            raise ValueError("sees must name the answer, and nothing twice")
        return self


@dataclass(frozen=True, slots=True)
class Rubric:
    """A judge that asks an LLM, as its files say."""

    id: str
    """The files' name."""
    settings: RubricSettings
    text: str
    """The system prompt."""
    digest: str
    """SHA-256 of both files."""


def read_rubric(path: Path) -> Rubric:
    """Return the judge of a YAML file and of the rubric beside it.

    Raises:
        BenchError: one of them is missing or holds something else.
    """
    try:
        settings = RubricSettings.model_validate(contents.read_yaml(path))
    except ValidationError as error:
        raise BenchError(f"{path} is no judge: {first_fault(error)}") from error
    rubric = path.with_suffix(".md")
    try:
        text = rubric.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"the judge {path} needs its rubric beside it, as text in {rubric.name}") from error
    digest = hashlib.sha256(path.read_bytes() + b"\0" + rubric.read_bytes()).hexdigest()
    return Rubric(path.stem, settings, text.strip(), digest)
