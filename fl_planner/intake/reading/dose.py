"""Read the inputs of a radioembolisation's dose: MAA studies, lungs, and entered values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.overlay import EACH_KEY, override_fields
from fl_planner.basis.units import SECONDS_IN_HOUR
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides, read_planar
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.spect import read_spect
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.values import Holds, KnownGrids, LabelFile
from fl_planner.formats.voxels.voxel_file import FromFiles
from fl_planner.function.orientation import Transform
from fl_planner.function.registration import require_basis
from fl_planner.intake.reading.scintigraphy import (
    OfStudy,
    compare_frames,
    is_same_frame,
    read_planes,
)
from fl_planner.liver.anatomy import require_drawn
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.dose_inputs import Decides, DoseGiven, MaaSpect
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from fl_planner.y90.constants_and_limits import LIVER_G_PER_ML
from fl_planner.y90.counts import Method, judge_maa
from fl_planner.y90.lungs import PlanarRegions, PlanarStudy, weigh_lungs
from fl_planner.y90.partition import Delivery

REGIONS = ("liver", "lungs", "background")
LUNGS = 2  # right and left, each with its label
WHOSE = "maa "  # begins the roles of the regions' files


@dataclass(frozen=True, slots=True)
class DoseFiles:
    """Entries of the table `[dose]`; None or empty if not given.

    `regions` maps a role to a path, or to a label of `region_labels`.
    """

    decides: Decides | None = None
    lung_shunt: Fraction | None = None
    shunt_method: Method | None = None
    tumour_to_normal: Fraction | None = None
    lung_mass_kg: Fraction | None = None
    lung_by_ct: bool = False
    density_g_per_ml: Fraction | None = None
    tumour_dose_gy: Fraction | None = None
    residual_fraction: Fraction | None = None
    calibration: datetime | None = None
    administration: datetime | None = None
    planar: Path | None = None
    regions: Mapping[str, Source | int] = field(default_factory=dict)
    region_labels: Path | None = None
    spect: Path | None = None
    lungs: Path | None = None
    lung_ct: Path | None = None
    registered: bool = False
    transform: Transform | None = None
    overrides: StudyOverrides = field(default_factory=StudyOverrides, metadata=EACH_KEY)

    def overlaid(self, other: DoseFiles) -> DoseFiles:
        """Return these entries of a case file, replaced by those of options."""
        merged = override_fields(self, other)
        if other.lung_shunt is not None:  # the method is that of the other shunt
            merged = replace(merged, shunt_method=other.shunt_method)
        if other.lung_mass_kg is None:
            return merged
        return replace(merged, lung_by_ct=False)  # a mass in kg replaces the mass by CT

    def describe_replaced(self, other: DoseFiles) -> Iterator[str]:
        """Describe the other entries that options replace."""
        if other.lung_shunt is not None and self.shunt_method and other.shunt_method is None:
            yield "--lung-shunt: the shunt_method in the case file is not used"
        if other.lung_mass_kg is not None and self.lung_by_ct:
            yield "--lung-mass-kg: the CT lung mass in the case file is not used"


def read_dose(
    files: DoseFiles,
    limits: Limits,
    masks: Sequence[InputFile],
    ct: Image | None,
    liver: Mask | None = None,
) -> FromFiles[DoseGiven]:
    """Read all files of a dose.

    - `masks`: files of the masks used on the SPECT.
    - `ct`: CT of the case.
    - `liver`: liver with its tumours; its voxels do not count in the lung mass.

    Raises `InputRefused`: if a file cannot be used, or the SPECT is not stated to be registered.
    """
    planar, of_planar, doubts = _read_planar(files, limits)
    lungs, of_lungs, odd_lungs = _read_lungs(files, limits, ct)
    spect, of_spect, odd = _read_spect(files, limits, (*masks, *of_lungs), lungs)
    lung_ct, of_ct, odd_ct = _read_lung_ct(files, limits, lungs, ct)
    elsewhere = _is_other_frame((*of_lungs, *of_ct), masks)
    lung_kg, of_mass = _weigh(lung_ct, lungs, None if elsewhere else liver)
    given = DoseGiven(
        files.lung_shunt,
        files.shunt_method,
        files.tumour_to_normal,
        files.decides,
        planar,
        spect,
        files.lung_mass_kg,
        lung_kg,
        files.lung_by_ct,
        LIVER_G_PER_ML if files.density_g_per_ml is None else files.density_g_per_ml,
        files.tumour_dose_gy,
        Delivery(files.residual_fraction, _count_hours(files.calibration, files.administration)),
        files.calibration,
        files.administration,
    )
    inputs = (*of_planar, *of_lungs, *of_spect, *of_ct)
    of_files = (*doubts, *odd_lungs, *odd, *odd_ct)
    return FromFiles(given, inputs, (*_find_unused(files), *of_files, *of_mass))


def _find_unused(files: DoseFiles) -> Iterator[Finding]:
    """Find statements on a study that is not given, and lungs that nothing is measured with."""
    planar, spect, stated = files.planar is not None, files.spect is not None, files.overrides
    by_ct = files.lung_ct is not None or files.lung_by_ct
    entries = (
        ("heads", stated.heads, planar, "maa_planar"),
        ("one_head", stated.one_head, planar, "maa_planar"),
        ("registered", files.registered, spect, "maa_spect"),
        ("transform", files.transform, spect, "maa_spect"),
        ("tracer", stated.tracer, planar or spect, "maa_planar or maa_spect"),
        ("lungs", files.lungs, spect or by_ct, 'maa_spect, lung_ct or lung_mass_kg = "ct"'),
    )
    for name, entry, is_used, needed in entries:
        if entry and not is_used:
            message = f"[dose] {name} is not used: it requires {needed}"
            yield Finding("dose.not_used", Severity.WARNING, message)


def _read_planar(files: DoseFiles, limits: Limits) -> FromFiles[PlanarStudy | None]:
    if files.planar is None and not files.regions:
        return FromFiles(None)
    if files.planar is None or not {"liver", "lungs"} <= files.regions.keys():
        reason = (
            "a lung shunt from planar images requires the planar study, a liver region and a "
            "lung region"
        )
        remedy = (
            "under [dose], give maa_planar, and regions with liver and lungs; or the reported "
            "lung_shunt instead of all three"
        )
        raise InputRefused("dose.regions", "maa_planar", reason, remedy)
    read = read_planar(files.planar, limits, files.overrides)
    of = OfStudy(read.input.file, read.pixel_mm)
    planes, drawn, odd = read_planes(files.regions, files.region_labels, limits, of, WHOSE)
    regions = PlanarRegions(planes["liver"], planes["lungs"], planes.get("background"))
    study = PlanarStudy(read.heads, regions, read.input.file, read.counted)
    return FromFiles(study, (read.input, *drawn), (*read.findings, *odd))


def _read_lungs(files: DoseFiles, limits: Limits, ct: Image | None) -> FromFiles[Mask | None]:
    """Read the mask of both lungs, with one label or two; more labels are reported."""
    if files.lungs is None:
        return FromFiles(None)
    known = KnownGrids(None if ct is None else ct.grid)
    file = read_labels(files.lungs, "lungs", Holds.LABELS, limits, known)
    both = isinstance(file, LabelFile) and len(file.labelled.labels) <= LUNGS
    findings = tuple(one for one in file.findings if not (both and one.code == "labels.several"))
    return FromFiles(require_drawn("lungs", file.whole("lungs")), file.inputs, findings)


def _read_spect(
    files: DoseFiles, limits: Limits, masks: tuple[InputFile, ...], lungs: Mask | None
) -> FromFiles[MaaSpect | None]:
    if files.spect is None:
        return FromFiles(None)
    image, inputs, odd = read_spect(files.spect, limits, judge_maa, files.overrides.tracer)
    basis = require_basis(
        same_frame=is_same_frame(inputs, masks),
        transform_given=files.transform is not None,
        stated=files.registered,
        source=inputs[0].file,
    )
    named = tuple(replace(one, role="maa_spect") for one in inputs)
    return FromFiles(MaaSpect(image, basis, files.transform, lungs), named, odd)


def _read_lung_ct(
    files: DoseFiles, limits: Limits, lungs: Mask | None, ct: Image | None
) -> FromFiles[Image | None]:
    """Read the CT given for the lung mass, or return that of the case if requested."""
    if lungs is None and files.lung_ct is not None:  # else the default mass would be used
        reason = "the lung mass cannot be measured on this CT without a mask of the lungs"
        remedy = "under [dose], also give their mask as lungs, or omit lung_ct"
        raise InputRefused("dose.lung_ct", "lung_ct", reason, remedy)
    if files.lung_ct is not None:
        image, inputs, findings = read_image(files.lung_ct, "lung_ct", limits)
        return FromFiles(image, inputs, findings)
    return FromFiles(ct if files.lung_by_ct else None)


def _is_other_frame(lungs: Sequence[InputFile], masks: Sequence[InputFile]) -> bool:
    """Whether the headers show that lungs and masks have no frame of reference in common."""
    answers = compare_frames(lungs, masks)
    return "different" in answers and "same" not in answers


def _weigh(
    ct: Image | None, lungs: Mask | None, liver: Mask | None
) -> tuple[Fraction | None, tuple[Finding, ...]]:
    """Measure the lung mass without the liver; None without a CT or lungs."""
    return (None, ()) if ct is None or lungs is None else weigh_lungs(ct, lungs, liver)


def _count_hours(begin: datetime | None, end: datetime | None) -> Fraction | None:
    """Compute the hours from calibration to administration; None if one is missing."""
    if begin is None or end is None:
        return None
    if (begin.tzinfo is None) is not (end.tzinfo is None):
        reason = "only one of the calibration and administration times has a time zone"
        remedy = "give both times with a time zone, or both without"
        raise InputRefused("dose.moments", "calibration", reason, remedy)
    return Fraction((end - begin).total_seconds()) / SECONDS_IN_HOUR
