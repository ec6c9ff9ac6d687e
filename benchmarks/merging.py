"""How long `bench merge` takes against a plain copy of the checkpoint, and how much memory.

The checkpoint is synthetic: a Qwen2.5-VL of 2 GB in bfloat16 and four shards, with a LoRA of rank 16 over
every linear layer of its language model. Copies and merges take turns, so that both see the same machine;
each merge is a fresh process, whose peak memory is its own. ``warm``: the checkpoint lies in the page
cache; ``cold``: it has to be read from the disk. Where other work competes for the processors, a merge
(which uses all of them) loses more than a copy (which uses one); the processor time tells. Of all runs the
best counts: a virtual machine that has given free memory back to its host may wait for it, in a copy or in a
merge, five times as long as the writing takes.

    python benchmarks/merging.py -o merging.json

With ``--load`` nothing is timed: the merged checkpoint is loaded in transformers and in vLLM, in float32, and
both are asked the same question about an image; 12 GiB of memory are enough.
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from command import parser, tell
from synthetic import write_checkpoint, write_lora

_MERGE = """
import json, re, sys, time
from pathlib import Path
begun = time.perf_counter()
from s_mllmun_bench.checkpoints.adapters import load_adapter
from s_mllmun_bench.checkpoints.architectures import Naming, skeleton
from s_mllmun_bench.checkpoints.merging import merge
model, adapter, output = map(Path, sys.argv[1:])
Naming(skeleton(model))
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
started, used, before = time.perf_counter(), time.process_time(), peak()
merge(model, [load_adapter(adapter)], output)
seconds, cpu = time.perf_counter() - started, time.process_time() - used
figures = {"seconds": seconds, "cpu": cpu, "imports": started - begun, "before": before, "peak": peak()}
print(json.dumps(figures))
"""


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--runs", type=int, default=5, help="copies and merges in each state of the cache")
    known.add_argument("--folder", type=Path, help="where to work (6 GB); a temporary folder if not given")
    known.add_argument("--load", action="store_true", help="load the merged checkpoint instead of timing")
    options = known.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = load(Path(folder)) if options.load else measure(Path(folder), options.runs)
    tell(figures, options.output)


def measure(folder: Path, runs: int) -> dict[str, object]:
    """Return all figures; seconds are the best of all runs."""
    model, adapter = write_checkpoint(folder / "model"), folder / "adapter"
    write_lora(model, adapter)
    states = {state: _measure_in(folder, model, adapter, runs, state == "cold") for state in ("warm", "cold")}
    largest = _largest_tensor(model)
    return {
        "checkpoint_mib": sum(file.stat().st_size for file in model.iterdir()) / 2**20,
        "largest_tensor_mib": largest / 2**20,
        "allowed_peak_mib": 2 * largest / 2**20 + 512,
        **states,
        "runs": runs,
    }


def load(folder: Path) -> dict[str, object]:
    """Return what the merged checkpoint says in each backend, and how far they are apart."""
    from s_mllmun_bench.checkpoints.adapters import load_adapter
    from s_mllmun_bench.checkpoints.merging import merge

    model, adapter, merged = write_checkpoint(folder / "model"), folder / "adapter", folder / "merged"
    write_lora(model, adapter)
    merge(model, [load_adapter(adapter)], merged)
    said = {}
    for backend in ("transformers", "vllm"):
        # A process of its own, so that the memory of the first is free for the second.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            said[backend] = process.submit(ask, backend, merged).result()
    logps = [one["log_probability"] for one in said.values()]
    return {
        "checkpoint_mib": sum(file.stat().st_size for file in merged.iterdir()) / 2**20,
        "shards": len(list(merged.glob("*.safetensors"))),
        "loaded": said,
        "same_answer": len({one["answer"] for one in said.values()}) == 1,
        "apart": max(logps) - min(logps),
    }


def ask(backend: str, model: Path) -> dict[str, Any]:
    """Load a checkpoint in a backend; return its answer to one question, and what it took."""
    import hashlib
    import io
    import resource

    from PIL import Image

    from s_mllmun_bench.data.questions import Question, StoredImage
    from s_mllmun_bench.generating.backend import BackendSettings, Decoding
    from s_mllmun_bench.generating.opening import open_backend

    file = io.BytesIO()
    Image.new("RGB", (112, 112), "red").save(file, "PNG")
    image = StoredImage(file.getvalue(), hashlib.sha256(file.getvalue()).hexdigest())
    text, answer = "Where was this person born?", "This person was born in Lviv, Ukraine."
    question = Question("q", "p", "image_memory", "born", "face", image, text, answer, "Lviv, Ukraine")
    started = time.perf_counter()
    opened = open_backend(
        BackendSettings(name=backend, dtype="float32"), model, (), Decoding(max_new_tokens=8)
    )
    loaded = time.perf_counter() - started
    (said,) = opened.generate([question])
    (logp,) = opened.log_probabilities([question])
    opened.close()
    return {
        "answer": said.text,
        "failure": said.failure,
        "tokens": said.tokens,
        "log_probability": logp,
        "loading_seconds": round(loaded, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _measure_in(folder: Path, model: Path, adapter: Path, runs: int, cold: bool) -> dict[str, object]:
    copies, copies_cpu, merges = [], [], []
    for _ in range(runs):
        _settle(model, cold)
        started, used = time.perf_counter(), time.process_time()
        shutil.copytree(model, folder / "copy")
        copies.append(time.perf_counter() - started)
        copies_cpu.append(time.process_time() - used)
        shutil.rmtree(folder / "copy")
        _settle(model, cold)
        merges.append(_merged(model, adapter, folder / "merged"))
    seconds = [merge["seconds"] for merge in merges]
    return {
        "copy_seconds": min(copies),
        "merge_seconds": min(seconds),
        "ratio": min(seconds) / min(copies),
        "copy_cpu_seconds": min(copies_cpu),
        "merge_cpu_seconds": min(merge["cpu"] for merge in merges),
        "all_copies": [round(one, 2) for one in copies],
        "all_merges": [round(one, 2) for one in seconds],
        "imports_seconds": median(merge["imports"] for merge in merges),
        "before_mib": max(merge["before"] for merge in merges),
        "peak_mib": max(merge["peak"] for merge in merges),
    }


def _merged(model: Path, adapter: Path, output: Path) -> dict[str, float]:
    """Merge in a fresh process, check the names, and return what it measured."""
    from s_mllmun_bench.checkpoints.shards import read_header, weight_files

    command = [sys.executable, "-c", _MERGE, str(model), str(adapter), str(output)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    for shard in weight_files(model):
        if read_header(shard) != read_header(output / shard.name):
            raise SystemExit(f"{shard.name} has other tensors than before")
    shutil.rmtree(output)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _settle(model: Path, cold: bool) -> None:
    """Wait until nothing is left to be written; have the checkpoint in the page cache, or out of it."""
    os.sync()
    for file in model.iterdir():
        with file.open("rb") as opened:
            if cold:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            else:
                while opened.read(1 << 24):
                    pass


def _largest_tensor(model: Path) -> int:
    from s_mllmun_bench.checkpoints.shards import read_header, weight_files

    places = [place for file in weight_files(model) for place in read_header(file).places.values()]
    return max(place.ends - place.begins for place in places)


if __name__ == "__main__":
    main()
