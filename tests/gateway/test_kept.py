"""What a gateway keeps of a case once its results are stored or withdrawn, also if it is killed."""

import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fl_planner.archive.connection import InstanceName
from fl_planner.basis.findings import InputRefused
from fl_planner.gateway import arrivals, work_loop
from fl_planner.gateway.store import Store
from fl_planner.gateway.work_loop import Station
from fl_planner.intake.documents.gateway_routing_file import Routing, StudyRoute
from tests.gateway.test_work_loop import (
    CT,
    GIB,
    QUIET_S,
    Clock,
    FakeArchive,
    World,
    drawing,
    plan,
    read_files,
    read_results,
    result,
    run,
    withdrawal,
    write_note,
)

KILLED = 9  # exit status of a process that was killed
REDUCED = "reduced.txt"
Opening = Callable[[], AbstractContextManager[World]]


@dataclass
class DiskArchive(FakeArchive):
    """An archive whose objects outlive the process that stored them."""

    folder: Path = Path()

    def has(self, one: InstanceName) -> bool:
        """Whether it has an object."""
        return (self.folder / one.instance).exists()

    def fetch(self, one: InstanceName) -> Any:
        """Give an object back."""
        return pickle.loads((self.folder / one.instance).read_bytes())

    def store(self, objects: Sequence[Any]) -> None:
        """Keep objects."""
        for one in objects:
            (self.folder / str(one.SOPInstanceUID)).write_bytes(pickle.dumps(one))

    def names(self) -> set[str]:
        """Name its objects."""
        return {one.name for one in self.folder.iterdir()}


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opening:
    """Return a function that opens the same store and archive, as each start of a gateway does."""
    (tmp_path / "archive").mkdir()
    clock, archive = Clock(), DiskArchive(folder=tmp_path / "archive")
    for module in (work_loop, arrivals):
        monkeypatch.setattr(module, "time", clock)
    for name, made in (
        ("read_result_set", read_results),
        ("read_objects", read_files),
        ("write_rejection", write_note),
        ("keep_headers", reduce_results),
    ):
        monkeypatch.setattr(work_loop, name, made)

    @contextmanager
    def start() -> Iterator[World]:
        with Store.opened(tmp_path / "store", GIB) as store:
            world = World(tmp_path / "store", store, clock, archive)
            monkeypatch.setattr(work_loop, "plan_case", lambda *given: plan(world, *given))
            yield world

    return start


def reduce_results(folder: Path) -> None:
    """Mark the results as reduced."""
    (folder / REDUCED).write_text("x")


def stored(world: World) -> set[str]:
    """Name the objects that the archive has."""
    assert isinstance(world.archive, DiskArchive)
    return world.archive.names()


def jobs(world: World) -> dict[str, list[str]]:
    """List the files of each job."""
    return {
        one.name: sorted(str(each.relative_to(one)) for each in one.rglob("*") if each.is_file())
        for one in sorted((world.folder / "jobs").iterdir())
    }


KEPT = [f"results/{name}" for name in ("one.dcm", REDUCED)]


def test_of_a_stored_case_the_plan_and_headers_are_kept(opened: Opening) -> None:
    with opened() as world:
        world.send(*CT, drawing(*CT))
        run(world, 2)
        place = world.store.folder_of(world.store.find_job(1))
        (place / "plan.json").write_text("{}")
        assert "case.toml" in jobs(world)["1"]
        run(world)
        assert jobs(world) == {"1": ["plan.json", *KEPT]}
        assert not [*(world.folder / "drafts").iterdir()]


def test_of_a_withdrawn_case_only_the_row_is_kept(opened: Opening) -> None:
    with opened() as world:
        world.send(*CT, drawing(*CT))
        run(world)
        world.send(*CT, drawing(*CT, number=2))
        run(world)
        assert jobs(world) == {"2": KEPT}
        assert world.states() == ["withdrawn", "stored"]
        world.send(*CT, drawing(*CT, number=3))
        run(world)
        assert jobs(world) == {"3": KEPT}
        assert world.planned[-1] == ("study-3", "2")
        assert stored(world) == {
            result(1), result(2), withdrawal(1), result(3), withdrawal(2)
        }  # fmt: skip


