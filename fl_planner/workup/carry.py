"""Carry masks from one scan to another by registration, as drafts with quality measures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import hypot
from pathlib import Path

from fl_planner.basis.constants import CARRIED, CARRIED_NOT_DRAWN
from fl_planner.basis.extras import require_registration
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_base_name, ends_in_toml
from fl_planner.basis.run import begin_step
from fl_planner.export.save import check_folder, save_folder
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.write import as_nifti, read_back
from fl_planner.intake.reading.files import for_patients
from fl_planner.intake.reading.masks import NO_LIVER, MaskFiles
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.mask_faults import find_cut, find_flat_ends
from fl_planner.liver.names.structures import ROLES
from fl_planner.liver.scatter.registration import (
    Method,
    RegistrationQuality,
    find_quality_doubts,
    find_resized,
)
from fl_planner.liver.witness.witness import check_on_ct
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.planning.given.case import Case, InputFile
from fl_planner.planning.given.identity import judge_identities
from fl_planner.planning.given.study_days import find_rigid_doubts
from fl_planner.planning.growth.case_files import find_other_patients
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.carry import CarriedMask, CarryRecord, as_carry
from fl_planner.registration.registration import on_whole, register
from fl_planner.registration.scan import Scan, one_thread
from fl_planner.space.common_grid.same_grid import cover
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import EMBOLISED, EarlierEmbolisation
from fl_planner.workup.request import read_request

Groups = dict[str, list[Mask]]  # masks by output file

LABEL_MAP = "labelmap"  # among masks given with a CT
TUMOUR = "tumour"
SEGMENT_MAP = "segments"  # several masks in one output file
RECORD = "carry.json"
NUMBERS = {name: int(name) for name in SEGMENTS} | {HALVES[0]: 4, HALVES[1]: 9}  # couinaud_4_9


@dataclass(frozen=True, slots=True)
class Carrying:
    """Masks to carry.

    - `source`, `target`: the scan with the masks, and the scan to which they are carried: a case
      file, or a CT with masks given separately.
    - `out`: a new folder for the masks and the record.
    - `source_masks`, `target_masks`: NAME=FILE for a CT: liver, flr, resected, treated, tumour,
      labelmap (Couinaud 1 to 8), or an excluded structure.
    - `names`: structures to carry; all by default.
    - `rigid`: rigid registration; otherwise deformable.
    - `force`: whether a folder with such files is replaced.
    - `size_limit`: largest file size, in GiB.
    """

    source: Path
    target: Path
    out: Path
    source_masks: Sequence[str] = ()
    target_masks: Sequence[str] = ()
    names: Sequence[str] = ()
    rigid: bool = False
    force: bool = False
    size_limit: int = 1

    @property
    def method(self) -> Method:
        """The method of registration."""
        return "rigid" if self.rigid else "deformable"


def carry_masks(wanted: Carrying) -> CarryRecord:
    """Carry masks, write them with their record to a folder, and return the record.

    The masks to carry are checked against their liver as by `volume`: on the result, their faults
    cannot be distinguished from those of the registration.

    Raises `InputRefused`: if a scan cannot be read or does not match its CT; `carry.mirrored`,
    `carry.folded`, `carry.poor` for an insufficient registration; `carry.changed`,
    `carry.embolised_between` if a deformable registration is required; `carry.cut_off` if it would
    deform a liver to fit a part of it. Nothing is written then.
    """
    require_registration()
    limits = Limits.of_gib(wanted.size_limit)
    source = _read("--from", wanted.source, wanted.source_masks, limits)
    target = _read("--to", wanted.target, wanted.target_masks, limits)
    groups = choose_masks(source.anatomy, wanted.names)
    names_of_files = name_files(groups)
    check_folder(wanted.out, {RECORD, *names_of_files.values()}, force=wanted.force)
    _require_drawn(target)
    inputs = (*_of_side("from", source), *_of_side("to", target))
    names = groups if wanted.rigid else ()
    doubts = (
        *find_other_patients((source, target)),
        *judge_identities(for_patients(inputs)),
        *_find_embolised(source, target, names),
    )
    measured = measure_volumes(source).findings
    on_ct = () if target.ct is None else check_on_ct(target.anatomy, target.ct)
    of_source, of_target = _name_scan("--from", measured), _name_scan("--to", on_ct)
    _require_on_ct((*of_source, *of_target))
    doubts += (
        *of_source,
        *of_target,
        *_name_scan("--from", _find_cut_off("--from", source, wanted.method)),
        *_name_scan("--to", _find_cut_off("--to", target, wanted.method)),
        *_find_same_liver(source, target),
    )
    quality, moved = _move(source, target, groups, wanted.method)
    before_mm = [each.value or 0.0 for each in source.findings if each.code == CARRIED]
    off_mm = hypot(quality.off_mm, max(before_mm, default=0.0))  # both errors add up
    begin_step("writing")
    written = [
        mask
        for name, masks in groups.items()
        for mask in _write(names_of_files[name], masks, moved[name], off_mm)
    ]
    tumours = zip(groups.get(TUMOUR, ()), moved.get(TUMOUR, ()), strict=True)
    findings = (*source.findings, *target.findings, *doubts)
    findings = (*findings, *find_quality_doubts(quality), *find_resized(tumours))
    record = as_carry(quality, off_mm, written, inputs, dict.fromkeys(findings))
    files = {mask.file: mask.content for mask in written} | {RECORD: as_json(record).encode()}
    save_folder(wanted.out, files, force=wanted.force)
    return record


def _move(
    source: Case, target: Case, groups: Groups, method: Method
) -> tuple[RegistrationQuality, Groups]:
    """Register one scan to the other, and move its masks."""
    moved_onto = Scan("the scan given with --to", target.anatomy.organ, target.ct)
    scan = Scan("the scan given with --from", source.anatomy.organ, source.ct)
    with one_thread() as sitk:
        found = register(sitk, scan, moved_onto, method)
        begin_step("carrying over masks")
        part, whole = moved_onto.nearby, target.anatomy.liver.grid
        return found.quality, {
            name: [on_whole(mask, whole) for mask in found.carry(sitk, masks, part)]
            for name, masks in groups.items()
        }


def _read(option: str, path: Path, masks: Sequence[str], limits: Limits) -> Case:
    if ends_in_toml(path.name):
        if masks:
            reason = f"masks from a case file cannot be combined with {option}-mask"
            remedy = f"omit {option}-mask, or give the CT with {option}"
            raise InputRefused("usage.wrong", path.name, reason, remedy)
        request = replace(read_request(path), limits=limits, function=None, dose=None)
        return read_case(replace(request, baseline=None, second_reader={}))
    return read_case(_name_masks(option, path, masks, limits))


def _name_masks(option: str, ct: Path, entries: Iterable[str], limits: Limits) -> Request:
    named: dict[str, tuple[Path, ...]] = {}
    for entry in entries:
        name, equals, path = entry.partition("=")
        if not (name and equals and path):
            reason = f"{entry!r} is not in the form NAME=FILE"
            remedy = f"give {option}-mask liver=liver.nii.gz"
            raise InputRefused("usage.wrong", f"{option}-mask", reason, remedy)
        named[name] = (*named.get(name, ()), Path(path))
    written = {
        path: f"{option}-mask {as_base_name(path.name)}" for each in named.values() for path in each
    }
    written[ct] = f"{option} {ct.name}"
    maps = named.pop(LABEL_MAP, ())
    if len(maps) > 1:
        reason = "several label maps were given"
        raise InputRefused("usage.wrong", f"{option}-mask", reason, "give only one of them")
    by_role = {role: named.pop(role) for role in ROLES if role in named}
    if "liver" not in by_role and not maps:
        remedy = f"give {option}-mask liver=liver.nii.gz"
        if written.keys() == {ct}:  # perhaps meant as a case file
            reason = f"{as_base_name(ct.name)} is not a case file, and no liver mask was given"
            remedy = f"give CASE.toml; or if it is a CT, {remedy}"
            raise InputRefused(NO_LIVER, option, reason, remedy)
        raise InputRefused(NO_LIVER, f"{option}-mask", "no liver mask was given", remedy)
    files = MaskFiles(
        masks={role: each[0] if len(each) == 1 else each for role, each in by_role.items()},
        excluded=named,
        label_map=maps[0] if maps else None,
    )
    return Request(files=files, ct=ct, written=written, limits=limits)


def choose_masks(anatomy: Anatomy, names: Sequence[str]) -> Groups:
    """Choose the masks to carry by output file; the liver is drawn on both scans.

    Raises `InputRefused`: `carry.nothing` if there are none, `carry.unknown` for an unknown name.
    """
    segments = dict(anatomy.drawn_segments)
    if segments.keys() >= {*HALVES}:
        segments.pop("4", None)
    singles = (anatomy.flr, anatomy.resected, anatomy.treated, anatomy.tumour, *anatomy.excluded)
    groups: Groups = {
        mask.name: [mask] for mask in singles if mask is not None and mask.voxel_count
    }
    if segments:
        groups[SEGMENT_MAP] = [mask.renamed(f"segment_{name}") for name, mask in segments.items()]
    if not groups:
        reason = "the scan has only its liver mask, which is not carried over"
        raise InputRefused("carry.nothing", "--from", reason, "add flr, tumour or labelmap")
    if unknown := [name for name in names if name not in groups]:
        reason = f"the mask {unknown[0]!r} does not exist"
        remedy = f"give one or more of {', '.join(groups)}"
        raise InputRefused("carry.unknown", "--carry", reason, remedy)
    return {name: masks for name, masks in groups.items() if not names or name in names}


def _require_drawn(target: Case) -> None:
    """Refuse a carried liver, by which a registration cannot be checked."""
    liver = target.anatomy.liver
    if any(each.code == CARRIED and each.file == liver.file for each in target.findings):
        reason = (
            "the liver mask was carried over from another scan, not drawn, so it cannot be used to "
            "check a registration"
        )
        raise InputRefused("carry.carried", liver.source, reason, "draw the liver on this scan")


def _of_side(side: str, case: Case) -> tuple[InputFile, ...]:
    return tuple(replace(file, role=f"{side} {file.role}") for file in case.inputs)


def _name_scan(option: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Name the scan in findings on its masks: files of both scans may have the same name."""
    scan = f"scan given with {option}"
    return tuple(replace(found, message=f"{scan}: {found.message}") for found in findings)


