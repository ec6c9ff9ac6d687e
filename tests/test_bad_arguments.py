"""Every command with every path that it takes missing, empty, of another kind, unreadable or half written.

Whatever is wrong, it is one line on stderr and exit status 1 (2 where a command says so), there is no
traceback, and nothing is written that was not there. A path that a command gains belongs into `LINES`;
a test says which are missing there.
"""

import importlib
import inspect
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_help import commands, parameters
from goods import ENDINGS, KINDS, OUTPUTS, write_goods
from spoiled import all_there, taken, ways

from s_mllmun_bench import cli

# The parts take long to make where others work, too.
pytestmark = pytest.mark.timeout(900)

# As `cli.main` does; here transformers may be loaded before.
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
NOBODY = "http://127.0.0.1:9/v1"
"""A server that is not there: a command that asks it has gone too far."""
LINES = (
    "build {recipe} -o {new} --json",
    "build s-mllmun-bench --limit 20 --faces {faces} --ophthalmic {eyes} "
    f"--writer-base-url {NOBODY} -o {{new}} --json",
    "check {data} --json",
    "publish {data} owner/name --dry-run --json",
    "attach-ophthalmic {published} --ophthalmic {originals} -o {new} --json",
    "pretrain {pretraining} -o {new} --json",
    "plan --model {checkpoint} --gpu a100-80gb --data {data} --from {lora} --json",
    "finetune --model {checkpoint} --data {taught} -o {new} --json",
    "unlearn {method} --model {checkpoint} --data {forgotten} --ratio 5 -o {new} --json",
    "merge --model {checkpoint} --adapter {lora} --adapter {sculpted} --adapter {pruned} -o {new} --json",
    "merge --model {checkpoint} --adapter {lora} --as-lora --rank 2 --data {data} -o {new} --json",
    "eval --model {checkpoint} --adapter {lora} --adapter {sculpted} --data {data} --judge {judge} "
    "--backend transformers -o {new} --json",
    "eval --backend predictions:{predictions} --data {data} --judge {rubric} "
    f"--judge-base-url {NOBODY} --judge-cache {{new}} -o {{new}} --json",
    "generate --model {checkpoint} --adapter {lora} --data {data} --backend transformers -o {new} --json",
    "generate --backend predictions:{predictions} --data {data} -o {new} --json",
    "judge {run} --judge {judge} --json",
    f"judge {{judged}} --judge {{rubric}} --judge-base-url {NOBODY} --judge-cache {{new}} --json",
    "calibrate --judge {judge} --json",
    "agreement {run} offline_fact offline_fact --plot {picture}",
    "score {run} --json",
    "score {run} {other}",
    "compare {run} {other} --json",
    "frontier {run} {other} -o {picture} --json",
    "report {run} {other} --data {data} -o {new} --json",
    "submit {finished} --name N --authors A --url https://example.org --method new --leaderboard {board}",
    "verify {bundle} --leaderboard {board} --data {data} --json",
    "verify {sent} --leaderboard {sent_to} --summary {page}",
    "verify {sent} --leaderboard {sent_to} --rejudge 2 --judge {judge}",
    "leaderboard build --leaderboard {board} --site {new}",
    "leaderboard serve --leaderboard {board} --site {new} --port 0",
    "leaderboard renew --leaderboard {board}",
    "leaderboard release {data} --leaderboard {board}",
    "leaderboard null {data} --base-model model --runs {new} --judge offline --leaderboard {board}",
    "leaderboard export {bundle} --format every_eval_ever --leaderboard {board} -o {page}",
    "reproduce {reproduction} -o {new} --document {page} --runs {runs} --stop-after 0",
    "demo -o {new} --people 20",
)
"""Each command with every path that it takes, by what is expected there."""
PATHS = ("data", "model", "adapter", "recipe", "method", "name", "judge", "backend", "faces", "ophthalmic")
"""Parameters that are a path or a name."""
HARMLESS = {
    ("build", "new", "a link to nothing"): "it is built where the link leads",
    ("attach-ophthalmic", "new", "a link to nothing"): "it is built where the link leads",
    ("eval --model", "new", "a link to nothing"): "the folder around several runs is where the link leads",
    ("merge --model {checkpoint} --adapter {lora} --adapter", "checkpoint", "tokenizer.json"): "it is copied",
    ("unlearn", "checkpoint", "tokenizer.json"): "the folder around the output stays, empty",
    ("verify", "data", "digest right"): "its tables are read where a question differs, and here none does",
    ("leaderboard release", "board", "missing"): "it is made",
    ("leaderboard release", "board", "an empty folder"): "a leaderboard begins",
    ("leaderboard release", "board", "no released.yaml"): "a leaderboard begins",
    ("", "board", "half of released.yaml"): "it is YAML with fewer versions",
}
"""What is no fault: how a line begins, the path's name, how the way's name ends, and why."""
REPORTING = ("check", "verify")
"""Commands whose result is that something is bad: they say so on stdout, and by their status."""
PROGRESS = re.compile(r"[a-z][^:]*: \d+(/\d+.*)?")
"""How far a command is, which is said on stderr where no terminal is."""


