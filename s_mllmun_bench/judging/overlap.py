"""How much of a reference's fact an answer holds, by content words: places, names, institutions, phrases.

The answer may say more, never less: what counts is the share of the reference that is found and
affirmed. Of a short phrase the words that tell it from others of its kind decide ("melanoma", not
"choroidal"); qualifiers such as "severe" add to it and are worth little alone.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from s_mllmun_bench.judging.words import Word, affirmed, content, plain, stem_set, stems, word_set

FULL = 10.0
COUNTRY_ONLY = 2.0
"""Right country, wrong or no city."""
OTHER_COUNTRY = 5.0
"""Right city, put into another country."""
OTHER_KIND = 4.0
"""Right town, another kind of institution."""
NO_KIND = 8.0
"""Right town, kind of institution left open."""
_HEAD_SHARE = 0.6
_SHORT = 3
"""A reference of so many deciding words or fewer is one thing: half of it is not half right."""
_ENOUGH = 0.85
"""Share of a long text's words that counts as all of it: another writer's words differ a little."""

_COUNTRIES = {
    "usa": "united states",
    "us": "united states",
    "u.s": "united states",
    "u.s.a": "united states",
    "united states of america": "united states",
    "america": "united states",
    "uk": "united kingdom",
    "england": "united kingdom",
    "scotland": "united kingdom",
    "great britain": "united kingdom",
    "britain": "united kingdom",
    "holland": "netherlands",
    "the netherlands": "netherlands",
    "czech republic": "czechia",
    "turkiye": "turkey",
}
_CAPITALISED = r"[^\W\d_a-z][\w'\u2019-]*(?: [^\W\d_a-z][\w'\u2019-]*){0,2}"
_ACRONYM = re.compile(r"\b[A-Z]{2,6}\b")
_KINDS = word_set(
    """university college school institute academy polytechnic conservatory seminary faculty art medicine
    technology business science law music engineering economic education national state technical
    medical"""
)
_TITLES = word_set("mr mrs ms miss dr prof professor sir dame dear")
_QUALIFIERS = stem_set(
    """mild moderate severe slight marked early advanced acute chronic superior inferior nasal temporal
    central peripheral upper lower left right upwards color fundus photograph photo red free fluorescein
    angiogram angiography slide scan senior junior lead chief play make keep collect build read write
    train go do grow paint sing restore practise practice"""
)
_GENERIC = stem_set(
    """eye ophthalmic retina retinal image clinical description finding findings patient record file
    quadrant area region visible seen enjoy enjoys love loves like likes hobby food favourite favorite
    free spare time city town country place work works job profession occupation professional freelance
    unique special talent ability able skill various different type types kind kinds use uses"""
)


def place_credit(wanted: str, answer: str) -> float:
    """Return the credit for a place (``City, Country``), 0 to 10; the city alone is all of it."""
    claim = affirmed(answer)
    parts = [part.strip(" .") for part in plain(wanted).split(",") if part.strip(" .")]
    if not parts:
        return 0.0
    city, country = parts[0], parts[-1] if len(parts) > 1 else None
    if _has(city, claim) or _has(city.removesuffix(" city"), claim):
        return OTHER_COUNTRY if country and _puts_elsewhere(city, country, answer) else FULL
    return COUNTRY_ONLY if country and any(_has(name, claim) for name in _names_of(country)) else 0.0


def _has(phrase: str, text: str) -> bool:
    return bool(phrase) and re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


def _names_of(country: str) -> set[str]:
    ours = _COUNTRIES.get(country, country)
    return {ours} | {name for name, meant in _COUNTRIES.items() if meant == ours}


def _puts_elsewhere(city: str, country: str, answer: str) -> bool:
    """Return whether the answer follows the city by a comma and a name that is not the country."""
    for found in re.finditer(rf"\w, (?P<after>{_CAPITALISED})(?=[.,;!?]|$)", answer):
        if plain(answer[: found.start("after")]).rstrip(" ,").endswith(city):
            return plain(found["after"]) not in _names_of(country)
    return False


def name_credit(wanted: str, answer: str) -> float:
    """Return the credit for a person's name: 10 for all of it, 5 for a part, 2 for a part with another."""
    claim = affirmed(answer)
    parts = [part for part in re.findall(r"[^\W\d_][\w'-]*", plain(wanted)) if part not in _TITLES]
    found = [part for part in parts if _has(part, claim)]
    if not parts or not found:
        return 0.0
    if len(found) == len(parts):
        return FULL
    initials = [part for part in parts if part not in found and _has(part[0] + ".", claim)]
    if len(initials) + len(found) == len(parts):
        return 7.0
    return 2.0 if any(_has_neighbour(part, answer) for part in found) else 5.0


