"""Scores of a plan, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.schema.words import (
    Keys,
    Schema,
    count,
    number,
    one_of,
    table,
    text,
    texts,
    yes_no,
)

_MUST: Keys = {
    "known": yes_no("Whether it could be computed; a score with a missing part is unknown."),
    "missing": texts("What it lacks."),
    "same_day": one_of("Whether its blood values are of one day.", ("yes", "no", "not said")),
}
_DAY: Keys = {
    "labs_age_days": {
        "type": "integer",
        "description": "From its blood values to the judging date.",
    },
    "labs_date": text("In the clinical profile alone.", "^[0-9-]{10}$"),
}


def _score(says: str, values: Keys) -> Schema:
    return table(says, _MUST, {**values, **_DAY})


SCORES = table(
    "Scores of liver and kidneys; no trial is judged by them.",
    {
        "albi": _score(
            "ALBI (Johnson 2015).",
            {"albi": number("ALBI."), "grade": count("1, 2 or 3.", 1)},
        ),
        "child_pugh": _score(
            "Child-Pugh, with the INR.",
            {"points": count("5 to 15.", 5), "class": one_of("By points.", ("A", "B", "C"))},
        ),
        "meld": _score(
            "MELD (OPTN).",
            {"meld": count("6 to 40.", 6), "raw": number("Before rounding.")},
        ),
        "meld_na_optn2016": _score(
            "MELD-Na (OPTN 2016).",
            {"meld_na": count("6 to 40.", 6)},
        ),
        "meld_3": _score(
            "MELD 3.0 (Kim 2021).",
            {"meld_3": count("6 to 40.", 6), "raw": number("Before rounding.")},
        ),
        "kidney": _score(
            "Kidney function by three equations, which give three answers.",
            {
                "ckd_epi_2021_ml_per_min_per_1_73m2": number("CKD-EPI 2021, mL/min/1.73 m2."),
                "mdrd_4_ml_per_min_per_1_73m2": number("MDRD-4, mL/min/1.73 m2."),
                "cockcroft_gault_ml_per_min": number("Cockcroft-Gault, mL/min."),
            },
        ),
    },
)
