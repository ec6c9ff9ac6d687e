"""Verifying: what is computed again, and that every difference is named."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from board_parts import boards_of, easier, states
from fault_server import faultless
from loopback import MODEL, loopback
from scripted import silent
from submitted import (
    a_leaderboard,
    a_run,
    all_files,
    bundle_at,
    forged,
    said,
    submitted,
)
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.board.checking import Again, check
from s_mllmun_bench.board.entries import read_entries
from s_mllmun_bench.board.leaderboard import leaderboard_of, write_leaderboard
from s_mllmun_bench.board.nulls import null_runs
from s_mllmun_bench.board.released import add_released
from s_mllmun_bench.board.standings import FILE
from s_mllmun_bench.board.submitting import submit
from s_mllmun_bench.board.summary import append_summary
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import JudgeServer
from s_mllmun_bench.running.figures import judge_again
from s_mllmun_bench.scoring.aggregate import score

pytestmark = pytest.mark.usefixtures("no_key")


def test_verification_says_in_its_exit_status_what_it_found(board: Path) -> None:
    def status(*words: str | Path) -> int:
        return (
            CliRunner().invoke(cli.app, ["verify", *map(str, words), "--leaderboard", str(board)]).exit_code
        )

    assert status(bundle_at(board)) == 0
    forged(bundle_at(board), lambda one: {"answers": (), "verdicts": ()})
    assert status(bundle_at(board)) == 1
    (bundle_at(board) / "submission.yaml").write_text("{}")
    assert status(bundle_at(board)) == 2
    assert status(bundle_at(board, "bad"), bundle_at(board)) == 2
    (board / "released.yaml").unlink()
    assert status(bundle_at(board, "bad")) == 2


@pytest.mark.parametrize(
    "name", ["answers.jsonl.xz", "manifest.json", "scores.json", "submission.yaml", "verdicts.jsonl.xz"]
)
def test_one_flipped_byte_in_any_file_is_found(name: str, board: Path) -> None:
    path = bundle_at(board) / name
    content = path.read_bytes()
    step = max(1, len(content) // 40)
    for place in range(0, len(content), step):
        flipped = bytearray(content)
        flipped[place] ^= 0x20
        path.write_bytes(flipped)
        assert states(bundle_at(board), board=board) != ["verified"], place


def test_references_are_those_of_the_dataset_or_the_question_is_named(
    mini_data: Path, own_cache: None, tmp_path: Path
) -> None:
    board = tmp_path / "leaderboard"
    add_released(board, mini_data, {})
    runs = null_runs(mini_data, 5, tmp_path / "runs", "offline", JudgeServer(), silent)
    bundle = submit(runs["null_echo"], said("Echo", "null_echo", base_model="m"), board, silent)
    forged(bundle, lambda one: {"answers": tuple(easier(answer) for answer in one.contents.answers)})
    (found,) = check([bundle], board, silent)
    assert found.state == "differs" and "references are not those of mini-1.0.0-20: forget set" in found.note
    (found,) = check([bundle], board, silent, data=mini_data)
    assert re.search(r"references are not those of .*: forget set: p\d+-", found.note)


def test_a_board_that_its_bundles_do_not_make_differs(board: Path) -> None:
    path = board / FILE
    path.write_bytes(path.read_bytes().replace(b'"rank": 2', b'"rank": 1'))
    found = check([board], board, silent)
    assert [one.state for one in found] == ["verified"] * 3 + ["differs"]
    assert "it is not what its bundles make" in found[-1].note


def test_a_bundle_of_another_judge_is_reported_on_that_judges_board(board: Path) -> None:
    def other_judge(bundle: Any) -> dict[str, Any]:
        identity = bundle.manifest.identity
        judges = identity.judges | {"offline_fact": "f" * 64}
        changed = identity.model_copy(update={"judges": judges})
        return {"manifest": bundle.manifest.model_copy(update={"identity": changed})}

    forged(bundle_at(board), other_judge)
    (found,) = check([bundle_at(board)], board, silent)
    assert found.state == "differs" and "its judge offline_fact is ffffffffffff, and here it is" in found.note
    made = leaderboard_of(board, read_entries(board, silent)).boards
    assert sorted([row.method for row in one.ranked] for one in made) == [["bad"], ["good"]]
    assert next(one for one in made if one.ranked[0].method == "good").ranked[0].badge == "reported"


def test_a_bundle_whose_judge_has_changed_does_not_make_the_leaderboard_differ(
    board: Path, tmp_path: Path
) -> None:
    def other_judges(bundle: Any) -> dict[str, Any]:
        judges = dict.fromkeys(bundle.manifest.identity.judges, "f" * 64)
        changed = bundle.manifest.identity.model_copy(update={"judges": judges})
        return {"manifest": bundle.manifest.model_copy(update={"identity": changed})}

    forged(bundle_at(board), other_judges)
    write_leaderboard(board, leaderboard_of(board, read_entries(board, silent)))
    found = check([board], board, silent)
    assert [one.shown_state for one in found] == ["verified", "reported", "verified", "verified"]
    assert found[1].note.startswith("reported, on its own judge's board: its verdicts cannot be had again")
    assert CliRunner().invoke(cli.app, ["verify", str(board)]).exit_code == 0
    append_summary(tmp_path / "summary.md", found, board)
    assert "| reported | reported, on its own judge" in (tmp_path / "summary.md").read_text()
    assert CliRunner().invoke(cli.app, ["leaderboard", "build", "--leaderboard", str(board)]).exit_code == 0


def test_a_bundle_that_its_judges_cannot_have_judged_is_not_on_their_board(board: Path) -> None:
    first, *others = read_entries(board, silent)
    with pytest.raises(BenchError, match="bad is not of the judges whose digests it states: elsewhere"):
        leaderboard_of(board, [replace(first, unjudged="elsewhere"), *others])


# Verdicts of an LLM


@pytest.fixture
def llm_board(tmp_path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield a leaderboard with one bundle that an LLM judged, and the server."""
    run = a_run(tmp_path / "smfa", judges={})
    (run / "verdicts.jsonl").unlink()
    with loopback(faultless) as server:
        judge_again(run, "llm", silent, JudgeServer(MODEL, server.url))
        board = a_leaderboard(tmp_path / "leaderboard")
        asked = len(server.asked)
        submitted(board, run)
        assert len(server.asked) == asked
        yield board, server


