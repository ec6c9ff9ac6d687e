"""The dataset as it is made: recipe, people, groups, audits, tables, card."""

from s_mllmun_bench.building.build import build

__all__ = ["build"]
