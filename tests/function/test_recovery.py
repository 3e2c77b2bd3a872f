"""Recovery of the truth over noisy studies, in small; the full run is `benchmarks.function`."""

from benchmarks.function import MOST_OFF, find_moved, recover


def test_clearance_and_share_are_unbiased_and_their_intervals_hold() -> None:
    for one in recover(12):
        assert abs(one.off) <= max(MOST_OFF, 3 * one.error), one
        assert one.held >= 9, one  # by chance fewer of 12 in one of 5000 runs; the seeds are fixed


def test_h17_a_spect_that_was_moved_by_two_centimetres_is_found() -> None:
    for mm, found in ((20.0, 19.2), (-20.0, -19.2)):
        moved, codes = find_moved(mm)
        assert abs(moved - found) < 1e-9
        assert codes[0] == "function.misregistered"
