"""The loss curves of an unlearning run, drawn with matplotlib into a file.

A curve that has not settled, or has run away, is seen at a glance and in no final figure.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from s_mllmun_bench.reporting.drawing import COLOURS, new_figure, save, styled, tidy


@styled
def save_losses(losses: Mapping[str, Sequence[float]], path: str | Path) -> Path:
    """Draw one panel per training into a file (its ending says which kind) and return it.

    Args:
        losses: by training: the objective after every optimizer step, nats per answer token; at least one.
        path: of the file.
    """
    figure = new_figure(4.6 * len(losses), 3.4)
    panels = figure.subplots(1, len(losses), squeeze=False)[0]
    for number, (ax, (name, values)) in enumerate(zip(panels, losses.items(), strict=True)):
        marker = "o" if len(values) < 2 else None
        ax.plot(range(1, len(values) + 1), values, color=COLOURS[number % len(COLOURS)], marker=marker)
        tidy(ax, name, "step", "" if number else "loss, nats per answer token")
    return save(figure, path)
