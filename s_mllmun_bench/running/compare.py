"""Two runs on the same questions: which answers they share, and which figures differ beyond chance.

Equal answers tell whether two backends, or two ways to apply an adapter, are one and the same model; an
answer that neither run has proves nothing and is in no share. Scores of different judges are never set
against each other: the figures then are those that need no judge.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import Field, computed_field

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import judge_name
from s_mllmun_bench.records import Answer, Record
from s_mllmun_bench.running.run import Run, open_run
from s_mllmun_bench.scoring.damage import Damage, damage
from s_mllmun_bench.scoring.gate import Gate, gate
from s_mllmun_bench.scoring.paired import Change, changes
from s_mllmun_bench.scoring.scored import Scored, chosen_verdicts, with_scores

_SAME = ("data", "ratio", "sets", "limit")
"""Fields of the identity that say which questions are asked."""


class Difference(Record):
    """A question that two runs answered differently."""

    question_id: str
    question: str
    first: str | None
    second: str | None
    """`None` where that run has no answer."""


class Comparison(Record):
    """The answers of two runs side by side."""

    questions: int = Field(ge=0)
    equal: int = Field(ge=0)
    """Questions with the same answer, letter by letter."""
    missing: int = Field(ge=0)
    """Questions that neither run could answer."""
    differing: tuple[Difference, ...]
    """By question id; a question that one run could not answer is among them."""
    figures: tuple[Change, ...]
    """Every figure in both runs; those of judges have no value where the runs cannot be compared by them."""
    unjudged: str | None
    """Why no judge's scores are compared; `None` if they are."""
    damage: Damage | None
    gate: Gate | None
    """Of unlearning; `None` unless the first run is of the second one's model without its adapter."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float | None:
        """The share of equal answers, 0 to 1; `None` if no question was answered by either."""
        compared = self.questions - self.missing
        return self.equal / compared if compared else None


def compare(first: Path, second: Path) -> Comparison:
    """Compare two finished runs.

    Args:
        first: a run; that of the model before unlearning, if the second is that after it.
        second: another run on the same questions.

    Raises:
        BenchError: one is no run or not answered to the end, or they ask different questions.
    """
    one, other = open_run(first), open_run(second)
    require_same_questions(one, other)
    mine, theirs = finished_answers(one), finished_answers(other)
    if unmatched := mine.keys() ^ theirs.keys():
        raise BenchError(
            f"only one of {one.folder} and {other.folder} has an answer to {min(unmatched)}; "
            "a run's files are not to be edited"
        )
    pairs = [(mine[name], theirs[name]) for name in sorted(mine)]
    unjudged = why_unjudged(one, other)
    scored, other_scored = scored_answers(one, mine, unjudged), scored_answers(other, theirs, unjudged)
    unlearned = unjudged is None and _is_unlearning(one, other)
    return Comparison(
        questions=len(pairs),
        equal=sum(a.answer == b.answer is not None for a, b in pairs),
        missing=sum(a.answer is None and b.answer is None for a, b in pairs),
        differing=tuple(
            Difference(question_id=a.question_id, question=a.question, first=a.answer, second=b.answer)
            for a, b in pairs
            if a.answer != b.answer
        ),
        figures=changes(scored, other_scored),
        unjudged=unjudged,
        damage=damage(scored, other_scored) if unlearned else None,
        gate=gate(scored, other_scored) if unlearned else None,
    )


def why_unjudged(one: Run, other: Run) -> str | None:
    """Return why the judges' scores of two runs must not be compared; `None` if they may."""
    mine, theirs = one.manifest.identity.judges, other.manifest.identity.judges
    for run, judges in ((one, mine), (other, theirs)):
        if not judges or not run.verdicts.path.is_file():
            return f"{run.folder} has not been judged; `bench judge {run.folder}` does it"
    if mine != theirs:
        return f"the runs' judges differ: {_names(mine)} and {_names(theirs)}"
    return None


def scored_answers(run: Run, answers: Mapping[str, Answer], unjudged: str | None = None) -> Scored:
    """Return a run's answers with the scores of its own judges.

    Args:
        run: has been answered.
        answers: its answers, by question.
        unjudged: if it is not `None`, no judge's scores are used.

    Raises:
        BenchError: verdicts and answers do not fit together.
    """
    names = [judge_name(judge) for judge in run.manifest.identity.judges]
    given = run.verdicts.read() if unjudged is None else []
    return with_scores(answers, chosen_verdicts(given, names)[0])


def _names(judges: Mapping[str, str]) -> str:
    """Return judges with the beginning of their digests, as two of one name may differ."""
    return ", ".join(f"{judge_name(judge)} ({digest[:8]})" for judge, digest in sorted(judges.items()))


def _is_unlearning(before: Run, after: Run) -> bool:
    """Return whether the second run is the first one's plain model with an adapter."""
    plain, adapted = before.manifest.identity, after.manifest.identity
    return plain.model == adapted.model and plain.adapter is None and adapted.adapter is not None


def open_runs(folders: Sequence[Path]) -> list[Run]:
    """Return the runs in some folders, to be set side by side.

    Raises:
        BenchError: one is no run or is given twice, or they ask different questions.
    """
    runs = [open_run(folder) for folder in folders]
    for number, run in enumerate(runs):
        require_same_questions(runs[0], run)
        if run.folder.resolve() in [other.folder.resolve() for other in runs[:number]]:
            raise BenchError(f"{run.folder} is given twice")
    return runs


def require_same_questions(one: Run, other: Run) -> None:
    """Check that two runs were asked the same.

    Raises:
        BenchError: they were not; the text names the first difference.
    """
    mine, theirs = one.manifest.identity, other.manifest.identity
    for field in _SAME:
        if getattr(mine, field) != getattr(theirs, field):
            raise BenchError(
                f"{one.folder} and {other.folder} ask different questions: "
                f"{field} is {getattr(mine, field)} and {getattr(theirs, field)}"
            )


def finished_answers(run: Run) -> dict[str, Answer]:
    """Return a finished run's answers by question.

    Raises:
        BenchError: it has not been answered to the end.
    """
    answers = {answer.question_id: answer for answer in run.answers.read()}
    if len(answers) < run.manifest.questions:
        raise BenchError(
            f"{run.folder} has {len(answers)} of {run.manifest.questions} answers; finish it first"
        )
    return answers
