"""What a build needs is counted before it begins: nothing is read, asked or written if it is short."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_build import PEOPLE, recipe
from typer.testing import CliRunner

from s_mllmun_bench.building import build
from s_mllmun_bench.building import people as building_people
from s_mllmun_bench.building.recipe import find_recipe, read_recipe, with_sources
from s_mllmun_bench.cli import app
from s_mllmun_bench.contracts import Means
from s_mllmun_bench.errors import BenchError

Shortage = Callable[[Path, Path], list[str]]


def short_of(faces: str | None, eyes: str | None) -> Shortage:
    """Return the function from a folder of our own, and a new one, to the options of a build."""

    def options(own: Path, new: Path) -> list[str]:
        (new / "empty").mkdir()
        (new / "ten").mkdir()
        for number in range(10):
            face = own / "faces" / f"face ({number}).jpg"
            (new / "ten" / face.name).write_bytes(face.read_bytes())
        places = {"own": own, "new": new}
        given = {
            option: str(places[where.partition("/")[0]] / where.partition("/")[2])
            for option, where in (("--faces", faces), ("--ophthalmic", eyes))
            if where
        }
        return [word for pair in given.items() for word in pair]

    return options


SHORTAGES = {
    "no faces": (short_of(None, "own/eyes"), "needs a folder of images: give --faces DIR"),
    "no eyes": (short_of("own/faces", None), "needs your own copy of DeepEyeNet: give --ophthalmic DIR"),
    "nowhere": (short_of("new/nowhere", "own/eyes"), "nowhere is no folder of images"),
    "empty": (short_of("new/empty", "own/eyes"), "empty holds no images; they end in "),
    "few": (short_of("new/ten", "own/eyes"), "ten) has 10 images, and 22 are needed (20 + 2 unseen)"),
    "no JSON": (short_of("own/faces", "new/ten"), "ten holds no DeepEyeNet_train.json, "),
}


@pytest.mark.parametrize("shortage", SHORTAGES)
def test_a_dry_run_and_a_build_say_the_same_of_what_is_missing_before_an_image_is_read(
    shortage: str, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object) -> None:
        raise AssertionError("an image was read")

    monkeypatch.setattr(building_people, "collect", unread)
    options, text = SHORTAGES[shortage]
    command = ["build", recipe(tmp_path), "--limit", str(PEOPLE), *options(own, tmp_path)]
    command += ["--writer-base-url", "http://127.0.0.1:9/v1", "-o", str(tmp_path / "out")]
    for more in ([], ["--dry-run"]):
        result = CliRunner().invoke(app, [*command, *more])
        assert isinstance(result.exception, BenchError)
        assert text in str(result.exception)
        assert "\n" not in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (None, "nobody says which server the writer asks"),
        ("somewhere", "'somewhere' is no server's address"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "wants a key: set DASHSCOPE_API_KEY"),
    ],
)
def test_a_server_that_cannot_be_asked_is_told_before_an_image_is_looked_for(
    url: str | None, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DASHSCOPE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", " ")
    with pytest.raises(BenchError, match=text):
        build(recipe(tmp_path), tmp_path / "out", PEOPLE, faces="nowhere", means=Means(url))


def test_the_licence_that_a_recipe_states_of_a_folder_of_faces_is_kept_for_another_folder() -> None:
    shipped = read_recipe(find_recipe("s-mllmun-bench"))
    stated = shipped.faces.model_copy(update={"settings": {"folder": "a", "licence": "CC0-1.0"}})
    own = with_sources(shipped.model_copy(update={"faces": stated}), "b", None)
    assert own.faces.settings == {"folder": "b", "licence": "CC0-1.0"}
