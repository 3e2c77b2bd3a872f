"""A plan as a FHIR R4 Bundle: patient by pseudonym, program, and one Observation per number.

The trials that remain possible and the missing answers follow (`research`).

The bundle is derived from the record alone, so its numbers are those of the plan. The same record
gives the same bytes: identifiers are derived from the content, and the system clock is not used.
Names of files, plans and readers are omitted, as they may contain names of patients [safety.md 5].

Libraries for FHIR accept an invalid status, an invalid unit, a value together with the reason for
its absence, and a reference without a target [conventions.md 3]. These are checked before a bundle
is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import Literal

from fl_planner.basis import clinical_codes
from fl_planner.basis.clinical_codes import LOCAL, LOINC, ML, UCUM, Term
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import as_plain
from fl_planner.basis.standing_words import INTERVAL, mark_applied
from fl_planner.export.fhir.observations import (
    ABSENT,
    ABSENT_DATE,
    CATEGORY,
    Number,
    as_absent,
    as_coding,
    as_concept,
    as_quantity,
    list_numbers,
    list_observed,
)
from fl_planner.export.fhir.research import (
    DEVICE,
    PATIENT,
    URN,
    Addresses,
    as_study,
    find_research_faults,
    list_research,
    name_trial,
)
from fl_planner.record.declaration.part import as_json, printable
from fl_planner.record.files.origin import MASK_NAMES
from fl_planner.record.head import Record
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.record.trials import TrialAnswerRecord

STATUS = "preliminary"  # measurements of a program are never final
DOUBTS = ("error", "warning")  # levels that travel with a number
UNCERTAIN = "no single value, because the effect of a cut is uncertain: only the range applies"
WITHHELD = "measured but withheld, because it must not be used"
NOT_A_RANGE = "trial limit, not a reference range"

BundleType = Literal["collection", "transaction"]


def as_bundle(record: PlanRecord, kind: BundleType = "collection") -> Record:
    """Convert the record of a plan to a Bundle.

    - `kind`: "collection", a document for any reader; or "transaction", which a server stores. In a
      transaction each resource has an identifier, and is created only if the server has none with
      it, so that sending the same plan twice adds nothing [FHIR R4, conditional create].

    A record of the clinical profile gives the date of the scan and the label of the case file;
    one of the shareable profile has neither.
    """
    bundle: Record = printable(_Bundle(record).build())
    return bundle if kind == "collection" else _as_transaction(bundle)


def _as_transaction(bundle: Record) -> Record:
    """Add identifiers and requests; ids of resources are omitted, as the server assigns them."""
    entries = []
    for entry in bundle["entry"]:
        resource = {key: value for key, value in entry["resource"].items() if key != "id"}
        own = _identify(entry)
        resource["identifier"] = [*resource.get("identifier", ()), own]
        request = {
            "method": "POST",
            "url": resource["resourceType"],
            "ifNoneExist": f"identifier={own['system']}|{own['value']}",
        }
        entries.append({"fullUrl": entry["fullUrl"], "resource": resource, "request": request})
    return {**bundle, "type": "transaction", "entry": entries}


def _identify(entry: Record) -> Record:
    """Return the identifier by which a resource is found again: its uuid, without the scheme.

    A server replaces addresses of the bundle by its own, and some also do so in identifiers; the
    resource would not be found again.
    """
    return {"system": LOCAL.uri, "value": entry["fullUrl"].removeprefix(URN)}


class _Bundle:
    """A bundle in preparation; resources refer to each other by generated identifiers."""

    def __init__(self, record: PlanRecord) -> None:
        self._record = record
        self._at = Addresses(sha256(as_json(record).encode()).hexdigest())
        self._numbers = list_numbers(record)
        self._codes = {one.observation.term.code for one in self._numbers}

    def build(self) -> Record:
        observed = [self._number(one) for one in self._numbers]
        judged = [self._trial(one) for one in self._record.judged.trials]
        research = list_research(self._record.judged, self._at, self._record.notice)
        resources = [self._patient(), self._device(), *observed, *judged, *research]
        known = [
            {key: value for key, value in one.items() if value is not None} for one in resources
        ]
        return {
            "resourceType": "Bundle",
            "id": self._at.id("bundle"),
            "type": "collection",
            "entry": [{"fullUrl": f"{URN}{one['id']}", "resource": one} for one in known],
        }

    def _patient(self) -> Record:
        case = self._record.case
        marks = [("pseudonym of the case", case.id), ("label", case.label)]
        identifiers = [{"type": {"text": what}, "value": mark} for what, mark in marks if mark]
        return {
            "resourceType": "Patient",
            "id": self._at.id(PATIENT),
            "identifier": identifiers or None,
        }

    def _device(self) -> Record:
        return {
            "resourceType": "Device",
            "id": self._at.id(DEVICE),
            "deviceName": [{"name": "fl_planner", "type": "model-name"}],
            "version": [{"value": self._record.version}],
            "note": [{"text": self._record.notice}],
        }

    def _observation(self, what: str, notes: Iterable[str]) -> Record:
        return {
            "resourceType": "Observation",
            "id": self._at.id(what),
            "status": STATUS,
            "subject": self._at.to(PATIENT),
            "device": self._at.to(DEVICE),
            "note": [{"text": text} for text in (self._record.notice, *notes)],
        }

    def _number(self, number: Number) -> Record:
        seen = number.observation
        parents = [self._at.to(one) for one in seen.of if one in self._codes]
        volume = [clinical_codes.VOLUME] if number.unit == ML.code else []
        noted = number.doubted or number.withdrawn is not None
        notes = [*dict.fromkeys(self._doubts(None if noted else seen.doubts))]
        notes += self._files(number) if noted else []
        if seen.origin == "masks":
            notes += self._list_automatic()
        if number.interval is not None and number.rests_on is not None:
            notes.append(f"{INTERVAL}: {number.rests_on}")
        if number.by and (one_alone := seen.words[number.by]["note"]):
            notes.insert(0, one_alone)
        if number.value is None and number.readings:
            notes.insert(0, UNCERTAIN)
        if number.withdrawn is not None:
            notes.insert(0, f"{WITHHELD}: {number.withdrawn}")
        return {
            **self._observation(seen.term.code, notes),
            **self._of_when_and_where(number),
            "code": as_concept(seen.term, *volume),
            **_value(number),
            "method": None if number.method is None else {"text": number.method},
            "derivedFrom": parents or None,
            "referenceRange": [_limit(one) for one in number.limits] or None,
            "component": [*_interval(number), *_readings(number), *_word(number)] or None,
        }

    def _of_when_and_where(self, number: Number) -> Record:
        """Return the date of the scan from the case file; the date of body size is unknown."""
        if number.observation.origin == "masks":
            return {
                "category": _category("imaging", "Imaging"),
                "bodySite": {"coding": [as_coding(clinical_codes.LIVER)]},
                "effectiveDateTime": self._record.case.reading.date,
            }
        if number.observation.term.system == LOINC:  # vital signs, whose profile demands a date
            unknown = {"extension": [{"url": ABSENT_DATE, "valueCode": "unknown"}]}
            return {
                "category": _category("vital-signs", "Vital Signs"),
                "_effectiveDateTime": unknown,
            }
        return {}

    def _doubts(self, of: tuple[str, ...] | None = None) -> Iterable[str]:
        """List findings by code, because messages contain file names.

        - `of`: beginnings of the codes to list, for an entered number; None lists all.
        """
        for one in self._record.findings:
            if one.severity in DOUBTS and (of is None or one.code.startswith(of)):
                accepted = ", reviewed and accepted by a reader" if one.accepted else ""
                yield f"{one.severity}: {one.code}{accepted}"

    def _files(self, number: Number) -> Iterable[str]:
        """List the files of the plan by hash: not all are masks, such as a CT or the case file."""
        if number.observation.term.code == "liver-volume":
            for one in self._record.inputs:
                role = one.role.partition(" ")[0]  # the rest is the user's own word
                yield f"{role} file of this plan, SHA-256 {one.sha256}"

    def _list_automatic(self) -> Iterable[str]:
        """List the masks that a program drew; its name is free text, and is omitted."""
        checked = "" if self._record.case.reading.status == "verified" else ", not verified"
        for name, words in MASK_NAMES.items():
            made = getattr(self._record.volumes.masks, name)
            if made is not None and made.method == "automatic":
                yield f"{words} mask: automatic{checked}"

    def _trial(self, answered: TrialAnswerRecord) -> Record:
        """Summarise a trial: verdict, criteria not met or not answered, and what excludes."""
        trial, shown = answered.trial, answered.shown
        rules = [one.sha256 for one in self._record.judged.rules if one.id == trial.id]
        failed, unknown = clinical_codes.CRITERIA_FAILED, clinical_codes.CRITERIA_UNKNOWN
        listed = [
            {"code": as_concept(term), "valueString": ", ".join(ids)}
            for term, ids in ((failed, answered.failed), (unknown, answered.unknown))
            if ids
        ]
        why = answered.reasons if answered.applies else ()
        notes = [*(f"rules with SHA-256 {one}" for one in rules), *why]
        verdict = as_coding(Term(LOCAL, answered.verdict, shown))
        return {
            **self._observation(name_trial(trial), notes),
            "code": as_concept(clinical_codes.ELIGIBILITY),
            "focus": [as_study(trial)],
            "valueCodeableConcept": {"coding": [verdict], "text": shown},
            "component": listed or None,
        }


def _category(code: str, display: str) -> list[Record]:
    return [{"coding": [{"system": CATEGORY, "code": code, "display": display}]}]


def _value(number: Number) -> Record:
    if number.withdrawn is not None:
        return {"dataAbsentReason": as_absent("error")}
    if number.value is None and number.readings:
        low, high = (as_quantity(end, number.unit) for end in number.readings)
        return {"valueRange": {"low": low, "high": high}}
    if number.value is None:
        return {"dataAbsentReason": as_absent()}
    return {"valueQuantity": as_quantity(number.value, number.unit)}


def _interval(number: Number) -> Iterator[Record]:
    """Return both ends of an interval."""
    if number.interval is not None and number.value is not None:
        terms = clinical_codes.INTERVAL_LOW, clinical_codes.INTERVAL_HIGH
        yield from _ends(number, terms, number.interval)


def _readings(number: Number) -> Iterator[Record]:
    """Return the vessel trees of a number, and its range for other readings."""
    if number.by:
        yield {"code": as_concept(clinical_codes.SUPPLIED_BY), "valueString": ", ".join(number.by)}
    if number.readings:
        terms = clinical_codes.READINGS_LOW, clinical_codes.READINGS_HIGH
        yield from _ends(number, terms, number.readings)


def _word(number: Number) -> Iterator[Record]:
    """Return the word that is part of a number, such as the normalisation of a function."""
    if number.word is not None and number.observation.qualified is not None:
        _, code = number.observation.qualified
        stated = as_concept(clinical_codes.local(number.word, number.word))
        yield {"code": as_concept(code), "valueCodeableConcept": stated}


def _ends(number: Number, of: Iterable[Term], ends: Iterable[float | Decimal]) -> Iterator[Record]:
    for term, end in zip(of, ends, strict=True):
        yield {"code": as_concept(term), "valueQuantity": as_quantity(end, number.unit)}


def _limit(threshold: ThresholdRecord) -> Record:
    """Return a limit, its source, and the side of the exact share."""
    limit = as_plain(threshold.limit_percent)
    says = f"{threshold.source}: the share is {threshold.answer} {limit} %"
    says = mark_applied(says, applies=threshold.applies)
    return {
        "low": as_quantity(threshold.limit_percent, "%"),
        "type": {"text": NOT_A_RANGE},
        "text": says,
    }


REASONS = frozenset({"unknown", "not-performed", "error"})  # why a value is absent
DEFECT = "this is a defect in the program; please report it"


def require_sound(bundle: Record, name: str) -> None:
    """Check that a bundle is valid; `name` is the name of its file.

    Raises `InputRefused`: `fhir.not_sound`, with the first fault.
    """
    for fault in find_faults(bundle):
        raise InputRefused("fhir.not_sound", name, fault, DEFECT)


def find_faults(bundle: Record) -> Iterator[str]:
    """List the faults of a bundle, one text each."""
    entries, units = bundle["entry"], {one.unit for one in list_observed()}
    urls = [entry["fullUrl"] for entry in entries]
    if len({*urls}) < len(urls):
        yield "two resources have the same fullUrl"
    for entry in entries:
        resource = entry["resource"]
        if "request" in entry:
            yield from _of_request(entry)
        elif entry["fullUrl"] != f"urn:uuid:{resource['id']}":
            yield f"{resource['resourceType']}: its fullUrl does not match its id"
        if resource["resourceType"] == "Observation":
            yield from _of_observation(resource)
        yield from find_research_faults(resource)
    for path, item in _items(bundle, ""):
        yield from _of_item(path, item, urls, units)


def _of_request(entry: Record) -> Iterator[str]:
    """Check that a resource is created once, by its identifier."""
    resource, request = entry["resource"], entry["request"]
    own = _identify(entry)
    if own not in resource.get("identifier", ()):
        yield f"{resource['resourceType']}: it has no identifier that matches its fullUrl"
    if request.get("ifNoneExist") != f"identifier={own['system']}|{own['value']}":
        yield f"{resource['resourceType']}: it would be stored twice if sent twice"
    if (request.get("method"), request.get("url")) != ("POST", resource["resourceType"]):
        yield f"{resource['resourceType']}: its request does not create it"


def _of_observation(observation: Record) -> Iterator[str]:
    if observation.get("status") != STATUS:
        yield f"Observation: its status is {observation.get('status')!r}, not {STATUS!r}"
    for part in (observation, *observation.get("component", ())):
        values = [key for key in part if key.startswith("value")]
        if len(values) + ("dataAbsentReason" in part) != 1:
            yield "Observation: it must have either one value or one reason for absence"


def _of_item(path: str, item: object, urls: Iterable[str], units: Collection[str]) -> Iterator[str]:
    if item is None or (isinstance(item, (str, list, dict)) and not item):
        yield f"{path} is empty"
    elif isinstance(item, float) and not isfinite(item):
        yield f"{path} is not a number"
    elif isinstance(item, dict):
        if "reference" in item and item["reference"] not in urls:
            yield f"{path} refers to a resource that is not in the bundle"
        if item.get("system") == UCUM.uri and not item.get("unit") == item.get("code") in units:
            yield f"{path} has an unknown unit: {item.get('code')!r}"
        if "value" in item and "unit" in item and item.get("system") != UCUM.uri:
            yield f"{path} has a unit without a system"
        if item.get("system") == ABSENT and item["code"] not in REASONS:
            yield f"{path} has an unknown reason for absence: {item['code']!r}"


def _items(item: object, path: str) -> Iterator[tuple[str, object]]:
    yield path, item
    if isinstance(item, dict):
        for key, inner in item.items():
            yield from _items(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(item, list):
        for n, inner in enumerate(item):
            yield from _items(inner, f"{path}[{n}]")
