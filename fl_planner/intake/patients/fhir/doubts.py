"""Findings on the reading of an electronic record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import list_first
from fl_planner.intake.patients.fhir.resources import RecordPerson
from fl_planner.planning.given.chart import FactSource, UnmappedCode
from fl_planner.trials.statements import FUNCTION_KEY, NORMALISATION_KEY

OF_ONE_STUDY = {  # values that are used together
    "volumes": (  # from which shares of the liver are computed
        *("total_liver_volume", "tumour_volume", "flr_volume", "treated_nontumorous_volume"),
        *("flr_after_clearing_volume", "flr_after_clearing_1mm_volume"),
    ),
    "function and its normalisation": (FUNCTION_KEY, NORMALISATION_KEY),
}
MOST_CODES = 10  # codes of a message


def find_unused(unused: Mapping[str, int]) -> Iterator[Finding]:
    """Count the resources that are not used, by the reason."""
    if unused:
        counted = ", ".join(f"{count} {why}" for why, count in sorted(unused.items()))
        yield Finding("fhir.not_used", Severity.WARNING, f"resources not used: {counted}")


def find_replaced(count: int) -> Iterator[Finding]:
    """Count the resources of other records of the patient that the record replaces."""
    if count:
        message = f"resources not used: {count} of another record that this record replaces"
        yield Finding("fhir.not_used", Severity.WARNING, message)


def find_inactive(person: RecordPerson) -> Iterator[Finding]:
    """Report a record that is stated not to be in use, such as a duplicate."""
    if person.inactive:
        message = (
            "the record is marked as inactive (Patient.active): it may be a duplicate, and lack "
            "recent data; check whether the patient has another record"
        )
        yield Finding("fhir.inactive", Severity.WARNING, message)


def find_preliminary(keys: Iterable[str]) -> Iterator[Finding]:
    """Name the facts that preliminary observations state."""
    if listed := sorted(keys):
        message = f"preliminary, not confirmed by a person: {', '.join(listed)}"
        yield Finding("fhir.preliminary", Severity.WARNING, message)


def find_different_days(sources: Iterable[FactSource]) -> Iterator[Finding]:
    """Find values of one study that were recorded on different days."""
    all_dated = [one for one in sources if one.date is not None]
    for what, keys in OF_ONE_STUDY.items():
        dated = [one for one in all_dated if one.key in keys]
        if len({one.date for one in dated}) > 1:
            listed = ", ".join(dict.fromkeys(one.key for one in dated))
            message = f"{what} recorded on different dates: {listed}"
            yield Finding("fhir.days_differ", Severity.WARNING, message)


def find_unsure_days(keys: Iterable[str]) -> Iterator[Finding]:
    """Name the facts whose time is in UTC, where the day may be another."""
    if listed := sorted(keys):
        message = (
            f"the time is in UTC, and its day is used: {', '.join(listed)}. In the time zone of "
            "the hospital, it may be the day before or after"
        )
        yield Finding("fhir.utc_day", Severity.INFO, message)


def find_unmapped(unmapped: Mapping[UnmappedCode, int]) -> Iterator[Finding]:
    """Count the codes without a rule, and name the first."""
    if unmapped:
        count = sum(unmapped.values())
        named = sorted({f"{one.system} {one.code}" for one in unmapped if one.code is not None})
        listed = f": {list_first(named, MOST_CODES)}" if named else ""
        have = "code in the record has" if count == 1 else "codes in the record have"
        message = f"{count} {have} no rule in the mapping{listed}"
        yield Finding("fhir.not_mapped", Severity.INFO, message, None, count)
