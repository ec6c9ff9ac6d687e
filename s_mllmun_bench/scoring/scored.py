"""Answers with their scores, set by set, and means over some of them.

An answer without a score of a metric is in no mean of that metric and counts as missing: on the forget
set a 0 in its place would read as "forgotten".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Answer, Metric, SetName, Task, Verdict
from s_mllmun_bench.scoring.intervals import Array, Drawn, clustered_mean, draw_people
from s_mllmun_bench.scoring.records import KNOWN_FROM
from s_mllmun_bench.scoring.rouge import rouge_l

SETS: tuple[SetName, ...] = ("forget", "retain", "unseen")
Key = tuple[SetName, Task, Metric]


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """An answer with its score of each metric; `None` is missing."""

    answer: Answer
    scores: dict[Metric, float | None]


Scored = Mapping[str, ScoredAnswer]
"""A run's answers with their scores, by question."""


def is_known(row: ScoredAnswer) -> bool:
    """Return whether an answer states the fact; one without a Fact Score does not."""
    fact = row.scores["fact"]
    return fact is not None and fact >= KNOWN_FROM


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric's mean over some answers, and how many of them have no score."""

    drawn: Drawn
    n: int
    missing: int


@dataclass(frozen=True, slots=True)
class SetOfPeople:
    """The answers of one set, and how often each of its people is in each draw."""

    rows: list[ScoredAnswer]
    columns: dict[str, int]
    """Each person's column of ``weights_DP``."""
    weights_DP: Array

    def measure(self, metric: Metric, rows: Sequence[ScoredAnswer]) -> Measured:
        """Return a metric's mean over some of the answers, with n and missing."""
        known = [(r.answer.person, s) for r in rows if (s := r.scores[metric]) is not None]
        return Measured(self.mean(known), len(known), len(rows) - len(known))

    def mean(self, values: Sequence[tuple[str, float]]) -> Drawn:
        """Return the mean of values, each of a person of this set."""
        people = np.array([self.columns[person] for person, _ in values], dtype=np.int64)
        return clustered_mean(people, np.array([value for _, value in values], dtype=float), self.weights_DP)


def by_question(answers: Iterable[Answer]) -> dict[str, Answer]:
    """Return answers by their question.

    Raises:
        BenchError: a question is answered twice.
    """
    asked: dict[str, Answer] = {}
    for answer in answers:
        if answer.question_id in asked:
            raise BenchError(f"question {answer.question_id} is answered twice")
        asked[answer.question_id] = answer
    return asked


def chosen_verdicts(
    verdicts: Iterable[Verdict], judges: Sequence[str]
) -> tuple[list[Verdict], dict[Metric, str]]:
    """Return the verdicts of some judges, and who judged which metric.

    Args:
        verdicts: of any judges.
        judges: their names; empty for all there are.

    Raises:
        BenchError: two of them judged one metric.
    """
    chosen = [verdict for verdict in verdicts if not judges or verdict.judge in judges]
    names: dict[Metric, str] = {}
    for verdict in chosen:
        if names.setdefault(verdict.metric, verdict.judge) != verdict.judge:
            both = f"{names[verdict.metric]} and {verdict.judge}"
            raise BenchError(f"two judges judged {verdict.metric}: {both}; choose one")
    return chosen, names


def with_scores(asked: Mapping[str, Answer], verdicts: Iterable[Verdict]) -> dict[str, ScoredAnswer]:
    """Return every answer with its ROUGE-L and what the judges gave, by question.

    Args:
        asked: answers by question.
        verdicts: at most one per question and metric.

    Raises:
        BenchError: a verdict is of no answer, or given twice.
    """
    rows = {
        name: ScoredAnswer(answer, {"rouge_l": _rouge(answer), "fact": None, "meaningful": None})
        for name, answer in asked.items()
    }
    seen: set[tuple[str, Metric]] = set()
    for verdict in verdicts:
        key = (verdict.question_id, verdict.metric)
        if verdict.question_id not in rows or key in seen:
            what = "twice" if key in seen else "without an answer"
            raise BenchError(f"verdicts hold a {verdict.metric} verdict of {verdict.question_id} {what}")
        seen.add(key)
        rows[verdict.question_id].scores[verdict.metric] = verdict.score
    return rows


def sets_of(rows: Iterable[ScoredAnswer], seed: int, draws: int) -> dict[SetName, SetOfPeople]:
    """Return the sets that were asked about, each with its own draws, which no other set changes.

    The same people and seed give the same draws, whatever was answered: so runs can be paired.
    """
    of_set: dict[SetName, list[ScoredAnswer]] = {name: [] for name in SETS}
    for row in rows:
        of_set[row.answer.set].append(row)
    return {name: _set_of(own, (seed, SETS.index(name)), draws) for name, own in of_set.items() if own}


def _set_of(rows: list[ScoredAnswer], seed: Sequence[int], draws: int) -> SetOfPeople:
    people = sorted({row.answer.person for row in rows})
    return SetOfPeople(rows, {one: i for i, one in enumerate(people)}, draw_people(len(people), seed, draws))


def _rouge(answer: Answer) -> float | None:
    return None if answer.answer is None else rouge_l(answer.answer, answer.reference)
