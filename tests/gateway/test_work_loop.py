"""What a gateway does with what came, step by step, with an archive and plans of the test."""

import csv
import fcntl
import json
import os
import resource
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from types import SimpleNamespace
from typing import Any

import pytest
from pydicom.dataset import Dataset

from fl_planner.archive.connection import Archive, InstanceName, StudyEntry, StudyQuery, WebAddress
from fl_planner.archive.receiver import Arrival
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.dicom.uids import SEG
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.gateway import arrivals, work_loop
from fl_planner.gateway.arrivals import COMPLETE_LOOK_S, Intake, WatchedFolder, read_object
from fl_planner.gateway.store import Store
from fl_planner.gateway.work_loop import Station
from fl_planner.gateway.worklist import as_row
from fl_planner.intake.documents.gateway_routing_file import Routing, StudyRoute
from tests.archive.studies import IDENTIFIERS
from tests.formats.dicom.dicoms import ct_slice, item, pack, seg
from tests.gateway.test_transfer import rejection
from tests.refusals import nested_deeply, refuses

GIB = 1 << 30
QUIET_S = 30.0


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Give its time."""
        return self.now


@dataclass
class FakeArchive:
    """An archive in memory that can be switched off."""

    name: str = "web"
    held: dict[str, Any] = field(default_factory=dict)
    is_off: bool = False

    def has(self, one: InstanceName) -> bool:
        """Whether it has an object."""
        self._require_on()
        return one.instance in self.held

    def find_studies(self, query: StudyQuery) -> Iterator[StudyEntry]:
        """List no study."""
        del query
        yield from ()

    def list_instances(self, study: str, series: Collection[str] = ()) -> tuple[InstanceName, ...]:
        """List no object."""
        del study, series
        return ()

    def fetch(self, one: InstanceName) -> Any:
        """Give an object back."""
        return self.held[one.instance]

    def store(self, objects: Sequence[Any]) -> None:
        """Keep objects."""
        self._require_on()
        self.held.update((str(one.SOPInstanceUID), one) for one in objects)

    def _require_on(self) -> None:
        if self.is_off:
            raise InputRefused("archive.unreachable", self.name, "it is off", "switch it on")


@dataclass
class World:
    """A store with its station, an archive, and what was planned and said."""

    folder: Path
    store: Store
    clock: Clock
    archive: FakeArchive = field(default_factory=FakeArchive)
    log: list[str] = field(default_factory=list)
    planned: list[tuple[str, str | None]] = field(default_factory=list)
    refusal: InputRefused | None = None

    def station(self) -> Station:
        """Begin a process's work."""
        route = StudyRoute(name="r", archive="web")
        archives = {"web": Archive("web", WebAddress("http://127.0.0.1/w"))}
        routing = Routing("routing.toml", (route,), QUIET_S, GIB, archives)
        return Station(
            self.store,
            routing,
            self.log.append,
            began=self.clock.now,
            open_archive=lambda _: self.archive,
        )

    def send(self, *objects: Dataset, caller: str = "VIEWER") -> None:
        """Send objects as a workstation does."""
        intake = Intake(self.store, Limits())
        for one in objects:
            intake.keep(Arrival(caller, str(one.SOPClassUID), str(one.SOPInstanceUID), pack(one)))

    def rows(self) -> list[dict[str, Any]]:
        """Read the worklist."""
        rows: list[dict[str, Any]] = json.loads((self.folder / "worklist.json").read_text())["rows"]
        return rows

    def states(self) -> list[str]:
        """Give the states of all cases, the first one first."""
        return [row["state"] for row in reversed(self.rows())]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    clock = Clock()
    for module in (work_loop, arrivals):
        monkeypatch.setattr(module, "time", clock)
    with Store.opened(tmp_path / "store", GIB) as store:
        made = World(tmp_path / "store", store, clock)
        monkeypatch.setattr(work_loop, "plan_case", lambda *given: plan(made, *given))
        monkeypatch.setattr(work_loop, "read_result_set", read_results)
        monkeypatch.setattr(work_loop, "read_objects", read_files)
        monkeypatch.setattr(work_loop, "write_rejection", write_note)
        monkeypatch.setattr(work_loop, "keep_headers", lambda _: None)
        yield made


def result(number: int) -> str:
    """Give the UID of the result of a case."""
    return f"2.25.{number}"


