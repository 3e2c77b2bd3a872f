"""Schemes by hand, which number is which structure; and codes, against counting each by itself."""

from time import process_time

import numpy as np
import pytest

from fl_planner.space import labels as room
from fl_planner.space.labels import (
    LabelScheme,
    count_codes,
    count_layers,
    count_thin,
    find_scheme,
    parse_schemes,
)
from tests.refusals import refuses

TEXT = """
[ours]
title = "By hand"
source = "this test"
complete = true
labels = { 11 = "liver", 10 = "liver", 2 = "tumour" }

[theirs]
title = "By others"
source = "their paper"
complete = false
labels = { 1 = "spleen" }
"""


def test_a_table_of_schemes() -> None:
    schemes = parse_schemes(TEXT)
    assert [*schemes] == ["ours", "theirs"]
    assert schemes["theirs"] == LabelScheme(
        "theirs", "By others", "their paper", {1: "spleen"}, False
    )


def test_labels_come_in_the_order_of_their_numbers() -> None:
    ours = parse_schemes(TEXT)["ours"]
    assert [*ours.structures.items()] == [(2, "tumour"), (10, "liver"), (11, "liver")]


def test_a_scheme_by_its_name() -> None:
    schemes = parse_schemes(TEXT)
    assert find_scheme(schemes, "ours") is schemes["ours"]


@pytest.mark.parametrize(("name", "meant"), [("theris", "did you mean theirs? "), ("xyz", "")])
def test_an_unknown_scheme_is_refused_with_the_nearest_right_name(name: str, meant: str) -> None:
    with refuses("labels.scheme_unknown", name) as refusal:
        find_scheme(parse_schemes(TEXT), name)
    assert refusal.value.remedy == f"{meant}known schemes: ours, theirs"


def each(codes: room.Codes) -> list[int]:
    return [int((codes == code).sum()) for code in range(256)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("piece", [1, 7, 64, 1 << 20])
def test_codes_are_counted_in_pieces_of_any_size(
    order: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PIECE", piece)
    chance = np.random.default_rng(7)
    runs = np.repeat(chance.integers(0, 256, 40), chance.integers(1, 9, 40))
    codes = np.asarray(runs[:120].reshape(4, 5, 6), dtype=np.uint8, order=order)  # type: ignore[call-overload]
    assert count_codes(codes).tolist() == each(codes)
    assert count_codes(codes[1:, ::2, 1:4]).tolist() == each(codes[1:, ::2, 1:4])


def test_noise_is_counted_too_and_nothing_has_no_code() -> None:
    codes = np.random.default_rng(1).integers(0, 256, (30, 30, 30)).astype(np.uint8)
    assert count_codes(codes).tolist() == each(codes)
    assert not count_codes(np.zeros((0, 3, 3), dtype=np.uint8)).any()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 7, 5), (300, 3, 4), (3, 0, 4)])
def test_layers_are_counted_across_each_axis(
    shape: tuple[int, int, int], order: tuple[int, int, int]
) -> None:
    block = np.random.default_rng(7).random(shape) < 0.4
    voxels = block.transpose(order)
    told = [[int(layer.sum()) for layer in np.moveaxis(voxels, axis, 0)] for axis in range(3)]
    assert [counts.tolist() for counts in count_layers(voxels)] == told


def test_a_line_of_voxels_is_not_counted_one_by_one() -> None:
    line = np.ones((2_000_000, 1, 1), dtype=np.bool_)
    begun = process_time()
    assert count_layers(line)[0].sum() == 2_000_000
    assert process_time() - begun < 0.4  # a second with a call for each layer


def test_thin_voxels_in_blocks_of_one_layer_and_more() -> None:
    every = np.ones(9, dtype=np.bool_)
    for layers in (1, 2, 3, 17, 33):
        codes = np.zeros((layers, 5, 5), dtype=np.uint8)
        codes[:, :, 3:] = 8
        codes[:, 1:4, 2] = 4
        codes[:, 1, 1] = 6
        codes[:, 3, 3] = 2
        # of a row 0 0 4 8 8 the 4 is between; of 0 6 4 8 8 the 6 and the 4 are not, and of
        # 0 0 4 2 8 the 4 and the 2 are not
        assert count_thin(codes, np.arange(9, dtype=np.uint8), every) == (layers, 4 * layers)


def test_thin_voxels_are_judged_by_values_and_not_by_their_codes() -> None:
    """Codes 1 and 3 represent 8, code 2 represents 4: the row is 0 4 8 8 8 4 8 0."""
    row = np.pad(np.array([[[0, 2, 1, 3, 1, 2, 3]]], dtype=np.uint8), 1, constant_values=4)
    ranks = np.array([0, 2, 1, 2, 0], dtype=np.uint8)
    every = np.ones(3, dtype=np.bool_)
    # the first 4 is between 0 and 8; the second is between equals; the last 8 is not between 4 and
    # 0; across the row, all have the background on both sides
    assert count_thin(row, ranks, every) == (1, 1)
