"""The whole story of a case: all parts, in order, and what was accepted."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.spleen import Spleen
from fl_planner.planning.given.case import Accepted, Embolisation, Operation, Reading
from fl_planner.planning.plan import Plan, _compute_context
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import Amount, Stated, StatedValue
from tests.cases import each_case, sure
from tests.masks import LIVER_GRID, cells, codes, liver_part, small_liver, small_segments
from tests.record.planned import LEFT, NO_TUMOUR, TREATED, TRIALS, TUMOUR, WHOLE, made
from tests.y90.studies import GIVEN


def test_a_plan_holds_what_each_room_states() -> None:
    told = made()
    assert told.judged.facts["flr_fraction"] == Fraction(300, 1473)
    assert told.judged.facts["crlm_present"] is True
    assert [limit.name for limit in told.judged.thresholds] == ["dragon2.flr_30", "dragon2.flr_40"]
    assert [one.trial.id for one in told.judged.judgements] == [one.id for one in TRIALS]
    assert told.pathway is told.judged.pathway
    assert told.pathway.row == "V13"
    assert told.route is told.judged.route
    assert told.spreads.keys() == {"flr"}
    assert told.share_limits == (Fraction(3, 10), Fraction(2, 5), Fraction(1, 2))


def test_h16_no_word_on_the_tumour_leaves_every_threshold_unknown() -> None:
    told = made(replace(WHOLE, tumour=None))
    assert told.judged.thresholds == ()
    assert "flr_fraction" not in told.judged.facts
    assert (told.pathway.name, told.pathway.row) == ("tumour_needed", "V6a")
    assert "tumour.not_given" in codes(told.findings)


def with_gaps(*plans: Operation, **given: object) -> Plan:
    """Plan a case with I and 5 mL of V in no segment: 95 of 1500 mL, 6.3 %."""
    gap = liver_part([[4, 7, 1, 4, 1, 11], [7, 12, 5, 6, 1, 2]], "gap")
    segments = {n: mask - gap for n, mask in small_segments().items() if n != "1"}
    anatomy = replace(small_liver(), tumour=NO_TUMOUR, segments=segments)
    return made(replace(anatomy, absent_segments=frozenset("1")), operations=plans, **given)


def test_h08_two_shares_on_different_sides_of_a_limit_are_reported_with_it() -> None:
    # II, III and what is left of V: 445 of 1500 mL are 29.67 %, and of 1405 mL 31.67 %
    told = with_gaps(Operation(None, ("2", "3", "5")), Operation("b", ("2", "3", "4")),
                     Operation("c", ("2", "3", "8", "5")))  # fmt: skip
    found = [one for one in told.findings if one.code == "segments.shares_disagree"]
    both = (
        "the FLR is {} % of the non-tumorous liver and {} % of that within segments, on different "
        "sides of {} %: draw segments in the gaps, or assign the gaps to the nearest segment"
    )
    assert [one.message for one in found] == [
        both.format("29.7", "31.7", "30"),
        "plan c: " + both.format("39.7", "42.3", "40"),  # 595 mL; b is 34.0 and 36.3
    ]
    assert {one.severity for one in found} == {Severity.WARNING}
    assert found[0].value == pytest.approx(100 * 445 / 1500)


def test_h08_shares_on_one_side_or_without_a_limit_are_not_reported() -> None:
    wanted = Operation(None, ("2", "3", "5"))
    for told in (
        with_gaps(Operation(None, ("2", "3", "4"))),
        with_gaps(wanted, diagnosis="other"),  # of which no trial asks an FLR
        with_gaps(Operation(flr=LEFT)),
        made(replace(WHOLE, flr=None, segments=small_segments()), operations=(wanted,)),
    ):
        assert "segments.shares_disagree" not in codes(told.findings)


def with_cyst(box: list[int], remnant: list[int], damage: bool | None = None) -> Plan:
    """Plan a liver of 1500 mL without tumour, with a cyst and a drawn remnant."""
    anatomy = replace(WHOLE, tumour=NO_TUMOUR, flr=liver_part([remnant], "flr"))
    anatomy = replace(anatomy, excluded=(liver_part([box], "cyst"),))
    stated = {} if damage is None else {"chemo_liver_damage": damage}
    return made(anatomy, stated=Stated(stated))


def test_h08_a_limit_between_the_flr_with_and_without_cysts_is_reported() -> None:
    """500 of 1500 mL; without 100 mL of cyst in the remnant, 400 of 1400 mL."""
    left = [1, 2, 1, 11, 1, 11]
    told = with_cyst(left, [1, 6, 1, 11, 1, 11])
    (found,) = [one for one in told.findings if one.code == "exclude.shares_disagree"]
    assert found.message == (
        "the FLR is 33.3 % of the non-tumorous liver and 28.6 % excluding cysts and cavities, on "
        "different sides of 30 %: limits are compared with the FLR that includes them"
    )
    assert found.severity is Severity.WARNING
    quiet = (
        with_cyst([8, 9, 1, 11, 1, 11], [1, 6, 1, 11, 1, 11]),  # elsewhere: 33.3 and 35.7 %
        with_cyst(left, [1, 7, 1, 11, 1, 11], damage=False),  # 40 and 35.7 %; 40 % is no limit
    )
    assert all("exclude.shares_disagree" not in codes(each.findings) for each in quiet)
    assert "exclude.shares_disagree" in codes(with_cyst(left, [1, 7, 1, 11, 1, 11]).findings)


def test_no_tumour_is_a_word_on_it() -> None:
    told = made(replace(WHOLE, tumour=NO_TUMOUR), diagnosis="other")
    assert told.judged.facts["flr_fraction"] == Fraction(1, 5)
    diagnosed = made(replace(WHOLE, tumour=NO_TUMOUR))
    assert "contradiction.no_tumour" in codes(diagnosed.findings)
    assert diagnosed.judged.facts["flr_fraction"] is None


def test_findings_come_in_order_and_once() -> None:
    read = Finding("gzip.trailing_bytes", Severity.WARNING, "bytes follow", "liver.nii.gz")
    said = Stated({"largest_lesion": Amount(Fraction("2.6"), "cm")})
    share = liver_part([[1, 4, 1, 11, 1, 11], [4, 5, 1, 11, 1, 11]], "flr")  # 400 of 1473
    told = made(replace(WHOLE, flr=share), findings=(read, read), stated=said)
    found = codes(told.findings)
    assert len(set(told.findings)) == len(told.findings)
    assert found[0] == "gzip.trailing_bytes"
    order = ["gzip.trailing_bytes", "plausibility.thick_slices", "contradiction.largest_lesion"]
    assert [code for code in found if code in order] == order


NARROW = liver_part([[1, 5, 1, 11, 1, 11], [5, 6, 1, 5, 1, 11], [5, 6, 5, 6, 1, 3]], "flr")


def test_a_share_within_0_1_percent_of_a_limit_is_decided_narrowly() -> None:
    """442 of 1473 mL are 30.007 %: in an injured liver the limit is 40 %, and 30 % is none."""
    assert NARROW.voxel_count == 442
    assert "threshold.by_a_hair" in codes(made(replace(WHOLE, flr=NARROW)).findings)
    assert "threshold.by_a_hair" not in codes(made().findings)
    sound, injured = (
        made(replace(WHOLE, flr=NARROW), stated=Stated({"chemo_liver_damage": answer}))
        for answer in (False, True)
    )
    assert "threshold.by_a_hair" not in codes(injured.findings)
    assert [one.applies for one in injured.judged.thresholds] == [False, True]
    for told, near in ((sound, True), (injured, False)):
        said = [one for one in told.pathway.reasons if "includes 30 %: a second reading" in one]
        assert bool(said) is near


def test_h08_a_share_in_denominators_disagree_is_not_rounded_across_other_limits() -> None:
    """442 of 1473 mL are 30.01 %, not exactly 30 %; 40 % lies between two estimates."""
    stated = Stated({"chemo_liver_damage": True})
    told = made(replace(WHOLE, flr=NARROW), stated=stated, **SMALL_BODY)
    (found,) = [one for one in told.findings if one.code == "body.denominators_disagree"]
    assert found.message.startswith("FLR is 30.01 % of the measured liver")
    assert "on different sides of 40 %" in found.message


@each_case("injured, named", [(None, ["30 %"]), (False, ["30 %"]), (True, [])])
def test_denominators_disagree_only_about_limits_of_this_liver(
    injured: bool | None, named: list[str]
) -> None:
    """300 mL are 20.4 % of the measured liver, and 31.8 % of Vauthey's 942 mL (BSA 1.37 m2).

    In an injured liver the limit is 40 %, and both shares are below it.
    """
    stated = Stated({} if injured is None else {"chemo_liver_damage": injured})
    told = made(WHOLE, stated=stated, **SMALL_BODY)
    found = [one for one in told.findings if one.code == "body.denominators_disagree"]
    assert [one.message.partition("sides of ")[2].partition(";")[0] for one in found] == named


def test_h08_an_entered_share_states_which_limit_applies() -> None:
    """31 % of an injured liver is below 40 %, and 30 % decides nothing."""
    letter = Stated(
        {"flr_of_nontumorous_liver": Amount(Fraction(31), "%"), "chemo_liver_damage": True}
    )
    told = made(replace(WHOLE, flr=None), stated=letter)
    assert [(one.name, one.applies) for one in told.judged.entered] == [
        ("dragon2.flr_30", False), ("dragon2.flr_40", True),
    ]  # fmt: skip


PIECES = liver_part(  # two that touch at a corner are one lesion, or two by their faces
    [[7, 9, 2, 4, 2, 4], [9, 11, 4, 6, 4, 6], *([x, x + 1, 8, 9, 8, 9] for x in (7, 9, 11, 13))],
    "tumour",
)


SMALL_BODY = {"height_cm": Fraction(150), "weight_kg": Fraction(45)}
HCC, ONE = {"diagnosis": "hcc"}, Amount(Fraction(1), "1")


@each_case("more, given, told", [
    ({}, {}, True),
    ({"lesion_count": Fraction(5)}, {}, False),  # counted on the images
    ({}, {"diagnosis": "other"}, False),  # no trial
    ({"ecog": Fraction(3)}, {}, False),  # rules out every trial for CRLM
    ({"labs_age": Amount(Fraction(40), "d"), "inr": ONE}, HCC, True),  # tests can be repeated
    ({"child_pugh_class": "B"}, HCC, False),
])  # fmt: skip
def test_lesions_near_a_limit_matter_to_a_trial_that_is_not_ruled_out(
    more: dict[str, StatedValue], given: dict[str, str], told: bool
) -> None:
    found = made(replace(small_liver(), tumour=PIECES), stated=Stated(more), **given)
    lesions = sure(found.measured.lesions)
    assert (lesions.count, lesions.count_by_faces) == (5, 6)
    assert ("lesions.count_depends" in codes(found.findings)) is told


@pytest.mark.parametrize("calliper", [None, "6"])
def test_a_diameter_by_calliper_is_not_asked_for_again(calliper: str | None) -> None:
    """An edge of 30 mm: between the voxel centres, 20 mm apart or more, 4 cm are not reached."""
    tumour = liver_part([[10, 13, 5, 8, 5, 7]], "tumour")
    stated = {} if calliper is None else {"largest_lesion": Amount(Fraction(calliper), "cm")}
    found = codes(made(replace(WHOLE, tumour=tumour), stated=Stated(stated)).findings)
    assert ("lesions.definitions_disagree" in found) is (calliper is None)


# findings that were accepted


def test_an_accepted_finding_stays_and_one_that_did_not_come_is_reported() -> None:
    seen = Accepted("geometry.both_codes_zero", "R1", "side checked")
    says = "geometry.both_codes_zero was accepted by R1, but did not occur in this run"
    told = made(accepted=(seen,))
    assert told.findings[-1] == Finding("accepted.not_found", Severity.INFO, says)
    seen = Accepted("plausibility.thick_slices", "R1", "old scanner")
    told = made(accepted=(seen, seen))
    assert "plausibility.thick_slices" in codes(told.findings)
    assert "accepted.not_found" not in codes(told.findings)


def test_h16_a_misspelt_code_of_a_finding_that_came_is_reported() -> None:
    """Thick slices were meant; an info of a similar code is no reason to warn."""
    meant = Accepted("plausibility.thick_slice", "R1", "old scanner")
    told = made(accepted=(meant, Accepted("identity.not_verifid", "R1", "one patient")))
    assert [one.severity for one in told.findings if one.code == "accepted.not_found"] == [
        Severity.WARNING,
        Severity.INFO,
    ]
    assert told.findings[-2].message == (
        "plausibility.thick_slice was accepted by R1, but did not occur in this run; "
        "plausibility.thick_slices did, and has not been accepted: check the spelling of the code"
    )


# the case's own words


def verdict_of(told: Plan, name: str) -> tuple[str, str | None]:
    (one,) = (one for one in told.judged.judgements if one.trial.name == name)
    return one.verdict.value, one.by_design


def test_h04_after_an_embolisation_nobody_enters_dragon_2() -> None:
    """Neither the letter of a criterion nor a fact beside the case says so: its dates do."""
    scan = Reading(scanned_on=date(2026, 5, 4))
    after = made(reading=scan, embolisation=Embolisation(date(2026, 4, 20), "PVE/HVE"))
    assert after.judged.facts["prior_pve_hve"] is True
    assert verdict_of(after, "DRAGON 2") == ("not_eligible", "arm_already_given")
    before = made(reading=scan, embolisation=Embolisation(date(2026, 5, 5), "PVE/HVE"))
    assert before.judged.facts.get("prior_pve_hve") is None
    undated = made(embolisation=Embolisation(date(2026, 4, 20), "PVE/HVE"))
    assert undated.judged.facts.get("prior_pve_hve") is None
    assert "date.scan_missing" in codes(undated.findings)


@pytest.mark.parametrize(("entered", "found"), [(44, ["score.egfr_apart"]), (48, [])])
def test_h15_an_entered_egfr_is_compared_with_that_of_the_creatinine(
    entered: int, found: list[str]
) -> None:
    """47.7 of a man of 60 with 1.5 mg/dL; PUMP-IT requires 45."""
    egfr = {"egfr_mdrd": Amount(Fraction(entered), "mL/min/{1.73_m2}")}
    measured = {"creatinine": Amount(Fraction(3, 2), "mg/dL"), "age": Amount(Fraction(60), "a")}
    told = made(stated=Stated({**egfr, **measured, "sex": "male"}))
    assert [one.code for one in told.findings if one.code.startswith("score.")] == found
    alone = made(stated=Stated({**egfr}))
    assert not [one for one in alone.findings if one.code.startswith("score.")]


def test_h15_an_area_that_misses_tumour_is_reported_once_with_its_volume() -> None:
    """9 of 27 mL lie outside: of 1473 mL tumour-free liver 600 do, and that passes no share."""
    narrow = TREATED - liver_part([[14, 15, 5, 8, 5, 8]], "out")
    told = made(replace(WHOLE, treated=narrow), diagnosis="hcc")
    (found,) = (one for one in told.findings if one.code == "treated.tumour_outside")
    assert (found.value, found.unit, found.severity) == (9, "mL", Severity.ERROR)
    (rescue,) = (one for one in told.judged.judgements if one.trial.name == "RESCUE")
    assert "E2" in rescue.unknown
    assert not any(one.name.startswith("rescue.") for one in told.judged.thresholds)
    covered = made(replace(WHOLE, treated=TREATED), diagnosis="hcc")
    (rescue,) = (one for one in covered.judged.judgements if one.trial.name == "RESCUE")
    assert "E2" not in (*rescue.unknown, *rescue.failed)


def test_h03_the_masks_decide_which_lesions_stay() -> None:
    tumour = TUMOUR | liver_part([[2, 3, 5, 6, 3, 4]], "tumour")
    said = Stated({"lesions_in_remnant_count": Fraction(0)})
    told = made(replace(WHOLE, tumour=tumour), stated=said)
    assert told.judged.facts["lesions_in_remnant_count"] == 1
    assert told.judged.facts["flr_after_clearing_fraction"] == Fraction(293, 1472)
    assert "evidence.typed_apart" in codes(told.findings)


def test_h08_the_largest_lung_shunt_is_reported_where_masses_and_ratio_are_known() -> None:
    """15·1 / (150·(0.027 + 0.873/4)) = 0.40775, over 1.40775 a shunt of 28.96 %."""
    size = Stated({"largest_lesion": Amount(Fraction(9), "cm")})
    known = {"diagnosis": "hcc", "stated": size, "dose": replace(GIVEN, lung_shunt=None)}
    told = made(replace(WHOLE, treated=TREATED), **known)
    assert told.pathway.row == "V6"
    assert "dose is within the limit up to a lung shunt of 28.9 %" in " ".join(told.pathway.reasons)
    assert "lung dose at most 15 Gy (RESCUE) up to a lung shunt of 28.9 %" in told.pathway.headline
    asked = made(replace(WHOLE, treated=TREATED), **{**known, "dose": None})
    assert "lung dose within its limit is unknown" in " ".join(asked.pathway.reasons)


HIGH = "is above 30 Gy, the usual limit per treatment"


def test_h15_a_lung_dose_above_the_usual_limit_is_reported() -> None:
    """`clinical.md` 7.2: 30 Gy per treatment, another limit than the trial's 15 Gy."""

    def told(plan: Plan) -> list[str]:
        return [x.message for x in plan.findings if x.code == "dose.above_usual_limit"]

    def entered(gy: str) -> list[str]:
        stated = Stated({"lung_dose": Amount(Fraction(gy), "Gy")})
        return told(made(WHOLE, diagnosis="hcc", stated=stated))

    assert entered("15.1") == entered("30") == told(made(WHOLE, diagnosis="hcc")) == []
    assert entered("30.001") == [
        f"lung dose 30.001 Gy at a tumour dose of 150 Gy {HIGH}, which is not a trial limit"
    ]
    # 150·(0.027 + 0.873/4) = 36.7875 Gy at equal activities in lungs and liver
    half = replace(GIVEN, lung_shunt=Fraction(1, 2))
    (computed,) = told(made(replace(WHOLE, treated=TREATED), diagnosis="hcc", dose=half))
    assert computed.startswith(f"lung dose 36.8 Gy at a tumour dose of 150 Gy {HIGH}")


