"""Doing the steps of a reproduction: once each, without losing those that can go on."""

import json
import math
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.checkpoints.sculpted import SculptedSettings
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.derive import derive
from s_mllmun_bench.reproducing.masses import Training, correlation, masked_mass
from s_mllmun_bench.reproducing.minutes import times
from s_mllmun_bench.reproducing.steps import LEFT_OUT, Step, unsettled
from s_mllmun_bench.reproducing.work import work


def making(folder: Path, done: list[str], *needs: Step) -> Step:
    """Return a step that makes its folder and says so."""

    def make() -> bool:
        folder.mkdir()
        done.append(folder.name)
        return True

    return Step("derive", folder, folder.name, needs, here=make)


def failing(folder: Path) -> Step:
    def fail() -> bool:
        raise BenchError("there is no such thing")

    return Step("derive", folder, folder.name, (), here=fail)


def test_steps_are_done_once_and_after_what_they_need(tmp_path: Path) -> None:
    done: list[str] = []
    first = making(tmp_path / "first", done)
    steps = [first, making(tmp_path / "second", done, first), making(tmp_path / "third", done)]
    told: list[str] = []
    outcome = work(steps, tmp_path, 2, told.append)
    assert (outcome.done, outcome.failed) == (3, {})
    assert done.index("first") < done.index("second")
    assert [line.partition(" ")[0] for line in told] == ["1/3", "2/3", "3/3"]
    assert sorted(one["step"] for one in times(tmp_path)) == sorted(done)
    assert work(steps, tmp_path, 2, told.append).done == 0


def test_what_nobody_needs_any_more_is_not_made_again(tmp_path: Path) -> None:
    done: list[str] = []
    data = making(tmp_path / "data", done)
    adapter = making(tmp_path / "adapter", done, data)
    run, other = (making(tmp_path / name, done, adapter) for name in ("run", "other"))
    steps = [data, adapter, run, other]
    assert unsettled(steps) == steps
    work(steps, tmp_path, 1, lambda line: None)
    for folder in (tmp_path / "data", tmp_path / "adapter"):
        shutil.rmtree(folder)
    assert unsettled(steps) == []
    # A run is missing: so is all that it is made of, and no other run.
    (tmp_path / "other").rmdir()
    assert unsettled(steps) == [data, adapter, other]
    # Of the adapter its records are left, which are no adapter: it is made in their place.
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / LEFT_OUT).touch()
    del done[:]
    assert work(steps, tmp_path, 1, lambda line: None).failed == {}
    assert done == ["data", "adapter", "other"]
    assert not (tmp_path / "adapter" / LEFT_OUT).exists()


def test_when_time_is_up_nothing_is_begun_and_the_rest_is_counted(tmp_path: Path) -> None:
    done: list[str] = []
    first = making(tmp_path / "first", done)
    steps = [first, making(tmp_path / "second", done, first), failing(tmp_path / "broken")]
    outcome = work(steps, tmp_path, 1, lambda line: None, until=0.0)
    assert (done, outcome.done, outcome.left, outcome.failed) == ([], 0, 3, {})


def test_an_interrupt_ends_what_is_going_on_and_is_told(tmp_path: Path) -> None:
    done: list[str] = []
    serving = ("leaderboard", "serve", "--leaderboard", str(tmp_path / "board"), "--port", "0")
    slow = Step("build", tmp_path / "slow", "d", (), serving)

    def interrupted(line: str) -> None:
        raise KeyboardInterrupt

    steps = [making(tmp_path / "first", done), slow, making(tmp_path / "third", done)]
    outcome = work(steps, tmp_path, 2, interrupted)
    assert (done, outcome.interrupted, outcome.left, outcome.failed) == (["first"], True, 2, {})


def test_what_failed_among_the_first_steps_is_not_tried_again(tmp_path: Path) -> None:
    done: list[str] = []
    broken = failing(tmp_path / "broken")
    after = making(tmp_path / "after", done, making(tmp_path / "between", done, broken))
    before = work([broken], tmp_path, 1, lambda line: None)
    outcome = work([broken, *after.needs, after], tmp_path, 1, lambda line: None, before=before)
    assert list(outcome.failed) == ["broken", "between", "after"]
    assert (done, outcome.left) == ([], 0)


def test_a_step_that_fails_costs_only_those_that_need_it(tmp_path: Path) -> None:
    done: list[str] = []
    broken = failing(tmp_path / "broken")
    steps = [broken, making(tmp_path / "after", done, broken), making(tmp_path / "other", done)]
    outcome = work(steps, tmp_path, 1, lambda line: None)
    assert done == ["other"]
    assert outcome.failed == {"broken": "there is no such thing", "after": "a step that it needs failed"}


def test_a_command_that_fails_is_told_with_its_last_line(tmp_path: Path) -> None:
    step = Step("build", tmp_path / "data", "d", (), ("build", "maxi", "-o", str(tmp_path / "data")))
    outcome = work([step], tmp_path, 1, lambda line: None)
    assert "failed (1): bench: no recipe named 'maxi'" in outcome.failed["data"]
    assert (tmp_path / "logs" / "data.log").is_file()


