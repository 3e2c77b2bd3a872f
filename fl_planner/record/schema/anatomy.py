"""Lesions, segments, plans, resections and denominators, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.schema.parts import FATES, SEGMENTS
from fl_planner.record.schema.words import (
    Keys,
    always,
    amount,
    count,
    named,
    number,
    one_of,
    or_null,
    pair,
    rows,
    table,
    text,
    yes_no,
)

ANSWER = one_of("The share against the limit, to the voxel.", ("below", "at", "above"))
CHANCE = number("How often another reading would fall on the other side.", 0, 0.5)
PERCENT = number("Share of the non-tumorous liver, percent.", 0, 100)
SHOWN = text("The same, on its side of every limit.", "^[0-9]+[.][0-9]+$")
LIMIT_NAME = text("Stable name of the limit, dragon2.flr_30.", "^[a-z0-9_]+[.][a-z]+_[0-9.]+$")
SHARE: Keys = {
    "flr_voxels": count("Remnant, voxels."),
    "flr_percent": PERCENT,
    "flr_percent_shown": SHOWN,
}
OF_LESIONS = {**FATES, "description": "Absent without a tumour mask: they are not known."}
MARGIN = number("From the nearest lesion to what remains, mm; 0 where a sliver stays.", 0)

LESION = table(
    "A lesion of the tumour mask.",
    {
        "number": count("Its number here.", 1),
        "voxels": count("Voxels.", 1),
        "volume_ml": amount("Volume, mL."),
        "axial_diameter_mm": amount("Longest axial, between outer voxel corners, mm."),
        "axial_centre_mm": amount("Longest axial, between voxel centres, mm."),
        "longest_diameter_mm": amount("Longest in space, between outer voxel corners, mm."),
        "longest_centre_mm": amount("Longest in space, between voxel centres, mm."),
    },
    {
        "surface_mm": amount("To the surface of the liver, mm."),
        "vessels_mm": named("To each vessel that was drawn, mm.", amount("mm.")),
        "segments": rows(
            "Where it lies.",
            table(
                "Its part in one segment.",
                {
                    "name": text("Segment."),
                    "volume_ml": amount("mL."),
                    "percent": number("Of the lesion.", 0, 100),
                },
            ),
        ),
        "in_no_segment_ml": amount("What lies in no segment, mL."),
        "clears_with": SEGMENTS,
        "bilobar": yes_no("It lies in both lobes."),
    },
)
LESION_SUMMARY = table(
    "All lesions together.",
    {
        "count": count("Lesions."),
        "count_by_faces": count("The same, pieces that touch by an edge or corner counted apart."),
        "connectivity": always(26),
        "origin": one_of("Connected parts, or labels of the mask.", ("components", "labels")),
        "least_ml": amount("Parts below are not counted, mL."),
        "dropped": count("How many were not."),
        "diameter": text("Which diameter is meant."),
    },
    {
        "largest_axial_cm": amount("Longest axial diameter of the largest lesion, cm."),
        "bilobar": yes_no("Lesions lie in both lobes."),
        "by_definition": rows(
            "The mask counted in other ways.",
            table(
                "Lesions by one definition.",
                {
                    "connectivity": {"description": "Neighbours.", "enum": [6, 18, 26]},
                    "least_ml": amount("Parts below are not counted, mL."),
                    "count": count("Lesions."),
                },
                {"largest_axial_cm": amount("Longest axial diameter of the largest, cm.")},
            ),
        ),
    },
)
SEGMENT = table(
    "A segment of the label map.",
    {
        "name": text("1 to 8, 4a, 4b."),
        "voxels": count("Voxels."),
        "volume_ml": amount("mL."),
        "nontumorous_ml": amount("Without tumour, mL."),
        "nontumorous_percent": PERCENT,
    },
)
SLIVERS = rows(
    "What would stay of lesions that are cleared: below 1 mL and 1 % of each; absent for none.",
    table(
        "One of them.",
        {
            "lesion": count("Number.", 1),
            "segments": SEGMENTS,
            "voxels": count("Voxels.", 1),
            "volume_ml": amount("mL."),
        },
    ),
)
PLANNED = table(
    "An operation, and what it leaves.",
    {"remnant_segments": SEGMENTS},
    {
        **SHARE,
        "flr_ml": amount("Remnant, mL."),
        "flr_percent_of_segments": number("Share of what lies in segments, percent.", 0, 100),
        "flr_percent_of_segments_shown": SHOWN,
        "lesions": OF_LESIONS,
        "slivers": SLIVERS,
        "name": text("What the case file calls it."),
        "origin": one_of("Drawn, or whole segments.", ("drawn", "segments")),
        "stages": {"description": "Operations it takes.", "enum": [1, 2]},
        "embolised_segments": SEGMENTS,
        "resected_segments": SEGMENTS,
        "margin_mm": MARGIN,
    },
)
RESECTION = table(
    "A resection by whole segments.",
    {
        **SHARE,
        "code": text("H and the segments removed.", "^H[0-9ab]+$"),
        "removed": SEGMENTS,
        "kept": SEGMENTS,
        "flr_ml": amount("Remnant, mL."),
        "thresholds": rows(
            "Against each limit.",
            table("One limit.", {"name": LIMIT_NAME, "answer": ANSWER, "crossing_chance": CHANCE}),
        ),
        "not_assessed": text("What was not looked at."),
        "shown": yes_no("It is among those that a person sees."),
    },
    {
        "lesions": OF_LESIONS,
        "slivers": SLIVERS,
        "flr_after_clearing": rows(
            "The remnant after every lesion left is cut out with a margin; absent like them.",
            table("One margin.", {"margin_mm": amount("mm."), **SHARE}),
        ),
        "name": text("Brisbane name."),
        "margin_mm": MARGIN,
        "sflr_percent": amount("Remnant of the standardised liver, percent."),
        "flr_bw_percent": amount("Remnant to body weight, percent."),
        "function_pct_per_min_per_m2": number("Uptake of what stays, %/min/m2."),
        "function_shown": text("The same for a person."),
        "baseline_left": rows(
            "Baseline lesions, not seen now, whose place stays.", count("Number.", 1)
        ),
    },
)
DENOMINATOR = table(
    "A total that the remnant can be set against.",
    {"name": text("Stable name."), "ml": amount("mL.")},
    {
        "flr_percent": amount("Remnant over it, percent."),
        "formula": text("How it was estimated; absent for what was measured."),
        "population": text("Of whom."),
        "bsa": text("Formula of the body surface area in it."),
        "source": text("Where it comes from."),
    },
)
BODY = table(
    "What height and weight say.",
    {"weight_kg": amount("kg.")},
    {
        "height_cm": amount("cm."),
        "bsa_m2": named("Body surface area by formula, m2.", amount("m2.")),
        "sflr_percent": amount("Standardised FLR (Vauthey, by BSA), percent."),
        "sflr_spread_percent": pair("Least and largest by all formulas, percent."),
        "flr_bw_percent": amount("FLR to body weight, percent."),
    },
)
BASELINE = table(
    "A lesion of an earlier scan.",
    {
        "number": count("Its number there.", 1),
        "centre_mm": rows("Its centre, RAS+ mm.", number("mm.")),
        "seen_now": yes_no("A lesion is at its place, or up to 10 mm away."),
        "seen_as": rows("Lesions of today.", count("Number.", 1)),
        "clears_with": SEGMENTS,
    },
    {
        "volume_ml": amount("Then, mL; absent for a point."),
        "in_remnant": yes_no("The planned remnant holds some of its place."),
    },
)
LESIONS: Keys = {
    "baseline_lesions": rows("Lesions of an earlier scan.", BASELINE),
    "lesions": rows("The lesions.", LESION),
    "lesion_summary": LESION_SUMMARY,
}
RESECTIONS: Keys = {
    "resections": rows("Resections, those that a person sees first.", RESECTION),
    "largest_resection": named(
        "For each limit, the largest named resection that leaves enough.",
        or_null(
            table("One.", {"code": text("Code."), "name": text("Brisbane name.")}),
        ),
    ),
}
ANATOMY: Keys = {
    **LESIONS,
    **RESECTIONS,
    "segments": rows("Couinaud segments.", SEGMENT),
    "denominators": rows("Measured and expected totals.", DENOMINATOR),
    "body": BODY,
    "voxel_mm": {
        **rows(
            "A voxel's edges nearest to right, front and head, mm; as stored where not placed.",
            amount("Edge, mm."),
            3,
        ),
        "maxItems": 3,
    },
}