def test_h15_a_lung_dose_above_the_usual_limit_at_the_intended_dose_is_reported() -> None:
    """150·(0.027 + 0.873/4)·0.1/0.9 = 4.0875 Gy at 150 Gy, so 32.7 at 1200 and 29.975 at 1100."""

    def told(tumour_gy: int | None, lungs_gy: int | None = None) -> list[str]:
        gy = None if tumour_gy is None else Fraction(tumour_gy)
        stated = {} if lungs_gy is None else {"lung_dose": Amount(Fraction(lungs_gy), "Gy")}
        given: Any = {"diagnosis": "hcc", "stated": Stated(stated)}
        dose = replace(GIVEN, tumour_dose_gy=gy)
        plan = made(replace(WHOLE, treated=TREATED), dose=dose, **given)
        return [x.message for x in plan.findings if x.code == "dose.above_usual_limit"]

    assert told(None) == told(150) == told(1100) == []
    (high,) = told(1200)
    assert high.startswith(f"lung dose 32.7 Gy at the intended tumour dose of 1200 Gy {HIGH}")
    # an entered dose is used: 20 Gy at 150 Gy are 30 at 225 and 32 at 240
    assert told(225, 20) == []
    (entered,) = told(240, 20)
    assert entered.startswith(f"lung dose 32.0 Gy at the intended tumour dose of 240 Gy {HIGH}")
    # 31 Gy at 150 Gy, but 20.7 at 100
    assert [text[:39] for text in told(100, 31)] == ["lung dose 31.0 Gy at a tumour dose of 1"]
    assert len(told(300, 31)) == 2


