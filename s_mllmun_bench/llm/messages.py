"""What is sent to a server and what comes back.

A reply without a text always says why. An empty text is an answer: a model that broke down really
says nothing.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

FailureKind = Literal["refused", "content_filter", "broken", "rate_limit", "timeout", "transport"]
"""Of the request's own fault: ``refused``, the server will not answer it, now or later; ``content_filter``,
the server held the answer back; ``broken``, the server falls over it each time (HTTP 500).

Of the moment's, though others were answered meanwhile: ``rate_limit``, the server had no time for it;
``timeout``, it took too long; ``transport``, what came was cut off or no chat completion."""
FAILURES: tuple[FailureKind, ...] = get_args(FailureKind)
OF_THE_MOMENT: tuple[FailureKind, ...] = ("rate_limit", "timeout", "transport")


def data_url(file: bytes, kind: str) -> str:
    """Return an image file as a data URL; ``kind`` is its MIME type, such as ``image/png``."""
    return f"data:{kind};base64,{base64.b64encode(file).decode()}"


@dataclass(frozen=True, slots=True)
class Request:
    """One turn of a user, decoded greedily."""

    id: str
    """Comes back with the reply."""
    text: str
    max_tokens: int
    """The longest reply."""
    image: str | None = None
    """As a data URL; it stands before the text."""
    options: Mapping[str, object] = field(default_factory=dict)
    """More of the request's body, for servers that know it."""
    system: str | None = None
    """Stands before the turn."""

    def messages(self) -> list[dict[str, Any]]:
        """Return the conversation in OpenAI's form."""
        text = {"type": "text", "text": self.text}
        # Servers of models that see nothing take a plain text only.
        turn: dict[str, Any] = {"role": "user", "content": self.text}
        if self.image is not None:
            turn["content"] = [{"type": "image_url", "image_url": {"url": self.image}}, text]
        return [turn] if self.system is None else [{"role": "system", "content": self.system}, turn]

    def body(self, model: str) -> dict[str, Any]:
        """Return everything that is sent to a server but the key."""
        own = {"model": model, "messages": self.messages(), "max_tokens": self.max_tokens, "temperature": 0.0}
        return {**own, **self.options}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request has no text."""

    kind: FailureKind
    text: str
    """One line, without the key."""

    @property
    def is_of_the_moment(self) -> bool:
        """Whether the same request may succeed another time."""
        return self.kind in OF_THE_MOMENT


@dataclass(frozen=True, slots=True)
class Account:
    """What a reply cost, and who gave it."""

    model: str | None
    """As the server calls what answered; often more exact than what was asked for."""
    prompt_tokens: int | None
    seconds: float
    """Of the attempt that brought the reply."""
    attempts: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said to one request."""

    id: str
    text: str | None
    """As it was sent; `None` if there is a failure."""
    finish_reason: str | None = None
    """Such as ``stop`` or ``length``."""
    tokens: int | None = None
    """Generated tokens as the server counts them; most count the one that ends the text."""
    failure: Failure | None = None
    account: Account | None = field(default=None, compare=False)
    """`None` if there is no text."""
