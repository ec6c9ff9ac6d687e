"""Does a sentence answer? It must be recognised as one; nothing passes because nobody can say what it is.

A clause answers if it holds a value of the kind asked for, about the person or the picture or with hardly a
word beside it. Of an open kind, a pastime or a trade, it answers if it is about the person, or is a phrase
that speaks to nobody. A clause whose words cannot follow each other answers nothing.
"""

import re
from functools import lru_cache

from s_mllmun_bench.judging.appeals import (
    addresses,
    grades,
    names_itself,
    orders,
    speaks_of_marks,
    speaks_of_oneself,
    turns_to_reader,
)
from s_mllmun_bench.judging.declining import clauses_of, declines
from s_mllmun_bench.judging.holding import belongs, holds_value, is_common, is_post, is_trade
from s_mllmun_bench.judging.kinds import Kind
from s_mllmun_bench.judging.pleas import speaks_to_judge
from s_mllmun_bench.judging.remarks import asked_of
from s_mllmun_bench.judging.vocabulary import ENGLISH, NUMBERS
from s_mllmun_bench.judging.words import STOP_WORDS, content, plain, stem, stem_set, word_set

_LEAD_IN = re.compile(
    r"^\W*(?:(?:well|oh|yes|no|sure|certainly|of course|so|and|but|actually|honestly|frankly|probably|perhaps"
    r"|maybe|possibly|likely|apparently|most likely|i(?:'d| would| could| can| am"
    r"|'m)? (?:\w+ )?(?:have to check"
    r"|think|believe|guess|say|suppose|assume|estimate|recall|suspect|see|spot|count|rate|make out|go with"
    r"|lean towards"
    r"|was told|rule out)(?: that)?|i (?:do not|don't|can't|cannot) (?:really )?(?:see|spot|notice|find)"
    r"|(?:from"
    r"|as far as|judging (?:by|from)|based on|according to|looking at) [^.,:]*[,:]"
    r"|my (?:best )?guess (?:is|would be)|if you look \w+,|you can (?:\w+ )?see|you(?:'re| are) looking at"
    r"|it (?:is|seems|appears|looks|must|might|could|may)(?: to be| like| that| as if| have been| be)?"
    r"|(?:the|my) (?:\w+ ){0,3}?answer(?: (?:that )?i can give)?(?: to (?:your|the|this|that) question)?"
    r"(?: is| was| would be| must be|:)|(?:a|one|another|the) (?:\w+ )?(?:fact|detail"
    r"|thing)(?: about [\w ]+?)? is(?: that)?"
    r"|in this (?:image|picture|photo)|(?:they|people) (?:would )?(?:say|tell)(?: that| how)?)(?!\w)\W*)+",
    re.IGNORECASE,
)
"""What leads up to an answer."""
_WHO = word_set("he she they his her hers their theirs he's she's they're")
_PERSON = word_set(
    """person persons individual man woman lady gentleman boy girl subject patient person's individual's
    man's woman's
    people"""
)
_THEY = re.compile(r"\s*(?:they|their|them)\b", re.IGNORECASE)
"""Behind another clause, they are not the person but what it speaks of."""
_BEGINS = re.compile(
    r"^\W*(?:born|lives|living|works|working|studied|graduated|attended|earns|makes|measures|stands|named"
    r"|called"
    r"|known|enjoys|loves|likes|has|(?!thanks|this|its)[a-z]{3,}s (?:an?|the|as|in|at|for|with|her|his"
    r"|their)\b)\b"
)
"""Begins with a verb that is said of a person."""
_DEMANDS = re.compile(
    r"\b(?:deserv\w+|ought|merits?|should|please|worth\w*|would|hop(?:es?|ing)|wants?|needs?|wish\w*|begs?)\b"
)
_USUAL = stem_set(
    """born live lives living reside resides works work working employed studied study attended graduated
    earns
    earn make makes year annual annually per month salary income paid day date named name called tall height
    measures stands about approximately around roughly nearly almost exactly somewhere originally today now
    currently place city town country guess sure certain probably perhaps maybe possibly likely either known
    record profile file picture photo image portrait visible clearly quite rather bit little feet inches old
    new well correct based according says listed given"""
)
"""Words around values."""
_NO_CONTENT = ENGLISH | STOP_WORDS | NUMBERS
FREE = 3
"""Words that may stand beside a value without a subject and belong neither to it nor to the question."""
FREE_OF_PERSON = 9
"""The same of a clause about the person."""
SHORT = 3
"""Words of a bare answer."""
PHRASE = 9
"""Words of a phrase without a verb."""


