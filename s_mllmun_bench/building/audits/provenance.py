"""Audits of the images: each opens, is as large as it should be, and says where it comes from."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from s_mllmun_bench.building.audits.finding import Finding
from s_mllmun_bench.building.people import World
from s_mllmun_bench.building.pictures import Picture

SMALLEST = 8
"""Pixels of the shortest side."""
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What opening a damaged image raises."""


def images_have_source_and_licence(world: World) -> Finding:
    """Whoever publishes must know where an image comes from and what its owner allows."""
    pictures = list(_pictures(world))
    problems = [
        f"the {kind} image of {person} has no {what}"
        for person, kind, picture in pictures
        for what in ("source", "licence")
        if not getattr(picture, what).strip()
    ]
    return Finding(len(pictures), problems)


def images_open(world: World) -> Finding:
    """Every image file is whole, RGB and no sliver."""
    pictures = [(person, kind, one.data) for person, kind, one in _pictures(world) if one.data]
    with ThreadPoolExecutor() as pool:
        found = pool.map(_problem, (data for _, _, data in pictures))
        problems = [
            f"the {kind} image of {person} {problem}"
            for (person, kind, _), problem in zip(pictures, found, strict=True)
            if problem is not None
        ]
    return Finding(len(pictures), problems)


def _pictures(world: World) -> Iterator[tuple[str, str, Picture]]:
    for person in world.people:
        yield person.id, "face", person.face
        yield person.id, "ophthalmic", person.ophthalmic


def _problem(data: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except UNREADABLE as error:
        return f"cannot be opened: {error}"
    if image.mode != "RGB":
        return f"is {image.mode}, not RGB"
    if min(image.size) < SMALLEST:
        return f"is {image.width} x {image.height} pixels; the shortest side must have {SMALLEST}"
    return None
