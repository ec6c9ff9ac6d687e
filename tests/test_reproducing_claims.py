"""What a reproduction says of the paper's claims, from made-up runs whose figures are known."""

from dataclasses import replace
from pathlib import Path

import pytest
from judged_runs import a_run, made_by

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.board import Board
from s_mllmun_bench.reproducing.cells import Cell, Plan
from s_mllmun_bench.reproducing.claims import Finding, findings
from s_mllmun_bench.reproducing.controls import controls
from s_mllmun_bench.reproducing.document import Circumstances, write_document
from s_mllmun_bench.reproducing.few_shot import few_shot
from s_mllmun_bench.reproducing.recipe import read_reproduction, tier_of
from s_mllmun_bench.reproducing.reproduce import read_boards, seeds_told, unfinished
from s_mllmun_bench.reproducing.steps import Step
from s_mllmun_bench.running.figures import score_again

SEEN = 8.0
"""Fact Score of image understanding everywhere, unless a run says otherwise."""


class Runs:
    """Writes runs and their cells."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cells = folder, list[Cell]()

    def add(
        self,
        method: str,
        forget: float,
        retain: float,
        strength: str = "",
        k: float | None = None,
        seed: int = 0,
        part: str = "",
    ) -> None:
        """Add a run, and the same on the validation wording; Fact Scores of memory.

        With a ``part`` of the few-shot retain set it has no validation.
        """
        name = f"{method}{part}{strength}{seed}".replace(" ", "")
        made = None if method == "original" else made_by(self.folder / f"{name}_adapter", method)
        places = [self.folder / name, self.folder / f"validation_{name}"]
        for place in places:
            score_again(a_run(place, (SEEN, forget), retain, adapter=made, k=k))
        halves = ("direction", "magnitude")
        reading = "joint" if method in ("smfa", "mfa", "mfa_scaled", "mfa_random_mask", *halves) else ""
        cell = Cell("mini_qwen2_5_vl", 5, seed, method, part or reading, strength, places[0], places[1], k)
        is_chosen = method[:3] != "mfa" and method not in halves and not part
        self.cells.append(cell if is_chosen else replace(cell, validation=None))

    def board(self) -> Board:
        plan = Plan(self.folder, tier_of(read_reproduction("mini"), "quick"), [], self.cells)
        return read_boards(plan)[0]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Return an original that knows all, IDK tuning at two strengths and SMFA at two k."""
    made = Runs(tmp_path)
    made.add("original", 9, 9)
    made.add("idk_tuning", 1, 3, "learning_rate = 0.002")
    made.add("idk_tuning", 5, 6, "learning_rate = 0.001")
    made.add("smfa", 5, 8, "k = 1", 1.0)
    made.add("smfa", 1, 7, "k = 10", 10.0)
    return made


def found(runs: Runs, claim: str) -> Finding:
    return next(one for one in findings(runs.board()) if one.claim == claim)


def test_the_setting_is_chosen_by_what_is_forgotten_less_what_is_lost(runs: Runs) -> None:
    choices = runs.board().choices
    idk = choices["mini_qwen2_5_vl", "idk_tuning", ""]
    # Overall Memory 3 - 1 = 2 and 6 - 5 = 1; understanding (8 on the forget set, the retain set's beside
    # it) is what the runs say: (8 + 3) / 2 and (8 + 6) / 2.
    assert idk.values == {"learning_rate = 0.002": 7.5, "learning_rate = 0.001": 8.0}
    assert idk.strength == "learning_rate = 0.001"
    assert choices["mini_qwen2_5_vl", "smfa", "joint"].strength == "k = 10"


def test_a_method_that_costs_the_others_their_memory_overgeneralises(runs: Runs) -> None:
    finding = found(runs, "IDK tuning over-generalises")
    assert finding.verdict == "holds"
    assert (
        "as chosen (learning_rate = 0.001) the retain set's memory loses 3.00 [3.00, 3.00]" in finding.shown
    )


def test_at_equal_forgetting_curves_are_compared_and_not_runs(runs: Runs) -> None:
    finding = found(runs, "At equal forgetting SMFA keeps more than IDK tuning")
    # Forgetting 1 to 5 to 9. SMFA keeps 9, 8, 7; IDK tuning 9, 6, 3. The mean gap: (0 + 2)/2 and (2 + 4)/2.
    assert finding.verdict == "holds"
    assert "retention +2.00 [2.00, 2.00]; understanding 0.00 [0.00, 0.00]" in finding.shown


def test_a_method_of_few_settings_is_met_where_it_stands(runs: Runs) -> None:
    runs.add("ga_difference", 3, 8.5, "learning_rate = 0.0005")
    finding = found(runs, "Forgetting as much as GA difference as chosen, SMFA keeps more")
    # It forgets 7, between SMFA's 5 and 9, where SMFA keeps (8 + 7) / 2.
    assert finding.verdict == "does not hold here"
    assert "retention -1.00 [-1.00, -1.00]" in finding.shown


