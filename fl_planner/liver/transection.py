"""A resection or a treated area defined by planes, segments or lesions with a margin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from msgspec import Struct

from fl_planner.basis.defaults import CLEARING_MARGIN_MM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane, require_place
from fl_planner.liver.cut_surface import CutSurface
from fl_planner.liver.lesions.count import list_lesions
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import locate_lesions
from fl_planner.liver.names.structures import list_segments
from fl_planner.liver.segments.territories import map_territories
from fl_planner.space.cut import HalfSpace
from fl_planner.space.distance import find_rim
from fl_planner.space.mask import Mask, unite

PLANE, SURFACE = "cutting plane", "cutting surface"  # sources in refusals
MOST_MARGIN_MM = 50.0  # more is an error: a margin in tenths, or a diameter [project's choice]


class Territory(Struct, frozen=True):
    """Definition of a treated area; 0 <= margin_mm <= 50.

    - `segments`: whole Couinaud segments, or halves of IV.
    - `with_tumour`: also all lesions, and each segment that contains part of one.
    - `margin_mm`: margin of liver around them, between voxel centres.

    Raises `InputRefused`: if it is empty, or the margin is outside its range.
    """

    segments: tuple[str, ...] = ()
    with_tumour: bool = False
    margin_mm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an empty area, and an impossible margin."""
        if not (self.segments or self.with_tumour):
            reason = "includes neither a segment nor tumour"
            remedy = "give its segments, or include the tumour"
            raise InputRefused("territory.empty", "treated area", reason, remedy)
        if not 0 <= self.margin_mm <= MOST_MARGIN_MM:
            reason = (
                f"a margin of {self.margin_mm:g} mm is outside the range of 0 to "
                f"{MOST_MARGIN_MM:g} mm"
            )
            raise InputRefused("territory.margin", "treated area", reason, "give it in mm")


def draw_territory(anatomy: Anatomy, wanted: Territory) -> Mask:
    """Return a treated area: segments, lesions with the segments they occupy, and the margin.

    It is limited to the organ.

    Raises `InputRefused`: if a segment is not in the map, or there is no tumour to treat.
    """
    drawn = anatomy.drawn_segments
    names = dict.fromkeys(wanted.segments)
    parts: list[Mask] = []
    if wanted.with_tumour:
        if anatomy.tumour is None or not anatomy.tumour.voxel_count:
            reason, remedy = (
                "the tumour is to be treated, but there is no tumour mask, or it is empty",
                "give the tumour mask (--tumour), or define the treated area by segments alone",
            )
            raise InputRefused("territory.no_tumour", "treated area", reason, remedy)
        names |= dict.fromkeys(_occupied(anatomy))
        parts.append(anatomy.tumour)
    if missing := [name for name in names if name not in drawn]:
        code, asked, listed = "territory.no_segment", "treated area", list_segments(missing)
        remedy = "add --labelmap with these segments, or draw the area as --treated"
        if not drawn:
            why = f"the treated area includes {listed}"
            raise anatomy.refuse_unmapped(code, asked, why, remedy)
        reason = f"the label map does not contain {listed}"
        raise InputRefused(code, anatomy.map_file or asked, reason, remedy)
    organ = anatomy.organ
    core = unite([*(drawn[name] for name in names), *parts]) & organ
    if wanted.margin_mm and core.voxel_count:
        around, _ = find_rim(core, organ - core, [wanted.margin_mm])
        core = core | around
    return core.renamed("treated")


def _occupied(anatomy: Anatomy) -> tuple[str, ...]:
    """List the segments that the lesions occupy; empty without a map."""
    territories, lesions = map_territories(anatomy), measure_lesions(anatomy)
    if territories is None or lesions is None:
        return ()
    sites = locate_lesions(anatomy, lesions, territories)
    return tuple(dict.fromkeys(name for site in sites for name in site.needs))


# Rotation of a plane by one voxel: 18 mm at a distance of 100 mm, more than the usual clearing
# margin of 10 mm [project's choice]
MOST_TURN_DEGREES = 10.0
MOST_AWAY_MM = 50.0  # of a point of a curved surface from the liver [project's choice]
MOST_MOVED_MM = 18.0  # of a curved surface in the liver: as a plane at 100 mm [project's choice]