def withdrawal(number: int) -> str:
    """Give the UID of the rejection note of that result."""
    return f"{result(number)}.9"


def plan(world: World, case: Path, _: Path | None, earlier: Path | None) -> Any:
    """Write a result set of one object that names the case."""
    if world.refusal is not None:
        raise world.refusal
    results = case.parent / "results"
    results.mkdir()
    id_ = case.read_text("utf-8").split('id = "')[1].split('"')[0]
    (results / "one.dcm").write_text(result(int(id_.removeprefix("study-"))), "utf-8")
    world.planned.append((id_, None if earlier is None else earlier.parent.name))
    record = {"flr_percent": 31.5, "flr_percent_shown": "31.5", "findings": []}
    return SimpleNamespace(folder=case.parent, record=record)


def test_h03_a_row_states_the_denominator_of_its_flr() -> None:
    flr = {"flr_percent": 31.5, "flr_percent_shown": "31.5"}
    for record, named in (
        ({**flr, "denominator": "measured_liver"}, "measured_liver"),
        ({"denominator": "measured_liver"}, None),  # without an FLR
    ):
        assert json.loads(as_row(record))["denominator"] == named


def read_results(folder: Path) -> Any:
    path = folder / "one.dcm"
    name = path.read_text("utf-8")
    one = SimpleNamespace(path=path, sop_instance_uid=name, study_instance_uid="1.2")
    return SimpleNamespace(members=(one,), kos=one, name=name)


def read_files(paths: Sequence[Path]) -> list[Dataset]:
    """Make an object of each file whose UID is the file's text."""
    made = []
    for path in paths:
        one = Dataset()
        one.SOPInstanceUID, one.SOPClassUID = path.read_text("utf-8"), SEG
        one.StudyInstanceUID = one.SeriesInstanceUID = "1.2"
        made.append(one)
    return made


def write_note(made: Any, path: Path, reason: str, *, force: bool) -> Any:
    assert (reason, force) == ("quality", True)
    path.write_text(f"{made.name}.9", "utf-8")
    return SimpleNamespace(sop_instance_uid=f"{made.name}.9")


def image(number: int, study: int = 1, series: int = 1) -> Dataset:
    one = ct_slice(number)
    one.StudyInstanceUID, one.SeriesInstanceUID = f"1.2.826.77.2.{study}", f"1.2.826.77.3.{series}"
    one.SOPInstanceUID = f"1.2.826.77.9.{study}.{series}.{number}"
    return one


def drawing(*images: Dataset, number: int = 1, study: int = 1) -> Dataset:
    one = seg(labels=("Liver",))
    one.StudyInstanceUID, one.SeriesInstanceUID = f"1.2.826.77.2.{study}", f"1.2.826.77.7.{number}"
    one.SOPInstanceUID = f"1.2.826.77.8.{study}.{number}"
    for each in (*one.PerFrameFunctionalGroupsSequence, *one.SharedFunctionalGroupsSequence):
        each.pop("DerivationImageSequence", None)
    one.ReferencedSeriesSequence = [
        item(
            SeriesInstanceUID=each.SeriesInstanceUID,
            ReferencedInstanceSequence=[
                item(
                    ReferencedSOPClassUID=each.SOPClassUID,
                    ReferencedSOPInstanceUID=each.SOPInstanceUID,
                )
            ],
        )
        for each in images
    ]
    return one


CT = [image(1), image(2)]
PORTAL = [image(1, series=2), image(2, series=2)]  # another phase


def run(world: World, steps: int = 6, each_s: float = 0.0) -> Station:
    """Work step by step in one process."""
    working = world.station()
    world.clock.now += QUIET_S
    for _ in range(steps):
        working.work()
        world.clock.now += each_s
    return working


def test_a_study_waits_until_it_is_quiet_and_complete(world: World) -> None:
    working = world.station()
    world.send(drawing(*CT), CT[0])
    world.clock.now += 10 * QUIET_S
    assert not working.work()
    assert working.store.count_missing(working.store.find_job(1)) == 1
    world.send(CT[1])
    assert not working.work()
    world.clock.now += QUIET_S - 1
    assert not working.work()
    world.clock.now += 1
    for _ in range(4):
        working.work()
    assert world.planned == [("study-1", None)]
    assert world.states() == ["stored"]
    assert [*world.archive.held] == [result(1)]
    assert [row["flr_percent"] for row in world.rows()] == [31.5]


