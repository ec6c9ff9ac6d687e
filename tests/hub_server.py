"""A loopback server that speaks as much of the Hugging Face Hub as fetching a snapshot takes."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "1" * 40


class Hub(ThreadingHTTPServer):
    """Serves one folder as the model ``me/model``, with the branch ``main`` and the tag ``v1``.

    ``me/gated`` asks for access, ``me/broken`` answers with status 500, ``me/cut`` breaks off in the middle
    of the weights, and nothing else is there.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.fetched: list[str] = []
        """Names of the files whose bytes were asked for."""

    @property
    def url(self) -> str:
        """Return the endpoint, as ``HF_ENDPOINT`` takes it."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body_wanted=False)

    def do_GET(self) -> None:
        self._answer(body_wanted=True)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, body_wanted: bool) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        repo = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
        if repo == "me/gated":
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"}, body_wanted)
        elif repo == "me/broken":
            self._send(500, b"{}", {}, body_wanted)
        elif repo not in ("me/model", "me/cut"):
            self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"}, body_wanted)
        elif parts[0] != "api":
            self._send_file("/".join(parts[4:]), body_wanted, cut=repo == "me/cut")
        elif parts[5] not in ("main", "v1", COMMIT):
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"}, body_wanted)
        else:
            content = self._tree() if parts[4] == "tree" else {"id": repo, "sha": COMMIT, "siblings": []}
            headers = {"Content-Type": "application/json"}
            self._send(200, json.dumps(content).encode(), headers, body_wanted)

    def _tree(self) -> list[dict[str, object]]:
        folder = self.server.folder
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return [
            {
                "type": "file",
                "path": str(file.relative_to(folder)),
                "size": file.stat().st_size,
                "oid": hashlib.sha1(file.read_bytes()).hexdigest(),
            }
            for file in files
        ]

    def _send_file(self, name: str, body_wanted: bool, cut: bool) -> None:
        body = (self.server.folder / name).read_bytes()
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha1(body).hexdigest()}"'}
        if body_wanted:
            self.server.fetched.append(name)
        if cut and body_wanted and name.endswith(".safetensors"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self._send(200, body, headers, body_wanted)

    def _send(self, status: int, body: bytes, headers: dict[str, str], body_wanted: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body_wanted:
            self.wfile.write(body)
