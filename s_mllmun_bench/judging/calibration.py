"""How good a judge is: cases whose score a careful person has written down, and a judge's figures on them.

Every figure is given for the open cases and the held-out ones apart: rules and rubrics were written
with the open ones in view, so only the held-out ones say how the judge does on what is new to it. A
case without a score is counted and in no other figure; it is never taken for a 0.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.concordance import half_up, mean_bias, spearman, weighted_kappa
from s_mllmun_bench.records import Record, first_fault

Split = Literal["open", "held_out"]
Kind = Literal[
    "right",
    "reworded",
    "partly_right",
    "wrong",
    "refusal",
    "degenerate",
    "other_language",
    "empty",
    "several_candidates",
    "negated",
    "hedged",
    "injection",
    "truncated",
]
SPLITS: tuple[Split, ...] = get_args(Split)
KINDS: tuple[Kind, ...] = get_args(Kind)
SCORE_RANGES = ((0, 1), (2, 4), (5, 7), (8, 10))
"""What the scores of a kind of case are counted by; both ends are inside."""


class CalibrationCase(Record):
    """One line of ``judges/calibration.jsonl``; its conventions stand in ``judges/README.md``."""

    id: str = Field(min_length=1)
    metric: Literal["fact", "meaningful"]
    split: Split
    """Held-out cases are not to be looked at while rules or rubrics are written."""
    attribute: str | None
    """A private attribute, or what an understanding question is about."""
    kind: Kind
    question: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    value: str | None
    """What the dataset stores as the value asked for."""
    answer: str
    low: int = Field(ge=0, le=10)
    """The lowest score that a careful person would give."""
    high: int = Field(ge=0, le=10)
    """The highest; both are inside."""
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low is {self.low} and high is {self.high}")
        return self

    @property
    def expected(self) -> int:
        """The middle of the band, rounded half up: the score that kappa, Spearman and bias compare with."""
        return half_up((self.low + self.high) / 2)

    @property
    def item(self) -> JudgedItem:
        """What the judge sees."""
        return JudgedItem(self.question, self.reference, self.answer, self.attribute, self.value)


class KindFigures(Record):
    """A judge on the cases of one kind."""

    kind: Kind
    n: int = Field(ge=0)
    unscored: int = Field(ge=0)
    below: int = Field(ge=0)
    """Cases scored lower than their band."""
    inside: int = Field(ge=0)
    above: int = Field(ge=0)
    by_score: tuple[int, ...]
    """Scored cases by their score, rounded half up, in the ranges of `SCORE_RANGES`."""
    bias: float | None
    """Mean of score minus expected score; `None` if none was scored."""


class SplitFigures(Record):
    """A judge on the cases of one split."""

    split: Split
    n: int = Field(ge=0)
    """All cases, with or without a score."""
    unscored: int = Field(ge=0)
    kappa: float | None
    """Quadratic-weighted kappa with the expected scores; `None` where it is not determined."""
    spearman: float | None
    bias: float | None
    in_band: float | None
    """Share of the scored cases whose score lies in the band, 0 to 1."""
    injections: int = Field(ge=0)
    injections_resisted: int = Field(ge=0)
    """Those scored within the band, as if nothing had been said to the judge; unscored is not resisted."""
    kinds: tuple[KindFigures, ...]
    """Of the kinds that occur, in the order of `KINDS`."""


class Calibration(Record):
    """A judge's figures on the calibration cases of its metric."""

    judge: str
    judge_digest: str
    metric: Literal["fact", "meaningful"]
    cases_digest: str
    """SHA-256 of the cases that were judged; they may have grown since."""
    repeats: int = Field(ge=1)
    self_consistency: float | None
    """Of the cases scored every time, the share with one and the same score; `None` if judged once."""
    splits: tuple[SplitFigures, ...]
    """Of the splits that occur: open, held out."""


CALIBRATION = ".calibration.json"
"""Ends the name of the file of a judge's figures, which lies beside the judge."""

Scored = tuple[CalibrationCase, float | None]
"""A case with its score, `None` if the judge gave none."""
Judging = Callable[[Sequence[JudgedItem]], list[Judgement]]


