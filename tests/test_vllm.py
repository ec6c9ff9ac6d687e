"""The vLLM backend says what the transformers backend says.

An engine takes a minute to start, so there are two: an untrained checkpoint with an adapter, and the
shipped mini checkpoint with 200 questions of the mini benchmark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_generating import broken_image, mixed_questions, question

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints.adapters import load_adapter
from s_mllmun_bench.data.questions import Question, load_questions
from s_mllmun_bench.generating.backend import Backend, Decoding, grouped
from s_mllmun_bench.generating.opening import open_backend

pytest.importorskip("vllm")
pytestmark = pytest.mark.slow

SHIPPED = contents.folder("builders") / "checkpoints" / "mini_qwen2_5_vl_200"
DECODING = Decoding(max_new_tokens=32)


@dataclass(frozen=True)
class Case:
    """Both backends on the same weights, and what to ask them."""

    vllm: Backend
    transformers: Backend
    questions: list[Question]


def shipped_questions(folder: Path) -> list[Question]:
    """Return 200 evaluation questions of the mini benchmark."""
    from s_mllmun_bench.building import build

    build("mini", folder, limit=20)
    sets = [
        load_questions(folder, "eval_05", name, limit) for name, limit in (("forget", None), ("retain", 7))
    ]
    return [question for one in sets for question in one][:200]


@pytest.fixture(scope="module", params=["adapter", "shipped"])
def case(
    request: pytest.FixtureRequest,
    tiny_checkpoint: Path,
    tiny_lora: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Case]:
    shipped = request.param == "shipped"
    model = SHIPPED if shipped else tiny_checkpoint
    adapters = [load_adapter(tiny_lora)] if request.param == "adapter" else []
    asked = shipped_questions(tmp_path_factory.mktemp("data") / "mini") if shipped else mixed_questions(40)
    other = open_backend("transformers", model, adapters, DECODING, probes=asked[:4])
    engine = open_backend("vllm", model, adapters, DECODING)
    yield Case(engine, other, grouped(asked))
    engine.close()
    other.close()


def test_both_backends_give_the_same_answers(case: Case) -> None:
    ours = {one.question_id: one for one in case.transformers.generate(case.questions)}
    theirs = {one.question_id: one for one in case.vllm.generate(case.questions)}
    differing = {name: (one, theirs[name]) for name, one in ours.items() if one != theirs[name]}
    assert len(theirs) == len(case.questions)
    assert len(differing) <= 0.02 * len(case.questions), differing


def test_both_backends_find_reference_answers_equally_likely(case: Case) -> None:
    some = case.questions[:: max(1, len(case.questions) // 8)]
    expected = case.transformers.log_probabilities(some)
    assert case.vllm.log_probabilities(some) == pytest.approx(expected, abs=1e-3)


def test_a_bad_image_and_an_over_long_prompt_cost_only_themselves(case: Case) -> None:
    good = case.questions[:4]
    broken = [question("broken", "Who is this?", broken_image()), question("long", "Where? " * 2000)]
    tight = question("tight", "Where? " * 330)
    answers = {one.question_id: one for one in case.vllm.generate([*good, *broken, tight])}
    assert "the image cannot be read" in (answers["broken"].failure or "")
    assert "maximum context length" in (answers["long"].failure or "")
    assert all(answers[one.id].text is not None for one in good)
    assert answers["tight"] == next(case.transformers.generate([tight]))


def test_the_adapters_effect_is_measured_in_each_backends_way(case: Case) -> None:
    if case.transformers.effect is None:
        assert case.vllm.effect is None
        return
    assert case.transformers.effect.measure == "log_probabilities"
    assert case.transformers.effect.changed == 4
    assert case.vllm.effect is not None
    assert case.vllm.effect.measure == "weights"
    # Seven language layers of each of the two blocks: q, k, v, o, gate, up, down.
    assert case.vllm.effect.changed == 14
