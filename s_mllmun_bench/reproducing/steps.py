"""A step of a reproduction: what is done, in which folder, and what must stand before.

A folder's name holds a digest of all that the step follows from, the digests of the steps before it
included. So what stands under a name is right whoever made it and when; nothing is computed twice, and a
changed setting, method or recipe makes other folders and touches none of the old ones.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s_mllmun_bench.reproducing.recipe import Kind

_DIGITS = 10
"""Of the digest, in a folder's name."""
LEFT_OUT = "left_out.txt"
"""The file in a folder of which no more than its records was kept; see `packed`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command, or what is done in its place."""

    kind: Kind
    folder: Path
    digest: str
    """Of all that it follows from."""
    needs: tuple["Step", ...]
    arguments: tuple[str, ...] = ()
    """Of `bench`."""
    makes: tuple[Path, ...] = ()
    """What stands when it is done; empty: its folder."""
    runs: int = 1
    """How many are made in it."""
    size: float = 1.0
    """How much work it is, in units of which the reproduction's file says the minutes."""
    title: str = ""
    """What tells it from other steps in the same folder."""
    here: Callable[[], bool] | None = None
    """Does the step without a command, if it can; returns whether it did."""

    @property
    def name(self) -> str:
        """What it is called, such as ``smfa_05_seed0``; no two steps are called alike."""
        return "_".join(part for part in (self.title, self.folder.name) if part)

    @property
    def is_done(self) -> bool:
        """Whether what it makes stands, and all of it."""
        stands = all(path.exists() for path in self.makes or (self.folder,))
        return stands and not (self.folder / LEFT_OUT).exists()


def unsettled(steps: Sequence[Step]) -> list[Step]:
    """Return the steps that are still to be done: what nobody needs any more is not made again.

    An adapter that was deleted is trained again only if a run that it is for is missing.

    Args:
        steps: of a plan, each after what it needs.
    """
    users: dict[str, list[str]] = {}
    for step in steps:
        for need in step.needs:
            users.setdefault(need.name, []).append(step.name)
    wanted = dict[str, Step]()
    for step in reversed(steps):
        mine = users.get(step.name)
        if not step.is_done and (mine is None or any(name in wanted for name in mine)):
            wanted[step.name] = step
    return list(reversed(wanted.values()))


def digest_of(kind: Kind, settings: Any, needs: Iterable[Step], files: Iterable[Path] = ()) -> str:
    """Return the digest of all that a step follows from.

    Args:
        kind: of the step.
        settings: anything that JSON can hold.
        needs: the steps before it.
        files: of code and data outside the steps.
    """
    found = [kind, json.dumps(settings, sort_keys=True), *(step.digest for step in needs)]
    found += [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def folder_name(words: Sequence[str], digest: str) -> str:
    """Return a folder's name: what it is, then the digest."""
    return "_".join([re.sub(r"[^\w.=-]", "-", word) for word in words if word] + [digest[:_DIGITS]])
