"""Whether an adapter was made on the checkpoint that it is to be applied to.

PEFT writes down what it was trained on, as a path or a Hub id of the machine it was trained on. Factors of
another checkpoint of the same architecture fit by name and shape, so nothing else would tell. What is
written may be out of date, so a difference is something to say and no error.
"""

from pathlib import Path

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints.loading import CONFIG, SHIPPED, checkpoint_digest, read_json
from s_mllmun_bench.checkpoints.lora import CONFIG as LORA
from s_mllmun_bench.errors import BenchError


def other_base(adapter: Path, model: Path, named: str) -> str | None:
    """Return what an adapter says it was made on, if that is another checkpoint; else `None`.

    Where the base is here, digests decide; where it is not, the last part of the names does.

    Args:
        adapter: its folder; only a PEFT LoRA says anything.
        model: the checkpoint's folder, as `loading.resolve_model` returns it.
        named: what the checkpoint was called on the command line.
    """
    if not (adapter / LORA).is_file():
        return None
    base = read_json(adapter / LORA).get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        return None
    here = _here(base)
    if here is None:
        return None if _last(base) in (_last(named), _last(str(model))) else base
    same = here == model or _digest(here) in (None, checkpoint_digest(model))
    return None if same else base


def _here(base: str) -> Path | None:
    """Return the folder of a checkpoint that is on this machine; nothing is fetched."""
    try:
        if (Path(base) / CONFIG).is_file():
            return Path(base).resolve()
    except OSError:
        # A folder of another machine may have a name that cannot be looked up on this one.
        return None
    if base in contents.names(SHIPPED, f"/{CONFIG}"):
        return (contents.folder(SHIPPED) / base).resolve()
    return None


def _digest(checkpoint: Path) -> str | None:
    """Return its digest; `None` of one that is not whole, which nobody can compare with."""
    try:
        return checkpoint_digest(checkpoint)
    except BenchError:
        return None


def _last(name: str) -> str:
    """Return the last part of a path or a Hub id, without a revision."""
    return name.rstrip("/").rpartition("/")[2].partition("@")[0].casefold()