def test_results_without_an_archive_are_kept(opened: Opening) -> None:
    with opened() as world:
        routing = Routing("r.toml", (StudyRoute(name="r"),), QUIET_S, GIB, {})
        working = Station(world.store, routing, world.log.append, began=world.clock.now)
        for number in (1, 2):
            world.send(*CT, drawing(*CT, number=number))
            world.clock.now += QUIET_S
            for _ in range(6):
                working.work()
    with opened() as world:
        assert world.states() == ["withdrawn", "stored"]
        assert all("results/one.dcm" in one for one in jobs(world).values())
        assert [*jobs(world)] == ["1", "2"]


def test_a_refused_case_leaves_no_draft(opened: Opening) -> None:
    with opened() as world:
        world.refusal = InputRefused("volume.no_remnant", "flr", "it is empty", "draw it")
        world.send(*CT, drawing(*CT))
        run(world)
        assert world.states() == ["refused"]
        assert not [*(world.folder / "drafts").iterdir()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (work_loop, "push"),
        (work_loop, "keep_headers"),
        (work_loop, "write_rejection"),
        (Store, "enter_stored"),
        (Store, "enter_withdrawn"),
        (Store, "remove_objects"),
        (Store, "enter_cleared"),
        (shutil, "rmtree"),
    ],
)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_gateway_killed_at_any_step_loses_nothing(
    owner: object,
    step: str,
    *,
    done: bool,
    opened: Opening,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each step ends the process, before or after it is done; the next start continues."""
    with opened() as world:
        world.send(*CT, drawing(*CT))
        run(world)
        world.send(*CT, drawing(*CT, number=2))
    plain = getattr(owner, step)

    def die(*given: object, **named: object) -> None:
        if done:
            plain(*given, **named)
        os._exit(KILLED)

    child = os.fork()
    if child == 0:
        with opened() as world:
            monkeypatch.setattr(owner, step, die)
            run(world)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == KILLED
    with opened() as world:
        run(world, 10)
        assert world.states() == ["withdrawn", "stored"]
        assert jobs(world) == {"2": KEPT}
        assert [*(world.folder / "objects").iterdir()] == []
        assert stored(world) == {result(1), result(2), withdrawal(1)}
        assert not world.store.list_open_jobs()


def test_a_folder_left_by_a_kill_is_removed_at_the_start(opened: Opening) -> None:
    with opened() as world:
        world.send(*CT, drawing(*CT))
        run(world)
        world.send(*CT, drawing(*CT, number=2))
        run(world)
        for number in (1, 7):  # withdrawn, and never entered
            (world.folder / "jobs" / str(number)).mkdir()
    with opened() as world:
        assert [*jobs(world)] == ["2"]


def test_unfinished_files_of_a_killed_gateway_are_removed_at_the_start(opened: Opening) -> None:
    with opened() as world:
        folders = (world.folder, world.folder / "finished")
        for folder in folders:
            (folder / ".fl-planner-killed").mkdir(parents=True)
            (folder / ".fl-planner-killed" / "draft").write_text("half a worklist")
    with opened():
        assert [one.name for folder in folders for one in folder.glob(".fl-*")] == []


def test_a_set_that_was_withdrawn_for_another_case_is_not_withdrawn_again(
    opened: Opening,
) -> None:
    """Two later drawings of which both name the same first set."""
    with opened() as world:
        world.send(*CT, drawing(*CT))
        run(world)
        for number in (2, 3):
            world.send(*CT, drawing(*CT, number=number))
            working = run(world, 1)  # planned
            world.store._journal.execute("UPDATE jobs SET replaces = 1 WHERE number > 1")
            assert working.store.find_job(number).replaces == 1
        run(world, 8)
        assert world.states() == ["withdrawn", "stored", "stored"]
        assert [one for one in world.log if "failed" in one] == []
