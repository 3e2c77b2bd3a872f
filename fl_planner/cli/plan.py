"""`fl-planner plan`, `report`, `pictures` and `demo`: a plan, and its report and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fl_planner.basis.defaults import BOUNDS, DEFAULTS, PAPERS, Paper
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_base_name, ends_in_toml
from fl_planner.cli.archived_study import PULLED, pulled_case, push_planned
from fl_planner.cli.exit_status import ANSWERED, SOME_REFUSED
from fl_planner.cli.help_layout import as_conflict, headed_command
from fl_planner.cli.log import LOG, check_log, keep
from fl_planner.cli.options import (
    ACCEPT,
    AS_OF,
    EARLIER,
    ENGINE,
    ENGINE_LOG,
    FORCE,
    PICTURES,
    PRINTED,
    PROFILE,
    QUIET,
    SIZE_LIMIT,
    TABLE_FILES,
    TABLES,
    TRIALS,
    File,
    file_option,
    output_file,
    output_option,
    with_options,
)
from fl_planner.cli.options_from_case_keys import (
    BODY,
    CENTRE,
    CUT,
    FACTS,
    MASKS,
    SECOND_READER,
    SPLEEN,
)
from fl_planner.cli.output import (
    as_csv_form,
    print_aside,
    print_lines,
    print_record,
    print_rows,
    print_table,
    showing,
)
from fl_planner.given.kinds import name_option
from fl_planner.given.table import fill

if TYPE_CHECKING:
    from fl_planner.record.plan import PlanRecord
    from fl_planner.workup.exports import TableFiles

INPUTS = (*MASKS, CUT, SPLEEN, SECOND_READER, *FACTS, *BODY)  # all inputs of a plan
FHIR = output_file("--fhir", metavar="FILE.json", help="Write the results as a FHIR R4 Bundle.")
FHIR_AS = output_option(
    "--fhir-as",
    type=click.Choice(["collection", "transaction"]),
    help="Type of the bundle; a server stores a transaction only once, even if it is sent again.",
)
PICTURE = PICTURES(help="Draw three image sections, labelled with the values of the plan.")
DICOM = output_file(
    "--dicom",
    metavar="FOLDER",
    help="Write the DICOM result set (SEG, SR, contact sheet, PDF); requires a DICOM CT.",
)
REPLACES = output_file(
    "--replaces",
    metavar="RESULTS",
    help="Result set to be replaced; the new result set refers to it as its predecessor.",
)
DRAFTED = (
    ENGINE(
        help="Draw masks on the CT with an engine, as `segment` does; these masks are not verified."
    ),
    output_file("--masks-out", metavar="FOLDER", help="New folder for the masks from --engine."),
    ACCEPT,
    ENGINE_LOG,
)
OF_EACH = {
    "as_of", "centre", "trials", "log", "size_limit", "profile", "quiet", "force", "place_frame",
}  # fmt: skip
TABLE_PATHS = ("xlsx", "lesions_csv", "resections_csv")
TABLES_GIVEN = {"semicolons", "bom", *TABLE_PATHS}
EXAMPLES = """\b
Examples:
  fl-planner plan case.toml --picture plan.png --fhir plan.fhir.json
  fl-planner plan case.toml --ct dicom_slices/ --dicom plan_dicom
  fl-planner plan case.toml --trials our-trials
  fl-planner plan day21.toml --earlier before.toml
  fl-planner plan --ct slices --engine totalsegmentator --accept-licence \\
    --masks-out draft --remnant-segments 2,3 --diagnosis crlm
  fl-planner plan --study 1.2.3 --archive pacs --profile clinical \\
    --dicom results --push
  fl-planner plan cases/*.toml --csv > cases.csv
  fl-planner plan cases/*.toml --xlsx cases.xlsx --lesions-csv lesions.csv
  fl-planner plan --liver liver.nii.gz --tumour tumour.nii.gz \\
    --flr flr.nii.gz --diagnosis crlm --chemo-damage no
"""


@headed_command(epilog=EXAMPLES)
@click.argument("case_files", metavar="[CASE.toml]...", nargs=-1, type=File)
@output_option("--csv", "as_csv", is_flag=True, help="Print CSV, one row per case.")
@with_options(*TABLES, *TABLE_FILES)
@with_options(*INPUTS, EARLIER, TRIALS, PICTURE, FHIR, FHIR_AS, DICOM, REPLACES, LOG)
@with_options(*PULLED, *DRAFTED)
@with_options(PROFILE, FORCE, *PRINTED)
def plan(case_files: tuple[Path, ...], as_csv: bool, as_json: bool, **given: Any) -> int:
    """Plan a case: volumes, limits, lesions, trials and the volume-based pathway.

    With several case files, tables are required as output (--csv, --xlsx, --lesions-csv). A refused
    case has no row and is reported on stderr; the exit status is then 3.

    `fl-planner schema codebook` describes the columns of --csv. A blank cell means unknown; an
    import that overwrites values would erase them with blanks.
    """
    if as_csv and as_json:
        raise as_conflict("--csv", "--json")
    files = _as_table_files(given)
    if len(case_files) > 1:
        return _plan_many(case_files, files, given, as_csv=as_csv, as_json=as_json)
    with pulled_case(case_files, given) as case_file:
        _plan_one(case_file, files, given, as_csv=as_csv, as_json=as_json)
    return ANSWERED


def _as_table_files(given: dict[str, Any]) -> TableFiles | None:
    """Return the table files to write; None if none was requested."""
    paths = [given[name] for name in TABLE_PATHS]
    if not any(paths):
        return None
    from fl_planner.workup.exports import TableFiles

    return TableFiles(as_csv_form(given), *paths)


def _plan_one(
    case_file: Path | None,
    files: TableFiles | None,
    given: dict[str, Any],
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    from fl_planner.export.save import saving_together
    from fl_planner.record.plan import as_plan_record
    from fl_planner.workup.exports import Exports
    from fl_planner.workup.plan import write_requested_plan
    from fl_planner.workup.request import make_request

    request = make_request(case_file, given)
    exports = fill(Exports, given, tables=files, growth=None, masks=None)
    exports.require_names()
    exports.check(request)
    check_log(given["log"])
    with showing("reading files", quiet=given["quiet"]), saving_together():
        if given["earlier"]:
            from fl_planner.workup.growth import write_grown_plan

            made, record = write_grown_plan(request, exports, case_file, given)
        else:
            made, record = write_requested_plan(request, exports, case_file, given)
        if given["log"] is not None:
            keep(given["log"], as_plan_record(made), "plan")  # in the shareable profile always
    push_planned(given)
    if as_csv:
        _print_row(record, given)
    elif as_json:
        print_record(record)
    else:
        from fl_planner.report.terminal.plan import plan_table

        print_table(plan_table, record, verbose=given["verbose"])
    if not given["quiet"]:
        for line in (*_describe_masks(given), *exports.describe()):
            print_aside(line)


def _describe_masks(given: dict[str, Any]) -> Iterator[str]:
    """Print the folder of the masks that an engine drew."""
    if given["engine"] is not None:
        from fl_planner.record.files.segment import NOT_VERIFIED

        yield f"masks: {given['masks_out'].name}, {NOT_VERIFIED}"


def _print_row(record: PlanRecord, given: dict[str, Any]) -> None:
    from fl_planner.export.plan_columns import PlanTables
    from fl_planner.export.save import require_trusted

    require_trusted(record, "--csv")  # a database keeps numbers without their findings
    print_rows(PlanTables.of(record).plans, given)


def _plan_many(
    cases: tuple[Path, ...],
    files: TableFiles | None,
    given: dict[str, Any],
    *,
    as_csv: bool,
    as_json: bool,
) -> int:
    """Plan several cases into tables, and report refused cases on stderr."""
    _require_for_all(cases, given, tables=as_csv or files is not None, as_json=as_json)
    from fl_planner.export.plan_columns import PlanTables
    from fl_planner.export.save import save, saving_together
    from fl_planner.record.plan import as_plan_record
    from fl_planner.workup.many import ForAll, SharedFiles, list_own, plan_each

    if files is not None:
        files.check(force=given["force"])
    check_log(given["log"])
    tables, shared = PlanTables(list_own(given["trials"])), SharedFiles()
    refused: list[InputRefused] = []
    with showing("reading files", quiet=given["quiet"]):
        for number, one in enumerate(plan_each(cases, fill(ForAll, given)), 1):
            if isinstance(one, InputRefused):
                refused.append(one)
                continue
            tables.add([one[1]])
            shared.add_plan(one[1], number)
            if given["log"] is not None:
                keep(given["log"], as_plan_record(one[0]), "plan")
    with saving_together():
        for path, content in () if files is None else files.prepare(tables):
            save(path, content, force=given["force"])
    if as_csv:
        print_rows(tables.plans, given)
    for id_, doubt in shared.find().items():
        print_aside(f"warning: {id_} {doubt.message} ({doubt.code})")
    for wrong in refused:
        print_aside(f"refused: {wrong}")
    for line in () if files is None or given["quiet"] else files.describe():
        print_aside(line)
    return SOME_REFUSED if refused else ANSWERED


def _require_for_all(
    cases: tuple[Path, ...], given: dict[str, Any], *, tables: bool, as_json: bool
) -> None:
    """Refuse options for a single case if several case files are given."""
    if as_json or not tables:
        source = "--json" if as_json else "command line"
        reason = "several case files were given, for which the output is a table"
        remedy = "add --csv or --xlsx FILE.xlsx, or plan one case"
        if other := [path for path in cases if not ends_in_toml(path.name)]:  # masks, most often
            source = as_base_name(other[0].name)
            remedy = "give masks with options such as --liver, --tumour and --flr"
            reason = "several files were given, and this one is not a case file (.toml)"
        raise InputRefused("usage.wrong", source, reason, remedy)
    for name, value in given.items():
        if value not in (None, False, ()) and name not in OF_EACH | TABLES_GIVEN | {"verbose"}:
            reason = "applies to one case, but several case files were given"
            raise InputRefused(
                "usage.wrong",
                name_option(name),
                reason,
                "give it with a single case file; if it has a key, set the key in each case file",
            )


ASKED = ("as_of", "centre", "size_limit")
REPORT_EXAMPLES = """\b
Examples:
  fl-planner report case.toml --out report.html
  fl-planner report case.toml --out report.pdf --paper letter --appendix
  fl-planner report case.toml --as-of 2026-11-20 --centre centre.toml \\
    --out report.pdf
  fl-planner report day21.toml --earlier before.toml --out report.pdf
"""


@headed_command(epilog=REPORT_EXAMPLES)
@click.argument("case_file", metavar="CASE.toml", type=File)
@file_option("--out", metavar="FILE", required=True, help="Report to write: .html or .pdf.")
@click.option(
    "--paper",
    type=click.Choice(PAPERS),
    default=DEFAULTS["paper"],
    show_default=True,
    help="Page size of a PDF; an HTML report can be printed on either size of paper.",
)
@click.option(
    "--appendix", is_flag=True, help="Add criteria, formulas, all findings and the contact sheet."
)
@with_options(EARLIER, AS_OF, CENTRE, TRIALS, PROFILE, SIZE_LIMIT, FORCE, QUIET)
def report(case_file: Path, out: Path, paper: Paper, **given: Any) -> None:
    """Write a plan as a report: one file that requires no network.

    The numbers are those of `fl-planner plan CASE.toml --json`; masks, segments and facts are taken
    from the case file. Page 1 is for the tumour board; page 2 contains trials, method and sources,
    and page 3 all values. With --earlier, a fourth page shows growth and response. The appendix
    lists the criteria and formulas.
    """
    from fl_planner.workup.report import Report, write_report
    from fl_planner.workup.request import read_request

    wanted = fill(Report, given, out=out, paper=paper)
    with showing("reading files", quiet=given["quiet"]):
        request = read_request(case_file, **{name: given[name] for name in ASKED})
        write_report(request, wanted, case_file)
    if not given["quiet"]:
        print_aside(f"report: {out.name}")


PICTURES_EXAMPLES = """\b
Examples:
  fl-planner pictures case.toml --out pictures
  fl-planner pictures case.toml --out pictures --dpi 300 --stl
  fl-planner pictures case.toml --out pictures --dicom
  fl-planner pictures case.toml --out pictures --slicer
"""


@headed_command(epilog=PICTURES_EXAMPLES)
@click.argument("case_file", metavar="CASE.toml", type=File)
@file_option("--out", metavar="FOLDER", required=True, help="New folder for the pictures.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["png", "svg"]),
    default=DEFAULTS["format"],
    show_default=True,
    help="Format of the pictures.",
)
@click.option(
    "--dpi",
    type=click.IntRange(*BOUNDS["dpi"]),
    default=DEFAULTS["dpi"],
    show_default=True,
    help="Resolution of the pictures or, in an SVG, of the CT image.",
)
@click.option("--stl", is_flag=True, help="Also write surfaces as STL, in mm, RAS+.")
@click.option(
    "--dicom",
    is_flag=True,
    help="Also write the contact sheet as DICOM; requires the CT as a DICOM series.",
)
@click.option(
    "--slicer",
    is_flag=True,
    help="Also write files for 3D Slicer: named, coloured segments (.seg.nrrd) and the CT (.nrrd).",
)
@with_options(PROFILE, SIZE_LIMIT, FORCE, QUIET)
def pictures(case_file: Path, out: Path, **given: Any) -> None:
    """Draw a plan's pictures: sections, a contact sheet to be signed, and the liver from two sides.

    Each picture contains the id of the case and the names given to the plan and the files. Files
    written with --dicom also contain the UIDs of the CT (study, series, frame of reference, slices)
    and, with --profile clinical, the identifiers of the patient.
    """
    from fl_planner.workup.report import PictureSet, draw_case
    from fl_planner.workup.request import read_request

    asked = click.get_current_context().get_parameter_source("profile")
    if not given["dicom"] and asked is not ParameterSource.COMMANDLINE:
        given["profile"] = DEFAULTS["profile"]  # that of the settings is for other outputs
    wanted = fill(PictureSet, given)
    with showing("reading files", quiet=given["quiet"]):
        drawn = draw_case(read_request(case_file, size_limit=given["size_limit"]), out, wanted)
    if not given["quiet"]:
        print_aside(f"pictures: {out.name}, {', '.join(drawn)}")


@headed_command()
@click.argument("case", type=click.Choice(["crlm", "hcc"]), default="crlm")
@with_options(*PRINTED)
def demo(case: str, as_json: bool, quiet: bool, verbose: bool) -> None:
    """Plan a bundled, fictitious case: liver metastases (crlm) or a large HCC (hcc).

    The case is copied to a new folder in the working folder, with its picture and plan.json; edit
    the copy and run `fl-planner plan` on it.
    """
    from fl_planner.workup.plan import plan_sample

    with showing("reading files", quiet=quiet):
        record, folder = plan_sample(case)
    if as_json:
        print_record(record)
        return
    from fl_planner.report.terminal.plan import plan_table

    print_table(plan_table, record, verbose=verbose)
    print_lines(
        [
            f"Picture: {folder.name}/plan.png    record: {folder.name}/plan.json",
            f"To repeat: fl-planner plan {folder.name}/case.toml",
        ]
    )
