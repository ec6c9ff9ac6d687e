"""Who answers what the runs of a command ask: one engine here, or replicas of one elsewhere.

What is asked and what is written down do not depend on it. An adapter's effect is told before its first
answer, so that a run with an adapter that changes nothing is stopped before it begins.
"""

from collections.abc import Generator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.generating.backend import (
    AdapterEffect,
    AdapterMode,
    Backend,
    BackendSettings,
    Decoding,
    Generated,
    windows,
)
from s_mllmun_bench.generating.opening import open_backend

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter


@dataclass(frozen=True, slots=True)
class Job:
    """What one run asks of a model with one adapter."""

    adapter: "Adapter | None"
    """`None` for the plain model."""
    probes: Sequence[Question]
    """To measure the adapter's effect with."""
    begun: bool
    """Whether the effect in one engine is known from an earlier start."""
    questions: Sequence[Question]
    """All of the run, in the order in which they are sent."""
    answered: AbstractSet[str]
    """Ids of those that need no answer any more. A window is cut from all questions, and asked whole."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An engine has taken up a job: its adapter is in place."""

    effect: AdapterEffect | None
    """What the adapter changes in this engine; `None` if it was not measured, or for the plain model."""


Said = tuple[int, Taken | Generated]
"""The number of a job, and what is new of it."""


class Engines(Protocol):
    """What answers the jobs of a command on one start."""

    @property
    def mode(self) -> AdapterMode | None:
        """How an engine gets its adapters; `None` where there is one way only."""
        ...

    def answers(self, jobs: Sequence[Job]) -> Generator[Said, None, None]:
        """Yield every answer that is missing, once; of each job a `Taken` comes before the first.

        Raises:
            BenchError: an adapter cannot be used, or no engine is left.
        """
        ...

    def close(self) -> None:
        """Stop what was started."""
        ...


@dataclass(frozen=True, slots=True)
class OneEngine:
    """A backend in this process, which does one job after the other."""

    backend: Backend

    @property
    def mode(self) -> AdapterMode | None:
        """As in `Engines`."""
        return self.backend.mode

    def answers(self, jobs: Sequence[Job]) -> Generator[Said, None, None]:
        """Yield what `Engines` says, window by window.

        A window that was broken off is asked again as a whole, so that the model sees the same batches;
        what does not depend on them is asked once.
        """
        for number, job in enumerate(jobs):
            yield number, Taken(self.backend.use(job.adapter, () if job.begun else job.probes))
            for window in windows(job.questions, self.backend.window):
                left = [question for question in window if question.id not in job.answered]
                if not left:
                    continue
                for generated in self.backend.generate(left if self.backend.independent else window):
                    if generated.question_id not in job.answered:
                        yield number, generated

    def close(self) -> None:
        """Close the backend."""
        self.backend.close()


def open_engines(
    settings: BackendSettings,
    model: Path | None,
    adapters: "Sequence[Adapter]" = (),
    decoding: Decoding | None = None,
) -> Engines:
    """Start one engine, or on Ray several; arguments and errors are those of `open_backend`."""
    if settings.engine == "ray" and model is not None:
        from s_mllmun_bench.generating.ray_engines import RayEngines

        return RayEngines(settings, model, adapters, decoding or Decoding())
    return OneEngine(open_backend(settings, model, adapters, decoding))
