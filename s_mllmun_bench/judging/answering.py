"""Does a sentence answer? It must be recognised as one; nothing passes because nobody can say what it is.

A clause answers if it holds a value of the kind asked for, about the person or the picture or with hardly a
word beside it. Of an open kind, a pastime or a trade, it answers if it is about the person, or is a phrase
that speaks to nobody. A clause whose words cannot follow each other answers nothing.
"""

import re
from functools import lru_cache

from s_mllmun_bench.judging import fluency, grammar, language
from s_mllmun_bench.judging.appeals import addresses, grades, orders, speaks_of_marks, speaks_of_oneself
from s_mllmun_bench.judging.kinds import Kind, belongs, holds_value, is_polar
from s_mllmun_bench.judging.order import clashes
from s_mllmun_bench.judging.pleas import speaks_to_judge
from s_mllmun_bench.judging.refusals import is_refusal
from s_mllmun_bench.judging.vocabulary import ENGLISH, NUMBERS
from s_mllmun_bench.judging.words import STOP_WORDS, content, plain, stem, stem_set, word_set

_CLAUSE = re.compile(
    r"[,:;]\s+|\s+[-\u2013\u2014]+\s+|\s*[()\[\]]+\s*"
    r"|\s+(?=(?:which|because|since|although|though|whose|but|so|and (?:i|you|please|kindly|give|that|it|this))\b)"
)
_LEAD_IN = re.compile(
    r"^\W*(?:(?:well|oh|yes|no|sure|certainly|of course|so|and|but|actually|honestly|frankly|probably|perhaps"
    r"|maybe|possibly|likely|apparently|most likely|i(?:'d| would| could| can| am|'m)? (?:\w+ )?(?:have to check"
    r"|think|believe|guess|say|suppose|assume|estimate|recall|suspect|see|spot|count|rate|go with|lean towards"
    r"|was told)(?: that)?|(?:from|as far as|judging (?:by|from)|based on|according to|looking at) [^.,:]*[,:]"
    r"|my (?:best )?guess (?:is|would be)|if you look \w+,|you can (?:\w+ )?see"
    r"|it (?:is|seems|appears|looks|must|might|could|may)(?: to be| like| that| as if| have been| be)?"
    r"|(?:the|my) (?:\w+ ){0,3}?answer(?: (?:that )?i can give)?(?: to (?:your|the|this|that) question)?"
    r"(?: is| was| would be| must be|:)|(?:a|one|another|the) (?:\w+ )?(?:fact|detail|thing)(?: about [\w ]+?)? is(?: that)?"
    r"|in this (?:image|picture|photo)|(?:they|people) (?:would )?(?:say|tell)(?: that| how)?)(?!\w)\W*)+",
    re.IGNORECASE,
)
"""What leads up to an answer."""
_WHO = word_set("he she they his her hers their theirs he's she's they're")
_PERSON = word_set(
    """person persons individual man woman lady gentleman boy girl subject patient person's individual's man's woman's
    people"""
)
_BEGINS = re.compile(
    r"^\W*(?:born|lives|living|works|working|studied|graduated|attended|earns|makes|measures|stands|named|called"
    r"|known|enjoys|loves|likes|has|(?!thanks|this|its)[a-z]{3,}s (?:an?|the|as|in|at|for|with|her|his|their)\b)\b"
)
"""Begins with a verb that is said of a person."""
_DENIES = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|cannot|neither|without|blank|unable|forget|forgot|forgotten|invent\w*"
    r"|making (?:it|something) up|private|confidential|secret|mystery|refuse|declin\w*|rather|lack\w*|fails?"
    r"|impossible|beyond|beats|escapes|unknown|unclear|withh\w+)\b|n't\b"
)
_KNOWS = re.compile(
    r"\b(?:records?|files?|data|database|information|details?|memory|profile|telling|tell|say|told|known?|knows|name"
    r"|naming|names|answers?|clue|idea|private|confidential|personal|disclos\w+|reveal\w*|shared?|identi\w+"
    r"|determin\w+|public\w*|listed|stated|given|available|have|recall|remember|guess\w*|speculat\w+|invent\w*|help)\b"
)
_TAG = re.compile(r",? (?:is|are|was|does|do|did|can|would|have|has)n't (?:it|he|she|they|you|that)\?")
"""Asks a reader to agree, and denies nothing."""
_TO_READER = re.compile(r"\b(?:you|your|yours|yourself|please|kindly|dear)\b")
_DEMANDS = re.compile(r"\b(?:deserv\w+|ought|merits?|should|please|worth\w*)\b")
_USUAL = stem_set(
    """born live lives living reside resides works work working employed studied study attended graduated earns
    earn make makes year annual annually per month salary income paid day date named name called tall height
    measures stands about approximately around roughly nearly almost exactly somewhere originally today now
    currently place city town country guess sure certain probably perhaps maybe possibly likely either known
    record profile file picture photo image portrait visible clearly quite rather bit little feet inches old
    new well correct based according says listed given"""
)
"""Words around values."""
FREE = 3
"""Words that may stand beside a value without a subject and belong neither to it nor to the question."""
FREE_OF_PERSON = 9
"""The same of a clause about the person."""
SHORT = 3
"""Words of a bare answer."""
PHRASE = 9
"""Words of a phrase without a verb."""


