"""Facts of one patient from the resources of the record, according to the rules of a mapping.

Nothing is chosen: resources that differ leave the fact unknown, with a finding. The latest
instant or day applies only if the definition of a fact requires the latest value [trials.md 7]:
laboratory values, and the response at the latest assessment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from fl_planner.basis.clinical_codes import DRUG, LOCAL
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import list_first
from fl_planner.basis.units import as_ucum
from fl_planner.intake.patients.fhir.doubts import (
    find_different_days,
    find_preliminary,
    find_unmapped,
    find_unsure_days,
    find_unused,
)
from fl_planner.intake.patients.fhir.mapping import CodeMap, Rule
from fl_planner.intake.patients.fhir.moments import SAME_DAY_FROM_H, SAME_DAY_TO_H
from fl_planner.intake.patients.fhir.resources import (
    ADMINISTRATION,
    INVALID_DATE,
    NOT_TAKEN,
    NOT_USABLE,
    OBSERVATION,
    ORDER,
    PARTIAL,
    PATIENT,
    PRELIMINARY,
    STATEMENT,
    UNORDERED,
    UNVERIFIED,
    Coding,
    ObservedAmount,
    ObservedAnswer,
    RecordPerson,
    Resource,
)
from fl_planner.planning.given.chart import FactSource, UnmappedCode
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import LABORATORY, FactKind
from fl_planner.trials.facts.quantities import DAYS, QUANTITIES, SCAN_DATE, UPPER_LIMITS
from fl_planner.trials.statements import DRUG_KEY, EMBOLISED, TREATED_BEFORE

# the latest value counts by definition; of all other facts, differing resources contradict
LATEST = frozenset({*LABORATORY, "recist_response_after_chemo"})
FindCodes = Callable[[str], tuple[Coding, ...]]
LISTS = (FactKind.CODES, FactKind.TRIALS)
NONE = "none"  # of this project's codes: an empty list
BOTH_VEINS = {"PVE", "HVE"}
UNKNOWN = "counted as unknown"
UNREAD = object()  # entry of a value that is stated but cannot be read, such as < 5
MOST_PLACES = 6  # resources of a message
# units in which no whole number is counted: 3 cm are not 3 lesions
_MEASURES = frozenset(unit for one in QUANTITIES.values() for unit in one.units) - {"1"}
# codes of SNOMED CT, LOINC, ICD and ATC have digits; a name of a patient has none
_PLAIN_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9.+/-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Statement:
    """Value of one fact in one resource.

    - `entry`: entry as in a file of facts, or `UNREAD`.
    - `limit`: upper limit of a laboratory value.
    - `on`, `at`: its day, and its instant if its time has a zone.
    - `is_day_unsure`: whether its day may be another in the time zone of the hospital.
    """

    key: str
    entry: object
    resource: str
    place: int
    id: str | None = None
    on: date | None = None
    limit: object = None
    at: datetime | None = None
    is_day_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Facts of one patient, as entries of a file of facts, with sources and findings."""

    table: Mapping[str, object]
    sources: tuple[FactSource, ...]
    findings: tuple[Finding, ...]
    unmapped: Mapping[UnmappedCode, int]


def read_chart(
    person: RecordPerson,
    place: int,
    resources: Iterable[Resource],
    codes: CodeMap,
    as_of: date | None,
    find_codes: FindCodes,
) -> Chart:
    """Read the facts of a patient.

    - `person`, `place`: the Patient, and its entry or line.
    - `resources`: resources of this patient, in the order of the input.
    - `codes`: the mapping.
    - `as_of`: the assessment date; later resources are not used.
    - `find_codes`: returns the codes of a condition by its name, for reasons of medications.
    """
    reader = _ChartReader(codes, as_of, find_codes)
    statements = [*_describe_person(person, place, as_of)]
    for resource in resources:
        statements += reader.read(resource)
    chosen = _Chosen(as_of)
    chosen.add(statements)
    findings = (
        *find_unused(reader.count_unused([*chosen.table]) + _count_birth(person, as_of)),
        *chosen.findings,
        *find_preliminary(reader.preliminary & chosen.table.keys()),
        *find_different_days(chosen.sources),
        *find_unsure_days(chosen.unsure_days),
        *find_unmapped(reader.unmapped),
    )
    return Chart(chosen.table, tuple(chosen.sources), findings, reader.unmapped)


