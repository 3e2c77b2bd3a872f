"""`fl-planner screen`: many patients at once, in order of need."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.defaults import DEFAULTS
from fl_planner.basis.findings import InputRefused
from fl_planner.cli.case_options import CENTRE
from fl_planner.cli.exit_status import ANSWERED, SOME_REFUSED
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    FORCE,
    PROFILE_OPTION,
    QUIET,
    TABLES,
    TRIALS,
    WORKBOOK,
    File,
    output_option,
    patient_option,
    with_options,
)
from fl_planner.cli.output import (
    find_book,
    find_form,
    say_aside,
    say_pieces,
    say_rows,
    say_table,
    showing,
)
from fl_planner.cli.usage import HeadedOption, headed_command

if TYPE_CHECKING:
    from fl_planner.record.over_time.worklist import ScreenRecord
    from fl_planner.screening.screen import Ranked, Selection, Shortlist
    from fl_planner.workup.exports import TableBook

MOST_SHOWN = 1000  # rows of a table that a person reads [project's choice]
SELECTION = ("trial", "only", "sort", "top")
_chosen = partial(click.option, cls=HeadedOption, heading="Which patients are told")
CHOSEN = (
    _chosen("--trial", metavar="NAME", help="Only those whom this trial does not rule out."),
    _chosen(
        "--only",
        type=click.Choice(["eligible", "undecided", "not-eligible"]),
        help="Only those of whom the trial, or any for their disease, says so.",
    ),
    _chosen(
        "--sort",
        type=click.Choice(["need", "deadline", "row", "id"]),
        default=DEFAULTS["sort"],
        show_default=True,
        help="Order of the rows; a deadline of --trial, if given.",
    ),
    _chosen("--top", type=click.IntRange(1), metavar="N", help="The first N alone."),
)
OUTCOMES = patient_option(
    "--outcomes", type=File, metavar="LOG.sqlite", help="Log with what became of the patients."
)
DIAGNOSIS = patient_option(
    "--diagnosis",
    type=click.Choice([*DIAGNOSES], case_sensitive=False),
    help="Of all patients whose row or file says nothing else.",
)
PROFILE = PROFILE_OPTION(help="Clinical adds names of files, and doubts in full.")
EXAMPLES = """\b
Examples:
  fl-planner screen patients.csv --as-of 2026-11-20
  fl-planner screen bundles/ --diagnosis crlm --as-of 2026-11-20 --csv
  fl-planner screen patients.csv --trial NAME --only undecided --top 20
  fl-planner screen patients.csv --outcomes screening.sqlite --consort
"""


@headed_command(epilog=EXAMPLES)
@click.argument("listed", metavar="PATIENTS.csv|.jsonl|BUNDLE.json|FOLDER", type=File)
@with_options(*CHOSEN, AS_OF, CENTRE, TRIALS, DIAGNOSIS, OUTCOMES, PROFILE, AS_JSON, QUIET)
@output_option("--csv", "as_csv", is_flag=True, help="Print CSV instead: a row a patient.")
@with_options(*TABLES, WORKBOOK, FORCE)
@output_option("--consort", is_flag=True, help="Print the counts of a CONSORT diagram as CSV.")
def screen(listed: Path, as_json: bool, **given: Any) -> int:
    """Judge many patients: verdicts, route, next question and deadline, the most urgent first.

    A patient is told by the list's pseudonym (id) and by the row: names, numbers and dates in
    the files stay there. Rows that cannot be read are listed with their reason, and the exit
    status is then 3. All patients are judged, and are in the counts, whichever are told.
    """
    asked = {
        "--csv": given["as_csv"],
        "--consort": given["consort"],
        "--json": as_json,
        "--xlsx": given["xlsx"],
    }
    first, *others = [option for option, wanted in asked.items() if wanted] or [""]
    if others:
        reason = f"was asked for beside {others[0]}"
        raise InputRefused("usage.wrong", first, reason, "leave one out")
    chosen = [name for name in SELECTION if given[name] not in (None, DEFAULTS["sort"])]
    if first == "--consort" and chosen:
        reason = f"was asked for beside --{chosen[0]}: it counts every patient"
        raise InputRefused("usage.wrong", first, reason, "leave one out")
    from fl_planner.screening.screen import parse_selection, read_rules, screen_list

    book = find_book(given, "patients")
    rules = read_rules(as_of=given["as_of"], centre=given["centre"], trials=given["trials"])
    selection = parse_selection(rules.grounds.trials, *(given[name] for name in SELECTION))
    with _rank(first, selection, rules.names, given) as ranked:
        with showing("reading the list", quiet=given["quiet"]):
            head = screen_list(listed, rules, ranked, given["diagnosis"], given["outcomes"])
        _say(first, head, ranked, given)
        if book is not None:
            _write(book, rules.names, ranked, quiet=given["quiet"])
    return SOME_REFUSED if head.consort.not_read else ANSWERED


def _write(book: TableBook, trials: list[str], ranked: Ranked | Shortlist, *, quiet: bool) -> None:
    """Write a list as a workbook, from rows that were put aside as JSON."""
    import json

    from fl_planner.export.csv import FlatTable
    from fl_planner.screening.worklist_record import WorklistTable

    rows = (json.loads(str(row)) for row in chain(ranked.rows, ranked.refused))
    book.write(FlatTable(WorklistTable(trials).columns, rows))
    if not quiet:
        say_aside(book.told)


def _rank(
    form: str, selection: Selection, trials: list[str], given: dict[str, Any]
) -> AbstractContextManager[Ranked | Shortlist]:
    """Begin a list whose rows are kept as they will be wanted."""
    from fl_planner.record.declaration.part import as_json
    from fl_planner.screening.screen import Ranked, Shortlist
    from fl_planner.screening.worklist_record import WorklistTable

    clinical = given["profile"] == "clinical"
    if form == "--csv":
        table = WorklistTable(trials, find_form(given))
        return Ranked(table.as_text, clinical=clinical, head=table.header, selection=selection)
    if form == "--xlsx":
        from json import dumps

        cells = WorklistTable(trials).list_cells
        return Ranked(lambda row: dumps(cells(row)), clinical=clinical, selection=selection)
    if form == "--json":
        return Ranked(as_json, clinical=clinical, selection=selection)
    return nullcontext(Shortlist(MOST_SHOWN, clinical=clinical, selection=selection))


def _say(form: str, head: ScreenRecord, ranked: Ranked | Shortlist, given: dict[str, Any]) -> None:
    from fl_planner.record.declaration.part import as_dict, as_written
    from fl_planner.screening.screen import Shortlist
    from fl_planner.screening.worklist import as_consort_table
    from fl_planner.screening.worklist_record import write_worklist_json

    if form == "--consort":
        say_rows(as_consort_table(head.consort), given)
    elif isinstance(ranked, Shortlist):
        from msgspec import structs

        from fl_planner.report.terminal.worklist import worklist_table

        rows = as_written(ranked.rows)
        say_table(worklist_table, structs.replace(head, rows=rows, refused=ranked.refused))
    elif form in ("--csv", "--xlsx"):
        if head.selection is not None and not given["quiet"]:
            from fl_planner.report.terminal.worklist import say_selection

            say_aside(say_selection(head))
        if form == "--csv":
            say_pieces(chain((ranked.head,), ranked.rows, ranked.refused))
    else:
        say_pieces(write_worklist_json(as_dict(head), ranked.rows, ranked.refused))