def test_h15_the_lung_dose_of_a_previous_radioembolisation_is_asked_for() -> None:
    """50 Gy are the usual limit of all treatments (`clinical.md` 7.2): 50 - 4.0875 = 45.9125."""

    def told(
        prior: bool | None, lungs_gy: Fraction | int | None = None, tumour_gy: int = 150
    ) -> list[str]:
        facts: dict[str, Any] = {} if prior is None else {"prior_radioembolisation": prior}
        if lungs_gy is not None:
            facts["lung_dose"] = Amount(Fraction(lungs_gy), "Gy")
        given: Any = {"diagnosis": "hcc", "stated": Stated(facts)}
        dose = replace(GIVEN, tumour_dose_gy=Fraction(tumour_gy))
        plan = made(replace(WHOLE, treated=TREATED), dose=dose, **given)
        return [x.message for x in plan.findings if x.code == "dose.previous_lung_dose"]

    assert told(None) == told(False) == []
    (asked,) = told(True)
    assert "with 4.1 Gy here, the sum is within 50 Gy, the usual limit of all treatments" in asked
    assert "if the previous lung dose was at most 45.9 Gy" in asked
    # at the intended tumour dose of 300 Gy, 8.175 Gy
    assert "at most 41.8 Gy" in told(True, tumour_gy=300)[0]
    assert "at most 38.0 Gy" in told(True, 12)[0]
    assert "at most 0.0 Gy" in told(True, 50)[0]
    # 12.25 Gy leave 37.75: 37.8 would be 50.05 in total
    assert "with 12.3 Gy here" in told(True, Fraction("12.25"))[0]
    assert "at most 37.7 Gy" in told(True, Fraction("12.25"))[0]
    assert told(True, 51) == []  # the usual limit per treatment is exceeded


