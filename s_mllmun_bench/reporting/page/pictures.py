"""The images of the questions, small, each once.

They are looked for where the runs had them; a dataset that is not there any more, or has been built anew,
costs the report its images and nothing else. Nothing is fetched for them from the Hub unless asked for.
"""

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.questions import StoredImage, dataset_digest, load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reporting.page.markup import data_url
from s_mllmun_bench.running.run import Manifest

SMALL, LARGE = 128, 256
"""Longest side of an image, pixels: where there are many images, and where there are few."""
FEW = 500
"""As many images as a page may hold large."""
_QUALITY = 65
"""Of WebP, 0 to 100: an image of 128 pixels is about 2 kB."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Images as addresses that hold them."""

    addresses: tuple[str, ...]
    of_question: Mapping[str, int]
    """The place of each question's image; a question without one is not in it."""
    note: str | None
    """Why there are none; `None` if there are."""


def read_pictures(
    manifest: Manifest, data: str | None, questions: Collection[str], progress: Progress
) -> Pictures:
    """Return the images of some questions.

    Args:
        manifest: of a run that asked them.
        data: the dataset, a folder or a Hub id; `None` for the folder that the run had.
        questions: their ids.
        progress: is told how many images are made small.

    Raises:
        BenchError: ``data`` is given and is not the dataset that the run was asked about.
    """
    if not questions:
        return Pictures((), {}, None)
    if data is None and not Path(manifest.data).is_dir():
        return _none(f"the dataset is not at {manifest.data} any more")
    name = manifest.data if data is None else data
    if dataset_digest(name) != manifest.identity.data:
        wrong = f"{name} is not the dataset that the runs were asked about"
        if data is not None:
            raise BenchError(f"{wrong}: its digest differs")
        return _none(wrong)
    return _small(_stored(manifest, name, questions), progress)


def _none(why: str) -> Pictures:
    return Pictures((), {}, f"Without images: {why}; give it with --data")


def _stored(manifest: Manifest, data: str, questions: Collection[str]) -> dict[str, StoredImage]:
    """Return the image of each question that has one."""
    identity = manifest.identity
    found: dict[str, StoredImage] = {}
    for name in identity.sets:
        for question in load_questions(data, f"eval_{identity.ratio:02}", name, identity.limit):
            if question.image is not None and question.id in questions:
                found[question.id] = question.image
    return found


def _small(stored: Mapping[str, StoredImage], progress: Progress) -> Pictures:
    places = {
        digest: place for place, digest in enumerate(dict.fromkeys(one.digest for one in stored.values()))
    }
    by_digest = {one.digest: one for one in stored.values()}
    side = LARGE if len(places) <= FEW else SMALL
    addresses = []
    for place, digest in enumerate(places):
        progress(place, len(places), "images")
        addresses.append(data_url("image/webp", _thumbnail(by_digest[digest], side)))
    if places:
        progress(len(places), len(places), "images")
    return Pictures(tuple(addresses), {name: places[one.digest] for name, one in stored.items()}, None)


def _thumbnail(image: StoredImage, side: int) -> bytes:
    """Return an image as WebP, its longest side no longer than ``side`` pixels."""
    picture = image.open()
    picture.thumbnail((side, side))
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=_QUALITY)
    return file.getvalue()
