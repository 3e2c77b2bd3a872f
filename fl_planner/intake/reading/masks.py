"""From files by role, or a label map, or both, to one anatomy on one grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.formats.segments.schemes import read_bundled_schemes
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.intake.reading.anatomy import OF_MAP, build_anatomy
from fl_planner.intake.reading.label_map import LIVER_OF_MAP, OWN_LABELS, find_unused, no_liver
from fl_planner.intake.reading.mask_files import MaskReading
from fl_planner.intake.reading.overrides import settle
from fl_planner.intake.reading.resampling import add_cut_off
from fl_planner.intake.reading.union import (
    Paths,
    drop_same,
    each_of,
    fold_excluded,
    fold_vessels,
    group_vessels,
    require_drawn,
    require_one,
    unite_roles,
)
from fl_planner.intake.reading.unused_parts import find_unasked
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.tissues import judge_labels
from fl_planner.liver.names.structures import EXCLUDE, ROLES
from fl_planner.liver.names.vessel_trees import VESSEL
from fl_planner.liver.remnant.segment_gaps import fill_gaps
from fl_planner.planning.given.case import InputFile
from fl_planner.space.common_grid.displacement import find_moved
from fl_planner.space.common_grid.lattice import bring_together
from fl_planner.space.common_grid.resample import Resampled, resample_to_finest, tell_resampled
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme, find_scheme
from fl_planner.space.mask import Mask

DEFAULT_SCHEME = "couinaud"  # of a label map without another name [conventions.md 1]
NO_LIVER = "input.no_liver"
CASE_FILE = "the case file"
MOST_MASKS = 200  # of one case; an atlas has some hundred structures [project's choice]


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """Which file is what; a role without a file was not given.

    `resample` brings masks of other lattices onto the finest; otherwise they are refused.
    `gaps_to_nearest` gives liver in no segment of the map to the nearest segment.

    `masks` holds paths by role (`ROLES`), `excluded` and `vessels` paths by the structure's name,
    of any spelling, "portal_veins#2" for label 2 of a file; `planned` by "plan 2 flr" and the like,
    where a further plan has a remnant or a resection of its own. Several files of a tumour, an
    excluded structure or a vessel are united; no other role has several. `labels` is what the user
    says that a label map's numbers mean, in place of a scheme.
    """

    masks: Mapping[str, Paths] = field(default_factory=dict)
    excluded: Mapping[str, Paths] = field(default_factory=dict)
    label_map: Source | None = None
    scheme: str | None = None
    absent_segments: frozenset[str] = frozenset()
    no_tumour: bool = False
    resample: bool = False
    gaps_to_nearest: bool = False
    planned: Mapping[str, Paths] = field(default_factory=dict)
    labels: Mapping[int, str] | None = None
    vessels: Mapping[str, Paths] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fold names of what is excluded and of vessels; refuse several files of one role."""
        by_name = (self.masks, self.planned, self.excluded, self.vessels)
        files = [one for named in by_name for one in named.values()]
        if (number := sum(len(each_of(one)) for one in files)) > MOST_MASKS:
            reason = f"{number:,} files of masks were given, more than {MOST_MASKS}"
            raise InputRefused("limit.files", "masks", reason, "give those that this case needs")
        object.__setattr__(self, "excluded", fold_excluded(self.excluded))
        object.__setattr__(self, "vessels", fold_vessels(self.vessels))
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

    Raises `InputRefused`: if there is no liver, a file cannot be used, or two files lie on
    different lattices.
    """
    if "liver" not in files.masks and files.label_map is None:
        remedy = "give --liver, or --labelmap with a scheme that has the liver"
        raise InputRefused(NO_LIVER, "liver", "no liver was given", remedy)
    if files.no_tumour and "tumour" in files.masks:
        reason = "a tumour mask was given, and also that there is none"
        raise InputRefused("input.tumour_twice", "tumour", reason, "leave one of them out")
    reading = MaskReading(limits, on, shared)
    for role in ROLES:
        if role in files.masks:
            reading.read_role(role, files.masks[role])
    for role, given in files.planned.items():
        reading.read_role(role, given, role.split()[-1])
    for name, given in files.excluded.items():
        reading.read_role(f"{EXCLUDE}{name}", given, name)
    for name, sources in group_vessels(files.vessels).items():
        reading.read_vessel(name, sources)
    if files.label_map is not None:
        named = files.scheme is not None or files.labels is not None
        reading.read_map(files.label_map, _scheme_of(files), named=named)
    return _put_together(reading, files)


def _scheme_of(files: MaskFiles) -> LabelScheme:
    """Find what numbers mean: by the user's own labels, a scheme that was named, or I to VIII."""
    if files.labels is not None:
        return LabelScheme(OWN_LABELS, "The user's own labels", CASE_FILE, files.labels, True)
    return find_scheme(read_bundled_schemes(), files.scheme or DEFAULT_SCHEME)


