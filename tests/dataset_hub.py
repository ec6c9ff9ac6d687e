"""A loopback server that speaks as much of the Hugging Face Hub as publishing and reading a dataset takes.

Repositories are kept in memory, commit by commit: what is pushed is what is read back.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from s_mllmun_bench.data.identity import front_matter

TOKEN = "hf_of_the_tests"
OWNER = "me"
"""Whom the token belongs to; others' repositories may be read and not written."""


@dataclass
class Repository:
    """One dataset repository."""

    private: bool = False
    commits: list[tuple[str, str, dict[str, bytes]]] = field(default_factory=list)
    """Id, summary and files of every commit, the oldest first."""
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.commit("initial commit", {".gitattributes": b"*.parquet filter=lfs\n"})

    def commit(self, summary: str, files: dict[str, bytes]) -> str:
        """Add a commit and return its id."""
        oid = hashlib.sha1(f"{len(self.commits)} {summary}".encode()).hexdigest()
        self.commits.append((oid, summary, files))
        return oid

    def files_at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Return the id and the files of a branch, tag or commit; `None` if there is none."""
        wanted = self.commits[-1][0] if revision == "main" else self.tags.get(revision, revision)
        return next(((oid, files) for oid, _, files in self.commits if oid == wanted), None)


class DatasetHub(ThreadingHTTPServer):
    """The server; ``refuse`` is a status that every commit is answered with."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, Repository] = {}
        self.uploads: dict[str, bytes] = {}
        """Large files by their SHA-256."""
        self.refuse: int | None = None
        self.writes: list[str] = []
        """Method and path of every request that writes."""
        self.sent: dict[str, int] = {}
        """Bytes of each file that were sent, by its path."""

    @property
    def url(self) -> str:
        """Return the endpoint, as ``HF_ENDPOINT`` takes it."""
        return f"http://127.0.0.1:{self.server_port}"