@dataclass(frozen=True, slots=True)
class Wedges:
    """Lesions removed by wedge resection, each with a margin.

    - `lesions`: lesions by number, from 1; empty for all.
    - `margin_mm`: centre to centre, 0 to 50; None for the plan's clearing margin.

    Raises `InputRefused`: `cut.no_wedge` for an invalid number or margin.

    Examples
    --------
    >>> Wedges((3, 1, 3)).lesions
    (1, 3)
    """

    lesions: tuple[int, ...] = ()
    margin_mm: float | None = None

    def __post_init__(self) -> None:
        """Sort the lesions, and check their numbers and the margin."""
        if any(number < 1 for number in self.lesions):
            raise _no_wedge(
                f"there is no lesion {min(self.lesions)}", "lesions are numbered from 1"
            )
        if self.margin_mm is not None and not 0 <= self.margin_mm <= MOST_MARGIN_MM:
            reason = (
                f"a margin of {self.margin_mm:g} mm is outside the range of 0 to "
                f"{MOST_MARGIN_MM:g} mm"
            )
            raise _no_wedge(reason, "give it in mm")
        object.__setattr__(self, "lesions", tuple(sorted({*self.lesions})))


@dataclass(frozen=True, slots=True)
class Transection:
    """Planes, curved surfaces and wedges of one resection, which together leave the remnant.

    - `planes`, `surfaces`: the side to which each points remains, with voxel centres in it.
    - `wedges`: lesions removed with a margin; None if there are none.
    - `margin_mm`: default margin of wedges.
    """

    planes: tuple[CutPlane, ...] = ()
    wedges: Wedges | None = None
    margin_mm: float = CLEARING_MARGIN_MM
    surfaces: tuple[CutSurface, ...] = ()

    @property
    def wedge_margin_mm(self) -> float:
        """Margin of liver around the lesions of wedges."""
        given = None if self.wedges is None else self.wedges.margin_mm
        return self.margin_mm if given is None else given

    @property
    def wedge_margins_mm(self) -> dict[int, float]:
        """Margin of each lesion removed by a wedge, by number (`numbered`)."""
        lesions = () if self.wedges is None else self.wedges.lesions
        return dict.fromkeys(lesions, self.wedge_margin_mm)

    def describe(self) -> str:
        """Describe the cut: "a plane", "a wedge resection of lesion 3 with a margin of 10 mm"."""
        planes = [
            f"a {name}" if count == 1 else f"{count} {name}s"
            for name, count in (("plane", len(self.planes)), ("curved surface", len(self.surfaces)))
            if count
        ]
        if self.wedges is None:
            return " and ".join(planes)
        numbers = ", ".join(map(str, self.wedges.lesions))
        one = len(self.wedges.lesions) == 1
        several = "a wedge resection of lesion" if one else "wedge resections of lesions"
        named = f"{several} {numbers}" if self.wedges.lesions else "wedge resections of all lesions"
        return " and ".join([*planes, f"{named} with a margin of {self.wedge_margin_mm:g} mm"])

    def keep(self, anatomy: Anatomy, part: Mask) -> Mask:
        """Return the part of the liver left by the planes and surfaces.

        Raises `InputRefused`: `geometry.place_missing`; `cut.removes_nothing` if all of the liver
        is in front of a plane, and `cut.leaves_nothing` if none is.
        """
        organ = anatomy.organ
        if self.planes or self.surfaces:
            require_place(anatomy)
        whole = organ | part
        sides: list[HalfSpace | CutSurface] = [
            HalfSpace.of(organ.grid, whole.box, *plane.in_ras()) for plane in self.planes
        ]
        for side in (*sides, *self.surfaces):
            called = SURFACE if isinstance(side, CutSurface) else PLANE
            what = called.removeprefix("cutting ")
            front = side.draw(whole)
            kept = (front & organ).voxel_count
            if not kept:
                raise leaves_nothing(f"move the {what}, or reverse its normal", called)
            if kept == organ.voxel_count:
                raise removes_nothing(
                    "it does not pass through the liver", f"move the {what}", called
                )
            part = part & front
        return part

    def find_close_points(self, organ: Mask) -> Iterator[Finding]:
        """Find cuts through points so close together that one voxel moves them considerably."""
        voxel_mm, code = max(organ.grid.spacing_mm), "cut.points_close"
        for plane in self.planes:
            degrees = plane.turn_degrees(voxel_mm)
            if degrees > MOST_TURN_DEGREES:
                message = (
                    "cutting plane: its three points are close together (smallest height of their "
                    f"triangle {plane.height_mm:.1f} mm). Moving one point by one voxel "
                    f"({voxel_mm:.3g} mm) rotates the plane by {degrees:.0f} degrees. Give points "
                    "far apart, or a point and a normal"
                )
                yield Finding(code, Severity.WARNING, message, value=degrees, unit="deg")
        for surface in self.surfaces:
            moved_mm = surface.displacement_mm(organ, voxel_mm)
            if moved_mm > MOST_MOVED_MM:
                message = (
                    "cutting surface: its points cover too little of the liver. Moving one point "
                    f"by one voxel ({voxel_mm:.3g} mm) moves the surface by up to "
                    f"{moved_mm:.0f} mm in the liver. Give points spread across the liver"
                )
                yield Finding(code, Severity.WARNING, message, value=moved_mm, unit="mm")

    def find_far_points(self, organ: Mask) -> Iterator[Finding]:
        """Find curved surfaces with a point far from the liver, which moves the whole surface."""
        for surface in self.surfaces:
            distance_mm = surface.distance_mm(organ)
            if distance_mm > MOST_AWAY_MM:
                message = (
                    f"cutting surface: one of its points is more than {MOST_AWAY_MM:g} mm from the "
                    "liver. Check the coordinates of its points, and their frame (RAS or LPS)"
                )
                code = "cut.point_far"
                yield Finding(code, Severity.WARNING, message, value=distance_mm, unit="mm")

    def list_wedged(self, anatomy: Anatomy) -> dict[int, Mask]:
        """List the lesions removed by wedges, by number.

        Raises `InputRefused`: `cut.no_lesion` without lesions, or for an unknown number.
        """
        if self.wedges is None:
            return {}
        lesions = dict(enumerate(list_lesions(anatomy), start=1))
        if not lesions:
            reason = "there is no lesion to remove"
            remedy = "give the tumour mask, or omit the wedges"
            raise InputRefused("cut.no_lesion", "wedge", reason, remedy)
        missing = [number for number in self.wedges.lesions if number not in lesions]
        if missing:
            numbers = join_words(map(str, missing), "or")
            reason = f"there is no lesion {numbers}: lesions are numbered 1 to {len(lesions)}"
            raise InputRefused("cut.no_lesion", "wedge", reason, "give valid lesion numbers")
        wanted = self.wedges.lesions or tuple(lesions)
        return {number: lesions[number] for number in wanted}

    def numbered(self, lesions: dict[int, Mask]) -> Transection:
        """Return the cuts with the numbers of all lesions removed by wedges."""
        if self.wedges is None:
            return self
        return replace(self, wedges=Wedges(tuple(lesions), self.wedge_margin_mm))

    def draw_wedges(self, anatomy: Anatomy, lesions: dict[int, Mask]) -> Mask | None:
        """Return the wedges: these lesions, and the organ within the margin, including tumour."""
        if not lesions:
            return None
        organ, margin_mm = anatomy.organ, self.wedge_margin_mm
        gone = [*lesions.values()]
        for lesion in lesions.values():  # one by one, as a box around all is the whole liver
            near = organ.cropped(organ.grid.around(lesion.box, margin_mm)) - lesion
            gone.append(find_rim(lesion, near, (margin_mm,))[0])
        return unite(gone)


def leaves_nothing(remedy: str, called: str = PLANE) -> InputRefused:
    """Refuse a cut that leaves no remnant."""
    reason = "leaves no non-tumorous functioning liver"
    return InputRefused("cut.leaves_nothing", called, reason, remedy)


def removes_nothing(why: str, remedy: str, called: str = PLANE) -> InputRefused:
    """Refuse a cut that removes nothing."""
    return InputRefused("cut.removes_nothing", called, f"removes nothing: {why}", remedy)


def _no_wedge(reason: str, remedy: str) -> InputRefused:
    return InputRefused("cut.no_wedge", "wedge", reason, remedy)
