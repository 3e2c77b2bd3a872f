"""The field's words for what many rooms say, each in one place [trials.md 1, clinical.md 17].

*Undecided* is a trial without all its answers; *open* is one that recruits, and nothing else. What
is never said, and what to say instead, stands in `docs/make/words.toml`. Last come the codes of
answers that rooms far apart speak of: those that find one, and those that tell it.
"""

from typing import Literal, get_args

ResearchUse = Literal["research use, not a cleared device"]
RESEARCH_USE: ResearchUse = get_args(ResearchUse)[0]  # on all that is put out
INTERVAL = "95 % inter-reader interval"  # of a share, by what is in print on readers
TWO_READINGS = "spread of two readings, no 95 % interval"  # one difference is no distribution
COUNTING_INTERVAL = "95 % counting interval"  # of scintigraphy
CARRIED_FROM_ANOTHER_SCAN = "carried from another scan, not drawn"  # a mask, in a sentence
TYPED_HERE = "typed, not measured here"  # an FLR in percent from a report
EXTRAHEPATIC = "extrahepatic normalisation"  # of the mebrofenin uptake
POTENTIALLY_ELIGIBLE = "potentially eligible"
NOT_ELIGIBLE = "not eligible"
UNDECIDED = "undecided"
FOR_ANOTHER = "for another diagnosis"
MEETS_ALL = "meets all criteria"
RECRUITING_HERE = "recruiting here"
BY_REFERRAL = "by referral"
CLOSED_HERE = "closed here"
NOT_CHECKED = "Recruitment status not checked"  # without a centre file
MODIFIABLE = "modifiable"
ON_A_DATE = "changes on a date"
NOT_MODIFIABLE = "not modifiable"
QUESTIONS = "Most informative next questions"
LOOK_FIRST = "Look at this first"
OTHER_OPTIONS = "Other options"
SCORES = {  # by the names of a record
    "albi": "ALBI",
    "child_pugh": "Child-Pugh",
    "meld": "MELD",
    "meld_na_optn2016": "MELD-Na (OPTN 2016)",
    "meld_3": "MELD 3.0",
    "kidney": "eGFR",
}

# codes: what was closed to let a remnant grow
EmbolisationKind = Literal["PVE", "HVE", "PVE/HVE", "ALPPS", "Y90"]
EMBOLISATION_NAMES: dict[str, EmbolisationKind] = {  # by the names that texts have for it
    "PVE": "PVE",
    "HVE": "HVE",
    **dict.fromkeys(("PVE/HVE", "LVD", "eLVD", "DVE"), "PVE/HVE"),
    "ALPPS": "ALPPS",
    "Y90": "Y90",
}

# codes: over the scans of a patient
ReachedBy = Literal["volume", "function", "both"]  # the limit on a remnant
MeasuredBy = Literal["masks", "callipers"]  # a response of lesions
ResponseCategory = Literal[
    "complete_response", "partial_response", "stable_disease", "progressive_disease"
]
ScoreName = Literal["albi", "child_pugh", "meld", "ecog"]

# codes: of a study in nuclear medicine
DecayCorrection = Literal["NONE", "START", "ADMIN"]  # DICOM DecayCorrection (0054,1102)
RegistrationBasis = Literal["same frame of reference", "transform", "stated"]  # of masks on it

# codes: after a hepatectomy
Management = Literal["unchanged", "changed", "invasive"]  # because of the liver failure
