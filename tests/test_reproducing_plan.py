"""The plan of a reproduction: what is run, under which names, and how long it is expected to take."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from judged_runs import a_run
from typer.testing import CliRunner

from s_mllmun_bench import cli, contents
from s_mllmun_bench.building.people import make_people
from s_mllmun_bench.building.recipe import find_recipe, read_recipe, resized
from s_mllmun_bench.contracts import Means
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reproducing.cells import Plan
from s_mllmun_bench.reproducing.ingredients import _read, dataset_files
from s_mllmun_bench.reproducing.minutes import expected, note
from s_mllmun_bench.reproducing.plan import make_plan
from s_mllmun_bench.reproducing.recipe import Kind, Reproduction, read_reproduction, tier_of
from s_mllmun_bench.reproducing.steps import Step, digest_of
from s_mllmun_bench.running.figures import score_again

MINI = contents.folder("builders") / "reproductions" / "mini.yaml"


def changed(folder: Path, **changes: Any) -> Reproduction:
    """Return the shipped reproduction with some fields changed."""
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(MINI.read_text()) | changes, sort_keys=False))
    return read_reproduction(str(path))


def planned(reproduction: Reproduction, tier: str = "quick") -> Plan:
    return make_plan(reproduction, tier_of(reproduction, tier), Path("root"))


def test_the_validation_recipe_makes_the_same_people_in_other_words() -> None:
    plain, other = (
        make_people(resized(read_recipe(path), 20, None), path, Means())
        for path in (find_recipe("mini"), find_recipe("mini_validation"))
    )
    people, asked_otherwise = ([one.written for one in people] for people in (plain, other))
    assert [one.profile for one in people] == [one.profile for one in asked_otherwise]
    assert [one.finetune for one in people] == [one.finetune for one in asked_otherwise]
    for one, two in zip(people, asked_otherwise, strict=True):
        mine = {row.question for row in one.evaluation if row.task == "text_memory"}
        assert len(two.evaluation) == 25
        assert not mine & {row.question for row in two.evaluation}


def test_every_step_comes_after_what_it_needs_and_stands_once() -> None:
    for tier in ("quick", "full"):
        plan = planned(read_reproduction("mini"), tier)
        names = [step.name for step in plan.steps]
        assert len(set(names)) == len(names)
        for place, step in enumerate(plan.steps):
            assert all(need.name in names[:place] for need in step.needs)
        assert len({cell.run for cell in plan.cells}) == len(plan.cells)


def test_one_training_serves_every_k_and_every_control() -> None:
    plan = planned(read_reproduction("mini"))
    trained = [step.name for step in plan.steps if step.kind == "unlearn" and "mfa" in step.name]
    assert len(trained) == 1
    smfa = [cell for cell in plan.cells if cell.method == "smfa"]
    assert [cell.k for cell in smfa] == [0.1, 0.5, 1, 2.5, 5, 10, 50, float("inf")]
    assert [cell.k for cell in smfa if cell.validation is not None] == [1, 2.5, 10]
    made = {cell.method for cell in plan.cells}
    assert {"mfa", "mfa_scaled", "mfa_random_mask", "direction", "magnitude"} <= made


def test_a_dataset_is_known_by_its_content_once_it_stands(
    tmp_path: Path, mini_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names(content: Path | None) -> dict[Kind, list[str]]:
        """Return the steps' names by kind, with this dataset in the place of each."""
        plan = make_plan(shipped, quick, tmp_path)
        for step in plan.until("data"):
            step.folder.mkdir(parents=True, exist_ok=True)
            if content is not None:
                shutil.copy(content / "README.md", step.folder)
        found: dict[Kind, list[str]] = {}
        for step in make_plan(shipped, quick, tmp_path).steps:
            found.setdefault(step.kind, []).append(step.name)
        return found

    shipped = read_reproduction("mini")
    quick = tier_of(shipped, "quick")
    unbuilt, built = names(None), names(mini_data)
    # A builder that was changed makes its datasets anew; of the same content nothing else is.
    monkeypatch.setattr("s_mllmun_bench.reproducing.plan.dataset_files", lambda recipe: [MINI])
    rebuilt = names(mini_data)
    assert not set(built["build"]) & set(rebuilt["build"])
    assert {kind: rebuilt[kind] for kind in rebuilt if kind != "build"} == {
        kind: built[kind] for kind in built if kind != "build"
    }
    assert not set(unbuilt["unlearn"]) & set(built["unlearn"])


