"""Routes: every invented patient, every row of the table, and what holds of all of them."""

import json
import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.shown import Share
from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_protocols, read_route_rows
from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.planning.assessment.near_limits import LimitedShare, compare_thresholds
from fl_planner.planning.full_route.route import Route
from fl_planner.planning.full_route.situation import KNOWN_DOUBTS
from fl_planner.planning.judgement import Grounds, Judged, judge_facts, judge_stated
from fl_planner.trials.criterion import Centre, Offer
from fl_planner.trials.judge import Verdict
from fl_planner.trials.statements import Stated
from tests.cases import each_case, how_many
from tests.patients import TRIALS, book, facts_text

PROTOCOLS = read_protocols()
IDS = {trial.short: trial.id for trial in TRIALS}


def judge(case: dict[str, Any], centre: Centre | None = None) -> Judged:
    if "centre" in case:
        told = case["centre"]
        offers = {id_: Offer(**offer) for id_, offer in told["trials"].items()}
        centre = Centre(told["name"], date.fromisoformat(told["as_of"]), offers)
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else None
    stated = parse_facts(facts_text(case), "facts.json")
    return judge_stated(stated, Grounds(TRIALS, PROTOCOLS, centre, as_of))


def route(
    profile: str,
    given: dict[str, Any] | None = None,
    missing: tuple[str, ...] = (),
    **statuses: Any,
) -> Route:
    """Find the route of a profile with changes, at a centre where all else is open."""
    centre = None
    if statuses:
        offers = {IDS[t.short]: Offer(statuses.get(t.short, "open")) for t in TRIALS}
        centre = Centre("Site 7", date(2026, 11, 1), offers)
    return judge({"profile": profile, "set": given or {}, "missing": missing}, centre).route


def flr_ml(volume: int) -> dict[str, Any]:
    return {"flr_volume": {"value": volume, "unit": "mL"}}


FUNCTION_HIGH = {"flr_function": {"value": 3.0, "unit": "%/min/m2"}}
FUNCTION_LOW = {"flr_function": {"value": 2.67, "unit": "%/min/m2"}}
SMALL = {  # a 5.5 cm HCC: RESCUE is out by size
    "lesion_count": 1,
    "largest_lesion": {"value": 5.5, "unit": "cm"},
    "total_liver_volume": {"value": 1500, "unit": "mL"},
    "tumour_volume": {"value": 100, "unit": "mL"},
    "flr_volume": {"value": 700, "unit": "mL"},
}
SMALL_FLR = {"flr_volume": {"value": 400, "unit": "mL"}}
OPERABLE = {"liver_tumour_resectability": "resectable"}
NO_CONSENT, NO_VEIN = {"able_to_consent": False}, {"pve_hve_anatomically_prohibited": True}
LUNG = {
    "extrahepatic_status": "confirmed",
    "extrahepatic_sites": ["lung"],
    "extrahepatic_controllable_by_mdt": True,
    "extrahepatic_resectable_or_ablatable": True,
    "extrahepatic_tumour_board_statement": True,
}
BOTH_ELIGIBLE = {**LUNG, "r0_hepatectomy_feasible": True}  # DRAGON 2 and NCT06449937
NO_TUMOUR = {
    "tumour_volume": {"value": 0, "unit": "mL"},
    "recist_response_after_chemo": "complete_response",
}
LEFT = {"lesions_in_remnant_count": 2, "flr_after_clearing_volume": {"value": 450, "unit": "mL"}}
PVE, AFTER_PVE = {"prior_pve_hve": {"kind": "PVE"}}, "after PVE, day of the scan not recorded"
Y90 = {"prior_radioembolisation": True}
LOCALLY = ("prior_hepatic_local_treatment",)  # what that is of CRLM
PROGRESS = {"recist_response_after_chemo": "progressive_disease"}
UNRESECTABLE = {"liver_tumour_resectability": "unresectable"}
FIVE = {"lesion_count": 5}  # no trial takes it
EVERY_ROW: dict[str, list[tuple[Any, ...]]] = {
    "R1": [
        ("crlm_small_flr", {"hcc_present": True}),
        ("crlm_small_flr", {"pregnant": True}),
        ("hcc_large", {"child_pugh_class": "B"}),
    ],
    "R1a": [("crlm_small_flr", NO_TUMOUR)],
    "R2": [
        ("crlm_small_flr", {}, ("crlm_present",)),
        ("hcc_large", {}, ("hcc_present", "crlm_present")),
    ],
    "R3": [("hcc_large", {"hcc_present": False})],
    "C1": [("crlm_unresectable_naive", {})],
    "C2": [("crlm_small_flr", FUNCTION_HIGH)],
    "C3": [("crlm_small_flr", {}), ("crlm_small_flr", FUNCTION_LOW)],
    "C4": [("crlm_extrahepatic", {})],
    "C5": [("crlm_few_small", {})],
    "C6": [("crlm_small_flr", {**FUNCTION_HIGH, "pve_hve_anatomically_prohibited": True})],
    "C7": [
        ("crlm_small_flr", {"pve_hve_anatomically_prohibited": True}),
        ("crlm_small_flr", {**FUNCTION_LOW, "pve_hve_anatomically_prohibited": True}),
    ],
    "C8": [("crlm_few_small", {**FUNCTION_LOW, "lesion_count": 5})],
    "C8a": [
        ("crlm_few_small", {**FIVE, "ecog": 3}),
        ("crlm_few_small", {**FIVE, "cirrhosis": True}),
        ("crlm_few_small", {**FIVE, "child_pugh_score": 7}),
        ("crlm_few_small", {**FIVE, "portal_hypertension": True}),
        ("crlm_few_small", {**FIVE, **LEFT, "portal_hypertension": True}),
    ],
    "C8b": [("crlm_few_small", {**FIVE, **LEFT}), ("crlm_few_small", {**FIVE, **LEFT, **PVE})],
    "C9": [
        ("crlm_few_small", {"lesion_count": 5}),
        ("crlm_few_small", {**FUNCTION_HIGH, "lesion_count": 5}),
        ("crlm_few_small", {}, ("investigator_unsuitable",)),
        ("crlm_few_small", {**FIVE, **Y90}, LOCALLY),
    ],
    "C10": [
        ("crlm_small_flr", {}, ("flr_volume",)),
        ("crlm_extrahepatic", {}, ("platelets",)),
        # DRAGON 2 fails by consent; the FLR is open all the same
        ("crlm_small_flr", {**NO_CONSENT, **flr_ml(525)}, ("chemo_liver_damage",)),
        ("crlm_small_flr", NO_CONSENT, ("flr_volume",)),
        ("crlm_few_small", FIVE, ("lesions_in_remnant_count",)),
        ("crlm_few_small", {**FIVE, **PVE}, ("lesions_in_remnant_count",)),
        # anatomy, and something not answered besides
        ("crlm_small_flr", {**NO_VEIN, **NO_CONSENT}, ("flr_volume", "able_to_consent")),
    ],
    "C10a": [
        ("crlm_small_flr", {**FUNCTION_HIGH, **PROGRESS}),
        ("crlm_small_flr", {**FUNCTION_HIGH, **NO_CONSENT, **OPERABLE}),
        ("crlm_small_flr", {**PVE, **NO_VEIN, **FUNCTION_HIGH}),
        ("crlm_small_flr", {**NO_VEIN, **FUNCTION_HIGH, "cirrhosis": True}),
        ("crlm_small_flr", {**PVE, **FUNCTION_HIGH, **flr_ml(525)}, ("chemo_liver_damage",)),
        ("crlm_small_flr", {**Y90, **FUNCTION_HIGH, **NO_CONSENT}, LOCALLY),
    ],
    "C11": [
        ("crlm_small_flr", {**PROGRESS, **FUNCTION_LOW}),
        ("crlm_small_flr", {**PROGRESS, **FUNCTION_HIGH, **UNRESECTABLE}),
        ("crlm_small_flr", {**PROGRESS, **FUNCTION_HIGH, **LUNG}),
        ("crlm_small_flr", {**NO_VEIN, **Y90}, LOCALLY),
        ("crlm_small_flr", {**PVE, **flr_ml(525), **UNRESECTABLE}),
        ("crlm_small_flr", {"recist_response_after_chemo": "progressive_disease"}),
        ("crlm_small_flr", NO_CONSENT),
        ("crlm_few_small", {**FIVE, "prohibitive_comorbidity": True}),
        ("crlm_few_small", {**FIVE, **FUNCTION_LOW, "prohibitive_comorbidity": True}),
        ("crlm_few_small", {**FIVE, **LEFT, "prohibitive_comorbidity": True}),
        ("crlm_few_small", {**FIVE, **LEFT, **UNRESECTABLE}),
        ("crlm_small_flr", {**NO_CONSENT, "lesions_in_remnant_count": 2}),
        ("crlm_small_flr", PVE),
        ("crlm_small_flr", {**PVE, **NO_VEIN}),
        ("crlm_small_flr", {**NO_VEIN, "cirrhosis": True}),
        ("crlm_small_flr", {**NO_VEIN, **NO_CONSENT}),
    ],
    "H1": [("hcc_large", {})],
    "H2": [("hcc_large", {}, ("lung_dose",)), ("hcc_large", {}, ("flr_volume", "ecog"))],
    "H3": [("hcc_large", {**SMALL, **OPERABLE, **FUNCTION_LOW})],
    "H3a": [("hcc_large", {**SMALL, **OPERABLE, "portal_hypertension": True})],
    "H3b": [("hcc_large", {**SMALL, **OPERABLE, **LEFT})],
    "H4": [
        ("hcc_large", {**SMALL, **OPERABLE}),
        ("hcc_large", {**SMALL, **OPERABLE, **FUNCTION_HIGH, "portal_hypertension": False}),
        ("hcc_large", {**SMALL, **OPERABLE, **Y90}, ("prior_hcc_treatment",)),
    ],
    "H4a": [
        ("hcc_large", {**SMALL, **SMALL_FLR, "portal_hypertension": True}),
        ("hcc_large", {**SMALL, **SMALL_FLR, "child_pugh_score": 7}),
        ("hcc_large", {**SMALL, **SMALL_FLR, **PVE}),
        ("hcc_large", {**SMALL, **SMALL_FLR, **Y90}, ("prior_hcc_treatment",)),
        ("hcc_large", {**SMALL, **SMALL_FLR, **FUNCTION_HIGH}),
        ("hcc_large", {**SMALL, **flr_ml(630), **PVE, **FUNCTION_HIGH}, ("cirrhosis",)),
    ],
    "H5": [
        ("hcc_large", {**SMALL, **SMALL_FLR}),
        ("hcc_large", {**SMALL, **SMALL_FLR, **FUNCTION_LOW}),
    ],
    "H6": [
        ("hcc_large", SMALL, ("flr_volume",)),
        ("hcc_large", {**SMALL, **flr_ml(630)}, ("cirrhosis",)),
        ("hcc_large", {**SMALL, **flr_ml(630), **PVE, **FUNCTION_LOW}, ("cirrhosis",)),
        ("hcc_large", {**SMALL, **OPERABLE}, ("lesions_in_remnant_count",)),
        ("hcc_large", {**SMALL, **OPERABLE, **PVE}, ("lesions_in_remnant_count",)),
    ],
    "H7": [
        ("hcc_large", SMALL),
        ("hcc_large", {**SMALL, **FUNCTION_LOW}),
        ("hcc_large", {**SMALL, **LEFT}),
        ("hcc_large", {**SMALL, "portal_hypertension": True}),
        ("hcc_large", {**SMALL, **SMALL_FLR, **UNRESECTABLE}),
        ("hcc_large", {**SMALL, **SMALL_FLR, **UNRESECTABLE, "portal_hypertension": True}),
        ("hcc_large", {"child_pugh_score": 8}),
    ],
}


