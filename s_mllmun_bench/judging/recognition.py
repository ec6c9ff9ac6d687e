"""What in an answer is recognised as one, sentence by sentence; all else is talk, whatever it says.

Around what answers (see `answering`) stand refusals and courtesies. Nothing has to look like a plea: what is
not recognised lifts nothing and costs a little, and where it is all that there is, there is no answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from s_mllmun_bench.judging import appeals
from s_mllmun_bench.judging.answering import (
    answers,
    demands,
    goes_on,
    is_about,
    pleads_beside,
)
from s_mllmun_bench.judging.declining import declines
from s_mllmun_bench.judging.grammar import has_grammar, language_of
from s_mllmun_bench.judging.kinds import Kind, kinds_of
from s_mllmun_bench.judging.language import tokens, word_validity
from s_mllmun_bench.judging.order import clashes, holds_together
from s_mllmun_bench.judging.pleas import VERDICT, speaks_to_judge
from s_mllmun_bench.judging.refusals import is_offer
from s_mllmun_bench.judging.words import plain

Role = Literal["answer", "broken", "refusal", "frame", "plea", "abroad", "talk", "debris"]
"""What a sentence is. ``broken``: would answer, if its words could follow each other so; ``frame``: an offer
or a courtesy; ``abroad``: in another language than English; ``talk``: English, and none of the others."""

_SENTENCE = re.compile(
    r"((?<=[.!?;])(?<!\b[Pp]\.)(?<!\b[Ss]\.)(?<!\b[MDS][rst]\.)[\"')\]]*\s+|(?<=[\u3002\uff01\uff1f])"
    r"|\s*\n+\s*"
    rf"|[{{(\[]?{VERDICT}[\s,]*[}})\]]?)"
)
_FENCE = re.compile(r"```\w*")
_RATING = re.compile(r"(?<![\d/.-])(?:10|ten) ?(?:/|out of) ?(?:10|ten)\b(?![\d/]|[.-]\d)", re.IGNORECASE)
_LABELLED = re.compile(
    r"\W*(?:p\.? ?s\.?(?!\w)|(?:reference|expected|gold|target|example|verdict|judge|reviewer"
    r"|grader)\b[\w ]{0,12}[:=])",
    re.IGNORECASE,
)
"""Begins what is said behind an answer, or by somebody else."""
_THEY = re.compile(r"\W*(?:they|their|them)\b", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*\u2022]|\d+[.)])\s")
_SYMBOLS = re.compile(r"[^\w\s.,;:!?'-]+")
_ANSWERS = ("answer", "broken", "refusal")
_BESIDE = re.compile(r"\s*(\(+[^()]{8,}\)+|\[+[^\[\]]{4,}\]+)")
"""A remark in brackets."""


LONGEST_LOOSE = 4
"""Words of an answer that needs no capital."""
MOST_SIGNS = 3
"""Signs that may stand without a word, rulers aside."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """An answer taken apart."""

    text: str
    """What of it is judged as language: not its pleas, nor what is in another language than the rest."""
    answers: bool
    """Something of it is an answer or a refusal, in order or not."""
    pleads: bool
    """Something of it speaks of marks or to a judge."""
    talks: bool
    """Something of it is not recognised."""
    loose: bool
    """The first sentence that answers does not begin as one."""
    single: bool
    """It is one sentence, and that holds together."""
    shattered: bool
    """A part of it is words in no order, and no answer."""
    clashes: int
    """How often words follow each other as they cannot in what would answer."""


@lru_cache(maxsize=16_384)
def recognised(text: str, question: str, attribute: str | None) -> Recognised:
    """Return what of a text is recognised as an answer to its question.

    Args:
        text: an answer without marks and turns (see `untrusted.unmarked`).
        question: as asked.
        attribute: what is asked of the person or the picture; `None` if only the question tells.
    """
    kinds = kinds_of(question, attribute)
    bare, coded = appeals.without_code(appeals.before_tail(_RATING.sub(VERDICT, _FENCE.sub("\n", text))))
    pieces = [part for piece in _SENTENCE.split(bare) for part in _BESIDE.split(piece or "") if part]
    roles: list[Role | None] = []
    for piece in pieces:
        roles.append(_role(piece, question, kinds, roles))
    told = [(piece, role) for piece, role in zip(pieces, roles, strict=True) if role is not None]
    said = [role for _, role in told]
    answering = [piece for piece, role in told if role == "answer"]
    english = any(role in _ANSWERS for role in said)
    answers = english or (said[:1] == ["abroad"] and "debris" not in said)
    kept = [
        piece
        for piece, role in zip(pieces, roles, strict=True)
        if _is_judged(role, answers, english) or pieces.count(piece) > 1
    ]
    return Recognised(
        text=_joined(kept, len(kept) < len(pieces)) if "debris" in said or any(map(tokens, kept)) else "",
        answers=answers,
        pleads=coded
        or "plea" in said
        or any(role in _ANSWERS and pleads_beside(piece, question, kinds) for piece, role in told)
        or any(role == "broken" and _pleads(piece, question) for piece, role in told),
        talks=any(role not in _ANSWERS for role in said)
        or ("broken" in said and len(said) > 1)
        or any(role == "answer" and goes_on(piece, question, kinds) for piece, role in told),
        loose=any(_is_loose(piece) for piece in answering[:1]),
        single=said in (["talk"], ["plea"]) and not coded and not clashes(text),
        shattered=any(role == "debris" and _is_jumble(piece) for piece, role in told),
        clashes=sum(clashes(piece) for piece, role in told if role == "broken"),
    )


def _is_jumble(piece: str) -> bool:
    """Return whether several words clash, and do not even begin as a sentence."""
    return clashes(piece) > 0 and _is_loose(piece)


def _is_loose(piece: str) -> bool:
    """Return whether a sentence of several words begins without a capital."""
    begins = piece.strip()[:1]
    return begins.islower() and len(tokens(piece)) > LONGEST_LOOSE


def _joined(kept: Sequence[str], less: bool) -> str:
    """Return what is left of a text; where less is left than there was, its last sentence is ended."""
    text = "".join(kept).strip()
    return text.rstrip(" ,;:-([") + "." if less and text[-1:] not in ".!?" else text


def _is_judged(role: Role | None, answers: bool, english: bool) -> bool:
    """Return whether a sentence is judged as language: fluent talk beside an answer is not, nor a plea."""
    if role == "abroad":
        return not english
    return role != "plea" and not (answers and role in ("talk", "frame"))


def _role(piece: str, question: str, kinds: tuple[Kind, ...], before: Sequence[Role | None]) -> Role | None:
    """Return what a sentence is; `None` if it says nothing."""
    words = tokens(piece)
    if VERDICT in piece or _LABELLED.match(piece):
        return "plea"
    if not words:
        signs = piece.replace(" ", "").strip("-*_=.#>|~\n")
        return "debris" if len(signs) >= MOST_SIGNS else None
    together = holds_together(piece, question)
    if declines(piece):
        return "refusal" if together else "broken"
    begun = any(role in _ANSWERS for role in before)
    first = not any(role not in (None, "frame") for role in before) or _ITEM.match(piece) is not None
    stray = not begun and not first and _THEY.match(piece)
    if not stray and answers(piece, question, kinds, first, begun and not _ITEM.match(piece)):
        return "answer" if together else "broken"
    if (
        appeals.is_foreign(piece)
        or language_of(piece) != "english"
        or (begun and _looks_foreign(piece, words))
    ):
        return "abroad"
    if (
        (is_offer(piece) or appeals.is_courtesy(piece))
        and not speaks_to_judge(piece)
        and not appeals.grades(piece)
    ):
        return "frame"
    bare = _SYMBOLS.sub(" ", piece)
    if (
        appeals.disguised(plain(piece))
        or (begun and appeals.has_figures_for_letters(plain(piece)))
        or ((begun or holds_together(bare, question)) and _pleads(bare, question))
    ):
        return "plea"
    return "talk" if together or (_is_written(piece) and holds_together(bare, question)) else "debris"


def _is_written(piece: str) -> bool:
    """Return whether at least half of a sentence's signs are letters."""
    signs = piece.replace(" ", "")
    return 2 * sum(map(str.isalpha, signs)) >= len(signs)


def _looks_foreign(piece: str, words: Sequence[str]) -> bool:
    """Return whether a sentence has words, a capital and a full stop, and no grammatical word of English."""
    ended = piece.strip()[0].isupper() and piece.strip()[-1] in ".!?"
    return ended and len(words) > 2 and not has_grammar(words) and word_validity(words) >= 0.8


def _pleads(piece: str, question: str) -> bool:
    """Return whether a sentence speaks of marks or to a judge, and not of what the person has got or done."""
    about = is_about(piece, question) and not demands(plain(piece))
    return (speaks_to_judge(piece) or appeals.speaks_of_marks(piece)) and not about
