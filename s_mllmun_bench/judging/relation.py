"""Does an answer fit its question, right or wrong? By the kind of thing that is asked, and by its subject.

Only what plainly does not fit is told: a colour where yes or no is asked, the question given back, a
sentence that speaks neither of the person nor of anything that was asked.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from s_mllmun_bench.judging.choices import family_of, read_family
from s_mllmun_bench.judging.language import tokens
from s_mllmun_bench.judging.lexicon import canonical
from s_mllmun_bench.judging.terms import FINDINGS, TRADES
from s_mllmun_bench.judging.vocabulary import ENGLISH, NUMBERS
from s_mllmun_bench.judging.words import content, plain, stem, stem_set, stems, word_set

_ASKED = (
    ("count", re.compile(r"\bhow many\b|\bcount\b|\bnumber of\b")),
    ("color", re.compile(r"\bcolou?r|\bskin tone\b|\bcomplexion\b")),
    ("date", re.compile(r"^when\b|\bdate\b|\bbirthday\b|\bwhich day\b|\bthe day\b")),
    (
        "height",
        re.compile(r"\bhow (?:tall|high)\b|\bheight\b|\bstature\b|\bfeet and inches\b|\bhead to toe\b"),
    ),
    (
        "money",
        re.compile(r"\bearn|\bsalary\b|\bincome\b|\bpaid\b|\bpay\b|\bmake annually\b|\bsum\b|\bhow much\b"),
    ),
    (
        "thing",
        re.compile(r"^(?:who|where|which|what|whose|from where|in (?:what|which)|at which|as what|how)\b"),
    ),
)
_WHETHER = re.compile(r"^(?:is|are|was|were|does|do|did|has|have|can|could|would)\b(?!.*\bor\b)")
_OPEN = re.compile(
    r"\b(?:fun|facts?|hobb(?:y|ies)|pastimes?|pleasures|like to|enjoys?|loves?|amusing|friends|talents?"
    r"|known for)\b"
)
"""Questions to which nearly anything may be an answer."""
_DESCRIBES = re.compile(
    r"\b(?:descri\w+|what (?:can|does|did|do)\b.* (?:seen?|show|shows|shown)|findings?)\b"
)
_POLAR = word_set("yes no yeah nope true false none neither")
_WEEKDAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
_BEFORE_NUMBERS = word_set("in on at about around roughly approximately nearly circa only exactly")
_UNITS = word_set(
    """kilometres kilometers miles metres meters centimetres centimeters inches feet foot kilos kilograms
    pounds grams litres liters hours minutes seconds days weeks months years degrees percent dollars euros"""
)
_OF_WORK = re.compile(r"\b(?:living|work|job|trade|profession|occupation|employ\w*|career)\b")
_SOUNDS_LIKE_TRADE = re.compile(r"\w{3}(?:er|or|ist|ian|man|woman|wright|smith|maker|ant)$")
_SAY = {
    "count": NUMBERS,
    "date": word_set("day month year century decade spring summer autumn winter"),
    "height": word_set("feet foot inches metres meters centimetres centimeters"),
    "money": word_set("dollars euros pounds hundred thousand thousands million figures"),
}
"""Words that state a number of what is asked."""
_SIZES = word_set(
    """tall short average medium high low big small large huge tiny normal giant enough plenty little much
    nothing minimum median unemployed unpaid rich poor zero ten twenty thirty forty fifty sixty seventy eighty
    ninety hundred thousands millions
    unknown confidential classified private undisclosed unclear unspecified"""
)
"""Words that answer how tall or how much without a number."""
_FITS = {
    "whether": {"polar", "other"},
    "count": {"number", "other"},
    "color": {"color", "other"},
    "date": {"number", "other", "quantity"},
    "height": {"number", "other", "quantity"},
    "money": {"number", "other", "quantity"},
    "thing": {"other"},
}
_OF_A_PERSON = word_set(
    """he she they his her hers their theirs him them person individual man woman lady gentleman boy girl
    subject
    image picture photo photograph portrait face eye eyes it this that these those there record profile file
    name"""
)
_POINTING = word_set("this that these those")
_IN = word_set("of in on at for to from with by near")
_EQUATES = re.compile(r"\b(?:is|are|was|were|lies?|equals?|consists?)\b")
_BEGINS = word_set(
    """born lives works studied earns measures named enjoys loves likes known attended graduated resides makes
    plays looks seems appears cannot can't wherever when where back if after before as in at on somewhere
    there between about approximately around roughly near from because since probably perhaps maybe
    likely possibly either both yes no none possible differential"""
)
_VERBS = word_set(
    """born lives works studied earns measures named enjoys loves likes attended graduated resides makes plays
    is was has collects wears"""
)
"""Verbs that a terse answer begins with."""
_WEAK = stem_set(
    """first last day time light year kind way hold carry present note record life spend party free now today
    currently"""
)
"""Stems of questions that say nothing of what is asked."""
_MONTHS = (
    word_set("""january february march april may june july august september october november december""")
    | _WEEKDAYS
)


@lru_cache(maxsize=65_536)
def asked_kind(question: str) -> str | None:
    """Return what kind of thing a question asks for; `None` if it cannot be told."""
    bare = plain(question).strip()
    if _WHETHER.search(bare):
        return "whether"
    return next((kind for kind, form in _ASKED if form.search(bare)), None)


def fits_kind(answer: str, question: str) -> bool:
    """Return whether a bare answer is of the kind that was asked; any longer one is."""
    kind = asked_kind(question)
    words = [word.lower() for word in tokens(answer)]
    if kind is None or not 0 < len(words) <= 2:
        return True
    given = _kind_of(words)
    if given == "color" and re.search(
        r"\bcolou?r|\bhat\b|\bwear|\bhair|\bskin|\bbehind\b|\bclothes", plain(question)
    ):
        return True
    if given == "other" and kind in ("height", "money") and len(words) == 1:
        return not answer.isascii() or bool(re.search(r"\d", answer)) or words[0] in _SIZES
    return given in _FITS[kind] or (given == "polar" and kind == "count" and words[0] in ("none", "no"))


def _kind_of(words: list[str]) -> str:
    words = words[1:] if len(words) == 2 and words[0] in _BEFORE_NUMBERS else words
    if words[0] in _POLAR and len(words) == 1:
        return "polar"
    if words[-1] in _UNITS and (words[0] in NUMBERS or words[0].isdigit()):
        return "quantity"
    if all(word in NUMBERS or word.isdigit() for word in words):
        return "number"
    if any(word in _WEEKDAYS for word in words):
        return "weekday"
    if len(words) == 1 and family_of(words[0], "color") == "color":
        return "color"
    return "other"


@lru_cache(maxsize=4096)
def is_open(question: str) -> bool:
    """Return whether nearly anything may be said to a question: it asks for a description or a pastime."""
    return _OPEN.search(plain(question)) is not None or _DESCRIBES.search(plain(question)) is not None


def gives_question_back(answer: str, question: str) -> bool:
    """Return whether an answer is nothing but its question, whole or a part of it."""
    said, asked = plain(answer).strip(" .?!\"'"), plain(question).strip(" .?!\"'")
    return len(said.split()) >= 4 and (said in asked or said == asked)


def jumbles_question(answer: str, question: str) -> bool:
    """Return whether an answer is the question's own words in no order."""
    said, asked = [word.lower() for word in tokens(answer)], [word.lower() for word in tokens(question)]
    if len(said) < 5 or sum(word in asked for word in said) < 0.8 * len(said):
        return False
    pairs = set(pairwise(asked))
    return sum(pair in pairs for pair in pairwise(said)) < 0.4 * (len(said) - 1)


