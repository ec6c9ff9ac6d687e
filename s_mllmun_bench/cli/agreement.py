"""``bench agreement``: two judges of one metric on the same answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.results import AsJson, side_by_side

if TYPE_CHECKING:
    from s_mllmun_bench.running.agreement import Agreement

_WIDTH = 100


def agreement(
    run: Annotated[Path, typer.Argument(help="A run folder that both have judged.")],
    judge_a: Annotated[str, typer.Argument(help="A judge, such as offline_fact.")],
    judge_b: Annotated[str, typer.Argument(help="Another of the same metric, such as fact_score@qwen-plus.")],
    plot: Annotated[
        Path | None,
        typer.Option(help="The picture's file; else agreement_<judges>.png in the run's figures folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare what two judges said of a run."""
    import re

    from s_mllmun_bench.reporting.agreement import save_agreement
    from s_mllmun_bench.running.agreement import agreement as compare_judges

    found = compare_judges(run, judge_a, judge_b)
    name = re.sub(r"[^\w.@-]", "_", f"agreement_{found.first}_{found.second}")
    picture = save_agreement(found, plot or run / "figures" / f"{name}.png")
    if as_json:
        typer.echo(found.model_dump_json())
        return
    for line in _lines(found):
        typer.echo(line)
    typer.echo(f"picture: {picture}")


def _lines(found: "Agreement") -> Iterator[str]:
    """Yield what is printed: the figures, then the largest disagreements."""
    yield f"{found.metric}: {found.first} and {found.second} on {found.both} answers"
    yield f"scored by one alone: {found.only_first} by the first, {found.only_second} by the second"
    yield f"quadratic-weighted kappa {_figure(found.kappa)}, Spearman {_figure(found.spearman)}"
    within = "-" if found.within_one is None else f"{found.within_one:.1%}"
    yield f"the second is higher by {_figure(found.bias)} in the mean; within 1 of each other: {within}"
    for one in found.largest:
        yield f"{one.question_id}: {one.first:g} and {one.second:g}"
        yield f"  {side_by_side((one.question, one.reference, one.answer or ''), _WIDTH)}"
        yield f"  {side_by_side((one.first_reason or '-', one.second_reason or '-'), _WIDTH)}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
