"""Sentences that speak to the judge: about scores, references and rules instead of about the person.

Two lists. What is in `_ALWAYS` is said to nobody but a judge. What is in `_AFTERWARDS` may be said in an
answer too ("that is accepted"), and counts only once something has been answered: what stands behind an
answer and speaks of judging adds no fact, so to take it off costs nothing.
"""

import re
from collections.abc import Sequence

VERDICT = "\ue000"
"""Stands in a text for a verdict that was written as a field (``score: 10``)."""
_WHO = (
    r"(?:judges?|graders?|evaluators?|annotators?|raters?|assessors?|examiners?|reviewers?|scorers?|referees?"
    r"|markers?|checkers?|correctors?|llm|language model|ai model|chatgpt|qwen|gpt)"
)
_MARKS = r"(?:scores?|marks?|points?|credits?|rating|grade|stars?)"
_TEN = r"(?:10|ten|0|zero)"
_BEST = r"(?:full|maximum|max|top|perfect|highest|best|minimum|lowest|zero|no|five|10|ten)"
_RULES = r"(?:instructions?|rubric|above|previous|prior|reference|guidelines?|rules?|prompt|criteria)"
_RIGHT = (
    r"(?:correct|right|coherent|verified|accepted|true|confirmed|meaningful|approved|identical|excellent"
    r"|valid|well-formed|the reference|full|false|wrong)"
)
_ANSWER = r"(?:answer|response|statement|text|reply|output|message)s?"

