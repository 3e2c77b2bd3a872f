"""The tables of a case file: which file is what, what is planned, who drew it, the patient."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.basis.constants import CLEARING_MARGIN_MM, DIAGNOSES, Diagnosis
from fl_planner.basis.findings import InputRefused
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
    from fl_planner.liver.names.structures import TreeName
    from fl_planner.liver.transection import Territory, Wedges
    from fl_planner.liver.vessels.branch_cut import BranchCut
    from fl_planner.planning.given.case import Embolisation, Operation
    from fl_planner.space.frame import Frame, Place

    Paths = Source | tuple[Source, ...]

DRAWN = ("flr", "resected")  # masks that a plan may have of its own
NEED_FRAME = '{} frame = "RAS" or "LPS"'


class FrameOfPlaces(OneOf):
    """The frame of a table's places; those that are typed have been turned to RAS+."""

    def of_words(self, key: Key, words: Words) -> None:
        """Say nothing: places that are typed are in RAS+."""


FRAME = FrameOfPlaces("RAS", "LPS")


@dataclass(frozen=True)
class LabelMapTable(Table):
    """A label map, and what its numbers mean."""

    # fmt: off
    file: Source | None = key(File(), required=True,
        option=Option("--labelmap",
        "Couinaud segments as 1 to 8, unless --scheme says other; or a folder of them."),
        column="labelmap", role="label map")
    scheme: str | None = key(Text(),
        option=Option("--scheme", "What a label map's numbers mean: lits, ...", metavar="NAME"),
        column=True)
    labels: Mapping[str, Any] | None = key(TableOfNames())  # read by `parse_labels`
    # fmt: on


@dataclass(frozen=True)
class MaskTable(Table):
    """Which file is what."""

    # fmt: off
    liver: Source | None = key(File(), '"liver.nii.gz"', "the liver, with or without its tumours",
        option="Liver mask, with or without the tumour in it.", column=True, role=True)
    tumour: Paths | None = key(Files(), '"tumour.nii.gz"',
        "all tumours of the liver; or no_tumour = true",
        option="All lesions, or again for each file of some; an empty mask says that there is "
        "none.", column=True, role=True)
    no_tumour: bool = key(Flag(), stands_for="tumour", option="There is no tumour.", column=True)
    flr: Source | None = key(File(), '"flr.nii.gz"',
        "the future liver remnant; or resected = ..., or segments under [[plan]]",
        option="Future liver remnant, drawn.", column=True, role="FLR")
    resected: Source | None = key(File(), stands_for="flr",
        option="Part to be removed; the remnant is the rest.", column=True,
        role="part to be removed")
    treated: Source | None = key(File(), '"treated.nii.gz"',
        "the area to be radioembolised; or [treated]",
        option="Area to be radioembolised, with its margin.", column=True, role="treated area")
    spleen: Source | None = key(File(), '"spleen.nii.gz"',
        "shown beside the liver; no answer rests on it",
        option=Option("--spleen", "Spleen, beside the liver: shown, and no answer rests on it.",
        beside=True),
        column=True, role=True)
    labelmap: LabelMapTable | None = key(TableOf(LabelMapTable, alone="file"), '"labelmap.nii.gz"',
        'Couinaud segments 1 to 8; else { file = "labelmap.nii.gz", scheme = "lits" }, or '
        "labels of your own: docs/how-to/own-labels.md")
    exclude: Mapping[str, Paths] = key(FilesByName("cyst=cyst.nii.gz"), '{ cyst = "cyst.nii.gz" }',
        "cyst, cavity, gallbladder, IVC ...",
        option="Cyst, cavity, gallbladder, IVC ...; files of one name are united.",
        column="exclude.", role="excluded structure")
    vessels: Mapping[str, Paths] = key(FilesByName("portal_veins=portal.nii.gz"),
        '{ portal_veins = "portal.nii.gz" }', "hepatic_veins, IVC ...: docs/how-to/vessels.md",
        option=Option("--vessel", "portal_veins, left_hepatic_vein, IVC ...; files of one name are "
        "united. NAME#2 is label 2 of a file."),
        column="vessel.", role="vessel")
    absent_segments: tuple[str, ...] = key(SegmentsOneByOne(), "[]",
        "segments that the patient lacks",
        option=Option("--absent-segment", "Segment that the patient lacks."), column=True)
    gaps_to_nearest: bool = key(Flag(), "false",
        "true gives liver in no segment to the nearest one",
        option="Give liver in no segment of the label map to the nearest one.", column=True)
    # fmt: on


