"""Many small studies, sent and planned without a hand: none lost, none twice, memory flat.

A few are sent before the results of the earlier ones are stored, as on a working day. Each has a
remnant of another size, so that results of one patient in the study of another are seen.
"""

import csv
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.gateway.store import FINISHED
from tests.archive.networks import Orthanc
from tests.archive.studies import ROOT, Study, make_study
from tests.gateway.gateways import Gateway, send, write_files

AHEAD = 12  # studies that were sent and are not stored yet
LEAST_VOXELS, LIVER_VOXELS = 2000, 7800  # of the smallest remnant; of the liver without tumour
BLOCK = 100  # studies of a row of the table
MOST_GROWTH_KIB = 5_000  # of the gateway's memory between a third of the studies and all
MEMBERS = dict.fromkeys(("DOC", "KO", "OT", "SEG", "SR"), 1)  # of a result set, by modality
SHARE = "Future liver remnant, share of the liver"
MOST_REPEATED = 5  # of the associations of one study
LONGEST_S = 300  # without a study that is stored


def study_of(number: int) -> Study:
    """Make the study of a patient."""
    return make_study(number, flr=(0, LEAST_VOXELS + number))


def percent_of(number: int) -> float:
    """Give the true remnant of that patient."""
    return 100 * (LEAST_VOXELS + number) / LIVER_VOXELS


