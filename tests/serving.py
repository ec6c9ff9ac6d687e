"""How the tests' servers run: beside a test for as long as a block lasts, or in a process of their own."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from typing import TypeVar

from loopback import Asked, Said, Script, loopback

Server = TypeVar("Server", bound=HTTPServer)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serve while the block runs."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve(script: Script, noted: Callable[[Asked, Said], object], log: str) -> None:
    """Answer until killed; print the address, and note each request in a file before it is answered.

    Args:
        script: says the answers.
        noted: what is noted of a request and its answer, one line of JSON.
        log: the file.
    """

    def noting(asked: Asked, before: int) -> Said:
        said = script(asked, before)
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps(noted(asked, said)) + "\n")
        return said

    with loopback(noting) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        while True:
            time.sleep(60)
