"""A model that has collapsed says nothing at all, and that is an answer like any other."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from asking import asked, one_plan, run_one
from scripted import ScriptedBackend, silent

from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.generating.backend import Generated
from s_mllmun_bench.running.evaluate import generate
from s_mllmun_bench.running.run import open_run

pytestmark = pytest.mark.usefixtures("own_cache")


class Silent(ScriptedBackend):
    """Answers every question with nothing."""

    def generate(self, questions: Sequence[Question]) -> Iterator[Generated]:
        for one in super().generate(questions):
            yield Generated(one.question_id, "", None, "stop", 0)


def test_an_empty_answer_is_kept_and_its_question_never_asked_again(
    tiny_checkpoint: Path, plain_data: Path, tmp_path: Path
) -> None:
    """Elsewhere an empty answer counts as none, and a collapsed model is asked again for ever."""
    plan = one_plan(asked(tiny_checkpoint, plain_data, tmp_path / "run"))
    with pytest.raises(KeyboardInterrupt):
        generate([plan], silent, Silent(stop_after=40).opening)
    last = Silent()
    scores = run_one(plan, last)
    assert {one.answer for one in open_run(plan.folder).answers.read()} == {""}
    # 75 questions in windows of 32: the first window, 32 empty answers, is complete.
    assert len(last.asked) == 75 - 32
    assert all(one.missing == 0 for one in scores.figures)
