"""Cuts that nobody drew, by hand, and as a plan answers the remnant once it is drawn.

A plan by a plane answers as the page's draft does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_liver import Cuttable
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.remnant import Origin
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.liver.transection import Wedges
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.draft_cut import DRAFT_FILE, DraftBranches, DraftCut, DraftCuts
from fl_planner.planning.facts import describe_drawing
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.planning.volume_pathway.states import judge_diagnosis
from fl_planner.space.grid import Grid
from fl_planner.trials.statements import Stated
from tests.cases import each_case, how_many, sure
from tests.masks import LIVER_GRID, block, codes, liver_part, small_liver, small_segments
from tests.record.planned import PROTOCOLS, made
from tests.refusals import refuses
from tests.vessel_liver import GRID as VESSEL_GRID
from tests.vessel_liver import RIGHT_PORTAL, VESSELS, vessel_anatomy

TUMOUR = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 2, 3, 2, 3]], "tumour")  # 27 mL, and 1 in III
LEFT = replace(liver_part([[1, 4, 1, 11, 1, 11]], "flr"), file="flr.nii.gz")
WHOLE = replace(small_liver(), tumour=TUMOUR, flr=LEFT, segments=small_segments())
CANTLIE = CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")  # from IV to 5-8: i = 6, x = 20 stays
DEAD = replace(liver_part([[1, 2, 1, 11, 1, 11]], "devascularised"))  # 100 mL
CYST = liver_part([[5, 7, 4, 6, 4, 6]], "cyst")  # 8 mL
places, lengths = st.floats(-20, 100), st.floats(-1, 1).map(lambda x: round(x, 2))


def planned(anatomy: Anatomy = WHOLE, **given: object) -> Plan:
    return made(anatomy, **given)


def drafts(made: Plan) -> DraftCuts:
    return DraftCuts(made, PROTOCOLS.trials_of(judge_diagnosis(made.judged.facts)))


def facts(one: Planned) -> tuple[object, ...]:
    """Give what is said of an operation; of masks, and of clearing by 1 mm, a draft tells none."""
    clearing = (
        None if one.clearing is None else structs.replace(one.clearing, kept=None, after_1mm=None)
    )
    volumes = structs.replace(one.volumes, resected_voxels=None, untreated_voxels=None)
    return volumes, one.cleared, one.cut, one.left, one.margin_mm, clearing, one.slivers


def require_alike(draft: DraftCut, made: Plan) -> None:
    """Demand that a draft and a plan answer alike, to the last digit."""
    assert facts(draft.planned) == facts(made.measured.planned[0])
    assert draft.spreads == made.spreads
    told = [
        [(one.name, one.answer, one.distance_ml, one.crossing_chance) for one in thresholds]
        for thresholds in (draft.thresholds, made.judged.thresholds)
    ]
    assert told[0] == told[1]


def require_as_drawn(made: Plan, cuts: DraftCuts, plane: CutPlane, *, keep_front: bool) -> None:
    """Demand that a draft answers as a plan of its mask does."""
    mask = cuts.draw(plane, keep_front=keep_front)
    anatomy = replace(made.case.anatomy, flr=mask, resected=None, treated=None)
    drawn = planned(anatomy, operations=made.case.operations)
    require_alike(cuts.cut(plane, keep_front=keep_front), drawn)


def test_a_plane_between_two_segments_by_hand() -> None:
    cuts = drafts(planned())
    left = cuts.cut(CANTLIE, keep_front=False)
    volumes, clearing = left.planned.volumes, sure(left.planned.clearing)
    assert (volumes.flr_voxels, volumes.nontumorous_voxels) == (599, 1472)
    assert (left.planned.cleared, left.planned.cut, left.planned.left) == ((1,), (), (2,))
    assert left.planned.margin_mm == pytest.approx(60.0)  # i = 12 to i = 6
    assert left.nearest == (1,)
    assert clearing.numbers == (2,)
    assert clearing.after.numerator_voxels == 599 - 6  # a neighbour by each face lies within 10 mm
    thirty, forty, *_ = left.thresholds
    assert (thirty.answer, forty.answer) == ("above", "above")
    assert forty.distance_ml == pytest.approx(599 - 588.8)
    right = cuts.cut(CANTLIE, keep_front=True)
    assert right.planned.volumes.flr_voxels == 900 - 27
    assert (right.planned.cleared, right.planned.left) == ((2,), (1,))
    assert right.planned.margin_mm == pytest.approx(50.0)  # i = 2 to i = 7
    assert right.nearest == (2,)


def test_a_plane_through_a_lesion_by_hand() -> None:
    through = CutPlane((91.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")  # 18 of 27 on its left
    draft = drafts(planned()).cut(through, keep_front=False)
    assert (draft.planned.cleared, draft.planned.cut, draft.planned.left) == ((), (1,), (2,))
    assert sure(draft.planned.clearing).numbers == (1, 2)
    assert draft.planned.margin_mm is None
    assert draft.nearest == ()


def plane_divides(made: Plan, plane: CutPlane) -> bool:
    """Whether working liver lies on both sides of a plane."""
    cut = Cuttable(made.case.anatomy).cut(plane)
    return all(side.share.numerator_voxels for side in (cut.front, cut.back))


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(8, 25))
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


def test_h16_no_tumour_is_not_no_mask() -> None:
    draft = drafts(planned(replace(WHOLE, tumour=None))).cut(CANTLIE, keep_front=False)
    assert draft.planned.volumes.flr_voxels == 600
    assert (draft.thresholds, draft.planned.clearing) == ((), None)
    made = planned(replace(WHOLE, tumour=TUMOUR - TUMOUR))
    require_as_drawn(made, drafts(made), CANTLIE, keep_front=False)
    draft = drafts(made).cut(CANTLIE, keep_front=False)
    assert draft.thresholds == ()  # CRLM is diagnosed, and nothing was drawn: a person settles it
    assert "a liver tumour has been diagnosed, but tumour volume" in draft.contradicted[0]


def test_a_remnant_that_clearing_takes_away_altogether() -> None:
    """A wedge of liver all of which lies within the margin of the lesion that stays in it."""
    edge = CutPlane((-25.0, -65.0, 45.0), (-1.0, -1.0, -1.0), "RAS")
    far = Operation(clearing_margin_mm=200.0)
    cuts = drafts(planned(operations=(far,)))
    draft = cuts.cut(edge, keep_front=True)
    assert sure(draft.planned.clearing).after.numerator_voxels == 0
    assert draft.spreads["flr_after_clearing"].geometry == 0.0


def test_h16_cuts_that_leave_or_remove_nothing_are_reported() -> None:
    beyond = CutPlane((500.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    cuts = drafts(planned())
    with refuses("cut.leaves_nothing"):
        cuts.cut(beyond, keep_front=True)
    with refuses("cut.removes_nothing"):
        cuts.cut(beyond, keep_front=False)
    with refuses("cut.removes_nothing"):
        cuts.draw(beyond, keep_front=False)
    with refuses("cut.leaves_nothing"):
        cuts.keep(())
    with refuses("cut.removes_nothing"):
        cuts.keep(tuple("12345678"))
    partial = {name: mask for name, mask in small_segments().items() if name != "3"}
    with refuses("cut.undetermined"):
        drafts(planned(replace(WHOLE, segments=partial))).keep(("2", "3"))


def test_h16_a_plane_that_takes_tumour_alone_is_reported() -> None:
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
    require_alike(draft, drawn)
    (row,) = [one for one in made.resections if one.resection.kept == kept]
    assert sure(draft.planned.volumes.flr_share) == row.resection.flr


def test_gaps_of_a_map_are_reported_for_a_draft_by_segments_as_for_a_plan() -> None:
    """389 of 1472 voxels, and of the 1290 within segments: below and above 30 %."""
    segments = small_segments()
    segments["7"] -= liver_part([[12, 16, 1, 11, 6, 11]], "gap")  # 182 without tumour
    gapped, kept = replace(WHOLE, flr=None, segments=segments), ("1", "2", "3")
    draft = drafts(planned(gapped)).keep(kept)
    told = {one.code: one.message for one in draft.findings}
    assert set(told) == {"segments.gaps", "segments.shares_disagree"}
    assert "26.4 % of the non-tumorous liver and 30.2 %" in told["segments.shares_disagree"]
    of_plan = planned(gapped, operations=(Operation(remnant_segments=kept),))
    assert {one.code: one.message for one in of_plan.findings if one.code in told} == told
    assert drafts(planned()).keep(kept).findings == ()
    cuts = Operation(planes=(LEFT_OF_CANTLIE,))  # by a plane alone, gaps do not matter
    draft = drafts(planned(gapped)).operate(cuts)
    assert draft.findings == ()
    require_alike(draft, planned(gapped, operations=(cuts,)))


def test_h08_a_draft_next_to_a_limit_is_reported_as_a_plan_is() -> None:
    """443 of 1472 voxels, of which 441.6 are 30 %: 449 in segments, without the wedge's six."""
    cuts = drafts(planned())
    draft = cuts.operate(Operation(remnant_segments=("2", "3", "5"), wedges=Wedges((2,), 10.0)))
    assert draft.planned.volumes.flr_voxels == 443
    (told,) = draft.findings
    assert told.code == "threshold.by_a_hair"
    injured = drafts(planned(stated=Stated({"chemo_liver_damage": True})))
    draft = injured.operate(Operation(remnant_segments=("2", "3", "5"), wedges=Wedges((2,), 10.0)))
    assert [one.applies for one in draft.thresholds] == [False, True]
    assert draft.findings == ()  # 30 % is not the limit of an injured liver


