"""A gateway or an archive that is killed at random moments, while studies are sent.

Nothing may be lost, and nothing may be there twice: at the end, each study has one case, and the
archive has one result set of its patient, with the true remnant.
"""

import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import sleep

import pytest

from tests.archive.networks import Orthanc
from tests.cli.outside import REPOSITORY
from tests.gateway.gateways import Gateway, write_files
from tests.gateway.many import percent_of, require_results, study_of

SHORTEST_S, LONGEST_S = 0.5, 12.0  # of a life of the gateway: from start to after a plan
ARCHIVE_UP_S, ARCHIVE_DOWN_S = (0.2, 5.0), 2.0
FAILED = re.compile(r"attempt \d+ failed \((.+)\)")
TEMPORARY = {"archive.unreachable", "archive.answer", "archive.not_stored"}  # codes
STEPS = (  # what an open job of each state is about to do, in the order of its life
    ("stored", "removing"),
    ("planned", "storing"),
    ("waiting", "receiving or planning"),
)


@dataclass
class Chaos:
    """A gateway, an archive, and a sender that repeats what was not acknowledged.

    - `numbers`: of the studies.
    - `pause_s`: of the sender, between two studies.
    """

    folder: Path
    server: Orthanc
    numbers: range
    seed: int
    pause_s: float = 0

    def __post_init__(self) -> None:
        """Write the studies and the settings of the gateway."""
        self.chance = Random(self.seed)
        self.gateway = Gateway(self.folder, "listen", write_files(self.folder))
        for number in self.numbers:
            study_of(number).write(self.folder / "studies" / str(number))

    def kill_gateway(self, kills: int) -> str:
        """Kill the gateway at random moments, and describe what it was doing."""
        hit = Counter[str]()
        with self._sending():
            for _ in range(kills):
                self.gateway.start(wait=False)
                sleep(self.chance.uniform(SHORTEST_S, LONGEST_S))
                assert self.gateway.is_running(), self.gateway.log.read_text()
                self.gateway.kill()
                hit[_find_step(self.gateway.store / "journal.sqlite")] += 1
            self.gateway.start()
        seen = ", ".join(f"{count} while {step}" for step, count in hit.most_common())
        return f"{kills} kills of the gateway ({seen}), {self._require_results()}"

    def kill_archive(self, kills: int) -> str:
        """Kill the archive at random moments, and describe what the gateway reported."""
        with self._sending():
            self.gateway.start()
            for _ in range(kills):
                sleep(self.chance.uniform(*ARCHIVE_UP_S))
                self.server.kill()
                sleep(self.chance.uniform(0, ARCHIVE_DOWN_S))
                self.server.start()
        codes = Counter(FAILED.findall(self.gateway.log.read_text()))
        assert {*codes} <= TEMPORARY, codes
        seen = ", ".join(f"{count} times {code}" for code, count in codes.items()) or "no failure"
        return f"{kills} kills of the archive ({seen}), {self._require_results()}"

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """Send the studies meanwhile, and wait at the end until their results are stored."""
        errors, count = self.folder / "sender.log", len(self.numbers)
        given = (self.folder / "studies", self.pause_s)
        with errors.open("wb") as log:
            words = [sys.executable, "-m", "tests.gateway.sender", *map(str, given)]
            sender = subprocess.Popen(
                words, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stderr=log
            )
        with ExitStack() as ended:  # whatever is found
            for end in (self.gateway.kill, sender.wait, sender.kill):  # in the reverse order
                ended.callback(end)
            yield
            assert sender.wait(120 * count) == 0, errors.read_text()
            self.gateway.wait_until(*["stored"] * count, most_s=120 * count)
            self.gateway.wait_until_finished()
            assert self.gateway.stop() == 130, self.gateway.log.read_text()

    def _require_results(self) -> str:
        """Require one case of each study, and one result set in the archive."""
        rows = self.gateway.rows()
        assert len({row["id"] for row in rows}) == len(self.numbers)
        percents = sorted(row["flr_percent"] for row in rows)
        assert percents == pytest.approx([*map(percent_of, self.numbers)], abs=1e-6)
        require_results(self.server, self.numbers)
        return f"{len(self.numbers)} studies: nothing lost, nothing twice"


def _find_step(journal: Path) -> str:
    """Find what a gateway was doing when it was killed, by the journal that it left."""
    if not journal.exists():
        return "starting"
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as opened:
        try:
            asked = "SELECT state FROM jobs WHERE NOT cleared"
            states = {state for (state,) in opened.execute(asked)}
        except sqlite3.OperationalError:  # it is to be rolled back at the next start
            return "writing the journal"
    return next((step for state, step in STEPS if state in states), "idle")
