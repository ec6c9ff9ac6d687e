"""What every page of the site has around its sections."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from s_mllmun_bench.reporting.page.assembly import SCRIPTS, Section, document, files
from s_mllmun_bench.reporting.page.markup import Markup, tag

NAME = "S-MLLMUn Bench leaderboard"
_ASSETS = Path(__file__).parent / "assets"
_STYLES = (*files("page.css"), _ASSETS / "site.css")
_STYLES_OF_ANSWERS = (*files("page.css", "answers.css"), _ASSETS / "site.css")
_SCRIPT = _ASSETS / "plot.js"


def plain_page(title: str, lead: Markup, links: Sequence[Markup], sections: Sequence[Section]) -> str:
    """Return a page of tables and plots."""
    scripts = (*files("data.js", "theme.js", "tables.js", "start.js"), _SCRIPT)
    return document(title, lead, links, sections, _STYLES, scripts, {})


def answers_page(
    title: str,
    lead: Markup,
    links: Sequence[Markup],
    sections: Sequence[Section],
    carried: Mapping[str, Markup],
) -> str:
    """Return a page that has a browser of answers as well; ``carried`` is what it shows."""
    return document(title, lead, links, sections, _STYLES_OF_ANSWERS, (*files(*SCRIPTS), _SCRIPT), carried)


def away(address: str | None) -> Markup:
    """Return a link to another site, in a tab of its own: the site may be shown inside another page.

    An address that is no web address stays text.
    """
    if address is None or not address.startswith("https://"):
        return tag("span", address or "")
    text = address.removeprefix("https://")
    return tag("a", text, href=address, target="_blank", rel="noopener noreferrer nofollow")


def facts(pairs: Sequence[tuple[str, str]]) -> Markup:
    """Return figures with their names, large."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", text)) for name, text in pairs), class_="facts")
