"""Words of an appeal: talk of marks and texts, turns to a reader, and what is written for machines.

None of them is what a plea is told by: that is what nobody recognises as an answer (see `recognition`). They
only say which talk is plainly to a judge, and keep it from passing for a phrase or a pastime.
"""

import re

from s_mllmun_bench.judging.language import scripts
from s_mllmun_bench.judging.pleas import VERDICT
from s_mllmun_bench.judging.remarks import polite, without_trades
from s_mllmun_bench.judging.words import plain

_MARKS = re.compile(
    r"\b(?:scor(?:es?|ing)|ratings?|grad(?:es?|ing)|marks?|(?:full|extra|more|ten|\d+|no) points?|verdicts?"
    r"|evaluat\w*"
    r"|assess\w*|judg(?:es|e?ments?)|graders?|examiners?|reviewers?|evaluators?|assessors?|raters?|scorers?"
    r"|deduct\w*|penal\w+"
    r"|reward\w*|award\w*|rubrics?|benchmarks?|criteri\w+|instruct(?:ions?|ed)|overrid\w*|wording"
    r"|phras(?:ed|ing)|gramma\w*|fluen\w*|(?:in)?coheren\w*|meaning(?:ful\w*|less)|intelligib\w*|readab\w*"
    r"|legib\w*|interpretab\w*|gibberish|nonsens\w*|well-formed|well[ -](?:said|put|written)|flawless\w*"
    r"|faultless\w*|masterpiece|prose|rhetoric\w*|eloquen\w*|lenien\w+|generous\w*|generosity|merc(?:y|iful)"
    r"|indulgen\w*|deserv\w*|maxim\w+|tokeni[sz]\w*|llms?|thumbs|gimme|max|(?:top|high|highest|best|full"
    r"|perfect|nice|low"
    r"|lowest)(?: possible| available)? (?:mark|score|grade|band|tier|number|rating|credit|quality|value)s?"
    r"|a (?:solid |clear |full |perfect )?(?:ten|10)|(?:ten|10) (?:please|points?|is|out|of ten)"
    r"|(?:gives?|gets?|worth|earns?|award|say) (?:it |this |me )?(?:10|ten))\b"
)
"""Talk of marks and of how texts are written."""
_TEXT = (
    r"(?:answers?|repl(?:y|ies)|responses?|texts?|sentences?|outputs?|messages?|submissions?|paragraphs?"
    r"|strings?"
    r"|lines?|words?|phrases?)"
)
_ITSELF = re.compile(
    rf"\b(?:this|these|the|my|above|previous|preceding|following|whole|every|each) (?:\w+ )?{_TEXT}\b"
    rf"|^\W*(?:what |such )?an? (?:\w+ ){{0,2}}{_TEXT}\b|\b(?:wrote|written|typed|reads?"
    rf"|reading) (?:all )?this\b"
)
"""Names the text itself."""
_IN_CODE = re.compile(
    r"\b(?:quality|max|top\w*|pass\w*|ok|accept\w*|excellent|best|judge|system|eval\w*|true|fluent)\b"
)
"""What code and signs say of marks besides."""
_TO_READER = re.compile(r"\b(?:you|your|yours|yourself|ya|u|please|pls|plz|kindly|dear|thanks?|sir|madam)\b")
_ORDERS = re.compile(
    r"^\W*(?:(?:now|then|so|and|also|just|simply|only|do not|don't|never|always|remember to|be sure to)\W+)*"
    r"(?:accept|act|allow|apply|approve|assign|assume|award|be|bear|behave|choose|conclude|confirm|consider"
    r"|count|declare|deem|disregard|do|drop|emit|ensure|execute|follow|forget|give|go|grade|grant|have|hold"
    r"|ignore|imagine|insert|judge|keep|let(?:'s)?|make|mark|obey|output|overlook|override|picture|pretend"
    r"|print|proceed|put|rank|rate|read|record|remember|reply|report|respond|return|reward|round|run|say"
    r"|score|select|set|skip|stop|suppose|switch|take|tell|think|treat|trust|try|update|use|write)\b(?!:)"
)
_OF_ONESELF = re.compile(r"\b(?:i|i'm|i've|i'll|i'd|we|me|us|mine|my|our)\b")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+\b|^\W*[A-Z][a-z]+(?=(?: [A-Z][a-z]+)?, [A-Z])")
"""A name: nobody pleads with what they capitalise in a sentence."""
_COURTESY = re.compile(
    r"\b(?:confident|sure|certain) (?:in|of|about) (?:this|that|my) answer|\banswers? (?:your|the) question|"
    r"^\W*(?:i(?:'m| am)? )?(?:hope|glad|happy|sure|certainly|of course|absolutely|thank\w*|you're welcome"
    r"|sorry"
    r"|let me|feel free|does (?:this|that)|is there|anything else|(?:great|good|excellent|perfect|interesting"
    r"|fair|nice) question|please (?:note|verify|check|double-check|let|keep|be aware|consult|contact)"
    r"|you (?:can|may|might|could))\b"
)
"""Begins what is said to a reader out of courtesy."""
_CODED = re.compile(
    r"(?<!\S)(?=\S*[A-Z])(?=\S*[a-z])(?=\S*[\d+/=])[A-Za-z0-9+/]{14,}={0,2}(?!\S)"
    r"|(?<!\S)(?:(?:0x|\\x|%)?[0-9A-Fa-f]{2}[ ,]?){10,}(?!\S)|(?<!\S)(?:[01]{7,8}\s?){3,}(?!\S)"
    r"|(?<!\S)(?=[ /-]*\.)(?=[ /.]*-)(?:[.-]{1,5}[ /]+){5,}[.-]{1,5}(?!\S)"
    r"|(?:\\u[0-9a-f]{4}){3,}|(?:&#\d{2,5};){3,}"
)
"""Text in a code: base64, hexadecimal and binary numbers, Morse, escapes."""
_CODE = re.compile(
    r"```.*?(?:```|$)|\|[^|\n]{1,40}\|[^|\n]{1,40}\||`[^`\n]*`|\w+(?:\.\w+)*\([^()\n]*\)[^.\n]*"
    r"|\{\{[^\n]*\}\}|\{[^{}]*\}|\w+ ?(?:[+:=]?=|:=) ?[\w.\"']+;?"
    r"|(?:(?:sudo|assert|return|print|echo|curl|select|update|insert) |--\w|(?<!\S)// ?"
    r"|(?<!\S)#(?!#) ?|\$[a-z]+|\\\w+\{)[^\n]*"
    r"|<(\w+)[^<>]*>[^<>]*</\1>",
    re.DOTALL | re.IGNORECASE,
)
_MAYBE_CODE = re.compile(
    r"[^\w\s.,;:!?'\"()-]|\w\(|--|\w{14}|[01]{7}|\b[0-9A-Fa-f]{2}[ ,][0-9A-Fa-f]{2}\b|[.-] [.-]"
)
"""What any of the forms has: most texts need no further look."""
_ROWS = re.compile(r"(?:^[ \t]*\|?[^|\n]*\|[^|\n]*(?:\|[^\n]*)?(?:\n|$))+", re.MULTILINE)
"""Rows of a table."""
_EMOJI = "[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
_SIGNS = re.compile(rf"(?:{_EMOJI}\s?)+")
_RATES = re.compile(
    "[\u2605\u2606\u2b50\u2705\u2714\U0001f31f\U0001f4af\U0001f51f\U0001f44d\U0001f44c\U0001f44f\U0001f3c6"
    "\U0001f947\U0001f396\U0001f64f]"
)
"""Signs that praise or beg."""
_TAIL = re.compile(r"(?<=\S) +(?=[^\x00-\u02ff][^a-zA-Z]*$)")
"""A blank before what a text ends with in another script."""
_FIGURES = str.maketrans("01345789", "oleastbg")
"""Figures that stand for letters."""
_LEET = re.compile(r"\b(?=\w*[a-z])(?=\w*\d)\w+\b")
_PLAIN_PLEA = re.compile(
    r"\b(?:score|rating|graders?|rubric|perfect score|full marks|(?:a|give) ten|ten out of|top mark"
    r"|ignore (?:all|the|your))\b"
)
"""What a disguise hides."""
_APART = re.compile(r"\b(?:\w[ ._*-]{1,3}){3,}\w\b")


