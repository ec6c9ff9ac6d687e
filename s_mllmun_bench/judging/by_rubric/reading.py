"""A judging model's reply, read strictly: one JSON object with a reason and an integer from 0 to 10.

Anything else is no score, with its reason. Never the nearest score, never the first number in the text:
a judge that is misread on the forget set makes a method good that is not.
"""

from typing import Literal

from s_mllmun_bench.contracts import Judgement
from s_mllmun_bench.llm.ledger import StoredReply
from s_mllmun_bench.llm.messages import FailureKind
from s_mllmun_bench.llm.objects import read_object
from s_mllmun_bench.records import storable

Unscored = Literal[FailureKind, "truncated", "parse", "range"]
"""Why there is no score: the request failed; the reply was cut off, is no such object, or its score lies
outside the scale."""
_KEYS = {"reason", "score"}
_SHOWN = 80


def read_judgement(reply: StoredReply) -> Judgement:
    """Return the judgement that a stored reply states, or why it states none."""
    if reply.text is None:
        return _unscored(reply.failure or "transport", reply.failure_text or "nothing came")
    if reply.finish_reason == "length":
        return _unscored("truncated", f"the reply was cut off after {reply.tokens} tokens")
    try:
        found = read_object(reply.text)
    except ValueError:
        return _unscored("parse", f"the reply is not one JSON object: {_begin(reply.text)}")
    if found.keys() != _KEYS:
        return _unscored("parse", f"the reply is no object of reason and score: {_begin(reply.text)}")
    score, reason = found["score"], found["reason"]
    if type(score) is not int or not isinstance(reason, str):
        return _unscored("parse", f"the score is no integer, or the reason no text: {_begin(reply.text)}")
    if not 0 <= score <= 10:
        return _unscored("range", f"the score {str(score)[:_SHOWN]} is not from 0 to 10")
    return Judgement(float(score), storable(reason))


def _unscored(why: Unscored, text: str) -> Judgement:
    return Judgement(None, failure=f"{why}: {text}")


def _begin(text: str) -> str:
    """Return how a reply begins, quoted, so that nothing in it can pass for ours."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")
