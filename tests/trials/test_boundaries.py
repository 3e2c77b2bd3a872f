"""Each criterion of each trial on both sides of its boundary, decided by hand from the texts."""

from fractions import Fraction

import pytest

from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.facts.facts import FACTS, Facts, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.judge import judge_criterion
from tests.cases import each_case

TRIALS = {trial.short: trial for trial in read_bundled_trials()}
TRUTHS = {"met": Truth.TRUE, "not met": Truth.FALSE, "unknown": Truth.UNKNOWN}
Rows = list[str]  # "fact=value fact=value: met"
Table = dict[str, Rows]


def parse_row(row: str) -> tuple[Facts, Truth]:
    """Read the facts of a row and what it must come to; a later value replaces an earlier one."""
    said, _, truth = row.rpartition(": ")
    words = (word.partition("=") for word in said.split() if word != "nothing")
    return {name: _value(name, text) for name, _, text in words}, TRUTHS[truth]


def _value(name: str, text: str) -> Value:
    match FACTS[name].kind:
        case FactKind.YES_NO:
            return {"yes": True, "no": False}[text]
        case FactKind.NUMBER | FactKind.WHOLE:
            number, _, divisor = text.partition("/")
            return Fraction(number) / Fraction(divisor or 1)
        case FactKind.CODES:
            return tuple(text.split(","))
    return text


def yes_no(fact: str, *, met_by: str = "yes") -> Rows:
    """Write the rows of one yes/no fact that meets the criterion by a yes, or by a no."""
    other = {"yes": "no", "no": "yes"}[met_by]
    return [f"{fact}={met_by}: met", f"{fact}={other}: not met", "nothing: unknown"]


def either(one: str, other: str) -> Rows:
    """Write the rows of two grounds of which one is enough."""
    met, neither = [f"{one}=yes: met", f"{other}=yes: met"], f"{one}=no {other}=no: not met"
    return [*met, neither, f"{one}=no: unknown", f"{other}=no: unknown"]


def both(one: str, other: str) -> Rows:
    """Write the rows of two conditions that must both hold."""
    every = f"{one}=yes {other}=yes: met"
    return [every, f"{one}=no: not met", f"{other}=no: not met", f"{one}=yes: unknown"]


def at(fact: str, met: str, not_met: str) -> Rows:
    """Write the rows of one number, met and not met at its boundary."""
    return [f"{fact}={met}: met", f"{fact}={not_met}: not met", "nothing: unknown"]


CONTROLLED = "crlm_present=yes extrahepatic_controllable_by_mdt=yes"
ABLATED = "radical_local_treatment_by_mdt=yes r0_hepatectomy_feasible=no"
FOUR = "crlm_present=yes crc_histology=adenocarcinoma lesion_count=4 largest_lesion_cm=4.0"
AGE_18_80 = [*at("age_years", "18", "17"), "age_years=80: met", "age_years=81: not met"]
LUNG_AND_BRAIN = "extrahepatic_status=confirmed extrahepatic_sites=lung,brain"
PREGNANT = either("pregnant", "breastfeeding")
HISTORY = "other_malignancy_history=yes"
NO_SECOND = "hcc_present=no other_hepatic_malignancy=no"
NO_OTHER = f"other_malignancy_history=no {NO_SECOND}"
SECOND: Rows = [
    "hcc_present=yes: met",
    "other_hepatic_malignancy=yes: met",
    f"{NO_OTHER}: not met",
    "other_malignancy_history=no: unknown",
    "nothing: unknown",
]

