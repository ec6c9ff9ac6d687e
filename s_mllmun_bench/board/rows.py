"""A verified bundle as a row of its board."""

from collections.abc import Sequence
from dataclasses import replace

from s_mllmun_bench.board.bundle import Bundle
from s_mllmun_bench.board.entries import Entry
from s_mllmun_bench.board.signs import signs
from s_mllmun_bench.board.standings import Column, Rejudging, Row, Settings
from s_mllmun_bench.board.submission import checked
from s_mllmun_bench.scoring.records import Estimate, Figure


def row_of(entry: Entry, rank: int | None, rejudged: Sequence[Rejudging]) -> Row:
    """Return a bundle's row.

    Args:
        entry: the bundle.
        rank: `None` if it is not ranked.
        rejudged: what judges said again, of any bundles.

    Raises:
        BenchError: its settings hold what is no setting.
    """
    about, scores = entry.bundle.submission, entry.scores
    again = tuple(one for one in rejudged if one.bundle == entry.bundle.sha256)
    held = bool(again) and entry.badge == "recomputed" and not any(one.has_drifted for one in again)
    return Row(
        place=about.place,
        sha256=entry.bundle.sha256,
        method=about.method,
        kind=about.kind,
        name=about.name,
        authors=about.authors,
        url=about.url,
        badge="rejudged" if held else entry.badge,
        rank=rank,
        headline=_plain(entry.headline),
        overall_memory=_plain(scores.overall_memory),
        overall_image_understanding=_plain(scores.overall_image_understanding),
        forget_memory=_plain(scores.forget_memory),
        retain_memory=_plain(scores.retain_memory),
        columns=tuple(_column(one) for one in scores.columns),
        coverage=scores.lowest_coverage,
        signs=signs(replace(entry.bundle.contents, scores=scores), about.base_model, entry.released),
        settings=_settings(entry.bundle),
        rejudged=again,
    )


def _settings(bundle: Bundle) -> Settings:
    identity = bundle.manifest.identity
    adapter = identity.adapter
    fields = {
        "backend": identity.backend,
        "adapter": adapter.kind if adapter else None,
        "k": f"{adapter.k:g}" if adapter and adapter.k is not None else None,
        "seed": bundle.submission.seed,
        "bench": bundle.manifest.versions.get("s-mllmun-bench"),
        "model": identity.model if identity.backend != "openai" else None,
        "data": identity.data,
    }
    return checked(Settings, fields, f"{bundle.folder}/manifest.json")


def _plain(one: Estimate) -> Estimate:
    """Return a figure without what the missing answers could make of it.

    It is rounded, so that two machines that add in another order write the same bytes.
    """
    ends = (None if end is None else round(end, 6) for end in (one.mean, one.low, one.high))
    return Estimate(**dict(zip(("mean", "low", "high"), ends, strict=True)))


def _column(figure: Figure) -> Column:
    estimate = _plain(figure).model_dump()
    counts = {"n": figure.n, "missing": figure.missing}
    return Column(set=figure.set, task=figure.task, metric=figure.metric, **counts, **estimate)
