"""The cluster's document: its commands exist with these options, and its arrays cover what they say."""

import re
import shlex
from pathlib import Path

import pytest
from test_reproducing import METHODS, options_of

from s_mllmun_bench import cli

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "cluster.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:bash)?\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """Return the words of every call of `bench` in the document's blocks of code."""
    calls = re.findall(r"(?<![\w./-])(bench [a-z]+ .*)", "\n".join(BLOCKS))
    return [shlex.split(call.partition(";")[0]) for call in calls]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_exists_with_its_options(words: list[str]) -> None:
    assert words[1] in cli.COMMANDS
    known = options_of(words[1])
    assert [word for word in words if word.startswith("-") and word not in known] == []


def test_the_array_covers_every_method_ratio_and_seed() -> None:
    (script,) = [block for block in BLOCKS if "methods=(" in block]
    lists = {name: words.split() for name, words in re.findall(r"^(\w+)=\((.*)\)$", script, re.MULTILINE)}
    assert set(lists["methods"]) <= set(METHODS)
    sizes = [len(lists[name]) for name in ("methods", "ratios", "seeds")]
    last = int(re.search(r"--array=0-(\d+)", script)[1])
    assert sizes == [8, 3, 3]
    asked = {(task % 8, task // 8 % 3, task // 24) for task in range(last + 1)}
    assert len(asked) == 8 * 3 * 3 == last + 1


def test_every_option_for_ray_is_explained() -> None:
    for option in ("--engine", "--replicas", "--ray-address", "--replica-timeout", "--tensor-parallel"):
        assert option in options_of("eval")
        assert option in options_of("generate")
        assert f"| `{option} " in TEXT
