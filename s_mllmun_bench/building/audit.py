"""What a dataset must be, asked before it is written and of what lies on disk.

A build that fails an audit writes nothing. An audit that had nothing to look at neither passes nor
fails: what was not checked is not right.
"""

from s_mllmun_bench.building.audits import provenance, questions, truth, uniqueness, values, wording
from s_mllmun_bench.building.audits.finding import Audit
from s_mllmun_bench.building.people import World
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


def require_sound(world: World, progress: Progress) -> None:
    """Run every audit.

    Args:
        world: as it will be stored.
        progress: told of each audit.

    Raises:
        BenchError: one found a problem; the text has the first and the number of others.
    """
    problems: list[str] = []
    for done, audit in enumerate(AUDITS):
        progress(done, len(AUDITS), "audits")
        problems += audit(world).problems
    progress(len(AUDITS), len(AUDITS), "audits")
    if problems:
        others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BenchError(f"the dataset fails its audit and was not written: {problems[0]}{others}")
