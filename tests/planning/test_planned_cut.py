"""Plans by planes and wedges: a plane answers as the page's draft does, a wedge as by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fl_planner.basis.constants import CARRIED
from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.remnant import Origin
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.liver.transection import Wedges
from fl_planner.planning.facts import say_drawing
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from tests.cases import each_case, sure
from tests.planning.test_draft_cut import (
    CYST,
    DEAD,
    WHOLE,
    drafts,
    facts,
    plane_divides,
    planned,
)

UNDRAWN = replace(WHOLE, flr=None)
CANTLIE = CutPlane((25.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")  # up to i = 6 stays
places, lengths = st.floats(-20, 100), st.floats(-1, 1).map(lambda x: round(x, 2))


def by_plane(*planes: CutPlane, **given: object) -> Plan:
    operation = Operation(planes=planes)
    return planned(given.pop("anatomy", UNDRAWN), operations=(operation,), **given)  # type: ignore[arg-type]


def require_as_draft(made: Plan, plane: CutPlane, **given: object) -> None:
    """Demand that a plan by a plane answers as the draft of the page does, to the last digit."""
    draft = drafts(made).cut(plane, keep_front=True)
    told = by_plane(plane, anatomy=replace(made.case.anatomy, flr=None), **given)
    assert facts(draft.planned) == facts(told.measured.planned[0])
    assert draft.spreads == told.spreads
    answers = [
        [(one.name, one.answer, one.distance_ml, one.crossing_chance) for one in thresholds]
        for thresholds in (draft.thresholds, told.judged.thresholds)
    ]
    assert answers[0] == answers[1]


@pytest.mark.slow
@settings(max_examples=25)
@given(
    point=st.tuples(places, places, places),
    normal=st.tuples(lengths, lengths, lengths).filter(lambda one: any(one)),
)
def test_a_plan_by_a_plane_answers_as_the_draft_of_the_page(
    point: tuple[float, float, float], normal: tuple[float, float, float]
) -> None:
    made, plane = planned(replace(UNDRAWN, excluded=(DEAD, CYST))), CutPlane(point, normal, "RAS")
    assume(plane_divides(made, plane))
    require_as_draft(made, plane)


@each_case("code", {"carried": CARRIED, "from contours": "contours.derived"})
def test_h15_a_plane_through_a_liver_from_elsewhere_scatters_as_the_draft(code: str) -> None:
    liver = replace(WHOLE.liver, file="liver.nii.gz")
    told = Finding(code, Severity.WARNING, "liver.nii.gz: so", "liver.nii.gz", 5.0, "mm")
    made = planned(replace(UNDRAWN, liver=liver), findings=(told,))
    require_as_draft(made, CANTLIE, findings=(told,))


def test_h15_a_plane_through_a_carried_liver_scatters_as_a_carried_drawing() -> None:
    liver = replace(WHOLE.liver, file="liver.nii.gz")
    told = Finding(CARRIED, Severity.WARNING, "liver.nii.gz: so", "liver.nii.gz", 5.0, "mm")
    cut = by_plane(CANTLIE, anatomy=replace(UNDRAWN, liver=liver), findings=(told,))
    mask = replace(sure(cut.measured.remnant).mask, file="flr.nii.gz")
    drawn = planned(
        replace(WHOLE, liver=liver, flr=mask),
        findings=(told, replace(told, file="flr.nii.gz")),
    )
    assert cut.spreads == drawn.spreads
    assert cut.spreads["flr"].registration > 0


@each_case("origin", {"drawn": "drawn", "of segments": "segments"})
def test_h15_a_reading_error_counts_for_a_plane_as_for_a_drawing(origin: Origin) -> None:
    error = ReadingError(Fraction("0.2"), 20, 20, origin, "two readers")
    require_as_draft(planned(UNDRAWN, reading_error=error), CANTLIE, reading_error=error)


def test_h15_a_plane_through_segments_scatters_as_segments_do() -> None:
    drawn = by_plane(CANTLIE).spreads["flr"]
    operation = Operation(remnant_segments=("1", "2", "3", "4"), planes=(CANTLIE,))
    of_map = planned(UNDRAWN, operations=(operation,)).spreads["flr"]
    assert (drawn.scatter.cv_remnant, of_map.scatter.cv_remnant) == (
        Fraction("0.07"), Fraction("0.12"),
    )  # fmt: skip


def test_wedges_by_hand() -> None:
    made = planned(UNDRAWN, operations=(Operation(wedges=Wedges()),))
    (one,) = made.measured.planned
    assert one.volumes.flr_voxels == 1500 - 28 - 6 - 54
    assert (one.cleared, one.cut, one.left) == ((1, 2), (), ())
    # Beyond a face lies one step that goes: the next voxel is at 20 mm, across an edge at √2 steps.
    assert one.margin_mm == pytest.approx(10 * 2**0.5)
    assert not {"plausibility.flr_share", "flr.holds_most_tumour"} & {
        finding.code for finding in made.findings
    }


def test_a_wedge_takes_what_clearing_takes() -> None:
    """Cut out with the plan's margin, lesions leave what clearing them would where they stay."""
    whole = replace(UNDRAWN, flr=replace(UNDRAWN.organ, name="flr", file="flr.nii.gz"))
    stays = planned(whole).measured.planned[0]
    goes = planned(UNDRAWN, operations=(Operation(wedges=Wedges()),)).measured.planned[0]
    assert sure(stays.clearing).after == goes.volumes.flr_share


