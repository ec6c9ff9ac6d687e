"""Controls made of SMFA's factors are what training them anew gives, to the byte."""

import json
from pathlib import Path

import pytest

from s_mllmun_bench.reproducing.derive import derive
from s_mllmun_bench.training.unlearning import read_record, unlearn

BRIEF = ("forget.epochs=1", "forget.warmup=0")
ANCHORED = (*BRIEF, "anchor.epochs=1", "anchor.warmup=0")

pytestmark = pytest.mark.slow


def trained(method: str, data: Path, output: Path, *settings: str) -> Path:
    """Unlearn on the shipped mini with few steps and return the adapter's folder."""
    unlearn(method, "mini_qwen2_5_vl", str(data), 5, output, lambda *_: None, seed=3, assignments=settings)
    return output


def test_what_is_derived_is_what_would_be_trained(mini_data: Path, tmp_path: Path) -> None:
    smfa = trained("smfa", mini_data, tmp_path / "smfa", *ANCHORED, "k=2")
    made = {
        "mfa_scaled": trained("mfa_scaled", mini_data, tmp_path / "t1", *BRIEF, "factor=0.5"),
        "mfa_random_mask": trained("mfa_random_mask", mini_data, tmp_path / "t2", *ANCHORED, "k=2"),
        "direction": trained("smfa", mini_data, tmp_path / "t3", *ANCHORED, "k=2", "magnitude=false"),
    }
    for control, anew in made.items():
        derived = tmp_path / control
        derive(smfa, control, 0.5 if control == "mfa_scaled" else 1.0, derived)  # type: ignore[arg-type]
        for file in sorted(anew.rglob("*.safetensors")):
            assert file.read_bytes() == (derived / file.relative_to(anew)).read_bytes(), (control, file)
        for name in ("sculpted_adapter.json", "adapter_config.json"):
            if (anew / name).is_file():
                assert json.loads((derived / name).read_bytes()) == json.loads((anew / name).read_bytes())
        mine, theirs = read_record(derived), read_record(anew)
        assert (mine.method, mine.kind, mine.seed, mine.settings) == (
            theirs.method,
            theirs.kind,
            theirs.seed,
            theirs.settings,
        )
