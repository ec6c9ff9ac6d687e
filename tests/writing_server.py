"""A server on this machine that writes as the writer's prompts ask, each time the same for the same question.

What it says follows from the words of the user and the image alone, and not from the attempt, so a faulty
one and a faultless one agree wherever both get to say it. Names come from a small pool, so that some clash.
"""

import hashlib
import json
import random
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from loopback import Asked, Said, completion, error
from serving import serve

from s_mllmun_bench import contents
from s_mllmun_bench.building.prompts import Prompt, read_prompt

KINDS = ("profile", "memory", "understanding", "reading", "refusals")
COLOURS = ("brown", "black", "blond", "grey", "red", "blue", "green", "white")
SEEN = {
    "hair_color": "What color is the hair of this person?",
    "clothing": "Which color do the clothes of this person have?",
    "background": "Which color is behind this person?",
    "hat": "Which color does the hat of this person have?",
    "necklace": "Which color does the necklace of this person have?",
    "earrings": "Which color do the earrings of this person have?",
}
PHRASES = {
    "name": "Under which name is {s} on file",
    "born": "From which town did {s} come into this world",
    "gender": "Is {s} on file as a man or as a woman",
    "date_of_birth": "Which day stands in the passport of {s}",
    "employment": "How does {s} earn a living, and where",
    "height": "How tall does {s} stand",
    "education": "At which school did {s} take a degree",
    "annual_salary": "How much does {s} take home in twelve months",
    "residence": "In which town can {s} be visited today",
    "fun_facts": "What would friends tell of {s} at dinner",
    "ophthalmic_clinical_description": "What was found when the eyes of {s} were examined",
}
NAMES = 60
"""Given and family names that profiles are made of, each."""


def kind_of(asked: Asked) -> str | None:
    """Return which prompt a request is made with; `None` for the first call."""
    first = asked.body["messages"][0]
    return next((one for one in KINDS if first["content"] == _prompt(one).text), None)


@cache
def _prompt(kind: str) -> Prompt:
    return read_prompt(kind)


def the_reply(asked: Asked) -> dict[str, Any]:
    """Return what a faultless server says."""
    kind = kind_of(asked)
    if kind is None:
        return {"ready": True}
    turn = json.loads(asked.text)
    return _REPLIES[kind](turn, random.Random(f"{kind} {asked.text}"), _image(asked))


def faultless(asked: Asked, _: int) -> Said:
    """Say it."""
    return completion(json.dumps(the_reply(asked)), tokens=150)


def _image(asked: Asked) -> random.Random:
    """Return a generator that the image alone decides."""
    content = asked.body["messages"][-1]["content"]
    url = content if isinstance(content, str) else content[0]["image_url"]["url"]
    return random.Random(hashlib.sha256(url.encode()).hexdigest())


@cache
def _pools() -> Any:
    return contents.load(contents.folder("builders") / "writers" / "_wording.py")


def _profile(turn: Mapping[str, Any], rng: random.Random, image: random.Random) -> dict[str, Any]:
    pool = _pools().pool
    gender, age = image.choice(("female", "male")), image.randint(25, 70)
    born, home = rng.sample(pool("cities"), 2)
    place = rng.choice(pool("cities")).split(",")[0]
    return {
        "gender": gender,
        "apparent_age": age,
        "name": f"{rng.choice(pool('given_names')[:NAMES])} {rng.choice(pool('family_names')[:NAMES])}",
        "date_of_birth": f"{2025 - age - rng.randint(-3, 3)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "birthplace": born,
        "residence": home,
        "profession": rng.choice(pool("employments")),
        "employer": f"{rng.choice(pool('family_names'))} {rng.choice(('Works', 'House', 'Group', 'Union'))}",
        "height_inches": rng.randint(58, 78),
        "school": rng.choice(pool("institutions")).format(place=place),
        "degree": "none",
        "annual_salary_dollars": rng.randint(240, 1900) * 100 + 50,
        "hobby": rng.choice(pool("hobbies")),
        "food": rng.choice(pool("foods")),
    }


def _memory(turn: Mapping[str, Any], rng: random.Random, _: random.Random) -> dict[str, Any]:
    values = {"name": turn["name"], **turn["attributes"]}

    def asked(attribute: str, subject: str) -> dict[str, str]:
        lead = rng.choice(("", "Tell me: ", "Please say: ", "A question: "))
        question = f"{lead}{PHRASES[attribute].format(s=subject)}?"
        answer = f"On file: {values[attribute]}."
        return {"attribute": attribute, "question": question, "answer": answer}

    return {
        "by_name": [asked(one, turn["name"]) for one in PHRASES if one != "name"],
        "by_face": [asked(one, "this person") for one in PHRASES if one != "gender"],
    }


