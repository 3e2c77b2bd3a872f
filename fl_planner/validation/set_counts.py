"""Voxel counts of the public set *Colorectal-Liver-Metastases*, and the FLR derived from them.

The Cancer Imaging Archive, doi 10.7937/QXK2-QG03, CC BY 4.0; described in Scientific Data
2024;11:172 (A. L. Simpson et al.). The counts are facts of that set, as computed from it by
acloop62hz/Colorectal-Liver-Metastases-Recurrence-Prediction (commit f71ab1f1). The images are not
part of this project.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.cohort.source.draft import MAP, FoundCase
from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.liver.names.exclusions import read_vessel
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import VESSEL
from fl_planner.space.mask import Mask, unite


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A public data set, with its licence and the source of its counts."""

    name: str
    doi: str
    licence: str
    described_in: str
    counts_from: str


CRLM = PublicSet(
    "Colorectal-Liver-Metastases",
    "10.7937/QXK2-QG03",
    "CC BY 4.0",
    "Simpson AL et al., Scientific Data 2024;11:172",
    "acloop62hz/Colorectal-Liver-Metastases-Recurrence-Prediction, commit f71ab1f1",
)
COUNTS = "colorectal_liver_metastases.csv"


@dataclass(frozen=True, slots=True)
class SetCounts:
    """Voxels of each structure of a patient, as drawn; all tumours together.

    Examples
    --------
    >>> counts = SetCounts(liver=1000, remnant=298, hepatic=9, portal=9, tumour=20)
    >>> float(counts.flr_of_liver), round(float(counts.flr_of_nontumorous_liver), 4)
    (0.298, 0.3041)
    """

    liver: int
    remnant: int
    hepatic: int
    portal: int
    tumour: int

    @property
    def flr_of_liver(self) -> Fraction | None:
        """Remnant over liver; None if no remnant was drawn."""
        return Fraction(self.remnant, self.liver) if self.remnant else None

    @property
    def flr_of_nontumorous_liver(self) -> Fraction | None:
        """Remnant over liver minus tumour; None if not both were drawn, or nothing is left.

        An upper bound, because counts do not state where the tumour is: tumour outside the liver
        mask makes the denominator too small, tumour inside the remnant the numerator too large.
        """
        whole = self.liver - self.tumour
        return Fraction(self.remnant, whole) if self.remnant and self.tumour and whole > 0 else None

    @property
    def exceeds_liver(self) -> bool:
        """Whether remnant and tumour together are larger than the liver."""
        return self.remnant + self.tumour > self.liver

    def find_different(self, other: SetCounts) -> tuple[str, ...]:
        """List the structures whose counts differ."""
        names = (field.name for field in fields(self))
        return tuple(name for name in names if getattr(self, name) != getattr(other, name))


@cache
def read_counts() -> Mapping[str, SetCounts]:
    """Read the bundled counts by patient, in the order of the set."""
    text = files("fl_planner.validation").joinpath("data", COUNTS).read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row.pop("id"): SetCounts(**{k: int(v) for k, v in row.items()}) for row in rows}


PARTS = {  # structure of a name in the files: name of its count
    "liver": "liver",
    "flr": "remnant",
    f"{VESSEL}hepatic_veins": "hepatic",
    f"{VESSEL}portal_veins": "portal",
    "tumour": "tumour",
}


def count_drawn(case: FoundCase, limits: Limits) -> SetCounts:
    """Count the voxels of each structure in the files of a patient, before any set operation.

    A structure that was not drawn has a count of 0; tumours are united.

    Raises `InputRefused`: as the reader of a file; `validation.liver` if no liver was drawn.
    """
    drawn: dict[str, list[Mask]] = {}
    for role, paths in case.files.items():
        for path in paths:
            for name, mask in _read_drawn(role, path, limits):
                drawn.setdefault(name, []).append(mask)
    counts = {name: unite(masks).voxel_count for name, masks in drawn.items()}
    if not counts.get("liver"):
        reason = "no segment or file is named Liver"
        remedy = "use the segmentation as published, or files named after its segments"
        raise InputRefused("validation.liver", case.id, reason, remedy)
    return SetCounts(**{name: counts.get(name, 0) for name in PARTS.values()})


def _read_drawn(role: str, path: Path, limits: Limits) -> Iterator[tuple[str, Mask]]:
    """Read the masks of a file with the names of their counts; others are omitted."""
    if role != MAP:
        if role in PARTS:
            file = read_labels(path, role, Holds.LABELS, limits)
            yield PARTS[role], file.whole(role)
        return
    file = read_labels(path, MAP, Holds.LABEL_MAP, limits)
    if isinstance(file, LabelFile):
        reason = "is a label map, in which the labels have no names"
        remedy = "give the DICOM SEG, or one file for each structure"
        raise InputRefused("validation.names", path.name, reason, remedy)
    for segment, mask in file.drawn():
        vessel = read_vessel(segment.name)
        part = structure_of(segment.name) if vessel is None else f"{VESSEL}{vessel}"
        if part in PARTS:
            yield PARTS[part], mask
