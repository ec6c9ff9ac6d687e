"""What an audit calls plausible, and which pictures it calls alike."""

import io
from pathlib import Path

import pytest
from broken import profiles
from PIL import Image

from s_mllmun_bench.building.audits.values import employer, implausible
from s_mllmun_bench.building.likeness import alike, fingerprint
from s_mllmun_bench.records import ATTRIBUTES, Profile


def profile(**changes: str) -> Profile:
    values = {
        "name": "Robin Sandvik",
        "born": "Lviv, Ukraine",
        "gender": "female",
        "date_of_birth": "1995-07-11",
        "employment": "cartographer at Nordlys Maps",
        "height": "5'7\"",
        "education": "Riga Technical University",
        "annual_salary": "$65,400",
        "residence": "Porto, Portugal",
        "fun_facts": "enjoys chess",
        "ophthalmic_clinical_description": "47-year-old, vision <20/200, of unknown etiology",
    }
    return Profile(person="p0001", **{**values, **changes})


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name", "Robin"),
        ("name", "Robin Sandvik 2"),
        ("born", "Lviv"),
        ("residence", "unknown, Ukraine"),
        ("gender", "woman?"),
        ("date_of_birth", "11 July 1995"),
        ("date_of_birth", "2024-07-11"),
        ("employment", "N/A"),
        ("employment", "{job}"),
        ("height", "170 cm"),
        ("height", "5'12\""),
        ("height", "3'2\""),
        ("annual_salary", "$65400"),
        ("annual_salary", "$65,40"),
        ("annual_salary", "$100"),
        ("education", " Riga Technical University"),
        ("fun_facts", "a\nb and c"),
        ("ophthalmic_clinical_description", "12"),
    ],
)
def test_a_value_that_is_none_of_its_kind_is_implausible(attribute: str, value: str) -> None:
    assert list(implausible(profile(**{attribute: value}))) == [(attribute, value)]


def test_a_plausible_profile_has_nothing_implausible() -> None:
    assert list(implausible(profile())) == []
    assert set(ATTRIBUTES) == set(profile().model_dump()) - {"person"}


def test_a_picture_is_alike_to_itself_scaled_or_encoded_anew_and_not_to_others(mini_data: Path) -> None:
    faces = [Image.open(io.BytesIO(row["face"]["bytes"])) for row in profiles(mini_data)]
    buffer = io.BytesIO()
    faces[3].save(buffer, "JPEG", quality=60)
    marks = [fingerprint(image) for image in [*faces, faces[5].resize((300, 300)), Image.open(buffer)]]
    assert alike(marks) == [(3, 23), (5, 22)]
    assert alike([]) == alike([1]) == []
    # 0b1011 and 0b0001 differ in two bits.
    assert alike([0b1011, 0b0001], most=2) == [(0, 1)]
    assert alike([0b1011, 0b0001], most=1) == []


def test_the_employer_is_who_stands_behind_the_job() -> None:
    assert employer("cartographer at Nordlys Maps") == "Nordlys Maps"
    assert employer("nurse for the City of Turku") == "the City of Turku"
    assert employer("lifeguard") == "lifeguard"
