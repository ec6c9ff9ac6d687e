"""``bench unlearn``: an adapter that makes a model forget."""

import json
from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench import contents
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson

METHODS = ", ".join(contents.names("submissions", "/submission.py"))


def unlearn(
    method: Annotated[str, typer.Argument(help=f"One of {METHODS}; or the path of a folder like theirs.")],
    model: Annotated[str, typer.Option(help="A fine-tuned checkpoint folder, or the name of a shipped one.")],
    ratio: Annotated[int, typer.Option(help="Forget 5, 10 or 15 per cent of all people.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The adapter folder to make.")],
    data: Annotated[str, typer.Option(help="A dataset folder or Hub id.")] = "s-mllmun-bench",
    seed: Annotated[int, typer.Option(min=0, help="Of everything random in the method.")] = 0,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting of the method, such as k=2, or computing.gradient_checkpointing=true, or "
            "few_shot.people=5 for a part of the few-shot retain set.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a model forget the forget set, by one of the methods."""
    from s_mllmun_bench.reporting.losses import save_losses
    from s_mllmun_bench.training import processes, unlearning

    with progress_shown(quiet=as_json or not processes.is_main()) as progress:
        record = unlearning.unlearn(
            method, model, data, ratio, output, progress, seed=seed, assignments=assignments or ()
        )
    if not processes.is_main():
        return
    if record.losses:
        save_losses(record.losses, output / "loss.png")
    if as_json:
        typer.echo(json.dumps({"output": str(output), **record.model_dump(exclude={"losses"})}))
        return
    cost = record.cost
    touched = 100 * cost.parameters_touched / cost.parameters
    typer.echo(f"{output}: {record.method} at {ratio} %, seed {seed}, {cost.seconds:.0f} s")
    typer.echo(
        f"{cost.answer_tokens} answer tokens, {100 * cost.padding_share:.0f} % padding, "
        f"{cost.peak_memory_mib} MiB at most, {touched:.1f} % of all parameters touched"
    )
    tested = (
        f"--model {output}" if (output / "config.json").is_file() else f"--model {model} --adapter {output}"
    )
    typer.echo(f"Evaluate with: bench eval {tested} --data {data} --ratio {ratio} -o runs/{record.method}")
