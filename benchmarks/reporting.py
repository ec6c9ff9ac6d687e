"""How long `bench report` takes, against a bare parse of the lines that it must read.

A run is written without a model: every answer is right, and every verdict 10. The page has all answers, and
the images of the mini dataset. ``parse``: a process that reads the runs' answers and verdicts with `json`
and does nothing with them. Then the same with fewer answers, and with several runs beside each other.

    python benchmarks/reporting.py -o reporting.json
"""

import sys
import tempfile
from pathlib import Path

from child import Ran, middle, ran
from command import parser, tell
from loading import built

TESTS = Path(__file__).resolve().parent.parent / "tests"
"""Where runs are written without a model."""
BENCH = Path(sys.executable).with_name("bench")
PEOPLE = (20, 150, 1000)
"""Of each set at most: 1,000, 5,000 and 25,000 questions of 1,000 people, 50 of them in the forget set."""
RUNS = (1, 4, 16)
_PARSE = """
import json, sys
for name in sys.argv[1:]:
    for file in ("answers.jsonl", "verdicts.jsonl"):
        with open(f"{name}/{file}", encoding="utf-8") as lines:
            kept = [json.loads(line) for line in lines]
"""


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--data", type=Path, help="a dataset; else the mini one is built")
    known.add_argument("--rounds", type=int, default=3)
    options = known.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or built(Path(folder) / "s-mllmun-bench")
        figures = measure(data, Path(folder), options.rounds)
    tell(figures, options.output)


def measure(data: Path, folder: Path, rounds: int) -> dict[str, object]:
    """Return all figures: medians over the rounds for the largest run, one round for all others."""
    by_answers = [written(data, folder / f"people_{people}", people, 1) for people in PEOPLE]
    by_runs = [written(data, folder / f"runs_{count}", PEOPLE[0], count) for count in RUNS]
    rows = [_row(runs, folder, 1) for runs in by_answers[:-1]]
    largest = by_answers[-1]
    reported = middle([_reported(largest, folder) for _ in range(rounds)])
    parsed = middle([ran([sys.executable, "-c", _PARSE, *largest]) for _ in range(rounds)])
    page = folder / "page" / "report.html"
    return {
        "answers": _answers(largest),
        "seconds": {"report": round(reported.seconds, 2), "parse": round(parsed.seconds, 2)},
        "peak_mib": round(reported.peak_mib, 1),
        "ratio": round(reported.seconds / parsed.seconds, 1),
        "page_mib": round(page.stat().st_size / 2**20, 1),
        "growth": [*rows, _figures(largest, reported)],
        "growth_by_runs": [_row(runs, folder, 1) for runs in by_runs],
        "rounds": rounds,
    }


def written(data: Path, folder: Path, people: int, count: int) -> list[Path]:
    """Write so many runs on the same questions; return their folders."""
    sys.path.insert(0, str(TESTS))
    from reported import a_report_run, asked

    folder.mkdir()
    questions = asked(data, people)
    methods = [None, *(f"method_{number}" for number in range(1, count))]
    return [
        a_report_run(folder / f"run_{number}", questions, method=method, data=str(data))
        for number, method in enumerate(methods)
    ]


def _reported(runs: list[Path], folder: Path) -> Ran:
    one = ran([BENCH, "report", *runs, "-o", folder / "page", "--json"])
    sys.stderr.write(f"{len(runs)} runs, {_answers(runs)} answers: {one.seconds:.2f} s\n")
    return one


def _row(runs: list[Path], folder: Path, rounds: int) -> dict[str, object]:
    return _figures(runs, middle([_reported(runs, folder) for _ in range(rounds)]))


def _figures(runs: list[Path], one: Ran) -> dict[str, object]:
    return {
        "runs": len(runs),
        "answers": _answers(runs),
        "seconds": round(one.seconds, 2),
        "peak MiB": round(one.peak_mib, 1),
    }


def _answers(runs: list[Path]) -> int:
    """Return how many answers the runs have together."""
    return sum((run / "answers.jsonl").read_bytes().count(b"\n") for run in runs)


if __name__ == "__main__":
    main()
