"""Answers of DIMSE that no archive should give: no list of them counts as complete."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import evt, sop_class
from pynetdicom.ae import ApplicationEntity

from fl_planner.archive.connection import Archive, InstanceName, NodeAddress, StudyQuery
from fl_planner.archive.session import open_session
from fl_planner.basis.findings import InputRefused
from tests.archive.networks import own_network
from tests.formats.dicom.dicoms import item
from tests.refusals import refuses

pytestmark = pytest.mark.slow

PORT = 11104
FIND: Any = sop_class.StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]
GET: Any = sop_class.StudyRootQueryRetrieveInformationModelGet  # type: ignore[attr-defined]
Answer = tuple[int, Dataset | None]


@pytest.fixture(scope="module", autouse=True)
def network() -> Iterator[None]:
    with own_network():
        yield


@pytest.fixture
def answering() -> Iterator[Callable[[Any], Any]]:
    servers: list[Any] = []

    def start(answers: list[Answer] | Callable[[Dataset], list[Answer]]) -> Any:
        answer = answers if callable(answers) else lambda _: answers
        entity = ApplicationEntity("PACS")
        entity.add_supported_context(FIND)
        entity.add_supported_context(GET)
        handlers: list[Any] = [
            (evt.EVT_C_FIND, lambda event: iter(answer(event.identifier))),
            (evt.EVT_C_GET, lambda _: iter([0])),
        ]
        servers.append(entity.start_server(("127.0.0.1", PORT), block=False, evt_handlers=handlers))
        return open_session(Archive("pacs", NodeAddress("127.0.0.1", PORT, "PACS", "US")))

    yield start
    for one in servers:
        one.shutdown()


def study(number: int, **more: Any) -> Answer:
    return 0xFF00, item(StudyInstanceUID=f"1.2.{number}", StudyDate="20260504", **more)


@pytest.mark.essential
def test_studies_are_listed(answering: Callable[[list[Answer]], Any]) -> None:
    answers = [study(1, ModalitiesInStudy=["SEG", "CT"], NumberOfStudyRelatedInstances=3), study(2)]
    first, second = answering([*answers, (0, None)]).find_studies(StudyQuery())
    assert (first.study, first.date, first.modalities, first.instances) == (
        "1.2.1", "20260504", ("CT", "SEG"), 3,
    )  # fmt: skip
    assert (second.study, second.modalities, second.instances) == ("1.2.2", (), None)


WRONG: dict[str, tuple[list[Answer], str]] = {
    "twice": ([study(1), study(1)], "archive.answer"),
    "no UID": ([(0xFF00, item(StudyDate="20260504"))], "archive.answer"),
    "failure": ([study(1), (0xA700, None)], "archive.answer"),
    "no count": ([study(1, NumberOfStudyRelatedInstances=[1, 2]), (0, None)], "archive.answer"),
    "cancelled": ([study(1), (0xFE00, None)], "archive.answer"),
    "not allowed": ([(0x0124, None)], "archive.login"),
}


@pytest.mark.parametrize(("answers", "code"), WRONG.values(), ids=[*WRONG])
def test_a_list_that_may_be_incomplete_is_refused(
    answers: list[Answer], code: str, answering: Callable[[list[Answer]], Any]
) -> None:
    with refuses(code):
        [*answering(answers).find_studies(StudyQuery())]


@pytest.mark.filterwarnings("ignore:Invalid value for VR DA")
def test_an_impossible_date_or_count_is_not_stated(
    answering: Callable[[list[Answer]], Any],
) -> None:
    odd = item(StudyInstanceUID="1.2.7", NumberOfStudyRelatedInstances=-1)
    odd.StudyDate = "20261341"
    (found,) = answering([(0xFF00, odd), (0, None)]).find_studies(StudyQuery())
    assert (found.date, found.instances) == ("", None)


def test_a_list_of_the_greatest_length_is_read(
    answering: Callable[[list[Answer]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.archive.dimse.MOST_LISTED", 3)
    answers = [study(number) for number in range(1, 4)]
    assert len([*answering([*answers, (0, None)]).find_studies(StudyQuery())]) == 3


def test_a_list_that_is_too_long_is_refused(
    answering: Callable[[list[Answer]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.archive.dimse.MOST_LISTED", 3)
    answers = [study(number) for number in range(1, 5)]
    with refuses("archive.answer", says="lists more than 3 entries"):
        [*answering([*answers, (0, None)]).find_studies(StudyQuery())]


def test_h11_a_study_of_another_patient_is_not_listed(
    answering: Callable[[list[Answer]], Any],
) -> None:
    session = answering([study(1, PatientID="A2"), (0, None)])
    assert len([*session.find_studies(StudyQuery(patient_id="a2"))]) == 1
    with refuses("archive.answer", says="another patient ID"):
        [*session.find_studies(StudyQuery(patient_id="A1"))]


def test_an_archive_that_closes_between_two_objects_is_unreachable(
    answering: Callable[[list[Answer]], Any],
) -> None:
    session = answering([])
    with refuses("archive.unreachable"), session._associated(_asking(session)) as association:
        association.abort()
        association.send_c_find(Dataset(), FIND)


def _asking(session: Any) -> ApplicationEntity:
    entity: ApplicationEntity = session._entity()
    entity.add_requested_context(FIND)
    return entity


def test_a_count_that_leaves_out_studies_is_refused(
    answering: Callable[[Callable[[Dataset], list[Answer]]], Any],
) -> None:
    """An archive counts the objects of all studies, and gives the sum with one of them."""

    def answer(asked: Dataset) -> list[Answer]:
        given = [study(1), study(2), (0, None)]
        return given[1:] if "NumberOfStudyRelatedInstances" in asked else given

    with refuses(
        "archive.answer", says="lists 2 entries, but only 1 when object counts are requested"
    ):
        [*answering(answer).find_studies(StudyQuery())]


@pytest.mark.parametrize("stated", ["", 1, 2])
def test_a_series_that_is_not_listed_whole_is_refused(
    stated: int | str, answering: Callable[[list[Answer]], Any]
) -> None:
    """The archive gives one entry to each question: the series, and its only object."""
    one = item(SeriesInstanceUID="1.3", SOPInstanceUID="1.4", NumberOfSeriesRelatedInstances=stated)
    session = answering([(0xFF00, one), (0, None)])
    if stated != 2:
        assert [each.instance for each in session.list_instances("1.2")] == ["1.4"]
        return
    with refuses("archive.pages"):
        session.list_instances("1.2")


def test_only_the_series_that_are_asked_for_are_listed(
    answering: Callable[[Callable[[Dataset], list[Answer]]], Any],
) -> None:
    def answer(asked: Dataset) -> list[Answer]:
        if asked.QueryRetrieveLevel == "SERIES":
            found = [item(SeriesInstanceUID=one) for one in ("1.3", "1.4")]
        else:
            found = [item(SOPInstanceUID=f"{asked.SeriesInstanceUID}.1")]
        return [*((0xFF00, one) for one in found), (0, None)]

    session = answering(answer)
    assert [one.instance for one in session.list_instances("1.2", ["1.4"])] == ["1.4.1"]
    assert [one.instance for one in session.list_instances("1.2")] == ["1.3.1", "1.4.1"]


def test_an_archive_that_sends_nothing_has_nothing(
    answering: Callable[[list[Answer]], Any],
) -> None:
    session = answering([(0, None)])
    assert not session.has(InstanceName("1.2", "1.3", "1.4"))
    with pytest.raises(InputRefused) as caught:
        session.fetch(InstanceName("1.2", "1.3", "1.4", "1.2.840.10008.5.1.4.1.1.66.4"))
    assert caught.value.code in ("archive.not_found", "archive.answer")


def test_a_kind_of_object_that_is_not_accepted_is_named(
    answering: Callable[[list[Answer]], Any],
) -> None:
    from tests.formats.dicom.dicoms import pack, seg

    with refuses("archive.no_class"):
        answering([]).store([_read(pack(seg()))])


def _read(content: bytes) -> Dataset:
    from io import BytesIO

    from pydicom import dcmread

    return dcmread(BytesIO(content))
