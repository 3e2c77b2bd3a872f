"""`fl-planner report` on the bundled cases and on a large one: CPU time and peak memory.

    python -m benchmarks.report [--runs 3] [--shape 512 512 300]

Each run is a whole cold process: masks read, planned, all pictures drawn, the page written. What
is wanted: 3 s for a bundled case, 10 s for the large one, 1 GiB at most. Then the surfaces alone,
of one bundled case and of the large one, beside the usual script: nibabel, scikit-image and
matplotlib's triangles, of about the same size.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import compare, report

BUNDLED = Path(__file__).resolve().parents[1] / "sample_data"
CASE = """schema = 1
id = "large"
diagnosis = "crlm"

[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"
flr = "flr.nii.gz"
labelmap = { file = "segments.nii.gz", scheme = "couinaud" }
"""
OURS = """
import sys
from pathlib import Path
from fl_planner.formats.stored.file import Limits
from fl_planner.intake.reading.masks import MaskFiles, read_anatomy
from fl_planner.liver.remnant import Remnant
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.sections import Picture
from fl_planner.report.picture.three_d import Solid, draw_surface
folder = Path(sys.argv[1])
paths = {name: folder / f"{name}.nii.gz" for name in ("liver", "tumour", "flr")}
anatomy = read_anatomy(MaskFiles(paths), Limits()).anatomy
picture = Picture(anatomy, Remnant(anatomy.flr, "drawn"))
Path(sys.argv[2]).write_bytes(draw_surface(Solid.of(picture), Print()))
"""
TRIANGLES = """
import sys, nibabel
from matplotlib.figure import Figure
from skimage.measure import marching_cubes
figure = Figure((8, 3.13), 150)
sights = [figure.add_subplot(1, 2, n, projection="3d") for n in (1, 2)]
for (name, mm, colour, alpha) in (
    ("liver", 4, "wheat", 0.4), ("flr", 4, "tab:blue", 0.5), ("tumour", 2, "brown", 1.0)
):
    image = nibabel.load(f"{sys.argv[1]}/{name}.nii.gz")
    spacing = image.header.get_zooms()
    step = max(round(mm / min(spacing)), 1)
    voxels = image.get_fdata()
    corners, triangles, _, _ = marching_cubes(voxels, 0.5, spacing=spacing, step_size=step)
    for sight in sights:
        sight.plot_trisurf(*corners.T, triangles=triangles, color=colour, alpha=alpha)
for sight, up in zip(sights, (0, -90)):
    sight.view_init(up, 90)
    sight.set_axis_off()
figure.savefig(sys.argv[2])
"""


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 300))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        large = make(folder, asked.shape)
        size = "x".join(map(str, asked.shape))
        crlm, hcc = (BUNDLED / name / "case.toml" for name in ("crlm", "hcc"))
        contenders = {"plan alone, crlm": [*START, "plan", str(crlm), "--json"]}
        for name, case in (("crlm", crlm), ("hcc", hcc), (size, large)):
            contenders[f"HTML, {name}"] = writer(case, folder / "report.html")
            contenders[f"PDF, {name}"] = writer(case, folder / "report.pdf")
        report(compare(contenders, asked.runs))
        for name, case in (("crlm", crlm), (size, large)):
            told = [str(case.parent), str(folder / "surface.png")]
            both = {"surfaces, fl_planner": OURS, "surfaces, matplotlib": TRIANGLES}
            print(f"\n{name}")
            scripts = {who: [sys.executable, "-c", code, *told] for who, code in both.items()}
            report(compare(scripts, asked.runs))


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
