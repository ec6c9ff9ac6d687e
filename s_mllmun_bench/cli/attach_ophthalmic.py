"""``bench attach-ophthalmic``: the withheld images of a published dataset, from the user's own copy."""

import json
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson


def attach_ophthalmic(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="The published dataset's folder.")],
    ophthalmic: Annotated[
        Path,
        typer.Option("--ophthalmic", help="Your copy of DeepEyeNet; its folders may be arranged anyhow."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The complete dataset folder to make.")],
    as_json: AsJson = False,
) -> None:
    """Fill in images that a dataset left out.

    The ophthalmic images of a published dataset are taken from your own copy, each checked by its digest.
    """
    from s_mllmun_bench.building.ophthalmic import attach_ophthalmic as attach

    with progress_shown(quiet=as_json) as progress:
        made = attach(dataset, ophthalmic, output, progress)
    if as_json:
        typer.echo(json.dumps({"output": str(output), **made.model_dump()}))
        return
    typer.echo(f"{output}: complete, {made.people} people and {made.unseen} unseen")
    typer.echo(f"digest {made.digest}, that of the original")
