"""``bench leaderboard``: what is made of the bundles, and the maintainer's part of them."""

from pathlib import Path
from typing import Annotated

import typer

from s_mllmun_bench.cli.judge_options import (
    JudgeBaseUrl,
    JudgeConcurrency,
    JudgeModel,
    Judges,
    judge_server,
    say_if_offline,
)
from s_mllmun_bench.cli.leaderboard_option import HERE, Leaderboard, Versions, versions_of
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.report import most_answers

Site = Annotated[
    Path | None,
    typer.Option("--site", metavar="FOLDER", help="Where to write the site; else LEADERBOARD/site."),
]
Answers = Annotated[
    str,
    typer.Option(
        metavar="N|all",
        help="How many questions' answers the page of a submission holds: half of them the forget set's.",
    ),
]
SITE = "site"
"""The folder of the site in a leaderboard folder."""
HUB = "https://huggingface.co/datasets/"

GROUP = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
"""The commands under ``bench leaderboard``."""


@GROUP.callback()
def leaderboard() -> None:
    """Build the leaderboard, and what goes with it."""


@GROUP.command()
def build(leaderboard: Leaderboard = HERE, site: Site = None, answers: Answers = "2000") -> None:
    """Verify every bundle and write leaderboard.json, its schema and the site anew.

    The site is a folder of pages that work offline; push it to a static Space as it is.
    """
    _build(leaderboard, site or leaderboard / SITE, answers)


@GROUP.command()
def serve(
    leaderboard: Leaderboard = HERE,
    site: Site = None,
    answers: Answers = "2000",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of this machine; 0 for any free one.")] = 8000,
) -> None:
    """Build all of that and show the site on this machine, until an interrupt (Ctrl-C)."""
    from contextlib import suppress

    from s_mllmun_bench.board.site.serving import address, serving

    folder = site or leaderboard / SITE
    _build(leaderboard, folder, answers)
    with serving(folder, port) as server, suppress(KeyboardInterrupt):
        typer.echo(f"{address(server)} (Ctrl-C ends it)")
        server.serve_forever()


def _build(leaderboard: Path, site: Path, answers: str) -> None:
    from s_mllmun_bench.board.entries import read_entries
    from s_mllmun_bench.board.leaderboard import leaderboard_of, write_leaderboard
    from s_mllmun_bench.board.site.writing import write_site

    most = most_answers(answers)
    with progress_shown() as progress:
        entries = read_entries(leaderboard, progress)
        made = leaderboard_of(leaderboard, entries)
        write_leaderboard(leaderboard, made)
        pages = write_site(made, entries, site, progress, most)
    typer.echo(f"{leaderboard}/leaderboard.json: {len(entries)} bundles on {len(made.boards)} boards")
    typer.echo(
        f"site: {pages.index} ({pages.size / 1e6:.1f} MB; {pages.boards} boards, "
        f"{pages.submissions} submissions)"
    )
    for one in made.boards:
        if one.withstands_null_rows is False:
            typer.echo(
                f"{one.benchmark}, {one.base_model}, {one.ratio} %: a null row is above original; "
                "its order says nothing"
            )


@GROUP.command()
def release(
    data: Annotated[Path, typer.Argument(metavar="DATASET", help="A dataset folder.")],
    prompt: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=DIGEST", help="The prompt digest of a base model; repeatable."),
    ] = None,
    leaderboard: Leaderboard = HERE,
) -> None:
    """Add a dataset version to those that runs may be submitted of."""
    from s_mllmun_bench.board.released import add_released
    from s_mllmun_bench.errors import BenchError

    pairs = [one.partition("=") for one in prompt or []]
    if not all(model and digest for model, _, digest in pairs):
        raise BenchError("--prompt is MODEL=DIGEST, such as mini_qwen2_5_vl_200=db8d08...")
    added = add_released(leaderboard, data, {model: digest for model, _, digest in pairs})
    typer.echo(f"{added.benchmark} ({added.data[:12]}) is released in {leaderboard}/released.yaml")


@GROUP.command()
def null(
    data: Annotated[Path, typer.Argument(metavar="DATASET", help="A dataset folder of a released version.")],
    base_model: Annotated[str, typer.Option(help="The base model on whose board they are to stand.")],
    runs: Annotated[Path, typer.Option(help="The folder for their runs.")] = Path("runs/null"),
    ratio: Annotated[int, typer.Option(help="Per cent of the people to forget: 5, 10 or 15.")] = 5,
    judge: Judges = "auto",
    judge_model: JudgeModel = None,
    judge_base_url: JudgeBaseUrl = None,
    judge_concurrency: JudgeConcurrency = 16,
    leaderboard: Leaderboard = HERE,
) -> None:
    """Evaluate the null rows, which know nobody, and put them on a board as references."""
    from s_mllmun_bench.board.export import DATASET
    from s_mllmun_bench.board.nulls import NULLS, null_runs
    from s_mllmun_bench.board.released import read_released, released_data
    from s_mllmun_bench.board.submitting import Said, submit
    from s_mllmun_bench.data import dataset_digest

    released_data(read_released(leaderboard), dataset_digest(data))
    say_if_offline(judge, judge_base_url)
    server = judge_server(judge_model, judge_base_url, judge_concurrency)
    with progress_shown() as progress:
        for method, run in null_runs(data, ratio, runs, judge, server, progress).items():
            said = Said(NULLS[method][0], "S-MLLMUn Bench", HUB + DATASET, method, base_model)
            typer.echo(f"bundle: {submit(run, said, leaderboard, progress)}")


@GROUP.command()
def renew(leaderboard: Leaderboard = HERE) -> None:
    """Judge bundles anew whose offline judges have changed, and write leaderboard.json anew.

    The answers stay; what an LLM judged stays as it is.
    """
    from s_mllmun_bench.board.renewing import renew as judge_anew

    with progress_shown() as progress:
        renewed = judge_anew(leaderboard, progress)
    for one in renewed:
        typer.echo(f"judged anew: {one}")
    typer.echo(f"{len(renewed)} bundles judged anew; {leaderboard}/leaderboard.json is up to date")


@GROUP.command()
def export(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="eval_results: YAML for a model repository's .eval_results/; every_eval_ever: JSON.",
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(help="Its dataset on the Hub; needed unless it is of S-MLLMUn Bench itself."),
    ] = None,
    leaderboard: Versions = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; else it is printed.")
    ] = None,
) -> None:
    """Verify a bundle and write its figures in the form of another collection."""
    from s_mllmun_bench.board.export import exported
    from s_mllmun_bench.whole import save

    text = exported(bundle, form, dataset, versions_of(leaderboard))
    if output is None:
        typer.echo(text, nl=False)
    else:
        save(output, text)
