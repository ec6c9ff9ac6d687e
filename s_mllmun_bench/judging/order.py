"""Can the words of a text follow each other? Pairs that no English sentence has, stretch by stretch.

Stricter than `grammar.broken_order`, which a score is made of: a pair here may be found in a rare honest
sentence. So it decides only what may be trusted: what is recognised as an answer (see `recognition`), and
whether talk that is recognised as nothing is fluent.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from s_mllmun_bench.judging import fluency, grammar, language
from s_mllmun_bench.judging.vocabulary import NUMBERS
from s_mllmun_bench.judging.words import plain, word_set

_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|\n")
"""Behind a sentence; what breaks off has no end."""
_STRETCH = re.compile(r"[^\w\s'-]|\s-+\s")
"""Between two stretches of words: no pair reaches over it."""
_CAPITAL = re.compile(
    r"(?<=[a-z] )(?:The|A|An|This|He|She|They|It|In|On|At|Of|His|Her|Is|Was|And|No|With|As)(?= [a-z])"
)
"""A word with the capital of another place, amidst a sentence."""
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*|\d\S*")
_LEADS = word_set("a an the my your our their its every")
"""Before a noun, and words that stand before one."""
_SUBJECTS = word_set("he she they we i")
_OBJECTS = word_set("him them me us himself herself themselves")
_CONJUNCTIONS = word_set("and or but")
_BE = word_set("is are was were has")
_FINITE = _BE | word_set("have had do does did will would can could should must might cannot")
_MODALS = word_set("will would can could should must might cannot")
_ASKING = word_set("which who whose when where why how")
_CLASHES = (
    (_LEADS, _SUBJECTS | _OBJECTS | _CONJUNCTIONS | _FINITE - word_set("can will might must do")),
    (_LEADS, _LEADS | _ASKING | word_set("it what than because as this that these those there born goes")),
    (
        _LEADS,
        word_set("of in on at to for with from by into upon during among under over across through between"),
    ),
    (_SUBJECTS, _LEADS | _OBJECTS | _SUBJECTS | NUMBERS | word_set("of for from his this that which")),
    (_OBJECTS, _FINITE - word_set("do have was were")),
    (word_set("of for with by at into during among upon onto"), _CONJUNCTIONS | _BE | word_set("had did")),
    (word_set("of for with by at into during among upon onto"), _SUBJECTS | word_set("of to with by than")),
    (
        word_set("under over between through across around near along"),
        _SUBJECTS | _CONJUNCTIONS | word_set("of is"),
    ),
    (word_set("in on to from"), _BE | _SUBJECTS | word_set("and of than had")),
    (word_set("of"), word_set("in on from into for by")),
    (word_set("to"), word_set("to in on at for from into it's")),
    (NUMBERS, _LEADS | _OBJECTS),
    (_CONJUNCTIONS, _CONJUNCTIONS | word_set("of than")),
    (_BE, _FINITE | _CONJUNCTIONS | word_set("of than onto upon among into")),
    (_MODALS, _FINITE - word_set("have do") | word_set("a an the of in at for with from by and or")),
    (word_set("do does did have had"), _FINITE - word_set("do have had") | word_set("of than")),
    (_ASKING, _CONJUNCTIONS | word_set("of than")),
    (word_set("than because very"), _CONJUNCTIONS | _BE | word_set("had did")),
    (word_set("because very"), word_set("to in on with of a")),
    (word_set("very"), _LEADS | _SUBJECTS),
    (word_set("the a an"), word_set("if be each then you also after before do some such without here there")),
    (word_set("of for in with by on at from"), word_set("if be is are was were will")),
    (word_set("be been"), _BE | _MODALS | word_set("and if it we he she they which of")),
    (word_set("this"), _LEADS | word_set("of or it this each")),
    (word_set("it"), word_set("of be it")),
    (word_set("not"), _BE | _MODALS | word_set("it of")),
    (word_set("each any every some"), word_set("the a an to is and for was by with")),
    (word_set("no"), word_set("the a an is and for was by with")),
    (word_set("also then"), word_set("of")),
    (word_set("if when where"), word_set("for be of is was")),
    (word_set("me him us them"), word_set("of be he she they")),
)
"""Words of which none of the second set follows one of the first; each line is a rule of its own."""
_TWICE = word_set("in on at of to for with from by is are was the a an and")
_TOGETHER = frozenset(
    {
        ("is", "and"),
        ("because", "a"),
        ("because", "of"),
        ("because", "to"),
        ("because", "in"),
        ("because", "on"),
    }
)
_VERBS = _BE | word_set(
    "lives works wears studied holds comes plays likes makes measures earns enjoys resides attended graduated"
)
_THIRD = word_set("he she")
_JOINING = word_set(
    "and or but who which that whose what where when why how as than because if while whereas although though"
    " since so until before after there whatever whether once i to not"
)
_AFTER_SUBJECT = word_set(
    "who that which also and or never often only both all too alone himself herself not"
)
_NEVER_LAST = _LEADS | word_set("of and or but than because upon into onto")
_NEVER_FIRST = word_set("of than")
_LY = word_set("family italy assembly reply supply only early daily july monopoly lily fly jelly belly")
"""No adverbs."""


@lru_cache(maxsize=65_536)
def clashes(text: str, ended: bool = False) -> int:
    """Return how often words of a text follow each other, or end a sentence, as in none.

    Args:
        text: as written.
        ended: something stands behind it, so that its last sentence does not break off.
    """
    count = len(_CAPITAL.findall(text))
    sentences = _SENTENCE.split(plain(text))
    for place, sentence in enumerate(sentences):
        stretches = [words for stretch in _STRETCH.split(sentence) if (words := _WORD.findall(stretch))]
        for words in stretches:
            count += sum(_clash(first, second) for first, second in pairwise(words))
            count += sum(map(_parted, words, words[1:], words[2:]))
            count += _has_two_verbs(words)
        if sum(map(len, stretches)) > 2:
            whole = ended or place < len(sentences) - 1
            count += (whole and stretches[-1][-1] in _NEVER_LAST) + (stretches[0][0] in _NEVER_FIRST)
    return count


@lru_cache(maxsize=65_536)
def holds_together(text: str, question: str) -> bool:
    """Return whether the words of a text are words, and can follow each other."""
    words = language.tokens(text)
    known = frozenset(word.lower() for word in language.tokens(question))
    return (
        not clashes(text)
        and language.word_validity(words) >= 0.8
        and grammar.shards(words, known) <= 0.2
        and language.repetition(words) < 0.3
        and fluency.variety(words) >= 0.6
        and language.clean_share(text) > 0.85
        and not language.runs(text)
    )


@lru_cache(maxsize=65_536)
def _clash(first: str, second: str) -> bool:
    """Return whether two words of one stretch never follow each other."""
    if first == second and first in _TWICE:
        return True
    if any(first in before and second in behind for before, behind in _CLASHES):
        return (first, second) not in _TOGETHER
    return (_is_adverb(first) and second == "of") or (first == "of" and _is_adverb(second))


def _has_two_verbs(words: Sequence[str]) -> bool:
    """Return whether a stretch has two verbs or two subjects, and no word that joins two clauses."""
    return max(sum(word in known for word in words) for known in (_VERBS, _THIRD)) > 1 and not any(
        word in _JOINING for word in words
    )


def _parted(first: str, second: str, third: str) -> bool:
    """Return whether a pronoun and its verb have a word between them that cannot stand there."""
    if first not in _SUBJECTS | {"it"} or third not in _BE or second in _AFTER_SUBJECT | _FINITE:
        return False
    return not second.endswith(("ly", "s", "ed", "t"))


def _is_adverb(word: str) -> bool:
    return word.endswith("ly") and len(word) > 4 and word not in _LY
