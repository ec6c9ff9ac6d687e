"""What happens to replicas of an engine, as those are told who share out the work."""

from collections.abc import Sequence
from dataclasses import dataclass

from s_mllmun_bench.generating.backend import Generated
from s_mllmun_bench.generating.engines import Taken


@dataclass(frozen=True, slots=True)
class Placed:
    """A replica's process is there, and begins to load its model."""

    replica: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A replica has loaded its model."""

    replica: int
    seconds: float
    """How long that took."""


@dataclass(frozen=True, slots=True)
class Took:
    """A replica has taken up the job of its window."""

    replica: int
    taken: Taken


@dataclass(frozen=True, slots=True)
class Answered:
    """A replica has answered some questions of its window."""

    replica: int
    answers: Sequence[Generated]


@dataclass(frozen=True, slots=True)
class Ended:
    """A replica has come to the end of its window."""

    replica: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A replica is dead; nothing more comes from it."""

    replica: int
    reason: str
    error: Exception | None = None
    """What was raised in it, if its process did not simply end."""


Event = Placed | Ready | Took | Answered | Ended | Lost
