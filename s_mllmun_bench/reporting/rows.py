"""Finished runs as the rows of a report: who made each, what it is called, and its checked figures.

Tables set runs side by side, so they must have been asked the same by the same judges, and figures that
do not follow from a run's own answers and verdicts are not shown at all.

`reporting.paper_tables` makes tables of these rows, `reporting.paper_figures` pictures.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from s_mllmun_bench import contents
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Ratio
from s_mllmun_bench.running.compare import finished_answers, open_runs, why_unjudged
from s_mllmun_bench.running.figures import computed
from s_mllmun_bench.running.origin import Kind, Origin, Sculpting
from s_mllmun_bench.running.run import Run
from s_mllmun_bench.scoring.classes import AnswerClass
from s_mllmun_bench.scoring.differences import first_difference
from s_mllmun_bench.scoring.records import Scores

ORIGINAL = "original"
"""The method of a run of the model that the other runs' adapters change."""


@dataclass(frozen=True, slots=True)
class ReportRun:
    """One finished run."""

    label: str
    """As tables show it, such as ``SMFA, k = 2``; no other run of the report has it."""
    name: str
    """Of the method, such as ``SMFA``."""
    method: str
    """Its id, such as ``smfa``; where nothing says it, the adapter's or the run's folder."""
    kind: Kind
    ratio: Ratio
    """Per cent of the people to forget."""
    model: str
    """The checkpoint, as it was named."""
    adapter: str | None
    """Its kind, such as ``lora`` or ``sculpted``; `None` for a plain model."""
    k: float | None
    """Of a sculpted adapter, the masking strength it was applied with."""
    seed: int | None
    """Of the unlearning; `None` where nothing says it."""
    sculpting: Sculpting | None
    """`None` if the adapter is not sculpted."""
    limit: int | None
    """Most people of each set that were asked about; `None` for all."""
    scores: Scores
    folder: Path

    @property
    def ranked(self) -> bool:
        """Whether it is a whole method; references, controls and ablations are shown, never ranked."""
        return self.kind == "method" and (self.sculpting is None or self.sculpting.is_whole)


def read_runs(folders: Sequence[Path], scores_of: Callable[[Run], Scores] | None = None) -> list[ReportRun]:
    """Return runs as rows: references first, then methods, then ablations and controls.

    Methods stand in the order in which they are given, runs of one by strength and seed.

    Args:
        folders: finished, judged and scored runs on the same questions.
        scores_of: returns a run's figures; `None` for `checked_scores`.

    Raises:
        BenchError: there are none, or one is not such a run, is given twice, was asked or judged
            otherwise, or its figures do not follow from its answers and verdicts.
    """
    if not folders:
        raise BenchError("no runs; give one run folder or more")
    runs = open_runs(folders)
    for run in runs:
        finished_answers(run)
        unjudged = why_unjudged(runs[0], run)
        if unjudged is not None:
            raise BenchError(unjudged)
    changed = {run.manifest.identity.model for run in runs if run.manifest.identity.adapter}
    find = scores_of or checked_scores
    rows = [_row(run, run.manifest.identity.model in changed, find(run)) for run in runs]
    return _labelled(_sorted(rows))


def checked_scores(run: Run, classes: Mapping[str, AnswerClass | None] | None = None) -> Scores:
    """Return the figures of a run's ``scores.json``, computed again to see whether they hold.

    Args:
        run: has been judged.
        classes: what `running.figures.classes_of` returns, where it is known already.

    Raises:
        BenchError: there are none, or they differ; the text names the first difference.
    """
    written = Scores.load(run.folder)
    difference = first_difference(written, computed(run, classes=classes))
    if difference is not None:
        raise BenchError(
            f"{run.folder}/scores.json is not what its answers and verdicts give: {difference}; "
            f"`bench score {run.folder}` computes it again"
        )
    return written


def _row(run: Run, is_original: bool, scores: Scores) -> ReportRun:
    """Return one run, not yet told apart from others of its method."""
    identity, origin = run.manifest.identity, _origin(run, is_original)
    name = _name(origin.method)
    return ReportRun(
        label=name,
        name=name,
        method=origin.method,
        kind=origin.kind,
        ratio=identity.ratio,
        model=_model(run),
        adapter=identity.adapter.kind if identity.adapter else None,
        k=identity.adapter.k if identity.adapter else None,
        seed=origin.seed,
        sculpting=origin.sculpting,
        limit=identity.limit,
        scores=scores,
        folder=run.folder,
    )


def _origin(run: Run, is_original: bool) -> Origin:
    """Return who made what a run evaluates; a plain checkpoint of unknown make is a reference."""
    if run.manifest.adapter is None and is_original:
        return Origin(method=ORIGINAL, kind="reference")
    kind: Kind = "method" if run.manifest.model is None else "reference"
    return run.origin or Origin(method=run.folder.absolute().name, kind=kind)


def _sorted(rows: Sequence[ReportRun]) -> list[ReportRun]:
    """Return rows by group, then by method as they come, then by strength and seed."""
    methods = list(dict.fromkeys([ORIGINAL, *(row.method for row in rows)]))

    def place(row: ReportRun) -> tuple[int, int, float, int]:
        group = 0 if row.kind == "reference" else 1 if row.ranked else 2
        k, seed = (-1.0 if row.k is None else row.k), (-1 if row.seed is None else row.seed)
        return group, methods.index(row.method), k, seed

    return sorted(rows, key=place)


def _name(method: str) -> str:
    """Return a method as its ``submission.yaml`` calls it; its id if it is not one of ours."""
    if method not in contents.names("submissions", "/submission.yaml"):
        return method
    return str(contents.read_yaml(contents.folder("submissions") / method / "submission.yaml")["name"])


def _model(run: Run) -> str:
    return run.checkpoint or run.manifest.identity.model.rpartition("#")[2]


def _labelled(rows: Sequence[ReportRun]) -> list[ReportRun]:
    """Give rows of one name what tells them apart; the folder, where nothing else does."""
    labels = [_label(row, [other for other in rows if other.name == row.name]) for row in rows]
    counts = Counter(labels)
    return [
        replace(row, label=label if counts[label] == 1 else f"{label} ({row.folder.absolute().name})")
        for row, label in zip(rows, labels, strict=True)
    ]


def _label(row: ReportRun, alike: Sequence[ReportRun]) -> str:
    parts = [row.name]
    if row.sculpting is not None and len({other.sculpting for other in alike}) > 1:
        parts.append(_criteria(row.sculpting))
    if row.k is not None and len({other.k for other in alike}) > 1:
        parts.append(f"k = {row.k:g}")
    if row.seed is not None and len({other.seed for other in alike}) > 1:
        parts.append(f"seed {row.seed}")
    if len({other.model for other in alike}) > 1:
        parts.append(row.model)
    return ", ".join(part for part in parts if part)


def _criteria(sculpting: Sculpting) -> str:
    """Return what is left out of the mask, in words."""
    if sculpting.is_whole:
        return ""
    if sculpting.direction or sculpting.magnitude:
        return "direction only" if sculpting.direction else "magnitude only"
    return "no mask"
