"""`fl-planner plan` on a map of segments and a tumour, beside the scripts that people write.

    python -m benchmarks.plan [--runs 3] [--shape 512 512 300] [--grow]

Each contender is a whole cold process that counts the segments, finds the lesions with their
longest diameters, and measures the tumour's distance to the liver that stays: (a) with nibabel
and scipy, (b) with SimpleITK. `--grow` shows instead how the plan's time grows with voxels and
with lesions.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.timing import compare, report

SCIPY = """
import sys
import nibabel, numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

image = nibabel.load(sys.argv[1])
segments = np.asarray(image.dataobj)
tumour = np.asarray(nibabel.load(sys.argv[2]).dataobj) > 0
spacing = image.header.get_zooms()
print([int(((segments == n) & ~tumour).sum()) for n in range(1, 9)])
lesions, count = ndimage.label(tumour, np.ones((3, 3, 3)))
for n in range(1, count + 1):
    places = np.argwhere(lesions == n) * spacing
    print(len(places), pdist(places[ConvexHull(places).vertices]).max())
kept = np.isin(segments, (2, 3)) & ~tumour
print(ndimage.distance_transform_edt(~tumour, sampling=spacing)[kept].min())
"""
SIMPLEITK = """
import sys
import numpy as np
import SimpleITK as sitk

segments = sitk.ReadImage(sys.argv[1], sitk.sitkUInt8)
tumour = sitk.Cast(sitk.ReadImage(sys.argv[2]) > 0, sitk.sitkUInt8)
free = sitk.Mask(segments, sitk.Not(tumour))
shape = sitk.LabelShapeStatisticsImageFilter()
shape.Execute(free)
print([shape.GetNumberOfPixels(n) for n in shape.GetLabels()])
lesions = sitk.ConnectedComponent(tumour, True)
shape.ComputeFeretDiameterOn()
shape.Execute(lesions)
for n in shape.GetLabels():
    print(shape.GetNumberOfPixels(n), shape.GetFeretDiameter(n))
distance = sitk.SignedMaurerDistanceMap(tumour, squaredDistance=False, useImageSpacing=True)
kept = np.isin(sitk.GetArrayViewFromImage(free), (2, 3))
print(sitk.GetArrayViewFromImage(distance)[kept].min())
"""
GROWTH = (  # (shape, lesions)
    ((256, 256, 150), 3), ((512, 512, 150), 3), ((512, 512, 300), 3), ((512, 512, 600), 3),
    ((512, 512, 300), 1), ((512, 512, 300), 10), ((512, 512, 300), 100),
)  # fmt: skip


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 300))
    parser.add_argument("--grow", action="store_true", help="show how time grows")
    asked = parser.parse_args()
    if asked.grow:
        grow(asked.runs)
    else:
        compare_with_peers(tuple(asked.shape), asked.runs)


def compare_with_peers(shape: Sequence[int], runs: int) -> None:
    """Print the plan's cost beside that of the usual scripts."""
    with tempfile.TemporaryDirectory() as folder:
        segments, tumour = make(folder, shape, 3)
        contenders = {
            "fl-planner plan": planner(segments, tumour),
            "(a) nibabel, scipy": [sys.executable, "-c", SCIPY, segments, tumour],
            "(b) SimpleITK": [sys.executable, "-c", SIMPLEITK, segments, tumour],
        }
        report(compare(contenders, runs))


def grow(runs: int) -> None:
    """Print how the plan's cost grows with voxels and with lesions."""
    for shape, lesions in GROWTH:
        with tempfile.TemporaryDirectory() as folder:
            command = planner(*make(folder, shape, lesions))
            size = " x ".join(map(str, shape))
            report(compare({f"{size}, {lesions} lesions": command}, runs))


def make(folder: str, shape: Sequence[int], lesions: int) -> tuple[str, str]:
    """Write a case, apart: a child's peak memory starts at its parent's."""
    command = [sys.executable, "-m", "benchmarks.make_case", folder, *map(str, shape)]
    subprocess.run([*command, str(lesions)], check=True)
    return str(Path(folder, "segments.nii.gz")), str(Path(folder, "tumour.nii.gz"))


def planner(segments: str, tumour: str) -> list[str]:
    """Write the command that is measured."""
    command = [sys.executable, "-m", "fl_planner", "plan", "--json", "--labelmap", segments]
    named = ["--scheme", "couinaud", "--tumour", tumour, "--remnant-segments", "2,3"]
    return [*command, *named]


if __name__ == "__main__":
    main()
