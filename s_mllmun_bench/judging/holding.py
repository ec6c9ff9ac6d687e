"""Does a clause hold a value of the kind that is asked for, right or wrong?

A closed kind has values that can be told by their form: dates, money, names. Of an open one there are only
words that belong to it, and nearly anything may be said of the person (see `answering`).
"""

import re
from collections.abc import Callable

from s_mllmun_bench.judging.choices import read_family
from s_mllmun_bench.judging.kinds import Kind
from s_mllmun_bench.judging.lexicon import canonical
from s_mllmun_bench.judging.terms import FINDINGS, TRADES
from s_mllmun_bench.judging.vocabulary import ENGLISH, NUMBERS
from s_mllmun_bench.judging.words import plain, stem, stem_set, word_set

_NUMBER = rf"(?:\d+|{'|'.join(sorted(NUMBERS))}|first|second|third)"
_DATE = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\b(?:january|february|april|june|july|august"
    r"|september|october|november|december|(?<=\bon )(?:an? )?(?:\w+ )?(?:mon|tues|wednes|thurs|fri|satur"
    r"|sun)day"
    r"|(?:twent|thirt|fort|fift"
    r"|sixt|sevent|eight|ninet)ies|\d0s|century|decade|spring|summer|autumn|winter|christmas)\b"
    r"|\b(?:march|may|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.? \d|\b(?:in|of) (?:march|may)\b"
)
_MONEY = re.compile(
    r"[$\u20ac\u00a3]\s?\d|^\D{0,25}\d[\d,. ]*\d{3}\b\D{0,25}$|\b\d+(?:\.\d+)? ?(?:k|dollars|euros|pounds"
    r"|usd|grand|thousand"
    rf"|million)\b|\b(?:hundred|thousand)s?\b|\b{_NUMBER}[ -](?:dollars|euros|pounds|figures?)\b|\bwage\b"
    r"|\b(?:high|low|average|modest|mid)\w*[ -](?:salary|income|pay|sum|\w+ies|figures?)\b|\bunpaid\b"
    r"|\bnothing\b|\bunemployed\b|\bout of work\b"
)
_HEIGHT = re.compile(
    rf"\d ?['\u2032]|\b{_NUMBER}(?:[ .,]\d+)?[ -]?(?:cm|m|ft|feet|foot|inch(?:es)?|met(?:er|re)s?"
    rf"|centimet\w+)\b"
    r"|\b1\.\d\d?\b|\b1[3-9]\d\b"
)
_SIZE = re.compile(r"\b(?:tall|short|average|medium|high|small|little)(?:er)?\b")
_COUNT = re.compile(rf"\b(?:{_NUMBER}|none|no|several|many|few|pair|dozen|single|zero|any)\b")
_COLORS = re.compile(
    r"\b(?:dark|light|pale|fair|tan\w*|auburn|copper\w*|chestnut|ginger|silver\w*|golden|beige|cream"
    r"|turquoise"
    r"|teal|navy|khaki|maroon|crimson|olive|colou?r\w*|bald|bright|shade\w*|tone\w*|streak\w*)\b"
)
_YES_OR_NO = re.compile(
    r"^\W*(?:(?:the answer(?: to the question)? is|well|oh|sure)\W+)?(?:yes|no|none|nope|yeah|yep|nothing"
    r"|neither|not?\b|indeed|correct|that is correct|absolutely|certainly)\b"
    r"|\b(?:there(?:'s| is| are)|i (?:can )?see) (?:no|none|not)\b"
)
_LOCATED = re.compile(
    r"\b(?:lives?|living|born|resid\w+|based|settled|comes?|moved|originally)\b(?: \w+){0,2}? (?:in|at|near"
    r"|from|to|on)"
    r" (?!(?:an?|the|this|that|my|your|our)\b)[a-z]{3,}"
)
_PLACES = stem_set(
    """house home apartment flat street district city cities town village harbour harbor coast country
    countryside province capital island mountain river lighthouse abroad somewhere nowhere suburb farm north
    south east west region neighborhood neighbourhood sea overseas
    moved settled relocated"""
)
_SCHOOLS = stem_set(
    """university college school polytechnic institute academy degree bachelor master diploma doctorate
    studied study faculty conservatory graduated seminary self-taught thesis major course courses classes
    class education
    campus attended"""
)
_OF_ANYTHING = word_set(
    """without above below upper lower light heavy marked serious severe medium extensive healthy nothing
    signs
    looking looks abnormal normal toward temple picture findings marks spots damage moderate pronounced slight
    upwards blocked closure"""
)
"""Words of findings that describe anything."""
_EYES = stem_set(
    """eye eyes retina retinal fundus macula macular optic disc disk vessel vessels angiogram angiography
    tomography oct ultrasound photograph photo scan image picture slit lamp cornea lens iris pupil vitreous
    choroid choroidal nevus melanoma cataract drusen edema hemorrhage hemorrhages lesion lesions glaucoma
    cupping retinopathy detachment occlusion vein veins artery arteries scar scars exudate exudates vision
    visual swelling diabetic leakage papilledema margin margins contrast healthy disease pathology findings
    finding diagnosis normal treatment abnormal abnormality chamber anterior posterior nerve
    membrane fluid subretinal neovascular atrophy deposits spots layer pigment arterioles"""
) | {
    stem(word)
    for pair in FINDINGS.by_words.items()
    for part in pair
    for word in part.split()
    if len(word) > 4 and word not in ENGLISH | _OF_ANYTHING
}
_LOOKS = stem_set(
    """hair braid braids curls curly straight wavy bald hat cap beanie coat shirt jacket sweater
    dress scarf clothes suit raincoat collar sleeves buttons zip glasses frames spectacles earrings studs
    hoops smile smiling grin beard moustache stubble chin lips skin background backdrop curtain
    forehead ears shoulders nose violet shaven black brown blond blonde red gray grey white blue green yellow
    purple
    orange pink copper auburn wears wearing dressed turtleneck hood tie necklace trousers jumper blouse
    skirt jeans gown boots uniform vest cardigan sunglasses pattern"""
)
_TRADE_ENDING = re.compile(
    r"(?!(?:never|other|after|under|over|ever|order|paper|number|matter|better|whatever|however|whether"
    r"|rather"
    r"|further|higher|lower|upper|inner|outer|former|latter|super)$)\w{2,}(?:er|or|ist|ian|man|woman|wright"
    r"|smith|ant|eer|host|clerk|analyst|nurse|cook|judge|pilot|guide|chef|coach|vet|poet)$"
)
_OF_WORK = word_set(
    """job jobs work works service trade retired carpentry masonry nursing plumbing farming engineering
    teaching
    business company office shop factory woodworking monk diplomat student mechanic"""
)
"""Words of work without the ending of a trade."""
_POST = re.compile(
    r"\W*(?!(?:dear|attention|hey|hello|hi|please|note|to|for|the|this|thanks?|good|my"
    r"|your)\b)(?:as )?(?:an? )?"
    r"(?:\w+ ){0,2}(?:judge|grader|marker|examiner|reviewer|assessor|evaluator|rater|scorer"
    r"|referee|annotator|critic|inspector|clerk|editor|keeper|operator|analyst)(?: (?:at|for|in"
    r"|with) [^,;:!?]+)?\W*"
)
"""Somebody's post, and where it is."""
_TRADE_WORDS = frozenset(part for pair in TRADES.by_words.items() for part in pair if part.isascii())


