"""A backend that follows a script, and so needs no model; for runs that fail, stop or are killed."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.generating.backend import AdapterEffect, Generated


class ScriptedBackend:
    """Says the value asked for, and fails on every question about the residence."""

    name = "scripted"
    dtype = "float32"

    def __init__(
        self,
        window: int = 32,
        effect: AdapterEffect | None = None,
        stop_after: int = -1,
        seconds: float = 0.0,
    ) -> None:
        """Keep the script.

        Args:
            window: questions at once.
            effect: of the adapter, as a backend would measure it.
            stop_after: answers before it is interrupted; -1 for never.
            seconds: before each answer.
        """
        self.window = window
        self.effect = effect
        self.asked: list[str] = []
        self.closed = False
        self._left = stop_after
        self._seconds = seconds

    def generate(self, questions: Sequence[Question]) -> Iterator[Generated]:
        for question in questions:
            if self._left == 0:
                raise KeyboardInterrupt
            self._left -= 1
            time.sleep(self._seconds)
            self.asked.append(question.id)
            if question.attribute == "residence":
                yield Generated(question.id, None, failure="ValueError: the image cannot be read")
            else:
                yield Generated(question.id, f"It is {question.value}.", None, "stop", 5)

    def log_probabilities(self, questions: Sequence[Question]) -> list[float]:
        return [0.0 for _ in questions]

    def close(self) -> None:
        self.closed = True


def opening(backend: ScriptedBackend) -> Any:
    """Return what opens this backend, whatever the checkpoint."""
    return lambda *_: backend


def silent(done: int, total: int, what: str) -> None:
    """Take a report and show nothing."""


def main(model: str, data: str, output: str, cache: str) -> None:
    """Evaluate slowly, as the process that is going to be killed."""
    import datasets

    from s_mllmun_bench.running.evaluate import run_plan
    from s_mllmun_bench.running.plan import Settings, make_plan

    datasets.config.HF_DATASETS_CACHE = cache
    settings = Settings(model=model, data=data, limit=2, dtype="float32", output=Path(output))
    run_plan(make_plan(settings), silent, opening(ScriptedBackend(window=16, seconds=0.004)))


if __name__ == "__main__":
    main(*sys.argv[1:])
