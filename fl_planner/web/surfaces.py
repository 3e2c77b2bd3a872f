"""The liver in three dimensions as the page asks for it: its parts, and the surface of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fl_planner.report.picture.slices.sections import Picture
from fl_planner.report.picture.surfaces.buffer import as_buffer
from fl_planner.report.picture.surfaces.scene import ShownPart, find_shown, list_shown
from fl_planner.space.mask import Mask


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """What is shown of a case: listed once, and each surface made when it is asked for."""

    parts: tuple[ShownPart, ...]
    organ: Mask

    @classmethod
    def of(cls, picture: Picture) -> Surfaces:
        """List the parts of a picture."""
        return cls(list_shown(picture), picture.anatomy.organ)

    def describe(self) -> dict[str, Any]:
        """Tell which parts there are, how they look, and where they lie."""
        grid = self.organ.grid
        places = grid.part(self.organ.box)
        corners = places.places_mm(places.corners())
        return {
            "parts": [_describe(one) for one in self.parts],
            "bounds": [corners.min(axis=0).tolist(), corners.max(axis=0).tolist()],
            "placed": grid.placed,
        }

    def make(self, number: int) -> bytes:
        """Make the surface of a part, by its number in that list, as `liver3d.js` reads it.

        Raises `InputRefused`: `usage.wrong` where there is none of that number.
        """
        return as_buffer(find_shown(self.parts, number).make_mesh())


def _describe(shown: ShownPart) -> dict[str, Any]:
    return {
        "name": shown.name,
        "label": shown.look.label,
        "kind": shown.kind,
        "colour": shown.colour,
        "opacity": shown.look.opacity,
        "visible": shown.visible,
    }
