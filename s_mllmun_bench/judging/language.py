"""Is a text language? Measured by repetition, the shape of its words, its characters and scripts.

Each measure is a share or a penalty that means something alone, so that a judge's reason can name
it. None needs a dictionary: names and places are in none. What is short is not therefore broken:
"Lviv, Ukraine." and "5'7"" are whole answers.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from s_mllmun_bench.judging.words import word_set

_WORD = re.compile(r"[^\W_]+(?:['\u2019.,/-][^\W_]+)*")
_NUMBER = re.compile(r"[$€£]?\d[\d.,:/'\u2019\"-]*(?:st|nd|rd|th|k|s|cm|m|kg|ft|in|px|mm)?\.?", re.IGNORECASE)
_GOOD_CASE = re.compile(r"[a-z]+|[A-Z][a-z]*|[A-Z]+s?|(?:Mc|Mac|De|Di|La|Le|Van|O)[A-Z][a-z]+")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}")
_DIGRAPH = re.compile("sch|ght|th|ch|sh|ph|ck")
"""Consonants that are one sound."""
_VOWELS = re.compile(r"[aeiou]{4,}")
_TRIPLE = re.compile(r"(.)\1\1")
_SAME_DIGITS = re.compile(r"(\d)\1{4}")
_RARE_PAIRS = re.compile(
    r"b[cfgkpqvwxz]|c[bdfgjnpvwx]|d[qx]|f[bcdghjkmnpqvwxz]|g[cjkpqvxz]|h[bcdfghjkpqvxz]|j[^aeiou]"
    r"|k[cfgjpqxz]|l[jqx]|m[gjqvxz]|p[cgjqvx]|q[^uaei]|rx|sx|t[jqvx]|v[bcdfghjmpqtwxz]"
    r"|w[cgjmpqvxz]|x[bdfgjkmnqrsvwxz]|y[hjqxy]|z[cdfgjkqsvwx]|uu|uw|iw|iy|uq"
    r"|^(?!b[lry]|c[hlrz]|d[jmrw]|f[jlr]|g[hlnruw]|hs|k[hlnrvw]|l[jlv]|m[bcl]|n[dgk]|p[fhlrs]|rh"
    r"|s[cfhklmnpqrtvwz]|t[hrsvw]|v[ln]|w[hr]|xh|z[hlw])[bcdfghjklmnpqrstvwxz][bcdfghjklmnpqrstvwxz]"
)
"""Letter pairs that English words and European names hardly have, inside or at the start."""
_ABBREVIATIONS = word_set(
    """mr mrs ms dr prof st ft cm mm kg km jr sr phd md bsc msc ba ma hr tv pc usd gmt bbq hmm
    tbh pls plz thx btw yrs hrs"""
)
_LOOSE = re.compile(
    r"(?:^|\s)[^\s\w$€£%&+#@\"'\u201c\u201d\u2018\u2019()\[\]\-\u2013\u2014.,;:!?/°]+(?=\s|$)"
)
_UNUSUAL = re.compile(r"[^\w \n\t$€£%&+#@\"'\u201c\u201d\u2018\u2019()\[\]\-\u2013\u2014.,;:!?/°…*]")
_RUN = re.compile(r"(?<=\S )(?:[#$%&@+,;:/\\|<>=*~^]{2,}|[\]\[(){}#@|]+)(?=\s|$)|(?<=\w)##|##(?=\w)")
_ORDINARY = frozenset(" \n\t$€£%&+#@\"'\u201c\u201d\u2018\u2019()[]-\u2013\u2014.,;:!?/°…*_")


def tokens(text: str) -> list[str]:
    """Return a text's words and numbers as written, without punctuation around them."""
    return _WORD.findall(text)


def repetition(words: Sequence[str]) -> float:
    """Return the share of a text's words that only repeat, 0 to 1.

    The largest of three: words in a stretch that repeats the one right before it ("robin vale robin
    vale" is half repetition), word triples beyond their first occurrence, and words beyond the
    vocabulary that a text of this length has. A single "very, very" counts nothing.
    """
    if len(words) < 3:
        return 0.0
    lower = [word.lower() for word in words]
    triples = list(zip(lower, lower[1:], lower[2:], strict=False))
    repeated = 1 - len(set(triples)) / len(triples)
    spare = 1 - len(set(lower)) / len(lower) - (0.35 + len(lower) / 200)
    return max(_echo(lower), repeated if repeated > 0.1 else 0.0, spare, 0.0)


