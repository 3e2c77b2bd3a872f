"""Read a mapping file: which codes of a record state which fact.

A code states only the facts of its rule, and only in a resource that is not denied. No rule
derives a fact from an absent resource. A hospital edits a copy of the default, `data/default.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from fl_planner.basis.clinical_codes import LOCAL
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.formats.stored.file import read_text
from fl_planner.given.kinds import Flag, ListOf, OneOf, TableOfNames, Text, Version, Whole
from fl_planner.given.table import Error, Table, Tables, WrongEntryError, check_shape, key, meant
from fl_planner.given.toml import join_errors, read_table
from fl_planner.intake.patients.fhir.resources import (
    ADMINISTRATION,
    CONDITION,
    KINDS,
    OBSERVATION,
    PROCEDURE,
    REPORT,
    STATEMENT,
    Coding,
)
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.facts.quantities import DAYS, INPUT_NAMES
from fl_planner.trials.statements import parse_stated

CODE = "fhir.map_unreadable"
REMEDY = "correct these keys; fl-planner schema fhir-map prints the default mapping"
DEFAULT = Path(__file__).parent / "data" / "default.toml"
LONGEST_SPAN = 3660  # days of `within_days`
Course = Literal["present", "ever"]
_WHOLE_CODE = re.compile(r"[\w.:/-]+[!*+†#]?")  # without blanks and remarks
_RANGE = re.compile(r"([A-Z]\d\d)-([A-Z]\d\d)", re.ASCII)  # categories of ICD-10
MOST_CACHED = 1 << 13  # code lists whose rules are kept


class FreeNames(TableOfNames):
    """Entries with free names; none if not given."""

    nothing: Any = {}  # noqa: RUF012 - no table is changed after it was made

    def __init__(self) -> None:
        super().__init__({})


class Uris(Text):
    """The URI of a code system, or those of several editions with the same codes."""

    def read(self, entry: object, at: Any) -> tuple[str, ...]:
        """Read one text, or a list of them; raises `WrongEntryError`."""
        listed = entry if isinstance(entry, list) and entry else [entry]
        return tuple(str(super(Uris, self).read(one, at)) for one in listed)


CODES, SPAN = ListOf(Text()), Whole(1, LONGEST_SPAN)


class _FactRule(Table):
    """Codes that state facts."""

    codes: tuple[str, ...] = key(CODES, required=True)
    facts: Mapping[str, Any] = key(FreeNames())
    within_days: int | None = key(SPAN)


class _CourseRule(_FactRule):
    course: Literal["present", "ever"] = key(OneOf("present", "ever"), required=True)


class _MedicationRule(_CourseRule):
    reason: tuple[str, ...] = key(CODES)


class _AnswerRule(Table):
    """Codes whose answer is the value of a fact."""

    codes: tuple[str, ...] = key(CODES, required=True)
    fact: str = key(Text(), name="key", required=True)
    values: Mapping[str, Any] = key(FreeNames())
    preliminary: bool = key(Flag())


class _ReportRule(Table):
    codes: tuple[str, ...] = key(CODES, required=True)
    facts: Mapping[str, Any] = key(FreeNames())
    day: str | None = key(OneOf(*DAYS))
    fact: str | None = key(Text(), name="key")
    values: Mapping[str, Any] = key(FreeNames())


class _MapFile(Table):
    schema: int = key(Version(), required=True)
    unverified_conditions: bool = key(Flag())
    systems: Mapping[str, Any] = key(FreeNames(), required=True)
    sets: Mapping[str, Any] = key(FreeNames())
    condition: tuple[_CourseRule, ...] = key(Tables(_CourseRule))
    procedure: tuple[_FactRule, ...] = key(Tables(_FactRule))
    medication: tuple[_MedicationRule, ...] = key(Tables(_MedicationRule))
    observation: tuple[_AnswerRule, ...] = key(Tables(_AnswerRule))
    report: tuple[_ReportRule, ...] = key(Tables(_ReportRule))


RESOURCES = {  # table of the file -> the resources that its rules read
    "condition": (CONDITION,),
    "procedure": (PROCEDURE,),
    "medication": (STATEMENT, ADMINISTRATION),
    "observation": (OBSERVATION,),
    "report": (REPORT,),
}


def _is_whole(code: str) -> bool:
    """Whether a text is a code, without a remark."""
    return _WHOLE_CODE.fullmatch(code) is not None


@dataclass(frozen=True, slots=True)
class CodeSet:
    """Set of codes: single codes, prefixes, and ranges of categories."""

    exact: frozenset[Coding] = frozenset()
    beginnings: tuple[Coding, ...] = ()
    ranges: tuple[tuple[str, str, str], ...] = ()

    def __contains__(self, coding: Coding) -> bool:
        """Whether a code belongs to the set."""
        uri, code = coding
        return coding in self.exact or self._begins(uri, code)

    def _begins(self, uri: str, code: str) -> bool:
        return _is_whole(code) and (
            any(uri == of and code.startswith(begin) for of, begin in self.beginnings)
            or any(uri == of and low <= code[:3] <= high for of, low, high in self.ranges)
        )

    def has_any(self, codings: Sequence[Coding]) -> bool:
        """Whether any of these codes belongs to the set."""
        return any(coding in self for coding in codings)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    - `codes`: codes of the resource, or of an answer.
    - `facts`: facts that the resource states, by input key.
    - `key`, `values`: the fact whose value is the answer, and the values of coded answers.
    - `course`: whether the resource must be present now, or may have been present at any time.
    - `within_days`: longest time before the assessment date.
    - `reason`: codes of which one must be the reason of a medication; None for any.
    - `day`: input key of a date that is the day of the resource.
    - `preliminary`: whether a preliminary observation is used, with a finding.
    """

    codes: CodeSet
    facts: Mapping[str, object] = field(default_factory=dict)
    key: str | None = None
    values: Mapping[Coding, object] = field(default_factory=dict)
    course: Course = "ever"
    within_days: int | None = None
    reason: CodeSet | None = None
    day: str | None = None
    preliminary: bool = False


