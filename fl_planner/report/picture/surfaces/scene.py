"""What the page shows of a liver in three dimensions: each part with its name and its look."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import OF_SURFACE, require_report
from fl_planner.liver.names.numerals import as_roman
from fl_planner.report.picture.slices.sections import Picture, say_lesion
from fl_planner.report.picture.surfaces.picture import LOOKS, Look, find_parts
from fl_planner.space.mask import Mask
from fl_planner.space.mesh import Mesh, make_light_mesh

Kind = Literal["part", "lesion", "segment"]

MOST_TRIANGLES: dict[Kind, int] = {  # project's choice: 2 to 4 mm long on a liver
    "part": 30_000,
    "lesion": 3_000,
    "segment": 8_000,
}
SEGMENT_COLOURS = (  # Okabe and Ito, I to VIII; their names stand beside them
    "#999999", "#56b4e9", "#009e73", "#e69f00", "#cc79a7", "#f0e442", "#d55e00", "#0072b2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of the liver that can be shown and hidden.

    - `name`: "remnant", "lesion 2", "segment 4": one of each.
    - `kind`: segments share their surfaces with parts, so either are shown first, not both.
    - `look`: colour, opacity and what the reader sees as its name.
    """

    name: str
    kind: Kind
    look: Look
    mask: Mask

    @property
    def colour(self) -> str:
        """Colour as a page writes it: "#9e3600"."""
        return "#" + "".join(f"{round(255 * share):02x}" for share in self.look.colour)

    @property
    def visible(self) -> bool:
        """Whether it is shown at first."""
        return self.kind != "segment"

    def make_mesh(self) -> Mesh:
        """Make its surface, as light as a page needs.

        Raises `InputRefused`: `extra.missing` without the library for surfaces.
        """
        require_report(OF_SURFACE)
        return make_light_mesh(self.mask, MOST_TRIANGLES[self.kind])


def list_shown(picture: Picture) -> tuple[ShownPart, ...]:
    """List the parts of a picture, its lesions one by one, and the segments of a label map.

    What is tumour and no lesion, as vessels in it and specks are, stays the part "tumour".
    """
    return (*_list_parts(picture), *_list_lesions(picture), *_list_segments(picture))


def find_shown(shown: tuple[ShownPart, ...], number: int) -> ShownPart:
    """Find a listed part by its number, from 0.

    Raises `InputRefused`: `usage.wrong` where there is none.
    """
    if not 0 <= number < len(shown):
        reason = f"there are {len(shown)} parts, and no number {number}"
        raise InputRefused("usage.wrong", "surface", reason, "choose one that is listed")
    return shown[number]


def _list_parts(picture: Picture) -> Iterator[ShownPart]:
    for name, mask in find_parts(picture):
        left = reduce(Mask.__sub__, picture.lesions, mask) if name == "tumour" else mask
        if left.voxel_count:
            yield ShownPart(name, "part", LOOKS[name], left)


def _list_lesions(picture: Picture) -> Iterator[ShownPart]:
    for number, mask in enumerate(picture.lesions, start=1):
        look = replace(LOOKS["tumour"], label=f"lesion {say_lesion(number)}")
        yield ShownPart(f"lesion {number}", "lesion", look, mask)


def _list_segments(picture: Picture) -> Iterator[ShownPart]:
    for name, mask in picture.anatomy.segments.items():
        colour = SEGMENT_COLOURS[int(name) - 1]
        red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        look = Look((red, green, blue), 1.0, f"segment {as_roman(name)}")
        yield ShownPart(f"segment {name}", "segment", look, mask)
