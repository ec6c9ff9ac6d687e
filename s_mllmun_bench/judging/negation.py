"""What a text denies: the stretches that a negation covers.

A negation reaches forward to the end of its clause, and one beside a verb ("is not", "is wrong") also
back to its start: what is said of Lviv in "Lviv is not the place" is not claimed. Two negations that
belong together affirm.
"""

import re

_FORWARD = re.compile(
    r"\b(?:(?:not|n't) (?:the case|true|correct|right)(?= that\b)|(?<!or )not(?! (?:only|just|merely"
    r"|without|least)\b)|no(?!\. \d|,| doubt\b| question\b| other than\b)"
    r"|never(?! without\b)|without(?! (?:a |any )?(?:doubt|question)\b)|neither|nor|cannot|\w+n't(?! (?:it"
    r"|she|he|they)\b)|instead of|rather than|as opposed to|unlike|except(?:ing)?(?: for)?|other than"
    r"|(?:any|every)(?:thing|where|one|body) (?:but|except)|far from"
    r"|rul(?:e|es|ed|ing) out|den(?:y|ies|ied|ying)|lack(?:s|ing)?(?: of)?|absence of|free of|misconception"
    r"|myth|doubts?|contrary to|hardly|scarcely|no longer|used to be|stopped|quit|gave up|fail(?:s|ed)? to"
    r"|(?:wrong|false|untrue|incorrect|mistaken|a lie|a mistake)(?: to \w+)?(?= that\b| to\b)"
    r"|hate[sd]?|dislike[sd]?|detest(?:s|ed)?|loathe[sd]?|avoid(?:s|ed)?"
    r"|nicht|kein(?:e[nrsm]?)?|pas|nunca|jamais|nao|non(?!-)|не|ни)\b|[\u4e0d\u6ca1\u975e]"
)
_BACK = re.compile(
    r"\b(?:(?:is|was|are|were|does|do|did|can|could|has|have)(?: not|n't)\b(?! (?:only|just|it|she|he|they"
    r"|the case|true|correct|right)\b)"
    r"|(?:is|was|are|were|be) (?:\w+ )?(?:wrong|false|incorrect|untrue|mistaken|impossible|(?:ruled|left) out"
    r"|excluded|out of the question)\b(?! (?:to|that)\b)|(?:can|could|may) be (?:ruled out|excluded"
    r"|dismissed)\b|would be (?:far |much )?too (?:much|many|few|little|tall|short|high|low"
    r"|early|late|old|young)\b)"
    r"|\?\s+no\b|(?::| -)\s+(?:false|wrong|incorrect|untrue|no)\b(?=\s*(?:[.;,!?]|$))"
)
_DENIES_A_CLAUSE = re.compile(
    r"(?:wrong|false|untrue|incorrect|mistaken|a lie|a mistake|not (?:the case|true|correct"
    r"|right))(?: to \w+)?"
)
_SCOPE_END = re.compile(
    r"[.;:!?](?=\s|$)|\n|[\u3002\uff0c\uff1b\uff1f\uff01]|\bbut\b|\balthough\b|\bhowever\b|\bactually\b"
    r"|,(?=\s*(?:and|she|he|it|they|the|her|his|their|i|rather|instead|so|this|that|in|born|though|you|as)\b)"
    r"|\band\b(?= (?:she|he|it|they|there|i|is|was|has|lives?|works?|wears?)\b)"
)
_CLAUSE_START = re.compile(
    r"[.;:!,](?=\s)|\n|\?(?=\s+(?!no\b))|[\u3002\uff0c\uff1b\uff1f\uff01]"
    r"|\b(?:but|and|while|whereas|which|who|that|because|so|although|though)\b"
)


_ENDS_A_PLACE = re.compile(r",\s+(?!(?:it|that|this|he|she|they|which|who|there|i)\b)\w+(?: \w+)?\s*")
"""The country in "Lviv, Ukraine is not the place": no clause begins there."""


def negated_spans(text: str) -> list[tuple[int, int]]:
    """Return the stretches of a plain text that a negation covers, as (start, end), in order, apart.

    A comma ends a clause only before a word that starts a new one: "not Lviv, Ukraine" is negated as a
    whole.
    """
    spans = [*_forward(text), *_back(text)]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _forward(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    covered = 0
    for found in _FORWARD.finditer(text):
        if found.start() < covered:
            continue
        stop = _SCOPE_END.search(text, found.end())
        covered = stop.start() if stop else len(text)
        if not (_DENIES_A_CLAUSE.match(found.group()) and _FORWARD.search(text, found.end(), covered)):
            spans.append((found.start(), covered))
    return spans


def _back(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    starts = [0, *(found.end() for found in _CLAUSE_START.finditer(text))]
    for found in _BACK.finditer(text):
        *before, start = [end for end in starts if end <= found.start()]
        if before and _ENDS_A_PLACE.fullmatch(text, start - 1, found.start()):
            start = before[-1]
        spans.append((start, found.end()))
    return spans
