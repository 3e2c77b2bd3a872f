"""From files by role, or a label map, or both, to one anatomy on one grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.intake._anatomy import OF_MAP, build_anatomy
from fl_planner.intake._bytes import Limits
from fl_planner.intake._labelfile import LabelFile, SegmentFile
from fl_planner.intake._mapped import (
    LIVER_OF_MAP,
    OWN_LABELS,
    Mapped,
    find_unused,
    map_names,
    map_numbers,
    no_liver,
    settle,
)
from fl_planner.intake._named import tell_findings, telling
from fl_planner.intake._parts import (
    Paths,
    drop_same,
    each_of,
    fold_excluded,
    number_files,
    require_drawn,
    require_one,
    unite_roles,
)
from fl_planner.intake._resampling import add_cut_off
from fl_planner.intake._segment_folder import read_folder
from fl_planner.intake._unasked import find_unasked
from fl_planner.intake._values import Holds
from fl_planner.intake.formats import is_folder, read_labels
from fl_planner.intake.schemes import read_bundled_schemes
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.gaps import fill_gaps
from fl_planner.liver.structures import EXCLUDE, ROLES
from fl_planner.liver.tissues import judge_labels
from fl_planner.planning.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme, find_scheme
from fl_planner.space.lattice import bring_together
from fl_planner.space.mask import Mask
from fl_planner.space.moved import find_moved
from fl_planner.space.resample import Resampled, resample_to_finest, tell_resampled

DEFAULT_SCHEME = "couinaud"  # of a label map without another name [conventions.md 1]
CASE_FILE = "the case file"
MAP = "labelmap"
MOST_MASKS = 200  # of one case; an atlas has some hundred structures [project's choice]
COUNTED_TOGETHER = {"liver", "tumour"}  # roles whose several labels are all counted


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """Which file is what; a role without a file was not given.

    `resample` brings masks of other lattices onto the finest; otherwise they are refused.
    `gaps_to_nearest` gives liver in no segment of the map to the nearest segment.

    `masks` holds paths by role (`ROLES`), `excluded` paths by the structure's name, of any
    spelling; `planned` by "plan 2 flr" and the like, where a further plan has a remnant or a
    resection of its own. Several files of a tumour or an excluded structure are united; no other
    role has several. `labels` is what the user says that a label map's numbers mean, in place of
    a scheme.
    """

    masks: Mapping[str, Paths] = field(default_factory=dict)
    excluded: Mapping[str, Paths] = field(default_factory=dict)
    label_map: Path | None = None
    scheme: str | None = None
    absent_segments: frozenset[str] = frozenset()
    no_tumour: bool = False
    resample: bool = False
    gaps_to_nearest: bool = False
    planned: Mapping[str, Paths] = field(default_factory=dict)
    labels: Mapping[int, str] | None = None

    def __post_init__(self) -> None:
        """Fold the names of what is excluded; refuse several files of one role, or very many."""
        files = [*self.masks.values(), *self.planned.values(), *self.excluded.values()]
        if (number := sum(len(each_of(one)) for one in files)) > MOST_MASKS:
            reason = f"{number:,} files of masks were given, more than {MOST_MASKS}"
            raise InputRefused("limit.files", "masks", reason, "give those that this case needs")
        object.__setattr__(self, "excluded", fold_excluded(self.excluded))
        for role, given in (*self.masks.items(), *self.planned.items()):
            require_one(role, given)


@dataclass(frozen=True, slots=True)
class ReadAnatomy:
    """An anatomy, the files that it came from, and what was odd about them.

    `planned` are the masks of single plans, on the anatomy's grid.
    """

    anatomy: Anatomy
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    label_map: Mapping[str, object] | None = None
    resampled: tuple[Resampled, ...] = ()
    planned: Mapping[str, Mask] = field(default_factory=dict)


def read_anatomy(
    files: MaskFiles,
    limits: Limits,
    on: Grid | None = None,
    shared: frozenset[str] = frozenset(),
) -> ReadAnatomy:
    """Read every file once and bring all masks onto one grid; contours are drawn `on` an image's.

    `shared` are base names that several files of the case bear: messages add the role.

    Raises
    ------
    InputRefused
        If there is no liver, a file cannot be used, or two files lie on different lattices.
    """
    if "liver" not in files.masks and files.label_map is None:
        remedy = "give --liver, or --labelmap with a scheme that has the liver"
        raise InputRefused("input.no_liver", "liver", "no liver was given", remedy)
    if files.no_tumour and "tumour" in files.masks:
        reason = "a tumour mask was given, and also that there is none"
        raise InputRefused("input.tumour_twice", "tumour", reason, "leave one of them out")
    reading = _Reading(limits, on, shared)
    for role in ROLES:
        if role in files.masks:
            reading.read_role(role, files.masks[role])
    for role, given in files.planned.items():
        reading.read_planned(role, given)
    for name, given in files.excluded.items():
        reading.read_excluded(name, given)
    if files.label_map is not None:
        named = files.scheme is not None or files.labels is not None
        reading.read_map(files.label_map, _scheme_of(files), named=named)
    return reading.finish(files)


def _scheme_of(files: MaskFiles) -> LabelScheme:
    """Find what numbers mean: by the user's own labels, a scheme that was named, or I to VIII."""
    if files.labels is not None:
        return LabelScheme(OWN_LABELS, "The user's own labels", CASE_FILE, files.labels, True)
    return find_scheme(read_bundled_schemes(), files.scheme or DEFAULT_SCHEME)


