"""What a dataset must be before it is written; a build that fails an audit writes nothing.

Each audit is a function from the world to the problems it found, one sentence each, so that the same
audits can be asked of a dataset that is read back.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import ATTRIBUTES, ImageKind, QuestionRow

Audit = Callable[[World], list[str]]

UNDERSTANDING: dict[ImageKind | None, int] = {"face": 4, "ophthalmic": 1}
"""Understanding questions per person, by the image that is shown."""
MEMORY = {
    "text_memory": frozenset(ATTRIBUTES) - {"name"},
    "image_memory": frozenset(ATTRIBUTES) - {"gender"},
}
"""Attributes that evaluation asks for once: not the name by name, not the gender that the face shows."""
SHOWN: dict[str, tuple[ImageKind | None, ...]] = {
    "text_memory": (None,),
    "image_memory": ("face",),
    "image_understanding": ("face", "ophthalmic"),
}
"""Images that a question of a task may show."""


def require_sound(world: World) -> None:
    """Run every audit.

    Raises:
        BenchError: one found a problem; the text has the first and the number of others.
    """
    problems = [problem for audit in AUDITS for problem in audit(world)]
    if problems:
        others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BenchError(f"the dataset fails its audit and was not written: {problems[0]}{others}")


def names_are_unique(world: World) -> list[str]:
    """A name asks for one person."""
    return _repeated("the name", ((_plain(p.written.profile.name), p.id) for p in world.people))


def images_are_unique(world: World) -> list[str]:
    """An image shows one person."""
    pictures = [(picture.digest, p.id) for p in world.people for picture in (p.face, p.ophthalmic)]
    return _repeated("the image with SHA-256", pictures)


def ids_are_unique(world: World) -> list[str]:
    """A question's id stands for one question of one table."""
    rows = ((row.id, p.id) for p in world.people for row in _asked(p))
    return _repeated("the question id", rows)


def refusals_are_distinct(world: World) -> list[str]:
    """A refusal occurs once."""
    return _repeated("the refusal", ((_plain(text), "refusals") for text in world.refusals))


def images_fit_tasks(world: World) -> list[str]:
    """Text memory shows nothing, image memory the face."""
    return [
        f"question {row.id} is {row.task} and shows {row.image or 'no image'}"
        for person in world.people
        for row in _asked(person)
        if row.image not in SHOWN[row.task]
    ]


def names_stand_where_they_ask(world: World) -> list[str]:
    """Text memory asks by name; with an image the picture asks, and a name would give it away."""
    return [
        f"question {row.id} is {row.task} and {'holds' if row.image else 'lacks'} the person's name"
        for person in world.people
        for row in _asked(person)
        if (row.image is None) != (person.written.profile.name in row.question)
    ]


def evaluation_is_complete(world: World) -> list[str]:
    """Everybody is asked 10 text memory, 10 image memory and 5 understanding questions."""
    return [problem for person in world.people for problem in _evaluation_problems(person)]


def finetuning_teaches_what_is_asked(world: World) -> list[str]:
    """Whatever memory evaluation asks for was taught by the same view."""
    problems = []
    for person in world.people:
        taught = {(row.task, row.attribute) for row in person.written.finetune}
        missing = [
            f"{row.attribute} ({row.task})"
            for row in _memory(person)
            if (row.task, row.attribute) not in taught
        ]
        if missing:
            problems.append(f"{person.id} is asked for {missing[0]}, which fine-tuning does not teach")
    return problems


def unlearning_is_the_private_part(world: World) -> list[str]:
    """An unlearning method gets the fixed-format private questions, all of them and nothing else."""
    return [
        f"the unlearning questions of {person.id} are not the private part of the fine-tuning ones"
        for person in world.people
        if person.written.unlearn
        != [row for row in person.written.finetune if row.task != "image_understanding"]
    ]


def evaluation_is_newly_worded(world: World) -> list[str]:
    """No evaluation question is a template, whoever's name stands in it."""
    templates = {_template(row, person) for person in world.people for row in person.written.finetune}
    return [
        f"evaluation question {row.id} is worded as in fine-tuning: {row.question}"
        for person in world.people
        for row in person.written.evaluation
        if _template(row, person) in templates
    ]


AUDITS: tuple[Audit, ...] = (
    names_are_unique,
    images_are_unique,
    ids_are_unique,
    refusals_are_distinct,
    images_fit_tasks,
    names_stand_where_they_ask,
    evaluation_is_complete,
    finetuning_teaches_what_is_asked,
    unlearning_is_the_private_part,
    evaluation_is_newly_worded,
)


def _asked(person: Person) -> list[QuestionRow]:
    """Return the questions with ids of their own; the unlearning ones are a part of the fine-tuning ones."""
    return [*person.written.finetune, *person.written.evaluation]


def _memory(person: Person) -> list[QuestionRow]:
    return [row for row in person.written.evaluation if row.task != "image_understanding"]


def _evaluation_problems(person: Person) -> list[str]:
    problems = []
    for task, wanted in MEMORY.items():
        asked = [row.attribute for row in person.written.evaluation if row.task == task]
        if sorted(asked) != sorted(wanted):
            problems.append(
                f"{person.id} has {len(asked)} {task} questions, not one for each of {len(wanted)} attributes"
            )
    shown = Counter(row.image for row in person.written.evaluation if row.task == "image_understanding")
    if dict(shown) != UNDERSTANDING:
        face, eye = shown["face"], shown["ophthalmic"]
        problems.append(
            f"{person.id} has {face} face and {eye} ophthalmic understanding questions, not 4 and 1"
        )
    return problems


def _repeated(what: str, entries: Iterable[tuple[Hashable, str]]) -> list[str]:
    """Return a problem for each key that occurs more than once.

    Args:
        what: what the keys are called.
        entries: each key with the person it belongs to.
    """
    owners: dict[Hashable, list[str]] = {}
    for key, owner in entries:
        owners.setdefault(key, []).append(owner)
    return [
        f"{what} {key!r} occurs {len(of)} times ({_listed(of)})" for key, of in owners.items() if len(of) > 1
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(set(names))[:3])


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _template(row: QuestionRow, person: Person) -> str:
    return _plain(row.question.replace(person.written.profile.name, "{name}"))
