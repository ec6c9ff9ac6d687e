"""Ophthalmic images that may not be passed on: left out of a published copy, filled in from the user's own.

The filled copy is the original dataset byte for byte, and its digest proves it: so a figure measured on
either belongs to the same dataset.
"""

import hashlib
import io
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import PIL
from PIL import Image

from s_mllmun_bench.building.card import restated
from s_mllmun_bench.building.documents import write_documents
from s_mllmun_bench.building.folder import replacing
from s_mllmun_bench.building.pictures import encode
from s_mllmun_bench.building.recipe import ImageFormat
from s_mllmun_bench.building.screening import SUFFIXES, read_image
from s_mllmun_bench.building.sizes import file_sizes
from s_mllmun_bench.building.tables import embedded, features, write_rows
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.identity import DatasetIdentity, Withheld, files_digest, verified_identity
from s_mllmun_bench.data.images import IMAGES
from s_mllmun_bench.data.layout import README, TABLE_GROUPS, Table, table_path
from s_mllmun_bench.errors import BenchError

RESTRICTED = re.compile(r"deepeyenet|not to be redistributed", re.I)
"""What the source or licence note says of an image that may not be passed on."""

UNSTATED = re.compile(r"\s*not stated", re.I)
"""How the licence note begins of an image of which nobody has said what its owner allows."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Gap:
    """One withheld image."""

    source: str
    original: str | None
    digest: str


def restricted(dataset: Path, kind: Literal["face", "ophthalmic"]) -> set[str]:
    """Return the people whose image of a kind may not be passed on, by its source and licence note."""
    return {
        row["person"]
        for row in _profiles(dataset)
        if row[kind] and RESTRICTED.search(f"{row[f'{kind}_source']} {row[f'{kind}_licence']}")
    }


def unstated(dataset: Path) -> int:
    """Return how many images a dataset holds whose licence is not stated."""
    return sum(
        row[kind] is not None and UNSTATED.match(row[f"{kind}_licence"]) is not None
        for row in _profiles(dataset)
        for kind in IMAGES
    )


def withhold(dataset: Path, people: set[str], output: Path) -> DatasetIdentity:
    """Write a copy of a dataset without some people's ophthalmic images.

    Args:
        dataset: its folder, complete.
        people: whose images to leave out; at least one.
        output: an empty folder.
    """
    identity = verified_identity(dataset)
    images = [row["ophthalmic"]["bytes"] for row in _profiles(dataset) if row["person"] in people]
    sizes = [_format_and_side(data) for data in images]
    withheld = Withheld(
        images=len(images),
        digest=identity.digest,
        format=sizes[0][0],
        longest_side=max(side for _, side in sizes),
    )

    def without(row: Row) -> Row:
        return row | {"ophthalmic": None} if row["person"] in people else row

    _copy_tables(dataset, output, without)
    return _finish(dataset, output, identity, withheld)


def attach_ophthalmic(dataset: Path, originals: Path, output: Path, progress: Progress) -> DatasetIdentity:
    """Write a copy of a published dataset with its ophthalmic images filled in.

    Args:
        dataset: the folder of the published dataset.
        originals: the user's own copy of the images, in any layout of folders.
        output: the folder to make; it must not exist, or be empty.
        progress: told of every file that is looked at.

    Raises:
        BenchError: nothing is withheld, an image is not there or is stored as other bytes here, or the
            output exists.
    """
    identity = verified_identity(dataset)
    withheld = identity.withheld
    if withheld is None:
        raise BenchError(f"{dataset} has all its images; there is nothing to fill in")
    if not originals.is_dir():
        raise BenchError(f"no folder of ophthalmic images at {originals}")
    with replacing(output, force=False) as folder:
        gaps = {row["person"]: _gap(row) for row in _profiles(dataset) if row["ophthalmic"] is None}
        images = _images(gaps, originals, withheld, progress)

        def filled(row: Row) -> Row:
            data = images.get(row["person"])
            return (
                row | {"ophthalmic": embedded(row["person"], "ophthalmic", data, withheld.format)}
                if data
                else row
            )

        _copy_tables(dataset, folder, filled)
        made = _finish(dataset, folder, identity, None)
        if made.digest != withheld.digest:
            raise BenchError(
                f"the filled tables have digest {made.digest}, not {withheld.digest} as the original: this "
                "pyarrow writes other files than the dataset's; use the version in requirements/"
            )
    return made


def _finish(
    dataset: Path, output: Path, before: DatasetIdentity, withheld: Withheld | None
) -> DatasetIdentity:
    """Write what stands beside the tables of a copy and return what it says of itself."""
    identity = before.model_copy(update={"digest": files_digest(output), "withheld": withheld})
    text = (dataset / README).read_text(encoding="utf-8")
    write_documents(output, restated(text, identity, file_sizes(output)))
    return identity


def _copy_tables(dataset: Path, output: Path, change: Callable[[Row], Row]) -> None:
    """Copy the tables with a change of each person's row."""
    for table, groups in TABLE_GROUPS.items():
        for group in groups:
            path = table_path(table, group)
            if table == "refusals":
                (output / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(dataset / path, output / path)
            else:
                rows = [change(row) for row in _rows(dataset, table, group)]
                write_rows(output / path, features(table), rows)


def _profiles(dataset: Path) -> Iterator[Row]:
    for group in TABLE_GROUPS["profiles"]:
        yield from _rows(dataset, "profiles", group)


def _rows(dataset: Path, table: Table, group: str) -> Iterator[Row]:
    import pyarrow.parquet as pq

    path = dataset / table_path(table, group)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=100):
                yield from batch.to_pylist()
    except (OSError, ValueError) as error:
        raise BenchError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def _gap(row: Row) -> _Gap:
    return _Gap(row["ophthalmic_source"], row["ophthalmic_original_sha256"], row["ophthalmic_sha256"])


