"""The writer that asks Qwen, or any other model behind an OpenAI-compatible server.

A model that sees writes the profile that fits a face and asks what the face shows; a model of texts words
the memory questions and the refusals. The fixed templates and the question on the ophthalmic image are
those of the offline writer; the clinical description is the image source's. Where a person's texts cannot
be had, the next pair of pictures takes the place: nobody is ever half filled.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from pydantic import Field, ValidationError

from s_mllmun_bench.building.desk import Desk, Work
from s_mllmun_bench.building.orders import Job, ask
from s_mllmun_bench.building.prompts import Prompt, read_prompt
from s_mllmun_bench.contracts import CallEstimate, Means, SourceImage, WrittenPerson
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Profile, Record, first_fault

from . import offline
from ._memory import memory_order
from ._profiles import Register, Seat, draw_ideas, write_profiles
from ._refusing import handfuls, write_refusals
from ._understanding import understand

CHARACTERS_PER_TOKEN = 4
PIXELS_PER_TOKEN = 28 * 28
"""Of an image, as Qwen's models count."""
TURN_CHARACTERS = {"profile": 320, "memory": 700, "understanding": 30, "reading": 260, "refusals": 900}
"""Of what the user says, on average."""


class Price(Record):
    """US dollars per million tokens."""

    prompt: float = Field(ge=0)
    reply: float = Field(ge=0)


class Settings(Record):
    """What a recipe may tell this writer."""

    vision_model: str = "qwen-vl-plus"
    text_model: str = "qwen-plus"
    today: date
    """The day on which ages are counted: another day would be another dataset."""
    second_reading: bool = True
    """Whether each face is read a second time, to check its questions."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """By model, for the estimate; nobody's price is known for long, so a recipe may state none."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return a recipe's settings; a `BenchError` if one is unknown, missing or wrong."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise BenchError(first_fault(error, cls, "writer.settings")) from error

    @property
    def models(self) -> dict[bool, str]:
        """Which model is asked, by whether an image is shown."""
        return {True: self.vision_model, False: self.text_model}


@dataclass(frozen=True, slots=True)
class _Prompts:
    profile: Prompt
    memory: Prompt
    understanding: Prompt
    reading: Prompt | None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        reading = read_prompt("reading") if settings.second_reading else None
        return cls(*map(read_prompt, ("profile", "memory", "understanding")), reading)


def people(
    ids: Sequence[str],
    faces: Sequence[SourceImage],
    ophthalmic: Sequence[SourceImage],
    rng: random.Random,
    settings: Mapping[str, Any],
    means: Means,
) -> Iterator[WrittenPerson]:
    """Yield the written people; see `contracts.Writer`.

    Raises:
        BenchError: the server cannot be asked, or so many people's texts cannot be had that no pictures
            are left; what was paid for is kept.
    """
    plan = Settings.of(settings)
    prompts = _Prompts.of(plan)
    drawn = [(draw_ideas(rng), rng.getrandbits(32)) for _ in faces]
    register = Register.of(len(ids))
    written: dict[str, WrittenPerson] = {}
    waiting = dict(zip(ids, range(len(ids)), strict=True))
    spare = iter(range(len(ids), len(faces)))
    with Desk(means, plan.models) as desk:
        while waiting:
            seats = [
                Seat(person, place, _stored(faces[place]), _description(ophthalmic[place]), drawn[place][0])
                for person, place in waiting.items()
            ]
            work: Work[WrittenPerson] = Work()
            for settled in write_profiles(desk, prompts.profile, seats, register, plan.today, work.lost):
                jobs = {
                    seat.person: _person(prompts, seat, profile, drawn[seat.pictures][1])
                    for seat, profile in settled
                }
                desk.begin(work, jobs)
            written |= desk.finish(work, "questions").texts
            waiting = _replaced(work.lost, waiting, faces, spare, means)
    yield from (written[person] for person in ids)


