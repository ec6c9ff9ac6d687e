"""Generating: the order of questions, prompts, and the transformers backend on a tiny checkpoint."""

import io
import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from s_mllmun_bench.data.questions import Question, StoredImage
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import BackendSettings, Decoding, grouped, in_halves, windows
from s_mllmun_bench.generating.opening import open_backend, resolved_backend
from s_mllmun_bench.generating.prompts import end_tokens, prompt_digest, resolved_dtype
from s_mllmun_bench.generating.transformers_backend import TransformersBackend

DECODING = Decoding(max_new_tokens=8)


def stored_image(color: str, size: int = 112) -> StoredImage:
    file = io.BytesIO()
    Image.new("RGB", (size, size), color).save(file, "PNG")
    return StoredImage(file.getvalue(), sha256(file.getvalue()).hexdigest())


def broken_image() -> StoredImage:
    data = stored_image("red").data[:60]
    return StoredImage(data, sha256(data).hexdigest())


def question(name: str, text: str, image: StoredImage | None = None) -> Question:
    return Question(
        id=name,
        person="p0001",
        task="image_memory" if image else "text_memory",
        attribute="born",
        image_kind="face" if image else None,
        image=image,
        question=text,
        answer="This person was born in Lviv, Ukraine.",
        value="Lviv, Ukraine",
    )


