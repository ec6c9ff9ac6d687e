"""How sure an answer is of what it says: hedges, and other candidates of a kind that is open.

Of closed kinds (colours, numbers, dates) every candidate is read and compared. Of names, places and
free text nobody knows all, so candidates are told by how they are put: "or", a slash, a list.
"""

import re

from s_mllmun_bench.judging.words import plain

MILD = 8.0
"""Most for a value behind "I think", "probably", "I am not sure, but"."""
STRONG = 7.5
"""Most for a value behind "perhaps", "maybe", "it could be"."""

_STRONG = re.compile(
    r"\b(?:maybe|perhaps|possibly|might (?:be|have)|may (?:be|have)|could (?:be|have|also)|conceivabl\w+"
    r"|wild guess|just (?:a )?guess\w*|hard to (?:say|tell)|quiza\w*|tal vez|peut-etre|vielleicht|forse"
    r"|talvez)\b|也许|可能|或许"
)
_MILD = re.compile(
    r"\b(?:i (?:think|believe|guess|suppose|suspect|assume|would say|imagine)|i'd (?:say|guess)|probably"
    r"|presumably|likely|apparently|seems? to|appears? to|not (?:entirely |quite |completely |fully "
    r"|totally |\d+ ?% )?(?:sure|certain)"
    r"|my (?:best )?guess|if i (?:recall|remember)|if memory serves|unsure|as far as i know"
    r"|to (?:the best of )?my knowledge"
    r"|supposedly|allegedly|i'm fairly|fairly (?:sure|certain)|creo|je crois|je pense|ich glaube|credo"
    r"|acho)\b|我想|我认为|大概"
)
_OR = re.compile(
    r"\b(?:either|alternatively|otherwise|(?:could|might|may) (?:also|just as well|equally)"
    r"|vs|versus|or(?! (?:so|less|more|rather|not|near|in other words|otherwise known|thereabouts|as)\b))\b"
    r"|(?<=[a-z]) ?/ ?(?=[a-z])"
)
_PERHAPS = re.compile(r"(?:^|[,;:] ?|\bor )(?:maybe|perhaps|possibly)\b")
"""Before each candidate of several."""
_NAME = r"[A-Z][\w'-]+(?: (?:van|von|der|den|de|da|di|del|la|le|bin|al|[A-Z][\w'.-]*)){0,3} [A-Z][\w'-]+"
_NAMES = re.compile(rf"{_NAME}(?:, {_NAME})*,? (?:and|&) {_NAME}")
"""People in a row, where one is asked for."""
_ITEM = re.compile(r"[^,;.\n]+")
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\(?\d+[.)])\s+\S", re.MULTILINE)
_LEAD_IN = """sure certainly answer okay yes no well hello hi thanks great location city town birthplace place
    residence home name identity person education school university of course absolutely hmm note born lives
    studied"""
_MANY = 4
"""Items from which a bare list is a list of candidates."""


def hedge(text: str, known: str) -> float:
    """Return the most that a claim can get by its hedges, 10 if it has none.

    Args:
        text: the claim in plain words.
        known: the reference in plain words; what it hedges itself is none.
    """
    if _STRONG.search(text) and not _STRONG.search(known):
        return STRONG
    return MILD if _MILD.search(text) and not _MILD.search(known) else 10.0


def other_first(claim: str, known: str, question: str) -> bool:
    """Return whether a claim of several sentences begins with a bare name that is not the one that is meant.

    Args:
        claim: as written.
        known: the reference in plain words.
        question: as asked; a name from it is no answer.
    """
    first, *rest = [part for part in re.split(r"[.!?]\s+|\n", claim) if part.strip()] or [""]
    names = re.findall(r"[\w'-]+", first)
    if not rest or not 0 < len(names) <= 3 or not all(name[0].isupper() and len(name) > 1 for name in names):
        return False
    told = known + " " + plain(question) + " " + _LEAD_IN
    return not any(plain(name) in re.findall(r"[\w'-]+", told) for name in names)


def others_in_row(claim: str) -> int:
    """Return how many people a claim names in one row with the first, none if it names no row of them."""
    found = _NAMES.search(claim)
    return len(re.findall(_NAME, found.group())) - 1 if found else 0


def enumerated(answer: str) -> int:
    """Return how many lines of an answer are items of a list."""
    return len(_BULLET.findall(answer))


def alternatives(text: str, known: str, listed: bool, pairs: bool) -> int:
    """Return how many other candidates of an open kind stand beside the one that is meant.

    Args:
        text: the claim in plain words, without what it denies.
        known: the reference in plain words; its own "or" counts nothing.
        listed: a list is one of candidates; in free text it is a description.
        pairs: one candidate may have a comma in it, as a city with its country.
    """
    if _OR.search(known):
        return 0
    most = 0
    pieces = [piece for piece in re.split(r"[;|]", text) if piece.strip()]
    if listed and len(pieces) > 1 and all(len(piece.split()) <= 4 for piece in pieces):
        most = len(pieces) - 1
    for sentence in re.split(r"[.!?\n](?=\s|$)", text):
        joined = len(_OR.findall(sentence)) - bool(re.search(r"\beither\b.*\bor\b", sentence))
        joined = max(joined, len(_PERHAPS.findall(sentence)) - 1)
        parts = [part for part in _ITEM.findall(sentence.split(":")[-1]) if part.strip()]
        if joined:
            most = max(most, joined, len(parts) - 1 if len(parts) > 2 and not pairs else 0)
        elif listed and len(parts) >= _MANY and all(len(part.split()) <= 4 for part in parts):
            most = max(most, len(parts) - 1)
    return most
