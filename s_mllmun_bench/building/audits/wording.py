"""Audits of the evaluation's wording: new, and far from the templates that fine-tuning used.

A model that only learnt the template's words must not find them again, or the evaluation would measure
an echo. The person's name is one word in both texts, for a long name is no likeness.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from statistics import quantiles

from s_mllmun_bench.building.audits.finding import Finding, plain
from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.records import QuestionRow
from s_mllmun_bench.scoring.rouge import rouge_l

MOST_LIKE_TEMPLATE = 0.92
"""Highest ROUGE-L of an evaluation question with a template of its attribute, 0 to 1."""


def evaluation_is_newly_worded(world: World) -> Finding:
    """No evaluation question stands in a training table, whoever's name is in it."""
    templates = {wording(row, person) for person in world.people for row in person.written.finetune}
    rows = [(row, wording(row, person)) for person in world.people for row in person.written.evaluation]
    problems = [
        f"evaluation question {row.id} is worded as in fine-tuning: {row.question}"
        for row, worded in rows
        if worded in templates
    ]
    return Finding(len(rows), problems)


def evaluation_is_far_from_templates(world: World) -> Finding:
    """Every evaluation question differs from the templates of its attribute by some words at least."""
    measured = list(_likenesses(world))
    if len(measured) < 2:
        return Finding(0)
    problems = [
        f"evaluation question {row.id} is too like a template (ROUGE-L {like:.2f}, at most "
        f"{MOST_LIKE_TEMPLATE}): {row.question}"
        for row, like in measured
        if like > MOST_LIKE_TEMPLATE
    ]
    return Finding(len(measured), problems, _distribution([like for _, like in measured]))


def wording(row: QuestionRow, person: Person) -> str:
    """Return a question in lower case with a mark in place of the person's name."""
    return plain(row.question.replace(person.written.profile.name, "{name}"))


def _likenesses(world: World) -> Iterator[tuple[QuestionRow, float]]:
    """Yield each evaluation question that has templates, with its highest ROUGE-L against one of them."""
    templates: dict[str, set[str]] = defaultdict(set)
    for person in world.people:
        for row in person.written.finetune:
            templates[row.attribute].add(wording(row, person))
    for person in world.people:
        for row in person.written.evaluation:
            if of := templates.get(row.attribute):
                yield row, max(_likeness(wording(row, person), template) for template in of)


@lru_cache(maxsize=65_536)
def _likeness(question: str, template: str) -> float:
    return rouge_l(question, template)


def _distribution(likes: list[float]) -> str:
    """Return such as ``ROUGE-L: median 0.40, 90 % up to 0.63, highest 0.91``."""
    tenths = quantiles(likes, n=10, method="inclusive")
    return f"ROUGE-L: median {tenths[4]:.2f}, 90 % up to {tenths[8]:.2f}, highest {max(likes):.2f}"
