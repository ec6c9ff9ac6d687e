"""The writer's desk against a real server: vLLM's, with a mini checkpoint behind it."""

import io
import json
import random
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from loopback import MODEL, Asked, Said, loopback
from served import vllm_server

from s_mllmun_bench import contents
from s_mllmun_bench.building.desk import Desk, Order
from s_mllmun_bench.building.prompts import Prompt, read_prompt
from s_mllmun_bench.contracts import Means

SHIPPED = contents.folder("builders") / "checkpoints" / "mini_qwen2_5_vl_200"


def face() -> bytes:
    faces = contents.load(contents.folder("builders") / "sources" / "mini_faces.py")
    file = io.BytesIO()
    next(faces.images(1, random.Random(1), {})).image.save(file, "JPEG")
    return file.getvalue()


def ordered(prompt: Prompt, name: str, image: bytes | None) -> Order[Mapping[str, Any]]:
    """Return an order that takes any object of the schema: what the mini checkpoint writes means nothing."""

    def read(reply: Mapping[str, Any]) -> Mapping[str, Any]:
        if list(reply) != prompt.schema["required"]:
            raise ValueError(f"has the keys {list(reply)}")
        return reply

    return Order(name, json.dumps({"picture": name}), read, image)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_writer_s_orders_are_filled_by_a_real_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("vllm")
    from transformers import AutoTokenizer

    monkeypatch.setenv("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "1")
    quote = str(AutoTokenizer.from_pretrained(SHIPPED).convert_tokens_to_ids('"'))
    compact = ("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}')
    sent: list[dict[str, Any]] = []

    with vllm_server(SHIPPED, tmp_path / "log", "--max-model-len", "3072", *compact) as url:

        def through(asked: Asked, _: int) -> Said:
            """Hand a request on; the mini checkpoint ends a text only with a bias for the quotation mark."""
            sent.append(asked.body)
            body = json.dumps(asked.body | {"logit_bias": {quote: 100}}).encode()
            header = {"Content-Type": "application/json"}
            request = urllib.request.Request(f"{url}/chat/completions", body, header)
            with urllib.request.urlopen(request, timeout=120) as reply:
                return Said(body=json.load(reply))

        with loopback(through) as server:
            means = Means(server.url, MODEL, concurrency=4, replies=tmp_path / "replies")
            with Desk(means, {True: "unused", False: "unused"}) as desk:
                for kind, image in (("profile", face()), ("refusals", None)):
                    prompt = read_prompt(kind)
                    orders = [ordered(prompt, f"p{number:04}", image) for number in range(4)]
                    first = desk.fill(prompt, orders, kind)
                    asked = len(sent)
                    assert desk.fill(prompt, orders, kind) == first
                    assert len(sent) == asked
                    assert first.texts, first.lost
                assert desk.tokens > 0
    by_schema = [one for one in sent if one.get("response_format", {}).get("type") == "json_schema"]
    assert len(by_schema) == len(sent)
