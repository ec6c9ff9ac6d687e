"""Every method through `bench unlearn` and `bench eval`, on fine-tuned minis of both architectures."""

import json
from pathlib import Path

import datasets
import pytest
from typer.testing import CliRunner

from s_mllmun_bench import cli, contents
from s_mllmun_bench.training.methods import read_method

MINI = ("mini_qwen2_5_vl", "mini_llava_onevision")
METHODS = [name for name in contents.names("submissions", "/submission.py") if name != "template"]
EVAL = ("--ratio", 5, "--limit", 1, "--max-new-tokens", 8, "--backend", "transformers", "--judge", "offline")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=MINI)
def base(request: pytest.FixtureRequest) -> str:
    """Return the name of a shipped base checkpoint."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def tuned(base: str, mini_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return that checkpoint, fine-tuned on the 20 people for one step."""
    output = tmp_path_factory.mktemp(base) / "tuned"
    short = ("--set", "training.epochs=0.5", "--set", "training.batch_size=10")
    bench("finetune", "--model", base, "--data", mini_data, "-o", output, *short)
    return output


def bench(*words: object) -> str:
    """Call a command and return what it printed."""
    result = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert result.exit_code == 0, f"{words}: {result.output} {result.exception!r}"
    return result.stdout


def few_steps(method: str) -> list[str]:
    """Return options that give each training of a method one epoch; `retrain` takes what made the model."""
    settings = read_method(contents.folder("submissions") / method).settings
    trainings = [key for key, value in settings.items() if isinstance(value, dict) and "epochs" in value]
    short = ("epochs=1", "warmup=0")
    return [word for key in trainings for what in short for word in ("--set", f"{key}.{what}")]


def test_every_method_gives_an_adapter_or_a_checkpoint_that_is_evaluated(
    base: str, tuned: Path, mini_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    asked = ("--data", mini_data, "--ratio", 5, "--model", tuned)
    for method in METHODS:
        bench("unlearn", method, *asked, "-o", tmp_path / method, *few_steps(method))
    adapters = [name for name in METHODS if name not in ("retrain", "original")]
    chosen = [word for name in adapters for word in ("--adapter", tmp_path / name)]
    # An adapter without an effect would stop the command; `original` is one on purpose.
    evaluated = bench(
        "eval", "--model", tuned, "--data", mini_data, *chosen, *EVAL, "-o", tmp_path / "runs", "--json"
    )
    assert {Path(run["run"]).name for run in json.loads(evaluated)["runs"]} == set(adapters)
    plain = (
        "--model",
        tuned,
        "--adapter",
        tmp_path / "original",
        "--allow-no-effect",
        "-o",
        tmp_path / "plain",
    )
    bench("eval", "--data", mini_data, *EVAL, *plain)
    whole = ("--model", tmp_path / "retrain", "-o", tmp_path / "again")
    printed = bench("eval", "--data", mini_data, *EVAL, *whole)
    assert "memorisation gate: share with a Fact Score of 7 or more" in printed
    identity = json.loads((tmp_path / "again" / "manifest.json").read_text())["identity"]
    assert identity["adapter"] is None
