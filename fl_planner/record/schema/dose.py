"""The record of `dose`, and the same part of a plan, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.dose.dose import SIDES, VARIATIONS
from fl_planner.record.schema.parts import FINDINGS, ID, RESULT, of_schema
from fl_planner.record.schema.words import (
    Schema,
    amount,
    number,
    one_of,
    pair,
    rows,
    table,
    text,
    yes_no,
)

ORIGINS = ("given", "planar", "spect_ct")
SHUNT = table(
    "A lung shunt.",
    {
        "fraction": number("Of all counts, 0 to below 1.", 0, 1),
        "shown": text("The same for a person."),
        "origin": one_of("Typed, or of which study.", ORIGINS),
        "method": one_of("How it was measured.", ("planar", "spect_ct", "not said")),
    },
    {"interval": pair("Where 95 of 100 counts would lie.")},
)
RATIO = table(
    "Concentration in the tumour over that in the treated liver.",
    {
        "ratio": amount("The one that counts."),
        "shown": text("The same for a person."),
        "origin": one_of("Typed, or of which study.", ORIGINS),
    },
    {
        "interval": pair("Where 95 of 100 counts would lie."),
        "by_spect": amount("By the SPECT."),
        "range_by_shift": pair("With the masks moved by up to 2 cm along the body."),
        "registered_by": text("Why masks were laid on the SPECT."),
    },
)
MASSES = table(
    "Masses that count.",
    {
        "tumour_kg": amount("Tumour inside the territory, kg."),
        "treated_liver_kg": amount("Treated liver without tumour, kg."),
        "lungs_kg": amount("Lungs, kg."),
        "lungs_by": one_of("Where that is from.", ("default", "given", "ct")),
        "density_g_per_ml": amount("Of liver and tumour, g/mL."),
    },
    {"lungs_by_ct_kg": amount("Lungs by CT, kg.")},
)
DOSES = table(
    "Doses and activity for a dose to the tumour.",
    {"tumour_gy": amount("Dose to the tumour, Gy.")},
    {
        "lung_gy": amount("Dose to the lungs, Gy."),
        "lung_shown": text("The same, on its side of every limit."),
        "lung_interval_gy": pair("Where 95 of 100 counts would put it, Gy."),
        "lung_interval_shown": text("The same, on its side of every limit."),
        "treated_liver_gy": amount("Dose to the treated liver without tumour, Gy."),
        "activity_in_patient_gbq": amount("Activity in the patient, GBq."),
        "activity_prepared_gbq": amount("With the residual, at administration, GBq."),
        "activity_at_calibration_gbq": amount("The same at calibration, GBq."),
    },
)
LIMIT = table(
    "One limit; they answer different questions.",
    {
        "name": text("Stable name."),
        "of": text("What it limits."),
        "limit": amount("The limit, in `unit`."),
        "unit": text("UCUM."),
        "source": text("Whose it is."),
        "decides": yes_no("Whether a trial decides by it."),
    },
    {
        "value": amount("What it is here, in `unit`."),
        "answer": one_of("On which side it lies, exactly.", SIDES.values()),
        "largest_lung_shunt": number("Largest lung shunt that keeps it.", 0, 1),
    },
)
VARIATION = table(
    "The lung dose if one thing were otherwise; it decides nothing.",
    {
        "name": one_of("Stable name.", VARIATIONS),
        "says": text("For a person."),
        "value": amount("What it would be."),
        "lung_gy": amount("Lung dose when the tumour gets 150 Gy, Gy."),
        "lung_shown": text("The same for a person."),
    },
)
COMPUTED = table(
    "What was computed by the partition model.",
    {
        "usable": yes_no("False where a finding says not to use it."),
        "other_lung_shunts": rows("Shunts that do not count.", SHUNT),
        "limits": rows("Side by side, never one for another.", LIMIT),
        "variations": rows("What would be otherwise.", VARIATION),
        "delivery": table(
            "Between order and patient.",
            {"half_life_h": amount("Of yttrium-90, h.")},
            {
                "residual_fraction": number("Part that stays in vial and lines.", 0, 1),
                "hours_from_calibration": number("To administration, h."),
                "calibrated_at": text("In the clinical profile alone."),
                "administered_at": text("In the clinical profile alone."),
            },
        ),
        "gy_kg_per_gbq": amount("Constant of the model, Gy kg/GBq."),
    },
    {
        "treated": table(
            "Volumes.",
            {
                "tumour_ml": amount("Tumour inside the territory, mL."),
                "liver_ml": amount("Treated liver without tumour, mL."),
                "tumour_outside_ml": amount("Tumour that gets no dose, mL."),
            },
        ),
        "masses": MASSES,
        "lung_shunt": SHUNT,
        "tumour_to_normal": RATIO,
        "at_150_gy": DOSES,
        "at_planned_dose": DOSES,
        "most_lung_gy": amount("Lung dose at 150 Gy at most, for want of a ratio, Gy."),
        "most_lung_shown": text("The same, on its side of every limit."),
    },
)
DOSE = table(
    "Lung dose: the figure that decides, and what was computed.",
    {},
    {
        "lung_dose_gy_at_150gy_tumour": amount("The one that decides, Gy."),
        "shown": text("For a person."),
        "origin": one_of("Typed, or computed.", ("given", "computed")),
        "computed": COMPUTED,
    },
)


def dose() -> Schema:
    """Describe the record of `dose`."""
    must = {"schema": of_schema("dose"), **RESULT, "dose": DOSE, "findings": FINDINGS}
    return table("Dose of a radioembolisation.", must, {"id": ID})
