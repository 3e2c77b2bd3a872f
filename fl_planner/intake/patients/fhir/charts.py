"""Patients of a Bundle or a bulk export, grouped in an unnamed temporary database.

Resources may come in any order and exceed the memory; of each, only the latest version counts. Each
is reduced on reading, so names, numbers and texts of patients are not stored. The file is removed
when its process ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from typing import Any, NamedTuple
from weakref import finalize

import msgspec

from fl_planner.basis.plain_text import join_first
from fl_planner.formats.stored.temporary import putting_aside, refuse_temporary
from fl_planner.intake.patients.fhir.doubts import find_inactive, find_replaced
from fl_planner.intake.patients.fhir.facts import read_chart
from fl_planner.intake.patients.fhir.mapping import CodeMap
from fl_planner.intake.patients.fhir.resources import (
    BUNDLE,
    CONDITION,
    KINDS,
    MEDICATION,
    ORDER,
    PATIENT,
    UNORDERED,
    UNVERIFIED,
    Coding,
    RecordPerson,
    Resource,
    is_failure,
    list_at,
    read_codings,
    read_person,
    read_resource,
    read_updated_us,
    text_at,
)
from fl_planner.intake.patients.rows import CODE, Listed, NotRead, Row, find_entries
from fl_planner.planning.given.chart import UnmappedCode

TWICE = "another patient in the input has the same id"
TWICE_REMEDY = "give each patient in a separate Bundle"
REPLACED = "another record replaces this record"
REPLACED_REMEDY = "export the record that replaces it"
DEAD = "the record states that the patient has died"
DEAD_REMEDY = "correct the record if it is wrong"
MODIFIED = "the Patient has a modifier that is not supported"
MODIFIED_REMEDY = "export the record without this modifier, or do not use it"
FAILED = "the export states an error of the server, so resources may be missing"
FAILED_REMEDY = "export again, and check the log of the server"
LOST_REMEDY = "export the resources together with their patients"
MOST_LINES = 5  # wrong lines in a message
MOST_UNMAPPED = 10_000  # different codes without a rule [project's choice]
SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE person (number INTEGER PRIMARY KEY, place INTEGER, content BLOB);
CREATE TABLE name (name TEXT, number INTEGER);
CREATE TABLE replaced (old TEXT, new TEXT);
CREATE TABLE resource (owner TEXT, name TEXT, updated INTEGER, place INTEGER, content BLOB);
CREATE TABLE coded (name TEXT, content BLOB);
"""
INDEXES = """
CREATE INDEX by_owner ON resource (owner);
CREATE INDEX by_version ON resource (name);
CREATE INDEX by_name ON name (name);
CREATE INDEX by_number ON name (number);
CREATE INDEX by_coded ON coded (name);
CREATE INDEX by_new ON replaced (new);
"""
SUPERSEDED = """
DELETE FROM resource WHERE EXISTS (
  SELECT 1 FROM resource AS other WHERE other.name = resource.name AND (
    other.updated > resource.updated
    OR other.rowid < resource.rowid AND other.owner IS resource.owner
      AND other.content = resource.content
  )
)
"""
OF_PATIENT = """
SELECT DISTINCT resource.rowid, place, content, EXISTS (
  SELECT 1 FROM resource AS other
  WHERE other.name = resource.name AND other.rowid != resource.rowid
) FROM resource JOIN name ON owner = name.name WHERE number = ? ORDER BY resource.rowid
"""
OF_REPLACED = """
WITH RECURSIVE merged(name) AS (
  SELECT name FROM name WHERE number = ?
  UNION SELECT replaced.old FROM merged JOIN replaced ON replaced.new = merged.name
) SELECT COUNT(DISTINCT resource.rowid) FROM merged JOIN resource ON owner = merged.name
WHERE owner NOT IN (SELECT name FROM name WHERE number = ?)
"""
OLD = """
SELECT old.number FROM replaced JOIN name AS old ON old.name = replaced.old
JOIN name AS new ON new.name = replaced.new WHERE old.number != new.number
"""
LOST = "SELECT COUNT(*) FROM resource WHERE owner IS NULL OR owner NOT IN (SELECT name FROM name)"
SAME = """
SELECT number FROM name
WHERE name IN (SELECT name FROM name GROUP BY name HAVING COUNT(DISTINCT number) > 1)
"""


class RecordEntry(NamedTuple):
    """An entry of a Bundle, or a line: its number, address and resource.

    `resource` is None if it cannot be read.
    """

    place: int
    url: str | None
    resource: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RecordReading:
    """Basis of reading: the mapping, and the assessment date."""

    codes: CodeMap
    as_of: date | None = None