def test_no_file_is_synced_that_is_only_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses that (`FlushFileBuffers`: the handle must have GENERIC_WRITE access)."""
    written: list[bool] = []

    def sync(number: int) -> None:
        if S_ISREG(os.fstat(number).st_mode):
            written.append(fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY)

    monkeypatch.setattr(os, "fsync", sync)
    working = world.station()
    world.send(*CT, drawing(*CT))
    world.clock.now += QUIET_S
    assert working.work()
    assert [name for name, _ in world.planned] == ["study-1"]
    assert all(written)


def test_what_came_is_kept_until_the_archive_has_the_results(world: World) -> None:
    world.archive.is_off = True
    world.send(*CT, drawing(*CT))
    working = run(world, 3)
    (row,) = world.rows()
    assert (row["state"], row["code"], row["attempts"]) == ("planned", "archive.unreachable", 1)
    assert len([*(world.folder / "objects").iterdir()]) == 3
    world.clock.now += 9
    assert not working.work()  # the next attempt is due after 10 s
    world.clock.now += 1
    working.work()
    assert world.rows()[0]["attempts"] == 2
    world.archive.is_off = False
    world.clock.now += 20
    for _ in range(3):
        working.work()
    (row,) = world.rows()
    assert (row["state"], row.get("code"), row.get("attempts")) == ("stored", None, None)
    assert [*(world.folder / "objects").iterdir()] == []
    assert len(world.planned) == 1
    assert not working.store.list_open_jobs()


def test_an_archive_may_be_off_for_months(world: World) -> None:
    """An attempt every hour: 2000 of them take 83 days."""
    world.archive.is_off = True
    world.send(*CT, drawing(*CT))
    working = run(world, 2)
    for attempts, wait_s in ((8, 2560), (9, 3600), (2000, 3600)):
        with working.store._journal as journal:
            journal.execute("UPDATE jobs SET attempts = ?, due = 0", (attempts,))
        assert working.work()
        (job,) = working.store.list_open_jobs()
        assert (job.attempts, job.due - world.clock.now) == (attempts + 1, wait_s)


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "at the start"])
def test_a_clock_that_is_set_back_delays_no_study(world: World, *, restarts: bool) -> None:
    """A study is planned once it is quiet; a step that is due in years is due at once."""
    world.clock.now, world.archive.is_off = 4e9, True
    world.send(*CT, drawing(*CT))
    working = run(world, 2)
    assert world.rows()[0]["code"] == "archive.unreachable"
    world.archive.is_off = False
    world.send(image(1, 2), drawing(image(1, 2), study=2))
    world.clock.now -= 10 * 365 * 86400
    working = world.station() if restarts else working
    for _ in range(4):
        working.work()
        world.clock.now += 1
    assert world.states() == ["stored", "waiting"]  # of the second, more may come
    world.clock.now += QUIET_S
    for _ in range(4):
        working.work()
    assert world.states() == ["stored", "stored"]


def test_a_refused_plan_is_listed_and_not_repeated(world: World) -> None:
    world.refusal = InputRefused("volume.no_remnant", "flr", "it is empty", "draw it")
    world.send(*CT, drawing(*CT))
    run(world)
    (row,) = world.rows()
    told = (row["state"], row["code"], row["reason"], row["remedy"])
    assert told == ("refused", "volume.no_remnant", "it is empty", "draw it")
    assert world.archive.held == {}
    assert len([*(world.folder / "objects").iterdir()]) == 3
    world.refusal = None
    run(world)
    assert world.planned == []


def test_a_process_that_ended_is_repeated_twice(world: World) -> None:
    world.refusal = InputRefused("listen.plan_failed", "case", "it ended", "report it")
    world.send(*CT, drawing(*CT))
    run(world, 5, each_s=100)
    (row,) = world.rows()
    assert (row["state"], row["attempts"]) == ("refused", 2)
    assert sum("attempt" in one for one in world.log) == 2


def test_a_corrected_drawing_replaces_and_withdraws_the_first(world: World) -> None:
    world.send(*CT, drawing(*CT))
    run(world)
    world.send(*CT, drawing(*CT, number=2))
    run(world)
    assert world.planned == [("study-1", None), ("study-2", "1")]
    assert [*world.archive.held] == [
        result(1), result(2), withdrawal(1)
    ]  # fmt: skip
    assert world.states() == ["withdrawn", "stored"]
    assert world.rows()[0]["replaces"] == "study-1"
    assert not world.store.list_open_jobs()


def test_h12_results_of_an_earlier_drawing_are_marked_while_a_correction_has_none(
    world: World,
) -> None:
    """It comes without its CT, is refused, and comes again; another sender's is no correction."""

    def marks() -> list[str | None]:
        return [row.get("superseded_by") for row in reversed(world.rows())]

    def finished() -> str:
        return (world.folder / "finished" / "0000001-0000100.csv").read_text("utf-8")

    world.send(*CT, drawing(*CT))
    run(world)
    world.send(drawing(*CT, number=2))
    world.send(drawing(*CT, number=3), caller="OTHER")
    run(world)
    assert (world.states(), marks()) == (["stored", "waiting", "waiting"], ["study-2", None, None])
    assert "study-2" in finished()
    world.refusal = InputRefused("volume.no_remnant", "flr", "it is empty", "draw it")
    world.send(*CT)
    run(world)
    assert (world.states(), marks()[0]) == (["stored", "refused", "refused"], "study-2")
    world.refusal = None
    world.send(drawing(*CT, number=4))
    run(world)
    assert world.states() == ["withdrawn", "refused", "refused", "stored"]
    assert marks() == [None] * 4


