"""Where a writer that asks a server sits: its orders go out, and replies that are fit come back.

Every reply is on disk before it is read, fit or not, under the digest of prompt, model, image,
parameters and attempt. So a build that was killed pays nothing twice, and since a reply that was found
unfit is found unfit again, it ends with the same dataset. Which reply comes first decides nothing.
"""

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from PIL import Image

from s_mllmun_bench.building.prompts import Prompt
from s_mllmun_bench.contracts import Means
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm import Client, Request
from s_mllmun_bench.llm.address import server_address
from s_mllmun_bench.llm.ladder import Ladder, Manner
from s_mllmun_bench.llm.ledger import Ledger, StoredReply, request_key
from s_mllmun_bench.llm.messages import OF_THE_MOMENT, data_url
from s_mllmun_bench.llm.objects import read_object

ATTEMPTS = 4
"""How often a text is asked for, before it is given up."""
PURPOSE = "writer"
_OPTIONS = {
    "temperature": 0.8,
    "seed": 1,
    # Hybrid models must not think first: the one is DashScope's name for it, the other vLLM's.
    "enable_thinking": False,
    "chat_template_kwargs": {"enable_thinking": False},
}
_READY = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}},
    "required": ["ready"],
    "additionalProperties": False,
}
T = TypeVar("T", covariant=True)


class Reader(Protocol[T]):
    """Makes of a reply's object what was ordered."""

    def __call__(self, reply: Mapping[str, Any], /) -> T:
        """Return it.

        Raises:
            ValueError: the reply is not fit; the text says why, and it is asked for again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """One text that is wanted."""

    id: str
    """Such as ``p0042``; comes back with the text."""
    turn: str
    """What the user says, mostly JSON."""
    read: Reader[T]
    image: bytes | None = None
    """The file that is shown."""


@dataclass(slots=True)
class Filled(Generic[T]):
    """What came of some orders."""

    texts: dict[str, T]
    """By the order's id, in the order in which they were ordered."""
    lost: dict[str, str]
    """Why the last attempt was unfit, by the id of an order that could not be filled."""


@dataclass(slots=True)
class _Line:
    """One model, ready to be asked."""

    client: Client
    manner: Manner


class Desk:
    """Asks one server for texts; leave it when done."""

    def __init__(self, means: Means, models: Mapping[bool, str]) -> None:
        """Open the replies that are kept; nothing is sent yet.

        Args:
            means: lent by the build.
            models: which is asked: under `True` where an image is shown, under `False` for the others.

        Raises:
            BenchError: nobody says where the server is.
        """
        url = server_address(means.server)
        if url is None:
            raise BenchError(
                "the writer asks a server: say which with --writer-base-url, or set DASHSCOPE_API_KEY"
            )
        self._url, self._means = url, means
        self._models = {sees: means.model or model for sees, model in models.items()}
        self._ledger = Ledger([means.replies] if means.replies else [])
        self._lines: dict[tuple[str, bool], _Line] = {}
        self.tokens = 0
        """Paid for by this build, of prompts and replies together, as the server counts them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines.values():
            line.client.close()
        self._ledger.close()

    def fill(self, prompt: Prompt, orders: Sequence[Order[T]], what: str) -> Filled[T]:
        """Return what comes of some orders; an unfit reply is asked for again, a few times.

        Args:
            prompt: of all of them.
            orders: their ids are distinct.
            what: the stage that progress is reported of.

        Raises:
            BenchError: nothing can be had of the server, now or ever; what came before is kept.
        """
        texts: dict[str, T] = {}
        lost: dict[str, str] = {}
        waiting = {order.id: order for order in orders}
        self._report(0, len(orders), what)
        for attempt in range(1, ATTEMPTS + 1):
            for order, reply in self._replies(prompt, list(waiting.values()), attempt):
                try:
                    texts[order.id] = _read(order, reply)
                except ValueError as error:
                    lost[order.id] = _one_line(error)
                    if attempt < ATTEMPTS:
                        continue
                del waiting[order.id]
                self._report(len(orders) - len(waiting), len(orders), what)
        return Filled(
            {order.id: texts[order.id] for order in orders if order.id in texts},
            {order.id: lost[order.id] for order in orders if order.id not in texts},
        )

    def _replies(
        self, prompt: Prompt, orders: Sequence[Order[T]], attempt: int
    ) -> Iterator[tuple[Order[T], StoredReply]]:
        """Yield each order with its reply: those that are kept first, the others as they come."""
        if not orders:
            return
        model = self._models[prompt.settings.sees_image]
        line = self._line(model, prompt.settings.sees_image)
        asked: dict[str, Order[T]] = {}
        for order in orders:
            request = _request(prompt, order, attempt, line.manner)
            key = request_key(f"{PURPOSE}, attempt {attempt}", self._url, model, request)
            stored = self._ledger.find(key)
            if stored is None:
                asked[key] = order
            else:
                yield order, stored
        unanswered = ""
        requests = (
            replace(_request(prompt, order, attempt, line.manner), id=key) for key, order in asked.items()
        )
        for reply in line.client.complete(requests):
            stored = StoredReply.of(reply.id, PURPOSE, self._url, reply)
            if stored.failure in OF_THE_MOMENT:
                unanswered = stored.failure_text or ""
                continue
            self._ledger.keep(stored)
            self.tokens += (stored.prompt_tokens or 0) + (stored.tokens or 0)
            yield asked[reply.id], stored
        if unanswered:
            raise BenchError(
                f"{self._url} is overloaded: {unanswered}; "
                "repeat the command later; what was paid for is kept"
            )

    def _line(self, model: str, sees: bool) -> _Line:
        """Return the line to a model, after a first question that shows in what manner it can be asked."""
        if (model, sees) not in self._lines:
            client = Client(self._url, model, concurrency=self._means.concurrency)
            try:
                self._lines[model, sees] = _Line(client, self._manner(client, model, sees))
            except BaseException:
                client.close()
                raise
        return self._lines[model, sees]

    def _manner(self, client: Client, model: str, sees: bool) -> Manner:
        words = 'Reply with the JSON object {"ready": true} and nothing else.'
        first = Request("first", words, 20, image=_grey() if sees else None)
        ladder = Ladder(PURPOSE, self._url, model, first, "ready", _READY, _OPTIONS)
        manner = ladder.known(self._ledger)
        if manner is None:
            manner, reply = ladder.find(client)
            self._ledger.keep(reply)
        return manner

    def _report(self, done: int, total: int, what: str) -> None:
        paid = f", {self.tokens:,} tokens" if self.tokens else ""
        self._means.progress(done, total, what + paid)


def _request(prompt: Prompt, order: Order[Any], attempt: int, manner: Manner) -> Request:
    image = None
    if order.image is not None:
        with Image.open(io.BytesIO(order.image)) as opened:
            image = data_url(order.image, opened.get_format_mimetype() or "image/png")
    plain = Request(order.id, order.turn, prompt.settings.max_tokens, image, system=prompt.text)
    shaped = manner.shaped(plain, prompt.id, prompt.schema)
    if not manner.options:
        return shaped
    seed = zlib.crc32(f"{prompt.id} {order.id} {attempt}".encode()) >> 1
    own = {"temperature": prompt.settings.temperature, "seed": seed}
    return replace(shaped, options={**shaped.options, **own})


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


def _one_line(error: ValueError) -> str:
    """Return why a reply is not fit; pydantic's errors by their first field."""
    details = getattr(error, "errors", None)
    if details is None:
        return " ".join(str(error).split())
    first = details(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def _grey() -> str:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "gray").save(file, "PNG")
    return data_url(file.getvalue(), "image/png")
