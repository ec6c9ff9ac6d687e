"""Replicas that hang: noticed by their silence alone, and never mistaken for slow ones."""

import pytest
from scripted_replicas import ScriptedReplicas, job, many_questions
from test_generating_replicas import every_once

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.deadlines import Watch
from s_mllmun_bench.generating.engines import Job, Taken
from s_mllmun_bench.generating.events import Answered, Ended, Lost, Placed, Ready, Took
from s_mllmun_bench.generating.sharing import shared_out

WINDOW = 512
"""At 50 questions/s it takes 10.24 s, so that 102.4 s of silence are too long."""


def answered(jobs: list[Job], replicas: ScriptedReplicas, patience: float = 60.0) -> list[tuple[int, str]]:
    said = shared_out(jobs, WINDOW, replicas, patience)
    return [(number, one.question_id) for number, one in said if not isinstance(one, Taken)]


def test_a_replica_that_hangs_is_killed_and_its_window_is_asked_again() -> None:
    jobs = [job(many_questions(2_000))]
    replicas = ScriptedReplicas([50.0, 50.0], hangs={1: [3.0]}, starting=2.0)
    assert sorted(answered(jobs, replicas)) == sorted(every_once(jobs))
    ((killed, second),) = replicas.killed
    assert killed == 1
    # 16 answers at a time, each 0.32 s, from the 2nd second on: the last that came did so at 2.96 s. It is
    # looked at every second.
    assert 2.96 + 102.4 < second < 2.96 + 102.4 + 2.1
    assert max(replicas.asked.values()) <= 3


def test_a_lone_replica_that_hangs_in_its_first_window_is_killed_after_the_patience() -> None:
    jobs = [job(many_questions(100))]
    replicas = ScriptedReplicas([50.0], hangs={0: [2.5]}, starting=2.0)
    assert answered(jobs, replicas, 60.0) == list(every_once(jobs))
    ((_, second),) = replicas.killed
    # Its first 16 answers came at 2.32 s, and no window has ended.
    assert 62.32 < second < 62.32 + 2.1


@pytest.mark.parametrize(("speed", "at_once"), [(1.0, 16), (10.0, 512)], ids=["slow", "slow and silent"])
def test_a_slow_replica_is_left_alone(speed: float, at_once: int) -> None:
    # 512 s for a window where others take 10, but an answer now and then; or 51 s without a word.
    jobs = [job(many_questions(25_000))]
    replicas = ScriptedReplicas([50.0, 50.0, speed], at_once=at_once)
    assert sorted(answered(jobs, replicas, 20.0)) == sorted(every_once(jobs))
    assert replicas.killed == []


def test_the_first_start_takes_as_long_as_it_takes() -> None:
    jobs = [job(many_questions(100))]
    replicas = ScriptedReplicas([50.0, 50.0], starting=5_000.0)
    assert sorted(answered(jobs, replicas)) == sorted(every_once(jobs))
    assert replicas.killed == []


def test_a_replica_that_hangs_while_it_starts_again_is_killed_too() -> None:
    jobs = [job(many_questions(100))]
    # It starts in 20 s, dies in its window, and hangs while it starts again: 10 x 20 s are too long.
    replicas = ScriptedReplicas([50.0], {0: [21.0]}, hangs={0: [22.0]}, starting=20.0)
    assert sorted(answered(jobs, replicas)) == sorted(every_once(jobs))
    ((_, second),) = replicas.killed
    assert 221.0 < second < 221.0 + 2.1


def test_a_replica_that_keeps_hanging_ends_the_command_with_one_line_and_what_is_answered_is_kept() -> None:
    jobs, said = [job(many_questions(100))], []
    hangs = {0: [2.5, 70.0, 140.0, 210.0]}
    with pytest.raises(BenchError) as error:
        for number, one in shared_out(jobs, WINDOW, ScriptedReplicas([1.0], hangs=hangs, starting=0.5), 60.0):
            said.append((number, one))
    assert str(error.value) == (
        "replica 0 died 4 times, the last time because it said nothing for 61 s (--replica-timeout); what is "
        "answered is kept, and the same command continues"
    )


def seen(watch: Watch, *events: tuple[float, object]) -> None:
    for now, event in events:
        watch.saw(event, now)  # type: ignore[arg-type]


def test_silence_is_too_long_from_ten_windows_or_a_start_and_a_window_or_the_patience_on() -> None:
    started = [(0.0, Placed(0)), (0.0, Placed(1)), (40.0, Ready(0, 40.0)), (40.0, Ready(1, 40.0))]
    for window, patience, limit in ((2.0, 5.0, 42.0), (7.0, 5.0, 70.0), (7.0, 600.0, 600.0)):
        watch = Watch(patience)
        seen(watch, *started)
        watch.gave(0, 100.0)
        watch.gave(1, 100.0)
        seen(watch, (100.0 + window, Ended(1)))
        assert watch.hung(100.0 + limit) == []
        assert watch.hung(100.5 + limit) == [(0, limit + 0.5)]


def test_every_word_begins_the_silence_anew_and_idle_replicas_may_be_silent() -> None:
    watch = Watch(10.0)
    seen(watch, (0.0, Placed(0)), (1.0, Ready(0, 1.0)))
    assert watch.hung(1_000.0) == []
    watch.gave(0, 1_000.0)
    seen(watch, (1_009.0, Took(0, Taken(None))), (1_018.0, Answered(0, [])))
    assert watch.hung(1_028.0) == []
    assert watch.hung(1_029.0) == [(0, 11.0)]
    seen(watch, (1_029.0, Ended(0)))
    assert watch.hung(9_000.0) == []


def test_a_window_that_was_waiting_begins_when_the_one_before_it_ends() -> None:
    watch = Watch(1.0)
    seen(watch, (0.0, Placed(0)), (0.0, Ready(0, 0.0)))
    watch.gave(0, 0.0)
    watch.gave(0, 3.0)
    seen(watch, (4.0, Ended(0)), (9.0, Ended(0)))
    # The windows took 4 and 5 s, not 6.
    watch.gave(0, 10.0)
    assert watch.hung(60.0) == []
    assert watch.hung(60.5) == [(0, 50.5)]


def test_a_lost_replica_is_not_watched() -> None:
    watch = Watch(1.0)
    seen(watch, (0.0, Placed(0)), (0.0, Ready(0, 0.0)))
    watch.gave(0, 0.0)
    seen(watch, (1.0, Lost(0, "it was told to")))
    assert watch.hung(100.0) == []
