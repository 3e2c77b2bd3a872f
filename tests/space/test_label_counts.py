"""Counts of codes, against counting each by itself."""

import numpy as np
import pytest

from fl_planner.space import label_counts as room
from fl_planner.space.label_counts import count_codes


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


def test_noise_is_counted_too() -> None:
    codes = np.random.default_rng(1).integers(0, 256, (30, 30, 30)).astype(np.uint8)
    assert count_codes(codes).tolist() == each(codes)


def test_nothing_has_no_code() -> None:
    assert not count_codes(np.zeros((0, 3, 3), dtype=np.uint8)).any()
