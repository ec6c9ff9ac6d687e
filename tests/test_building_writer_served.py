"""The writer against a real server: vLLM's, with a mini checkpoint behind it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from loopback import MODEL, Asked, Said, Script, loopback
from served import NO_PENALTY, SHIPPED
from small_build import recipe
from writing_server import KINDS, kind_of

from s_mllmun_bench.building.desk import Desk
from s_mllmun_bench.building.orders import Order
from s_mllmun_bench.building.prompts import Prompt, read_prompt
from s_mllmun_bench.contracts import Means

BENCH = str(Path(sys.executable).with_name("bench"))
PEOPLE = 10


def ordered(prompt: Prompt, name: str, image: bytes | None) -> Order[Mapping[str, Any]]:
    """Return an order that takes any object of the schema: what the mini checkpoint writes means nothing."""

    def read(reply: Mapping[str, Any]) -> Mapping[str, Any]:
        if list(reply) != prompt.schema["required"]:
            raise ValueError(f"has the keys {list(reply)}")
        return reply

    return Order(name, json.dumps({"picture": name}), read, image)


def through(url: str, sent: list[Asked]) -> Script:
    """Return what hands requests on to a real server and notes them.

    The mini checkpoint ends a text, or a list, only with a bias for the marks that do.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(SHIPPED)
    bias = {str(tokenizer.convert_tokens_to_ids(mark)): 100 for mark in ('"', "]", "}")}

    def script(asked: Asked, _: int) -> Said:
        sent.append(asked)
        body = json.dumps(asked.body | NO_PENALTY | {"logit_bias": bias}).encode()
        request = urllib.request.Request(
            f"{url}/chat/completions", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as reply:
            return Said(body=json.load(reply))

    return script


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_writer_speaks_to_a_real_server_and_a_build_of_poor_texts_ends_in_one_line(
    own: Path,
    real_server: str,
    tmp_path: Path,
) -> None:
    sent: list[Asked] = []
    with loopback(through(real_server, sent)) as server:
        all_prompts_are_filled(server.url, sent, tmp_path / "replies", own)
        sent.clear()
        a_build_ends_in_one_line(server.url, sent, tmp_path, own)


def all_prompts_are_filled(url: str, sent: list[Asked], replies: Path, own: Path) -> None:
    """Ask for two texts of each kind; the same again asks nobody."""
    face = next((own / "faces").iterdir()).read_bytes()
    with Desk(Means(url, MODEL, 4, replies), {True: "unused", False: "unused"}) as desk:
        for kind in KINDS:
            prompt = read_prompt(kind)
            image = face if prompt.settings.sees_image else None
            orders = [ordered(prompt, f"p{number:04}", image) for number in range(2)]
            filled = desk.fill(prompt, orders, kind)
            asked = len(sent)
            assert desk.fill(prompt, orders, kind) == filled
            assert len(sent) == asked
            assert filled.texts, (kind, filled.lost)
        assert desk.tokens > 0
    assert {one.body["response_format"]["type"] for one in sent} == {"json_schema"}
    shown = {kind_of(one) for one in sent if not isinstance(one.body["messages"][-1]["content"], str)}
    assert shown - {None} == {"profile", "understanding", "reading"}


def a_build_ends_in_one_line(url: str, sent: list[Asked], folder: Path, own: Path) -> None:
    """Build ten people: what the mini checkpoint writes of them is no profile, and the build says so."""
    path, output = recipe(folder, refusals=5, spare=2), folder / "out"
    command = [BENCH, "build", path, "--limit", str(PEOPLE), "-o", str(output)]
    command += ["--faces", str(own / "faces"), "--ophthalmic", str(own / "eyes")]
    command += ["--writer-base-url", url, "--writer-model", MODEL, "--writer-concurrency", "8"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=400)
    *_, told = ended.stderr.strip().splitlines()
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    assert told.startswith("bench: the texts of ")
    assert "people cannot be had and no spare pictures are left; the first is " in told
    assert "Traceback" not in ended.stderr
    assert {kind_of(one) for one in sent} == {None, "profile"}
    assert not output.exists()
    assert (folder / "out.replies" / "replies.jsonl").is_file()
