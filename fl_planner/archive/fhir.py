"""A session with a FHIR R4 server, which reads and never writes.

Only the host of the given address is contacted, at the address that was checked. No redirect is
followed, because it would carry the token and patient data to another host. Refusals do not quote
addresses or answers of the server, because these may contain patient identifiers.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from typing import Self
from urllib.parse import SplitResult, urljoin, urlsplit

from fl_planner.archive.connection import (
    FHIR_ANSWER_S,
    HOST_WAIT_S,
    MOST_FHIR_BYTES,
    Certificates,
    SecretPlace,
    find_secret,
    is_this_computer,
)
from fl_planner.archive.web_host import (
    GONE,
    LOGIN,
    OPTION,
    PLAIN,
    SECURE,
    PrivateHostError,
    UnknownHostError,
    WebHost,
    find_host,
)
from fl_planner.basis.exact_text import BeyondBoundsError, Pairs, parse_exact_json
from fl_planner.basis.findings import InputRefused

SERVER = "FHIR server"  # in place of its address, which may name the hospital
NAME = "fhir"  # of the token
PIECE = 1 << 16  # bytes read at a time
MEDIA = frozenset({"application/fhir+json", "application/json", "application/json+fhir"})
BUSY = frozenset({429, 503})
EXPORT = "export the record as a file, and give that file"
CHECK_URL = "check the address of the server, and its log"


@dataclass(frozen=True, slots=True)
class FhirAddress:
    """A server, and how it may be contacted.

    - `base`: its address, without a slash at the end.
    - `token`: where the token is stored; None for a server that requires none.
    - `private`: whether it may be on this computer or on a private network.
    """

    base: str
    token: SecretPlace | None = None
    private: bool = False


class FhirSession:
    """Requests to one server."""

    def __init__(self, address: FhirAddress) -> None:
        self.base = address.base
        self._parts = urlsplit(address.base)
        self._host = _find_host(self._parts, private=address.private)
        _require_encrypted(self._host, address)
        self._token = None if address.token is None else f"Bearer {_read_token(address.token)}"
        self._context = Certificates().as_client(SERVER) if self._host.secure else None
        self._kept: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        """Return this object; the connection is closed at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the connection."""
        if self._kept is not None:
            self._kept.close()

    def get(self, url: str) -> Pairs:
        """Return the resource at an address of this server.

        - `url`: relative to the base, or absolute as in a link from the server.

        Raises `InputRefused`: `fhir.server_pages` for an address of another server;
        `fhir.server_unreachable`, `fhir.server_tls`, `fhir.server_login`,
        `fhir.server_not_found`, `fhir.server_busy`, `fhir.server_answer`.
        """
        parts = self._join(url)
        if (parts.scheme, parts.netloc) != (self._parts.scheme, self._parts.netloc):
            reason = "a link from the server leads to another server, which is not contacted"
            raise InputRefused("fhir.server_pages", SERVER, reason, CHECK_URL)
        found = _parse(self._ask(parts))
        if found.get("resourceType") == "OperationOutcome":
            raise refuse_answer("the server responds with an error instead of a resource")
        return found

    def _join(self, url: str) -> SplitResult:
        with suppress(ValueError):
            if url.isascii() and url.isprintable() and " " not in url:
                return urlsplit(urljoin(f"{self.base}/", url))
        raise refuse_answer("a link from the server is not a valid address")

    def _ask(self, parts: SplitResult) -> str:
        """Request an address, and return the text of its answer."""
        from ssl import SSLError

        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            return self._request(target)
        except SSLError:
            reason = (
                "the server does not support TLS, or its certificate is not trusted or names "
                "another host"
            )
            remedy = "install the issuer's certificate on this computer, or correct the address"
            raise InputRefused("fhir.server_tls", SERVER, reason, remedy) from None
        except OSError:
            reason = "the server cannot be reached, or does not respond"
            remedy = "check the address, and whether the server is running"
            raise InputRefused("fhir.server_unreachable", SERVER, reason, remedy) from None
        except http.client.HTTPException:
            raise refuse_answer("the server's response is incomplete or not HTTP") from None

    def _request(self, target: str) -> str:
        """Request a path by the open connection, or by a new one if the server has closed it."""
        kept, self._kept = self._kept, None
        if kept is not None and kept.sock is not None:
            with suppress(ConnectionError):
                return self._exchange(kept, target)
        return self._exchange(self._host.connect(HOST_WAIT_S, self._context), target)

    def _exchange(self, connection: http.client.HTTPConnection, target: str) -> str:
        try:
            with _ending(connection):
                connection.request("GET", target, headers=self._list_headers())
                with connection.getresponse() as answer:
                    text = _take(answer)
            self._kept = connection
            return text
        finally:
            if self._kept is not connection:
                connection.close()

    def _list_headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/fhir+json",
            "Accept-Encoding": "identity",
            "Prefer": "handling=strict",  # a parameter that is ignored would select other patients
            "User-Agent": "fl-planner",
        }
        return headers if self._token is None else {**headers, "Authorization": self._token}


def _find_host(parts: SplitResult, *, private: bool) -> WebHost:
    try:
        return find_host(parts, private=private)
    except UnknownHostError:
        reason = "the name of the server cannot be resolved"
        raise InputRefused("fhir.server_unreachable", SERVER, reason, "check the address") from None
    except PrivateHostError:
        reason = (
            "the server is on this computer or on a private network; such servers are refused by "
            "default"
        )
        remedy = f"use {OPTION} if this is the intended server"
        raise InputRefused("fhir.server_private", SERVER, reason, remedy) from None


def _require_encrypted(host: WebHost, address: FhirAddress) -> None:
    """Refuse unencrypted patient data, except within this computer, and any unencrypted token."""
    is_secret = address.token is not None
    if host.secure or (is_this_computer(host.place[0]) and not is_secret):
        return
    token = "; a token is never sent without encryption" if is_secret else ""
    reason = f"the connection is not encrypted{token}"
    raise InputRefused("fhir.server_unencrypted", SERVER, reason, "give an https:// address")


def _read_token(place: SecretPlace) -> str:
    secret, remedy = find_secret(NAME, "TOKEN", place)
    if not secret:
        reason = "the token for the server was not found"
        raise InputRefused("fhir.server_secret", SERVER, reason, remedy)
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        reason = "the token for the server contains invalid characters"
        remedy = "store only the token, without spaces or other text"
        raise InputRefused("fhir.server_secret", SERVER, reason, remedy)
    return secret


@contextmanager
def _ending(connection: http.client.HTTPConnection) -> Iterator[None]:
    """Close a connection after `FHIR_ANSWER_S`, even if the server still sends occasional bytes.

    Raises `TimeoutError`.
    """
    late: list[bool] = []
    used = connection.sock  # which an answer of unknown length takes over

    def shut() -> None:
        late.append(True)
        with suppress(OSError):
            socket.socket.shutdown(used, socket.SHUT_RDWR)  # below TLS

    timer = Timer(FHIR_ANSWER_S, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late:  # whatever the end of the answer looked like
            raise TimeoutError


def _take(answer: http.client.HTTPResponse) -> str:
    """Read an answer, up to the size limit."""
    _require_status(answer.status)
    stated, taken = answer.length, bytearray()
    while stated is None or len(taken) < stated:
        most = PIECE if stated is None else min(PIECE, stated - len(taken))
        if not (piece := answer.read1(most)):
            break
        taken += piece
        if len(taken) > MOST_FHIR_BYTES:
            reason = f"a response from the server is larger than {MOST_FHIR_BYTES >> 20} MiB"
            raise InputRefused("fhir.server_size", SERVER, reason, EXPORT)
    if stated is not None and len(taken) < stated:
        raise http.client.IncompleteRead(b"")
    media = answer.headers.get_content_type()
    packed = answer.getheader("Content-Encoding", "identity").lower() != "identity"
    with suppress(UnicodeDecodeError):
        if media in MEDIA and not packed:
            return taken.decode("utf-8")
    raise refuse_answer("the server's response is not FHIR in JSON")


def _require_status(status: int) -> None:
    """Refuse every answer that is not complete and final, each with its remedy."""
    stated = f"(HTTP status {status})"
    if status == http.client.OK:
        return
    if status in LOGIN:
        reason = f"the server refuses access {stated}"
        remedy = "store a token that grants this access, and state its place with --fhir-token"
        raise InputRefused("fhir.server_login", SERVER, reason, remedy)
    if status in GONE:
        reason = f"the server does not have the requested resource {stated}"
        remedy = (
            "check the URL: the base URL of the server, alone or followed by Patient/ID or Group/ID"
        )
        raise InputRefused("fhir.server_not_found", SERVER, reason, remedy)
    if status in BUSY:
        reason = f"the server is overloaded or unavailable {stated}"
        remedy = "try again later, or request the records of fewer patients"
        raise InputRefused("fhir.server_busy", SERVER, reason, remedy)
    if 300 <= status < 400:
        raise refuse_answer(
            f"the server redirects to another URL {stated}; redirects are not followed"
        )
    raise refuse_answer(f"the server responds with an error {stated}")


def _parse(text: str) -> Pairs:
    try:
        found = parse_exact_json(text)
    except (json.JSONDecodeError, BeyondBoundsError):
        found = None
    if not isinstance(found, Pairs):
        raise refuse_answer("the server's response is not FHIR in JSON")
    return found


def refuse_answer(reason: str) -> InputRefused:
    """Return the refusal for an answer that cannot be used."""
    return InputRefused("fhir.server_answer", SERVER, reason, CHECK_URL)


def split_address(url: str) -> SplitResult | None:
    """Split the address of a server; None if it is invalid, or contains a user or a query."""
    with suppress(ValueError):
        parts = urlsplit(url)
        plain = url.isascii() and url.isprintable() and not {*url} & {*' "<>\\^`{|}?#'}
        if plain and parts.scheme in (SECURE, PLAIN) and parts.hostname and "@" not in parts.netloc:
            _ = parts.port  # raises `ValueError` for a wrong one
            return parts
    return None
