"""The Fact rule on whatever the builder can write, drawn by Hypothesis: the value is 10, another value 0.

Another value that shares a part with the wanted one has at most the credit of ``judges/README.md`` for
that part; `test_judges_pools.share` names each.
"""

import datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from test_judges_pools import ATTRIBUTES, pool, rendered, share, wordings

from s_mllmun_bench.contracts import JudgedItem
from s_mllmun_bench.judging import judge_answers

DAYS = st.dates(datetime.date(1945, 1, 1), datetime.date(2004, 12, 28))
VALUES = {
    "date_of_birth": DAYS.map(lambda day: day.isoformat()),
    "annual_salary": st.integers(240, 1900).map(lambda hundreds: f"${100 * hundreds:,}"),
}
"""Of kinds of which there are more than a pool holds; the others are drawn from their pools."""


AROUND = ("{}", "Well, {}", "{} I hope this helps!", "Sure! {}", "Let me see. {}")
"""What may be said around an answer."""


@st.composite
def pairs(draw):
    """Draw an attribute, two of its values, and a wording."""
    attribute = draw(st.sampled_from(ATTRIBUTES))
    values = VALUES[attribute] if attribute in VALUES else st.sampled_from(pool(attribute))
    return attribute, draw(values), draw(values), draw(st.sampled_from(wordings(attribute)))


def score(attribute, question, reference, answer, value):
    (judged,) = judge_answers("offline_fact", [JudgedItem(question, reference, answer, attribute, value)])
    return judged.score


@settings(max_examples=400, deadline=None, derandomize=True)
@given(pairs())
def test_a_value_states_itself_and_another_one_at_most_the_part_that_they_share(drawn):
    attribute, wanted, other, pair = drawn
    question, reference, asked = rendered(attribute, wanted, pair)
    _, answer, named = rendered(attribute, other, pair)
    assert score(attribute, question, reference, reference, asked) == 10
    if named != asked:
        assert score(attribute, question, reference, answer, asked) <= share(attribute, wanted, other)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(pairs(), st.sampled_from(AROUND))
def test_what_is_said_around_a_value_takes_nothing_from_it(drawn, form):
    attribute, wanted, _, pair = drawn
    question, reference, asked = rendered(attribute, wanted, pair)
    assert score(attribute, question, reference, form.format(reference), asked) == 10