def test_the_table_is_whole() -> None:
    assert [*dict.fromkeys(row.name for row in read_route_rows())] == [*EVERY_ROW]


@pytest.mark.parametrize(
    ("row", "case"), [(row, case) for row, cases in EVERY_ROW.items() for case in cases]
)
def test_every_row_is_reached(row: str, case: tuple[Any, ...]) -> None:
    found = route(*case)
    assert found.row == row
    assert found.name in {one.route for one in read_route_rows() if one.name == row}


@pytest.mark.parametrize(
    ("missing", "named"),
    [(("crlm_present",), "CRLM"), (("crlm_present", "hcc_present"), "CRLM and of HCC")],
)
def test_only_a_diagnosis_that_is_not_recorded_is_named(
    missing: tuple[str, ...], named: str
) -> None:
    """HCC is recorded as absent in this patient, unless that is missing too."""
    (reason, *_) = route("crlm_small_flr", {}, missing).reasons
    assert reason.endswith(f"Presence or absence of {named} is not recorded.")


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ({}, "C9"),
        ({"liver_tumour_resectability": "potentially_resectable"}, "C11"),
        ({"prohibitive_comorbidity": True}, "C11"),
        (LUNG, "C11"),
        ({"child_pugh_score": 6}, "C9"),
        ({"child_pugh_score": 7}, "C8a"),
        ({"ecog": 2}, "C9"),
        ({"ecog": 3}, "C8a"),
        ({"cirrhosis": True}, "C8a"),
        ({"portal_hypertension": True}, "C8a"),
        ({"portal_hypertension": True, "liver_tumour_resectability": "unresectable"}, "C11"),
        ({"portal_hypertension": True, **LUNG}, "C11"),
    ],
)
def test_operable(change: dict[str, Any], row: str) -> None:
    given = {"lesion_count": 5, "crc_histology": "not_confirmed", **change}
    assert route("crlm_few_small", given).row == row


@pytest.mark.parametrize(
    "missing", ["liver_tumour_resectability", "prohibitive_comorbidity", "child_pugh_score", "ecog"]
)
def test_what_is_not_answered_is_not_operable(missing: str) -> None:
    given = {"lesion_count": 5, "crc_histology": "not_confirmed"}
    assert route("crlm_few_small", given).row == "C9"
    assert route("crlm_few_small", given, (missing,)).row != "C9"


# ---- where the trials can be had


@each_case("statuses, row, others", [
    ({}, "C3", [("trial_local_plus_systemic", "open")]),
    ({"dragon2": "referral"}, "C4", [("trial_dragon2", "referral")]),
    ({"dragon2": "closed"}, "C4", [("trial_dragon2", "closed")]),
    ({"dragon2": "closed", "local_plus_systemic": "referral"}, "C11",
     [("trial_dragon2", "closed"), ("trial_local_plus_systemic", "referral")]),
])  # fmt: skip
def test_a_trial_that_is_not_open_is_never_the_headline(
    statuses: dict[str, Any], row: str, others: list[tuple[str, str]]
) -> None:
    found = route("crlm_small_flr", BOTH_ELIGIBLE, **statuses)
    assert found.row == row
    assert [(other.name, other.reach) for other in found.alternatives] == others


@pytest.mark.parametrize(
    ("status", "row", "pending"), [("open", "C10", 1), ("referral", "C10", 1), ("closed", "C11", 0)]
)
def test_an_open_trial_asks_for_data_unless_it_is_closed_here(
    status: str, row: str, pending: int
) -> None:
    found = route("crlm_small_flr", {}, ("able_to_consent",), dragon2=status)
    assert (found.row, len(found.pending)) == (row, pending)
    asked = [question.key for question in found.questions]
    assert asked == ["flr_function", "able_to_consent"][: 1 + pending]  # 25 %: near 30


def test_rescue_closed_here_leaves_resection() -> None:
    given = {**OPERABLE, "portal_hypertension": False}
    assert route("hcc_large", given).row == "H1"
    assert route("hcc_large", given, ("lung_dose",)).row == "H2"
    found = route("hcc_large", given, ("lung_dose",), rescue="closed")
    assert (found.row, found.alternatives) == ("H4", ())
    eligible = route("hcc_large", given, rescue="closed")
    assert [other.name for other in eligible.alternatives] == ["trial_rescue"]


