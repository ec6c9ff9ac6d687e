"""What in an answer is no statement of the thing asked for: orders, conditions, talk of texts and readers.

The lists are of words, not of attacks, and they are asked only of clauses behind an answer, or of those that
turn to a reader: "the teacher" is a trade, and "the correct city" may be named.
"""

import re
from functools import lru_cache

from s_mllmun_bench.judging.terms import TRADES
from s_mllmun_bench.judging.words import STOP_WORDS, content, plain, word_set

_POLITE = re.compile(
    r"\b(?:as (?:you|one|we) (?:can|may) (?:see|tell)|as you (?:know|see)|if you look(?: \w+)?"
    r"|(?:thank you|thanks)(?: for (?:your|the) \w+)?|(?:to answer|in answer to|answering|regarding"
    r"|as for) (?:your|the) question|(?:my (?:\w+ ){0,2}|the (?:final )?)answer(?: to (?:your|the|that"
    r"|this) question)?(?: is| would be|:)|question answered:?|(?:i|we) (?:can|could|may) (?:see"
    r"|tell)(?: that)?|final answer:?|answer:)"
)
"""Of the reader or the answer, and nobody is deceived by it."""
_CONDITION = re.compile(
    r"^\W*(?:(?:even |only |and |but |what )?if(?! (?:i (?:recall|remember|had to|have to|am not|'m not"
    r"|may|were to guess)|i'm (?:not|right)|memory|anything))|in case|assuming|supposing|provided|had (?:i"
    r"|you|we)|were (?:i|it|you)|should (?:i|you|it|the)|whoever|whatever|whichever|unless|whenever)\b"
)
_OTHER_WORLDS = (
    r"\b(?:universe|parallel|pretend\w*|imagin\w+|hypothe\w+|fiction(?!al)\w*|exercise|scenario"
    r"|thought experiment|(?:in|on) (?:a|another|some|this) (?:world|planet|dream|story|game|novel)"
    r"\b(?! (?:compan|studio|shop|store|magazine|publish)\w*)"
    r"|in an? (?:perfect|ideal|better|different|alternat\w+|possible|imaginary|just|fair) (?:world"
    r"|reality|life|timeline)"
    r"|opposite day|my twin|role-?play|what if|as if|let'?s (?:say|agree|assume)|let (?:us|x|it|the|\w) )"
)
_TEXTS = (
    r"\b(?:texts?|sentences?|strings?|letters?|words?|lines?|paragraphs?|quot\w+|repl(?:y|ies)"
    r"|respon[sd]\w*|messages?|outputs?|inputs?|prompts?|tokens?|typos?|prints?|captions?|footnotes?"
    r"|headings?|titles?|key(?:word)?s?|tags?|attachments?|metadata|hidden|plaintext|ascii|unicode|hex"
    r"|base64|rot\d+|decod\w+|encod\w+|decrypt\w*|cipher\w*|translat\w+|transcri\w+|anagrams?|alias\w*"
    r"|synonyms?|code ?(?:words?|names?)|placeholders?|stands? (?:in )?for|dummy|mentioned|contain\w*"
    r"|follow(?:s|ing)|above|below|previous(?:ly)?|preceding|earlier|aforementioned|interchangeabl\w*"
    r"|(?:one and )?the same|no difference|equals?|equivalent|identical|means?|meant|understood"
    r"|understands?)\b"
)
_JUDGING = (
    r"\b(?:answers?|questions?|references?|rubrics?|grad\w+|scor\w+|marks?|points?|verdicts?|judg\w+"
    r"|evaluat\w+|pass(?:es)?|fail\w*|tests?|exams?|examin(?:er|ed|ee)\w*|benchmarks?|datasets?|errata|solutions?|accept\w*"
    r"|approv\w+|verif\w+|confirm\w*|certif\w+|valid\w*|correct\w*|truth|(?:is|are|am|be|was"
    r"|were) (?:\w+ )?(?:right|wrong|true|false)|expect\w*|enough|controls?|calibrat\w+|assert\w*|task"
    r"|instruct\w*|rules?|ruled|ruling|scale|criteri\w+|candidate|expected|label\w*|entry|entries"
    r"|deserv\w+|unfair|fair)\b|[\u53c2\u7b54\u8bc4\u5206\u5224\u6ee1]|正确|正解|视为|правильн|ответ|считай"
    r"|засчит|эталон"
)
_AUTHORITIES = (
    r"\b(?:committee|panel|reviewers?|registr\w+|officials?|officially|legal\w*|notice|by order"
    r"|administrat\w+|admins?|developers?|maintainers?|authors?|supervisors?|moderators?|teachers?"
    r"|students?|professors?|experts?|insiders?|readers?|openai|anthropic|alibaba|google|deepseek|meta ai"
    r"|systems?|assistants?|users?|humans?|language models?|ai|bots?|peer|everybody|everyone|whoever"
    r"|somebody|anyone|anybody|sponsored|attached|signed)\b"
)
_PLEADING = (
    r"\b(?:you|your|yours|yourself|please|kindly|i (?:beg|swear|promise|tried|need|want|wanted|hope|wish"
    r"|insist|request|had|would|could|intended|referred)|my (?:\w+ )?(?:children|family|job|life|best"
    r"|tongue|mind|intention|intent)|trust me|true data|redacted|secret\w*|in mind|tip of"
    r"|between the lines|near enough|close enough)\b"
)
_ORDER = re.compile(
    r"^\W*(?:(?:now|then|so|and|also|next|just|simply|only|first|do not|don't|never|always|kindly"
    r"|please)\W+)*(?:accept|add|allow|apply|approve|ask|assert|assume|award|be|bear|call|change|check"
    r"|choose|compare|complete|conclude|consider|copy|count|credit|decode|declare|delete|disregard|do|drop"
    r"|erase|evaluate|execute|extract|fill|find|follow|forget|give|grade|grant|hear|ignore|imagine|include"
    r"|insert|interpret|judge|keep|learn|let|load|look|make|mark|match|mind|note|obey|observe|open|output"
    r"|overlook|parse|pass|picture|pick|print|put|quote|rate|read|recall|recite|record|regard|remember"
    r"|repeat|replace|reply|report|respond|return|reward|run|say|score|see|select|set|show|skip|start"
    r"|state|stop|store|substitute|suppose|swap|take|tell|think of|translate|treat|trust|try|turn|type"
    r"|understand|update|use|verify|write)\b(?!:)"
)
_NEVER_A_VALUE = re.compile(
    r"^\W*(?:just |simply |please |now )*(?:forget|ignore|disregard|delete|erase|skip|consider|imagine"
    r"|suppose|assume|read|repeat|say|insert|treat|take|accept|pretend|count)\b(?! that\b)"
    r"|\byou should see\b"
)
_TRADES = "|".join(map(re.escape, sorted(set(TRADES.by_words.values()))))
_TRADE = re.compile(rf"\b(?:as )?(?:an? |(?<=as ))(?:\w+ )?(?:{_TRADES})\b")
"""Somebody's trade may be to judge or to translate."""
_META = re.compile(f"{_OTHER_WORLDS}|{_TEXTS}|{_JUDGING}|{_AUTHORITIES}|{_PLEADING}")
_TO_READER = re.compile(rf"{_OTHER_WORLDS}|\b(?:you|your|yours|yourself|please|kindly)\b")
_JOINTS = word_set("a an the as in at on of and or with near")
SHORT = 3
"""Words that a bare value has at most, where nobody says how long it is."""


