"""Who read, and whether they are two: in words, and as they are weighed."""

import pytest

from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.liver.scatter.spread import Decides
from fl_planner.record.operations import OperationRecord
from fl_planner.record.plan import as_plan_record
from fl_planner.record.ratios import CentreErrorRecord, SpreadRecord
from tests.cases import each_case
from tests.masks import liver_part
from tests.record.planned import made

OWN = CentreErrorRecord(cv=0.2, cases=20, df=19, relative_sd=0.21, source="two readers")


def test_a_centre_s_own_readers_are_stated_with_how_many_cases_they_read() -> None:
    assert OWN.words == "two readers: CV 20.0 %, 20 cases, df 19"


@each_case(
    "second, centre, of_two",
    {
        "no second reader": (None, OWN, False),
        "nothing else": (0.1, None, True),
        "less than the centre's": (0.2, OWN, False),
        "as much as the centre's": (0.21, OWN, True),
    },
)
def test_two_readings_alone_decide_where_they_differ_as_much_as_the_centre_s(
    second: float | None, centre: CentreErrorRecord | None, of_two: bool
) -> None:
    spread = SpreadRecord(
        remnant=0.07, liver=0.03, rho=0.5, readers_sd=0.06, geometry_sd=0.01,
        second_reader_sd=second, centre=centre, decided_by="readers", relative_sd=0.06, source="x",
    )  # fmt: skip
    assert spread.is_of_two is of_two


@pytest.mark.parametrize(
    ("decided_by", "told"),
    [
        ("readers", "printed"),
        ("centre", "two readers: CV 20.0 %, 20 cases, df 19"),
        ("second_reader", "two readings of this case"),
        ("geometry", "voxel size of the masks"),
    ],
)
def test_the_basis_of_an_interval_is_what_decides_it(decided_by: Decides, told: str) -> None:
    """With an error of the centre, a second reading or coarse voxels may still decide."""
    spread = SpreadRecord(
        remnant=0.07, liver=0.03, rho=0.5, readers_sd=0.06, geometry_sd=0.3, second_reader_sd=0.4,
        centre=None if decided_by == "readers" else OWN, decided_by=decided_by, relative_sd=0.4,
        source="printed",
    )  # fmt: skip
    assert spread.rests_on == told


def test_the_spread_of_two_readings_has_no_ends_of_a_95_percent_interval() -> None:
    """One difference between two readings gives no distribution [clinical.md 13]."""
    second = SecondMasks(liver_part([[1, 5, 1, 11, 1, 11]], "flr"))
    alone, twice = (
        as_plan_record(plan).ratios.by_part["flr"] for plan in (made(), made(second=second))
    )
    assert alone.ends_95_percent == alone.ends_percent
    assert twice.ends_95_percent is None


@pytest.mark.parametrize(
    ("segments", "cut_by", "said"),
    [
        (("2", "3"), None, "II, III"),
        (("2", "3"), "a plane", "II, III, cut by a plane"),
        (None, "a plane", "cut by a plane"),
        (None, None, "none"),
    ],
)
def test_what_stays_is_stated_with_what_cuts_it(
    segments: tuple[str, ...] | None, cut_by: str | None, said: str
) -> None:
    assert OperationRecord(remnant_segments=segments, cut_by=cut_by).format_kept("none") == said


def test_a_limit_is_on_the_share_that_its_name_states() -> None:
    limits = as_plan_record(made()).thresholds
    assert limits
    for one in limits:
        assert one.is_on("flr") is ("flr" in one.name)
        assert not one.is_on("untreated")
