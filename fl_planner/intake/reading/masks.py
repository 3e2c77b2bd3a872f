"""Build one anatomy on one grid from files by role, a label map, or both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from msgspec import Struct, field, structs

from fl_planner.basis.constants import CONTOURS
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import list_first
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.values import LabelFile, SegmentFile
from fl_planner.intake.reading.label_map import (
    LIVER_OF_MAP,
    OWN_LABELS,
    find_unused,
    no_liver,
    settle,
)
from fl_planner.intake.reading.mask_files import DRAWN_PARTS, MAP, MaskReading
from fl_planner.intake.reading.union import (
    Paths,
    drop_same,
    each_of,
    fold_excluded,
    fold_vessels,
    group_vessels,
    require_one,
    unite_roles,
)
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy, require_drawn
from fl_planner.liver.lesions.count import judge_labels
from fl_planner.liver.misplacement import find_named_sides
from fl_planner.liver.names.exclusions import NAMES
from fl_planner.liver.names.structures import BESIDE_LIVER, EXCLUDE, PARTS, ROLES, VESSEL
from fl_planner.liver.remnant import fill_gaps
from fl_planner.liver.segments.segments import join_halves
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.origin import StatedOrigin
from fl_planner.space.common_grid.resample import Resampled, report_resampled, resample_to_finest
from fl_planner.space.common_grid.same_grid import bring_together, find_moved
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme, find_scheme
from fl_planner.space.mask import Mask, unite

OF_MAP = "map "  # prefix of structures from a label map


def build_anatomy(
    placed: Mapping[str, Mask],
    lesions: tuple[Mask, ...],
    excluded: Iterable[str],
    *,
    absent: frozenset[str],
    no_tumour: bool,
) -> Anatomy:
    """Assign each mask to its structure; a mask given by role replaces that of a label map.

    A vena cava or portal trunk is always excluded from the liver, regardless of how it is given.

    - `placed` (mapping of str to Mask): masks by role, "exclude NAME" or "vessel NAME"; those of a
      label map with the prefix `OF_MAP`. All on one grid.
    - `lesions`: masks that may each be one lesion.
    - `excluded`: names of excluded structures with separate files.
    - `absent`: segments absent in this patient.
    - `no_tumour`: whether the absence of tumour was stated.
    """
    of_map = {
        key.removeprefix(OF_MAP): mask for key, mask in placed.items() if key.startswith(OF_MAP)
    }
    drawn = {
        name: of_map[key]
        for name in (*SEGMENTS, *HALVES)
        if (key := f"segment_{name}") in of_map and of_map[key].voxel_count
    }
    segments, halves = join_halves(drawn, absent)
    liver, mapped = _find_liver(placed, of_map, [*drawn.values()])
    masks = {role: placed.get(role, of_map.get(role)) for role in ROLES[1:]}
    if no_tumour:
        masks["tumour"] = replace(liver - liver, name="tumour", file=None)  # stated, not drawn
    every = {name: _find_vessel(name, placed, of_map) for name in NAMES}
    vessels = {name: mask for name, mask in every.items() if mask is not None}
    further = {key: of_map[key] for key in of_map if key.startswith(EXCLUDE) and key not in placed}
    for name in BESIDE_LIVER:
        if name in vessels and f"{EXCLUDE}{name}" not in {*placed, *further}:
            further[name] = vessels[name]
    return Anatomy(
        liver,
        tumour=masks["tumour"],
        flr=masks["flr"],
        resected=masks["resected"],
        treated=masks["treated"],
        excluded=(*(placed[f"{EXCLUDE}{name}"] for name in excluded), *further.values()),
        segments=segments,
        segment_parts=halves,
        absent_segments=absent,
        mapped=mapped,
        lesions=lesions,
        vessels=vessels,
    )


def _find_vessel(name: str, placed: Mapping[str, Mask], of_map: Mapping[str, Mask]) -> Mask | None:
    """Return a vessel from its file, the label map, or the excluded structures."""
    found = (
        placed.get(f"{VESSEL}{name}"),
        of_map.get(name),
        placed.get(f"{EXCLUDE}{name}"),
        of_map.get(f"{EXCLUDE}{name}"),
    )
    return next((mask for mask in found if mask is not None and mask.voxel_count), None)


def _find_liver(
    placed: Mapping[str, Mask], of_map: Mapping[str, Mask], segments: list[Mask]
) -> tuple[Mask, Mask | None]:
    """Return the liver, and the liver of a label map for comparison.

    A map with both a liver and segments is compared with itself. The map's tumour is part of its
    liver if a separate file gives the tumour.
    """
    mapped = [*segments, *(of_map[key] for key in ("liver", "tumour") if key in of_map)]
    if "liver" in placed:
        return placed["liver"], unite(mapped).renamed("liver") if mapped else None
    parts = mapped if "tumour" in placed else [part for part in mapped if part.name != "tumour"]
    both = segments and "liver" in of_map
    compared = unite(segments).renamed("segments") if both else None
    return unite(parts).renamed("liver"), compared


WITHIN = DRAWN_PARTS.union(PARTS)  # only counted inside the liver


def add_cut_off(
    resampled: Mapping[str, Resampled], placed: Mapping[str, Mask], anatomy: Anatomy
) -> tuple[Resampled, ...]:
    """Add the uncounted volume outside the liver to the changes by resampling.

    `resampled` and `placed` have the keys of the masks: a role, "plan 2 flr", "map segment_4".
    """
    organ = anatomy.organ
    return tuple(
        structs.replace(one, cut_off_ml=(placed[key] - organ).volume_ml) if _is_within(key) else one
        for key, one in resampled.items()
    )


def _is_within(key: str) -> bool:
    return not key.startswith(EXCLUDE) and key.split()[-1] in WITHIN


LABEL_MAP = "labelmap"  # a role that uses every segment
MOST_NAMED = 12  # segments in a message
# Structures of which one is enough, their name, and their option.
SOUGHT = (
    (("tumour",), "tumour", "--tumour"),
    (("flr", "resected"), "remnant", "--flr (a part to be removed: --resected)"),
)


def report_unrequested(
    files: Iterable[LabelFile | SegmentFile], given: Collection[str]
) -> tuple[Finding, ...]:
    """Report segments of a tumour or a remnant in files given for another structure.

    They are reported for a case without a tumour, which would then count as functioning liver, and
    for a case without a remnant. `given` are the roles of the masks.
    """
    # "plan 2 flr" is also an "flr"
    roles = {name.split()[-1] for name in given if not name.startswith(EXCLUDE)}
    named = [
        file for file in files if isinstance(file, SegmentFile) and file.inputs[0].role != LABEL_MAP
    ]
    found: dict[str, Finding] = {}
    for structures, missing, option in SOUGHT:
        if roles.isdisjoint(structures):
            why = f"but no {missing} mask was given; also give the file as {option}"
            found |= _report_unused(named, structures, why)
    return tuple(found.values())


def _report_unused(
    files: Iterable[SegmentFile], structures: Collection[str], why: str
) -> Iterator[tuple[str, Finding]]:
    """Report each file once, by its name and the missing structure."""
    for file in files:
        names = [one.name for one in file.segments if one.structure in structures]
        if len(file.segments) > 1 and names:
            held = list_first(names, MOST_NAMED)
            message = f"{file.name}: also contains {held}, {why}, or as --labelmap"
            finding = Finding("segments.not_asked", Severity.WARNING, message, file.name)
            yield f"{file.name}, {why}", finding


DEFAULT_SCHEME = "couinaud"  # of a label map without a named scheme [conventions.md 1]
NO_LIVER = "input.no_liver"
SCHEME_REMEDY = "give the label map with --labelmap, or omit --scheme"
TUMOUR_REMEDY = "omit either the tumour mask or no_tumour (--no-tumour)"
CASE_FILE = "the case file"
MOST_MASKS = 200  # of one case; an atlas has some hundred structures [project's choice]


class MaskFiles(Struct, frozen=True):
    """Mask files by role.

    - `masks`: paths by role (`ROLES`).
    - `excluded`, `vessels`: paths by the structure's name in any spelling; "portal_veins#2" is
      label 2 of a file. Several files of one structure are united, as are those of a tumour.
    - `planned`: paths by names such as "plan 2 flr", for further plans with separate masks.
    - `labels`: the user's definition of a label map's numbers, instead of a scheme.
    - `resample`: whether masks of other lattices are resampled to the finest, or refused.
    - `gaps_to_nearest`: whether liver outside all segments is assigned to the nearest segment.
    - `origins`: origins of masks as stated by the user, by the roles of `roles`.
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
    origins: Mapping[str, StatedOrigin] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Normalise names of excluded structures and vessels; refuse several files of one role."""
        by_name = (self.masks, self.planned, self.excluded, self.vessels)
        files = [one for named in by_name for one in named.values()]
        if (number := sum(len(each_of(one)) for one in files)) > MOST_MASKS:
            reason = f"{number:,} mask files were given; the limit is {MOST_MASKS}"
            raise InputRefused("limit.files", "masks", reason, "give only the masks of this case")
        structs.force_setattr(self, "excluded", fold_excluded(self.excluded))
        structs.force_setattr(self, "vessels", fold_vessels(self.vessels))
        for role, given in (*self.masks.items(), *self.planned.items()):
            require_one(role, given)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return all files; they may name the slices of their CT."""
        of_map = () if self.label_map is None else (self.label_map,)
        by_role = (self.masks, self.planned, self.excluded, self.vessels)
        return (
            *of_map,
            *(one for files in by_role for each in files.values() for one in each_of(each)),
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the files of the case: "flr", "exclude cyst", "vessel portal_veins"."""
        own = (role for role in self.planned if role.startswith("plan "))
        excluded = (f"{EXCLUDE}{name}" for name in self.excluded)
        vessels = (f"{VESSEL}{name}" for name in group_vessels(self.vessels))
        of_map = () if self.label_map is None else (MAP,)
        return (*self.masks, *own, *excluded, *vessels, *of_map)


class ReadAnatomy(Struct, frozen=True):
    """An anatomy, its files, and the findings about them.

    `planned` are the masks of single plans, on the anatomy's grid.
    """

    anatomy: Anatomy
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    label_map: Mapping[str, object] | None = None
    resampled: tuple[Resampled, ...] = ()
    planned: Mapping[str, Mask] = {}


def read_anatomy(
    files: MaskFiles, limits: Limits, on: Grid | None = None, shared: frozenset[str] = frozenset()
) -> ReadAnatomy:
    """Read every file once and bring all masks to one grid; contours use the grid `on`.

    `shared` are base names of several files of the case; messages add the role to them.

    Raises `InputRefused`: if there is no liver, a file cannot be used, or two files have different
    lattices.
    """
    if "liver" not in files.masks and files.label_map is None:
        remedy = (
            "give --liver, or --labelmap with a scheme that includes the liver; or a case file "
            "with one of these under [masks]"
        )
        raise InputRefused(NO_LIVER, "liver", "no liver mask was given", remedy)
    if files.no_tumour and "tumour" in files.masks:
        reason = "a tumour mask was given, but it was also stated that there is no tumour"
        raise InputRefused("input.tumour_twice", "tumour", reason, TUMOUR_REMEDY)
    require_scheme(files)
    reading = MaskReading(limits, on, shared, files.origins)
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
    for read in reading.postponed.values():
        read()
    reading.require_unchanged(reading.states)
    return _build_anatomy(reading, files)


def require_scheme(files: MaskFiles) -> None:
    """Refuse a label scheme that does not exist, or that would have no effect.

    Raises `InputRefused`: `labels.scheme_unknown`; `labels.scheme_alone` without a label map.
    """
    if files.scheme is None:
        return
    if files.label_map is None:
        reason = "a label scheme was given, but no label map"
        raise InputRefused("labels.scheme_alone", files.scheme, reason, SCHEME_REMEDY)
    find_scheme(read_bundled_schemes(), files.scheme)


def _scheme_of(files: MaskFiles) -> LabelScheme:
    """Return the scheme: the user's own labels, a named scheme, or segments I to VIII."""
    if files.labels is not None:
        return LabelScheme(OWN_LABELS, "The user's own labels", CASE_FILE, files.labels, True)
    return find_scheme(read_bundled_schemes(), files.scheme or DEFAULT_SCHEME)


def _build_anatomy(reading: MaskReading, files: MaskFiles) -> ReadAnatomy:
    used = _use_map(reading, files)
    placed, resampled, moved = _place(reading, resample=files.resample)
    of_map = any(key.startswith(OF_MAP) for key in reading.lesions)
    named = (placed[key].renamed(name) for key, name in reading.lesions.items())
    lesions, twice = drop_same(named, of_map=of_map)
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
            *used,
            *moved,
            *map(report_resampled, cost),
            *united,
            *twice,
            *no_lesions,
            *filled,
            *find_named_sides(
                anatomy.organ, [(name, placed[key]) for key, name in reading.named.items()]
            ),
        ),
        reading.mapped.recorded if reading.mapped else None,
        cost,
        {role: require_drawn(role, placed[role]) for role in files.planned},
    )


