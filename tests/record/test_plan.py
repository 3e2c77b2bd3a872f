"""A plan as the one dict: its own keys, by hand; what volumes give is tested there."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from hashlib import sha256
from importlib.resources import files
from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Accepted, Embolisation, Operation, Reading
from fl_planner.record.declaration.part import as_json
from fl_planner.record.judgement import TypedLimitRecord
from fl_planner.record.plan import as_plan_record, as_record, state_pathway
from fl_planner.report.terminal.plan import plan_table
from fl_planner.trials.statements import Amount, Stated
from tests.masks import liver_part, small_liver, small_segments
from tests.record.planned import LEFT, NO_TUMOUR, TREATED, TUMOUR, WHOLE, flat, made, shown

FUNCTION, DOSE = "flr_function_pct_per_min_per_m2", "lung_dose_gy_at_150gy_tumour"


def record(*args: Any, **entries: Any) -> dict[str, Any]:
    """Tell a plan, as it comes back from JSON."""
    told: dict[str, Any] = json.loads(as_json(as_record(made(*args, **entries))))
    return told


def test_a_plan_has_the_keys_that_its_parts_give() -> None:
    always = {
        "schema", "version", "status", "refusal", "notice", "inputs", "findings", "voxels",
        "volumes_ml", "voxel_ml", "voxel_mm", "denominator", "case", "ratios", "thresholds",
        "pathway", "trials", "route", "facts", "rules", "share_limits_percent", "masks",
    }  # fmt: skip
    flr, tumour = {"flr_percent", "flr_percent_shown", "remnant"}, {"lesions", "lesion_summary"}
    assert set(record(small_liver())) == always
    both = always | flr | tumour | {"clearing"}
    assert set(record(WHOLE)) == both
    mapped = {"segments", "resections", "clearing_margin_mm", "resections_for_discussion"}
    assert set(record(replace(WHOLE, segments=small_segments()))) == both | mapped
    treated = {"untreated_percent", "untreated_percent_shown"}
    assert set(record(replace(small_liver(), treated=TREATED))) == always | treated


def test_h03_lesions_that_stay_are_counted() -> None:
    """One voxel of 1 mL, 10 mm wide, with liver all around: its six neighbours go with it."""
    none = {"lesions_in_remnant": [], "lesions_in_remnant_count": 0, "lesions_in_remnant_ml": 0}
    assert record(WHOLE)["clearing"] == none
    anatomy = replace(WHOLE, tumour=TUMOUR | liver_part([[2, 3, 5, 6, 5, 6]], "tumour"))
    total = 1500 - TUMOUR.voxel_count - 1
    kept = LEFT.voxel_count - 7
    told = record(anatomy)["clearing"]
    assert told.pop("flr_after_clearing_percent_shown").startswith(f"{100 * kept / total:.3f}"[:4])
    assert told.pop("flr_after_clearing_1mm_percent_shown") == "20.3"  # 299 of 1472
    assert told.pop("flr_after_clearing_1mm_percent") == 20.3125
    assert told == {
        "lesions_in_remnant": [2],
        "lesions_in_remnant_count": 1,
        "lesions_in_remnant_ml": pytest.approx(1.0),
        "margin_mm": 10,
        "flr_after_clearing_voxels": kept,
        "flr_after_clearing_ml": pytest.approx(kept),
        "flr_after_clearing_percent": pytest.approx(100 * kept / total, abs=5e-7),
    }
    assert "clearing" not in record(replace(WHOLE, tumour=None))


def test_h15_with_a_margin_of_1_mm_only_the_nearest_liver_is_lost() -> None:
    """A lesion of 1 mL, voxels 10 mm apart: none is within 1 mm, 6 within 10, 18 within 15."""
    tumour = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 5, 6, 5, 6]], "tumour")
    anatomy = replace(WHOLE, tumour=tumour)
    for margin_mm, kept in ((15, 281), (10, 293), (1.5, 299), (1, 299), (0, 299)):
        plans = (Operation(clearing_margin_mm=margin_mm),)
        told = record(anatomy, operations=plans)["clearing"]
        assert told["flr_after_clearing_voxels"] == kept, margin_mm
        narrow = 20.3125 if margin_mm > 1 else None  # 299 of 1472
        assert told.get("flr_after_clearing_1mm_percent") == narrow, margin_mm
    assert "flr_after_clearing_1mm_percent" not in record(WHOLE)["clearing"]


PVE = Embolisation(date(2026, 4, 29), "PVE")
SCANNED = Reading(scanned_on=date(2026, 5, 20))  # 21 days later
TO_DATE = date(2026, 11, 22)  # 207 days later: 1 + 31 + 30 + 31 + 31 + 30 + 31 + 22


def test_h12_an_embolisation_states_day_age_and_the_share_of_the_first_scan() -> None:
    """300 of 2000 mL of the first scan's liver; 30 % of 1000 mL is not rounded across a limit."""
    first = Stated({"baseline_nontumorous_volume": Amount(Fraction(2000), "mL")})
    given = {"embolisation": PVE, "reading": SCANNED, "as_of": TO_DATE}
    told = record(**given, stated=first)["embolisation"]
    whole = {
        "kind": "PVE",
        "day": 21,
        "age_days": 207,
        "flr_of_baseline_percent": 15,
        "flr_of_baseline_percent_shown": "15.0",
    }
    assert told == whole
    near = Stated({"baseline_nontumorous_volume": Amount(Fraction("1000.1"), "mL")})
    told = record(**given, stated=near)["embolisation"]
    assert told["flr_of_baseline_percent"] == pytest.approx(29.99700, abs=5e-6)
    assert told["flr_of_baseline_percent_shown"] == "29.997"
    small = Stated({"baseline_nontumorous_volume": Amount(Fraction(200), "mL")})
    assert record(**given, stated=small)["embolisation"]["flr_of_baseline_percent"] == 150


