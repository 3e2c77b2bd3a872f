"""A resection, or a treated territory, told by planes, segments or lesions with a margin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fl_planner.basis.constants import CLEARING_MARGIN_MM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane, require_place
from fl_planner.liver.lesions.count import list_lesions
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import locate_lesions
from fl_planner.liver.segments.territories import map_territories
from fl_planner.space.cut import HalfSpace
from fl_planner.space.distance import find_rim
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite

PLANE = "cut plane"  # what refusals call it
MOST_MARGIN_MM = 50.0  # more is a slip: a margin in tenths, or a diameter [project's choice]


@dataclass(frozen=True, slots=True)
class Territory:
    """What is to be treated, in words; 0 <= margin_mm <= 50.

    - `segments`: whole Couinaud segments, halves of IV among them.
    - `with_tumour`: all lesions too, and each segment that holds some of one.
    - `margin_mm`: and the liver so far around, between voxel centres.

    Raises `InputRefused`: if nothing is named, or the margin cannot be.
    """

    segments: tuple[str, ...] = ()
    with_tumour: bool = False
    margin_mm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a territory of nothing, and a margin that no one means."""
        if not (self.segments or self.with_tumour):
            reason, remedy = "names no segment and no tumour", "name its segments, or the tumour"
            raise InputRefused("territory.empty", "treated territory", reason, remedy)
        if not 0 <= self.margin_mm <= MOST_MARGIN_MM:
            reason = f"a margin of {self.margin_mm:g} mm is outside 0 to {MOST_MARGIN_MM:g} mm"
            raise InputRefused("territory.margin", "treated territory", reason, "give it in mm")


def draw_territory(anatomy: Anatomy, wanted: Territory) -> Mask:
    """Draw a territory: segments, the lesions with the segments they occupy, and the margin.

    It ends where the organ does.

    Raises `InputRefused`: if a segment that is asked for is not in the map, or there is no tumour
    to treat.
    """
    drawn = anatomy.drawn_segments
    names = dict.fromkeys(wanted.segments)
    parts: list[Mask] = []
    if wanted.with_tumour:
        if anatomy.tumour is None or not anatomy.tumour.voxel_count:
            reason, remedy = "no tumour mask says what is to be treated", "give --tumour"
            raise InputRefused("territory.no_tumour", "treated territory", reason, remedy)
        names |= dict.fromkeys(_occupied(anatomy))
        parts.append(anatomy.tumour)
    missing = [name for name in names if name not in drawn]
    if missing:
        reason = f"the label map has no segment {', '.join(missing)}"
        remedy = "add --labelmap with these segments, or draw the area as --treated"
        source = anatomy.map_file or "treated territory"
        raise InputRefused("territory.no_segment", source, reason, remedy)
    organ = anatomy.organ
    core = unite([*(drawn[name] for name in names), *parts]) & organ
    if wanted.margin_mm and core.voxel_count:
        around, _ = find_rim(core, organ - core, [wanted.margin_mm])
        core = core | around
    return core.renamed("treated")


def _occupied(anatomy: Anatomy) -> tuple[str, ...]:
    """List the segments that the lesions occupy; without a map the tumour stands alone."""
    territories, lesions = map_territories(anatomy), measure_lesions(anatomy)
    if territories is None or lesions is None:
        return ()
    sites = locate_lesions(anatomy, lesions, territories)
    return tuple(dict.fromkeys(name for site in sites for name in site.needs))


MOST_TURN_DEGREES = 10.0  # of a plane, by one voxel: at 100 mm it is 18 mm off, more than the usual
# clearing margin of 10 mm [project's choice]


@dataclass(frozen=True, slots=True)
class Wedges:
    """Lesions that are cut out, each with a margin of the liver around it.

    - `lesions`: by number, from 1; empty for all.
    - `margin_mm`: centre to centre, 0 to 50; None for the plan's clearing margin.

    Raises `InputRefused`: `cut.no_wedge` where a number or the margin is none.

    Examples
    --------
    >>> Wedges((3, 1, 3)).lesions
    (1, 3)
    """

    lesions: tuple[int, ...] = ()
    margin_mm: float | None = None

    def __post_init__(self) -> None:
        """Order the lesions; refuse what is no wedge."""
        if any(number < 1 for number in self.lesions):
            raise _no_wedge(f"there is no lesion {min(self.lesions)}", "lesions count from 1")
        if self.margin_mm is not None and not 0 <= self.margin_mm <= MOST_MARGIN_MM:
            reason = f"a margin of {self.margin_mm:g} mm is outside 0 to {MOST_MARGIN_MM:g} mm"
            raise _no_wedge(reason, "give it in mm")
        object.__setattr__(self, "lesions", tuple(sorted({*self.lesions})))


