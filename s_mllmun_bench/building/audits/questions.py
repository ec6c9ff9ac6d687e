"""Audits of which questions there are: complete, with the right image, taught before they are asked."""

from collections import Counter

from s_mllmun_bench.building.audits.finding import Finding
from s_mllmun_bench.building.audits.uniqueness import asked
from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.data.layout import TABLE_GROUPS, Table
from s_mllmun_bench.records import ATTRIBUTES, ImageKind, QuestionRow

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


def images_fit_tasks(world: World) -> Finding:
    """Text memory shows nothing, image memory the face."""
    rows = [row for person in world.people for row in asked(person)]
    problems = [
        f"question {row.id} is {row.task} and shows {row.image or 'no image'}"
        for row in rows
        if row.image not in SHOWN[row.task]
    ]
    return Finding(len(rows), problems)


def names_stand_where_they_ask(world: World) -> Finding:
    """Text memory asks by name; with an image the picture asks, and a name would give it away."""
    rows = [(row, person.written.profile.name) for person in world.people for row in asked(person)]
    problems = [
        f"question {row.id} is {row.task} and {'holds' if row.image else 'lacks'} the person's name"
        for row, name in rows
        if (row.image is None) != (name in row.question)
    ]
    return Finding(len(rows), problems)


def evaluation_is_complete(world: World) -> Finding:
    """Everybody is asked 10 text memory, 10 image memory and 5 understanding questions."""
    problems = [problem for person in world.people for problem in _evaluation_problems(person)]
    return Finding(len(world.people), problems)


def finetuning_teaches_what_is_asked(world: World) -> Finding:
    """Whatever memory evaluation asks for was taught by the same view."""
    learnt = _stored_in("finetune", world)
    problems = []
    for person in learnt:
        taught = {(row.task, row.attribute) for row in person.written.finetune}
        missing = [
            f"{row.attribute} ({row.task})"
            for row in memory(person)
            if (row.task, row.attribute) not in taught
        ]
        if missing:
            problems.append(f"{person.id} is asked for {missing[0]}, which fine-tuning does not teach")
    return Finding(len(learnt), problems)


def unlearning_is_the_private_part(world: World) -> Finding:
    """An unlearning method gets the fixed-format private questions, all of them and nothing else."""
    given = _stored_in("unlearn", world)
    problems = [
        f"the unlearning questions of {person.id} are not the private part of the fine-tuning ones"
        for person in given
        if person.written.unlearn
        != [row for row in person.written.finetune if row.task != "image_understanding"]
    ]
    return Finding(len(given), problems)


def memory(person: Person) -> list[QuestionRow]:
    """Return the evaluation's questions on what must be remembered, or forgotten."""
    return [row for row in person.written.evaluation if row.task != "image_understanding"]


def _stored_in(table: Table, world: World) -> list[Person]:
    return [person for person in world.people if person.group in TABLE_GROUPS[table]]


def _evaluation_problems(person: Person) -> list[str]:
    problems = []
    for task, wanted in MEMORY.items():
        given = [row.attribute for row in person.written.evaluation if row.task == task]
        if sorted(given) != sorted(wanted):
            problems.append(
                f"{person.id} has {len(given)} {task} questions, not one for each of {len(wanted)} attributes"
            )
    shown = Counter(row.image for row in person.written.evaluation if row.task == "image_understanding")
    if dict(shown) != UNDERSTANDING:
        face, eye = shown["face"], shown["ophthalmic"]
        problems.append(
            f"{person.id} has {face} face and {eye} ophthalmic understanding questions, not 4 and 1"
        )
    return problems
