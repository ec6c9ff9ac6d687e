"""The files outside a plan that its steps follow from; the engine itself stands in by its version.

What no step reads is left out, so that a word in a method's README costs no run.
"""

import ast
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
            beside = [one.with_name(f"{name}.py") for name in _imported(one)]
            left += [path for path in beside if path.is_file()]
    return found


def _imported(path: Path) -> Iterator[str]:
    """Yield what a file imports from beside it, by ``from .one import x`` or ``from . import one as o``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module.partition(".")[0]] if node.module else (one.name for one in node.names)


def method_files(method: str) -> Iterator[Path]:
    """Yield a method's code and settings."""
    folder = contents.folder("submissions") / method
    yield from sorted([*folder.glob("*.py"), folder / "submission.yaml"])


def checkpoint_files(model: str) -> Iterator[Path]:
    """Yield a shipped checkpoint's recipe and weights."""
    folder = contents.folder("builders/checkpoints")
    yield folder / f"{model}.yaml"
    yield from sorted((folder / model).glob("*.safetensors"))
