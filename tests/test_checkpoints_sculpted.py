"""Sculpted adapters: what is added to a weight, and which settings and folders are refused."""

import math
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny import write_lora

from s_mllmun_bench.checkpoints.adapters import apply_adapter, load_adapter
from s_mllmun_bench.checkpoints.loading import load_model
from s_mllmun_bench.checkpoints.lora import keys
from s_mllmun_bench.checkpoints.rows import row_blocks
from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter, SculptedSettings, read_sculpted
from s_mllmun_bench.checkpoints.sculpting import sculpt
from s_mllmun_bench.errors import BenchError

CPU = torch.device("cpu")
UP = "model.language_model.layers.1.mlp.up_proj.weight"


def test_a_sculpted_adapter_adds_the_sculpted_update(tiny_checkpoint: Path, tiny_sculpted: Path) -> None:
    adapter = load_adapter(tiny_sculpted)
    forget, anchor = (load_adapter(tiny_sculpted / name) for name in ("forget", "anchor"))
    model = load_model(tiny_checkpoint, device="cpu")
    before = load_model(tiny_checkpoint, device="cpu").state_dict()

    apply_adapter(model, adapter)

    zero = torch.zeros_like(before[UP])
    update = sculpt(forget.apply(UP, zero), anchor.apply(UP, zero), 1.0)
    assert model.state_dict()[UP].equal(before[UP] + update)
    assert isinstance(adapter, SculptedAdapter)
    # Random factors are close to independent and symmetric: arctan(1/1) / pi = 1/4.
    assert adapter.masked_share() == pytest.approx(0.25, abs=0.05)


def test_an_infinite_k_is_the_forgetting_lora_itself(tiny_checkpoint: Path, tiny_sculpted: Path) -> None:
    sculpted, plain = (load_model(tiny_checkpoint, device="cpu") for _ in range(2))

    apply_adapter(sculpted, read_sculpted(tiny_sculpted).at(math.inf))
    apply_adapter(plain, load_adapter(tiny_sculpted / "forget"))

    assert sculpted.state_dict()[UP].equal(plain.state_dict()[UP])


def test_by_modality_is_the_mean_of_two_sculpted_updates(
    tiny_checkpoint: Path, tiny_sculpted: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_sculpted / "anchor", tmp_path / "anchor")
    shutil.copytree(tiny_sculpted / "forget", tmp_path / "forget_multimodal")
    write_lora(tiny_checkpoint, tmp_path / "forget_text", seed=5)
    SculptedSettings(k=2.0, variant="by_modality").save(tmp_path)
    zero = torch.zeros(128, 64)
    parts = [load_adapter(tmp_path / name) for name in ("forget_multimodal", "forget_text")]
    anchor = load_adapter(tmp_path / "anchor").apply(UP, zero)

    update = load_adapter(tmp_path).apply(UP, zero)

    one, two = (sculpt(part.apply(UP, zero), anchor, 2.0) for part in parts)
    torch.testing.assert_close(update, (one + two) / 2)


def test_settings_with_an_infinite_k_are_written_and_read(tiny_sculpted: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_sculpted, tmp_path / "sculpted")
    SculptedSettings(k=math.inf).save(folder)

    adapter = load_adapter(folder)

    assert isinstance(adapter, SculptedAdapter)
    assert adapter.settings == SculptedSettings(k=math.inf)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"k": -1}', "k: input should be greater than or equal to 0, got -1"),
        ('{"k": NaN}', "k: input should be greater than or equal to 0, got nan"),
        ("{}", "k: field required"),
        ('{"k": 1, "kay": 2}', "unknown field 'kay'"),
        ('{"k": 1, "variant": "double"}', "variant: input should be 'joint' or 'by_modality'"),
        ("k = 1", "invalid JSON"),
    ],
)
def test_settings_that_are_not_valid_are_said_so(
    tiny_sculpted: Path, tmp_path: Path, text: str, message: str
) -> None:
    folder = shutil.copytree(tiny_sculpted, tmp_path / "sculpted")
    (folder / "sculpted_adapter.json").write_text(text)

    with pytest.raises(BenchError, match=message):
        load_adapter(folder)


def test_a_negative_k_from_outside_is_said_so(tiny_sculpted: Path) -> None:
    with pytest.raises(BenchError, match="sculpted: k: input should be greater than or equal to 0, got -2"):
        read_sculpted(tiny_sculpted).at(-2.0)


def test_an_anchor_on_other_weights_than_the_forgetting_lora_is_refused(
    tiny_checkpoint: Path, tiny_sculpted: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_sculpted, tmp_path / "sculpted")
    shutil.rmtree(folder / "anchor")
    write_lora(tiny_checkpoint, folder / "anchor", 2, target_modules=r"model\.language_model.*up_proj")

    with pytest.raises(BenchError, match=r"must change the same weights; not so: .*down_proj"):
        load_adapter(folder)


@pytest.mark.parametrize("settings", [{}, {"magnitude": False}, {"direction": False}])
def test_row_blocks_give_the_update_that_whole_matrices_give(
    settings: dict[str, bool], tmp_path: Path
) -> None:
    # 700 x 1600 entries: three row blocks, the last one shorter.
    for part, seed in (("forget", 1), ("anchor", 2)):
        write_factors(tmp_path / part, 700, 1600, seed)
    SculptedSettings(k=1.0, **settings).save(tmp_path)
    adapter = load_adapter(tmp_path)
    assert isinstance(adapter, SculptedAdapter)
    blocks = list(row_blocks((700, 1600)))
    assert [len(range(*rows.indices(700))) for rows in blocks] == [327, 327, 46]

    joined = torch.cat([adapter.update("layer.weight", CPU, rows) for rows in blocks])

    dense = [one.factors["layer.weight"].update(CPU) for one in (adapter.forget[0], adapter.anchor)]
    expected = sculpt(dense[0], dense[1], 1.0, **settings)
    # A product's last bit may depend on its shape; an entry at the limit of a criterion may then flip.
    assert ((joined - expected).abs() > 1e-6).sum() <= 2
    assert adapter.masked_share() == pytest.approx(float((expected == 0).sum()) / 1_120_000, abs=1e-5)


def write_factors(folder: Path, height: int, width: int, seed: int) -> None:
    """Write a LoRA of rank 4 with random factors on one matrix."""
    generator = torch.Generator().manual_seed(seed)
    a_RI, b_OR = (torch.randn(shape, generator=generator) * 0.1 for shape in ((4, width), (height, 4)))
    folder.mkdir()
    save_file(keys("layer.weight", a_RI, b_OR), folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 4, "lora_alpha": 4}')
