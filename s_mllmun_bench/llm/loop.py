"""An event loop in a thread of its own.

So the client's callers need know nothing of coroutines, and may themselves run in a loop, as
notebooks do; and what is under way can be dropped at once, which threads that wait for a socket
cannot.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundLoop:
    """Runs coroutines until it is closed."""

    def __init__(self) -> None:
        """Start the thread; it keeps no process alive."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="llm", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Begin some work; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel all work, do the last, and end the thread."""
        self.start(_after_all(last)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _after_all(last: Coroutine[Any, Any, None]) -> None:
    """Cancel the loop's other tasks, then do the last."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await last
