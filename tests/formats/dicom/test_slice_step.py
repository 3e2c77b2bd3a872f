"""The distance between slices of files that omit empty ones: from the CT or another mask."""

from collections.abc import Sequence
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner.basis.findings import Severity
from fl_planner.formats.dicom.slice_step import count_successive
from fl_planner.formats.voxels.values import SegmentFile
from fl_planner.intake.reading.masks import MaskFiles, read_anatomy
from fl_planner.space.grid import Affine, Grid
from tests.formats.dicom.dicoms import (
    COLUMNS,
    ORIGIN,
    ROWS,
    SPACING,
    USUAL,
    drawn,
    pack,
    place,
    read,
    require_refusal,
    ring,
    rtstruct,
    seg,
)
from tests.refusals import refuses

PLANE = drawn()[1]  # 6 voxels, of 2 x 3 mm
UNSAID = {"SpacingBetweenSlices": None, "SliceThickness": None}


def grid(step: float = 5.0, *, shift: float = 0.0, rise: float = 0.0, pixel: float = 2.0) -> Grid:
    """Lay the grid of the CT, RAS+; `rise` is the movement along y from slice to slice."""
    x, y, z = ORIGIN
    rows: Affine = (
        (-pixel, 0.0, 0.0, -x + shift),
        (0.0, -SPACING[0], -rise, -y + 20 * rise),
        (0.0, 0.0, step, z - 20 * step),
    )
    return Grid((COLUMNS, ROWS, 60), rows)


def sparse(*heights: float, rise: float = 0.0, **measures: Any) -> bytes:
    """Write frames at heights in mm; `rise` moves them along y by this part of the height."""
    data = seg([(1, float(n), PLANE) for n in range(len(heights))])
    for frame, height in zip(data.PerFrameFunctionalGroupsSequence, heights, strict=True):
        x, y, z = place(0)
        at = [x, y + rise * height, z + height]
        frame.PlanePositionSequence[0].ImagePositionPatient = [f"{one:.6f}" for one in at]
    held = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    for keyword, value in {**UNSAID, **measures}.items():
        setattr(held, keyword, value)
    return pack(data)


@pytest.mark.parametrize(
    ("gaps", "planes"),
    [([5.0], 2), ([5.0, 20.0, 5.0], 2), ([20.0, 5.0, 5.0], 3), ([5.0, 20.0, 5.0, 5.0, 20.0], 3)],
)
def test_planes_in_succession_are_counted_anew_after_a_gap(gaps: list[float], planes: int) -> None:
    assert count_successive(np.array(gaps)) == planes


def require_step(file: SegmentFile, step: float, frames: int, *found: str) -> None:
    assert file.grid.spacing_mm[2] == pytest.approx(step)
    mask = file.whole("liver")
    assert mask.voxel_count == 6 * frames
    assert mask.volume_ml == pytest.approx(6 * frames * 2 * 3 * step / 1000)
    assert [one.code for one in file.findings] == [*found]


THICK = {"SliceThickness": 5.0}
ODD = "geometry.slice_step"
ON_LATTICES: dict[str, tuple[Sequence[float], dict[str, Any], Grid, float, Sequence[str]]] = {
    "two that are not adjacent": ((0, 10), THICK, grid(), 5, ()),
    "the same, of no thickness": ((0, 10), {}, grid(), 5, [ODD]),
    "of three, two adjacent": ((0, 5, 25), {}, grid(), 5, ()),
    "of several steps": ((0, 10, 25), THICK, grid(), 5, ()),
    "three at equal distances": ((0, 10, 20), THICK, grid(), 5, ()),
    "one slice": ((15,), THICK, grid(), 5, ()),
    "two adjacent": ((5, 10), {}, grid(), 5, ()),
    "slices that overlap": ((0, 2.5, 10), THICK, grid(2.5), 2.5, ()),
    "thin slices with gaps": ((0, 6, 18), THICK, grid(6.0), 6, ()),
    "stored from the head": ((0, 10), THICK, grid(-5.0), 5, ()),
    "a header that agrees": ((0, 10), {"SpacingBetweenSlices": 5.0}, grid(), 5, ()),
    "a header that agrees, of thick slices": (
        (0, 10),
        {"SpacingBetweenSlices": 5.0, "SliceThickness": 10.0},
        grid(),
        5,
        (),
    ),
    "five in succession show their own": ((0, 10, 20, 30, 40), {}, grid(), 10, ()),
    "a header of more": ((0, 20), {"SpacingBetweenSlices": 10.0}, grid(), 10, [ODD]),
}