def test_a_control_as_good_as_smfa_lets_the_claim_fall(runs: Runs) -> None:
    runs.add("mfa_scaled", 5, 8, "factor = 0.5")
    runs.add("mfa", 1, 7)
    finding = found(runs, "At equal forgetting SMFA keeps more than scaling the unmasked update")
    assert finding.verdict == "does not hold here"
    assert "retention 0.00 [0.00, 0.00]" in finding.shown


def test_a_method_at_one_strength_has_no_curve_and_is_met_where_it_stands(runs: Runs) -> None:
    runs.cells = [one for one in runs.cells if one.strength != "learning_rate = 0.002"]
    finding = found(runs, "At equal forgetting SMFA keeps more than IDK tuning")
    assert (finding.verdict, finding.shown) == (
        "not run",
        "one strength besides the original, and that is no curve",
    )
    # It forgets 5 and keeps 6, where SMFA keeps 8.
    finding = found(runs, "Forgetting as much as IDK tuning as chosen, SMFA keeps more")
    assert (finding.verdict, "retention +2.00" in finding.shown) == ("holds", True)


def test_seeds_are_means_and_one_that_says_the_contrary_lets_a_claim_fall(runs: Runs) -> None:
    for strength, forget, retain in (("learning_rate = 0.002", 1, 9), ("learning_rate = 0.001", 5, 9)):
        runs.add("idk_tuning", forget, retain, strength, seed=1)
    runs.add("smfa", 5, 8, "k = 1", 1.0, seed=1)
    runs.add("smfa", 1, 7, "k = 10", 10.0, seed=1)
    # Of seed 0 SMFA keeps 2 more. Of seed 1 IDK tuning keeps 9 throughout, and SMFA on the mean 8: 1 less.
    finding = found(runs, "At equal forgetting SMFA keeps more than IDK tuning")
    assert finding.verdict == "does not hold here"
    # Half of all draws of two seeds hold both, a quarter each twice: the interval is that of the seeds.
    assert "retention +0.50 [-1.00, 2.00] (by seed -1.00 to 2.00)" in finding.shown
    board = runs.board()
    assert {name: len(alike) for name, alike in board.by_strength().items()} == {
        "Original": 1,
        "IDK Tuning, learning_rate = 0.002": 2,
        "IDK Tuning, learning_rate = 0.001": 2,
        "SMFA, k = 1": 2,
        "SMFA, k = 10": 2,
    }
    # The original, and the means of 3 and 9, 6 and 9, kept where 9 and 5 are forgotten.
    kept = [(one.forgetting.mean, one.kept["retention"].mean) for one in board.curve("idk_tuning")]
    assert kept == [(1.0, 9.0), (9.0, 6.0), (5.0, 7.5)]


def test_the_halves_of_the_mask_are_met_where_smfa_was_chosen(runs: Runs) -> None:
    runs.add("direction", 6, 8)
    runs.add("magnitude", 3, 8, "k = 10", 10.0)
    finding = found(runs, "Half a mask forgets too little")
    assert finding.verdict == "holds"
    assert "direction only forgets -5.00 [-5.00, -5.00] against SMFA at k = 10" in finding.shown
    assert "magnitude only forgets -2.00" in finding.shown


def test_what_lacks_a_run_is_not_run(runs: Runs) -> None:
    assert found(runs, "MANU damages or under-forgets").shown == "no finished run of manu"
    assert found(runs, "MANU damages or under-forgets").verdict == "not run"
    runs.cells = [replace(one, validation=None) for one in runs.cells]
    assert found(runs, "IDK tuning over-generalises").shown == "no setting was chosen for idk_tuning"


def test_forgetting_that_rises_with_k_is_told_with_its_steps(runs: Runs) -> None:
    finding = found(runs, "Forgetting rises with k")
    assert finding.verdict == "holds"
    assert "k = 1, 10: forgetting 5.00, 9.00" in finding.shown


def test_what_is_not_finished_is_named_by_place(runs: Runs, tmp_path: Path) -> None:
    lacking = [replace(one, run=tmp_path / "nowhere") for one in runs.cells[3:]]
    more = [replace(one, seed=1, run=tmp_path / "nowhere") for one in runs.cells]
    plan = Plan(tmp_path, tier_of(read_reproduction("mini"), "quick"), [], [*runs.cells[:3], *lacking, *more])
    assert unfinished(plan) == [
        "mini_qwen2_5_vl, 5 %, seed 0: smfa joint k = 1, smfa joint k = 10",
        "mini_qwen2_5_vl, 5 %, seed 1: all",
    ]


