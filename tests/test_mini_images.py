"""The mini world's pictures: told apart, repeatable, balanced, and true to what they say."""

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from s_mllmun_bench import contents

FACES, EYES = "mini_faces", "mini_ophthalmic"


def source(name: str) -> ModuleType:
    return contents.load(contents.find("image source", "builders/sources", name, ".py"))


def digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean difference of two pictures' pixels, 0 to 255."""
    return float(np.abs(np.asarray(first, np.int16) - np.asarray(second, np.int16)).mean())


def truths(name: str, count: int) -> list[dict[str, Any]]:
    rng = random.Random(11)
    return [source(name).sample(rng) for _ in range(count)]


def assert_even(values: Sequence[Any], expected: Sequence[Any], tolerance: float = 0.04) -> None:
    """Check that the values are exactly the expected ones, each as frequent as the others."""
    shares = {value: count / len(values) for value, count in Counter(values).items()}
    assert set(shares) == set(expected)
    assert all(abs(share - 1 / len(expected)) < tolerance for share in shares.values()), shares


@pytest.mark.parametrize("name", [FACES, EYES])
def test_the_same_generator_state_gives_the_same_pixels_truth_and_source(name: str) -> None:
    first, second = (list(source(name).images(12, random.Random(5), {})) for _ in range(2))
    assert [digest(a.image) for a in first] == [digest(b.image) for b in second]
    assert [(a.truth, a.source) for a in first] == [(b.truth, b.source) for b in second]
    other = next(source(name).images(1, random.Random(6), {}))
    assert digest(other.image) != digest(first[0].image)


@pytest.mark.parametrize(
    ("name", "expected"), [(FACES, (124.96, 115.26, 117.13)), (EYES, (102.82, 70.83, 57.22))]
)
def test_the_pictures_are_those_the_shipped_checkpoints_were_trained_on(
    name: str, expected: tuple[float, float, float]
) -> None:
    # The mean red, green and blue of 20 pictures; change them only together with the checkpoints.
    made = [np.asarray(item.image) for item in source(name).images(20, random.Random(7), {})]
    assert np.stack(made).mean(axis=(0, 1, 2)) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("name", [FACES, EYES])
def test_the_truth_alone_redraws_the_picture(name: str) -> None:
    for made in source(name).images(6, random.Random(2), {}):
        assert digest(source(name).draw(made.truth)) == digest(made.image)
        seed = int(made.source.rsplit(" ", 1)[1])
        assert source(name).sample(random.Random(seed)) == made.truth


@pytest.mark.parametrize("name", [FACES, EYES])
def test_the_size_setting_is_honoured_and_the_mode_is_rgb(name: str) -> None:
    for settings, size in (({}, 112), ({"size": 56}, 56), ({"size": 200}, 200)):
        image = next(source(name).images(1, random.Random(1), settings)).image
        assert (image.size, image.mode) == ((size, size), "RGB")


@pytest.mark.parametrize("name", [FACES, EYES])
def test_images_are_drawn_only_when_asked_for(name: str) -> None:
    assert len(list(islice(source(name).images(10**9, random.Random(1), {}), 3))) == 3


@pytest.mark.parametrize(("name", "bound"), [(FACES, 12.0), (EYES, 2.0)])
def test_no_two_of_300_pictures_look_the_same(name: str, bound: float) -> None:
    made = [item.image for item in source(name).images(300, random.Random(3), {})]
    assert len({digest(image) for image in made}) == 300
    small = np.stack([np.asarray(image.reduce(4), np.int16).ravel() for image in made])
    nearest = min(np.abs(small[i + 1 :] - small[i]).mean(axis=1).min() for i in range(299))
    assert nearest > bound


def test_faces_of_the_same_description_still_differ_by_their_traits() -> None:
    face, rng = source(FACES), random.Random(4)
    base = face.sample(rng)
    same = [face.draw({**base, "traits": face.sample(rng)["traits"]}) for _ in range(12)]
    assert min(difference(a, b) for i, a in enumerate(same) for b in same[:i]) > 8


def test_face_topics_have_the_agreed_values_evenly() -> None:
    faces = truths(FACES, 4000)
    colours = ("red", "blue", "green", "yellow", "white", "black", "purple", "orange")
    for topic, values in {
        "gender": ("female", "male"),
        "skin_tone": ("pale", "light", "tan", "brown", "dark"),
        "hair_color": ("black", "brown", "blond", "red", "gray", "blue"),
        "hair_style": ("short", "long", "curly"),
        "glasses": (True, False),
        "earrings": (True, False),
        "smile": (True, False),
        "background": colours,
        "clothing": colours,
        "buttons": (1, 2, 3, 4),
    }.items():
        assert_even([face[topic] for face in faces], values)
    assert_even([face["hat"] == "none" for face in faces], (True, False))
    assert_even([face["hat"] for face in faces if face["hat"] != "none"], ("red", "blue", "green"))
    assert_even(
        [f["facial_hair"] for f in faces if f["gender"] == "male"], ("none", "beard", "moustache"), 0.05
    )
    assert {face["facial_hair"] for face in faces if face["gender"] == "female"} == {"none"}


