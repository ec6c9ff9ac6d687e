"""The three stages of an evaluation: generate, judge, score; each on what the one before left.

Every answer is on disk before the next one is asked for. What is there is never asked again, so a
run that was killed continues where it stopped and ends with the figures of an undisturbed one.
"""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import Backend, Generated, windows
from s_mllmun_bench.generating.opening import open_backend
from s_mllmun_bench.records import Answer, Ratio, SetName, Verdict
from s_mllmun_bench.running.plan import AskedQuestion, Plan, Settings, make_plan
from s_mllmun_bench.running.run import Manifest, Run, find_run, start_run, versions

if TYPE_CHECKING:
    from s_mllmun_bench.scoring.records import Scores

Opening = Callable[..., Backend]
"""Takes what `open_backend` takes."""


def evaluate(
    *,
    model: str | Path,
    data: str | Path,
    adapter: str | Path | None = None,
    ratio: Ratio = 5,
    sets: Sequence[SetName] = ("forget", "retain"),
    backend: str = "transformers",
    judge: str = "offline",
    limit: int | None = None,
    batch_size: int | None = None,
    max_new_tokens: int = 64,
    dtype: str = "auto",
    k: float | None = None,
    output: str | Path | None = None,
    progress: Progress | None = None,
) -> "Scores":
    """Answer the evaluation questions, judge the answers and score them, as ``bench eval`` does.

    Args:
        model: a checkpoint's folder, or the id of a shipped one.
        data: a dataset folder or Hub id.
        adapter: an adapter's folder; `None` for the plain model.
        ratio: per cent of the people to forget.
        sets: which people are asked about.
        backend: ``transformers`` or ``vllm``.
        judge: a judge's id, or ``offline`` for the offline ones of both metrics.
        limit: only the first this many people of each set.
        batch_size: the most questions at once; `None` leaves it to the backend.
        max_new_tokens: longest answer.
        dtype: of the computation; "auto" is float32 on a CPU, else the checkpoint's own.
        k: in place of the masking strength that a sculpted adapter was saved with.
        output: the run folder; a run of the same identity there is continued.
        progress: is told how far each stage is.

    Raises:
        BenchError: something asked for cannot be had, or the adapter changes nothing.
    """
    settings = Settings(
        model=str(model),
        data=str(data),
        adapters=() if adapter is None else (str(adapter),),
        ratio=ratio,
        sets=tuple(sets),
        backend=backend,
        judge=judge,
        limit=limit,
        batch_size=batch_size,
        max_new_tokens=max_new_tokens,
        dtype=dtype,
        k=k,
        output=None if output is None else Path(output),
    )
    return run_plan(make_plan(settings), progress or _silent)


def run_plan(plan: Plan, progress: Progress, opening: Opening = open_backend) -> "Scores":
    """Do all stages of a run, or those that are left.

    Args:
        plan: what to do.
        progress: is told how far each stage is.
        opening: opens the backend, if there is anything left to answer.

    Raises:
        BenchError: the folder holds something else, or the adapter changes nothing.
    """
    run = generate(plan, progress, opening)
    judge(run, progress)
    return score(run)


def generate(plan: Plan, progress: Progress, opening: Opening = open_backend) -> Run:
    """Answer the questions that the run folder has no answer to yet, as in `run_plan`.

    Raises:
        BenchError: the folder holds something else, or the adapter changes nothing.
    """
    run = find_run(plan.folder, plan.identity)
    answered = {answer.question_id for answer in run.answers.read()} if run else set()
    if run is not None and len(answered) == len(plan.asked):
        return run
    progress(0, 1, "loading the model")
    backend = opening(
        plan.settings.backend,
        plan.model,
        plan.adapters,
        plan.identity.decoding,
        plan.settings.batch_size,
        plan.settings.dtype,
        plan.probes() if run is None else (),
    )
    try:
        progress(1, 1, "loading the model")
        if run is None:
            _require_effect(plan, backend)
            run = start_run(plan.folder, _manifest(plan, backend))
        run.answers.append(_answers(plan, backend, answered, progress))
    finally:
        backend.close()
    return run


