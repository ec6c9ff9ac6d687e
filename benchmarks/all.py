"""Every benchmark after the other, then docs/performance.md; about an hour on two cores.

python benchmarks/all.py
python benchmarks/all.py merging loading
"""

import argparse
import subprocess
import sys

from performance import BENCHMARKS, HERE, PAGE, RESULTS, page


def main() -> None:
    """Run the benchmarks that are named, or all, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; none: all")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    RESULTS.mkdir(exist_ok=True)
    for name in names:
        command = [sys.executable, str(HERE / f"{name}.py"), "-o", str(RESULTS / f"{name}.json")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
