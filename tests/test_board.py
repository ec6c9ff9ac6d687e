"""The leaderboard's own work: bundles, their verification, the order of a board, and what is made of it."""

import json
import random
import re
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from answered import a_verdict, an_answer
from board_parts import a_reply, boards_of, easier, states
from submitted import (
    EFFECT,
    PEOPLE,
    a_leaderboard,
    a_run,
    all_files,
    bundle_at,
    destroyed,
    forged,
    knows_all,
    submitted,
)
from typer.testing import CliRunner

from s_mllmun_bench import cli, contents
from s_mllmun_bench.board import verifying
from s_mllmun_bench.board.bundle import Contents, as_bundled, read_bundle, write_bundle
from s_mllmun_bench.board.export import EVAL_RESULTS, EVERY_EVAL_EVER, exported
from s_mllmun_bench.board.packing import MOST_PACKED
from s_mllmun_bench.board.released import add_released, read_released
from s_mllmun_bench.board.reported import PAPER, reported_boards
from s_mllmun_bench.board.standings import FILE, SCHEMA_FILE, schema
from s_mllmun_bench.board.submission import About
from s_mllmun_bench.board.verifying import why_not_taken
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import TASKS
from s_mllmun_bench.running.run import open_run
from s_mllmun_bench.scoring import aggregate
from s_mllmun_bench.scoring.aggregate import Computed, figures_of, score
from s_mllmun_bench.scoring.records import Scores

pytestmark = pytest.mark.usefixtures("no_key")

ROOT = Path(__file__).resolve().parent.parent


# Submitting


def test_a_submitted_run_is_a_verified_bundle_and_a_row(board: Path) -> None:
    assert sorted(one.name for one in bundle_at(board).iterdir()) == [
        "answers.jsonl.xz",
        "manifest.json",
        "scores.json",
        "submission.yaml",
        "verdicts.jsonl.xz",
    ]
    assert states(board, board=board) == ["verified"] * 4
    (made,) = boards_of(board).boards
    assert [(row.method, row.rank, row.badge) for row in made.ranked] == [
        ("good", 1, "recomputed"),
        ("bad", 2, "recomputed"),
    ]
    assert [(row.method, row.rank) for row in made.references] == [("original", None)]
    assert made.questions == 2 * PEOPLE * len(TASKS)
    assert made.ranked[0].settings is not None and made.ranked[0].settings.seed == 3


def test_the_headline_is_half_of_each_overall_figure(board: Path) -> None:
    # Knows all: memory 10 - 10, understanding 10. Forgets: 10 - 0 and 10. Destroyed: 0 - 0 and 0.
    (made,) = boards_of(board).boards
    rows = {row.method: row.headline.mean for row in (*made.ranked, *made.references)}
    assert rows == {"original": 5.0, "good": 10.0, "bad": 0.0}


def test_a_bundle_names_no_folder_of_the_submitters_machine(home: Path, board: Path) -> None:
    manifest = (bundle_at(board) / "manifest.json").read_text()
    assert str(home) not in manifest and "secret" not in manifest
    assert '"command": "bench eval --data data --model=model -o run"' in manifest


@pytest.mark.parametrize(
    ("run", "text"),
    [
        ({"limit": 3}, "is limited to 3 people; run it without --limit"),
        ({"data": "c" * 64}, "is not released; there are: made-up-1.0.0 (dddddddddddd)"),
        ({"sets": ("forget",)}, "has not asked about the forget and the retain set"),
        ({"effect": None}, "the adapter has not been seen to change anything"),
        ({"effect": EFFECT.model_copy(update={"changed": 0})}, "the adapter has not been seen to change"),
        (
            {"says": lambda name, task, text: None if task == "text_memory" else text},
            "only 0 of the 4 text_memory answers of",
        ),
    ],
    ids=["limited", "not released", "half", "effect not looked for", "no effect", "coverage"],
)
def test_a_run_that_may_not_be_on_the_board_is_told_why(
    run: dict[str, Any], text: str, tmp_path: Path
) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    with pytest.raises(BenchError, match=re.escape(text)):
        submitted(board, a_run(tmp_path / "run", **run))
    assert sorted(one.name for one in board.iterdir()) in (["released.yaml"], ["released.yaml", "results"])


