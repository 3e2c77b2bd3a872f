"""A gateway as its users start it: a process with a routing file and a store."""

import csv
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity

from fl_planner.archive.connection import Archive, ArchiveSession, WebAddress
from fl_planner.archive.session import open_session
from tests.archive.networks import NODE_PORT, OUR_PORT, PASSWORD, USER, WEB_PORT, wait_for
from tests.cli.outside import REPOSITORY

ARCHIVES = f"""
schema = 1
[archives.web]
dicomweb = "http://127.0.0.1:{WEB_PORT}/dicom-web"
login = "basic"
user = "{USER}"
[archives.node]
host = "127.0.0.1"
port = {NODE_PORT}
called = "ORTHANC"
calling = "FLPLANNER"
"""
ROUTING = f"""
schema = 1
archives = "archives.toml"
quiet_s = 1
[listen]
title = "FLPLANNER"
port = {OUR_PORT}
callers = [{{ title = "VIEWER" }}]
[[route]]
name = "metastases"
diagnosis = "crlm"
archive = "web"
[route.segments]
liver = "Leber"
tumour = ["Herd*"]
flr = "Rest"
"""
ENVIRONMENT = {"FL_PLANNER_WEB_PASSWORD": PASSWORD, "PYTHONPATH": str(REPOSITORY)}


def open_archive() -> ArchiveSession:
    """Open a session with the Orthanc of this network."""
    address = WebAddress(f"http://127.0.0.1:{WEB_PORT}/dicom-web", "basic", USER)
    return open_session(Archive("web", address))


def write_files(folder: Path, routing: str = ROUTING) -> Path:
    """Write a routing file and an archives file, and give the former."""
    (folder / "archives.toml").write_text(ARCHIVES, "utf-8")
    path = folder / "routing.toml"
    path.write_text(routing, "utf-8")
    return path


class Gateway:
    """A gateway in a process of its own."""

    def __init__(self, folder: Path, *words: object) -> None:
        self.folder, self.words = folder, words
        self.store, self.log = folder / "store", folder / "gateway.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it accepts connections."""
        command = [sys.executable, "-m", "fl_planner", *map(str, self.words)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--store", str(self.store)],
                cwd=self.folder,
                env={**_plain_environment(), **ENVIRONMENT},
                stdout=log,
                stderr=log,
            )
        if wait:
            try:
                wait_for(OUR_PORT, self.process)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{self.log.read_text()}") from None

    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as a service manager does, and give its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def rows(self) -> list[dict[str, Any]]:
        """Read its worklist."""
        path = self.store / "worklist.json"
        read: list[dict[str, Any]] = json.loads(path.read_bytes())["rows"] if path.exists() else []
        return read

    def wait_until(self, *states: str, most_s: float = 120) -> list[dict[str, Any]]:
        """Wait until its cases, the last one first, are in these states."""
        end = monotonic() + most_s
        while monotonic() < end:
            rows = self.rows()
            if [row["state"] for row in rows] == [*states]:
                return rows
            assert self.process is None or self.process.poll() is None, self.log.read_text()
            sleep(0.2)
        raise AssertionError(f"{self.rows()}\n{self.log.read_text()}")

    def wait_until_finished(self, most_s: float = 60) -> None:
        """Wait until every case is in the list of finished cases.

        A case is entered there after the last step on it: what was received is removed first, and
        the files of its results are then reduced, one by one.
        """
        end = monotonic() + most_s
        while self._count_finished() < len(self.rows()) or any((self.store / "objects").iterdir()):
            assert monotonic() < end, f"cases are unfinished\n{self.log.read_text()}"
            sleep(0.2)

    def _count_finished(self) -> int:
        pages = self.store.glob("finished/*.csv")
        return sum(
            len(list(csv.DictReader(page.read_text("utf-8").splitlines()))) for page in pages
        )


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FL_")}


def send(objects: list[Dataset], title: str = "VIEWER", called: str = "FLPLANNER") -> list[int]:
    """Send objects as a workstation does, and give the status of each; -1 without an answer."""
    entity = ApplicationEntity(title)
    for sop_class in sorted({str(one.SOPClassUID) for one in objects}):
        entity.add_requested_context(sop_class)
    association = entity.associate("127.0.0.1", OUR_PORT, ae_title=called)
    if not association.is_established:
        return []
    answers: list[int] = []
    with suppress(RuntimeError):  # the connection ended
        answers += (int(association.send_c_store(one).get("Status", -1)) for one in objects)
    association.release()
    return answers