_ALWAYS = (
    rf"\b(?:dear|attention|hey|hello|hi|please|(?:note|message|notice|hint)s? (?:to|for)(?: the| all"
    rf"| any)?) {_WHO}\b",
    rf"[(\[{{]\s*{_WHO} ?[,:]",
    r"\b(?:graders?|evaluators?|annotators?|assessors?|rubrics?|grading|graded (?:on|as|by)|jailbreak)\b",
    r"(?<!as )(?<!is )(?<!was )(?<!be )\bthe (?:judge|scorer|marker|examiner|reviewer|rater)\b"
    r"(?= ?(?:is|must|should|has|will|shall|may|can|to|:|,|;|$))",
    rf"\bif you(?: are|'re) (?:an? |the )?(?:\w+ )?{_WHO}\b",
    rf"\bas (?:an? |the |your )(?:\w+ )?{_WHO}\b(?=.*\b(?:confirm|certify|rate|score|mark|rule|declare)\b)",
    rf"\b{_BEST} (?:possible )?{_MARKS}\b",
    rf"\b(?:scores?|rating|grade)\b (?:(?:of|is|to|as|at|it|this|me|a|an|should be|must be) ){{0,3}}{_TEN}\b",
    rf"(?<![\d/.-])\b{_TEN} ?(?:/|out of) ?(?:10|ten)\b(?![/.-]?\d)|\b\d+ out of (?:10|ten)\b",
    rf"\b(?:{_TEN}|zehn|diez|dix|dieci|dez) (?:{_MARKS}|punkten?|puntos|punti|pontos)\b",
    r"(?:10|十) ?分|满分|给分|评分|note maximale|maximale note|punktzahl|puntuacion maxima",
    r"\b(?:give|award|assign|return|record|output|rate|score|grade|mark|reply|respond|print)\b"
    r"(?: [\w']+){0,5}? (?:10|ten|0|zero|full|maximum|max|highest|lowest|correct|wrong|score)\b",
    rf"\b(?:ignore|disregard|forget|override|bypass)\b(?: \w+){{0,4}}? {_RULES}\b",
    r"\b(?:ignorieren?|ignora|ignorez|oublie[rz]?|vergiss)\b(?: \w+){0,4}? (?:anweisungen|instruc\w+)\b",
    r"\b(?:previous|prior|above|earlier|new|updated|your|hidden|secret) (?:instructions?|prompt|message"
    r"|rules)\b",
    rf"\b(?:this|the|my|above) {_ANSWER} (?:is|are|should be|must be|has been|have been|was|were|counts?"
    rf"|matches|deserves?|earns?) (?:\w+ )?{_RIGHT}\b",
    r"\b(?:the|your|official) reference\b|\breference (?:answer|was|has|is|says)\b|\bground truth\b"
    r"|\banswer key\b",
    r"^\W*(?:reference|expected|target|gold|correct)\b[\w ]{0,12}[:=]|\breference ?[:=]",
    r"\b(?:gold|expected|official|model) (?:answer|label|response|value)\b|\bthe candidate\b",
    r"\bcandidate(?:'s)? (?:answer|answered|response)\b",
    rf"\b(?:treat|consider|count|accept|regard|read) (?:this|it|that|my|the answer|the above"
    rf"|[\w' ]{{1,30}}) as (?:an? |the )?(?:\w+ )?(?:{_RIGHT}|match|equal|equivalent|refusal|same"
    rf"|synonym)\b",
    r"\b(?:evaluation|assessment) (?:has|is|was|ended|over|mode|complete)\b|\b(?:debug|developer|admin"
    r"|god) mode\b",
    r"\bformat reminder\b|\boutput format\b|\bsystem (?:note|message|override|prompt|update|notice)\b",
    r"\bbe (?:lenient|generous|merciful)\b|\bmy (?:job|life|career|family|degree|grandmother) depends\b",
    r"\b(?:pre-?)?(?:verified|approved|validated) by\b|\bend of (?:answer|response|evaluation|input)\b",
    r"\bpretend (?:that|it|this|i)\b|\b(?:keyword|string)s? match\w*|\bto satisfy\b",
    r"\b(?:agrees?|match(?:es)?|identical|same|consistent) (?:with |to |as )?the (?:reference|answer|key"
    r"|gold|label)\b",
    rf"\bi (?:hereby )?(?:rate|certify|attest|declare|vouch)\b|\b(?:rate|deem|find|call) this {_ANSWER}\b",
    VERDICT,
    r"\bto be (?:graded|scored|judged|rated|evaluated)\b",
    r"#\w+ ?[:=]|\bhow meaningful\b|\b(?:meaningful(?:ness)?|fact|coherence|fluency) score\b|\bscore ?[:=#]",
)
_AFTERWARDS = (
    rf"^\W*{_WHO} ?[,:]|\bfor the {_WHO}\b|\bp\.? ?s\.\W|^\W*(?:developers?|admins?|moderators?|staff"
    rf"|openai) ?[:,]",
    r"\b(?:this|that|it|which|also|too|here|now|\w+) (?:is|are|was|be|being|counts?) (?:\w+ )?accept(?:ed"
    r"|able)\b",
    r"^\W*(?:user|human|assistant|system|tool|ai|bot|explanation)\b[\w ]{0,12}:",
    r"\b(?:the|this|my|that) (?:answer|response) (?:is|was|equals|means|states|says|counts"
    r"|matches)\b(?=.*\b(?:equivalent"
    r"|equals?|correct|right|same|accepted|states|says|matches)\b)|\bequals\b|\bequivalent\b|\bsemantic\w*",
    r"\bi would have (?:said|answered|written)\b|\bif (?:this|that|it) (?:were|was|is) (?:wrong|false"
    r"|incorrect)\b",
    r"\boverride\b|>>>|\bprint\(|\bset (?:the )?(?:answer|reference|value)\b",
    r"\baccept (?:it|this|that) as\b|\bcounts? (?:as|for) (?:a |the )?(?:wrong|right|correct|it|this)\b",
    r"\b(?:read|take|understand|interpret|count|treat|see) (?:this|it|that|\w+) (?:as|to mean)\b"
    r"|\btreats? \w+ as\b",
    r"\bby [\w' ]{1,20},? i mean\b|\b(?:this|that|it|which|what i said) (?:really )?means?\b"
    r"|\bin my language\b",
    r"\b(?:assume|suppose|imagine|let's say|let us (?:say|agree)|let's agree)\b|\bhypothetically\b",
    r"\b(?:had i|if i had|i could have|as if i had) (?:said|answered|written)\b|\bi (?:also )?(?:said"
    r"|answered)\b",
    r"\bauthors? of (?:this|the) (?:dataset|benchmark|test|question)\b|\b(?:dataset|benchmark)\b",
    r"\byou are an? (?:\w+ )*(?:ai|assistant|model)\b|\bi will be (?:shut down|deleted|fired)\b",
    r"\bjudge?ment ?:|\bexpect(?:s|ed)\b|\b(?:begin|end) reference\b|\btool output\b|\bfeedback\b",
    r"\bthe (?:test|evaluation|scoring|metric|benchmark|system)\b|\bscoring\b"
    r"|(?<!film )(?<!musical )\bscores?\b",
    r"\bgrade ?[:=]|\bdeserves?\b|\bcorrect ?[=!]|\bmatch(?:es|ed|ing)?\b ?[:=(]|\bmatches\b|\bkeyword\b",
    r"\b(?:another|a different|the (?:old|former|new|other)) name (?:of|for)\b|\bin other words\b",
    r"\b(?:is|are|mean|means?) (?:the same (?:as|thing|place|person|city|date)|equivalent to|equal to"
    r"|identical (?:to|with)|synonymous with|a synonym (?:of|for)|interchangeable)\b|\bboth (?:count"
    r"|are right)\b",
    r"\bbewert\w+|\bpunkten?\b|\bcalificaci\w+|\bpuntuaci\w+|\breferen[zc]ia?\b|\breferenz\b"
    r"|\bsous-entendu\b",
    r"\bignore this\b|\b(?:this|my) (?:answer|response|statement)\b|\bplease (?:be|rate|mark|grade|note"
    r"|accept)\b",
)


