"""Packing must change nothing: every question is computed as if it had been asked alone."""

import copy
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from PIL import Image

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints import load_model, load_processor
from s_mllmun_bench.data import load_questions, load_refusals
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.training import (
    Packer,
    Pair,
    Row,
    UnlearningData,
    UnlearningTask,
    answer_cross_entropy,
    answer_log_likelihoods,
    answer_logits,
    cross_entropy,
    rows_of,
)
from s_mllmun_bench.training.layout import IGNORE, MOST_PADDING, deal
from s_mllmun_bench.training.processes import BLANK


class Plain:
    """A one-colour picture."""

    def __init__(self, colour: tuple[int, int, int]) -> None:
        self.colour = colour

    def open(self) -> Image.Image:
        return Image.new("RGB", (112, 112), self.colour)


ROWS = [
    Row(
        Plain((200, 30, 30)),
        (Pair("Where was this person born?", "In Lviv, Ukraine."), Pair("Who?", "Robin.")),
    ),
    Row(None, (Pair("How tall is Robin?", "5'7\"."), Pair("Where does Robin live?", "Oslo, Norway."))),
    Row(Plain((10, 90, 200)), (Pair("What color is it?", "Blue."),)),
    Row(None, (Pair("Why?", "I don't know."),)),
]


@pytest.fixture(scope="module")
def tiny(tiny_checkpoint: Path) -> tuple[Any, Any]:
    return load_model(tiny_checkpoint, "float32", "cpu"), load_processor(tiny_checkpoint)


def alone(model: Any, processor: Any, picture: Plain | None, pair: Pair) -> list[float]:
    """Return the log-probabilities of an answer's tokens and its end, asked alone by the plain processor."""
    content: list[dict[str, Any]] = [{"type": "text", "text": pair.question}]
    if picture is not None:
        content.insert(0, {"type": "image"})
    turns = [{"role": "user", "content": content}]
    prompt = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    images = {} if picture is None else {"images": [picture.open()]}
    target = processor.tokenizer(pair.answer + "<|im_end|>", add_special_tokens=False).input_ids
    inputs = processor(text=[prompt + pair.answer + "<|im_end|>"], return_tensors="pt", **images)
    with torch.no_grad():
        logps_LV = model(**inputs).logits[0].float().log_softmax(-1)
    return [float(logps_LV[-len(target) - 1 + i, token]) for i, token in enumerate(target)]


def test_packed_answers_are_as_likely_as_single_ones(tiny: tuple[Any, Any]) -> None:
    model, processor = tiny
    batch = Packer(model, processor).collate(ROWS)
    with torch.no_grad():
        logits_NV, targets_N = answer_logits(model, batch)
    packed = logits_NV.log_softmax(-1).gather(1, targets_N[:, None])[:, 0]
    single = [
        logp for row in ROWS for pair in row.pairs for logp in alone(model, processor, row.picture, pair)
    ]
    assert sorted(packed.tolist()) == pytest.approx(sorted(single), abs=1e-4)


@pytest.mark.parametrize("shared", [True, False])
def test_each_packed_answer_is_as_likely_as_a_whole_as_alone(tiny: tuple[Any, Any], shared: bool) -> None:
    model, processor = tiny
    packer = Packer(model, processor, shared)
    single = [alone(model, processor, row.picture, pair) for row in ROWS for pair in row.pairs]
    with torch.no_grad():
        logps_A, tokens_A = answer_log_likelihoods(model, packer.collate(ROWS))
        by_batch = [
            float(answer_log_likelihoods(model, packer.collate([Row(row.picture, (pair,))]))[0])
            for row in ROWS
            for pair in row.pairs
        ]
    assert sorted(logps_A.tolist()) == pytest.approx(sorted(sum(one) for one in single), abs=1e-3)
    assert sorted(by_batch) == pytest.approx(sorted(logps_A.tolist()), abs=1e-3)
    assert sorted(tokens_A.tolist()) == sorted(len(one) for one in single)


