"""The three stages of an evaluation: generate, judge, score; each on what the one before left.

What is on disk is never done again, so a run that was killed continues where it stopped and ends with
the figures of an undisturbed one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.generating.backend import BackendSettings
from s_mllmun_bench.generating.engines import Engines, open_engines
from s_mllmun_bench.judging.opening import JudgeServer, open_judges
from s_mllmun_bench.records import Ratio, SetName
from s_mllmun_bench.running.answering import Opening, answer_all
from s_mllmun_bench.running.figures import judge, score
from s_mllmun_bench.running.plan import Plan, Settings, make_plans
from s_mllmun_bench.running.run import Run, judge_card
from s_mllmun_bench.whole import locked

if TYPE_CHECKING:
    from s_mllmun_bench.scoring.records import Scores


def evaluate(
    *,
    model: str | Path | None = None,
    data: str | Path,
    adapter: str | Path | None = None,
    k: float | None = None,
    ratio: Ratio = 5,
    sets: Sequence[SetName] = ("forget", "retain"),
    backend: str | BackendSettings = "auto",
    judge: str = "auto",
    judge_server: JudgeServer | None = None,
    limit: int | None = None,
    max_new_tokens: int = 64,
    output: str | Path | None = None,
    fresh: bool = False,
    allow_no_effect: bool = False,
    progress: Progress | None = None,
) -> "Scores":
    """Answer the evaluation questions, judge the answers and score them, as ``bench eval`` does.

    Args:
        model: a checkpoint's folder, the id of a shipped one, or a Hub id, also with ``@revision``;
            `None` where ``backend`` is a server or a file.
        data: a dataset folder or Hub id.
        adapter: an adapter's folder; `None` for the plain model.
        k: in place of the masking strength that a sculpted adapter was saved with.
        ratio: per cent of the people to forget.
        sets: which people are asked about.
        backend: ``auto``, ``vllm``, ``transformers``, ``openai:URL#model`` or ``predictions:FILE``; or
            one of these with its batch size, dtype and all else.
        judge: judges by commas, by id or path; ``llm`` or ``offline`` for those of both metrics, ``auto``
            for ``llm`` where the environment has a key for it, else ``offline``.
        judge_server: which LLM a judge asks that asks one; `None` for that of the environment.
        limit: only this many people of each set, spread evenly over it.
        max_new_tokens: longest answer.
        output: the run folder; a run of the same identity there is continued. `None`: a folder of ``runs/``
            in the working directory, named by model, adapter and ratio.
        fresh: begin anew; a run that is there is moved aside.
        allow_no_effect: evaluate an adapter that changes nothing, too.
        progress: is told how far each stage is.

    Raises:
        BenchError: something asked for cannot be had, or the adapter changes nothing.
    """
    settings = Settings(
        model=None if model is None else str(model),
        data=str(data),
        adapters=() if adapter is None else (str(adapter),),
        ks=() if k is None else (k,),
        ratio=ratio,
        sets=tuple(sets),
        backend=BackendSettings(name=backend) if isinstance(backend, str) else backend,
        judge=judge,
        judge_server=judge_server or JudgeServer(),
        limit=limit,
        max_new_tokens=max_new_tokens,
        output=None if output is None else Path(output),
        fresh=fresh,
        allow_no_effect=allow_no_effect,
    )
    told = progress or _silent
    (scores,) = run_plans(make_plans(settings, told), told)
    return scores


def run_plans(plans: Sequence[Plan], progress: Progress, opening: Opening = open_engines) -> "list[Scores]":
    """Do all stages of a command's runs, or those that are left; return the figures in the same order.

    Args:
        plans: what to do; one start of the engines serves all.
        progress: is told how far each stage is.
        opening: starts the engines, if there is anything left to answer.

    Raises:
        BenchError: a folder holds something else, another process works on it, or an adapter changes
            nothing.
    """
    server = plans[0].settings.judge_server
    judges = open_judges(plans[0].identity.judges, server)

    def opening_after_check(*given: Any) -> Engines:
        """Look at the judges first: a wrong key is to be found out before hours of answering."""
        for one in judges:
            judge_card(one.reference, one.digest)
            one.check()
        return opening(*given)

    with locked(*(plan.folder for plan in plans)):
        runs = answer_all(plans, progress, opening_after_check)
        found = []
        for run, plan in zip(runs, plans, strict=True):
            what = f"judging {plan.label}" if len(plans) > 1 else "judging"
            found.append(score(judge(run, judges, progress, what, server.cache)))
        return found


def generate(plans: Sequence[Plan], progress: Progress, opening: Opening = open_engines) -> list[Run]:
    """Do the first stage alone, as `run_plans` does it; return the runs in the same order.

    Raises:
        BenchError: as in `run_plans`.
    """
    with locked(*(plan.folder for plan in plans)):
        return answer_all(plans, progress, opening)


def _silent(done: int, total: int, what: str) -> None:
    """Take a report and show nothing."""
