"""MetaImage in (.mha, .mhd with .raw or .zraw): labels or an image, checked byte by byte."""

from contextlib import ExitStack
from math import prod
from pathlib import Path

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.formats.metaimage.header import (
    FROM_END,
    MATRIX,
    OFFSET,
    Data,
    MetaHeader,
    read_data,
    read_header,
    read_scaling,
    read_sizes,
    read_type,
)
from fl_planner.formats.stored.compression import GZIP, Packing
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.voxels.carried import find_carried
from fl_planner.formats.voxels.data_file import name_files, open_data
from fl_planner.formats.voxels.geometry import (
    LPS_TO_RAS,
    SAME_LENGTH,
    as_affine,
    is_singular,
    require_edges,
    require_near,
    require_upright,
)
from fl_planner.formats.voxels.label_file import LabelFile
from fl_planner.formats.voxels.slabs import Stored
from fl_planner.formats.voxels.text_header import mm_per_unit
from fl_planner.formats.voxels.text_numbers import TextNumbers
from fl_planner.formats.voxels.values import Holds
from fl_planner.formats.voxels.voxel_file import (
    Opened,
    ReadImage,
    count_before_last,
    find_other_name,
    require_size,
)
from fl_planner.space.grid import Grid

NAMES = (".mha", ".mhd")  # what a MetaImage is called


def read_labels(path: Path, role: str, holds: Holds, limits: Limits) -> LabelFile:
    """Read a mask or a label map, once, in pieces.

    A `.mha`, or the `.mhd` beside its data; content decides, not the name. What is given is as
    in `formats.read`.

    Raises `InputRefused`: by the rules M1, F1, F2, F4-F7, F10 and F11 of safety.md, naming the
    file, the reason and the remedy.
    """
    with ExitStack() as stack:
        return _open(path, limits, stack).read_labels(role, holds)


def read_image(path: Path, role: str, limits: Limits) -> ReadImage:
    """Read an image as it is stored; refused by the same rules but those on mask values."""
    with ExitStack() as stack:
        return _open(path, limits, stack).read_image(role)


def list_files(path: Path, limits: Limits) -> tuple[Path, ...]:
    """List the file, and that of its voxels; refused by the same rules as far as that is named."""
    with PlainBytes(path, limits) as head:
        header = read_header(head)
        return name_files(header, path, read_data(header).file)


def _open(path: Path, limits: Limits, stack: ExitStack) -> Opened:
    head = stack.enter_context(PlainBytes(path, limits))
    header = read_header(head)
    named = find_other_name(header, "a MetaImage", NAMES, packed=head.packed)
    sizes = read_sizes(header, limits)
    dtype = read_type(header)
    slope, inter = read_scaling(header)
    how = read_data(header)
    grid, place = find_grid(header, sizes)
    size = prod(sizes) * dtype.itemsize
    require_size(header, size, limits)
    reason = "goes on behind its last line (ElementDataFile): what is meant is unclear"
    more = header.refuse("metaimage.after_end", reason)
    data = open_data(stack, header, head, how.file, more)
    odd = _go_to_voxels(header, how, data, size)
    shape = (sizes[0], sizes[1], sizes[2])
    return Opened(
        "metaimage",
        (head,) if data is head else (head, data),
        TextNumbers(data, dtype) if how.is_text else data,
        Stored(header.name, shape, dtype, slope, inter),
        grid,
        (*named, *place, *odd, *find_carried(header, header.text)),
    )


@np.errstate(all="ignore")  # what overflows or vanishes is out of range, and refused
def find_grid(header: MetaHeader, sizes: tuple[int, ...]) -> tuple[Grid, tuple[Finding, ...]]:
    """Find a file's grid; axes of one entry beyond the third lie in no space.

    `TransformMatrix` holds the direction of each axis one after another, and places are LPS.
    """
    axes, shape = len(sizes), (sizes[0], sizes[1], sizes[2])
    factor, findings = _mm(header)
    spacing = header.spacing(axes)
    edges = np.array(spacing[:3]) * factor
    require_edges(header, edges)
    matrix, offset = header.one_of(MATRIX), header.one_of(OFFSET)
    turn = np.eye(axes).ravel() if matrix is None else header.numbers(matrix, axes**2, "matrix")
    columns = np.reshape(turn, (axes, axes)).T[:3, :3]
    origin = [0.0] * axes if offset is None else header.numbers(offset, axes, "offset")
    place = np.column_stack([columns * edges, np.array(origin[:3]) * factor])
    if is_singular(place):
        raise header.refuse("geometry.singular", "has a singular matrix: voxels without volume")
    lengths = np.linalg.norm(columns, axis=0)
    if np.abs(lengths - 1).max() > SAME_LENGTH:
        reason = "has a matrix that scales its voxels, whose size is said elsewhere"
        raise header.refuse("geometry.spacings_differ", reason)
    require_near(header, place)
    findings += require_upright(header, place)
    missing = [name for name, given in (("matrix", matrix), ("offset", offset)) if given is None]
    if missing:
        what = f"says no {' and no '.join(missing)}: side and place in the patient are undetermined"
        findings.append(header.find("geometry.no_space", what))
    return Grid(shape, as_affine(place * LPS_TO_RAS), not missing), tuple(findings)


def _mm(header: MetaHeader) -> tuple[float, list[Finding]]:
    """Give the millimetres of the file's unit; one without a meaning is read as mm."""
    unit = header.said.get("distanceunits", "")
    factor = mm_per_unit(unit)
    if factor is None:
        what = "has an undefined unit of length; read as mm"
        return 1.0, [header.find("geometry.unit_undefined", what)]
    if factor != 1.0:
        what = f"says its lengths are in {unit}; converted to mm"
        return factor, [header.find("geometry.unit_converted", what)]
    return 1.0, []


def _go_to_voxels(
    header: MetaHeader, how: Data, data: PlainBytes, size: int
) -> tuple[Finding, ...]:
    """Pass over what stands before the voxels, and unpack them where they are packed."""
    data.skip(count_before_last(data, size) if how.skip == FROM_END else how.skip)
    if how.packed:
        _unpack(how, data)
    if not how.skip:
        return ()
    what = "skips what stands before its voxels, as its header says (HeaderSize)"
    return (header.find("metaimage.skip", what),)


def _unpack(how: Data, data: PlainBytes) -> None:
    """Unpack a zlib stream, or gzip, which MetaIO reads as well."""
    if how.packed_size is not None and not data.packed and data.left() != how.packed_size:
        reason = f"holds {data.left()} bytes of data, its header says {how.packed_size}"
        raise data.refuse("metaimage.packed_size", reason)
    data.unpack_rest(Packing.GZIP if data.peek(len(GZIP)) == GZIP else Packing.ZLIB)
