"""An archive of another maker than Orthanc, by DICOMweb with a token and by DIMSE."""

from collections.abc import Iterator

import pytest

from fl_planner.archive.connection import Archive, NodeAddress, StudyQuery, WebAddress
from fl_planner.archive.push import name_of, push
from fl_planner.archive.session import open_session
from tests.archive.pacs import NODE_PORT, TOKEN, WEB_PORT, tiny_pacs
from tests.archive.studies import make_study
from tests.refusals import refuses

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Incorrect value for Specific Character Set"),  # of theirs
]

WEB = WebAddress(f"http://127.0.0.1:{WEB_PORT}/dicomweb", "token")
NODE = NodeAddress("127.0.0.1", NODE_PORT, "TINY", "FLPLANNER")


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with tiny_pacs(tmp_path_factory.mktemp("pacs")):
        yield


@pytest.mark.parametrize(("address", "number"), [(WEB, 61), (NODE, 62)], ids=["web", "dimse"])
def test_what_is_pushed_is_found_and_given_back_equal(
    address: WebAddress | NodeAddress, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_PACS_TOKEN", TOKEN)
    study = make_study(number)
    objects = study.objects if address is WEB else study.objects[-4:]
    archive = open_session(Archive("pacs", address))
    assert push(archive, objects) == len(objects)
    assert push(archive, objects) == 0
    assert [one.study for one in archive.find_studies(StudyQuery(study=study.uid))] == [study.uid]
    if address is WEB:  # by DIMSE, this archive repeats one entry in place of the others
        listed = archive.list_instances(study.uid)
        assert {one.instance for one in listed} == {one.SOPInstanceUID for one in study.objects}
    other = open_session(Archive("pacs", NODE if address is WEB else WEB))
    assert other.fetch(name_of(study.seg)) == study.seg


def test_a_wrong_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FL_PLANNER_PACS_TOKEN", "wrong")
    with refuses("archive.login"):
        [*open_session(Archive("pacs", WEB)).find_studies(StudyQuery())]