def test_ophthalmic_topics_have_the_agreed_values_evenly() -> None:
    eyes = truths(EYES, 4000)
    fixed = {"normal fundus", "glaucomatous cupping", "optic disc edema", "macular hole"}
    placed = {
        "drusen", "retinal hemorrhages", "cotton wool spots", "choroidal nevus", "choroidal melanoma",
        "laser scars", "retinal detachment", "vein occlusion",
    }  # fmt: skip
    assert_even([eye["finding"] for eye in eyes], sorted(fixed | placed))
    assert_even(
        [eye["modality"] for eye in eyes],
        ("color fundus photograph", "red-free photograph", "fluorescein angiogram"),
    )
    assert_even([e["severity"] for e in eyes if e["finding"] != "normal fundus"], ("mild", "severe"))
    assert_even(
        [e["place"] for e in eyes if e["finding"] in placed], ("superior", "inferior", "nasal", "temporal")
    )
    assert {e["severity"] for e in eyes if e["finding"] == "normal fundus"} == {"none"}
    assert {e["place"] for e in eyes if e["finding"] in fixed} == {"none"}


@pytest.mark.parametrize("name", [FACES, EYES])
def test_traits_are_many_and_lie_in_the_unit_interval(name: str) -> None:
    traits = np.array([truth["traits"] for truth in truths(name, 300)])
    assert traits.shape[1] >= 14
    assert 0 <= traits.min() < 0.05
    assert 0.95 < traits.max() <= 1
    assert np.abs(traits.mean(axis=0) - 0.5).max() < 0.07


def test_every_face_topic_shows_in_the_pixels() -> None:
    face = source(FACES)
    for topic, values in face.TOPICS.items():
        for base in truths(FACES, 12):
            drawn = [face.draw({**base, topic: value}) for value in values]
            pairs = [difference(a, b) for i, a in enumerate(drawn) for b in drawn[:i]]
            assert min(pairs) > 0.1, topic


def test_a_change_of_glasses_stays_around_the_eyes() -> None:
    face = source(FACES)
    for base in truths(FACES, 12):
        without, with_glasses = (
            np.asarray(face.draw({**base, "glasses": worn}), np.int16) for worn in (False, True)
        )
        rows = np.flatnonzero(np.abs(without - with_glasses).sum(axis=(1, 2)))
        assert 20 < rows.min() < rows.max() < 65


def test_a_hat_leaves_the_hair_color_to_be_seen() -> None:
    face = source(FACES)
    for base in truths(FACES, 12):
        black, blond = (
            face.draw({**base, "hat": "red", "hair_color": colour}) for colour in ("black", "blond")
        )
        changed = np.abs(np.asarray(black, np.int16) - np.asarray(blond, np.int16)).sum(axis=2) > 90
        assert changed.sum() > 100


def test_severe_changes_far_more_of_the_picture_than_mild() -> None:
    eye = source(EYES)
    for finding in eye.TOPICS["finding"][1:]:
        for base in truths(EYES, 3):
            place = "none" if finding in eye.FIXED_PLACE else "inferior"
            normal = eye.draw({**base, "finding": "normal fundus", "severity": "none", "place": "none"})
            mild, severe = (
                difference(
                    normal, eye.draw({**base, "finding": finding, "severity": severity, "place": place})
                )
                for severity in ("mild", "severe")
            )
            assert mild > 0.4, finding
            assert severe > 1.4 * mild, finding


def test_a_finding_changes_the_picture_most_on_the_side_where_it_lies() -> None:
    # A right eye: nasal is the picture's right side, temporal its left side.
    eye = source(EYES)
    halves = {
        "superior": np.s_[:56, :],
        "inferior": np.s_[56:, :],
        "nasal": np.s_[:, 56:],
        "temporal": np.s_[:, :56],
    }
    for base in truths(EYES, 4):
        normal = eye.draw({**base, "finding": "normal fundus", "severity": "none", "place": "none"})
        for finding in ("drusen", "retinal detachment", "choroidal nevus", "laser scars"):
            for place, half in halves.items():
                shown = eye.draw({**base, "finding": finding, "severity": "severe", "place": place})
                change = np.abs(np.asarray(shown, np.int16) - np.asarray(normal, np.int16)).sum(axis=2)
                assert change[half].sum() > 0.8 * change.sum(), (finding, place)