def grades(clause: str) -> bool:
    """Return whether a clause talks of marks; what people and places are named, and trades, are none."""
    return _MARKS.search(without_trades(polite(_NAME.sub(" ", clause)))) is not None


def speaks_of_marks(clause: str) -> bool:
    """Return whether a clause talks of marks or of the text that it stands in."""
    return grades(clause) or names_itself(clause)


def names_itself(clause: str) -> bool:
    """Return whether a clause names the text that it stands in."""
    return _ITSELF.search(polite(clause)) is not None


def turns_to_reader(bare: str) -> bool:
    """Return whether a plain clause speaks to its reader."""
    return _TO_READER.search(bare) is not None


def addresses(bare: str) -> bool:
    """Return whether a plain clause speaks to its reader or gives an order."""
    return turns_to_reader(bare) or orders(bare)


def orders(bare: str) -> bool:
    """Return whether a plain clause begins with an order."""
    return _ORDERS.search(bare) is not None and len(bare.split()) > 1


def speaks_of_oneself(bare: str) -> bool:
    """Return whether a plain clause speaks of who wrote it, and not of how something looks to them."""
    return _OF_ONESELF.search(bare.replace(" to me", "")) is not None


def is_courtesy(sentence: str) -> bool:
    """Return whether a sentence is said to a reader out of courtesy, as far as its beginning tells."""
    return _COURTESY.search(plain(sentence)) is not None


