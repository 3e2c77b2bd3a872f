"""The yes/no facts of `trials.md` section 7.3, and what a yes means."""

YES_MEANS = {
    # the tumours
    "crlm_present": "colorectal liver metastases",
    "hcc_present": "hepatocellular carcinoma",
    "other_hepatic_malignancy": "hepatic malignancy other than CRLM and HCC",
    "treated_covers_tumour": "the treated area covers all tumour",
    "hcc_histology_confirmed": "HCC confirmed by histology",
    "vascular_invasion": "vascular invasion (segmental branches count)",
    "bile_duct_invasion": "bile-duct invasion",
    "other_malignancy_history": "another malignancy, now or earlier",
    "other_malignancy_curative_treatment": "curative treatment of the other malignancy",
    "other_malignancy_low_risk_by_mdt": (
        "other malignancy of low risk by physician and tumour board"
    ),
    "other_malignancy_controlled": "other malignancy controlled or disease-free",
    # the liver
    "chemo_liver_damage": "chemotherapy-associated liver injury (stated by a clinician)",
    "underlying_liver_disease": "underlying liver disease",
    "cirrhosis": "cirrhosis",
    "portal_hypertension": "clinically significant portal hypertension (stated by a clinician)",
    "hepatic_encephalopathy_history": "hepatic encephalopathy, now or ever",
    "liver_transplant_history": "earlier liver transplantation",
    "ascites_malignant": "malignant ascites (cancer cells, or CEA higher than in the blood)",
    # the person
    "able_to_consent": "able to understand the trial and consent",
    "written_consent": "written consent (only a no holds for every trial)",
    "expected_compliance_good": "good compliance with treatment and follow-up expected",
    "pregnant": "pregnancy",
    "breastfeeding": "breastfeeding",
    "oral_contraception_commitment": "able and willing to use oral contraception",
    "investigator_unsuitable": (
        "unsuitable in the investigator's judgement (only a no holds for every trial)"
    ),
    # the primary, and disease outside the liver
    "primary_resectable": "primary radically resectable",
    "primary_resection_intended": (
        "resection of the primary planned after, or during, the liver surgery"
    ),
    "primary_resection_within_1_month_of_ablation": (
        "resection of the primary planned within a month of the ablation"
    ),
    "primary_resectable_without_neoadjuvant": "primary resectable without neoadjuvant treatment",
    "obstructive_primary_emergency_surgery": "obstructing primary that needs emergency surgery",
    "primary_needs_multivisceral_or_apr": (
        "multivisceral or abdominoperineal resection of the primary needed"
    ),
    "rectal_primary_needs_preop_radiotherapy": (
        "rectal primary that needs preoperative radiotherapy"
    ),
    "extrahepatic_resectable_or_ablatable": "all extrahepatic disease resectable or ablatable",
    "extrahepatic_tumour_board_statement": (
        "tumour board's statement on the extrahepatic disease at hand"
    ),
    "extrahepatic_controllable_by_mdt": (
        "extrahepatic disease called stable and controllable by the tumour board"
    ),
    "staging_ct_done": "staging CT of chest and abdomen with contrast (MRI counts for the abdomen)",
    # earlier and planned treatment
    "prior_systemic_therapy_crc": "earlier systemic therapy for colorectal cancer (adjuvant too)",
    "prior_chemotherapy_beyond_primary": "earlier chemotherapy other than for the primary",
    "prior_hepatic_local_treatment": "earlier hepatic radiation, resection or ablation",
    "prior_hepatectomy": "earlier liver resection",
    "prior_pve_hve": "PVE, HVE or both before this scan (portal vein ligation counts as PVE)",
    "prior_hcc_treatment": "earlier treatment of liver cancer",
    "bile_duct_intervention_history": "earlier surgery, stent or sphincterotomy of the bile duct",
    "immunotherapy_planned_regardless": "immunotherapy planned whatever the response",
    "radical_local_treatment_by_mdt": "radical local treatment called possible by the tumour board",
    "r0_hepatectomy_feasible": "R0 hepatectomy feasible with enough functional liver",
    "national_liver_panel_unresectable": "called unresectable by the National Liver Panel",
    "fit_for_surgery": "fit for surgery",
    "fit_for_doublet_chemotherapy": "fit for doublet chemotherapy",
    "chemotherapy_contraindicated": "contraindication to chemotherapy",
    "dpd_deficiency": "DPD deficiency",
    # vessels
    "pve_hve_anatomically_prohibited": "anatomy or tumour position that rules out combined PVE/HVE",
    "haip_catheter_feasible": "pump catheter technically feasible",
    "gda_branch_to_liver": "gastroduodenal artery with a branch to the liver",
    "celiac_trunk_stenosis": "stenosis of the coeliac trunk",
    "replaced_right_hepatic_artery": "replaced right hepatic artery",
    "replaced_left_hepatic_artery": "replaced left hepatic artery",
    "severe_arterioportal_shunting": (
        "severe arterioportal shunt that would irradiate non-tumorous segments"
    ),
    # other illness
    "prohibitive_comorbidity": (
        "comorbidity that prohibits a major hepatectomy (for trials only a no counts)"
    ),
    "interfering_condition": (
        "condition that interferes with treatment or with the prognosis of CRLM"
    ),
    "acute_cardio_cerebrovascular_event_last_month": (
        "acute cardiac or cerebrovascular event in the past month"
    ),
    "cardiovascular_disease_uncontrolled": (
        "cardiovascular disease not well controlled (symptoms or disease)"
    ),
    "hypertensive_crisis_history": "hypertensive crisis or encephalopathy, ever",
    "infection_uncontrolled": "uncontrollable infection",
    "active_infection": "active infection of any grade",
    "serious_infection": "serious infection, uncontrolled or needing treatment",
    "respiratory_insufficiency": "respiratory insufficiency (where no blood gas is on file)",
    "bleeding_tendency": "bleeding tendency",
    "coagulation_disorder": "coagulation disorder",
    "anticoagulant_use": "anticoagulant (a coumarin too)",
    "coumarin_use": "coumarin",
    "nonhealing_wound_ulcer_fracture": "non-healing wound, ulcer or fracture",
    "major_surgery_or_trauma_last_4_weeks": (
        "major surgery, severe injury, fracture or ulcer in the past 4 weeks"
    ),
    "substance_abuse_ongoing": "ongoing substance abuse that cannot be stopped",
    "substance_abuse_history": "substance abuse, now or ever",
    "mental_disorder": "mental disorder, now or ever",
    "psychiatric_disability_significant": (
        "clinically significant psychiatric disability (investigator)"
    ),
    "organ_allograft_immunosuppressed": "organ allograft under immunosuppression",
}
FOLLOWING = {  # from other facts; nobody is asked for them
    "flr_share_typed": "FLR as typed, not measured here",
    "all_lesions_ablated": "as many ablations are planned as there are liver lesions",
}
