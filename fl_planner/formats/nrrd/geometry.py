"""Where the voxels of an NRRD file are: which axes are space, and how they lie in it.

Rules N1, F4, F6 and F7 of safety.md. SimpleITK takes 1 mm where directions are missing; here
a file without a spacing is refused, and one without a space has no side.
"""

import re
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding
from fl_planner.formats.nrrd.header import NrrdHeader
from fl_planner.formats.voxels.geometry import (
    SAME_LENGTH,
    as_affine,
    by_edges,
    is_singular,
    require_edges,
    require_near,
    require_upright,
)
from fl_planner.formats.voxels.text_header import mm_per_unit, number, numbers
from fl_planner.space.box import Index
from fl_planner.space.grid import Grid

# name of a space -> signs that make its axes right, anterior and superior
RAS_SIGNS = {
    "right-anterior-superior": (1.0, 1.0, 1.0), "ras": (1.0, 1.0, 1.0),
    "left-anterior-superior": (-1.0, 1.0, 1.0), "las": (-1.0, 1.0, 1.0),
    "left-posterior-superior": (-1.0, -1.0, 1.0), "lps": (-1.0, -1.0, 1.0),
}  # fmt: skip
NO_SIDE = {"scanner-xyz", "3d-right-handed", "3d-left-handed", "3dr", "3dl", "3d-r", "3d-l"}
SPACE_KINDS = {"domain", "space", "???", "none"}  # what an axis of space may be called
LAYER_KINDS = {"list", "vector", "???"}  # and the layer axis of a segmentation
MOST_LAYERS = 1 << 8  # more are not believed [project's choice]
_VECTOR = re.compile(r"\(([^()]*)\)|(none)", re.IGNORECASE)
_UNIT = re.compile(r'"([^"]*)"|(\S+)')
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Axes:
    """Which of an array's `count` axes are space, and how many layers each voxel has."""

    space: Index
    shape: Index
    count: int
    layers: int = 1


def find_axes(header: NrrdHeader, sizes: tuple[int, ...], *, layered: bool) -> Axes:
    """Find the three axes of space; any other has one entry, or the layers of a segmentation."""
    kinds = header.fields.get("kinds", "").lower().split() or ["???"] * len(sizes)
    if len(kinds) != len(sizes):
        raise header.refuse("nrrd.field", f"has {len(kinds)} kinds for {len(sizes)} axes")
    space = _axes_of_space(header, sizes, kinds)
    others = [axis for axis, size in enumerate(sizes) if size > 1 and axis not in space[:3]]
    vectors = [axis for axis in space if sizes[axis] > 1 and kinds[axis] not in SPACE_KINDS]
    axes = Axes(
        (space[0], space[1], space[2]),
        (sizes[space[0]], sizes[space[1]], sizes[space[2]]),
        len(sizes),
    )
    few = sizes[0] <= MOST_LAYERS
    if layered and others == [0] and few and kinds[0] in LAYER_KINDS and not vectors:
        return replace(axes, layers=sizes[0])
    if others or vectors:
        holds = f"holds several frames, layers or vectors (sizes = {list(sizes)})"
        remedy = "export one 3-D volume"
        raise header.refuse("dims.frames", f"{holds}, a mask is one 3-D volume", remedy)
    return axes


def _axes_of_space(header: NrrdHeader, sizes: tuple[int, ...], kinds: list[str]) -> list[int]:
    """List the axes that lie in space; more than three only where none has one entry."""
    directions = _directions(header, len(sizes))
    if directions is None:
        spacings = _spacings(header, len(sizes))
        lies = [kind in SPACE_KINDS and s == s for kind, s in zip(kinds, spacings, strict=True)]
    else:
        lies = [direction is not None for direction in directions]
    space = [axis for axis, in_space in enumerate(lies) if in_space]
    while len(space) > 3 and (flat := [axis for axis in space if sizes[axis] == 1]):
        space.remove(flat[-1])
    if len(space) < 3:
        reason = f"has {len(space)} axes of space, a mask has 3"
        raise header.refuse("dims.not_3d", reason, "export the volume")
    return space


@np.errstate(all="ignore")  # what overflows or vanishes is out of range, and refused
def find_grid(header: NrrdHeader, axes: Axes) -> tuple[Grid, tuple[Finding, ...]]:
    """Find a file's grid, or refuse one whose voxels have no known size."""
    signs, findings = _signs(header)
    directions = _directions(header, axes.count)
    if directions is None:
        return _of_spacings(header, axes)
    _compare_spacings(header, directions)
    origin = _origin(header)
    if origin is None and signs is not None:
        what = "says no origin: its place in the patient is undetermined"
        findings.append(header.find("geometry.no_origin", what))
    columns = [directions[axis] for axis in axes.space]
    matrix = np.array([*columns, origin or (0.0, 0.0, 0.0)], dtype=np.float64).T
    if not np.isfinite(matrix).all():
        raise header.refuse("geometry.not_finite", "has directions or an origin not finite")
    if is_singular(matrix):
        raise header.refuse("geometry.singular", "has directions that depend on each other")
    factors, converted = _mm_per_unit(header, "spaceunits", (0, 1, 2), 3)
    matrix *= factors[:, None] * np.array(signs or (1.0, 1.0, 1.0))[:, None]
    require_edges(header, np.linalg.norm(matrix[:, :3], axis=0))
    require_near(header, matrix)
    findings += [*converted, *require_upright(header, matrix)]
    placed = signs is not None and origin is not None
    return Grid(axes.shape, as_affine(matrix), placed), tuple(findings)


