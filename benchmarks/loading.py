"""How long a dataset takes to open, against `datasets` alone and a plain reading of the same files.

``digest``: what says that nobody has edited the folder, against SHA-256 of the same bytes. ``questions``:
`load_questions`, the flat view of a set with its digest check, against `datasets.load_dataset` of the same
split whose rows are walked through. The first opening of a folder fills the cache of `datasets` (``cold``);
all others find it (``warm``). Each in a process of its own, whose imports are not counted. Images stay
undecoded, as they do in a run until they are asked for.

    python benchmarks/loading.py -o loading.json
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from command import parser, tell

PEOPLE = (20, 150)
"""Of each set at most, for fewer questions than all: 1,000 and 5,000 of 1,000 people."""
_CHILD = """
import hashlib, json, re, sys, time
from pathlib import Path
import datasets, pyarrow.parquet
from s_mllmun_bench.data import dataset_digest, load_questions
from s_mllmun_bench.data.images import StoredImage
what, data, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]) or None
def digest():
    return len(dataset_digest(data))
def sha256():
    return len([hashlib.sha256(file.read_bytes()).digest() for file in sorted(Path(data).rglob("*.parquet"))])
def questions():
    return sum(len(load_questions(data, "eval_05", name, limit)) for name in ("forget", "retain"))
def plain():
    count = 0
    for name in ("forget", "retain"):
        rows = datasets.load_dataset(data, "eval_05", split=name)
        rows = rows.cast_column("face", datasets.Image(decode=False))
        rows = rows.cast_column("ophthalmic", datasets.Image(decode=False))
        count += sum(len(row["questions"]) for row in rows)
    return count
datasets.disable_progress_bars()
started = time.perf_counter()
count = globals()[what]()
seconds = time.perf_counter() - started
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"seconds": seconds, "count": count, "peak_mib": peak}))
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


def built(folder: Path) -> Path:
    """Build the mini dataset."""
    from s_mllmun_bench.building import build

    build("mini", folder)
    return folder


def measure(data: Path, scratch: Path, rounds: int) -> dict[str, object]:
    """Return all figures; seconds are the best of the rounds, ratios those of the bests."""
    cold = _opened("questions", data, 0, scratch / "cold")
    warm = {what: _best(what, data, 0, scratch / "cold", rounds) for what in ("questions", "plain")}
    digest = {what: _best(what, data, 0, scratch / "cold", rounds) for what in ("digest", "sha256")}
    fewer = [_best("questions", data, people, scratch / "cold", rounds) for people in PEOPLE]
    return {
        "questions": cold["count"],
        "files_mib": round(sum(file.stat().st_size for file in data.rglob("*.parquet")) / 2**20, 1),
        "seconds": {
            "questions_cold": round(cold["seconds"], 3),
            **{name: round(one["seconds"], 3) for name, one in (warm | digest).items()},
        },
        "peak_mib": round(warm["questions"]["peak_mib"], 1),
        "ratios": {
            "questions / datasets alone": _ratio(warm["questions"], warm["plain"]),
            "digest / SHA-256": _ratio(digest["digest"], digest["sha256"]),
        },
        "growth": [
            {
                "questions": one["count"],
                "seconds": round(one["seconds"], 3),
                "peak MiB": round(one["peak_mib"], 1),
            }
            for one in [*fewer, warm["questions"]]
        ],
        "rounds": rounds,
    }


def _opened(what: str, data: Path, limit: int, cache: Path) -> dict[str, Any]:
    child = [sys.executable, "-c", _CHILD, what, str(data), str(limit)]
    environment = os.environ | {"HF_DATASETS_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    sys.stderr.write(f"{what}, {found['count']}: {found['seconds']:.3f} s\n")
    return found


def _best(what: str, data: Path, limit: int, cache: Path, rounds: int) -> dict[str, Any]:
    runs = [_opened(what, data, limit, cache) for _ in range(rounds)]
    return min(runs, key=lambda one: float(one["seconds"]))


def _ratio(one: dict[str, Any], other: dict[str, Any]) -> float:
    return round(float(one["seconds"]) / float(other["seconds"]), 2)


if __name__ == "__main__":
    main()
