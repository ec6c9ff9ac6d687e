"""A run folder: a manifest that says what was asked, and files that only grow.

The same command continues a run, and another one must not touch it. Nothing here is ever deleted but
verdicts of a judge that is not the same any more, once it has judged anew: a run that is to begin anew is
moved aside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterEffect, AdapterMode
from s_mllmun_bench.judging.calibration import CALIBRATION, Calibration, read_calibration
from s_mllmun_bench.judging.opening import judge_name, judge_path
from s_mllmun_bench.lines import LineFile
from s_mllmun_bench.records import Answer, Record, Verdict
from s_mllmun_bench.running.identity import Identity, first_difference
from s_mllmun_bench.running.origin import Origin, called, origin_of_run
from s_mllmun_bench.whole import part_of, save

MANIFEST = "manifest.json"
_NOTHING = {part_of(Path(MANIFEST)).name, "lost+found"}
"""What a run may begin beside: a manifest that a killed process did not finish, and what lies in every
freshly made file system."""


class JudgeCard(Record):
    """What a manifest says of a judge."""

    digest: str
    calibration: Calibration | None
    """How good it is; `None` if this judge, as it is, has not been measured."""


class Manifest(Record):
    """What a run's ``manifest.json`` holds."""

    format: Literal[1] = 1
    identity: Identity
    model: str | None
    """As it was typed; the identity holds the digest. `None` for a server or a file."""
    adapter: str | None
    """The folder, as it was typed; `None` for the plain model."""
    checkpoint: str | None = None
    """What the checkpoint is called; `None` for a server or a file."""
    origin: Origin | None = None
    """How the adapter, or else the checkpoint, was made; `None` of a plain model that no method made."""
    adapter_mode: AdapterMode | None
    """How the engine got the adapter; `None` without one, or from a backend that knows one way only."""
    data: str
    questions: int
    effect: AdapterEffect | None
    """What the adapter changes, and how many weights it names; `None` without one."""
    judges: dict[str, JudgeCard] = Field(default_factory=dict)
    """Every judge that has judged the run, by what opens it."""
    judged_beside: tuple[tuple[str, ...], ...] = ()
    """Judges that were added to the run's own, in groups of one judge per metric."""
    versions: dict[str, str]
    command: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder with its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def origin(self) -> Origin | None:
        """As the manifest says; of a run of an earlier version, as the folders say that it names."""
        manifest = self.manifest
        return manifest.origin or origin_of_run(manifest.adapter, manifest.model)

    @property
    def checkpoint(self) -> str | None:
        """Likewise."""
        model = self.manifest.model
        return self.manifest.checkpoint or (None if model is None else called(model))

    @property
    def answers(self) -> LineFile[Answer]:
        """One line per question, appended as it is answered."""
        return LineFile(self.folder / "answers.jsonl", Answer)

    @property
    def verdicts(self) -> LineFile[Verdict]:
        """One line per judged answer and judge."""
        return LineFile(self.folder / "verdicts.jsonl", Verdict)

    def write_manifest(self) -> None:
        """Write the manifest in one step, so that it is never half there.

        Raises:
            BenchError: it cannot be written.
        """
        save(self.folder / MANIFEST, self.manifest.model_dump_json(indent=2) + "\n")


def start_run(folder: Path, manifest: Manifest) -> Run:
    """Begin a run in a folder; until its manifest is there, another one can begin in it.

    Nothing is renamed into place, for the folder may be where a disk is mounted.

    Args:
        folder: need not exist, and holds nothing; it is locked.
        manifest: is written into it.

    Raises:
        BenchError: it cannot be written.
    """
    run = Run(folder, manifest)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchError(f"cannot make {folder}: {error.strerror}") from error
    run.write_manifest()
    return run


