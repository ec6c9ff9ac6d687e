"""What the judges of a bundle must have said, worked out again without asking anybody.

An offline judge judges again. What an LLM said is read again from its stored reply, which must be the reply
to just this answer: its key is the digest of the whole request. A judge is found by its id in ``judges/``
alone, never by a path: a path in a bundle would be code to run.
"""

import re
from collections.abc import Iterator, Sequence

from s_mllmun_bench import contents
from s_mllmun_bench.board.bundle import Contents, as_bundled
from s_mllmun_bench.contracts import JudgedItem, Judgement
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.judging.by_rubric.judge import RubricJudge
from s_mllmun_bench.judging.opening import JudgeServer, OpenJudge, open_judge
from s_mllmun_bench.judging.run import judged
from s_mllmun_bench.llm.ledger import Ledger, StoredReply
from s_mllmun_bench.records import Metric, Verdict

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")
_NOT_KEPT = "not kept"
"""The failure of a judgement whose reply is not in the bundle."""


class NotThisJudge(BenchError):
    """A bundle was judged by a judge that this version does not have, or has otherwise."""


class _FromReplies:
    """A judge that asks an LLM, and says only what is in its stored replies."""

    def __init__(self, judge: RubricJudge) -> None:
        """Take over all that a judge is but its server."""
        self.reference, self.name, self.digest = judge.reference, judge.name, judge.digest
        self.metric: Metric = judge.metric
        self._judge = judge

    def check(self) -> None:
        """Do nothing: nobody is asked."""

    def judge_each(
        self, items: Sequence[JudgedItem], ledger: Ledger
    ) -> Iterator[tuple[JudgedItem, Judgement]]:
        """Yield each item with what its reply states."""
        for item, judgement in self._judge.kept(items, ledger):
            yield item, judgement or Judgement(None, failure=_NOT_KEPT)


def first_wrong_verdict(bundle: Contents) -> str | None:
    """Return the first verdict that its judge has not given, in words; `None` if there is none.

    Raises:
        NotThisJudge: there is no such judge here, or it is another one by now.
        BenchError: an LLM has judged, and its replies are not there or not from one server.
    """
    given = {(one.question_id, one.judge): one for one in bundle.verdicts}
    judges = [_opened(one, digest, bundle) for one, digest in bundle.manifest.identity.judges.items()]
    with _ledger(bundle.replies) as ledger:
        for judge in judges:
            for wanted in map(as_bundled, judged(bundle.answers, judge, ledger)):
                found = given.pop((wanted.question_id, wanted.judge), None)
                if found != wanted and not _may_be_missing(found, wanted):
                    return f"verdict of {wanted.judge} on {wanted.question_id}: {_told(found, wanted)}"
    for question, name in given:
        return f"verdict of {name} on {question}: there is no such answer or judge"
    return None


def _opened(reference: str, digest: str, bundle: Contents) -> OpenJudge:
    given, _, model = reference.partition("@")
    offline, rubrics = (contents.names("judges", ending) for ending in (".py", ".yaml"))
    if given not in offline and not (given in rubrics and model):
        raise NotThisJudge(f"its judge {reference[:80]!r} is none of this version's")
    judge = open_judge(reference, JudgeServer(url=_server(bundle.replies)) if model else JudgeServer())
    if judge.digest != digest:
        raise NotThisJudge(f"its judge {reference} is {digest[:12]}, and here it is {judge.digest[:12]}")
    return _FromReplies(judge) if isinstance(judge, RubricJudge) else judge


def _server(replies: Sequence[StoredReply]) -> str:
    """Return an address on the host that all replies came from, for the judge's digest; it is not asked.

    Raises:
        BenchError: there is none, or there are several. No other judge explains that: without the host
            there is no digest to compare, and verdicts without replies are made up.
    """
    hosts = {reply.host for reply in replies}
    if len(hosts) != 1:
        raise BenchError(f"its LLM's replies come from {len(hosts)} servers and must come from one")
    host = hosts.pop()
    if not _HOST.fullmatch(host):
        raise BenchError(f"its LLM's replies come from {host[:80]!r}, which is no server's name")
    return f"http://{host}"


def _ledger(replies: Sequence[StoredReply]) -> Ledger:
    ledger = Ledger()
    for reply in replies:
        ledger.keep(reply)
    return ledger


def _may_be_missing(found: Verdict | None, wanted: Verdict) -> bool:
    """Return whether a score is missing for a fault of the moment, of which no reply is kept."""
    return wanted.failure == _NOT_KEPT and (found is None or found.score is None)


def _told(found: Verdict | None, wanted: Verdict) -> str:
    if found is None:
        return "there is none"
    if wanted.failure == _NOT_KEPT:
        return f"score is {found.score}, and its reply is not one to this answer"
    if found.score != wanted.score:
        return f"score is {found.score}, not {wanted.score}"
    return "its reason or failure is not the judge's"
