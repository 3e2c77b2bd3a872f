"""Scores of liver and kidneys: each known, or unknown with what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from msgspec import Meta, convert

from fl_planner.basis.glossary import SCORES
from fl_planner.planning.given.score_inputs import SameDay
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import ClinicalDate, one_of, says

if TYPE_CHECKING:
    from fl_planner.planning.assessment.scores import Score, Scores

Meld = Annotated[int, Meta(ge=6)]


class ScoreRecord(RecordPart):
    """A score: its blood values, and what it lacks.

    `row` is what a table shows of a value, with as many `decimals`.
    """

    known: Annotated[
        bool, says("Whether it could be computed; a score with a missing part is unknown.")
    ]
    missing: Annotated[tuple[str, ...], says("What it lacks.")]
    same_day: Annotated[
        SameDay, one_of("Whether its blood values are of one day.", get_args(SameDay))
    ]
    labs_age_days: Annotated[int | None, says("From its blood values to the judging date.")] = None
    labs_date: ClinicalDate = None


class AlbiRecord(ScoreRecord):
    """ALBI (Johnson 2015)."""

    albi: Annotated[float | None, says("ALBI.", row="{}", decimals=2)] = None
    grade: Annotated[Annotated[int, Meta(ge=1)] | None, says("1, 2 or 3.", row="grade {}")] = None


class ChildPughRecord(ScoreRecord, rename={"letter": "class"}):
    """Child-Pugh, with the INR."""

    points: Annotated[Annotated[int, Meta(ge=5)] | None, says("5 to 15.", row="{} points")] = None
    letter: Annotated[Literal["A", "B", "C"] | None, says("By points.", row="class {}")] = None


class MeldRecord(ScoreRecord):
    """MELD (OPTN)."""

    meld: Annotated[Meld | None, says("6 to 40.", row="{}")] = None
    raw: Annotated[float | None, says("Before rounding.")] = None


class MeldNaRecord(ScoreRecord):
    """MELD-Na (OPTN 2016)."""

    meld_na: Annotated[Meld | None, says("6 to 40.", row="{}")] = None


class Meld3Record(ScoreRecord):
    """MELD 3.0 (Kim 2021)."""

    meld_3: Annotated[Meld | None, says("6 to 40.", row="{}")] = None
    raw: Annotated[float | None, says("Before rounding.")] = None


class KidneyRecord(ScoreRecord):
    """Kidney function by three equations, which give three answers."""

    ckd_epi_2021_ml_per_min_per_1_73m2: Annotated[
        float | None,
        says("CKD-EPI 2021, mL/min/1.73 m2.", row="{} mL/min/1.73 m2 (CKD-EPI 2021)"),
    ] = None
    mdrd_4_ml_per_min_per_1_73m2: Annotated[
        float | None, says("MDRD-4, mL/min/1.73 m2.", row="{} mL/min/1.73 m2 (MDRD)")
    ] = None
    cockcroft_gault_ml_per_min: Annotated[
        float | None,
        says("Cockcroft-Gault, mL/min.", row="creatinine clearance {} mL/min (Cockcroft-Gault)"),
    ] = None


class ScoresRecord(RecordPart):
    """Scores of liver and kidneys; no trial is judged by them."""

    albi: Annotated[AlbiRecord, Meta(extra={"row": SCORES["albi"]})]
    child_pugh: Annotated[ChildPughRecord, Meta(extra={"row": SCORES["child_pugh"]})]
    meld: Annotated[MeldRecord, Meta(extra={"row": SCORES["meld"]})]
    meld_na_optn2016: Annotated[MeldNaRecord, Meta(extra={"row": SCORES["meld_na_optn2016"]})]
    meld_3: Annotated[Meld3Record, Meta(extra={"row": SCORES["meld_3"]})]
    kidney: Annotated[KidneyRecord, Meta(extra={"row": SCORES["kidney"]})]


def as_scores(scores: Scores, as_of: date | None, *, clinical: bool) -> ScoresRecord:
    """Tell every score by its name."""
    told = {one.name: _tell(one, as_of, clinical=clinical) for one in scores.every}
    return convert(told, ScoresRecord)


def _tell(one: Score, as_of: date | None, *, clinical: bool) -> Mapping[str, Any]:
    return {
        "known": one.known,
        "missing": one.missing,
        "same_day": one.same_day,
        "labs_age_days": None if one.on is None or as_of is None else (as_of - one.on).days,
        "labs_date": None if one.on is None or not clinical else one.on.isoformat(),
        **one.values,
    }
