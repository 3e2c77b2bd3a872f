"""From files by role, or a label map, or both, to one anatomy on one grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.intake._bytes import Limits
from fl_planner.intake._labelfile import LabelFile, SegmentFile
from fl_planner.intake._values import Holds
from fl_planner.intake.formats import read_labels
from fl_planner.intake.schemes import read_bundled_schemes
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.halves import join_halves
from fl_planner.planning.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme, find_scheme
from fl_planner.space.lattice import bring_together
from fl_planner.space.mask import Mask
from fl_planner.space.resample import Resampled, resample_to_finest

DEFAULT_SCHEME = "couinaud"  # of a label map without another name [conventions.md 1]
BY_NAME = "names"  # in place of a scheme, where the file names its segments
ROLES = ("liver", "tumour", "flr", "resected", "treated")
LIVER_OF_MAP = {"liver", *(f"segment_{name}" for name in (*SEGMENTS, *HALVES))}
MAPPED = LIVER_OF_MAP | {"tumour"}  # structures of a label map that are used
COUNTED_TOGETHER = {"liver", "tumour"}  # roles whose several labels are all counted


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """Which file is what; a role without a file was not given.

    `resample` brings masks of other lattices onto the finest; otherwise they are refused.

    `masks` holds paths by role (`ROLES`), `excluded` paths by the structure's name; `planned` by
    "plan 2 flr" and the like, where a further plan has a remnant or a resection of its own.
    """

    masks: Mapping[str, Path] = field(default_factory=dict)
    excluded: Mapping[str, Path] = field(default_factory=dict)
    label_map: Path | None = None
    scheme: str | None = None
    absent_segments: frozenset[str] = frozenset()
    no_tumour: bool = False
    resample: bool = False
    planned: Mapping[str, Path] = field(default_factory=dict)


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


def read_anatomy(files: MaskFiles, limits: Limits, on: Grid | None = None) -> ReadAnatomy:
    """Read every file once and bring all masks onto one grid; contours are drawn `on` an image's.

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
    reading = _Reading(limits, on)
    for role in ROLES:
        if role in files.masks:
            reading.read_role(role, files.masks[role])
    for role, path in files.planned.items():
        reading.read_planned(role, path)
    for name, path in files.excluded.items():
        reading.read_excluded(name, path)
    if files.label_map is not None:
        scheme = find_scheme(read_bundled_schemes(), files.scheme or DEFAULT_SCHEME)
        reading.read_map(files.label_map, scheme)
    return reading.finish(files)


