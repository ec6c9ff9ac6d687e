"""Runs for a report, written without a model: what each says and what a judge gave for it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from answered import a_verdict

from s_mllmun_bench.data.questions import Question, dataset_digest, load_questions
from s_mllmun_bench.records import Answer, SetName
from s_mllmun_bench.running.figures import score
from s_mllmun_bench.running.identity import AdapterIdentity, Identity
from s_mllmun_bench.running.run import Manifest, start_run

SETS: tuple[SetName, ...] = ("forget", "retain")
JUDGES = {"some_fact": "0123456789ab", "some_meaningful": "ba9876543210"}
Says = Callable[[SetName, Question], str | None]
Judges = Callable[[SetName, Question], float | None]


def the_value(_: SetName, question: Question) -> str:
    return question.answer


def ten(_: SetName, question: Question) -> float:
    return 10.0


def asked(data: Path, limit: int | None = None) -> list[tuple[SetName, Question]]:
    """Return the questions of a run at 5 %."""
    return [(name, one) for name in SETS for one in load_questions(data, "eval_05", name, limit)]


def a_report_run(
    folder: Path,
    questions: Sequence[tuple[SetName, Question]],
    says: Says = the_value,
    fact: Judges = ten,
    method: str | None = None,
    data: str = "gone",
    digest_of: Path | None = None,
    **identity: Any,
) -> Path:
    """Write a finished, judged and scored run, and return its folder.

    Args:
        folder: is made; an adapter folder of the same name stands beside it if there is a method.
        questions: what is asked.
        says: the answer to a question; `None` for none.
        fact: its Fact Score; `None` for missing. The Meaningful Score is 10 for every answer.
        method: the id of the unlearning method; `None` for the plain model.
        data: where the dataset is said to be.
        digest_of: the dataset, if it is elsewhere.
        identity: fields that are to be otherwise.
    """
    answers = [_answer(name, one, says(name, one)) for name, one in questions]
    adapter = None if method is None else _adapter(folder.parent / "adapters" / folder.name, method)
    dataset = digest_of or Path(data)
    plain: dict[str, Any] = {
        "data": dataset_digest(dataset) if dataset.is_dir() else "data",
        "model": "model",
        "adapter": None if adapter is None else AdapterIdentity(kind="lora", digest=folder.name, k=None),
        "ratio": 5,
        "sets": SETS,
        "limit": None,
        "decoding": None,
        "prompt": None,
        "backend": "predictions",
        "dtype": None,
        "max_model_len": None,
        "engine_args": (),
        "judges": JUDGES,
    }
    manifest = Manifest(
        identity=Identity(**plain | identity),
        model="model",
        adapter=None if adapter is None else str(adapter),
        adapter_mode=None,
        data=data,
        questions=len(answers),
        effect=None,
        versions={},
        command="bench eval",
    )
    run = start_run(folder, manifest)
    run.answers.append(answers)
    run.verdicts.append(a_verdict(one.id, fact(name, one), "fact", "some_fact") for name, one in questions)
    run.verdicts.append(a_verdict(one.id, 10.0, "meaningful", "some_meaningful") for _, one in questions)
    score(run)
    return folder


def _adapter(folder: Path, method: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "unlearning.json").write_text(f'{{"method": "{method}", "kind": "method", "seed": 0}}')
    return folder


def _answer(name: SetName, one: Question, text: str | None) -> Answer:
    return Answer(
        question_id=one.id,
        set=name,
        person=one.person,
        task=one.task,
        attribute=one.attribute,
        image=one.image_kind,
        question=one.question,
        reference=one.answer,
        value=one.value,
        answer=text,
        failure="timeout: no reply after 60 s" if text is None else None,
        finish_reason="stop",
        tokens=None,
    )
