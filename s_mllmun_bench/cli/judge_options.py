"""What every command that judges asks for alike, declared once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s_mllmun_bench.judging.opening import JudgeServer

_JUDGES = typer.Option(
    help="Judges by commas: ids or paths, llm or offline for both metrics, fact_score@MODEL; auto is llm "
    "where the environment has a key for it."
)
Judges = Annotated[str, _JUDGES]
OtherJudges = Annotated[str | None, _JUDGES]
"""Where there are judges already."""
JudgeModel = Annotated[
    str | None,
    typer.Option(
        help="The model that LLM judges ask, in place of their own (qwen-plus). This and the other options "
        "of LLM judges are errors where no judge would use them."
    ),
]
JudgeBaseUrl = Annotated[
    str | None,
    typer.Option(help="Their server, such as http://localhost:8000/v1; else the environment's."),
]
JudgeConcurrency = Annotated[int, typer.Option(help="The most requests at once to it.")]
JudgeCache = Annotated[
    Path | None, typer.Option(help="A folder of replies that runs share, so that none is paid for twice.")
]


def say_if_offline(judges: str | None, base_url: str | None) -> None:
    """Say on stderr that no LLM judges, where nobody has chosen so.

    Args:
        judges: as they were typed.
        base_url: of the judges' server, as it was typed.
    """
    from s_mllmun_bench.judging.opening import AUTO, JudgeServer

    if judges == AUTO and JudgeServer(url=base_url).address() is None:
        typer.echo(
            "no LLM for the judges (DASHSCOPE_API_KEY, or OPENAI_BASE_URL with OPENAI_API_KEY, or "
            "--judge-base-url): the offline judges judge",
            err=True,
        )


def judge_server(
    model: str | None, base_url: str | None, concurrency: int, cache: Path | None = None
) -> "JudgeServer":
    """Return which LLM judges are to ask.

    Raises:
        BenchError: no folder of replies can be made.
    """
    from s_mllmun_bench.errors import BenchError
    from s_mllmun_bench.judging.opening import JudgeServer
    from s_mllmun_bench.whole import require_place

    if cache is not None:
        require_place(cache, replacing=True)
        if cache.is_file():
            raise BenchError(f"{cache} is no folder; give one for the replies of judges")
    return JudgeServer(model, base_url, concurrency, cache)