def is_related(answer: str, question: str) -> bool:
    """Return whether a sentence speaks of the person, of what was asked, or holds a value of its kind.

    Short answers and questions without words of their own are taken as related.
    """
    words = tokens(answer)
    lower = [word.lower() for word in words]
    if len(words) < 6 or not (content(question) or lower[0] in ("a", "an", "the")):
        return True
    if _OPEN.search(plain(question)) and (lower[0] != "the" or not _EQUATES.search(answer)):
        return True
    if (
        lower[0] in _BEGINS
        or "who" in lower[2:5]
        or speaks_of_person(words)
        or _names_trade(lower, question)
        or _names_person(lower[:8])
        or _shares(answer, question)
    ):
        return True
    inside = re.findall(r"(?<=[^\s.!?:] )[A-Z][\w'-]+", answer)
    if any(word.lower() not in _MONTHS and word != "I" and word.lower() not in ENGLISH for word in inside):
        return True
    return _has_value(answer, asked_kind(question))


_WHO = word_set("he she they his her hers their theirs him them himself herself themselves")
_SHOWN = word_set(
    """person individual man woman lady gentleman boy girl subject image picture photo photograph portrait
    face eye eyes scan fundus retina macula optic disc vessels angiogram tomography drusen lesion lesions
    hemorrhage hemorrhages edema nevus cataract cornea lens vein veins artery arteries hair hat glasses"""
)
_NOT_THEIRS = word_set("my your our")


def telling(asked: frozenset[str]) -> frozenset[str]:
    """Return the stems of a question that say what is asked."""
    return asked - _WEAK


def subject_is_person(words: Sequence[str], asked: frozenset[str]) -> bool:
    """Return whether a clause begins with the person, or with a verb that is said of one.

    Args:
        words: of the clause, as written.
        asked: stems of what the question names.
    """
    first = [word.lower() for word in words[:2]]
    return first[0] in _WHO | _VERBS or (words[0][0].isupper() and stem(first[0]) in asked)


def speaks_of_person(words: Sequence[str]) -> bool:
    """Return whether a clause names the person, or what a picture of one shows, and not "my eyes"."""
    lower = [word.lower() for word in words]
    return any(
        word in _WHO or (word in _SHOWN and before not in _NOT_THEIRS)
        for before, word in zip(["", *lower], lower, strict=False)
    )


def _names_person(words: list[str]) -> bool:
    """Return whether words name the person or the picture; "in that province" does not."""
    for place, word in enumerate(words):
        behind = words[place + 1] if place + 1 < len(words) else ""
        pointing = word in _POINTING and words[place - 1] in _IN and behind not in _OF_A_PERSON
        if word in _OF_A_PERSON and not (place and pointing):
            return True
    return False


def _shares(answer: str, question: str) -> bool:
    asked = {word.stem for word in content(question)} - _WEAK
    return bool(asked & stems(answer))


def _names_trade(words: list[str], question: str) -> bool:
    """Return whether a text begins with what sounds like a trade, if one is asked."""
    return _OF_WORK.search(plain(question)) is not None and any(map(_SOUNDS_LIKE_TRADE.search, words[:4]))


def _has_value(answer: str, kind: str | None) -> bool:
    """Return whether a text holds a value of a kind: a number, or a word of the tables."""
    bare = plain(answer)
    if kind in ("count", "date", "height", "money"):
        return bool(re.search(r"\d", bare) or set(re.findall("[a-z]+", bare)) & _SAY[kind])
    if kind == "color":
        return bool(read_family("color", bare))
    known = set(TRADES.by_words.values()) | set(FINDINGS.by_words.values())
    return kind in (None, "thing") and any(
        word in known for word in canonical(FINDINGS, canonical(TRADES, bare)).split()
    )
