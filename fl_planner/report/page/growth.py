"""What a report says of growth after an embolisation and of a radioembolisation's dose."""

from fl_planner.basis.glossary import INTERVAL
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.intake.documents.bundled_trials import read_protocol
from fl_planner.liver.kinetic_growth import SLOW_POINTS_PER_WEEK
from fl_planner.record.dose.answer import LungDoseRecord
from fl_planner.record.dose.model import LungShuntRecord
from fl_planner.record.growth.change import KineticKeys
from fl_planner.record.growth.endpoints import EndpointKeys
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.record.withdrawal_words import NOT_ANSWERED, SEE, mark
from fl_planner.report import words as say
from fl_planner.report.endpoint_words import say_reach
from fl_planner.report.page.blocks import Card, NamedValue
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
    slow = "; below 2 points a week" if kinetic.kgr_below_2 else ""
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
    name, computed = "Lung dose at 150 Gy", dose.computed
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
