"""Audits of the answers: each states the value it is about, and what a picture is said to show is there.

A value that does not stand in its answer word for word is looked for by the offline Fact judge, which
knows that 11 July 1995 is 1995-07-11: the judge that scores models is asked whether the reference itself
would score.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from s_mllmun_bench import contents
from s_mllmun_bench.building.audits.finding import Finding, plain
from s_mllmun_bench.building.audits.uniqueness import asked
from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.records import ATTRIBUTES, QuestionRow

STATED = 8.0
"""Fact Score, 0 to 10, from which an answer states a value."""
MOST_DISPUTED = 0.05
"""Share of the answers that the second reading of the picture may contradict."""
_DESCRIPTION = "ophthalmic_clinical_description"
_OPEN = frozenset(ATTRIBUTES) - {"gender"}
"""Attributes whose values are no choice among a few words."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that a text must state."""

    item: JudgedItem
    problem: Callable[[], str]
    """Makes the sentence if it does not."""


def answers_state_their_values(world: World) -> Finding:
    """Every answer on an attribute states the value, and the value is the profile's."""
    return Finding(
        *_weighed(claim for person in world.people for row in asked(person) for claim in _values(row, person))
    )


def understanding_holds_against_the_picture(world: World) -> Finding:
    """What an answer says of a picture is what is known to be in it."""
    return Finding(*_weighed(claim for person in world.people for claim in _seen(person)))


def understanding_is_confirmed_by_a_second_reading(world: World) -> Finding:
    """Where nothing is known of a picture, a second reading of it gave the same answers."""
    checked, disputed = _weighed(claim for person in world.people for claim in _read_again(person))
    unsure = sum(_is_unsure(row, person) for person in world.people for row in person.written.evaluation)
    alone = f"{unsure} answers rest on one reading" if unsure else "no answer rests on one reading"
    if not checked:
        return Finding(0, note=alone)
    share = len(disputed) / checked
    note = f"{100 * share:.1f} % disagree, at most {100 * MOST_DISPUTED:.0f} % may; {alone}"
    return Finding(checked, disputed if share > MOST_DISPUTED else (), note)


def _values(row: QuestionRow, person: Person) -> Iterator[Claim]:
    """Yield what the answer on an attribute must state: its value, and with the value the profile."""
    attribute = _DESCRIPTION if row.image == "ophthalmic" else row.attribute
    if attribute not in ATTRIBUTES or (row.task == "image_understanding" and row.image == "face"):
        return
    own = str(getattr(person.written.profile, attribute))
    value = row.value or own
    yield Claim(
        JudgedItem(row.question, value, row.answer, attribute, value),
        lambda: f"the answer to {row.id} does not state the {attribute} {value!r}: {row.answer!r}",
    )
    yield Claim(
        JudgedItem(row.question, value, own, attribute, value),
        lambda: f"the value of {row.id}, {value!r}, is not the profile's {attribute} {own!r}",
    )


def _seen(person: Person) -> Iterator[Claim]:
    for row in person.written.evaluation:
        if row.task != "image_understanding":
            continue
        if row.image == "face" and row.attribute in person.face.truth:
            yield _seen_in_face(row, _spoken(person.face.truth[row.attribute]))
        elif row.image == "ophthalmic":
            for topic, seen in person.ophthalmic.truth.items():
                # A part that is not there is called none.
                if isinstance(seen, str) and seen != "none":
                    yield _seen_in_eye(row, topic, seen)


def _seen_in_face(row: QuestionRow, value: str) -> Claim:
    return Claim(
        JudgedItem(row.question, row.answer, row.answer, row.attribute, value),
        lambda: f"the answer to {row.id} does not hold, {row.attribute} is {value}: {row.answer!r}",
    )


def _seen_in_eye(row: QuestionRow, topic: str, seen: str) -> Claim:
    return Claim(
        JudgedItem(row.question, seen, row.answer, _DESCRIPTION, seen),
        lambda: f"the answer to {row.id} lacks the {topic} {seen!r}: {row.answer!r}",
    )


def _is_unsure(row: QuestionRow, person: Person) -> bool:
    """Return whether nobody but the writer says what an answer says of a face."""
    asked_of_face = row.task == "image_understanding" and row.image == "face"
    return asked_of_face and row.attribute not in person.face.truth and row.id not in person.written.readings


def _read_again(person: Person) -> Iterator[Claim]:
    for row in person.written.evaluation:
        again = person.written.readings.get(row.id)
        if again is not None:
            yield _read_so(row, again)


def _read_so(row: QuestionRow, again: str) -> Claim:
    return Claim(
        JudgedItem(row.question, row.answer, again, row.attribute, row.value),
        lambda: f"the answer to {row.id} is {row.answer!r}, and a second reading of the picture: {again!r}",
    )


def _weighed(claims: Iterable[Claim]) -> tuple[int, Sequence[str]]:
    """Count claims; return the problems of those that the offline Fact judge does not find stated."""
    checked, unclear = 0, []
    for claim in claims:
        checked += 1
        if not _verbatim(claim.item):
            unclear.append(claim)
    judge = contents.load(contents.find("judge", "judges", "offline_fact", ".py"))
    judgements = judge.judge([claim.item for claim in unclear])
    return checked, [
        claim.problem()
        for claim, judgement in zip(unclear, judgements, strict=True)
        if judgement.score is None or judgement.score < STATED
    ]


def _verbatim(item: JudgedItem) -> bool:
    """Return whether an answer holds a value word for word; where there are few, that proves nothing."""
    if item.value is None or item.value == item.answer:
        return item.value is not None
    if item.attribute not in _OPEN:
        return False
    return item.value in item.answer or plain(item.value) in plain(item.answer)


def _spoken(seen: Any) -> str:
    """Return what is known of a topic as an answer's value says it."""
    if isinstance(seen, bool):
        return "yes" if seen else "no"
    return "no" if seen in (None, "none") else str(seen)
