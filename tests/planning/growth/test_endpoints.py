"""What the trials measure over scans: limits, lesions, scores and function by hand."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, get_args

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.standing_words import EmbolisationKind
from fl_planner.export.plan_columns import as_growth_table
from fl_planner.planning.given.case import Accepted, Embolisation, Reading
from fl_planner.planning.growth.change import OWN_WAY, TimePoint
from fl_planner.planning.growth.endpoints import LiverResponse
from fl_planner.planning.growth.story import GrowthStory, measure_growth
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.record.growth import as_growth, list_footnotes
from fl_planner.trials.statements import Amount, Stated
from tests.cases import sure
from tests.masks import liver_part, moved
from tests.planning.assessment.test_function import given as scintigraphy
from tests.record.planned import NO_TUMOUR, TUMOUR, WHOLE, made

DAY = date(2026, 3, 2)
PVE = Embolisation(DAY, "PVE", ("5", "6", "7", "8"))
Y90 = Embolisation(DAY, "Y90")


def stated(**facts: Any) -> Stated:
    return Stated(facts)


def scan(day: int, columns: int = 3, **entries: Any) -> TimePoint:
    """Give a scan of 1473 mL and a tumour of 27 mL; a column of the remnant has 100 mL."""
    flr = liver_part([[1, 1 + columns, 1, 11, 1, 11]], "flr")
    tumour = entries.pop("tumour", TUMOUR)
    anatomy = replace(WHOLE, flr=flr, tumour=tumour, excluded=entries.pop("excluded", ()))
    plan = made(moved(anatomy, 0.02 * day), **{"embolisation": PVE, **entries})
    return TimePoint(plan, DAY + timedelta(days=day))


def function(value: str) -> Stated:
    return stated(flr_function=Amount(Fraction(value), "%/min/m2"), chemo_liver_damage=False)


# ---- the limit


def reached(story: GrowthStory) -> list[str]:
    return [one.reached.value for one in story.endpoints.scans]


def test_each_scan_states_whether_the_limit_is_reached_and_the_first_day_by_what() -> None:
    scans = scan(-10, 3, stated=function("1.9")), scan(8, 4, stated=function("2.67"))
    story = measure_growth((*scans, scan(21, 4, stated=function("2.7")), scan(42, 6)))
    assert reached(story) == ["not_met", "not_met", "met", "met"]
    reach = sure(story.endpoints.reach)
    assert (reach.first_day, sure(reach.first).by) == (21, "function")
    told = as_growth(story).story
    assert sure(told.endpoints.limit_reach).first_day == 21
    assert [one.limit_reached for one in told.time_points] == [False, False, True, True]


def test_a_volume_between_30_and_40_waits_for_the_word_on_chemotherapy() -> None:
    def story(damage: bool | None) -> GrowthStory:
        facts = stated() if damage is None else stated(chemo_liver_damage=damage)
        low = Amount(Fraction(1), "%/min/m2")
        facts = Stated({**facts.values, "flr_function": low})
        return measure_growth((scan(-10), scan(21, 5, stated=facts)))  # 33.9 %

    assert [reached(story(one))[1] for one in (None, True, False)] == ["unknown", "not_met", "met"]
    assert sure(story(None).endpoints.reach).first_day_at_latest is None
    assert sure(story(True).endpoints.reach).reached.value == "not_met"


def test_hcc_is_compared_with_its_own_limits() -> None:
    facts = stated(cirrhosis=True, flr_function=Amount(Fraction(1), "%/min/m2"))
    later = scan(21, 7, diagnosis="hcc", stated=facts)  # 47.5 %, below 50
    assert reached(measure_growth((scan(-10, diagnosis="hcc"), later)))[1] == "not_met"


def test_without_a_day_zero_no_first_day_is_reported() -> None:
    story = measure_growth((scan(-10, embolisation=None), scan(21, 6, embolisation=None)))
    assert story.endpoints.reach is None
    assert as_growth(story).story.endpoints.limit_reach is None


def test_h16_without_a_word_on_the_tumour_no_volume_reaches_the_limit() -> None:
    story = measure_growth((scan(-10, tumour=None), scan(21, 9, tumour=None)))
    assert reached(story) == ["unknown", "unknown"]


def test_h12_a_withdrawn_growth_answers_no_limit() -> None:
    one, other = scan(-10), scan(21, 6)
    barred = (Withdrawn("flr", ("remnant.side",), "it is mirrored"),)
    other = replace(other, plan=replace(other.plan, withdrawn=barred))
    assert as_growth(measure_growth((one, other))).story.endpoints.limit_reach is None


# ---- one reader


def test_one_reader_of_both_scans_scatters_less_than_two() -> None:
    def sd(first: str | None, second: str | None) -> tuple[bool, float, float]:
        """Return whether one reader is recorded, the SD of the gain, and the relative width."""
        one = scan(-10, reading=Reading(first))
        (change,) = measure_growth((one, scan(21, 5, reading=Reading(second)))).changes
        low, high = sure(change.relative_interval_percent)
        return change.one_reader, change.gain_sd_ml, high - low

    alike, narrow, narrow_percent = sd("R1", "R1")
    apart, wide, wide_percent = sd("R1", "R2")
    assert (alike, apart) == (True, False)
    assert sd(None, None)[:2] == (False, wide)
    one, other = scan(-10), scan(21, 5)
    shared = 2 * OWN_WAY * one.cv_of_readers * other.cv_of_readers
    assert abs(wide**2 - narrow**2 - shared * 300 * 500) < 1e-6
    assert narrow_percent < wide_percent


def test_one_reader_s_pair_is_named_where_growth_is_within_its_error() -> None:
    reading = Reading("R1")
    story = measure_growth((scan(-10, reading=reading), scan(21, 3, reading=reading)))
    (told,) = [one for one in story.findings if one.code == "growth.within_error"]
    assert "two readings by one reader differ by up to" in told.message
    assert as_growth(story).story.growth[0].one_reader is True


# ---- after radioembolisation


def require_no_limit(done: Embolisation, *scans: TimePoint) -> Any:
    """Demand a rate of growth that no limit is compared with; return the record of the growth."""
    story = measure_growth(scans)
    (change,) = story.changes
    assert change.kgr is not None
    assert change.growth.is_slow is None
    codes = {one.code for one in story.findings}
    assert not codes & {"growth.near_limit", "growth.denominators_disagree"}
    record = as_growth(story).story
    assert sure(record.embolisation).kind == done.kind
    assert sure(record.growth[0].kinetic).kgr_below_2 is None
    return record


def test_after_radioembolisation_no_rate_is_compared_with_two_points() -> None:
    size: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    scans = scan(-10, embolisation=Y90, **size), scan(28, 4, embolisation=Y90)
    record = require_no_limit(Y90, *scans)
    assert sure(record.growth[0].kinetic_of_standard).kgr_of_standard_below_2 is None
    assert record.footnotes == ()


def test_after_alpps_the_rate_is_reported_without_the_limit_of_two_points() -> None:
    """`clinical.md` 4: ALPPS: growth is reported, Shindoh's 2 points/week not applied."""
    done = Embolisation(DAY, "ALPPS")
    scans = scan(-10, embolisation=done), scan(7, 4, embolisation=done)
    (note,) = require_no_limit(done, *scans).footnotes
    assert "4.1 %" in note.says
    assert "Tomassini 2020" in note.source


