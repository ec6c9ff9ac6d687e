"""Bundles edited by hand: whatever was changed is named, and the board stays."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from forging import found_at
from submitted import (
    a_run,
    all_files,
    answers_of,
    bundle_at,
    destroyed,
    forged,
    forgets,
    submitted,
)

from s_mllmun_bench.board.bundle import Bundle, read_bundle
from s_mllmun_bench.board.standings import FILE
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.scoring.aggregate import score

JUDGES = ["offline_fact", "offline_meaningful"]


def test_scores_edited_by_hand_are_named(board: Path) -> None:
    def better(bundle: Bundle) -> Mapping[str, Any]:
        scores = bundle.contents.scores
        memory = scores.overall_memory.model_copy(update={"mean": 9.9})
        return {"scores": scores.model_copy(update={"overall_memory": memory})}

    forged(bundle_at(board, "bad"), better)
    assert (
        "scores.json: overall_memory: mean is 9.9, not 0.0" in found_at(bundle_at(board, "bad"), board).note
    )


def test_answers_edited_by_hand_are_named(board: Path) -> None:
    def better(bundle: Bundle) -> Mapping[str, Any]:
        return {
            "answers": tuple(
                one.model_copy(update={"answer": one.reference}) for one in bundle.contents.answers
            )
        }

    forged(bundle_at(board, "bad"), better)
    assert (
        "verdict of offline_fact on forget-0-image_memory: score is 0.0, not 10.0"
        in found_at(bundle_at(board, "bad"), board).note
    )


def test_references_edited_by_hand_are_named(board: Path) -> None:
    easy = answers_of(destroyed)

    def easier(bundle: Bundle) -> Mapping[str, Any]:
        answers = tuple(
            one.model_copy(update={"reference": one.answer, "value": None}) for one in bundle.contents.answers
        )
        return {"answers": answers, "scores": score(answers, bundle.contents.verdicts, JUDGES)}

    assert easy
    forged(bundle_at(board, "bad"), easier)
    note = found_at(bundle_at(board, "bad"), board).note
    assert "the questions or references are not those of made-up-1.0.0: forget set: 12 answers" in note


def test_verdicts_of_other_answers_are_named(board: Path) -> None:
    other = {"verdicts": ()}

    def from_the_good(bundle: Bundle) -> Mapping[str, Any]:
        return other

    other["verdicts"] = read_bundle(bundle_at(board)).contents.verdicts
    forged(bundle_at(board, "bad"), from_the_good)
    assert "bad is not what it says: verdict of offline_" in found_at(bundle_at(board, "bad"), board).note


@pytest.mark.parametrize("kept", [0, 35])
def test_answers_or_verdicts_that_were_left_out_are_named(kept: int, board: Path) -> None:
    def fewer(bundle: Bundle) -> Mapping[str, Any]:
        return {"answers": bundle.contents.answers[:kept]}

    forged(bundle_at(board), fewer)
    assert f"it has {kept} of 36 answers" in found_at(bundle_at(board), board).note


def test_an_answer_that_is_there_twice_is_refused(board: Path) -> None:
    forged(bundle_at(board), lambda bundle: {"answers": bundle.contents.answers[:1] * 2})
    assert "is not in order, or something is there twice" in found_at(bundle_at(board), board).note


def test_a_method_that_says_it_is_a_reference_is_refused(board: Path) -> None:
    forged(bundle_at(board), kind="reference")
    assert (
        "kind is reference, but good is none of original, retrain, before"
        in found_at(bundle_at(board), board).note
    )


def test_a_refused_bundle_leaves_the_board_as_it_is(board: Path, tmp_path: Path) -> None:
    forged(bundle_at(board), name="Another")
    before = all_files(board)
    (bundle_at(board, "bad") / "scores.json").write_text("{}")
    broken = all_files(board)
    with pytest.raises(BenchError, match=r"bad/scores\.json is not the file that submission\.yaml"):
        submitted(board, a_run(tmp_path / "new", forgets))
    assert all_files(board) == broken and before.keys() == broken.keys()
    assert json.loads((board / FILE).read_bytes())["boards"]
