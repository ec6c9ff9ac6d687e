"""Faces of a dataset of the Hub: streamed over its protocol, and no more of it than is needed."""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataset_hub import DatasetHub, Repository
from serving import running
from test_building_sources import encoded, noise

TABLES, ROWS = 2, 40
_CODE = """
import json, random, sys
from itertools import islice
from s_mllmun_bench import contents
from s_mllmun_bench.errors import BenchError
source = contents.load(contents.find("source", "builders/sources", "hub", ".py"))
try:
    given = [*islice(source.images(3, random.Random(1), {"dataset": sys.argv[1]}), 3)]
    print(json.dumps([[one.source, one.licence, one.original] for one in given]))
except BenchError as error:
    print(json.dumps(f"error: {error}"))
"""


def parquet(first: int) -> bytes:
    """Return a file of 40 images in parts of ten; of 11 MB."""
    from datasets import Dataset, Features
    from datasets import Image as ImageColumn

    data = [{"bytes": encoded(noise(first + n, (600, 600)), "BMP"), "path": None} for n in range(ROWS)]
    file = io.BytesIO()
    rows = Dataset.from_dict({"image": data}, features=Features({"image": ImageColumn()}))
    rows.to_parquet(file, batch_size=ROWS // 4)
    return file.getvalue()


def table(number: int) -> str:
    return f"data/train-0000{number}-of-0000{TABLES}.parquet"


@pytest.fixture(scope="module")
def hub() -> Iterator[DatasetHub]:
    """Return a Hub with one dataset in two parquet files, and one of a hundred loose files."""
    card = b"---\nlicense: mit\n---\n# Faces\n"
    with running(DatasetHub()) as served:
        tables = {table(n): parquet(ROWS * n) for n in range(TABLES)}
        loose = {f"face ({n}).jpg": encoded(noise(n)) for n in range(100)}
        for name, files in (("me/tables", tables), ("me/loose", loose)):
            served.repositories[name] = Repository()
            served.repositories[name].commit("faces", {**files, "README.md": card})
        yield served


def three(hub: DatasetHub, name: str, own: Path) -> list[list[str]] | str:
    """Return what the source says of the first three images, in a fresh process with its own cache."""
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(own), "HF_HUB_DISABLE_XET": "1"}
    hub.sent.clear()
    done = subprocess.run(
        [sys.executable, "-c", _CODE, name],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        cwd=own,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_three_faces_of_a_large_dataset_fetch_one_part_of_one_file(hub: DatasetHub, tmp_path: Path) -> None:
    given = three(hub, "me/tables", tmp_path)
    assert [one[:2] for one in given] == [[f"me/tables, image {n}", "mit"] for n in (1, 2, 3)]
    files = hub.repositories["me/tables"].commits[-1][2]
    sent = {path: count for path, count in hub.sent.items() if path.endswith(".parquet")}
    first, *others = (sent[table(n)] / len(files[table(n)]) for n in range(TABLES))
    # One of four parts of the first file and what is read ahead, 5 MB; and the end of each file, where it
    # says what parts it has.
    assert 0.25 <= first < 0.5
    assert max(others) < 0.01


def test_three_faces_among_loose_files_fetch_three_files(hub: DatasetHub, tmp_path: Path) -> None:
    given = three(hub, "me/loose", tmp_path)
    files = hub.repositories["me/loose"].commits[-1][2]
    first = sorted(path for path in files if path.endswith(".jpg"))[:3]
    assert [one[2] for one in given] == [hashlib.sha256(files[path]).hexdigest() for path in first]
    assert hub.sent == {path: len(files[path]) for path in (*first, "README.md")}


def test_a_dataset_that_the_hub_has_not_is_one_line(hub: DatasetHub, tmp_path: Path) -> None:
    told = three(hub, "me/nothing", tmp_path)
    assert isinstance(told, str)
    assert told.startswith("error: the dataset me/nothing of the Hub, split train: ")
    assert "\n" not in told