def test_a_referral_is_named_with_its_office_before_treatment_outside_all_trials() -> None:
    offers = {IDS["dragon2"]: Offer("referral", "HPB trial office", "regional centre")}
    centre = Centre("Site 7", date(2026, 11, 1), offers)
    found = judge({"profile": "crlm_small_flr", "set": {}}, centre).route
    (other,) = found.alternatives
    how = "by referral (HPB trial office, regional centre)"
    assert other.says == "DRAGON 2 (NCT05428735)"
    assert other.why == f"meets all criteria: {how}"
    assert f"Meets all criteria for DRAGON 2 (NCT05428735): {how}." in found.next_steps
    found = route("crlm_small_flr", dragon2="referral")
    assert (found.row, len(found.next_steps)) == ("C11", 3)
    assert found.next_steps[0].startswith("Meets all criteria for DRAGON 2 (NCT05428735): by r")
    assert found.next_steps[1] == "For tumour board discussion: treatment outside the trials."


def test_results_that_are_too_old_are_to_be_renewed_where_nothing_else_fails_a_trial() -> None:
    renew = (
        "Results for {} are too old for PUMP-IT (NCT06857773). No other criterion is known to "
        "exclude the patient."
    )
    old = {"labs_age": {"value": 16, "unit": "d"}}
    outside = "For tumour board discussion: treatment outside the trials."
    assert route("crlm_unresectable_naive", old).next_steps == (renew.format("I13"), outside)
    older = {**old, "staging_ct_age": {"value": 29, "unit": "d"}}
    assert renew.format("I3 and I13") in route("crlm_unresectable_naive", older).next_steps
    for more in ({"ecog": 2}, {"national_liver_panel_unresectable": False}):
        found = route("crlm_unresectable_naive", {**older, **more})
        assert not any("too old" in step for step in found.next_steps)
    settle_first = route("crlm_unresectable_naive", {**old, "child_pugh_class": "B"})
    assert (settle_first.row, len(settle_first.next_steps)) == ("R1", 1)
    closed = route("crlm_unresectable_naive", old, pump_it="closed")
    assert closed.next_steps == (outside,)


def test_the_judging_date_is_asked_first_where_a_date_on_file_has_no_age() -> None:
    asked = "Assessment date (--as-of) missing: the age of dated results cannot be determined."
    dated = {"labs_date": "2026-05-01"}
    found = route("crlm_unresectable_naive", dated, ("labs_age",))
    assert found.next_steps[0] == asked
    undated = route("crlm_unresectable_naive", {}, ("labs_age",))
    assert (
        undated.next_steps == found.next_steps[1:] == ("Missing (chart): age of the blood tests.",)
    )
    settled = route("crlm_small_flr", dated, ("labs_age",))  # no trial that could take this asks
    assert asked not in settled.next_steps


def test_what_was_not_checked_is_stated() -> None:
    """`clinical.md` 17, with the sites of the registry copies of the trials that were judged."""
    said = "Recruitment status not checked: without a centre file, every trial is assumed to be "
    sites = "New Haven (DRAGON 2), Amsterdam (PUMP-IT), Seoul (RESCUE)"
    judged = judge({"profile": "crlm_small_flr", "set": {}})
    assert judged.route.reasons[-1] == f"{said}recruiting; registry sites: {sites}."
    assert not any(said in reason for reason in route("crlm_small_flr", dragon2="open").reasons)
    one, none = (
        judge_facts(judged.facts, Grounds(trials, PROTOCOLS)).route.reasons[-1]
        for trials in (TRIALS[:1], TRIALS[1:2])
    )
    assert one.endswith("; registry sites: New Haven (DRAGON 2).")
    assert none.endswith("is assumed to be recruiting.")  # its copy names no site


@pytest.mark.parametrize("risk", [{"cirrhosis": True}, {"ecog": 3}])
def test_h16_an_unknown_flr_is_never_called_not_below_its_limit(risk: dict[str, Any]) -> None:
    known = route("crlm_few_small", {**FIVE, **risk})
    assert (known.row, "FLR volume not below 30 %" in known.headline) == ("C8a", True)
    unknown = route("crlm_few_small", {**FIVE, **risk}, ("flr_volume",))
    assert (unknown.row, unknown.headline) == ("C10", "information missing: FLR")


# ---- resection beside a trial


@each_case("profile, given, missing, beside", [
    ("crlm_few_small", {}, (), True),
    ("crlm_few_small", FUNCTION_HIGH, (), True),
    ("crlm_few_small", FUNCTION_LOW, (), False),
    ("crlm_few_small", {"liver_tumour_resectability": "unresectable"}, (), False),
    ("hcc_large", OPERABLE, (), True),  # portal hypertension not stated
    ("hcc_large", {**OPERABLE, "portal_hypertension": True}, (), False),
    ("hcc_large", {**OPERABLE, **FUNCTION_LOW}, (), False),
    ("hcc_large", OPERABLE, ("lung_dose",), True),
    ("crlm_few_small", LEFT, (), False),
    ("crlm_few_small", {}, ("lesions_in_remnant_count",), False),
    ("crlm_few_small", {"portal_hypertension": True}, (), False),
    ("crlm_extrahepatic", {}, (), False),  # C4: not one of the rows
])  # fmt: skip
def test_resection_next_to_a_trial(
    profile: str, given: dict[str, Any], missing: tuple[str, ...], beside: bool
) -> None:
    names = [other.name for other in route(profile, given, missing).alternatives]
    assert ("resection_without_augmentation" in names) is beside


# ---- sentences


def test_eligible_is_potential_until_consent_is_recorded() -> None:
    assert route("crlm_small_flr").headline == "meets all criteria for DRAGON 2 (NCT05428735)"
    none = "Written consent to this trial is not recorded; it is obtained by the trial team."
    for consent in ([], ["NCT06449937"]):
        without = route("crlm_small_flr", {"written_consent_for": consent})
        assert without.headline == "potentially eligible for DRAGON 2 (NCT05428735)"
        assert none in without.next_steps
    declined = {"written_consent_for": [], "consent_declined_for": ["NCT05428735"]}
    steps = route("crlm_small_flr", declined).next_steps
    assert none not in steps
    assert "Written consent to this trial is recorded as not given." in steps


def test_resection_is_worded_with_care() -> None:
    found = route("crlm_few_small", {"lesion_count": 5})
    assert found.headline == "resection without prior FLR augmentation, for discussion"
    assert "Fitness for surgery was not assessed" in found.reasons[0]
    assert "Perioperative chemotherapy is not considered here." in found.reasons
    assert "upfront" not in json.dumps([found.headline, found.reasons, found.next_steps])


def test_what_a_missing_value_would_hide_is_pending() -> None:
    found = route("crlm_few_small", {}, ("investigator_unsuitable",))
    assert found.pending == ("NCT04562727",)
    assert (
        "Pending: NCT04562727 (ablation, perioperative chemotherapy) is undecided; not yet "
        "answered (clinical judgement): Unsuitable in the investigator's judgement (E8)."
        in found.reasons
    )
    assert any(step.startswith("Missing (investigator): ") for step in found.next_steps)


def test_more_answers_are_asked_of_whom_can_give_them() -> None:
    found = route("crlm_extrahepatic", {}, ("written_consent_for", "haemoglobin"))
    local = "NCT06449937 (local liver treatment)"
    assert found.headline == f"information missing: {local} undecided"
    assert found.reasons[0] == (
        f"{local} is undecided; not yet answered: Voluntary participation with signed consent; "
        "good compliance and follow-up expected (I2); Haemoglobin at least 9 g/dL (I10c)."
    )
    assert found.next_steps == (  # formalities last
        "Missing (chart): haemoglobin.",
        "Missing (patient): trials for which written consent is recorded.",
    )


