"""A surface as STL: binary, in millimetres, with its orientation in the header."""

import numpy as np

from fl_planner.space.mesh import Floats, Mesh, as_units

HEADER_BYTES = 80
SAYS = "fl_planner; mm; RAS+: x to the patient's right, y to the front, z to the head"
LOST = "fl_planner; mm; place and side in the patient NOT known"
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def as_stl(mesh: Mesh, *, placed: bool) -> bytes:
    """Write a mesh; `placed` tells whether its grid lies in the patient."""
    header = (SAYS if placed else LOST).encode().ljust(HEADER_BYTES)
    corners = mesh.corners_mm[mesh.triangles]
    facets = np.zeros(len(corners), TRIANGLE)
    facets["normal"] = find_normals(corners)
    facets["corners"] = corners
    return header + np.uint32(len(facets)).tobytes() + facets.tobytes()


def find_normals(corners: Floats) -> Floats:
    """Give each triangle, (M, 3, 3), the unit vector that points outwards; 0 without an area."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return as_units(across)