def _describe_person(person: RecordPerson, place: int, as_of: date | None) -> Iterator[Statement]:
    """Add sex and age in completed years, if fully known."""
    if person.sex is not None:
        yield Statement("sex", person.sex, PATIENT, place)
    born = person.born
    if born is not None and as_of is not None and born <= as_of:
        before = (as_of.month, as_of.day) < (born.month, born.day)
        years = as_of.year - born.year - before
        yield Statement("age", {"value": years, "unit": "a"}, PATIENT, place)


def _count_birth(person: RecordPerson, as_of: date | None) -> Counter[str]:
    """Count a birth date that is not a date, or after the assessment date: the age is unknown."""
    born = person.born_from
    late = as_of is not None and born is not None and born > as_of
    why = "with a birth date after the assessment date" if late else "with an invalid birth date"
    return Counter({why: int(late or person.is_birth_invalid)})


class _ChartReader:
    """Reader of statements; counts resources that are not used, and codes without a rule."""

    def __init__(self, codes: CodeMap, as_of: date | None, find_codes: FindCodes) -> None:
        self._codes, self._as_of, self._find_codes = codes, as_of, find_codes
        self.unused: Counter[str] = Counter()
        self._ordered: list[set[str]] = []
        self.preliminary: set[str] = set()
        self.unmapped: Counter[UnmappedCode] = Counter()

    def read(self, resource: Resource) -> Iterator[Statement]:
        """Read the statements of a resource."""
        if resource.kind == OBSERVATION:
            yield from self._read_observation(resource)
        elif resource.kind == ORDER:
            self._note_order(resource)
        elif rules := self._codes.match(resource.kind, resource.codes):
            yield from self._apply_each(resource, rules)
        else:
            self._note(resource)

    def _read_observation(self, resource: Resource) -> Iterator[Statement]:
        answers = [(one, self._codes.match(OBSERVATION, one.codes)) for one in resource.answers]
        used = [rule for _, rules in answers for rule in rules]
        if not used:
            self._note(resource)
        elif (why := self._find_denial(resource, used)) is not None:
            self.unused[why] += 1
            if why in (PARTIAL, UNORDERED, INVALID_DATE):
                yield from (_state(resource, str(rule.key), UNREAD) for rule in used)
        else:
            if resource.denied == PRELIMINARY:
                self.preliminary |= {str(rule.key) for rule in used}
            yield from self._read_answers(resource, answers)

    def _apply_each(self, resource: Resource, rules: Iterable[Rule]) -> Iterator[Statement]:
        """Apply the rules of a resource other than an observation; count why it is not used."""
        denial = self._find_denial(resource)
        reasons: dict[str, None] = {}  # each counted once, also for several rules
        for rule in rules:
            if denial is None and self._excludes(resource, rule):
                continue
            if (why := denial or self._find_doubt(resource, rule)) is not None:
                reasons[why] = None
            else:
                yield from self._apply(resource, rule)
        self.unused.update(reasons.keys())

    def _note_order(self, resource: Resource) -> None:
        """Note an order of a drug that has a rule: it does not state that the drug was taken."""
        rules = self._codes.match(STATEMENT, resource.codes)
        if rules and self._find_denial(resource) is None:
            self._ordered.append({key for rule in rules for key in rule.facts})

    def count_unused(self, known: Iterable[str]) -> Counter[str]:
        """Count the unused resources by the reason; orders only if a fact is not known without."""
        orders = sum(not keys <= {*known} for keys in self._ordered)
        return self.unused + Counter({NOT_USABLE[ORDER]: orders})

    def _note(self, resource: Resource) -> None:
        """Count the codes of a resource for which there is no rule."""
        for uri, code in resource.codes or (("", ""),):
            name = self._codes.systems.get(uri)
            is_shown = name is not None and _PLAIN_CODE.fullmatch(code)
            self.unmapped[UnmappedCode(resource.kind, name, code if is_shown else None)] += 1

    def _find_denial(self, resource: Resource, rules: Iterable[Rule] = ()) -> str | None:
        """Return why a resource is not used; the `rules` are the rules of an observation."""
        if resource.denied == UNVERIFIED and self._codes.unverified:
            return None
        if resource.denied == PRELIMINARY:
            if not all(rule.preliminary for rule in rules):
                return NOT_USABLE[OBSERVATION]
        elif resource.denied is not None:
            return resource.denied
        late = None not in (self._as_of, resource.begin) and resource.begin > self._as_of  # type: ignore[operator]
        return "after the assessment date" if late else None

    def _excludes(self, resource: Resource, rule: Rule) -> bool:
        """Whether a resource clearly differs from a rule: past, too old, or for another reason.

        Such a resource is normal, so it is not counted as unused.
        """
        if rule.course == "present" and resource.is_present is False:
            return True
        if rule.course == "present" and resource.kind == ADMINISTRATION:
            return rule.within_days is None  # one dose does not state current use
        if rule.within_days is not None and None not in (resource.end, self._as_of):
            days = (self._as_of - resource.end).days  # type: ignore[operator]
            if days > rule.within_days:
                return True
        reasons = self._list_reasons(resource)
        return rule.reason is not None and bool(reasons) and not rule.reason.has_any(reasons)

    def _find_doubt(self, resource: Resource, rule: Rule) -> str | None:
        """Return the information that the rule requires but the resource does not state."""
        if rule.course == "present" and resource.kind != ADMINISTRATION:
            if resource.is_present is None:
                return "not stated to be present"
            end = resource.end if resource.kind == STATEMENT else None
            if end is not None and (self._as_of is None or end < self._as_of):
                return "with an end date"
        is_unsure = resource.kind == STATEMENT and resource.is_present is None
        if is_unsure and None in (self._as_of, resource.begin):  # it may be planned
            return NOT_TAKEN
        if rule.within_days is not None and (self._as_of is None or resource.on is None):
            return "whose age cannot be determined (exact date or assessment date missing)"
        if rule.reason is not None and not self._list_reasons(resource):
            return "without a coded reason"
        return None

    def _list_reasons(self, resource: Resource) -> tuple[Coding, ...]:
        named = map(self._find_codes, resource.reason_names)
        return (*resource.reasons, *(one for codes in named for one in codes))

    def _apply(self, resource: Resource, rule: Rule) -> Iterator[Statement]:
        for key, entry in rule.facts.items():
            yield _state(resource, key, _add_day(key, entry, resource.on))
        if rule.day is not None and resource.on is not None:
            yield _state(resource, rule.day, resource.on)
        if rule.key is not None:
            entry, why = _read_coded(rule, resource.conclusions)
            if why is None:
                yield _state(resource, rule.key, entry)
            else:
                self.unused[why] += 1

    def _read_answers(
        self, resource: Resource, answers: Iterable[tuple[ObservedAnswer, tuple[Rule, ...]]]
    ) -> Iterator[Statement]:
        """Read the answers of an observation; lists are gathered from its components."""
        listed: dict[str, list[object]] = {}
        for answer, rules in answers:
            if answer.is_stated and self._codes.is_ambiguous(answer.codes):
                self.unused["with the codes of different tests"] += 1
                yield from (_state(resource, rule.key or "", UNREAD) for rule in rules)
                continue
            for rule in rules:
                key = rule.key or ""
                entry, why = _read_answer(rule, key, answer, resource)
                if why is not None:
                    of_components = answer is resource.answers[0] and len(resource.answers) > 1
                    if answer.is_stated or not of_components:
                        self.unused[why] += 1
                    if answer.is_stated:
                        yield _state(resource, key, UNREAD)
                    continue
                if isinstance(entry, list):
                    listed.setdefault(key, []).extend(entry)
                    continue
                yield _state(resource, key, entry, _read_limit(key, answer.limit))
        for key, entries in listed.items():
            yield _state(resource, key, entries)


