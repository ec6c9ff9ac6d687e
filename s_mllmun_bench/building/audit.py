"""What a dataset must be, asked before it is written and of what lies on disk.

A build that fails an audit writes nothing. An audit that had nothing to look at neither passes nor
fails: what was not checked is not right.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from s_mllmun_bench.building.audits import provenance, questions, truth, uniqueness, values, wording
from s_mllmun_bench.building.audits.finding import Audit
from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.errors import BenchError

AUDITS: tuple[Audit, ...] = (
    uniqueness.names_are_unique,
    uniqueness.images_are_unique,
    uniqueness.images_look_different,
    uniqueness.question_ids_are_unique,
    uniqueness.refusals_are_distinct,
    provenance.images_open,
    provenance.images_have_source_and_licence,
    values.values_are_plausible,
    values.values_are_varied,
    questions.images_fit_tasks,
    questions.names_stand_where_they_ask,
    questions.evaluation_is_complete,
    questions.finetuning_teaches_what_is_asked,
    questions.unlearning_is_the_private_part,
    wording.evaluation_is_newly_worded,
    wording.evaluation_is_far_from_templates,
    truth.answers_state_their_values,
    truth.understanding_holds_against_the_picture,
    truth.understanding_is_confirmed_by_a_second_reading,
)
"""In the order in which they are asked and shown."""


OF_REFUSALS: tuple[Audit, ...] = (uniqueness.refusals_are_distinct,)
"""Those that look at no people."""


def audited(people: Sequence[Person], refusals: Callable[[], Sequence[str]], progress: Progress) -> World:
    """Return everybody with the refusals, which are asked for while the people are audited.

    Args:
        people: as they will be stored.
        refusals: gives them.
        progress: told how many audits are done.

    Raises:
        BenchError: an audit found a problem; the text has the first and the number of others.
    """
    of_people = [audit for audit in AUDITS if audit not in OF_REFUSALS]
    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(_problems, World(people, ()), of_people)
        world = World(people, refusals())
        progress(0, len(AUDITS), "audits")
        problems = [*found.result(), *_problems(world, OF_REFUSALS)]
    progress(len(AUDITS), len(AUDITS), "audits")
    if problems:
        others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BenchError(f"the dataset fails its audit and was not written: {problems[0]}{others}")
    return world


def _problems(world: World, audits: Iterable[Audit]) -> list[str]:
    return [problem for audit in audits for problem in audit(world).problems]
