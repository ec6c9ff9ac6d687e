"""How long the whole benchmark takes to build, against what the server's latency alone allows.

1,000 + 100 people from folders of images, texts by a server in a process of its own on the same machine,
which answers each request after 200 ms. With 64 requests at once nobody can be faster than
calls x 0.2 s / 64. The building process is a fresh one, whose peak memory is its own; a small build before
it has written Python's bytecode and warmed the disk, as on any machine that has built before.

What bounds it: while texts are written, the latency, as long as the cores are not used up (by
``cpu_seconds`` and ``server_cpu_seconds`` together; ``waited_seconds`` is how long its threads were ready
and other processes had the cores). Before and after that, one core: the images are read before anybody is
asked, for nobody pays for texts that too few pictures are there for; the tables are written when all are
audited. ``stages`` says of each how long it took and what it computed; work that goes on meanwhile counts
to the stage that is shown, so the audits of people to the refusals that are waited for.

    python benchmarks/building.py -o building.json
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from command import parser, tell

from s_mllmun_bench import contents

LATENCY = 0.2
"""Seconds before each reply."""
TESTS = Path(__file__).resolve().parent.parent / "tests"
"""Where the words of the server are."""
SPARE = 40

FIRST = 20
"""People of the small build before."""

_BUILD = """
import json, re, sys, time
from pathlib import Path
from s_mllmun_bench.building import build
from s_mllmun_bench.contracts import Means
url, own, people, concurrency = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
stages, waits = {}, [0.0]
def waited():
    stats = Path("/proc/self/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[1]) for one in stats) / 1e9
last = ["start", time.perf_counter(), time.process_time()]
def note(done, total, what):
    now = [what.partition(",")[0], time.perf_counter(), time.process_time()]
    spent = stages.setdefault(last[0], [0.0, 0.0])
    spent[0] += now[1] - last[1]
    spent[1] += now[2] - last[2]
    last[:] = now
    if done % 100 == 0:
        waits[0] = max(waits[0], waited())
started, cpu = time.perf_counter(), time.process_time()
made = build("s-mllmun-bench", own / f"out-{people}", people, progress=note, faces=str(own / "faces"),
             ophthalmic=str(own / "eyes"), means=Means(url, concurrency=concurrency))
note(0, 0, "end")
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
status = Path("/proc/self/status").read_text()
print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "waited_seconds": waits[0],
                  "writing_seconds": sum(stages[one][0] for one in ("profiles", "questions", "refusals")),
                  "peak_mib": int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024,
                  "stages": {one: {"seconds": round(spent[0], 2), "cpu_seconds": round(spent[1], 2)}
                             for one, spent in stages.items()},
                  "people": made.people + made.unseen, "digest": made.digest}))
"""


def main() -> None:
    """Measure and print the figures as JSON; write them where told."""
    known = parser(__doc__)
    known.add_argument("--people", type=int, default=1000, help="a tenth as many are unseen")
    known.add_argument("--concurrency", type=int, default=64, help="requests at once")
    known.add_argument("--size", type=int, default=112, help="pixels of an image's side")
    known.add_argument("--serve", action="store_true", help="be the server, and nothing else")
    options = known.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    tell(measure(options.people, options.concurrency, options.size), options.output)


def measure(people: int, concurrency: int, size: int) -> dict[str, object]:
    """Build against a server beside this process; return the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder, max(people, FIRST) + people // 10 + SPARE, size)
        built(folder, min(people, FIRST), concurrency)
        figures = built(folder, people, concurrency)
    ideal = figures["calls"] * LATENCY / concurrency
    return {
        "image_pixels": size,
        "concurrency": concurrency,
        "latency_seconds": LATENCY,
        "ideal_seconds": round(ideal, 2),
        "ratio_of_writing": round(figures["writing_seconds"] / ideal, 3),
        "ratio_of_all": round(figures["seconds"] / ideal, 3),
        **{name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()},
    }


def built(folder: Path, people: int, concurrency: int) -> dict[str, Any]:
    """Build with a server and a process of its own; return what both say."""
    command = [sys.executable, __file__, "--serve"]
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().strip() if server.stdout else ""
        arguments = [url, str(folder), str(people), str(concurrency)]
        child = [sys.executable, "-c", _BUILD, *arguments]
        made = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True, env=environment)
        calls, images, cpu = server.communicate("\n")[0].split()
    served = {"calls": int(calls), "calls_with_an_image": int(images), "server_cpu_seconds": float(cpu)}
    return served | json.loads(made.stdout)


def draw(folder: Path, count: int, size: int) -> None:
    """Write a folder of drawn faces, and drawn eyes in the layout of DeepEyeNet."""
    builders = contents.folder("builders")
    writer = contents.load(builders / "writers" / "offline.py")
    where = {"faces": "faces", "ophthalmic": "eyes/eyenet0420/train_set"}
    described = []
    for seed, (kind, path) in enumerate(where.items()):
        (folder / path).mkdir(parents=True)
        source = contents.load(builders / "sources" / f"mini_{kind}.py")
        for number, given in enumerate(source.images(count, random.Random(seed), {"size": size})):
            given.image.save(folder / path / f"{number}.jpg", quality=92)
            if kind == "ophthalmic":
                entry = {"keywords": "drawn", "clinical-description": writer.describe_eye(given.truth)}
                described.append({f"eyenet0420/train_set/{number}.jpg": entry})
    (folder / "eyes" / "DeepEyeNet_train.json").write_text(json.dumps(described), encoding="utf-8")


async def serve() -> None:
    """Write what is asked after the latency, until a line comes in; then say how many calls there were."""
    sys.path.insert(0, str(TESTS))
    import writing_server
    from loopback import Asked, completion

    writing_server.NAMES = 400
    calls = images = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls, images
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                begun = time.monotonic()
                lines = head.lower().split(b"\r\n")
                length = next(line for line in lines if line.startswith(b"content-length"))
                sent: dict[str, Any] = json.loads(await reader.readexactly(int(length.partition(b":")[2])))
                calls += 1
                images += not isinstance(sent["messages"][-1]["content"], str)
                said = completion(json.dumps(writing_server.the_reply(Asked(sent, {}, begun))), tokens=150)
                body = json.dumps(said.body).encode()
                await asyncio.sleep(max(0.0, LATENCY - (time.monotonic() - begun)))
                writer.write(_HEAD % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=2**22)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    sys.stdout.write(f"{calls} {images} {time.process_time()}\n")


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

if __name__ == "__main__":
    main()
