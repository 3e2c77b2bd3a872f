"""A session with an archive by DICOMweb: QIDO, WADO and STOW."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from fl_planner.archive.accepted_classes import decompress, is_compressed
from fl_planner.archive.connection import (
    ANSWER_S,
    CONNECT_S,
    MOST_LIST_BYTES,
    MOST_OBJECT_BYTES,
    MOST_PAGES,
    PAGE,
    REQUEST_S,
    Credentials,
    InstanceName,
    StudyEntry,
    StudyQuery,
    WebAddress,
    as_count,
    as_day,
    is_uid,
    read_credentials,
    require_whole,
)
from fl_planner.archive.web_host import GONE, LOGIN
from fl_planner.basis.exact_text import parse_strict_json
from fl_planner.basis.findings import InputRefused, quietly

if TYPE_CHECKING:
    from dicomweb_client.web import DICOMwebClient
    from pydicom.dataset import Dataset
    from requests import Response, Session

MORE = "additional results"  # of a warning with an answer that is incomplete
OK, PART = 200, 206  # statuses of HTTP
ANSWERED = frozenset({OK, 202, 204, PART})
PIECE = 1 << 16  # bytes read at a time
WHOLE = 1 << 31  # bytes: no message is sent in pieces, which servers acknowledge and lose
# [dicomweb-client issue 42]
ANY_SYNTAX = (("application/dicom", "*"),)
FIELDS = ("StudyDate", "ModalitiesInStudy", "NumberOfStudyRelatedInstances")
TAGS = {"StudyInstanceUID": "0020000D", "PatientID": "00100020", "AccessionNumber": "00080050"}
CHECK = "check the address in the archives file, and the log of the archive"
Json = Mapping[str, Any]
Kind = TypeVar("Kind")


@dataclass(slots=True)
class WebSession:
    """A session with one DICOMweb service."""

    name: str
    client: DICOMwebClient
    _has_more: bool = False  # as stated with the last answer

    @classmethod
    def of(cls, name: str, address: WebAddress) -> WebSession:
        """Prepare a session with the login of an archive.

        Raises `InputRefused`: `archive.secret`, `archive.tls`.
        """
        from dicomweb_client.web import DICOMwebClient

        credentials = read_credentials(name, address)
        session = _make_http(name, address, credentials)
        timeout = (CONNECT_S, ANSWER_S)
        client = DICOMwebClient(address.url.rstrip("/"), session, chunk_size=WHOLE, timeout=timeout)
        client.set_http_retry_params(retry=False)  # the caller repeats, and says so
        made = cls(name, client)
        session.hooks["response"].append(made._receive)
        return made

    def _receive(self, response: Response, *_: object, **__: object) -> None:
        """Receive an answer, and note whether it is stated to be incomplete [PS3.18 8.3.4.4]."""
        from requests import HTTPError, TooManyRedirects

        is_list, is_part = _is_list(response), response.status_code == PART
        self._has_more = is_part or MORE in response.headers.get("Warning", "").lower()
        with response:
            if response.is_redirect:
                raise TooManyRedirects(response=response)
            if response.status_code not in ANSWERED or (is_part and not is_list):
                raise HTTPError(response=response)
            response._content = _take(self.name, response, is_list=is_list)  # instead of its own
        if response.status_code == OK and _is_page(response):  # also without content: not "none"
            raise _refuse_answer(self.name, "the archive responds with a web page, such as a login")
        if is_list and response.content:
            # decoded as by the library, which uses the last of a key given twice
            parse_strict_json(response.content.decode("utf-8", "replace"))

    def find_studies(self, query: StudyQuery) -> Iterator[StudyEntry]:
        """List studies page by page, each once.

        Raises `InputRefused`: `archive.pages` if the archive repeats a full page, or states that
        there are more studies, instead of giving the next page; the codes of every request.
        """
        met: set[str] = set()
        count = 0
        for _ in range(MOST_PAGES):
            page = self._search(query, count)
            if not (fresh := [one for one in page if one.study not in met]):
                self._require_last(len(page))
                return
            for one in fresh:
                if one.study not in met:
                    met.add(one.study)
                    yield one
            count += len(page)
            if len(page) > PAGE:  # the archive knows no pages, and gave all
                return

    def _require_last(self, count: int) -> None:
        """Refuse a page of entries without a new one, unless it follows the last page."""
        if count >= PAGE or self._has_more:
            reason = "the archive repeats a page of its list instead of returning the next page"
            remedy = "narrow the query by date or modality; for one study, give its series"
            raise InputRefused("archive.pages", self.name, reason, remedy)

    def _search(self, query: StudyQuery, offset: int) -> list[StudyEntry]:
        with _speaking(self.name):
            found = self.client.search_for_studies(
                limit=PAGE, offset=offset, fields=FIELDS, search_filters=query.as_keys()
            )
            for one in found:
                query.require_match(self.name, partial(_read_text, one))
            return [_as_study(one) for one in found]

    def list_instances(self, study: str, series: Collection[str] = ()) -> tuple[InstanceName, ...]:
        """List the objects of a study, series by series: not all archives list them at once.

        - `series`: UIDs; of all series if empty.

        Raises `InputRefused`: `archive.pages` if a series has fewer than the archive states.
        """
        listed = self._list_all("0020000E", partial(self.client.search_for_series, study))
        named = []
        for each, entry in listed.items():
            if series and each not in series:
                continue
            ask = partial(self.client.search_for_instances, study, each, fields=("SOPClassUID",))
            with _speaking(self.name):
                stated = _first(entry, "00201209", as_count)
            found = self._list_all("00080018", ask, stated)
            require_whole(self.name, len(found), stated)
            named += [_as_instance(one, study, each) for one in found.values()]
        return tuple(named)

    def _list_all(
        self, tag: str, ask: Callable[..., Sequence[Json]], stated: int | None = None
    ) -> dict[str, Json]:
        """List all entries of a query by UID, page by page, up to the stated number."""
        met: dict[str, Json] = {}
        for _ in range(MOST_PAGES):
            with _speaking(self.name):
                page = {_need(one, tag): one for one in ask(limit=PAGE, offset=len(met))}
            before = len(met)
            met.update(page)
            if len(met) == before:
                self._require_last(len(page))
                break
            if len(met) == stated or len(page) > PAGE:  # it knows no pages, and gave all
                break
        return met

    def has(self, one: InstanceName) -> bool:
        """Whether the archive lists an object."""
        with _speaking(self.name):
            keys = {"SOPInstanceUID": one.instance}
            found = self.client.search_for_instances(one.study, one.series, search_filters=keys)
            return any(_need(each, "00080018") == one.instance for each in found)

    def fetch(self, one: InstanceName) -> Dataset:
        """Fetch an object as stored."""
        with _speaking(self.name):
            found: Dataset = self.client.retrieve_instance(
                one.study, one.series, one.instance, media_types=ANY_SYNTAX
            )
            return found

    def store(self, objects: Sequence[Dataset]) -> None:
        """Send objects one by one, each in a message of known length.

        A compressed object that the archive refuses is sent again without compression.
        """
        for one in objects:
            if is_compressed(one):
                self._store_or_decompress(one)
            else:
                self._store(one)

    def _store_or_decompress(self, one: Dataset) -> None:
        try:
            is_stored = self._store(one)
        except InputRefused as refused:
            if refused.code != "archive.answer":
                raise
            is_stored = False
        if not is_stored:
            self._store(decompress(one))

    def _store(self, one: Dataset) -> bool:
        """Send an object, and return whether the archive lists no failure."""
        with _speaking(self.name):
            return not self.client.store_instances([one]).get("FailedSOPSequence")


def _make_http(name: str, address: WebAddress, credentials: Credentials | None) -> Session:
    """Create a session that contacts only the given address."""
    from requests import Session

    session = Session()
    session.trust_env = False  # no login of a .netrc, and no proxy that reads along
    session.max_redirects = 0  # a redirect would carry patient data to another address
    files = address.certificates
    files.as_client(name)  # refuses files that cannot be used, by name
    session.verify = True if files.authority is None else str(files.authority)
    if files.own is not None:
        session.cert = (str(files.own), str(files.key)) if files.key else str(files.own)
    if credentials is not None:
        session.headers["Authorization"] = _as_header(credentials)
    return session


def _as_header(credentials: Credentials) -> str:
    """Encode credentials for HTTP: a token, or user and password in UTF-8 [RFC 6750, RFC 7617]."""
    if credentials.user is None:
        return f"Bearer {credentials.secret}"
    pair = f"{credentials.user}:{credentials.secret}".encode()
    return f"Basic {b64encode(pair).decode('ascii')}"


def _is_list(response: Response) -> bool:
    return "json" in response.headers.get("Content-Type", "").lower()


def _is_page(response: Response) -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    return response.request.method == "GET" and kind.startswith("text/html")


def _take(name: str, response: Response, *, is_list: bool) -> bytes:
    """Read an answer within bounds of size and time.

    Raises `InputRefused`: `archive.answer`, also for an object that may have been cut off.
    """
    most = MOST_LIST_BYTES if is_list else MOST_OBJECT_BYTES
    until, taken = monotonic() + REQUEST_S, bytearray()
    while piece := response.raw.read1(PIECE, decode_content=True):
        taken += piece
        if len(taken) > most:
            raise _refuse_answer(name, f"the archive's response is larger than {most >> 20} MiB")
        if monotonic() > until:
            raise _refuse_answer(name, "the archive's response is not complete within an hour")
    if taken and not is_list and not _is_whole(response, taken):
        raise _refuse_answer(name, "the archive's response ends early")
    return bytes(taken)


def _is_whole(response: Response, taken: bytearray) -> bool:
    """Whether an answer has its end: the last delimiter of its parts, or its stated length.

    A library reads an object that was cut off without the rest: contours, or segments.
    """
    heads = response.headers
    message = Message()
    message["Content-Type"] = heads.get("Content-Type", "")
    if (boundary := message.get_boundary()) is not None:
        return f"--{boundary}--".encode() in taken
    return "Content-Length" in heads or "chunked" in heads.get("Transfer-Encoding", "").lower()


@contextmanager
def _speaking(name: str) -> Iterator[None]:
    """Convert errors of a request or its answer into a refusal without the server's text."""
    from requests import exceptions
    from urllib3.exceptions import HTTPError

    strange = "the archive's response does not conform to DICOMweb"
    with quietly("archive.answer", name, strange, CHECK):
        try:
            yield
        except exceptions.HTTPError as error:
            status = 0 if error.response is None else error.response.status_code
            raise _refuse_status(name, status) from None
        except exceptions.SSLError:
            reason = "the certificate of the archive is not valid for its address, or is not "
            reason += "trusted"
            remedy = "give the issuer's certificate as authority in the archives file"
            raise InputRefused("archive.tls", name, reason, remedy) from None
        except exceptions.TooManyRedirects:
            raise _refuse_answer(name, "the archive redirects to another URL") from None
        except (exceptions.ConnectionError, exceptions.Timeout):
            reason = "the archive cannot be reached, or does not respond"
            remedy = "check the address in the archives file, and whether the archive is running"
            raise InputRefused("archive.unreachable", name, reason, remedy) from None
        except HTTPError:
            raise _refuse_answer(name, strange) from None


