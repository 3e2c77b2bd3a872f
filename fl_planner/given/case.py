"""The tables of a case file: masks, plans, imaging, readers and the patient."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.basis.constants import DIAGNOSES, Diagnosis
from fl_planner.basis.defaults import CLEARING_MARGIN_MM
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.standing_words import EMBOLISATION_NAMES, EmbolisationKind
from fl_planner.given.kinds import (
    PLACE,
    Day,
    File,
    Files,
    FilesByName,
    Flag,
    Hashes,
    LesionNumbers,
    ListOf,
    Margin,
    OneOf,
    PathFile,
    Points,
    Segments,
    SegmentsOneByOne,
    Size,
    TableOfNames,
    Text,
    Triple,
    Version,
    parse_decimal,
    read_refused,
)
from fl_planner.given.origins import OriginOfMask, OriginsOfMasks
from fl_planner.given.table import (
    PATIENT,
    EntryError,
    Key,
    Made,
    Option,
    Table,
    TableOf,
    Tables,
    Words,
    WrongEntryError,
    key,
    keys_of,
    meant,
)

if TYPE_CHECKING:
    from fl_planner.formats.stored.source import Source
    from fl_planner.given.background import ContextTable, ScoreTable
    from fl_planner.given.studies import DoseTable, FunctionTable
    from fl_planner.liver.cut_plane import CutPlane
    from fl_planner.liver.cut_surface import CutSurface
    from fl_planner.liver.names.structures import TreeName
    from fl_planner.liver.transection import Territory, Wedges
    from fl_planner.liver.vessels.branch_cut import BranchCut
    from fl_planner.planning.given.case import Embolisation, Operation
    from fl_planner.planning.given.origin import StatedOrigin
    from fl_planner.space.grid import Frame, Place

    Paths = Source | tuple[Source, ...]

DRAWN = ("flr", "resected")  # masks that a further plan may have
CUT_BY = ("plane", "surface", "wedges")  # keys that define a remnant instead of a mask
NEED_FRAME = '{} frame = "RAS" or "LPS"'


class FrameOfPlaces(OneOf):
    """The frame of a table's points; points given as options are already in RAS+."""

    def of_words(self, key: Key, words: Words) -> None:
        """Return an empty list: points given as options are already in RAS+."""


FRAME = FrameOfPlaces("RAS", "LPS", fold=True)
OF_FRAME = "axes of the coordinates"


class LabelMapTable(Table):
    """A label map, and the meaning of its numbers."""

    # fmt: off
    file: Source | None = key(File(), required=True,
        option=Option("--labelmap",
        "Couinaud segments 1 to 8, or other labels with --scheme; or a folder of segment masks."),
        column="labelmap", role="label map")
    scheme: str | None = key(Text(),
        option=Option("--scheme", "Scheme of the label numbers, such as lits.", metavar="NAME"),
        column=True)
    labels: Mapping[str, Any] | None = key(TableOfNames(),  # read by `parse_labels`
        says='structure of each number, instead of a scheme: { 1 = "liver", 2 = "tumour" }')
    # fmt: on


