"""The wording files and how a sentence is made from one: a pattern, a subject and a value.

There are three kinds of wording: the template (finetune and unlearn tables), the evaluation wordings
(eval tables) and the validation wordings (for choosing settings). No table mixes them; the pretraining
world, which is about other people, speaks all three.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from s_mllmun_bench import contents

Kind = Literal["template", "evaluation", "validation"]
Pair = tuple[str, str]
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """How a question speaks of its person."""

    plain: str
    """Such as ``this person`` or ``Robin Sandvik``."""
    possessive: str


@cache
def file(name: str) -> dict[str, Any]:
    """Return one file of ``builders/wording/`` by its stem."""
    return contents.read_yaml(contents.folder("builders") / "wording" / f"{name}.yaml")


@cache
def pool(name: str) -> tuple[str, ...]:
    """Return a pool of ``pools.yaml`` as single entries; ``cities`` as ``City, Country``."""
    entries = file("pools")[name]
    if isinstance(entries, dict):
        return tuple(f"{city}, {country}" for country, cities in entries.items() for city in cities.split())
    if isinstance(entries, str):
        return tuple(part.strip() for part in entries.split("," if "," in entries else None))
    return tuple(entries)


def image_subjects() -> list[Subject]:
    """Return the ways to speak of a person who is shown."""
    return [Subject(*pair) for pair in file("memory")["subjects"]["image"]]


def template_subject() -> Subject:
    """Return the one way in which templates speak of a person who is shown."""
    return Subject(*file("memory")["subjects"]["template"])


def named_subject(name: str) -> Subject:
    """Return the subject of a text question."""
    return Subject(name, f"{name}'s")


def memory_pairs(attribute: str, kind: Kind) -> list[Pair]:
    """Return the question and answer patterns of a private attribute."""
    return _pairs(file("memory")["attributes"][attribute], kind)


def ophthalmic_pairs(kind: Kind) -> list[Pair]:
    """Return the patterns that ask for the description of the ophthalmic image itself."""
    return _pairs(file("memory")["ophthalmic_image"], kind)


def unanswerable() -> list[str]:
    """Return question patterns that no profile answers."""
    return list(file("memory")["unanswerable"])


def _pairs(wordings: Mapping[str, Any], kind: Kind) -> list[Pair]:
    entries = [wordings["template"]] if kind == "template" else wordings[kind]
    return [(question, answer) for question, answer in entries]


def fill(pattern: str, subject: Subject, fields: Mapping[str, str]) -> str:
    """Return a pattern's sentence; ``{S}``, ``{V}`` and the like are the capitalised fields."""
    words = {"s": subject.plain, "p": subject.possessive, **fields}
    words |= {key[0].upper() + key[1:]: capital(word) for key, word in words.items()}
    return pattern.format(**words)


def capital(text: str) -> str:
    """Return the text with its first letter large and the rest as it is."""
    return text[:1].upper() + text[1:]


def long_date(iso: str) -> str:
    """Return ``11 July 1995`` for ``1995-07-11``."""
    year, month, day = iso.split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}"


def all_texts() -> Iterable[str]:
    """Yield every pattern and pool entry once, for training a tokenizer."""
    for name in ("memory", "understanding", "refusals"):
        yield from _strings(file(name))
    for name in file("pools"):
        yield from pool(name)


def _strings(node: Any) -> Iterable[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for child in node.values():
            yield from _strings(child)
    elif isinstance(node, list):
        for child in node:
            yield from _strings(child)
