"""``bench plan``: hours, memory and the judge's price of a reproduction, before it is begun."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.results import AsJson
from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    from s_mllmun_bench.planning.estimate import Step
    from s_mllmun_bench.planning.plan import Plan

_PAPER_PEOPLE, _PAPER_EDGE = 1000, 1024


def plan(
    model: Annotated[
        str,
        typer.Option(help="A checkpoint folder, or a Hub id; the paper's two models need not be here."),
    ],
    gpu: Annotated[str, typer.Option(help="Its kind, such as a100-80gb, h100-80gb or h200-141gb.")],
    gpus: Annotated[int, typer.Option(min=1, help="How many of them.")] = 1,
    data: Annotated[
        str | None,
        typer.Option(help="A dataset whose people and pictures count; else as large as the paper's."),
    ] = None,
    people: Annotated[int | None, typer.Option(min=1, help="People, in place of the dataset's.")] = None,
    edge: Annotated[int | None, typer.Option(min=1, help="Edge of the pictures in pixels, likewise.")] = None,
    utilisation: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of a GPU's peak that is reached.")
    ] = 0.4,
    measured: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="ADAPTER",
            help="An adapter of this model, trained on --data on such a GPU, whose speed counts; repeatable.",
        ),
    ] = None,
    questions_per_second: Annotated[
        float | None, typer.Option(min=0.001, help="What one GPU was measured to answer.")
    ] = None,
    judge_price: Annotated[
        str | None,
        typer.Option(metavar="IN,OUT", help="US dollars per million tokens that the judge reads and writes."),
    ] = None,
    gradient_checkpointing: Annotated[bool, typer.Option(help="As the trainings will be computed.")] = True,
    as_json: AsJson = False,
) -> None:
    """Estimate the hours, memory and price of a reproduction.

    Of every step and of all; below the table stands how the figures came about.
    """
    from dataclasses import replace

    from s_mllmun_bench.planning.estimate import Setting
    from s_mllmun_bench.planning.hardware import gpu_of
    from s_mllmun_bench.planning.plan import Measured, make_plan, measured_speed, sizes_of
    from s_mllmun_bench.planning.shapes import folder_of, shape_of

    counted = sizes_of(data) if data is not None else (_PAPER_PEOPLE, _PAPER_EDGE)
    setting = Setting(
        shape_of(model),
        gpu_of(gpu),
        gpus,
        counted[0],
        counted[1],
        utilisation,
        questions_per_second=questions_per_second,
        prices=_prices(judge_price),
        checkpointing=gradient_checkpointing,
    )
    if measured:
        if data is None:
            raise BenchError("--from needs --data, the dataset that the adapter was trained on")
        setting = replace(setting, operations=measured_speed(setting, Measured(data, measured)))
    planned = replace(setting, people=people or counted[0], edge=edge or counted[1])
    made = make_plan(planned, folder_of(model))
    if as_json:
        typer.echo(made.model_dump_json())
    else:
        _show(made, gpu, gpus)


def _prices(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        read, written = (float(one) for one in text.split(","))
    except ValueError:
        read = written = -1.0
    if not (0 <= read < float("inf") and 0 <= written < float("inf")):
        raise BenchError(f"--judge-price {text}: expected two numbers, such as 0.4,1.2")
    return read, written


def _show(made: "Plan", gpu: str, gpus: int) -> None:
    from s_mllmun_bench.reporting.terminal import new_table, show

    table = new_table()
    for head in ("step", "time", "GPUs", "GB", "US$", "times"):
        table.add_column(head, justify="left" if head == "step" else "right", no_wrap=True)
    for step in made.steps:
        table.add_row(step.name, *_cells(step))
    show(table)
    price = "no --judge-price" if made.dollars is None else f"US$ {made.dollars:,.0f} for the judge"
    typer.echo(f"all of it, on {gpus} x {gpu}: {time_of(made.hours)}, {price}")
    if any(step.basis == "measured" for step in made.steps):
        typer.echo("*: by what was measured; all else is computed")
    for line in made.method:
        typer.echo(line)


def _cells(step: "Step") -> list[str]:
    mark = "" if step.basis == "computed" else " *"
    return [
        time_of(step.hours) + mark,
        str(step.gpus or "-"),
        "-" if step.memory_gb is None else f"{step.memory_gb:.0f}",
        "?" if step.dollars is None else f"{step.dollars:,.2f}" if step.dollars else "-",
        str(step.times),
    ]


def time_of(hours: float) -> str:
    """Return hours as people say them: in minutes below an hour and a half, at least one."""
    return f"{hours:.1f} h" if hours >= 1.45 else f"{max(1, round(60 * hours))} min"
