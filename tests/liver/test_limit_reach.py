"""What a scan reaches the limit by."""

from fl_planner.basis.truth import Truth
from fl_planner.liver.growth import ScanReach
from tests.cases import each_case

YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@each_case(
    "volume, function, by",
    [
        (YES, YES, "both"), (YES, NO, "volume"), (YES, OPEN, "volume"), (NO, YES, "function"),
        (OPEN, YES, "function"), (NO, NO, None), (OPEN, OPEN, None), (NO, OPEN, None),
    ],
)  # fmt: skip
def test_h15_what_is_not_known_reaches_nothing(
    volume: Truth, function: Truth, by: str | None
) -> None:
    assert ScanReach(21, volume, function).by == by
