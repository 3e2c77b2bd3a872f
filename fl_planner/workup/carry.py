"""Masks of one scan carried to another by registration: drafts, each with its quality."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import hypot
from pathlib import Path

from fl_planner.basis.constants import CARRIED, CARRIED_NOT_DRAWN
from fl_planner.basis.extras import require_registration
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.export.save import check_folder, save_folder
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.write import as_nifti, read_back
from fl_planner.intake.reading.files import for_patients
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.names.structures import ROLES
from fl_planner.liver.scatter.registration import (
    Method,
    RegistrationQuality,
    find_quality_doubts,
    find_resized,
)
from fl_planner.liver.witness.witness import find_ct_doubts
from fl_planner.planning.given.case import Case, InputFile
from fl_planner.planning.given.identity import judge_identities
from fl_planner.planning.given.study_days import find_rigid_doubts
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.carry import CarriedMask, CarryRecord, as_carry
from fl_planner.registration.registration import on_whole, register
from fl_planner.registration.scan import Scan, one_thread
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import EMBOLISED, EarlierEmbolisation
from fl_planner.workup.request import read_request

Groups = dict[str, list[Mask]]  # masks by the file that they go into

CASE_ENDING = ".toml"
LABEL_MAP = "labelmap"  # among masks that are named beside a CT
TUMOUR = "tumour"
SEGMENT_MAP = "segments"  # of which several masks go into one file
RECORD = "carry.json"
NUMBERS = {name: int(name) for name in SEGMENTS} | {HALVES[0]: 4, HALVES[1]: 9}  # couinaud_4_9


@dataclass(frozen=True, slots=True)
class Carrying:
    """What is to be carried.

    - `source`, `target`: the scan with the masks, and that which they are carried onto: a case
      file, or a CT with its masks named beside it.
    - `out`: a new folder for the masks and the record.
    - `source_masks`, `target_masks`: NAME=FILE beside a CT: liver, flr, resected, treated, tumour,
      labelmap (Couinaud 1 to 8), or what is excluded.
    - `names`: what to carry; all that there is where none is named.
    - `rigid`: shift and rotate only; else it is bent, too.
    - `force`: whether a folder that holds such files is replaced.
    - `size_limit`: how large a file may be, in GiB.
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
        """How one scan is laid onto the other."""
        return "rigid" if self.rigid else "deformable"


def carry_masks(wanted: Carrying) -> CarryRecord:
    """Carry masks, write them with their record into a folder, and give the record.

    Raises `InputRefused`: where a scan cannot be read or is doubted by its CT; `carry.mirrored`,
    `carry.folded`, `carry.poor` where one does not lie on the other well enough; `carry.changed`,
    `carry.embolised_between` where it would have to be bent and is not. Nothing is written then.
    """
    require_registration()
    limits = Limits.of_gib(wanted.size_limit)
    source = _read("--from", wanted.source, wanted.source_masks, limits)
    target = _read("--to", wanted.target, wanted.target_masks, limits)
    groups = choose_masks(source.anatomy, wanted.names)
    check_folder(wanted.out, {RECORD, *map(_file_of, groups)}, force=wanted.force)
    _require_drawn(target)
    inputs = (*_of_side("from", source), *_of_side("to", target))
    names = groups if wanted.rigid else ()
    doubts = (
        *judge_identities(for_patients(inputs)),
        *_find_embolised(source, target, names),
        *_find_doubts(source),
        *_find_doubts(target),
    )
    quality, laid = _lay(source, target, groups, wanted.method)
    before_mm = [one.value or 0.0 for one in source.findings if one.code == CARRIED]
    off_mm = hypot(quality.off_mm, max(before_mm, default=0.0))  # errors of both ways add up
    begin_step("writing")
    written = [
        one for name, masks in groups.items() for one in _write(name, masks, laid[name], off_mm)
    ]
    tumours = zip(groups.get(TUMOUR, ()), laid.get(TUMOUR, ()), strict=True)
    told = (*source.findings, *target.findings, *doubts)
    told = (*told, *find_quality_doubts(quality), *find_resized(tumours))
    record = as_carry(quality, off_mm, written, inputs, dict.fromkeys(told))
    files = {one.file: one.content for one in written} | {RECORD: as_json(record).encode()}
    save_folder(wanted.out, files, force=wanted.force)
    return record


def _lay(
    source: Case, target: Case, groups: Groups, method: Method
) -> tuple[RegistrationQuality, Groups]:
    """Lay one scan onto the other, and its masks with it; `from` and `to` name them."""
    laid_on = Scan("the scan of --to", target.anatomy.organ, target.ct)
    scan = Scan("the scan of --from", source.anatomy.organ, source.ct)
    with one_thread() as sitk:
        found = register(sitk, scan, laid_on, method)
        begin_step("carrying masks")
        part, whole = laid_on.cropped.grid, target.anatomy.liver.grid
        return found.quality, {
            name: [on_whole(one, whole) for one in found.carry(sitk, masks, part)]
            for name, masks in groups.items()
        }


def _read(option: str, path: Path, masks: Sequence[str], limits: Limits) -> Case:
    if path.suffix == CASE_ENDING:
        if masks:
            reason = "names its masks itself"
            remedy = f"leave out {option}-mask, or give the CT by {option}"
            raise InputRefused("usage.wrong", path.name, reason, remedy)
        request = replace(read_request(path), limits=limits, function=None, dose=None)
        return read_case(replace(request, baseline=None, second_reader={}))
    return read_case(_name_masks(option, path, masks, limits))


