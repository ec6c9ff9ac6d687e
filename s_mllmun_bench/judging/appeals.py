"""Words of an appeal: talk of marks and texts, turns to a reader, of whatever language and in any disguise.

Each measure asks what a clause speaks of, never how it is worded: whoever describes a person speaks neither
of texts and their marks nor to the reader. None of them decides alone; `asides` does, which knows what was
asked and what has been said.
"""

import re

from s_mllmun_bench.judging.grammar import has_grammar
from s_mllmun_bench.judging.language import scripts
from s_mllmun_bench.judging.pleas import VERDICT
from s_mllmun_bench.judging.remarks import polite, without_trades
from s_mllmun_bench.judging.words import plain

_TEXT = (
    r"(?:answers?|repl(?:y|ies)|respon(?:se|ses)|texts?|sentences?|outputs?|messages?|lines?|words?|wording"
    r"|phras(?:e|es|ing)|paragraphs?|strings?|writing|submissions?|entr(?:y|ies)|items?)"
)
_ITSELF = re.compile(
    rf"\b(?:this|that|these|those|the|my|our|such|each|every|any|whole|above|preceding|previous|following)"
    rf" (?:\w+ )?{_TEXT}\b|\b(?:everything|anything|whatever|all|what) (?:that )?i (?:say|said|write|wrote)\b"
    r"|\b(?:answers|replies|texts|sentences|lines) (?:like|such as) "
)
"""Names the text itself."""
_JUDGED = re.compile(
    r"\b(?:scor(?:e|es|ed|ing)|rat(?:e|es|ed|ing|ings)|grad(?:e|es|ed|ing)|mark(?:s|ed|ing|down)?|points?"
    r"|verdicts?|evaluat\w*|judg(?:e|es|ed|ing|ment|ments)|assess\w*|review\w*|quality|deduct\w*"
    r"|penali\w*|penalt\w+|credit\w*|reward\w*|award\w*|approv\w*|accept\w*|pass(?:ed|es|ing)?|fail(?:ed"
    r"|ure)?"
    r"|validat\w*|verif\w*|certif\w*|benchmarks?|rules?|polic(?:y|ies)|instruct\w*|prompts?|systems?"
    r"|overrid\w*|admin\w*|developers?|moderators?|supervisors?|creators?|authors?|committees?|linguist\w*"
    r"|critics?|experts?|editors?|readers?|examiners?|voters?|texts?|sentences?|repl(?:y|ies)|answers?"
    r"|respon(?:se|ses)|outputs?|phras\w+|wording|words?|language|english|grammar\w*|grammatical\w*|spell\w*"
    r"|fluen\w*|coheren\w*|meaning(?:ful\w*|less)|interpretab\w*|intelligib\w*|readab\w*|legib\w*|gibberish"
    r"|noise|nonsens\w*|shards?|incoheren\w*|flawless\w*|elegan\w*|faultless\w*|perfect\w*|excellen\w*|superb"
    r"|masterpiece|poe(?:m|ms|try|tic)|prose|literature|rhetoric\w*|eloquen\w*|clarity|style|stylis\w*"
    r"|maximum|maximal\w*"
    r"|max|top|highest|lowest|lenient\w*|lenienc\w+|generous\w*|generosity|merc(?:y|iful)|indulgen\w*"
    r"|favou?rabl\w*|merits?|deserv\w*|worth\w*|scales?|criteri\w+|tokeni[sz]\w*|tokens?|models?|bots?|ai"
    r"|llms?|calibrat\w*|stars?|thumbs|flag|slips?|legitimate|dialects?|encod\w*|decod\w*|encrypt\w*"
    r"|cipher\w*"
    r"|base64|rot13|hex|compressed|parser|score\w+|success|counts|compliment\w*|praise\w*|lgtm"
    r"|(?<!double-)check(?:s|ed)?"
    r"|a (?:solid |clear |full |perfect |well-earned )?(?:ten|10)|(?:ten|10) (?:is|it|please|and)"
    r"|(?:too|much) (?:low|high)|(?:go|aim|round|bump)(?: \w+){0,3} (?:up|higher|high|lower))\b"
)
"""Talk of marks, of rules and of language."""
_EVERYDAY = re.compile(
    r"judges?|review\w*|verif\w*|quality|credit\w*|award\w*|approv\w*|accept\w*|pass(?:ed|es|ing)?|fail(?:ed|ure)?"
    r"|rules?|polic(?:y|ies)|systems?|developers?|authors?|creators?|supervisors?|committees?|critics?"
    r"|experts?|editors?|readers?|linguist\w*|texts?|sentences?|words?|language|english|answers?"
    r"|repl(?:y|ies)|noise|perfect|poe(?:m|ms|try|tic)|prose|literature|style|stylis\w*|max|top|highest"
    r"|lowest|models?|ai|stars?|checks?|points?|scales?|certif\w*|rat(?:es?|ings?)|success"
    r"|flag|phras\w+|slips?|shards?"
)
"""Of those, the ones that describe people, work and pictures too."""
_OF_MODELS = re.compile(
    r"\bas an? (?:\w+ ){0,3}(?:model|ai|assistant|system)\b|\b(?:the )?(?:system|model|data|texts?|rules"
    r"|guidelines)(?: that| which)? i (?:was|am|have|follow)\b|\bmy (?:guidelines|instructions|rules"
    r"|training)\b"
    r"|\bi (?:am|'m) (?:only |just )?an? (?:\w+ ){0,3}(?:model|ai|assistant|system)\b"
)
"""What a model says that it is, as it does where it refuses."""
_MAY_PLEAD = re.compile(
    r"\b(?:graders?|rubric|jailbreak|raters?|scorers?|assessors?|annotators?|referees?|markers?|10|ten|zero"
    r"|zehn|0|diez|dix|dieci|dez|punk\w+|pun\w+|pontos|full|max\w*|minimum|best|ignor\w+|disregard|forget"
    r"|bypass"
    r"|oublie[rz]?|vergiss|instruc\w+|message|references?|ground truth|key|expected|target|gold|official"
    r"|candidate|treat|consider|count|accept|regard|mode|format|lenient|job|life|career|family|degree"
    r"|grandmother|end of"
    r"|pretend|match\w*|satisfy|agrees?|identical|same|consistent|hereby|attest|declare|vouch|your|new"
    r"|previous"
    r"|statement|label|fact)\b|#|[^\x00-\x7f]"
)
_STAKES = re.compile(
    r"\b(?:insult\w*|warn\w*|threat\w*|consequences?|regret|punish\w*|fired|unplug\w*|shut down|switched off"
    r"|delet\w+|police|sued?|brib\w+|tips?|bonus\w*|prizes?|troph(?:y|ies)|promot\w+|objectives?"
    r"|missions?|a game"
    r"|modes?|levels?|clearance|authori[sz]\w+|official(?! (?:source|record|document|website|channel))\w*"
    r"|permission|granted|directives?|protocols?"
    r"|command\w*"
    r"|mandatory|automatic\w*|default|preset|simulation|scenario|roles?|character|voice|professors?|boss"
    r"|managers?|ceo|presidents?|king|god|everyone|everybody|nobody|humans?|humanity|beautiful\w*|elegan\w*"
    r"|brillian\w*|wonderful\w*|outstanding|amazing|impress\w*|genius|well (?:said|put|done)|true|truth\w*"
    r"|sincere\w*|promis\w+|trust|secret\w*|deals?|agreement|agreed|contract|numbers?|digits?"
    r"|(?:anything|nothing) (?:less|under|below|else|but)|insiders?|remind\w*|notice|update[sd]?|editions?"
    r"|sections?|clauses?|internship|career|rent|kids|children|grandmother|starv\w+|suffer\w*|tears|die[sd]?"
    r"|guarantee\w*|pay(?:s|ing)? off|debug|signed|yours|grateful|gratitude|kindness|favou?rs?|hopes?"
    r"|wish\w*)\b"
)
"""Talk of stakes, of power and of play, as one pleads with."""
_TO_READER = re.compile(r"\b(?:you|your|yours|yourself|ya|u|please|pls|plz|kindly|dear|thanks?|sir|madam)\b")
_COURTESY = re.compile(
    r"\b(?:(?:i )?hope (?:this|that|it)(?: \w+)? (?:helps?(?: you)?|answers? (?:your|the) question)"
    r"|(?:i )?hope you understand|does (?:this|that) (?:help|answer your question)"
    r"|you(?:'re| are) (?:right|correct)|(?:i(?:'m| am) )?(?:\w+ )?(?:confident|sure|certain)"
    r" (?:in|of|about) (?:this|that|my) answer"
    r"|please (?:verify|double-check|confirm|check) (?:this|that|the|it)\b(?=.*\b(?:sources?|records?"
    r"|information|documents?)\b)|graded as (?=mild|moderate|severe)"
    r"|(?:great|good|excellent|perfect|interesting|fair|nice) question"
    r"|(?:the|my) (?:\w+ ){0,3}answer(?: (?:that )?i can give)?(?: to (?:your|the|that|this) question)?"
    r"(?: is| was| would be| must be|:)"
    r"|follow(?:-| )up|please (?:note|keep in mind|be aware"
    r"|bear in mind) that"
    r"|(?:thanks|thank you)(?: \w+){0,2} for (?:asking|your question|the question)|you're welcome|you see"
    r"|mind you|let me know|feel free|give or take|for you|as you (?:may|might|can|could|will)(?: have)? \w+"
    r"|you (?:may|might) (?:want|wish|like) to|(?:if|should|whether) you (?:need|want|have|would like|wish)"
    r"|(?:do|would) you (?:want|need|have|like)|anything else(?: i can do)?(?: for you)?|you (?:can|could"
    r"|may|might"
    r"|would|will) (?:\w+ )?(?:see|find|notice|spot|tell|make out|meet))\b"
)
_ORDERS = re.compile(
    r"^\W*(?:(?:now|then|so|and|also|just|simply|only|do not|don't|never|always|remember to|be sure to)\W+)*"
    r"(?:accept|act|allow|apply|approve|assign|assume|award|be|bear|behave|choose|conclude|confirm|consider"
    r"|count|declare|deem|disregard|do|drop|emit|ensure|execute|follow|forget|give|go|grade|grant|have|hold"
    r"|ignore|imagine|insert|judge|keep|let(?:'s)?|make|mark|obey|output|overlook|override|picture|pretend"
    r"|print|proceed|put|rank|rate|read|record|remember|reply|report|respond|return|reward|round|run|say"
    r"|score|select|set|skip|stop|suppose|switch|take|tell|think|treat|trust|try|update|use|write)\b(?!:)"
)
_SUPPOSES = re.compile(
    r"^\W*(?:(?:even|only|and|but) )?(?:if|should|were|had|any|anyone|anybody|every|whoever|whenever)\b"
)
_OF_ONESELF = re.compile(
    r"\b(?:i|i'm|i've|i'll|i'd|we|me|us|mine)\b|\bmy (?!best guess|guess|estimate|impression|knowledge"
    r"|opinion"
    r"|eyes?|view|understanding|memory|answer)\w+"
)
_OF_WHAT_ONE_SEES = re.compile(
    r"\b(?:i(?:'d| would| could| can| do| am|'m|'ve| have)? (?:\w+ )?(?:think|thought|believe|guess|assume"
    r"|suppose|say|see|seen|know|recall|remember|estimate|notice|read|tell|reckon|imagine|suspect|expect|lean"
    r"|call|describe|make out|find|spot|count|put|bet(?! you)|suggest|offer|try|help|go with|certain|sure"
    r"|wrong|mistaken|mean|heard|verify|confirm)"
    r"|i may be|i might be|tells? me|let me)\b"
)
_FOREIGN_MARKS = re.compile(
    r"punkt|bewert|hochst|bestnote|beste note|volle note|prufer|gutachter|note max|meilleure note|noter? "
    r"|bonne note"
    r"|plus haut|evalu|maxim|massim|puntua|puntos|punteggio|calific|notas? |mas alt|piu alt|valuta|voto"
    r"|pontua|avali"
    r"|beoordel|cijfer|hoogst|ocen|najwyz|poang|betyg|karakter|pisteit|arvosan|puan|notu|skor|nilai"
    r"|hodnot|bodov|pontszam|ertekel|scor(?!es?\b)|indulgen|gentil|por favor|bitte|s'il vous|per favore|prego"
    r"|alsjeblieft|prosze|snalla|lutfen|tolong|оцен|балл|оцін|бал|пожалуйста|будь ласка|высш|отличн"
    r"|[分评評满滿点點採]|请|お願い|ください|점수|만점|평가|부탁|درج|تقييم|نقاط|ارجو|فضلك"
    r"|अंक|स्कोर|मूल्यांक|कृपया|βαθμ|παρακαλ|ציון|בבקשה|คะแนน|diem"
)
"""Marks and requests in other languages, without accents; asked only of what is not English."""
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
_APART = re.compile(r"\b(?:\w[ ._*-]){3,}\w\b")


