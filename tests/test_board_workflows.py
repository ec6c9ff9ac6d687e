"""What runs on a pull request that adds a bundle: few rights, no secrets, pinned actions, data as data."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from s_mllmun_bench.board.submission import FILES

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ONLY_BUNDLES = ROOT / ".github/only_bundles"


def steps_of(path: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [step for job in content["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_nothing_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    assert content["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in content["jobs"].values())
    assert "secrets" not in text.replace("no secrets", "") and "pull_request_target" not in text
    assert all("timeout-minutes" in job for job in content["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_no_text_of_a_pull_request_gets_into_a_shell(path: Path) -> None:
    for step in steps_of(path):
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", step["uses"])
        else:
            assert "${{" not in step["run"]
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


def test_a_submission_is_verified_by_the_code_of_the_base_branch() -> None:
    runs = [step["run"] for step in steps_of(ROOT / ".github/workflows/submission.yml") if "run" in step]
    assert runs == [
        "base/.github/only_bundles submission",
        "python -m pip install --quiet ./base",
        'bench verify submission/leaderboard --summary "$GITHUB_STEP_SUMMARY"',
    ]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a repository with one bundle."""
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, "leaderboard/results/v/m/05/a/scores.json", "leaderboard/leaderboard.json", "code.py")
    return commit(tmp_path)


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def write(folder: Path, *names: str, text: str = "x") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def commit(folder: Path) -> Path:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    return folder


def refused(folder: Path) -> str | None:
    found = subprocess.run([ONLY_BUNDLES, folder], capture_output=True, text=True, check=False)
    return found.stdout if found.returncode else None


def test_a_new_bundle_with_its_row_may_come(checkout: Path) -> None:
    names = ("submission.yaml", *FILES)
    write(checkout, *(f"leaderboard/results/v-1.0.0/Qwen2.5_VL/05/b/{name}" for name in names))
    write(checkout, "leaderboard/leaderboard.json", text="y")
    assert refused(commit(checkout)) is None


@pytest.mark.parametrize(
    "name",
    [
        "code.py",
        "leaderboard/released.yaml",
        ".github/workflows/x.yml",
        "leaderboard/resultsx",
        "a\nb",
        "leaderboard/results/.gitattributes",
        "leaderboard/results/.evil/payload",
        "leaderboard/results/.evil/m/05/b/scores.json",
        "leaderboard/results/v/m/05/b/.gitattributes",
        "leaderboard/results/v/m/05/b/run.py",
        "leaderboard/results/v/m/05/scores.json",
        "leaderboard/results/v/m/05/b/c/scores.json",
        "leaderboard/results/v/m/05/b\n/scores.json",
    ],
)
def test_a_submission_changes_nothing_else(name: str, checkout: Path) -> None:
    write(checkout, name, text="y")
    said = refused(commit(checkout))
    assert said is not None and "nothing else; this one changes:" in said


def test_a_file_of_the_repository_does_not_move_into_a_bundle(checkout: Path) -> None:
    (checkout / "leaderboard/results/v/m/05/b").mkdir()
    git(checkout, "mv", "code.py", "leaderboard/results/v/m/05/b/scores.json")
    said = refused(commit(checkout))
    assert said is not None and said.endswith("this one changes:\ncode.py\n")


def test_a_bundle_that_is_there_is_neither_changed_nor_removed(checkout: Path) -> None:
    write(checkout, "leaderboard/results/v/m/05/a/scores.json", text="y")
    said = refused(commit(checkout))
    assert said is not None and "replaces no bundle that is there" in said
    (checkout / "leaderboard/results/v/m/05/a/scores.json").unlink()
    assert refused(commit(checkout)) is not None


def test_the_folder_of_bundles_is_no_link(checkout: Path) -> None:
    git(checkout, "rm", "-rq", "leaderboard/results")
    (checkout / "leaderboard/results").symlink_to("/etc")
    assert refused(commit(checkout)) is not None
