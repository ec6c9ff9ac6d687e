"""What ``bench eval`` and ``bench generate`` ask for alike, declared once.

Typer reads a command's options from its signature, so `with_run_options` puts these into it.
"""

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from s_mllmun_bench.cli.bases import say_if_other_base
from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.cli.results import AsJson
from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    from s_mllmun_bench.running.plan import Plan
    from s_mllmun_bench.running.settings import Settings


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options as they were typed."""

    model: Annotated[
        str | None,
        typer.Option(
            help="A checkpoint folder, the name of a shipped one, or a Hub id with or without @revision."
        ),
    ] = None
    adapter: Annotated[
        list[str] | None,
        typer.Option(help="An adapter folder, or none for the plain model; repeatable, a run for each."),
    ] = None
    data: Annotated[str, typer.Option(help="A dataset folder, or its id on the Hub.")] = "s-mllmun-bench"
    ratio: Annotated[int, typer.Option(help="Per cent of the people to forget: 5, 10 or 15.")] = 5
    k: Annotated[
        str | None,
        typer.Option(
            "--k", help="Masking strengths by commas, in place of a sculpted adapter's own; a run for each."
        ),
    ] = None
    sets: Annotated[str, typer.Option(help="Who is asked about, by commas: forget, retain, unseen.")] = (
        "forget,retain"
    )
    limit: Annotated[
        int | None, typer.Option(help="Only so many people of each set, spread evenly over it.")
    ] = None
    backend: Annotated[
        str,
        typer.Option(
            help="vllm, transformers, openai:URL#model, predictions:FILE; auto is vllm where it is installed."
        ),
    ] = "auto"
    batch_size: Annotated[str, typer.Option(help="The most questions at once, or auto.")] = "auto"
    max_new_tokens: Annotated[int, typer.Option(help="The longest answer, in tokens.")] = 64
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto"
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run code that comes with the checkpoint.")
    ] = False
    max_model_len: Annotated[
        int | None, typer.Option(help="The most tokens of a prompt with its answer.")
    ] = None
    tensor_parallel: Annotated[int, typer.Option(help="GPUs for one vLLM engine.")] = 1
    gpu_memory: Annotated[float | None, typer.Option(help="Share of each GPU's memory for vLLM, 0 to 1.")] = (
        None
    )
    engine: Annotated[
        str,
        typer.Option(help="local: one engine in this process; ray: replicas of it, here or on a cluster."),
    ] = "local"
    replicas: Annotated[
        int | None,
        typer.Option(
            help="Engines on Ray, --tensor-parallel GPUs for each; otherwise for all GPUs, or 1 on a CPU."
        ),
    ] = None
    ray_address: Annotated[
        str | None,
        typer.Option(
            help="A running Ray: HOST:PORT, or auto for this machine's cluster. Else one is started here."
        ),
    ] = None
    replica_timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Silence after which a replica is held to hang and started again; longer if its starts and "
            "windows are long. 600 if not given.",
        ),
    ] = None
    engine_arg: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Anything else for vLLM; repeatable.")
    ] = None
    adapter_mode: Annotated[
        str, typer.Option(help="How vLLM gets adapters: auto, runtime, in-engine or merge.")
    ] = "auto"
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The run folder, or for several runs the folder around them; continued."
        ),
    ] = None
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew; a run that is there is moved aside.")
    ] = False
    allow_no_effect: Annotated[
        bool, typer.Option("--allow-no-effect", help="Evaluate an adapter that changes nothing, too.")
    ] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and ask nothing.")] = False
    as_json: AsJson = False

    def settings(self, judge: str | None) -> "Settings":
        """Return what a run is asked to do.

        Args:
            judge: judges by commas; `None` for none.

        Raises:
            BenchError: a list or a number cannot be read.
        """
        # Read when torch is imported: an engine's start is no warning to the user.
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
        from s_mllmun_bench.generating.backend import BackendSettings
        from s_mllmun_bench.running.settings import Settings

        backend = BackendSettings(
            name=self.backend,
            batch_size=_rows(self.batch_size),
            dtype=self.dtype,
            adapter_mode=cast(Any, self.adapter_mode),
            trust_remote_code=self.trust_remote_code,
            max_model_len=self.max_model_len,
            tensor_parallel=self.tensor_parallel,
            gpu_memory=self.gpu_memory,
            engine_args=tuple(self.engine_arg or ()),
            engine=cast(Any, self.engine),
            replicas=self.replicas,
            ray_address=self.ray_address,
            replica_timeout=self.replica_timeout,
        )
        return Settings(
            data=self.data,
            model=self.model,
            adapters=tuple(self.adapter or ()),
            ks=_strengths(self.k),
            ratio=cast(Any, self.ratio),
            sets=cast(Any, tuple(self.sets.split(","))),
            judge=judge,
            limit=self.limit,
            backend=backend,
            max_new_tokens=self.max_new_tokens,
            output=self.output,
            fresh=self.fresh,
            allow_no_effect=self.allow_no_effect,
        )

    def plans(self, settings: "Settings") -> "list[Plan]":
        """Return the runs that are asked for, showing how far a model's download is.

        Raises:
            BenchError: something of them cannot be had.
        """
        from s_mllmun_bench.running.plan import make_plans

        with progress_shown(quiet=self.as_json) as progress:
            plans = make_plans(settings, progress)
        model, named = plans[0].model, settings.model
        if model is not None and named is not None:
            adapters = [Path(plan.adapter_name) for plan in plans if plan.adapter_name is not None]
            say_if_other_base(adapters, model, named, "evaluated on")
        return plans


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command whose options are those of `RunOptions`, then its own.

    Args:
        command: takes a `RunOptions` first.
    """
    shared = inspect.signature(RunOptions).parameters
    own = list(inspect.signature(command).parameters.values())[1:]

    def typed(**given: Any) -> None:
        options = RunOptions(**{name: given.pop(name) for name in shared})
        command(options, **given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [one.replace(kind=keyword) for one in (*shared.values(), *own)]
    vars(typed)["__signature__"] = inspect.Signature(parameters)
    typed.__doc__ = command.__doc__
    return typed


def _rows(batch_size: str) -> int | None:
    if batch_size == "auto":
        return None
    if not batch_size.isdecimal():
        raise BenchError(f"the batch size must be at least 1 or auto, not {batch_size}")
    return int(batch_size)


def _strengths(ks: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(k) for k in ks.split(",")) if ks is not None else ()
    except ValueError as error:
        raise BenchError(f"--k takes numbers by commas, such as 1,2.5,inf, not {ks!r}") from error
