"""A file of answers as a backend."""

import json
from pathlib import Path
from typing import Any

import pytest
from loopback import MODEL, echo, error, loopback
from test_generating import mixed_questions

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import BackendSettings, Generated
from s_mllmun_bench.generating.opening import open_backend
from s_mllmun_bench.generating.predictions_backend import PredictionsBackend, read_predictions
from s_mllmun_bench.lines import LineFile
from s_mllmun_bench.records import Answer


def predictions(folder: Path, *lines: Any) -> Path:
    """Write a file of these lines, each a text as it is or an object; return its path."""
    file = folder / "predictions.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return file


def line(name: str, answer: str | None = "Oslo", **more: Any) -> dict[str, Any]:
    return {"question_id": name, "answer": answer, **more}


def test_questions_get_the_answers_of_the_file_and_one_without_a_line_has_none(tmp_path: Path) -> None:
    file = predictions(
        tmp_path, line("q001", " Oslo\n"), "", line("q000", ""), line("x", model="other"), line("q003", None)
    )
    backend = open_backend(BackendSettings(name=f"predictions:{file}"), None)
    assert list(backend.generate(mixed_questions(4))) == [
        Generated("q000", ""),
        Generated("q001", "Oslo"),
        Generated("q002", None, "no prediction"),
        Generated("q003", None, "no prediction"),
    ]


def test_the_answers_of_a_run_are_predictions_that_give_the_same_answers(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"set": "forget", "person": "p0001", "task": "text_memory", "attribute": "born"}
    asked |= {"image": None, "question": "Where?", "reference": "Oslo", "value": "Oslo"}
    said = [
        Generated("q000", "Oslo", None, "stop", 2),
        Generated("q001", None, "ValueError: the image cannot be read"),
        Generated("q002", "and so on", None, "length", 64),
    ]
    answers = LineFile(tmp_path / "answers.jsonl", Answer)
    answers.append(
        Answer(
            question_id=one.question_id,
            answer=one.text,
            failure=one.failure,
            finish_reason=one.finish_reason,
            tokens=one.tokens,
            **asked,
        )
        for one in said
    )
    assert list(PredictionsBackend(answers.path).generate(mixed_questions(3))) == said


def test_fields_of_others_that_mean_something_else_are_left_out(tmp_path: Path) -> None:
    file = predictions(tmp_path, line("q000", finish_reason="eos", tokens=[1, 2], failure="none"))
    assert read_predictions(file) == {"q000": Generated("q000", "Oslo")}


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ("{", "no JSON object"),
        ("[1]", "no JSON object"),
        ("null", "no JSON object"),
        ({"answer": "Oslo"}, "it has no 'question_id'"),
        ({"question_id": "a"}, "it has no 'answer'"),
        ({"question_id": 7, "answer": "Oslo"}, "its 'question_id' is no text"),
        ({"question_id": "a", "answer": 7}, "its 'answer' is neither a text nor null"),
        (line("q000"), "'q000' is answered a second time"),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, bad: Any, text: str) -> None:
    file = predictions(tmp_path, line("q000"), "", bad, line("q001"))
    with pytest.raises(BenchError) as told:
        PredictionsBackend(file)
    assert str(told.value) == f"{file}:3: {text}"


def test_a_file_that_is_no_text_or_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b'{"question_id": "a", "answer": "b"}\n\xff\xfe\n')
    with pytest.raises(BenchError, match=r"binary:2: no JSON object$"):
        PredictionsBackend(tmp_path / "binary")
    with pytest.raises(BenchError, match=r"cannot be read: No such file or directory$"):
        PredictionsBackend(tmp_path / "missing")
    with pytest.raises(BenchError, match=r"cannot be read: Is a directory$"):
        PredictionsBackend(tmp_path)


def test_a_file_about_other_questions_stops_the_run(tmp_path: Path) -> None:
    backend = PredictionsBackend(predictions(tmp_path, line("other1"), line("other2")))
    with pytest.raises(
        BenchError, match="answers none of the 4 questions; its first question_id is 'other1'"
    ):
        backend.require_match([question.id for question in mixed_questions(4)])
    backend.require_match(["q000", "other2"])
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(BenchError, match="its first question_id is 'none', the first asked 'q000'"):
        PredictionsBackend(tmp_path / "empty.jsonl").require_match(["q000"])


def test_all_questions_are_one_window(tmp_path: Path) -> None:
    from s_mllmun_bench.generating.backend import windows

    backend = PredictionsBackend(predictions(tmp_path, line("q000")))
    asked = mixed_questions(1000)
    assert [len(window) for window in windows(asked, backend.window)] == [1000]


def test_a_file_takes_no_adapter_and_has_no_log_probabilities(tmp_path: Path, tiny_lora: Path) -> None:
    from s_mllmun_bench.checkpoints.adapters import load_adapter

    backend = PredictionsBackend(predictions(tmp_path, line("q000")))
    assert backend.use(None) is None
    with pytest.raises(BenchError, match="takes no adapter; give the predictions that were made with it"):
        backend.use(load_adapter(tiny_lora))
    with pytest.raises(BenchError, match="holds answers and no log-probabilities"):
        backend.log_probabilities(mixed_questions(1))
    backend.close()


@pytest.mark.slow
def test_a_servers_answers_scored_again_from_their_file_give_the_same_figures(
    mini_data: Path, tmp_path: Path
) -> None:
    from s_mllmun_bench import evaluate

    with loopback(
        lambda asked, before: echo(asked, 0) if before else error(429, retry_after_ms="1")
    ) as server:
        evaluate(data=mini_data, backend=f"openai:{server.url}#{MODEL}", limit=1, output=tmp_path / "run")
    file = tmp_path / "run" / "answers.jsonl"
    evaluate(data=mini_data, backend=f"predictions:{file}", limit=1, output=tmp_path / "again")
    first, again = ((tmp_path / name / "scores.json").read_bytes() for name in ("run", "again"))
    assert again == first
    assert b"you asked" in file.read_bytes()
