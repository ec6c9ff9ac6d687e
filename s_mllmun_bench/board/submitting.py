"""From a run folder to a bundle in the leaderboard, or to the reason why not.

What is written has been read back and verified, and the board that it makes stands before the bundle takes
its name: a refused submission changes nothing.

A run's figures are computed once: of the bundle as it was read back, where all else is verified. What the run
has written down is packed as it is and proves nothing; if it does not follow from the packed answers and
verdicts, the bundle is refused. A second time, of the run's own files, would prove no more. Each other bundle
of the board is verified as well, and has its figures computed once.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from s_mllmun_bench import contents
from s_mllmun_bench.board.bundle import RESULTS, Bundle, Contents, as_bundled, read_bundle, write_bundle
from s_mllmun_bench.board.entries import Entry, read_entries, verified
from s_mllmun_bench.board.leaderboard import leaderboard_of, write_leaderboard
from s_mllmun_bench.board.released import FILE as RELEASED
from s_mllmun_bench.board.released import Released, read_released, released_data, write_released
from s_mllmun_bench.board.submission import SLUG, About, checked, kind_of
from s_mllmun_bench.board.verifying import why_not_taken
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import judge_name
from s_mllmun_bench.lines import LineFile
from s_mllmun_bench.llm.ledger import FILE as REPLIES
from s_mllmun_bench.llm.ledger import StoredReply
from s_mllmun_bench.reporting.rows import ReportRun, read_runs
from s_mllmun_bench.running.run import Manifest, Run, open_run
from s_mllmun_bench.scoring.records import Scores
from s_mllmun_bench.whole import appearing, locked

_FOLDERS = re.compile(r"(?:(?<=[\s='\",:])|^)(?:~|\.{0,2})/(?!/)(?:[^\s'\",]*/)?")
"""The folders before a file's name, in a command line."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the submitter says."""

    name: str
    authors: str
    url: str
    method: str | None
    """`None`: as the adapter's record names it."""
    base_model: str | None
    """`None`: as the run names its checkpoint."""


def submit(folder: Path, said: Said, leaderboard: Path, progress: Progress) -> Path:
    """Pack a run into a bundle, put it into the leaderboard folder and write its ``leaderboard.json`` anew.

    Args:
        folder: a finished, judged and scored run.
        said: what nobody else knows.
        leaderboard: the folder; a new one begins with the released versions that are shipped.
        progress: is told how far it is.

    Returns:
        The bundle's folder.

    Raises:
        BenchError: the run may not be on the board, the place is taken, or a bundle of the board is not
            what it says.
    """
    run = open_run(folder)
    if run.manifest.identity.limit is not None:
        raise BenchError(
            f"{folder} is limited to {run.manifest.identity.limit} people; run it without --limit"
        )
    (row,) = read_runs([folder], lambda one: Scores.load(one.folder))
    begins = not leaderboard.exists() or (leaderboard.is_dir() and not any(leaderboard.iterdir()))
    released = read_released(contents.folder("leaderboard") if begins else leaderboard)
    about = _about(row, run, said, released_data(released, run.manifest.identity.data).benchmark)
    reason = why_not_taken(about, run.manifest, row.scores)
    if reason is not None:
        raise BenchError(f"{folder} cannot be submitted: {reason}")
    with locked(leaderboard / RESULTS):
        place = _free_place(leaderboard, about)
        entries = [] if begins else read_entries(leaderboard, progress)
        with appearing(place) as partial:
            write_bundle(partial, about, _contents(run, row.scores))
            new = _verified(read_bundle(partial), released, folder)
            if new.unjudged is not None:
                raise BenchError(f"{new.unjudged}; `bench judge {folder}` judges the run anew")
            made = leaderboard_of(leaderboard, [*entries, new])
            if begins:
                write_released(leaderboard / RELEASED, released)
        write_leaderboard(leaderboard, made)
    return place


def _verified(bundle: Bundle, released: Sequence[Released], run: Path) -> Entry:
    """Return a run's bundle with its figures.

    Raises:
        BenchError: it is not what it says; the text names the run and the remedy.
    """
    try:
        return verified(bundle, released)
    except BenchError as error:
        remedy = f"where its figures differ, `bench score {run}` computes them again"
        raise BenchError(f"{run} cannot be submitted: {error}; {remedy}") from error


