"""A disk that takes no more while a gateway works: what was acknowledged is kept, and continued."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fl_planner.archive.receiver import Arrival
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.gateway import work_loop
from fl_planner.gateway.arrivals import Intake
from fl_planner.gateway.cases import write_case
from fl_planner.gateway.journal import writing_store
from fl_planner.gateway.store import Store
from tests.formats.dicom.dicoms import ct_slice, pack
from tests.gateway.test_once import Night
from tests.gateway.test_once import night as night  # a fixture
from tests.gateway.test_work_loop import CT, GIB, drawing
from tests.gateway.test_work_loop import world as world  # a fixture
from tests.refusals import refuses


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
