"""Read a scintigraphy: its files, its regions, and statements of the user about them.

Regions are masks of one slice on the matrix of a dynamic study: its columns are the first axis of
the mask, its rows the second, from the upper left, in the view of the anterior head. Exchanged axes
are detected from the counts (`region.turned`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.overlay import EACH_KEY, override_fields
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides, read_dynamic
from fl_planner.formats.read import read_labels
from fl_planner.formats.spect import read_spect
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.formats.voxels.voxel_file import FromFiles
from fl_planner.function.clearance import Scintigraphy
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.orientation import Transform
from fl_planner.function.registration import require_basis
from fl_planner.function.scintigram import Plane, Regions
from fl_planner.intake.reading.curves import read_curves
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Answer

ROLES = ("liver", "heart", "field")
SAME_PIXEL = 0.02  # of the edge of a pixel: less is due to rounding [project's choice]
NO_SIZE_MM = (1.0, 1.0)  # written by programs that do not know the size
GEOMETRY = "geometry."  # begins the codes of findings on the position of voxels
ONE_SLICE = "save the region as a single-slice mask on the study's matrix"


class OfStudy(NamedTuple):
    """The file of the study of regions, and height and width of its pixels; None if unknown."""

    file: str
    pixel_mm: tuple[float, float] | None


def read_regions(
    given: Mapping[str, Source | int],
    labels: Path | None,
    limits: Limits,
    study: OfStudy | None = None,
) -> FromFiles[Regions]:
    """Read regions, each from a separate file or as a label of one image.

    - `given` (mapping of "liver", "heart" and "field" to a path or a label): without the field,
      the whole matrix is used.
    - `labels`: the image of the labels.
    - `limits`: maximum sizes of a file.
    - `study`: the study of the regions, whose pixels are compared with theirs.

    Raises `InputRefused`: `region.*` naming the region; see also `read_labels`.
    """
    for role in ("liver", "heart"):
        if role not in given:
            reason = f"no region was given for the {role}"
            remedy = (
                "give --region-liver and --region-heart; or liver and heart in regions under "
                "[function]"
            )
            raise InputRefused("region.missing", role, reason, remedy)
    planes, inputs, findings = read_planes(given, labels, limits, study)
    regions = Regions(planes["liver"], planes["heart"], planes.get("field"))
    return FromFiles(regions, inputs, findings)


def read_planes(
    given: Mapping[str, Source | int],
    labels: Path | None,
    limits: Limits,
    study: OfStudy | None,
    whose: str = "",
) -> FromFiles[dict[str, Plane]]:
    """Read regions by role; `whose` is the prefix of the roles of their files.

    Findings on geometry are omitted: a region is compared with the matrix by its pixels.
    """
    image = None if labels is None else _read(labels, f"{whose}regions", Holds.LABEL_MAP, limits)
    planes: dict[str, Plane] = {}
    files = [] if image is None else [image]
    for role, entry in given.items():
        if isinstance(entry, int):
            planes[role] = _of_label(image, role, entry)
            continue
        file = _read(entry, f"{whose}region {role}", Holds.ONE_LABEL, limits)
        planes[role] = _as_plane(file.whole(role).as_array())
        files.append(file)
    inputs = tuple(one for file in files for one in file.inputs)
    findings = tuple(
        found for file in files for found in file.findings if not found.code.startswith(GEOMETRY)
    )
    other = () if study is None else (one for file in files for one in _find_other(file, study))
    return FromFiles(planes, inputs, (*findings, *other))


def _find_other(file: LabelFile | SegmentFile, study: OfStudy) -> Iterator[Finding]:
    """Find pixels that differ in size from those of the study, as with another zoom."""
    wide, high, _ = file.grid.spacing_mm
    if study.pixel_mm is None or NO_SIZE_MM in ((high, wide), study.pixel_mm):
        return
    edges = zip((high, wide), study.pixel_mm, strict=True)
    if all(abs(drawn - own) <= SAME_PIXEL * own for drawn, own in edges):
        return
    sizes = [f"{tall:.3g} x {broad:.3g} mm" for tall, broad in ((high, wide), study.pixel_mm)]
    message = (
        f"{file.name}: the pixels of the region are {sizes[0]}, those of {study.file} {sizes[1]}: "
        "check that the region was drawn on this study, as it may be at the wrong place"
    )
    yield Finding("region.pixel_size", Severity.WARNING, message, file.name, wide, "mm")


def _read(path: Source, role: str, holds: Holds, limits: Limits) -> LabelFile | SegmentFile:
    try:
        file = read_labels(path, role, holds, limits)
    except InputRefused as refused:
        if refused.code != "dims.not_3d":
            raise
        reason = "the region has two axes instead of three"
        raise InputRefused("region.not_flat", refused.source, reason, ONE_SLICE) from refused
    if file.grid.shape[2] != 1:
        reason = f"the file has {file.grid.shape[2]} slices, but a region must have one slice"
        raise InputRefused("region.not_flat", file.name, reason, ONE_SLICE)
    return file


def _of_label(image: LabelFile | SegmentFile | None, role: str, label: int) -> Plane:
    if not isinstance(image, LabelFile):
        reason = f"label {label} was given as the {role} region, but no label image was given"
        remedy = 'in the case file, name the label image of the regions: labels = "regions.nii.gz"'
        raise InputRefused("region.missing", role, reason, remedy)
    return _as_plane(image.mask(role, label).as_array())


def _as_plane(voxels: Plane) -> Plane:
    """Convert (columns, rows, 1) to (rows, columns)."""
    return np.ascontiguousarray(voxels[:, :, 0].T)


OF_SERIES = ("dynamic", "curves", "regions", "region_labels", "overrides")
OF_SPECT = ("registered", "transform")
OF_DAY = ("studied_on", "fasting_h", "bilirubin_umol_per_l")
ENTRIES = {  # as named in a case file, if otherwise
    "dynamic": "dynamic study",
    "region_labels": "labels of regions",
    "overrides": "heads, one_head, decay_corrected, tracer",
    "studied_on": "date",
    "fasting_h": "fasting_hours",
    "bilirubin_umol_per_l": "bilirubin",
}


@dataclass(frozen=True, slots=True)
class FunctionFiles:
    """Files of a scintigraphy, and statements about them; None or empty if not given.

    `regions` maps a role to a path, or to a label of `region_labels`; `studied_on` is the date of
    the study.
    """

    dynamic: Source | None = None
    regions: Mapping[str, Source | int] = field(default_factory=dict)
    region_labels: Path | None = None
    curves: Path | None = None
    spect: Source | None = None
    registered: bool = False
    transform: Transform | None = None
    overrides: StudyOverrides = field(default_factory=StudyOverrides, metadata=EACH_KEY)
    window: SeriesWindow = field(default_factory=SeriesWindow)
    validated_locally: bool | None = None
    fasting_h: Fraction | None = None
    bilirubin_umol_per_l: Fraction | None = None
    studied_on: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no file was given."""
        return self.dynamic is None and self.curves is None and self.spect is None

    def overlaid(self, other: FunctionFiles) -> FunctionFiles:
        """Return these entries of a case file, replaced by those of options.

        Statements on one study do not apply to another: registration of a SPECT; regions, decay
        correction and tracer of a series; date of either.
        """
        merged = replace(override_fields(self, other), regions={**self.regions, **other.regions})
        return replace(merged, **{name: getattr(other, name) for name in self._outdated(other)})

    def _outdated(self, other: FunctionFiles) -> tuple[str, ...]:
        """List the entries that options replace together with a study, also if they lack them."""
        series = other.dynamic is not None or other.curves is not None
        series &= self.dynamic is not None or self.curves is not None
        spect = self.spect is not None and other.spect is not None
        return (
            *(OF_SERIES if series else ()),
            *(OF_SPECT if spect else ()),
            *(OF_DAY if series or spect else ()),
        )

    def describe_replaced(self, other: FunctionFiles) -> Iterator[str]:
        """Describe the other entries that options replace."""
        default = FunctionFiles()
        lost = [
            name
            for name in self._outdated(other)
            if getattr(self, name) != getattr(default, name)
            and getattr(other, name) == getattr(default, name)
        ]
        if lost:
            listed = ", ".join(ENTRIES.get(name, name) for name in lost)
            yield f"the options give another study: entries of the case file not used: {listed}"


