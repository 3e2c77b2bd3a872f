"""The formulas behind a report's numbers, each with its constants and where it is printed.

Only those of parts that the record has are told. Limits of trials stand in their own tables.
"""

from typing import NamedTuple

from fl_planner.basis.constants import TRIAL_DOSE_GY, Z_95
from fl_planner.basis.glossary import INTERVAL
from fl_planner.intake.documents.bundled_trials import read_protocol
from fl_planner.liver.lesions.lesion_parts import LEAST_ML
from fl_planner.patient.body_size import AT_RISK_PERCENT, DEFAULT_TLV, TLV_FORMULAS
from fl_planner.patient.scores import (
    ALBI_FORMULA,
    MELD_LARGEST,
    MELD_LEAST,
    SODIUM_HIGH,
    SODIUM_LOW,
)
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.report.page.blocks import RowTable
from fl_planner.trials.criterion import Role, Trial

SFLR = TLV_FORMULAS[DEFAULT_TLV]
OWN = "this project's choice"
CITED: tuple[Role, ...] = ("crlm", "radioembolisation")  # in braces: a protocol, by its role
Path = tuple[str, ...]


class Rested(NamedTuple):
    """A number: where it stands in a record, its formula, and the source of that."""

    path: Path
    name: str
    formula: str
    source: str


RESTED = (
    Rested(
        ("volumes_ml", "liver"),
        "Volume of a mask",
        "voxels x |determinant of the voxel's edges in mm| / 1000 mL",
        "definition",
    ),
    Rested(
        ("flr_percent",),
        "FLR %",
        "100 x voxels of the FLR without tumour / voxels of the liver that is named beside it",
        "{crlm}: metastases are not counted",
    ),
    Rested(
        ("ratios", "flr", "interval_percent"),
        INTERVAL,
        f"share x (1 -/+ {float(Z_95)} x relative SD); chance of crossing: normal distribution "
        "around it",
        OWN,
    ),
    Rested(
        ("lesion_summary", "count"),
        "Lesions",
        "parts of the tumour mask that touch by face, edge or corner, "
        f"{float(LEAST_ML)} mL or more",
        OWN,
    ),
    Rested(
        ("lesion_summary", "largest_axial_cm"),
        "Diameter",
        "longest straight line in one axial slice, between outer corners of voxels",
        "RECIST practice; trials do not say which",
    ),
    Rested(
        ("body", "bsa_m2"),
        "Body surface",
        "square root of height cm x weight kg / 3600, m2",
        "Mosteller 1987",
    ),
    Rested(
        ("body", "sflr_percent"),
        "sFLR %",
        f"100 x FLR mL / ({SFLR.text}), BSA: body surface",
        SFLR.source,
    ),
    Rested(
        ("body", "flr_bw_percent"),
        "FLR to body weight",
        f"FLR mL x 1.0 g/mL / body weight; at risk at or below {float(AT_RISK_PERCENT)} %",
        "Truant 2007",
    ),
    Rested(
        ("growth", "growth"),
        "DH in points",
        "FLR % after less FLR % before, both of the liver without tumour at the start",
        "Shindoh 2013, PMC3632508",
    ),
    Rested(
        ("growth", "growth"),
        "KGR",
        "DH in points / (days since the embolisation / 7), of the first scan after it",
        "Shindoh 2013, PMC3632508",
    ),
    Rested(
        ("function", "measured", "clearance"),
        "Clearance of the liver",
        "uptake in the window / (tracer outside the liver at its begin x mean of the blood curve "
        "over its begin x minutes), by body surface",
        "Ekman 1996, Bennink 2004, de Graaf 2010",
    ),
    Rested(
        ("function", "measured", "share"),
        "Share of the remnant",
        "counts of the remnant / counts of the liver without tumour and bile",
        "de Graaf 2010",
    ),
    Rested(
        ("function", "measured", "flr_pct_per_min_per_m2"),
        "FLR function",
        "clearance by body surface x share of the remnant",
        "de Graaf 2010, PMC2809979",
    ),
    Rested(
        ("dose", "computed"),
        f"Lung dose at {TRIAL_DOSE_GY} Gy",
        f"{TRIAL_DOSE_GY} x (tumour kg + treated liver kg / ratio) / lungs kg x shunt / "
        "(1 - shunt)",
        "partition model, Ho 1996; {radioembolisation}",
    ),
    Rested(
        ("scores", "albi", "albi"),
        "ALBI",
        ALBI_FORMULA,
        "Johnson 2015",
    ),
    Rested(
        ("scores", "child_pugh", "points"),
        "Child-Pugh",
        "points of bilirubin, albumin, INR, ascites, encephalopathy",
        "MSD Manual",
    ),
    Rested(
        ("scores", "meld", "meld"),
        "MELD",
        f"OPTN; each value at least 1, {MELD_LEAST} to {MELD_LARGEST}",
        "OPTN",
    ),
    Rested(
        ("scores", "meld_na_optn2016", "meld_na"),
        "MELD-Na",
        f"MELD and sodium, {SODIUM_LOW} to {SODIUM_HIGH} mmol/L",
        "OPTN 2016",
    ),
    Rested(("scores", "meld_3", "meld_3"), "MELD 3.0", "with sex, sodium and albumin", "Kim 2021"),
    Rested(
        ("scores", "kidney", "ckd_epi_2021_ml_per_min_per_1_73m2"),
        "CKD-EPI",
        "by creatinine, age and sex, without race",
        "Inker 2021",
    ),
)


def formula_rows(record: PlanRecord, growth: GrowthKeys | None = None) -> RowTable:
    """List the formulas behind what this record holds."""
    named = {str(role): _cite(read_protocol(role)) for role in CITED}
    told = as_dict(record) | ({} if growth is None else {"growth": as_dict(growth)})
    held = (one for one in RESTED if _holds(told, one.path))
    rows = tuple((one.name, one.formula, one.source.format_map(named)) for one in held)
    return RowTable("Formulas", ("Number", "Formula", "Source"), rows)


def _cite(trial: Trial) -> str:
    return f"{trial.name}, {trial.id}"


def _holds(told: object, path: Path) -> bool:
    for key in path:
        told = told.get(key) if isinstance(told, dict) else None
    return told is not None
