"""A checkpoint from the Hugging Face Hub, by ``owner/name`` or ``owner/name@revision``.

Only what a model needs is fetched: configurations, tokenizer and processor files, safetensors. Pickles
never are, and Python files only for a model that is trusted with running its own code.
"""

import re
import threading
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError

_WANTED = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")
_UNWANTED = ("*/*", "consolidated*.safetensors", "adapter_*")
"""Files in folders are other formats of the same model; consolidated weights are a second copy."""


def is_hub_id(name: str) -> bool:
    """Return whether a name has the form ``owner/name`` or ``owner/name@revision``."""
    return re.fullmatch(r"\w[\w.-]*/\w[\w.-]*(@\w[\w./-]*)?", name) is not None


def download(name: str, trust_remote_code: bool = False, progress: Progress | None = None) -> Path:
    """Return the folder that a checkpoint of the Hub lies in, fetched where it is not there yet.

    Args:
        name: as `is_hub_id` takes it; without a revision it is ``main``.
        trust_remote_code: whether its Python files are fetched as well.
        progress: is told the MiB that are there, of the files begun so far; nothing where all is there.

    Raises:
        BenchError: there is none of that name, or it cannot be fetched.
    """
    from httpx2 import HTTPError  # what huggingface_hub itself fetches with
    from huggingface_hub import errors, snapshot_download

    repo, _, revision = name.partition("@")
    wanted = [*_WANTED, "*.py"] if trust_remote_code else [*_WANTED]
    told = _Download(f"downloading {name}, MiB", progress)
    bars: Any = partial(_Bar, told)
    try:
        folder = snapshot_download(
            repo,
            revision=revision or None,
            allow_patterns=wanted,
            ignore_patterns=[*_UNWANTED],
            tqdm_class=bars,
        )
    except errors.GatedRepoError as error:
        reason = "its owner grants access on request; ask there, and set HF_TOKEN"
        raise BenchError(f"no access to {repo} on the Hub: {reason}") from error
    except errors.RepositoryNotFoundError as error:
        raise BenchError(
            f"no checkpoint folder at {name!r}, and no model {repo} on the Hub "
            "(for a private one, set HF_TOKEN)"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise BenchError(f"the model {repo} on the Hub has no revision {revision!r}") from error
    except (HTTPError, OSError, ValueError) as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
        raise BenchError(
            f"no checkpoint folder at {name!r}, and it could not be fetched from the Hub: {reason}"
        ) from error
    told.end()
    return Path(folder)


class _Download:
    """One download as one progress, however many bars are drawn of it, from several threads."""

    def __init__(self, what: str, progress: Progress | None) -> None:
        self._what = what
        self._progress = progress
        self._lock = threading.Lock()
        self._bars: list[_Bar] = []
        self._begun = False

    def add(self, bar: "_Bar") -> None:
        """Take a bar that counts bytes."""
        self._bars.append(bar)

    def report(self) -> None:
        """Tell how far it is; never that it is done, for the total grows with each file that is begun."""
        if self._progress is None:
            return
        with self._lock:
            self._begun = True
            done = max(bar.n for bar in self._bars) >> 20
            self._progress(done, max(done + 1, self._total()), self._what)

    def end(self) -> None:
        """Tell that it is done, if it has ever begun."""
        if self._progress is not None and self._begun:
            self._progress(max(1, self._total()), max(1, self._total()), self._what)

    def _total(self) -> int:
        return max(bar.total for bar in self._bars) >> 20


class _Bar:
    """What huggingface_hub takes for a bar of tqdm; those that count bytes report to their download."""

    def __init__(
        self, told: _Download, total: int | None = None, initial: int = 0, unit: str = "it", **_: object
    ) -> None:
        self.n = initial
        self.total = total or 0
        self.format_dict: dict[str, object] = {}
        self._told = told if unit == "B" else None
        if self._told is not None:
            self._told.add(self)

    def update(self, n: float | None = 1) -> None:
        """Count some more."""
        self.n += int(n or 0)
        if self._told is not None:
            self._told.report()

    def refresh(self) -> None:
        """Nothing is drawn."""

    close = refresh

    def set_description(self, *_: object, **__: object) -> None:
        """Nothing is drawn."""

    set_description_str = set_postfix_str = set_description

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
