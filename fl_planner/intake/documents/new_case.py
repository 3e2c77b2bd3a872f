"""Write a new case file: answers, and open questions as comments [new-case]."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from fl_planner.basis.findings import InputRefused
from fl_planner.given.template import TOP, Entries, write_tables
from fl_planner.given.toml import as_toml
from fl_planner.intake.patients.cells import THOUSANDS, as_thousands, parse_cell
from fl_planner.intake.patients.rows import describe_type, find_entries
from fl_planner.planning.full_route.route import Question
from fl_planner.trials.convert import COUNTS_AS_UNKNOWN, convert_stated, is_plausible
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import QUANTITIES, UPPER_LIMITS
from fl_planner.trials.facts.quantities import describe_fact as describe_fact
from fl_planner.trials.statements import DRUG_KEY, EMBOLISED, Amount, Stated, StatedValue

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WITH_SPACES = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:\.\d+)?(?= |$)", re.ASCII)
YES, NO = ("y", "yes"), ("n", "no")
AS_DRUG = "prednisolone"  # drug of the example of a daily dose
AT_ONCE = ("unknown_unit.", "unknown_drug.", "implausible.")  # codes that repeat a question
HEAD = """\
# A case file of fl-planner; lines that begin with # are comments.
# Trials: fl-planner trials judge {name}   Plan: fl-planner plan {name}
"""
OR_ENTERED = {"flr_volume": "flr_of_nontumorous_liver"}  # as in a letter without volumes
# volumes measured from masks: no question if the mask is given
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
    """The contents of a new case file.

    - `name`: name of the file.
    - `given`: entries other than facts, by table and key of the case file, as TOML.
    - `stated`: answers.
    - `questions`: unanswered questions, in order.
    """

    name: str
    given: Entries = field(default_factory=dict)
    stated: Stated = field(default_factory=Stated)
    questions: tuple[Question, ...] = ()


def write_draft(draft: Draft) -> str:
    """Write a case file, with a comment on each entry.

    Examples
    --------
    >>> print(write_draft(Draft("c.toml", {"": {"id": '"p1"'}})).splitlines()[3])
    id = "p1"                       # pseudonym of the patient, printed as given
    """
    given = {**draft.given, TOP: {"schema": "1", **draft.given.get(TOP, {})}}
    lines = [*HEAD.format(name=draft.name).splitlines(), *write_tables(given)]
    lines += ["", "[facts]", *_facts(draft.stated)]
    if draft.questions:
        lines += ["", *_unanswered(draft.questions)]
    return "\n".join(lines) + "\n"


def _facts(stated: Stated) -> Iterator[str]:
    for key, value in stated.values.items():
        yield f"# {describe_fact(key)}"
        yield f"{key} = {as_toml(value)}"


def _unanswered(questions: Iterable[Question]) -> Iterator[str]:
    """Write unanswered questions, in the order of the number of verdicts they could decide."""
    yield "# Not yet answered, most informative first. Fill in, and remove the #."
    for question in questions:
        key = str(question.key)
        settles = f"; could be decisive for {question.trials} trials" if question.trials > 1 else ""
        yield "#"
        yield f"# {describe_fact(key)} [ask: {question.asked_of}{settles}]"
        yield f"# {key} =    # {describe_entry(key)}"
        if instead := OR_ENTERED.get(key):
            yield f"# or {describe_fact(instead)}"
            yield f"# {instead} =    # {describe_entry(instead)}"


def describe_entry(key: str) -> str:
    """Describe the form of an answer in the file.

    Examples
    --------
    >>> describe_entry("haemoglobin"), describe_entry("cirrhosis")
    ('{ value = ..., unit = "g/dL" }, or in g/L, mmol/L', 'true or false')
    >>> describe_entry("sex")
    '"female" or "male"'
    """
    quantity = QUANTITIES.get(key) or UPPER_LIMITS.get(key)
    if quantity is not None:
        unit, *others = quantity.units
        besides = f", or in {', '.join(others)}" if others else ""
        drug = f", drug = {as_toml(AS_DRUG)}" if key == DRUG_KEY else ""
        return f"{{ value = ..., unit = {as_toml(unit)}{drug} }}{besides}"
    if key == EMBOLISED:
        return 'true, false or { kind = "PVE", date = 2026-04-20 }, with kind, date or both'
    codes = FACTS[key].codes if key in FACTS else ()
    if not codes:
        return describe_type(key)
    *first, last = map(as_toml, codes)
    listed = f"{', '.join(first)} or {last}"
    return f"[...], a list of {listed}" if FACTS[key].kind is FactKind.CODES else listed


def describe_answer(key: str) -> str:
    """Describe the form of an answer to a question.

    Examples
    --------
    >>> describe_answer("cirrhosis"), describe_answer("age"), describe_answer("ecog")
    ('yes or no', 'a number and its unit: a, mo', 'a whole number')
    """
    yes_no = key in FACTS and FACTS[key].kind is FactKind.YES_NO and key != EMBOLISED
    return "yes or no" if yes_no else describe_type(key)


def parse_answer(key: str, text: str) -> StatedValue:
    """Parse an answer: `214 10*9/L`, `yes`, `female`, `2026-11-10`, `lung brain`.

    A laboratory value may be followed by its date, `214 10*9/L 2026-11-10`, and a daily dose by its
    drug.

    Raises `InputRefused`: `case.answer`, with the required form; also for an unknown unit and an
    implausible value, which would otherwise count as unknown, and for a number with two readings.
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
        remedy = f"give {describe_answer(key)}"
        raise InputRefused("case.answer", key, _describe_fault(entry), remedy)
    for reason in _list_doubts(key, stated):
        if spaced := _WITH_SPACES.match(typed):
            reason = f"{spaced[0]!r} is a number with a space; write it without the space"
        raise InputRefused("case.answer", key, reason, f"give {describe_answer(key)}")
    value = stated.values[key]
    if isinstance(value, Amount):
        _require_one_reading(key, typed.partition(" ")[0], value)
    return value