def test_what_is_published_of_each_kind_is_context_with_its_source_and_no_forecast() -> None:
    """`clinical.md` 4: DRAGON 1 as context only, growth fastest in week 1.

    "102 patients at 43 centres, 96 embolised, none died of it, 86 resected, 7 of these dead at 90
    days"; "5.4 versus 1.5 points/week later, PMC6414468".
    """
    trial = next(one for one in list_footnotes("PVE/HVE") if "DRAGON 1" in one.source)
    for figure in (
        "102 patients at 43 centres",
        "96 underwent embolisation",
        "86 underwent resection",
        "7 deaths within 90",
    ):
        assert figure in trial.says
    assert "PMC12008670" in trial.source
    for kind in ("PVE", "HVE", None):
        assert "DRAGON 1" not in str(list_footnotes(kind)), kind
        assert "5.4 percentage points per week at first, 1.5 later" in str(list_footnotes(kind)), (
            kind
        )
    for kind in get_args(EmbolisationKind):
        assert all("not a forecast" in one.says.casefold() for one in list_footnotes(kind)), kind


# ---- lesions


def lesion(x: int, size: int, y: int = 2) -> list[int]:
    """Place a lesion, in voxels of 1 cm: so many cm wide, one deep and one high."""
    return [x, x + size, y, y + 1, 5, 6]


def tumours(*spans: list[int]) -> Any:
    return liver_part(list(spans), "tumour")


def responses(*scans: TimePoint) -> tuple[LiverResponse, ...]:
    return measure_growth(scans).endpoints.responses