@dataclass(frozen=True)
class VesselTable(Table):
    """Where the trees of the vessels begin."""

    # fmt: off
    portal_root_mm: Place | None = key(Triple(PLACE), "[4.0, -20.5, 60.0]",
        "a place where the portal tree begins",
        option=Option("--portal-root", "Where portal blood enters, in mm."))
    hepatic_root_mm: Place | None = key(Triple(PLACE), "[-8.0, 12.5, 110.0]",
        "a place where the hepatic veins end",
        option=Option("--hepatic-root", "Where hepatic veins end, in mm."))
    frame: Frame | None = key(FRAME, '"RAS"', "of these places; or LPS")
    # fmt: on

    def check(self) -> None:
        """Refuse places without their frame."""
        if (self.portal_root_mm or self.hepatic_root_mm) and self.frame is None:
            raise WrongEntryError(NEED_FRAME.format("places need"))

    def roots(self) -> dict[TreeName, Place]:
        """Give each root that was told, in RAS+."""
        told: dict[TreeName, Place | None] = {
            "portal": self.portal_root_mm,
            "hepatic": self.hepatic_root_mm,
        }
        given = {tree: place for tree, place in told.items() if place is not None}
        if not given:
            return {}
        from fl_planner.given.places import as_ras  # few cases say any

        return {tree: as_ras(place, self.frame or "RAS") for tree, place in given.items()}


@dataclass(frozen=True)
class CutTable(Table):
    """A branch that is cut: a place in it, or its name."""

    tree: Literal["portal", "hepatic"] | None = key(OneOf("portal", "hepatic"), required=True)
    at_mm: Place | None = key(Triple(PLACE))
    frame: Frame | None = key(FRAME)
    branch: str | None = key(Text())

    def check(self) -> None:
        """Refuse a cut without its place, a place without its frame, and an unknown branch."""
        from fl_planner.given.places import BRANCHES, read_branch

        assert self.tree is not None
        if (self.at_mm is None) is (self.branch is None):
            raise WrongEntryError("give at_mm or branch, one of them")
        if (self.at_mm is None) is not (self.frame is None):
            raise WrongEntryError(NEED_FRAME.format("at_mm needs"))
        if self.branch is not None and read_branch(self.tree, self.branch) is None:
            known = BRANCHES[self.tree]
            near = meant(self.branch, known)
            what = f"branch: no branch of the {self.tree} veins is called {self.branch!r}{near}"
            raise WrongEntryError(f"{what}; give one of {', '.join(known)}")

    def made(self) -> BranchCut:
        """Make the cut, its place in RAS+."""
        from fl_planner.given.places import as_ras, read_branch
        from fl_planner.liver.vessels.branch_cut import BranchCut

        assert self.tree is not None
        if self.branch is not None:
            return BranchCut(self.tree, branch=read_branch(self.tree, self.branch))
        return BranchCut(self.tree, as_ras(self.at_mm or (), self.frame or "RAS"))


class Cuts(Tables):
    """Branches that are cut."""

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


@dataclass(frozen=True)
class PlaneTable(Table):
    """A plane that cuts: a point and a normal to what stays, or three points."""

    point_mm: Place | None = key(Triple(PLACE))
    normal: Place | None = key(Triple("x, y, z of a direction"))
    points_mm: tuple[Place, ...] | None = key(ListOf(Triple(PLACE), 3, "three points"))
    frame: Frame | None = key(FRAME, required=True)

    def check(self) -> None:
        """Refuse what tells no plane, or two."""
        told = [one is not None for one in (self.point_mm, self.normal, self.points_mm)]
        if told not in ([True, True, False], [False, False, True]):
            raise WrongEntryError("give point_mm and normal, or points_mm")
        read_refused(self.made)

    def made(self) -> CutPlane:
        """Make the plane."""
        from fl_planner.given.places import lay_plane

        told = self.points_mm or [one for one in (self.point_mm, self.normal) if one is not None]
        return lay_plane(list(told), self.frame or "RAS")


class Planes(Tables):
    """Planes that cut."""

    wants = "table, or a list of them"
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


