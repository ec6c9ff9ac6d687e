"""What is shipped: the wheel, built by way of the sdist, holds the contents and works from any folder.

The clean environment takes its dependencies from the one that runs the tests and nothing else from it.
"""

import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import s_mllmun_bench

ROOT = Path(__file__).resolve().parent.parent
CONTENTS = ("builders", "judges", "submissions", "leaderboard")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed, and return its stdout."""
    result = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout


def _locked(lock: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / lock).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from the sdist and not from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    assert len(list(folder.glob("*.tar.gz"))) == 1
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ``bin`` folder of a clean environment that has the wheel."""
    home = tmp_path_factory.mktemp("clean")
    _run(sys.executable, "-m", "virtualenv", "--quiet", "--no-download", "venv", cwd=home)
    python = home / "venv/bin/python"
    _run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(_run(python, "-c", code, cwd=home).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


@pytest.mark.slow
def test_the_wheel_holds_every_content_file_and_no_other_package(wheel: Path) -> None:
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in shipped} == {"s_mllmun_bench"}
    wanted = {
        f"s_mllmun_bench/_contents/{file.relative_to(ROOT)}"
        for where in CONTENTS
        for file in (ROOT / where).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in shipped if "/_contents/" in name} == wanted
    assert not [name for name in shipped if "__pycache__" in name]


@pytest.mark.slow
def test_the_wheel_holds_the_whole_engine(wheel: Path) -> None:
    engine = ROOT / "s_mllmun_bench"
    kinds = (".py", ".typed", ".html", ".css", ".js")
    wanted = {str(file.relative_to(ROOT)) for file in engine.rglob("*") if file.suffix in kinds}
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.slow
def test_from_the_wheel_contents_are_found_inside_the_package(installed: Path, tmp_path: Path) -> None:
    code = (
        "import s_mllmun_bench\n"
        "from s_mllmun_bench import contents\n"
        "print(s_mllmun_bench.__file__)\n"
        "print(contents.folder('judges'))\n"
        "print(contents.load(contents.find('source', 'builders/sources', 'mini_faces', '.py')).__file__)\n"
    )
    package, judges, source = _run(installed / "python", "-c", code, cwd=tmp_path).split()
    shipped = Path(package).parent
    assert installed.parent in shipped.parents
    assert Path(judges) == shipped / "_contents/judges"
    assert Path(source) == shipped / "_contents/builders/sources/mini_faces.py"


@pytest.mark.slow
def test_from_the_wheel_the_command_line_works_in_another_folder(installed: Path, tmp_path: Path) -> None:
    assert _run(installed / "bench", "--version", cwd=tmp_path) == f"bench {PROJECT['version']}\n"
    _run(installed / "bench", "build", "mini", "--limit", "40", "-o", "mini-dataset", cwd=tmp_path)
    assert (tmp_path / "mini-dataset/README.md").is_file()
    methods = " ".join(_run(installed / "bench", "unlearn", "--help", cwd=tmp_path).split())
    assert "smfa, template;" in methods
    evaluation = (
        "eval --model mini_qwen2_5_vl --data mini-dataset --ratio 5 --limit 1 "
        "--backend transformers --judge offline -o run"
    )
    _run(installed / "bench", *evaluation.split(), cwd=tmp_path)
    assert (tmp_path / "run/scores.json").is_file()


def test_the_public_names_are_there_and_importing_the_package_loads_none_of_their_rooms() -> None:
    code = (
        "import sys, s_mllmun_bench as bench\n"
        "print([name for name in sys.modules if name.startswith('s_mllmun_bench.')])\n"
        "print(all(callable(getattr(bench, name)) and name in dir(bench) for name in bench.__all__))\n"
    )
    assert _run(sys.executable, "-c", code, cwd=ROOT).splitlines() == ["[]", "True"]


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 's_mllmun_bench' has no attribute 'nothing'"):
        s_mllmun_bench.nothing  # noqa: B018


@pytest.mark.parametrize("lock", ["cpu.txt", "gpu.txt"])
def test_a_lock_holds_what_the_project_asks_for_and_no_address(lock: str) -> None:
    locked = _locked(lock)
    extras = PROJECT["optional-dependencies"]
    asked = [Requirement(line) for line in [*PROJECT["dependencies"], *extras["train"], *extras["dev"]]]
    unmet = [
        str(need) for need in asked if locked.get(canonicalize_name(need.name), "") not in need.specifier
    ]
    assert unmet == []


def test_the_core_asks_for_no_torch() -> None:
    core = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert core.isdisjoint({"torch", "torchvision", "transformers", "peft", "accelerate", "vllm"})
