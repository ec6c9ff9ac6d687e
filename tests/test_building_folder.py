"""The output folder of a build: there whole or not at all, and nothing of others is touched."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from s_mllmun_bench.building import build
from s_mllmun_bench.errors import BenchError

RECIPE = str(Path(__file__).parent / "builders" / "plain.yaml")


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_that_is_not_ours_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "README.md").write_text("My thesis\n")
    (foreign / "chapter.txt").write_text("one")
    before = contents_of(tmp_path)
    for force in (False, True):
        with pytest.raises(
            BenchError, match="exists and is not a dataset of this benchmark; nothing was changed"
        ):
            build(RECIPE, foreign, limit=20, force=force)
    with pytest.raises(BenchError, match="is a file"):
        build(RECIPE, foreign / "chapter.txt", limit=20, force=True)
    assert contents_of(tmp_path) == before


def test_a_dataset_of_ours_is_replaced_only_by_force_and_only_if_nothing_was_added(tmp_path: Path) -> None:
    output = tmp_path / "out"
    first = build(RECIPE, output, limit=20)
    with pytest.raises(BenchError, match="exists; name another folder, or replace the dataset with --force"):
        build(RECIPE, output, limit=20, seed=3)
    (output / "notes.txt").write_text("mine")
    with pytest.raises(
        BenchError, match=r"holds 'notes.txt', which is not of the dataset; move it away first"
    ):
        build(RECIPE, output, limit=20, seed=3, force=True)
    (output / "notes.txt").unlink()
    assert build(RECIPE, output, limit=20, seed=3, force=True).digest != first.digest
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_taken_and_missing_parents_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    build(RECIPE, tmp_path / "empty", limit=20)
    build(RECIPE, tmp_path / "deep" / "down", limit=20)
    assert (tmp_path / "empty" / "README.md").is_file()
    assert (tmp_path / "deep" / "down" / "README.md").is_file()


def test_an_interrupted_build_leaves_the_old_dataset_and_nothing_else(tmp_path: Path) -> None:
    output = tmp_path / "out"
    build(RECIPE, output, limit=20)
    before = contents_of(output)

    def interrupt(done: int, total: int, what: str) -> None:
        if what == "tables" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(RECIPE, output, limit=20, seed=9, force=True, progress=interrupt)
    assert contents_of(output) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


KILLED = """
import sys, time
from pathlib import Path
from s_mllmun_bench.building import build

def stop(done, total, what):
    if what == "tables" and done == 5:
        print("in the middle", flush=True)
        time.sleep(60)

build(sys.argv[1], Path(sys.argv[2]), limit=20, progress=stop)
"""


def test_a_killed_build_leaves_nothing_at_the_output_and_does_not_hinder_the_next(tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", KILLED, RECIPE, str(output)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"in the middle\n"
    with pytest.raises(BenchError, match="another process works on"):
        build(RECIPE, output, limit=20)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    process.stdout.close()
    assert not output.exists()
    build(RECIPE, output, limit=20)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Python would leave a module's bytecode cut off.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))
    try:
        with pytest.raises(BenchError) as told:
            build(RECIPE, tmp_path / "out", limit=20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(told.value).startswith("cannot write ")
    assert "\n" not in str(told.value)
    assert list(tmp_path.iterdir()) == []
