"""Comparison of the case files of one patient's scans, in what they state of the patient."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import as_compared
from fl_planner.basis.shown import as_plain
from fl_planner.basis.units import DAYS_IN_YEAR
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.planning.given.case import Case, Embolisation
from fl_planner.planning.given.study_days import add_embolisation
from fl_planner.planning.growth.change import TimePoint
from fl_planner.trials.contradictions import find_denied
from fl_planner.trials.facts.facts import Contradiction

# in an adult, beyond two measurements of a height or a mistyped digit [project's choice]
SAME_HEIGHT_CM = 5


def find_other_cases(
    points: Sequence[TimePoint], embolisation: Embolisation | None
) -> Iterable[Finding]:
    """Find case files that differ in the patient, the body size, the limits or the embolisation.

    - `points`: the scans by date; `embolisation`: that of the series, recorded in any case file.
    """
    cases = [point.plan.case for point in points]
    yield from find_other_patients(cases, other_age=_is_other_age(points))
    sizes = {(p.plan.case.height_cm, p.plan.case.weight_kg) for p in points}
    if len(sizes - {(None, None)}) > 1:
        message = "height or weight differs between the scans: the standard liver volume is that "
        message += "of the baseline, or else of the first scan with both; the function per m² of "
        message += "each scan is calculated with its body size"
        yield Finding("growth.body_differs", Severity.INFO, message)
    yield from _of_limits(points)
    if embolisation is not None:
        for number, point in enumerate(points, start=1):
            yield from _of_embolisation(point, number, embolisation)


def find_other_patients(cases: Sequence[Case], *, other_age: bool = False) -> Iterable[Finding]:
    """Find case files of different patients, by data that do not change in a person [H-11].

    - `cases`: the scans, in any order; `other_age`: whether their ages contradict their dates.
    """
    fixed: dict[str, set[object]] = {
        "id": {None if case.id is None else as_compared(case.id) for case in cases},
        "diagnosis": {case.diagnosis for case in cases},
        "sex": {case.stated.values.get("sex") for case in cases},
    }
    differ = [name for name, values in fixed.items() if len(values - {None}) > 1]
    differ += ["age"] * other_age
    heights = [case.height_cm for case in cases if case.height_cm is not None]
    differ += ["height"] * (bool(heights) and max(heights) - min(heights) > SAME_HEIGHT_CM)
    if differ:
        message = (
            f"the case files differ in {' and '.join(differ)}: check that they belong to "
            "the same patient"
        )
        yield Finding("growth.cases_differ", Severity.WARNING, message)


def _is_other_age(points: Sequence[TimePoint]) -> bool:
    """Whether an age in completed years falls, or rises by over a year more than the time.

    An age that was not updated at a later scan is that of the same patient.
    """
    facts = ((point.on, point.plan.judged.facts.get("age_years")) for point in points)
    aged = [(on, age) for on, age in facts if isinstance(age, Fraction)]
    return any(
        not 0 <= after - before <= (later - on).days / DAYS_IN_YEAR + 1
        for (on, before), (later, after) in pairwise(aged)
    )


def _of_limits(points: Sequence[TimePoint]) -> Iterable[Finding]:
    """Find scans with different limits on the FLR: whether it was reached is not comparable."""
    limits = [
        {
            each.limit.value
            for each in point.plan.judged.thresholds
            if each.measured.fact == FLR and each.applies is not False
        }
        for point in points
    ]
    for number, (first, other) in enumerate(pairwise(limits), start=1):
        if first and other and first.isdisjoint(other):
            ours, theirs = (as_plain(100 * max(each)) for each in (first, other))
            message = (
                f"the limit on the FLR is {ours} % on scan {number} but {theirs} % on scan "
                f"{number + 1}, by the answers in their case files: each scan is compared with its "
                "own limit"
            )
            yield Finding("growth.limits_differ", Severity.WARNING, message)


def _of_embolisation(
    point: TimePoint, number: int, embolisation: Embolisation
) -> Iterable[Finding]:
    """Find facts of a later scan that contradict an embolisation in another case file [H-15].

    If its own case file records it, planning this scan has found them. The answers of its plan stay
    as they are: no fact becomes unknown.
    """
    if point.plan.case.embolisation is not None or point.on <= embolisation.on:
        return
    odd, denied = _compare(point, embolisation)
    for found in (*odd, *(structs.replace(each, unknown=()).finding for each in denied)):
        yield replace(found, message=f"scan {number}: {found.message}")


def find_denied_on_baseline(
    point: TimePoint, embolisation: Embolisation | None
) -> tuple[Finding, ...]:
    """Find in a scan from the day of the embolisation that its facts deny an embolisation before.

    Its plan reports this as a contradiction; in a series this scan is the baseline.
    """
    if embolisation is None or point.on != embolisation.on:
        return ()
    return tuple(each.finding for each in _compare(point, embolisation)[1])


def _compare(
    point: TimePoint, embolisation: Embolisation
) -> tuple[tuple[Finding, ...], tuple[Contradiction, ...]]:
    """Compare the facts of a scan with an embolisation before it: differences, and denials."""
    _, done, odd = add_embolisation(point.plan.case.stated, embolisation, point.on)
    return odd, find_denied(dict.fromkeys(done, False), done)
