"""A bundle: a run as it is handed in, in a folder of six files at most.

Reading one trusts nothing: no link is followed, no other file is opened, sizes are bounded, and every file
has the digest that ``submission.yaml`` states. What is read may still be a lie; `verifying` finds that out.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from s_mllmun_bench.board import submission as submissions
from s_mllmun_bench.board.packing import MOST_PACKED, AnyRecord, packed, parsed, unpacked
from s_mllmun_bench.board.submission import About, FileCard, FileName, Submission, checked, read_submission
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm.ledger import StoredReply
from s_mllmun_bench.records import Answer, Verdict
from s_mllmun_bench.running.run import Manifest
from s_mllmun_bench.scoring.records import Scores

RESULTS = "results"
"""The folder of the bundles in a leaderboard folder."""
_MOST_SAID = 16_000
"""Bytes of ``submission.yaml``."""


class Altered(BenchError):
    """A file is not the one that the submission states the digest of."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds beside what its submitter says."""

    manifest: Manifest
    answers: tuple[Answer, ...]
    """By question id."""
    verdicts: tuple[Verdict, ...]
    """By question id and judge; of the run's own judges."""
    replies: tuple[StoredReply, ...]
    """Of the LLM that judged, by key; empty without one."""
    scores: Scores


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as it was read."""

    folder: Path
    submission: Submission
    sha256: str
    """Of ``submission.yaml``, and so of all of it."""
    contents: Contents

    @property
    def manifest(self) -> Manifest:
        """What the run was."""
        return self.contents.manifest


def as_bundled(verdict: Verdict) -> Verdict:
    """Return a verdict as bundles hold it: the reason of an LLM stands in its reply, and not here as well."""
    return verdict if verdict.reply is None else verdict.model_copy(update={"reason": None})


def write_bundle(folder: Path, about: About, contents: Contents) -> None:
    """Write a bundle into an empty folder.

    Args:
        folder: is there.
        about: what the submitter says.
        contents: the run.

    Raises:
        BenchError: it is too large, or cannot be written.
    """
    files = _files(contents)
    total = sum(map(len, files.values()))
    if total > MOST_PACKED:
        raise BenchError(f"the bundle has {total / 1e6:.1f} MB, and {MOST_PACKED / 1e6:.0f} are the most")
    cards = {
        name: FileCard(sha256=hashlib.sha256(one).hexdigest(), bytes=len(one)) for name, one in files.items()
    }
    said = checked(Submission, {**about.model_dump(), "files": cards}, "the submission")
    try:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / submissions.FILE).write_bytes(submissions.written(said))
    except OSError as error:
        raise BenchError(f"cannot write {folder}: {error.strerror}") from error


def _files(contents: Contents) -> dict[FileName, bytes]:
    files: dict[FileName, bytes] = {
        "manifest.json": contents.manifest.model_dump_json(indent=2).encode() + b"\n",
        "answers.jsonl.xz": packed(contents.answers),
        "verdicts.jsonl.xz": packed(contents.verdicts),
        "scores.json": contents.scores.model_dump_json(indent=1).encode() + b"\n",
    }
    if contents.replies:
        files["replies.jsonl.xz"] = packed(contents.replies)
    return files


def read_bundle(folder: Path) -> Bundle:
    """Return the bundle in a folder.

    Raises:
        Altered: a file has another digest than is stated.
        BenchError: there is none that can be read; the text says what is wrong.
    """
    sizes = _sizes(folder)
    if submissions.FILE not in sizes:
        raise BenchError(f"{folder} is no bundle: it has no {submissions.FILE}")
    if sizes[submissions.FILE] > _MOST_SAID or sum(sizes.values()) > MOST_PACKED + _MOST_SAID:
        raise BenchError(f"{folder} is larger than a bundle may be ({MOST_PACKED / 1e6:.0f} MB)")
    said = (folder / submissions.FILE).read_bytes()
    submission = read_submission(said, f"{folder}/{submissions.FILE}")
    if sizes.keys() - {submissions.FILE} != submission.files.keys():
        raise BenchError(f"{folder} holds other files than its {submissions.FILE} names")
    contents = {name: _content(folder, name, card) for name, card in submission.files.items()}
    return Bundle(folder, submission, hashlib.sha256(said).hexdigest(), _contents(folder, contents))


def bundle_folders(leaderboard: Path) -> list[Path]:
    """Return the folders of a leaderboard's bundles, sorted.

    Raises:
        BenchError: there is something else among them.
    """
    found = [leaderboard / RESULTS] if (leaderboard / RESULTS).exists() else []
    for _ in range(4):
        found = [below for folder in found for below in sorted(_folders(folder))]
    return found


def _folders(folder: Path) -> Iterator[Path]:
    """Yield the folders in a folder, but for what a write has not finished."""
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() or not entry.is_dir():
            raise BenchError(f"{entry.path!r} is no folder, and beside bundles there is nothing else")
        yield Path(entry.path)


def _sizes(folder: Path) -> dict[str, int]:
    """Return the size of each file in a bundle's folder.

    Raises:
        BenchError: something in it is no plain file, or no file of a bundle.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise BenchError(f"{folder} is no folder")
    sizes = {}
    for entry in os.scandir(folder):
        if entry.name not in (submissions.FILE, *submissions.FILES):
            raise BenchError(f"{folder} holds {entry.name[:80]!r}, which is no file of a bundle")
        if entry.is_symlink() or not entry.is_file():
            raise BenchError(f"{folder}/{entry.name} is no plain file")
        sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
    return sizes