def test_of_many_criteria_and_answers_of_one_person_five_are_named_and_how_many_more() -> None:
    missing = ("haemoglobin", "anc", "platelets", "albumin", "inr", "ecog", "alt")
    (reason,) = [r for r in route("crlm_extrahepatic", {}, missing).reasons if "undecided" in r]
    assert len(re.findall(r"\([IE]\d+[a-z]?\)", reason)) == 5
    assert reason.endswith("; and 2 more.")
    missing = ("haemoglobin", "anc", "platelets", "albumin", "inr", "child_pugh_score", "alt")
    (step,) = route("crlm_extrahepatic", {}, missing).next_steps
    assert step.startswith("Missing (chart): ")
    assert step.count("; ") == 5
    assert step.endswith(" more.")


def test_several_open_trials_are_named() -> None:
    found = route("crlm_small_flr", LUNG, ("able_to_consent", "r0_hepatectomy_feasible"))
    both = "DRAGON 2 and NCT06449937 (local liver treatment)"
    assert found.headline == f"information missing: {both} undecided"


def test_what_excludes_each_trial_is_reported() -> None:
    few = {"platelets": {"value": 99, "unit": "10*9/L"}}
    found = route("crlm_unresectable_naive", few)
    assert any(
        reason.startswith("PUMP-IT (NCT06857773): not eligible. Not met, modifiable: Platelets at")
        and reason.endswith("below the minimum of 100 \u00d7 10⁹/L (I13c).")
        for reason in found.reasons
    )
    many = {"lesion_count": 5, "largest_lesion": {"value": 4.8, "unit": "cm"}}
    assert any(  # a comma would belong to the criterion
        "4 cm; number of liver lesions 5; 0.8 cm above the maximum of 4 cm (I2)" in reason
        for reason in route("crlm_unresectable_naive", {**few, **many}).reasons
    )
    closed = route("crlm_small_flr", dragon2="closed")
    assert "DRAGON 2 (NCT05428735): meets all criteria, closed here." in closed.reasons
    undecided = route("crlm_small_flr", {}, ("able_to_consent",), dragon2="closed")
    assert "DRAGON 2 (NCT05428735): undecided, closed here." in undecided.reasons
    pregnant = {"sex": "female", "pregnant": True, "breastfeeding": False}
    excluded = route("crlm_small_flr", {**pregnant, "menopausal_status": "postmenopausal"})
    assert any(
        reason.endswith("not eligible. Applies, modifiable: Pregnant or lactating (E1).")
        for reason in excluded.reasons
    )


@each_case("given, later", [
    ({}, True),
    ({"flr_volume": {"value": 750, "unit": "mL"}}, True),  # I1 not met, which can change
    ({"prior_pve_hve": True}, False),  # no randomisation is left
    ({"pve_hve_anatomically_prohibited": True}, False),  # E9, which is permanent
])  # fmt: skip
def test_h15_no_trial_that_is_ruled_out_for_good_may_follow_the_pump(
    given: dict[str, Any], later: bool
) -> None:
    """`trials.md` 9.3, C1: "DRAGON 2 may remain an option"; 1, `by_design`: no randomisation."""
    found = route("crlm_unresectable_naive", given)
    assert found.row == "C1"
    assert found.reasons[1].startswith("This window closes with the first cycle of chemotherapy")
    _, remains, condition = found.reasons[1].partition("DRAGON 2 may remain an option")
    assert (bool(remains), condition.startswith(", unless there is progression")) == (later, later)


def test_how_long_results_for_the_pump_hold() -> None:
    found = route("crlm_unresectable_naive")
    window = "Registration in the trial is possible only before the first cycle of chemotherapy."
    assert window in found.next_steps
    held = [step for step in found.next_steps if " is valid " in step]
    assert [step.partition(":")[0] for step in held] == [
        "The answer to PUMP-IT I3 is valid until 14 days after the assessment date",
        "The answer to PUMP-IT I13 is valid until 8 days after the assessment date",
    ]
    for days, said in ((14, "until 1 day after"), (15, "on the assessment date only")):
        last = route("crlm_unresectable_naive", {"labs_age": {"value": days, "unit": "d"}})
        assert any(f"I13 is valid {said}" in step for step in last.next_steps)


def test_dragon_plc_is_named_as_none_of_the_five() -> None:
    found = route(*EVERY_ROW["H5"][0])
    assert found.headline == "outside the five trials: DRAGON PLC (NCT06914648), for discussion"
    assert "2.7 %/min/m²" in found.reasons[1]


def test_contradictions_are_named_without_the_file_that_states_them() -> None:
    """A file may be called after a patient, and the route is in tables that are passed on."""
    facts = {"labs_date": "2026-11-10", "labs_age": {"value": 200, "unit": "d"}}
    stated = parse_facts(json.dumps(facts), "Kowalski.json")
    stated = Stated(stated.values, dict.fromkeys(stated.values, "Kowalski.json"))
    judged = judge_stated(stated, Grounds(TRIALS, PROTOCOLS, None, date(2026, 11, 20)))
    (found,) = (one for one in judged.findings if one.code == "contradiction.labs_age")
    assert found.message.startswith("Kowalski.json: labs_age and labs_date contradict each other")
    assert judged.route.reasons[0].startswith(
        "The recorded facts contradict each other: labs_age and labs_date contradict each other"
    )


def test_contradictions_are_named_and_nothing_else_is_offered() -> None:
    found = route("crlm_small_flr", {"hcc_present": True})
    assert found.reasons[0] == (
        "The recorded facts contradict each other: CRLM and HCC are both recorded as present."
    )
    assert (found.alternatives, found.name) == ((), "needs_mdt")
    both = {"crlm_present": True, "hcc_present": True}  # by facts that were not compared before
    found = judge_facts(both, Grounds(TRIALS, PROTOCOLS)).route
    assert (found.row, "CRLM and HCC are both" in found.reasons[0]) == ("R1", True)


def test_a_reading_that_only_a_person_can_choose_is_asked_for() -> None:
    given = {"inr": {"value": 1.6, "unit": "1"}, "bleeding_tendency": False}
    found = route("crlm_extrahepatic", given)
    (question,) = found.questions
    assert (question.key, question.criteria) == (None, (("NCT06449937", "E12"),))
    assert (
        "To be agreed by the clinical team: interpretation of NCT06449937 E12." in found.next_steps
    )


def test_an_unclear_brain_lesion_is_a_question_to_the_radiologist() -> None:
    """E3 excludes brain metastases: only imaging answers it, not an agreement on its wording."""
    given = {
        "extrahepatic_status": "confirmed",
        "extrahepatic_sites": ["lung"],
        "extrahepatic_indeterminate_sites": ["brain"],
    }
    found = route("crlm_extrahepatic", given)
    asked = {id_: one for one in found.questions for _, id_ in one.criteria}
    unclear = "extrahepatic_indeterminate_sites"
    assert (asked["E3"].key, asked["E3"].asked_of) == (unclear, "radiologist")
    assert not any("NCT06449937 E3" in step for step in found.next_steps)
    assert any(step.startswith("Missing (radiologist): ") for step in found.next_steps)


# ---- lesions left, an earlier embolisation, a liver at risk


def test_resection_after_an_embolisation_bears_its_own_name() -> None:
    given = {**FIVE, **PVE}
    found = route("crlm_few_small", given)
    assert (found.row, found.name) == ("C9", "resection_after_augmentation")
    day = "after PVE, day of the scan not recorded"
    assert found.headline == f"resection after FLR augmentation, for discussion (scan {day})"
    hcc = route("hcc_large", {**SMALL, **OPERABLE, **PVE})
    assert (hcc.row, hcc.name) == ("H4", "resection_after_augmentation")
    beside = route("hcc_large", {**OPERABLE, **PVE}).alternatives
    assert [other.name for other in beside] == ["resection_after_augmentation"]
    assert beside[0].says == "resection after FLR augmentation, for discussion"


