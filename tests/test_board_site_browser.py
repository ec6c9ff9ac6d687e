"""The leaderboard's site in a real browser: sorted, switched, pointed at and opened, and it asks nobody."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import PHONE, Opened, opened
from scripted import silent
from submitted import a_board, a_run, forgets, submitted

from s_mllmun_bench.board.entries import read_entries
from s_mllmun_bench.board.leaderboard import leaderboard_of
from s_mllmun_bench.board.reported import TABLE
from s_mllmun_bench.board.site.writing import write_site

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = "</script><script>document.title = 'broken'</script><img src=x onerror=alert(1)>"
OVERRIDE = "\u202eevil\u202c"
HEBREW = "\u05e9\u05db\u05d7\u05d4"
LONG = "Longname" * 10
SUBMISSION = "submissions/made-up-1.0.0/model/05/hostile.html"
HEADLINE = "#board thead tr:last-child th:nth-child(2)"


def hostile(name: str, task: str, reference: str) -> str:
    if name == "retain":
        return reference
    return {"text_memory": SCRIPT, "image_memory": OVERRIDE}.get(task, "w" * 5000)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site of five submissions, one of them hostile, and of the paper's boards."""
    home = tmp_path_factory.mktemp("site")
    board = a_board(home)
    (board / TABLE).parent.mkdir()
    shutil.copyfile(ROOT / "leaderboard" / TABLE, board / TABLE)
    submitted(board, a_run(home / "hostile", hostile, engine_args=(SCRIPT, OVERRIDE)), HEBREW)
    submitted(board, a_run(home / "long", forgets), LONG, authors="A" * 300)
    entries = read_entries(board, silent)
    write_site(leaderboard_of(board, entries), entries, home / "out", silent)
    return home / "out"


@pytest.fixture
def front(browser: Any, site: Path) -> Iterator[Opened]:
    """Yield the front page; after the test nothing may have gone wrong, and no other site been asked."""
    with opened(browser, site / "index.html") as found:
        yield found
    assert found.errors == []
    assert [one for one in found.requests if not one.startswith(site.as_uri())] == []


def names(page: Any, block: int) -> list[str]:
    return (
        page.locator("#board tbody")
        .nth(block)
        .locator("th")
        .evaluate_all("all => all.map((one) => one.dataset.value)")
    )


def test_the_front_page_shows_ranks_and_what_is_never_ranked(front: Opened):
    page = front.page
    assert page.title() == "S-MLLMUn Bench leaderboard"
    assert set(names(page, 0)) == {"good", LONG, HEBREW, "bad"}
    assert names(page, 2) == ["original"]
    ranks = page.locator("#board tbody").first.locator(".rank > [aria-hidden]").all_inner_texts()
    assert ranks[:2] == ["1=", "1="]
    assert page.locator("#board tbody").nth(2).locator(".rank").inner_text() == ""
    assert page.locator("#board .pill.recomputed").count() == 5


def test_a_click_sorts_the_ranked_and_the_others_apart(front: Opened):
    page = front.page
    given = names(page, 0)
    head = page.locator(HEADLINE)
    for direction in ("descending", "ascending"):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == direction
        values = (
            page.locator("#board tbody")
            .first.locator("tr td:nth-child(2)")
            .evaluate_all("all => all.map((one) => Number(one.dataset.value))")
        )
        assert values == sorted(values, reverse=direction == "descending")
        assert names(page, 2) == ["original"]
    head.locator("button").click()
    assert names(page, 0) == given


def test_another_board_is_one_link_away_and_back(front: Opened):
    page = front.page
    page.get_by_role("navigation", name="Boards").get_by_role("link", name="paper").click()
    page.wait_for_url("**/boards/paper/**")
    boards = page.get_by_role("navigation", name="Boards")
    boards.get_by_role("link", name="15 %").click()
    page.wait_for_url("**/15-*.html")
    boards.get_by_role("link", name="Qwen2.5-VL").click()
    page.wait_for_url("**/Qwen2.5-VL/15-*.html")
    assert boards.locator("[aria-current]").all_inner_texts() == [
        "paper",
        "Qwen2.5-VL",
        "15 %",
        "Fact Score + Meaningful Score",
    ]
    assert page.locator("#board .pill.reported").count() == 6
    boards.get_by_role("link", name="made-up-1.0.0").click()
    page.wait_for_url("**/boards/made-up-1.0.0/**")