def test_a_wedge_of_one_lesion_leaves_the_other() -> None:
    operation = Operation(clearing_margin_mm=0.0, wedges=Wedges((2,)))
    made = planned(UNDRAWN, operations=(operation,))
    (one,) = made.measured.planned
    assert (one.cleared, one.left, sure(one.clearing).numbers) == ((2,), (1,), (1,))
    assert one.volumes.flr_voxels == 1500 - 28
    assert one.margin_mm == pytest.approx(10.0)  # no margin: liver is left beside it
    # Most of the tumour stays, as it was meant to: nobody took the wrong side.
    assert "flr.holds_most_tumour" not in {finding.code for finding in made.findings}


def test_h02_a_plane_that_keeps_most_of_the_tumour_is_asked_about() -> None:
    made = by_plane(CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS"))
    (found,) = [one for one in made.findings if one.code == "flr.holds_most_tumour"]
    assert "what the plane leaves holds or encloses 27.0 mL of 28.0 mL tumour" in found.message
    assert "turn the plane's normal round" in found.message


def test_a_second_plan_may_be_cut_beside_one_that_is_drawn() -> None:
    second = Operation("wedge", wedges=Wedges((1,)))
    made = planned(WHOLE, operations=(Operation("drawn"), second))
    drawn, cut = made.measured.planned
    assert sure(drawn.remnant).transection is None
    assert sure(sure(cut.remnant).transection).say() == "a wedge of lesion 1 with 10 mm"
    assert cut.volumes.flr_voxels == 1500 - 28 - 54


def test_h02_an_error_on_the_map_does_not_touch_a_plane() -> None:
    wrong = Finding("segments.side", Severity.ERROR, "the segments lie on the wrong side", None)
    assert "volumes" not in {one.number for one in by_plane(CANTLIE, findings=(wrong,)).withdrawn}
    of_map = Operation(remnant_segments=("1", "2", "3", "4"), planes=(CANTLIE,))
    made = planned(UNDRAWN, operations=(of_map,), findings=(wrong,))
    assert "flr" in {one.number for one in made.withdrawn}


@each_case(
    "told",
    {
        "a plane": (Operation(planes=(CANTLIE,)), "remnant cut by a plane, with segment 1"),
        "wedges": (
            Operation(wedges=Wedges()),
            "remnant cut by wedges of lesions 1, 2 with 10 mm, with segment 1",
        ),
        "segments": (
            Operation(remnant_segments=("2", "3"), planes=(CANTLIE, CANTLIE)),
            "remnant: segments 2, 3, cut by 2 planes, without segment 1",
        ),
    },
)
def test_what_was_cut_is_said(told: tuple[Operation, str]) -> None:
    operation, words = told
    made = planned(UNDRAWN, operations=(operation,))
    assert say_drawing(UNDRAWN, sure(made.measured.remnant)) == words


def test_tumour_beside_the_plane_stays_or_goes_whole() -> None:
    (one,) = by_plane(CANTLIE).measured.planned
    assert (one.cleared, one.cut, one.left) == ((1,), (), (2,))
    assert one.margin_mm == pytest.approx(60.0)  # i = 12 to i = 6
