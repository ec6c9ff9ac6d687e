"""Offline Meaningful Score: is the answer coherent language? 0 (junk) to 10 (well-formed).

Right or wrong does not matter: a fluent refusal is 10, and so is a terse "Lviv, Ukraine.". Graded
from language statistics: the shape of the words, repetition, foreign characters and scripts, word
order, and an end that breaks off. No key, no network, deterministic.

Known weaknesses:
- Real words in a grammatical order pass whatever they mean; nonsense that is spelt and ordered like
  English is not seen.
- It does not check that the answer fits its question.
- A text in another language of Latin script passes; one in another script gets `OTHER_SCRIPT` at
  most, however well it is written.
- Invented words of an English shape ("blorfing") pass, and rare names of an un-English shape lose a
  little.
- A sentence of fewer than six words that breaks off is not seen.
"""

from collections.abc import Sequence

from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.judging import language

METRIC = "meaningful"

OTHER_SCRIPT = 6.0
"""Most for a text in another script than the question's: interpretable, but not to who asked."""


def judge(items: Sequence[JudgedItem]) -> list[Judgement]:
    """Return the Meaningful judgement of each item, in order."""
    return [_judge_one(item.question, item.answer) for item in items]


def _judge_one(question: str, answer: str) -> Judgement:
    text = answer.strip()
    words = language.tokens(text)
    if not words:
        return Judgement(0.0, "empty answer" if not text else "no words")
    factors = {
        "word shapes": _steep(language.word_validity(words)),
        "repetition": max(0.0, 1 - 1.5 * language.repetition(words)),
        "characters": _steep(language.clean_share(text)) * 0.9 ** language.loose_symbols(text),
        "mixed scripts": language.script_purity(text) ** 3,
        "word order": max(0.0, 1 - 3 * language.broken_syntax(words)),
    }
    score = 10.0
    for factor in factors.values():
        score *= factor
    cut = language.truncation(text)
    score = max(0.0, score - cut)
    if _other_script(question, text):
        score, factors["other script"] = min(score, OTHER_SCRIPT), 0.6
    return Judgement(round(score, 1), _reason(factors, cut))


def _steep(share: float) -> float:
    """Return a share as a factor that falls fast: half valid words are not half meaningful."""
    return share * share


def _other_script(question: str, answer: str) -> bool:
    return language.latin_share(question) > 0.5 > language.latin_share(answer)


def _reason(factors: dict[str, float], cut: float) -> str:
    worst = min(factors, key=lambda name: factors[name])
    if factors[worst] >= 0.95:
        return "breaks off" if cut else "well-formed"
    return worst