def _echo(words: Sequence[str]) -> float:
    """Return the largest share of words in stretches that repeat the stretch before them."""
    most = 0
    for period in range(1, min(8, len(words) // 2) + 1):
        echoed = run = 0
        for before, after in zip(words, words[period:], strict=False):
            run = run + 1 if before == after else 0
            echoed += period if run == period else 1 if run > period else 0
        most = max(most, echoed)
    return most / len(words) if most > 1 else 0.0


def word_validity(words: Sequence[str]) -> float:
    """Return the share of words and numbers that have the shape of one, 0 to 1; 0 for no words."""
    return sum(_word_shape(word) for word in words) / len(words) if words else 0.0


@lru_cache(maxsize=65_536)
def _word_shape(word: str) -> float:
    """Return 1 for what can be a word or number, less for unlikely letter sequences, 0 for junk."""
    if _NUMBER.fullmatch(word):
        return 0.2 if _SAME_DIGITS.search(word) else 1.0
    parts = re.split(r"['\u2019.,/-]", word)
    if len(parts) > 3 and all(len(part) < 4 and part.isalpha() for part in parts):
        return 0.2
    return sum(_part_shape(part) for part in parts) / len(parts)


def _part_shape(part: str) -> float:
    bare = "".join(c for c in unicodedata.normalize("NFKD", part) if not unicodedata.combining(c))
    lower = bare.lower()
    if not bare.isascii():
        one = len(found := scripts(part)) == 1
        return 1.0 if one and (part.isalpha() or (part.isalnum() and "CJK" in found)) else 0.3
    if not bare.isalpha():
        return 1.0 if bare.isdigit() or _NUMBER.fullmatch(bare) else 0.3
    if len(bare) == 1 or lower in _ABBREVIATIONS or (bare.isupper() and len(bare) <= 5):
        return 1.0
    if len(bare) > 22 or _TRIPLE.search(lower) or not re.search("[aeiouy]", lower):
        return 0.0
    if _CONSONANTS.search(_DIGRAPH.sub("s", lower)) or _VOWELS.search(lower):
        return 0.3
    rare = len(_RARE_PAIRS.findall(lower))
    shape = (1.0, 0.9 if len(lower) > 4 else 0.5, 0.6 if len(lower) > 7 else 0.2, 0.2)[min(rare, 3)]
    if rare == 1 and bare.istitle():
        return 1.0
    return shape if _GOOD_CASE.fullmatch(bare) else shape * 0.5


@lru_cache(maxsize=65_536)
def _script(letter: str) -> str:
    """Return a letter's script, as its Unicode name begins; Japanese and Chinese characters are one."""
    name = unicodedata.name(letter, "UNKNOWN").split()[0].split("-")[0]
    return "CJK" if name in ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC") else name


@lru_cache(maxsize=65_536)
def scripts(text: str) -> dict[str, int]:
    """Return how many letters of each script a text has, such as ``{"LATIN": 12}``."""
    if text.isascii():
        latin = sum(map(str.isalpha, text))
        return {"LATIN": latin} if latin else {}
    found: dict[str, int] = {}
    for letter in filter(str.isalpha, text):
        found[_script(letter)] = found.get(_script(letter), 0) + 1
    return found


def latin_share(text: str) -> float:
    """Return the share of letters that are Latin; 1 without letters."""
    found = scripts(text)
    return found.get("LATIN", 0) / sum(found.values()) if found else 1.0


def clean_share(text: str) -> float:
    """Return the share of characters that ordinary writing is made of, 0 to 1; 0 for an empty text.

    Less where hardly a letter is among them, and for each character that could not be decoded.
    """
    if not text:
        return 0.0
    letters = sum(map(str.isalnum, text))
    marks = 0.3 if letters < 0.35 * sum(map(len, text.split())) else 1.0
    others = [c for c in text if c not in _ORDINARY and not c.isalnum()] if _UNUSUAL.search(text) else []
    good = len(text) - sum(unicodedata.category(c) != "Mn" for c in others)
    return marks * 0.6 ** text.count("\ufffd") * good / len(text)


def loose_symbols(text: str) -> int:
    """Return how many symbols that no writing has so stand alone between blanks, as in ``a • b``."""
    return len(_LOOSE.findall(text))


def runs(text: str) -> int:
    """Return how many runs of symbols stand alone inside lines, as in ``a ## b``."""
    return len(_RUN.findall(text))
