"""Image sources: folders, DeepEyeNet copies and the Hub, and what strangers' files may be like."""

import io
import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from s_mllmun_bench import contents
from s_mllmun_bench.building.intake import AHEAD, Wanted, collect
from s_mllmun_bench.building.recipe import HUB, ImageFormat, find_recipe, read_recipe, with_sources
from s_mllmun_bench.building.screening import candidate, read_image
from s_mllmun_bench.contracts import LeftOut, SourceImage
from s_mllmun_bench.errors import BenchError

STORED = ImageFormat(format="jpeg", longest_side=64)


def source(name: str) -> ModuleType:
    return contents.load(contents.find("source", "builders/sources", name, ".py"))


def noise(seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Return a picture of coarse squares, each seed's another."""
    squares = Image.frombytes("RGB", (8, 6), random.Random(seed).randbytes(144))
    return squares.resize(size, Image.Resampling.NEAREST)


def drawn() -> Image.Image:
    """Return a drawn face, always the same: it has what a photograph has, and noise has not."""
    faces = source("mini_faces")
    return faces.draw(faces.sample(random.Random(1)))


def encoded(image: Image.Image, format: str = "JPEG", **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **more)
    return file.getvalue()


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Return a folder of six good images, one of them in a folder below, and a file that is none."""
    folder = tmp_path / "faces"
    (folder / "more").mkdir(parents=True)
    for number in range(5):
        (folder / f"face ({number}).JPG").write_bytes(encoded(noise(number)))
    (folder / "face (1).JPG").write_bytes(encoded(drawn()))
    (folder / "more" / "six.png").write_bytes(encoded(noise(5), "PNG"))
    (folder / "notes.txt").write_text("mine")
    return folder


def taken(name: str, folder: Path, count: int = 6, spare: int = 0) -> tuple[list[str], list[str]]:
    """Return the names of the images that a build takes of a folder, and its notes."""
    notes: list[str] = []
    wanted = Wanted(name, count, spare, f"{count} + 0 unseen", notes.append)
    settings = {"folder": str(folder)}
    pictures = collect(source(name), wanted, random.Random(1), settings, STORED, lambda: None)
    return [picture.source for picture in pictures], notes


def test_a_folder_gives_its_images_shuffled_by_the_seed(faces: Path) -> None:
    names, notes = taken("folder", faces)
    assert sorted(names) == [*(f"face ({n}).JPG" for n in range(5)), "more/six.png"]
    assert names != sorted(names)
    assert (names, notes) == (taken("folder", faces)[0], [])


def test_a_source_is_read_a_few_images_ahead_and_no_further() -> None:
    read: list[int] = []

    class Endless:
        @staticmethod
        def images(count: int, *_: object) -> Iterator[SourceImage | LeftOut]:
            for number in range(10 * count):
                read.append(number)
                whole = SourceImage(noise(number), {}, f"image {number}", "free")
                yield LeftOut(f"image {number}", "no reason") if number == 1 else whole

    notes: list[str] = []
    wanted = Wanted("endless", 3, 0, "2 + 1 unseen", notes.append)
    pictures = collect(Endless, wanted, random.Random(1), {}, STORED, lambda: None)  # type: ignore[arg-type]
    assert [picture.source for picture in pictures] == ["image 0", "image 2", "image 3"]
    assert notes == ["left out image 1: no reason"]
    # Four are taken or left out, and AHEAD more are at work by then.
    assert read == list(range(4 + AHEAD))


def test_a_folder_reads_no_more_files_than_are_taken(faces: Path) -> None:
    given = source("folder").images(2, random.Random(1), {"folder": str(faces)})
    first = list(islice(given, 2))
    for path in faces.rglob("*.*"):
        path.unlink()
    assert [type(one) for one in first] == [SourceImage, SourceImage]
    assert isinstance(next(given), LeftOut)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("", "the source folder needs a folder of images: give --faces DIR"),
        ("gone", "gone is no folder of images"),
        ("empty", "empty holds no images; they end in .bmp, .gif, .jpeg, .jpg, .png"),
    ],
)
def test_a_folder_without_images_is_one_line(where: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "read.me").write_text("nothing here")
    settings = {"folder": str(tmp_path / where)} if where else {}
    with pytest.raises(BenchError) as error:
        next(source("folder").images(1, random.Random(1), settings))
    assert text in str(error.value)
    assert "\n" not in str(error.value)


BAD = {
    "cut.jpg": (encoded(noise(7, (640, 480)))[:-4000], "it is cut off"),
    "text.jpg": (b"hello", "it is no image that can be read"),
    "empty.png": (b"", "it is no image that can be read"),
    "dot.png": (encoded(Image.new("RGB", (1, 1)), "PNG"), "it has 1 x 1 pixels, and each side needs 32"),
    "wide.png": (
        encoded(Image.new("RGB", (20_000, 40)), "PNG"),
        "it has 20000 x 40 pixels, and no side may have more than 10000",
    ),
    "moving.gif": (
        encoded(noise(8), "GIF", save_all=True, append_images=[noise(9)]),
        "it is animated (2 frames)",
    ),
    "again.jpg": (encoded(noise(0)), "it is the same as face (0).JPG"),
    "smaller.png": (encoded(drawn().resize((80, 80)), "PNG"), "it looks the same as face (1).JPG"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_image_that_cannot_be_used_is_left_out_by_name(name: str, faces: Path) -> None:
    data, reason = BAD[name]
    (faces / name).write_bytes(data)
    names, (note,) = taken("folder", faces, spare=9)
    assert len(set(names)) == 6
    left_out, _, why = note.removeprefix("left out ").partition(": ")
    if " as " in reason:
        # Which of two alike comes first is the seed's choice.
        alike = {name, reason.partition(" as ")[2]}
        assert {left_out, why.partition(" as ")[2]} == alike
        assert why.partition(" as ")[0] == reason.partition(" as ")[0]
    else:
        assert (left_out, why) == (name, reason)


def test_too_few_images_that_can_be_used_are_counted(faces: Path) -> None:
    for name, (data, _) in BAD.items():
        (faces / name).write_bytes(data)
    with pytest.raises(BenchError) as error:
        taken("folder", faces, count=7)
    assert str(error.value) == (
        "the source folder gave 6 images besides the 8 that cannot be used, and 7 are needed (7 + 0 unseen)"
    )
    names, notes = taken("folder", faces, count=6, spare=3)
    assert len(names) == 6
    # Of the 8 three are named.
    assert len(notes) == 4
    assert notes[3] == "left out 5 more of the source folder"


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "RGBA", "LA"])
def test_other_modes_become_rgb_and_what_is_clear_becomes_white(mode: str) -> None:
    image = noise(3).convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(0)
    read = read_image(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert (read.mode, read.size) == ("RGB", (64, 48))
    assert (mode not in ("RGBA", "LA")) or read.getextrema() == ((255, 255),) * 3


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_image(encoded(noise(1), exif=exif)).size == (48, 64)


def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    # 400 million pixels, 1.2 GB decoded; the file is small.
    path = tmp_path / "huge.png"
    Image.new("1", (20_000, 20_000)).save(path)
    found = candidate(path, {}, "huge.png", "")
    assert isinstance(found, LeftOut)
    assert "pixels" in found.reason


def test_a_candidate_keeps_the_digest_of_its_file() -> None:
    data = encoded(noise(1))
    given = candidate(data, {"a": 1}, "one", "CC0-1.0")
    assert isinstance(given, SourceImage)
    import hashlib

    assert given.original == hashlib.sha256(data).hexdigest()


def deep_eye_net(folder: Path, entries: Sequence[tuple[str, object]], name: str = "DeepEyeNet_train") -> Path:
    """Write a copy of DeepEyeNet: a JSON file that describes some images."""
    folder.mkdir(parents=True, exist_ok=True)
    content = [{path: entry} for path, entry in entries]
    (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def add_images(folder: Path, paths: Sequence[str], first: int = 100) -> None:
    for number, path in enumerate(paths, first):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(encoded(noise(number)))


SETS = ("train_set", "val_set", "test_set")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return a copy in the published layout, one image in each set."""
    folder = tmp_path / "den"
    for number, (name, part) in enumerate(zip(("train", "valid", "test"), SETS, strict=True)):
        path = f"eyenet0420/{part}/drusen-1.jpg"
        entry = {"keywords": "a, b", "clinical-description": f" Mild  drusen,\neye {number}. "}
        deep_eye_net(folder, [(path, entry)], f"DeepEyeNet_{name}")
        add_images(folder, [path], number + 100)
    return folder


def test_the_published_layout_is_read_with_its_descriptions(published: Path) -> None:
    given = list(source("deepeyenet").images(3, random.Random(1), {"folder": str(published)}))
    assert sorted(one.truth["description"] for one in given) == [f"Mild drusen, eye {n}" for n in range(3)]
    assert {one.licence for one in given} == {
        "DeepEyeNet terms of use: research only, not to be redistributed"
    }
    assert {one.source for one in given} == {f"DeepEyeNet, eyenet0420/{part}/drusen-1.jpg" for part in SETS}


def test_variants_of_the_layout_are_read(tmp_path: Path) -> None:
    """`_val`, one object instead of a list, keywords as a list, other spellings, and the images elsewhere."""
    folder = tmp_path / "copy" / "inner"
    folder.mkdir(parents=True)
    entries = {
        "YOUR-PATH/eyenet0420/val_set/a.jpg": {
            "Keywords": ["a", "b"],
            "Clinical_Description": "Macular hole.",
        },
        "b.jpg": {"keywords": "c", "clinical description": "Drusen"},
    }
    (folder / "DeepEyeNet_val.json").write_text(json.dumps(entries))
    add_images(tmp_path / "copy", ["images/val_set/a.jpg", "images/test_set/b.jpg"])
    given = list(source("deepeyenet").images(2, random.Random(1), {"folder": str(tmp_path / "copy")}))
    assert sorted(one.truth["description"] for one in given) == ["Drusen", "Macular hole"]


def test_a_missing_image_is_not_replaced_by_one_of_the_same_name(published: Path) -> None:
    first, *gone = sorted(published.rglob("drusen-1.jpg"))
    for file in gone:
        file.unlink()
    names, notes = taken("deepeyenet", published, count=1)
    assert len(names) == 1
    assert first.relative_to(published).as_posix() in next(iter(names))
    assert sorted(notes) == sorted(
        f"left out DeepEyeNet, {file.relative_to(published).as_posix()}: the file is missing" for file in gone
    )


def test_entries_without_a_file_or_a_description_are_left_out(published: Path) -> None:
    more = [
        ("eyenet0420/x/gone.jpg", {"clinical-description": "Gone"}),
        ("b.jpg", {"clinical-description": ""}),
    ]
    deep_eye_net(published, more, "DeepEyeNet_more")
    names, notes = taken("deepeyenet", published, count=3)
    assert len(names) == 3
    assert sorted(notes) == [
        "left out DeepEyeNet, b.jpg: it has no clinical description",
        "left out DeepEyeNet, eyenet0420/x/gone.jpg: the file is missing",
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "holds no DeepEyeNet_train.json, DeepEyeNet_valid.json or DeepEyeNet_test.json"),
        ("{", "DeepEyeNet_train.json cannot be read as JSON: Expecting"),
        ('["a"]', "DeepEyeNet_train.json must hold objects of image paths, and holds str"),
        ("[]", "DeepEyeNet_train.json describes no image"),
        ('{"a.jpg": "drusen"}', "a.jpg must have an object with the key 'clinical-description'"),
        (
            '{"a.jpg": {"keywords": "", "caption": "x", "label": "y"}}',
            "a.jpg has no key 'clinical-description'; its unknown keys are: caption, label",
        ),
        (
            '{"gone.jpg": {"clinical-description": "x"}, "too.jpg": {"clinical-description": "x"}}',
            "of the 2 images named by the JSON files of",
        ),
    ],
)
def test_a_copy_of_another_form_is_one_line(content: str | None, text: str, tmp_path: Path) -> None:
    add_images(tmp_path, ["a.jpg"])
    if content is not None:
        (tmp_path / "DeepEyeNet_train.json").write_text(content)
    with pytest.raises(BenchError) as error:
        next(source("deepeyenet").images(1, random.Random(1), {"folder": str(tmp_path)}))
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("folder", [None, "gone"])
def test_deepeyenet_without_a_copy_says_how_to_give_one(folder: str | None, tmp_path: Path) -> None:
    settings = {} if folder is None else {"folder": str(tmp_path / folder)}
    with pytest.raises(BenchError, match=r"give --ophthalmic DIR|it must hold DeepEyeNet_train\.json"):
        next(source("deepeyenet").images(1, random.Random(1), settings))