def test_h02_an_error_withdraws_the_limits_of_what_it_touches() -> None:
    """One on the masks touches every cut, one on the map those by segments alone."""
    wrong = Finding("ct.elsewhere", Severity.ERROR, "the liver lies outside the CT", None)
    draft = drafts(planned(findings=(wrong,))).cut(CANTLIE, keep_front=False)
    assert ([one.number for one in draft.withdrawn], draft.thresholds) == (["volumes"], ())
    wrong = Finding("segments.side", Severity.ERROR, "the segments are on the wrong side", None)
    cuts = drafts(planned(findings=(wrong,)))
    assert cuts.cut(CANTLIE, keep_front=False).thresholds
    kept: DraftCut = cuts.keep(("2", "3"))
    assert ([one.number for one in kept.withdrawn], kept.thresholds) == (["segments"], ())
    of_plane = by_plane(LEFT_OF_CANTLIE, findings=(wrong,))
    assert "volumes" not in {one.number for one in of_plane.withdrawn}
    of_map = Operation(remnant_segments=("1", "2", "3", "4"), planes=(LEFT_OF_CANTLIE,))
    made = planned(UNDRAWN, operations=(of_map,), findings=(wrong,))
    assert "flr" in {one.number for one in made.withdrawn}


def test_h02_a_draft_of_an_incomplete_map_with_an_error_is_withdrawn() -> None:
    """Such a map has no resections, but a draft can be composed of the segments that it has."""
    wrong = Finding("segments.side", Severity.ERROR, "the segments are on the wrong side", None)
    anatomy = planned().case.anatomy
    segments = {name: mask for name, mask in anatomy.segments.items() if name != "1"}
    plan = planned(replace(anatomy, segments=segments), findings=(wrong,))
    assert not plan.resections
    kept: DraftCut = drafts(plan).keep(("2", "3"))
    assert ([one.number for one in kept.withdrawn], kept.thresholds) == (["segments"], ())