LOCAL: Table = {
    "I1": AGE_18_80,
    "I2": both("written_consent", "expected_compliance_good"),
    "I3": [
        "primary_status=resected crc_histology=adenocarcinoma: met",
        "primary_status=resected crc_histology=other_crc: met",
        "primary_status=resected crc_histology=not_confirmed: not met",
        "primary_status=in_situ primary_resectable=yes crc_histology=adenocarcinoma: met",
        "primary_status=in_situ primary_resectable=no: not met",
        "primary_status=in_situ crc_histology=adenocarcinoma: unknown",
        "primary_status=resected: unknown",
    ],
    "I4": [
        f"{CONTROLLED} extrahepatic_status=confirmed staging_ct_done=yes: met",
        f"{CONTROLLED} extrahepatic_status=confirmed staging_ct_done=no: unknown",
        f"{CONTROLLED} extrahepatic_status=confirmed: unknown",
        "crlm_present=no: not met",
        "extrahepatic_status=none staging_ct_done=yes: not met",
        "extrahepatic_status=none staging_ct_done=no: not met",  # trials.md 1: none = absent
        "extrahepatic_status=none: not met",
        "extrahepatic_controllable_by_mdt=no: not met",
        f"{CONTROLLED} extrahepatic_status=indeterminate staging_ct_done=yes: unknown",
    ],
    "I5": [
        *at("systemic_therapy_line", "1", "0"),
        "systemic_therapy_line=2: met",
        "systemic_therapy_line=3: not met",
    ],
    "I6": [
        "radical_local_treatment_by_mdt=no r0_hepatectomy_feasible=yes: not met",
        "radical_local_treatment_by_mdt=yes r0_hepatectomy_feasible=yes: met",
        f"{ABLATED} largest_lesion_cm=2.9 lesion_count=5: met",
        f"{ABLATED} largest_lesion_cm=2.999 lesion_count=1: met",
        # how many are to be ablated is not on file: the limits may mean those alone
        f"{ABLATED} largest_lesion_cm=3.0 lesion_count=5: unknown",
        f"{ABLATED} largest_lesion_cm=2.9 lesion_count=6: unknown",
        f"{ABLATED} largest_lesion_cm=2.9 lesion_count=6 ablation_count=0: not met",
        f"{ABLATED} largest_lesion_cm=2.9 lesion_count=9 ablation_count=6: not met",
        f"{ABLATED} largest_lesion_cm=3.0 ablation_count=5 all_lesions_ablated=yes: not met",
        f"{ABLATED} largest_lesion_cm=3.0 ablation_count=5 all_lesions_ablated=no: unknown",
        # hepatectomy may still be feasible
        "radical_local_treatment_by_mdt=yes largest_lesion_cm=3.0 lesion_count=2: unknown",
        "r0_hepatectomy_feasible=yes: unknown",
    ],
    "I7": at("ecog", "1", "2"),
    "I8": [
        *at("life_expectancy_months", "3", "2.999"),
        "life_expectancy_days=84 life_expectancy_months=336/121.75: not met",  # 12 weeks
        "life_expectancy_days=88: not met",
        "life_expectancy_days=89: unknown",  # the shortest three months of a calendar
        "life_expectancy_days=92: unknown",  # the longest
        "life_expectancy_days=93: met",
    ],
    "I9": [
        *at("child_pugh_score", "7", "8"),
        "child_pugh_class=A: met",
        "child_pugh_class=B: unknown",
        "child_pugh_class=C: not met",
        "child_pugh_score=7 child_pugh_class=B: met",
        "child_pugh_score=8 child_pugh_class=B: not met",
    ],
    "I10a": at("anc_10e9_per_l", "1.5", "1.49"),
    "I10b": at("platelets_10e9_per_l", "100", "99.9"),
    "I10c": at("haemoglobin_g_per_dl", "9.0", "8.9"),
    "I10d": at("bilirubin_total_x_uln", "1.49", "1.5"),
    "I10e": [
        "alt_x_uln=4.99 ast_x_uln=4.99: met",
        "alt_x_uln=5: not met",
        "ast_x_uln=5: not met",
        "alt_x_uln=4.99: unknown",
    ],
    "I10f": [
        "creatinine_x_uln=1.5: met",
        "creatinine_x_uln=1.51: unknown",
        "creatinine_x_uln=1.51 creatinine_clearance_ml_per_min=50: not met",
        "creatinine_x_uln=1.51 creatinine_clearance_ml_per_min=50.1: met",
        "creatinine_clearance_ml_per_min=50.1: met",
    ],
    "I10g": at("albumin_g_per_l", "30.1", "30"),
    "E1": [
        "crlm_present=yes extrahepatic_status=none staging_ct_done=yes: met",
        "crlm_present=yes extrahepatic_status=none staging_ct_done=no: unknown",
        "crlm_present=yes extrahepatic_status=none: unknown",
        "crlm_present=yes extrahepatic_status=confirmed: not met",
        "crlm_present=yes extrahepatic_status=indeterminate: unknown",
        "crlm_present=no: not met",
        "crlm_present=yes: unknown",
    ],
    "E2": either("hepatic_encephalopathy_history", "liver_transplant_history"),
    "E3": [
        "extrahepatic_status=none: not met",
        "extrahepatic_status=confirmed: unknown",
        "extrahepatic_status=confirmed extrahepatic_sites=lung: not met",
        f"{LUNG_AND_BRAIN} extrahepatic_confirmed_sites=lung,brain: met",
        f"{LUNG_AND_BRAIN} extrahepatic_confirmed_sites=lung: unknown",
        f"{LUNG_AND_BRAIN}: unknown",
        "extrahepatic_status=indeterminate extrahepatic_sites=brain: unknown",
    ],
    "E4": PREGNANT,
    "E5": [
        *SECOND,
        f"{HISTORY} other_malignancy_kind=thyroid {NO_SECOND}: not met",
        f"{HISTORY} other_malignancy_kind=carcinoma_in_situ {NO_SECOND}: not met",
        f"{HISTORY} other_malignancy_kind=nonmelanoma_skin {NO_SECOND}: unknown",
        f"{HISTORY} other_malignancy_disease_free_years=5 {NO_SECOND}: not met",
        f"{HISTORY} other_malignancy_kind=other other_malignancy_disease_free_years=4.9: met",
        f"{HISTORY} other_malignancy_kind=thyroid hcc_present=yes: met",
    ],
    "E6": either(
        "acute_cardio_cerebrovascular_event_last_month", "cardiovascular_disease_uncontrolled"
    ),
    "E7": [
        "nyha_class=3: met",
        "lvef_percent=49.9: met",
        "nyha_class=2 lvef_percent=50: not met",
        "nyha_class=2: unknown",
    ],
    "E8": [
        "systolic_bp_treated_mmhg=160 diastolic_bp_treated_mmhg=95 "
        "hypertensive_crisis_history=no: not met",
        "systolic_bp_treated_mmhg=161 diastolic_bp_treated_mmhg=95 "
        "hypertensive_crisis_history=no: met",
        "systolic_bp_treated_mmhg=158 diastolic_bp_treated_mmhg=96 "
        "hypertensive_crisis_history=no: met",
        "hypertensive_crisis_history=yes: met",
        "systolic_bp_treated_mmhg=160 diastolic_bp_treated_mmhg=95: unknown",
    ],
    "E9": [
        "infection_uncontrolled=yes infection_ctcae_grade=3: met",
        "infection_uncontrolled=yes infection_ctcae_grade=2: not met",
        "infection_uncontrolled=no: not met",
        "infection_uncontrolled=yes: unknown",
    ],
    "E10": [
        "pao2_mmhg=59.9: met",
        "pao2_mmhg=60: not met",
        "pao2_mmhg=60.00496: not met",  # 8.0 kPa
        "pao2_mmhg=60 respiratory_insufficiency=yes: not met",
        *yes_no("respiratory_insufficiency"),
    ],
    "E11": [
        "ascites=large: met",
        "ascites=moderate ascites_malignant=yes: met",
        "ascites=moderate ascites_malignant=no: not met",
        "ascites=none ascites_malignant=no: not met",
        "ascites=small: unknown",
    ],
    "E12": [
        "inr=1.5 aptt_x_uln=1.5: not met",
        "inr=1.51 aptt_x_uln=1.0 bleeding_tendency=yes: met",
        "inr=1.0 aptt_x_uln=1.51 bleeding_tendency=yes: met",
        "inr=1.51 aptt_x_uln=1.0 bleeding_tendency=no: unknown",
        "inr=1.51 aptt_x_uln=1.0: unknown",
        "inr=1.0 aptt_x_uln=1.0 bleeding_tendency=yes: not met",
        "inr=1.0 bleeding_tendency=yes: unknown",
        "inr=1.6 bleeding_tendency=yes: met",
    ],
    "E13": either("nonhealing_wound_ulcer_fracture", "major_surgery_or_trauma_last_4_weeks"),
    "E14": either("substance_abuse_ongoing", "mental_disorder"),
    "E15": yes_no("prohibitive_comorbidity"),
    "E16": yes_no("investigator_unsuitable"),
}

