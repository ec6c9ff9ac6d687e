"""What a build will ask of a server and cost, before a cent is spent.

It supposes that every reply is fit at once; a share of unfit ones makes it dearer by that share. What was
paid for already, by a build that was killed, costs nothing again, but for
requests that were in flight when it was ended.
"""

from dataclasses import dataclass
from pathlib import Path

from s_mllmun_bench.building.build import Choices, planned, replies_folder
from s_mllmun_bench.building.supplies import Supplies, counted_supplies, estimated_calls
from s_mllmun_bench.contracts import CallEstimate
from s_mllmun_bench.llm.ledger import FILE


@dataclass(frozen=True, slots=True)
class Estimate:
    """The calls of a build."""

    calls: list[CallEstimate]
    """By kind; none for a writer that asks nobody."""
    kept: int
    """Replies that an earlier build of the same output has paid for."""
    supplies: Supplies

    @property
    def cost(self) -> float | None:
        """US dollars; `None` where a price is not known."""
        costs = [one.cost for one in self.calls]
        return None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)


def estimate(recipe: str, output: Path, choices: Choices, model: str | None) -> Estimate:
    """Return what a build would cost; images are counted, none is opened and no server asked.

    Args:
        recipe: id in ``builders/recipes/``, or the path of a YAML file.
        output: of the build.
        choices: of the user.
        model: in place of the recipe's models.

    Raises:
        BenchError: the recipe, its writer or a source is missing or wrong, or has too few images.
    """
    path, plan = planned(recipe, choices)
    calls = estimated_calls(plan, path, model)
    kept = _kept(replies_folder(output) / FILE) if calls else 0
    return Estimate(calls, kept, counted_supplies(plan, path))


def _kept(file: Path) -> int:
    if not file.is_file():
        return 0
    with file.open("rb") as lines:
        return sum(1 for _ in lines)
