"""Words of endpoints."""

from typing import Any

from fl_planner.record.growth import (
    BestResponseRecord,
    EndpointKeys,
    FixedDenominatorRecord,
    GrowthKeys,
    GrowthLimitsRecord,
    LimitReachRecord,
    ScanErrorRecord,
    ScoreChangeRecord,
    ScoreOnDayRecord,
    WithheldResponseRecord,
)
from fl_planner.record.growth_scan import ScanRecord
from fl_planner.record.head import SEE, Record
from fl_planner.report.endpoint_words import (
    describe_best,
    describe_censored,
    describe_reach,
    format_score_change,
    name_limits,
    name_reached,
    scan_table,
)
from fl_planner.report.page.growth import response_sentences
from fl_planner.report.terminal.growth import endpoint_lines
from tests.cases import each_case
from tests.record.planned import read_part


@each_case(
    "reach, told",
    [
        (LimitReachRecord(reached=False), "not reached"),
        (LimitReachRecord(), "unknown whether reached"),
        (LimitReachRecord(reached=False, at_baseline=True),
         "reached at baseline; after embolisation: not reached"),
        (LimitReachRecord(reached=True, first_day=21, first_day_at_latest=21, by="both"),
         "first reached on day 21, by volume and by function"),
        (LimitReachRecord(reached=True, first_day_at_latest=21, by="volume"),
         "reached on day 21 at the latest, by volume; undecided on a previous scan"),
    ],
)  # fmt: skip
def test_when_the_limit_is_reached(reach: LimitReachRecord, told: str) -> None:
    assert describe_reach(reach) == told


@each_case(
    "limits, told",
    [
        ({"flr_percent": (30.0, 40.0), "function_pct_per_min_per_m2": 2.67},
         ["Limit by volume: 30 or 40 % of the non-tumorous liver on the same scan, depending on "
          "the state of the liver.", "Limit by function: more than 2.67 %/min/m²."]),
        ({"flr_percent": (30.0,)},
         ["Limit by volume: 30 % of the non-tumorous liver on the same scan."]),
        ({"flr_percent": (30.0, 40.0, 50.0)},
         ["Limit by volume: 30, 40 or 50 % of the non-tumorous liver on the same scan, depending "
          "on the state of the liver."]),
        ({"flr_percent": ()}, []),
    ],
)  # fmt: skip
def test_the_limits_behind_reached_are_named(limits: dict[str, Any], told: list[str]) -> None:
    assert list(name_limits(GrowthLimitsRecord(**limits), "non-tumorous liver")) == told


def test_h03_shares_of_scans_name_their_liver_and_their_limit() -> None:
    growth = GrowthKeys(
        denominator=FixedDenominatorRecord(ml=1500.0, of_scan=1), time_points=(), growth=(),
        between_scans=(), footnotes=(), endpoints=EndpointKeys(),
        limits=GrowthLimitsRecord(flr_percent=(40.0,)),
    )  # fmt: skip
    notes = (
        "Days are counted from the first scan. Baseline liver: the non-tumorous liver on scan 1 "
        "(1500 mL), kept constant.",
        "Limit by volume: 40 % of the non-tumorous liver on the same scan.",
    )
    assert scan_table(growth, "").beside == notes
    assert scan_table(growth, SEE).beside == (SEE, *notes)


@each_case(
    "volume, told",
    [
        (False, "first reached on day 21, by function, not by volume"),
        (None, "first reached on day 21, by function"),  # the limit is not known
    ],
)
def test_a_volume_that_is_not_known_is_not_denied(volume: bool | None, told: str) -> None:
    reach = LimitReachRecord(reached=True, first_day=21, first_day_at_latest=21, by="function")
    known = {"function_reached": True, "limit_reached": True}
    scan = read_part(ScanRecord, {"days": 21, "volume_reached": volume, **known})
    assert describe_reach(reach, (scan,)) == told
    assert told.endswith(name_reached(scan))


@each_case(
    "volumes, told",
    [
        ((False, False), "not reached by volume; function not known"),
        ((False, None), "unknown whether reached"),
    ],
)
def test_a_volume_below_the_limit_is_not_called_unknown(
    volumes: tuple[bool | None, ...], told: str
) -> None:
    """The scan before the embolisation does not count."""
    days = {-7: True, **dict(zip((14, 28), volumes, strict=True))}
    scans = [
        read_part(ScanRecord, {"days": day, "volume_reached": reached})
        for day, reached in days.items()
    ]
    assert describe_reach(LimitReachRecord(), scans) == told


