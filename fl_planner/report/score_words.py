"""Scores in words: each with its values, or with what it lacks."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fl_planner.basis.shown import as_number
from fl_planner.record.declaration.values import list_values
from fl_planner.record.scores import ScoreRecord, ScoresRecord
from fl_planner.trials.facts.meaning import say_meaning

OWN = ("sodium", "encephalopathy", "dialysis")  # what scores ask for, and no trial does
DAYS = {"no": "blood values of different days", "not said": "day of the blood values not said"}


class ScoreInWords(NamedTuple):
    """A score by its name, and whether it is known."""

    name: str
    says: str
    known: bool

    def __str__(self) -> str:
        """Say it on a line."""
        return f"{self.name}: {self.says}"


def list_scores(scores: ScoresRecord) -> Iterator[ScoreInWords]:
    """Say every score."""
    for _, declared, one in list_values(scores, "row", ScoreRecord):
        said = ", ".join(_list_known(one)) if one.known else _say_unknown(one)
        yield ScoreInWords(declared["row"], said, one.known)


def say_labs_age(scores: ScoresRecord) -> str:
    """Say how long before the judging date the blood values of known scores are."""
    every = (one for _, _, one in list_values(scores, "row", ScoreRecord))
    ages = {one.labs_age_days for one in every if one.known and one.labs_age_days is not None}
    days = " to ".join(map(str, sorted({min(ages), max(ages)}))) if ages else ""
    return f"Blood values from {days} days before the judging date." if days else ""


def _list_known(one: ScoreRecord) -> Iterator[str]:
    for _, declared, value in list_values(one, "row", object):
        match value:
            case int() | float():
                number = as_number(value, (), declared.get("decimals", 0))
                yield declared["row"].format(number)
            case str():
                yield declared["row"].format(value)


def _say_unknown(one: ScoreRecord) -> str:
    lacking = [f"lacks {', '.join(_name(one.missing))}"] if one.missing else []
    days = [DAYS[one.same_day]] if one.same_day in DAYS else []
    return "; ".join(["unknown", *lacking, *days])


def _name(missing: Sequence[str]) -> Iterator[str]:
    """Name what a score lacks as its question does, without the explanation in brackets."""
    for key in missing:
        yield key if key in OWN else say_meaning(key).partition(" (")[0]
