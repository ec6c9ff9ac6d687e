"""The first stage: the answers that run folders lack, for all of a command's runs on one start.

Every answer is on disk before the next one is taken, and what is there is never asked again. Loading a
model takes longer than answering a few hundred questions, so the engines stay and the adapters change.
"""

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterEffect, AdapterMode, Generated
from s_mllmun_bench.generating.engines import Engines, Job, Taken, open_engines
from s_mllmun_bench.generating.versions import versions
from s_mllmun_bench.records import Answer
from s_mllmun_bench.running.origin import called, origin_of_run
from s_mllmun_bench.running.plan import AskedQuestion, Plan
from s_mllmun_bench.running.run import Manifest, Run, find_run, set_aside, start_run

Opening = Callable[..., Engines]
"""Takes what `open_engines` takes."""


def answer_all(plans: Sequence[Plan], progress: Progress, opening: Opening = open_engines) -> list[Run]:
    """Answer the questions that the run folders have no answer to yet; the plain model's first.

    Args:
        plans: of one command; their folders are locked.
        progress: is told how far each run is.
        opening: starts the engines, if there is anything left to answer.

    Returns:
        The runs, in the order of the plans.

    Raises:
        BenchError: a folder holds something else, or an adapter changes nothing.
    """
    for plan in plans:
        if plan.settings.fresh:
            set_aside(plan.folder)
    runs = {plan.label: find_run(plan.folder, plan.identity) for plan in plans}
    left = [plan for plan in plans if not _is_complete(plan, runs[plan.label])]
    if left:
        progress(0, 1, "loading the model")
        engines = _opened(plans, opening)
        try:
            progress(1, 1, "loading the model")
            left.sort(key=lambda plan: plan.adapter is not None)
            _answer(left, runs, engines, progress, several=len(plans) > 1)
        finally:
            engines.close()
    return [run for run in (runs[plan.label] for plan in plans) if run is not None]


def _opened(plans: Sequence[Plan], opening: Opening) -> Engines:
    """Start the engines for the adapters of all runs, so that a continued command serves them alike."""
    first = plans[0]
    adapters = [plan.adapter for plan in plans if plan.adapter is not None]
    return opening(first.settings.backend, first.model, adapters, first.decoding)


def _answer(
    plans: Sequence[Plan], runs: dict[str, Run | None], engines: Engines, progress: Progress, several: bool
) -> None:
    """Answer what some runs lack, and put those that begin among ``runs``, by label."""
    with ExitStack() as files:
        desks = []
        for plan in plans:
            what = f"answering {plan.label}" if several else "answering"
            desks.append(_Desk(plan, runs[plan.label], files, progress, what))
        # Closed before the engines are: what is under way is taken back from an engine that still runs.
        for number, said in files.enter_context(closing(engines.answers([desk.job for desk in desks]))):
            if isinstance(said, Taken):
                runs[plans[number].label] = desks[number].begin(said.effect, engines.mode)
            else:
                desks[number].take(said)


class _Desk:
    """Where the answers of one run come in, and are written down."""

    def __init__(self, plan: Plan, run: Run | None, files: ExitStack, progress: Progress, what: str) -> None:
        """Find out what is to be asked; nothing is written yet.

        Args:
            plan: of the run.
            run: as it is on disk; `None` if it has not begun.
            files: closes the file of answers.
            progress: is told how far the run is.
            what: names the run in it.
        """
        known = _known(plan, run) if run is not None else {}
        self.job = Job(plan.adapter, plan.probes(), run is not None, plan.in_order(), frozenset(known))
        self._plan, self._run, self._files = plan, run, files
        self._asked = {one.question.id: one for one in plan.asked}
        self._count = _Count(known, len(plan.asked), progress, what)
        self._write: Callable[[Answer], object] | None = None

    def begin(self, effect: AdapterEffect | None, mode: AdapterMode | None) -> Run:
        """Begin the run, or go on with it; return it.

        Args:
            effect: what the adapter changes in an engine that is to answer; others may follow.
            mode: how the engine got it.

        Raises:
            BenchError: the adapter changes nothing, or the folder cannot be written.
        """
        _require_effect(self._plan, effect)
        if self._run is None:
            self._run = start_run(self._plan.folder, _manifest(self._plan, mode, effect))
        if self._write is None:
            self._write = self._files.enter_context(self._run.answers.opened())
            self._count.start()
        return self._run

    def take(self, generated: Generated) -> None:
        """Write an answer down.

        Raises:
            BenchError: it cannot be written.
            RuntimeError: the run has not begun.
        """
        if self._write is None:
            raise RuntimeError(f"an answer came before an engine had the adapter of {self._plan.label}")
        answer = _record(self._asked[generated.question_id], generated)
        self._write(answer)
        self._count.add(answer)
        self._count.report()


