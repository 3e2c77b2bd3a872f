"""One CDS Hooks call: the patient, and the prefetched resources.

Resources are read only from the call. The address of a FHIR server in the call is never contacted.
Its access token is not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fl_planner.basis.clinical_codes import LOCAL
from fl_planner.basis.exact_text import BeyondBoundsError, Pairs, parse_exact_json
from fl_planner.basis.findings import InputRefused
from fl_planner.intake.patients.fhir.charts import RecordEntry
from fl_planner.intake.patients.fhir.entries import (
    HISTORY,
    TYPE,
    has_changes,
    has_duplicates,
    has_failed,
    is_cut,
)
from fl_planner.intake.patients.fhir.mapping import CodeMap
from fl_planner.intake.patients.fhir.resources import (
    ADMINISTRATION,
    BUNDLE,
    CONDITION,
    OBSERVATION,
    PATIENT,
    PROCEDURE,
    REFUTED,
    REPORT,
    STATEMENT,
    list_at,
    read_resource,
    text_at,
)

HOOK, PREFETCH = "patient-view", "prefetch"
PERSON = "patient"  # prefetch key of the Patient
SEARCHED = {  # prefetch key: type of the resources
    "conditions": CONDITION,
    "procedures": PROCEDURE,
    "observations": OBSERVATION,
    "reports": REPORT,
    "statements": STATEMENT,
    "administrations": ADMINISTRATION,
}
MOST_PARTS = 1_000_000  # commas and brackets of a call [project's choice]
MOST_COUNT = 1000  # resources asked for in one page [project's choice]
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)  # [FHIR R4, id]
_TOKEN = "{{context.patientId}}"
_MEANT = re.compile(r"([\\,|$])")  # signs of a search that a code escapes [FHIR R4, search]
SEND = "send a CDS Hooks call as described in the list of services"
SEND_PREFETCH = "send the prefetch described in the list of services"


def list_templates(codes: CodeMap) -> dict[str, str]:
    """List the prefetch templates by key, as FHIR searches.

    Observations are limited to the codes of the mapping, including codes of components. A server
    that does not support this parameter returns all observations.
    """
    searches = {key: f"{kind}?patient={_TOKEN}" for key, kind in SEARCHED.items()}
    if (known := codes.list_codes(OBSERVATION)) is not None:
        tokens = [f"{uri}|{_escape(code)}" for uri, code in known if uri != LOCAL.uri]
        searches["observations"] += f"&combo-code={','.join((*tokens, f'{LOCAL.uri}|'))}"
    for key in ("statements", "administrations"):
        searches[key] += f"&_include={SEARCHED[key]}:medication"
    counted = {key: f"{search}&_count={MOST_COUNT}" for key, search in searches.items()}
    return {PERSON: f"{PATIENT}/{_TOKEN}", **counted}


def _escape(code: str) -> str:
    return quote(_MEANT.sub(r"\\\1", code), safe="\\,|$.:-_~/")


@dataclass(frozen=True, slots=True)
class HookCall:
    """The resources of one call.

    - `entries`: resources of the patient, numbered in the order of the templates.
    - `absent` (mapping of type to reason): resources that were not received.
    """

    entries: tuple[RecordEntry, ...]
    absent: Mapping[str, str]

    def list_conditions(self, systems: Container[str]) -> Iterator[str]:
        """List the codes of conditions that are neither refuted nor past, confirmed or not.

        - `systems`: URIs of the code systems to list.
        """
        for _, _, resource in self.entries:
            if resource is not None and resource.get(TYPE) == CONDITION:
                read = read_resource(resource, 0)
                if read.denied != REFUTED and read.is_present is not False:
                    yield from (code for uri, code in read.codes if uri in systems)


def parse_call(text: str) -> HookCall:
    """Parse the body of a call.

    Raises `InputRefused`: `hooks.request` for a body in another format; `hooks.prefetch` without
    the patient, or without any other search; `hooks.other_patient`.
    """
    body = parse_body(text, "hooks.request")
    if body.get("hook") != HOOK:
        raise _refuse(f"hook is not {HOOK}")
    if not text_at(body, "hookInstance"):
        raise _refuse("hookInstance is missing")
    patient = text_at(body, "context", "patientId")
    if patient is None or not _ID.fullmatch(patient):
        raise _refuse("context.patientId is not a resource id")
    found = body.get(PREFETCH)
    given = found if isinstance(found, Pairs) else Pairs([])
    person = given.get(PERSON)
    if not isinstance(person, Pairs) or person.get(TYPE) != PATIENT:
        reason = f"the prefetch {PERSON} was not received, or is not a Patient resource"
        raise InputRefused("hooks.prefetch", PREFETCH, reason, SEND_PREFETCH)
    if person.get("id") != patient:
        reason = "the Patient does not match context.patientId"
        remedy = "send the Patient resource of the patient in view"
        raise InputRefused("hooks.other_patient", PREFETCH, reason, remedy)
    absent = dict(_list_absent(given))
    if len(absent) == len(SEARCHED):
        reason = "only the Patient prefetch was received"
        raise InputRefused("hooks.prefetch", PREFETCH, reason, SEND_PREFETCH)
    resources = _list_resources(given, absent, {(PATIENT, patient): person})
    base = (text_at(body, "fhirServer") or "").rstrip("/")
    first = RecordEntry(1, f"{base}/{PATIENT}/{patient}" if base else None, person)
    others = (RecordEntry(place, *each) for place, each in enumerate(resources, start=2))
    return HookCall((first, *others), absent)


def parse_body(text: str, code: str) -> Pairs:
    """Parse the body of a request: one object without repeated keys.

    Raises `InputRefused`: `code`.
    """
    try:
        found = parse_exact_json(text, MOST_PARTS)
    except (json.JSONDecodeError, BeyondBoundsError):
        found = None
    if not isinstance(found, Pairs):
        raise _refuse("the body is not a JSON object, or exceeds the size limits", code)
    if has_duplicates(found):
        raise _refuse("a key is given twice", code)
    return found


def _refuse(reason: str, code: str = "hooks.request") -> InputRefused:
    return InputRefused(code, "request", reason, SEND)


def _list_absent(given: Pairs) -> Iterator[tuple[str, str]]:
    """List the types of resources that are missing, failed or incomplete.

    Incomplete resources could hide a later value or a contradiction, so they are not used.
    """
    for key, kind in SEARCHED.items():
        found = given.get(key)
        if key not in given:
            yield kind, "not received"
        elif found is None:
            continue  # the client has none
        elif not isinstance(found, Pairs):
            yield kind, "not a resource"
        elif found.get(TYPE) not in (BUNDLE, kind) or has_failed(found):
            yield kind, "the search failed"
        elif found.get(TYPE) == BUNDLE and is_cut(found):
            yield kind, "only partly received"
        elif found.get(TYPE) == BUNDLE and (found.get("type") == HISTORY or has_changes(found)):
            yield kind, "not a search result"


def _list_resources(
    given: Pairs, absent: Mapping[str, str], met: dict[tuple[str, str], object]
) -> Iterator[tuple[str | None, Mapping[str, object] | None]]:
    """List each resource of the received searches once, with its address.

    - `met`: resources that were listed before.
    """
    for key, kind in SEARCHED.items():
        found = given.get(key)
        if kind in absent or not isinstance(found, Pairs):
            continue
        whole = found.get(TYPE) == BUNDLE
        for entry in list_at(found, "entry") if whole else [Pairs([("resource", found)])]:
            resource = entry.get("resource") if isinstance(entry, Pairs) else None
            if not isinstance(resource, Pairs):
                yield None, None
                continue
            name = (str(resource.get(TYPE)), text_at(resource, "id") or "")
            if name[1] and met.setdefault(name, resource) is not resource and met[name] == resource:
                continue
            yield text_at(entry, "fullUrl"), resource
