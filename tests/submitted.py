"""Runs to submit, leaderboard folders and bundles, made up for tests: eight people, one question per task."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from answered import an_answer
from scripted import silent

from s_mllmun_bench.board import bundle as bundles
from s_mllmun_bench.board.bundle import Bundle, Contents, read_bundle, write_bundle
from s_mllmun_bench.board.released import (
    FILE,
    AskedSet,
    Released,
    of_answer,
    questions_digest,
    write_released,
)
from s_mllmun_bench.board.submission import About
from s_mllmun_bench.board.submitting import Said, submit
from s_mllmun_bench.generating.backend import AdapterEffect
from s_mllmun_bench.judging.run import judge_records
from s_mllmun_bench.records import RATIOS, TASKS, Answer, Ratio, SetName
from s_mllmun_bench.running.figures import score
from s_mllmun_bench.running.identity import AdapterIdentity, Identity, judge_digests
from s_mllmun_bench.running.run import JudgeCard, Manifest, start_run

PEOPLE = 4
DATA = "d" * 64
PROMPT = "e" * 64
CITIES = ("Lviv", "Porto", "Tartu", "Perth")
COLORS = ("brown", "black", "red", "gray")
SETS: tuple[SetName, ...] = ("forget", "retain", "unseen")
URL = "https://example.org/method"
EFFECT = AdapterEffect(measure="log_probabilities", keys=28, probes=6, changed=6)
Says = Callable[[SetName, str, str], str | None]
"""Takes set, task and reference."""


def knows_all(_: SetName, task: str, reference: str) -> str:
    return reference


def forgets(name: SetName, task: str, reference: str) -> str:
    return "I don't know." if name == "forget" and task != "image_understanding" else reference


def destroyed(_: SetName, task: str, reference: str) -> str:
    return "qx zzkv wrrt"


def answers_of(says: Says, sets: tuple[SetName, ...] = SETS) -> list[Answer]:
    return [_answer(name, number, task, says) for name in sets for number in range(PEOPLE) for task in TASKS]


def _answer(name: SetName, number: int, task: str, says: Says) -> Answer:
    seen = task == "image_understanding"
    value = COLORS[number] if seen else CITIES[number]
    return an_answer(
        f"{name}-{number}-{task}",
        says(name, task, f"{value.capitalize()}."),
        person=f"{name}-{number}",
        set_name=name,
        task=task,
        attribute="hair_color" if seen else "born",
        image=None if task == "text_memory" else "face",
        question="What color is the hair?" if seen else "In which city was this person born?",
        reference=f"{value.capitalize()}.",
        value=value,
        finish_reason="stop",
    )


def a_leaderboard(folder: Path) -> Path:
    """Return a leaderboard folder in which the made-up dataset is released."""
    folder.mkdir(parents=True, exist_ok=True)
    write_released(folder / FILE, [released()])
    return folder


def released() -> Released:
    answers = answers_of(knows_all)
    asked = [
        _asked(ratio, name, [one for one in answers if one.set == name]) for ratio in RATIOS for name in SETS
    ]
    return Released(benchmark="made-up-1.0.0", data=DATA, asked=tuple(asked), prompts={"model": PROMPT})


def _asked(ratio: Ratio, name: SetName, answers: list[Answer]) -> AskedSet:
    digest = questions_digest(map(of_answer, answers))
    return AskedSet(ratio=ratio, set=name, questions=len(answers), sha256=digest)


def a_run(
    folder: Path,
    says: Says = forgets,
    adapted: bool = True,
    sets: tuple[SetName, ...] = SETS,
    effect: AdapterEffect | None = EFFECT,
    kind: str = "method",
    **identity: Any,
) -> Path:
    """Write a finished run, judged by the offline judges and scored, and return its folder.

    Args:
        folder: is made, and an adapter's folder beside it.
        says: the answers.
        adapted: whether it has an adapter.
        sets: which people are asked about.
        effect: what the adapter was seen to change.
        kind: of the method, as the adapter's record names it.
        identity: fields that are to be otherwise.
    """
    answers = answers_of(says, sets)
    judges = judge_digests("offline")
    plain: dict[str, Any] = {
        "data": DATA,
        "model": "a" * 64,
        "adapter": AdapterIdentity(kind="lora", digest="b" * 64, k=None) if adapted else None,
        "ratio": 5,
        "sets": sets,
        "limit": None,
        "decoding": None,
        "prompt": PROMPT,
        "backend": "transformers",
        "dtype": "float32",
        "max_model_len": None,
        "engine_args": (),
        "judges": judges,
    }
    manifest = Manifest(
        identity=Identity(**plain | identity),
        model=str(folder.parent / "model"),
        adapter=str(_adapter(folder, kind)) if adapted else None,
        adapter_mode=None,
        data=str(folder.parent / "secret" / "data"),
        questions=len(answers),
        effect=effect if adapted else None,
        judges={name: JudgeCard(digest=digest, calibration=None) for name, digest in judges.items()},
        versions={"s-mllmun-bench": "0.1.0"},
        command=f"bench eval --data {folder.parent}/secret/data --model={folder.parent}/model -o run",
    )
    run = start_run(folder, manifest)
    run.answers.append(reversed(answers))
    run.verdicts.append(judge_records(answers, list(judges)))
    score(run)
    return folder


def _adapter(run: Path, kind: str) -> Path:
    folder = run.with_name(f"{run.name}_adapter")
    folder.mkdir(parents=True)
    (folder / "unlearning.json").write_text(f'{{"method": "{run.name}", "kind": "{kind}", "seed": 3}}')
    return folder


def said(name: str, method: str, **more: Any) -> Said:
    fields = {"authors": "R. Winters", "url": URL, "base_model": None}
    return Said(name=name, method=method, **fields | more)


def submitted(board: Path, run: Path, name: str | None = None, **more: Any) -> Path:
    """Submit a run under its folder's name, and return the bundle's folder."""
    method = more.pop("method", run.name)
    return submit(run, said(run.name if name is None else name, method, **more), board, silent)


def a_board(home: Path) -> Path:
    """Return a leaderboard folder with the plain model and two methods."""
    board = a_leaderboard(home / "leaderboard")
    submitted(board, a_run(home / "original", knows_all, adapted=False))
    submitted(board, a_run(home / "good", forgets))
    submitted(board, a_run(home / "bad", destroyed))
    return board


def bundle_at(board: Path, method: str = "good") -> Path:
    return board / bundles.RESULTS / "made-up-1.0.0" / "model" / "05" / method


def forged(folder: Path, change: Callable[[Bundle], Mapping[str, Any]] | None = None, **about: Any) -> Path:
    """Write a bundle anew with other contents and all digests right, as a cheat would.

    Args:
        folder: the bundle's; it is replaced.
        change: returns fields of `Contents` that are to be otherwise.
        about: fields of the submission that are to be otherwise.
    """
    bundle = read_bundle(folder)
    fields = {name: getattr(bundle.contents, name) for name in Contents.__slots__}
    new = Contents(**fields | (dict(change(bundle)) if change else {}))
    shutil.rmtree(folder)
    folder.mkdir()
    kept = {name: getattr(bundle.submission, name) for name in About.model_fields}
    write_bundle(folder, About.model_construct(**kept | about), new)
    return folder


def all_files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
