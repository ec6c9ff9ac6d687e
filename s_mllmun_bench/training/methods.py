"""What a method's ``submission.yaml`` says: its settings, where they come from, and what it may see.

What it may see is enforced, not promised: a set that it does not name is not given to it.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from s_mllmun_bench import contents
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record

from .pretraining import read_card
from .settings import merged, parse

Kind = Literal["method", "reference", "control"]
Seen = Literal["forget", "retain_few_shot", "refusals", "retain_complete"]


class Method(Record):
    """A ``submission.yaml``."""

    name: str
    """As tables show it."""
    kind: Kind = "method"
    """References and controls are shown, never ranked."""
    source: str | None = None
    """Where the method and its settings come from."""
    sees: tuple[Seen, ...] = ("forget", "retain_few_shot", "refusals")
    """What it is given. The complete retain set is for references alone."""
    settings: dict[str, Any] = Field(default_factory=dict)
    settings_for: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By the recipe of a mini checkpoint: settings in place of those above."""
    search: dict[str, list[Any]] = Field(default_factory=dict)
    """By setting, such as ``forget.learning_rate``: the values worth trying."""

    def settings_of(self, model: Path) -> dict[str, Any]:
        """Return the settings for a checkpoint: the general ones, and over them those for its recipe."""
        card = read_card(model)
        return merged(self.settings, self.settings_for.get(card.recipe, {}) if card and card.recipe else {})


def read_method(folder: Path) -> Method:
    """Read a method's ``submission.yaml``.

    Raises:
        BenchError: it is missing or wrong, or a method that would be ranked asks for the complete retain set.
    """
    path = folder / "submission.yaml"
    method = parse(Method, contents.read_yaml(path), str(path))
    if "retain_complete" in method.sees and method.kind != "reference":
        raise BenchError(f"{path}: sees: retain_complete is for references, and this is a {method.kind}")
    return method
