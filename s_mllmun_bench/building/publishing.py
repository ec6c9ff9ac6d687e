"""A dataset folder on the Hugging Face Hub: audited, in one commit, tagged with its version.

Images that may not be passed on stay here unless their owner's leave is stated, so a slip publishes too
little and never too much. The token is the Hub client's own, from the environment or its login.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from s_mllmun_bench.building.check import require_checked
from s_mllmun_bench.building.ophthalmic import restricted, unstated, withhold
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.identity import DatasetIdentity, parse_identity, read_identity
from s_mllmun_bench.data.layout import CROISSANT, DATA, README, SHEET
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import Record

if TYPE_CHECKING:
    from huggingface_hub import HfApi

AT_ONCE = 5
"""Files that are uploaded together, and then told to the progress."""
_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_UNTOUCHED = frozenset({".gitattributes"})
"""What the Hub itself puts into a new repository."""


class Published(Record):
    """What was put on the Hub, or would be."""

    repo: str
    tag: str
    digest: str
    """Of the files as published."""
    files: int
    bytes: int
    withheld: int
    """Ophthalmic images left out."""
    unstated: int
    """Images among the files whose licence nobody has stated."""
    private: bool
    commit: str | None
    """`None` for a trial run."""

    @property
    def line(self) -> str:
        """The line of Python that loads it."""
        return f'load_dataset("{self.repo}", revision="{self.tag}")'


def publish(
    dataset: Path,
    repo: str,
    progress: Progress,
    *,
    private: bool = False,
    may_redistribute: bool = False,
    dry_run: bool = False,
) -> Published:
    """Put a dataset folder on the Hub, if it passes its audits.

    Args:
        dataset: the folder.
        repo: ``owner/name`` on the Hub; made if it is not there.
        progress: told of each audit.
        private: make a new repository private; one that is there stays what it is.
        may_redistribute: ophthalmic images may be passed on whatever their notes say.
        dry_run: do all but what needs the Hub.

    Raises:
        BenchError: the dataset fails an audit, the Hub refuses, or something else is there.
    """
    if _NAME.fullmatch(repo) is None:
        raise BenchError(f"{repo!r} is no name on the Hub; give owner/name")
    require_checked(dataset, progress)
    if faces := restricted(dataset, "face"):
        raise BenchError(
            f"the faces of {len(faces)} people may not be passed on, says their licence note; nothing was "
            "published: build the dataset from other faces"
        )
    kept_back = set() if may_redistribute else restricted(dataset, "ophthalmic")
    with tempfile.TemporaryDirectory() as scratch:
        folder = dataset
        if kept_back:
            folder = Path(scratch)
            withhold(dataset, kept_back, folder)
        identity = read_identity(folder)
        if dry_run:
            return _published(folder, repo, identity, private, None)
        commit, is_private = _uploaded(folder, repo, identity, private, progress)
        return _published(folder, repo, identity, is_private, commit)


def _published(
    folder: Path, repo: str, identity: DatasetIdentity, private: bool, commit: str | None
) -> Published:
    files = _files(folder)
    return Published(
        repo=repo,
        tag=_tag(identity),
        digest=identity.digest,
        files=len(files),
        bytes=sum(path.stat().st_size for path in files.values()),
        withheld=identity.withheld.images if identity.withheld else 0,
        unstated=unstated(folder),
        private=private,
        commit=commit,
    )


def _tag(identity: DatasetIdentity) -> str:
    return f"v{identity.version}"


def _files(folder: Path) -> dict[str, Path]:
    """Return the files to publish by their path in the repository; nothing else that lies there."""
    tables = {path.relative_to(folder).as_posix(): path for path in (folder / DATA).rglob("*.parquet")}
    beside = {name: folder / name for name in (README, SHEET, CROISSANT)}
    return dict(sorted({**beside, **tables}.items()))


def _uploaded(
    folder: Path, repo: str, identity: DatasetIdentity, private: bool, progress: Progress
) -> tuple[str, bool]:
    """Make the repository if needed, put the files there in one commit and tag it.

    Returns:
        The commit, and whether the repository is private.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token

    if not get_token():
        raise BenchError("no token for the Hub: set HF_TOKEN, or log in with: hf auth login")
    api = HfApi(library_name="s-mllmun-bench")
    tag, files = _tag(identity), _files(folder)
    with _hub_errors(repo):
        there = _there(api, repo, tag)
        if there is None:
            api.create_repo(repo, repo_type="dataset", private=private or None)
        is_private = bool(api.dataset_info(repo, revision="main").private)
        if private and not is_private:
            raise BenchError(
                f"{repo} is public on the Hub; make it private there, or name another repository"
            )
        added = [CommitOperationAdd(name, path) for name, path in files.items()]
        for done in range(0, len(added), AT_ONCE):
            progress(done, len(added), "uploading")
            api.preupload_lfs_files(repo, added[done : done + AT_ONCE], repo_type="dataset")
        stale = [name for name in there or () if name not in files and name not in _UNTOUCHED]
        commit = api.create_commit(
            repo,
            [*added, *(CommitOperationDelete(name) for name in stale)],
            commit_message=f"{identity.recipe} {tag}, content {identity.digest[:12]}",
            repo_type="dataset",
        )
        api.create_tag(repo, tag=tag, revision=commit.oid, repo_type="dataset")
    progress(len(added), len(added), "uploading")
    return commit.oid, is_private


def _there(api: "HfApi", repo: str, tag: str) -> list[str] | None:
    """Return the files of a repository that may be published to; `None` if it does not exist yet.

    Raises:
        BenchError: it holds something else, or this version already.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        refs = api.list_repo_refs(repo, repo_type="dataset")
    except RepositoryNotFoundError:
        return None
    if tag in {one.name for one in refs.tags}:
        raise BenchError(
            f"{repo} has the version {tag} already; raise the version in the recipe and build again"
        )
    names = api.list_repo_files(repo, repo_type="dataset")
    if set(names) - _UNTOUCHED:
        _require_ours(api, repo, names)
    return names


def _require_ours(api: "HfApi", repo: str, names: list[str]) -> None:
    other = BenchError(f"{repo} on the Hub is not a dataset of this benchmark; name another repository")
    if README not in names:
        raise other
    with tempfile.TemporaryDirectory() as scratch:
        card = Path(api.hf_hub_download(repo, README, repo_type="dataset", local_dir=scratch))
        try:
            parse_identity(card.read_text(encoding="utf-8"), repo)
        except BenchError as error:
            raise other from error


@contextmanager
def _hub_errors(repo: str) -> Iterator[None]:
    """Turn whatever the Hub refuses into one line."""
    from httpx2 import HTTPError  # what huggingface_hub itself speaks with
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as error:
        raise BenchError(f"the Hub refused {repo}: {_reason(error)}; nothing was tagged") from error
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        first = str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
        raise BenchError(f"{repo} could not be published: {first}; try again") from error


def _reason(error: "Exception") -> str:
    """Return why the Hub refused, without any header of the request."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    known = {
        401: "the token is not valid (401); make another and set HF_TOKEN",
        403: "the token has no right to write there (403); ask its owner, or name a repository of your own",
        409: "something else of that name is there (409); name another repository",
    }
    if status in known:
        return known[status]
    said = getattr(error, "server_message", None) or str(error).strip().split("\n", maxsplit=1)[0]
    return f"{said} ({status})"
