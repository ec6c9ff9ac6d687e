"""LoRA through PEFT, on full module paths.

Suffixes such as ``q_proj`` would also hit the vision tower, so the targets are one regex on whole names.
"""

from typing import Any

from peft import LoraConfig, get_peft_model

from s_mllmun_bench.checkpoints import lora_targets
from s_mllmun_bench.checkpoints.architectures import Part

from .settings import LoraSettings


def with_lora(model: Any, settings: LoraSettings) -> Any:
    """Return the model wrapped with a fresh LoRA; only the LoRA's weights are trained.

    Args:
        model: from `checkpoints.load_model`; it is changed in place.
        settings: rank and so on.
    """
    parts: list[Part] = ["language", "vision"] if settings.vision else ["language"]
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=lora_targets(model.config.model_type, parts),
        bias="none",
    )
    return get_peft_model(model, config)
