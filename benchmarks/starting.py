"""How long the command line takes to start, against Python itself and the package that reads the options.

Each command runs in a process of its own, in turns; the first turn, which writes Python's bytecode, is not
counted. ``python``: the interpreter with nothing to do. ``typer``: the import of the one package without
which no command line of this kind starts.

    python benchmarks/starting.py -o starting.json
"""

import sys
from pathlib import Path

from child import Ran, middle, ran
from command import parser, tell

BENCH = Path(sys.executable).with_name("bench")
WAYS: dict[str, list[str | Path]] = {
    "python": [sys.executable, "-c", "pass"],
    "typer": [sys.executable, "-c", "import typer"],
    "bench --help": [BENCH, "--help"],
    "bench --version": [BENCH, "--version"],
    "bench build --help": [BENCH, "build", "--help"],
    "bench unlearn --help": [BENCH, "unlearn", "--help"],
    "bench eval --help": [BENCH, "eval", "--help"],
    "bench report --help": [BENCH, "report", "--help"],
}


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--rounds", type=int, default=7)
    options = known.parse_args()
    figures = measure(options.rounds)
    tell(figures, options.output)


def measure(rounds: int) -> dict[str, object]:
    """Return the seconds of every command, medians over the rounds, and the ratios of its help page."""
    runs: dict[str, list[Ran]] = {name: [] for name in WAYS}
    for turn in range(rounds + 1):
        for name, command in WAYS.items():
            one = ran(command)
            if turn:
                runs[name].append(one)
    seconds = {name: middle(each).seconds for name, each in runs.items()}
    return {
        "rounds": rounds,
        "seconds": {name: round(each, 3) for name, each in seconds.items()},
        "cpu_seconds": {name: round(middle(each).cpu_seconds, 3) for name, each in runs.items()},
        "ratios": {
            f"bench --help / {name}": round(seconds["bench --help"] / seconds[name], 2)
            for name in ("python", "typer")
        },
    }


if __name__ == "__main__":
    main()
