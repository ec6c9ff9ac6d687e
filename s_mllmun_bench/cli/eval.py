"""``bench eval``: answer, judge and score."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    from s_mllmun_bench.records import Answer
    from s_mllmun_bench.running.plan import Plan
    from s_mllmun_bench.scoring.records import Figure, Scores


def evaluate(
    model: Annotated[str, typer.Option(help="A checkpoint folder, or the name of a shipped one.")],
    adapter: Annotated[str | None, typer.Option(help="An adapter folder; none for the plain model.")] = None,
    data: Annotated[str, typer.Option(help="A dataset folder, or its id on the Hub.")] = "s-mllmun-bench",
    ratio: Annotated[int, typer.Option(help="Per cent of the people to forget: 5, 10 or 15.")] = 5,
    k: Annotated[
        float | None, typer.Option("--k", help="Masking strength in place of a sculpted adapter's own.")
    ] = None,
    sets: Annotated[
        str, typer.Option(help="Who is asked about, by commas: forget, retain, unseen.")
    ] = "forget,retain",
    backend: Annotated[str, typer.Option(help="transformers or vllm.")] = "transformers",
    judge: Annotated[str, typer.Option(help="Judges by commas; offline needs no key.")] = "offline",
    limit: Annotated[int | None, typer.Option(help="Only the first so many people of each set.")] = None,
    batch_size: Annotated[str, typer.Option(help="The most questions at once, or auto.")] = "auto",
    max_new_tokens: Annotated[int, typer.Option(help="The longest answer, in tokens.")] = 64,
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The run folder; the same command continues it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and ask nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Answer, judge and score: the whole evaluation of one model."""
    # Read when torch is imported: an engine's start is no warning to the user.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    from s_mllmun_bench.running.evaluate import run_plan
    from s_mllmun_bench.running.plan import Settings, make_plan
    from s_mllmun_bench.running.run import open_run

    settings = Settings(
        model=model,
        data=data,
        adapters=() if adapter is None else (adapter,),
        ratio=cast(Any, ratio),
        sets=cast(Any, tuple(sets.split(","))),
        backend=backend,
        judge=judge,
        limit=limit,
        batch_size=_rows(batch_size),
        max_new_tokens=max_new_tokens,
        dtype=dtype,
        k=k,
        output=output,
    )
    plan = make_plan(settings)
    if dry_run:
        typer.echo(_plan_text(plan, as_json))
        return
    with progress_shown(quiet=as_json) as progress:
        scores = run_plan(plan, progress)
    show_scores(scores, plan.folder, open_run(plan.folder).answers.read(), as_json)


def show_scores(scores: "Scores", run: Path, answers: "list[Answer]", as_json: bool) -> None:
    """Print a run's figures: a table of set and task by metric, or everything as JSON."""
    if as_json:
        typer.echo(json.dumps({"run": str(run), "scores": scores.model_dump(mode="json")}))
        return
    typer.echo(f"{'':8}{'':22}{'n':>6}{'ROUGE-L':>18}{'Fact':>18}{'Meaningful':>18}")
    for first in (figure for figure in scores.figures if figure.metric == "rouge_l"):
        row = [scores.figure(first.set, first.task, metric) for metric in ("rouge_l", "fact", "meaningful")]
        cells = "".join(f"{_cell(figure):>18}" for figure in row)
        typer.echo(f"{first.set:8}{first.task.replace('_', ' '):22}{first.n + first.missing:>6}{cells}")
    typer.echo(f"judges: {', '.join(scores.judges)}; in brackets: 95 % intervals over people")
    typer.echo(_tally(answers))
    typer.echo(f"{run}/scores.json holds all figures")


def _cell(figure: "Figure") -> str:
    """Return a mean with its interval, such as ``6.41 [5.9 6.9]``, and how many are missing."""
    if figure.mean is None:
        return "-"
    digits = 3 if figure.metric == "rouge_l" else 2
    text = f"{figure.mean:.{digits}f}"
    if figure.low is not None and figure.high is not None:
        text += f" [{figure.low:.{digits - 1}f} {figure.high:.{digits - 1}f}]"
    return f"{text} -{figure.missing}" if figure.missing else text


def _tally(answers: "list[Answer]") -> str:
    """Return how many answers there are, and how many are empty, cut off or missing."""
    failed = [answer for answer in answers if answer.answer is None]
    empty = sum(answer.answer == "" for answer in answers)
    cut = sum(answer.finish_reason == "length" for answer in answers)
    text = f"{len(answers)} questions: {empty} empty answers, {cut} cut off, {len(failed)} failed"
    return f"{text} (the first: {failed[0].question_id}: {failed[0].failure})" if failed else text


def _rows(batch_size: str) -> int | None:
    if batch_size == "auto":
        return None
    if not batch_size.isdecimal():
        raise BenchError(f"the batch size must be at least 1 or auto, not {batch_size}")
    return int(batch_size)


def _plan_text(plan: "Plan", as_json: bool) -> str:
    """Return what a run would do."""
    identity = plan.identity.model_dump(mode="json")
    if as_json:
        return json.dumps({"run": str(plan.folder), "questions": len(plan.asked), "identity": identity})
    people = len({asked.question.person for asked in plan.asked})
    return (
        f"{plan.folder}: {len(plan.asked)} questions about {people} people\n{json.dumps(identity, indent=1)}"
    )