BASELINE = tumours(lesion(5, 4), lesion(5, 3, 5), lesion(11, 2, 8))  # 41.2, 31.6 and 22.4 mm


def test_the_two_largest_lesions_are_the_targets_and_the_others_no_targets() -> None:
    (one,) = responses(scan(-10, tumour=BASELINE), scan(21, 3, tumour=BASELINE))
    assert one.targets == (1, 2)
    assert one.response.nontarget == "present"
    assert one.category == "stable_disease"
    sum_mm = float(one.response.baseline_sum_mm)
    assert abs(sum_mm - (1700**0.5 + 1000**0.5)) < 1e-9


def test_a_partial_response_and_lesions_that_are_gone() -> None:
    smaller = tumours(lesion(5, 3))  # 31.6 of 72.8 mm
    (one,) = responses(scan(-10, tumour=BASELINE), scan(21, 3, tumour=smaller))
    assert sure(one.match).gone == (2, 3)
    assert (one.category, one.response.nontarget) == ("partial_response", "complete")


def test_a_row_has_the_shares_of_the_fixed_and_of_the_scan_s_own_liver() -> None:
    """300 mL of the 1491 mL that 9 mL of tumour left at baseline, and of 1497 mL now."""
    scans = scan(-10, tumour=BASELINE), scan(21, tumour=tumours(lesion(5, 3)))
    table = as_growth_table(as_growth(measure_growth(scans)))
    row = dict(zip(table.columns, [*table.rows][1], strict=True))
    by_hand = {
        "flr_ml": 300, "nontumorous_ml": 1497, "flr_pct_fixed": 100 * 300 / 1491,
        "flr_pct_anew": 100 * 300 / 1497, "recist_sum_mm": 1000**0.5,
        "volume_reached": False, "function_reached": None, "limit_reached": None,
    }  # fmt: skip
    assert {name: row[name] for name in by_hand} == pytest.approx(by_hand)


def test_no_lesion_any_more_is_a_complete_response_of_the_liver() -> None:
    (one,) = responses(scan(-10, tumour=BASELINE), scan(21, 3, tumour=NO_TUMOUR))
    assert one.category == "complete_response"


def test_a_new_lesion_is_named_and_is_progression() -> None:
    more = tumours(lesion(5, 4), lesion(5, 3, 5), lesion(11, 2, 8), lesion(13, 1, 3))
    (one,) = responses(scan(-10, tumour=BASELINE), scan(21, 3, tumour=more))
    assert sure(one.match).new == (4,)
    assert one.category == "progressive_disease"


def test_a_lesion_that_is_not_clear_leaves_the_category_open() -> None:
    before = tumours(lesion(6, 4))
    after = tumours([6, 7, 2, 3, 5, 6], [9, 10, 2, 3, 5, 6])  # one on either side of its place
    (one,) = responses(scan(-10, tumour=before), scan(21, 3, tumour=after))
    assert sure(one.match).unclear_before == (1,)
    assert (one.response.followup_sum_mm, one.category) == (None, None)


def test_an_unknown_sum_in_between_leaves_all_but_progression_open() -> None:
    before, unclear = tumours(lesion(6, 4)), tumours([6, 7, 2, 3, 5, 6], [9, 10, 2, 3, 5, 6])
    scans = scan(-10, tumour=before), scan(21, tumour=unclear)
    _, later = responses(*scans, scan(42, tumour=before))
    assert (later.nadir_known, later.category) == (False, None)
    _, grown = responses(*scans, scan(42, tumour=tumours(lesion(5, 5))))
    assert grown.category == "progressive_disease"


def test_the_smallest_sum_so_far_is_the_nadir() -> None:
    scans = [
        scan(day, tumour=tumours(lesion(5, size))) for day, size in ((-9, 4), (21, 2), (42, 3))
    ]
    _, later = responses(*scans)
    assert abs(float(later.response.nadir_sum_mm) - 500**0.5) < 1e-9
    assert later.category == "progressive_disease"  # 22.4 to 31.6 mm


def test_without_a_target_of_two_slices_there_is_no_response() -> None:
    small = tumours(lesion(5, 1))  # 14.1 mm, slices of 10 mm
    assert responses(scan(-10, tumour=small), scan(21, tumour=small)) == ()
    assert responses(scan(-10, tumour=NO_TUMOUR), scan(21, tumour=NO_TUMOUR)) == ()
    assert responses(scan(-10, tumour=None), scan(21, tumour=None)) == ()


