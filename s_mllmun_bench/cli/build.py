"""``bench build``: a dataset folder from a recipe."""

import json
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown


def build(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, such as mini, or the path of a YAML file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The dataset folder to make.")] = Path(
        "s-mllmun-bench"
    ),
    limit: Annotated[
        int | None, typer.Option(help="So many people instead of the recipe's; a tenth as many are unseen.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the recipe's seed.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the dataset that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Build a dataset from a recipe."""
    from s_mllmun_bench import building

    with progress_shown(quiet=as_json) as progress:
        made = building.build(recipe, output, limit, seed, force, progress)
    if as_json:
        typer.echo(json.dumps({"output": str(output), **made.model_dump()}))
        return
    typer.echo(
        f"{output}: {made.people} people, {made.unseen} unseen, {made.refusals} refusals, seed {made.seed}"
    )
    typer.echo(f"digest {made.digest}")
    typer.echo(
        f"Look at it with: python -c 'from datasets import load_dataset; print(load_dataset(\"{output}\"))'"
    )
