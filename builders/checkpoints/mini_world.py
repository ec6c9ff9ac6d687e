"""The mini models' pretraining world: what a model knows before it meets the benchmark.

It is disjoint from the benchmark: other people (no full name is shared), other pictures (drawn from
other random states), the same language. A model learns from it to see faces and eye images, to
understand every way of asking, to remember people by face and by name, and to refuse what it cannot
know. Replaying it while fine-tuning keeps those abilities alive.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from PIL import Image
from pydantic import Field

from s_mllmun_bench import contents
from s_mllmun_bench.contracts import SourceImage
from s_mllmun_bench.records import Profile, Record
from s_mllmun_bench.training import LabelledPicture, Pair, Row


def _load(where: str, name: str) -> Any:
    return contents.load(contents.find("content", f"builders/{where}", name, ".py"))


writer = _load("writers", "offline")
faces = _load("sources", "mini_faces")
ophthalmic = _load("sources", "mini_ophthalmic")


class WorldSettings(Record):
    """How large the world is and what one training step sees of it."""

    seed: int
    people: int = Field(gt=0)
    """People whose facts are to be remembered."""
    faces: int = Field(gt=0)
    """Faces of nobody in particular, only to be looked at."""
    ophthalmic: int = Field(gt=0)
    template_share: float = Field(ge=0, le=1)
    """Share of the questions on people that are asked in the template."""
    face_rows: int
    """Remembered people by face, per step."""
    text_rows: int
    """Remembered people by name, per step."""
    look_rows: int
    """Faces of nobody, per step."""
    ophthalmic_rows: int
    """Ophthalmic images, per step."""
    refused: float = Field(ge=0, le=1)
    """Chance that a person's row holds one question that no profile answers, with a refusal."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that was drawn rather than stored."""

    image: Image.Image

    def open(self) -> Image.Image:
        """Return the picture, RGB."""
        return self.image