ABLATION: Table = {
    "I1": [
        "age_years=18 ecog=1: met",
        "age_years=80 ecog=0: met",
        "age_years=17 ecog=0: not met",
        "age_years=81 ecog=0: not met",
        "age_years=50 ecog=2: not met",
        "age_years=50: unknown",
        "age_years=81: not met",
    ],
    "I2": [
        f"{FOUR}: met",
        f"{FOUR} crc_histology=other_crc lesion_count=1 largest_lesion_cm=0.5: met",
        f"{FOUR} crc_histology=not_confirmed: not met",
        f"{FOUR} crlm_present=no: not met",
        f"{FOUR} lesion_count=5: not met",
        f"{FOUR} lesion_count=0: not met",
        f"{FOUR} largest_lesion_cm=4.1: not met",
        "crlm_present=yes lesion_count=4 largest_lesion_cm=4: unknown",
    ],
    "I3": [
        "extrahepatic_status=none: met",
        "extrahepatic_status=confirmed: not met",
        "extrahepatic_status=indeterminate: unknown",
    ],
    "I4": [
        "primary_status=resected: met",
        "primary_resectable=yes primary_resection_within_1_month_of_ablation=yes: met",
        "primary_status=in_situ primary_resectable=no: not met",
        "primary_status=in_situ primary_resection_within_1_month_of_ablation=no: not met",
        "primary_status=in_situ primary_resectable=yes: unknown",
    ],
    "I5": yes_no("prior_chemotherapy_beyond_primary", met_by="no"),
    "I6a": at("haemoglobin_g_per_dl", "9.0", "8.99"),
    "I6b": at("anc_10e9_per_l", "1.5", "1.49"),
    "I6c": at("platelets_10e9_per_l", "60", "59"),
    "I6d": at("albumin_g_per_l", "29", "28.9"),
    "I6e": [
        "alt_x_uln=2.99 ast_x_uln=2.99: met",
        "alt_x_uln=3: not met",
        "ast_x_uln=3: not met",
        "alt_x_uln=2.99: unknown",
    ],
    "I6f": at("bilirubin_total_x_uln", "1.5", "1.501"),
    "I6g": [
        *at("creatinine_x_uln", "1.5", "1.51"),
        # a good clearance does not help here
        "creatinine_x_uln=1.51 creatinine_clearance_ml_per_min=90: not met",
    ],
    "E1": [
        *SECOND,
        f"{HISTORY} other_malignancy_disease_free_years=4.99: met",
        f"{HISTORY} other_malignancy_disease_free_years=5 {NO_SECOND}: not met",
        # none is exempt
        f"{HISTORY} other_malignancy_kind=thyroid other_malignancy_disease_free_years=1: met",
        f"{HISTORY}: unknown",
    ],
    "E2": yes_no("cardiovascular_disease_uncontrolled"),
    "E3": [*yes_no("coagulation_disorder"), "inr=3: unknown"],
    "E4": yes_no("active_infection"),
    "E5": yes_no("chemotherapy_contraindicated"),
    "E6": PREGNANT,
    "E7": either("substance_abuse_history", "mental_disorder"),
    "E8": yes_no("investigator_unsuitable"),
}

