"""A surface as the page's view of the liver takes it: corners and triangles, low byte first."""

import numpy as np

from fl_planner.space.mesh import Mesh

MAGIC = b"FLM1"


def as_buffer(mesh: Mesh) -> bytes:
    """Write the mark, both counts, corners as float32 (mm, RAS+) and triangles as uint32."""
    counts = np.array([len(mesh.corners_mm), len(mesh.triangles)], "<u4").tobytes()
    corners = mesh.corners_mm.astype("<f4").tobytes()
    return MAGIC + counts + corners + mesh.triangles.astype("<u4").tobytes()
