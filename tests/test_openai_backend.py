"""A server as a backend: what is sent, what is recorded, what stops the run; and a real vLLM server."""

import base64
import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from loopback import MODEL, Asked, Said, Script, completion, echo, error, loopback
from PIL import Image
from test_generating import broken_image, mixed_questions, question, stored_image

from s_mllmun_bench.data.questions import StoredImage
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import BackendSettings, Decoding, Generated
from s_mllmun_bench.generating.openai_backend import OpenAIBackend, split_target
from s_mllmun_bench.generating.opening import open_backend


@contextmanager
def backend(script: Script = echo) -> Iterator[tuple[OpenAIBackend, list[Asked]]]:
    """Open the backend on a scripted server; what was asked excludes the first question."""
    with loopback(script) as server:
        opened = OpenAIBackend(f"{server.url}#{MODEL}", Decoding(max_new_tokens=9), retries=1)
        server.asked.clear()
        try:
            yield opened, server.asked
        finally:
            opened.close()


def jpeg() -> StoredImage:
    file = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(file, "JPEG")
    return StoredImage(file.getvalue(), sha256(file.getvalue()).hexdigest())


def test_a_question_is_sent_with_the_stored_bytes_of_its_image_before_the_text() -> None:
    png = stored_image("blue")
    with backend() as (opened, asked):
        list(opened.generate([question("a", "Who?", png), question("b", "How?", jpeg())]))
        list(opened.generate([question("c", "Where?")]))
    contents = {one.text: one.body["messages"][0]["content"] for one in asked}
    for text, kind, data in (("Who?", "png", png.data), ("How?", "jpeg", jpeg().data)):
        url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        assert contents[text] == [
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "text", "text": text},
        ]
    assert contents["Where?"] == "Where?"
    assert {one.body["temperature"] for one in asked} == {0.0}
    assert {one.body["max_tokens"] for one in asked} == {9}
    assert {one.body["model"] for one in asked} == {MODEL}


def test_every_question_is_answered_without_the_white_space_around() -> None:
    with backend(lambda asked, _: completion(f" {asked.text}\n", tokens=4)) as (opened, _):
        answers = {one.question_id: one for one in opened.generate(mixed_questions(30))}
    assert sorted(answers) == [f"q{number:03}" for number in range(30)]
    # Four tokens, one of which ends the answer.
    assert answers["q002"] == Generated("q002", "Hair? 2", None, "stop", 3)


def test_an_answer_that_is_cut_off_or_empty_is_an_answer() -> None:
    said = {"long": completion("and so", "length", 9), "nothing": completion("", "stop", 1)}
    with backend(lambda asked, _: said.get(asked.text, echo(asked, 0))) as (opened, _):
        answers = {one.question_id: one for one in opened.generate([question(name, name) for name in said])}
    assert answers["long"] == Generated("long", "and so", None, "length", 9)
    assert answers["nothing"] == Generated("nothing", "", None, "stop", 0)


def test_a_bad_image_and_a_refused_prompt_cost_only_themselves() -> None:
    def script(asked: Asked, _: int) -> Said:
        return error(400, "The prompt is too long.") if asked.text == "long" else echo(asked, 0)

    questions = [
        question("broken", "Who?", broken_image()),
        question("long", "long"),
        question("good", "How?"),
    ]
    with backend(script) as (opened, asked):
        answers = {one.question_id: one for one in opened.generate(questions)}
    assert (answers["broken"].failure or "").startswith("ValueError: the image cannot be read: ")
    assert answers["long"] == Generated("long", None, "HTTP 400: The prompt is too long.")
    assert answers["good"].text == "you asked: How?"
    assert len(asked) == 2


def test_overload_that_stays_stops_the_run_and_is_no_failure_of_a_question() -> None:
    def script(asked: Asked, _: int) -> Said:
        return error(503, "busy") if asked.text.startswith("Hair?") else echo(asked, 0)

    with backend(script) as (opened, _), pytest.raises(BenchError, match=r"(overloaded|in a row).*503: busy"):
        assert all(one.failure is None for one in opened.generate(mixed_questions(12)))


