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
from s_mllmun_bench.checkpoints.architectures import skeleton
from s_mllmun_bench.checkpoints.loading import (
    checkpoint_digest,
    load_model,
    load_processor,
    model_type,
    resolve_model,
)
from s_mllmun_bench.checkpoints.shards import INDEX, weight_files
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


def in_shards(checkpoint: Path) -> Path:
    """Turn a checkpoint of one file into one of two shards with an index; return it."""
    tensors = sorted(load_file(checkpoint / "model.safetensors").items())
    (checkpoint / "model.safetensors").unlink()
    shards = {"a.safetensors": dict(tensors[::2]), "b.safetensors": dict(tensors[1::2])}
    for file, part in shards.items():
        save_file(part, checkpoint / file, metadata={"format": "pt"})
    weight_map = {name: file for file, part in shards.items() for name in part}
    (checkpoint / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return checkpoint


def test_a_sharded_checkpoint_is_resolved(checkpoint: Path) -> None:
    assert resolve_model(str(in_shards(checkpoint))) == checkpoint.resolve()
    assert [file.name for file in weight_files(checkpoint)] == ["a.safetensors", "b.safetensors"]


def test_a_missing_shard_is_an_error(checkpoint: Path) -> None:
    (in_shards(checkpoint) / "b.safetensors").unlink()

    with pytest.raises(BenchError, match=r"is incomplete: .* names b\.safetensors, which is not there$"):
        resolve_model(str(checkpoint))


@pytest.mark.parametrize("left", [-1, 1000, 5, 0])
def test_a_cut_shard_is_an_error(checkpoint: Path, left: int) -> None:
    shard = in_shards(checkpoint) / "b.safetensors"
    shard.write_bytes(shard.read_bytes()[:left])

    with pytest.raises(
        BenchError, match=r"b\.safetensors is (cut or damaged|not a whole safetensors file): "
    ):
        resolve_model(str(checkpoint))


def test_a_shard_with_something_behind_it_is_an_error(checkpoint: Path) -> None:
    shard = checkpoint / "model.safetensors"
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes() + b"x")

    with pytest.raises(BenchError, match=f"its header speaks of {size} bytes, it has {size + 1}$"):
        resolve_model(str(checkpoint))


def test_an_index_that_places_a_tensor_where_it_is_not_is_an_error(checkpoint: Path) -> None:
    index = json.loads((in_shards(checkpoint) / INDEX).read_text())
    name = next(name for name, file in index["weight_map"].items() if file == "a.safetensors")
    index["weight_map"][name] = "b.safetensors"
    (checkpoint / INDEX).write_text(json.dumps(index))

    with pytest.raises(BenchError, match=f"places {name} in b.safetensors, which lacks it"):
        resolve_model(str(checkpoint))
    (checkpoint / INDEX).write_text("[]")
    with pytest.raises(BenchError, match="holds no weight_map"):
        resolve_model(str(checkpoint))


def test_weights_that_loaders_would_not_agree_on_are_an_error(checkpoint: Path) -> None:
    single = (checkpoint / "model.safetensors").read_bytes()
    in_shards(checkpoint)
    (checkpoint / "model.safetensors").write_bytes(single)
    with pytest.raises(BenchError, match=r"holds model\.safetensors beside .* which does not name it"):
        resolve_model(str(checkpoint))

    (checkpoint / "model.safetensors").unlink()
    (checkpoint / INDEX).unlink()
    with pytest.raises(BenchError, match=r"is incomplete: it has neither model\.safetensors nor "):
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


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ('"x"', r"Validation error for field 'hidden_size': .*expected int, got str"),
        ("32", "its weights have other shapes than config.json says"),
    ],
)
def test_a_config_that_does_not_fit_is_one_line(checkpoint: Path, size: str, reason: str) -> None:
    path = checkpoint / "config.json"
    path.write_text(path.read_text().replace('"hidden_size": 64', f'"hidden_size": {size}'))

    with pytest.raises(BenchError, match=f"cannot be loaded: {reason}"):
        load_model(checkpoint, device="cpu")
    if size == '"x"':
        with pytest.raises(BenchError, match=f"config.json: {reason}"):
            skeleton(checkpoint)


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


def test_the_code_of_a_checkpoint_counts_only_where_its_configuration_calls_it(checkpoint: Path) -> None:
    plain = checkpoint_digest(checkpoint)
    (checkpoint / "modeling_own.py").write_text("1")
    assert checkpoint_digest(checkpoint) == plain

    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "auto_map": {}}))
    calling = checkpoint_digest(checkpoint)
    (checkpoint / "modeling_own.py").write_text("2")
    assert checkpoint_digest(checkpoint) != calling


OWN_CODE = """
from pathlib import Path
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
Path(__file__).with_name("was_run").touch()
class OwnConfig(Qwen2_5_VLConfig):
    model_type = "own_vl"
class OwnModel(Qwen2_5_VLForConditionalGeneration):
    config_class = OwnConfig
"""


@pytest.fixture
def own(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkpoint that only its own code can load."""
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    weights = {
        name: weight.clone() for name, weight in load_model(checkpoint, device="cpu").state_dict().items()
    }
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((checkpoint / "config.json").read_text())
    classes = {"AutoConfig": "own.OwnConfig", "AutoModelForImageTextToText": "own.OwnModel"}
    (checkpoint / "config.json").write_text(
        json.dumps({**config, "model_type": "own_vl", "auto_map": classes})
    )
    (checkpoint / "own.py").write_text(OWN_CODE)
    return checkpoint


def test_the_code_of_a_checkpoint_is_run_only_where_it_is_trusted(own: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"cannot be loaded: .*custom code") as raised:
        load_model(own, device="cpu")
    assert "\n" not in str(raised.value)
    with pytest.raises(BenchError, match=r"config\.json describes no image-and-text model"):
        skeleton(own)
    assert not list(tmp_path.rglob("was_run"))

    model = load_model(own, device="cpu", trust_remote_code=True)

    assert type(model).__name__ == "OwnModel"
    assert list(tmp_path.rglob("was_run"))
    assert skeleton(own, trust_remote_code=True).state_dict().keys() == model.state_dict().keys()


def test_the_room_is_imported_without_torch_and_its_names_are_found() -> None:
    code = "import sys, s_mllmun_bench.checkpoints; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert all(hasattr(checkpoints, name) for name in checkpoints.__all__)
