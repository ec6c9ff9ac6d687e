"""All finished runs of a reproduction as one small file, from which its document can be written again.

Whoever doubts a figure can count it again from the answers without hours of computing, and another machine
can go on where one ended. Weights and images stay out: of what a run follows from, its records alone are
kept, and an adapter is made again only if a run that needs it is missing.
"""

import lzma
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from s_mllmun_bench.data.layout import README
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.cells import Plan
from s_mllmun_bench.reproducing.masses import MASSES
from s_mllmun_bench.reproducing.minutes import TIMES
from s_mllmun_bench.reproducing.steps import LEFT_OUT
from s_mllmun_bench.whole import write_whole

_OF_RUNS = ("answers.jsonl", "manifest.json", "scores.json", "verdicts.jsonl")
_RECORDS = ("sculpted_adapter.json", "unlearning.json")
"""Of an adapter, or whatever else a run follows from; of a dataset its card, which holds its digest."""
_NOTE = b"Only the records of this folder were kept. What needs more of it makes it anew.\n"
_WINDOW = 64 * 2**20
"""Bytes that the compression looks back: many runs, whose answers are much alike."""


def pack(plan: Plan, path: Path) -> None:
    """Write all finished runs of a plan, and the records of what they follow from, as one file.

    The same runs give the same bytes.

    Args:
        plan: of a reproduction.
        path: the ``.tar.xz`` file; replaced if it exists.
    """
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": _WINDOW}]
    content = BytesIO()
    with lzma.open(content, "wb", filters=filters) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data in _kept(plan):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, BytesIO(data))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, [content.getvalue()])


def unpack(path: Path, root: Path) -> None:
    """Lay the runs of such a file into a reproduction's folder; what is there stays as it is.

    Args:
        path: from `pack`; where there is none nothing is done.
        root: the folder of the reproduction.

    Raises:
        BenchError: it is no such file, or damaged.
    """
    if not path.exists():
        return
    try:
        with tarfile.open(path, "r:xz") as tar:
            there = {part for part in root.glob("*/*") if not (part / LEFT_OUT).exists()}
            for entry in tar:
                target = root / entry.name
                if target.exists() or (target.parent.name != root.name and target.parent in there):
                    continue
                tar.extract(entry, root, filter="data")
    except (tarfile.TarError, lzma.LZMAError, EOFError, OSError) as error:
        raise BenchError(f"{path} holds no runs that can be read: {error}") from error


def _kept(plan: Plan) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file, alike ones behind each other."""
    runs = sorted({run for cell in plan.cells for run in (cell.run, cell.validation) if run is not None})
    finished = [run for run in runs if (run / "scores.json").is_file()]
    files = [run / name for name in _OF_RUNS for run in finished]
    made = sorted({step.folder for step in plan.steps if step.kind != "evaluate" and step.folder.is_dir()})
    files += [folder / name for folder in made for name in _RECORDS if (folder / name).is_file()]
    files += [card for step in plan.until("data") if (card := step.folder / README).is_file()]
    files += [plan.root / name for name in (TIMES, MASSES) if (plan.root / name).is_file()]
    for file in files:
        yield file.relative_to(plan.root).as_posix(), file.read_bytes()
    for folder in made:
        yield (folder / LEFT_OUT).relative_to(plan.root).as_posix(), _NOTE
