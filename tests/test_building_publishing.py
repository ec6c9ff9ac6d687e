"""``bench publish``: through the Hub's real client to a server on loopback, and back by `load_dataset`."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants as hub_constants
import pytest
from broken import broken, of_person, person_in, profiles
from dataset_hub import TOKEN, DatasetHub, Repository
from restricted import build_restricted
from serving import running
from typer.testing import CliRunner

from s_mllmun_bench.building import build
from s_mllmun_bench.building.publishing import Published, publish
from s_mllmun_bench.cli import app
from s_mllmun_bench.data.identity import front_matter, read_identity
from s_mllmun_bench.data.layout import CONFIGS, README
from s_mllmun_bench.errors import BenchError

REPO = "me/s-mllmun-bench"
PLAIN = str(Path(__file__).parent / "builders" / "plain.yaml")
BENCH = str(Path(sys.executable).with_name("bench"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DatasetHub]:
    """Return an empty Hub, which the client of this process speaks to with a token."""
    with running(DatasetHub()) as served:
        at(served.url, monkeypatch)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(hub_constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(hub_constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(hub_constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        yield served


def at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the Hub's client of this process speak to an address."""
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(hub_constants, "ENDPOINT", url)
    monkeypatch.setattr(hub_constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture(scope="module")
def restricted_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of 20 people whose ophthalmic images may not be passed on; do not write into it."""
    return build_restricted(tmp_path_factory.mktemp("restricted"))


def silent(done: int, total: int, what: str) -> None:
    pass


def published(dataset: Path, repo: str = REPO, **choices: bool) -> Published:
    return publish(dataset, repo, silent, **choices)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_published_is_one_commit_of_the_folder_with_its_version_as_tag(
    hub: DatasetHub, plain_data: Path
) -> None:
    made = published(plain_data)
    repository = hub.repositories[REPO]
    (_, first, initial), (oid, _, files) = repository.commits
    assert first == "initial commit"
    assert files == files_of(plain_data) | initial
    assert repository.tags == {"v0.1.0": oid}
    assert not repository.private
    assert (made.commit, made.tag, made.withheld) == (oid, "v0.1.0", 0)
    # 8 + 7 + 6 + 8 groups' files and the refusals; README, picture and Croissant.
    assert (made.files, made.bytes) == (33, sum(map(len, files_of(plain_data).values())))
    assert made.digest == read_identity(plain_data).digest
    assert made.line == 'load_dataset("me/s-mllmun-bench", revision="v0.1.0")'


def test_a_public_repository_is_not_published_to_in_private(hub: DatasetHub, plain_data: Path) -> None:
    hub.repositories[REPO] = Repository(private=False)
    with pytest.raises(BenchError, match="is public on the Hub; make it private there"):
        published(plain_data, private=True)
    assert len(hub.repositories[REPO].commits) == 1


def test_a_private_repository_is_made_private(hub: DatasetHub, plain_data: Path) -> None:
    assert published(plain_data, private=True).private
    assert hub.repositories[REPO].private


def test_a_trial_run_uploads_nothing_and_needs_no_token(
    hub: DatasetHub, plain_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    made = published(plain_data, dry_run=True)
    assert made.commit is None
    assert made.files == 33
    assert (hub.writes, hub.repositories) == ([], {})


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_trial_run_warns_of_images_whose_licence_is_not_stated(
    more: list[str], plain_data: Path, tmp_path: Path
) -> None:
    faces = {"face_licence": "not stated; from a folder of the builder's own"}
    people = [row["person"] for row in list(profiles(plain_data))[:2]]

    def change(table: str, group: str, rows: list[dict]) -> list[dict]:
        for row in rows if table == "profiles" else ():
            row.update(faces if row["person"] in people else {})
        return rows

    folders = broken(plain_data, tmp_path / "unstated", change), plain_data
    some, none = (CliRunner().invoke(app, ["publish", str(one), REPO, "--dry-run", *more]) for one in folders)
    assert "bench: the licence of 2 images is not stated, " in some.stderr
    assert (some.exit_code, none.exit_code) == (0, 0)
    assert "licence" not in none.stderr


def test_a_new_version_replaces_the_files_and_the_old_one_keeps_its_tag(
    hub: DatasetHub, plain_data: Path, tmp_path: Path
) -> None:
    published(plain_data)
    with pytest.raises(BenchError, match=r"has the version v0.1.0 already; raise the version in the recipe"):
        published(plain_data)
    hub.repositories[REPO].commits[-1][2]["data/evaluation/h.parquet"] = b"of another layout"
    recipe = tmp_path / "plain.yaml"
    text = Path(PLAIN).read_text().replace("version: 0.1.0", "version: 0.2.0")
    recipe.write_text(text.replace("./", f"{Path(PLAIN).parent}/"))
    build(str(recipe), tmp_path / "new", limit=20, seed=3)
    published(tmp_path / "new")
    repository = hub.repositories[REPO]
    assert list(repository.tags) == ["v0.1.0", "v0.2.0"]
    assert set(repository.commits[-1][2]) == {*files_of(tmp_path / "new"), ".gitattributes"}


def test_a_dataset_that_fails_its_audit_is_not_published(
    hub: DatasetHub, plain_data: Path, tmp_path: Path
) -> None:
    change = of_person(person_in(plain_data, "a"), lambda row: row.update(height="tall"), "profiles")
    bad = broken(plain_data, tmp_path / "bad", change)
    with pytest.raises(
        BenchError, match=r"fails the audit values_are_plausible: .*see them all with: bench check"
    ):
        published(bad)
    assert hub.writes == []


def test_images_that_may_not_be_passed_on_stay_here_and_the_rows_go(
    hub: DatasetHub, restricted_data: Path
) -> None:
    before = files_of(restricted_data)
    made = published(restricted_data)
    assert made.withheld == 22
    files = hub.repositories[REPO].commits[-1][2]
    images = [row["ophthalmic"]["bytes"] for row in profiles(restricted_data)]
    assert len(images) == 22
    assert not [path for path, data in files.items() for image in images if image in data]
    card = files[README].decode()
    assert "> 22 ophthalmic images are not in this copy" in card
    marked = front_matter(card)["s_mllmun_bench"]
    assert marked["withheld"]["digest"] == read_identity(restricted_data).digest
    assert marked["digest"] == made.digest != read_identity(restricted_data).digest
    assert files_of(restricted_data) == before


def test_whoever_may_pass_the_images_on_says_so(hub: DatasetHub, restricted_data: Path) -> None:
    assert published(restricted_data, may_redistribute=True).withheld == 0
    assert hub.repositories[REPO].commits[-1][2][README] == (restricted_data / README).read_bytes()


def test_faces_that_may_not_be_passed_on_are_not_published_at_all(hub: DatasetHub, tmp_path: Path) -> None:
    dataset = build_restricted(tmp_path, "face")
    with pytest.raises(BenchError, match="the faces of 22 people may not be passed on"):
        published(dataset, may_redistribute=True)
    assert hub.writes == []


def test_without_a_token_the_remedy_is_named(
    hub: DatasetHub, plain_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(BenchError, match="no token for the Hub: set HF_TOKEN, or log in with: hf auth login"):
        published(plain_data)


@pytest.mark.parametrize(
    ("repo", "token", "text"),
    [
        (REPO, "hf_stale", "the Hub refused me/s-mllmun-bench: the token is not valid (401)"),
        ("they/s-mllmun-bench", TOKEN, "the token has no right to write there (403)"),
        ("me/a/b", TOKEN, "'me/a/b' is no name on the Hub; give owner/name"),
        ("s-mllmun-bench", TOKEN, "'s-mllmun-bench' is no name on the Hub; give owner/name"),
        (
            "me/notes",
            TOKEN,
            "me/notes on the Hub is not a dataset of this benchmark; name another repository",
        ),
        (
            "me/table",
            TOKEN,
            "me/table on the Hub is not a dataset of this benchmark; name another repository",
        ),
    ],
)
def test_what_the_hub_refuses_is_one_line_without_the_token(
    repo: str, token: str, text: str, hub: DatasetHub, plain_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    for name, files in (("me/notes", {README: b"# Notes\n"}), ("me/table", {"table.parquet": b""})):
        hub.repositories[name] = Repository()
        hub.repositories[name].commit("theirs", files)
    with pytest.raises(BenchError) as error:
        published(plain_data, repo)
    assert text in str(error.value)
    assert token not in str(error.value)
    assert "\n" not in str(error.value)
    assert not any(repository.tags for repository in hub.repositories.values())


def test_a_commit_that_is_refused_leaves_no_tag_and_can_be_tried_again(
    hub: DatasetHub, plain_data: Path
) -> None:
    hub.refuse = 403
    with pytest.raises(BenchError, match=r"no right to write there \(403\).*; nothing was tagged"):
        published(plain_data)
    hub.refuse = 500
    with pytest.raises(BenchError, match=r"the Hub refused me/s-mllmun-bench: not now \(500\)"):
        published(plain_data)
    assert hub.repositories[REPO].tags == {}
    hub.refuse = None
    assert published(plain_data).commit == hub.repositories[REPO].tags["v0.1.0"]


def test_a_hub_that_cannot_be_reached_is_one_line(
    hub: DatasetHub, plain_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        at(f"http://127.0.0.1:{taken.getsockname()[1]}", monkeypatch)
        with pytest.raises(
            BenchError, match=r"me/s-mllmun-bench could not be published: .*; try again"
        ) as error:
            published(plain_data)
    assert "\n" not in str(error.value)


LOAD = """
import json, sys
from datasets import load_dataset
from s_mllmun_bench.data import dataset_digest, load_questions
from s_mllmun_bench.data.layout import CONFIGS
from s_mllmun_bench.errors import BenchError
repo = sys.argv[1]
loaded = {config: load_dataset(repo, config) for config in CONFIGS}
rows = {f"{config} {split}": len(of) for config, splits in loaded.items() for split, of in splits.items()}
first = load_dataset(repo, revision=sys.argv[2])["train"][0]
eye = first["ophthalmic"]
try:
    told = len(load_questions(repo, "eval_05", "forget"))
except BenchError as error:
    told = str(error)
sizes = {"face": first["face"].size, "eye": eye and eye.size}
print(json.dumps({"rows": rows, **sizes, "digest": dataset_digest(repo), "told": told}))
"""


def process(url: str, home: Path, *command: str, token: str | None) -> "subprocess.CompletedProcess[str]":
    """Run a command with a Hub, and a home of its own."""
    settings = {"HF_ENDPOINT": url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    kept = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    environment = {**kept, **settings, **({"HF_TOKEN": token} if token else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, cwd=home)
    assert done.returncode == 0, done.stderr
    return done


def read_back(hub: DatasetHub, home: Path, tag: str) -> dict:
    """Return what a reader without a token finds."""
    home.mkdir()
    done = process(hub.url, home, sys.executable, "-c", LOAD, REPO, tag, token=None)
    read: dict = json.loads(done.stdout.splitlines()[-1])
    return read


@pytest.mark.slow
def test_the_command_publishes_and_everybody_loads_every_split(
    hub: DatasetHub, mini_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "owner").mkdir()
    done = process(hub.url, tmp_path / "owner", BENCH, "publish", str(mini_data), REPO, token=TOKEN)
    assert 'Load it with: load_dataset("me/s-mllmun-bench", revision="v1.0.0")' in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    read = read_back(hub, tmp_path / "reader", "v1.0.0")
    assert set(read["rows"]) == {
        f"{config} {split}" for config, splits in CONFIGS.items() for split in splits
    }
    assert (read["rows"]["profiles train"], read["rows"]["eval_05 retain"]) == (20, 19)
    assert (read["face"], read["eye"]) == ([112, 112], [112, 112])
    assert read["digest"] == read_identity(mini_data).digest
    assert read["told"] == 25


@pytest.mark.slow
def test_a_dataset_without_its_ophthalmic_images_loads_and_says_what_it_lacks(
    hub: DatasetHub, restricted_data: Path, tmp_path: Path
) -> None:
    made = published(restricted_data)
    read = read_back(hub, tmp_path / "reader", "v0.1.0")
    assert (read["face"], read["eye"], read["digest"]) == ([16, 12], None, made.digest)
    assert "lacks; fill them in from your own copy with: bench attach-ophthalmic" in read["told"]
