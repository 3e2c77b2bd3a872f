"""The same anatomy, however it is stored: the same voxels, the same millilitres [H-02, H-03, H-06].

A liver with a tumour and a remnant is drawn once, right, forward and up. Each mask is then
stored by itself: axes in any order and direction, cropped or padded, in any number type, byte
order, version and container, scaled or not, placed by sform, qform or both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.masks import MaskFiles, ReadAnatomy, read_anatomy
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import TURNS
from tests.niftis import Order, nifti, nifti_pair, qform, quaternion, sform, write, zipped

pytestmark = pytest.mark.slow

SHAPE = (7, 6, 5)
NINE_DIGITS = 1e-9
EDGES_MM = ["0.7", "0.8", "0.9765625", "1", "1.25", "2.5", "3", "5"]
WHOLE = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
Voxels = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Storing:
    """How one mask is put into a file."""

    order: tuple[int, ...]
    signs: tuple[int, ...]
    cut: tuple[int, ...]  # layers cut off before and after along each axis; padded if negative
    dtype: str
    endian: Order
    version: int
    container: str  # nii, nii.gz, or the hdr or img of a pair
    form: str  # sform, qform or both
    scaling: tuple[float, float, int, int]  # slope, intercept, numbers stored outside and in


STORINGS = st.builds(
    Storing,
    order=st.permutations(range(3)).map(tuple),
    signs=st.tuples(*[st.sampled_from([1, -1])] * 3),
    cut=st.tuples(*[st.integers(-2, 2)] * 6),
    dtype=st.sampled_from([*WHOLE, "f4", "f8"]),
    endian=st.sampled_from(["<", ">"]),
    version=st.sampled_from([1, 2]),
    container=st.sampled_from(["nii", "nii.gz", "hdr", "img"]),
    form=st.sampled_from(["sform", "qform", "both"]),
    scaling=st.sampled_from(
        [
            (0.0, 0.0, 0, 1), (0.0, 5.0, 0, 100), (nan, nan, 0, 3), (1.0, 0.0, 0, 1),
            (2.0, 0.0, 0, 1), (0.5, 0.0, 0, 2), (0.5, -1.0, 2, 4), (1.0, -2.0, 2, 3),
            (-1.0, 1.0, 1, 0), (2.0, -2.0, 1, 50), (0.01, 0.0, 0, 100), (1 / 3, 0.0, 0, 3),
        ]
    ),
)  # fmt: skip


@st.composite
def drawings(draw: st.DrawFn) -> dict[str, Voxels]:
    """Liver, tumour in it and remnant in it, none of them symmetric or empty."""
    seed = draw(st.integers(0, 1 << 30))
    random = np.random.default_rng(seed)
    liver = np.zeros(SHAPE, dtype=bool)
    liver[2:5, 2:4, 2:3] = random.random((3, 2, 1)) < 0.8
    liver[2, 2, 2] = True
    around = random.random(SHAPE) < draw(st.sampled_from([0.0, 0.1, 0.5]))
    around[0, 0, 0] = False
    liver |= around
    tumour = liver & (random.random(SHAPE) < 0.3)
    flr = liver & ~tumour & (random.random(SHAPE) < 0.6)
    flr |= liver if not flr.any() else flr
    return {"liver": liver, "tumour": tumour, "flr": flr}


def forms_of(matrix: npt.NDArray[np.float64], how: Storing) -> dict[str, Any]:
    """Fields that place voxels by an affine of right angles."""
    edges = [float(edge) for edge in np.linalg.norm(matrix[:, :3], axis=0)]
    turn = matrix[:, :3] / edges
    qfac = float(np.rint(np.linalg.det(turn)))
    by_qform = qform(edges, matrix[:, 3].tolist(), quaternion(turn * [1, 1, qfac]), qfac=qfac)
    by_sform = sform(matrix.tolist())
    both = {**by_sform, **by_qform}
    return {"sform": by_sform, "qform": by_qform, "both": both}[how.form]


def window_of(voxels: Voxels, cut: tuple[int, ...]) -> tuple[Voxels, list[int]]:
    """Crop or pad; no voxel of the mask is lost, and a 0 is always left."""
    spans = []
    for axis in range(3):
        hits = np.flatnonzero(voxels.any(axis=tuple({0, 1, 2} - {axis})))
        first, last = (int(hits[0]), int(hits[-1])) if hits.size else (0, 0)
        before = min(cut[2 * axis], first)
        after = min(cut[2 * axis + 1], voxels.shape[axis] - 1 - last)
        spans.append((before, voxels.shape[axis] - after))
    padded = np.pad(voxels, 2)
    window: Voxels = padded[tuple(slice(a + 2, b + 2) for a, b in spans)]
    if window.all():
        return padded, [-2, -2, -2]
    return window, [a for a, _ in spans]


def put(folder: Path, name: str, voxels: Voxels, matrix: Any, how: Storing) -> Path:
    """Store one mask; outside it the file's numbers mean 0."""
    window, start = window_of(voxels, how.cut)
    turned = window.transpose(how.order)[tuple(slice(None, None, sign) for sign in how.signs)]
    columns = matrix[:, list(how.order)] * how.signs
    last = [(n - 1) * (sign < 0) for n, sign in zip(turned.shape, how.signs, strict=True)]
    origin = matrix[:, 3] + matrix[:, :3] @ start - columns @ last
    slope, inter, outside, inside = how.scaling
    numbers = np.where(turned, inside, outside).astype(how.dtype)
    fields = {
        **forms_of(np.column_stack([columns, origin]), how),
        "scl_slope": slope,
        "scl_inter": inter,
    }
    options: dict[str, Any] = {"version": how.version, "order": how.endian, **fields}
    if how.container in ("hdr", "img"):
        hdr, img = nifti_pair(numbers, **options)
        write(folder / f"{name}.hdr", hdr)
        write(folder / f"{name}.img", img)
        return folder / f"{name}.{how.container}"
    content = nifti(numbers, **options)
    path = folder / f"{name}.{how.container}"
    return write(path, zipped(content) if how.container == "nii.gz" else content)