def mixed_questions(count: int) -> list[Question]:
    images = [stored_image(color) for color in ("red", "green", "blue")]
    texts = ("Where was this person born?", "What is the annual salary?", "Hair?")
    return [
        question(f"q{n:03}", f"{texts[n % 3]} {n}", images[n % 3] if n % 5 < 3 else None)
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def backend(tiny_checkpoint: Path) -> Iterator[TransformersBackend]:
    opened = TransformersBackend(tiny_checkpoint, BackendSettings(batch_size=7), DECODING)
    yield opened
    opened.close()


def test_questions_on_one_image_follow_each_other_and_the_longest_group_comes_first() -> None:
    red, green = stored_image("red"), stored_image("green")
    asked = [
        question("a", "short", red),
        question("b", "the longest of all these questions", green),
        question("c", "a text of middle length"),
        question("d", "tiny", green),
        question("e", "tiny", red),
    ]
    # Longest text per group: green 34, no image 23, red 5.
    assert [one.id for one in grouped(asked)] == ["b", "d", "c", "a", "e"]


def test_windows_hold_everything_once_in_order() -> None:
    assert [list(part) for part in windows(range(5), 2)] == [[0, 1], [2, 3], [4]]


def test_one_bad_item_does_not_cost_its_neighbours() -> None:
    def work(items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise ValueError("three")
        return [item * 10 for item in items]

    results = [(list(some), result) for some, result in in_halves(range(6), work, ValueError)]
    # 0-5 fails; 0-2 is well, 3-5 fails; 3 fails alone, 4-5 is well.
    assert results[0] == ([0, 1, 2], [0, 10, 20])
    assert results[1][0] == [3]
    assert isinstance(results[1][1], ValueError)
    assert results[2:] == [([4, 5], [40, 50])]


def test_an_unexpected_error_is_raised() -> None:
    def work(items: Sequence[int]) -> list[int]:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        list(in_halves([1, 2], work, ValueError))


def test_a_batch_says_what_single_questions_say(backend: TransformersBackend) -> None:
    asked = mixed_questions(20)
    together = {one.question_id: one for one in backend.generate(asked)}
    assert sorted(together) == [one.id for one in asked]
    for one in asked[:6]:
        assert list(backend.generate([one])) == [together[one.id]]


def test_answers_are_those_of_plain_transformers(backend: TransformersBackend, tiny_checkpoint: Path) -> None:
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32)
    processor = AutoProcessor.from_pretrained(tiny_checkpoint)
    for one in mixed_questions(6):
        content = [{"type": "text", "text": one.question}]
        if one.image:
            content.insert(0, {"type": "image", "image": one.image.open()})
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
        output = model.generate(**inputs, do_sample=False, max_new_tokens=8)
        text = processor.tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        assert next(backend.generate([one])).text == text.strip()


def test_the_length_limit_is_told_from_an_answer_that_ends(backend: TransformersBackend) -> None:
    for one in backend.generate(mixed_questions(12)):
        assert one.tokens is not None
        assert (one.finish_reason == "length") == (one.tokens == 8)


def test_a_bad_image_and_an_over_long_prompt_cost_only_themselves(backend: TransformersBackend) -> None:
    good = mixed_questions(4)
    broken = [question("broken", "Who is this?", broken_image()), question("long", "Where? " * 1000)]
    together = {one.question_id: one for one in backend.generate([*good, *broken])}
    assert together["broken"].text is None
    assert "the image cannot be read" in (together["broken"].failure or "")
    assert together["long"].text is None
    assert "leaves no room for 8 more in 1024" in (together["long"].failure or "")
    alone = {one.question_id: one for one in backend.generate(good)}
    assert {name: together[name] for name in alone} == alone


def test_a_question_with_an_image_token_in_its_text_is_a_failure(backend: TransformersBackend) -> None:
    asked = question("odd", "What is <|image_pad|>?")
    assert next(backend.generate([asked])).failure == "ValueError: the prompt has 1 places for 0 images"


def test_log_probabilities_are_those_of_the_answers_tokens(
    backend: TransformersBackend, tiny_checkpoint: Path
) -> None:
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32)
    tokenizer = AutoProcessor.from_pretrained(tiny_checkpoint).tokenizer
    asked = question("q", "Where was this person born?")
    prompt = tokenizer(f"<|user|>{asked.question}<|assistant|>").input_ids
    answer = tokenizer(asked.answer).input_ids
    with torch.inference_mode():
        logps = model(input_ids=torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
    # The token at place i is predicted at place i - 1.
    expected = sum(float(logps[len(prompt) + n - 1, token]) for n, token in enumerate(answer))
    assert backend.log_probabilities([asked]) == pytest.approx([expected], abs=1e-3)


def test_nothing_is_asked_of_an_empty_list(backend: TransformersBackend) -> None:
    assert list(backend.generate([])) == []


def test_the_checkpoints_own_sampling_settings_are_not_used(tiny_checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(tiny_checkpoint, copy)
    settings = json.loads((copy / "generation_config.json").read_text())
    settings |= {"repetition_penalty": 50.0, "do_sample": True, "temperature": 9.0}
    (copy / "generation_config.json").write_text(json.dumps(settings))
    asked = mixed_questions(4)
    plain = TransformersBackend(tiny_checkpoint, BackendSettings(), DECODING)
    other = TransformersBackend(copy, BackendSettings(), DECODING)
    assert list(other.generate(asked)) == list(plain.generate(asked))


def test_the_prompt_digest_follows_the_chat_template(tiny_checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(tiny_checkpoint, copy)
    assert prompt_digest(copy) == prompt_digest(tiny_checkpoint)
    (copy / "chat_template.jinja").write_text("another")
    assert prompt_digest(copy) != prompt_digest(tiny_checkpoint)


def test_an_unknown_backend_is_an_error_with_those_there_are() -> None:
    with pytest.raises(BenchError, match=r"no backend named 'vlm'.*there are: auto, openai:URL#model"):
        resolved_backend("vlm")


@pytest.mark.parametrize("setting", [{"tensor_parallel": 2}, {"gpu_memory": 0.5}, {"engine_args": ("a=1",)}])
def test_what_is_for_vllm_alone_is_refused_and_not_left_out(
    tiny_checkpoint: Path, setting: dict[str, Any]
) -> None:
    with pytest.raises(BenchError, match=f"{next(iter(setting))} is for the backend vllm"):
        TransformersBackend(tiny_checkpoint, BackendSettings(**setting), DECODING)


def test_a_shorter_context_leaves_less_room(tiny_checkpoint: Path) -> None:
    short = TransformersBackend(tiny_checkpoint, BackendSettings(max_model_len=40), DECODING)
    failures = [one.failure for one in short.generate([question("long", "Where? " * 30)])]
    assert failures[0] is not None and "leaves no room for 8 more in 40" in failures[0]
    with pytest.raises(BenchError, match="max_model_len must be 1 to 1024, not 2000"):
        TransformersBackend(tiny_checkpoint, BackendSettings(max_model_len=2000), DECODING)


def test_an_unknown_dtype_is_an_error(tiny_checkpoint: Path) -> None:
    with pytest.raises(BenchError, match="no dtype 'float8'; there are: auto, float32"):
        resolved_dtype("float8", tiny_checkpoint)
    assert resolved_dtype("bfloat16", tiny_checkpoint) == "bfloat16"


def test_a_checkpoint_without_chat_template_is_an_error(tiny_checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(tiny_checkpoint, copy)
    (copy / "chat_template.jinja").unlink()
    for name in ("tokenizer_config.json", "processor_config.json"):
        settings = json.loads((copy / name).read_text())
        settings.pop("chat_template", None)
        (copy / name).write_text(json.dumps(settings))
    with pytest.raises(BenchError, match="no chat template"):
        open_backend(BackendSettings(name="transformers"), copy)


@pytest.mark.parametrize("template", ["{% for x in %}", "{{ raise_exception('a system turn first') }}"])
def test_a_chat_template_that_cannot_be_used_is_one_line(
    tiny_checkpoint: Path, tmp_path: Path, template: str
) -> None:
    import shutil

    copy = shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    (copy / "chat_template.jinja").write_text(template)
    with pytest.raises(BenchError, match=r"chat template cannot be used: Template(Syntax)?Error: "):
        open_backend(BackendSettings(name="transformers"), copy)


def test_all_tokens_that_end_an_answer_are_known(tiny_checkpoint: Path, tmp_path: Path) -> None:
    class Tokenizer:
        eos_token_id = 3

    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [5, 4]}')
    assert end_tokens(tmp_path, Tokenizer()) == [3, 4, 5]
