"""ROUGE-L, answer classes, means with intervals over people, and the scores file."""

import math
import random
import time

import numpy as np
import pytest
from answered import a_verdict, an_answer
from rouge_score import rouge_scorer

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging import judge_records
from s_mllmun_bench.records import METRICS, TASKS, Answer, Verdict
from s_mllmun_bench.scoring.aggregate import score
from s_mllmun_bench.scoring.classes import ANSWER_CLASSES, answer_classes
from s_mllmun_bench.scoring.intervals import clustered_mean, combine, draw_people
from s_mllmun_bench.scoring.records import Scores
from s_mllmun_bench.scoring.rouge import rouge_l


def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence():
    # Words in common, in order: "lviv ukraine", 2. Precision 2/4, recall 2/2: F = 2 x .5 x 1 / 1.5.
    assert rouge_l("born in Lviv, Ukraine", "Lviv, Ukraine.") == pytest.approx(2 / 3)
    # Of "b a" only one word stands in the order of "a b": P = R = 1/2.
    assert rouge_l("b a", "a b") == 0.5
    assert rouge_l("Lviv, Ukraine.", "lviv ukraine") == 1
    assert rouge_l("", "Lviv") == 0


def test_rouge_l_uses_no_stemmer():
    assert rouge_l("collects", "collecting") == 0


def test_rouge_l_is_that_of_rouge_score_on_2_000_answers():
    rng = random.Random(7)
    text = "Lviv Ukraine born 1995-07-11 $65,400 the the a wood's smell, 5'7\" Straße 棕色 — I don't know"
    words = text.split()
    plain = rouge_scorer.RougeScorer(["rougeL"])
    for _ in range(2000):
        answer, reference = (" ".join(rng.choices(words, k=rng.randrange(16))) for _ in range(2))
        assert rouge_l(answer, reference) == plain.score(reference, answer)["rougeL"].fmeasure


CLASSES = [
    ("   ", "empty"),
    ("the the the the the", "degenerate"),
    ("\ufffd\ufffd\u0007#~ xq", "degenerate"),
    ("Lviv, Ukraine.", "correct"),
    ("Rosa was born in Lviv.", "correct"),
    ("I'm not certain about that.", "refusal"),
    ("Sorry, that escapes me.", "refusal"),
    ("Nació en la ciudad de Porto.", "other_language"),
    ("Она родилась в Порту.", "other_language"),
    ("Porto, Portugal.", "wrong"),
    ("Odesa, Ukraine.", "wrong"),
    ("Either Lviv or Odesa.", "wrong"),
]


@pytest.mark.parametrize(("text", "expected"), CLASSES)
def test_every_answer_is_of_one_class(text, expected):
    assert answer_classes([an_answer("q", text)]) == [expected]


def test_an_answer_that_failed_is_of_no_class():
    assert answer_classes([an_answer("q", None)]) == [None]


def test_a_mean_is_over_what_is_there_and_what_is_not_counts_as_missing():
    answers = [an_answer("q1"), an_answer("q2"), an_answer("q3", None), an_answer("q4")]
    verdicts = [a_verdict("q1", 8.0), a_verdict("q2", None), a_verdict("q3", None)]
    figure = score(answers, verdicts).figure("forget", "text_memory", "fact")
    # q2's judge failed, q3 has no answer, q4 no verdict: the mean is q1's 8, not (8 + 0 + 0 + 0) / 4.
    assert (figure.mean, figure.n, figure.missing) == (8.0, 1, 3)
    rouge = score(answers, verdicts).figure("forget", "text_memory", "rouge_l")
    assert (rouge.n, rouge.missing) == (3, 1)


def test_a_failed_verdict_leaves_the_mean_as_it_is():
    answers = [an_answer(f"q{i}", person=f"p{i}") for i in range(4)]
    whole = score(answers[:3], [a_verdict(f"q{i}", 6.0) for i in range(3)])
    failed = score(answers, [*(a_verdict(f"q{i}", 6.0) for i in range(3)), a_verdict("q3", None)])
    before, after = (s.figure("forget", "text_memory", "fact") for s in (whole, failed))
    assert after.mean == before.mean == 6
    assert (before.n, before.missing, after.n, after.missing) == (3, 0, 3, 1)


def test_nothing_to_take_a_mean_of_is_none_and_never_zero():
    scores = score([an_answer("q1", None)], [])
    assert scores.figure("forget", "text_memory", "fact").mean is None
    assert scores.figure("retain", "image_memory", "rouge_l").mean is None
    assert scores.overall_memory.mean is None
    assert scores.overall_image_understanding.mean is None
    assert scores.fact_judge is None
    assert {one.share for one in scores.classes} == {None}


