"""Names of people and institutions: which of their parts an answer gives, and with what beside them."""

import re

from s_mllmun_bench.judging.lexicon import canonical, table
from s_mllmun_bench.judging.places import named, place_text
from s_mllmun_bench.judging.words import affirmed, plain, word_set

FULL = 10.0
INITIALS = 7.0
"""One part in full, the others as initials."""
FAMILY_ONLY = 5.5
GIVEN_ONLY = 4.0
OTHER_GIVEN = 4.5
"""The family name beside another given name."""
OTHER_FAMILY = 3.0
"""The given name beside another family name."""
OTHER_KIND = 4.0
"""Right town, another kind of institution."""
TOWN_ONLY = 6.5
"""Right town, kind of institution left open."""
KIND_ONLY = 3.0
"""Right kind of institution, no town."""

_CAPITALISED = r"[^\W\d_a-z][\w'\u2019-]*(?: [^\W\d_a-z][\w'\u2019-]*){0,2}"
_ACRONYM = re.compile(r"\b[A-Z]{2,6}\b")
_TITLES = word_set("mr mrs ms miss dr prof professor sir dame dear certain")
_KINDS = word_set(
    """university college school institute academy polytechnic conservatory seminary faculty art medicine
    technology business science law music engineering economic education national state technical
    medical"""
)
_KIND_WORDS = table(
    """
    university: universidad, universite, universitat, universita, universidade, univ, uni, 大学
    college: colegio, coll, 学院
    polytechnic: poly, politecnico, politecnica, polytechnique, polytechnikum, 理工学院
    institute: inst, instituto, institut, institutet, istituto, 研究所
    school: escuela, ecole, schule, scuola, escola, 学校
    academy: acad, academia, academie, akademie, accademia
    art: arts, artes, beaux-arts, kunst, belle arti, fine art, fine arts, 艺术
    medicine: medical, medicina, medecine, medizin, 医学
    technology: tech, technological, tecnologia, technologie, teknologi, tecnologico, 理工, 技术
    business: commerce, management, negocios, wirtschaft, 商
    """
)
_JOINTS = word_set("of the and for in de da do des du di la le el")


def name_credit(wanted: str, claim: str) -> float:
    """Return the credit for a person's name, 0 to 10.

    Args:
        wanted: the reference's name.
        claim: what the answer claims, as written.
    """
    text = affirmed(claim)
    parts = [part for part in re.findall(r"[^\W\d_][\w'-]*", plain(wanted)) if part not in _TITLES]
    found = [part for part in parts if named(part, text)]
    if not parts or not found:
        return 0.0
    if len(found) == len(parts):
        return FULL
    initials = [part for part in parts if part not in found and named(part[0], text)]
    if len(initials) + len(found) == len(parts):
        return INITIALS
    alone = not any(_has_neighbour(part, claim) for part in found)
    if parts[-1] in found:
        return FAMILY_ONLY if alone else OTHER_GIVEN
    return GIVEN_ONLY if alone else OTHER_FAMILY


def _has_neighbour(part: str, claim: str) -> bool:
    """Return whether the claim joins this part of a name with another capitalised word."""
    for found in re.finditer(_CAPITALISED, claim):
        together = [word for word in plain(found.group()).split() if word not in _TITLES]
        if part in together and len(together) > 1:
            return True
    return False


def institution_credit(wanted: str, claim: str) -> float:
    """Return the credit for a university or school, 0 to 10: its own words count, then its kind."""
    text = canonical(_KIND_WORDS, place_text(affirmed(claim)))
    told = set(re.findall(r"[^\W_]+", text))
    value = canonical(_KIND_WORDS, place_text(wanted))
    ours = [word for word in re.findall(r"[^\W_]+", value) if word not in _JOINTS]
    own, kinds = [word for word in ours if word not in _KINDS], {word for word in ours if word in _KINDS}
    initials = "".join(word[0] for word in ours).upper()
    if len(initials) > 2 and initials in _ACRONYM.findall(claim):
        return FULL
    if not own:
        return FULL * sum(kind in told for kind in kinds) / max(len(kinds), 1)
    share = sum(named(word, text) for word in own) / len(own)
    if share == 0:
        return KIND_ONLY if _only_kind(kinds, text) else 0.0
    given = told & _KINDS
    if not given:
        return min(FULL * share**2, TOWN_ONLY)
    same = kinds <= given and not _other_subject(kinds, text)
    return FULL * share**2 if same else min(FULL * share**2, OTHER_KIND)


def _only_kind(kinds: set[str], text: str) -> bool:
    """Return whether a plain text names the kind of institution as one of many ("a college of art")."""
    found = re.search(
        r"\b(?:an?|some|the local) ((?:\w+ )?(?:" + "|".join(sorted(_KINDS)) + r")\b(?: of \w+)?)", text
    )
    return found is not None and kinds <= set(found[1].split())


def _other_subject(kinds: set[str], text: str) -> bool:
    """Return whether the institution's name in a plain text goes on with a subject that ours lacks."""
    subjects = re.findall(r"\b(?:university|college|school|institute|academy) of (\w+)", text)
    return any(subject in _KINDS and subject not in kinds for subject in subjects)
