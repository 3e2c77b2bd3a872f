"""What an Observation is, as codes: LOINC and SNOMED CT where there is one, else this project's.

No public code was found for the FLR's share and its kind; a code that nearly fits is a wrong
one, so these bear a local code, and its display says so [conventions.md 3].
"""

from fl_planner.basis import terms
from fl_planner.basis.terms import LOCAL, UCUM, Term
from fl_planner.record.base import Record

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ABSENT_DATE = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
REGISTRY = "http://clinicaltrials.gov"
LOCAL_SAYS = " (local code of fl_planner)"

UNITS = frozenset(
    unit.code
    for unit in (
        *(terms.ML, terms.PERCENT, terms.M2, terms.KG, terms.CM),
        *(terms.PERCENT_PER_MIN_M2, terms.GY, terms.DAY),
    )
)  # that are written
REASONS = frozenset({"unknown", "not-performed", "error"})  # why a value is absent

OBSERVED = {  # local code -> what it is
    "liver-volume": "Volume of the whole liver with its tumours",
    "tumour-volume": "Volume of all liver tumours",
    "nontumorous-liver-volume": "Volume of the liver without its tumours",
    "flr-volume": "Volume of the future liver remnant, without tumour",
    "resected-volume": "Volume of the part of the liver to be resected, with its tumours",
    "untreated-volume": "Volume of the non-tumorous liver outside the area to be treated",
    "flr-percent": "Future liver remnant as a share of the liver",
    "flr-percent-with-impaired": (
        "Future liver remnant with its devascularised and congested parts, as a share of the liver"
    ),
    "flr-percent-without-excluded": (
        "Future liver remnant as a share of the liver, both without cysts, cavities and "
        "ablation zones"
    ),
    "flr-percent-of-segments": (
        "Future liver remnant made of segments as a share of the liver that lies in segments"
    ),
    "untreated-percent": "Non-tumorous liver outside the area to be treated, as a share of it",
    "standardised-flr-percent": "Future liver remnant as a share of the standard liver volume",
    "flr-body-weight-percent": "Future liver remnant over body weight, at 1 g/mL",
    "flr-function": "Mebrofenin uptake rate of the future liver remnant by body surface",
    "ct-to-scintigraphy-days": (
        "Days from the CT to the scintigraphy, below 0 where that came first"
    ),
    "lung-dose": "Lung dose of a radioembolisation that gives the tumour 150 Gy",
    "interval-low": "Lower end of the interval of 95 of 100 readings",
    "interval-high": "Upper end of the interval of 95 of 100 readings",
    "trial-eligibility": "Eligibility for a trial by its written criteria",
    "criteria-failed": "Criteria that are not met, by number",
    "criteria-unknown": "Criteria that are open, by number",
}
BODY = {term.code: term for term in (terms.BODY_WEIGHT, terms.BODY_HEIGHT, terms.BODY_SURFACE_AREA)}


def as_concept(code: str, *more: Record) -> Record:
    """Write what is observed as a concept; `more` are codings of the same in other systems.

    Examples
    --------
    >>> as_concept("8302-2")["coding"]
    [{'system': 'http://loinc.org', 'code': '8302-2', 'display': 'Body height'}]
    >>> as_concept("flr-volume")["coding"][0]["display"]
    'Volume of the future liver remnant, without tumour (local code of fl_planner)'
    """
    if code in BODY:
        return {"coding": [coding(BODY[code])], "text": BODY[code].display}
    says = OBSERVED[code]
    return {"coding": [coding(Term(LOCAL, code, says + LOCAL_SAYS)), *more], "text": says}


def coding(term: Term) -> Record:
    """Write a term as a coding."""
    return {"system": term.system.uri, "code": term.code, "display": term.display}


def as_quantity(value: float, unit: str) -> Record:
    """Write a number with its UCUM unit, which is also what is shown."""
    return {"value": value, "unit": unit, "system": UCUM.uri, "code": unit}


def as_absent(reason: str = "unknown") -> Record:
    """Write why there is no value."""
    return {"coding": [{"system": ABSENT, "code": reason}]}
