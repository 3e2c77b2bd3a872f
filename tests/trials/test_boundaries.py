"""Each criterion of each trial on both sides of its boundary, decided by hand from the texts."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from fl_planner.basis.truth import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.facts.facts import FACTS, Kind, Value
from fl_planner.trials.judge import judge_criterion

TRIALS = {trial.short: trial for trial in read_bundled_trials()}
MET, NOT_MET, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
Said = Mapping[str, Value]
Table = dict[str, list[tuple[Said, Truth]]]


def as_facts(said: Said) -> dict[str, Value | None]:
    """Make facts of a table's row, where numbers are written as text."""
    numbers = (Kind.NUMBER, Kind.WHOLE)
    return {
        name: _number(value) if FACTS[name].kind in numbers and isinstance(value, str) else value
        for name, value in said.items()
    }


def told(**facts: Value) -> Said:
    """Name facts of a row that is made from others."""
    return facts


def _number(text: str) -> Fraction:
    number, _, divisor = text.partition("/")
    return Fraction(number) / Fraction(divisor or 1)


def yes_no(fact: str, *, met_by: bool = True) -> list[tuple[Said, Truth]]:
    """Write the rows of one yes/no fact that meets the criterion by a yes, or by a no."""
    return [({fact: met_by}, MET), ({fact: not met_by}, NOT_MET), ({}, UNKNOWN)]


def either(first: str, second: str) -> list[tuple[Said, Truth]]:
    """Write the rows of two grounds of which one is enough."""
    return [
        ({first: True}, MET),
        ({second: True}, MET),
        ({first: False, second: False}, NOT_MET),
        ({first: False}, UNKNOWN),
        ({second: False}, UNKNOWN),
    ]


def both(first: str, second: str) -> list[tuple[Said, Truth]]:
    """Write the rows of two conditions that must both hold."""
    return [
        ({first: True, second: True}, MET),
        ({first: False}, NOT_MET),
        ({second: False}, NOT_MET),
        ({first: True}, UNKNOWN),
    ]


def at(fact: str, met: str, not_met: str) -> list[tuple[Said, Truth]]:
    """Write the rows of one number, met and not met at its boundary."""
    return [({fact: met}, MET), ({fact: not_met}, NOT_MET), ({}, UNKNOWN)]


AGE_18_80 = [
    *at("age_years", "18", "17"),
    ({"age_years": "80"}, MET),
    ({"age_years": "81"}, NOT_MET),
]
PREGNANT = either("pregnant", "breastfeeding")
HISTORY: Said = {"other_malignancy_history": True}
NO_SECOND: Said = {"hcc_present": False, "other_hepatic_malignancy": False}
NO_OTHER: Said = {"other_malignancy_history": False, **NO_SECOND}
SECOND = [
    ({"hcc_present": True}, MET),
    ({"other_hepatic_malignancy": True}, MET),
    (NO_OTHER, NOT_MET),
    ({"other_malignancy_history": False}, UNKNOWN),
    ({}, UNKNOWN),
]

