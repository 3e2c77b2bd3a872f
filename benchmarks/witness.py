"""How often the CT finds a mask that was mirrored or moved, and how often it doubts a good one.

    python -m benchmarks.witness [--patients 8] [--seed 1000] [--untouched] [FOLDER]

Asks the bundled CTs, the public ones of a folder, and simulated patients (`tests/bodies.py`): about
the mask as it lies, mirrored in its voxels along each axis, and moved by 10, 20 and 30 mm along
each axis both ways; `--untouched` asks only about masks as they lie. Prints the table of
`docs/witness.md` and then each miss and false alarm.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path

from fl_planner.basis.findings import Severity
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.masks import MaskFiles, read_anatomy
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.witness.witness import check_on_ct
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from tests.bodies import ARTERIAL, BRIGHT, FATTY, PLAIN, PORTAL, Body, flipped

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
PHASES = {
    "portal venous": PORTAL, "plain": PLAIN, "plain, fatty": FATTY, "arterial": ARTERIAL,
    "bright": BRIGHT,
}  # fmt: skip
SCANS = {  # noise in HU, voxel in mm, what the scan shows around the liver in mm
    "whole": (15.0, (3.5, 3.5, 5.0), None),
    "cropped at 15 mm": (15.0, (3.5, 3.5, 5.0), 15.0),
    "7.5 mm slices": (25.0, (3.0, 3.0, 7.5), None),
}
MIRRORS = {"left-right": 0, "front-back": 1, "up-down": 2}  # of files stored along the patient
MOVES_MM = (10.0, 20.0, 30.0)
SIDES = (("left", "right"), ("back", "front"), ("foot", "head"))
MOVED, MIRRORED = "ct.mask_shifted", "ct.mask_mirrored"


@dataclass(frozen=True, slots=True)
class Asked:
    """A CT with its liver, and the row that it counts in."""

    row: str
    anatomy: Anatomy
    ct: Image


@dataclass(slots=True)
class Row:
    """Of one kind of scan: how often each question was asked, answered, and named aright."""

    scans: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)

    def count(self, scan: Asked, *, untouched: bool = False) -> None:
        """Put every question about one scan, or only that about the mask as it lies."""
        self.scans += 1
        self._ask("untouched", scan.anatomy, scan, "", "as it lies")
        if untouched:
            return
        for name, axis in MIRRORS.items():
            mirrored = _changed(scan.anatomy, partial(_mirrored, axis=axis))
            self._ask(name, mirrored, scan, MIRRORED, "mirrored")
        for mm, axis, way in product(MOVES_MM, range(3), (-1, 1)):
            moved = _changed(scan.anatomy, partial(_moved, axis=axis, mm=way * mm))
            side = SIDES[axis][way > 0]
            self._ask(f"{mm:.0f} mm", moved, scan, MOVED, f"moved to the {side}")

    def _ask(self, question: str, anatomy: Anatomy, scan: Asked, code: str, how: str) -> None:
        found = check_on_ct(anatomy, scan.ct)
        loud = sorted(one.code for one in found if one.severity is not Severity.INFO)
        self.asked[question] += 1
        self.told[question] += bool(loud)
        self.named[question] += code in loud
        if bool(loud) is not bool(code):
            codes = ", ".join(one.code for one in found) or "nothing"
            self.odd.append(f"{question}, {how}: {codes}")


def main() -> None:
    """Ask all CTs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--patients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--untouched", action="store_true")
    asked = parser.parse_args()
    rows: dict[str, Row] = {}
    changed = () if asked.untouched else (*MIRRORS, *(f"{mm:.0f} mm" for mm in MOVES_MM))
    questions = ("untouched", *changed)
    for scan in (*read_cases(asked.folder), *invent(asked.patients, asked.seed)):
        rows.setdefault(scan.row, Row()).count(scan, untouched=asked.untouched)
    print(f"| scan | number | {' | '.join(questions)} |")
    print("|---|" + "---|" * (1 + len(questions)))
    for name, row in rows.items():
        figures = [f"{row.told[one]}/{row.asked[one]}" for one in questions]
        print(f"| {name} | {row.scans} | {' | '.join(figures)} |")
    for name, row in rows.items():
        named, told = (sum(count.values()) for count in (row.named, row.told))
        if told:
            print(f"{name}: {named} of {told} named as what they are")
        for odd, times in Counter(row.odd).items():
            print(f"    {times} x {odd}")


def read_cases(folder: Path | None) -> Iterator[Asked]:
    """Read the bundled cases, and the public CTs that come with a liver mask."""
    for name in ("crlm", "hcc"):
        case = SAMPLES / name
        masks = {role: case / f"{role}.nii.gz" for role in ("liver", "tumour")}
        yield _read(f"bundled `{name}`", MaskFiles(masks), case / "ct.nii.gz")
    if folder is not None:
        public = folder / "totalsegmentator_example"
        files = MaskFiles(label_map=public / "example_seg.nii.gz", scheme="totalsegmentator")
        yield _read("TotalSegmentator's example, 90 mm", files, public / "example_ct_sm.nii.gz")
        public = folder / "dcmqi_liver_seg"
        yield _read("dcmqi, 3 slices of 1 mm", MaskFiles({"liver": public / "liver.dcm"}),
                    public / "ct-3slice")  # fmt: skip


def _read(row: str, files: MaskFiles, ct: Path) -> Asked:
    image, _, _ = read_image(ct, "ct", Limits())
    return Asked(row, read_anatomy(files, Limits(), image.grid).anatomy, image)


def invent(patients: int, seed: int) -> Iterator[Asked]:
    """Invent patients, the same ones on every kind of scan."""
    for (scan, (noise_hu, spacing_mm, margin_mm)), (phase, hu) in product(
        SCANS.items(), PHASES.items()
    ):
        for n in range(patients):
            body = Body(seed + n, hu, noise_hu, spacing_mm, margin_mm)
            yield Asked(f"simulated, {phase}, {scan}", Anatomy(body.liver), body.ct)


def _changed(anatomy: Anatomy, change: Callable[[Mask], Mask]) -> Anatomy:
    tumour = None if anatomy.tumour is None else change(anatomy.tumour)
    return Anatomy(change(anatomy.liver), tumour=tumour)


def _mirrored(mask: Mask, axis: int) -> Mask:
    """Mirror a mask in its voxels, under an unchanged header."""
    return flipped(mask, axis)


def _moved(mask: Mask, axis: int, mm: float) -> Mask:
    """Move a mask in the patient by its header: nothing of it is lost."""
    rows = list(mask.grid.affine)
    rows[axis] = (*rows[axis][:3], rows[axis][3] + mm)
    return replace(mask, grid=replace(mask.grid, affine=tuple(rows)))


if __name__ == "__main__":
    main()
