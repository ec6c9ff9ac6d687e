"""``bench reproduce``: the paper in miniature, from nothing to a document that says what holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench import contents
from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    from s_mllmun_bench.reproducing.cells import Plan
    from s_mllmun_bench.reproducing.recipe import Reproduction

NAMES = ", ".join(contents.names("builders/reproductions", ".yaml"))


def reproduce(
    name: Annotated[str, typer.Argument(help=f"What to reproduce: {NAMES}, or the path of a YAML file.")],
    tier: Annotated[str, typer.Option(help="How much of it: quick or full.")] = "quick",
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to work in.")] = Path(
        "reproduced"
    ),
    document: Annotated[
        Path | None, typer.Option(help="The document to write; else OUTPUT/NAME-reproduction.md.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Steps at once, one core each; else one for each core.")
    ] = None,
    stop_after: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="HOURS",
            help="Begin nothing more after so many hours; 0 writes the document alone.",
        ),
    ] = float("inf"),
    runs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.tar.xz",
            help="Take finished runs from this file, where it exists, and keep all of them in it at the end.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and do nothing.")] = False,
) -> None:
    """Run the paper in small, and say of each of its claims whether it holds.

    The same command continues what was broken off; nothing that stands is computed again. Whenever it ends,
    an interrupt (Ctrl-C) included, the document is written from what is there.
    """
    from s_mllmun_bench.reproducing.plan import make_plan
    from s_mllmun_bench.reproducing.recipe import read_reproduction, tier_of
    from s_mllmun_bench.reproducing.reproduce import reproduce as run
    from s_mllmun_bench.whole import require_place

    if document is not None and (document.suffix != ".md" or document.is_dir()):
        raise BenchError(f"the document must be a .md file, and is {document}")
    if runs is not None and not runs.name.endswith(".tar.xz"):
        raise BenchError(f"the file of runs must be a .tar.xz file, and is {runs}")
    found = read_reproduction(name)
    plan = make_plan(found, tier_of(found, tier), output)
    at_once = jobs or _cores()
    _show(found, plan, at_once, all_steps=dry_run)
    if dry_run:
        return
    target = document or output / f"{Path(name).stem}-reproduction.md"
    for place in (target, runs):
        if place is not None:
            require_place(place, replacing=True)
    command = f"bench reproduce {name} --tier {tier}"
    outcome = run(found, tier, plan, at_once, target, _tell, command, stop_after, runs)
    for step, why in outcome.failed.items():
        typer.echo(f"{step}: {why}", err=True)
    typer.echo(f"the document: {target}")
    if outcome.left:
        typer.echo(f"{outcome.left} steps are left; the same command continues", err=True)
    if outcome.interrupted:
        raise typer.Exit(130)
    if outcome.failed:
        raise typer.Exit(1)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _cores() -> int:
    """Return the cores that this process may use."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _show(found: "Reproduction", plan: "Plan", jobs: int, all_steps: bool) -> None:
    from s_mllmun_bench.reproducing.minutes import expected
    from s_mllmun_bench.reproducing.steps import unsettled

    left = unsettled(plan.steps)
    if all_steps:
        names = {step.name for step in left}
        for step in plan.steps:
            typer.echo(f"{'    ' if step.name in names else 'done'}  {step.kind:9} {step.name}")
    minutes = expected(plan.steps, found.minutes, plan.root)
    for kind, one in minutes.items():
        count = sum(step.kind == kind for step in left)
        typer.echo(f"{count:4} x {kind:9} about {one:6.1f} minutes of one core")
    runs = sum(step.runs for step in plan.steps if step.kind == "evaluate")
    typer.echo(
        f"{found.title}: {len(left)} of {len(plan.steps)} steps left, {runs} runs in all; "
        f"about {sum(minutes.values()) / jobs:.0f} minutes with {jobs} at once"
    )
