"""Closed choices: colours, tones, styles, genders, severities, and yes or no.

A family is a set of values of which exactly one is true, so naming two of them is naming two
candidates, and naming another is wrong. That is what free text cannot tell.
"""

import re
from functools import lru_cache
from typing import Literal

from s_mllmun_bench.judging.lexicon import canonical
from s_mllmun_bench.judging.negation import negated_spans
from s_mllmun_bench.judging.terms import WORDS
from s_mllmun_bench.judging.words import affirmed, content, plain, stem, words

Polarity = Literal["yes", "no", "both"]

_FAMILIES = {
    "gender": "female male",
    "color": "black brown blond red gray white blue green yellow purple orange pink",
    "skin_tone": "pale light tan brown dark",
    "hair_style": "short long curly straight bald",
    "facial_hair": "beard moustache",
}
"""The members as `terms.WORDS` names them."""
_PATTERNS = {
    family: re.compile(rf"\b(?:{'|'.join(members.split())})\b") for family, members in _FAMILIES.items()
}
_PRONOUNS = {"she": "female", "her": "female", "hers": "female", "he": "male", "him": "male", "his": "male"}
_PRONOUN = re.compile(rf"\b(?:{'|'.join(_PRONOUNS)})\b")
_SEGMENT = re.compile(r"[.,;:!?]|\band\b|\bwith\b|\bwhile\b|\bbut\b")
_LEAD_IN = (
    r"^\W*(?:(?:well|oh|sure|okay|ok|hello|hi|boxed|(?:the "
    r"|my )?(?:\w+ )?answer(?: to (?:\w+ ){1,3}?(?=is))?(?: is)?"
    r"|as you can see|according to the \w+|(?:to answer|the answer|question|response|the record|the profile)"
    r"[^.,;:!?\n]{0,30}(?=:)|(?:looking at|based on|from|in|judging by"
    r"|as far as) [^.,;:!?\n]{1,30}(?=[,:]))[\s,:\"'.!{]+)*"
)
_YES = re.compile(
    rf"{_LEAD_IN}(?:(?:yes|yeah|yep|yup|true|correct|indeed|certainly|absolutely|definitely|of course|right"
    r"|affirmative)\b|(?:there|he|she|they|it) (?:is|are|does|do|has|have)(?=\W*$|[,\n]))"
)
_NO = re.compile(
    rf"{_LEAD_IN}(?:no(?! (?:problem|worries|doubt|question)\b)|nope|negative|nah|none|nothing|neither"
    r"|never|false|incorrect|not at all|not really|not visible)\b"
    r"|^\W*bare\b"
)
_AT_THE_END = re.compile(r"(?:\b(?:say|answer|is|that|correctly|you|seems)|[,:]) (yes|no)\W*$")
_YES_AND_NO = re.compile(r"^\W*(?:yes\W+(?:and|or)? ?no|no\W+(?:and|or)? ?yes)\b")
_NO_BUT_IS = re.compile(
    r"^\W*no\W+(?:he|she|they|it|(?:the|this) (?:person|individual|man|male|woman|female))"
    r" (?:(?:is|are) (?:\w+ing|indeed)|does|do|has|have|wears?|smiles?)\b(?! (?:not|no|lost|removed)\b)"
)
"""A no that goes on to say what the person is or has."""
_ABSENT = {
    "beard": re.compile(r"\b(?:clean[- ]?shaven|smooth[- ]shaven|beardless|hairless face|smooth face)\b"),
    "hat": re.compile(
        r"\b(?:bare[- ]?headed|hatless|head (?:is )?(?:bare|uncovered)|(?:bare|uncovered) head)\b"
    ),
    "smile": re.compile(
        r"\b(?:frown\w*|scowl\w*|serious\w*|stern\w*|neutral|straight[- ]faced|sad|pout\w*|unsmiling)\b"
    ),
    "earrings": re.compile(
        r"\b(?:ears? (?:are |is )?(?:bare|unadorned|empty|unpierced)|(?:bare|unadorned) ears?)\b"
    ),
    "glasses": re.compile(r"\b(?:glassless|bare[- ]eyed|eyes (?:are )?(?:uncovered|unobstructed))\b"),
}
"""What says of a thing asked for, by its stem, that it is not there."""
_AXES = ({"short", "long", "bald"}, {"curly", "straight"})
"""Members of one family of which one of each can be true: short hair may be curly."""
_PERSON = frozenset(map(stem, ("face", "head", "wearing", "picture", "hair", "facial", "clothes")))
"""What questions speak of besides the thing that they ask for."""
_YES_WORDS = frozenset({"yes", "true"})
_NO_WORDS = frozenset({"no", "none", "false", "nothing"})


