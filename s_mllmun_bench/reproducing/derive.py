"""Controls and ablations made of the two LoRAs that one training of SMFA leaves, without training again.

They are what ``bench unlearn mfa``, ``mfa_scaled`` and ``mfa_random_mask`` write for the same seed and
settings, and what SMFA writes with one criterion off. Made of the same factors they differ from SMFA in
the mask alone, so that no noise of the training stands between them. By modality the unmasked update is
the mean of two LoRAs, which no command writes: it is SMFA's own with an infinite k.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from s_mllmun_bench.whole import appearing

Control = Literal["mfa", "mfa_scaled", "mfa_random_mask", "direction", "magnitude"]

_SCULPTED, _RECORD, _CONFIG = "sculpted_adapter.json", "unlearning.json", "adapter_config.json"


def derive(smfa: Path, control: Control, factor: float, output: Path) -> bool:
    """Write an adapter folder, and return that it is done.

    Args:
        smfa: an adapter that ``bench unlearn smfa`` made.
        control: which one; ``direction`` and ``magnitude`` are SMFA with that criterion alone.
        factor: of the whole update; 1 but for ``mfa_scaled``.
        output: the folder to make.

    Raises:
        BenchError: the output cannot be written.
    """
    record = json.loads((smfa / _RECORD).read_text(encoding="utf-8"))
    is_plain = control in ("mfa", "mfa_scaled")
    with appearing(output) as folder:
        if is_plain and record["settings"]["variant"] == "joint":
            shutil.copytree(smfa / "forget", folder, dirs_exist_ok=True)
            _scale(folder, factor)
        else:
            for part in sorted(one.parent for one in smfa.glob(f"*/{_CONFIG}")):
                shutil.copytree(part, folder / part.name)
                _scale(folder / part.name, factor if part.name != "anchor" else 1.0)
            shutil.copy(smfa / _SCULPTED, folder)
            _change(folder / _SCULPTED, _mask(control, record["seed"]))
        settings = _settings(record["settings"], control, factor)
        made = record if control in ("direction", "magnitude") else _renamed(record, control)
        _write(folder / _RECORD, made | {"settings": settings})
    return True


def _mask(control: Control, seed: int) -> dict[str, Any]:
    """Return what of the sculpted adapter's settings is another."""
    if control in ("mfa", "mfa_scaled"):
        return {"k": "inf", "k_text": None}
    if control == "mfa_random_mask":
        return {"mask": "random", "seed": seed}
    return {"direction": control == "direction", "magnitude": control == "magnitude"}


def _settings(settings: Mapping[str, Any], control: Control, factor: float) -> dict[str, Any]:
    """Return SMFA's settings as the control's."""
    if control in ("direction", "magnitude"):
        return {**settings, **_mask(control, 0)}
    left_out = {"k_text", "variant", "direction", "magnitude"}
    if control != "mfa_random_mask":
        left_out |= {"k", "anchor"}
    kept = {key: value for key, value in settings.items() if key not in left_out}
    return kept | ({"factor": factor} if control == "mfa_scaled" else {})


def _renamed(record: Mapping[str, Any], control: Control) -> dict[str, Any]:
    return {**record, "method": control, "kind": "control"}


def _scale(lora: Path, factor: float) -> None:
    """Scale a LoRA's update."""
    alpha = json.loads((lora / _CONFIG).read_text(encoding="utf-8"))["lora_alpha"]
    _change(lora / _CONFIG, {"lora_alpha": alpha * factor})


def _change(path: Path, changes: Mapping[str, Any]) -> None:
    _write(path, json.loads(path.read_text(encoding="utf-8")) | changes)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
