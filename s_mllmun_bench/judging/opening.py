"""Judges by name: an offline judge is a Python file of ``judges/``, one that asks an LLM a YAML file.

Both are opened alike and judge alike, so nothing above this room knows which is which.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from s_mllmun_bench import contents
from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.errors import BenchError, unknown
from s_mllmun_bench.judging.by_rubric.judge import RubricJudge, Target
from s_mllmun_bench.judging.by_rubric.rubric import read_rubric
from s_mllmun_bench.llm.address import server_address
from s_mllmun_bench.llm.ledger import Ledger
from s_mllmun_bench.records import METRICS, Metric

OFFLINE = "offline"
"""Stands for both offline judges."""
LLM = "llm"
"""Stands for both judges that ask an LLM."""
AUTO = "auto"
"""Stands for ``llm`` where the environment has a key for it, else for ``offline``."""
_PAIRS = {OFFLINE: ("offline_fact", "offline_meaningful"), LLM: ("fact_score", "meaningful_score")}
_SUFFIXES = (".py", ".yaml")
_WINDOW = 2048
"""Items that an offline judge judges at a time, so that verdicts come while judging goes on."""


@dataclass(frozen=True, slots=True)
class JudgeServer:
    """Which LLM judges ask."""

    model: str | None = None
    """`None`: the one that each judge's YAML file names."""
    url: str | None = None
    """`None`: that of the environment."""
    concurrency: int = 16
    """The most requests at once."""
    cache: Path | None = None
    """A folder of replies that runs share; `None` for none."""
    timeout: float = 120.0
    """Seconds for one attempt."""
    backoff: float = 0.5
    """Seconds before the second attempt; twice as many before each further one."""

    def address(self) -> str | None:
        """Return where the server is; `None` if nobody says."""
        return server_address(self.url)


class OpenJudge(Protocol):
    """A judge that can judge."""

    reference: str
    """Opens it again: an id or a path, of an LLM judge with ``@`` and the model."""
    name: str
    """Stands in its verdicts; the same without folder and ending."""
    metric: Metric
    digest: str
    """Of all that decides its scores."""

    def check(self) -> None:
        """Find out before it is needed whether it can judge.

        Raises:
            BenchError: it cannot.
        """
        ...

    def judge_each(
        self, items: Sequence[JudgedItem], ledger: Ledger
    ) -> Iterator[tuple[JudgedItem, Judgement]]:
        """Yield every item, of which none is there twice, with its judgement.

        Raises:
            BenchError: it cannot judge on; what came before stands.
        """
        ...


class OfflineJudge:
    """A judge that is a Python file and needs nothing else."""

    def __init__(self, path: Path, reference: str) -> None:
        """Load the file and check it for what `contracts.Judge` wants.

        Raises:
            BenchError: it is no judge.
        """
        self._module = _loaded(path)
        self.reference, self.name = reference, path.stem
        self.metric: Metric = self._module.METRIC
        self.digest = _digest(path)

    def check(self) -> None:
        """Do nothing: loading it was the check."""

    def judge_each(
        self, items: Sequence[JudgedItem], ledger: Ledger
    ) -> Iterator[tuple[JudgedItem, Judgement]]:
        """Yield the items in order; see `OpenJudge`."""
        for start in range(0, len(items), _WINDOW):
            window = items[start : start + _WINDOW]
            judgements = self._module.judge(window)
            if len(judgements) != len(window):
                text = f"returned {len(judgements)} judgements for {len(window)} items"
                raise BenchError(f"judge {self.name} {text}")
            for item, judgement in zip(window, judgements, strict=True):
                yield item, _checked(judgement, self.name)


def expand_judges(judges: Iterable[str], server: JudgeServer | None = None) -> list[str]:
    """Return the judges in order, each once, with the pairs that ``auto``, ``llm``, ``offline`` stand for."""

    def auto() -> str:
        return LLM if (server or JudgeServer()).address() else OFFLINE

    resolved = (auto() if given == AUTO else given for given in judges)
    names = [name for given in resolved for name in _PAIRS.get(given, (given,))]
    return list(dict.fromkeys(names))