def _content(folder: Path, name: str, card: FileCard) -> bytes:
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != card.sha256 or len(content) != card.bytes:
        raise Altered(f"{folder}/{name} is not the file that {submissions.FILE} states the digest of")
    return content


def _contents(folder: Path, files: dict[FileName, bytes]) -> Contents:
    missing = {"manifest.json", "answers.jsonl.xz", "verdicts.jsonl.xz", "scores.json"} - files.keys()
    if missing:
        raise BenchError(f"{folder} has no {min(missing)}")
    answers = unpacked(files["answers.jsonl.xz"], Answer, f"{folder}/answers.jsonl.xz")
    verdicts = unpacked(files["verdicts.jsonl.xz"], Verdict, f"{folder}/verdicts.jsonl.xz")
    replies = (
        unpacked(files["replies.jsonl.xz"], StoredReply, f"{folder}/replies.jsonl.xz")
        if "replies.jsonl.xz" in files
        else []
    )
    return Contents(
        manifest=_document(files["manifest.json"], Manifest, f"{folder}/manifest.json", 2),
        answers=_sorted(answers, [(one.question_id,) for one in answers], f"{folder}/answers.jsonl.xz"),
        verdicts=_sorted(
            verdicts, [(one.question_id, one.judge) for one in verdicts], f"{folder}/verdicts.jsonl.xz"
        ),
        replies=_sorted(replies, [(one.key,) for one in replies], f"{folder}/replies.jsonl.xz"),
        scores=_document(files["scores.json"], Scores, f"{folder}/scores.json", 1),
    )


def _document(content: bytes, record: type[AnyRecord], where: str, indent: int) -> AnyRecord:
    if not content.endswith(b"\n"):
        raise BenchError(f"{where} is cut off")
    return parsed(content[:-1], record, where, indent)


def _sorted(
    records: Iterable[AnyRecord], keys: Sequence[tuple[str, ...]], where: str
) -> tuple[AnyRecord, ...]:
    """Return records that are in order, none there twice.

    Raises:
        BenchError: they are not.
    """
    if any(key >= following for key, following in pairwise(keys)):
        raise BenchError(f"{where} is not in order, or something is there twice")
    return tuple(records)
