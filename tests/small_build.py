"""A small build by the writer that asks a server, from pictures of our own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from s_mllmun_bench import contents
from s_mllmun_bench.building import build
from s_mllmun_bench.contracts import Means
from s_mllmun_bench.data.identity import DatasetIdentity

PEOPLE = 20


def recipe(folder: Path, **changes: object) -> str:
    """Write the shipped recipe with few refusals and with changes; return its path."""
    import yaml

    shipped = contents.read_yaml(contents.folder("builders") / "recipes" / "s-mllmun-bench.yaml")
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(shipped | {"refusals": 60, "spare": 5} | changes))
    return str(path)


def made(own: Path, output: Path, url: str, **changes: Any) -> DatasetIdentity:
    """Build the small dataset beside its recipe; ``changes`` are those of the means."""
    output.parent.mkdir(parents=True, exist_ok=True)
    means = replace(Means(url), **changes)
    faces, eyes = str(own / "faces"), str(own / "eyes")
    return build(recipe(output.parent), output, PEOPLE, force=True, faces=faces, ophthalmic=eyes, means=means)