def withheld(*scans: TimePoint) -> list[list[tuple[int, str]]]:
    """List the responses that are withheld: each scan with an error, and its cause."""
    found = as_growth(measure_growth(scans)).story.endpoints.withheld_responses or ()
    return [[(each.scan, each.why) for each in one.because] for one in found]


def test_h12_lesions_that_an_error_forbids_to_use_give_no_response() -> None:
    one, other = scan(-10, tumour=BASELINE), scan(21, tumour=BASELINE)
    barred = (Withdrawn("lesions", ("case.mask_changed",), "another version"),)
    for scans, wrong in (
        ((one, replace(other, plan=replace(other.plan, withdrawn=barred))), 2),
        ((replace(one, plan=replace(one.plan, withdrawn=barred)), other), 1),
    ):
        assert responses(*scans) == ()
        assert withheld(*scans) == [[(wrong, "another version")]]
        table = as_growth_table(as_growth(measure_growth(scans)))
        column = [*table.columns].index("recist_category")
        assert [row[column] for row in table.rows] == [None, "not_answered"]
    bare, later = (scan(day, tumour=BASELINE, embolisation=None) for day in (-10, 21))
    later = replace(later, plan=replace(later.plan, withdrawn=barred))
    assert withheld(bare, later) == [[(2, "another version")]]
    mirrored = (Withdrawn("flr", ("remnant.side",), "it is mirrored"),)  # not the lesions
    for withdrawn in ((), mirrored):
        assert withheld(one, replace(other, plan=replace(other.plan, withdrawn=withdrawn))) == []


def test_h12_a_response_that_would_not_be_measured_is_not_called_withheld() -> None:
    barred = (Withdrawn("lesions", ("case.mask_changed",), "another version"),)
    small = tumours(lesion(5, 1))  # 14.1 mm, slices of 10 mm
    for before, after in ((small, BASELINE), (NO_TUMOUR, BASELINE), (None, None)):
        one, other = scan(-10, tumour=before), scan(21, tumour=after)
        other = replace(other, plan=replace(other.plan, withdrawn=barred))
        assert withheld(one, other) == []


def test_h02_lesions_of_a_scan_that_may_be_mirrored_are_not_compared() -> None:
    """A mirrored scan has its lesions elsewhere: all would be gone, and as many new."""
    for code in ("segments.side", "remnant.side"):
        odd = (Finding(code, Severity.ERROR, "mirrored", "segments.nii.gz"),)
        for days in ((-10, 21), (21, -10)):
            scans = scan(days[0], tumour=BASELINE), scan(days[1], tumour=BASELINE, findings=odd)
            assert responses(*scans) == ()
            wrong = 2 if days == (-10, 21) else 1
            assert withheld(*scans) == [[(wrong, "the scan may be mirrored")]]
        seen: dict[str, Any] = {
            "findings": odd,
            "accepted": (Accepted(code, "R1", "situs inversus"),),
        }
        accepted = scan(-10, tumour=BASELINE, **seen), scan(21, tumour=BASELINE, **seen)
        assert [one.category for one in responses(*accepted)] == ["stable_disease"]
        assert withheld(*accepted) == []


def calliper(cm: str, count: int | None = None) -> Stated:
    facts: dict[str, Any] = {"largest_lesion": Amount(Fraction(cm), "cm")}
    return stated(**facts, **({} if count is None else {"lesion_count": Fraction(count)}))


def by_callipers(before: Stated, after: Stated) -> LiverResponse | None:
    scans = scan(-10, tumour=None, stated=before), scan(21, tumour=None, stated=after)
    found = responses(*scans)
    return found[0] if found else None


def test_callipers_of_a_sole_lesion_state_the_response() -> None:
    one = sure(by_callipers(calliper("4", 1), calliper("2.8", 1)))
    assert (one.by, one.category) == ("callipers", "partial_response")
    assert one.response.baseline_sum_mm == 40


def test_callipers_of_one_among_others_state_progression_alone() -> None:
    assert sure(by_callipers(calliper("4"), calliper("2.8"))).category is None
    assert sure(by_callipers(calliper("4", 2), calliper("2.8", 1))).category is None
    assert sure(by_callipers(calliper("4"), calliper("4.8"))).category == "progressive_disease"
    assert by_callipers(calliper("4"), stated()) is None
    assert by_callipers(calliper("0.9"), calliper("2")) is None
    measurable = sure(by_callipers(calliper("1"), calliper("2")))  # from 10 mm on, RECIST 1.1
    assert measurable.category == "progressive_disease"


