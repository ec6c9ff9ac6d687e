"""A dataset whose ophthalmic images may not be passed on, and the files that they were read from."""

import random
from pathlib import Path

import yaml
from PIL import Image

from s_mllmun_bench.building import build

BUILDERS = Path(__file__).parent / "builders"


def write_originals(folder: Path, count: int) -> Path:
    """Write distinct images of 64 x 48 pixels and return their folder."""
    folder.mkdir(parents=True)
    for number in range(count):
        squares = random.Random(f"eye {number}").randbytes(3 * 8 * 6)
        image = Image.frombytes("RGB", (8, 6), squares).resize((64, 48), Image.Resampling.NEAREST)
        image.save(folder / f"eye_{number:02}.png")
    return folder


def build_restricted(folder: Path, kind: str = "ophthalmic") -> Path:
    """Build a dataset of 20 people from ``folder/originals``, the images of one kind restricted."""
    originals = write_originals(folder / "originals", 22)
    recipe = yaml.safe_load((BUILDERS / "plain.yaml").read_text())
    for part in ("faces", "ophthalmic", "writer"):
        recipe[part]["name"] = str(BUILDERS / Path(recipe[part]["name"]).name)
    part = "faces" if kind == "face" else "ophthalmic"
    recipe[part] = {"name": str(BUILDERS / "filed_images.py"), "settings": {"folder": str(originals)}}
    recipe["images"]["format"] = "jpeg"
    (folder / "own.yaml").write_text(yaml.safe_dump(recipe))
    output = folder / "s-mllmun-bench"
    build(str(folder / "own.yaml"), output, limit=20)
    return output
