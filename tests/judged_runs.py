"""Judged runs on disk, made up for tests: six people per set, one question of each task to each."""

import json
from pathlib import Path
from typing import Any

from answered import a_verdict, an_answer

from s_mllmun_bench.records import TASKS
from s_mllmun_bench.running.identity import AdapterIdentity, Identity
from s_mllmun_bench.running.run import Manifest, Run, start_run

PEOPLE = 6
BEFORE, FORGETS, DESTROYS = (8.0, 9.0), (8.0, 2.0), (3.0, 1.0)
"""Fact Scores on the forget set: of image understanding, and of memory."""


def identity(adapter: str | None, k: float | None = None, **fields: Any) -> Identity:
    """Return the identity of a run on a file of answers, by one judge."""
    kind = "lora" if k is None else "sculpted"
    known = None if adapter is None else AdapterIdentity(kind=kind, digest=adapter, k=k)
    plain: dict[str, Any] = {
        "data": "data",
        "model": "model",
        "adapter": known,
        "ratio": 5,
        "sets": ("forget", "retain"),
        "limit": None,
        "decoding": None,
        "prompt": None,
        "backend": "predictions",
        "dtype": None,
        "max_model_len": None,
        "engine_args": (),
        "judges": {"some_judge": "0123456789ab"},
    }
    return Identity(**plain | fields)


def a_run(
    folder: Path,
    forget: tuple[float, float],
    retain: float = 9.0,
    adapter: Path | None = None,
    judged: bool = True,
    **fields: Any,
) -> Path:
    """Write a run of six people per set, one question of each task to each, and return its folder."""
    facts = {
        (s, task): retain if s == "retain" else forget[task != "image_understanding"]
        for s in ("forget", "retain")
        for task in TASKS
    }
    answers = [
        an_answer(
            f"{s}{p}-{task}",
            f"{folder.name} says so.",
            person=f"{s}{p}",
            set_name=s,
            task=task,
            image=None if task == "text_memory" else "face",
        )
        for s, task in facts
        for p in range(PEOPLE)
    ]
    manifest = Manifest(
        identity=identity(None if adapter is None else str(adapter), **fields),
        model="model",
        adapter=None if adapter is None else str(adapter),
        adapter_mode=None,
        data="data",
        questions=len(answers),
        effect=None,
        versions={},
        command="bench eval",
    )
    run: Run = start_run(folder, manifest)
    run.answers.append(answers)
    if judged:
        run.verdicts.append(a_verdict(one.question_id, facts[one.set, one.task]) for one in answers)
    return folder


def made_by(folder: Path, method: str, **more: Any) -> Path:
    """Write an adapter folder that says which method made it."""
    folder.mkdir()
    (folder / "unlearning.json").write_text(json.dumps({"method": method, "seed": 0} | more))
    return folder
