"""The vLLM backend says what the transformers backend says, with every kind of adapter in every way.

An engine takes a minute to start, so each way has one engine for all its tests; with `in-engine` and
`runtime` that is also the claim: one start serves the plain model and every adapter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from test_generating import broken_image, mixed_questions, question
from test_generating_adapters import pruned
from tiny import write_lora

from s_mllmun_bench.checkpoints.adapters import Adapter, load_adapter, write_identity
from s_mllmun_bench.checkpoints.architectures import Naming, skeleton
from s_mllmun_bench.checkpoints.loading import resolve_model
from s_mllmun_bench.checkpoints.lora import LoraAdapter
from s_mllmun_bench.checkpoints.sculpted import SculptedSettings
from s_mllmun_bench.data.questions import Question, load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import AdapterMode, BackendSettings, Decoding, grouped
from s_mllmun_bench.generating.transformers_backend import TransformersBackend

pytest.importorskip("vllm")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

from s_mllmun_bench.generating.vllm_adapters import RuntimeLora  # noqa: E402
from s_mllmun_bench.generating.vllm_backend import VllmBackend  # noqa: E402
from s_mllmun_bench.generating.vllm_engine import engine_arguments  # noqa: E402
from s_mllmun_bench.generating.vllm_modes import chosen_mode  # noqa: E402

SHIPPED = ("mini_qwen2_5_vl_200", "mini_llava_onevision")
DECODING = Decoding(max_new_tokens=32)
QUESTIONS = grouped(mixed_questions(40))
PROBES = QUESTIONS[::8]


@dataclass(frozen=True)
class Case:
    """Both backends on one checkpoint, with the adapters that the engine was started for."""

    vllm: VllmBackend
    transformers: TransformersBackend
    adapters: dict[str, Adapter]


WAYS: dict[str, tuple[str, AdapterMode, tuple[str, ...]]] = {
    "runtime": ("tiny_checkpoint", "auto", ("lora", "identity")),
    "in-engine": ("tiny_checkpoint", "auto", ("lora", "sculpted", "pruned", "identity")),
    "merge": ("tiny_sharded", "merge", ("sculpted",)),
    "in-engine-llava": ("tiny_llava", "auto", ("lora", "sculpted", "pruned")),
}
"""By name: the checkpoint's fixture, the mode that is asked for, and the kinds of adapters."""


def every_adapter(checkpoint: Path, folder: Path) -> dict[str, Adapter]:
    """Write one adapter of each kind for a checkpoint and return them by kind."""
    for name, seed in (("lora", 1), ("sculpted/forget", 1), ("sculpted/anchor", 2)):
        write_lora(checkpoint, folder / name, seed)
    SculptedSettings(k=1.0).save(folder / "sculpted")
    pruned(folder / "pruned")
    (folder / "identity").mkdir()
    write_identity(folder / "identity")
    return {kind: load_adapter(folder / kind) for kind in ("lora", "sculpted", "pruned", "identity")}