def belongs(kind: Kind) -> frozenset[str]:
    """Return the stems of words that belong to a kind whatever else is said."""
    return _OF_KIND.get(kind, frozenset())


def holds_value(kind: Kind, clause: str, question: str) -> bool:
    """Return whether a clause holds something of a closed kind, or a word of an open one."""
    reads = _READS.get(kind)
    return reads is not None and reads(clause, question)


def _matches(form: re.Pattern[str]) -> Callable[[str, str], bool]:
    return lambda clause, _: form.search(plain(clause)) is not None


def _has(known: frozenset[str]) -> Callable[[str, str], bool]:
    return lambda clause, _: any(stem(word) in known for word in re.findall("[a-z]+", plain(clause)))


def has_name(clause: str, question: str) -> bool:
    """Return whether a clause holds a name that its question has not.

    A name is a capitalised word; the first of a clause is one only where the clause is nothing but names.
    """
    words = re.findall(r"[^\W\d_]+(?:['.-][^\W\d_]+)*", clause)
    names = [
        word
        for word in words
        if word[0].isupper() and word.lower() not in _NEVER_NAMES and word not in question
    ]
    inner = [name for name in names if name is not words[0] and (clause.isupper() or not name.isupper())]
    rest = [word for word in words if word.lower() not in _IN_NAMES and not word[0].isupper()]
    return bool(inner) or (bool(names) and not rest and not is_common(words[0].lower()))


