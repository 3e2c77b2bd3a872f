"""What a gateway keeps of a case once its results are stored or withdrawn, also if it is killed."""

import os
import pickle
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fl_planner.archive.connection import InstanceName
from fl_planner.archive.receiver import Arrival
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.gateway import arrivals, work_loop
from fl_planner.gateway.arrivals import Intake
from fl_planner.gateway.cases import write_case
from fl_planner.gateway.journal import writing_store
from fl_planner.gateway.store import Store
from fl_planner.gateway.work_loop import Station
from fl_planner.intake.documents.gateway_routing_file import Routing, StudyRoute
from tests.formats.dicom.dicoms import ct_slice, pack
from tests.gateway.test_once import Night
from tests.gateway.test_once import night as night  # a fixture
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
from tests.gateway.test_work_loop import world as world  # a fixture
from tests.refusals import refuses

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
    owner: object, step: str, *, done: bool, opened: Opening, monkeypatch: pytest.MonkeyPatch
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


def test_a_set_that_was_withdrawn_for_another_case_is_not_withdrawn_again(opened: Opening) -> None:
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


# ---- a disk that takes no more


@contextmanager
def full_disk() -> Iterator[None]:
    """Refuse every byte that is written to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_gateway_ends_if_a_case_cannot_be_written_and_is_continued(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.world.send(*CT, drawing(*CT))

    def write_full(*given: Any) -> Path:
        with full_disk():
            return write_case(*given)

    with monkeypatch.context() as patch, refuses("listen.full", "store"):
        patch.setattr(work_loop, "write_case", write_full)
        night.run()
    assert night.world.planned == []
    assert [*(night.world.folder / "drafts").iterdir()] == []
    assert night.run()
    assert night.world.states() == ["stored"]


def test_what_is_acknowledged_is_in_the_journal_if_it_cannot_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal has 32 pages at most; the sender learns which images to send again."""
    connect = sqlite3.connect

    def connect_small(*words: Any, **more: Any) -> sqlite3.Connection:
        journal: sqlite3.Connection = connect(*words, **more)
        journal.execute("PRAGMA max_page_count = 32")
        return journal

    images = [ct_slice(number) for number in range(300)]
    for number, one in enumerate(images):
        one.SOPInstanceUID = f"1.2.826.77.9.{number}"
    kept = []
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect_small)
        with Store.opened(tmp_path / "store", GIB) as store, refuses("listen.full", "store"):
            for one in images:
                uid = str(one.SOPInstanceUID)
                Intake(store, Limits()).keep(Arrival("A", str(one.SOPClassUID), uid, pack(one)))
                kept.append(uid)
    assert 0 < len(kept) < len(images)
    with Store.opened(tmp_path / "store", GIB) as store:
        uids = (str(one.SOPInstanceUID) for one in images)
        assert store.commit(uids) == frozenset(kept)
    assert len([*(tmp_path / "store" / "objects").iterdir()]) == len(kept)


def test_nothing_is_promised_if_the_promise_cannot_be_written(tmp_path: Path) -> None:
    with Store.opened(tmp_path / "store", GIB) as store:
        intake, one = Intake(store, Limits()), CT[0]
        uid = str(one.SOPInstanceUID)
        intake.keep(Arrival("A", str(one.SOPClassUID), uid, pack(one)))
        with full_disk(), refuses("listen.full", "store"):
            intake.commit([uid])
        assert store.list_committed(str(one.StudyInstanceUID)) == []


@pytest.mark.parametrize("error", [sqlite3.OperationalError("locked"), ConnectionResetError(104)])
def test_other_errors_are_not_those_of_a_full_disk(error: Exception) -> None:
    if isinstance(error, sqlite3.OperationalError):
        error.sqlite_errorcode = sqlite3.SQLITE_LOCKED
    with pytest.raises(type(error)), writing_store():
        raise error
