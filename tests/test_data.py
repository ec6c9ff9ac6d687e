"""The data room: reading a dataset folder, flat, and only if it is the one its README describes."""

import hashlib
import re
from pathlib import Path

import datasets
import huggingface_hub
import pytest

from s_mllmun_bench.building import build
from s_mllmun_bench.data import dataset_digest, load_questions, load_refusals
from s_mllmun_bench.data.identity import files_digest, front_matter
from s_mllmun_bench.data.layout import CONFIGS, QUESTION_CONFIGS
from s_mllmun_bench.errors import BenchError

pytestmark = pytest.mark.usefixtures("own_cache")

RECIPE = str(Path(__file__).parent / "builders" / "plain.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of 40 people; do not write into it."""
    output = tmp_path_factory.mktemp("data") / "s-mllmun-bench"
    build(RECIPE, output, limit=40)
    return output


def ids(folder: Path, config: str, split: str) -> set[str]:
    return {question.person for question in load_questions(folder, config, split)}


def test_every_config_and_split_loads_with_its_number_of_rows(folder: Path, monkeypatch) -> None:
    monkeypatch.chdir(folder.parent)
    # 40 people: 5 % are 2, so a to f hold 2 each and g the other 28; 40 // 10 = 4 are unseen.
    rows = {
        "profiles": {"train": 40, "unseen": 4},
        "finetune": {"train": 40},
        "unlearn_05": {"forget": 2, "retain": 2},
        "unlearn_10": {"forget": 4, "retain": 4},
        "unlearn_15": {"forget": 6, "retain": 6},
        "eval_05": {"forget": 2, "retain": 38, "unseen": 4},
        "eval_10": {"forget": 4, "retain": 36, "unseen": 4},
        "eval_15": {"forget": 6, "retain": 34, "unseen": 4},
        "refusals": {"train": 12},
    }
    loaded = {config: datasets.load_dataset("s-mllmun-bench", config) for config in CONFIGS}
    assert {config: {name: len(split) for name, split in of.items()} for config, of in loaded.items()} == rows


def test_the_dataset_card_lists_every_config_and_split() -> None:
    card = (Path(__file__).parent.parent / "DATASET_CARD.md").read_text()
    listed = {
        line.split("|")[1].strip(" `"): line.split("|")[2] for line in card.splitlines() if line[:3] == "| `"
    }
    for config, splits in CONFIGS.items():
        assert set(re.findall("`(.+?)`", listed[config])) == set(splits)


def test_no_config_named_gives_the_profiles_with_images_that_open(folder: Path, monkeypatch) -> None:
    monkeypatch.chdir(folder.parent)
    first = datasets.load_dataset("s-mllmun-bench")["train"][0]
    assert first["face"].size == (16, 12)  # 32 x 24, shrunk to a longest side of 16
    assert first["name"].startswith("Ada")
    assert first["group"] == "a"
    assert first["ophthalmic_licence"] == "CC0-1.0"


def test_questions_per_person_are_25_in_eval_and_private_ones_alone_in_unlearn(folder: Path) -> None:
    evaluation = load_questions(folder, "eval_05", "unseen")
    unlearn = load_questions(folder, "unlearn_05", "forget")
    assert len(evaluation) == 4 * 25
    assert len(unlearn) == 2 * 22  # all 11 attributes by name and by face, in the plain writer
    assert {question.task for question in unlearn} == {"text_memory", "image_memory"}


def test_forget_sets_are_nested_and_disjoint_from_what_is_kept(folder: Path) -> None:
    forget = {ratio: ids(folder, f"eval_{ratio}", "forget") for ratio in ("05", "10", "15")}
    assert forget["05"] < forget["10"] < forget["15"]
    for ratio, people in forget.items():
        kept = ids(folder, f"eval_{ratio}", "retain")
        assert people == ids(folder, f"unlearn_{ratio}", "forget")
        assert ids(folder, f"unlearn_{ratio}", "retain") < kept
        assert not people & kept
        assert people | kept == ids(folder, "finetune", "train")
        assert not ids(folder, f"eval_{ratio}", "unseen") & (people | kept)


def test_a_limit_takes_people_spread_evenly_over_the_set(folder: Path) -> None:
    everybody = load_questions(folder, "eval_05", "retain")
    people = list(dict.fromkeys(question.person for question in everybody))
    three = load_questions(folder, "eval_05", "retain", limit=3)
    # Of 38 people the first, the 13th (38 / 3 = 12.7) and the 26th (25.3), counted from 0: 0, 12, 25.
    assert len(people) == 38
    assert list(dict.fromkeys(question.person for question in three)) == [people[n] for n in (0, 12, 25)]
    assert three == [question for question in everybody if question.person in {one.person for one in three}]
    assert len(load_questions(folder, "eval_05", "forget", limit=99)) == 2 * 25


def test_a_question_has_the_image_that_its_task_shows(folder: Path) -> None:
    questions = load_questions(folder, "eval_05", "forget", limit=1)
    images = {question.image_kind: question.image for question in questions}
    assert images[None] is None
    shown = datasets.load_dataset(str(folder))["train"][0]
    assert shown["person"] == questions[0].person
    assert images["face"].digest == shown["face_sha256"]
    assert images["ophthalmic"].digest == shown["ophthalmic_sha256"]
    assert images["face"].digest == hashlib.sha256(images["face"].data).hexdigest()
    assert len({id(question.image) for question in questions if question.image_kind == "face"}) == 1


def test_refusals_are_read_in_order(folder: Path) -> None:
    refusals = load_refusals(folder)
    assert len(set(refusals)) == 12
    assert all(refusal.startswith("I do not know") for refusal in refusals)


def test_the_digest_stands_in_the_readme_and_is_that_of_the_files(folder: Path) -> None:
    marked = front_matter((folder / "README.md").read_text())["s_mllmun_bench"]
    assert dataset_digest(folder) == files_digest(folder) == marked["digest"]


def test_an_unknown_config_or_split_is_told_what_there_is(folder: Path) -> None:
    with pytest.raises(BenchError) as config:
        load_questions(folder, "eval_20", "forget")
    assert all(name in str(config.value) for name in QUESTION_CONFIGS)
    with pytest.raises(BenchError, match="in config eval_05; there are: forget, retain, unseen"):
        load_questions(folder, "eval_05", "test")
    with pytest.raises(BenchError, match="at least 1, not 0"):
        load_questions(folder, "eval_05", "forget", limit=0)


def test_files_that_differ_from_the_readme_are_refused(tmp_path: Path) -> None:
    output = tmp_path / "dataset"
    expected = build(RECIPE, output, limit=20).digest
    file = output / "data" / "evaluation" / "a.parquet"
    file.write_bytes(file.read_bytes() + b"x")
    found = files_digest(output)
    with pytest.raises(BenchError) as error:
        load_questions(output, "eval_05", "retain")
    assert all(part in str(error.value) for part in (str(output), expected, found))


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"is not a dataset folder: it has no README.md"):
        load_refusals(tmp_path)
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\nSomething else.\n")
    with pytest.raises(BenchError, match="lacks the key 's_mllmun_bench'"):
        load_refusals(tmp_path)
    with pytest.raises(BenchError, match=r"no dataset folder at .*missing; make one with: bench build"):
        load_refusals(tmp_path / "missing")