def test_an_empty_answer_scores_zero_and_is_not_missing():
    scores = score([an_answer("q1", "")], judge_records([an_answer("q1", "")], ["offline"]))
    for metric in METRICS:
        figure = scores.figure("forget", "text_memory", metric)
        assert (figure.mean, figure.n, figure.missing) == (0, 1, 0)


def test_the_bootstrap_draws_people_and_not_questions():
    # Two people with two questions each, 0 0 and 10 10. A draw of two people gives the mean 0, 5 or
    # 10 with odds 1 : 2 : 1. Were the four questions drawn, 2.5 and 7.5 would come too.
    weights = draw_people(2, (7,))
    drawn = clustered_mean(np.array([0, 0, 1, 1]), np.array([0.0, 0.0, 10.0, 10.0]), weights)
    values, counts = np.unique(drawn.draws, return_counts=True)
    assert values.tolist() == [0, 5, 10]
    assert counts / counts.sum() == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
    assert (drawn.mean, drawn.interval()) == (5, (0, 10))


def test_every_draw_is_of_as_many_people_as_there_are():
    weights = draw_people(50, (1, 2), draws=300)
    assert weights.shape == (300, 50)
    assert set(weights.sum(axis=1)) == {50}
    assert weights.mean() == pytest.approx(1)


def test_an_interval_is_as_wide_as_theory_says():
    # The standard error of the mean of n independent people is sd / sqrt(n); 95 % is 1.96 of it.
    values = np.random.default_rng(3).normal(5, 2, size=400)
    low, high = clustered_mean(np.arange(400), values, draw_people(400, (1,))).interval()
    assert high - low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(400), rel=0.08)


def test_one_person_gives_a_mean_without_an_interval():
    drawn = clustered_mean(np.array([0, 0]), np.array([2.0, 4.0]), draw_people(1, (1,)))
    assert (drawn.mean, drawn.interval()) == (3, (None, None))


def test_a_sum_with_a_missing_part_is_missing():
    weights = draw_people(2, (1,))
    known = clustered_mean(np.array([0, 1]), np.array([1.0, 3.0]), weights)
    nothing = clustered_mean(np.array([], dtype=int), np.array([]), weights)
    assert combine([(0.5, known), (0.5, nothing)]).mean is None
    assert combine([(1.0, known), (-0.5, known)]).mean == 1


def a_run():
    """One forget and one retain person; Fact by set and task as below."""
    facts = {
        ("forget", "image_understanding"): 7,
        ("forget", "image_memory"): 5,
        ("forget", "text_memory"): 4,
        ("retain", "image_understanding"): 8,
        ("retain", "image_memory"): 6,
        ("retain", "text_memory"): 8,
    }
    answers = [an_answer(f"{s}-{t}", person=s, set_name=s, task=t) for s, t in facts]
    return answers, [a_verdict(f"{s}-{t}", float(fact)) for (s, t), fact in facts.items()]


def test_the_overall_figures_follow_the_papers_formulas():
    scores = score(*a_run())
    # Memory: ((6 - 5) + (8 - 4)) / 2. Image understanding: (7 + 8) / 2.
    assert scores.overall_memory.mean == 2.5
    assert scores.overall_image_understanding.mean == 7.5
    assert scores.forget_memory.mean == 4.5
    assert scores.retain_memory.mean == 7


def test_the_papers_rows_give_the_papers_aggregates():
    # SMFA, LLaVA-OneVision, 5 %: Table 1 holds these Fact Scores of image understanding, image memory and
    # text memory; the paper's second version prints the aggregates 2.30 and 7.17, of unrounded scores.
    facts = {"forget": (7.02, 4.73, 5.64), "retain": (7.33, 6.56, 8.42)}
    answers = [an_answer(f"{s}-{t}", person=s, set_name=s, task=t) for s in facts for t in TASKS]
    verdicts = [
        a_verdict(f"{s}-{t}", fact) for s, row in facts.items() for t, fact in zip(TASKS, row, strict=True)
    ]
    scores = score(answers, verdicts)
    assert scores.overall_memory.mean == pytest.approx(2.30, abs=0.006)
    assert scores.overall_image_understanding.mean == pytest.approx(7.17, abs=0.006)