def judge(run: Run, progress: Progress) -> None:
    """Judge the answers that have no verdict of each of the run's judges yet."""
    from s_mllmun_bench.judging.run import judge_records

    judges = tuple(run.manifest.identity.judges)
    have = {(verdict.question_id, verdict.judge) for verdict in run.verdicts.read()}
    answers = run.answers.read()
    left = [one for one in answers if any((one.question_id, Path(name).stem) not in have for name in judges)]
    total = len(answers) * len(judges)

    def new() -> Iterator[Verdict]:
        done = len(have)
        progress(done, total, "judging")
        for verdict in judge_records(left, judges):
            if (verdict.question_id, verdict.judge) in have:
                continue
            yield verdict
            done += 1
            progress(done, total, "judging")

    run.verdicts.append(new())


def score(run: Run) -> "Scores":
    """Compute the figures from the run's answers and verdicts, write and return them.

    A verdict that is not there counts as missing. The lines' order, which a continued run may have
    otherwise, plays no role.

    Raises:
        BenchError: the run has not been answered to the end.
    """
    from s_mllmun_bench.scoring.aggregate import score as aggregate

    answers = sorted(run.answers.read(), key=lambda answer: answer.question_id)
    if len(answers) < run.manifest.questions:
        raise BenchError(
            f"{run.folder} has {len(answers)} of {run.manifest.questions} answers; "
            "repeat its bench eval command first"
        )
    verdicts = sorted(run.verdicts.read(), key=lambda verdict: (verdict.question_id, verdict.judge))
    scores = aggregate(answers, verdicts)
    scores.save(run.folder)
    return scores


def _answers(plan: Plan, backend: Backend, answered: set[str], progress: Progress) -> Iterator[Answer]:
    """Yield the answers that are not in the run yet, window by window.

    A window that was broken off is asked again as a whole, so that the model sees the same batches.
    """
    asked = {one.question.id: one for one in plan.asked}
    done, total = len(answered), len(asked)
    progress(done, total, "answering")
    for window in windows(plan.in_order(), backend.window):
        if all(question.id in answered for question in window):
            continue
        for generated in backend.generate(window):
            if generated.question_id in answered:
                continue
            yield _record(asked[generated.question_id], generated)
            done += 1
            progress(done, total, "answering")


def _record(asked: AskedQuestion, generated: Generated) -> Answer:
    question = asked.question
    return Answer(
        question_id=question.id,
        set=asked.set,
        person=question.person,
        task=question.task,
        attribute=question.attribute,
        image=question.image_kind,
        question=question.question,
        reference=question.answer,
        value=question.value,
        answer=generated.text,
        failure=generated.failure,
        finish_reason=generated.finish_reason,
        tokens=generated.tokens,
    )


def _require_effect(plan: Plan, backend: Backend) -> None:
    """Stop before a run whose adapter changes nothing; the reference ``original`` may."""
    if backend.effect is None or all(adapter.kind == "identity" for adapter in plan.adapters):
        return
    if not backend.effect.changed:
        compared = (
            f"the answers to {backend.effect.probes} probe questions are as likely as without it"
            if backend.effect.measure == "log_probabilities"
            else f"all {backend.effect.probes} tensors are the model's own after merging it"
        )
        raise BenchError(f"the adapter {', '.join(plan.settings.adapters)} changes nothing: {compared}")


def _manifest(plan: Plan, backend: Backend) -> Manifest:
    return Manifest(
        identity=plan.identity,
        model=plan.settings.model,
        adapters=plan.settings.adapters,
        data=plan.settings.data,
        questions=len(plan.asked),
        effect=backend.effect,
        versions=versions(),
        command=shlex.join(sys.argv),
    )


def _silent(done: int, total: int, what: str) -> None:
    """Take a report and show nothing."""