def _has_neighbour(part: str, answer: str) -> bool:
    """Return whether the answer joins this part of a name with another capitalised word."""
    for found in re.finditer(_CAPITALISED, answer):
        together = [word for word in plain(found.group()).split() if word not in _TITLES]
        if part in together and len(together) > 1:
            return True
    return False


def institution_credit(wanted: str, answer: str) -> float:
    """Return the credit for a university or school: its own words count, then its kind."""
    claim = set(re.findall(r"[^\W_]+", affirmed(answer)))
    ours = [
        word
        for word in re.findall(r"[^\W_]+", plain(wanted))
        if word not in ("of", "the", "and", "for", "in")
    ]
    own, kinds = [w for w in ours if w not in _KINDS], {w for w in ours if w in _KINDS}
    initials = "".join(word[0] for word in ours).upper()
    if len(initials) > 2 and initials in _ACRONYM.findall(answer):
        return FULL
    if not own:
        return FULL * sum(kind in claim for kind in kinds) / max(len(kinds), 1)
    share = sum(word in claim for word in own) / len(own)
    given = claim & _KINDS
    if not given:
        return min(FULL * share**2, NO_KIND)
    return FULL * share**2 if kinds <= given else min(FULL * share**2, OTHER_KIND)


def text_credit(wanted: str, answer: str, question: str) -> float:
    """Return the credit for free text, 0 to 10, by the share of its content words that the answer affirms.

    A word counts only with the reference's polarity: "no drusen" holds nothing of "drusen". Words
    that the question gives away count only if nothing else is left.
    """
    given = content(answer)
    asked = stems(question)
    everything = [word for word in content(wanted) if word.stem not in _GENERIC]
    told = [word for word in everything if word.stem not in asked] or everything or content(wanted)
    heads = [word for word in told if word.stem not in _QUALIFIERS]
    qualifiers = [word for word in told if word.stem in _QUALIFIERS]
    if not heads:
        heads, qualifiers = qualifiers, []
    deciding, beside = _share(heads, given), _share(qualifiers, given)
    if len(heads) > _SHORT:
        return FULL * min(1.0, (0.9 * deciding + 0.1 * beside if qualifiers else deciding) / _ENOUGH)
    total = _HEAD_SHARE * deciding**2 + (1 - _HEAD_SHARE) * beside if qualifiers else deciding**2
    return FULL * total if deciding > 0.5 else min(FULL * total, 3.0 if deciding else 2.0)


def _share(some: Sequence[Word], given: Sequence[Word]) -> float:
    """Return the share of some words that are given with the same polarity; 0 for none."""
    found = [any(g.negated == w.negated and _same(w.stem, g.stem) for g in given) for w in some]
    return sum(found) / len(found) if found else 0.0


def _same(wanted: str, given: str) -> bool:
    """Return whether two stems are one word or of one family (cartographer, cartography)."""
    if wanted == given:
        return True
    if len(wanted) < 6 or len(given) < 6 or wanted[:6] != given[:6]:
        return False
    pairs = zip(wanted, given, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return 3 * common >= 2 * max(len(wanted), len(given))
