"""The report in a real browser: it sorts, filters and opens answers, asks nobody, and shows text as text."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import PHONE, Opened, opened
from reported import a_report_run, asked
from scripted import silent

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.records import SetName
from s_mllmun_bench.reporting.page.assembly import answers_section
from s_mllmun_bench.reporting.page.assembly import page as page_of
from s_mllmun_bench.reporting.page.report import write_report

pytestmark = pytest.mark.slow

SCRIPT = "</script><script>document.title = 'broken'</script><img src=x onerror=alert(1)>"
RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"
METHODS = ("smfa", "idk_tuning", "ga_difference", "kl_minimization", "manu", "mfa")
ASKED = 500
"""Of 20 people, one to forget, 25 questions each."""


def says(method: str) -> Any:
    """Return what a made-up run of a method says."""

    def answer(name: SetName, one: Question) -> str | None:
        if name == "retain":
            return one.answer
        return {"smfa": SCRIPT, "idk_tuning": RIGHT_TO_LEFT, "manu": "", "mfa": None}.get(
            method, "I don't know."
        )

    return answer


@pytest.fixture(scope="module")
def page(mini_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a plain model and six methods."""
    home = tmp_path_factory.mktemp("runs")
    questions = asked(mini_data)
    runs = [a_report_run(home / "original", questions, data=str(mini_data))]
    for place, method in enumerate(METHODS):
        score = 3.0 + place

        def fact(name: SetName, one: Question, method: str = method, score: float = score) -> float | None:
            if name == "retain":
                return score
            return None if method == "mfa" else 1.0

        runs.append(a_report_run(home / method, questions, says(method), fact, method, str(mini_data)))
    return write_report(runs, home / "report", silent).page


@pytest.fixture
def report(browser: Any, page: Path) -> Iterator[Opened]:
    """Yield the opened report; after the test nothing may have gone wrong on it."""
    with opened(browser, page) as found:
        found.page.wait_for_selector("#answers[data-ready]", state="attached")
        yield found
    assert found.errors == []
    assert found.requests == []


def labels(page: Any, table: str = "#table1") -> list[str]:
    return page.locator(f"{table} tbody tr th").evaluate_all("all => all.map((one) => one.dataset.value)")


def found_text(page: Any) -> str:
    return page.locator(".found").inner_text()


def choose(page: Any, **values: str) -> None:
    """Set filters and wait for the list."""
    page.evaluate("document.querySelector('.found').textContent = ''")
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        if name in ("search", "least", "most"):
            field.fill(value)
        else:
            field.select_option(label=value)
    page.wait_for_selector(".found:not(:empty)")


def test_the_report_opens_from_a_file_without_a_word_of_complaint(report: Opened):
    assert report.page.title() == "Selective unlearning: report"
    assert found_text(report.page) == f"All {ASKED} questions"
    assert report.page.locator(".detail .reply").count() == 7
    broken = "all => all.filter((one) => !one.complete || one.naturalWidth === 0).length"
    assert report.page.locator("img").evaluate_all(broken) == 0


