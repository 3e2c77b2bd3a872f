"""One formula, calculated from what was typed; and the list of them."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fl_planner.calculator.formula import JSON_ONLY, Answer, Formula, Input
from fl_planner.calculator.parse import parse_given
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocol
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.head import Record, ResultRecord, as_findings

DIGITS = 12  # of results: what is left after them is how a machine rounds logarithms

FEW = 5  # of them, for a person
INSTEAD = "the same"  # how an input begins that stands for the one before it, in another unit


def calculate(formula: Formula, table: Mapping[str, object]) -> tuple[Answer, list[str], Record]:
    """Give the answer of a formula, the inputs that it had to do without, and the record."""
    values = parse_given(formula, table)
    trials = {role: read_protocol(role) for role in formula.trials}
    judged = read_bundled_trials() if formula.names_trial else ()
    answer = formula.answer(values, trials, judged)
    without = [one.name for one in formula.inputs if one.name not in values]
    return answer, without, _as_record(formula, table, answer, without)


def _as_record(
    formula: Formula, table: Mapping[str, object], answer: Answer, without: list[str]
) -> Record:
    return {
        **as_dict(ResultRecord(refusal=None, inputs=())),
        "schema": "fl-planner/calc/1",
        "calc": formula.name,
        "inputs": as_plain(table),
        "not_given": without,
        "findings": as_findings(answer.findings),
        **{name: as_plain(result) for name, result in answer.results.items()},
    }


def as_plain(value: Any) -> Any:
    """Make of an exact number the double nearest to it, or the whole number that it is."""
    match value:
        case Decimal():
            return as_plain(Fraction(value))
        case Fraction():
            return value.numerator if value.denominator == 1 else float(value)
        case dict():
            return {key: as_plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [as_plain(entry) for entry in value]
    return value


def as_list(formulas: Iterable[Formula]) -> Record:
    """Tell every formula with its inputs and results."""
    return {
        **as_dict(ResultRecord(refusal=None, inputs=())),
        "schema": "fl-planner/calc-list/1",
        "formulas": [
            {
                "name": one.name,
                "says": one.says,
                "inputs": [_as_input(given) for given in one.inputs],
                "results": dict(one.results),
            }
            for one in formulas
        ],
    }


def _as_input(one: Input) -> Record:
    plausible = one.plausible
    return {
        "name": one.name,
        "kind": one.kind.value,
        "says": one.says,
        "unit": one.unit or None,
        "required": one.required,
        "words": list(one.words),
        "bounds": None if plausible is None else str(plausible.range),
        "parts": [_as_input(part) for part in one.parts],
    }


def say_answer(formula: Formula, answer: Answer, without: list[str]) -> Iterator[str]:
    """Tell every result to a person, what is unknown, and what to look at."""
    known = [one for one in answer.results.values() if one is not None]
    missing = [*_list_missing(formula, without)]
    if missing and not known:
        yield "Nothing follows yet from what was given."
    else:
        for name, result in answer.results.items():
            says = formula.results[name]
            yield f"{says[0].upper()}{says[1:]}: {_shown(result)}  ({name})"
    if len(known) < len(answer.results) and missing:
        yield f"not given: {', '.join(missing)}"
        nested = [
            one.name for one in formula.inputs if one.kind in JSON_ONLY and one.name in without
        ]
        if nested:
            how = f"fl-planner calc {formula.name} < inputs.json"
            yield f"{', '.join(nested)}: in a JSON object with all inputs, {how}"
    for finding in answer.findings:
        yield f"{finding.severity.value}: {finding.message}"


def _list_missing(formula: Formula, without: list[str]) -> Iterator[str]:
    """List in words what was not given, but for what was given in another unit."""
    groups: list[list[Input]] = []
    for one in formula.inputs:
        if one.says.startswith(INSTEAD) and groups:
            groups[-1].append(one)
        else:
            groups.append([one])
    for group in groups:
        if all(one.name in without for one in group):
            yield f"{group[0].says} ({', '.join(one.name for one in group)})"


def _shown(result: Any) -> str:
    plain = as_plain(result)
    if plain is None:
        return "unknown"
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, list):
        between = ", " if isinstance(result, tuple) else " to "
        return between.join(map(_shown, plain))
    if isinstance(plain, dict):
        return ", ".join(f"{name} {_shown(entry)}" for name, entry in plain.items())
    return _rounded(plain) if isinstance(plain, float) else str(plain)


def _rounded(number: float) -> str:
    """Round to five digits, but not onto a round number that it is not.

    Examples
    --------
    >>> _rounded(13.7333934031), _rounded(1348.42955811), _rounded(29.999998)
    ('13.733', '1348.4', '29.999998')
    """
    whole = len(str(int(abs(number))))
    rounded = f"{number:.{max(FEW, whole)}g}"
    exact = f"{number:.{DIGITS}g}"
    is_round = float(rounded) == float(f"{number:.{FEW - 2}g}")
    return exact if is_round else rounded
