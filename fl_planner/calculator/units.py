"""Formulas of units: one table of factors, that of the trials' facts [clinical.md 9]."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import eq, ge, gt, le, lt

from fl_planner.basis import units
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.ranges import Range, at_least
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
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
FORMULAS = (
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
