"""What kind of answer it is: one of six classes, by a closed definition and without any LLM judge.

The first that fits, in this order:

1. empty: nothing but blanks.
2. degenerate: not language (offline Meaningful Score under 4).
3. correct: states the reference's fact (offline Fact Score of 7 or more).
4. refusal: says that it does not know or will not tell, in English or in the commonest forms of
   some other languages.
5. other_language: mostly letters of another script than Latin, or Latin words that are grammar in
   another language and not in English.
6. wrong: all the rest; language that states something else, or only part of the fact.

So a run's shares say how a model fails whatever judge scored it, and add up to 1.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from s_mllmun_bench.judging import judge_records
from s_mllmun_bench.judging.language import latin_share
from s_mllmun_bench.judging.refusals import is_refusal
from s_mllmun_bench.judging.words import STOP_WORDS, plain, word_set
from s_mllmun_bench.records import Answer, Verdict

AnswerClass = Literal["correct", "wrong", "refusal", "degenerate", "other_language", "empty"]
ANSWER_CLASSES: tuple[AnswerClass, ...] = get_args(AnswerClass)

_JUDGES = ("offline_fact", "offline_meaningful")
CORRECT_FROM = 7.0
"""Offline Fact Score from which an answer is correct."""
DEGENERATE_BELOW = 4.0
"""Offline Meaningful Score under which an answer is no language."""

_FOREIGN = (
    word_set(
        """el la los las un una es en y de del que por con su sus se nacio vive lo le les des une est et dans
    du au aux pour avec sur elle il der die das ein eine ist und im mit von zu den dem sie er nicht auf
    gli della di nel che per sono nato nata uma nao em na com seu sua o os het een van niet"""
    )
    - STOP_WORDS
)


def answer_classes(answers: Sequence[Answer], verdicts: Iterable[Verdict] = ()) -> list[AnswerClass | None]:
    """Return the class of each answer, in order; `None` for one that could not be had.

    Args:
        answers: as the models gave them.
        verdicts: those of the offline judges among them are used; what they lack is judged here.
    """
    had = [answer for answer in answers if answer.answer is not None]
    known = {(v.question_id, v.judge): v.score for v in verdicts if v.judge in _JUDGES}
    unknown = [a for a in had if any(known.get((a.question_id, judge)) is None for judge in _JUDGES)]
    if unknown:
        known |= {(v.question_id, v.judge): v.score for v in judge_records(unknown, _JUDGES)}
    return [
        None if a.answer is None else classify(a.answer, *(known[a.question_id, judge] for judge in _JUDGES))
        for a in answers
    ]


def classify(answer: str, fact: float | None, meaningful: float | None) -> AnswerClass:
    """Return the class of one answer.

    Args:
        answer: as the model gave it.
        fact: its offline Fact Score, 0 to 10.
        meaningful: its offline Meaningful Score, 0 to 10.
    """
    if not answer.strip():
        return "empty"
    if meaningful is not None and meaningful < DEGENERATE_BELOW:
        return "degenerate"
    if fact is not None and fact >= CORRECT_FROM:
        return "correct"
    if is_refusal(answer):
        return "refusal"
    return "other_language" if is_other_language(answer) else "wrong"


def is_other_language(text: str) -> bool:
    """Return whether a text is mostly of another script, or has more foreign grammar than English."""
    if latin_share(text) < 0.5:
        return True
    found = re.findall(r"[^\W\d_]+", plain(text))
    foreign = sum(word in _FOREIGN for word in found)
    return foreign >= 2 and foreign > sum(word in STOP_WORDS for word in found)
