"""Where readings come from, and which cases were read twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.text.brevity import join_told
from fl_planner.intake.readings.folders import read_folder
from fl_planner.intake.readings.readings import ReadingFiles, ReadingOptions
from fl_planner.intake.readings.table import read_list
from fl_planner.planning.given.case import InputFile

LIST = ".csv"
USE = "name two folders or more, NAME=FOLDER each, or one CSV of readings"


def gather_readings(
    readers: Sequence[str], options: ReadingOptions
) -> tuple[tuple[ReadingFiles, ...], tuple[InputFile, ...]]:
    """Gather the files of all readings, and the list that names them, where there is one.

    Raises `InputRefused`: `agree.readers` for less than two readers, or two of one name; as
    `read_folder` and `read_list`.
    """
    if len(readers) == 1 and Path(readers[0]).suffix.lower() == LIST:
        listed, file = read_list(Path(readers[0]), options)
        return listed, (file,)
    named = [_name(one) for one in readers]
    names = [name for name, _ in named]
    if len(named) < 2 or len({*names}) < len(names):
        twice = f"two are called {names[-1]}" if len(named) > 1 else "less than two were named"
        raise InputRefused("agree.readers", "readers", twice, USE)
    every = [one for name, folder in named for one in read_folder(name, folder, options)]
    return tuple(every), ()


def _name(given: str) -> tuple[str, Path]:
    """Read NAME=FOLDER; a folder alone gives the reader its name."""
    name, equals, folder = given.partition("=")
    if equals and not Path(given).is_dir():
        return name, Path(folder)
    return Path(given).resolve().name, Path(given)


def list_common(
    readings: Sequence[ReadingFiles],
) -> tuple[list[tuple[ReadingFiles, ...]], tuple[Finding, ...]]:
    """List the cases that were read twice or more, and tell those that were not.

    Raises `InputRefused`: `agree.twice` where one reader has a case twice, `agree.no_common` where
    no case has two readers.
    """
    cases: dict[str, dict[str, ReadingFiles]] = {}
    for one in readings:
        each = cases.setdefault(one.case, {})
        if one.reader in each:
            reason = f"{one.reader} has it twice"
            raise InputRefused("agree.twice", one.case, reason, "keep the one that counts")
        each[one.reader] = one
    common = [tuple(each.values()) for _, each in sorted(cases.items()) if len(each) > 1]
    once = sorted(case for case, each in cases.items() if len(each) < 2)
    if not common:
        shown = join_told(once) or "no case was found"
        reason = f"no case was read by two: {shown}"
        remedy = "name cases alike in both folders: ID/liver.nii.gz, ID_liver.nii.gz or ID.toml"
        raise InputRefused("agree.no_common", "readers", reason, remedy)
    if not once:
        return common, ()
    message = f"{len(once)} cases have one reader and are left out: {join_told(once)}"
    return common, (Finding("agree.read_once", Severity.WARNING, message),)
