"""The parquet files: one person per row, both images embedded, the questions as a list.

The schema carries the Hub's feature types, so an image column reads as images everywhere. Files are
written in row groups of a hundred people: neither writing nor streaming them holds more.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.building.pictures import Picture
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.layout import TABLE_GROUPS, Table, table_path
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import ATTRIBUTES, ImageKind, QuestionRow

if TYPE_CHECKING:
    from datasets import Features

ROW_GROUP = 100
"""Rows per row group."""

Row = Mapping[str, Any]


def write_tables(world: World, folder: Path, progress: Progress) -> None:
    """Write every table, one file per group.

    Args:
        world: audited.
        folder: the dataset folder; the tables' folders are made.
        progress: told of each file.
    """
    files = [(table, group) for table, groups in TABLE_GROUPS.items() for group in groups]
    for done, (table, group) in enumerate(files):
        progress(done, len(files), "tables")
        write_rows(folder / table_path(table, group), features(table), _rows(table, group, world))
    progress(len(files), len(files), "tables")


def write_rows(path: Path, features: "Features", rows: Sequence[Row]) -> None:
    """Write one parquet file; the same rows give the same bytes.

    Raises:
        BenchError: it cannot be written, such as on a full disk.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = features.arrow_schema
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(path, schema) as file:
            for start in range(0, len(rows), ROW_GROUP):
                file.write_table(pa.Table.from_pylist(rows[start : start + ROW_GROUP], schema=schema))
    except OSError as error:
        raise BenchError(f"cannot write {path}: {error.strerror or error}") from error


def features(table: Table) -> "Features":
    """Return the columns of a table as the Hub names them."""
    from datasets import Features, Image, List, Value

    text = Value("string")
    if table == "refusals":
        return Features({"refusal": text})
    columns: dict[str, Any] = {"person": text, "group": text, "face": Image(), "ophthalmic": Image()}
    if table == "profiles":
        origin = [f"{kind}_{what}" for kind in ("face", "ophthalmic") for what in ORIGIN]
        return Features(columns | dict.fromkeys((*ATTRIBUTES, *origin, READINGS), text))
    return Features(columns | {"questions": List(dict.fromkeys(QuestionRow.model_fields, text))})


ORIGIN = ("source", "licence", "sha256", "original_sha256", "appearance")
"""What a profile says of each of its images: where it comes from, and what is known to be in it."""
READINGS = "second_readings"
"""The column of what a second reading of the face answered, as JSON."""


def _rows(table: Table, group: str, world: World) -> list[Row]:
    if table == "refusals":
        return [{"refusal": text} for text in world.refusals]
    people = world.of(group)
    if table == "profiles":
        return [_shared(person) | dict(_profile(person)) for person in people]
    return [
        _shared(person) | {"questions": [row.model_dump() for row in getattr(person.written, table)]}
        for person in people
    ]


def embedded(person: str, kind: ImageKind, data: bytes, format: str) -> dict[str, Any]:
    """Return an image as a table stores it."""
    return {"bytes": data, "path": f"{person}-{kind}.{format}"}


def _shared(person: Person) -> dict[str, Any]:
    """Return the columns that every table about people has."""
    face, eye = person.face, person.ophthalmic
    return {
        "person": person.id,
        "group": person.group,
        "face": embedded(person.id, "face", face.data, face.format),
        "ophthalmic": embedded(person.id, "ophthalmic", eye.data, eye.format),
    }


def _profile(person: Person) -> Iterator[tuple[str, str | None]]:
    for attribute in ATTRIBUTES:
        yield attribute, getattr(person.written.profile, attribute)
    for kind, picture in (("face", person.face), ("ophthalmic", person.ophthalmic)):
        origin = (picture.source, picture.licence, picture.digest, picture.original, _appearance(picture))
        for what, said in zip(ORIGIN, origin, strict=True):
            yield f"{kind}_{what}", said
    yield READINGS, _json(person.written.readings)


def _appearance(picture: Picture) -> str | None:
    """Return what is known to be in a picture, by topic, without a drawing's traits, which have no names."""
    return _json({topic: seen for topic, seen in picture.truth.items() if not isinstance(seen, list | tuple)})


def _json(mapping: Mapping[str, Any]) -> str | None:
    return json.dumps(mapping, ensure_ascii=False) if mapping else None
