"""Methods at several strengths: the paper's Figure 1b, and its Figure 4 on the masking strength k.

A method that forgets more mostly sees less, so its runs of one seed are joined in the order of their
forgetting, beginning at the original model. Runs of different seeds are joined by nothing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from s_mllmun_bench.records import Task
from s_mllmun_bench.reporting.drawing import (
    COLOURS,
    draw_point,
    footnote,
    legend,
    mean,
    new_figure,
    styled,
    tidy,
)
from s_mllmun_bench.reporting.figures import Panel, dress, forgetting
from s_mllmun_bench.reporting.looks import BARS, judged_by, looks
from s_mllmun_bench.reporting.paper_tables import SET_TITLES, SETS, TASK_TITLES
from s_mllmun_bench.reporting.rows import ORIGINAL, ReportRun
from s_mllmun_bench.scoring.records import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = Panel(
    "What does forgetting cost the eyes?",
    "image understanding, both sets",
    lambda scores: scores.overall_image_understanding,
)
_SET_LOOKS = {"forget": (COLOURS[1], "s"), "retain": (COLOURS[0], "o")}
_MEMORIES: tuple[Task, ...] = ("image_memory", "text_memory")


@styled
def figure_1b(runs: Sequence[ReportRun]) -> "Figure | None":
    """Return forgetting against image understanding; `None` without a method."""
    shown = [run for run in runs if _place(run) is not None and (run.ranked or run.method == ORIGINAL)]
    if not any(run.ranked for run in shown):
        return None
    figure = new_figure(7.2, 5.6)
    ax = figure.subplots()
    original = next((run for run in shown if run.method == ORIGINAL), None)
    for method in dict.fromkeys(run.method for run in shown):
        _draw_method(ax, [run for run in shown if run.method == method], original, looks(runs)[method])
    dress(ax, _PANEL)
    legend(figure)
    footnote(figure, f"{BARS} {judged_by(shown)}")
    return figure


@styled
def figure_4(runs: Sequence[ReportRun]) -> "Figure | None":
    """Return ROUGE-L of memory by k; `None` unless a sculpted method was run at two strengths."""
    series = _k_series(runs)
    if len({run.k for run in series}) < 2:
        return None
    figure = new_figure(10.4, 4.4)
    original = next((run for run in runs if run.method == ORIGINAL), None)
    for ax, task in zip(figure.subplots(1, 2, sharey=True), _MEMORIES, strict=True):
        _draw_task(ax, task, series, original)
    legend(figure)
    footnote(figure, f"Larger k masks less and forgets more. {BARS}")
    return figure


def _place(run: ReportRun) -> tuple[Estimate, Estimate] | None:
    """Return a run's forgetting and understanding; `None` if one is not known."""
    x, y = forgetting(run.scores), _PANEL.kept(run.scores)
    return None if x.mean is None or y.mean is None else (x, y)


def _draw_method(
    ax: "Axes", runs: Sequence[ReportRun], original: ReportRun | None, look: tuple[str, str]
) -> None:
    """Draw a method's runs, of each seed joined if they are of several strengths."""
    begin = _place(original) if original is not None and original not in runs else None
    seeds, name = dict.fromkeys(run.seed for run in runs), runs[0].name
    for seed in seeds:
        alike = [run for run in runs if run.seed == seed]
        places = [place for run in alike if (place := _place(run)) is not None]
        if len({run.k for run in alike}) > 1 or len(places) == 1 == len(seeds):
            line = [
                *([begin] if begin is not None else []),
                *sorted(places, key=lambda place: mean(place[0])),
            ]
            ax.plot(
                [mean(x) for x, _ in line], [mean(y) for _, y in line], color=look[0], alpha=0.5, zorder=1
            )
        for x, y in places:
            draw_point(ax, x, y, look, name or None)
            name = ""


def _k_series(runs: Sequence[ReportRun]) -> list[ReportRun]:
    """Return the runs of the method that was run at most values of k."""
    found: dict[str, list[ReportRun]] = {}
    for run in runs:
        if run.ranked and run.k is not None:
            found.setdefault(run.method, []).append(run)
    return max(found.values(), key=lambda alike: len({run.k for run in alike}), default=[])


def _draw_task(ax: "Axes", task: Task, series: Sequence[ReportRun], original: ReportRun | None) -> None:
    """Draw one panel: a line per set over k, each k as far from the next."""
    ks = sorted({run.k for run in series if run.k is not None})
    for set_name in SETS:
        colour, marker = _SET_LOOKS[set_name]
        title = SET_TITLES[set_name].lower()
        figures = [[run.scores.figure(set_name, task, "rouge_l") for run in series if run.k == k] for k in ks]
        middles = [sum(map(mean, alike)) / len(alike) for alike in figures]
        ax.plot(range(len(ks)), middles, color=colour, marker=marker, markeredgecolor="white", label=title)
        for place, alike in enumerate(figures):
            for one in alike:
                draw_point(ax, place, one if len(alike) == 1 else mean(one), (colour, marker))
        if original is not None:
            before = mean(original.scores.figure(set_name, task, "rouge_l"))
            ax.axhline(before, color=colour, linestyle=":", linewidth=1.4, label=f"original, {title}")
    ax.set_xticks(range(len(ks)), [f"{k:g}" for k in ks])
    ax.set_ylim(0, 1.02)
    tidy(ax, TASK_TITLES[task], "masking strength k", "ROUGE-L" if task == _MEMORIES[0] else "")