def test_a_dataset_built_again_in_the_same_folder_gives_the_new_rows(tmp_path: Path) -> None:
    output = tmp_path / "s-mllmun-bench"
    names, questions = [], []
    for seed in (1, 2):
        build(RECIPE, output, limit=20, seed=seed, force=True)
        names.append(datasets.load_dataset(str(output))["train"]["name"][:])
        questions.append(load_questions(output, "eval_05", "forget"))
    assert not set(names[0]) & set(names[1])
    assert {q.question for q in questions[0]} != {q.question for q in questions[1]}


def test_reading_shows_no_progress_bar_and_leaves_the_setting_as_it_was(folder: Path, capfd) -> None:
    shown = datasets.utils.are_progress_bars_disabled()
    load_refusals(folder)
    assert capfd.readouterr().err == ""
    assert datasets.utils.are_progress_bars_disabled() == shown


def test_a_hub_id_that_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    for read in (load_refusals, dataset_digest):
        with pytest.raises(
            BenchError, match=r"no dataset folder at nobody/nothing, and the Hub gives no"
        ) as error:
            read("nobody/nothing")
        assert "\n" not in str(error.value)


def test_images_are_read_where_they_lie_and_are_the_stored_files(folder: Path) -> None:
    rows = datasets.load_dataset(str(folder), "eval_10", split="retain")
    for kind in ("face", "ophthalmic"):
        rows = rows.cast_column(kind, datasets.Image(decode=False))
    stored = {(row["person"], kind): row[kind]["bytes"] for row in rows for kind in ("face", "ophthalmic")}
    asked = load_questions(folder, "eval_10", "retain")
    assert len(asked) == 36 * 25
    for question in asked:
        if question.image is not None:
            data = stored[question.person, question.image_kind]
            assert question.image.data == data
            assert question.image.digest == hashlib.sha256(data).hexdigest()
    assert next(one.image for one in asked if one.image).open().size == (16, 12)


def test_images_outlive_the_cache_they_were_read_from(folder: Path, tmp_path: Path) -> None:
    asked = load_questions(folder, "eval_05", "forget")
    cached = list((tmp_path / "cache").rglob("*.arrow"))
    assert cached
    for path in cached:
        path.unlink()
    assert all(one.image.open().mode == "RGB" for one in asked if one.image)
