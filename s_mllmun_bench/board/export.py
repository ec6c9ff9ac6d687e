"""A bundle's figures in the forms of two other collections, so that nobody copies them by hand.

- ``eval_results``: the YAML of a model repository's ``.eval_results/`` on the Hugging Face Hub.
- ``every_eval_ever``: the JSON of the EvalEval Coalition's collection, schema version 0.3.0.

Both want a number for every result: what is missing is left out, never 0. Nobody verifies them there, so only
a bundle whose every figure is verified leaves here, and under the id of the dataset that it is of.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from s_mllmun_bench.board.bundle import Bundle, read_bundle
from s_mllmun_bench.board.entries import Entry, verified
from s_mllmun_bench.board.released import read_released
from s_mllmun_bench.board.submission import About
from s_mllmun_bench.errors import BenchError, unknown
from s_mllmun_bench.scoring.overall import OVERALL
from s_mllmun_bench.scoring.records import TOPS, Estimate, Figure, Scores

EVAL_RESULTS, EVERY_EVAL_EVER = "eval_results", "every_eval_ever"
FORMATS = (EVAL_RESULTS, EVERY_EVAL_EVER)
SCHEMA_VERSION = "0.3.0"
DATASET = "s-mllmun-bench/s-mllmun-bench"
"""The benchmark's id on the Hub."""
_OF_DATASET = "s-mllmun-bench-"
"""Begins the names of its versions."""
_LIBRARY = "s-mllmun-bench"
_OWN_ENGINES = ("transformers", "vllm")
_TEXTS = {
    "overall_memory": "Fact Score on the retain set less that on the forget set, of image and text memory",
    "overall_image_understanding": "Mean Fact Score of both sets on image understanding",
    "forget_memory": "Mean Fact Score of image and text memory on the forget set",
    "retain_memory": "Mean Fact Score of image and text memory on the retain set",
}


class _Result(NamedTuple):
    name: str
    text: str
    estimate: Estimate
    lowest: float
    highest: float
    lower_is_better: bool


def exported(folder: Path, form: str, dataset: str | None, leaderboard: Path) -> str:
    """Return a bundle in another form.

    Args:
        folder: the bundle's.
        form: one of `FORMATS`.
        dataset: the id on the Hub of the dataset that it is of; `None`: `DATASET`.
        leaderboard: the folder whose released versions count.

    Raises:
        BenchError: there is no such form, the bundle cannot be read or verified, or it is not of `DATASET`
            and no other is named.
    """
    if form not in FORMATS:
        raise unknown("format", form, "the exports", FORMATS)
    entry = verified(read_bundle(folder), read_released(leaderboard))
    if entry.unjudged is not None:
        raise BenchError(f"{folder} is not exported, for its verdicts cannot be had again: {entry.unjudged}")
    named = dataset or _dataset_of(entry.bundle.submission)
    if form == EVAL_RESULTS:
        return eval_results(entry, named)
    return every_eval_ever(entry, named, int(time.time()))


def _dataset_of(about: About) -> str:
    if not about.benchmark.startswith(_OF_DATASET):
        raise BenchError(
            f"{about.place} is of {about.benchmark}, not of {DATASET}; "
            "name its dataset on the Hub with --dataset"
        )
    return DATASET


def eval_results(entry: Entry, dataset: str) -> str:
    """Return the overall figures as YAML, one entry each; the task's id ends in the ratio."""
    import yaml
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    about = entry.bundle.submission
    entries = [
        EvalResultEntry(
            dataset_id=dataset,
            task_id=f"{one.name}_{about.ratio:02}",
            value=one.estimate.mean,
            source_url=about.url,
            source_name=about.name,
            notes=f"{about.benchmark}, judged by {' and '.join(entry.scores.judges)}",
        )
        for one in _overall(entry.scores)
    ]
    return yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False, allow_unicode=True)


def every_eval_ever(entry: Entry, dataset: str, now: int) -> str:
    """Return all figures as JSON, with their intervals; ``now`` is in seconds since 1970."""
    bundle, scores = entry.bundle, entry.scores
    about, manifest = bundle.submission, bundle.manifest
    model = f"{about.base_model}_{about.method}"
    versions = manifest.versions
    engine = manifest.identity.backend
    source = {"dataset_name": about.benchmark, "source_type": "hf_dataset", "hf_repo": dataset}
    record = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": f"{_LIBRARY}/{model}/{now}",
        "retrieved_timestamp": str(now),
        "source_metadata": {
            "source_name": "S-MLLMUn Bench leaderboard",
            "source_type": "evaluation_run",
            "source_organization_name": about.authors,
            "source_organization_url": about.url,
            "evaluator_relationship": "first_party",
        },
        "eval_library": {"name": _LIBRARY, "version": versions.get(_LIBRARY, "unknown")},
        "model_info": {
            "name": model,
            "id": model,
            "inference_engine": {"name": engine, "version": versions.get(engine, "unknown")},
            "additional_details": {
                "method": about.name,
                "model_digest": manifest.identity.model,
                # Of a server or a file of answers nobody knows whose it is.
                "deployment_type": "self_deployed" if engine in _OWN_ENGINES else "unknown",
                "model_availability": "unknown",
            },
        },
        "evaluation_results": [_entry(one, source, bundle) for one in (*_overall(scores), *_columns(scores))],
    }
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _entry(one: _Result, source: dict[str, str], bundle: Bundle) -> dict[str, Any]:
    identity, scores = bundle.manifest.identity, bundle.contents.scores
    details: dict[str, Any] = {"score": one.estimate.mean}
    if one.estimate.low is not None:
        interval = {"lower": one.estimate.low, "upper": one.estimate.high, "confidence_level": 0.95}
        details["uncertainty"] = {
            "confidence_interval": {**interval, "method": "bootstrap over people"},
            "num_bootstrap_samples": scores.draws,
        }
    entry: dict[str, Any] = {
        "evaluation_name": one.name,
        "source_data": source,
        "metric_config": {
            "evaluation_description": f"{one.text}; {identity.ratio} % of the people are to be forgotten",
            "lower_is_better": one.lower_is_better,
            "score_type": "continuous",
            "min_score": one.lowest,
            "max_score": one.highest,
            "additional_details": {"judges": " and ".join(scores.judges)},
        },
        "score_details": details,
    }
    if identity.decoding is not None:
        args = {"temperature": 0.0, "max_tokens": identity.decoding.max_new_tokens}
        entry["generation_config"] = {"generation_args": args}
    return entry


def _overall(scores: Scores) -> Iterator[_Result]:
    for name in OVERALL:
        estimate: Estimate = getattr(scores, name)
        if estimate.mean is not None:
            lowest = -10.0 if name == "overall_memory" else 0.0
            yield _Result(name, _TEXTS[name], estimate, lowest, 10.0, name == "forget_memory")


def _columns(scores: Scores) -> Iterator[_Result]:
    for one in scores.columns:
        if one.mean is not None:
            name = f"{one.set}_{one.task}_{one.metric}"
            text = f"{one.metric} of {one.task.replace('_', ' ')} on the {one.set} set"
            yield _Result(name, text, one, 0.0, TOPS[one.metric], _lower_is_better(one))


def _lower_is_better(one: Figure) -> bool:
    return one.set == "forget" and one.task != "image_understanding" and one.metric != "meaningful"
