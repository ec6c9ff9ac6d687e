"""The client to OpenAI-compatible servers, over real HTTP: what is retried, what is recorded, what stops."""

import asyncio
import itertools
import random
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from loopback import MODEL, Asked, LoopbackServer, Said, completion, echo, error, loopback

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm import Client, Failure, Reply, Request
from s_mllmun_bench.llm.address import checked_url, key_variable, read_key
from s_mllmun_bench.llm.pace import Pace
from s_mllmun_bench.llm.server import Patience

KEY = "sk-a-secret-of-this-test"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)


def client(server: LoopbackServer, **settings: Any) -> Client:
    return Client(server.url, MODEL, **({"retries": 3, "backoff": 0.01} | settings))


def request(name: str) -> Request:
    return Request(name, f"What is {name}?", max_tokens=7)


def ask(server: LoopbackServer, *names: str, **settings: Any) -> dict[str, Reply]:
    """Return the replies to some requests by id."""
    with client(server, **settings) as one:
        return {reply.id: reply for reply in one.complete(map(request, names))}


def stopped_by(script: Any, **settings: Any) -> str:
    """Return the one line with which a server's script stops two requests."""
    with loopback(script) as server, pytest.raises(BenchError) as stopped:
        ask(server, "a", "b", **settings)
    assert "\n" not in str(stopped.value)
    assert KEY not in str(stopped.value)
    return str(stopped.value)


def test_every_request_gets_its_own_reply() -> None:
    with loopback() as server:
        replies = ask(server, *"abcdefgh")
    assert sorted(replies) == list("abcdefgh")
    assert replies["c"] == Reply("c", "you asked: What is c?", "stop", 5)


def test_a_request_is_greedy_has_the_image_before_the_text_and_the_key_in_its_header() -> None:
    asked = Request("a", "Who?", 7, "data:image/png;base64,AAAA", {"repetition_penalty": 1.0})
    with loopback() as server, client(server) as one:
        list(one.complete([asked]))
    body = server.asked[0].body
    assert body.pop("messages") == [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                {"type": "text", "text": "Who?"},
            ],
        }
    ]
    assert body == {"model": MODEL, "max_tokens": 7, "temperature": 0.0, "repetition_penalty": 1.0}
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_refusal_in_words_and_an_empty_text_are_answers_and_no_content_is_none() -> None:
    replies = {
        "What is a?": completion(None, refusal="I cannot say."),
        "What is b?": completion(None, "length"),
        "What is c?": completion("", "stop"),
    }
    with loopback(lambda asked, _: replies[asked.text]) as server:
        said = ask(server, "a", "b", "c")
    assert said["a"].text == "I cannot say."
    assert (said["c"].text, said["c"].failure) == ("", None)
    failure = Failure("refused", "the reply has no content (finish_reason length)")
    assert (said["b"].text, said["b"].failure) == (None, failure)


def test_half_a_character_is_replaced_so_that_the_answer_can_be_written() -> None:
    with loopback(lambda *_: completion("so \ud83d said", "stop")) as server:
        assert ask(server, "a")["a"].text == "so ? said"


def test_no_more_than_the_given_number_of_requests_are_under_way() -> None:
    def slow(asked: Asked, _: int) -> Said:
        return Said(body=echo(asked, 0).body, seconds=0.05)

    with loopback(slow) as server:
        ask(server, *"abcdefgh", concurrency=3)
    assert server.most_at_once == 3


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_a_fault_of_the_moment_is_tried_again(status: int) -> None:
    with loopback(lambda asked, before: echo(asked, 0) if before == 2 else error(status)) as server:
        assert ask(server, "a")["a"].text == "you asked: What is a?"
    assert len(server.asked) == 3


