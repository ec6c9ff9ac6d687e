"""A reply that must be one JSON object, read strictly: never the object that was probably meant.

Words around it, a key that is there twice or a number that JSON does not know make it no object. The
only thing taken off is the one code fence that some models put around whatever they are asked for.
"""

import json
from typing import Any


def read_object(text: str) -> dict[str, Any]:
    """Return the object that a reply is.

    Raises:
        ValueError: it is something else.
    """
    try:
        found = json.loads(_unfenced(text), parse_constant=_no_number, object_pairs_hook=_without_doubles)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def _unfenced(text: str) -> str:
    lines = text.strip().splitlines()
    if len(lines) >= 3 and lines[0] in ("```", "```json") and lines[-1] == "```":
        return "\n".join(lines[1:-1])
    return text


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)