@pytest.mark.parametrize(
    ("heights", "measures", "on", "step", "found"), ON_LATTICES.values(), ids=ON_LATTICES
)
def test_h01_slices_that_are_not_adjacent_have_the_step_of_the_ct(
    heights: Sequence[float],
    measures: dict[str, Any],
    on: Grid,
    step: float,
    found: Sequence[str],
    tmp_path: Path,
) -> None:
    content = sparse(*heights, **measures)
    require_step(read(tmp_path, content, on=on), step, len(heights), *found)
    require_step(read(tmp_path, content, masks=(grid(5.0, shift=1.0), on)), step, len(heights),
                 *found)  # fmt: skip


def test_h01_the_step_of_another_grid_is_reported_if_nothing_confirms_it(tmp_path: Path) -> None:
    (finding,) = read(tmp_path, sparse(0, 10), on=grid()).findings
    assert (finding.severity, finding.value) == (Severity.WARNING, 5.0)
    assert "they are 10 mm apart; the distance between slices of the CT" in finding.message
    assert ", 5 mm, is used" in finding.message


UNPLACED = Grid((COLUMNS, ROWS, 60), grid().affine, placed=False)
OFF = {
    "half a pixel away": grid(shift=1.0),
    "other pixels": grid(pixel=2.1),
    "other heights": grid(4.0),
    "no position": UNPLACED,
    "tilted": grid(rise=1.0),
}


@pytest.mark.parametrize("other", OFF.values(), ids=OFF)
def test_h01_a_grid_that_does_not_fit_gives_no_step(other: Grid, tmp_path: Path) -> None:
    says = "few slices, at least 10 mm apart, and no SpacingBetweenSlices"
    with refuses("geometry.step_unknown", says=says):
        read(tmp_path, sparse(0, 10, **THICK), on=other)
    fits_one = other in (OFF["other heights"], OFF["tilted"])
    with refuses("geometry.step_unknown", says="SliceThickness is not this distance"):
        read(tmp_path, sparse(15, **THICK), on=None if fits_one else other)


def test_h01_slices_of_another_series_are_refused(tmp_path: Path) -> None:
    says = "10 mm apart and 10 mm thick, but the slices of the CT or of the other masks are 5 mm"
    with refuses("geometry.slice_step", says=says):
        read(tmp_path, sparse(0, 10, SliceThickness=10.0), on=grid())


def wrong(step: float) -> dict[str, float]:
    return {"SpacingBetweenSlices": step}


WRONG = {  # positions on a CT with a step of 5 mm -> the wrong step in the header
    "a fraction, of two": ((0, 5), wrong(2.5)),
    "a fraction, of three": ((0, 5, 10), wrong(2.5)),
    "a fraction, of several runs": ((0, 5, 10, 40, 45), wrong(2.5)),
    "a multiple": ((0, 5), wrong(10.0)),
    "the distance in cm": ((0, 5, 10), wrong(0.5)),
    "no fraction": ((0, 5), wrong(4.0)),
    "of thick slices": ((0, 5), {"SliceThickness": 2.5, **wrong(2.5)}),
}


@pytest.mark.parametrize(("heights", "measures"), WRONG.values(), ids=WRONG)
def test_h01_positions_on_the_ct_rule_over_a_wrong_step_in_the_header(
    heights: Sequence[float], measures: dict[str, Any], tmp_path: Path
) -> None:
    file = read(tmp_path, sparse(*heights, **measures), on=grid())
    require_step(file, 5, len(heights), ODD)
    (finding,) = file.findings
    assert finding.severity == Severity.WARNING
    stated = f"{measures['SpacingBetweenSlices']:.4g} mm according to SpacingBetweenSlices"
    assert f"5 mm apart according to their positions, and {stated}" in finding.message


