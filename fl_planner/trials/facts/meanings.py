"""Meaning of each fact in words, with its unit and its possible values."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import get_args

from msgspec import Struct

from fl_planner.basis.standing_words import Normalisation
from fl_planner.basis.units import Range as Range
from fl_planner.basis.units import between as between

# of a dose that is entered as prescribed, and compared as another drug's: not part of a question
AS_EQUIVALENT = ", as methylprednisolone equivalent"

YES_MEANS = {
    # the tumours
    "crlm_present": "colorectal liver metastases",
    "hcc_present": "hepatocellular carcinoma",
    "other_hepatic_malignancy": "hepatic malignancy other than CRLM and HCC",
    "treated_covers_tumour": "the treated area covers all tumour",
    "hcc_histology_confirmed": "HCC confirmed by histology",
    "vascular_invasion": "vascular invasion, including that of segmental branches",
    "bile_duct_invasion": "bile-duct invasion",
    "other_malignancy_history": "other malignancy, current or previous",
    "other_malignancy_curative_treatment": "curative treatment of the other malignancy",
    "other_malignancy_low_risk_by_mdt": (
        "other malignancy judged low-risk by both the treating physician and the MDT"
    ),
    "other_malignancy_controlled": "other malignancy controlled, or patient free of it",
    # the liver
    "chemo_liver_damage": "chemotherapy-associated liver injury (stated by a clinician)",
    "underlying_liver_disease": "underlying liver disease",
    "cirrhosis": "cirrhosis",
    "portal_hypertension": "clinically significant portal hypertension (stated by a clinician)",
    "hepatic_encephalopathy_history": "hepatic encephalopathy, current or previous",
    "liver_transplant_history": "previous liver transplantation",
    "ascites_malignant": (
        "malignant ascites (cancer cells in the fluid, or a higher CEA level than in the blood)"
    ),
    # the patient
    "able_to_consent": "able to understand the trial and to consent",
    "written_consent": ('written consent ("no" applies to all trials; "yes" must name the trial)'),
    "expected_compliance_good": "good compliance with treatment and follow-up expected",
    "pregnant": "pregnancy",
    "breastfeeding": "breastfeeding",
    "oral_contraception_commitment": "able and willing to use oral contraception",
    "investigator_unsuitable": (
        "unsuitable in the investigator's judgement "
        '("no" applies to all trials; "yes" must name the trial)'
    ),
    # the primary, and extrahepatic disease
    "primary_resectable": "primary tumour radically resectable",
    "primary_resection_intended": (
        "intention to resect the primary after, or during, the liver surgery"
    ),
    "primary_resection_within_1_month_of_ablation": (
        "intention to resect the primary within one month after the ablation"
    ),
    "primary_resectable_without_neoadjuvant": (
        "primary tumour resectable without neoadjuvant treatment"
    ),
    "obstructive_primary_emergency_surgery": "obstructing primary requiring emergency surgery",
    "primary_needs_multivisceral_or_apr": (
        "multivisceral or abdominoperineal resection of the primary required"
    ),
    "rectal_primary_needs_preop_radiotherapy": (
        "rectal primary requiring preoperative radiotherapy"
    ),
    "extrahepatic_resectable_or_ablatable": "all extrahepatic disease resectable or ablatable",
    "extrahepatic_tumour_board_statement": (
        "tumour-board statement on the extrahepatic disease available"
    ),
    "extrahepatic_controllable_by_mdt": (
        "extrahepatic disease judged by the MDT to be stable and controllable"
    ),
    "staging_ct_done": (
        "contrast-enhanced staging CT of chest and abdomen (MRI is accepted for the abdomen)"
    ),
    # previous and planned treatment
    "prior_systemic_therapy_crc": (
        "previous systemic therapy for colorectal cancer, including adjuvant therapy"
    ),
    "prior_chemotherapy_beyond_primary": "previous chemotherapy other than for the primary",
    "prior_hepatic_local_treatment": "previous hepatic radiation, resection or ablation",
    "prior_hepatectomy": "previous liver resection",
    "prior_pve_hve": (
        "PVE and/or HVE, or ALPPS, before this scan (portal vein ligation counts as PVE)"
    ),
    "prior_radioembolisation": "Y90 radioembolisation of the liver before this scan",
    "prior_hcc_treatment": "previous treatment of liver cancer",
    "bile_duct_intervention_history": (
        "previous surgery or procedure on the bile duct, including stent or sphincterotomy (not "
        "cholecystectomy alone)"
    ),
    "immunotherapy_planned_regardless": "immunotherapy planned regardless of response",
    "radical_local_treatment_by_mdt": "radical local treatment judged feasible by the MDT",
    "r0_hepatectomy_feasible": "R0 hepatectomy feasible with sufficient functional liver",
    "national_liver_panel_unresectable": "judged unresectable by the National Liver Panel",
    "fit_for_surgery": "fit for surgery",
    "fit_for_doublet_chemotherapy": "fit for doublet chemotherapy",
    "chemotherapy_contraindicated": "contraindication to chemotherapy",
    "dpd_deficiency": "DPD deficiency",
    # vessels
    "pve_hve_anatomically_prohibited": "anatomy or tumour position that rules out combined PVE/HVE",
    "haip_catheter_feasible": "pump catheter placement technically feasible",
    "gda_branch_to_liver": "gastroduodenal artery with a branch to the liver",
    "celiac_trunk_stenosis": "stenosis of the coeliac trunk",
    "replaced_right_hepatic_artery": "replaced right hepatic artery",
    "replaced_left_hepatic_artery": "replaced left hepatic artery",
    "severe_arterioportal_shunting": (
        "severe arterioportal shunting that would cause irradiation of non-tumorous segments"
    ),
    # other illness
    "prohibitive_comorbidity": (
        "comorbidity precluding major hepatectomy or trial treatment (or completion of the trial; "
        '"no" applies to all trials; "yes" must name the trials)'
    ),
    "interfering_condition": (
        "condition that interferes with treatment or with the prognosis of CRLM"
    ),
    "acute_cardio_cerebrovascular_event_last_month": (
        "acute cardiac or cerebrovascular event in the past month"
    ),
    "cardiovascular_disease_uncontrolled": (
        "cardiovascular disease not well controlled (the symptoms, or the disease itself)"
    ),
    "hypertensive_crisis_history": "history of hypertensive crisis or hypertensive encephalopathy",
    "infection_uncontrolled": "uncontrollable infection",
    "active_infection": "active infection of any grade",
    "serious_infection": "serious infection, uncontrolled or requiring treatment",
    "respiratory_insufficiency": (
        "respiratory insufficiency (used only if no blood gas is recorded)"
    ),
    "bleeding_tendency": "bleeding tendency",
    "coagulation_disorder": "coagulation disorder",
    "anticoagulant_use": "use of an anticoagulant (including coumarins)",
    "coumarin_use": "use of a coumarin",
    "nonhealing_wound_ulcer_fracture": "non-healing wound, ulcer or fracture",
    "major_surgery_or_trauma_last_4_weeks": (
        "major surgery, severe injury, fracture or ulcer in the past 4 weeks"
    ),
    "substance_abuse_ongoing": "ongoing substance abuse that the patient cannot stop",
    "substance_abuse_history": "substance abuse, current or previous",
    "mental_disorder": "mental disorder, current or previous",
    "psychiatric_disability_significant": (
        "clinically significant psychiatric disability, current or previous (investigator's "
        "judgement)"
    ),
    "organ_allograft_immunosuppressed": "organ allograft with ongoing immunosuppression",
}


class FactKind(Enum):
    """Type of a fact's value."""

    NUMBER = "number"  # exact: a Fraction, in the unit of the fact's name
    WHOLE = "whole number"  # a count or a score; a Fraction without a unit
    YES_NO = "yes or no"
    CODE = "one code"
    CODES = "several codes"
    TRIALS = "trial ids"


