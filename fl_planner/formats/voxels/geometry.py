"""What every format must say of where its voxels are: edges, angles, units.

Rules F6 and F7 of safety.md, the same for NIfTI, NRRD and MetaImage.
"""

from fractions import Fraction
from math import isfinite

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SCANNER_MM
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.formats.stored.named_file import NamedFile
from fl_planner.space.common_grid.transfer import off_mm
from fl_planner.space.grid import TO_RAS, Affine, Grid

Matrix = npt.NDArray[np.float64]  # (3, 4): three columns of an edge each, and the origin

LEAST_EDGE_MM, LARGEST_EDGE_MM = 0.05, 20.0  # of a voxel [safety.md F6]
UPRIGHT_COSINE, SHEARED_COSINE = 1e-3, 0.5  # silent up to, warned of up to [safety.md F7]
SINGULAR = 1e-6  # least by largest singular value [safety.md F7]
SAME_LENGTH = 1e-3  # relative, of an edge and of a volume [safety.md F7, F8]
LPS_TO_RAS = np.reshape(TO_RAS["LPS"], (3, 1))
DYADIC = 1 << 12  # numbers with this denominator or less are kept as the binary says
SAME_FORM_MM = 0.001  # sform against qform at a corner: far below what any reader minds
CHECK_UNITS = "check the units and export it again"


def require_edges(header: NamedFile, edges: npt.ArrayLike) -> None:
    """Refuse a voxel whose edge no scanner makes."""
    lengths = np.asarray(edges, dtype=float)
    if not bool(((lengths >= LEAST_EDGE_MM) & (lengths <= LARGEST_EDGE_MM)).all()):
        possible = f"{LEAST_EDGE_MM:g} to {LARGEST_EDGE_MM:g} mm"
        reason = f"has voxels of {by_edges(lengths)} mm, of {possible} possible"
        raise header.refuse("geometry.spacing_range", reason, CHECK_UNITS)


def require_near(header: NamedFile, matrix: Matrix) -> None:
    """Refuse a place where no scanner is; near it a number still tells two voxels apart."""
    far = float(np.abs(matrix[:, 3]).max())
    if not far <= SCANNER_MM:
        reason = f"lies {far:.3g} mm away, of {SCANNER_MM:g} mm possible"
        raise header.refuse("geometry.too_far", reason, CHECK_UNITS)


def is_singular(matrix: Matrix) -> bool:
    """Whether three columns span no volume, or one beyond what numbers can hold."""
    if not np.isfinite(matrix[:, :3]).all():
        return True
    values = np.linalg.svd(matrix[:, :3], compute_uv=False)
    return not values[-1] > SINGULAR * values[0]  # a value that is not a number is no volume


def require_upright(header: NamedFile, matrix: Matrix) -> tuple[Finding, ...]:
    """Refuse axes too far from right angles; name a gantry tilt."""
    columns = matrix[:, :3] / np.linalg.norm(matrix[:, :3], axis=0)
    cosine = float(np.abs(columns.T @ columns - np.eye(3)).max())
    if cosine > SHEARED_COSINE:
        reason = f"has axes at a cosine of {cosine:.2f} to each other"
        raise header.refuse("geometry.sheared", reason)
    if cosine > UPRIGHT_COSINE:
        what = f"the grid is sheared (cosine {cosine:.3f}, gantry tilt); volumes allow for it"
        return (header.find("geometry.sheared", what),)
    return ()


def as_affine(matrix: Matrix) -> Affine:
    """Give a matrix as the rows that a grid keeps."""
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in matrix.tolist())


def by_edges(edges: npt.ArrayLike) -> str:
    """Write three edges: 0.8 x 0.8 x 2.5."""
    return " x ".join(f"{edge:g}" for edge in np.asarray(edges, dtype=float).tolist())


def decimal_of(number: np.floating) -> float:
    """Give the decimal that a 32-bit number was made from.

    A header that holds 0.8 as a 32-bit float says 0.800000012; its shortest decimal is what
    the scanner wrote, and the same as in formats that keep 64 bits or text. Sums of small
    powers of two (0.67382812, of 345/512) are exact in 32 bits and stay as they are.

    Examples
    --------
    >>> decimal_of(np.float32(0.8)), decimal_of(np.float32(0.673828125))
    (0.8, 0.673828125)
    """
    exact = float(number)
    if number.dtype.itemsize > 4 or not isfinite(exact):
        return exact
    if Fraction(exact).denominator <= DYADIC:
        return exact
    return float(np.format_float_positional(number, unique=True))


def require_sayable(grid: Grid, name: str) -> None:
    """Refuse a grid without a place in the patient whose axes no format could tell either.

    Raises `InputRefused`: `convert.no_place`.
    """
    edges = Grid.upright(grid.shape, grid.spacing_mm)
    if not (grid.placed or off_mm(grid, edges) <= SAME_FORM_MM):
        reason = "its grid has a place in a space that is not the patient's: no output says that"
        remedy = "export it with its place in the patient"
        raise InputRefused("convert.no_place", name, reason, remedy)
