"""docs/performance.md says what the stored measurements say, and every benchmark is in it."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from child import ran  # noqa: E402
from performance import BENCHMARKS, PAGE, RESULTS, _conditions, page  # noqa: E402

PARTS = {"README", "all", "child", "command", "machine", "performance", "synthetic"}


def test_the_page_is_what_the_results_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python benchmarks/performance.py"


def test_every_benchmark_has_its_figures_on_the_page_and_its_command_in_the_readme() -> None:
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - PARTS
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert scripts == set(BENCHMARKS)
    assert [name for name in scripts if f"`python benchmarks/{name}.py" not in readme] == []


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_result_says_where_it_was_measured_and_has_the_figures(name: str) -> None:
    result = json.loads((RESULTS / f"{name}.json").read_bytes())
    assert {"cores", "machine", "versions"} <= result.keys()
    first = BENCHMARKS[name][0]
    found = result
    for key in first.path:
        found = found[key]
    assert isinstance(found, float)


@pytest.mark.parametrize(("load", "is_marked"), [(None, False), (1.9, False), (2.0, False), (9.4, True)])
def test_what_was_measured_beside_other_work_is_marked(load: float | None, is_marked: bool) -> None:
    told = {} if load is None else {"load_average": load}
    text = _conditions({"machine": "a machine", "cores": 2, "versions": {}, **told})
    assert ("Measured while other work was running: its seconds are not to be quoted." in text) == is_marked


def test_the_page_marks_each_result_of_a_busy_machine() -> None:
    results = [json.loads((RESULTS / f"{name}.json").read_bytes()) for name in BENCHMARKS]
    busy = [one for one in results if one.get("load_average", 0.0) > one["cores"]]
    assert page().count("**Measured while other work was running") == len(busy)


def test_a_commands_peak_memory_is_its_own_and_not_that_of_who_started_it() -> None:
    held = b"x" * (300 * 2**20)
    one = ran([sys.executable, "-S", "-c", "pass"])
    assert 0 < one.peak_mib < 100
    assert one.cpu_seconds > 0
    del held


def test_a_command_that_fails_ends_the_measurement() -> None:
    with pytest.raises(SystemExit, match="exit status 3"):
        ran([sys.executable, "-S", "-c", "raise SystemExit(3)"])
