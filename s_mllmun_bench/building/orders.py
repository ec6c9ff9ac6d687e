"""What a writer orders of a model: a text, what it is asked with, and how its reply is read.

A job asks for one text after the other and stands still until each has come. It is a generator, so a
thousand people are written side by side, each one's words in plain order.
"""

import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from s_mllmun_bench.building.prompts import Prompt
from s_mllmun_bench.llm import Request
from s_mllmun_bench.llm.ladder import Manner
from s_mllmun_bench.llm.ledger import StoredReply
from s_mllmun_bench.llm.messages import data_url
from s_mllmun_bench.llm.objects import read_object

ATTEMPTS = 4
"""How often a text is asked for, before it is given up."""
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Makes of a reply's object what was ordered."""

    def __call__(self, reply: Mapping[str, Any], /) -> T_co:
        """Return it.

        Raises:
            ValueError: the reply is not fit; the text says why, and it is asked for again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Order(Generic[T_co]):
    """One text that is wanted."""

    id: str
    """Such as ``p0042``; decides the seed that is sent."""
    turn: str
    """What the user says, mostly JSON."""
    read: Reader[T_co]
    image: bytes | None = None
    """The file that is shown, PNG or JPEG."""


@dataclass(frozen=True, slots=True)
class Question:
    """One attempt to have one text."""

    prompt: Prompt
    order: Order[Any]
    attempt: int
    """From 1."""

    def request(self, manner: Manner) -> Request:
        """Return what is sent to a server that is asked in this manner."""
        prompt, order = self.prompt, self.order
        image = None if order.image is None else _shown(order.image)
        plain = Request(order.id, order.turn, prompt.settings.max_tokens, image, system=prompt.text)
        shaped = manner.shaped(plain, prompt.id, prompt.schema)
        if not manner.options:
            return shaped
        seed = zlib.crc32(f"{prompt.id} {order.id} {self.attempt}".encode()) >> 1
        own = {"temperature": prompt.settings.temperature, "seed": seed}
        return replace(shaped, options={**shaped.options, **own})


class Lost(Exception):
    """A text that cannot be had; the words say why the last reply was unfit."""


Job = Generator[Question, StoredReply, T]
"""Yields what it asks, is sent the reply, and returns what it was for; may raise `Lost`."""


def ask(prompt: Prompt, order: Order[T]) -> Job[T]:
    """Return what comes of an order; an unfit reply is asked for again, a few times.

    Raises:
        Lost: none was fit.
    """
    reason = ""
    for attempt in range(1, ATTEMPTS + 1):
        reply = yield Question(prompt, order, attempt)
        try:
            return _read(order, reply)
        except ValueError as error:
            reason = _one_line(error)
    raise Lost(reason)


def _read(order: Order[T], reply: StoredReply) -> T:
    """Return what an order's reply says.

    Raises:
        ValueError: it is not fit.
    """
    if reply.text is None:
        raise ValueError(f"the server gave none: {reply.failure_text}")
    if reply.finish_reason == "length":
        raise ValueError(f"the reply was cut off after {reply.tokens} tokens")
    return order.read(read_object(reply.text))


def _shown(image: bytes) -> str:
    return data_url(image, "image/png" if image.startswith(b"\x89PNG") else "image/jpeg")


def _one_line(error: ValueError) -> str:
    """Return why a reply is not fit; pydantic's errors by their first field."""
    details = getattr(error, "errors", None)
    if details is None:
        return " ".join(str(error).split())
    first = details(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
