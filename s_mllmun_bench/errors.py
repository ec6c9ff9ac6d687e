"""The one family of errors that a user can repair.

A `BenchError` is one sentence: where, what was wanted, what was got, what there is. The command
line prints it on one line and exits with status 1. Everything else is a bug and keeps its traceback.
"""

from collections.abc import Iterable


class BenchError(Exception):
    """An error whose text tells the user how to repair it."""


def one_line(text: str) -> str:
    """Return a text on one line, spelling out what a terminal would not show as itself."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in " ".join(text.split())
    )


def shortened(text: str, most: int) -> str:
    """Return a text without its end where it has more than so many characters."""
    return text if len(text) <= most else text[: most - 3] + "..."


def unknown(kind: str, name: str, where: str, known: Iterable[str]) -> BenchError:
    """Return the error for a name that nothing answers to, with the names that exist.

    Args:
        kind: what was looked for, such as ``judge``.
        name: the name that was given.
        where: the place that was searched, such as ``judges/``.
        known: every name found there.
    """
    there_are = ", ".join(sorted(known)) or "none"
    return BenchError(f"no {kind} named {name!r} in {where}; there are: {there_are}")
