"""Checkpoints of the Hub, fetched over HTTP from a loopback server: what is fetched, and what goes wrong."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import COMMIT, Hub
from serving import running

from s_mllmun_bench.checkpoints.hub import is_hub_id
from s_mllmun_bench.checkpoints.loading import checkpoint_digest

_CODE = """
import json, sys
from s_mllmun_bench.checkpoints.loading import resolve_model
from s_mllmun_bench.errors import BenchError
told = []
for name in sys.argv[2:]:
    try:
        folder = resolve_model(name, sys.argv[1] == "trusted", lambda *report: told.append(report))
        print(json.dumps(str(folder)))
    except BenchError as error:
        print(json.dumps(f"error: {error}"))
    print(json.dumps(told), file=sys.stderr)
"""


@pytest.fixture
def hub(tiny_checkpoint: Path, tmp_path: Path) -> Iterator[Hub]:
    """Return a server of the tiny checkpoint with files that are none of ours beside it."""
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "served")
    for name in ("pytorch_model.bin", "modeling_own.py", "onnx/model.safetensors", "README.md", "a.pkl"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    with running(Hub(folder)) as served:
        yield served


def resolved(url: str, cache: Path, *names: str, trusted: bool = False) -> list[str]:
    """Return what each name is resolved to, in one fresh process with its own cache of the Hub."""
    return [json.loads(line) for line in process(url, cache, *names, trusted=trusted).stdout.splitlines()]


def process(url: str, cache: Path, *names: str, trusted: bool = False) -> "subprocess.CompletedProcess[str]":
    """Resolve some names; stderr holds a line for each with all that the progress was told until then."""
    settings = {"HF_ENDPOINT": url, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", _CODE, "trusted" if trusted else "plain", *names]
    environment = {**os.environ, **settings, "HF_HUB_DOWNLOAD_TIMEOUT": "2"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=cache)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return an empty folder."""
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def test_a_checkpoint_of_the_hub_is_fetched_once_and_without_code_or_pickles(
    hub: Hub, cache: Path, tiny_checkpoint: Path
) -> None:
    one, two = resolved(hub.url, cache, "me/model", "me/model@v1")

    assert one == two
    assert Path(one).name == COMMIT
    assert checkpoint_digest(Path(one)) == checkpoint_digest(tiny_checkpoint)
    fetched = {file.name for file in tiny_checkpoint.iterdir()}
    assert {str(file.relative_to(one)) for file in Path(one).rglob("*")} == fetched
    assert sorted(hub.fetched) == sorted(fetched)


def test_a_download_tells_how_far_it_is_and_what_is_there_tells_nothing(hub: Hub, cache: Path) -> None:
    weights = hub.folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes().ljust(25 << 20, b"\0"))

    lines = process(hub.url, cache, "me/model", "me/model@v1").stderr.splitlines()

    first, second = (json.loads(line) for line in lines if line.startswith("["))
    assert first == second
    assert {what for _, _, what in first} == {"downloading me/model, MiB"}
    done = [count for count, _, _ in first]
    assert done == sorted(done)
    # The weights have 25 MiB, the other files together less than one.
    assert first[-1] == [25, 25, "downloading me/model, MiB"]
    assert all(count < total for count, total, _ in first[:-1])
    assert len({count for count in done if 0 < count < 25}) >= 2


def test_the_code_of_a_trusted_checkpoint_is_fetched_as_well(hub: Hub, cache: Path) -> None:
    (folder,) = resolved(hub.url, cache, "me/model", trusted=True)

    assert (Path(folder) / "modeling_own.py").is_file()
    assert not (Path(folder) / "a.pkl").exists()


def test_what_the_hub_refuses_is_one_line(hub: Hub, cache: Path) -> None:
    lines = resolved(hub.url, cache, "me/nothing", "me/gated", "me/model@v9", "me/broken")

    assert lines[0] == (
        "error: no checkpoint folder at 'me/nothing', and no model me/nothing on the Hub "
        "(for a private one, set HF_TOKEN)"
    )
    assert lines[1].startswith("error: no access to me/gated on the Hub: its owner grants access on request")
    assert lines[2] == "error: the model me/model on the Hub has no revision 'v9'"
    assert lines[3].startswith("error: no checkpoint folder at 'me/broken', and it could not be fetched")
    assert not any("\n" in line for line in lines)


def test_a_model_of_pickles_is_refused(hub: Hub, cache: Path) -> None:
    (hub.folder / "model.safetensors").unlink()

    (line,) = resolved(hub.url, cache, "me/model")

    assert line.endswith("holds no *.safetensors; weights in other formats are not read")
    assert "pytorch_model.bin" not in hub.fetched


def test_a_fetched_checkpoint_is_found_when_the_hub_is_not(hub: Hub, cache: Path) -> None:
    (first,) = resolved(hub.url, cache, "me/model")

    again, other = resolved("http://127.0.0.1:9", cache, "me/model", "me/other")

    assert again == first
    assert other.startswith("error: no checkpoint folder at 'me/other', and it could not be fetched")


@pytest.mark.slow
def test_a_download_that_breaks_off_is_one_line_and_no_checkpoint(hub: Hub, cache: Path) -> None:
    (line,) = resolved(hub.url, cache, "me/cut")

    assert line.startswith(
        "error: no checkpoint folder at 'me/cut', and it could not be fetched from the Hub"
    )


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", True),
        ("me/model@refs/pr/1", True),
        ("model", False),
        ("../model", False),
        ("/a/model", False),
        ("runs/a/model", False),
        ("me/model@", False),
        ("me /model", False),
    ],
)
def test_a_name_on_the_hub_is_an_owner_and_a_name(name: str, taken: bool) -> None:
    assert is_hub_id(name) is taken
