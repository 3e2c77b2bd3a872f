"""Interpret the numbers of a mask file of any format: which voxels are in the mask.

Rules F10 and F11 of safety.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum
from math import isfinite, isnan, log2, prod

import numpy as np
from msgspec import Struct, structs

from fl_planner.basis.constants import CARRIED, CONSENSUS
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.formats.voxels.slabs import SOFT_CUT, WHOLE, Codes, Stored, Values, is_same
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Box, Grid, Voxels
from fl_planner.space.labels import count_codes
from fl_planner.space.mask import Author, Mask, Voted, unite

WIDEST = 1 << 64  # beyond the largest whole-number type, a label cannot have been two
FACE_SHARE = 0.9  # of the six outer faces, for a background other than 0 [safety.md F10]
ODD_BACKGROUNDS = (-1.0, -1024.0, float("-inf"))  # and NaN [safety.md F10]
TAKE_OUT = "fl-planner convert FILE --structure NAME=LABEL --to NEW.nii.gz"
EXPORT_WHOLE = "export the mask as whole numbers with background 0"


class Holds(Enum):
    """Labels allowed in a mask in addition to its background."""

    ONE_LABEL = "one label"  # FLR, resected, treated, excluded
    LABELS = "labels that are counted together"  # liver, tumour, lungs
    LABEL_MAP = "a label map"


class KnownGrids(Struct, frozen=True):
    """Grids of the other files of a case, for files that do not show their own grid completely.

    - `image`: grid of the image on which contours were drawn.
    - `masks`: grids of other masks.
    """

    image: Grid | None = None
    masks: tuple[Grid, ...] = ()

    @property
    def lattices(self) -> tuple[Grid, ...]:
        """Return all grids, that of the image first."""
        return self.masks if self.image is None else (self.image, *self.masks)


NO_GRIDS = KnownGrids()


class Labelled(Struct, frozen=True):
    """Voxels of each label of a file, in `box`; the background is not a label."""

    stored: Stored
    box: Box
    codes: Codes
    codes_of: dict[int, tuple[int, ...]]  # label -> its codes

    @property
    def labels(self) -> tuple[int, ...]:
        """Return the labels in order."""
        return tuple(sorted(self.codes_of))

    def counts(self) -> dict[int, int]:
        """Count the voxels of each label, in one pass."""
        met = count_codes(self.codes)
        return {label: int(met[list(self.codes_of[label])].sum()) for label in self.labels}

    def mask(self, name: str, grid: Grid, *labels: int) -> Mask:
        """Return the mask of those `labels` that are present."""
        held = [label for label in labels if label in self.codes_of]
        return Mask(name, self.voxels(*held), self.box, grid, self.stored.name)

    def voxels(self, *labels: int) -> Voxels:
        """Return the voxels with any of `labels`."""
        wanted = [code for label in labels for code in self.codes_of[label]]
        if wanted == [1] and not self.codes.flags.writeable and self.codes.max(initial=0) <= 1:
            return self.codes.view(np.bool_)  # a file of 800 x 800 x 800 voxels is not held twice
        found: Voxels = np.isin(self.codes, wanted) if len(wanted) != 1 else self.codes == wanted[0]
        found.flags.writeable = False
        return found


def find_labels(
    values: Values, stored: Stored, holds: Holds, voxel_ml: float
) -> tuple[Labelled, tuple[Finding, ...]]:
    """Separate labels from background, and refuse labels that `holds` does not allow."""
    findings: list[Finding] = []
    background = _find_background(values, stored, findings)
    if not is_same(values.outside, background):
        values = values.spread()  # the file's first voxel is in the mask
    codes_of: dict[int, list[int]] = {}
    for code, value in enumerate(values.table):
        if (label := _whole(value, background, stored)) != 0:
            codes_of.setdefault(label, []).append(code)
    if not codes_of and (values.settled or len(values.table) > 1):
        reason = f"the values differ, but all are within {WHOLE:g} of the background"
        raise stored.refuse("values.vanishing", reason, EXPORT_WHOLE)
    of = {label: tuple(codes) for label, codes in codes_of.items()}
    labelled = Labelled(stored, values.box, values.codes, of)
    _judge_labels(labelled, holds, voxel_ml, findings)
    findings += _find_inexact(labelled)
    if values.soft:
        what = f"probability map: voxels above {SOFT_CUT:g} are counted"
        if not any(labelled.counts().values()):
            what = f"probability map: no voxel is above {SOFT_CUT:g}"
        findings.append(stored.find("values.probability_map", what))
    return labelled, tuple(findings)


def _find_background(values: Values, stored: Stored, findings: list[Finding]) -> float:
    """Return the value of the background: 0, or a known other value all around."""
    if values.soft and values.outside and values.codes.all():
        reason = f"there is no background: every value is above {SOFT_CUT:g}"
        raise stored.refuse("mask.no_background", reason, EXPORT_WHOLE)
    present = {*values.table, values.outside}
    zero = any(abs(value) <= WHOLE for value in present)
    odd = [
        value
        for value in present
        if (isnan(value) or value in ODD_BACKGROUNDS) and _face_share(values, value) >= FACE_SHARE
    ]
    if odd and zero:
        reason = f"the background is unclear: {odd[0]:g} at the border of the image, and 0 inside"
        raise stored.refuse("values.two_backgrounds", reason, EXPORT_WHOLE)
    if odd:
        what = f"the background is {odd[0]:g} instead of 0"
        findings.append(stored.find("values.background", what))
        return odd[0]
    if not zero:
        least = min(present, key=lambda value: (value != value, value))
        reason = f"there is no background: the smallest value is {least:g}"
        raise stored.refuse("mask.no_background", reason, EXPORT_WHOLE)
    return 0.0


def _whole(value: float, background: float, stored: Stored) -> int:
    """Return the label of a value; 0 for the background."""
    if is_same(value, background):
        return 0
    if not isfinite(value):
        raise stored.refuse("values.not_finite", f"the voxels include {value}", EXPORT_WHOLE)
    if abs(value - round(value)) > WHOLE:
        reason = f"the value {value:g} is neither a label nor a value of a probability map"
        raise stored.refuse("values.fractions", reason, EXPORT_WHOLE)
    return round(value)


def _judge_labels(
    labelled: Labelled, holds: Holds, voxel_ml: float, findings: list[Finding]
) -> None:
    stored, labels = labelled.stored, labelled.labels
    if holds is Holds.LABEL_MAP:
        if labels and labels[0] < 0:
            reason = f"the label {labels[0]} is negative; labels are 1 and above"
            raise stored.refuse("labels.negative", reason, EXPORT_WHOLE)
        return
    if len(labels) > 1 and holds is Holds.ONE_LABEL:
        named = ", ".join(map(str, labels))
        reason = (
            f"the file has {len(labels)} labels ({named}), but this mask requires a single label"
        )
        remedy = f"extract one label: {TAKE_OUT}; or give the file as --labelmap"
        raise stored.refuse("labels.several", reason, remedy)
    if len(labels) > 1:
        named = ", ".join(
            f"{label}: {as_ml(count * voxel_ml)}" for label, count in labelled.counts().items()
        )
        what = (
            f"{len(labels)} labels are counted together ({named}); to use only one label, extract "
            "it: "
        )
        what += TAKE_OUT
        findings.append(stored.find("labels.several", what))
    elif labels and labels[0] < 0:
        what = f"the only label is negative ({labels[0]}); it is counted"
        findings.append(stored.find("labels.negative", what))


def _find_inexact(labelled: Labelled) -> Iterator[Finding]:
    """Find labels so large that the file's type may have merged two of them."""
    stored = labelled.stored
    sizes = ((abs(label), label) for label in labelled.labels)
    if large := [label for size, label in sizes if stored.exact_below <= size <= WIDEST]:
        bits = int(log2(stored.exact_below))
        what = (
            f"the label {large[-1]} is 2^{bits} or more; the data type of the file may merge two "
            "labels of this size"
        )
        yield stored.find("labels.inexact", what)


