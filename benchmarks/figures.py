"""Figures of the validation page, read from what a command said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.hazards.register import find_tests, hazard_of, read_hazards

_HOLD = re.compile(r"(\d+) of (\d+) hold")
_NEEDLESS = re.compile(r"needless warnings: on (\d+ of \d+ clean files)")
_CONTROLS = re.compile(r"(\d+) controls, (\d+) not held")
_CELLS = re.compile(r"^\| (.*) \|$", re.MULTILINE)  # of a table's row
_RATIO = re.compile(r"ratio to (\([a-z]\) [^\d]*?)\s+([\d.]+)\s+([\d.]+)")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, as it was seen."""

    what: str
    figure: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said: its output, its exit status, a report that it wrote."""

    text: str
    status: int
    report: str = ""


def read_held(told: Told) -> tuple[Figure, ...]:
    """Read how many answers hold, and needless warnings where they are counted.

    Examples
    --------
    >>> read_held(Told("vectors: 3 of 4 hold", 1))
    (Figure(what='correct answers', figure='3 of 4'),)
    """
    figures = [Figure("correct answers", f"{a} of {b}") for a, b in _HOLD.findall(told.text)]
    needless = _NEEDLESS.search(told.text)
    if needless:
        figures.append(Figure("files with an unnecessary warning", needless[1]))
    return tuple(figures)


def read_verdicts(told: Told) -> tuple[Figure, ...]:
    """Read the verdicts on the bad inputs from the report; none where there is no report."""
    if not told.report:
        return ()
    report = json.loads(told.report)
    held = Figure(
        "passed, with equal weight for equivalent files and all others",
        f"{report['balanced_percent']} %",
    )
    cases = Figure("cases", f"{report['passed']} of {report['scored']} as required")
    silent = Figure(VERDICTS["SILENT_WRONG"], str(report["verdicts"].get("SILENT_WRONG", 0)))
    others = (
        Figure(VERDICTS.get(name, name), str(count))
        for name, count in sorted(report["verdicts"].items())
        if name != "SILENT_WRONG"
    )
    return (cases, held, silent, *others)


VERDICTS = {
    "CORRECT": "answered correctly",
    "FLAGGED": "answered, with the doubt reported",
    "REFUSED_OK": "refused correctly",
    "NEEDLESS": "answered correctly, with an unnecessary warning",
    "FLAGGED_WRONG": "wrong number, reported as doubtful",
    "REFUSED_WRONGLY": "refused unnecessarily",
    "SILENT_WRONG": "wrong number without a warning",
    "CRASH": "crashed",
    "NO_REASON": "refused without the correct reason",
    "SLOW": "too slow",
    "FAT": "too much memory",
    "SKIPPED": "not run here",
}


def read_ratios(told: Told) -> tuple[Figure, ...]:
    """Read the ratios of CPU time and peak memory to each other script.

    Examples
    --------
    >>> read_ratios(Told("ratio to (a) nibabel        0.123    0.45", 0))[0]
    Figure(what='CPU time relative to (a) nibabel', figure='0.123')
    """
    figures = []
    for name, cpu, memory in _RATIO.findall(told.text):
        figures.append(Figure(f"CPU time relative to {name}", cpu))
        figures.append(Figure(f"peak memory relative to {name}", memory))
    return tuple(figures)


def read_carried(told: Told) -> tuple[Figure, ...]:
    r"""Read the rows of a table: what was done in which way, and what the other columns say.

    Examples
    --------
    >>> read_carried(Told("| field | way | Dice |\n|---|---|---|\n| turn | carry | 0.99 |", 0))
    (Figure(what='turn: carry', figure='Dice 0.99'),)
    """
    return tuple(_rows([row.split(" | ") for row in _CELLS.findall(told.text)]))


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[Figure]:
    heads: Sequence[str] = ()
    for row in rows:
        if "way" in row:
            heads = row
            continue
        cells = dict(zip(heads, (cell.strip() for cell in row), strict=True))
        what = f"{cells.pop(heads[0])}: {cells.pop('way')}"
        said = (one if "refused" in one else f"{head} {one}" for head, one in cells.items() if one)
        yield Figure(what, ", ".join(said))


def read_mutants(told: Told) -> tuple[Figure, ...]:
    """Count hazards and the tests named for them; read how many controls were held."""
    named = sum(hazard_of(name) is not None for names in find_tests().values() for name in names)
    figures = [Figure("hazards", str(len(read_hazards())))]
    figures.append(Figure("tests named after a hazard", str(named)))
    for controls, missed in _CONTROLS.findall(told.text):
        figures.append(Figure("controls removed", controls))
        figures.append(Figure("of these, not detected by their tests", missed))
    return tuple(figures)