def test_h12_results_are_marked_when_their_drawing_was_overwritten(
    world: World, tmp_path: Path
) -> None:
    """A watched folder has no sender who could be told; the mark outlives a restart."""
    folder = tmp_path / "exports"
    folder.mkdir()
    watched = WatchedFolder(folder, Intake(world.store, Limits()), QUIET_S, world.log.append)

    def put(one: Dataset) -> None:
        path = folder / str(one.SOPInstanceUID)
        path.write_bytes(pack(one))
        os.utime(path, (world.clock.now - QUIET_S,) * 2)

    def marks() -> list[str]:
        page = (world.folder / "finished" / "0000001-0000100.csv").read_text("utf-8")
        rows = csv.DictReader(page.splitlines())
        return [row["changed_drawings"] for row in rows]

    for one in (*CT, drawing(*CT)):
        put(one)
    watched.look()
    run(world)
    again = image(1)
    again.ImageComments = "changed"
    put(again)  # an image is not drawn again
    put(drawing(*CT))  # the same content at a later time
    world.clock.now += COMPLETE_LOOK_S
    watched.look()
    run(world)
    assert (world.states(), marks()) == (["stored"], [""])
    changed = drawing(*CT)
    changed.ContentDescription = "corrected"
    put(changed)
    world.clock.now += COMPLETE_LOOK_S
    watched.look()
    Station(world.store, world.station().routing, world.log.append).work()  # a new process
    assert (world.states(), marks()) == (["stored"], ["1"])
    assert world.rows()[0]["changed_drawings"] == 1
    changed.SOPInstanceUID += ".2"  # as a new object, with its CT
    put(changed)
    for one in CT:
        world.send(one, caller="folder")
    watched.look()
    run(world)
    assert (world.states(), marks()) == (["withdrawn", "stored"], ["", ""])


