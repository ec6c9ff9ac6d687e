"""The protocols that a file of a content folder implements, each as plain functions of a module.

The file name is the id, there is no registry, and a new judge, source, writer or method is new
files and no edit elsewhere. `contents.load` finds and loads them by path.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from s_mllmun_bench.records import Profile, QuestionRow


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One image as a source gives it."""

    image: Image.Image
    """RGB."""
    truth: Mapping[str, Any]
    """What is known to be in the picture, by topic; empty for a photograph."""
    source: str
    """Where it comes from, such as ``procedural mini face, seed 7``."""
    licence: str
    """What its owner allows; one that says ``not to be redistributed`` is not published."""
    original: str | None = None
    """SHA-256 of the file that it was read from, hexadecimal; `None` for a drawn one."""
    stored: bytes | None = None
    """The image file as the dataset stores it; `None` as long as it is not stored."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An image of a source that cannot be used."""

    source: str
    reason: str
    """Such as ``it is cut off``."""


class ImageSource(Protocol):
    """``builders/sources/<name>.py``: face or ophthalmic images."""

    def images(
        self, count: int, rng: random.Random, settings: Mapping[str, Any]
    ) -> Iterator[SourceImage | LeftOut]:
        """Yield ``count`` images, and more if there are more; the same ``rng`` state gives the same ones.

        The build takes as many as it needs: one that it cannot use, or has already, the next one replaces.
        """
        ...


class CountingSource(ImageSource, Protocol):
    """A source that can say how many images it has without opening any."""

    def count(self, settings: Mapping[str, Any]) -> int:
        """Return how many images there are; some of them may turn out to be of no use.

        Raises `BenchError`: there are none, or what should hold them is missing or of another form.
        """
        ...


@dataclass(frozen=True, slots=True)
class WrittenPerson:
    """All texts of one person, as a writer gives them."""

    profile: Profile
    finetune: list[QuestionRow]
    """Fixed templates: every attribute by face and by name, and the ophthalmic image's description."""
    unlearn: list[QuestionRow]
    """The private part of ``finetune``: all of it but image understanding."""
    evaluation: list[QuestionRow]
    """Newly worded: 10 text memory, 10 image memory, 5 image understanding."""
    pictures: int | None = None
    """Place of the images that it was written to; `None` for the person's own place."""
    readings: Mapping[str, str] = field(default_factory=dict)
    """What a second reading of the image answered, by the question's id; empty if there was none."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a build lends its writer; one that asks no server needs none of it."""

    server: str | None = None
    """Address of the server; `None` for that of the environment."""
    model: str | None = None
    """Is asked for everything; `None` for the models of the recipe."""
    concurrency: int = 64
    """The most requests at once."""
    replies: Path | None = None
    """The folder that keeps what was paid for; `None`: it is kept in memory."""
    progress: "Progress" = lambda done, total, what: None
    note: Callable[[str], None] = lambda line: None
    """Takes one line on something that was replaced."""


@dataclass(frozen=True, slots=True)
class CallEstimate:
    """What one kind of calls to a server is expected to cost."""

    kind: str
    model: str
    calls: int
    prompt_tokens: int
    """Of all calls together."""
    reply_tokens: int
    cost: float | None
    """US dollars; `None` where the recipe states no price."""


class Writer(Protocol):
    """``builders/writers/<name>.py``: the texts of people and the refusals."""

    def people(
        self,
        ids: Sequence[str],
        faces: Sequence[SourceImage],
        ophthalmic: Sequence[SourceImage],
        rng: random.Random,
        settings: Mapping[str, Any],
        means: Means,
    ) -> Iterator[WrittenPerson]:
        """Yield one written person per id, in order; names are unique over all ids of one call.

        There are at least as many faces and ophthalmic images as ids. Those beyond are spare, for people
        whose texts cannot be had.
        """
        ...

    def refusals(
        self, count: int, rng: random.Random, settings: Mapping[str, Any], means: Means
    ) -> list[str]:
        """Return ``count`` distinct ways to say "I don't know"."""
        ...


class EstimatingWriter(Writer, Protocol):
    """A writer that asks a server, and says before what that will cost."""

    def estimate(
        self, people: int, refusals: int, longest_side: int, settings: Mapping[str, Any], model: str | None
    ) -> list[CallEstimate]:
        """Return the calls of a build of so many people, kind by kind; images are at most so large."""
        ...


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """What a judge sees of an answer: neither the set nor the method."""

    question: str
    reference: str
    answer: str
    attribute: str | None = None
    value: str | None = None
    """The value asked for; `None`: the judge finds it by comparing reference and question."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judge's opinion of one item."""

    score: float | None
    """0 to 10, or `None` with a ``failure``."""
    reason: str | None = None
    failure: str | None = None
    reply: str | None = None
    """Key of the LLM's reply among those kept; `None` without an LLM."""
    left_out: int | None = None
    """Characters that the judge was not shown; `None` if it was shown all."""


class Judge(Protocol):
    """``judges/<name>.py``: an offline judge; a module with ``METRIC`` and ``judge``.

    A judge that asks an LLM is ``<name>.yaml`` and ``<name>.md`` instead, and no code.
    """

    METRIC: str
    """``fact`` or ``meaningful``."""

    def judge(self, items: Sequence[JudgedItem]) -> list[Judgement]:
        """Return one judgement per item, in order; deterministic."""
        ...


class Submission(Protocol):
    """``submissions/<name>/submission.py``: one unlearning method.

    It sees the forget set, the few-shot retain set and the refusals, never an evaluation question.
    """

    def unlearn(self, task: Any, output: Path) -> None:
        """Unlearn and write an adapter folder to ``output``.

        Args:
            task: an `s_mllmun_bench.training.UnlearningTask`: model, data, settings, seed, progress.
            output: an existing empty folder.
        """
        ...


Progress = Callable[[int, int, str], None]
"""Called as ``progress(done, total, what)`` while long work goes on.

``what`` is a stage, or a stage, a comma and a detail that changes.
"""
