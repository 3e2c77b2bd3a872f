"""The part of a liver that a radioembolisation treats, told by segments and by a margin."""

from dataclasses import dataclass

from fl_planner.basis.errors import InputRefused
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import find_sites
from fl_planner.liver.segments.territories import map_territories
from fl_planner.space.mask import Mask, unite
from fl_planner.space.rim import find_rim

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
    sites = find_sites(anatomy, lesions, territories)
    return tuple(dict.fromkeys(name for site in sites for name in site.needs))
