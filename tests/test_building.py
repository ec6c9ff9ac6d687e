"""The building room: recipe, groups, audits, and a folder that is there whole or not at all."""

import gc
import json
import random
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from s_mllmun_bench.building import build
from s_mllmun_bench.building.audit import AUDITS
from s_mllmun_bench.building.groups import deal, group_sizes
from s_mllmun_bench.building.pictures import encode
from s_mllmun_bench.building.recipe import ImageFormat, find_recipe, read_recipe, resized
from s_mllmun_bench.data import load_questions
from s_mllmun_bench.data.layout import CONFIGS
from s_mllmun_bench.errors import BenchError

BUILDERS = Path(__file__).parent / "builders"
RECIPE = str(BUILDERS / "plain.yaml")


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def own_recipe(folder: Path, **changes: object) -> str:
    """Write the plain recipe with changes into another folder and return its path."""
    recipe = yaml.safe_load(Path(RECIPE).read_text())
    for part in ("faces", "ophthalmic", "writer"):
        recipe[part]["name"] = str(BUILDERS / Path(recipe[part]["name"]).name)
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(recipe | changes))
    return str(path)


@pytest.mark.parametrize(
    ("people", "small", "rest"),
    # 5 % each for a to f, and 70 % for g: 1000 -> 6 x 50 + 700; 30 -> 1.5, rounded up, 6 x 2 + 18.
    [(1000, 50, 700), (200, 10, 140), (40, 2, 28), (20, 1, 14), (30, 2, 18), (10, 1, 4)],
)
def test_group_sizes_are_5_per_cent_and_the_rest(people: int, small: int, rest: int) -> None:
    assert group_sizes(people) == {**dict.fromkeys("abcdef", small), "g": rest}


def test_too_few_people_for_a_group_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="9 people are too few for groups of 5 %; take at least 10"):
        build(RECIPE, tmp_path / "out", limit=9)
    assert list(tmp_path.iterdir()) == []


def test_groups_follow_the_seed_and_not_the_order_of_the_ids() -> None:
    ids = [f"p{number:04}" for number in range(1, 201)]
    first = deal(ids, random.Random(1))
    assert deal(ids, random.Random(1)) == first
    assert deal(ids, random.Random(2)) != first
    # Sorted by id, the groups do not come in blocks: all 20 people of a and b at the front would be chance.
    assert {first[person] for person in ids[:20]} != {"a", "b"}


def test_the_same_seed_builds_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first = build(RECIPE, tmp_path / "one", limit=20)
    second = build(RECIPE, tmp_path / "two", limit=20)
    other = build(RECIPE, tmp_path / "three", limit=20, seed=5)
    assert first == second
    assert contents_of(tmp_path / "one") == contents_of(tmp_path / "two")
    assert other.seed == 5
    assert other.digest != first.digest


def test_the_limit_sets_people_and_a_tenth_unseen(tmp_path: Path) -> None:
    built = build(RECIPE, tmp_path / "out", limit=30)
    assert (built.people, built.unseen, built.refusals) == (30, 3, 12)
    assert {q.person for q in load_questions(tmp_path / "out", "eval_05", "unseen")} == {
        "u0001",
        "u0002",
        "u0003",
    }
    assert resized(read_recipe(Path(RECIPE)), 10, None).unseen == 1
    for limit in (0, 61):
        with pytest.raises(
            BenchError, match=f"the limit must be 1 to 60, the people of the recipe, not {limit}"
        ):
            build(RECIPE, tmp_path / "other", limit=limit)


def test_every_table_is_listed_in_the_readme_and_no_file_is_unlisted(tmp_path: Path) -> None:
    build(RECIPE, tmp_path / "out", limit=20)
    listed = {path for splits in CONFIGS.values() for paths in splits.values() for path in paths}
    assert set(contents_of(tmp_path / "out")) == listed | {"README.md", "people.png", "croissant.json"}


def test_the_readme_says_how_to_make_the_dataset_again(tmp_path: Path) -> None:
    identity = build(RECIPE, tmp_path / "out", limit=20)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "`bench build plain.yaml --limit 20 --seed 1`" in text
    assert identity.digest in text
    assert "| `eval_05` | `retain` | 19 |" in text
    assert "- CC0-1.0 (44 images)" in text  # 20 people and 2 unseen, two images each
    assert "$" not in text


