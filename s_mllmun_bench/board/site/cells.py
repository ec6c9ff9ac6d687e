"""The cells of a board: who it is, how far the figures are proven, and what gaming would show.

A share is tinted by its size and nothing is called good or bad by it: a method that refuses on the forget
set does its work, and one that refuses everybody does not.
"""

from collections.abc import Callable, Sequence

from s_mllmun_bench.board.site.figures import Sign
from s_mllmun_bench.board.site.marks import Shown
from s_mllmun_bench.board.standings import Row
from s_mllmun_bench.reporting.page.markup import Markup, tag

Address = Callable[[Row], str | None]
"""Where a row's page lies; `None` if it has none."""
BADGES = {
    "reported": "The figures are somebody's word",
    "recomputed": "The figures follow from the answers, by judges that anybody has",
    "rejudged": "Recomputed, and the judge was asked again and said the same",
}
_FILE = "predictions"
"""The backend of answers that come from a file."""


def name_cell(entry: Shown, to: Address, ranks: Sequence[int | None] | None = None) -> Markup:
    """Return the head of a row.

    Args:
        entry: the row with its look.
        to: the address of its page.
        ranks: those of the board's ranked rows; `None` leaves out rank, badges and authors.
    """
    row = entry.row
    name = [entry.marker, _name(row, to)]
    if ranks is not None:
        below = (badge(row), *flags(row), tag("bdi", row.authors, class_="note authors"))
        name = [_rank(row, ranks), *name, tag("span", *below, class_="below")]
    begins = ranks is not None and row.rank is not None and 0 < entry.number == ranks.index(row.rank)
    return tag(
        "th",
        *name,
        scope="row",
        class_="entry group-begins" if begins else "entry",
        data_value=row.name,
        data_row=entry.number,
    )


def badge(row: Row) -> Markup:
    """Return how far a row's figures are proven."""
    return tag("span", row.badge, class_=f"pill {row.badge}", title=BADGES[row.badge])


def flags(row: Row) -> list[Markup]:
    """Return what a reader must know of how a row's answers were made."""
    said = []
    if row.settings is not None and row.settings.backend == _FILE:
        said.append(("from a file", "The answers were handed in as a file"))
    if row.signs is not None and row.signs.other_prompt:
        said.append(("other prompt", "The prompt is not the released one of the base model"))
    if any(one.has_drifted for one in row.rejudged):
        said.append(("judge drifted", "Asked again, the judge gave other scores"))
    return [tag("span", text, class_="pill flag", title=why) for text, why in said]


def sign_cell(sign: Sign, row: Row, begins: bool) -> Markup:
    """Return a cell of a figure against gaming."""
    value = None if row.signs is None else sign.of(row.signs)
    shade = f"shade-{round(value * 5)}" if sign.is_share and value else ""
    classes = f"{'begins ' if begins else ''}{shade}".strip()
    return tag(
        "td", sign.text(value), class_=classes or None, data_value="" if value is None else f"{value:.6g}"
    )


def _rank(row: Row, ranks: Sequence[int | None]) -> Markup:
    if row.rank is None:
        return tag("span", "", class_="rank")
    others = ranks.count(row.rank) - 1
    shared = f", shared with {others}: the order among them may be chance" if others else ""
    text = tag("span", f"{row.rank}{'=' if others else ''}", aria_hidden="true")
    said = tag("span", f"Rank {row.rank}{shared}. ", class_="unseen")
    return tag("span", text, said, class_="rank", title=f"Rank {row.rank}{shared}")


def _name(row: Row, to: Address) -> Markup:
    address, name = to(row), tag("bdi", row.name)
    return (
        tag("span", name, class_="name") if address is None else tag("a", name, href=address, class_="name")
    )
