"""What every benchmark's command has: ``-o``, and its figures as JSON with the machine beside them."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from machine import machine


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser that knows ``-o``; a module's docstring describes it by its first line."""
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument("-o", "--output", type=Path, help="write the JSON here as well")
    return made


def tell(figures: Mapping[str, object], output: Path | None) -> None:
    """Print figures with the machine that they were measured on; write them where told."""
    text = json.dumps({**figures, **machine()}, indent=2)
    sys.stdout.write(text + "\n")
    if output:
        output.write_text(text + "\n", encoding="utf-8")
