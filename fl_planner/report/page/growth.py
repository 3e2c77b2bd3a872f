"""What a report says of growth after an embolisation and of a radioembolisation's dose."""

from __future__ import annotations

from msgspec.structs import replace

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.intake.documents.bundled_trials import read_protocol
from fl_planner.liver.growth import SLOW_POINTS_PER_WEEK
from fl_planner.record.base import Record
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.growth.growth import GrowthRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.withdrawal_words import NOT_ANSWERED, SEE, mark
from fl_planner.report import words as say
from fl_planner.report.page.blocks import Card, NamedValue
from fl_planner.report.words import NOT_GIVEN


def with_growth(record: PlanRecord, growth: GrowthRecord) -> PlanRecord:
    """Put what a remnant gained up to a plan's scan beside the plan, with what to doubt in it.

    Raises
    ------
    InputRefused
        `report.not_latest` where the plan is not that of the latest scan.
    """
    (own,) = (one for one in record.inputs if one.role == "case")
    latest = growth.story.time_points[-1]
    if own.sha256 not in {one.sha256 for one in latest.files if one.role == "case"}:
        reason = "is not the latest of the scans"
        remedy = "report on the latest one, and name the others by --earlier"
        raise InputRefused("report.not_latest", own.file, reason, remedy)
    seen = (one for one in growth.findings if one not in record.findings)
    return replace(
        record,
        growth=as_dict(growth.story),
        findings=(*record.findings, *seen),
        withdrawn=(*record.withdrawn, *growth.withdrawn),
    )


def growth_card(record: PlanRecord) -> Card:
    """Tell what the remnant gained up to this scan; that it was not measured is told too."""
    title = "After embolisation"
    if record.growth is None:
        return Card(title, (*_days_since(record), NamedValue("Growth")))
    latest = record.growth["growth"][-1]
    days, doubt = latest.get("days"), latest["within_reading_error"]
    error = "; within the error of reading" if doubt else ""
    relative = as_number(latest["relative_percent"])
    reason = mark(record, "growth")
    if reason:
        points = f"{as_number(latest['points'])} points"
        return Card(title, (NamedValue("Hypertrophy (DH)", points, reason, strong=True),))
    return Card(
        title,
        (
            NamedValue("Days since then", "embolisation not given" if days is None else str(days)),
            NamedValue(
                "Hypertrophy (DH)",
                f"{as_number(latest['points'])} points",
                f"percent of the liver without tumour at the start; 95 of 100 readings: "
                f"{say.pair(latest['points_interval'])}{error}",
                strong=True,
            ),
            NamedValue("Relative growth", f"{relative} % of the FLR at the start, {_gain(latest)}"),
            _rate(latest),
        ),
    )


def _days_since(record: PlanRecord) -> tuple[NamedValue, ...]:
    """Tell the days from the embolisation to this scan, where it lies after it."""
    days = record.case.get("embolisation", {}).get("to_ct_days", 0)
    return (NamedValue("Days since then", str(days)),) if days > 0 else ()


def _gain(latest: Record) -> str:
    return as_ml(latest["gain_ml"])


def _rate(latest: Record) -> NamedValue:
    name = "Growth rate (KGR)"
    if "kgr_shown" not in latest:
        return NamedValue(name, "not given", "it is that of the first scan after an embolisation")
    ends = latest.get("kgr_interval")
    readings = (
        "" if ends is None else f"95 of 100 readings: {say.pair(ends, [SLOW_POINTS_PER_WEEK])}"
    )
    slow = "below 2 points a week" if latest.get("kgr_below_2") else ""
    beside = "; ".join(part for part in (readings, slow) if part)
    return NamedValue(name, f"{latest['kgr_shown']} points per week", beside, strong=True)


def needed(threshold: Record) -> str:
    """Tell what the remnant must gain to reach a limit; nothing where it is reached."""
    gains = threshold.get("growth_needed_ml")
    if gains is None:
        return ""
    total, rest = as_ml(gains["total_held"]), as_ml(gains["rest_held"])
    return f"to gain {total}, or {rest} where the rest keeps its size"


def radioembolisation_card(record: PlanRecord) -> Card:
    """Tell untreated liver, lung dose and shunt; nothing where none of them is asked for."""
    dose = record.dose or {}
    title = f"Radioembolisation ({read_protocol('radioembolisation').name})"
    if record.volumes.untreated_percent is None and not dose:
        return Card(title, ())
    untreated = say.interval(record, "untreated") if "untreated" in record.ratios else ""
    untreated = mark(record, "untreated") or untreated
    lines = (
        NamedValue("Untreated liver", say.share(record, "untreated"), untreated),
        _lung_dose(dose),
        _shunt(dose.get("computed", {}).get("lung_shunt", {})),
    )
    return Card(title, lines)


def _lung_dose(dose: Record) -> NamedValue:
    name, computed = "Lung dose at 150 Gy", dose.get("computed", {})
    if "shown" in dose:
        unusable = computed.get("usable") is False and dose["origin"] != "given"
        origin = SEE if unusable else say.ORIGINS[dose["origin"]]
        return NamedValue(name, f"{dose['shown']} Gy", origin, strong=True)
    most = computed.get("most_lung_shown")
    if computed.get("usable") is False:
        return NamedValue(name, NOT_ANSWERED, SEE, strong=True)
    if most is None:
        return NamedValue(name)
    return NamedValue(name, "not known", f"at most {most} Gy: the ratio is missing")


def _shunt(shunt: Record) -> NamedValue:
    if not shunt:
        return NamedValue("Lung shunt", NOT_GIVEN, "method not given")
    return NamedValue("Lung shunt", f"{shunt['shown']} of the activity", f"by {shunt['method']}")