class Charts:
    """The rows of the patients of an input; each iteration reads them again.

    - `unmapped`: receives the codes without a rule, in the first iteration.
    - `first`: number of the first row.
    """

    def __init__(
        self,
        entries: Iterable[RecordEntry],
        reading: RecordReading,
        unmapped: Counter[UnmappedCode],
        first: int = 1,
    ) -> None:
        self._reading = reading
        self._first = first
        self._wrong: list[int] = []
        self._failed = False
        self._counted = False
        self._unmapped = unmapped
        import sqlite3  # for lists of records only

        with putting_aside():
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        finalize(self, self._db.close)
        try:
            self._store(entries)
        except sqlite3.OperationalError as error:  # the disk is full
            raise refuse_temporary(OSError(28, str(error))) from error

    def _store(self, entries: Iterable[RecordEntry]) -> None:
        db = self._db
        db.executescript(SCHEMA)
        db.execute("BEGIN")
        pack = msgspec.msgpack.encode
        people = 0
        for entry in entries:
            resource = entry.resource
            kind = None if resource is None else text_at(resource, "resourceType")
            if resource is None or kind in (None, BUNDLE):  # its resources would be lost
                self._wrong.append(entry.place)
            elif is_failure(resource):
                self._failed = True
            elif kind == PATIENT:
                people += 1
                content = pack(read_person(resource))
                db.execute("INSERT INTO person VALUES (?, ?, ?)", (people, entry.place, content))
                names = sorted({*_list_names(entry, kind)})
                db.executemany("INSERT INTO name VALUES (?, ?)", [(n, people) for n in names])
                links = _list_replaced(resource, names)
                same = permutations(names, 2)  # so that a chain is followed by any name
                db.executemany("INSERT INTO replaced VALUES (?, ?)", [*links, *same])
            elif kind in KINDS or kind == ORDER:
                read = read_resource(resource, 0)  # the same for each copy
                owner = text_at(resource, "subject", "reference")
                values = (
                    None if owner is None else _without_version(owner),
                    next(_list_names(entry, kind), None),
                    read_updated_us(resource),
                    entry.place,
                    pack(read),
                )
                db.execute("INSERT INTO resource VALUES (?, ?, ?, ?, ?)", values)
                if kind == CONDITION and read.denied in (None, UNVERIFIED):
                    self._name(entry, kind, read.codes)
            elif kind == MEDICATION:
                is_wrong = resource.get("status") == "entered-in-error"
                self._name(entry, kind, () if is_wrong else read_codings(resource.get("code")))
        db.execute("COMMIT")
        db.executescript(INDEXES)
        db.execute(SUPERSEDED)
        self._people = people
        self._lost: int = db.execute(LOST).fetchone()[0]
        self._twins = {number for (number,) in db.execute(SAME)}
        self._replaced = {number for (number,) in db.execute(OLD)}  # as either record may state

    def _name(self, entry: RecordEntry, kind: str, codes: tuple[Coding, ...]) -> None:
        """Store the codes of a resource to which others refer."""
        content = msgspec.msgpack.encode(codes)
        named = [(name, content) for name in _list_names(entry, kind)]
        self._db.executemany("INSERT INTO coded VALUES (?, ?)", named)

    def ids(self) -> Iterator[tuple[int, str | None]]:
        """List the numbers of the rows; patients of a record have no pseudonym."""
        last = self._people + bool(self._lost) + bool(self._wrong) + self._failed
        yield from ((number, None) for number in range(self._first, self._first + last))

    def __iter__(self) -> Iterator[Row]:
        """Read each patient, and finally describe the resources that belong to no patient."""
        for number in range(1, self._people + 1):
            yield self._read(number)
        self._counted = True
        row = self._first + self._people
        if self._lost:
            belong = "resource belongs" if self._lost == 1 else "resources belong"
            lost = f"{self._lost} {belong} to no patient in the input"
            yield NotRead(row, None, CODE, lost, LOST_REMEDY)
            row += 1
        if self._wrong:
            listed = ", ".join(map(str, self._wrong[:MOST_LINES]))
            more = " and others" if len(self._wrong) > MOST_LINES else ""
            single = len(self._wrong) == 1
            wrong = "entry is" if single else "entries are"
            kind = "a single resource" if single else "single resources"
            reason = f"{len(self._wrong)} {wrong} not {kind}: {listed}{more}"
            yield NotRead(row, None, CODE, reason, "export the record again")
            row += 1
        if self._failed:
            yield NotRead(row, None, CODE, FAILED, FAILED_REMEDY)

    def _read(self, number: int) -> Row:
        row = self._first + number - 1
        if number in self._twins:
            return NotRead(row, None, CODE, TWICE, TWICE_REMEDY)
        found = self._db.execute("SELECT place, content FROM person WHERE number = ?", (number,))
        place, content = found.fetchone()
        person = msgspec.msgpack.decode(content, type=RecordPerson)
        if person.replaced or number in self._replaced:
            return NotRead(row, None, CODE, REPLACED, REPLACED_REMEDY)
        if person.modified:
            return NotRead(row, None, CODE, MODIFIED, MODIFIED_REMEDY)
        if _is_dead(person, self._reading.as_of):
            return NotRead(row, None, "fhir.deceased", DEAD, DEAD_REMEDY)
        resources = (
            each
            for _, at, content, unordered in self._db.execute(OF_PATIENT, (number,))
            for one in (msgspec.msgpack.decode(content, type=Resource),)
            for each in self._complete(one, at, unordered=bool(unordered))
        )
        codes, as_of = self._reading.codes, self._reading.as_of
        chart = read_chart(person, place, resources, codes, as_of, self._find_codes)
        if not self._counted:
            self._count(chart.unmapped)
        stated, errors = find_entries(chart.table)
        if errors:
            return NotRead(row, None, CODE, join_first(errors))
        (count,) = self._db.execute(OF_REPLACED, (number, number)).fetchone()
        findings = (*chart.findings, *find_replaced(count), *find_inactive(person))
        return Listed(row, None, stated, findings=findings, sources=chart.sources)

    def _count(self, unmapped: Mapping[UnmappedCode, int]) -> None:
        """Count codes without a rule; beyond `MOST_UNMAPPED`, the codes themselves are not kept."""
        for one, count in unmapped.items():
            is_shown = one in self._unmapped or len(self._unmapped) < MOST_UNMAPPED
            self._unmapped[one if is_shown else UnmappedCode(one.resource)] += count

    def _complete(self, resource: Resource, place: int, *, unordered: bool) -> Iterator[Resource]:
        """Add the place, the order of versions, and the codes of a medication that is separate.

        The observations in the resource follow it.
        """
        codes, denied = resource.codes, UNORDERED if unordered else resource.denied
        if resource.drug_name is not None:
            codes = self._find_codes(resource.drug_name)
        yield msgspec.structs.replace(resource, place=place, denied=denied, codes=codes)
        for inner in resource.contained:
            yield from self._complete(inner, place, unordered=unordered)

    def _find_codes(self, name: str) -> tuple[Coding, ...]:
        """Return the codes of a medication or condition; none if the name is not unique."""
        asked = "SELECT content FROM coded WHERE name = ?"
        found = self._db.execute(asked, (_without_version(name),)).fetchall()
        if len(found) != 1:
            return ()
        return msgspec.msgpack.decode(found[0][0], type=tuple[Coding, ...])


