"""Training on several processes: the same adapter as on one, written once."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import several
import torch
from accelerate.commands.config.config_args import load_config_from_file
from safetensors.torch import load_file

from s_mllmun_bench.checkpoints.architectures import skeleton
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.training import processes
from s_mllmun_bench.training.layout import IGNORE
from s_mllmun_bench.training.packing import Tally
from s_mllmun_bench.training.processes import ANSWER_TOKENS, BLANK
from s_mllmun_bench.training.trainer import _sharing
from s_mllmun_bench.training.unlearning import read_record

CONFIGS = Path(__file__).parents[1] / "docs" / "accelerate"
WHOLE = ("--multi_gpu", "--num_processes", "2")


def launched(*command: str, way: Sequence[str] = WHOLE) -> subprocess.CompletedProcess[str]:
    """Run a command in two processes on this machine's cores."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launch = [sys.executable, "-m", "accelerate.commands.launch", *way]
    return subprocess.run(
        [*launch, "--main_process_port", port, *command],
        env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
    )


def require_same(one: Path, several: Path) -> None:
    """Check that two adapters have the same losses within 1e-4 and the same weights within 1e-3."""
    alone, shared = read_record(one).losses, read_record(several).losses
    assert {name: len(losses) >= 20 for name, losses in shared.items()} == dict.fromkeys(alone, True)
    for name, losses in alone.items():
        # The record rounds to 1e-4, so equal losses may stand one such step apart.
        assert shared[name] == pytest.approx(losses, abs=1.5e-4)
        assert abs(losses[0] - losses[-1]) > 0.05  # it did learn
    require_close(*(load_file(each / "adapter_model.safetensors") for each in (one, several)))


def require_close(one: dict[str, torch.Tensor], several: dict[str, torch.Tensor]) -> None:
    """Check that the same weights are the same within 1e-3."""
    assert one.keys() == several.keys()
    for name, weight in one.items():
        torch.testing.assert_close(several[name], weight, atol=1e-3, rtol=0)


