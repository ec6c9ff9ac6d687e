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

import argparse
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
from typing import TYPE_CHECKING, Any

from machine import machine

if TYPE_CHECKING:
    import torch
    from transformers import Qwen2_5_VLConfig

SIZES = {
    "hidden": 2048,
    "intermediate": 11008,
    "layers": 9,
    "heads": 16,
    "kv_heads": 2,
    "vocabulary": 151_936,
}
"""Those of Qwen2.5-VL-3B with a quarter of its layers and a token vision tower: 2.0 GB."""
RANK = 16
MINI = "mini_qwen2_5_vl"
"""The shipped checkpoint whose tokenizer, chat template and processor the synthetic one has."""
PROMPT_FILES = (
    "chat_template.jinja",
    "generation_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)

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
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, help="write the JSON here as well")
    parser.add_argument("--runs", type=int, default=5, help="copies and merges in each state of the cache")
    parser.add_argument("--folder", type=Path, help="where to work (6 GB); a temporary folder if not given")
    parser.add_argument("--load", action="store_true", help="load the merged checkpoint instead of timing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = load(Path(folder)) if options.load else measure(Path(folder), options.runs)
        text = json.dumps(figures | machine(), indent=2)
    sys.stdout.write(text + "\n")
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


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


def write_checkpoint(folder: Path) -> Path:
    """Write the synthetic checkpoint: random weights, one matrix per shape; return its folder.

    As in published checkpoints the embedding has more rows than the tokenizer has tokens; those are 0.
    """
    import torch
    from safetensors.torch import save_file

    from s_mllmun_bench.checkpoints.loading import read_json, resolve_model

    folder.mkdir()
    mini = resolve_model(MINI)
    for name in PROMPT_FILES:
        shutil.copyfile(mini / name, folder / name)
    config = _config(read_json(mini / "config.json"))
    config.save_pretrained(folder)
    generator = torch.Generator().manual_seed(0)
    random: dict[torch.Size, torch.Tensor] = {}
    shards: list[dict[str, torch.Tensor]] = [{} for _ in range(4)]
    for name, shape in _published(config).items():
        if shape not in random:
            random[shape] = torch.randn(shape, generator=generator).mul_(0.02).bfloat16()
        shards[_shard_of(name)][name] = random[shape].clone()
    shards[0]["model.embed_tokens.weight"][read_json(mini / "config.json")["text_config"]["vocab_size"] :] = 0
    weight_map = {}
    for number, tensors in enumerate(shards, start=1):
        file = f"model-{number:05}-of-00004.safetensors"
        save_file(tensors, folder / file, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(tensors, file))
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def _config(mini: dict[str, Any]) -> "Qwen2_5_VLConfig":
    """Return the config, with the ids of the mini checkpoint's tokens."""
    from transformers import Qwen2_5_VLConfig

    special = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    text = {
        "vocab_size": SIZES["vocabulary"],
        "hidden_size": SIZES["hidden"],
        "intermediate_size": SIZES["intermediate"],
        "num_hidden_layers": SIZES["layers"],
        "num_attention_heads": SIZES["heads"],
        "num_key_value_heads": SIZES["kv_heads"],
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        "max_position_embeddings": 1024,
        **{name: mini["text_config"][name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")},
    }
    vision = {"depth": 1, "hidden_size": 64, "num_heads": 2, "intermediate_size": 128}
    vision |= {"fullatt_block_indexes": [0]}
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config={**vision, "out_hidden_size": SIZES["hidden"]},
        tie_word_embeddings=True,
        dtype="bfloat16",
        **{name: mini[name] for name in special},
    )
    config.architectures = ["Qwen2_5_VLForConditionalGeneration"]
    return config


def _published(config: "Qwen2_5_VLConfig") -> "dict[str, torch.Size]":
    """Return the shapes of the model's tensors under their published names, without the tied ones."""
    import torch
    from transformers import Qwen2_5_VLForConditionalGeneration

    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(config)
    renamed = (("model.language_model.", "model."), ("model.visual.", "visual."))
    shapes = {}
    for name, weight in model.state_dict().items():
        if name in model.all_tied_weights_keys:
            continue
        old, new = next(((old, new) for old, new in renamed if name.startswith(old)), ("", ""))
        shapes[new + name.removeprefix(old)] = weight.shape
    return shapes


def _shard_of(name: str) -> int:
    """Return 0 to 3; every shard holds layers, so that none is left as it is and merely linked."""
    parts = name.split(".")
    return int(parts[2]) * 4 // SIZES["layers"] if parts[1] == "layers" else 0


def write_lora(model: Path, folder: Path) -> None:
    """Write a random LoRA over every linear layer of the language model."""
    import re

    import torch
    from safetensors.torch import save_file

    from s_mllmun_bench.checkpoints.architectures import lora_targets, skeleton

    folder.mkdir()
    targets = re.compile(lora_targets("qwen2_5_vl"))
    factors = {}
    for name, weight in skeleton(model).state_dict().items():
        module = name.removesuffix(".weight")
        if targets.fullmatch(module):
            factors[f"base_model.model.{module}.lora_A.weight"] = torch.randn(RANK, weight.shape[1]) * 0.02
            factors[f"base_model.model.{module}.lora_B.weight"] = torch.randn(weight.shape[0], RANK) * 0.02
    save_file(factors, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK}
    (folder / "adapter_config.json").write_text(json.dumps(config))


def _largest_tensor(model: Path) -> int:
    from s_mllmun_bench.checkpoints.shards import read_header, weight_files

    places = [place for file in weight_files(model) for place in read_header(file).places.values()]
    return max(place.ends - place.begins for place in places)


if __name__ == "__main__":
    main()
