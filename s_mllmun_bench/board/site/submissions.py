"""The page of a submission: where it stands, its figures, how it was made, and its answers beside others'."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from s_mllmun_bench.board.entries import Entry
from s_mllmun_bench.board.site.answers import carried_answers, shown_questions
from s_mllmun_bench.board.site.cells import Address, badge, flags, name_cell, sign_cell
from s_mllmun_bench.board.site.figures import OVERALL, SIGNS, estimate_markup, estimate_text, share_text
from s_mllmun_bench.board.site.marks import Shown, shown_rows
from s_mllmun_bench.board.site.places import board_place, link, row_place
from s_mllmun_bench.board.site.plot import plots
from s_mllmun_bench.board.site.shell import answers_page, away, facts
from s_mllmun_bench.board.site.tables import APART, paper_table
from s_mllmun_bench.board.standings import Board, Rejudging, Row
from s_mllmun_bench.reporting.page.assembly import Section, answers_section
from s_mllmun_bench.reporting.page.markup import Markup, joined, tag
from s_mllmun_bench.reporting.page.tables import Head, group_row, html_table

_MOST_SAID = 20_000
"""Characters of the manifest."""
UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Standing:
    """A submission on its board, with what stands beside it there."""

    entry: Entry
    row: Row
    board: Board
    references: tuple[Entry, ...]
    """Bundles of the board's references, itself left out."""


def submission_page(standing: Standing, place: str, most: int | None) -> str:
    """Return a submission's page.

    Args:
        standing: the submission.
        place: of the page in the site.
        most: questions whose answers are in the page; `None` for all.
    """
    ranked, others = shown_rows(standing.board)
    own = next(one for one in (*ranked, *others) if one.row is standing.row)
    methods = {one.bundle.submission.method for one in standing.references}
    beside = [one for one in others if one.row.method in methods]

    def to(row: Row) -> str | None:
        target = row_place(row)
        return None if target is None else link(place, target)

    questions = shown_questions(standing.entry, most)
    total = len(standing.entry.bundle.contents.answers)
    caption = f"{standing.row.name} and the references"
    sections = [
        Section("glance", "At a glance", _glance(standing)),
        Section("trade-off", "Trade-off", plots([*ranked, *others], to, own.number)),
        Section("figures", "All figures", paper_table(caption, [own], beside, to)),
        Section("signs", "Against gaming", _signs(own, beside, to)),
        Section("settings", "Settings", _settings(standing)),
        *([answers_section(len(questions), total)] if questions else []),
    ]
    back = tag("a", "\u2190 The board", href=link(place, board_place(standing.board)))
    carried = carried_answers(standing.entry, standing.references, questions) if questions else {}
    lead = joined("by ", tag("bdi", standing.row.authors), ", ", away(standing.row.url))
    return answers_page(standing.row.name, lead, [back, *(one.link for one in sections)], sections, carried)


def _glance(standing: Standing) -> Markup:
    row, board = standing.row, standing.board
    of = f" of {len(board.ranked)}" if row.rank is not None else ""
    shared = sum(one.rank == row.rank for one in board.ranked) > 1
    rank = "not ranked" if row.rank is None else f"{row.rank}{'=' if shared else ''}{of}"
    figures = [(f"{one.name} {one.arrow}", estimate_markup(one.of(row))) for one in OVERALL]
    where = f"{board.benchmark}, {board.base_model}, {board.ratio} % to forget"
    return joined(
        tag("p", badge(row), *flags(row), " on the board ", tag("strong", where), class_="pills-line"),
        facts([("rank", rank), *figures]),
    )


def _signs(own: Shown, beside: Sequence[Shown], to: Address) -> Markup:
    groups = [(name, len(list(some))) for name, some in groupby(SIGNS, lambda one: one.group)]
    heads = [Head("Method", numeric=False)]
    heads += [Head(one.title, begins=one.begins, title=one.meaning) for one in SIGNS]
    rows, apart = (
        [[name_cell(one, to), *(sign_cell(sign, one.row, sign.begins) for sign in SIGNS)] for one in some]
        for some in ([own], beside)
    )
    return html_table("Against gaming", heads, rows, [group_row(groups, 1)], (APART, apart))


def _settings(standing: Standing) -> Markup:
    known = [*_made(standing), *_kept(standing), *map(_again, standing.row.rejudged)]
    listed = [tag("div", tag("dt", name), tag("dd", text)) for name, text in known if text]
    manifest = json.dumps(standing.entry.bundle.manifest.model_dump(mode="json"), indent=2)
    shown = manifest if len(manifest) <= _MOST_SAID else f"{manifest[:_MOST_SAID]}\n... (cut)"
    block = tag("pre", tag("code", shown), tabindex=0)
    return joined(
        tag("dl", *listed, class_="settings"),
        tag("details", tag("summary", "The manifest"), block),
    )


def _made(standing: Standing) -> list[tuple[str, str]]:
    """Return how the answers were made."""
    identity = standing.entry.bundle.manifest.identity
    adapter, decoding = identity.adapter, identity.decoding
    kind = "none" if adapter is None else adapter.kind
    masking = "" if adapter is None or adapter.k is None else f", k = {adapter.k:g}"
    seed = standing.entry.bundle.submission.seed
    return [
        ("Adapter", f"{kind}{masking}"),
        ("Seed of the unlearning", UNKNOWN if seed is None else str(seed)),
        ("Answers by", identity.backend),
        ("Decoding", f"{decoding.strategy}, {decoding.max_new_tokens} tokens" if decoding else UNKNOWN),
        ("Computed in", identity.dtype or UNKNOWN),
        ("Prompt", identity.prompt or UNKNOWN),
        ("Sets", ", ".join(identity.sets)),
    ]


def _kept(standing: Standing) -> list[tuple[str, str]]:
    """Return what the figures can be traced to."""
    entry, row = standing.entry, standing.row
    settings = row.settings
    judges = ", ".join(f"{one.judge} {(one.digest or '')[:12]}" for one in standing.board.judges)
    return [
        ("Model", settings.model if settings and settings.model else UNKNOWN),
        ("Dataset", f"{entry.released.benchmark} {entry.bundle.manifest.identity.data}"),
        ("Judges", judges),
        ("Scored", share_text(row.coverage)),
        ("Bundle", f"results/{row.place}"),
        ("Digest of the bundle", entry.bundle.sha256),
        ("Not judged again", entry.unjudged or ""),
        ("Version", f"s-mllmun-bench {settings.bench}" if settings and settings.bench else UNKNOWN),
    ]


def _again(one: Rejudging) -> tuple[str, str]:
    return f"{one.judge}, asked again", f"{one.items} answers: {estimate_text(one.drift)} (seed {one.seed})"
