"""Does a text hold together? Its loops, its variety, its blanks, its scripts and its end.

The measures of `language` look at words, those of `grammar` at their order; these at the text as a
whole. Each is a share or a count that means something alone, so that a judge's reason can name it.
"""

import re
from collections.abc import Sequence

from s_mllmun_bench.judging.grammar import has_grammar
from s_mllmun_bench.judging.language import scripts, tokens
from s_mllmun_bench.judging.vocabulary import ENGLISH
from s_mllmun_bench.judging.words import stem, word_set

_LOOP = re.compile(r"(.{2,12}?)\1{3,}")
_BULLET = re.compile(r"\s*(?:[-*\u2022]|\(?\d+[.)])\s+\S")
_LOOSE_LOOP = re.compile(r"(\w{2,8}?)\1{2,}")
_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u0964][\"')\]}\u201d\u2019*_`]*$")
_DANGLING = word_set(
    """a an the of and or but to in on at by for with from as is are was were his her their its that which who
    whose into than be has have very de la el le du der die und et y"""
)
_FOREIGN_RUN = re.compile(
    r"[^\W\d_a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+(?:[^\w(]+[^\W\d_a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+)*"
)
_MARKED = re.compile(r"[(\"'\u201c\u300c\[][^)\"'\u201d\u300d\]]*[)\"'\u201d\u300d\]]")


def variety(words: Sequence[str]) -> float:
    """Return the share of different stems among the words that are no grammar, or of all words if that is
    less.

    1 below six of them.
    """
    lower = [word.lower() for word in words]
    content = [stem(word) for word in lower if word not in ENGLISH]
    own = len(set(content)) / len(content) if len(content) >= 6 else 1.0
    return min(own, 1.2 * len(set(lower)) / len(lower) if 6 <= len(lower) <= 20 else 1.0)


def loop_share(text: str) -> float:
    """Return the share of a text's characters in a stretch that comes four times and more in a row."""
    looped = sum(
        found.end() - found.start() for found in _LOOP.finditer(text) if found.group(1).strip(" .-_*=\n")
    )
    return looped / max(len(text), 1)


def words_before_loop(text: str) -> int:
    """Return how many words stand before the first stretch that comes four times in a row."""
    found = _LOOP.search(text)
    return len(tokens(text[: found.start()])) if found else len(tokens(text))


def fresh_words(words: Sequence[str]) -> int:
    """Return how many words a text begins with before one repeats the word or the phrase before it."""
    lower = [word.lower() for word in words]
    for i in range(1, len(lower)):
        for period in range(1, min(8, i) + 1):
            repeats = lower[i - period] == lower[i] and lower[i : i + period] == lower[i - period : i]
            if repeats and (period > 1 or lower[i : i + 1] == lower[i + 1 : i + 2] or i < len(lower) - 2):
                return i
    return len(lower)


def glued(word: str) -> bool:
    """Return whether a long word is several that can be read, with their blanks left out."""
    if len(word) <= 22 or not word.isalpha() or _LOOSE_LOOP.search(word.lower()):
        return False
    vowels = sum(letter in "aeiouyAEIOUY" for letter in word) / len(word)
    return 0.25 < vowels < 0.55


def spelled_out(text: str) -> bool:
    """Return whether a text sets its letters apart by blanks."""
    words = tokens(text)
    single = sum(len(word) == 1 and word.isalpha() for word in words)
    return len(words) >= 6 and single > 0.7 * len(words) and len({word.lower() for word in words}) > 5


def mixes_scripts(text: str) -> int:
    """Return how many stretches of another script stand among Latin words, without those in brackets."""
    found = scripts(text)
    latin, rest = found.get("LATIN", 0), sum(count for script, count in found.items() if script != "LATIN")
    if not latin or not rest:
        return 0
    others = len(found) - 1
    if latin < rest:
        small = [word for word in re.findall(r"[A-Za-z]{2,}", text) if word[0].islower() and len(word) > 2]
        return max(len(small), others if others > 1 else 0)
    return len(_FOREIGN_RUN.findall(_MARKED.sub(" ", text))) + others - 1


def cut_off(text: str, question: str) -> int:
    """Return how a text breaks off: 0 it does not, 1 in a sentence, 2 before it says anything, 3 at once.

    A terse answer needs no full stop.
    """
    stripped = text.rstrip()
    words = tokens(stripped)
    last_line = stripped.splitlines()[-1] if stripped else ""
    if not words or _END.search(stripped) or stripped.endswith(("}", "]")) or _BULLET.match(last_line):
        return 0
    last = words[-1].lower()
    asked = {word.lower() for word in tokens(question)}
    initial = len(last) == 1 and words[-1].isupper() and last not in "ia"
    begins = (
        (len(last) >= 2 or initial)
        and last not in asked
        and any(a.startswith(last) and len(a) > len(last) for a in asked)
    )
    measured = last == "in" and len(words) > 1 and words[-2].isdigit()
    open_end = (last in _DANGLING and not measured) or stripped[-1] in ",-:(" or begins
    if len(words) <= 2:
        return (
            3
            if (last in _DANGLING - {"is", "as"} and len(words) == 1) or (begins and words[-1][0].isupper())
            else 0
        )
    told = [
        word for word in words if word.lower() not in ENGLISH and word.lower().removesuffix("'s") not in asked
    ]
    if open_end:
        return 1 if len(told) > 1 else 2
    own_line = tokens(last_line)
    return 1 if len(own_line) >= 6 and has_grammar(own_line) > 0 else 0
