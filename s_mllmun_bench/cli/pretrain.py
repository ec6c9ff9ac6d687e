"""``bench pretrain``: a mini checkpoint from nothing."""

import json
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson


def pretrain(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, such as mini_qwen2_5_vl, or a YAML file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The checkpoint folder to make.")],
    steps: Annotated[
        int | None, typer.Option(min=1, help="At most so many steps in each stage, for a trial.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Pretrain a mini checkpoint from scratch, on a world of its own."""
    from s_mllmun_bench.training import pretraining

    with progress_shown(quiet=as_json) as progress:
        card = pretraining.pretrain(recipe, output, progress, steps)
    if as_json:
        typer.echo(json.dumps({"output": str(output), **card.model_dump()}))
        return
    typer.echo(f"{output}: {card.parameters:,} parameters, {card.steps} steps, loss {card.final_loss}")
    typer.echo(f"Fine-tune it with: bench finetune --model {output} --data s-mllmun-bench -o finetuned")
