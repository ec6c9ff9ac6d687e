"""What an audit found, and the few words that all audits share."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from s_mllmun_bench.building.people import World


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one audit."""

    checked: int
    """How many things were looked at; 0: there was nothing to look at, and the audit says nothing."""
    problems: Sequence[str] = ()
    """One sentence each."""
    note: str | None = None
    """A figure that is worth reading even where nothing is wrong."""


Audit = Callable[[World], Finding]
"""Its name is what it asserts, such as ``names_are_unique``."""


def repeated(what: str, entries: Iterable[tuple[Hashable, str]]) -> Finding:
    """Find the keys that occur more than once.

    Args:
        what: what the keys are called.
        entries: each key with the person it belongs to.
    """
    owners: dict[Hashable, list[str]] = {}
    for key, owner in entries:
        owners.setdefault(key, []).append(owner)
    problems = [
        f"{what} {key!r} occurs {len(of)} times ({listed(of)})" for key, of in owners.items() if len(of) > 1
    ]
    return Finding(sum(map(len, owners.values())), problems)


def listed(names: Iterable[str]) -> str:
    """Return the first three of some names, sorted."""
    return ", ".join(sorted(set(names))[:3])


def plain(text: str) -> str:
    """Return a text in lower case with single spaces."""
    return " ".join(text.casefold().split())