def test_a_point_tells_its_figures_and_brings_out_its_row(front: Opened):
    page = front.page
    point = page.locator("svg.plot").first.locator(".point[aria-label^=bad]")
    point.hover()
    assert page.locator("#tip").inner_text() == point.get_attribute("aria-label")
    assert "forget set's memory 0.00" in page.locator("#tip").inner_text()
    assert page.locator("#board tr.lit th").get_attribute("data-value") == "bad"
    page.locator("#board tbody tr").first.hover()
    assert page.locator(".point.lit").count() == 2


def test_the_points_are_walked_by_the_arrow_keys(front: Opened):
    page = front.page
    points = page.locator("svg.plot").first.locator(".point")
    assert points.evaluate_all("all => all.filter((one) => one.getAttribute('tabindex') === '0').length") == 1
    page.locator("svg.plot").first.locator(".point[tabindex='0']").focus()
    first = page.locator("#tip").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tip").inner_text() != first
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#tip").inner_text() == first


def test_a_figure_tells_its_interval_under_the_focus(front: Opened):
    page = front.page
    page.locator("#board [data-noted]").first.focus()
    assert "95 % interval" in page.locator("#tip").inner_text()
    for _ in names(page, 0):
        page.keyboard.press("ArrowDown")
    # The title of the rows for comparison is stepped over.
    assert page.evaluate("document.activeElement.parentElement.cells[0].dataset.value") == "original"


def test_a_submission_opens_with_its_answers_beside_the_references(front: Opened):
    page = front.page
    page.get_by_role("link", name="good", exact=True).first.click()
    page.wait_for_selector("#answers[data-ready]", state="attached")
    assert page.title() == "good"
    assert page.locator(".detail .reply h4 span:first-child").all_inner_texts() == ["good", "original"]
    assert page.locator(".found").inner_text() == "All 36 questions"
    page.locator("summary").click()
    assert '"backend": "transformers"' in page.locator("pre").inner_text()
    page.get_by_role("link", name="The board").click()
    page.wait_for_url("**/boards/**")


def test_a_point_opens_its_submission(front: Opened):
    page = front.page
    page.locator("svg.plot").nth(1).locator("a.point[aria-label^=bad]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bad.html")
    assert page.locator(".point.lit").count() == 2


def test_hostile_texts_are_shown_as_text(browser: Any, site: Path):
    with opened(browser, site / SUBMISSION, viewport=PHONE) as found:
        page = found.page
        page.wait_for_selector("#answers[data-ready]", state="attached")
        assert page.title() == HEBREW
        page.locator("summary").click()
        said = page.locator("pre").inner_text()
        assert SCRIPT in said
        assert OVERRIDE not in said
        assert "\\u202eevil" in said
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        shown = set()
        for place in range(3):
            page.locator(".option").nth(place).click()
            shown.add(page.locator(".detail .reply p").first.inner_text())
            page.get_by_role("button", name="Back to the list").click()
        assert SCRIPT in shown
        assert any(one.endswith("(cut: 3,000 more characters)") for one in shown)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.locator("main script, main img").count() == 0
        assert found.errors == found.requests == []


def test_on_a_phone_no_page_scrolls_sideways(browser: Any, site: Path):
    for file in sorted(site.rglob("*.html")):
        with opened(browser, file, viewport=PHONE, has_touch=True) as phone:
            assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], file
            assert phone.errors == phone.requests == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", SUBMISSION, "boards/paper/Qwen2.5-VL"])
def test_an_automatic_check_of_accessibility_finds_no_serious_fault(
    browser: Any, site: Path, scheme: str, name: str
):
    from axe_playwright_python.sync_playwright import Axe

    file = site / name if name.endswith(".html") else min((site / name).iterdir())
    with opened(browser, file, color_scheme=scheme, bypass_csp=True) as found:
        response = Axe().run(found.page).response
        serious = [
            (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
