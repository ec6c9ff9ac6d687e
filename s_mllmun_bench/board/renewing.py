"""Bundles whose offline judges have changed, judged anew: the board stays one of today's judges.

The answers stay as they were handed in. Only judges of this version are opened, by their id: a path in a
bundle would be code to run. An LLM's verdicts cannot be renewed without asking it, and are left alone.
"""

from collections.abc import Mapping
from pathlib import Path

from s_mllmun_bench import contents as shipped
from s_mllmun_bench.board.bundle import RESULTS, Bundle, Contents, bundle_folders, read_bundle, write_bundle
from s_mllmun_bench.board.entries import Entry, placed, verified
from s_mllmun_bench.board.leaderboard import leaderboard_of, write_leaderboard
from s_mllmun_bench.board.released import read_released
from s_mllmun_bench.board.submission import About
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.judging.opening import judge_name
from s_mllmun_bench.judging.run import judge_records
from s_mllmun_bench.running.identity import judge_digests
from s_mllmun_bench.running.run import judge_card
from s_mllmun_bench.scoring.aggregate import score
from s_mllmun_bench.whole import appearing, locked


def renew(leaderboard: Path, progress: Progress) -> list[Path]:
    """Judge anew what other offline judges have judged, and write ``leaderboard.json``.

    Args:
        leaderboard: the folder.
        progress: is told how far it is.

    Returns:
        The bundles that are other ones now.

    Raises:
        BenchError: a bundle cannot be read, or would not be what it says; those before it are renewed.
    """
    released, renewed = read_released(leaderboard), []
    entries: list[Entry] = []
    with locked(leaderboard / RESULTS):
        folders = bundle_folders(leaderboard)
        for number, folder in enumerate(folders):
            progress(number, len(folders), "judging anew")
            bundle = placed(read_bundle(folder))
            today = _judges_of_today(bundle)
            if today in ({}, bundle.manifest.identity.judges):
                entries.append(verified(bundle, released))
                continue
            with appearing(folder, replacing=True) as partial:
                about = {name: getattr(bundle.submission, name) for name in About.model_fields}
                write_bundle(partial, About(**about), _judged(bundle, today))
                entries.append(verified(read_bundle(partial), released))
            renewed.append(folder)
        progress(len(folders), len(folders), "judging anew")
        write_leaderboard(leaderboard, leaderboard_of(leaderboard, entries))
    return renewed


def _judges_of_today(bundle: Bundle) -> dict[str, str]:
    """Return the digests that a bundle's offline judges have here; nothing if one is none of this version."""
    names = list(bundle.manifest.identity.judges)
    return judge_digests(",".join(names)) if set(names) <= set(shipped.names("judges", ".py")) else {}


def _judged(bundle: Bundle, judges: Mapping[str, str]) -> Contents:
    """Return what a bundle holds, by some judges."""
    answers = bundle.contents.answers
    verdicts = sorted(judge_records(answers, list(judges)), key=lambda one: (one.question_id, one.judge))
    identity = bundle.manifest.identity.model_copy(update={"judges": dict(judges)})
    cards = {one: judge_card(one, digest) for one, digest in judges.items()}
    return Contents(
        manifest=bundle.manifest.model_copy(update={"identity": identity, "judges": cards}),
        answers=answers,
        verdicts=tuple(verdicts),
        replies=(),
        scores=score(answers, verdicts, [judge_name(one) for one in judges]),
    )