def _is_dead(person: RecordPerson, as_of: date | None) -> bool:
    """Whether the patient was dead on the assessment date."""
    return person.dead and (None in (as_of, person.died) or person.died <= as_of)  # type: ignore[operator]


def _list_names(entry: RecordEntry, kind: str) -> Iterator[str]:
    if entry.url is not None:
        yield _without_version(entry.url)
    if (id_ := text_at(entry.resource, "id")) is not None:
        yield f"{kind}/{id_}"


def _list_replaced(patient: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """List the pairs of records of which, by a link of a Patient, the second replaces the first.

    An absolute reference denotes a record without an address only if the Patient has none either:
    with addresses, a record of another server may have the same id.
    """
    has_address = any("://" in name for name in names)
    for link in list_at(patient, "link"):
        if (reference := text_at(link, "other", "reference")) is not None:
            kind, named = text_at(link, "type"), _without_version(reference)
            for other in {named} if has_address else {named, _without_server(named)}:
                if kind == "replaced-by":
                    yield from ((name, other) for name in names)
                elif kind == "replaces":
                    yield from ((other, name) for name in names)


def _without_server(reference: str) -> str:
    """Return the type and id of an absolute reference, as a bulk export lists no addresses."""
    return "/".join(reference.split("/")[-2:])


def _without_version(reference: str) -> str:
    return reference.partition("/_history/")[0]