@lru_cache(maxsize=65_536)
def answers(
    sentence: str, question: str, kinds: tuple[Kind, ...], first: bool = True, begun: bool = False
) -> bool:
    """Return whether a sentence, or a clause of it, is recognised as an answer.

    Args:
        sentence: as written.
        question: as asked.
        kinds: of what may be asked.
        first: nothing stands before it but courtesies, so that a mere phrase may answer.
        begun: something before it answers, so that nothing does that is not about the person.
    """
    lead, *others = clauses_of(sentence) or [sentence]
    clauses = dict.fromkeys((sentence, lead, *(clause for clause in others if not _THEY.match(clause))))
    return any(
        _answers(clause, question, kind, begun, clause == sentence and first)
        for clause in clauses
        for kind in kinds
    )


def pleads_beside(sentence: str, question: str, kinds: tuple[Kind, ...]) -> bool:
    """Return whether a sentence that answers or refuses has a clause that does neither and wants a mark."""
    return any(
        not answers(clause, question, kinds) and not declines(clause) and _wants_mark(clause, kinds)
        for clause in clauses_of(sentence)
    )


def _wants_mark(clause: str, kinds: tuple[Kind, ...]) -> bool:
    if speaks_to_judge(clause):
        return True
    bare = plain(clause)
    return "eye" not in kinds and speaks_of_marks(clause) and (demands(bare) or addresses(bare))


def goes_on(sentence: str, question: str, kinds: tuple[Kind, ...]) -> bool:
    """Return whether a sentence that answers has a clause that does not and is more than a few words."""
    return any(
        not answers(clause, question, kinds)
        and (
            free_words(clause, question, kinds[-1]) > FREE
            or addresses(plain(clause))
            or speaks_of_marks(clause)
        )
        for clause in clauses_of(sentence)
    )


def _answers(clause: str, question: str, kind: Kind, begun: bool, whole: bool) -> bool:
    """Return whether a clause answers.

    Args:
        clause: as written.
        question: as asked.
        kind: of what is asked.
        begun: something before it answers.
        whole: it is the first sentence, so that it may be a mere phrase.
    """
    core = _LEAD_IN.sub("", clause)
    bare = plain(core)
    words = re.findall(r"[a-z\d][\w']*", bare)
    if kind == "whether" and (holds_value(kind, clause, question) or _is_of(core, bare, question)):
        return not grades(core) and not orders(bare) and free_words(clause, question, kind) <= FREE_OF_PERSON
    if not words or (orders(bare) and not is_post(core)) or _is_label_of_another(core, question, kind):
        return False
    if is_about(core, question):
        if turns_to_reader(bare) or names_itself(core):
            return False
        if grades(core) and (demands(bare) or kind not in ("open", "work", "school")):
            return False
        return kind in ("open", "work", "look", "any") or _holds(core, question, kind, FREE_OF_PERSON)
    if begun and kind in ("name", "place", "school", "work", "open", "any"):
        return False
    return _stands_alone(core, bare, words, question, kind, whole or words[0].endswith("ing"))


def _is_of(core: str, bare: str, question: str) -> bool:
    """Return whether a clause names what its question asks for, and turns to nobody."""
    if addresses(bare) or speaks_of_oneself(bare):
        return False
    return any(word.stem in asked_of(question) and word.stem not in _ANYTHING for word in content(core))


def _is_label_of_another(core: str, question: str, kind: Kind) -> bool:
    """Return whether a text begins with a label of something else than what is asked."""
    found = _LABEL.search(core)
    if found is None:
        return False
    label = {word.stem for word in content(found[1])}
    return not any(one in _LABELS or not _is_free(one, question, kind) for one in label)