def test_results_are_not_marked_for_a_drawing_of_another_phase(world: World) -> None:
    """While its images are missing, it may be a correction; once received, they are of series 2."""
    page = world.folder / "finished" / "0000001-0000100.csv"

    def marks() -> list[str]:
        listed = csv.DictReader(page.read_text("utf-8").splitlines())
        return [row["superseded_by"] for row in listed if row["id"] == "study-1"]

    world.send(*CT, drawing(*CT))
    assert run(world).store.list_open_jobs() == []
    with closing(sqlite3.connect(world.folder / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE sqlite_sequence SET seq = 100 WHERE name = 'jobs'")
    world.send(drawing(*PORTAL, number=2))
    run(world)
    assert marks() == ["study-101"]
    world.refusal = InputRefused("volume.no_remnant", "flr", "it is empty", "draw it")
    world.send(*PORTAL)
    run(world)
    assert (world.states(), marks()) == (["refused"], [""])


def test_drawings_of_another_phase_or_sender_replace_nothing(world: World) -> None:
    """Each has its own results, and none is withdrawn."""
    world.send(*CT, drawing(*CT))
    run(world)
    world.send(*PORTAL, drawing(*PORTAL, number=2))
    run(world)
    world.send(*CT, drawing(*CT, number=3), caller="OTHER")
    run(world)
    assert world.planned == [("study-1", None), ("study-2", None), ("study-3", None)]
    assert world.states() == ["stored"] * 3
    assert [*world.archive.held] == [result(1), result(2), result(3)]


def test_h12_results_that_the_archive_withdrew_are_not_stored_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same drawing in a new store gives the same results as before their withdrawal.

    With `--once`, the program does not wait for the note to disappear.
    """
    note = InstanceName("1.2", "1.2.1", "1.2.99", "1.2.840.10008.5.1.4.1.1.88.59")
    monkeypatch.setattr(world.archive, "list_instances", lambda _: (note,))
    monkeypatch.setattr(world.archive, "fetch", lambda _: rejection(result(1)))
    world.send(*CT, drawing(*CT))
    working = run(world, 3)
    (row,) = world.rows()
    assert (row["state"], row["code"]) == ("planned", "archive.withdrawn")
    assert not world.archive.held
    assert not working.is_expecting()


def test_results_are_not_withdrawn_before_they_are_stored(world: World) -> None:
    """Else they would come after their rejection, and would stay."""
    world.archive.is_off = True
    world.send(*CT, drawing(*CT))
    run(world, 2)
    world.send(drawing(*CT, number=2))
    run(world, 2)
    first = world.store.find_job(1)
    world.store.postpone(first, world.clock.now + 500)
    world.archive.is_off = False
    working = run(world, 4, each_s=30)
    assert [*world.archive.held] == [result(2)]
    world.clock.now += 500
    for _ in range(4):
        working.work()
    assert [*world.archive.held] == [
        result(2), result(1), withdrawal(1)
    ]  # fmt: skip


def postpone_first(world: World) -> None:
    """Send a drawing whose first plan fails; the next attempt is due in 500 s."""
    world.refusal = InputRefused("listen.plan_failed", "case", "it ended", "report it")
    world.send(*CT, drawing(*CT))
    run(world, 1)
    world.refusal = None
    world.store.postpone(world.store.find_job(1), world.clock.now + 500)


def test_an_older_drawing_is_not_planned_after_a_later_one(world: World) -> None:
    """Its attempt failed; at the next one, its results would be valid next to the later ones."""
    postpone_first(world)
    world.send(drawing(*CT, number=2))
    run(world)
    assert world.states() == ["waiting", "stored"]
    world.clock.now += 500
    run(world)
    assert world.planned == [("study-2", None)]
    assert [*world.archive.held] == [result(2)]
    assert world.states() == ["refused", "stored"]
    assert world.rows()[1]["code"] == "listen.later_drawing"
    assert not world.store.list_open_jobs()


def test_an_older_drawing_of_another_sender_or_phase_is_planned_after_all(world: World) -> None:
    postpone_first(world)
    world.send(*PORTAL, drawing(*PORTAL, number=2))
    world.send(drawing(*CT, number=3), caller="OTHER")
    run(world)
    world.clock.now += 500
    run(world)
    assert [one for one, _ in world.planned] == ["study-2", "study-3", "study-1"]
    assert world.states() == ["stored"] * 3


def test_a_drawing_that_comes_during_a_plan_is_planned_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan has read its drawings already; what comes must not be taken for a part of it."""
    world.send(*CT, drawing(*CT))

    def plan_meanwhile(*given: Any) -> Any:
        if not world.planned:
            world.send(drawing(*CT, number=2))
        return plan(world, *given)

    monkeypatch.setattr(work_loop, "plan_case", plan_meanwhile)
    run(world)
    world.clock.now += QUIET_S
    run(world)
    assert world.planned == [("study-1", None), ("study-2", "1")]
    assert [*world.archive.held] == [result(1), result(2), withdrawal(1)]
    assert world.states() == ["withdrawn", "stored"]


def test_results_that_the_archive_forwards_are_not_planned(world: World) -> None:
    world.send(*CT, drawing(*CT))
    run(world)
    returned = drawing(*CT, number=3)
    returned.Manufacturer, returned.ManufacturerModelName = "fl_planner", "fl-planner plan"
    world.send(returned, *CT)
    run(world)
    assert len(world.store.list_last_jobs(10)) == 1
    returned.ManufacturerModelName = "fl-planner convert"  # a drawing of a person
    world.send(returned)
    assert len(world.store.list_last_jobs(10)) == 2


def test_the_same_objects_again_are_not_planned_again(world: World) -> None:
    for _ in range(3):
        world.send(*CT, drawing(*CT))
        run(world)
    assert world.planned == [("study-1", None)]


def test_a_new_drawing_can_use_images_that_are_sent_again(world: World) -> None:
    world.send(*CT, drawing(*CT))
    run(world)
    assert [*(world.folder / "objects").iterdir()] == []
    world.send(drawing(*CT, number=2))
    run(world)
    assert world.rows()[0].get("images_missing") == 2
    world.send(*CT)
    run(world)
    assert world.states() == ["withdrawn", "stored"]


def test_committed_objects_stay_until_the_archive_has_them(world: World) -> None:
    world.send(*CT, drawing(*CT))
    uids = [str(one.SOPInstanceUID) for one in CT]
    kept = Intake(world.store, Limits()).commit([*uids, "1.2.3"])
    assert kept == {*uids}
    working = run(world)
    assert len([*(world.folder / "objects").iterdir()]) == 2
    world.archive.held.update((uid, None) for uid in uids)
    world.clock.now += 3600
    working.work()
    assert [*(world.folder / "objects").iterdir()] == []


OTHER = image(1, series=2)
REFUSED = {
    "no reference": ((*CT, drawing()), "listen.no_images"),
    "two series": ((*CT, OTHER, drawing(*CT, OTHER)), "listen.several_series"),
    "a ct of another study": ((*CT, drawing(*CT, study=2)), "listen.several_series"),
}


@pytest.mark.parametrize(("objects", "code"), REFUSED.values(), ids=[*REFUSED])
def test_a_drawing_without_its_one_ct_is_refused(
    objects: tuple[Dataset, ...], code: str, world: World
) -> None:
    world.send(*objects)
    run(world)
    assert [(row["state"], row["code"]) for row in world.rows()] == [("refused", code)]


def test_studies_of_two_patients_stay_apart(world: World) -> None:
    other = [image(1, study=2), image(2, study=2)]
    world.send(CT[0], other[0], drawing(*CT), drawing(*other, study=2), CT[1], other[1])
    run(world)
    assert world.planned == [("study-1", None), ("study-2", None)]
    for number, images in ((1, CT), (2, other)):
        case = world.store.folder_of(world.store.find_job(number))
        assert not (case / "ct").exists()  # removed with what came
        assert {str(one.StudyInstanceUID) for one in images} == {f"1.2.826.77.2.{number}"}


def test_a_case_that_was_finished_but_not_entered_is_made_again(world: World) -> None:
    """As after a crash between the two."""
    world.send(*CT, drawing(*CT))
    left = world.folder / "jobs" / "1" / "results"
    left.mkdir(parents=True)
    (left / "one.dcm").write_text("half of it", "utf-8")
    (world.folder / "drafts" / "job-1").mkdir()
    run(world)
    assert [*world.archive.held] == [result(1)]


def test_log_and_worklist_have_no_identifier(world: World) -> None:
    world.send(*CT, drawing(*CT))
    run(world)
    said = "\n".join([*world.log, (world.folder / "worklist.csv").read_text("utf-8")])
    said += json.dumps(world.rows())
    assert [one for one in IDENTIFIERS if one in said] == []
    assert oct(world.folder.stat().st_mode)[-3:] == "700"


def test_a_full_store_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    with Store.opened(tmp_path / "small", 3000) as store:
        intake, content = Intake(store, Limits()), pack(CT[0])
        intake.keep(Arrival("A", str(CT[0].SOPClassUID), str(CT[0].SOPInstanceUID), content))
        big = drawing(*CT)
        big.add_new(0x00204000, "LT", "x" * 4000)
        with refuses("listen.full"):
            intake.keep(Arrival("A", SEG, str(big.SOPInstanceUID), pack(big)))
        assert len([*(tmp_path / "small" / "objects").iterdir()]) == 1
        assert store.list_last_jobs(5) == []


def test_an_unacknowledged_file_is_removed_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with Store.opened(folder, GIB):
        (folder / "objects" / "7").write_bytes(b"half")
        (folder / "drafts" / "x").write_bytes(b"half")
    with Store.opened(folder, GIB):
        assert [*(folder / "objects").iterdir()] == [*(folder / "drafts").iterdir()] == []


def test_a_store_belongs_to_one_process(tmp_path: Path) -> None:
    with Store.opened(tmp_path / "store", GIB):
        with pytest.raises(InputRefused) as caught, Store.opened(tmp_path / "store", GIB):
            pass
        assert caught.value.code == "store.busy"
    (tmp_path / "viewed").mkdir()
    (tmp_path / "viewed" / ".DS_Store").write_bytes(b"1")  # of the Finder
    with Store.opened(tmp_path / "viewed", GIB):
        pass
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x")
    with pytest.raises(InputRefused) as caught, Store.opened(tmp_path / "other", GIB):
        pass
    assert caught.value.code == "store.unusable"


def test_a_store_on_a_full_disk_is_not_called_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new folder on the same disk would not help, and nothing has to be sent again."""
    connect = sqlite3.connect

    def connect_full(*words: Any, **more: Any) -> sqlite3.Connection:
        journal: sqlite3.Connection = connect(*words, **more)
        journal.execute("PRAGMA max_page_count = 1")
        return journal

    monkeypatch.setattr(sqlite3, "connect", connect_full)
    with pytest.raises(InputRefused) as caught, Store.opened(tmp_path / "store", GIB):
        pass
    assert (caught.value.code, caught.value.source) == ("listen.full", "store")


def test_a_store_that_cannot_be_written_is_not_called_unreadable(tmp_path: Path) -> None:
    """Files of at most 20,000 bytes may be written: the journal is larger, and is kept."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(InputRefused) as caught, Store.opened(tmp_path / "store", GIB):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (caught.value.code, caught.value.source) == ("listen.full", "store")


def arrival(one: Dataset, **changed: str) -> Arrival:
    values = {"sop_class": str(one.SOPClassUID), "instance": str(one.SOPInstanceUID), **changed}
    return Arrival("A", content=pack(one), **values)


def test_objects_that_are_not_what_they_should_be_are_refused(world: World) -> None:
    intake = Intake(world.store, Limits())
    changed = image(1)
    intake.keep(arrival(changed))
    changed.PatientID = "OTHER"
    other_class = image(3)
    other_class.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    no_study = image(4)
    del no_study.StudyInstanceUID
    for one, code in {
        arrival(changed): "listen.other_object",
        arrival(image(2), instance="1.2.3"): "listen.object",
        arrival(image(2), sop_class=SEG): "listen.object",
        arrival(other_class): "listen.object",
        arrival(no_study): "listen.object",
        Arrival("A", SEG, "1.2.3", pack(image(5))[:400]): "listen.object",
    }.items():
        with refuses(code) as caught:
            intake.keep(one)
        assert [name for name in IDENTIFIERS if name in str(caught.value)] == []


def test_files_of_a_folder_are_taken_once_they_do_not_change(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "CANARY"
    folder.mkdir(parents=True)
    watched = WatchedFolder(tmp_path / "exports", Intake(world.store, Limits()), QUIET_S,
                            world.log.append)  # fmt: skip

    def put(name: str, content: bytes, age_s: float) -> None:
        (folder / name).write_bytes(content)
        at = world.clock.now - age_s
        os.utime(folder / name, (at, at))

    put("1.dcm", pack(CT[0]), QUIET_S)
    put("2", pack(CT[1]), QUIET_S - 1)
    put("seg.dcm", pack(drawing(*CT))[:-20], QUIET_S)  # still being written
    put("notes.txt", b"CANARY", QUIET_S)
    assert watched.look() == 1
    refusal = ["a file in the folder was refused (listen.object)"]
    assert (world.log, watched.has_refused) == (refusal, True)
    put("seg.dcm", pack(drawing(*CT)), QUIET_S)
    world.clock.now += 1
    assert (watched.look(), watched.has_refused) == (2, False)
    assert watched.look() == 0
    run(world)
    assert world.states() == ["stored"]
    assert len([*folder.iterdir()]) == 4
    assert watched.look() == 0


def test_a_drawing_with_a_number_of_three_bytes_is_refused() -> None:
    content = pack(drawing(*CT))
    rows = b"\x28\0\x10\0US"
    before, _, after = content.partition(rows + b"\2\0")
    assert after
    damaged = before + rows + b"\3\0" + after[:2] + b"\0" + after[2:]
    with refuses("listen.object", "object"):
        read_object(damaged, "A", Limits())


def test_folders_nested_more_deeply_than_functions_are_read(world: World, tmp_path: Path) -> None:
    with nested_deeply(tmp_path) as (first, last):
        path = last / "1"
        path.write_bytes(pack(CT[0]))
        os.utime(path, (world.clock.now - QUIET_S,) * 2)
        watched = WatchedFolder(first, Intake(world.store, Limits()), QUIET_S, world.log.append)
        assert (watched.look(), world.log) == (1, [])


def test_a_file_refused_for_its_size_is_read_once_the_limit_is_raised(
    world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    content = pack(CT[0])
    (folder / "1.dcm").write_bytes(content)
    os.utime(folder / "1.dcm", (world.clock.now - QUIET_S,) * 2)

    def watch(most: int) -> WatchedFolder:
        intake = Intake(world.store, Limits(stored_bytes=most))
        return WatchedFolder(folder, intake, QUIET_S, world.log.append)

    small = watch(len(content) - 1)
    for _ in range(3):
        assert small.look() == 0
        world.clock.now += 2 * COMPLETE_LOOK_S
    assert world.log == ["a file in the folder was refused (limit.object)"]
    assert watch(len(content)).look() == 1


def test_a_file_that_could_not_be_read_at_first_is_no_refusal_once_it_is_read(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Likewise a folder: until it is read, its files have no answer."""
    inner = tmp_path / "exports" / "CANARY"
    inner.mkdir(parents=True)
    (inner / "1.dcm").write_bytes(pack(CT[0]))
    os.utime(inner / "1.dcm", (world.clock.now - QUIET_S,) * 2)
    watched = WatchedFolder(inner.parent, Intake(world.store, Limits()), QUIET_S, world.log.append)
    read, scan = Path.read_bytes, os.scandir

    def fail(*_: object) -> bytes:
        raise PermissionError(13, "denied")

    for owner, name, known in ((Path, "read_bytes", read), (os, "scandir", scan)):
        world.log.clear()
        failing = fail if owner is Path else lambda at: fail() if at == inner else scan(at)
        monkeypatch.setattr(owner, name, failing)
        for _ in range(2):
            assert (watched.look(), watched.has_refused) == (0, True)
        what = "a file in the folder" if owner is Path else "a folder"
        assert world.log == [f"{what} cannot be read; the program will try again"]
        monkeypatch.setattr(owner, name, known)
        assert (watched.look(), watched.has_refused) == (int(owner is Path), False)
        world.clock.now += 2 * COMPLETE_LOOK_S


def test_a_file_that_could_not_be_read_and_was_removed_is_no_refusal(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused file that was removed remains refused: its content has no answer."""
    watched = WatchedFolder(tmp_path, Intake(world.store, Limits()), QUIET_S, world.log.append)
    locked, damaged = tmp_path / "export.tmp", tmp_path / "damaged.dcm"

    def fail(_: Path) -> bytes:
        raise PermissionError(13, "denied")

    for path, content in ((locked, pack(CT[0])), (damaged, pack(drawing(*CT))[:-20])):
        path.write_bytes(content)
        os.utime(path, (world.clock.now - QUIET_S,) * 2)
        with monkeypatch.context() as broken:
            if path is locked:
                broken.setattr(Path, "read_bytes", fail)
            watched.look()
        assert watched.has_refused
        path.unlink()
        assert watched.has_refused is (path is damaged)


def test_references_are_found_wherever_they_are() -> None:
    one = drawing(CT[0])
    uids = {"ReferencedSOPClassUID": CT[1].SOPClassUID,
            "ReferencedSOPInstanceUID": CT[1].SOPInstanceUID}  # fmt: skip
    deep = item(ContourImageSequence=[item(**uids)])
    one.ROIContourSequence = [item(ContourSequence=[deep])]
    read = read_object(pack(one), "A", Limits())
    assert read.needed == {str(each.SOPInstanceUID) for each in CT}
    assert BytesIO(read.content).read() == pack(one)
