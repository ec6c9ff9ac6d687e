"""The report: one HTML file that needs nothing else, with the tables and figures beside it as files.

Whatever is wrong with a run is said before anything is written, and the page takes the place of an
older one in one step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Answer
from s_mllmun_bench.reporting.latex import latex
from s_mllmun_bench.reporting.page.answers import (
    Classes,
    answer_data,
    answered,
    asked_questions,
    some_questions,
)
from s_mllmun_bench.reporting.page.assembly import (
    Section,
    answers_section,
    figures_section,
    page,
    table_section,
)
from s_mllmun_bench.reporting.page.pictures import Pictures, read_pictures
from s_mllmun_bench.reporting.page.summary import Extent, headline, run_list
from s_mllmun_bench.reporting.paper_figures import save_figures
from s_mllmun_bench.reporting.paper_tables import Table, limited, table1, table2
from s_mllmun_bench.reporting.rows import ReportRun, checked_scores, read_runs
from s_mllmun_bench.reporting.spreadsheets import table_csv
from s_mllmun_bench.running.compare import finished_answers
from s_mllmun_bench.running.figures import classes_of
from s_mllmun_bench.running.run import Run, open_run
from s_mllmun_bench.scoring.records import Scores
from s_mllmun_bench.whole import save

FILE = "report.html"


@dataclass(frozen=True, slots=True)
class Report:
    """What was written."""

    page: Path
    figures: tuple[Path, ...]
    tables: tuple[Path, ...]
    questions: int
    """Whose answers are in the page."""
    images: int
    note: str | None
    """Why there are no images; `None` if there are, or none is needed."""


@dataclass(frozen=True, slots=True)
class _Material:
    """All that a page is made of, but its figures."""

    runs: list[ReportRun]
    asked: list[Answer]
    shown: list[Answer]
    """Those of ``asked`` whose answers are in the page."""
    pictures: Pictures
    data: dict[str, object]
    tables: dict[str, Table]
    """By the name of its files."""


def write_report(
    folders: Sequence[Path],
    output: Path,
    progress: Progress,
    data: str | None = None,
    most: int | None = None,
) -> Report:
    """Write the report of some runs into a folder.

    Args:
        folders: finished and judged runs on the same questions.
        output: gets ``report.html``, ``figures/`` and ``tables/``; made if it is not there.
        progress: is told how far it is.
        data: the dataset, for the images: a folder or a Hub id; `None` for the folder that the runs had.
        most: questions whose answers are in the page, >= 0; `None` for all.

    Raises:
        BenchError: a run cannot be shown, or not beside the others; the dataset is another; or the
            folder cannot be written.
    """
    if output.exists() and not output.is_dir():
        raise BenchError(f"{output} is a file; give a folder for the report")
    found = _read(folders, progress, data, most)
    try:
        output.mkdir(parents=True, exist_ok=True)
        progress(0, 1, "figures")
        figures = save_figures(found.runs, output / "figures")
        progress(1, 1, "figures")
        tables = [path for name, table in found.tables.items() for path in _save_table(table, output, name)]
        html = save(output / FILE, _page(found, figures))
    except OSError as error:
        raise BenchError(f"cannot write the report to {output}: {error.strerror or error}") from error
    images = len(found.pictures.addresses)
    return Report(html, tuple(figures), tuple(tables), len(found.shown), images, found.pictures.note)


def _read(folders: Sequence[Path], progress: Progress, data: str | None, most: int | None) -> _Material:
    classes: dict[Path, Classes] = {}
    runs = _checked(folders, classes, progress)
    first = open_run(runs[0].folder)
    asked = asked_questions(finished_answers(first).values())
    shown = some_questions(asked, most)
    pictures = read_pictures(first.manifest, data, {one.question_id for one in shown}, progress)
    tables = {"table1": table1(runs), "table2": table2(runs)}
    return _Material(
        runs=runs,
        asked=asked,
        shown=shown,
        pictures=pictures,
        data=answer_data(answered(runs, classes, progress), shown, pictures.of_question),
        tables={name: table for name, table in tables.items() if table is not None},
    )


def _checked(folders: Sequence[Path], classes: dict[Path, Classes], progress: Progress) -> list[ReportRun]:
    """Return the runs, their figures computed again from their answers and verdicts.

    The answers' classes, most of the work, are told once: each run's are put into ``classes`` by its folder.
    """
    done = 0

    def checked(run: Run) -> Scores:
        nonlocal done
        classes[run.folder] = classes_of(run)
        scores = checked_scores(run, classes[run.folder])
        done += 1
        progress(done, len(folders), "checking runs")
        return scores

    progress(done, len(folders), "checking runs")
    return read_runs(folders, checked)


def _page(found: _Material, figures: Sequence[Path]) -> str:
    manifest = open_run(found.runs[0].folder).manifest
    dataset = Path(manifest.data).name
    notes = [found.pictures.note] if found.pictures.note else []
    sections = [
        Section("glance", "At a glance", headline(found.runs, Extent.of(found.asked), notes)),
        *(table_section(table, name) for name, table in found.tables.items()),
        *([figures_section(figures)] if figures else []),
        *([answers_section(len(found.shown), len(found.asked))] if found.shown else []),
        Section("runs", "Runs", run_list(found.runs)),
    ]
    lead = f"{dataset}, {manifest.identity.ratio} % of the people to forget"
    if manifest.identity.limit is not None:
        lead += f". {limited(manifest.identity.limit)}"
    return page("Selective unlearning: report", lead, sections, found.data, found.pictures.addresses)


def _save_table(table: Table, output: Path, name: str) -> list[Path]:
    folder = output / "tables"
    folder.mkdir(exist_ok=True)
    return [save(folder / f"{name}.tex", latex(table)), save(folder / f"{name}.csv", table_csv(table))]
