"""A judge that asks an LLM, item by item, each paid for once.

Items are asked in an order shuffled by a fixed seed, so that an outage of the server hits no set more
than another. The model sees neither the set nor the method.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.judging.by_rubric.reading import read_judgement
from s_mllmun_bench.judging.by_rubric.rubric import Rubric
from s_mllmun_bench.judging.by_rubric.showing import SCHEMA, shown
from s_mllmun_bench.llm import Client, Request, objects
from s_mllmun_bench.llm.ladder import Ladder, Manner
from s_mllmun_bench.llm.ledger import Ledger, StoredReply, host_of, request_key
from s_mllmun_bench.records import Metric

_SEED = 20_260_101
_FIRST = JudgedItem("What is the capital of France?", "Paris.", "It is Paris.")


@dataclass(frozen=True, slots=True)
class Target:
    """The model that is asked."""

    url: str
    model: str
    concurrency: int
    """The most requests at once, >= 1."""
    timeout: float
    """Seconds for one attempt."""
    backoff: float
    """Seconds before the second attempt; twice as many before each further one."""

    def client(self) -> Client:
        """Return a new client; close it when done."""
        return Client(
            self.url,
            self.model,
            concurrency=self.concurrency,
            timeout=self.timeout,
            backoff=self.backoff,
        )


@dataclass(slots=True)
class _Asked:
    """A request with the items that it judges."""

    request: Request
    items: list[JudgedItem]
    left_out: int


class RubricJudge:
    """One rubric, put to one model of one server."""

    def __init__(self, rubric: Rubric, target: Target, reference: str) -> None:
        """Nothing is sent yet.

        Args:
            rubric: of the judge's files.
            target: is asked.
            reference: opens this judge again: its id or path, ``@`` and the model.
        """
        self.reference = reference
        self.name = f"{rubric.id}@{target.model}"
        self.metric: Metric = rubric.settings.metric
        self.digest = _digest(rubric, target)
        self._rubric, self._target = rubric, target
        first, _ = shown(_FIRST, rubric)
        self._ladder = Ladder(
            self.name, target.url, target.model, first, "judgement", SCHEMA, rubric.settings.options
        )
        self._manner: Manner | None = None
        self._first_reply: StoredReply | None = None

    def check(self) -> None:
        """Ask the server a first question, which says in what manner it is asked from then on.

        Raises:
            BenchError: it does not answer.
        """
        if self._manner is None:
            self._manner = self._found()

    def judge_each(
        self, items: Sequence[JudgedItem], ledger: Ledger
    ) -> Iterator[tuple[JudgedItem, Judgement]]:
        """Yield each item with its judgement, those that the ledger knows first, the others as they come.

        Args:
            items: each once.
            ledger: every reply is in it before its judgement is yielded.

        Raises:
            BenchError: the server answers no more.
        """
        if not items:
            return
        manner = self._manner = self._manner or self._ladder.known(ledger) or self._found()
        if self._first_reply is not None and ledger.find(self._first_reply.key) is None:
            ledger.keep(self._first_reply)
        asked = self._asked(items, manner)
        for key in list(asked):
            stored = ledger.find(key)
            if stored is not None:
                yield from _judged(asked.pop(key), stored)
        if asked:
            yield from self._ask(asked, ledger)

    def kept(
        self, items: Sequence[JudgedItem], ledger: Ledger
    ) -> Iterator[tuple[JudgedItem, Judgement | None]]:
        """Yield each item with what its kept reply states, `None` where none is kept; nobody is asked.

        Args:
            items: each once.
            ledger: holds replies, and the one to the first question.
        """
        manner = self._ladder.known(ledger)
        if manner is None:
            yield from ((item, None) for item in items)
            return
        for key, asked in self._asked(items, manner).items():
            stored = ledger.find(key)
            yield from _judged(asked, stored) if stored else ((item, None) for item in asked.items)

    def _found(self) -> Manner:
        """Ask the first question; its reply waits for a ledger."""
        with self._target.client() as client:
            manner, self._first_reply = self._ladder.find(client)
        return manner

    def _ask(self, asked: dict[str, _Asked], ledger: Ledger) -> Iterator[tuple[JudgedItem, Judgement]]:
        order = sorted(asked)
        random.Random(_SEED).shuffle(order)
        with self._target.client() as client:
            for reply in client.complete(asked[key].request for key in order):
                stored = StoredReply.of(reply.id, self.name, self._target.url, reply)
                if reply.failure is None or not reply.failure.is_of_the_moment:
                    ledger.keep(stored)
                yield from _judged(asked.pop(reply.id), stored)

    def _asked(self, items: Sequence[JudgedItem], manner: Manner) -> dict[str, _Asked]:
        """Return the requests by their keys; items that look alike to the model share one."""
        asked: dict[str, _Asked] = {}
        for item in items:
            request, left_out = shown(item, self._rubric)
            request = manner.shaped(request, "judgement", SCHEMA)
            key = request_key(self.name, self._target.url, self._target.model, request)
            asked.setdefault(key, _Asked(replace(request, id=key), [], left_out)).items.append(item)
        return asked


def _judged(asked: _Asked, stored: StoredReply) -> Iterator[tuple[JudgedItem, Judgement]]:
    judgement = replace(read_judgement(stored), reply=stored.key, left_out=asked.left_out or None)
    for item in asked.items:
        yield item, judgement


def _digest(rubric: Rubric, target: Target) -> str:
    """Return what the judge is: its files, the code that shows and reads, the model and where it is."""
    files = [*sorted(Path(__file__).parent.glob("*.py")), Path(objects.__file__)]
    code = [path.read_bytes() for path in files]
    parts = [rubric.digest.encode(), target.model.encode(), host_of(target.url).encode(), *code]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