def test_h01_a_header_that_positions_contradict_is_not_used(tmp_path: Path) -> None:
    says = "SpacingBetweenSlices (4 mm) contradicts their positions"
    content = sparse(0, 10, SpacingBetweenSlices=4.0)
    require_refusal(tmp_path, content, "geometry.step_unknown", says)
    file = read(tmp_path, content, on=grid())
    require_step(file, 5, 2, ODD)
    assert "5 mm, is used, not SpacingBetweenSlices (4 mm)" in file.findings[0].message
    says = "10 mm apart and 10 mm thick, but the slices of the CT or of the other masks are 5 mm"
    with refuses("geometry.slice_step", says=says):
        read(tmp_path, sparse(0, 10, SliceThickness=10.0, SpacingBetweenSlices=4.0), on=grid())


def test_h01_every_second_slice_of_the_ct_is_refused(tmp_path: Path) -> None:
    """The header and the CT agree: slices were omitted, or not drawn."""
    content = sparse(0, 10, 20, 30, 40, SpacingBetweenSlices=5.0)
    with refuses("geometry.slice_step", says="all slices are 10 mm apart"):
        read(tmp_path, content, on=grid())


def test_h01_a_tilted_gantry(tmp_path: Path) -> None:
    """Positions move along the table; the step along the normal is shorter."""
    angle = radians(15)
    table = 5.0
    on = grid(table * cos(angle), rise=table * sin(angle))
    height = 2 * table * cos(angle)
    content = sparse(0, height, rise=sin(angle) / cos(angle), SpacingBetweenSlices=table)
    file = read(tmp_path, content, on=on)
    mask = file.whole("liver")
    assert mask.voxel_count == 12
    assert mask.volume_ml == pytest.approx(12 * 2 * 3 * table * cos(angle) / 1000, rel=1e-4)


def labelled(voxels: np.ndarray[Any, Any], *labels: str, **measures: Any) -> bytes:
    """Write one segment of each label, with the same voxels in its frames."""
    frames = [
        (number, float(layer), plane)
        for number in range(1, len(labels) + 1)
        for layer, plane in enumerate(voxels)
        if plane.any()
    ]
    data = seg(frames, labels)
    held = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    for keyword, value in {**UNSAID, **measures}.items():
        setattr(held, keyword, value)
    return pack(data)


def body() -> np.ndarray[Any, Any]:
    voxels = np.zeros((9, ROWS, COLUMNS), dtype=bool)
    voxels[:, 1:4, 1:5] = True
    voxels[0] = voxels[8] = False
    return voxels


def lesions() -> np.ndarray[Any, Any]:
    voxels = np.zeros_like(body())
    voxels[2, 2, 2] = voxels[5, 2, 3] = True
    return voxels


@pytest.mark.parametrize("role", ["liver", "map"])
def test_h01_a_sparse_tumour_on_a_liver(role: str, tmp_path: Path) -> None:
    liver, tumour = tmp_path / "liver.dcm", tmp_path / "tumour.dcm"
    liver.write_bytes(labelled(body(), "Liver"))
    tumour.write_bytes(labelled(lesions(), "Tumor"))
    masks = {"tumour": tumour} | ({"liver": liver} if role == "liver" else {})
    given = MaskFiles(masks=masks, label_map=liver if role == "map" else None)
    found = read_anatomy(given, USUAL)
    assert found.anatomy.tumour is not None
    assert found.anatomy.tumour.voxel_count == 2
    assert found.anatomy.tumour.volume_ml == pytest.approx(2 * 2 * 3 * 5 / 1000)
    assert found.anatomy.liver.voxel_count == 7 * 12
    names = [one.role for one in found.inputs]
    assert sorted(names) == sorted({"tumour", "liver" if role == "liver" else "labelmap"})


def test_h01_a_sparse_tumour_on_a_liver_of_another_grid_is_refused(tmp_path: Path) -> None:
    liver, tumour = tmp_path / "liver.dcm", tmp_path / "tumour.dcm"
    liver.write_bytes(labelled(body(), "Liver", PixelSpacing=[3.0, 2.5]))
    tumour.write_bytes(labelled(lesions(), "Tumor"))
    for resample in (False, True):
        given = MaskFiles(masks={"liver": liver, "tumour": tumour}, resample=resample)
        with refuses("geometry.step_unknown", "tumour.dcm"):
            read_anatomy(given, USUAL)