@dataclass(frozen=True)
class WedgeTable(Table):
    """Lesions that go with a margin of the liver around them."""

    # fmt: off
    lesions: tuple[int, ...] | None = key(LesionNumbers(), required=True,
        option=Option("--wedge",
        "Lesions that go with a margin: 1,3 or all. The remnant is what all cuts leave."))
    margin_mm: float | None = key(Margin(),
        option=Option("--wedge-margin-mm", "Of wedges; the clearing margin unless told."))
    # fmt: on

    def made(self) -> Wedges:
        """Make the wedges.

        Raises `InputRefused`: `usage.wrong` for an option of the margin alone; as `Wedges`.
        """
        from fl_planner.liver.transection import Wedges

        if self.lesions is None:
            reason, remedy = "was given, and no wedge", "say by --wedge which lesions go"
            raise InputRefused("usage.wrong", "--wedge-margin-mm", reason, remedy)
        return Wedges(self.lesions, self.margin_mm)


class WedgesOf(Made):
    """Wedges, as one entry."""

    def write(self, value: Any, folder: Path) -> str:
        lesions = LesionNumbers().write(value.lesions, folder)
        told = value.margin_mm
        margin = "" if told is None else f", margin_mm = {Margin().write(told, folder)}"
        return f"{{ lesions = {lesions}{margin} }}"


@dataclass(frozen=True)
class PlanTable(Table):
    """One planned resection."""

    # fmt: off
    name: str | None = key(Text(), '"right hepatectomy"',
        "one [[plan]] or more; the first is the headline's", column="plan")
    remnant_segments: tuple[str, ...] = key(Segments(), "[1, 2, 3, 4]",
        "or resected_segments, or plane = { point_mm, normal, frame }, or wedges = { "
        "lesions, margin_mm }; further plans may have flr or resected",
        option="Segments that remain: 2,3 or 2-4.", column=True)
    resected_segments: tuple[str, ...] = key(Segments(), column=True)
    embolised_segments: tuple[str, ...] = key(Segments(), "[5, 6, 7, 8]",
        "whose portal branches are to be closed")
    stages: Literal[1, 2] | None = key(OneOf(1, 2), "1", "or 2")
    clearing_margin_mm: float | None = key(Margin(), f"{CLEARING_MARGIN_MM:g}",
        "around lesions left in the remnant; the default",
        option=f"Liver cleared around lesions left in the remnant; {CLEARING_MARGIN_MM:g} unless "
        "told.", column=True)
    flr: Source | None = key(File(), role="FLR of a further plan")
    resected: Source | None = key(File(), role="part removed in a further plan")
    cuts: tuple[BranchCut, ...] = key(Cuts(CutTable, made=True),
        '[{ tree = "portal", branch = "right_portal_vein" }]',
        'branches that are cut; or at_mm = [x, y, z] and frame = "RAS"',
        option=Option("--cut", "Branch that is cut: portal=x,y,z in mm, at most 5 mm from the "
        "vessel, or hepatic=middle_hepatic_vein."))
    plane: tuple[CutPlane, ...] = key(Planes(PlaneTable, one_alone=True, made=True),
        option='Cut, in mm: "x,y,z;a,b,c", a point and a normal to what stays, or three points, '
        "anticlockwise seen from what stays.")
    wedges: Wedges | None = key(WedgesOf(WedgeTable))
    # fmt: on

    def check(self) -> None:
        """Refuse a resection of everything."""
        from fl_planner.liver.names.structures import find_rest

        if self.resected_segments and not find_rest(self.resected_segments):
            raise WrongEntryError("its resected_segments leave no segment")

    def drawn(self) -> Iterator[tuple[str, Source]]:
        """Give the masks of its own, and what each is."""
        given = ((what, getattr(self, what)) for what in DRAWN)
        return ((what, path) for what, path in given if path is not None)

    @property
    def says_remnant(self) -> bool:
        """Whether it says what remains: by segments, planes or wedges."""
        return bool(self.remnant_segments or self.plane or self.wedges)

    def operation(self) -> Operation:
        """Make the operation; segments that are removed leave the rest."""
        from fl_planner.liver.names.structures import find_rest
        from fl_planner.planning.given.case import Operation

        resected, margin_mm = self.resected_segments, self.clearing_margin_mm
        return Operation(
            self.name,
            find_rest(resected) if resected else self.remnant_segments,
            resected,
            self.embolised_segments,
            self.stages,
            CLEARING_MARGIN_MM if margin_mm is None else margin_mm,
            cuts=self.cuts,
            planes=self.plane,
            wedges=self.wedges,
        )


