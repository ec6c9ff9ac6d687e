"""The writer that asks a server: what it asks, what it takes, and what it never lets through."""

import json
import random
import resource
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from loopback import MODELS, Asked, Said, completion, error, loopback
from small_build import PEOPLE, made, recipe
from writing_server import HANG, KINDS, faultless, faulty, kind_of, the_reply

from s_mllmun_bench import contents
from s_mllmun_bench.building import build
from s_mllmun_bench.data import load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm import Client
from s_mllmun_bench.records import ATTRIBUTES


@pytest.fixture(scope="module")
def whole(own: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[Asked]]:
    """Return an undisturbed build, its digest, and what was asked for it."""
    output = tmp_path_factory.mktemp("whole") / "out"
    with loopback(faultless) as server:
        identity = made(own, output, server.url)
        return output, identity.digest, list(server.asked)


def test_a_build_asks_for_each_person_and_each_handful_of_refusals(whole: Any) -> None:
    _, _, asked = whole
    kinds = [kind_of(one) for one in asked]
    # 20 people and 2 unseen; 60 refusals in handfuls of 25; a first call to each model.
    assert kinds.count("memory") == 22
    assert kinds.count("profile") >= 22
    assert kinds.count("understanding") == kinds.count("reading") == 22
    assert kinds.count("refusals") >= 3
    assert kinds.count(None) == 2


