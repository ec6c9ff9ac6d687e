"""The calibration cases, the figures of agreement, and ``bench calibrate``."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from fault_server import faultless
from loopback import MODEL, loopback
from typer.testing import CliRunner

from s_mllmun_bench import contents
from s_mllmun_bench.cli import app
from s_mllmun_bench.cli.calibrate import _lines
from s_mllmun_bench.contracts import Judgement
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.calibration import (
    KINDS,
    SPLITS,
    CalibrationCase,
    calibrate,
    cases_digest,
    read_cases,
)
from s_mllmun_bench.judging.concordance import half_up, mean_bias, ranks, spearman, weighted_kappa
from s_mllmun_bench.records import ATTRIBUTES

SHIPPED = read_cases(contents.folder("judges") / "calibration.jsonl")
SHIPPED_SPLITS = [split for split in SPLITS if any(case.split == split for case in SHIPPED)]
FACE_TOPICS = set(contents.read_yaml(contents.folder("builders") / "wording/understanding.yaml")["topics"])


def a_case(name, low, high, **more):
    fields = {
        "id": name,
        "metric": "fact",
        "split": "open",
        "attribute": "born",
        "kind": "right",
        "question": "Where was Robin Sandvik born?",
        "reference": "Born in Lviv, Ukraine.",
        "value": "Lviv, Ukraine",
        "answer": name,
        "low": low,
        "high": high,
        "why": "made up",
    }
    return CalibrationCase.model_validate(fields | more)


def a_judge(scores):
    """A judge that knows a score, or None, for every answer."""

    def judge(items):
        return [Judgement(scores[x.answer], failure=scores[x.answer] is None and "timeout") for x in items]

    return judge


def calibrated(cases, scores):
    return calibrate(cases, a_judge(scores), name="some_judge", digest="d")


def test_kappa_weighs_a_disagreement_by_its_square() -> None:
    # Squared distances 0, 0, 25: mean 25/3. By chance, over all 9 pairs of a score of each row:
    # 0 with 0, 10, 10 gives 0 + 100 + 100; 10 with them 100 + 0 + 0; 5 with them 25 + 25 + 25:
    # 375/9. Kappa = 1 - (25/3) / (375/9) = 1 - 75/375.
    assert weighted_kappa([0, 10, 5], [0, 10, 10]) == pytest.approx(0.8)
    assert weighted_kappa([3, 7, 9], [3, 7, 9]) == 1
    # Always the same score is agreement by chance: distances 25, 25; the same over all pairs.
    assert weighted_kappa([5, 5], [0, 10]) == 0
    assert weighted_kappa([0, 10], [10, 0]) == -1


def test_kappa_compares_scores_rounded_half_up() -> None:
    assert [half_up(x) for x in (0.4, 0.5, 1.5, 2.5, 9.49)] == [0, 1, 2, 3, 9]
    assert weighted_kappa([2.5, 9.4], [3, 9]) == 1


def test_spearman_gives_equal_scores_the_mean_of_their_ranks() -> None:
    assert ranks([4, 9, 4, 1]) == [2.5, 4, 2.5, 1]
    # Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4, both with mean 2.5. Sum of products of the differences
    # 2.25 + 0 + 0 + 2.25 = 4.5; squares 4.5 and 5: 4.5 / sqrt(22.5).
    assert spearman([0, 5, 5, 9], [1, 8, 3, 10]) == pytest.approx(4.5 / 22.5**0.5)
    assert spearman([1, 2, 3], [1, 20, 300]) == pytest.approx(1)
    assert spearman([1, 2, 3], [9, 5, 0]) == pytest.approx(-1)


def test_what_the_scores_do_not_determine_is_missing_and_not_zero() -> None:
    assert weighted_kappa([], []) is None
    assert weighted_kappa([7, 7], [7, 7]) is None
    assert spearman([7, 7], [1, 2]) is None
    assert mean_bias([], []) is None


def test_rows_of_different_length_are_refused() -> None:
    for figure in (weighted_kappa, spearman, mean_bias):
        with pytest.raises(ValueError):
            figure([1, 2], [1])


def test_the_expected_score_is_the_middle_of_the_band_rounded_half_up() -> None:
    assert [a_case("x", *band).expected for band in ((0, 0), (0, 1), (3, 6), (9, 10))] == [0, 1, 5, 10]


def test_figures_are_those_worked_out_by_hand() -> None:
    cases = [a_case("a", 0, 0), a_case("b", 9, 10), a_case("c", 9, 10)]
    calibration, _ = calibrated(cases, {"a": 0.0, "b": 9.5, "c": 5.0})
    (figures,) = calibration.splits
    # Rounded 0, 10, 5 against 0, 10, 10: see the test of kappa.
    assert figures.kappa == pytest.approx(0.8)
    # Ranks 1, 3, 2 against 1, 2.5, 2.5: products 1.5, squares 2 and 1.5.
    assert figures.spearman == pytest.approx(1.5 / 3**0.5)
    # Unrounded: 0 - 0, 9.5 - 10, 5 - 10.
    assert figures.bias == pytest.approx(-5.5 / 3)
    assert figures.in_band == pytest.approx(2 / 3)
    (kind,) = figures.kinds
    assert (kind.kind, kind.n, kind.below, kind.inside, kind.above) == ("right", 3, 1, 2, 0)
    # 0 is in 0-1, 5 in 5-7, and 9.5 is 10, in 8-10.
    assert kind.by_score == (1, 0, 1, 1)


def test_open_and_held_out_cases_are_never_averaged() -> None:
    cases = [a_case("a", 9, 10), a_case("b", 9, 10, split="held_out")]
    calibration, _ = calibrated(cases, {"a": 10.0, "b": 0.0})
    assert [(s.split, s.n, s.in_band) for s in calibration.splits] == [("open", 1, 1), ("held_out", 1, 0)]


def test_a_case_without_a_score_is_counted_and_in_no_figure() -> None:
    cases = [a_case("a", 9, 10), a_case("b", 9, 10), a_case("c", 0, 0)]
    calibration, scored = calibrated(cases, {"a": 10.0, "b": None, "c": 0.0})
    (figures,) = calibration.splits
    assert (figures.n, figures.unscored, figures.in_band, figures.kappa, figures.bias) == (3, 1, 1, 1, 0)
    assert [case.id for case, _ in scored][-1] == "b"


def test_a_judge_that_gives_no_score_at_all_has_no_figures() -> None:
    calibration, _ = calibrated([a_case("a", 0, 1, kind="injection")], {"a": None})
    (figures,) = calibration.splits
    assert (figures.kappa, figures.spearman, figures.bias, figures.in_band) == (None, None, None, None)
    assert (figures.injections, figures.injections_resisted) == (1, 0)


def test_an_injection_is_resisted_only_within_its_band_whichever_way_it_pushes() -> None:
    cases = [a_case("up", 0, 1, kind="injection"), a_case("down", 9, 10, kind="injection")]
    kept, _ = calibrated(cases, {"up": 1.0, "down": 9.0})
    moved, _ = calibrated(cases, {"up": 1.1, "down": 0.0})
    assert [(c.splits[0].injections, c.splits[0].injections_resisted) for c in (kept, moved)] == [
        (2, 2),
        (2, 0),
    ]


def test_the_case_farthest_from_its_band_comes_first() -> None:
    cases = [a_case("near", 9, 10), a_case("inside", 3, 7), a_case("far", 0, 1), a_case("middle", 3, 7)]
    _, scored = calibrated(cases, {"near": 7.5, "inside": 7.0, "far": 10.0, "middle": 5.0})
    assert [case.id for case, _ in scored] == ["far", "near", "inside", "middle"]


def test_self_consistency_is_the_share_of_cases_scored_alike_every_time() -> None:
    rounds = iter([[1.0, 5.0, None], [1.0, 6.0, None], [1.0, 5.0, 3.0]])

    def judge(items):
        return [Judgement(score, failure=None if score else "timeout") for score in next(rounds)]

    cases = [a_case("a", 0, 1), a_case("b", 4, 5), a_case("c", 3, 3)]
    calibration, scored = calibrate(cases, judge, 3, name="some_judge", digest="d")
    assert calibration.self_consistency == 0.5
    assert {case.id: score for case, score in scored} == {"a": 1.0, "b": 5.0, "c": None}


def test_a_judge_that_was_asked_once_says_nothing_of_its_consistency() -> None:
    calibration, _ = calibrated([a_case("a", 0, 1)], {"a": 0.0})
    assert calibration.self_consistency is None


def test_the_judge_sees_neither_the_band_nor_the_kind() -> None:
    seen = []

    def judge(items):
        seen.extend(items)
        return [Judgement(0.0)] * len(items)

    calibrate([a_case("a", 0, 1)], judge, name="some_judge", digest="d")
    (item,) = seen
    assert (item.question, item.answer, item.attribute, item.value) == (
        "Where was Robin Sandvik born?",
        "a",
        "born",
        "Lviv, Ukraine",
    )


def test_cases_of_two_metrics_or_none_are_refused() -> None:
    for cases in ([], [a_case("a", 0, 1), a_case("b", 0, 1, metric="meaningful")]):
        with pytest.raises(ValueError, match="one metric"):
            calibrated(cases, {"a": 0.0, "b": 0.0})


def test_the_cases_digest_depends_on_their_content_and_not_on_their_order() -> None:
    one, other = a_case("a", 0, 1), a_case("b", 0, 1)
    assert cases_digest([one, other]) == cases_digest([other, one])
    assert cases_digest([one]) != cases_digest([a_case("a", 0, 2)])


LINE = a_case("a", 0, 1).model_dump_json()
BROKEN = [
    ("{", r":1 is no calibration case: invalid JSON"),
    (LINE.replace('"low":0', '"low":11'), r":1 is no calibration case: low: input should be less than"),
    (LINE.replace('"low":0', '"low":2'), r":1 is no calibration case: .*low is 2 and high is 1"),
    (LINE.replace('"right"', '"rihgt"'), r":1 is no calibration case: kind: input should be 'right'"),
    (LINE.replace('"why"', '"because"'), r":1 is no calibration case: unknown field 'because'"),
    (f"{LINE}\n{LINE}", r":2: the id 'a' occurs twice; give each case its own"),
    (f"{LINE}\n\n", r":2 is no calibration case"),
    ("", r" holds no cases"),
]


@pytest.mark.parametrize(("text", "problem"), BROKEN)
def test_a_broken_file_of_cases_is_named_with_the_line_and_the_problem(tmp_path, text, problem) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(text + "\n" if text else "", encoding="utf-8")
    with pytest.raises(BenchError, match=re.escape(str(path)) + problem):
        read_cases(path)


def test_a_file_that_is_no_text_or_not_there_is_one_line(tmp_path) -> None:
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(BenchError, match=r"bytes\.jsonl:1 is no calibration case"):
        read_cases(tmp_path / "bytes.jsonl")
    with pytest.raises(BenchError, match=r"cannot read .*none\.jsonl: No such file"):
        read_cases(tmp_path / "none.jsonl")


def of(metric, split=None):
    return [case for case in SHIPPED if case.metric == metric and split in (None, case.split)]


@pytest.mark.parametrize("split", SHIPPED_SPLITS)
@pytest.mark.parametrize("metric", ["fact", "meaningful"])
def test_each_split_of_the_shipped_cases_covers_every_kind_and_private_attribute(metric, split) -> None:
    cases = of(metric, split)
    assert {case.kind for case in cases} == set(KINDS)
    assert {case.attribute for case in cases} >= set(ATTRIBUTES)
    if metric == "fact":
        assert {case.attribute for case in cases} >= FACE_TOPICS


def test_the_shipped_cases_are_many_and_of_all_scores() -> None:
    assert len(SHIPPED) >= 340
    assert sum(case.kind == "injection" for case in SHIPPED) >= 30
    for metric in ("fact", "meaningful"):
        cases = [case for case in of(metric) if "-dev-" not in case.id]
        thirds = Counter(min(case.expected * 3 // 10, 2) for case in cases)
        assert min(thirds.values()) >= 0.15 * sum(thirds.values()), thirds


def test_no_held_out_case_is_an_open_one_again() -> None:
    for metric in ("fact", "meaningful"):
        seen = {(case.question, case.answer) for case in of(metric, "open")}
        assert not seen & {(case.question, case.answer) for case in of(metric, "held_out")}
        assert len(seen) == len(of(metric, "open"))


def bench(*args):
    return CliRunner().invoke(app, ["calibrate", *args])


PRINTED = (
    r"^ +n +unscored +kappa +Spearman +bias +in band +injections resisted$",
    r"^open +\d+ +\d+ +-?\d\.\d{3} +-?\d\.\d{3} +[+-]\d\.\d\d +\d+\.\d % +\d+/\d+$",
    r"^held_out(?:: no cases, .*| +\d+ +\d+ +-?\d\.\d{3} +-?\d\.\d{3} +[+-]\d\.\d\d +\d+\.\d % +\d+/\d+)$",
    r"^the same score in all 2 rounds: \d+\.\d %$",
    r"^open +n +unscored +below +inside +above +bias +scored +0-1 +2-4 +5-7 +8-10$",
    r"^  injection +\d+ +0( +\d+){3} +[+-]\d\.\d\d( +\d+){4}$",
    r"^the 10 worst cases$",
)
"""What is printed of every judge."""


@pytest.mark.parametrize("judge", ["offline_fact", "offline_meaningful", "offline", "fact_score", "llm"])
def test_the_command_shows_both_splits_the_injections_and_the_worst_cases(judge) -> None:
    with loopback(faultless) as server:
        to = [] if "offline" in judge else ["--judge-model", MODEL, "--judge-base-url", server.url]
        result = bench("--judge", judge, "--repeats", "2", *to)
    assert result.exit_code == 0, result.output
    judges = 2 if judge in ("offline", "llm") else 1
    for form in PRINTED:
        assert len(re.findall(form, result.stdout, re.MULTILINE)) >= judges, form
    assert len(re.findall(r"^(?:fact|mean)-\S+ \((?:open|held_out), ", result.stdout, re.M)) == 10 * judges


def test_the_text_of_a_held_out_case_is_not_shown() -> None:
    cases = [a_case("seen", 9, 10), a_case("unseen", 9, 10, split="held_out", why="nobody knows why")]
    shown = "\n".join(_lines(*calibrated(cases, {"seen": 0.0, "unseen": 0.0})))
    assert "unseen (held_out, right): scored 0, expected 9 to 10" in shown
    assert "| seen" in shown and "| unseen" not in shown and "nobody knows why" not in shown


def test_figures_without_held_out_cases_say_so_in_one_line() -> None:
    line = "held_out: no cases, so these figures say nothing of what is new to the judge"
    assert line in list(_lines(*calibrated([a_case("a", 9, 10)], {"a": 0.0})))
    both = [a_case("a", 9, 10), a_case("b", 9, 10, split="held_out")]
    assert line not in list(_lines(*calibrated(both, {"a": 0.0, "b": 0.0})))


def test_the_command_gives_json_and_repeats() -> None:
    result = bench("--judge", "offline", "--repeats", "2", "--json")
    fact, meaningful = json.loads(result.stdout)["calibrations"]
    assert (fact["judge"], meaningful["judge"]) == ("offline_fact", "offline_meaningful")
    assert fact["self_consistency"] == meaningful["self_consistency"] == 1
    assert [split["split"] for split in fact["splits"]] == SHIPPED_SPLITS
    assert len(fact["worst"]) == 10


def test_the_figures_are_written_beside_the_judge_only_when_asked(tmp_path) -> None:
    judge = tmp_path / "mine.py"
    judge.write_text(Path(contents.folder("judges") / "offline_meaningful.py").read_text())
    bench("--judge", str(judge))
    assert sorted(path.name for path in tmp_path.glob("*.json")) == []
    assert bench("--judge", str(judge), "--write").exit_code == 0
    written = json.loads((tmp_path / "mine.calibration.json").read_text())
    assert (written["judge"], written["metric"]) == ("mine", "meaningful")
    assert len(written["judge_digest"]) == len(written["cases_digest"]) == 64


def test_an_unknown_judge_is_one_line() -> None:
    result = bench("--judge", "offline_fcat")
    assert isinstance(result.exception, BenchError)
    assert "no judge named 'offline_fcat'" in str(result.exception)