def test_a_click_on_a_head_sorts_and_a_third_restores_the_order(report: Opened):
    page = report.page
    given = labels(page)
    head = page.locator("#table1 thead tr:last-child th").last
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    values = page.locator("#table1 tbody tr td:last-child").evaluate_all(
        "all => all.map((c) => c.dataset.value)"
    )
    assert values == sorted(values, key=float, reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert labels(page) == given


def test_runs_without_a_figure_are_sorted_last_in_either_direction(report: Opened):
    page = report.page
    button = page.locator("#table1 thead tr:last-child th").nth(2).locator("button")
    for _ in range(2):
        button.click()
        assert labels(page)[-1].startswith("MFA")


def test_an_interval_is_shown_under_the_pointer_and_under_the_focus(report: Opened):
    page = report.page
    cell = page.locator("#table1 tbody tr").nth(1).locator("td").last
    cell.hover()
    assert "95 % interval" in page.locator("#tip").inner_text()
    page.locator("#table1 [data-noted]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tip").is_visible()
    assert page.evaluate("document.activeElement.cellIndex") == 2
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_filters_narrow_the_list_and_clear_gives_it_back(report: Opened):
    page = report.page
    choose(page, set="forget")
    assert found_text(page) == f"25 of {ASKED} questions"
    choose(page, task="image understanding")
    assert found_text(page) == f"5 of {ASKED} questions"
    choose(page, set="all", task="text memory", attribute="residence")
    assert found_text(page) == f"20 of {ASKED} questions"
    page.get_by_role("button", name="Clear").click()
    page.get_by_text(f"All {ASKED} questions").wait_for()
    choose(page, search="no such text anywhere")
    assert found_text(page) == "No question fits the filters."
    assert page.locator(".browser").is_hidden()


def test_class_and_score_are_those_of_the_chosen_run(report: Opened):
    page = report.page
    choose(page, kind="refusal")
    assert found_text(page) == f"25 of {ASKED} questions"
    choose(page, run="Original")
    assert found_text(page) == "No question fits the filters."
    choose(page, run="GA Difference", kind="all", most="1")
    assert found_text(page) == f"25 of {ASKED} questions"
    choose(page, least="2", most="")
    assert found_text(page) == f"475 of {ASKED} questions"
    choose(page, run="MFA", kind="no answer", least="")
    assert found_text(page) == f"25 of {ASKED} questions"


def test_only_what_has_no_score_and_the_order_by_difference(report: Opened):
    page = report.page
    page.locator("[name=unscored]").check()
    page.get_by_text(f"25 of {ASKED} questions").wait_for()
    page.locator("[name=unscored]").uncheck()
    choose(page, order="runs furthest apart first")
    assert "forget" in page.locator(".option .place").first.inner_text()


def test_an_answer_opens_with_all_runs_beside_each_other(report: Opened):
    page = report.page
    page.locator(".option").nth(2).click()
    detail = page.locator(".detail")
    assert page.locator(".option[aria-selected=true]").get_attribute("aria-posinset") == "3"
    assert "3 of 500" in detail.inner_text()
    cards = detail.locator(".reply")
    assert cards.locator("h4 span:first-child").all_inner_texts()[0] == "Original"
    assert "Fact\n10" in cards.first.inner_text()
    assert page.evaluate("document.activeElement.className") == "detail"


def test_text_from_answers_is_shown_as_text(report: Opened):
    page = report.page
    replies = page.locator(".detail .reply p")
    assert SCRIPT in replies.all_inner_texts()
    assert "(empty)" in replies.all_inner_texts()
    assert "No answer: timeout: no reply after 60 s" in replies.all_inner_texts()
    hebrew = replies.get_by_text(RIGHT_TO_LEFT)
    assert hebrew.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert replies.first.evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert page.locator(".detail script, .detail [onerror]").count() == 0
    assert page.title() == "Selective unlearning: report"
    choose(page, search="<SCRIPT>")
    assert page.locator(".detail mark").first.inner_text() == "<script>"


def test_the_list_is_walked_by_keys_and_draws_only_what_is_seen(report: Opened):
    page = report.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "search"
    page.locator(".list").focus()
    page.keyboard.press("End")
    chosen = page.locator(".option[aria-selected=true]")
    assert chosen.get_attribute("aria-posinset") == str(ASKED)
    assert page.locator(".list").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert page.locator(".option").count() < 40
    page.keyboard.press("ArrowUp")
    assert "499 of 500" in page.locator(".detail").inner_text()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "detail"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "list"
    page.keyboard.press("Home")
    page.get_by_role("button", name="Next").click()
    assert "2 of 500" in page.locator(".detail").inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Next"


def test_all_of_a_person_are_one_click_away(report: Opened):
    report.page.get_by_role("button", name="All of p").click()
    report.page.get_by_text(f"25 of {ASKED} questions").wait_for()


def test_a_question_has_an_address_of_its_own(browser: Any, page: Path, report: Opened):
    name = report.page.locator(".detail .label").first.inner_text().partition(",")[0]
    report.page.locator(".option").nth(3).click()
    address = report.page.url
    assert "#" in address
    assert name not in address
    with opened(browser, page) as other:
        other.page.goto(address)
        other.page.reload()
        other.page.wait_for_selector("#answers[data-ready]", state="attached")
        assert address.partition("#")[2] in other.page.locator(".detail .label").first.inner_text()


def test_25000_questions_of_seven_runs_stay_smooth(browser: Any, tmp_path: Path):
    many = 25_000
    texts = [f"answer {number} of a person from Lviv" for number in range(8 * many)]
    column = list(range(many))
    scores = {"fact": [number % 11 for number in column], "rouge_l": [0.5] * many, "meaningful": [10] * many}
    answers = [
        {"text": [run * many + i for i in column], "failure": [-1] * many, "kind": [0] * many, **scores}
        for run in range(1, 8)
    ]
    data = {
        "runs": [f"run {number}" for number in range(7)],
        "sets": ["forget"],
        "tasks": ["text_memory"],
        "attributes": ["born"],
        "kinds": ["wrong"],
        "images": ["face"],
        "metrics": [{"name": name, "label": name, "top": 10} for name in scores],
        "texts": texts,
        "questions": dict.fromkeys(("id", "person", "question", "reference"), column)
        | dict.fromkeys(("set", "task", "attribute"), [0] * many)
        | dict.fromkeys(("shown", "picture"), [-1] * many),
        "answers": answers,
    }
    file = tmp_path / "large.html"
    file.write_text(page_of("Large", "", [answers_section(many, many)], data, []), encoding="utf-8")
    with opened(browser, file) as found:
        found.page.wait_for_selector("#answers[data-ready]", state="attached")
        assert found.page.evaluate("performance.now()") < 5000
        began = time.monotonic()
        choose(found.page, search="answer 199999 ")
        assert found_text(found.page) == f"1 of {many:,} questions"
        assert time.monotonic() - began < 2
        choose(found.page, search="", order="runs furthest apart first")
        found.page.locator(".list").evaluate("list => { list.scrollTop = 1e6; }")
        found.page.get_by_text("answer 13157 ").first.wait_for()
        assert found.page.locator(".option").count() < 40


def test_colours_follow_the_system_until_the_switch_is_used(browser: Any, page: Path):
    with opened(browser, page, color_scheme="dark") as dark:
        ground = "getComputedStyle(document.body).backgroundColor"
        assert dark.page.evaluate(ground) == "rgb(21, 23, 26)"
        dark.page.get_by_role("button", name="Switch to light colours").click()
        assert dark.page.evaluate(ground) == "rgb(251, 251, 250)"
        dark.page.emulate_media(color_scheme="light")
        dark.page.get_by_role("button", name="Switch to dark colours").click()
        assert dark.page.evaluate(ground) == "rgb(21, 23, 26)"


def test_on_a_phone_the_page_does_not_scroll_sideways_and_an_answer_takes_the_lists_place(
    browser: Any, page: Path
):
    with opened(browser, page, viewport=PHONE, has_touch=True) as phone:
        phone.page.wait_for_selector("#answers[data-ready]", state="attached")
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert phone.page.locator(".detail").is_hidden()
        phone.page.locator(".option").nth(1).tap()
        assert phone.page.locator(".detail").is_visible()
        assert phone.page.locator(".list").is_hidden()
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        phone.page.get_by_role("button", name="Back to the list").tap()
        assert phone.page.locator(".list").is_visible()
        assert phone.errors == phone.requests == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_automatic_check_of_accessibility_finds_no_serious_fault(browser: Any, page: Path, scheme: str):
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, page, color_scheme=scheme, bypass_csp=True) as found:
        found.page.wait_for_selector("#answers[data-ready]", state="attached")
        response = Axe().run(found.page).response
        serious = [
            (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
