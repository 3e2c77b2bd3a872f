"""Concepts, quantities and absence as FHIR writes them, and the code systems of its own."""

from dataclasses import replace

from fl_planner.basis.terms import LOCAL, UCUM, Term
from fl_planner.record.base import Record

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ABSENT_DATE = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
REGISTRY = "http://clinicaltrials.gov"
LOCAL_SAYS = " (local code of fl_planner)"


def as_concept(term: Term, *more: Term) -> Record:
    """Write what is observed as a concept; `more` are terms of the same in other systems.

    Examples
    --------
    >>> from fl_planner.basis.terms import BODY_HEIGHT, INTERVAL_LOW
    >>> as_concept(BODY_HEIGHT)["coding"]
    [{'system': 'http://loinc.org', 'code': '8302-2', 'display': 'Body height'}]
    >>> as_concept(INTERVAL_LOW)["coding"][0]["display"]
    'Lower end of the 95 % inter-reader interval (local code of fl_planner)'
    """
    says = LOCAL_SAYS if term.system == LOCAL else ""
    first = replace(term, display=f"{term.display}{says}")
    return {"coding": [as_coding(one) for one in (first, *more)], "text": term.display}


def as_coding(term: Term) -> Record:
    """Write a term as a coding."""
    return {"system": term.system.uri, "code": term.code, "display": term.display}


def as_quantity(value: float, unit: str) -> Record:
    """Write a number with its UCUM unit, which is also what is shown."""
    return {"value": value, "unit": unit, "system": UCUM.uri, "code": unit}


def as_absent(reason: str = "unknown") -> Record:
    """Write why there is no value."""
    return {"coding": [{"system": ABSENT, "code": reason}]}
