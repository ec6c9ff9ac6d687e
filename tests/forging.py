"""What a cheat does to a bundle, and what is found of it."""

import hashlib
import lzma
from pathlib import Path

from scripted import silent

from s_mllmun_bench.board.checking import Finding, check
from s_mllmun_bench.board.submission import Submission, read_submission, written


def found_at(bundle: Path, board: Path) -> Finding:
    """Return what is found of a bundle, in one line."""
    (found,) = check([bundle], board, silent)
    assert found.state != "verified" and "\n" not in found.note and len(found.note) < 600, found
    return found


def with_file(bundle: Path, name: str, content: bytes) -> Path:
    """Put other bytes into a bundle's file, and its digest into the submission, as a cheat would."""
    said = read_submission((bundle / "submission.yaml").read_bytes(), "it")
    (bundle / name).write_bytes(content)
    card = {"sha256": _sha256(content), "bytes": len(content)}
    files = {**said.model_dump()["files"], name: card}
    changed = Submission.model_validate({**said.model_dump(), "files": files})
    (bundle / "submission.yaml").write_bytes(written(changed))
    return bundle


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def lines_of(bundle: Path, name: str) -> list[bytes]:
    return lzma.decompress((bundle / name).read_bytes()).splitlines(keepends=True)
