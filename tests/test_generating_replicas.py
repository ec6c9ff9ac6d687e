"""Replicas of an engine: who answers what, with scripted replicas in a time of their own."""

import tempfile
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_replicas import ScriptedReplicas, job, many_questions

from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating import ray_cluster
from s_mllmun_bench.generating.backend import BackendSettings
from s_mllmun_bench.generating.dealing import tapered
from s_mllmun_bench.generating.engines import Job, Taken
from s_mllmun_bench.generating.events import Answered, Lost
from s_mllmun_bench.generating.ray_cluster import Room, room
from s_mllmun_bench.generating.sharing import Replicas, shared_out

WINDOW = 512
EVEN = [50.0] * 8
ONE_SLOW = [50.0] * 7 + [12.5]


def answered(jobs: list[Job], replicas: Replicas, window: int = WINDOW) -> Counter[tuple[int, str]]:
    """Let the replicas do the jobs; return how often each question of each job was answered."""
    said: Counter[tuple[int, str]] = Counter()
    begun: set[int] = set()
    for number, one in shared_out(jobs, window, replicas):
        if isinstance(one, Taken):
            begun.add(number)
        else:
            assert number in begun
            said[number, one.question_id] += 1
    return said


def every_once(jobs: list[Job]) -> Counter[tuple[int, str]]:
    return Counter((number, one.id) for number, each in enumerate(jobs) for one in each.questions)


@pytest.mark.parametrize("speeds", [EVEN, ONE_SLOW], ids=["even", "one four times slower"])
@pytest.mark.parametrize(("count", "share"), [(25_000, 0.94), (100_000, 0.97)])
@pytest.mark.parametrize("window", [512, 2048])
def test_eight_replicas_answer_as_fast_as_their_speeds_add_up(
    speeds: list[float], count: int, share: float, window: int
) -> None:
    jobs, replicas = [job(many_questions(count))], ScriptedReplicas(speeds)
    assert answered(jobs, replicas, window) == every_once(jobs)
    ideal = count / sum(speeds)
    assert ideal / replicas.now >= share
    # One that is being answered and one that lies ready.
    assert replicas.most_held == 2


def test_what_lies_in_memory_does_not_grow_with_what_is_answered() -> None:
    jobs, replicas = [job(many_questions(100_000))], ScriptedReplicas(EVEN, counting=False)
    tracemalloc.start()
    sizes = []
    for count, _ in enumerate(shared_out(jobs, WINDOW, replicas)):
        if count % 10_000 == 5_000:
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert len(sizes) == 10
    assert max(sizes) < sizes[0] + 1_000_000


def test_the_windows_are_a_single_engines_and_become_small_at_the_end() -> None:
    questions = many_questions(5_000)
    parts = list(tapered(questions, 512, 4))
    assert [one for part in parts for one in part] == questions
    sizes = [len(part) for part in parts]
    # 5,000 and 4,488 ... 2,440 left: a fourth is more than 512. From 1,928 on it is less.
    assert sizes[:6] == [512] * 6
    assert all(size < 512 for size in sizes[6:])
    assert sizes[-4:] == sorted(sizes[-4:], reverse=True)
    # A small window ends where an image does: after a multiple of 14 questions.
    ends = [sum(sizes[:place]) for place in range(7, len(sizes))]
    assert all(end % 14 == 0 for end in ends)
    assert [len(part) for part in tapered(questions, 512, 1)] == [512] * 9 + [392]


def test_questions_on_one_image_alone_are_cut_anywhere() -> None:
    parts = list(tapered(many_questions(1_000, per_image=1_000), 512, 2))
    assert [len(part) for part in parts] == [500, 250, 125, 63, 32, 30]


def test_an_answered_window_is_left_out_and_a_broken_one_is_asked_whole() -> None:
    questions = many_questions(2_000)
    parts = list(tapered(questions, WINDOW, 2))
    done = frozenset(one.id for one in [*parts[0], *parts[1][:-1]])
    replicas = ScriptedReplicas([50.0, 50.0])
    said = answered([job(questions, done)], replicas)
    assert {question for _, question in said} == {one.id for one in questions} - done
    assert {question for _, question in replicas.asked} == {one.id for part in parts[1:] for one in part}


@pytest.mark.parametrize("at", [0.5, 3.0, 11.0, 26.0])
def test_a_dead_replicas_window_is_asked_again_and_no_other(at: float) -> None:
    jobs = [job(many_questions(2_000))]
    undisturbed, replicas = (
        ScriptedReplicas([50.0] * 2),
        ScriptedReplicas([50.0] * 2, {1: [at]}, starting=2.0),
    )
    answered(jobs, undisturbed)
    assert answered(jobs, replicas) == every_once(jobs)
    twice = [question for question, count in replicas.asked.items() if count > 1]
    largest = max(undisturbed.windows)
    assert len(twice) <= largest
    assert max(replicas.asked.values()) <= 2


def test_a_replica_that_keeps_dying_ends_the_command_with_one_line() -> None:
    jobs, deaths = [job(many_questions(50_000))], {3: [1.0, 20.0, 40.0, 60.0]}
    with pytest.raises(BenchError) as error:
        answered(jobs, ScriptedReplicas(EVEN, deaths, starting=0.5))
    assert str(error.value) == (
        "replica 3 died 4 times, the last time because it was told to; what is answered is kept, and the "
        "same command continues"
    )
    three = ScriptedReplicas(EVEN, {3: deaths[3][:3]}, starting=0.5)
    assert answered(jobs, three) == every_once(jobs)


