"""Calculation of one formula, and the list of formulas."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fl_planner.calculator.formula import JSON_ONLY, RANGES, Answer, Formula, Input
from fl_planner.calculator.parse import parse_given
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocol
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.head import Record, ResultRecord, as_findings, name_schema

DIGITS = 12  # of results; further digits depend on the rounding of logarithms

FEW = 5  # digits on the terminal
ALTERNATIVE = ", alternative unit"  # ending of an input for the preceding one in another unit


def calculate(formula: Formula, table: Mapping[str, object]) -> tuple[Answer, list[str], Record]:
    """Return the answer of a formula, the missing inputs, and the record."""
    values = parse_given(formula, table)
    trials = {role: read_protocol(role) for role in formula.trials}
    judged = read_bundled_trials() if formula.names_trial else ()
    answer = formula.answer(values, trials, judged)
    without = [item.name for item in formula.inputs if item.name not in values]
    return answer, without, _as_record(formula, table, answer, without)


def _as_record(
    formula: Formula, table: Mapping[str, object], answer: Answer, without: list[str]
) -> Record:
    return {
        **as_dict(ResultRecord(refusal=None, inputs=())),
        "schema": name_schema("calc"),
        "calc": formula.name,
        "inputs": as_plain(table),
        "not_given": without,
        "findings": as_findings(answer.findings),
        **{name: as_plain(result) for name, result in answer.results.items()},
    }


def as_plain(value: Any) -> Any:
    """Convert exact numbers to integers or the nearest doubles."""
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
    """List formulas with their inputs and results."""
    return {
        **as_dict(ResultRecord(refusal=None, inputs=())),
        "schema": name_schema("calc-list"),
        "formulas": [
            {
                "name": formula.name,
                "says": formula.says,
                "inputs": [_as_input(item) for item in formula.inputs],
                "results": dict(formula.results),
            }
            for formula in formulas
        ],
    }


def _as_input(item: Input) -> Record:
    plausible = item.plausible
    return {
        "name": item.name,
        "kind": item.kind.value,
        "says": item.says,
        "unit": item.unit or None,
        "required": item.required,
        "words": list(item.words),
        "bounds": None if plausible is None else str(plausible.range),
        "parts": [_as_input(part) for part in item.parts],
    }


def describe_answer(formula: Formula, answer: Answer, without: list[str]) -> Iterator[str]:
    """Describe every result in words, with missing inputs and findings."""
    known = [result for result in answer.results.values() if result is not None]
    missing = [*_list_missing(formula, without)]
    if missing and not known:
        yield "No result can be calculated from the given inputs."
    else:
        for name, result in answer.results.items():
            says = formula.results[name]
            yield f"{says[0].upper()}{says[1:]}: {format_result(name, result)}  ({name})"
    if len(known) < len(answer.results) and missing:
        yield f"not given: {'; '.join(missing)}"
        nested = [
            item.name for item in formula.inputs if item.kind in JSON_ONLY and item.name in without
        ]
        if nested:
            how = f"fl-planner calc {formula.name} < inputs.json"
            yield f"{', '.join(nested)}: give all inputs as one JSON object, {how}"
    for finding in answer.findings:
        yield f"{finding.severity.value}: {finding.message}"


def _list_missing(formula: Formula, without: list[str]) -> Iterator[str]:
    """List the missing inputs in words, except those given in another unit."""
    groups: list[list[Input]] = []
    for item in formula.inputs:
        if item.says.endswith(ALTERNATIVE) and groups:
            groups[-1].append(item)
        else:
            groups.append([item])
    for group in groups:
        if all(item.name in without for item in group):
            name, _, _ = group[0].says.partition(";")  # without its explanation
            yield f"{name} ({', '.join(item.name for item in group)})"


def format_result(name: str, result: Any) -> str:
    """Format a result by its name, also if it is read from a record.

    Examples
    --------
    >>> format_result("reached", [True, None])
    'yes, unknown'
    >>> format_result("across_formulas_ml", [1348.42955811, 1820.0])
    '1348.4 to 1820'
    """
    if (plain := as_plain(result)) is None:
        return "unknown"
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, list):
        between = " to " if name in RANGES else ", "
        return between.join(format_result(name, entry) for entry in plain)
    if isinstance(plain, dict):
        return ", ".join(f"{key} {format_result(key, entry)}" for key, entry in plain.items())
    return _rounded(plain) if isinstance(plain, float) else str(plain)


def _rounded(number: float) -> str:
    """Round to five digits; a number that would become whole is not rounded.

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
