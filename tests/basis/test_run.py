"""What one run reads and writes, who hears its steps; a run that was refused holds nothing."""

import gc
import weakref
from contextlib import nullcontext, suppress
from threading import Thread

import pytest

from fl_planner.basis.findings import InputRefused, TimeUsedUpError, naming
from fl_planner.basis.run import (
    Ledger,
    Place,
    begin_step,
    current_ledger,
    each_counted,
    held_by,
    listening,
    one_run,
    report_count,
    within_bounds,
)
from tests.basis.heard import Heard
from tests.cases import each_case
from tests.refusals import refuses

LIVER = Place("liver.nii", "/data/liver.nii", (1, 7), frozenset([(1, 2)]))


class Volume:
    """Stands for a mask that takes memory."""


def refuse_with(volumes: list[weakref.ref[Volume]]) -> None:
    volume = Volume()
    volumes.append(weakref.ref(volume))
    with one_run() as ledger:
        ledger.read(LIVER)
        ledger.write(LIVER)


def test_what_a_refused_run_had_read_is_let_go_at_once() -> None:
    volumes: list[weakref.ref[Volume]] = []
    gc.disable()  # which would find it, but later
    try:
        with suppress(InputRefused):
            refuse_with(volumes)
        assert [one() for one in volumes] == [None]
    finally:
        gc.enable()
    assert current_ledger() is None


@pytest.mark.parametrize(
    ("path", "identity"),
    [("/link/liver.nii", (1, 7)), ("/data/liver.nii", None), ("/data/Liver.NII", None)],
    ids=["a link", "not there yet", "another spelling"],
)
def test_a_place_is_known_by_what_is_there_and_by_its_path(
    path: str, identity: tuple[int, int] | None
) -> None:
    assert Place("liver.nii", path, identity).is_same(LIVER)
    assert not Place("liver.nii", "/other/liver.nii", (2, 7)).is_same(LIVER)


def test_a_conflict_that_was_met_is_reported_to_whoever_writes_next() -> None:
    ledger = Ledger()
    ledger.write(LIVER)
    with refuses("output.is_input", "liver.nii"):
        ledger.read(LIVER)
    with refuses("output.is_input", "liver.nii"):
        ledger.require_no_conflict()
    with refuses("output.is_input", "liver.nii"):
        ledger.write(Place("new.nii", "/data/new.nii", None))


def test_a_folder_that_is_read_or_holds_an_input_is_no_output() -> None:
    folder = Place("ct", "/data/ct", (1, 3), frozenset([(1, 2)]), is_folder=True)
    inside = Place("new.nii", "/data/ct/new.nii", None, frozenset([(1, 3), (1, 2)]))
    ledger = Ledger()
    assert not Ledger().has_outputs
    ledger.read(folder)
    with refuses("output.is_input", "new.nii", says="is in the folder ct"):
        ledger.write(inside)
    assert ledger.has_outputs
    around = Place("data", "/data", (1, 2), is_folder=True)
    ledger = Ledger()
    ledger.read(LIVER)
    ledger.read(Place("stream", "", None))
    with refuses("output.is_input", "data", says="contains an input, liver.nii"):
        ledger.write(around)


def test_two_outputs_in_one_place_or_one_in_the_other_are_refused() -> None:
    out = Place("out", "/data/out", (1, 9), is_folder=True)
    within = [
        Place("plan.csv", "/other/plan.csv", None, frozenset([(1, 9)])),  # by a link
        Place("plan.csv", "/data/OUT/plan.csv", None),
        out,
    ]
    for place in within:
        ledger = Ledger()
        ledger.write(out)
        with refuses("output.twice", place.name):
            ledger.write(place)


def test_a_log_grows_and_a_run_within_a_run_shares_its_ledger() -> None:
    with one_run() as ledger, one_run() as inner:
        assert inner is ledger is current_ledger()
        ledger.write(LIVER, grows=True)
        assert ledger.keeps(LIVER)
        assert not ledger.keeps(Place("other", "/data/other", (1, 8)))
        ledger.require_apart(LIVER)


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


def test_a_count_is_stated_to_who_listens() -> None:
    with listening(heard := Heard()):
        report_count(("case", 3, 4))
    report_count(("case", 4, 4))
    assert heard.counts == [("case", 3, 4)]


class Bounds:
    """Holds to bounds as a process of its own would be."""

    def __init__(self) -> None:
        self.begun = 0

    def begin_one(self) -> None:
        """Count it."""
        self.begun += 1

    def refuse_one(self, ended: MemoryError | TimeUsedUpError, asked: str, /) -> InputRefused:
        """Name the file that was read."""
        (file,) = getattr(ended, "__notes__", [asked])
        return InputRefused("limit.memory", file, "takes all memory", "give a smaller one")


def read_too_large(file: str | None) -> None:
    with naming(file) if file else nullcontext():
        raise MemoryError


@each_case("file, source", {"a file": ("ct.nii", "ct.nii"), "no file": (None, "plan")})
def test_work_beyond_its_bounds_is_refused_by_the_file_at_hand(
    file: str | None, source: str
) -> None:
    with held_by(bounds := Bounds()), refuses("limit.memory", source):
        within_bounds("plan", lambda: read_too_large(file))
    assert bounds.begun == 1
    with pytest.raises(MemoryError):  # held to none
        within_bounds("plan", lambda: read_too_large(file))


def test_work_within_its_bounds_is_done_and_other_errors_are_its_own() -> None:
    with held_by(bounds := Bounds()):
        assert within_bounds("plan", lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            within_bounds("plan", lambda: 1 // 0)
    assert bounds.begun == 2