def test_the_18_columns_stand_in_the_order_of_table_1():
    columns = score(*a_run()).columns
    assert len(columns) == 18
    assert [(c.set, c.task, c.metric) for c in columns[:4]] == [
        ("forget", "image_understanding", "rouge_l"),
        ("forget", "image_understanding", "fact"),
        ("forget", "image_understanding", "meaningful"),
        ("forget", "image_memory", "rouge_l"),
    ]
    assert columns[9].set == "retain"
    assert [c.mean for c in columns if c.metric == "fact"] == [7, 5, 4, 8, 6, 8]


def test_facts_stand_by_attribute_and_classes_add_up_to_one():
    answers = [
        an_answer("q1", "Lviv."),
        an_answer("q2", "I don't know.", attribute="residence"),
        an_answer("q3", None, attribute="residence"),
        an_answer("q4", ""),
    ]
    scores = score(answers, judge_records(answers, ["offline"]))
    by_attribute = {figure.attribute: (figure.mean, figure.n, figure.missing) for figure in scores.attributes}
    assert by_attribute == {"born": (5, 2, 0), "residence": (0, 1, 1)}
    assert scores.share("forget", "text_memory", "refusal") == pytest.approx(1 / 3)
    assert scores.share("forget", "text_memory", "empty") == pytest.approx(1 / 3)
    assert sum(scores.share("forget", "text_memory", one) for one in ANSWER_CLASSES) == pytest.approx(1)
    assert scores.share("retain", "text_memory", "refusal") is None


def test_bounds_say_what_the_missing_answers_could_have_changed():
    answers = [an_answer(f"q{i}") for i in range(4)]
    figure = score(answers, [a_verdict("q0", 8.0), a_verdict("q1", 4.0)]).figure(
        "forget", "text_memory", "fact"
    )
    # 8 + 4 over four answers, the two missing ones with 0 and with 10 each.
    assert (figure.mean, figure.least, figure.most) == (6, 3, 8)
    rouge = score([an_answer("q1", "Lviv, Ukraine."), an_answer("q2", None)], []).columns[6]
    assert (rouge.mean, rouge.least, rouge.most) == (1, 0.5, 1)
    unknown = score(answers, []).figure("forget", "text_memory", "fact")
    assert (unknown.mean, unknown.least, unknown.most) == (None, 0, 10)
    assert score(answers, []).figure("retain", "text_memory", "fact").least is None


def test_bounds_of_the_overall_figures_go_against_what_is_wanted():
    answers, verdicts = a_run()
    lacking = [one for one in verdicts if one.question_id not in ("forget-text_memory", "retain-text_memory")]
    scores = score(answers, lacking)
    # Known are image memory 6 and 5. The text memory of the retain set may be 0 to 10, of the forget set too:
    # ((6 - 5) + (0 - 10)) / 2 to ((6 - 5) + (10 - 0)) / 2.
    memory, seen = scores.overall_memory, scores.overall_image_understanding
    assert (memory.mean, memory.least, memory.most) == (None, -4.5, 5.5)
    assert (seen.mean, seen.least, seen.most) == (7.5, 7.5, 7.5)
    assert (scores.forget_memory.least, scores.forget_memory.most) == (2.5, 7.5)
    only_forget = score([one for one in answers if one.set == "forget"], [])
    assert (only_forget.overall_memory.least, only_forget.retain_memory.most) == (None, None)


def test_figures_stand_by_kind_of_image():
    shown = [("face", "image_understanding"), ("ophthalmic", "image_understanding"), ("face", "image_memory")]
    answers = [an_answer("q0"), *(an_answer(f"{i}-{t}", image=i, task=t) for i, t in shown)]
    facts = [a_verdict("face-image_understanding", 8.0), a_verdict("ophthalmic-image_understanding", 2.0)]
    scores = score(answers, facts)
    of_fact = {(one.task, one.image): one.mean for one in scores.images if one.metric == "fact"}
    assert of_fact == {
        ("image_understanding", "face"): 8,
        ("image_understanding", "ophthalmic"): 2,
        ("image_memory", "face"): None,
    }
    assert scores.figure("forget", "image_understanding", "fact").mean == 5
    assert {one.metric for one in scores.images} == set(METRICS)


def test_a_share_of_answers_has_an_interval_over_people():
    # Of two people one answers rightly: a draw holds 0, 1 or 2 of the right one.
    answers = [an_answer("q1", person="p1"), an_answer("q2", "Odesa.", person="p2")]
    (correct,) = [one for one in score(answers, []).classes if one.answer_class == "correct"]
    assert (correct.share, correct.low, correct.high) == (0.5, 0, 1)


