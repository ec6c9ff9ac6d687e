"""Records of a bundle as compressed lines, read back within fixed bounds.

xz packs a run's repetitive lines to about half of what gzip makes of them, and is in the standard library.
What a stranger packed may unpack to anything, so it is unpacked piece by piece and given up at a bound.
"""

import lzma
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pydantic import ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record

MOST_PACKED = 10_000_000
"""Bytes of a whole bundle."""
MOST_UNPACKED = 150_000_000
"""Bytes of one file; a full run's replies of two judges are about 30 million."""
MOST_LINES = 250_000
LONGEST_LINE = 200_000
"""Bytes."""
_MEMORY = 64 * 2**20
_PIECE = 2**20

AnyRecord = TypeVar("AnyRecord", bound=Record)


def packed(records: Iterable[Record]) -> bytes:
    """Return records as lines, compressed; the same records give the same bytes."""
    lines = b"".join(record.model_dump_json().encode() + b"\n" for record in records)
    return lzma.compress(lines, check=lzma.CHECK_CRC64, preset=6)


def unpacked(content: bytes, record: type[AnyRecord], where: str) -> list[AnyRecord]:
    """Return the records of a compressed file.

    Args:
        content: the file's bytes.
        record: of every line.
        where: what to call it in an error.

    Raises:
        BenchError: it unpacks to too much or not at all, or a line is not such a record exactly as `packed`
            writes it: with a key twice, a number that JSON does not know, or nested without end.
    """
    return [
        parsed(line, record, f"{where}:{number}") for number, line in enumerate(_lines(content, where), 1)
    ]


def parsed(line: bytes, record: type[AnyRecord], where: str, indent: int | None = None) -> AnyRecord:
    """Return the record that some JSON holds, if it is written just as we write it.

    Raises:
        BenchError: it is not.
    """
    try:
        found = record.model_validate_json(line)
    except ValidationError as error:
        raise BenchError(f"{where} is no {record.__name__.lower()} of this version") from error
    if found.model_dump_json(indent=indent, exclude_unset=True).encode() != line:
        raise BenchError(f"{where} is not written as this benchmark writes it")
    return found


def _lines(content: bytes, where: str) -> Iterator[bytes]:
    rest, count = b"", 0
    for piece in _pieces(content, where):
        *whole, rest = (rest + piece).split(b"\n")
        count += len(whole)
        if count > MOST_LINES or len(rest) > LONGEST_LINE or any(len(one) > LONGEST_LINE for one in whole):
            raise BenchError(
                f"{where} has more than {MOST_LINES} lines, or one of more than {LONGEST_LINE} bytes"
            )
        yield from whole
    if rest:
        raise BenchError(f"{where} ends in the middle of a line")


def _pieces(content: bytes, where: str) -> Iterator[bytes]:
    unpacker, total = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), 0
    try:
        waiting = content
        while not unpacker.eof:
            if unpacker.needs_input and not waiting:
                raise BenchError(f"{where} is cut off")
            piece, waiting = unpacker.decompress(waiting, _PIECE), b""
            total += len(piece)
            if total > MOST_UNPACKED:
                raise BenchError(f"{where} unpacks to more than {MOST_UNPACKED} bytes")
            yield piece
    except lzma.LZMAError as error:
        raise BenchError(f"{where} cannot be unpacked: {error}") from error
    if unpacker.unused_data:
        raise BenchError(f"{where} has something behind its end")