class _Reading:
    """What has been read so far: masks by name, each still on its own file's grid."""

    def __init__(self, limits: Limits, on: Grid | None) -> None:
        self.limits = limits
        self.on = on
        self.masks: dict[str, Mask] = {}
        self.files: list[LabelFile | SegmentFile] = []
        self.findings: list[Finding] = []
        self.lesions: tuple[str, ...] = ()
        self.mapped: tuple[str, ...] = ()  # names of the masks that a label map gave
        self.label_map: dict[str, object] | None = None

    def read_role(self, role: str, path: Path) -> None:
        holds = Holds.LABELS if role in COUNTED_TOGETHER else Holds.ONE_LABEL
        file = self._read(path, role, holds)
        if isinstance(file, SegmentFile):
            self.masks[role] = file.mask(role)
            return
        labels = file.labelled.labels
        self.masks[role] = file.mask(role, *labels)
        if role == "tumour" and len(labels) > 1:
            self.lesions = tuple(f"lesion {label}" for label in labels)
            for name, label in zip(self.lesions, labels, strict=True):
                self.masks[name] = file.mask("tumour", label)

    def read_planned(self, role: str, path: Path) -> None:
        file = self._read(path, role, Holds.ONE_LABEL)
        labels = () if isinstance(file, SegmentFile) else file.labelled.labels
        mask = file.mask(role.split()[-1], *labels)
        if not mask.voxel_count:
            reason = f"the {role} mask is empty"
            raise InputRefused("mask.empty", mask.source, reason, "check the label and the export")
        self.masks[role] = mask

    def read_excluded(self, name: str, path: Path) -> None:
        file = self._read(path, f"exclude {name}", Holds.ONE_LABEL)
        labels = () if isinstance(file, SegmentFile) else file.labelled.labels
        self.masks[f"exclude {name}"] = file.mask(name, *labels)

    def read_map(self, path: Path, scheme: LabelScheme) -> None:
        file = self._read(path, "labelmap", Holds.LABEL_MAP)
        if isinstance(file, SegmentFile):
            self._map_names(file)
            return
        present = file.labelled.labels
        used: dict[str, tuple[int, ...]] = {}
        for label in present:
            structure = scheme.structures.get(label)
            if structure in MAPPED:
                used[structure] = (*used.get(structure, ()), label)
        for structure, labels in used.items():
            self.masks[f"map {structure}"] = file.mask(structure, *labels)
        self.mapped = tuple(used)
        self._name_unknown(file, scheme)
        self.label_map = {
            "file": file.labelled.stored.name,
            "scheme": scheme.name,
            "source": scheme.source,
            "labels": {str(n): scheme.structures.get(n, "unknown") for n in present},
        }

    def _map_names(self, file: SegmentFile) -> None:
        """Take the structures that a file's own names mean; they go before any scheme."""
        used: dict[str, list[Mask]] = {}
        for segment, mask in file.drawn():
            if segment.structure in MAPPED and mask.voxel_count:
                used.setdefault(segment.structure, []).append(mask)
        for structure, masks in used.items():
            self.masks[f"map {structure}"] = reduce(or_, masks).renamed(structure)
        self.mapped = tuple(used)
        names = Counter(segment.name for segment in file.segments)
        self.label_map = {
            "file": file.name,
            "scheme": BY_NAME,
            "source": "names of the file's segments",
            "labels": {
                one.name if names[one.name] == 1 else f"{one.name} ({n})": (
                    one.structure if one.structure in used else "not used"
                )
                for n, one in enumerate(file.segments, 1)
            },
        }

    def finish(self, files: MaskFiles) -> ReadAnatomy:
        if "liver" not in self.masks and not LIVER_OF_MAP & set(self.mapped):
            name = files.label_map.name if files.label_map else "liver"
            by = f"by the scheme {files.scheme or DEFAULT_SCHEME}"
            remedy = "give --liver beside it, or name the scheme that it follows (--scheme)"
            if self.label_map and self.label_map["scheme"] == BY_NAME:
                by = "by the names of its segments"
                remedy = "give --liver beside it, or name its segments liver or Segment I to VIII"
            reason = f"has no liver label {by}"
            raise InputRefused("labels.no_liver", name, reason, remedy)
        if files.no_tumour and "tumour" in self.mapped:
            name = self.masks["map tumour"].source
            reason = "holds a tumour label, and it was said that there is none"
            raise InputRefused("input.tumour_twice", name, reason, "leave one of them out")
        names = sorted(self.masks, key=lambda name: name != "liver")  # the liver leads
        masks = tuple(self.masks[name] for name in names)
        told: tuple[Resampled, ...] = ()
        doubts: tuple[Finding, ...] = ()
        if files.resample:
            masks, told, doubts = resample_to_finest(masks)
        placed = dict(zip(names, bring_together(masks), strict=True))
        _require_one_frame(self.files)
        return ReadAnatomy(
            _build(placed, files, self.lesions),
            tuple(one for file in self.files for one in file.inputs),
            (
                *_once(finding for file in self.files for finding in file.findings),
                *self.findings,
                *doubts,
            ),
            self.label_map,
            told,
            {role: placed[role] for role in files.planned},
        )

    def _read(self, path: Path, role: str, holds: Holds) -> LabelFile | SegmentFile:
        file = read_labels(path, role, holds, self.limits, self.on)
        self.files.append(file)
        return file

    def _name_unknown(self, file: LabelFile, scheme: LabelScheme) -> None:
        if not scheme.complete:
            return
        name = file.labelled.stored.name
        for label, count in file.labelled.counts().items():
            if label not in scheme.structures:
                volume_ml = count * file.grid.voxel_ml
                message = (
                    f"{name}: label {label} ({as_ml(volume_ml)}) is unknown to the scheme "
                    f"{scheme.name}; counted in nothing"
                )
                self.findings.append(
                    Finding("labels.unknown", Severity.WARNING, message, name, volume_ml, "mL")
                )


def _build(placed: Mapping[str, Mask], files: MaskFiles, lesions: tuple[str, ...]) -> Anatomy:
    """Give each mask its place; a mask given by role wins over the label map's."""
    drawn = {
        name: placed[key]
        for name in (*SEGMENTS, *HALVES)
        if (key := f"map segment_{name}") in placed and placed[key].voxel_count
    }
    segments, halves = join_halves(drawn, files.absent_segments)
    of_map = [placed[key] for key in ("map liver", "map tumour") if key in placed]
    whole = (*drawn.values(), *of_map)
    mapped = reduce(or_, whole).renamed("liver") if whole else None
    tumour = placed.get("tumour", placed.get("map tumour"))
    if "liver" in placed:
        liver = placed["liver"]
    else:
        parts = [*drawn.values()] or [placed["map liver"]]
        if "tumour" in placed and "map tumour" in placed:
            parts.append(placed["map tumour"])  # carved out of the map's liver, yet no hole
        liver = reduce(or_, parts).renamed("liver")
    if files.no_tumour:
        tumour = replace(liver - liver, name="tumour", file=None)  # said, not drawn
    return Anatomy(
        liver,
        tumour=tumour,
        flr=placed.get("flr"),
        resected=placed.get("resected"),
        treated=placed.get("treated"),
        excluded=tuple(placed[f"exclude {name}"] for name in files.excluded),
        segments=segments,
        segment_parts=halves,
        absent_segments=files.absent_segments,
        mapped=mapped if "liver" in placed else None,
        lesions=tuple(placed[name] for name in lesions),
    )


def _require_one_frame(files: Sequence[LabelFile | SegmentFile]) -> None:
    """Refuse two files of unknown place that say it differently: one may be mirrored."""
    lost = [file for file in files if not file.grid.placed]
    for other in lost[1:]:
        if not other.grid.matches(lost[0].grid):
            reason = f"lies otherwise than {lost[0].name}, and neither says where in the patient"
            remedy = "export both from one program, with their place"
            raise InputRefused("geometry.place_missing", other.name, reason, remedy)


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))
