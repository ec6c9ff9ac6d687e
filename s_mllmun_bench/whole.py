"""What is there whole or not at all: a file, a folder; and a place that one process at a time works on.

Everything is written into a hidden place beside its own and takes its name at the end. What a killed
process left there is swept away by the next one that writes to the same place, and by no other: whoever
writes holds a lock, which the system frees when its process dies, so nothing living is swept away.
"""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from s_mllmun_bench.errors import BenchError

OF_THE_DISK = {
    errno.EACCES,
    errno.EBUSY,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.ENOTEMPTY,
    errno.EPERM,
    errno.EROFS,
    errno.EXDEV,
}
"""What a user can repair; any other error of the system is a bug's and keeps its traceback."""


@contextmanager
def locked(*places: Path) -> Iterator[None]:
    """Hold some files or folders, which need not exist, as long as the block runs.

    The lock lies beside each: the place itself may appear or be moved aside meanwhile.

    Raises:
        BenchError: another process has one of them, or nothing can be written beside it.
    """
    with ExitStack() as held:
        for place in places:
            held.enter_context(_locked(place.resolve()))
        yield


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    path = place.with_name(f".{place.name}.lock")
    lock = FileLock(path, blocking=False)
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise BenchError(f"another process works on {place}; wait for it or give another folder") from error
    except OSError as error:
        raise BenchError(f"cannot write beside {place}: {error.strerror}; give another place") from error
    try:
        yield
    finally:
        # While it is held: a process that opened it before finds it gone, and takes a new one.
        path.unlink(missing_ok=True)
        lock.release()
        with suppress(OSError):
            for folder in made:
                # Fails where something lies in it, which is nearly always.
                folder.rmdir()


def require_place(output: Path, replacing: bool = False) -> None:
    """Check, before any work is done, that something can be made at a place.

    Args:
        output: the file or folder to make.
        replacing: whether a file that is there may be replaced, or a folder added to.

    Raises:
        BenchError: there is something, or a link to nothing, or no folder to make it in.
    """
    if output.exists() and not replacing:
        raise BenchError(f"{output} exists; give a folder that does not")
    if output.is_symlink() and not output.exists():
        raise BenchError(f"{output} is a link to nothing; give another place")
    into = output if replacing and output.is_dir() else None
    above = into or next(folder for folder in output.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise BenchError(f"{output} cannot be made: {above} is no folder that can be written")


@contextmanager
def appearing(output: Path, replacing: bool = False) -> Iterator[Path]:
    """Yield an empty folder that takes the output's name when the block ends well, and vanishes otherwise.

    Args:
        output: the folder to make; parents are made as well.
        replacing: take the place of a folder that is there, which is deleted when the new one stands.

    Raises:
        BenchError: there is something at ``output``, another process is making it, or the disk is full or
            may not be written.
    """
    if not replacing:
        require_place(output)
    with locked(output):
        if not replacing:
            require_place(output)
        place = output.resolve()
        new, former = (place.with_name(f".{place.name}.{kind}") for kind in ("partial", "former"))
        try:
            _put_back(former, place)
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            yield new
            _swap(new, place, former)
        except OSError as error:
            if error.errno in OF_THE_DISK or isinstance(error, shutil.Error):
                raise BenchError(f"{output} cannot be written: {error.strerror or error}") from error
            raise
        finally:
            shutil.rmtree(new, ignore_errors=True)


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file anew, at once or not at all.

    Args:
        path: of the file, which need not exist; no other process writes it.
        parts: its bytes, in order; where getting them fails, the file stays as it was.

    Raises:
        OSError: it cannot be written.
    """
    part = part_of(path)
    try:
        with part.open("wb") as file:
            for one in parts:
                file.write(one)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def save(path: Path, content: str | bytes) -> Path:
    """Write a file anew, at once or not at all, and return it; a text as UTF-8.

    Raises:
        BenchError: it cannot be written.
    """
    try:
        write_whole(path, [content.encode() if isinstance(content, str) else content])
    except OSError as error:
        raise BenchError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def part_of(path: Path) -> Path:
    """Return where `write_whole` writes a file that is not whole yet; a killed process may leave it."""
    return path.with_name(f".{path.name}.part")


def _swap(new: Path, place: Path, former: Path) -> None:
    """Give the new folder its name, and delete the one that had it."""
    if not place.exists():
        new.rename(place)
        return
    place.rename(former)
    new.rename(place)
    shutil.rmtree(former)


def _put_back(former: Path, place: Path) -> None:
    """Finish or undo the swap of a process that was killed in the middle of it."""
    if not former.exists():
        return
    if place.exists():
        shutil.rmtree(former)
    else:
        former.rename(place)
