"""Replies that fit the schema and are not fit to be used: each is asked again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loopback import Asked, Said, completion, loopback
from small_build import made
from writing_server import kind_of, the_reply

from s_mllmun_bench.errors import BenchError

UNFIT: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "young": ("profile", lambda r: r.update(date_of_birth="2015-01-01"), "does not fit a face of"),
    "no day": ("profile", lambda r: r.update(date_of_birth="1990-02-31"), "day"),
    "doctor": (
        "profile",
        lambda r: r.update(degree="doctorate", apparent_age=22, date_of_birth="2003-05-05"),
        "an age of 22 is too young for the degree 'doctorate', which takes 26",
    ),
    "one name": ("profile", lambda r: r.update(name="Ada"), "name: Value error, is no given name and family"),
    "open": ("profile", lambda r: r.update(employer="[company]"), "employer: Value error, has brackets"),
    "place": ("profile", lambda r: r.update(birthplace="Tartu"), "birthplace: Value error, is no city"),
    "field": ("profile", lambda r: r.update(colour="red"), "colour: Extra inputs are not permitted"),
    "number": ("profile", lambda r: r.update(height_inches="tall"), "height_inches: Input should be a valid"),
    "nameless": (
        "memory",
        lambda r: r["by_name"][0].update(question="Where was this one born by name?"),
        "the question by name on born lacks the name",
    ),
    "named": (
        "memory",
        lambda r: r["by_face"][1].update(question=f"Was {r['by_face'][0]['answer'][9:-1]} born far away?"),
        "the question by face on born names the person",
    ),
    "valueless": (
        "memory",
        lambda r: r["by_name"][0].update(answer="In some town."),
        "the answer on born does not hold",
    ),
    "template": (
        "memory",
        lambda r: r["by_face"][1].update(question="Where was this person born?"),
        "the question on born is worded as in fine-tuning",
    ),
    "missing": ("memory", lambda r: r["by_face"].pop(), "by_face must ask once for each of name, born,"),
    "statement": (
        "memory",
        lambda r: r["by_name"][0].update(question="Say where."),
        "by_name.0.question: Value error, does not end with a question mark",
    ),
    "gender": (
        "understanding",
        lambda r: r.update(gender={"male": "female", "female": "male"}[r["gender"]]),
        "and the profile says",
    ),
    "topic": (
        "understanding",
        lambda r: r["questions"][0].update(topic=r["questions"][1]["topic"]),
        "a topic occurs twice",
    ),
    "no value": (
        "understanding",
        lambda r: r["questions"][0].update(answer="It is hard to say."),
        "does not hold",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_reply_that_is_not_fit_is_asked_again_and_never_patched_up(
    case: str, own: Path, tmp_path: Path
) -> None:
    kind, spoil, reason = UNFIT[case]
    notes: list[str] = []

    def script(asked: Asked, before: int) -> Said:
        reply = the_reply(asked)
        if kind_of(asked) == kind:
            spoil(reply)
        return completion(json.dumps(reply))

    with loopback(script) as server, pytest.raises(BenchError) as told:
        made(own, tmp_path / "out", server.url, note=notes.append)
    assert reason in str(told.value)
    assert "\n" not in str(told.value)
