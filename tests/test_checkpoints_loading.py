"""Finding and loading checkpoints: what is whole is loaded, anything else is refused in one line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from s_mllmun_bench import checkpoints, contents
from s_mllmun_bench.checkpoints.loading import (
    checkpoint_digest,
    load_model,
    load_processor,
    model_type,
    resolve_model,
)
from s_mllmun_bench.errors import BenchError


@pytest.fixture
def checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny checkpoint that a test may spoil."""
    return shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint")


def test_a_checkpoint_is_resolved_and_loaded_in_evaluation_mode(tiny_checkpoint: Path) -> None:
    folder = resolve_model(str(tiny_checkpoint))
    model = load_model(folder, device="cpu")

    assert model_type(folder) == "qwen2_5_vl"
    assert not model.training
    assert model.dtype == torch.float32
    assert load_model(folder, dtype="bfloat16", device="cpu").dtype == torch.bfloat16
    assert type(load_processor(folder)).__name__ == "Qwen2_5_VLProcessor"


@pytest.fixture
def shipped(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a checkpoint that is shipped as ``mini_a``."""
    monkeypatch.setattr(contents, "folder", lambda name: tmp_path / name)
    folder = tmp_path / "builders" / "checkpoints" / "mini_a"
    folder.parent.mkdir(parents=True)
    return checkpoint.rename(folder)


def test_a_shipped_checkpoint_is_found_by_its_id(shipped: Path) -> None:
    assert resolve_model("mini_a") == shipped.resolve()


def test_an_unknown_name_lists_the_shipped_checkpoints(shipped: Path) -> None:
    with pytest.raises(BenchError, match=r"^no checkpoint folder at 'mini_b'; shipped are: mini_a$"):
        resolve_model("mini_b")


def test_a_checkpoint_that_is_none_is_said_so(checkpoint: Path) -> None:
    (checkpoint / "config.json").unlink()
    with pytest.raises(BenchError, match=r"is no checkpoint: it has no config\.json"):
        resolve_model(str(checkpoint))
    (checkpoint / "config.json").write_text("{")
    with pytest.raises(BenchError, match=r"config\.json is not valid JSON"):
        resolve_model(str(checkpoint))
    (checkpoint / "config.json").write_text("{}")
    with pytest.raises(BenchError, match="names no model_type"):
        resolve_model(str(checkpoint))


def test_an_adapter_given_as_a_checkpoint_is_said_so(tiny_lora: Path) -> None:
    with pytest.raises(BenchError, match="is an adapter, not a checkpoint"):
        resolve_model(str(tiny_lora))


def test_pickled_weights_are_not_read(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")

    with pytest.raises(BenchError, match=r"holds no \*\.safetensors; weights in other formats are not read"):
        resolve_model(str(checkpoint))


def test_a_missing_shard_is_an_error(checkpoint: Path) -> None:
    index = {"metadata": {}, "weight_map": {"lm_head.weight": "model-00002-of-00002.safetensors"}}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(BenchError, match=r"is incomplete: .* names model-00002-of-00002.safetensors"):
        resolve_model(str(checkpoint))


def test_a_checkpoint_that_lacks_weights_is_not_filled_with_random_ones(checkpoint: Path) -> None:
    tensors = load_file(checkpoint / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, checkpoint / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(BenchError, match=r"lacks 1 weights of its model, such as model\..*up_proj\.weight"):
        load_model(checkpoint, device="cpu")


def test_a_model_that_takes_no_images_is_refused(checkpoint: Path) -> None:
    (checkpoint / "config.json").write_text('{"model_type": "gpt2"}')

    with pytest.raises(BenchError, match="cannot be loaded"):
        load_model(checkpoint, device="cpu")


def test_an_unknown_dtype_names_those_there_are(tiny_checkpoint: Path) -> None:
    with pytest.raises(BenchError, match="no dtype 'int8'; there are: auto, float32, bfloat16, float16"):
        load_model(tiny_checkpoint, dtype="int8")


def test_a_checkpoint_without_a_processor_is_refused(checkpoint: Path) -> None:
    for file in checkpoint.glob("*"):
        if file.name not in ("config.json", "model.safetensors"):
            file.unlink()

    with pytest.raises(BenchError, match=r"the processor of .* cannot be loaded"):
        load_processor(checkpoint)


def test_the_digest_follows_weights_configuration_and_template_but_no_readme(
    tiny_checkpoint: Path, checkpoint: Path
) -> None:
    digest = checkpoint_digest(tiny_checkpoint)
    (checkpoint / "README.md").write_text("Hello.")
    assert checkpoint_digest(checkpoint) == digest

    for name in ("model.safetensors", "config.json", "chat_template.jinja", "tokenizer.json"):
        before = (checkpoint / name).read_bytes()
        (checkpoint / name).write_bytes(before + b" ")
        assert checkpoint_digest(checkpoint) != digest
        (checkpoint / name).write_bytes(before)


def test_the_room_is_imported_without_torch_and_its_names_are_found() -> None:
    code = "import sys, s_mllmun_bench.checkpoints; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert all(hasattr(checkpoints, name) for name in checkpoints.__all__)
