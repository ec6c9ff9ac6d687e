"""The parquet files: one person per row, both images embedded, the questions as a list.

The schema carries the Hub's feature types, so an image column reads as images everywhere. Files are
written in row groups of a hundred people: neither writing nor streaming them holds more.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.building.pictures import Picture
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.layout import TABLE_GROUPS, Table, table_path
from s_mllmun_bench.records import ATTRIBUTES, QuestionRow

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
        _write(folder / table_path(table, group), _features(table), _rows(table, group, world))
    progress(len(files), len(files), "tables")


def _write(path: Path, features: "Features", rows: Sequence[Row]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = features.arrow_schema
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema) as file:
        for start in range(0, len(rows), ROW_GROUP):
            file.write_table(pa.Table.from_pylist(rows[start : start + ROW_GROUP], schema=schema))


def _features(table: Table) -> "Features":
    """Return the columns of a table as the Hub names them."""
    from datasets import Features, Image, List, Value

    text = Value("string")
    if table == "refusals":
        return Features({"refusal": text})
    columns: dict[str, Any] = {"person": text, "group": text, "face": Image(), "ophthalmic": Image()}
    if table == "profiles":
        return Features(columns | dict.fromkeys((*ATTRIBUTES, *_ORIGIN), text))
    return Features(columns | {"questions": List(dict.fromkeys(QuestionRow.model_fields, text))})


_ORIGIN = tuple(
    f"{kind}_{what}" for kind in ("face", "ophthalmic") for what in ("source", "licence", "sha256")
)
"""Columns of a profile that say where its images come from."""


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


def _shared(person: Person) -> dict[str, Any]:
    """Return the columns that every table about people has."""
    return {
        "person": person.id,
        "group": person.group,
        "face": _embedded(person.face, f"{person.id}-face"),
        "ophthalmic": _embedded(person.ophthalmic, f"{person.id}-ophthalmic"),
    }


def _embedded(picture: Picture, stem: str) -> dict[str, Any]:
    return {"bytes": picture.data, "path": f"{stem}.{picture.format}"}


def _profile(person: Person) -> Iterator[tuple[str, str]]:
    for attribute in ATTRIBUTES:
        yield attribute, getattr(person.written.profile, attribute)
    for kind, picture in (("face", person.face), ("ophthalmic", person.ophthalmic)):
        yield f"{kind}_source", picture.source
        yield f"{kind}_licence", picture.licence
        yield f"{kind}_sha256", picture.digest
