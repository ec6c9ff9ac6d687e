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
from s_mllmun_bench.errors import BenchError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin

SHIPPED = "builders/checkpoints"
CONFIG = "config.json"
INDEX = "model.safetensors.index.json"
_LOCAL: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
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


def resolve_model(name_or_path: str) -> Path:
    """Return the folder of a checkpoint.

    Args:
        name_or_path: a folder, or the id of a shipped checkpoint, such as ``mini_qwen2_5_vl``; a folder
            of that name comes first.

    Raises:
        BenchError: there is none, or the folder holds no checkpoint.
    """
    shipped = contents.names(SHIPPED, f"/{CONFIG}")
    folder = Path(name_or_path)
    if name_or_path in shipped and not folder.is_dir():
        folder = contents.folder(SHIPPED) / name_or_path
    if not folder.is_dir():
        there_are = ", ".join(shipped) or "none"
        raise BenchError(f"no checkpoint folder at {name_or_path!r}; shipped are: {there_are}")
    _config(folder)
    weight_files(folder)
    return folder.resolve()


def weight_files(folder: Path) -> list[Path]:
    """Return a checkpoint's safetensors files, sorted: those of its index, or else all.

    Raises:
        BenchError: there are none, or one that the index names is missing.
    """
    if (folder / INDEX).is_file():
        files = sorted({folder / Path(name).name for name in _read_index(folder / INDEX).values()})
    else:
        files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise BenchError(f"{folder} holds no *.safetensors; weights in other formats are not read")
    for file in files:
        if not file.is_file():
            raise BenchError(f"{folder} is incomplete: {INDEX} names {file.name}, which is not there")
    return files


def model_type(folder: Path) -> str:
    """Return the architecture that config.json names, such as ``qwen2_5_vl``.

    Raises:
        BenchError: the folder holds no checkpoint.
    """
    return str(_config(folder)["model_type"])


def load_model(path: Path, dtype: str = "auto", device: str | None = None) -> "PreTrainedModel":
    """Return a checkpoint's model, in evaluation mode.

    Args:
        path: as `resolve_model` returns it.
        dtype: one of `DTYPES`; ``auto`` keeps that of the files.
        device: such as ``cuda:0``; `None` takes the first GPU, or the CPU where there is none.

    Raises:
        BenchError: no model for images and text that transformers knows, or weights are missing.
    """
    import torch
    from transformers import AutoModelForImageTextToText

    if dtype not in DTYPES:
        raise BenchError(f"no dtype {dtype!r}; there are: {', '.join(DTYPES)}")
    try:
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            path, dtype=dtype, use_safetensors=True, output_loading_info=True, **_LOCAL
        )
    except (ValueError, OSError, RuntimeError) as error:
        raise BenchError(f"{path} cannot be loaded: {_first_line(error)}") from error
    model, report = loaded
    if missing := sorted(report["missing_keys"]):
        raise BenchError(f"{path} lacks {len(missing)} weights of its model, such as {missing[0]}")
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return cast("PreTrainedModel", model.eval().to(place))


def load_processor(path: Path) -> "ProcessorMixin":
    """Return a checkpoint's processor: tokenizer, image processor and chat template.

    Raises:
        BenchError: the folder lacks its files.
    """
    from transformers import AutoProcessor

    try:
        processor: ProcessorMixin = AutoProcessor.from_pretrained(path, **_LOCAL)
    except (ValueError, OSError) as error:
        raise BenchError(f"the processor of {path} cannot be loaded: {_first_line(error)}") from error
    return processor


def checkpoint_digest(path: Path) -> str:
    """Return the SHA-256 over the sorted (name, SHA-256) of weights, configs and tokenizer files.

    Where the folder lies and what else it holds play no role.
    """
    files = weight_files(path) + [path / name for name in _DEFINING if (path / name).is_file()]
    lines = sorted(f"{file.name} {file_digest(file)}\n" for file in files)
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


def _read_index(path: Path) -> dict[str, str]:
    files = read_json(path).get("weight_map")
    if not isinstance(files, dict):
        raise BenchError(f"{path} has no weight_map")
    return {str(name): str(file) for name, file in files.items()}


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0]
