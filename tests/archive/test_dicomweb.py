"""Answers of DICOMweb that no archive should give: none of them counts as stored or complete."""

import gzip
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydicom.dataset import Dataset

from fl_planner.archive.connection import (
    PAGE,
    Archive,
    ArchiveSession,
    InstanceName,
    StudyQuery,
    WebAddress,
)
from fl_planner.archive.push import push
from fl_planner.archive.session import open_session
from fl_planner.basis.findings import InputRefused
from tests.cases import each_case
from tests.formats.dicom.dicoms import pack, ring, rtstruct, seg
from tests.refusals import refuses

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/dicom+json"}


class Fake:
    """A server on this computer that answers as the test wants, and keeps what it was asked."""

    def __init__(
        self,
        answer: Callable[[str, dict[str, list[str]]], Answer],
        secure: SSLContext | None = None,
    ) -> None:
        self.heads: list[dict[str, str]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self) -> None:
                self._give()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._give()

            def _give(self) -> None:
                fake.heads.append(dict(self.headers))
                parts = urlsplit(self.path)
                status, heads, body = answer(f"{self.command} {parts.path}", parse_qs(parts.query))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **heads}.items():
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if secure is not None:
            listening = self.server.socket
            self.server.socket = secure.wrap_socket(
                listening, server_side=True, do_handshake_on_connect=False
            )
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def session(self, **given: Any) -> ArchiveSession:
        """Open a session with it."""
        port = self.server.server_address[1]
        return open_session(Archive("pacs", WebAddress(f"http://127.0.0.1:{port}/web", **given)))

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


Serving = Callable[[Callable[[str, dict[str, list[str]]], Answer]], Fake]


@pytest.fixture
def serving() -> Iterator[Serving]:
    running: list[Fake] = []

    def start(answer: Callable[[str, dict[str, list[str]]], Answer]) -> Fake:
        running.append(Fake(answer))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def segmentation() -> Dataset:
    from io import BytesIO

    from pydicom import dcmread

    return dcmread(BytesIO(pack(seg())))


def study(number: int) -> dict[str, Any]:
    return {
        "0020000D": {"vr": "UI", "Value": [f"1.2.{number}"]},
        "00080061": {"vr": "CS", "Value": ["SEG", "CT"]},
        "00201208": {"vr": "IS", "Value": [23]},
    }


