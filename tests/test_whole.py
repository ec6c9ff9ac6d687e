"""What is there whole or not at all, and the lock of who is making it."""

import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.whole import appearing, locked, require_place, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_when_its_block_ends_well(tmp_path: Path) -> None:
    with appearing(tmp_path / "deep" / "out") as folder:
        (folder / "file").write_text("whole")
        assert not (tmp_path / "deep" / "out").exists()
    assert (tmp_path / "deep" / "out" / "file").read_text() == "whole"
    assert names(tmp_path / "deep") == ["out"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a bug"), OSError("of no disk")])
def test_a_block_that_fails_leaves_nothing_and_its_error_is_kept(
    tmp_path: Path, error: BaseException
) -> None:
    with pytest.raises(type(error)), appearing(tmp_path / "out") as folder:
        (folder / "file").write_text("half")
        raise error
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), shutil.Error([("a", "b", "No space")])]
)
def test_a_full_disk_is_one_line(tmp_path: Path, error: OSError) -> None:
    with pytest.raises(BenchError, match=r"out cannot be written: .*No space"), appearing(tmp_path / "out"):
        raise error
    assert names(tmp_path) == []


def test_what_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("old")
    with (
        pytest.raises(BenchError, match="out exists; give a folder that does not"),
        appearing(tmp_path / "out"),
    ):
        pass
    with pytest.raises(KeyboardInterrupt), appearing(tmp_path / "out", replacing=True) as folder:
        raise KeyboardInterrupt
    assert names(tmp_path / "out") == ["old"]
    with appearing(tmp_path / "out", replacing=True) as folder:
        (folder / "new").write_text("new")
    assert (names(tmp_path), names(tmp_path / "out")) == (["out"], ["new"])


@pytest.mark.parametrize("appeared", [False, True])
def test_a_swap_that_was_broken_off_is_finished_or_undone(tmp_path: Path, appeared: bool) -> None:
    """Killed between the two renames the old folder is all there is; killed after them it is too much."""
    (tmp_path / ".out.former").mkdir()
    (tmp_path / ".out.former" / "old").write_text("old")
    if appeared:
        (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt), appearing(tmp_path / "out", replacing=True):
        raise KeyboardInterrupt
    assert (names(tmp_path), names(tmp_path / "out")) == (["out"], [] if appeared else ["old"])


MAKING = (
    "import pathlib, sys, time\n"
    "from s_mllmun_bench.whole import appearing\n"
    "with appearing(pathlib.Path(sys.argv[1])) as folder:\n"
    "    (folder / 'file').write_text('half')\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def test_what_a_living_process_makes_is_left_alone_and_what_a_killed_one_left_is_swept_away(
    tmp_path: Path,
) -> None:
    output = tmp_path / "out"
    command = [sys.executable, "-c", MAKING, str(output)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BenchError, match=r"another process works on .*out; wait"), appearing(output):
            pass
        assert (tmp_path / ".out.partial" / "file").read_text() == "half"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert (tmp_path / ".out.partial" / "file").exists()
    with appearing(tmp_path / "other"):
        pass
    assert (tmp_path / ".out.partial" / "file").exists()
    with appearing(output) as folder:
        assert names(folder) == []
    assert names(tmp_path) == ["other", "out"]


def test_a_file_is_written_whole_or_stays(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", [b"a", b"b"])

    def broken():
        yield b"c"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_whole(tmp_path / "file", broken())
    assert (tmp_path / "file").read_bytes() == b"ab"
    assert names(tmp_path) == ["file"]


HOLD = (
    "import pathlib, sys, time\n"
    "from s_mllmun_bench.whole import locked\n"
    "with locked(pathlib.Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def test_a_second_process_is_refused_at_once_until_the_first_dies(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with (
            pytest.raises(BenchError, match=rf"another process works on {folder}; wait for it"),
            locked(folder),
        ):
            pass
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with locked(folder):
            assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_several_folders_are_held_or_none(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with locked(second):
        with pytest.raises(BenchError, match=f"another process works on {second}"), locked(first, second):
            pass
        with locked(first):
            pass


def test_a_folder_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "run")
    refused = pytest.raises(BenchError, match="another process")
    with locked(tmp_path / "run"), refused, locked(tmp_path / "link"):
        pass


def test_a_forked_process_holds_no_lock_of_its_parent(tmp_path: Path) -> None:
    with locked(tmp_path / "run"):
        process = multiprocessing.get_context("fork").Process(target=signal.pause)
        process.start()
    try:
        with locked(tmp_path / "run"):
            pass
    finally:
        process.kill()
        process.join()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BenchError, match="cannot write beside"), locked(tmp_path / "file" / "run"):
        pass


def test_a_folder_that_is_added_to_needs_no_writable_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) == cache)
    require_place(cache, replacing=True)
    require_place(cache / "new")
    with pytest.raises(BenchError, match="is no folder that can be written"):
        require_place(tmp_path / "new", replacing=True)
