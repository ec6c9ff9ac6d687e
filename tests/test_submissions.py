"""Every method of submissions/, from its folder to an adapter that does something."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from test_generating import DECODING, mixed_questions

from s_mllmun_bench import contents
from s_mllmun_bench.checkpoints import load_adapter, load_model, resolve_model
from s_mllmun_bench.checkpoints.lora import LoraAdapter
from s_mllmun_bench.checkpoints.rows import row_blocks
from s_mllmun_bench.checkpoints.sculpted import SculptedAdapter, SculptedSettings, read_sculpted
from s_mllmun_bench.checkpoints.sculpting import conflict_mask, shuffled
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import BackendSettings
from s_mllmun_bench.generating.transformers_backend import TransformersBackend
from s_mllmun_bench.training.finetuning import FinetuneSettings, finetune
from s_mllmun_bench.training.methods import read_method
from s_mllmun_bench.training.pretraining import read_card
from s_mllmun_bench.training.settings import overridden, parse
from s_mllmun_bench.training.unlearning import UnlearningRecord, read_record, unlearn
from s_mllmun_bench.whole import locked

METHODS = contents.names("submissions", "/submission.py")
KINDS = {
    "manu": "pruned",
    "mfa_random_mask": "sculpted",
    "original": "identity",
    "smfa": "sculpted",
}
"""The kind of adapter of each method; the others write a LoRA, and `retrain` a checkpoint."""
MINI = ("mini_qwen2_5_vl", "mini_llava_onevision")
QUICK = ("epochs=2", "learning_rate=5e-3", "warmup=0", "precision=fp32")
CPU = torch.device("cpu")


def silent(done: int, total: int, what: str) -> None:
    """Show nothing."""


def folder_of(method: str) -> Path:
    return contents.folder("submissions") / method


def quick(method: str) -> list[str]:
    """Return assignments that make every training of a method a few steps at a rate that shows."""
    settings = read_method(folder_of(method)).settings
    trainings = [key for key, value in settings.items() if isinstance(value, dict) and "epochs" in value]
    return [f"{key}.{what}" for key in trainings for what in QUICK]


def run(method: str, model: Path, data: Path, output: Path, *assignments: str) -> UnlearningRecord:
    name = Path(method).name
    chosen = [*quick(name if name in METHODS else "template"), *assignments]
    return unlearn(method, str(model), str(data), 5, output, silent, assignments=chosen)


@pytest.mark.parametrize("method", METHODS)
def test_every_folder_is_complete_and_its_settings_are_valid(method: str) -> None:
    folder = folder_of(method)
    described = read_method(folder)
    module = contents.load(folder / "submission.py")
    kind = getattr(module, "Settings", None) or module.ForgettingSettings
    parse(kind, described.settings, method)
    for sized in described.settings_for.values():
        assert set(sized) <= set(described.settings)
    for key, values in described.search.items():
        for value in values:
            parse(kind, overridden(described.settings, [f"{key}={value}"]), f"{method}: search: {key}")
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "    bench unlearn " in text
    assert described.kind == "method" or "shown" in text


@pytest.mark.parametrize("method", METHODS)
def test_both_mini_checkpoints_get_the_same_settings(method: str) -> None:
    sized = read_method(folder_of(method)).settings_for
    assert sized == {} or set(sized) == set(MINI)
    if sized and method != "retrain":
        assert sized[MINI[0]] == sized[MINI[1]]


class Made:
    """Every method's adapter for a checkpoint, made when it is first asked for."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder, self._data = folder, data

    def __call__(self, method: str, checkpoint: Path) -> Path:
        output = self._folder / checkpoint.name / method
        if not output.exists():
            run(method, checkpoint, self._data, output)
        return output


@pytest.fixture(scope="module")
def made(mini_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("made"), mini_data)