def refusals(count: int, rng: random.Random, settings: Mapping[str, Any], means: Means) -> list[str]:
    """Return ``count`` distinct refusals; see `contracts.Writer`.

    Raises:
        BenchError: the server cannot be asked, or gives too few.
    """
    plan = Settings.of(settings)
    with Desk(means, plan.models) as desk:
        return write_refusals(desk, read_prompt("refusals"), count, rng)


def estimate(
    people: int, refusals: int, longest_side: int, settings: Mapping[str, Any], model: str | None
) -> list[CallEstimate]:
    """Return what a build will cost if every reply is fit; see `contracts.EstimatingWriter`."""
    plan = Settings.of(settings)
    calls = {"profile": people, "memory": people, "understanding": people}
    if plan.second_reading:
        calls["reading"] = people
    calls["refusals"] = handfuls(refusals)
    return [_estimated(read_prompt(kind), count, longest_side, plan, model) for kind, count in calls.items()]


def _person(prompts: _Prompts, seat: Seat, profile: Profile, seed: int) -> Job[WrittenPerson]:
    """Return all texts of one person.

    Args:
        prompts: of all kinds.
        seat: with the pictures.
        profile: settled.
        seed: of the wording of the question on the ophthalmic image.

    Raises:
        Lost: some cannot be had.
    """
    memory = yield from ask(prompts.memory, memory_order(profile))
    seen = yield from understand((prompts.understanding, prompts.reading), seat, profile)
    fixed = list(offline.fixed_questions(profile))
    described = offline.question_row(
        profile,
        "evaluation-25",
        "image_understanding",
        "ophthalmic_image",
        "ophthalmic",
        offline.ophthalmic_question(
            profile.ophthalmic_clinical_description, "evaluation", random.Random(seed)
        ),
    )
    return WrittenPerson(
        profile=profile,
        finetune=fixed,
        unlearn=[row for row in fixed if row.task != "image_understanding"],
        evaluation=[*memory, *seen.rows, described],
        pictures=seat.pictures,
        readings=seen.readings,
    )


def _replaced(
    lost: Mapping[str, str],
    waiting: Mapping[str, int],
    faces: Sequence[SourceImage],
    spare: Iterator[int],
    means: Means,
) -> dict[str, int]:
    """Return the next pictures for everybody whose texts could not be had.

    Raises:
        BenchError: no pictures are left.
    """
    replaced: dict[str, int] = {}
    for person in sorted(lost):
        place = next(spare, None)
        face = faces[waiting[person]].source
        if place is None:
            raise BenchError(
                f"the texts of {len(lost)} people cannot be had and no spare pictures are left; the first is "
                f"{person} ({face}): {lost[person]}; ask another model, or set a higher 'spare' in the recipe"
            )
        means.note(f"{person}: {face} gives way to {faces[place].source}: {lost[person]}")
        replaced[person] = place
    return replaced


def _stored(image: SourceImage) -> bytes:
    if image.stored is None:
        raise ValueError(f"{image.source} is not stored")
    return image.stored


def _description(eye: SourceImage) -> str:
    """Return the clinical description of an ophthalmic image: its source's, or what is drawn in it."""
    described = eye.truth.get("description")
    return str(described) if described is not None else offline.describe_eye(eye.truth)


def _estimated(
    prompt: Prompt, calls: int, longest_side: int, plan: Settings, model: str | None
) -> CallEstimate:
    sees = prompt.settings.sees_image
    asked = model or plan.models[sees]
    said = (len(prompt.text) + TURN_CHARACTERS[prompt.id]) // CHARACTERS_PER_TOKEN
    shown = longest_side**2 // PIXELS_PER_TOKEN if sees else 0
    tokens, replied = calls * (said + shown), calls * prompt.settings.typical_tokens
    price = plan.prices.get(asked)
    cost = (tokens * price.prompt + replied * price.reply) / 1e6 if price else None
    return CallEstimate(prompt.id, asked, calls, tokens, replied, cost)
