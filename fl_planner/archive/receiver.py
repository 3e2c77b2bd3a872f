"""Receive objects from known callers: C-ECHO, C-STORE and storage commitment.

An object is acknowledged only once it is on disk. Limits apply while an object is received, not
afterwards. Messages and log contain no content of an object.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from socket import AF_INET, AF_INET6, SHUT_RDWR, create_server, socket
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from fl_planner.archive.accepted_classes import RECEIVED, syntaxes_of
from fl_planner.archive.connection import (
    COMMITMENT_TRIES,
    COMMITMENT_WAIT_S,
    CONNECT_S,
    IDLE_S,
    MOST_ASSOCIATIONS,
    MOST_COMMITTED,
    MOST_CONNECTIONS,
    REQUEST_BYTES,
    REQUEST_S,
    Certificates,
    is_this_computer,
)
from fl_planner.basis.extras import require_archive
from fl_planner.basis.findings import InputRefused, quietly

if TYPE_CHECKING:
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.association import Association
    from pynetdicom.events import Event
    from pynetdicom.pdu_primitives import P_DATA
    from pynetdicom.transport import ThreadedAssociationServer

SUCCESS = 0x0000
OUT_OF_RESOURCES, DIFFERS, NOT_UNDERSTOOD, FAILED = 0xA700, 0x0111, 0xC000, 0x0110
NO_SUCH_OBJECT = 0x0112
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"  # well-known [PS3.4 J.3.5]
READ_BYTES = 1 << 16  # at once
_TOO_LARGE = "a connection was closed because an object exceeded the size limit (limit.object)"
_TOO_SLOW = (
    f"a connection was closed because a message took over {REQUEST_S // 60} min (listen.slow)"
)
_NO_REQUEST = (
    "a connection was closed because it sent more than a request to connect (listen.caller)"
)
_NOT_READ = "a connection was closed because its message cannot be read (listen.object)"
_TOO_MANY = "connections were closed because too many were open (listen.caller)"
COMMIT, ALL_COMMITTED, SOME_FAILED = 1, 1, 2  # action, and types of the report [PS3.4 J.3]


@dataclass(frozen=True, slots=True)
class Caller:
    """An application entity that may send; its commitments are reported to host and port."""

    title: str
    host: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class ReceiverAddress:
    """Title, address and port of the receiver, and its callers.

    - `object_bytes`: largest object that is received.
    """

    title: str
    callers: tuple[Caller, ...]
    address: str
    port: int
    object_bytes: int
    certificates: Certificates | None = None
    unencrypted: bool = False

    def __post_init__(self) -> None:
        """Refuse to listen to other computers without TLS, unless this is explicitly allowed.

        Raises `InputRefused`: `archive.unencrypted`.
        """
        if self.certificates is None and not (self.unencrypted or is_this_computer(self.address)):
            reason = "the receiver accepts unencrypted connections from other computers"
            remedy = "use TLS, or set unencrypted = true if the network is protected"
            raise InputRefused("archive.unencrypted", "listen", reason, remedy)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One received object: `content` is a complete file with the bytes before the data set."""

    caller: str
    sop_class: str
    instance: str
    content: bytes

    def __repr__(self) -> str:
        """Hide the content in tracebacks."""
        return "Arrival(...)"


class Keeper(Protocol):
    """Storage for received objects."""

    def keep(self, arrival: Arrival) -> None:
        """Store an object on disk before this returns; raises `InputRefused`."""

    def commit(self, instances: Iterable[str]) -> frozenset[str]:
        """Accept responsibility for objects, and return those on disk; raises `InputRefused`."""


Report = Callable[[str], None]  # a line for the log, without anything of an object