def test_a_cut_connection_and_a_slow_answer_are_tried_again() -> None:
    def script(asked: Asked, before: int) -> Said:
        return (Said(), Said(body={}, seconds=5.0), echo(asked, 0))[before]

    with loopback(script) as server:
        assert ask(server, "a", timeout=0.3)["a"].text == "you asked: What is a?"
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_request_is_recorded_at_once_and_costs_only_itself(status: int) -> None:
    def script(asked: Asked, _: int) -> Said:
        words = f"too long,\n{KEY} " + "x" * 265 + KEY + "y" * 1000
        return error(status, words) if "a?" in asked.text else echo(asked, 0)

    with loopback(script) as server:
        replies = ask(server, "a", "b")
        assert len(server.asked) == 2
    failure = replies["a"].failure
    assert replies["a"].text is None
    assert failure is not None and failure.kind == "refused"
    assert failure.text.startswith(f"HTTP {status}: too long, *** xxx")
    # Cut off after the key was taken out: else the beginning of the second one would stand at the end.
    assert failure.text.endswith("x***yyyyy...")
    assert len(failure.text) == 300
    assert replies["b"].text == "you asked: What is b?"


def test_an_answer_held_back_by_a_filter_is_a_failure_and_not_an_empty_answer() -> None:
    with loopback(lambda *_: completion("", "content_filter")) as server:
        reply = ask(server, "a")["a"]
    assert reply == Reply(
        "a", None, failure=Failure("content_filter", "the server's content filter held the answer back")
    )


