"""Requests from options of a command or fields of a form.

Values have the name of their option, `remnant_segments` for `--remnant-segments`, which refusals
use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from os import PathLike
from pathlib import Path

from msgspec import structs

from fl_planner.basis.plain_text import as_base_name
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import note_input
from fl_planner.given.case import CaseTables
from fl_planner.given.facts import list_stated, list_withdrawn
from fl_planner.given.kinds import name_option
from fl_planner.given.table import Words, of_words, options_of
from fl_planner.intake.documents.facts_file import read_facts_file, refuse_all
from fl_planner.intake.reading.files import list_named
from fl_planner.intake.request.of_tables import as_request, with_facts
from fl_planner.intake.request.request import Request
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.statements import Stated, parse_stated


def make_request(case_file: str | PathLike[str] | None, given: Words) -> Request:
    """Create the request of a case file, options or both; options take precedence."""
    ours = Request()
    if case_file is not None:
        from fl_planner.intake.documents.case_file import (
            read_case_file,  # large, loaded for case files only
        )

        ours = read_case_file(Path(case_file))
    options = _options_alone(given, ours)
    for named in list_named(options):
        if isinstance(named, Path):
            note_input(named)
    return options if case_file is None else ours.overlaid(options)


def alone(request: Request, *, size_limit: int = 1) -> Request:
    """Return the request of a case file without options, as `read_request` does."""
    return replace(request, limits=Limits.of_gib(size_limit))


def apply_options(request: Request, given: Words) -> Request:
    """Apply options to the request of a case file."""
    return request.overlaid(_options_alone(given, request))


def _options_alone(given: Words, ours: Request) -> Request:
    stated, facts_file = _stated(given)
    request = with_facts(as_request(of_words(CaseTables, given), ours), stated)
    return replace(
        request,
        files=structs.replace(request.files, resample=given["resample"]),
        facts_file=facts_file,
        withdrawn=list_withdrawn(given),
        as_of=given.get("as_of"),
        centre=given.get("centre"),
        written=_list_named(given),
        options=tuple(map(name_option, filter(given.get, given))),
        limits=Limits.of_gib(given["size_limit"]),
    )


def read_request(
    case_file: Path, *, as_of: date | None = None, centre: Path | None = None, size_limit: int = 1
) -> Request:
    """Create the request of a case file without options; `size_limit` in GiB."""
    from fl_planner.intake.documents.case_file import read_case_file

    limits = Limits.of_gib(size_limit)
    return replace(read_case_file(case_file), as_of=as_of, centre=centre, limits=limits)


def _stated(given: Words) -> tuple[Stated, InputFile | None]:
    """Apply single options to the file of facts, and return that file."""
    stated, errors = parse_stated(list_stated(given))
    refuse_all(errors, "command line")
    of_file, file = _read_facts(given.get("facts"))
    return of_file.without(list_withdrawn(given)).overlaid(stated), file


def _read_facts(facts: Path | Mapping[str, object] | None) -> tuple[Stated, InputFile | None]:
    if isinstance(facts, Mapping):
        stated, errors = parse_stated(facts)
        refuse_all(errors, "facts")
        return stated, None
    return (Stated(), None) if facts is None else read_facts_file(facts)


def _list_named(given: Words) -> dict[Path, str]:
    """List the files with the option by which each was given."""
    named = {
        path: f"{name_option(option)} {as_base_name(path.name)}"
        for option, value in given.items()
        for path in (value if isinstance(value, tuple) else (value,))
        if isinstance(path, Path)
    }
    for key, declared in options_of(CaseTables):
        option = declared.word
        entries = given.get(option, ()) if key.kind.metavar == "NAME=FILE" else ()
        if isinstance(entries, Mapping):
            pairs = [(f"{name}=", path) for name, several in entries.items() for path in several]
        else:
            split = (entry.rpartition("=") for entry in entries)
            pairs = [(f"{name}{equals}", Path(text)) for name, equals, text in split]
        for name, path in pairs:
            if isinstance(path, Path):
                named[path] = f"{name_option(option)} {name}{as_base_name(path.name)}"
    return named