class _Refused(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.headers = {"X-Error-Code": code, "X-Error-Message": text}
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: DatasetHub
    protocol_version = "HTTP/1.1"
    # One packet for each answer: an answer in two waits 40 ms for the client's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        try:
            self._require_token()
            if parts[0] == "lfs":
                self._write()
                self.server.uploads[parts[1]] = self.body
                self._send_json({})
            elif parts[:2] == ["api", "validate-yaml"]:
                self._send_json({"errors": [], "warnings": []})
            elif parts[:3] == ["api", "repos", "create"]:
                self._create(json.loads(self.body))
            elif parts[:2] == ["api", "datasets"]:
                self._api("/".join(parts[2:4]), parts[4:])
            elif parts[0] == "datasets" and parts[2].endswith(".git"):
                self._lfs_batch(json.loads(self.body))
            elif parts[0] == "datasets" and parts[3] == "resolve":
                self._send_file("/".join(parts[1:3]), parts[4], "/".join(parts[5:]))
            else:
                raise _Refused(404, "", "no such address")
        except _Refused as refused:
            self._send(refused.status, json.dumps({"error": str(refused)}).encode(), refused.headers)

    def _require_token(self) -> None:
        given = self.headers.get("Authorization")
        if given not in (None, f"Bearer {TOKEN}"):
            raise _Refused(401, "", "Invalid credentials in Authorization header")

    def _write(self, repo: str = OWNER) -> None:
        """Note a request that writes, if the token is there and is the owner's."""
        if self.headers.get("Authorization") is None and not self.path.startswith("/lfs/"):
            raise _Refused(401, "", "Invalid username or password.")
        if repo.split("/")[0] != OWNER:
            raise _Refused(403, "", f"You don't have the rights to write to {repo}")
        self.server.writes.append(f"{self.command} {urlsplit(self.path).path}")

    def _repository(self, repo: str) -> Repository:
        if repo not in self.server.repositories:
            raise _Refused(404, "RepoNotFound", "Repository not found")
        found = self.server.repositories[repo]
        if found.private and self.headers.get("Authorization") is None:
            raise _Refused(401, "RepoNotFound", "Repository not found")
        return found

    def _files(self, repo: str, revision: str) -> tuple[str, dict[str, bytes]]:
        at = self._repository(repo).files_at(revision)
        if at is None:
            raise _Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return at

    def _create(self, asked: dict) -> None:
        repo = f"{asked.get('organization') or OWNER}/{asked['name']}"
        self._write(repo)
        if repo in self.server.repositories:
            raise _Refused(409, "", "You already created this dataset repo")
        self.server.repositories[repo] = Repository(asked.get("visibility") == "private")
        self._send_json({"url": f"{self.server.url}/datasets/{repo}", "name": repo})

    def _api(self, repo: str, rest: list[str]) -> None:
        what = rest[0] if rest else "revision"
        revision = rest[1] if len(rest) > 1 else "main"
        if what == "refs":
            self._send_json(self._refs(self._repository(repo)))
        elif what == "tree":
            self._send_json([*_entries(self._files(repo, revision)[1])])
        elif what == "paths-info":
            self._send_json(self._paths_info(repo, revision))
        elif what == "revision":
            oid, files = self._files(repo, revision)
            siblings = [{"rfilename": path} for path in sorted(files)]
            private, card = self._repository(repo).private, front_matter(files.get("README.md", b"").decode())
            told = {"id": repo, "sha": oid, "siblings": siblings, "private": private, "tags": []}
            self._send_json(told | {"cardData": card})
        elif what == "preupload":
            self._preupload(repo, revision)
        elif what == "commit":
            self._commit(repo, revision)
        elif what == "tag":
            self._tag(repo, revision)
        else:
            raise _Refused(404, "", f"nothing at {what}")

    def _refs(self, repository: Repository) -> dict:
        tags = [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": oid}
            for name, oid in repository.tags.items()
        ]
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repository.commits[-1][0]}
        return {"branches": [main], "tags": tags, "converts": [], "pullRequests": []}

    def _paths_info(self, repo: str, revision: str) -> list[dict]:
        asked = json.loads(self.body) if self.body[:1] == b"{" else _form(self.body)
        entries = {entry["path"]: entry for entry in _entries(self._files(repo, revision)[1])}
        return [entries[path] for path in asked["paths"] if path in entries]

    def _preupload(self, repo: str, revision: str) -> None:
        self._write(repo)
        files = self._files(repo, revision)[1]
        answers = []
        for file in json.loads(self.body)["files"]:
            known = files.get(file["path"])
            large = file["path"].endswith((".parquet", ".png"))
            answers.append(
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if large else "regular",
                    "shouldIgnore": False,
                    "oid": None if known is None else _oid(file["path"], known),
                }
            )
        self._send_json({"files": answers})

    def _lfs_batch(self, asked: dict) -> None:
        self._write()
        objects = []
        for one in asked["objects"]:
            upload = {"upload": {"href": f"{self.server.url}/lfs/{one['oid']}", "header": {}}}
            there = one["oid"] in self.server.uploads
            objects.append({**one, **({} if there else {"actions": upload})})
        self._send_json({"transfer": "basic", "objects": objects})

    def _commit(self, repo: str, revision: str) -> None:
        self._write(repo)
        if self.server.refuse is not None:
            raise _Refused(self.server.refuse, "", "not now")
        lines = [json.loads(line) for line in self.body.splitlines()]
        files = dict(self._files(repo, revision)[1])
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.uploads[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        oid = self._repository(repo).commit(lines[0]["value"]["summary"], files)
        self._send_json({"commitUrl": f"{self.server.url}/datasets/{repo}/commit/{oid}", "commitOid": oid})

    def _tag(self, repo: str, revision: str) -> None:
        self._write(repo)
        tags, name = self._repository(repo).tags, json.loads(self.body)["tag"]
        if name in tags:
            raise _Refused(409, "", f"Tag {name} already exists")
        tags[name] = self._files(repo, revision)[0]
        self._send_json({})

    def _send_file(self, repo: str, revision: str, path: str) -> None:
        oid, files = self._files(repo, revision)
        if path not in files:
            raise _Refused(404, "EntryNotFound", f"no {path}")
        headers = {"X-Repo-Commit": oid, "ETag": f'"{_oid(path, files[path])}"', "Accept-Ranges": "bytes"}
        data, status = files[path], 200
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            data, status = data[first : last + 1], 206
        if self.command != "HEAD":
            self.server.sent[path] = self.server.sent.get(path, 0) + len(data)
        self._send(status, data, headers)

    def _send_json(self, content: object) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entries(files: dict[str, bytes]) -> Iterator[dict]:
    """Yield the folders and files of a commit as the Hub lists them."""
    folders = {path.rsplit("/", depth)[0] for path in files for depth in range(1, path.count("/") + 1)}
    for folder in sorted(folders):
        yield {"type": "directory", "path": folder, "oid": hashlib.sha1(folder.encode()).hexdigest()}
    for path, data in sorted(files.items()):
        yield {"type": "file", "path": path, "size": len(data), "oid": _oid(path, data)}


def _oid(path: str, data: bytes) -> str:
    """Return the id of a file's content: git's of a small one, SHA-256 of a large one."""
    if path.endswith((".parquet", ".png")):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _form(body: bytes) -> dict[str, list[str]]:
    from urllib.parse import parse_qs

    return parse_qs(body.decode())
