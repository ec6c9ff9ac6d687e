"""Controls and ablations made of the two LoRAs that one training of SMFA leaves, without training again.

They are what ``bench unlearn mfa``, ``mfa_scaled`` and ``mfa_random_mask`` write for the same seed and
settings, and what SMFA writes with one criterion off. Made of the same factors they differ from SMFA in
the mask alone, so that no noise of the training stands between them.
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
        smfa: an adapter that ``bench unlearn smfa`` made, with one forgetting LoRA.
        control: which one; ``direction`` and ``magnitude`` are SMFA with that criterion alone.
        factor: of the whole update; 1 but for ``mfa_scaled``.
        output: the folder to make.

    Raises:
        BenchError: the output cannot be written.
    """
    record = json.loads((smfa / _RECORD).read_text(encoding="utf-8"))
    with appearing(output) as folder:
        if control in ("mfa", "mfa_scaled"):
            shutil.copytree(smfa / "forget", folder, dirs_exist_ok=True)
            _change(folder / _CONFIG, lambda config: {"lora_alpha": config["lora_alpha"] * factor})
        else:
            for name in ("forget", "anchor"):
                shutil.copytree(smfa / name, folder / name)
            shutil.copy(smfa / _SCULPTED, folder)
            masked = _mask(control, record["seed"])
            _change(folder / _SCULPTED, lambda _: masked)
        settings = _settings(record["settings"], control, factor)
        made = record if control in ("direction", "magnitude") else _renamed(record, control)
        _write(folder / _RECORD, made | {"settings": settings})
    return True


def _mask(control: Control, seed: int) -> dict[str, Any]:
    """Return what of the sculpted adapter's settings is another."""
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


def _change(path: Path, changes: Any) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    _write(path, content | changes(content))


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
