"""The runs that a command asks for, checked as a whole before anything is written.

Everything a user can get wrong (model, adapter, dataset, sets, judge, backend, folder) is looked at
here, so that bad input leaves nothing half written.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s_mllmun_bench.checkpoints.loading import resolve_model
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.questions import Question, load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import Decoding, grouped
from s_mllmun_bench.records import SetName
from s_mllmun_bench.running.identity import Identity, adapter_identity, shared_identity
from s_mllmun_bench.running.run import MANIFEST
from s_mllmun_bench.running.settings import PLAIN, Settings, checked

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter

__all__ = ["AskedQuestion", "Plan", "Settings", "default_folder", "make_plans"]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with the set it is asked for."""

    set: SetName
    question: Question


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that can begin."""

    settings: Settings
    """Of the whole command; the backend's name is resolved."""
    model: Path | None
    """`None` for a server or a file."""
    adapter: "Adapter | None"
    """`None` for the plain model."""
    adapter_name: str | None
    """The adapter's folder, as it was named."""
    label: str
    """Tells the command's runs apart, such as ``base`` or ``smfa_k2.5``."""
    asked: tuple[AskedQuestion, ...]
    """Set by set, person by person."""
    identity: Identity
    folder: Path

    @property
    def decoding(self) -> Decoding:
        """How answers are decoded."""
        return Decoding(max_new_tokens=self.settings.max_new_tokens)

    def in_order(self) -> list[Question]:
        """Return the questions in the order in which they are sent."""
        return grouped(one.question for one in self.asked)

    def probes(self, count: int = 6) -> list[Question]:
        """Return questions that tell whether an adapter does anything: of the forget set, spread evenly.

        If the forget set is not asked about, they are of the first set that is.
        """
        chosen = "forget" if "forget" in self.settings.sets else self.settings.sets[0]
        first = [one.question for one in self.asked if one.set == chosen]
        step = max(1, len(first) // count)
        return first[::step][:count]


@dataclass(frozen=True, slots=True)
class _Variant:
    """What a command's runs differ in."""

    label: str
    name: str | None
    adapter: "Adapter | None"


def make_plans(settings: Settings, progress: Progress | None = None) -> list[Plan]:
    """Check all that is asked for, and return the runs: one for each adapter, and each k of a sculpted one.

    They share the questions, and with them the images.

    Args:
        settings: as typed.
        progress: is told how far a checkpoint's download from the Hub is.

    Raises:
        BenchError: something of it cannot be had; the text says what.
    """
    settings = checked(settings)
    model = None
    if settings.model is not None:
        model = resolve_model(settings.model, settings.backend.trust_remote_code, progress)
    variants = _variants(settings)
    folders = _folders(settings, [one.label for one in variants])
    if model is not None:
        _require_fit(model, variants, settings.backend.trust_remote_code)
    shared = shared_identity(settings, model)
    asked = tuple(_questions(settings))
    if settings.backend_kind == "predictions":
        _require_predictions(settings, asked)
    return [
        Plan(
            settings=settings,
            model=model,
            adapter=one.adapter,
            adapter_name=one.name,
            label=one.label,
            asked=asked,
            identity=_with_adapter(shared, one.adapter),
            folder=folder,
        )
        for one, folder in zip(variants, folders, strict=True)
    ]


def default_folder(settings: Settings, label: str) -> Path:
    """Return ``runs/<model>_<label>_<ratio>``."""
    model = Path(settings.where.rpartition("#")[2]).stem if settings.model is None else settings.model
    name = re.sub(r"[^\w.@-]", "_", Path(model).name)
    return Path("runs") / f"{name}_{label}_{settings.ratio:02}"


def _variants(settings: Settings) -> list[_Variant]:
    names = settings.adapters or (PLAIN,)
    variants = [variant for name in names for variant in _of_adapter(name, settings.ks)]
    if settings.ks and not any(one.adapter and one.adapter.kind == "sculpted" for one in variants):
        raise BenchError("k belongs to a sculpted adapter, and none is given")
    return variants


def _of_adapter(name: str, ks: Sequence[float]) -> Iterator[_Variant]:
    """Yield an adapter once, or if it is a sculpted one, for each k."""
    if name == PLAIN:
        yield _Variant("base", None, None)
        return
    from s_mllmun_bench.checkpoints.adapters import load_adapter
    from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter

    adapter = load_adapter(Path(name))
    label = os.path.basename(os.path.abspath(name))
    if not ks or not isinstance(adapter, SculptedAdapter):
        yield _Variant(label, name, adapter)
        return
    for k in ks:
        yield _Variant(f"{label}_k{k:g}", name, adapter.at(k))


def _require_fit(model: Path, variants: Sequence[_Variant], trust_remote_code: bool) -> None:
    """Check the adapters' names against the checkpoint's here, before an engine is started for them."""
    from s_mllmun_bench.checkpoints.merging import require_fit

    by_name = {one.name: one.adapter for one in variants if one.adapter is not None}
    require_fit(model, list(by_name.values()), trust_remote_code)


def _folders(settings: Settings, labels: Sequence[str]) -> list[Path]:
    """Return the runs' folders, each another.

    Raises:
        BenchError: two runs would share one, or the folder for several is a run itself.
    """
    for place, label in enumerate(labels):
        if label in labels[:place]:
            raise BenchError(f"two of the runs would be called {label}; rename an adapter's folder")
    output = settings.output
    if output is None:
        return [default_folder(settings, label) for label in labels]
    if len(labels) == 1:
        return [output]
    if (output / MANIFEST).is_file():
        raise BenchError(f"{output} is a run, and {len(labels)} runs need a folder to lie in; give another")
    return [output / label for label in labels]


def _with_adapter(shared: Identity, adapter: "Adapter | None") -> Identity:
    if adapter is None:
        return shared
    return shared.model_copy(update={"adapter": adapter_identity(adapter)})


def _questions(settings: Settings) -> Iterator[AskedQuestion]:
    config = f"eval_{settings.ratio:02}"
    for name in settings.sets:
        for question in load_questions(settings.data, config, name, settings.limit):
            yield AskedQuestion(name, question)


def _require_predictions(settings: Settings, asked: Sequence[AskedQuestion]) -> None:
    """Check the file of predictions here, where it can be read before anything is written."""
    from s_mllmun_bench.generating.predictions_backend import PredictionsBackend

    PredictionsBackend(Path(settings.where)).require_match([one.question.id for one in asked])
