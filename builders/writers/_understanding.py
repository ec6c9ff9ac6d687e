"""What a face shows: four questions with answers, and a second reading of the picture that checks them.

The second reading sees the questions and never the answers. Where it says something else the four are
asked for anew, a few times; what still differs then is left for the audit, which states its share.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from s_mllmun_bench import contents
from s_mllmun_bench.building.audits.truth import STATED
from s_mllmun_bench.building.orders import Job, Lost, Order, ask
from s_mllmun_bench.building.prompts import Prompt
from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.records import Profile, QuestionRow

from ._memory import name_part
from ._profiles import Seat
from ._replies import AskedTopic, ReadingReply, UnderstandingReply
from .offline import question_row

FIRST_NUMBER = 21
"""Of the understanding questions among a person's 25."""
READINGS = 3
"""How often four questions are asked for that the second reading disputes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face's questions, and what the second reading answered."""

    rows: list[QuestionRow]
    readings: Mapping[str, str]
    """By the question's id; empty without a second reading."""


def understand(prompts: tuple[Prompt, Prompt | None], seat: Seat, profile: Profile) -> Job[Seen]:
    """Return a face's questions.

    Args:
        prompts: of the questions, and of the second reading; `None` for no second reading.
        seat: with the face.
        profile: whose gender the face must show.

    Raises:
        Lost: they cannot be had.
    """
    asking, reading = prompts
    doubted: list[str] = []
    for _ in range(READINGS):
        rows = yield from ask(asking, _order(seat, profile, doubted))
        answers = (yield from _read_again(reading, seat, rows)) if reading else []
        seen = Seen(rows, {row.id: again for row, again in zip(rows, answers, strict=bool(answers))})
        disputed = _disputed(rows, answers)
        if not disputed:
            break
        doubted += disputed
    return seen


def _order(seat: Seat, profile: Profile, doubted: Sequence[str]) -> Order[list[QuestionRow]]:
    turn: dict[str, Any] = {"picture": seat.person}
    if doubted:
        turn["do not ask"] = list(doubted)

    def read(reply: Mapping[str, Any]) -> list[QuestionRow]:
        return read_understanding(UnderstandingReply.model_validate(reply), profile)

    return Order(seat.person, json.dumps(turn, ensure_ascii=False), read, seat.face)


def read_understanding(reply: UnderstandingReply, profile: Profile) -> list[QuestionRow]:
    """Return the four questions that a reply states.

    Raises:
        ValueError: one of them is unfit, or the face shows another gender than the profile says.
    """
    if reply.gender != profile.gender:
        raise ValueError(f"the face looks {reply.gender}, and the profile says {profile.gender}")
    if len({one.topic for one in reply.questions}) < len(reply.questions):
        raise ValueError("a topic occurs twice")
    for one in reply.questions:
        _require_fit(one, profile)
    return [
        question_row(
            profile,
            f"evaluation-{number:02}",
            "image_understanding",
            one.topic,
            "face",
            (one.question, one.answer, one.value),
        )
        for number, one in enumerate(sorted(reply.questions, key=lambda one: one.topic), FIRST_NUMBER)
    ]


def _require_fit(one: AskedTopic, profile: Profile) -> None:
    value, answer = one.value.casefold(), one.answer.casefold()
    words = answer.replace(",", " ").replace(".", " ").split()
    if value in ("yes", "no") and words[:1] != [value]:
        raise ValueError(f"the answer on {one.topic} does not begin with {value}: {one.answer!r}")
    if value not in answer:
        raise ValueError(f"the answer on {one.topic} does not hold {value!r}: {one.answer!r}")
    if part := name_part(profile.name, f"{one.question} {one.answer}"):
        raise ValueError(f"the question on {one.topic} names the person: {part!r}")


def _read_again(prompt: Prompt, seat: Seat, rows: Sequence[QuestionRow]) -> Job[list[str]]:
    """Return what the second reading answers; nothing if it cannot be had."""
    turn = json.dumps({"questions": [row.question for row in rows]}, ensure_ascii=False)
    order = Order(seat.person, turn, lambda reply: ReadingReply.model_validate(reply).answers, seat.face)
    try:
        return (yield from ask(prompt, order))
    except Lost:
        return []


def _disputed(rows: Sequence[QuestionRow], answers: Sequence[str]) -> list[str]:
    """Return the questions that the second reading answers in another way."""
    items = [
        JudgedItem(row.question, row.answer, again, row.attribute, row.value)
        for row, again in zip(rows, answers, strict=False)
    ]
    scores = [judgement.score for judgement in _judge().judge(items)]
    return [
        item.question for item, score in zip(items, scores, strict=True) if score is None or score < STATED
    ]


@cache
def _judge() -> Any:
    return contents.load(contents.find("judge", "judges", "offline_fact", ".py"))
