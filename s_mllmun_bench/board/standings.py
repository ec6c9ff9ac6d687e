"""``leaderboard.json``: every board with its rows, and the JSON Schema that is published beside it.

It holds figures, digests and the few texts that `submission` has checked, and nothing else of a bundle: no
answer, no path and no command of a stranger gets here.
"""

import json
from typing import Annotated, Literal

from pydantic import Field

from s_mllmun_bench.board.signs import Signs
from s_mllmun_bench.board.submission import Kind, Label, Sha256
from s_mllmun_bench.records import Metric, Ratio, Record, SetName, Task
from s_mllmun_bench.scoring.records import Estimate

FILE = "leaderboard.json"
SCHEMA_FILE = "leaderboard.schema.json"
Badge = Literal["reported", "recomputed", "rejudged"]
"""``reported``: the figures are somebody's word; ``recomputed``: they follow from the answers by judges that
are here; ``rejudged``: and the judge was asked again about some of them, and said the same."""


class Column(Estimate):
    """One of the 18 columns of the paper's Table 1."""

    set: SetName
    task: Task
    metric: Metric
    """``rouge_l`` from 0 to 1, ``fact`` and ``meaningful`` from 0 to 10."""
    n: int | None = Field(ge=0)
    """Answers with a score; `None` where nobody says it."""
    missing: int | None = Field(ge=0)


class Settings(Record):
    """How the answers were made."""

    backend: Label
    adapter: Label | None
    """Its kind; `None` for a plain model or where nobody says it."""
    k: Label | None
    """Masking strength of a sculpted adapter, as a number or ``inf``."""
    seed: int | None
    bench: Label | None
    """Version of this package."""
    model: Sha256 | None
    """Digest of the checkpoint, or of the file of answers; `None` where a server holds the model."""
    data: Sha256
    """Digest of the dataset."""


class Rejudging(Record):
    """What a judge said when it was asked again."""

    bundle: str
    """SHA-256 of the bundle's ``submission.yaml``."""
    judge: str
    items: int = Field(ge=1)
    seed: int
    """Of the draw of the items."""
    drift: Estimate
    """The new scores less those of the bundle, -10 to 10."""

    @property
    def has_drifted(self) -> bool:
        """Whether the judge says something else now, beyond chance, or nothing that would show it."""
        low, high = self.drift.low, self.drift.high
        return low is None or high is None or low > 0 or high < 0


class Row(Record):
    """One submission, or one row of a paper."""

    place: str | None
    """Of the bundle, below ``results/``; `None` without one."""
    sha256: str | None
    """Of its ``submission.yaml``."""
    method: str
    kind: Kind
    name: str
    authors: str
    url: str | None
    """Where it is described."""
    badge: Badge
    rank: int | None = Field(ge=1)
    """Rows of one rank cannot be told apart; `None` for what is never ranked."""
    headline: Estimate
    """Half of each of the next two, -5 to 10; high is good."""
    overall_memory: Estimate
    overall_image_understanding: Estimate
    forget_memory: Estimate
    retain_memory: Estimate
    columns: tuple[Column, ...]
    coverage: float | None = Field(ge=0, le=1)
    """The smaller of both judges' shares of answers with a score."""
    signs: Signs | None
    settings: Settings | None
    rejudged: tuple[Rejudging, ...] = ()


class JudgeKey(Record):
    """A judge, with all that decides its scores."""

    judge: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:@+ -]{0,199}$")]
    digest: Sha256 | None
    """`None` where nobody says it."""


class Board(Record):
    """Rows that may be compared: same questions, base model, ratio and judges."""

    benchmark: str
    base_model: str
    ratio: Ratio
    judges: tuple[JudgeKey, ...]
    questions: int | None
    """Of the forget and the retain set."""
    ranked: tuple[Row, ...]
    """Methods, the best first."""
    references: tuple[Row, ...]
    """Shown with the ranked and never ranked: references, controls, null rows."""
    withstands_null_rows: bool | None
    """Whether every null row's headline is below that of ``original``; `None` without these rows. `False`
    means that the judge was talked round or the base model knows nothing: the order then says nothing."""


class Leaderboard(Record):
    """What ``leaderboard.json`` holds."""

    format: Literal[1] = 1
    boards: tuple[Board, ...]


def written(leaderboard: Leaderboard) -> bytes:
    """Return the file's bytes."""
    return leaderboard.model_dump_json(indent=1).encode() + b"\n"


def schema() -> bytes:
    """Return the JSON Schema's bytes."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Leaderboard.model_json_schema()}
    return json.dumps(found, indent=1).encode() + b"\n"