@dataclass(frozen=True, slots=True)
class Transection:
    """Planes and wedges of one resection: what all of them leave is the remnant.

    - `planes`: what each points to stays, with the voxels whose centres lie in it.
    - `wedges`: lesions that go with a margin; None for none.
    - `margin_mm`: of wedges that tell none.
    """

    planes: tuple[CutPlane, ...] = ()
    wedges: Wedges | None = None
    margin_mm: float = CLEARING_MARGIN_MM

    @property
    def wedge_margin_mm(self) -> float:
        """The margin of liver that goes with the lesions of wedges."""
        told = None if self.wedges is None else self.wedges.margin_mm
        return self.margin_mm if told is None else told

    def say(self) -> str:
        """Say what cuts: "a plane", "wedges of lesions 1, 3 with 10 mm"."""
        count = len(self.planes)
        planes = ["a plane" if count == 1 else f"{count} planes"] if count else []
        if self.wedges is None:
            return "".join(planes)
        numbers = ", ".join(map(str, self.wedges.lesions))
        several = "wedges of lesions" if len(self.wedges.lesions) > 1 else "a wedge of lesion"
        named = f"{several} {numbers}" if self.wedges.lesions else "wedges of all lesions"
        return " and ".join([*planes, f"{named} with {self.wedge_margin_mm:g} mm"])

    def keep(self, anatomy: Anatomy, part: Mask) -> Mask:
        """Draw what the planes leave of a part of the liver.

        Raises `InputRefused`: `geometry.place_missing`; `cut.removes_nothing` where a plane has all
        of the liver before it, and `cut.leaves_nothing` where it has none.
        """
        organ = anatomy.organ
        if self.planes:
            require_place(anatomy)
        for plane in self.planes:
            side = HalfSpace.of(organ.grid, organ.box | part.box, *plane.in_ras())
            kept = side.draw(organ).voxel_count
            if not kept:
                raise leaves_nothing("move the plane, or turn its normal round")
            if kept == organ.voxel_count:
                raise removes_nothing("it does not pass through the liver", "move it")
            part = side.draw(part)
        return part

    def find_close_points(self, grid: Grid) -> Iterator[Finding]:
        """Find planes through three points so near each other that a voxel turns them much."""
        voxel_mm = max(grid.spacing_mm)
        for plane in self.planes:
            degrees = plane.turn_degrees(voxel_mm)
            if degrees > MOST_TURN_DEGREES:
                message = (
                    "cut plane: its three points lie close together (least height of their "
                    f"triangle {plane.height_mm:.1f} mm); one of them a voxel off "
                    f"({voxel_mm:.3g} mm) turns the plane by {degrees:.0f} degrees. Give points "
                    "far apart, or a point and a normal"
                )
                code = "cut.points_close"
                yield Finding(code, Severity.WARNING, message, value=degrees, unit="deg")

    def list_wedged(self, anatomy: Anatomy) -> dict[int, Mask]:
        """List the lesions that wedges take, by number.

        Raises `InputRefused`: `cut.no_lesion` where there is none, or none of a number.
        """
        if self.wedges is None:
            return {}
        lesions = dict(enumerate(list_lesions(anatomy), start=1))
        if not lesions:
            reason, remedy = "there is no lesion to cut out", "give the tumour, or leave wedges out"
            raise InputRefused("cut.no_lesion", "wedge", reason, remedy)
        missing = [number for number in self.wedges.lesions if number not in lesions]
        if missing:
            reason = (
                f"there is no lesion {', '.join(map(str, missing))}: they are 1 to {len(lesions)}"
            )
            raise InputRefused("cut.no_lesion", "wedge", reason, "name lesions by their numbers")
        wanted = self.wedges.lesions or tuple(lesions)
        return {number: lesions[number] for number in wanted}

    def numbered(self, lesions: dict[int, Mask]) -> Transection:
        """Name the lesions that its wedges take, where it took all."""
        if self.wedges is None:
            return self
        return replace(self, wedges=Wedges(tuple(lesions), self.wedge_margin_mm))

    def draw_wedges(self, anatomy: Anatomy, lesions: dict[int, Mask]) -> Mask | None:
        """Draw what goes with these lesions: them, and the organ within the margin, tumour too."""
        if not lesions:
            return None
        organ, margin_mm = anatomy.organ, self.wedge_margin_mm
        gone = [*lesions.values()]
        for lesion in lesions.values():  # one by one, for a box around all is the whole liver
            near = organ.cropped(organ.grid.around(lesion.box, margin_mm)) - lesion
            gone.append(find_rim(lesion, near, (margin_mm,))[0])
        return unite(gone)


def leaves_nothing(remedy: str, called: str = PLANE) -> InputRefused:
    """Refuse a cut that leaves no remnant."""
    reason = "leaves no tumour-free, working liver"
    return InputRefused("cut.leaves_nothing", called, reason, remedy)


def removes_nothing(why: str, remedy: str, called: str = PLANE) -> InputRefused:
    """Refuse a cut that leaves all."""
    return InputRefused("cut.removes_nothing", called, f"removes nothing: {why}", remedy)


def _no_wedge(reason: str, remedy: str) -> InputRefused:
    return InputRefused("cut.no_wedge", "wedge", reason, remedy)
