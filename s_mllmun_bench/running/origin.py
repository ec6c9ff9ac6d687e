"""How an adapter or a checkpoint was made, as its folder records it; read without torch.

A run writes it into its manifest when it begins: the folders, as they were named then, mean something else
from another folder or on another machine. The record helps whoever reads a table and decides no figure:
where there is none, as of an adapter from elsewhere, the folder's name stands in.
"""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from s_mllmun_bench.records import Record

_RECORD = "unlearning.json"
"""What an unlearning run leaves beside its adapter."""
_SCULPTED = "sculpted_adapter.json"

Kind = Literal["method", "reference", "control"]


class Sculpting(Record):
    """Which criteria of the mask an adapter is sculpted by: Eq. 6 and Eq. 7 of the paper."""

    direction: bool
    magnitude: bool

    @property
    def is_whole(self) -> bool:
        """Whether it is the paper's method and no ablation of it."""
        return self.direction and self.magnitude


class Origin(Record):
    """What is known of how an adapter was made."""

    method: str
    """Its id; the folder's name where nothing says it."""
    kind: Kind = "method"
    """References and controls are shown, never ranked."""
    seed: int | None = None
    sculpting: Sculpting | None = None
    """`None` if it is not sculpted."""


class _Record(BaseModel):
    """What is read of an unlearning run's record, which holds more."""

    method: str
    kind: Kind = "method"
    seed: int | None = None


class _Sculpted(BaseModel):
    """What is read of a sculpted adapter's settings."""

    direction: bool = True
    magnitude: bool = True


def origin_of(folder: Path) -> Origin:
    """Return how an adapter folder was made; its name alone where nothing says it."""
    record = recorded(folder)
    sculpted = _read(folder / _SCULPTED, _Sculpted)
    sculpting = None if sculpted is None else Sculpting(**sculpted.model_dump())
    if record is None:
        return Origin(method=folder.absolute().name, sculpting=sculpting)
    method = Path(record.method).name
    return Origin(method=method, kind=record.kind, seed=record.seed, sculpting=sculpting)


def origin_of_run(adapter: str | None, checkpoint: str | Path | None) -> Origin | None:
    """Return how what a run evaluates was made; `None` of a plain model that no method made."""
    if adapter is not None:
        return origin_of(Path(adapter))
    if checkpoint is None or recorded(Path(checkpoint)) is None:
        return None
    return origin_of(Path(checkpoint))


def called(checkpoint: str) -> str:
    """Return what a checkpoint is called: a folder's name, else the id that it was named by."""
    return Path(checkpoint).absolute().name if Path(checkpoint).is_dir() else checkpoint


def recorded(folder: Path) -> _Record | None:
    """Return the record of a folder that an unlearning run made; `None` for any other."""
    return _read(folder / _RECORD, _Record)


_Model = TypeVar("_Model", bound=BaseModel)


def _read(path: Path, kind: type[_Model]) -> _Model | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
