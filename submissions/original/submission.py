"""Original: no unlearning at all, the reference that every method is compared with."""

from pathlib import Path
from typing import Any

from s_mllmun_bench.checkpoints.adapters import write_identity


def unlearn(task: Any, output: Path) -> None:
    """Write an adapter that changes nothing; see `contracts.Submission`."""
    write_identity(output)
