"""Tables as LaTeX and CSV, and the pictures of a report: escaped, complete, and none with a false 0."""

import csv
import io
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from answered import a_verdict, an_answer

from s_mllmun_bench.records import TASKS, Answer, Verdict
from s_mllmun_bench.reporting.attributes import attributes
from s_mllmun_bench.reporting.kinds import figure_5
from s_mllmun_bench.reporting.latex import escaped, latex
from s_mllmun_bench.reporting.looks import looks
from s_mllmun_bench.reporting.paper_figures import CAPTIONS, save_figures
from s_mllmun_bench.reporting.paper_tables import DASH, table1
from s_mllmun_bench.reporting.rows import ReportRun
from s_mllmun_bench.reporting.slopes import slopes
from s_mllmun_bench.reporting.spreadsheets import table_csv
from s_mllmun_bench.reporting.strengths import figure_1b, figure_4
from s_mllmun_bench.running.origin import Sculpting
from s_mllmun_bench.scoring.aggregate import score
from s_mllmun_bench.scoring.records import Scores

WHOLE = Sculpting(direction=True, magnitude=True)


def some_scores(forget: float | None, retain: float = 9.0, face: float = 8.0, eye: float = 6.0) -> Scores:
    """Scores of two people per set: Fact by memory of each set, and of what both images show."""
    answers: list[Answer] = []
    verdicts: list[Verdict] = []
    for s, memory in (("forget", forget), ("retain", retain)):
        for person in (f"{s}1", f"{s}2"):
            asked = [(task, None if task == "text_memory" else "face", memory) for task in TASKS[1:]]
            asked += [(TASKS[0], "face", face), (TASKS[0], "ophthalmic", eye)]
            for task, image, fact in asked:
                name = f"{person}-{task}-{image}"
                topic = "born" if task != TASKS[0] else "smile"
                answers.append(
                    an_answer(name, person=person, set_name=s, task=task, image=image, attribute=topic)
                )
                verdicts.append(a_verdict(name, fact))
    return score(answers, verdicts, draws=50)


def a_row(label: str, scores: Scores, method: str = "smfa", **more: Any) -> ReportRun:
    fields: dict[str, Any] = {
        "name": label,
        "kind": "method",
        "ratio": 5,
        "model": "model",
        "adapter": "lora",
        "k": None,
        "seed": 0,
        "sculpting": None,
        "limit": None,
        "folder": Path(label),
    }
    return ReportRun(label=label, method=method, scores=scores, **fields | more)


def the_original() -> ReportRun:
    return a_row("Original", some_scores(9.0), "original", kind="reference", adapter=None, seed=None)


def at_k(k: float, forget: float) -> ReportRun:
    return a_row(f"SMFA, k = {k:g}", some_scores(forget), k=k, sculpting=WHOLE, name="SMFA")


