"""``bench attach-ophthalmic``: the withheld images come back from the user's own files, byte for byte."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from restricted import build_restricted
from typer.testing import CliRunner

from s_mllmun_bench.building.check import check
from s_mllmun_bench.building.ophthalmic import attach_ophthalmic, restricted, withhold
from s_mllmun_bench.cli import app
from s_mllmun_bench.data import load_questions
from s_mllmun_bench.data.identity import read_identity
from s_mllmun_bench.errors import BenchError

pytestmark = pytest.mark.usefixtures("own_cache")


def silent(done: int, total: int, what: str) -> None:
    pass


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of restricted images, with ``originals`` beside it; do not write into it."""
    return build_restricted(tmp_path_factory.mktemp("original"))


@pytest.fixture(scope="module")
def copy(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return its copy without the images; do not write into it."""
    folder = tmp_path_factory.mktemp("copy")
    withhold(original, restricted(original, "ophthalmic"), folder)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def originals(original: Path) -> Path:
    return original.parent / "originals"


def test_the_copy_says_what_it_lacks_and_passes_its_audits(original: Path, copy: Path) -> None:
    lacks = read_identity(copy).withheld
    assert lacks is not None
    # 64 x 48 pixels, stored with a longest side of 16.
    assert (lacks.images, lacks.format, lacks.longest_side) == (22, "jpeg", 16)
    assert lacks.digest == read_identity(original).digest
    report = check(copy, silent)
    assert report.failed == []
    assert "22 images are withheld" in [one.note for one in report.audits]
    assert {one.audit: one.checked for one in report.audits}["images_are_unique"] == 22


def test_questions_that_show_no_ophthalmic_image_can_be_asked_of_the_copy(copy: Path) -> None:
    assert len(load_questions(copy, "unlearn_05", "forget")) == 22
    with pytest.raises(BenchError, match="shows an ophthalmic image that this copy of the dataset lacks"):
        load_questions(copy, "eval_05", "forget")


def test_what_is_attached_is_the_original_byte_for_byte(original: Path, copy: Path, tmp_path: Path) -> None:
    arranged = tmp_path / "mine/eyenet0420/train_set"
    shutil.copytree(originals(original), arranged)
    (arranged / "eye_00.png").rename(arranged.parent / "renamed.PNG")
    result = CliRunner().invoke(
        app,
        [
            "attach-ophthalmic",
            str(copy),
            "--ophthalmic",
            str(tmp_path / "mine"),
            "-o",
            str(tmp_path / "out"),
            "--json",
        ],
    )
    assert result.exit_code == 0, result.exception
    assert json.loads(result.stdout)["digest"] == read_identity(original).digest
    assert files_of(tmp_path / "out") == files_of(original)
    assert len(load_questions(tmp_path / "out", "eval_05", "forget")) == 25


def test_a_file_that_is_missing_is_named_and_nothing_is_written(
    original: Path, copy: Path, tmp_path: Path
) -> None:
    mine = shutil.copytree(originals(original), tmp_path / "mine")
    (mine / "eye_03.png").unlink()
    image = Image.open(mine / "eye_05.png")
    image.putpixel((0, 0), (1, 2, 3))
    image.save(mine / "eye_05.png")
    with pytest.raises(
        BenchError, match=r"lacks 2 of the 22 ophthalmic images, such as DeepEyeNet, eye_0[35].png"
    ):
        attach_ophthalmic(copy, mine, tmp_path / "out", silent)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


def test_bad_folders_are_one_line(original: Path, copy: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="has all its images; there is nothing to fill in"):
        attach_ophthalmic(original, originals(original), tmp_path / "out", silent)
    with pytest.raises(BenchError, match="no folder of ophthalmic images at "):
        attach_ophthalmic(copy, tmp_path / "nowhere", tmp_path / "out", silent)
    with pytest.raises(BenchError, match="is not a dataset folder"):
        attach_ophthalmic(tmp_path, originals(original), tmp_path / "out", silent)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("one")
    with pytest.raises(
        BenchError, match="exists and is not a dataset of this benchmark; nothing was changed"
    ):
        attach_ophthalmic(copy, originals(original), tmp_path / "taken", silent)
    shutil.copytree(original, tmp_path / "there")
    with pytest.raises(BenchError, match="exists; name another folder"):
        attach_ophthalmic(copy, originals(original), tmp_path / "there", silent)