def read_stored(
    drawn: Mapping[str, Voxels], matrix: Any, storings: Mapping[str, Storing]
) -> ReadAnatomy:
    with TemporaryDirectory() as folder:
        paths = {
            role: put(Path(folder), role, voxels, matrix, storings[role])
            for role, voxels in drawn.items()
        }
        return read_anatomy(MaskFiles(paths), Limits())


@settings(max_examples=300)
@given(
    drawn=drawings(),
    edges=st.tuples(*[st.sampled_from(EDGES_MM)] * 3),
    origin=st.tuples(*[st.integers(-400, 400)] * 3),
    storings=st.fixed_dictionaries(dict.fromkeys(("liver", "tumour", "flr"), STORINGS)),
)
def test_h02_the_same_anatomy_however_it_is_stored(
    drawn: dict[str, Voxels],
    edges: tuple[str, ...],
    origin: tuple[int, ...],
    storings: dict[str, Storing],
) -> None:
    matrix = np.column_stack([np.diag([float(edge) for edge in edges]), origin])
    read = read_stored(drawn, matrix, storings)
    # noise may be as thin as a vessel, however it is stored
    assert {one.code for one in read.findings} <= {"tumour.vessel_like"}
    anatomy = read.anatomy
    assert anatomy.tumour is not None
    assert anatomy.flr is not None
    voxel_ml = Fraction(edges[0]) * Fraction(edges[1]) * Fraction(edges[2]) / 1000
    masks = {"liver": anatomy.liver, "tumour": anatomy.tumour, "flr": anatomy.flr}
    for role, mask in masks.items():
        count = int(drawn[role].sum())
        assert mask.voxel_count == count
        assert mask.volume_ml == pytest.approx(float(count * voxel_ml), rel=NINE_DIGITS)
        assert np.array_equal(part_of(mask, matrix), drawn[role])
    assert anatomy.organ.voxel_count == int(drawn["liver"].sum())
    left = drawn["flr"] & ~drawn["tumour"]
    assert (anatomy.flr & anatomy.nontumorous).voxel_count == int(left.sum())


def part_of(mask: Mask, matrix: Any) -> Voxels:
    """Array of the drawing's shape, at the drawing's place, from a mask on the common grid."""
    grid = mask.grid.matrix()
    assert np.allclose(grid[:, :3], matrix[:, :3], atol=1e-4)
    steps = (matrix[:, 3] - grid[:, 3]) / np.diag(matrix[:, :3])
    start = np.rint(steps).astype(int)
    assert np.abs(steps - start).max() < 1e-3
    everything = np.pad(mask.as_array(), 5)
    window: Voxels = everything[
        tuple(slice(n + 5, n + 5 + m) for n, m in zip(start, SHAPE, strict=True))
    ]
    assert window.sum() == mask.voxel_count
    return window


@given(drawn=drawings(), first=STORINGS, second=STORINGS)
def test_h06_two_ways_of_storing_give_the_same_arrays_on_the_same_grid(
    drawn: dict[str, Voxels], first: Storing, second: Storing
) -> None:
    matrix = np.column_stack([np.diag([0.8, 0.7, 2.5]), [-150.0, 40.0, 12.5]])
    one, two = (
        read_stored(drawn, matrix, dict.fromkeys(drawn, how)).anatomy for how in (first, second)
    )
    for a, b in ((one.liver, two.liver), (one.flr, two.flr), (one.organ, two.organ)):
        assert a is not None
        assert b is not None
        assert np.array_equal(a.voxels, b.voxels)
        here, there = (mask.grid.part(mask.box).matrix() for mask in (a, b))
        assert np.allclose(here, there, atol=1e-3)
        assert a.volume_ml == pytest.approx(b.volume_ml, rel=NINE_DIGITS)


def test_all_48_orientations_are_covered() -> None:
    assert len(TURNS) == 48
    drawn = {"liver": np.zeros(SHAPE, dtype=bool), "flr": np.zeros(SHAPE, dtype=bool)}
    drawn["liver"][1:6, 1:5, 1:4] = drawn["flr"][1:3, 1:4, 1:2] = True
    matrix = np.column_stack([np.diag([0.8, 0.7, 2.5]), [-150.0, 40.0, 12.5]])
    plain = Storing((0, 1, 2), (1, 1, 1), (0,) * 6, "u1", "<", 1, "nii", "both", (1.0, 0.0, 0, 1))
    for order, signs in TURNS:
        turned = Storing(order, signs, (0,) * 6, "u1", "<", 1, "nii", "both", (1.0, 0.0, 0, 1))
        read = read_stored(drawn, matrix, {"liver": plain, "flr": turned})
        assert np.array_equal(sure(read.anatomy.flr).as_array(), drawn["flr"])
