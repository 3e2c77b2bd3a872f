"""`--once`: every complete study of a folder is planned, and the answer is whether all are."""

import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from fl_planner.basis.findings import InputRefused
from fl_planner.gateway import service
from fl_planner.gateway.service import Service
from fl_planner.gateway.store import Store
from fl_planner.intake.documents.gateway_routing_file import Routing, StudyRoute
from tests.formats.dicom.dicoms import pack
from tests.gateway.test_work_loop import CT, GIB, QUIET_S, World, drawing
from tests.gateway.test_work_loop import world as world  # a fixture


class Night:
    """A nightly run on a folder of exports."""

    def __init__(self, world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.folder = world, folder
        folder.mkdir()
        world.clock.now = 4e9  # after any process has begun
        opened = classmethod(lambda *_: nullcontext(world.store))
        monkeypatch.setattr(Store, "opened", opened)
        monkeypatch.setattr(service, "sleep", self._pass)

    def _pass(self, seconds: float) -> None:
        self.world.clock.now += seconds

    def put(self, *objects: Dataset, age_s: float = QUIET_S) -> None:
        """Write objects into the folder, changed this long ago."""
        at = self.world.clock.now - age_s
        for one in objects:
            path = self.folder / str(one.SOPInstanceUID)
            path.write_bytes(pack(one))
            os.utime(path, (at, at))

    def run(self) -> bool:
        """Run once, and give whether every study has an answer."""
        routing = Routing("routing.toml", (StudyRoute(name="r"),), QUIET_S, GIB, {})
        log = self.world.log.append
        return Service(routing, self.world.folder, 1, log, once=True).watch(self.folder)


@pytest.fixture
def night(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    return Night(world, tmp_path / "exports", monkeypatch)


@pytest.mark.parametrize("age_s", [0, QUIET_S, -365 * 86400], ids=["new", "old", "in the future"])
def test_a_study_is_planned_whatever_the_time_of_its_files(night: Night, age_s: float) -> None:
    night.put(*CT, drawing(*CT), age_s=age_s)
    assert night.run()
    assert night.world.states() == ["stored"]
    assert night.run()
    assert [id_ for id_, _ in night.world.planned] == ["study-1"]


def test_a_file_that_is_always_changing_but_is_not_dicom_is_not_awaited(night: Night) -> None:
    log = night.folder / "export.log"
    log.write_bytes(b"CANARY" * 100)
    os.utime(log, (night.world.clock.now,) * 2)
    began = night.world.clock.now
    assert night.run()
    assert night.world.clock.now == began


def test_a_name_that_is_not_utf_8_does_not_stop_the_gateway(night: Night) -> None:
    night.put(*CT, drawing(*CT))
    files = [*night.folder.iterdir()]
    place = night.folder / os.fsdecode(b"M\xfcller")  # Latin-1, of another computer
    place.mkdir()
    for path in files:
        path.rename(place / os.fsdecode(path.name.encode() + b"\xff"))
    assert night.run()
    assert night.world.states() == ["stored"]


def test_a_refused_study_is_no_answer(night: Night) -> None:
    night.world.refusal = InputRefused("labels.unknown", "seg", "no label is known", "name them")
    night.put(*CT, drawing(*CT))
    assert not night.run()
    assert night.world.states() == ["refused"]
    assert night.run()  # nothing new: it was reported before


def test_a_study_that_lacks_images_is_no_answer_until_they_come(night: Night) -> None:
    night.put(CT[0], drawing(*CT))
    assert not night.run()
    assert night.world.states() == ["waiting"]
    assert not night.run()
    night.put(CT[1])
    assert night.run()
    assert night.world.states() == ["stored"]


def test_a_damaged_file_is_no_answer(night: Night) -> None:
    night.put(*CT, drawing(*CT))
    damaged = night.folder / "damaged"
    damaged.write_bytes(pack(drawing(*CT, number=2))[:-20])
    os.utime(damaged, (night.world.clock.now - QUIET_S,) * 2)
    assert not night.run()
    assert night.world.states() == ["stored"]


def test_a_file_above_the_size_limit_is_no_answer(night: Night) -> None:
    night.put(CT[0])
    (path,) = night.folder.iterdir()
    os.truncate(path, 65 * GIB)  # sparse
    os.utime(path, (night.world.clock.now - QUIET_S,) * 2)
    assert not night.run()
    assert any("limit.object" in line for line in night.world.log)


def test_a_file_without_permission_is_no_answer(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.put(CT[0])

    def fail(_: Path) -> bytes:
        raise PermissionError(13, "no permission")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail)
        assert not night.run()
    assert any("cannot be read" in line for line in night.world.log)