def test_a_response_is_with_the_stated_one_and_never_fills_it_in() -> None:
    fact = "recist_response_after_chemo"
    later = scan(21, tumour=BASELINE, stated=stated(**{fact: "partial_response"}))
    story = measure_growth((scan(-10, tumour=BASELINE), later))
    (told,) = as_growth(story).story.endpoints.responses
    assert (told.category, told.stated) == ("stable_disease", "partial_response")
    silent = measure_growth((scan(-10, tumour=BASELINE), scan(21, tumour=BASELINE)))
    (told,) = as_growth(silent).story.endpoints.responses
    assert told.stated is None
    assert all(fact not in one.plan.judged.facts for one in silent.points)


def test_the_best_response_is_the_best_before_progression() -> None:
    """31.6 of 41.2 mm is stable; 22.4 partial; 41.2 again is 84 % above the nadir."""
    sizes = ((-9, 4), (21, 3), (42, 2), (63, 4))
    scans = [scan(day, tumour=tumours(lesion(5, size))) for day, size in sizes]
    story = measure_growth(scans)
    found = [one.category for one in story.endpoints.responses]
    assert found == ["stable_disease", "partial_response", "progressive_disease"]
    assert story.endpoints.best == {"masks": "partial_response"}
    assert measure_growth(scans[:2]).endpoints.best == {}
    (told,) = sure(as_growth(story).story.endpoints.best_responses)
    assert (told.by, told.category) == ("masks", "partial_response")
    assert measure_growth([replace_embolisation(one) for one in scans]).endpoints.best == {
        "masks": "partial_response"
    }


def replace_embolisation(point: TimePoint) -> TimePoint:
    case = structs.replace(point.plan.case, embolisation=None)
    return replace(point, plan=replace(point.plan, case=case))


def test_h16_a_scan_without_lesions_measured_leaves_the_best_response_open() -> None:
    sizes = ((-9, 4), (21, 4), (42, 4), (63, 5))
    one, other, between, grown = (scan(d, tumour=tumours(lesion(5, n))) for d, n in sizes)
    assert measure_growth((one, other, between, grown)).endpoints.best == {
        "masks": "stable_disease"
    }
    barred = (Withdrawn("lesions", ("case.mask_changed",), "another version"),)
    unseen = replace(between, plan=replace(between.plan, withdrawn=barred))
    assert measure_growth((one, other, unseen, grown)).endpoints.best == {"masks": None}


# ---- scores and function


def labs(day: int, bilirubin: str, albumin: str = "40", **more: Any) -> Stated:
    on = DAY + timedelta(days=day)
    return stated(
        bilirubin_total=Amount(Fraction(bilirubin), "umol/L", on),
        albumin=Amount(Fraction(albumin), "g/L", on),
        **more,
    )


def changes(*scans: TimePoint) -> dict[str, Any]:
    return {one.score: one for one in measure_growth(scans).endpoints.scores}


def test_albi_changes_from_the_day_of_its_blood_values() -> None:
    scans = (
        scan(-10, stated=labs(-12, "10")),
        scan(30, stated=labs(28, "20")),
        scan(120, stated=labs(91, "40")),
    )
    one = changes(*scans)["albi"]
    assert (one.baseline.day, sure(one.last).day) == (-12, 28)  # day 91 is beyond the window
    assert abs(float(sure(one.change_to(one.last))) - 0.66 * 0.30103) < 1e-5


def test_h04_scores_count_up_to_the_next_anticancer_treatment() -> None:
    """As END-11: treated again on day 60, so that the value of day 75 does not count."""
    ended = structs.replace(Y90, next_treatment_on=DAY + timedelta(days=60))
    meld = ((-1, "10"), (45, "20"), (75, "40"))
    told = [scan(day, stated=labs(day, value), embolisation=Y90) for day, value in meld]
    free = measure_growth(told)
    assert sure(free.endpoints.scores[0].last).day == 75
    story = measure_growth((*told[:2], scan(75, stated=labs(75, "40"), embolisation=ended)))
    assert sure(story.endpoints.scores[0].last).day == 45
    record = as_growth(story).story.endpoints
    assert (record.censor_day, record.score_changes[0].to_day) == (60, 60)
    late = structs.replace(Y90, next_treatment_on=DAY + timedelta(days=120))
    last = scan(75, stated=labs(75, "40"), embolisation=late)
    record = as_growth(measure_growth((*told[:2], last))).story.endpoints
    assert (record.censor_day, record.score_changes[0].to_day) == (120, 90)


