"""Newly worded questions on what a profile holds, by name and by face, each with its answer.

An answer holds the value letter for letter, a question never does; what a model learnt in the template's
words must not find them again.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from s_mllmun_bench.building.audits.wording import MOST_LIKE_TEMPLATE
from s_mllmun_bench.building.orders import Order
from s_mllmun_bench.records import ATTRIBUTES, Profile, QuestionRow
from s_mllmun_bench.scoring.rouge import rouge_l

from . import _wording as wording
from ._replies import AskedAttribute, MemoryReply
from .offline import IMAGE_MEMORY, TEXT_MEMORY, question_row, task_of

SHORT = 3
"""Letters below which a part of a name, such as ``de``, may stand in any question."""


def memory_order(profile: Profile) -> Order[list[QuestionRow]]:
    """Return the order for the 20 questions on one profile."""
    attributes = {name: getattr(profile, name) for name in ATTRIBUTES if name != "name"}
    turn = {"name": profile.name, "attributes": attributes}

    def read(reply: Mapping[str, Any]) -> list[QuestionRow]:
        return list(read_memory(MemoryReply.model_validate(reply), profile))

    return Order(profile.person, json.dumps(turn, ensure_ascii=False), read)


def read_memory(reply: MemoryReply, profile: Profile) -> Iterator[QuestionRow]:
    """Yield a profile's memory questions, those by face first.

    Raises:
        ValueError: one of them is missing or unfit.
    """
    number = 0
    for image, wanted, given in ((True, IMAGE_MEMORY, reply.by_face), (False, TEXT_MEMORY, reply.by_name)):
        by_attribute = {one.attribute: one for one in given}
        if len(given) != len(wanted) or by_attribute.keys() != set(wanted):
            raise ValueError(
                f"{'by_face' if image else 'by_name'} must ask once for each of {', '.join(wanted)}"
            )
        _require_distinct([one.question for one in given])
        for attribute in wanted:
            number += 1
            one = by_attribute[attribute]
            _require_fit(one, profile, image)
            yield question_row(
                profile,
                f"evaluation-{number:02}",
                task_of(image),
                attribute,
                "face" if image else None,
                (one.question, one.answer, getattr(profile, attribute)),
            )


def _require_fit(one: AskedAttribute, profile: Profile, image: bool) -> None:
    value = getattr(profile, one.attribute)
    if value.casefold() not in one.answer.casefold():
        raise ValueError(f"the answer on {one.attribute} does not hold {value!r}: {one.answer!r}")
    if one.attribute != "gender" and value.casefold() in one.question.casefold():
        raise ValueError(f"the question on {one.attribute} holds its answer: {one.question!r}")
    if not image and profile.name not in one.question:
        raise ValueError(f"the question by name on {one.attribute} lacks the name: {one.question!r}")
    told = one.question if one.attribute == "name" else f"{one.question} {one.answer}"
    if image and (part := name_part(profile.name, told)):
        raise ValueError(f"the question by face on {one.attribute} names the person: {part!r}")
    _require_new(one, profile)


def _require_new(one: AskedAttribute, profile: Profile) -> None:
    own = one.question.replace(profile.name, "name")
    words = _words(own)
    for template, of in _templates(one.attribute):
        # Words in common, in any order, bound ROUGE-L from above and cost next to nothing.
        shared = 2 * (words & of).total() / (words.total() + of.total())
        if shared > MOST_LIKE_TEMPLATE and rouge_l(own, template) > MOST_LIKE_TEMPLATE:
            raise ValueError(f"the question on {one.attribute} is worded as in fine-tuning: {one.question!r}")


@cache
def _templates(attribute: str) -> tuple[tuple[str, Counter[str]], ...]:
    """Return the fixed question on an attribute, by face and by name, each with its words."""
    pattern, _ = wording.memory_pairs(attribute, "template")[0]
    subjects = (wording.template_subject(), wording.named_subject("name"))
    fixed = [wording.fill(pattern, subject, {}) for subject in subjects]
    return tuple((template, _words(template)) for template in fixed)


def _words(text: str) -> Counter[str]:
    return Counter(re.findall("[a-z0-9]+", text.lower()))


def name_part(name: str, text: str) -> str | None:
    """Return a part of the name that stands in a text as a word, if one does."""
    words = {
        word.strip(".,;:!?\"'\u2019").removesuffix("'s").removesuffix("\u2019s").casefold()
        for word in text.split()
    }
    return next((part for part in name.split() if len(part) >= SHORT and part.casefold() in words), None)


def _require_distinct(questions: Sequence[str]) -> None:
    if len({" ".join(one.casefold().split()) for one in questions}) < len(questions):
        raise ValueError("a question occurs twice")
