"""``bench eval``: answer, judge and score."""

import json

import typer

from s_mllmun_bench.cli.judge_options import (
    JudgeBaseUrl,
    JudgeCache,
    JudgeConcurrency,
    JudgeModel,
    Judges,
    judge_server,
    say_if_offline,
)
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.run_options import RunOptions, with_run_options


@with_run_options
def evaluate(
    options: RunOptions,
    judge: Judges = "auto",
    judge_model: JudgeModel = None,
    judge_base_url: JudgeBaseUrl = None,
    judge_concurrency: JudgeConcurrency = 16,
    judge_cache: JudgeCache = None,
) -> None:
    """Answer, judge and score: the whole evaluation of models."""
    from dataclasses import replace

    from s_mllmun_bench.cli.results import interruptible, scores_json, show_plans, show_scores
    from s_mllmun_bench.running.evaluate import run_plans
    from s_mllmun_bench.running.run import open_run

    say_if_offline(judge, judge_base_url)
    server = judge_server(judge_model, judge_base_url, judge_concurrency, judge_cache)
    plans = options.plans(replace(options.settings(judge), judge_server=server))
    if options.dry_run:
        show_plans(plans, options.as_json)
        return
    with interruptible(plans), progress_shown(quiet=options.as_json) as progress:
        scores = run_plans(plans, progress)
    scored = [(open_run(plan.folder), one) for plan, one in zip(plans, scores, strict=True)]
    if options.as_json:
        typer.echo(json.dumps({"runs": [scores_json(run, one) for run, one in scored]}))
        return
    show_scores(scored)
