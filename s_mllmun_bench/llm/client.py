"""The one client to OpenAI-compatible servers: many requests in, replies out as they come.

It is an ordinary iterator outside and concurrent inside. Nothing is sent before there is room for
it, so requests may be made one by one; nothing that has come back is lost when the rest is dropped.
"""

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType

from s_mllmun_bench.llm.address import checked_url, read_key
from s_mllmun_bench.llm.loop import BackgroundLoop
from s_mllmun_bench.llm.messages import Reply, Request

CONCURRENCY = 16
"""Requests at once, if nothing else is asked for."""
RETRIES = 8
"""With the delays between them, more than a minute: the span of most servers' quotas."""
TOTAL = 1800.0
"""Seconds for one request with all its attempts."""
_PAUSING = 8
"""For each request that may be under way, how many may be open: in a pause before their next attempt."""


class Client:
    """One model of one server; close it when done."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        concurrency: int = CONCURRENCY,
        timeout: float = 120.0,
        retries: int = RETRIES,
        backoff: float = 0.5,
        total: float = TOTAL,
    ) -> None:
        """Nothing is sent yet.

        Args:
            base_url: such as ``http://localhost:8000/v1``.
            model: as the server calls it.
            api_key: `None` for that of the environment; a server of one's own needs none.
            concurrency: the most requests at once, >= 1; fewer while the server is overloaded.
            timeout: seconds after which an attempt is given up.
            retries: attempts after the first, where the fault is the moment's.
            backoff: seconds before the second attempt; twice as many before each further one.
            total: seconds after which a request gets no further attempt.

        Raises:
            BenchError: the address is none, or what the environment holds is no key.
        """
        from s_mllmun_bench.llm.server import Patience, Server

        url = checked_url(base_url)
        key = api_key or read_key(url)
        self._concurrency = concurrency
        self._server = Server(url, model, key, concurrency, Patience(timeout, retries, backoff, total))
        self._loop = BackgroundLoop()

    def complete(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Yield one reply per request as they come, in no order.

        Args:
            requests: are taken one by one, in another thread, when there is room for one more.

        Raises:
            BenchError: nothing can be had of this server; replies that came before are yielded first.
        """
        replies: SimpleQueue[Reply | None] = SimpleQueue()
        working = self._loop.start(self._work(iter(requests), replies))
        try:
            while (reply := replies.get()) is not None:
                yield reply
            working.result()
        finally:
            working.cancel()

    def ask(self, request: Request) -> "Future[Reply]":
        """Send one request beside whatever is under way, as soon as there is room for it.

        Its future holds the reply; or the `BenchError` if nothing can be had of this server.
        """
        return self._loop.start(self._server.reply(request))

    def close(self) -> None:
        """Drop what is under way, and all connections."""
        self._loop.close(self._server.close())

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _work(self, requests: Iterator[Request], replies: "SimpleQueue[Reply | None]") -> None:
        """Answer all requests, then say so; the first error drops the others.

        A request that pauses keeps no other one waiting, but only so many may be open.
        """
        may_open = asyncio.Semaphore(_PAUSING * self._concurrency)

        async def answer(request: Request) -> None:
            try:
                replies.put(await self._server.reply(request))
            finally:
                may_open.release()

        try:
            async with asyncio.TaskGroup() as answers:
                await may_open.acquire()
                for request in requests:
                    answers.create_task(answer(request))
                    # Lets it begin, so that its turn is counted before there is looked for room.
                    await asyncio.sleep(0)
                    await may_open.acquire()
                    await self._server.room()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            replies.put(None)
