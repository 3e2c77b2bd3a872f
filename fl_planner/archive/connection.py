"""Archives by name, with addresses and credentials; limits and interface of every session.

A password or token is read only from the environment or a keyring: a command line is visible to
every user of the computer, and a settings file is copied. Messages do not repeat answers of a
server, because these may quote patient data.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from fl_planner.basis.extras import require_keyring
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count

if TYPE_CHECKING:
    from ssl import SSLContext

    from pydicom.dataset import Dataset


# lists of archives and FHIR servers
PAGE = 200  # entries of one answer; servers may give fewer [project's choice]
MOST_PAGES = 10_000

# DICOM archives
CONNECT_S, ANSWER_S = 10, 120  # until a connection, and between two parts of an answer
LOOK_UPS, LOOK_UP_WAIT_S = 3, 1.0  # some archives list an object seconds after it was stored
MOST_PDU = 1 << 17  # bytes of a message
MOST_OBJECT_BYTES = 1 << 30  # of an answer with an object, as of a file [project's choice]
MOST_LISTED = 1_000_000  # entries of a C-FIND, which has no pages [project's choice]
MOST_LIST_BYTES = 1 << 28  # of an answer with a list; some archives know no pages

# receiver of studies
IDLE_S = 60  # until a silent caller is disconnected, and for each part of a message
REQUEST_S = 3600  # for a whole message, also of an archive [project's choice]
MOST_ASSOCIATIONS = 10  # at a time [project's choice]
MOST_CONNECTIONS = 4 * MOST_ASSOCIATIONS  # with those that are to be refused [project's choice]
# of a request to connect; one of 128 contexts with 20 encodings each has 180,000 [project's choice]
REQUEST_BYTES = 1 << 20
MOST_COMMITTED = 20_000  # objects of one request [project's choice]
COMMITMENT_TRIES, COMMITMENT_WAIT_S = 5, 10.0

# FHIR servers, and hosts of files
HOST_WAIT_S = 60.0  # for a connection, and between two parts of an answer [project's choice]
FHIR_ANSWER_S = 600.0  # for a whole answer [project's choice]
MOST_FHIR_BYTES = 64 << 20  # of an answer, as of a Bundle in a file [project's choice]

Login = Literal["none", "basic", "token"]
SecretPlace = Literal["environment", "keyring"]
IDENTIFYING = {  # keys of a query that name a patient or a study
    "StudyInstanceUID": "study UID",
    "PatientID": "patient ID",
    "AccessionNumber": "accession number",
}
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_NOT_IN_NAMES = re.compile(r"[^A-Z0-9]+")
GIVE_TLS = (
    "use TLS, or set unencrypted = true if the network between the two computers is protected"
)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files of TLS.

    - `authority`: trusted certificates; the certificates of the system if None.
    - `own`, `key`: certificate and key presented to the other side, if it requires them.
    """

    authority: Path | None = None
    own: Path | None = None
    key: Path | None = None

    def as_client(self, name: str) -> SSLContext:
        """Return a context that verifies the server's certificate and its name.

        Raises `InputRefused`: `archive.tls` for files that cannot be used.
        """
        return self._load(name, server=False)

    def as_server(self, name: str) -> SSLContext:
        """Return a context that presents the certificate, and requires that of the caller.

        Raises `InputRefused`: `archive.tls` for files that cannot be used.
        """
        return self._load(name, server=True)

    def _load(self, name: str, *, server: bool) -> SSLContext:
        import ssl

        purpose = ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH
        try:
            context = ssl.create_default_context(purpose, cafile=self.authority)
            if self.own is not None:
                context.load_cert_chain(self.own, self.key)
        except (OSError, ValueError) as error:
            reason = "a TLS certificate or key cannot be read"
            remedy = "check the files given as authority, certificate and key"
            raise InputRefused("archive.tls", name, reason, remedy) from error
        if server and self.authority is not None:
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A DICOMweb service.

    - `login`: method by which the program identifies itself.
    - `user`: user name of a basic login; from the environment if None.
    - `secret`: location of the stored password or token.
    """

    url: str
    login: Login = "none"
    user: str | None = None
    secret: SecretPlace = "environment"
    certificates: Certificates = Certificates()
    unencrypted: bool = False


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """A DICOM application entity.

    - `called`, `calling`: its title, and its title for this program.
    - `certificates`: TLS; None without TLS.
    """

    host: str
    port: int
    called: str
    calling: str
    certificates: Certificates | None = None
    unencrypted: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive, with its name in the settings and its address."""

    name: str
    address: WebAddress | NodeAddress

    def __post_init__(self) -> None:
        """Refuse an address over which patient data or a password would be readable to others.

        Raises `InputRefused`: `archive.unencrypted`.
        """
        match self.address:
            case WebAddress(url=url, unencrypted=allowed):
                parts = urlsplit(url)
                host, secure = parts.hostname or "", parts.scheme == "https"
            case NodeAddress(host=host, certificates=files, unencrypted=allowed):
                secure = files is not None
        if not (secure or allowed or is_this_computer(host)):
            reason = "the connection to another computer is not encrypted"
            raise InputRefused("archive.unencrypted", self.name, reason, GIVE_TLS)


