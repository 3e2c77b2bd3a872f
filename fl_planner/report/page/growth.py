"""What a report says of growth, scan by scan, and of a radioembolisation's dose."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.constants import TRIAL_DOSE_GY
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.basis.standing_words import INTERVAL
from fl_planner.intake.documents.protocols import read_protocol
from fl_planner.liver.growth import SLOW_POINTS_PER_WEEK
from fl_planner.record.dose import LungDoseRecord
from fl_planner.record.dose_model import LungShuntRecord
from fl_planner.record.growth import EndpointKeys, GrowthKeys, ResponseRecord
from fl_planner.record.growth_scan import ChangeRecord, KineticKeys
from fl_planner.record.head import NOT_ANSWERED, SEE, mark
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.report import words as say
from fl_planner.report.document.blocks import Block, Card, NamedValue, Sentences
from fl_planner.report.endpoint_words import (
    READ_BY,
    list_lesion_changes,
    say_best,
    say_category,
    say_reach,
    say_sums,
    scan_table,
)
from fl_planner.report.words import NOT_GIVEN


def growth_card(record: PlanRecord, growth: GrowthKeys | None) -> Card:
    """Tell what the remnant gained up to this scan; that it was not measured is told too."""
    title = "After embolisation"
    if growth is None:
        return Card(title, (*_days_since(record), NamedValue("Growth")))
    latest = growth.growth[-1]
    points, reason = f"{as_number(latest.points)} points", mark(record, "growth")
    if reason:
        return Card(title, (NamedValue("Hypertrophy (DH)", points, reason, strong=True),))
    days = "embolisation not given" if latest.days is None else str(latest.days)
    error = "; within the error of reading" if latest.within_reading_error else ""
    return Card(
        title,
        (
            NamedValue("Days since then", days),
            NamedValue(
                "Hypertrophy (DH)",
                points,
                f"percent of the liver without tumour at the start; {INTERVAL}: "
                f"{say.pair(latest.points_interval)}{error}",
                strong=True,
            ),
            NamedValue(
                "Relative growth",
                f"{as_number(latest.relative_percent)} % of the FLR at the start, "
                f"{as_ml(latest.gain_ml)}",
            ),
            _rate(latest.kinetic),
            *_reach(growth.endpoints),
        ),
    )


def _reach(endpoints: EndpointKeys) -> tuple[NamedValue, ...]:
    reach = endpoints.limit_reach
    return () if reach is None else (NamedValue("FLR limit", say_reach(reach)),)


def _days_since(record: PlanRecord) -> tuple[NamedValue, ...]:
    done = record.case.embolisation
    days = 0 if done is None else done.to_ct_days or 0
    return (NamedValue("Days since then", str(days)),) if days > 0 else ()


def _rate(kinetic: KineticKeys | None) -> NamedValue:
    name = "Growth rate (KGR)"
    if kinetic is None:
        return NamedValue(name, "not given", "it is that of the first scan after an embolisation")
    beside = f"{INTERVAL}: {say.pair(kinetic.kgr_interval, [SLOW_POINTS_PER_WEEK])}"
    slow = f"; below {SLOW_POINTS_PER_WEEK} points a week" if kinetic.kgr_below_2 else ""
    return NamedValue(name, f"{kinetic.kgr_shown} points per week", f"{beside}{slow}", strong=True)


def needed(threshold: ThresholdRecord) -> str:
    """Tell what the remnant must gain to reach a limit; nothing where it is reached."""
    gain = threshold.growth_needed_ml
    if gain is None:
        return ""
    total, rest = as_ml(gain.total_held), as_ml(gain.rest_held)
    return f"{total} more needed, or {rest} where the rest keeps its size"


def radioembolisation_card(record: PlanRecord) -> Card:
    """Tell untreated liver, lung dose and shunt; nothing where none of them is asked for."""
    dose = record.dose
    title = f"Radioembolisation ({read_protocol('radioembolisation').name})"
    if record.volumes.untreated_percent is None and dose is None:
        return Card(title, ())
    untreated = mark(record, "untreated") or say.interval(record, "untreated")
    lines = (
        NamedValue("Untreated liver", say.share(record, "untreated"), untreated),
        _lung_dose(dose or LungDoseRecord()),
        _shunt(dose.computed.lung_shunt if dose and dose.computed else None),
    )
    return Card(title, lines)


def _lung_dose(dose: LungDoseRecord) -> NamedValue:
    name, computed = f"Lung dose at {TRIAL_DOSE_GY} Gy", dose.computed
    unusable = computed is not None and not computed.usable
    if dose.shown is not None:
        origin = SEE if unusable and dose.origin != "given" else say.ORIGINS[dose.origin]
        return NamedValue(name, f"{dose.shown} Gy", origin, strong=True)
    if unusable:
        return NamedValue(name, NOT_ANSWERED, SEE, strong=True)
    if computed is None or computed.most_lung_shown is None:
        return NamedValue(name)
    most = f"at most {computed.most_lung_shown} Gy: the ratio is missing"
    return NamedValue(name, "not known", most)


def _shunt(shunt: LungShuntRecord | None) -> NamedValue:
    if shunt is None:
        return NamedValue("Lung shunt", NOT_GIVEN, "method not given")
    return NamedValue("Lung shunt", f"{shunt.shown} of the activity", f"by {shunt.method}")


STANDARD = "of the liver volume expected of this body, another denominator"
OWN_LIVER = "changes of the rest of the liver count in it too"
WHOLE_LESION = "mRECIST is not given: it takes the enhancing part, and masks hold whole lesions."


def growth_blocks(growth: GrowthKeys, doubt: str) -> Iterator[Block]:
    """Tell the scans, and what the remnant gained; `doubt` stands first."""
    yield scan_table(growth)
    told = [line for each in growth.growth for line in _grown(each)]
    reach = growth.endpoints.limit_reach
    told += [] if reach is None else [f"FLR limit: {say_reach(reach)}."]
    yield Sentences("Growth", (*([doubt] if doubt and told else []), *told))


def response_sentences(growth: GrowthKeys, *, in_hcc: bool) -> Sentences:
    """Tell what the lesions of the liver did from the baseline to each later scan."""
    told = [line for each in growth.endpoints.responses for line in _response(each)]
    bests = growth.endpoints.best_responses or ()
    told += [f"{say.sentence(say_best(one))}." for one in bests]
    told += [WHOLE_LESION] if told and in_hcc else []
    return Sentences("Response of the liver's lesions", tuple(told))


def _grown(one: ChangeRecord) -> Iterator[str]:
    days = "" if one.days is None else f", day {one.days}"
    within = ", within the error of reading" if one.within_reading_error else ""
    yield (
        f"Scan {one.from_scan} to scan {one.to_scan}{days}: {as_ml(one.gain_ml)} gained, "
        f"{as_number(one.relative_percent)} % of the FLR at the start; hypertrophy (DH) "
        f"{as_number(one.points)} points of the baseline liver ({INTERVAL}: "
        f"{say.pair(one.points_interval)}){within}."
    )
    if one.kinetic is not None:
        ends = say.pair(one.kinetic.kgr_interval, [SLOW_POINTS_PER_WEEK])
        standard = one.kinetic_of_standard
        by_body = ""
        if standard is not None:
            rate = standard.kgr_of_standard_points_per_week
            by_body = f"; {as_number(rate, [SLOW_POINTS_PER_WEEK])} {STANDARD}"
        yield (
            f"Kinetic growth rate {one.kinetic.kgr_shown} points a week of the baseline liver "
            f"({INTERVAL}: {ends}){by_body}."
        )
    yield f"Of each scan's own liver {as_number(one.points_anew)} points: {OWN_LIVER}."


def _response(one: ResponseRecord) -> Iterator[str]:
    yield (
        f"RECIST 1.1 {READ_BY[one.by]}, scan {one.from_scan} to scan {one.to_scan}: "
        f"{say_sums(one)}; {say_category(one)}."
    )
    changes = "; ".join(list_lesion_changes(one))
    if changes:
        yield f"{changes}."
    if one.stated is not None:
        yield f"Stated after chemotherapy: {one.stated.replace('_', ' ')}."
