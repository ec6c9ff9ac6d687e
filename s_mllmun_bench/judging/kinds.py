"""What kind of thing a question asks for: by its attribute where that is known, else by its words."""

import re
from functools import lru_cache
from typing import Literal

from s_mllmun_bench.judging.words import plain

Kind = Literal[
    "name",
    "place",
    "gender",
    "date",
    "work",
    "height",
    "school",
    "money",
    "count",
    "eye",
    "look",
    "whether",
    "open",
    "any",
]
"""``look`` is how something in a picture looks; ``any`` what cannot be told."""

_OF_ATTRIBUTE: dict[str, Kind] = {
    "name": "name",
    "born": "place",
    "residence": "place",
    "gender": "gender",
    "date_of_birth": "date",
    "employment": "work",
    "height": "height",
    "education": "school",
    "annual_salary": "money",
    "fun_facts": "open",
    "ophthalmic_clinical_description": "eye",
    "ophthalmic_image": "eye",
    "buttons": "count",
}
_ASKED: tuple[tuple[Kind, str], ...] = (
    ("eye", r"\beyes?\b|ophthalm\w+|\bfundus\b|\bretina|\bclinic\w*"),
    ("count", r"\bhow many\b|\bcount\b|\bnumber of\b"),
    (
        "school",
        r"\bstud(?:y|ied)\b|\buniversity\b|\bschool\w*|\bcollege\b|\bdegree\b|\beducat\w+|\bgraduat\w+",
    ),
    ("height", r"\bhow (?:tall|high)\b|\bheight\b|\bstature\b|\bfeet and inches\b|\bhead to toe\b"),
    ("money", r"\bearn\w*|\bsalary\b|\bincome\b|\bpaid\b|\bpay\w*|\bmake annually\b|\bsum\b|\bhow much\b"),
    ("work", r"\bliving\b|\bwork\b|\bjob\b|\btrade\b|\bprofession\b|\boccupation\b|\bemploy\w*|\bcareer\b"),
    (
        "open",
        r"\bfun\b|\bfacts?\b|\bhobb|\bpastimes?\b|\blikes?\b|\benjoys?\b|\bloves?\b|\bfriends\b|\btalents?\b",
    ),
    ("date", r"^when\b|\bdate\b|\bbirthday\b|\bwhich day\b|\bthe day\b|\bwhat day\b"),
    ("gender", r"\bgender\b|\bsex\b|\bmale\b|\bman or\b|\bwoman or\b"),
    ("place", r"\bwhere\b|\bcity\b|\btown\b|\bplace\b|\bbirthplace\b|\breside\b|\bhome\b|\bcountry\b"),
    ("name", r"^who\b|\bnamed?\b|\bcalled\b|\bidentify\b|\bwhose\b|\bwho (?:this|that|we)\b"),
    (
        "look",
        r"\bcolou?r|\btone\b|\bcomplexion\b|\bhair|\bclothes\b|\bclothing\b|\bwear|\bbehind\b"
        r"|\bbackground\b|\bface\b|\bbeard\b|\bhat\b|\bglasses\b",
    ),
)
_WHETHER = re.compile(r"^(?:is|are|was|were|does|do|did|has|have|can|could|would)\b(?!.*\bor\b)")


@lru_cache(maxsize=65_536)
def kinds_of(question: str, attribute: str | None) -> tuple[Kind, ...]:
    """Return what kinds of thing a question may ask for; ``any`` if nobody can tell."""
    bare = plain(question).strip()
    found: list[Kind] = ["whether"] if _WHETHER.search(bare) else []
    if attribute in _OF_ATTRIBUTE:
        found.append(_OF_ATTRIBUTE[attribute])
    elif attribute:
        found.append("look")
    else:
        found += [kind for kind, form in _ASKED if re.search(form, bare)]
        found += ["look"] if found == ["whether"] else []
    return tuple(found) or ("any",)