def _state(resource: Resource, key: str, entry: object, limit: object = None) -> Statement:
    place, on, at = resource.place, resource.on, resource.at
    unsure = resource.is_day_unsure
    return Statement(key, entry, resource.kind, place, resource.id, on, limit, at, unsure)


def _add_day(key: str, entry: object, on: date | None) -> object:
    """Add the day of a treatment before the scan, which its fact requires."""
    if key not in TREATED_BEFORE or entry is False or on is None:
        return entry
    given = entry if isinstance(entry, Mapping) else {}
    return {**given, "date": on}


Read = tuple[object, str | None]  # the entry, or why there is none


def _read_answer(rule: Rule, key: str, answer: ObservedAnswer, resource: Resource) -> Read:
    if key in DAYS:
        return (answer.day, None) if answer.day is not None else (None, "without an exact date")
    if key in QUANTITIES or key in UPPER_LIMITS:
        if answer.amount is None:
            return None, "without a number and its unit"
        if _has_two_units(key, answer.amount):
            return None, "whose coded and displayed units differ"
        return {**_as_entry(answer.amount), **_find_more(key, resource)}, None
    kind = FACTS[key].kind
    if kind is FactKind.YES_NO and answer.flag is not None:
        return answer.flag, None
    if kind is FactKind.WHOLE:
        number = answer.whole
        if number is None and answer.amount is not None:
            if as_ucum(answer.amount.unit) in _MEASURES:
                return None, "with a unit of measurement instead of a number"
            number = answer.amount.value
        if number is not None:
            return number, None
        return (None, "without a number") if not answer.coded else _read_coded(rule, answer.coded)
    own = [code for uri, code in answer.coded if uri == LOCAL.uri]
    if not rule.values and kind in LISTS and own:
        return [code for code in own if code != NONE], None
    if not rule.values and kind is FactKind.CODE and len(own) == 1:
        return own[0], None
    if not rule.values and kind is FactKind.CODE and answer.text in FACTS[key].codes:
        return answer.text, None  # the exact word, as in a list of patients
    return _read_coded(rule, answer.coded)


