"""A headless Chromium that opens pages from files and lets no page reach any address.

The browser is the system's own; where there is none, the tests that need it are skipped and say why.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 360, "height": 740}


def chromium_path() -> str:
    """Return where Chromium is; skip the test if it is nowhere."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium; install it with: apt-get install chromium")
    return found


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield one started browser."""
    path = chromium_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass(slots=True)
class Opened:
    """A page with what went wrong on it."""

    page: Any
    errors: list[str] = field(default_factory=list)
    """Errors and warnings of the console, and exceptions."""
    requests: list[str] = field(default_factory=list)
    """Every address that the page asked for, but itself and what it carries."""


@contextmanager
def opened(browser: Any, file: Path, **context: Any) -> Iterator[Opened]:
    """Yield a page opened from a file, offline.

    Args:
        browser: as `chromium` yields it.
        file: an HTML file.
        context: what the browser is to be, such as ``color_scheme="dark"``.
    """
    own = browser.new_context(offline=True, **context)
    found = Opened(own.new_page())
    found.page.set_default_timeout(10_000)
    found.page.on("console", lambda said: found.errors.append(said.text))
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on("request", lambda request: _note(found, request.url, file))
    found.page.goto(file.as_uri())
    yield found
    own.close()


def _note(found: Opened, url: str, file: Path) -> None:
    if not url.startswith(("data:", "blob:")) and url.partition("#")[0] != file.as_uri():
        found.requests.append(url)
