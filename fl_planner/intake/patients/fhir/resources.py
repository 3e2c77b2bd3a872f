"""Reduce a FHIR resource to the content that rules use: codes, status, days and answers.

Elements of R4, and those that R5 renamed or reshaped (medication, reason, adherence, times). Names,
numbers, addresses and texts are not read. A status that denies a resource (entered in error,
refuted, not done), a qualifier that is not understood (`modifierExtension`, and the negations of
orders and earlier versions), and a subject other than the patient (`focus`) make it unusable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from fl_planner.basis.clinical_codes import UCUM
from fl_planner.intake.patients.fhir.moments import (
    Days,
    find_days,
    find_instant,
    is_midnight,
    is_other_day_elsewhere,
)
from fl_planner.trials.facts.quantities import RATIO_UNIT

Coding = tuple[str, str]  # URI of the system, code
CONDITION, PROCEDURE, OBSERVATION = "Condition", "Procedure", "Observation"
REPORT, STATEMENT = "DiagnosticReport", "MedicationStatement"
ADMINISTRATION, MEDICATION, PATIENT = "MedicationAdministration", "Medication", "Patient"
BUNDLE, OUTCOME = "Bundle", "OperationOutcome"
KINDS = (CONDITION, PROCEDURE, OBSERVATION, REPORT, STATEMENT, ADMINISTRATION)
ORDER = "MedicationRequest"  # states no fact, as an order is not a use; counted if in the record
DRUG_KINDS = (STATEMENT, ADMINISTRATION, ORDER)
RECORDED = "recorded"  # status of a statement in R5: its adherence states whether it is taken
FINAL = ("final", "amended", "corrected")
USABLE = {  # statuses of a resource that states something about the patient
    OBSERVATION: FINAL,
    REPORT: FINAL,
    PROCEDURE: ("completed",),
    STATEMENT: ("active", "completed", RECORDED),
    ADMINISTRATION: ("in-progress", "completed"),
    ORDER: ("active", "completed"),
}
NOT_USABLE = {
    OBSERVATION: "not final",
    REPORT: "not final",
    PROCEDURE: "not completed",
    STATEMENT: "neither active nor completed",
    ADMINISTRATION: "not administered",
    ORDER: "only ordered (MedicationRequest)",
}
PRESENT = ("active", "recurrence", "relapse")  # clinical status of a condition
PAST = ("inactive", "remission", "resolved")
DENIED = ("refuted", "entered-in-error")
REFUTED = "refuted or entered in error"
CERTAINTY = "://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
EXCLUDED, CERTAIN, FORMER = "A", "G", "Z"  # letters of ICD-10-GM; V, of a suspicion, like others
TAKEN = ("taking", "taking-as-directed")  # not: taking-not-as-directed, which may be not taken
NOT_TAKEN = "not stated to be taken"
ALIVE = (None, False, "false")  # any other statement of a death is taken for one
NEGATIONS = (  # elements that deny a resource: of earlier versions, and of orders
    *("notDone", "notPerformed", "notGiven", "wasNotGiven", "wasNotTaken"),
    "doNotPerform",
)
SUBSETTED = ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED")
PARTIAL = "without some of its elements"
UNORDERED = "in several versions whose order is unknown"
UNSUCCESSFUL = ("http://snomed.info/sct", "385671000")  # [FHIR R4, procedure-outcome]
OFF_SCALE = "<", ">"  # in any table of HL7: only an end of the scale of the device, like < 5
OTHER_SUBJECT = "with a focus other than the patient"
INVALID_DATE = "with an invalid date"
UNVERIFIED = "without a verification status"
PRELIMINARY = "preliminary"  # of an observation; used by rules that allow it
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ADHERENCE = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
RANGE_MEANING = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
TIMES = {  # elements with the time of a resource, the first that is given; last: of its record
    OBSERVATION: (
        *("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming"),
        "issued",
    ),
    REPORT: ("effectiveDateTime", "effectivePeriod", "issued"),
    CONDITION: ("onsetDateTime", "onsetPeriod", "recordedDate"),
    PROCEDURE: (
        *("performedDateTime", "performedPeriod"),
        *("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming"),  # the names of R5
        "recorded",
    ),
    STATEMENT: ("effectiveDateTime", "effectivePeriod", "effectiveTiming", "dateAsserted"),
    ADMINISTRATION: (
        *("effectiveDateTime", "effectivePeriod"),
        *("occurenceDateTime", "occurencePeriod", "occurenceTiming"),  # R5, with one r
        "recorded",
    ),
    ORDER: ("authoredOn",),
}
OF_RECORD = ("issued", "recordedDate", "recorded", "dateAsserted")  # not the day of what happened
START_OF_COUNT = datetime(2000, 1, 1, tzinfo=UTC)
MOST_CODE = 256  # characters of a code or an address [project's choice]
_ICD10 = re.compile(r"/icd-10(?!-cm)")  # codes of ICD-10-CM may end with a letter
_LETTERED = re.compile(r"[A-Z]\d\d(?:[.]\d+)?[-!*+†]?([AC-KM-QS-Z])[RLB]?", re.ASCII)  # K74.6AR
_ANNOTATED = re.compile(r"\{[^{}]*\}")  # {INR}, {ratio}: UCUM's plain numbers
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class ObservedAmount(Struct, frozen=True):
    """A number with its unit; `value` is None if it is not a number.

    - `shown`: the unit as stated a second time: as displayed, or as a code of an unnamed system.
    """

    value: Decimal | None
    unit: str
    shown: str | None = None


class ObservedAnswer(Struct, frozen=True):
    """The answer of an observation, or of a component of it.

    - `codes`: its codes.
    - `amount`, `limit`: its value, and the upper limit of its only normal reference range.
    - `whole`, `flag`, `coded`, `day`: its value as a whole number, as yes or no, as codes, or as a
      date.
    - `text`: its value as a text, or as a concept without codes.
    - `is_stated`: whether it has a value, which may be unreadable, such as < 5.
    """

    codes: tuple[Coding, ...]
    amount: ObservedAmount | None = None
    limit: ObservedAmount | None = None
    whole: Decimal | None = None
    flag: bool | None = None
    coded: tuple[Coding, ...] = ()
    day: date | None = None
    is_stated: bool = False
    text: str | None = None


class Resource(Struct, frozen=True):
    """One resource of a patient.

    - `place`: number of its entry or line; `id`: its id on the server.
    - `codes`: its codes; for a medication, the codes of the drug.
    - `denied`: reason why it states nothing; None if it states something.
    - `is_present`: whether a condition or a medication is stated to be present; None if unstated.
    - `on`: its day, if it has a single one; `at`: its instant, if its time has a zone.
    - `begin`: its first possible day, or that of its record.
    - `end`: its last possible day; for a medication statement, only that of a period of use.
    - `answers`: answers of an observation; `conclusions`: coded conclusions of a report.
    - `reasons`, `reason_names`: coded reasons of a medication, and conditions that are its reason.
    - `drug_name`: reference to its medication.
    - `contained`: the observations in a report or an observation, which have no entry themselves.
    - `is_day_unsure`: whether its time is in UTC, and may be on another day in the hospital.
    """

    kind: str
    place: int
    id: str | None
    codes: tuple[Coding, ...]
    denied: str | None = None
    is_present: bool | None = None
    on: date | None = None
    at: datetime | None = None
    begin: date | None = None
    end: date | None = None
    answers: tuple[ObservedAnswer, ...] = ()
    conclusions: tuple[Coding, ...] = ()
    reasons: tuple[Coding, ...] = ()
    reason_names: tuple[str, ...] = ()
    drug_name: str | None = None
    contained: tuple[Resource, ...] = ()
    is_day_unsure: bool = False


class RecordPerson(Struct, frozen=True):
    """Content of a Patient: sex, birth, death, and whether another record has replaced it.

    - `born`: day of birth, if fully stated; `born_from`: its first possible day.
    - `is_birth_invalid`: whether a birth date is stated that is not a date.
    - `modified`: whether it has a modifier that is not understood.
    - `inactive`: whether it is stated not to be in use.
    """

    sex: str | None = None
    born: date | None = None
    born_from: date | None = None
    is_birth_invalid: bool = False
    dead: bool = False
    died: date | None = None
    replaced: bool = False
    modified: bool = False
    inactive: bool = False


def read_person(patient: Mapping[str, Any]) -> RecordPerson:
    """Read a Patient."""
    sex = patient.get("gender")
    dead_on = find_days(patient.get("deceasedDateTime"))[1]
    links, birth = list_at(patient, "link"), patient.get("birthDate")
    born, born_from, _ = find_days(birth)
    return RecordPerson(
        sex if sex in ("female", "male") else None,
        born,
        born_from,
        birth is not None and born_from is None,
        patient.get("deceasedBoolean") not in ALIVE or "deceasedDateTime" in patient,
        dead_on,
        any(_get(link, "type") == "replaced-by" for link in links),
        _is_modified(patient),
        patient.get("active", True) is not True,
    )


def read_updated_us(resource: Mapping[str, Any]) -> int | None:
    """Read the instant of a version of a resource, in microseconds since 2000."""
    at = find_instant(text_at(resource, "meta", "lastUpdated"))
    return None if at is None else (at - START_OF_COUNT) // timedelta(microseconds=1)


def read_resource(resource: Mapping[str, Any], place: int) -> Resource:
    """Read a resource of one of `KINDS`, or an order."""
    kind = str(resource["resourceType"])
    (on, begin, end), is_time_valid = _find_times(kind, resource)
    on = on if is_time_valid else None  # of two days, neither is known to be meant
    medication = resource.get("medication")  # R5: code, reference or both
    drug = resource.get("medicationCodeableConcept", _get(medication, "concept"))
    name = text_at(resource, "medicationReference", "reference")
    if not read_codings(drug):
        name = name or text_at(medication, "reference", "reference")
    if name is not None and name.startswith("#"):
        contained = list_at(resource, "contained")
        drug = next((_get(one, "code") for one in contained if _get(one, "id") == name[1:]), None)
        name = None
    is_drug = kind in DRUG_KINDS
    denied = _find_denial(kind, resource, is_time_valid=is_time_valid)
    reasons = list_at(resource, "reason")  # R5, as for the medication
    concepts = [*list_at(resource, "reasonCode"), *(_get(one, "concept") for one in reasons)]
    named = [*list_at(resource, "reasonReference"), *(_get(one, "reference") for one in reasons)]
    names = (text_at(one, "reference") for one in named)
    return Resource(
        kind,
        place,
        text_at(resource, "id"),
        read_codings(drug if is_drug else resource.get("code")),
        denied=denied,
        is_present=_find_presence(kind, resource),
        on=on,
        # None also for a time without a zone, for midnight, and for a period
        at=_find_clock_time(_find_time(kind, resource)[1]) if on is not None else None,
        begin=begin,
        end=end,
        answers=tuple(_list_answers(resource)) if kind == OBSERVATION else (),
        conclusions=_join(resource.get("conclusionCode")) if kind == REPORT else (),
        reasons=_join(concepts) if is_drug else (),
        reason_names=tuple(one for one in names if one is not None),
        drug_name=name,
        contained=tuple(_list_contained(resource, place, denied)),
        is_day_unsure=is_other_day_elsewhere(_find_time(kind, resource)[1]),
    )


def _find_clock_time(text: Any) -> datetime | None:
    at = find_instant(text)
    return None if at is None or is_midnight(at) else at


def _list_contained(
    resource: Mapping[str, Any], place: int, denied: str | None
) -> Iterator[Resource]:
    """Read the observations in a resource; one that is `denied` denies them as well."""
    subject = text_at(resource, "subject", "reference")
    for one in list_at(resource, "contained"):
        if text_at(one, "resourceType") == OBSERVATION:
            inner = read_resource({**one, "contained": []}, place)
            own = text_at(one, "subject", "reference")
            other = OTHER_SUBJECT if "subject" in one and own != subject else None
            yield msgspec.structs.replace(inner, id=None, denied=inner.denied or denied or other)


def is_subsetted(resource: Mapping[str, Any]) -> bool:
    """Whether a server omitted elements of a resource, as it states in a tag."""
    tags = list_at(resource, "meta", "tag")
    return any((text_at(tag, "system"), text_at(tag, "code")) == SUBSETTED for tag in tags)


def is_failure(resource: Mapping[str, Any]) -> bool:
    """Whether a resource reports an error of a server, so that others may be missing."""
    if resource.get("resourceType") != OUTCOME:
        return False
    severities = (text_at(one, "severity") for one in list_at(resource, "issue"))
    return any(one in ("fatal", "error", None) for one in severities)


def _find_denial(kind: str, resource: Mapping[str, Any], *, is_time_valid: bool) -> str | None:
    """Return why a resource states nothing about its patient; None if it states something."""
    if _is_modified(resource) or any(resource.get(name, False) is not False for name in NEGATIONS):
        return "with an unsupported modifier"
    if is_subsetted(resource):
        return PARTIAL
    if not is_time_valid:
        return INVALID_DATE
    if kind == OBSERVATION and "focus" in resource:
        return OTHER_SUBJECT
    if kind != CONDITION:
        if kind == OBSERVATION and resource.get("status") == PRELIMINARY:
            return PRELIMINARY
        if kind == STATEMENT and _is_use_unstated(resource):
            return NOT_TAKEN
        if kind == PROCEDURE and UNSUCCESSFUL in read_codings(resource.get("outcome")):
            return "with an unsuccessful outcome"
        return None if resource.get("status") in USABLE[kind] else NOT_USABLE[kind]
    verified = _find_code(resource.get("verificationStatus"), VERIFICATION)
    letters = _list_certainties(resource)
    if verified in DENIED or EXCLUDED in letters:
        return REFUTED
    if letters - {CERTAIN, FORMER} or verified not in (None, "confirmed"):
        return "not confirmed"
    if verified is None:
        return "not confirmed" if "verificationStatus" in resource else UNVERIFIED
    return None


def _is_modified(resource: Mapping[str, Any]) -> bool:
    """Whether a resource has a modifier, which may change its meaning in any way."""
    return "modifierExtension" in resource or "implicitRules" in resource


def _is_use_unstated(statement: Mapping[str, Any]) -> bool:
    """Whether a statement denies that a drug is taken, or states neither that it is nor when."""
    if statement.get("taken", "y") != "y":  # STU3
        return True
    if "adherence" in statement:
        return _find_code(_get(statement, "adherence", "code"), ADHERENCE) not in TAKEN
    is_timed = any(name.startswith("effective") for name in statement)
    return statement.get("status") == RECORDED and not is_timed


def _find_presence(kind: str, resource: Mapping[str, Any]) -> bool | None:
    if kind == STATEMENT:
        status = resource.get("status")
        if status == RECORDED:
            return True if "adherence" in resource else None
        return status == "active"
    if kind != CONDITION:
        return None
    clinical = _find_code(resource.get("clinicalStatus"), CLINICAL)
    is_former = FORMER in _list_certainties(resource)
    ended = is_former or any(name.startswith("abatement") for name in resource)
    if clinical in PRESENT:
        return None if ended else True  # active, but with an end
    return False if clinical in PAST else None


def _list_certainties(condition: Mapping[str, Any]) -> set[str | None]:
    """List the letters of certainty of a German diagnosis, in an extension or after its code."""
    holders = (condition, *list_at(condition, "code", "coding"))
    codes = (code for uri, code in read_codings(condition.get("code")) if _ICD10.search(uri))
    lettered = {found[1] for code in codes if (found := _LETTERED.fullmatch(code))}
    return lettered | {
        text_at(one, "valueCoding", "code") or text_at(one, "valueCode")
        for holder in holders
        for one in list_at(holder, "extension")
        if (text_at(one, "url") or "").endswith(CERTAINTY)
    }


def _find_code(concept: object, system: str) -> str | None:
    """Return the only code of this system; None if there is none, or several."""
    codes = {code for uri, code in read_codings(concept) if uri == system}
    return codes.pop() if len(codes) == 1 else None


def _list_answers(resource: Mapping[str, Any]) -> Iterator[ObservedAnswer]:
    """List the answers of an observation and its components.

    A component with a modifier has an answer that cannot be read.
    """
    yield _read_answer(resource)
    for component in list_at(resource, "component"):
        if isinstance(component, Mapping) and _is_modified(component):
            yield ObservedAnswer(read_codings(component.get("code")), is_stated=True)
        elif isinstance(component, Mapping):
            yield _read_answer(component)


def _read_answer(part: Mapping[str, Any]) -> ObservedAnswer:
    """Read the answer of a part; none if it states why its value is absent, such as an error.

    Of several values, which FHIR excludes, none is read.
    """
    values = [name for name in part if name.startswith("value")]
    if "dataAbsentReason" in part:
        part, values = {"code": part.get("code")}, []
    elif len(values) > 1:
        part = {"code": part.get("code")}
    ranges = [one for one in list_at(part, "referenceRange") if _is_normal_range(one)]
    is_end = any(code in OFF_SCALE for _, code in _join(part.get("interpretation")))
    whole, flag = part.get("valueInteger"), part.get("valueBoolean")
    concept = part.get("valueCodeableConcept")
    uncoded = text_at(concept, "text") if not list_at(concept, "coding") else None
    return ObservedAnswer(
        read_codings(part.get("code")),
        None if is_end else _read_amount(part.get("valueQuantity")),
        _read_limit(ranges[0]) if len(ranges) == 1 else None,
        whole if isinstance(whole, Decimal) else None,
        flag if isinstance(flag, bool) else None,
        read_codings(concept),
        find_days(part.get("valueDateTime"))[0],
        bool(values),
        uncoded if concept is not None else text_at(part, "valueString"),
    )


def _is_normal_range(given: object) -> bool:
    """Whether a reference range is that of normal values, as it is without a type."""
    if not isinstance(given, Mapping) or "modifierExtension" in given:
        return False
    return "type" not in given or _find_code(given["type"], RANGE_MEANING) == "normal"


def _read_limit(given: Mapping[str, Any]) -> ObservedAmount | None:
    """Read the upper limit of a reference range; None if it is below the lower limit."""
    low, high = _read_amount(given.get("low")), _read_amount(given.get("high"))
    if low is None or high is None or None in (low.value, high.value) or low.unit != high.unit:
        return high
    return high if low.value <= high.value else None  # type: ignore[operator]


def _read_amount(quantity: object) -> ObservedAmount | None:
    """Read a value and its unit; None if either is missing, and for a range such as < 5."""
    if not isinstance(quantity, Mapping) or quantity.get("comparator") is not None:
        return None
    code, shown = text_at(quantity, "code"), text_at(quantity, "unit")
    coded = code if text_at(quantity, "system") == UCUM.uri else None
    unit, other = (coded, shown) if coded else (shown, code)
    value = quantity.get("value")
    if not unit or value is None:
        return None
    plain = unit != RATIO_UNIT and _ANNOTATED.fullmatch(unit)
    number = value if isinstance(value, Decimal) else None
    return ObservedAmount(number, "1" if plain else unit, other)


def read_codings(concept: object) -> tuple[Coding, ...]:
    """Read the codes of a CodeableConcept, each with its system.

    Examples
    --------
    >>> read_codings({"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "Hb"})
    (('http://loinc.org', '718-7'),)
    """
    found = (
        (text_at(coding, "system"), text_at(coding, "code"))
        for coding in list_at(concept, "coding")
    )
    return tuple(dict.fromkeys((uri, code) for uri, code in found if uri and code))


def _join(concepts: object) -> tuple[Coding, ...]:
    return tuple(coding for concept in list_at(concepts) for coding in read_codings(concept))


def _find_times(kind: str, resource: Mapping[str, Any]) -> tuple[Days, bool]:
    """Find the days of a resource, and whether its time is valid.

    It is not if any part of it is not a date, if a period ends before it begins, or if several
    different times are given, of which FHIR allows one.
    """
    name, given = _find_time(kind, resource)
    others = (resource.get(one) for one in TIMES[kind] if one not in OF_RECORD)
    is_single = name in OF_RECORD or all(one in (None, given) for one in others)
    moments: list[Any] = [given]
    period, tables = None, list[Any]()
    if name.endswith("Timing"):
        events, period = _get(given, "event"), _get(given, "repeat", "boundsPeriod")
        moments = events if isinstance(events, list) else [events]
        tables = [given, period]
    elif name.endswith("Period"):
        moments, period, tables = [], given, [given]
    ends = (_get(period, "start"), _get(period, "end"))
    (start, begun, _), (stop, _, last) = map(find_days, ends)
    dates = [one for one in (*moments, *ends) if one is not None]
    is_valid = is_single and all(one is None or isinstance(one, Mapping) for one in tables)
    is_valid &= all(find_days(one)[1] is not None for one in dates)
    is_valid &= begun is None or last is None or begun <= last
    if name.endswith("Period"):
        return (start if start == stop else None, begun, last), is_valid
    if name.endswith("Timing"):
        firsts = (begun, *(find_days(one)[1] for one in moments))
        return (None, min(filter(None, firsts), default=None), last), is_valid
    on, first, last = find_days(given)
    if name in OF_RECORD:
        return (None, first, None), is_valid
    return (on, first, None if kind == STATEMENT else last), is_valid


def _find_time(kind: str, resource: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the element with the time of a resource, and its content."""
    name = next((name for name in TIMES[kind] if resource.get(name) is not None), "")
    return name, resource.get(name)


def _get(table: object, *path: str) -> Any:
    found = table
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def list_at(table: object, *path: str) -> list[Any]:
    """Return the list at a path of keys; empty for anything else."""
    found = _get(table, *path)
    return found if isinstance(found, list) else []


def text_at(table: object, *path: str) -> str | None:
    """Return the short text at a path of keys; None for anything else, or for invalid Unicode."""
    found = _get(table, *path)
    if not isinstance(found, str) or len(found) > MOST_CODE or _SURROGATE.search(found):
        return None
    return found
