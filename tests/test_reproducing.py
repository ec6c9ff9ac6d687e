"""The recipe of the real run: every command in it exists, and every setting is one that it takes."""

import csv
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from s_mllmun_bench import cli, contents
from s_mllmun_bench.records import TASKS
from s_mllmun_bench.training.finetuning import FinetuneSettings
from s_mllmun_bench.training.methods import read_method
from s_mllmun_bench.training.settings import Computing, overridden, parse

RECIPE = Path(__file__).resolve().parent.parent / "docs" / "reproducing-the-paper.md"
METHODS = contents.names("submissions", "/submission.py")


def commands() -> list[list[str]]:
    """Return the words of every call of `bench` in the recipe's blocks of code."""
    blocks = re.findall(r"^```\n(.*?)^```", RECIPE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    calls = re.findall(r"(?:^|\s)(bench .*)", "\n".join(blocks), re.MULTILINE)
    return [shlex.split(call.partition(";")[0]) for call in calls]


def options_of(command: str) -> dict[str, Any]:
    """Return a command's options by the names they are typed with."""
    parameters = cli._imported(command).params
    return {name: parameter for parameter in parameters for name in getattr(parameter, "opts", [])}


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_recipe_exists_with_its_options(words: list[str]) -> None:
    assert words[1] in cli.COMMANDS
    known = options_of(words[1])
    assert [word for word in words if word.startswith("-") and word not in known] == []


def test_the_recipe_names_every_method_and_no_other() -> None:
    text = RECIPE.read_text(encoding="utf-8")
    loop = re.search(r"for method in (.*); do", text)
    assert loop is not None
    # `original` is the plain model, `retrain` has a line of its own, and `template` is there to be copied.
    assert sorted([*loop[1].split(), "original", "retrain", "template"]) == METHODS
    answered = set(re.findall(r"--adapter \$A/(\w+)", text))
    assert answered == set(loop[1].split())


def settings_of(method: str) -> type[BaseModel]:
    module = contents.load(contents.folder("submissions") / method / "submission.py")
    kind: type[BaseModel] = getattr(module, "Settings", None) or module.ForgettingSettings
    return kind


@pytest.mark.parametrize("words", [words for words in commands() if "--set" in words], ids=" ".join)
def test_every_setting_of_the_recipe_is_one_of_its_command(words: list[str]) -> None:
    given = [words[place + 1] for place, word in enumerate(words) if word == "--set"]
    methods = METHODS if words[2] == "$method" else [words[2]]
    for method in methods if words[1] == "unlearn" else []:
        values = overridden(read_method(contents.folder("submissions") / method).settings, given)
        parse(Computing, values.pop("computing", {}), method)
        parse(settings_of(method), values, method)
    if words[1] == "finetune":
        parse(FinetuneSettings, overridden({}, given), "finetune")


def test_every_setting_that_the_recipe_explains_is_one_of_some_method() -> None:
    explained = re.findall(r"`(?:--set )?([\w.]+=\w+)`", RECIPE.read_text(encoding="utf-8"))
    assert len(explained) >= 4
    for assignment in explained:
        assert any(taken(method, assignment) for method in [*METHODS, "finetune"]), assignment


def taken(method: str, assignment: str) -> bool:
    """Return whether a method, or fine-tuning, takes a setting."""
    from s_mllmun_bench.errors import BenchError

    finetuning = method == "finetune"
    described = {} if finetuning else read_method(contents.folder("submissions") / method).settings
    try:
        kind: Any = FinetuneSettings if finetuning else settings_of(method)
        parse(kind, overridden(described, [assignment]), method)
    except BenchError:
        return False
    return True


def test_the_figures_to_expect_are_those_of_the_papers_table() -> None:
    path = contents.folder("leaderboard") / "paper" / "table1.csv"
    given = {}
    for row in csv.DictReader(path.open(encoding="utf-8")):
        shown = {"ok": row["value"], "likely": f"{row['value']}?", "unreadable": "\u2013"}[row["status"]]
        given[tuple(row[key] for key in ("model", "ratio", "method", "set", "task", "metric"))] = shown
    text = RECIPE.read_text(encoding="utf-8")
    found = {}
    for model in ("Qwen2.5-VL", "LLaVA-OneVision"):
        table = text.split(f"### {model}-7B\n")[1].strip().split("\n\n")[0]
        for line in table.splitlines()[2:]:
            ratio, name, method, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            columns = [(task, metric) for task in TASKS for metric in "RFM"]
            for column, cell in zip(columns, cells, strict=True):
                found[model, ratio.removesuffix(" %"), method, name, *column] = cell
    assert found == given
