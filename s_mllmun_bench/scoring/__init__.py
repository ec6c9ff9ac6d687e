"""Scoring: from answers and verdicts to means with intervals; missing is never zero.

`scoring.aggregate.score` computes, `scoring.records.Scores` is what lies on disk.
"""
