"""The documents are checked like code: links lead somewhere, and tables say what is there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("docs", "builders", "judges", "submissions", "leaderboard", "benchmarks")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.md"))]
)


def _rows_of_rooms() -> list[tuple[str, str]]:
    """Return (rooms of one line, description) from the table in docs/architecture.md, top to bottom."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.split("| room | what lives there |\n|---|---|\n")[1].split("\n\n")[0]
    return [(row.split("|")[1].strip(), row.split("|")[2].strip()) for row in table.splitlines()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", document.read_text(encoding="utf-8"))
    paths = [(a or b).partition("#")[0] for a, b in targets]
    relative = [path for path in paths if path and not re.match(r"[a-z]+:", path)]
    missing = [path for path in relative if not (document.parent / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_named_in_code_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


def test_the_rooms_stand_in_the_order_that_the_contract_enforces() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    enforced = [sorted(re.findall(r"\w+", layer)) for layer in layers]
    assert [sorted(re.findall(r"\w+", rooms)) for rooms, _ in _rows_of_rooms()] == enforced


@pytest.mark.parametrize(("rooms", "description"), _rows_of_rooms())
def test_a_room_is_called_planned_as_long_as_it_is_not_there(rooms: str, description: str) -> None:
    engine = ROOT / "s_mllmun_bench"
    there = [
        (engine / f"{room}.py").is_file() or (engine / room / "__init__.py").is_file()
        for room in re.findall(r"\w+", rooms)
    ]
    assert there == ["(planned)" not in description] * len(there)


def test_the_readme_counts_the_verdicts_of_the_mini_reproduction() -> None:
    page = (ROOT / "docs/mini-reproduction.md").read_text(encoding="utf-8")
    table = page.split("| claim | here | figures |\n| --- | --- | --- |\n")[1].split("\n\n")[0]
    verdicts = [row.split(" | ")[1].strip("*") for row in table.splitlines()]
    kinds = ("holds", "holds in part", "does not hold here", "not run")
    assert set(verdicts) <= set(kinds)
    told = re.search(
        r"\*\*(\d+) hold, (\d+) hold in part, (\d+) do not hold, (\d+) (?:was|were) not run\*\*",
        " ".join((ROOT / "README.md").read_text(encoding="utf-8").split()),
    )
    assert told is not None
    assert [int(number) for number in told.groups()] == [verdicts.count(kind) for kind in kinds]
