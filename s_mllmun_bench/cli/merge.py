"""``bench merge``: a checkpoint with adapters merged into its weights."""

import json
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown


def merge(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A checkpoint folder, or the name of a shipped one.")
    ],
    adapters: Annotated[list[Path], typer.Argument(metavar="ADAPTER", help="Adapter folders, in order.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The checkpoint folder to make.")],
    k: Annotated[
        float | None, typer.Option("--k", help="Masking strength in place of a sculpted adapter's own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write a checkpoint with adapters merged into its weights."""
    from s_mllmun_bench.checkpoints.adapters import load_adapter
    from s_mllmun_bench.checkpoints.loading import checkpoint_digest, resolve_model
    from s_mllmun_bench.checkpoints.merging import merge as merge_into

    loaded = [load_adapter(folder, k) for folder in adapters]
    with progress_shown(quiet=as_json) as progress:
        merge_into(resolve_model(model), loaded, output, progress)
    digest = checkpoint_digest(output)
    if as_json:
        typer.echo(json.dumps({"output": str(output), "digest": digest}))
        return
    typer.echo(f"{output}: {model} with {', '.join(f'{one.kind} adapter {one.source}' for one in loaded)}")
    typer.echo(f"digest {digest}")
