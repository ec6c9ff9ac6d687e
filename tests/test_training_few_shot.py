"""A part of the few-shot retain set: fewer people, or fewer questions of each."""

from collections import Counter
from pathlib import Path

import pytest

from s_mllmun_bench.data import load_questions
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.training.few_shot import FewShot, part_of
from s_mllmun_bench.training.unlearning import unlearn


def test_fewer_people_are_among_more_of_the_same_seed_and_keep_all_questions(mini_data: Path) -> None:
    retain = load_questions(str(mini_data), "unlearn_15", "retain")  # 3 of 20 people
    assert part_of(retain, FewShot(), 0) == retain
    people = [
        {one.person for one in part_of(retain, FewShot(people=count), seed)}
        for seed in range(8)
        for count in (1, 2)
    ]
    for one, two in zip(people[::2], people[1::2], strict=True):
        assert len(one) == 1
        assert len(two) == 2
        assert one < two
    assert len(set.union(*people[::2])) > 1  # the seed decides
    one = part_of(retain, FewShot(people=1), 0)
    assert one == [question for question in retain if question.person == one[0].person]


def test_a_share_of_the_questions_is_of_everybody_by_face_and_by_name(mini_data: Path) -> None:
    retain = load_questions(str(mini_data), "unlearn_15", "retain")
    half = part_of(retain, FewShot(questions=0.5), 0)
    counted = [Counter((one.person, one.task) for one in each) for each in (retain, half)]
    assert counted[1] == {key: (count + 1) // 2 for key, count in counted[0].items()}
    assert half == [one for one in retain if one in half]
    assert part_of(list(reversed(retain)), FewShot(questions=0.5), 0) == list(reversed(half))
    assert half != part_of(retain, FewShot(questions=0.5), 1)


def test_more_people_than_there_are_or_a_method_that_sees_none_are_one_line(
    tiny_checkpoint: Path, mini_data: Path, tmp_path: Path
) -> None:
    model, data = str(tiny_checkpoint), str(mini_data)
    for method, line in (
        ("smfa", r"few_shot\.people: the few-shot retain set has 1, not 9"),
        ("original", r"few_shot: Original is not given the few-shot retain set"),
    ):
        with pytest.raises(BenchError, match=line):
            unlearn(
                method, model, data, 5, tmp_path / method, lambda *_: None, assignments=["few_shot.people=9"]
            )
        assert not list(tmp_path.iterdir())