LOCAL: Table = {
    "I1": AGE_18_80,
    "I2": both("written_consent", "expected_compliance_good"),
    "I3": [
        ({"primary_status": "resected", "crc_histology": "adenocarcinoma"}, MET),
        ({"primary_status": "resected", "crc_histology": "other_crc"}, MET),
        ({"primary_status": "resected", "crc_histology": "not_confirmed"}, NOT_MET),
        (
            {
                "primary_status": "in_situ",
                "primary_resectable": True,
                "crc_histology": "adenocarcinoma",
            },
            MET,
        ),
        ({"primary_status": "in_situ", "primary_resectable": False}, NOT_MET),
        ({"primary_status": "in_situ", "crc_histology": "adenocarcinoma"}, UNKNOWN),
        ({"primary_status": "resected"}, UNKNOWN),
    ],
    "I4": [
        (
            {
                "crlm_present": True,
                "extrahepatic_status": "confirmed",
                "extrahepatic_controllable_by_mdt": True,
            },
            MET,
        ),
        ({"crlm_present": False}, NOT_MET),
        ({"extrahepatic_status": "none"}, NOT_MET),
        ({"extrahepatic_controllable_by_mdt": False}, NOT_MET),
        (
            {
                "crlm_present": True,
                "extrahepatic_status": "indeterminate",
                "extrahepatic_controllable_by_mdt": True,
            },
            UNKNOWN,
        ),
    ],
    "I5": [
        *at("systemic_therapy_line", "1", "0"),
        ({"systemic_therapy_line": "2"}, MET),
        ({"systemic_therapy_line": "3"}, NOT_MET),
    ],
    "I6": [
        ({"radical_local_treatment_by_mdt": False, "r0_hepatectomy_feasible": True}, NOT_MET),
        ({"radical_local_treatment_by_mdt": True, "r0_hepatectomy_feasible": True}, MET),
        *(
            (
                told(
                    radical_local_treatment_by_mdt=True,
                    r0_hepatectomy_feasible=False,
                    largest_lesion_cm=size,
                    lesion_count=count,
                ),
                truth,
            )
            for size, count, truth in [
                ("2.9", "5", MET),
                ("2.999", "1", MET),
                ("3.0", "5", NOT_MET),
                ("2.9", "6", NOT_MET),
                ("2.9", "0", NOT_MET),
            ]
        ),
        (
            {
                "radical_local_treatment_by_mdt": True,
                "largest_lesion_cm": "3.0",
                "lesion_count": "2",
            },
            UNKNOWN,  # hepatectomy may still be feasible
        ),
        ({"r0_hepatectomy_feasible": True}, UNKNOWN),
    ],
    "I7": at("ecog", "1", "2"),
    "I8": [
        *at("life_expectancy_months", "3", "2.999"),
        ({"life_expectancy_months": "336/121.75"}, NOT_MET),  # 12 weeks are 2.76 months
    ],
    "I9": [
        *at("child_pugh_score", "7", "8"),
        ({"child_pugh_class": "A"}, MET),
        ({"child_pugh_class": "B"}, UNKNOWN),
        ({"child_pugh_class": "C"}, NOT_MET),
        ({"child_pugh_score": "7", "child_pugh_class": "B"}, MET),
        ({"child_pugh_score": "8", "child_pugh_class": "B"}, NOT_MET),
    ],
    "I10a": at("anc_10e9_per_l", "1.5", "1.49"),
    "I10b": at("platelets_10e9_per_l", "100", "99.9"),
    "I10c": at("haemoglobin_g_per_dl", "9.0", "8.9"),
    "I10d": at("bilirubin_total_x_uln", "1.49", "1.5"),
    "I10e": [
        ({"alt_x_uln": "4.99", "ast_x_uln": "4.99"}, MET),
        ({"alt_x_uln": "5"}, NOT_MET),
        ({"ast_x_uln": "5"}, NOT_MET),
        ({"alt_x_uln": "4.99"}, UNKNOWN),
    ],
    "I10f": [
        ({"creatinine_x_uln": "1.5"}, MET),
        ({"creatinine_x_uln": "1.51"}, UNKNOWN),
        ({"creatinine_x_uln": "1.51", "creatinine_clearance_ml_per_min": "50"}, NOT_MET),
        ({"creatinine_x_uln": "1.51", "creatinine_clearance_ml_per_min": "50.1"}, MET),
        ({"creatinine_clearance_ml_per_min": "50.1"}, MET),
    ],
    "I10g": at("albumin_g_per_l", "30.1", "30"),
    "E1": [
        ({"crlm_present": True, "extrahepatic_status": "none"}, MET),
        ({"crlm_present": True, "extrahepatic_status": "confirmed"}, NOT_MET),
        ({"crlm_present": True, "extrahepatic_status": "indeterminate"}, UNKNOWN),
        ({"crlm_present": False}, NOT_MET),
        ({"crlm_present": True}, UNKNOWN),
    ],
    "E2": either("hepatic_encephalopathy_history", "liver_transplant_history"),
    "E3": [
        ({"extrahepatic_status": "none"}, NOT_MET),
        ({"extrahepatic_status": "confirmed"}, UNKNOWN),
        ({"extrahepatic_status": "confirmed", "extrahepatic_sites": ("lung",)}, NOT_MET),
        ({"extrahepatic_status": "confirmed", "extrahepatic_sites": ("lung", "brain")}, MET),
        ({"extrahepatic_status": "indeterminate", "extrahepatic_sites": ("brain",)}, MET),
    ],
    "E4": PREGNANT,
    "E5": [
        *SECOND,
        ({**HISTORY, "other_malignancy_kind": "thyroid", **NO_SECOND}, NOT_MET),
        ({**HISTORY, "other_malignancy_kind": "carcinoma_in_situ", **NO_SECOND}, NOT_MET),
        ({**HISTORY, "other_malignancy_kind": "nonmelanoma_skin", **NO_SECOND}, UNKNOWN),
        ({**HISTORY, "other_malignancy_disease_free_years": "5", **NO_SECOND}, NOT_MET),
        (
            {
                **HISTORY,
                "other_malignancy_kind": "other",
                "other_malignancy_disease_free_years": "4.9",
            },
            MET,
        ),
        ({**HISTORY, "other_malignancy_kind": "thyroid", "hcc_present": True}, MET),
    ],
    "E6": either(
        "acute_cardio_cerebrovascular_event_last_month", "cardiovascular_disease_uncontrolled"
    ),
    "E7": [
        ({"nyha_class": "3"}, MET),
        ({"lvef_percent": "49.9"}, MET),
        ({"nyha_class": "2", "lvef_percent": "50"}, NOT_MET),
        ({"nyha_class": "2"}, UNKNOWN),
    ],
    "E8": [
        *(
            (
                told(
                    systolic_bp_treated_mmhg=systolic,
                    diastolic_bp_treated_mmhg=diastolic,
                    hypertensive_crisis_history=False,
                ),
                truth,
            )
            for systolic, diastolic, truth in [
                ("160", "95", NOT_MET),
                ("161", "95", MET),
                ("158", "96", MET),
            ]
        ),
        ({"hypertensive_crisis_history": True}, MET),
        ({"systolic_bp_treated_mmhg": "160", "diastolic_bp_treated_mmhg": "95"}, UNKNOWN),
    ],
    "E9": [
        ({"infection_uncontrolled": True, "infection_ctcae_grade": "3"}, MET),
        ({"infection_uncontrolled": True, "infection_ctcae_grade": "2"}, NOT_MET),
        ({"infection_uncontrolled": False}, NOT_MET),
        ({"infection_uncontrolled": True}, UNKNOWN),
    ],
    "E10": [
        ({"pao2_mmhg": "59.9"}, MET),
        ({"pao2_mmhg": "60"}, NOT_MET),
        ({"pao2_mmhg": "60.00496"}, NOT_MET),  # 8.0 kPa
        ({"pao2_mmhg": "60", "respiratory_insufficiency": True}, NOT_MET),
        *yes_no("respiratory_insufficiency"),
    ],
    "E11": [
        ({"ascites": "large"}, MET),
        ({"ascites": "moderate", "ascites_malignant": True}, MET),
        ({"ascites": "moderate", "ascites_malignant": False}, NOT_MET),
        ({"ascites": "none", "ascites_malignant": False}, NOT_MET),
        ({"ascites": "small"}, UNKNOWN),
    ],
    "E12": [
        *(
            (told(inr=inr, aptt_x_uln=aptt, **said), truth)
            for inr, aptt, said, truth in [
                ("1.5", "1.5", {}, NOT_MET),
                ("1.51", "1.0", {"bleeding_tendency": True}, MET),
                ("1.0", "1.51", {"bleeding_tendency": True}, MET),
                ("1.51", "1.0", {"bleeding_tendency": False}, UNKNOWN),
                ("1.51", "1.0", {}, UNKNOWN),
                ("1.0", "1.0", {"bleeding_tendency": True}, NOT_MET),
            ]
        ),
        ({"inr": "1.0", "bleeding_tendency": True}, UNKNOWN),
        ({"inr": "1.6", "bleeding_tendency": True}, MET),
    ],
    "E13": either("nonhealing_wound_ulcer_fracture", "major_surgery_or_trauma_last_4_weeks"),
    "E14": either("substance_abuse_ongoing", "mental_disorder"),
    "E15": yes_no("prohibitive_comorbidity"),
    "E16": yes_no("investigator_unsuitable"),
}