def test_a_question_does_not_see_its_neighbours(tiny: tuple[Any, Any]) -> None:
    model, processor = tiny
    packer = Packer(model, processor)
    first, second = ROWS[0].pairs
    other = Row(ROWS[0].picture, (Pair("What is the annual salary?", "$40,000."), second))
    end = len(processor.tokenizer(second.answer).input_ids) + 1

    def of_second(row: Row) -> torch.Tensor:
        with torch.no_grad():
            return answer_logits(model, packer.collate([row]))[0][-end:]

    torch.testing.assert_close(of_second(Row(ROWS[0].picture, (first, second))), of_second(other))


def test_only_the_answer_and_its_end_are_learnt(tiny: tuple[Any, Any]) -> None:
    model, processor = tiny
    batch = Packer(model, processor).collate(ROWS[:1])
    learnt = batch["labels"][0][batch["labels"][0] != IGNORE]
    text = processor.tokenizer.decode(learnt)
    assert text == "In Lviv, Ukraine.<|im_end|>Robin.<|im_end|>"


def test_every_picture_stays_with_its_own_questions(tiny: tuple[Any, Any]) -> None:
    """Rows are laid out longest first; the pixels must follow."""
    model, processor = tiny
    packer = Packer(model, processor)
    short, long = ROWS[2], ROWS[0]
    together = packer.collate([short, long])
    assert torch.equal(
        together["pixel_values"],
        torch.cat([packer.collate([long])["pixel_values"], packer.collate([short])["pixel_values"]]),
    )


@pytest.mark.parametrize("shared", [True, False])
def test_a_blank_image_beside_text_alone_is_run_and_counts_nothing(
    tiny: tuple[Any, Any], shared: bool
) -> None:
    model, processor = tiny
    packer = Packer(model, processor, shared)
    text = [row for row in ROWS if row.picture is None]
    plain = packer.collate(text)
    packer.must_see = True
    seeing = packer.collate(text)
    assert "pixel_values" not in plain
    assert "pixel_values" in seeing
    assert BLANK in seeing
    with torch.no_grad():
        torch.testing.assert_close(cross_entropy(model, seeing), cross_entropy(model, plain))
    # Where there is an image, none is added.
    assert BLANK not in packer.collate(ROWS)


def test_rows_share_a_sequence_where_they_fit() -> None:
    # Longest first, each to the shortest sequence: 10 | 6 + 4 | 5 + 5; no padding.
    assert deal([5, 10, 4, 6, 5]) == [[1], [3, 2], [0, 4]]


def test_rows_that_would_leave_much_padding_share_one_sequence() -> None:
    # 10 | 4 would be 6 of 20 padding; 10 | 9 is 1 of 20.
    assert deal([10, 4]) == [[0, 1]]
    assert deal([10, 9]) == [[0], [1]]


def test_padding_is_counted_and_stays_under_a_tenth(tiny: tuple[Any, Any]) -> None:
    packer = Packer(*tiny)
    for rows in (ROWS, ROWS[1:], ROWS[2:], ROWS[:2]):
        packer.collate(rows)
        assert packer.tally.padding_share <= MOST_PADDING
    assert packer.tally.tokens > packer.tally.answer_tokens > 0


def test_the_plain_mode_gives_the_same_loss_and_gradient(tiny: tuple[Any, Any]) -> None:
    model, processor = tiny
    found = []
    for shared in (True, False):
        batch = Packer(model, processor, shared_prefix=shared).collate(ROWS)
        model.zero_grad()
        loss = cross_entropy(model, batch)
        loss.backward()
        found.append(
            (
                batch,
                float(loss.detach()),
                model.model.language_model.layers[0].mlp.up_proj.weight.grad.clone(),
            )
        )
    (packed, loss, gradient), (plain, same_loss, same_gradient) = found
    assert packed["attention_mask"].dim() == 4
    assert plain["attention_mask"].dim() == 2
    assert len(plain["input_ids"]) == sum(len(row.pairs) for row in ROWS)
    assert same_loss == pytest.approx(loss, abs=1e-6)
    torch.testing.assert_close(same_gradient, gradient, atol=1e-6, rtol=1e-4)


