"""NRRD as files: SimpleITK and this package read from them what was written."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.formats.nrrd.write import TYPES, nrrd_bytes
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.formats.write import as_nrrd, numbered_for, read_back
from fl_planner.space.common_grid.resample import off_mm
from fl_planner.space.grid import Grid, Image
from tests.formats.test_write import (
    GRID,
    SHAPE,
    converted,
    grid_of,
    require_same_in_simpleitk,
    structure,
)
from tests.masks import AFFINES, TURNS, Index, cells, codes
from tests.refusals import refuses

sitk: Any = import_module("SimpleITK")  # its calls are untyped
LIMITS = Limits()


def segments(path: Path, *structures: Structure) -> dict[str, tuple[int, int | None, list[Any]]]:
    meant = numbered_for(converted(*structures), "seg-nrrd")
    content = as_nrrd(meant, path.name).content
    assert read_back(content, path.name, meant, LIMITS) == 0.0
    path.write_bytes(content)
    file = read_labels(path, "check", Holds.LABEL_MAP, LIMITS)
    assert isinstance(file, SegmentFile)
    assert file.findings == ()
    return {
        one.name: (one.number, one.layer, np.argwhere(mask.as_array()).tolist())
        for one, mask in file.drawn()
    }


@pytest.mark.slow
@given(st.sampled_from(sorted(AFFINES)), st.sampled_from(TURNS))
def test_h02_every_grid_comes_back(affine: str, turn: tuple[Index, Index]) -> None:
    grid = grid_of(affine, turn)
    voxels = np.arange(60, dtype=np.uint8).reshape(grid.shape)
    image = Image(voxels, 1.0, 0.0, grid, "a.nii")
    meant = ConvertedFile("a.nii", grid, (), image=image)
    off = read_back(as_nrrd(meant, "a.nrrd").content, "a.nrrd", meant, LIMITS)
    assert off < SAME_PLACE_MM / 1e6


@pytest.mark.parametrize("affine", ["flipped", "oblique", "turned", "upright"])
def test_simpleitk_reads_the_same(affine: str, tmp_path: Path) -> None:
    grid = Grid(SHAPE, AFFINES[affine])
    voxels = np.zeros(SHAPE, np.uint8)
    voxels[1, 2, 0], voxels[4, 3, 2] = 1, 7
    path = tmp_path / "a.nrrd"
    path.write_bytes(nrrd_bytes(voxels, grid, "a.nrrd"))
    require_same_in_simpleitk(path, voxels, grid, 1e-5)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", sorted(TYPES))
def test_numbers_of_every_type(name: str, swapped: bool, tmp_path: Path) -> None:
    dtype = np.dtype(name)
    voxels = np.zeros(SHAPE, dtype.newbyteorder("S") if swapped else dtype)
    voxels[0, 0, 0], voxels[4, 3, 2] = 1, 100
    path = tmp_path / "a.nrrd"
    path.write_bytes(nrrd_bytes(voxels, GRID, "a.nrrd"))
    image, _, findings = read_image(path, "check", LIMITS)
    assert np.array_equal(image.voxels, voxels)
    assert findings == ()
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))).T, voxels)


def test_a_grid_without_a_place_stays_without_one(tmp_path: Path) -> None:
    grid = Grid(SHAPE, Grid.upright(SHAPE, (0.8, 0.8, 2.5)).affine, placed=False)
    path = tmp_path / "a.nrrd"
    path.write_bytes(nrrd_bytes(np.ones(SHAPE, np.uint8), grid, "a.nrrd"))
    found = read_image(path, "check", LIMITS)[0].grid
    assert (found.placed, off_mm(found, grid)) == (False, 0.0)
    turned_grid = Grid(SHAPE, AFFINES["turned"], placed=False)
    with refuses("convert.no_place", "a.nrrd"):
        nrrd_bytes(np.zeros(SHAPE, np.uint8), turned_grid, "a.nrrd")


def test_segments_apart_are_in_one_layer(tmp_path: Path) -> None:
    path = tmp_path / "a.seg.nrrd"
    one, two = structure(2, (0, 0, 0), name="liver"), structure(300, (4, 3, 2), name="Tumeur à 8")
    assert segments(path, one, two) == {
        "liver": (2, 0, [[0, 0, 0]]),
        "Tumeur à 8": (300, 0, [[4, 3, 2]]),
    }
    voxels = sitk.GetArrayFromImage(sitk.ReadImage(str(path))).T
    assert (voxels.dtype, voxels[0, 0, 0], voxels[4, 3, 2], voxels.sum()) == ("u2", 2, 300, 302)


def test_segments_that_overlap_are_in_layers(tmp_path: Path) -> None:
    path = tmp_path / "a.seg.nrrd"
    one = structure(1, (0, 0, 0), (1, 0, 0), name="liver")
    two = structure(2, (1, 0, 0), name="tumour")
    three = structure(3, (2, 0, 0), name="flr")
    assert segments(path, one, two, three) == {
        "liver": (1, 0, [[0, 0, 0], [1, 0, 0]]),
        "tumour": (2, 1, [[1, 0, 0]]),
        "flr": (3, 0, [[2, 0, 0]]),
    }
    voxels = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))  # z, y, x, layer
    assert voxels.shape == (3, 4, 5, 2)
    assert voxels[0, 0, 1].tolist() == [1, 2]


def test_segments_without_a_place(tmp_path: Path) -> None:
    grid = replace(GRID, placed=False)
    masks = [cells(grid, [(0, 0, 0)], name) for name in ("liver", "tumour")]
    both = tuple(Structure.of(n, mask, mask.name, None) for n, mask in enumerate(masks, 1))
    meant = numbered_for(ConvertedFile("a.nii", grid, (), structures=both), "seg-nrrd")
    content = as_nrrd(meant, "a.seg.nrrd").content
    assert read_back(content, "a.seg.nrrd", meant, LIMITS) == 0.0


def test_two_of_one_number_get_numbers_of_their_own(tmp_path: Path) -> None:
    one, two = structure(1, (0, 0, 0), name="a"), structure(1, (0, 0, 0), name="b")
    found = segments(tmp_path / "a.seg.nrrd", one, two)
    assert {name: number for name, (number, _, _) in found.items()} == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (converted(structure(1, (0, 0, 0))), "convert.no_name"),
        (converted(structure(1, (0, 0, 0), name="a\nb")), "convert.no_name"),
        (converted(structure(1, (0, 0, 0), name=" a")), "convert.no_name"),
        (converted(structure(1, (0, 0, 0), name="a\\nb")), "convert.no_name"),
        (converted(structure(1, (0, 0, 0), name="x" * 65)), "convert.no_name"),
        (converted(structure(1, name="liver")), "convert.empty"),
        (converted(), "convert.empty"),
        (replace(converted(), image=Image(np.zeros(SHAPE), 1.0, 0.0, GRID)), "convert.image"),
    ],
    ids=range(8),
)
def test_what_no_segment_can_be(given: ConvertedFile, code: str) -> None:
    with refuses(code):
        numbered_for(given, "seg-nrrd")


def test_a_label_map_without_names(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    both = structure(2, (0, 0, 0), name="liver"), structure(9, (1, 1, 1))
    meant = numbered_for(converted(*both), "nrrd")
    assert codes(meant.findings) == ["convert.names"]
    content = as_nrrd(meant, path.name).content
    assert content == as_nrrd(meant, path.name).content
    assert read_back(content, path.name, meant, LIMITS) == 0.0
    path.write_bytes(content)
    file = read_labels(path, "check", Holds.LABEL_MAP, LIMITS)
    assert isinstance(file, LabelFile)
    assert file.labelled.labels == (2, 9)


def test_h13_a_segment_of_another_name_or_place_is_no_right_output() -> None:
    meant = numbered_for(converted(structure(1, (0, 0, 0), name="liver")), "seg-nrrd")
    for other in (structure(1, (0, 0, 0), name="flr"), structure(1, (0, 0, 1), name="liver")):
        wrong = as_nrrd(converted(other), "a.seg.nrrd").content
        with refuses("convert.not_verified"):
            read_back(wrong, "a.seg.nrrd", meant, LIMITS)


def test_h06_a_segment_on_another_grid_is_no_right_output() -> None:
    meant = numbered_for(converted(structure(1, (0, 0, 0), name="liver")), "seg-nrrd")
    content = as_nrrd(meant, "a.seg.nrrd").content
    moved = content.replace(b"space origin: (0,0,0)", b"space origin: (1,0,0)")
    assert moved != content
    with refuses("convert.not_verified"):
        read_back(moved, "a.seg.nrrd", meant, LIMITS)
