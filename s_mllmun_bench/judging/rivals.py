"""Does a clause state another value of what was asked for, in a sentence of its own?

Who states the value and then another one has not answered. Closed kinds are read; of a name or a place it
takes a verb with a new name behind it, of an eye another finding. One may have several hobbies: another one
stands against the first only where the sentence sets itself against it, or says the same anew of the person.
"""

import re

from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.judging.claims import is_of_another_aspect
from s_mllmun_bench.judging.comparing import names_value
from s_mllmun_bench.judging.lexicon import canonical
from s_mllmun_bench.judging.statements import contrasts
from s_mllmun_bench.judging.terms import FINDINGS, TRADES
from s_mllmun_bench.judging.values import Wanted
from s_mllmun_bench.judging.vocabulary import SHORT
from s_mllmun_bench.judging.words import content, plain, stem, stem_set, stems, word_set

_SENTENCE = 2
"""Words that a sentence has more than."""
_TRADE_STEMS = frozenset(stem(trade) for trade in TRADES.by_words.values() if " " not in trade)
_STATED = re.compile(
    r"\b(?:born|[Ll]ives?|[Ll]iving|resid\w+|stud\w+|graduat\w+|attend\w+|based|is|was|named|called|be)\b"
    r"(?: (?:in|at|from|the|now|a|to))* (?!(?:January|February|March|April|May|June|July|August|September"
    r"|October|November"
    r"|December|I|It|He|She|They|This)\b)(?P<value>[A-Z][\w'-]+)"
)
"""A verb of what may be asked for, with a name behind it."""
_NO_NAMES = word_set(
    """europe asia africa america australia oceania northern southern eastern western central north south
    east west yes no sure thanks thank cheers correct right true hello great"""
)
"""Words with a capital that name no other place or person."""
_FINDING_STEMS = stem_set(
    """drusen hemorrhages cupping nevus melanoma detachment occlusion hole edema scars wool neovascular
    retinopathy degeneration uveitis cataract atrophy pterygium keratitis retinitis tumor coloboma"""
)
_CONSEQUENCE = re.compile(
    r"\b(?:can|may|might|could|risk\w*|lead\w*|caus\w+|often|such as|like|unlike|differ\w*|if)\b"
)
_LIKING = stem_set("enjoy love like prefer adore collect hobby pastime favourite favorite")
_MORE = re.compile(
    r"\b(?:also|too|as well|another|besides|addition\w*|both|moreover|rarely|seldom|sometimes|often"
    r"|usually)\b"
)
_PERSON = re.compile(r"\b(?:(?:this|the) (?:person|individual|man|woman|subject))\b")
_OF_AN_EYE = ("ophthalmic_clinical_description", "ophthalmic_image")


def states_another(wanted: Wanted, line: str, item: JudgedItem, lead: str) -> bool:
    """Return whether a clause states a value of the wanted kind in a sentence of its own, whichever.

    Args:
        wanted: the value.
        line: the clause.
        item: the question and the answer.
        lead: the clause that answered first.
    """
    if is_of_another_aspect(line, item.question, item.attribute):
        return False
    if wanted.kind in ("date", "money", "height", "count", "choice", "polarity"):
        names = names_value(wanted, item)
        return len(line.split()) > _SENTENCE and names is not None and names(line)
    if item.attribute == "employment":
        return _names_another(line, item, _TRADE_STEMS, canonical(TRADES, plain(line)))
    if item.attribute in _OF_AN_EYE:
        finding = _names_another(line, item, _FINDING_STEMS, canonical(FINDINGS, plain(line)))
        return finding and not _CONSEQUENCE.search(plain(line))
    if wanted.kind == "text":
        return item.attribute == "fun_facts" and _likes_another(wanted, line, item, lead)
    known = plain(f"{item.reference} {item.question} {wanted.value}")
    named = _STATED.search(line)
    return (named is not None and plain(named["value"]) not in known) or _is_new_name(line, known)


def _names_another(line: str, item: JudgedItem, members: frozenset[str], text: str) -> bool:
    """Return whether a clause affirms a member of a set of stems that the reference has not."""
    tables = (TRADES, FINDINGS)
    known = stems(" ".join([plain(item.reference), *(canonical(t, plain(item.reference)) for t in tables)]))
    return len(line.split()) > _SENTENCE and any(
        word.stem in members and word.stem not in known and not word.negated for word in content(text)
    )


def _is_new_name(line: str, known: str) -> bool:
    """Return whether a clause is nothing but names of which the reference and the question have none."""
    names = re.findall(r"[^\W\d_][\w'-]*", line)
    if not 2 <= len(names) <= 4 or not all(name.istitle() and len(name) > 2 for name in names):
        return False
    return not any(plain(name) in SHORT | _NO_NAMES or plain(name) in known for name in names)


def _likes_another(wanted: Wanted, line: str, item: JudgedItem, lead: str) -> bool:
    """Return whether a clause says of the person another thing of the kind that was asked for."""
    bare = plain(line)
    words = [word for word in content(line) if not word.negated]
    asked = stems(item.question)
    verbs = {word.stem for word in words} & _LIKING
    own = [
        word
        for word in words
        if word.stem not in asked | _LIKING | stems(wanted.value) and not word.stem.endswith("ly")
    ]
    if not own or _MORE.search(bare):
        return False
    named = any(name.istitle() and plain(name) in bare for name in re.findall(r"[A-Z]\w+", item.question)[1:])
    subject = named or _PERSON.search(bare) is not None
    if contrasts(line):
        return bool(verbs) or subject
    return subject and bool(verbs & (stems(lead) | stems(item.reference)))