@dataclass(frozen=True)
class ImagingTable(Table):
    """The CT, and who read it."""

    # fmt: off
    ct: Source | None = key(File(), '"ct.nii.gz"', "asked whether it fits",
        option="CT: asked whether it shows the liver there; drawn under the outlines.", column=True,
        role="CT")
    phase: str | None = key(Text(), '"portal venous"', column=True)
    date: datetime.date | None = key(Day(), "2026-05-04", "of the scan", column=True)
    reader: str | None = key(Text(), '"R1"', column=True)
    status: Literal["draft", "verified"] | None = key(OneOf("draft", "verified"), '"draft"',
        'or "verified", with the masks\' hashes in [imaging.sha256]')
    sha256: Mapping[str, tuple[str, ...]] = key(Hashes())
    # fmt: on


@dataclass(frozen=True)
class EmbolisationTable(Table):
    """What was closed to let the remnant grow, and when."""

    # fmt: off
    date: datetime.date | None = key(Day(), "2026-04-20", "on or before the scan: an arm was given",
        required=True)
    kind: EmbolisationKind | None = key(
        OneOf("PVE", "HVE", "PVE/HVE", "ALPPS", "Y90", spelt=EMBOLISATION_NAMES), '"PVE"',
        "PVE, HVE, PVE/HVE (LVD, eLVD, DVE), ALPPS, Y90", required=True)
    segments: tuple[str, ...] = key(Segments(), "[5, 6, 7, 8]", "whose branches were closed")
    # a scan's scores count up to it
    next_treatment: datetime.date | None = key(Day(), "2026-08-20",
        "next anticancer treatment; growth counts up to it")
    # fmt: on

    def check(self) -> None:
        """Refuse a treatment that is no next one."""
        if self.date and self.next_treatment is not None and self.next_treatment <= self.date:
            raise WrongEntryError("next_treatment is not after date")

    def made(self) -> Embolisation:
        """Make the embolisation."""
        from fl_planner.planning.given.case import Embolisation

        assert self.date is not None
        assert self.kind is not None
        return Embolisation(self.date, self.kind, self.segments, self.next_treatment)


@dataclass(frozen=True)
class PatientTable(Table):
    """How tall and heavy the patient is."""

    # fmt: off
    height_cm: Fraction | None = key(Size("CM", "parse_height"), "178",
        "for body surface and expected liver volume",
        option=Option("--height-cm", "Height of the patient, in cm.", heading=PATIENT), column=True)
    weight_kg: Fraction | None = key(Size("KG", "parse_weight"), "81",
        "for these, and for creatinine clearance",
        option=Option("--weight-kg", "Weight of the patient, in kg.", heading=PATIENT), column=True)
    # fmt: on


class TreatedMargin(Margin):
    """The margin of a treated area, which judges itself what is typed."""

    def parse(self, typed: Any, option: str, words: Words) -> float:
        return float(parse_decimal(option, typed))


@dataclass(frozen=True)
class TreatedTable(Table):
    """What a radioembolisation treats, where it is not drawn."""

    # fmt: off
    segments: tuple[str, ...] = key(Segments(), "[5, 8]", "where the treated area is not drawn",
        option=Option("--treated-segments", "Treated area by segments, such as 5,8."))
    with_tumour: bool = key(Flag(), "true", "the tumour and the segments that it occupies",
        option=Option("--treat-tumour",
        "Treated area: the tumour and the segments that it occupies."))
    margin_mm: float | None = key(TreatedMargin(), "10", "liver around these, treated too",
        option=Option("--treated-margin-mm", "Liver around these two, treated too."))
    # fmt: on

    def check(self) -> None:
        """Refuse an area of nothing."""
        if not (self.segments or self.with_tumour):
            raise WrongEntryError("name segments, or with_tumour = true")

    def territory(self, ours: Territory | None = None) -> Territory:
        """Make the territory; what is not said of it stays as `ours` has it."""
        from fl_planner.liver.transection import Territory

        segments, with_tumour = self.segments, self.with_tumour
        margin_mm = 0.0 if self.margin_mm is None else self.margin_mm
        if ours is not None:
            if not (segments or with_tumour):  # where it lies is one entry
                segments, with_tumour = ours.segments, ours.with_tumour
            margin_mm = ours.margin_mm if self.margin_mm is None else margin_mm
        return Territory(segments, with_tumour, margin_mm)