def _list_doubts(key: str, stated: Stated) -> Iterator[str]:
    """List why an answer would count as unknown."""
    for doubt in convert_stated(stated).findings:
        if doubt.code.startswith(AT_ONCE):
            yield doubt.message.removeprefix(f"{key}: ").removesuffix(COUNTS_AS_UNKNOWN)


def _require_one_reading(key: str, number: str, amount: Amount) -> None:
    """Refuse a number whose point may separate thousands, if that is plausible as well [H-09]."""
    if THOUSANDS.fullmatch(number) and is_plausible(key, as_thousands(amount)):
        reason = f"the point in {number} may be a decimal point or separate thousands"
        remedy = f"write {number}0 or {number.replace('.', '')}"
        raise InputRefused("case.answer", key, reason, remedy)


def _describe_fault(entry: object) -> str:
    """Describe why an answer was not recognised."""
    match entry:
        case {"value": Decimal(), "unit": None}:
            return "the unit is missing"
        case {"value": str(number)} if "," in number:
            return f"{number!r} is not a number written with a decimal point"
    return "the answer was not recognised"


def _split_amount(key: str, typed: str) -> dict[str, object]:
    """Split an answer into number, unit, and an optional date or drug."""
    number, _, unit = typed.partition(" ")
    plain = re.fullmatch(r"[+-]?\d+(\.\d+)?", number, re.ASCII)
    entry: dict[str, object] = {"value": Decimal(number) if plain else number}
    first, _, last = unit.strip().rpartition(" ")
    if first and key == DRUG_KEY:
        return {**entry, "unit": first.strip(), "drug": last}
    if first and _DAY.fullmatch(last):
        return {**entry, "unit": first.strip(), "date": last}
    return {**entry, "unit": unit.strip() or None}
