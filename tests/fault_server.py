"""An LLM judge on this machine that goes wrong in every way that a server can, as often as it is told.

What it says is decided by the text alone, so a faultless one and a faulty one agree wherever both get to
say it. Some faults pass (the same question is answered another time), others stay (a reply that is no
score).
"""

import hashlib
import json
import sys
from collections.abc import Callable

from loopback import Asked, LoopbackServer, Said, completion, error
from serving import serve

Fault = Callable[[str], Said]
"""Takes the reply that a faultless server gives."""

HANG = 30.0
"""Longer than any test's patience."""


def _reset(_: str) -> Said:
    return Said()


PASSING: dict[str, tuple[str, Fault]] = {
    "429": ("rate_limit", lambda _: error(429, "slow down")),
    "429 and when": ("rate_limit", lambda _: error(429, "slow down", retry_after_ms="20")),
    "500": ("broken", lambda _: error(500, "boom")),
    "502": ("rate_limit", lambda _: Said(502, b"<html>Bad Gateway</html>")),
    "503": ("rate_limit", lambda _: error(503, "busy")),
    "504": ("timeout", lambda _: error(504, "too late")),
    "hang": ("timeout", lambda text: Said(body=completion(text).body, seconds=HANG)),
    "reset": ("transport", _reset),
    "html": ("transport", lambda _: Said(body=b"<html>Welcome</html>")),
    "no choices": ("transport", lambda _: Said(body={"id": "x", "object": "chat.completion", "choices": []})),
    "half a body": ("transport", lambda _: Said(body=b'{"choices": [{"mess')),
}
"""Each is over at the next attempt, with the kind of failure that it is if it never is over."""

STAYING: dict[str, tuple[str, Fault]] = {
    "content filter": ("content_filter", lambda _: completion("", "content_filter")),
    "inspection": ("content_filter", lambda _: error(400, "bad content", "data_inspection_failed")),
    "refused": ("refused", lambda _: error(400, "too long")),
    "cut off": ("truncated", lambda text: completion(text[:-3], "length")),
    "whole at the limit": ("truncated", lambda text: completion(text, "length")),
    "two objects": ("parse", lambda text: completion(f"{text}\n{text}")),
    "text": ("parse", lambda _: completion("I would give this 7/10.")),
    "refusal": ("parse", lambda _: completion(None, refusal="I cannot judge people.")),
    "empty": ("parse", lambda _: completion("")),
    "words around": ("parse", lambda text: completion(f"Sure! {text}")),
    "a string": ("parse", lambda _: completion('{"reason": "r", "score": "7"}')),
    "a fraction": ("parse", lambda _: completion('{"reason": "r", "score": 7.5}')),
    "no number": ("parse", lambda _: completion('{"reason": "r", "score": NaN}')),
    "true": ("parse", lambda _: completion('{"reason": "r", "score": true}')),
    "twice": ("parse", lambda _: completion('{"reason": "r", "score": 1, "score": 9}')),
    "no score": ("parse", lambda _: completion('{"reason": "r"}')),
    "null bytes": ("parse", lambda _: completion('\x00{"reason": "\x00", "score": 3}')),
    "200 kB": ("parse", lambda _: completion("seven " * 33_000)),
    "deep": ("parse", lambda _: completion("[" * 100_000)),
    "eleven": ("range", lambda _: completion('{"reason": "r", "score": 11}')),
    "minus one": ("range", lambda _: completion('{"reason": "r", "score": -1}')),
    "huge": ("range", lambda _: completion('{"reason": "r", "score": 1' + "0" * 400 + "}")),
}
"""Each with the kind of failure that it must become."""


def faultless(asked: Asked, _: int) -> Said:
    """Say the score that a text has."""
    return completion(the_reply(asked.text))


def the_reply(text: str) -> str:
    """Return the reply to a text, always the same and no other text's; the score is any from 0 to 10."""
    number = _number(text, "score")
    return json.dumps({"reason": f'because of "{number}" \u202e', "score": number % 11}, ensure_ascii=False)


def staying_fault(text: str, share: float) -> str | None:
    """Return which fault stays with a text, if one does."""
    names = sorted(STAYING)
    number = _number(text, "stays")
    return names[number // 10_000 % len(names)] if number % 10_000 < share * 10_000 else None


class Faulty:
    """A script in which some replies go wrong."""

    def __init__(
        self, passing: float, staying: float = 0.0, seconds: float = 0.0, hangs: bool = True
    ) -> None:
        """Keep the shares.

        Args:
            passing: share of attempts that end in a passing fault, 0 to 1; never more than three in a row.
            staying: share of texts with a staying fault.
            seconds: before each reply.
            hangs: whether it hangs now and then, too.
        """
        self.said: list[str] = []
        """What every reply was: a fault's name, or nothing for a good one."""
        self._passing, self._staying, self._seconds = passing, staying, seconds
        self._names = sorted(name for name in PASSING if hangs or name != "hang")

    def __call__(self, asked: Asked, before: int) -> Said:
        """Answer, or go wrong."""
        fault = self._passing_fault(asked.text, before)
        if fault is not None:
            self.said.append(fault)
            return PASSING[fault][1](the_reply(asked.text))
        fault = staying_fault(asked.text, self._staying)
        self.said.append(fault or "")
        text = the_reply(asked.text)
        said = completion(text) if fault is None else STAYING[fault][1](text)
        return Said(said.status, said.body, said.headers, self._seconds)

    def _passing_fault(self, text: str, before: int) -> str | None:
        number = _number(text, f"attempt {before}")
        passes = before < 3 and number % 10_000 < self._passing * 10_000
        return self._names[number // 10_000 % len(self._names)] if passes else None


def _number(text: str, what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{what}\0{text}".encode()).digest()[:8], "big")


def judging_texts(server: LoopbackServer) -> list[str]:
    """Return the texts that were sent to be judged, without the first calls."""
    return [one.text for one in server.asked if "capital of France" not in one.text]


def main(log: str, seconds: str, passing: str, staying: str) -> None:
    """Serve, and write every text to a file before it is answered; print the address."""
    faulty = Faulty(float(passing), float(staying), float(seconds), hangs=False)
    serve(faulty, lambda asked, _: asked.text, log)


if __name__ == "__main__":
    main(*sys.argv[1:])
