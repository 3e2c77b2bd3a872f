"""`fl-planner screen`: many patients, sorted by urgency."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import structs

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.defaults import DEFAULTS
from fl_planner.cli.exit_status import ANSWERED, SOME_REFUSED
from fl_planner.cli.help_layout import HeadedOption, as_conflict, headed_command
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    CELL_UNKNOWN,
    COLUMNS,
    FHIR_MAP,
    FHIR_SERVER,
    FORCE,
    PROFILE_OPTION,
    QUIET,
    SIZE_LIMIT,
    TABLES,
    TRIALS,
    WORKBOOK,
    FileOrUrl,
    output_option,
    patient_file,
    patient_option,
    with_options,
)
from fl_planner.cli.options_from_case_keys import CENTRE
from fl_planner.cli.output import (
    as_csv_form,
    open_workbook,
    print_aside,
    print_findings,
    print_pieces,
    print_rows,
    print_table,
    showing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fl_planner.record.over_time.worklist import NotReadRecord, ScreenedRecord, ScreenRecord
    from fl_planner.screening.screen import Ranked, Selection, Shortlist
    from fl_planner.workup.exports import TableBook

MOST_SHOWN = 1000  # rows of the printed table [project's choice]
SELECTION = ("trial", "only", "sort", "top")
_chosen = partial(click.option, cls=HeadedOption, heading="Patient selection")
CHOSEN = (
    _chosen("--trial", metavar="NAME", help="Show patients whom this trial does not exclude."),
    _chosen(
        "--only",
        type=click.Choice(["eligible", "undecided", "not-eligible"]),
        help="Show patients with this verdict for --trial, or for at least one trial for "
        "their disease.",
    ),
    _chosen(
        "--sort",
        type=click.Choice(["need", "deadline", "row", "id"]),
        default=DEFAULTS["sort"],
        show_default=True,
        help="Order of the rows; deadline refers to --trial, if given.",
    ),
    _chosen("--top", type=click.IntRange(1), metavar="N", help="Show only the first N patients."),
)
OUTCOMES = patient_file(
    "--outcomes", metavar="LOG.sqlite", help="Screening log with the patients' status in trials."
)
DIAGNOSIS = patient_option(
    "--diagnosis",
    type=click.Choice([*DIAGNOSES], case_sensitive=False),
    help="Diagnosis for patients whose row or file states none.",
)
INVALID = CELL_UNKNOWN(help="Treat an invalid cell as unknown, and still assess the patient.")
PROFILE = PROFILE_OPTION(
    help="The clinical profile adds file names, server ids, full findings and resource dates."
)
EXAMPLES = """\b
Examples:
  fl-planner screen patients.csv --as-of 2026-11-20
  fl-planner screen bundles/ --diagnosis crlm --as-of 2026-11-20 --csv
  fl-planner screen patients.csv --trial NAME --only undecided --top 20
  fl-planner screen patients.csv --outcomes screening.sqlite --consort
  fl-planner screen export.csv --columns columns.toml --cell-unknown
  fl-planner screen https://fhir.hospital.example/r4/Group/7 \\
    --fhir-token environment --diagnosis crlm --as-of 2026-11-20
