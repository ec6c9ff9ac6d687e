"""The content folders (builders, judges, submissions, leaderboard), found and loaded by path.

This module alone knows whether it runs from a checkout or a wheel. The folders are no import
packages: a top-level package ``judges`` would overwrite the published package of that name.
"""

import hashlib
import importlib
import importlib.machinery
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from s_mllmun_bench.errors import BenchError, unknown

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_contents"
_ROOT = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


def folder(name: str) -> Path:
    """Return a content folder's path (``builders/recipes`` style names reach below it)."""
    return _ROOT / name


def names(where: str, suffix: str = ".py") -> list[str]:
    """Return the ids in a content folder, sorted; what starts with ``_`` or ``.`` is none.

    Args:
        where: the folder, such as ``judges`` or ``builders/recipes``.
        suffix: the files' ending, such as ``.py``; or ``/submission.py`` for the subfolders that hold
            that file.
    """
    files = folder(where).glob("*" + suffix)
    ids = (str(file.relative_to(folder(where))).removesuffix(suffix) for file in files)
    return sorted(name for name in ids if not name.startswith(("_", ".")))


def find(kind: str, where: str, name: str, suffix: str) -> Path:
    """Return the file of one content, by id or by a path of the user's own.

    Args:
        kind: what it is called in the error, such as ``judge``.
        where: the content folder, such as ``judges``.
        name: an id of that folder, or a path (something with a slash, or that ends in ``suffix``).
        suffix: the file's ending, such as ``.py`` or ``.yaml``; or ``/submission.py`` for folders.

    Raises:
        BenchError: nothing has that name; the text lists what there is, and names what lies in the working
            directory.
    """
    if "/" in name or name.endswith(suffix):
        own = Path(name if name.endswith(suffix) else name + suffix)
        if own.is_file():
            return own.resolve()
        raise BenchError(f"no {kind} at {own}")
    known = names(where, suffix)
    if name not in known:
        error = unknown(kind, name, f"{where}/", known)
        is_here = re.fullmatch(r"\w[\w.-]*", name) and Path(name + suffix).is_file()
        raise BenchError(f"{error}; did you mean ./{name}?") if is_here else error
    return folder(where) / (name + suffix)


def load(path: Path) -> ModuleType:
    """Load a Python file by path, once as it is, as a module that can import its neighbours.

    The file's folder stands in `sys.modules` as a package under a flat name made from its path and its
    Python files, and the file is a module of that package. So ``from . import other`` finds ``other.py``
    beside it, two files that import ``other`` share one, and what was edited is loaded anew.

    Raises:
        BenchError: there is no such file, it is no Python, or needs a package that is not installed.
    """
    path = path.resolve()
    if not path.is_file():
        raise BenchError(f"no Python file at {path}")
    package = _folder_as_package(path.parent)
    try:
        return importlib.import_module(f"{package}.{path.stem}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in (package, "s_mllmun_bench", ""):
            raise
        raise BenchError(f"{path} needs the package {missing!r}, which is not installed") from error
    except SyntaxError as error:
        where = f":{error.lineno}" if error.lineno else ""
        raise BenchError(f"{error.filename or path}{where} is not valid Python: {error.msg}") from error


def read_yaml(path: Path) -> dict[str, Any]:
    """Return a YAML file's mapping.

    Raises:
        BenchError: it cannot be read or parsed, or holds no mapping whose keys are text.
    """
    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is no text"
        raise BenchError(f"{path}{line} is not valid YAML: {problem}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise BenchError(f"{path} holds no mapping of names to values")
    return content


def _folder_as_package(path: Path) -> str:
    """Enter a folder in `sys.modules` as a package, and return its name.

    It is a folder's own and no other's, and another one after a file in it has changed: what was loaded
    before would go by the digest of what is there now.
    """
    total = hashlib.sha256(str(path).encode())
    for file in sorted(path.glob("*.py")):
        total.update(f"\n{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
    name = "bench_" + re.sub(r"\W", "_", path.name) + "_" + total.hexdigest()[:16]
    if name not in sys.modules:
        importlib.invalidate_caches()
        spec = importlib.machinery.ModuleSpec(name, loader=None, is_package=True)
        spec.submodule_search_locations = [str(path)]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name
