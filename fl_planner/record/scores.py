"""Scores of liver and kidneys as a dict and as lines: each known, or unknown with what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_number
from fl_planner.record.base import Record, given

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.planning.assessment.scores import Score, Scores

WORDS = {  # name -> how people call it
    "albi": "ALBI",
    "child_pugh": "Child-Pugh",
    "meld": "MELD",
    "meld_na_optn2016": "MELD-Na (OPTN 2016)",
    "meld_3": "MELD 3.0",
    "kidney": "kidneys",
}
VALUES = {  # key -> unit and decimals for a person
    "albi": ("", 2),
    "grade": ("grade", 0),
    "points": ("points", 0),
    "class": ("class", 0),
    "meld": ("", 0),
    "meld_na": ("", 0),
    "meld_3": ("", 0),
    "ckd_epi_2021_ml_per_min_per_1_73m2": ("mL/min/1.73 m2 (CKD-EPI 2021)", 0),
    "mdrd_4_ml_per_min_per_1_73m2": ("mL/min/1.73 m2 (MDRD)", 0),
    "cockcroft_gault_ml_per_min": ("mL/min (Cockcroft-Gault)", 0),
}
DAYS = {"no": "blood values of different days", "not said": "day of the blood values not said"}


def as_scores(scores: Scores, as_of: date | None, *, clinical: bool) -> Record:
    """Tell every score by its name."""
    return {one.name: _score(one, as_of, clinical=clinical) for one in scores.every}


def scores_rows(scores: Record) -> Iterable[RenderableType]:
    """Show the scores, each on a line."""
    from rich.padding import Padding
    from rich.text import Text

    yield Text("\nScores", style="bold")
    for name, one in scores.items():
        line = f"{WORDS[name]}: {_known(one) if one['known'] else _unknown(one)}"
        yield Padding(Text(line, style="" if one["known"] else "dim"), (0, 0, 0, 2))


def _score(one: Score, as_of: date | None, *, clinical: bool) -> Record:
    known_age = one.on is not None and as_of is not None
    return {
        "known": one.known,
        "missing": list(one.missing),
        "same_day": one.same_day,
        **one.values,
        **given(
            labs_age_days=(as_of - one.on).days if known_age and as_of and one.on else None,
            labs_date=one.on.isoformat() if clinical and one.on is not None else None,
        ),
    }


def _known(one: Record) -> str:
    told = []
    for key, (unit, decimals) in VALUES.items():
        if key in one:
            value = one[key]
            number = value if isinstance(value, str) else as_number(value, (), decimals)
            words = f"{unit} {number}" if unit in ("grade", "class") else f"{number} {unit}"
            told.append(words.strip())
    return ", ".join(told)


def _unknown(one: Record) -> str:
    lacking = [f"lacks {', '.join(one['missing'])}"] if one["missing"] else []
    days = [DAYS[one["same_day"]]] if one["same_day"] in DAYS else []
    return "; ".join(["unknown", *lacking, *days])
