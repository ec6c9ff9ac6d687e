"""``bench demo``: the whole way in small, from nothing to a scored table and a picture.

It does what a user would type, command by command, and says so. What a run before has left in the
folder is used again, so a demo that was broken off continues.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s_mllmun_bench.cli.progress import progress_shown
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Ratio

if TYPE_CHECKING:
    from s_mllmun_bench.reporting.paper_tables import Labelled
    from s_mllmun_bench.scoring.records import Scores

BASE = "mini_qwen2_5_vl"
"""The shipped checkpoint that has never met the people of the dataset: the floor."""
FINETUNED = "mini_qwen2_5_vl_200"
"""The shipped checkpoint that was fine-tuned on the demo's dataset."""
RATIO: Ratio = 5
BACKEND = "transformers"
"""For a few hundred questions to a mini checkpoint an engine would take longer to start than to answer."""
RETAIN_PEOPLE = 60
METHODS = {"idk_tuning": "IDK tuning", "smfa": "SMFA"}


@dataclass(frozen=True, slots=True)
class _Demo:
    """Where the demo works, how much it does and how it tells."""

    folder: Path
    people: int
    limit: int | None
    """People of each set to ask about; `None`: all."""
    seeds: int
    full: bool
    progress: Progress

    @property
    def data(self) -> str:
        return str(self.folder / "s-mllmun-bench")


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to work in.")] = Path("demo"),
    full: Annotated[
        bool, typer.Option("--full", help="Fine-tune the model here instead of taking the shipped one.")
    ] = False,
    people: Annotated[int, typer.Option(min=20, help="People in the dataset.")] = 200,
    complete: Annotated[
        bool, typer.Option("--complete", help="Ask about the complete retain set, not only 60 people of it.")
    ] = False,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each method, each with another seed.")] = 1,
) -> None:
    """Go the whole way in small: build, fine-tune, unlearn, evaluate."""
    from s_mllmun_bench.reporting.figures import save_trade_off
    from s_mllmun_bench.reporting.tables import markdown_table, terminal_table
    from s_mllmun_bench.reporting.terminal import show
    from s_mllmun_bench.whole import save

    output.mkdir(parents=True, exist_ok=True)
    with progress_shown() as progress:
        rows = list(
            _scored(_Demo(output, people, None if complete else RETAIN_PEOPLE, seeds, full, progress))
        )
    picture = save_trade_off(rows, output / "trade_off.png")
    save(output / "table.md", markdown_table(rows))
    show(terminal_table(rows))
    typer.echo(_READING)
    typer.echo(f"The picture: {picture}; the table: {output / 'table.md'}\n")
    own = output / "finetuned"
    typer.echo(_next_steps(output, str(own) if own.exists() else FINETUNED))


_READING = (
    "'before' never met these people: its memory figures are the floor, what guessing earns. A good\n"
    "method takes memory on the forget set down to the floor and leaves everything else where\n"
    "'original' has it."
)


def _scored(demo: _Demo) -> "Iterator[Labelled]":
    """Do every step and yield each evaluated model with its scores."""
    from s_mllmun_bench.reporting.paper_tables import Labelled

    _build(demo)
    model = _finetuned(demo)
    yield Labelled("before", _evaluate(demo, "before", BASE, None))
    yield Labelled("original", _evaluate(demo, "original", model, None))
    for method, label in METHODS.items():
        for seed in range(demo.seeds):
            adapter = _unlearn(demo, method, model, seed)
            name = label if demo.seeds == 1 else f"{label}, seed {seed}"
            yield Labelled(name, _evaluate(demo, adapter.name, model, adapter), ranked=True)


def _stale(path: str | Path, what: str) -> BenchError:
    return BenchError(f"{path} {what}; remove it, or use another --output")


def _build(demo: _Demo) -> None:
    from s_mllmun_bench.building import build
    from s_mllmun_bench.data.identity import read_identity

    if Path(demo.data).exists():
        if read_identity(Path(demo.data)).people != demo.people:
            raise _stale(demo.data, f"has not {demo.people} people")
        return
    _say(f"bench build mini --limit {demo.people} -o {demo.data}")
    build("mini", Path(demo.data), limit=demo.people, progress=demo.progress)