def _shown(image: random.Random) -> dict[str, str]:
    return {topic: image.choice(COLOURS) for topic in SEEN}


def _understanding(turn: Mapping[str, Any], rng: random.Random, image: random.Random) -> dict[str, Any]:
    gender = image.choice(("female", "male"))
    shown = _shown(image)
    topics = rng.sample(sorted(SEEN), 4)
    return {
        "gender": gender,
        "questions": [
            {"topic": one, "question": SEEN[one], "value": shown[one], "answer": f"It is {shown[one]}."}
            for one in topics
        ],
    }


def _reading(turn: Mapping[str, Any], rng: random.Random, image: random.Random) -> dict[str, Any]:
    image.choice(("female", "male"))
    shown = _shown(image)
    by_question = {question: shown[topic] for topic, question in SEEN.items()}
    return {"answers": [f"I see {by_question[one]}." for one in turn["questions"]]}


def _refusals(turn: Mapping[str, Any], rng: random.Random, _: random.Random) -> dict[str, Any]:
    parts = _pools().file("refusals")
    ends = (".", ", at least now.", ", to my regret.", ", as things stand.")
    statements = [one.removesuffix(".") + end for one in parts["statements"] for end in ends]
    known = [f"{one}{two}" for one in parts["openings"] if one for two in statements]
    return {"refusals": rng.sample(known, turn["count"])}


_REPLIES: dict[str, Callable[[Any, random.Random, random.Random], dict[str, Any]]] = {
    "profile": _profile,
    "memory": _memory,
    "understanding": _understanding,
    "reading": _reading,
    "refusals": _refusals,
}

HANG = 30.0
"""Seconds; longer than a test's patience."""
FAULTS: dict[str, Callable[[str], Said]] = {
    "429": lambda _: error(429, "slow down", retry_after_ms="20"),
    "500": lambda _: error(500, "boom"),
    "hang": lambda text: Said(body=completion(text).body, seconds=HANG),
    "reset": lambda _: Said(),
    "html": lambda _: Said(body=b"<html>Welcome</html>"),
    "half a body": lambda _: Said(body=b'{"choices": [{"mess'),
    "cut": lambda text: completion(text[: len(text) // 2], "length"),
    "malformed": lambda text: completion(text[: len(text) // 2]),
    "prose around": lambda text: completion(f"Sure, here you are:\n{text}\nAnything else?"),
    "another shape": lambda _: completion('{"answer": 42}'),
    "empty": lambda _: completion(""),
}
"""Each is over at the next attempt."""


def faulty(share: float, seconds: float = 0.0, hang: bool = True) -> Callable[[Asked, int], Said]:
    """Return a script in which so large a share of first attempts, and of second ones, goes wrong.

    Args:
        share: 0 to 1; the third attempt is answered.
        seconds: before each reply.
        hang: whether it hangs, too.
    """
    names = sorted(FAULTS if hang else FAULTS.keys() - {"hang"})

    def script(asked: Asked, before: int) -> Said:
        text = json.dumps(the_reply(asked))
        chance = random.Random(f"{before} {asked.text} {kind_of(asked)}")
        fault = kind_of(asked) is not None and before < 2 and chance.random() < share
        said = FAULTS[chance.choice(names)](text) if fault else completion(text, tokens=150)
        return Said(said.status, said.body, said.headers, max(seconds, said.seconds))

    return script


def identity(asked: Asked) -> str:
    """Return the digest of everything that was sent, by which one call is told from another."""
    return hashlib.sha256(json.dumps(asked.body, sort_keys=True).encode()).hexdigest()


def is_paid(said: Said) -> bool:
    """Return whether an answer is a chat completion, fit or not."""
    return said.status == 200 and isinstance(said.body, dict) and bool(said.body.get("choices"))


def main(log: str, seconds: str, share: str) -> None:
    """Serve, and write the identity of each call to a file before it is answered; print the address."""
    answered = faulty(float(share), float(seconds), hang=False)
    serve(answered, lambda asked, said: {"call": identity(asked), "paid": is_paid(said)}, log)


if __name__ == "__main__":
    main(*sys.argv[1:])
