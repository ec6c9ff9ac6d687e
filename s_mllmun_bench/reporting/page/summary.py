"""What a report says first, how much of it is judged, and last, which runs it is made of.

How many scores are missing is no footnote: a judge that fails often can make a method look good or bad
whatever it scored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from s_mllmun_bench.records import Answer
from s_mllmun_bench.reporting.page.markup import Markup, joined, tag
from s_mllmun_bench.reporting.page.tables import (
    Head,
    estimate_cell,
    html_table,
    number_cell,
    run_cell,
    text_cell,
)
from s_mllmun_bench.reporting.paper_tables import DASH
from s_mllmun_bench.reporting.rows import ReportRun
from s_mllmun_bench.reporting.tables import refusal_share
from s_mllmun_bench.scoring.records import DEGRADED_BELOW, SUBMITTED_FROM

_FACT = (0.0, 10.0)
_DIFFERENCE = (-10.0, 10.0)


@dataclass(frozen=True, slots=True)
class Extent:
    """What the runs were asked."""

    questions: int
    people: int
    to_forget: int
    """Of the people."""

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> "Extent":
        """Return the extent of a run by its answers."""
        people = {(one.set, one.person) for one in answers}
        return cls(len(answers), len(people), sum(name == "forget" for name, _ in people))


def headline(runs: Sequence[ReportRun], extent: Extent, notes: Sequence[str]) -> Markup:
    """Return what the report says first: how much was asked and judged, and the overall figures.

    Args:
        runs: in the order of the tables.
        extent: what each of them was asked.
        notes: what a reader must know besides.
    """
    shares = [run.scores.lowest_coverage for run in runs]
    known = [share for share in shares if share is not None]
    lowest = f"{min(known):.1%}" if len(known) == len(shares) else "not both judged"
    facts = {
        "runs": str(len(runs)),
        "questions each": f"{extent.questions:,}",
        "people": f"{extent.people:,}",
        "of them to forget": f"{extent.to_forget:,}",
        "of the answers scored, in the run with least": lowest,
    }
    return joined(
        tag(
            "dl",
            *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()),
            class_="facts",
        ),
        _warnings(runs),
        _overall(runs),
        tag("p", _READING, class_="note"),
        *(tag("p", f"{note}.", class_="note") for note in notes),
    )


_READING = (
    "Overall Memory: Fact Score of the retain set's memory less that of the forget set. Overall "
    "Understanding: mean Fact Score on what both sets' images show. The bar under a number is its 95 % "
    "interval over people."
)


def run_list(runs: Sequence[ReportRun]) -> Markup:
    """Return what is known of each run."""
    heads = [
        Head(text, numeric=text in ("k", "Seed")) for text in ("Run", "Kind", "Model", "Adapter", "k", "Seed")
    ]
    rows = [
        [
            run_cell(run.label),
            text_cell(run.kind),
            text_cell(run.model),
            text_cell(run.adapter or "none"),
            number_cell(DASH if run.k is None else f"{run.k:g}", run.k),
            number_cell(DASH if run.seed is None else str(run.seed), run.seed),
            text_cell(run.folder.absolute().name),
            text_cell(", ".join(run.scores.judges)),
        ]
        for run in runs
    ]
    heads += [Head("Folder", numeric=False), Head("Judges", numeric=False)]
    return html_table("The runs", heads, rows)


def missing_lines(run: ReportRun) -> Iterator[str]:
    """Yield what each judge of a run could not score, and why."""
    for one in run.scores.coverage:
        if one.share is not None and one.scored < one.asked:
            why = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in one.unscored.items())
            yield f"{one.judge} scored {one.scored:,} of {one.asked:,} ({one.share:.1%}): {why}"


def _warnings(runs: Sequence[ReportRun]) -> Markup:
    """Return a box that names every run with missing scores; nothing where there is none."""
    lines = [_warning(run, line) for run in runs for line in missing_lines(run)]
    if not lines:
        return tag("p", "Every answer of every run has a score of both judges.", class_="note")
    return tag("div", tag("ul", *(tag("li", line) for line in lines)), class_="warning")


def _warning(run: ReportRun, line: str) -> Markup:
    if not run.scores.is_degraded:
        return joined(tag("strong", run.label), f": {line}")
    why = f"under {DEGRADED_BELOW:.0%} scored"
    if not run.scores.is_covered:
        why = f"a figure with under {SUBMITTED_FROM:.0%} scored, so it cannot be submitted"
    return joined(tag("strong", f"{run.label}: degraded"), f" ({why}). {line}")


def _overall(runs: Sequence[ReportRun]) -> Markup:
    heads = [
        Head("Run", numeric=False),
        Head("Overall Memory \u2191", begins=True),
        Head("Overall Understanding \u2191"),
        Head("Forget set's memory \u2193", begins=True),
        Head("Retain set's memory \u2191"),
        Head("Refusals, forget", begins=True, title="Share of the memory answers that refuse"),
        Head("Refusals, retain", title="Share of the memory answers that refuse"),
        Head("Scored", begins=True, title="Share of answers with a score, of the judge with least"),
    ]
    return html_table("Overall figures", heads, [_overall_row(run) for run in runs])


def _overall_row(run: ReportRun) -> list[Markup]:
    scores = run.scores
    shares = [refusal_share(scores, "forget"), refusal_share(scores, "retain"), scores.lowest_coverage]
    return [
        run_cell(run.label, None if run.ranked else f"{run.kind}, not ranked"),
        estimate_cell(scores.overall_memory, *_DIFFERENCE, begins=True),
        estimate_cell(scores.overall_image_understanding, *_FACT),
        estimate_cell(scores.forget_memory, *_FACT, begins=True),
        estimate_cell(scores.retain_memory, *_FACT),
        *(number_cell(DASH if share is None else f"{share:.1%}", share) for share in shares),
    ]
