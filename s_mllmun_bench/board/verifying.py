"""Whether a bundle is what it says, found out by computing all of it again.

Nobody is asked and no dataset is needed: the released version's digest says whether the questions and
reference answers are the true ones, and everything else follows from the bundle.
"""

from collections.abc import Iterator
from pathlib import Path

from s_mllmun_bench.board.bundle import Bundle, Contents
from s_mllmun_bench.board.judged import first_wrong_verdict
from s_mllmun_bench.board.nulls import null_answer
from s_mllmun_bench.board.released import Released, of_answer, of_question, questions_digest
from s_mllmun_bench.board.submission import About
from s_mllmun_bench.data.questions import load_questions
from s_mllmun_bench.judging.opening import judge_name
from s_mllmun_bench.records import Answer, SetName
from s_mllmun_bench.running.run import Manifest
from s_mllmun_bench.scoring.aggregate import Computed, figures_of
from s_mllmun_bench.scoring.differences import first_difference as scores_difference
from s_mllmun_bench.scoring.records import SUBMITTED_FROM, Scores


def asked_otherwise(bundle: Bundle, released: Released, data: Path | None = None) -> str | None:
    """Return the first thing that a bundle's run was asked otherwise, in words; `None` if there is none.

    Args:
        bundle: as it was read.
        released: the version that it says it is of.
        data: its dataset, to name a question that is not the dataset's; `None`: the set alone is named.
    """
    return next(_of_asking(bundle, released, data), None)


def recomputed(contents: Contents) -> Computed:
    """Return the figures that a bundle's answers and verdicts give.

    Raises:
        BenchError: they do not fit together.
    """
    names = [judge_name(one) for one in contents.manifest.identity.judges]
    return figures_of(contents.answers, contents.verdicts, names)


def first_difference(bundle: Bundle, computed: Scores) -> str | None:
    """Return the first thing in a bundle that does not hold, in words; `None` if all of it holds.

    Args:
        bundle: was not asked otherwise.
        computed: what is `recomputed` of it.

    Raises:
        NotThisJudge: its verdicts cannot be had again with the judges of this version; what comes before
            them holds.
    """
    return next(_differences(bundle, computed), None)


def why_not_taken(about: About, manifest: Manifest, scores: Scores) -> str | None:
    """Return why a run may not be on the board, in words; `None` if it may."""
    return next(_reasons(about, manifest, scores), None)


def _of_asking(bundle: Bundle, released: Released, data: Path | None) -> Iterator[str]:
    about, contents = bundle.submission, bundle.contents
    if about.benchmark != released.benchmark:
        yield f"its data are those of {released.benchmark}, not of {about.benchmark}"
    if about.ratio != contents.manifest.identity.ratio:
        yield f"ratio is {about.ratio}, and the run's is {contents.manifest.identity.ratio}"
    yield from _of_questions(contents, released, data)


def _differences(bundle: Bundle, computed: Scores) -> Iterator[str]:
    about, contents = bundle.submission, bundle.contents
    yield from _reasons(about, contents.manifest, computed)
    if about.kind == "null":
        yield from _of_null_row(about.method, contents)
    wrong = first_wrong_verdict(contents)
    if wrong is not None:
        yield wrong
    found = scores_difference(contents.scores, computed)
    if found is not None:
        yield f"scores.json: {found}"


def _reasons(about: About, manifest: Manifest, scores: Scores) -> Iterator[str]:
    identity, effect = manifest.identity, manifest.effect
    if about.wrong_kind is not None:
        yield about.wrong_kind
    if identity.limit is not None:
        yield f"the run is limited to {identity.limit} people of each set"
    if not {"forget", "retain"} <= set(identity.sets):
        yield "the run has not asked about the forget and the retain set"
    if not identity.judges or scores.lowest_coverage is None:
        yield "the run has not been judged by a Fact and a Meaningful judge"
    else:
        yield from _uncovered(scores)
    adapted = identity.adapter is not None and identity.adapter.kind != "identity"
    if adapted and (effect is None or effect.changed == 0):
        yield "the adapter has not been seen to change anything"
    if adapted and about.method == "original":
        yield "original is the model without an adapter"


def _uncovered(scores: Scores) -> Iterator[str]:
    """Yield which figures lack too many scores.

    Each has to have enough by itself: few of all answers may be most of those that give a forget set away.
    """
    for one in scores.figures:
        if not one.is_covered:
            yield (
                f"only {one.n} of the {one.n + one.missing} {one.task} answers of the {one.set} set "
                f"have a {one.metric} score, and at least {SUBMITTED_FROM:.0%} must"
            )


def _of_questions(contents: Contents, released: Released, data: Path | None) -> Iterator[str]:
    """Yield what is asked otherwise than by the released version."""
    identity = contents.manifest.identity
    asked: dict[SetName, list[Answer]] = {name: [] for name in identity.sets}
    for answer in contents.answers:
        if answer.set not in asked:
            yield f"{answer.question_id[:80]} is of the set {answer.set}, which the run has not asked about"
            return
        asked[answer.set].append(answer)
    if contents.manifest.questions != len(contents.answers):
        yield f"it has {len(contents.answers)} of {contents.manifest.questions} answers"
    if identity.data != released.data:
        yield f"its data have the digest {identity.data[:12]}, not {released.data[:12]}"
    for name, answers in asked.items():
        wanted = released.of(identity.ratio, name)
        if questions_digest(map(of_answer, answers)) != wanted.sha256:
            where = (
                f"{name} set: {len(answers)} answers"
                if data is None
                else _first(name, answers, data, contents)
            )
            yield f"the questions or references are not those of {released.benchmark}: {where}"


def _first(name: SetName, answers: list[Answer], data: Path, contents: Contents) -> str:
    """Return the first question that is not the dataset's."""
    config = f"eval_{contents.manifest.identity.ratio:02}"
    known = {one.id: of_question(one) for one in load_questions(data, config, name)}
    for answer in answers:
        if known.pop(answer.question_id, None) != of_answer(answer):
            return f"{name} set: {answer.question_id[:80]}"
    return f"{name} set: {next(iter(known), 'nothing')} is not answered"


def _of_null_row(method: str, contents: Contents) -> Iterator[str]:
    for answer in contents.answers:
        if answer.answer != null_answer(method, answer.question):
            yield f"{answer.question_id} is not answered as {method} answers it"
            return
