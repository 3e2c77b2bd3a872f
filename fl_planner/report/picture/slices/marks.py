"""Marks in cuts: where branches are cut, and how near a lesion comes to a vessel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.report.picture.slices.cuts import LayerView
from fl_planner.space.frame import Frame

CUT, CONTACT = "cut", "contact"  # parts of a picture
MOST_AWAY_MM = 10.0  # from a layer that shows a line [project's choice]
Places = npt.NDArray[np.float64]  # (N, 2) in voxels, [level, upright], whole at their centres


@dataclass(frozen=True, slots=True, eq=False)
class VesselMark:
    """A place, or a line between two, in the patient.

    - `part`: `CUT` or `CONTACT`.
    - `places_mm` (array (N, 3)): RAS+; one place, or both ends.
    - `name`: what is written beside it: "C1", "L1 3.2 mm".
    - `says`: what it is, for the legend; empty where all of the part are called alike.
    """

    part: str
    places_mm: npt.NDArray[np.float64]
    name: str
    says: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PlacedMark:
    """A mark in one cut.

    - `places` (array (N, 2)): level and upright, in voxels.
    - `away_mm`: how far from the layer it lies; 0 in it.
    """

    mark: VesselMark
    places: Places
    away_mm: float = 0.0


def place_marks(
    marks: Sequence[VesselMark], cuts: Sequence[LayerView]
) -> tuple[tuple[PlacedMark, ...], ...]:
    """Place marks in the cuts, of one grid, that show them; for each cut what it shows.

    A cut shows what lies in its layer, of a line any part. What lies in none is shown by the
    nearest of them: a branch that is cut however far away, for it must not be missed, and a line
    within `MOST_AWAY_MM`.
    """
    placed: list[list[PlacedMark]] = [[] for _ in cuts]
    for mark in marks:
        found = [_place(mark, cut) for cut in cuts]
        shown = [n for n, one in enumerate(found) if one.away_mm == 0]
        if not shown:
            nearest = min(range(len(cuts)), key=lambda n: found[n].away_mm)
            near = mark.part == CUT or found[nearest].away_mm <= MOST_AWAY_MM
            shown = [nearest] if near else []
        for n in shown:
            placed[n].append(found[n])
    return tuple(map(tuple, placed))


def _place(mark: VesselMark, cut: LayerView) -> PlacedMark:
    frame, view = cut.frame, cut.view
    indices = find_indices(frame, mark.places_mm)
    across = np.rint(indices[:, view.across])
    layers = max(across.min() - cut.layer, cut.layer - across.max(), 0.0)
    away_mm = float(layers) * frame.upright.spacing_mm[view.across]
    return PlacedMark(mark, indices[:, [view.level, view.upright]], away_mm)


def find_indices(frame: Frame, places_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Find places on the upright grid, in voxels, shape (N, 3)."""
    matrix = frame.upright.matrix()
    away_mm = (places_mm - matrix[:, 3]).T
    return np.asarray(np.linalg.solve(matrix[:, :3], away_mm).T, dtype=np.float64)
