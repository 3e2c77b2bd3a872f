"""An output that does not say what was to be written never gets into its place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.write import as_nifti, read_back
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity
from fl_planner.space.grid import Grid, Image
from tests.cases import how_many
from tests.formats.dicom.dicoms import COLUMNS, ORIGIN, ROWS, SLICES, SPACING, STEP, pack, seg
from tests.masks import AFFINES, TURNS, Index, cells, clouds, turned
from tests.niftis import both_forms, nifti
from tests.refusals import refuses

SHAPE = (4, 3, 2)
GRID = Grid.upright(SHAPE, (2.0, 3.0, 5.0))
USUAL = Limits()
FORMS = both_forms((2.0, 3.0, 5.0))


def meant() -> ConvertedFile:
    """Two labels of one voxel each, and one of none."""
    structures = (
        Structure.of(1, cells(GRID, [(0, 0, 0)]), None, None),
        Structure.of(2, cells(GRID, [(3, 2, 1)]), None, None),
        Structure.of(3, cells(GRID, []), None, None),
    )
    return ConvertedFile("a.nii", GRID, (), structures=structures)


def voxels(*labels: tuple[int, Index], shape: Index = SHAPE, **fields: Any) -> bytes:
    array = np.zeros(shape, "u1")
    for number, index in labels:
        array[index] = number
    return nifti(array, **{**FORMS, **fields})


RIGHT = ((1, (0, 0, 0)), (2, (3, 2, 1)))


def require_refusal(content: bytes, says: str, what: ConvertedFile | None = None) -> None:
    with refuses("convert.not_verified", "out.nii", says=says):
        read_back(content, "out.nii", what or meant(), USUAL)


def test_what_is_right_is_exact() -> None:
    assert read_back(voxels(*RIGHT), "out.nii", meant(), USUAL) == 0.0


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(
    clouds(SHAPE, most=20), st.sampled_from(sorted(AFFINES)), st.sampled_from(TURNS), st.booleans()
)
def test_what_is_written_in_every_orientation_is_read_back(
    indices: set[Index], affine: str, turn: tuple[Index, Index], packed: bool
) -> None:
    mask = turned(cells(Grid(SHAPE, AFFINES[affine]), indices), *turn)
    what = ConvertedFile("a.nii", mask.grid, (), structures=(Structure.of(7, mask, None, None),))
    name = "out.nii.gz" if packed else "out.nii"
    assert read_back(as_nifti(what, name).content, name, what, USUAL) < 1e-5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (voxels((1, (0, 0, 0))), "the structures read back differ from those written"),
        (voxels(*RIGHT, (4, (1, 1, 1))), "the structures read back differ from those written"),
        (voxels(*RIGHT, (2, (3, 2, 0))), "cells (voxels: 2) differs from that written (voxels: 1)"),
        (
            voxels((2, (0, 0, 0)), (1, (3, 2, 1))),
            "cells (voxels: 1) differs from that written (voxels: 1)",
        ),
        (
            voxels((1, (1, 0, 0)), (2, (3, 2, 1))),
            "cells (voxels: 1) differs from that written (voxels: 1)",
        ),
    ],
    ids=["one missing", "one more", "a voxel more", "swapped", "moved"],
)
def test_other_voxels(content: bytes, says: str) -> None:
    require_refusal(content, says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"origin_mm": (0.0, 0.0, 0.02)}, "the grid is shifted by 0.02 mm"),
        ({"spacing_mm": (2.0, 3.0, 5.02)}, "the grid is shifted by 0.02 mm"),
    ],
    ids=["place", "spacing"],
)
def test_another_place(change: dict[str, tuple[float, float, float]], says: str) -> None:
    where = {"spacing_mm": (2.0, 3.0, 5.0), "origin_mm": (0.0, 0.0, 0.0), **change}
    require_refusal(voxels(*RIGHT, **both_forms(**where)), says)
    near = {**where, "spacing_mm": (2.0, 3.0, 5.0), "origin_mm": (0.0, 0.0, 0.009)}
    off_mm = read_back(voxels(*RIGHT, **both_forms(**near)), "out.nii", meant(), USUAL)
    assert off_mm == pytest.approx(0.009)


def test_another_shape_and_a_lost_place() -> None:
    require_refusal(voxels(*RIGHT, shape=(5, 3, 2)), "the grid read back differs from that written")
    require_refusal(
        voxels(*RIGHT, qform_code=0, sform_code=0), "the grid read back differs from that written"
    )


def test_other_values() -> None:
    numbers = np.arange(24, dtype="i2").reshape(SHAPE) * 10 - 100
    image = Image(numbers + 1024, 1.0, -1024.0, GRID)
    what = ConvertedFile("ct.nii", GRID, (), image=image)
    assert read_back(nifti(numbers, **FORMS), "out.nii", what, USUAL) == 0.0
    other = numbers.copy()
    other[3, 2, 1] += 1
    require_refusal(nifti(other, **FORMS), "the values read back differ from those written", what)
    require_refusal(
        nifti(numbers[:3], **FORMS), "the values read back differ from those written", what
    )


def ct_grid() -> Grid:
    x, y, z = ORIGIN
    rows = ((-SPACING[1], 0.0, 0.0, -x), (0.0, -SPACING[0], 0.0, -y), (0.0, 0.0, STEP, z))
    return Grid((COLUMNS, ROWS, SLICES), rows)


def segmented(name: str = "Liver", identity: Identity | None = None) -> ConvertedFile:
    indices = [(i, j, k) for i in (1, 2, 3) for j in (1, 2) for k in (1, 2)]
    mask = cells(ct_grid(), indices, name)
    ct = InputFile("ct", "ct", "dicom-ct", "0" * 64, identity)
    return ConvertedFile("a.nii", ct_grid(), (ct,), structures=(Structure.of(1, mask, name, None),))


def test_a_seg_is_compared_by_name_and_by_whose_it_is() -> None:
    from fl_planner.formats.dicom.elements import identify_dated
    from fl_planner.formats.dicom.file import parse_dicom

    content = pack(seg())
    own = identify_dated(parse_dicom("a.dcm", content, USUAL).data)
    assert read_back(content, "out.nii", segmented(identity=own), USUAL) == 0.0
    require_refusal(
        content, "the structures read back differ from those written", segmented("Tumour", own)
    )
    changes: list[Callable[[Identity], Identity]] = [
        lambda one: structs.replace(one, patient=b"other"),
        lambda one: structs.replace(one, study=None),
        lambda one: structs.replace(one, frame=b"other"),
        lambda one: structs.replace(one, series=b"other"),
    ]
    for change in changes:
        require_refusal(
            content,
            "the patient, study, series or frame of reference differs from that of the CT",
            segmented(identity=change(own)),
        )