def test_the_most_questions_at_once_is_the_batch_size() -> None:
    with loopback(lambda asked, _: replace(echo(asked, 0), seconds=0.03)) as server:
        settings = BackendSettings(name=f"openai:{server.url}#{MODEL}", batch_size=4)
        opened = open_backend(settings, None)
        list(opened.generate(mixed_questions(20)))
        opened.close()
    assert server.most_at_once == 4
    assert opened.window == 32


def test_a_first_question_with_an_image_tells_at_once_what_would_fail_in_each() -> None:
    refusals = {
        "refuses a first question with an image: HTTP 400: text only": error(400, "text only"),
        f"has no model '{MODEL}'": error(404),
    }
    for text, said in refusals.items():
        with pytest.raises(BenchError, match=text), backend(lambda *_, said=said: said):
            pass


def test_a_server_that_knows_only_openais_settings_is_asked_without_the_others() -> None:
    def script(asked: Asked, _: int) -> Said:
        strange = "repetition_penalty" in asked.body
        return error(400, "Unrecognized request argument supplied") if strange else echo(asked, 0)

    with backend(script) as (opened, asked):
        assert all(one.text for one in opened.generate(mixed_questions(4)))
    assert len(asked) == 4
    with backend() as (opened, asked):
        list(opened.generate(mixed_questions(4)))
    assert {one.body["repetition_penalty"] for one in asked} == {1.0}


def test_a_server_takes_no_adapter_and_gives_no_log_probabilities(tiny_lora: Path) -> None:
    from s_mllmun_bench.checkpoints.adapters import load_adapter

    with backend() as (opened, _):
        assert opened.use(None) is None
        with pytest.raises(BenchError, match="a server takes no adapter"):
            opened.use(load_adapter(tiny_lora))
        with pytest.raises(BenchError, match="a server gives no log-probabilities"):
            opened.log_probabilities(mixed_questions(1))


def test_a_target_is_an_address_and_a_model() -> None:
    assert split_target("http://localhost:8000/v1/#a/b") == ("http://localhost:8000/v1", "a/b")
    for where in ("http://localhost:8000/v1", "http://localhost:8000/v1#", "http://localhost:8000/v1# "):
        with pytest.raises(BenchError, match="a server is given as openai:URL#model"):
            split_target(where)
    with pytest.raises(BenchError, match="is no server's address"):
        split_target("localhost:8000#model")


def test_naming_a_server_or_a_file_loads_nothing_heavy() -> None:
    code = """
import sys
import s_mllmun_bench.generating.openai_backend, s_mllmun_bench.generating.predictions_backend
print([name for name in ("openai", "torch", "transformers", "datasets") if name in sys.modules])
"""
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_real_server_says_what_the_transformers_backend_says(
    real_server: str, served_checkpoint: Path
) -> None:
    from s_mllmun_bench.generating.transformers_backend import TransformersBackend

    # Both decode as the checkpoint's generation_config.json says, unless they are told otherwise.
    decoding = Decoding(max_new_tokens=16)
    bad = [question("broken", "Who?", broken_image()), question("long", "Where? " * 4000)]
    local = TransformersBackend(served_checkpoint, BackendSettings(dtype="float32"), decoding)
    expected = {one.question_id: one for one in local.generate(mixed_questions(40))}
    local.close()
    with pytest.raises(BenchError, match=f"has no model 'other'.*there are: {MODEL}"):
        OpenAIBackend(f"{real_server}#other", decoding)
    remote = OpenAIBackend(f"{real_server}#{MODEL}", decoding)
    said = {one.question_id: one for one in remote.generate([*mixed_questions(40), *bad])}
    remote.close()
    assert "the image cannot be read" in (said.pop("broken").failure or "")
    assert "HTTP 400" in (said.pop("long").failure or "")
    assert said == expected
    assert len({one.text for one in said.values()}) > 3