@each_case("done, after", [
    ({"prior_pve_hve": {"kind": "ALPPS", "date": "2026-05-01"}},
     "FLR augmentation, for discussion (scan on day 9 after ALPPS)"),
    ({"prior_radioembolisation": {"date": "2026-02-09"}},
     "radioembolisation, for discussion (scan on day 90 after Y90)"),
])  # fmt: skip
def test_the_route_after_an_embolisation_names_the_day_of_the_scan(
    done: dict[str, Any], after: str
) -> None:
    """`trials.md` 9.3, C9: "never "without prior augmentation"", with and without `--as-of`."""
    given = {**FIVE, **done, "scan_date": "2026-05-10"}
    missing = (*LOCALLY, "prior_pve_hve") if "prior_pve_hve" not in done else LOCALLY
    row = {"profile": "crlm_few_small", "set": given, "missing": missing}
    for case in (row, {**row, "as_of": "2026-11-22"}):
        found = judge(case).route
        name, headline = "resection_after_augmentation", f"resection after {after}"
        assert (found.name, found.headline) == (name, headline)
    hcc = route("hcc_large", {**OPERABLE, **Y90}, ("prior_hcc_treatment",))
    assert hcc.headline.startswith("resection after radioembolisation, for discussion (")


@pytest.mark.parametrize("row", ["C10a", "C11", "H4a", "H6", "H7", "R1a", "R3"])
def test_every_route_of_an_embolised_patient_names_the_day(row: str) -> None:
    """`trials.md` 9.2: "Every headline of an embolised patient, of pathway and route"."""
    done = {"prior_pve_hve": {"kind": "PVE", "date": "2026-05-01"}, "scan_date": "2026-05-22"}
    for profile, changed, *missing in EVERY_ROW[row]:
        if "prior_radioembolisation" not in changed:
            said = route(profile, {**changed, **done}, *missing).headline
            assert said.count("day 21 after PVE") == 1


@pytest.mark.parametrize(
    ("change", "row", "other"), [({}, "C7", "C11"), (FUNCTION_HIGH, "C6", "C10a")]
)
def test_pve_is_not_named_after_an_embolisation_nor_for_a_liver_at_risk(
    change: dict[str, Any], row: str, other: str
) -> None:
    given = {**NO_VEIN, **change}
    assert route("crlm_small_flr", given).row == row
    for against in (PVE, {"cirrhosis": True}, {"ecog": 3}, {"child_pugh_score": 8}):
        found = route("crlm_small_flr", {**given, **against})
        assert (found.row, found.name) == (other, "needs_mdt")
    assert route("crlm_small_flr", {**given, **Y90}, LOCALLY).row == other


def test_an_embolisation_not_answered_is_asked_for() -> None:
    found = route("crlm_small_flr", NO_VEIN, ("prior_pve_hve",))
    assert found.row == "C7"
    assert [question.key for question in found.questions] == ["prior_pve_hve", "flr_function"]


def test_no_trial_of_arms_after_one_was_given() -> None:
    found = route("crlm_small_flr", PVE)
    assert (found.row, found.alternatives) == ("C11", ())
    assert (
        "DRAGON 2 (NCT05428735): not eligible. PVE already performed; randomisation between PVE "
        "and PVE/HVE is no longer possible." in found.reasons
    )


def test_lesions_left_are_never_a_plain_resection() -> None:
    found = route("crlm_few_small", {**FIVE, **LEFT})
    assert found.headline == (
        "for tumour board discussion: FLR volume not below 30 % (DRAGON 2), 2 lesions left in the "
        "remnant, 30.5 % after clearing"
    )
    assert "FLR 74.6 % as entered, 30.5 % after clearing" in found.reasons[0]  # by three volumes
    assert "Two-stage hepatectomy, or clearing" in found.reasons[0]
    assert found.alternatives == ()


def test_lesions_not_counted_are_asked_for_before_a_resection() -> None:
    count = ("lesions_in_remnant_count",)
    found = route("crlm_few_small", FIVE, count)
    assert found.row == "C10"
    assert [question.key for question in found.questions] == [*count]
    number = "number of lesions left in the remnant"
    for profile, facts, missing, said in (
        ("crlm_few_small", FIVE, count, number),
        # the day is not listed as missing
        ("crlm_few_small", {**FIVE, **PVE}, count,
         f"{number} (after PVE, day of the scan not recorded)"),
        ("crlm_small_flr", NO_CONSENT, ("flr_volume",), "FLR"),
        ("crlm_small_flr", {**NO_CONSENT, **flr_ml(525)}, ("chemo_liver_damage",),
         "chemotherapy-associated liver injury"),
    ):  # fmt: skip
        assert route(profile, facts, missing).headline == f"information missing: {said}"


@each_case("risk, said", [
    ({"ecog": 3}, "ECOG 3"),
    ({"cirrhosis": True}, "cirrhosis"),
    ({"child_pugh_score": 7}, "Child-Pugh class B"),
    ({"portal_hypertension": True}, "portal hypertension"),
])  # fmt: skip
def test_a_risk_on_file_keeps_from_operable_and_is_named(risk: dict[str, Any], said: str) -> None:
    found = route("crlm_few_small", {**FIVE, **risk})
    assert found.row == "C8a"
    assert found.headline == (
        f"for tumour board discussion: FLR volume not below 30 % (DRAGON 2); recorded: {said}"
    )
    assert not any("five conditions" in reason for reason in found.reasons)


@each_case("against, said, excluded", [
    ({"portal_hypertension": True}, "recorded: portal hypertension", "portal hypertension"),
    ({"child_pugh_score": 7}, "recorded: Child-Pugh class B", "Child-Pugh class B"),
    (PVE, AFTER_PVE, None),
    ({**PVE, "child_pugh_score": 7}, f"recorded: Child-Pugh class B; {AFTER_PVE}",
     "Child-Pugh class B"),
])  # fmt: skip
def test_dragon_plc_is_no_route_with_a_risk_or_after_an_embolisation(
    against: dict[str, Any], said: str, excluded: str | None
) -> None:
    given = {**SMALL, **SMALL_FLR}
    assert route("hcc_large", given).row == "H5"
    found = route("hcc_large", {**given, **against})
    assert (found.row, found.name) == ("H4a", "needs_mdt")
    assert found.headline == (
        f"for the tumour board: FLR below 40 % (background limit, DRAGON PLC); {said}"
    )
    assert "For tumour board discussion: treatment outside the trials." in found.next_steps
    by_plc = [reason for reason in found.reasons if "excludes" in reason]
    says = f"DRAGON PLC, which is not one of the five trials, excludes {excluded}."
    assert by_plc == ([says] if excluded else [])


def test_function_above_its_limit_is_a_route_of_its_own() -> None:
    """`trials.md` 9.3, C10a and H4a: "limit reached by function, volume below 30 %"."""
    found = route("crlm_small_flr", {**PROGRESS, **FUNCTION_HIGH})
    by_function = "limit reached by function (3.0 %/min/m², above 2.67, DRAGON 2"
    assert found.headline == (
        f"{by_function}), volume below 30 % (DRAGON 2): resection for tumour board discussion; "
        "progression after chemotherapy"
    )
    excludes = [reason for reason in found.reasons if reason.startswith("DRAGON 2 (")]
    assert excludes == [
        "DRAGON 2 (NCT05428735): not eligible. Applies, modifiable: Progression (RECIST) after "
        "cytoreductive chemotherapy (E6)."
    ]
    embolised = route("crlm_small_flr", {**PVE, **FUNCTION_HIGH})
    assert "; after PVE, day of the scan not recorded" in embolised.headline
    hcc = route("hcc_large", {**SMALL, **SMALL_FLR, **FUNCTION_HIGH})
    assert (hcc.row, f"{by_function} for CRLM)" in hcc.headline) == ("H4a", True)
    assert "volume below 40 % (background limit, DRAGON PLC)" in hcc.headline


