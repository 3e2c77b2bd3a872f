"""What a report says of growth after an embolisation and of a radioembolisation's dose."""

from __future__ import annotations

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.report import page_words as say
from fl_planner.report.page import NOT_GIVEN, Card, Line
from fl_planner.report.page_parts import part_rows
from fl_planner.report.record import Record

MOST_LINES = 8  # of growth on the first page; all of it stands in its chapter
ORIGINS = {"given": "as typed", "computed": "computed"}


def growth_card(record: Record) -> Card:
    """Tell what the remnant gained, in the record's order; that it was not measured is told too."""
    entries = part_rows("Growth", record.get("growth", {})).rows
    lines = tuple(Line(name, value) for name, value in entries[:MOST_LINES])
    return Card("After embolisation", lines or (Line("Growth"),))


def needed(threshold: Record) -> str:
    """Tell what the remnant must gain to reach a limit; nothing where it is reached."""
    gains = threshold.get("growth_needed_ml")
    if gains is None:
        return ""
    total, rest = as_ml(gains["total_held"]), as_ml(gains["rest_held"])
    return f"to gain {total}, or {rest} where the rest keeps its size"


def radioembolisation_card(record: Record) -> Card:
    """Tell untreated liver, lung dose and shunt; nothing where none of them is asked for."""
    dose = record.get("dose", {})
    if "untreated_percent" not in record and not dose:
        return Card("Radioembolisation (RESCUE)", ())
    untreated = say.interval(record, "untreated") if "untreated" in record["ratios"] else ""
    lines = (
        Line("Untreated liver", say.share(record, "untreated"), untreated),
        _lung_dose(dose),
        _shunt(dose.get("computed", {}).get("lung_shunt", {})),
    )
    return Card("Radioembolisation (RESCUE)", lines)


def _lung_dose(dose: Record) -> Line:
    name, computed = "Lung dose at 150 Gy", dose.get("computed", {})
    if "shown" in dose:
        unusable = computed.get("usable") is False and dose["origin"] != "given"
        origin = "DO NOT USE: see the findings" if unusable else ORIGINS[dose["origin"]]
        return Line(name, f"{dose['shown']} Gy", origin, strong=True)
    most = computed.get("most_lung_gy")
    if most is None:
        return Line(name)
    return Line(name, "not known", f"at most {as_number(most)} Gy: the ratio is missing")


def _shunt(shunt: Record) -> Line:
    if not shunt:
        return Line("Lung shunt", NOT_GIVEN, "method not given")
    return Line("Lung shunt", f"{shunt['shown']} of the activity", f"by {shunt['method']}")
