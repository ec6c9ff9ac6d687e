"""One loaded model, one adapter after the other, and what each of them changes.

A probe's log-probability is always compared with the plain model's own, in the same engine and in the
same way: a LoRA that never arrived changes nothing, and would score the model that never unlearned.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterEffect

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter


@dataclass(slots=True)
class AdapterSwitch:
    """Which adapter a loaded model has, how it gets another, and the plain model's values of the probes."""

    put: "Callable[[Adapter | None, Adapter | None], None]"
    """Takes the adapter there is and the one to be; `None` is the plain model. One that does not fit
    raises and leaves the model as it is."""
    measure: Callable[[Sequence[Question]], list[float]]
    """Returns the questions' log-probabilities with the adapter there is."""
    adapter: "Adapter | None" = None
    plain: dict[tuple[str, ...], list[float]] = field(default_factory=dict)
    """By the probes' ids: the plain model's log-probabilities, in nats."""

    def use(self, adapter: "Adapter | None", probes: Sequence[Question]) -> AdapterEffect | None:
        """Change to an adapter and return what it changes; see `backend.Backend.use`.

        The plain model is gone back to where these probes were not measured with it yet.

        Raises:
            BenchError: the adapter does not fit, a probe cannot be asked, or an output is not finite.
        """
        key = tuple(probe.id for probe in probes)
        if probes and key not in self.plain:
            self._change_to(None)
            self.plain[key] = self._measured(probes)
        self._change_to(adapter)
        if adapter is None or not probes:
            return None
        return log_probability_effect(adapter, self.plain[key], self._measured(probes))

    def _measured(self, probes: Sequence[Question]) -> list[float]:
        try:
            return self.measure(probes)
        except ValueError as error:
            raise BenchError(
                f"the probe questions, which show an adapter's effect, cannot be asked: {error}"
            ) from error

    def _change_to(self, adapter: "Adapter | None") -> None:
        if (self.adapter and self.adapter.digest) != (adapter and adapter.digest):
            self.put(self.adapter, adapter)
            self.adapter = adapter


def log_probability_effect(
    adapter: "Adapter", plain: Sequence[float], adapted: Sequence[float]
) -> AdapterEffect:
    """Return how many of the probes' log-probabilities an adapter changes, and how much at most.

    Args:
        adapter: says how many weights it names.
        plain: the plain model's, in nats; at least one.
        adapted: those with the adapter, of the same probes.

    Raises:
        BenchError: some are not finite, so nothing that the model says would mean anything.
    """
    _require_finite("the plain model's output", plain)
    _require_finite(f"with the adapter {adapter.source} the model's output", adapted)
    changes = [abs(one - other) for one, other in zip(plain, adapted, strict=True)]
    return AdapterEffect(
        measure="log_probabilities",
        keys=len(adapter.names),
        probes=len(changes),
        changed=sum(change > 0 for change in changes),
        largest=max(changes),
    )


def _require_finite(whose: str, logps: Sequence[float]) -> None:
    broken = [one for one in logps if not math.isfinite(one)]
    if broken:
        raise BenchError(
            f"{whose} is not finite ({broken[0]} for {len(broken)} of {len(logps)} probe questions): its "
            "weights are too large for the dtype; try --dtype float32, or train with a lower learning rate"
        )