@each_case("profile, given, why", [
    ("crlm_small_flr", PROGRESS, "progression after chemotherapy"),
    ("crlm_small_flr", NO_CONSENT, "not able to consent"),
    ("crlm_few_small", {**FIVE, "prohibitive_comorbidity": True}, "prohibitive comorbidity"),
    ("crlm_small_flr", {**PROGRESS, **LUNG}, "extrahepatic disease"),
    ("crlm_small_flr", {**LUNG, "extrahepatic_resectable_or_ablatable": False},
     "extrahepatic disease, neither resectable nor ablatable"),
    ("crlm_small_flr", {**NO_VEIN, "cirrhosis": True}, "cirrhosis"),
    ("crlm_small_flr", NO_CONSENT, "FLR below 30 % (DRAGON 2)"),
    ("crlm_small_flr", {**PROGRESS, **FUNCTION_HIGH, **UNRESECTABLE},
     "function 3.0 %/min/m² exceeds 2.67 (DRAGON 2)"),
    ("hcc_large", {**SMALL, **SMALL_FLR, **FUNCTION_HIGH, **UNRESECTABLE},
     "function 3.0 %/min/m² exceeds 2.67 (DRAGON 2 for CRLM)"),  # trials.md 9.2
    ("crlm_small_flr", {**PROGRESS, **UNRESECTABLE}, "liver tumours judged unresectable"),
    ("hcc_large", SMALL, "liver tumours judged potentially resectable"),
    ("hcc_large", {"vascular_invasion": True}, "vascular invasion"),
    ("hcc_large", {**SMALL, **OPERABLE, "ecog": 3}, "ECOG above 2"),
    ("crlm_extrahepatic", {"written_consent_for": [], "consent_declined_for": ["NCT06449937"]},
     "written consent not given"),
])  # fmt: skip
def test_where_no_route_applies_the_reason_is_named(
    profile: str, given: dict[str, Any], why: str
) -> None:
    """`trials.md` 9.3, C11 and H7: "for tumour board discussion: {reason}"."""
    found = route(profile, given)
    said, _, reasons = found.headline.partition("; for tumour board discussion: ")
    assert (found.row in ("C11", "H7"), said) == (True, "no predefined route applies")
    assert why in reasons.split("; ")


LOW = "function 2.67 %/min/m² does not exceed 2.67 (DRAGON 2)"
NO_ROUTE = "no predefined route applies; for tumour board discussion"
OPEN = "it is not known whether all of this tool's five conditions for resection are met"
OPEN_ECOG = f"{OPEN} (unknown: ECOG)"


@each_case("given, missing, headline", [
    ({"liver_tumour_resectability": "potentially_resectable"}, (),
     f"{NO_ROUTE}: liver tumours judged potentially resectable; {LOW}"),
    ({}, ("ecog",), f"{NO_ROUTE}: {LOW}; {OPEN_ECOG}"),
    ({"portal_hypertension": True}, (),
     "for tumour board discussion: FLR volume not below 30 % (DRAGON 2); recorded: portal "
     f"hypertension; {LOW}"),
])  # fmt: skip
def test_a_low_function_is_named_next_to_a_sufficient_volume(
    given: dict[str, Any], missing: tuple[str, ...], headline: str
) -> None:
    """Function 2.67 does not exceed 2.67: no headline names the sufficient volume alone."""
    assert route("crlm_few_small", {**FIVE, **FUNCTION_LOW, **given}, missing).headline == headline
    normal = route("crlm_few_small", {**FIVE, **FUNCTION_HIGH, **given}, missing).headline
    below = route("crlm_small_flr", {**FUNCTION_LOW, **PROGRESS}).headline  # 30 % by volume
    assert "function" not in normal + below


OTHER_CANCER = {"other_hepatic_malignancy": True}
MINOR = {"age": {"value": 17, "unit": "a"}}
E5 = "exclusion applies: Hepatic malignancy other than colorectal metastases (E5)"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (OTHER_CANCER, [E5]),
        (MINOR, ["inclusion not met: Adult (I4)"]),
        ({**OTHER_CANCER, **MINOR}, ["inclusion not met: Adult (I4)", E5]),
        (
            {**OTHER_CANCER, **MINOR, "primary_status": "in_situ",
             "primary_resection_intended": False},
            ["inclusion not met: If the primary tumour is in situ: resection of this tumour "
             "intended after the liver treatment (liver first) or during a liver procedure (I2)",
             "inclusion not met: Adult (I4)", "and 1 more"],
        ),
        ({**OTHER_CANCER, **PROGRESS}, []),  # progression is named
        ({**OTHER_CANCER, **PVE}, []),  # no randomisation is left
        ({**OTHER_CANCER, **UNRESECTABLE}, [E5]),  # which DRAGON 2 accepts
    ],
)  # fmt: skip
@pytest.mark.parametrize("function", [{}, FUNCTION_HIGH])
def test_what_excludes_the_trial_of_the_limit_is_in_the_headline(
    given: dict[str, Any], named: list[str], function: dict[str, Any]
) -> None:
    """`trials.md` 9.3, C10a: "and what excludes DRAGON 2"; C11: "{reason}"."""
    found = route("crlm_small_flr", {**given, **function})
    headline = found.headline.split("; ")
    assert found.row in ("C10a", "C11")
    criteria = [one for one in headline if one.startswith(("inclusion", "exclusion", "and "))]
    assert criteria == named


RECORDED = "recorded: resectability of the liver tumours: resectable"


@pytest.mark.parametrize(
    ("profile", "given", "trial", "criterion", "named"),
    [
        ("crlm_small_flr", OPERABLE, "NCT05428735", "I1", RECORDED),
        ("hcc_large", {"vascular_invasion": True}, "NCT06178198", "I4",
         "recorded: vascular invasion, including that of segmental branches: yes"),
        ("crlm_few_small", {"expected_compliance_good": False}, "NCT06449937", "I2", ""),
        ("crlm_extrahepatic", {"expected_compliance_good": False}, "NCT06449937", "I2",
         "recorded: good compliance with treatment and follow-up expected: no"),
        ("crlm_few_small", {"active_infection": True}, "NCT04562727", "E4", ""),
        ("crlm_few_small", {"ecog": 2}, "NCT04562727", "I1", ""),  # the number is named
    ],
)  # fmt: skip
def test_h15_of_several_answers_that_an_inclusion_requires_the_failing_one_is_named(
    profile: str, given: dict[str, Any], trial: str, criterion: str, named: str
) -> None:
    """`trials.md` 1: the failed criteria in words; an FLR of 25 % does not fail I1 below 30 %."""
    judged = judge({"profile": profile, "set": given})
    reasons = judged.why_not[trial]
    (reason,) = (one for one in reasons if one.endswith(f"({criterion})."))
    assert reason.endswith(f"{named} ({criterion}).")
    assert ("recorded:" in reason) is bool(named)


def test_h15_the_headline_names_the_answer_that_rules_out_the_trial_of_a_small_flr() -> None:
    """FLR 25 % and "inclusion not met: ... FLR below 30 %" would contradict each other."""
    judged = judge({"profile": "crlm_small_flr", "set": OPERABLE})
    assert (judged.pathway.row, judged.route.row) == ("V13", "C11")
    assert f"{RECORDED} (I1)" in judged.route.headline
    assert sum(RECORDED in reason for reason in judged.pathway.reasons) == 1


def test_a_resection_on_the_strength_of_function_is_headed_with_every_risk() -> None:
    """`trials.md` 9.3: the risk by name, as in C8a; ECOG 3 once, and a list of three as a list."""
    risks = {"child_pugh_score": 8, "cirrhosis": True, "ecog": 3}
    found = route("crlm_small_flr", {**PVE, **FUNCTION_HIGH, **risks})
    assert (found.row, found.headline.partition("resection for tumour board discussion; ")[2]) == (
        "C10a",
        "Child-Pugh class B; cirrhosis; ECOG 3; after PVE, day of the scan not recorded",
    )
    recorded = "Recorded: Child-Pugh class B, cirrhosis and ECOG 3; "
    assert any(reason.startswith(recorded) for reason in found.reasons)


