"""The content folders: ids, errors, loading by path, and the contract of every file that is there."""

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from s_mllmun_bench import contents, contracts
from s_mllmun_bench.errors import BenchError

CONTRACTS = {
    ("builders/sources", ".py"): contracts.ImageSource,
    ("builders/writers", ".py"): contracts.Writer,
    ("judges", ".py"): contracts.Judge,
    ("submissions", "/submission.py"): contracts.Submission,
}
FILES = [
    pytest.param(contents.folder(where) / (name + suffix), contract, id=f"{where}/{name}")
    for (where, suffix), contract in CONTRACTS.items()
    for name in contents.names(where, suffix)
]


def _parameters(function: object) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a folder of three files, two of which import the third."""
    (tmp_path / "one.py").write_text("from . import _shared\nfrom ._shared import VALUE\n")
    (tmp_path / "two.py").write_text("from . import _shared\n")
    (tmp_path / "_shared.py").write_text("VALUE = 7\n")
    return tmp_path


@pytest.mark.parametrize(("path", "contract"), FILES)
def test_every_file_has_the_functions_of_its_contract(path: Path, contract: type) -> None:
    module = contents.load(path)
    functions = {name: f for name, f in vars(contract).items() if inspect.isfunction(f) and name[0] != "_"}
    assert functions
    for name, function in functions.items():
        assert _parameters(getattr(module, name)) == _parameters(function)
    for constant in getattr(contract, "__annotations__", {}):
        assert isinstance(getattr(module, constant), str)


@pytest.mark.parametrize(("path", "contract"), FILES)
def test_every_file_says_what_it_is(path: Path, contract: type) -> None:
    assert contents.load(path).__doc__


def test_every_submission_has_its_settings_and_says_what_it_does() -> None:
    for name in contents.names("submissions", "/submission.py"):
        there = {file.name for file in (contents.folder("submissions") / name).iterdir()}
        assert {"submission.py", "submission.yaml", "README.md"} <= there


def test_the_content_folders_are_no_packages() -> None:
    for where in ("builders", "judges", "submissions", "leaderboard"):
        assert contents.folder(where).is_dir()
        assert list(contents.folder(where).rglob("__init__.py")) == []


def test_names_are_sorted_and_leave_out_what_is_for_neighbours_only() -> None:
    names = contents.names("builders/sources")
    assert names == sorted(names)
    assert "mini_faces" in names
    assert not [name for name in names if name.startswith("_")]


def test_a_folder_that_is_not_there_has_no_names() -> None:
    assert contents.names("builders/nothing") == []


def test_find_takes_an_id() -> None:
    found = contents.find("source", "builders/sources", "mini_faces", ".py")
    assert found == contents.folder("builders/sources") / "mini_faces.py"


def test_find_takes_a_path_with_or_without_its_ending(own: Path) -> None:
    assert contents.find("judge", "judges", f"{own}/one", ".py") == own / "one.py"
    assert contents.find("judge", "judges", f"{own}/one.py", ".py") == own / "one.py"


def test_find_takes_the_folder_of_a_method(own: Path) -> None:
    (own / "method").mkdir()
    (own / "method/submission.py").write_text("")
    found = contents.find("method", "submissions", f"{own}/method", "/submission.py")
    assert found == own / "method/submission.py"


def test_an_unknown_id_is_told_what_there_is() -> None:
    there = ", ".join(contents.names("builders/sources"))
    expected = f"no source named 'minifaces' in builders/sources/; there are: {there}"
    with pytest.raises(BenchError, match=f"^{re.escape(expected)}$"):
        contents.find("source", "builders/sources", "minifaces", ".py")


def test_an_unknown_id_that_lies_in_the_working_directory_is_told_by_its_path(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own / "npo").mkdir()
    (own / "npo/submission.py").write_text("")
    monkeypatch.chdir(own)
    with pytest.raises(BenchError, match=r"^no method named 'npo' in .*; did you mean \./npo\?$"):
        contents.find("method", "submissions", "npo", "/submission.py")
    with pytest.raises(BenchError, match=r"^no judge named 'one' in .*; did you mean \./one\?$"):
        contents.find("judge", "judges", "one", ".py")


@pytest.mark.parametrize("name", ["", ".", "..", "_drawing"])
def test_what_is_no_id_is_not_found_by_accident(name: str) -> None:
    with pytest.raises(BenchError, match=r"^no source named"):
        contents.find("source", "builders/sources", name, ".py")


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(BenchError, match=r"^no judge at /nowhere/mine\.py$"):
        contents.find("judge", "judges", "/nowhere/mine", ".py")


def test_a_loaded_file_imports_its_neighbour(own: Path) -> None:
    assert contents.load(own / "one.py").VALUE == 7


def test_a_file_is_loaded_once_and_shared_with_its_neighbours(own: Path) -> None:
    one, two = contents.load(own / "one.py"), contents.load(own / "two.py")
    assert contents.load(own / "one.py") is one
    assert one._shared is two._shared
    assert contents.load(own / "_shared.py") is one._shared


def test_a_file_that_was_edited_is_loaded_anew_and_so_is_its_neighbour(tmp_path: Path) -> None:
    one, shared = tmp_path / "one.py", tmp_path / "_shared.py"
    shared.write_text("VALUE = 1\n")
    one.write_text("from ._shared import VALUE\n\nSUM = VALUE + 10\n")
    first = contents.load(one)
    one.write_text("from ._shared import VALUE\n\nSUM = VALUE + 2000\n")
    second = contents.load(one)
    shared.write_text("VALUE = 30000\n")
    third = contents.load(one)
    assert [module.SUM for module in (first, second, third)] == [11, 2001, 32000]
    assert contents.load(one) is third


def test_files_of_the_same_name_in_other_folders_stay_apart(tmp_path: Path) -> None:
    loaded: list[ModuleType] = []
    for folder in ("a/b/same", "c/b/same", "c/b/same-"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "one.py").write_text(f"HERE = {folder!r}\n")
        loaded.append(contents.load(tmp_path / folder / "one.py"))
    assert [module.HERE for module in loaded] == ["a/b/same", "c/b/same", "c/b/same-"]


def test_loading_makes_no_top_level_name_of_a_content_folder() -> None:
    for path in [param.values[0] for param in FILES]:
        contents.load(Path(str(path)))
    assert {"builders", "judges", "submissions", "leaderboard"}.isdisjoint(sys.modules)


def test_a_file_that_needs_a_missing_package_names_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import no_such_package.inside\n")
    expected = r"mine\.py needs the package 'no_such_package', which is not installed$"
    with pytest.raises(BenchError, match=expected):
        contents.load(tmp_path / "mine.py")


def test_a_missing_neighbour_keeps_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from ._absent import VALUE\n")
    with pytest.raises(ModuleNotFoundError, match="_absent"):
        contents.load(tmp_path / "mine.py")


def test_a_file_that_failed_is_loaded_anew(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("raise ValueError('as it is now')\n")
    with pytest.raises(ValueError, match="as it is now"):
        contents.load(path)
    path.write_text("VALUE = 'mended'\n")
    assert contents.load(path).VALUE == "mended"


def test_a_file_that_is_not_there_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"^no Python file at "):
        contents.load(tmp_path / "mine.py")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"a: 1\nb: c: 2\n", r"it\.yaml:2 is not valid YAML: mapping values are not allowed here$"),
        (b"a: \xff\xfe\n", r"it\.yaml is not valid YAML: "),
        (b"- a\n- b\n", r"it\.yaml holds no mapping of names to values$"),
        (b"", r"it\.yaml holds no mapping of names to values$"),
        (b"1: a\n", r"it\.yaml holds no mapping of names to values$"),
    ],
)
def test_yaml_that_is_none_is_told_where(tmp_path: Path, text: bytes, told: str) -> None:
    (tmp_path / "it.yaml").write_bytes(text)
    with pytest.raises(BenchError, match=told):
        contents.read_yaml(tmp_path / "it.yaml")
