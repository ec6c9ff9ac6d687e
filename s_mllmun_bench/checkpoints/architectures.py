"""Where an architecture keeps its layers, and what its tensors are called on disk and in memory.

Published checkpoints and transformers name the same weight differently
(``visual.blocks.0...`` and ``model.visual.blocks.0...``). Inside this room a weight is always named as
in memory; `Naming` translates, by transformers' own rules, so a new architecture needs only its
line in `LAYERS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch

from s_mllmun_bench.errors import BenchError, unknown

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Part = Literal["language", "vision", "connector"]


@dataclass(frozen=True, slots=True)
class Layers:
    """The linear layers of one architecture, as regexes on a module's full name in memory."""

    language: str
    vision: str
    """The blocks of the vision tower."""
    connector: str
    """What turns the tower's output into the language model's input: merger or projector."""


_LANGUAGE = r"model\.language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"
_QWEN_BLOCK = r"model\.visual\.blocks\.\d+\."
_QWEN_MERGER = r"model\.visual\.merger\.mlp\.[02]"
_LLAVA = Layers(
    language=_LANGUAGE,
    vision=r"model\.vision_tower\.encoder\.layers\.\d+\.(self_attn\.([qkv]|out)_proj|mlp\.fc[12])",
    connector=r"model\.multi_modal_projector\.linear_[12]",
)

LAYERS: Mapping[str, Layers] = {
    "qwen2_5_vl": Layers(
        language=_LANGUAGE,
        vision=_QWEN_BLOCK + r"(attn\.(qkv|proj)|mlp\.(gate|up|down)_proj)",
        connector=_QWEN_MERGER,
    ),
    "qwen2_vl": Layers(
        language=_LANGUAGE,
        vision=_QWEN_BLOCK + r"(attn\.(qkv|proj)|mlp\.fc[12])",
        connector=_QWEN_MERGER,
    ),
    "qwen3_vl": Layers(
        language=_LANGUAGE,
        vision=_QWEN_BLOCK + r"(attn\.(qkv|proj)|mlp\.linear_fc[12])",
        connector=r"model\.visual\.(merger|deepstack_merger_list\.\d+)\.linear_fc[12]",
    ),
    "llava_onevision": _LLAVA,
    "llava_next": _LLAVA,
    "llava": _LLAVA,
}
"""By ``model_type`` of config.json."""


def lora_targets(model_type: str, parts: Sequence[Part] = ("language",)) -> str:
    """Return one regex that a linear layer's full name in memory matches as a whole.

    Suffixes such as ``q_proj`` or ``0`` would also hit the vision tower and the merger, so there are
    only full paths. PEFT takes it as ``target_modules``.

    Args:
        model_type: of config.json, such as ``qwen2_5_vl``.
        parts: which of the model's parts; the vision tower and the connector only if named.

    Raises:
        BenchError: no layers are known for that type.
    """
    if model_type not in LAYERS:
        raise unknown("architecture", model_type, "checkpoints/architectures.py", LAYERS)
    return "|".join(f"({getattr(LAYERS[model_type], part)})" for part in parts)


class Naming:
    """What the tensors of one model are called, in memory and in the files it was published in."""

    def __init__(self, model: "PreTrainedModel") -> None:
        """Read the names from a model, which may lie on the meta device (see `skeleton`)."""
        from transformers.conversion_mapping import get_model_conversion_mapping
        from transformers.core_model_loading import WeightConverter, WeightRenaming

        conversions = get_model_conversion_mapping(model)
        self._renamings = [rule for rule in conversions if isinstance(rule, WeightRenaming)]
        self._converters = [rule for rule in conversions if isinstance(rule, WeightConverter)]
        self._prefix = model.base_model_prefix
        self.shapes = {name: weight.shape for name, weight in model.state_dict().items()}
        """Every weight's shape, by its name in memory."""
        ties: Mapping[str, str] = model.all_tied_weights_keys
        self.tied = frozenset(ties) | frozenset(ties.values())
        """Names in memory of weights that share their storage with another."""

    def in_memory(self, name: str) -> str | None:
        """Return the name in memory of a weight, given that name or the published one.

        `None`: no single weight has this name (there is none, or loading fuses several tensors).
        """
        from transformers.core_model_loading import rename_source_key

        if name in self.shapes:
            return name
        renamed, fused = rename_source_key(name, self._renamings, self._converters, self._prefix, self.shapes)
        return renamed if fused is None and renamed in self.shapes else None


def skeleton(folder: Path, trust_remote_code: bool = False) -> "PreTrainedModel":
    """Return a checkpoint's model without its weights, on the meta device; it takes no memory.

    Args:
        folder: as `loading.resolve_model` returns it.
        trust_remote_code: whether code that comes with the checkpoint may be run.

    Raises:
        BenchError: the folder's config.json describes no image-and-text model that transformers knows.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig, AutoModelForImageTextToText

    try:
        config = AutoConfig.from_pretrained(
            folder, trust_remote_code=trust_remote_code, local_files_only=True
        )
        with torch.device("meta"):
            model: PreTrainedModel = AutoModelForImageTextToText.from_config(
                config, trust_remote_code=trust_remote_code
            )
    except ValueError as error:
        raise BenchError(
            f"{folder}: config.json describes no image-and-text model that transformers knows by itself"
        ) from error
    except StrictDataclassError as error:
        raise BenchError(f"{folder}: config.json: {' '.join(str(error).split())}") from error
    return model