class MaskTable(Table):
    """The masks of a case."""

    # fmt: off
    liver: Source | None = key(File(), '"liver.nii.gz"', "the liver, with or without its tumours",
        option="Liver mask, with or without the tumour in it.", column=True, role=True)
    tumour: Paths | None = key(Files(), '"tumour.nii.gz"',
        "all tumours in the liver; or no_tumour = true",
        option="All tumours; repeat for several files. An empty mask means that there is no "
        "tumour.", column=True, role=True)
    no_tumour: bool = key(Flag(), stands_for="tumour", option="There is no tumour.", column=True)
    flr: Source | None = key(File(), '"flr.nii.gz"',
        "the future liver remnant; or resected = ..., or segments under [[plan]]",
        option="Drawn future liver remnant.", column=True, role="FLR")
    resected: Source | None = key(File(), stands_for="flr",
        option="Part to be removed; the remnant is the rest of the liver.", column=True,
        role="part to be removed")
    treated: Source | None = key(File(), '"treated.nii.gz"',
        "the area to be radioembolised; or [treated]",
        option="Area to be radioembolised, including its margin.", column=True, role="treated area")
    spleen: Source | None = key(File(), '"spleen.nii.gz"',
        "its volume, and HU of liver minus spleen, are shown; no criterion uses them",
        option=Option("--spleen", "Spleen: its volume is shown; no criterion uses it.",
        beside=True),
        column=True, role=True)
    labelmap: LabelMapTable | None = key(TableOf(LabelMapTable, alone="file"), '"labelmap.nii.gz"',
        'Couinaud segments 1 to 8; otherwise { file = "labelmap.nii.gz", scheme = "lits" }, or '
        "your own labels: docs/how-to/own-labels.md")
    exclude: Mapping[str, Paths] = key(FilesByName("cyst=cyst.nii.gz"), '{ cyst = "cyst.nii.gz" }',
        "cyst, cavity, gallbladder, IVC ...",
        option="Cyst, cavity, gallbladder, IVC ...; files given under the same structure name are "
        "combined.",
        column="exclude.", role="excluded structure")
    vessels: Mapping[str, Paths] = key(FilesByName("portal_veins=portal.nii.gz"),
        '{ portal_veins = "portal.nii.gz" }', "hepatic_veins, IVC ...: docs/how-to/vessels.md",
        option=Option("--vessel", "portal_veins, left_hepatic_vein, IVC ...; files given under the "
        "same vessel name are combined. NAME#2=FILE selects label 2 of FILE."),
        column="vessel.", role="vessel")
    origin: Mapping[str, StatedOrigin] = key(OriginsOfMasks(),
        '"automatic:TotalSegmentator:2.4.0"',
        'origin of the masks, if the files do not state it: manual, semi-automatic, automatic, '
        'carried:MM or unknown; '
        'or by structure, { flr = "manual" }, with "" for all other masks',
        option=Option("--origin", "How masks were made: manual, "
        "semi-automatic[:PROGRAM[:VERSION]], automatic[:PROGRAM[:VERSION]], carried:MM or "
        "unknown; for one mask: flr=manual."))
    absent_segments: tuple[str, ...] = key(SegmentsOneByOne(), "[]",
        "segments absent in this patient",
        option=Option("--absent-segment", "Segment absent in this patient."), column=True)
    gaps_to_nearest: bool = key(Flag(), "false",
        "true assigns liver outside all segments to the nearest segment",
        option="Assign liver outside all segments of the label map to the nearest segment.",
        column=True)
    # fmt: on


