"""What lets a process under test heed Ctrl-C, whoever started the tests."""

import signal


def heeding_interrupts() -> None:
    """Undo in a new process what a shell does to commands in its background: SIGINT is ignored there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