class CodeMap:
    """The rules of a mapping file.

    - `systems`: short name of each URI.
    - `unverified`: whether conditions without a verification status count as confirmed.
    """

    def __init__(
        self, rules: Mapping[str, Sequence[Rule]], systems: Mapping[str, str], *, unverified: bool
    ) -> None:
        self._rules = rules
        self.systems = systems
        self.unverified = unverified
        self._found: dict[tuple[str, tuple[Coding, ...]], tuple[Rule, ...]] = {}

    def match(self, kind: str, codes: tuple[Coding, ...]) -> tuple[Rule, ...]:
        """Return the rules for these codes of a resource.

        An observation with a code of this project states the fact of that name.
        """
        asked = (kind, codes)
        if (known := self._found.get(asked)) is not None:
            return known
        rules = [rule for rule in self._rules[kind] if rule.codes.has_any(codes)]
        if kind == OBSERVATION:
            own = (code for uri, code in codes if uri == LOCAL.uri and code in INPUT_NAMES)
            rules += [Rule(CodeSet(), key=name) for name in own]
        if len(self._found) >= MOST_CACHED:
            self._found.clear()
        found = self._found[asked] = tuple(rules)
        return found

    def is_ambiguous(self, codes: tuple[Coding, ...]) -> bool:
        """Whether codes of an observation state different facts, none of them all of these."""
        of_each = [{rule.key for rule in self.match(OBSERVATION, (code,))} for code in codes]
        every = set().union(*of_each)
        return all(keys != every for keys in of_each) and bool(every)

    def list_kinds(self) -> tuple[str, ...]:
        """List the kinds of resources that the rules read.

        Observations with codes of this project need no rule; conditions are reasons of medications.
        """
        used = {kind for kind, rules in self._rules.items() if rules} | {OBSERVATION}
        if any(rule.reason is not None for rules in self._rules.values() for rule in rules):
            used.add(CONDITION)
        return tuple(kind for kind in KINDS if kind in used)

    def list_codes(self, kind: str) -> tuple[Coding, ...] | None:
        """List the codes of the rules for a resource; None if they are not single codes."""
        sets = [rule.codes for rule in self._rules[kind]]
        if any(one.beginnings or one.ranges for one in sets):
            return None
        return tuple(sorted(frozenset[Coding]().union(*(one.exact for one in sets))))


def read_mapping(path: Path | None) -> tuple[CodeMap, tuple[InputFile, ...]]:
    """Read a mapping file, or the default; and the file.

    Raises `InputRefused`: `fhir.map_unreadable`, naming every invalid key with its line, the
    error, and the nearest valid name.
    """
    if path is None:
        return _read_default(), ()
    text, digest = read_text(path, CODE, "a FHIR code mapping file")
    return parse_mapping(text, path.name), (InputFile("fhir_map", path.name, "toml", digest),)


@cache
def _read_default() -> CodeMap:
    return parse_mapping(DEFAULT.read_text("utf-8"), DEFAULT.name)


