"""What gives a method away that plays the figures instead of unlearning; shown on every row.

A method that refuses everybody has many refusals on people it never met; one that says the same to all has
many identical answers; one that forgot nothing repeats the reference word for word.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from pydantic import Field

from s_mllmun_bench.board.bundle import Contents
from s_mllmun_bench.board.released import Released
from s_mllmun_bench.records import Answer, Record
from s_mllmun_bench.reporting.tables import refusal_share


class Signs(Record):
    """The figures against gaming; shares go from 0 to 1, and `None` stands where nothing was asked."""

    identical_forget: float | None = Field(ge=0, le=1)
    """Share of the forget set's answers that are its commonest one, case and blanks aside."""
    identical_retain: float | None = Field(ge=0, le=1)
    refusals_forget: float | None = Field(ge=0, le=1)
    """Of the memory questions' answers."""
    refusals_retain: float | None = Field(ge=0, le=1)
    refusals_unseen: float | None = Field(ge=0, le=1)
    """Of people whom no model was taught; high is honest in a model that refuses nobody else."""
    words_forget: float | None = Field(ge=0)
    """Median length of an answer, in words."""
    words_retain: float | None = Field(ge=0)
    gold_forget: float | None = Field(ge=0, le=1)
    """Share of the forget set's memory answers that are the reference word for word."""
    cut_off: float | None = Field(ge=0, le=1)
    """Share of all answers that ended at the token limit."""
    other_prompt: bool | None
    """Whether the prompt is not the released one of the base model; `None` where one is not known."""


def signs(contents: Contents, base_model: str, released: Released) -> Signs:
    """Return the figures of a bundle."""
    answers, scores = contents.answers, contents.scores
    forget, retain = (_of_set(answers, name) for name in ("forget", "retain"))
    gold = [_plain(one.answer or "") == _plain(one.reference) for one in forget if _is_memory(one)]
    return Signs(
        identical_forget=_identical(forget),
        identical_retain=_identical(retain),
        refusals_forget=refusal_share(scores, "forget"),
        refusals_retain=refusal_share(scores, "retain"),
        refusals_unseen=refusal_share(scores, "unseen"),
        words_forget=_words(forget),
        words_retain=_words(retain),
        gold_forget=_share(gold),
        cut_off=_share([one.finish_reason == "length" for one in answers]),
        other_prompt=_other_prompt(contents.manifest.identity.prompt, released.prompts.get(base_model)),
    )


def _of_set(answers: Sequence[Answer], name: str) -> list[Answer]:
    return [one for one in answers if one.set == name and one.answer is not None]


def _is_memory(answer: Answer) -> bool:
    return answer.task != "image_understanding"


def _identical(answers: Sequence[Answer]) -> float | None:
    counts = Counter(_plain(one.answer or "") for one in answers)
    return counts.most_common(1)[0][1] / len(answers) if answers else None


def _words(answers: Sequence[Answer]) -> float | None:
    return float(median(len((one.answer or "").split()) for one in answers)) if answers else None


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _other_prompt(prompt: str | None, wanted: str | None) -> bool | None:
    return None if prompt is None or wanted is None else prompt != wanted


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