def test_h12_of_an_embolisation_only_what_is_known_is_stated() -> None:
    known = {"kind": "PVE", "day": 21, "age_days": 207}
    given = {"embolisation": PVE, "reading": SCANNED, "as_of": TO_DATE}
    assert record(**given)["embolisation"] == known
    no_date = record(**{**given, "as_of": None})["embolisation"]
    assert no_date == {"kind": "PVE", "day": 21}
    y90 = Embolisation(PVE.on, "Y90")
    assert record(**{**given, "embolisation": y90})["embolisation"] == {**known, "kind": "Y90"}
    both = Stated({"prior_radioembolisation": True})
    assert record(**given, stated=both)["embolisation"] == known
    assert record(stated=Stated({"prior_pve_hve": True}))["embolisation"] == {}
    later = Embolisation(date(2026, 5, 21), "PVE")  # this scan is the baseline
    for none in ({"embolisation": later, "reading": SCANNED}, {}):
        assert "embolisation" not in record(**none)


def test_h15_two_resections_are_there_for_discussion() -> None:
    """One voxel in 7 and one in 4: H45678 leaves 390 of 1498 mL, H4 1289, and less 6 of 10 mm."""
    tumour = liver_part([[12, 13, 8, 9, 8, 9], [5, 6, 8, 9, 8, 9]], "tumour")
    anatomy = replace(small_liver(), segments=small_segments(), tumour=tumour)
    told = record(anatomy)["resections_for_discussion"]
    clears, leaves = told["leaves_no_lesion"], told["with_local_treatment"]
    assert (clears["name"], clears["lesions_left"]) == ("right trisectionectomy", 0)
    assert clears["flr_percent"] == pytest.approx(100 * 390 / 1498, abs=5e-7)
    assert clears["flr_after_clearing_percent"] == clears["flr_percent"]
    assert (leaves["name"], leaves["lesions_left"]) == ("left medial sectionectomy", 1)
    assert leaves["lesions"] == {"cleared": [1], "cut": [], "left": [2]}
    assert leaves["flr_percent"] == pytest.approx(100 * 1289 / 1498, abs=5e-7)
    assert leaves["flr_after_clearing_percent"] == pytest.approx(100 * 1283 / 1498, abs=5e-7)
    table = flat(shown(plan_table(as_plan_record(made(anatomy)))))
    assert (
        "For discussion: smallest named resection that clears all lesions: H45678. For "
        "discussion: left medial sectionectomy with ablation or wedge resection of L2 (largest "
        "1.4 cm): H4, FLR 86.0 %, 85.6 % after clearing (10 mm margin)."
    ) in table
    assert "largest named" not in table


