"""Doing the steps of a reproduction: once each, without losing those that can go on."""

import json
from pathlib import Path

from s_mllmun_bench.checkpoints.sculpted import SculptedSettings
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.derive import derive
from s_mllmun_bench.reproducing.minutes import times
from s_mllmun_bench.reproducing.steps import Step
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
