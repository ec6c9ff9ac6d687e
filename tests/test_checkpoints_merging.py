"""Merging: the same names, files and dtypes as the checkpoint it came from, and all or nothing."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny import write_lora
from typer.testing import CliRunner

from s_mllmun_bench.checkpoints.adapters import apply_adapters, changed, load_adapter
from s_mllmun_bench.checkpoints.loading import load_model
from s_mllmun_bench.checkpoints.lora import keys as lora_keys
from s_mllmun_bench.checkpoints.merging import adapted_weights, merge, weights_in_memory
from s_mllmun_bench.checkpoints.sculpted import read_sculpted
from s_mllmun_bench.checkpoints.shards import weight_files
from s_mllmun_bench.cli import app
from s_mllmun_bench.errors import BenchError


def listing(folder: Path) -> list[str]:
    """Return the names of a folder's files, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def write_llava_onevision(folder: Path) -> Path:
    """Write a tiny LLaVA-OneVision under the tensor names of the published checkpoints."""
    from transformers import LlavaOnevisionConfig, LlavaOnevisionForConditionalGeneration

    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = LlavaOnevisionConfig(
        text_config={"model_type": "qwen2", "vocab_size": 64, "num_key_value_heads": 2, **small},
        vision_config={"model_type": "siglip_vision_model", "image_size": 28, "patch_size": 14, **small},
        image_grid_pinpoints=[[28, 28]],
        image_token_index=60,
        video_token_index=61,
    )
    model = LlavaOnevisionForConditionalGeneration(config)
    config.architectures = ["LlavaOnevisionForConditionalGeneration"]
    config.save_pretrained(folder)
    renamed = (
        ("lm_head.", "language_model.lm_head."),
        ("model.language_model.", "language_model.model."),
        ("model.vision_tower.", "vision_tower.vision_model."),
        ("model.", ""),
    )
    tensors = {}
    for name, tensor in model.state_dict().items():
        old, new = next((old, new) for old, new in renamed if name.startswith(old))
        tensors[new + name.removeprefix(old)] = tensor
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture
def sharded(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """Return the tiny checkpoint in two shards of mixed dtypes, with an index."""
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "sharded")
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    halves = {"one.safetensors": {}, "two.safetensors": {}}
    for position, (name, tensor) in enumerate(sorted(tensors.items())):
        half = tensor.bfloat16() if "self_attn" in name else tensor
        halves["one.safetensors" if position % 2 else "two.safetensors"][name] = half
    for file, part in halves.items():
        save_file(part, folder / file, metadata={"format": "pt", "made": file})
    weight_map = {name: file for file, part in halves.items() for name in part}
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def test_a_streaming_merge_is_what_applying_in_memory_gives(
    tiny_checkpoint: Path, tiny_lora: Path, tiny_sculpted: Path, tmp_path: Path
) -> None:
    adapters = [load_adapter(tiny_lora), load_adapter(tiny_sculpted)]
    model = load_model(tiny_checkpoint, device="cpu")

    apply_adapters(model, adapters)
    merge(tiny_checkpoint, adapters, tmp_path / "new" / "merged")

    merged = load_model(tmp_path / "new" / "merged", device="cpu").state_dict()
    assert merged.keys() == model.state_dict().keys()
    assert all(merged[name].equal(weight) for name, weight in model.state_dict().items())
    assert listing(tmp_path / "new" / "merged") == listing(tiny_checkpoint)
    assert listing(tmp_path / "new") == [f"merged/{name}" for name in listing(tiny_checkpoint)]


