"""The help of every command as one page, docs/commands.md: `python tests/command_help.py` writes it anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from s_mllmun_bench import cli

PAGE = Path(__file__).resolve().parent.parent / "docs/commands.md"
_HEAD = """# Commands

What `bench COMMAND --help` prints, for every command. Keys come from the environment alone:
`DASHSCOPE_API_KEY`, or `OPENAI_API_KEY` and `OPENAI_BASE_URL`, for LLMs; `HF_TOKEN` for the Hub. An error
that can be repaired is one line on stderr and status 1; a command line that makes no sense has status 2.
"""


def page() -> str:
    """Return the page, always the same for the same commands."""
    parts = [_HEAD, *(f"\n## bench {command}\n\n```text\n{help_of(command)}```\n" for command in commands())]
    return "".join(parts)


def commands() -> Iterator[str]:
    """Yield every command with a help of its own, such as ``leaderboard build``."""
    for name in cli.COMMANDS:
        yield name
        group = cli._imported(name)
        for inner in getattr(group, "commands", {}):
            yield f"{name} {inner}"


def parameters(command: str) -> list[Any]:
    """Return the arguments and options of a command; none for a group of commands."""
    name, _, inner = command.partition(" ")
    found = cli._imported(name)
    group = getattr(found, "commands", {})
    return [] if group and not inner else list((group[inner] if inner else found).params)


def help_of(command: str) -> str:
    """Return what a command's ``--help`` prints on a terminal of 80 columns."""
    asked = [*command.split(), "--help"]
    result = CliRunner().invoke(cli.app, asked, env={"COLUMNS": "80"}, prog_name="bench")
    lines = (line.rstrip() for line in result.stdout.strip().splitlines())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