def read_scintigraphy(
    files: FunctionFiles, limits: Limits, masks: Iterable[InputFile] = ()
) -> FromFiles[Scintigraphy]:
    """Read all files of a scintigraphy; `masks` are to be used on the SPECT.

    Raises `InputRefused`: if a file cannot be used, or the SPECT is not stated to be registered.
    """
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()
    study = regions = activity = spect = basis = None
    if files.dynamic is not None:
        study, inputs, findings = read_dynamic(files.dynamic, limits, files.overrides)
    if files.regions:
        of = None if study is None else OfStudy(study.file, study.pixel_mm)
        regions, drawn, odd = read_regions(files.regions, files.region_labels, limits, of)
        inputs, findings = (*inputs, *drawn), (*findings, *odd)
    if files.curves is not None:
        stated = files.overrides
        activity, of_curves, doubts = read_curves(
            files.curves,
            decay_corrected=stated.decay_corrected,
            tracer=stated.tracer,
            one_head=stated.one_head,
        )
        inputs, findings = (*inputs, *of_curves), (*findings, *doubts)
    if files.spect is not None:
        spect, of_spect, odd = read_spect(files.spect, limits, tracer=files.overrides.tracer)
        basis = require_basis(
            same_frame=is_same_frame(of_spect, masks),
            transform_given=files.transform is not None,
            stated=files.registered,
            source=of_spect[0].file,
        )
        inputs, findings = (*inputs, *of_spect), (*findings, *odd)
    name = inputs[0].file if inputs else "function"
    given = Scintigraphy(
        name, study, regions, activity, spect, basis, files.transform, files.window,
        files.validated_locally, files.fasting_h, files.bilirubin_umol_per_l,
    )  # fmt: skip
    return FromFiles(given, inputs, findings)


def is_same_frame(spect: tuple[InputFile, ...], masks: Iterable[InputFile]) -> bool:
    """Whether the SPECT shares a frame of reference with a mask, and contradicts no mask."""
    answers = compare_frames(spect[:1], masks)
    return "same" in answers and "different" not in answers


def compare_frames(files: Iterable[InputFile], others: Iterable[InputFile]) -> set[Answer]:
    """Compare the frames of reference of files with those of others, as far as headers have any."""
    ours, theirs = ([it.identity for it in of if it.identity] for of in (files, others))
    return {one.same_frame(other) for one in ours for other in theirs}
