"""Files of one record per line that only grow: the one way in which records are appended.

A line counts once its line end is written, and each is written at once when it is appended. So a process
that is killed leaves at most one torn line, the last. Readers leave it out; the next writer cuts it off, or
where several processes append to one file, ends it: it may be a line that another one is writing.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Generic, TypeVar

from pydantic import ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record
from s_mllmun_bench.whole import write_whole

AnyRecord = TypeVar("AnyRecord", bound=Record)


class LineFile(Generic[AnyRecord]):
    """An append-only file of records of one kind; it need not exist yet."""

    def __init__(self, path: Path, record: type[AnyRecord], shared: bool = False) -> None:
        """Keep the path; nothing is read or written.

        Args:
            path: of the file.
            record: of every line.
            shared: several processes may append at the same time, and the first makes the folder, too.
        """
        self.path = path
        self._record = record
        self._shared = shared

    def read(self) -> list[AnyRecord]:
        """Return all records in the order written, but a torn last line; the file is left as it is.

        Raises:
            BenchError: a whole line is not such a record.
        """
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().split(b"\n")[:-1]
        return [self._parsed(line, number) for number, line in enumerate(lines, 1)]

    def append(self, records: Iterable[AnyRecord]) -> None:
        """Write records as they come, each handed to the system before the next is asked for.

        Raises:
            BenchError: the file cannot be written.
        """
        with self.opened() as write:
            for record in records:
                write(record)

    @contextmanager
    def opened(self) -> Iterator[Callable[[AnyRecord], range]]:
        """Yield what writes one more record, hands it to the system and returns its bytes' place in the file.

        Raises:
            BenchError: the file cannot be written; so does what is yielded.
        """
        try:
            if self._shared:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise self._unwritable(error) from error
        with file:
            try:
                (_end_torn_line if self._shared else _cut_torn_line)(file)
            except OSError as error:
                raise self._unwritable(error) from error
            yield partial(self._write, file)

    def keep_only(self, wanted: Callable[[AnyRecord], bool]) -> None:
        """Write the file anew without some of its records, at once or not at all.

        Args:
            wanted: says which records stay.

        Raises:
            BenchError: a whole line is not such a record, or the file cannot be written.
        """
        if not all(map(wanted, self.read())):
            self.exchange(wanted, ())

    def exchange(self, wanted: Callable[[AnyRecord], bool], more: Iterable[AnyRecord]) -> None:
        """Write the file anew without some of its records and with more behind them, at once or not at all.

        Args:
            wanted: says which records stay.
            more: written as they come; where getting them fails, the file stays as it was.

        Raises:
            BenchError: a whole line is not such a record, or the file cannot be written.
        """
        kept = [record for record in self.read() if wanted(record)]
        try:
            write_whole(self.path, map(_line, chain(kept, more)))
        except OSError as error:
            raise self._unwritable(error) from error

    def _write(self, file: IO[bytes], record: AnyRecord) -> range:
        line = _line(record)
        left = memoryview(line)
        try:
            while left:
                left = left[file.write(left) :]
            end = file.tell()
        except OSError as error:
            raise self._unwritable(error) from error
        return range(end - len(line), end)

    def _unwritable(self, error: OSError) -> BenchError:
        return BenchError(f"cannot write {self.path}: {error.strerror}; what it holds is kept")

    def _parsed(self, line: bytes, number: int) -> AnyRecord:
        try:
            return self._record.model_validate_json(line)
        except ValidationError as error:
            name = self._record.__name__.lower()
            raise BenchError(f"{self.path}:{number} is no {name}; restore it or use a new folder") from error


def _line(record: Record) -> bytes:
    return record.model_dump_json().encode() + b"\n"


def _cut_torn_line(file: IO[bytes]) -> None:
    """Shorten a file to its last line end."""
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)


def _end_torn_line(file: IO[bytes]) -> None:
    """Give a line that a killed process left unfinished its end, so that the next one is whole."""
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
