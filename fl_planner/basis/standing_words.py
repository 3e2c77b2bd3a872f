"""Terms that many rooms use in texts, each defined once [trials.md 1, clinical.md 17].

A trial is *undecided* while answers are missing; *open* is used for recruitment only. Terms to
avoid are listed in `docs/make/words.toml`. The codes below are shared by rooms that compute an
answer and rooms that print it.
"""

from typing import Literal, get_args

ResearchUse = Literal["research use, not a cleared device"]
RESEARCH_USE: ResearchUse = get_args(ResearchUse)[0]  # on every output
INTERVAL = "95 % inter-reader interval"  # of a share, by published differences between readers
TWO_READINGS = "spread of two readings, not a 95 % interval"  # one difference gives no distribution
COUNTING_INTERVAL = "95 % counting interval"  # of scintigraphy
CARRIED_FROM_ANOTHER_SCAN = "carried over from another scan, not drawn"  # a mask, in a sentence
TYPED_HERE = "as entered, not measured by this program"  # an FLR in percent from a report
INAPPLICABLE = "not applicable"  # a limit of another state of the liver; see `mark_applied`
EXTRAHEPATIC = "extrahepatic normalisation"  # of the mebrofenin uptake
FIVE_TRIALS = "five trials"  # those of the program that are assessed, in the order of their files
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
READING_TO_AGREE = "interpretation to be agreed"  # a question without a key
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
SHARE_WORDS = ("percentage", "percent", "pct", "share", "fraction", "ratio")  # in names by users

# codes: procedure of FLR augmentation
EmbolisationKind = Literal["PVE", "HVE", "PVE/HVE", "ALPPS", "Y90"]
EMBOLISATION_NAMES: dict[str, EmbolisationKind] = {  # by their names in texts
    **dict.fromkeys(("PVE", "PVL"), "PVE"),  # ligation of the portal vein: trials.md 7.2
    "HVE": "HVE",
    **dict.fromkeys(("PVE/HVE", "LVD", "eLVD", "DVE"), "PVE/HVE"),
    "ALPPS": "ALPPS",
    "Y90": "Y90",
}

# codes: over the scans of a patient
ReachedBy = Literal["volume", "function", "both"]  # the limit on the FLR
MeasuredBy = Literal["masks", "callipers"]  # the response of lesions
ResponseCategory = Literal[
    "complete_response", "partial_response", "stable_disease", "progressive_disease"
]
ScoreName = Literal["albi", "child_pugh", "meld", "ecog"]

# codes: of a study in nuclear medicine
DecayCorrection = Literal["NONE", "START", "ADMIN"]  # DICOM DecayCorrection (0054,1102)
# of the mebrofenin uptake; to the whole field gives a third less [clinical.md 5.1]
Normalisation = Literal["extrahepatic", "total_field"]
RegistrationBasis = Literal["same frame of reference", "transform", "stated"]  # of masks

# codes: after a hepatectomy
Management = Literal["unchanged", "changed", "invasive"]  # because of the liver failure


def describe_same_tumour(first: int, other: int) -> str:
    """State that the tumour masks of two scans have the same voxels, by the numbers of the scans.

    Examples
    --------
    >>> describe_same_tumour(1, 3)
    'the tumour masks of scans 1 and 3 have the same voxels'
    """
    return f"the tumour masks of scans {first} and {other} have the same voxels"


def mark_applied(text: str, *, applies: bool | None) -> str:
    """Add to the words on a limit that it does not apply to this liver, if this is known."""
    return f"{text} ({INAPPLICABLE})" if applies is False else text
