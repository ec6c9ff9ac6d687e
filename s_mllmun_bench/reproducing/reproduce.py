"""A reproduction from beginning to end: the steps, the judges of today, and the document."""

import math
import os
import platform
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.board import Board, read_board
from s_mllmun_bench.reproducing.cells import STAGES, Cell, Plan
from s_mllmun_bench.reproducing.choice import choose
from s_mllmun_bench.reproducing.document import Circumstances, write_document
from s_mllmun_bench.reproducing.minutes import spent
from s_mllmun_bench.reproducing.packed import pack, unpack
from s_mllmun_bench.reproducing.plan import make_plan
from s_mllmun_bench.reproducing.recipe import Reproduction
from s_mllmun_bench.reproducing.steps import unsettled
from s_mllmun_bench.reproducing.work import Outcome, work
from s_mllmun_bench.whole import locked

_JUDGES = "offline"
_REFERENCES = ("original", "before", "retrain")
"""Methods that are planned with the first seed alone."""


def reproduce(
    what: Reproduction,
    tier: str,
    plan: Plan,
    jobs: int,
    document: Path,
    tell: Callable[[str], None],
    command: str = "bench reproduce",
    hours: float = math.inf,
    runs: Path | None = None,
) -> Outcome:
    """Do what is left of a plan and write its document, of whatever is done when it ends.

    Args:
        what: from `recipe.read_reproduction`.
        tier: the name of one of its tiers.
        plan: of that tier.
        jobs: steps at once.
        document: where it is written; its pictures go into the folder of its name.
        tell: is told of every step in a line.
        command: that the document names as its own.
        hours: after so many no step is begun; with 0 the document alone is written, also while another
            process works in the folder.
        runs: a file that finished runs are taken from, where it exists, and kept in at the end; see `packed`.

    Raises:
        BenchError: another process works in the folder, not even the original was evaluated, or the file of
            runs is none.
    """
    until = time.monotonic() + 3600 * hours
    with locked(plan.root) if hours else nullcontext():
        if runs is not None:
            unpack(runs, plan.root)
        plan, outcome = make_plan(what, plan.tier, plan.root), Outcome()
        for stage in STAGES:
            steps = plan.until(stage)
            outcome = work(steps, plan.root, jobs, tell, 0.0 if outcome.interrupted else until, outcome)
            plan = make_plan(what, plan.tier, plan.root)
        judge_anew(plan, tell)
        boards = read_boards(plan)
        how = Circumstances(
            title=what.title,
            command=command,
            tier=tier,
            machine=_machine(),
            minutes=spent(plan.root, plan.steps),
            jobs=jobs,
            judges=" and ".join(boards[0].of("original")[0].run.scores.judges),
            failed=outcome.failed,
            not_run=what.not_run,
            unfinished=unfinished(plan),
            asked=_asked(what, plan),
            mass_at=what.smfa.candidates[0],
            few_shot=plan.tier.few_shot,
            few_shot_at=what.smfa.candidates[-1],
            steps=(len(plan.steps) - len(unsettled(plan.steps)), len(plan.steps)),
            runs=runs,
        )
        write_document(document, boards, how)
        if runs is not None:
            pack(plan, runs)
    return outcome


def read_boards(plan: Plan) -> list[Board]:
    """Return every model and ratio of which there are runs.

    Raises:
        BenchError: there are none.
    """
    choices, reading = choose(plan.cells), plan.tier.readings[0]
    found = [
        read_board(plan.cells, choices, model, ratio, reading)
        for model in plan.tier.models
        for ratio in plan.tier.ratios
    ]
    boards = [one for one in found if one is not None]
    if not boards:
        raise BenchError(f"nothing to report in {plan.root}: no original model was evaluated; see its logs/")
    return boards


def unfinished(plan: Plan) -> list[str]:
    """Return what runs lack, a line for each model, ratio and seed of which any does."""
    lines = []
    for place in dict.fromkeys((cell.model, cell.ratio, cell.seed) for cell in plan.cells):
        mine = [cell for cell in plan.cells if (cell.model, cell.ratio, cell.seed) == place]
        lack = [cell for cell in mine if not (cell.run / "scores.json").is_file()]
        names = dict.fromkeys(" ".join(filter(None, (c.method, c.reading, c.strength))) for c in lack)
        told = "all" if lack == mine else ", ".join(names)
        if lack:
            lines.append(f"{place[0]}, {place[1]} %, seed {place[2]}: {told}")
    return lines


def judge_anew(plan: Plan, tell: Callable[[str], None]) -> None:
    """Let today's judges judge every run that others judged: of two judges' scores no table is made.

    Args:
        plan: its finished runs are looked at.
        tell: is told of each run in a line.
    """
    from s_mllmun_bench.running.figures import judge_again
    from s_mllmun_bench.running.identity import judge_digests
    from s_mllmun_bench.running.run import open_run

    today = judge_digests(_JUDGES)
    for run in dict.fromkeys(_runs(plan.cells)):
        if (run / "manifest.json").is_file() and open_run(run).manifest.identity.judges != today:
            tell(f"judging anew: {run.name}")
            judge_again(run, _JUDGES, lambda done, total, what: None)


def _runs(cells: list[Cell]) -> list[Path]:
    """Return the finished runs."""
    both = [run for cell in cells for run in (cell.run, cell.validation) if run is not None]
    return [run for run in both if (run / "scores.json").is_file()]


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, Python {platform.python_version()}"
    )


def _asked(what: Reproduction, plan: Plan) -> str:
    limit = plan.tier.limit
    told = (
        "everybody is" if limit is None else f"{limit} of each set, spread evenly over it, or all of it, are"
    )
    return f"{what.people} people, of whom {told} asked about; {seeds_told(plan)}."


def seeds_told(plan: Plan) -> str:
    """Return how many seeds the finished runs have, of those that are planned; the plan alone proves none."""
    seeds: dict[tuple[str, ...], set[int]] = {}
    for cell in plan.cells:
        if cell.method not in _REFERENCES and (cell.run / "scores.json").is_file():
            alike = (cell.model, str(cell.ratio), cell.method, cell.reading, cell.strength)
            seeds.setdefault(alike, set()).add(cell.seed)
    counts = [len(each) for each in seeds.values()] or [0]
    low, high, planned = min(counts), max(counts), len(plan.tier.seeds)
    so_far = " so far" if unsettled(plan.steps) else ""
    span = str(low) if low == high else f"{low} to {high}"
    return (
        f"{span} of {planned} planned seed(s) of each training{so_far}; one of the references "
        "(the original, before fine-tuning, retrain)"
    )
