"""Every reply that was paid for, in files that only grow, found again by what was asked.

A reply is on disk before anyone reads it, so whoever is killed pays nothing twice, but for requests in flight
when it was ended; the same request has the same reply in every run that shares a file. Failures of the
moment are not kept: another time they may be none.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from s_mllmun_bench.lines import LineFile
from s_mllmun_bench.llm.messages import FailureKind, Reply, Request
from s_mllmun_bench.records import Record

FILE = "replies.jsonl"


class StoredReply(Record):
    """One line of ``replies.jsonl``."""

    key: str
    """From `request_key`."""
    purpose: str
    """Who asked, such as a judge."""
    host: str
    """Of the server."""
    text: str | None
    """As the server sent it; `None` with a failure."""
    finish_reason: str | None
    failure: FailureKind | None
    failure_text: str | None
    model: str | None
    """As the server calls what answered."""
    prompt_tokens: int | None
    tokens: int | None
    """Generated."""
    seconds: float | None = Field(ge=0)
    """Of the attempt that brought the reply."""
    attempts: int | None = Field(ge=1)

    @classmethod
    def of(cls, key: str, purpose: str, url: str, reply: Reply) -> Self:
        """Return a reply as it is stored."""
        account, failure = reply.account, reply.failure
        return cls(
            key=key,
            purpose=purpose,
            host=host_of(url),
            text=reply.text,
            finish_reason=reply.finish_reason,
            failure=failure.kind if failure else None,
            failure_text=failure.text if failure else None,
            model=account.model if account else None,
            prompt_tokens=account.prompt_tokens if account else None,
            tokens=reply.tokens,
            seconds=account.seconds if account else None,
            attempts=account.attempts if account else None,
        )


def request_key(purpose: str, url: str, model: str, request: Request) -> str:
    """Return the SHA-256 of what decides a reply: who asks, the server's host, and the whole request."""
    content = [purpose, host_of(url), request.body(model)]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def host_of(url: str) -> str:
    """Return a server's host without the port: a server of one's own may have another tomorrow."""
    return urlsplit(url).hostname or ""


class Ledger:
    """Some files of replies that are kept alike; several processes may append to one at the same time."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        """Keep the places; files are opened, and made, when they are first asked.

        Args:
            folders: hold a ``replies.jsonl`` each; none: replies are kept as long as this object.
        """
        self._known: dict[str, StoredReply] = {}
        self._files = [_ReplyFile(folder / FILE) for folder in dict.fromkeys(folders)]

    def find(self, key: str) -> StoredReply | None:
        """Return the reply of a key, which from now on is in every file; `None` if there is none.

        Raises:
            BenchError: a file cannot be written.
        """
        if not self._files:
            return self._known.get(key)
        found = next((reply for file in self._files if (reply := file.find(key)) is not None), None)
        for file in self._files:
            if found is not None and file.find(key) is None:
                file.append(found)
        return found

    def keep(self, reply: StoredReply) -> None:
        """Write a reply to every file.

        Raises:
            BenchError: a file cannot be written.
        """
        if not self._files:
            self._known[reply.key] = reply
        for file in self._files:
            file.append(reply)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _ReplyFile:
    """One file, of which only the keys and their places are held in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[bytes, int] = {}
        self._read_up_to = 0
        self._held = ExitStack()
        self._write: Callable[[StoredReply], range] | None = None

    def find(self, key: str) -> StoredReply | None:
        """Return a key's first reply, also one that another process has appended."""
        place = self._places.get(bytes.fromhex(key))
        if place is None and self._read_new():
            place = self._places.get(bytes.fromhex(key))
        if place is None:
            return None
        with self._path.open("rb") as file:
            file.seek(place)
            return StoredReply.model_validate_json(file.readline())

    def append(self, reply: StoredReply) -> None:
        """Write a line in one go, so that those of several processes never mix."""
        place = self._writing()(reply)
        if place.start == self._read_up_to:
            # Nobody else has appended, so nothing need be read again.
            self._places.setdefault(bytes.fromhex(reply.key), place.start)
            self._read_up_to = place.stop

    def close(self) -> None:
        """Close the file."""
        self._held.close()
        self._write = None

    def _writing(self) -> Callable[[StoredReply], range]:
        """Return what appends a reply; the file is there from now on."""
        if self._write is None:
            self._write = self._held.enter_context(LineFile(self._path, StoredReply, shared=True).opened())
        return self._write

    def _read_new(self) -> bool:
        """Take in the whole lines appended since; a line that is damaged is as good as not there."""
        self._writing()
        if self._path.stat().st_size == self._read_up_to:
            return False
        with self._path.open("rb") as file:
            file.seek(self._read_up_to)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                key = _key_of(line)
                if key is not None:
                    self._places.setdefault(key, self._read_up_to)
                self._read_up_to += len(line)
        return True


def _key_of(line: bytes) -> bytes | None:
    try:
        return bytes.fromhex(StoredReply.model_validate_json(line).key)
    except (ValidationError, ValueError):
        return None
