"""What a failed request means: is it the request's fault, the moment's, or will none ever succeed?

Only the request's own fault may be recorded as its failure. A wrong key or an exhausted quota
recorded as a thousand failures would read as a model that says nothing.
"""

import email.utils
import errno
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from s_mllmun_bench.errors import shortened
from s_mllmun_bench.llm.messages import FAILURES, Failure, FailureKind

if TYPE_CHECKING:
    from openai import APIStatusError

FaultKind = Literal[FailureKind, "garbled", "absent", "key", "model", "closed"]
"""A failure's kind; or ``garbled``: what came is no chat completion. ``absent``: nobody there to talk to.
``key``, ``model``: it takes not this key, has not this model. ``closed``: to this account, or in another way
to every request."""

OVERLOAD: tuple[FaultKind, ...] = ("rate_limit", "timeout")
"""Faults that ask for fewer requests at once."""
OWN: tuple[FaultKind, ...] = ("refused", "content_filter")
"""Faults that no repetition of the request mends."""

_REFUSED = (400, 413, 422)
_BY_STATUS: dict[int, FaultKind] = {401: "key", 403: "key", 404: "model", 500: "broken"}
_LATER = (408, 409, 425, 429)
_LATE = (408, 504)
_ACCOUNT = ("insufficient_quota", "billing_not_active", "billing_hard_limit_reached", "Arrearage")
"""Codes that OpenAI and DashScope send, under one status or another, when an account is used up."""
_FILTERED = ("content_filter", "content_policy_violation", "data_inspection_failed", "DataInspectionFailed")
"""Codes of Azure, OpenAI and DashScope for what their filters hold back."""
_NO_CONNECTION = ("ConnectError", "ConnectTimeout")
"""By name, for the package `openai` works on more than one HTTP library."""
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """One attempt that brought no reply."""

    kind: FaultKind
    text: str
    """In the server's words, as long as they are."""
    wait: float | None = None
    """Seconds after which the server wants to be asked again; `None` if it does not say."""


def read_fault(error: Exception) -> Fault:
    """Return what an error of the package `openai` means.

    Args:
        error: an `openai.OpenAIError`, the `ValueError` of a body that is no JSON, or a `TimeoutError`.
    """
    import openai

    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    if isinstance(error, (openai.APITimeoutError, TimeoutError)):
        if type(error.__cause__).__name__ in _NO_CONNECTION:
            return Fault("absent", _no_connection(error.__cause__))
        return Fault("timeout", "no answer in time")
    if isinstance(error, openai.APIConnectionError):
        if type(error.__cause__).__name__ in _NO_CONNECTION:
            return Fault("absent", _no_connection(error.__cause__))
        return Fault("transport", f"the connection was cut: {error.__cause__ or ''}")
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)):
        return Fault("garbled", "what it answers is no JSON")
    return Fault("absent", str(error))


def as_failure(fault: Fault) -> Failure:
    """Return an attempt's fault as the failure of its request.

    Raises:
        ValueError: it is a fault of all requests.
    """
    for kind in FAILURES:
        if fault.kind == kind:
            return Failure(kind, fault.text)
    if fault.kind in ("garbled", "absent"):
        return Failure("transport", fault.text)
    raise ValueError(f"{fault.kind} is no failure of one request")


def one_line(text: str, secret: str | None) -> str:
    """Return a server's words on one line, without the key, which some servers repeat; then cut off."""
    words = " ".join((text.replace(secret, "***") if secret else text).split())
    return shortened(words, _LONGEST_TEXT)


def _no_connection(error: BaseException | None) -> str:
    """Return why there is no connection: what the system says, however many libraries have wrapped it."""
    text = str(error or "")
    while error is not None:
        if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
            return "connection refused"
        error = error.__cause__ or error.__context__
    return text.replace(" ssl:default", "") or "it takes no connection"


def _of_status(error: "APIStatusError") -> Fault:
    status = error.status_code
    said = error.body.get("message") if isinstance(error.body, Mapping) else None
    # Where a server gives no reason, the package repeats the status in its place.
    reason = said or error.message.removeprefix(f"Error code: {status}").removeprefix(" - ")
    text = f"HTTP {status}: {reason}" if reason else f"HTTP {status}"
    wait = _retry_after(error.response.headers)
    if error.code in _ACCOUNT or error.type in _ACCOUNT:
        return Fault("closed", text)
    if error.code in _FILTERED and status in _REFUSED:
        return Fault("content_filter", text)
    if status in _REFUSED:
        return Fault("refused", text)
    if status in _BY_STATUS:
        return Fault(_BY_STATUS[status], text, wait)
    if status in _LATE:
        return Fault("timeout", text, wait)
    later = status in _LATER or status >= 500
    return Fault("rate_limit" if later else "closed", text, wait)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, from any of the header's three forms."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, date.timestamp() - time.time())
