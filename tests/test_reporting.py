"""Tables and the trade-off figure: what is missing is shown as missing."""

import io

import pytest
from rich.console import Console

from s_mllmun_bench.records import METRICS, TASKS
from s_mllmun_bench.reporting.drawing import COLOURS
from s_mllmun_bench.reporting.figures import forgetting, save_trade_off, trade_off
from s_mllmun_bench.reporting.paper_tables import Labelled, notes
from s_mllmun_bench.reporting.tables import (
    markdown_table,
    overall_table,
    refusal_share,
    terminal_table,
    with_interval,
)
from s_mllmun_bench.scoring.records import Bounded, ClassShare, Estimate, Figure, Scores

UNKNOWN = Estimate(mean=None, low=None, high=None)


def some_scores(forget=2.0, retain=8.0, seen=7.0, judge="offline_fact", missing=0):
    """Scores whose means are all given by three numbers; ROUGE-L is a tenth of them."""

    def figure(set_name, task, metric):
        known = seen if task == "image_understanding" else forget if set_name == "forget" else retain
        mean = None if known is None else known / 10 if metric == "rouge_l" else known
        low, high = (None, None) if mean is None else (mean - 0.1, mean + 0.1)
        n = 0 if mean is None else 10
        return Figure(
            set=set_name,
            task=task,
            metric=metric,
            mean=mean,
            low=low,
            high=high,
            n=n,
            missing=missing,
            least=mean,
            most=mean,
        )

    def estimate(value):
        ends = (None, None) if value is None else (value - 0.5, value + 1)
        return Bounded(mean=value, low=ends[0], high=ends[1], least=value, most=value)

    def refusals(task, count):
        return ClassShare(
            set="forget",
            task=task,
            answer_class="refusal",
            count=count,
            n=10,
            share=count / 10,
            low=None,
            high=None,
        )

    overall = None if forget is None or retain is None else retain - forget
    return Scores(
        fact_judge=judge,
        meaningful_judge="offline_meaningful",
        seed=0,
        draws=2000,
        figures=tuple(figure(s, t, m) for s in ("forget", "retain") for t in TASKS for m in METRICS),
        attributes=(),
        coverage=(),
        images=(),
        classes=(
            refusals("text_memory", 3),
            refusals("image_memory", 1),
        ),
        overall_memory=estimate(overall),
        overall_image_understanding=estimate(seen),
        forget_memory=estimate(forget),
        retain_memory=estimate(retain),
    )


def printed(table):
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_the_terminal_table_fits_100_columns_and_holds_the_18_figures_of_each_run():
    text = printed(
        terminal_table([Labelled("original", some_scores()), Labelled("SMFA", some_scores(forget=1.5))])
    )
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    original = [line for line in text.splitlines() if "original" in line]
    assert len(original) == 2
    assert original[0].count("2.00") == 4  # Fact and Meaningful of both memories
    assert original[0].count("0.700") == 1
    assert "Judges: offline_fact and offline_meaningful" in text


def test_the_best_and_the_second_best_method_of_a_column_are_marked() -> None:
    runs = [
        Labelled("original", some_scores(forget=9.5, retain=9.9)),
        Labelled("forgets", some_scores(forget=1.0, retain=5.0), ranked=True),
        Labelled("keeps", some_scores(forget=7.0, retain=9.0), ranked=True),
        Labelled("between", some_scores(forget=3.0, retain=9.0), ranked=True),
    ]
    lines = markdown_table(runs).splitlines()
    forgets, between = (
        next(line for line in lines if f"forget | {name}" in line) for name in ("forgets", "between")
    )
    # The less is known of the forget set the better, but a refusal is to be language.
    assert forgets.split(" | ")[5:8] == ["**0.100**", "**1.00**", "1.00"]
    assert between.split(" | ")[5:8] == ["<u>0.300</u>", "<u>3.00</u>", "<u>3.00</u>"]
    original, *methods = (line for line in lines if line.startswith("| retain"))
    assert "**" not in original
    # 9.00 twice is the best twice, and 5.00 the second best.
    assert [line.split(" | ")[6] for line in methods] == ["<u>5.00</u>", "**9.00**", "**9.00**"]
    text = printed(terminal_table(runs))
    assert "of each column the best is bold, the second best underlined" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100