ABLATION: Table = {
    "I1": [
        *(
            (told(age_years=age, ecog=ecog), truth)
            for age, ecog, truth in [
                ("18", "1", MET),
                ("80", "0", MET),
                ("17", "0", NOT_MET),
                ("81", "0", NOT_MET),
                ("50", "2", NOT_MET),
            ]
        ),
        ({"age_years": "50"}, UNKNOWN),
        ({"age_years": "81"}, NOT_MET),
    ],
    "I2": [
        *(
            (
                told(
                    crc_histology=histology,
                    crlm_present=crlm,
                    lesion_count=count,
                    largest_lesion_cm=size,
                ),
                truth,
            )
            for histology, crlm, count, size, truth in [
                ("adenocarcinoma", True, "4", "4.0", MET),
                ("other_crc", True, "1", "0.5", MET),
                ("not_confirmed", True, "4", "4.0", NOT_MET),
                ("adenocarcinoma", False, "4", "4.0", NOT_MET),
                ("adenocarcinoma", True, "5", "4.0", NOT_MET),
                ("adenocarcinoma", True, "0", "4.0", NOT_MET),
                ("adenocarcinoma", True, "4", "4.1", NOT_MET),
            ]
        ),
        ({"crlm_present": True, "lesion_count": "4", "largest_lesion_cm": "4"}, UNKNOWN),
    ],
    "I3": [
        ({"extrahepatic_status": "none"}, MET),
        ({"extrahepatic_status": "confirmed"}, NOT_MET),
        ({"extrahepatic_status": "indeterminate"}, UNKNOWN),
    ],
    "I4": [
        ({"primary_status": "resected"}, MET),
        (
            {
                "primary_resectable": True,
                "primary_resection_within_1_month_of_ablation": True,
            },
            MET,
        ),
        ({"primary_status": "in_situ", "primary_resectable": False}, NOT_MET),
        (
            {
                "primary_status": "in_situ",
                "primary_resection_within_1_month_of_ablation": False,
            },
            NOT_MET,
        ),
        ({"primary_status": "in_situ", "primary_resectable": True}, UNKNOWN),
    ],
    "I5": yes_no("prior_chemotherapy_beyond_primary", met_by=False),
    "I6a": at("haemoglobin_g_per_dl", "9.0", "8.99"),
    "I6b": at("anc_10e9_per_l", "1.5", "1.49"),
    "I6c": at("platelets_10e9_per_l", "60", "59"),
    "I6d": at("albumin_g_per_l", "29", "28.9"),
    "I6e": [
        ({"alt_x_uln": "2.99", "ast_x_uln": "2.99"}, MET),
        ({"alt_x_uln": "3"}, NOT_MET),
        ({"ast_x_uln": "3"}, NOT_MET),
        ({"alt_x_uln": "2.99"}, UNKNOWN),
    ],
    "I6f": at("bilirubin_total_x_uln", "1.5", "1.501"),
    "I6g": [
        *at("creatinine_x_uln", "1.5", "1.51"),
        (
            {"creatinine_x_uln": "1.51", "creatinine_clearance_ml_per_min": "90"},
            NOT_MET,  # a good clearance does not help here
        ),
    ],
    "E1": [
        *SECOND,
        ({**HISTORY, "other_malignancy_disease_free_years": "4.99"}, MET),
        ({**HISTORY, "other_malignancy_disease_free_years": "5", **NO_SECOND}, NOT_MET),
        (
            {
                **HISTORY,
                "other_malignancy_kind": "thyroid",
                "other_malignancy_disease_free_years": "1",
            },
            MET,  # none is exempt
        ),
        (HISTORY, UNKNOWN),
    ],
    "E2": yes_no("cardiovascular_disease_uncontrolled"),
    "E3": [*yes_no("coagulation_disorder"), ({"inr": "3"}, UNKNOWN)],
    "E4": yes_no("active_infection"),
    "E5": yes_no("chemotherapy_contraindicated"),
    "E6": PREGNANT,
    "E7": either("substance_abuse_history", "mental_disorder"),
    "E8": yes_no("investigator_unsuitable"),
}

