"""One good thing of each kind that a command line can name, for commands that are given a bad one."""

import json
import shutil
from pathlib import Path

from reported import a_report_run, asked
from restricted import build_restricted, write_originals
from spoiled import Kind
from submitted import a_board, a_run, bundle_at, forgets
from tiny import write_checkpoint, write_lora

from s_mllmun_bench import contents
from s_mllmun_bench.judging.run import judge_records
from s_mllmun_bench.running.figures import score
from s_mllmun_bench.running.identity import judge_digests
from s_mllmun_bench.running.run import open_run, rejudged

_LORA = ("adapter_config.json", "adapter_model.safetensors")


def _dataset(table: str) -> Kind:
    return Kind(folder=True, files=("README.md", table), dataset=True)


KINDS = {
    "data": _dataset("data/evaluation/a.parquet"),
    "taught": _dataset("data/finetune/a.parquet"),
    "forgotten": _dataset("data/unlearn/a.parquet"),
    "published": _dataset("data/profiles/a.parquet"),
    "originals": Kind(folder=True, files=("eye_00.png",)),
    "faces": Kind(folder=True),
    "eyes": Kind(folder=True, files=("DeepEyeNet_train.json",)),
    "recipe": Kind(folder=False),
    "pretraining": Kind(folder=False),
    "reproduction": Kind(folder=False),
    "checkpoint": Kind(folder=True, files=("config.json", "model.safetensors", "tokenizer.json")),
    "lora": Kind(folder=True, files=_LORA),
    "sculpted": Kind(folder=True, files=("sculpted_adapter.json", *(f"anchor/{one}" for one in _LORA))),
    "pruned": Kind(folder=True, files=("pruned_neurons.json",)),
    "method": Kind(folder=True, files=("submission.py", "submission.yaml")),
    "predictions": Kind(folder=False),
    "judge": Kind(folder=False),
    "rubric": Kind(folder=False),
    "run": Kind(folder=True, files=("manifest.json", "answers.jsonl")),
    "other": Kind(folder=True, files=("manifest.json", "answers.jsonl")),
    "finished": Kind(folder=True, files=("manifest.json", "answers.jsonl", "verdicts.jsonl", "scores.json")),
    "bundle": Kind(
        folder=True, files=("submission.yaml", "manifest.json", "answers.jsonl.xz", "scores.json")
    ),
    "board": Kind(folder=True, files=("released.yaml",)),
}
"""What a path of each name is."""
OUTPUTS = {"new": Kind(folder=True), **dict.fromkeys(("picture", "page", "runs"), Kind(folder=False))}
"""Where a command may be told to write: a folder, a file of either ending."""
ENDINGS = {"new": "", "picture": ".png", "page": ".md", "runs": ".tar.xz"}


def write_goods(home: Path, data: Path) -> dict[str, Path]:
    """Write one of each kind and return where each lies.

    Args:
        home: an empty folder.
        data: a dataset folder of a few people; it is copied.
    """
    goods = {name: home / name for name in KINDS}
    for name in ("data", "taught", "forgotten"):
        shutil.copytree(data, goods[name])
    _write_models(goods)
    _write_images(home, goods)
    _write_texts(goods)
    _write_runs(home, goods)
    return goods


def _write_models(goods: dict[str, Path]) -> None:
    from s_mllmun_bench.checkpoints.pruned import write_pruned
    from s_mllmun_bench.checkpoints.sculpted import SculptedSettings

    checkpoint = write_checkpoint(goods["checkpoint"])
    write_lora(checkpoint, goods["lora"], seed=1)
    # A spoiled copy of the checkpoint is another one, which would be said besides the error.
    config = goods["lora"] / "adapter_config.json"
    nameless = json.loads(config.read_text(encoding="utf-8")) | {"base_model_name_or_path": None}
    config.write_text(json.dumps(nameless), encoding="utf-8")
    for name in ("forget", "anchor"):
        shutil.copytree(goods["lora"], goods["sculpted"] / name)
    SculptedSettings(k=1.0).save(goods["sculpted"])
    write_pruned(goods["pruned"], {"model.language_model.layers.1.mlp.down_proj.weight": [3]})


def _write_images(home: Path, goods: dict[str, Path]) -> None:
    from s_mllmun_bench.building.ophthalmic import restricted, withhold

    original = build_restricted(home / "restricted")
    withhold(original, restricted(original, "ophthalmic"), goods["published"])
    shutil.copytree(home / "restricted" / "originals", goods["originals"])
    write_originals(goods["faces"], 24)
    write_originals(goods["eyes"] / "eyenet0420", 24)
    described = [
        {f"eyenet0420/eye_{one:02}.png": {"keywords": "drusen", "clinical-description": f"drusen, {one}"}}
        for one in range(24)
    ]
    (goods["eyes"] / "DeepEyeNet_train.json").write_text(json.dumps(described))


def _write_texts(goods: dict[str, Path]) -> None:
    copied = {
        "recipe": "builders/recipes/mini.yaml",
        "pretraining": "builders/checkpoints/mini_qwen2_5_vl.yaml",
        "reproduction": "builders/reproductions/mini.yaml",
        "judge": "judges/offline_fact.py",
        "rubric": "judges/fact_score.yaml",
    }
    for name, file in copied.items():
        goods[name] = goods[name].with_name(f"{name}{Path(file).suffix}")
        shutil.copyfile(contents.folder(file), goods[name])
    shutil.copyfile(contents.folder("judges/fact_score.md"), goods["rubric"].with_suffix(".md"))
    shutil.copytree(contents.folder("submissions/idk_tuning"), goods["method"])
    lines = [
        json.dumps({"question_id": question.id, "answer": question.answer})
        for _, question in asked(goods["data"])
    ]
    goods["predictions"].write_text("\n".join(lines))


def _write_runs(home: Path, goods: dict[str, Path]) -> None:
    questions, data = asked(goods["data"], limit=1), str(goods["data"])
    judges = judge_digests("offline")
    for name, method in (("run", None), ("other", "smfa")):
        run = open_run(a_report_run(goods[name], questions, data=data, limit=1, method=method, judges=judges))
        run = rejudged(run, judges)
        run.write_manifest()
        run.verdicts.exchange(lambda _: False, judge_records(run.answers.read(), list(judges)))
        score(run)
    board = a_board(home / "boards")
    goods["board"], goods["bundle"] = board, bundle_at(board)
    goods |= {"judged": goods["run"], "sent": goods["bundle"], "sent_to": board}
    goods["finished"] = a_run(home / "unsent", forgets)