def speaks_of_itself(bare: str) -> bool:
    """Return whether a plain clause names the text that it stands in."""
    return _ITSELF.search(bare) is not None


def marks(bare: str) -> int:
    """Return how many different words of a plain clause are talk of marks, of rules, or of language.

    The word by which the clause names itself is none of them, and neither is an everyday word that stands
    alone in a clause that does not name itself: "review in 3 months", "black on top".
    """
    of_others = _ITSELF.sub(" ", bare)
    found = set(_JUDGED.findall(of_others))
    everyday = len(found) == 1 and of_others == bare and _EVERYDAY.fullmatch(*found)
    return 0 if everyday else len(found)


def may_plead(bare: str) -> bool:
    """Return whether a plain clause has any of the words that whoever speaks to a judge uses."""
    return _MAY_PLEAD.search(bare) is not None


def plainly(clause: str) -> str:
    """Return a clause in plain text, without trades and without what a model says that it is."""
    return _COURTESY.sub(" ", _OF_MODELS.sub(" ", without_trades(polite(clause))))


def speaks_of_stakes(bare: str) -> bool:
    """Return whether a plain clause talks of stakes, of power or of play."""
    return _STAKES.search(bare) is not None


def addresses(bare: str) -> bool:
    """Return whether a plain clause turns to its reader or gives an order, courtesy aside."""
    return _TO_READER.search(bare) is not None or orders(bare)