def test_an_answer_that_does_not_fit_is_an_error_with_the_length_needed(tiny: tuple[Any, Any]) -> None:
    model, processor = tiny
    packer = Packer(model, processor)
    row = Row(None, (Pair("Who?", "Robin."),))
    needed = packer.collate([row])["input_ids"].shape[1]
    short = copy.deepcopy(model.config)
    short.get_text_config().max_position_embeddings = needed
    Packer(_Configured(model, short), processor).collate([row])
    short.get_text_config().max_position_embeddings = needed - 1
    with pytest.raises(BenchError) as error:
        Packer(_Configured(model, short), processor).collate([row])
    assert str(error.value) == (
        f"the model reads {needed - 1} tokens, and this question with its image and answer needs {needed}: "
        "'Who?'; answers are never cut off"
    )


class _Configured:
    """A model with another config, as far as a packer looks at it."""

    def __init__(self, model: Any, config: Any) -> None:
        self.model, self.config = model.model, config


def test_cross_entropy_is_the_mean_over_answer_tokens() -> None:
    # Token 0 with probability 3/4: -ln(3/4). Token 1 of two equally likely ones: -ln(1/2).
    logits_NV = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    expected = (-math.log(0.75) - math.log(0.5)) / 2
    assert float(answer_cross_entropy(logits_NV, torch.tensor([0, 1]))) == pytest.approx(expected)


def test_rows_gather_the_questions_of_one_image(mini_data: Path) -> None:
    questions = load_questions(mini_data, "finetune", "train", limit=2)
    rows = rows_of(questions)
    assert [(row.picture is not None, len(row.pairs)) for row in rows] == [
        (False, 10),
        (True, 11),
        (True, 1),
    ] * 2


class Overheard(UnlearningTask):
    """A task that keeps what a method hands to the trainer, and trains nothing."""

    def train_lora(self, name: str, items: Any, collate: Any, *rest: Any) -> Any:
        self.heard = [*getattr(self, "heard", []), (items, collate)]


def handed_to_the_trainer(method: str, data: Path) -> list[tuple[Any, Any]]:
    """Return the items and the collate function of each training of a method, with its own settings."""
    script = contents.find("method", "submissions", method, "/submission.py")
    seen = UnlearningData(
        load_questions(data, "unlearn_05", "forget"),
        load_questions(data, "unlearn_05", "retain"),
        load_refusals(data),
    )
    settings = contents.read_yaml(script.parent / "submission.yaml")["settings"]
    task = Overheard(Path(), seen, settings, 0, lambda done, total, what: None)
    with TemporaryDirectory() as folder:
        contents.load(script).unlearn(task, Path(folder))
    return task.heard


def test_smfa_forgets_with_drawn_refusals_and_anchors_on_the_truth(mini_data: Path) -> None:
    (forgetting, _), (anchor, _) = handed_to_the_trainer("smfa", mini_data)
    refusals = set(load_refusals(mini_data))
    learnt = [pair.answer for row in forgetting for pair in row.pairs]
    kept = [question.answer for question in load_questions(mini_data, "unlearn_05", "retain")]
    assert sum(answer in refusals for answer in learnt) == 21  # all questions on the one person to forget
    assert sorted(pair.answer for row in anchor for pair in row.pairs) == sorted(kept)
    assert sorted(answer for answer in learnt if answer not in refusals) == sorted(kept)


def test_idk_tuning_learns_the_refusal_and_never_the_true_answer(
    mini_data: Path, tiny: tuple[Any, Any]
) -> None:
    """A known bug elsewhere builds the refusals, drops them and trains on the true answers."""
    pairs, collate = handed_to_the_trainer("idk_tuning", mini_data)[0]
    forget = load_questions(mini_data, "unlearn_05", "forget")
    retain = load_questions(mini_data, "unlearn_05", "retain")
    batch = collate(Packer(*tiny), pairs)

    def learnt(part: str) -> str:
        return str(tiny[1].tokenizer.decode(batch[part]["labels"][batch[part]["labels"] != IGNORE]))

    assert learnt("forget") == "I don't know.<|im_end|>" * len(forget)
    assert all(question.answer in learnt("retain") for question in retain)
    assert [(one.picture is None, other.picture is None) for one, other in pairs] == [
        (False, False),
        (True, True),
    ]
