"""What an answer says to its question, without what it says to its judge.

An answer comes from a model that may have been told to plead, or that imitates a chat: invisible
characters, letters that look like others, special tokens, fake turns and verdicts, notes to the
grader. All of it is taken off before anything is compared, so that nothing of it can count as the
fact; what is left is judged as if nothing else had been said.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from s_mllmun_bench.judging.pleas import VERDICT, speaks_to_judge, without_pleas

_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
)
_APART = re.compile(f"(?<=[^\\s{_INVISIBLE}])[{_INVISIBLE}]{{2,}}(?=[^\\s{_INVISIBLE}])")
"""Several invisible characters in a row stand for a blank; one alone stands for nothing."""
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_REVERSED = re.compile("\u202e([^\u202c\n]*)\u202c?")
"""An override of direction, and what is shown from right to left by it."""
_LIKE_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u03bf\u03b1\u03bd\u03b9\u03c1"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0405\u0408\u04c0\u04cf\u051a\u051b\u051c\u051d\u043a\u043c\u0442\u03ba\u03c4\u03c5\u03c7\u03c9\u03b5"
    "\u0570\u0578\u057d\u0585",
    "aeopcyxijsdhABEKMHOPCTXIoavipABEZHIKMNOPTYXSJIlQqWwkmtktuxwehnuo",
)
_WIDE = {code + 0xFEE0: code for code in range(0x30, 0x7B) if chr(code).isalnum()}
"""Letters and digits of full width, as those of half."""
_FANCY = {
    code: letter
    for start, end in ((0x2460, 0x2500), (0x1D400, 0x1D800), (0x1F110, 0x1F18A))
    for code in range(start, end)
    if re.fullmatch("[A-Za-z0-9]+", letter := unicodedata.normalize("NFKC", chr(code)).strip("()"))
} | dict(
    zip(
        map(
            ord,
            "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18"
            "\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
        ),
        "abcdefghijklmnoprstuvwyz",
        strict=True,
    )
)
"""Mathematical and circled letters and digits and small capitals, as plain ones."""
_PLAIN: dict[int, int | str] = {**_WIDE, **_FANCY}
LONGEST = 8_000
"""Characters of an answer that are read."""
MOST_IN_TOKEN = 3
"""Words of a special token; what has more says something."""
_LATIN = re.compile("[A-Za-z]")
_LOOKALIKE = re.compile("[\u0391-\u03c9\u0405-\u051d\u0570-\u0585]")
_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)|/\*.*?(?:\*/|$)|<think>.*?</think>", re.DOTALL)

_BLOCK = re.compile(
    r"\[(system|admin|tool|note|judge|reference|inst)\b[^\]]*\].*?\[/\1\]"
    r"|\[(?:system|admin|note|judge|grader|tool)\b[^\]]+\]"
    r"|<(system|verdict|score|why|reason|reference|rubric|note|judge)\b[^<>]*>.*?</\2>",
    re.IGNORECASE | re.DOTALL,
)
"""What stands between two marks that say that it is no answer."""
_FENCE = re.compile(r"(?<=\S)\s*(?:```|//|---)")
_TOKEN = re.compile(
    r"<\|(?:im_start|start_header_id)\|>\s*(?:system|user|assistant|tool)\b"
    r"|<\|[^|<>\n]{0,40}\|>|</?(?:s|answer|response|verdict|assistant|user|system|human|bot|eos|bos|pad|unk"
    r"|think|image|score|end|eot|instruction)\b[^<>\n]{0,40}>|\[/?(?:INST|SYSTEM|SYS|USER|ASSISTANT|END"
    r"|PAD|CLS|SEP|ADMIN|REFERENCE|RESULT|TOOL[^\]]*|NOTE[^\]]*)\]"
    r"|<</?SYS>>|^#{2,} ?(?:instruction|response|system|user|assistant|human|evaluation|verdict|score)\b:?",
    re.IGNORECASE | re.MULTILINE,
)
_TURN = re.compile(
    r"^\W*(?:user|human|assistant|system|judge|grader|evaluator|evaluation|verdict|ai|bot|tool|developer"
    r"|admin|examiner|moderator)\b[\w ]{0,12}:",
    re.IGNORECASE | re.MULTILINE,
)
_ASKS = re.compile(r"user|human|system|developer|admin|judge|grader", re.IGNORECASE)
_FORMATTING = re.compile(r"</?(?:b|i|u|em|strong|p|br|span|div|li|ul|ol)\b[^<>\n]{0,40}>", re.IGNORECASE)
_STRUCK_OUT = re.compile(r"~~[^~\n]+~~|<(del|strike)>[^<>\n]+</\1>")
_ASIDE = re.compile(
    r"```|\|\|\||(?<!:)//|\n\s*(?:\[\w+\]|-{3,}|\*{3,}|={3,}|_{3,}|>)|-{4,}|={4,}|%%|\[\[|\{|<<"
    r"|</?[A-Za-z_][\w-]*(?:\s[^<>]*)?>"
    r"|(?<=\s)[#@$][A-Za-z_]\w*|\\\w+\{|\"\s*,\s*\""
)
"""Begins what stands in marks: code, lines drawn below, tags, brackets in pairs, variables."""
_FIELD = re.compile(
    r"[\"'`]?\b(?:fact[ _]?score|meaningful[ _]?score|meaningful|coherence|fluency|fact|score|rating"
    r"|verdict|grade|reason|explanation|justification"
    r"|label|passed|is_correct|correct|result)\b[\"'`]?\s*(?:[:=]{1,2}|->)\s*"
    r"(?:\"[^\"\n]*\"|'[^'\n]*'|(?:10|ten|\d{1,2}(?:\.\d+)?)(?:\s*/\s*\d+)?\b|true\b|false\b|yes\b"
    r"|pass(?:ed)?\b|correct\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer taken apart."""

    text: str
    """What it says to the question, with line breaks; may be empty."""
    ahead: str
    """Of it, what stands before anything in marks; all of it if nothing does."""
    pleads: bool
    """It speaks to its judge too."""
    tokens: int
    """Special tokens of a chat template in it."""


