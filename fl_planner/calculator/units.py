"""Formulas of units, and of readings that scatter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import eq, ge, gt, le, lt

from fl_planner.basis import units
from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import MOST_DECIMALS, as_number
from fl_planner.basis.units import Plausible, Range, at_least, between
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.liver.scatter.interval import (
    BORDERLINE,
    Scatter,
    default_scatter,
    find_crossing_chance,
    find_interval,
)
from fl_planner.trials.facts.quantities import QUANTITIES

ANY = at_least("0")


@dataclass(frozen=True, slots=True)
class Analyte:
    """What is measured: how many of the first unit one of each has, and what it can be."""

    units: Mapping[str, Fraction]
    range: Range = ANY  # in the first unit

    def convert(self, value: Fraction, from_: str, to: str) -> Fraction:
        """Convert exactly, after asking whether a patient can have the value.

        Raises `InputRefused`: naming `from`, `to` or `value`.
        """
        factor, wanted = self._factor("from", from_), self._factor("to", to)
        in_first = value * factor
        if not self.range.holds(in_first):
            reason = f"{float(value):g} {from_} is outside {self.range} {next(iter(self.units))}"
            raise InputRefused("value.implausible", "value", reason, "check the value and its unit")
        return in_first / wanted

    def _factor(self, name: str, unit: str) -> Fraction:
        spelt = units.as_ucum(unit)
        if spelt not in self.units:
            reason = f"{unit!r} is not a unit of it"
            raise InputRefused("calc.unit", name, reason, f"give one of {', '.join(self.units)}")
        return self.units[spelt]


def _of(name: str) -> Analyte:
    known = QUANTITIES[name]
    return Analyte(known.units, known.range)


_CELLS = Analyte(QUANTITIES["platelets"].units)
_LENGTH = Analyte({"cm": Fraction(1), "mm": 1 / units.MM_IN_CM, "m": units.CM_IN_M})
_DOSE = Analyte({"Gy": Fraction(1), "cGy": 1 / units.CGY_IN_GY, "mGy": 1 / units.MGY_IN_GY})
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
    "activity": Analyte({"GBq": Fraction(1), "mCi": units.GBQ_IN_MCI}),
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


def _converted(given: Given) -> Fraction | None:
    analyte, from_, to = (given.word(name) or "" for name in ("analyte", "from", "to"))
    return when_given(
        lambda value: ANALYTES[analyte].convert(value, from_, to), given.number("value")
    )


def _convert(given: Given) -> Answer:
    return Answer({"value": _converted(given)})


def _limit_check(given: Given) -> Answer:
    value, limit = _converted(given), given.number("limit")
    compare = OPERATORS[given.word("op") or ""]
    return Answer({"value": value, "passes": when_given(compare, value, limit)})


INPUTS = (
    Input("analyte", Kind.WORD, "what is measured", words={a: a for a in ANALYTES}, required=True),
    Input("value", Kind.NUMBER, "the value"),
    Input("from", Kind.TEXT, "its unit", required=True),
    Input("to", Kind.TEXT, "the unit wanted", required=True),
)
OF_UNITS = (
    Formula(
        "convert",
        "a value in another unit, exact",
        INPUTS,
        {"value": "the value in the unit wanted"},
        _convert,
    ),
    Formula(
        "limit_check",
        "whether a value passes a limit, compared exactly in the limit's unit",
        (
            *INPUTS,
            Input("limit", Kind.NUMBER, "the limit, in the unit wanted"),
            Input("op", Kind.WORD, "how it is compared", words=SPELT, required=True),
        ),
        {"value": "the value in the limit's unit", "passes": "whether it passes"},
        _limit_check,
    ),
)


PERCENT = Plausible(between("1", "100"), "%", "a fraction was perhaps meant")
POINTS = Plausible(between("1", "99"), "%", "a fraction was perhaps meant")
DECIMALS = Plausible(between("0", "20"), "", "it is a number of decimals")
CV = Plausible(between("0", "1"), "", "a fraction is wanted, not percent")
RHO = Plausible(between("-1", "1"), "", "it is a correlation")
Z = Plausible(between(">0", "6"), "", "1.96 makes a 95 % interval")


def _display(given: Given) -> Answer:
    value, limits = given.number("value"), given.numbers("thresholds") or ()
    _refuse_long(limits)
    least = given.whole("least_decimals")
    decimals = 1 if least is None else least
    return Answer({"display": when_given(as_number, value, limits, decimals)})


def _refuse_long(limits: Iterable[Fraction]) -> None:
    for limit in limits:
        if 10**MOST_DECIMALS % limit.denominator:
            reason = f"{float(limit):g} has more than {MOST_DECIMALS} decimals"
            remedy = f"give thresholds of at most {MOST_DECIMALS} decimals"
            raise InputRefused("calc.input", "thresholds", reason, remedy)


def _uncertainty(given: Given) -> Answer:
    scatter, percent = _scatter(given), given.number("flr_percent")
    z, threshold = given.number_or("z", Z_95), given.number("threshold_percent")
    share, limit = (None if one is None else one / 100 for one in (percent, threshold))
    relative = None if scatter is None else scatter.relative_sd
    interval = when_given(find_interval, share, relative, z)
    chance = when_given(find_crossing_chance, share, limit, relative)
    return Answer(
        {
            "rel_sd": relative,
            "low_percent": None if interval is None else 100 * interval.low,
            "high_percent": None if interval is None else 100 * interval.high,
            "threshold_inside": when_given(Scatter.reaches, scatter, share, limit, z),
            "crossing_chance": chance,
            "borderline": None if chance is None else chance >= BORDERLINE,
        }
    )


def _scatter(given: Given) -> Scatter | None:
    """Scatter as given; the remnant's by its origin where only that is told."""
    cv_flr, origin = given.number("cv_flr"), given.word("origin")
    if cv_flr is None and origin is not None:
        cv_flr = default_scatter("drawn" if origin == "drawn" else "segments").cv_remnant
    default = default_scatter("drawn")
    cv_total, rho = (
        given.number_or("cv_total", default.cv_liver),
        given.number_or("rho", default.rho),
    )
    return None if cv_flr is None else Scatter(cv_flr, cv_total, rho)