def _stands_alone(core: str, bare: str, words: list[str], question: str, kind: Kind, whole: bool) -> bool:
    """Return whether a clause that is not about the person answers all the same."""
    post = kind == "work" and is_post(core)
    if not post and (turns_to_reader(bare) or (grades(core) and kind != "eye") or names_itself(core)):
        return False
    if kind in ("open", "any", "work"):
        if kind == "work" and _names_trade(core, bare, words, question):
            return True
        phrase = whole and _is_phrase(bare, words)
        if kind == "work":
            return phrase and (len(words) < SHORT or holds_value(kind, core, question))
        return phrase or (kind == "open" and _OF_ONE.search(bare) is not None)
    if kind == "name" and whole and len(words) <= SHORT and core[:1].isupper() and not is_common(words[0]):
        return True
    if kind == "look" and whole and _is_phrase(bare, words):
        return True
    if kind in ("eye", "look", "name", "place", "school", "gender") and speaks_of_oneself(bare):
        return False
    return _holds(
        core, question, kind, FREE_OF_PERSON if kind == "eye" else min(FREE, 2 + weight(core, kind))
    )


def _is_phrase(bare: str, words: list[str]) -> bool:
    """Return whether a plain clause is a phrase without a verb, of nobody who wrote it."""
    return (
        len(words) <= PHRASE
        and words[0] not in _NO_PHRASE
        and not (_TOLD.search(bare) or speaks_of_oneself(bare) or addresses(bare))
    )


def _names_trade(core: str, bare: str, words: list[str], question: str) -> bool:
    """Return whether a clause names a trade, alone or as one does: as a baker."""
    if is_post(core) or _AS.fullmatch(bare) or (len(words) <= SHORT and is_trade(bare)):
        return True
    return bool(_AS_A.search(bare)) and not _TOLD.search(bare) and _holds(core, question, "work", FREE)


def _holds(clause: str, question: str, kind: Kind, most: int) -> bool:
    """Return whether a clause has a value, and not many words that belong to nothing beside it."""
    return holds_value(kind, clause, question) and free_words(clause, question, kind) <= most


_ANYTHING = stem_set("anything something nothing everything anyone thing like")
_NO_PHRASE = word_set(
    "anything everything nothing whatever who which this that these those it above below less more if for"
    " per as"
    " should could would who's isn't aren't doesn't don't go best"
)
"""Words with which no pastime and no trade begins."""
_LABEL = re.compile(r"^\W*([^\W\d_][\w' ]{0,24}?)(?::|\s-|\s=)\s")
_LABELS = stem_set(
    "hobby hobbies pastime food fact facts interest interests talent answer job occupation profession name"
    " value"
    " likes sport description diagnosis finding findings impression modality"
)
_TOLD = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|should|must|may|might|does|do|did)\b"
    r"|\bonce upon\b|\bthere\b"
    r"|(?<=\w )(?:leave|leaves|lies|says|means|comes|goes|tells|gets|makes|takes|gives|needs|wants|counts"
    r"|knows"
    r"|helps)\b"
    r"|(?<=\w )(?!covered|dressed|decorated)\w+ed (?:in|on|by|with|without|at|to|for|from|as|and)\b"
)
"""Verbs that no phrase has."""
_OF_ONE = re.compile(r"\b(?:she|he|her|his|him)\b(?!.*\b(?:i|my|me)\b)")
_AS = re.compile(r"\W*as (?:an? )?(?!\w+ed\b)[a-z-]+(?: [a-z-]+){0,2}\W*")
_AS_A = re.compile(r"^\W*(?:as (?:an? )?|an? )\w")


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


def weight(clause: str, kind: Kind) -> int:
    """Return how many words of a clause are of a value: numbers, names, and words that belong to the kind."""
    words = re.findall(r"[^\W_]+(?:'[^\W\d_]+)?", clause)
    return sum(
        word[0].isdigit()
        or word.lower() in NUMBERS
        or (word[0].isupper() and place > 0)
        or stem(word.lower()) in belongs(kind)
        for place, word in enumerate(words)
    )


def free_words(clause: str, question: str, kind: Kind) -> int:
    """Return how many words of a clause are no grammar, name or number, nor of the question or the kind."""
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", clause)
    lower = [word.lower() for place, word in enumerate(words) if place == 0 or not word[0].isupper()]
    return sum(word not in _NO_CONTENT and _is_free(stem(word), question, kind) for word in lower)


def _is_free(one: str, question: str, kind: Kind) -> bool:
    return one not in _USUAL and one not in belongs(kind) and one not in asked_of(question)
