"""All 197 patients of a public set, invented with its counts: each counted, planned and compared.

    python -m benchmarks.public_set [--patients 197] [--workers 2]

Writes a DICOM SEG for each patient with the published number of voxels of each structure, and runs
`fl-planner validate crlm` on them as a process. It fails if a count differs, a patient is not
counted, or a patient without a plan has no reason.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from fl_planner.validation.set_counts import read_counts
from tests.validation.public_set import write_patient


def run(root: Path, workers: int) -> tuple[dict[str, Any], float]:
    """Validate a set in a process; return its record and the seconds."""
    begun = perf_counter()
    words = ["validate", "crlm", root / "set", "--out", root / "out", "--workers", workers]
    ran = subprocess.run(
        [sys.executable, "-m", "fl_planner", *map(str, words), "--json", "--quiet"],
        capture_output=True,
        check=False,
    )
    return json.loads(ran.stdout), perf_counter() - begun


def main() -> int:
    """Print the figures; return 1 if a patient is not as published."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=197)
    asked.add_argument("--workers", type=int, default=2)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ids = [*read_counts()][: given.patients]
        for id_ in ids:
            write_patient(root / "set", id_, asdict(read_counts()[id_]))
        record, seconds = run(root, given.workers)
    shown = [one for one in record["patients"] if one["status"] != "absent"]
    planned = [one for one in shown if one["status"] == "planned"]
    silent = [one["id"] for one in shown if one not in planned and not one.get("reason")]
    print(f"{len(shown)} patients in {seconds:.0f} s, {given.workers} workers")
    print(f"counted as published: {sum(one.get('counted') == one['published'] for one in shown)}")
    print(f"planned: {len(planned)}; without a plan and without a reason: {silent or 0}")
    for one in record["limits"]:
        print(
            f"below {one['limit_percent']:g} %: {one['below_of_liver']} of the whole liver, "
            f"{one['below_of_nontumorous_liver']} of the non-tumorous liver, "
            f"{one['below_measured']} as measured"
        )
    return 0 if record["equal"] and len(shown) == len(ids) and not silent else 1


if __name__ == "__main__":
    sys.exit(main())