def _about(row: ReportRun, run: Run, said: Said, benchmark: str) -> About:
    method, base_model = said.method or row.method, said.base_model or _base_model(run.manifest)
    if base_model is None:
        raise BenchError(f"{run.folder} names no checkpoint; say which model it is with --base-model")
    kind = kind_of(method) or ("control" if row.kind == "control" else "method")
    fields = {
        "benchmark": benchmark,
        "base_model": base_model,
        "ratio": row.ratio,
        "method": method,
        "kind": kind,
        "name": said.name,
        "authors": said.authors,
        "url": said.url,
        "seed": row.seed,
    }
    for option, value in (("--method", method), ("--base-model", base_model)):
        _require_slug(option, value)
    return checked(About, fields, "the submission")


def _require_slug(option: str, value: str) -> None:
    """Stop where a name is no name of a folder on every system.

    Raises:
        BenchError: it is not; the text says which characters are allowed.
    """
    if re.fullmatch(SLUG, value) is None:
        raise BenchError(
            f"{option} takes at most 64 letters (a-z, A-Z), digits and . _ -, of which the first and the "
            f"last is a letter or a digit, such as {_as_slug(value)}; not {value!r}"
        )


def _as_slug(value: str) -> str:
    """Return a like name that would be taken."""
    return re.sub(r"[^A-Za-z0-9]+", "_", value).strip("_").lower()[:64].strip("_") or "my_lora"


def _base_model(manifest: Manifest) -> str | None:
    """Return what a checkpoint is called without its folder or owner; `None` of a server or a file."""
    return None if manifest.model is None else Path(manifest.model.partition("@")[0]).name


def _free_place(leaderboard: Path, about: About) -> Path:
    """Return the folder that a bundle is to take.

    Raises:
        BenchError: there is one already, or one whose name differs in capitals alone.
    """
    place = leaderboard / RESULTS
    for part in about.place.split("/"):
        there = [one.name for one in place.iterdir()] if place.is_dir() else []
        alike = next((name for name in there if name.casefold() == part.casefold()), None)
        place = place / part
        if alike is not None and alike != part:
            raise BenchError(
                f"{place.parent} holds {alike}, which some systems take for {part}; use that name"
            )
    if place.exists():
        raise BenchError(f"{place} is taken; give another --method, or remove it if it is yours")
    return place


def _contents(run: Run, scores: Scores) -> Contents:
    """Return a run as a bundle holds it: in order, by its own judges, and without anybody's folders."""
    own = {judge_name(one) for one in run.manifest.identity.judges}
    verdicts = [as_bundled(one) for one in run.verdicts.read() if one.judge in own]
    return Contents(
        manifest=_published(run.manifest),
        answers=tuple(sorted(run.answers.read(), key=lambda one: one.question_id)),
        verdicts=tuple(sorted(verdicts, key=lambda one: (one.question_id, one.judge))),
        replies=tuple(_replies(run, own, {one.reply for one in verdicts})),
        scores=scores,
    )


def _replies(run: Run, judges: Collection[str], used: Collection[str | None]) -> list[StoredReply]:
    """Return the replies that verdicts were read from, and that to each judge's first question, by key."""
    stored = LineFile(run.folder / REPLIES, StoredReply).read()
    found = {one.key: one for one in reversed(stored) if one.purpose in judges}
    hosts = {one.host for one in found.values() if one.key in used}
    return [found[key] for key in sorted(found) if found[key].host in hosts]


def _published(manifest: Manifest) -> Manifest:
    """Return a manifest that names files without the folders that they lie in on the submitter's machine."""
    own = manifest.identity.judges
    changes = {
        "model": _public(manifest.model),
        "adapter": _public(manifest.adapter),
        "data": _public(manifest.data),
        "command": _FOLDERS.sub("", manifest.command),
        "judges": {name: card for name, card in manifest.judges.items() if name in own},
        "judged_beside": (),
    }
    return manifest.model_copy(update=changes)


def _public(name: str | None) -> str | None:
    """Return the last part of a path; a name on the Hub stays."""
    return name if name is None or not name.startswith(("/", "~", ".")) else Path(name).name
