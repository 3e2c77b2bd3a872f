"""The line of a lesion's axial diameter: where it lies, and that the cut goes through it."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.report.picture.slices import strokes
from fl_planner.report.picture.slices.captions import describe_layer_choice, find_entries
from fl_planner.report.picture.slices.cuts import measure_calliper
from fl_planner.report.picture.slices.figure import draw_figure
from fl_planner.report.picture.slices.sections import Picture, cut_sections
from fl_planner.space.distance import measure_diameters
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from tests.masks import TURNS, Turn, turned
from tests.report.phantoms import LIVER, block
from tests.report.picture.test_figure import watch_panels

LESION = Box((20, 8, 10), (28, 14, 19))  # 8 voxels of 3 mm by 6 of 4 mm: 24 by 24 mm


def test_a_box_has_its_diagonal_in_its_middle_layer() -> None:
    """24 by 24 mm: 33.94 mm, from corner to corner, in layer 14 of 10 to 18."""
    line = measure_calliper(block("lesion", LESION))
    assert line.length_mm == pytest.approx(np.hypot(24, 24))
    assert line.layer == 14
    assert line.ends.tolist() == [[19.5, 7.5], [27.5, 13.5]]


def test_the_line_is_in_the_layer_that_holds_the_longest() -> None:
    voxels = np.zeros((12, 12, 4), np.bool_)
    voxels[2:6, 3, 1] = True  # 4 mm by 1 mm
    voxels[2:9, 3, 2] = True  # 7 mm by 1 mm
    mask = Mask.of("lesion", voxels, Grid.upright(voxels.shape, (1.0, 1.0, 5.0)))
    line = measure_calliper(mask)
    assert line.layer == 2
    assert line.length_mm == pytest.approx(np.sqrt(50))


@pytest.mark.parametrize("way", TURNS[::7], ids=str)
def test_how_a_lesion_is_stored_does_not_move_its_line(way: Turn) -> None:
    line, other = (measure_calliper(mask) for mask in _both(way))
    assert other.layer == line.layer
    assert other.ends.tolist() == line.ends.tolist()


def _both(way: Turn) -> tuple[Mask, Mask]:
    lesion = block("lesion", LESION) | block("lesion", Box((24, 10, 12), (31, 12, 16)))
    return lesion, turned(lesion, *way)


def test_the_line_is_as_long_as_the_record_states() -> None:
    """Both find the longest distance between outer corners of voxels in an axial layer."""
    generator = np.random.default_rng(7)
    for _ in range(5):
        mask = Mask.of("lesion", generator.random((9, 8, 5)) < 0.1, _tilted())
        exact = float(measure_diameters(mask).axial_outer_mm2)
        assert measure_calliper(mask).length_mm ** 2 == pytest.approx(exact)


def _tilted() -> Grid:
    c, s = np.cos(0.1), np.sin(0.1)
    rows = ((2.0, 0.0, 0.0, 0.0), (0.0, 3 * c, -4 * s, 0.0), (0.0, 3 * s, 4 * c, 0.0))
    return Grid((9, 8, 5), rows)


def picture() -> Picture:
    lesion = block("lesion", LESION)
    line = replace(measure_calliper(lesion, 2), says="diameter of L2 by mask: 3.39 cm")
    return Picture(
        Anatomy(block("liver", LIVER), tumour=lesion), lesion=lesion,
        lesions=(block("other", Box((6, 8, 14), (9, 11, 16))), lesion), calliper=line,
    )  # fmt: skip


def test_the_axial_cut_goes_through_the_measured_diameter() -> None:
    axial, coronal, sagittal = cut_sections(picture(), 1400, 600)
    assert axial.panel.cut.layer == 14
    assert axial.calliper is not None
    assert axial.calliper[0] == "L2"
    assert (coronal.calliper, sagittal.calliper) == (None, None)
    assert describe_layer_choice(axial.panel.cut, picture()) == (
        "through the diameter of L2 by mask: 3.39 cm"
    )
    assert ("calliper", "axial diameter") in find_entries(picture(), (axial, coronal))
    bare = replace(picture(), calliper=None)
    assert cut_sections(bare, 1400, 600)[0].panel.cut.layer == 11  # the widest
    assert "calliper" not in dict(find_entries(bare, cut_sections(bare, 1400, 600)))


def test_the_line_runs_from_corner_to_corner_with_a_stroke_at_each_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(strokes, "_draw_calliper", lambda _, ends, __: drawn.append(ends))
    draw_figure(picture())
    axial = cut_sections(picture(), 1600 - 72 - 32, 640)[0].panel
    _, line = drawn  # of the legend, and of the axial cut
    assert np.hypot(*(line[1] - line[0])) / axial.px_per_mm == pytest.approx(np.hypot(24, 24))


def test_the_number_of_the_lesion_keeps_off_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line runs through the middle of the lesion, where its number stands without one."""
    written = watch_panels(monkeypatch)
    draw_figure(picture())
    draw_figure(replace(picture(), calliper=None))
    axial = cut_sections(picture(), 1600 - 72 - 32, 640)[0].panel
    middle = axial.place_px(np.array([[23.5, 10.5]]))[0] / axial.size_px
    places = [np.array([x, y]) for text, x, y in written if text == "L2"]
    off = [np.hypot(*((place - middle) * axial.size_px)) for place in (places[0], places[3])]
    assert off[0] > 10
    assert off[1] == pytest.approx(0, abs=1)
