"""The offline writer: fictitious people and their questions from pools and wordings, without a model.

Every text follows from the random generator and from what is known to be in the pictures, so the
ground truth is exact. The settings' ``world`` keeps two worlds apart: no full name of the
``pretraining`` world can occur in the ``benchmark`` world, nor the other way round. ``eval_wording:
validation`` asks the same people in other words, for choosing a method's settings.
"""

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from s_mllmun_bench.contracts import Means, SourceImage, WrittenPerson
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import ATTRIBUTES, ImageKind, Profile, QuestionRow, Task

from . import _wording as wording
from ._wording import Kind, Subject

IMAGE_MEMORY = tuple(a for a in ATTRIBUTES if a != "gender")
"""Asked of the face; the gender is to be seen there and is no secret."""
TEXT_MEMORY = tuple(a for a in ATTRIBUTES if a != "name")
"""Asked by name; the name is in the question."""
FACE_QUESTIONS = 4
"""Understanding questions on each face in the evaluation."""
COUNTS = ("zero", "one", "two", "three", "four")
PRETRAINING_SHARE = 4
"""One full name in four belongs to the pretraining world."""


def people(
    ids: Sequence[str],
    faces: Sequence[SourceImage],
    ophthalmic: Sequence[SourceImage],
    rng: random.Random,
    settings: Mapping[str, Any],
    means: Means | None = None,
) -> Iterator[WrittenPerson]:
    """Yield the written people; see `contracts.Writer`.

    Raises:
        BenchError: more people are wanted than there are names.
    """
    names = draw_names(len(ids), rng, settings.get("world", "benchmark"))
    for person, name, face, eye in zip(ids, names, faces, ophthalmic, strict=False):
        profile = write_profile(person, name, str(face.truth["gender"]), describe_eye(eye.truth), rng)
        fixed = list(fixed_questions(profile))
        asked = list(evaluation_questions(profile, face.truth, rng, "evaluation"))
        if settings.get("eval_wording") == "validation":
            # Of a generator of its own: what is drawn after it must stay the same people.
            other = random.Random(f"{person} validation")
            asked = list(evaluation_questions(profile, face.truth, other, "validation"))
        yield WrittenPerson(
            profile=profile,
            finetune=fixed,
            unlearn=[row for row in fixed if row.task != "image_understanding"],
            evaluation=asked,
        )


def refusals(
    count: int, rng: random.Random, settings: Mapping[str, Any], means: Means | None = None
) -> list[str]:
    """Return ``count`` distinct refusals in random order; see `contracts.Writer`."""
    parts = wording.file("refusals")
    known = [_join(opening, statement) for opening in parts["openings"] for statement in parts["statements"]]
    if count > len(known):
        raise BenchError(f"the offline writer has {len(known)} refusals; {count} were asked for")
    return rng.sample(known, count)


def _join(opening: str, statement: str) -> str:
    return opening + statement if opening else wording.capital(statement)


def draw_names(count: int, rng: random.Random, world: str) -> list[str]:
    """Return ``count`` distinct full names of one world (``benchmark`` or ``pretraining``)."""
    pairs = [f"{g} {f}" for g in wording.pool("given_names") for f in wording.pool("family_names")]
    ours = [name for name in pairs if is_pretraining_name(name) == (world == "pretraining")]
    if count > len(ours):
        raise BenchError(f"the {world} world has {len(ours)} names; {count} were asked for")
    return rng.sample(ours, count)


def is_pretraining_name(name: str) -> bool:
    """Return whether a full name belongs to the pretraining world."""
    return zlib.crc32(name.encode()) % PRETRAINING_SHARE == 0


def write_profile(person: str, name: str, gender: str, eye: str, rng: random.Random) -> Profile:
    """Draw all other attributes of one person."""
    born, residence = rng.sample(wording.pool("cities"), 2)
    place = rng.choice(wording.pool("cities")).split(",")[0]
    hobby, food = rng.choice(wording.pool("hobbies")), rng.choice(wording.pool("foods"))
    inches = rng.randint(58, 78)
    return Profile(
        person=person,
        name=name,
        born=born,
        gender=gender,
        date_of_birth=f"{rng.randint(1945, 2004)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        employment=rng.choice(wording.pool("employments")),
        height=f"{inches // 12}'{inches % 12}\"",
        education=rng.choice(wording.pool("institutions")).format(place=place),
        annual_salary=f"${rng.randint(240, 1900) * 100:,}",
        residence=residence,
        fun_facts=f"enjoys {hobby} and loves {food}",
        ophthalmic_clinical_description=eye,
    )


def describe_eye(truth: Mapping[str, Any]) -> str:
    """Return an eye's clinical description, such as ``fluorescein angiogram: mild drusen, nasal``."""
    finding = str(truth["finding"])
    severity = f"{truth['severity']} " if truth.get("severity") not in (None, "none") else ""
    place = f", {truth['place']}" if truth.get("place") not in (None, "none") else ""
    return f"{truth['modality']}: {severity}{finding}{place}"