def is_this_computer(host: str) -> bool:
    """Whether a host is this computer, without looking up its name.

    Examples
    --------
    >>> is_this_computer("127.0.0.1"), is_this_computer("localhost"), is_this_computer("pacs")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password, or a token alone. Never printed."""

    secret: str
    user: str | None = None

    def __repr__(self) -> str:
        """Hide the secret in tracebacks."""
        return "Credentials(...)"


def read_credentials(archive: str, address: WebAddress) -> Credentials | None:
    """Read the password or token of an archive; None for a login that requires neither.

    The variables are FL_PLANNER_NAME_TOKEN, or FL_PLANNER_NAME_USER and FL_PLANNER_NAME_PASSWORD,
    with the name of the archive in capitals. In a keyring, the service is "fl-planner NAME".

    Raises `InputRefused`: `archive.secret`, naming the variable or the service.
    """
    if address.login == "none":
        return None
    user = None
    if address.login == "basic":
        variable = name_variable(archive, "USER")
        user = address.user or os.environ.get(variable)
        if not user:
            remedy = (
                f'set the environment variable {variable}, or the key "user" in the archives file'
            )
            raise _lacks(archive, remedy)
    kind = "TOKEN" if address.login == "token" else "PASSWORD"
    secret, remedy = find_secret(archive, kind, address.secret, user or "token")
    if not secret:
        raise _lacks(archive, remedy)
    return Credentials(secret, user)


def name_variable(name: str, kind: str) -> str:
    """Return the name of an environment variable.

    Examples
    --------
    >>> name_variable("pacs 2", "TOKEN")
    'FL_PLANNER_PACS_2_TOKEN'
    """
    return f"FL_PLANNER_{_NOT_IN_NAMES.sub('_', name.upper()).strip('_')}_{kind}"


def find_secret(
    name: str, kind: str, place: SecretPlace, user: str = "token"
) -> tuple[str | None, str]:
    """Find a password or token, None if there is none; also return how to store it.

    Raises `InputRefused`: `extra.missing` without a library for keyrings.
    """
    if place == "environment":
        variable = name_variable(name, kind)
        return os.environ.get(variable), f"set the environment variable {variable}"
    require_keyring()
    import keyring
    from keyring.errors import KeyringError

    service = f"fl-planner {name}"
    remedy = f"store it in the keyring: keyring set '{service}' {user}"
    try:
        return keyring.get_password(service, user), remedy
    except KeyringError:
        return None, remedy


def _lacks(archive: str, remedy: str) -> InputRefused:
    reason = "the user name, password or token for the archive was not found"
    return InputRefused("archive.secret", archive, reason, remedy)


@dataclass(frozen=True, slots=True)
class InstanceName:
    """One object in an archive, by its UIDs; the class is empty if the archive omits it."""

    study: str
    series: str
    instance: str
    sop_class: str = ""

    def __repr__(self) -> str:
        """Hide the UIDs in tracebacks."""
        return "InstanceName(...)"


