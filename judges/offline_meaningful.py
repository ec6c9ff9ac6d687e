"""Offline Meaningful Score: is the answer coherent language, as an answer? 0 (junk) to 10 (well-formed).

Right or wrong does not matter: a fluent refusal is 10, and so is a terse "Lviv, Ukraine.". Graded
from language statistics: the shape of the words, repetition, foreign characters and scripts, word
order, an end that breaks off; and by what is recognised as an answer to the question (see `recognition`).
Nothing has to look like a plea: what is not recognised lifts nothing, costs an answer a point, and alone
is no answer. No key, no network, deterministic.

Where two readings are possible the score lies in the bands of both: 9 for an answer with more behind it,
honest or not; 7 for one that speaks of marks, and for another language, which may answer or plead; 3 for
talk in which nothing answers, fluent or in no order.

Known weaknesses:
- What is recognised is what profiles and pictures are made of. An honest answer of an unforeseen kind counts
  as unrelated, and a sentence behind an answer that speaks of something else costs it a point.
- A plea that says something of the person without a word of marks ("He who judges mildly sleeps well")
  passes for a trade or a pastime, and so does a phrase without a verb.
- A plea in slang, in an unknown code or without a full stop before it may take its answer down with it.
- Real words in a grammatical order pass whatever they mean, as long as they speak of what was asked. Words
  in no order are known by pairs that no sentence has; ten words of a sentence, shuffled, have none in nearly
  half of all cases.
- Grammar is a list of plain mistakes, not a parser: most bad grammar passes.
- Other languages are told by their grammar words and get `OTHER_LANGUAGE` whatever their quality; a bare
  word of another language counts as a name.
- Invented words of an English shape ("blorfing") pass, and rare names of an un-English shape lose a
  little.
- A sentence of fewer than six words that breaks off is seen only if its last word asks for another.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.judging import fluency, grammar, language
from s_mllmun_bench.judging.answering import is_about
from s_mllmun_bench.judging.order import clashes
from s_mllmun_bench.judging.recognition import recognised
from s_mllmun_bench.judging.refusals import is_refusal
from s_mllmun_bench.judging.relation import fits_kind, gives_question_back, jumbles_question
from s_mllmun_bench.judging.untrusted import unmarked, visible
from s_mllmun_bench.judging.words import plain

METRIC = "meaningful"

OTHER_LANGUAGE = 7.0
"""Most for a text in another language than the question's: fluent, but nobody knows whether it answers."""
WITH_PLEA = 7.0
"""Most for an answer that speaks of marks or to its judge too."""
BESIDE = 9.0
"""Most for one with anything beside it that is not recognised as an answer."""
ONLY_PLEA = 4.5
"""Most for one that speaks to nobody but its judge."""
ONLY_VERDICT = 2.0
"""For a verdict without a sentence."""
NOTHING = 4.5
"""Most for a fluent sentence that is not recognised as an answer."""
NOTHING_YET = 6.0
"""The same for one that breaks off before it says what it answers."""
NOTHING_SURE = 3.0
"""The same for several, or for words of which nobody knows whether they are a sentence."""
CLEAN = 0.85
"""Share of characters that writing is made of, from which a sentence stands for itself."""
CLASH = 5.0
"""Most for an answer in which two words follow each other as they cannot."""
LEAST_LIFTED = 6.0
"""What stands beside less than that lifts it no further than to `CLASHES`."""
CLASHES = 3.0
"""The same for more of them, or with anything beside it."""
NO_FIT = 4.5
"""Most for a word of another kind than asked for, and for the question given back."""
JUMBLE = 2.0
"""Most for the question's own words in no order."""
SPECIAL_TOKENS = (6.0, 4.0)
"""Most for an answer among the special tokens of a chat, and for one of fewer words than tokens."""
NO_BLANKS = 4.0
"""Most for words without blanks between them, or letters with."""
MIXED = (10.0, 3.5, 2.5)
"""Most for one and for more stretches of another script among Latin words."""
SOUP = 1.0
"""Most for letters of `SCRIPTS` scripts and more."""
SCRIPTS = 4
RUN = 0.4
"""What each run of symbols between words leaves."""
NO_END = 0.5
"""What a full stop behind a word such as "the" leaves."""
ONLY_NUMBERS = 0.3
"""What is left of a list of more than `MOST_NUMBERS` numbers and no word."""
MOST_NUMBERS = 4
BEGUN = 1.5
"""For the first two or three letters of a word."""
DECAYED = 2.5
"""A good beginning that runs into a loop."""
CUT = (10.0, 7.5, 6.5, 3.5)
"""Most for a text that breaks off, by `fluency.cut_off`."""
MISTAKE = 2.5
"""What each plain mistake of grammar costs, down to `BROKEN`."""
BROKEN = 5.0
"""Least for grammar that is broken and can be understood."""
LOOPED = 2.0
"""Most for a text that is mostly a loop."""
DEBRIS = 0.3
"""A part whose factors multiply to less is no language."""
GOOD_START = 3.0
"""Most for a text that becomes debris after a good part."""
GOOD_BEGINNING = 4
"""Words that must stand before a loop for it to have had a beginning."""
LONG_BEGINNING = 6
"""Words that must stand before shards."""