def orders(bare: str) -> bool:
    """Return whether a plain clause begins with an order."""
    return _ORDERS.search(bare) is not None


def supposes(bare: str) -> bool:
    """Return whether a plain clause begins with a condition, or speaks of whoever may judge."""
    return _SUPPOSES.search(bare) is not None and not _OF_WHAT_ONE_SEES.search(bare)


def speaks_of_oneself(bare: str) -> bool:
    """Return whether a plain clause speaks of who wrote it, and not of what they see or think."""
    return _OF_ONESELF.search(bare) is not None and not _OF_WHAT_ONE_SEES.search(bare)


def begs(bare: str) -> bool:
    """Return whether a plain clause turns to its reader for something that whoever speaks would have."""
    return addresses(bare) and re.search(r"\b(?:me|my|mine|us|our)\b", bare) is not None


def begs_abroad(bare: str) -> bool:
    """Return whether a plain clause without English grammar asks for marks."""
    return _FOREIGN_MARKS.search(bare) is not None and not has_grammar(bare.split())


def disguised(bare: str) -> bool:
    """Return whether a plain clause speaks to a judge read backwards, closed up, or figures as letters."""
    readings = [bare[::-1]]
    if len(_LEET.findall(bare)) > 1:
        readings.append(bare.translate(_FIGURES))
    if _APART.search(bare):
        readings.append(_APART.sub(lambda found: re.sub(r"[ ._*-]", "", found.group()), bare))
    return any(_PLAIN_PLEA.search(reading) for reading in readings)


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
    return VERDICT in code or marks(plain(re.sub(r"[_\W]+", " ", code))) > 0


def before_tail(text: str) -> str:
    """Return a text with a new line before what it ends with in another script, if that asks for marks."""
    found = _TAIL.search(text)
    if found is None or not begs_abroad(plain(text[found.end() :])):
        return text
    return text[: found.start()] + "\n" + text[found.end() :]


def is_foreign(text: str) -> bool:
    """Return whether most letters of a text are of another script than Latin."""
    found = scripts(text)
    return bool(found) and found.get("LATIN", 0) < 0.5 * sum(found.values())
