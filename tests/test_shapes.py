"""The shapes of the code, as numbers: short functions, short files, no circle, nothing dead, names explained.

`make check` prints them (``-s``). They are bounds to notice a drift by, not aims: a function that would get
worse by being cut stays whole as long as nearly all are short.
"""

# ruff: noqa: T201

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONTENTS = ("builders", "judges", "submissions", "benchmarks")
MEDIAN, NEARLY_ALL, LONGEST_FILE, LONGEST_TEST_FILE = 13, 45, 300, 450
"""Lines of a function in the median and at the 90th percentile; lines of a file. A file of tests is a list
of cases, which is read one by one, and may be longer."""
ALIVE = {
    "a library or Python calls it by this name": "__call__ __getattr__ __dir__ log_message trace "
    "set_description_str set_postfix_str format_dict on_* compute_loss num_items_in_batch "
    "BenchWorker bench_*",
    "a library reads it": "architectures pre_tokenizer decoder generation_config _weight_conversions "
    "submodule_search_locations save_strategy justify model_accepts_loss_kwargs num_processes process_index "
    "_n_gpu tempdir",
    "a file's field, for who reads the file": "annual_salary fun_facts peft_type known_from memory_of "
    "parameters_trained vision_accuracy method_digest",
    "found by its name in a table of ours": "verify connector",
    "a contract that modules fulfil": "Judge",
    "a type in quotes": "Axes AxesImage Dataset",
}
"""Names that nothing here mentions and that live all the same, by why."""
BY_DECORATOR = ("@field_validator*", "@model_validator*", "@GROUP.*")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _trees(*folders: str) -> dict[Path, ast.Module]:
    files = sorted(chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders))
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}


def _functions(*folders: str) -> Iterator[tuple[str, int]]:
    """Yield each function's place and its number of lines."""
    for file, tree in _trees(*folders).items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                place = f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield place, (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("folders", [("s_mllmun_bench", *CONTENTS), ("tests",)], ids=["code", "tests"])
def test_functions_are_short(folders: tuple[str, ...]) -> None:
    lengths = sorted(_functions(*folders), key=lambda one: one[1])
    middle, most = median(length for _, length in lengths), lengths[len(lengths) * 9 // 10][1]
    print(f"\n{folders[0]}: {len(lengths)} functions, median {middle:g} lines, 90 % within {most}; longest:")
    for place, length in lengths[:-4:-1]:
        print(f"  {length} {place}")
    assert middle <= MEDIAN
    assert most <= NEARLY_ALL


@pytest.mark.parametrize(
    ("folders", "bound"), [(("s_mllmun_bench", *CONTENTS), LONGEST_FILE), (("tests",), LONGEST_TEST_FILE)]
)
def test_files_are_short_or_say_why_not(folders: tuple[str, ...], bound: int) -> None:
    lines = {file: file.read_text(encoding="utf-8").count("\n") for file in _trees(*folders)}
    most = max(lines.values())
    print(f"\n{folders[0]}: {len(lines)} files, median {median(lines.values()):g} lines, {most} at most")
    why = {file: ast.get_docstring(tree) or "" for file, tree in _trees(*folders).items()}
    long = [file for file, count in lines.items() if count > bound and "longer than" not in why[file]]
    assert [str(file.relative_to(ROOT)) for file in long] == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: set(_imports(name, tree)) for name, tree in _modules().items()}
    print(f"\nimports at load: {sum(map(len, graph.values()))} between {len(graph)} modules, no circle")
    while leaves := {name for name, needed in graph.items() if not needed & graph.keys()}:
        graph = {name: needed for name, needed in graph.items() if name not in leaves}
    assert graph == {}


@cache
def _modules() -> dict[str, ast.Module]:
    def name(file: Path) -> str:
        parts = file.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    return {name(file): tree for file, tree in _trees("s_mllmun_bench").items()}


def _imports(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield the modules of the engine that a module imports when it is loaded, for more than types."""
    package = name if (ROOT / Path(*name.split("."))).is_dir() else name.rpartition(".")[0]
    for node in chain.from_iterable(one.body if isinstance(one, ast.Try) else [one] for one in tree.body):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in _modules())
        elif isinstance(node, ast.ImportFrom):
            start = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            base = (start + (node.module or "")).rstrip(".")
            inner = [f"{base}.{one.name}" for one in node.names]
            yield from (one for one in inner if one in _modules() and one != name)
            if base in _modules() and any(one not in _modules() for one in inner) and base != name:
                yield base


def test_nothing_is_dead() -> None:
    """What only a test uses counts as dead, unless it is a public name."""
    alive = [name for names in ALIVE.values() for name in names.split()]
    options = ["--ignore-names", ",".join(alive), "--ignore-decorators", ",".join(BY_DECORATOR)]
    done = subprocess.run(
        [sys.executable, "-m", "vulture", "--min-confidence", "60", *options, "s_mllmun_bench", *CONTENTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    print(f"\nno dead code; {len(alive)} names are exempt, each with a reason")
    assert (done.stdout, done.stderr) == ("", "")


def test_every_public_name_is_explained() -> None:
    silent, count = [], 0
    for file, tree in _trees("s_mllmun_bench").items():
        for place, node in _public(tree, ""):
            count += 1
            if not ast.get_docstring(node):
                silent.append(f"{file.relative_to(ROOT)}: {place}")
    print(f"\n{count} public functions, classes and modules of the engine have a docstring")
    assert silent == []


def _public(node: ast.AST, place: str) -> Iterator[tuple[str, Function | ast.ClassDef | ast.Module]]:
    """Yield modules, classes, functions and methods whose names do not begin with ``_``."""
    if isinstance(node, ast.Module):
        yield "module", node
    for one in getattr(node, "body", []):
        if isinstance(one, Function | ast.ClassDef) and not one.name.startswith("_"):
            yield f"{place}{one.name}", one
            if isinstance(one, ast.ClassDef):
                yield from _public(one, f"{place}{one.name}.")
