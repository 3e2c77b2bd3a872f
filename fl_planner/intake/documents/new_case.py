"""A new case file: what was answered, and as comments what is still to ask, of whom [new-case]."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from fl_planner.basis.findings import InputRefused
from fl_planner.given.template import TOP, Entries, write_tables
from fl_planner.given.toml import as_toml
from fl_planner.intake.patients.rows import find_entries, parse_cell, say_wanted
from fl_planner.planning.route.route import Question
from fl_planner.trials.convert import COUNTS_AS_UNKNOWN, convert_stated
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.facts.quantities import QUANTITIES, UPPER_LIMITS
from fl_planner.trials.facts.quantities import say_meaning as say_meaning
from fl_planner.trials.statements import (
    DRUG_KEY,
    EMBOLISED,
    Stated,
    StatedValue,
)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
YES, NO = ("y", "yes"), ("n", "no")
AT_ONCE = ("unknown_unit.", "unknown_drug.", "implausible.")  # codes of what is asked again
HEAD = """\
# A case file of fl-planner; a line that begins with # is not read.
# Judge it: fl-planner trials judge {name}   Plan it: fl-planner plan {name}
"""
# volumes that masks give: not asked for where the mask is named
MEASURED = {
    "liver": ("total_liver_volume",),
    "labelmap": ("total_liver_volume",),
    "tumour": ("tumour_volume",),
    "flr": ("flr_volume",),
    "resected": ("flr_volume",),
    "remnant_segments": ("flr_volume",),
    "plane": ("flr_volume",),
    "wedge": ("flr_volume",),
    "treated": ("treated_nontumorous_volume",),
    "treated_segments": ("treated_nontumorous_volume",),
    "treat_tumour": ("treated_nontumorous_volume",),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a new case file says.

    - `name`: of the file.
    - `given`: what was given but the facts, by table and key of the case file, as TOML.
    - `stated`: what was answered.
    - `questions`: what is still to ask, in order.
    """

    name: str
    given: Entries = field(default_factory=dict)
    stated: Stated = field(default_factory=Stated)
    questions: tuple[Question, ...] = ()


def write_draft(draft: Draft) -> str:
    """Write a case file, with comments on what each entry means.

    Examples
    --------
    >>> print(write_draft(Draft("c.toml", {"": {"id": '"p1"'}})).splitlines()[3])
    id = "p1"                       # your pseudonym, printed as given
    """
    given = {**draft.given, TOP: {"schema": "1", **draft.given.get(TOP, {})}}
    lines = [*HEAD.format(name=draft.name).splitlines(), *write_tables(given)]
    lines += ["", "[facts]", *_facts(draft.stated)]
    if draft.questions:
        lines += ["", *_open(draft.questions)]
    return "\n".join(lines) + "\n"


def _facts(stated: Stated) -> Iterator[str]:
    for key, value in stated.values.items():
        yield f"# {say_meaning(key)}"
        yield f"{key} = {as_toml(value)}"


def _open(questions: Iterable[Question]) -> Iterator[str]:
    """Write what is still to ask, in the order of how many verdicts it could settle."""
    yield "# Not yet answered, the most informative first. Fill in, and take the # away."
    for question in questions:
        key = str(question.key)
        settles = f"; could settle {question.trials} trials" if question.trials > 1 else ""
        yield "#"
        yield f"# {say_meaning(key)} [ask: {question.asked_of}{settles}]"
        yield f"# {key} =    # {say_example(key)}"


def say_example(key: str) -> str:
    """Say how an answer is written in the file.

    Examples
    --------
    >>> say_example("haemoglobin"), say_example("cirrhosis")
    ('{ value = ..., unit = "g/dL" }, or in g/L, mmol/L', 'true or false')
    """
    quantity = QUANTITIES.get(key) or UPPER_LIMITS.get(key)
    if quantity is not None:
        unit, *others = quantity.units
        besides = f", or in {', '.join(others)}" if others else ""
        return f"{{ value = ..., unit = {as_toml(unit)} }}{besides}"
    if key == EMBOLISED:
        return 'true, false or { kind = "PVE", date = 2026-04-20 }, either or both'
    return say_wanted(key)


def say_answer(key: str) -> str:
    """Say what to type.

    Examples
    --------
    >>> say_answer("cirrhosis"), say_answer("age"), say_answer("ecog")
    ('yes or no', 'a number and its unit: a, mo', 'a whole number')
    """
    yes_no = key in FACTS and FACTS[key].kind is FactKind.YES_NO and key != EMBOLISED
    return "yes or no" if yes_no else say_wanted(key)


def parse_answer(key: str, text: str) -> StatedValue:
    """Read what a person typed: `214 10*9/L`, `yes`, `female`, `2026-11-10`, `lung brain`.

    A laboratory value may have its day behind the unit, `214 10*9/L 2026-11-10`, and a daily dose
    its drug.

    Raises `InputRefused`: `case.answer`, saying what is wanted; also for a unit that is not listed
    and a value that no patient has, which would count as unknown in the end.
    """
    typed = text.strip()
    entry: object
    if key in QUANTITIES or key in UPPER_LIMITS:
        entry = _split_amount(key, typed)
    elif typed.lower() in (*YES, *NO):
        entry = typed.lower() in YES
    else:
        entry = parse_cell(key, typed)
    stated, errors = find_entries({key: entry})
    if errors:
        raise InputRefused("case.answer", key, "cannot be read", f"give {say_answer(key)}")
    for doubt in convert_stated(stated).findings:
        if doubt.code.startswith(AT_ONCE):
            reason = doubt.message.removeprefix(f"{key}: ").removesuffix(COUNTS_AS_UNKNOWN)
            raise InputRefused("case.answer", key, reason, f"give {say_answer(key)}")
    return stated.values[key]


def _split_amount(key: str, typed: str) -> dict[str, object]:
    """Split what was typed of an amount: its number, its unit, and what may stand behind that."""
    number, _, unit = typed.partition(" ")
    plain = re.fullmatch(r"[+-]?\d+(\.\d+)?", number, re.ASCII)
    entry: dict[str, object] = {"value": Decimal(number) if plain else number}
    first, _, last = unit.strip().rpartition(" ")
    if first and key == DRUG_KEY:
        return {**entry, "unit": first.strip(), "drug": last}
    if first and _DAY.fullmatch(last):
        return {**entry, "unit": first.strip(), "date": last}
    return {**entry, "unit": unit.strip() or None}
