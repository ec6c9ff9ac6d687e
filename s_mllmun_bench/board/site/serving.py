"""A look at the site: a server for this machine alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from s_mllmun_bench.errors import BenchError

_HOST = "127.0.0.1"


class _Quiet(SimpleHTTPRequestHandler):
    """Hands out files and says nothing of it."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        """Have every page asked for anew, for it may have been built anew."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


@contextmanager
def serving(folder: Path, port: int) -> Iterator[ThreadingHTTPServer]:
    """Yield a server of a folder, which serves from ``serve_forever`` on.

    Args:
        folder: of the site.
        port: 0 for any that is free.

    Raises:
        BenchError: the port cannot be had.
    """
    try:
        server = ThreadingHTTPServer((_HOST, port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise BenchError(f"cannot serve at port {port}: {error.strerror}; give another --port") from error
    with server:
        yield server


def address(server: ThreadingHTTPServer) -> str:
    """Return where a server's front page is."""
    return f"http://{_HOST}:{server.server_address[1]}/"