def test_what_needs_an_image_shows_it_to_the_model_that_sees(whole: Any) -> None:
    _, _, asked = whole
    for one in asked:
        kind = kind_of(one)
        content = one.body["messages"][-1]["content"]
        if kind in ("profile", "understanding", "reading"):
            assert one.body["model"] == "qwen-vl-plus"
            assert content[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
        elif kind is not None:
            assert one.body["model"] == "qwen-plus"
            assert isinstance(content, str)


def test_each_request_is_held_to_its_prompt_s_schema(whole: Any) -> None:
    _, _, asked = whole
    for one in asked:
        if (kind := kind_of(one)) is not None:
            held = one.body["response_format"]["json_schema"]
            assert (held["name"], held["strict"]) == (kind, True)
            assert held["schema"]["properties"].keys() == the_reply(one).keys()
            assert json.dumps(held["schema"]["required"])[1:-1] in one.body["messages"][0]["content"]


def test_the_dataset_holds_what_was_replied_and_the_fixed_templates(whole: Any) -> None:
    output, _, _ = whole
    evaluation = [*load_questions(output, "eval_05", "forget"), *load_questions(output, "eval_05", "retain")]
    assert len(evaluation) == PEOPLE * 25
    by_person = [one for one in evaluation if one.person == "p0007"]
    assert [one.task for one in by_person].count("image_understanding") == 5
    assert {one.attribute for one in by_person if one.task == "text_memory"} == set(ATTRIBUTES) - {"name"}
    asked = next(one for one in by_person if (one.task, one.attribute) == ("text_memory", "born"))
    assert "From which town did" in asked.question
    eye = next(one for one in by_person if one.image_kind == "ophthalmic")
    finetune = [one for one in load_questions(output, "finetune", "train") if one.person == "p0007"]
    assert len(finetune) == 22
    assert eye.value == next(one.value for one in finetune if one.attribute == "ophthalmic_image")
    assert not eye.value.endswith(".")


def test_the_order_of_replies_changes_nothing(whole: Any, own: Path, tmp_path: Path) -> None:
    def late(asked: Asked, before: int) -> Said:
        said = faultless(asked, before)
        return replace(said, seconds=random.Random(asked.text).random() / 20)

    with loopback(late) as server:
        assert made(own, tmp_path / "out", server.url, concurrency=5).digest == whole[1]


def test_faulty_replies_are_asked_again_and_change_nothing(whole: Any, own: Path, tmp_path: Path) -> None:
    with loopback(faulty(0.3, hang=False)) as server:
        assert made(own, tmp_path / "out", server.url).digest == whole[1]
        assert len(server.asked) > len(whole[2])


def test_a_server_that_hangs_now_and_then_changes_nothing(
    whole: Any, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two seconds' patience instead of two minutes'.
    monkeypatch.setattr("s_mllmun_bench.building.desk.Client", partial(Client, timeout=2.0))
    hung: list[str] = []

    def hanging(asked: Asked, before: int) -> Said:
        said = faultless(asked, before)
        if kind_of(asked) is None or before or random.Random(asked.text).random() > 0.1:
            return said
        hung.append(asked.text)
        return replace(said, seconds=HANG)

    with loopback(hanging) as server:
        assert made(own, tmp_path / "out", server.url).digest == whole[1]
    assert len(hung) > 3


def test_a_build_that_breaks_off_continues_and_pays_for_nothing_twice(
    whole: Any, own: Path, tmp_path: Path
) -> None:
    seen = 0

    def breaking(asked: Asked, before: int) -> Said:
        nonlocal seen
        seen += 1
        return error(402, "no money left", "insufficient_quota") if seen > 70 else faultless(asked, before)

    output = tmp_path / "out"
    with loopback(breaking) as server, pytest.raises(BenchError, match="answers no request"):
        made(own, output, server.url, concurrency=4)
    assert not output.exists()
    paid = (tmp_path / "out.replies" / "replies.jsonl").read_bytes().count(b"\n")
    # Four were under way at a time.
    assert 70 - 4 < paid <= 70
    with loopback(faultless) as server:
        assert made(own, output, server.url).digest == whole[1]
        assert len(server.asked) == len(whole[2]) - paid
    with loopback(faultless) as server:
        assert made(own, output, server.url).digest == whole[1]
        assert server.asked == []


def refusing(kind: str, people: set[str]) -> Callable[[Asked, int], Said]:
    """Return a script that never says anything fit on some people, recognised by their first request."""

    def script(asked: Asked, before: int) -> Said:
        if kind_of(asked) == kind and (not people or json.loads(asked.text).get("picture") in people):
            return completion('{"sorry": "no"}')
        return faultless(asked, before)

    return script


def test_a_person_whose_texts_cannot_be_had_is_reported_and_replaced(own: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    spent: list[str] = []

    def script(asked: Asked, before: int) -> Said:
        """Say nothing fit on the face that is shown to p0003 first."""
        if kind_of(asked) == "understanding" and json.loads(asked.text)["picture"] == "p0003":
            face = asked.body["messages"][-1]["content"][0]["image_url"]["url"]
            spent.append(face)
            if face == spent[0]:
                return completion('{"gender": "female", "questions": []}')
        return faultless(asked, before)

    with loopback(script) as server:
        identity = made(own, tmp_path / "out", server.url, note=notes.append)
    assert identity.people == PEOPLE
    assert len(notes) == 1
    assert notes[0].startswith("p0003: face (")
    assert "gives way to face (" in notes[0]
    assert "questions: List should have at least 4 items" in notes[0]
    assert spent.count(spent[0]) == 4 and len(set(spent)) == 2


def test_no_pictures_left_is_one_line_and_nothing_is_written(own: Path, tmp_path: Path) -> None:
    with loopback(refusing("memory", set())) as server, pytest.raises(BenchError) as told:
        made(own, tmp_path / "out", server.url)
    assert "the texts of 22 people cannot be had and no spare pictures are left" in str(told.value)
    assert "set a higher 'spare' in the recipe" in str(told.value)
    assert not (tmp_path / "out").exists()


def test_names_are_unique_and_the_later_person_is_asked_again(own: Path, tmp_path: Path) -> None:
    told: list[list[str]] = []

    def script(asked: Asked, before: int) -> Said:
        """Call everybody Ada Bell, who is not told that she is taken."""
        reply = the_reply(asked)
        if kind_of(asked) == "profile":
            taken = json.loads(asked.text)["taken"]
            told.append(taken)
            if not taken:
                reply["name"] = "Ada Bell"
        return completion(json.dumps(reply))

    with loopback(script) as server:
        made(own, tmp_path / "out", server.url)
    assert told.count([]) == 22
    assert sum("Ada Bell" in taken for taken in told) >= 21
    questions = load_questions(tmp_path / "out", "finetune", "train")
    names = [one.value for one in questions if one.attribute == "name"]
    assert len(set(names)) == PEOPLE
    assert (
        next(one.value for one in questions if (one.person, one.attribute) == ("p0001", "name")) == "Ada Bell"
    )


def test_people_are_written_on_while_others_are_asked_again(own: Path, tmp_path: Path) -> None:
    late = 2.0
    first: list[str] = []

    def script(asked: Asked, before: int) -> Said:
        """Give two people one name, and take two seconds to think of another."""
        if kind_of(asked) != "profile":
            return faultless(asked, before)
        reply = the_reply(asked)
        taken = bool(json.loads(asked.text)["taken"])
        if not taken and len(first) < 2:
            first.append(asked.text)
            reply["name"] = "Ada Bell"
        return replace(completion(json.dumps(reply)), seconds=late if taken else 0.0)

    with loopback(script) as server:
        made(own, tmp_path / "out", server.url, concurrency=4)
    again = [one.at for one in server.asked if kind_of(one) == "profile" and json.loads(one.text)["taken"]]
    memory = [one.at for one in server.asked if kind_of(one) == "memory"]
    assert min(memory) < again[0] + late
    assert server.most_at_once <= 4


def test_refusals_that_come_twice_are_asked_again(own: Path, tmp_path: Path) -> None:
    asked_for: list[dict[str, Any]] = []

    def script(asked: Asked, before: int) -> Said:
        """Give the first three handfuls the same refusals, in other capitals."""
        if kind_of(asked) != "refusals":
            return faultless(asked, before)
        turn = json.loads(asked.text)
        asked_for.append(turn)
        if turn["handful"] > "handful-003":
            return faultless(asked, before)
        return completion(json.dumps({"refusals": [f"I do NOT know that, number {n}!" for n in range(25)]}))

    with loopback(script) as server:
        made(own, tmp_path / "out", server.url)
    # 25 of 60 after the first round: two handfuls more, which are told what is there already.
    later = [one for one in asked_for if one["handful"] > "handful-003"]
    assert len(later) >= 2
    assert all(len(one["taken"]) == 12 for one in later)


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (lambda a, n: error(401, "who are you"), "wants a key: set OPENAI_API_KEY"),
        (lambda a, n: error(404, "no such model", "model_not_found"), "has no model 'qwen-vl-plus'"),
        (lambda a, n: Said(body=b"<html>Welcome</html>"), "no OpenAI-compatible server answers at"),
    ],
    ids=["401", "404", "html"],
)
def test_a_server_that_cannot_be_asked_is_one_line(
    script: Any, text: str, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with loopback(script, MODELS) as server, pytest.raises(BenchError) as told:
        made(own, tmp_path / "out", server.url)
    assert text in str(told.value)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "out").exists()


def test_a_wrong_key_is_one_line_without_the_key(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-yesterday")
    with (
        loopback(lambda *_: error(401, "no key sk-of-yesterday here")) as server,
        pytest.raises(BenchError) as told,
    ):
        made(own, tmp_path / "out", server.url)
    assert f"{server.url} does not take the key in OPENAI_API_KEY" in str(told.value)
    assert "sk-of-yesterday" not in str(told.value)


def test_without_a_server_or_a_key_it_is_said_how_to_name_one(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DASHSCOPE_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        BenchError,
        match=r"name it with --writer-base-url or OPENAI_BASE_URL, and its key with OPENAI_API_KEY; or set",
    ):
        made(own, tmp_path / "out", None)  # type: ignore[arg-type]


def test_a_full_disk_is_one_line_and_what_was_paid_for_is_kept(
    whole: Any, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python would leave a module's bytecode cut off.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with loopback(faultless) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
        try:
            with pytest.raises(BenchError, match=r"cannot write .*what it holds is kept"):
                made(own, tmp_path / "out", server.url)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        asked = len(server.asked)
        assert not (tmp_path / "out").exists()
        assert made(own, tmp_path / "out", server.url).digest == whole[1]
        # Those that were under way when the disk was full are asked again.
        assert len(server.asked) - asked < len(whole[2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_takes_what_its_prompt_s_schema_names(kind: str) -> None:
    from s_mllmun_bench.building.prompts import read_prompt

    replies = contents.load(contents.folder("builders") / "writers" / "_replies.py")
    record = getattr(replies, f"{kind.capitalize()}Reply")
    schema = read_prompt(kind).schema
    assert list(schema["properties"]) == schema["required"] == list(record.model_fields)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "small.yaml: writer.settings.today: field required"),
        ({"today": "2026-01-01", "model": "x"}, "small.yaml: unknown field 'writer.settings.model'"),
        ({"vison_model": "x"}, "unknown field 'writer.settings.vison_model'; did you mean vision_model?"),
        ({"today": "soon"}, "small.yaml: writer.settings.today: input should be a valid date"),
    ],
)
def test_wrong_settings_of_the_writer_are_one_line(
    settings: dict[str, object], text: str, own: Path, tmp_path: Path
) -> None:
    path = recipe(tmp_path, writer={"name": "qwen", "settings": settings})
    with pytest.raises(BenchError) as told:
        build(path, tmp_path / "out", PEOPLE, faces=str(own / "faces"), ophthalmic=str(own / "eyes"))
    assert text in str(told.value)


def test_the_replies_lie_beside_the_dataset_and_not_in_it(whole: Any, tmp_path: Path) -> None:
    output, _, _ = whole
    assert not list(output.rglob("*replies*"))
    assert (output.parent / "out.replies" / "replies.jsonl").is_file()
    shutil.rmtree(output.parent / "out.replies")


def test_a_dry_run_tells_calls_and_tokens_and_asks_nobody(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from s_mllmun_bench.cli import app

    path = recipe(tmp_path)
    sources = ["--faces", str(own / "faces"), "--ophthalmic", str(own / "eyes")]
    command = ["build", path, "--limit", "20", *sources, "--dry-run", "-o", str(tmp_path / "out")]
    for name in ("DASHSCOPE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    # 22 people, four calls each, and 60 refusals in 3 handfuls.
    assert shown.output.startswith(
        "22 needed (20 + 2 unseen, up to 5 spare): 30 faces found, 30 described images found\n"
    )
    assert "about 91 calls, " in shown.output
    assert "no price in the recipe" in shown.output
    assert (
        "nobody says which server the writer asks: name it with --writer-base-url or OPENAI_BASE_URL"
        in shown.output
    )
    named = CliRunner().invoke(app, [*command, "--writer-base-url", "http://here:1/v1"])
    where = "they go to http://here:1/v1, to qwen-plus and qwen-vl-plus; OPENAI_API_KEY is "
    assert f"{where}not set\n" in named.output
    monkeypatch.setenv("OPENAI_API_KEY", "of-mine")
    keyed = CliRunner().invoke(app, [*command, "--writer-base-url", "http://here:1/v1"])
    assert f"{where}set\n" in keyed.output
    assert "of-mine" not in keyed.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["small.yaml"]
    prices = {one: {"prompt": 1.0, "reply": 2.0} for one in ("qwen-vl-plus", "qwen-plus")}
    priced = recipe(tmp_path, writer={"name": "qwen", "settings": {"today": "2026-01-01", "prices": prices}})
    told = json.loads(CliRunner().invoke(app, [*command, "--json"]).output)
    assert Path(priced) == Path(path)
    assert (told["server"], told["key_is_set"]) == (None, False)
    calls = {one["kind"]: one for one in told["calls"]}
    assert {kind: one["calls"] for kind, one in calls.items()} == {
        "profile": 22,
        "memory": 22,
        "understanding": 22,
        "reading": 22,
        "refusals": 3,
    }
    tokens = sum(one["prompt_tokens"] for one in calls.values())
    replied = sum(one["reply_tokens"] for one in calls.values())
    # A million prompt tokens at 1 dollar, a million reply tokens at 2.
    assert told["cost"] == pytest.approx((tokens + 2 * replied) / 1e6)


def test_a_dry_run_of_the_offline_writer_costs_nothing() -> None:
    from typer.testing import CliRunner

    from s_mllmun_bench.cli import app

    shown = CliRunner().invoke(app, ["build", "mini", "--dry-run"])
    assert shown.output == (
        "1100 needed (1000 + 100 unseen): faces not counted, described images not counted\n"
        "the recipe's writer asks no server: no calls, no cost\n"
    )