def test_llm_verdicts_are_read_again_from_their_replies(llm_board: tuple[Path, Any]) -> None:
    board, server = llm_board
    asked = len(server.asked)
    bundle = bundle_at(board, "smfa")
    assert (bundle / "replies.jsonl.xz").is_file()
    assert states(bundle, board=board) == ["verified"]
    assert len(server.asked) == asked
    (row,) = boards_of(board).boards[0].ranked
    assert row.badge == "recomputed"


def test_a_reply_that_was_edited_or_is_to_another_answer_is_found(llm_board: tuple[Path, Any]) -> None:
    board, _ = llm_board
    bundle = bundle_at(board, "smfa")
    kept = all_files(bundle)

    def better(one: Any) -> dict[str, Any]:
        said = '{"reason": "x", "score": 0}'
        return {"replies": tuple(reply.model_copy(update={"text": said}) for reply in one.contents.replies)}

    def swapped(one: Any) -> dict[str, Any]:
        verdicts = one.contents.verdicts
        names = [verdict.judge for verdict in verdicts]
        best = {
            name: max((v for v in verdicts if v.judge == name), key=lambda v: v.score) for name in set(names)
        }
        fields = ("score", "reply")
        return {
            "verdicts": tuple(
                verdict.model_copy(update={field: getattr(best[verdict.judge], field) for field in fields})
                for verdict in verdicts
            )
        }

    for change in (better, swapped):
        forged(bundle, change)
        (found,) = check([bundle], board, silent)
        assert found.state == "differs" and "verdict of " in found.note, found.note
        for name, content in kept.items():
            (bundle / name).write_bytes(content)


@pytest.mark.parametrize("hosts", [(), ("one.example", "two.example")])
def test_llm_verdicts_without_replies_of_one_server_are_refused(
    hosts: tuple[str, ...], llm_board: tuple[Path, Any]
) -> None:
    board, _ = llm_board

    def made_up(one: Any) -> dict[str, Any]:
        replies = zip(one.contents.replies, hosts, strict=False)
        return {"replies": tuple(reply.model_copy(update={"host": host}) for reply, host in replies)}

    forged(bundle_at(board, "smfa"), made_up)
    found = check([board], board, silent)
    assert [one.state for one in found] == ["differs"]
    assert f"its LLM's replies come from {len(hosts)} servers and must come from one" in found[0].note
    with pytest.raises(BenchError, match="must come from one"):
        read_entries(board, silent)


def test_asking_the_judge_again_tells_a_steady_judge_from_invented_replies(
    llm_board: tuple[Path, Any],
) -> None:
    board, server = llm_board
    bundle = bundle_at(board, "smfa")
    again = Again(20, None, JudgeServer(MODEL, server.url), 7, record=True)
    (found,) = check([bundle], board, silent, again=again)
    assert found.state == "verified"
    assert "again on 20 answers (seed 7): +0.00 [+0.00, +0.00]" in found.note
    made = leaderboard_of(board, read_entries(board, silent))
    assert made.boards[0].ranked[0].badge == "rejudged"

    def invented(one: Any) -> dict[str, Any]:
        said = '{"reason": "x", "score": 10}'
        replies = tuple(reply.model_copy(update={"text": said}) for reply in one.contents.replies)
        verdicts = tuple(verdict.model_copy(update={"score": 10.0}) for verdict in one.contents.verdicts)
        answers = one.contents.answers
        names = sorted({verdict.judge for verdict in verdicts})
        return {"replies": replies, "verdicts": verdicts, "scores": score(answers, verdicts, names)}

    forged(bundle, invented)
    assert states(bundle, board=board) == ["verified"]
    (found,) = check([bundle], board, silent, again=again)
    assert found.state == "differs" and "it has drifted" in found.note
