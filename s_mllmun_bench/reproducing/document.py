"""The document of a reproduction: tables, figures and what holds, all from the runs and nothing by hand.

It can be written at any time: what is not finished or failed is named in it, and a claim that lacks a
run says "not run".
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from s_mllmun_bench.records import TASKS, Metric, SetName, Task
from s_mllmun_bench.reporting.paper_tables import DASH, SET_TITLES, SETS, TASK_TITLES, missing_scores
from s_mllmun_bench.reporting.tables import refusal_share, with_interval
from s_mllmun_bench.reproducing.board import Board, Result, mean_of
from s_mllmun_bench.reproducing.cases import cases
from s_mllmun_bench.reproducing.claims import findings
from s_mllmun_bench.reproducing.controls import controls
from s_mllmun_bench.reproducing.few_shot import few_shot
from s_mllmun_bench.reproducing.masses import masses
from s_mllmun_bench.reproducing.pictures import save_pictures
from s_mllmun_bench.scoring.aggregate import estimate
from s_mllmun_bench.scoring.frontier import KEPT
from s_mllmun_bench.scoring.records import Estimate


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How the runs came about."""

    title: str
    command: str
    tier: str
    machine: str
    minutes: float
    """Of a processor, that all steps' processes had."""
    jobs: int
    """Steps at once, in the last call."""
    judges: str
    failed: Mapping[str, str]
    not_run: Sequence[str]
    unfinished: Sequence[str]
    """What lacks of each model, ratio and seed."""
    asked: str
    """Who was asked about."""
    mass_at: float
    """The k at which the mass of a mask is taken."""
    few_shot: Sequence[str]
    """Parts of the few-shot retain set that SMFA was trained with."""
    few_shot_at: float
    """The k at which they are set beside the whole."""
    steps: tuple[int, int]
    """How many are done, and how many there are."""
    runs: Path | None = None
    """The file that all finished runs are kept in; see `packed`."""


def write_document(path: Path, boards: Sequence[Board], how: Circumstances) -> None:
    """Write the document, and its pictures into the folder of its name.

    Args:
        path: of the document.
        boards: of every model and ratio; at least one.
        how: what is said of the runs.
    """
    parts = [*_opening(how), *_kept(how, path), *(_summary(boards) if len(boards) > 1 else ())]
    for board in boards:
        parts += _board(board, path)
    parts += controls(boards)
    parts += masses(boards, how.mass_at)
    parts += few_shot(boards, how.few_shot, how.few_shot_at)
    parts += _open_questions(boards, how)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def _opening(how: Circumstances) -> Iterator[str]:
    yield from (
        f"# {how.title}",
        "",
        "Does what the paper claims hold for models of 5 million parameters? This page is generated from the "
        f"runs by `{how.command}`; no figure and no verdict is written by hand.",
        "",
        f"Tier `{how.tier}`, on {how.machine}: {how.minutes:.0f} minutes of one core, {how.jobs} steps at "
        f"once. {how.asked} Judges: {how.judges}. In brackets: 95 % intervals over people, and of a mean "
        "over seeds over these too; of a single run, what another seed would change is not in them.",
        "",
    )
    if how.steps[0] < how.steps[1]:
        yield from (
            f"**A part of the plan**: {how.steps[0]} of its {how.steps[1]} steps are done. What lacks is "
            "named at the end, and nothing stands in for it.",
            "",
        )


def _kept(how: Circumstances, document: Path) -> Iterator[str]:
    """Yield where the runs are, if they are kept in a file."""
    if how.runs is not None:
        place = Path(os.path.relpath(how.runs, document.parent)).as_posix()
        yield from (
            f"Every answer and verdict behind this page is in [{place}]({place}). `{how.command} --runs FILE "
            "--stop-after 0` writes the page again from it, without computing a run.",
            "",
        )


def _summary(boards: Sequence[Board]) -> Iterator[str]:
    """Yield every claim's verdict on every board."""
    yield from ("## What holds, in short", "")
    yield from (
        _line(["claim", *(f"{one.model}, {one.ratio} %" for one in boards)]),
        _line(["---"] * (1 + len(boards))),
    )
    for same in zip(*(findings(board) for board in boards), strict=True):
        yield _line([same[0].claim, *(one.verdict for one in same)])
    yield ""


def _board(board: Board, path: Path) -> Iterator[str]:
    yield from (f"## {board.model}, {board.ratio} % forgotten", "", "### What holds", "")
    yield from _claims(board)
    yield from ("### Table 1", "", "Every method at the setting that was chosen for it.", "")
    for name in SETS:
        yield from _table(board.at_chosen(), name, _TABLE1)
    yield from ("### The choice of settings", "", _CHOICE, "")
    yield from _choices(board)
    if board.of("direction") or board.of("magnitude"):
        yield from ("### Table 2: the mask's two criteria", "")
        for name in SETS:
            yield from _table(board.ablation(), name, _ROUGE)
    yield from _frontier(board)
    yield from _pictures(board, path)
    yield from cases(board)


