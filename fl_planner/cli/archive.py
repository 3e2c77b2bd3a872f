"""`fl-planner archive`: find, pull, push and withdraw objects of an archive."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from fl_planner.cli.archived_study import ARCHIVES, open_door
from fl_planner.cli.help_layout import CommandGroup, HeadedCommand
from fl_planner.cli.options import (
    AS_JSON,
    EARLIER,
    FORCE,
    QUIET,
    TRIALS,
    File,
    day_option,
    file_option,
    output_file,
    patient_option,
    with_options,
)
from fl_planner.cli.output import print_result, showing
from fl_planner.cli.plan import INPUTS
from fl_planner.cli.studies import NUMBERS, STUDY

PRINTED = (AS_JSON, QUIET)


@click.group(cls=CommandGroup)
def archive() -> None:
    """Find, fetch, store and withdraw DICOM objects in an archive."""


QUERY = (
    patient_option("--study", metavar="UID", help="Study with this UID."),
    patient_option("--patient-id", metavar="ID", help="Studies with this patient ID."),
    patient_option("--accession", metavar="NUMBER", help="Studies with this accession number."),
    patient_option("--modality", metavar="CODE", help="Studies with a series of this modality."),
    day_option("--since", help="Studies on or after this date."),
    day_option("--until", help="Studies on or before this date."),
)
FIND_EXAMPLES = """\b
Examples:
  fl-planner archive find pacs --archives archives.toml --modality SEG
  fl-planner archive find pacs --since 2026-11-01 --json
"""


@archive.command(cls=HeadedCommand, epilog=FIND_EXAMPLES)
@click.argument("name")
@with_options(*QUERY, ARCHIVES, *PRINTED)
def find(
    name: str, archives: Path | None, since: date | None, until: date | None, **given: Any
) -> None:
    """List the studies of an archive: UID, date, modalities and number of objects.

    NAME is the name of the archive in the archives file. Patient names and IDs are not
    printed.
    """
    from fl_planner.gateway.transfer import find_studies, make_query
    from fl_planner.record.files.archive import format_found

    query = make_query(given, since, until)
    with showing("query", quiet=given["quiet"]):
        record = find_studies(open_door({"archive": name, "archives": archives}), query)
    print_result(record, format_found(record), as_json=given["as_json"])


PULL_EXAMPLES = """\b
Examples:
  fl-planner archive pull pacs --study 1.2.3 --out study
"""


@archive.command(cls=HeadedCommand, epilog=PULL_EXAMPLES)
@click.argument("name")
@click.option("--study", required=True, metavar="UID", help="UID of the study.")
@click.option("--series", multiple=True, metavar="UID", help="Only this series; may be repeated.")
@output_file("--out", required=True, metavar="FOLDER", help="New folder.")
@with_options(ARCHIVES, FORCE, *PRINTED)
def pull(
    name: str, study: str, series: tuple[str, ...], out: Path, archives: Path | None, **given: Any
) -> None:
    """Fetch the CT images and segmentations (SEG, RTSTRUCT) of a study into a new folder.

    The files contain the patient's name and ID.
    """
    from fl_planner.gateway.transfer import pull_study
    from fl_planner.record.files.archive import format_transfer

    door = open_door({"archive": name, "archives": archives})
    with showing("fetching objects", quiet=given["quiet"]):
        record = pull_study(door, study, series, out, force=given["force"])
    print_result(record, format_transfer(record), as_json=given["as_json"])


PUSH_EXAMPLES = """\b
Examples:
  fl-planner plan case.toml --dicom results --profile clinical
  fl-planner archive push pacs results
"""


@archive.command(cls=HeadedCommand, epilog=PUSH_EXAMPLES)
@click.argument("name")
@click.argument("folder", metavar="RESULTS", type=File)
@with_options(ARCHIVES, *PRINTED)
def push(name: str, folder: Path, archives: Path | None, **given: Any) -> None:
    """Store a result set in an archive, and compare it with the copy in the archive.

    RESULTS is a folder written by `fl-planner plan --dicom` with the clinical profile. An object
    that the archive already has is compared and not sent again.
    """
    from fl_planner.gateway.transfer import push_results
    from fl_planner.record.files.archive import format_transfer

    with showing("storing and comparing objects", quiet=given["quiet"]):
        record = push_results(open_door({"archive": name, "archives": archives}), folder)
    print_result(record, format_transfer(record), as_json=given["as_json"])


REASONS = ("quality", "patient safety", "wrong worklist entry", "retention")
WITHDRAW_EXAMPLES = """\b
Examples:
  fl-planner archive withdraw pacs results --plan plan.json case.toml
  fl-planner archive withdraw pacs results --plan plan.json case.toml \\
    --replacement new-results
  fl-planner archive withdraw pacs results --reason "patient safety"
"""


@archive.command(cls=HeadedCommand, epilog=WITHDRAW_EXAMPLES)
@click.argument("name")
@click.argument("folder", metavar="RESULTS", type=File)
@click.argument("sources", metavar="[CASE.toml|FILES]...", nargs=-1, type=File)
@file_option(
    "--plan", "output", metavar="PLAN.json", help="Plan from which the result set was made."
)
@click.option(
    "--reason", type=click.Choice(REASONS), help="Reason for withdrawal, given by the user."
)
@file_option(
    "--replacement", metavar="RESULTS", help="Result set that replaces the withdrawn result set."
)
@with_options(*INPUTS, EARLIER, *STUDY, *NUMBERS, TRIALS, ARCHIVES, *PRINTED)
def withdraw(
    name: str, folder: Path, sources: tuple[Path, ...], archives: Path | None, **given: Any
) -> None:
    """Withdraw a result set with a rejection note for all of its objects.

    The plan is verified first, as with `fl-planner verify`. A plan that is still valid is not
    withdrawn unless a reason is stated. The replacement is stored before the rejection note.
    """
    from fl_planner.gateway.transfer import Withdrawal, withdraw_results
    from fl_planner.record.files.archive import format_transfer

    asked = Withdrawal(folder, given["output"], given["reason"], given["replacement"], sources)
    door = open_door({"archive": name, "archives": archives})
    with showing("reading files", quiet=given["quiet"]):
        record = withdraw_results(door, asked, given)
    print_result(record, format_transfer(record), as_json=given["as_json"])