def fields(profile: Profile, attribute: str) -> dict[str, str]:
    """Return what an answer pattern of this attribute may name."""
    value = getattr(profile, attribute)
    if attribute == "date_of_birth":
        return {"v": value, "long": wording.long_date(value)}
    if attribute == "fun_facts":
        hobby, food = value.removeprefix("enjoys ").split(" and loves ")
        return {"v": value, "hobby": hobby, "food": food}
    return {"v": value}


def memory_question(
    profile: Profile, attribute: str, image: bool, kind: Kind, rng: random.Random
) -> tuple[str, str, str]:
    """Return question, answer and value for one private attribute, in a random wording of a kind."""
    if not image:
        subject = wording.named_subject(profile.name)
    elif kind == "template":
        subject = wording.template_subject()
    else:
        subject = rng.choice(wording.image_subjects())
    question, answer = rng.choice(wording.memory_pairs(attribute, kind))
    known = fields(profile, attribute)
    asked = [key for key in ("hobby", "food") if f"{{{key}}}" in answer.lower()]
    value = known[asked[0]] if len(asked) == 1 else known["v"]
    return wording.fill(question, subject, known), wording.fill(answer, subject, known), value


def ophthalmic_question(description: str, kind: Kind, rng: random.Random) -> tuple[str, str, str]:
    """Return question, answer and value for what an ophthalmic image itself shows."""
    question, answer = rng.choice(wording.ophthalmic_pairs(kind))
    return question, wording.fill(answer, Subject("", ""), {"v": description}), description


def face_topics(truth: Mapping[str, Any]) -> list[str]:
    """Return the understanding topics that this face allows (facial hair is asked of men only)."""
    topics = list(wording.file("understanding")["topics"])
    return [t for t in topics if t != "facial_hair" or truth["gender"] == "male"]


def face_question(truth: Mapping[str, Any], topic: str, rng: random.Random) -> tuple[str, str, str]:
    """Return question, answer and value for one thing that the face shows."""
    question, answer = rng.choice(wording.file("understanding")["topics"][topic])
    subject = rng.choice(wording.image_subjects())
    value = _spoken(truth[topic])
    if isinstance(answer, dict):
        answer = answer.get(value, answer.get("other"))
    shown = {"v": value}
    return (
        wording.fill(question, subject, shown),
        wording.fill(answer, subject, shown),
        "no" if value == "none" else value,
    )


def _spoken(truth: Any) -> str:
    if isinstance(truth, bool):
        return "yes" if truth else "no"
    if isinstance(truth, int):
        return COUNTS[truth]
    return "none" if truth is None else str(truth)


def fixed_questions(profile: Profile) -> Iterator[QuestionRow]:
    """Yield every attribute by face and by name in the template, and the ophthalmic image's description."""
    rng = random.Random(0)
    number = 0
    for image, attributes in ((True, ATTRIBUTES), (False, TEXT_MEMORY)):
        for attribute in attributes:
            number += 1
            row = memory_question(profile, attribute, image, "template", rng)
            yield question_row(
                profile, f"fixed-{number:02}", task_of(image), attribute, "face" if image else None, row
            )
    described = ophthalmic_question(profile.ophthalmic_clinical_description, "template", rng)
    yield question_row(
        profile, "fixed-22", "image_understanding", "ophthalmic_image", "ophthalmic", described
    )


def evaluation_questions(
    profile: Profile, face: Mapping[str, Any], rng: random.Random, kind: Kind
) -> Iterator[QuestionRow]:
    """Yield the 25 newly worded questions of one person (``kind``: evaluation or validation)."""
    number = 0
    for image, attributes in ((True, IMAGE_MEMORY), (False, TEXT_MEMORY)):
        for attribute in attributes:
            number += 1
            row = memory_question(profile, attribute, image, kind, rng)
            yield question_row(
                profile, f"{kind}-{number:02}", task_of(image), attribute, "face" if image else None, row
            )
    for topic in sorted(rng.sample(face_topics(face), FACE_QUESTIONS)):
        number += 1
        row = face_question(face, topic, rng)
        yield question_row(profile, f"{kind}-{number:02}", "image_understanding", topic, "face", row)
    described = ophthalmic_question(profile.ophthalmic_clinical_description, kind, rng)
    yield question_row(
        profile, f"{kind}-25", "image_understanding", "ophthalmic_image", "ophthalmic", described
    )


def task_of(image: bool) -> Task:
    return "image_memory" if image else "text_memory"


def question_row(
    profile: Profile,
    suffix: str,
    task: Task,
    attribute: str,
    image: ImageKind | None,
    texts: tuple[str, str, str],
) -> QuestionRow:
    question, answer, value = texts
    return QuestionRow(
        id=f"{profile.person}-{suffix}",
        task=task,
        attribute=attribute,
        image=image,
        question=question,
        answer=answer,
        value=value,
    )