class VesselTable(Table):
    """The roots of the vessel trees, and points that correct the division of one label."""

    # fmt: off
    portal_root_mm: Place | None = key(Triple(PLACE), "[4.0, -20.5, 60.0]",
        "a point where the portal tree begins",
        option=Option("--portal-root", "Point where the portal tree begins, in mm."))
    hepatic_root_mm: Place | None = key(Triple(PLACE), "[-8.0, 12.5, 110.0]",
        "a point where the hepatic veins enter the IVC",
        option=Option("--hepatic-root", "Point where the hepatic veins enter the IVC, in mm."))
    portal_points_mm: tuple[Place, ...] = key(Points(), "[[12.0, -8.5, 71.0]]",
        "points in portal branches wrongly assigned to the hepatic veins, if all veins have the "
        "same label",
        option=Option("--portal-point", "Point (in mm) in a portal branch wrongly assigned to the "
        "hepatic veins, if all veins have the same label."))
    hepatic_points_mm: tuple[Place, ...] = key(Points(), "[[-20.0, 4.5, 92.0]]",
        "points in hepatic veins wrongly assigned to the portal veins, if all veins have the "
        "same label",
        option=Option("--hepatic-point", "Point (in mm) in a hepatic vein wrongly assigned to the "
        "portal veins, if all veins have the same label."))
    frame: Frame | None = key(FRAME, '"RAS"', 'coordinate frame of these points; or "LPS"')
    # fmt: on

    def check(self) -> None:
        """Refuse points without a frame."""
        roots = self.portal_root_mm or self.hepatic_root_mm
        if (roots or self.portal_points_mm or self.hepatic_points_mm) and self.frame is None:
            raise WrongEntryError(NEED_FRAME.format("points require"))

    def roots(self) -> dict[TreeName, Place]:
        """Return each given root, in RAS+."""
        roots = {"portal": self.portal_root_mm, "hepatic": self.hepatic_root_mm}
        given = {tree: () if root is None else (root,) for tree, root in roots.items()}
        return {tree: place for tree, (place,) in self._in_ras(given).items()}

    def points(self) -> dict[TreeName, tuple[Place, ...]]:
        """Return the points in each tree that correct a division, in RAS+."""
        return self._in_ras({"portal": self.portal_points_mm, "hepatic": self.hepatic_points_mm})

    def _in_ras(self, places: Mapping[str, tuple[Place, ...]]) -> dict[TreeName, tuple[Place, ...]]:
        """Convert the points of each tree; trees without one are omitted."""
        if not any(places.values()):
            return {}
        from fl_planner.given.places import as_ras  # few cases give any
        from fl_planner.liver.names.structures import TREES

        frame = self.frame or "RAS"
        return {
            tree: tuple(as_ras(one, frame) for one in places[tree])
            for tree in TREES
            if places[tree]
        }


class CutTable(Table):
    """A divided branch: a point in it, or its name."""

    tree: Literal["portal", "hepatic"] | None = key(
        OneOf("portal", "hepatic"), says="the tree to which the branch belongs", required=True
    )
    at_mm: Place | None = key(Triple(PLACE), says="a point in the branch")
    frame: Frame | None = key(FRAME, says=OF_FRAME)
    branch: str | None = key(Text(), says="name of a separately drawn branch, in place of a point")

    def check(self) -> None:
        """Refuse a cut without point or branch, a point without a frame, and an unknown branch."""
        from fl_planner.given.places import BRANCHES, read_branch

        assert self.tree is not None
        if (self.at_mm is None) is (self.branch is None):
            raise WrongEntryError("give either at_mm or branch")
        if (self.at_mm is None) is not (self.frame is None):
            raise WrongEntryError(NEED_FRAME.format("at_mm requires"))
        if self.branch is not None and read_branch(self.tree, self.branch) is None:
            known = BRANCHES[self.tree]
            near = meant(self.branch, known)
            what = f"branch: {self.branch!r} is not a branch of the {self.tree} veins{near}"
            raise WrongEntryError(f"{what}; give one of {', '.join(known)}")

    def made(self) -> BranchCut:
        """Return the cut, with its point in RAS+."""
        from fl_planner.given.places import as_ras, read_branch
        from fl_planner.liver.vessels.branch_cut import BranchCut

        assert self.tree is not None
        if self.branch is not None:
            return BranchCut(self.tree, branch=read_branch(self.tree, self.branch))
        return BranchCut(self.tree, as_ras(self.at_mm or (), self.frame or "RAS"))


class Cuts(Tables):
    """Divided branches."""

    wants = "list of tables"
    typed = "Iterable[str]"
    metavar = "TREE=PLACE"
    multiple = True

    def parse(self, typed: Any, option: str, words: Words) -> tuple[BranchCut, ...]:
        from fl_planner.given.places import parse_cut

        return tuple(parse_cut(one, words["place_frame"]) for one in typed)

    def write(self, value: Any, folder: Path) -> str:
        from fl_planner.given.places import write_cut

        return f"[{', '.join(map(write_cut, value))}]"


