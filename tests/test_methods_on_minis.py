"""Every method through `bench unlearn` and `bench eval`, on fine-tuned minis of both architectures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import datasets
import pytest
from browser import chromium, opened
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


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Where the runs lie, and what `bench eval` said."""

    runs: dict[str, Path]
    """By method; `original` and `retrain` among them."""
    listed: str
    """Of the adapters, as JSON."""
    printed: str
    """Of `retrain`, a checkpoint without an adapter."""


@pytest.fixture(scope="module")
def evaluated(
    base: str, tuned: Path, mini_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Evaluated]:
    """Yield a run of every method; each adapter had an effect, or the command would have stopped."""
    home = tmp_path_factory.mktemp("methods")
    asked = ("--data", mini_data, "--ratio", 5, "--model", tuned)
    adapters = [name for name in METHODS if name not in ("retrain", "original")]
    chosen = [word for name in adapters for word in ("--adapter", home / name)]
    of_data = ("eval", "--data", mini_data, *EVAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", str(home / "cache"))
        for method in METHODS:
            bench("unlearn", method, *asked, "-o", home / method, *few_steps(method))
        listed = bench(*of_data, "--model", tuned, *chosen, "-o", home / "runs", "--json")
        without_effect = ("--adapter", home / "original", "--allow-no-effect")
        bench(*of_data, "--model", tuned, *without_effect, "-o", home / "plain")
        printed = bench(*of_data, "--model", home / "retrain", "-o", home / "again")
        runs = {name: home / "runs" / name for name in adapters}
        yield Evaluated(runs | {"original": home / "plain", "retrain": home / "again"}, listed, printed)


def test_every_method_gives_an_adapter_or_a_checkpoint_that_is_evaluated(evaluated: Evaluated) -> None:
    assert {Path(run["run"]) for run in json.loads(evaluated.listed)["runs"]} == {
        folder for name, folder in evaluated.runs.items() if name not in ("original", "retrain")
    }
    assert "memorisation gate: share with a Fact Score of 7 or more" in evaluated.printed
    identity = json.loads((evaluated.runs["retrain"] / "manifest.json").read_text())["identity"]
    assert identity["adapter"] is None


def test_the_report_of_all_methods_opens_in_a_browser(
    evaluated: Evaluated, mini_data: Path, tmp_path: Path
) -> None:
    runs = evaluated.runs.values()
    bench("report", *runs, "-o", tmp_path / "report", "--data", mini_data)
    with chromium() as browser, opened(browser, tmp_path / "report" / "report.html") as report:
        page = report.page
        page.wait_for_selector("#answers[data-ready]", state="attached")
        assert page.locator("#table1 tbody tr th").count() == len(runs)
        head = page.locator("#table1 thead tr:last-child th").last
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        asked = len((evaluated.runs["smfa"] / "answers.jsonl").read_text().splitlines())
        assert page.locator(".found").inner_text() == f"All {asked} questions"
        page.locator("[name=set]").select_option(label="forget")
        page.get_by_text(f"{asked // 2} of {asked} questions", exact=True).wait_for()
        page.locator(".option").nth(2).click()
        assert f"3 of {asked // 2}" in page.locator(".detail").inner_text()
        assert page.locator(".detail .reply").count() == len(runs)
        assert report.errors == []
        assert report.requests == []