def write(line: str) -> None:
    """Print a line at once: the run takes hours."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Measured:
    """What a gateway used, at the end of each block of studies."""

    gateway: Gateway
    began: float = field(default_factory=monotonic)
    rows: list[tuple[int, float, float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Print the head of the table."""
        write(" studies  s per study  CPU s per study  gateway KiB  store MiB  journal KiB")
        self.note(0)

    def note(self, count: int) -> None:
        """Measure after a number of studies, and print the row of the last block."""
        at, cpu, memory = monotonic() - self.began, self._cpu_s(), self._memory_kib()
        if self.rows:
            before, at_before, cpu_before, _ = self.rows[-1]
            new = count - before
            store = sum(one.stat().st_size for one in self.gateway.store.rglob("*")
                        if one.is_file()) / 2**20  # fmt: skip
            journal = (self.gateway.store / "journal.sqlite").stat().st_size // 1024
            write(
                f"{count:8}{(at - at_before) / new:13.2f}{(cpu - cpu_before) / new:17.2f}"
                f"{memory:13}{store:11.1f}{journal:13}"
            )
        self.rows.append((count, at, cpu, memory))

    def _memory_kib(self) -> int:
        lines = self._of_process("status").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def _cpu_s(self) -> float:
        """Give the time of the gateway and of the plans that have ended."""
        times = self._of_process("stat").rpartition(")")[2].split()[11:15]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    def _of_process(self, name: str) -> str:
        assert self.gateway.process is not None
        return Path(f"/proc/{self.gateway.process.pid}/{name}").read_text("ascii")

    def summary(self) -> str:
        """Give the rate and the growth; memory must be flat."""
        count, at, _, memory = self.rows[-1]
        third = next(one for one in self.rows if one[0] >= count // 3)
        growth = memory - third[3]
        assert growth < MOST_GROWTH_KIB, f"memory grew by {growth} KiB: {self.rows}"
        rate = 86400 * count / at
        return f"{count} studies at {rate:,.0f} a day, memory {growth:+} KiB after {third[0]}"


def plan_many(folder: Path, server: Orthanc, count: int) -> str:
    """Plan many studies without a hand, and require each patient's results once."""
    gateway = Gateway(folder, "listen", write_files(folder))
    gateway.start()
    measured = Measured(gateway)
    sent = stored = repeated = 0
    last = monotonic()
    while stored < count:
        while sent < count and sent - stored < AHEAD:
            sent += 1
            repeated += _send(study_of(sent))
        done = _count_stored(gateway.rows())
        for each in range(stored + 1, done + 1):
            last = monotonic()
            if each % BLOCK == 0 or each == count:
                measured.note(each)
        stored = max(stored, done)
        assert gateway.is_running(), gateway.log.read_text()
        assert monotonic() - last < LONGEST_S, gateway.log.read_text()[-4000:]
        sleep(0.2)
    while len(finished := _finished(gateway)) < count:  # the step after they are stored
        assert monotonic() - last < LONGEST_S, "received objects are left"
        sleep(0.2)
    assert not any((gateway.store / "objects").iterdir())
    assert gateway.stop() == 130
    numbers = range(1, count + 1)
    assert {state for state, _ in finished.values()} == {"stored"}
    expected = {f"study-{number}": percent_of(number) for number in numbers}
    assert {id_: share for id_, (_, share) in finished.items()} == pytest.approx(expected, abs=1e-6)
    require_results(server, numbers)
    return f"{measured.summary()}; {repeated} associations repeated"


def _send(study: Study) -> int:
    """Send a study as a workstation does, which repeats what was not acknowledged."""
    waiting, repeated = study.objects, -1
    while waiting:
        answers = send(waiting)
        answers += [-1] * (len(waiting) - len(answers))
        waiting = [one for one, answer in zip(waiting, answers, strict=True) if answer != 0]
        repeated += 1
        assert repeated < MOST_REPEATED, answers
    return repeated


def _count_stored(rows: list[dict[str, Any]]) -> int:
    """Count the stored studies: those before the listed ones are stored."""
    assert [row for row in rows if row["state"] == "refused" or "attempts" in row] == []
    numbers = [int(row["id"].removeprefix("study-")) for row in rows]
    return max(numbers, default=0) - len([row for row in rows if row["state"] != "stored"])


def _finished(gateway: Gateway) -> dict[str, tuple[str, float]]:
    """Read the state and the remnant of each finished study, which has one row."""
    rows = [
        row
        for page in (gateway.store / FINISHED).glob("*.csv")
        for row in csv.DictReader(page.read_text("utf-8").splitlines())
    ]
    found = {row["id"]: (row["state"], float(row["flr_percent"])) for row in rows}
    assert len(found) == len(rows)
    return found


def require_results(server: Orthanc, numbers: range) -> None:
    """Require one result set of each patient in the archive, with the true remnant."""
    studies = {one["MainDicomTags"]["StudyInstanceUID"]: one for one in _find(server, "Study")}
    series = {one["ID"]: one for one in _find(server, "Series")}
    assert len(studies) == len(numbers)
    assert len(series) == len(MEMBERS) * len(numbers)
    for number in numbers:
        one = studies[f"{ROOT}.2.{number}"]
        assert one["PatientMainDicomTags"]["PatientID"] == f"CANARY-{number}"
        held = {series[each]["MainDicomTags"]["Modality"]: series[each] for each in one["Series"]}
        assert {name: len(each["Instances"]) for name, each in held.items()} == MEMBERS, held
        (measured,) = held["SR"]["Instances"]
        report = dcmread(BytesIO(server.ask(f"/instances/{measured}/file")))
        assert report.PatientID == f"CANARY-{number}"
        assert _shares_of(report) == [pytest.approx(percent_of(number), abs=1e-6)]


def _find(server: Orthanc, level: str) -> list[dict[str, Any]]:
    asked = {"Level": level, "Query": {}, "Expand": True}
    found: list[dict[str, Any]] = server.ask("/tools/find", "POST", json.dumps(asked).encode())
    return found


def _shares_of(report: Dataset) -> list[float]:
    """List the shares of the liver in a report."""
    return [
        float(value.NumericValue)
        for one in _items(report)
        if one.ValueType == "NUM" and one.ConceptNameCodeSequence[0].CodeMeaning == SHARE
        for value in one.MeasuredValueSequence
    ]


def _items(data: Dataset) -> Iterator[Dataset]:
    for one in data.get("ContentSequence", ()):
        yield one
        yield from _items(one)
