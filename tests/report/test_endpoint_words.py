"""Words of endpoints."""

from fl_planner.record.growth.endpoints import LimitReachRecord
from fl_planner.report.endpoint_words import say_reach
from tests.cases import each_case


@each_case(
    "reach, told",
    [
        (LimitReachRecord(reached=False), "not reached"),
        (LimitReachRecord(), "not known whether it is reached"),
        (LimitReachRecord(reached=False, at_baseline=True),
         "not reached; the baseline reached it already"),
        (LimitReachRecord(reached=True, first_day=21, first_day_at_latest=21, by="both"),
         "first reached on day 21, by volume and function"),
        (LimitReachRecord(reached=True, first_day_at_latest=21, by="volume"),
         "reached by day 21, by volume; an earlier scan leaves it undecided"),
    ],
)  # fmt: skip
def test_when_the_limit_is_reached(reach: LimitReachRecord, told: str) -> None:
    assert say_reach(reach) == told
