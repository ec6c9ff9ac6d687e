"""ROUGE-L of an answer against its reference, by the `rouge-score` library.

The F-measure of the longest common subsequence of words, in lower case, without stemmer; what is not
a-z or 0-9 separates words, so a text of another script has none and scores 0. An empty answer
legitimately scores 0; an answer that could not be had has no ROUGE-L at all (see `aggregate`).
"""

from functools import cache
from typing import Any


def rouge_l(answer: str, reference: str) -> float:
    """Return the ROUGE-L F-measure of an answer against its reference, 0 to 1."""
    return float(_scorer().score(reference, answer)["rougeL"].fmeasure)


@cache
def _scorer() -> Any:
    from rouge_score import rouge_scorer

    return rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
