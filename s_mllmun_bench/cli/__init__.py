"""The command line `bench`: one module per command, imported when that command is called.

The names and their help lines stand in this file, so that ``bench --help`` imports no command, and with
it neither torch nor transformers nor vllm: it answers in less than 0.3 s.
"""

import importlib
import os
import sys
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from s_mllmun_bench.errors import BenchError, one_line


class _Entry(NamedTuple):
    function: str
    """The command's function in the module of ``s_mllmun_bench.cli`` of its name (``_`` for a hyphen)."""
    help: str


COMMANDS = {
    "build": _Entry("build", "Build a dataset from a recipe."),
    "check": _Entry("check", "Audit a dataset folder."),
    "publish": _Entry("publish", "Put a dataset on the Hugging Face Hub."),
    "attach-ophthalmic": _Entry("attach_ophthalmic", "Fill in images that a dataset left out."),
    "pretrain": _Entry("pretrain", "Pretrain a mini checkpoint from scratch, on a world of its own."),
    "finetune": _Entry("finetune", "Teach a model the people of a dataset, in the fixed format."),
    "unlearn": _Entry("unlearn", "Make a model forget the forget set, by one of the methods."),
    "merge": _Entry("merge", "Merge adapters into a checkpoint, or write one as a plain LoRA."),
    "eval": _Entry("evaluate", "Answer, judge and score: the whole evaluation of models."),
    "generate": _Entry("generate", "Answer the questions and leave the judging for later."),
    "judge": _Entry("judge", "Judge the answers of a run."),
    "calibrate": _Entry("calibrate", "Measure a judge against cases whose score is known."),
    "agreement": _Entry("agreement", "Compare what two judges said of a run."),
    "score": _Entry("score", "Compute the figures of runs again, and set several side by side."),
    "compare": _Entry("compare", "Compare the answers and figures of two runs."),
    "frontier": _Entry("frontier", "Show what methods keep at equal forgetting."),
    "report": _Entry("report", "Write runs' tables, figures and answers as one page."),
    "submit": _Entry("submit", "Put a run on the leaderboard, as a bundle that proves itself."),
    "verify": _Entry("verify", "Compute all of a bundle again and name the first difference."),
    "leaderboard": _Entry("leaderboard", "Build the leaderboard, and what goes with it."),
    "reproduce": _Entry(
        "reproduce", "Run the paper in small, and say of each of its claims whether it holds."
    ),
    "plan": _Entry("plan", "Estimate the hours, memory and price of a reproduction."),
    "demo": _Entry("demo", "Go the whole way in small: build, fine-tune, unlearn, evaluate."),
}
"""Every command, in the order in which one needs them."""

_EXTRAS = {
    "train": ("accelerate", "peft", "safetensors", "torch", "torchvision", "transformers"),
    "vllm": ("vllm",),
    "ray": ("ray",),
}
"""The packages that the core does not install, by the extra that does."""

_ON = "the same command goes on from what is kept"
_ANEW = "nothing is kept, and the same command begins anew"
_AGAIN = {"build": _ON, "pretrain": _ANEW, "finetune": _ANEW, "unlearn": _ON, "judge": _ON, "demo": _ON}
"""What the same command does after an interrupt, where it takes long and does not say so itself."""


class _Commands(TyperGroup):
    """A group that knows its commands' names and help lines, and imports the one that is called."""

    def __init__(self, **attrs: Any) -> None:
        lines = {name: TyperCommand(name=name, short_help=entry.help) for name, entry in COMMANDS.items()}
        super().__init__(**{**attrs, "commands": lines})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, line, rest = super().resolve_command(ctx, args)
        return name, line if name is None else _imported(name), rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            again = _AGAIN.get(ctx.invoked_subcommand)
            typer.echo("bench: interrupted" + (f"; {again}" if again else ""), err=True)
            raise typer.Exit(130) from None


def _imported(name: str) -> Any:
    module = importlib.import_module(f"s_mllmun_bench.cli.{name.replace('-', '_')}")
    if hasattr(module, "GROUP"):
        return typer.main.get_command(module.GROUP)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name)(getattr(module, COMMANDS[name].function))
    return typer.main.get_command(single)


# Help without rich's markup: drawing it with rich takes longer than all the rest of ``bench --help``.
app = typer.Typer(
    name="bench",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"bench {version('s-mllmun-bench')}")
        raise typer.Exit


@app.callback()
def bench(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Build, run and score the benchmark of selective unlearning in multimodal models."""


def main() -> None:
    """Run the command line; the console script ``bench``.

    A `BenchError`, a package of an extra that is not installed, or a file that the disk does not give or
    take becomes one line on stderr and exit status 1. Everything else is a bug and keeps its traceback; so
    does a file that is not there, for who asks for it should have looked. An interrupt ends with
    status 130, and a command's with one line.
    """
    # Ours is the one progress; transformers asks this when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        app(prog_name="bench")
    except BenchError as error:
        _end_with(str(error))
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        extra = next((extra for extra, packages in _EXTRAS.items() if package in packages), None)
        if extra is None:
            raise
        _end_with(
            f"this needs the package {package!r}; install it with: pip install 's-mllmun-bench[{extra}]'"
        )
    except OSError as error:
        from s_mllmun_bench.whole import OF_THE_DISK

        if error.filename is None or error.errno not in OF_THE_DISK:
            raise
        _end_with(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)


def _end_with(text: str) -> NoReturn:
    typer.echo(f"bench: {one_line(text)}", err=True)
    sys.exit(1)
