"""The figures of a run as they lie in ``scores.json``.

A figure without anything to take a mean of is `None`, never 0: on the forget set a 0 reads as
"forgotten". ``n`` and ``missing`` stand beside every mean, so that nobody mistakes a mean over half the
answers for one over all.
"""

from pathlib import Path
from typing import Self, get_args

from pydantic import Field, ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import METRICS, TASKS, ImageKind, Metric, Record, SetName, Task, first_fault
from s_mllmun_bench.scoring.classes import AnswerClass
from s_mllmun_bench.whole import save

FILE = "scores.json"
TOPS: dict[Metric, float] = {"rouge_l": 1.0, "fact": 10.0, "meaningful": 10.0}
"""The highest score of each metric; the lowest is 0."""
KNOWN_FROM = 7.0
"""Fact Score from which an answer states the fact."""
DEGRADED_BELOW = 0.99
"""Share of answers with a score, of either judge, under which a run is marked."""
SUBMITTED_FROM = 0.98
"""Share of answers with a score that the leaderboard asks for, of every figure by itself."""


class Estimate(Record):
    """A figure with its 95 % interval."""

    mean: float | None
    """`None` if there was nothing to take a mean of."""
    low: float | None
    high: float | None
    """Bounds by bootstrap over people; `None` with fewer than two people."""


class Bounded(Estimate):
    """A figure with what the missing answers could make of it."""

    least: float | None
    """What it would be if each missing answer had the score that lowers it most; `None` if nothing was
    asked."""
    most: float | None
    """The same with the score that raises it most."""


class Figure(Bounded):
    """One metric on one task of one set."""

    set: SetName
    task: Task
    metric: Metric
    """``rouge_l`` from 0 to 1, ``fact`` and ``meaningful`` from 0 to 10."""
    n: int = Field(ge=0)
    """Answers with a score."""
    missing: int = Field(ge=0)
    """Answers without one."""

    @property
    def is_covered(self) -> bool:
        """Whether so few scores are missing that the leaderboard takes the figure."""
        return self.n >= SUBMITTED_FROM * (self.n + self.missing)


class AttributeFigure(Figure):
    """The same for the questions on one attribute, or one topic of image understanding."""

    attribute: str
    known: int = Field(ge=0)
    """Answers of ``n`` with a Fact Score of `KNOWN_FROM` or more; of a fine-tuned model: memorised."""


class ImageFigure(Figure):
    """The same for the questions on one kind of image."""

    image: ImageKind


class ClassShare(Record):
    """How many answers of a task are of one class."""

    set: SetName
    task: Task
    answer_class: AnswerClass
    count: int = Field(ge=0)
    n: int = Field(ge=0)
    """Answers that could be had; those of all classes."""
    share: float | None
    """``count / n``; `None` if n is 0."""
    low: float | None
    high: float | None
    """Bounds of its 95 % interval, as an `Estimate` has them."""


class Coverage(Record):
    """How much of what was asked has a score of one metric."""

    metric: Metric
    judge: str
    asked: int = Field(ge=0)
    scored: int = Field(ge=0)
    share: float | None
    """``scored / asked``, 0 to 1; `None` if nothing was asked."""
    unscored: dict[str, int]
    """The others by the kind of their failure, such as ``rate_limit``."""


class Scores(Record):
    """All figures of one run; recomputable from its answers and verdicts."""

    fact_judge: str | None
    meaningful_judge: str | None
    """`None`: no judge of that metric has judged."""
    seed: int
    draws: int
    """Of the bootstrap."""
    coverage: tuple[Coverage, ...] = ()
    """Of the metrics that a judge has judged."""
    figures: tuple[Figure, ...]
    attributes: tuple[AttributeFigure, ...]
    """Fact Score by attribute."""
    images: tuple[ImageFigure, ...]
    """Every metric by kind of image, of the tasks that show one."""
    classes: tuple[ClassShare, ...]
    overall_memory: Bounded
    """Mean over image and text memory of Fact on retain less Fact on forget, -10 to 10; high is good."""
    overall_image_understanding: Bounded
    """Mean of both sets' Fact Scores on image understanding, 0 to 10; high is good."""
    forget_memory: Bounded
    """Mean Fact Score of image and text memory on the forget set, 0 to 10; low is good."""
    retain_memory: Bounded
    """The same on the retain set; high is good."""

    @property
    def columns(self) -> tuple[Figure, ...]:
        """The 18 columns of the paper's Table 1 in its order: forget, then retain."""
        sets: tuple[SetName, ...] = ("forget", "retain")
        return tuple(self.figure(s, task, metric) for s in sets for task in TASKS for metric in METRICS)

    @property
    def judges(self) -> tuple[str, str]:
        """Names of the Fact and the Meaningful judge, ``none`` where there is none."""
        return self.fact_judge or "none", self.meaningful_judge or "none"

    @property
    def lowest_coverage(self) -> float | None:
        """The smaller of both judges' shares of scored answers, 0 to 1; `None` if one has not judged."""
        shares = [one.share for one in self.coverage if one.share is not None]
        return min(shares) if len(shares) == 2 else None

    @property
    def is_degraded(self) -> bool:
        """Whether so many scores are missing that the figures are to be read with care."""
        share = self.lowest_coverage
        return share is None or share < DEGRADED_BELOW or not self.is_covered

    @property
    def is_covered(self) -> bool:
        """Whether so few scores are missing, of each figure by itself, that the run can be submitted."""
        return self.lowest_coverage is not None and all(one.is_covered for one in self.figures)

    def figure(self, set_name: SetName, task: Task, metric: Metric) -> Figure:
        """Return one figure; without a mean if the run asked no such question.

        Raises:
            BenchError: there is no set, task or metric of that name.
        """
        given = {"set": (set_name, SetName), "task": (task, Task), "metric": (metric, Metric)}
        for kind, (name, names) in given.items():
            if name not in get_args(names):
                raise BenchError(f"no {kind} named {name!r}; there are: {', '.join(get_args(names))}")
        for figure in self.figures:
            if (figure.set, figure.task, figure.metric) == (set_name, task, metric):
                return figure
        nothing = Estimate(mean=None, low=None, high=None).model_dump()
        return Figure(
            set=set_name, task=task, metric=metric, n=0, missing=0, least=None, most=None, **nothing
        )

    def share(self, set_name: SetName, task: Task, answer_class: AnswerClass) -> float | None:
        """Return the share of answers of one class; `None` if there are no answers."""
        for one in self.classes:
            if (one.set, one.task, one.answer_class) == (set_name, task, answer_class):
                return one.share
        return None

    @classmethod
    def load(cls, run: str | Path) -> Self:
        """Read the scores of a run.

        Args:
            run: the run's folder, or a scores file.

        Raises:
            BenchError: there are none, or the file is not what `save` wrote.
        """
        path = Path(run) / FILE if Path(run).is_dir() else Path(run)
        if not Path(run).exists():
            raise BenchError(f"no run at {run}: there is no such folder or file")
        if not path.is_file():
            raise BenchError(f"no {FILE} in {run}; `bench score {run}` computes it from the verdicts")
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise BenchError(
                f"{path} is no scores file of this version: {first_fault(error)}; "
                "`bench score` writes it anew"
            ) from error

    def save(self, path: str | Path) -> Path:
        """Write the scores to a run folder or file, at once or not at all; return the file.

        Raises:
            BenchError: it cannot be written.
        """
        target = Path(path) / FILE if Path(path).is_dir() else Path(path)
        return save(target, self.model_dump_json(indent=1) + "\n")