@dataclass(slots=True)
class Receiver:
    """A running receiver."""

    address: ReceiverAddress
    keeper: Keeper
    report: Report
    _server: ThreadedAssociationServer | None = None
    # of each association's message: bytes so far, and when it began
    _messages: dict[int, tuple[int, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _is_crowded: bool = False  # the last connection was closed because too many were open

    def start(self) -> int:
        """Listen, and return the port.

        Raises `InputRefused`: `extra.missing`, `archive.tls`, `listen.port` if the port is in use.
        """
        require_archive()
        from pynetdicom import evt

        handlers = [
            (evt.EVT_CONN_OPEN, self._limit_reading),
            (evt.EVT_C_ECHO, self._echo),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_ACTION, self._commit),
            (evt.EVT_PDU_RECV, self._count),
            (evt.EVT_DIMSE_RECV, self._forget),
            (evt.EVT_CONN_CLOSE, self._forget),
            (evt.EVT_CONN_CLOSE, self._give_up_place),
            (evt.EVT_REJECTED, self._rejected),
        ]
        at = self.address
        secure = None
        if at.certificates is not None:
            secure = at.certificates.as_server("listen")
            # at the first read, in the thread of this caller: the next caller does not wait for it
            late = partial(secure.wrap_socket, do_handshake_on_connect=False)
            secure.wrap_socket = late  # type: ignore[method-assign]
        try:
            if sys.platform == "win32":  # there, pynetdicom would share a port that is in use
                family = AF_INET6 if ":" in at.address else AF_INET
                create_server((at.address, at.port), family=family).close()
            server = self._entity().start_server(
                (at.address, at.port),
                block=False,
                ssl_context=secure,
                evt_handlers=handlers,  # type: ignore[arg-type]
            )
        except OSError as error:
            reason = f"port {at.port} cannot be opened: {error.strerror}"
            remedy = "close the program that is using this port, or give another port"
            raise InputRefused("listen.port", "listen", reason, remedy) from None
        assert server is not None  # as it does not block
        server.verify_request = self._has_place  # type: ignore[method-assign]
        # before the next connection is counted; only the thread of the caller reads from it
        server.process_request = server.finish_request  # type: ignore[method-assign]
        self._server = server
        return int(server.server_address[1])

    def stop(self) -> None:
        """Stop accepting objects, and end the connections."""
        if self._server is not None:
            self._server.shutdown()
            for one in self._server.active_associations:
                if (connection := _socket_of(one)) is not None:
                    with suppress(OSError):  # closed meanwhile
                        connection.shutdown(SHUT_RDWR)  # ends a read that is being waited for
            self._server = None

    def _entity(self) -> ApplicationEntity:
        from pynetdicom import sop_class
        from pynetdicom.ae import ApplicationEntity

        entity = ApplicationEntity(self.address.title)
        entity.require_called_aet = True
        entity.require_calling_aet = [one.title for one in self.address.callers]
        entity.maximum_associations = MOST_ASSOCIATIONS
        entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = IDLE_S
        for one in RECEIVED:
            entity.add_supported_context(one, [*syntaxes_of(one)])
        entity.add_supported_context(sop_class.Verification)  # type: ignore[attr-defined]
        entity.add_supported_context(sop_class.StorageCommitmentPushModel)  # type: ignore[attr-defined]
        return entity

    def _echo(self, _: Event) -> int:
        return SUCCESS

    def _count(self, event: Event) -> None:
        """End a connection whose message is too large or too slow, before it is complete."""
        pdu, now = event.pdu, monotonic()
        if not hasattr(pdu, "presentation_data_value_items") or event.assoc.is_aborted:
            return
        with self._lock:
            size, began = self._messages.get(id(event.assoc), (0, now))
            size += len(pdu)
            self._messages[id(event.assoc)] = size, began
        if size > self.address.object_bytes:
            self.report(_TOO_LARGE)
            event.assoc.abort()
        elif now - began > REQUEST_S:
            self.report(_TOO_SLOW)
            event.assoc.abort()

    def _forget(self, event: Event) -> None:
        with self._lock:
            self._messages.pop(id(event.assoc), None)

    def _has_place(self, request: object, client_address: object) -> bool:
        """Whether a connection is answered; asked before a thread is started for it."""
        server = self._server
        is_crowded = server is not None and len(server.active_associations) >= MOST_CONNECTIONS
        if is_crowded and not self._is_crowded:
            self.report(_TOO_MANY)
        self._is_crowded = is_crowded
        return not is_crowded

    def _give_up_place(self, event: Event) -> None:
        """End the wait for a request that cannot come; the library would wait for `IDLE_S`."""
        if event.assoc.requestor.primitive is None:
            waiting: Any = event.assoc.dul.to_user_queue  # of requests; None ends the wait
            waiting.put(None)

    def _limit_reading(self, event: Event) -> None:
        """Limit time and size of each part of a message, and end one that is not a message."""
        wrapped = event.assoc.dul.socket
        if wrapped is not None and wrapped.socket is not None:
            read = partial(self._read, event.assoc, wrapped.socket)
            wrapped.recv = read  # type: ignore[method-assign]
        message = event.assoc.dimse
        take = partial(self._take, event.assoc, message.receive_primitive)
        message.receive_primitive = take  # type: ignore[method-assign]

    def _take(self, association: Association, take: Callable[[P_DATA], None], part: P_DATA) -> None:
        """End a connection whose command cannot be decoded; it would end the library's thread."""
        try:
            with quietly("listen.object", "message", "it cannot be read", "send it again"):
                take(part)
        except InputRefused:
            self.report(_NOT_READ)
            if (connection := _socket_of(association)) is not None:
                with suppress(OSError):  # closed meanwhile
                    connection.shutdown(SHUT_RDWR)

    def _read(self, association: Association, connection: socket, count: int) -> bytearray:
        is_known = association.is_established  # until then anyone may be sending
        if count > (self.address.object_bytes if is_known else REQUEST_BYTES):
            self.report(_TOO_LARGE if is_known else _NO_REQUEST)
            raise ConnectionAbortedError
        return _receive(connection, count)

    def _rejected(self, _: Event) -> None:
        self.report("refused a call: unknown caller, wrong AE title, or ten open (listen.caller)")

    def _store(self, event: Event) -> int:
        meta = event.file_meta  # of the request
        arrival = Arrival(
            str(event.assoc.requestor.ae_title).strip(),
            str(meta.MediaStorageSOPClassUID),
            str(meta.MediaStorageSOPInstanceUID),
            event.encoded_dataset(),
        )
        try:
            self.keeper.keep(arrival)
        except InputRefused as refused:
            self.report(f"an object was refused ({refused.code})")
            return _STATUSES.get(refused.code, NOT_UNDERSTOOD)
        return SUCCESS

    def _commit(self, event: Event) -> tuple[int, None]:
        """Accept a request for storage commitment; its report follows [PS3.4 J.3.2]."""
        asked = event.action_information
        listed = [*(asked.get("ReferencedSOPSequence") or [])]
        transaction = str(asked.get("TransactionUID") or "")
        if event.action_type != COMMIT or not listed or len(listed) > MOST_COMMITTED:
            self.report("a request for storage commitment was refused (listen.commitment)")
            return FAILED, None
        named = [
            (str(one.get("ReferencedSOPClassUID")), str(one.get("ReferencedSOPInstanceUID")))
            for one in listed
        ]
        title = str(event.assoc.requestor.ae_title).strip()
        request = Commitment(transaction, tuple(named))
        caller = next((one for one in self.address.callers if one.title == title), Caller(title))
        Thread(target=self._report_kept, args=(request, caller, event.assoc), daemon=True).start()
        return SUCCESS, None

    def _report_kept(self, asked: Commitment, caller: Caller, association: Association) -> None:
        from time import sleep

        kept = frozenset[str]()
        try:
            kept = self.keeper.commit(instance for _, instance in asked.named)
        except InputRefused as refused:  # none is promised: the sender keeps its objects
            self.report(f"a storage commitment was refused ({refused.code})")
        for number in range(COMMITMENT_TRIES):
            sleep(COMMITMENT_WAIT_S * number if number else 0.1)  # its answer goes first
            if self._send_report(asked, kept, caller, association):
                self.report(f"storage commitment: {len(kept)} of {len(asked.named)} objects")
                return
        self.report("a storage commitment could not be reported (listen.commitment)")

    def _send_report(
        self, asked: Commitment, kept: frozenset[str], caller: Caller, association: Association
    ) -> bool:
        """Send a report over the caller's connection, or over a new connection to its address."""
        if association.is_established and caller.host is None:
            return _send(association, asked, kept)
        if caller.host is None or caller.port is None:
            return False
        from pynetdicom import build_role, sop_class
        from pynetdicom.ae import ApplicationEntity

        model = sop_class.StorageCommitmentPushModel  # type: ignore[attr-defined]
        entity = ApplicationEntity(self.address.title)
        entity.connection_timeout = CONNECT_S
        entity.add_requested_context(model)
        files = self.address.certificates
        secure = None if files is None else (files.as_client("listen"), caller.host)
        opened = entity.associate(
            caller.host,
            caller.port,
            ae_title=caller.title,
            ext_neg=[build_role(model, scp_role=True)],
            tls_args=secure,
        )
        try:
            return opened.is_established and _send(opened, asked, kept)
        finally:
            if opened.is_established:
                opened.release()


@dataclass(frozen=True, slots=True)
class Commitment:
    """A request for storage commitment: its transaction, and class and instance of each object."""

    transaction: str
    named: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        """Hide the UIDs in tracebacks."""
        return "Commitment(...)"


_STATUSES: Mapping[str, int] = {"listen.full": OUT_OF_RESOURCES, "listen.other_object": DIFFERS}


def _socket_of(association: Association) -> socket | None:
    connection = association.dul.socket
    return None if connection is None else connection.socket


def _receive(connection: socket, count: int) -> bytearray:
    """Receive bytes within a time for all of them, however few come at once."""
    content, end = bytearray(), monotonic() + IDLE_S
    while len(content) < count:
        if (left := end - monotonic()) <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(min(count - len(content), READ_BYTES))
        if not part:  # closed by the caller
            break
        content += part
    connection.settimeout(IDLE_S)  # of an answer
    return content


def _send(association: Association, asked: Commitment, kept: frozenset[str]) -> bool:
    from pydicom.dataset import Dataset
    from pynetdicom import sop_class

    def referred(named: Sequence[tuple[str, str]], failed: int | None = None) -> list[Dataset]:
        items = []
        for class_, instance in named:
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = class_, instance
            if failed is not None:
                item.FailureReason = failed
            items.append(item)
        return items

    report = Dataset()
    report.TransactionUID = asked.transaction
    stored = [one for one in asked.named if one[1] in kept]
    lost = [one for one in asked.named if one[1] not in kept]
    if stored:
        report.ReferencedSOPSequence = referred(stored)
    if lost:
        report.FailedSOPSequence = referred(lost, NO_SUCH_OBJECT)
    model = sop_class.StorageCommitmentPushModel  # type: ignore[attr-defined]
    kind = SOME_FAILED if lost else ALL_COMMITTED
    with suppress(RuntimeError, ValueError):  # the connection ended, or has no such context
        status, _ = association.send_n_event_report(report, kind, model, COMMITMENT_INSTANCE)
        return "Status" in status and int(status.Status) == SUCCESS
    return False
