"""The numbers of a plan that are told in FHIR, read from its record and from nowhere else."""

from __future__ import annotations

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
from fl_planner.record.base import Record
from fl_planner.record.volumes import DENOMINATORS
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
ORIGINS = {  # how a number of STATED was got
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
STATED = {  # part of the record -> its key, local code, unit
    "function": ("flr_function_pct_per_min_per_m2", "flr-function", PERCENT_PER_MIN_M2.code),
    "dose": ("lung_dose_gy_at_150gy_tumour", "lung-dose", GY.code),
}


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

    Parameters
    ----------
    code : str
        What it is, in `_fhir_codes`.
    value : float or None
        None where it is not known.
    unit : str
        Its UCUM unit.
    method : str or None
        How it was got, or what it is a share of; None where that is not known.
    derived_from : tuple of str
        Codes of the numbers that it was computed from.
    interval : (float, float) or None
        Where 95 of 100 readings would lie.
    limits : tuple of dict
        Thresholds of the record that trials set on it.
    measured : bool
        Whether it comes from the masks, and so is of the day of the scan.
    doubted : bool
        Whether the doubts of the plan are its own too: not of what was given.
    withdrawn : str or None
        Why it is not to be used, so that it is not told; None where nothing forbids it.
    """

    code: str
    value: float | None
    unit: str
    method: str | None
    derived_from: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    limits: tuple[Record, ...] = ()
    measured: bool = True
    doubted: bool = True
    withdrawn: str | None = None


def list_numbers(record: Record) -> tuple[Number, ...]:
    """List the numbers of a plan, those that others are computed from first.

    Tumour, remnant, its share, its function and the lung dose are listed also where they are not
    known; a part that the plan does not have is left out.
    """
    every = (
        *_volumes(record),
        *_shares(record),
        *_of_size(record),
        *(_stated(record, part) for part in STATED),
        *_apart(record),
    )
    return tuple(_withheld(record, one) for one in every)


def _withheld(record: Record, number: Number) -> Number:
    """Leave out a value that is not to be used: a receiving system would keep it as any other."""
    why = find_why(record, WITHDRAWN.get(number.code, ""))
    typed = not number.doubted and number.value is not None
    if why is None or typed:
        return number
    return replace(number, value=None, interval=None, limits=(), withdrawn=why)


def _volumes(record: Record) -> Iterator[Number]:
    volumes = record.get("volumes_ml", {})
    for name, code in VOLUMES.items():
        if name in volumes or name in TOLD_IF_UNKNOWN:
            yield Number(code, volumes.get(name), ML.code, COUNTED)


def _shares(record: Record) -> Iterator[Number]:
    whole = record.get("denominator")
    method = f"share of the {DENOMINATORS[whole]}" if whole else "share of the liver"
    for name, (code, parts) in SHARES.items():
        if name not in record and name != "flr_percent":
            continue
        share = LIMITED.get(name, "")
        limits = [one for one in record["thresholds"] if _limits(one, share)]
        interval = record["ratios"].get(share, {}).get("interval_percent")
        yield Number(
            code, record.get(name), PERCENT.code, method, parts, _cut(interval), tuple(limits)
        )  # fmt: skip


def _limits(threshold: Record, share: str) -> bool:
    """Whether a threshold, `dragon2.flr_30`, is one of a share."""
    _, _, what = threshold["name"].partition(".")
    return bool(share) and what.startswith(f"{share}_")


def _cut(interval: list[float] | None) -> tuple[float, float] | None:
    """Cut an interval where a share ends."""
    if interval is None:
        return None
    low, high = interval
    return max(low, 0.0), min(high, 100.0)


def _of_size(record: Record) -> Iterator[Number]:
    """Tell height and weight, and what was computed with them."""
    body = record.get("body", {})
    for key, term, unit in (("weight_kg", BODY_WEIGHT, KG), ("height_cm", BODY_HEIGHT, CM)):
        if key in body:
            given = body[key]
            yield Number(term.code, given, unit.code, GIVEN, measured=False, doubted=False)
    if "bsa_m2" in body:
        of = (BODY_WEIGHT.code, BODY_HEIGHT.code)
        method = "Mosteller's formula"
        bsa = body["bsa_m2"]["mosteller"]
        code = BODY_SURFACE_AREA.code
        yield Number(code, bsa, M2.code, method, of, measured=False, doubted=False)
    if "sflr_percent" in body:
        (first,) = (one for one in record["denominators"] if one["name"] == "vauthey_bsa")
        method = f"share of the standard liver volume in mL, {first['formula']} ({first['source']})"
        of = ("flr-volume", BODY_SURFACE_AREA.code)
        yield Number("standardised-flr-percent", body["sflr_percent"], PERCENT.code, method, of)
    if "flr_bw_percent" in body:
        of = ("flr-volume", BODY_WEIGHT.code)
        method = "grams at 1 g/mL over the body weight"
        yield Number("flr-body-weight-percent", body["flr_bw_percent"], PERCENT.code, method, of)


def _apart(record: Record) -> Iterator[Number]:
    """Tell the days between CT and scintigraphy where both days were given."""
    days = record.get("function", {}).get("ct_to_scintigraphy_days")
    if days is not None:
        method = "counted from the days that were given"
        code = "ct-to-scintigraphy-days"
        yield Number(code, days, DAY.code, method, measured=False, doubted=False)


def _stated(record: Record, part: str) -> Number:
    key, code, unit = STATED[part]
    found = record.get(part, {})
    origin = found.get("origin")
    method = None if origin is None else ORIGINS.get(origin, origin)
    doubted = origin not in (None, "given")
    return Number(code, found.get(key), unit, method, measured=False, doubted=doubted)
