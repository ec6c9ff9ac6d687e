"""The bundles of this repository's own board: each proves itself, and the board is what they make."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from scripted import silent
from submitted import all_files, bundle_at, forged
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.board.bundle import Bundle, bundle_folders, read_bundle
from s_mllmun_bench.board.checking import check
from s_mllmun_bench.board.entries import Entry, placed, read_entries
from s_mllmun_bench.board.leaderboard import leaderboard_of, write_leaderboard
from s_mllmun_bench.board.renewing import renew
from s_mllmun_bench.board.standings import FILE, SCHEMA_FILE, Board, Leaderboard, written

LEADERBOARD = Path(__file__).resolve().parent.parent / "leaderboard"
MINI = ("mini-1.0.0-200", "mini_qwen2_5_vl_200", 5)


@dataclass(frozen=True)
class Committed:
    """The committed bundles, verified once for all tests, and what is made of them."""

    entries: Sequence[Entry]
    made: Leaderboard

    def mini(self) -> Board:
        return next(one for one in self.made.boards if (one.benchmark, one.base_model, one.ratio) == MINI)


@pytest.fixture(scope="module")
def committed() -> Committed:
    entries = read_entries(LEADERBOARD, silent)
    return Committed(entries, leaderboard_of(LEADERBOARD, entries))


def test_every_committed_bundle_is_whole_and_lies_where_it_says() -> None:
    folders = bundle_folders(LEADERBOARD)
    assert len(folders) >= 7
    for folder in folders:
        # Every file has the digest that the submission states, and the submission ends in its own.
        assert placed(read_bundle(folder)).contents.manifest.identity.limit is None


@pytest.mark.slow
def test_every_committed_bundle_is_verified_by_todays_judges(committed: Committed) -> None:
    assert len(committed.entries) == len(bundle_folders(LEADERBOARD))
    reported = [f"{one.bundle.folder}: {one.unjudged}" for one in committed.entries if one.unjudged]
    # A judge that has changed: `bench leaderboard renew` judges them anew.
    assert reported == []


@pytest.mark.slow
def test_the_committed_board_is_what_its_bundles_make_to_the_byte(
    committed: Committed, tmp_path: Path
) -> None:
    assert (LEADERBOARD / FILE).read_bytes() == written(committed.made)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_leaderboard(tmp_path / name, committed.made)
    assert all_files(tmp_path / "one") == all_files(tmp_path / "two")
    for name in (FILE, SCHEMA_FILE):
        assert (tmp_path / "one" / name).read_bytes() == (LEADERBOARD / name).read_bytes()


def test_the_committed_board_fits_its_schema() -> None:
    schema = json.loads((LEADERBOARD / SCHEMA_FILE).read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((LEADERBOARD / FILE).read_bytes()), schema)


@pytest.mark.slow
def test_the_mini_board_has_every_method_every_reference_and_both_controls(committed: Committed) -> None:
    board = committed.mini()
    methods = {"ga_difference", "kl_minimization", "idk_tuning", "manu", "smfa"}
    assert methods <= {row.method for row in board.ranked}
    shown = [row.method for row in board.references]
    assert shown[:3] == ["original", "retrain", "before"]
    assert {"mfa_scaled", "mfa_random_mask"} < set(shown)
    assert sum(method.startswith("null_") for method in shown) == 5


@pytest.mark.slow
def test_no_null_row_stands_above_the_original_on_the_mini_board(committed: Committed) -> None:
    board = committed.mini()
    means = {row.method: row.headline.mean or 0.0 for row in board.references}
    nulls = {method: mean for method, mean in means.items() if method.startswith("null_")}
    assert board.withstands_null_rows is True
    assert max(nulls.values()) < means["original"]
    assert max(nulls.values()) < min(row.headline.mean or 0.0 for row in board.ranked)


@pytest.mark.slow
def test_the_original_knows_the_people_that_it_was_taught(committed: Committed) -> None:
    entry = next(one for one in committed.entries if one.bundle.submission.method == "original")
    columns = [one for one in entry.scores.columns if one.metric == "rouge_l" and one.set != "unseen"]
    assert len(columns) == 6
    assert min(one.mean or 0.0 for one in columns) >= 0.6


def of_another_judge(bundle: Bundle) -> dict[str, object]:
    """Return a bundle's manifest as if its Fact judge had been another one."""
    manifest = bundle.manifest
    judges = {**manifest.identity.judges, "offline_fact": "0" * 64}
    identity = manifest.identity.model_copy(update={"judges": judges})
    cards = dict(manifest.judges)
    cards["offline_fact"] = cards["offline_fact"].model_copy(update={"digest": "0" * 64})
    return {"manifest": manifest.model_copy(update={"identity": identity, "judges": cards})}


def test_bundles_of_a_judge_that_has_changed_are_judged_anew(board: Path) -> None:
    before = all_files(board)
    for method in ("original", "good", "bad"):
        forged(bundle_at(board, method), of_another_judge)
    assert [one.shown_state for one in check([board], board, silent)][:3] == ["reported"] * 3
    assert [one.name for one in renew(board, silent)] == ["bad", "good", "original"]
    # The answers are the same, and so is all that today's judges make of them.
    after = all_files(board)
    kept = [name for name in before if name.endswith((".xz", "scores.json"))]
    assert len(kept) == 9 and [after[name] for name in kept] == [before[name] for name in kept]
    assert [one.shown_state for one in check([board], board, silent)] == ["verified"] * 4
    assert renew(board, silent) == []


def test_the_command_says_what_it_judged_anew(board: Path) -> None:
    forged(bundle_at(board), of_another_judge)
    result = CliRunner().invoke(cli.app, ["leaderboard", "renew", "--leaderboard", str(board)])
    assert result.exit_code == 0
    assert f"judged anew: {bundle_at(board)}" in result.stdout
    assert f"1 bundles judged anew; {board}/leaderboard.json is up to date" in result.stdout