def open_run(folder: Path) -> Run:
    """Return the run in a folder.

    Raises:
        BenchError: there is none, or its manifest cannot be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        inside = [one for one in run_folders([folder]) if one != folder]
        several = f"; the runs in it are: {', '.join(map(str, inside))}" if inside else ""
        raise BenchError(f"{folder} is not a run: it has no {MANIFEST}{several}")
    try:
        return Run(folder, Manifest.model_validate_json(path.read_text(encoding="utf-8")))
    except (ValidationError, UnicodeDecodeError) as error:
        raise BenchError(f"{path} cannot be read as a manifest of this version") from error


def run_folders(folders: Iterable[Path]) -> list[Path]:
    """Return folders of runs; instead of one around several runs, those in it, sorted.

    A folder that holds neither is returned as it is, for `open_run` to say so.
    """
    found = []
    for folder in folders:
        inside = [] if (folder / MANIFEST).is_file() else sorted(folder.glob(f"*/{MANIFEST}"))
        found += [one.parent for one in inside] or [folder]
    return found


def find_run(folder: Path, identity: Identity) -> Run | None:
    """Return the run of this identity in a folder, or `None` where a new one can begin.

    Raises:
        BenchError: the folder holds something else, or a run of another identity.
    """
    if not _holds_run(folder):
        return None
    run = open_run(folder)
    difference = first_difference(run.manifest.identity, identity)
    if difference is not None:
        raise BenchError(
            f"{folder} holds another run: {difference}; give another folder, or move it aside with --fresh"
        )
    return run


def set_aside(folder: Path) -> None:
    """Move a run to the first free one of ``<folder>.1``, ``<folder>.2`` and so on; none is fine, too.

    Raises:
        BenchError: the folder holds something else than a run, or cannot be moved.
    """
    if _holds_run(folder):
        place = folder.resolve()
        names = (place.with_name(f"{place.name}.{number}") for number in count(1))
        try:
            place.rename(next(path for path in names if not path.exists()))
        except OSError as error:
            raise BenchError(
                f"{folder} cannot be moved aside: {error.strerror}; give another folder"
            ) from error


def _holds_run(folder: Path) -> bool:
    """Return whether there is a run in a folder, and `False` where one can begin."""
    if not folder.exists() or (folder.is_dir() and {entry.name for entry in folder.iterdir()} <= _NOTHING):
        return False
    if not (folder / MANIFEST).is_file():
        raise BenchError(f"{folder} exists and is not a run: it has no {MANIFEST}; give another folder")
    return True


def rejudged(run: Run, judges: Mapping[str, str]) -> Run:
    """Return the run with some judges, of which nothing is written down yet.

    They become the run's own if it has none, or none but these; else they judge beside its own.

    Args:
        run: as it is on disk.
        judges: each judge's digest by what opens it.

    Raises:
        BenchError: one has the name of another judge of the run.
    """
    manifest = run.manifest
    cards = {**manifest.judges, **{one: judge_card(one, digest) for one, digest in judges.items()}}
    _require_names_apart(cards)
    own, beside = tuple(manifest.identity.judges), manifest.judged_beside
    if set(own) <= judges.keys():
        own = tuple(judges)
    elif tuple(judges) not in beside:
        beside = (*beside, tuple(judges))
    identity = manifest.identity.model_copy(update={"judges": {one: cards[one].digest for one in own}})
    new = manifest.model_copy(update={"identity": identity, "judges": cards, "judged_beside": beside})
    return Run(run.folder, new)


def other_by_now(run: Run, judged: Run) -> set[str]:
    """Return the judges of a run, as verdicts call them, whose digest is another one now.

    Args:
        run: as it is on disk.
        judged: the same, as `rejudged` returns it.
    """
    cards = judged.manifest.judges
    return {judge_name(one) for one, card in run.manifest.judges.items() if card.digest != cards[one].digest}


def _require_names_apart(judges: Iterable[str]) -> None:
    """Stop where two judges would be taken for one in the verdicts."""
    of_name: dict[str, str] = {}
    for one in judges:
        name = judge_name(one)
        if of_name.setdefault(name, one) != one:
            raise BenchError(f"{of_name[name]} and {one} are both called {name} in verdicts; rename one")


def judge_card(judge: str, digest: str) -> JudgeCard:
    """Return what a manifest says of a judge.

    Raises:
        BenchError: the file of its calibration cannot be read.
    """
    figures = judge_path(judge).with_suffix(CALIBRATION)
    calibration = read_calibration(figures) if figures.is_file() else None
    fits = calibration is not None and calibration.judge_digest == digest
    return JudgeCard(digest=digest, calibration=calibration if fits else None)