@pytest.fixture(scope="module", params=WAYS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    fixture, mode, kinds = WAYS[request.param]
    checkpoint: Path = request.getfixturevalue(fixture)
    every = every_adapter(checkpoint, tmp_path_factory.mktemp("adapters"))
    adapters = {kind: every[kind] for kind in kinds}
    other = TransformersBackend(checkpoint, BackendSettings(), DECODING)
    engine = VllmBackend(checkpoint, BackendSettings(adapter_mode=mode), list(adapters.values()), DECODING)
    assert engine.mode == request.param.removesuffix("-llava")
    yield Case(engine, other, adapters)
    engine.close()
    other.close()


def test_the_plain_model_and_every_adapter_are_those_of_transformers(case: Case) -> None:
    for adapter in (None, *case.adapters.values(), None):
        for backend in (case.vllm, case.transformers):
            backend.use(adapter)
        expected = case.transformers.log_probabilities(PROBES)
        assert case.vllm.log_probabilities(PROBES) == pytest.approx(expected, abs=1e-3)
        ours = {one.question_id: one for one in case.transformers.generate(QUESTIONS)}
        assert {one.question_id: one for one in case.vllm.generate(QUESTIONS)} == ours


def test_the_plain_model_comes_back_bit_for_bit(case: Case) -> None:
    case.vllm.use(None)
    before = case.vllm.log_probabilities(PROBES)
    case.vllm.use(next(iter(case.adapters.values())))
    assert case.vllm.log_probabilities(PROBES) != before
    case.vllm.use(None)
    assert case.vllm.log_probabilities(PROBES) == before


def test_the_effect_is_that_of_the_adapter_and_of_nothing_else(case: Case) -> None:
    for kind, adapter in case.adapters.items():
        effect = case.vllm.use(adapter, PROBES)
        assert effect is not None
        # Seven language layers of each of the two blocks, or one of them.
        assert effect.keys == {"lora": 14, "sculpted": 14, "pruned": 1, "identity": 0}[kind]
        if case.vllm.mode == "merge":
            assert (effect.measure, effect.changed) == ("weights", 14)
        else:
            expected = 0 if kind == "identity" else len(PROBES)
            assert (effect.measure, effect.changed) == ("log_probabilities", expected)
    case.vllm.use(None)


def test_a_bad_image_and_an_over_long_prompt_cost_only_themselves(case: Case) -> None:
    good = QUESTIONS[:4]
    broken = [question("broken", "Who is this?", broken_image()), question("long", "Where? " * 2000)]
    tight = question("tight", "Where? " * 330)
    answers = {one.question_id: one for one in case.vllm.generate([*good, *broken, tight])}
    assert "the image cannot be read" in (answers["broken"].failure or "")
    assert "maximum context length" in (answers["long"].failure or "")
    assert all(answers[one.id].text is not None for one in good)
    assert answers["tight"] == next(case.transformers.generate([tight]))
    for one in broken:
        with pytest.raises(ValueError, match=f"question {one.id}: "):
            case.vllm.log_probabilities([one])


def test_answers_that_nobody_waits_for_are_not_given_to_the_next(case: Case) -> None:
    expected = list(case.vllm.generate(QUESTIONS))
    abandoned = case.vllm.generate(QUESTIONS)
    next(abandoned)
    abandoned.close()
    assert list(case.vllm.generate(QUESTIONS)) == expected


def test_every_changed_weight_is_told_by_its_digest(case: Case) -> None:
    if case.vllm.mode != "in-engine":
        return
    case.vllm.use(None)
    (before,) = case.vllm._engine.in_workers("bench_weights")
    case.vllm.use(case.adapters["lora"])
    (after,) = case.vllm._engine.in_workers("bench_weights")
    changed = sorted(name.split(".")[-2] for name in before if before[name] != after[name])
    # vLLM holds q, k, v in one matrix and gate, up in another; two blocks.
    assert changed == sorted(2 * ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"])
    case.vllm.use(None)


def test_a_lora_whose_keys_do_not_all_arrive_is_an_error(case: Case) -> None:
    if case.vllm.mode != "runtime":
        return
    lora = case.adapters["lora"]
    assert isinstance(lora, LoraAdapter) and isinstance(case.vllm._adapters, RuntimeLora)
    factors = dict(lora.factors)
    more = replace(lora, factors=factors | {"another.weight": next(iter(factors.values()))})
    with pytest.raises(BenchError, match=r"14 of 15 keys reached vLLM's modules.*--adapter-mode in-engine"):
        case.vllm._adapters.put(None, more)
    case.vllm._adapters.put(None, None)


def test_an_adapter_that_changed_on_disk_is_not_used(
    case: Case, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    if case.vllm.mode == "merge":
        return
    read = load_adapter(write_lora(tiny_checkpoint, tmp_path / "lora", seed=1))
    write_lora(tiny_checkpoint, tmp_path / "lora", seed=2)
    case.vllm.use(None)
    with pytest.raises(BenchError, match="has changed since it was first read"):
        case.vllm.use(read)


def test_runtime_is_chosen_where_it_serves_all_adapters(
    tiny_checkpoint: Path, tiny_llava: Path, tmp_path: Path
) -> None:
    every = every_adapter(tiny_checkpoint, tmp_path)
    lora, sculpted, identity = (every[kind] for kind in ("lora", "sculpted", "identity"))

    def mode(model: Path, *adapters: Adapter) -> str:
        return chosen_mode("auto", model, adapters, Naming(skeleton(model)))

    assert mode(tiny_checkpoint, lora, identity) == "runtime"
    assert mode(tiny_checkpoint, lora, sculpted) == "in-engine"
    assert mode(tiny_checkpoint, identity) == "in-engine"
    assert mode(tiny_llava, lora) == "in-engine"
    with pytest.raises(BenchError, match=r"at run time: .*sculpted is sculpted, no LoRA; use --adapter-mode"):
        chosen_mode("runtime", tiny_checkpoint, [sculpted], Naming(skeleton(tiny_checkpoint)))


def test_a_lora_on_the_vision_tower_is_not_for_run_time(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = write_lora(tiny_checkpoint, tmp_path / "lora", 1, target_modules=r"model\.visual.*\.qkv")
    with pytest.raises(
        BenchError, match=r"changes model\.visual\.blocks\.0\.attn\.qkv, outside the language"
    ):
        chosen_mode("runtime", tiny_checkpoint, [load_adapter(folder)], Naming(skeleton(tiny_checkpoint)))


def test_engine_arguments_are_json_or_text() -> None:
    given = ["max-num-batched-tokens=512", "kv_cache_dtype=auto", 'hf_overrides={"a": 1}']
    assert engine_arguments(given) == {
        "max_num_batched_tokens": 512,
        "kv_cache_dtype": "auto",
        "hf_overrides": {"a": 1},
    }


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("enforce_eager", "is written KEY=VALUE, not 'enforce_eager'"),
        ("dtype=float16", "the engine argument dtype is given with --dtype"),
        ("enable_lora=true", "enable_lora is set by the benchmark itself"),
        ("max_nun_seqs=4", "no engine argument named 'max_nun_seqs' in vllm.EngineArgs; there are: "),
    ],
)
def test_a_wrong_engine_argument_is_an_error(argument: str, reason: str) -> None:
    with pytest.raises(BenchError, match=reason):
        engine_arguments([argument])


def test_what_vllm_refuses_is_one_line(tiny_checkpoint: Path) -> None:
    settings = BackendSettings(engine_args=("kv_cache_dtype=nonsense",))
    with pytest.raises(BenchError, match=r"vLLM cannot start with .*: cache_dtype: Input should be") as error:
        VllmBackend(tiny_checkpoint, settings, [], DECODING)
    assert "\n" not in str(error.value)


def shipped_questions(folder: Path) -> list[Question]:
    """Return 200 evaluation questions of the mini benchmark."""
    from s_mllmun_bench.building import build

    build("mini", folder, limit=20)
    sets = [
        load_questions(folder, "eval_05", name, limit) for name, limit in (("forget", None), ("retain", 7))
    ]
    return [question for one in sets for question in one][:200]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_trained_checkpoint_gives_the_same_answers_plain_and_with_every_adapter(
    name: str, tmp_path: Path
) -> None:
    checkpoint = resolve_model(name)
    asked = grouped(shipped_questions(tmp_path / "mini"))
    every = every_adapter(checkpoint, tmp_path / "adapters")
    transformers = TransformersBackend(checkpoint, BackendSettings(), DECODING)
    vllm = VllmBackend(checkpoint, BackendSettings(), list(every.values()), DECODING)
    for adapter in (None, *every.values()):
        both = []
        for backend in (transformers, vllm):
            backend.use(adapter)
            both.append({one.question_id: one for one in backend.generate(asked)})
        ours, theirs = both
        differing = {name: (one, theirs[name]) for name, one in ours.items() if one != theirs[name]}
        assert len(theirs) == len(asked)
        assert len(differing) <= 0.01 * len(asked), (adapter, differing)
    vllm.close()