def _has_two_units(key: str, amount: ObservedAmount) -> bool:
    """Whether the coded and the displayed unit are both valid for a fact, and give other values."""
    known = (UPPER_LIMITS[key] if key in UPPER_LIMITS else QUANTITIES[key]).units
    factors = (known.get(as_ucum(unit)) for unit in (amount.unit, amount.shown or amount.unit))
    coded, shown = factors
    return None not in (coded, shown) and coded != shown


def _read_coded(rule: Rule, coded: Sequence[Coding]) -> Read:
    """Read the value of a coded answer, using the values of the rule."""
    if not (found := [rule.values[coding] for coding in coded if coding in rule.values]):
        return None, "without an answer listed in the mapping"
    if any(one != found[0] for one in found):
        return None, "with several answers"
    return found[0], None


def _as_entry(amount: ObservedAmount) -> dict[str, object]:
    return {"value": "" if amount.value is None else amount.value, "unit": amount.unit}


def _read_limit(key: str, limit: ObservedAmount | None) -> object:
    """Return the upper limit of a laboratory value; None for any other fact."""
    if limit is None or key not in LABORATORY or _has_two_units(key, limit):
        return None
    return _as_entry(limit)


def _find_more(key: str, resource: Resource) -> dict[str, object]:
    """Return the day of a laboratory value, or the drug of a dose."""
    if key in LABORATORY and resource.on is not None:
        return {"date": resource.on}
    if key != DRUG_KEY:
        return {}
    drugs = [
        code
        for answer in resource.answers
        if (LOCAL.uri, DRUG.code) in answer.codes
        for uri, code in answer.coded
        if uri == LOCAL.uri
    ]
    return {"drug": drugs[0]} if len(drugs) == 1 else {}


