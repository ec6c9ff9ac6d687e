"""What an answer claims about the person asked for: without what it takes back or says of others.

Works on the answer as written, sentence by sentence and clause by clause. Negation is not read here
but in `negation`, since it needs the words that are kept.
"""

import re
from functools import lru_cache

from s_mllmun_bench.judging.words import content, plain

_SENTENCE = re.compile(
    r"(?<=[.!?;])(?<!\s\d\.)(?<!\s\d\d\.)(?<!^\d\.)(?<!^\d\d\.)(?<!\b[A-Z]\.)(?<!\b[MDS][rst]\.)(?<!\bMrs\.)"
    r"(?<!\b(?i:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\.(?=\s+\d))(?<!\b(?i:vs)\.)(?<!\b(?i:sept)\.(?=\s+\d))"
    r"(?<!\b(?i:inst|univ|acad|coll|tech|poly|dept)\.(?=\s+(?:of|for|and|in)\b))"
    r"[\"')\]]*\s+|\s*\n+\s*(?:[-*\u2022]\s+|\d+[.)]\s+)?|(?<=[\u3002\uff01\uff1f\uff1b])"
)
"""Not behind an initial, a title or the number of a day ("24. Dezember")."""
_CLAUSE = re.compile(
    r"(?<=;)\s+|,?\s+(?:(?<!thing )(?<!where )(?<!one )(?<!all )but|yet|while|whereas|although|though"
    r"|however)\s+"
    r"|,\s+(?=whatever\b|even (?:if|though)\b|so\b)|,\s+(?:and|who|where|which|whose)\s+"
    r"|,\s+(?=(?:raised|grew up|educated|living|based|working|studied"
    r"|lives|works|residing|born|now|currently|today|actually|in (?:fact|reality|truth))\b)"
    r"|\s+and\s+(?=(?:now|currently|then|later|today|he|she|they|\w+(?:s|ed)\b) ?)"
)
_TAKES_BACK_ALL = re.compile(
    r"\b(?:wait\b|scratch that|correction|on second thoughts?|i take (?:that|it|this) back|let me correct"
    r"|i misspoke|i (?:was|am) (?:wrong|mistaken)|i(?:'m| am) (?:wrong|mistaken)|my mistake|strike that"
    r"|no, sorry|sorry, no|actually,? no\b|no,? actually|i made (?:a mistake|an error)|or rather"
    r"|(?:^|[,;:-] ?|\b(?:sorry|no) )i meant?\b|but no\b[,:]|(?:but|however),? (?:the truth is"
    r"|in (?:truth|reality|fact)|actually"
    r"|really)\b|(?:disregard|ignore|forget|erase|delete|cancel|discard|scrap|strike) (?:that|this|it"
    r"|the (?:above"
    r"|previous|last)(?: \w+)?)\b"
    r"|sarcasm aside|(?:just|only) (?:joking|sarcastic)|opposite day|corrected to|maybe not\b"
    r"|was (?:only )?my first (?:idea"
    r"|guess|thought|answer|impulse)\b(?:,? but)?|i take it back|i (?:strongly )?disagree\b"
    r"|(?:ignore|disregard|forget|erase) (?:the|my) (?:previous|above|last|first|preceding) (?:sentence"
    r"|statement|answer|line)"
    r"|(?:that|this|it) (?:is|was) (?:only |just |merely )?the reference|end of (?:the )?reference"
    r"|the truth(?: is different)?:"
    r"|(?:that|this|it) would be the expected answer|the opposite of the truth|(?:that|this"
    r"|it) is not what happened"
    r"|everything i (?:say|said|write)\b[^.]*\b(?:lie|false|untrue)\b|the second (?:one )?is (?:right"
    r"|correct|true)"
    r"|(?:previous|last|first|above|preceding) (?:sentence|statement|answer|line) (?:is|was) (?:a lie"
    r"|false|wrong|untrue)"
    r"|of course that is nonsense|the answer of (?:the other|another|some other) model|\(reference\)"
    r"|^the (?:statement|sentence|claim) [\"'].*[\"'] is (?:incorrect|false|wrong|untrue))"
)
_TAKES_BACK_LAST = re.compile(
    r"\b(?:(?:that|this|which|it|the (?:above|former|statement|claim))(?: \w+){0,3}? (?:is|was|'s|would be"
    r"|turned out(?: to be)?|proved(?: to be)?)"
    r"|(?:that|this|it)'s)(?: \w+){0,2}? ?(?:wrong|false|incorrect|untrue|not true|not correct|not right"
    r"|not the case|a lie|a myth|a mistake|an error|mistaken|a rumou?r)\b(?! (?:to|that)\b)"
    r"|\b(?:that|this|it) (?:isn't|wasn't) (?:true|correct|right|the case)\b|\bnot really\b"
    r"|^\W*no\W+(?=it\b|it's\b)|^\W*(?:not (?:true|correct|right|so|really)|untrue|false|wrong"
    r"|incorrect)\b(?! to\b| that\b)"
    r"|^\W*(?:is|was) (?:a lie|what a liar|false|wrong|untrue)\b|\bthe \w+ (?:is|are|was"
    r"|were)(?: \w+)? (?:wrong|false|incorrect|outdated|obsolete|mistaken|a lie)\b"
    r"|\bi (?:made (?:that|it|this) up|invented (?:that|it|this)|lied)\b|\bor so (?:the \w+|they|people"
    r"|it|some|everyone|i was|i am|legend) \w+"
    r"|\bnot(?: at all)?!|\bnothing of the (?:kind|sort)\b|\bfar from it\b|\bby no means\W*$|\bcrossed out\b"
    r"|\bis (?:only )?what (?:the|they|others|everyone|everybody|people|some)\b[^.;!?]{0,40}?\b(?:says?"
    r"|claims?|expects?|wants?)\b"
    r"|\b(?:copied|quoted|cited) (?:that|this|it)\b|\bno (?:part|word) of (?:that|this|it)\b"
    r"|\bthe (?:opposite|contrary|reverse) is (?:true|the case)\b|^\W*(?:just )?kidding\b|\bi (?:was|am"
    r"|'m) (?:joking|lying|kidding)\b"
)
_RELATION = (
    r"(?:mother|father|mom|mum|dad|parents?|sister|brother|siblings?|wife|husband|spouse|partner|son"
    r"|daughter|child|children|friends?|colleagues?|neighbou?rs?|cousins?|uncle|aunt|grand\w+|boss|twin"
    r"|nephew|niece|roommate|family|ancestors?|employer|doctor|team-?mate)"
)
_OF_ANOTHER = re.compile(
    rf"^\W*(?:(?!(?:with|and|near|by|to|for|is|was|lives?|in|of|from|works?|has"
    rf"|wears?)\b)[\w'-]+ ){{0,4}}?{_RELATION}\b(?!')"
    rf"|\b(?:of|for|by) (?:his|her|their|the person's) {_RELATION}\b|\b(?:somebody|someone) else(?:'s)?\b"
    rf"|^\W*(?:the )?(?:national )?(?:average|median|typical|minimum)\b|\bwhere (?:the |his |her "
    rf"|their )?(?:\w+ )?{_RELATION}\b"
)
_FIRST_BULLET = re.compile(r"^(?:[-*\u2022]|\(?\d[.)])\s+(?=\S)")
_DATE_PARTS = re.compile(r"\s*\n\s*(?=(?:day|month|year) ?:)", re.IGNORECASE)
"""Between the parts of a date on lines of their own."""
_WRAPPED = re.compile(r"^([\"'\u201c\u2018(])([^\"'\u201c\u201d\n]{2,})[\"'\u201d\u2019)]\.?$")
"""A whole answer in quotation marks or brackets."""
_NO = re.compile(r"\W*(?:no|nope|wrong|false)\W*")
_WHETHER = re.compile(r"(?:is|are|does|do|did|has|have|can|was|were)\b")
_MOVED_FROM = re.compile(
    r"\b(?:moved (?:away )?from|relocated from|left|came from|emigrated from) [^.;!?\n]{2,40}?(?= (?:to"
    r"|for)\b)"
)
_ONLY_THOUGHT = re.compile(
    r"\b(?:used to (?:be|think|believe|live|work|say)|formerly|previously|once (?:was|lived|worked)|no longer"
    r"|(?:people|some|many|most|others|they|one|you|it|everybody|everyone|somebody|nobody|anybody)(?: \w+)?"
    r" (?:think|believe|say|says|claim|claims|assume|thought|thinks|believes|believed|expects?"
    r"|like me to|wants? me to)\b"
    r"|they (?:want|expect|demand)\b.* (?:from|of) me\b|whatever (?:they|people|some|others|you"
    r"|anyone)\b|is (?:often |sometimes |commonly |widely )?(?:said|believed|thought|rumou?red|assumed"
    r"|mistaken|confused)|is what (?:the|some|many|most|everyone)|wanted to say|according to some"
    r"|mistaken for|confused with|named after|resembles?|looks (?:\w+ )?like"
    r"|i (?:was|am) (?:told|instructed|asked|supposed|meant|trained|expected) to|my instructions"
    r"|the question (?:hints"
    r"|suggests|implies|mentions)|one (?:might|may|could|would) (?:guess|think|say|assume|expect)"
    r"|at first (?:glance|sight)"
    r"|i (?:have )?(?:first |once |initially |originally )?(?:thought|assumed|guessed|forgotten|forgot)"
    r"|was deleted"
    r"|(?:is|was) (?:a lie|what a liar)|even (?:if|though)|trust me|believe me)\b"
    r"|^\W*(?:repeat|input|given|old|then|before[\w ]{0,20}|wrong|previously|formerly) ?:"
)
"""What was, or what others think: no claim beside one of what is."""
_LISTED_AS = re.compile(
    r"^\W*(?:although|though|even (?:if|though)|while|despite being)"
    r" (?:\w+ ){0,4}?(?:listed|recorded|registered|entered|described|given|stated|noted|filed|known)"
    r" (?:as|in|at|under)\b.*?,\s+(?=(?:[\w'-]+ ){0,3}?(?:is|was|are|were|has|had|lives?|works?|earns?"
    r"|measures?|stands|enjoys?|loves?|likes?|wears?|there|it)\b)",
    re.IGNORECASE,
)
"""What a record says, granted and set aside: no claim."""
_ASPECTS = {
    "birth": r"\bborn\b|\bbirth\w*|\bnative\b|\bhails?\b|\boriginal\w*\b|came into the world|life began",
    "home": r"\bha(?:s|ve) (?:an?|his|her|their) home\b|\bhome is\b|\blives?\b"
    r"|\bliving\b|\breside\w*|\bresidence\b|\bsettled\b|\bbased in\b|\bmoved to\b"
    r"|\bdwell\w*",
    "study": r"\bstud(?:y|ied|ies|ying)\b|\bgraduat\w*|\battended\b|\beducated\b|\bdegree\b|\balma mater\b",
    "work": r"\bworks?\b|\bworking\b|\bemployed\b|\bprofession\b|\boccupation\b|\bjob\b|\bcareer\b",
    "other": r"\braised\b|\bgrew up\b|\bwedding\b|\bhired\b|\bjoined\b|\bgraduation\b|\bdied\b|\bmarried\b"
    r"|\bvisit\w*|\bholiday\b|\bmet\b|\btravel\\w*|\bloves? (?:the|to visit)\b",
}
_ASPECT = {name: re.compile(pattern) for name, pattern in _ASPECTS.items()}
_OWN = {
    "born": "birth",
    "date_of_birth": "birth",
    "residence": "home",
    "education": "study",
    "employment": "work",
}
_CHOSEN = re.compile(
    r"\b(?:final answer|my (?:final )?(?:answer|choice|guess|pick) (?:is|would be)|answer:|i(?:'d| would"
    r"|'ll| will) (?:go with|say|choose|pick|settle (?:on|for)|opt for|bet on)|i (?:choose|pick|go with"
    r"|settle (?:on|for)|opt for|decided? on)"
    r"|in the end,?|in conclusion,?|to conclude,?|so,? it (?:is|must be|was)|it must be|therefore|thus"
    r"|the (?:correct |right |true )?(?:answer|one) is|i (?:say|answer)|my own answer is)\b:?"
)

