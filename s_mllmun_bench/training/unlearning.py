"""Unlearning: running a method, from its folder and the data it may see to a finished adapter.

The output appears when all is done. What is broken off waits beside it, and the same command continues
it to the same adapter; anything else in that place is started anew. Of several processes the main one
makes the output; what a method writes in another is thrown away.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import torch
from pydantic import ValidationError

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints import checkpoint_digest, resolve_model
from s_mllmun_bench.checkpoints.architectures import skeleton
from s_mllmun_bench.checkpoints.loading import CONFIG
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data import dataset_digest, load_questions, load_refusals
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import RATIOS, Record
from s_mllmun_bench.whole import locked, require_place

from . import processes
from .cost import COST, Cost, measured, touched_by
from .few_shot import FewShot, part_of
from .methods import Method, read_method
from .settings import Computing, overridden, parse
from .task import CompleteRetain, UnlearningData, UnlearningTask, holds_work

RECORD = "unlearning.json"
"""The file in an adapter folder that says how it was made."""
_IDENTITY, _MADE, _TRAININGS = "identity.json", "adapter", "trainings"
"""What lies in the place of unfinished work: which run it is, what the method writes, its trainings."""


class UnlearningIdentity(Record):
    """What makes an unlearning run the one that it is; the same again gives the same adapter."""

    method: str
    method_digest: str
    """SHA-256 over the Python files of the method's folder."""
    ratio: int
    """Per cent of all people to forget."""
    seed: int
    settings: dict[str, Any]
    computing: Computing
    few_shot: FewShot = FewShot()
    """The part of the few-shot retain set that was given."""
    model: str
    """Digest of the checkpoint."""
    data: str
    """Digest of the dataset."""


class UnlearningRecord(UnlearningIdentity):
    """What is recorded of an unlearning run beside its adapter."""

    kind: str
    """``method``, ``reference`` or ``control``."""
    losses: dict[str, list[float]]
    """By training: the loss after every optimizer step, nats per answer token."""
    cost: Cost


def read_record(adapter: Path) -> UnlearningRecord:
    """Return what is recorded of an adapter folder that `unlearn` made.

    Raises:
        BenchError: there is no such record.
    """
    path = adapter / RECORD
    try:
        return UnlearningRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise BenchError(f"{adapter} holds no {RECORD} of ours") from error


