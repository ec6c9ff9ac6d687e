"""Pruned neurons: the MLP without them, and lists that say something else are refused."""

import json
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from s_mllmun_bench.checkpoints.adapters import apply_adapter, load_adapter
from s_mllmun_bench.checkpoints.loading import load_model
from s_mllmun_bench.checkpoints.merging import merge
from s_mllmun_bench.checkpoints.pruned import write_pruned
from s_mllmun_bench.errors import BenchError

DOWN = "model.language_model.layers.{}.mlp.down_proj.weight"


def test_the_columns_of_pruned_neurons_are_0_and_the_others_as_before(tmp_path: Path) -> None:
    write_pruned(tmp_path, {"x.weight": [2, 0], "y.weight": []})
    adapter = load_adapter(tmp_path)
    weight = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float16)

    assert (adapter.kind, adapter.names) == ("pruned", {"x.weight"})
    assert adapter.apply("x.weight", weight).equal(torch.tensor([[0, 2, 0], [0, 5, 0]], dtype=torch.float16))
    assert weight[0, 0] == 1


def test_the_mlp_is_the_one_without_the_neurons(tiny_checkpoint: Path, tmp_path: Path) -> None:
    write_pruned(tmp_path, {DOWN.format(1): [3, 64, 127]})
    model = load_model(tiny_checkpoint, device="cpu")
    mlp = model.get_submodule("model.language_model.layers.1.mlp")
    kept = torch.tensor([neuron for neuron in range(128) if neuron not in (3, 64, 127)])
    smaller = type(mlp)(model.config.text_config)
    smaller.gate_proj.weight.data = mlp.gate_proj.weight.data[kept]
    smaller.up_proj.weight.data = mlp.up_proj.weight.data[kept]
    smaller.down_proj.weight.data = mlp.down_proj.weight.data[:, kept]

    apply_adapter(model, load_adapter(tmp_path))

    hidden = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(mlp(hidden), smaller(hidden), rtol=0, atol=1e-6)


def test_a_merged_pruning_is_the_one_in_memory(tiny_checkpoint: Path, tmp_path: Path) -> None:
    write_pruned(tmp_path / "pruned", {DOWN.format(0): [0], DOWN.format(1): [7, 8]})
    adapter, model = load_adapter(tmp_path / "pruned"), load_model(tiny_checkpoint, device="cpu")

    apply_adapter(model, adapter)
    merge(tiny_checkpoint, [adapter], tmp_path / "merged")

    merged = load_model(tmp_path / "merged", device="cpu").state_dict()
    assert all(merged[name].equal(weight) for name, weight in model.state_dict().items())


def test_a_neuron_that_the_weight_does_not_have_leaves_nothing_behind(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    write_pruned(tmp_path / "pruned", {DOWN.format(0): [128]})

    with pytest.raises(BenchError, match=r"neuron 128 of .*down_proj\.weight, which has shape \(64, 128\)"):
        merge(tiny_checkpoint, [load_adapter(tmp_path / "pruned")], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"invalid JSON"),
        ('{"neurons": {}}', "neurons: .* at least 1 item"),
        ('{"neurons": {"x.weight": []}}', r"neurons\.x\.weight: .* at least 1 item"),
        ('{"neurons": {"x.weight": [-1]}}', r"neurons\.x\.weight\.0: .* greater than or equal to 0"),
        ('{"neurons": {"x.weight": [1.5]}}', r"neurons\.x\.weight\.0: .* valid integer"),
        ('{"neurons": {"x.weight": ["1"]}}', r"neurons\.x\.weight\.0: .* valid integer"),
        ('{"neurons": {"x.weight": [4, 5, 4]}}', "neurons: value error, a neuron of x.weight is there twice"),
        ('{"neurons": {"x.weight": [4]}, "more": 1}', "unknown field 'more'"),
    ],
)
def test_a_list_that_is_none_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "pruned_neurons.json").write_text(content)

    with pytest.raises(BenchError, match=rf"pruned_neurons\.json: {message}") as raised:
        load_adapter(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_pruning_is_written_only_if_it_prunes(tmp_path: Path) -> None:
    for neurons in ({"x.weight": []}, {"x.weight": [1, 1]}, {"x.weight": [-1]}):
        with pytest.raises(ValidationError):
            write_pruned(tmp_path / "none", neurons)
    assert not (tmp_path / "none").exists()


def test_the_digest_follows_the_neurons_but_not_their_order(tmp_path: Path) -> None:
    digests = []
    for number, neurons in enumerate(({"a": [1, 2], "b": [0]}, {"b": [0], "a": [2, 1]}, {"a": [1, 2]})):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "pruned_neurons.json").write_text(json.dumps({"neurons": neurons}))
        digests.append(load_adapter(tmp_path / str(number)).digest)

    assert digests[0] == digests[1] != digests[2]
