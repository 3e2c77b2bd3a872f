"""Contents of each section of a picture: counted voxels, other structures, and the CT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import list_first
from fl_planner.formats.segments.colours import VESSEL_KINDS
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.segments.segments import FOURTH
from fl_planner.report.picture.draw.canvas import Stamp
from fl_planner.report.picture.draw.colours import VESSEL_NAMES
from fl_planner.report.picture.slices.cuts import (
    VIEWS,
    Calliper,
    LayerView,
    PlacedMark,
    Places,
    VesselMark,
    place_marks,
    select_cuts,
)
from fl_planner.report.picture.slices.panels import (
    Panel,
    Values,
    as_grey,
    fit,
    knows_place,
    lay_out,
    view_image,
)
from fl_planner.space.grid import Image, Voxels
from fl_planner.space.mask import Mask, unite

EXCLUDED, OTHER = "excluded", "vessels"  # parts of a picture
VESSEL_PARTS = (*VESSEL_KINDS,)
_KIND_OF = {name: kind for kind, names in VESSEL_KINDS.items() for name in names}
MOST_NAMES = 3  # of excluded structures or vessels in the legend


def list_surroundings(anatomy: Anatomy) -> dict[str, tuple[Mask, ...]]:
    """List excluded parts, and vessels by kind; excluded vessels are drawn as vessels too."""
    found: dict[str, list[Mask]] = {part: [] for part in (EXCLUDED, *VESSEL_PARTS)}
    for mask in (*anatomy.excluded, *anatomy.vessels.values()):
        of_kind = found[_KIND_OF.get(mask.name, EXCLUDED)]
        if mask.voxel_count and not any(mask is one for one in of_kind):
            of_kind.append(mask)
    return {part: tuple(masks) for part, masks in found.items() if masks}


def name_surroundings(part: str, masks: Iterable[Mask]) -> str:
    """Name a part in the legend with its structures; a single tree by its name only.

    Examples
    --------
    >>> name_surroundings("hepatic", ())
    'hepatic veins'
    """
    whole = VESSEL_NAMES.get(part, part)
    names = [*dict.fromkeys(mask.name.replace("_", " ") for mask in masks)]
    if part == OTHER or not [name for name in names if name != whole]:
        return whole
    return f"{whole}: {list_first(names, MOST_NAMES)}"


# as they are drawn, the last one on top
LOST_PARTS = ("inflow_lost", "outflow_lost")
PARTS = ("liver", "treated", "remnant", *LOST_PARTS, EXCLUDED, *VESSEL_PARTS, "tumour")


class LostPart(NamedTuple):
    """A part of the remnant that loses its supply, as counted, with its volume in words."""

    mask: Mask
    says: str


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Content of a picture of a plan; numbers are text, formatted with all others.

    - `anatomy`: all masks, on one grid.
    - `remnant`: the part to remain; its tumour-free part inside the liver is drawn, as this part
      is counted.
    - `image`: CT under the outlines, on any grid.
    - `lesion`: the largest lesion, shown by the cuts; by default the whole tumour.
    - `lesions`: all lesions in the order of their numbers.
    - `calliper`: the measured axial diameter; the axial cut passes through it.
    - `lost` (mapping of a name of `LOST_PARTS` to LostPart): parts of the remnant that lose their
      supply.
    - `marks`: cuts of vessels, and shortest distances of lesions from vessels.
    - `stamp`: text at the top of the file; None on a page that has it already.
    - `numbers` (tuple of (name, text)): one line each: ("FLR", "402 mL, 27.4 % of the non-tumorous
      liver").
    - `findings`: all findings; the most severe are selected here.
    - `not_to_use`: the reason why a number is not to be used; empty if all may be.
    """

    anatomy: Anatomy
    remnant: Remnant | None = None
    image: Image | None = None
    lesion: Mask | None = None
    lesions: tuple[Mask, ...] = ()
    calliper: Calliper | None = None
    lost: Mapping[str, LostPart] = field(default_factory=dict)
    marks: tuple[VesselMark, ...] = ()
    stamp: Stamp | None = None
    numbers: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    not_to_use: str = ""

    def __post_init__(self) -> None:
        """Refuse masks of several grids, because a cut would show different positions."""
        anatomy, grid = self.anatomy, self.anatomy.liver.grid
        remnant = None if self.remnant is None else self.remnant.mask
        given = (anatomy.tumour, anatomy.treated, remnant, self.lesion, *self.lesions)
        named = (*anatomy.drawn_segments.values(), *anatomy.vessels.values())
        lost = tuple(part.mask for part in self.lost.values())
        for mask in (*given, *anatomy.excluded, *named, *lost):
            if mask is not None and not mask.grid.matches(grid):
                reason = f"is not on the grid of {anatomy.liver.source}"
                remedy = "export both from the same series"
                raise InputRefused("geometry.grids_differ", mask.source, reason, remedy)


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """One section: its panel, the voxels of each part in the section, and the CT as grey values.

    - `panel`: its position and size.
    - `parts` (mapping of a name of `PARTS` to voxels [level, upright]): the given parts; all
      False if the cut misses one.
    - `segments` (mapping of "I" ... "VIII", "IVa", "IVb" to voxels): Couinaud segments.
    - `lesions` (mapping of "L1", "L2" ... to voxels): each lesion that the cut shows.
    - `calliper`: name of a lesion and the ends of its line, if the cut passes through it.
    - `grey` (array or None): the CT at the panel's pixels, 0 to 1; None if there is none.
    - `covered`: whether that CT covers the whole liver in the cut.
    - `marks`: marks in the cut, or those of the picture nearest to it.
    """

    panel: Panel
    parts: Mapping[str, Voxels]
    segments: Mapping[str, Voxels] = field(default_factory=dict)
    lesions: Mapping[str, Voxels] = field(default_factory=dict)
    calliper: tuple[str, Places] | None = None
    grey: Values | None = None
    covered: bool = True
    marks: tuple[PlacedMark, ...] = ()


