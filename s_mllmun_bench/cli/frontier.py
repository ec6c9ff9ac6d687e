"""``bench frontier``: what methods keep at equal forgetting, from runs at several strengths."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.results import AsCsv, AsJson, require_one_form

if TYPE_CHECKING:
    from s_mllmun_bench.scoring.frontier import MethodFrontier


def frontier(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Judged run folders; the plain model's begins every curve."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A picture to draw: .png, .svg or .pdf.")
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what methods keep at equal forgetting."""
    from s_mllmun_bench.reporting.frontier import save_frontier
    from s_mllmun_bench.running.frontier import frontier_of
    from s_mllmun_bench.running.run import run_folders

    require_one_form(as_json, as_csv)
    _require_picture(output)
    methods = frontier_of(run_folders(runs))
    if output is not None:
        save_frontier(methods, output)
    if as_json:
        typer.echo(json.dumps({"methods": [one.model_dump(mode="json") for one in methods]}))
        return
    if as_csv:
        from s_mllmun_bench.reporting.spreadsheets import frontier_csv

        typer.echo(frontier_csv(methods), nl=False)
        return
    _show(methods)
    if output is not None:
        typer.echo(f"picture: {output}")


def _show(methods: "tuple[MethodFrontier, ...]") -> None:
    from s_mllmun_bench.reporting.frontier import LEGEND, NOTHING_COMMON, frontier_table
    from s_mllmun_bench.reporting.terminal import show
    from s_mllmun_bench.scoring.frontier import KEPT

    for kept in KEPT:
        show(frontier_table(methods, kept))
    for line in LEGEND:
        typer.echo(line)
    if not methods[0].retention.heights:
        typer.echo(NOTHING_COMMON)


def _require_picture(output: Path | None) -> None:
    from s_mllmun_bench.errors import BenchError

    if output is not None and output.suffix not in (".png", ".svg", ".pdf"):
        raise BenchError(f"a picture ends in .png, .svg or .pdf, and {output} does not")
