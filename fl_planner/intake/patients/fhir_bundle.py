"""Read patients of a FHIR R4 Bundle: laboratory values by LOINC and UCUM, sex and age.

All other content is ignored: no diagnosis is inferred, and names, numbers, addresses and dates of
patients are not read.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fl_planner.basis.clinical_codes import LOINC, LOINC_KEYS, UCUM
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import join_first
from fl_planner.intake.patients.rows import CODE, Listed, NotRead, Row, find_entries
from fl_planner.trials.facts.facts import LABORATORY
from fl_planner.trials.facts.quantities import QUANTITIES, RATIO_UNIT, UPPER_LIMITS

FINAL = ("final", "amended", "corrected")
_ANNOTATED = re.compile(r"\{[^{}]*\}")  # {INR}, {ratio}: UCUM's plain numbers
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Value:
    """One usable observation."""

    key: str
    entry: object
    on: date | None
    limit: object = None


def read_bundle(bundle: Mapping[str, Any], as_of: date | None) -> tuple[Row, ...]:
    """Read the patients of a Bundle in its order, with the newest of several values of a kind.

    Values that are not final, have no unit, represent a range or are dated after the assessment
    date are not used; a finding counts them (`fhir.not_used`). Two different values of one kind
    and day leave the value unknown (`fhir.several_values`).
    """
    resources = [*_resources(bundle)]
    people = [(url, one) for url, one in resources if one.get("resourceType") == "Patient"]
    patients = [one for _, one in people]
    names: dict[str, int] = {}
    twice = set()
    for number, (url, patient) in enumerate(people, start=1):
        for name in _names(url, patient):
            twice |= {number, names[name]} if name in names else set()
            names[name] = number
    of_patient: dict[int, list[Mapping[str, Any]]] = {}
    for _, one in resources:
        if one.get("resourceType") == "Observation":
            reference = _text(one, "subject", "reference")
            number = names.get(reference or "", 0)
            of_patient.setdefault(number, []).append(one)
    rows: list[Row] = [
        _read_patient(number, patient, of_patient.get(number, []), as_of, twice=number in twice)
        for number, patient in enumerate(patients, start=1)
    ]
    if 0 in of_patient:
        lost = f"{len(of_patient[0])} observations have no patient in the Bundle"
        remedy = "export the Bundle together with its patients"
        rows.append(NotRead(len(patients) + 1, None, CODE, lost, remedy))
    return tuple(rows)


def _resources(bundle: Mapping[str, Any]) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """List the resources of a Bundle, each with its address."""
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if isinstance(resource, Mapping):
            yield _text(entry, "fullUrl"), resource


def _names(url: str | None, patient: Mapping[str, Any]) -> Iterator[str]:
    """List the references of observations to the patient at this address."""
    if url is not None:
        yield url
    if (id_ := _text(patient, "id")) is not None:
        yield f"Patient/{id_}"


def _read_patient(
    number: int,
    patient: Mapping[str, Any],
    observations: Sequence[Mapping[str, Any]],
    as_of: date | None,
    *,
    twice: bool,
) -> Row:
    if twice:
        reason = "another patient of the Bundle has the same id"
        remedy = "give each patient in a separate Bundle"
        return NotRead(number, None, CODE, reason, remedy)
    table: dict[str, object] = dict(_person(patient, as_of))
    unused: Counter[str] = Counter()
    values: dict[str, list[_Value]] = {}
    for one in observations:
        value, why = _read_value(one, as_of)
        if value is not None:
            values.setdefault(value.key, []).append(value)
        elif why:
            unused[why] += 1
    several = []
    for key, found in values.items():
        newest = _newest(found)
        if newest is None:
            several.append(key)
        else:
            table |= _entries(newest)
    stated, errors = find_entries(table)
    if errors:
        return NotRead(number, None, CODE, join_first(errors))
    return Listed(number, None, stated, findings=tuple(_doubts(unused, several)))


def _doubts(unused: Counter[str], several: Sequence[str]) -> Iterator[Finding]:
    if unused:
        counted = ", ".join(f"{count} {why}" for why, count in sorted(unused.items()))
        yield Finding("fhir.not_used", Severity.WARNING, f"observations not used: {counted}")
    for key in several:
        message = f"{key}: different values on the same day or without a date; counted as unknown"
        yield Finding("fhir.several_values", Severity.WARNING, message)


def _person(patient: Mapping[str, Any], as_of: date | None) -> Iterator[tuple[str, object]]:
    """Return sex and completed years of age, if fully stated."""
    if patient.get("gender") in ("female", "male"):
        yield "sex", patient["gender"]
    born = _day(patient.get("birthDate"))
    if born is not None and as_of is not None and born <= as_of:
        before = (as_of.month, as_of.day) < (born.month, born.day)
        yield "age", {"value": Decimal(as_of.year - born.year - before), "unit": "a"}


def _read_value(
    observation: Mapping[str, Any], as_of: date | None
) -> tuple[_Value | None, str | None]:
    """Read an observation of a known kind; otherwise None, with the reason if relevant."""
    key = _key(observation)
    if key is None:
        return None, None
    if observation.get("status") not in FINAL:
        return None, "not final"
    on = _day(observation.get("effectiveDateTime"))
    if as_of is not None and on is not None and on > as_of:
        return None, "after the assessment date"
    if key == "ecog":
        score = observation.get("valueInteger", _deep(observation, "valueQuantity", "value"))
        return (None, "without a number") if score is None else (_Value(key, score, on), None)
    amount = _amount(observation.get("valueQuantity"))
    if amount is None:
        return None, "without a number and its unit"
    return _Value(key, amount, on, _limit(observation)), None


def _key(observation: Mapping[str, Any]) -> str | None:
    """Return the input key of an observation by its LOINC code."""
    codings = _deep(observation, "code", "coding")
    for coding in codings if isinstance(codings, list) else ():
        if _text(coding, "system") == LOINC.uri and (code := _text(coding, "code")) in LOINC_KEYS:
            return LOINC_KEYS[str(code)]
    return None


def _amount(quantity: object) -> dict[str, object] | None:
    """Read a value and its unit; None without either, and for a range such as < 5."""
    if not isinstance(quantity, Mapping) or quantity.get("comparator") is not None:
        return None
    coded = _text(quantity, "code") if _text(quantity, "system") == UCUM.uri else None
    unit = coded or _text(quantity, "unit")
    value = quantity.get("value")
    if not unit or value is None:
        return None
    plain = unit != RATIO_UNIT and _ANNOTATED.fullmatch(unit)
    return {"value": value, "unit": "1" if plain else unit}


def _limit(observation: Mapping[str, Any]) -> dict[str, object] | None:
    """Read the laboratory's upper limit; None unless there is exactly one range."""
    ranges = observation.get("referenceRange")
    if not isinstance(ranges, list) or len(ranges) != 1:
        return None
    return _amount(_deep(ranges[0], "high"))


