"""The liver in three dimensions as the page asks for it: its parts, and the surface of each."""

from __future__ import annotations

from typing import Any

from fl_planner.report.picture.slices.sections import Picture
from fl_planner.report.picture.surfaces.buffer import as_buffer
from fl_planner.report.picture.surfaces.scene import find_shown, list_shown


def describe_surfaces(picture: Picture) -> dict[str, Any]:
    """Tell which parts there are, how they look, and whether their sides are known."""
    parts = [
        {
            "name": one.name,
            "label": one.look.label,
            "kind": one.kind,
            "colour": one.colour,
            "opacity": one.look.opacity,
            "visible": one.visible,
        }
        for one in list_shown(picture)
    ]
    return {"parts": parts, "placed": picture.anatomy.liver.grid.placed}


def make_surface(picture: Picture, number: int) -> bytes:
    """Make the surface of a part, by its number in that list, as `liver3d.js` reads it.

    Raises `InputRefused`: `usage.wrong` where there is none of that number.
    """
    return as_buffer(find_shown(picture, number).make_mesh())
