"""``bench score``: the scoring stage alone, on the answers and verdicts that a run has."""

from pathlib import Path
from typing import Annotated

import typer


def score(
    run: Annotated[Path, typer.Argument(help="A run folder with answers.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compute the figures of a run again."""
    from s_mllmun_bench.cli.eval import show_scores
    from s_mllmun_bench.running.evaluate import score as score_run
    from s_mllmun_bench.running.run import open_run

    opened = open_run(run)
    show_scores(score_run(opened), run, opened.answers.read(), as_json)
