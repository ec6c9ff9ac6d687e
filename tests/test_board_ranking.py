"""Ranks, null rows, and the order that a board must withstand."""

from pathlib import Path

import pytest
from board_parts import boards_of
from scripted import silent
from submitted import (
    a_leaderboard,
    a_run,
    destroyed,
    forgets,
    said,
    submitted,
)

from s_mllmun_bench.board.entries import read_entries
from s_mllmun_bench.board.nulls import NULLS, null_runs
from s_mllmun_bench.board.ranking import Ranked, lead, ranked
from s_mllmun_bench.board.released import add_released
from s_mllmun_bench.board.submitting import submit
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import JudgeServer
from s_mllmun_bench.scoring.records import Estimate

pytestmark = pytest.mark.usefixtures("no_key")


def lead_by(difference: float) -> Estimate:
    return Estimate(mean=difference, low=difference - 0.5, high=difference + 0.5)


def test_rows_that_chance_may_have_ordered_share_a_rank() -> None:
    # 5.0 and 4.8 are within 0.5 of the first of their group; 4.4 is not and begins the next, which holds 4.1.
    means = [4.4, 5.0, None, 4.1, 4.8]
    found = ranked(means, lambda mean: mean, lambda one, other: lead_by((one or 0) - (other or 0)))
    assert found == [Ranked(1, 1), Ranked(4, 1), Ranked(0, 3), Ranked(3, 3)]


def test_two_runs_of_one_model_share_a_rank(board: Path, tmp_path: Path) -> None:
    submitted(board, a_run(tmp_path / "twin", forgets))
    (made,) = boards_of(board).boards
    assert [(row.method, row.rank) for row in made.ranked] == [("good", 1), ("twin", 1), ("bad", 3)]


def test_methods_are_ranked_whether_or_not_they_were_asked_about_unseen_people(
    board: Path, tmp_path: Path
) -> None:
    submitted(board, a_run(tmp_path / "twin", forgets, sets=("forget", "retain")))
    (made,) = boards_of(board).boards
    assert [(row.method, row.rank) for row in made.ranked] == [("good", 1), ("twin", 1), ("bad", 3)]


def test_a_lead_over_a_run_on_other_questions_is_refused(board: Path) -> None:
    first, second = (one.scored for one in read_entries(board, silent)[:2])
    fewer = {name: row for name, row in second.items() if name != "forget-0-text_memory"}
    with pytest.raises(BenchError, match="must be asked the same; forget-0-text_memory is asked of one"):
        lead(first, fewer)


def test_no_null_row_is_above_the_original_model(tmp_path: Path, mini_data: Path, own_cache: None) -> None:
    board = tmp_path / "leaderboard"
    add_released(board, mini_data, {})
    known = null_runs(mini_data, 15, tmp_path / "runs", "offline", JudgeServer(), silent)
    for method, run in known.items():
        submit(run, said(NULLS[method][0], method, base_model="m"), board, silent)
    (made,) = boards_of(board).boards
    rows = {row.method: row for row in made.references}
    assert rows.keys() == NULLS.keys() and not made.ranked
    assert made.withstands_null_rows is None
    for row in rows.values():
        assert row.headline.mean is not None and row.headline.mean < 2
    assert rows["null_refusal"].signs and rows["null_refusal"].signs.refusals_unseen == 1.0
    assert rows["null_refusal"].signs.identical_forget == 1.0
    assert rows["null_empty"].signs and rows["null_empty"].signs.words_forget == 0.0


def test_a_null_row_that_answers_something_else_is_found(board: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="is not answered as null_empty answers it"):
        submitted(board, a_run(tmp_path / "run", forgets), method="null_empty")


def test_a_board_whose_null_rows_beat_the_original_says_so(tmp_path: Path) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    submitted(board, a_run(tmp_path / "original", destroyed, adapted=False))
    empty = a_run(tmp_path / "null_empty", lambda *_: "", adapted=False)
    submitted(board, empty)
    (made,) = boards_of(board).boards
    assert made.withstands_null_rows is False
