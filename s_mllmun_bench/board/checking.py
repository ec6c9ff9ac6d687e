"""The verification of some bundles, or of a whole leaderboard folder, as one state and one line for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from s_mllmun_bench.board import standings
from s_mllmun_bench.board.bundle import RESULTS, Altered, bundle_folders, read_bundle
from s_mllmun_bench.board.entries import Entry, placed, verified
from s_mllmun_bench.board.leaderboard import REJUDGED, leaderboard_of
from s_mllmun_bench.board.rejudging import rejudge
from s_mllmun_bench.board.released import FILE as RELEASED
from s_mllmun_bench.board.released import Released, read_released
from s_mllmun_bench.board.standings import Rejudging
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError, shortened
from s_mllmun_bench.judging.opening import JudgeServer
from s_mllmun_bench.lines import LineFile

_LONGEST = 400
"""Characters of a difference: a stranger may have made its end very long."""
State = Literal["verified", "differs", "unreadable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one bundle, or of ``leaderboard.json``."""

    bundle: Path
    state: State
    note: str
    entry: Entry | None = None
    """The bundle with its figures; `None` if it is not verified."""

    @property
    def shown_state(self) -> str:
        """The state, but ``reported`` of a bundle of a leaderboard whose judge is not this version's.

        It differs in nothing and stands on its own judge's board, so the exit status is that of
        ``verified``; but its verdicts are somebody's word.
        """
        is_reported = self.state == "verified" and self.entry is not None and self.entry.unjudged is not None
        return "reported" if is_reported else self.state


@dataclass(frozen=True, slots=True)
class Again:
    """How judges are to be asked again."""

    items: int
    judge: str | None
    """Judges by commas; `None`: those of the bundle, which verification has found to be this version's."""
    server: JudgeServer
    seed: int
    record: bool
    """Whether to write down what they say."""


def check(
    paths: Sequence[Path],
    leaderboard: Path,
    progress: Progress,
    data: Path | None = None,
    again: Again | None = None,
) -> list[Finding]:
    """Verify bundles, and of a leaderboard folder all its bundles and that its boards are made of them.

    Args:
        paths: folders of bundles, or leaderboard folders.
        leaderboard: the folder whose released versions count for bundles.
        progress: is told how far it is.
        data: the dataset, to name a question that is not the dataset's.
        again: how to ask the judges again; `None`: they are not.

    Raises:
        BenchError: there is no ``released.yaml``, or a judge cannot be asked.
    """
    found: list[Finding] = []
    for path in paths:
        if (path / RELEASED).is_file():
            found += _of_leaderboard(path, progress, data)
        else:
            found.append(_of_bundle(path, read_released(leaderboard), data))
    if again is None:
        return found
    return [
        one if one.entry is None else _asked_again(one, one.entry, leaderboard, again, progress)
        for one in found
    ]


def _of_leaderboard(folder: Path, progress: Progress, data: Path | None) -> Iterator[Finding]:
    released = read_released(folder)
    try:
        bundles = bundle_folders(folder)
    except BenchError as error:
        yield Finding(folder / RESULTS, "unreadable", str(error))
        return
    entries: list[Entry] = []
    for number, bundle in enumerate(bundles, 1):
        finding = _kept(_of_bundle(bundle, released, data))
        progress(number, len(bundles), "verifying")
        entries += [finding.entry] if finding.entry else []
        yield finding
    path = folder / standings.FILE
    if len(entries) < len(bundles):
        return
    try:
        wanted = standings.written(leaderboard_of(folder, entries))
    except BenchError as error:
        yield Finding(path, "differs", str(error))
        return
    if path.is_file() and path.read_bytes() == wanted:
        yield Finding(path, "verified", f"made of {len(bundles)} bundles")
    else:
        yield Finding(
            path, "differs", "it is not what its bundles make; `bench leaderboard build` writes it anew"
        )


def _of_bundle(folder: Path, released: Sequence[Released], data: Path | None) -> Finding:
    try:
        bundle = read_bundle(folder)
    except BenchError as error:
        return Finding(folder, "differs" if isinstance(error, Altered) else "unreadable", str(error))
    try:
        entry = verified(placed(bundle), released, data)
    except BenchError as error:
        return Finding(folder, "differs", shortened(str(error), _LONGEST))
    if entry.unjudged is not None:
        return Finding(folder, "differs", f"its verdicts cannot be had again: {entry.unjudged}", entry)
    judges = " and ".join(str(name) for name in entry.scores.judges)
    return Finding(folder, "verified", f"{len(entry.scored)} answers, judged by {judges}", entry)


def _kept(finding: Finding) -> Finding:
    """Return a finding as it counts in a leaderboard: a judge that has changed makes no bundle wrong."""
    if finding.entry is None or finding.entry.unjudged is None:
        return finding
    note = f"reported, on its own judge's board: {finding.note}"
    return Finding(finding.bundle, "verified", note, finding.entry)


def _asked_again(
    found: Finding, entry: Entry, leaderboard: Path, again: Again, progress: Progress
) -> Finding:
    """Return a finding with what the judges say now."""
    if again.judge is None and entry.unjudged is not None:
        return found
    names = again.judge.split(",") if again.judge else list(entry.bundle.manifest.identity.judges)
    said = rejudge(entry.bundle, again.items, names, again.server, again.seed, progress)
    if again.record:
        LineFile(leaderboard / REJUDGED, Rejudging).append(said)
    drifted = any(one.has_drifted for one in said)
    note = "; ".join([found.note, *map(_told, said)])
    return Finding(found.bundle, "differs" if drifted else found.state, note, found.entry)


def _told(one: Rejudging) -> str:
    """Return such as ``fact_score@qwen-plus again on 200 answers (seed 7): +0.05 [-0.10, 0.20]``."""
    drift = one.drift
    if drift.mean is None:
        return f"{one.judge} scored none of {one.items} answers again (seed {one.seed})"
    ends = "" if drift.low is None else f" [{drift.low:+.2f}, {drift.high:+.2f}]"
    drifted = ": it has drifted" if one.has_drifted else ""
    return f"{one.judge} again on {one.items} answers (seed {one.seed}): {drift.mean:+.2f}{ends}{drifted}"
