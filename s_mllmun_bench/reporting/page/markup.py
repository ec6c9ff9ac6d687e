"""HTML in which nothing from a run can be anything but text.

A string becomes HTML by `tag` alone, which escapes whatever is not `Markup` already; data for the page's
scripts goes through `json_text` or `packed`, which leave no character that could end a script element.
Answers come from models and labels from folders, so both may hold ``</script>``.
"""

import base64
import hashlib
import html
import json
import zlib
from typing import Any


class Markup(str):
    """A string that is HTML."""

    __slots__ = ()


def tag(name: str, *content: str, **attributes: str | float | None) -> Markup:
    """Return an element.

    Args:
        name: such as ``p``.
        content: texts, which are escaped, and `Markup`, which is not.
        attributes: ``data_x`` stands for ``data-x`` and ``class_`` for ``class``; `None` leaves one out,
            and an empty text gives one without a value.
    """
    head = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    return Markup(f"<{name}{head}>{joined(*content)}</{name}>")


def lone(name: str, **attributes: str | float | None) -> Markup:
    """Return an element that has no content, such as ``img``."""
    return Markup(tag(name, **attributes).removesuffix(f"</{name}>"))


def joined(*content: str, between: str = "") -> Markup:
    """Return texts, escaped, and markup one behind the other."""
    return Markup(between.join(one if isinstance(one, Markup) else html.escape(one) for one in content))


def json_text(value: Any) -> Markup:
    """Return JSON that may stand in a script element: no ``<``, no ``&`` and nothing beyond ASCII."""
    plain = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def packed(value: Any) -> Markup:
    """Return JSON, deflated (zlib's format) and in base64."""
    plain = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(base64.b64encode(zlib.compress(plain.encode("ascii"), 9)).decode())


def data_url(kind: str, content: bytes) -> str:
    """Return a file as an address that holds the file itself.

    Args:
        kind: such as ``image/webp``.
        content: the file.
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def policy(script: str, style: str) -> str:
    """Return the content security policy of a page that has one script and one style sheet.

    The browser then runs these two alone, and lets nothing of the page reach any address.
    """
    return (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def _attribute(key: str, value: str | float) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value == "" else f' {name}="{html.escape(str(value))}"'
