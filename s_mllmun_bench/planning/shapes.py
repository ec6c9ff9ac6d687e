"""A model's sizes as far as they decide what computing costs, from its config.json alone.

No weight is opened, so a model can be planned for that is not on this machine: the paper's two are known
by their names.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints.loading import CONFIG, SHIPPED
from s_mllmun_bench.errors import BenchError

_QWEN2_7B = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
}
PAPER: Mapping[str, Mapping[str, Any]] = {
    "Qwen/Qwen2.5-VL-7B-Instruct": {
        "model_type": "qwen2_5_vl",
        "text_config": _QWEN2_7B,
        "vision_config": {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
    },
    "llava-hf/llava-onevision-qwen2-7b-ov-hf": {
        "model_type": "llava_onevision",
        "text_config": _QWEN2_7B | {"vocab_size": 152000},
        "vision_config": {
            "num_hidden_layers": 26,
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "patch_size": 14,
            "image_size": 384,
        },
        "image_grid_pinpoints": [[384, 384], [2304, 2304]],
    },
}
"""What is needed of the config.json of the paper's two models."""
_MOST_TILES = 3
"""Tiles on an edge whose features LLaVA-OneVision keeps (its ``anyres_max_9``); of more it shrinks them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of one model; parameters are counted in linear layers, the rest is negligible."""

    layers: int
    """Of the language model."""
    hidden: int
    attention: int
    """Width of all heads of a layer together."""
    language: int
    """Parameters of the language model's layers: what every token passes."""
    embeddings: int
    """Parameters of the embedding and the head."""
    vision: int
    """Parameters that every image patch passes, the connector included."""
    widths: int
    """Inputs and outputs of all linear layers of the language model: a LoRA's parameters per rank."""
    patch: int
    merge: int
    """Patches on an edge of what becomes one token."""
    tile: int | None
    """Edge in pixels of the tiles that an image is cut into; `None`: it is read as it is."""
    tiles: int
    """Most tiles on an edge."""

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.language + self.embeddings + self.vision

    def image(self, edge: int) -> tuple[int, int]:
        """Return the tokens and the patches of a square image.

        Args:
            edge: in pixels.
        """
        if self.tile is None:
            tokens = max(1, round(edge / (self.patch * self.merge))) ** 2
            return tokens, tokens * self.merge**2
        side = self.tile // self.patch
        cut = min(self.tiles, math.ceil(edge / self.tile))
        kept = side * min(cut, _MOST_TILES)
        # The whole image in one tile, the tiles together, and a line break at the end of each of their rows.
        return side**2 + kept**2 + kept, side**2 * (1 + cut**2)


def shape_of(model: str) -> Shape:
    """Return a model's sizes.

    Args:
        model: a checkpoint folder, the name of a shipped checkpoint, one of the paper's two models by its Hub
            id, or another that lies in this machine's Hub cache.

    Raises:
        BenchError: there is no config.json of it here, or of an architecture whose costs are not known.
    """
    config = _config(model)
    kind = str(config.get("model_type"))
    if kind not in ("qwen2_5_vl", "qwen3_vl", "llava_onevision"):
        raise BenchError(f"{model} is a {kind}; what is known: llava_onevision, qwen2_5_vl, qwen3_vl")
    text = config.get("text_config") or config
    language, widths = _language(text)
    embedding = int(text["vocab_size"] * text["hidden_size"])
    tied = bool(config.get("tie_word_embeddings", text.get("tie_word_embeddings", False)))
    seen = config["vision_config"]
    llava = kind == "llava_onevision"
    merge = 1 if llava else int(seen["spatial_merge_size"])
    most = max((max(point) for point in config.get("image_grid_pinpoints", [])), default=0)
    return Shape(
        layers=int(text["num_hidden_layers"]),
        hidden=int(text["hidden_size"]),
        attention=int(text["num_attention_heads"] * _head(text)),
        language=language,
        embeddings=embedding if tied else 2 * embedding,
        vision=_vision(seen, gated=kind == "qwen2_5_vl") + _connector(seen, int(text["hidden_size"]), merge),
        widths=widths,
        patch=int(seen["patch_size"]),
        merge=merge,
        tile=int(seen["image_size"]) if llava else None,
        tiles=max(1, most // int(seen["image_size"])) if llava else 1,
    )


def folder_of(model: str) -> Path:
    """Return where a model would lie on this machine: a shipped checkpoint's folder, or the path it names."""
    shipped = model in contents.names(SHIPPED, f"/{CONFIG}")
    return contents.folder(SHIPPED) / model if shipped else Path(model)


def _config(model: str) -> Mapping[str, Any]:
    here = folder_of(model) / CONFIG
    if model in PAPER and not here.is_file():
        return PAPER[model]
    path = here if here.is_file() else _cached(model)
    if path is None:
        raise BenchError(f"no config.json of {model!r} here; known without one are: {', '.join(PAPER)}")
    try:
        read = json.loads(path.read_bytes())
    except ValueError as error:
        raise BenchError(f"{path} is no JSON: {error}") from error
    return dict(read)


def _cached(model: str) -> Path | None:
    """Return the config.json of a model in the Hub cache, or `None`; nothing is fetched."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, CONFIG)
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def _head(text: Mapping[str, Any]) -> int:
    return int(text.get("head_dim") or text["hidden_size"] // text["num_attention_heads"])


def _language(text: Mapping[str, Any]) -> tuple[int, int]:
    """Return the parameters of all layers, and the sum of their inputs and outputs."""
    hidden, wide = int(text["hidden_size"]), int(text["intermediate_size"])
    queries, keys = (int(text[f"num_{one}_heads"]) * _head(text) for one in ("attention", "key_value"))
    linear = [(hidden, queries), (hidden, keys), (hidden, keys), (queries, hidden), *[(hidden, wide)] * 3]
    layers = int(text["num_hidden_layers"])
    return layers * sum(a * b for a, b in linear), layers * sum(a + b for a, b in linear)


def _vision(seen: Mapping[str, Any], gated: bool) -> int:
    """Return the parameters of the vision tower: of its blocks, and of what reads a patch of 3 colours."""
    hidden, wide = int(seen["hidden_size"]), int(seen["intermediate_size"])
    blocks = int(seen.get("depth") or seen["num_hidden_layers"])
    first = 3 * int(seen.get("temporal_patch_size", 1)) * int(seen["patch_size"]) ** 2 * hidden
    return first + blocks * (4 * hidden**2 + (3 if gated else 2) * hidden * wide)


def _connector(seen: Mapping[str, Any], hidden: int, merge: int) -> int:
    """Return the parameters between tower and language model, by patch."""
    merged = int(seen["hidden_size"]) * merge**2
    inner = merged if merge > 1 else hidden
    return merged * inner + inner * hidden
