"""Formulas of growth between two scans."""

from typing import cast

from fl_planner.basis.glossary import EMBOLISATION_NAMES, EmbolisationKind
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.liver.kinetic_growth import (
    DAYS,
    FLR_ML,
    SHARE_PERCENT,
    Denominator,
    Growth,
    SharePair,
    VolumePair,
    count_days,
    find_growth_doubts,
    refuse_mixed,
)

DENOMINATORS = {name: name for name in ("standard_tlv", "baseline_nontumour")}


def _growth(given: Given) -> Answer:
    mixed = (given.word("denominator_before"), given.word("denominator_after"))
    when_given(lambda *both: refuse_mixed(*cast("tuple[Denominator, Denominator]", both)), *mixed)
    dated = when_given(count_days, given.day("embolised_on"), given.day("scanned_on"))
    given.one_of("interval_days", "scanned_on")
    growth = Growth(
        dated if dated is not None else given.number("interval_days"),
        when_given(SharePair, given.number("sflr_before_pct"), given.number("sflr_after_pct")),
        when_given(VolumePair, given.number("flr_before_ml"), given.number("flr_after_ml")),
        cast("EmbolisationKind | None", given.word("kind")),
    )
    return Answer(
        {
            "dh_points": None if growth.shares is None else growth.shares.points,
            "dh_relative_pct": None if growth.volumes is None else growth.volumes.relative_percent,
            "kgr_points_per_week": growth.points_per_week,
            "growth_ml_per_day": growth.ml_per_day,
            "relative_growth_pct_per_day": growth.relative_percent_per_day,
            "kgr_below_2": growth.is_slow,
            "interval_days": growth.days,
        },
        tuple(find_growth_doubts(growth)),
    )


FORMULAS = (
    Formula(
        "growth",
        "growth of a remnant after embolisation or radioembolisation, in points, percent and mL",
        (
            Input("sflr_before_pct", Kind.NUMBER, "share before", "%", SHARE_PERCENT),
            Input("sflr_after_pct", Kind.NUMBER, "share after", "%", SHARE_PERCENT),
            Input("flr_before_ml", Kind.NUMBER, "remnant before", "mL", FLR_ML),
            Input("flr_after_ml", Kind.NUMBER, "remnant after", "mL", FLR_ML),
            Input("interval_days", Kind.NUMBER, "embolisation to later scan", "days", DAYS),
            Input("embolised_on", Kind.DATE, "date of embolisation, instead of interval_days"),
            Input("scanned_on", Kind.DATE, "date of the later scan, instead of interval_days"),
            Input("denominator_before", Kind.WORD, "what the share is of", words=DENOMINATORS),
            Input("denominator_after", Kind.WORD, "what the share is of", words=DENOMINATORS),
            Input("kind", Kind.WORD, "how it was made to grow", words=EMBOLISATION_NAMES),
        ),
        {
            "dh_points": "degree of hypertrophy, percentage points",
            "dh_relative_pct": "degree of hypertrophy, % of the volume at the start",
            "kgr_points_per_week": "kinetic growth rate, points per week",
            "growth_ml_per_day": "daily gain, mL",
            "relative_growth_pct_per_day": "daily gain, % of the volume at the start",
            "kgr_below_2": "whether it is below 2 points per week (Shindoh 2013); not after Y90",
            "interval_days": "days that were counted",
        },
        _growth,
    ),
)