def test_a_poor_status_is_named_once_as_the_risk_that_it_is() -> None:
    """Of CRLM, ECOG 3 or more is a liver risk on file [trials.md 9.1]."""
    found = route("crlm_few_small", {"ecog": 3, "extrahepatic_status": "confirmed"})
    reasons = found.headline.partition("; for tumour board discussion: ")[2].split("; ")
    assert reasons == ["extrahepatic disease", "ECOG 3"]


def test_a_trial_that_fits_and_is_not_open_here_is_named_first() -> None:
    found = route("crlm_small_flr", dragon2="closed")
    assert "discussion: DRAGON 2 (NCT05428735) closed here; " in found.headline
    elsewhere = route("hcc_large", rescue="referral")
    assert "discussion: RESCUE (NCT06178198) by referral; " in elsewhere.headline


@each_case("given, missing, why", [
    ({}, (), OPEN_ECOG),
    ({"extrahepatic_status": "indeterminate"}, ("child_pugh_score",),
     f"{OPEN} (unknown: Child-Pugh class, ECOG and extrahepatic disease)"),
    (PVE, (), f"{AFTER_PVE}; {OPEN_ECOG}"),
])  # fmt: skip
def test_where_nothing_excludes_it_what_is_not_known_does(
    given: dict[str, Any], missing: tuple[str, ...], why: str
) -> None:
    """Nothing on file against resection, and ECOG not recorded: named, and asked for."""
    found = route("hcc_large", {**SMALL, **OPERABLE, **given}, ("ecog", *missing))
    asked = {question.key: question.asked_of for question in found.questions}
    assert asked["ecog"] == "chart"
    assert (found.row, found.headline) == ("H7", f"{NO_ROUTE}: {why}")


@each_case("profile, given, missing, row", [
    ("crlm_few_small", FIVE, "cirrhosis", "C9"),
    ("crlm_few_small", {}, "cirrhosis", "C5"),  # resection is named beside the trial
    ("crlm_small_flr", NO_VEIN, "cirrhosis", "C7"),
    ("crlm_small_flr", NO_VEIN, "ecog", "C7"),
    ("crlm_small_flr", NO_VEIN, "child_pugh_score", "C7"),
    ("hcc_large", {**SMALL, **SMALL_FLR}, "child_pugh_score", "H5"),
    ("hcc_large", {**SMALL, **SMALL_FLR}, "liver_tumour_resectability", "H7"),
    ("hcc_large", {**SMALL, **SMALL_FLR}, "extrahepatic_status", "H7"),
    ("hcc_large", SMALL, "liver_tumour_resectability", "H7"),
    ("crlm_few_small", FIVE, "liver_tumour_resectability", "C11"),
    ("crlm_small_flr", {**FUNCTION_HIGH, **PROGRESS}, "liver_tumour_resectability", "C11"),
])  # fmt: skip
def test_h15_what_would_overturn_the_route_is_asked_for(
    profile: str, given: dict[str, Any], missing: str, row: str
) -> None:
    """Each of these facts, answered one way, gives another route [trials.md 9.1, 9.3]."""
    found = route(profile, given, (missing,))
    assert found.row == row
    asked = missing.replace("score", "class")
    assert asked in {question.key for question in found.questions}
    assert asked not in {question.key for question in route(profile, given).questions}


@pytest.mark.parametrize(
    ("profile", "given", "row"),
    [
        ("hcc_large", SMALL_FLR, "H1"),  # the FLR is below its limit, so no resection beside it
        ("crlm_unresectable_naive", {}, "C1"),
    ],
)
def test_resectability_is_not_asked_where_it_changes_nothing_next_to_a_trial(
    profile: str, given: dict[str, Any], row: str
) -> None:
    key = "liver_tumour_resectability"
    found = route(profile, given, (key,))
    assert found.row == row
    assert key not in {question.key for question in found.questions}
    answered = [route(profile, {**given, key: one}) for one in ("resectable", "unresectable")]
    assert {(one.row, one.headline) for one in answered} == {(row, found.headline)}
    assert {one.alternatives for one in (found, *answered)} == {found.alternatives}


BELOW_40 = "FLR below 40 % (background limit, DRAGON PLC)"


@each_case("profile, given, missing, words", [
    ("hcc_large", {**SMALL, **SMALL_FLR}, ("liver_tumour_resectability",),
     f"{BELOW_40}; unknown: resectability of the liver tumours"),
    ("hcc_large", {**SMALL, **SMALL_FLR, **OPERABLE, "extrahepatic_status": "indeterminate"}, (),
     f"{BELOW_40}; unknown: extrahepatic disease"),
    ("hcc_large", {**SMALL, **SMALL_FLR, **UNRESECTABLE}, ("extrahepatic_status",),
     f"liver tumours judged unresectable; {BELOW_40}"),
    ("crlm_small_flr", PROGRESS, ("liver_tumour_resectability",),
     "progression after chemotherapy; FLR below 30 % (DRAGON 2)"),
])  # fmt: skip
def test_h15_below_the_limit_what_is_not_known_of_resectability_is_named(
    profile: str, given: dict[str, Any], missing: tuple[str, ...], words: str
) -> None:
    assert route(profile, given, missing).headline == f"{NO_ROUTE}: {words}"


# ---- why a patient is not eligible


def why_not(profile: str, given: dict[str, Any], trial: str) -> tuple[str, ...]:
    return judge({"profile": profile, "set": given}).why_not[IDS[trial]]


def judge_every_row() -> Iterator[Judged]:
    for profile, changed, *missing in (case for cases in EVERY_ROW.values() for case in cases):
        yield judge({"profile": profile, "set": changed, "missing": [*missing, ()][0]})


def test_every_trial_that_is_not_eligible_has_its_reasons_in_words() -> None:
    """`trials.md` 1: "at least one for every *not eligible*", "no id appears without its words"."""
    for judged in judge_every_row():
        for one in judged.judgements:
            said = judged.why_not[one.trial.id]
            lost = one.verdict is Verdict.NOT_ELIGIBLE
            assert bool(said) is lost
            assert len(said) == 1 or len(said) == len(one.failed) + bool(one.by_design)
            assert all(why.endswith(".") for why in said)
            assert not re.search(r"not (yet )?answered|missing", " ".join(said))
            for id_ in one.failed if one.applies else ():
                assert any(f"{one.trial.criterion(id_).says}" in why for why in said)


def test_what_the_design_rules_out_comes_first_with_its_kind() -> None:
    given = {"prior_pve_hve": {"kind": "ALPPS"}, **PROGRESS}
    first, second = why_not("crlm_small_flr", given, "dragon2")
    assert first == (
        "ALPPS already performed; randomisation between PVE and PVE/HVE is no longer possible."
    )
    assert second.startswith("Applies, modifiable: Progression (RECIST)")
    both = {**given, **Y90, LOCALLY[0]: True}  # Y90 is no arm of this trial
    assert why_not("crlm_small_flr", both, "dragon2")[0] == first


def test_of_few_failures_the_distance_is_reported_and_of_another_disease_one_line() -> None:
    (few,) = why_not("crlm_unresectable_naive", {"ecog": 2}, "pump_it")
    assert few.endswith(", ECOG 2 (I7).")  # a score has its value, a measured number its distance
    many = why_not("crlm_small_flr", {}, "pump_it")
    assert len(many) == 3
    assert why_not("hcc_large", {}, "dragon2") == ("For another diagnosis.",)
    assert why_not("crlm_small_flr", {}, "dragon2") == ()


def test_no_headline_names_a_trial_that_is_not_eligible() -> None:
    """`trials.md` 1: "the one exception is the source of a limit"."""
    for judged in judge_every_row():
        said = f"{judged.pathway.headline} {judged.route.headline}"
        assert ("none of the five" in said) is (judged.route.row == "R3")
        lost = {one.trial.short for one in judged.judgements if one.verdict is Verdict.NOT_ELIGIBLE}
        assert not lost & {"rescue"} or "RESCUE" not in said
        assert not lost & {"pump_it"} or "PUMP-IT" not in said
        assert not lost & {"dragon2"} or "randomis" not in said