def test_h15_no_dose_of_an_area_that_misses_tumour_is_used() -> None:
    """Its masses are too small, and so is the lung dose: 4.0875 Gy are of all 27 mL of tumour."""
    narrow = TREATED - liver_part([[14, 15, 5, 8, 5, 8]], "out")
    whole, part = (
        made(replace(WHOLE, treated=treated), diagnosis="hcc", dose=GIVEN)
        for treated in (TREATED, narrow)
    )
    assert whole.judged.facts["lung_dose_gy_at_150gy_tumour"] == Fraction("4.0875")
    assert part.judged.facts.get("lung_dose_gy_at_150gy_tumour") is None
    assert [one.number for one in part.withdrawn] == ["dose"]


def test_without_one_diagnosis_enough_for_local_treatment_is_dragon_2s_30_percent() -> None:
    """`clinical.md` 12: "the limit that holds (30 % where none does)"."""
    lesions = [[12, 13, 8, 9, 8, 9], [5, 6, 8, 9, 8, 9]]  # a voxel in 7, and one in 4
    anatomy = replace(
        small_liver(), tumour=liver_part(lesions, "tumour"), flr=LEFT, segments=small_segments()
    )
    for diagnosis in (None, "other", "crlm"):
        told = made(anatomy, diagnosis=diagnosis).discussed
        assert told is not None
        assert told.with_local_treatment is not None
        assert told.with_local_treatment.resection.code == "H4"


