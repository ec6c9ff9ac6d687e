"""vLLM's own OpenAI server, in a process of its own; it takes long to start, so all tests share one."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loopback import MODEL

from s_mllmun_bench import contents

SHIPPED = contents.folder("builders") / "checkpoints" / "mini_qwen2_5_vl_200"
NO_PENALTY = {"repetition_penalty": 1.0}
"""What a request must say to a server of a `penalizing` checkpoint."""
_COMPACT = {"backend": "xgrammar", "disable_any_whitespace": True}
"""Under a schema a mini checkpoint would write white space without end."""


def penalizing(folder: Path) -> Path:
    """Write a mini checkpoint whose own decoding spoils every answer; return its folder."""
    shutil.copytree(SHIPPED, folder)
    own = json.loads((folder / "generation_config.json").read_text()) | {"repetition_penalty": 100.0}
    (folder / "generation_config.json").write_text(json.dumps(own))
    return folder


@contextmanager
def vllm_server(checkpoint: Path, log: Path) -> Iterator[str]:
    """Serve a mini checkpoint with vLLM's own OpenAI server; yield its address once it answers.

    It decodes as the checkpoint's generation_config.json says, unless it is told otherwise.

    Args:
        checkpoint: is served as `loopback.MODEL`.
        log: takes what the server prints.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(checkpoint)]
    command += ["--served-model-name", MODEL, "--dtype", "float32", "--enforce-eager", "--port", str(port)]
    command += ["--max-model-len", "6144", "--gpu-memory-utilization", "0.3", "--host", "127.0.0.1"]
    command += ["--limit-mm-per-prompt", '{"image": 1, "video": 0}']
    command += ["--structured-outputs-config", json.dumps(_COMPACT)]
    environment = os.environ | {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    environment |= {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        until = time.monotonic() + 600
        while not answers(f"http://127.0.0.1:{port}/health"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"vLLM's server did not start: {log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
