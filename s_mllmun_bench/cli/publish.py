"""``bench publish``: a dataset folder on the Hugging Face Hub."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson

if TYPE_CHECKING:
    from s_mllmun_bench.building.publishing import Published


def publish(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="The dataset folder.")],
    repo: Annotated[str, typer.Argument(metavar="REPO_ID", help="owner/name on the Hub; made if needed.")],
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Audit, say what would be uploaded, and upload nothing.")
    ] = False,
    may_redistribute: Annotated[
        bool,
        typer.Option(
            "--i-may-redistribute-ophthalmic-images",
            help="Upload ophthalmic images although their licence note does not allow it.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a dataset on the Hugging Face Hub.

    It goes there in one commit, tagged with the dataset's version, if it passes its audits. The token comes
    from HF_TOKEN or from: hf auth login.
    """
    from s_mllmun_bench.building.publishing import publish as publish_folder

    with progress_shown(quiet=as_json) as progress:
        made = publish_folder(
            dataset, repo, progress, private=private, may_redistribute=may_redistribute, dry_run=dry_run
        )
    if made.unstated:
        typer.echo(_warning(made), err=True)
    if as_json:
        typer.echo(made.model_dump_json())
    else:
        _show(made)


def _warning(made: "Published") -> str:
    return (
        f"bench: the licence of {made.unstated} images is not stated, so nobody knows what may be done with "
        "them: state it in the recipe (faces: settings: licence) and build again"
    )


def _show(made: "Published") -> None:
    size = f"{made.files} files, {made.bytes / 1e6:.1f} MB"
    if made.commit is None:
        typer.echo(f"would upload {size} to {made.repo} as {made.tag}; nothing was uploaded")
    else:
        typer.echo(f"uploaded {size} to {made.repo} as {made.tag}, commit {made.commit[:12]}")
    if made.withheld:
        typer.echo(
            f"without {made.withheld} ophthalmic images, which may not be passed on; who has them fills them "
            "in with: bench attach-ophthalmic"
        )
    typer.echo(f"digest {made.digest}")
    typer.echo(f"Load it with: {made.line}")
