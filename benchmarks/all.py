"""Every benchmark after the other, then docs/performance.md; about an hour on two cores.

python benchmarks/all.py
python benchmarks/all.py merging loading
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from performance import BENCHMARKS, HERE, PAGE, RESULTS, page

PEOPLE = 100
"""Of the dataset for generation, which asks 60 of the retain set."""


def main() -> None:
    """Run the benchmarks that are named, or all, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; none: all")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            command = [sys.executable, str(HERE / f"{name}.py"), "-o", str(RESULTS / f"{name}.json")]
            subprocess.run([*command, *_given(name, Path(folder))], check=True, stdout=subprocess.DEVNULL)
    PAGE.write_text(page(), encoding="utf-8")


def _given(name: str, folder: Path) -> list[str]:
    """Return what a benchmark must be given: for generation, a dataset."""
    if name != "generation":
        return []
    from s_mllmun_bench.building import build

    build("mini", folder / "s-mllmun-bench", limit=PEOPLE)
    return ["--data", str(folder / "s-mllmun-bench")]


if __name__ == "__main__":
    main()