def unlearn(
    method: str,
    model: str,
    data: str,
    ratio: int,
    output: Path,
    progress: Progress,
    *,
    seed: int = 0,
    assignments: Sequence[str] = (),
) -> UnlearningRecord:
    """Run a method and write its adapter folder.

    Args:
        method: a folder of ``submissions/``, or the path of anyone's.
        model: a fine-tuned checkpoint's folder, or the name of a shipped one.
        data: a dataset folder or Hub id.
        ratio: 5, 10 or 15 per cent of all people are to be forgotten.
        output: the adapter folder to make (for `retrain`: the checkpoint); it appears when all is done.
        progress: called while training goes on.
        seed: of everything random.
        assignments: ``key=value`` settings in place of the method's own; ``computing.*`` are those of
            `settings.Computing`, ``few_shot.*`` those of `few_shot.FewShot`.

    Raises:
        BenchError: method, model, data, ratio or a setting is wrong, the output exists, or training fails,
            or another process makes the output.
    """
    if ratio not in RATIOS:
        raise BenchError(f"the ratio must be one of {', '.join(map(str, RATIOS))}, not {ratio}")
    require_place(output)
    processes.join()
    script = contents.find("method", "submissions", method, "/submission.py")
    described, function = read_method(script.parent), _function(script)
    path = resolve_model(model, progress=progress)
    settings = overridden(described.settings_of(path), list(assignments))
    computing = parse(Computing, settings.pop("computing", {}), "computing")
    few_shot = parse(FewShot, settings.pop("few_shot", {}), "few_shot")
    identity = UnlearningIdentity(
        method=script.parent.name,
        method_digest=_code_digest(script.parent),
        ratio=ratio,
        seed=seed,
        settings=settings,
        computing=computing,
        few_shot=few_shot,
        model=checkpoint_digest(path),
        data=dataset_digest(data),
    )
    seen, complete = _seen(described, data, identity)
    unfinished = output.with_name(f".{output.name}.unfinished")
    with _alone(output):
        continued = processes.is_main() and _prepare(unfinished, identity, progress)
        processes.join()
        task = UnlearningTask(
            path,
            seen,
            settings,
            seed,
            progress,
            complete=complete,
            computing=computing,
            scratch=unfinished / _TRAININGS,
        )
        return _run(function, task, identity, described.kind, unfinished, output, continued)


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Keep other commands from the output and from its unfinished place, in the main process."""
    if not processes.is_main():
        yield
        return
    with locked(output):
        require_place(output)
        yield


def _function(script: Path) -> Callable[[UnlearningTask, Path], None]:
    """Return what a method does; see `contracts.Submission`."""
    found = getattr(contents.load(script), "unlearn", None)
    if not callable(found):
        raise BenchError(f"{script} is no method: it needs unlearn(task, output)")
    return cast(Callable[[UnlearningTask, Path], None], found)


def _run(
    function: Callable[[UnlearningTask, Path], None],
    task: UnlearningTask,
    identity: UnlearningIdentity,
    kind: str,
    unfinished: Path,
    output: Path,
    continued: bool,
) -> UnlearningRecord:
    """Run the method into its unfinished place, then move the result to ``output``."""
    started = time.monotonic()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with _place(unfinished) as made:
        function(task, made)
        if processes.is_main() and not any(made.iterdir()):
            raise BenchError(f"{identity.method}: unlearn() wrote no adapter into its output folder")
        touched = _touched(made, task.model) if processes.is_main() else (0, 0)
        cost = measured(task, time.monotonic() - started, touched, continued)
        losses = {name: [round(loss, 4) for loss in done.losses] for name, done in task.trainings.items()}
        record = UnlearningRecord(**identity.model_dump(), kind=kind, losses=losses, cost=cost)
        if processes.is_main():
            _write(made / COST, cost)
            _write(made / RECORD, record)
            made.rename(output)
            shutil.rmtree(unfinished)
    return record


@contextmanager
def _place(unfinished: Path) -> Iterator[Path]:
    """Yield where the method writes: in its unfinished place; in any but the main process, away."""
    if not processes.is_main():
        with TemporaryDirectory(prefix="bench-unlearning-") as away:
            made = Path(away) / _MADE
            made.mkdir()
            yield made
        return
    made = unfinished / _MADE
    made.mkdir()
    try:
        yield made
    except BenchError:
        # The same command would fail in the same way; after anything else it may go on from here.
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _touched(made: Path, model: Path) -> tuple[int, int]:
    """Return the parameters touched and all there are; a whole checkpoint touches every one."""
    if not (made / CONFIG).is_file():
        return touched_by(made, model)
    count = sum(parameter.numel() for parameter in skeleton(made).parameters())
    return count, count


def _seen(
    method: Method, data: str, identity: UnlearningIdentity
) -> tuple[UnlearningData, CompleteRetain | None]:
    """Load what a method may see, and nothing else."""
    if identity.few_shot != FewShot() and "retain_few_shot" not in method.sees:
        raise BenchError(f"few_shot: {method.name} is not given the few-shot retain set")
    config = f"unlearn_{identity.ratio:02}"
    forget = load_questions(data, config, "forget")
    few_shot = load_questions(data, config, "retain") if "retain_few_shot" in method.sees else []
    seen = UnlearningData(
        forget=forget if "forget" in method.sees else [],
        retain=part_of(few_shot, identity.few_shot, identity.seed) if few_shot else [],
        refusals=load_refusals(data) if "refusals" in method.sees else [],
    )
    if "retain_complete" not in method.sees:
        return seen, None
    forgotten = {question.person for question in forget}
    everybody = load_questions(data, "finetune", "train")
    return seen, CompleteRetain([one for one in everybody if one.person not in forgotten], identity.data)


def _prepare(unfinished: Path, identity: UnlearningIdentity, progress: Progress) -> bool:
    """Make the place of unfinished work, and return whether an earlier sitting left any work there."""
    path, trainings = unfinished / _IDENTITY, unfinished / _TRAININGS
    wanted = identity.model_dump_json(indent=2) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != wanted:
        if path.is_file():
            progress(1, 1, "dropped unfinished work of another method or other settings")
        shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(unfinished / _MADE, ignore_errors=True)
    trainings.mkdir(parents=True, exist_ok=True)
    path.write_text(wanted, encoding="utf-8")
    return any(holds_work(place) for place in trainings.iterdir())


def _code_digest(folder: Path) -> str:
    lines = [
        f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(folder.glob("*.py"))
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _write(path: Path, record: Record) -> None:
    path.write_text(json.dumps(record.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
