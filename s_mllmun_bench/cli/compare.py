"""``bench compare``: which answers of two runs are the same, and which figures differ beyond chance."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.results import AsCsv, AsJson, require_one_form

if TYPE_CHECKING:
    from s_mllmun_bench.running.compare import Comparison


def compare(
    run_a: Annotated[
        Path, typer.Argument(metavar="RUN_A", help="A finished run folder; that before unlearning.")
    ],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another one on the same questions.")],
    answers: Annotated[int, typer.Option(min=0, help="How many of the differing answers are shown.")] = 20,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare the answers and figures of two runs."""
    from s_mllmun_bench.running.compare import compare as compare_runs

    require_one_form(as_json, as_csv)
    compared = compare_runs(run_a, run_b)
    if as_csv:
        from s_mllmun_bench.reporting.spreadsheets import changes_csv

        typer.echo(changes_csv(compared.figures), nl=False)
        return
    if as_json:
        typer.echo(compared.model_dump_json())
        return
    typer.echo(_summary(compared))
    _show_figures(compared)
    _show_answers(compared, run_a, run_b, answers)


def _show_answers(compared: "Comparison", run_a: Path, run_b: Path, most: int) -> None:
    """Print the first differing answers."""
    for one in compared.differing[:most]:
        typer.echo(f"{one.question_id}: {one.question}")
        for run, answer in ((run_a, one.first), (run_b, one.second)):
            typer.echo(f"  {run}: {_said(answer)}")
    more = len(compared.differing) - most
    if most and more > 0:
        typer.echo(f"and {more} more; --answers or --json shows them")


def _show_figures(compared: "Comparison") -> None:
    from s_mllmun_bench.reporting.changes import LEGEND, change_table
    from s_mllmun_bench.reporting.terminal import show

    show(change_table(compared.figures))
    for line in [*LEGEND, *_notes(compared)]:
        typer.echo(line)


def _notes(compared: "Comparison") -> Iterator[str]:
    """Yield what stands below the figures."""
    from s_mllmun_bench.reporting.changes import damage_lines, gate_lines

    if compared.unjudged is not None:
        yield f"no judge's scores: {compared.unjudged}"
    if compared.damage is not None:
        yield from damage_lines(compared.damage)
    if compared.gate is not None:
        yield from gate_lines(compared.gate)


def _said(answer: str | None) -> str:
    return "(no answer)" if answer is None else answer


def _summary(compared: "Comparison") -> str:
    """Return such as ``990 of 1000 answers are equal (99.0 %)``."""
    both = compared.questions - compared.missing
    share = "" if compared.share is None else f" ({100 * compared.share:.1f} %)"
    missing = f"; {compared.missing} questions without an answer in both" if compared.missing else ""
    return f"{compared.equal} of {both} answers are equal{share}{missing}"
