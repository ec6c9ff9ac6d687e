"""The one style of tables on a terminal, or in a log: 100 characters wide, wherever it is read."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

WIDTH = 100


def new_table(**settings: Any) -> Table:
    """Return an empty table; ``settings`` are more of `rich.table.Table`, such as its caption."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, **settings)


def show(table: Table) -> None:
    """Print a table on stdout."""
    Console(width=WIDTH, highlight=False).print(table)