def test_h15_where_none_clears_all_that_is_stated() -> None:
    """One in 2 and one across 4 and 5, which all that clear the one in 2 leave or cut."""
    tumour = liver_part([[2, 3, 8, 9, 8, 9], [6, 8, 8, 9, 3, 4], [13, 14, 8, 9, 3, 4]], "tumour")
    anatomy = replace(small_liver(), segments=small_segments(), tumour=tumour)
    assert record(anatomy)["resections_for_discussion"]["leaves_no_lesion"] is None
    table = flat(shown(plan_table(as_plan_record(made(anatomy)))))
    assert "For discussion: no named resection clears all lesions." in table


def test_h03_the_share_after_clearing_is_with_its_counts() -> None:
    """One lesion of 1 mL in the 300 mL that stay: six neighbours go with it."""
    tumour = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 5, 6, 5, 6]], "tumour")
    told = record(replace(WHOLE, tumour=tumour))["ratios"]["flr_after_clearing"]
    assert (told["numerator_voxels"], told["denominator_voxels"]) == (293, 1472)
    low, high = told["interval_percent"]
    reach = 1.96 * ((0.07 * 299 / 293) ** 2 + 0.03**2) ** 0.5  # 7 % of the 299 as drawn
    assert low == pytest.approx(100 * 293 / 1472 * (1 - reach), rel=1e-6)
    assert high == pytest.approx(100 * 293 / 1472 * (1 + reach), rel=1e-6)
    assert told["cv"]["carried"] == pytest.approx(299 / 293)
    assert told["cv"]["readers_sd"] == pytest.approx(reach / 1.96)
    assert "flr_after_clearing" not in record(WHOLE)["ratios"]
    assert "carried" not in record(WHOLE)["ratios"]["flr"]["cv"]


def test_h15_every_limit_holds_the_share_after_clearing_too() -> None:
    """19.9 % lies 4 standard deviations from 30 %: 1.53 points each."""
    tumour = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 5, 6, 5, 6]], "tumour")
    told = {one["name"]: one for one in record(replace(WHOLE, tumour=tumour))["thresholds"]}
    assert [*told] == ["dragon2.flr_30", "dragon2.flr_40", "dragon2.clear_30", "dragon2.clear_40"]
    cleared, share = told["dragon2.clear_30"], 293 / 1472
    sd = share * ((0.07 * 299 / 293) ** 2 + 0.03**2) ** 0.5
    assert (cleared["answer"], cleared["limit_percent"]) == ("below", 30)
    assert cleared["crossing_chance"] == pytest.approx(NormalDist(share, sd).cdf(share * 2 - 0.3))
    assert [one["name"] for one in record(WHOLE)["thresholds"]] == [*told][:2]


def test_h15_each_plan_states_its_share_after_clearing_with_its_own_margin() -> None:
    """A voxel in 2: with 10 mm its 6 neighbours go too, with 0 mm none; the third takes it out."""
    tumour = liver_part([[2, 3, 5, 6, 5, 6]], "tumour")
    anatomy = replace(WHOLE, flr=None, tumour=tumour, segments=small_segments())
    plans = (
        Operation("a", ("2", "3")),
        Operation("b", ("2", "3"), clearing_margin_mm=0),
        Operation("c", ("5", "6")),
    )
    told = record(anatomy, operations=plans)["case"]
    keys = ("flr_after_clearing_percent", "clearing_margin_mm")
    first, second, third = (
        [one.get(key) for key in keys] for one in (told["plan"], *told["other_plans"])
    )
    assert first == [pytest.approx(100 * 293 / 1499, abs=5e-7), 10]
    assert second == [pytest.approx(100 * 299 / 1499, abs=5e-7), 0]
    assert third == [None, None]
    table = flat(shown(plan_table(as_plan_record(made(anatomy, operations=plans)))))
    assert "19.5 with 10 mm" in table


