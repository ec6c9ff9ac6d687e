"""``bench judge``: the judging stage alone, on the answers that a run has."""

import json
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.judge_options import (
    JudgeBaseUrl,
    JudgeCache,
    JudgeConcurrency,
    JudgeModel,
    OtherJudges,
    judge_server,
    say_if_offline,
)
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson


def judge(
    run: Annotated[Path, typer.Argument(help="A run folder with answers.")],
    judge: OtherJudges = None,
    judge_model: JudgeModel = None,
    judge_base_url: JudgeBaseUrl = None,
    judge_concurrency: JudgeConcurrency = 16,
    judge_cache: JudgeCache = None,
    as_json: AsJson = False,
) -> None:
    """Judge the answers of a run.

    Without --judge by the run's own judges, which ask the models that they asked before: an option that
    none of the judges uses, such as --judge-model then, is an error.
    """
    from s_mllmun_bench.cli.results import scores_json, show_scores
    from s_mllmun_bench.running.figures import judge_again

    say_if_offline(judge, judge_base_url)
    server = judge_server(judge_model, judge_base_url, judge_concurrency, judge_cache)
    with progress_shown(quiet=as_json) as progress:
        judged, figures = judge_again(run, judge, progress, server)
    if as_json:
        typer.echo(json.dumps(scores_json(judged, figures[-1])))
        return
    show_scores([(judged, one) for one in figures])