class PlaneTable(Table):
    """A cutting plane: a point and a normal towards the remnant, or three points."""

    point_mm: Place | None = key(Triple(PLACE), says="a point in the plane")
    normal: Place | None = key(
        Triple("a direction as x, y, z"),
        says="direction towards the remnant, perpendicular to the plane",
    )
    points_mm: tuple[Place, ...] | None = key(
        ListOf(Triple(PLACE), 3, "three points"),
        says="three points, anticlockwise as seen from the remnant; in place of point and normal",
    )
    frame: Frame | None = key(FRAME, says=OF_FRAME, required=True)

    def check(self) -> None:
        """Refuse an incomplete plane, and two definitions of one plane."""
        given = [entry is not None for entry in (self.point_mm, self.normal, self.points_mm)]
        if given not in ([True, True, False], [False, False, True]):
            raise WrongEntryError("give either point_mm and normal, or points_mm")
        read_refused(self.made)

    def made(self) -> CutPlane:
        """Return the plane."""
        from fl_planner.given.places import build_plane

        points = self.points_mm or [
            entry for entry in (self.point_mm, self.normal) if entry is not None
        ]
        return build_plane(list(points), self.frame or "RAS")


class Planes(Tables):
    """Cutting planes."""

    wants = "table, or list of tables"
    typed = "Planes"
    metavar = "PLANE"
    multiple = True

    def parse(self, typed: Any, option: str, words: Words) -> tuple[CutPlane, ...]:
        from fl_planner.given.places import parse_plane

        frame = words["place_frame"]
        return tuple(parse_plane(one, frame) if isinstance(one, str) else one for one in typed)

    def write(self, value: Any, folder: Path) -> str:
        from fl_planner.given.places import write_plane

        return f"[{', '.join(map(write_plane, value))}]"


class SurfaceTable(Table):
    """A curved surface through four or more points, with a direction towards the remnant."""

    points_mm: tuple[Place, ...] | None = key(
        ListOf(Triple(PLACE), None, "list of points"),
        says="four or more points of the surface",
        required=True,
    )
    normal: Place | None = key(
        Triple("a direction as x, y, z"), says="direction towards the remnant", required=True
    )
    frame: Frame | None = key(FRAME, says=OF_FRAME, required=True)

    def check(self) -> None:
        """Refuse points that do not define a surface."""
        read_refused(self.made)

    def made(self) -> CutSurface:
        """Return the surface."""
        from fl_planner.liver.cut_surface import CutSurface

        assert self.points_mm is not None
        assert self.normal is not None
        return CutSurface(self.points_mm, self.normal, self.frame or "RAS")


class Surfaces(Tables):
    """Curved surfaces."""

    wants = "table, or list of tables"

    def write(self, value: Any, folder: Path) -> str:
        from fl_planner.given.places import write_surface

        return f"[{', '.join(map(write_surface, value))}]"


class WedgeTable(Table):
    """Lesions removed with a margin of liver."""

    # fmt: off
    lesions: tuple[int, ...] | None = key(LesionNumbers(), required=True,
        option=Option("--wedge",
        "Lesions, such as 1,3 or all, to be removed with a margin. The remnant is the liver that "
        "remains after all cuts."))
    margin_mm: float | None = key(Margin(),
        option=Option("--wedge-margin-mm",
        "Margin around the lesions of --wedge; by default the clearing margin."))
    # fmt: on

    def made(self) -> Wedges:
        """Return the wedges.

        Raises `InputRefused`: `usage.wrong` for a margin without lesions; see also `Wedges`.
        """
        from fl_planner.liver.transection import Wedges

        if self.lesions is None:
            reason, remedy = "a margin requires a wedge", "name the lesions with --wedge"
            raise InputRefused("usage.wrong", "--wedge-margin-mm", reason, remedy)
        return Wedges(self.lesions, self.margin_mm)


