"""Files of one record per line that only grow.

A line counts once its line end is written, and each is flushed when it is appended. So a process that
is killed leaves at most one torn line, the last, and reading cuts it off.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record

AnyRecord = TypeVar("AnyRecord", bound=Record)


class LineFile(Generic[AnyRecord]):
    """An append-only file of records of one kind; it need not exist yet."""

    def __init__(self, path: Path, record: type[AnyRecord]) -> None:
        """Keep the path; nothing is read or written."""
        self.path = path
        self._record = record

    def read(self) -> list[AnyRecord]:
        """Return all records in the order written; a torn last line is cut off the file.

        Raises:
            BenchError: a whole line is not such a record.
        """
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().split(b"\n")
        if lines[-1]:
            with self.path.open("r+b") as file:
                file.truncate(self.path.stat().st_size - len(lines[-1]))
        return [self._parsed(line, number) for number, line in enumerate(lines[:-1], 1)]

    def append(self, records: Iterable[AnyRecord]) -> None:
        """Write records as they come, each flushed before the next is asked for."""
        with self.path.open("ab") as file:
            for record in records:
                file.write(record.model_dump_json().encode() + b"\n")
                file.flush()

    def clear(self) -> None:
        """Remove the file, if it is there."""
        self.path.unlink(missing_ok=True)

    def _parsed(self, line: bytes, number: int) -> AnyRecord:
        try:
            return self._record.model_validate_json(line)
        except ValidationError as error:
            name = self._record.__name__.lower()
            raise BenchError(f"{self.path}:{number} is no {name}; restore it or use a new folder") from error
