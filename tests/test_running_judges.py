"""Running: judging again, by other judges and by judges that have changed."""

import shutil
import sys
from pathlib import Path

import pytest
from asking import asked, changed, files, one_plan, run_one
from fault_server import faultless
from loopback import MODEL, loopback
from scripted import ScriptedBackend, silent

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.opening import JudgeServer, open_judges
from s_mllmun_bench.running.evaluate import generate
from s_mllmun_bench.running.figures import judge, judge_again, score_again
from s_mllmun_bench.running.plan import Settings
from s_mllmun_bench.running.run import Run, open_run

pytestmark = pytest.mark.usefixtures("own_cache")

JUDGE = """
from s_mllmun_bench.contracts import Judgement

METRIC = "fact"


def judge(items):
    return [Judgement({score}, "always so") for _ in items]
"""


@pytest.fixture
def settings(tiny_checkpoint: Path, plain_data: Path, tmp_path: Path) -> Settings:
    return asked(tiny_checkpoint, plain_data, tmp_path / "run")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return the file of a judge that gives every answer a 3."""
    return written(tmp_path / "mine.py", "3")


def written(path: Path, score: str) -> Path:
    """Write a judge anew, as for another process: this one has loaded the file as it was."""
    path.write_text(JUDGE.format(score=score))
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) == str(path):
            del sys.modules[name]
    return path


def scores_of(run: Run, judge: str) -> set[float | None]:
    return {verdict.score for verdict in run.verdicts.read() if verdict.judge == judge}


def test_other_judges_take_the_place_of_the_former_ones(settings: Settings) -> None:
    plan = one_plan(changed(settings, judge="offline_fact"))
    run_one(plan)
    run = judge(open_run(plan.folder), open_judges(["offline"]), silent)
    assert list(open_run(plan.folder).manifest.identity.judges) == ["offline_fact", "offline_meaningful"]
    assert {one.judge for one in run.verdicts.read()} == {"offline_fact", "offline_meaningful"}
    before = files(plan.folder)
    assert judge(run, open_judges(["offline"]), silent) == run
    assert files(plan.folder) == before


@pytest.mark.parametrize("own", [True, False])
def test_what_a_judge_said_stands_until_it_has_judged_anew(settings: Settings, mine: Path, own: bool) -> None:
    plan = one_plan(changed(settings, judge=str(mine) if own else "offline"))
    run_one(plan)
    judge_again(plan.folder, str(mine), silent)
    before = files(plan.folder)

    written(mine, "1 / 0")
    with pytest.raises(ZeroDivisionError):
        judge_again(plan.folder, str(mine), silent)
    assert files(plan.folder) == before
    score_again(plan.folder)
    assert files(plan.folder) == before

    written(mine, "7")
    run, figures = judge_again(plan.folder, str(mine), silent)
    assert scores_of(run, "mine") == {7, None}
    assert sum(one.judge == "mine" for one in run.verdicts.read()) == len(plan.asked)
    assert len(figures) == (1 if own else 2)
    assert {one.mean for one in figures[-1].figures if one.metric == "fact"} == {7.0}
    assert files(plan.folder).keys() == before.keys()
    assert open_run(plan.folder) == run
    assert f'"digest": "{run.manifest.judges[str(mine)].digest}"' not in before["manifest.json"].decode()


def test_judging_beside_writes_the_runs_own_figures_as_well(settings: Settings, mine: Path) -> None:
    plan = one_plan(settings)
    own = run_one(plan)
    (plan.folder / "scores.json").unlink()
    run, figures = judge_again(plan.folder, str(mine), silent)
    assert figures[0] == own
    assert figures[1].judges == ("mine", "none")
    assert {"scores.json", "scores.mine.json"} <= files(run.folder).keys()
    assert judge_again(plan.folder, None, silent) == (run, [own])


def test_a_run_that_is_begun_anew_before_it_is_locked_is_scored_as_it_is_then(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is looked at again under the lock: what stood there before may be another run by now."""
    import s_mllmun_bench.running.figures as stages

    plan = one_plan(changed(settings, limit=1))
    generate([plan], silent, ScriptedBackend().opening)
    other = one_plan(changed(settings, judge="offline", output=tmp_path / "other"))
    run_one(other)
    locked = stages.locked

    def late(folder: Path):
        shutil.rmtree(plan.folder)
        shutil.copytree(other.folder, plan.folder)
        return locked(folder)

    monkeypatch.setattr(stages, "locked", late)
    run, scores = score_again(plan.folder)
    assert run.manifest.questions == 75
    assert scores.judges == ("offline_fact", "offline_meaningful")


def test_what_is_said_of_an_llm_that_none_of_the_runs_judges_asks_is_an_error(settings: Settings) -> None:
    plan = one_plan(settings)
    run_one(plan)
    before = files(plan.folder)
    with pytest.raises(BenchError, match="--judge-model is for judges that ask an LLM, and offline_fact and"):
        judge_again(plan.folder, None, silent, JudgeServer("qwen-max"))
    assert files(plan.folder) == before


def test_a_runs_own_judges_keep_the_models_that_they_asked(settings: Settings) -> None:
    with loopback(faultless) as server:
        where = JudgeServer(MODEL, server.url, timeout=0.5, backoff=0.002)
        plan = one_plan(changed(settings, judge="llm", judge_server=where))
        own = run_one(plan)
        calls = len(server.asked)
        with pytest.raises(BenchError, match="--judge-model other would be asked by none of fact_score@"):
            judge_again(plan.folder, None, silent, JudgeServer("other", server.url))
        # The same model once more is no contradiction, and another server may serve it.
        assert judge_again(plan.folder, None, silent, where)[1] == [own]
        assert len(server.asked) == calls
