"""How a report says what a record holds: numbers on their side of every limit, no blank words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.record.base import Record
from fl_planner.record.head import FindingRecord
from fl_planner.record.plan import say_interval
from fl_planner.record.volumes import DENOMINATORS
from fl_planner.report.page.blocks import NOT_GIVEN
from fl_planner.report.terminal.plan import DIAGNOSES
from fl_planner.trials.facts.meaning import say_meaning

YES_NO = {True: "yes", False: "no", None: "not known"}
TRIALS = {"dragon2": "DRAGON 2", "dragon_plc": "DRAGON PLC", "rescue": "RESCUE"}
ANSWERS = {"below": "below", "at": "exactly at", "above": "above"}
DAY_NOT_GIVEN = "day not given"
SIDES = {"flr": "FLR", "untreated": "untreated liver"}


def yes_no(record: Record, fact: str) -> str:
    """Say a fact that is yes, no or not known."""
    return YES_NO[record["facts"].get(fact)]


def number(value: float, decimals: int = 1, unit: str = "") -> str:
    """Say a number with its unit."""
    return f"{as_number(value, (), decimals)} {unit}".strip()


def pair(ends: Iterable[float], limits: Collection[Fraction | int] = (), unit: str = "") -> str:
    """Say from where to where, each end on its side of every limit."""
    low, high = (as_number(Fraction(str(end)), limits) for end in ends)
    return f"{low} to {high} {unit}".strip()


def share(record: Record, name: str) -> str:
    """Say a share in mL and percent, never without what it is a share of."""
    if f"{name}_percent" not in record:
        return NOT_GIVEN
    of = DENOMINATORS[record["denominator"]]
    return f"{as_ml(record['volumes_ml'][name])} = {record[f'{name}_percent_shown']} % of the {of}"


def interval(record: Record, name: str) -> str:
    """Say where other readings of a share would lie."""
    return f"95 of 100 readings: {say_interval(record, name)}"


def limit_name(name: str) -> str:
    """Say a limit's stable name in words.

    Examples
    --------
    >>> limit_name("dragon2.flr_30"), limit_name("own.flr_25")
    ('DRAGON 2: FLR 30 %', 'own: FLR 25 %')
    """
    trial, _, rest = name.partition(".")
    side, _, percent = rest.rpartition("_")
    return f"{TRIALS.get(trial, trial)}: {SIDES.get(side, side)} {percent} %"


def against(threshold: Record) -> str:
    """Say on which side of a limit a share lies, and by how much."""
    ml = threshold["distance_ml"]
    if threshold["answer"] == "at":
        return "exactly at it"
    return f"{ANSWERS[threshold['answer']]} it by {as_ml(abs(ml))}"


def chance(threshold: Record) -> str:
    """Say the chance that another reading falls on the other side.

    What is not nothing is never said to be 0 %, and what is not sure never 100 %.
    """
    percent = Fraction(100 * threshold["crossing_chance"])
    if 0 < percent < Fraction(1, 2):
        return "< 1 %"
    return f"{as_number(percent, (100,), 0)} %"


def numbered(names: Iterable[object], none: str = "none") -> str:
    """List names by commas."""
    return ", ".join(map(str, names)) or none


def asked(key: str) -> str:
    """Say what is asked for, in words and by its key.

    Examples
    --------
    >>> asked("labs_age")
    'days from the blood tests to the judging date (labs_age)'
    """
    return f"{say_meaning(key)} ({key})"


def diagnosis(record: Record) -> str:
    """Say what is treated."""
    return DIAGNOSES.get(record["case"].get("diagnosis"), NOT_GIVEN)


def scanned(record: Record) -> str:
    """Say when the CT was made, as the profile allows, and in which phase."""
    reading = record["case"]["reading"]
    days = reading.get("age_days")
    when = reading.get("date") or (None if days is None else f"{days} days before the judging date")
    if when is None:
        when = "day known, and told with a judging date" if reading.get("dated") else DAY_NOT_GIVEN
    return f"{when}, {reading.get('phase', 'phase not given')}"


def edges(spacing_mm: Iterable[float]) -> str:
    """Say the edges of a voxel."""
    return " x ".join(as_number(edge, (), 2) for edge in spacing_mm) + " mm"


def sentence(text: str) -> str:
    """Begin with a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"


def told(finding: FindingRecord) -> str:
    """Say a finding with its level, file, code, and who accepted it."""
    accepted = finding.accepted
    seen = f" Accepted by {accepted.by}: {accepted.why}." if accepted else ""
    return f"{finding.severity.upper()}: {finding.message} ({finding.code}).{seen}"
