"""The record of `growth`, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.schema.parts import (
    FILE,
    FINDINGS,
    HASH,
    ID,
    RESULT,
    SEGMENTS,
    WITHDRAWN,
    of_schema,
)
from fl_planner.record.schema.words import (
    Schema,
    always,
    amount,
    count,
    number,
    one_of,
    pair,
    rows,
    table,
    text,
    yes_no,
)

DATE = text("In the clinical profile alone.", "^[0-9-]{10}$")
DAYS = {"type": "integer", "description": "Days from the embolisation, or from the baseline."}
FUNCTION = number("Function of the remnant, %/min/m2.")
ERROR = yes_no("Two readings of one remnant differ as much in 5 of 100 pairs or more.")
POINT = table(
    "One scan.",
    {
        "number": count("Scans in their order.", 1),
        "days": DAYS,
        "baseline": yes_no("The last scan that is not after the embolisation."),
        "origin": one_of("Where the remnant comes from.", ("drawn", "segments")),
        "segments": SEGMENTS,
        "flr_ml": amount("Remnant without tumour, mL."),
        "flr_interval_ml": pair("Where 95 of 100 readings would lie, mL."),
        "cv": amount("Standard deviation of readings over the volume."),
        "nontumorous_ml": amount("Liver without tumour, mL."),
        "flr_percent_fixed": amount("Of the fixed denominator, percent."),
        "flr_percent_fixed_shown": text("The same, on its side of every limit."),
        "flr_percent_anew": amount("Of the liver of this scan, percent."),
        "flr_percent_anew_shown": text("The same, on its side of every limit."),
        "stale": yes_no("A mask is not the one that was verified."),
        "files": rows(
            "What the scan rests on.",
            table("One.", {"role": text("Role."), "file": FILE, "sha256": HASH}),
        ),
    },
    {
        "id": ID,
        "label": text("The case file's label; in the clinical profile alone."),
        "date": DATE,
        "reader": text("As the case file says."),
        "status": one_of("How far the masks were checked.", ("draft", "verified")),
        "phase": text("Phase of the CT, as the case file says."),
        "function_pct_per_min_per_m2": FUNCTION,
    },
)
CHANGE = table(
    "From the baseline to a later scan.",
    {
        "from_scan": count("Number of the baseline.", 1),
        "to_scan": count("Number of the later scan.", 1),
        "gain_ml": number("Gained, mL; negative where it shrank."),
        "gain_interval_ml": pair("Where 95 of 100 readings of both would put it, mL."),
        "relative_percent": number("Degree of hypertrophy, % of the volume at the start."),
        "relative_interval_percent": pair("The same, by readings."),
        "points": number("Degree of hypertrophy, percentage points of the fixed denominator."),
        "points_interval": pair("The same, by readings."),
        "points_anew": number("With each scan's own liver below the line, percentage points."),
        "anew_less_fixed_points": number("What that makes of it, percentage points."),
        "within_reading_error": ERROR,
    },
    {
        "days": {"type": "integer", "description": "From the embolisation to the later scan."},
        "points_of_standard": number("Percentage points of the liver that body size expects."),
        "ml_per_day": number("mL a day."),
        "relative_percent_per_day": number("% of the volume at the start, a day."),
        "kgr_points_per_week": number("Kinetic growth rate: of the first scan after it alone."),
        "kgr_shown": text("The same, on its side of 2."),
        "kgr_interval": pair("The same, by readings."),
        "kgr_below_2": yes_no("Whether it is below 2 points a week (Shindoh 2013)."),
        "kgr_of_standard_points_per_week": number("Of the liver that body size expects."),
        "kgr_of_standard_below_2": yes_no("Whether that one is below 2, as in print."),
        "function_gain_pct_per_min_per_m2": number("Function gained, %/min/m2."),
    },
)
STEP = table(
    "From a scan to the next; its rate is no kinetic growth rate.",
    {
        "from_scan": count("Number.", 1),
        "to_scan": count("Number.", 1),
        "days": count("Between the scans.", 1),
        "gain_ml": number("mL."),
        "points": number("Percentage points of the fixed denominator."),
        "points_per_week": number("The same, a week."),
        "ml_per_day": number("mL a day."),
        "within_reading_error": ERROR,
    },
)


def growth() -> Schema:
    """Describe the record of `growth`."""
    must = {
        "schema": of_schema("growth"),
        **RESULT,
        "denominator": table(
            "What shares are of, for all scans.",
            {
                "fixed": always("baseline_nontumour"),
                "ml": amount("Liver without tumour of the baseline, mL."),
                "of_scan": count("Number of the baseline.", 1),
            },
            {"standard_ml": amount("What body size expects, mL.")},
        ),
        "time_points": rows("In the order of their dates.", POINT, 2),
        "growth": rows("To each scan after the baseline.", CHANGE, 1),
        "between_scans": rows("From each scan to the next.", STEP, 1),
        "footnotes": rows(
            "What is in print; no forecast.",
            table("One.", {"says": text("What was seen."), "source": text("Where.")}),
        ),
        "findings": FINDINGS,
    }
    may = {
        "embolisation": table(
            "What was closed.",
            {"kind": one_of("How.", ("PVE", "PVE/HVE")), "segments": SEGMENTS},
            {"date": DATE},
        ),
        "withdrawn": WITHDRAWN,
    }
    return table("Growth of a remnant over scans.", must, may)
