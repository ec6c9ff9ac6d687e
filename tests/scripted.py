"""A backend that follows a script, and so needs no model; for runs that fail, stop or are killed."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.generating.backend import AdapterEffect, Generated
from s_mllmun_bench.generating.engines import OneEngine


class ScriptedBackend:
    """Says the value asked for and which adapter it has, and fails on every question about the residence."""

    name = "scripted"
    independent = False
    mode = "in-engine"

    def __init__(
        self,
        window: int = 32,
        changed: int | None = None,
        stop_after: int = -1,
        seconds: float = 0.0,
        looks: bool = False,
    ) -> None:
        """Keep the script.

        Args:
            window: questions at once.
            changed: probes that an adapter changes; `None` for all.
            stop_after: answers before it is interrupted; -1 for never.
            seconds: before each answer.
            looks: whether it decodes the first image of each window, and reads the others.
        """
        self.window = window
        self.asked: list[str] = []
        self.used: list[str | None] = []
        self.probed: list[int] = []
        self.opened = 0
        self.closed = False
        self.looked_at = 0
        self.sizes: set[tuple[int, int]] = set()
        self._adapter: str | None = None
        self._changed = changed
        self._left = stop_after
        self._seconds = seconds
        self._looks = looks

    def opening(self, *_: object) -> OneEngine:
        """Take what `open_engines` takes, and return this backend as the engine."""
        self.opened += 1
        return OneEngine(self)

    def use(self, adapter, probes: Sequence[Question] = ()) -> AdapterEffect | None:
        self._adapter = None if adapter is None else adapter.digest[:8]
        self.used.append(self._adapter)
        self.probed.append(len(probes))
        if adapter is None or not probes:
            return None
        changed = len(probes) if self._changed is None else self._changed
        return AdapterEffect(
            measure="log_probabilities", keys=len(adapter.names), probes=len(probes), changed=changed
        )

    def generate(self, questions: Sequence[Question]) -> Iterator[Generated]:
        if self._looks:
            images = [question.image for question in questions if question.image is not None]
            self.looked_at += sum(len(image.data) for image in images)
            self.sizes.update(image.open().size for image in images[:1])
        for question in questions:
            if self._left == 0:
                raise KeyboardInterrupt
            self._left -= 1
            time.sleep(self._seconds)
            self.asked.append(question.id)
            if question.attribute == "residence":
                yield Generated(question.id, None, failure="ValueError: the image cannot be read")
            else:
                with_adapter = f" ({self._adapter})" if self._adapter else ""
                yield Generated(question.id, f"It is {question.value}{with_adapter}.", None, "stop", 5)

    def log_probabilities(self, questions: Sequence[Question]) -> list[float]:
        return [0.0 for _ in questions]

    def close(self) -> None:
        self.closed = True


def silent(done: int, total: int, what: str) -> None:
    """Take a report and show nothing."""


def main(model: str, data: str, output: str, cache: str, seconds: str = "0.004") -> None:
    """Evaluate slowly, as the process that is going to be killed."""
    import datasets

    from s_mllmun_bench.generating.backend import BackendSettings
    from s_mllmun_bench.running.evaluate import run_plans
    from s_mllmun_bench.running.plan import Settings, make_plans

    datasets.config.HF_DATASETS_CACHE = cache
    backend = BackendSettings(name="transformers", dtype="float32")
    settings = Settings(model=model, data=data, limit=2, backend=backend, output=Path(output))
    run_plans(make_plans(settings), silent, ScriptedBackend(window=16, seconds=float(seconds)).opening)


if __name__ == "__main__":
    main(*sys.argv[1:])