def test_names_files_dtypes_and_metadata_of_a_sharded_checkpoint_are_kept(
    sharded: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    merge(sharded, [load_adapter(tiny_lora)], tmp_path / "merged")

    assert listing(tmp_path / "merged") == listing(sharded)
    for shard in weight_files(sharded):
        old, new = load_file(shard), load_file(tmp_path / "merged" / shard.name)
        assert {name: (t.dtype, t.shape) for name, t in old.items()} == {
            name: (t.dtype, t.shape) for name, t in new.items()
        }
        with safe_open(tmp_path / "merged" / shard.name, framework="pt") as file:
            assert file.metadata() == {"format": "pt", "made": shard.name}
        changed = {name for name in old if not old[name].equal(new[name])}
        assert changed == {
            name for name in old if "_proj.weight" in name and name.startswith("model.layers.")
        }


def test_a_bfloat16_weight_is_changed_in_float32_and_rounded_once(
    sharded: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    stored = dict(adapted_weights(sharded, []))
    adapter = load_adapter(tiny_lora)
    merge(sharded, [adapter], tmp_path / "merged")
    merged = dict(adapted_weights(tmp_path / "merged", []))

    name, in_memory = (f"model.{part}layers.0.self_attn.q_proj.weight" for part in ("", "language_model."))
    assert merged[name].dtype == torch.bfloat16
    assert merged[name].equal(adapter.apply(in_memory, stored[name].float()).bfloat16())


def test_an_engine_in_float32_gets_the_unrounded_sum(sharded: Path, tiny_lora: Path) -> None:
    adapter = load_adapter(tiny_lora)
    stored = dict(adapted_weights(sharded, []))

    weights = dict(adapted_weights(sharded, [adapter], torch.float32))

    name, in_memory = (f"model.{part}layers.0.self_attn.q_proj.weight" for part in ("", "language_model."))
    assert stored[name].dtype == torch.bfloat16
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    assert weights[name].equal(adapter.apply(in_memory, stored[name].float()))


def test_an_engine_in_half_precision_gets_the_sum_rounded_once(sharded: Path, tiny_lora: Path) -> None:
    adapter = load_adapter(tiny_lora)
    stored = dict(adapted_weights(sharded, []))

    weights = dict(adapted_weights(sharded, [adapter, adapter], torch.float16))

    name, in_memory = (f"model.{part}layers.0.mlp.up_proj.weight" for part in ("", "language_model."))
    start = stored[name].half().float()
    assert weights[name].equal(adapter.apply(in_memory, adapter.apply(in_memory, start)).half())


def test_the_files_own_weights_are_found_by_their_names_in_memory(sharded: Path) -> None:
    names = {"model.language_model.layers.1.self_attn.q_proj.weight", "model.visual.merger.mlp.0.weight"}
    stored = dict(adapted_weights(sharded, []))

    found = dict(weights_in_memory(sharded, names))

    assert found.keys() == names
    for name, weight in found.items():
        published = name.replace("model.language_model.", "model.").replace("model.visual.", "visual.")
        assert weight.equal(stored[published])
    with pytest.raises(BenchError, match=r"stores no tensor of the weight model\.nothing"):
        next(weights_in_memory(sharded, ["model.nothing"]))


def test_adapted_weights_yields_the_whole_checkpoint_under_published_names(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    adapters = [load_adapter(tiny_lora)]
    merge(tiny_checkpoint, adapters, tmp_path / "merged")

    weights = dict(adapted_weights(tiny_checkpoint, adapters))

    merged = load_file(tmp_path / "merged" / "model.safetensors")
    assert "visual.merger.mlp.0.weight" in weights
    assert weights.keys() == merged.keys()
    assert all(weights[name].equal(tensor) for name, tensor in merged.items())


def test_the_published_names_of_another_architecture_are_kept(tmp_path: Path) -> None:
    base = write_llava_onevision(tmp_path / "base")
    module = "base_model.model.model.{}.self_attn.q_proj.lora_{}.weight"
    lora = tmp_path / "lora"
    lora.mkdir()
    (lora / "adapter_config.json").write_text('{"peft_type": "LORA", "lora_alpha": 2}')
    factors = {}
    for path in ("language_model.layers.0", "vision_tower.encoder.layers.0"):
        factors |= {module.format(path, "A"): torch.ones(1, 32), module.format(path, "B"): torch.ones(32, 1)}
    save_file(factors, lora / "adapter_model.safetensors")
    model = load_model(base, device="cpu")

    apply_adapters(model, [load_adapter(lora)])
    merge(base, [load_adapter(lora)], tmp_path / "merged")

    old, new = (load_file(folder / "model.safetensors") for folder in (base, tmp_path / "merged"))
    assert old.keys() == new.keys()
    assert {name for name in old if not old[name].equal(new[name])} == {
        "language_model.model.layers.0.self_attn.q_proj.weight",
        "vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.weight",
    }
    merged = load_model(tmp_path / "merged", device="cpu").state_dict()
    assert all(merged[name].equal(weight) for name, weight in model.state_dict().items())


def test_a_shard_that_does_not_change_is_the_same_file(
    sharded: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    index = json.loads((sharded / "model.safetensors.index.json").read_text())
    tensors = {**load_file(sharded / "one.safetensors"), **load_file(sharded / "two.safetensors")}
    changing = {name for name in tensors if "_proj.weight" in name and name.startswith("model.layers.")}
    for file, names in (("one.safetensors", changing), ("two.safetensors", tensors.keys() - changing)):
        save_file({name: tensors[name] for name in names}, sharded / file, metadata={"format": "pt"})
        index["weight_map"].update(dict.fromkeys(names, file))
    (sharded / "model.safetensors.index.json").write_text(json.dumps(index))

    merge(sharded, [load_adapter(tiny_lora)], tmp_path / "merged")

    assert (tmp_path / "merged" / "two.safetensors").samefile(sharded / "two.safetensors")
    assert not (tmp_path / "merged" / "one.safetensors").samefile(sharded / "one.safetensors")
    load_model(tmp_path / "merged", device="cpu")


@pytest.mark.slow
def test_a_merge_that_is_killed_leaves_nothing_under_the_final_name(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; "
        "from s_mllmun_bench.checkpoints.adapters import load_adapter; "
        "from s_mllmun_bench.checkpoints.merging import merge; "
        "kill = lambda done, total, what: os.kill(os.getpid(), signal.SIGKILL) if done == int(sys.argv[4]) "
        "else None; "
        "merge(Path(sys.argv[1]), [load_adapter(Path(sys.argv[2]))], Path(sys.argv[3]), kill)"
    )
    total = len(dict(adapted_weights(tiny_checkpoint, [])))
    paths = [str(tiny_checkpoint), str(tiny_lora), str(tmp_path / "merged")]

    killed = subprocess.run([sys.executable, "-c", code, *paths, str(total)], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "merged").exists()
    assert (tmp_path / ".merged.partial" / "model.safetensors").exists()
    merge(tiny_checkpoint, [load_adapter(tiny_lora)], tmp_path / "merged")
    load_model(tmp_path / "merged", device="cpu")
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def test_a_weight_of_many_blocks_is_changed_as_a_whole_one(tmp_path: Path) -> None:
    # 2,000 rows of 1,100: five blocks of 476 rows or fewer.
    generator = torch.Generator().manual_seed(0)
    factors = [torch.randn(shape, generator=generator) for shape in ((4, 1100), (2000, 4))]
    lora = tmp_path / "lora"
    lora.mkdir()
    save_file(lora_keys("x.weight", *factors), lora / "adapter_model.safetensors")
    (lora / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 4, "lora_alpha": 2}')
    weight = torch.randn(2000, 1100, generator=generator).bfloat16()

    result = changed("x.weight", weight, [load_adapter(lora)])

    expected = weight.float() + 0.5 * (factors[1] @ factors[0])
    torch.testing.assert_close(result.float(), expected, rtol=2**-8, atol=1e-6)


def test_weights_in_other_formats_and_hidden_files_are_not_carried_along(
    sharded: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    for name in ("pytorch_model.bin", "consolidated.safetensors", ".git/config", "notes/README.md"):
        (sharded / name).parent.mkdir(exist_ok=True)
        (sharded / name).write_text("x")

    merge(sharded, [load_adapter(tiny_lora)], tmp_path / "merged")

    kept = listing(tmp_path / "merged")
    assert "notes/README.md" in kept
    assert not {"pytorch_model.bin", "consolidated.safetensors", ".git/config"} & set(kept)


def test_an_adapter_with_a_foreign_key_writes_nothing(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    foreign = shutil.copytree(tiny_lora, tmp_path / "foreign")
    tensors = load_file(foreign / "adapter_model.safetensors")
    tensors = {key.replace("layers.1.mlp.up_proj", "layers.9.mlp.up_proj"): t for key, t in tensors.items()}
    save_file(tensors, foreign / "adapter_model.safetensors")

    with pytest.raises(BenchError, match=r"1 of 14 keys find no weight.*layers\.9\.mlp\.up_proj"):
        merge(tiny_checkpoint, [load_adapter(tiny_lora), load_adapter(foreign)], tmp_path / "out" / "merged")
    assert not (tmp_path / "out").exists()


def test_an_adapter_of_another_shape_leaves_nothing_behind(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    wide = shutil.copytree(tiny_lora, tmp_path / "wide")
    tensors = load_file(wide / "adapter_model.safetensors")
    key = next(key for key in tensors if key.endswith("up_proj.lora_A.weight"))
    save_file(tensors | {key: torch.ones(4, 65)}, wide / "adapter_model.safetensors")
    (tmp_path / "out").mkdir()

    with pytest.raises(BenchError, match=r"has shape \(128, 65\), the weight has \(128, 64\)"):
        merge(tiny_checkpoint, [load_adapter(wide)], tmp_path / "out" / "merged")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_quantised_weight_is_refused(tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path) -> None:
    quantised = shutil.copytree(tiny_checkpoint, tmp_path / "quantised")
    tensors = load_file(quantised / "model.safetensors")
    name = "model.layers.0.mlp.up_proj.weight"
    save_file(tensors | {name: tensors[name].to(torch.int8)}, quantised / "model.safetensors")

    with pytest.raises(BenchError, match=r"up_proj\.weight is stored as I8; only unquantised"):
        merge(quantised, [load_adapter(tiny_lora)], tmp_path / "merged")


def test_a_sum_that_float16_cannot_hold_is_refused(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    half = shutil.copytree(tiny_checkpoint, tmp_path / "half")
    tensors = load_file(half / "model.safetensors")
    name = "model.layers.0.mlp.up_proj.weight"
    save_file(tensors | {name: tensors[name].half()}, half / "model.safetensors")
    loud = shutil.copytree(tiny_lora, tmp_path / "loud")
    factors = load_file(loud / "adapter_model.safetensors")
    save_file(
        {key: torch.full_like(one, 300.0) for key, one in factors.items()}, loud / "adapter_model.safetensors"
    )

    with pytest.raises(BenchError, match=r"loud: an entry of .*up_proj\.weight becomes larger than float16"):
        merge(half, [load_adapter(loud)], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_an_adapter_on_tied_weights_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    lora = write_lora(tiny_checkpoint, tmp_path / "lora", 1, target_modules=["lm_head"])

    with pytest.raises(BenchError, match=r"changes lm_head\.weight, which this model ties to another weight"):
        merge(tiny_checkpoint, [load_adapter(lora)], tmp_path / "merged")


def test_an_existing_output_folder_is_refused(tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="exists; give a folder that does not"):
        merge(tiny_checkpoint, [load_adapter(tiny_lora)], tmp_path)


def test_an_output_that_cannot_be_written_is_one_line(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(BenchError, match=r"merged cannot be made: .*file is no folder that can be written"):
        merge(tiny_checkpoint, [load_adapter(tiny_lora)], tmp_path / "file" / "merged")


def test_progress_is_told_of_every_tensor(sharded: Path, tiny_lora: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    merge(
        sharded,
        [load_adapter(tiny_lora)],
        tmp_path / "m",
        lambda done, total, what: told.append((done, total)),
    )

    total = len(dict(adapted_weights(sharded, [])))
    assert told == sorted(told)
    assert {whole for _, whole in told} == {total} == {told[-1][0]}


def test_bench_merge_writes_a_checkpoint_and_names_its_digest(
    tiny_checkpoint: Path, tiny_sculpted: Path, tmp_path: Path
) -> None:
    output = tmp_path / "merged"
    arguments = ["merge", "--model", str(tiny_checkpoint), "--adapter", str(tiny_sculpted)]
    arguments += ["-o", str(output), "--k", "2", "--json"]

    result = CliRunner().invoke(app, arguments, catch_exceptions=False)

    assert result.exit_code == 0
    assert result.stderr == ""
    assert json.loads(result.stdout).keys() == {"output", "digest"}
    merge(tiny_checkpoint, [read_sculpted(tiny_sculpted).at(2.0)], tmp_path / "again")
    assert (output / "model.safetensors").read_bytes() == (tmp_path / "again/model.safetensors").read_bytes()


def test_the_help_of_bench_merge_says_that_unchanged_files_are_shared() -> None:
    text = " ".join(CliRunner().invoke(app, ["merge", "--help"]).stdout.split())

    assert "is a hard link where the disk has those" in text
    assert "whoever edits it in place edits both checkpoints" in text
