"""Cards and sentences on growth, response and radioembolisation."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.shown import as_interval, as_ml, as_number
from fl_planner.basis.standing_words import INTERVAL
from fl_planner.intake.documents.protocols import read_protocol
from fl_planner.liver.growth import OTHER_THAN_PVE, SLOW_POINTS_PER_WEEK
from fl_planner.record.dose import ComputedDoseRecord, LungDoseRecord
from fl_planner.record.growth import GrowthKeys, ResponseRecord
from fl_planner.record.growth_scan import ChangeRecord, KineticKeys, KineticOfStandardKeys
from fl_planner.record.head import NOT_ANSWERED, SEE, mark, mark_measured
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Block, Card, NamedValue, Sentences
from fl_planner.report.endpoint_words import (
    describe_best,
    describe_reach,
    describe_withheld,
    format_category,
    format_sums,
    list_lesion_changes,
    name_response,
    scan_table,
)
from fl_planner.report.words import NOT_GIVEN
from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY


def growth_card(record: PlanRecord, growth: GrowthKeys | None) -> Card:
    """Build the card of growth up to this scan, or state that it was not measured."""
    title = "FLR growth"  # after ALPPS and Y90 too
    if growth is None:
        return Card(title, (*_days_since(record), NamedValue("Growth")))
    latest = growth.growth[-1]
    points, reason = f"{as_number(latest.points)} percentage points", mark(record, "growth")
    if reason:
        return Card(title, (NamedValue("Hypertrophy (DH)", points, reason, strong=True),))
    days = "embolisation date not given" if latest.days is None else str(latest.days)
    error = "; within the reading error" if latest.within_reading_error else ""
    return Card(
        title,
        (
            NamedValue(_since(record), days),
            NamedValue(
                "Hypertrophy (DH)",
                points,
                f"{FIXED}; {INTERVAL}: {as_interval(latest.points_interval)}{error}",
                strong=True,
            ),
            NamedValue(
                "Relative growth",
                f"{as_number(latest.relative_percent)} % of the FLR at baseline, "
                f"{as_ml(latest.gain_ml)}",
            ),
            *_rates(latest),
            *_reach(growth),
        ),
    )


def _reach(growth: GrowthKeys) -> tuple[NamedValue, ...]:
    if (reach := growth.endpoints.limit_reach) is None:
        return ()
    return (NamedValue("FLR limit", describe_reach(reach, growth.time_points)),)


def _days_since(record: PlanRecord) -> tuple[NamedValue, ...]:
    done = record.case.embolisation
    days = 0 if done is None else done.to_ct_days or 0
    return (NamedValue(_since(record), str(days)),) if days > 0 else ()


def _since(record: PlanRecord) -> str:
    """Name the number of days since an embolisation, ALPPS or Y90."""
    done = record.case.embolisation
    kind = done.kind if done is not None and done.kind in OTHER_THAN_PVE else "embolisation"
    return f"Days since {kind}"


def _rates(one: ChangeRecord) -> Iterator[NamedValue]:
    """Name the rate by each denominator: the published limit refers to the standardised FLR."""
    kinetic, standard = one.kinetic, one.kinetic_of_standard
    if kinetic is None:
        why = "calculated only for the first scan after embolisation"
        yield NamedValue("Growth rate (KGR)", "not given", why)
        return
    if standard is not None:
        rate, ends = _standard_rate(standard)
        yield NamedValue("Growth rate (KGR, sFLR)", rate, f"{STANDARD}; {ends}", strong=True)
    rate, ends = _rate(kinetic)
    yield NamedValue("Growth rate (KGR)", rate, f"{FIXED}; {ends}", strong=True)


def _rate(one: KineticKeys) -> tuple[str, str]:
    ends = _ends(one.kgr_interval, is_below_2=one.kgr_below_2)
    return f"{one.kgr_shown} {A_WEEK}", ends


def _standard_rate(one: KineticOfStandardKeys) -> tuple[str, str]:
    rate = as_number(one.kgr_of_standard_points_per_week, [SLOW_POINTS_PER_WEEK])
    ends = _ends(one.kgr_of_standard_interval, is_below_2=one.kgr_of_standard_below_2)
    return f"{rate} {A_WEEK}", ends


def _ends(interval: tuple[float, float], *, is_below_2: bool | None) -> str:
    slow = f"; below {SLOW_POINTS_PER_WEEK} {A_WEEK}" if is_below_2 else ""
    return f"{INTERVAL}: {as_interval(interval, [SLOW_POINTS_PER_WEEK])}{slow}"


def needed(threshold: ThresholdRecord) -> str:
    """Describe the volume needed to reach a limit; "" if it is reached."""
    if (gain := threshold.growth_needed_ml) is None:
        return ""
    total, rest = as_ml(gain.total_held), as_ml(gain.rest_held)
    return (
        f"FLR gain required: {total} if the total liver volume does not change, {rest} if the rest "
        "of the liver does not change"
    )


def radioembolisation_card(record: PlanRecord) -> Card:
    """Build the card of untreated liver, lung dose and shunt; empty if none is required."""
    dose = record.dose
    title = f"Radioembolisation ({read_protocol('radioembolisation').name})"
    if record.volumes.untreated_percent is None and dose is None:
        return Card(title, ())
    untreated = mark(record, "untreated") or phrases.interval(record, "untreated")
    lines = (
        NamedValue("Untreated liver", phrases.share(record, "untreated"), untreated),
        _lung_dose(dose or LungDoseRecord()),
        _shunt(dose.computed if dose else None),
    )
    return Card(title, lines)


def _lung_dose(dose: LungDoseRecord) -> NamedValue:
    name, computed = f"Lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy", dose.computed
    unusable = computed is not None and not computed.usable
    if dose.shown is not None:
        doubt = mark_measured(dose.origin, usable=not unusable)
        origin = doubt or phrases.ORIGINS[dose.origin]
        return NamedValue(name, f"{dose.shown} Gy", origin, strong=True)
    if unusable:
        return NamedValue(name, NOT_ANSWERED, SEE, strong=True)
    if computed is None:
        return NamedValue(name)
    if computed.most_lung_shown is None:
        lacking = "the lung shunt is missing" if computed.lacks_shunt else ""
        return NamedValue(name, "not known", lacking) if lacking else NamedValue(name)
    most = (
        f"at most {computed.most_lung_shown} Gy if tumour uptake is not below liver uptake; the "
        "tumour-to-normal ratio is missing"
    )
    return NamedValue(name, "not known", most)


def _shunt(computed: ComputedDoseRecord | None) -> NamedValue:
    if computed is None or computed.lung_shunt is None:
        return NamedValue("Lung shunt", NOT_GIVEN)
    shunt = computed.lung_shunt
    doubt = mark_measured(shunt.origin, usable=computed.usable)
    method = doubt or phrases.SHUNT_METHODS[shunt.method]
    return NamedValue("Lung shunt", f"{shunt.shown} of the activity", method, strong=True)


A_WEEK = "percentage points per week"
FIXED = "with the baseline liver as denominator"
STANDARD = "with the liver volume estimated from body size as denominator"
OWN_LIVER = "includes changes in the rest of the liver"
WHOLE_LESION = (
    "mRECIST not assessed: it requires the enhancing part of each lesion; these masks show whole "
    "lesions."
)


def growth_blocks(growth: GrowthKeys, doubt: str) -> Iterator[Block]:
    """List the scans and the growth of the FLR; `doubt` comes first."""
    yield scan_table(growth, doubt)
    lines = [line for each in growth.growth for line in _grown(each)]
    lines += [f"{one.name}: {one.value}." for one in _reach(growth)]
    yield Sentences("Growth", (*([doubt] if doubt and lines else []), *lines))


def response_sentences(growth: GrowthKeys, *, in_hcc: bool) -> Sentences:
    """Describe the response of liver lesions from baseline to each later scan."""
    lines = [line for each in growth.endpoints.responses for line in _response(each)]
    lines += [f"{describe_withheld(one)}." for one in growth.endpoints.withheld_responses or ()]
    bests = growth.endpoints.best_responses or ()
    lines += [f"{phrases.sentence(describe_best(one))}." for one in bests]
    lines += [WHOLE_LESION] if lines and in_hcc else []
    return Sentences("Response of liver lesions", tuple(lines))


def _grown(one: ChangeRecord) -> Iterator[str]:
    days = "" if one.days is None else f", day {one.days}"
    within = ", within the reading error" if one.within_reading_error else ""
    yield (
        f"Scan {one.from_scan} to scan {one.to_scan}{days}: gain {as_ml(one.gain_ml)}, "
        f"{as_number(one.relative_percent)} % of the FLR at baseline; hypertrophy (DH) "
        f"{as_number(one.points)} percentage points {FIXED} "
        f"({INTERVAL}: {as_interval(one.points_interval)}){within}."
    )
    if one.kinetic is not None:
        rate, ends = _rate(one.kinetic)
        fixed = f"{rate} {FIXED} ({ends})"
        if one.kinetic_of_standard is not None:
            rate, ends = _standard_rate(one.kinetic_of_standard)
            fixed = f"{rate} {STANDARD} (sFLR; {ends}); {fixed}"
        yield f"Kinetic growth rate {fixed}."
    anew = as_number(one.points_anew)
    each = "with the liver on each scan as denominator"
    yield f"{anew} percentage points {each}; this value {OWN_LIVER}."


def _response(one: ResponseRecord) -> Iterator[str]:
    yield (f"{name_response(one)}: {format_sums(one)}; {format_category(one)}.")
    if changes := "; ".join(list_lesion_changes(one)):
        yield f"{changes}."
    if one.stated is not None:
        yield f"Recorded response after chemotherapy: {one.stated.replace('_', ' ')}."
