"""Expected values of an acceptance run, from the bundled cases and the hospital's table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

from msgspec import Struct

from fl_planner.basis.exact_text import find_separator, split_cells
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import find_nearest, format_count, join_first
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.source import note_input
from fl_planner.intake.documents.samples import sample_case
from fl_planner.intake.patients.cells import Numbers
from fl_planner.planning.given.case import InputFile

CODE = "dossier.cases"
BUNDLED = ("crlm", "hcc")
TRUTH = "truth.json"
TRUE_DIGITS = Fraction(1, 1_000_000)  # the last digit of a percentage in the true values


class ExpectedAnswer(Struct, frozen=True):
    """An expected value: a number with its tolerance, or a text without one."""

    name: str
    expected: Fraction | str
    tolerance: Fraction | None = None


class ExpectedCase(Struct, frozen=True):
    """A case file with its expected values; `id` is None if the table gives no id."""

    id: str | None
    case_file: Path
    expected: tuple[ExpectedAnswer, ...]
    row: int = 0


def list_bundled() -> Iterator[ExpectedCase]:
    """List the bundled cases with their true values, counted from the bytes of their files."""
    for name in BUNDLED:
        folder = sample_case(name)
        text, _ = read_text(folder.parent / TRUTH, CODE, "the true values")
        truth = json.loads(text, parse_float=Fraction)[name]
        yield ExpectedCase(f"{name}-demo", folder / "case.toml", (*_list_true(truth),))


def _list_true(truth: Mapping[str, Any]) -> Iterator[ExpectedAnswer]:
    exact = Fraction(0)
    share = "flr" if "flr" in truth else "untreated"
    counts = {f"{name}_voxels": truth["voxels"][name] for name in ("liver", "tumour")}
    counts["nontumorous_voxels"] = truth[share]["denominator_voxels"]
    counts[f"{share}_voxels"] = truth[share]["numerator_voxels"]
    counts["lesions"] = len(truth["lesions"])
    for name, segment in truth["segments"].items():
        counts[f"segment_{name}_voxels"] = segment["voxels"]
    yield from (ExpectedAnswer(name, Fraction(count), exact) for name, count in counts.items())
    yield ExpectedAnswer(f"{share}_percent", truth[share]["percent"], TRUE_DIGITS)


ID, CASE, ML_TOLERANCE, PERCENT_TOLERANCE = "id", "case", "tolerance_ml", "tolerance_percent"
IN_ML = ("liver_ml", "tumour_ml", "flr_ml", "untreated_ml")
IN_PERCENT = ("flr_percent", "untreated_percent")
IN_WORDS = ("pathway", "route")
TOLERANCE_OF = dict.fromkeys(IN_ML, ML_TOLERANCE) | dict.fromkeys(IN_PERCENT, PERCENT_TOLERANCE)
AMOUNTS = {*TOLERANCE_OF, *TOLERANCE_OF.values()}
COLUMNS = (ID, CASE, *IN_ML, *IN_PERCENT, *IN_WORDS, ML_TOLERANCE, PERCENT_TOLERANCE)
MOST_BYTES = 1 << 20
MOST_CASES = 1000  # of a table [project's choice]
MOST_EXPECTED = 100_000  # mL or %, of an expected value [project's choice]


def read_cases(path: Path) -> tuple[tuple[ExpectedCase, ...], InputFile]:
    """Read a table of cases with their expected values.

    Cells are separated by commas, or by semicolons with decimal points or commas. Paths in the
    column `case` are relative to the table. An empty cell is not compared.

    Raises `InputRefused`: `dossier.cases`, naming every unknown column and every invalid row.
    """
    text, digest = read_text(path, CODE, "a table of cases", MOST_BYTES)
    separator = find_separator(text.split("\n", 1)[0], CODE, path.name)
    semicolons = separator == ";"
    rows = split_cells(StringIO(text, newline=""), separator, CODE, path.name)
    columns = [one.strip() for one in next(rows, [])]
    _require_columns(path.name, columns)
    body = [*rows]
    numbers = Numbers(comma=semicolons and _has_commas(columns, body), semicolons=semicolons)
    found: list[ExpectedCase] = []
    errors: list[str] = []
    for number, cells in enumerate(body, 2):
        if not any(map(str.strip, cells)):
            continue
        try:
            found.append(_read_row(columns, cells, (path.parent, number), numbers))
        except ValueError as error:
            errors.append(f"row {number}: {error}")
    errors += _find_repeated(found)
    if errors or not 0 < len(found) <= MOST_CASES:
        reason = join_first(errors) or f"requires 1 to {MOST_CASES} rows, but has {len(found)}"
        raise InputRefused(CODE, path.name, reason, "correct the rows of the table")
    for case in found:
        note_input(case.case_file)
    return tuple(found), InputFile("cases", path.name, "csv", digest)


def _has_commas(columns: list[str], rows: list[list[str]]) -> bool:
    """Whether a number has a comma; one in an id or a path does not count."""
    named = (zip(columns, cells, strict=False) for cells in rows)
    return any("," in cell for row in named for name, cell in row if name in AMOUNTS)


def _require_columns(name: str, columns: list[str]) -> None:
    """Refuse an unknown column, whose values would not be compared."""
    wrong = [f"{one} (given twice)" for one, many in Counter(columns).items() if many > 1]
    for column in columns:
        if column not in COLUMNS:
            near = find_nearest(column.casefold(), COLUMNS)
            wrong.append(f"{column} (did you mean {near[0]}?)" if near else column)
    wrong += [f"{CASE} is absent"] if CASE not in columns else []
    if wrong:
        remedy = f"use the column names {', '.join(COLUMNS)}, and remove other columns"
        raise InputRefused(CODE, name, f"wrong columns: {join_first(wrong)}", remedy)


def _read_row(
    columns: list[str], cells: list[str], place: tuple[Path, int], numbers: Numbers
) -> ExpectedCase:
    """Read a row; raises `ValueError` with the reason."""
    if len(cells) != len(columns):
        has, wants = format_count(len(cells), "cell"), format_count(len(columns), "column")
        raise ValueError(f"has {has}, but the table has {wants}")
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    if CASE not in given:
        raise ValueError(f"{CASE}: give the path of a case file")
    expected = (*_list_expected(given, numbers),)
    if not expected:
        raise ValueError("has no expected value, so nothing would be compared")
    folder, number = place
    return ExpectedCase(given.get(ID), folder / given[CASE], expected, number)


def _list_expected(given: Mapping[str, str], numbers: Numbers) -> Iterator[ExpectedAnswer]:
    amounts = {
        name: _read_number(name, cell, numbers) for name, cell in given.items() if name in AMOUNTS
    }
    for name in (*IN_ML, *IN_PERCENT):
        if name in amounts:
            tolerance = TOLERANCE_OF[name]
            if tolerance not in amounts:
                raise ValueError(f"{name}: give {tolerance}, which has no default")
            yield ExpectedAnswer(name, amounts[name], amounts[tolerance])
    yield from (ExpectedAnswer(name, given[name]) for name in IN_WORDS if name in given)


def _read_number(name: str, cell: str, numbers: Numbers) -> Fraction:
    if numbers.may_be_thousands(cell):
        raise ValueError(
            f"{name}: the separator in {cell} may mark thousands or decimals; write the number "
            "without a separator, or with fewer or more than three decimals"
        )
    number = numbers.read(cell)
    if number is None or not 0 <= number <= MOST_EXPECTED:
        raise ValueError(f"{name}: {cell} is not a number of 0 or more, up to {MOST_EXPECTED:,}")
    return Fraction(number)


def _find_repeated(cases: list[ExpectedCase]) -> Iterator[str]:
    counts = Counter(case.id for case in cases if case.id is not None)
    yield from (f"the id {id_} is given {many} times" for id_, many in counts.items() if many > 1)
