"""Closed choices: colours, tones, styles, genders, severities, and yes or no.

A family is a set of values of which exactly one is true, so naming two of them is naming two
candidates, and naming another is wrong. That is what free text cannot tell.
"""

import re
from functools import lru_cache
from typing import Literal

from s_mllmun_bench.judging.words import affirmed, content, negated_spans, plain, stem, words

Polarity = Literal["yes", "no", "both"]

_FAMILIES: dict[str, dict[str, str]] = {
    "gender": {
        "female": "female woman women girl lady feminine",
        "male": "male man men boy gentleman masculine",
    },
    "color": {
        "black": "black",
        "brown": "brown brunette chestnut",
        "blond": "blond golden",
        "red": "red ginger auburn crimson",
        "gray": "gray silver",
        "white": "white",
        "blue": "blue navy",
        "green": "green",
        "yellow": "yellow",
        "purple": "purple violet",
        "orange": "orange",
        "pink": "pink",
    },
    "skin_tone": {
        "pale": "pale",
        "light": "light fair",
        "tan": "tan tanned",
        "brown": "brown",
        "dark": "dark",
    },
    "hair_style": {
        "short": "short cropped",
        "long": "long",
        "curly": "curly curls wavy",
        "straight": "straight",
        "bald": "bald",
    },
    "facial_hair": {"beard": "beard bearded", "moustache": "moustache mustached"},
}
_READ = {
    family: {word: value for value, synonyms in members.items() for word in synonyms.split()}
    for family, members in _FAMILIES.items()
}
_PATTERNS = {family: re.compile(rf"\b(?:{'|'.join(known)})\b") for family, known in _READ.items()}
_PRONOUNS = {"she": "female", "her": "female", "hers": "female", "he": "male", "him": "male", "his": "male"}
_PRONOUN = re.compile(rf"\b(?:{'|'.join(_PRONOUNS)})\b")
_SEGMENT = re.compile(r"[.,;:!?]|\band\b|\bwith\b|\bwhile\b|\bbut\b")
_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|true|correct|indeed|certainly|absolutely|definitely|of course|right)\b"
)
_NO = re.compile(
    r"^\W*(?:no|nope|nah|none|nothing|neither|never|false|incorrect|not at all|not really|not visible)\b"
    r"|^\W*(?:clean[- ]shaven|bare[- ]?headed|bare)\b"
)
_YES_WORDS = frozenset({"yes", "true"})
_NO_WORDS = frozenset({"no", "none", "false", "nothing"})


def family_of(value: str, attribute: str | None) -> str | None:
    """Return the family that a whole value belongs to, or `None`.

    Args:
        value: such as ``brown`` or ``dark brown``.
        attribute: names the family where a word is in two (brown is a hair colour and a skin tone).
    """
    bare = plain(value).strip(" .")
    preferred = [family for family in _READ if attribute and family == attribute]
    for family in [*preferred, *_READ]:
        if bare in _READ[family]:
            return family
    return None


@lru_cache(maxsize=65_536)
def read_family(family: str, text: str) -> tuple[str, ...]:
    """Return the family's members that a plain text names, each once; pronouns tell a gender not named."""
    named = (_READ[family][found.group()] for found in _PATTERNS[family].finditer(text))
    members = tuple(dict.fromkeys(named))
    if members or family != "gender":
        return members
    return tuple(dict.fromkeys(_PRONOUNS[found.group()] for found in _PRONOUN.finditer(text)))


def named_members(family: str, answer: str, question: str, attribute: str | None) -> tuple[str, ...]:
    """Return the family's members that an answer claims, about the thing asked for.

    Of "brown hair and a red hat", a question for the hair's colour takes the brown.
    """
    claim = affirmed(answer)
    members = read_family(family, claim)
    if len(members) < 2:
        return members
    topic = {word.stem for word in content(question)} | {stem(part) for part in (attribute or "").split("_")}
    topic -= {stem(word) for word in (*_READ[family], "color", "tone", "style")}
    about = [member for part in _SEGMENT.split(claim) for member in _near_topic(family, part, topic)]
    return tuple(dict.fromkeys(about)) or members


def _near_topic(family: str, segment: str, topic: set[str]) -> list[str]:
    """Return the members that a part of a sentence says of the topic; none if it does not name it.

    Of several the nearest to the topic's word, unless they are alternatives ("brown or black").
    """
    found = [(m.start(), _READ[family][m.group()]) for m in _PATTERNS[family].finditer(segment)]
    places = [m.start() for m in re.finditer(r"\w+", segment) if stem(m.group()) in topic]
    if not found or not places:
        return []
    if re.search(r"\bor\b|/", segment):
        return [member for _, member in found]
    return [min(found, key=lambda one: min(abs(one[0] - place) for place in places))[1]]


def polarity_of(value: str) -> Polarity | None:
    """Return yes or no if the value is one (``yes``, ``no``, ``none``, ``True``)."""
    bare = plain(value).strip(" .")
    return "yes" if bare in _YES_WORDS else "no" if bare in _NO_WORDS else None


def read_polarity(answer: str, question: str) -> Polarity | None:
    """Return whether an answer says yes or no to its question, or `None` if it says neither.

    The first word decides. Without a yes or no, a statement about what was asked is a yes, a negated
    one a no. A yes followed by the negation of what was asked is both, unless the question is
    negated itself.
    """
    bare = plain(answer)
    asked = {word.stem for word in content(question)}
    about = [word for word in words(answer) if word.stem in asked]
    if _NO.search(bare):
        said: Polarity | None = "no"
    elif _YES.search(bare):
        said = "yes"
    elif about:
        said = "no" if all(word.negated for word in about) else "yes"
    else:
        said = "no" if negated_spans(bare) and not _other_content(answer) else None
    contradicts = said == "yes" and about and all(word.negated for word in about)
    return "both" if contradicts and not negated_spans(plain(question)) else said


def _other_content(answer: str) -> bool:
    """Return whether an answer without the asked words speaks of anything else ("She does not." does not)."""
    return bool(content(answer))