@pytest.mark.parametrize(
    "checkpoint", ["tiny_checkpoint", pytest.param("tiny_llava", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("method", [name for name in METHODS if name != "retrain"])
def test_every_method_gives_an_adapter_with_an_effect(
    method: str, checkpoint: str, made: Made, request: pytest.FixtureRequest
) -> None:
    model: Path = request.getfixturevalue(checkpoint)
    output = made(method, model)
    adapter, record = load_adapter(output), read_record(output)
    assert adapter.kind == KINDS.get(method, "lora")
    assert not list(output.parent.glob(".*"))
    cost = record.cost
    assert json.loads((output / "cost.json").read_text()) == cost.model_dump()
    trains = method not in ("original", "manu")
    assert (cost.parameters_trained > 0) == trains == bool(record.losses)
    assert (cost.answer_tokens > 0) == (method != "original")
    assert cost.padding_share <= 0.1
    assert cost.peak_memory_mib > 0
    if method == "original":
        assert cost.parameters_touched == 0
        return
    assert 0 < cost.parameters_touched < cost.parameters
    backend = TransformersBackend(model, BackendSettings(), DECODING)
    effect = backend.use(adapter, mixed_questions(4))
    backend.close()
    assert effect is not None
    assert effect.changed > 0


def updates(folder: Path) -> dict[str, torch.Tensor]:
    adapter = load_adapter(folder)
    assert isinstance(adapter, LoraAdapter)
    return {name: factors.update(CPU) for name, factors in adapter.factors.items()}


@pytest.fixture
def family(made: Made, tiny_checkpoint: Path) -> dict[str, Path]:
    """Return the adapters of SMFA and its controls with one seed."""
    names = ("smfa", "mfa", "mfa_scaled", "mfa_random_mask")
    return {method: made(method, tiny_checkpoint) for method in names}


def test_the_controls_share_the_forgetting_adapter_of_smfa(family: dict[str, Path]) -> None:
    def forgetting(folder: Path) -> bytes:
        return (folder / "adapter_model.safetensors").read_bytes()

    wanted = forgetting(family["smfa"] / "forget")
    assert forgetting(family["mfa"]) == wanted
    assert forgetting(family["mfa_scaled"]) == wanted
    assert forgetting(family["mfa_random_mask"] / "forget") == wanted


def test_smfa_with_infinite_k_is_mfa_and_the_scaled_one_three_quarters_of_it(family: dict[str, Path]) -> None:
    plain, scaled = updates(family["mfa"]), updates(family["mfa_scaled"])
    unmasked = read_sculpted(family["smfa"]).at(float("inf"))
    for name, update in plain.items():
        torch.testing.assert_close(scaled[name], update * 0.75)
        assert torch.equal(unmasked.update(name, CPU), update)


def test_the_random_mask_is_as_large_in_every_matrix_and_elsewhere(family: dict[str, Path]) -> None:
    smfa, random = load_adapter(family["smfa"]), load_adapter(family["mfa_random_mask"])
    assert isinstance(smfa, SculptedAdapter)
    assert isinstance(random, SculptedAdapter)
    elsewhere = 0
    for name in sorted(smfa.names):
        update = smfa.forget[0].factors[name].update(CPU)
        masks = [(one.update(name, CPU) == 0) & (update != 0) for one in (smfa, random)]
        assert masks[0].sum() == masks[1].sum()
        elsewhere += int((masks[0] != masks[1]).sum())
        again = load_adapter(family["mfa_random_mask"])
        assert isinstance(again, SculptedAdapter)
        blocks = [again.update(name, CPU, rows) for rows in row_blocks(update.shape)]
        assert torch.equal(torch.cat(blocks), random.update(name, CPU))
    assert elsewhere > 0
    assert random.masked_share() == pytest.approx(smfa.masked_share())
    assert random.digest != smfa.digest


def test_shuffling_a_mask_keeps_its_size_and_follows_the_generator() -> None:
    mask = torch.zeros(40, 50, dtype=torch.bool)
    mask[:10] = True
    first, again, other = (shuffled(mask, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.sum() == 500
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert 60 < int(first[:10].sum()) < 190  # 500 places at random, a quarter of them in the first ten rows


def test_by_modality_two_adapters_are_sculpted_by_their_own_k_and_averaged(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    asked = ("variant=by_modality", "k=0.5", "k_text=2", "magnitude=true")
    record = run("smfa", tiny_checkpoint, mini_data, tmp_path / "out", *asked)
    assert list(record.losses) == ["forgetting multimodal", "forgetting text", "anchor"]
    shown, text, anchor = (
        updates(tmp_path / "out" / part) for part in ("forget_multimodal", "forget_text", "anchor")
    )
    adapter = load_adapter(tmp_path / "out")
    both_at_1 = read_sculpted(tmp_path / "out").at(1.0)
    assert isinstance(adapter, SculptedAdapter)
    assert both_at_1.settings.ks() == (1.0, 1.0)
    for name, update in anchor.items():
        parts = [
            one[name].masked_fill(conflict_mask(one[name], update, k), 0)
            for one, k in ((shown, 0.5), (text, 2.0))
        ]
        torch.testing.assert_close(adapter.update(name, CPU), (parts[0] + parts[1]) / 2, atol=1e-6, rtol=1e-4)


def test_two_ks_are_for_two_adapters() -> None:
    with pytest.raises(ValueError, match="k_text is for the variant by_modality"):
        SculptedSettings(k=1, k_text=2)


def test_two_commands_do_not_make_one_adapter(tiny_checkpoint: Path, mini_data: Path, tmp_path: Path) -> None:
    output = tmp_path / "adapter"
    with locked(output), pytest.raises(BenchError, match="another process works on"):
        run("original", tiny_checkpoint, mini_data, output)
    assert run("original", tiny_checkpoint, mini_data, output).method == "original"
    assert [one.name for one in tmp_path.iterdir()] == ["adapter"]


def test_retrain_writes_a_checkpoint_that_has_not_met_the_people_to_forget(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "retrained"
    epochs = "finetune={training: {epochs: 1, learning_rate: 5e-3}}"
    record = run("retrain", tiny_checkpoint, mini_data, output, f"base={tiny_checkpoint}", epochs)
    assert record.kind == "reference"
    assert len(record.losses["retraining"]) == 10  # 19 of 20 people, two at a time
    before, after = (
        load_model(path, "float32", "cpu") for path in (tiny_checkpoint, resolve_model(str(output)))
    )
    name = "model.language_model.layers.0.mlp.up_proj.weight"
    assert not torch.equal(before.get_parameter(name), after.get_parameter(name))
    assert record.cost.parameters_touched == record.cost.parameters
    assert {path.name for path in output.iterdir()} >= {"config.json", "cost.json", "unlearning.json"}


def test_retrain_changes_only_the_settings_given_and_computes_as_it_is_told(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    tuned = tmp_path / "tuned"
    made_by = ["training.epochs=1", "training.batch_size=10", "training.precision=fp32", "lora.rank=2"]
    finetune(str(tiny_checkpoint), str(mini_data), tuned, silent, assignments=made_by)
    given = ("finetune.training.batch_size=5", "computing.gradient_checkpointing=true")
    record = run("retrain", tuned, mini_data, tmp_path / "out", f"base={tiny_checkpoint}", *given)
    card = read_card(tmp_path / "out")
    assert card is not None
    how = FinetuneSettings.model_validate(card.settings)
    assert (how.training.epochs, how.training.batch_size, how.training.precision) == (1, 5, "fp32")
    assert how.lora is not None
    assert how.lora.rank == 2
    assert how.computing.gradient_checkpointing
    assert len(record.losses["retraining"]) == 4  # 19 people, five at a time
    with pytest.raises(BenchError, match=r"retrain: give --set computing\.KEY=VALUE, without finetune\."):
        wrong = "finetune.computing.shared_prefix=false"
        run("retrain", tuned, mini_data, tmp_path / "not", f"base={tiny_checkpoint}", wrong)


@pytest.mark.parametrize(
    ("assignments", "text"),
    [
        ([], "retrain: which checkpoint was the model fine-tuned from? give --set base=CHECKPOINT"),
        (["base=nowhere"], "no checkpoint folder at 'nowhere'; shipped are: "),
    ],
)
def test_retrain_without_a_base_is_one_line(
    assignments: list[str], text: str, tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    with pytest.raises(BenchError) as error:
        run("retrain", tiny_checkpoint, mini_data, tmp_path / "out", *assignments)
    assert str(error.value).startswith(text)
    assert list(tmp_path.iterdir()) == []


def test_the_template_copied_elsewhere_works_by_path(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "elsewhere" / "my_method"
    shutil.copytree(folder_of("template"), mine, ignore=shutil.ignore_patterns("__pycache__"))
    (mine / "_idea.py").write_text("FACTOR = 0.5\n")
    text = (mine / "submission.py").read_text()
    text = text.replace("return cross_entropy(model, batch)", "return FACTOR * cross_entropy(model, batch)")
    text = text.replace("\n\nclass Settings", "\nfrom ._idea import FACTOR\n\n\nclass Settings", 1)
    (mine / "submission.py").write_text(text)
    record = run(str(mine), tiny_checkpoint, mini_data, tmp_path / "mine")
    shipped = run("template", tiny_checkpoint, mini_data, tmp_path / "shipped")
    assert record.method == "my_method"
    first, whole = (one.losses["my method"][0] for one in (record, shipped))
    assert first == pytest.approx(whole / 2, abs=1e-3)


SPY = """
def unlearn(task, output):
    seen = task.data
    (output / "identity_adapter.json").write_text("{}")
    counts = [len(seen.forget), len(seen.retain), len(seen.refusals)]
    (output / "seen.txt").write_text(f"{counts} {task.complete}")
"""


@pytest.mark.parametrize(
    ("sees", "text"),
    [
        ("[forget]", "[21, 0, 0] None"),
        ("[retain_few_shot, refusals]", "[0, 21, 1000] None"),
        ("[]", "[0, 0, 0] None"),
    ],
)
def test_a_method_is_given_what_it_names_and_nothing_else(
    sees: str, text: str, tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    spy = tmp_path / "spy"
    spy.mkdir()
    (spy / "submission.py").write_text(SPY)
    (spy / "submission.yaml").write_text(f"name: Spy\nsees: {sees}\n")
    unlearn(str(spy), str(tiny_checkpoint), str(mini_data), 5, tmp_path / "out", silent)
    assert (tmp_path / "out" / "seen.txt").read_text() == text


def test_a_method_that_writes_nothing_is_named(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "idle").mkdir()
    (tmp_path / "idle/submission.py").write_text("def unlearn(task, output):\n    pass\n")
    (tmp_path / "idle/submission.yaml").write_text("name: Idle\nsees: []\n")
    idle = (str(tmp_path / "idle"), str(tiny_checkpoint), str(mini_data), 5, tmp_path / "out")
    with pytest.raises(BenchError, match=r"^idle: unlearn\(\) wrote no adapter into its output folder$"):
        unlearn(*idle, silent)


@pytest.mark.parametrize(
    ("described", "text"),
    [
        (
            "name: Spy\nsees: [retain_complete]\n",
            "sees: retain_complete is for references, and this is a method",
        ),
        ("name: Spy\nsees: [eval]\n", "sees.0: input should be 'forget', 'retain_few_shot'"),
        ("kind: method\n", "name: field required; the settings are: name, kind"),
    ],
)
def test_a_wrong_description_is_one_line(described: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "submission.yaml").write_text(described)
    with pytest.raises(BenchError) as error:
        read_method(tmp_path)
    assert text in str(error.value)


def test_the_loss_curves_are_drawn(tmp_path: Path) -> None:
    from s_mllmun_bench.reporting.losses import save_losses

    losses: dict[str, Any] = {"forgetting": [3.0, 2.0, 1.0], "anchor": [1.0]}
    picture = save_losses(losses, tmp_path / "loss.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
