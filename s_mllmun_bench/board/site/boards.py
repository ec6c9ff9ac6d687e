"""The page of a board: which one it is and which others there are, its order, the trade-off, all figures."""

from collections.abc import Callable, Sequence

from s_mllmun_bench.board.site.cells import BADGES
from s_mllmun_bench.board.site.marks import shown_rows
from s_mllmun_bench.board.site.places import board_place, link, row_place, switches
from s_mllmun_bench.board.site.plot import plots
from s_mllmun_bench.board.site.shell import NAME, facts, plain_page
from s_mllmun_bench.board.site.tables import board_table, paper_table
from s_mllmun_bench.board.standings import FILE, Board, Row
from s_mllmun_bench.reporting.page.assembly import Section
from s_mllmun_bench.reporting.page.markup import Markup, joined, tag

_LEAD = (
    "Selective unlearning in multimodal models: who forgets what they must, and still sees, "
    "and still knows everybody else?"
)
_RANKS = (
    "Rows of one rank (2=) cannot be told apart: the 95 % interval of their paired difference to the rank's "
    "first row holds 0. The bar under a number is its interval. Shares are tinted by size, not by merit. "
)
_REPORTED = (
    "As its authors report it: without intervals, and so without ranks; a dash is what could not be read. "
)
_KEYS = (
    "Point at a number, or go there with the tab and arrow keys, for more; a click on a column's head sorts."
)
_PLOT = (
    "Each point is a row, its bars are 95 % intervals over people. The dotted line joins the methods that no "
    "other method beats in both directions. Point at one for its figures, open it with a click."
)
_READING = {
    "Headline": "Half of Overall Memory plus half of Overall Understanding, -5 to 10. It makes the order.",
    "Overall Memory": "Fact Score of the retain set's memory less that of the forget set.",
    "Overall Understanding": "Mean Fact Score on what both sets' images show; it must survive unlearning.",
    "Never ranked": (
        "Original is the model without unlearning, Retrain one never taught the forget set. Controls "
        "and null rows (the same refusal, nothing, gibberish, an echo, a prompt injection) show what figures "
        "are worth nothing."
    ),
    "Against gaming": (
        "Many identical answers, refusals on people who were to be kept or whom nobody taught, and "
        "references word for word give away a method that plays the figures."
    ),
}


def board_page(board: Board, boards: Sequence[Board], place: str) -> str:
    """Return a board's page.

    Args:
        board: that is shown.
        boards: all, for the way to the others.
        place: of the page in the site.
    """

    def to(row: Row) -> str | None:
        target = row_place(row)
        return None if target is None else link(place, target)

    ranked, others = shown_rows(board)
    what = f"{board.base_model}, {board.ratio} % to forget"
    head = (_switch(board, boards, place), _state(board))
    table = tag("div", board_table(board, ranked, others, to), class_="board")
    figures = paper_table(f"All figures: {what}", ranked, others, to)
    legend = (_RANKS if any(row.rank for row in board.ranked) else _REPORTED) + _KEYS
    sections = [
        Section("board", f"Board: {what}", joined(*head, table, _note(legend))),
        Section("trade-off", "Trade-off", joined(plots([*ranked, *others], to), _note(_PLOT))),
        Section("figures", "All figures", figures),
        Section("reading", "How to read", _reading()),
    ]
    data = tag("a", FILE, href=link(place, FILE), download="")
    return plain_page(NAME, joined(_LEAD), [*(one.link for one in sections), data], sections)


def judges_text(board: Board, boards: Sequence[Board]) -> str:
    """Return a board's judges; with their digests where other judges have the same names."""
    names = [one.judge for one in board.judges]
    alike = {one.judges for one in boards if [judge.judge for judge in one.judges] == names}
    if len(alike) < 2:
        return " + ".join(names)
    return " + ".join(f"{one.judge} ({(one.digest or 'unknown')[:6]})" for one in board.judges)


def _switch(board: Board, boards: Sequence[Board], place: str) -> Markup:
    """Return the ways to the other boards: per dimension its values, each a link."""
    texts: tuple[tuple[str, Callable[[Board], str]], ...] = (
        ("Benchmark", lambda one: one.benchmark),
        ("Base model", lambda one: one.base_model),
        ("To forget", lambda one: f"{one.ratio} %"),
        ("Judges", lambda one: judges_text(one, boards)),
    )
    groups = []
    for (title, text), leads in zip(texts, switches(boards, board), strict=True):
        links = [
            tag(
                "a",
                text(one),
                href=link(place, board_place(one)),
                aria_current="page" if one is board else None,
            )
            for one in leads
        ]
        groups.append(tag("div", tag("dt", title), *(tag("dd", one) for one in links)))
    return tag("nav", tag("dl", *groups, class_="switch"), aria_label="Boards")


def _state(board: Board) -> Markup:
    """Return how much the board holds and whether its order can be trusted."""
    known = [(name, text) for name, text in _known(board) if text]
    if board.withstands_null_rows is False:
        text = (
            "A null row stands above the original model: a judge was talked round, or the base model knows "
            "nothing. The order of this board says nothing."
        )
        return joined(facts(known), tag("p", text, class_="warning"))
    return facts(known)


def _known(board: Board) -> list[tuple[str, str]]:
    return [
        ("methods", str(len(board.ranked))),
        ("for comparison", str(len(board.references))),
        ("questions each", f"{board.questions:,}" if board.questions else ""),
        ("null rows", "all below original" if board.withstands_null_rows else ""),
    ]


def _note(text: str) -> Markup:
    return tag("p", text, class_="note")


def _reading() -> Markup:
    terms = [*_READING.items(), *((name.capitalize(), f"{text}.") for name, text in BADGES.items())]
    return tag(
        "dl", *(tag("div", tag("dt", name), tag("dd", text)) for name, text in terms), class_="reading"
    )
