"""The record of `function`, and the same part of a plan, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.function import YES_NO
from fl_planner.record.schema.parts import FINDINGS, RESULT, of_schema
from fl_planner.record.schema.words import (
    Keys,
    Schema,
    amount,
    count,
    number,
    one_of,
    pair,
    rows,
    table,
    text,
    texts,
    yes_no,
)

PLACE = {**rows("x, y, z in mm, RAS+.", {"type": "number"}, 3), "maxItems": 3}
CLEARANCE = table(
    "Of the whole liver.",
    {
        "pct_per_min": number("%/min of the tracer outside the liver at the begin."),
        "normalisation": text("How it is normalised."),
        "variant_of_whole_field_pct_per_min": number("Variant; not to be set against 2.67."),
        "window_s": pair("Begin and end of the window, s."),
    },
    {
        "pct_per_min_per_m2": number("By body surface, %/min/m2."),
        "shown": text("The same for a person."),
        "bsa_m2": amount("Body surface, m2."),
        "bsa_formula": text("Its formula."),
        "relative_sd_of_counts": amount("Standard deviation by counting, over the value."),
        "interval_pct_per_min": pair("Where 95 of 100 counts would lie."),
        "by_region_pct_per_min": pair("With regions a pixel smaller and larger."),
        "by_window_pct_per_min": pair("With the window moved by a frame."),
    },
)
DECAY = table(
    "How decay was corrected.",
    {
        "of_the_file": one_of("What was done before.", ("NONE", "START", "ADMIN")),
        "corrected_here": yes_no("Once, to the begin of the series."),
    },
    {"half_life_h": amount("Of 99mTc, h.")},
)
SEGMENT = table(
    "One segment.",
    {
        "name": text("Couinaud."),
        "percent": number("Of the counts.", 0, 100),
        "volume_percent": number("Of the voxels.", 0, 100),
    },
    {
        "function_to_volume": amount("One over the other."),
        "pct_per_min_per_m2": number("Its uptake, %/min/m2."),
    },
)
SHARE = table(
    "The remnant's share of the counts.",
    {
        "percent": number("Of the counts of liver tissue.", 0, 100),
        "percent_shown": text("For a person."),
        "rule": text("What counts."),
        "registered_by": one_of(
            "Why masks may lie on the SPECT.", ("same frame of reference", "transform", "stated")
        ),
        "tissue_voxels": count("SPECT voxels of liver tissue."),
        "flr_voxels": count("SPECT voxels of the remnant."),
        "range_by_shift_percent": pair("Least and largest with the masks moved."),
        "by_shift": rows(
            "With the masks moved.",
            table("One move.", {"mm": PLACE, "percent": number("Share.", 0, 100)}),
        ),
        "best_shift_mm": PLACE,
        "hot_percent": number("Of the counts, in voxels as hot as bile.", 0, 100),
        "segments": rows("Each segment.", SEGMENT),
    },
    {
        "volume_percent": number("Of the voxels.", 0, 100),
        "function_to_volume": amount("Share of counts over share of voxels."),
        "interval_percent": pair("Where 95 of 100 counts would lie."),
        "without_hot_percent": number("Variant, without voxels as hot as bile.", 0, 100),
    },
)
MEASURED = table(
    "What a scintigraphy gave.",
    {
        "validated_locally": one_of("Compared with the site's own?", YES_NO.values()),
        "usable": yes_no("Whether nothing forbids to use it."),
        "to_ask": texts("What was not told and matters."),
    },
    {
        "clearance": CLEARANCE,
        "decay": DECAY,
        "heads": texts("Heads whose geometric mean was taken."),
        "share": SHARE,
        "flr_pct_per_min_per_m2": number("Of the remnant, %/min/m2."),
        "flr_shown": text("The same for a person."),
        "flr_interval_pct_per_min_per_m2": pair("Where 95 of 100 counts would put it."),
        "flr_interval_shown": text("The same, on its side of every limit."),
        "flr_range_pct_per_min_per_m2": pair("Least and largest by any one source."),
        "flr_range_shown": text("The same, on its side of every limit."),
        "fasting_hours": amount("Before the study, h."),
        "bilirubin_umol_per_l": amount("umol/L."),
    },
)

CT_DAYS: Keys = {
    "ct_to_scintigraphy_days": {
        "type": "integer",
        "description": "From CT to scintigraphy; below 0 where that came first. Absent: unknown.",
    }
}


def function() -> Schema:
    """Describe the record of `function`."""
    must = {
        "schema": of_schema("function"),
        **RESULT,
        "function": MEASURED,
        "limit_pct_per_min_per_m2": amount("The figure of DRAGON 2's background."),
        "limit_shown": text("The same for a person."),
        "findings": FINDINGS,
    }
    may = {"adequate": yes_no("Whether the remnant's exceeds that; absent: unknown."), **CT_DAYS}
    return table("How well the liver works, and its remnant.", must, may)