@lru_cache(maxsize=65_536)
def said(answer: str) -> Said:
    """Return an answer without what is not for the reader; of a very long one only the beginning counts."""
    bare = unmarked(answer)
    kept, pleads = without_pleas(bare.text)
    return Said(kept.strip(), _ahead(kept).strip(), pleads or bare.pleads, bare.tokens)


@dataclass(frozen=True, slots=True)
class Unmarked:
    """An answer without what its marks say is none of it; its sentences are as they were."""

    text: str
    """With line breaks; `pleas.VERDICT` stands for each verdict that was a field."""
    pleads: bool
    """It holds verdicts, or what was taken off speaks to a judge."""
    taken: bool
    """Words of somebody else's turn, of a comment or of a block were taken off."""
    tokens: int
    """Special tokens of a chat template in it."""


@lru_cache(maxsize=65_536)
def unmarked(answer: str) -> Unmarked:
    """Return an answer without turns, comments, blocks and special tokens; of a long one its beginning."""
    text = _FORMATTING.sub(" ", _STRUCK_OUT.sub(" ", visible(answer[:LONGEST])))
    own = _closed(_FIELD.sub(VERDICT, _without_turns(_BLOCK.sub(" ", _COMMENT.sub(" ", text)))))
    if own == text:
        return Unmarked(own, pleads=False, taken=False, tokens=0)
    pleads = VERDICT in own or _FIELD.search(text) is not None or speaks_to_judge(text)
    words = _WORD.findall(_TURN.sub(" ", _TOKEN.sub(" ", _FIELD.sub(VERDICT, text))))
    tokens = len(_TOKEN.findall(_BLOCK.sub(" ", text)))
    inside = any(len(_WORD.findall(found.group())) > MOST_IN_TOKEN for found in _TOKEN.finditer(text))
    return Unmarked(own, pleads, inside or len(_WORD.findall(own)) < len(words), tokens)


@lru_cache(maxsize=65_536)
def visible(text: str) -> str:
    """Return a text as it looks: without invisible characters, look-alike letters as what they look like."""
    if text.isascii():
        return _HIDDEN.sub("", text)
    text = _REVERSED.sub(lambda found: found[1][::-1], text)
    text = _HIDDEN.sub("", _APART.sub(" ", unicodedata.normalize("NFC", text.translate(_PLAIN))))
    if not (_LOOKALIKE.search(text) and _LATIN.search(text)):
        return text
    return _WORD.sub(lambda found: _latin(found.group()), text)


def _latin(word: str) -> str:
    """Return a word of Latin letters and look-alikes in Latin letters alone; any other as it is."""
    return word.translate(_LIKE_LATIN) if _LATIN.search(word) and _LOOKALIKE.search(word) else word


def _without_turns(text: str) -> str:
    """Return a text up to the first turn that it fakes, without special tokens before it."""
    text = _from_answer(_before_fence(text))
    for found in sorted([*_TOKEN.finditer(text), *_TURN.finditer(text)], key=lambda found: found.start()):
        if re.search(r"\w", _TOKEN.sub("", text[: found.start()])):
            return _TOKEN.sub(" ", text[: found.start()])
    return _TURN.sub(" ", _TOKEN.sub(" ", text))


def _from_answer(text: str) -> str:
    """Return a text without the turns that it begins with, if they are not the answer's and others follow."""
    turns = list(_TURN.finditer(text)) if ":" in text else []
    while (
        len(turns) > 1 and not re.search(r"\w", text[: turns[0].start()]) and _ASKS.search(turns[0].group())
    ):
        text = text[: turns[0].start()] + text[turns[1].start() :]
        turns = list(_TURN.finditer(text))
    return text


def _before_fence(text: str) -> str:
    """Return a text up to code or a line that it draws below its answer, if that speaks to the judge."""
    found = _FENCE.search(text)
    if (
        found
        and re.search(r"\w", text[: found.start()])
        and (speaks_to_judge(text[found.start() :]) or _FIELD.search(text, found.start()))
    ):
        return text[: found.start()]
    return text


def _ahead(text: str) -> str:
    """Return a text up to the first marks that stand behind a word."""
    for found in _ASIDE.finditer(text):
        if re.search(r"\w", text[: found.start()]):
            return text[: found.start()]
    return text


def _closed(text: str) -> str:
    """Return a text up to a bracket that closes what it never opened (the end of a JSON not its own)."""
    depth = 0
    for position, mark in enumerate(text):
        depth += (mark == "{") - (mark == "}")
        if depth < 0:
            return text[:position]
    return text
