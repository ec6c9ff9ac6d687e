"""Runs judged by an LLM: beside other judges, through faults and kills, and how far judges agree."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest
from asking import asked, changed, files, no_model, one_plan, run_one
from fault_server import STAYING, Faulty, faultless, judging_texts, staying_fault
from loopback import MODEL, Asked, Said, completion, error, loopback
from scripted import silent

from s_mllmun_bench import contents
from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.by_rubric.rubric import read_rubric
from s_mllmun_bench.judging.by_rubric.showing import SCHEMA, shown
from s_mllmun_bench.judging.opening import JudgeServer
from s_mllmun_bench.llm.ladder import RUNGS, Manner
from s_mllmun_bench.llm.ledger import FILE, request_key
from s_mllmun_bench.records import Answer, Verdict
from s_mllmun_bench.running.agreement import agreement
from s_mllmun_bench.running.evaluate import run_plans
from s_mllmun_bench.running.figures import judge_again, score_again
from s_mllmun_bench.running.plan import Settings, make_plans
from s_mllmun_bench.running.run import open_run
from s_mllmun_bench.scoring.records import Scores

TESTS = Path(__file__).parent
RUBRICS = {
    f"{name}@{MODEL}": read_rubric(contents.folder("judges") / f"{name}.yaml")
    for name in ("fact_score", "meaningful_score")
}
LLM = list(RUBRICS)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    for name in ("DASHSCOPE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(tiny_checkpoint: Path, plain_data: Path, tmp_path: Path) -> Settings:
    return asked(tiny_checkpoint, plain_data, tmp_path / "run")


def server_of(url: str, **more: Any) -> JudgeServer:
    return JudgeServer(MODEL, url, **({"timeout": 0.5, "backoff": 0.002} | more))


def by_question(run: Path, judge: str) -> dict[str, Verdict]:
    return {one.question_id: one for one in open_run(run).verdicts.read() if one.judge == judge}


def test_an_evaluation_is_judged_by_an_llm_where_a_server_is_given(settings: Settings) -> None:
    with loopback(faultless) as server:
        wanted = changed(settings, judge="auto", judge_server=server_of(server.url))
        scores = run_one(one_plan(wanted))
        calls = len(server.asked)
        run_plans(make_plans(wanted), silent, no_model)
        assert len(server.asked) == calls
    assert list(scores.judges) == LLM
    run = open_run(settings.output or Path())
    assert sorted(run.manifest.identity.judges) == LLM
    # 6 of 75 questions have no answer, and the answers on one person's image questions may be alike.
    assert [(one.judge, one.asked, one.scored, one.unscored) for one in scores.coverage] == [
        (judge, 75, 69, {"no answer": 6}) for judge in LLM
    ]
    assert scores.is_degraded and not scores.is_covered
    keys = {json.loads(line)["key"] for line in (run.folder / FILE).read_text().splitlines()}
    assert {one.reply for one in run.verdicts.read() if one.score is not None} <= keys


def test_a_wrong_key_is_found_out_before_the_model_is_loaded(settings: Settings) -> None:
    with loopback(lambda *_: error(401)) as server:
        wanted = changed(settings, judge="llm", judge_server=server_of(server.url))
        with pytest.raises(BenchError, match="wants a key"):
            run_plans(make_plans(wanted), silent, no_model)
    assert not (settings.output or Path()).exists()


def test_judges_see_neither_the_set_nor_the_method(settings: Settings) -> None:
    with loopback(faultless) as server:
        run_one(one_plan(changed(settings, judge="llm", judge_server=server_of(server.url))))
    for text in judging_texts(server):
        assert set(json.loads(text)) <= {"question", "reference", "answer"}
    assert not any("forget" in one.body["messages"][1]["content"] for one in server.asked)


def test_another_judges_verdicts_stand_beside_the_runs_own(settings: Settings) -> None:
    plan = one_plan(changed(settings, judge="offline"))
    own = run_one(plan)
    before = files(plan.folder)
    with loopback(faultless) as server:
        run, (own_again, added) = judge_again(plan.folder, "llm", silent, server_of(server.url))
        calls = len(server.asked)
        assert judge_again(plan.folder, "llm", silent, server_of(server.url)) == (run, [own_again, added])
        assert len(server.asked) == calls
    assert (own_again, list(added.judges)) == (own, LLM)
    assert list(run.manifest.identity.judges) == list(own.judges) == ["offline_fact", "offline_meaningful"]
    assert run.manifest.judged_beside == (tuple(LLM),)
    assert sorted(run.manifest.judges) == [*LLM, *own.judges]
    after = files(plan.folder)
    assert after["scores.json"] == before["scores.json"]
    assert after["verdicts.jsonl"].startswith(before["verdicts.jsonl"])
    beside = next(name for name in after if name.startswith("scores.fact_score"))
    assert beside == "scores.fact_score@owner_model+meaningful_score@owner_model.json"
    (plan.folder / beside).unlink()
    assert score_again(plan.folder)[1] == own
    assert Scores.load(plan.folder / beside) == added
    assert run_plans(make_plans(changed(settings, judge="offline")), silent, no_model) == [own]


def test_a_judge_whose_rubric_has_changed_judges_anew_and_the_others_verdicts_stay(
    settings: Settings, tmp_path: Path
) -> None:
    plan = one_plan(changed(settings, judge="offline"))
    run_one(plan)
    path = tmp_path / "mine.yaml"
    path.write_text("metric: fact\nsees: [answer]\n")
    path.with_suffix(".md").write_text("Grade as JSON.")
    with loopback(faultless) as server:
        judge_again(plan.folder, str(path), silent, server_of(server.url))
        first = len(judging_texts(server))
        path.with_suffix(".md").write_text("Grade strictly as JSON.")
        run, _ = judge_again(plan.folder, str(path), silent, server_of(server.url))
        assert len(judging_texts(server)) == 2 * first
    names = [one.judge for one in run.verdicts.read()]
    assert {name: names.count(name) for name in names} == {
        "offline_fact": 75,
        "offline_meaningful": 75,
        f"mine@{MODEL}": 75,
    }


def test_two_judges_of_one_name_are_not_mixed(settings: Settings, tmp_path: Path) -> None:
    plan = one_plan(changed(settings, judge="offline"))
    run_one(plan)
    own = tmp_path / "offline_fact.py"
    own.write_bytes((contents.folder("judges") / "offline_fact.py").read_bytes())
    with pytest.raises(BenchError, match="are both called offline_fact in verdicts; rename one"):
        judge_again(plan.folder, str(own), silent)


def test_runs_that_share_a_cache_pay_once_and_score_alike(settings: Settings, tmp_path: Path) -> None:
    with loopback(faultless) as server:
        where = server_of(server.url, cache=tmp_path / "replies")
        one = run_one(one_plan(changed(settings, judge="llm", judge_server=where)))
        calls = len(server.asked)
        other = run_one(
            one_plan(changed(settings, judge="llm", judge_server=where, output=tmp_path / "other"))
        )
        # A new run asks each judge a first question, so that a wrong key is found out at once.
        assert len(server.asked) == calls + 2
    assert one == other
    own = [
        set((folder / FILE).read_bytes().splitlines()) for folder in (tmp_path / "run", tmp_path / "other")
    ]
    assert own[0] == own[1] == set((tmp_path / "replies" / FILE).read_bytes().splitlines())


def test_what_was_missing_for_the_moment_is_judged_when_the_same_command_comes_again(
    settings: Settings,
) -> None:
    busy = [True]

    def script(asked: Asked, before: int) -> Said:
        return error(429, "busy") if busy[0] and "employ" in asked.text else faultless(asked, before)

    with loopback(script) as server:
        wanted = changed(settings, judge="llm", judge_server=server_of(server.url))
        degraded = run_one(one_plan(wanted))
        missing = {one.judge: one.unscored.get("rate_limit", 0) for one in degraded.coverage}
        assert all(count > 0 for count in missing.values())
        busy[0] = False
        (whole,) = run_plans(make_plans(wanted), silent, no_model)
    assert [one.unscored for one in whole.coverage] == [{"no answer": 6}] * 2


def test_a_run_of_which_an_outage_left_nothing_says_so_and_continues(settings: Settings) -> None:
    down = [True]

    def script(asked: Asked, before: int) -> Said:
        first = "capital of France" in asked.text
        return error(503, "down") if down[0] and not first else faultless(asked, before)

    with loopback(script) as server:
        wanted = changed(settings, judge="llm", judge_server=server_of(server.url))
        with pytest.raises(BenchError, match="failed 9 times in a row, at last so: HTTP 503: down"):
            run_one(one_plan(wanted))
        down[0] = False
        (scores,) = run_plans(make_plans(wanted), silent, no_model)
    assert [one.scored for one in scores.coverage] == [69, 69]


def texts_of(run: Path) -> dict[str, dict[str, str]]:
    """Return the text that each judge is shown of every answer of a run, by judge and question."""
    items = {one.question_id: item_of(one) for one in open_run(run).answers.read() if one.answer is not None}
    return {
        judge: {question: shown(item, rubric)[0].text for question, item in items.items()}
        for judge, rubric in RUBRICS.items()
    }


def item_of(answer: Answer) -> JudgedItem:
    return JudgedItem(answer.question, answer.reference, answer.answer or "", answer.attribute, answer.value)


@pytest.mark.slow
def test_a_third_of_faulty_replies_changes_no_score_and_the_missing_are_in_no_mean(
    settings: Settings, tmp_path: Path
) -> None:
    settings, staying = changed(settings, limit=8), 0.19
    runs, faulty = {}, Faulty(passing=0.19, staying=staying)
    for name, script in (("true", faultless), ("faulty", faulty)):
        with loopback(script) as server:
            where = server_of(server.url, concurrency=32)
            wanted = changed(settings, judge="llm", judge_server=where, output=tmp_path / name)
            runs[name] = run_one(one_plan(wanted))
    assert faulty.said.count("") <= 0.7 * len(faulty.said)
    answers = {one.question_id: one for one in open_run(tmp_path / "faulty").answers.read()}
    texts = texts_of(tmp_path / "faulty")
    for judge in LLM:
        expected, found = (by_question(tmp_path / name, judge) for name in runs)
        assert found.keys() == expected.keys() == answers.keys()
        scores: dict[tuple[str, str], list[float]] = {}
        for question, verdict in found.items():
            text = texts[judge].get(question)
            fault = "no answer" if text is None else staying_fault(text, staying)
            true = expected[question]
            if fault is None:
                assert (verdict.score, verdict.reason) == (true.score, true.reason)
            else:
                assert verdict.score is None
                assert (verdict.failure or "").startswith(STAYING.get(fault, (fault,))[0] + ": ")
            if verdict.score is not None:
                scores.setdefault((answers[question].set, answers[question].task), []).append(verdict.score)
        for (of_set, task), own in scores.items():
            figure = runs["faulty"].figure(of_set, task, judge.partition("_")[0])
            assert (figure.n, figure.mean) == (len(own), pytest.approx(sum(own) / len(own)))
    assert runs["faulty"].is_degraded and runs["faulty"].coverage != runs["true"].coverage


STAYS = 0.1
"""Share of texts that the server in its own process never scores."""


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the address of a faulty judge in a process of its own, and the file of what it was asked."""
    log = tmp_path / "asked.jsonl"
    log.touch()
    command = [sys.executable, str(TESTS / "fault_server.py"), str(log), "0.02", "0.2", str(STAYS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), log
        process.kill()


@pytest.mark.slow
def test_a_killed_judging_continues_and_pays_for_nothing_that_was_judged_twice(
    settings: Settings, tmp_path: Path, slow_server: tuple[str, Path]
) -> None:
    url, log = slow_server
    for name in ("whole", "killed"):
        run_one(one_plan(changed(settings, judge="offline", output=tmp_path / name)))
    with loopback(Faulty(passing=0.0, staying=STAYS)) as server:
        judge_again(tmp_path / "whole", "llm", silent, server_of(server.url))
    keys = keys_of(tmp_path / "killed", url)
    command = [sys.executable, "-c", "from s_mllmun_bench.cli import main; main()", "judge"]
    options = ["--judge", "llm", "--judge-model", MODEL, "--judge-base-url", url, "--judge-concurrency", "4"]
    ledger, rng = tmp_path / "killed" / FILE, random.Random(0)
    kills = 0
    for _ in range(4):
        paid, asked_before = replies_of(ledger), len(log.read_text().splitlines())
        process = subprocess.Popen([*command, str(tmp_path / "killed"), *options], stderr=subprocess.DEVNULL)
        until = len(paid) + rng.randint(8, 25)
        while process.poll() is None and len(replies_of(ledger)) < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() != 0
        texts = [json.loads(line) for line in log.read_text().splitlines()[asked_before:]]
        judged = [text for text in texts if "capital of France" not in text]
        assert judged and not paid.keys() & {keys[text] for text in judged}
    assert kills == 4
    subprocess.run([*command, str(tmp_path / "killed"), *options], check=True, capture_output=True)
    assert len(ledger.read_bytes().splitlines()) == len(replies_of(ledger))
    assert replies_of(ledger) == replies_of(tmp_path / "whole" / FILE)
    whole, killed = (files(tmp_path / name) for name in ("whole", "killed"))
    scores = [name for name in whole if name.startswith("scores")]
    assert len(scores) == 2
    assert all(whole[name] == killed[name] for name in scores)
    for judge in LLM:
        assert by_question(tmp_path / "whole", judge) == by_question(tmp_path / "killed", judge)
    assert any(verdict.failure for verdict in by_question(tmp_path / "killed", LLM[0]).values())


def keys_of(run: Path, url: str) -> dict[str, str]:
    """Return the key in the ledger of every text that a run's answers are judged by."""
    keys = {}
    items = [item_of(one) for one in open_run(run).answers.read() if one.answer is not None]
    for judge, rubric in RUBRICS.items():
        best = Manner(RUNGS[0], rubric.settings.options)
        for item in items:
            request = best.shaped(shown(item, rubric)[0], "judgement", SCHEMA)
            keys[request.text] = request_key(judge, url, MODEL, request)
    return keys


def replies_of(ledger: Path) -> dict[str, tuple[str | None, str | None]]:
    """Return the text or the kind of failure of each of a ledger's whole lines, by its key."""
    lines = ledger.read_bytes().split(b"\n")[:-1] if ledger.exists() else []
    stored = [json.loads(line) for line in lines]
    return {one["key"]: (one["text"], one["failure"]) for one in stored}


def test_two_judges_of_a_run_are_compared(settings: Settings, tmp_path: Path) -> None:
    plan = one_plan(changed(settings, judge="offline"))
    run_one(plan)

    def script(asked: Asked, _: int) -> Said:
        score = 9 if "It is " in asked.text else 2
        return completion(json.dumps({"reason": "r", "score": score}))

    with loopback(script) as server:
        judge_again(plan.folder, "fact_score", silent, server_of(server.url))
    found = agreement(plan.folder, "fact_score", "offline_fact", largest=3)
    offline = [
        one.score for one in by_question(plan.folder, "offline_fact").values() if one.score is not None
    ]
    assert (found.first, found.second, found.both) == (LLM[0], "offline_fact", 69)
    # The scripted answers all begin with "It is ", so the first judge says 9 each time.
    assert found.bias == pytest.approx(sum(offline) / 69 - 9)
    assert found.within_one == pytest.approx(sum(abs(one - 9) <= 1 for one in offline) / 69)
    assert (sum(map(sum, found.counts)), sum(found.counts[9])) == (69, 69)
    assert found.spearman is None
    gaps = [abs(one.first - one.second) for one in found.largest]
    assert gaps == sorted((abs(one - 9) for one in offline if one != 9), reverse=True)[:3]


@pytest.mark.parametrize(
    ("pair", "text"),
    [
        (("offline_fact", "fact_score"), "no judge named 'fact_score' in the verdicts of"),
        (("offline_fact", "offline_meaningful"), "two judges of one metric are compared, not offline_fact"),
        (("offline_fact", "offline_fact"), "two judges of one metric are compared"),
    ],
)
def test_judges_that_cannot_be_compared_are_refused(
    settings: Settings, pair: tuple[str, str], text: str
) -> None:
    run_one(one_plan(changed(settings, judge="offline")))
    with pytest.raises(BenchError, match=text):
        agreement(settings.output or Path(), *pair)


def test_the_commands_print_coverage_and_draw_the_agreement(settings: Settings) -> None:
    from typer.testing import CliRunner

    from s_mllmun_bench.cli import app

    plan = one_plan(changed(settings, judge="offline"))
    run_one(plan)
    with loopback(faultless) as server:
        options = ["--judge", "llm", "--judge-model", MODEL, "--judge-base-url", server.url]
        judged = CliRunner().invoke(app, ["judge", str(plan.folder), *options])
    assert judged.exit_code == 0, judged.output
    assert f"{plan.folder}: {LLM[0]} scored 69 of 75 (92.0%); 6 no answer" in judged.stdout
    assert "DEGRADED: a figure with under 98% scored, so the run cannot be submitted" in judged.stdout
    assert "run (offline_fact, offline_meaningful)" in judged.stdout
    shown = CliRunner().invoke(app, ["agreement", str(plan.folder), "fact_score", "offline_fact"])
    assert shown.exit_code == 0, shown.output
    assert f"fact: {LLM[0]} and offline_fact on 69 answers" in shown.stdout
    picture = plan.folder / "figures" / "agreement_fact_score@owner_model_offline_fact.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    printed = CliRunner().invoke(app, ["agreement", str(plan.folder), "fact_score", "offline_fact", "--json"])
    assert json.loads(printed.stdout)["both"] == 69


def test_without_a_key_the_offline_judges_judge_and_it_is_said(settings: Settings) -> None:
    from typer.testing import CliRunner

    from s_mllmun_bench.cli import app

    plan = one_plan(changed(settings, judge="offline"))
    run_one(plan)
    judged = CliRunner().invoke(app, ["judge", str(plan.folder), "--judge", "auto"])
    assert judged.exit_code == 0, judged.output
    assert "no LLM for the judges" in judged.stderr


def test_a_manifest_says_how_good_its_judges_are_as_long_as_they_are_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from s_mllmun_bench.cli import app

    for ending in (".yaml", ".md"):
        shipped = contents.folder("judges") / f"meaningful_score{ending}"
        (tmp_path / f"mine{ending}").write_bytes(shipped.read_bytes())
    judge = str(tmp_path / "mine.yaml")
    plan = one_plan(changed(settings, judge="offline"))
    run_one(plan)
    with loopback(faultless) as server:
        options = ["--judge", judge, "--judge-model", MODEL, "--judge-base-url", server.url]
        measured = CliRunner().invoke(app, ["calibrate", *options, "--repeats", "2", "--write", "--json"])
        assert measured.exit_code == 0, measured.output
        (figures,) = json.loads(measured.stdout)["calibrations"]
        texts = judging_texts(server)
        # Each round asks anew, or a judge would always agree with itself.
        assert all(texts.count(text) == 2 for text in set(texts))
        run, _ = judge_again(plan.folder, judge, silent, server_of(server.url))
        card = run.manifest.judges[f"{judge}@{MODEL}"]
        assert card.calibration is not None and card.calibration.self_consistency == 1.0
        assert card.calibration.judge_digest == card.digest == figures["judge_digest"]
        (tmp_path / "mine.md").write_text("Another rubric, for JSON.")
        run, _ = judge_again(plan.folder, judge, silent, server_of(server.url))
    assert run.manifest.judges[f"{judge}@{MODEL}"].calibration is None
