"""The second and the third stage: verdicts on a run's answers, and figures from both.

Each can be done alone on what the stage before left. A verdict that is not there is missing, never 0.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import JudgeServer, OpenJudge, judge_name, open_judges
from s_mllmun_bench.records import Answer, Verdict
from s_mllmun_bench.running.identity import judge_digests
from s_mllmun_bench.running.run import Run, open_run, other_by_now, rejudged
from s_mllmun_bench.whole import locked

if TYPE_CHECKING:
    from s_mllmun_bench.llm.ledger import Ledger
    from s_mllmun_bench.scoring.classes import AnswerClass
    from s_mllmun_bench.scoring.records import Scores


def judge_again(
    folder: Path, judges: str | None, progress: Progress, server: JudgeServer | None = None
) -> "tuple[Run, list[Scores]]":
    """Judge a run's answers, those that have no verdict yet, and score it.

    Args:
        folder: a run.
        judges: by commas; beside the run's own, if they are others. `None` for its own, or if it has
            none, for those that the environment has a key for.
        progress: is told how far it is.
        server: which LLM a judge asks; `None` for that of the environment.

    Returns:
        The run, and the figures by its own judges, then those by these judges if they are others.

    Raises:
        BenchError: there is no run, or no such judge, or another process works on it, or the server is for
            none of the judges.
    """
    open_run(folder)
    with locked(folder):
        run = open_run(folder)
        _require_answered(run, len(run.answers.read()))
        names = judges or ",".join(run.manifest.identity.judges) or "auto"
        wanted = judge_digests(names, server)
        run = judge(run, open_judges(wanted, server), progress, cache=server.cache if server else None)
        figures = _all_scores(run)
        own = next(iter(figures.values()))
        added = figures.get(tuple(wanted), own)
        return run, [own] if added == own else [own, added]


def score_again(folder: Path) -> "tuple[Run, Scores]":
    """Score a run on the answers and verdicts that it has, by its own judges and by those beside them.

    Returns:
        The run, and the figures by its own judges.

    Raises:
        BenchError: there is no run, or it has not been answered to the end, or another process works on it.
    """
    open_run(folder)
    with locked(folder):
        run = open_run(folder)
        return run, next(iter(_all_scores(run).values()))


def _all_scores(run: Run) -> "dict[tuple[str, ...], Scores]":
    """Score a run by every panel of judges that it has; its own is the first."""
    own = tuple(run.manifest.identity.judges)
    return {panel: score(run, panel) for panel in dict.fromkeys((own, *run.manifest.judged_beside))}


def judge(
    run: Run,
    judges: Sequence[OpenJudge],
    progress: Progress,
    what: str = "judging",
    cache: Path | None = None,
) -> Run:
    """Judge the answers that have no verdict of each judge yet, and enter the judges in the run.

    An answer that a judge could not score for a fault of the moment is judged again. What a judge said
    under another digest stands, with its figures, until it has judged everything anew.

    Args:
        run: as it is on disk; the folder is locked.
        judges: of one metric each.
        progress: is told how far it is.
        what: how the progress calls it.
        cache: a folder of replies that runs share.

    Returns:
        The run with the judges.
    """
    from s_mllmun_bench.judging.run import may_be_scored_yet
    from s_mllmun_bench.llm.ledger import Ledger

    entered = rejudged(run, {one.reference: one.digest for one in judges})
    others, names = other_by_now(run, entered), {one.name for one in judges}

    def stays(verdict: Verdict) -> bool:
        return verdict.judge not in others and not (verdict.judge in names and may_be_scored_yet(verdict))

    answers, kept = run.answers.read(), list(filter(stays, run.verdicts.read()))
    with Ledger([run.folder, *([cache] if cache else [])]) as ledger:
        new = _new_verdicts(answers, judges, kept, ledger, progress, what)
        if not others:
            if entered != run:
                entered.write_manifest()
            run.verdicts.keep_only(stays)
            run.verdicts.append(new)
            return entered
        run.verdicts.exchange(stays, new)
    for scores in run.folder.glob("scores*.json"):
        scores.unlink()
    # Last: whoever is killed before it finds the judges changed again, and nothing said by the wrong ones.
    entered.write_manifest()
    return entered


def _new_verdicts(
    answers: Sequence[Answer],
    judges: Iterable[OpenJudge],
    kept: Iterable[Verdict],
    ledger: "Ledger",
    progress: Progress,
    what: str,
) -> Iterator[Verdict]:
    """Yield each judge's verdicts on the answers that it has not judged yet."""
    from s_mllmun_bench.judging.run import judged

    opened = list(judges)
    names = {one.name for one in opened}
    have = {(one.question_id, one.judge) for one in kept if one.judge in names}
    done, total, unscored = len(have), len(answers) * len(opened), 0
    progress(done, total, what)
    for one in opened:
        left = [answer for answer in answers if (answer.question_id, one.name) not in have]
        for verdict in judged(left, one, ledger):
            yield verdict
            done, unscored = done + 1, unscored + (verdict.score is None)
            progress(done, total, f"{what}, {unscored} unscored" if unscored else what)


def score(run: Run, judges: Sequence[str] = ()) -> "Scores":
    """Compute the figures from the run's answers and verdicts, write and return them.

    Args:
        run: has been answered.
        judges: what opens the judges whose verdicts are used; empty for the run's own.

    Raises:
        BenchError: the run has not been answered to the end.
    """
    scores = computed(run, judges)
    scores.save(scores_path(run, judges or tuple(run.manifest.identity.judges)))
    return scores


def computed(
    run: Run, judges: Sequence[str] = (), classes: "Mapping[str, AnswerClass | None] | None" = None
) -> "Scores":
    """Return what `score` writes, and write nothing.

    A verdict that is not there counts as missing. The lines' order, which a continued run may have
    otherwise, plays no role.

    Args:
        run: has been answered.
        judges: as in `score`.
        classes: what `classes_of` returns, where it is known already.
    """
    from s_mllmun_bench.scoring.aggregate import score as aggregate

    answers = sorted(run.answers.read(), key=lambda answer: answer.question_id)
    _require_answered(run, len(answers))
    verdicts = sorted(run.verdicts.read(), key=lambda verdict: (verdict.question_id, verdict.judge))
    used = judges or tuple(run.manifest.identity.judges)
    return aggregate(answers, verdicts, [judge_name(one) for one in used], classes=classes)


def classes_of(run: Run) -> "dict[str, AnswerClass | None]":
    """Return the class of each of a run's answers, by question; `None` for one that could not be had."""
    from s_mllmun_bench.scoring.classes import answer_classes

    answers = run.answers.read()
    told = answer_classes(answers, run.verdicts.read())
    return dict(zip((answer.question_id for answer in answers), told, strict=True))


def _require_answered(run: Run, answers: int) -> None:
    if answers < run.manifest.questions:
        raise BenchError(
            f"{run.folder} has {answers} of {run.manifest.questions} answers; "
            "repeat the command that began it"
        )


def scores_path(run: Run, judges: Sequence[str]) -> Path:
    """Return the file of the figures by some judges: ``scores.json`` for the run's own.

    Args:
        run: need not have been scored.
        judges: what opens them.
    """
    if set(judges) == set(run.manifest.identity.judges):
        return run.folder / "scores.json"
    names = "+".join(re.sub(r"[^\w.@-]", "_", judge_name(one)) for one in sorted(judges))
    return run.folder / f"scores.{names}.json"
