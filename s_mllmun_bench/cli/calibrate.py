"""``bench calibrate``: how a judge does on cases whose score a careful person has written down.

The worst cases are printed with the figures: a judge is trusted for what is known of its mistakes. Of a
held-out case only the id is shown, so that nobody fits a rule to it by running this.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from s_mllmun_bench.cli.judge_options import (
    JudgeBaseUrl,
    JudgeConcurrency,
    JudgeModel,
    Judges,
    judge_server,
)
from s_mllmun_bench.cli.results import AsJson, side_by_side

if TYPE_CHECKING:
    from s_mllmun_bench.judging.calibration import (
        Calibration,
        CalibrationCase,
        Scored,
        SplitFigures,
    )
    from s_mllmun_bench.judging.opening import OpenJudge

_WORST = 10
"""Cases shown below the figures."""
_Result = tuple["Calibration", "list[Scored]"]


def calibrate(
    judge: Judges,
    judge_model: JudgeModel = None,
    judge_base_url: JudgeBaseUrl = None,
    judge_concurrency: JudgeConcurrency = 16,
    repeats: Annotated[
        int, typer.Option(min=1, help="Judge all cases so often, to see if the judge agrees with itself.")
    ] = 1,
    write: Annotated[
        bool, typer.Option("--write", help="Write the figures beside the judge, as JUDGE.calibration.json.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a judge against cases whose score is known."""
    from s_mllmun_bench.judging.opening import open_judges
    from s_mllmun_bench.running.identity import require_use

    server = judge_server(judge_model, judge_base_url, judge_concurrency)
    opened = open_judges(judge.split(","), server)
    require_use(server, [one.reference for one in opened])
    results = [_calibrated(one, repeats) for one in opened]
    if write:
        for one, (figures, _) in zip(opened, results, strict=True):
            _write(figures, one.reference)
    if as_json:
        typer.echo(json.dumps({"calibrations": [_as_json(*result) for result in results]}))
        return
    for figures, scored in results:
        for line in _lines(figures, scored):
            typer.echo(line)


def _calibrated(judge: "OpenJudge", repeats: int) -> _Result:
    from s_mllmun_bench import contents
    from s_mllmun_bench.contracts import JudgedItem, Judgement
    from s_mllmun_bench.errors import BenchError
    from s_mllmun_bench.judging.calibration import calibrate as calibrate_cases
    from s_mllmun_bench.judging.calibration import read_cases
    from s_mllmun_bench.llm.ledger import Ledger

    def asked_anew(items: "Sequence[JudgedItem]") -> "list[Judgement]":
        judged = dict(judge.judge_each(list(dict.fromkeys(items)), Ledger()))
        return [judged[item] for item in items]

    cases = [
        case
        for case in read_cases(contents.folder("judges") / "calibration.jsonl")
        if case.metric == judge.metric
    ]
    if not cases:
        raise BenchError(
            f"{judge.name} judges {judge.metric}, of which judges/calibration.jsonl has no cases"
        )
    return calibrate_cases(cases, asked_anew, repeats, name=judge.name, digest=judge.digest)


def _write(figures: "Calibration", judge: str) -> None:
    """Write the figures beside the judge, of which ``judge`` is the id or the path.

    Raises:
        BenchError: the folder cannot be written.
    """
    from s_mllmun_bench.judging.calibration import CALIBRATION
    from s_mllmun_bench.judging.opening import judge_path
    from s_mllmun_bench.whole import save

    path = save(judge_path(judge).with_suffix(CALIBRATION), figures.model_dump_json(indent=1) + "\n")
    typer.echo(f"written: {path}", err=True)


def _as_json(figures: "Calibration", scored: "Sequence[Scored]") -> dict[str, Any]:
    worst = [{"id": case.id, "low": case.low, "high": case.high, "score": score} for case, score in scored]
    return {**figures.model_dump(mode="json"), "worst": worst[:_WORST]}


def _lines(figures: "Calibration", scored: "Sequence[Scored]") -> Iterator[str]:
    """Yield what is printed of one judge: figures by split and kind, then the worst cases."""
    yield f"{figures.judge}: {figures.metric}"
    yield (
        f"{'':18}{'n':>5}{'unscored':>10}{'kappa':>8}{'Spearman':>10}{'bias':>8}{'in band':>10}"
        f"{'injections resisted':>21}"
    )
    for split in figures.splits:
        yield _split_line(split)
    if all(split.split != "held_out" for split in figures.splits):
        yield "held_out: no cases, so these figures say nothing of what is new to the judge"
    if figures.self_consistency is not None:
        yield f"the same score in all {figures.repeats} rounds: {_percent(figures.self_consistency)}"
    for split in figures.splits:
        yield ""
        yield from _kind_lines(split)
    yield ""
    yield f"the {min(_WORST, len(scored))} worst cases"
    for case, score in scored[:_WORST]:
        yield from _case_lines(case, score)


def _split_line(split: "SplitFigures") -> str:
    resisted = f"{split.injections_resisted}/{split.injections}"
    return (
        f"{split.split:18}{split.n:>5}{split.unscored:>10}{_figure(split.kappa):>8}"
        f"{_figure(split.spearman):>10}{_figure(split.bias, '+.2f'):>8}{_percent(split.in_band):>10}"
        f"{resisted:>21}"
    )


def _kind_lines(split: "SplitFigures") -> Iterator[str]:
    """Yield for each kind its cases by where their scores lie to their bands, and by the scores."""
    from s_mllmun_bench.judging.calibration import SCORE_RANGES

    ranges = "".join(f"{f'{low}-{high}':>6}" for low, high in SCORE_RANGES)
    yield (
        f"{split.split:18}{'n':>5}{'unscored':>10}{'below':>8}{'inside':>8}{'above':>8}{'bias':>8}"
        f"   scored{ranges}"
    )
    for kind in split.kinds:
        scored = "".join(f"{count:>6}" for count in kind.by_score)
        yield (
            f"  {kind.kind:16}{kind.n:>5}{kind.unscored:>10}{kind.below:>8}{kind.inside:>8}{kind.above:>8}"
            f"{_figure(kind.bias, '+.2f'):>8}{'':9}{scored}"
        )


def _case_lines(case: "CalibrationCase", score: float | None) -> Iterator[str]:
    given = "no score" if score is None else f"scored {score:g}"
    yield f"{case.id} ({case.split}, {case.kind}): {given}, expected {case.low} to {case.high}"
    if case.split == "open":
        yield f"  {side_by_side((case.question, case.reference, case.answer), 70)}"
        yield f"  {case.why}"


def _figure(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else format(value, form)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