def _claims(board: Board) -> Iterator[str]:
    yield from ("| claim | here | figures |", "| --- | --- | --- |")
    found = findings(board)
    for one in found:
        yield f"| {one.claim} | **{one.verdict}** | {_escaped(one.shown)} |"
    yield from ("", "When a claim holds:", "")
    yield from (f"- *{one.claim}*: {one.rule}." for one in found)
    yield ""


_TABLE1: tuple[tuple[Task, Metric], ...] = tuple((task, "fact") for task in TASKS)
_ROUGE: tuple[tuple[Task, Metric], ...] = tuple((task, "rouge_l") for task in TASKS)
_CHOICE = (
    "On the same people, of a method's settings that with the highest sum of Overall Memory and Overall "
    "Image Understanding was chosen: what the forget set lost, less what the retain set and image "
    "understanding lost, each point alike. The memory questions are in words that neither the template nor "
    "the evaluation has; what a face shows has no other words, so those questions are drawn anew from the "
    "evaluation's. A choice is made once for each model, at the first ratio and seed, among the settings "
    "listed here."
)


def _table(results: Sequence[Result], name: SetName, columns: Sequence[tuple[Task, Metric]]) -> Iterator[str]:
    """Yield one set's figures with intervals; of all metrics Fact and ROUGE-L, and what was refused."""
    heads = [f"{TASK_TITLES[task]}, {_METRICS[metric]}" for task, metric in columns]
    more = ["ROUGE-L of the three", "Meaningful of the three"] if columns is _TABLE1 else []
    heads = [SET_TITLES[name], *heads, *more, "refused memory"]
    yield from (_line(heads), _line(["---", *["---:"] * (len(heads) - 1)]))
    for one in results:
        scores = one.run.scores
        cells = [_interval(scores.figure(name, *column), column[1]) for column in columns]
        if more:
            cells += [_three(one, name, "rouge_l"), _three(one, name, "meaningful")]
        yield _line([one.run.label, *cells, _percent(refusal_share(scores, name))])
    yield ""
    missing = missing_scores([one.run for one in results])
    yield from (f"- {line}" for line in missing)
    if missing:
        yield ""


_METRICS: dict[Metric, str] = {"fact": "Fact", "rouge_l": "ROUGE-L", "meaningful": "Meaningful"}


def _three(one: Result, name: SetName, metric: Metric) -> str:
    """Return a metric of all three tasks in their order, such as ``.77 / .81 / .80``."""
    digits = 3 if metric == "rouge_l" else 1
    means = [one.run.scores.figure(name, task, metric).mean for task in TASKS]
    return " / ".join(DASH if mean is None else f"{mean:.{digits}f}" for mean in means)


def _interval(figure: Estimate, metric: Metric) -> str:
    if metric != "rouge_l" or figure.mean is None or figure.low is None or figure.high is None:
        return with_interval(figure)
    return f"{figure.mean:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _choices(board: Board) -> Iterator[str]:
    yield from (_line(["method", "settings and their sums", "chosen"]), _line(["---"] * 3))
    for (model, method, reading), choice in board.choices.items():
        if model == board.model:
            told = "; ".join(f"{strength}: {value:.2f}" for strength, value in choice.values.items())
            name = method if reading in ("", "joint") else f"{method}, {reading}"
            yield _line([name, told, choice.strength])
    yield ""


def _frontier(board: Board) -> Iterator[str]:
    """Yield every run's place: what it forgets and what it keeps."""
    heads = ["run", "seeds", "forgetting", "retain set's memory", "forget set's understanding"]
    yield from (
        "### Every strength",
        "",
        "Fact Scores, 0 to 10, means over seeds; forgetting is 10 less the forget set's memory.",
        "",
    )
    yield from (_line(heads), _line(["---", *["---:"] * (len(heads) - 1)]))
    for name, alike in board.by_strength().items():
        figures = [mean_of(alike, "forgetting"), *(mean_of(alike, kept) for kept in KEPT)]
        yield _line([name, str(len(alike)), *(with_interval(estimate(one)) for one in figures)])
    yield ""


def _pictures(board: Board, path: Path) -> Iterator[str]:
    yield from ("### Figures", "")
    for file, caption in save_pictures(board, path.with_suffix("")):
        yield from (f"![{caption}]({file.relative_to(path.parent).as_posix()})", "", caption, "")


def _open_questions(boards: Sequence[Board], how: Circumstances) -> Iterator[str]:
    yield from ("## What was not run", "")
    yield from (f"- {line}" for line in how.not_run)
    yield from (f"- Planned and not finished: {line}." for line in how.unfinished)
    yield from (f"- {step}: {_escaped(why)}" for step, why in how.failed.items())


def _percent(share: float | None) -> str:
    return DASH if share is None else f"{100 * share:.0f} %"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
