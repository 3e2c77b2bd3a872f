"""What masks leave open of a share: nothing of nothing, and more of what contours drew."""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.boundaries import measure_boundaries
from fl_planner.liver.scatter.spread import Spread
from fl_planner.planning.assessment.assess import measure
from fl_planner.planning.assessment.plan_measures import OF_PLAN
from fl_planner.planning.assessment.thresholds import Exactness, measure_exactness
from fl_planner.planning.facts import find_spreads, limit_shares, state_measured
from fl_planner.planning.given.case import Case
from fl_planner.space.grid import Grid
from tests.masks import LIVER_BOX, boxes, codes, liver_part, small_liver

GRID = Grid.upright((17, 12, 12), (20.0, 20.0, 20.0))  # each face in its own cell
LIVER = replace(boxes(GRID, LIVER_BOX, "liver"), file="liver.dcm")  # 15 x 10 x 10
TUMOUR = replace(boxes(GRID, [[12, 15, 5, 8, 5, 8]], "tumour"), file="tumour.dcm")
LEFT = replace(boxes(GRID, [[1, 4, 1, 11, 1, 11]], "flr"), file="flr.dcm")  # 3 x 10 x 10
WHOLE = Anatomy(LIVER, tumour=TUMOUR)
SHARE = Share(300, 1473)
P = 300 / 1473
# half of the faces: 100 of the cut and 220 of the remnant; of the rest 580, of the tumour 54
FLR_OFF = (50 + 110) / 1473
LIVER_OFF = ((1 - P) * 110 - P * 290) / 1473
TUMOUR_OFF = P * 27 / 1473


def derived(*files: str, code: str = "contours.derived") -> list[Finding]:
    return [Finding(code, Severity.INFO, "", file) for file in files]


def test_the_standard_deviation_is_that_of_the_boundaries_over_the_share() -> None:
    found = measure_exactness(WHOLE, LEFT, SHARE, ())
    assert found.sd == pytest.approx(measure_boundaries(WHOLE, LEFT, SHARE).sd / P)
    assert found.widening == 0


def test_the_untreated_share_is_of_what_lies_outside() -> None:
    """The same surfaces, over a share of 1173 instead of 300."""
    flr = measure_exactness(WHOLE, LEFT, SHARE, ())
    rest = measure_exactness(WHOLE, LEFT, Share(1173, 1473), (), outside=True)
    assert rest.sd * 1173 == pytest.approx(flr.sd * 300)


def test_a_share_of_nothing_has_no_surface() -> None:
    everything = Share(0, 1473)
    assert measure_exactness(WHOLE, LIVER, everything, (), outside=True) == Exactness(0.0)


@pytest.mark.parametrize(
    ("files", "off"),
    [
        (["flr.dcm"], FLR_OFF),
        (["liver.dcm"], LIVER_OFF),
        (["tumour.dcm"], TUMOUR_OFF),
        (["flr.dcm", "liver.dcm", "tumour.dcm"], FLR_OFF + LIVER_OFF + TUMOUR_OFF),
        (["ct.dcm"], 0),
    ],
)
def test_contours_leave_half_a_voxel_of_their_surface_open(files: list[str], off: float) -> None:
    found = measure_exactness(WHOLE, LEFT, SHARE, derived(*files))
    assert found.widening == pytest.approx(off / P)
    assert found.sd == measure_exactness(WHOLE, LEFT, SHARE, ()).sd


def test_contours_without_their_image_leave_twice_as_much() -> None:
    lost = derived("flr.dcm", code="contours.no_image")
    assert measure_exactness(WHOLE, LEFT, SHARE, lost).widening == pytest.approx(2 * FLR_OFF / P)


def test_other_findings_and_a_missing_tumour_widen_nothing() -> None:
    odd = [Finding("contours.crossing", Severity.WARNING, "", "flr.dcm")]
    assert measure_exactness(WHOLE, LEFT, SHARE, odd).widening == 0
    plain = measure_exactness(Anatomy(LIVER), LEFT, Share(300, 1500), derived("tumour.dcm"))
    assert plain.widening == 0


# the spread of a case's shares

FINDINGS = tuple(derived("flr.nii.gz"))
SMALL = replace(
    small_liver(), tumour=liver_part([[12, 15, 5, 8, 5, 8]], "tumour"),
    flr=liver_part([[1, 4, 1, 11, 1, 11]], "flr"),
    treated=liver_part([[7, 16, 1, 11, 1, 11]], "treated"),
)  # fmt: skip
WIDER = liver_part([[1, 5, 1, 11, 1, 11]], "flr_2")


def spreads(case: Case) -> dict[str, Spread]:
    return find_spreads(case.anatomy, measure(case, OF_PLAN))


def test_each_share_has_its_exactness() -> None:
    found = spreads(Case(SMALL, ()))
    assert found.keys() == {"flr", "untreated"}
    assert all(0 < one.geometry < one.of_readers for one in found.values())
    assert all(one.decided_by == "readers" for one in found.values())
    bare = find_spreads(SMALL, replace(measure(Case(SMALL, ()), OF_PLAN), exactness={}))
    assert [one.geometry for one in bare.values()] == [0, 0]
    assert spreads(Case(small_liver(), ())) == {}


def test_a_second_reader_counts_for_the_remnant_alone() -> None:
    """300 and 400 of 1473 mL."""
    case = Case(SMALL, (), second=SecondMasks(WIDER))
    found = spreads(case)
    assert found["flr"].second_reader == pytest.approx(100 / 300 / 2**0.5)
    assert found["untreated"].second_reader is None
    measured = measure(case, OF_PLAN)
    shares = limit_shares(SMALL, measured, state_measured(measured))
    assert [share.read_twice for share in shares] == [True, False]
    assert "second_reader.liver_once" in codes(measured.findings)


def test_a_second_reader_without_a_first_is_told() -> None:
    measured = measure(Case(small_liver(), (), second=SecondMasks(WIDER)), OF_PLAN)
    assert measured.second is None
    (told,) = (one for one in measured.findings if one.code == "second_reader.no_first")
    assert (told.file, told.severity) == ("flr_2.nii.gz", Severity.WARNING)


def test_contours_widen_the_share_of_what_they_drew() -> None:
    found = spreads(Case(SMALL, (), findings=FINDINGS))
    plain = spreads(Case(SMALL, ()))
    assert found["flr"].relative_sd > plain["flr"].relative_sd
    assert found["untreated"] == plain["untreated"]


def test_what_works_no_more_has_no_surface_of_its_own() -> None:
    """A congested slab at the remnant's foot: what is left of it is what is counted."""
    congested = liver_part([[1, 4, 1, 11, 1, 3]], "congested")
    with_slab = spreads(Case(replace(SMALL, excluded=(congested,)), ()))["flr"]
    rest = replace(SMALL, flr=liver_part([[1, 4, 1, 11, 3, 11]], "flr"))
    assert with_slab.geometry == pytest.approx(spreads(Case(rest, ()))["flr"].geometry)
