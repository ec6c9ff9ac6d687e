"""What the tests of the board share: what is said of bundles, and small changes to them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from scripted import silent

from s_mllmun_bench.board.checking import check
from s_mllmun_bench.board.standings import FILE, Leaderboard
from s_mllmun_bench.llm.ledger import StoredReply


def boards_of(folder: Path) -> Leaderboard:
    return Leaderboard.model_validate_json((folder / FILE).read_bytes())


def states(*paths: Path, board: Path, **more: Any) -> list[str]:
    return [one.state for one in check(paths, board, silent, **more)]


def a_reply(number: int, reason: str) -> StoredReply:
    return StoredReply(
        key=hashlib.sha256(str(number).encode()).hexdigest(),
        purpose="fact_score@qwen-plus",
        host="dashscope.aliyuncs.com",
        text=json.dumps({"reason": reason, "score": number % 11}),
        finish_reason="stop",
        failure=None,
        failure_text=None,
        model="qwen-plus",
        prompt_tokens=300 + number % 97,
        tokens=40 + number % 23,
        seconds=number % 1013 / 1000,
        attempts=1,
    )


def easier(answer: Any) -> Any:
    return answer.model_copy(update={"reference": answer.answer})
