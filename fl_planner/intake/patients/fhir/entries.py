"""Entries of a FHIR Bundle, and lines of a bulk export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.exact_text import BeyondBoundsError, Pairs, parse_exact_json
from fl_planner.intake.patients.fhir.charts import Charts, RecordEntry, RecordReading
from fl_planner.intake.patients.fhir.mapping import CodeMap, read_mapping
from fl_planner.intake.patients.fhir.resources import OUTCOME, is_failure, list_at, text_at
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.chart import UnmappedCode

if TYPE_CHECKING:  # for servers only
    from fl_planner.archive.fhir import FhirAddress

HISTORY = "history"
TYPE = "resourceType"
OTHER_PAGES = ("next", "previous", "prev")  # relations of a link [FHIR R4, paging; RFC 8288]
CHANGES = ("DELETE", "PATCH")  # requests whose result is not in the Bundle
MOST_DIGITS = 18  # of the total of a Bundle [project's choice]
EXPORT_CURRENT = "export the current resources, as a collection or a search result"
MOST_PARTS = 100_000  # of one line; a report has some hundred [project's choice]


@dataclass(frozen=True, slots=True)
class RecordServer:
    """Patients of a FHIR server.

    - `kind`, `id`: a patient, or a group of patients; empty for a search.
    - `query`: search for patients, after `Patient?`.
    """

    address: FhirAddress
    kind: str = ""
    id: str = ""
    query: str = ""


@dataclass(slots=True)
class Records:
    """Reader of electronic records with one mapping.

    - `as_of`: the assessment date.
    - `fhir_map`: a mapping file; None for the default.
    - `unmapped`: codes without a rule of all records read so far.
    """

    as_of: date | None = None
    fhir_map: Path | None = None
    unmapped: Counter[UnmappedCode] = field(default_factory=Counter)
    _reading: RecordReading | None = None
    _inputs: tuple[InputFile, ...] = ()

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """The mapping file, if one was given."""
        self._read()
        return self._inputs

    def _read(self) -> RecordReading:
        if self._reading is None:
            codes, self._inputs = read_mapping(self.fhir_map)
            self._reading = RecordReading(codes, self.as_of)
        return self._reading

    @property
    def codes(self) -> CodeMap:
        """The mapping."""
        return self._read().codes

    def read_entries(self, entries: Iterable[RecordEntry], first: int = 1) -> Charts:
        """Read the patients of entries in any order."""
        return Charts(entries, self._read(), self.unmapped, first)

    def read_bundle(self, bundle: Pairs, first: int = 1) -> Charts:
        """Read the patients of a Bundle."""
        return self.read_entries(_list_entries(bundle), first)

    def read_lines(self, lines: Iterable[str], first: int = 1) -> Charts:
        """Read the patients of a bulk export; empty lines are ignored."""
        return self.read_entries(_parse_lines(lines), first)


def has_duplicates(found: object) -> bool:
    """Whether any object has a key twice."""
    if isinstance(found, Pairs):
        return bool(found.twice) or any(has_duplicates(inner) for inner in found.values())
    return isinstance(found, list) and any(has_duplicates(inner) for inner in found)


def is_resource(text: str, most_parts: int = MOST_PARTS) -> bool:
    """Whether a text is a resource of FHIR, and not an object of input keys.

    Examples
    --------
    >>> is_resource('{"resourceType": "Patient"}'), is_resource('{"ecog": 1}'), is_resource("{")
    (True, False, False)
    """
    found = _parse(text, most_parts)
    return found is not None and TYPE in found


def find_bundle_fault(bundle: Pairs) -> tuple[str, str] | None:
    """Find why a Bundle does not contain the current record, and the remedy; None if it may.

    Examples
    --------
    >>> find_bundle_fault(Pairs({"type": "history"}))[0]
    'the Bundle is a history, with superseded and deleted resources'
    """
    if has_duplicates(bundle):
        return "a key in the Bundle is given twice", "export the Bundle again"
    if bundle.get("type") == HISTORY:
        reason = "the Bundle is a history, with superseded and deleted resources"
        return reason, EXPORT_CURRENT
    if has_changes(bundle):
        return "the Bundle deletes or changes resources of a server", EXPORT_CURRENT
    if is_cut(bundle):
        reason = "the Bundle is one page of a longer search result"
        return reason, "put all pages into one Bundle, without links to other pages"
    if has_failed(bundle):
        reason = "the Bundle states an error of the server, so it may be incomplete"
        return reason, "search or export again, and check the log of the server"
    return None


def is_cut(bundle: Pairs) -> bool:
    """Whether a Bundle has other pages, or fewer matches than its total."""
    if any(text_at(link, "relation") in OTHER_PAGES for link in list_at(bundle, "link")):
        return True
    total = bundle.get("total")
    found = [one for one in list_at(bundle, "entry") if text_at(one, "resource", TYPE) != OUTCOME]
    matches = sum(text_at(one, "search", "mode") in (None, "match") for one in found)
    shown = str(total)  # of more digits than any number of entries, not converted
    counted = len(shown) <= MOST_DIGITS and shown.isdecimal() and int(shown) <= matches
    return total is not None and not counted


def has_failed(bundle: Pairs) -> bool:
    """Whether a Bundle reports an error of its search or a request, or has no list of entries."""
    if not isinstance(bundle.get("entry", []), list):
        return True
    for entry in list_at(bundle, "entry"):
        status = text_at(entry, "response", "status")
        if status is not None and not status.startswith("2"):
            return True
        resource = entry.get("resource") if isinstance(entry, Pairs) else None
        if isinstance(resource, Pairs) and is_failure(resource):
            return True
    return False


def has_changes(bundle: Pairs) -> bool:
    """Whether a Bundle asks a server to delete a resource, or to change a part of it."""
    asked = (text_at(entry, "request", "method") for entry in list_at(bundle, "entry"))
    return any(method in CHANGES for method in asked)


def _list_entries(bundle: Pairs) -> Iterator[RecordEntry]:
    """List the entries of a Bundle, except requests and replies without a resource.

    Any other entry without a resource is one whose resource was lost [FHIR R4, bdl-5].
    """
    for place, entry in enumerate(list_at(bundle, "entry"), start=1):
        if not isinstance(entry, Pairs):
            yield RecordEntry(place, None, None)
        elif "resource" in entry or not {"request", "response"}.intersection(entry):
            resource = entry.get("resource")
            found = resource if isinstance(resource, Pairs) else None
            yield RecordEntry(place, text_at(entry, "fullUrl"), found)


def _parse_lines(lines: Iterable[str]) -> Iterator[RecordEntry]:
    for place, line in enumerate(lines, start=1):
        if line.strip():
            found = _parse(line)
            wrong = found is None or has_duplicates(found)
            yield RecordEntry(place, None, None if wrong else found)


def _parse(text: str, most_parts: int = MOST_PARTS) -> Pairs | None:
    try:
        found = parse_exact_json(text, most_parts)
    except (json.JSONDecodeError, BeyondBoundsError):
        return None
    return found if isinstance(found, Pairs) else None
