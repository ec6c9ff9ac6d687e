"""The documentation as a site: whole, generated where it can be, and its code blocks run as they stand.

A block with a title is a file of that name; a ``bash`` or ``python`` block without one is run, in the order
of the page and in the folder of docs/index.md; a ``text`` block is neither.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from command_help import PAGE, commands, page, parameters
from loopback import Asked, Said, completion, loopback

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
STARTED = "index.md"
SHORT = ("add-a-method.md", "add-a-judge.md", "add-an-image-source.md", "add-a-base-model.md")
FOLLOWED = (*SHORT, "python-api.md", "your-adapter.md")
_BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_help_of_every_command_stands_in_the_docs() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python tests/command_help.py"


def test_every_argument_and_option_is_explained() -> None:
    silent = [
        f"{command}: {one.name}" for command in commands() for one in parameters(command) if not one.help
    ]
    assert silent == []


@pytest.mark.parametrize("name", SHORT)
def test_a_page_on_an_addition_is_short(name: str) -> None:
    assert len((DOCS / name).read_text(encoding="utf-8").splitlines()) < 40


def test_every_page_stands_in_the_navigation() -> None:
    text = re.sub(r"!!python/name:\S+", "x", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = set(_pages(yaml.safe_load(text)["nav"]))
    assert named == {file.name for file in DOCS.glob("*.md")}


def _pages(nav: list | dict | str) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for one in nav.values() if isinstance(nav, dict) else nav:
            yield from _pages(one)


def test_the_site_builds_without_a_warning_and_asks_nobody_else(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for file in tmp_path.rglob("*.html"):
        loaded = re.findall(r"<(?:script|img|link)[^>]*(?:src|href)=\"(https?:[^\"]+)", file.read_text())
        assert loaded == []


@pytest.fixture(scope="module")
def surroundings() -> Iterator[Mapping[str, str]]:
    """Yield the environment of a newcomer who has no key, and a server at $SERVER that judges."""
    kept = {key: value for key, value in os.environ.items() if not key.endswith(("_API_KEY", "_BASE_URL"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"

    def says(asked: Asked, before: int) -> Said:
        return completion('{"reason": "The same.", "score": 10}')

    with loopback(says) as server:
        yield kept | {"PATH": path, "SERVER": server.url, "OPENAI_API_KEY": "none"}


@pytest.fixture(scope="module")
def started(surroundings: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which Getting started has been followed."""
    folder = tmp_path_factory.mktemp("started")
    follow(STARTED, folder, surroundings)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", [STARTED, *FOLLOWED])
def test_every_block_of_a_page_runs(name: str, started: Path, surroundings: Mapping[str, str]) -> None:
    if name != STARTED:
        follow(name, started, surroundings)
    assert (started / "report/report.html").is_file()


def follow(name: str, folder: Path, surroundings: Mapping[str, str]) -> None:
    """Do what a page says, block by block."""
    for language, title, body in _BLOCK.findall((DOCS / name).read_text(encoding="utf-8")):
        if title:
            (folder / title).parent.mkdir(exist_ok=True)
            (folder / title).write_text(body, encoding="utf-8")
        elif language in ("bash", "python"):
            program = ["bash", "-euc"] if language == "bash" else [sys.executable, "-c"]
            done = subprocess.run(
                [*program, body], cwd=folder, env=surroundings, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{name}:\n{body}\n{done.stdout}\n{done.stderr}"
        else:
            assert language == "text", f"{name} has a block of {language}"
