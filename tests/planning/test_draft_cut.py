"""Draft cuts: by hand on the small liver, and as a plan answers the remnant once it is drawn."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fl_planner.basis.constants import CARRIED
from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane, Cuttable
from fl_planner.liver.remnant import Origin
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.draft_cut import DRAFT_FILE, DraftCut, DraftCuts
from fl_planner.planning.given.case import Case, Operation
from fl_planner.planning.pathway.states import find_diagnosis
from fl_planner.planning.plan import Plan, plan
from fl_planner.space.grid import Grid
from tests.cases import each_case, sure
from tests.masks import LIVER_GRID, liver_part, small_liver, small_segments
from tests.record.planned import PROTOCOLS, TRIALS
from tests.refusals import refuses

TUMOUR = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 2, 3, 2, 3]], "tumour")  # 27 mL, and 1 in III
LEFT = replace(liver_part([[1, 4, 1, 11, 1, 11]], "flr"), file="flr.nii.gz")
WHOLE = replace(small_liver(), tumour=TUMOUR, flr=LEFT, segments=small_segments())
CANTLIE = CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")  # from IV to 5-8: i = 6, x = 20 stays
DEAD = replace(liver_part([[1, 2, 1, 11, 1, 11]], "devascularised"))  # 100 mL
CYST = liver_part([[5, 7, 4, 6, 4, 6]], "cyst")  # 8 mL
places, lengths = st.floats(-20, 100), st.floats(-1, 1).map(lambda x: round(x, 2))


def planned(anatomy: Anatomy = WHOLE, **given: object) -> Plan:
    case = replace(Case(anatomy, (), diagnosis="crlm"), **given)  # type: ignore[arg-type]
    return plan(case, TRIALS, PROTOCOLS)


def drafts(made: Plan) -> DraftCuts:
    return DraftCuts(made, PROTOCOLS.trials_of(find_diagnosis(made.judged.facts)))


def facts(one: Planned) -> tuple[object, ...]:
    """Give what is said of an operation, but for the masks themselves."""
    clearing = None if one.clearing is None else replace(one.clearing, kept=None)
    volumes = replace(one.volumes, resected_voxels=None, untreated_voxels=None)
    return volumes, one.cleared, one.cut, one.left, one.margin_mm, clearing, one.slivers


def require_as_drawn(made: Plan, cuts: DraftCuts, plane: CutPlane, *, keep_front: bool) -> None:
    """Demand that a draft answers as a plan of its mask does, to the last digit."""
    draft = cuts.cut(plane, keep_front=keep_front)
    mask = cuts.draw(plane, keep_front=keep_front)
    anatomy = replace(made.case.anatomy, flr=mask, resected=None, treated=None)
    drawn = planned(anatomy, operations=made.case.operations)
    assert facts(draft.planned) == facts(drawn.measured.planned[0])
    assert draft.spreads == drawn.spreads
    told = [
        [(one.name, one.answer, one.distance_ml, one.crossing_chance) for one in thresholds]
        for thresholds in (draft.thresholds, drawn.judged.thresholds)
    ]
    assert told[0] == told[1]


def test_a_plane_between_two_segments_by_hand() -> None:
    cuts = drafts(planned())
    left = cuts.cut(CANTLIE, keep_front=False)
    volumes, clearing = left.planned.volumes, sure(left.planned.clearing)
    assert (volumes.flr_voxels, volumes.nontumorous_voxels) == (599, 1472)
    assert (left.planned.cleared, left.planned.cut, left.planned.left) == ((1,), (), (2,))
    assert left.planned.margin_mm == pytest.approx(60.0)  # i = 12 to i = 6
    assert clearing.numbers == (2,)
    assert clearing.after.numerator_voxels == 599 - 6  # a neighbour by each face lies within 10 mm
    thirty, forty, *_ = left.thresholds
    assert (thirty.answer, forty.answer) == ("above", "above")
    assert forty.distance_ml == pytest.approx(599 - 588.8)
    right = cuts.cut(CANTLIE, keep_front=True)
    assert right.planned.volumes.flr_voxels == 900 - 27
    assert (right.planned.cleared, right.planned.left) == ((2,), (1,))
    assert right.planned.margin_mm == pytest.approx(50.0)  # i = 2 to i = 7


def test_a_plane_through_a_lesion_by_hand() -> None:
    through = CutPlane((91.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")  # 18 of 27 on its left
    draft = drafts(planned()).cut(through, keep_front=False)
    assert (draft.planned.cleared, draft.planned.cut, draft.planned.left) == ((), (1,), (2,))
    assert sure(draft.planned.clearing).numbers == (1, 2)
    assert draft.planned.margin_mm is None


def plane_divides(made: Plan, plane: CutPlane) -> bool:
    """Whether working liver lies on both sides of a plane."""
    cut = Cuttable(made.case.anatomy).cut(plane)
    return all(side.share.numerator_voxels for side in (cut.front, cut.back))


@pytest.mark.slow
@settings(max_examples=25)
@given(
    point=st.tuples(places, places, places),
    normal=st.tuples(lengths, lengths, lengths).filter(lambda one: any(one)),
    keep_front=st.booleans(),
)
def test_a_draft_answers_as_the_plan_of_its_mask(
    point: tuple[float, float, float], normal: tuple[float, float, float], keep_front: bool
) -> None:
    made = planned(replace(WHOLE, excluded=(DEAD, CYST)))
    cuts, plane = drafts(made), CutPlane(point, normal, "RAS")
    assume(plane_divides(made, plane))
    require_as_drawn(made, cuts, plane, keep_front=keep_front)


@pytest.mark.parametrize("keep_front", [True, False])
def test_a_draft_of_a_liver_whose_tumour_bulges(keep_front: bool) -> None:
    """Part of the tumour lies beside what is said to be liver, where a hole may hold it."""
    gallbladder = liver_part([[12, 14, 5, 8, 5, 8]], "gallbladder")
    made = planned(replace(WHOLE, excluded=(gallbladder,)))
    require_as_drawn(made, drafts(made), CANTLIE, keep_front=keep_front)


def test_no_tumour_mask_leaves_every_limit_unknown() -> None:
    draft = drafts(planned(replace(WHOLE, tumour=None))).cut(CANTLIE, keep_front=False)
    assert draft.planned.volumes.flr_voxels == 600
    assert (draft.thresholds, draft.planned.clearing) == ((), None)


def test_h16_no_tumour_is_not_no_mask() -> None:
    made = planned(replace(WHOLE, tumour=TUMOUR - TUMOUR))
    require_as_drawn(made, drafts(made), CANTLIE, keep_front=False)
    draft = drafts(made).cut(CANTLIE, keep_front=False)
    assert draft.thresholds == ()  # CRLM is diagnosed, and nothing was drawn: a person settles it
    assert "a tumour of the liver is diagnosed, yet there is none" in draft.contradicted[0]


def test_a_remnant_that_clearing_takes_away_altogether() -> None:
    """A wedge of liver all of which lies within the margin of the lesion that stays in it."""
    edge = CutPlane((-25.0, -65.0, 45.0), (-1.0, -1.0, -1.0), "RAS")
    far = Operation(clearing_margin_mm=200.0)
    cuts = drafts(planned(operations=(far,)))
    draft = cuts.cut(edge, keep_front=True)
    assert sure(draft.planned.clearing).after.numerator_voxels == 0
    assert draft.spreads["flr_after_clearing"].geometry == 0.0


def test_h16_a_plane_that_leaves_nothing_is_told() -> None:
    beyond = CutPlane((500.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    cuts = drafts(planned())
    with refuses("cut.leaves_nothing"):
        cuts.cut(beyond, keep_front=True)
    with refuses("cut.removes_nothing"):
        cuts.cut(beyond, keep_front=False)
    with refuses("cut.removes_nothing"):
        cuts.draw(beyond, keep_front=False)


def test_h16_a_plane_that_takes_tumour_alone_is_told() -> None:
    bump = liver_part([[16, 17, 5, 8, 5, 8]], "tumour")  # beyond the liver's right end
    cuts = drafts(planned(replace(WHOLE, tumour=bump)))
    draft = cuts.cut(CutPlane((115.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS"), keep_front=False)
    assert (draft.tumour_alone_goes, draft.planned.volumes.flr_voxels) == (True, 1500)
    assert not cuts.cut(CANTLIE, keep_front=False).tumour_alone_goes


def test_h02_a_liver_without_a_place_is_not_cut() -> None:
    nowhere = Grid(LIVER_GRID.shape, LIVER_GRID.affine, placed=False)
    cuts = drafts(planned(replace(small_liver(nowhere), segments=small_segments(nowhere))))
    with refuses("geometry.place_missing"):
        cuts.cut(CANTLIE, keep_front=False)
    assert cuts.keep(("2", "3")).planned.volumes.flr_voxels == 300


@pytest.mark.parametrize("kept", [("2", "3"), ("1", "2", "3"), ("5", "6", "7", "8")])
def test_segments_that_stay_answer_as_a_plan_of_them(kept: tuple[str, ...]) -> None:
    made = planned(replace(WHOLE, excluded=(CYST,)))
    draft = drafts(made).keep(kept)
    anatomy = replace(made.case.anatomy, flr=None)
    drawn = planned(anatomy, operations=(Operation(remnant_segments=kept),))
    assert facts(draft.planned) == facts(drawn.measured.planned[0])
    assert draft.spreads == drawn.spreads
    assert [one.crossing_chance for one in draft.thresholds] == [
        one.crossing_chance for one in drawn.judged.thresholds
    ]
    (row,) = [one for one in made.resections if one.resection.kept == kept]
    assert sure(draft.planned.volumes.flr_share) == row.resection.flr


def test_h16_segments_that_leave_or_remove_nothing_are_told() -> None:
    cuts = drafts(planned())
    with refuses("cut.leaves_nothing"):
        cuts.keep(())
    with refuses("cut.removes_nothing"):
        cuts.keep(tuple("12345678"))
    partial = {name: mask for name, mask in small_segments().items() if name != "3"}
    with refuses("cut.undetermined"):
        drafts(planned(replace(WHOLE, segments=partial))).keep(("2", "3"))


def test_h02_an_error_on_the_masks_withdraws_the_limits() -> None:
    wrong = Finding("ct.elsewhere", Severity.ERROR, "the liver lies outside the CT", None)
    draft = drafts(planned(findings=(wrong,))).cut(CANTLIE, keep_front=False)
    assert [one.number for one in draft.withdrawn] == ["volumes"]
    assert draft.thresholds == ()


def test_an_error_on_the_map_touches_segments_alone() -> None:
    wrong = Finding("segments.side", Severity.ERROR, "the segments lie on the wrong side", None)
    cuts = drafts(planned(findings=(wrong,)))
    assert cuts.cut(CANTLIE, keep_front=False).thresholds
    kept: DraftCut = cuts.keep(("2", "3"))
    assert [one.number for one in kept.withdrawn] == ["resections"]
    assert kept.thresholds == ()


def test_h15_what_is_cut_out_of_a_carried_liver_is_carried() -> None:
    """Readings of it scatter as those of a drawing that was carried as far."""
    liver = replace(WHOLE.liver, file="liver.nii.gz")
    carried = Finding(CARRIED, Severity.WARNING, "liver.nii.gz: carried", "liver.nii.gz", 5.0, "mm")
    of_flr = replace(carried, file="flr.nii.gz", value=50.0)
    made = planned(replace(WHOLE, liver=liver), findings=(carried, of_flr))
    draft = drafts(made).cut(CANTLIE, keep_front=False)
    mask = drafts(made).draw(CANTLIE, keep_front=False)
    assert mask.file == DRAFT_FILE
    drawn = planned(
        replace(WHOLE, liver=liver, flr=mask),
        findings=(carried, replace(carried, file=DRAFT_FILE)),
    )
    assert draft.spreads == drawn.spreads
    assert draft.spreads["flr"].registration > 0


def test_the_exact_share_decides_at_a_limit() -> None:
    """Of 1500 voxels, 600 stay to the left of the plane: 40 % to the voxel."""
    cuts = drafts(planned(replace(WHOLE, tumour=TUMOUR - TUMOUR), diagnosis=None))
    draft = cuts.cut(CANTLIE, keep_front=False)
    assert sure(draft.planned.volumes.flr_share).fraction == Fraction(2, 5)
    answers = {one.name: one.answer for one in draft.thresholds}
    assert (answers["dragon2.flr_30"], answers["dragon2.flr_40"]) == ("above", "at")


def test_a_plane_that_was_elsewhere_answers_as_a_new_one() -> None:
    """What is kept ready of lesions that stay is that of these lesions."""
    cuts, fresh = drafts(planned()), planned()
    through = CutPlane((91.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    for plane in (CANTLIE, through, CANTLIE, CutPlane((75.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")):
        for keep_front in (True, False):
            told = cuts.cut(plane, keep_front=keep_front)
            new = drafts(fresh).cut(plane, keep_front=keep_front)
            assert (facts(told.planned), told.spreads) == (facts(new.planned), new.spreads)


@each_case("origin", {"drawn": "drawn", "of segments": "segments"})
def test_h15_a_centre_s_reading_error_counts_for_a_draft_as_for_a_drawing(origin: Origin) -> None:
    """A plane is a drawing: what readers differ by on maps of segments says nothing of it."""
    error = ReadingError(Fraction("0.2"), 20, 20, origin, "two readers")
    cut = drafts(planned(reading_error=error)).cut(CANTLIE, keep_front=False)
    plain = drafts(planned()).cut(CANTLIE, keep_front=False)
    assert cut.spreads["flr"].own == (error if origin == "drawn" else None)
    assert (cut.spreads["flr"] == plain.spreads["flr"]) is (origin == "segments")
