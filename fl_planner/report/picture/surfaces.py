"""The liver in three dimensions: as a picture, for the page, and as STL.

Surfaces seen from one side as pixels: each part's nearest layer, the nearer over the farther.

Places are turned already: to the right, up and to the reader, in pixels of the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

import numpy as np
import numpy.typing as npt

from fl_planner.basis.extras import OF_SURFACE, require_report
from fl_planner.basis.findings import InputRefused
from fl_planner.liver.names.structures import as_roman
from fl_planner.report.picture.draw.canvas import Canvas, Font, Line, Sheet, as_box, width_px
from fl_planner.report.picture.draw.colours import LOOKS, SEGMENT_COLOURS, Look
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.sections import VESSEL_PARTS, Picture, list_beside, say_lesion
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask, unite
from fl_planner.space.surface_mesh import (
    Floats,
    Mesh,
    as_units,
    make_light_mesh,
    make_mesh,
    make_tube_mesh,
    sum_normals,
)

Samples = npt.NDArray[np.float32]

LIGHT = np.array([-0.4, 0.5, 0.77])  # from the upper left, towards the reader
DARKEST = 0.45  # of a colour, where the light does not reach
SAMPLES_PX = 0.7  # between samples of a triangle: none of its pixels is missed
NOTHING = -np.inf  # depth of a pixel that shows no part


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A part's surface with its colour (0 to 1) and opacity."""

    corners: Floats  # (N, 3)
    triangles: npt.NDArray[np.intp]
    colour: tuple[float, float, float]
    opacity: float


def render(parts: Sequence[Painted], size_px: tuple[int, int]) -> Floats:
    """Return RGB, [row, column, 3], on white; (0, 0) of the places is the lower left corner."""
    layers = [_layer(part, size_px) for part in parts]
    depths = np.stack([depth for depth, _ in layers])
    shades = np.stack([shade for _, shade in layers])
    shown = np.flatnonzero((depths > NOTHING).any(axis=0))
    depths, shades = depths[:, shown], shades[:, shown]
    colours = np.array([part.colour for part in parts])
    covers = np.array([[part.opacity] for part in parts]) * (depths > NOTHING)
    seen, each = np.ones((shown.size, 3)), np.arange(shown.size)
    for part in np.argsort(depths, axis=0, kind="stable"):  # the farthest first
        colour = shades[part, each][:, None] * colours[part]
        seen += covers[part, each][:, None] * (colour - seen)
    image = np.ones((size_px[1] * size_px[0], 3))
    image[shown] = seen
    return image.reshape(size_px[1], size_px[0], 3)[::-1]


def _layer(part: Painted, size_px: tuple[int, int]) -> tuple[Samples, Floats]:
    """Return depth and brightness of a part's nearest surface at every pixel, row by row."""
    width, height = size_px
    depth = np.full(width * height, NOTHING, np.float32)
    shade = np.zeros(width * height)
    right, up, near, bright = np.concatenate([*_sample(part)], axis=1)
    columns, rows = np.floor(right).astype(np.intp), np.floor(up).astype(np.intp)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    pixels = rows * width + columns
    if not inside.all():
        pixels, near, bright = pixels[inside], near[inside], bright[inside]
    np.maximum.at(depth, pixels, near)
    nearest = near == depth[pixels]
    shade[pixels[nearest]] = bright[nearest]
    return depth, shade


