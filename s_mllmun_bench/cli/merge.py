"""``bench merge``: a checkpoint with adapters merged into its weights, or an adapter as a plain LoRA."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.bases import say_if_other_base
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson
from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter
    from s_mllmun_bench.checkpoints.lowrank import LowRank, ProbeChange
    from s_mllmun_bench.data.questions import Question

_PROBES = 6


def merge(
    model: Annotated[str, typer.Option(help="A checkpoint folder, the name of a shipped one, or a Hub id.")],
    adapter: Annotated[list[Path], typer.Option(help="An adapter folder; repeatable, applied in order.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to make.")],
    k: Annotated[
        float | None, typer.Option("--k", help="Masking strength in place of the sculpted adapters' own.")
    ] = None,
    as_lora: Annotated[
        bool, typer.Option("--as-lora", help="Write the adapter as a plain LoRA, not a merged checkpoint.")
    ] = False,
    rank: Annotated[int | None, typer.Option(help="Of that LoRA.")] = None,
    data: Annotated[
        str | None, typer.Option(help="A dataset to measure on what that LoRA changes, folder or Hub id.")
    ] = None,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run code that comes with the checkpoint.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Merge adapters into a checkpoint, or write one as a plain LoRA.

    The merged checkpoint has the files, tensor names and dtypes of the one it comes from. A file of weights
    that no adapter changes is a hard link where the disk has those: the same bytes under a second name, so
    whoever edits it in place edits both checkpoints; deleting one leaves the other whole.
    """
    loaded = _loaded(adapter, k)
    if as_lora:
        if rank is None or len(loaded) != 1:
            raise BenchError("--as-lora takes one --adapter and a --rank")
        folder = _resolved(model, trust_remote_code, as_json)
        say_if_other_base(adapter, folder, model, "rewritten for")
        record = _write_lora(folder, loaded[0], rank, output, data, trust_remote_code, as_json)
        _show_lora(output, loaded[0], record, as_json)
        return
    if rank is not None or data is not None:
        raise BenchError("--rank and --data go with --as-lora")
    folder = _resolved(model, trust_remote_code, as_json)
    say_if_other_base(adapter, folder, model, "merged into")
    _merge(folder, loaded, output, trust_remote_code, as_json)


def _resolved(model: str, trust_remote_code: bool, as_json: bool) -> Path:
    """Return the checkpoint's folder, fetched from the Hub if it is there only."""
    from s_mllmun_bench.checkpoints.loading import resolve_model

    with progress_shown(quiet=as_json) as progress:
        return resolve_model(model, trust_remote_code, progress)


def _loaded(folders: Sequence[Path], k: float | None) -> "list[Adapter]":
    """Return the adapters; the sculpted ones with this k."""
    from s_mllmun_bench.checkpoints.adapters import load_adapter
    from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter

    loaded = [load_adapter(folder) for folder in folders]
    if k is None:
        return loaded
    if not any(isinstance(one, SculptedAdapter) for one in loaded):
        raise BenchError("--k is for sculpted adapters, and none is given")
    return [one.at(k) if isinstance(one, SculptedAdapter) else one for one in loaded]


def _merge(
    model: Path, adapters: "Sequence[Adapter]", output: Path, trust_remote_code: bool, as_json: bool
) -> None:
    from s_mllmun_bench.checkpoints.loading import checkpoint_digest
    from s_mllmun_bench.checkpoints.merging import merge as merge_into

    with progress_shown(quiet=as_json) as progress:
        merge_into(model, adapters, output, progress, trust_remote_code)
    digest = checkpoint_digest(output)
    if as_json:
        typer.echo(json.dumps({"output": str(output), "digest": digest}))
        return
    typer.echo(f"{output}: {model} with {', '.join(f'{one.kind} adapter {one.source}' for one in adapters)}")
    typer.echo(f"digest {digest}")


def _write_lora(
    model: Path,
    adapter: "Adapter",
    rank: int,
    output: Path,
    data: str | None,
    trust_remote_code: bool,
    as_json: bool,
) -> "LowRank":
    """Write the LoRA, measure what it changes where there is a dataset, and return what is stored."""
    from s_mllmun_bench.checkpoints.loading import load_processor
    from s_mllmun_bench.checkpoints.lowrank import as_lora

    probes = _probes(data) if data is not None else []
    if probes:
        # What the measuring needs is looked at before anything is written.
        load_processor(model, trust_remote_code)
    with progress_shown(quiet=as_json) as progress:
        record = as_lora(model, adapter, rank, output, progress, trust_remote_code)
    if probes:
        change = _change(model, adapter, output, probes, trust_remote_code)
        record = record.model_copy(update={"change": change})
        record.save(output)
    return record


def _probes(data: str) -> "list[Question]":
    """Return a few questions of the forget set, spread over one person's."""
    from s_mllmun_bench.data.questions import load_questions

    questions = load_questions(data, "eval_05", "forget", limit=1)
    return questions[:: max(1, len(questions) // _PROBES)][:_PROBES]


def _change(
    model: Path, adapter: "Adapter", lora: Path, probes: "list[Question]", trust_remote_code: bool
) -> "ProbeChange":
    """Return what becomes of the probes' log-probabilities with the adapter, and then with its LoRA."""
    from s_mllmun_bench.checkpoints.adapters import load_adapter
    from s_mllmun_bench.checkpoints.lowrank import ProbeChange
    from s_mllmun_bench.generating.backend import BackendSettings, Decoding
    from s_mllmun_bench.generating.transformers_backend import TransformersBackend

    backend = TransformersBackend(model, BackendSettings(trust_remote_code=trust_remote_code), Decoding())
    measured = []
    for one in (None, adapter, load_adapter(lora)):
        backend.use(one)
        measured.append(backend.log_probabilities(probes))
    backend.close()
    plain, adapted, cut = measured
    return ProbeChange(
        probes=len(probes),
        largest=max(abs(one - other) for one, other in zip(adapted, cut, strict=True)),
        largest_effect=max(abs(one - other) for one, other in zip(plain, adapted, strict=True)),
    )


def _show_lora(output: Path, adapter: "Adapter", record: "LowRank", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"output": str(output), **record.model_dump()}))
        return
    typer.echo(f"{output}: {adapter.kind} adapter {adapter.source} as a LoRA of rank {record.rank}")
    typer.echo(
        f"energy kept: {record.energy:.1%} over {record.weights} weights; "
        f"least, {record.smallest_energy:.1%}, of {record.smallest_name}"
    )
    if record.change is not None:
        typer.echo(
            f"log-probability of {record.change.probes} probe answers: changed by at most "
            f"{record.change.largest:.3g} nats; the adapter itself changes it by up to "
            f"{record.change.largest_effect:.3g}"
        )
