"""The contact sheet: which slices it has, that no lesion is lost, and what is said of it."""

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from fl_planner.liver.anatomy import Anatomy
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.captions import NO_SIDE
from fl_planner.report.picture.slices.figure import (
    AS_AXIAL,
    MOST_SLICES,
    choose_slices,
    draw_contact_sheet,
)
from fl_planner.report.picture.slices.sections import Picture
from fl_planner.space.grid import Box, Grid, Image
from fl_planner.space.mask import Mask
from tests.masks import TURNS, Turn, turned
from tests.report.phantoms import GRID, LEFT, LIVER, MARK, block

TALL = Grid.upright((10, 10, 100), (3.0, 3.0, 1.0))


def slab(first: int, stop: int) -> Mask:
    return block("part", Box((1, 1, first), (9, 9, stop)), TALL)


def layers(organ: Mask, *lesions: Mask) -> list[int]:
    return [cut.layer for cut in choose_slices(organ, dict(enumerate(lesions, 1))).cuts]


def test_slices_are_evenly_from_head_to_foot() -> None:
    # 80 layers from 10 to 89, in 20 steps of 4: the third of each
    assert layers(slab(10, 90)) == [12 + 4 * n for n in reversed(range(20))]


def test_an_organ_of_few_layers_is_shown_whole() -> None:
    assert layers(slab(40, 47)) == [46, 45, 44, 43, 42, 41, 40]


@pytest.mark.parametrize("way", TURNS[::7], ids=str)
def test_h02_the_head_comes_first_however_it_is_stored(way: Turn) -> None:
    cuts = choose_slices(turned(block("liver", LIVER), *way), {}).cuts
    places = [cut.place_mm for cut in cuts]
    # layers 2 to 21 of 5 mm, the first layer at 20 mm
    assert places == [20.0 + 5 * n for n in reversed(range(2, 22))]
    assert all(cut.letters == ("R", "L", "A", "P") for cut in cuts)


def test_a_slice_moves_to_a_lesion_that_none_shows() -> None:
    assert 14 not in layers(slab(10, 90))
    found = layers(slab(10, 90), slab(14, 15))
    assert 14 in found
    assert 12 not in found or 16 not in found  # the nearest one moved, and no other
    assert len(found) == MOST_SLICES


def test_a_lesion_that_a_slice_shows_moves_none() -> None:
    assert layers(slab(10, 90), slab(11, 14)) == layers(slab(10, 90))


def test_a_slice_that_alone_shows_a_lesion_stays() -> None:
    first, second = slab(16, 17), slab(17, 18)  # 16 is one of the even ones and shows the first
    found = layers(slab(10, 90), first, second)
    assert {16, 17} <= {*found}


def test_lesions_that_find_no_slice_are_named() -> None:
    lesions = {n + 1: slab(10 + n, 11 + n) for n in range(80)}
    slices = choose_slices(slab(10, 90), lesions)
    assert len(slices.cuts) == MOST_SLICES
    assert len(slices.missed) == 60
    shown = {cut.layer - 9 for cut in slices.cuts}
    assert shown.isdisjoint(slices.missed)


def picture(grid: Grid = GRID, image: Image | None = None) -> Picture:
    anatomy = Anatomy(
        block("liver", LIVER, grid), tumour=block("tumour", MARK, grid),
        segments={"2": block("s2", LEFT, grid)},
    )  # fmt: skip
    return Picture(anatomy, None, image, lesions=(block("one", MARK, grid),))


@pytest.mark.slow
def test_what_is_stated_of_it() -> None:
    _, notes = draw_contact_sheet(picture(), Print(dpi=60))
    assert notes == (AS_AXIAL,)
    lost = Grid(GRID.shape, GRID.affine, placed=False)
    _, notes = draw_contact_sheet(picture(lost), Print(dpi=60))
    assert [note.text for note in notes if note.loud] == [NO_SIDE]


@pytest.mark.essential
@pytest.mark.slow
def test_missed_lesions_are_stated_aloud() -> None:
    anatomy = Anatomy(slab(10, 90), tumour=slab(10, 90))
    many = Picture(anatomy, lesions=tuple(slab(10 + n, 11 + n) for n in range(22)))
    _, notes = draw_contact_sheet(many, Print(dpi=60))
    (loud,) = [note.text for note in notes if note.loud]
    assert loud.startswith("Lesions not shown in any slice: ")


@pytest.mark.essential
@pytest.mark.slow
def test_h02_the_right_of_the_patient_is_on_the_left() -> None:
    """A CT that is bright on the patient's right alone."""
    voxels = np.zeros(GRID.shape, np.int16)
    voxels[20:] = 1000  # indices grow to the right
    image = Image(voxels, 1.0, 0.0, GRID)
    written, _ = draw_contact_sheet(picture(image=image), Print())
    pixels = imread(BytesIO(written))[:, :, 0]
    first = pixels[60:300, :369]  # the first of four slices in 1500 pixels
    assert first[:, 20:120].mean() > 0.9
    assert first[:, 250:350].mean() < 0.4


@pytest.mark.slow
def test_the_same_bytes_again_as_picture_and_as_drawing() -> None:
    for form in (Print(dpi=60), Print("svg", 60)):
        assert draw_contact_sheet(picture(), form) == draw_contact_sheet(picture(), form)
    drawing, _ = draw_contact_sheet(picture(), Print("svg"))
    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert b"<dc:date>" not in drawing


@pytest.mark.slow
def test_borders_of_segments_are_left_out() -> None:
    with_map, _ = draw_contact_sheet(picture(), Print(dpi=60))
    without = replace(picture(), anatomy=replace(picture().anatomy, segments={}))
    assert with_map == draw_contact_sheet(without, Print(dpi=60))[0]
