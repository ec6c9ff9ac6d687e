"""``bench submit``: a run as a bundle in the leaderboard."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.leaderboard_option import HERE, Leaderboard
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.errors import BenchError


def submit(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished and judged run folder.")],
    name: Annotated[str | None, typer.Option(help="What the board calls it, such as 'SMFA, k = 2'.")] = None,
    authors: Annotated[str | None, typer.Option(help="Who made it.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Where it is described: a paper or code, https://...")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="Its id, which names the bundle's folder; original and retrain are references."),
    ] = None,
    base_model: Annotated[
        str | None, typer.Option(help="The model that was unlearned; else as the run names its checkpoint.")
    ] = None,
    leaderboard: Leaderboard = HERE,
) -> None:
    """Put a run on the leaderboard, as a bundle that proves itself."""
    from s_mllmun_bench.board.submitting import Said
    from s_mllmun_bench.board.submitting import submit as put

    said = Said(
        name=_asked("name", name, "Name on the board"),
        authors=_asked("authors", authors, "Authors"),
        url=_asked("url", url, "Web address of the method (https://...)"),
        method=_asked("method", method, "Id of the method (letters, digits, . _ -)"),
        base_model=base_model,
    )
    with progress_shown() as progress:
        place = put(run, said, leaderboard, progress)
    size = sum(file.stat().st_size for file in place.iterdir()) / 1e6
    typer.echo(f"bundle: {place} ({size:.2f} MB), verified; {leaderboard}/leaderboard.json is up to date")
    if not _in_checkout(leaderboard):
        return
    typer.echo("To hand it in, open a pull request with these files and no others:")
    typer.echo(f"  git checkout -b submit-{said.method}")
    typer.echo(f"  git add {place} {leaderboard}/leaderboard.json")
    typer.echo(f"  git commit -m 'Submit {said.method}' && git push -u origin submit-{said.method}")


def _in_checkout(folder: Path) -> bool:
    """Return whether a folder lies in a checkout of git, where a pull request can begin."""
    place = folder.resolve()
    return any((one / ".git").exists() for one in (place, *place.parents))


def _asked(option: str, given: str | None, question: str) -> str:
    """Return an option's value, asked for on a terminal where it is missing.

    Raises:
        BenchError: it is missing and nobody can be asked.
    """
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise BenchError(f"--{option} is missing; a submission needs --name, --authors, --url and --method")
    return str(typer.prompt(question)).strip()