def family_of(value: str, attribute: str | None) -> str | None:
    """Return the family that a whole value belongs to, or `None`.

    Args:
        value: such as ``brown`` or ``dark brown``.
        attribute: names the family where a word is in two (brown is a hair colour and a skin tone).
    """
    bare = canonical(WORDS, plain(value)).strip(" .")
    preferred = [family for family in _FAMILIES if attribute and family == attribute]
    for family in [*preferred, *_FAMILIES]:
        if bare in _FAMILIES[family].split():
            return family
    return None


@lru_cache(maxsize=65_536)
def read_family(family: str, text: str) -> tuple[str, ...]:
    """Return the family's members that a plain text names, each once; pronouns tell a gender not named."""
    text = canonical(WORDS, text)
    members = tuple(dict.fromkeys(_PATTERNS[family].findall(text)))
    if members or family != "gender":
        return members
    return tuple(dict.fromkeys(_PRONOUNS[found.group()] for found in _PRONOUN.finditer(text)))


def named_members(family: str, answer: str, question: str, attribute: str | None) -> tuple[str, ...]:
    """Return the family's members that an answer claims, about the thing asked for.

    Of "brown hair and a red hat", a question for the hair's colour takes the brown.
    """
    claim = canonical(WORDS, affirmed(answer))
    members = read_family(family, claim)
    if len(members) < 2:
        return members
    topic = {word.stem for word in content(question)} | {stem(part) for part in (attribute or "").split("_")}
    topic -= {stem(word) for word in (*_FAMILIES[family].split(), "color", "tone", "style")}
    about = [member for part in _SEGMENT.split(claim) for member in _near_topic(family, part, topic)]
    return tuple(dict.fromkeys(about)) or members


def excludes(wanted: str, given: str) -> bool:
    """Return whether a member cannot be true beside another one."""
    return wanted != given and not any(wanted in axis and given not in axis for axis in _AXES)


def _near_topic(family: str, segment: str, topic: set[str]) -> list[str]:
    """Return the members that a part of a sentence says of the topic; none if it does not name it.

    Of several the nearest to the topic's word, unless they are alternatives ("brown or black").
    """
    found = [(m.start(), m.group()) for m in _PATTERNS[family].finditer(segment)]
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
    bare, asking = canonical(WORDS, plain(answer)), canonical(WORDS, plain(question))
    asked = _things({word.stem for word in content(asking)})
    about = [word for word in words(bare) if word.stem in asked]
    absent = any(form.search(bare) for thing, form in _ABSENT.items() if stem(thing) in asked)
    if _YES_AND_NO.search(bare):
        return "both"
    if _NO.search(bare) or (absent and not _YES.search(bare)):
        said: Polarity | None = "no"
    elif _YES.search(bare):
        said = "yes"
    elif ends := _AT_THE_END.search(bare):
        said = "yes" if ends[1] == "yes" else "no"
    elif about:
        said = "no" if all(word.negated for word in about) else "yes"
    else:
        said = "no" if negated_spans(bare) and not _other_content(bare) else None
    contradicts = said == "yes" and about and all(word.negated for word in about)
    affirmed_too = {word.stem for word in about if not word.negated} >= asked - {stem("color")}
    denies = said == "no" and bool(about) and affirmed_too and _NO_BUT_IS.search(bare) is not None
    return "both" if (contradicts or denies) and not negated_spans(plain(question)) else said


def _things(asked: set[str]) -> set[str]:
    """Return the stems of what a question asks for; facial hair is a beard as well."""
    things = asked | {stem("beard")} if stem("facial") in asked else asked - _PERSON
    return things or asked


def _other_content(answer: str) -> bool:
    """Return whether an answer without the asked words speaks of anything else ("She does not." does not)."""
    return bool(content(answer))
