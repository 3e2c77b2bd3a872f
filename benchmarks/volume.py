"""`fl-planner volume` as a whole cold process, beside the scripts that people write today.

    python -m benchmarks.volume [--runs 5] [--shape 512 512 300]

Makes a case of three masks, runs each contender once to warm the disk and then in turn, and
prints the medians of CPU time and peak memory, and the ratios of pairs. (a) is the usual
nibabel script, (b) SimpleITK's label statistics. All must print the same volume.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

NIBABEL = """
import sys, nibabel, numpy
for name in sys.argv[1:]:
    image = nibabel.load(name)
    voxels = (image.get_fdata() > 0.5).sum()
    print(voxels * abs(numpy.linalg.det(image.affine[:3, :3])) / 1000)
"""
SIMPLEITK = """
import sys, SimpleITK
for name in sys.argv[1:]:
    statistics = SimpleITK.LabelShapeStatisticsImageFilter()
    statistics.Execute(SimpleITK.ReadImage(name))
    print(statistics.GetPhysicalSize(1) / 1000)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took."""

    cpu_s: float
    peak_mib: float


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 300))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make = [sys.executable, "-m", "benchmarks.make_case", folder, *map(str, asked.shape)]
        subprocess.run(make, check=True)  # apart: a child's peak starts at its parent's
        masks = [str(Path(folder, f"{name}.nii.gz")) for name in ("liver", "tumour", "flr")]
        planner = [sys.executable, "-m", "fl_planner", "volume", "--json"]
        planner += ["--liver", masks[0], "--tumour", masks[1], "--flr", masks[2]]
        contenders = {
            "fl-planner volume": planner,
            "(a) nibabel": [sys.executable, "-c", NIBABEL, *masks],
            "(b) SimpleITK": [sys.executable, "-c", SIMPLEITK, *masks],
        }
        runs: dict[str, list[Run]] = {name: [] for name in contenders}
        for turn in range(asked.runs + 1):
            for name, command in contenders.items():
                run = measure(command)
                if turn:  # the first warms the disk
                    runs[name].append(run)
    report(runs)


def measure(command: list[str]) -> Run:
    """Run a process and take its CPU time and peak memory from the system."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed with {process.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def report(runs: dict[str, list[Run]]) -> None:
    """Print medians, and the medians of the ratios pair by pair."""
    print(f"{'':24}{'CPU s':>8}{'peak MiB':>10}")
    for name, taken in runs.items():
        cpu = statistics.median(run.cpu_s for run in taken)
        peak = statistics.median(run.peak_mib for run in taken)
        print(f"{name:24}{cpu:8.2f}{peak:10.0f}")
    ours, *others = runs.values()
    for name, theirs in zip(list(runs)[1:], others, strict=True):
        pairs = list(zip(ours, theirs, strict=True))
        cpu = statistics.median(a.cpu_s / b.cpu_s for a, b in pairs)
        peak = statistics.median(a.peak_mib / b.peak_mib for a, b in pairs)
        print(f"{'ratio to ' + name:24}{cpu:8.2f}{peak:10.2f}")


if __name__ == "__main__":
    main()
