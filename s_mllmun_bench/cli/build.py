"""``bench build``: a dataset folder from a recipe."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson

if TYPE_CHECKING:
    from s_mllmun_bench.building.estimate import Estimate
    from s_mllmun_bench.building.supplies import Supplies


def build(
    recipe: Annotated[
        str, typer.Argument(help="A recipe's name (mini, s-mllmun-bench), or the path of a YAML file.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The dataset folder to make.")] = Path(
        "s-mllmun-bench"
    ),
    limit: Annotated[
        int | None, typer.Option(help="So many people instead of the recipe's; a tenth as many are unseen.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the recipe's seed.")] = None,
    faces: Annotated[
        str | None,
        typer.Option(
            help="A folder of faces, or hub:OWNER/NAME for a dataset of the Hub, which is streamed."
        ),
    ] = None,
    ophthalmic: Annotated[str | None, typer.Option(help="The folder of your own copy of DeepEyeNet.")] = None,
    writer_base_url: Annotated[
        str | None,
        typer.Option(help="The writer's server, such as http://localhost:8000/v1; else the environment's."),
    ] = None,
    writer_model: Annotated[
        str | None, typer.Option(help="The model that is asked for all texts, in place of the recipe's.")
    ] = None,
    writer_concurrency: Annotated[int, typer.Option(min=1, help="The most requests at once to it.")] = 64,
    force: Annotated[bool, typer.Option("--force", help="Replace the dataset that is there.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count images, calls and tokens, and ask nobody.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build a dataset from a recipe.

    A recipe whose texts an LLM writes takes its key from the environment (DASHSCOPE_API_KEY, or
    OPENAI_API_KEY with OPENAI_BASE_URL). Its replies are kept in OUTPUT.replies: the same command continues
    a build that was interrupted and pays for nothing twice, but for requests in flight when it was ended;
    delete that folder when you want other texts.
    """
    from s_mllmun_bench import building
    from s_mllmun_bench.contracts import Means

    choices = building.Choices(limit, seed, faces, ophthalmic)
    if dry_run:
        _show(building.estimate(recipe, output, choices, writer_model), writer_base_url, as_json)
        return
    means = Means(writer_base_url, writer_model, writer_concurrency, note=_note)
    with progress_shown(quiet=as_json) as progress:
        made = building.build(
            recipe, output, limit, seed, force, progress, faces=faces, ophthalmic=ophthalmic, means=means
        )
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


def _note(line: str) -> None:
    typer.echo(line, err=True)


def _show(estimate: "Estimate", url: str | None, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(estimate) | {"cost": estimate.cost} | _server(url)))
        return
    _show_supplies(estimate.supplies)
    if not estimate.calls:
        typer.echo("the recipe's writer asks no server: no calls, no cost")
        return
    row = "{:<14} {:<18} {:>7} {:>15} {:>14} {:>9}"
    typer.echo(row.format("kind", "model", "calls", "prompt tokens", "reply tokens", "US$"))
    for one in estimate.calls:
        cost = "" if one.cost is None else f"{one.cost:.2f}"
        tokens = f"{one.prompt_tokens:,}", f"{one.reply_tokens:,}"
        typer.echo(row.format(one.kind, one.model, one.calls, *tokens, cost))
    prompt, reply = (sum(getattr(one, kind) for one in estimate.calls) for kind in _TOKENS)
    count = sum(one.calls for one in estimate.calls)
    total = "no price in the recipe" if estimate.cost is None else f"US$ {estimate.cost:.2f}"
    typer.echo(f"about {count:,} calls, {prompt:,} prompt tokens, {reply:,} reply tokens; {total}")
    _show_server(url, sorted({one.model for one in estimate.calls}))
    if estimate.kept:
        typer.echo(f"{estimate.kept:,} replies are kept from an earlier build and cost nothing again")


def _show_supplies(supplies: "Supplies") -> None:
    counts = {"faces": supplies.faces, "described images": supplies.ophthalmic}
    found = [
        f"{what} not counted" if count is None else f"{count} {what} found" for what, count in counts.items()
    ]
    spare = f", up to {supplies.spare} spare" if supplies.spare else ""
    needed = supplies.people + supplies.unseen
    typer.echo(f"{needed} needed ({supplies.people} + {supplies.unseen} unseen{spare}): {', '.join(found)}")


def _show_server(url: str | None, models: list[str]) -> None:
    from s_mllmun_bench.llm.address import NO_SERVER, key_variable

    told = _server(url)
    if told["server"] is None:
        typer.echo(NO_SERVER)
        return
    key = f"{key_variable(told['server'])} is{'' if told['key_is_set'] else ' not'} set"
    typer.echo(f"they go to {told['server']}, to {' and '.join(models)}; {key}")


def _server(url: str | None) -> dict[str, Any]:
    """Return the server that would be asked, `None` if nobody names one, and whether its key is set."""
    from s_mllmun_bench.llm.address import read_key, server_address

    server = server_address(url)
    return {"server": server, "key_is_set": server is not None and read_key(server) is not None}


_TOKENS = ("prompt_tokens", "reply_tokens")
