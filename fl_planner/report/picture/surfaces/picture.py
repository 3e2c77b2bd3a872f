"""The liver in three dimensions: what stays, what goes and the tumour, from front and below."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from fl_planner.report.picture.draw.canvas import Canvas, Line, as_box
from fl_planner.report.picture.draw.font import Font, width_px
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.draw.sheet import Sheet
from fl_planner.report.picture.slices.beside import VESSEL_PARTS, list_beside
from fl_planner.report.picture.slices.sections import Picture, say_lesion
from fl_planner.report.picture.surfaces.shading import Painted, render
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask, unite
from fl_planner.space.mesh import Floats, Mesh, make_mesh

STEP_MM, TUMOUR_STEP_MM = 4.0, 2.0
SIZE_PX, HEAD_PX, LEGEND_PX = (1200, 470), 30, 40
MARGIN_PX, INSET_PX = 30, 14  # around the liver, for the letters
SWATCH_PX, LEGEND_GAPS_PX = (35, 13), (14, 36)  # beside the sample, and between parts
APART_PX = (32, 18)  # between the middles of two names
EDGE = Line("#555555", 1.0)
HEAD, LETTER, LABEL = Font(9.5, True), Font(9.5, True), Font(8.5)
NAMED = Font(8.5, True)


@dataclass(frozen=True, slots=True)
class Look:
    """How a part is painted: light, middle and dark also without colour (Okabe and Ito)."""

    colour: tuple[float, float, float]
    opacity: float
    label: str


LOOKS = {
    "liver": Look((0.93, 0.84, 0.76), 0.4, "liver"),
    "rest": Look((0.93, 0.84, 0.76), 0.4, "liver to be removed"),
    "treated": Look((0.80, 0.47, 0.65), 0.35, "treated area"),
    "remnant": Look((0.34, 0.62, 0.85), 0.55, "future liver remnant (FLR)"),
    "excluded": Look((0.85, 0.78, 0.15), 0.6, "excluded"),
    "vessels": Look((0.55, 0.66, 0.63), 1.0, "vessels"),
    "cava": Look((0.08, 0.16, 0.48), 1.0, "inferior vena cava"),
    "hepatic": Look((0.0, 0.50, 0.38), 1.0, "hepatic veins"),
    "portal": Look((0.56, 0.34, 0.88), 1.0, "portal veins"),
    "duct": Look((0.62, 0.68, 0.10), 1.0, "bile duct"),
    "artery": Look((0.85, 0.05, 0.22), 1.0, "hepatic artery"),
    "tumour": Look((0.62, 0.21, 0.0), 1.0, "tumour"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """A direction of looking: RAS axes to the right, up and to the reader, with their signs."""

    name: str
    right: tuple[int, int]
    up: tuple[int, int]
    near: tuple[int, int]
    letters: tuple[str, str, str, str]  # left, right, upper, lower

    def turn(self, places: Floats) -> Floats:
        """Give places as the reader sees them: right, up, near."""
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
    """Part the organ into what is painted; parts without a voxel are left out."""
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
        name = sight.name if placed else f"View {number + 1} along the file's axes: side not known"
        canvas.write(name, ((number + 0.5) * wide, HEAD_PX / 2), HEAD)
        part = canvas.within((number * wide, HEAD_PX), (wide, tall))
        placing = _place(meshes, sight, (wide, tall))
        seen = _see(meshes, placing, (wide, tall))
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
    """Put surfaces in the middle of a picture, all at one scale: places in px, upwards."""
    every = sight.turn(np.concatenate([mesh.corners_mm for mesh in meshes.values()]))
    low, high = every.min(axis=0), every.max(axis=0)
    wide, tall = size_px
    room = np.array([wide, tall]) - 2 * MARGIN_PX
    scale = float((room / (high - low)[:2]).min())
    middle = np.array([wide / 2, tall / 2, 0.0])
    return lambda places: (sight.turn(places) - (low + high) / 2) * scale + middle


def _see(
    meshes: dict[str, Mesh], placing: Callable[[Floats], Floats], size_px: tuple[int, int]
) -> Floats:
    """Render the surfaces where they are placed."""
    parts = [
        Painted(placing(mesh.corners_mm), mesh.triangles, LOOKS[part].colour, LOOKS[part].opacity)
        for part, mesh in meshes.items()
    ]
    return render(parts, size_px)


def _write_lesions(canvas: Canvas, places: dict[str, Floats], tall: int) -> None:
    """Write each lesion's name on it, lower where another one stands."""
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
