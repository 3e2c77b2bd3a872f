"""What a case costs a gateway does not grow with the cases that came before it.

Counted, not timed: steps of the journal's engine, bytes of the worklist, files looked at.
"""

import csv
import json
import os
import shutil
import sqlite3
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import one_run
from fl_planner.export.save import save
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import MOST_AROUND, note_input, require_apart
from fl_planner.gateway import worklist
from fl_planner.gateway.arrivals import COMPLETE_LOOK_S, Intake, WatchedFolder
from fl_planner.gateway.journal import CASES_PER_PAGE, JOURNAL
from fl_planner.gateway.store import Store
from fl_planner.gateway.work_loop import Station
from tests.formats.dicom.dicoms import pack
from tests.gateway.test_work_loop import GIB, QUIET_S, World, drawing, image, run
from tests.gateway.test_work_loop import world as world  # a fixture
from tests.refusals import refuses

SAME = 1.05  # numbers of later cases have more digits


class Counted:
    """A gateway that counts what it does for each case."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.station = world, world.station()
        self.steps = self.written = 0
        self.count_steps()
        world.store._journal.execute("PRAGMA synchronous = OFF")  # counted, not kept

        def count(path: Path, content: bytes, **options: Any) -> None:
            self.written += len(content)
            save(path, content, **options)

        monkeypatch.setattr(worklist, "save", count)

    def count_steps(self) -> None:
        """Count the steps of the journal's engine."""
        self.world.store._journal.set_progress_handler(self._count_step, 1)

    def _count_step(self) -> int:
        self.steps += 1
        return 0

    def receive(self, number: int) -> tuple[int, int]:
        """Plan and store one more case; give the engine's steps and the bytes of the worklist."""
        self.steps = self.written = 0
        self.world.send(*study(number))
        self.world.clock.now += QUIET_S
        for _ in range(5):
            self.station.work()
        assert self.world.store.list_open_jobs() == []
        return self.steps, self.written


def study(number: int) -> list[Dataset]:
    images = [image(k, study=number, series=number) for k in (1, 2)]
    return [*images, drawing(*images, number=number, study=number)]


ENTER_MORE = """
WITH RECURSIVE more(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM more WHERE n < {many})
INSERT INTO {table}({columns}) SELECT {values} FROM more, {table}
"""
PAST = {  # table -> its columns, and their values in the copies
    "needed": ("drawing, instance", "drawing + n * 1000, instance || '.' || n"),
    "objects": (
        "number, instance, study, series, class, caller, digest, bytes, came, job, removed",
        "number + n * 1000, instance || '.' || n, study || '.' || n, series || '.' || n, class,"
        " caller, digest, bytes, came, job + n * 100, 1",
    ),
    "members": ("instance, job", "instance || '.' || n, job + n * 100"),
    "jobs": (
        "number, study, caller, state, came, series, archive, answer, cleared",
        "number + n * 100, study || '.' || n, caller, state, came, series || '.' || n, archive,"
        " answer, cleared",
    ),
}
MANY = 200  # copies of each case


def enter_past(world: World) -> None:
    """Enter many more finished cases, as copies of those that are there, up to a page's end."""
    world.store._journal.set_progress_handler(None, 1)
    for table, (columns, values) in PAST.items():
        world.store._journal.execute(ENTER_MORE.format(many=MANY, table=table, columns=columns,
                                                       values=values))  # fmt: skip
    end = (MANY + 2) * CASES_PER_PAGE
    with world.store._journal as journal:
        journal.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'jobs'", (end,))