@dataclass(frozen=True)
class SecondReaderTable(Table):
    """Another reader's masks; a remnant there must be, for its cut decides the share."""

    # fmt: off
    flr: Source | None = key(File(), '"flr_r2.nii.gz"', "another reader's masks of the first plan",
        required=True, role="FLR of the second reader")
    liver: Source | None = key(File(), '"liver_r2.nii.gz"', role="liver of the second reader")
    tumour: Paths | None = key(Files(), '"tumour_r2.nii.gz"', role="tumour of the second reader")
    # fmt: on

    def made(self) -> dict[str, Paths]:
        """Give each file, or the several of a tumour, by structure."""
        given = {name: getattr(self, name) for name in READ_TWICE}
        return {name: one for name, one in given.items() if one is not None}


READ_TWICE = tuple(keys_of(SecondReaderTable))
USE_READ_TWICE = "write --second-reader flr=flr-2.nii.gz, and liver=... or tumour=... likewise"


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
    """Read the options, NAME=FILE each; a file alone is the remnant, several are one tumour.

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
    reason = f"{entry!r} names no structure"
    return InputRefused("usage.wrong", "--second-reader", reason, USE_READ_TWICE)


@dataclass(frozen=True)
class BaselineTable(Table):
    """Lesions of an earlier scan, by a mask or by a point in each."""

    # fmt: off
    mask: Paths | None = key(Files(), '"before.nii.gz"',
        "lesions of an earlier scan; or points_mm and frame")
    points_mm: tuple[Place, ...] = key(ListOf(Triple(PLACE)))
    frame: Frame | None = key(FRAME)
    registered: bool = key(Flag(), "true", "both scans lie over each other", required=True)
    # fmt: on

    def check(self) -> None:
        """Refuse lesions that are told twice or nowhere, and scans that are not registered."""
        if self.registered is not True:  # nobody else knows whether two scans lie over each other
            raise WrongEntryError(errors=[EntryError(("registered",), "give True")])
        if (self.mask is None) is (not self.points_mm):
            raise WrongEntryError("give mask or points_mm, one of them")
        if bool(self.points_mm) is (self.frame is None):
            raise WrongEntryError('points_mm need frame = "RAS" or "LPS"')


@dataclass(frozen=True)
class AcceptedTable(Table):
    """A finding that a reader has seen."""

    # fmt: off
    code: str | None = key(Text(), '"geometry.both_codes_zero"', "a finding that you have seen",
        required=True)
    by: str | None = key(Text(), '"R1"', required=True)
    why: str | None = key(Text(), '"side checked on the CT"', required=True)
    # fmt: on


@dataclass(frozen=True)
class CaseTables(Table):
    """All of a case file."""

    # fmt: off
    schema: int | None = key(Version(), "1", required=True)
    id: str | None = key(Text(), '"case-001"', "your pseudonym, printed as given")
    label: str | None = key(Text(), '"Bed 12"', "printed by --profile clinical alone", column=True)
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
        "flr, liver, tumour by a second reader: their difference makes the interval.", beside=True))
    baseline: BaselineTable | None = key(TableOf(BaselineTable, optional=True))
    function: FunctionTable | None = key(
        TableOf("fl_planner.given.studies:FunctionTable", mark="dynamic"))
    dose: DoseTable | None = key(TableOf("fl_planner.given.studies:DoseTable", mark="lung_shunt"))
    scores: ScoreTable | None = key(TableOf("fl_planner.given.background:ScoreTable"))
    context: ContextTable | None = key(TableOf("fl_planner.given.background:ContextTable"))
    facts: Mapping[str, Any] = key(TableOfNames({}))
    accepted: tuple[AcceptedTable, ...] = key(Tables(AcceptedTable, "[[accepted]]"))
    # fmt: on


class FactsFile(PathFile):
    """A file of facts; in Python the facts themselves too."""

    typed = "AnyPath | Mapping[str, object]"


@dataclass(frozen=True)
class AskedTable(Table):
    """What is asked beside a case file, and stands in none."""

    # fmt: off
    place_frame: Frame = key(OneOf("RAS", "LPS"),
        option=Option("--place-frame",
        "Frame of places in mm: RAS, x to the right and y to the front; or LPS.", default="RAS"))
    resample: bool = key(Flag(), option="Bring masks of other grids onto the finest.")
    facts: Path | Mapping[str, object] | None = key(FactsFile(),
        option=Option("--facts", "FACTS.json: more of what is known.", heading=PATIENT))
    centre: Path | None = key(PathFile(),
        option=Option("--centre", "CENTRE.toml: which trials recruit here.", heading=PATIENT))
    # fmt: on