def _newest(values: Sequence[_Value]) -> _Value | None:
    """Return the newest value; None if values differ and the newest is unknown."""
    if all(value.entry == values[0].entry for value in values) or len(values) == 1:
        return max(values, key=lambda value: value.on or date.min)
    days = [value.on for value in values if value.on is not None]
    if len(days) < len(values):
        return None
    last = [value for value in values if value.on == max(days)]
    return last[0] if all(value.entry == last[0].entry for value in last) else None


def _entries(value: _Value) -> Iterator[tuple[str, object]]:
    """Return the entries of a value: the value with its date, and its upper limit."""
    entry = value.entry
    if isinstance(entry, dict) and value.key in LABORATORY and value.on is not None:
        entry = {**entry, "date": value.on}
    yield value.key, entry
    limit = f"{value.key}_uln"
    if value.limit is not None and (limit in UPPER_LIMITS or limit in QUANTITIES):
        yield limit, value.limit


def _day(text: object) -> date | None:
    """Read the day of a date or time; None if it is less precise."""
    if not isinstance(text, str) or not (found := _DAY.match(text)):
        return None
    try:
        return date.fromisoformat(found[0])
    except ValueError:
        return None


def _deep(table: object, *path: str) -> Any:
    found = table
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _text(table: object, *path: str) -> str | None:
    found = _deep(table, *path)
    return found if isinstance(found, str) else None