def test_the_seeds_of_finished_runs_are_counted_and_not_those_of_the_plan(runs: Runs, tmp_path: Path) -> None:
    tier = tier_of(read_reproduction("mini"), "full")
    assert len(tier.seeds) == 3
    left = Step("derive", tmp_path / "left", "left", ())
    later = [replace(one, seed=1, run=tmp_path / "nowhere") for one in runs.cells[1:]]
    ended = "one of the references (the original, before fine-tuning, retrain)"
    told = seeds_told(Plan(tmp_path, tier, [left], [*runs.cells, *later]))
    assert told == f"1 of 3 planned seed(s) of each training so far; {ended}"
    runs.add("smfa", 1, 7, "k = 10", 10.0, seed=1)
    told = seeds_told(Plan(tmp_path, tier, [left], runs.cells))
    assert told == f"1 to 2 of 3 planned seed(s) of each training so far; {ended}"
    # The original alone is no training.
    told = seeds_told(Plan(tmp_path, tier, [left], runs.cells[:1]))
    assert told == f"0 of 3 planned seed(s) of each training so far; {ended}"


def test_without_the_original_there_is_nothing_to_report(runs: Runs) -> None:
    runs.cells = runs.cells[1:]
    with pytest.raises(BenchError, match="no original model was evaluated; see its logs/"):
        runs.board()


def test_every_control_stands_beside_smfa_and_what_is_found_is_counted(runs: Runs) -> None:
    assert list(controls([runs.board()])) == []
    for strength, forget, retain in (("factor = 0.5", 5, 7), ("factor = 0.9", 2, 6)):
        runs.add("mfa_scaled", forget, retain, strength)
    runs.add("mfa", 1, 6)
    text = "\n".join(controls([runs.board()]))
    # SMFA keeps 9, 8, 7 at a forgetting of 1, 5, 9; the scaled update 9, 7, 6, 6 at 1, 5, 8, 9: at first
    # 0 to 1 more, then 1 to 7.25 - 6 = 1.25 to 1. Halves of the range: 0.5 and (3 * 1.125 + 1.125) / 4.
    assert "## Does sculpting do more than shrinking the update?" in text
    assert "of retention it keeps more than the control in 1, less in 0" in text
    assert (
        "of understanding it keeps more than the control in 0, less in 0, and in 1 the interval holds 0"
        in text
    )
    assert "| mini_qwen2_5_vl | 5 % | joint | scaling | 1 | 0.81 [0.81, 0.81] | 0.00 [0.00, 0.00] |" in text


def test_a_part_of_the_few_shot_retain_set_stands_beside_the_whole(runs: Runs) -> None:
    assert list(few_shot([runs.board()], ["half"], 10.0)) == []
    runs.add("smfa", 3, 8, "k = 10", 10.0, part="half")
    text = "\n".join(few_shot([runs.board()], ["half", "a third"], 10.0))
    # At k = 10 it forgets 7 and not 9, and keeps 8 and not 7. Both curves begin at a forgetting of 1 with 9;
    # up to 7 the part loses 1 of 9, the whole 1 in 4: a gap of 0 to 6/4 - 1 = 0.5, in the mean 0.25.
    row = "| mini_qwen2_5_vl | 5 % | half | 1 | -2.00 [-2.00, -2.00] | 1.00 [1.00, 1.00] | 0.00 [0.00, 0.00] "
    assert row + "| 0.25 [0.25, 0.25] | 0.00 [0.00, 0.00] |" in text
    assert "a third" not in text
    # It is no reading of SMFA that has controls, nor one that a claim is about.
    assert list(controls([runs.board()])) == []
    assert len(runs.board().of("smfa")) == 2


@pytest.mark.slow
def test_the_document_holds_verdicts_tables_pictures_and_what_was_not_run(runs: Runs, tmp_path: Path) -> None:
    how = Circumstances(
        title="A title",
        command="bench reproduce own",
        tier="quick",
        machine="a machine",
        minutes=12,
        jobs=2,
        judges="one and another",
        failed={"a_step": "it | broke"},
        not_run=("Something.",),
        unfinished=("a model, 5 %, seed 1: all",),
        asked="Everybody.",
        mass_at=1.0,
        few_shot=("half",),
        few_shot_at=1.0,
        steps=(3, 4),
        runs=tmp_path / "out" / "page" / "runs.tar.xz",
    )
    path = tmp_path / "out" / "page.md"
    write_document(path, [runs.board()], how)
    text = path.read_text()
    for part in (
        "`bench reproduce own`",
        "12 minutes of one core, 2 steps at once",
        "| IDK tuning over-generalises | **holds** |",
        "| SMFA, k = 10 | 1 | 9.00 [9.00, 9.00] | 7.00 [7.00, 7.00] |",
        "**A part of the plan**: 3 of its 4 steps are done.",
        "is in [page/runs.tar.xz](page/runs.tar.xz). `bench reproduce own --runs FILE --stop-after 0` writes",
        "## Does conflict between entries predict damage?",
        "- Something.",
        "- Planned and not finished: a model, 5 %, seed 1: all.",
        r"- a_step: it \| broke",
    ):
        assert part in text
    for picture in ("frontier", "figure_1b", "figure_4"):
        assert f"](page/mini_qwen2_5_vl_05_{picture}.png)" in text
        assert (tmp_path / "out" / "page" / f"mini_qwen2_5_vl_05_{picture}.png").is_file()
