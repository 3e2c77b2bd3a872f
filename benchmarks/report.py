"""`fl-planner report` on the bundled case and on a large one: CPU time and peak memory.

    python -m benchmarks.report [--runs 3] [--shape 512 512 300]

Each run is a whole cold process: masks read, planned, all pictures drawn, the page written. What
is wanted: 3 s for the bundled case, 10 s for the large one, 1 GiB at most.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import compare, report

BUNDLED = Path(__file__).resolve().parents[1] / "sample_data" / "crlm" / "case.toml"
CASE = """schema = 1
id = "large"
diagnosis = "crlm"

[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"
flr = "flr.nii.gz"
labelmap = { file = "segments.nii.gz", scheme = "couinaud" }
"""


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 300))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = make(folder, asked.shape)
        size = "x".join(map(str, asked.shape))
        contenders = {
            "plan alone, bundled": [*START, "plan", str(BUNDLED), "--json"],
            "HTML, bundled": writer(BUNDLED, folder / "small.html"),
            "PDF, bundled": writer(BUNDLED, folder / "small.pdf"),
            f"HTML, {size}": writer(large, folder / "large.html"),
            f"PDF, {size}": writer(large, folder / "large.pdf"),
        }
        report(compare(contenders, asked.runs))


START = [sys.executable, "-m", "fl_planner"]


def make(folder: Path, shape: tuple[int, ...]) -> Path:
    """Write the large case, apart: a child's peak memory starts at its parent's."""
    command = [sys.executable, "-m", "benchmarks.make_case", str(folder), *map(str, shape)]
    subprocess.run(command, check=True)
    case = folder / "case.toml"
    case.write_text(CASE, "utf-8")
    return case


def writer(case: Path, out: Path) -> list[str]:
    """Write the command that is measured."""
    return [*START, "report", str(case), "--out", str(out), "--force", "--quiet"]


if __name__ == "__main__":
    main()
