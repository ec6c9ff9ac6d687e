"""Runs as rows of a report: what they are called, what they may not be, and `bench score` on several."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from judged_runs import BEFORE, DESTROYS, FORGETS, a_run, made_by
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reporting.paper_tables import table2
from s_mllmun_bench.reporting.rows import read_runs
from s_mllmun_bench.running.figures import score_again
from s_mllmun_bench.scoring.differences import first_difference
from s_mllmun_bench.scoring.records import Scores


def scored(folder: Path, *given: Any, **more: Any) -> Path:
    """Write a run with its scores and return its folder."""
    score_again(a_run(folder, *given, **more))
    return folder


def sculpted(folder: Path, **criteria: bool) -> Path:
    """Write an adapter folder of SMFA with these criteria of its mask."""
    made_by(folder, "smfa")
    (folder / "sculpted_adapter.json").write_text(json.dumps({"k": 1.0} | criteria))
    return folder


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_references_come_first_and_only_methods_are_ranked(tmp_path: Path) -> None:
    folders = [
        scored(tmp_path / "c", FORGETS, adapter=made_by(tmp_path / "1", "mfa", kind="control")),
        scored(tmp_path / "m", FORGETS, adapter=made_by(tmp_path / "2", "smfa", kind="method")),
        scored(tmp_path / "other", DESTROYS, model="another"),
        scored(tmp_path / "plain", BEFORE),
        scored(tmp_path / "theirs", FORGETS, adapter=tmp_path / "their_adapter"),
    ]
    rows = read_runs(folders)
    assert [(row.label, row.method, row.ranked) for row in rows] == [
        ("Original", "original", False),
        ("other", "other", False),
        ("SMFA", "smfa", True),
        ("their_adapter", "their_adapter", True),
        ("MFA", "mfa", False),
    ]
    assert (rows[2].ratio, rows[2].model, rows[2].adapter, rows[2].seed) == (5, "model", "lora", 0)


def test_runs_of_one_method_are_told_apart_by_what_differs(tmp_path: Path) -> None:
    half = sculpted(tmp_path / "half", magnitude=False)
    whole = sculpted(tmp_path / "whole")
    again = made_by(tmp_path / "again", "ga_difference", seed=1)
    folders = [
        scored(tmp_path / "a", FORGETS, adapter=half, k=1.0),
        scored(tmp_path / "b", FORGETS, adapter=whole, k=1.0),
        scored(tmp_path / "c", FORGETS, adapter=whole, k=2.0),
        scored(tmp_path / "d", FORGETS, adapter=whole, k=2.0),
        scored(tmp_path / "e", FORGETS, adapter=made_by(tmp_path / "ga", "ga_difference")),
        scored(tmp_path / "f", FORGETS, adapter=again),
    ]
    assert [row.label for row in read_runs(folders)] == [
        "SMFA, k = 1",
        "SMFA, k = 2 (c)",
        "SMFA, k = 2 (d)",
        "GA Difference, seed 0",
        "GA Difference, seed 1",
        "SMFA, direction only, k = 1",
    ]


def test_the_ablation_has_the_original_mfa_and_smfa_by_its_criteria(tmp_path: Path) -> None:
    plain = scored(tmp_path / "plain", BEFORE)
    mfa = scored(tmp_path / "mfa", FORGETS, adapter=made_by(tmp_path / "0", "mfa", kind="control"))
    whole = scored(tmp_path / "whole", FORGETS, adapter=sculpted(tmp_path / "1"), k=1.0)
    half = scored(tmp_path / "half", FORGETS, adapter=sculpted(tmp_path / "2", direction=False), k=1.0)
    other = scored(tmp_path / "other", FORGETS, adapter=made_by(tmp_path / "3", "ga_difference"))
    assert table2(read_runs([plain, whole, other])) is None
    rows = read_runs([other, half, whole, mfa, plain])
    assert [row.ranked for row in rows] == [False, True, True, False, False]
    found = table2(rows)
    assert found is not None
    assert [(row.label, row.ticks) for row in found.rows] == [
        ("Original", (False, False)),
        ("MFA", (False, False)),
        ("SMFA, magnitude only", (False, True)),
        ("SMFA", (True, True)),
    ]
    assert [(one.set, one.task, one.arrow) for one in found.columns] == [
        ("forget", "image_understanding", "\u2191"),
        ("forget", "image_memory", "\u2193"),
        ("forget", "text_memory", "\u2193"),
        ("retain", "image_understanding", "\u2191"),
        ("retain", "image_memory", "\u2191"),
    ]


def test_runs_that_make_no_table_are_one_line(tmp_path: Path) -> None:
    plain = scored(tmp_path / "plain", BEFORE)
    unscored = a_run(tmp_path / "unscored", BEFORE)
    unfinished = scored(tmp_path / "unfinished", BEFORE)
    lines = (unfinished / "answers.jsonl").read_text().splitlines(keepends=True)
    (unfinished / "answers.jsonl").write_text("".join(lines[:-1]))
    wrong = {
        "no runs; give one run folder or more": [],
        "nothing is not a run: it has no manifest.json": [tmp_path / "nothing"],
        "plain is given twice": [plain, plain],
        "unfinished has 35 of 36 answers; finish it first": [plain, unfinished],
        "unjudged has not been judged; `bench judge": [a_run(tmp_path / "unjudged", BEFORE, judged=False)],
        "no scores.json in .*unscored; `bench score": [unscored],
        "ask different questions: ratio is 5 and 10": [plain, scored(tmp_path / "r", BEFORE, ratio=10)],
        "ask different questions: data is data and x": [plain, scored(tmp_path / "d", BEFORE, data="x")],
        "the runs' judges differ: some_judge": [
            plain,
            scored(tmp_path / "j", BEFORE, judges={"some_judge": "ffff"}),
        ],
    }
    for text, folders in wrong.items():
        with pytest.raises(BenchError, match=text) as error:
            read_runs(folders)
        assert "\n" not in str(error.value)


def test_edited_scores_are_found_out(tmp_path: Path) -> None:
    run = scored(tmp_path / "run", FORGETS)
    scores = Scores.load(run)
    first = scores.figures[7]
    assert (first.set, first.task, first.metric, first.mean) == ("forget", "text_memory", "fact", 2)
    edited = first.model_copy(update={"mean": 1.5})
    figures = (*scores.figures[:7], edited, *scores.figures[8:])
    scores.model_copy(update={"figures": figures}).save(run)
    with pytest.raises(BenchError) as error:
        read_runs([run])
    assert str(error.value) == (
        f"{run}/scores.json is not what its answers and verdicts give: "
        f"figures: forget text_memory fact: mean is 1.5, not 2.0; `bench score {run}` computes it again"
    )
    (run / "scores.json").write_text("{}")
    with pytest.raises(BenchError, match=r"no scores file of this version: .*; `bench score` writes it anew"):
        read_runs([run])
    score_again(run)
    assert read_runs([run])[0].label == "run"


def test_figures_that_differ_by_the_last_bit_are_the_same(tmp_path: Path) -> None:
    scores = Scores.load(scored(tmp_path / "run", FORGETS))
    other = scores.overall_memory.model_copy(update={"mean": (scores.overall_memory.mean or 0) + 1e-12})
    assert first_difference(scores.model_copy(update={"overall_memory": other}), scores) is None
    shorter = scores.model_copy(update={"figures": scores.figures[1:]})
    assert first_difference(shorter, scores) == "figures are 17, not 18"
    seeded = scores.model_copy(update={"seed": 1})
    assert first_difference(seeded, scores) == "seed is 1, not 0"


def test_several_runs_make_the_papers_table(tmp_path: Path) -> None:
    plain = scored(tmp_path / "plain", BEFORE)
    runs = [
        plain,
        a_run(tmp_path / "gentle", FORGETS, adapter=made_by(tmp_path / "1", "smfa")),
        a_run(tmp_path / "harsh", DESTROYS, 2.0, adapter=made_by(tmp_path / "2", "ga_difference")),
    ]
    shown = command("score", *runs)
    assert shown.exit_code == 0, shown.output
    assert max(len(line) for line in shown.stdout.splitlines() if str(tmp_path) not in line) <= 100
    assert "Original" in shown.stdout
    rows = list(csv.DictReader(io.StringIO(command("score", *runs, "--csv").stdout)))
    assert len(rows) == 3 * 18
    (best,) = [
        row
        for row in rows
        if (row["run"], row["set"], row["task"], row["metric"]) == ("SMFA", "retain", "text_memory", "fact")
    ]
    assert (best["mean"], best["n"], best["missing"], best["mark"]) == ("9.0", "6", "0", "best")
    tex = command("score", *runs, "--latex").stdout
    assert "GA Difference & " in tex
    assert tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") == 1
    both = json.loads(command("score", *runs, "--json").stdout)
    assert [Path(one["run"]).name for one in both["runs"]] == ["plain", "gentle", "harsh"]
    result = command("score", plain, "--json", "--csv")
    assert str(result.exception) == "give one of --json, --csv and --latex"


def test_one_run_is_shown_with_its_intervals_in_100_columns(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run", FORGETS)
    lines = (run / "verdicts.jsonl").read_text().splitlines(keepends=True)
    (run / "verdicts.jsonl").write_text("".join(lines[1:]))
    shown = command("score", run)
    assert shown.exit_code == 0, shown.output
    assert max(len(line) for line in shown.stdout.splitlines() if str(tmp_path) not in line) <= 100
    assert "Overall Memory                  7.00 [7.00, 7.00]" in shown.stdout
    # One of six answers about what the forget set's images show has no score: 5 x 8 / 6 with 0, and with 10.
    assert "7.83 to 8.67, whatever the missing scores are" in shown.stdout
    assert len(list(csv.DictReader(io.StringIO(command("score", run, "--csv").stdout)))) == 18


def test_what_differs_between_runs_is_csv_too(tmp_path: Path) -> None:
    plain = scored(tmp_path / "plain", BEFORE)
    ours = scored(tmp_path / "ours", FORGETS, adapter=made_by(tmp_path / "1", "smfa"))
    rows = list(csv.DictReader(io.StringIO(command("compare", plain, ours, "--csv").stdout)))
    (memory,) = [row for row in rows if row["figure"] == "overall_memory"]
    assert (memory["a"], memory["b"], memory["difference"], memory["beyond_chance"]) == (
        "0.0",
        "7.0",
        "7.0",
        "yes",
    )
    rows = list(csv.DictReader(io.StringIO(command("frontier", plain, ours, "--csv").stdout)))
    assert {row["what"] for row in rows} == {"run", "curve", "area"}
    assert [row["run"] for row in rows if row["what"] == "run"][:2] == ["plain", "ours"]
