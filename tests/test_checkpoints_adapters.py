"""Adapters: what each kind does to a weight, and what is refused."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import write_lora

from s_mllmun_bench.checkpoints.adapters import apply_adapter, apply_adapters, load_adapter, write_identity
from s_mllmun_bench.checkpoints.loading import load_model
from s_mllmun_bench.checkpoints.sculpted import read_sculpted
from s_mllmun_bench.errors import BenchError

UP = "model.language_model.layers.1.mlp.up_proj.weight"


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    """Return all weights of a checkpoint, by name in memory."""
    return load_model(checkpoint, device="cpu").state_dict()


def settings_changed(lora: Path, folder: Path, **settings: Any) -> Path:
    """Return a copy of a LoRA folder with other settings."""
    shutil.copytree(lora, folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | settings))
    return folder


def keys_changed(lora: Path, folder: Path, old: str, new: str) -> Path:
    """Return a copy of a LoRA folder with other keys."""
    shutil.copytree(lora, folder)
    file = folder / "adapter_model.safetensors"
    save_file({key.replace(old, new): tensor for key, tensor in load_file(file).items()}, file)
    return folder


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_rslora": True},
        {"rank_pattern": {"up_proj": 2}, "alpha_pattern": {"up_proj": 3, r"layers\.0\.self_attn\.q_proj": 5}},
    ],
)
def test_a_lora_applied_in_memory_is_what_peft_merges(
    tiny_checkpoint: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    import peft

    folder = write_lora(tiny_checkpoint, tmp_path / "lora", 3, **settings)
    theirs = peft.PeftModel.from_pretrained(load_model(tiny_checkpoint, device="cpu"), folder)
    ours = load_model(tiny_checkpoint, device="cpu")

    apply_adapter(ours, load_adapter(folder))

    expected = theirs.merge_and_unload().state_dict()
    assert not torch.equal(expected[UP], weights(tiny_checkpoint)[UP])
    for name, weight in ours.state_dict().items():
        torch.testing.assert_close(weight, expected[name], rtol=0, atol=1e-6)


def test_a_lora_adds_scaling_times_b_times_a(tmp_path: Path) -> None:
    # r = 1, alpha = 6: scaling 6. B @ A = [1, 2]^T [3, 4] = [[3, 4], [6, 8]], times 6, plus 1.
    config = {"peft_type": "LORA", "r": 1, "lora_alpha": 6}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    factors = {
        "base_model.model.x.lora_A.weight": torch.tensor([[3.0, 4.0]]),
        "base_model.model.x.lora_B.weight": torch.tensor([[1.0], [2.0]]),
    }
    save_file(factors, tmp_path / "adapter_model.safetensors")
    adapter = load_adapter(tmp_path)
    one = torch.ones(2, 2, dtype=torch.bfloat16)

    assert (adapter.kind, adapter.names) == ("lora", {"x.weight"})
    assert adapter.apply("x.weight", one).equal(torch.tensor([[19, 25], [37, 49]], dtype=torch.bfloat16))
    assert one.equal(torch.ones(2, 2, dtype=torch.bfloat16))
    with pytest.raises(BenchError, match=r"update of x.weight has shape \(2, 2\), the weight has \(3, 2\)"):
        adapter.require_fit("x.weight", (3, 2))


def test_a_lora_with_published_names_finds_its_weights(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    published = keys_changed(tiny_lora, tmp_path / "lora", "model.language_model.layers", "model.layers")
    one, other = (load_model(tiny_checkpoint, device="cpu") for _ in range(2))

    apply_adapter(one, load_adapter(tiny_lora))
    apply_adapter(other, load_adapter(published))

    assert one.state_dict()[UP].equal(other.state_dict()[UP])


def test_a_lora_whose_keys_match_nothing_is_an_error_with_the_keys_of_both_sides(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    foreign = keys_changed(tiny_lora, tmp_path / "lora", "language_model.layers", "decoder.blocks")
    model = load_model(tiny_checkpoint, device="cpu")

    with pytest.raises(
        BenchError,
        match=r"14 of 14 keys find no weight in the model; the first are model\.decoder\.blocks\.0\.mlp\."
        r".*the model has lm_head\.weight",
    ):
        apply_adapter(model, load_adapter(foreign))


def test_one_foreign_key_leaves_the_model_as_it_was(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    foreign = keys_changed(tiny_lora, tmp_path / "lora", "layers.1.mlp.up_proj", "layers.7.mlp.up_proj")
    model = load_model(tiny_checkpoint, device="cpu")

    with pytest.raises(BenchError, match=r"1 of 14 keys find no weight.*layers\.7\.mlp\.up_proj"):
        apply_adapter(model, load_adapter(foreign))
    for name, weight in weights(tiny_checkpoint).items():
        assert weight.equal(model.state_dict()[name])


def test_a_lora_on_tied_weights_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = write_lora(tiny_checkpoint, tmp_path / "lora", 1, target_modules=["lm_head"])

    with pytest.raises(BenchError, match=r"changes lm_head\.weight, which this model ties to another weight"):
        apply_adapter(load_model(tiny_checkpoint, device="cpu"), load_adapter(folder))


def test_a_lora_on_the_embedding_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = write_lora(tiny_checkpoint, tmp_path / "lora", 1, target_modules=["embed_tokens"])

    with pytest.raises(BenchError, match=r"lora_embedding_A', which is no LoRA of a linear layer"):
        load_adapter(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("use_dora", True),
        ("bias", "all"),
        ("modules_to_save", ["lm_head"]),
        ("fan_in_fan_out", True),
        ("init_lora_weights", "pissa"),
        ("a_setting_of_the_future", 1),
    ],
)
def test_a_lora_that_is_more_than_a_lora_is_refused(
    tiny_lora: Path, tmp_path: Path, key: str, value: object
) -> None:
    folder = settings_changed(tiny_lora, tmp_path / "lora", **{key: value})

    with pytest.raises(BenchError, match=f"the LoRA setting {key}=.* is not supported"):
        load_adapter(folder)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("lora_alpha", "much", r"lora_alpha: input should be a valid number, got 'much'"),
        ("lora_alpha", math.inf, r"lora_alpha: input should be a finite number, got inf"),
        ("r", 0, r"r: input should be greater than 0, got 0"),
        ("use_rslora", "yes", r"use_rslora: input should be a valid boolean, got 'yes'"),
        ("alpha_pattern", ["q_proj"], r"alpha_pattern: input should be a valid dictionary, got \['q_proj'\]"),
        (
            "alpha_pattern",
            {"q_proj": None},
            r"alpha_pattern\.q_proj: input should be a valid number, got None",
        ),
        ("rank_pattern", {"(q": 4}, r"'\(q' is no pattern of names: missing \)"),
    ],
)
def test_settings_that_are_damaged_are_one_line(
    tiny_lora: Path, tmp_path: Path, key: str, value: object, message: str
) -> None:
    folder = settings_changed(tiny_lora, tmp_path / "lora", **{key: value})

    with pytest.raises(BenchError, match=rf"adapter_config\.json: {message}") as raised:
        load_adapter(folder)
    assert "\n" not in str(raised.value)


def test_a_rank_that_is_not_that_of_the_settings_is_refused(tiny_lora: Path, tmp_path: Path) -> None:
    folder = settings_changed(tiny_lora, tmp_path / "lora", rank_pattern={"up_proj": 3})

    with pytest.raises(BenchError, match=r"the factors of '.*up_proj' have rank 4, .*json says 3"):
        load_adapter(folder)


def test_factors_that_are_no_floats_are_refused(tiny_lora: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_lora, tmp_path / "lora")
    tensors = load_file(folder / "adapter_model.safetensors")
    for dtype in (torch.int8, torch.float8_e4m3fn):
        wrong = {key: tensor.to(dtype) for key, tensor in tensors.items()}
        save_file(wrong, folder / "adapter_model.safetensors")
        with pytest.raises(BenchError, match=rf"is stored as {dtype}; wanted 16 or 32 bit floats"):
            load_adapter(folder)


@pytest.mark.parametrize("half", ["forget", "anchor"])
def test_a_sculpted_adapter_without_one_half_is_refused(
    tiny_sculpted: Path, tmp_path: Path, half: str
) -> None:
    folder = shutil.copytree(tiny_sculpted, tmp_path / "sculpted")
    shutil.rmtree(folder / half)

    with pytest.raises(BenchError, match=rf"{half} is no LoRA folder: it has no adapter_config\.json"):
        load_adapter(folder)


def test_an_adapter_of_a_larger_model_is_refused(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_lora, tmp_path / "lora")
    file = folder / "adapter_model.safetensors"
    save_file(
        {key: torch.cat([one, one], dim=1 if "_A" in key else 0) for key, one in load_file(file).items()},
        file,
    )

    with pytest.raises(BenchError, match=r"its update of .* has shape \(\d+, \d+\), the weight has "):
        apply_adapter(load_model(tiny_checkpoint, device="cpu"), load_adapter(folder))


def test_another_kind_of_peft_adapter_is_refused(tiny_lora: Path, tmp_path: Path) -> None:
    folder = settings_changed(tiny_lora, tmp_path / "lora", peft_type="IA3")

    with pytest.raises(BenchError, match="peft_type is 'IA3'; only LORA is supported"):
        load_adapter(folder)


def test_factors_that_are_not_finite_are_refused(tiny_lora: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_lora, tmp_path / "lora")
    tensors = load_file(folder / "adapter_model.safetensors")
    next(iter(tensors.values()))[0, 0] = math.nan
    save_file(tensors, folder / "adapter_model.safetensors")

    with pytest.raises(BenchError, match="holds numbers that are not finite"):
        load_adapter(folder)


def test_a_factor_without_its_other_half_is_refused(tiny_lora: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_lora, tmp_path / "lora")
    tensors = load_file(folder / "adapter_model.safetensors")
    del tensors[next(key for key in tensors if key.endswith("lora_B.weight"))]
    save_file(tensors, folder / "adapter_model.safetensors")

    with pytest.raises(BenchError, match=r"the factors A and B of .* do not fit together"):
        load_adapter(folder)


def test_a_folder_that_is_no_adapter_is_said_so(tmp_path: Path, tiny_sculpted: Path) -> None:
    with pytest.raises(
        BenchError, match=r"is no adapter folder: wanted one of adapter_config\.json, .*; got none"
    ):
        load_adapter(tmp_path)
    both = shutil.copytree(tiny_sculpted, tmp_path / "both")
    write_identity(both)
    with pytest.raises(BenchError, match=r"got sculpted_adapter\.json and identity_adapter\.json"):
        load_adapter(both)


def test_what_is_given_for_an_adapters_folder_is_told_what_to_give(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    with pytest.raises(BenchError, match=r"there is no folder .*/nowhere \(adapters are local folders\)"):
        load_adapter(tmp_path / "nowhere")
    with pytest.raises(BenchError, match=rf"is a file; give the adapter's folder, which is {tiny_lora}$"):
        load_adapter(tiny_lora / "adapter_model.safetensors")
    with pytest.raises(BenchError, match="is a checkpoint, not an adapter; give it as --model"):
        load_adapter(tiny_checkpoint)


def test_the_digest_follows_k_and_the_factors_but_not_the_place(
    tiny_checkpoint: Path, tiny_sculpted: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    digest = load_adapter(tiny_sculpted).digest
    assert read_sculpted(tiny_sculpted).at(2.0).digest != digest
    assert read_sculpted(tiny_sculpted).at(1.0).digest == digest
    assert load_adapter(shutil.copytree(tiny_sculpted, tmp_path / "copy")).digest == digest

    lora = load_adapter(tiny_lora).digest
    moved = settings_changed(tiny_lora, tmp_path / "moved", base_model_name_or_path="elsewhere")
    assert load_adapter(moved).digest == lora
    stronger = settings_changed(tiny_lora, tmp_path / "stronger", lora_alpha=9)
    assert load_adapter(stronger).digest != lora
    assert load_adapter(write_lora(tiny_checkpoint, tmp_path / "other", seed=9)).digest != lora


def test_the_identity_changes_nothing(tiny_checkpoint: Path, tmp_path: Path) -> None:
    write_identity(tmp_path)
    adapter = load_adapter(tmp_path)
    model = load_model(tiny_checkpoint, device="cpu")

    apply_adapter(model, adapter)

    assert (adapter.kind, adapter.names) == ("identity", frozenset())
    assert all(model.state_dict()[name].equal(weight) for name, weight in weights(tiny_checkpoint).items())


def test_several_adapters_are_rounded_once(
    tiny_checkpoint: Path, tiny_lora: Path, tiny_sculpted: Path
) -> None:
    model = load_model(tiny_checkpoint, dtype="bfloat16", device="cpu")
    before = model.state_dict()[UP].clone()
    adapters = [load_adapter(tiny_lora), load_adapter(tiny_sculpted)]

    apply_adapters(model, adapters)

    expected = adapters[1].apply(UP, adapters[0].apply(UP, before.float())).bfloat16()
    assert model.state_dict()[UP].equal(expected)
