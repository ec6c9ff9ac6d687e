"""An LLM judge against a real server: vLLM's, with a mini checkpoint behind it."""

import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from loopback import MODEL, Asked, Said, Script, error, loopback
from served import NO_PENALTY, SHIPPED

from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.judging.by_rubric.reading import read_judgement
from s_mllmun_bench.judging.by_rubric.showing import SCHEMA
from s_mllmun_bench.judging.opening import JudgeServer, open_judge
from s_mllmun_bench.llm import Client, Request
from s_mllmun_bench.llm.ladder import RUNGS, Manner
from s_mllmun_bench.llm.ledger import FILE, Ledger, StoredReply

ITEMS = [JudgedItem(f"Where was person {i} born?", "Lviv.", "In Lviv.") for i in range(12)]
NO_THINKING = {"enable_thinking": False, "chat_template_kwargs": {"enable_thinking": False}, **NO_PENALTY}


def judged(folder: Path, name: str, url: str, **options: object) -> list[Judgement]:
    """Return what a judge of a short rubric says of the items; its files and replies are in the folder."""
    settings = {"metric": "fact", "sees": ["question", "answer"], "max_tokens": 60, "options": options}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings))
    (folder / f"{name}.md").write_text("Grade the answer. Return JSON.")
    judge = open_judge(str(folder / f"{name}.yaml"), JudgeServer(MODEL, url, concurrency=4))
    with Ledger([folder / name]) as ledger:
        known = dict(judge.judge_each(ITEMS, ledger))
    return [known[item] for item in ITEMS]


def through(url: str, refused: Sequence[str]) -> Script:
    """Return what hands requests on to a real server, and refuses forms of the reply as an older one does."""

    def script(asked: Asked, _: int) -> Said:
        form = form_of(asked)
        if form in refused:
            return error(400, f"response_format {form} is not supported")
        request = urllib.request.Request(
            f"{url}/chat/completions", json.dumps(asked.body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as reply:
            return Said(body=json.load(reply))

    return script


def form_of(asked: Asked) -> str:
    """Return the rung by which a request holds its reply."""
    return str(asked.body.get("response_format", {}).get("type", "plain"))


def kinds(judgements: Sequence[Judgement]) -> set[str]:
    """Return the kinds of failure among some judgements, an empty one for a score."""
    return {(one.failure or "").partition(":")[0] for one in judgements}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_ladder_runs_against_a_real_server(real_server: str, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    quote = AutoTokenizer.from_pretrained(SHIPPED).convert_tokens_to_ids('"')
    # The mini checkpoint never ends a text by itself; with a bias for the quotation mark it does.
    brief = {**NO_THINKING, "logit_bias": {str(quote): 100}}
    scored = judged(tmp_path, "brief", real_server, **brief)
    again = judged(tmp_path, "brief", real_server, **brief)
    endless = judged(tmp_path, "endless", real_server, **NO_THINKING)
    with Client(real_server, MODEL) as client:
        asked = Request("a", "Where? Say it in JSON.", 60)
        replies = [
            next(client.complete([Manner(rung, NO_PENALTY).shaped(asked, "j", SCHEMA)])) for rung in RUNGS
        ]
    for better, rung in enumerate(RUNGS):
        with loopback(through(real_server, RUNGS[:better])) as older:
            found = judged(tmp_path, rung, older.url, **brief)
        # One step down for each form that is refused, once; then all items by the first that is not.
        assert [form_of(one) for one in older.asked] == [*RUNGS[:better], *[rung] * (1 + len(ITEMS))]
        assert kinds(found) <= ({""} if rung == "json_schema" else {"", "parse", "truncated"})
    assert scored == again
    assert all(one.failure is None and one.score in range(11) for one in scored)
    assert kinds(endless) == {"truncated"}
    by_schema, by_mode, plain = (reply.text or "" for reply in replies)
    assert by_schema.startswith('{"reason":"') and by_mode.startswith("{") and not plain.startswith("{")
    said = [read_judgement(StoredReply.of("00", "p", real_server, reply)) for reply in replies]
    assert all(one.score is None for one in said)
    for name in ("brief", *RUNGS):
        lines = [json.loads(line) for line in (tmp_path / name / FILE).read_text().splitlines()]
        assert len(lines) == 1 + len(ITEMS)
        assert {line["model"] for line in lines} == {MODEL}
        assert all(line["prompt_tokens"] > 0 and line["tokens"] > 0 for line in lines)
