"""An archive of another maker, Orthanc: by DICOMweb and by DIMSE, with its own log-in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fl_planner.archive.connection import (
    Archive,
    ArchiveSession,
    NodeAddress,
    StudyQuery,
    WebAddress,
)
from fl_planner.archive.push import name_of, push
from fl_planner.archive.session import open_session
from fl_planner.basis.findings import InputRefused
from tests.archive.networks import NODE_PORT, PASSWORD, USER, WEB_PORT, Orthanc, orthanc
from tests.archive.studies import make_study
from tests.refusals import refuses

pytestmark = pytest.mark.slow

WEB = WebAddress(f"http://127.0.0.1:{WEB_PORT}/dicom-web", "basic", USER)
NODE = NodeAddress("127.0.0.1", NODE_PORT, "ORTHANC", "FLPLANNER")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc") / "data") as running:
        yield running


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FL_PLANNER_PACS_PASSWORD", PASSWORD)


def session(address: WebAddress | NodeAddress) -> ArchiveSession:
    return open_session(Archive("pacs", address))


@pytest.mark.essential
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("address", "number"), [(WEB, 11), (NODE, 12)], ids=["web", "dimse"])
def test_what_is_pushed_is_found_and_given_back_equal(
    address: WebAddress | NodeAddress, number: int
) -> None:
    study = make_study(number)
    objects = study.objects[-23 if address is WEB else -6 :]  # by DIMSE, each has an association
    archive = session(address)
    assert [*archive.find_studies(StudyQuery(study=study.uid))] == []
    assert push(archive, objects) == len(objects)
    assert push(archive, objects) == 0
    (found,) = archive.find_studies(StudyQuery(study=study.uid))
    assert (found.study, found.instances) == (study.uid, len(objects))
    assert found.modalities == ("CT", "SEG")
    listed = archive.list_instances(study.uid)
    assert {one.instance for one in listed} == {one.SOPInstanceUID for one in objects}
    fetched = archive.fetch(name_of(study.seg))
    assert fetched == study.seg
    # the same by the other way
    other = session(NODE if address is WEB else WEB)
    assert other.fetch(name_of(study.seg)) == study.seg
    assert len(other.list_instances(study.uid)) == len(objects)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("address", "number"),
    [pytest.param(WEB, 13, marks=pytest.mark.essential), (NODE, 14)],
    ids=["web", "dimse"],
)
def test_another_object_of_the_same_uid_is_not_overwritten(
    address: WebAddress | NodeAddress, number: int
) -> None:
    study = make_study(number)
    push(session(address), [study.seg])
    study.seg.ContentLabel = "CHANGED"
    with refuses("archive.other_object"):
        push(session(address), [study.seg])


@pytest.mark.essential
@pytest.mark.usefixtures("server")
def test_a_wrong_password_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FL_PLANNER_PACS_PASSWORD", "secret of the test")
    with refuses("archive.login") as caught:
        [*session(WEB).find_studies(StudyQuery())]
    assert "secret" not in str(caught.value)


@pytest.mark.essential
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("calling", "called"), [("STRANGER", "ORTHANC"), ("FLPLANNER", "OTHER")])
def test_an_archive_that_does_not_know_us_refuses(calling: str, called: str) -> None:
    stranger = NodeAddress("127.0.0.1", NODE_PORT, called, calling)
    with pytest.raises(InputRefused) as caught:
        [*session(stranger).find_studies(StudyQuery())]
    assert caught.value.code in ("archive.login", "archive.unreachable", "archive.answer")


@pytest.mark.essential
@pytest.mark.usefixtures("server")
@pytest.mark.filterwarnings("ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "address",
    [
        WebAddress("http://127.0.0.1:1/dicom-web"),
        NodeAddress("127.0.0.1", 1, "ORTHANC", "FLPLANNER"),
    ],
)
def test_an_archive_that_is_not_there_is_unreachable(address: WebAddress | NodeAddress) -> None:
    with refuses("archive.unreachable"):
        [*session(address).find_studies(StudyQuery())]


def test_images_beyond_a_limit_of_the_archive_are_not_left_out(tmp_path: Path) -> None:
    """It ends a list early: by C-FIND it states that, by DICOMweb only the number differs."""
    study = make_study(15)
    with orthanc(tmp_path / "data", LimitFindInstances=10):
        push(session(WEB), study.objects)
        for address, code in ((WEB, "archive.pages"), (NODE, "archive.answer")):
            with refuses(code):
                session(address).list_instances(study.uid)