def test_ecog_and_an_entered_child_pugh_change_from_the_day_of_the_scan() -> None:
    def facts(ecog: int, points: int) -> Stated:
        return stated(ecog=Fraction(ecog), child_pugh_score=Fraction(points))

    found = changes(scan(-10, stated=facts(0, 6)), scan(30, stated=facts(1, 7)))
    assert sure(found["ecog"].last).day == 30
    assert found["ecog"].change_to(found["ecog"].last) == 1
    assert found["child_pugh"].grade_change == 1


def test_a_score_of_one_side_alone_is_not_reported() -> None:
    assert changes(scan(-10, stated=labs(-12, "10")), scan(30)) == {}
    assert changes(scan(-10), scan(30, stated=labs(20, "10"))) == {}


def test_two_values_of_one_day_that_differ_are_none() -> None:
    first, same, other = (labs(-12, "10"), labs(-12, "10"), labs(-12, "30"))
    later = scan(30, stated=labs(20, "20"))
    assert "albi" in changes(scan(-10, stated=first), scan(-5, stated=same), later)
    assert "albi" not in changes(scan(-10, stated=first), scan(-5, stated=other), later)


def test_function_of_the_untreated_and_the_treated_side() -> None:
    size: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}

    def point(day: int, **more: Any) -> TimePoint:
        return scan(day, scintigraphy=scintigraphy(), **size, **more)

    story = measure_growth((point(-10), point(90)))
    change = sure(story.endpoints.function)
    assert change.untreated.gain == change.treated.gain == Fraction(0)
    first = sure(change.follow_up.baseline)
    assert first.untreated + first.treated == first.total
    record = sure(as_growth(story).story.endpoints.regional_function)
    assert (record.baseline_day, record.last_day, record.to_day) == (-10, 90, 180)
    assert measure_growth((point(-10), point(181))).endpoints.function is None
    ended = structs.replace(PVE, next_treatment_on=DAY + timedelta(days=89))
    assert measure_growth((point(-10), point(90, embolisation=ended))).endpoints.function is None
    late = point(90, studied_on=DAY + timedelta(days=80))
    assert (
        sure(sure(measure_growth((point(-10), late)).endpoints.function).follow_up.last).day == 80
    )


def test_function_per_m2_is_by_the_body_size_of_its_scan() -> None:
    """One uptake at 80 and 125 kg, 2.0 and 2.5 m²: a fifth less per m²."""
    before, after = (
        scan(day, scintigraphy=scintigraphy(), height_cm=Fraction(180), weight_kg=Fraction(kg))
        for day, kg in ((-10, 80), (90, 125))
    )
    change = sure(measure_growth((before, after)).endpoints.function)
    assert round(float(sure(change.untreated.percent)), 9) == -20


def test_h16_two_functions_of_one_study_that_differ_are_none() -> None:
    """One scintigraphy, before two scans with remnants of 300 and 400 mL: two shares of it."""
    size: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    of_study = {"scintigraphy": scintigraphy(), "studied_on": DAY - timedelta(days=12), **size}
    first, after = scan(-10, **of_study), scan(90, scintigraphy=scintigraphy(), **size)
    for columns, known in ((3, True), (4, False)):
        story = measure_growth((first, scan(-5, columns, **of_study), after))
        function = story.endpoints.function
        assert (function is not None) is known
        assert function is None or sure(function.follow_up.baseline).day == -12


def test_h03_congested_liver_of_the_remnant_is_on_neither_side() -> None:
    # 100 of the remnant's 300 voxels of 80 counts; 1173 voxels of 40 on the treated side
    size: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    dead = liver_part([[1, 2, 1, 11, 1, 11]], "congested")
    of_both = {"scintigraphy": scintigraphy(), "excluded": (dead,), **size}
    story = measure_growth((scan(-10, **of_both), scan(90, **of_both)))
    first = sure(sure(story.endpoints.function).follow_up.baseline)
    assert first.untreated == first.total * Fraction(200 * 80, 300 * 80 + 1173 * 40)
    assert first.treated == first.total * Fraction(1173 * 40, 300 * 80 + 1173 * 40)


def test_a_study_without_a_clearance_by_body_surface_gives_no_function() -> None:
    size: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    without = scan(90, scintigraphy=scintigraphy())
    story = measure_growth((scan(-10, scintigraphy=scintigraphy(), **size), without))
    assert story.endpoints.function is None