PANEL = (
    "crlm_present=yes crlm_timing=synchronous national_liver_panel_unresectable=yes "
    "staging_ct_age_days=28"
)
PUMP = (
    "haip_catheter_feasible=yes gda_branch_to_liver=yes celiac_trunk_stenosis=no "
    "replaced_right_hepatic_artery=no replaced_left_hepatic_artery=no"
)
CURED = (
    f"{HISTORY} {NO_SECOND} other_malignancy_curative_treatment=yes "
    "other_malignancy_disease_free_years=2 other_malignancy_low_risk_by_mdt=no "
    "other_malignancy_kind=other other_malignancy_controlled=yes"
)

PUMP_IT: Table = {
    "I1": [*at("age_years", "18", "17"), "age_years=95: met"],
    "I2": [
        "crc_histology=adenocarcinoma: met",
        "crc_histology=other_crc: not met",
        "crc_histology=not_confirmed: not met",
        "nothing: unknown",
    ],
    "I3": [
        f"{PANEL}: met",
        f"{PANEL} staging_ct_age_days=29: not met",
        f"{PANEL} crlm_timing=metachronous: not met",
        f"{PANEL} crlm_present=no: not met",
        f"{PANEL} national_liver_panel_unresectable=no: not met",
        "crlm_present=yes crlm_timing=synchronous staging_ct_age_days=28 "
        "liver_tumour_resectability=unresectable: unknown",  # a local word, not the panel's
    ],
    "I4": [
        "extrahepatic_status=none: met",
        "extrahepatic_status=confirmed: not met",
        "extrahepatic_status=confirmed extrahepatic_indeterminate_max_mm=5: not met",
        "extrahepatic_status=indeterminate extrahepatic_indeterminate_max_mm=10: met",
        "extrahepatic_status=indeterminate extrahepatic_indeterminate_max_mm=10.1: unknown",
        "extrahepatic_status=indeterminate: unknown",
    ],
    "I5": yes_no("prior_systemic_therapy_crc", met_by="no"),
    "I6": [
        f"{PUMP}: met",
        f"{PUMP} replaced_right_hepatic_artery=yes: met",
        f"{PUMP} replaced_left_hepatic_artery=yes: met",
        f"{PUMP} replaced_right_hepatic_artery=yes replaced_left_hepatic_artery=yes: not met",
        f"{PUMP} haip_catheter_feasible=no: not met",
        f"{PUMP} gda_branch_to_liver=no: not met",
        f"{PUMP} celiac_trunk_stenosis=yes: not met",
        "haip_catheter_feasible=yes: unknown",
    ],
    "I7": at("ecog", "1", "2"),
    "I8": at("life_expectancy_weeks", "12", "11.9"),
    "I9": [
        "ras_status=mutant braf_v600e_status=wild_type: met",
        "ras_status=wild_type braf_v600e_status=mutant: met",
        "ras_status=not_determined: not met",
        "braf_v600e_status=not_determined: not met",
        "ras_status=mutant: unknown",
    ],
    "I10": [
        "primary_status=in_situ primary_resectable_without_neoadjuvant=yes: met",
        "primary_status=resected: not met",
        "primary_resectable_without_neoadjuvant=no: not met",
        "primary_status=in_situ: unknown",
    ],
    "I11": yes_no("fit_for_surgery"),
    "I12": yes_no("fit_for_doublet_chemotherapy"),
    "I13": [
        *at("labs_age_days", "15", "16"),
        "inr=1 inr_age_days=15 anc_10e9_per_l=3 anc_age_days=15: met",
        "inr=1 inr_age_days=15 anc_10e9_per_l=3 anc_age_days=16: not met",
        "inr=1 inr_age_days=15 anc_10e9_per_l=3: unknown",
        # the trial does not use these: their age does not matter
        "labs_age_days=15 wbc_10e9_per_l=5 wbc_age_days=40: met",
    ],
    "I13a": [
        *at("haemoglobin_mmol_per_l", "5.5", "5.49"),
        "haemoglobin_mmol_per_l=8.8/1.6114: not met",
        "haemoglobin_mmol_per_l=8.9/1.6114: met",
    ],
    "I13b": at("anc_10e9_per_l", "1.5", "1.49"),
    "I13c": at("platelets_10e9_per_l", "100", "99"),
    "I13d": at("bilirubin_total_x_uln", "1.5", "1.51"),
    "I13e": at("ast_x_uln", "5", "5.01"),
    "I13f": at("alt_x_uln", "5", "5.01"),
    "I13g": at("alp_x_uln", "5", "5.01"),
    "I13h": [
        "creatinine_x_uln=1.5: met",
        "egfr_mdrd_ml_per_min_per_1_73m2=45: met",
        "creatinine_x_uln=1.51 egfr_mdrd_ml_per_min_per_1_73m2=44.9: not met",
        "creatinine_x_uln=1.51 creatinine_clearance_ml_per_min=90: unknown",
    ],
    "I13i": [
        "coumarin_use=yes: met",
        "coumarin_use=yes inr_x_uln=2.5: met",
        "coumarin_use=no inr_x_uln=1.49: met",
        "coumarin_use=no inr_x_uln=1.5: not met",
        "coumarin_use=no prothrombin_time_x_uln=1.49: met",
        "coumarin_use=no prothrombin_time_x_uln=1.5: not met",
        "coumarin_use=no inr_x_uln=1.49 prothrombin_time_x_uln=1.5: unknown",
        "coumarin_use=no inr_x_uln=1.5 prothrombin_time_x_uln=1.5: not met",
        "coumarin_use=no inr=1.4: unknown",  # not without the INR's own upper limit
        "inr_x_uln=1.5: unknown",
    ],
    "I14": yes_no("written_consent"),
    "E1": yes_no("prior_hepatic_local_treatment"),
    "E2": yes_no("interfering_condition"),
    "E3": [
        *SECOND,
        f"{CURED}: met",
        f"{CURED} other_malignancy_disease_free_years=3: not met",
        f"{CURED} other_malignancy_low_risk_by_mdt=yes: not met",
        f"{CURED} other_malignancy_kind=nonmelanoma_skin: not met",
        f"{CURED} other_malignancy_kind=carcinoma_in_situ: not met",
        f"{CURED} other_malignancy_kind=thyroid: met",
        f"{CURED} other_malignancy_kind=carcinoma_in_situ other_malignancy_controlled=no: met",
        f"{CURED} other_malignancy_curative_treatment=no other_malignancy_disease_free_years=9 "
        "other_malignancy_low_risk_by_mdt=yes: met",
        f"{HISTORY}: unknown",
    ],
    "E4": [
        "obstructive_primary_emergency_surgery=yes: met",
        "primary_needs_multivisceral_or_apr=yes: met",
        "rectal_primary_needs_preop_radiotherapy=yes: met",
        "obstructive_primary_emergency_surgery=no primary_needs_multivisceral_or_apr=no "
        "rectal_primary_needs_preop_radiotherapy=no: not met",
        "obstructive_primary_emergency_surgery=no: unknown",
    ],
    "E5": [
        "mmr_status=deficient: met",
        "mmr_status=proficient: not met",
        "mmr_status=not_determined: unknown",
        "nothing: unknown",
    ],
    "E6": yes_no("dpd_deficiency"),
    "E7": PREGNANT,
    "E8": yes_no("prohibitive_comorbidity"),
    "E9": yes_no("organ_allograft_immunosuppressed"),
    "E10": yes_no("nonhealing_wound_ulcer_fracture"),
    "E11": at("corticosteroid_methylprednisolone_eq_mg_per_day", "10", "9.99"),
    "E12": yes_no("serious_infection"),
    "E13": yes_no("psychiatric_disability_significant"),
    "E14": yes_no("expected_compliance_good", met_by="no"),
    "E15": either("underlying_liver_disease", "cirrhosis"),
}

