"""A dataset folder described for machines, in the Croissant format (version 1.0).

It lists every file with its SHA-256 and every table with its columns, one record set per table and group,
so a reader that knows nothing of us finds, checks and reads them. It holds no date that a build would
have to invent.

Source: the Croissant format specification of MLCommons.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from s_mllmun_bench.building.sizes import columns
from s_mllmun_bench.data.identity import DatasetIdentity
from s_mllmun_bench.data.layout import TABLE_GROUPS, Table, table_path

_TYPES = {"string": "sc:Text", "image": "sc:ImageObject"}
_TERMS = (
    *(
        "citeAs",
        "column",
        "equivalentProperty",
        "extract",
        "field",
        "fileProperty",
        "fileObject",
        "fileSet",
        "format",
        "includes",
    ),
    *("isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
CITATION = "@software{s_mllmun_bench, title = {S-MLLMUn Bench}, author = {{The s-mllmun-bench maintainers}}}"


def croissant(folder: Path, identity: DatasetIdentity, head: Mapping[str, Any]) -> str:
    """Return the description of a dataset folder as JSON-LD.

    Args:
        folder: with its tables.
        identity: of these tables.
        head: the README's front matter.
    """
    files = [(table, group) for table, groups in TABLE_GROUPS.items() for group in groups]
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "s-mllmun-bench",
        "description": f"{head['pretty_name']}: {identity.people} fictitious people to be learnt, some of "
        f"them to be forgotten, and {identity.unseen} unseen ones; for selective unlearning in multimodal "
        f"models. Content digest {identity.digest}.",
        "license": head["license"],
        "version": identity.version,
        "keywords": head["tags"],
        "inLanguage": head["language"],
        "creator": {"@type": "sc:Organization", "name": "The s-mllmun-bench maintainers"},
        "citeAs": CITATION,
        "distribution": [_file(folder, table, group) for table, group in files],
        "recordSet": [_records(table, group) for table, group in files],
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _file(folder: Path, table: Table, group: str) -> dict[str, Any]:
    path = table_path(table, group)
    data = folder / path
    with data.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": f"{table}-{group}.parquet",
        "name": f"{table}-{group}.parquet",
        "contentUrl": path,
        "contentSize": f"{data.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digest,
    }


def _records(table: Table, group: str) -> dict[str, Any]:
    own = f"{table}-{group}"
    return {
        "@type": "cr:RecordSet",
        "@id": own,
        "name": own,
        "description": f"The table {table} of the group {group}.",
        "field": [_field(own, column) for column in columns(table)],
    }


def _field(own: str, column: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a column; a list of structs is a repeated field with a part for each."""
    name = column["name"]
    field = {"@type": "cr:Field", "@id": f"{own}/{name}", "name": name}
    if "list" not in column:
        source = _source(own, name, "bytes" if column["dtype"] == "image" else None)
        return {**field, "dataType": _TYPES[column["dtype"]], "source": source}
    return {**field, "repeated": True, "subField": list(_parts(own, name, column["list"]))}


def _parts(own: str, name: str, parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield {
            "@type": "cr:Field",
            "@id": f"{own}/{name}/{part['name']}",
            "name": part["name"],
            "dataType": _TYPES[part["dtype"]],
            "source": _source(own, name, part["name"]),
        }


def _source(own: str, column: str, part: str | None) -> dict[str, Any]:
    """Return where a field's values lie: in a column, or in one part of it."""
    source: dict[str, Any] = {"fileObject": {"@id": f"{own}.parquet"}, "extract": {"column": column}}
    return source if part is None else {**source, "transform": {"jsonPath": part}}
