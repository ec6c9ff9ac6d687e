"""A text as plain words, each with whether it is negated.

Every offline comparison starts here, so that question, reference and answer are read by one rule:
no case, no accents, no markup, one spelling, light stems; and "not in Lviv" is not read as "in Lviv".
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from s_mllmun_bench.judging.negation import negated_spans
from s_mllmun_bench.judging.untrusted import visible

_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
    }
    | {
        "\u201d": '"',
        "\u00bd": ".5",
        "\u2032": "'",
        "\u2033": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
    }
)
_MARKUP = re.compile(r"\*+|`+|(?<!\w)_+|_+(?!\w)")
_SPELLINGS = (
    ("haem", "hem"),
    ("oedema", "edema"),
    ("colour", "color"),
    ("grey", "gray"),
    ("mustache", "moustache"),
    ("blonde", "blond"),
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[.,;:!?]")


def word_set(text: str) -> frozenset[str]:
    """Return a written list of words as a set."""
    return frozenset(text.split())


STOP_WORDS = word_set(
    """a about above according all also am an and another any are as at based be because been being both
    but by can could did do does doing each either for from further had has have having he her here hers
    herself him himself his how i if in into is it its itself just may me might more most my myself no
    nor not of off on once one only or other our out over own per quite really same still shall she should so
    some such than that the their theirs them then there these they this those through to too under up
    upon us very was we were what when where which while who whom whose why will with without would yes
    you your person people individual individuals someone wear wears wearing wore worn see seen show
    shows showing shown appear appears appearing look looks looking picture photo portrait image called
    known named name answer tell describe say says said please give given every each often
    always usually sometimes much many lot lots"""
)
"""Words that carry no fact: grammar, and what questions about a person or a picture are made of."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text."""

    stem: str
    negated: bool
    stop: bool
    """It carries no fact (see `STOP_WORDS`)."""


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """Return the text in lower case, without accents, with one form of each quote, dash and spelling."""
    bare = visible(text).casefold()
    if not bare.isascii():
        decomposed = unicodedata.normalize("NFKD", bare.translate(_LETTERS))
        bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark)).translate(_LETTERS)
    for other, ours in _SPELLINGS:
        bare = bare.replace(other, ours)
    return _MARKUP.sub("", bare)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return a word without its commonest endings, so that "collects" and "collecting" are one."""
    if word.endswith("'s"):
        word = word[:-2]
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith(("ss", "us", "is")):
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


@lru_cache(maxsize=65_536)
def affirmed(text: str) -> str:
    """Return the plain text without what it negates: what the text does claim."""
    bare = plain(text)
    spans = negated_spans(bare)
    starts, ends = [0, *(end for _, end in spans)], [*(start for start, _ in spans), len(bare)]
    return " ".join(bare[start:end] for start, end in zip(starts, ends, strict=True))


def _covered(position: int, spans: list[tuple[int, int]]) -> bool:
    """Return whether a position is in one of some ordered stretches that do not overlap."""
    before = bisect_right(spans, position, key=lambda span: span[0])
    return before > 0 and position < spans[before - 1][1]


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[Word, ...]:
    """Return the stems of a text in order, without punctuation, each with whether it is negated."""
    bare = plain(text)
    spans = negated_spans(bare)
    return tuple(
        Word(
            stem(found.group()),
            negated=_covered(found.start(), spans),
            stop=found.group() in STOP_WORDS,
        )
        for found in _TOKEN.finditer(bare)
        if found.group()[0] not in ".,;:!?"
    )


def stem_set(text: str) -> frozenset[str]:
    """Return the stems of a written list of words as a set."""
    return frozenset(stem(word) for word in text.split())


@lru_cache(maxsize=65_536)
def content(text: str) -> list[Word]:
    """Return a text's words that can carry a fact, each once, in order."""
    return list(dict.fromkeys(word for word in words(text) if not word.stop))


@lru_cache(maxsize=65_536)
def stems(text: str) -> frozenset[str]:
    """Return the stems of all words of a text, negated or not."""
    return frozenset(word.stem for word in words(text))
