"""``bench score``: the scoring stage alone, on the answers and verdicts that runs have."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.results import AsCsv, AsJson, require_one_form

if TYPE_CHECKING:
    from s_mllmun_bench.reporting.paper_tables import Shown
    from s_mllmun_bench.reporting.rows import ReportRun
    from s_mllmun_bench.running.run import Run
    from s_mllmun_bench.scoring.records import Scores

    Scored = Sequence[tuple[Run, Scores]]


def score(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders with answers; several make one table."),
    ],
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_latex: Annotated[bool, typer.Option("--latex", help="Print the paper's tables as LaTeX.")] = False,
) -> None:
    """Compute the figures of runs again, and set several side by side."""
    from s_mllmun_bench.cli.results import scores_json, show_scores
    from s_mllmun_bench.reporting.paper_tables import table1
    from s_mllmun_bench.running.figures import score_again
    from s_mllmun_bench.running.run import run_folders

    require_one_form(as_json, as_csv, as_latex)
    scored = [score_again(run) for run in run_folders(runs)]
    if as_json:
        found = [scores_json(run, scores) for run, scores in scored]
        typer.echo(json.dumps(found[0] if len(found) == 1 else {"runs": found}))
    elif as_csv:
        from s_mllmun_bench.reporting.spreadsheets import table_csv

        typer.echo(table_csv(table1(_rows(scored))), nl=False)
    elif as_latex:
        _print_latex(scored)
    elif len(scored) == 1:
        show_scores(scored)
    else:
        _show_table(scored)


def _rows(scored: "Scored") -> "Sequence[Shown]":
    """Return the runs as rows of a table; one alone may be of any kind, and judged or not."""
    from s_mllmun_bench.reporting.paper_tables import Labelled

    if len(scored) == 1:
        run, scores = scored[0]
        return [Labelled(run.folder.absolute().name, scores, limit=run.manifest.identity.limit)]
    return _side_by_side(scored)


def _side_by_side(scored: "Scored") -> "list[ReportRun]":
    from s_mllmun_bench.reporting.rows import read_runs

    known = {run.folder: scores for run, scores in scored}
    return read_runs([run.folder for run, _ in scored], lambda run: known[run.folder])


def _print_latex(scored: "Scored") -> None:
    from s_mllmun_bench.reporting.latex import latex
    from s_mllmun_bench.reporting.paper_tables import table1, table2

    typer.echo(latex(table1(_rows(scored))), nl=False)
    ablation = table2(_side_by_side(scored)) if len(scored) > 1 else None
    if ablation is not None:
        typer.echo(latex(ablation), nl=False)


def _show_table(scored: "Scored") -> None:
    from s_mllmun_bench.cli.results import coverage_lines
    from s_mllmun_bench.reporting.tables import overall_table, terminal_table
    from s_mllmun_bench.reporting.terminal import show

    rows = _side_by_side(scored)
    show(terminal_table(rows))
    show(overall_table(rows))
    for run, scores in scored:
        for line in coverage_lines(scores):
            typer.echo(f"{run.folder}: {line}")
