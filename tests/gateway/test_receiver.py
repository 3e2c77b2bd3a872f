"""The receiver: callers, sizes, storage commitment, and what is refused."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import evt, sop_class
from pynetdicom.ae import ApplicationEntity
from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import ThreadedAssociationServer

from fl_planner.archive.connection import MOST_ASSOCIATIONS, MOST_CONNECTIONS, REQUEST_BYTES
from fl_planner.archive.receiver import (
    COMMITMENT_INSTANCE,
    Arrival,
    Caller,
    Receiver,
    ReceiverAddress,
)
from fl_planner.basis.findings import InputRefused
from tests.archive.networks import own_network
from tests.formats.dicom.dicoms import ct_slice
from tests.refusals import refuses

pytestmark = pytest.mark.slow

COMMITMENT: Any = sop_class.StorageCommitmentPushModel  # type: ignore[attr-defined]
VERIFICATION: Any = sop_class.Verification  # type: ignore[attr-defined]
PORT, THEIR_PORT = 11112, 11113
MIB = 1 << 20


@dataclass
class Kept:
    """A keeper in memory."""

    objects: dict[str, Arrival] = field(default_factory=dict)
    refusal: InputRefused | None = None

    def keep(self, arrival: Arrival) -> None:
        """Keep an object."""
        if self.refusal is not None:
            raise self.refusal
        self.objects[arrival.instance] = arrival

    def commit(self, instances: Any) -> frozenset[str]:
        """Give those that are here."""
        if self.refusal is not None:
            raise self.refusal
        return frozenset(one for one in instances if one in self.objects)


@pytest.fixture(scope="module", autouse=True)
def network() -> Iterator[None]:
    """Listen where no other computer is."""
    with own_network():
        yield


@dataclass
class Running:
    """A receiver with its keeper and its log."""

    receiver: Receiver
    kept: Kept
    log: list[str]


@contextmanager
def listening() -> Iterator[Running]:
    kept, log = Kept(), list[str]()
    callers = (Caller("VIEWER"), Caller("PACS", "127.0.0.1", THEIR_PORT))
    address = ReceiverAddress("FLPLANNER", callers, "127.0.0.1", PORT, 2 * MIB)
    receiver = Receiver(address, kept, log.append)
    receiver.start()
    yield Running(receiver, kept, log)
    receiver.stop()


@pytest.fixture
def running() -> Iterator[Running]:
    with listening() as receiver:
        yield receiver


def associate(title: str, *contexts: Any, called: str = "FLPLANNER", **more: Any) -> Any:
    entity = ApplicationEntity(title)
    for one in contexts:
        entity.add_requested_context(one)
    return entity.associate("127.0.0.1", PORT, ae_title=called, **more)


def image(padding: int = 0) -> Dataset:
    from io import BytesIO

    from pydicom import dcmread

    from tests.formats.dicom.dicoms import pack

    one = ct_slice(0)
    if padding:
        one.add_new(0x7FDF0010, "OB", b"\0" * padding)
    return dcmread(BytesIO(pack(one)))


def test_a_known_caller_is_answered(running: Running) -> None:
    one = image()
    association = associate("VIEWER", VERIFICATION, one.SOPClassUID)
    assert association.is_established
    assert association.send_c_echo().Status == 0
    assert association.send_c_store(one).Status == 0
    association.release()
    arrival = running.kept.objects[one.SOPInstanceUID]
    assert (arrival.caller, arrival.sop_class) == ("VIEWER", one.SOPClassUID)
    assert "CANARY" not in "".join(running.log)


@pytest.mark.parametrize(
    ("title", "called"),
    [
        pytest.param("STRANGER", "FLPLANNER", marks=pytest.mark.essential),
        ("VIEWER", "OTHER"),
        ("", "FLPLANNER"),
    ],
)
def test_an_unknown_caller_is_refused(title: str, called: str, running: Running) -> None:
    association = associate(title or "ANY", VERIFICATION, image().SOPClassUID, called=called)
    assert association.is_rejected
    assert running.kept.objects == {}
    assert any("listen.caller" in one for one in running.log)
    assert "STRANGER" not in "".join(running.log)


def test_an_object_beyond_the_limit_ends_the_connection(running: Running) -> None:
    large = image(padding=3 * MIB)
    association = associate("VIEWER", large.SOPClassUID)
    answer = association.send_c_store(large)
    assert "Status" not in answer
    association.abort()
    assert running.kept.objects == {}
    assert sum("limit.object" in one for one in running.log) == 1
    again = associate("VIEWER", large.SOPClassUID)  # the receiver goes on
    for number in range(4):  # which together exceed the limit, and singly do not
        one = image(padding=MIB)
        one.SOPInstanceUID = f"1.2.3.{number}"
        assert again.send_c_store(one).Status == 0
    again.release()


def test_other_kinds_of_objects_are_not_accepted(running: Running) -> None:
    association = associate("VIEWER", "1.2.840.10008.5.1.4.1.1.4", VERIFICATION)
    assert [one.abstract_syntax for one in association.accepted_contexts] == [VERIFICATION]
    association.release()
    assert running.log == []


STATUSES = {"listen.full": 0xA700, "listen.other_object": 0x0111, "listen.object": 0xC000}


@pytest.mark.parametrize(("code", "status"), STATUSES.items())
def test_a_sender_is_told_that_its_object_was_not_kept(
    code: str, status: int, running: Running
) -> None:
    running.kept.refusal = InputRefused(code, "object", "a reason", "a remedy")
    one = image()
    association = associate("VIEWER", one.SOPClassUID)
    assert association.send_c_store(one).Status == status
    association.release()
    assert running.log == [f"an object was refused ({code})"]


def request(*instances: str) -> Dataset:
    asked = Dataset()
    asked.TransactionUID = "1.2.826.77.55"
    asked.ReferencedSOPSequence = []
    for one in instances:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image().SOPClassUID, one
        asked.ReferencedSOPSequence.append(item)
    return asked


class Reports:
    """The reports of storage commitment that a caller receives."""

    def __init__(self) -> None:
        self.came: list[tuple[int, Dataset]] = []
        self.event = threading.Event()

    def take(self, event: Any) -> tuple[int, None]:
        """Take a report."""
        self.came.append((event.event_type, event.event_information))
        self.event.set()
        return 0x0000, None


@pytest.mark.essential
def test_a_commitment_is_reported_over_the_same_connection(running: Running) -> None:
    one, reports = image(), Reports()
    running.kept.objects[one.SOPInstanceUID] = Arrival("VIEWER", "1", one.SOPInstanceUID, b"")
    association = associate(
        "VIEWER", COMMITMENT, evt_handlers=[(evt.EVT_N_EVENT_REPORT, reports.take)]
    )
    asked = request(one.SOPInstanceUID, "1.2.3.4")
    status, _ = association.send_n_action(asked, 1, COMMITMENT, COMMITMENT_INSTANCE)
    assert status.Status == 0
    assert reports.event.wait(30)
    association.release()
    ((kind, report),) = reports.came
    assert (kind, report.TransactionUID) == (2, "1.2.826.77.55")
    (stored,), (failed,) = report.ReferencedSOPSequence, report.FailedSOPSequence
    assert stored.ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == ("1.2.3.4", 0x0112)


def test_no_object_is_promised_if_the_promise_cannot_be_kept(running: Running) -> None:
    one, reports = image(), Reports()
    running.kept.objects[one.SOPInstanceUID] = Arrival("VIEWER", "1", one.SOPInstanceUID, b"")
    running.kept.refusal = InputRefused("listen.full", "store", "a reason", "a remedy")
    association = associate(
        "VIEWER", COMMITMENT, evt_handlers=[(evt.EVT_N_EVENT_REPORT, reports.take)]
    )
    association.send_n_action(request(one.SOPInstanceUID), 1, COMMITMENT, COMMITMENT_INSTANCE)
    assert reports.event.wait(30)
    association.release()
    ((kind, report),) = reports.came
    assert kind == 2
    (failed,) = report.FailedSOPSequence
    assert failed.ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert running.log[0] == "a storage commitment was refused (listen.full)"


def test_a_commitment_is_reported_to_the_address_of_the_caller(running: Running) -> None:
    one, reports = image(), Reports()
    running.kept.objects[one.SOPInstanceUID] = Arrival("PACS", "1", one.SOPInstanceUID, b"")
    theirs = ApplicationEntity("PACS")
    theirs.add_supported_context(COMMITMENT, scu_role=True, scp_role=True)
    server = theirs.start_server(
        ("127.0.0.1", THEIR_PORT),
        block=False,
        evt_handlers=[(evt.EVT_N_EVENT_REPORT, reports.take)],
    )
    association = associate("PACS", COMMITMENT)
    status, _ = association.send_n_action(
        request(one.SOPInstanceUID), 1, COMMITMENT, COMMITMENT_INSTANCE
    )
    association.release()  # as most do, before the report
    assert status.Status == 0
    assert reports.event.wait(30)
    assert server is not None
    server.shutdown()
    ((kind, report),) = reports.came
    assert kind == 1
    assert "FailedSOPSequence" not in report


def begin(count: int) -> list[socket.socket]:
    """Send the head of a request that announces 256 bytes, which never come."""
    begun = [socket.create_connection(("127.0.0.1", PORT), timeout=10) for _ in range(count)]
    for one in begun:
        one.sendall(b"\1\0\0\0\1\0")
    return begun


@pytest.mark.essential
def test_requests_that_are_begun_and_not_ended_do_not_fill_the_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fl_planner.archive.receiver.IDLE_S", 1.0)
    with listening():
        begun = begin(MOST_ASSOCIATIONS)
        for one in begun:
            assert one.recv(1) == b""  # closed by the receiver
            one.close()
        assert soon(lambda: not reading())
        association = associate("VIEWER", VERIFICATION)
        assert association.is_established
        association.release()


@pytest.mark.essential
def test_a_request_that_comes_byte_by_byte_does_not_keep_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fl_planner.archive.receiver.IDLE_S", 0.5)
    with listening():
        (begun,) = begin(1)
        begun.settimeout(0.05)
        for _ in range(200):  # each within the time of a silence
            with suppress(TimeoutError):
                if begun.recv(1) == b"":
                    break
            begun.sendall(b"\0")
        else:
            pytest.fail("the connection is still open")
        begun.close()
        assert soon(lambda: not reading())


@pytest.mark.essential
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n\r\n"], ids=["nothing", "HTTP"])
def test_a_check_of_the_port_does_not_keep_its_place(running: Running, sent: bytes) -> None:
    for _ in range(MOST_ASSOCIATIONS + 1):
        with socket.create_connection(("127.0.0.1", PORT), timeout=10) as check:
            check.sendall(sent)
    assert soon(lambda: not accepting())  # within less than the time of a silence
    association = associate("VIEWER", VERIFICATION)
    assert association.is_established
    association.release()


@pytest.mark.essential
def test_a_request_to_connect_is_small_whoever_sends_it(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as begun:
        begun.sendall(b"\1\0" + (REQUEST_BYTES + 1).to_bytes(4, "big"))
        assert begun.recv(1) == b""
    assert running.log == [
        "a connection was closed because it sent more than a request to connect (listen.caller)"
    ]


@pytest.mark.essential
def test_connections_without_a_request_are_bounded(running: Running) -> None:
    begun = [socket.create_connection(("127.0.0.1", PORT), timeout=10) for _ in range(100)]
    for one in begun[MOST_CONNECTIONS:]:
        assert one.recv(1) == b""  # closed by the receiver
    assert len(accepting()) == MOST_CONNECTIONS
    assert running.log == [
        "connections were closed because too many were open (listen.caller)"
    ]  # one line, however many there are
    for one in begun:
        one.close()
    assert soon(lambda: not accepting())
    association = associate("VIEWER", VERIFICATION)
    assert association.is_established
    association.release()


def test_a_part_that_announces_more_than_an_object_is_not_read(running: Running) -> None:
    association = associate("VIEWER", image().SOPClassUID)
    association.dul.socket.socket.sendall(b"\4\0" + (2 * MIB + 1).to_bytes(4, "big"))
    assert soon(lambda: not association.is_established)
    assert running.log == [
        "a connection was closed because an object exceeded the size limit (limit.object)"
    ]


@pytest.mark.parametrize(
    "command", [b"\x55" * 300, b"", b"\0\0\0\x01\2\0\0\0\x01\0", b"\0\0\0\x01\3\0\0\0\x01\0\0"]
)
def test_a_command_that_cannot_be_read_ends_the_connection(
    running: Running, command: bytes
) -> None:
    """Noise, nothing, an element that is not the kind of command, and a number of 3 bytes."""
    association = associate("VIEWER", image().SOPClassUID)
    value = bytes([1, 3]) + command  # the last fragment of a command, in the first context
    part = len(value).to_bytes(4, "big") + value
    association.dul.socket.socket.sendall(b"\4\0" + len(part).to_bytes(4, "big") + part)
    assert soon(lambda: not association.is_established)
    assert running.log == [
        "a connection was closed because its message cannot be read (listen.object)"
    ]
    again = associate("VIEWER", VERIFICATION)
    assert again.send_c_echo().Status == 0
    again.release()
    assert soon(lambda: not reading())


def test_a_message_that_takes_too_long_ends_the_connection(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.archive.receiver.REQUEST_S", 0)
    one = image(padding=1 << 16)  # in several parts, sent before the connection is closed
    association = associate("VIEWER", one.SOPClassUID)
    assert "Status" not in association.send_c_store(one)
    association.abort()
    assert not running.kept.objects
    assert running.log == [
        "a connection was closed because a message took over 60 min (listen.slow)"
    ]


def reading() -> list[threading.Thread]:
    """Give the threads that read from a caller: a process does not end before they do."""
    return [one for one in threading.enumerate() if isinstance(one, DULServiceProvider)]


def accepting() -> list[threading.Thread]:
    """Give the threads of callers, each of which takes a place."""
    return [one for one in threading.enumerate() if one.name.startswith("AcceptorThread")]


def soon(condition: Callable[[], bool]) -> bool:
    end = monotonic() + 20
    while not condition() and monotonic() < end:
        sleep(0.01)
    return condition()


def test_stopping_ends_a_request_that_is_begun(running: Running) -> None:
    (begun,) = begin(1)
    assert soon(lambda: bool(reading()))
    running.receiver.stop()
    assert begun.recv(1) == b""
    begun.close()
    assert soon(lambda: not reading())


def test_a_port_in_use_is_refused(running: Running) -> None:
    other = Receiver(running.receiver.address, running.kept, running.log.append)
    with refuses("listen.port"):
        other.start()


def test_a_port_of_windows_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse."""
    system_bind = ThreadedAssociationServer.server_bind

    def bind(server: ThreadedAssociationServer) -> None:  # this option stands for that of Windows
        assert server.socket is not None
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        system_bind(server)

    monkeypatch.setattr(ThreadedAssociationServer, "server_bind", bind)
    monkeypatch.setattr(sys, "platform", "win32")
    with listening(), refuses("listen.port"), listening():
        pass