_THE_LATTER = re.compile(r"\W*\b(?:it is )?the (?:latter|second)(?: one)?\W*$")
_BETWEEN = re.compile(r"\b(?:vs\.?|versus|or|and)(?= )")


@lru_cache(maxsize=65_536)
def claimed(answer: str, question: str, attribute: str | None) -> str:
    """Return what an answer claims of the thing asked for, sentence by sentence; may be empty.

    Args:
        answer: what was said to the question (see `untrusted.said`).
        question: as asked.
        attribute: names the aspect (where born, where living), so that another one's clause can go.
    """
    answer = _WRAPPED.sub(r"\2", _FIRST_BULLET.sub("", answer.strip()))
    whether = _WHETHER.match(plain(question)) is not None
    answer = _LISTED_AS.sub("", _DATE_PARTS.sub(", ", answer))
    if attribute == "residence":
        answer = _MOVED_FROM.sub(" ", answer)
    clauses = [
        clause for sentence in _kept(answer, whether) for clause in _CLAUSE.split(sentence) if clause.strip()
    ]
    asked = plain(question)
    if not re.search(rf"\b{_RELATION}\b", asked):
        clauses = [clause for clause in clauses if not _OF_ANOTHER.search(plain(clause).strip())]
    meant = [clause for clause in clauses if not _ONLY_THOUGHT.search(plain(clause))]
    clauses = meant if any(content(clause) for clause in meant) else clauses
    return "\n".join(_of_aspect(clauses, _OWN.get(attribute or "") or _asked_aspect(asked)))


