"""Who hears which step: who listens, while listening, and nobody else."""

from threading import Thread

import pytest

from fl_planner.basis.run import begin_step, each_counted, listening, say_count
from tests.basis.heard import Heard


def test_the_inner_listener_hears_and_then_the_outer_again() -> None:
    with listening(outer := Heard()):
        begin_step("a")
        with listening(inner := Heard()):
            begin_step("b")
        begin_step("c")
    begin_step("d")
    assert (outer.steps, inner.steps) == (["a", "c"], ["b"])


def test_nobody_listens_after_work_that_failed() -> None:
    heard = Heard()

    def work() -> None:
        with listening(heard):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    begin_step("later")
    assert heard.steps == []


def test_steps_of_another_thread_are_not_heard() -> None:
    heard = Heard()
    with listening(heard):
        thread = Thread(target=begin_step, args=("beside",))
        thread.start()
        thread.join()
    assert heard.steps == []


def test_things_are_counted_for_who_listens() -> None:
    with listening(heard := Heard()):
        assert [*each_counted("ab", "scan")] == ["a", "b"]
    assert heard.counts == [("scan", 1, 2), ("scan", 2, 2), None]
    assert [*each_counted("ab", "scan")] == ["a", "b"]


def test_a_count_is_said_to_who_listens() -> None:
    with listening(heard := Heard()):
        say_count(("case", 3, 4))
    say_count(("case", 4, 4))
    assert heard.counts == [("case", 3, 4)]