def _signs(header: NrrdHeader) -> tuple[Vector | None, list[Finding]]:
    """Tell how the axes of space lie in the patient; None where the file does not say."""
    space = header.fields.get("space", "").lower()
    if header.fields.get("spacedimension", "3") != "3":
        raise header.refuse("dims.not_3d", "has a space of other than 3 dimensions")
    if space in RAS_SIGNS:
        return RAS_SIGNS[space], []
    if space and space not in NO_SIDE:
        reason = "has a space other than LPS, RAS, LAS and a scanner's"
        raise header.refuse("geometry.space", reason)
    why = "is in the scanner's space" if space else "says no space"
    what = f"{why}: side and place in the patient are undetermined"
    return None, [header.find("geometry.no_space", what)]


def _directions(header: NrrdHeader, count: int) -> list[Vector | None] | None:
    """Read a vector an axis, None for an axis that is not space; None where there are none."""
    text = header.fields.get("spacedirections")
    if text is None:
        return None
    found = [*_VECTOR.finditer(text)]
    if len(found) != count or _VECTOR.sub("", text).strip():
        raise header.refuse("geometry.directions", f"has directions that are not {count} vectors")
    return [None if match[2] else _vector(header, match[1]) for match in found]


def _vector(header: NrrdHeader, text: str) -> Vector:
    parts = [number(part.strip()) for part in text.split(",")]
    if len(parts) != 3 or None in parts:
        raise header.refuse("geometry.directions", "has a vector that is not three numbers")
    x, y, z = (part for part in parts if part is not None)
    return x, y, z


def _origin(header: NrrdHeader) -> Vector | None:
    text = header.fields.get("spaceorigin")
    if text is None:
        return None
    match = _VECTOR.fullmatch(text)
    if match is None or match[2]:
        raise header.refuse("geometry.directions", "has an origin that is not three numbers")
    return _vector(header, match[1])


def _spacings(header: NrrdHeader, count: int) -> list[float]:
    if "spacings" not in header.fields:
        reason = "has no spacing: neither space directions nor spacings"
        raise header.refuse("geometry.no_spacing", reason)
    found = numbers(header.fields["spacings"])
    if found is None or len(found) != count:
        raise header.refuse("geometry.no_spacing", f"has spacings that are not {count} numbers")
    return found


def _of_spacings(header: NrrdHeader, axes: Axes) -> tuple[Grid, tuple[Finding, ...]]:
    """Build the grid of a file that says the size of its voxels and nothing else."""
    spacings = _spacings(header, axes.count)
    edges = np.array([spacings[axis] for axis in axes.space])
    if not (np.isfinite(edges) & (edges != 0)).all():
        reason = f"has a voxel size of {by_edges(edges)} in its header (spacings)"
        raise header.refuse("geometry.no_spacing", reason)
    what = "says spacings alone: side and place in the patient are undetermined"
    findings = [header.find("geometry.no_space", what)]
    if edges.min() < 0:
        what = f"has a negative voxel size ({by_edges(edges)}); its amount is used"
        findings.append(header.find("geometry.negative_spacing", what))
    factors, converted = _mm_per_unit(header, "units", axes.space, axes.count)
    edges = np.abs(edges) * factors
    require_edges(header, edges)
    matrix = np.column_stack([np.diag(edges), np.zeros(3)])
    return Grid(axes.shape, as_affine(matrix), placed=False), (*findings, *converted)


def _compare_spacings(header: NrrdHeader, directions: list[Vector | None]) -> None:
    """Refuse two sizes of one voxel."""
    if "spacings" not in header.fields:
        return
    said = _spacings(header, len(directions))
    for spacing, direction in zip(said, directions, strict=True):
        if direction is None or not isfinite(spacing):
            continue
        length = float(np.linalg.norm(direction))
        if not abs(abs(spacing) - length) <= SAME_LENGTH * length:
            reason = f"has a spacing of {spacing:g} and a direction of length {length:g}"
            raise header.refuse("geometry.spacings_differ", reason)


def _mm_per_unit(
    header: NrrdHeader, field: str, which: Index, count: int
) -> tuple[npt.NDArray[np.float64], list[Finding]]:
    """Read the units of three of `count` axes; one without a meaning is read as mm."""
    if field not in header.fields:
        return np.ones(3), []
    said = [quoted or bare for quoted, bare in _UNIT.findall(header.fields[field])]
    if len(said) != count:
        raise header.refuse("geometry.units", f"has units for {len(said)} of {count} axes")
    units = [said[axis] for axis in which]
    known = [mm_per_unit(unit) for unit in units]
    findings = []
    if None in known:
        what = "has an undefined unit of length; read as mm"
        findings.append(header.find("geometry.unit_undefined", what))
    other = {u: None for u, in_mm in zip(units, known, strict=True) if in_mm not in (None, 1.0)}
    if other:
        what = f"says its lengths are in {', '.join(other)}; converted to mm"
        findings.append(header.find("geometry.unit_converted", what))
    return np.array([in_mm or 1.0 for in_mm in known]), findings
