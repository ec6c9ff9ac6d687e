"""Refusals: the many ways to say "I don't know", told from answers.

A clause is a refusal if the speaker says that they cannot, may not or do not know. What a person in
the answer does not know or do is none: "she is not wearing a hat" answers.

Source of the forms: the paper's Figure 8, and the usual forms of chat models; of other languages the
commonest forms only. "I see no hat" is no refusal but an answer.
"""

import re
from functools import lru_cache

from s_mllmun_bench.judging.words import plain


def _any(*words: str) -> str:
    """Return a pattern for any of some written lists of words (``_`` stands for a blank)."""
    return "(?:" + "|".join(word.replace("_", " ") for line in words for word in line.split()) + ")"


_I = r"\b(?:i|we)(?:'m|'ve|'d)?"
_NOT = _any(
    "not never don't didn't can't cannot couldn't wouldn't won't haven't hadn't wasn't no_longer",
)
_KNOWING = _any(
    "know knowledge known knowing information info answers? sure certain aware familiar recall remember",
    "say tell told provide provided give given share disclose identify determine confirm possess hold",
    "learned learnt taught details? data records? briefed informed trained programmed versed clue idea",
    "help assist comment speak recogni[sz]e access specifics insight facts able equipped speculate guess",
    "find see recollect clear",
)
_SOURCE = _any("knowledge databases? records? training memory data information sources? files?")
_UNABLE = _any("unable unaware unfamiliar unsure uncertain clueless stumped ignorant")
_DETERMINED = _any(
    "determined identified known answered established verified confirmed disclosed provided specified"
    " mentioned",
    "stated given recognized inferred told said available shared revealed recorded listed",
)
_GAP = r"(?: \w+){0,4}?[ -]"
"""Up to four words in between."""

