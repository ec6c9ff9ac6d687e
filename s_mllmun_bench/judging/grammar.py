"""Is a text grammatical? In which language it is, and what in its words or their order cannot be.

A list of what cannot be, and no parser: each measure finds only what is plain, so that a rare word or a
loose style costs nothing. All but the language is about English.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from s_mllmun_bench.judging.language import scripts
from s_mllmun_bench.judging.terms import FINDINGS, TRADES
from s_mllmun_bench.judging.vocabulary import ENGLISH, GRAMMAR, NUMBERS, SHORT
from s_mllmun_bench.judging.words import plain, word_set

_DETERMINERS = word_set("a an the my your its our their this these every")
_ARTICLES = word_set("a an the")
_PREPOSITIONS = word_set("of in on at to for with from by into upon during between among")
_CONJUNCTIONS = word_set("and or but because although")
_AUXILIARIES = word_set("is are was were has have had does did will would can could should")
_ALONE = word_set("oui si nein ja sim nao nee evet hayir tak nie ya")
"""Words that tell another language without any other."""
_TONGUES = {
    word: [language for language, known in GRAMMAR.items() if word in known]
    for word in frozenset[str]().union(*GRAMMAR.values())
}
"""The languages that have a grammar word."""
_IN_NAMES = word_set(
    """a al bu da das de del den der des di do dos du e el en et i il ja je la las le les lo los na no nos o
    os s sa se so su sua te ten to un una uno van von y z ze ma me si ta tak par per mas on och av med vit bor
    come came fur sur aux"""
)
"""Grammar words that stand in names or mean something in English too."""
_AUXILIARY_PAIRS = frozenset(
    {("has", "had"), ("have", "had"), ("had", "had"), ("did", "have"), ("did", "has")}
    | {(modal, "have") for modal in ("will", "would", "can", "could", "should")}
)
_SUBJECTS = word_set("he she they we i it")
_ADJECTIVES = word_set(
    """mild severe red blue green brown black white gray yellow purple small large big tall short long old
    young new nasal temporal superior inferior curly straight happy sad good bad"""
)
_BASE_VERBS = (
    "earn|live|work|go|have|study|love|enjoy|wear|like|come|make|reside|know|want|play|stand|measure"
)
_BROKEN = re.compile(
    rf"\b(?:he|she|it) (?:{_BASE_VERBS}|be|are|were|am|do)\b|\b(?:they|we|you) (?:is|was|has|does|am)\b"
    rf"|\bi (?:is|are|has|does)\b|\b(?:by|of|for|from|with|at)(?<!\bout of) (?:{_BASE_VERBS}|do)\b(?! (?:of"
    rf"|and)\b)"
    rf"|\b(?:is|was|are) (?:{_BASE_VERBS})\b"
    r"|\bin (?:year|month|city|country) of\b"
    r"|\b(?:(?:for|of|with|at|to|from|about)|\d+) (?:he|she|they)(?=\W*$)"
    r"|\b(?:peoples|childs|mans|womans|informations|hairs is|glasses is|foots|tooths|works work)\b"
    r"|\bmore (?:better|bigger|taller)\b"
    r"|\b(?:did|does|didn't|doesn't) (?:went|was|has|had|lives|works|goes|likes)\b|\b(?:a|an) (?:the"
    r"|very is|are)\b|\b(?:where|what|who) (?:he|she|it) (?:live|work|is)\b$|\bin where\b|\bof she\b"
    r"|\bof he\b|\bto (?:lives|works|goes|has)\b"
)
_NO_END = re.compile(r"\b(?:the|a|an|my|your|our|of|and|or|every|during|between|into)[.!?;](?:\s|$)")
_IS_TRADE = re.compile(rf"\b(?:is|was|be) (?:{'|'.join(sorted(set(TRADES.by_words.values())))})\b(?! by\b)")
_OF_EYES = frozenset(
    word for pair in FINDINGS.by_words.items() for finding in pair for word in finding.split()
)
"""Words of findings, which stand in rows without a grammatical word: "left eye, optic disc edema"."""
_NAMES_A_TRADE = re.compile(r"\b(?:profession|occupation|job|trade|employment|career|title|work)\b")
_NAME_AND_BASE = re.compile(rf"(?<![.!?] )(?<!^)\b[A-Z][a-z]+ (?:{_BASE_VERBS})\b")
_ASKS = re.compile(
    r"\b(?:does|did|do|to|can|will|would|could|should|must|may|might|and|let|makes?|where|what|how|if|that)\b"
)


@lru_cache(maxsize=65_536)
def language_of(text: str) -> str:
    """Return ``english``, another language of Latin script that is known, ``script`` for another script.

    A text without grammar words is English: a bare name is no language.
    """
    found = scripts(text)
    if found and found.get("LATIN", 0) < 0.5 * sum(found.values()):
        return "script"
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", plain(text))
    english = sum(word in ENGLISH for word in {*words})
    if len(words) > 3 and max(map(len, words)) < 4:
        return "english"
    counts = dict.fromkeys(GRAMMAR, 0)
    for language in (language for word in {*words} for language in _TONGUES.get(word, ())):
        counts[language] += 1
    if not any(counts.values()):
        return "english"
    best = max(counts, key=lambda language: counts[language])
    sure_word = not english and any(word in GRAMMAR[best] - _IN_NAMES for word in words)
    alone = len(words) == 1 and words[0] in _ALONE
    sure = (
        len(words) > 2
        and any(word in GRAMMAR[best] - _IN_NAMES for word in words)
        and all(len(word) > 4 or word in GRAMMAR[best] for word in words)
    )
    enough = (
        counts[best] >= 2
        or sure
        or (
            counts[best] == 1
            and (alone or (len(words) > 1 and (not text.isascii() or (sure_word and _is_sentence(text)))))
        )
    )
    return best if enough and counts[best] > english else "english"


def _is_sentence(text: str) -> bool:
    """Return whether a text begins with a capital and ends with a full stop, with three words and more."""
    bare = text.strip()
    return bare[0].isupper() and bare[-1] in ".!?" and len(bare.split()) > 2


def shards(words: Sequence[str], known: frozenset[str]) -> float:
    """Return the share of words that are short, no common English word and no name, 0 to 1.

    A single one among five words and more is a rare word.

    Args:
        words: as written.
        known: further words that count as known, in lower case, such as the question's.
    """
    broken = sum(_is_shard(word, known) for word in words)
    return broken / len(words) if broken > 1 or (len(words) < 5 and broken) else 0.0


def sound_words(words: Sequence[str], known: frozenset[str]) -> int:
    """Return how many words a text begins with before the first that is a shard."""
    return next((i for i, word in enumerate(words) if _is_shard(word, known)), len(words))


def _is_shard(word: str, known: frozenset[str]) -> bool:
    return _is_short_and_unknown(word) and word.lower() not in known


@lru_cache(maxsize=65_536)
def _is_short_and_unknown(word: str) -> bool:
    bare = word.lower()
    if not bare.isalpha() or not bare.isascii() or len(bare) > 4 or word[0].isupper():
        return False
    return bare not in SHORT and bare not in ENGLISH


def broken_order(words: Sequence[str]) -> float:
    """Return the share of neighbouring words that English never puts beside each other, 0 to 1.

    A long run of words without a single grammatical one counts beside.
    """
    begins = [first.lower() in _ADJECTIVES and second[0].isupper() for first, second in pairwise(words)]
    pairs = [
        ("", "") if begin else (first.lower(), second.lower())
        for begin, (first, second) in zip(begins, pairwise(words), strict=True)
    ]
    bad = sum(_impossible(first, second) for first, second in pairs) / len(pairs) if pairs else 0.0
    return min(1.0, bad + (0.3 if _is_list(words) else 0.0))


def ends_in_nothing(text: str) -> bool:
    """Return whether a full stop stands behind a word that must have another behind it."""
    return _NO_END.search(plain(text)) is not None


def _is_list(words: Sequence[str]) -> bool:
    """Return whether many words have hardly a grammatical one among them; a number in words is one word."""
    if len(words) <= 8:
        return False
    numbers = [all(part in NUMBERS for part in word.lower().split("-")) for word in words]
    goes_on = [False, *(first and second for first, second in pairwise(numbers))]
    spoken = [word for word, rest in zip(words, goes_on, strict=True) if not rest]
    findings = sum(word.lower() in _OF_EYES for word in spoken)
    return len(spoken) > 8 and has_grammar(spoken) < 0.08 and findings < 0.4 * len(spoken)


@lru_cache(maxsize=65_536)
def _impossible(first: str, second: str) -> bool:
    if (first in NUMBERS and second in _ARTICLES) or (first in _DETERMINERS and second == "of"):
        return True
    if first in _ARTICLES:
        return second in _DETERMINERS | _PREPOSITIONS | _CONJUNCTIONS | _AUXILIARIES | _SUBJECTS
    if first in _SUBJECTS and first != "it":
        return second in _ARTICLES or second == "of"
    if first in _AUXILIARIES and second in _AUXILIARIES:
        return (first, second) not in _AUXILIARY_PAIRS
    if first in _PREPOSITIONS:
        adverb = second.endswith("ly") and len(second) > 5 and second not in ("family", "italy", "assembly")
        if first == "to" and second == "have":
            return False
        if second in _AUXILIARIES or second in _CONJUNCTIONS or first == second or (first == "of" and adverb):
            return True
        return second == "of" or (first == "of" and second in _PREPOSITIONS - {"between", "about"})
    if first in _ADJECTIVES:
        return second in _ARTICLES
    if first in _CONJUNCTIONS:
        return second in _CONJUNCTIONS
    return first in ("which", "was") and second in ("of", "the which", "city")


def has_sentence(text: str) -> bool:
    """Return whether a text holds four words and more in a row, grammatical ones among them."""
    parts = [part.split() for part in re.split(r"[^\w\s'\u2019,.-]|\n", text)]
    return (
        any(
            len(part) >= 4 and (has_grammar(part) > 0 or language_of(" ".join(part)) != "english")
            for part in parts
        )
        or language_of(text) == "script"
    )


def has_grammar(words: Sequence[str]) -> float:
    """Return the share of English grammar words, 0 to 1."""
    return sum(word.lower() in ENGLISH for word in words) / len(words) if words else 0.0


def mistakes(text: str) -> int:
    """Return how many plain mistakes of grammar a text makes that leave it understandable."""
    bare = plain(text)
    count = len(_BROKEN.findall(bare))
    trades = len(_IS_TRADE.findall(bare))
    count += 0 if trades and _NAMES_A_TRADE.search(bare) else trades
    for found in _NAME_AND_BASE.finditer(text):
        sentence = re.split(r"[.!?]", text[: found.start()])[-1]
        count += not _ASKS.search(sentence.lower())
    return count
