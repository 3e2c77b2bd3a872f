"""What the page shows in three dimensions: every part by its name, on its side, as it is sent."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.report.picture.surfaces import MOST_TRIANGLES, as_buffer, find_shown, list_shown
from tests.masks import TURNS, Turn
from tests.refusals import refuses
from tests.report.phantoms import draw_scene

Places = npt.NDArray[np.float32]
Triples = npt.NDArray[np.uint32]


def test_parts_lesions_and_segments_are_listed_by_their_names() -> None:
    shown = {one.name: one for one in list_shown(draw_scene())}
    assert [*shown] == ["rest", "remnant", "tumour", "lesion 1", "segment 2", "segment 8"]
    assert shown["lesion 1"].look.label == "lesion L1"
    assert shown["segment 8"].look.label == "segment VIII"
    assert shown["tumour"].mask.voxel_count == 1  # the speck, which is no lesion
    assert shown["lesion 1"].colour == "#9e3600"  # 0.62, 0.21 and 0 of 255


def test_segments_which_share_surfaces_with_parts_are_hidden_at_first() -> None:
    hidden = {one.name for one in list_shown(draw_scene()) if not one.visible}
    assert hidden == {"segment 2", "segment 8"}


def test_a_tumour_that_is_its_lesions_is_no_part_of_its_own() -> None:
    whole = draw_scene()
    alone = replace(whole, anatomy=replace(whole.anatomy, tumour=whole.lesions[0]))
    assert "tumour" not in {one.name for one in list_shown(alone)}


def test_a_part_is_found_by_its_number_and_no_other_is() -> None:
    assert find_shown(list_shown(draw_scene()), 4).name == "segment 2"
    for number in (-1, 6):
        with refuses("usage.wrong"):
            find_shown(list_shown(draw_scene()), number)


@pytest.mark.parametrize("way", TURNS[::11], ids=str)
def test_h02_what_is_on_the_right_is_sent_with_larger_x(way: Turn) -> None:
    shown = list_shown(draw_scene(way))
    lesion, remnant, rest = (
        read(as_buffer(find_shown(shown, number).make_mesh()))[0] for number in (3, 1, 0)
    )
    # RAS+: the lesion is on the right, in front and towards the head; the remnant on the left
    assert lesion[:, 0].min() > remnant[:, 0].max()
    assert remnant[:, 0].mean() < rest[:, 0].mean()
    middle = (rest.min(axis=0) + rest.max(axis=0)) / 2
    assert (lesion.mean(axis=0) > middle).all()


def test_what_is_sent_is_what_the_mesh_holds() -> None:
    part = find_shown(list_shown(draw_scene()), 0)
    mesh = part.make_mesh()
    corners, triangles = read(as_buffer(mesh))
    assert len(triangles) <= MOST_TRIANGLES["part"]
    assert corners == pytest.approx(mesh.corners_mm, abs=1e-4)
    assert (triangles == mesh.triangles).all()
    assert triangles.max() == len(corners) - 1


def read(sent: bytes) -> tuple[Places, Triples]:
    """Read what is sent as its format says, not as the program writes it."""
    assert sent[:4] == b"FLM1"
    corners, triangles = np.frombuffer(sent, "<u4", 2, 4).tolist()
    assert len(sent) == 12 + 12 * corners + 12 * triangles
    places = np.frombuffer(sent, "<f4", 3 * corners, 12).reshape(-1, 3)
    return places, np.frombuffer(sent, "<u4", offset=12 + 12 * corners).reshape(-1, 3)
