"""The bundles of a leaderboard folder, each verified before anything is made of it.

One that differs from what it says stops everything and is named. One whose judge is not this version's any
more stays, on its judge's own board and marked as reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from s_mllmun_bench.board.bundle import Bundle, bundle_folders, read_bundle
from s_mllmun_bench.board.judged import NotThisJudge
from s_mllmun_bench.board.ranking import headline
from s_mllmun_bench.board.released import Released, read_released, released_data
from s_mllmun_bench.board.standings import Badge, JudgeKey
from s_mllmun_bench.board.submission import checked
from s_mllmun_bench.board.verifying import asked_otherwise, first_difference, recomputed
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import judge_name
from s_mllmun_bench.scoring.aggregate import estimate
from s_mllmun_bench.scoring.records import Estimate, Scores
from s_mllmun_bench.scoring.scored import Scored

Key = tuple[str, str, int, tuple[JudgeKey, ...]]
"""Benchmark, base model, ratio and judges of a board."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A bundle that was verified, with what its row needs."""

    bundle: Bundle
    released: Released
    unjudged: str | None
    """Why its judges could not judge again; `None` if they did, and said the same."""
    scores: Scores
    """Found to be what its answers and verdicts give."""
    scored: Scored
    headline: Estimate

    @property
    def badge(self) -> Badge:
        """How far its figures are proven."""
        return "recomputed" if self.unjudged is None else "reported"

    @property
    def key(self) -> Key:
        """Of its board."""
        about, judges = self.bundle.submission, self.bundle.manifest.identity.judges
        where = f"{self.bundle.folder}/manifest.json"
        keys = tuple(
            checked(JudgeKey, {"judge": judge_name(one), "digest": judges[one]}, where)
            for one in sorted(judges)
        )
        return about.benchmark, about.base_model, about.ratio, keys


def read_entries(folder: Path, progress: Progress) -> list[Entry]:
    """Return the verified bundles of a leaderboard folder.

    Raises:
        BenchError: one cannot be read, or is not what it says.
    """
    released, folders = read_released(folder), bundle_folders(folder)
    entries = []
    for number, one in enumerate(folders):
        progress(number, len(folders), "verifying")
        entries.append(verified(placed(read_bundle(one)), released))
    progress(len(folders), len(folders), "verifying")
    return entries


def placed(bundle: Bundle) -> Bundle:
    """Return a bundle that lies where it says.

    Raises:
        BenchError: it does not.
    """
    place = bundle.submission.place
    if bundle.folder.resolve().parts[-4:] != tuple(place.split("/")):
        raise BenchError(f"{bundle.folder} says it is {place}, and does not lie there")
    return bundle


def verified(bundle: Bundle, released: Iterable[Released], data: Path | None = None) -> Entry:
    """Return a bundle with its figures, which are computed once: to be compared, ranked and shown.

    Args:
        bundle: wherever it lies.
        released: the versions that count.
        data: its dataset, to name a question that is not the dataset's.

    Raises:
        BenchError: it is not what it says.
    """
    version, unjudged = released_data(released, bundle.manifest.identity.data), None
    _require(bundle, asked_otherwise(bundle, version, data))
    computed = recomputed(bundle.contents)
    try:
        _require(bundle, first_difference(bundle, computed.scores))
    except NotThisJudge as error:
        unjudged = str(error)
    scores = bundle.contents.scores if unjudged is None else computed.scores
    return Entry(bundle, version, unjudged, scores, computed.scored, estimate(headline(computed.overall)))


def _require(bundle: Bundle, difference: str | None) -> None:
    if difference is not None:
        raise BenchError(f"{bundle.submission.place} is not what it says: {difference}")
