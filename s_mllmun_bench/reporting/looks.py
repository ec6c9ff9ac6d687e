"""How each method looks: one colour and one marker in every picture of a report."""

from collections.abc import Iterable

from s_mllmun_bench.reporting.drawing import COLOURS, GREY, MARKERS
from s_mllmun_bench.reporting.rows import ORIGINAL, ReportRun

BARS = "Bars: 95 % intervals over people."
"""What stands below a picture that has some."""
_BLACK = COLOURS[-1]


def looks(runs: Iterable[ReportRun]) -> dict[str, tuple[str, str]]:
    """Return the colour and marker of each method by its id; references are grey, the original black."""
    methods = list(dict.fromkeys(run.method for run in runs if run.kind != "reference"))
    found = {run.method: (GREY, "X") for run in runs if run.kind == "reference"}
    found |= {
        method: (COLOURS[i % (len(COLOURS) - 1)], MARKERS[i % len(MARKERS)])
        for i, method in enumerate(methods)
    }
    return found | ({ORIGINAL: (_BLACK, "*")} if ORIGINAL in found else {})


def judged_by(runs: Iterable[ReportRun]) -> str:
    """Return the line that says whose Fact Scores are shown."""
    judges = dict.fromkeys(run.scores.judges[0] for run in runs)
    return f"Fact Score by {' and '.join(judges)}."
