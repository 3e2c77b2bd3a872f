"""The liver in three dimensions as a picture: from the front, or also from below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from fl_planner.report.picture.draw.canvas import Canvas, Font, Line, Sheet, Stamp, as_box, width_px
from fl_planner.report.picture.draw.colours import LOOKS, Look
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.draw.rasteriser import WHITE, Painted, render
from fl_planner.report.picture.slices.sections import Picture, name_lesion
from fl_planner.report.picture.surfaces import find_parts, make_shown_mesh
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask
from fl_planner.space.surface_mesh import Floats, Mesh

SIZE_PX, HEAD_PX, LEGEND_PX = (1200, 470), 30, 40
LEGEND_ROW_PX = 28
MARGIN_PX, INSET_PX = 30, 14  # around the liver, for the letters
SWATCH_PX, LEGEND_GAPS_PX = (35, 13), (14, 36)  # next to the sample, and between parts
APART_PX = (32, 18)  # between the middles of two names
EDGE = Line("#555555", 1.0)
HEAD, LETTER, LABEL = Font(9.5, True), Font(9.5, True), Font(8.5)
NAMED = Font(8.5, True)


@dataclass(frozen=True, slots=True)
class Sight:
    """A viewing direction: signed RAS axes to the right, upwards and towards the viewer."""

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
    Sight("From below, as on axial CT", (0, -1), (1, 1), (2, -1), ("R", "L", "A", "P")),
)


FRONT = SIGHTS[0]
FRONT_PX, FRONT_FINER = (600, 500), 2  # with its legend; pixels of the surfaces in a px
GROUND = (0.945, 0.957, 0.973)
FRONT_OPACITY = {"remnant": 0.8, "liver": 0.3, "rest": 0.3}
LOST_LOOKS = {
    "inflow_lost": Look((0.94, 0.80, 0.20), 0.75, "FLR without portal inflow"),
    "outflow_lost": Look((0.20, 0.75, 0.82), 0.75, "FLR without venous outflow"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """Surfaces of a picture, computed once for all its views.

    - `meshes`: meshes by the name of their look.
    - `names`: position of each lesion, in mm.
    - `placed`: whether the grid has a position in the patient: without one, sides are not named.
    - `remnant`: voxels of the part to remain, if any.
    - `lost`: voxels of its parts that lose inflow or outflow.
    - `opacity`: opacity of parts that differ from their look.
    """

    meshes: Mapping[str, Mesh]
    names: Mapping[str, Floats]
    placed: bool
    remnant: Mask | None
    lost: Mapping[str, Mask]
    opacity: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, picture: Picture) -> Solid:
        """Compute the surfaces of all parts, and position the names of the lesions."""
        names = {
            name_lesion(number): measure_centre_mm(mask)
            for number, mask in enumerate(picture.lesions, start=1)
        }
        parts = dict(find_parts(picture))
        lost = {part: one.mask for part, one in picture.lost.items()}
        placed = picture.anatomy.liver.grid.placed
        return cls(_mesh(parts), names, placed, parts.get("remnant"), lost)

    @property
    def looks(self) -> dict[str, Look]:
        """Colours and names of its parts, in the order of the legend."""
        return {
            part: replace(look, opacity=self.opacity.get(part, look.opacity))
            for part, look in (LOOKS | LOST_LOOKS).items()
            if part in self.meshes
        }

    def from_the_front(self) -> Solid:
        """Return the surfaces with parts that lose inflow or outflow apart from the remnant."""
        meshes = {**self.meshes}
        if self.lost and self.remnant is not None:
            left = reduce(Mask.__sub__, self.lost.values(), self.remnant)
            del meshes["remnant"]
            meshes |= _mesh({"remnant": left} if left.voxel_count else {})
        return replace(self, meshes=meshes | _mesh(self.lost), opacity=FRONT_OPACITY)


def _mesh(parts: Mapping[str, Mask]) -> dict[str, Mesh]:
    return {part: make_shown_mesh(part, "part", mask) for part, mask in parts.items()}


def draw_surface(solid: Solid, form: Print, stamp: Stamp | None = None) -> bytes:
    """Draw the surfaces; a grid without a position is drawn without letters of sides."""
    sheet, (wide, tall) = Sheet(), SIZE_PX
    top = 0 if stamp is None else round(stamp.put(sheet, wide))

    def draw(canvas: Canvas) -> None:
        sheet.draw(canvas)
        _draw_both(canvas.within((0, top), SIZE_PX), solid)

    return form.draw((wide, tall + top), draw)


def draw_front(whole: Solid, form: Print) -> bytes:
    """Draw the liver from the front: the patient's right on the left.

    Parts of the remnant that lose inflow or outflow have a separate colour.
    """
    solid = whole.from_the_front()
    wide, tall = FRONT_PX
    rows = _arrange_legend([*solid.looks.values()], wide)
    tall -= len(rows) * LEGEND_ROW_PX

    def draw(canvas: Canvas) -> None:
        canvas.fill(as_box(0, 0, *FRONT_PX), (*GROUND, 1.0))
        _draw_view(canvas.within((0, 0), (wide, tall)), solid, FRONT, (wide, tall))
        for number, row in enumerate(rows):
            _draw_row(canvas, row, tall + (number + 0.35) * LEGEND_ROW_PX, wide)

    return form.draw(FRONT_PX, draw)


def _draw_both(canvas: Canvas, solid: Solid) -> None:
    width, height = SIZE_PX
    wide, tall = width // len(SIGHTS), height - HEAD_PX - LEGEND_PX
    for number, sight in enumerate(SIGHTS):
        name = (
            sight.name if solid.placed else f"View {number + 1} along the image axes: side unknown"
        )
        canvas.write(name, ((number + 0.5) * wide, HEAD_PX / 2), HEAD)
        part = canvas.within((number * wide, HEAD_PX), (wide, tall))
        _draw_view(part, solid, sight, (wide, tall), WHITE, 1)
    rows = _arrange_legend([*solid.looks.values()], width)
    for number, row in enumerate(rows):
        _draw_row(canvas, row, height - LEGEND_PX * (1 - (number + 0.5) / len(rows)), width)


def _draw_view(
    canvas: Canvas,
    solid: Solid,
    sight: Sight,
    size_px: tuple[int, int],
    ground: tuple[float, float, float] = GROUND,
    finer: int = FRONT_FINER,
) -> None:
    """Draw the surfaces from one side, with names of lesions and letters of sides."""
    (wide, tall), placing = size_px, _place(solid.meshes, sight, size_px)
    painted = [
        Painted(placing(mesh.corners_mm) * finer, mesh.triangles, look.colour, look.opacity)
        for look, mesh in ((look, solid.meshes[part]) for part, look in solid.looks.items())
    ]
    seen = render(painted, (wide * finer, tall * finer), ground)
    canvas.image(np.rint(seen * 255).astype(np.uint8), smooth=True, per_px=finer)
    _write_lesions(canvas, {name: placing(place) for name, place in solid.names.items()}, tall)
    if solid.placed:
        half = INSET_PX
        spots = (
            (half, tall / 2),
            (wide - half, tall / 2),
            (wide / 2, half),
            (wide / 2, tall - half),
        )
        for letter, spot in zip(sight.letters, spots, strict=True):
            canvas.write(letter, spot, LETTER)


def _place(
    meshes: Mapping[str, Mesh], sight: Sight, size_px: tuple[int, int]
) -> Callable[[Floats], Floats]:
    """Place surfaces in the middle of a picture at one scale; positions in px, counted upwards."""
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


def _arrange_legend(looks: list[Look], most_px: float) -> list[list[Look]]:
    """Divide a legend into rows that are at most as wide as the picture."""
    rows: list[list[Look]] = [[]]
    for look in looks:
        if rows[-1] and sum(_widths([*rows[-1], look])) > most_px - LEGEND_GAPS_PX[1]:
            rows.append([])
        rows[-1].append(look)
    return rows


def _widths(looks: list[Look]) -> list[float]:
    """Width of each entry, with the gap after it."""
    beside, apart = LEGEND_GAPS_PX
    return [SWATCH_PX[0] + beside + width_px(look.label, LABEL) + apart for look in looks]


def _draw_row(canvas: Canvas, looks: list[Look], y: float, wide_px: float) -> None:
    """Draw a sample and the name of each part, in the middle."""
    (wide, tall), (beside, apart) = SWATCH_PX, LEGEND_GAPS_PX
    widths = _widths(looks)
    x = (wide_px - sum(widths) + apart) / 2
    for look, width in zip(looks, widths, strict=True):
        sample = as_box(x, y - tall / 2, x + wide, y + tall / 2)
        canvas.fill(sample, (*look.colour, look.opacity))
        canvas.line(sample, EDGE, snap=True)
        canvas.write(look.label, (x + wide + beside, y), LABEL, centred=False)
        x += width
