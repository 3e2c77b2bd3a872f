"""`fl-planner volume` as a whole cold process, beside the scripts that people write today.

    python -m benchmarks.volume [--runs 5] [--shape 512 512 300]

Makes a case of three masks, runs each contender once to warm the disk and then in turn, and
prints the medians of CPU time and peak memory, and the ratios of pairs. (a) is the usual
nibabel script, (b) SimpleITK's label statistics. All must print the same volume.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import compare, report

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
        report(compare(contenders, asked.runs))


if __name__ == "__main__":
    main()
