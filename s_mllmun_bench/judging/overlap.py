"""How much of a reference's free text an answer holds, by content words.

The answer may say more, never less: what counts is the share of the reference that is found and
affirmed. Of a short phrase the words that tell it from others of its kind decide ("melanoma", not
"choroidal"); qualifiers such as "severe" add to it and are worth little alone. A text of two facts is
worth the mean of both, an eye's description its finding first.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from s_mllmun_bench.judging.lexicon import Table, canonical
from s_mllmun_bench.judging.terms import FINDINGS, TRADES, WIDER, WORDS
from s_mllmun_bench.judging.words import Word, content, plain, stem_set, stems, words

FULL = 10.0
WIDER_TERM = 5.0
"""The wider term for a job ("doctor" for a surgeon)."""
HEAD_ALONE = 4.0
"""Of two deciding words the one that names the kind ("driver" for a bus driver)."""
FINDING_ALONE = 5.5
"""The finding of an eye's description without all else."""
IMAGE_ALONE = 2.0
"""The kind of image alone, or with another finding."""
_HEAD_SHARE = 0.6
_SHORT = 3
"""A reference of so many deciding words or fewer is one thing: half of it is not half right."""
_TWO_FACTS = 4
"""Deciding words up to which "and" joins two facts that count half each."""
_ENOUGH = 0.85
"""Share of a long text's words that counts as all of it: another writer's words differ a little."""

_VERBS = stem_set(
    """play make keep collect build read write train grow paint sing restore practise practice watch carve
    fold weave bake ride run dance cook draw observe walk study fix raise"""
)
_QUALIFIERS = _VERBS | stem_set(
    """mild moderate severe slight marked early advanced acute chronic superior inferior nasal temporal
    central peripheral upper lower left right upwards color fundus photograph red free fluorescein
    angiogram histopathology slide scan ultrasound tomography oct image senior junior lead chief do go old"""
)
_IMAGE = stem_set(
    """photograph angiogram slide scan ultrasound tomography oct color red free fluorescein histopathology
    fundus autofluorescence photomicrograph indocyanine"""
)
_GENERIC = stem_set(
    """eye ophthalmic retina retinal image clinical description finding findings patient record file
    quadrant area region visible seen enjoy enjoys love loves like likes hobby food favourite favorite
    spare time city town country place work works job profession occupation professional freelance
    unique special talent ability able skill various different type types kind kinds use uses tell apart
    alone just only great fond expression face wear person"""
)
_EYE_ATTRIBUTES = ("ophthalmic_clinical_description", "ophthalmic_image")
_RANKS = stem_set("senior junior lead chief old")
"""What qualifies a job; a verb is part of its name (train driver)."""
_KIND_OF_IMAGE = re.compile(r"(?<=photograph)\s*:|(?<=angiogram)\s*:|(?<=photo)\s*:|(?<=slide)\s*:")
"""The colon behind the kind of image, which ends no clause."""
_PATIENT = re.compile(r"\b\d+[- ]years?[- ]old\b(?: (?:\w+ )?(?:woman|man|female|male|girl|boy|patient)\b)?")
"""Whose eye it is, which is no finding."""
_TRADE_NAMES = tuple(sorted({name for name in TRADES.by_words.values() if " " in name}))


def text_credit(wanted: str, claim: str, question: str, attribute: str | None) -> float:
    """Return the credit for free text, 0 to 10, by the share of its content words that the claim affirms.

    A word counts only with the reference's polarity: "no drusen" holds nothing of "drusen". Words
    that the question gives away count only if nothing else is left.

    Args:
        wanted: what the reference says.
        claim: what the answer claims, as written.
        question: as asked.
        attribute: what it asks for, if that is known.
    """
    same = _table(wanted, question, attribute)
    ours, text = (canonical(same, _KIND_OF_IMAGE.sub(" ", plain(part))) for part in (wanted, claim))
    if same is FINDINGS:
        return _eye_credit(ours, words(text), question)
    if same is TRADES:
        return _trade_credit(ours, _without_longer(text, ours), question)
    facts = [part for part in re.split(r"\band\b|;", ours) if part.strip()]
    if len(facts) == 2 and len(_deciding(ours, question, _QUALIFIERS)[0]) <= _TWO_FACTS:
        return sum(_one(part, words(text), question) for part in facts) / 2
    return _one(ours, words(text), question)


def _trade_credit(wanted: str, text: str, question: str) -> float:
    """Return the credit for a job: the wider term for it is worth something."""
    credit = _one(wanted, words(text), question, _RANKS)
    if credit >= WIDER_TERM:
        return credit
    wider = _one(wanted, words(canonical(WIDER, text)), question, _RANKS)
    return max(credit, WIDER_TERM if wider == FULL else 0.0)


def _without_longer(text: str, wanted: str) -> str:
    """Return a plain text without the trades that have the wanted one in their name (harbour pilot)."""
    for trade in _TRADE_NAMES:
        if trade != wanted and wanted in trade.split() and trade in text:
            text = text.replace(trade, " ")
    return text


def _table(wanted: str, question: str, attribute: str | None) -> Table:
    """Return the synonyms that are safe for what is asked."""
    asked = plain(question)
    if attribute == "employment" or re.search(r"\b(?:job|profession|occupation|for a living|work)\b", asked):
        return TRADES
    about_eye = re.search(
        r"\b(?:ophthalm\w+|retina\w*|fundus|eye (?:image|exam\w*|record))\b", f"{asked} {plain(wanted)}"
    )
    return FINDINGS if attribute in _EYE_ATTRIBUTES or (attribute is None and about_eye) else WORDS