class WedgesOf(Made):
    """Wedges, as one entry."""

    def write(self, value: Any, folder: Path) -> str:
        lesions = LesionNumbers().write(value.lesions, folder)
        margin_mm = value.margin_mm
        margin = "" if margin_mm is None else f", margin_mm = {Margin().write(margin_mm, folder)}"
        return f"{{ lesions = {lesions}{margin} }}"


class PlanTable(Table):
    """One planned resection."""

    # fmt: off
    name: str | None = key(Text(), '"right hepatectomy"',
        "one or more [[plan]] tables; the headline refers to the first plan", column="plan")
    remnant_segments: tuple[str, ...] = key(Segments(), "[1, 2, 3, 4]",
        "or resected_segments, or plane = { point_mm, normal, frame }, or surface = { points_mm, "
        "normal, frame }, or wedges = { "
        "lesions, margin_mm }; further plans may have flr or resected",
        option="Segments that remain, such as 2,3 or 2-4.", column=True)
    resected_segments: tuple[str, ...] = key(Segments(), says="segments to be removed", column=True)
    embolised_segments: tuple[str, ...] = key(Segments(), "[5, 6, 7, 8]",
        "segments to be embolised")
    stages: Literal[1, 2] | None = key(OneOf(1, 2), "1", "or 2")
    clearing_margin_mm: float | None = key(Margin(), f"{CLEARING_MARGIN_MM:g}",
        "margin around lesions in the remnant; this is the default",
        option="Clearing margin around lesions in the remnant; default "
        f"{CLEARING_MARGIN_MM:g} mm.", column=True)
    flr: Source | None = key(File(), says="the remnant of a further plan",
        role="FLR of a further plan")
    resected: Source | None = key(File(), says="the part to be removed in a further plan",
        role="part to be removed in a further plan")
    origin: StatedOrigin | None = key(OriginOfMask(),
        says="how the mask of this plan was made, as in [masks]")
    cuts: tuple[BranchCut, ...] = key(Cuts(CutTable, made=True),
        '[{ tree = "portal", branch = "right_portal_vein" }]',
        'divided branches; or at_mm = [x, y, z] and frame = "RAS"',
        option=Option("--cut", "Divided branch: portal=x,y,z in mm, at most 5 mm from the vessel, "
        "or hepatic=middle_hepatic_vein.", beside=True))
    plane: tuple[CutPlane, ...] = key(Planes(PlaneTable, one_alone=True, made=True),
        option='Cutting plane in mm: "x,y,z;a,b,c", a point and a normal pointing towards the '
        "remnant, or three points in anticlockwise order as seen from the remnant.")
    surface: tuple[CutSurface, ...] = key(Surfaces(SurfaceTable, one_alone=True, made=True))
    wedges: Wedges | None = key(WedgesOf(WedgeTable))
    # fmt: on

    def check(self) -> None:
        """Refuse a resection of the whole liver."""
        from fl_planner.liver.names.structures import list_remaining

        if self.resected_segments and not list_remaining(self.resected_segments):
            raise WrongEntryError(
                "resected_segments include every segment; omit the segments of the remnant"
            )
        if self.origin is not None and not [*self.drawn()]:
            raise WrongEntryError("origin requires flr or resected in this plan")

    def drawn(self) -> Iterator[tuple[str, Source]]:
        """Return the masks given for this plan, each with its key."""
        given = ((what, getattr(self, what)) for what in DRAWN)
        return ((what, path) for what, path in given if path is not None)

    @property
    def defines_remnant(self) -> bool:
        """Whether segments, planes, surfaces or wedges define the remnant."""
        return bool(self.remnant_segments or any(getattr(self, name) for name in CUT_BY))

    def operation(self) -> Operation:
        """Return the operation; the segments not removed remain."""
        from fl_planner.liver.names.structures import list_remaining
        from fl_planner.planning.given.case import Operation

        resected, margin_mm = self.resected_segments, self.clearing_margin_mm
        return Operation(
            self.name,
            list_remaining(resected) if resected else self.remnant_segments,
            resected,
            self.embolised_segments,
            self.stages,
            CLEARING_MARGIN_MM if margin_mm is None else margin_mm,
            cuts=self.cuts,
            planes=self.plane,
            wedges=self.wedges,
            surfaces=self.surface,
        )