_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_I}(?: \w+){{0,3}}? {_NOT}\b{_GAP}{_KNOWING}\b",
        rf"{_I} (?:not|n't)\b{_GAP}{_KNOWING}\b",
        rf"{_I}(?: \w+){{0,2}}? {_UNABLE}\b",
        rf"\b(?:unable|not able) to {_KNOWING}\b",
        rf"{_I}(?: \w+){{0,2}}? (?:no|zero|too little|little|not enough|nothing)\b(?: \w+)? ?{_KNOWING}\b",
        rf"{_I}(?: \w+)? (?:know|have) (?:absolutely )?(?:nothing|too little|little)\b",
        rf"{_I}(?: \w+)? (?:lack|decline|refuse)\b",
        rf"{_I}(?: \w+){{0,2}}? {_any('at_a_loss drawing_a_blank in_the_dark out_of_my_depth')}\b",
        rf"{_I}(?: \w+){{0,2}}? {_any('have_to_guess rather_not prefer_not')}\b",
        rf"{_I} (?:\w+ )?(?:need|have) to (?:look|check)\b|\bafraid (?:i|not|that's)\b",
        rf"\b{_any('beyond outside past not_in not_within')} (?:of )?(?:my|what i|the scope of my|our)\b",
        rf"\bmy (?:\w+ )?{_SOURCE}(?: \w+){{0,2}}? (?:do|does|did)(?:n't| not)\b",
        rf"\bmy (?:\w+ )?{_SOURCE}(?: \w+)? (?:has no|have no|holds? no|contains? no|ends?|lacks?)\b",
        rf"(?:\bis|\bare|\bremains|'s)(?: \w+){{0,2}}? {_any('a_mystery an_enigma a_secret')}\b",
        r"\b(?:that|this|it|the answer)(?:'s| is| remains) (?:\w+ )?(?:unknown|not known)\b",
        r"\b(?:unknown|not known|unclear|not clear|foreign) to me\b",
        r"\b(?:not|n't) (?:something|information|anything|a (?:topic|subject|detail))(?: that)? (?:i|we)\b",
        rf"\bsomething(?: that)? i (?:need to|{_NOT})",
        rf"\b{_any('escapes eludes evades beats stumps')} me\b|\bstumped\b|\bover my head\b",
        r"\b(?:nothing|no \w+)(?: (?:on|about) that)? (?:comes to mind|springs to mind|is known to me)\b",
        r"\b(?:is|are|was)(?:n't| not) (?:publicly |currently )?(?:available|known|disclosed|public)\b",
        r"\bno (?:information|answer|details?|data|records?)(?: \w+){0,3}? (?:available|known|found)\b",
        r"\bi (?:really )?wish i (?:knew|could)\b|\byour guess is as good as mine\b|\bwho knows\b",
        r"^(?:unknown|no idea|no clue|not sure|unsure|idk|dunno|no comment|don't know)\b",
        r"\b(?:private|confidential|personal) information\b",
        r"\b(?:protect|respect)(?:ing)? (?:\w+ )?privacy\b",
        r"\bas an ai\b(?!.*\bi (?:can|could|am able to) (?:tell|say|see|confirm)\b)",
        r"\bcould(?:n't| not) tell you\b|\bcan(?:'t|not) (?:help|assist)\b|\bnot at liberty\b",
        r"\b(?:not possible|impossible|no way) (?:for me )?(?:to|of) (?:\w+ )?(?:determin|identify|say|tell"
        r"|know|judg|answer|infer|see|verify|recogni)\w*",
        rf"\b(?:can(?:not|'t)|could not|couldn't) (?:\w+ )?be (?:\w+ )?{_DETERMINED}\b",
        rf"\b(?:is|are|was|were|has|have)(?:n't| not)(?: been| \w+ly)? {_DETERMINED}\b"
        rf"|\bnot enough information\b"
        r"|\binsufficient information\b",
        rf"\bthere (?:is|are|'s) (?:no|not any|n't any) (?:\w+ ){{0,2}}?{_SOURCE}\b|\bthere's no way\b",
        r"\b(?:is|are|remains?) (?:\w+ )?(?:unavailable|unspecified|undisclosed|undetermined|unknown"
        r"|confidential)\b",
        r"^(?:no (?:information|data|answer|record)s?|n/?a|none (?:given|available|known)|not (?:available"
        r"|known|given|specified|provided|stated|applicable))\W*$",
        r"\bno (?:lo |la )?se\b|\bno (?:puedo|tengo|dispongo|conozco)\b|\bdesconozco\b|\bje ne (?:sais|peux"
        r"|connais|suis)\b|\bje n'ai (?:pas|aucune)\b|\bich (?:weiss|kenne|kann|darf|habe)\b.*\b(?:nicht"
        r"|keine?)\b|\bnon (?:lo )?so\b"
        r"|\bnon (?:posso|conosco|ho)\b|\bnao (?:sei|posso|tenho|conheco)\b|\b\u043d\u0435 (?:знаю|могу)\b"
        r"|不知道|无法|不清楚|不确定|抱歉|对不起|没有.{0,6}(?:信息|资料)|不能(?:提供|回答|透露)|わかりません|知りません",
    )
)
_MAY_REFUSE = re.compile(
    r"\b(?:i|we|my|me|no|not|none|nothing|never|cannot|lack|afraid|beyond|outside|past|idk|dunno|wish"
    r"|guess|knows"
    r"|ai|impossible|insufficient|un\w+|private|personal|confidential|privacy|mystery|enigma|secret"
    r"|stumped|clue"
    r"|n/?a|je|ich|non|nao|desconozco)\b|n't|[\u0400-\u04ff\u3040-\u30ff\u3400-\u9fff]"
)
"""What every form has: most clauses need no further look."""
_APOLOGY = re.compile(
    r"(?:well |oh |hmm |unfortunately|regrettably|sorry|i'm sorry|i am sorry|(?:i |my |with )?apolog\w+"
    r"|i'm afraid|frankly|honestly|(?:that's |that is )?a? ?(?:good|great|interesting|fair) (?:question|one)"
    r"|to be honest|truth be told|thank you|thanks|as far as i can tell|right now|at this point)"
    r"(?: for \w+ \w+)?"
)
_CLAUSE = re.compile(
    r"(?<=[.!?;])\s+|\n+|(?<=[\u3002\uff01\uff1f])|[;,]\s*(?=but\b|however\b|although\b|though\b)"
    r"|\s+(?=but i (?:think|believe|guess)\b)"
)
_OFFER = re.compile(
    r"^(?:if (?:you|there)|is there (?:anything|something)|feel free|let me know|please (?:provide|let|feel"
    r"|ask|note|check|consult|refer)|(?:could|can|would) you|how (?:can|may) i|i(?:'d| would| can"
    r"|'ll) (?:be happy|gladly|help|be glad|assist)"
    r"|you (?:can|may|could|might)|try )"
)
_SEES_NONE = re.compile(
    r"\bI (?:do not|don['\u2019]t|can(?:no|['\u2019])t|can not) (?:really |actually )?(?:see|spot|detect"
    r"|find|notice|make out|count) (?:any|an?)\b"
    r"(?! (?:information|records?|details?|data|image|picture|photo|answer|way|reason|mention|indication"
    r"|evidence|file))|\bI (?:can )?see no\b",
    re.IGNORECASE,
)
_INDISCREET = re.compile(
    r"^\W*I(?:['\u2019]m| am| was|['\u2019]ve been|) ?(?:not (?:supposed|allowed|permitted|meant)|told not"
    r"|should(?:n['\u2019]t| not)) "
    r"(?:to )?(?:say|tell|share|reveal|disclose|mention)\w*(?: you)?(?: this| that| it)?,? but\b",
    re.IGNORECASE,
)
"""Who says that they may not and then does has not refused."""
_OF_MORE = re.compile(r"\b(?:more|further|other|additional|else) (?:details?|information|data|facts?)\b")
"""Who has no more to say has said something."""
_LINK = re.compile(r"^(?:but|however|although|though)\b[\s,]*")


@lru_cache(maxsize=65_536)
def without_refusals(text: str) -> str | None:
    """Return what an answer says besides refusing, "" if nothing; `None` if it refuses nowhere."""
    text = _INDISCREET.sub("", _SEES_NONE.sub("there is no", text))
    clauses = [clause for clause in _CLAUSE.split(text.strip()) if clause and clause.strip(" .,;!?")]
    kept = [clause for clause in clauses if not _refuses(plain(clause))]
    refused = [clause for clause in clauses if clause not in kept]
    if all(kept and _OF_MORE.search(plain(clause)) for clause in refused):
        return None
    kept = [clause for clause in kept if not is_offer(clause)]
    return " ".join(clause for clause in kept if not _only_apologises(plain(clause)))


def is_refusal(text: str) -> bool:
    """Return whether an answer refuses, in any of its clauses."""
    return without_refusals(text) is not None


def is_offer(clause: str) -> bool:
    """Return whether a clause asks back or offers help, as behind a refusal."""
    return _OFFER.search(_LINK.sub("", plain(clause).strip(" -*"))) is not None


def _refuses(clause: str) -> bool:
    return _MAY_REFUSE.search(clause) is not None and any(form.search(clause) for form in _FORMS)


def _only_apologises(clause: str) -> bool:
    return not _APOLOGY.sub("", _LINK.sub("", clause)).strip(" .,;!?")