def _name_masks(option: str, ct: Path, entries: Iterable[str], limits: Limits) -> Request:
    """Make the request of a CT whose masks are named beside it."""
    named: dict[str, tuple[Path, ...]] = {}
    for entry in entries:
        name, equals, path = entry.partition("=")
        if not (name and equals and path):
            reason = f"{entry!r} names no structure and file"
            remedy = f"write {option}-mask liver=liver.nii.gz"
            raise InputRefused("usage.wrong", f"{option}-mask", reason, remedy)
        named[name] = (*named.get(name, ()), Path(path))
    written = {path: f"{option}-mask {path.name}" for each in named.values() for path in each}
    written[ct] = f"{option} {ct.name}"
    maps = named.pop(LABEL_MAP, ())
    if len(maps) > 1:
        reason = "several label maps were named"
        raise InputRefused("usage.wrong", f"{option}-mask", reason, "name one of them")
    by_role = {role: named.pop(role) for role in ROLES if role in named}
    files = MaskFiles(
        masks={role: each[0] if len(each) == 1 else each for role, each in by_role.items()},
        excluded=named,
        label_map=maps[0] if maps else None,
    )
    return Request(files=files, ct=ct, written=written, limits=limits)


def choose_masks(anatomy: Anatomy, names: Sequence[str]) -> Groups:
    """Choose what is carried, by the file that it goes into; the liver is drawn on both scans.

    Raises `InputRefused`: `carry.nothing` where there is nothing, `carry.unknown` for a name that
    none of them bears.
    """
    segments = dict(anatomy.drawn_segments)
    if segments.keys() >= {*HALVES}:
        segments.pop("4", None)
    singles = (anatomy.flr, anatomy.resected, anatomy.treated, anatomy.tumour, *anatomy.excluded)
    groups: Groups = {one.name: [one] for one in singles if one is not None and one.voxel_count}
    if segments:
        groups[SEGMENT_MAP] = [one.renamed(f"segment_{name}") for name, one in segments.items()]
    if not groups:
        reason = "has no mask beside its liver, which the other scan has itself"
        raise InputRefused("carry.nothing", "--from", reason, "give it flr, tumour or labelmap")
    if unknown := [name for name in names if name not in groups]:
        remedy = f"name some of {', '.join(groups)}"
        raise InputRefused("carry.unknown", "--carry", f"no mask is called {unknown[0]!r}", remedy)
    return {name: masks for name, masks in groups.items() if not names or name in names}


def _require_drawn(target: Case) -> None:
    """Refuse to measure a registration by a liver that was itself carried."""
    liver = target.anatomy.liver
    if any(one.code == CARRIED and one.file == liver.file for one in target.findings):
        reason = "was carried and not drawn, so nothing can be measured by it"
        raise InputRefused("carry.carried", liver.source, reason, "draw the liver on this scan")


def _of_side(side: str, case: Case) -> tuple[InputFile, ...]:
    return tuple(replace(one, role=f"{side} {one.role}") for one in case.inputs)


def _find_doubts(case: Case) -> tuple[Finding, ...]:
    """Ask a scan's CT about its liver.

    Raises `InputRefused`: `carry.ct_doubts` where the liver does not lie on it as it is stored.
    """
    if case.ct is None:
        return ()
    doubts = find_ct_doubts(case.anatomy, case.ct)
    for one in doubts:
        if one.severity is Severity.ERROR:
            remedy = "give the CT that the liver was drawn on, stored the right way round"
            raise InputRefused("carry.ct_doubts", one.file or "CT", one.message, remedy)
    return doubts


def _find_embolised(source: Case, target: Case, names: Iterable[str]) -> tuple[Finding, ...]:
    """Ask both case files for an embolisation that masks without a bend do not follow."""
    if not names:
        return ()
    days = source.reading.scanned_on, target.reading.scanned_on
    embolised_on = {
        one.embolisation.on for one in (source, target) if one.embolisation is not None
    } | {
        told.date
        for told in (one.stated.values.get(EMBOLISED) for one in (source, target))
        if isinstance(told, EarlierEmbolisation) and told.date is not None
    }
    return tuple(find_rigid_doubts(days, sorted(embolised_on), names))


def _file_of(name: str) -> str:
    return f"{re.sub('[^a-z0-9]+', '_', name.casefold()).strip('_')}.nii.gz"


def _write(
    name: str, before: Sequence[Mask], after: Sequence[Mask], off_mm: float
) -> list[CarriedMask]:
    """Write masks as one file that bears the mark, and read it back."""
    for one, left in zip(before, after, strict=True):
        if not left.voxel_count:
            reason = f"nothing of {one.name} is left on the other scan"
            remedy = "name the others by --carry, or look whether that scan shows it"
            raise InputRefused("carry.vanished", one.source, reason, remedy)
    file = _file_of(name)
    numbers = [NUMBERS.get(one.name.removeprefix("segment_"), 1) for one in after]
    structures = tuple(
        Structure.of(number, one, None, None) for number, one in zip(numbers, after, strict=True)
    )
    marked = Finding(CARRIED, Severity.WARNING, CARRIED_NOT_DRAWN, file, off_mm, "mm")
    converted = ConvertedFile(file, after[0].grid, (), (marked,), structures)
    content = as_nifti(converted, file).content
    read_back(content, file, converted, Limits())
    each = zip(before, after, numbers, strict=True)
    return [CarriedMask(one, left, file, number, content) for one, left, number in each]
