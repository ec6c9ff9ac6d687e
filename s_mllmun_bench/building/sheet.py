"""The picture that a dataset's README shows: six people with both images and a few of their attributes.

One from each of the groups that may be forgotten or serve as few-shot examples, the first by id, so the
same dataset gives the same picture.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from s_mllmun_bench.data.images import IMAGES
from s_mllmun_bench.data.layout import table_path
from s_mllmun_bench.records import GROUPS

SIDE = 150
"""Pixels of each image."""
GAP = 14
COLUMNS = 3
LINES = {
    "born": "born in {}",
    "date_of_birth": "on {}",
    "employment": "{}",
    "annual_salary": "earns {}",
    "residence": "lives in {}",
}
"""Attributes below the name, and how they are put."""
_CELL = (2 * SIDE + GAP, SIDE + 22 + 17 * len(LINES) + 4)
_INK, _FAINT, _PAPER = (24, 28, 36), (96, 104, 116), (255, 255, 255)


def picture_sheet(folder: Path) -> bytes:
    """Return the sheet of a dataset folder as a PNG file; an image that was withheld is an empty frame."""
    people = [_first(folder, group) for group in GROUPS[:-1]]
    rows = len(people) // COLUMNS
    width, height = (n * (side + GAP) + GAP for n, side in zip((COLUMNS, rows), _CELL, strict=True))
    sheet = Image.new("RGB", (width, height), _PAPER)
    for place, person in enumerate(people):
        row, column = divmod(place, COLUMNS)
        _draw(sheet, GAP + column * (_CELL[0] + GAP), GAP + row * (_CELL[1] + GAP), person)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def _first(folder: Path, group: str) -> Mapping[str, Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / table_path("profiles", group)) as file:
        row: Mapping[str, Any] = next(file.iter_batches(batch_size=1)).to_pylist()[0]
        return row


def _draw(sheet: Image.Image, x: int, y: int, person: Mapping[str, Any]) -> None:
    pen = ImageDraw.Draw(sheet)
    for number, kind in enumerate(IMAGES):
        left = x + number * (SIDE + GAP)
        stored = (person[kind] or {}).get("bytes")
        if stored:
            image = Image.open(io.BytesIO(stored)).convert("RGB")
            image = ImageOps.contain(image, (SIDE, SIDE), Image.Resampling.LANCZOS)
            sheet.paste(image, (left + (SIDE - image.width) // 2, y + (SIDE - image.height) // 2))
        else:
            pen.rectangle((left, y, left + SIDE - 1, y + SIDE - 1), outline=_FAINT)
            pen.text((left + 10, y + 10), "not in this copy", _FAINT, _font(12))
    pen.text((x, y + SIDE + 3), _cut(person["name"], 15), _INK, _font(15))
    for number, (attribute, line) in enumerate(LINES.items()):
        text = _cut(line.format(person[attribute]), 12)
        pen.text((x, y + SIDE + 22 + 17 * number), text, _FAINT, _font(12))


def _cut(text: str, size: int) -> str:
    """Return as much of a text as is not wider than a cell."""
    if _font(size).getlength(text) <= _CELL[0]:
        return text
    while text and _font(size).getlength(text + "…") > _CELL[0]:
        text = text[:-1]
    return text + "…"


def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return a font that knows most alphabets; it comes with matplotlib."""
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", size)
