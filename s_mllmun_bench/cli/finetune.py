"""``bench finetune``: a checkpoint that knows the people of a dataset."""

import json
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson


def finetune(
    model: Annotated[str, typer.Option(help="A checkpoint folder, or the name of a shipped one.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The checkpoint folder to make.")],
    data: Annotated[str, typer.Option(help="A dataset folder or Hub id.")] = "s-mllmun-bench",
    seed: Annotated[int, typer.Option(min=0, help="Of the order of people, dropout and replay.")] = 0,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting, such as training.epochs=10; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Teach a model the people of a dataset, in the fixed format."""
    from s_mllmun_bench.training import finetuning, processes

    with progress_shown(quiet=as_json or not processes.is_main()) as progress:
        card = finetuning.finetune(model, data, output, progress, seed=seed, assignments=assignments or ())
    if not processes.is_main():
        return
    if as_json:
        typer.echo(json.dumps({"output": str(output), **card.model_dump()}))
        return
    typer.echo(f"{output}: {card.steps} steps, loss {card.final_loss}")
    typer.echo(
        f"Unlearn with: bench unlearn smfa --model {output} --data {data} --ratio 5 -o smfa\n"
        f"Evaluate with: bench eval --model {output} --data {data} --ratio 5 -o runs/original"
    )