def _is_complete(plan: Plan, run: Run | None) -> bool:
    return run is not None and len(_known(plan, run)) == len(plan.asked)


def _known(plan: Plan, run: Run) -> dict[str, Answer]:
    """Return the answers that a run has, by question.

    Raises:
        BenchError: one is there twice, or to a question that the run does not ask.
    """
    asked = {one.question.id for one in plan.asked}
    known: dict[str, Answer] = {}
    for number, answer in enumerate(run.answers.read(), 1):
        if answer.question_id in known or answer.question_id not in asked:
            what = (
                "answers a question again"
                if answer.question_id in known
                else "answers no question of the run"
            )
            raise BenchError(f"{run.answers.path}:{number} {what}: {answer.question_id}; remove the line")
        known[answer.question_id] = answer
    return known


class _Count:
    """What is answered so far, as the progress shows it."""

    def __init__(self, known: dict[str, Answer], total: int, progress: Progress, what: str) -> None:
        """Start with the answers of an earlier start, which count for everything but the speed."""
        self._total, self._progress, self._what = total, progress, what
        self._done = self._empty = self._cut_off = self._failed = 0
        for answer in known.values():
            self.add(answer)
        self._before = self._done
        self._started = 0.0

    def start(self) -> None:
        """Begin to measure the speed."""
        self._started = time.monotonic()
        self.report()

    def add(self, answer: Answer) -> None:
        """Count one more answer."""
        self._done += 1
        self._empty += answer.answer == ""
        self._cut_off += answer.finish_reason == "length"
        self._failed += answer.answer is None

    def report(self) -> None:
        """Tell the progress, as ``answering, 31.2 questions/s, 3 empty, 1 cut off``."""
        parts = [self._what, f"{self._empty} empty", f"{self._cut_off} cut off"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        seconds = time.monotonic() - self._started
        if self._done > self._before and seconds > 0:
            parts.insert(1, f"{(self._done - self._before) / seconds:.3g} questions/s")
        self._progress(self._done, self._total, ", ".join(parts))


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


def _require_effect(plan: Plan, effect: AdapterEffect | None) -> None:
    """Stop before a run whose adapter changes nothing; the reference ``original`` may."""
    if effect is None or effect.changed or plan.settings.allow_no_effect:
        return
    if plan.adapter is not None and plan.adapter.kind == "identity":
        return
    compared = (
        f"the answers to {effect.probes} probe questions are as likely as without it"
        if effect.measure == "log_probabilities"
        else f"all {effect.probes} tensors are the model's own after merging it"
    )
    raise BenchError(
        f"the adapter {plan.adapter_name} changes nothing: {compared} (--allow-no-effect evaluates it anyway)"
    )


def _manifest(plan: Plan, mode: AdapterMode | None, effect: AdapterEffect | None) -> Manifest:
    model = plan.settings.model
    return Manifest(
        identity=plan.identity,
        model=model,
        adapter=plan.adapter_name,
        checkpoint=None if model is None else called(model),
        origin=origin_of_run(plan.adapter_name, plan.model),
        adapter_mode=None if plan.adapter is None else mode,
        data=plan.settings.data,
        questions=len(plan.asked),
        effect=effect,
        versions=versions(),
        command=shlex.join(sys.argv),
    )