def test_the_case() -> None:
    reading = Reading("R1", "draft", "portal venous", date(2026, 5, 4))
    first, second = Operation("right", ("1", "2")), Operation(None, ("5",))
    entries = {"id": "case-001", "label": "Bed 12", "as_of": date(2026, 5, 20)}
    anatomy = replace(WHOLE, segments=small_segments())
    plan = made(anatomy, operations=(first, second), reading=reading, **entries)
    shareable = as_record(plan)["case"]
    assert shareable == {
        "id": "case-001",
        "diagnosis": "crlm",
        "plan": {
            "name": "right",
            "remnant_segments": ["1", "2"],
            "origin": "drawn",
            "flr_voxels": 300,
            "flr_ml": 300.0,
            "flr_percent": pytest.approx(100 * 300 / 1473),
            "flr_percent_shown": "20.4",
            "lesions": {"cleared": [1], "cut": [], "left": []},
            "margin_mm": pytest.approx(90.0),  # from i = 12 to i = 3
            "margins": [{"lesion": 1, "margin_mm": pytest.approx(90.0)}],
        },
        "other_plans": [
            {
                "remnant_segments": ["5"],
                "origin": "segments",
                "flr_voxels": 150,
                "flr_ml": 150.0,
                "flr_percent": pytest.approx(100 * 150 / 1473),
                "flr_percent_shown": "10.2",
                "lesions": {"cleared": [1], "cut": [], "left": []},
                "margin_mm": pytest.approx(10.0),  # from i = 12 to i = 11
                "margins": [{"lesion": 1, "margin_mm": pytest.approx(10.0)}],
            }
        ],
        "reading": {
            "reader": "R1",
            "status": "draft",
            "phase": "portal venous",
            "dated": True,
            "age_days": 16,
        },
    }
    clinical = as_record(plan, "clinical")["case"]
    assert clinical["label"] == "Bed 12"
    assert clinical["reading"] == {**shareable["reading"], "date": "2026-05-04"}
    apart = {"label": None, "reading": None}
    assert clinical | apart == shareable | apart


@pytest.mark.parametrize(
    ("scanned_on", "as_of", "age"),
    [
        (None, None, None),
        (date(2026, 5, 4), None, None),
        (None, date(2026, 5, 4), None),
        (date(2026, 5, 4), date(2026, 5, 4), 0),
        (date(2025, 5, 4), date(2026, 5, 4), 365),
        (date(2026, 5, 7), date(2026, 5, 4), None),  # `implausible.scan_date`
    ],
)
def test_the_age_of_the_scan(scanned_on: date | None, as_of: date | None, age: int | None) -> None:
    reading = record(reading=Reading(scanned_on=scanned_on), as_of=as_of)["case"]["reading"]
    assert reading.get("age_days") == age


def test_clinical_has_nothing_to_add_where_nothing_was_given() -> None:
    plan = made()
    assert as_record(plan, "clinical") == as_record(plan)


def test_ratios_by_hand() -> None:
    """300 and 600 of 1473 mL; 0.07 and 0.03 make 0.0761577."""
    ratios = record(replace(WHOLE, treated=TREATED))["ratios"]
    assert list(ratios) == ["flr", "untreated"]
    for name, voxels in (("flr", 300), ("untreated", 600)):
        ratio, share = ratios[name], 100 * voxels / 1473
        assert (ratio["numerator_voxels"], ratio["denominator_voxels"]) == (voxels, 1473)
        assert ratio["denominator"] == "measured_nontumour"
        reach = share * 1.96 * sqrt(0.07**2 + 0.03**2)
        assert ratio["interval_percent"] == pytest.approx([share - reach, share + reach], abs=1e-6)
        cv = ratio["cv"]
        assert (cv["remnant"], cv["liver"], cv["rho"]) == (0.07, 0.03, 0)
        assert cv["relative_sd"] == pytest.approx(0.0761577, abs=1e-7)
        assert cv["source"]


def test_h03_a_ratio_without_a_tumour_mask_names_the_whole_liver() -> None:
    plan = record(replace(WHOLE, tumour=None))
    assert plan["ratios"]["flr"]["denominator"] == "measured_liver"
    assert plan["ratios"]["flr"]["denominator_voxels"] == 1500
    assert plan["thresholds"] == []


def test_thresholds_by_hand() -> None:
    """30 % of 1473 mL are 441.9: 141.9 more than there are."""
    thirty, forty = record()["thresholds"]
    assert thirty == {
        "name": "dragon2.flr_30",
        "answer": "below",
        "limit_percent": 30.0,
        "distance_ml": -141.9,
        "margin_voxels": 141.9,
        "crossing_chance": pytest.approx(0, abs=1e-6),
        "borderline": False,
        "inside_interval": False,
        "growth_needed_ml": {
            "total_held": pytest.approx(141.9),
            "rest_held": pytest.approx(141.9 / 0.7),
        },
        "source": "DRAGON 2 (NCT05428735), inclusion 1",
        "applies": True,
    }
    assert "applies" not in forty  # whether the liver is injured is not recorded
    assert forty["distance_ml"] == pytest.approx(300 - 589.2)


