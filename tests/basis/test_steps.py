"""Who hears which step: who listens, while listening, and nobody else."""

from __future__ import annotations

from threading import Thread

import pytest

from fl_planner.basis.steps import begin_step, listening


def test_the_inner_listener_hears_and_then_the_outer_again() -> None:
    outer: list[str] = []
    inner: list[str] = []
    with listening(outer.append):
        begin_step("a")
        with listening(inner.append):
            begin_step("b")
        begin_step("c")
    begin_step("d")
    assert (outer, inner) == (["a", "c"], ["b"])


def test_nobody_listens_after_work_that_failed() -> None:
    heard: list[str] = []

    def work() -> None:
        with listening(heard.append):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    begin_step("later")
    assert heard == []


def test_steps_of_another_thread_are_not_heard() -> None:
    heard: list[str] = []
    with listening(heard.append):
        thread = Thread(target=begin_step, args=("beside",))
        thread.start()
        thread.join()
    assert heard == []
