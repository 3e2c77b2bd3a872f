"""What height and weight say of a liver, and the wholes that its remnant can be set against."""

from __future__ import annotations

from typing import Annotated

from fl_planner.basis import terms
from fl_planner.patient.body_size import BSA_FORMULAS, DEFAULT_TLV, TLV_FORMULAS
from fl_planner.planning.assessment.denominators import BodyEstimates, Denominator
from fl_planner.record.declaration.observation import observed, observed_as
from fl_planner.record.declaration.part import RecordKeys, RecordPart
from fl_planner.record.declaration.quantity import (
    Ml,
    PercentOfAnother,
    Unit,
    as_float,
    column,
    measured_in,
    says,
)

STANDARD = TLV_FORMULAS[DEFAULT_TLV]
SquareMetres = Annotated[float, measured_in(Unit("m2", terms.M2), 0)]


class DenominatorRecord(RecordPart):
    """A total that the remnant can be set against."""

    name: Annotated[str, says("Stable name.")]
    ml: Ml
    flr_percent: Annotated[PercentOfAnother | None, says("Remnant over it")] = None
    formula: Annotated[str | None, says("How it was estimated; absent for what was measured.")] = (
        None
    )
    population: Annotated[str | None, says("Of whom.")] = None
    bsa: Annotated[str | None, says("Formula of the body surface area in it.")] = None
    source: Annotated[str | None, says("Where it comes from.")] = None


class BodyRecord(RecordPart):
    """What height and weight say."""

    weight_kg: Annotated[
        float,
        measured_in(Unit("kg", terms.KG), 0),
        column("weight_kg", "weight"),
        observed(terms.BODY_WEIGHT, origin="given"),
    ]
    height_cm: Annotated[
        Annotated[float, measured_in(Unit("cm", terms.CM), 0)] | None,
        column("height_cm", "height"),
        observed(terms.BODY_HEIGHT, origin="given"),
    ] = None
    bsa_m2: Annotated[
        dict[str, SquareMetres] | None,
        says("Body surface area by formula, m2."),
        column("bsa_m2", "body surface area (Mosteller)"),
        observed(
            terms.BODY_SURFACE_AREA,
            "Mosteller's formula",
            origin="given",
            of=(terms.BODY_WEIGHT.code, terms.BODY_HEIGHT.code),
            entry="mosteller",
        ),
    ] = None
    sflr_percent: Annotated[
        PercentOfAnother | None,
        says("Standardised FLR (Vauthey, by BSA)"),
        column("sflr_pct", "FLR of the standard liver"),
        observed_as(
            "standardised-flr-percent",
            "Future liver remnant as a share of the standard liver volume",
            f"share of the standard liver volume in mL, {STANDARD.text} ({STANDARD.source})",
            origin="masks",
            of=("flr-volume", terms.BODY_SURFACE_AREA.code),
            number="flr",
        ),
    ] = None
    sflr_spread_percent: Annotated[
        tuple[float, float] | None, says("Least and largest by all formulas, percent.")
    ] = None
    flr_bw_percent: Annotated[
        PercentOfAnother | None,
        says("FLR to body weight"),
        column("flr_bw_pct", "FLR to body weight"),
        observed_as(
            "flr-body-weight-percent",
            "Future liver remnant over body weight, at 1 g/mL",
            "grams at 1 g/mL over the body weight",
            origin="masks",
            of=("flr-volume", terms.BODY_WEIGHT.code),
            number="flr",
        ),
    ] = None


class EstimateKeys(RecordKeys):
    """What is told where a patient's weight is known."""

    denominators: Annotated[tuple[DenominatorRecord, ...], says("Measured and expected totals.")]
    body: BodyRecord

    @property
    def standard_ml(self) -> float | None:
        """Total that the default formula expects; None where the height is not known."""
        return {one.name: one.ml for one in self.denominators}.get(DEFAULT_TLV)


def as_estimates(estimates: BodyEstimates | None) -> EstimateKeys | None:
    """Tell them; None where the weight is not known."""
    if estimates is None:
        return None
    size = estimates.size
    return EstimateKeys(
        denominators=tuple(map(_as_denominator, estimates.denominators)),
        body=BodyRecord(
            weight_kg=float(estimates.weight_kg),
            height_cm=None if size is None else float(size.height_cm),
            bsa_m2=None if size is None else {name: size.bsa_m2(name) for name in BSA_FORMULAS},
            sflr_percent=estimates.sflr_percent,
            sflr_spread_percent=estimates.spread_percent,
            flr_bw_percent=as_float(estimates.flr_bw_percent),
        ),
    )


def _as_denominator(one: Denominator) -> DenominatorRecord:
    formula = one.formula
    if formula is None:
        return DenominatorRecord(name=one.name, ml=one.ml, flr_percent=one.flr_percent)
    return DenominatorRecord(
        name=one.name,
        ml=one.ml,
        flr_percent=one.flr_percent,
        formula=formula.text,
        population=formula.population,
        bsa=(formula.bsa or "mosteller") if formula.needs_bsa else None,
        source=formula.source,
    )
