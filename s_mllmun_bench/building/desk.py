"""Where a writer that asks a server sits: its jobs' questions go out, and the replies come back to them.

Every reply is on disk before it is read, fit or not, under the digest of prompt, model, image,
parameters and attempt. So a build that was killed pays nothing twice, but for requests in flight when it
was ended; and since a reply that was found unfit is found unfit again, it ends with the same dataset.
Which reply comes first decides nothing.

Whoever was begun last is asked for first: people who were begun are finished before others are, and what
all of them wait for waits in a queue behind a few requests at most, which are prepared while replies are
waited for.
"""

import io
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from PIL import Image

from s_mllmun_bench.building.orders import Job, Lost, Order, Question, ask
from s_mllmun_bench.building.prompts import Prompt
from s_mllmun_bench.contracts import Means
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm import Client, Reply, Request
from s_mllmun_bench.llm.address import required_address
from s_mllmun_bench.llm.ladder import Ladder, Manner
from s_mllmun_bench.llm.ledger import Ledger, StoredReply, request_key
from s_mllmun_bench.llm.messages import OF_THE_MOMENT, data_url

PURPOSE = "writer"
AHEAD = 8
"""Requests that are ready to be sent in the moment a reply comes, before it is read."""
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
T = TypeVar("T")


@dataclass(slots=True)
class Work(Generic[T]):
    """Some jobs, and what has come of them so far; each is under its own name."""

    open: dict[str, Job[T]] = field(default_factory=dict)
    texts: dict[str, T] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    """Why what a job was for cannot be had."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A job that stands still at a question."""

    work: Work[Any]
    name: str
    question: Question


@dataclass(slots=True)
class _Line:
    """One model, ready to be asked."""

    client: Client
    manner: Manner


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A job's question as it is sent, whose reply is not kept yet; the request's id is the reply's key."""

    waiting: _Waiting
    client: Client
    request: Request