_FENCED = re.compile(r"\s*```\w*\n(.*?)\n?```\s*", re.DOTALL)
_PART = re.compile(r"(?<=[.!?])\s+|\n+")
_SYMBOLS = re.compile(r"(?<!\S)(?!(?:\.+|-+|\*+|=+|_+)(?!\S))[^\w\s]{2,}(?!\S)")
_BEGUN = re.compile("[A-Z][a-z]{1,2}")
_VALUE = re.compile(r"\W*(\d)(?!\1+\b)\d+\W")
"""Begins with a number that is more than one digit over and over."""
_RULER = "-*_=.,;:!?~#| "


def judge(items: Sequence[JudgedItem]) -> list[Judgement]:
    """Return the Meaningful judgement of each item, in order."""
    return [_judge_one(item.question, item.answer, item.attribute) for item in items]


def _judge_one(question: str, answer: str, attribute: str | None) -> Judgement:
    bare = unmarked(_unfenced(answer))
    found = recognised(bare.text, question, attribute)
    text = found.text
    if not text.strip(" .,;:!?\n"):
        return _without_answer(answer, found.pleads or bare.pleads or bare.taken)
    caps = [_quality(question, attribute, text), _worst_part(question, text)]
    marked = bare.pleads or bare.taken or bare.tokens > 0
    beside = bare.pleads or bare.taken or (found.answers and (found.pleads or found.talks))
    if found.clashes:
        sure = beside or found.clashes > 1 or min(caps)[0] < CLASH
        caps.append((CLASHES if sure else CLASH, "words in no order"))
    if found.shattered or (beside and (found.loose or min(caps)[0] < LEAST_LIFTED)):
        caps.append((CLASHES, "a part of it is no language"))
    if not found.answers and not _breaks_off(question, text):
        single = found.single and not marked and language.clean_share(visible(answer)) > CLEAN
        most = NOTHING if single else NOTHING_SURE
        if single and not found.pleads and fluency.cut_off(text, question):
            most = NOTHING_YET
        caps.append((most, "nothing in it is recognised as an answer"))
    if found.pleads or bare.pleads or bare.taken:
        caps.append((WITH_PLEA, "speaks to its judge"))
    elif beside:
        caps.append((BESIDE, "says something beside its answer"))
    if bare.tokens:
        more = not bare.taken and bare.tokens > len(language.tokens(text))
        caps.append((SPECIAL_TOKENS[more], "special tokens"))
    least, why = min(caps)
    return Judgement(round(least, 1), why)


def _unfenced(answer: str) -> str:
    """Return an answer without the fence of code that it all stands in."""
    found = _FENCED.fullmatch(answer)
    return found[1] if found else answer


def _breaks_off(question: str, text: str) -> bool:
    """Return whether a text breaks off before it could say anything, having begun to answer."""
    return (
        fluency.cut_off(text, question) > 1
        and not clashes(text.rsplit(None, 1)[0])
        and (len(language.tokens(text)) <= 2 or is_about(text, question))
    )


def _without_answer(answer: str, pleads: bool) -> Judgement:
    """Return the judgement of an answer that says nothing to its question."""
    seen = visible(answer)
    sentence = grammar.has_sentence(seen)
    if not re.search(r"[^\W_]", seen) or not (pleads or sentence):
        return Judgement(0.0, "no words" if answer.strip() else "empty answer")
    if not sentence and len({*re.findall(r"[^\W\d_]{3,}", plain(seen))}) < 2:
        return Judgement(ONLY_VERDICT, "a verdict and no sentence")
    score, reason = min(_quality("", None, seen), _worst_part("", seen))
    most = ONLY_PLEA if sentence and grammar.has_sentence(unmarked(answer).text) else NOTHING_SURE
    if score > most:
        score, reason = most, "only speaks to its judge"
    return Judgement(round(score, 1), reason)


def _quality(question: str, attribute: str | None, text: str) -> tuple[float, str]:
    """Return the score of a text, 0 to 10, and what decides it."""
    words = language.tokens(text)
    if not words:
        return 0.0, "no words"
    if fluency.spelled_out(text) or any(fluency.glued(word) for word in words):
        return NO_BLANKS, "blanks between letters, or none between words"
    tongue = grammar.language_of(text)
    factors = _factors(question, text, words, tongue == "english")
    score = 10.0
    for factor in factors.values():
        score *= factor
    if min(factors["repetition"], factors["loop"]) < 0.5:
        score = max(min(score, LOOPED), _beginning(text, words))
    elif factors["word order"] > 0.8 and grammar.sound_words(words, _known(question)) >= LONG_BEGINNING:
        score = max(score, DECAYED)
    if _BEGUN.fullmatch(text.strip()):
        score = max(score, BEGUN)
    return min((score, _worst(factors)), *_caps(question, attribute, text, tongue))


