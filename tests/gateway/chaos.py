"""A gateway that is killed at random moments, with a sender that repeats what was not acknowledged.

Nothing may be lost, and nothing may be there twice: at the end, each study has one case, and the
archive has one result set of it.
"""

import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random
from time import monotonic, sleep

from fl_planner.archive.connection import Archive, ArchiveSession, WebAddress
from fl_planner.archive.session import open_session
from tests.archive.networks import USER, WEB_PORT
from tests.archive.studies import make_study
from tests.cli.outside import REPOSITORY
from tests.gateway.gateways import Gateway, write_files

SHORTEST_S, LONGEST_S = 0.5, 12.0  # of a life of the gateway: from start to after a plan
MEMBERS = 5
REMOVED_S = 60


def open_archive() -> ArchiveSession:
    """Open a session with the Orthanc of this network."""
    address = WebAddress(f"http://127.0.0.1:{WEB_PORT}/dicom-web", "basic", USER)
    return open_session(Archive("web", address))


def kill_and_restart(folder: Path, kills: int, numbers: range, seed: int) -> None:
    """Kill a gateway several times while studies are sent, and require their results once."""
    chance = Random(seed)
    gateway = Gateway(folder, "listen", write_files(folder))
    studies = [make_study(number) for number in numbers]
    for study in studies:
        study.write(folder / "studies" / str(study.number))
    errors = folder / "sender.log"
    with errors.open("wb") as log:
        words = [sys.executable, "-m", "tests.gateway.sender", str(folder / "studies")]
        sender = subprocess.Popen(
            words, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stderr=log
        )
    with ExitStack() as ended:  # whatever is found
        for end in (gateway.kill, sender.wait, sender.kill):  # in the reverse order
            ended.callback(end)
        for _ in range(kills):
            gateway.start(wait=False)
            sleep(chance.uniform(SHORTEST_S, LONGEST_S))
            assert gateway.is_running(), gateway.log.read_text()
            gateway.kill()
        gateway.start()
        assert sender.wait(120) == 0, errors.read_text()
        gateway.wait_until(*["stored"] * len(studies), most_s=120 * len(studies))
        _wait_until_removed(gateway.store / "objects")  # the step after they are stored
        assert gateway.stop() == 130, gateway.log.read_text()
    archive = open_archive()
    for study in studies:
        found = Counter(archive.fetch(one).Modality for one in archive.list_instances(study.uid))
        assert sum(found.values()) == MEMBERS, found
        assert max(found.values()) == 1, found
    assert {row["id"] for row in gateway.rows()} == {
        f"study-{number}" for number in range(1, len(studies) + 1)
    }


def _wait_until_removed(objects: Path) -> None:
    """Wait until what was received is removed, as it is once its results are stored."""
    end = monotonic() + REMOVED_S
    while any(objects.iterdir()):
        assert monotonic() < end, "received objects are left"
        sleep(0.2)
