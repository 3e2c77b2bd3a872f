"""Terms of code systems that are read or written, and names of tracers.

Codes and displays of SNOMED CT are those of pydicom's dictionary, and for segments IVa and IVb
those of Slicer-Liver; LOINC codes are those of the FHIR vital signs [conventions.md 3]. A concept
without a public code gets a local code with a descriptive display; approximate codes are not used.
The local code of each number in FHIR, such as `flr-volume`, is declared with its key in `record/`
(`observed_as`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from fl_planner.basis.standing_words import RESEARCH_USE

Coded = tuple[str, str, str]  # value, coding scheme and meaning of DICOM


class System(Struct, frozen=True):
    """A code system: its URI in FHIR, and its designator in DICOM."""

    uri: str
    designator: str


class Term(Struct, frozen=True):
    """One code of a system, and its display.

    - `code`, `display`: code and display as defined by the system.
    - `former`: the corresponding code of SNOMED RT, used in older DICOM files.
    """

    system: System
    code: str
    display: str
    former: str | None = None

    @property
    def coded(self) -> Coded:
        """Value, scheme and meaning, as in DICOM."""
        return self.code, self.system.designator, self.display


SNOMED = System("http://snomed.info/sct", "SCT")
LOINC = System("http://loinc.org", "LN")
UCUM = System("http://unitsofmeasure.org", "UCUM")
DICOM = System("http://dicom.nema.org/resources/ontology/DCM", "DCM")
LOCAL = System("urn:uuid:7b2bacc0-2088-51f6-aaec-fb73b27872a6", "99FLRP")  # this project's own
FORMER_SNOMED = ("SRT", "SNM3", "99SDM")  # designators of SNOMED RT


def _sct(code: str, display: str, former: str | None = None) -> Term:
    return Term(SNOMED, code, display, former)


def local(code: str, display: str) -> Term:
    """Return a term with a local code."""
    return Term(LOCAL, code, display)


class SuppliedTerms(Struct, frozen=True):
    """Codes for the part of a remnant that keeps its supply, for each combination of vessel trees.

    A share based on one tree is not comparable with a share based on both, so each has its own
    codes.
    """

    trees: Term
    ml: Term
    percent: Term
    low: Term
    high: Term


def _supplied(code: str, keeps: str, trees: str) -> SuppliedTerms:
    return SuppliedTerms(
        local(code, trees),
        local(f"FLR{code}ML", f"Future liver remnant with preserved {keeps}, volume"),
        local(f"FLR{code}PCT", f"FLR with preserved {keeps}, share of the liver"),
        local(f"{code}LOW", f"Share with preserved {keeps}, lowest among variants"),
        local(f"{code}HIGH", f"Share with preserved {keeps}, highest among variants"),
    )


# units
ML = Term(UCUM, "mL", "milliliter")
CM3 = Term(UCUM, "cm3", "cubic centimeter")  # which is a millilitre
PERCENT = Term(UCUM, "%", "Percent")
PERCENT_PER_WEEK = Term(UCUM, "%/wk", "percent per week")
M2 = Term(UCUM, "m2", "square meter")
KG = Term(UCUM, "kg", "kilogram")
CM = Term(UCUM, "cm", "centimeter")
MM = Term(UCUM, "mm", "millimeter")
MM2 = Term(UCUM, "mm2", "square millimeter")
PERCENT_PER_MIN_M2 = Term(UCUM, "%/min/m2", "percent per minute per square meter")
GY = Term(UCUM, "Gy", "Gray")
DAY = Term(UCUM, "d", "day")
HU = Term(UCUM, "[hnsf'U]", "Hounsfield unit")

# measurements and methods
VOLUME = _sct("118565006", "Volume")
BODY_WEIGHT = Term(LOINC, "29463-7", "Body weight")
BODY_HEIGHT = Term(LOINC, "8302-2", "Body height")
BODY_SURFACE_AREA = Term(LOINC, "8277-6", "Body surface area")
CALCULATED = Term(DICOM, "125315", "Calculated")
ESTIMATED = Term(DICOM, "121427", "Estimated")
CT_OF_THE_BODY = Term(LOINC, "25045-6", "CT unspecified body region")  # CID 100
FLR_PERCENT = local("FLRPCT", "Future liver remnant, share of the liver")
CLEARED_ML = local("FLRCLEARML", "Future liver remnant after clearing, volume")
CLEARED_PERCENT = local("FLRCLEARPCT", "Future liver remnant after clearing, share of the liver")
CLEARED_LOW = local("CLEARLOW95", "Share after clearing, lower end of 95 % inter-reader interval")
CLEARED_HIGH = local("CLEARHIGH95", "Share after clearing, upper end of 95 % inter-reader interval")
CLEARING_MARGIN = local("CLEARMARGIN", "Clearing margin around lesions in the remnant")
SUPPLIED_BY = local("SUPPLYBY", "Vessel trees used to assess the supply of the remnant")
READINGS_LOW = local("readings-low", "Lowest value among variants of the vessel drawing")
READINGS_HIGH = local("readings-high", "Highest value among variants of the vessel drawing")
SUPPLIED = {
    ("portal", "hepatic"): _supplied(
        "SUPPLY", "inflow and outflow", "Portal and hepatic veins as drawn"
    ),
    ("portal",): _supplied("INFLOW", "inflow", "Portal veins only: outflow unknown"),
    ("hepatic",): _supplied("OUTFLOW", "outflow", "Hepatic veins only: inflow unknown"),
}
WHOLES = {  # denominators of shares
    "measured_nontumour": local("NONTUMOUR", "non-tumorous liver"),
    "measured_liver": local("WHOLE", "whole liver (no tumour mask)"),
}
UNTREATED_PERCENT = local("UNTREATEDPCT", "Untreated share of the non-tumorous liver")
LOW_95 = local("LOW95", "Share, lower end of the 95 % inter-reader interval")
HIGH_95 = local("HIGH95", "Share, upper end of the 95 % inter-reader interval")
INTERVAL_LOW = local("interval-low", "Lower end of the 95 % inter-reader interval")
INTERVAL_HIGH = local("interval-high", "Upper end of the 95 % inter-reader interval")
ELIGIBILITY = local("trial-eligibility", "Trial eligibility according to the written criteria")
CRITERIA_FAILED = local("criteria-failed", "Criteria that exclude the patient (identifiers)")
CRITERIA_UNKNOWN = local("criteria-unknown", "Undecided criteria (identifiers)")
OVERRIDE_REASONS = (  # of a card with the verdict of a trial
    local("record-wrong", "The record is wrong or out of date"),
    local("discussed", "Already discussed at the tumour board"),
    local("declined", "The patient declines trial participation"),
    local("unsuitable", "The trial is not suitable in the clinician's judgement"),
    local("other", "Other"),
)
DRUG = local("drug", "Drug to which the dose refers")
FUNCTION_NORMALISATION = local(
    "flr-function-normalisation", "Normalisation of the mebrofenin uptake rate"
)
EMBOLISATION_KIND = local("embolisation-kind", "Kind of embolisation, or radioembolisation")
MANIFEST = Term(DICOM, "113030", "Manifest")  # titles of key object selections, CID 7010
REJECTED_QUALITY = Term(DICOM, "113001", "Rejected for Quality Reasons")
REJECTED_SAFETY = Term(DICOM, "113037", "Rejected for Patient Safety Reasons")
REJECTED_WORKLIST = Term(DICOM, "113038", "Incorrect Modality Worklist Entry")
REJECTED_RETENTION = Term(DICOM, "113039", "Data Retention Policy Expired")
MEASUREMENT_REPORT = Term(DICOM, "126000", "Imaging Measurement Report")
INTENDED_USE = local("USE", "Intended use")
RESEARCH = local("RESEARCH", RESEARCH_USE.capitalize())
DOUBT = local("DOUBT", "Doubt about the measurements")
UNKNOWN_ORIGIN = local("UNKNOWN", "Drawing method unknown")
TECHNETIUM = _sct("72454006", "^99m^Technetium", "C-163A8")
ANTERIOR = _sct("399321004", "Anterior projection")  # CID 26
POSTERIOR = _sct("399001007", "Posterior projection")

# category of a DICOM segment ...
ANATOMY = _sct("91723000", "Anatomical Structure")
ABNORMAL = _sct("49755003", "Morphologically Abnormal Structure")
PLANNED = local("PLANNED", "Part of the liver in a treatment plan")
NOT_CODED = local("NOTCODED", "Structure identified only by its label")

# ... and its type
LIVER = _sct("10200004", "Liver", "T-62000")
STRUCTURES: dict[str, tuple[Term, ...]] = {  # name -> its terms; the first is written
    "liver": (LIVER,),
    "segment_1": (_sct("71133005", "Couinaud hepatic segment I"),),
    "segment_2": (_sct("277956007", "Couinaud hepatic segment II"),),
    "segment_3": (_sct("277957003", "Couinaud hepatic segment III"),),
    "segment_4": (_sct("277958008", "Couinaud hepatic segment IV"),),
    "segment_4a": (_sct("871688003", "Couinaud hepatic segment IVa"),),
    "segment_4b": (_sct("871689006", "Couinaud hepatic segment IVb"),),
    "segment_5": (_sct("277959000", "Couinaud hepatic segment V"),),
    "segment_6": (_sct("277960005", "Couinaud hepatic segment VI"),),
    "segment_7": (_sct("277961009", "Couinaud hepatic segment VII"),),
    "segment_8": (_sct("277962002", "Couinaud hepatic segment VIII"),),
    "tumour": (
        _sct("108369006", "Neoplasm", "M-8FFFF"),
        _sct("372087000", "Neoplasm, Primary"),
        _sct("14799000", "Neoplasm, Secondary", "M-80006"),
        _sct("128462008", "Metastasis", "DF-00436"),
        _sct("4147007", "Mass", "M-03000"),
        _sct("52988006", "Lesion", "M-01100"),
    ),
    "hepatic_veins": (_sct("8993003", "Hepatic vein", "T-48720"),),
    "right_hepatic_vein": (_sct("272998002", "Right Hepatic Vein", "T-48725"),),
    "middle_hepatic_vein": (_sct("273099000", "Middle Hepatic Vein", "T-48726"),),
    "left_hepatic_vein": (_sct("273202007", "Left Hepatic Vein", "T-48727"),),
    "portal_veins": (_sct("32764006", "Portal vein", "T-48810"),),
    "right_portal_vein": (_sct("73931004", "Right Main Branch of Portal Vein"),),
    "left_portal_vein": (_sct("70253006", "Left Main Branch of Portal Vein"),),
    "inferior_vena_cava": (_sct("64131007", "Inferior vena cava", "T-48710"),),
    "hepatic_artery": (_sct("76015000", "Hepatic artery", "T-46420"),),
    "aorta": (_sct("15825003", "Aorta", "T-42000"),),
    "bile_duct": (_sct("28273000", "Bile duct", "T-60610"),),
    "gallbladder": (_sct("28231008", "Gallbladder", "T-63000"),),
    "spleen": (_sct("78961009", "Spleen", "T-C3000"),),
    "kidney": (_sct("64033007", "Kidney", "T-71000"),),
    "pancreas": (_sct("15776009", "Pancreas", "T-65000"),),
    "stomach": (_sct("69695003", "Stomach", "T-57000"),),
    "duodenum": (_sct("38848004", "Duodenum", "T-58200"),),
    "colon": (_sct("71854001", "Colon", "T-59300"),),
    "small intestine": (_sct("30315005", "Small intestine", "T-58000"),),
    "oesophagus": (_sct("32849002", "Esophagus", "T-56000"),),
    "adrenal gland": (_sct("23451007", "Adrenal gland", "T-B3000"),),
    "bladder": (_sct("89837001", "Bladder", "T-74000"),),
    "prostate": (_sct("41216001", "Prostate", "T-92000"),),
    "uterus": (_sct("35039007", "Uterus", "T-83000"),),
    "lung": (_sct("39607008", "Lung", "T-28000"),),
    "heart": (_sct("80891009", "Heart", "T-32000"),),
    "brain": (_sct("12738006", "Brain", "T-A0100"),),
    "thyroid": (_sct("69748006", "Thyroid", "T-B6000"),),
    "bone": (_sct("272673000", "Bone", "T-D016E"),),
    "spine": (_sct("421060004", "Spine", "T-D04FF"),),
    "muscle": (_sct("127954009", "Skeletal muscle", "T-D0684"),),
    "skin": (_sct("39937001", "Skin", "T-01000"),),
}
FLR = local("FLR", "Future liver remnant")
RESECTED = local("RESECTED", "Part of the liver to be resected")
TREATED = local("TREATED", "Part of the liver to be radioembolised")

MEBROFENIN = "mebrofenin"
MAA = "macroaggregated albumin (MAA)"
MICROSPHERES = "microspheres"
ALBUMIN = "albumin"  # as in "albumin aggregated", which is MAA
_COLLOID, _BONE = "a colloid", "a bone tracer"
_MAA_WORDS = (
    "maa", "macroaggregated", "macroaggregate", "macroaggregates", "aggregated", "macrosalb",
    "lyomaa", "maasol", "pulmocis",
)  # fmt: skip
_SPHERE_WORDS = (
    "microspheres", "spheres", "sirspheres", "therasphere", "theraspheres", "quiremspheres",
    "quiremscout", "holmium", "yttrium",
)  # fmt: skip
_MEBROFENIN_WORDS = (
    "mebrofenin", "mebrofenine", "mebrofénine", "mébrofénine", "mebrofenina", "choletec",
    "bromida", "brida", "bridatec",
)  # fmt: skip
WORDS = {
    **dict.fromkeys(_MEBROFENIN_WORDS, MEBROFENIN),
    **dict.fromkeys(_MAA_WORDS, MAA),
    "albumin": ALBUMIN,
    **dict.fromkeys(("colloid", "nanocolloid", "phytate", "sulphur", "sulfur"), _COLLOID),
    **dict.fromkeys(("gsa", "galactosyl"), "galactosyl serum albumin (GSA)"),
    **dict.fromkeys(("disofenin", "disida"), "disofenin"),
    "lidofenin": "lidofenin",
    **dict.fromkeys(("etifenin", "ehida"), "etifenin"),
    "iodida": "iodida",
    **dict.fromkeys(("mibi", "sestamibi"), "sestamibi"),
    "tetrofosmin": "tetrofosmin",
    "pertechnetate": "pertechnetate",
    "dtpa": "DTPA",
    **dict.fromkeys(("mag", "mertiatide"), "MAG3"),
    "dmsa": "DMSA",
    **dict.fromkeys(("mdp", "hdp", "dpd", "medronate", "oxidronate"), _BONE),
    "erythrocytes": "labelled red blood cells",
    **dict.fromkeys(_SPHERE_WORDS, MICROSPHERES),
    "octreotide": "octreotide",
    "fdg": "FDG",
}
_WORD = re.compile("[a-zà-ÿ]+")


def list_tracers(words: Iterable[str]) -> tuple[str, ...]:
    """List the tracers that the words name, each once, in the order of the words.

    Examples
    --------
    >>> list_tracers(["Technetium Tc^99m^ albumin aggregated"])
    ('albumin', 'macroaggregated albumin (MAA)')
    """
    met = (WORDS.get(word) for text in words for word in _WORD.findall(text.casefold()))
    return tuple(dict.fromkeys(tracer for tracer in met if tracer is not None))


def describe_unknown_tracer(words: Iterable[str]) -> str:
    """State whether words that name no known tracer name one at all."""
    return "its name is not recognised" if any(map(str.strip, words)) else "it is not stated"
