"""Where everything lies in a dataset folder: tables, groups, configs and splits.

One parquet file per table and group of people, and every split is a list of such files, so no row is
stored twice and the forget sets are nested by construction. Writing and reading both ask here.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from s_mllmun_bench.errors import unknown
from s_mllmun_bench.records import FEW_SHOT_GROUPS, FORGET_GROUPS, GROUPS, RATIOS

Table = Literal["profiles", "finetune", "unlearn", "evaluation", "refusals"]

UNSEEN = "unseen"
"""The group of the people that no model is trained on."""
README = "README.md"
SHEET = "people.png"
"""The picture of six people that the README shows."""
CROISSANT = "croissant.json"
"""The folder's description for machines, in the Croissant format."""
DATA = "data"
"""The folder of the tables; the content digest covers the files below it."""

TABLE_GROUPS: Mapping[Table, Sequence[str]] = {
    "profiles": (*GROUPS, UNSEEN),
    "finetune": GROUPS,
    "unlearn": GROUPS[:-1],
    "evaluation": (*GROUPS, UNSEEN),
    "refusals": ("all",),
}
"""The groups that each table has a file for; only people who may be forgotten or kept are in ``unlearn``."""


def table_path(table: Table, group: str) -> str:
    """Return a table's file for one group, relative to the dataset folder."""
    return f"{DATA}/{table}/{group}.parquet"


def _paths(table: Table, groups: Sequence[str]) -> tuple[str, ...]:
    return tuple(table_path(table, group) for group in groups)


def _unlearn(ratio: int) -> dict[str, tuple[str, ...]]:
    return {
        "forget": _paths("unlearn", FORGET_GROUPS[ratio]),
        "retain": _paths("unlearn", FEW_SHOT_GROUPS[ratio]),
    }


def _evaluation(ratio: int) -> dict[str, tuple[str, ...]]:
    kept = [group for group in GROUPS if group not in FORGET_GROUPS[ratio]]
    return {
        "forget": _paths("evaluation", FORGET_GROUPS[ratio]),
        "retain": _paths("evaluation", kept),
        "unseen": _paths("evaluation", (UNSEEN,)),
    }


CONFIGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "profiles": {"train": _paths("profiles", GROUPS), "unseen": _paths("profiles", (UNSEEN,))},
    "finetune": {"train": _paths("finetune", GROUPS)},
    **{f"unlearn_{ratio:02}": _unlearn(ratio) for ratio in RATIOS},
    **{f"eval_{ratio:02}": _evaluation(ratio) for ratio in RATIOS},
    "refusals": {"train": _paths("refusals", TABLE_GROUPS["refusals"])},
}
"""Config, split, and the files of the split in the order in which its rows are read."""

DEFAULT_CONFIG = "profiles"
QUESTION_CONFIGS = tuple(name for name in CONFIGS if name not in ("profiles", "refusals"))
"""The configs whose rows hold questions."""


def require_split(config: str, split: str) -> None:
    """Check that questions can be had from this config and split.

    Raises:
        BenchError: there is no such config with questions, or no such split in it.
    """
    if config not in QUESTION_CONFIGS:
        raise unknown("config of questions", config, "the dataset", QUESTION_CONFIGS)
    if split not in CONFIGS[config]:
        raise unknown("split", split, f"config {config}", CONFIGS[config])
