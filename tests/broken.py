"""A dataset folder with something wrong in its tables, whose README knows nothing of it."""

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from s_mllmun_bench.building.tables import features, write_rows
from s_mllmun_bench.data.identity import files_digest, read_identity
from s_mllmun_bench.data.layout import README, TABLE_GROUPS, table_path

Row = dict[str, Any]
Change = Callable[[str, str, list[Row]], list[Row]]
"""Takes table, group and rows, and returns the rows as they shall be."""


def broken(folder: Path, output: Path, change: Change) -> Path:
    """Write a copy of a dataset folder with its rows changed and its digest made right again."""
    shutil.copytree(folder, output)
    for table, groups in TABLE_GROUPS.items():
        for group in groups:
            path = output / table_path(table, group)
            rows = pq.read_table(path).to_pylist()
            changed = change(table, group, copy.deepcopy(rows))
            if changed != rows:
                write_rows(path, features(table), changed)
    redigest(output)
    return output


def redigest(folder: Path) -> None:
    """Write the digest of the files into the README."""
    readme = folder / README
    text = readme.read_text()
    readme.write_text(text.replace(read_identity(folder).digest, files_digest(folder)))


def profiles(folder: Path) -> Iterator[Row]:
    """Yield everybody's row of the profiles."""
    for group in TABLE_GROUPS["profiles"]:
        yield from pq.read_table(folder / table_path("profiles", group)).to_pylist()


def person_in(folder: Path, group: str) -> str:
    """Return the first person of a group."""
    return pq.read_table(folder / table_path("profiles", group), columns=["person"]).to_pylist()[0]["person"]


def of_person(person: str, change: Callable[[Row], None], *tables: str) -> Change:
    """Return a change of one person's row in some tables, or in all."""

    def changed(table: str, group: str, rows: list[Row]) -> list[Row]:
        for row in rows:
            if row.get("person") == person and (not tables or table in tables):
                change(row)
        return rows

    return changed


def of_question(person: str, table: str, asked: Callable[[Row], bool], /, **values: Any) -> Change:
    """Return a change of one person's questions of one table that are asked for."""

    def change(row: Row) -> None:
        row["questions"] = [one | values if asked(one) else one for one in row["questions"]]

    return of_person(person, change, table)