def _require_on_ct(doubts: Iterable[Finding]) -> None:
    """Refuse a liver that does not match its CT as stored.

    Raises `InputRefused`: `carry.ct_doubts`.
    """
    for doubt in doubts:
        if doubt.severity is Severity.ERROR and doubt.code.startswith("ct."):
            remedy = "give the correctly oriented CT on which the liver was drawn"
            raise InputRefused("carry.ct_doubts", doubt.file or "CT", doubt.message, remedy)


def _find_cut_off(option: str, case: Case, method: Method) -> tuple[Finding, ...]:
    """Find a liver that ends flat where its scan, its file or its drawing ends.

    Raises `InputRefused`: `carry.cut_off` if a whole liver would be deformed to fit the part of it
    that is shown, with all its masks, while the surfaces match.
    """
    liver, ct = case.anatomy.liver, case.ct
    scan = None if ct is None else cover(ct.grid, liver.grid)
    cut, flat = find_cut(liver, scan), find_flat_ends(case.anatomy.organ, scan)
    if cut and method == "deformable":
        reason = f"the liver of the scan given with {option} is cut off: {cut[0].message}"
        remedy = (
            "give scans and files that show the whole liver; with --rigid, masks are carried over "
            "without deforming them to fit the part that is shown"
        )
        raise InputRefused("carry.cut_off", liver.source, reason, remedy)
    return (*cut, *flat)


