"""What stands beside a dataset's tables: README, picture sheet, Croissant description.

All of it follows from the tables and the README's text, so it can be made again whenever they change.
"""

from pathlib import Path

from s_mllmun_bench.building.croissant import croissant
from s_mllmun_bench.building.sheet import picture_sheet
from s_mllmun_bench.data.identity import front_matter, parse_identity
from s_mllmun_bench.data.layout import CROISSANT, README, SHEET
from s_mllmun_bench.errors import BenchError


def write_documents(folder: Path, card: str) -> None:
    """Write the README, the picture sheet and the Croissant description into a dataset folder.

    Args:
        folder: with its tables.
        card: the README's text.

    Raises:
        BenchError: a file cannot be written, such as on a full disk.
    """
    described = croissant(folder, parse_identity(card, str(folder)), front_matter(card))
    try:
        (folder / SHEET).write_bytes(picture_sheet(folder))
        (folder / CROISSANT).write_text(described, encoding="utf-8")
        (folder / README).write_text(card, encoding="utf-8")
    except OSError as error:
        raise BenchError(f"cannot write into {folder}: {error.strerror or error}") from error