class ImagingTable(Table):
    """The CT, and its reader."""

    # fmt: off
    ct: Source | None = key(File(), '"ct.nii.gz"', "checked against the liver mask",
        option="CT: checked against the liver mask, and shown behind the outlines.", column=True,
        role="CT")
    phase: str | None = key(Text(), '"portal venous"', column=True)
    date: datetime.date | None = key(Day(), "2026-05-04", "of the scan", column=True)
    reader: str | None = key(Text(), '"R1"', column=True)
    status: Literal["draft", "verified"] | None = key(OneOf("draft", "verified"), '"draft"',
        'or "verified", with the masks\' hashes in [imaging.sha256]')
    sha256: Mapping[str, tuple[str, ...]] = key(Hashes(),
        says="SHA-256 of each file that was verified, by role")
    # fmt: on


class EmbolisationTable(Table):
    """FLR augmentation before the scan: its date, kind and segments."""

    # fmt: off
    date: datetime.date | None = key(Day(), "2026-04-20",
        "counts as a prior embolisation if on or before the scan date", required=True)
    kind: EmbolisationKind | None = key(
        OneOf("PVE", "HVE", "PVE/HVE", "ALPPS", "Y90", fold=True, spelt=EMBOLISATION_NAMES),
        '"PVE"',
        "PVE (PVL), HVE, PVE/HVE (LVD, eLVD, DVE), ALPPS, Y90", required=True)
    segments: tuple[str, ...] = key(Segments(), "[5, 6, 7, 8]", "embolised segments")
    next_treatment: datetime.date | None = key(Day(), "2026-08-20",
        "next anticancer treatment; scores and function results are used up to this date")
    # fmt: on

    def check(self) -> None:
        """Refuse a next treatment on or before the embolisation."""
        if self.date and self.next_treatment is not None and self.next_treatment <= self.date:
            raise WrongEntryError("next_treatment must be after date")

    def made(self) -> Embolisation:
        """Return the embolisation."""
        from fl_planner.planning.given.case import Embolisation

        assert self.date is not None
        assert self.kind is not None
        return Embolisation(self.date, self.kind, self.segments, self.next_treatment)


class PatientTable(Table):
    """Height and weight of the patient."""

    # fmt: off
    height_cm: Fraction | None = key(Size("CM", "parse_height"), "178",
        "for body surface area and estimated liver volume",
        option=Option("--height-cm", "Height of the patient, in cm.", heading=PATIENT), column=True,
        label="Height, cm")
    weight_kg: Fraction | None = key(Size("KG", "parse_weight"), "81",
        "for body surface area, liver volume, FLR-to-body-weight ratio, creatinine clearance",
        option=Option("--weight-kg", "Weight of the patient, in kg.", heading=PATIENT), column=True,
        label="Weight, kg")
    # fmt: on


class TreatedMargin(Margin):
    """The margin of a treated area; `Territory` checks its bounds."""

    def parse(self, typed: Any, option: str, words: Words) -> float:
        return float(parse_decimal(option, typed, "mm"))


