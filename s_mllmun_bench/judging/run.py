"""From answers to verdicts, by any judge of ``judges/``, found by its file's name.

What could not be judged has no score and says why. It is never scored 0: on the forget set a 0 reads
as "forgotten". Items that are alike are judged once, so that they are judged alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType

from s_mllmun_bench import contents
from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import METRICS, Answer, Verdict

OFFLINE = "offline"
"""Stands for both offline judges."""
_OFFLINE_JUDGES = ("offline_fact", "offline_meaningful")
_WINDOW = 2048
"""Answers judged at a time, so that verdicts come while judging goes on."""


def expand_judges(judges: Iterable[str]) -> list[str]:
    """Return the judges' names in order, each once, with ``offline`` as the pair it stands for."""
    names = [name for given in judges for name in (_OFFLINE_JUDGES if given == OFFLINE else (given,))]
    return list(dict.fromkeys(names))


def judge_path(judge: str) -> Path:
    """Return the file of a judge, by id or path.

    Raises:
        BenchError: no judge has that name; the text lists what there is.
    """
    return contents.find("judge", "judges", judge, ".py")


def load_judge(judge: str) -> ModuleType:
    """Return a judge's module, checked for what `contracts.Judge` wants.

    Raises:
        BenchError: there is no such judge, or the file is none.
    """
    path = judge_path(judge)
    module = contents.load(path)
    if getattr(module, "METRIC", None) not in METRICS or not callable(getattr(module, "judge", None)):
        raise BenchError(
            f"{path} is no judge: it needs METRIC (one of {', '.join(METRICS)}) and judge(items)"
        )
    return module


def judge_answers(judge: str, items: Sequence[JudgedItem | tuple[str, str, str]]) -> list[Judgement]:
    """Judge answers by one judge and return its judgements, in order.

    Args:
        judge: its id, such as ``offline_fact``, or a path.
        items: judged items, or plain (question, reference, answer).

    Raises:
        BenchError: no judge of that name, or it returned something else than one score from 0 to 10
            (or a failure) per item.
    """
    wanted = [item if isinstance(item, JudgedItem) else JudgedItem(*item) for item in items]
    known: dict[JudgedItem, Judgement] = {}
    _judge_new(load_judge(judge), judge, wanted, known)
    return [known[item] for item in wanted]


def judge_records(answers: Iterable[Answer], judges: Sequence[str]) -> Iterator[Verdict]:
    """Yield a verdict per judge and answer, window by window in the order of the answers.

    An answer that could not be had (`None`) has a verdict without a score; an empty string is an
    answer like any other and is judged.

    Raises:
        BenchError: as `judge_answers`; an unknown judge is found out before anything is judged.
    """
    modules = {name: load_judge(name) for name in expand_judges(judges)}
    known: dict[str, dict[JudgedItem, Judgement]] = {name: {} for name in modules}
    waiting = iter(answers)
    while window := list(islice(waiting, _WINDOW)):
        for name, module in modules.items():
            items = [_item(answer) for answer in window]
            _judge_new(module, name, [item for item in items if item is not None], known[name])
            for answer, item in zip(window, items, strict=True):
                yield _verdict(answer, Path(name).stem, module.METRIC, known[name][item] if item else None)


def _item(answer: Answer) -> JudgedItem | None:
    """Return what a judge may see of an answer, or `None` if there is no answer."""
    if answer.answer is None:
        return None
    return JudgedItem(answer.question, answer.reference, answer.answer, answer.attribute, answer.value)


def _judge_new(
    module: ModuleType, name: str, items: Sequence[JudgedItem], known: dict[JudgedItem, Judgement]
) -> None:
    """Judge the items that are not in ``known`` yet, each once, and put them there."""
    new = [item for item in dict.fromkeys(items) if item not in known]
    judgements = module.judge(new)
    if len(judgements) != len(new):
        raise BenchError(f"judge {name} returned {len(judgements)} judgements for {len(new)} items")
    for item, judgement in zip(new, judgements, strict=True):
        known[item] = _checked(judgement, name)


def _checked(judgement: Judgement, name: str) -> Judgement:
    if judgement.score is None and not judgement.failure:
        raise BenchError(f"judge {name} gave neither a score nor a failure")
    if judgement.score is not None and not 0 <= judgement.score <= 10:
        raise BenchError(f"judge {name} gave the score {judgement.score}; scores go from 0 to 10")
    return judgement


def _verdict(answer: Answer, judge: str, metric: str, judgement: Judgement | None) -> Verdict:
    if judgement is None:
        judgement = Judgement(None, failure=f"no answer: {answer.failure or 'unknown reason'}")
    return Verdict.model_validate(
        {
            "question_id": answer.question_id,
            "judge": judge,
            "metric": metric,
            "score": judgement.score,
            "reason": judgement.reason,
            "failure": judgement.failure,
        }
    )