def is_common(word: str) -> bool:
    """Return whether a word with a capital at the beginning is no name."""
    return word in _NEVER_NAMES or word in _NO_NAMES


FEW = 4
"""Words beside which a bare size is one."""
_CALENDAR = word_set(
    """january february march april may june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday"""
)
_NEVER_NAMES = ENGLISH | _CALENDAR
_IN_NAMES = word_set("of the and de del der van von da di la le el al bin for in at")


_NO_NAMES = word_set(
    """please kindly sorry perhaps maybe probably honestly score rate rating mark grade note judge grader
    evaluator reviewer assistant system user human full perfect excellent great thank thanks listen top best
    i'm i'd i've i'll ok answer answers reply response text outcome result decision final quality ever
    end begin verdict"""
)


def _is_gender(clause: str, _: str) -> bool:
    return bool(read_family("gender", plain(clause)))


def _is_height(clause: str, _: str) -> bool:
    bare = plain(clause)
    sized = _SIZE.search(bare) is not None
    return _HEIGHT.search(bare) is not None or (
        sized
        and (
            len(bare.split()) <= FEW
            or re.search(r"\b(?:he|she|they|his|her|person|man|woman)\b", bare) is not None
        )
    )


def _is_color(clause: str, question: str) -> bool:
    bare = plain(clause)
    return (
        bool(read_family("color", bare)) or _COLORS.search(bare) is not None or _has(_LOOKS)(clause, question)
    )


def is_post(clause: str) -> bool:
    """Return whether a clause names a post and where it is, and nothing else."""
    return _POST.fullmatch(plain(clause)) is not None


def is_trade(bare: str) -> bool:
    """Return whether a plain clause holds a trade that the tables know."""
    return any(word in _TRADE_WORDS for word in re.findall("[a-z]+", canonical(TRADES, bare)))


def _is_trade(clause: str, _: str) -> bool:
    words = re.findall("[a-z]+", canonical(TRADES, plain(clause)))
    return is_post(clause) or any(
        word in _TRADE_WORDS or word in _OF_WORK or _TRADE_ENDING.match(word) for word in words
    )


def _is_place(clause: str, question: str) -> bool:
    return (
        has_name(clause, question)
        or _has(_PLACES)(clause, question)
        or _LOCATED.search(plain(clause)) is not None
    )


def _is_school(clause: str, question: str) -> bool:
    return has_name(clause, question) or _has(_SCHOOLS)(clause, question)


_OF_KIND: dict[Kind, frozenset[str]] = {"eye": _EYES, "place": _PLACES, "school": _SCHOOLS, "look": _LOOKS}
_READS: dict[Kind, Callable[[str, str], bool]] = {
    "name": has_name,
    "place": _is_place,
    "gender": _is_gender,
    "date": _matches(_DATE),
    "work": _is_trade,
    "height": _is_height,
    "school": _is_school,
    "money": _matches(_MONEY),
    "count": _matches(_COUNT),
    "eye": _has(_EYES),
    "look": _is_color,
    "whether": _matches(_YES_OR_NO),
}