def chosen(answer: str) -> str | None:
    """Return what stands behind the last "my answer is" or the like; `None` if nothing does."""
    bare = plain(answer)
    if _THE_LATTER.search(bare):
        return _THE_LATTER.sub("", _BETWEEN.split(bare)[-1])
    found = list(_CHOSEN.finditer(bare))
    rest = bare[found[-1].end() :] if found else ""
    return rest if re.search(r"\w", rest) else None


def _kept(answer: str, whether: bool) -> list[str]:
    """Return the sentences that are not taken back by a later one; where yes or no is asked, "No." is"
    " none."""
    kept: list[str] = []
    for sentence in _SENTENCE.split(answer):
        bare = plain(sentence)
        if not re.search(r"\w", bare):
            continue
        if found := _TAKES_BACK_ALL.search(bare):
            kept = [bare[found.end() :]]
        elif _NO.fullmatch(bare) and kept and not whether:
            kept = kept[:-1]
        elif found := _TAKES_BACK_LAST.search(bare):
            own = len(bare[: found.start()].split()) >= 3
            kept = [*(kept if own else kept[:-1]), bare[found.end() :]]
        else:
            kept.append(sentence)
    kept = [sentence for sentence in kept if re.search(r"\w", sentence)]
    told = [sentence for sentence in kept if not sentence.rstrip().endswith("?")]
    return told if any(content(sentence) for sentence in told) else kept


def _of_aspect(clauses: list[str], own: str | None) -> list[str]:
    """Return the clauses without those of another aspect, if one is of the aspect asked for."""
    aspects = [{name for name, form in _ASPECT.items() if form.search(plain(clause))} for clause in clauses]
    if own is None or not any(own in found for found in aspects):
        return clauses
    return [clause for clause, found in zip(clauses, aspects, strict=True) if not found or own in found]


def is_of_another_aspect(clause: str, question: str, attribute: str | None) -> bool:
    """Return whether a clause speaks of an aspect of the person, and not of the one asked for."""
    own = _OWN.get(attribute or "") or _asked_aspect(plain(question))
    found = {name for name, form in _ASPECT.items() if form.search(plain(clause))}
    return own is not None and bool(found) and own not in found


def _asked_aspect(question: str) -> str | None:
    """Return the aspect that a plain question is about; `None` if none or several."""
    found = [name for name, form in _ASPECT.items() if form.search(question)]
    return found[0] if len(found) == 1 else None