def test_h08_an_interval_crosses_no_limit_that_does_not_apply() -> None:
    """400 of 1473 mL are 27.2 %: 30 % is in the interval, and is not the limit of injured liver."""
    wide = replace(WHOLE, flr=liver_part([[1, 5, 1, 11, 1, 11]], "flr"))
    for injury, crossed in ((True, [False, False]), (False, [True, False])):
        plan = as_plan_record(made(wide, stated=Stated({"chemo_liver_damage": injury})))
        assert [one.may_be_crossed for one in plan.thresholds] == crossed
        assert [one.inside_interval for one in plan.thresholds] == [True, False]


@pytest.mark.parametrize(
    ("near", "applies", "close"),
    [
        (True, True, True), (True, None, True), (True, False, False),
        (False, True, False), (False, None, False),
    ],
)  # fmt: skip
def test_h08_an_entered_share_is_close_to_no_limit_that_does_not_apply(
    *, near: bool, applies: bool | None, close: bool
) -> None:
    limit = TypedLimitRecord(
        name="dragon2.flr_30",
        answer="below",
        limit_percent=30.0,
        near=near,
        distance="1 percentage point below 30 %",
        source="DRAGON 2 (NCT05428735), inclusion 1",
        applies=applies,
    )
    assert limit.is_close is close


def test_segments_and_their_share_of_the_tumour_free_liver() -> None:
    segments = record(replace(WHOLE, segments=small_segments()))["segments"]
    assert [segment["name"] for segment in segments] == list("12345678")
    assert segments[1] == {
        "name": "2",
        "voxels": 150,
        "volume_ml": 150.0,
        "nontumorous_ml": 150.0,
        "nontumorous_percent": pytest.approx(100 * 150 / 1473, abs=1e-7),
        "flr_ml": 150.0,  # columns 1 to 3 of 15 are the remnant, and this segment lies in them
    }
    sixth = segments[5]  # the lowest of three layers of the tumour lies in it, 3 x 3 voxels
    assert (sixth["voxels"], sixth["nontumorous_ml"]) == (300, 291.0)


def test_lesions_by_hand() -> None:
    """A cube of 3 cm: 27 voxels, corners 3 apart, centres 2 apart."""
    plan = record()
    assert plan["lesions"] == [
        {
            "number": 1,
            "voxels": 27,
            "volume_ml": 27.0,
            "axial_diameter_mm": pytest.approx(30 * sqrt(2), abs=1e-6),
            "axial_centre_mm": pytest.approx(20 * sqrt(2), abs=1e-6),
            "longest_diameter_mm": pytest.approx(30 * sqrt(3), abs=1e-6),
            "longest_centre_mm": pytest.approx(20 * sqrt(3), abs=1e-6),
            "sphere_diameter_mm": pytest.approx(37.2210, abs=5e-5),  # pi/6 x 37.221^3 is 27,000
            "surface_mm": 20.0,  # i = 14 is the last of the tumour, i = 16 the first outside
        }
    ]
    summary = plan["lesion_summary"]
    assert summary["largest_axial_cm"] == pytest.approx(3 * sqrt(2), abs=1e-7)
    none = record(replace(WHOLE, tumour=NO_TUMOUR))
    assert none["lesions"] == []
    assert "largest_axial_cm" not in none["lesion_summary"]


@pytest.mark.parametrize(
    ("key", "fact", "name", "unit"),
    [("function", FUNCTION, "flr_function", "%/min/m2"), ("dose", DOSE, "lung_dose", "Gy")],
)
@pytest.mark.parametrize("typed", ["2.9", "2.90", "3", "0.125", "14.75"])
def test_numbers_are_shown_as_they_were_entered(
    key: str, fact: str, name: str, unit: str, typed: str
) -> None:
    said = Stated({name: Amount(Fraction(typed), unit)})
    told = record(stated=said)[key]
    assert told["origin"] == "given"
    assert told[fact] == float(typed)
    assert Fraction(told["shown"]) == Fraction(typed)
    assert len(told["shown"]) <= len(typed)