def _put_together(reading: MaskReading, files: MaskFiles) -> ReadAnatomy:
    """Make one anatomy of all that was read, and tell what was odd about it."""
    of_map = _take_map(reading, files)
    placed, resampled, moved = _place(reading, resample=files.resample)
    lesions = drop_same(placed[key].renamed(name) for key, name in reading.lesions.items())
    placed, united = unite_roles(placed, reading.parts)
    for name in group_vessels(files.vessels):
        require_drawn(name, placed[f"{VESSEL}{name}"])
    built = build_anatomy(
        placed, lesions, files.excluded, absent=files.absent_segments, no_tumour=files.no_tumour
    )
    map_file = files.label_map.name if files.label_map is not None else None
    anatomy, no_lesions = judge_labels(replace(built, map_file=map_file))
    cost = add_cut_off(resampled, placed, anatomy)
    anatomy, filled = fill_gaps(anatomy) if files.gaps_to_nearest else (anatomy, ())
    return ReadAnatomy(
        anatomy,
        tuple(one for file in reading.files for one in file.inputs),
        (
            *reading.each_finding(),
            *of_map,
            *moved,
            *map(tell_resampled, cost),
            *united,
            *no_lesions,
            *filled,
        ),
        reading.mapped.told if reading.mapped else None,
        cost,
        {role: require_drawn(role, placed[role]) for role in files.planned},
    )


def _place(
    reading: MaskReading, *, resample: bool
) -> tuple[dict[str, Mask], dict[str, Resampled], tuple[Finding, ...]]:
    """Bring all masks onto one grid; tell what resampling changed, and files that moved."""
    names = sorted(reading.masks, key=lambda name: name != "liver")  # the liver leads
    masks = tuple(reading.masks[name] for name in names)
    whole = reading.whole()
    moved = find_moved([mask for mask in masks if mask.file in whole])
    resampled: dict[str, Resampled] = {}
    if resample:
        masks, told = resample_to_finest(masks)
        resampled = {key: one for key, one in zip(names, told, strict=True) if one}
    return dict(zip(names, bring_together(masks), strict=True)), resampled, tuple(moved)


def _take_map(reading: MaskReading, files: MaskFiles) -> tuple[Finding, ...]:
    """Take from a label map what no file of its own gives."""
    of_map = dict(reading.mapped.masks) if reading.mapped else {}
    if "liver" not in reading.masks and not LIVER_OF_MAP & of_map.keys():
        raise no_liver(reading.mapped)
    if files.no_tumour and "tumour" in of_map:
        name = of_map["tumour"].source
        reason = "holds a tumour label, and it was said that there is none"
        raise InputRefused("input.tumour_twice", name, reason, "leave one of them out")
    unused = find_unused(reading.mapped) if reading.mapped else ()
    given = reading.given()
    unasked = find_unasked(reading.files, {*given, *of_map})
    settled, told_twice = settle(of_map, reading.by_role())
    if reading.mapped and "tumour" not in given:
        tumours = {f"{OF_MAP}lesion {n}": one for n, one in enumerate(reading.mapped.tumours)}
        reading.masks.update(tumours)
        reading.lesions = {key: one.name for key, one in tumours.items()}
    reading.masks.update((f"{OF_MAP}{place}", mask) for place, mask in settled.items())
    return (*unused, *unasked, *told_twice)