PANEL: Said = {
    "crlm_present": True,
    "crlm_timing": "synchronous",
    "national_liver_panel_unresectable": True,
    "staging_ct_age_days": "28",
}
PUMP: Said = {
    "haip_catheter_feasible": True,
    "gda_branch_to_liver": True,
    "celiac_trunk_stenosis": False,
    "replaced_right_hepatic_artery": False,
    "replaced_left_hepatic_artery": False,
}
RIGHT, LEFT = "replaced_right_hepatic_artery", "replaced_left_hepatic_artery"
CURED: Said = {
    **HISTORY,
    **NO_SECOND,
    "other_malignancy_curative_treatment": True,
    "other_malignancy_disease_free_years": "2",
    "other_malignancy_low_risk_by_mdt": False,
    "other_malignancy_kind": "other",
    "other_malignancy_controlled": True,
}

PUMP_IT: Table = {
    "I1": [*at("age_years", "18", "17"), ({"age_years": "95"}, MET)],
    "I2": [
        ({"crc_histology": "adenocarcinoma"}, MET),
        ({"crc_histology": "other_crc"}, NOT_MET),
        ({"crc_histology": "not_confirmed"}, NOT_MET),
        ({}, UNKNOWN),
    ],
    "I3": [
        (PANEL, MET),
        ({**PANEL, "staging_ct_age_days": "29"}, NOT_MET),
        ({**PANEL, "crlm_timing": "metachronous"}, NOT_MET),
        ({**PANEL, "crlm_present": False}, NOT_MET),
        ({**PANEL, "national_liver_panel_unresectable": False}, NOT_MET),
        (
            {
                "crlm_present": True,
                "crlm_timing": "synchronous",
                "staging_ct_age_days": "28",
                "liver_tumour_resectability": "unresectable",  # a local word, not the panel's
            },
            UNKNOWN,
        ),
    ],
    "I4": [
        ({"extrahepatic_status": "none"}, MET),
        ({"extrahepatic_status": "confirmed"}, NOT_MET),
        (
            {"extrahepatic_status": "confirmed", "extrahepatic_indeterminate_max_mm": "5"},
            NOT_MET,
        ),
        *(
            (
                told(
                    extrahepatic_status="indeterminate",
                    extrahepatic_indeterminate_max_mm=size,
                ),
                truth,
            )
            for size, truth in [("10", MET), ("10.1", UNKNOWN)]
        ),
        ({"extrahepatic_status": "indeterminate"}, UNKNOWN),
    ],
    "I5": yes_no("prior_systemic_therapy_crc", met_by=False),
    "I6": [
        (PUMP, MET),
        ({**PUMP, RIGHT: True}, MET),
        ({**PUMP, LEFT: True}, MET),
        ({**PUMP, RIGHT: True, LEFT: True}, NOT_MET),
        ({**PUMP, "haip_catheter_feasible": False}, NOT_MET),
        ({**PUMP, "gda_branch_to_liver": False}, NOT_MET),
        ({**PUMP, "celiac_trunk_stenosis": True}, NOT_MET),
        ({"haip_catheter_feasible": True}, UNKNOWN),
    ],
    "I7": at("ecog", "1", "2"),
    "I8": at("life_expectancy_weeks", "12", "11.9"),
    "I9": [
        ({"ras_status": "mutant", "braf_v600e_status": "wild_type"}, MET),
        ({"ras_status": "wild_type", "braf_v600e_status": "mutant"}, MET),
        ({"ras_status": "not_determined"}, NOT_MET),
        ({"braf_v600e_status": "not_determined"}, NOT_MET),
        ({"ras_status": "mutant"}, UNKNOWN),
    ],
    "I10": [
        ({"primary_status": "in_situ", "primary_resectable_without_neoadjuvant": True}, MET),
        ({"primary_status": "resected"}, NOT_MET),
        ({"primary_resectable_without_neoadjuvant": False}, NOT_MET),
        ({"primary_status": "in_situ"}, UNKNOWN),
    ],
    "I11": yes_no("fit_for_surgery"),
    "I12": yes_no("fit_for_doublet_chemotherapy"),
    "I13": [
        *at("labs_age_days", "15", "16"),
        ({"inr": "1", "inr_age_days": "15", "anc_10e9_per_l": "3", "anc_age_days": "15"}, MET),
        (
            {"inr": "1", "inr_age_days": "15", "anc_10e9_per_l": "3", "anc_age_days": "16"},
            NOT_MET,
        ),
        ({"inr": "1", "inr_age_days": "15", "anc_10e9_per_l": "3"}, UNKNOWN),
        # the trial does not use these: their age does not matter
        ({"labs_age_days": "15", "wbc_10e9_per_l": "5", "wbc_age_days": "40"}, MET),
    ],
    "I13a": [
        *at("haemoglobin_mmol_per_l", "5.5", "5.49"),
        ({"haemoglobin_mmol_per_l": "8.8/1.6114"}, NOT_MET),
        ({"haemoglobin_mmol_per_l": "8.9/1.6114"}, MET),
    ],
    "I13b": at("anc_10e9_per_l", "1.5", "1.49"),
    "I13c": at("platelets_10e9_per_l", "100", "99"),
    "I13d": at("bilirubin_total_x_uln", "1.5", "1.51"),
    "I13e": at("ast_x_uln", "5", "5.01"),
    "I13f": at("alt_x_uln", "5", "5.01"),
    "I13g": at("alp_x_uln", "5", "5.01"),
    "I13h": [
        ({"creatinine_x_uln": "1.5"}, MET),
        ({"egfr_mdrd_ml_per_min_per_1_73m2": "45"}, MET),
        ({"creatinine_x_uln": "1.51", "egfr_mdrd_ml_per_min_per_1_73m2": "44.9"}, NOT_MET),
        ({"creatinine_x_uln": "1.51", "creatinine_clearance_ml_per_min": "90"}, UNKNOWN),
    ],
    "I13i": [
        ({"coumarin_use": True}, MET),
        ({"coumarin_use": True, "inr_x_uln": "2.5"}, MET),
        *(
            (told(coumarin_use=False, **said), truth)
            for said, truth in [
                ({"inr_x_uln": "1.49"}, MET),
                ({"inr_x_uln": "1.5"}, NOT_MET),
                ({"prothrombin_time_x_uln": "1.49"}, MET),
                ({"prothrombin_time_x_uln": "1.5"}, NOT_MET),
                ({"inr_x_uln": "1.49", "prothrombin_time_x_uln": "1.5"}, UNKNOWN),
                ({"inr_x_uln": "1.5", "prothrombin_time_x_uln": "1.5"}, NOT_MET),
                ({"inr": "1.4"}, UNKNOWN),  # not without the INR's own upper limit
            ]
        ),
        ({"inr_x_uln": "1.5"}, UNKNOWN),
    ],
    "I14": yes_no("written_consent"),
    "E1": yes_no("prior_hepatic_local_treatment"),
    "E2": yes_no("interfering_condition"),
    "E3": [
        *SECOND,
        (CURED, MET),
        ({**CURED, "other_malignancy_disease_free_years": "3"}, NOT_MET),
        ({**CURED, "other_malignancy_low_risk_by_mdt": True}, NOT_MET),
        ({**CURED, "other_malignancy_kind": "nonmelanoma_skin"}, NOT_MET),
        ({**CURED, "other_malignancy_kind": "carcinoma_in_situ"}, NOT_MET),
        ({**CURED, "other_malignancy_kind": "thyroid"}, MET),
        (
            {
                **CURED,
                "other_malignancy_kind": "carcinoma_in_situ",
                "other_malignancy_controlled": False,
            },
            MET,
        ),
        (
            {
                **CURED,
                "other_malignancy_curative_treatment": False,
                "other_malignancy_disease_free_years": "9",
                "other_malignancy_low_risk_by_mdt": True,
            },
            MET,
        ),
        (HISTORY, UNKNOWN),
    ],
    "E4": [
        *(
            (told(**{fact: True}), MET)
            for fact in (
                "obstructive_primary_emergency_surgery",
                "primary_needs_multivisceral_or_apr",
                "rectal_primary_needs_preop_radiotherapy",
            )
        ),
        (
            {
                "obstructive_primary_emergency_surgery": False,
                "primary_needs_multivisceral_or_apr": False,
                "rectal_primary_needs_preop_radiotherapy": False,
            },
            NOT_MET,
        ),
        ({"obstructive_primary_emergency_surgery": False}, UNKNOWN),
    ],
    "E5": [
        ({"mmr_status": "deficient"}, MET),
        ({"mmr_status": "proficient"}, NOT_MET),
        ({"mmr_status": "not_determined"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
    "E6": yes_no("dpd_deficiency"),
    "E7": PREGNANT,
    "E8": yes_no("prohibitive_comorbidity"),
    "E9": yes_no("organ_allograft_immunosuppressed"),
    "E10": yes_no("nonhealing_wound_ulcer_fracture"),
    "E11": at("corticosteroid_methylprednisolone_eq_mg_per_day", "10", "9.99"),
    "E12": yes_no("serious_infection"),
    "E13": yes_no("psychiatric_disability_significant"),
    "E14": yes_no("expected_compliance_good", met_by=False),
    "E15": either("underlying_liver_disease", "cirrhosis"),
}

RESCUE: Table = {  # beside test_rescue.py
    "I1": at("age_years", "18", "17"),
    "I5": [({"extrahepatic_status": "none"}, MET)],
    "I4": [({"vascular_invasion": False, "bile_duct_invasion": False}, MET)],
    "I6": yes_no("prior_hcc_treatment", met_by=False),
    "I7": [
        ({"child_pugh_class": "A"}, MET),
        ({"child_pugh_class": "B"}, NOT_MET),
        ({}, UNKNOWN),
    ],
    "I8": at("ecog", "1", "2"),
    "I9": at("labs_age_days", "30", "31"),
    "I9a": [
        *at("wbc_10e9_per_l", "2.5", "2.49"),
        ({"wbc_10e9_per_l": "12.0"}, MET),
        ({"wbc_10e9_per_l": "12.1"}, NOT_MET),
    ],
    "I9b": at("anc_10e9_per_l", "1.5", "1.49"),
    "I9c": at("haemoglobin_g_per_dl", "8.0", "7.9"),
    "I9d": at("bilirubin_total_mg_per_dl", "3.0", "3.01"),
    "I9e": at("platelets_10e9_per_l", "50", "49.9"),
    "I9f": [({"anticoagulant_use": False, "inr": "2.0"}, MET)],
    "I9g": at("ast_u_per_l", "200", "201"),
    "I9h": at("alt_u_per_l", "200", "200.1"),
    "I9i": at("alp_u_per_l", "575", "575.1"),
    "I9j": at("creatinine_mg_per_dl", "2.0", "2.01"),
    "I10": at("life_expectancy_months", "3.01", "3"),
    "I11": both("able_to_consent", "written_consent"),
    "I12": [({"pregnant": False}, MET)],
    "E1b": yes_no("severe_arterioportal_shunting"),
    "E2": at("untreated_nontumorous_fraction", "0.2999", "0.30"),
    "E3": yes_no("immunotherapy_planned_regardless"),
    "E4": [
        ({**HISTORY, "other_malignancy_disease_free_years": "1.99"}, MET),
        (
            {
                **HISTORY,
                "other_malignancy_disease_free_years": "2",
                "crlm_present": False,
                "other_hepatic_malignancy": False,
            },
            NOT_MET,
        ),
        ({"crlm_present": True}, MET),
    ],
    "E5": yes_no("bile_duct_intervention_history"),
    "E6": PREGNANT,
}

TABLES = {
    "local_plus_systemic": LOCAL,
    "ablation_timing": ABLATION,
    "pump_it": PUMP_IT,
    "rescue": RESCUE,
}
CRITERIA = {f"{short}-{id_}": (short, id_) for short, table in TABLES.items() for id_ in table}


@pytest.mark.parametrize(("short", "id_"), CRITERIA.values(), ids=CRITERIA)
def test_boundary(short: str, id_: str, subtests: pytest.Subtests) -> None:
    for said, truth in TABLES[short][id_]:
        with subtests.test(said=said):
            assert judge_criterion(TRIALS[short].criterion(id_), as_facts(said)).truth is truth


@pytest.mark.parametrize("short", ["local_plus_systemic", "ablation_timing", "pump_it"])
def test_every_criterion_is_seen_met_not_met_and_unknown(short: str) -> None:
    table = TABLES[short]
    assert [*table] == [criterion.id for criterion in TRIALS[short].criteria]
    for id_, rows in table.items():
        assert {truth for _, truth in rows} == {MET, NOT_MET, UNKNOWN}, id_