def _sample(part: Painted) -> Iterator[Samples]:
    """Return places on the triangles facing the viewer, at most a pixel apart, with brightness.

    Each array has four rows: right, up, near, brightness. Triangles of about one size are sampled
    together, each as densely as its longest edge needs. Single precision is a ten-thousandth of a
    pixel here.
    """
    corners, bright = part.corners[part.triangles], _brightness(part)[part.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    edges = (corners - np.roll(corners, 1, axis=1))[:, :, :2]
    longest = np.linalg.norm(edges, axis=2).max(axis=1)
    counts = np.where(facing, np.ceil(longest / SAMPLES_PX), -1).astype(np.intp)
    values = np.concatenate([corners, bright[:, :, None]], axis=2).transpose(2, 0, 1)
    values = values.astype(np.float32)
    yield values[:, :0].reshape(4, 0)
    for count in np.unique(counts[facing]):
        i, j = (n.ravel() for n in np.mgrid[0 : count + 1, 0 : count + 1])
        i, j = i[i + j <= count], j[i + j <= count]
        weights = (np.stack([count - i - j, i, j]) / max(count, 1)).astype(np.float32)
        a, b, c = np.moveaxis(values[:, counts == count], 2, 0)[..., None]
        # no product of matrices: its threads would wait longer for one another than they work
        yield (a * weights[0] + b * weights[1] + c * weights[2]).reshape(4, -1)


def _brightness(part: Painted) -> Floats:
    """Shade each corner by the mean direction of the triangles around it."""
    units = as_units(sum_normals(part.corners, part.triangles))
    lit = np.clip(units @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    shaded: Floats = DARKEST + (1 - DARKEST) * lit
    return shaded


STEP_MM, TUMOUR_STEP_MM = 4.0, 2.0
SIZE_PX, HEAD_PX, LEGEND_PX = (1200, 470), 30, 40
MARGIN_PX, INSET_PX = 30, 14  # around the liver, for the letters
SWATCH_PX, LEGEND_GAPS_PX = (35, 13), (14, 36)  # next to the sample, and between parts
APART_PX = (32, 18)  # between the middles of two names
EDGE = Line("#555555", 1.0)
HEAD, LETTER, LABEL = Font(9.5, True), Font(9.5, True), Font(8.5)
NAMED = Font(8.5, True)


@dataclass(frozen=True, slots=True)
class Sight:
    """A direction of looking: RAS axes to the right, up and to the reader, with their signs."""

    name: str
    right: tuple[int, int]
    up: tuple[int, int]
    near: tuple[int, int]
    letters: tuple[str, str, str, str]  # left, right, upper, lower

    def turn(self, places: Floats) -> Floats:
        """Return positions as seen by the viewer: right, up, near."""
        axes = (self.right, self.up, self.near)
        return np.stack([places[..., axis] * sign for axis, sign in axes], axis=-1)


SIGHTS = (
    Sight("From the front", (0, -1), (2, 1), (1, 1), ("R", "L", "H", "F")),
    Sight("From below, as an axial CT", (0, -1), (1, 1), (2, -1), ("R", "L", "A", "P")),
)


def draw_surface(picture: Picture, form: Print) -> bytes:
    """Draw the surfaces; a grid that is not placed is drawn without letters of sides."""
    meshes = {part: make_mesh(mask, _step(part)) for part, mask in find_parts(picture)}
    named = {
        say_lesion(number): measure_centre_mm(mask)
        for number, mask in enumerate(picture.lesions, start=1)
    }
    placed = picture.anatomy.liver.grid.placed
    sheet, (wide, tall) = Sheet(), SIZE_PX
    top = 0 if picture.stamp is None else round(picture.stamp.put(sheet, wide))

    def draw(canvas: Canvas) -> None:
        sheet.draw(canvas)
        _draw(canvas.within((0, top), SIZE_PX), meshes, named, placed=placed)

    return form.draw((wide, tall + top), draw)


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
    parts |= {part: unite(masks) for part, masks in list_beside(anatomy).items()}
    if tumour is not None:
        parts["tumour"] = organ & tumour
    yield from ((part, mask) for part, mask in parts.items() if mask.voxel_count)


def _step(part: str) -> float:
    return TUMOUR_STEP_MM if part == "tumour" or part in VESSEL_PARTS else STEP_MM


def _draw(
    canvas: Canvas, meshes: dict[str, Mesh], named: dict[str, Floats], *, placed: bool
) -> None:
    width, height = SIZE_PX
    wide, tall = width // len(SIGHTS), height - HEAD_PX - LEGEND_PX
    for number, sight in enumerate(SIGHTS):
        name = sight.name if placed else f"View {number + 1} along the file axes: side unknown"
        canvas.write(name, ((number + 0.5) * wide, HEAD_PX / 2), HEAD)
        part = canvas.within((number * wide, HEAD_PX), (wide, tall))
        placing = _place(meshes, sight, (wide, tall))
        seen = render(
            [
                Painted(placing(mesh.corners_mm), mesh.triangles, look.colour, look.opacity)
                for look, mesh in ((LOOKS[name], mesh) for name, mesh in meshes.items())
            ],
            (wide, tall),
        )
        part.image(np.rint(seen * 255).astype(np.uint8), smooth=True)
        _write_lesions(part, {name: placing(place) for name, place in named.items()}, tall)
        if placed:
            half = INSET_PX
            spots = ((half, tall / 2), (wide - half, tall / 2), (wide / 2, half))
            for letter, spot in zip(sight.letters, (*spots, (wide / 2, tall - half)), strict=True):
                part.write(letter, spot, LETTER)
    _draw_legend(canvas, [look for part, look in LOOKS.items() if part in meshes])


def _place(
    meshes: dict[str, Mesh], sight: Sight, size_px: tuple[int, int]
) -> Callable[[Floats], Floats]:
    """Place surfaces in the middle of a picture, all at one scale: places in px, upwards."""
    every = sight.turn(np.concatenate([mesh.corners_mm for mesh in meshes.values()]))
    low, high = every.min(axis=0), every.max(axis=0)
    wide, tall = size_px
    room = np.array([wide, tall]) - 2 * MARGIN_PX
    scale = float((room / (high - low)[:2]).min())
    middle = np.array([wide / 2, tall / 2, 0.0])
    return lambda places: (sight.turn(places) - (low + high) / 2) * scale + middle


def _write_lesions(canvas: Canvas, places: dict[str, Floats], tall: int) -> None:
    """Write the name on each lesion, lower if it would cover another name."""
    taken: list[tuple[float, float]] = []
    for name, place in places.items():
        x, y = float(place[0]), tall - float(place[1])
        while any(abs(x - a) < APART_PX[0] and abs(y - b) < APART_PX[1] for a, b in taken):
            y += APART_PX[1]
        taken.append((x, y))
        canvas.write(name, (x, y), NAMED, halo="#ffffff")


def _draw_legend(canvas: Canvas, looks: list[Look]) -> None:
    """Draw a sample and the name of each part, in the middle beneath the views."""
    rows = _lay_legend(looks)
    for number, row in enumerate(rows):
        y = SIZE_PX[1] - LEGEND_PX * (1 - (number + 0.5) / len(rows))
        _draw_row(canvas, row, y)


def _lay_legend(looks: list[Look]) -> list[list[Look]]:
    """Part a legend into rows that are as wide as the picture at most."""
    rows: list[list[Look]] = [[]]
    for look in looks:
        if sum(_widths([*rows[-1], look])) > SIZE_PX[0] - LEGEND_GAPS_PX[1]:
            rows.append([])
        rows[-1].append(look)
    return rows


def _widths(looks: list[Look]) -> list[float]:
    """How wide each entry is, with the gap behind it."""
    beside, apart = LEGEND_GAPS_PX
    return [SWATCH_PX[0] + beside + width_px(look.label, LABEL) + apart for look in looks]


def _draw_row(canvas: Canvas, looks: list[Look], y: float) -> None:
    (wide, tall), (beside, apart) = SWATCH_PX, LEGEND_GAPS_PX
    widths = _widths(looks)
    x = (SIZE_PX[0] - sum(widths) + apart) / 2
    for look, width in zip(looks, widths, strict=True):
        sample = as_box(x, y - tall / 2, x + wide, y + tall / 2)
        canvas.fill(sample, (*look.colour, look.opacity))
        canvas.line(sample, EDGE, snap=True)
        canvas.write(look.label, (x + wide + beside, y), LABEL, centred=False)
        x += width


Kind = Literal["part", "lesion", "segment"]

MOST_TRIANGLES: dict[Kind, int] = {  # project's choice: 2 to 4 mm long on a liver
    "part": 30_000,
    "lesion": 3_000,
    "segment": 8_000,
}


MOST_TUBE_TRIANGLES = 60_000  # of vessels of a kind [project's choice]


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
        """Whether it is shown initially."""
        return self.kind != "segment"

    def make_mesh(self) -> Mesh:
        """Make its surface, as light as a page needs.

        Raises `InputRefused`: `extra.missing` without the library for surfaces.
        """
        require_report(OF_SURFACE)
        if self.name in VESSEL_PARTS:
            return make_tube_mesh(self.mask, MOST_TUBE_TRIANGLES)
        if self.kind == "lesion":
            return make_tube_mesh(self.mask, MOST_TRIANGLES[self.kind])
        return make_light_mesh(self.mask, MOST_TRIANGLES[self.kind])


def list_shown(picture: Picture) -> tuple[ShownPart, ...]:
    """List the parts of a picture, its lesions one by one, and the segments of a label map.

    What is tumour and no lesion, as vessels in it and specks are, stays the part "tumour".
    """
    return (*_list_parts(picture), *_list_lesions(picture), *_list_segments(picture))


def find_shown(shown: tuple[ShownPart, ...], number: int) -> ShownPart:
    """Return a listed part by its number, from 0.

    Raises `InputRefused`: `usage.wrong` where there is none.
    """
    if not 0 <= number < len(shown):
        reason = f"part {number} does not exist; there are {len(shown)} parts"
        raise InputRefused("usage.wrong", "surface", reason, "give the number of a listed part")
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
