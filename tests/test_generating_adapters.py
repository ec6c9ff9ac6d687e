"""One loaded model with one adapter after the other: switching, and what is measured of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_generating import DECODING, broken_image, mixed_questions, question
from tiny import write_lora

from s_mllmun_bench.checkpoints.adapters import Adapter, IdentityAdapter, load_adapter
from s_mllmun_bench.checkpoints.merging import merge
from s_mllmun_bench.checkpoints.pruned import write_pruned
from s_mllmun_bench.checkpoints.sculpted import SculptedSettings, read_sculpted
from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import BackendSettings
from s_mllmun_bench.generating.switching import AdapterSwitch, log_probability_effect
from s_mllmun_bench.generating.transformers_backend import TransformersBackend
from s_mllmun_bench.generating.vllm_adapters import Merged, adapter_path
from s_mllmun_bench.generating.vllm_engine import Engine
from s_mllmun_bench.generating.vllm_worker import read_unchanged

PROBES = mixed_questions(4)
KINDS = ("lora", "sculpted", "pruned")


def pruned(folder: Path) -> Path:
    """Write a pruned-neuron adapter of a tiny checkpoint: 40 of the first layer's 128 neurons."""
    folder.mkdir()
    write_pruned(folder, {"model.language_model.layers.0.mlp.down_proj.weight": range(40)})
    return folder


@pytest.fixture(scope="module")
def adapters(
    tiny_lora: Path, tiny_sculpted: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Adapter]:
    folder = pruned(tmp_path_factory.mktemp("adapters") / "pruned")
    folders = {"lora": tiny_lora, "sculpted": tiny_sculpted, "pruned": folder}
    return {kind: load_adapter(path) for kind, path in folders.items()}


@pytest.fixture(scope="module")
def backend(tiny_checkpoint: Path) -> Iterator[TransformersBackend]:
    opened = TransformersBackend(tiny_checkpoint, BackendSettings(), DECODING)
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_in_memory_does_what_it_does_merged_to_disk(
    backend: TransformersBackend,
    adapters: dict[str, Adapter],
    tiny_checkpoint: Path,
    tmp_path: Path,
    kind: str,
) -> None:
    merge(tiny_checkpoint, [adapters[kind]], tmp_path / "merged")
    merged = TransformersBackend(tmp_path / "merged", BackendSettings(), DECODING)
    backend.use(adapters[kind])
    expected = merged.log_probabilities(PROBES)
    assert backend.log_probabilities(PROBES) == pytest.approx(expected, abs=1e-3)
    assert list(backend.generate(PROBES)) == list(merged.generate(PROBES))


def test_the_plain_model_comes_back_bit_for_bit(
    backend: TransformersBackend, adapters: dict[str, Adapter]
) -> None:
    backend.use(None)
    before = backend.log_probabilities(PROBES)
    for kind in KINDS:
        backend.use(adapters[kind])
        assert backend.log_probabilities(PROBES) != before
    backend.use(None)
    assert backend.log_probabilities(PROBES) == before


def test_an_adapter_does_the_same_whatever_was_there_before(
    backend: TransformersBackend, adapters: dict[str, Adapter]
) -> None:
    backend.use(None)
    backend.use(adapters["pruned"])
    first = backend.log_probabilities(PROBES)
    backend.use(adapters["sculpted"])
    backend.use(adapters["pruned"])
    assert backend.log_probabilities(PROBES) == first


def test_the_effect_counts_keys_and_probes(
    backend: TransformersBackend, adapters: dict[str, Adapter]
) -> None:
    effect = backend.use(adapters["lora"], PROBES)
    assert effect is not None
    # Seven language layers of each of the two blocks: q, k, v, o, gate, up, down.
    assert (effect.measure, effect.keys, effect.probes, effect.changed) == ("log_probabilities", 14, 4, 4)
    assert effect.largest is not None and effect.largest > 0.01


def test_an_adapter_that_changes_nothing_is_seen_to(backend: TransformersBackend) -> None:
    effect = backend.use(IdentityAdapter("nothing"), PROBES)
    assert effect is not None
    assert (effect.keys, effect.probes, effect.changed, effect.largest) == (0, 4, 0, 0.0)


def test_a_probe_that_cannot_be_asked_is_an_error(backend: TransformersBackend) -> None:
    broken = question("broken", "Who is this?", broken_image())
    with pytest.raises(BenchError, match=r"effect, cannot be asked: question broken: .*cannot be read"):
        backend.use(IdentityAdapter("nothing"), [broken])


