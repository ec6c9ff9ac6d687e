"""Running: runs that are killed, and one on many large images."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from asking import asked, changed, files, one_plan, run_one
from large import write_large
from scripted import ScriptedBackend

from s_mllmun_bench.running.plan import Settings
from s_mllmun_bench.running.run import open_run

pytestmark = pytest.mark.usefixtures("own_cache")

HERE = Path(__file__).parent


@pytest.fixture
def settings(tiny_checkpoint: Path, plain_data: Path, tmp_path: Path) -> Settings:
    return asked(tiny_checkpoint, plain_data, tmp_path / "run")


def test_a_run_that_is_killed_at_any_moment_ends_with_the_same_figures(
    settings: Settings, tmp_path: Path
) -> None:
    whole = one_plan(changed(settings, output=tmp_path / "whole"))
    run_one(whole)
    assert settings.output is not None
    script = str(HERE / "scripted.py")
    command = [sys.executable, script, str(settings.model), settings.data, str(settings.output)]
    answers, rng = settings.output / "answers.jsonl", random.Random(0)
    for _ in range(2):
        process = subprocess.Popen([*command, str(tmp_path / "cache")])
        before = answers.stat().st_size if answers.exists() else 0
        while process.poll() is None and (not answers.exists() or answers.stat().st_size <= before):
            time.sleep(0.002)
        time.sleep(rng.random() * 0.1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    plan = one_plan(settings)
    run_one(plan, ScriptedBackend(window=16))
    said = [one.question_id for one in open_run(plan.folder).answers.read()]
    assert len(said) == len(set(said)) == len(plan.asked)
    assert files(plan.folder)["scores.json"] == files(whole.folder)["scores.json"]
    assert sorted(files(plan.folder)) == sorted(files(whole.folder))
    assert json.loads((plan.folder / "manifest.json").read_text())["questions"] == len(plan.asked)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_at_random_moments_change_no_figure(settings: Settings, tmp_path: Path) -> None:
    script, cache = str(HERE / "killed.py"), str(tmp_path / "cache")
    command = [sys.executable, script, str(settings.model), settings.data, str(tmp_path), cache, "20"]
    killed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert sum(map(len, killed.values())) == 20
    # Some of them while it was answering, not only while it was loading or judging.
    assert sum(0 < answers < 75 for kills in killed.values() for answers in kills) >= 3
    whole = files(tmp_path / "whole")
    for name in killed:
        found = files(tmp_path / name)
        said = [one.question_id for one in open_run(tmp_path / name).answers.read()]
        assert len(said) == len(set(said)) == 75
        assert found["scores.json"] == whole["scores.json"]
        assert sorted(found["answers.jsonl"].splitlines()) == sorted(whole["answers.jsonl"].splitlines())
        assert sorted(found) == sorted(whole)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_on_many_large_images_stays_under_two_gib(tiny_checkpoint: Path, tmp_path: Path) -> None:
    data = write_large(tmp_path / "large")
    try:
        places = [tiny_checkpoint, data, tmp_path / "run", tmp_path / "large" / "cache"]
        command = [sys.executable, str(HERE / "large.py"), *map(str, places)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert (found["questions"], found["sizes"]) == (25_000, [[512, 512]])
        # More than ten questions on each of 2,000 images: far more is read than is ever held.
        assert found["read"] > 4096
        assert found["peak"] < 2048
    finally:
        shutil.rmtree(tmp_path / "large")