def cut_sections(picture: Picture, row_px: int, most_px: int) -> tuple[Section, ...]:
    """Select three sections of the liver, and arrange them in a row of a given width."""
    organ = picture.anatomy.organ
    _, *others = select_cuts(organ, picture.lesion or picture.anatomy.tumour)
    panels = lay_out((_find_axial(picture, organ), *others), organ, row_px, most_px)
    return make_sections(picture, organ, panels)


def find_best(picture: Picture, size_px: tuple[int, int]) -> Section:
    """Select one section: the axial layer through the largest lesion, otherwise the widest."""
    organ = picture.anatomy.organ
    axial = _find_axial(picture, organ)
    (section,) = make_sections(picture, organ, [fit(axial, organ, size_px)])
    return section


def _find_axial(picture: Picture, organ: Mask) -> LayerView:
    axial, *_ = select_cuts(organ, picture.lesion or picture.anatomy.tumour)
    if picture.calliper is not None:
        axial = replace(axial, layer=picture.calliper.layer)
    return axial


def make_sections(picture: Picture, organ: Mask, panels: Iterable[Panel]) -> tuple[Section, ...]:
    """Compute the panels of one picture, and place its marks."""
    sections = tuple(make_section(picture, organ, panel) for panel in panels)
    placed = place_marks(picture.marks, [one.panel.cut for one in sections])
    return tuple(replace(one, marks=here) for one, here in zip(sections, placed, strict=True))


def shows_image(picture: Picture) -> bool:
    """Whether there is a CT with known alignment to the masks."""
    return picture.image is not None and knows_place(picture.image, picture.anatomy.liver.grid)


def make_section(picture: Picture, organ: Mask, panel: Panel) -> Section:
    """Compute one panel; `organ` is the organ of the picture's anatomy."""
    cut = panel.cut
    parts = _parts(picture, cut.plane(organ), cut)
    segments = {as_roman(name): cut.plane(mask) for name, mask in _named(picture.anatomy)}
    numbered = enumerate(picture.lesions, start=1)
    planes = {name_lesion(n): parts["liver"] & cut.plane(mask) for n, mask in numbered}
    lesions = {name: plane for name, plane in planes.items() if plane.any()}
    line = picture.calliper if shows_calliper(picture, cut) else None
    calliper = (name_lesion(line.lesion), line.ends) if line is not None else None
    if picture.image is None or not shows_image(picture):
        return Section(panel, parts, segments, lesions, calliper)
    values, reached = view_image(panel, picture.image)
    covered = bool(reached.all()) or not (panel.as_pixels(parts["liver"]) & ~reached).any()
    grey = as_grey(values, reached)
    return Section(panel, parts, segments, lesions, calliper, grey, covered)


def name_lesion(number: int) -> str:
    """Return the name of a lesion in pictures."""
    return f"L{number}"


def shows_calliper(picture: Picture, cut: LayerView) -> bool:
    """Whether a cut passes through the measured diameter."""
    line = picture.calliper
    return line is not None and cut.view is VIEWS[0] and cut.layer == line.layer


def _named(anatomy: Anatomy) -> Iterator[tuple[str, Mask]]:
    """Return the names of segments; the halves of IV if a map divides it."""
    for name, mask in anatomy.drawn_segments.items():
        if name != FOURTH or not anatomy.segment_parts:
            yield name, mask


def _parts(picture: Picture, organ: Voxels, cut: LayerView) -> dict[str, Voxels]:
    anatomy = picture.anatomy
    parts = {"liver": organ}
    if anatomy.treated is not None:
        parts["treated"] = organ & cut.plane(anatomy.treated)
    tumour = np.zeros_like(organ)
    if anatomy.tumour is not None:
        tumour = organ & cut.plane(anatomy.tumour)
    if picture.remnant is not None:
        parts["remnant"] = organ & ~tumour & cut.plane(picture.remnant.mask)
    for part, lost in picture.lost.items():
        parts[part] = cut.plane(lost.mask)
    for part, masks in list_surroundings(anatomy).items():
        parts[part] = cut.plane(unite(masks))
    if anatomy.tumour is not None and anatomy.tumour.voxel_count:
        parts["tumour"] = tumour
    return parts
