"""The command line as a whole: it starts at once, and an error is one line."""

import importlib
import inspect
import resource
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from typer.core import TyperCommand
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.cli.progress import InLines, duration, progress_shown, remaining_seconds
from s_mllmun_bench.errors import BenchError

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "transformers", "vllm", "datasets", "peft", "matplotlib", "pydantic", "numpy", "rich")


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def _main_with(monkeypatch: pytest.MonkeyPatch, command: Callable[[], None]) -> None:
    """Run ``main`` with a command line of one command."""
    single = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    single.command()(command)
    monkeypatch.setattr(cli, "app", single)
    monkeypatch.setattr(sys, "argv", ["bench"])
    cli.main()


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(cli.app, ["--help"])
    assert result.exit_code == 0
    for name, entry in cli.COMMANDS.items():
        assert f"  {name} " in result.stdout
        assert entry.help in " ".join(result.stdout.split())


def test_help_imports_nothing_heavy() -> None:
    result = _python(
        "import sys\n"
        "from s_mllmun_bench.cli import app\n"
        "app(['--help'], standalone_mode=False)\n"
        f"print('loaded:', [name for name in {HEAVY} if name in sys.modules])\n"
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "loaded: []"


def test_help_answers_at_once() -> None:
    """0.1 s on an idle machine; processor time and the best of three, since others may be busy here."""
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = _python("import sys; sys.argv[1:] = ['--help']; from s_mllmun_bench.cli import main; main()")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert result.returncode == 0
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < 0.3


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_that_is_listed_is_there(name: str) -> None:
    module = importlib.import_module(f"s_mllmun_bench.cli.{name.replace('-', '_')}")
    function = getattr(module, cli.COMMANDS[name].function)
    assert (inspect.getdoc(function) or "").splitlines()[0] == cli.COMMANDS[name].help


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself_without_loading_a_model(name: str) -> None:
    result = _python(
        "import sys\n"
        "from s_mllmun_bench.cli import app\n"
        f"app([{name!r}, '--help'], standalone_mode=False)\n"
        "print('loaded:', [name for name in ('torch', 'transformers', 'vllm') if name in sys.modules])\n"
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Usage: ")
    assert "Args:" not in result.stdout
    assert result.stdout.splitlines()[-1] == "loaded: []"


def test_a_mistyped_command_is_told_the_nearest() -> None:
    result = CliRunner().invoke(cli.app, ["bild"])
    assert result.exit_code == 2
    assert "No such command 'bild'. Did you mean 'build'?" in result.stderr


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(cli.app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, "bench 0.1.0\n")


def test_an_error_that_can_be_repaired_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise BenchError("no judge named 'x' in judges/;\n  there are: none")

    with pytest.raises(SystemExit) as stopped:
        _main_with(monkeypatch, fails)
    assert stopped.value.code == 1
    assert capsys.readouterr() == ("", "bench: no judge named 'x' in judges/; there are: none\n")


def test_a_package_that_is_not_installed_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise ModuleNotFoundError("No module named 'peft.tuners'", name="peft.tuners")

    with pytest.raises(SystemExit) as stopped:
        _main_with(monkeypatch, fails)
    assert stopped.value.code == 1
    expected = "bench: this needs the package 'peft'; install it with: pip install 's-mllmun-bench[train]'\n"
    assert capsys.readouterr() == ("", expected)


def test_a_missing_module_of_no_extra_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        importlib.import_module("s_mllmun_bench.nothing")

    with pytest.raises(ModuleNotFoundError, match="nothing"):
        _main_with(monkeypatch, fails)


def test_the_extras_that_are_told_are_those_of_the_project() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = settings["project"]["optional-dependencies"]
    for extra, packages in cli._EXTRAS.items():
        assert {Requirement(line).name for line in extras[extra]} == set(packages)


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        _main_with(monkeypatch, fails)


def test_an_interrupt_ends_with_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        _main_with(monkeypatch, interrupted)
    assert stopped.value.code == 130


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("unlearn", "bench: interrupted; the same command goes on from what is kept"),
        ("finetune", "bench: interrupted; nothing is kept, and the same command begins anew"),
        ("publish", "bench: interrupted"),
    ],
)
def test_an_interrupted_command_says_what_it_does_when_typed_again(
    command: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_imported", lambda name: TyperCommand(name, callback=interrupted))
    result = CliRunner().invoke(cli.app, [command])
    assert (result.exit_code, result.stderr, result.stdout) == (130, line + "\n", "")


def test_progress_in_lines_tells_the_beginning_the_end_and_what_remains() -> None:
    lines: list[str] = []
    clock = iter([0.0, 5.0, 20.0, 21.0, 40.0])
    progress = InLines(lines.append, every=15, now=lambda: next(clock))
    for done in (0, 10, 40, 41, 80):
        progress(done, 80, "answering")
    # at 20 s: 40 of 80 took 20 s, so the other 40 take 20 s.
    assert lines == ["answering: 0/80", "answering: 40/80, about 20 s left", "answering: 80/80, done in 40 s"]


def test_a_detail_that_changes_is_no_new_stage() -> None:
    lines: list[str] = []
    progress = InLines(lines.append, every=15, now=lambda: 0.0)
    for done in range(4):
        progress(done, 3, f"fine-tuning, loss {1 / (done + 1):.2f}")
    assert lines == ["fine-tuning, loss 1.00: 0/3", "fine-tuning, loss 0.25: 3/3, done in 0 s"]


def test_progress_of_a_continued_run_counts_the_time_of_new_steps_only() -> None:
    lines: list[str] = []
    clock = iter([0.0, 20.0])
    progress = InLines(lines.append, every=15, now=lambda: next(clock))
    progress(70, 100, "answering")
    progress(80, 100, "answering")
    # 10 steps took 20 s, so the last 20 take 40 s.
    assert lines[-1] == "answering: 80/100, about 40 s left"


def test_each_stage_has_its_own_lines_and_a_total_may_be_unknown() -> None:
    lines: list[str] = []
    progress = InLines(lines.append, every=15, now=lambda: 0.0)
    progress(0, 2, "answering")
    progress(3, 0, "judging")
    assert lines == ["answering: 0/2", "judging: 3"]


def test_nothing_is_estimated_before_the_first_step() -> None:
    assert remaining_seconds(0, 10, 3.0) is None
    assert remaining_seconds(2, 10, 3.0) == 15.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (170, "3 min"), (5400, "1 h 30 min"), (7800, "2 h 10 min")],
)
def test_durations_are_told_in_the_unit_a_person_uses(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_progress_goes_to_stderr_and_can_be_silenced(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown() as progress:
        progress(0, 2, "answering")
    with progress_shown(quiet=True) as progress:
        progress(1, 2, "answering")
    assert capsys.readouterr() == ("", "answering: 0/2\n")
