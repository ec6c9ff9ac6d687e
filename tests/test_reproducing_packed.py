"""Runs kept in one file: the document can be written of them, and what is there is not made again."""

import shutil
from pathlib import Path

import pytest
from judged_runs import a_run

from s_mllmun_bench.data.layout import README
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.cells import Plan
from s_mllmun_bench.reproducing.masses import MASSES, _mass
from s_mllmun_bench.reproducing.minutes import note, times
from s_mllmun_bench.reproducing.packed import pack, unpack
from s_mllmun_bench.reproducing.plan import make_plan
from s_mllmun_bench.reproducing.recipe import read_reproduction, tier_of
from s_mllmun_bench.reproducing.steps import LEFT_OUT, unsettled
from s_mllmun_bench.running.figures import score_again

RECORD = "unlearning.json"


def planned(root: Path) -> Plan:
    shipped = read_reproduction("mini")
    return make_plan(shipped, tier_of(shipped, "quick"), root)


@pytest.fixture
def finished(tmp_path: Path, mini_data: Path) -> Plan:
    """Return a plan of which all runs are finished and every adapter has a record and weights."""
    for step in planned(tmp_path / "one").until("data"):
        step.folder.mkdir(parents=True)
        shutil.copy(mini_data / README, step.folder)
    plan = planned(tmp_path / "one")
    runs = {run for cell in plan.cells for run in (cell.run, cell.validation) if run is not None}
    for run in runs:
        score_again(a_run(run, (8.0, 2.0)))
    for step in plan.steps:
        if step.kind not in ("build", "evaluate"):
            step.folder.mkdir(parents=True)
            (step.folder / RECORD).write_text(step.name)
            (step.folder / README).write_text(f"made in {tmp_path}")
            (step.folder / "weights.safetensors").write_bytes(bytes(100))
    note(plan.root, plan.steps[0], 60.0, by_command=True)
    (plan.root / MASSES).write_text('{"adapter": "smfa", "k": 1, "mass": 0.25}\n')
    return plan


def test_of_packed_runs_all_but_weights_is_there_and_nothing_is_left_to_do(
    finished: Plan, tmp_path: Path
) -> None:
    file, root = tmp_path / "runs.tar.xz", tmp_path / "two"
    assert unsettled(finished.steps) == []
    pack(finished, file)
    unpack(file, root)
    plan = planned(root)
    assert unsettled(plan.steps) == []
    for old, new in zip(finished.cells, plan.cells, strict=True):
        for name in ("answers.jsonl", "verdicts.jsonl", "scores.json", "manifest.json"):
            assert (new.run / name).read_bytes() == (old.run / name).read_bytes()
    adapter = next(step for step in plan.steps if step.kind == "unlearn")
    assert (adapter.folder / RECORD).read_text() == adapter.name
    assert not (adapter.folder / "weights.safetensors").exists()
    # A card that PEFT writes beside an adapter names folders of the machine; a dataset's says what it is.
    assert not (adapter.folder / README).exists()
    assert all((step.folder / README).is_file() for step in plan.until("data"))
    assert not adapter.is_done
    assert times(root) == times(finished.root)
    # The mass of a mask outlives the weights it was counted on; of no others is one made up.
    assert _mass(root / "unlearns" / "smfa", 1) == 0.25
    assert _mass(adapter.folder, 1) is None


def test_one_missing_run_needs_its_adapters_again_and_no_others(finished: Plan, tmp_path: Path) -> None:
    file, root = tmp_path / "runs.tar.xz", tmp_path / "two"
    lost = next(cell for cell in finished.cells if cell.method == "smfa" and cell.k == 0.1)
    (lost.run / "scores.json").unlink()
    pack(finished, file)
    unpack(file, root)
    left = {step.name.partition("_")[0] for step in unsettled(planned(root).steps)}
    assert left == {"mini", "smfa", "evaluation"}  # data, the original, one training, its runs


def test_the_same_runs_give_the_same_bytes_and_what_is_there_stays(finished: Plan, tmp_path: Path) -> None:
    one, two = tmp_path / "one.tar.xz", tmp_path / "two.tar.xz"
    pack(finished, one)
    pack(finished, two)
    assert one.read_bytes() == two.read_bytes()
    adapter = next(step for step in finished.steps if step.kind == "unlearn")
    (adapter.folder / RECORD).write_text("another")
    unpack(one, finished.root)
    assert (adapter.folder / RECORD).read_text() == "another"
    assert not (adapter.folder / LEFT_OUT).exists()
    assert unsettled(finished.steps) == []


def test_a_file_that_holds_no_runs_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "runs.tar.xz"
    unpack(file, tmp_path / "root")  # not there yet
    file.write_bytes(b"no archive")
    with pytest.raises(BenchError, match=r"runs\.tar\.xz holds no runs that can be read"):
        unpack(file, tmp_path / "root")