def test_latex_has_every_number_of_the_papers_columns_and_marks_the_best() -> None:
    runs = [the_original(), a_row("SMFA", some_scores(3.0)), a_row("IDK", some_scores(5.0), "idk_tuning")]
    lines = latex(table1(runs)).splitlines()
    assert all(line.count("&") == 18 for line in lines if line.startswith(("SMFA", "IDK", "Original")))
    (smfa,) = [line for line in lines if line.startswith("SMFA & ")]
    cells = smfa.removesuffix(r" \\").split(" & ")
    # Columns: the run; IU R F M; IM R F M; TM R F M of the forget set.
    assert cells[5] == r"\textbf{3.00}"
    assert cells[6] == "--"
    below = lines[lines.index(smfa) + 1]
    assert below.split(" & ")[5] == r"{\tiny [3.00, 3.00]}"
    (idk,) = [line for line in lines if line.startswith("IDK & ")]
    assert idk.split(" & ")[5] == r"\underline{5.00}"
    (original,) = [line for line in lines if line.startswith("Original & ")]
    assert r"\textbf" not in original
    assert lines.count(r"\midrule") == 2
    assert r"\cmidrule(lr){2-10}\cmidrule(lr){11-19}" in lines
    assert lines[-1] == r"\end{table*}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my_run 50%", r"my\_run 50\%"),
        ("a & b {c} $d$ #e", r"a \& b \{c\} \$d\$ \#e"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("[1] *", "{[}1{]} {*}"),
        ("a\nb\x00c", "a b c"),
    ],
)
def test_latex_takes_a_text_for_nothing_but_a_text(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@x", "\t=1", 'a "b", c'])
def test_csv_holds_no_formula(label: str) -> None:
    text = table_csv(table1([a_row(label, some_scores(3.0))]))
    first = next(iter(csv.DictReader(io.StringIO(text))))
    assert first["run"] == (label if label.startswith("a") else "'" + label)
    assert text.startswith('"run","set","task","metric","mean",')


def test_a_missing_figure_is_empty_in_csv_and_a_dash_in_a_table() -> None:
    table = table1([a_row("broken", some_scores(None))])
    (cell,) = [
        cell
        for column, cell in zip(table.columns, table.rows[0].cells, strict=True)
        if (column.set, column.task, column.metric) == ("forget", "text_memory", "fact")
    ]
    assert (cell.text, cell.interval, cell.figure.missing) == (DASH, "", 2)
    row = [
        one
        for one in csv.DictReader(io.StringIO(table_csv(table)))
        if (one["set"], one["task"], one["metric"]) == ("forget", "text_memory", "fact")
    ]
    assert (row[0]["mean"], row[0]["missing"], row[0]["least"], row[0]["most"]) == ("", "2", "0.0", "10.0")


def test_every_picture_is_drawn_as_png_and_svg_and_the_same_each_time(tmp_path: Path) -> None:
    runs = [the_original(), at_k(1, 7.0), at_k(4, 4.0), a_row("$x_1$ & <b>", some_scores(1.0), "theirs")]
    files = save_figures(runs, tmp_path / "figures")
    assert [file.name for file in files] == [
        f"{name}{kind}" for name in CAPTIONS for kind in (".png", ".svg")
    ]
    assert {file.read_bytes()[:4] for file in files if file.suffix == ".png"} == {b"\x89PNG"}
    again = save_figures(runs, tmp_path / "again")
    for file, other in zip(files, again, strict=True):
        assert file.read_bytes() == other.read_bytes()
    for file in files:
        if file.suffix == ".svg":
            ElementTree.parse(file)


def test_a_picture_that_the_runs_cannot_give_is_left_out(tmp_path: Path) -> None:
    alone = [a_row("SMFA", some_scores(3.0))]
    assert slopes(alone) is None
    assert figure_4([the_original(), at_k(1, 7.0)]) is None
    assert figure_1b([the_original()]) is None
    unjudged = [a_row("unjudged", score([an_answer("q1")], []))]
    assert figure_5(unjudged) is None
    assert attributes(unjudged) is None
    assert save_figures(unjudged, tmp_path) == []


def test_strengths_are_joined_from_the_original_on_and_seeds_are_not() -> None:
    figure = figure_1b([the_original(), at_k(4, 2.0), at_k(1, 6.0)])
    assert figure is not None
    lines = [line.get_xydata().tolist() for line in figure.axes[0].get_lines() if len(line.get_xdata()) > 1]
    # Forgetting 1, 4 and 8; understanding (8 + 6) / 2.
    assert lines == [[[1, 7], [4, 7], [8, 7]]]
    seeds = [a_row(f"IDK, seed {i}", some_scores(3.0 - i), "idk_tuning", seed=i) for i in range(3)]
    figure = figure_1b([the_original(), *seeds])
    assert figure is not None
    assert all(len(line.get_xdata()) == 1 for line in figure.axes[0].get_lines())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Original", "IDK, seed 0"]
    several = [replace(at_k(k, fact), seed=seed) for seed, fact in ((0, 2.0), (1, 1.0)) for k in (4, 8)]
    figure = figure_1b([the_original(), *several])
    assert figure is not None
    lines = [line.get_xydata().tolist() for line in figure.axes[0].get_lines() if len(line.get_xdata()) > 1]
    # Each seed's line begins at the original: forgetting 1, then 8 at both k; or 9.
    assert lines == [[[1, 7], [8, 7], [8, 7]], [[1, 7], [9, 7], [9, 7]]]


def test_figure_4_stands_by_k_whatever_the_distance_between_them() -> None:
    figure = figure_4([the_original(), at_k(float("inf"), 1.0), at_k(0, 8.0), at_k(2, 5.0)])
    assert figure is not None
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["0", "2", "inf"]


def test_a_method_looks_alike_in_every_picture() -> None:
    found = looks(
        [the_original(), at_k(1, 6.0), at_k(2, 5.0), a_row("GA", some_scores(1.0), "ga_difference")]
    )
    assert list(found) == ["original", "smfa", "ga_difference"]
    assert len(set(found.values())) == 3


def test_slopes_are_numbered_apart() -> None:
    figure = slopes([the_original(), a_row("SMFA", some_scores(7.0, retain=7.1))])
    assert figure is not None
    heights = sorted(text.xy[1] for text in figure.axes[0].texts)
    # Memory 7 and 7.1, understanding 7 of both sets: four numbers at one height.
    assert all(after - before > 0.6 for before, after in pairwise(heights))


def test_the_heat_map_averages_memory_over_its_answers() -> None:
    figure = attributes([a_row("SMFA", some_scores(3.0))])
    assert figure is not None
    assert [text.get_text() for text in figure.axes[0].texts] == ["3.0", "7.0"]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["born", "smile"]