def an_smfa(folder: Path) -> Path:
    """Write what `bench unlearn smfa` leaves, as far as controls are made of it."""
    for name in ("forget", "anchor"):
        (folder / name).mkdir(parents=True)
        (folder / name / "adapter_config.json").write_text(json.dumps({"r": 16, "lora_alpha": 32}))
        (folder / name / "adapter_model.safetensors").write_bytes(name.encode())
    SculptedSettings(k=1.0).save(folder)
    settings = {"k": 1.0, "k_text": 2.0, "variant": "joint", "direction": True, "magnitude": True}
    more = {"forget": {"epochs": 1}, "anchor": {"epochs": 2}, "lora": {"rank": 16}}
    record = {"method": "smfa", "kind": "method", "seed": 4, "settings": settings | more}
    (folder / "unlearning.json").write_text(json.dumps(record))
    return folder


def test_controls_are_made_of_the_same_factors_and_say_what_they_are(tmp_path: Path) -> None:
    smfa = an_smfa(tmp_path / "smfa")
    derive(smfa, "mfa_scaled", 0.75, tmp_path / "scaled")
    assert json.loads((tmp_path / "scaled" / "adapter_config.json").read_text()) == {
        "r": 16,
        "lora_alpha": 24,
    }
    assert (tmp_path / "scaled" / "adapter_model.safetensors").read_bytes() == b"forget"
    record = json.loads((tmp_path / "scaled" / "unlearning.json").read_text())
    assert (record["method"], record["kind"], record["seed"]) == ("mfa_scaled", "control", 4)
    assert record["settings"] == {"factor": 0.75, "forget": {"epochs": 1}, "lora": {"rank": 16}}

    derive(smfa, "mfa_random_mask", 1.0, tmp_path / "random")
    masked = SculptedSettings.model_validate_json(
        (tmp_path / "random" / "sculpted_adapter.json").read_bytes()
    )
    assert (masked.mask, masked.seed, masked.direction) == ("random", 4, True)

    derive(smfa, "direction", 1.0, tmp_path / "half")
    half = SculptedSettings.model_validate_json((tmp_path / "half" / "sculpted_adapter.json").read_bytes())
    assert (half.mask, half.direction, half.magnitude) == ("conflict", True, False)
    assert json.loads((tmp_path / "half" / "unlearning.json").read_text())["method"] == "smfa"


def test_by_modality_the_unmasked_update_is_smfas_own_with_an_infinite_k(tmp_path: Path) -> None:
    smfa = an_smfa(tmp_path / "smfa")
    (smfa / "forget").rename(smfa / "forget_text")
    shutil.copytree(smfa / "forget_text", smfa / "forget_multimodal")
    SculptedSettings(k=1.0, k_text=2.0, variant="by_modality").save(smfa)
    record = json.loads((smfa / "unlearning.json").read_text())
    record["settings"]["variant"] = "by_modality"
    (smfa / "unlearning.json").write_text(json.dumps(record))

    derive(smfa, "mfa_scaled", 0.5, tmp_path / "scaled")
    made = SculptedSettings.model_validate_json((tmp_path / "scaled" / "sculpted_adapter.json").read_bytes())
    assert (made.variant, made.k, made.k_text) == ("by_modality", math.inf, None)
    alphas = {
        one.parent.name: json.loads(one.read_text())["lora_alpha"]
        for one in (tmp_path / "scaled").glob("*/adapter_config.json")
    }
    assert alphas == {"forget_multimodal": 16, "forget_text": 16, "anchor": 32}
    assert json.loads((tmp_path / "scaled" / "unlearning.json").read_text())["method"] == "mfa_scaled"


def test_less_is_masked_the_larger_k_and_nothing_at_infinity(tiny_sculpted: Path) -> None:
    masked = [masked_mass(tiny_sculpted, k) for k in (0.0, 1.0, 10.0, math.inf)]
    assert masked == sorted(masked, reverse=True)
    # Without a k every entry of another sign is masked: of random updates half, and half of the squares.
    assert masked[0] == pytest.approx(0.5, abs=0.05)
    assert masked[-1] == 0


def test_a_correlation_has_fishers_interval_and_needs_trainings() -> None:
    pairs = zip((1.0, 2.0, 3.0, 4.0, 5.0), (2.0, 1.0, 4.0, 3.0, 5.0), strict=True)
    trained = [Training(mass, {"text_memory": harm}) for mass, harm in pairs]
    # r = 8 / 10; atanh 0.8 = 1.0986, and 1.96 / sqrt(2) = 1.3859: tanh of -0.2873 and 2.4845.
    found = correlation(trained, "text_memory")
    assert found == pytest.approx((0.8, -0.2797, 0.9862), abs=1e-4)
    assert correlation(trained[:4], "text_memory") is None
    assert correlation([trained[0]] * 5, "text_memory") is None


def test_a_document_alone_needs_at_least_the_original(tmp_path: Path) -> None:
    command = ["reproduce", "mini", "-o", str(tmp_path / "none"), "--stop-after", "0"]
    result = CliRunner().invoke(cli.app, command)
    assert isinstance(result.exception, BenchError)
    assert "no original model was evaluated" in str(result.exception)
    assert not (tmp_path / "none").exists()
