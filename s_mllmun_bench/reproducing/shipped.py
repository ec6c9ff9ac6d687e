"""A fine-tuned checkpoint that ships with the package, taken where it was made from this very data."""

import shutil
from pathlib import Path

from s_mllmun_bench.whole import appearing


def take_shipped(shipped: str, data: Path, output: Path) -> bool:
    """Copy a shipped checkpoint, and return whether it knows this dataset; if not, nothing is done.

    Args:
        shipped: its id.
        data: the dataset folder.
        output: the folder to make.
    """
    from s_mllmun_bench.checkpoints import resolve_model
    from s_mllmun_bench.data import dataset_digest
    from s_mllmun_bench.training.pretraining import read_card

    folder = resolve_model(shipped)
    card = read_card(folder)
    if card is None or card.data != dataset_digest(str(data)):
        return False
    with appearing(output) as made:
        shutil.copytree(folder, made, dirs_exist_ok=True)
    return True
