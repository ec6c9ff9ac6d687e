"""The memorisation gate of one run by attribute, counted by hand."""

from answered import a_verdict, an_answer

from s_mllmun_bench.reporting.memorisation import memorisation_lines
from s_mllmun_bench.scoring.aggregate import score

GIVEN = [
    # set, task, attribute, Fact Score
    ("forget", "text_memory", "born", 10.0),
    ("forget", "text_memory", "born", 6.9),
    ("forget", "text_memory", "height", 7.0),
    ("forget", "image_memory", "born", None),
    ("retain", "text_memory", "born", 9.0),
    ("retain", "image_understanding", "glasses", 0.0),
]


def test_the_gate_gives_the_share_known_of_each_attribute_by_set_and_task() -> None:
    answers = [
        an_answer(str(number), set_name=name, task=task, attribute=attribute)
        for number, (name, task, attribute, _) in enumerate(GIVEN)
    ]
    verdicts = [a_verdict(str(number), given) for number, (*_, given) in enumerate(GIVEN)]
    lines = [" ".join(line.split()) for line in memorisation_lines(score(answers, verdicts, draws=20))]
    # Of the forget set by name: born 1 of 2, height 1 of 1, all 2 of 3. By image: born has no score.
    assert lines == [
        "memorisation gate: share with a Fact Score of 7 or more; * under 80%",
        "attribute forget image forget text retain image retain text",
        "born \u2013 50 %* \u2013 100 %",
        "height \u2013 100 % \u2013 \u2013",
        "all \u2013 67 %* \u2013 100 %",
    ]


def test_without_a_judge_of_facts_there_is_no_gate() -> None:
    assert list(memorisation_lines(score([an_answer("1")], [], draws=20))) == []