@dataclass(slots=True)
class _Chosen:
    """Facts on which all resources agree, or of which the latest is used by definition."""

    as_of: date | None
    table: dict[str, object] = field(default_factory=dict)
    sources: list[FactSource] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unsure_days: list[str] = field(default_factory=list)  # keys of facts that have a day

    def add(self, statements: Iterable[Statement]) -> None:
        """Determine each fact; upper limits last, as they belong to the values used."""
        of_key: dict[str, list[Statement]] = {}
        for one in statements:
            of_key.setdefault(one.key, []).append(one)
        limits = {key: of_key.pop(key) for key in [*of_key] if key.endswith("_uln")}
        dated = SCAN_DATE in of_key
        for key, found in of_key.items():
            used = self._settle(key, found, dated=dated)
            limit = f"{key}_uln"
            if limit in UPPER_LIMITS or limit in QUANTITIES:
                more = [
                    Statement(limit, one.limit, one.resource, one.place, one.id, one.on)
                    for one in used
                    if one.limit is not None
                ]
                limits[limit] = [*limits.get(limit, ()), *more]
        for key, found in limits.items():
            if found:
                self._settle(key, found, dated=dated)

    def _settle(self, key: str, found: Sequence[Statement], *, dated: bool) -> list[Statement]:
        """Add a fact if it is determined; return the statements that were used."""
        if all(one.entry is UNREAD for one in found):
            return []
        used = _find_latest(found) if key in LATEST else [*found]
        entry = used[0].entry if used else None
        if not used:
            message = f"{key}: different values, and it is not known which is the latest; {UNKNOWN}"
            self._doubt("fhir.several_values", message)
        elif key in LATEST and entry is UNREAD:
            entry = None
            self._doubt("fhir.latest_unread", f"{key}: the latest result cannot be read; {UNKNOWN}")
        elif key not in LATEST and any(one.entry != entry for one in used):
            entry = _combine(key, used, dated=dated)
            if not isinstance(entry, Mapping):
                named = [*dict.fromkeys(f"{one.resource} {one.place}" for one in used)]
                is_unread = any(one.entry is UNREAD for one in used)
                why = "an answer cannot be read" if is_unread else "resources differ"
                effect = UNKNOWN if entry is None else "counted as 'yes'; kind and day are not used"
                message = f"{key}: {why} ({list_first(named, MOST_PLACES)}); {effect}"
                self._doubt("fhir.contradiction", message)
        if entry is None:
            return []
        self.table[key] = entry
        is_dated = isinstance(entry, Mapping) and "date" in entry
        if is_dated and any(one.is_day_unsure for one in used):
            self.unsure_days.append(key)
        self.sources += [self._name(one) for one in used]
        return used

    def _doubt(self, code: str, message: str) -> None:
        self.findings.append(Finding(code, Severity.WARNING, message))

    def _name(self, one: Statement) -> FactSource:
        days = None if self.as_of is None or one.on is None else (self.as_of - one.on).days
        return FactSource(one.key, one.resource, one.place, days, one.id, one.on)


def _find_latest(found: Sequence[Statement]) -> list[Statement]:
    """Return the latest statement; none if they differ and the latest is unknown.

    Several, if equally late with the same value but different upper limits.
    """
    is_same = _have_one_value(found)
    if any(one.on is None for one in found):
        return [max(found, key=lambda one: one.on or date.min)] if is_same else []
    last = [one for one in found if not any(_is_later(other, one) for other in found)]
    if not last or not _have_one_value(last):
        return []
    return [last[0], *(one for one in last if one.limit != last[0].limit)]


def _have_one_value(found: Sequence[Statement]) -> bool:
    return all(_value(one) == _value(found[0]) for one in found)


def _is_later(one: Statement, other: Statement) -> bool:
    """Compare two dated statements by their instants, or by their days if one lacks it.

    In the hospital, the day of a time in UTC may be the day before, or the day after.
    """
    instants = (one.at, other.at)
    if None not in instants:
        return instants[0] > instants[1]  # type: ignore[operator]
    assert one.on is not None  # checked by the caller
    assert other.on is not None
    before = one.is_day_unsure and one.at is not None and one.at.hour < SAME_DAY_FROM_H
    after = other.is_day_unsure and other.at is not None and other.at.hour >= SAME_DAY_TO_H
    return (one.on - other.on).days > before + after


def _value(one: Statement) -> object:
    """Return the content of a statement, without its day."""
    if not isinstance(one.entry, Mapping):
        return one.entry
    return {key: value for key, value in one.entry.items() if key != "date"}


def _combine(key: str, used: Sequence[Statement], *, dated: bool) -> object:
    """Combine treatments before the scan that are all yes, with different kinds or days.

    Portal and hepatic veins embolised on one day are one combined embolisation. With several days,
    only the answer yes is kept. If the day of the scan is known, nothing is kept, because one of
    the treatments may have followed the scan.
    """
    entries = [one.entry for one in used]
    if key not in TREATED_BEFORE or any(one is False or one is UNREAD for one in entries):
        return None
    given = [entry if isinstance(entry, Mapping) else {} for entry in entries]
    kinds, days = ({one.get(name) for one in given} for name in ("kind", "date"))
    if key == EMBOLISED and kinds == BOTH_VEINS and len(days) == 1 and None not in days:
        return {"kind": "PVE/HVE", "date": days.pop()}
    return None if dated else True