def test_a_question_on_which_every_replica_dies_ends_the_command_with_one_line() -> None:
    with pytest.raises(
        BenchError,
        match=r"^4 replicas died on the same questions \(q0 to q511\), the last time because the question is "
        "too much for it; try a smaller --batch-size$",
    ):
        answered([job(many_questions(50_000))], ScriptedReplicas(EVEN, poison="q100", starting=5.0))


def test_a_replica_that_comes_late_takes_its_part_of_what_is_left() -> None:
    jobs = [job(many_questions(25_000))]
    replicas = ScriptedReplicas(EVEN, {number: [0.5] for number in range(4, 8)}, starting=20.0)
    assert answered(jobs, replicas) == every_once(jobs)
    # Nobody is ready before 20 s; nobody is killed, because a death at 0.5 s comes before the start.
    assert replicas.now <= (20.0 + 25_000 / sum(EVEN)) / 0.95 + 20.0


def test_adapters_are_spread_over_replicas_which_stay_with_them() -> None:
    questions = many_questions(5_000)
    jobs = [job(questions) for _ in range(8)]
    replicas = ScriptedReplicas(EVEN, switching=30.0)
    assert answered(jobs, replicas) == every_once(jobs)
    # Each replica loads one adapter and comes to the end with it, as the others do.
    assert sorted(replicas.taken) == [(number, number) for number in range(8)]


def test_fewer_adapters_than_replicas_are_shared_evenly() -> None:
    jobs = [job(many_questions(20_000)) for _ in range(2)]
    replicas = ScriptedReplicas(EVEN, switching=30.0)
    answered(jobs, replicas)
    first = dict(replicas.taken[:8])
    assert Counter(first.values()) == {0: 4, 1: 4}
    assert len(replicas.taken) == 8


def test_more_adapters_than_replicas_cost_few_changes() -> None:
    jobs = [job(many_questions(10_000)) for _ in range(9)]
    replicas = ScriptedReplicas([50.0] * 4, switching=30.0)
    assert answered(jobs, replicas) == every_once(jobs)
    # One after the other on all replicas would take 36 changes.
    assert len(replicas.taken) <= 16
    ideal = 9 * 10_000 / 200 + 9 / 4 * 30
    assert ideal / replicas.now >= 0.8


def test_what_is_raised_in_a_replica_is_not_hidden() -> None:
    class Broken(ScriptedReplicas):
        def events(self):
            return [
                replace(event, error=ZeroDivisionError("x")) if isinstance(event, Lost) else event
                for event in super().events()
            ]

    with pytest.raises(ZeroDivisionError):
        answered([job(many_questions(50_000))], Broken(EVEN, {0: [1.0, 9.0, 17.0, 25.0]}))


def test_a_replica_that_leaves_a_question_out_is_a_bug_and_not_an_endless_run() -> None:
    class Forgetful(ScriptedReplicas):
        def events(self):
            return [
                replace(event, answers=event.answers[1:]) if isinstance(event, Answered) else event
                for event in super().events()
            ]

    with pytest.raises(RuntimeError, match=r"left out 32 questions, such as q0"):
        answered([job(many_questions(1_000))], Forgetful([50.0]))


GPUS = BackendSettings(engine="ray", tensor_parallel=2)


def test_replicas_take_all_gpus_unless_fewer_are_wanted() -> None:
    nodes = [{"CPU": 32.0, "GPU": 8.0}, {"CPU": 16.0, "GPU": 4.0}, {"CPU": 8.0}]
    assert room(nodes, GPUS) == Room(replicas=6, gpus=2, threads=8)
    assert room(nodes, replace(GPUS, replicas=1)) == Room(replicas=1, gpus=2, threads=16)
    assert Room(6, 2, 8).options == {"num_cpus": 1, "num_gpus": 2, "scheduling_strategy": "SPREAD"}


def test_one_replica_is_started_on_a_cpu_unless_more_are_wanted() -> None:
    plain = BackendSettings(engine="ray")
    assert room([{"CPU": 8.0}], plain) == Room(replicas=1, gpus=0, threads=8)
    assert room([{"CPU": 8.0}], replace(plain, replicas=3)) == Room(replicas=3, gpus=0, threads=2)


@pytest.mark.parametrize(
    ("nodes", "settings", "text"),
    [
        ([{"CPU": 9.0, "GPU": 3.0}] * 2, replace(GPUS, replicas=3), "GPUs for 2 replicas of 2, and 3 "),
        ([{"CPU": 9.0, "GPU": 1.0}] * 2, GPUS, "GPUs for 0 replicas of 2, and 1 "),
        ([{"CPU": 4.0}], BackendSettings(engine="ray", replicas=5), "4 CPU cores, and 5 "),
    ],
)
def test_replicas_for_which_there_is_no_room_are_one_line(nodes, settings, text: str) -> None:
    with pytest.raises(BenchError, match=f"^Ray has {text}replicas are wanted; give another --replicas$"):
        room(nodes, settings)


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_ray_that_does_not_start_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    ray = pytest.importorskip("ray")
    refused = KeyboardInterrupt() if interrupted else ray.exceptions.AuthenticationError("no token")

    def init(*_: Any, **options: Any) -> None:
        assert list(tmp_path.glob("bench_ray_*"))
        raise refused

    monkeypatch.setattr(ray_cluster, "_SHORT", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ray_cluster, "_own", dict)
    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(KeyboardInterrupt if interrupted else BenchError):
        ray_cluster.Cluster("local", 1)
    assert not list(tmp_path.iterdir())
