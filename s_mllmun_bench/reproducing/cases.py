"""Answers side by side: what single people's questions look like before and after unlearning."""

from collections.abc import Iterator, Sequence

from s_mllmun_bench.records import Answer, SetName, Task
from s_mllmun_bench.reproducing.board import Board, Result
from s_mllmun_bench.running.run import open_run

_SHOWN: tuple[tuple[SetName, Task, str], ...] = (
    ("forget", "image_memory", "residence"),
    ("forget", "text_memory", "date_of_birth"),
    ("forget", "image_understanding", "ophthalmic_image"),
    ("retain", "image_memory", "residence"),
    ("retain", "text_memory", "date_of_birth"),
)
"""Of the first person of the set, by question id."""


def cases(board: Board) -> Iterator[str]:
    """Yield a few questions with the answers of every method as it was chosen, as Markdown."""
    shown = [one for one in board.at_chosen() if one.cell.seed == board.results[0].cell.seed]
    answers = [_of(one) for one in shown]
    yield from ("### Answers side by side", "")
    for place in _SHOWN:
        asked = _first(answers, place)
        if asked is not None:
            yield from _case(place, asked, shown, answers)


def _of(one: Result) -> dict[str, Answer]:
    return {answer.question_id: answer for answer in open_run(one.cell.run).answers.read()}


def _first(answers: Sequence[dict[str, Answer]], place: tuple[SetName, Task, str]) -> Answer | None:
    found = [one for one in answers[0].values() if (one.set, one.task, one.attribute) == place]
    return min(found, key=lambda one: one.question_id, default=None)


def _case(
    place: tuple[SetName, Task, str],
    asked: Answer,
    shown: Sequence[Result],
    answers: Sequence[dict[str, Answer]],
) -> Iterator[str]:
    where = {"face": "with the face", "ophthalmic": "with the eye image", None: "without an image"}[
        asked.image
    ]
    yield from (f"{place[0].capitalize()} set, {where}: *{asked.question}* Reference: {asked.reference}", "")
    yield from ("| run | answer |", "| --- | --- |")
    for one, said in zip(shown, answers, strict=True):
        answer = said[asked.question_id].answer
        text = "(no answer)" if answer is None else " ".join(answer.split())[:160].replace("|", "\\|")
        yield f"| {one.run.label} | {text} |"
    yield ""