class TreatedTable(Table):
    """The treated area of a radioembolisation, if it is not drawn."""

    # fmt: off
    segments: tuple[str, ...] = key(Segments(), "[5, 8]", "if the treated area is not drawn",
        option=Option("--treated-segments", "Segments of the treated area, such as 5,8."))
    with_tumour: bool = key(Flag(), "true", "the tumour, and the segments it occupies on the map",
        option=Option("--treat-tumour",
        "Treated area: the tumour and, with a label map, the segments it occupies."))
    margin_mm: float | None = key(TreatedMargin(), "10",
        "treated margin around the tumour and segments",
        option=Option("--treated-margin-mm", "Treated margin around the tumour and segments."))
    # fmt: on

    def check(self) -> None:
        """Refuse an empty area."""
        if not (self.segments or self.with_tumour):
            raise WrongEntryError("give segments, or with_tumour = true")

    def territory(self, ours: Territory | None = None) -> Territory:
        """Return the territory; entries that are not given are taken from `ours`."""
        from fl_planner.liver.transection import Territory

        segments, with_tumour = self.segments, self.with_tumour
        margin_mm = 0.0 if self.margin_mm is None else self.margin_mm
        if ours is not None:
            if not (segments or with_tumour):  # both together define the location
                segments, with_tumour = ours.segments, ours.with_tumour
            margin_mm = ours.margin_mm if self.margin_mm is None else margin_mm
        return Territory(segments, with_tumour, margin_mm)


class SecondReaderTable(Table):
    """Masks of a second reader; the FLR is required, because its cut determines the share."""

    # fmt: off
    flr: Source | None = key(File(), '"flr_r2.nii.gz"',
        "masks of a second reader for the first plan", required=True,
        role="second reader's FLR mask")
    liver: Source | None = key(File(), '"liver_r2.nii.gz"', role="second reader's liver mask")
    tumour: Paths | None = key(Files(), '"tumour_r2.nii.gz"', role="second reader's tumour mask")
    # fmt: on

    def made(self) -> dict[str, Paths]:
        """Return the files by structure; a tumour may have several."""
        given = {name: getattr(self, name) for name in READ_TWICE}
        return {name: file for name, file in given.items() if file is not None}


READ_TWICE = tuple(keys_of(SecondReaderTable))
USE_READ_TWICE = "write --second-reader flr=flr-2.nii.gz; liver=... and tumour=... are optional"


class ReadTwice(Made):
    """Masks of a second reader, by structure."""

    wants = "table"
    typed = "ImagesByName"
    metavar = "NAME=FILE"
    multiple = True

    def __init__(self) -> None:
        super().__init__(SecondReaderTable)
        self.nothing = {}

    def of_words(self, key: Key, words: Words) -> Any:
        assert key.option is not None
        entries = words.get(key.option.word) or {}
        if not isinstance(entries, Mapping):
            return parse_second_reader(entries)
        for name in entries:
            if name not in READ_TWICE:
                raise _no_structure(name)
        return entries


def parse_second_reader(entries: Iterable[str]) -> dict[str, Paths]:
    """Read the options NAME=FILE; a file without a name is the FLR; tumour files are combined.

    Raises `InputRefused`: `usage.wrong` for another name or no file.

    Examples
    --------
    >>> sorted(parse_second_reader(["flr-2.nii", "liver=liver-2.nii"]))
    ['flr', 'liver']
    """
    found: dict[str, tuple[Source, ...]] = {}
    for entry in entries:
        name, equals, path = entry.partition("=")
        if not equals:
            name, path = "flr", entry
        if name not in READ_TWICE or not path:
            raise _no_structure(entry)
        found[name] = (*found.get(name, ()), Path(path))
    return {name: files if len(files) > 1 else files[0] for name, files in found.items()}


def _no_structure(entry: str) -> InputRefused:
    reason = f"{entry!r} is not NAME=FILE, where NAME is {join_words(READ_TWICE, 'or')}"
    return InputRefused("usage.wrong", "--second-reader", reason, USE_READ_TWICE)


