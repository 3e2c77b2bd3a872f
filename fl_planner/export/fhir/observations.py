"""The numbers of a plan that are told in FHIR, read from its record and from nowhere else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fl_planner.basis.terms import (
    BODY_HEIGHT,
    BODY_SURFACE_AREA,
    BODY_WEIGHT,
    CM,
    DAY,
    GY,
    KG,
    M2,
    ML,
    PERCENT,
    PERCENT_PER_MIN_M2,
)
from fl_planner.record.dose.answer import LungDoseRecord
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.record.withdrawal_words import find_why

COUNTED = "voxels counted on the masks, times the volume of a voxel"
GIVEN = "as it was given, not computed"
VOLUMES = {  # key of the record -> local code
    "liver": "liver-volume",
    "tumour": "tumour-volume",
    "nontumorous_liver": "nontumorous-liver-volume",
    "flr": "flr-volume",
    "resected": "resected-volume",
    "untreated": "untreated-volume",
}
ORIGINS = {  # how a function or a lung dose was got
    None: None,
    "given": GIVEN,
    "measured": (
        "by scintigraphy: clearance of mebrofenin by body surface, times the remnant's share of "
        "counts"
    ),
    "computed": "by the partition model: masses, lung shunt and ratio of tumour to liver",
}
TOLD_IF_UNKNOWN = ("liver", "tumour", "flr")  # volumes that are asked for in any case
SHARES = {  # key of the record -> local code, and the volumes that it is of
    "flr_percent": ("flr-percent", ("flr-volume", "nontumorous-liver-volume")),
    "flr_percent_with_impaired": (
        "flr-percent-with-impaired", ("flr-volume", "nontumorous-liver-volume"),
    ),
    "flr_percent_without_excluded": (
        "flr-percent-without-excluded", ("flr-volume", "nontumorous-liver-volume"),
    ),
    "flr_percent_of_segments": (
        "flr-percent-of-segments", ("flr-volume", "nontumorous-liver-volume"),
    ),
    "untreated_percent": ("untreated-percent", ("untreated-volume", "nontumorous-liver-volume")),
}  # fmt: skip
LIMITED = {"flr_percent": "flr", "untreated_percent": "untreated"}  # what trials set limits on
WITHDRAWN = {  # local code -> the number of the record that may be withdrawn
    **dict.fromkeys(("liver-volume", "tumour-volume", "nontumorous-liver-volume"), "volumes"),
    **dict.fromkeys(("flr-volume", "resected-volume", "flr-percent"), "flr"),
    **dict.fromkeys(("flr-percent-with-impaired", "flr-percent-without-excluded"), "flr"),
    "flr-percent-of-segments": "flr",
    **dict.fromkeys(("standardised-flr-percent", "flr-body-weight-percent"), "flr"),
    **dict.fromkeys(("untreated-volume", "untreated-percent"), "untreated"),
    "flr-function": "function",
    "lung-dose": "dose",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or that it is not known.

    - `code`: what it is, in `_fhir_codes`.
    - `value`: None where it is not known.
    - `unit`: its UCUM unit.
    - `method`: how it was got, or what it is a share of; None where that is not known.
    - `derived_from`: codes of the numbers that it was computed from.
    - `interval`: where 95 of 100 readings would lie.
    - `limits`: thresholds of the record that trials set on it.
    - `measured`: whether it comes from the masks, and so is of the day of the scan.
    - `doubted`: whether the doubts of the plan are its own too: not of what was given.
    - `withdrawn`: why it is not to be used, so that it is not told; None where nothing forbids it.
    """

    code: str
    value: float | None
    unit: str
    method: str | None
    derived_from: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    limits: tuple[ThresholdRecord, ...] = ()
    measured: bool = True
    doubted: bool = True
    withdrawn: str | None = None