def parse_mapping(text: str, name: str) -> CodeMap:
    """Parse the text of a mapping file; raises `InputRefused` with all errors together."""
    file, errors = check_shape(read_table(text, CODE, name), _MapFile)
    if file is None:
        raise InputRefused(CODE, name, join_errors(text, errors), REMEDY)
    reader = _MapReader(file)
    made = reader.read()
    if reader.errors:
        raise InputRefused(CODE, name, join_errors(text, reader.errors), REMEDY)
    return made


class _MapReader:
    """Reader of the rules of a file, which gathers the errors."""

    def __init__(self, file: _MapFile) -> None:
        self.errors: list[Error] = []
        self._file = file
        self._uris = {
            name: self._try(("systems", name), lambda entry=entry: Uris().read(entry, None), ())
            for name, entry in file.systems.items()
        }
        self._sets = {
            name: self._read_codes(("sets", name), self._list(("sets", name), entry))
            for name, entry in file.sets.items()
        }

    def read(self) -> CodeMap:
        """Read every rule."""
        rules: dict[str, list[Rule]] = {kind: [] for kinds in RESOURCES.values() for kind in kinds}
        for table, kinds in RESOURCES.items():
            for number, given in enumerate(getattr(self._file, table)):
                rule = self._read_rule((table, str(number)), given)
                for kind in kinds:
                    rules[kind].append(rule)
        names = {uri: name for name, uris in self._uris.items() for uri in uris}
        return CodeMap(rules, names, unverified=self._file.unverified_conditions)

    def _read_rule(self, where: tuple[str, ...], given: Any) -> Rule:
        facts = getattr(given, "facts", {})
        name = getattr(given, "fact", None)
        day = getattr(given, "day", None)
        if not facts and name is None and day is None:
            self._add(where, "give facts, or a key")
        for wrong in parse_stated(facts)[1]:
            self._add((*where, "facts"), wrong)
        if name is not None and name not in INPUT_NAMES:
            self._add((*where, "key"), f"unknown input key{meant(name, sorted(INPUT_NAMES))}")
        reason = getattr(given, "reason", ())
        return Rule(
            self._read_codes((*where, "codes"), given.codes),
            facts,
            name,
            dict(self._read_values((*where, "values"), name, getattr(given, "values", {}))),
            getattr(given, "course", "ever"),
            getattr(given, "within_days", None),
            self._read_codes((*where, "reason"), reason) if reason else None,
            day,
            getattr(given, "preliminary", False),
        )

    def _read_values(
        self, where: tuple[str, ...], name: str | None, values: Mapping[str, Any]
    ) -> Iterator[tuple[Coding, object]]:
        if values and name is None:
            self._add(where, "give the key to which these values belong")
        for text, value in values.items():
            if name in INPUT_NAMES:
                for wrong in parse_stated({str(name): value})[1]:
                    self._add(where, wrong)
            for uri, code in self._split(where, text):
                yield (uri, code), value

    def _read_codes(self, where: tuple[str, ...], texts: Sequence[str]) -> CodeSet:
        exact: set[Coding] = set()
        beginnings: list[Coding] = []
        ranges: list[tuple[str, str, str]] = []
        if not texts:
            self._add(where, "give at least one code")
        for text in texts:
            if text.startswith("@"):
                if (known := getattr(self, "_sets", {}).get(text[1:])) is None:
                    self._add(where, f"{text}: unknown code set")
                    continue
                exact |= known.exact
                beginnings += known.beginnings
                ranges += known.ranges
                continue
            for uri, code in self._split(where, text):
                if span := _RANGE.fullmatch(code):
                    ranges.append((uri, span[1], span[2]))
                elif code.endswith("*"):
                    beginnings.append((uri, code[:-1]))
                else:
                    exact.add((uri, code))
        return CodeSet(frozenset(exact), tuple(beginnings), tuple(ranges))

    def _split(self, where: tuple[str, ...], text: str) -> Iterator[Coding]:
        system, bar, code = text.partition("|")
        if not bar or not code.strip("*"):
            self._add(where, f"{text}: write system|code")
        elif system not in self._uris:
            self._add(where, f"{text}: unknown code system{meant(system, sorted(self._uris))}")
        else:
            yield from ((uri, code) for uri in self._uris[system])

    def _list(self, where: tuple[str, ...], entry: object) -> tuple[str, ...]:
        found: tuple[str, ...] = self._try(where, lambda: CODES.read(entry, None), ())  # type: ignore[arg-type]
        return found

    def _try(self, where: tuple[str, ...], read: Any, otherwise: Any) -> Any:
        try:
            return read()
        except WrongEntryError as wrong:
            self._add(where, str(wrong) or wrong.errors[0].what)
            return otherwise

    def _add(self, where: tuple[str, ...], what: str) -> None:
        self.errors.append((where, as_plain_text(f"{'.'.join(where)}: {what}")))