def _face_share(values: Values, value: float) -> float:
    """Compute the share of voxels of the six outer faces with `value`."""
    same = np.array([is_same(entry, value) for entry in values.table], dtype=np.bool_)
    total = hits = 0
    for axis, length in enumerate(values.shape):
        voxels = prod(values.shape) // length
        for end in (0, length - 1):
            inside = 0
            if values.box.start[axis] <= end < values.box.stop[axis]:
                layer = values.codes.take(end - values.box.start[axis], axis)
                inside = layer.size
                hits += int(np.count_nonzero(same[layer]))
            hits += (voxels - inside) if is_same(values.outside, value) else 0
            total += voxels
    return hits / total


PASSED_OVER = "segments.passed_over"  # the finding on unknown names


class LabelFile(Struct, frozen=True):
    """A file of labels on its grid, with findings; `names`: of labels, if its header has any."""

    labelled: Labelled
    grid: Grid
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    author: Author | None = None
    names: Mapping[int, str] = {}

    def drawn_by(self, author: Author | None) -> LabelFile:
        """Return the file with the author of its masks; an automatic one is reported."""
        if author is None:
            return self
        if author.method != "automatic":
            return structs.replace(self, author=author)
        what = author.drawn_automatically
        finding = self.labelled.stored.find("segments.automatic", what, Severity.INFO)
        return structs.replace(self, author=author, findings=(*self.findings, finding))

    @property
    def name(self) -> str:
        """Return the base name of the file."""
        return self.labelled.stored.name

    def mask(self, name: str, *labels: int) -> Mask:
        """Return the mask of those `labels` that are present."""
        mask = self.labelled.mask(name, self.grid, *labels).drawn_by(self.author)
        for one in self.findings:
            if one.code == CARRIED:
                return replace(mask, carried_mm=one.value)
            for vote, code in CONSENSUS.items():
                if one.code == code and one.value is not None:
                    return replace(mask, voted=Voted(vote, one.value))
        return mask

    def whole(self, name: str) -> Mask:
        """Return the mask of all labels."""
        return self.mask(name, *self.labelled.labels)


