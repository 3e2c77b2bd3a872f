"""TLS as it is used: an archive by https, and DIMSE as caller and as receiver.

Debian's Orthanc 1.10.1 crashes at its first connection with TLS; the other side is Python's.
"""

import gc
import json
import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pynetdicom.ae import ApplicationEntity

from fl_planner.archive.connection import (
    Archive,
    ArchiveSession,
    Certificates,
    NodeAddress,
    StudyQuery,
    WebAddress,
)
from fl_planner.archive.receiver import Caller, Receiver, ReceiverAddress
from fl_planner.archive.session import open_session
from fl_planner.basis.findings import InputRefused
from tests.archive.certificates import Authority
from tests.archive.networks import OUR_PORT, PASSWORD, own_network
from tests.archive.test_dicomweb import JSON, Fake, study
from tests.gateway.test_receiver import Kept, image

pytestmark = [
    pytest.mark.slow,
    # pynetdicom leaves the socket of a refused handshake to the collector
    pytest.mark.filterwarnings("ignore:.*[sS]ocket:pytest.PytestUnraisableExceptionWarning"),
]

NODE = NodeAddress("127.0.0.1", OUR_PORT, "FLPLANNER", "VIEWER")


@dataclass(frozen=True)
class Served:
    """A DICOMweb server with TLS, certificates of its authority, and of another one."""

    fake: Fake
    ours: Certificates
    foreign: Certificates

    def at(self, host: str = "127.0.0.1", scheme: str = "https") -> WebAddress:
        """Give its address."""
        port = self.fake.server.server_address[1]
        return WebAddress(f"{scheme}://{host}:{port}/web", "basic", "planner")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Start a server that requires certificates of its callers, in a network of its own."""
    place = tmp_path_factory.mktemp("tls")
    authority, other = Authority(place, "hospital"), Authority(place, "other")
    server = authority.issue("server")
    assert server.own is not None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    context.load_cert_chain(server.own, server.key)
    context.verify_mode = ssl.CERT_REQUIRED
    with own_network():
        fake = Fake(lambda *_: (200, JSON, json.dumps([study(1)]).encode()), context)
        yield Served(fake, authority.issue("planner"), other.issue("planner"))
        fake.stop()


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    monkeypatch.setenv("FL_PLANNER_PACS_PASSWORD", PASSWORD)
    caplog.set_level(logging.CRITICAL, "pynetdicom")  # its errors keep sockets until the last test
    yield
    gc.collect()


def session(address: WebAddress | NodeAddress, files: Certificates) -> ArchiveSession:
    return open_session(Archive("pacs", replace(address, certificates=files)))


@pytest.mark.essential
def test_an_archive_with_tls_is_asked(served: Served) -> None:
    archive = session(served.at(), served.ours)
    assert [one.study for one in archive.find_studies(StudyQuery(study="1.2.1"))] == ["1.2.1"]


def refuse(address: WebAddress | NodeAddress, files: Certificates) -> str:
    """Give the code of the refusal; it has no password."""
    with pytest.raises(InputRefused) as caught:
        [*session(address, files).find_studies(StudyQuery())]
    assert PASSWORD not in str(caught.value)
    return caught.value.code


@pytest.mark.essential
def test_an_archive_whose_certificate_is_not_trusted_is_refused(served: Served) -> None:
    untrusted = replace(served.ours, authority=served.foreign.authority)
    before = len(served.fake.heads)
    assert refuse(served.at(), untrusted) == "archive.tls"
    assert refuse(served.at(), Certificates()) == "archive.tls"
    assert len(served.fake.heads) == before  # no password was sent


def test_a_certificate_of_another_host_is_refused(served: Served) -> None:
    """Its authority is trusted, but the certificate is for 127.0.0.1 only."""
    assert refuse(served.at("localhost"), served.ours) == "archive.tls"


def test_an_archive_that_requires_a_certificate_refuses_a_caller_without(served: Served) -> None:
    without = Certificates(served.ours.authority)
    assert refuse(served.at(), without) in ("archive.tls", "archive.unreachable")
    assert refuse(served.at(scheme="http"), without) == "archive.unreachable"


@pytest.fixture
def receiving(served: Served) -> Iterator[Kept]:
    """Receive objects of callers that have a certificate of the authority."""
    kept = Kept()
    address = ReceiverAddress(
        "FLPLANNER", (Caller("VIEWER"),), "127.0.0.1", OUR_PORT, 1 << 24, served.ours
    )
    receiver = Receiver(address, kept, lambda _: None)
    receiver.start()
    yield kept
    receiver.stop()


def send(files: Certificates | None, *, own: bool = True) -> list[int]:
    """Send an image with a caller's certificate, and give the status; none if refused."""
    one = image()
    secure: Any = None
    if files is not None:
        context = ssl.create_default_context(cafile=files.authority)
        if own and files.own is not None:
            context.load_cert_chain(files.own, files.key)
        secure = (context, "127.0.0.1")
    entity = ApplicationEntity("VIEWER")
    entity.acse_timeout = 5
    entity.add_requested_context(one.SOPClassUID)
    association = entity.associate("127.0.0.1", OUR_PORT, ae_title="FLPLANNER", tls_args=secure)
    if not association.is_established:
        return []
    status = association.send_c_store(one)
    association.release()
    return [int(status.Status)] if "Status" in status else []


def test_a_caller_with_a_certificate_is_answered(receiving: Kept, served: Served) -> None:
    assert send(served.ours) == [0]
    assert len(receiving.objects) == 1


@pytest.mark.essential
def test_a_node_is_reached_by_tls_and_its_certificate_is_verified(
    receiving: Kept, served: Served
) -> None:
    session(NODE, served.ours).store([image()])
    assert len(receiving.objects) == 1
    untrusted = replace(served.ours, authority=served.foreign.authority)
    for files in (untrusted, replace(served.ours, own=None, key=None)):
        assert refuse(NODE, files) == "archive.unreachable"


def test_a_caller_without_one_is_refused(receiving: Kept, served: Served) -> None:
    trusting = replace(served.foreign, authority=served.ours.authority)
    for files, own in ((None, False), (served.ours, False), (trusting, True)):
        assert send(files, own=own) == []
    assert receiving.objects == {}
    assert send(served.ours) == [0]  # it still answers


def test_a_caller_that_sends_nothing_does_not_delay_the_next(
    receiving: Kept, served: Served
) -> None:
    """As the check of a network monitor, which opens a connection and waits."""
    with socket.create_connection(("127.0.0.1", OUR_PORT)):
        assert send(served.ours) == [0]
    assert len(receiving.objects) == 1
