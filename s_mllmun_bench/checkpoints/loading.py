"""Finding, checking and loading a checkpoint: a folder with config.json and safetensors.

The one rule: a folder that cannot be loaded whole is refused. transformers fills weights that a
checkpoint lacks with random numbers and only warns; such a model would pass for one that forgot.
Pickles are never opened and no code from a checkpoint is run.
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints.digests import remembered
from s_mllmun_bench.checkpoints.hub import download, is_hub_id
from s_mllmun_bench.checkpoints.shards import INDEX, require_whole, weight_files
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError, shortened

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin

SHIPPED = "builders/checkpoints"
CONFIG = "config.json"
_LONGEST_REASON = 300
"""Characters."""
DTYPES = ("auto", "float32", "bfloat16", "float16")
_DEFINING = (
    CONFIG,
    INDEX,
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
    "merges.txt",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "video_preprocessor_config.json",
    "vocab.json",
)
"""The files, besides the weights, that change what a checkpoint says; a README does not."""


def resolve_model(name: str, trust_remote_code: bool = False, progress: Progress | None = None) -> Path:
    """Return the folder of a checkpoint, after a look at whether it is whole.

    Args:
        name: a folder; or the id of a shipped checkpoint, such as ``mini_qwen2_5_vl``; or of one on the
            Hub, ``owner/name`` or ``owner/name@revision``, which is fetched. What comes first is taken.
        trust_remote_code: whether a checkpoint of the Hub is fetched with its Python files.
        progress: is told how far that is.

    Raises:
        BenchError: there is none, it cannot be fetched, or the folder holds no whole checkpoint.
    """
    folder = _find(name, trust_remote_code, progress)
    _config(folder)
    require_whole(folder)
    return folder.resolve()


def _find(name: str, trust_remote_code: bool, progress: Progress | None) -> Path:
    if Path(name).is_dir():
        return Path(name)
    shipped = contents.names(SHIPPED, f"/{CONFIG}")
    if name in shipped:
        return contents.folder(SHIPPED) / name
    if is_hub_id(name) and not Path(name).exists():
        return download(name, trust_remote_code, progress)
    raise BenchError(f"no checkpoint folder at {name!r}; shipped are: {', '.join(shipped) or 'none'}")


def model_type(folder: Path) -> str:
    """Return the architecture that config.json names, such as ``qwen2_5_vl``.

    Raises:
        BenchError: the folder holds no checkpoint.
    """
    return str(_config(folder)["model_type"])


def load_model(
    path: Path, dtype: str = "auto", device: str | None = None, trust_remote_code: bool = False
) -> "PreTrainedModel":
    """Return a checkpoint's model, in evaluation mode.

    Args:
        path: as `resolve_model` returns it.
        dtype: one of `DTYPES`; ``auto`` keeps that of the files.
        device: such as ``cuda:0``; `None` takes the first GPU, or the CPU where there is none.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Raises:
        BenchError: no model for images and text that transformers knows, or weights are missing.
    """
    import torch
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoModelForImageTextToText

    if dtype not in DTYPES:
        raise BenchError(f"no dtype {dtype!r}; there are: {', '.join(DTYPES)}")
    try:
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            path,
            dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
            trust_remote_code=trust_remote_code,
            local_files_only=True,
        )
    except (ValueError, OSError, RuntimeError, StrictDataclassError) as error:
        raise BenchError(f"{path} cannot be loaded: {_in_short(error)}") from error
    model, report = loaded
    if missing := sorted(report["missing_keys"]):
        raise BenchError(f"{path} lacks {len(missing)} weights of its model, such as {missing[0]}")
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return cast("PreTrainedModel", model.eval().to(place))


def load_processor(path: Path, trust_remote_code: bool = False) -> "ProcessorMixin":
    """Return a checkpoint's processor: tokenizer, image processor and chat template.

    Args:
        path: as `resolve_model` returns it.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Raises:
        BenchError: the folder lacks its files.
    """
    from transformers import AutoProcessor

    try:
        processor: ProcessorMixin = AutoProcessor.from_pretrained(
            path, trust_remote_code=trust_remote_code, local_files_only=True
        )
    except (ValueError, OSError) as error:
        raise BenchError(f"the processor of {path} cannot be loaded: {_in_short(error)}") from error
    return processor


def checkpoint_digest(path: Path) -> str:
    """Return the SHA-256 over the sorted (name, SHA-256) of weights, configs and tokenizer files.

    Where the folder lies and what else it holds play no role. Digests of large files are remembered, so
    the second call is instant.
    """
    files = weight_files(path) + [path / name for name in _DEFINING if (path / name).is_file()]
    if "auto_map" in _config(path):
        files += path.glob("*.py")
    named = zip(files, remembered(files, file_digest), strict=True)
    lines = sorted(f"{file.name} {digest}\n" for file, digest in named)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return a file's SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _config(folder: Path) -> dict[str, object]:
    if (folder / "adapter_config.json").is_file() and not (folder / CONFIG).is_file():
        raise BenchError(f"{folder} is an adapter, not a checkpoint; give it as an adapter")
    if not (folder / CONFIG).is_file():
        raise BenchError(f"{folder} is no checkpoint: it has no {CONFIG}")
    config = read_json(folder / CONFIG)
    if "model_type" not in config:
        raise BenchError(f"{folder} is no checkpoint: {CONFIG} names no model_type")
    return config


def read_json(path: Path) -> dict[str, object]:
    """Return the object that a JSON file holds.

    Raises:
        BenchError: it holds none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BenchError(f"{path} is not valid JSON") from error
    if not isinstance(content, dict):
        raise BenchError(f"{path} holds no JSON object")
    return content


def _in_short(error: Exception) -> str:
    """Return the beginning of what a library says of a checkpoint, on one line."""
    text = " ".join(str(error).split())
    if "ignore_mismatched_sizes" in text:
        return f"its weights have other shapes than {CONFIG} says"
    return shortened(text, _LONGEST_REASON)
