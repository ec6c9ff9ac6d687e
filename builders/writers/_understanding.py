"""What a face shows: four questions with answers, and a second reading of the picture that checks them.

The second reading sees the questions and never the answers. Where it says something else the four are
asked for anew, a few times; what still differs then is left for the audit, which states its share.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from s_mllmun_bench import contents
from s_mllmun_bench.building.audits.truth import STATED
from s_mllmun_bench.building.desk import Desk, Order
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


@dataclass(frozen=True, slots=True)
class _Reading:
    answers: dict[str, str]
    """By the question's id."""
    disputed: list[str]
    """The questions that it answers in another way."""


def understand(
    desk: Desk,
    prompts: tuple[Prompt, Prompt | None],
    seats: Sequence[tuple[Seat, Profile]],
) -> tuple[dict[str, Seen], dict[str, str]]:
    """Return the faces' questions by person, and why others could not be had.

    Args:
        desk: is asked.
        prompts: of the questions, and of the second reading; `None` for no second reading.
        seats: with the profiles, whose gender the face must show.

    Raises:
        BenchError: the server answers no more.
    """
    asking, reading = prompts
    known: dict[str, Seen] = {}
    lost: dict[str, str] = {}
    doubted: dict[str, list[str]] = {seat.person: [] for seat, _ in seats}
    waiting = list(seats)
    for _ in range(READINGS):
        if not waiting:
            break
        orders = [_order(seat, profile, doubted[seat.person]) for seat, profile in waiting]
        filled = desk.fill(asking, orders, "understanding")
        lost |= filled.lost
        asked = [(seat, filled.texts[seat.person]) for seat, _ in waiting if seat.person in filled.texts]
        readings = _read_again(desk, reading, asked) if reading else {}
        disputed = set()
        for seat, rows in asked:
            again = readings.get(seat.person, _Reading({}, []))
            known[seat.person] = Seen(rows, again.answers)
            doubted[seat.person] += again.disputed
            disputed |= {seat.person} if again.disputed else set()
        waiting = [(seat, profile) for seat, profile in waiting if seat.person in disputed]
    return {person: seen for person, seen in known.items() if person not in lost}, lost


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


def _read_again(
    desk: Desk, prompt: Prompt, asked: Sequence[tuple[Seat, Sequence[QuestionRow]]]
) -> dict[str, _Reading]:
    """Return the second readings by person; without those that could not be had."""
    orders = [
        Order(
            seat.person,
            json.dumps({"questions": [row.question for row in rows]}, ensure_ascii=False),
            partial(_reading, rows),
            seat.face,
        )
        for seat, rows in asked
    ]
    return desk.fill(prompt, orders, "second reading").texts


def _reading(rows: Sequence[QuestionRow], reply: Mapping[str, Any]) -> _Reading:
    answers = ReadingReply.model_validate(reply).answers
    items = [
        JudgedItem(row.question, row.answer, again, row.attribute, row.value)
        for row, again in zip(rows, answers, strict=True)
    ]
    scores = [judgement.score for judgement in _judge().judge(items)]
    disputed = [
        row.question for row, score in zip(rows, scores, strict=True) if score is None or score < STATED
    ]
    return _Reading({row.id: again for row, again in zip(rows, answers, strict=True)}, disputed)


@cache
def _judge() -> Any:
    return contents.load(contents.find("judge", "judges", "offline_fact", ".py"))