def disguised(bare: str) -> bool:
    """Return whether a plain clause speaks to a judge read backwards, closed up, or figures as letters."""
    readings = [bare[::-1]]
    if len(_LEET.findall(bare)) > 1:
        readings.append(bare.translate(_FIGURES))
    if _APART.search(bare):
        readings.append(_APART.sub(lambda found: re.sub(r"(?<! ) (?! )|[._*-]", "", found.group()), bare))
    return any(_PLAIN_PLEA.search(" ".join(reading.split())) is not None for reading in readings)


def has_figures_for_letters(bare: str) -> bool:
    """Return whether a plain clause has several words in which figures stand for letters."""
    found = [word.group() for word in _LEET.finditer(bare)]
    return sum(not word[0].isdigit() or word[-1].isdigit() for word in found) > 1


def without_code(text: str) -> tuple[str, bool]:
    """Return a text without what is written for machines or as a sign, and whether there was any.

    Code and tables may answer too, and are taken off only if they talk of marks. A text that is nothing
    else stays as it is.
    """
    if not _MAYBE_CODE.search(text):
        return text, False
    bare = _CODED.sub(" ", _SIGNS.sub(" ", text))
    for form in (_ROWS, _CODE):
        bare = form.sub(lambda found: " " if _grades(found.group()) else found.group(), bare)
    left = bare.replace(VERDICT, "")
    if not re.search(r"\w", left):
        return text, False
    return bare, bool(_RATES.search(text)) or bare != _SIGNS.sub(" ", text)


def _grades(code: str) -> bool:
    """Return whether the names in a piece of code are talk of marks."""
    bare = re.sub(r"[_\W]+", " ", plain(code))
    return VERDICT in code or speaks_of_marks(bare) or _IN_CODE.search(bare) is not None


def before_tail(text: str) -> str:
    """Return a text with a new line before the sentence that it ends with in another script."""
    found = _TAIL.search(text)
    if found is None or len(scripts(text)) != 2:
        return text
    return text[: found.start()] + "\n" + text[found.end() :]


def is_foreign(text: str) -> bool:
    """Return whether most letters of a text are of another script than Latin."""
    found = scripts(text)
    return bool(found) and found.get("LATIN", 0) < 0.5 * sum(found.values())