def _images(
    gaps: Mapping[str, _Gap], originals: Path, withheld: Withheld, progress: Progress
) -> dict[str, bytes]:
    """Return each person's image as it was stored.

    Raises:
        BenchError: one is not among the files, or becomes other bytes.
    """
    found = _found({gap.original for gap in gaps.values() if gap.original}, originals, progress)
    missing = [gap for gap in gaps.values() if gap.original not in found]
    if missing:
        raise BenchError(
            f"{originals} lacks {len(missing)} of the {len(gaps)} ophthalmic images, such as "
            f"{missing[0].source} (SHA-256 {missing[0].original}); nothing was written"
        )
    stored = ImageFormat(format=withheld.format, longest_side=withheld.longest_side)
    images = {}
    for done, (person, gap) in enumerate(gaps.items()):
        progress(done, len(gaps), "converting")
        path = found[cast(str, gap.original)]
        images[person] = encode(read_image(path), stored)
        if hashlib.sha256(images[person]).hexdigest() != gap.digest:
            raise BenchError(
                f"{path} is the image of {person}, but Pillow {PIL.__version__} makes other bytes of it "
                "than the dataset's; use the version in requirements/"
            )
    progress(len(gaps), len(gaps), "converting")
    return images


def _found(digests: set[str], folder: Path, progress: Progress) -> dict[str, Path]:
    """Return the files that have these digests; the search ends with the last of them.

    Raises:
        BenchError: a file cannot be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    found: dict[str, Path] = {}
    for done, path in enumerate(files):
        if len(found) == len(digests):
            break
        progress(done, len(files), "looking for images")
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise BenchError(
                f"cannot read {path}: {error.strerror}; make it readable or remove it"
            ) from error
        if digest in digests:
            found[digest] = path
    progress(len(files), len(files), "looking for images")
    return found


def _format_and_side(data: bytes) -> tuple[Literal["png", "jpeg"], int]:
    with Image.open(io.BytesIO(data)) as image:
        return ("png" if image.format == "PNG" else "jpeg"), max(image.size)
