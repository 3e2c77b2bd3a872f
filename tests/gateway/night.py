"""What takes long: 50 kills, 1,000 studies in pages, and many studies without a hand.

python -m tests.gateway.night
"""

import os
import sys
import tempfile
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

from fl_planner.archive.connection import StudyQuery
from fl_planner.gateway.worklist import LAST_CASES
from tests.archive.networks import PASSWORD, Orthanc, orthanc
from tests.archive.studies import make_study
from tests.formats.dicom.dicoms import ct_slice, pack
from tests.gateway.chaos import kill_and_restart, open_archive
from tests.gateway.gateways import Gateway, send, write_files

KILLS, STUDIES, LISTED, PLANNED = 50, 10, 1000, 120
MOST_GROWTH_KIB = 5_000  # of the gateway's memory between a third of the studies and all


def find_in_pages(server: Orthanc) -> str:
    """List 1,000 studies by DICOMweb, each once."""
    for number in range(LISTED):
        one = ct_slice(0)
        one.StudyInstanceUID, one.SOPInstanceUID = f"1.2.3.{number}", f"1.2.4.{number}"
        one.SeriesInstanceUID, one.PatientID = f"1.2.5.{number}", f"P{number}"
        server.ask("/instances", "POST", pack(one))
    began = monotonic()
    found = [one.study for one in open_archive().find_studies(StudyQuery())]
    assert sorted(found) == sorted(f"1.2.3.{number}" for number in range(LISTED)), len(found)
    return f"{LISTED} studies listed in {monotonic() - began:.1f} s"


def plan_many(folder: Path) -> str:
    """Plan many studies without a hand; memory stays flat, and the rate is measured."""
    gateway = Gateway(folder, "listen", write_files(folder))
    gateway.start()
    times, memory = [monotonic()], []
    for number in range(1, PLANNED + 1):
        assert set(send(make_study(1000 + number).objects)) == {0}
        gateway.wait_until(*["stored"] * min(number, LAST_CASES), most_s=300)
        times.append(monotonic())
        memory.append(_memory_of(gateway))
    assert gateway.stop() == 130
    third = PLANNED // 3
    growth = memory[-1] - memory[third]
    assert growth < MOST_GROWTH_KIB, memory
    first, last = ((times[at + third] - times[at]) / third for at in (0, PLANNED - third))
    a_day = 86400 * PLANNED / (times[-1] - times[0])
    return (
        f"{PLANNED} studies, {first:.1f} s each in the first third and {last:.1f} s in the last"
        f" ({a_day:,.0f} a day), memory +{growth} KiB after the first third"
    )


def _memory_of(gateway: Gateway) -> int:
    process: Any = gateway.process or SimpleNamespace(pid=0)
    lines = Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def main() -> None:
    """Run all, each with an archive of its own."""
    os.environ["FL_PLANNER_WEB_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("kills", "pages", "many"):
            (folder / name).mkdir()
        with orthanc(folder / "kills" / "orthanc"):
            kill_and_restart(folder / "kills", KILLS, range(100, 100 + STUDIES), seed=7)
        sys.stdout.write(f"{KILLS} kills: nothing lost, nothing twice\n")
        with orthanc(folder / "pages" / "orthanc") as server:
            sys.stdout.write(f"{find_in_pages(server)}\n")
        with orthanc(folder / "many" / "orthanc"):
            sys.stdout.write(f"{plan_many(folder / 'many')}\n")


if __name__ == "__main__":
    main()