@pytest.mark.parametrize(
    ("name", "unit", "key", "typed", "limit"),
    [
        ("flr_function", "%/min/m2", "function", "2.6700000001", "2.67"),
        ("flr_function", "%/min/m2", "function", "2.6699999999", "2.67"),
        ("flr_function", "%/min/m2", "function", "2.7000000001", "2.7"),
        ("lung_dose", "Gy", "dose", "15.0000000001", "15"),
        ("lung_dose", "Gy", "dose", "14.9999999999", "15"),
    ],
)
def test_h08_an_entered_number_is_not_shown_on_its_limit(
    name: str, unit: str, key: str, typed: str, limit: str
) -> None:
    shown = record(stated=Stated({name: Amount(Fraction(typed), unit)}))[key]["shown"]
    above = Fraction(typed) > Fraction(limit)
    assert (Fraction(shown) > Fraction(limit)) is above
    assert Fraction(shown) != Fraction(limit)


def test_nothing_entered_nothing_reported() -> None:
    plan = record()
    assert "function" not in plan
    assert "dose" not in plan


def test_findings_of_the_whole_plan_with_what_was_accepted() -> None:
    seen = Accepted("plausibility.thick_slices", "R1", "old scanner")
    found = {one["code"]: one for one in record(accepted=(seen,))["findings"]}
    thick = found["plausibility.thick_slices"]
    assert thick["accepted"] == {"by": "R1", "why": "old scanner"}
    assert (thick["value"], thick["unit"]) == (10.0, "mm")


def test_a_pathway_given_despite_an_accepted_error_states_this_in_one_line() -> None:
    error = Finding("remnant.side", Severity.ERROR, "the remnant is on the left")
    seen = Accepted("remnant.side", "R1", "situs inversus")
    told = as_plan_record(made(findings=(error,), accepted=(seen,)))
    headline = told.judged.pathway.headline
    assert state_pathway(told) == f"{headline}, despite an error accepted by R1 (remnant.side)"
    clean = as_plan_record(made())
    assert state_pathway(clean) == clean.judged.pathway.headline


def test_h08_a_share_is_shown_alike_for_every_diagnosis() -> None:
    """442 of 1473 are 30.0068 %: the limits of all trials hold, whichever applies here."""
    flr = liver_part([[1, 5, 1, 11, 1, 11], [5, 6, 1, 5, 1, 11], [5, 6, 5, 6, 1, 3]], "flr")
    anatomy = replace(small_liver(), tumour=TUMOUR, flr=flr)
    for diagnosis in ("crlm", "hcc", "other", None):
        assert record(anatomy, diagnosis=diagnosis)["flr_percent_shown"] == "30.01"
    assert record(replace(anatomy, flr=LEFT))["flr_percent_shown"] == "20.4"


def test_facts_that_are_known_under_their_own_names() -> None:
    """300 of 1473 voxels, typed numbers, codes and lists; what nobody said has no key."""
    platelets = Amount(Fraction("214.5"), "10*9/L", date(2026, 5, 2))
    stated = Stated({
        "ecog": Fraction(1), "platelets": platelets, "sex": "female", "cirrhosis": False,
        "extrahepatic_sites": ("lung",),
    })  # fmt: skip
    facts = record(WHOLE, stated=stated, as_of=date(2026, 5, 20))["facts"]
    assert facts["flr_fraction"] == pytest.approx(300 / 1473, abs=1e-9)
    assert facts["platelets_10e9_per_l"] == 214.5
    assert facts["platelets_age_days"] == 18
    assert (facts["ecog"], facts["sex"], facts["cirrhosis"]) == (1, "female", False)
    assert facts["extrahepatic_sites"] == ["lung"]
    assert "hcc_present" in facts
    assert "albumin_g_per_l" not in facts


def test_rules_are_the_files_that_the_answers_rest_on() -> None:
    """The five judged, and the one whose limits serve HCC, each with its protocol's SHA-256.

    What the plan takes from a trial stands behind its protocol and changes with the version.
    """
    rules = record(WHOLE)["rules"]
    ids = ["NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198"]
    assert [rule["id"] for rule in rules] == [*ids, "NCT06914648"]
    data = files("fl_planner.trials") / "data"
    texts = [file.read_bytes() for file in data.iterdir() if file.name.endswith(".toml")]
    for rule in rules:
        (text,) = (one for one in texts if f'\nid = "{rule["id"]}"'.encode() in one)
        protocol, plan, _ = text.partition(b"\n[plan]\n")
        assert plan
        assert rule["sha256"] == sha256(protocol).hexdigest()