def _find_same_liver(source: Case, target: Case) -> tuple[Finding, ...]:
    """Find one liver mask for both scans: its surfaces match, whatever the scans show.

    Also a copy with the position of the other scan: registration moves it back.
    """
    one, other = source.anatomy.liver, target.anatomy.liver
    if not one.is_copy_of(other):
        return ()
    message = (
        f"{other.source}: the liver mask is identical in every voxel to that of the scan given "
        "with --from, so the distances between the surfaces do not measure the registration"
    )
    return (Finding("carry.same_liver", Severity.WARNING, message, other.file),)


def _find_embolised(source: Case, target: Case, names: Iterable[str]) -> tuple[Finding, ...]:
    """Find an embolisation between the scans, which rigidly carried masks do not follow."""
    if not names:
        return ()
    days = source.reading.scanned_on, target.reading.scanned_on
    embolised_on = {
        case.embolisation.on for case in (source, target) if case.embolisation is not None
    } | {
        stated.date
        for stated in (case.stated.values.get(EMBOLISED) for case in (source, target))
        if isinstance(stated, EarlierEmbolisation) and stated.date is not None
    }
    return tuple(find_rigid_doubts(days, sorted(embolised_on), names))


def name_files(names: Iterable[str]) -> dict[str, str]:
    """Name the file of each structure, in letters that every disk accepts.

    Names that differ only in other letters or signs are numbered: no mask may replace another.

    Examples
    --------
    >>> [*name_files(("flr", "other cyst 1", "other cyst-1", "other \u56ca")).values()]
    ['flr.nii.gz', 'other_cyst_1.nii.gz', 'other_cyst_1_2.nii.gz', 'other.nii.gz']
    """
    files: dict[str, str] = {}
    for name in names:
        plain = re.sub("[^a-z0-9]+", "_", name.casefold()).strip("_")
        numbered = (plain, *(f"{plain}_{number}" for number in range(2, len(files) + 2)))
        free = (f"{each}.nii.gz" for each in numbered)
        files[name] = next(file for file in free if file not in files.values())
    return files


def _write(
    file: str, before: Sequence[Mask], after: Sequence[Mask], off_mm: float
) -> list[CarriedMask]:
    """Write masks as one marked file, and read it back."""
    for mask, left in zip(before, after, strict=True):
        if not left.voxel_count:
            reason = f"no voxel of {mask.name} remains on the other scan"
            remedy = (
                "select other structures with --carry, or check whether the other scan shows this "
                "structure"
            )
            raise InputRefused("carry.vanished", mask.source, reason, remedy)
    numbers = [NUMBERS.get(mask.name.removeprefix("segment_"), 1) for mask in after]
    structures = tuple(
        Structure.of(number, mask, None, None) for number, mask in zip(numbers, after, strict=True)
    )
    marked = Finding(CARRIED, Severity.WARNING, CARRIED_NOT_DRAWN, file, off_mm, "mm")
    converted = ConvertedFile(file, after[0].grid, (), (marked,), structures)
    content = as_nifti(converted, file).content
    read_back(content, file, converted, Limits())
    each = zip(before, after, numbers, strict=True)
    return [CarriedMask(mask, left, file, number, content) for mask, left, number in each]
