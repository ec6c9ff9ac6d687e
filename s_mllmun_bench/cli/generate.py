"""``bench generate``: the answering stage alone; ``bench judge`` and ``bench score`` take it from there."""

import json

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.run_options import RunOptions, with_run_options


@with_run_options
def generate(options: RunOptions) -> None:
    """Answer the questions and leave the judging for later."""
    from s_mllmun_bench.cli.results import answers_json, interruptible, show_answers, show_plans
    from s_mllmun_bench.running.evaluate import generate as generate_runs

    plans = options.plans(options.settings(None))
    if options.dry_run:
        show_plans(plans, options.as_json)
        return
    with interruptible(plans), progress_shown(quiet=options.as_json) as progress:
        runs = generate_runs(plans, progress)
    if options.as_json:
        typer.echo(json.dumps({"runs": [answers_json(run) for run in runs]}))
        return
    show_answers(runs)
