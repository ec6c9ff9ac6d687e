"""The page put together from its sections and the files in ``assets/``.

One script and one style sheet, both named by their digest in the page's policy: the browser runs nothing
else, whatever an answer holds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from s_mllmun_bench.reporting.page.markup import (
    Markup,
    data_url,
    joined,
    json_text,
    lone,
    packed,
    policy,
    tag,
)
from s_mllmun_bench.reporting.page.tables import paper_table
from s_mllmun_bench.reporting.paper_figures import CAPTIONS
from s_mllmun_bench.reporting.paper_tables import Table

ASSETS = Path(__file__).parent / "assets"
STYLES = ("page.css", "answers.css")
SCRIPTS = ("data.js", "theme.js", "tables.js", "filter.js", "list.js", "detail.js", "answers.js", "start.js")
"""In the order in which the page has them: the last one starts the others."""
_WIDE = 900.0
"""Points from which a figure takes a row of its own."""
_LEGEND = (
    "Best method of a column on a coloured ground, second best underlined; references and controls are shown "
    "and never ranked. An arrow says where better is. Point at a number, or go there with the tab and arrow "
    "keys, for its interval; a click on a column's head sorts."
)
_ANSWERS = (
    "A small box holds one run's score: the stronger its colour, the higher. On the forget set's memory low "
    "is good, everywhere else high is good."
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that the links at its top lead to."""

    name: str
    """Its id."""
    title: str
    """The links show what stands before a colon."""
    content: Markup

    @property
    def markup(self) -> Markup:
        """The section with its title."""
        head = tag("h2", self.title, id=f"{self.name}-title")
        return tag("section", head, self.content, id=self.name, aria_labelledby=f"{self.name}-title")

    @property
    def link(self) -> Markup:
        """What leads to it."""
        return tag("a", self.title.partition(":")[0], href=f"#{self.name}")


def page(title: str, lead: str, sections: Sequence[Section], data: Any, pictures: Sequence[str]) -> str:
    """Return the whole page.

    Args:
        title: of the page.
        lead: the line under it.
        sections: from top to bottom.
        data: what the browser of answers shows, for JSON.
        pictures: the images, as addresses that hold them.
    """
    carried = {"pictures": json_text(list(pictures)), "data": packed(data)}
    links = [one.link for one in sections]
    return document(title, joined(lead), links, sections, files(*STYLES), files(*SCRIPTS), carried)


def document(
    title: str,
    lead: Markup,
    links: Sequence[Markup],
    sections: Sequence[Section],
    styles: Sequence[Path],
    scripts: Sequence[Path],
    carried: Mapping[str, Markup],
) -> str:
    """Return a page of sections with one style sheet and one script.

    Args:
        title: of the page.
        lead: the line under it.
        links: what stands at the right of the title.
        sections: from top to bottom.
        styles: the files that make up the style sheet, in order.
        scripts: those that make up the script, in order.
        carried: data for the script, each as `json_text` or `packed` gives it, by the id of its element.
    """
    style, script = _together(styles), _together(scripts)
    return _template("page.html").substitute(
        policy=policy(script, style),
        title=joined(title),
        lead=lead,
        links=joined(*links, between="\n"),
        sections=joined(*(one.markup for one in sections), between="\n"),
        style=style,
        script=script,
        carried=joined(
            *(tag("script", one, type="application/json", id=name) for name, one in carried.items()),
            between="\n",
        ),
    )


def files(*names: str) -> list[Path]:
    """Return some of the assets by their names."""
    return [ASSETS / name for name in names]


def table_section(table: Table, name: str) -> Section:
    """Return a table of the paper with its legend and notes.

    Args:
        table: with its marks.
        name: the section's id, such as ``table1``.
    """
    notes = [tag("p", f"{note}.", class_="note") for note in table.notes]
    return Section(name, table.title, joined(paper_table(table), tag("p", _LEGEND, class_="note"), *notes))


def figures_section(drawings: Sequence[Path]) -> Section:
    """Return the figures, each as an image that holds its SVG; nothing of it reaches the page's own style."""
    drawn = [_figure(file) for file in drawings if file.suffix == ".svg"]
    return Section("figures", "Figures", tag("div", *drawn, class_="figures"))


def answers_section(shown: int, asked: int) -> Section:
    """Return the browser of answers, which the page's script fills.

    Args:
        shown: questions whose answers are in the page.
        asked: questions that there are.
    """
    some = f" This page holds {shown:,} of {asked:,} questions: the forget set's first, others spread evenly."
    some = "" if shown == asked else some
    content = Markup(_template("answers.html").substitute(lead=joined(_ANSWERS + some)))
    return Section("answers", "Answers", content)


def _figure(file: Path) -> Markup:
    caption = CAPTIONS.get(file.stem, file.stem.replace("_", " "))
    drawing = file.read_bytes()
    image = lone("img", src=data_url("image/svg+xml", drawing), alt=caption)
    return tag(
        "figure", image, tag("figcaption", caption), class_="wide" if _width(drawing) > _WIDE else None
    )


def _width(drawing: bytes) -> float:
    """Return the width of an SVG, points."""
    found = re.search(rb'viewBox="0 0 ([\d.]+) ', drawing)
    return float(found[1]) if found else 0.0


def _together(parts: Sequence[Path]) -> str:
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


def _template(name: str) -> Template:
    return Template((ASSETS / name).read_text(encoding="utf-8"))