def test_a_changed_setting_makes_other_steps_and_leaves_all_others(tmp_path: Path) -> None:
    shipped = read_reproduction("mini")
    methods = {name: list(settings) for name, settings in shipped.methods.items()}
    methods["manu"] = [{"alpha": 3}, *methods["manu"][1:]]
    other = changed(tmp_path, methods=methods)
    old, new = (planned(one) for one in (shipped, other))
    # One adapter is another, and its run in each wording; nothing else.
    trained = [{step.folder for step in plan.steps} for plan in (old, new)]
    assert [folder.name[:4] for folder in trained[1] - trained[0]] == ["manu"]
    asked = [{run for cell in plan.cells for run in (cell.run, cell.validation)} for plan in (old, new)]
    assert len(asked[0] - asked[1]) == len(asked[1] - asked[0]) == 2


def test_another_k_is_another_run_beside_those_that_are_there(tmp_path: Path) -> None:
    shipped = read_reproduction("mini")
    points = shipped.points.model_dump(mode="json") | {"k": [*shipped.points.k, 20.0]}
    old, new = planned(shipped), planned(changed(tmp_path, points=points))
    assert {step.folder for step in old.steps} == {step.folder for step in new.steps}
    assert {cell.run for cell in old.cells} < {cell.run for cell in new.cells}
    assert len(new.cells) == len(old.cells) + 1


def test_what_is_made_once_is_asked_in_few_commands() -> None:
    plan = planned(read_reproduction("mini"))
    commands = [step.arguments for step in plan.steps if step.kind == "evaluate"]
    # All that has no k, SMFA, its control and its half, with two in other words; two whole checkpoints.
    assert len(commands) == 8
    plain = next(one for one in commands if "--k" not in one and one.count("--adapter") > 12)
    # The original, twelve settings, MFA, four factors and direction alone.
    assert plain.count("--adapter") == 1 + 12 + 1 + 4 + 1


def test_settings_are_chosen_at_the_first_place_and_those_alone_are_run_elsewhere(tmp_path: Path) -> None:
    shipped = read_reproduction("mini")
    full = tier_of(shipped, "full")
    plan = make_plan(shipped, full, tmp_path)
    first = plan.steps[: plan.choosing]
    # What takes longest and nothing follows from comes behind all else.
    assert {step.kind for step in first} == {"build", "finetune", "unlearn", "derive", "evaluate"}
    assert [step.kind for step in plan.steps[-12:]] == ["retrain", "evaluate"] * 6
    tried = [cell for cell in plan.cells if cell.method == "manu" and cell.model == "mini_qwen2_5_vl"]
    assert [cell.strength for cell in tried if (cell.ratio, cell.seed) == (5, 0)] == [
        "alpha = 2",
        "alpha = 5",
        "alpha = 15",
    ]
    assert {cell.strength for cell in tried if (cell.ratio, cell.seed) != (5, 0)} == {"alpha = 2"}
    for cell in tried:
        if cell.validation is not None:
            # Understanding 8, memory known 9; the third setting forgets most and costs nothing.
            forget = 1 if cell.strength == "alpha = 15" else 8
            score_again(a_run(cell.validation, (8.0, forget), 9))
    chosen = [cell for cell in make_plan(shipped, full, tmp_path).cells if cell.method == "manu"]
    elsewhere = [cell for cell in chosen if (cell.ratio, cell.seed) != (5, 0)]
    assert {cell.strength for cell in elsewhere if cell.model == "mini_qwen2_5_vl"} == {"alpha = 15"}
    # Nothing is known of the other model yet: its first settings stand in.
    assert {cell.strength for cell in elsewhere if cell.model != "mini_qwen2_5_vl"} == {"alpha = 2"}
    idk = {
        cell.strength for cell in plan.cells if (cell.method, cell.ratio, cell.seed) == ("idk_tuning", 5, 2)
    }
    assert len(idk) == 3


def test_the_full_tier_goes_on_with_what_the_quick_one_made() -> None:
    shipped = read_reproduction("mini")
    quick, full = ({step.name for step in planned(shipped, tier).steps} for tier in ("quick", "full"))
    assert quick <= full


