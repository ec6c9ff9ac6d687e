"""The dataset as it is made: recipe, people, groups, audits, tables, card."""

from s_mllmun_bench.building.build import Choices, build
from s_mllmun_bench.building.estimate import estimate

__all__ = ["Choices", "build", "estimate"]
