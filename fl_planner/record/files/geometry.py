"""Where the voxels of a file lie, in numbers and in words."""

from typing import Annotated

from msgspec import Meta

from fl_planner.record.declaration.part import RecordPart, as_part
from fl_planner.record.declaration.quantity import Ml, Unit, at_least, like, measured_in, says
from fl_planner.space.grid import Grid

WORDS = {
    "R": "right", "L": "left", "A": "front", "P": "back", "S": "head", "I": "foot",
}  # fmt: skip
OBLIQUE_DEGREES = 1.0  # from here on a grid is called oblique
DEGREES = Unit("degrees")


class GeometryRecord(RecordPart):
    """Where voxels lie."""

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...], says("Voxels along each axis."), at_least(3)
    ]
    spacing_mm: Annotated[tuple[float, ...], says("Edges of a voxel, mm."), at_least(3)]
    extent_mm: Annotated[tuple[float, ...], says("Edges of the grid, mm."), at_least(3)]
    voxel_ml: Annotated[Ml, says("Volume of a voxel")]
    placed: Annotated[bool, says("Whether side and place in the patient are known.")]
    axis_codes: Annotated[
        Annotated[str, like("^[RLAPSI]{3}$")] | None,
        says("Where each index axis leads: R, L, A, P, S, I."),
    ] = None
    tilt_degrees: Annotated[
        Annotated[float, measured_in(DEGREES, 0)] | None, says("Angle to the patient's axes")
    ] = None
    words: Annotated[str, says("The same for a person.")]


def as_geometry(grid: Grid) -> GeometryRecord:
    """Tell a grid in numbers and in words."""
    return as_part(
        GeometryRecord,
        grid,
        axis_codes=grid.axis_codes if grid.placed else None,
        tilt_degrees=grid.tilt_degrees if grid.placed else None,
        words=say_geometry(grid),
    )


def say_geometry(grid: Grid) -> str:
    """Tell a grid in words.

    Examples
    --------
    >>> say_geometry(Grid.upright((512, 512, 40), (0.75, 0.75, 5.0)))
    '512 x 512 x 40 voxels of 0.75 x 0.75 x 5 mm, 384 x 384 x 200 mm; to the right, front, head'
    """
    voxels = " x ".join(map(str, grid.shape))
    edges, lengths = (
        " x ".join(f"{mm:.{digits}g}" for mm in each)
        for each, digits in ((grid.spacing_mm, 5), (grid.extent_mm, 4))
    )
    told = f"{voxels} voxels of {edges} mm, {lengths} mm"
    if not grid.placed:
        return f"{told}; side and place in the patient are not known"
    tilt = grid.tilt_degrees
    oblique = f", tilted by {tilt:.1f} degrees" if tilt >= OBLIQUE_DEGREES else ""
    return f"{told}; to the {', '.join(WORDS[code] for code in grid.axis_codes)}{oblique}"
