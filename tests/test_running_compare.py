"""Judged runs against each other: figures, damage and gate of `bench compare`, and `bench frontier`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from judged_runs import BEFORE, DESTROYS, FORGETS, a_run, made_by
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.running.compare import compare
from s_mllmun_bench.running.frontier import frontier_of
from s_mllmun_bench.running.origin import Origin, origin_of
from s_mllmun_bench.running.run import run_folders


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_unlearning_is_shown_as_figures_damage_and_gate(tmp_path: Path) -> None:
    before = a_run(tmp_path / "before", BEFORE)
    after = a_run(tmp_path / "after", FORGETS, retain=8.5, adapter=tmp_path / "adapter")
    found = compare(before, after)
    of = {one.figure: one for one in found.figures}
    assert (of["overall_memory"].first, of["overall_memory"].second) == (0, 6.5)
    assert of["forget text_memory fact"].beyond_chance is True
    assert of["forget image_understanding fact"].beyond_chance is False
    assert found.damage is not None
    assert (found.damage.memory_lost.mean, found.damage.understanding_lost.mean) == (7, 0)
    assert found.gate is not None
    assert (found.gate.memory_share, found.gate.forget_memory.mean) == (1, 2)
    shown = command("compare", before, after, "--answers", 1)
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    # The table stands first, the answers below it.
    assert "answers are equal" in lines[0]
    assert lines[-1] == "and 35 more; --answers or --json shows them"
    assert "  selectivity         7.00 [7.00, 7.00] (memory lost less understanding lost)" in lines
    assert "A knew 100% of the forget set's text memory (6 of 6)" in lines
    assert "WARNING" not in shown.stdout
    assert max(map(len, lines)) <= 100
    as_json = json.loads(command("compare", before, after, "--json").stdout)
    assert as_json["damage"]["faces"][0]["selectivity"] == 7
    assert as_json["gate"]["is_low"] is False


def test_a_model_that_never_knew_is_warned_of(tmp_path: Path) -> None:
    before = a_run(tmp_path / "before", (8.0, 1.0))
    after = a_run(tmp_path / "after", (8.0, 0.0), adapter=tmp_path / "adapter")
    lines = command("compare", before, after, "--answers", 0).stdout.splitlines()
    assert lines[-1] == (
        "WARNING: of the memory to be forgotten A knew 0%, less than 80%: "
        "what was never known cannot be forgotten"
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"judges": {"some_judge": "ffff"}}, "the runs' judges differ: some_judge (01234567) and "),
        ({"judges": {}}, "b has not been judged"),
        ({"judged": False}, "b has not been judged"),
    ],
)
def test_scores_of_different_judges_are_not_set_against_each_other(
    tmp_path: Path, fields: dict[str, Any], why: str
) -> None:
    first = a_run(tmp_path / "a", BEFORE)
    found = compare(first, a_run(tmp_path / "b", FORGETS, adapter=tmp_path / "x", **fields))
    assert found.unjudged is not None
    assert why in found.unjudged
    assert (found.damage, found.gate) == (None, None)
    of = {one.figure: one.first for one in found.figures}
    assert of["forget text_memory fact"] is None
    assert of["forget text_memory rouge_l"] is not None


@pytest.mark.parametrize("fields", [{"adapter": None}, {"adapter": Path("x"), "model": "another"}])
def test_damage_is_shown_of_one_model_with_and_without_an_adapter(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    found = compare(a_run(tmp_path / "a", BEFORE), a_run(tmp_path / "b", FORGETS, **fields))
    assert (found.unjudged, found.damage, found.gate) == (None, None, None)


def test_an_edited_run_with_another_question_is_one_line(tmp_path: Path) -> None:
    first, second = a_run(tmp_path / "a", BEFORE), a_run(tmp_path / "b", BEFORE)
    lines = second / "answers.jsonl"
    lines.write_text(lines.read_text().replace("forget0-text_memory", "forget9-text_memory"))
    with pytest.raises(BenchError, match=r"only one of .*a and .*b has an answer to forget0-text_memory"):
        compare(first, second)


def test_a_frontier_joins_the_runs_of_a_method_and_begins_with_the_plain_model(tmp_path: Path) -> None:
    weak, strong, other = (
        made_by(tmp_path / name, method) for name, method in (("1", "smfa"), ("2", "smfa"), ("3", "ga"))
    )
    runs = [
        a_run(tmp_path / "strong", FORGETS, 8.0, strong),
        a_run(tmp_path / "before", BEFORE),
        a_run(tmp_path / "weak", (8.0, 5.0), 9.0, weak),
        a_run(tmp_path / "destroyed", DESTROYS, 2.0, other),
    ]
    smfa, ga = frontier_of(runs)
    assert (smfa.method, [point.run for point in smfa.points]) == ("smfa", ["before", "weak", "strong"])
    assert (ga.method, [point.forgetting.mean for point in ga.points]) == ("ga", [1, 9])
    # Forgetting 1 to 8 is common. SMFA: 9 to 5, then down to 8; mean height 9 - 3 x .5 / 7.
    assert smfa.retention.area.mean == pytest.approx(9 - 1.5 / 7, abs=0.02)
    # The other falls by 7 / 8 with each point forgotten; the middle is at 4.5, 3.5 points on.
    assert ga.retention.area.mean == pytest.approx(9 - 3.5 * 7 / 8)
    shown = command("frontier", *runs, "-o", tmp_path / "new" / "frontier.png")
    assert shown.exit_code == 0, shown.output
    assert (tmp_path / "new" / "frontier.png").read_bytes().startswith(b"\x89PNG")
    assert max(map(len, shown.stdout.splitlines()[:-1])) <= 100
    as_json = json.loads(command("frontier", *runs, "--json").stdout)
    assert [one["method"] for one in as_json["methods"]] == ["smfa", "ga"]


def test_an_adapter_without_a_record_is_a_method_of_its_own(tmp_path: Path) -> None:
    assert origin_of(tmp_path / "gone") == Origin(method="gone")
    (made_by(tmp_path / "odd", "x") / "unlearning.json").write_text("[]")
    assert origin_of(tmp_path / "odd") == Origin(method="odd")
    (tmp_path / "odd" / "unlearning.json").write_text("{")
    assert origin_of(tmp_path / "odd") == Origin(method="odd")


def test_runs_that_make_no_frontier_are_one_line(tmp_path: Path) -> None:
    plain = a_run(tmp_path / "plain", BEFORE)
    ours = a_run(tmp_path / "ours", FORGETS, adapter=tmp_path / "x")
    wrong = {
        "a frontier needs runs with an adapter, and none of these has one": [plain],
        "ours is given twice": [plain, ours, ours],
        "are of different models": [
            plain,
            a_run(tmp_path / "m", FORGETS, adapter=tmp_path / "x", model="another"),
        ],
        "a frontier needs the scores of one judge": [
            plain,
            a_run(tmp_path / "j", FORGETS, adapter=tmp_path / "x", judged=False),
        ],
        "ask different questions: ratio is 5 and 10": [
            plain,
            a_run(tmp_path / "r", FORGETS, adapter=tmp_path / "x", ratio=10),
        ],
    }
    for text, runs in wrong.items():
        with pytest.raises(BenchError, match=text):
            frontier_of(runs)
    result = command("frontier", plain, ours, "-o", tmp_path / "picture.txt")
    assert isinstance(result.exception, BenchError)
    assert "a picture ends in .png, .svg or .pdf" in str(result.exception)


def test_a_run_that_lacks_a_figure_has_no_place_in_a_frontier(tmp_path: Path) -> None:
    ours = a_run(tmp_path / "ours", FORGETS, adapter=tmp_path / "x")
    (ours / "verdicts.jsonl").write_text("")
    with pytest.raises(BenchError, match="ours has no Fact Score of forgetting and retention and underst"):
        frontier_of([ours])


def test_a_folder_of_several_runs_stands_for_the_runs_in_it(tmp_path: Path) -> None:
    several = tmp_path / "all"
    before = a_run(several / "before", BEFORE)
    after = a_run(several / "after", FORGETS, adapter=tmp_path / "adapter")
    assert run_folders([before, several, tmp_path]) == [before, after, before, tmp_path]
    assert command("frontier", several).stdout == command("frontier", after, before).stdout
    text = f"all is not a run: it has no manifest.json; the runs in it are: {after}, {before}$"
    with pytest.raises(BenchError, match=text):
        compare(several, before)
