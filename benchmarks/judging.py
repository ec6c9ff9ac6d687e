"""How long an LLM judge takes for 20,000 answers, against what the server's latency alone allows.

The server is a process of its own on the same machine that answers each request after 200 ms, so with 64
requests at once nobody can be faster than items x 0.2 s / 64: the ideal. Every tenth answer repeats an
earlier one and must cost nothing. The judging process is a fresh one, whose peak memory is its own, with
a ledger on the disk. What bounds it is the latency as long as ``cpu_seconds`` stay well under
``seconds``; ``waited_seconds`` is how long its threads were ready and other processes had the cores.

    python benchmarks/judging.py -o judging.json
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time

from command import parser, tell

FEWER = (1_000, 5_000)
"""Answers, for the growth."""
LATENCY = 0.2
"""Seconds before each reply."""
REPEATED = 10
"""Every so manieth answer is one that was there before."""

_BODY = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "loopback",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": '{"reason": "As good as stated.", "score": 7}'},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1100, "completion_tokens": 14, "total_tokens": 1114},
    }
).encode()
_REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)

_JUDGE = """
import json, re, sys, time
from pathlib import Path
from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.judging.opening import JudgeServer, open_judge
from s_mllmun_bench.llm.ledger import Ledger
import openai
url, ledger, items, concurrency, repeated = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
own = lambda i: i - i % repeated - 1 if i % repeated == 0 and i else i
given = [JudgedItem(f"Where was person {own(i)} born, and in which year?", f"Lviv, Ukraine, in {own(i)}.",
                    f"They were born in Lviv, Ukraine, I think in the year {own(i)}.", "born", None)
         for i in range(items)]
judge = open_judge("fact_score", JudgeServer("loopback", url, concurrency))
judge.check()
def waited():
    stats = Path("/proc/self/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[1]) for one in stats) / 1e9
before, started, cpu = waited(), time.perf_counter(), time.process_time()
with Ledger([Path(ledger)]) as kept:
    scored = waits = 0
    for _, judgement in judge.judge_each(list(dict.fromkeys(given)), kept):
        scored += judgement.score == 7
        # The asking thread is there as long as there is something to judge.
        waits = max(waits, waited() - before) if scored % 500 == 0 else waits
seconds = time.perf_counter() - started
status = Path("/proc/self/status").read_text()
print(json.dumps({"seconds": seconds, "cpu_seconds": time.process_time() - cpu, "waited_seconds": waits,
                  "scored": scored, "peak_mib": int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024}))
"""


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--items", type=int, default=20_000, help="answers to judge")
    known.add_argument("--concurrency", type=int, default=64, help="requests at once")
    known.add_argument("--serve", action="store_true", help="be the server, and nothing else")
    options = known.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    rows = [judged(items, options.concurrency) for items in (*FEWER, options.items)]
    tell(rows[-1] | {"growth": list(map(_row, rows))}, options.output)


def _row(figures: dict[str, object]) -> dict[str, object]:
    told = {"answers": "items", "seconds": "seconds", "ratio to the latency": "ratio", "peak MiB": "peak_mib"}
    return {title: figures[name] for title, name in told.items()}


def judged(items: int, concurrency: int) -> dict[str, object]:
    """Judge the items against a server beside this process; return the figures."""
    command = [sys.executable, __file__, "--serve"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
    ):
        url = server.stdout.readline().strip() if server.stdout else ""
        arguments = [url, folder, str(items), str(concurrency), str(REPEATED)]
        done = subprocess.run(
            [sys.executable, "-c", _JUDGE, *arguments], check=True, capture_output=True, text=True
        )
        calls, server_cpu = server.communicate("\n")[0].split()
    figures = json.loads(done.stdout)
    sys.stderr.write(f"{items} answers: {figures['seconds']:.1f} s\n")
    ideal = (int(calls) - 1) * LATENCY / concurrency
    return {
        "items": items,
        "calls": int(calls),
        "concurrency": concurrency,
        "latency_seconds": LATENCY,
        "ideal_seconds": round(ideal, 2),
        "ratio": round(figures["seconds"] / ideal, 3),
        **{name: round(value, 2) for name, value in figures.items()},
        "server_cpu_seconds": round(float(server_cpu), 2),
    }


async def serve() -> None:
    """Answer every request after the latency, until a line comes in; then say how many there were."""
    calls = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
                )
                await reader.readexactly(int(length.partition(b":")[2]))
                calls += 1
                await asyncio.sleep(LATENCY)
                writer.write(_REPLY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    sys.stdout.write(f"{calls} {time.process_time()}\n")


if __name__ == "__main__":
    main()