def test_h12_liver_minus_spleen_is_not_reported_of_a_liver_under_an_error() -> None:
    made_so = made()
    for withdrawn, told in (((), 2), ((Withdrawn("volumes", ("a.b",), "why"),), 1)):
        spleen = Spleen(410.0, minus_hu=4.0)
        measured = structs.replace(made_so.measured, spleen=spleen)
        notes = _compute_context(made_so.case, measured, {}, Stated(), withdrawn)
        assert len(notes) == told  # the spleen's volume, and the liver against it


def drawn(flr: Mask, tumour: Mask = TUMOUR) -> frozenset[tuple[str, ...]]:
    """Give the rows of a plan with this remnant, drawn on a liver with a map."""
    return made(replace(small_liver(), tumour=tumour, flr=flr, segments=small_segments())).planned


RIGHT_AND_CAUDATE = tuple("145678")


def test_a_remnant_drawn_along_segments_has_the_row_of_their_resection() -> None:
    """Surgeons look for the plan's own row; it is not shown by its lesions [clinical.md 12]."""
    parts = small_segments()
    lateral = parts["2"] | parts["3"]
    assert drawn(lateral) == {RIGHT_AND_CAUDATE}
    left = lateral | parts["4"]
    assert drawn(left) == {tuple("15678")}
    resected = replace(
        small_liver(), tumour=TUMOUR, resected=WHOLE.liver - left, segments=small_segments()
    )
    assert made(resected).planned == {tuple("15678")}
    assert made().planned == frozenset()  # no map of segments


def test_h15_a_remnant_that_cuts_through_a_segment_has_no_row() -> None:
    """Of III, 150 mL: 143 mL are 95.3 % and count as all of it, 142 mL are 94.7 %."""
    parts = small_segments()
    third = [*map(tuple, parts["3"].indices().tolist())]
    assert len(third) == 150
    for count, rows in (
        (143, {RIGHT_AND_CAUDATE}),
        (142, set()),
        (8, set()),  # 5.3 %
        (7, {tuple("1345678")}),  # 4.7 %: nothing of III
    ):
        assert drawn(parts["2"] | cells(LIVER_GRID, third[:count], "flr")) == rows
    # a lesion of 27 mL in III, left out of the drawing, cuts no remnant: 123 of 123 mL
    lesion = cells(LIVER_GRID, third[:27], "tumour")
    assert drawn((parts["2"] | parts["3"]) - lesion, lesion) == {RIGHT_AND_CAUDATE}