def list_numbers(record: PlanRecord) -> tuple[Number, ...]:
    """List the numbers of a plan, those that others are computed from first.

    Tumour, remnant, its share, its function and the lung dose are listed also where they are not
    known; a part that the plan does not have is left out.
    """
    every = (*_volumes(record), *_shares(record), *_of_size(record), *_stated(record))
    return tuple(_withheld(record, one) for one in every)


def _withheld(record: PlanRecord, number: Number) -> Number:
    """Leave out a value that is not to be used: a receiving system would keep it as any other."""
    why = find_why(record, WITHDRAWN.get(number.code, ""))
    typed = not number.doubted and number.value is not None
    if why is None or typed:
        return number
    return replace(number, value=None, interval=None, limits=(), withdrawn=why)


def _volumes(record: PlanRecord) -> Iterator[Number]:
    for name, code in VOLUMES.items():
        ml = getattr(record.volumes.volumes_ml, name)
        if ml is not None or name in TOLD_IF_UNKNOWN:
            yield Number(code, ml, ML.code, COUNTED)


def _shares(record: PlanRecord) -> Iterator[Number]:
    method = f"share of the {record.volumes.whole}"
    for name, (code, parts) in SHARES.items():
        share, limited = getattr(record.volumes, name), LIMITED.get(name)
        if share is None and name != "flr_percent":
            continue
        ratio = record.ratios.by_part.get(limited or "")
        yield Number(
            code,
            None if share is None else share.value,
            PERCENT.code,
            method,
            parts,
            None if ratio is None else ratio.ends_percent,
            tuple(one for one in record.thresholds if limited and one.is_on(limited)),
        )


def _of_size(record: PlanRecord) -> Iterator[Number]:
    """Tell height and weight, and what was computed with them."""
    if record.estimates is None:
        return
    body, denominators = record.estimates.body, record.estimates.denominators
    given = (body.weight_kg, BODY_WEIGHT, KG), (body.height_cm, BODY_HEIGHT, CM)
    for size, term, unit in given:
        if size is not None:
            yield Number(term.code, size, unit.code, GIVEN, measured=False, doubted=False)
    if body.bsa_m2 is not None:
        of = (BODY_WEIGHT.code, BODY_HEIGHT.code)
        bsa, code = body.bsa_m2["mosteller"], BODY_SURFACE_AREA.code
        method = "Mosteller's formula"
        yield Number(code, bsa, M2.code, method, of, measured=False, doubted=False)
    if body.sflr_percent is not None:
        (first,) = (one for one in denominators if one.name == "vauthey_bsa")
        method = f"share of the standard liver volume in mL, {first.formula} ({first.source})"
        of = ("flr-volume", BODY_SURFACE_AREA.code)
        yield Number("standardised-flr-percent", body.sflr_percent, PERCENT.code, method, of)
    if body.flr_bw_percent is not None:
        of = ("flr-volume", BODY_WEIGHT.code)
        method = "grams at 1 g/mL over the body weight"
        yield Number("flr-body-weight-percent", body.flr_bw_percent, PERCENT.code, method, of)


def _stated(record: PlanRecord) -> Iterator[Number]:
    """Tell function and lung dose, and the days from CT to scintigraphy where they are known."""
    function, dose = record.function or RemnantFunctionRecord(), record.dose or LungDoseRecord()
    uptake, gy = function.flr_function_pct_per_min_per_m2, dose.lung_dose_gy_at_150gy_tumour
    for code, value, unit, origin in (
        ("flr-function", uptake, PERCENT_PER_MIN_M2, function.origin),
        ("lung-dose", gy, GY, dose.origin),
    ):
        doubted = origin not in (None, "given")
        method = ORIGINS[origin]
        yield Number(code, value, unit.code, method, measured=False, doubted=doubted)
    days = function.ct_to_scintigraphy_days
    if days is not None:
        method = "counted from the days that were given"
        code = "ct-to-scintigraphy-days"
        yield Number(code, days, DAY.code, method, measured=False, doubted=False)