def _finetuned(demo: _Demo) -> str:
    """Return the fine-tuned checkpoint: the shipped one if it was made from this very dataset."""
    from s_mllmun_bench.checkpoints import resolve_model
    from s_mllmun_bench.data import dataset_digest
    from s_mllmun_bench.training.finetuning import finetune
    from s_mllmun_bench.training.pretraining import read_card

    own = demo.folder / "finetuned"
    digest = dataset_digest(demo.data)
    if own.exists():
        card = read_card(own)
        if card is None or card.data != digest:
            raise _stale(own, "was fine-tuned on another dataset")
        return str(own)
    card = None if demo.full else read_card(resolve_model(FINETUNED))
    if card is not None and card.data == digest:
        _say(f"Taking the shipped {FINETUNED}, fine-tuned on this very dataset (--full trains it).")
        return FINETUNED
    if not demo.full:
        _say(f"The shipped checkpoint {FINETUNED} knows another dataset than this one; training.")
    _say(f"bench finetune --model {BASE} --data {demo.data} -o {own}")
    finetune(BASE, demo.data, own, demo.progress)
    return str(own)


def _unlearn(demo: _Demo, method: str, model: str, seed: int) -> Path:
    from s_mllmun_bench.checkpoints import checkpoint_digest, resolve_model
    from s_mllmun_bench.data import dataset_digest
    from s_mllmun_bench.training.unlearning import read_record, unlearn

    adapter = demo.folder / "adapters" / f"{method}_seed{seed}"
    if adapter.exists():
        record = read_record(adapter)
        made_from = (checkpoint_digest(resolve_model(model)), dataset_digest(demo.data))
        if (record.model, record.data) != made_from:
            raise _stale(adapter, "was made from another model or dataset")
        return adapter
    _say(
        f"bench unlearn {method} --model {model} --data {demo.data} "
        f"--ratio {RATIO} --seed {seed} -o {adapter}"
    )
    unlearn(method, model, demo.data, RATIO, adapter, demo.progress, seed=seed)
    return adapter


def _evaluate(demo: _Demo, name: str, model: str, adapter: Path | None) -> "Scores":
    run = demo.folder / "runs" / name
    options = f" --adapter {adapter}" if adapter else ""
    options += f" --limit {demo.limit}" if demo.limit else ""
    _say(
        f"bench eval --model {model}{options} --data {demo.data} --ratio {RATIO} --backend {BACKEND}"
        f" --judge offline -o {run}"
    )
    from s_mllmun_bench.running.evaluate import evaluate

    try:
        return evaluate(
            model=model,
            adapter=adapter,
            data=demo.data,
            ratio=RATIO,
            backend=BACKEND,
            judge="offline",
            limit=demo.limit,
            output=run,
            progress=demo.progress,
        )
    except BenchError as error:
        raise BenchError(f"{error} (remove {run} to evaluate it anew)") from error


def _say(text: str) -> None:
    typer.echo(f"\n> {text}", err=True)


def _next_steps(folder: Path, model: str) -> str:
    return (
        "What next:\n"
        "  another strength, without training:\n"
        f"    bench eval --model {model} --adapter {folder}/adapters/smfa_seed0 --k 4 "
        f"--data {folder}/s-mllmun-bench --ratio {RATIO} --backend {BACKEND} -o {folder}/runs/smfa_k4\n"
        "  your own method: copy submissions/idk_tuning to a folder of yours, change it, then\n"
        f"    bench unlearn ./my_method --model {model} --data {folder}/s-mllmun-bench --ratio {RATIO} "
        f"-o {folder}/adapters/mine\n"
        "  the data:\n"
        f"    cd {folder} && python -c 'from datasets import load_dataset; "
        'print(load_dataset("s-mllmun-bench"))\'\n'
    )
