"""One model of one server: attempts, pauses, and when to give up.

What is the moment's fault is tried again, later and later. What no repetition mends (no server, a
wrong key, no such model, an outage) raises: it must never be recorded as a failure of the request
that happened to meet it.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from openai import AsyncOpenAI, DefaultAioHttpClient, OpenAIError, Timeout

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm.address import key_variable
from s_mllmun_bench.llm.completion import read_completion
from s_mllmun_bench.llm.faults import OVERLOAD, OWN, Fault, as_failure, one_line, read_fault
from s_mllmun_bench.llm.messages import Reply, Request
from s_mllmun_bench.llm.pace import Pace

_LONGEST_DELAY = 30.0
"""Seconds between two attempts, if the server does not ask for more."""
_LONGEST_WAIT = 600.0
"""Seconds that a server may ask for; one that wants more has a day's quota used up."""
_CONNECTING = 10.0
"""Seconds for a connection."""
_STRANGE = 3
"""Attempts that a server has to say something that is a chat completion, before it is taken for none."""
_MODELS_TOLD = 10


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for, and how often it is asked for again."""

    timeout: float = 120.0
    """Seconds after which an attempt is given up."""
    retries: int = 8
    """Attempts after the first."""
    backoff: float = 0.5
    """Seconds before the second attempt; twice as many before each further one."""
    total: float = 1800.0
    """Seconds after which a request gets no further attempt."""

    def delays(self, jitter: random.Random) -> Iterator[float]:
        """Yield the seconds before each further attempt, up to a half of them left out by chance."""
        for attempt in range(self.retries):
            yield min(self.backoff * 2**attempt, _LONGEST_DELAY) * jitter.uniform(0.5, 1.0)


class Server:
    """Answers requests; all coroutines run in one event loop."""

    def __init__(self, url: str, model: str, key: str | None, concurrency: int, patience: Patience) -> None:
        """Nothing is sent yet; a server without a key gets a placeholder, which the package wants."""
        self._url = url
        self._model = model
        self._key = key
        self._patience = patience
        self._jitter = random.Random()
        self._pace = Pace(concurrency)
        timeout = Timeout(patience.timeout, connect=min(patience.timeout, _CONNECTING))
        # Of the package's two HTTP clients the one that costs less: its ordinary one looks through all
        # connections twice for each request.
        http = DefaultAioHttpClient(timeout=timeout)
        self._client = AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=0, http_client=http)

    async def room(self) -> None:
        """Wait until a request could be sent at once."""
        await self._pace.room()

    async def reply(self, request: Request) -> Reply:
        """Return what comes of all attempts; the pauses between them take no other request's turn.

        Raises:
            BenchError: no attempt can succeed, of this request or another.
        """
        before, began = self._pace.answered, time.monotonic()
        delays = self._patience.delays(self._jitter)
        attempts = 1
        while isinstance(result := await self._attempt(request, attempts), Fault):
            if result.kind in OWN:
                return Reply(request.id, None, failure=as_failure(result))
            await self._require_hope(result, attempts)
            delay = next(delays, None)
            if delay is not None and result.wait is not None:
                # Not all at the same moment: those told to wait together would come back together.
                delay = result.wait + delay * self._jitter.random()
            if delay is None or time.monotonic() + delay - began > self._patience.total:
                return await self._given_up(request, result, attempts, others=self._pace.answered > before)
            await asyncio.sleep(delay)
            attempts += 1
        return result

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _attempt(self, request: Request, number: int) -> Reply | Fault:
        async with self._pace.turn() as sent:
            try:
                async with asyncio.timeout(self._patience.timeout):
                    body = await self._send(request)
                result = read_completion(request, body, time.monotonic() - sent, number)
            except (OpenAIError, json.JSONDecodeError, UnicodeDecodeError, TimeoutError) as error:
                result = read_fault(error)
        if isinstance(result, Reply) or result.kind in OWN:
            self._pace.reply()
        elif result.kind in OVERLOAD:
            self._pace.overload(sent, result.wait)
        return replace(result, text=one_line(result.text, self._key)) if isinstance(result, Fault) else result

    async def _send(self, request: Request) -> object:
        # Not `chat.completions.create`, which walks through every message twice: half a core's work at
        # 300 requests per second.
        path = "/chat/completions"
        return await self._client.post(path, body=request.body(self._model), cast_to=object)

    async def _require_hope(self, fault: Fault, attempts: int) -> None:
        """Stop where no further attempt can help; a server that has answered before may come back."""
        variable = key_variable(self._url)
        if fault.kind == "key" and self._key is None:
            raise BenchError(f"{self._url} wants a key: set {variable} ({fault.text})")
        if fault.kind == "key":
            raise BenchError(f"{self._url} does not take the key in {variable} ({fault.text})")
        if fault.kind == "model":
            raise BenchError(f"{self._url} has no model {self._model!r} ({fault.text}); {await self._has()}")
        if fault.kind == "closed":
            raise BenchError(f"{self._url} answers no request ({fault.text})")
        strange = fault.kind == "garbled" and attempts >= _STRANGE
        if (fault.kind == "absent" or strange) and not self._pace.answered:
            raise BenchError(f"no OpenAI-compatible server answers at {self._url}: {fault.text}")
        if fault.wait is not None and fault.wait > _LONGEST_WAIT:
            raise BenchError(f"{self._url} wants to be left alone for {fault.wait:.0f} s ({fault.text})")

    async def _has(self) -> str:
        """Return what models the server says it has."""
        try:
            body = await self._client.get("/models", cast_to=object)
        except (OpenAIError, json.JSONDecodeError):
            body = None
        models = body.get("data") if isinstance(body, Mapping) else None
        listed = models if isinstance(models, list) else []
        names = sorted(str(one["id"]) for one in listed if isinstance(one, Mapping) and "id" in one)
        if not names:
            return "it lists none, so the address may be wrong: most end in /v1"
        return f"there are: {', '.join(names[:_MODELS_TOLD])}"

    async def _given_up(self, request: Request, last: Fault, attempts: int, others: bool) -> Reply:
        """Return the failure of a request whose attempts are used up.

        Args:
            request: was sent as often as may be.
            last: what became of the last attempt.
            attempts: how many there were.
            others: whether the server has replied to other requests meanwhile.

        Raises:
            BenchError: it has not, so the server is to blame.
        """
        if not others and not await self._is_well():
            raise BenchError(f"{self._url} failed {attempts} times in a row, at last so: {last.text}")
        text = f"{last.text}; at the last of {attempts} attempts, while others were answered"
        return Reply(request.id, None, failure=as_failure(replace(last, text=text)))

    async def _is_well(self) -> bool:
        """Return whether the server answers the simplest request: a run's last has no others beside it."""
        simplest = Request("simplest", "Say yes.", max_tokens=1)
        return isinstance(await self._attempt(simplest, 1), Reply)
