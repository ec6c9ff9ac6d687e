"""``bench report``: tables, figures and answers of runs as one page that needs nothing else."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s_mllmun_bench.reporting.page.report import Report

ALL = "all"


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Judged run folders, all on the same questions."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder to write report.html, figures/ and tables/ to.")
    ] = Path("report"),
    data: Annotated[
        str | None,
        typer.Option(
            help="The dataset, for the images: a folder or a Hub id. Without it the folder that the runs "
            "had; if that is gone, the page has no images."
        ),
    ] = None,
    answers: Annotated[
        str,
        typer.Option(
            metavar="N|all",
            help="How many questions' answers to put into the page: the forget set's first, others "
            "spread evenly.",
        ),
    ] = ALL,
    as_json: Annotated[bool, typer.Option("--json", help="Print the paths as JSON.")] = False,
) -> None:
    """Write runs' tables, figures and answers as one page.

    report.html needs no network and no other file: open it, move it, send it. Its tables and figures lie
    beside it as LaTeX, CSV, PNG and SVG.
    """
    from s_mllmun_bench.cli.progress import progress_shown
    from s_mllmun_bench.reporting.page.report import write_report
    from s_mllmun_bench.running.run import run_folders

    most = most_answers(answers)
    with progress_shown(quiet=as_json) as progress:
        written = write_report(run_folders(runs), output, progress, data, most)
    if as_json:
        typer.echo(json.dumps(_as_json(written)))
        return
    if written.note is not None:
        typer.echo(written.note)
    size = written.page.stat().st_size / 1e6
    typer.echo(
        f"report: {written.page} ({size:.1f} MB; {written.questions} questions, {written.images} images)"
    )
    for name, files in (("figures", written.figures), ("tables", written.tables)):
        if files:
            typer.echo(f"{name}: {len(files)} files in {files[0].parent}")


def most_answers(answers: str) -> int | None:
    """Return how many questions' answers a page is to hold; `None` for all.

    Raises:
        BenchError: it is neither a number nor `ALL`.
    """
    from s_mllmun_bench.errors import BenchError

    if answers == ALL:
        return None
    if not (answers.isascii() and answers.isdigit()):
        raise BenchError(f"--answers is a number of questions or {ALL}, not {answers!r}")
    return int(answers)


def _as_json(written: "Report") -> dict[str, object]:
    return {
        "report": str(written.page),
        "figures": [str(path) for path in written.figures],
        "tables": [str(path) for path in written.tables],
        "bytes": written.page.stat().st_size,
        "questions": written.questions,
        "images": written.images,
        "note": written.note,
    }