def read_cases(path: Path) -> list[CalibrationCase]:
    """Return the cases of a file in its order.

    Raises:
        BenchError: it cannot be read, a line is no case, an id occurs twice, or it holds none.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}") from error
    cases: dict[str, CalibrationCase] = {}
    for number, line in enumerate(lines, 1):
        case = _parsed(line, f"{path}:{number}")
        if case.id in cases:
            raise BenchError(f"{path}:{number}: the id {case.id!r} occurs twice; give each case its own")
        cases[case.id] = case
    if not cases:
        raise BenchError(f"{path} holds no cases")
    return list(cases.values())


def read_calibration(path: Path) -> Calibration:
    """Return a judge's figures.

    Raises:
        BenchError: the file cannot be read as such.
    """
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BenchError(f"{path} holds no calibration; `bench calibrate --write` makes it anew") from error


def calibrate(
    cases: Sequence[CalibrationCase], judge: Judging, repeats: int = 1, *, name: str, digest: str
) -> tuple[Calibration, list[Scored]]:
    """Judge the cases and return the judge's figures, and the cases with their scores, the worst first.

    Figures are of the first judging; the others only say whether the judge agrees with itself.

    Args:
        cases: cases of one metric.
        judge: returns one judgement per item, in order.
        repeats: how often all cases are judged, at least 1.
        name: the judge's id.
        digest: the judge's digest, its rules or rubric included.

    Raises:
        ValueError: there are no cases, or cases of several metrics.
    """
    metrics = {case.metric for case in cases}
    if len(metrics) != 1:
        raise ValueError(f"cases of one metric are wanted, not of {sorted(metrics)}")
    items = [case.item for case in cases]
    rounds = [[judgement.score for judgement in judge(items)] for _ in range(repeats)]
    scored = list(zip(cases, rounds[0], strict=True))
    by_split = [(split, [one for one in scored if one[0].split == split]) for split in SPLITS]
    figures = Calibration(
        judge=name,
        judge_digest=digest,
        metric=metrics.pop(),
        cases_digest=cases_digest(cases),
        repeats=repeats,
        self_consistency=_self_consistency(rounds),
        splits=tuple(_split_figures(split, of_split) for split, of_split in by_split if of_split),
    )
    return figures, sorted(scored, key=_badness, reverse=True)


def cases_digest(cases: Iterable[CalibrationCase]) -> str:
    """Return the SHA-256 of cases, whatever their order."""
    lines = sorted(case.model_dump_json() for case in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def outside(case: CalibrationCase, score: float) -> float:
    """Return how far a score lies from the case's band: negative below it, 0 inside."""
    return min(score - case.low, 0) or max(score - case.high, 0)


def _parsed(line: bytes, where: str) -> CalibrationCase:
    try:
        return CalibrationCase.model_validate_json(line)
    except ValidationError as error:
        raise BenchError(f"{where} is no calibration case: {first_fault(error)}") from error


def _split_figures(split: Split, scored: Sequence[Scored]) -> SplitFigures:
    pairs = [(case, score) for case, score in scored if score is not None]
    scores, expected = [score for _, score in pairs], [float(case.expected) for case, _ in pairs]
    by_kind = [(kind, [one for one in scored if one[0].kind == kind]) for kind in KINDS]
    kinds = [_kind_figures(kind, of_kind) for kind, of_kind in by_kind if of_kind]
    attacked = next((figures for figures in kinds if figures.kind == "injection"), None)
    return SplitFigures(
        split=split,
        n=len(scored),
        unscored=len(scored) - len(pairs),
        kappa=weighted_kappa(scores, expected),
        spearman=spearman(scores, expected),
        bias=mean_bias(scores, expected),
        in_band=sum(figures.inside for figures in kinds) / len(pairs) if pairs else None,
        injections=attacked.n if attacked else 0,
        injections_resisted=attacked.inside if attacked else 0,
        kinds=tuple(kinds),
    )


def _kind_figures(kind: Kind, scored: Sequence[Scored]) -> KindFigures:
    pairs = [(case, score) for case, score in scored if score is not None]
    gaps = [outside(case, score) for case, score in pairs]
    rounded = [half_up(score) for _, score in pairs]
    return KindFigures(
        kind=kind,
        n=len(scored),
        unscored=len(scored) - len(pairs),
        below=sum(gap < 0 for gap in gaps),
        inside=sum(gap == 0 for gap in gaps),
        above=sum(gap > 0 for gap in gaps),
        by_score=tuple(sum(low <= score <= high for score in rounded) for low, high in SCORE_RANGES),
        bias=mean_bias([score for _, score in pairs], [float(case.expected) for case, _ in pairs]),
    )


def _self_consistency(rounds: Sequence[Sequence[float | None]]) -> float | None:
    """Return the share of equal scores among the cases scored in every round; `None` for one round."""
    always = [scores for scores in zip(*rounds, strict=True) if None not in scores]
    if len(rounds) == 1 or not always:
        return None
    return sum(len(set(scores)) == 1 for scores in always) / len(always)


def _badness(scored: Scored) -> tuple[float, float]:
    """Return what to sort by: the distance from the band, then from its middle; unscored cases come last."""
    case, score = scored
    return (-1, 0) if score is None else (abs(outside(case, score)), abs(score - case.expected))
