"""An output folder that is there whole or not at all.

Everything is written into a hidden folder beside it, which takes its name at the end. What an
interrupted build left there is swept away by the next one; what is not ours is never touched.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s_mllmun_bench.data.identity import read_identity
from s_mllmun_bench.data.layout import DATA, README
from s_mllmun_bench.errors import BenchError

OURS = frozenset({README, DATA})
"""What a dataset folder holds at its top; a folder with more was added to by hand."""


@contextmanager
def replacing(output: Path, force: bool) -> Iterator[Path]:
    """Yield an empty folder that becomes ``output`` when the block ends well, and vanishes otherwise.

    Args:
        output: the dataset folder; it may be missing or empty.
        force: replace a dataset of ours that is there.

    Raises:
        BenchError: something is there that must stay, or another build is writing to the same place.
    """
    output = output.expanduser().resolve()
    require_free(output, force)
    partial = output.with_name(f".{output.name}.partial")
    with _locked(partial, output):
        _empty(partial)
        try:
            yield partial
            require_free(output, force)
            _swap(partial, output)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def require_free(output: Path, force: bool) -> None:
    """Check that a dataset may be written here.

    Raises:
        BenchError: a file or a folder is there that is not ours to replace, or ``force`` is missing.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not output.is_dir():
        raise BenchError(f"{output} is a file; name a folder that does not exist yet")
    try:
        read_identity(output)
    except BenchError as error:
        raise BenchError(
            f"{output} exists and is not a dataset of this benchmark; nothing was changed"
        ) from error
    if not force:
        raise BenchError(f"{output} exists; name another folder, or replace the dataset with --force")
    added = sorted({entry.name for entry in output.iterdir()} - OURS)
    if added:
        raise BenchError(f"{output} holds {added[0]!r}, which is not of the dataset; move it away first")


@contextmanager
def _locked(partial: Path, output: Path) -> Iterator[None]:
    """Hold the hidden folder as long as the block runs; the system lets go of it if the process dies."""
    try:
        partial.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_RDONLY)
    except OSError as error:
        raise BenchError(f"cannot write beside {output}: {error.strerror}") from error
    try:
        _lock(descriptor, output)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, output: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BenchError(f"another build is writing {output}; wait for it or name another folder") from error


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _swap(partial: Path, output: Path) -> None:
    """Put the new folder in the place of the old one, which is deleted only when the new one stands."""
    if not output.exists():
        partial.rename(output)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{output.name}.old-", dir=output.parent))
    output.rename(old)
    partial.rename(output)
    shutil.rmtree(old)