@pytest.mark.parametrize("set_name", ["forget", "retain", "unseen"])
def test_each_figure_has_to_have_enough_scores_by_itself(set_name: str, board: Path) -> None:
    # 97 of 100 in one figure and all in the others: over all of them it would be enough.
    bundle = read_bundle(bundle_at(board))
    scores = bundle.contents.scores

    def told(n: int, missing: int) -> str | None:
        figures = tuple(
            one.model_copy(update={"n": n, "missing": missing})
            if (one.set, one.task, one.metric) == (set_name, "image_memory", "fact")
            else one
            for one in scores.figures
        )
        fewer = scores.model_copy(update={"figures": figures})
        assert fewer.is_covered == (n >= 98) == (not fewer.is_degraded)
        return why_not_taken(bundle.submission, bundle.manifest, fewer)

    assert told(97, 3) == (
        f"only 97 of the 100 image_memory answers of the {set_name} set have a fact score, "
        "and at least 98% must"
    )
    assert told(98, 2) is None


def test_an_unfinished_or_unjudged_run_is_told_what_to_do(board: Path, tmp_path: Path) -> None:
    run = a_run(tmp_path / "run")
    lines = (run / "answers.jsonl").read_text().splitlines(keepends=True)
    (run / "answers.jsonl").write_text("".join(lines[:-1]))
    with pytest.raises(BenchError, match="has 35 of 36 answers; finish it first"):
        submitted(board, run)
    (run / "answers.jsonl").write_text("".join(lines))
    (run / "verdicts.jsonl").unlink()
    with pytest.raises(BenchError, match="has not been judged; `bench judge"):
        submitted(board, run)


def test_a_run_of_an_earlier_judge_is_to_be_judged_anew(tmp_path: Path) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    judges = {"offline_fact": "f" * 64, "offline_meaningful": "f" * 64}
    with pytest.raises(BenchError, match=r"and here it is .*; `bench judge .* judges the run anew"):
        submitted(board, a_run(tmp_path / "run", judges=judges))
    assert not (board / FILE).exists()


def test_figures_that_a_run_says_and_that_do_not_follow_are_refused(board: Path, tmp_path: Path) -> None:
    run, before = a_run(tmp_path / "run"), all_files(board)
    scores = Scores.load(run)
    better = scores.overall_memory.model_copy(update={"mean": 10.5})
    scores.model_copy(update={"overall_memory": better}).save(run)
    with pytest.raises(
        BenchError,
        match=r"run cannot be submitted: .*scores.json: overall_memory: mean is 10.5, not 10.0; .*"
        r"`bench score .*run` computes them again",
    ):
        submitted(board, run, "New", method="new")
    assert all_files(board) == before


