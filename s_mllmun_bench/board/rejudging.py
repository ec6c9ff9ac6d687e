"""Ask the judges of a bundle again about some of its answers, drawn by chance, and see whether they drifted.

Stored replies prove that a judge could have said so, not that it did. Whoever made them up is found out by
asking again: the paired difference over people has 0 in its 95 % interval, or it has not.
"""

import random
from collections.abc import Sequence

import numpy as np

from s_mllmun_bench.board.bundle import Bundle
from s_mllmun_bench.board.standings import Rejudging
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import JudgeServer, OpenJudge, open_judges
from s_mllmun_bench.judging.run import judged
from s_mllmun_bench.llm.ledger import Ledger
from s_mllmun_bench.records import Answer, Metric
from s_mllmun_bench.scoring.aggregate import estimate
from s_mllmun_bench.scoring.intervals import clustered_mean, draw_people
from s_mllmun_bench.scoring.records import Estimate


def rejudge(
    bundle: Bundle, items: int, judges: Sequence[str], server: JudgeServer, seed: int, progress: Progress
) -> list[Rejudging]:
    """Return what each judge says now, less what the bundle says.

    Args:
        bundle: of which the answers with a score of the metric are drawn from.
        items: how many answers, at least 2; fewer if there are fewer.
        judges: ids or paths of the user's own, never those of a bundle.
        server: which LLM they ask.
        seed: of the draw; to be chosen after the bundle was handed in.
        progress: is told how far it is.

    Raises:
        BenchError: there is no such judge, it cannot judge, or the bundle has no score of its metric.
    """
    if items < 2:
        raise BenchError(f"an interval needs at least 2 answers, not {items}")
    found = []
    for judge in open_judges(judges, server):
        scores = _scores(bundle, judge.metric)
        had = [one for one in bundle.contents.answers if one.question_id in scores]
        if not had:
            raise BenchError(f"{bundle.folder} has no score of {judge.metric}")
        drawn = random.Random(seed).sample(had, min(items, len(had)))
        drift = _drift(drawn, judge, scores, progress)
        found.append(
            Rejudging(bundle=bundle.sha256, judge=judge.name, items=len(drawn), seed=seed, drift=drift)
        )
    return found


def _scores(bundle: Bundle, metric: Metric) -> dict[str, float]:
    return {
        one.question_id: one.score
        for one in bundle.contents.verdicts
        if one.metric == metric and one.score is not None
    }


def _drift(
    drawn: Sequence[Answer], judge: OpenJudge, scores: dict[str, float], progress: Progress
) -> Estimate:
    """Return the mean of the new scores less the old ones, of the answers that have both."""
    people = sorted({one.person for one in drawn})
    person_of = {one.question_id: people.index(one.person) for one in drawn}
    places, values = [], []
    with Ledger() as ledger:
        for number, verdict in enumerate(judged(drawn, judge, ledger), 1):
            progress(number, len(drawn), f"asking {judge.name}")
            if verdict.score is not None:
                places.append(person_of[verdict.question_id])
                values.append(verdict.score - scores[verdict.question_id])
    weights = draw_people(len(people), (0,))
    return estimate(clustered_mean(np.array(places, dtype=np.int64), np.array(values, dtype=float), weights))