class Segment(Struct, frozen=True):
    """A named part of a file.

    - `name`: name in the file.
    - `structure`: structure of that name in `liver/names/structures.py`; None for any other.
    - `number`: label or segment number; overlapping segments may share it.
    - `mask`: its voxels; None if they are not required.
    - `layer`: segments of one layer have no voxel in common; None if any may overlap.
    """

    name: str
    structure: str | None
    number: int
    mask: Mask | None = None
    layer: int | None = None


class SegmentFile(Struct, frozen=True):
    """A file with named parts on its grid, with findings.

    Segments selected by the file's role have a mask. `held` is the part of the grid that the file
    itself fills, without added empty layers; None for the whole grid.
    """

    name: str
    grid: Grid
    segments: tuple[Segment, ...]
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    held: Box | None = None

    def drawn(self) -> Iterator[tuple[Segment, Mask]]:
        """Return the selected segments, each with its mask."""
        return ((one, one.mask) for one in self.segments if one.mask is not None)

    def whole(self, name: str) -> Mask:
        """Return the mask of all selected segments, of which there is at least one."""
        return unite(mask for _, mask in self.drawn()).renamed(name)


def remedy_to_extract(wanted: str, *, as_map: bool = True) -> str:
    """Return the remedy for selecting one segment; `as_map`: whether it may be a label map."""
    out = "extract it (fl-planner convert FILE --structure NAME --to NEW.nii.gz)"
    if not as_map:
        return f"name the intended segment {wanted}, or {out}"
    return f"name the intended segment {wanted}, {out}, or give the file as --labelmap"