@each_case(
    "scan, told",
    [
        ({"limit_reached": None}, "not known"),
        ({"limit_reached": None, "volume_reached": False}, "not by volume; function not known"),
        ({"limit_reached": False}, "no"),
        ({"limit_reached": True, "volume_reached": True}, "by volume"),
        ({"limit_reached": True, "volume_reached": True, "function_reached": True},
         "by volume and by function"),
    ],
)  # fmt: skip
def test_what_reaches_the_limit_at_a_scan(scan: Record, told: str) -> None:
    assert name_reached(read_part(ScanRecord, scan)) == told


@each_case(
    "changes, told",
    [
        ((5, 5), "5 (class A) on day -6 to 5 (class A) on day 27, no change"),
        ((7, 7), "5 (class A) on day -6 to 7 (class B) on day 27, +2"),
        ((5, 9), "5 (class A) on day -6 to 5 (class A) on day 27, no change; "
         "worst 9 (class B) on day 14"),
    ],
)  # fmt: skip
def test_a_score_that_does_not_change_is_stated(changes: tuple[int, int], told: str) -> None:
    def of(day: int, points: int) -> ScoreOnDayRecord:
        grade = "A" if points < 7 else "B"
        return ScoreOnDayRecord(day=day, value=points, grade=grade, change=float(points - 5))

    last, worst = changes
    one = ScoreChangeRecord(
        score="child_pugh", to_day=90, baseline=of(-6, 5), last=of(27, last),
        worst=of(27 if worst == last else 14, worst), grade_change=0,
    )  # fmt: skip
    assert format_score_change(one) == told


def test_h08_a_score_of_albi_stays_within_its_grade() -> None:
    """Grade 1 ends at -2.60: -2.604 is written with the decimal that shows it."""
    low = ScoreOnDayRecord(day=-6, value=-2.604, grade=1, change=0.0)
    high = ScoreOnDayRecord(day=27, value=-2.304, grade=2, change=0.3)
    one = ScoreChangeRecord(
        score="albi", to_day=90, baseline=low, last=high, worst=high, grade_change=1
    )
    assert format_score_change(one) == (
        "-2.604 (grade 1) on day -6 to -2.30 (grade 2) on day 27, +0.30"
    )


def test_the_best_response_and_the_day_that_ends_the_count() -> None:
    best = BestResponseRecord(by="masks", category="partial_response")
    told = (
        "best response before progression (measured on masks): partial response (not "
        "confirmed; liver"
    )
    assert describe_best(best).startswith(told)
    assert "not known" in describe_best(BestResponseRecord(by="callipers"))
    ended = EndpointKeys(censor_day=60)
    assert describe_censored(ended) == (
        "next anticancer treatment on day 60: scores and function measured after that day "
        "are not used"
    )
    assert describe_censored(EndpointKeys()) is None
    assert [str(line) for line in endpoint_lines(ended)] == [
        "Next anticancer treatment on day 60: scores and function measured after that day "
        "are not used"
    ]


def test_h12_a_withheld_response_is_named_where_the_response_would_be() -> None:
    """A reader of the growth found no line, as if no response were to be had."""
    wrong = (ScanErrorRecord(scan=1, why="it is mirrored"), ScanErrorRecord(scan=2, why="it moved"))
    withheld = WithheldResponseRecord(from_scan=1, to_scan=2, by="masks", because=wrong)
    endpoints = EndpointKeys(withheld_responses=(withheld,))
    line = (
        "RECIST 1.1 measured on masks, scan 1 to scan 2: not answered "
        "(scan 1: it is mirrored; scan 2: it moved)"
    )
    assert [str(one) for one in endpoint_lines(endpoints)] == [line]
    fixed = FixedDenominatorRecord(ml=1500.0, of_scan=1)
    growth = GrowthKeys(
        denominator=fixed, time_points=(), growth=(), between_scans=(), footnotes=(),
        endpoints=endpoints,
    )  # fmt: skip
    page = response_sentences(growth, in_hcc=False)
    assert page.sentences == (f"{line}.",)
