"""Tables of a case file that say what is planned, and what its label map means."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from fl_planner.basis.constants import CLEARING_MARGIN_MM
from fl_planner.basis.glossary import EMBOLISATION_NAMES, EmbolisationKind
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.intake.documents.toml import (
    Error,
    File,
    Several,
    Table,
    Text,
    in_table,
    is_number,
    meant,
    table_in,
)
from fl_planner.intake.reading.second_reader import READ_TWICE, BaselineFiles
from fl_planner.intake.reading.union import Paths, paths_in
from fl_planner.intake.request.words import BRANCHES, as_ras, lay_plane, read_branch
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.names.exclusions import parse_labels
from fl_planner.liver.names.structures import ACCEPTED, TreeName, find_rest, parse_segment
from fl_planner.liver.transection import MOST_MARGIN_MM, Territory, Wedges
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.patient.body_size import parse_height, parse_weight
from fl_planner.planning.given.case import Embolisation, Operation
from fl_planner.space.grid import Frame, Place

DRAWN = ("flr", "resected")  # masks that a plan may have of its own
CUT_BY = ("plane", "wedges")  # what stands in the place of such a mask
EITHER = (("remnant_segments", "resected_segments"), DRAWN)  # of each two, one at most


def _read_segment(entry: object) -> str:
    whole = isinstance(entry, int) and not isinstance(entry, bool)
    name = parse_segment(str(entry)) if whole or isinstance(entry, str) else None
    if name is None:
        raise PydanticCustomError("segment", f"give a segment: {ACCEPTED}")
    return name


def _read_size(parse: Callable[[Decimal], Fraction]) -> PlainValidator:
    def read(entry: object) -> Fraction:
        if not is_number(entry):
            raise PydanticCustomError("number", "give a number")
        with in_table("size"):
            return parse(Decimal(entry))

    return PlainValidator(read)


Segment = Annotated[str, PlainValidator(_read_segment)]
Margin = Annotated[float, Field(ge=0, le=MOST_MARGIN_MM)]


def _require_three(what: str) -> AfterValidator:
    def check(entries: list[Entry]) -> list[Entry]:
        if len(entries) != 3:
            raise PydanticCustomError("three", f"give {what}: these are {len(entries)}")
        return entries

    return AfterValidator(check)


Coordinate = Annotated[float, Field(allow_inf_nan=False)]
PlaceMm = Annotated[list[Coordinate], _require_three("x, y, z in mm")]
Direction = Annotated[list[Coordinate], _require_three("x, y, z of a direction")]
Entry = TypeVar("Entry")
NEED_FRAME = '{} frame = "RAS" or "LPS"'


class CutTable(Table):
    """A branch that is cut: a place in it, or its name."""

    tree: Literal["portal", "hepatic"]
    at_mm: PlaceMm | None = None
    frame: Frame | None = None
    branch: Text | None = None

    @model_validator(mode="after")
    def _says_where(self) -> CutTable:
        if (self.at_mm is None) is (self.branch is None):
            raise PydanticCustomError("cut", "give at_mm or branch, one of them")
        if (self.at_mm is None) is not (self.frame is None):
            raise PydanticCustomError("cut", NEED_FRAME.format("at_mm needs"))
        if self.branch is not None and read_branch(self.tree, self.branch) is None:
            known = BRANCHES[self.tree]
            near = meant(self.branch, known)
            what = f"branch: no branch of the {self.tree} veins is called {self.branch!r}{near}"
            raise PydanticCustomError("cut", f"{what}; give one of {', '.join(known)}")
        return self

    def cut(self) -> BranchCut:
        """Make the cut, its place in RAS+."""
        if self.branch is not None:
            return BranchCut(self.tree, branch=read_branch(self.tree, self.branch))
        return BranchCut(self.tree, as_ras(self.at_mm or (), self.frame or "RAS"))


class VesselTable(Table):
    """Where the trees of the vessels begin."""

    portal_root_mm: PlaceMm | None = None
    hepatic_root_mm: PlaceMm | None = None
    frame: Frame | None = None

    @model_validator(mode="after")
    def _says_where(self) -> VesselTable:
        if (self.portal_root_mm or self.hepatic_root_mm) and self.frame is None:
            raise PydanticCustomError("roots", NEED_FRAME.format("places need"))
        return self

    def roots(self) -> dict[TreeName, Place]:
        """Give each root that was told, in RAS+."""
        told: tuple[tuple[TreeName, list[float] | None], ...] = (
            ("portal", self.portal_root_mm),
            ("hepatic", self.hepatic_root_mm),
        )
        frame = self.frame or "RAS"
        return {tree: as_ras(place, frame) for tree, place in told if place is not None}


class PlaneTable(Table):
    """A plane that cuts: a point and a normal to what stays, or three points."""

    point_mm: PlaceMm | None = None
    normal: Direction | None = None
    points_mm: Annotated[list[PlaceMm], _require_three("three points")] | None = None
    frame: Frame

    @model_validator(mode="after")
    def _says_where(self) -> PlaneTable:
        told = [one is not None for one in (self.point_mm, self.normal, self.points_mm)]
        if told not in ([True, True, False], [False, False, True]):
            raise PydanticCustomError("plane", "give point_mm and normal, or points_mm")
        with in_table("plane"):
            self.plane()
        return self

    def plane(self) -> CutPlane:
        """Make the plane."""
        told = self.points_mm or [one for one in (self.point_mm, self.normal) if one is not None]
        return lay_plane([(x, y, z) for x, y, z in told], self.frame)


class WedgeTable(Table):
    """Lesions that go with a margin of the liver around them."""

    lesions: list[Annotated[int, Field(ge=1)]] | Literal["all"]
    margin_mm: Margin | None = None

    @model_validator(mode="after")
    def _names_some(self) -> WedgeTable:
        if not self.lesions:
            raise PydanticCustomError("wedges", 'lesions: name some by number, or "all"')
        return self

    def wedges(self) -> Wedges:
        """Make the wedges."""
        return Wedges(() if self.lesions == "all" else tuple(self.lesions), self.margin_mm)


def _one_or_several(entry: object) -> object:
    return [entry] if isinstance(entry, Mapping) else entry


class PlanTable(Table):
    """One planned resection."""

    name: Text | None = None
    remnant_segments: list[Segment] = Field(default_factory=list)
    resected_segments: list[Segment] = Field(default_factory=list)
    embolised_segments: list[Segment] = Field(default_factory=list)
    stages: Literal[1, 2] | None = None
    clearing_margin_mm: Margin = CLEARING_MARGIN_MM
    flr: File | None = None
    resected: File | None = None
    cuts: list[CutTable] = Field(default_factory=list)
    plane: Annotated[list[PlaneTable], BeforeValidator(_one_or_several)] = Field(
        default_factory=list
    )
    wedges: WedgeTable | None = None

    @model_validator(mode="after")
    def _leaves_something(self) -> PlanTable:
        if self.resected_segments and not find_rest(self.resected_segments):
            raise PydanticCustomError("nothing_left", "its resected_segments leave no segment")
        return self

    def drawn(self) -> Iterator[tuple[str, str]]:
        """Give the masks of its own, what each is and its path."""
        given = ((what, getattr(self, what)) for what in DRAWN)
        return ((what, path) for what, path in given if path is not None)

    def operation(self) -> Operation:
        """Make the operation; segments that are removed leave the rest."""
        resected = tuple(dict.fromkeys(self.resected_segments))
        return Operation(
            self.name,
            find_rest(resected) if resected else tuple(dict.fromkeys(self.remnant_segments)),
            resected,
            tuple(dict.fromkeys(self.embolised_segments)),
            self.stages,
            self.clearing_margin_mm,
            cuts=tuple(one.cut() for one in self.cuts),
            planes=tuple(one.plane() for one in self.plane),
            wedges=None if self.wedges is None else self.wedges.wedges(),
        )


class BaselineTable(Table):
    """Lesions of an earlier scan, by a mask or by a point in each."""

    mask: Several | None = None
    points_mm: list[Annotated[list[float], _require_three("x, y, z in mm")]] = Field(
        default_factory=list
    )
    frame: Literal["RAS", "LPS"] | None = None
    registered: Literal[True]  # nobody else knows whether two scans lie over each other

    @model_validator(mode="after")
    def _says_where(self) -> BaselineTable:
        if (self.mask is None) is (not self.points_mm):
            raise PydanticCustomError("baseline", "give mask or points_mm, one of them")
        if bool(self.points_mm) is (self.frame is None):
            raise PydanticCustomError("baseline", 'points_mm need frame = "RAS" or "LPS"')
        if not all(isfinite(number) for point in self.points_mm for number in point):
            raise PydanticCustomError("baseline", "points_mm: give finite numbers")
        return self

    def files(self, folder: Path) -> BaselineFiles:
        """Give them as they are to be read."""
        mask = None if self.mask is None else paths_in(folder, self.mask)
        points = tuple((x, y, z) for x, y, z in self.points_mm)
        return BaselineFiles(mask, points, self.frame or "RAS")


def _read_kind(entry: object) -> object:
    """Read another name of a kind, LVD, as the kind that it is."""
    return EMBOLISATION_NAMES.get(entry, entry) if isinstance(entry, str) else entry


class EmbolisationTable(Table):
    """What was closed to let the remnant grow, and when."""

    date: datetime.date
    kind: Annotated[EmbolisationKind, BeforeValidator(_read_kind)]
    segments: list[Segment] = Field(default_factory=list)
    next_treatment: datetime.date | None = None  # a scan's scores count up to it

    @model_validator(mode="after")
    def _rises(self) -> EmbolisationTable:
        if self.next_treatment is not None and self.next_treatment <= self.date:
            raise PydanticCustomError("days", "next_treatment is not after date")
        return self

    def told(self) -> Embolisation:
        """Make the embolisation."""
        segments = tuple(dict.fromkeys(self.segments))
        return Embolisation(self.date, self.kind, segments, self.next_treatment)


class Treated(Table):
    """What a radioembolisation treats, where it is not drawn."""

    segments: list[Segment] = Field(default_factory=list)
    with_tumour: bool = False
    margin_mm: Margin = 0.0

    @model_validator(mode="after")
    def _treats_something(self) -> Treated:
        if not (self.segments or self.with_tumour):
            raise PydanticCustomError("nothing_treated", "name segments, or with_tumour = true")
        return self

    def territory(self) -> Territory:
        """Make the territory."""
        segments = tuple(dict.fromkeys(self.segments))
        return Territory(segments, self.with_tumour, self.margin_mm)


class SecondReader(Table):
    """The table of a case file; a remnant there must be, for its cut decides the share."""

    flr: File
    liver: File | None = None
    tumour: Several | None = None

    def files(self, folder: Path) -> dict[str, Paths]:
        """Give each file, or the several of a tumour, by structure."""
        given = {name: getattr(self, name) for name in READ_TWICE}
        return {name: paths_in(folder, one) for name, one in given.items() if one is not None}


class Patient(Table):
    """How tall and heavy the patient is."""

    height_cm: Annotated[Fraction | None, _read_size(parse_height)] = None
    weight_kg: Annotated[Fraction | None, _read_size(parse_weight)] = None


def find_planned_twice(plans: Sequence[object], masks: Mapping[str, object]) -> Iterator[Error]:
    """Find what plans say in two ways: one of them may be wrong, and nothing tells which."""
    names: dict[object, int] = {}
    for number, plan in enumerate(plans):
        if not isinstance(plan, Mapping):
            continue
        where = ("plan", str(number))
        for pair in EITHER:
            if all(plan.get(key) for key in pair):
                yield (*where, pair[1]), f"plan.{number}.{pair[1]}: give it or {pair[0]}, not both"
        for cut, drawn in product(CUT_BY, DRAWN):
            if plan.get(cut) and (plan.get(drawn) or (number == 0 and drawn in masks)):
                yield (*where, cut), f"plan.{number}.{cut}: give it or {drawn}, not both"
        for drawn in DRAWN if number == 0 else ():
            if drawn in plan and set(DRAWN) & masks.keys():
                what = f"plan.0.{drawn}: the first plan's remnant is drawn in [masks] too"
                yield (*where, drawn), what
        name = plan.get("name")
        if isinstance(name, str) and names.setdefault(name, number) != number:
            what = f"plan.{number}.name: plan.{names[name]} is called {name!r} too"
            yield (*where, "name"), as_plain_text(what)


MOST_LABELS = 500  # of a map; the largest segmenters know some hundred [project's choice]


def read_own_labels(table: Mapping[str, object]) -> tuple[dict[int, str] | None, list[Error]]:
    """Read a label map's own labels; None where it has none."""
    given = table_in(table, "masks", "labelmap")
    if "labels" not in given:
        return None, []
    where = ("masks", "labelmap", "labels")
    said = ".".join(where)
    typed = table_in(table, *where)
    if len(typed) > MOST_LABELS:
        return None, [(where, f"{said}: holds {len(typed):,} labels, more than {MOST_LABELS}")]
    schemes = read_bundled_schemes().values()
    known = {name for scheme in schemes for name in scheme.structures.values()}
    labels, wrong = parse_labels(typed, known)
    errors: list[Error] = [
        ((*where, key), as_plain_text(f"{said}.{key}: {what}")) for key, what in wrong
    ]
    if isinstance(given["labels"], Mapping) and not typed:
        errors.append((where, f"{said}: is empty"))
    if "scheme" in given:
        errors.append((where, f"{said}: give it or scheme, not both"))
    return labels, errors
