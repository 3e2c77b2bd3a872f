"""Formulas of reading: a number as text, and how far readings of a share scatter."""

from collections.abc import Iterable
from fractions import Fraction

from fl_planner.basis.constants import Z_95
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.ranges import Plausible, between
from fl_planner.basis.shown import MOST_DECIMALS, as_number
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.liver.scatter.interval import (
    BORDERLINE,
    Scatter,
    default_scatter,
    find_crossing_chance,
    find_interval,
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


FORMULAS = (
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