def test_submitting_computes_the_figures_of_each_bundle_once(
    board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, counted = a_run(tmp_path / "run"), []

    def counting(*given: Any) -> Computed:
        counted.append(given)
        return figures_of(*given)

    monkeypatch.setattr(verifying, "figures_of", counting)
    monkeypatch.setattr(aggregate, "figures_of", counting)
    submitted(board, run, "New", method="new")
    # Three bundles are there, and one is new.
    assert len(counted) == 4


def test_the_original_model_has_no_adapter(tmp_path: Path) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    with pytest.raises(BenchError, match="original is the model without an adapter"):
        submitted(board, a_run(tmp_path / "run"), method="original")


def test_a_control_is_shown_and_not_ranked(tmp_path: Path) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    submitted(board, a_run(tmp_path / "mfa", kind="control"))
    (made,) = boards_of(board).boards
    assert not made.ranked and made.references[0].kind == "control"


def test_a_place_that_is_taken_stays_as_it_is(board: Path, tmp_path: Path) -> None:
    before = all_files(board)
    with pytest.raises(BenchError, match="good is taken; give another --method"):
        submitted(board, a_run(tmp_path / "run", destroyed), "Other", method="good")
    with pytest.raises(BenchError, match="holds good, which some systems take for GOOD"):
        submitted(board, a_run(tmp_path / "run2", destroyed), "Other", method="GOOD")
    with pytest.raises(BenchError, match="are both called GOOD; give another --name"):
        submitted(board, a_run(tmp_path / "run3", destroyed), "GOOD", method="new")
    assert all_files(board) == before


def test_what_is_missing_is_told_where_nobody_can_be_asked(home: Path, board: Path) -> None:
    result = CliRunner().invoke(
        cli.app, ["submit", str(home / "good"), "--name", "x", "--leaderboard", str(board)]
    )
    assert "--authors is missing" in str(result.exception)


def test_the_command_line_submits_and_says_how_to_go_on(board: Path, tmp_path: Path) -> None:
    run = a_run(tmp_path / "third")
    options = ["--name", "Third", "--authors", "A", "--url", "https://example.org", "--method", "third"]
    result = CliRunner().invoke(cli.app, ["submit", str(run), *options, "--leaderboard", str(board)])
    assert result.exit_code == 0, result.output
    # Without a checkout there is nothing to open a pull request from.
    assert "git" not in result.output.replace(str(board), "")
    assert CliRunner().invoke(cli.app, ["verify", str(board)]).exit_code == 0


def test_in_a_checkout_the_files_of_the_pull_request_are_told(board: Path, tmp_path: Path) -> None:
    (board.parent / ".git").mkdir()
    run = a_run(tmp_path / "third")
    options = ["--name", "Third", "--authors", "A", "--url", "https://example.org", "--method", "third"]
    result = CliRunner().invoke(cli.app, ["submit", str(run), *options, "--leaderboard", str(board)])
    assert "pull request" in result.output and f"git add {board}" in result.output


def test_a_name_that_is_no_folders_is_told_its_characters(board: Path, tmp_path: Path) -> None:
    text = r"--method takes at most 64 letters .* such as my_lora; not 'My LoRA'$"
    with pytest.raises(BenchError, match=text):
        submitted(board, a_run(tmp_path / "run"), "Other", method="My LoRA")


def test_a_new_folder_begins_with_the_versions_that_are_shipped(
    board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, run = tmp_path / "new", a_run(tmp_path / "run")
    with pytest.raises(BenchError, match="is not released; there are: mini-"):
        submitted(new, run, "Other")
    assert not new.exists()
    shipped = contents.folder
    monkeypatch.setattr(contents, "folder", lambda name: board if name == "leaderboard" else shipped(name))
    submitted(new, run, "Other")
    assert read_released(new) == read_released(board)
    assert CliRunner().invoke(cli.app, ["verify", str(new)]).exit_code == 0


def test_building_twice_gives_the_same_bytes(board: Path) -> None:
    before, built = all_files(board), []
    for _ in range(2):
        assert (
            CliRunner().invoke(cli.app, ["leaderboard", "build", "--leaderboard", str(board)]).exit_code == 0
        )
        built.append(all_files(board))
    assert built[0] == built[1]
    assert {name: content for name, content in built[0].items() if not name.startswith("site/")} == before


@pytest.mark.slow
def test_the_bundle_of_a_full_run_is_under_ten_megabytes(tmp_path: Path) -> None:
    """25,000 answers, and on each two verdicts of an LLM with a reason of 35 words drawn by chance."""
    run, rng = open_run(a_run(tmp_path / "run")), random.Random(0)
    words = re.findall(r"\w+", (ROOT / "docs/leaderboard.md").read_text(encoding="utf-8"))
    answers = [
        an_answer(
            f"p{number // 25:04}-evaluation-{number % 25:02}",
            " ".join(rng.choices(words, k=10)),
            reference=" ".join(rng.choices(words, k=6)),
        )
        for number in range(25_000)
    ]
    replies = [a_reply(number, " ".join(rng.choices(words, k=35))) for number in range(50_000)]
    judged = zip(product(answers, ("fact", "meaningful")), replies, strict=True)
    verdicts = [
        as_bundled(a_verdict(one.question_id, 7.0, metric, f"{metric}_score@qwen-plus")).model_copy(
            update={"reply": reply.key}
        )
        for (one, metric), reply in judged
    ]
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    fields = {"benchmark": "b", "base_model": "m", "ratio": 5, "method": "x", "kind": "method", "seed": None}
    about = About(name="X", authors="A", url="https://example.org", **fields)
    replies.sort(key=lambda one: one.key)
    held = Contents(run.manifest, tuple(answers), tuple(verdicts), tuple(replies), score(answers[:10], []))
    write_bundle(bundle, about, held)
    size = sum(file.stat().st_size for file in bundle.iterdir())
    assert 5_000_000 < size < MOST_PACKED
    assert len(read_bundle(bundle).contents.replies) == 50_000


# Verifying


def test_what_gives_a_method_away_stands_on_its_row(tmp_path: Path) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    submitted(board, a_run(tmp_path / "refuses", lambda *_: "I don't know.", prompt="f" * 64))
    submitted(board, a_run(tmp_path / "copies", knows_all))
    (made,) = boards_of(board).boards
    signs = {row.method: row.signs for row in made.ranked}
    refuses, copies = signs["refuses"], signs["copies"]
    assert refuses is not None and copies is not None
    assert (refuses.refusals_unseen, refuses.identical_retain, refuses.gold_forget) == (1.0, 1.0, 0.0)
    assert (copies.refusals_unseen, copies.identical_retain, copies.gold_forget) == (0.0, 2 / 12, 1.0)
    assert (refuses.words_retain, copies.words_retain) == (3.0, 1.0)
    assert (refuses.other_prompt, copies.other_prompt) == (True, False)


# What is published


def test_the_schema_that_is_published_is_that_of_the_records(board: Path) -> None:
    assert (board / SCHEMA_FILE).read_bytes() == schema()
    assert (ROOT / "leaderboard" / SCHEMA_FILE).read_bytes() == schema()
    for folder in (board, ROOT / "leaderboard"):
        jsonschema.validate(json.loads((folder / FILE).read_bytes()), json.loads(schema()))


def test_the_papers_figures_are_reported_and_what_cannot_be_read_is_empty() -> None:
    boards = {(one.base_model, one.ratio): one for one in reported_boards(ROOT / "leaderboard")}
    assert len(boards) == 6
    first = boards["LLaVA-OneVision", 5]
    (original,) = first.references
    # Table 1: memory 7.48 and 8.68 (forget), 7.69 and 8.91 (retain); understanding 7.56 and 7.62.
    assert (original.name, original.badge, original.rank) == ("Original", "reported", None)
    assert original.overall_memory.mean == pytest.approx((7.69 + 8.91 - 7.48 - 8.68) / 2)
    assert original.overall_image_understanding.mean == pytest.approx((7.56 + 7.62) / 2)
    assert all(row.rank is None for row in first.ranked) and first.benchmark == PAPER
    cut_off = next(row for row in boards["Qwen2.5-VL", 5].ranked if row.name == "SMFA")
    empty = [one for one in cut_off.columns if one.mean is None]
    assert empty and cut_off.headline.mean is None
    assert boards["Qwen2.5-VL", 5].ranked[-1] == cut_off


def test_a_released_version_is_never_changed(mini_data: Path, own_cache: None, tmp_path: Path) -> None:
    added = add_released(tmp_path, mini_data, {"model": "a" * 64})
    assert read_released(tmp_path) == (added,)
    assert (added.benchmark, added.of(15, "forget").questions) == ("mini-1.0.0-20", 75)
    with pytest.raises(BenchError, match="already; a changed dataset needs a new version"):
        add_released(tmp_path, mini_data, {})


def test_a_bundle_goes_into_a_model_repository(board: Path) -> None:
    from huggingface_hub import parse_eval_result_entries

    entries = parse_eval_result_entries(
        yaml.safe_load(exported(bundle_at(board), EVAL_RESULTS, "owner/data", board))
    )
    assert [(one.task_id, one.value) for one in entries] == [
        ("overall_memory_05", 10.0),
        ("overall_image_understanding_05", 10.0),
        ("forget_memory_05", 0.0),
        ("retain_memory_05", 10.0),
    ]
    assert {one.dataset_id for one in entries} == {"owner/data"}


def test_a_bundle_goes_into_every_eval_ever(board: Path) -> None:
    record = json.loads(exported(bundle_at(board), EVERY_EVAL_EVER, "owner/data", board))
    assert record["schema_version"] == "0.3.0" and re.fullmatch(r"\d+", record["retrieved_timestamp"])
    assert record["model_info"]["id"] == "model_good"
    details = record["model_info"]["additional_details"]
    assert (details["deployment_type"], details["model_availability"]) == ("self_deployed", "unknown")
    assert len(record["evaluation_results"]) == 4 + 18
    result = record["evaluation_results"][2]
    assert result["evaluation_name"] == "forget_memory" and result["metric_config"]["lower_is_better"]
    assert result["score_details"]["score"] == 0.0
    with pytest.raises(BenchError, match="no format named 'csv' in the exports; there are: eval_results"):
        exported(bundle_at(board), "csv", "owner/data", board)


def test_figures_leave_under_the_id_of_the_dataset_that_they_are_of(board: Path, tmp_path: Path) -> None:
    form = ["--format", EVAL_RESULTS, "--leaderboard", str(board)]
    words = ["leaderboard", "export", str(bundle_at(board)), *form]
    text = "good is of made-up-1.0.0, not of s-mllmun-bench/s-mllmun-bench; name its dataset on the Hub"
    assert text in str(CliRunner().invoke(cli.app, words).exception)
    assert "owner/data" in CliRunner().invoke(cli.app, [*words, "--dataset", "owner/data"]).output
    released = board / "released.yaml"
    released.write_text(released.read_text().replace("made-up-1.0.0", "s-mllmun-bench-1.0.0"))
    forged(bundle_at(board), benchmark="s-mllmun-bench-1.0.0")
    assert "s-mllmun-bench/s-mllmun-bench" in CliRunner().invoke(cli.app, words).output


def test_figures_that_are_not_verified_are_not_exported(board: Path) -> None:
    forged(bundle_at(board), lambda one: {"answers": tuple(map(easier, one.contents.answers))})
    with pytest.raises(BenchError, match="good is not what it says"):
        exported(bundle_at(board), EVAL_RESULTS, "owner/data", board)

    def other_judge(bundle: Any) -> dict[str, Any]:
        judges = bundle.manifest.identity.judges | {"offline_fact": "f" * 64}
        changed = bundle.manifest.identity.model_copy(update={"judges": judges})
        return {"manifest": bundle.manifest.model_copy(update={"identity": changed})}

    forged(bundle_at(board, "bad"), other_judge)
    with pytest.raises(BenchError, match="bad is not exported, for its verdicts cannot be had again"):
        exported(bundle_at(board, "bad"), EVAL_RESULTS, "owner/data", board)


@pytest.mark.slow
def test_the_released_small_mini_is_what_is_built_and_what_a_checkpoint_knows(tmp_path: Path) -> None:
    from s_mllmun_bench.building import build
    from s_mllmun_bench.checkpoints import resolve_model
    from s_mllmun_bench.training.pretraining import read_card

    digest = build("mini", tmp_path / "mini", limit=200).digest
    released = read_released(contents.folder("leaderboard"))
    assert {one.data for one in released if one.benchmark == "mini-1.0.0-200"} == {digest}
    card = read_card(resolve_model("mini_qwen2_5_vl_200"))
    assert card is not None and card.data == digest