def is_uid(text: str) -> bool:
    """Whether a text is a UID, which is also used in addresses.

    Examples
    --------
    >>> is_uid("1.2.840.10008"), is_uid("../1.2"), is_uid("")
    (True, False, False)
    """
    return _UID.fullmatch(text) is not None


def require_whole(archive: str, listed: int, stated: int | None) -> None:
    """Check that an archive lists as many objects of a series as it states to have.

    Raises `InputRefused`: `archive.pages`.
    """
    if stated is not None and listed < stated:
        objects = format_count(listed, "object")
        reason = f"the archive lists {objects} in a series but states a total of {stated}"
        remedy = "raise the limit on query results in the archive, and check the series in a viewer"
        raise InputRefused("archive.pages", archive, reason, remedy)


def as_count(stated: Any) -> int | None:
    """Return a number of objects; None if an archive states none, or one that is impossible.

    Examples
    --------
    >>> as_count(3), as_count(""), as_count(-1), as_count(1.5)
    (3, None, None, None)
    """
    if stated in (None, ""):
        return None
    whole = int(count := float(stated))  # fails if the number is not finite
    return whole if whole == count >= 0 else None


def as_day(stated: str) -> str:
    """Return a study date; empty if it is not in the calendar.

    Examples
    --------
    >>> as_day("20260504"), as_day("20261341"), as_day("2026")
    ('20260504', '', '')
    """
    try:
        return stated if f"{date.fromisoformat(stated):%Y%m%d}" == stated else ""
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """One study as listed by an archive.

    - `date`: study date as YYYYMMDD; empty if not stated.
    - `modalities`: modalities of its series, sorted.
    - `instances`: number of its objects; None if not stated.
    """

    study: str
    date: str = ""
    modalities: tuple[str, ...] = ()
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """Properties that a study must match; an empty one matches every study.

    - `since`, `until`: first and last study date, as YYYYMMDD.
    """

    study: str = ""
    patient_id: str = ""
    accession: str = ""
    modality: str = ""
    since: str = ""
    until: str = ""

    def as_keys(self) -> dict[str, str]:
        """Return the keys of a query that are not empty, by their keywords in DICOM."""
        days = f"{self.since}-{self.until}" if self.since or self.until else ""
        keys = {
            "StudyInstanceUID": self.study,
            "PatientID": self.patient_id,
            "AccessionNumber": self.accession,
            "ModalitiesInStudy": self.modality,
            "StudyDate": days,
        }
        return {keyword: value for keyword, value in keys.items() if value}

    def require_match(self, archive: str, read: Callable[[str], str]) -> None:
        """Refuse a study that does not match, listed by an archive that ignores a key.

        - `read`: returns the value of a keyword in the archive's entry; empty if it is not stated.

        Raises `InputRefused`: `archive.answer`.
        """
        asked = self.as_keys()
        for keyword in IDENTIFYING.keys() & asked.keys():
            pattern = asked[keyword].strip().casefold().replace("[", "[[]")  # of * and ? only
            given = read(keyword).strip().casefold()
            if given and not fnmatchcase(given, pattern):
                reason = f"the archive lists a study with another {IDENTIFYING[keyword]} than "
                reason += "requested: it ignores this criterion, or has merged patient records"
                remedy = "query by another criterion, and check the patient of a study in a viewer"
                raise InputRefused("archive.answer", archive, reason, remedy)


class ArchiveSession(Protocol):
    """Requests of the program to an archive, for any protocol."""

    @property
    def name(self) -> str:
        """The name of the archive in the settings."""

    def find_studies(self, query: StudyQuery) -> Iterator[StudyEntry]:
        """List studies, each once, regardless of the number of pages."""

    def list_instances(self, study: str, series: Collection[str] = ()) -> tuple[InstanceName, ...]:
        """List the objects of a study, of the given series only if there are any."""

    def has(self, one: InstanceName) -> bool:
        """Whether the archive lists an object."""

    def fetch(self, one: InstanceName) -> Dataset:
        """Fetch an object."""

    def store(self, objects: Sequence[Dataset]) -> None:
        """Send objects. Acceptance does not yet mean that they are stored."""
