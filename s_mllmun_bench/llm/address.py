"""Where a server is, and which variable of the environment holds its key.

An address is written into manifests, so it must not carry a key; keys come from the environment only.
"""

import os
from urllib.parse import urlsplit

from s_mllmun_bench.errors import BenchError

_DASHSCOPE = "https://dashscope.aliyuncs.com/compatible-mode/v1"
_DASHSCOPE_KEY = "DASHSCOPE_API_KEY"
NO_SERVER = (
    "nobody says which server the writer asks: name it with --writer-base-url or OPENAI_BASE_URL, and its "
    f"key with OPENAI_API_KEY; or set {_DASHSCOPE_KEY} for DashScope"
)
_EXAMPLE = "such as http://localhost:8000/v1"


def checked_url(url: str) -> str:
    """Return a server's address without a slash at its end.

    Raises:
        BenchError: it is none, or holds a name, a password or a query. Its text repeats none of these.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BenchError(f"this is no server's address ({error}); write it {_EXAMPLE}") from error
    if "@" in url or parts.query or parts.fragment:
        raise BenchError(f"a server's address is only {_EXAMPLE}; a key is read from the environment")
    if parts.scheme not in ("http", "https") or not host or any(map(str.isspace, url)):
        raise BenchError(f"{url!r} is no server's address; write it {_EXAMPLE}")
    return url.rstrip("/")


def server_address(url: str | None) -> str | None:
    """Return where the server is: as given, else as the environment says; `None` if nobody says.

    Raises:
        BenchError: what is given is no server's address.
    """
    if url is not None:
        return checked_url(url)
    if os.environ.get(_DASHSCOPE_KEY, "").strip():
        return _DASHSCOPE
    own = os.environ.get("OPENAI_BASE_URL", "").strip()
    return checked_url(own) if own else None


def required_address(url: str | None) -> str:
    """Return where the server is, as `server_address`, if it can be asked.

    Raises:
        BenchError: nobody says where it is, it is no server's address, or its key is missing or none.
    """
    address = server_address(url)
    if address is None:
        raise BenchError(NO_SERVER)
    if read_key(address) is None and key_variable(address) == _DASHSCOPE_KEY:
        raise BenchError(f"{address} wants a key: set {_DASHSCOPE_KEY}")
    return address


def key_variable(url: str) -> str:
    """Return the name of the variable of the environment that holds a server's key."""
    host = urlsplit(url).hostname or ""
    labels = host.split(".")
    dashscope = labels[-2:] == ["aliyuncs", "com"] and any(one.startswith("dashscope") for one in labels)
    return _DASHSCOPE_KEY if dashscope else "OPENAI_API_KEY"


def read_key(url: str) -> str | None:
    """Return a server's key from the environment; `None` where there is none.

    Raises:
        BenchError: what is there cannot stand in a header. An error further on would repeat it.
    """
    variable = key_variable(url)
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BenchError(f"{variable} is no key: it holds a space, or a character that is not ASCII")
    return key or None