def test_h15_what_is_cut_out_of_a_carried_liver_is_carried() -> None:
    """Readings of it scatter as those of a drawing that was carried as far."""
    liver = replace(WHOLE.liver, file="liver.nii.gz", carried_mm=5.0)
    flr = replace(sure(WHOLE.flr), carried_mm=50.0)
    made = planned(replace(WHOLE, liver=liver, flr=flr))
    draft = drafts(made).cut(CANTLIE, keep_front=False)
    mask = drafts(made).draw(CANTLIE, keep_front=False)
    assert mask.file == DRAFT_FILE
    drawn = planned(replace(WHOLE, liver=liver, flr=replace(mask, carried_mm=5.0)))
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


UNDRAWN = replace(WHOLE, flr=None)
LEFT_OF_CANTLIE = CutPlane((25.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")  # up to i = 6 stays


def by_plane(*planes: CutPlane, **given: object) -> Plan:
    operation = Operation(planes=planes)
    return planned(given.pop("anatomy", UNDRAWN), operations=(operation,), **given)  # type: ignore[arg-type]


def require_as_draft(made: Plan, plane: CutPlane, **given: object) -> None:
    """Demand that a plan by a plane answers as the draft of the page does."""
    told = by_plane(plane, anatomy=replace(made.case.anatomy, flr=None), **given)
    require_alike(drafts(made).cut(plane, keep_front=True), told)


@pytest.mark.slow
@settings(max_examples=how_many(8, 25))
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


@each_case("carried_mm", {"carried": 5.0, "from contours": None})
def test_h15_a_plane_through_a_liver_from_elsewhere_scatters_as_the_draft(
    carried_mm: float | None,
) -> None:
    liver = replace(WHOLE.liver, file="liver.nii.gz", carried_mm=carried_mm)
    told = Finding("contours.derived", Severity.WARNING, "liver.nii.gz: so", "liver.nii.gz")
    made = planned(replace(UNDRAWN, liver=liver), findings=(told,))
    require_as_draft(made, LEFT_OF_CANTLIE, findings=(told,))


def test_h15_a_plane_through_a_carried_liver_scatters_as_a_carried_drawing() -> None:
    liver = replace(WHOLE.liver, file="liver.nii.gz", carried_mm=5.0)
    cut = by_plane(LEFT_OF_CANTLIE, anatomy=replace(UNDRAWN, liver=liver))
    mask = replace(sure(cut.measured.remnant).mask, file="flr.nii.gz", carried_mm=5.0)
    drawn = planned(replace(WHOLE, liver=liver, flr=mask))
    assert cut.spreads == drawn.spreads
    of_liver = planned(replace(WHOLE, liver=liver, flr=replace(mask, carried_mm=None)))
    assert cut.spreads["flr"].registration > of_liver.spreads["flr"].registration > 0


@each_case("origin", {"drawn": "drawn", "of segments": "segments"})
def test_h15_a_centre_s_reading_error_counts_for_a_draft_and_a_plane_as_for_a_drawing(
    origin: Origin,
) -> None:
    """A plane is a drawing: what readers differ by on maps of segments says nothing of it."""
    error = ReadingError(Fraction("0.2"), 20, 20, origin, "two readers")
    cut = drafts(planned(reading_error=error)).cut(CANTLIE, keep_front=False)
    plain = drafts(planned()).cut(CANTLIE, keep_front=False)
    assert cut.spreads["flr"].own == (error if origin == "drawn" else None)
    assert (cut.spreads["flr"] == plain.spreads["flr"]) is (origin == "segments")
    require_as_draft(planned(UNDRAWN, reading_error=error), LEFT_OF_CANTLIE, reading_error=error)


def test_h15_a_plane_through_segments_scatters_as_segments_do() -> None:
    drawn = by_plane(LEFT_OF_CANTLIE).spreads["flr"]
    operation = Operation(remnant_segments=("1", "2", "3", "4"), planes=(LEFT_OF_CANTLIE,))
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
    assert not {"plausibility.flr_share", "flr.holds_most_tumour"} & {*codes(made.findings)}


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
    assert "flr.holds_most_tumour" not in codes(made.findings)


def test_h02_a_plane_that_keeps_most_of_the_tumour_is_asked_about() -> None:
    made = by_plane(CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS"))
    (found,) = [one for one in made.findings if one.code == "flr.holds_most_tumour"]
    assert (
        "the liver that remains after the cut contains or encloses 27.0 mL of the 28.0 mL of tumour"
        in found.message
    )
    assert "reverse the normal" in found.message


def test_a_second_plan_may_be_cut_next_to_one_that_is_drawn() -> None:
    second = Operation("wedge", wedges=Wedges((1,)))
    made = planned(WHOLE, operations=(Operation("drawn"), second))
    drawn, cut = made.measured.planned
    assert sure(drawn.remnant).transection is None
    says = "a wedge resection of lesion 1 with a margin of 10 mm"
    assert sure(sure(cut.remnant).transection).describe() == says
    assert cut.volumes.flr_voxels == 1500 - 28 - 54


@each_case("operation, words", [
    (Operation(planes=(LEFT_OF_CANTLIE,)), "remnant cut by a plane, with segment I"),
    (Operation(wedges=Wedges()),
     "remnant cut by wedge resections of lesions 1, 2 with a margin of 10 mm, with segment I"),
    (Operation(remnant_segments=("2", "3"), planes=(LEFT_OF_CANTLIE, LEFT_OF_CANTLIE)),
     "remnant: segments II, III, cut by 2 planes, without segment I"),
])  # fmt: skip
def test_what_was_cut_is_stated(operation: Operation, words: str) -> None:
    made = planned(UNDRAWN, operations=(operation,))
    assert describe_drawing(UNDRAWN, sure(made.measured.remnant)) == words


def branches(**vessels: object) -> DraftBranches:
    return DraftBranches(made(vessel_anatomy(**vessels)))


def test_branches_of_trees_that_state_territories_can_be_cut() -> None:
    portal = {name: mask for name, mask in VESSELS.items() if "portal" in name}
    assert branches().names == ("portal", "hepatic")
    assert branches(vessels=portal).names == ("portal",)
    assert branches(vessels={}).names == ()


def test_a_branch_that_is_cut_on_trial_by_hand() -> None:
    """The right portal vein feeds 18 columns of 144 voxels; four of them are remnant."""
    trial = branches()
    for cuts, columns in (((RIGHT_PORTAL,), 4), ((), 0), ((RIGHT_PORTAL,), 4)):
        loss, _ = trial.lose(cuts)
        assert sure(loss.flr_inflow).voxels == columns * 144
        assert loss.supplied == Share((22 - columns) * 144, 36 * 144 - 27)


NARROW = block(VESSEL_GRID, (8, 24), (2, 14), (3, 15), name="flr")  # 16 columns of 36


def supply_doubts(findings: Iterable[Finding]) -> list[str]:
    return [one.message for one in findings if one.code == "vessels.supply_decides"]


def test_a_limit_within_what_keeps_the_vessels_of_a_draft_is_reported() -> None:
    """2304 of 5157; without the four columns of the right portal vein, 1728: across 40 %."""
    anatomy = vessel_anatomy(flr=NARROW)
    trial = DraftBranches(made(anatomy))
    loss, findings = trial.lose((RIGHT_PORTAL,))
    assert loss.supplied == Share(1728, 5157)
    (told,) = supply_doubts(findings)
    assert told.startswith("the FLR is 44.7 %, or between ")
    assert "40 %" in told
    of_plan = made(anatomy, operations=(Operation(cuts=(RIGHT_PORTAL,)),))
    assert supply_doubts(of_plan.findings) == [told]
    assert supply_doubts(trial.lose(())[1]) == supply_doubts(made(anatomy).findings)
    without = DraftBranches(made(vessel_anatomy(flr=NARROW, tumour=None)))
    assert supply_doubts(without.lose((RIGHT_PORTAL,))[1]) == []  # no limit applies
    nothing_stays = DraftBranches(made(vessel_anatomy(flr=None)))
    assert supply_doubts(nothing_stays.lose((RIGHT_PORTAL,))[1]) == []


def test_what_another_remnant_loses_is_what_a_plan_of_it_states() -> None:
    """The right end of the liver: its branches begin in what goes, and can be freed."""
    end = block(VESSEL_GRID, (26, 38), (2, 14), (3, 15), name="flr")
    drawn = made(vessel_anatomy(flr=end))
    (of_plan,) = sure(drawn.measured.vessels).plans
    loss, _ = branches().leave(sure(drawn.measured.remnant))
    assert loss == of_plan.loss
    assert sure(loss.inflow).voxels == 24 * 144  # what is resected, and no more
    assert loss.supplied == Share(12 * 144 - 27, 36 * 144 - 27)


def test_a_draft_of_lesions_that_are_close_by() -> None:
    """Their surroundings meet: what is filled is looked at in one box."""
    close = liver_part([[5, 6, 5, 8, 5, 8], [8, 9, 5, 8, 5, 8], [12, 14, 2, 4, 2, 4]], "tumour")
    made = planned(replace(WHOLE, tumour=close))
    require_as_drawn(made, drafts(made), CANTLIE, keep_front=True)