@pytest.fixture(scope="module")
def alone(tiny_checkpoint: Path, mini_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what one process makes of all trainings."""
    folder = tmp_path_factory.mktemp("processes") / "alone"
    several.main(str(tiny_checkpoint), str(mini_data), folder)
    return folder


WAYS = {
    "each holds the whole model": WHOLE,
    "each holds a part of every layer": ("--config_file", str(CONFIGS / "fsdp_qwen2_5_vl_7b.yaml")),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_two_processes_give_the_adapters_of_one(
    way: str, alone: Path, tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    given = (str(tiny_checkpoint), str(mini_data), str(shared))
    done = launched(str(Path(__file__).with_name("several.py")), *given, way=WAYS[way])
    assert done.returncode == 0, done.stderr
    for method in ("ga_difference", "kl_minimization", "vision"):
        require_same(alone / method, shared / method)
        costs = [read_record(folder / method).cost for folder in (alone, shared)]
        assert [cost.processes for cost in costs] == [1, 2]
    for method in ("ga_difference", "kl_minimization", "vision", "odd", "manu"):
        counted = {read_record(folder / method).cost.answer_tokens for folder in (alone, shared)}
        assert len(counted) == 1, method
    pruned = [(folder / "manu" / "pruned_neurons.json").read_bytes() for folder in (alone, shared)]
    assert pruned[0] == pruned[1]
    require_close(*(load_file(folder / "finetuned" / "model.safetensors") for folder in (alone, shared)))
    assert sorted(path.name for path in shared.iterdir()) == sorted(path.name for path in alone.iterdir())


@pytest.mark.slow
def test_the_command_on_two_processes_writes_and_speaks_once(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    bench, output = str(Path(sys.executable).with_name("bench")), tmp_path / "scaled"
    given = ["--model", str(tiny_checkpoint), "--data", str(mini_data), "--ratio", "5", "-o", str(output)]
    settings = ["--set", "forget.epochs=1", "--set", "forget.precision=fp32", "--set", "factor=0.5"]
    done = launched("--no_python", bench, "unlearn", "mfa_scaled", *given, *settings, "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["cost"]["processes"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["scaled"]
    # The method halves alpha, 16, in the file that it has written; halved twice it would be 4.
    assert json.loads((output / "adapter_config.json").read_bytes())["lora_alpha"] == 8
    assert (output / "loss.png").is_file()


def packed(*answer_tokens: int) -> dict[str, torch.Tensor]:
    """Return the labels of sequences with so many answer tokens each; the first token is never learnt."""
    labels = torch.full((len(answer_tokens), 8), IGNORE)
    for row, count in enumerate(answer_tokens):
        labels[row, 1 : 1 + count] = 5
    return {"labels": labels}


def test_every_micro_batch_of_a_step_is_divided_by_its_share_of_all_answer_tokens() -> None:
    # 3 + 1 and 2 answer tokens, 6 in two micro-batches: the mean of both sums over 3 is the sum over 6.
    batches = [packed(3, 1), packed(2)]
    processes.weigh(batches)
    assert [batch[ANSWER_TOKENS] for batch in batches] == [3.0, 3.0]


def test_each_set_of_a_step_has_a_mean_of_its_own() -> None:
    batches = [{"forget": packed(4), "retain": packed(1)}, {"forget": packed(2), "retain": packed(3)}]
    processes.weigh(batches)
    assert [(one["forget"][ANSWER_TOKENS], one["retain"][ANSWER_TOKENS]) for one in batches] == [
        (3.0, 2.0)
    ] * 2


def test_what_stands_in_for_an_empty_share_counts_nothing() -> None:
    # 4 answer tokens over two micro-batches, one of which is a stand-in: 4 / 2, and infinity.
    batches = [packed(4), processes.stand_in(packed(3))]
    processes.weigh(batches)
    assert [batch[ANSWER_TOKENS] for batch in batches] == [2.0, float("inf")]


def test_what_stands_in_for_an_empty_share_is_not_tallied(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()

    def collate(items: list[int]) -> dict[str, torch.Tensor]:
        tally.answer_tokens += sum(items)
        return packed(*items)

    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, counted in (("0", 7), ("1", 4)):
        monkeypatch.setenv("RANK", rank)
        tally.answer_tokens = 0
        shared = _sharing(collate, tally)
        shared([5, 4])
        shared([2])
        assert tally.answer_tokens == counted


@pytest.mark.parametrize(("rank", "items"), [(0, [0, 2, 4]), (1, [1, 3])])
def test_the_items_of_a_batch_are_dealt_in_turn(
    rank: int, items: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", str(rank))
    assert processes.share(range(5)) == range(rank, 5, 2)
    assert list(processes.share(range(5))) == items


def test_more_processes_than_items_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "8")
    with pytest.raises(BenchError) as error:
        processes.require_shares(2, "anchor")
    assert str(error.value) == (
        "anchor: 8 processes cannot share batches of 2; start at most 2, or give a larger batch_size "
        "(which is another training: fewer steps)"
    )


@pytest.mark.parametrize(
    ("processes_", "divided", "vision", "must"),
    [
        ("1", "true", True, False),
        ("2", "false", False, False),
        ("2", "false", True, True),
        ("2", "true", False, True),
    ],
)
def test_processes_must_all_see_where_they_train_or_divide_the_vision_tower(
    processes_: str, divided: str, vision: bool, must: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", processes_)
    monkeypatch.setenv("ACCELERATE_USE_FSDP", divided)
    assert processes.must_see(vision) == must


def test_a_step_says_whether_it_shows_an_image_other_than_a_blank_one() -> None:
    pixels = {"pixel_values": torch.zeros(1)}
    blank = {**pixels, BLANK: torch.tensor(True)}
    assert not processes.weigh([packed(1), packed(1) | blank])
    assert processes.weigh([packed(1), packed(1) | pixels])


@pytest.mark.parametrize("config", sorted(path.name for path in CONFIGS.glob("*.yaml")))
def test_accelerate_reads_the_configs_that_are_shipped(config: str) -> None:
    read = load_config_from_file(str(CONFIGS / config))
    assert read.num_processes == 2
    if file := read.deepspeed_config.get("deepspeed_config_file"):
        settings = json.loads((CONFIGS.parents[1] / file).read_bytes())
        assert settings["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"]


@pytest.mark.parametrize(
    ("config", "checkpoint"),
    [("qwen2_5_vl_7b", "tiny_checkpoint"), ("llava_onevision_7b", "tiny_llava")],
)
def test_the_layers_that_fsdp_wraps_are_the_models(
    config: str, checkpoint: str, request: pytest.FixtureRequest
) -> None:
    wrapped = load_config_from_file(str(CONFIGS / f"fsdp_{config}.yaml")).fsdp_config
    classes = {type(part).__name__ for part in skeleton(request.getfixturevalue(checkpoint)).modules()}
    assert set(wrapped["fsdp_transformer_layer_cls_to_wrap"].split(",")) <= classes
