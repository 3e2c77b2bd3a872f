"""Surfaces of the liver's parts: for pictures, for the page, and as STL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

import numpy as np

from fl_planner.basis.extras import OF_SURFACE, require_report
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.liver.names.structures import as_roman
from fl_planner.report.picture.draw.colours import LOOKS, SEGMENT_COLOURS, Look
from fl_planner.report.picture.slices.sections import (
    VESSEL_PARTS,
    Picture,
    list_surroundings,
    name_lesion,
)
from fl_planner.space.mask import Mask, unite
from fl_planner.space.surface_mesh import Floats, Mesh, as_units, make_light_mesh, make_tube_mesh


def find_parts(picture: Picture) -> Iterator[tuple[str, Mask]]:
    """Divide the organ into painted parts; empty parts are omitted."""
    anatomy = picture.anatomy
    organ, tumour = anatomy.organ, anatomy.tumour
    parts: dict[str, Mask] = {"liver": organ}
    if picture.remnant is not None:
        remnant = organ & picture.remnant.mask
        remnant = remnant if tumour is None else remnant - tumour
        parts = {"rest": organ - remnant, "remnant": remnant}
    elif anatomy.treated is not None:
        treated = organ & anatomy.treated
        parts = {"liver": organ - treated, "treated": treated}
    parts |= {part: unite(masks) for part, masks in list_surroundings(anatomy).items()}
    if tumour is not None:
        parts["tumour"] = organ & tumour
    yield from ((part, mask) for part, mask in parts.items() if mask.voxel_count)


Kind = Literal["part", "lesion", "segment"]

MOST_TRIANGLES: dict[Kind, int] = {  # project's choice: 2 to 4 mm long on a liver
    "part": 30_000,
    "lesion": 3_000,
    "segment": 8_000,
}
MOST_TUBE_TRIANGLES = 60_000  # of vessels of a kind, or all lesions [project's choice]
THICK = 3.0  # slices, compared with the edges of their voxels [project's choice]


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of the liver that can be shown and hidden.

    - `name`: "remnant", "lesion 2", "segment 4": each name once.
    - `kind`: segments share their surfaces with parts, so only one kind is shown initially.
    - `look`: colour, opacity and displayed name.
    """

    name: str
    kind: Kind
    look: Look
    mask: Mask

    @property
    def colour(self) -> str:
        """Colour in the notation of a page: "#9e3600"."""
        return "#" + "".join(f"{round(255 * share):02x}" for share in self.look.colour)

    @property
    def visible(self) -> bool:
        """Whether it is shown initially."""
        return self.kind != "segment"

    def make_mesh(self) -> Mesh:
        """Compute its surface, with few triangles for a page.

        Raises `InputRefused`: `extra.missing` without the library for surfaces.
        """
        require_report(OF_SURFACE)
        return make_shown_mesh(self.name, self.kind, self.mask)


def make_shown_mesh(name: str, kind: Kind, mask: Mask) -> Mesh:
    """Compute the surface of a part as it is shown: on the page and in the report.

    - `name`, `kind`: of the part. Vessels and tumours are thin or small, and are not averaged;
      nor is any part in thick slices, which would show as steps.
    """
    if name in VESSEL_PARTS or name == "tumour":
        return make_tube_mesh(mask, MOST_TUBE_TRIANGLES)
    edges_mm = mask.grid.spacing_mm
    if kind == "lesion" or max(edges_mm) > THICK * min(edges_mm):
        return make_tube_mesh(mask, MOST_TRIANGLES[kind])
    return make_light_mesh(mask, MOST_TRIANGLES[kind])


def list_shown(picture: Picture) -> tuple[ShownPart, ...]:
    """List the parts of a picture, its lesions one by one, and the segments of a label map.

    Tumour voxels that are not part of a lesion, such as vessels in it and small pieces, form the
    part "tumour".
    """
    return (*_list_parts(picture), *_list_lesions(picture), *_list_segments(picture))


def find_shown(shown: tuple[ShownPart, ...], number: int) -> ShownPart:
    """Return a listed part by its number, from 0.

    Raises `InputRefused`: `usage.wrong` if there is none.
    """
    if not 0 <= number < len(shown):
        reason = f"part {number} does not exist; the surface has {format_count(len(shown), 'part')}"
        raise InputRefused("usage.wrong", "surface", reason, "give the number of a listed part")
    return shown[number]


def _list_parts(picture: Picture) -> Iterator[ShownPart]:
    for name, mask in find_parts(picture):
        left = reduce(Mask.__sub__, picture.lesions, mask) if name == "tumour" else mask
        if left.voxel_count:
            yield ShownPart(name, "part", LOOKS[name], left)


def _list_lesions(picture: Picture) -> Iterator[ShownPart]:
    for number, mask in enumerate(picture.lesions, start=1):
        look = replace(LOOKS["tumour"], label=f"lesion {name_lesion(number)}")
        yield ShownPart(f"lesion {number}", "lesion", look, mask)


def _list_segments(picture: Picture) -> Iterator[ShownPart]:
    for name, mask in picture.anatomy.segments.items():
        colour = SEGMENT_COLOURS[int(name) - 1]
        red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        look = Look((red, green, blue), 1.0, f"segment {as_roman(name)}")
        yield ShownPart(f"segment {name}", "segment", look, mask)


MAGIC = b"FLM1"


def as_buffer(mesh: Mesh) -> bytes:
    """Write the mark, both counts, corners as float32 (mm, RAS+) and triangles as uint32."""
    counts = np.array([len(mesh.corners_mm), len(mesh.triangles)], "<u4").tobytes()
    corners = mesh.corners_mm.astype("<f4").tobytes()
    return MAGIC + counts + corners + mesh.triangles.astype("<u4").tobytes()


HEADER_BYTES = 80
SAYS = "fl_planner; mm; RAS+: x to the patient's right, y to the front, z to the head"
LOST = "fl_planner; mm; position and side in the patient UNKNOWN"
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def as_stl(mesh: Mesh, *, placed: bool) -> bytes:
    """Write a mesh; `placed` states whether its grid has a position in the patient."""
    header = (SAYS if placed else LOST).encode().ljust(HEADER_BYTES)
    corners = mesh.corners_mm[mesh.triangles]
    facets = np.zeros(len(corners), TRIANGLE)
    facets["normal"] = find_normals(corners)
    facets["corners"] = corners
    return header + np.uint32(len(facets)).tobytes() + facets.tobytes()


def find_normals(corners: Floats) -> Floats:
    """Return each triangle, (M, 3, 3), the unit vector that points outwards; 0 without an area."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return as_units(across)