def test_a_case_costs_the_same_after_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two cases at the same place of a page, the second came after 1,000 others."""
    monkeypatch.setattr(worklist, "LAST_CASES", 4)
    counted = Counted(world, monkeypatch)
    steps, written = [counted.receive(number) for number in range(1, 6)][-1]
    enter_past(world)
    counted.count_steps()
    later = [counted.receive(number) for number in range(101, 106)][-1]
    assert world.rows()[0]["id"] == f"study-{(MANY + 2) * CASES_PER_PAGE + 5}"
    assert later[0] <= SAME * steps
    assert later[1] <= SAME * written


def pages(world: World) -> dict[str, list[str]]:
    """Give the states in each page of finished cases, the last case first."""
    return {
        path.name: [row["state"] for row in csv.DictReader(StringIO(path.read_text("utf-8")))]
        for path in sorted((world.folder / "finished").iterdir())
    }


def test_finished_cases_stay_listed_and_open_ones_stay_in_the_worklist(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "LAST_CASES", 2)
    world.send(drawing(image(1, study=99), number=99, study=99))  # its image never comes
    for number in range(1, 4):
        world.send(*study(number))
        run(world)
    assert [row["id"] for row in world.rows()] == ["study-4", "study-3", "study-1"]
    assert pages(world) == {"0000001-0000100.csv": ["stored"] * 3}


def test_a_withdrawn_case_is_listed_as_that_in_its_page(world: World) -> None:
    world.send(*study(1))
    run(world)
    images = study(1)[:2]
    world.send(*images, drawing(*images, number=2))
    run(world)
    assert pages(world) == {"0000001-0000100.csv": ["stored", "withdrawn"]}


def test_a_page_that_a_crash_left_unwritten_is_written_at_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send(*study(1))
    run(world)
    (world.folder / "finished" / "0000001-0000100.csv").unlink()
    world.send(*study(2))

    def lose(*_: object) -> None:
        raise InputRefused("output.unwritable", "worklist.csv", "the disk is full", "free space")

    with monkeypatch.context() as broken:
        broken.setattr(worklist, "_write_page", lose)
        with pytest.raises(InputRefused):
            run(world)
    Station(world.store, world.station().routing, world.log.append).work()
    assert [*pages(world)] == ["0000001-0000100.csv"]


def test_a_store_of_the_first_format_is_continued(world: World) -> None:
    """It has neither the indexes nor the pages."""
    world.send(*study(1))
    run(world)
    (world.folder / "finished" / "0000001-0000100.csv").unlink()
    with sqlite3.connect(world.folder / JOURNAL) as journal:
        journal.executescript(
            "DROP INDEX of_job; DROP INDEX replaced; DROP TRIGGER changed;"
            "DROP TABLE unwritten; ALTER TABLE objects DROP COLUMN differs;"
            "PRAGMA user_version = 1;"
        )
    journal.close()
    copied = shutil.copytree(world.folder, world.folder.with_name("copied"))
    with Store.opened(copied, GIB) as store:
        Station(store, world.station().routing, world.log.append).work()
        assert json.loads((copied / "worklist.json").read_text("utf-8"))["rows"]
        assert [one.name for one in (copied / "finished").iterdir()] == ["0000001-0000100.csv"]


def test_a_full_store_has_room_again_once_studies_are_removed(world: World) -> None:
    """The total that it keeps is that of the files on disk, also after a restart."""
    for number in (1, 2):
        world.send(*study(number))
        assert world.store._files.held_bytes == on_disk(world.folder)
        run(world)
        assert world.store._files.held_bytes == on_disk(world.folder) == 0
    world.send(*study(1)[:2])
    held = on_disk(world.folder)
    assert world.store._files.held_bytes == held > 0
    world.store._remove_unacknowledged()
    assert world.store._files.held_bytes == held


def on_disk(folder: Path) -> int:
    return sum(one.stat().st_size for one in (folder / "objects").iterdir())


class Watched:
    """A watched folder with studies, each in a folder of its own."""

    def __init__(self, world: World, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place.mkdir()
        self.place, self.clock, self.seen = place, world.clock, 0
        self.watched = WatchedFolder(place, Intake(world.store, Limits()), QUIET_S, print)
        look = world.store.has_seen

        def count(*state: Any) -> bool:
            self.seen += 1
            return look(*state)

        monkeypatch.setattr(world.store, "has_seen", count)

    def put(self, number: int) -> None:
        """Write a study that does not change any more."""
        folder = self.place / str(number)
        folder.mkdir()
        for one in study(number):
            (folder / f"{one.SOPInstanceUID}.dcm").write_bytes(pack(one))
        self.age(folder)

    def age(self, folder: Path) -> None:
        """Make a folder and its files as old as a study that is complete."""
        at = self.clock.now - QUIET_S
        for one in (*folder.iterdir(), folder):
            os.utime(one, (at, at))

    def look(self) -> tuple[int, int]:
        """Look once, and give the numbers of new objects and of files that were compared."""
        self.seen = 0
        return self.watched.look(), self.seen


def test_a_look_compares_no_file_of_a_folder_that_was_read(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Watched(world, tmp_path / "exports", monkeypatch)
    for number in range(1, 21):
        folder.put(number)
        world.clock.now += 1
        assert folder.look() == (3, 3)
    assert folder.look() == (0, 0)


def test_a_file_replaced_under_its_name_is_found_by_the_complete_look(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Watched(world, tmp_path / "exports", monkeypatch)
    folder.put(1)
    damaged = tmp_path / "exports" / "1" / f"{study(1)[0].SOPInstanceUID}.dcm"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:400])
    folder.age(damaged.parent)
    assert folder.look() == (2, 3)
    damaged.write_bytes(content)
    folder.age(damaged.parent)
    world.clock.now += COMPLETE_LOOK_S - 1
    assert folder.look() == (0, 0)
    world.clock.now += 1
    assert folder.look() == (1, 3)


def test_a_clock_that_is_set_back_delays_no_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that was replaced under its name, nor one with a time in the future."""
    folder = Watched(world, tmp_path / "exports", monkeypatch)
    world.clock.now = 4e9
    for number in (1, 2):
        folder.put(number)
    damaged, future = (min((tmp_path / "exports" / one).iterdir()) for one in "12")
    content = damaged.read_bytes()
    damaged.write_bytes(content[:400])
    folder.age(damaged.parent)
    os.utime(future, (5e9, 5e9))
    assert folder.look()[0] == 4
    damaged.write_bytes(content)
    folder.age(damaged.parent)
    assert folder.look()[0] == 0
    world.clock.now -= 1e9  # now both are dated in the future
    assert folder.look()[0] == 0
    world.clock.now += QUIET_S
    assert folder.look()[0] == 2


def test_a_file_that_cannot_be_read_is_reported_once_and_tried_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Watched(world, tmp_path / "exports", monkeypatch)
    said: list[str] = []
    folder.watched.report = said.append
    folder.put(1)

    def fail(_: Path) -> bytes:
        raise PermissionError(13, "no permission")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail)
        assert [folder.look()[0] for _ in range(2)] == [0, 0]
    assert said == ["a file in the folder cannot be read; the program will try again"] * 3
    assert folder.look() == (3, 3)


def test_not_every_folder_that_was_written_to_is_kept_in_memory(tmp_path: Path) -> None:
    """The results of each study have one; an input is protected all the same."""
    given = tmp_path / "routing.toml"
    given.write_text("", "utf-8")
    with one_run() as ledger:
        note_input(given)
        for number in range(3 * MOST_AROUND):
            require_apart(tmp_path / str(number) / "results")
        assert len(ledger.around) <= MOST_AROUND
        with refuses("output.is_input"):
            require_apart(tmp_path / "1" / ".." / "routing.toml")