RESCUE: Table = {  # beside test_rescue.py
    "I1": at("age_years", "18", "17"),
    "I2": [
        "hcc_present=yes li_rads_category=LR-3: unknown",
        "hcc_present=yes li_rads_category=LR-M hcc_histology_confirmed=no: not met",
        "hcc_present=yes li_rads_category=LR-4: met",
        "hcc_present=yes hcc_histology_confirmed=yes: met",
        "hcc_present=no li_rads_category=LR-5: not met",
    ],
    "I3": [
        "lesion_count=0 largest_lesion_cm=9: not met",
        "lesion_count=6: not met",
        "largest_lesion_cm=8: not met",
        "lesion_count=5 largest_lesion_cm=8.1: met",
    ],
    "I5": [
        "extrahepatic_status=none staging_ct_done=yes: met",
        "extrahepatic_status=none staging_ct_done=no: unknown",
        "extrahepatic_status=none: unknown",
        "extrahepatic_status=indeterminate: unknown",
        "extrahepatic_status=confirmed: not met",
    ],
    "I4": [
        "vascular_invasion=no bile_duct_invasion=no: met",
        "vascular_invasion=no: unknown",
        "bile_duct_invasion=yes: not met",
    ],
    "I6": yes_no("prior_hcc_treatment", met_by="no"),
    "I7": ["child_pugh_class=A: met", "child_pugh_class=B: not met", "nothing: unknown"],
    "I8": at("ecog", "1", "2"),
    "I9": [
        *at("labs_age_days", "30", "32"),
        "labs_age_days=30.1: unknown",  # a month has 30 or 31 days
        "labs_age_days=31: unknown",
        "labs_age_days=31.1: not met",
    ],
    "I9a": [
        *at("wbc_10e9_per_l", "2.5", "2.49"),
        "wbc_10e9_per_l=12.0: met",
        "wbc_10e9_per_l=12.1: not met",
    ],
    "I9b": at("anc_10e9_per_l", "1.5", "1.49"),
    "I9c": at("haemoglobin_g_per_dl", "8.0", "7.9"),
    "I9d": at("bilirubin_total_mg_per_dl", "3.0", "3.01"),
    "I9e": at("platelets_10e9_per_l", "50", "49.9"),
    "I9f": [
        *(f"anticoagulant_use={row}: met" for row in ("no inr=2.0", "yes", "yes inr=3")),
        "anticoagulant_use=no inr=2.01: not met",
    ],
    "I9g": at("ast_u_per_l", "200", "201"),
    "I9h": at("alt_u_per_l", "200", "200.1"),
    "I9i": at("alp_u_per_l", "575", "575.1"),
    "I9j": at("creatinine_mg_per_dl", "2.0", "2.01"),
    "I10": [
        *at("life_expectancy_months", "3.01", "3"),
        "life_expectancy_days=88: not met",
        "life_expectancy_days=89: unknown",
        "life_expectancy_days=92: unknown",
        "life_expectancy_days=93: met",
    ],
    "I11": both("able_to_consent", "written_consent"),
    "I12": ["pregnant=no: met", "pregnant=yes: not met", "sex=female: unknown"],
    "E1a": at("lung_dose_gy_at_150gy_tumour", "15.01", "15"),
    "E1b": yes_no("severe_arterioportal_shunting"),
    "E2": [
        "treated_covers_tumour=yes untreated_nontumorous_fraction=0.2999: met",
        "treated_covers_tumour=yes untreated_nontumorous_fraction=0.30: unknown",  # two wordings
        "treated_covers_tumour=yes untreated_nontumorous_fraction=0.3001: not met",
        "treated_covers_tumour=no untreated_nontumorous_fraction=0.2999: unknown",
        "treated_covers_tumour=no untreated_nontumorous_fraction=0.30: unknown",
        "untreated_nontumorous_fraction=0.30: unknown",
    ],
    "E3": yes_no("immunotherapy_planned_regardless"),
    "E4": [
        f"{HISTORY} other_malignancy_disease_free_years=1.99: met",
        f"{HISTORY} other_malignancy_disease_free_years=2 crlm_present=no "
        "other_hepatic_malignancy=no: not met",
        "crlm_present=yes: met",
        "other_hepatic_malignancy=yes: met",
        f"{HISTORY}: unknown",
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
    criterion = TRIALS[short].criterion(id_)
    for row in TABLES[short][id_]:
        with subtests.test(row):
            facts, truth = parse_row(row)
            assert judge_criterion(criterion, facts).truth is truth


@each_case("short", ["local_plus_systemic", "ablation_timing", "pump_it"])
def test_every_criterion_is_seen_met_not_met_and_unknown(short: str) -> None:
    table = TABLES[short]
    assert [*table] == [criterion.id for criterion in TRIALS[short].criteria]
    for id_, rows in table.items():
        assert {row.rpartition(": ")[2] for row in rows} == TRUTHS.keys(), id_
