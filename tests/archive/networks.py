"""A network of this thread alone, and archives in it.

Debian's Orthanc listens on every interface whatever its settings say. It is started only in a
network namespace of the test's own, whose one interface is the loopback; where the system does not
allow that, the tests are skipped and listed.
"""

import ctypes
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
HERE = Path("/proc/thread-self/ns/net")
ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
USER, PASSWORD = "planner", "of the tests"
WEB_PORT, NODE_PORT, OUR_PORT = 8042, 4242, 11112
STARTED_S = 30
STOPPED_S = 120  # its database is closed first


@contextmanager
def own_network() -> Iterator[None]:
    """Move this thread, and what it starts, to a network without any other computer."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not HERE.exists() or shutil.which("ip") is None:
        pytest.skip("no network namespaces, or no program ip, on this system")
    before = os.open(HERE, os.O_RDONLY)
    try:
        if libc.unshare(NEW_NETWORK) != 0:
            pytest.skip("no network namespace is allowed here: an archive would be reachable")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            assert [name for _, name in socket.if_nameindex()] == ["lo"]
            yield
        finally:
            assert libc.setns(before, NEW_NETWORK) == 0
    finally:
        os.close(before)


@dataclass
class Orthanc:
    """An Orthanc with DICOMweb in the network of this thread."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, **settings: Any) -> None:
        """Start it with its data of before, and wait until it answers."""
        self.folder.mkdir(exist_ok=True)
        config = {
            "Name": "tests",
            "StorageDirectory": str(self.folder),
            "IndexDirectory": str(self.folder),
            "HttpPort": WEB_PORT,
            "DicomPort": NODE_PORT,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "Plugins": [str(PLUGIN)],
            "DicomCheckCalledAet": True,
            "DicomAet": "ORTHANC",
            "DicomAlwaysAllowEcho": False,
            "DicomAlwaysAllowStore": False,
            "DicomAlwaysAllowFind": False,
            "DicomAlwaysAllowGet": False,
            "DicomModalities": {
                "planner": {"AET": "FLPLANNER", "Host": "127.0.0.1", "Port": OUR_PORT}
            },
            **settings,
        }
        at = self.folder / "orthanc.json"
        at.write_text(json.dumps(config), "utf-8")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([ORTHANC, str(at)], stdout=log, stderr=log)
        for port in (WEB_PORT, NODE_PORT):
            wait_for(port, self.process)

    def stop(self) -> None:
        """End it, and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(STOPPED_S)
            self.process = None

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> Any:
        """Ask its own interface, which is not that of the program."""
        from base64 import b64encode
        from urllib.request import Request, urlopen

        login = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = Request(f"http://127.0.0.1:{WEB_PORT}{path}", body, method=method)
        request.add_header("Authorization", f"Basic {login}")
        with urlopen(request, timeout=60) as answer:
            content = answer.read()
        return json.loads(content) if content.startswith((b"{", b"[")) else content


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process accepts connections."""
    end = monotonic() + STARTED_S
    while monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}; status {process.poll()}")


@contextmanager
def orthanc(folder: Path, **settings: Any) -> Iterator[Orthanc]:
    """Start an Orthanc in a network of its own."""
    if not (Path(ORTHANC).exists() and PLUGIN.exists()):
        pytest.skip("no Orthanc with DICOMweb on this system")
    with own_network():
        server = Orthanc(folder)
        try:
            server.start(**settings)
            yield server
        finally:
            server.stop()