def test_an_answer_200_with_nothing_stored_is_not_stored(
    serving: Serving, segmentation: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with messages sent in pieces [dicomweb-client issue 42]."""
    monkeypatch.setattr("fl_planner.archive.push.LOOK_UP_WAIT_S", 0)
    fake = serving(lambda asked, _: (200, JSON, b"{}" if asked.startswith("POST") else b"[]"))
    with refuses("archive.not_stored"):
        push(fake.session(), [segmentation])
    assert any("Content-Length" in head for head in fake.heads)
    assert not any("Transfer-Encoding" in head for head in fake.heads)


def listed(one: Dataset) -> bytes:
    uids = {"0020000E": one.SeriesInstanceUID, "00080018": one.SOPInstanceUID}
    return json.dumps([{tag: {"vr": "UI", "Value": [uid]} for tag, uid in uids.items()}]).encode()


def multipart(one: bytes) -> Answer:
    heads = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + one + b"\r\n--b--"
    return 200, heads, body


def test_an_object_that_comes_back_changed_is_not_stored(
    serving: Serving, segmentation: Dataset
) -> None:
    """As by an archive that writes its number of the patient into what it receives."""
    coerced = seg()
    coerced.PatientID = "OTHER"
    known: list[bool] = []

    def answer(asked: str, _: dict[str, list[str]]) -> Answer:
        if asked.startswith("POST"):
            known.append(True)
            return 200, JSON, b"{}"
        if segmentation.SOPInstanceUID in asked:
            return multipart(pack(coerced))
        return 200, JSON, listed(segmentation) if known else b"[]"

    with refuses("archive.not_stored", says="differs"):
        push(serving(answer).session(), [segmentation])


PAGED = {  # studies of the archive, and how it answers a page
    "by offset": (450, lambda number, limit, offset: range(offset, min(number, offset + limit))),
    "at most 100": (450, lambda number, _, offset: range(offset, min(number, offset + 100))),
    "all at once": (450, lambda number, *_: range(number)),
    "none": (0, lambda number, *_: range(number)),
    "one page": (200, lambda number, limit, offset: range(offset, min(number, offset + limit))),
}


@each_case("number, page", PAGED)
def test_every_study_is_listed_once(
    number: int, page: Callable[[int, int, int], range], serving: Serving
) -> None:
    def answer(_: str, query: dict[str, list[str]]) -> Answer:
        chosen = page(number, int(query["limit"][0]), int(query.get("offset", ["0"])[0]))
        return 200, JSON, json.dumps([study(one) for one in chosen]).encode()

    found = [one.study for one in serving(answer).session().find_studies(StudyQuery())]
    assert found == [f"1.2.{one}" for one in range(number)]


ENCODED = {  # charset of the answer, and its encoding
    "stated": ("; charset=ISO-8859-1", "latin-1"),
    "not stated": ("", "latin-1"),
    "UTF-8": ("", "utf-8"),
}


@each_case("charset, encoding", ENCODED)
def test_studies_with_texts_in_latin_1_are_listed(
    charset: str, encoding: str, serving: Serving
) -> None:
    """Only a key given twice is refused in them."""
    listed = json.dumps([study(1) | {"00081030": {"Value": ["Größe"]}}], ensure_ascii=False)
    heads = {"Content-Type": JSON["Content-Type"] + charset}

    def find(text: str) -> list[str]:
        session = serving(lambda *_: (200, heads, text.encode(encoding))).session()
        return [one.study for one in session.find_studies(StudyQuery())]

    assert find(listed) == ["1.2.1"]
    with refuses("archive.answer"):
        find(listed.replace('"vr": "UI"', '"Value": ["1.9"]'))


def test_an_archive_that_repeats_its_first_page_is_refused(serving: Serving) -> None:
    page = json.dumps([study(one) for one in range(PAGE)]).encode()
    with refuses("archive.pages"):
        [*serving(lambda *_: (200, JSON, page)).session().find_studies(StudyQuery())]


SERIES: dict[str, tuple[int, int | None, int, str | None]] = {  # listed, stated, most of a page
    "whole": (250, 250, 100, None),
    "not stated": (250, None, 100, None),
    "grown meanwhile": (250, 240, 100, None),
    "cut": (100, 250, 100, "archive.pages"),
    "all at once": (450, 450, 0, None),
    "all at once, not stated": (450, None, 0, None),
    "as many as a page, at once": (PAGE, PAGE, 0, None),
    "a page repeated": (PAGE, None, 0, "archive.pages"),
}


def test_only_the_series_that_are_asked_for_are_listed(serving: Serving) -> None:
    """One that is not listed whole does not prevent a pull of another."""

    def answer(asked: str, _: dict[str, list[str]]) -> Answer:
        uids = [{"0020000E": {"vr": "UI", "Value": [one]}} for one in ("1.3", "1.4")]
        series = [{**one, "00201209": {"vr": "IS", "Value": [2]}} for one in uids]
        images = [{"00080018": {"vr": "UI", "Value": [f"1.5.{n}"]}} for n in (1, 2)]
        listed = images[: 2 if "/1.3/" in asked else 1]
        return 200, JSON, json.dumps(listed if asked.endswith("/instances") else series).encode()

    session = serving(answer).session()
    assert [one.instance for one in session.list_instances("1.2", ["1.3"])] == ["1.5.1", "1.5.2"]
    with pytest.raises(InputRefused):
        session.list_instances("1.2", ["1.4"])


def in_pages_of_100(number: int, answered: Callable[[int], int]) -> Callable[..., Answer]:
    """Answer pages of a list from an offset, and state with each whether there are more."""

    def answer(_: str, query: dict[str, list[str]]) -> Answer:
        first = answered(int(query.get("offset", ["0"])[0]))
        last = min(number, first + 100)
        heads = {"Warning": f'299 pacs "There are {number - last} additional results"'}
        page = json.dumps([study(one) for one in range(first, last)]).encode()
        return 200, {**JSON, **(heads if last < number else {})}, page

    return answer


def test_an_archive_that_states_more_studies_and_does_not_give_them_is_refused(
    serving: Serving,
) -> None:
    """Fewer than a page: only the warning of PS3.18 8.3.4.4 shows that it knows no offset."""
    with refuses("archive.pages"):
        [*serving(in_pages_of_100(450, lambda _: 0)).session().find_studies(StudyQuery())]


def test_more_studies_that_are_on_the_next_page_are_listed(serving: Serving) -> None:
    session = serving(in_pages_of_100(450, lambda offset: offset)).session()
    assert len([*session.find_studies(StudyQuery())]) == 450


@each_case("listed, stated, most, code", SERIES)
def test_a_series_that_is_not_listed_whole_is_refused(
    listed: int, stated: int | None, most: int, code: str | None, serving: Serving
) -> None:
    """Its images would be missing in what is pulled; an archive without pages gives all."""

    def answer(asked: str, query: dict[str, list[str]]) -> Answer:
        series: dict[str, Any] = {"0020000E": {"vr": "UI", "Value": ["1.3"]}}
        if stated is not None:
            series["00201209"] = {"vr": "IS", "Value": [stated]}
        images = [{"00080018": {"vr": "UI", "Value": [f"1.4.{one}"]}} for one in range(listed)]
        first = int(query.get("offset", ["0"])[0])
        part = images[first : first + most] if most else images
        page = part if asked.endswith("/instances") else [series][first:]
        return 200, JSON, json.dumps(page).encode()

    session = serving(answer).session()
    if code is None:
        assert len(session.list_instances("1.2")) == listed
        return
    with refuses(code):
        session.list_instances("1.2")


REFUSED: dict[str, tuple[Answer, str]] = {
    "login": ((401, {}, b"CANARY"), "archive.login"),
    "rights": ((403, {}, b"CANARY"), "archive.login"),
    "missing": ((404, {}, b"CANARY"), "archive.not_found"),
    "defect": ((500, {}, b"CANARY"), "archive.answer"),
    "page": ((200, {"Content-Type": "text/html"}, b"<p>CANARY"), "archive.answer"),
    "page without content": ((200, {"Content-Type": "text/html"}, b""), "archive.answer"),
    "no JSON": ((200, JSON, b"CANARY"), "archive.answer"),
    "no UID": ((200, JSON, b'[{"00100010": {"Value": ["CANARY"]}}]'), "archive.answer"),
    "nested": ((200, JSON, b"[" * 100_000 + b"]" * 100_000), "archive.answer"),
    "endless number": (
        (200, JSON, b'[{"0020000D": {"Value": ["1.2"]}, "00201208": {"Value": [1e999]}}]'),
        "archive.answer",
    ),
    "a count twice": (
        (
            200,
            JSON,
            b'[{"0020000D": {"Value": ["1.2"]}, "00201208": {"Value": [9]},'
            b' "00201208": {"Value": [1]}}]',
        ),
        "archive.answer",
    ),
    "a value twice": (
        (200, JSON, b'[{"0020000D": {"vr": "UI", "Value": ["1.2"], "Value": ["1.3"]}}]'),
        "archive.answer",
    ),
    "UID as a text": ((200, JSON, b'[{"0020000D": {"Value": "1.2.3"}}]'), "archive.answer"),
    "a path as UID": ((200, JSON, b'[{"0020000D": {"Value": ["../CANARY"]}}]'), "archive.answer"),
    "unchanged": ((304, JSON, b""), "archive.answer"),
    "moved nowhere": ((302, JSON, b""), "archive.answer"),
    "unknown status": ((999, JSON, b"[]"), "archive.answer"),
    "a part": ((206, JSON, b"[]"), "archive.pages"),
    "elsewhere": ((302, {"Location": "http://127.0.0.1:9/CANARY"}, b""), "archive.answer"),
}


@each_case("answer, code", REFUSED)
def test_other_answers_are_refused_without_their_text(
    answer: Answer, code: str, serving: Serving
) -> None:
    with refuses(code) as caught:
        [*serving(lambda *_: answer).session().find_studies(StudyQuery())]
    assert "CANARY" not in str(caught.value)


PATIENT, ACCESSION = "00100020", "00080050"
DATE = "00080020"
STATED: dict[str, tuple[dict[str, str], dict[str, str], bool]] = {  # asked, stated, whether listed
    "another patient": ({"patient_id": "A1"}, {PATIENT: "A2"}, False),
    "another study": ({"study": "1.2.8"}, {}, False),
    "another accession": ({"accession": "7"}, {ACCESSION: "8"}, False),
    "not of the pattern": ({"patient_id": "A*"}, {PATIENT: "B1"}, False),
    "the patient": ({"patient_id": "A1"}, {PATIENT: "A1"}, True),
    "in another case": ({"patient_id": "a[1"}, {PATIENT: " A[1 "}, True),
    "of the pattern": ({"patient_id": "A?*"}, {PATIENT: "A12"}, True),
    "not stated": ({"patient_id": "A1", "accession": "7"}, {}, True),
    "not asked": ({"study": "1.2.7"}, {PATIENT: "A2"}, True),
}


@each_case("asked, stated, is_listed", STATED)
def test_h11_a_study_of_another_patient_is_not_listed(
    asked: dict[str, str], stated: dict[str, str], is_listed: bool, serving: Serving
) -> None:
    """An archive that ignores a key lists every study, and entries are shown without patients."""
    entry = study(7) | {tag: {"vr": "LO", "Value": [value]} for tag, value in stated.items()}
    session = serving(lambda *_: (200, JSON, json.dumps([entry]).encode())).session()
    if is_listed:
        assert [one.study for one in session.find_studies(StudyQuery(**asked))] == ["1.2.7"]
        return
    with refuses("archive.answer", says="another"):
        [*session.find_studies(StudyQuery(**asked))]


@each_case("count, instances", [(3, 3), (0, 0), (-1, None), (1.5, None), ("", None)])
def test_an_impossible_count_is_not_stated(
    count: object, instances: int | None, serving: Serving
) -> None:
    more = {"00201208": {"vr": "IS", "Value": [count]}, DATE: {"vr": "DA", "Value": ["20261341"]}}
    fake = serving(lambda *_: (200, JSON, json.dumps([study(7) | more]).encode()))
    (found,) = fake.session().find_studies(StudyQuery())
    assert (found.instances, found.date) == (instances, "")


def test_an_answer_without_an_end_is_refused_at_its_limit(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packed, so that a thousandth of it is sent."""
    monkeypatch.setattr("fl_planner.archive.dicomweb.MOST_LIST_BYTES", 1 << 20)
    packed = gzip.compress(b" " * (8 << 20))
    fake = serving(lambda *_: (200, {**JSON, "Content-Encoding": "gzip"}, packed))
    with refuses("archive.answer", says="larger than 1 MiB"):
        [*fake.session().find_studies(StudyQuery())]


def test_an_answer_that_takes_too_long_is_refused(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.archive.dicomweb.REQUEST_S", -1)
    with refuses("archive.answer", says="within an hour"):
        [*serving(lambda *_: (200, JSON, b"[]")).session().find_studies(StudyQuery())]


ENDS: dict[str, tuple[dict[str, str], bytes, int, bool]] = {  # heads, end, bytes cut, whether whole
    "parts": ({}, b"\r\n--b--", 0, True),
    "parts of unknown length": ({"Content-Length": ""}, b"\r\n--b--\r\n", 0, True),
    "parts cut by the archive": ({}, b"", 90, False),
    "parts cut on the way": ({"Content-Length": ""}, b"", 90, False),
    "no parts": ({"Content-Type": "application/dicom"}, b"", 0, True),
    "no parts, cut on the way": (
        {"Content-Type": "application/dicom", "Content-Length": ""},
        b"",
        90,
        False,
    ),
}


@pytest.mark.filterwarnings("ignore:message sent by origin server")  # of one without parts
@each_case("heads, end, cut, whole", ENDS)
def test_h14_contours_that_were_cut_off_are_refused(
    heads: dict[str, str], end: bytes, cut: int, whole: bool, serving: Serving
) -> None:
    """Without the last contour, the library reads the others, as if the structure had no more."""
    drawn = rtstruct([("liver", [ring(20.0, z, points=4) for z in (0.0, 5.0, 10.0)])])
    content = pack(drawn)
    type_ = 'multipart/related; type="application/dicom"; boundary=b'
    given = {"Content-Type": type_, **heads}
    begin = b"" if "Content-Type" in heads else b"--b\r\nContent-Type: application/dicom\r\n\r\n"
    body = begin + content[: len(content) - cut] + end
    session = serving(lambda *_: (200, given, body)).session()
    named = InstanceName(drawn.StudyInstanceUID, drawn.SeriesInstanceUID, drawn.SOPInstanceUID)
    if whole:
        assert len(session.fetch(named).ROIContourSequence[0].ContourSequence) == 3
        return
    with refuses("archive.answer", says="ends early"):
        session.fetch(named)


@each_case("content", {"page": b"<p>CANARY", "nothing": b""})
def test_a_part_that_is_not_dicom_is_refused(content: bytes, serving: Serving) -> None:
    heads = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--b--"
    with refuses("archive.answer"):
        serving(lambda *_: (200, heads, body)).session().fetch(InstanceName("1.2", "1.3", "1.4"))


LOGINS = {
    "basic": ({"login": "basic", "user": "äda"}, "Basic w6RkYTpzZWNyZXQ="),
    "token": ({"login": "token"}, "Bearer secret"),
}


@each_case("given, head", LOGINS)
def test_a_login_of_the_environment_is_sent_to_the_archive_alone(
    given: dict[str, Any], head: str, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_PACS_PASSWORD", "secret")
    monkeypatch.setenv("FL_PLANNER_PACS_TOKEN", "secret")
    fake = serving(lambda *_: (200, JSON, b"[]"))
    session = fake.session(**given)
    assert [*session.find_studies(StudyQuery())] == []
    assert [one["Authorization"] for one in fake.heads] == [head]
    assert "secret" not in repr(session)


def test_what_an_archive_does_not_list_it_does_not_have(serving: Serving) -> None:
    session = serving(lambda *_: (200, JSON, b"[]")).session()
    assert not session.has(InstanceName("1.2", "1.3", "1.4"))
    assert session.list_instances("1.2") == ()