def _deciding(wanted: str, question: str, qualifying: frozenset[str]) -> tuple[list[Word], list[Word]]:
    """Return a text's words that tell it from others of its kind, and those that qualify it."""
    asked = stems(question)
    everything = [word for word in content(wanted) if word.stem not in _GENERIC]
    told = [word for word in everything if word.stem not in asked] or everything or content(wanted)
    heads = [word for word in told if word.stem not in qualifying]
    qualifiers = [word for word in told if word.stem in qualifying]
    return (heads, qualifiers) if heads else (qualifiers, [])


def _one(
    wanted: str, given: Sequence[Word], question: str, qualifying: frozenset[str] = _QUALIFIERS
) -> float:
    """Return the credit for one fact."""
    heads, qualifiers = _deciding(wanted, question, qualifying)
    deciding, beside = _share(heads, given), _share(qualifiers, given)
    if len(heads) > _SHORT:
        return FULL * min(1.0, (0.9 * deciding + 0.1 * beside if qualifiers else deciding) / _ENOUGH)
    if deciding == 1:
        return FULL if not qualifiers else FULL * _qualified(qualifiers, beside, given)
    if deciding == 0:
        return 0.0
    if len(heads) == 2:
        sentence = len(wanted.split()) > _SHORT + 1
        alone = _share(heads[-1:], given) and _stands_alone(heads[-1], given)
        return HEAD_ALONE if alone or sentence else 0.0
    return FULL * deciding


def _qualified(qualifiers: Sequence[Word], beside: float, given: Sequence[Word]) -> float:
    """Return the share that is left where a verb or a qualifier is missing, or is another one."""
    verbs = [word for word in qualifiers if word.stem in _VERBS]
    others = [word for word in given if word.stem in _VERBS and not word.negated]
    if verbs and beside == 0 and others and not any(_same(v.stem, o.stem) for v in verbs for o in others):
        return 0.0
    return _HEAD_SHARE + (1 - _HEAD_SHARE) * beside


def _stands_alone(head: Word, given: Sequence[Word]) -> bool:
    """Return whether a head stands in the claim without another word before it that makes it another"
    " thing."""
    place = next(i for i, word in enumerate(given) if _same(head.stem, word.stem))
    return place == 0 or given[place - 1].stop or given[place - 1].stem in _GENERIC | _QUALIFIERS - _VERBS


def _eye_credit(wanted: str, given: Sequence[Word], question: str) -> float:
    """Return the credit for an eye's description: the finding, and what is said of it beside."""
    bare = _PATIENT.sub(" ", wanted)
    wanted = bare if content(bare) else wanted
    told = [word for word in content(wanted) if word.stem not in _GENERIC or word.stem in _IMAGE]
    findings = [word for word in told if word.stem not in _QUALIFIERS]
    beside = [word for word in told if word.stem in _QUALIFIERS]
    if not findings:
        return FULL * _share(beside, given) ** 2
    if len(findings) > _SHORT:
        return _one(wanted, given, question)
    images = [word for word in beside if word.stem in _IMAGE]
    found = _share(findings, given)
    if found < 1 and not (_share(findings[-1:], given) and _stands_alone(findings[-1], given)):
        return IMAGE_ALONE if _same_image(images, given) == 1 else 0.0
    rest = [word for word in beside if word.stem not in _IMAGE]
    shares = [_share([word], given) for word in rest] + ([_same_image(images, given)] if images else [])
    base = FINDING_ALONE if found == 1 else FINDING_ALONE - 1.0
    if not shares:
        return FULL if found == 1 else 8.0
    whole = (FULL if found == 1 else 9.0) - base
    return base + whole * (sum(shares) / len(shares)) ** 3


def _same_image(images: Sequence[Word], given: Sequence[Word]) -> float:
    """Return the share of the kind of image that is given; 0 if another kind is, or none is wanted."""
    named = {word.stem for word in given if word.stem in _IMAGE and not word.negated}
    others = named - {word.stem for word in images} - stem_set("fundus image")
    return 0.0 if others else _share(images, given)


def _share(some: Sequence[Word], given: Sequence[Word]) -> float:
    """Return the share of some words that are given with the same polarity; 0 for none."""
    found = [
        any(g.negated == w.negated and _same(w.stem, g.stem) for g in given) or _compound(w, given)
        for w in some
    ]
    return sum(found) / len(found) if found else 0.0


def _compound(wanted: Word, given: Sequence[Word]) -> bool:
    """Return whether a word is made of two that are given, or part of one that is (stargazing,"
    " beekeeping)."""
    right = [
        word.stem
        for word in given
        if word.negated == wanted.negated and len(word.stem) >= 3 and not word.stop
    ]
    if len(wanted.stem) >= 6:
        starts = [word for word in right if wanted.stem.startswith(word)]
        return any(
            wanted.stem[len(start) :].startswith(end) for start in starts for end in right if end != start
        )
    return len(wanted.stem) >= 3 and any(
        len(word) >= 6 and word.startswith(wanted.stem) and word[len(wanted.stem) :] in _VERBS
        for word in right
    )


def _same(wanted: str, given: str) -> bool:
    """Return whether two stems are one word or of one family (cartographer, cartography; welder, welds)."""
    if wanted == given or (
        wanted[-2:] in ("er", "or") and wanted[:-2] == given and len(given) >= 3 and given not in _GENERIC
    ):
        return True
    if len(wanted) < 6 or len(given) < 6 or wanted[:6] != given[:6]:
        return False
    pairs = zip(wanted, given, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return 3 * common >= 2 * max(len(wanted), len(given))