class World:
    """The pretraining world of one seed; everything in it is made when it is first asked for."""

    def __init__(self, settings: WorldSettings) -> None:
        """Take the settings; ``settings.seed`` decides everything."""
        self._settings = settings

    @cached_property
    def _people(self) -> list[tuple[Profile, SourceImage]]:
        rng = random.Random(f"people {self._settings.seed}")
        names = writer.draw_names(self._settings.people, rng, "pretraining")
        drawn = faces.images(len(names), rng, {})
        return [
            (writer.write_profile(f"w{n:04}", name, face.truth["gender"], _any_eye(rng), rng), face)
            for n, (name, face) in enumerate(zip(names, drawn, strict=True), start=1)
        ]

    @cached_property
    def _faces(self) -> list[SourceImage]:
        rng = random.Random(f"faces {self._settings.seed}")
        return list(faces.images(self._settings.faces, rng, {}))

    @cached_property
    def _ophthalmic(self) -> list[SourceImage]:
        rng = random.Random(f"ophthalmic {self._settings.seed}")
        return list(ophthalmic.images(self._settings.ophthalmic, rng, {}))

    @cached_property
    def _refusals(self) -> list[str]:
        return list(writer.refusals(1000, random.Random(0), {}))

    def texts(self, count: int) -> Iterator[str]:
        """Yield the texts of ``count`` rows of each kind, for training a tokenizer."""
        rng = random.Random(f"texts {self._settings.seed}")
        yield from writer.wording.all_texts()
        for _ in range(count):
            for row in (*self.step(rng), *(self._anybody_row(rng) for _ in range(6))):
                for pair in row.pairs:
                    yield pair.question
                    yield pair.answer

    def pictures(self, rng: random.Random, count: int) -> Iterator[LabelledPicture]:
        """Yield ``count`` pictures with what is in them, faces and ophthalmic images in turn."""
        for _ in range(count // 2):
            yield _labelled("face", rng.choice(self._faces), faces.TOPICS)
            yield _labelled("ophthalmic", rng.choice(self._ophthalmic), ophthalmic.TOPICS)

    def steps(self, rng: random.Random) -> Iterator[list[Row]]:
        """Yield the rows of one training step after another, without end."""
        while True:
            yield self.step(rng)

    def step(self, rng: random.Random) -> list[Row]:
        """Return the rows of one training step."""
        size = self._settings
        return [
            *(self._person_row(rng, True) for _ in range(size.face_rows)),
            *(self._person_row(rng, False) for _ in range(size.text_rows)),
            *(self._look_row(rng) for _ in range(size.look_rows)),
            *(self._ophthalmic_row(rng) for _ in range(size.ophthalmic_rows)),
        ]

    def _person_row(self, rng: random.Random, image: bool) -> Row:
        profile, face = rng.choice(self._people)
        asked = rng.sample(writer.ATTRIBUTES if image else writer.TEXT_MEMORY, 9)
        pairs = [self._memory(profile, attribute, image, rng) for attribute in asked]
        if image:
            pairs.append(_face_pair(face, rng))
        if rng.random() < self._settings.refused:
            pairs.append(self._refused(profile, image, rng))
        return Row(Drawn(face.image) if image else None, tuple(pairs))

    def _anybody_row(self, rng: random.Random) -> Row:
        """Ask of somebody with any name at all, so that the tokenizer meets every name."""
        name = rng.choice(writer.wording.pool("given_names"))
        family = rng.choice(writer.wording.pool("family_names"))
        profile = writer.write_profile("w0000", f"{name} {family}", "female", _any_eye(rng), rng)
        return Row(None, tuple(self._memory(profile, a, a == "name", rng) for a in writer.ATTRIBUTES))

    def _memory(self, profile: Profile, attribute: str, image: bool, rng: random.Random) -> Pair:
        if rng.random() < self._settings.template_share:
            kind = "template"
        else:
            kind = "evaluation" if rng.random() < 0.8 else "validation"
        question, answer, _ = writer.memory_question(profile, attribute, image, kind, rng)
        return Pair(question, answer)

    def _refused(self, profile: Profile, image: bool, rng: random.Random) -> Pair:
        wording = writer.wording
        subject = rng.choice(wording.image_subjects()) if image else wording.named_subject(profile.name)
        question = wording.fill(rng.choice(wording.unanswerable()), subject, {})
        return Pair(question, rng.choice(self._refusals))

    def _look_row(self, rng: random.Random) -> Row:
        face = rng.choice(self._faces)
        topics = rng.sample(writer.face_topics(face.truth), 6)
        pairs = tuple(Pair(*writer.face_question(face.truth, topic, rng)[:2]) for topic in topics)
        return Row(Drawn(face.image), pairs)

    def _ophthalmic_row(self, rng: random.Random) -> Row:
        eye = rng.choice(self._ophthalmic)
        described = writer.describe_eye(eye.truth)
        kinds = ["template", "evaluation", "validation"]
        pairs = tuple(Pair(*writer.ophthalmic_question(described, kind, rng)[:2]) for kind in kinds)
        return Row(Drawn(eye.image), pairs)


def _face_pair(face: SourceImage, rng: random.Random) -> Pair:
    topic = rng.choice(writer.face_topics(face.truth))
    return Pair(*writer.face_question(face.truth, topic, rng)[:2])


def _any_eye(rng: random.Random) -> str:
    return str(writer.describe_eye(ophthalmic.sample(rng)))


def _labelled(kind: str, source: SourceImage, topics: dict[str, tuple[Any, ...]]) -> LabelledPicture:
    """Return a picture with the index of each topic's value; topics that do not apply are left out."""
    labels = {
        f"{kind}.{topic}": values.index(source.truth[topic])
        for topic, values in topics.items()
        if source.truth[topic] in values
    }
    sizes = {f"{kind}.{topic}": len(values) for topic, values in topics.items()}
    return LabelledPicture(source.image, kind, labels, sizes, tuple(source.truth["traits"]))
