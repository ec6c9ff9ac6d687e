"""The one name of the leaderboard folder for every command that reads it or writes into it."""

from pathlib import Path
from typing import Annotated

import typer

Leaderboard = Annotated[Path, typer.Option("--leaderboard", help="The leaderboard folder.")]
HERE = Path("leaderboard")
"""Where it lies unless another place is named."""
Versions = Annotated[
    Path | None,
    typer.Option(
        "--leaderboard",
        help="The leaderboard folder, whose released.yaml says which versions count; else leaderboard/, or "
        "the one that is shipped.",
    ),
]


def versions_of(leaderboard: Path | None) -> Path:
    """Return the leaderboard folder that was named; else the one here, or the one that is shipped."""
    from s_mllmun_bench import contents

    if leaderboard is not None:
        return leaderboard
    return HERE if HERE.is_dir() else contents.folder("leaderboard")