def test_h01_a_sparse_tumour_of_several_files(tmp_path: Path) -> None:
    """The first file is read twice, but listed once."""
    liver = tmp_path / "liver.dcm"
    liver.write_bytes(labelled(body(), "Liver"))
    first, second = np.zeros_like(body()), np.zeros_like(body())
    first[2, 2, 2] = True
    second[4:7, 2, 3] = True
    paths = []
    for name, voxels in (("b.dcm", second), ("a.dcm", first)):
        (tmp_path / name).write_bytes(labelled(voxels, "Tumor"))
        paths.append(tmp_path / name)
    found = read_anatomy(MaskFiles(masks={"tumour": tuple(paths)}, label_map=liver), USUAL)
    assert found.anatomy.tumour is not None
    assert found.anatomy.tumour.voxel_count == 4
    assert sorted(one.file for one in found.inputs) == ["a.dcm", "b.dcm", "liver.dcm"]


@pytest.mark.parametrize("as_map", [False, True])
def test_h01_a_liver_with_a_wrong_step_has_that_of_the_other_masks(
    as_map: bool, tmp_path: Path
) -> None:
    """Read first, with steps of 2.5 mm, as `check` reads it: all slices are 5 mm apart."""
    voxels = body()
    voxels[4:6] = False
    kept = np.flatnonzero(voxels.any(axis=(1, 2)))
    lesion = np.zeros_like(voxels)
    lesion[kept, 1:4, 1:3] = True
    contents = {
        "liver": labelled(voxels, "Liver", SpacingBetweenSlices=2.5),
        "tumour": labelled(lesion, "Tumor"),
        "flr": labelled(body(), "FLR"),
    }
    masks = {name: tmp_path / f"{number}.dcm" for number, name in enumerate(contents)}
    for name, path in masks.items():
        path.write_bytes(contents[name])
    given = MaskFiles(label_map=tmp_path) if as_map else MaskFiles(masks=masks)
    found = read_anatomy(given, USUAL)
    assert found.anatomy.liver.volume_ml == pytest.approx(5 * 12 * 2 * 3 * 5 / 1000)
    messages = [one.message for one in found.findings if one.code == "geometry.slice_step"]
    assert len(messages) == 1
    assert "5 mm apart according to their positions, and 2.5 mm" in messages[0]


def test_h01_contours_of_few_slices(tmp_path: Path) -> None:
    """Without an image, they have the step of the liver's contours, not of their own."""
    centre = (3.0, 4.0)
    liver = [ring(30.0, 2.5 * n, centre) for n in range(12)]
    tumour = [ring(8.0, 10.0, centre), ring(8.0, 12.5, centre)]
    path = tmp_path / "structures.dcm"
    path.write_bytes(pack(rtstruct([("Liver", liver), ("Tumor", tumour)])))
    found = read_anatomy(MaskFiles(masks={"liver": path, "tumour": path}), USUAL)
    assert found.anatomy.tumour is not None
    true_ml = 2 * np.pi * 8.0**2 * 2.5 / 1000
    assert found.anatomy.tumour.volume_ml == pytest.approx(true_ml, rel=0.01)
    alone = pack(rtstruct([("Liver", tumour)]))
    require_refusal(tmp_path, alone, "geometry.step_unknown", "at least 2.5 mm apart, and no image")


def test_contours_without_their_ct_on_a_mask_of_voxels(tmp_path: Path) -> None:
    """The remedy helps: with the CT, the contours are on its voxels."""
    liver, tumour = tmp_path / "liver.dcm", tmp_path / "tumour.dcm"
    liver.write_bytes(labelled(body(), "Liver"))
    x, y, z = place(0)
    square = np.array([(x + 2, y + 3), (x + 6, y + 3), (x + 6, y + 9), (x + 2, y + 9)])
    contours = [np.column_stack([square, np.full(4, z + 5.0 * n)]) for n in (2, 3, 4)]
    tumour.write_bytes(pack(rtstruct([("Tumor", contours)])))
    given = MaskFiles(masks={"liver": liver, "tumour": tumour})
    with refuses("grid.differs", "tumour.dcm") as refusal:
        read_anatomy(given, USUAL)
    assert "give the CT on which the structure set was drawn (--ct)" in refusal.value.remedy
    found = read_anatomy(given, USUAL, on=grid())
    assert found.anatomy.tumour is not None
    assert found.anatomy.tumour.voxel_count == 3 * 3 * 3
