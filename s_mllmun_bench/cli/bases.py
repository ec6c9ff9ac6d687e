"""What the commands that apply adapters say of one that was made on another checkpoint."""

from collections.abc import Iterable
from pathlib import Path

import typer


def say_if_other_base(adapters: Iterable[Path], model: Path, named: str, done: str) -> None:
    """Say on stderr of each adapter that says it was made on another checkpoint.

    Args:
        adapters: their folders.
        model: the checkpoint's folder.
        named: what it was called on the command line.
        done: what is done with the adapter, such as ``evaluated on``.
    """
    from s_mllmun_bench.checkpoints.bases import other_base
    from s_mllmun_bench.errors import one_line

    for adapter in dict.fromkeys(adapters):
        base = other_base(adapter, model, named)
        if base is not None:
            said = f"adapter {adapter} says it was made on {base}; it is {done} {named}"
            typer.echo(one_line(said), err=True)
