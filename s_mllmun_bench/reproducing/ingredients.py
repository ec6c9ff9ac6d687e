"""The files outside a plan that its steps follow from; the engine itself stands in by its version.

What no step reads is left out, so that a word in a method's README costs no run.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from s_mllmun_bench import contents
from s_mllmun_bench.building.recipe import find_recipe, read_recipe


def dataset_files(recipe: str) -> Iterator[Path]:
    """Yield the files that a dataset follows from."""
    path = find_recipe(recipe)
    plan, builders = read_recipe(path), contents.folder("builders")
    yield path
    for where, parts in (("sources", (plan.faces, plan.ophthalmic)), ("writers", (plan.writer,))):
        yield from sorted({file for part in parts for file in _read(builders / where / f"{part.name}.py")})
    yield from sorted((builders / "wording").glob("*.yaml"))


def _read(path: Path) -> set[Path]:
    """Return a file and those beside it that it imports, or that they do."""
    found, left = set[Path](), [path]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            names = re.findall(r"^from \.(\w+) import", one.read_text(encoding="utf-8"), re.MULTILINE)
            left += [one.with_name(f"{name}.py") for name in names]
    return found


def method_files(method: str) -> Iterator[Path]:
    """Yield a method's code and settings."""
    folder = contents.folder("submissions") / method
    yield from sorted([*folder.glob("*.py"), folder / "submission.yaml"])


def checkpoint_files(model: str) -> Iterator[Path]:
    """Yield a shipped checkpoint's recipe and weights."""
    folder = contents.folder("builders/checkpoints")
    yield folder / f"{model}.yaml"
    yield from sorted((folder / model).glob("*.safetensors"))
