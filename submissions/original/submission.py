"""Original: no unlearning at all, the reference that every method is compared with."""

from pathlib import Path

from s_mllmun_bench.checkpoints.adapters import write_identity
from s_mllmun_bench.records import Record
from s_mllmun_bench.training import UnlearningTask


class Settings(Record):
    """There is nothing to set."""


def unlearn(task: UnlearningTask, output: Path) -> None:
    """Write an adapter that changes nothing; see `contracts.Submission`."""
    task.parsed(Settings)
    write_identity(output)