def test_an_unknown_recipe_is_told_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no recipe named 'maxi' in builders/recipes/; there are: .*mini"):
        build("maxi", tmp_path / "out")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"colour": 1}, "own.yaml: unknown field 'colour'"),
        ({"imagse": {}}, "own.yaml: unknown field 'imagse'; did you mean images?"),
        ({"images": {"formt": "png"}}, "own.yaml: unknown field 'images.formt'; did you mean format?"),
        ({"people": 0}, "own.yaml: people: input should be greater than or equal to 1"),
        ({"images": {"format": "png"}}, "own.yaml: images.longest_side: field required"),
        (
            {"faces": {"name": "nobodys_faces"}},
            "no source named 'nobodys_faces' in builders/sources/; there are: ",
        ),
        ({"writer": {"name": "./gone.py"}}, "no writer at "),
        ({"writer": {"name": str(BUILDERS / "plain_images.py")}}, "has no function 'people'"),
        ({"refusals": 0}, "own.yaml: refusals: input should be"),
    ],
)
def test_a_wrong_recipe_is_one_line_that_names_the_field(changes, text, tmp_path: Path) -> None:
    with pytest.raises(BenchError) as error:
        build(own_recipe(tmp_path, **changes), tmp_path / "out", limit=20)
    assert text in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("name", "the name 'ada same' occurs 22 times (p0001, p0002, p0003)"),
        (
            "wording",
            "question p0001-e-image_memory-name is worded as in fine-tuning: State the name of this person.",
        ),
        ("count", "p0001 has 4 face and 0 ophthalmic understanding questions, not 4 and 1"),
        ("id", "the question id 'same' occurs 550 times"),
        ("image", "question p0001-t-text_memory-name is text_memory and shows face"),
        (
            "untaught",
            "p0001 is asked for ophthalmic_clinical_description (image_memory), which fine-tuning does not",
        ),
        ("refusal", "the refusal 'no' occurs 12 times (row 1, row 10, row 11)"),
        ("leak", "the unlearning questions of p0001 are not the private part of the fine-tuning ones"),
    ],
)
def test_a_dataset_that_fails_an_audit_is_not_written(fault: str, text: str, tmp_path: Path) -> None:
    writer = {"name": str(BUILDERS / "plain_writer.py"), "settings": {"fault": fault}}
    with pytest.raises(BenchError) as error:
        build(own_recipe(tmp_path, writer=writer), tmp_path / "out", limit=20)
    assert "the dataset fails its audit and was not written" in str(error.value)
    assert text in str(error.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["own.yaml"]


def test_an_image_that_a_source_gives_again_is_left_out(tmp_path: Path) -> None:
    same = {"name": str(BUILDERS / "plain_images.py"), "settings": {"blue": 7, "colours": 1}}
    with pytest.raises(BenchError, match="gave 1 images besides the 21 that cannot be used, and 22 "):
        build(own_recipe(tmp_path, faces=same), tmp_path / "out", limit=20)


def test_a_source_with_too_few_images_is_named(tmp_path: Path) -> None:
    few = {"name": str(BUILDERS / "plain_images.py"), "settings": {"blue": 7, "most": 5}}
    with pytest.raises(BenchError, match=r"the source .* gave 5 images, and 22 are needed"):
        build(own_recipe(tmp_path, faces=few), tmp_path / "out", limit=20)


def test_images_are_shrunk_and_never_enlarged() -> None:
    import io

    from PIL import Image

    def stored_size(width: int, height: int, format: str) -> tuple[int, int]:
        data = encode(Image.new("CMYK", (width, height)), ImageFormat(format=format, longest_side=112))
        image = Image.open(io.BytesIO(data))
        assert (image.mode, image.format) == ("RGB", format.upper())
        return image.size

    assert stored_size(224, 100, "png") == (112, 50)
    assert stored_size(50, 448, "jpeg") == (12, 112)  # 12.5 rounds to even
    assert stored_size(20, 30, "png") == (20, 30)
    assert stored_size(20_000, 1, "png") == (112, 1)


def test_progress_counts_every_stage_to_its_end(tmp_path: Path) -> None:
    last: dict[str, tuple[int, int]] = {}

    def note(done: int, total: int, what: str) -> None:
        last[what] = (done, total)

    build(RECIPE, tmp_path / "out", limit=20, progress=note)
    # 20 people and 2 unseen; 8 + 7 + 6 + 8 groups' files and the refusals.
    audits = (len(AUDITS), len(AUDITS))
    pictures = {"faces": (22, 22), "ophthalmic images": (22, 22)}
    assert last == {**pictures, "texts": (22, 22), "audits": audits, "tables": (30, 30)}


def test_the_garbage_collector_is_as_before_when_a_build_ends_or_fails(tmp_path: Path) -> None:
    before = gc.get_threshold()
    build(RECIPE, tmp_path / "out", limit=20)
    assert gc.get_threshold() == before
    with pytest.raises(BenchError):
        build(own_recipe(tmp_path, writer={"name": "nobody"}), tmp_path / "none", limit=20)
    assert gc.get_threshold() == before


def test_the_command_builds_and_reports_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from s_mllmun_bench.cli import app

    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(
        app, ["build", RECIPE, "--limit", "20", "--seed", "4", "-o", "there", "--json"]
    )
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    assert (made["output"], made["recipe"], made["people"], made["seed"]) == ("there", "plain", 20, 4)
    refused = CliRunner().invoke(app, ["build", RECIPE, "-o", "there"])
    assert isinstance(refused.exception, BenchError)


def test_the_shipped_recipes_can_be_read() -> None:
    mini = read_recipe(find_recipe("mini"))
    assert (mini.people, mini.unseen, mini.refusals) == (1000, 100, 1000)
    assert mini.images == ImageFormat(format="png", longest_side=112)


def test_the_mini_recipe_builds_with_its_own_sources_and_writer(tmp_path: Path) -> None:
    build("mini", tmp_path / "mini", limit=20)
    questions = load_questions(tmp_path / "mini", "eval_15", "forget")
    assert len(questions) == 3 * 25
    assert all(question.image is None or question.image.open().size == (112, 112) for question in questions)


@pytest.mark.slow
def test_a_thousand_mini_people_build_in_under_90_seconds(tmp_path: Path) -> None:
    start = time.monotonic()
    built = build("mini", tmp_path / "mini")
    assert time.monotonic() - start < 90
    assert (built.people, built.unseen, built.refusals) == (1000, 100, 1000)