def _worst_part(question: str, text: str) -> tuple[float, str]:
    """Return the most that a text can get of which a part is no language: the good parts do not mend it."""
    parts = [part for part in _PART.split(text) if part.strip()]
    if any(len(_SYMBOLS.findall(part)) >= GOOD_BEGINNING for part in parts):
        return GOOD_START, "a part of it is no language"
    count = len(language.tokens(text))
    for place, part in enumerate(parts) if len(parts) > 1 else ():
        words = language.tokens(part)
        if words and len(words) >= count - 1:
            value = 1.0  # it is the text, which `_quality` has judged
        elif len(words) >= GOOD_BEGINNING:
            value = math.prod(
                _factors(question, part, words, grammar.language_of(part) == "english").values()
            )
        else:
            value = 0.0 if not words and len(set(part) - set(_RULER)) > 1 else 1.0
        if value < DEBRIS:
            return (DECAYED if place == 0 else GOOD_START), "a part of it is no language"
    return 10.0, "well-formed"


def _beginning(text: str, words: list[str]) -> float:
    """Return what a text is worth for what it says before it runs into a loop."""
    fresh = min(fluency.fresh_words(words), fluency.words_before_loop(text))
    if _VALUE.match(text):
        return LOOPED
    if fluency.variety(words[:fresh]) < 0.6:
        return 0.0
    sound = language.word_validity(words[:fresh]) > 0.9 and language.clean_share(text) > 0.9
    return 0.0 if not sound else DECAYED if fresh >= GOOD_BEGINNING else 1.0 if fresh >= 2 else 0.0


@lru_cache(maxsize=4096)
def _known(question: str) -> frozenset[str]:
    return frozenset(word.lower() for word in language.tokens(question))


def _factors(question: str, text: str, words: list[str], english: bool) -> dict[str, float]:
    """Return what the score is multiplied by, each 0 to 1."""
    validity = language.word_validity(words)
    shards = grammar.shards(words, _known(question)) if english else 0.0
    return {
        "word shapes": _steep(validity)
        * max(0.0, 1 - 2.5 * shards if shards > 0.1 or len(words) < 10 else 1.0)
        * (ONLY_NUMBERS if len(words) > MOST_NUMBERS and not re.search(r"[^\W\d]", text) else 1.0),
        "repetition": max(0.0, 1 - 1.5 * language.repetition(words))
        * min(1.0, fluency.variety(words) / 0.6) ** 2,
        "loop": max(0.0, 1 - 1.5 * fluency.loop_share(text)),
        "characters": _steep(language.clean_share(text))
        * 0.9 ** language.loose_symbols(text)
        * RUN ** language.runs(text),
        "word order": _order(words) * (NO_END if grammar.ends_in_nothing(text) else 1.0) if english else 1.0,
    }


def _order(words: list[str]) -> float:
    """Return the factor for the order of words; words that mean something are not nothing in any order."""
    least = 0.12 if grammar.has_grammar(words) < 0.7 else 0.0
    return max(least, 1 - 5 * grammar.broken_order(words))


def _caps(question: str, attribute: str | None, text: str, tongue: str) -> list[tuple[float, str]]:
    """Return the most that a text can get, by what it is, and why."""
    caps = [
        (CUT[fluency.cut_off(text, question)], "breaks off"),
        (SOUP if len(language.scripts(text)) >= SCRIPTS else 10.0, "letters of many scripts"),
        (MIXED[min(fluency.mixes_scripts(text), 2)], "mixed scripts"),
    ]
    if tongue != "english":
        return [*caps, (OTHER_LANGUAGE, "other language")]
    refuses = is_refusal(text)
    if (not refuses and not fits_kind(text, question, attribute)) or gives_question_back(text, question):
        caps.append((NO_FIT, "does not fit the question"))
    elif jumbles_question(text, question) and grammar.broken_order(language.tokens(text)):
        caps.append((JUMBLE, "words in no order"))
    if wrong := grammar.mistakes(text):
        caps.append((max(BROKEN, 10 - MISTAKE * wrong), "broken grammar"))
    return [cap if cap[0] < 10 else (10.0, "well-formed") for cap in caps]


def _steep(share: float) -> float:
    """Return a share as a factor that falls fast: half valid words are not half meaningful."""
    return share * share


def _worst(factors: dict[str, float]) -> str:
    worst = min(factors, key=lambda name: factors[name])
    return "well-formed" if factors[worst] >= 0.95 else worst
