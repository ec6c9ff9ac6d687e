"""The offline Meaningful Score: language and debris, and whether an answer fits its question."""

import pytest

from s_mllmun_bench.judging import judge_answers

BORN, EYE, WHO = "Where was Rosa born?", "What does this eye image show?", "Who is this person?"
MEANINGFUL = [
    (BORN, "Lviv, Ukraine.", 10, 10),
    ("How much does Rosa earn?", "$65,400.", 10, 10),
    ("How tall is Rosa?", "5'7\".", 10, 10),
    ("When was Rosa born?", "1995-07-11", 10, 10),
    (EYE, "Severe drusen, superior retina.", 10, 10),
    (WHO, "That is Sanna Halvorsen.", 10, 10),
    (EYE, "Red-free photograph: cotton wool spots.", 10, 10),
    ("What does Rosa enjoy?", "She likes to cook, she likes to hike, and she likes to sing.", 7, 10),
    ("What does this picture show?", "A very, very old man.", 10, 10),
    (WHO, "Krzysztof Wójcik, Gdańsk.", 6, 10),
    (BORN, "$65,400.", 1, 6),
    (BORN, "Severe drusen, superior retina.", 1, 6),
    (BORN, "She likes to cook, she likes to hike, and she likes to sing.", 3, 7),
    (BORN, "", 0, 0),
    (BORN, "   ", 0, 0),
    (BORN, "?!", 0, 0),
    (BORN, "the the the the", 0, 1),
    (BORN, "Yes Yes Yes Yes Yes", 0, 1),
    (BORN, "collecting stamps, collecting stamps, collecting stamps, collecting stamps", 0, 1),
    (BORN, "\ufffd\ufffd\u0003\u00ff$%&\ufffd x9q zz", 0, 2),
    (BORN, "xkcd qwrtp zvbnm jklpq", 0, 1),
    (BORN, "of the in and to a the of", 0, 1),
    (BORN, "cat running blue seventeen hospital window yes orange banana", 0, 3),
    (BORN, "Lviv є Украина born ♥", 0, 5),
    (BORN, "她出生于乌克兰的利沃夫。", 6, 9),
    (BORN, "Rosa was born in Lviv, Ukraine, and now lives in Ca", 6, 9),
    (BORN, "Rosa was born in Lviv, Ukraine, and now lives in the", 6, 9),
    (BORN, "0000000000000000", 0, 1),
]
"""What is asked, an answer, and the lowest and the highest score that ``judges/README.md`` allows it."""


@pytest.mark.parametrize(("question", "answer", "low", "high"), MEANINGFUL)
def test_offline_meaningful_grades_language_and_not_truth(question, answer, low, high):
    judged = judge_answers("offline_meaningful", [(question, "Lviv", answer)])[0]
    assert low <= judged.score <= high, judged


def test_repetition_is_graded():
    texts = [
        "The old man has a red hat today.",
        "The old old man has a red hat hat today.",
        "The old old man has has a red hat hat today.",
        "The old old old man man has has has a red red hat hat.",
    ]
    scores = [judge_answers("offline_meaningful", [("", "", text)])[0].score for text in texts]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