def test_an_adapter_of_another_model_is_an_error(backend: TransformersBackend, tmp_path: Path) -> None:
    write_pruned(tmp_path, {"model.language_model.layers.7.mlp.down_proj.weight": [0]})
    with pytest.raises(BenchError, match="1 of 1 keys find no weight in the model"):
        backend.use(load_adapter(tmp_path))
    backend.use(None)


@dataclass
class Model:
    """Stands for an engine: what was put into it, and how often it was measured."""

    put: list[str]
    measured: int = 0

    def change(self, former: Adapter | None, adapter: Adapter | None) -> None:
        self.put.append(adapter.source if adapter else "plain")

    def measure(self, probes: Sequence[Question]) -> list[float]:
        self.measured += 1
        return [-1.0 for _ in probes]


def test_the_plain_model_is_measured_once_and_no_adapter_is_put_twice() -> None:
    model = Model([])
    switch = AdapterSwitch(model.change, model.measure)
    one, other = (IdentityAdapter(name, digest=name) for name in ("one", "other"))
    for adapter in (one, one, other):
        switch.use(adapter, PROBES)
    # The plain model was there at first, so it need not be put; it was measured before the first adapter.
    assert model.put == ["one", "other"]
    assert model.measured == 1 + 3


def test_the_plain_model_is_gone_back_to_for_probes_it_was_not_asked() -> None:
    model = Model([])
    switch = AdapterSwitch(model.change, model.measure)
    switch.use(IdentityAdapter("one", digest="one"), ())
    switch.use(IdentityAdapter("one", digest="one"), PROBES)
    assert model.put == ["one", "plain", "one"]


def test_the_largest_change_is_the_absolute_one() -> None:
    effect = log_probability_effect(IdentityAdapter("a"), [-1.0, -2.0, -3.0], [-1.0, -2.5, -1.0])
    assert (effect.changed, effect.largest) == (2, 2.0)


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_log_probabilities_that_are_not_finite_are_one_line(value: float) -> None:
    adapter = IdentityAdapter("folder/of/it")
    with pytest.raises(
        BenchError, match=rf"with the adapter folder/of/it .* not finite \({value} for 1 of 2"
    ):
        log_probability_effect(adapter, [-1.0, -2.0], [-1.0, value])
    with pytest.raises(BenchError, match=r"the plain model's output is not finite .*for 2 of 2 probe"):
        log_probability_effect(adapter, [value, value], [-1.0, -1.0])


def test_an_adapter_that_blows_the_model_up_is_one_line(
    backend: TransformersBackend, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """Every factor is finite, and the product of two activations of 1e30 is not in float32."""
    folder = write_lora(tiny_checkpoint, tmp_path / "lora", seed=1, lora_alpha=1e30)
    with pytest.raises(BenchError, match=r"lora the model's output is not finite \(nan for 4 of 4 probe"):
        backend.use(load_adapter(folder), PROBES)
    backend.use(None)


@pytest.mark.parametrize("k", [None, 2.5, float("inf")])
def test_an_adapter_of_two_strengths_is_read_again_with_those_it_had(
    tiny_checkpoint: Path, tmp_path: Path, k: float | None
) -> None:
    settings = SculptedSettings(k=5.0, k_text=10.0, variant="by_modality")
    for number, name in enumerate((*settings.forget_folders(), "anchor")):
        write_lora(tiny_checkpoint, tmp_path / name, number)
    settings.save(tmp_path)
    own = read_sculpted(tmp_path)
    adapter = own if k is None else own.at(k)
    again = read_unchanged(*adapter_path(adapter))
    assert again.digest == adapter.digest
    settings.model_copy(update={"epsilon": 1e-3}).save(tmp_path)
    with pytest.raises(BenchError, match="has changed since it was first read; give the command again"):
        read_unchanged(*adapter_path(adapter))


def test_a_merged_checkpoint_whose_weights_are_not_finite_is_one_line(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    """The engine is never started: the effect of a merge is measured on the files."""
    huge = load_adapter(write_lora(tiny_checkpoint, tmp_path / "lora", seed=1, lora_alpha=1e45))
    engine = Engine(tiny_checkpoint, BackendSettings(), "float32", 64)
    merged = Merged(engine, tiny_checkpoint, trust_remote_code=False)
    merged.put(None, load_adapter(tiny_lora))
    assert merged.effect(load_adapter(tiny_lora)).changed == 14
    merged.put(None, huge)
    with pytest.raises(
        BenchError, match=r"with the adapter model\.layers\..* is too large for torch\.float32"
    ):
        merged.effect(huge)
    merged.close()
