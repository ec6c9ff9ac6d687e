"""Running: files of lines that only grow."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.lines import LineFile
from s_mllmun_bench.records import Verdict


def verdict(name: str) -> Verdict:
    return Verdict(question_id=name, judge="j", metric="fact", score=1.0, reason=None, failure=None)


def test_a_torn_last_line_is_left_out_and_the_next_writer_cuts_it_off(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    assert lines.read() == []
    lines.append([verdict("a"), verdict("b")])
    whole = lines.path.read_bytes()
    lines.path.write_bytes(whole + whole[:25])
    assert lines.read() == [verdict("a"), verdict("b")]
    assert lines.path.read_bytes() == whole + whole[:25]
    lines.append([verdict("c")])
    assert [one.question_id for one in lines.read()] == ["a", "b", "c"]
    assert lines.path.read_bytes().startswith(whole)


def test_every_cut_of_a_file_leaves_whole_records(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    lines.append([verdict("a"), verdict("b")])
    whole = lines.path.read_bytes()
    for length in range(len(whole) + 1):
        lines.path.write_bytes(whole[:length])
        left = whole[:length].count(b"\n")
        assert len(lines.read()) == left
        lines.append([verdict("c")])
        assert len(lines.read()) == left + 1


def test_a_damaged_line_within_the_file_is_an_error_with_its_place(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    lines.append([verdict("a")])
    lines.path.write_bytes(b'{"question_id": 3}\n' + lines.path.read_bytes())
    with pytest.raises(BenchError, match=r"lines\.jsonl:1 is no verdict; restore it or use a new folder"):
        lines.read()


def test_a_record_is_on_disk_before_the_next_is_asked_for(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)

    def records() -> Iterator[Verdict]:
        for number in range(3):
            assert len(lines.read()) == number
            yield verdict(str(number))

    lines.append(records())


def test_a_full_disk_is_one_line_and_what_was_written_is_kept(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    lines.append([verdict("a")])
    size = lines.path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
    try:
        with pytest.raises(BenchError, match=r"cannot write .*lines\.jsonl: File too large"):
            lines.append([verdict("b")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    lines.append([verdict("c")])
    assert [one.question_id for one in lines.read()] == ["a", "c"]


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "nowhere" / "lines.jsonl", Verdict)
    with pytest.raises(BenchError, match=r"cannot write .*lines\.jsonl: No such file"):
        lines.append([verdict("a")])


def test_records_are_exchanged_at_once_or_not_at_all(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "lines.jsonl", Verdict)
    lines.append([verdict("a"), verdict("b")])
    before = lines.path.read_bytes()

    def broken() -> Iterator[Verdict]:
        yield verdict("c")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lines.exchange(lambda one: one.question_id == "a", broken())
    assert lines.path.read_bytes() == before
    lines.exchange(lambda one: one.question_id == "a", [verdict("c")])
    assert [one.question_id for one in lines.read()] == ["a", "c"]
    assert list(tmp_path.iterdir()) == [lines.path]