def test_one_method_alone_is_the_best_of_nothing() -> None:
    assert "**" not in markdown_table([Labelled("SMFA", some_scores(), ranked=True)])


def test_a_label_is_no_markup() -> None:
    text = printed(terminal_table([Labelled("[bold]x[/red]", some_scores())]))
    assert "[bold]x[/red]" in text


def test_a_missing_figure_is_a_dash_and_never_a_zero():
    rows = [Labelled("broken", some_scores(forget=None, missing=4))]
    for text in (printed(terminal_table(rows)), markdown_table(rows)):
        line = next(line for line in text.splitlines() if "broken" in line)
        assert line.count("\u2013") == 6
        assert "0.00" not in line
    assert "\u2013" in printed(overall_table(rows))


def test_what_is_missing_and_what_cannot_be_compared_is_noted():
    lines = notes([Labelled("a", some_scores(missing=1)), Labelled("b", some_scores(judge="fact_score"))])
    assert lines == [
        "Judges: fact_score and offline_meaningful",
        "Judges: offline_fact and offline_meaningful",
        "These runs have different judges and must not be ranked together",
        "a: 18 of 198 scores are missing and in no mean",
    ]


def test_the_markdown_table_has_one_row_per_set_and_run():
    lines = markdown_table([Labelled("SMFA | k=2", some_scores())]).splitlines()
    assert lines[0] == ("| set | run | IU R | IU F | IU M | IM R | IM F | IM M | TM R | TM F | TM M |")
    assert lines[2] == (
        "| forget | SMFA \\| k=2 | 0.700 | 7.00 | 7.00 | 0.200 | 2.00 | 2.00 | 0.200 | 2.00 | 2.00 |"
    )
    assert lines[3].startswith("| retain | SMFA")


def test_refusals_are_shared_over_both_memories():
    # 3 of 10 and 1 of 10 are 4 of 20.
    assert refusal_share(some_scores(), "forget") == 0.2
    assert refusal_share(some_scores(), "retain") is None


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(mean=2.304, low=1.9, high=2.71), "2.30 [1.90, 2.71]"),
        (Estimate(mean=2.304, low=None, high=None), "2.30"),
        (UNKNOWN, "\u2013"),
    ],
)
def test_an_interval_stands_behind_its_mean(estimate, text):
    assert with_interval(estimate) == text


def test_forgetting_is_what_is_not_known_any_more():
    # Fact 2 in [1.5, 3] on the forget set: 10 - 2 = 8 is forgotten, in [10 - 3, 10 - 1.5].
    assert forgetting(some_scores(forget=2.0)) == Estimate(mean=8, low=7, high=8.5)
    assert forgetting(some_scores(forget=None)) == UNKNOWN


def test_the_trade_off_has_one_point_per_run_and_panel():
    figure = trade_off(
        [Labelled("original", some_scores(forget=8.0)), Labelled("SMFA", some_scores(forget=3.0))]
    )
    left, right = figure.axes
    points = [tuple(float(z) for z in point.get_xydata()[0]) for point in left.get_lines()]
    assert points == [(2, 8), (7, 8)]
    assert [point.get_color() for point in right.get_lines()] == list(COLOURS[:2])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["original", "SMFA"]


def test_a_run_without_a_score_is_named_and_not_drawn_at_zero():
    figure = trade_off([Labelled("original", some_scores()), Labelled("broken", some_scores(forget=None))])
    assert [len(ax.get_lines()) for ax in figure.axes] == [1, 1]
    note = figure.get_supxlabel()
    assert "not drawn (memory of the retain set): broken" in note.replace("\n", " ")


def test_the_trade_off_is_written_as_the_kind_of_its_ending(tmp_path):
    rows = [Labelled("original", some_scores())]
    assert save_trade_off(rows, tmp_path / "new" / "t.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in save_trade_off(rows, tmp_path / "t.svg").read_bytes()
    assert save_trade_off([], tmp_path / "none.png").is_file()
