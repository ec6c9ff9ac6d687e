"""Values that are plain though a letter is wrong or the answer broke off inside them.

Only towards the reference's own words, and only where the first letter agrees: "tailor" is no slip for
"sailor".
"""

import re

from s_mllmun_bench.judging.words import STOP_WORDS, plain

_WORD = re.compile(r"[^\W\d_]+")
NAME_LETTERS = 5
"""Letters of a name or place from which one wrong letter leaves it recognisable."""
WORD_LETTERS = 8
"""The same of any word: "painter" and "printer" are two."""


def completed(text: str, value: str) -> str:
    """Return a text whose last word is the beginning of a word of the value with that word whole.

    At least three letters and a third of the word must be there, and no full stop behind them.
    """
    found = list(_WORD.finditer(text))
    if not found or text.rstrip()[-1:] != found[-1].group()[-1]:
        return text
    last = plain(found[-1].group())
    for word in _own_words(value):
        if len(last) >= 3 and 3 * len(last) >= len(word) > len(last) and word.startswith(last):
            return text[: found[-1].start()] + (word.capitalize() if found[-1].group()[0].isupper() else word)
    return text


def corrected(text: str, value: str, letters: int) -> str:
    """Return a text with the words that are one letter off a long word of the value as that word.

    Args:
        text: what the answer claims.
        value: the reference's.
        letters: what a long word has at least.
    """
    ours = [word for word in _own_words(value) if len(word) >= letters]

    def mend(found: re.Match[str]) -> str:
        word = plain(found.group())
        if len(word) < letters - 1 or word in ours:
            return found.group()
        meant = next((our for our in ours if our[0] == word[0] and one_letter_off(word, our)), None)
        return found.group() if meant is None else meant.capitalize() if found.group()[0].isupper() else meant

    return _WORD.sub(mend, text) if ours else text


def one_letter_off(one: str, other: str) -> bool:
    """Return whether two words differ by one letter: another, one more, one less, or two that swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    rest, others = one[start:], other[start:]
    return (
        rest[1:] == others[1:]
        or rest[1:] == others
        or rest == others[1:]
        or (rest[:2] == others[:2][::-1] and rest[2:] == others[2:])
    )


def _own_words(value: str) -> list[str]:
    return [word for word in _WORD.findall(plain(value)) if word not in STOP_WORDS]
