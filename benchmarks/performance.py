"""docs/performance.md out of the JSON in benchmarks/results/: no figure is typed.

Each benchmark writes its file by ``-o``; what was not measured yet is a dash. ``--check`` compares the page
with what it should be and writes nothing.

    python benchmarks/performance.py
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PAGE = HERE.parent / "docs" / "performance.md"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a benchmark's table."""

    label: str
    path: tuple[str, ...]
    """Where it stands in the JSON."""
    unit: str = ""
    aim: str = ""
    """What we set ourselves; empty for a figure without one."""


BENCHMARKS: Mapping[str, Sequence[Figure]] = {
    "generation": (
        Figure("our vLLM backend / the bare engine", ("ratios", "vllm / bare_engine"), "", ">= 0.95"),
        Figure("our vLLM backend / one image at a time", ("ratios", "vllm / vllm_by_image"), "", ">= 1.1"),
        Figure(
            "best backend / one question at a time", ("ratios", "best backend / one_at_a_time"), "", ">= 15"
        ),
        Figure("our vLLM backend", ("questions_per_second", "vllm"), " questions/s"),
        Figure("our transformers backend", ("questions_per_second", "transformers"), " questions/s"),
        Figure("one question at a time", ("questions_per_second", "one_at_a_time"), " questions/s"),
    ),
    "adapters": (
        Figure("16 adapters / the plain model as often", ("ratio",)),
        Figure("taking an adapter, with the check that it changes something", ("switching_seconds",), " s"),
    ),
    "judging": (
        Figure("20,000 answers / the latency alone", ("ratio",), "", "<= 1.25"),
        Figure("seconds", ("seconds",), " s"),
        Figure("peak memory", ("peak_mib",), " MiB", "<= 500"),
    ),
    "training": (
        Figure("our trainer / a plain one, mini images", ("mini_images", "ratio"), "", ">= 1.5"),
        Figure("the same at 324 visual tokens", ("large_images", "ratio"), "", ">= 4"),
        Figure(
            "largest difference of two losses",
            ("mini_images", "largest_difference_of_losses"),
            " nats",
            "<= 1e-4",
        ),
        Figure("peak memory of KL minimization / GA difference", ("peak_memory", "ratio"), "", "<= 1.15"),
    ),
    "sculpting": (
        Figure("GB/s of update / an elementwise multiply", ("ratio",), "", ">= 0.4"),
        Figure("update formed", ("gb_per_second", "passed_on"), " GB/s"),
    ),
    "merging": (
        Figure("`bench merge` of 2 GB / a copy, files in memory", ("warm", "ratio"), "", "<= 1.5"),
        Figure("the same, files on disk", ("cold", "ratio"), "", "<= 1.5"),
        Figure("peak memory", ("warm", "peak_mib"), " MiB", "<= 1,699"),
    ),
    "building": (
        Figure("writing the texts / the latency alone", ("ratio_of_writing",), "", "<= 1.4"),
        Figure("the whole build / the latency alone", ("ratio_of_all",), "", "<= 1.4"),
        Figure("peak memory", ("peak_mib",), " MiB", "<= 1,024"),
    ),
    "loading": (
        Figure("the flat view / `datasets` alone", ("ratios", "questions / datasets alone")),
        Figure("the flat view", ("seconds", "questions"), " s"),
        Figure("the first opening", ("seconds", "questions_cold"), " s"),
        Figure("the digest / SHA-256 of the same bytes", ("ratios", "digest / SHA-256")),
        Figure("peak memory", ("peak_mib",), " MiB"),
    ),
    "starting": (
        Figure("`bench --help` / Python with nothing to do", ("ratios", "bench --help / python")),
        Figure("`bench --help` / `import typer`", ("ratios", "bench --help / typer")),
        Figure("`bench --help`", ("seconds", "bench --help"), " s", "<= 0.3"),
        Figure("`bench --version`", ("seconds", "bench --version"), " s"),
        Figure("`bench eval --help`", ("seconds", "bench eval --help"), " s"),
        Figure("`bench unlearn --help`", ("seconds", "bench unlearn --help"), " s"),
    ),
    "reporting": (
        Figure("`bench report` / a bare parse of its lines", ("ratio",)),
        Figure("`bench report` of 25,000 answers", ("seconds", "report"), " s"),
        Figure("peak memory", ("peak_mib",), " MiB"),
        Figure("report.html", ("page_mib",), " MiB"),
    ),
}
GROWTH = {"growth": "With more work", "growth_by_runs": "With more runs beside each other"}
"""Tables of rows in the JSON, by their headings."""
_HEAD = (
    "# Performance\n\n"
    "Every figure comes from a JSON file in `benchmarks/results/`, which the command "
    "beside it writes; `python benchmarks/performance.py` writes this page. A ratio compares two things of "
    'one run on one machine; seconds hold for that machine alone. "Aim" is what we set ourselves; where it '
    "is missed, it is missed. `benchmarks/README.md` says how to run them.\n"
)
_BUSY = "**Measured while other work was running: its seconds are not to be quoted.**"
"""Said where more processes wanted to run than there are cores."""


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    options = parser.parse_args()
    made = page()
    if not options.check:
        PAGE.write_text(made, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != made:
        sys.exit("docs/performance.md is not what benchmarks/results/ says; run benchmarks/performance.py")


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(line for name in BENCHMARKS for line in _section(name))])


def _section(name: str) -> Iterator[str]:
    result, (about, command) = _read(name), _about(name)
    yield f"## {name.capitalize()}\n"
    yield f"{about} `{command}`\n"
    yield "| figure | measured | aim |\n|---|---:|---:|"
    for figure in BENCHMARKS[name]:
        yield f"| {figure.label} | {_shown(_at(result, figure.path), figure.unit)} | {figure.aim} |"
    yield ""
    for key, title in GROWTH.items():
        if rows := result.get(key):
            yield f"{title}:\n"
            yield from _table(rows)
    if result:
        yield f"{_conditions(result)}\n"


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {' | '.join(rows[0])} |\n|{'---:|' * len(rows[0])}"
    for row in rows:
        yield f"| {' | '.join(_shown(value, '') for value in row.values())} |"
    yield ""


def _read(name: str) -> dict[str, Any]:
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_bytes())) if path.is_file() else {}


def _about(name: str) -> tuple[str, str]:
    """Return the first sentence of a benchmark's docstring, and the command that keeps what it measures."""
    text = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))) or ""
    commands = [line.strip() for line in text.splitlines() if line.strip().startswith("python benchmarks/")]
    return " ".join(text.split("\n\n")[0].split()), commands[0].replace("-o ", "-o benchmarks/results/")


def _at(result: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = result
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _shown(value: Any, unit: str) -> str:
    """Return a figure with three digits that count, or a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, float):
        value = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    elif isinstance(value, int):
        value = f"{value:,}"
    return f"{value}{unit}"


def _conditions(result: Mapping[str, Any]) -> str:
    """Return on what it was measured, and in what company."""
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    told = f"{result['machine']}, {result['cores']} cores; {versions}"
    if "load_average" in result:
        told += f"; load average {result['load_average']:.1f} at the end"
    busy = f" {_BUSY}" if result.get("load_average", 0.0) > result["cores"] else ""
    return f"{told}.{busy} {result.get('conditions', '')}".strip()


if __name__ == "__main__":
    main()
