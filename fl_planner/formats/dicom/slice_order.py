"""Positions of DICOM planes, and whether the slices of a series are from one acquisition.

Positions are used, never a thickness [safety.md D2, conventions.md 2]: planes are sorted along
their normal; equal steps make a grid. If a file may omit planes, gaps of several steps are empty
planes. DICOM is LPS+, a `Grid` is RAS+.

Two phases whose slices alternate, or a projection among slices, make an image that no scanner
acquired, even if their spacing is regular.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import LEAST_EDGE_MM, SAME_PLACE_MM
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.dicom.elements import Attribute, DataSet
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.slice_step import (
    CERTAIN,
    SUCCESSIVE,
    count_successive,
    describe_thick,
    describe_unknown,
    find_on_lattices,
    is_near,
    is_thin,
    tolerance_mm,
)
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import EXPORT_AGAIN, NamedFile
from fl_planner.formats.voxels.geometry import LPS_TO_RAS, as_affine, require_edges, require_upright
from fl_planner.space.grid import Grid

Floats = npt.NDArray[np.float64]

POSITION = Attribute(0x00200032, "ImagePositionPatient")
ORIENTATION = Attribute(0x00200037, "ImageOrientationPatient")
PIXEL_SPACING = Attribute(0x00280030, "PixelSpacing")
THICKNESS = Attribute(0x00180050, "SliceThickness")
STEP = Attribute(0x00180088, "SpacingBetweenSlices")

FARTHEST_MM = 1e5  # from the origin; farther is no place in a patient [project's choice]
SAME_ORIENTATION = 1e-4  # of each cosine [safety.md D2]
UNIT, UPRIGHT = 1e-3, 1e-3  # of the length of a direction, and of the cosine of the two
SAME_SPACING = 1e-4  # relative, of pixels: 0.05 pixels in 512 [project's choice]
NO_STEP = "no SpacingBetweenSlices (SliceThickness is not this distance)"
STATE_STEP = (
    "also give the CT on which it was drawn (--ct; for convert: --like), or a mask with all slices "
    "of this CT; otherwise export the segmentation with its empty slices, or with "
    "SpacingBetweenSlices"
)
GIVE_OWN_SERIES = (
    "give the CT series on which it was drawn, or export the segmentation with its empty slices"
)
GIVE_ONCE = "give the slices of one acquisition (phase), each slice once"
DECIMALS = 9  # of mm, kept: a difference of decimals is a decimal again


@dataclass(frozen=True, slots=True)
class Plane:
    """One frame or slice: first pixel in mm, LPS+; directions along a row and a column."""

    position: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing: tuple[float, ...]  # between rows, between columns, in mm

    @classmethod
    def of(cls, position: DataSet, orientation: DataSet, measures: DataSet) -> Plane:
        """Read the position of a frame or slice."""
        place = position.need(POSITION, position.decimals(POSITION, 3))
        if max(map(abs, place)) > FARTHEST_MM:
            raise position.wrong(POSITION, f"is more than {FARTHEST_MM:g} mm from the origin")
        return cls(
            place,
            orientation.need(ORIENTATION, orientation.decimals(ORIENTATION, 6)),
            measures.need(PIXEL_SPACING, measures.decimals(PIXEL_SPACING, 2)),
        )


@dataclass(frozen=True, slots=True)
class Pile(NamedFile):
    """Settings for stacking planes.

    `may_lack`: whether empty planes may be omitted; `declared_mm`: the step stated in the header;
    `thickness_mm`: its slice thickness; `margin`: number of empty planes added at both ends if the
    region beyond is unknown; `lattices`: grids of the CT and of other masks, which confirm or give
    the step if planes may be omitted; `successive`: planes in succession that show it, without a
    thickness; `lacking`, `remedy`: texts of the refusal if nothing shows it.
    """

    name: str
    rows: int
    columns: int
    may_lack: bool
    declared_mm: float | None = None
    thickness_mm: float | None = None
    margin: int = 0
    lattices: tuple[Grid, ...] = ()
    successive: int = CERTAIN
    lacking: str = NO_STEP
    remedy: str = STATE_STEP


@dataclass(frozen=True, slots=True)
class Stack:
    """A grid, and the layer number of each plane."""

    grid: Grid
    layers: tuple[int, ...]
    findings: tuple[Finding, ...]


def stack(planes: Sequence[Plane], pile: Pile, limits: Limits) -> Stack:
    """Stack planes to a grid.

    Raises `InputRefused`: `geometry.*` if they are not parallel, with the same pixel size and
    equal distances.
    """
    return _Stacking(planes, pile, limits).done()


class _Stacking:
    def __init__(self, planes: Sequence[Plane], pile: Pile, limits: Limits) -> None:
        self.pile = pile
        self.limits = limits
        self.findings: list[Finding] = []
        self.places = np.array([plane.position for plane in planes], dtype=np.float64)
        self.along_row, self.along_column = self._directions(planes)
        self.between_rows, self.between_columns = self._spacing(planes)

    def done(self) -> Stack:
        normal = np.cross(self.along_row, self.along_column)
        heights = self.places @ normal
        order = np.argsort(heights, kind="stable")
        new = np.diff(heights[order], prepend=-np.inf) > SAME_PLACE_MM
        if not self.pile.may_lack and not new.all():
            self._refuse("geometry.slice_twice", "two slices have the same position", GIVE_ONCE)
        firsts = order[new]
        apart = np.linalg.norm(np.diff(self.places[firsts], axis=0), axis=1)
        self.declared = self._read_declared(np.diff(heights[firsts]), apart)
        self.found = self._find_on_lattices(firsts, apart)  # kept if it is used
        layer_of = self._layers(heights[firsts], normal)
        layers = np.empty(len(order), dtype=np.intp)
        layers[order] = layer_of[np.cumsum(new) - 1]
        step = self._step(firsts, int(layer_of[-1]), normal)
        if layer_of[-1] and self.found is None:
            self._compare_step(float(step @ normal), float(np.linalg.norm(step)))
        self._require_straight(step, layers)
        margin = self.pile.margin
        shape = (self.pile.columns, self.pile.rows, int(layer_of[-1]) + 1 + 2 * margin)
        grid = self._grid(shape, step, self.places[firsts[0]] - margin * step)
        return Stack(grid, tuple((layers + margin).tolist()), tuple(self.findings))

    def _directions(self, planes: Sequence[Plane]) -> tuple[Floats, Floats]:
        all_of = np.array([plane.orientation for plane in planes], dtype=np.float64)
        if np.abs(all_of - all_of[0]).max() > SAME_ORIENTATION:
            self._refuse("geometry.orientation", "the slices are not parallel")
        row, column = all_of[0, :3], all_of[0, 3:]
        lengths = np.linalg.norm(row), np.linalg.norm(column)
        if max(abs(length - 1) for length in lengths) > UNIT or abs(row @ column) > UPRIGHT:
            self._refuse("geometry.orientation", "the axes of a slice are not perpendicular")
        return row / lengths[0], column / lengths[1]

    def _spacing(self, planes: Sequence[Plane]) -> tuple[float, float]:
        all_of = np.array([plane.spacing for plane in planes], dtype=np.float64)
        first = all_of[0]
        if first.min() <= 0:
            self._refuse("geometry.no_spacing", "the pixel size is not greater than 0")
        if np.abs(all_of / first - 1).max() > SAME_SPACING:
            self._refuse("geometry.spacing_differs", "the slices have different pixel sizes")
        return float(first[0]), float(first[1])

    def _layers(self, heights: Floats, normal: Floats) -> npt.NDArray[np.intp]:
        gaps = np.diff(heights)
        if not len(gaps):
            return np.zeros(1, dtype=np.intp)
        step = self._choose_step(gaps, normal) if self.pile.may_lack else float(gaps.min())
        steps = np.rint(gaps / step)
        if not self.pile.may_lack and steps.max() > 1:
            n = int(np.argmax(steps))
            what = (
                f"slices are missing: the next slice is {gaps[n]:.4g} mm after slice {n + 1}, "
                f"but slices are {step:.4g} mm apart elsewhere"
            )
            self._refuse("geometry.slice_missing", what)
        step = float((heights[-1] - heights[0]) / steps.sum())
        if not self._is_whole(gaps, step):
            self._refuse("geometry.steps_differ", _describe_uneven(gaps))
        return np.concatenate([[0], np.cumsum(steps)]).astype(np.intp)

    def _read_declared(self, *gaps: Floats) -> float:
        """Read the step of the header; 0 if not stated, or if positions contradict it.

        - `gaps`: distances of the planes along the normal, and along the table movement.
        """
        declared = abs(self.pile.declared_mm or 0)
        fits = declared >= LEAST_EDGE_MM and any(self._is_whole(one, declared) for one in gaps)
        return declared if fits else 0.0

    def _find_on_lattices(self, firsts: npt.NDArray[np.intp], apart: Floats) -> Floats | None:
        """Find the step of the CT or of another mask that contains all planes."""
        pile = self.pile
        edges = (self.along_row * self.between_columns, self.along_column * self.between_rows)
        size = (pile.columns, pile.rows)
        steps = (self.declared, *apart.tolist()) if self.declared else ()
        return find_on_lattices(self.places[firsts], edges, size, steps, pile.lattices)

    def _choose_step(self, gaps: Floats, normal: Floats) -> float:
        """Choose the step of planes of which some may be missing.

        A lattice confirms the smallest of their distances, the header states it, or several planes
        in succession show it; otherwise it is that of a lattice.
        """
        least, declared = float(gaps.min()), self.declared
        of_lattice, self.found = self.found, None
        most = abs(self.pile.declared_mm or 0) or self.pile.thickness_mm or float(np.median(gaps))
        usual = int(np.count_nonzero(np.abs(gaps - most) <= tolerance_mm(least)))
        if of_lattice is None and 4 * least < 3 * most and 2 * usual > len(gaps):
            # some planes lie between the others: all would count at a part of their thickness
            self._refuse("geometry.steps_differ", _describe_uneven(gaps), self.pile.remedy)
        successive = count_successive(gaps)
        if of_lattice is not None and is_near(float(of_lattice @ normal), least):
            self.found = None if self.pile.declared_mm else of_lattice
            return least
        if declared and self._is_whole(gaps, declared):
            if is_near(declared, least):
                return least
            if of_lattice is None or successive >= CERTAIN:
                return self._use_declared(gaps, declared)
        if successive >= CERTAIN:
            return least
        if of_lattice is None:
            if successive < self._count_needed(least):
                self._refuse_unknown(gaps)
            return least
        self.found = of_lattice
        return self._use_lattice(least, float(of_lattice @ normal))

    def _count_needed(self, least: float) -> int:
        """Return the number of planes in succession that show the step; fewer if as thick."""
        if not (thickness := self.pile.thickness_mm):
            return self.pile.successive
        return CERTAIN if is_thin(thickness, least) else SUCCESSIVE

    def _use_declared(self, gaps: Floats, declared: float) -> float:
        """Use the step of the header for planes that are all farther apart, and report it."""
        least = float(gaps.min())
        apart = f"{least:.4g} mm apart, but the header gives steps of {declared:.4g} mm"
        even = len(gaps) > 1 and np.ptp(gaps) <= tolerance_mm(least)
        if even or count_successive(gaps) >= CERTAIN:
            slices = "all slices" if even else f"{CERTAIN} or more successive slices"
            reason = f"{slices} are {apart}: slices are missing, or the header is wrong"
            self._refuse("geometry.slice_step", reason)
        what = f"no two slices are adjacent: they are {apart}; the steps in the header are used"
        self._find("geometry.slice_step", what, declared)
        return declared

    def _use_lattice(self, least: float, step: float) -> float:
        """Use the step of a lattice; report it if the file itself does not confirm it."""
        thickness = None if self.declared else self.pile.thickness_mm
        if reason := describe_thick(step, least, thickness):
            self._refuse("geometry.slice_step", reason, GIVE_OWN_SERIES)
        stated = self.pile.declared_mm or self.pile.thickness_mm
        if not (stated and is_near(abs(stated), step)):
            what = (
                f"no two slices are adjacent: they are {least:.4g} mm apart; the distance between "
                f"slices of the CT or of the other masks, {step:.4g} mm, is used"
            )
            if self.pile.declared_mm and not self.declared:
                what += f", not SpacingBetweenSlices ({abs(self.pile.declared_mm):.4g} mm)"
            self._find("geometry.slice_step", what, step)
        return step

    def _refuse_unknown(self, gaps: Floats) -> NoReturn:
        pile = self.pile
        reason = describe_unknown(gaps.tolist(), pile.declared_mm, pile.lacking)
        self._refuse("geometry.step_unknown", reason, pile.remedy)

    def _compare_step(self, step: float, tilted: float) -> None:
        """Report a step that contradicts the header, along the normal or the table movement.

        Positions are used. Slices thicker than their step overlap, as in many reconstructions;
        thinner ones leave gaps.
        """
        declared, thickness = abs(self.pile.declared_mm or 0), self.pile.thickness_mm
        apart = f"the slices are {step:.4g} mm apart according to their positions"
        within = tolerance_mm(step)
        if declared and min(abs(declared - step), abs(declared - tilted)) > within:
            what = f"{apart}, and {declared:.4g} mm according to SpacingBetweenSlices"
            self._find("geometry.slice_step", f"{what}; the positions are used", step)
        elif not declared and thickness and abs(thickness - step) > within:
            thin = step > thickness
            why = "slices may be missing" if thin else "they overlap"
            what = (
                f"{apart} and {thickness:.4g} mm thick: {why}; the distance between slices is used"
            )
            severity = Severity.WARNING if thin else Severity.INFO
            self._find("geometry.slice_step", what, step, severity)

    def _is_whole(self, gaps: Floats, step: float) -> bool:
        """Whether every gap is a whole number of steps."""
        steps = np.rint(gaps / step)
        off = np.abs(gaps - steps * step)
        return bool((steps >= 1).all() and (off <= tolerance_mm(step)).all())

    def _step(self, firsts: npt.NDArray[np.intp], last: int, normal: Floats) -> Floats:
        """Return the vector from one layer to the next."""
        if last:
            vector: Floats = (self.places[firsts[-1]] - self.places[firsts[0]]) / last
            return vector
        if self.found is not None:
            return self.found
        pile = self.pile
        step = abs(pile.declared_mm or 0) or (None if pile.may_lack else pile.thickness_mm)
        if pile.may_lack and not step:
            self._refuse_unknown(np.empty(0))
        if not step or step <= 0:
            self._refuse("geometry.no_spacing", "the single slice has no thickness in its header")
        source = STEP if pile.declared_mm else THICKNESS
        what = f"there is a single slice; its {source.keyword} of {step:.4g} mm is used"
        self._find("geometry.single_slice", what, step)
        return normal * step

    def _require_straight(self, step: Floats, layers: npt.NDArray[np.intp]) -> None:
        """Require planes that are aligned, or evenly shifted by a gantry tilt."""
        expected = self.places[np.argmin(layers)] + layers[:, None] * step
        off = self.places - expected
        sideways = np.abs(np.column_stack([off @ self.along_row, off @ self.along_column]))
        if sideways.max() > tolerance_mm(float(np.linalg.norm(step))):
            self._refuse("geometry.orientation", "the slices are shifted relative to each other")

    def _grid(self, shape: tuple[int, int, int], step: Floats, origin: Floats) -> Grid:
        voxels = shape[0] * shape[1] * shape[2]
        if voxels > self.limits.voxels:
            reason = f"the image has {voxels} voxels; the limit is {self.limits.voxels}"
            self._refuse("limit.voxels", reason, "crop the image, or raise --size-limit")
        edges = (self.along_row * self.between_columns, self.along_column * self.between_rows)
        lps = np.column_stack([*edges, step, origin])
        matrix: Floats = np.round(lps, DECIMALS) * LPS_TO_RAS + 0.0  # without a negative zero
        require_edges(self.pile, np.linalg.norm(matrix[:, :3], axis=0))
        self.findings += require_upright(self.pile, matrix)
        return Grid(shape, as_affine(matrix))

    def _find(
        self, code: str, what: str, step_mm: float, severity: Severity = Severity.WARNING
    ) -> None:
        self.findings.append(self.pile.find(code, what, severity, step_mm, "mm"))

    def _refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> NoReturn:
        raise self.pile.refuse(code, reason, remedy)


IMAGE_TYPE = Attribute(0x00080008, "ImageType")
NUMBER = Attribute(0x00200013, "InstanceNumber")
ACQUIRED = (
    Attribute(0x00200012, "AcquisitionNumber"),
    Attribute(0x00200100, "TemporalPositionIdentifier"),
    Attribute(0x00080032, "AcquisitionTime"),
    Attribute(0x0008002A, "AcquisitionDateTime"),
)
MADE_BY = (Attribute(0x00180060, "KVP"), Attribute(0x00181210, "ConvolutionKernel"), THICKNESS)
KINDS = 3  # values of ImageType that are defined: original, primary, axial [PS3.3 C.8.2.1.1.1]
PROJECTED = frozenset(
    ["MIP", "MINIP", "MAX_IP", "MIN_IP", "MAXIMUM", "MINIMUM", "VRT", "VOLREN", "PROJECTION"]
) | {"PROJECTION IMAGE"}
FEW = 3  # acquisitions; more, and alike, are the turns of a tube between steps of the table
GIVE_SLICES = "give the original slices of one acquisition"


def judge_acquisitions(name: str, slices: Sequence[DicomFile]) -> tuple[Finding, ...]:
    """Report unusual acquisition of slices; `slices` are in order of position.

    Raises `InputRefused`: `series.kinds_differ` if one was derived and another was not,
    `series.acquisitions` if those of several acquisitions alternate.
    """
    _require_one_kind(slices)
    for attribute in ACQUIRED:
        _require_apart(slices, attribute)
    return tuple(_find_doubts(name, slices))


def _require_one_kind(slices: Sequence[DicomFile]) -> None:
    """Refuse a derived slice among others; the rarer kind is reported."""
    kinds = [_kinds(file)[:KINDS] for file in slices]
    (usual, count), *others = Counter(kinds).most_common()
    if not others:
        return
    odd = next(file for file, kind in zip(slices, kinds, strict=True) if kind != usual)
    reason = f"the image type (ImageType) differs from that of {count} of {len(slices)} slices"
    raise odd.refuse("series.kinds_differ", reason, GIVE_SLICES)


def _require_apart(slices: Sequence[DicomFile], attribute: Attribute) -> None:
    """Refuse acquisitions whose slices alternate along the body."""
    runs = [value for value, _ in groupby(_plain(file, attribute) for file in slices)]
    if len(set(runs)) < len(runs):
        reason = f"slices of {len(set(runs))} acquisitions alternate ({attribute.keyword})"
        raise slices[0].refuse("series.acquisitions", reason, GIVE_SLICES)


def _find_doubts(name: str, slices: Sequence[DicomFile]) -> Iterator[Finding]:
    if found := next(filter(None, (_count_behind(slices, one) for one in ACQUIRED)), None):
        count, keyword = found
        what = (
            f"the slices are from {count} consecutive acquisitions ({keyword}): where they meet, "
            "part of the liver may be missing, or shown twice or in another phase"
        )
        yield Finding("series.acquisitions", Severity.WARNING, f"{name}: {what}", name)
    if PROJECTED.intersection(*map(_kinds, slices)):
        what = "the series contains projections (ImageType) of several slices, not tissue densities"
        yield Finding("series.projected", Severity.WARNING, f"{name}: {what}", name)
    if any(file.is_lossy for file in slices):
        what = "the compression was lossy: the densities are approximate"
        yield Finding("series.lossy", Severity.INFO, f"{name}: {what}", name)
    mixed = [one.keyword for one in MADE_BY if len({_plain(file, one) for file in slices}) > 1]
    if mixed:
        what = f"the slices differ in {', '.join(mixed)}"
        yield Finding("series.made_differently", Severity.WARNING, f"{name}: {what}", name)
    if (step := _number_step(slices)) > 1:
        what = f"the slices are numbered in steps of {step}; those in between may be missing"
        yield Finding("series.numbers", Severity.WARNING, f"{name}: {what}", name)


def _count_behind(slices: Sequence[DicomFile], attribute: Attribute) -> tuple[int, str] | None:
    """Count the successive acquisitions; None if there is no doubt.

    If the table moves between rotations of the tube, there are many, each with the same number of
    slices.
    """
    runs = [len([*run]) for _, run in groupby(_plain(file, attribute) for file in slices)]
    stepped = len(runs) > FEW and len(set(runs[:-1])) == 1 and runs[-1] <= runs[0]
    one_each = max(runs) == 1
    return None if len(runs) == 1 or stepped or one_each else (len(runs), attribute.keyword)


def _number_step(slices: Sequence[DicomFile]) -> int:
    """Return the common step of slice numbers along the body; 0 if there is none."""
    numbers = [file.data.whole(NUMBER) for file in slices]
    known = [number for number in numbers if number is not None]
    steps = {b - a for a, b in pairwise(known)}
    return abs(steps.pop()) if len(known) == len(numbers) > 2 and len(steps) == 1 else 0


def _plain(file: DicomFile, attribute: Attribute) -> bytes:
    return file.data.raw(attribute).strip(b" \0")


def _kinds(file: DicomFile) -> tuple[str, ...]:
    return tuple(map(str.upper, file.data.words(IMAGE_TYPE)))


def _describe_uneven(gaps: Floats) -> str:
    return f"the slice spacing is not uniform: {gaps.min():.4g} to {gaps.max():.4g} mm"