def _refuse_status(name: str, status: int) -> InputRefused:
    if status in LOGIN:
        reason = f"the archive refuses the login (HTTP status {status})"
        remedy = "check the user name, the password or token, and this user's rights in the archive"
        return InputRefused("archive.login", name, reason, remedy)
    if status in GONE:
        reason = f"the archive does not have the requested objects (HTTP status {status})"
        remedy = "check the study UID and the address of the archive"
        return InputRefused("archive.not_found", name, reason, remedy)
    return _refuse_answer(name, f"the archive responds with HTTP status {status}")


def _refuse_answer(name: str, reason: str) -> InputRefused:
    return InputRefused("archive.answer", name, reason, CHECK)


def _as_study(entry: Json) -> StudyEntry:
    uid = _need(entry, "0020000D")
    modalities = entry.get("00080061", {}).get("Value", [])
    instances = _first(entry, "00201208", as_count)
    date = as_day(_first(entry, "00080020", str) or "")
    return StudyEntry(uid, date, tuple(sorted({str(one) for one in modalities if one})), instances)


def _as_instance(entry: Json, study: str, series: str) -> InstanceName:
    sop_class = _first(entry, "00080016", str) or ""
    return InstanceName(study, series, _need(entry, "00080018"), sop_class)


def _need(entry: Json, tag: str) -> str:
    """Return a UID of an entry; raises `ValueError` if the entry has none."""
    uid = _first(entry, tag, str)
    if uid is None or not is_uid(uid):
        raise ValueError("an entry has no UID")
    return uid


def _read_text(entry: Json, keyword: str) -> str:
    return _first(entry, TAGS[keyword], str) or ""


def _first(entry: Json, tag: str, kind: Callable[[Any], Kind]) -> Kind | None:
    values = entry.get(tag, {}).get("Value", [])
    if not isinstance(values, list):  # of a text, the first item would be its first character
        raise TypeError(tag)
    return kind(values[0]) if values and values[0] is not None else None