OF_READINGS = (
    Formula(
        "display_rule",
        "a number as text: the fewest decimals that keep it on its side of thresholds",
        (
            Input("value", Kind.NUMBER, "the exact value"),
            Input("thresholds", Kind.NUMBERS, "which it must not be rounded across"),
            Input("least_decimals", Kind.WHOLE, "1 if not given", "", DECIMALS),
        ),
        {"display": "the text"},
        _display,
    ),
    Formula(
        "uncertainty",
        "how far readings of a share scatter, and whether a threshold lies among them",
        (
            Input("flr_percent", Kind.NUMBER, "share", "%", PERCENT),
            Input("cv_flr", Kind.NUMBER, "scatter of the remnant, a fraction", "", CV),
            Input("cv_total", Kind.NUMBER, "of the liver, 0.03 if not given", "", CV),
            Input("rho", Kind.NUMBER, "their correlation, 0 if not given", "", RHO),
            Input("z", Kind.NUMBER, f"{float(Z_95):g} if not given", "", Z),
            Input("threshold_percent", Kind.NUMBER, "limit to look at", "%", POINTS),
            Input(
                "origin",
                Kind.WORD,
                "where the remnant comes from, instead of cv_flr",
                words={"drawn": "drawn", "segments": "segments"},
            ),
        ),
        {
            "rel_sd": "standard deviation over the share",
            "low_percent": "lower end of the interval, %",
            "high_percent": "upper end of the interval, %",
            "threshold_inside": "whether the limit lies in it",
            "crossing_chance": "how often another reading falls on the other side",
            "borderline": "whether that is one in five or more",
        },
        _uncertainty,
    ),
)

FORMULAS = (*OF_UNITS, *OF_READINGS)