class Desk:
    """Asks one server for texts; leave it when done."""

    def __init__(self, means: Means, models: Mapping[bool, str]) -> None:
        """Open the replies that are kept; nothing is sent yet.

        Args:
            means: lent by the build.
            models: which is asked: under `True` where an image is shown, under `False` for the others.

        Raises:
            BenchError: nobody says where the server is, or its key is missing.
        """
        self._url, self._means = required_address(means.server), means
        self._models = {sees: means.model or model for sees, model in models.items()}
        self._ledger = Ledger([means.replies] if means.replies else [])
        self._lines: dict[tuple[str, bool], _Line] = {}
        self._ready: list[_Waiting] = []
        self._prepared: deque[_Prepared] = deque()
        self._under_way = 0
        self._came: SimpleQueue[tuple[_Waiting, Future[Reply]]] = SimpleQueue()
        self._unanswered = ""
        self.tokens = 0
        """Paid for by this build, of prompts and replies together, as the server counts them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines.values():
            line.client.close()
        self._keep_what_came()
        self._ledger.close()

    def begin(self, work: Work[T], jobs: Mapping[str, Job[T]]) -> None:
        """Add jobs to some work. They go on whenever any work is waited for.

        Args:
            work: has no jobs of these names.
            jobs: by name; the first is asked for first, and before all jobs that were begun before.
        """
        work.open |= jobs
        for name in reversed(list(jobs)):
            self._advance(work, name, None)

    def finish(self, work: Work[T], what: str) -> Work[T]:
        """Return some work when all its jobs are at their ends.

        Args:
            work: with its jobs.
            what: the stage that progress is reported of.

        Raises:
            BenchError: nothing can be had of the server, now or ever; what came before is kept.
        """
        total = len(work.open) + len(work.texts) + len(work.lost)
        left = None
        while work.open:
            if left != len(work.open):
                left = len(work.open)
                self._report(total - left, total, what)
            self._take_one_step()
        self._report(total, total, what)
        return work

    def fill(self, prompt: Prompt, orders: Sequence[Order[T]], what: str) -> Work[T]:
        """Return what comes of some orders, in their order.

        Args:
            prompt: of all of them.
            orders: their ids are distinct.
            what: the stage that progress is reported of.

        Raises:
            BenchError: as of `finish`.
        """
        work: Work[T] = Work()
        self.begin(work, {order.id: ask(prompt, order) for order in orders})
        self.finish(work, what)
        work.texts = {order.id: work.texts[order.id] for order in orders if order.id in work.texts}
        return work

    def _advance(self, work: Work[Any], name: str, reply: StoredReply | None) -> None:
        """Hand a job its reply, or start it, and take its next question or its end."""
        job = work.open[name]
        try:
            question = next(job) if reply is None else job.send(reply)
        except StopIteration as end:
            work.texts[name] = end.value
        except Lost as lost:
            work.lost[name] = str(lost)
        else:
            self._ready.append(_Waiting(work, name, question))
            return
        del work.open[name]

    def _take_one_step(self) -> None:
        """Send as much as may be under way, then wait for one reply.

        A request that pauses before its next attempt counts as under way here, though the client would send
        another in its place: what is asked for first must not stand in the client's queue behind others.
        """
        most = self._means.concurrency + AHEAD
        while self._ready and self._under_way + len(self._prepared) < most and not self._unanswered:
            self._prepare(self._ready.pop())
            self._send_prepared()
        if self._under_way:
            self._receive(*self._came.get())
        elif self._unanswered:
            raise BenchError(
                f"{self._url} is overloaded: {self._unanswered}; "
                "repeat the command later; what was paid for is kept"
            )

    def _prepare(self, waiting: _Waiting) -> None:
        """Make a job's question ready to be sent, unless its reply is kept."""
        question = waiting.question
        sees = question.prompt.settings.sees_image
        model = self._models[sees]
        line = self._line(model, sees)
        request = question.request(line.manner)
        key = request_key(f"{PURPOSE}, attempt {question.attempt}", self._url, model, request)
        stored = self._ledger.find(key)
        if stored is None:
            self._prepared.append(_Prepared(waiting, line.client, replace(request, id=key)))
        else:
            self._advance(waiting.work, waiting.name, stored)

    def _send_prepared(self) -> None:
        """Send what is ready, as far as there is room."""
        while self._prepared and self._under_way < self._means.concurrency and not self._unanswered:
            self._send(self._prepared.popleft())

    def _send(self, ready: _Prepared) -> None:
        self._under_way += 1
        asked = ready.client.ask(ready.request)
        asked.add_done_callback(lambda done: self._came.put((ready.waiting, done)))

    def _receive(self, waiting: _Waiting, asked: "Future[Reply]") -> None:
        """Keep a reply, send the next request in its place, and hand it to its job."""
        self._under_way -= 1
        stored = self._kept(asked.result())
        if stored.failure in OF_THE_MOMENT:
            self._unanswered = stored.failure_text or "no answer"
            return
        self._send_prepared()
        self._advance(waiting.work, waiting.name, stored)

    def _kept(self, reply: Reply) -> StoredReply:
        """Return a reply as it is stored, on disk by now unless it failed for the moment."""
        stored = StoredReply.of(reply.id, PURPOSE, self._url, reply)
        if stored.failure not in OF_THE_MOMENT:
            self._ledger.keep(stored)
            self.tokens += (stored.prompt_tokens or 0) + (stored.tokens or 0)
        return stored

    def _keep_what_came(self) -> None:
        """Keep the replies that nobody has taken yet: they are paid for, whatever ended the work before."""
        # What ended it is to be told, and not that the same disk is full once more.
        with suppress(BenchError, Empty):
            while True:
                _, asked = self._came.get_nowait()
                if not asked.cancelled() and asked.exception() is None:
                    self._kept(asked.result())

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


def _grey() -> str:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "gray").save(file, "PNG")
    return data_url(file.getvalue(), "image/png")
