"""A dataset folder read back into the people that it was written from.

Its tables repeat each person's images, so all but those of the profiles are read as their digests; and
what is wrong with a file is noted and not raised, for whoever checks wants to know all of it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.building.pictures import Picture
from s_mllmun_bench.building.tables import ORIGIN, READINGS, features
from s_mllmun_bench.contracts import WrittenPerson
from s_mllmun_bench.data.images import IMAGES
from s_mllmun_bench.data.layout import DATA, TABLE_GROUPS, Table, table_path
from s_mllmun_bench.records import ATTRIBUTES, ImageKind, Profile, QuestionRow, first_fault

REPEATED: tuple[Table, ...] = ("finetune", "unlearn", "evaluation")
"""The tables of questions; each row repeats the person's images."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One person's row of one table."""

    person: str
    group: str
    """As the row says; its file says it too."""
    images: Mapping[ImageKind, bytes | None]
    """Of the profiles the images, of other tables nothing; `None` for one that was withheld."""
    digests: Mapping[ImageKind, str | None]
    """SHA-256 of the images, hexadecimal; `None` for one that was withheld."""
    texts: Mapping[str, Any]
    """The other columns."""


@dataclass(slots=True)
class Stored:
    """Everything that lies in a dataset folder."""

    rows: dict[tuple[Table, str], list[StoredRow]] = field(default_factory=dict)
    """By table and group."""
    refusals: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What is wrong with files, columns and rows, one sentence each."""


def read_stored(folder: Path) -> Stored:
    """Return what lies under a dataset folder's ``data/``, and what could not be read of it."""
    stored = Stored()
    wanted = {table_path(table, group) for table, groups in TABLE_GROUPS.items() for group in groups}
    there = {p.relative_to(folder).as_posix() for p in (folder / DATA).rglob("*") if p.is_file()}
    stored.problems += [f"{path} is missing" for path in sorted(wanted - there)]
    stored.problems += [f"{path} is no file of a dataset" for path in sorted(there - wanted)]
    for table, groups in TABLE_GROUPS.items():
        for group in groups:
            if table_path(table, group) in there:
                _read_file(folder, table, group, stored)
    return stored


def world_of(stored: Stored) -> World:
    """Return the people of a folder in which nothing is wrong with files, columns and rows."""
    questions = {
        (table, row.person): [QuestionRow.model_validate(one) for one in row.texts["questions"]]
        for (table, _), rows in stored.rows.items()
        for row in rows
        if table in REPEATED
    }
    people = [
        _person(row, group, questions)
        for (table, group), rows in stored.rows.items()
        if table == "profiles"
        for row in rows
    ]
    return World(sorted(people, key=lambda person: person.id), stored.refusals)


def _read_file(folder: Path, table: Table, group: str, stored: Stored) -> None:
    """Read one parquet file into ``stored``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = table_path(table, group)
    schema = features(table).arrow_schema
    try:
        with pq.ParquetFile(folder / name) as file:
            if problem := _schema_problem(schema, file.schema_arrow):
                stored.problems.append(f"{name} {problem}")
                return
            rows = [row for batch in file.iter_batches(batch_size=100) for row in batch.to_pylist()]
    except (OSError, pa.ArrowException) as error:
        stored.problems.append(f"{name} cannot be read: {str(error).splitlines()[0]}")
        return
    if table == "refusals":
        stored.problems += [f"{name} has a row without a text" for row in rows if not row["refusal"]]
        stored.refusals += [row["refusal"] for row in rows if row["refusal"]]
        return
    stored.problems += [f"{name}: {problem}" for row in rows for problem in _row_problems(row, table)]
    stored.rows[table, group] = [_stored_row(row, keep_images=table == "profiles") for row in rows]


def _schema_problem(wanted: Any, found: Any) -> str | None:
    for name in wanted.names:
        if name not in found.names:
            return f"lacks the column {name!r}"
        if not found.field(name).type.equals(wanted.field(name).type):
            return f"has a column {name!r} of type {found.field(name).type}, not {wanted.field(name).type}"
    if added := sorted(set(found.names) - set(wanted.names)):
        return f"has a column {added[0]!r}, which no dataset has"
    return None


def _row_problems(row: Mapping[str, Any], table: Table) -> Iterator[str]:
    """Yield what is wrong with one person's row."""
    person = row["person"]
    if not person:
        yield "a row has no person"
    images = ("face",) if table == "profiles" else ()
    missing = [name for name in images if not (row[name] or {}).get("bytes")]
    if table == "profiles":
        texts = (*ATTRIBUTES, *(f"{kind}_{what}" for kind in IMAGES for what in ORIGIN[:3]))
        missing += [name for name in texts if row[name] is None]
    yield from (f"{person} has no {name}" for name in missing)
    for question in row.get("questions") or ():
        try:
            QuestionRow.model_validate(question)
        except ValidationError as error:
            yield f"{person}, question {question.get('id')}: {first_fault(error)}"


def _stored_row(row: dict[str, Any], keep_images: bool) -> StoredRow:
    data = {kind: (row.pop(kind) or {}).get("bytes") for kind in IMAGES}
    digests = {kind: hashlib.sha256(one).hexdigest() if one else None for kind, one in data.items()}
    kept = data if keep_images else {}
    return StoredRow(row.pop("person"), row.pop("group"), kept, digests, row)


def _person(row: StoredRow, group: str, questions: Mapping[tuple[Table, str], list[QuestionRow]]) -> Person:
    finetune, unlearn, evaluation = (questions.get((table, row.person), []) for table in REPEATED)
    profile = Profile(person=row.person, **{name: row.texts[name] for name in ATTRIBUTES})
    readings = json.loads(row.texts[READINGS] or "{}")
    written = WrittenPerson(profile, finetune, unlearn, evaluation, readings=readings)
    return Person(row.person, group, written, _picture(row, "face"), _picture(row, "ophthalmic"))


def _picture(row: StoredRow, kind: ImageKind) -> Picture:
    source, licence, digest, original, appearance = (row.texts[f"{kind}_{what}"] for what in ORIGIN)
    data = row.images[kind] or b""
    return Picture(
        data=data,
        format="png" if data[:4] == b"\x89PNG" else "jpeg",
        digest=digest,
        truth=json.loads(appearance or "{}"),
        source=source,
        licence=licence,
        original=original,
    )