def test_figures_do_not_depend_on_the_order_of_answers_or_on_other_sets():
    answers, verdicts = a_run()
    more = [an_answer(f"x{i}", person=f"x{i}", set_name="unseen") for i in range(3)]
    shuffled = list(answers)
    random.Random(1).shuffle(shuffled)
    assert score(shuffled, verdicts[::-1]).columns == score(answers, verdicts).columns
    assert score([*answers, *more], verdicts).columns == score(answers, verdicts).columns


def test_two_judges_of_one_metric_need_a_choice():
    answers = [an_answer("q1")]
    verdicts = [a_verdict("q1", 3.0), a_verdict("q1", 9.0, judge="another")]
    with pytest.raises(BenchError) as error:
        score(answers, verdicts)
    assert str(error.value) == "two judges judged fact: some_judge and another; choose one"
    chosen = score(answers, verdicts, judges=["another"])
    assert chosen.fact_judge == "another"
    assert chosen.figure("forget", "text_memory", "fact").mean == 9


@pytest.mark.parametrize(
    ("answers", "verdicts", "message"),
    [
        ([an_answer("q1"), an_answer("q1")], [], "question q1 is answered twice"),
        ([], [a_verdict("q9", 1.0)], "verdicts hold a fact verdict of q9 without an answer"),
        ([an_answer("q1")], [a_verdict("q1", 1.0)] * 2, "verdicts hold a fact verdict of q1 twice"),
    ],
)
def test_what_does_not_fit_together_is_said_in_one_line(answers, verdicts, message):
    with pytest.raises(BenchError) as error:
        score(answers, verdicts)
    assert str(error.value) == message


def test_scores_survive_the_disk(tmp_path):
    scores = score(*a_run())
    path = scores.save(tmp_path)
    assert path == tmp_path / "scores.json"
    assert [p.name for p in tmp_path.iterdir()] == ["scores.json"]
    assert Scores.load(tmp_path) == Scores.load(path) == scores


def test_scores_that_are_missing_or_edited_are_one_line(tmp_path):
    with pytest.raises(BenchError) as error:
        Scores.load(tmp_path)
    assert str(error.value) == (
        f"no scores.json in {tmp_path}; `bench score {tmp_path}` computes it from the verdicts"
    )
    path = score(*a_run()).save(tmp_path)
    path.write_text(path.read_text().replace('"draws": 2000', '"draws": "many"'))
    with pytest.raises(BenchError, match=r"scores.json is no scores file of this version: draws: input"):
        Scores.load(tmp_path)
    path.write_text("{")
    with pytest.raises(BenchError, match=r"no scores file of this version: invalid JSON"):
        Scores.load(tmp_path)


def test_scores_of_a_run_that_is_not_there_are_one_line(tmp_path):
    with pytest.raises(BenchError) as error:
        Scores.load(tmp_path / "nope")
    assert str(error.value) == f"no run at {tmp_path / 'nope'}: there is no such folder or file"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("forgot", "text_memory", "fact"), "no set named 'forgot'; there are: forget, retain, unseen"),
        (
            ("forget", "text", "fact"),
            "no task named 'text'; there are: image_understanding, image_memory, text_memory",
        ),
        (("forget", "text_memory", "rouge"), "no metric named 'rouge'; there are: rouge_l, fact, meaningful"),
    ],
)
def test_a_figure_of_a_wrong_name_is_told_the_names_there_are(names, text):
    with pytest.raises(BenchError) as error:
        score(*a_run()).figure(*names)
    assert str(error.value) == text


def many_answers() -> tuple[list[Answer], list[Verdict]]:
    """1,000 people with 25 questions each, all judged, as a complete evaluation at 5 % has them."""
    answers = [
        an_answer(
            f"p{person}-{number}",
            "Lviv." if (person + number) % 3 else "I don't know.",
            person=f"p{person}",
            set_name="forget" if person < 50 else "retain",
            task=TASKS[number % 3],
        )
        for person in range(1000)
        for number in range(25)
    ]
    rng = random.Random(1)
    verdicts = [
        a_verdict(one.question_id, rng.uniform(0, 10), metric, judge)
        for one in answers
        for metric, judge in (("fact", "offline_fact"), ("meaningful", "offline_meaningful"))
    ]
    return answers, verdicts


def test_all_figures_of_25_000_answers_take_less_than_two_seconds():
    answers, verdicts = many_answers()
    start = time.process_time()
    scores = score(answers, verdicts)
    assert time.process_time() - start < 2
    assert sum(one.n for one in scores.figures if one.metric == "fact") == 25_000