def open_judges(judges: Iterable[str], server: JudgeServer | None = None) -> list[OpenJudge]:
    """Return the judges of some names; nothing is asked of a server yet.

    Args:
        judges: ids, paths, ``auto``, ``llm`` or ``offline``; ``fact_score@MODEL`` for another model.
        server: which LLM is asked; `None` for that of the environment.

    Raises:
        BenchError: there is no such judge, or no server for one that asks an LLM.
    """
    where = server or JudgeServer()
    return [open_judge(name, where) for name in expand_judges(judges, where)]


def open_judge(judge: str, server: JudgeServer) -> OpenJudge:
    """Return one judge.

    Raises:
        BenchError: as in `open_judges`.
    """
    given, _, model = judge.partition("@")
    path = judge_path(given)
    if path.suffix == ".py":
        if model:
            raise BenchError(f"the judge {given} asks no model; leave out @{model}")
        return OfflineJudge(path, given)
    rubric = read_rubric(path)
    url = server.address()
    if url is None:
        raise BenchError(
            f"the judge {given} asks an LLM: set DASHSCOPE_API_KEY, or OPENAI_BASE_URL and OPENAI_API_KEY, "
            "or give --judge-base-url; the judges offline need none"
        )
    if server.concurrency < 1:
        raise BenchError(f"a judge needs at least 1 request at once, not {server.concurrency}")
    asked = model or server.model or rubric.settings.model
    target = Target(url, asked, server.concurrency, server.timeout, server.backoff)
    return RubricJudge(rubric, target, f"{given}@{asked}")


def judge_name(reference: str) -> str:
    """Return how a judge is called in its verdicts: without folder and ending, but with the model it asks."""
    given, at, model = reference.partition("@")
    return Path(given).name.removesuffix(".py").removesuffix(".yaml") + at + model


def judge_path(judge: str) -> Path:
    """Return the file of a judge, by id or path, with or without ``@`` and a model.

    Raises:
        BenchError: no judge has that name; the text lists what there is.
    """
    given = judge.partition("@")[0]
    if "/" in given or given.endswith(_SUFFIXES):
        plain = not given.endswith(_SUFFIXES)
        paths = [Path(given + suffix) for suffix in _SUFFIXES] if plain else [Path(given)]
        found = [path.resolve() for path in paths if path.is_file()]
        if not found:
            raise BenchError(f"no judge at {given}")
        return found[0]
    known = {name: suffix for suffix in _SUFFIXES for name in contents.names("judges", suffix)}
    if given not in known:
        raise unknown("judge", given, "judges/", known)
    return contents.find("judge", "judges", given, known[given])


def _loaded(path: Path) -> ModuleType:
    module = contents.load(path)
    if getattr(module, "METRIC", None) not in METRICS or not callable(getattr(module, "judge", None)):
        raise BenchError(
            f"{path} is no judge: it needs METRIC (one of {', '.join(METRICS)}) and judge(items)"
        )
    return module


def _checked(judgement: Judgement, name: str) -> Judgement:
    if judgement.score is None and not judgement.failure:
        raise BenchError(f"judge {name} gave neither a score nor a failure")
    if judgement.score is not None and not 0 <= judgement.score <= 10:
        raise BenchError(f"judge {name} gave the score {judgement.score}; scores go from 0 to 10")
    return judgement


def _digest(judge: Path) -> str:
    """Return the digest of an offline judge's file and of the engine's rules that such judges are made of."""
    rules = sorted(Path(__file__).parent.glob("*.py"))
    files = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in (judge, *rules)]
    return hashlib.sha256("".join(f"{name} {digest}\n" for name, digest in files).encode()).hexdigest()