def test_a_file_that_a_dataset_does_not_follow_from_costs_no_run() -> None:
    names = {path.name for path in dataset_files("mini")}
    assert {"mini.yaml", "mini_faces.py", "_face_look.py", "offline.py", "_wording.py"} <= names
    assert not {"qwen.py", "_memory.py", "deepeyenet.py"} & names


def test_every_file_that_is_loaded_for_a_dataset_is_among_those_it_follows_from() -> None:
    # In a process of its own: other tests have loaded other writers.
    code = (
        "import sys; from s_mllmun_bench import contents; builders = contents.folder('builders').resolve()\n"
        "for name in sys.argv[1:]: contents.load(builders / name)\n"
        "files = [getattr(one, '__file__', None) or '' for one in sys.modules.values()]\n"
        "print('\\n'.join(file for file in files if file.startswith(str(builders))))"
    )
    plan = read_recipe(find_recipe("mini"))
    parts = [f"sources/{plan.faces.name}.py", f"sources/{plan.ophthalmic.name}.py"]
    command = [sys.executable, "-c", code, *parts, f"writers/{plan.writer.name}.py"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    names = {path.name for path in dataset_files("mini")}
    assert {Path(file).name for file in loaded} <= names
    assert {"_face_features.py", "_fundus_parts.py"} <= {Path(file).name for file in loaded}


def test_both_forms_of_an_import_from_beside_are_followed(tmp_path: Path) -> None:
    texts = {
        "source": "from . import one, two as other\nfrom .three import (\n    x,\n)\nimport os\n",
        "one": "from . import (\n    four,\n)\n",
        "two": "from . import source\n",
        "three": "x = 'from . import five'\n",
        "four": "",
        "five": "",
        "os": "",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    found = {path.stem for path in _read(tmp_path / "source.py")}
    assert found == {"source", "one", "two", "three", "four"}


def test_unequal_chances_and_unknown_names_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no tier named 'slow' in the reproduction; there are: full, quick"):
        tier_of(read_reproduction("mini"), "slow")
    with pytest.raises(BenchError, match=r"no reproduction named 'maxi' in .*; there are: mini"):
        read_reproduction("maxi")
    methods = {name: list(one) for name, one in read_reproduction("mini").methods.items()}
    with pytest.raises(BenchError, match=r"as many settings to choose from; there are: .*manu 2"):
        changed(tmp_path, methods=methods | {"manu": methods["manu"][:2]})
    with pytest.raises(BenchError, match=r"smfa\.candidates: 2\.5 is not among fewer\.k"):
        changed(tmp_path, fewer=read_reproduction("mini").fewer.model_dump() | {"k": [1.0, 10.0]})
    with pytest.raises(BenchError, match=r"no method named 'smfa' in .*own\.yaml; there are: ga_difference"):
        changed(tmp_path, curves=["smfa"])
    with pytest.raises(BenchError, match=r"own\.yaml: people: input should be greater than or equal to 20"):
        changed(tmp_path, people=3)


def a_step(folder: Path, kind: Any = "evaluate", size: float = 1.0) -> Step:
    return Step(kind, folder, digest_of(kind, folder.name, []), (), size=size)


def test_minutes_are_those_of_the_file_until_something_ran(tmp_path: Path) -> None:
    stated: Any = {"evaluate": 0.5, "build": 2.0}
    steps = [a_step(tmp_path / "a", size=3), a_step(tmp_path / "b"), a_step(tmp_path / "c", "build")]
    assert expected(steps, stated, tmp_path) == {"evaluate": 2.0, "build": 2.0}
    # Work of size 2 took 120 s: a minute each. Done steps cost nothing more.
    note(tmp_path, a_step(tmp_path / "z", size=2), 120.0, by_command=True)
    note(tmp_path, steps[2], 1.0, by_command=False)
    (tmp_path / "b").mkdir()
    assert expected(steps, stated, tmp_path) == {"evaluate": 3.0, "build": 2.0}


def test_a_dry_run_prints_the_plan_and_makes_nothing(tmp_path: Path) -> None:
    output = tmp_path / "there"
    result = CliRunner().invoke(cli.app, ["reproduce", "mini", "--dry-run", "-o", str(output), "--jobs", "2"])
    assert result.exit_code == 0, result.output
    assert "The paper in miniature: 33 of 33 steps left, 52 runs in all" in result.stdout
    assert "minutes with 2 at once" in result.stdout
    assert not output.exists()
