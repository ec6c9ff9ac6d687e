"""``bench verify``: whether bundles are what they say, and if not, the first difference."""

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.judge_options import JudgeBaseUrl, JudgeConcurrency, JudgeModel, judge_server
from s_mllmun_bench.cli.leaderboard_option import Versions, versions_of
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson
from s_mllmun_bench.errors import BenchError, one_line

if TYPE_CHECKING:
    from s_mllmun_bench.board.checking import Finding

_STATUS = {"verified": 0, "differs": 1, "unreadable": 2}


def verify(
    bundles: Annotated[
        list[Path],
        typer.Argument(metavar="BUNDLE...", help="Bundles, or a leaderboard folder for all."),
    ],
    leaderboard: Versions = None,
    data: Annotated[
        Path | None, typer.Option(help="The dataset folder, to name a question that differs from it.")
    ] = None,
    rejudge: Annotated[
        int | None,
        typer.Option(metavar="N", min=2, help="Ask the judges again about N answers drawn by chance."),
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="Which judges are asked again; else those of the bundle.")
    ] = None,
    judge_model: JudgeModel = None,
    judge_base_url: JudgeBaseUrl = None,
    judge_concurrency: JudgeConcurrency = 16,
    seed: Annotated[int | None, typer.Option(help="Of the draw; else by chance, and told.")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write down in the leaderboard what the judges said again.")
    ] = False,
    summary: Annotated[
        Path | None, typer.Option(help="Append the result and the boards to this file, as Markdown.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute all of a bundle again and name the first difference.

    Exit status 0: verified; 1: one differs; 2: one cannot be read.
    """
    from s_mllmun_bench.board.checking import Again, check
    from s_mllmun_bench.data.identity import verified_identity

    where = versions_of(leaderboard)
    drawn = secrets.randbelow(2**31) if seed is None else seed
    server = judge_server(judge_model, judge_base_url, judge_concurrency)
    again = None if rejudge is None else Again(rejudge, judge, server, drawn, record)
    try:
        if data is not None:
            verified_identity(data)
        with progress_shown(quiet=as_json) as progress:
            findings = check(bundles, where, progress, data, again)
        if summary is not None:
            from s_mllmun_bench.board.summary import append_summary

            append_summary(summary, findings, where)
    except BenchError as error:
        # Not 1, which says that a bundle differs.
        typer.echo(f"bench: {one_line(str(error))}", err=True)
        raise typer.Exit(2) from None
    for one in findings:
        if as_json:
            typer.echo(json.dumps({"bundle": str(one.bundle), "state": one.shown_state, "note": one.note}))
        else:
            typer.echo(_line(one))
    raise typer.Exit(max((_STATUS[one.state] for one in findings), default=2))


def _line(one: "Finding") -> str:
    return one_line(f"{one.bundle}: {one.shown_state}: {one.note}")
