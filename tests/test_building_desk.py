"""The desk when its work breaks off: what the server has answered by then is on disk."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from loopback import MODEL, Asked, Said, error, loopback
from writing_server import faultless, kind_of

from s_mllmun_bench.building.desk import Desk
from s_mllmun_bench.building.orders import Order
from s_mllmun_bench.building.prompts import read_prompt
from s_mllmun_bench.contracts import Means
from s_mllmun_bench.errors import BenchError

ORDERS = 8


def test_replies_that_come_behind_a_server_without_money_left_are_kept(tmp_path: Path) -> None:
    numbers, answered, is_reading = count(), list[str](), threading.Event()

    def breaking(asked: Asked, before: int) -> Said:
        """Answer the first request; while its reply is read, say of the second that no money is left."""
        number = None if kind_of(asked) is None else next(numbers)
        if number:
            assert is_reading.wait(30)
        if number == 1:
            return error(402, "no money left", "insufficient_quota")
        answered.append(asked.text)
        # Behind the error, which must not take these with it.
        return replace(faultless(asked, before), seconds=0.2 if number else 0.0)

    def read(reply: Mapping[str, Any]) -> Mapping[str, Any]:
        if not is_reading.is_set():
            is_reading.set()
            while len(answered) < ORDERS - 1:
                time.sleep(0.01)
            time.sleep(1.0)
        return reply

    prompt = read_prompt("refusals")
    orders = [Order(f"h{one}", json.dumps({"count": 3, "handful": one}), read) for one in range(ORDERS)]
    models = {True: "unused", False: MODEL}
    with (
        loopback(breaking) as server,
        pytest.raises(BenchError, match="answers no request"),
        Desk(Means(server.url, MODEL, ORDERS, tmp_path), models) as desk,
    ):
        desk.fill(prompt, orders, "refusals")
    with loopback(faultless) as server, Desk(Means(server.url, MODEL, ORDERS, tmp_path), models) as desk:
        assert list(desk.fill(prompt, orders, "refusals").texts) == [order.id for order in orders]
        # Nothing that was answered is asked again, and what was not is asked once.
        again = [asked.text for asked in server.asked]
    assert len(again) == 1
    assert again[0] not in answered


def test_the_next_request_is_sent_before_a_reply_is_read(tmp_path: Path) -> None:
    sent: list[str] = []

    def noting(asked: Asked, before: int) -> Said:
        if kind_of(asked) is not None:
            sent.append(asked.text)
        return faultless(asked, before)

    def read(reply: Mapping[str, Any]) -> int:
        """Return how many were asked by now; the next one is waited for, unless this is the last."""
        until = time.monotonic() + 10
        while len(sent) == len(read_so_far) + 1 < ORDERS and time.monotonic() < until:
            time.sleep(0.01)
        read_so_far.append(len(sent))
        return len(sent)

    read_so_far: list[int] = []
    orders = [Order(f"h{one}", json.dumps({"count": 3, "handful": one}), read) for one in range(ORDERS)]
    with loopback(noting) as server, Desk(Means(server.url, MODEL, 1, tmp_path), {False: MODEL}) as desk:
        desk.fill(read_prompt("refusals"), orders, "refusals")
        assert server.most_at_once == 1
    # At the first reply the second request is out, and so on; there is none behind the last.
    assert read_so_far == [2, 3, 4, 5, 6, 7, 8, 8]
