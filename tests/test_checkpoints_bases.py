"""What an adapter says it was made on, against what it is to be applied to."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.checkpoints import resolve_model
from s_mllmun_bench.checkpoints.bases import other_base

pytestmark = pytest.mark.usefixtures("own_cache")


def made_on(lora: Path, base: object, folder: Path) -> Path:
    """Return a copy of a LoRA that says it was made on another checkpoint."""
    shutil.copytree(lora, folder)
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    text = json.dumps(config | {"base_model_name_or_path": base})
    (folder / "adapter_config.json").write_text(text, encoding="utf-8")
    return folder


def another(checkpoint: Path, folder: Path) -> Path:
    """Return a copy of a checkpoint with other bytes, and so another digest."""
    shutil.copytree(checkpoint, folder)
    with (folder / "config.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    return folder


def test_a_base_that_is_here_is_told_by_its_digest(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    other = another(tiny_checkpoint, tmp_path / "other")
    same = made_on(tiny_lora, str(copy), tmp_path / "same")
    foreign = made_on(tiny_lora, str(other), tmp_path / "foreign")
    assert other_base(same, tiny_checkpoint, str(tiny_checkpoint)) is None
    assert other_base(foreign, tiny_checkpoint, str(tiny_checkpoint)) == str(other)
    shipped = made_on(tiny_lora, "mini_qwen2_5_vl", tmp_path / "shipped")
    assert other_base(shipped, tiny_checkpoint, str(tiny_checkpoint)) == "mini_qwen2_5_vl"
    assert other_base(shipped, resolve_model("mini_qwen2_5_vl"), "mini_qwen2_5_vl") is None


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("/gone/tiny", None),
        ("owner/Tiny", None),
        ("", None),
        (None, None),
        ("owner/larger", "owner/larger"),
        ("/" + "x" * 5000, "/" + "x" * 5000),
    ],
)
def test_a_base_that_is_elsewhere_is_told_by_its_name(
    tiny_checkpoint: Path, tiny_lora: Path, tmp_path: Path, base: str | None, said: str | None
) -> None:
    lora = made_on(tiny_lora, base, tmp_path / "lora")
    assert other_base(lora, tiny_checkpoint, "owner/tiny@main") == said


def test_an_adapter_that_names_no_base_is_not_judged(tiny_checkpoint: Path, tiny_sculpted: Path) -> None:
    assert other_base(tiny_sculpted, tiny_checkpoint, "tiny") is None


def test_the_commands_say_it_in_one_line_and_go_on(
    tiny_checkpoint: Path, tiny_lora: Path, plain_data: Path, tmp_path: Path
) -> None:
    lora = made_on(tiny_lora, "owner/larger", tmp_path / "lora")
    given = ["--model", str(tiny_checkpoint), "--adapter", str(lora)]
    said = f"adapter {lora} says it was made on owner/larger; it is"
    asked = ["--data", str(plain_data), "--limit", "1", "--backend", "transformers", "--dry-run"]
    planned = CliRunner().invoke(cli.app, ["eval", *given, *asked])
    assert planned.exit_code == 0
    assert planned.stderr.count(f"{said} evaluated on {tiny_checkpoint}\n") == 1
    merged = CliRunner().invoke(cli.app, ["merge", *given, "-o", str(tmp_path / "merged")])
    assert merged.exit_code == 0
    assert merged.stderr.count(f"{said} merged into {tiny_checkpoint}\n") == 1