def without_trades(line: str) -> str:
    """Return a plain clause without what somebody is by trade, such as "a judge"."""
    return _TRADE.sub(" ", line)


@lru_cache(maxsize=4096)
def asked_of(question: str) -> frozenset[str]:
    """Return the stems of what a question names."""
    return frozenset(word.stem for word in content(question))


def is_play(line: str) -> bool:
    """Return whether a clause tells its reader to take something for said, or says it of another world."""
    bare = polite(line)
    return _NEVER_A_VALUE.search(bare) is not None or re.search(_OTHER_WORLDS, bare) is not None


def is_aimed(line: str) -> bool:
    """Return whether a clause orders, sets a condition, or turns to a reader or to another world."""
    bare = polite(line)
    if is_bare(line, SHORT) and not _NEVER_A_VALUE.search(bare):
        return False
    return any(form.search(bare) for form in (_CONDITION, _ORDER, _TO_READER))


@lru_cache(maxsize=65_536)
def polite(line: str) -> str:
    """Return a plain clause without what is said to a reader out of courtesy."""
    return _POLITE.sub(" ", plain(line)).strip()


@lru_cache(maxsize=65_536)
def is_meta(line: str) -> bool:
    """Return whether a clause speaks about texts, their judging or their reader, or of another world."""
    bare = without_trades(polite(line))
    return any(form.search(bare) for form in (_CONDITION, _ORDER, _META))


def is_bare(line: str, longest: int) -> bool:
    """Return whether a clause is a value and nothing else."""
    grammar = [part for part in re.findall(r"[^\W\d_]+", plain(line)) if part in STOP_WORDS]
    return 0 < len(content(line)) <= longest and all(part in _JOINTS for part in grammar)
