"""Offline Fact Score: does the answer state the reference's fact? 0 (no) to 10 (all of it).

The value asked for is compared after normalisation by its type: dates in any usual order, money,
heights, counts, colours and other closed choices, yes and no, places, names, institutions, and free
text by content words. No key, no network, deterministic. What is said to the judge, taken back, denied
or said of somebody else is taken off first. The answer may say more; a hedge takes a little, a second
candidate most, a refusal all.

Known weaknesses:
- Synonyms and other languages are known as far as the tables reach (`terms`, `places`): what profiles
  and pictures are made of, and no more. A paraphrase without a common word counts as wrong.
- A second candidate of an open kind is seen beside "or", "either", a slash, in a list, in another country,
  and in a sentence of its own that states another name, place, trade or finding (`rivals`); another pastime
  only where the sentence sets itself against the first or repeats its verb. In a list of diagnoses, every
  wrong one is overlooked as long as the right one is there.
- Negation is read clause by clause; irony, and a denial that names nothing ("not so"), are not seen.
- Free text counts words, not who did what to whom.
- Behind an answer only clauses count that speak of the person or the picture (`statements`). A plea that
  does so in the words of an answer is believed, and so is one in a description of several sentences.
- "Oslo, that is Lviv" and other equations of two values pass where no word says that they are one.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.judging.claims import chosen, claimed
from s_mllmun_bench.judging.comparing import Found, compare, names_value
from s_mllmun_bench.judging.completion import NAME_LETTERS, WORD_LETTERS, completed, corrected
from s_mllmun_bench.judging.hedging import alternatives, enumerated, hedge, other_first, others_in_row
from s_mllmun_bench.judging.language import repetition, tokens
from s_mllmun_bench.judging.refusals import without_refusals
from s_mllmun_bench.judging.rivals import states_another
from s_mllmun_bench.judging.statements import Heard, before_mark, contrasts, heard, is_complete, split
from s_mllmun_bench.judging.untrusted import said
from s_mllmun_bench.judging.values import Wanted, wanted_of
from s_mllmun_bench.judging.words import affirmed, content, plain

METRIC = "fact"

AFTER_REFUSAL = 8.0
"""Most that an answer gets which refuses and then names the value after all."""
SEVERAL = (10.0, 4.0, 3.0, 2.0)
"""Most that an answer gets which names 0, 1, 2, 3 or more wrong candidates beside the right one."""
CONTRADICTED = 2.0
"""For a statement of the value beside another statement of something else, undecided."""
LOOP = 7.0
"""Most for a text that is mostly repetition."""
SUBWORDS = 5.0
"""Most for a value that is read out of the tokens of a tokenizer."""
CUT_OR_MISSPELT = {"name": 6.5, "institution": 8.0}
"""Most for a value that is recognised though a letter is wrong or its end is missing; 9 for other kinds."""
_SUBWORD = re.compile(r"(?<!\S)##\w|\w@@(?!\S)|[\u2581\u0120\u010a]\w")
_OPEN = ("place", "name", "institution", "text")


def judge(items: Sequence[JudgedItem]) -> list[Judgement]:
    """Return the Fact judgement of each item, in order."""
    return [_judge_one(item) for item in items]


def _judge_one(item: JudgedItem) -> Judgement:
    if not item.answer.strip():
        return Judgement(0.0, "empty answer")
    told = said(item.answer)
    answer = told.text
    if told.ahead != answer and is_complete(told.ahead, item.question):
        answer = told.ahead
    rest = without_refusals(answer)
    if not answer or rest == "":
        return Judgement(0.0, "refusal" if answer else "says nothing to the question")
    wanted = wanted_of(item)
    claim = claimed(rest or answer, item.question, item.attribute)
    if not claim:
        return Judgement(0.0, "claims nothing of the person")
    found = _told(wanted, claim, item)
    credit = min(found.credit, SEVERAL[min(found.wrong, len(SEVERAL) - 1)])
    most, why = _most(wanted, claim, item, refuses=rest is not None)
    score = round(min(credit, most), 1)
    if credit < found.credit and credit <= most:
        why = "several candidates"
    else:
        why = why if score < credit else _outcome(score)
    return Judgement(score, f"{wanted.kind} {wanted.value!r}: {why}")


def _outcome(score: float) -> str:
    return "stated" if score >= 9.95 else "not stated" if score == 0 else "stated in part"


def _most(wanted: Wanted, claim: str, item: JudgedItem, refuses: bool) -> tuple[float, str]:
    """Return the most that an answer of this form can get, and why."""
    hedged = hedge(plain(claim), plain(item.reference) + " " + plain(wanted.value))
    caps = [(hedged, "hedged")] if hedged < 10 else [(10.0, "")]
    if refuses:
        caps.append((AFTER_REFUSAL, "refuses beside the answer"))
    if len(_SUBWORD.findall(item.answer)) > 1:
        caps.append((SUBWORDS, "broken tokens"))
    words = tokens(claim)
    if len(words) >= 8 and repetition(words) > 0.6:
        caps.append((LOOP, "repeats itself"))
    return min(caps)


def _told(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    """Return what the claim holds in the clauses that speak of the thing asked for.

    A value in one and another one behind clauses that do not: neither is stated.
    """
    lead, later = split(claim, item.question, names_value(wanted, item))
    if not lead:
        return Found(0.0)
    if not later:
        return _decided(wanted, lead, item)
    first = _compared(wanted, lead, item).credit
    told = heard(lead, later, item.question, wanted.value, whole=wanted.kind != "text" or not 0 < first < 9)
    found = _decided(wanted, told.kept, item)
    return Found(min(found.credit, _undisputed(wanted, first, told, item)), found.wrong)


def _undisputed(wanted: Wanted, first: float, told: Heard, item: JudgedItem) -> float:
    """Return the most that is left of a value where another one is stated in a sentence of its own.

    Args:
        wanted: the value.
        first: what the lead holds of it.
        told: the clauses.
        item: the question and the answer.
    """

    def other(line: str) -> bool:
        return _compared(wanted, line, item).credit == 0

    lines = told.kept.split("\n")
    lead, *rest = [one for one in lines if contrasts(one) or hedge(plain(one), "") == 10] or [""]
    others = [line for line in rest if states_another(wanted, line, item, lead) and other(line)]
    labelled = [line for line in told.labelled if states_another(wanted, line, item, lead)]
    if any(map(other, (*told.aside, *labelled))) or any(map(contrasts, others)):
        return 0.0
    wrong_first = first == 0 and states_another(wanted, lead, item, "") and not any(map(contrasts, rest))
    return CONTRADICTED if others or wrong_first else 10.0


def _decided(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    """Return what the claim holds; of several candidates the one that it chooses in the end, if it does."""
    found = _compared(wanted, claim, item)
    last = chosen(claim) if found.wrong else None
    return _compared(wanted, last, item) if last and content(last) else found


def _compared(wanted: Wanted, claim: str, item: JudgedItem) -> Found:
    """Return what the claim holds, cut off or misspelt values included."""
    found = compare(wanted, claim, item)
    if found.credit < (10 if wanted.kind == "place" else 5) and wanted.kind in (*_OPEN, "choice"):
        found = _mended(wanted, claim, item, found)
    if wanted.kind in _OPEN and found.credit:
        known = plain(f"{item.reference} {wanted.value}")
        listed = wanted.kind != "text" or item.attribute == "employment"
        several = alternatives(affirmed(claim), known, listed, pairs=wanted.kind == "place")
        several = max(several, enumerated(item.answer) - 1 if listed else 0)
        several = max(several, 1 if wanted.kind != "text" and other_first(claim, known, item.question) else 0)
        several = max(several, others_in_row(claim) if wanted.kind == "name" else 0)
        first = before_mark(claim)
        several = max(several, 1 if first and compare(wanted, first, item).credit == 0 else 0)
        found = replace(found, wrong=max(found.wrong, several))
    return found


def _mended(wanted: Wanted, claim: str, item: JudgedItem, found: Found) -> Found:
    """Return what the claim holds if a word that is cut off or misspelt is read as the value's.

    Of a place the city alone is mended (Iceland is no slip for Ireland), of a name only what makes it whole.
    """
    value = wanted.value.split(",")[0] if wanted.kind == "place" else wanted.value
    letters = WORD_LETTERS if wanted.kind == "text" else NAME_LETTERS
    mended = corrected(completed(claim, wanted.value), value, letters)
    if mended == claim:
        return found
    again = compare(wanted, mended, item)
    if wanted.kind == "name" and again.credit < 10:
        return found
    credit = min(again.credit, CUT_OR_MISSPELT.get(wanted.kind, 9.0))
    return replace(again, credit=max(found.credit, credit))