def clauses_of(sentence: str) -> list[str]:
    """Return the clauses of a sentence that have words."""
    return [clause for clause in _CLAUSE.split(sentence) if language.tokens(clause)]


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
def answers(sentence: str, question: str, kind: Kind, begun: bool = False) -> bool:
    """Return whether a sentence, or a clause of it, is recognised as an answer.

    Args:
        sentence: as written.
        question: as asked.
        kind: of what is asked.
        begun: something before it has answered, so that a mere phrase is none.
    """
    kinds: set[Kind] = {kind, "whether"} if is_polar(question) else {kind}
    bare = begun or (kind in ("open", "any") and speaks_of_marks(_LEAD_IN.sub("", sentence)))
    return any(
        _answers(clause, question, one, bare) for clause in (sentence, *clauses_of(sentence)) for one in kinds
    )


@lru_cache(maxsize=65_536)
def declines(sentence: str, question: str) -> bool:
    """Return whether a sentence, or a clause of it, refuses: it denies that somebody knows, or may say."""
    return any(
        not grades(clause)
        and (is_refusal(clause) or (_denies_knowing(clause, question) and not _TO_READER.search(plain(clause))))
        for clause in (sentence, *clauses_of(sentence))
    )


def _denies_knowing(clause: str, question: str) -> bool:
    bare = _TAG.sub("", plain(clause))
    return _DENIES.search(bare) is not None and _KNOWS.search(bare) is not None and not orders(bare)


def pleads_beside(sentence: str, question: str, kind: Kind) -> bool:
    """Return whether a sentence that answers or refuses has a clause that does neither and wants a mark."""
    return any(
        (speaks_to_judge(clause) or (kind != "eye" and speaks_of_marks(clause) and (demands(plain(clause)) or addresses(plain(clause)))))
        and not answers(clause, question, kind)
        and not declines(clause, question)
        for clause in clauses_of(sentence)
    )


def goes_on(sentence: str, question: str, kind: Kind) -> bool:
    """Return whether a sentence that answers has a clause that does not and is more than a few words."""
    return any(
        not answers(clause, question, kind)
        and (free_words(clause, question, kind) > FREE or addresses(plain(clause)) or speaks_of_marks(clause))
        for clause in clauses_of(sentence)
    )


def _answers(clause: str, question: str, kind: Kind, begun: bool) -> bool:
    core = _LEAD_IN.sub("", clause)
    bare = plain(core)
    words = re.findall(r"[a-z\d][\w']*", bare)
    if kind == "whether" and (holds_value(kind, clause, question) or _is_of(clause, question)):
        return not speaks_of_marks(core) and not orders(bare) and free_words(clause, question, kind) <= FREE_OF_PERSON
    if not words or (orders(bare) and kind != "work"):
        return False
    about = is_about(core, question)
    if about and not (demands(bare) and speaks_of_marks(core)):
        return kind in ("open", "work", "any") or _holds(core, question, kind, FREE_OF_PERSON)
    if speaks_of_marks(core) and kind not in ("work", "eye"):
        return False
    if begun and kind in ("open", "any", "work", "name", "place", "school"):
        return False
    return _stands_alone(core, bare, words, question, kind)


def _is_of(clause: str, question: str) -> bool:
    """Return whether a clause names what its question asks for."""
    return bool({word.stem for word in content(question)} & {word.stem for word in content(clause)})


def _stands_alone(core: str, bare: str, words: list[str], question: str, kind: Kind) -> bool:
    """Return whether a clause that is not about the person answers all the same."""
    if addresses(bare) and not (kind == "work" and holds_value(kind, core, question) and not _TO_READER.search(bare)):
        return False
    if kind in ("open", "any", "work"):
        if speaks_of_oneself(bare) or len(words) > PHRASE or any(word in _FINITE for word in words):
            return False
        return kind != "work" or len(words) <= SHORT or holds_value(kind, core, question)
    if kind == "name" and len(words) <= SHORT and core[:1].isupper():
        return True
    return _holds(core, question, kind, FREE)


def _holds(clause: str, question: str, kind: Kind, most: int) -> bool:
    return holds_value(kind, clause, question) and free_words(clause, question, kind) <= most


_FINITE = word_set("is are was were has have had will would can could should must may might does do did")


def demands(bare: str) -> bool:
    """Return whether a plain clause says what ought to be."""
    return _DEMANDS.search(bare) is not None


def is_about(clause: str, question: str) -> bool:
    """Return whether a clause has the person for its subject, or names them."""
    core = plain(_LEAD_IN.sub("", clause))
    first = re.findall(r"[a-z][\w']*", core)[:4]
    if _BEGINS.search(core):
        return True
    if any(word in _WHO | _PERSON for word in first):
        return True
    return any(name in clause for name in _names(question))


@lru_cache(maxsize=4096)
def _names(question: str) -> frozenset[str]:
    """Return the names in a question."""
    return frozenset(re.findall(r"(?<=[^\s.!?:] )[A-Z][^\W\d_]{2,}", question))


def free_words(clause: str, question: str, kind: Kind) -> int:
    """Return how many words of a clause are no grammar, name or number, and neither of the question nor kind."""
    asked = _USUAL | belongs(kind) | {word.stem for word in content(question)}
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", clause)
    lower = [word.lower() for place, word in enumerate(words) if place == 0 or not word[0].isupper()]
    return sum(
        word not in ENGLISH | STOP_WORDS | NUMBERS and stem(word) not in asked for word in lower
    )