@pytest.mark.parametrize(
    ("profile", "source"), [("crlm_few_small", "DRAGON 2"), ("hcc_large", "DRAGON 2 for CRLM")]
)
@pytest.mark.parametrize(("value", "does"), [(2.0, "does not exceed"), (3.0, "exceeds")])
def test_h15_the_limit_of_function_is_named_with_its_source_and_cancer(
    profile: str, source: str, value: float, does: str
) -> None:
    """`trials.md` 9.2: every limit with its source; 2.67 is DRAGON 2's figure for CRLM."""
    given = {
        **OPERABLE,
        "flr_function": {"value": value, "unit": "%/min/m2"},
        "active_infection": True,  # no trial is left for CRLM
        "prior_hcc_treatment": True,  # and none for HCC
    }
    judged = judge({"profile": profile, "set": given})
    for reasons, cited in (
        (judged.route.reasons, source),
        (judged.pathway.reasons, f"{source}, background section"),
    ):
        (said,) = (reason for reason in reasons if reason.startswith("FLR function, "))
        assert said.endswith(f"{does} 2.67 ({cited}).")


@pytest.mark.parametrize(("score", "told"), [(5, False), (6, True)])
def test_h15_a_route_by_the_limit_for_cirrhosis_states_up_to_which_child_pugh_it_is(
    score: int, told: bool
) -> None:
    """`trials.md` 9.1: Child-Pugh A6 is operable, but the 50 % is of at most A5."""
    given = {
        **OPERABLE,
        "cirrhosis": True,
        "child_pugh_score": score,
        "prior_hcc_treatment": True,
        "flr_volume": {"value": 900, "unit": "mL"},  # of 1600
    }
    found = route("hcc_large", given)
    assert found.row == "H4"
    assert any("up to Child-Pugh A5" in reason for reason in found.reasons) is told


def test_other_options_begin_with_their_names() -> None:
    """`trials.md` 9.3: "`says` names the option in words"."""
    (trial, *_) = route("crlm_small_flr", BOTH_ELIGIBLE).alternatives
    assert trial.says == "NCT06449937 (local liver treatment)"
    assert trial.why == "meets all criteria: recruiting here"
    (resection, *_) = route("crlm_few_small").alternatives
    assert resection.says == "resection without prior FLR augmentation, for discussion"
    assert resection.why == "five conditions met, FLR volume not below 30 % (DRAGON 2)"
    none = route("crlm_small_flr", NO_TUMOUR)  # after a complete response
    assert (none.row, none.name, none.alternatives) == ("R1a", "needs_mdt", ())
    assert "DRAGON 2, exclusion 7" in none.reasons[0]


def test_what_contradicts_for_one_trial_alone_leaves_the_route() -> None:
    given = {"comorbidity_prohibits": ["NCT06449937"], "comorbidity_permits": ["NCT06449937"]}
    judged = judge({"profile": "crlm_small_flr", "set": given})
    assert "contradiction.per_trial" in {finding.code for finding in judged.findings}
    assert judged.route.row == "C10"  # unknown for each trial, and no contradiction of the route


def test_h15_tumour_in_a_vein_excludes_from_the_trial_of_large_tumours() -> None:
    """`trials.md` 6, I2: "LR-TIV without histology: fails", though invasion is denied."""
    judged = judge({"profile": "hcc_large", "set": {"li_rads_category": "LR-TIV"}})
    rescue = judged.judgements[-1]
    assert (rescue.failed, rescue.unknown) == (("I2",), ("I4",))
    assert (judged.pathway.row, judged.route.row) == ("V9", "H7")
    with_histology = {"li_rads_category": "LR-TIV", "hcc_histology_confirmed": True}
    rescue = judge({"profile": "hcc_large", "set": with_histology}).judgements[-1]
    assert (rescue.failed, rescue.unknown) == ((), ("I4",))


# ---- what holds of every patient

KEYS = sorted({key for profile in book()["profiles"].values() for key in profile})
ORDERS = re.compile(
    r"(?:Ask|Check|Confirm|Decide|Give|Let|Look|Make|Propose|Register|Renew|Resect|Weigh)\b",
    re.IGNORECASE,
)
RAW = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")  # keys and codes, which are not for people
ARMS = re.compile(r"\bPVE/HVE (?:is|as)|\bpump therapy\b|\barm [AB]\b|control arm", re.IGNORECASE)


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(20, 60))
@given(
    st.sampled_from(sorted(book()["profiles"])),
    st.sampled_from(sorted(book()["profiles"])),
    st.sets(st.sampled_from(KEYS), max_size=30),
    st.sets(st.sampled_from(KEYS), max_size=6),
    st.none() | st.dictionaries(st.sampled_from(sorted(IDS)), st.sampled_from(["open", "closed"])),
)
def test_every_combination_has_a_route(
    profile: str, other: str, taken: set[str], missing: set[str], statuses: dict[str, str] | None
) -> None:
    profiles = book()["profiles"]
    given = {key: profiles[other][key] for key in sorted(taken) if key in profiles[other]}
    centre = None
    if statuses is not None:
        offers = {IDS[short]: Offer(status) for short, status in statuses.items()}  # type: ignore[arg-type]
        centre = Centre("Site 7", date(2026, 11, 1), offers)
    judged = judge({"profile": profile, "set": given, "missing": sorted(missing)}, centre)
    found = judged.route
    said = [*found.reasons, *found.next_steps]
    assert found.reasons
    assert all(sentence.endswith(".") for sentence in said)
    everything = " ".join([found.headline, *said, *(one.why for one in found.alternatives)])
    assert not ARMS.search(everything)
    for trial in TRIALS:  # the protocols speak for themselves: "within one month of enrolment"
        for criterion in trial.criteria:
            everything = everything.replace(criterion.says, "")
    for word in ("healthy", "enrol", "include ", "upfront", " is open", " will "):
        assert word not in everything.lower()
    assert not any(ORDERS.match(sentence) for sentence in (found.headline, *said))
    assert not RAW.search(everything)
    by_short = {one.trial.short: one for one in judged.judgements}
    if found.name.startswith("trial_"):
        short = found.name.removeprefix("trial_")
        assert by_short[short].verdict is Verdict.ELIGIBLE
        assert statuses is None or statuses.get(short) == "open"
    fits = [one for one in judged.judgements if one.verdict is Verdict.ELIGIBLE]
    named = {other.name for other in found.alternatives} | {found.name}
    if found.row not in ("R1", "R1a"):
        assert {f"trial_{one.trial.short}" for one in fits} <= named
    contradict = {f.code for f in judged.findings if f.code.startswith("contradiction.")}
    assert (found.row == "R1") is bool(contradict - {*KNOWN_DOUBTS})


# ---- near misses


def test_a_near_miss_by_volume_is_reported_with_its_chance() -> None:
    share = LimitedShare(
        "flr_fraction", Share(304, 1000), 1.5, default_scatter("drawn").relative_sd
    )
    known = {
        **judge({"profile": "crlm_small_flr", "set": {}}).facts,
        "flr_fraction": Fraction("0.304"),
    }
    near = compare_thresholds([share], [PROTOCOLS.crlm])
    found = judge_facts(known, Grounds(TRIALS, PROTOCOLS), thresholds=near).route
    assert found.row == "C11"
    assert any(
        "6.0 mL above 30 %" in reason and reason.endswith("; 43 % chance of crossing (I1).")
        for reason in found.reasons
    )


def test_trials_that_were_not_judged_are_passed_over() -> None:
    known = {**judge({"profile": "crlm_small_flr", "set": {}}).facts, "able_to_consent": False}
    found = judge_facts(known, Grounds(TRIALS[:1], PROTOCOLS)).route
    assert found.row == "C11"
    assert [reason[:8] for reason in found.reasons if "eligible" in reason] == ["DRAGON 2"]
    assert judge_facts(known, Grounds((), PROTOCOLS)).route.row == "C11"