class Fact(Struct, frozen=True):
    """A fact to which a criterion may refer; `unit` is the UCUM code of a number, or empty."""

    kind: FactKind
    meaning: str
    codes: tuple[str, ...] = ()
    range: Range | None = None
    unit: str = ""


def _number(meaning: str, unit: str, low: str = "", high: str = "") -> Fact:
    return Fact(FactKind.NUMBER, meaning, (), between(low, high) if low else None, unit)


def _ratio(meaning: str) -> Fact:
    return Fact(
        FactKind.NUMBER,
        f"{meaning}, as a multiple of the laboratory's upper limit of normal",
        unit="xULN",
    )


def _age(meaning: str) -> Fact:
    return _number(f"age of {meaning}", "d", "0", "3650")


def _whole(meaning: str, low: int, high: int) -> Fact:
    return Fact(FactKind.WHOLE, meaning, (), Range(Fraction(low), Fraction(high)))


def _code(meaning: str, *codes: str) -> Fact:
    return Fact(FactKind.CODE, meaning, codes)


def _sites(meaning: str) -> Fact:
    return Fact(FactKind.CODES, meaning, _SITES)


EMBOLISATIONS = ("PVE", "HVE", "PVE/HVE", "ALPPS")
# laboratory values by input name: each may have its own date
LABORATORY = (
    *("haemoglobin", "anc", "wbc", "platelets", "albumin", "bilirubin_total", "alt", "ast", "alp"),
    *("creatinine", "creatinine_clearance", "egfr_mdrd", "inr", "aptt", "prothrombin_time", "pao2"),
)
_SITES = ("lung", "brain", "lymph_node", "peritoneum", "bone", "adrenal", "other")
_GENES = ("wild_type", "mutant", "not_determined")
NUMBERS = {
    "age_years": _number("age (completed years)", "a", "0", "120"),
    "total_liver_volume_ml": _number("total liver volume, including tumour", "mL", "300", "8000"),
    "tumour_volume_ml": _number("tumour volume in the liver", "mL", "0", "6000"),
    "flr_volume_ml": _number("FLR volume, excluding tumour", "mL", "0", "4000"),
    "treated_nontumorous_volume_ml": _number(
        "volume of non-tumorous liver in the area to be radioembolised", "mL", "0", "6000"
    ),
    "flr_after_clearing_volume_ml": _number(
        "FLR volume after the lesions in the remnant have been cleared with a margin",
        "mL",
        "0",
        "4000",
    ),
    "flr_after_clearing_1mm_volume_ml": _number(
        "FLR volume after the lesions in the remnant have been cleared with a margin of 1 mm",
        "mL",
        "0",
        "4000",
    ),
    "clearing_margin_mm": _number("margin used for the FLR volume after clearing", "mm", "0", "50"),
    "baseline_nontumorous_volume_ml": _number(
        "volume of the non-tumorous liver on the scan before embolisation", "mL", "200", "8000"
    ),
    "flr_after_clearing_fraction": _number("FLR after clearing", "1", "0", "1"),
    "flr_after_clearing_1mm_fraction": _number(
        "FLR after clearing with a 1 mm margin", "1", "0", "1"
    ),
    "flr_of_baseline_fraction": _number(
        "FLR on this scan as a share of the non-tumorous liver at baseline", "1", "0", "1"
    ),
    "flr_fraction": _number("FLR", "1", "0", "1"),
    # project's choice: less is never planned, and 0.28 entered as percent does not mean 28 %
    "flr_of_nontumorous_liver_percent": _number(
        "FLR as a share of the non-tumorous liver (from a report)", "%", "5", "100"
    ),
    "flr_of_whole_liver_percent": _number(
        "FLR as a share of the whole liver including tumour (from a report)", "%", "5", "100"
    ),
    "untreated_nontumorous_fraction": _number(
        "non-tumorous liver outside the treated area", "1", "0", "1"
    ),
    "flr_function_pct_per_min_per_m2": _number("FLR function (mebrofenin)", "%/min/m2", "0", "20"),
    "largest_lesion_cm": _number("largest liver lesion", "cm", "0.1", "40"),
    "largest_lesion_mask_cm": _number("largest liver lesion on the mask", "cm", "0.1", "40"),
    "extrahepatic_indeterminate_max_mm": _number(
        "largest indeterminate extrahepatic lesion", "mm", "0", "300"
    ),
    "prior_pve_hve_age_days": _number("time since the embolisation", "d"),
    "prior_pve_hve_day": _number("time from the embolisation to this scan", "d"),
    "prior_radioembolisation_age_days": _number("time since the radioembolisation", "d"),
    "prior_radioembolisation_day": _number("time from the radioembolisation to this scan", "d"),
    "staging_ct_age_days": _age("the staging CT"),
    "labs_age_days": _age("the blood tests"),
    "life_expectancy_months": _number("life expectancy (clinician's estimate)", "mo", "0", "600"),
    "life_expectancy_weeks": _number("life expectancy (clinician's estimate)", "wk"),
    "life_expectancy_days": _number("life expectancy (clinician's estimate)", "d"),
    "haemoglobin_g_per_dl": _number("haemoglobin", "g/dL", "2", "25"),
    "haemoglobin_mmol_per_l": _number("haemoglobin", "mmol/L"),
    "anc_10e9_per_l": _number("neutrophils", "10*9/L", "0", "100"),
    "wbc_10e9_per_l": _number("leukocytes", "10*9/L", "0.1", "200"),
    "platelets_10e9_per_l": _number("platelets", "10*9/L", "1", "2000"),
    "albumin_g_per_l": _number("albumin", "g/L", ">10", "70"),
    "bilirubin_total_mg_per_dl": _number("total bilirubin", "mg/dL", "0.05", "<60"),
    "bilirubin_total_x_uln": _ratio("total bilirubin"),
    "alt_u_per_l": _number("ALT", "U/L", "1", "20000"),
    "alt_x_uln": _ratio("ALT"),
    "ast_u_per_l": _number("AST", "U/L", "1", "20000"),
    "ast_x_uln": _ratio("AST"),
    "alp_u_per_l": _number("alkaline phosphatase", "U/L", "1", "10000"),
    "alp_x_uln": _ratio("alkaline phosphatase"),
    "creatinine_mg_per_dl": _number("creatinine", "mg/dL", "0.1", "<20"),
    "creatinine_x_uln": _ratio("creatinine"),
    "creatinine_clearance_ml_per_min": _number("creatinine clearance", "mL/min", "1", "250"),
    "egfr_mdrd_ml_per_min_per_1_73m2": _number(
        "eGFR by MDRD (not CKD-EPI)", "mL/min/{1.73_m2}", "1", "200"
    ),
    "inr": _number("INR", "1", "0.5", "20"),
    "inr_uln": _number("laboratory's upper limit of normal for the INR", "1", "0.9", "1.5"),
    "inr_x_uln": _ratio("INR"),
    "aptt_x_uln": _ratio("APTT"),
    "prothrombin_time_x_uln": _ratio("prothrombin time in seconds"),
    "lung_dose_gy_at_150gy_tumour": _number(
        "lung dose at a tumour dose of 150 Gy (partition model)", "Gy", "0", "200"
    ),
    "pao2_mmhg": _number("PaO2 at rest", "mm[Hg]", "20", "600"),
    "systolic_bp_treated_mmhg": _number(
        "systolic blood pressure on treatment", "mm[Hg]", "50", "300"
    ),
    "diastolic_bp_treated_mmhg": _number(
        "diastolic blood pressure on treatment", "mm[Hg]", "20", "200"
    ),
    "lvef_percent": _number("left ventricular ejection fraction", "%", "5", "90"),
    "other_malignancy_disease_free_years": _number(
        "disease-free interval since the other malignancy (0: still active)", "a", "0", "100"
    ),
    "corticosteroid_methylprednisolone_eq_mg_per_day": _number(
        "daily corticosteroid dose, excluding inhaled doses"
        f"{AS_EQUIVALENT} (as prescribed, with the name of the drug)",
        "mg/d",
        "0",
        "2000",
    ),
}
COUNTS = {
    "ecog": _whole("ECOG (WHO) performance status", 0, 4),
    "child_pugh_score": _whole("Child-Pugh score", 5, 15),
    "lesion_count": _whole("number of liver lesions", 0, 500),
    "lesions_in_remnant_count": _whole("number of lesions left in the remnant", 0, 500),
    "ablation_count": _whole("number of liver lesions planned for ablation", 0, 500),
    "systemic_therapy_line": _whole(
        "line of systemic therapy, given or planned, for metastatic CRC", 0, 10
    ),
    "nyha_class": _whole("NYHA class (0: no heart failure)", 0, 4),
    "infection_ctcae_grade": _whole("CTCAE grade of the infection", 0, 5),
}
CODES = {
    "sex": _code("sex", "female", "male"),
    "child_pugh_class": _code("Child-Pugh class", "A", "B", "C"),
    "menopausal_status": _code("menopausal status", "premenopausal", "postmenopausal"),
    "liver_tumour_resectability": _code(
        "resectability of the liver tumours (surgeon's judgement)",
        "resectable",
        "potentially_resectable",
        "unresectable",
    ),
    "crlm_timing": _code("timing of the liver metastases", "synchronous", "metachronous"),
    "crc_histology": _code(
        "histology of the colorectal cancer", "adenocarcinoma", "other_crc", "not_confirmed"
    ),
    "primary_status": _code("colorectal primary", "in_situ", "resected"),
    "extrahepatic_status": _code("extrahepatic disease", "none", "indeterminate", "confirmed"),
    "extrahepatic_sites": _sites("sites of extrahepatic disease (confirmed or indeterminate)"),
    "extrahepatic_indeterminate_sites": _sites(
        "extrahepatic sites with only indeterminate lesions"
    ),
    "extrahepatic_confirmed_sites": _sites("confirmed extrahepatic sites"),
    "prior_pve_hve_kind": _code("previous embolisation", *EMBOLISATIONS),
    "recist_response_after_chemo": _code(
        "RECIST response at the latest assessment after chemotherapy",
        "complete_response",
        "partial_response",
        "stable_disease",
        "progressive_disease",
        "no_chemotherapy",
    ),
    "ras_status": _code("RAS status", *_GENES),
    "braf_v600e_status": _code("BRAF V600E status", *_GENES),
    "mmr_status": _code("mismatch repair status", "deficient", "proficient", "not_determined"),
    "li_rads_category": _code(
        "LI-RADS category (only for patients at high risk of HCC)",
        *("LR-1", "LR-2", "LR-3", "LR-4", "LR-5", "LR-M", "LR-TIV"),
    ),
    "flr_function_normalisation": _code(
        "normalisation of the uptake in the FLR function", *get_args(Normalisation)
    ),
    "ascites": _code("ascites on imaging", "none", "small", "moderate", "large"),
    "other_malignancy_kind": _code(
        "type of the other malignancy", "thyroid", "carcinoma_in_situ", "nonmelanoma_skin", "other"
    ),
}
