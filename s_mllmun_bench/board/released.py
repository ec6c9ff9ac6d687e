"""``released.yaml``: the dataset versions that count, with digests of what each asks.

The digest of the questions with their reference answers lets anybody see without the dataset whether a
bundle's references are the true ones. Only the maintainer adds to the file.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from pydantic import Field

from s_mllmun_bench import contents
from s_mllmun_bench.board.submission import Sha256, Slug, checked
from s_mllmun_bench.data.identity import read_identity
from s_mllmun_bench.data.questions import Question, dataset_digest, load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import RATIOS, Answer, Ratio, Record, SetName
from s_mllmun_bench.whole import save

FILE = "released.yaml"
_SETS: tuple[SetName, ...] = ("forget", "retain", "unseen")
_HEAD = b"# The dataset versions that count. `bench leaderboard release` adds one; none is ever changed.\n"
_WHOLE = 1000
"""People of a full dataset; one of fewer has their number in its name."""


class AskedSet(Record):
    """What is asked of one set."""

    ratio: Ratio
    set: SetName
    questions: int = Field(ge=1)
    sha256: Sha256
    """Over every question with its reference answer; see `questions_digest`."""


class Released(Record):
    """One dataset version that runs may be submitted of."""

    benchmark: Slug
    """Such as ``mini-1.0.0``; of a dataset with fewer people ``mini-1.0.0-200``."""
    data: Sha256
    """The dataset's own digest."""
    asked: tuple[AskedSet, ...]
    prompts: dict[Slug, Sha256] = Field(default_factory=dict)
    """The prompt digest that runs of a base model are to have; of one that is not there nothing is said."""

    def of(self, ratio: Ratio, name: SetName) -> AskedSet:
        """Return what is asked of a set.

        Raises:
            BenchError: the release says nothing of it.
        """
        for one in self.asked:
            if (one.ratio, one.set) == (ratio, name):
                return one
        raise BenchError(f"{self.benchmark} has no {name} set at {ratio} %")


class _File(Record):
    released: tuple[Released, ...]


def read_released(leaderboard: Path) -> tuple[Released, ...]:
    """Return the released versions of a leaderboard folder.

    Raises:
        BenchError: there is no such file, or it holds something else.
    """
    path = leaderboard / FILE
    return checked(_File, contents.read_yaml(path), str(path)).released


def released_data(released: Iterable[Released], data: str) -> Released:
    """Return the version with a dataset digest.

    Raises:
        BenchError: it is none of them.
    """
    known = list(released)
    for one in known:
        if one.data == data:
            return one
    raise BenchError(
        f"the dataset of digest {data[:12]} is not released; "
        f"there are: {', '.join(f'{one.benchmark} ({one.data[:12]})' for one in known) or 'none'}"
    )


def released_version(data: Path, prompts: Mapping[str, str]) -> Released:
    """Return what ``released.yaml`` is to say of a dataset folder.

    Raises:
        BenchError: it is no dataset, or was changed.
    """
    identity = read_identity(data)
    size = "" if identity.people == _WHOLE else f"-{identity.people}"
    return Released(
        benchmark=f"{identity.recipe}-{identity.version}{size}",
        data=dataset_digest(data),
        asked=tuple(_asked(data, ratio, name) for ratio in RATIOS for name in _SETS),
        prompts=dict(prompts),
    )


def _asked(data: Path, ratio: Ratio, name: SetName) -> AskedSet:
    questions = load_questions(data, f"eval_{ratio:02}", name)
    digest = questions_digest(map(of_question, questions))
    return AskedSet(ratio=ratio, set=name, questions=len(questions), sha256=digest)


def of_question(question: Question) -> tuple[str | None, ...]:
    """Return all that decides how a question is answered and judged, but the pixels."""
    return (
        question.id,
        question.person,
        question.task,
        question.attribute,
        question.image_kind,
        question.question,
        question.answer,
        question.value,
    )


def of_answer(answer: Answer) -> tuple[str | None, ...]:
    """Return the same of the question that an answer answers."""
    return (
        answer.question_id,
        answer.person,
        answer.task,
        answer.attribute,
        answer.image,
        answer.question,
        answer.reference,
        answer.value,
    )


def questions_digest(questions: Iterable[tuple[str | None, ...]]) -> str:
    """Return the SHA-256 over one line of JSON per question, sorted by id."""
    total = hashlib.sha256()
    for one in sorted(questions, key=lambda fields: str(fields[0])):
        total.update(json.dumps(one).encode() + b"\n")
    return total.hexdigest()


def add_released(leaderboard: Path, data: Path, prompts: Mapping[str, str]) -> Released:
    """Add a dataset folder to a leaderboard's released versions, and return what is said of it.

    Raises:
        BenchError: it is no dataset, its name is taken, or the file cannot be written.
    """
    path = leaderboard / FILE
    known = read_released(leaderboard) if path.is_file() else ()
    added = released_version(data, prompts)
    for one in known:
        if added.benchmark == one.benchmark:
            raise BenchError(f"{path} has {one.benchmark} already; a changed dataset needs a new version")
    leaderboard.mkdir(parents=True, exist_ok=True)
    write_released(path, [*known, added])
    return added


def write_released(path: Path, released: Iterable[Released]) -> None:
    """Write ``released.yaml``.

    Raises:
        BenchError: it cannot be written.
    """
    content = _File(released=tuple(released)).model_dump(mode="json")
    save(path, _HEAD + yaml.safe_dump(content, sort_keys=False).encode())
