"""Numbers of a plan in FHIR: observations, concepts, quantities and absence.

The code of each number, such as `flr-volume`, is declared with its key in `record/`
(`observed_as`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from msgspec import inspect, structs

from fl_planner.basis.clinical_codes import LOCAL, ML, UCUM, Term
from fl_planner.record.declaration.json_form import (
    DeclaredKey,
    list_keys,
    list_struct_keys,
    read_type,
)
from fl_planner.record.declaration.part import GIVEN, WHOLE_LIVER, Observation, follow
from fl_planner.record.head import Record, find_why
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.record.volumes import NONTUMOROUS, WHOLE

NOT_WITHOUT_TUMOUR = frozenset({NONTUMOROUS, "untreated-volume", "untreated-percent"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or its absence.

    - `observation`: its declaration.
    - `value`: its value; None if unknown. For an uncertain number with readings, only the readings
      apply. A volume from masks is an exact multiple of the volume of a voxel.
    - `unit`: its UCUM unit.
    - `method`: method of measurement, or the denominator of a share; None if unknown.
    - `doubted`: whether the findings on the plan also apply to it; False for given values.
    - `interval`: the 95 % inter-reader interval; None from two readings alone.
    - `rests_on`: basis of this interval.
    - `limits`: thresholds of trials for it, in the record.
    - `by`: its basis, if this differs between cases.
    - `readings`: the minimum and the maximum of its readings.
    - `word`: the word that is part of it, such as its normalisation, if this is stated.
    - `withdrawn`: reason why it is not to be used and is withheld; None otherwise.
    """

    observation: Observation
    value: float | Decimal | None
    unit: str
    method: str | None
    doubted: bool
    interval: tuple[float, float] | None = None
    rests_on: str | None = None
    limits: tuple[ThresholdRecord, ...] = ()
    by: tuple[str, ...] = ()
    readings: tuple[float | Decimal, ...] = ()
    word: str | None = None
    withdrawn: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether its value is known, its range if it is uncertain, or its word."""
        return self.value is not None or bool(self.readings) or self.word is not None


@dataclass(frozen=True, slots=True)
class Observed:
    """A key of a plan that is an observation, its UCUM unit, and its path."""

    observation: Observation
    unit: str
    fields: tuple[str, ...]


@cache
def list_observed() -> tuple[Observed, ...]:
    """List the keys of a plan that are observations, each after those from which it is computed."""
    found = _list_observed(list_keys(PlanRecord), ())
    return tuple(sorted(found, key=lambda one: one.observation.last))


def _list_observed(keys: Iterable[DeclaredKey], above: tuple[str, ...]) -> Iterator[Observed]:
    for key in keys:
        kind, unit, fields = key.kind, key.unit, (*above, *key.fields)
        if isinstance(kind, inspect.StructType):
            yield from _list_observed(list_struct_keys(kind), fields)
        elif isinstance(kind, inspect.DictType):
            unit = read_type(kind.value_type).unit
        elif isinstance(kind, inspect.VarTupleType) and "observed_in_last" in key.declared:
            item = read_type(kind.item_type).kind
            assert isinstance(item, inspect.StructType)  # it declares the observations
            yield from _list_observed(list_struct_keys(item), fields)
        if "observed" in key.declared and unit is not None and unit.term is not None:
            yield Observed(key.declared["observed"], unit.term.code, fields)


def list_numbers(record: PlanRecord) -> tuple[Number, ...]:
    """List the numbers of a plan, and unknown ones that are always reported."""
    every = (_of_denominator(record, _read_number(record, one)) for one in list_observed())
    written = (_exact(record, one) for one in every if one.is_known or one.observation.always)
    return tuple(_withheld(record, one) for one in written)


def _of_denominator(record: PlanRecord, number: Number) -> Number:
    """Without a tumour mask, omit what is non-tumorous, and derive the FLR from the whole liver.

    In the record, those keys then include tumour, but a receiving system reads the code alone.
    """
    seen = number.observation
    if record.volumes.denominator != WHOLE_LIVER:
        return number
    if seen.term.code in NOT_WITHOUT_TUMOUR:
        return replace(number, value=None)
    of = tuple(WHOLE if one == NONTUMOROUS else one for one in seen.of)
    return replace(number, observation=structs.replace(seen, of=of))


def _exact(record: PlanRecord, number: Number) -> Number:
    """Write the volumes of a number exactly, so that a limit is met as by the voxel counts."""
    seen = number.observation
    if number.unit != ML.code or seen.origin != "masks" or not seen.of_one_scan:
        return number
    exact = record.volumes.as_exact_ml
    return replace(
        number,
        value=None if number.value is None else exact(number.value),
        readings=tuple(map(exact, number.readings)),
    )


def _read_number(record: PlanRecord, key: Observed) -> Number:
    seen, value = key.observation, follow(record, key.fields)
    if seen.entry is not None and value is not None:
        value = value[seen.entry]
    method: str | None = seen.method.format(whole=record.volumes.whole)
    origin = seen.origin or getattr(follow(record, key.fields[:-1]), "origin", None)
    doubted = origin not in (None, "given")
    if seen.origin is None and not doubted:
        method = None if origin is None else GIVEN
    number = Number(seen, value, key.unit, method, doubted)
    if seen.by:
        return _measured_by(record, number)
    if seen.ends:
        return replace(number, interval=follow(record, (*key.fields[:-1], seen.ends)))
    if seen.qualified:
        return replace(number, word=follow(record, (*key.fields[:-1], seen.qualified[0])))
    if not seen.limited:
        return number
    ratio = record.ratios.by_side.get(seen.limited)
    return replace(
        number,
        interval=None if ratio is None else ratio.ends_95_percent,
        rests_on=None if ratio is None else ratio.cv.rests_on,
        limits=tuple(one for one in record.thresholds if one.is_on(seen.limited)),
    )


def _measured_by(record: PlanRecord, number: Number) -> Number:
    """Convert a number to an observation by its basis, with its range of readings."""
    seen = number.observation
    *beside, _ = seen.by
    if (names := follow(record, seen.by)) is None:
        return number
    readings = tuple(follow(record, (*beside, one)) for one in seen.readings)
    return replace(number, observation=seen.derived_from(names), by=names, readings=readings)


def _withheld(record: PlanRecord, number: Number) -> Number:
    """Omit a value that is not to be used, because a receiving system would store it."""
    why = find_why(record, number.observation.number)
    typed = not number.doubted and number.is_known
    if why is None or typed:
        return number
    return replace(
        number, value=None, interval=None, limits=(), readings=(), word=None, withdrawn=why
    )


CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ABSENT_DATE = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
REGISTRY = "http://clinicaltrials.gov"
LOCAL_SAYS = " (local code of fl_planner)"


def as_concept(term: Term, *more: Term) -> Record:
    """Write an observation code as a concept; `more` are equal terms of other systems.

    Examples
    --------
    >>> from fl_planner.basis.clinical_codes import BODY_HEIGHT, INTERVAL_LOW
    >>> as_concept(BODY_HEIGHT)["coding"]
    [{'system': 'http://loinc.org', 'code': '8302-2', 'display': 'Body height'}]
    >>> as_concept(INTERVAL_LOW)["coding"][0]["display"]
    'Lower end of the 95 % inter-reader interval (local code of fl_planner)'
    """
    says = LOCAL_SAYS if term.system == LOCAL else ""
    first = structs.replace(term, display=f"{term.display}{says}")
    return {"coding": [as_coding(one) for one in (first, *more)], "text": term.display}


def as_coding(term: Term) -> Record:
    """Write a term as a coding."""
    return {"system": term.system.uri, "code": term.code, "display": term.display}


def as_quantity(value: float | Decimal, unit: str) -> Record:
    """Write a number with its UCUM unit, which is also displayed."""
    return {"value": value, "unit": unit, "system": UCUM.uri, "code": unit}


def as_absent(reason: str = "unknown") -> Record:
    """Write the reason for a missing value."""
    return {"coding": [{"system": ABSENT, "code": reason}]}