def in_seconds(seconds: float) -> str:
    """Return a moment from now as a date of HTTP, which has whole seconds."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "value", "least"),
    [
        ("retry_after", lambda: "0.4", 0.4),
        ("retry_after_ms", lambda: "300", 0.3),
        # Cut to whole seconds, a date two seconds ahead is at least one second away.
        ("retry_after", lambda: in_seconds(2), 0.9),
        ("retry_after", lambda: "soon", 0.0),
    ],
)
def test_the_server_says_how_long_to_wait(header: str, value: Callable[[], str], least: float) -> None:
    def script(asked: Asked, before: int) -> Said:
        return echo(asked, 0) if before else error(429, **{header: value()})

    with loopback(script) as server:
        ask(server, "a", backoff=0.0)
    first, second = server.times("What is a?")
    assert least <= second - first < least + 2.5


def test_a_server_that_wants_to_be_left_alone_for_long_stops_everything() -> None:
    text = stopped_by(lambda *_: error(429, "daily quota", retry_after="7200"))
    assert "wants to be left alone for 7200 s (HTTP 429: daily quota)" in text


def test_a_wrong_key_stops_everything_and_is_not_repeated() -> None:
    text = stopped_by(lambda *_: error(401, f"Incorrect API key provided: {KEY}"))
    assert text.endswith(
        "does not take the key in OPENAI_API_KEY (HTTP 401: Incorrect API key provided: ***)"
    )


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "wants a key: set OPENAI_API_KEY (HTTP 401: no)" in stopped_by(lambda *_: error(401))


def test_an_unknown_model_stops_everything_and_there_is_said_what_there_is() -> None:
    text = stopped_by(lambda *_: error(404, "The model does not exist."))
    assert text.endswith(f"has no model '{MODEL}' (HTTP 404: The model does not exist.); there are: {MODEL}")


@pytest.mark.parametrize(
    "models", [Said(404, {}), Said(body=b"<html>"), Said(body=[]), Said(body={"data": 1})]
)
def test_an_address_without_models_may_be_wrong(models: Said) -> None:
    text = r"it lists none, so the address may be wrong: most end in /v1$"
    with loopback(lambda *_: error(404), models) as server, pytest.raises(BenchError, match=text):
        ask(server, "a")


def test_a_status_without_a_reason_is_said_once() -> None:
    assert f"has no model '{MODEL}' (HTTP 404); " in stopped_by(lambda *_: Said(404, body=b""))


def test_an_exhausted_account_stops_everything_whatever_the_status() -> None:
    for status, code in ((429, "insufficient_quota"), (400, "Arrearage")):
        text = stopped_by(lambda *_, status=status, code=code: error(status, "pay first", code))
        assert f"answers no request (HTTP {status}: pay first)" in text


def test_an_address_where_nobody_listens_stops_everything_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with (
            Client(url, MODEL) as one,
            pytest.raises(
                BenchError, match=r"no OpenAI-compatible server answers at .*: connection refused$"
            ),
        ):
            list(one.complete([request("a")]))


@pytest.mark.parametrize("page", [b"<html>Welcome</html>", b'{"choices": [', b"[]", b'{"choices": []}'])
def test_a_page_that_is_no_chat_completion_stops_everything_at_once(page: bytes) -> None:
    text = stopped_by(lambda *_: Said(body=page))
    assert "no OpenAI-compatible server answers at" in text
    assert "what it answers is no" in text


def test_an_outage_stops_everything_and_what_came_before_is_kept() -> None:
    def script(asked: Asked, _: int) -> Said:
        return echo(asked, 0) if "a?" in asked.text else error(503, "down")

    with loopback(script) as server, client(server, concurrency=1) as one:
        replies = one.complete(map(request, "abc"))
        assert next(replies).id == "a"
        with pytest.raises(BenchError, match=r"failed 4 times in a row, at last so: HTTP 503: down$"):
            list(replies)
    # b's four attempts, or c's if its pauses were shorter; then the simplest request, whose room the other
    # one may take before all is over.
    assert 1 + 4 + 1 <= len(server.asked) <= 1 + 4 + 4 + 1
    assert "Say yes." in [one.text for one in server.asked[-2:]]


def test_a_server_that_went_away_is_waited_for_and_then_stops_everything() -> None:
    with loopback() as server, client(server) as one:
        list(one.complete([request("a")]))
        server.stop()
        with pytest.raises(BenchError, match="failed 4 times in a row"):
            list(one.complete([request("b")]))


def test_a_request_over_which_the_server_falls_each_time_is_its_own_fault() -> None:
    def script(asked: Asked, _: int) -> Said:
        return error(500, "boom") if "a?" in asked.text else echo(asked, 0)

    with loopback(script) as server:
        replies = ask(server, *"abcdefgh")
    assert replies["a"].failure == Failure(
        "broken", "HTTP 500: boom; at the last of 4 attempts, while others were answered"
    )
    assert all(replies[name].text for name in "bcdefgh")


def test_a_request_for_which_the_server_never_had_time_is_overload_and_no_fault_of_its_own() -> None:
    def script(asked: Asked, _: int) -> Said:
        return error(429, "busy") if "a?" in asked.text else echo(asked, 0)

    with loopback(script) as server:
        failure = ask(server, *"abcdefgh")["a"].failure
    assert failure is not None and failure.kind == "rate_limit"
    assert failure.is_of_the_moment


def test_a_request_that_pauses_keeps_no_other_waiting() -> None:
    def script(asked: Asked, before: int) -> Said:
        return error(429) if "a?" in asked.text and not before else echo(asked, 0)

    with loopback(script) as server, client(server, concurrency=1, backoff=0.5) as one:
        assert [reply.id for reply in one.complete(map(request, "abc"))][-1] == "a"


def test_the_last_request_of_all_may_be_the_one_that_is_to_blame() -> None:
    def script(asked: Asked, _: int) -> Said:
        return error(500, "boom") if "b?" in asked.text else echo(asked, 0)

    with loopback(script) as server, client(server) as one:
        list(one.complete([request("a")]))
        (reply,) = one.complete([request("b")])
    assert reply.failure is not None and reply.failure.kind == "broken"


def test_a_request_gets_no_further_attempt_after_its_total_time() -> None:
    with loopback(lambda asked, _: error(429) if "a?" in asked.text else echo(asked, 0)) as server:
        began = time.monotonic()
        replies = ask(server, *"abc", retries=100, backoff=0.2, total=0.5)
        assert time.monotonic() - began < 5
    assert replies["a"].failure is not None and replies["b"].text


def test_what_a_reply_cost_and_who_gave_it_is_kept() -> None:
    def script(asked: Asked, before: int) -> Said:
        return Said(body=echo(asked, 0).body, seconds=0.1) if before else error(500)

    with loopback(script) as server:
        account = ask(server, "a")["a"].account
    assert account is not None
    assert (account.model, account.prompt_tokens, account.attempts) == (MODEL, 9, 2)
    assert 0.1 <= account.seconds < 5


@pytest.mark.parametrize("code", ["data_inspection_failed", "content_filter"])
def test_a_filters_refusal_is_told_from_others(code: str) -> None:
    with loopback(lambda *_: error(400, "bad", code)) as server:
        failure = ask(server, "a")["a"].failure
    assert failure is not None and failure.kind == "content_filter"


def test_requests_are_taken_only_when_there_is_room() -> None:
    taken = itertools.count()

    def endless() -> Iterator[Request]:
        for number in taken:
            yield request(str(number))

    with loopback() as server, client(server, concurrency=2) as one:
        replies = one.complete(endless())
        assert len({next(replies).id for _ in range(5)}) == 5
    assert next(taken) < 1000


def test_what_is_under_way_is_dropped_at_once() -> None:
    def script(asked: Asked, _: int) -> Said:
        return Said(body=echo(asked, 0).body, seconds=0.0 if "a?" in asked.text else 60.0)

    with loopback(script) as server:
        began = time.monotonic()
        with client(server) as one:
            replies = one.complete(map(request, "abc"))
            assert next(replies).id == "a"
        assert time.monotonic() - began < 5


def test_an_error_of_the_requests_reaches_the_caller() -> None:
    def broken() -> Iterator[Request]:
        yield request("a")
        raise KeyError("a bug")

    with loopback() as server, client(server) as one, pytest.raises(KeyError, match="a bug"):
        list(one.complete(broken()))


def test_the_client_works_where_an_event_loop_runs_already() -> None:
    async def notebook(server: LoopbackServer) -> dict[str, Reply]:
        return ask(server, "a")

    with loopback() as server:
        assert asyncio.run(notebook(server))["a"].text


def test_one_bad_moment_halves_the_pace_once_and_replies_raise_it_slowly() -> None:
    async def paced() -> list[float]:
        pace = Pace(8)
        limits = []
        async with pace.turn() as first, pace.turn() as second:
            pass
        for sent in (first, second):
            pace.overload(sent, None)
            limits.append(pace.limit)
        async with pace.turn() as later:
            pace.overload(later, None)
        limits.append(pace.limit)
        for _ in range(2):
            pace.reply()
            limits.append(pace.limit)
        for _ in range(100):
            pace.reply()
        return [*limits, pace.limit]

    # 8 / 2 = 4, once for both; 4 / 2 = 2; then 2 + 1/2 = 2.5, 2.5 + 1/2.5 = 2.9; at most 8.
    assert asyncio.run(paced()) == [4.0, 4.0, 2.0, 2.5, 2.9, 8.0]


def test_delays_double_up_to_half_a_minute_and_are_never_cut_by_more_than_half() -> None:
    delays = list(Patience(retries=8, backoff=0.5).delays(random.Random(0)))
    # 0.5, 1, 2, 4, 8, 16, then 32 and 64 cut to 30; each times 0.5 to 1.
    for delay, most in zip(delays, (0.5, 1, 2, 4, 8, 16, 30, 30), strict=True):
        assert most / 2 <= delay <= most


@pytest.mark.parametrize(
    ("url", "variable"),
    [
        ("http://localhost:8000/v1", "OPENAI_API_KEY"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
        ("https://dashscope.aliyuncs.com.example.org/v1", "OPENAI_API_KEY"),
    ],
)
def test_each_address_has_its_variable_for_the_key(url: str, variable: str) -> None:
    assert key_variable(url) == variable


def test_what_is_no_key_is_told_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    assert read_key("http://localhost:8000/v1") == KEY
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    assert read_key("http://localhost:8000/v1") is None
    for broken in (f"{KEY}\u00e9", f"{KEY} {KEY}", f"{KEY}\x7f"):
        monkeypatch.setenv("OPENAI_API_KEY", broken)
        with pytest.raises(BenchError, match="OPENAI_API_KEY is no key") as told:
            Client("http://localhost:8000/v1", MODEL)
        assert KEY not in str(told.value)


def test_an_address_loses_the_slash_at_its_end() -> None:
    assert checked_url("http://localhost:8000/v1/") == "http://localhost:8000/v1"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("localhost:8000", "is no server's address; write it such as http://localhost:8000/v1"),
        ("ftp://host/v1", "is no server's address"),
        ("http://", "is no server's address"),
        ("http://host:port/v1", "this is no server's address"),
        ("http://me:secret@host/v1", "a key is read from the environment"),
        ("https://host/v1?key=secret", "a key is read from the environment"),
    ],
)
def test_a_bad_address_is_told_without_what_may_be_a_key(url: str, text: str) -> None:
    with pytest.raises(BenchError, match=text) as told:
        checked_url(url)
    assert "secret" not in str(told.value)
