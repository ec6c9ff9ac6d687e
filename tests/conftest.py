"""Fixtures that several rooms share: real parts, only small."""

import gc
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grouped import ByGroup, place_of
from tiny import in_shards, write_checkpoint, write_lora

from s_mllmun_bench import contents


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest groups of slow tests."""
    items.sort(key=lambda item: place_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal tests in groups where they would be dealt in files."""
    return ByGroup(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what is imported: each training asks for a full collection."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give `datasets` a cache of the test's own: its key of a folder ignores what is in the files."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained Qwen2.5-VL with its processor, float32; do not write into it."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="session")
def tiny_sharded(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny checkpoint in four shards, which each hold layers; do not write into it."""
    return in_shards(tiny_checkpoint, tmp_path_factory.mktemp("checkpoints") / "tiny_sharded", 4)


@pytest.fixture(scope="session")
def tiny_llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained LLaVA-OneVision, as `tiny_checkpoint`; do not write into it."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny_llava", "llava_onevision")


@pytest.fixture(scope="session")
def tiny_lora(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a random LoRA of the tiny checkpoint, on all language layers; do not write into it."""
    return write_lora(tiny_checkpoint, tmp_path_factory.mktemp("adapters") / "lora", seed=1)


@pytest.fixture(scope="session")
def tiny_sculpted(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sculpted adapter of the tiny checkpoint, k = 1; do not write into it."""
    from s_mllmun_bench.checkpoints.sculpted import SculptedSettings

    folder = tmp_path_factory.mktemp("adapters") / "sculpted"
    for name, seed in (("forget", 1), ("anchor", 2)):
        write_lora(tiny_checkpoint, folder / name, seed)
    SculptedSettings(k=1.0).save(folder)
    return folder


@pytest.fixture(scope="session")
def served_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of what `real_server` serves: a mini checkpoint with a decoding of its own."""
    from served import penalizing

    return penalizing(tmp_path_factory.mktemp("served") / "model")


@pytest.fixture(scope="session")
def real_server(served_checkpoint: Path) -> Iterator[str]:
    """Yield the address of vLLM's own server."""
    from served import vllm_server

    pytest.importorskip("vllm")
    with vllm_server(served_checkpoint, served_checkpoint.with_name("log")) as url:
        yield url


@pytest.fixture(scope="session")
def mini_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the mini dataset of 20 people: one to forget at 5 %; do not write into it."""
    from s_mllmun_bench.building import build

    folder = tmp_path_factory.mktemp("data") / "s-mllmun-bench"
    build("mini", folder, limit=20)
    return folder


@pytest.fixture(scope="session")
def plain_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of 20 people with plain images; do not write into it."""
    from s_mllmun_bench.building import build

    folder = tmp_path_factory.mktemp("plain") / "s-mllmun-bench"
    build(str(Path(__file__).parent / "builders" / "plain.yaml"), folder, limit=20)
    return folder


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a leaderboard of three bundles and their runs; do not write into it."""
    from submitted import a_board

    folder = tmp_path_factory.mktemp("home")
    a_board(folder)
    return folder


@pytest.fixture
def board(home: Path, tmp_path: Path) -> Path:
    """Return a copy of that leaderboard."""
    return Path(shutil.copytree(home / "leaderboard", tmp_path / "leaderboard"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Yield a started Chromium; where there is none, the test is skipped."""
    from browser import chromium

    with chromium() as started:
        yield started


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the keys of LLM servers out of the environment."""
    for name in ("DASHSCOPE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with 30 faces and a copy of DeepEyeNet with 30 eyes; do not write into it."""
    folder = tmp_path_factory.mktemp("own")
    sources, offline = (
        contents.folder("builders") / "sources",
        contents.folder("builders") / "writers/offline.py",
    )
    faces, eyes = (contents.load(sources / f"mini_{kind}.py") for kind in ("faces", "ophthalmic"))
    (folder / "faces").mkdir()
    (folder / "eyes" / "eyenet0420" / "train_set").mkdir(parents=True)
    for number, given in enumerate(faces.images(30, random.Random(1), {})):
        given.image.save(folder / "faces" / f"face ({number}).jpg")
    entries = []
    for number, given in enumerate(eyes.images(30, random.Random(2), {})):
        path = f"eyenet0420/train_set/eye-{number}.png"
        given.image.save(folder / "eyes" / path)
        described = contents.load(offline).describe_eye(given.truth)
        entries.append({path: {"keywords": "a, b", "clinical-description": f"{described}."}})
    (folder / "eyes" / "DeepEyeNet_train.json").write_text(json.dumps(entries))
    return folder
