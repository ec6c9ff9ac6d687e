"""Audits of what may occur once: names, images, question ids, refusals."""

from itertools import groupby

from s_mllmun_bench.building.audits.finding import Finding, plain, repeated
from s_mllmun_bench.building.audits.provenance import UNREADABLE
from s_mllmun_bench.building.likeness import alike
from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.building.pictures import Picture
from s_mllmun_bench.records import QuestionRow


def names_are_unique(world: World) -> Finding:
    """A name asks for one person."""
    return repeated("the name", ((plain(p.written.profile.name), p.id) for p in world.people))


def images_are_unique(world: World) -> Finding:
    """An image file shows one person."""
    pictures = [(one.digest, p.id) for p in world.people for one in (p.face, p.ophthalmic) if one.data]
    return repeated("the image with SHA-256", pictures)


def images_look_different(world: World) -> Finding:
    """No image is another one scaled, cropped a little or encoded anew."""
    faces, eyes = ([getattr(p, kind) for p in world.people] for kind in ("face", "ophthalmic"))
    problems, checked = [], 0
    for what, pictures in (("faces", faces), ("ophthalmic images", eyes)):
        marks = {p.id: _mark(one) for p, one in zip(world.people, pictures, strict=True)}
        shown = {person: mark for person, mark in marks.items() if mark is not None}
        people = list(shown)
        checked += len(people)
        problems += [
            f"the {what} of {people[a]} and {people[b]} look the same" for a, b in alike([*shown.values()])
        ]
    return Finding(checked, problems)


def question_ids_are_unique(world: World) -> Finding:
    """A question's id stands for one question of one table."""
    return repeated("the question id", ((row.id, p.id) for p in world.people for row in asked(p)))


def refusals_are_distinct(world: World) -> Finding:
    """A refusal occurs once, whatever its case, spaces and full stops."""
    rows = enumerate(world.refusals, start=1)
    return repeated("the refusal", ((_bare(text), f"row {number}") for number, text in rows))


def asked(person: Person) -> list[QuestionRow]:
    """Return the questions with ids of their own; the unlearning ones are a part of the fine-tuning ones."""
    return [*person.written.finetune, *person.written.evaluation]


def _mark(picture: Picture) -> int | None:
    """Return an image's perceptual hash; `None` if it was withheld or does not open."""
    try:
        return picture.seen() if picture.data else None
    except UNREADABLE:
        return None


def _bare(text: str) -> str:
    """Return a text's words in lower case, without what is neither letter nor digit."""
    runs = groupby(plain(text), key=lambda letter: letter.isalnum() or letter in "'\u2019")
    return " ".join("".join(run).replace("\u2019", "'") for is_word, run in runs if is_word)