"""


@headed_command(epilog=EXAMPLES)
@click.argument("listed", metavar="PATIENTS|FOLDER|URL", type=FileOrUrl())
@with_options(*CHOSEN, AS_OF, CENTRE, TRIALS, DIAGNOSIS, FHIR_MAP, *FHIR_SERVER, OUTCOMES)
@with_options(*COLUMNS, INVALID)
@with_options(SIZE_LIMIT, PROFILE, AS_JSON, QUIET)
@output_option("--csv", "as_csv", is_flag=True, help="Print CSV, one row per patient.")
@with_options(*TABLES, WORKBOOK, FORCE)
@output_option("--consort", is_flag=True, help="Print the counts for a CONSORT diagram as CSV.")
def screen(listed: Path | str, as_json: bool, **given: Any) -> int:
    """Assess many patients: verdicts, route, next question and deadline, most urgent first.

    Patients are identified by their pseudonym (id) and their row in the list; patient names,
    hospital numbers and dates from the files are not printed. Unreadable rows are listed with the
    reason, and the exit status is then 3. All patients are assessed and counted, regardless of the
    selection.

    PATIENTS: a table (.csv, .xlsx), JSON lines (.jsonl), a FHIR Bundle (.json) or bulk export
    (.ndjson), or a case file (.toml).

    URL: a `Group` (.../Group/ID) or `Patient` (.../Patient/ID) resource on a FHIR R4 server,
    or the server's base URL with --fhir-query. The program writes nothing to the server.
    """
    requested = {
        "--csv": given["as_csv"],
        "--consort": given["consort"],
        "--json": as_json,
        "--xlsx": given["xlsx"],
    }
    first, *others = [option for option, wanted in requested.items() if wanted] or [""]
    if others:
        raise as_conflict(first, others[0])
    chosen = [name for name in SELECTION if given[name] not in (None, DEFAULTS["sort"])]
    if first == "--consort" and chosen:
        raise as_conflict(first, f"--{chosen[0]}, because {first} counts every patient")
    from fl_planner.screening.screen import (
        RULES,
        map_columns,
        parse_selection,
        read_rules,
        screen_list,
    )
    from fl_planner.workup.judge import choose_input

    place = choose_input(listed, given)
    book = open_workbook(given, "patients")
    mapping = map_columns(given)
    rules = read_rules(**{name: given[name] for name in RULES})
    selection = parse_selection(rules.grounds.trials, *(given[name] for name in SELECTION))
    with _rank(first, selection, rules.named, given) as ranked:
        with showing("reading the list", quiet=given["quiet"]):
            basis = (given["diagnosis"], given["outcomes"], given["fhir_map"], mapping)
            head = screen_list(place, rules, ranked, *basis)
        _say(first, head, ranked, given)
        if book is not None:
            _write(book, rules.named, ranked, quiet=given["quiet"])
    return SOME_REFUSED if head.consort.not_read else ANSWERED


def _write(
    book: TableBook, names: dict[str, str], ranked: Ranked | Shortlist, *, quiet: bool
) -> None:
    """Write a list as a workbook, in words and in codes, from rows stored as JSON."""
    import json

    from fl_planner.export.table_writing import FlatTable, WorkbookSheet
    from fl_planner.screening.in_words import list_screen_columns, list_widths
    from fl_planner.screening.worklist_record import WorklistTable

    def list_rows(sheet: int) -> Iterator[list[Any]]:
        for row in chain(ranked.rows, ranked.refused):
            yield json.loads(str(row))[sheet]

    columns = list_screen_columns(names)
    in_words = FlatTable([column.name for column in columns], list_rows(0))
    first = WorkbookSheet(f"{book.name} in words", in_words, list_widths(columns))
    book.write(FlatTable(WorklistTable([*names]).columns, list_rows(1)), [first])
    if not quiet:
        print_aside(book.description)


def _rank(
    form: str, selection: Selection, names: dict[str, str], given: dict[str, Any]
) -> AbstractContextManager[Ranked | Shortlist]:
    """Create a list that stores its rows in the output format."""
    from fl_planner.record.declaration.part import as_json
    from fl_planner.screening.screen import Ranked, Shortlist
    from fl_planner.screening.worklist_record import WorklistTable

    clinical = given["profile"] == "clinical"
    if form == "--csv":
        table = WorklistTable([*names], as_csv_form(given))
        return Ranked(table.as_text, clinical=clinical, head=table.header, selection=selection)
    if form == "--xlsx":
        from fl_planner.screening.in_words import list_screen_columns

        cells, columns = WorklistTable([*names]).list_cells, list_screen_columns(names)

        def format_row(row: ScreenedRecord | NotReadRecord) -> str:
            return dumps([[column.read(row) for column in columns], cells(row)])

        return Ranked(format_row, clinical=clinical, selection=selection)
    if form == "--json":
        return Ranked(as_json, clinical=clinical, selection=selection)
    return nullcontext(Shortlist(MOST_SHOWN, clinical=clinical, selection=selection))


def _say(form: str, head: ScreenRecord, ranked: Ranked | Shortlist, given: dict[str, Any]) -> None:
    from fl_planner.record.declaration.part import as_dict, as_written
    from fl_planner.screening.screen import Shortlist
    from fl_planner.screening.worklist import as_consort_table
    from fl_planner.screening.worklist_record import write_worklist_json

    if form in ("--consort", "--csv", "--xlsx"):
        print_findings(head.findings)
    if form == "--consort":
        print_rows(as_consort_table(head.consort), given)
    elif isinstance(ranked, Shortlist):
        from fl_planner.report.terminal.worklist import worklist_table

        rows = as_written(ranked.rows)
        print_table(worklist_table, structs.replace(head, rows=rows, refused=tuple(ranked.refused)))
    elif form in ("--csv", "--xlsx"):
        if head.selection is not None and not given["quiet"]:
            from fl_planner.report.terminal.worklist import describe_selection

            print_aside(describe_selection(head))
        if form == "--csv":
            print_pieces(chain((ranked.head,), ranked.rows, ranked.refused))
    else:
        print_pieces(write_worklist_json(as_dict(head), ranked.rows, ranked.refused))
