"""Points of a curved cut surface along a drawn hepatic vein."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.vessels.tree.graph import build_graph
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask

STATIONS = 6  # places along the vein [project's choice]
LEAST_MM = 20.0  # of its course across the body's axis [project's choice]
THICK = 0.5  # of the largest radius at a station, from which a voxel belongs to the trunk
APART_MM = 2.0  # of the vein from the upper or lower end of the liver, for a point there
Floats = npt.NDArray[np.float64]


def follow_vein(vein: Mask, organ: Mask) -> tuple[Place, ...]:
    """Return points of the surface that contains the course of a vein and the body's axis.

    The portal scissurae are vertical surfaces through the right, middle and left hepatic vein. The
    course of the vein across the body's axis is divided into six equal parts; at each, the middle
    of its trunk gives a point, with a point above and one below it at the ends of the liver. The
    trunk has at least half of the largest radius in each part, so that thin tributaries do not
    displace it.

    - `vein`, `organ`: masks on one grid with a position in the patient. Of the vein, the part
      within the box of the organ is used.

    Points are in RAS+ mm. Raises `InputRefused`: `cut.no_surface` if the vein is too short, or runs
    along the body's axis.

    Notes
    -----
    C. Couinaud, Le foie: études anatomiques et chirurgicales, Masson, Paris 1957.
    """
    near = vein.cropped(organ.box)
    stations = _find_stations(near) if near.voxel_count else np.empty((0, 3))
    if len(stations) < 2:
        reason = f"{vein.source} extends less than {LEAST_MM:g} mm perpendicular to the body axis "
        reason += "within the liver"
        remedy = "set the surface points in the sections"
        raise InputRefused("cut.no_surface", "cutting surface", reason, remedy)
    heights = organ.grid.places_mm(organ.indices())[:, 2]
    ends = float(heights.min()), float(heights.max())
    points: list[Place] = []
    for x, y, z in stations.tolist():
        points.append((x, y, z))
        points += [(x, y, end) for end in ends if abs(end - z) >= APART_MM]
    return tuple(points)


def _find_stations(vein: Mask) -> Floats:
    """Find the middle of the trunk in equal parts of its course, (N, 3); empty if too short."""
    graph = build_graph(vein)
    places, depths = graph.places_mm, graph.depth_mm
    level = places[:, :2] - places[:, :2].mean(axis=0)
    along = level @ np.linalg.svd(level, full_matrices=False)[2][0]
    low, high = float(along.min()), float(along.max())
    if high - low < LEAST_MM:
        return np.empty((0, 3))
    part = np.minimum(((along - low) / (high - low) * STATIONS).astype(np.intp), STATIONS - 1)
    found = []
    for number in range(STATIONS):
        here = part == number
        if here.any():
            trunk = here & (depths >= THICK * depths[here].max())
            found.append(places[trunk].mean(axis=0))
    return np.array(found)