@pytest.fixture
def hub_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a dataset of five images as the Hub holds one: parquet files in a folder."""
    from datasets import Dataset, Features, Value
    from datasets import Image as ImageColumn

    data = [{"bytes": encoded(noise(n)), "path": f"{n}.jpg"} for n in range(5)]
    features = Features({"picture": ImageColumn(), "label": Value("int64")})
    rows = Dataset.from_dict({"picture": data, "label": list(range(5))}, features=features)
    rows.to_parquet(tmp_path / "set" / "train-0.parquet")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    yield tmp_path / "set"


def test_a_hub_dataset_is_streamed_in_its_own_order(hub_rows: Path) -> None:
    settings = {"dataset": str(hub_rows), "licence": "mit"}
    given = list(islice(source("hub").images(2, random.Random(1), settings), 2))
    assert [(one.licence, one.image.size) for one in given] == [("mit", (64, 48))] * 2
    assert [one.source for one in given] == [f"{hub_rows}, image {n}" for n in (1, 2)]
    assert given[0].original != given[1].original


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"split": "nothing"}, "split nothing: "),
        ({"column": "label"}, "has no column of images label; it has ['picture', 'label']"),
        ({"dataset": "/nowhere/at/all"}, "the dataset /nowhere/at/all of the Hub, split train: "),
    ],
)
def test_a_hub_dataset_that_cannot_be_had_is_one_line(
    change: dict[str, str], text: str, hub_rows: Path
) -> None:
    settings = {"dataset": str(hub_rows), "licence": "mit"} | change
    with pytest.raises(BenchError) as error:
        next(source("hub").images(1, random.Random(1), settings))
    assert text in str(error.value)
    assert "\n" not in str(error.value)


def test_the_user_s_own_images_take_the_place_of_the_recipe_s() -> None:
    recipe = read_recipe(find_recipe("s-mllmun-bench"))
    assert with_sources(recipe, None, None) == recipe
    own = with_sources(recipe, "my/faces", "my/eyes")
    assert (own.faces.name, own.faces.settings) == ("folder", {"folder": "my/faces"})
    assert (own.ophthalmic.name, own.ophthalmic.settings) == ("deepeyenet", {"folder": "my/eyes"})
    assert with_sources(recipe, f"{HUB}a/b", None).faces.settings == {"dataset": "a/b"}
    for wrong in ("hub:", "hub:a", "hub:a/", "hub:a/b/c"):
        with pytest.raises(BenchError, match="faces of the Hub are given as hub:OWNER/NAME"):
            with_sources(recipe, wrong, None)
