"""What stands beside the tables: README with true sizes, a picture sheet, a Croissant description."""

import io
import json
import subprocess
import sys
from pathlib import Path

import datasets
import mlcroissant
import pyarrow.parquet as pq
import pytest
from broken import person_in, profiles
from PIL import Image, ImageChops

from s_mllmun_bench.building.card import restated
from s_mllmun_bench.building.sheet import picture_sheet
from s_mllmun_bench.building.sizes import file_sizes, table_of
from s_mllmun_bench.data.identity import Withheld, front_matter, read_identity
from s_mllmun_bench.data.layout import CONFIGS, CROISSANT, README, SHEET, table_path

pytestmark = pytest.mark.usefixtures("own_cache")


def test_the_readmes_sizes_are_what_datasets_finds(plain_data: Path) -> None:
    info = {
        one["config_name"]: one for one in front_matter((plain_data / README).read_text())["dataset_info"]
    }
    assert list(info) == list(CONFIGS)
    for config, said in info.items():
        read = datasets.load_dataset(str(plain_data), config)
        for split in said["splits"]:
            rows = read[split["name"]]
            assert split["num_examples"] == len(rows)
            assert split["num_bytes"] == pytest.approx(rows.info.splits[split["name"]].num_bytes, rel=0.001)
        assert said["dataset_size"] == sum(split["num_bytes"] for split in said["splits"])
        assert datasets.Features._from_yaml_list(said["features"]) == rows.features
    finetune = sum((plain_data / table_path("finetune", group)).stat().st_size for group in "abcdefg")
    assert info["finetune"]["download_size"] == finetune


def test_a_file_with_fewer_rows_than_the_readme_says_is_noticed_by_datasets(
    plain_data: Path, tmp_path: Path
) -> None:
    import shutil

    copy = shutil.copytree(plain_data, tmp_path / "copy")
    path = copy / table_path("profiles", "g")
    pq.write_table(pq.read_table(path).slice(1), path)
    with pytest.raises(datasets.exceptions.NonMatchingSplitsSizesError):
        datasets.load_dataset(str(copy))


def test_every_config_belongs_to_a_table() -> None:
    assert [table_of(config) for config in ("profiles", "unlearn_15", "eval_05", "refusals")] == [
        "profiles",
        "unlearn",
        "evaluation",
        "refusals",
    ]


def test_the_readme_says_all_that_a_card_must(mini_data: Path) -> None:
    text = (mini_data / README).read_text()
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "Configs and splits",
        "How it was made",
        "Intended use",
        "Limits",
        "Licence",
        "Citation",
    ]
    assert f"]({SHEET})" in text
    assert "`bench build mini --limit 20 --seed 2026`" in text
    assert "- images look different\n" in text
    assert "- CC0-1.0 (44 images)" in text
    assert text.count(read_identity(mini_data).digest) == 1 + len(CONFIGS) + 2  # marker, configs, prose twice


def test_a_readme_of_withheld_images_says_so_and_forgets_it_again(mini_data: Path) -> None:
    text, identity, sizes = (mini_data / README).read_text(), read_identity(mini_data), file_sizes(mini_data)
    withheld = Withheld(images=3, digest=identity.digest, format="png", longest_side=112)
    lacking = identity.model_copy(update={"digest": "0" * 64, "withheld": withheld})
    said = restated(text, lacking, sizes)
    assert "> 3 ophthalmic images are not in this copy" in said
    assert said.count("0" * 64) == 1 + len(CONFIGS) + 2
    assert restated(said, identity, sizes) == text


def test_the_sheet_shows_six_people_with_both_images(mini_data: Path) -> None:
    sheet = Image.open(mini_data / SHEET)
    assert sheet.size == (3 * 314 + 4 * 14, 2 * 261 + 3 * 14)
    first = next(row for row in profiles(mini_data) if row["person"] == person_in(mini_data, "a"))
    for kind, left in (("face", 14), ("ophthalmic", 14 + 150 + 14)):
        image = Image.open(io.BytesIO(first[kind]["bytes"])).resize((150, 150), Image.Resampling.LANCZOS)
        shown = sheet.crop((left, 14, left + 150, 164))
        assert ImageChops.difference(image, shown).getbbox() is None
    assert picture_sheet(mini_data) == (mini_data / SHEET).read_bytes()


def test_the_croissant_description_is_valid_and_its_records_can_be_read(mini_data: Path) -> None:
    described = mlcroissant.Dataset(jsonld=mini_data / CROISSANT)
    assert described.metadata.issues.errors == set()
    assert described.metadata.version == "1.0.0"
    assert len(described.metadata.distribution) == len(described.metadata.record_sets) == 30
    person = next(iter(described.records("profiles-a")))
    assert person["profiles-a/person"].decode() == person_in(mini_data, "a")
    assert person["profiles-a/face"].size == (112, 112)
    asked = next(iter(described.records("evaluation-a")))["evaluation-a/questions"]
    assert len(asked) == 25
    assert asked[0]["evaluation-a/questions/task"] == b"image_memory"


def test_the_croissant_digests_are_those_of_the_files(plain_data: Path) -> None:
    import hashlib

    described = json.loads((plain_data / CROISSANT).read_text())
    for file in described["distribution"]:
        data = (plain_data / file["contentUrl"]).read_bytes()
        assert (file["sha256"], file["contentSize"]) == (hashlib.sha256(data).hexdigest(), f"{len(data)} B")


EVERY_IMAGE = """
import datasets
from s_mllmun_bench.data.layout import CONFIGS
opened = 0
for config in CONFIGS:
    for split in datasets.load_dataset("s-mllmun-bench", config).values():
        for row in split:
            for kind in ("face", "ophthalmic"):
                if kind in row:
                    row[kind].load()
                    opened += row[kind].size == (112, 112)
print(opened)
"""


@pytest.mark.slow
def test_in_a_fresh_cache_every_image_of_every_split_opens(mini_data: Path, tmp_path: Path) -> None:
    import os

    environment = {**os.environ, "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", EVERY_IMAGE]
    done = subprocess.run(
        command, cwd=mini_data.parent, env=environment, capture_output=True, text=True, check=True
    )
    # profiles 22, finetune 20, unlearn 2 + 4 + 6, eval 3 x 22; two images each.
    assert done.stdout.split()[-1] == str(2 * (22 + 20 + 12 + 66))
