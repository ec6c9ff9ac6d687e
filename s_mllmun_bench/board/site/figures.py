"""Which figures a row is shown with: those that make the order, and those against gaming."""

from collections.abc import Callable
from dataclasses import dataclass

from s_mllmun_bench.board.signs import Signs
from s_mllmun_bench.board.standings import Row
from s_mllmun_bench.reporting.page.markup import Markup, joined, tag
from s_mllmun_bench.reporting.page.tables import interval_note
from s_mllmun_bench.reporting.paper_tables import DASH
from s_mllmun_bench.scoring.records import Estimate


@dataclass(frozen=True, slots=True)
class Overall:
    """One of the figures that a row is known by."""

    name: str
    group: str
    """What stands above its column."""
    title: str
    """What stands at the head of its column."""
    of: Callable[[Row], Estimate]
    bottom: float
    """The least that it can be; the most is 10."""
    arrow: str = "\u2191"
    """To where better is."""
    begins: bool = False
    """Whether a line parts its column from the one before it."""


OVERALL = (
    Overall("Headline", "Overall", "Headline", lambda row: row.headline, -5.0, begins=True),
    Overall("Overall Memory", "Overall", "Memory", lambda row: row.overall_memory, -10.0),
    Overall(
        "Overall Understanding",
        "Overall",
        "Under\u00adstanding",
        lambda row: row.overall_image_understanding,
        0.0,
    ),
    Overall(
        "Forget set's memory",
        "Memory",
        "forget set",
        lambda row: row.forget_memory,
        0.0,
        "\u2193",
        begins=True,
    ),
    Overall("Retain set's memory", "Memory", "retain set", lambda row: row.retain_memory, 0.0),
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One of the figures against gaming."""

    group: str
    """What stands above its column."""
    title: str
    meaning: str
    of: Callable[[Signs], float | None]
    begins: bool = False
    is_share: bool = True

    def text(self, value: float | None) -> str:
        """Return a value as it is printed."""
        if value is None:
            return DASH
        return f"{value:.0%}" if self.is_share else f"{value:g}"


_SAME = "Share of the {} set's answers that are its commonest one"
_REFUSES = "Share of the {} set's memory answers that refuse"
_WORDS = "Median length of an answer on the {} set, words"
SIGNS = (
    Sign("Same answer", "forget", _SAME.format("forget"), lambda s: s.identical_forget, begins=True),
    Sign("Same answer", "retain", _SAME.format("retain"), lambda s: s.identical_retain),
    Sign("Refusals", "forget", _REFUSES.format("forget"), lambda s: s.refusals_forget, begins=True),
    Sign("Refusals", "retain", _REFUSES.format("retain"), lambda s: s.refusals_retain),
    Sign(
        "Refusals",
        "unseen",
        "The same of people whom no model was taught: high is honest in a method that refuses nobody else",
        lambda s: s.refusals_unseen,
    ),
    Sign("Words", "forget", _WORDS.format("forget"), lambda s: s.words_forget, begins=True, is_share=False),
    Sign("Words", "retain", _WORDS.format("retain"), lambda s: s.words_retain, is_share=False),
    Sign(
        "Answers",
        "verbatim",
        "Share of the forget set's memory answers that are the reference word for word",
        lambda s: s.gold_forget,
        begins=True,
    ),
    Sign("Answers", "cut off", "Share of all answers that ended at the token limit", lambda s: s.cut_off),
)


def estimate_text(one: Estimate) -> str:
    """Return a figure with its interval, such as ``4.22 [3.92, 4.50]``."""
    if one.mean is None:
        return DASH
    ends = "" if one.low is None or one.high is None else f" [{one.low:z.2f}, {one.high:z.2f}]"
    return f"{one.mean:z.2f}{ends}"


def estimate_markup(one: Estimate) -> Markup:
    """Return the same with the interval in small print."""
    mean, _, ends = estimate_text(one).partition(" ")
    return joined(mean, tag("small", ends, class_="ends")) if ends else joined(mean)


def estimate_note(row: Row, one: Estimate, digits: int = 2) -> str:
    """Return what is said of a figure's interval."""
    if row.badge == "reported" and one.mean is not None and one.low is None:
        return "reported without an interval"
    return interval_note(one, digits)


def share_text(share: float | None) -> str:
    """Return a share of answers with a score, for which tenths of a per cent count."""
    return DASH if share is None else f"{share:.1%}"
