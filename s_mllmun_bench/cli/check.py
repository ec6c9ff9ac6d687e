"""``bench check``: every audit of a dataset folder, with its count; exit status 1 if one fails."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown

if TYPE_CHECKING:
    from s_mllmun_bench.building.check import AuditResult, CheckReport

_STYLES = {"passed": "green", "failed": "bold red", "not checked": "dim"}


def check(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="The dataset folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Audit a dataset folder."""
    from s_mllmun_bench.building.check import check as check_folder

    with progress_shown(quiet=as_json) as progress:
        report = check_folder(dataset, progress)
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        _show(report)
    if report.failed:
        raise typer.Exit(1)


def _show(report: "CheckReport") -> None:
    from rich.text import Text

    from s_mllmun_bench.reporting.terminal import new_table, show

    table = new_table()
    for head, right in (("audit", False), ("", False), ("checked", True), ("problems", True)):
        table.add_column(head, justify="right" if right else "left", no_wrap=True)
    for one in report.audits:
        state = Text(one.state, _STYLES[one.state])
        table.add_row(_said(one), state, f"{one.checked:,}", f"{one.problems:,}" if one.checked else "-")
    show(table)
    for note, audits in _notes(report).items():
        typer.echo(f"{_said(audits[0]) if len(audits) == 1 else f'{len(audits)} audits'}: {note}")
    for one in report.failed:
        for problem in one.first:
            typer.echo(f"{_said(one)}: {problem}")
        if one.problems > len(one.first):
            typer.echo(f"{_said(one)}: and {one.problems - len(one.first)} more")
    typer.echo(_conclusion(report))


def _notes(report: "CheckReport") -> "dict[str, list[AuditResult]]":
    """Return every note once, with the audits that say it."""
    notes: dict[str, list[AuditResult]] = {}
    for one in report.audits:
        if one.note:
            notes.setdefault(one.note, []).append(one)
    return notes


def _said(one: "AuditResult") -> str:
    return one.audit.replace("_", " ")


def _conclusion(report: "CheckReport") -> str:
    unchecked = sum(one.state == "not checked" for one in report.audits)
    left = f", {unchecked} had nothing to look at" if unchecked else ""
    if report.failed:
        return f"{report.dataset} FAILS {len(report.failed)} of {len(report.audits)} audits{left}"
    return f"{report.dataset} passes {len(report.audits) - unchecked} audits{left}"
