"""``bench judge``: the judging stage alone, on the answers that a run has."""

from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown


def judge(
    run: Annotated[Path, typer.Argument(help="A run folder with answers.")],
    judge: Annotated[
        str | None, typer.Option(help="Judges by commas, in place of the run's own; offline needs no key.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Judge the answers of a run."""
    from s_mllmun_bench.cli.eval import show_scores
    from s_mllmun_bench.running.evaluate import judge as judge_run
    from s_mllmun_bench.running.evaluate import score
    from s_mllmun_bench.running.plan import judge_digests
    from s_mllmun_bench.running.run import open_run, rejudged

    opened = open_run(run)
    names = judge or ",".join(opened.manifest.identity.judges)
    opened = rejudged(opened, judge_digests(names))
    with progress_shown(quiet=as_json) as progress:
        judge_run(opened, progress)
    show_scores(score(opened), run, opened.answers.read(), as_json)
