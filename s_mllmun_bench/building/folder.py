"""An output folder that is there whole or not at all.

How it appears is said in `whole`; here it is decided what may be replaced. What is not ours is never
touched.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s_mllmun_bench.data.identity import read_identity
from s_mllmun_bench.data.layout import CROISSANT, DATA, README, SHEET
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.whole import appearing

OURS = frozenset({README, SHEET, CROISSANT, DATA})
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
    with appearing(output, replacing=True) as partial:
        yield partial
        require_free(output, force)


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
