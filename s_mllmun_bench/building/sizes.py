"""What a dataset folder's README says of sizes: rows, bytes and columns of every split, as they are.

`datasets` compares the rows with what it reads, so a file that was cut off is noticed by whoever loads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s_mllmun_bench.building.tables import features
from s_mllmun_bench.data.layout import CONFIGS, TABLE_GROUPS, Table, table_path


@dataclass(frozen=True, slots=True)
class FileSize:
    """Of one parquet file."""

    rows: int
    stored: int
    """Bytes on disk."""
    loaded: int
    """Bytes in the cache of `datasets`, uncompressed, to a few that depend on who made the arrays."""


def file_sizes(folder: Path) -> dict[str, FileSize]:
    """Return the size of every table's file, by its path in the folder."""
    paths = [table_path(table, group) for table, groups in TABLE_GROUPS.items() for group in groups]
    return {path: _size(folder / path) for path in paths}


def dataset_info(sizes: Mapping[str, FileSize]) -> list[dict[str, Any]]:
    """Return the README's ``dataset_info``: one entry per config, as the Hub writes them."""
    return [_entry(config, splits, sizes) for config, splits in CONFIGS.items()]


def columns(table: Table) -> list[dict[str, Any]]:
    """Return a table's columns as the README lists them."""
    return _columns(features(table))


def table_of(config: str) -> Table:
    """Return the table that a config's files belong to."""
    path = next(iter(CONFIGS[config].values()))[0]
    return next(
        table
        for table, groups in TABLE_GROUPS.items()
        if path in {table_path(table, group) for group in groups}
    )


def _entry(
    config: str, splits: Mapping[str, tuple[str, ...]], sizes: Mapping[str, FileSize]
) -> dict[str, Any]:
    entries = [
        {
            "name": split,
            "num_bytes": sum(sizes[path].loaded for path in paths),
            "num_examples": sum(sizes[path].rows for path in paths),
        }
        for split, paths in splits.items()
    ]
    stored = {path for paths in splits.values() for path in paths}
    return {
        "config_name": config,
        "features": columns(table_of(config)),
        "splits": entries,
        "download_size": sum(sizes[path].stored for path in stored),
        "dataset_size": sum(int(str(entry["num_bytes"])) for entry in entries),
    }


def _size(path: Path) -> FileSize:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        loaded = sum(file.read_row_group(number).nbytes for number in range(file.num_row_groups))
        return FileSize(file.metadata.num_rows, path.stat().st_size, loaded)


def _columns(features: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **_type(feature)} for name, feature in features.items()]


def _type(feature: Any) -> dict[str, Any]:
    from datasets import Image, List

    if isinstance(feature, List):
        return {"list": _columns(feature.feature)}
    return {"dtype": "image" if isinstance(feature, Image) else feature.dtype}
