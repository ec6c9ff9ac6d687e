"""A build with a faulty server that is killed again and again ends as one that nobody disturbed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from loopback import loopback
from small_build import made, recipe
from writing_server import faultless

KILLS = 5
AT_ONCE = 8

_BUILD = """
import sys
from pathlib import Path
from s_mllmun_bench.building import build
from s_mllmun_bench.contracts import Means
recipe, output, url, own = sys.argv[1:]
print("begins", flush=True)
means = Means(url, concurrency=8)
build(recipe, Path(output), 20, faces=own + "/faces", ophthalmic=own + "/eyes", means=means)
"""


def begun(command: list[str]) -> "subprocess.Popen[str]":
    """Start a process and wait for its first line."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.first = process.stdout.readline().strip()  # type: ignore[attr-defined]
    return process


@pytest.mark.slow
def test_a_killed_build_with_a_faulty_server_gives_the_same_dataset_and_pays_nothing_twice(
    own: Path,
    tmp_path: Path,
) -> None:
    with loopback(faultless) as faultless_server:
        undisturbed = made(own, tmp_path / "whole" / "out", faultless_server.url).digest
    log = tmp_path / "asked"
    server = begun(
        [sys.executable, str(Path(__file__).with_name("writing_server.py")), str(log), "0.4", "0.2"]
    )
    output = tmp_path / "out"
    command = [sys.executable, "-c", _BUILD, recipe(tmp_path), str(output), server.first, str(own)]  # type: ignore[attr-defined]
    rng, under_way = random.Random(1), 0
    try:
        for _ in range(KILLS):
            process = begun(command)
            calls = len(log.read_bytes()) if log.exists() else 0
            while process.poll() is None and (not log.exists() or len(log.read_bytes()) == calls):
                time.sleep(0.01)
            time.sleep(rng.uniform(0.1, 1.5))
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            under_way += AT_ONCE
            assert not output.exists()
        last = begun(command)
        assert last.wait(200) == 0
    finally:
        server.kill()
        server.wait()
    text = (output / "README.md").read_text()
    assert undisturbed in text
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    paid = Counter(one["call"] for one in calls if one["paid"])
    assert len(calls) > sum(paid.values())
    twice = sum(count - 1 for count in paid.values())
    assert twice <= under_way
    assert os.path.getsize(tmp_path / "out.replies" / "replies.jsonl") > 0