def cases() -> Iterator[tuple[str, str, str]]:
    """Yield a line, the path in it that is bad, and how."""
    for line in LINES:
        for name in dict.fromkeys(re.findall(r"{(\w+)}", line)):
            for way in (
                taken(OUTPUTS[name]) if name in OUTPUTS else ways(KINDS[name]) if name in KINDS else ()
            ):
                if not is_harmless(line, name, way):
                    yield line, name, way


def is_harmless(line: str, name: str, way: str) -> bool:
    return any(line.startswith(a) and name == b and way.endswith(c) for a, b, c in HARMLESS)


CASES = list(cases())


@pytest.fixture(scope="module")
def goods(mini_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_goods(tmp_path_factory.mktemp("goods"), mini_data)


@pytest.fixture(scope="module")
def untouched(goods: dict[str, Path]) -> dict[str, object]:
    """Return all that lies beside the goods before the first command."""
    return all_there(goods["data"].parent)


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize(("line", "name", "way"), CASES, ids=lambda one: one.split(" {")[0])
def test_a_bad_path_is_one_line_and_writes_nothing(
    line: str,
    name: str,
    way: str,
    goods: dict[str, Path],
    untouched: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    paths = goods | {one: home / "made" / f"here{ENDINGS[one]}" for one in OUTPUTS}
    if name in OUTPUTS:
        paths[name] = taken(OUTPUTS[name])[way](home / f"output{ENDINGS[name]}")
    else:
        paths[name] = home / goods[name].name
        ways(KINDS[name])[way](goods[name], paths[name])
    before = all_there(home) | untouched
    status = run_in(home, shlex.split(line.format(**paths)), monkeypatch)
    said = capfd.readouterr()
    lines = [one for one in said.err.splitlines() if not PROGRESS.fullmatch(one)]
    if lines or not line.startswith(REPORTING):
        assert [one[:7] for one in lines] == ["bench: "], said.err
    assert status in ((1, 2) if line.startswith("verify") else (1,)), said.out
    after = all_there(home, goods["data"].parent)
    assert sorted(dict(after.items() ^ before.items())) == []


def run_in(folder: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run ``bench`` in a folder, as the console script does, and return its exit status."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["bench", *words])
    for key in ("DASHSCOPE_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_every_path_of_every_command_is_tried() -> None:
    """A parameter is a path if its type is, or its name is that of one elsewhere."""
    tried = {name: " ".join(line for line in LINES if line.startswith(f"{name} ")) for name in commands()}
    paths = [(name, one) for name in commands() for one in parameters(name) if is_path(name, one.name)]
    missing = [
        f"{name} {one.opts[-1]}"
        for name, one in paths
        if not (one.param_type_name == "argument" and tried[name])
        and not set(one.opts) & set(tried[name].split())
    ]
    assert missing == [], missing


def is_path(command: str, parameter: str) -> bool:
    """Return whether a parameter of a command is a path, or may be one."""
    module = importlib.import_module(f"s_mllmun_bench.cli.{command.partition(' ')[0].replace('-', '_')}")
    inner = command.partition(" ")[2]
    function = getattr(module, inner or cli.COMMANDS[command].function)
    kind = inspect.signature(function).parameters[parameter].annotation
    return "Path" in str(kind) or parameter in PATHS
