"""Numbers under an error: which they are, and that nothing answers by them [safety.md E1]."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from docs.make.codes import read_topics
from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.planning.full_route.reasons import _function as format_function
from fl_planner.planning.given.case import Accepted, InputFile, Operation
from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import (
    NUMBERS,
    STALE,
    TOUCHES,
    find_unusable,
    find_withdrawn_growth,
    withdraw_function,
    withdraw_study,
)
from fl_planner.record.plan import as_plan_record
from fl_planner.trials.judge import CriterionAnswer
from fl_planner.trials.statements import Amount, Stated
from tests.cases import sure
from tests.masks import liver_part, small_segments
from tests.planning.assessment.test_function import given as scintigraphy
from tests.record.planned import TREATED, WHOLE, made
from tests.y90.studies import ANATOMY as TREATED_LIVER
from tests.y90.studies import GIVEN as DOSE

MAPPED = replace(WHOLE, segments=small_segments())
LARGE: dict[str, Any] = {  # an HCC imaging criteria of RESCUE met
    "diagnosis": "hcc",
    "stated": Stated({"largest_lesion": Amount(Fraction(9), "cm"), "treated_covers_tumour": True}),
}
SETTLED = (
    "ct.elsewhere",
    "ct.liver_hu",
    "ct.mask_mirrored",
    "labels.interpolated",
    "remnant.side",
    "segments.side",
    "tumour.vessel_like",
)


def error(code: str, file: str | None = None) -> Finding:
    return Finding(code, Severity.ERROR, "look here", file)


def numbers(plan: Plan) -> list[str]:
    return [one.number for one in plan.withdrawn]


def changed(role: str, anatomy: Any = WHOLE, **entries: Any) -> Plan:
    """Plan a case in which the file of a role is not the one that was verified."""
    files = (InputFile(role, "changed.nii", "nifti1", "a" * 64),)
    case = {"inputs": files, "findings": (error("case.mask_changed", "changed.nii"),)}
    return made(anatomy, **case, **entries)


def criterion(plan: Plan, trial: str, id_: str) -> CriterionAnswer:
    (judged,) = (one for one in plan.judged.judgements if one.trial.short == trial)
    (answer,) = (one for one in judged.answers if one.criterion.id == id_)
    return answer


def test_h16_every_code_of_an_error_states_what_it_touches() -> None:
    """Those of `agree` are about pairs of readings, of which no plan is made."""
    codes = (code for topic in read_topics() for code in topic.codes)
    errors = {code.name for code in codes if Severity.ERROR.value in code.levels}
    assert errors - {"agree.mirrored", "agree.nothing_common", "agree.other_day"} == TOUCHES.keys()


@pytest.mark.parametrize("code", SETTLED)
def test_h16_an_error_leaves_the_pathway_and_every_limit_unanswered(code: str) -> None:
    by_segments = (Operation(remnant_segments=("1", "2", "3")),)
    anatomy = replace(MAPPED, flr=None) if code == "segments.side" else WHOLE
    operations = by_segments if code == "segments.side" else (Operation(),)
    plan = made(anatomy, findings=(error(code),), operations=operations)
    assert (plan.pathway.name, plan.pathway.row) == ("not_answered", "V0")
    assert plan.pathway.headline == f"not answered: {TOUCHES[code].why}"
    assert code in plan.pathway.reasons[0]
    assert plan.judged.thresholds == ()
    assert "flr_fraction" not in plan.judged.facts
    assert plan.measured.volumes.flr_voxels  # shown all the same


def test_an_honest_case_withdraws_nothing() -> None:
    plan = made(MAPPED)
    assert plan.withdrawn == ()
    assert plan.pathway.row == "V13"
    warned = made(findings=(Finding("remnant.side", Severity.WARNING, "look"),))
    assert (warned.withdrawn, warned.pathway.row) == ((), "V13")


@pytest.mark.parametrize(
    ("role", "touched"),
    [
        ("liver", ["volumes", "flr", "untreated", "lesions", "segments", "resections"]),
        ("tumour", ["volumes", "flr", "untreated", "lesions", "segments", "resections"]),
        ("labelmap", ["volumes", "flr", "untreated", "lesions", "segments", "resections"]),
        ("exclude cyst", ["volumes", "flr", "untreated", "lesions", "segments", "resections"]),
        ("flr", ["flr"]),
        ("second reader flr", ["flr"]),
        ("treated", ["untreated"]),
        ("baseline", ["resections"]),
        ("dynamic", []),
    ],
)
def test_h12_a_changed_file_touches_what_was_made_of_it(role: str, touched: list[str]) -> None:
    assert numbers(changed(role, replace(MAPPED, treated=TREATED))) == touched


def test_h16_segments_on_the_wrong_side_touch_a_treated_area_made_of_them() -> None:
    given: Any = {"findings": (error("segments.side"),), "diagnosis": "hcc", "dose": DOSE}
    drawn, made_of_them = (
        numbers(made(replace(MAPPED, treated=TREATED, treated_by_segments=by), **given))
        for by in (False, True)
    )
    assert {"untreated", "dose"}.isdisjoint(drawn)
    assert {"untreated", "dose"} <= {*made_of_them}


def test_h16_a_route_states_of_a_function_under_an_error_that_it_decides_nothing() -> None:
    patient = SimpleNamespace(describe_withdrawn=lambda _: "it changed")
    situation: Any = SimpleNamespace(patient=patient)
    assert [*format_function(situation)] == ["FLR function must not be used: it changed."]


def test_h12_a_changed_file_of_an_unknown_role_touches_all() -> None:
    unknown = made(MAPPED, findings=(error("case.mask_changed", "other.nii"),))
    assert numbers(unknown) == ["volumes", "flr", "lesions", "segments", "resections"]
    assert numbers(made(findings=(error("new.code"),))) == ["volumes", "flr", "lesions"]


def test_h12_a_second_plans_own_mask_touches_the_plans_alone() -> None:
    flr = liver_part([[1, 3, 1, 11, 1, 11]], "flr")
    plan = changed("plan 2 flr", operations=(Operation(), Operation("two", flr=flr)))
    assert numbers(plan) == ["plans"]
    assert plan.pathway.row == "V13"


@pytest.mark.parametrize(
    ("anatomy", "operation", "touched"),
    [
        (MAPPED, Operation(), ["segments", "resections", "plans"]),
        (
            replace(MAPPED, flr=None, resected=liver_part([[4, 16, 1, 11, 1, 11]], "resected")),
            Operation(),
            ["segments", "resections", "plans"],
        ),
        (
            replace(MAPPED, flr=None),
            Operation(remnant_segments=("1", "2", "3")),
            ["flr", "segments", "resections", "plans"],
        ),
    ],
)
def test_h02_the_wrong_side_of_a_second_plan_touches_no_drawing_of_the_first(
    anatomy: Anatomy, operation: Operation, touched: list[str]
) -> None:
    flr = liver_part([[1, 3, 1, 11, 1, 11]], "flr")
    plan = made(
        anatomy,
        operations=(operation, Operation("two", flr=flr)),
        inputs=(InputFile("plan 2 flr", "second.nii", "nifti1", "a" * 64),),
        findings=(error("remnant.side", "second.nii"),),
    )
    assert numbers(plan) == touched
    both = InputFile("flr", "second.nii", "nifti1", "a" * 64)  # a name that says neither
    assert "flr" in numbers(
        made(MAPPED, inputs=(both,), findings=(error("remnant.side", "second.nii"),))
    )


def test_h02_a_mirrored_map_touches_a_drawn_remnant_not() -> None:
    plan = made(MAPPED, findings=(error("segments.side"),))
    assert numbers(plan) == ["segments", "resections"]
    assert plan.pathway.row == "V13"
    assert all(row.thresholds == () for row in plan.resections)
    assert all(row.thresholds for row in made(MAPPED).resections)


def test_h02_segments_of_an_incomplete_map_are_withdrawn() -> None:
    """Segment I is often left out: no resections then, but the other segments are measured."""
    segments = {name: mask for name, mask in small_segments().items() if name != "1"}
    plan = made(replace(WHOLE, segments=segments), findings=(error("segments.side"),))
    assert plan.measured.segments
    assert not plan.resections
    assert numbers(plan) == ["segments"]
    assert plan.pathway.row == "V13"


def test_h16_criteria_that_rest_on_it_are_unknown_and_others_are_answered() -> None:
    plan = changed("flr")
    assert criterion(plan, "dragon2", "I1").truth.value == "unknown"
    assert criterion(made(), "rescue", "I3").truth == criterion(plan, "rescue", "I3").truth
    kinds = ("volume_ml", "fraction")
    parts = ("flr", "flr_after_clearing", "flr_after_clearing_1mm")
    names = {f"{part}_{kind}" for part in parts for kind in kinds}
    assert plan.judged.withdrawn.keys() == {*names, "lesions_in_remnant_count"}
    assert not plan.judged.withdrawn.keys() & plan.judged.facts.keys()
    assert plan.route.name == "needs_data"
    assert plan.route.headline.startswith("not answered: a file has changed since it was verified")
    assert plan.route.next_steps[0].startswith("Resolve the errors")


def test_h16_volumes_entered_next_to_withdrawn_masks_do_not_decide() -> None:
    typed = Stated(
        {
            name: Amount(Fraction(ml), "mL")
            for name, ml in (
                ("total_liver_volume", 1500), ("tumour_volume", 27), ("flr_volume", 700),
            )
        }
        | {"lesions_in_remnant_count": Fraction(0)}
    )  # fmt: skip
    for role in ("flr", "liver"):
        plan = changed(role, stated=typed)
        assert not {"flr_fraction", "lesions_in_remnant_count"} & plan.judged.facts.keys()
        assert plan.pathway.row == "V0"
        assert not {"flr_volume", "total_liver_volume"} & {*plan.pathway.to_ask}
        asked = {one.key for one in plan.route.questions}
        assert not {"flr_volume", "lesions_in_remnant_count"} & asked


def test_what_a_reader_entered_of_lesions_and_function_still_decides() -> None:
    typed = Stated(
        {
            "lesion_count": Fraction(2),
            "largest_lesion": Amount(Fraction("2.6"), "cm"),
            "flr_function": Amount(Fraction("2.9"), "%/min/m2"),
        }
    )
    facts = changed("liver", stated=typed).judged.facts
    assert (facts["lesion_count"], facts["largest_lesion_cm"]) == (2, Fraction("2.6"))
    assert facts["flr_function_pct_per_min_per_m2"] == Fraction("2.9")


def test_h16_a_reader_who_accepts_an_error_of_the_masks_settles_it() -> None:
    seen = (Accepted("remnant.side", "R1", "situs inversus"),)
    plan = made(findings=(error("remnant.side"),), accepted=seen)
    assert (plan.withdrawn, plan.pathway.row) == ((), "V13")


def test_h10_an_error_of_the_counts_is_settled_by_nobody() -> None:
    seen = (Accepted("y90.regions_swapped", "R1", "known"),)
    found = (error("y90.regions_swapped"),)
    plan = made(TREATED_LIVER, diagnosis="hcc", dose=DOSE, findings=found, accepted=seen)
    assert numbers(plan) == ["dose"]
    assert not sure(plan.measured.dose).usable
    assert "lung_dose_gy_at_150gy_tumour" not in plan.judged.facts
    honest = made(TREATED_LIVER, diagnosis="hcc", dose=DOSE)
    assert "lung_dose_gy_at_150gy_tumour" in honest.judged.facts


def test_h12_a_dose_is_withdrawn_with_the_masks_that_it_is_made_of() -> None:
    plan = changed("liver", TREATED_LIVER, diagnosis="hcc", dose=DOSE)
    assert "dose" in numbers(plan)
    assert "lung_dose_gy_at_150gy_tumour" not in plan.judged.facts


def test_h16_radioembolisation_is_not_answered_by_an_untreated_share_under_an_error() -> None:
    anatomy = replace(WHOLE, treated=TREATED)
    honest, plan = made(anatomy, **LARGE), changed("treated", anatomy, **LARGE)
    assert honest.pathway.row == "V6"
    assert plan.pathway.row == "V0"
    assert [one.name for one in plan.judged.thresholds] == [
        "dragon_plc.flr_30", "dragon_plc.flr_40", "dragon_plc.flr_50",
    ]  # fmt: skip


def test_h16_radioembolisation_is_with_a_remnant_under_an_error() -> None:
    plan = changed("flr", replace(WHOLE, treated=TREATED), **LARGE)
    assert plan.pathway.row == "V6"
    assert "based on FLR alone: not answered: a file has changed" in plan.pathway.headline


def test_h16_without_a_diagnosis_neither_is_answered() -> None:
    assert made(diagnosis=None).pathway.row == "V4"
    assert changed("flr", diagnosis=None).pathway.row == "V0"
    assert changed("flr", diagnosis="other").pathway.row == "V3"


def test_h12_growth_is_withdrawn_with_the_remnant_of_a_scan() -> None:
    scans = (changed("flr").withdrawn, ())
    (one,) = find_withdrawn_growth(scans, (), ())
    assert (one.number, one.codes) == ("growth", ("case.mask_changed",))
    assert find_withdrawn_growth((changed("treated").withdrawn,), (), ()) == ()
    stale = (error(STALE),)
    assert find_withdrawn_growth((), stale, ())[0].codes == (STALE,)
    assert find_withdrawn_growth((), stale, (STALE,)) == ()


def marked(plan: Plan) -> list[str]:
    return [one.number for one in find_unusable(plan.case, plan.measured)]


def test_h16_an_untreated_share_of_an_area_that_misses_tumour_is_marked() -> None:
    """9 of 27 mL of tumour are outside; FHIR withholds such a share [trials.md 6, RESCUE E2]."""
    narrow = replace(WHOLE, treated=TREATED - liver_part([[14, 15, 5, 8, 5, 8]], "out"))
    plan = made(narrow, diagnosis="hcc")
    assert (marked(plan), plan.withdrawn) == (["untreated"], ())
    assert plan.judged.facts["treated_covers_tumour"] is False
    (one,) = as_plan_record(plan).withdrawn
    assert (one.number, one.codes) == ("untreated", ("treated.tumour_outside",))
    assert one.why == "part of the tumour is outside the treated area"
    assert marked(made(replace(WHOLE, treated=TREATED), diagnosis="hcc")) == []
    seen = (Accepted("treated.tumour_outside", "R1", "ablated since"),)
    assert marked(made(narrow, diagnosis="hcc", accepted=seen)) == []
    again = changed("treated", narrow, diagnosis="hcc")
    assert (marked(again), numbers(again)) == (["untreated"], ["untreated"])


def test_each_number_has_words() -> None:
    assert {number for touch in TOUCHES.values() for number in touch.numbers} == NUMBERS.keys()


TURNED = Finding("region.turned", Severity.ERROR, "is it turned?", "spect.nii.gz")
OF_SPECT: dict[str, Any] = {
    "inputs": (InputFile("spect", "spect.nii.gz", "nifti1", "ab" * 32),),
    "scintigraphy": scintigraphy(),
    "height_cm": Fraction(180), "weight_kg": Fraction(80),
}  # fmt: skip


def test_h17_a_function_whose_spect_is_wrong_is_shown_and_answers_nothing() -> None:
    honest, wrong = made(MAPPED, **OF_SPECT), made(MAPPED, findings=(TURNED,), **OF_SPECT)
    assert FLR_FUNCTION in honest.judged.facts
    assert FLR_FUNCTION not in wrong.judged.facts
    assert sure(wrong.measured.function).withdrawn
    told = sure(as_plan_record(wrong).function)
    assert (told.flr_function_pct_per_min_per_m2, told.measured is None) == (None, False)
    said = " ".join(wrong.pathway.reasons)
    assert "function must not be used" in said


def test_h17_a_function_by_itself_is_withdrawn_under_an_error_of_its_spect() -> None:
    plan = made(MAPPED, **OF_SPECT)
    function = sure(plan.measured.function)
    same, withdrawn = withdraw_function(plan.case, function, ())
    assert (same.withdrawn, withdrawn) == (False, ())
    wrong, (one,) = withdraw_function(plan.case, function, (TURNED,))
    assert (wrong.withdrawn, one.number, one.codes) == (True, "function", ("region.turned",))


MIRRORED = Finding("segments.side", Severity.ERROR, "is it mirrored?", "segments.nii.gz")


@pytest.mark.parametrize("drawn", [True, False])
def test_h02_counts_by_segment_of_a_mirrored_map_are_withdrawn(*, drawn: bool) -> None:
    """The function of a remnant made of these segments is too; that of a drawn one is not."""
    expected = ["segments"] if drawn else ["segments", "function"]
    anatomy = MAPPED if drawn else replace(MAPPED, flr=None)
    operations = (Operation() if drawn else Operation(remnant_segments=("1", "2", "3")),)
    plan = made(anatomy, operations=operations, **OF_SPECT)
    function = sure(plan.measured.function)
    assert sure(function.spect).segments
    found, withdrawn = withdraw_function(plan.case, function, (MIRRORED,))
    assert [one.number for one in withdrawn] == expected
    assert found.withdrawn is not drawn


CHANGED = Finding("case.mask_changed", Severity.ERROR, "has changed", "spect.nii.gz")


def test_h12_a_study_without_masks_is_withdrawn_unless_its_change_was_accepted() -> None:
    function = sure(made(MAPPED, **OF_SPECT).measured.function)
    assert withdraw_study(function, (), ()) == (function, ())
    changed, (one,) = withdraw_study(function, (CHANGED,), ())
    assert (changed.withdrawn, one.codes) == (True, ("case.mask_changed",))
    assert withdraw_study(function, (CHANGED,), {"case.mask_changed"}) == (function, ())
    turned, _ = withdraw_study(function, (TURNED,), {"region.turned"})  # not settled by a review
    assert turned.withdrawn
