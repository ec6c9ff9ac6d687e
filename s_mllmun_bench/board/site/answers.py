"""A submission's answers beside those of the board's references, as the browser of answers reads them.

A page holds some of them, half of these of the forget set at least where there are as many; the bundle holds
all. A text is cut where it would make a page that nobody can open.
"""

from collections.abc import Sequence

from s_mllmun_bench.board.entries import Entry
from s_mllmun_bench.records import Answer
from s_mllmun_bench.reporting.page.answers import Answered, answer_data, asked_questions, spread
from s_mllmun_bench.reporting.page.markup import Markup, json_text, packed

MOST = 2000
"""Questions whose answers are in a page, if nobody says how many."""
_LONGEST = 2000
"""Characters of a text."""


def shown_questions(entry: Entry, most: int | None) -> list[Answer]:
    """Return the questions of a bundle whose answers are shown, by set, person and id.

    Args:
        entry: the bundle.
        most: how many, >= 0; `None` for all.
    """
    asked = asked_questions(entry.bundle.contents.answers)
    if most is None or len(asked) <= most:
        return asked
    forget = [one for one in asked if one.set == "forget"]
    others = [one for one in asked if one.set != "forget"]
    forget = spread(forget, max(most - len(others), most - most // 2))
    return forget + spread(others, most - len(forget))


def carried_answers(entry: Entry, beside: Sequence[Entry], questions: Sequence[Answer]) -> dict[str, Markup]:
    """Return what the page carries for its script: answers, and no images.

    Args:
        entry: the submission.
        beside: the references of its board.
        questions: those to show.
    """
    data = answer_data(map(_answered, (entry, *beside)), questions, {}, _LONGEST)
    return {"pictures": json_text([]), "data": packed(data)}


def _answered(entry: Entry) -> Answered:
    contents = entry.bundle.contents
    return Answered(
        label=entry.bundle.submission.name,
        given={one.question_id: one for one in contents.answers},
        scored=entry.scored,
        verdicts=contents.verdicts,
    )