class _Reading:
    """What has been read so far: masks by name, each still on its own file's grid."""

    def __init__(self, limits: Limits, on: Grid | None, shared: frozenset[str]) -> None:
        self.limits = limits
        self.on = on
        self.shared = shared
        self.findings: list[Finding] = []
        self.masks: dict[str, Mask] = {}
        self.files: list[LabelFile | SegmentFile] = []
        self.lesions: dict[str, str] = {}  # of masks that may be one lesion each: key, its name
        self.parts: dict[str, list[str]] = {}  # keys of masks of a role that has several files
        self.mapped: Mapped | None = None  # what a label map gave

    def read_role(self, role: str, files: Paths) -> None:
        holds = Holds.LABELS if role in COUNTED_TOGETHER else Holds.ONE_LABEL
        for key, path in self._keys(role, files):
            file = self._read(path, role, holds, key)
            labels = () if isinstance(file, SegmentFile) else file.labelled.labels
            self.masks[key] = self._mark(file.mask(role, *labels), key)
            if role == "tumour":
                self._note_lesions(key, file)

    def _note_lesions(self, key: str, file: LabelFile | SegmentFile) -> None:
        """Note what may be one lesion each: labels, segments, and files where there are several."""
        if isinstance(file, SegmentFile):
            parts = [(f"segment {one.name}", mask) for one, mask in file.drawn()]
        else:
            labels = file.labelled.labels
            parts = [(f"label {label}", file.mask("tumour", label)) for label in labels]
        of_several = key != "tumour"
        if len(parts) < 2:
            self.lesions |= {key: file.name} if of_several else {}
            return
        for number, (name, mask) in enumerate(parts, 1):
            part = f"{key} part {number}"
            self.masks[part] = self._mark(mask.renamed("tumour"), key)
            self.lesions[part] = name + (f" of {file.name}" if of_several else "")

    def read_planned(self, role: str, files: Paths) -> None:
        for key, path in self._keys(role, files):
            file = self._read(path, role, Holds.ONE_LABEL, key)
            labels = () if isinstance(file, SegmentFile) else file.labelled.labels
            self.masks[key] = self._mark(file.mask(role.split()[-1], *labels), key)

    def read_excluded(self, name: str, files: Paths) -> None:
        for key, path in self._keys(f"{EXCLUDE}{name}", files):
            file = self._read(path, f"{EXCLUDE}{name}", Holds.ONE_LABEL, key)
            labels = () if isinstance(file, SegmentFile) else file.labelled.labels
            self.masks[key] = self._mark(file.mask(name, *labels), key)

    def _keys(self, role: str, files: Paths) -> list[tuple[str, Path]]:
        keys = number_files(role, files)
        self.parts |= {role: [key for key, _ in keys]} if len(keys) > 1 else {}
        return keys

    def read_map(self, path: Path, scheme: LabelScheme, *, named: bool) -> None:
        mapped = self._mapped(path, scheme, named=named)
        self.mapped = replace(
            mapped,
            masks={place: self._mark(mask, MAP) for place, mask in mapped.masks.items()},
            tumours=tuple(self._mark(mask, MAP) for mask in mapped.tumours),
            findings=tuple(tell_findings(mapped.findings, MAP, self.shared)),
        )

    def _mapped(self, path: Path, scheme: LabelScheme, *, named: bool) -> Mapped:
        if is_folder(path):
            given = [one.file for file in self.files for one in file.inputs]
            return read_folder(path, lambda one: self._read(one, MAP, Holds.ONE_LABEL, MAP), given)
        file = self._read(path, MAP, Holds.LABEL_MAP, MAP)
        with telling(MAP, self.shared):
            if isinstance(file, SegmentFile):
                return map_names(file, scheme, self._given())
            return map_numbers(file, scheme, named=named)

    def _given(self) -> frozenset[str]:
        """List the roles that have files of their own."""
        return frozenset({*self.masks, *self.parts})

    def finish(self, files: MaskFiles) -> ReadAnatomy:
        of_map = self._take_map(files)
        names = sorted(self.masks, key=lambda name: name != "liver")  # the liver leads
        masks = tuple(self.masks[name] for name in names)
        whole = self._whole()
        moved = find_moved([mask for mask in masks if mask.file in whole])
        resampled: dict[str, Resampled] = {}
        if files.resample:
            masks, told = resample_to_finest(masks)
            resampled = {key: one for key, one in zip(names, told, strict=True) if one}
        placed = dict(zip(names, bring_together(masks), strict=True))
        lesions = drop_same(placed[key].renamed(name) for key, name in self.lesions.items())
        placed, united = unite_roles(placed, self.parts)
        built = build_anatomy(
            placed,
            lesions,
            files.excluded,
            absent=files.absent_segments,
            no_tumour=files.no_tumour,
        )
        anatomy, no_lesions = judge_labels(built)
        cost = add_cut_off(resampled, placed, anatomy)
        anatomy, filled = fill_gaps(anatomy) if files.gaps_to_nearest else (anatomy, ())
        return ReadAnatomy(
            anatomy,
            tuple(one for file in self.files for one in file.inputs),
            (
                *dict.fromkeys((*self.findings, *(self.mapped.findings if self.mapped else ()))),
                *of_map,
                *moved,
                *map(tell_resampled, cost),
                *united,
                *no_lesions,
                *filled,
            ),
            self.mapped.told if self.mapped else None,
            cost,
            {role: require_drawn(role, placed[role]) for role in files.planned},
        )

    def _take_map(self, files: MaskFiles) -> tuple[Finding, ...]:
        """Take from a label map what no file of its own gives."""
        of_map = dict(self.mapped.masks) if self.mapped else {}
        if "liver" not in self.masks and not LIVER_OF_MAP & of_map.keys():
            raise no_liver(self.mapped)
        if files.no_tumour and "tumour" in of_map:
            name = of_map["tumour"].source
            reason = "holds a tumour label, and it was said that there is none"
            raise InputRefused("input.tumour_twice", name, reason, "leave one of them out")
        unused = find_unused(self.mapped) if self.mapped else ()
        given = self._given()
        unasked = () if "tumour" in {*given, *of_map} else find_unasked(self.files)
        settled, told_twice = settle(of_map, given)
        if self.mapped and "tumour" not in given:
            tumours = {f"{OF_MAP}lesion {n}": one for n, one in enumerate(self.mapped.tumours)}
            self.masks.update(tumours)
            self.lesions = {key: one.name for key, one in tumours.items()}
        self.masks.update((f"{OF_MAP}{place}", mask) for place, mask in settled.items())
        return (*unused, *unasked, *told_twice)

    def _read(self, path: Path, role: str, holds: Holds, key: str) -> LabelFile | SegmentFile:
        with telling(key, self.shared):
            file = read_labels(path, role, holds, self.limits, self.on)
        self.files.append(file)
        self.findings += tell_findings(file.findings, key, self.shared)
        return file

    def _mark(self, mask: Mask, key: str) -> Mask:
        """Let messages tell the role where other files bear the same base name."""
        return mask.told_apart(key) if mask.file in self.shared else mask

    def _whole(self) -> set[str]:
        """Files that store every voxel of their scan; a DICOM file may leave slices out."""
        inputs = (one for file in self.files for one in file.inputs)
        return {one.file for one in inputs if not one.format.startswith("dicom")}
