"""Formulas of units, and of variation between readings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import eq, ge, gt, le, lt
from typing import Annotated

from fl_planner.basis import units
from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.shown import MOST_DECIMALS, as_number, as_plain
from fl_planner.basis.units import Plausible, Range, at_least, between
from fl_planner.calculator.formula import (
    Answer,
    Input,
    Number,
    Numbers,
    Whole,
    answer,
    formula,
    refuse_both,
    when_given,
)
from fl_planner.liver.scatter.crossing_chance import (
    BORDERLINE,
    TWO_READERS,
    Origin,
    Scatter,
    compute_crossing_chance,
    compute_interval,
    default_scatter,
)
from fl_planner.trials.facts.quantities import QUANTITIES
from fl_planner.trials.unit_doubts import find_unit_doubts

ANY = at_least("0")


@dataclass(frozen=True, slots=True)
class Analyte:
    """A measured quantity: factors from each unit to the first, and plausible range."""

    units: Mapping[str, Fraction]
    range: Range = ANY  # in the first unit
    name: str = ""  # of a quantity among the facts, whose doubts about a unit apply

    def convert(self, value: Fraction, from_: str, to: str) -> Fraction:
        """Convert a plausible value exactly.

        Raises `InputRefused` naming `from`, `to` or `value`.
        """
        factor, wanted = self._factor("from", from_), self._factor("to", to)
        in_first = value * factor
        if not self.range.holds(in_first):
            where = self.range.name(next(iter(self.units)))
            reason = f"{float(value):g} {from_} is outside {where}"
            raise InputRefused("value.implausible", "value", reason, "check the value and its unit")
        return in_first / wanted

    def _factor(self, name: str, unit: str) -> Fraction:
        spelt = units.as_ucum(unit)
        if spelt not in self.units:
            reason = f"{unit!r} is not a unit for this quantity"
            raise InputRefused("calc.unit", name, reason, f"give one of {', '.join(self.units)}")
        return self.units[spelt]


def _of(name: str) -> Analyte:
    known = QUANTITIES[name]
    return Analyte(known.units, known.range, name)


_CELLS = Analyte(QUANTITIES["platelets"].units)
_LENGTH = Analyte({"cm": Fraction(1), "mm": 1 / units.MM_IN_CM, "m": units.CM_IN_M})
_DOSE = Analyte({"Gy": Fraction(1), "cGy": 1 / units.CGY_IN_GY, "mGy": 1 / units.MGY_IN_GY})
_GBQ_OF = {
    "GBq": Fraction(1),
    "MBq": 1 / units.MBQ_IN_GBQ,
    "kBq": 1 / units.KBQ_IN_GBQ,
    "mCi": units.GBQ_IN_MCI,
    "Ci": units.GBQ_IN_CI,
}
ANALYTES: dict[str, Analyte] = {
    **dict.fromkeys(("hb", "haemoglobin", "hemoglobin"), _of("haemoglobin")),
    **dict.fromkeys(("bilirubin", "bilirubin_total"), _of("bilirubin_total")),
    "creatinine": _of("creatinine"),
    **{enzyme: _of(enzyme) for enzyme in ("alt", "ast", "alp")},
    "albumin": _of("albumin"),
    **dict.fromkeys(("count", "cells", "cell_count"), _CELLS),
    **dict.fromkeys(("platelets", "thrombocytes"), _of("platelets")),
    **dict.fromkeys(("leukocytes", "leucocytes", "wbc"), _of("wbc")),
    **dict.fromkeys(("neutrophils", "anc"), _of("anc")),
    "activity": Analyte(_GBQ_OF),
    **dict.fromkeys(("dose", "absorbed_dose"), _DOSE),
    **dict.fromkeys(("length", "diameter"), _LENGTH),
}
OPERATORS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    ">=": ge,
    ">": gt,
    "<=": le,
    "<": lt,
    "==": eq,
}
SPELT = {op: op for op in OPERATORS}
SPELT |= {"\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{LESS-THAN OR EQUAL TO}": "<=", "=": "=="}


Named = Annotated[str, Input("measured quantity", words={name: name for name in ANALYTES})]
Value = Annotated[Number, Input("value")]
From = Annotated[str, Input("unit of the value")]
To = Annotated[str, Input("unit of the result")]


def _convert(analyte: str, value: Number, from_: str, to: str) -> Fraction | None:
    return None if value is None else ANALYTES[analyte].convert(value, from_, to)


def _doubt_unit(analyte: str, value: Number, from_: str) -> list[Finding]:
    named = ANALYTES[analyte].name
    return when_given(find_unit_doubts, named, value, units.as_ucum(from_)) or []


@formula(value="the value in the unit of the result", source="UCUM unit definitions")
def convert(analyte: Named, value: Value, from_: From, to: To) -> Answer:
    """A value in another unit, converted exactly."""
    converted = _convert(analyte, value, from_, to)
    return answer(_doubt_unit(analyte, value, from_), value=converted)


@formula(
    value="the value in the unit of the limit",
    passes="whether the value satisfies the comparison with the limit",
    source="this project's choice: exact, without tolerance",
)
def limit_check(
    analyte: Named,
    value: Value,
    from_: From,
    to: To,
    limit: Annotated[Number, Input("limit, in the unit of the result")],
    op: Annotated[str, Input("comparison", words=SPELT)],
) -> Answer:
    """Comparison of a value with a limit, exact and in the unit of the limit."""
    converted = _convert(analyte, value, from_, to)
    doubts = _doubt_unit(analyte, value, from_)
    return answer(doubts, value=converted, passes=when_given(OPERATORS[op], converted, limit))


PERCENT = Plausible(between("1", "100"), "%", "possibly given as a fraction")
POINTS = Plausible(between("1", "99"), "%", "possibly given as a fraction")
DECIMALS = Plausible(between("0", "20"), "", "a number of decimal places is required")
CV = Plausible(between("0", "1"), "", "a fraction is required, not a percentage")
RHO = Plausible(between("-1", "1"), "", "a correlation coefficient is required")
Z = Plausible(between(">0", "6"), "", "use 1.96 for a 95 % interval")


@formula(display="the number as text", source="this project's choice", place="units.readings")
def display_rule(
    value: Annotated[Number, Input("exact value")],
    thresholds: Annotated[Numbers | None, Input("thresholds that rounding must not cross")],
    least_decimals: Annotated[Whole, Input("minimum number of decimals (default 1)", DECIMALS)] = 1,
) -> Answer:
    """A number as text, with the fewest decimals that do not round it across a threshold."""
    limits = thresholds or ()
    for limit in limits:
        if 10**MOST_DECIMALS % limit.denominator:
            reason = f"{float(limit):g} has more than {MOST_DECIMALS} decimals"
            remedy = f"give thresholds with at most {MOST_DECIMALS} decimals"
            raise InputRefused("calc.input", "thresholds", reason, remedy)
    return answer(display=when_given(as_number, value, limits, least_decimals))


DEFAULT = default_scatter("drawn")


@formula(
    rel_sd="standard deviation divided by the share",
    low_percent="lower end of the interval, %",
    high_percent="upper end of the interval, %",
    threshold_inside="whether the interval includes the limit",
    crossing_chance="chance that another reading is on the other side of the limit",
    borderline="whether this chance is 20 % or more",
    source=f"variation between readers: {TWO_READERS}; public scans with two annotations; limit of "
    "20 %: this project's choice",
    place="units.readings",
)
def uncertainty(
    *,
    flr_percent: Annotated[Number, Input("FLR share", PERCENT)],
    cv_flr: Annotated[Number, Input("CV of the FLR volume, a fraction", CV)],
    cv_total: Annotated[
        Fraction, Input(f"CV of the liver volume (default {as_plain(DEFAULT.cv_liver)})", CV)
    ] = DEFAULT.cv_liver,
    rho: Annotated[
        Fraction, Input(f"correlation between the two volumes (default {DEFAULT.rho})", RHO)
    ] = DEFAULT.rho,
    z: Annotated[Fraction, Input(f"standard normal quantile (default {as_plain(Z_95)})", Z)] = Z_95,
    threshold_percent: Annotated[Number, Input("limit", POINTS)],
    origin: Annotated[Origin | None, Input("how the remnant was drawn, instead of cv_flr")],
) -> Answer:
    """Inter-reader interval of a share, and whether it includes a threshold."""
    refuse_both(cv_flr=cv_flr, origin=origin)
    if origin is not None:
        cv_flr = default_scatter(origin).cv_remnant
    scatter = when_given(Scatter, cv_flr, cv_total, rho)
    share, limit = (
        None if percent is None else percent / 100 for percent in (flr_percent, threshold_percent)
    )
    relative = None if scatter is None else scatter.relative_sd
    interval = when_given(compute_interval, share, relative, z)
    chance = when_given(compute_crossing_chance, share, limit, relative)
    return answer(
        rel_sd=relative,
        low_percent=None if interval is None else 100 * interval.low,
        high_percent=None if interval is None else 100 * interval.high,
        threshold_inside=when_given(Scatter.reaches, scatter, share, limit, z),
        crossing_chance=chance,
        borderline=None if chance is None else chance >= BORDERLINE,
    )
