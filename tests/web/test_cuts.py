"""Cuts of the page against nibabel's voxels: values, outlines, sides."""

import json
from dataclasses import replace
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import find_objects, label

import fl_planner
from fl_planner.basis.findings import InputRefused
from fl_planner.report.picture.slices.cuts import CONTACT, CUT, VesselMark
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.web.cuts import Viewer
from tests.cases import each_case
from tests.web.served import CRLM

pytestmark = pytest.mark.slow

AXES = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}  # level, upright, across


@pytest.fixture(scope="module")
def viewer() -> Viewer:
    made = fl_planner.plan(CRLM)
    return Viewer.of(as_picture(made.plan, made.record))


def read_cut(content: bytes) -> tuple[dict[str, Any], Any]:
    length = int.from_bytes(content[:4], "little")
    return json.loads(content[4 : 4 + length]), np.frombuffer(content[4 + length :], "<f4")


def voxels(name: str) -> Any:
    """Give an image with its indices growing to right, front and head, by nibabel."""
    return np.asanyarray(upright(name).dataobj)


def upright(name: str) -> Any:
    turn: Any = nib.funcs.as_closest_canonical
    return turn(nib.loadsave.load(CRLM.parent / name))


def area(loops: list[list[int]]) -> float:
    """Area within outlines, by the shoelace: holes run the other way."""
    total = 0.0
    for loop in loops:
        x, y = np.array(loop[::2]), np.array(loop[1::2])
        total += float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2
    return abs(total)


@pytest.mark.essential
@each_case("view", {name: name for name in AXES})
def test_h02_a_cut_shows_the_ct_with_the_patients_right_or_front_on_its_left(
    view: str, viewer: Viewer
) -> None:
    ct, (level, upright, across) = voxels("ct.nii.gz"), AXES[view]
    layer = ct.shape[across] // 3
    _, values = read_cut(viewer.cut(view, layer))
    plane = np.moveaxis(ct, (level, upright, across), (0, 1, 2))[:, :, layer]
    shown = values.reshape(plane.shape[1], plane.shape[0])
    assert np.array_equal(shown, plane[::-1, ::-1].T.astype(np.float32))


@each_case("view", {name: name for name in AXES})
def test_outlines_hold_as_many_voxels_as_the_mask_has_there(view: str, viewer: Viewer) -> None:
    level, upright, across = AXES[view]
    for name, part in (("liver", "liver"), ("tumour", "tumour")):
        mask = voxels(f"{name}.nii.gz") > 0
        for layer in range(0, mask.shape[across], 7):
            lines, _ = read_cut(viewer.cut(view, layer))
            plane = np.moveaxis(mask, (level, upright, across), (0, 1, 2))[:, :, layer]
            assert area(lines["parts"].get(part, [])) == np.count_nonzero(plane)


def test_an_outline_is_where_its_voxels_are(viewer: Viewer) -> None:
    mask = voxels("flr.nii.gz") > 0
    layer = int(mask.sum(axis=(0, 1)).argmax())
    lines, _ = read_cut(viewer.cut("axial", layer))
    right, front = np.nonzero(mask[:, :, layer])
    xs = [x for loop in lines["parts"]["remnant"] for x in loop[::2]]
    ys = [y for loop in lines["parts"]["remnant"] for y in loop[1::2]]
    wide, tall, _ = mask.shape
    assert (min(xs), max(xs)) == (wide - 1 - right.max(), wide - right.min())
    assert (min(ys), max(ys)) == (tall - 1 - front.max(), tall - front.min())


@pytest.mark.essential
def test_h02_sides_are_lettered_and_none_where_they_are_unknown(viewer: Viewer) -> None:
    told = {one["name"]: one["letters"] for one in viewer.describe()["views"]}
    assert told == {
        "axial": ("R", "L", "A", "P"),
        "coronal": ("R", "L", "H", "F"),
        "sagittal": ("A", "P", "H", "F"),
    }
    unplaced = replace(viewer.organ, grid=replace(viewer.organ.grid, placed=False))
    anatomy = replace(viewer.picture.anatomy, liver=unplaced)
    for name in ("tumour", "flr"):
        mask = getattr(viewer.picture.anatomy, name)
        anatomy = replace(anatomy, **{name: replace(mask, grid=unplaced.grid)})
    anatomy = replace(anatomy, segments={}, segment_parts={}, mapped=None, lesions=())
    picture = replace(
        viewer.picture, anatomy=anatomy, remnant=None, lesion=None, lesions=(), calliper=None
    )
    told = Viewer.of(picture).describe()
    assert not told["placed"]
    assert [one["letters"] for one in told["views"]] == [None] * 3
    assert not told["image"]  # how the CT lies on it is unknown
    assert any("Do not infer left or right" in one["text"] and one["loud"] for one in told["notes"])


def test_a_lesion_is_gone_to_within_it(viewer: Viewer) -> None:
    tumour, told = voxels("tumour.nii.gz") > 0, viewer.describe()["lesions"]
    assert [one["name"] for one in told] == [f"L{n}" for n in range(1, 6)]  # five [truth.json]
    assert all(tumour[tuple(one["at"])] for one in told)
    lesions, _ = label(tumour)
    boxes, mm = find_objects(lesions), upright("tumour.nii.gz").header.get_zooms()
    for one in told:  # its largest extent along an axis, by scipy's own parts
        box = boxes[lesions[tuple(one["at"])] - 1]
        extents = [(s.stop - s.start) * size for s, size in zip(box, mm, strict=True)]
        assert one["size_mm"] == pytest.approx(max(extents))


def test_places_are_those_of_the_header(viewer: Viewer) -> None:
    image = upright("liver.nii.gz")
    assert np.allclose(viewer.describe()["matrix"], image.affine[:3])


def test_marks_are_reported_with_the_voxel_to_go_to(viewer: Viewer) -> None:
    assert viewer.describe()["marks"] == []
    voxel, affine = np.array([30, 41, 52]), upright("liver.nii.gz").affine
    place, end = (affine[:3] @ [*(voxel + move), 1.0] for move in ([0.3, 0, 0], [4, 2, 0]))
    marks = (
        VesselMark(CUT, place[None], "C1"),
        VesselMark(CONTACT, np.array([place, end]), "L1 9 mm"),
    )
    told = Viewer.of(replace(viewer.picture, marks=marks)).describe()
    assert [(one["part"], one["name"]) for one in told["marks"]] == [
        ("cut", "C1"),
        ("contact", "L1 9 mm"),
    ]
    assert [one["at"] for one in told["marks"]] == [[30, 41, 52], [32, 42, 52]]
    assert np.allclose(told["marks"][0]["places_mm"], [place])
    assert [one["label"] for one in told["parts"]][-2:] == [
        "shortest distance from lesion to vessel",
        "cut branches",
    ]


@each_case(
    "view, layer", {"below": ("axial", -1), "above": ("axial", 96), "no view": ("oblique", 1)}
)
def test_a_layer_that_there_is_not_is_refused(view: str, layer: int, viewer: Viewer) -> None:
    with pytest.raises(InputRefused, match="does not exist"):
        viewer.cut(view, layer)


def test_the_wire_is_filled_to_whole_fours(viewer: Viewer) -> None:
    for layer in range(40, 60):
        assert int.from_bytes(viewer.cut("axial", layer)[:4], "little") % 4 == 0
