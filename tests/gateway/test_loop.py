"""From a workstation through the gateway to an archive, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread

from fl_planner.archive.connection import Archive, NodeAddress, StudyQuery, WebAddress, open_session
from tests.archive.networks import NODE_PORT, PASSWORD, USER, WEB_PORT, Orthanc, orthanc
from tests.archive.studies import FLR_PERCENT, IDENTIFIERS, make_study
from tests.gateway.gateways import Gateway, send, write_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc") / "data") as running:
        yield running


@pytest.mark.usefixtures("server")
def test_a_study_is_planned_and_its_results_are_in_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_WEB_PASSWORD", PASSWORD)
    study = make_study(21)
    gateway = Gateway(tmp_path, "listen", write_files(tmp_path))
    gateway.start()
    try:
        assert send(study.objects) == [0] * 23
        (row,) = gateway.wait_until("stored")
        assert row["id"] == "study-1"
        assert row["flr_percent"] == pytest.approx(FLR_PERCENT, abs=1e-6)
        web = open_session(Archive("web", WebAddress(f"http://127.0.0.1:{WEB_PORT}/dicom-web",
                                                     "basic", USER)))  # fmt: skip
        found = web.list_instances(study.uid)
        made = gateway.store / "jobs" / "1" / "results"
        sent = {str(dcmread(one).SOPInstanceUID): dcmread(one) for one in made.iterdir()}
        assert len(sent) == 5
        assert {one.instance for one in found} == set(sent)
        for one in found:
            assert web.fetch(one) == sent[one.instance]
    finally:
        assert gateway.stop() == 130
    log = gateway.log.read_text()
    assert "study-1: planned" in log
    assert [one for one in IDENTIFIERS if one in log] == []
