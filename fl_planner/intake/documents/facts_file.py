"""Read FACTS.json: facts of a patient, as one flat object of input keys."""

import json
from collections.abc import Sequence
from pathlib import Path

from fl_planner.basis.exact_text import MOST_ENTRIES, BeyondBoundsError, Pairs, parse_exact_json
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text, join_first
from fl_planner.formats.stored.file import read_text
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.statements import ALL_KEYS, Stated, parse_stated

CODE = "facts.unreadable"
LIST_ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")  # of spreadsheets
LIST_COMMANDS = (
    "use fl-planner cohort for a table with masks, and fl-planner screen for a list of patients "
    "without masks; both read .csv and .xlsx"
)
REMEDY = f"correct these entries; {ALL_KEYS}"


def read_facts(path: Path) -> Stated:
    """Read FACTS.json.

    Raises `InputRefused`: `facts.unreadable`, naming every invalid key, if it is not one flat JSON
    object or an entry is invalid; the codes of any other file that cannot be opened.
    """
    return read_facts_file(path)[0]


def read_facts_file(path: Path) -> tuple[Stated, InputFile]:
    """Read FACTS.json; return its facts, and the file with its hash."""
    refuse_table(path, CODE, "a facts file")
    text, digest = read_text(path, CODE, "a facts file")
    return parse_facts(text, path.name), InputFile("facts", path.name, "json", digest)


def refuse_table(path: Path, code: str, what: str) -> None:
    """Refuse a spreadsheet given as a file of one patient, and name the commands that read it.

    Raises `InputRefused`: with `code`; `what` is the expected file, such as "a facts file".
    """
    if path.suffix.lower() in LIST_ENDINGS and path.is_file():
        raise InputRefused(code, path.name, f"a table is not {what}", LIST_COMMANDS)


def parse_facts(text: str, file: str) -> Stated:
    """Parse the text of FACTS.json; raises `InputRefused` with all errors together.

    Examples
    --------
    >>> parse_facts('{"haemoglobin": {"value": 13.1, "unit": "g/dL"}}', "f.json").values
    {'haemoglobin': Amount(value=Fraction(131, 10), unit='g/dL', date=None, drug=None)}
    """
    stated, errors = parse_valid_facts(text, file)
    refuse_all(errors, file)
    return stated


def parse_valid_facts(text: str, file: str) -> tuple[Stated, tuple[str, ...]]:
    """Parse the text of FACTS.json; return the valid entries, and every error."""
    try:
        table = parse_exact_json(text, MOST_ENTRIES)
    except json.JSONDecodeError as error:
        return Stated(), (f"line {error.lineno} is not valid JSON",)
    except BeyondBoundsError as error:
        return Stated(), (str(error),)
    if not isinstance(table, Pairs):
        return Stated(), ("the file is not one flat JSON object",)
    twice = [f"{as_plain_text(key)}: given twice" for key in table.twice]
    for key, entry in table.items():
        if isinstance(entry, Pairs) and entry.twice:
            twice.append(as_plain_text(f"{key}: {', '.join(entry.twice)} given twice"))
    stated, errors = parse_stated(table, file)
    return stated, (*twice, *errors)


def refuse_all(errors: Sequence[str], file: str) -> None:
    """Refuse an input with all of its errors in one message, if any."""
    if errors:
        raise InputRefused(CODE, file, join_first(errors), REMEDY)
