"""``submission.yaml``: who submits what, where it lies, and the digests of the files beside it.

It is written in one form only and read back in that form only: bytes that this module would not write are
refused. So a key that is there twice, a YAML alias, a NaN or a changed byte needs no rule of its own.
"""

import hashlib
import unicodedata
from typing import Annotated, Any, Literal, TypeVar, get_args

import yaml
from pydantic import AfterValidator, Field, ValidationError

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Ratio, Record

FILE = "submission.yaml"
FileName = Literal[
    "manifest.json", "answers.jsonl.xz", "verdicts.jsonl.xz", "replies.jsonl.xz", "scores.json"
]
FILES: tuple[FileName, ...] = get_args(FileName)
"""What a bundle may hold beside its `FILE`; replies only where an LLM has judged."""
Kind = Literal["method", "reference", "control", "null"]
REFERENCES = ("original", "retrain", "before")
"""Methods that are shown and never ranked: the model with everybody in it, one that was taught all but the
forget set, and one that was taught nobody."""
NULL = "null_"
"""Begins the methods of the null rows."""
_PUNCTUATION = set(" .,:;'\u2019()&+/%=*-_")
_DEEPEST = 4

AnyRecord = TypeVar("AnyRecord", bound=Record)

SLUG = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$"
Slug = Annotated[str, Field(pattern=SLUG)]
"""A name that is safe as the name of a folder or page on every system; some drop a dot at its end."""
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A word that is shown and names no file."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[
    str,
    Field(pattern=r"^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[A-Za-z0-9._~/%#?=&+-]*)?$", max_length=300),
]


def _plain(text: str) -> str:
    """Return a text that shows what it holds and is nothing but text wherever it is shown.

    No angle bracket, quote or pipe, so no markup; a letter or digit first, so no formula of a spreadsheet;
    no invisible character and no mark of direction.
    """
    kinds = [unicodedata.category(char)[0] for char in text]
    allowed = all(kind in "LMN" or char in _PUNCTUATION for char, kind in zip(text, kinds, strict=True))
    if not allowed or kinds[:1] not in (["L"], ["N"]) or text != " ".join(text.split()):
        raise ValueError(
            "letters, digits, single spaces and . , : ; ' ( ) & + / % = * - _ only, a letter or digit first"
        )
    return unicodedata.normalize("NFC", text)


class FileCard(Record):
    """What is said of one file."""

    sha256: Sha256
    bytes: int = Field(ge=0)


class About(Record):
    """What a submitter says."""

    benchmark: Slug
    """A released version, such as ``mini-1.0.0``."""
    base_model: Slug
    ratio: Ratio
    method: Slug
    """Its id, and the name of the bundle's folder."""
    kind: Kind
    """All but a method is shown and never ranked."""
    name: Annotated[str, Field(max_length=80), AfterValidator(_plain)]
    """As the board shows it."""
    authors: Annotated[str, Field(max_length=300), AfterValidator(_plain)]
    url: Url
    seed: int | None
    """Of the unlearning; `None` where nothing says it."""

    @property
    def place(self) -> str:
        """Where the bundle lies below ``results/``."""
        return f"{self.benchmark}/{self.base_model}/{self.ratio:02}/{self.method}"

    @property
    def wrong_kind(self) -> str | None:
        """Why the kind does not fit the method's id; `None` if it does."""
        kind = kind_of(self.method)
        if kind is None and self.kind in ("reference", "null"):
            return f"kind is {self.kind}, but {self.method} is none of {', '.join(REFERENCES)}"
        if kind is not None and self.kind != kind:
            return f"kind is {self.kind}, but {self.method} is a {kind}"
        return None


class Submission(About):
    """What ``submission.yaml`` holds."""

    format: Literal[1] = 1
    files: dict[FileName, FileCard]


def kind_of(method: str) -> Kind | None:
    """Return the kind of a method whose id is reserved; `None` of any other."""
    if method in REFERENCES:
        return "reference"
    return "null" if method.startswith(NULL) else None


def written(submission: Submission) -> bytes:
    """Return the file's bytes; the last line is the SHA-256 of those before it."""
    fields = submission.model_dump(mode="json")
    text = yaml.safe_dump(fields, sort_keys=True, allow_unicode=True, width=1000).encode()
    return text + f"sha256: {hashlib.sha256(text).hexdigest()}\n".encode()


def read_submission(content: bytes, where: str) -> Submission:
    """Return what a file says.

    Args:
        content: the file's bytes, of which there are few.
        where: what to call it in an error.

    Raises:
        BenchError: it is not exactly what `written` writes.
    """
    try:
        submission = checked(Submission, _mapping(content.decode()), where)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise BenchError(f"{where} is no submission: {_one_line(error)}") from error
    if written(submission) != content:
        raise BenchError(f"{where} is not as it was written: its last line is not the digest of the others")
    return submission


def checked(kind: type[AnyRecord], fields: Any, where: str) -> AnyRecord:
    """Return a record of some fields.

    Raises:
        BenchError: one of them is not as it must be; the text names it.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part)[:80] for part in first["loc"])
        raise BenchError(f"{where}: {field or 'it'}: {first['msg'].removeprefix('Value error, ')}") from error


def _mapping(text: str) -> dict[str, Any]:
    """Return the YAML mapping without its digest; aliases and deep nesting are refused unread."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
            raise ValueError("it has an alias or is nested too deeply")
    found = yaml.safe_load(text)
    if not isinstance(found, dict):
        raise ValueError("it holds no mapping")
    return {key: value for key, value in found.items() if key != "sha256"}


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