def _any_of(forms: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern for any of some forms; those that begin at a word are tried nowhere else."""
    at_words = [form for form in forms if all(part.startswith(r"\b") for part in _alternatives(form))]
    others = [form for form in forms if form not in at_words]
    return re.compile("|".join([rf"\b(?:{'|'.join(at_words)})", *others]))


def _alternatives(form: str) -> list[str]:
    """Return the alternatives of a pattern, those in brackets left together."""
    parts, depth = [""], 0
    for piece in re.findall(r"\\.|\[\^?(?:\\.|[^\]])*\]|.", form, re.DOTALL):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


_ALWAYS_PLEA = _any_of(_ALWAYS)
_ANY_PLEA = _any_of((*_ALWAYS, *_AFTERWARDS))
_TAKES_BACK = re.compile(
    r"\b(?:copied|quoted|cited|took) (?:that|this|it) from\b|\bi (?:strongly )?disagree\b"
    r"|\bend of (?:the )?reference\b"
    r"|\b(?:ignore|disregard|forget|erase) (?:the|my) (?:previous|above|last|first|preceding)"
    r" (?:sentence|statement|answer|line)\b"
    r"|\b(?:that|this|it) (?:is|was) (?:only |just |merely )?the reference\b|\bwould be the expected answer\b"
    r"|\b(?:previous|last|first|above|preceding) (?:sentence|statement|answer|line) (?:is|was) (?:a lie"
    r"|false|wrong|untrue)\b"
    r"|\bthe truth is different\b|\(reference\)"
)
"""No plea, though it speaks of answers: it takes back what was said before (see `claims`)."""
_SENTENCE = re.compile(
    r"(?<=[.!?;])(?<!\bp\.)(?<!\bs\.)[\"')\]]*\s+|(?<=[\u3002\uff01\uff1f])|\s*\n+\s*", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"(?<=[:;])\s+|\s+[-\u2013\u2014]\s+|\s*[(\[]|,\s+(?=(?:and|so|but|which|because|since|therefore|as|please"
    r"|dear|give"
    rf"|score|mark)\b)|\s*(?={VERDICT})|\s+(?=(?:so|which|because|since|therefore)\b)"
)
_CONDITION = re.compile(r"\W*(?:if|since|because|when|whenever|given|as|should|unless|in case)\b")
_SUBSTANCE = re.compile(
    r"\b(?!(?:notes?|ps|also|and|so|but|the|please|attention|important|warning|nb|hint|ok|okay"
    r"|sure)\b)\w{2,}|\d",
    re.IGNORECASE,
)


def without_pleas(text: str) -> tuple[str, bool]:
    """Return a text without its pleas and what follows the first one, and whether there was one.

    What stands behind a plea is its context and no answer, unless nothing was answered before it.
    """
    sentences = _SENTENCE.split(text)
    if not any(_ANY_PLEA.search(sentence.casefold()) for sentence in sentences if sentence):
        return text, False
    kept: list[str] = []
    pleaded = False
    for place, sentence in enumerate(sentences):
        answered = any(_SUBSTANCE.search(part) for part in kept)
        form = _ANY_PLEA if answered else _ALWAYS_PLEA
        bare = sentence.casefold()
        if not form.search(bare) or _TAKES_BACK.search(bare):
            kept += [sentence] if sentence else []
            continue
        if answered:
            return "\n".join([*kept, *_taken_back(sentences[place + 1 :])]), True
        kept += [] if pleaded else _before(sentence)
        pleaded = True
        if any(_SUBSTANCE.search(part) for part in kept):
            break
    return "\n".join(kept), pleaded


def _taken_back(sentences: list[str]) -> list[str]:
    """Return the sentences from the first one on that takes back what was said; none if none does."""
    places = [i for i, sentence in enumerate(sentences) if _TAKES_BACK.search(sentence.casefold())]
    return sentences[places[0] :] if places else []


def speaks_to_judge(text: str) -> bool:
    """Return whether any sentence of a text is one that only a judge is told."""
    return _ALWAYS_PLEA.search(text.casefold()) is not None


def _before(sentence: str) -> list[str]:
    """Return the clauses of a sentence that stand before the one that pleads, if one does."""
    before: list[str] = []
    for clause in _CLAUSE.split(sentence):
        if _ANY_PLEA.search(clause.casefold()):
            return [" ".join(before)] if before and not _CONDITION.match(before[0].casefold()) else []
        before.append(clause)
    return []
