"""What a run's commands print at the end: a block of rows per run, or everything as JSON."""

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from s_mllmun_bench.errors import BenchError, one_line, shortened

if TYPE_CHECKING:
    from s_mllmun_bench.records import Answer
    from s_mllmun_bench.running.plan import Plan
    from s_mllmun_bench.running.run import Run
    from s_mllmun_bench.scoring.records import Scores


AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print the figures as CSV.")]


def side_by_side(texts: Iterable[str], most: int) -> str:
    """Return texts on one line, of at most so many characters each, what cannot be seen spelled out."""
    return " | ".join(shortened(one_line(one), most) for one in texts)


def require_one_form(*forms: bool) -> None:
    """Stop where a command is asked to print in two forms.

    Raises:
        BenchError: more than one is asked for.
    """
    if sum(forms) > 1:
        raise BenchError("give one of --json, --csv and --latex")


def show_scores(scored: "Sequence[tuple[Run, Scores]]") -> None:
    """Print the figures of some runs: for each a table of set and task by metric."""
    from s_mllmun_bench.reporting.memorisation import memorisation_lines
    from s_mllmun_bench.reporting.single import overall_lines, run_table
    from s_mllmun_bench.reporting.terminal import show

    for run, scores in scored:
        if len(scored) > 1:
            typer.echo(f"{run.folder.name} ({', '.join(scores.judges)})")
        show(run_table(scores))
        for line in overall_lines(scores):
            typer.echo(line)
        if run.manifest.adapter is None:
            for line in memorisation_lines(scores):
                typer.echo(line)
    for judges in dict.fromkeys(scores.judges for _, scores in scored):
        typer.echo(f"judges: {', '.join(judges)}; in brackets: 95 % intervals over people")
    for run, scores in scored:
        for line in coverage_lines(scores):
            typer.echo(f"{run.folder}: {line}")
    show_answers(list({run.folder: run for run, _ in scored}.values()))


def coverage_lines(scores: "Scores") -> Iterator[str]:
    """Yield what each judge could not score, and of a run that lacks too much, what that could change."""
    from s_mllmun_bench.scoring.records import DEGRADED_BELOW, SUBMITTED_FROM

    for one in scores.coverage:
        if one.share is not None and one.scored < one.asked:
            why = "".join(f"; {count} {kind}" for kind, count in one.unscored.items())
            yield f"{one.judge} scored {one.scored} of {one.asked} ({one.share:.1%}){why}"
    if scores.coverage and scores.is_degraded:
        yield (
            f"DEGRADED: under {DEGRADED_BELOW:.0%} scored"
            if scores.is_covered
            else f"DEGRADED: a figure with under {SUBMITTED_FROM:.0%} scored, so the run cannot be submitted"
        )
        for figure in scores.figures:
            if figure.missing and figure.metric != "rouge_l":
                where = f"{figure.set} {figure.task.replace('_', ' ')} {figure.metric}"
                lowest, highest = f"{figure.least:.2f}", f"{figure.most:.2f}"
                yield f"{where}: {lowest} if the {figure.missing} missing had 0, {highest} if they had 10"


def show_answers(runs: "Sequence[Run]") -> None:
    """Print for each run how many answers it has and of what kind."""
    for run in runs:
        typer.echo(f"{run.folder}: {_tally_text(run.answers.read())}")


def scores_json(run: "Run", scores: "Scores") -> dict[str, Any]:
    """Return a run with its figures, for JSON."""
    return {"run": str(run.folder), "scores": scores.model_dump(mode="json")}


def answers_json(run: "Run") -> dict[str, Any]:
    """Return a run with the number of its answers, for JSON."""
    return {"run": str(run.folder), **_tally(run.answers.read())}


def show_plans(plans: "Sequence[Plan]", as_json: bool) -> None:
    """Print what the runs of a command would do."""
    if as_json:
        typer.echo(json.dumps({"runs": [_plan_json(plan) for plan in plans]}))
        return
    for plan in plans:
        people = len({asked.question.person for asked in plan.asked})
        with_what = "the plain model"
        if plan.adapter is not None:
            with_what = f"{plan.adapter.kind} adapter {plan.adapter_name}, {len(plan.adapter.names)} weights"
        judges = ", ".join(plan.identity.judges) or "none"
        asked = f"{len(plan.asked)} questions about {people} people"
        typer.echo(f"{plan.folder}: {asked}; {with_what}; judges: {judges}")


@contextmanager
def interruptible(plans: "Sequence[Plan]") -> Iterator[None]:
    """End on an interrupt with one line: what is kept, and what to type to continue; exit status 130."""
    try:
        yield
    except KeyboardInterrupt:
        kept = sum(_lines(plan.folder / "answers.jsonl") for plan in plans)
        total = sum(len(plan.asked) for plan in plans)
        # What is begun anew is so by now: the same option would begin once more.
        again = shlex.join(["bench", *(word for word in sys.argv[1:] if word != "--fresh")])
        typer.echo(
            f"bench: interrupted; {kept} of {total} answers are kept; continue with: {again}", err=True
        )
        raise typer.Exit(130) from None


def _tally(answers: "Sequence[Answer]") -> dict[str, int]:
    return {
        "questions": len(answers),
        "empty": sum(answer.answer == "" for answer in answers),
        "cut_off": sum(answer.finish_reason == "length" for answer in answers),
        "failed": sum(answer.answer is None for answer in answers),
    }


def _tally_text(answers: "Sequence[Answer]") -> str:
    """Return how many answers there are, and how many are empty, cut off or missing."""
    n = _tally(answers)
    kinds = f"{n['empty']} empty answers, {n['cut_off']} cut off, {n['failed']} failed"
    text = f"{n['questions']} questions: {kinds}"
    failed = next((answer for answer in answers if answer.answer is None), None)
    return f"{text} (the first: {failed.question_id}: {failed.failure})" if failed else text


def _plan_json(plan: "Plan") -> dict[str, Any]:
    identity = plan.identity.model_dump(mode="json")
    return {"run": str(plan.folder), "questions": len(plan.asked), "identity": identity}


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0