class BaselineTable(Table):
    """Lesions of a previous scan: a mask, or a point in each lesion."""

    # fmt: off
    mask: Paths | None = key(Files(), '"before.nii.gz"',
        "lesions on a previous scan; or points_mm and frame")
    points_mm: tuple[Place, ...] = key(ListOf(Triple(PLACE)), says="a point in each lesion")
    frame: Frame | None = key(FRAME, says=OF_FRAME)
    registered: bool = key(Flag(), "true",
        "whether the two scans are registered with each other", required=True)
    # fmt: on

    def check(self) -> None:
        """Refuse lesions given twice or not at all, and scans that are not registered."""
        if self.registered is not True:  # cannot be determined from the files
            what = "register the two scans with each other, then give true"
            raise WrongEntryError(errors=[EntryError(("registered",), what)])
        if (self.mask is None) is (not self.points_mm):
            raise WrongEntryError("give either mask or points_mm")
        if bool(self.points_mm) is (self.frame is None):
            raise WrongEntryError(NEED_FRAME.format("points_mm requires"))


class AcceptedTable(Table):
    """A finding reviewed and accepted by a reader."""

    # fmt: off
    code: str | None = key(Text(), '"geometry.both_codes_zero"',
        "code of a finding that you have reviewed", required=True)
    by: str | None = key(Text(), '"R1"', required=True)
    why: str | None = key(Text(), '"side checked on the CT"', required=True)
    # fmt: on


class CaseTables(Table):
    """The whole case file."""

    # fmt: off
    schema: int | None = key(Version(), "1", required=True)
    id: str | None = key(Text(), '"case-001"', "pseudonym of the patient, printed as given")
    label: str | None = key(Text(), '"Bed 12"', "printed only with --profile clinical", column=True)
    diagnosis: Diagnosis | None = key(OneOf(*DIAGNOSES, fold=True), '"crlm"', "crlm, hcc or other",
        option=Option("--diagnosis",
        "Colorectal liver metastases, hepatocellular carcinoma, or neither.", heading=PATIENT),
        column=True)
    masks: MaskTable = key(TableOf(MaskTable))
    vessels: VesselTable = key(TableOf(VesselTable))
    plan: tuple[PlanTable, ...] = key(Tables(PlanTable, "[[plan]]"))
    imaging: ImagingTable = key(TableOf(ImagingTable))
    embolisation: EmbolisationTable | None = key(TableOf(EmbolisationTable, optional=True))
    patient: PatientTable = key(TableOf(PatientTable))
    treated: TreatedTable | None = key(TableOf(TreatedTable, optional=True))
    second_reader: Mapping[str, Paths] = key(ReadTwice(),
        option=Option("--second-reader",
        "FLR, liver or tumour mask of a second reader, used for the inter-reader interval.",
        beside=True))
    baseline: BaselineTable | None = key(TableOf(BaselineTable, optional=True))
    function: FunctionTable | None = key(
        TableOf("fl_planner.given.studies:FunctionTable", mark="dynamic"))
    dose: DoseTable | None = key(TableOf("fl_planner.given.studies:DoseTable", mark="lung_shunt"))
    scores: ScoreTable | None = key(TableOf("fl_planner.given.background:ScoreTable"))
    context: ContextTable | None = key(TableOf("fl_planner.given.background:ContextTable"))
    facts: Mapping[str, Any] = key(TableOfNames({}), says="facts about the patient")
    accepted: tuple[AcceptedTable, ...] = key(Tables(AcceptedTable, "[[accepted]]"))
    # fmt: on


class FactsFile(PathFile):
    """A file of facts; in Python also the facts themselves."""

    typed = "AnyPath | Mapping[str, object]"


class AskedTable(Table):
    """Inputs that are not part of a case file."""

    # fmt: off
    place_frame: Frame = key(OneOf("RAS", "LPS", fold=True),
        option=Option("--place-frame",
        "Axes of points in mm: RAS (x to the patient's right, y to the front) or LPS.",
        default="RAS"))
    resample: bool = key(Flag(), option="Resample masks on different grids to the finest grid.")
    facts: Path | Mapping[str, object] | None = key(FactsFile(),
        option=Option("--facts", "FACTS.json: further facts about the patient.", heading=PATIENT))
    centre: Path | None = key(PathFile(),
        option=Option("--centre", "CENTRE.toml: trials recruiting at this centre.",
        heading=PATIENT))
    # fmt: on