def _place(
    reading: MaskReading, *, resample: bool
) -> tuple[dict[str, Mask], dict[str, Resampled], tuple[Finding, ...]]:
    """Bring all masks to one grid; report changes by resampling, and shifted files."""
    names = sorted(reading.masks, key=lambda name: name != "liver")  # the liver is first
    masks = tuple(reading.masks[name] for name in names)
    whole = reading.whole()
    moved = find_moved([mask for mask in masks if mask.file in whole])
    resampled: dict[str, Resampled] = {}
    if resample:
        masks, changes = resample_to_finest(masks)
        resampled = {key: change for key, change in zip(names, changes, strict=True) if change}
    with _naming_ct(reading):
        together = bring_together(masks)
    return dict(zip(names, together, strict=True)), resampled, tuple(moved)


GIVE_CT = (
    "give the CT on which the structure set was drawn (--ct), so that its contours are drawn on "
    "the slices of this CT; otherwise add --resample"
)


@contextmanager
def _naming_ct(reading: MaskReading) -> Iterator[None]:
    """Recommend the CT if contours without an image do not fit the voxels of another mask."""
    try:
        yield
    except InputRefused as refused:
        formats = {one.format for file in reading.files for one in file.inputs}
        contours = reading.on is None and CONTOURS in formats and len(formats) > 1
        if refused.code != "grid.differs" or not contours:
            raise
        raise InputRefused(refused.code, refused.source, refused.reason, GIVE_CT) from None


def _use_map(reading: MaskReading, files: MaskFiles) -> tuple[Finding, ...]:
    """Use the structures of a label map that have no separate file."""
    of_map = dict(reading.mapped.masks) if reading.mapped else {}
    if "liver" not in reading.masks and not LIVER_OF_MAP & of_map.keys():
        raise no_liver(reading.mapped)
    if files.no_tumour and "tumour" in of_map:
        name = of_map["tumour"].source
        reason = "the map has a tumour label, but it was stated that there is no tumour"
        raise InputRefused("input.tumour_twice", name, reason, TUMOUR_REMEDY)
    unused = find_unused(reading.mapped) if reading.mapped else ()
    given = reading.given()
    unasked = report_unrequested(reading.files, {*given, *of_map})
    settled, replaced = settle(of_map, reading.by_role())
    if reading.mapped and "tumour" not in given:
        tumours = {f"{OF_MAP}lesion {n}": one for n, one in enumerate(reading.mapped.tumours)}
        reading.masks.update(tumours)
        reading.lesions = {key: one.name for key, one in tumours.items()}
    reading.masks.update((f"{OF_MAP}{place}", mask) for place, mask in settled.items())
    return (*unused, *unasked, *replaced)
