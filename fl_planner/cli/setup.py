"""`fl-planner settings`, `new-case`, `new-centre`, `schema` and `serve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from fl_planner.basis.defaults import PAGE_PORT
from fl_planner.basis.findings import InputRefused
from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    FORCE,
    PORT,
    PROFILE,
    QUIET,
    SIZE_LIMIT,
    TABLES,
    TRIALS,
    File,
    day_option,
    file_option,
    output_file,
    with_options,
)
from fl_planner.cli.options_from_case_keys import BODY, CASE_MASKS, CENTRE, CUT, DIAGNOSIS, SPLEEN
from fl_planner.cli.output import print_aside, print_record, print_result, print_text
from fl_planner.cli.settings import are_read

EXAMPLES = """\b
Examples:
  fl-planner settings
  fl-planner settings cases/p1/case.toml --centre other-centre.toml
  fl-planner --no-settings plan case.toml
"""


@headed_command(epilog=EXAMPLES)
@click.argument("beside", metavar="[CASE.toml|FOLDER]...", nargs=-1, type=File)
@with_options(CENTRE, TRIALS, SIZE_LIMIT, PROFILE, *TABLES, AS_JSON)
@click.pass_context
def settings(ctx: click.Context, /, beside: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Show each setting in effect and its origin: option, project, user or default.

    A file fl-planner.toml in the folder of the case, or otherwise in the working folder,
    takes precedence over that in the user's configuration folder; an option takes precedence over
    both.
    """
    from fl_planner.record.files.settings import format_settings
    from fl_planner.workup.settings import list_settings

    typed = {
        key: value
        for key, value in given.items()
        if ctx.get_parameter_source(key) is ParameterSource.COMMANDLINE
    }
    record = list_settings(beside, typed, use=are_read(ctx))
    print_result(record, format_settings(record), as_json=as_json)


ASK = click.option(
    "--ask/--no-ask",
    default=None,
    help="Ask questions, or skip them; by default, questions are asked only at a terminal.",
)
NEW_CASE_EXAMPLES = """\b
Examples:
  fl-planner new-case case.toml --diagnosis hcc \\
    --liver liver.nii.gz --tumour tumour.nii.gz
  fl-planner new-case case.toml --answers facts.json --as-of 2026-11-20
"""


@headed_command("new-case", epilog=NEW_CASE_EXAMPLES)
@click.argument("out", metavar="CASE.toml", type=File)
@click.option("--id", "case_id", metavar="ID", help="Pseudonym of the patient.")
@with_options(DIAGNOSIS, *CASE_MASKS, CUT, SPLEEN, *BODY)
@file_option("--answers", metavar="FACTS.json", help="JSON file of known facts.")
@ASK
@with_options(AS_OF, CENTRE, TRIALS, FORCE, AS_JSON)
def new_case(out: Path, ask: bool | None, force: bool, as_json: bool, **given: Any) -> None:
    """Create a case file with the known facts, and the missing facts as comments.

    The comments state who can supply each missing fact. At a terminal, questions whose answer could
    change a verdict or the route are asked, most informative first. An empty answer leaves a fact
    unknown.
    """
    from fl_planner.record.over_time.new_case import format_new_case
    from fl_planner.workup.new_case import begin_case

    person = Terminal() if is_asked(ask, as_json=as_json) else None
    record = begin_case(out, given, person, force=force)
    print_result(record, format_new_case(record), as_json=as_json)


def is_asked(ask: bool | None, *, as_json: bool) -> bool:
    """Return whether questions are asked: as given; otherwise, if stdin is a terminal."""
    return (sys.stdin.isatty() and not as_json) if ask is None else ask


class Terminal:
    """Questions and messages at the terminal."""

    def answer(self, question: str) -> str:
        """Return the answer to a question."""
        answer: str = click.prompt(question, default="", show_default=False, err=True)
        return answer

    def hear(self, message: str) -> None:
        """Print a message about an answer."""
        print_aside(message)


NEW_CENTRE_EXAMPLES = """\b
Examples:
  fl-planner new-centre --out centre.toml
  fl-planner new-centre --out centre.toml --name "Site 7" \\
    --as-of 2026-11-01 --no-ask
"""
CHECKED = day_option("--as-of", help="Date on which the list of trials was last checked.")


@headed_command("new-centre", epilog=NEW_CENTRE_EXAMPLES)
@output_file("--out", metavar="CENTRE.toml", required=True, help="Centre file to create.")
@click.option("--name", metavar="NAME", help="Name of the centre, printed as given.")
@ASK
@with_options(CHECKED, TRIALS, FORCE, AS_JSON)
def new_centre(out: Path, ask: bool | None, force: bool, as_json: bool, **given: Any) -> None:
    """Create a centre file with the status of each trial; trials with no status become comments.

    At a terminal, the command asks whether each trial is recruiting here, elsewhere, or nowhere.
    An empty answer omits a trial, which is then treated as available by referral.
    """
    from fl_planner.record.over_time.new_case import format_new_centre
    from fl_planner.workup.new_case import begin_centre

    person = Terminal() if is_asked(ask, as_json=as_json) else None
    record = begin_centre(out, given, person, force=force)
    print_result(record, format_new_centre(record), as_json=as_json)


SCHEMA_EXAMPLES = """\b
Examples:
  fl-planner schema
  fl-planner schema plan > plan.schema.json
  fl-planner schema codebook > codebook.csv
  fl-planner schema codebook --trials our-trials
  fl-planner schema fhir-map > fhir-map.toml
"""
CODEBOOK, MAPPING = "codebook", "fhir-map"


@headed_command(epilog=SCHEMA_EXAMPLES)
@click.argument("name", required=False)
@with_options(TRIALS, AS_JSON)
def schema(name: str | None, trials: Path | None, as_json: bool) -> None:
    """Print the JSON Schema (draft 2020-12) of a record; without a name, list all.

    `codebook` prints a description of each column of `plan --csv`, as CSV; with --trials,
    including the columns of additional trials. `fhir-map` prints the default mapping of FHIR codes
    to facts, as TOML.
    """
    from fl_planner.record.json_schema import as_schema_list
    from fl_planner.workup.schema import describe_record

    asked = click.get_current_context().get_parameter_source("trials")
    if name != CODEBOOK and asked is ParameterSource.COMMANDLINE:
        reason = "applies only to the columns of additional trials"
        raise InputRefused("usage.wrong", "--trials", reason, f"use it with {CODEBOOK}")
    if name == CODEBOOK:
        from fl_planner.export.plan_columns import as_codebook
        from fl_planner.workup.many import list_own

        print_text(as_codebook(list_own(trials)))
    elif name == MAPPING:
        from fl_planner.workup.schema import read_default_map

        print_text(read_default_map())
    elif name is not None:
        print_record(describe_record(name))
    elif as_json:
        print_record(as_schema_list())
    else:
        listed = {one.name: one.says for one in as_schema_list().schemas}
        listed[CODEBOOK] = "Columns of plan --csv, as CSV."
        listed[MAPPING] = "Default mapping of FHIR codes to facts, as TOML."
        columns = click.get_current_context().make_formatter()
        columns.write_dl([*listed.items()])
        print_text(columns.getvalue())


ASKED = ("as_of", "centre", "trials", "size_limit", "profile")
SERVE_EXAMPLES = """\b
Examples:
  fl-planner serve --demo
  fl-planner serve case.toml
  fl-planner serve folder-of-masks
  fl-planner serve case.toml --port 9000 --no-open
"""


@headed_command(epilog=SERVE_EXAMPLES)
@click.argument("case_file", metavar="[CASE.toml|FOLDER]", required=False, type=File)
@click.option("--demo", is_flag=True, help="Open the bundled case of liver metastases.")
@PORT(help=f"Port on this computer; default: {PAGE_PORT}, or a free port if it is in use.")
@click.option(
    "--no-open", is_flag=True, help="Do not open a browser; the address is printed in any case."
)
@with_options(AS_OF, CENTRE, TRIALS, PROFILE, SIZE_LIMIT, QUIET)
def serve(case_file: Path | None, demo: bool, no_open: bool, **given: Any) -> None:
    """Open a local page in the browser: a case with its results and image sections.

    The page can be reached only from this computer, contacts no other computer, and stores nothing.
    Ctrl-C closes it. Its numbers are those of `fl-planner plan CASE.toml --json`.
    """
    from fl_planner.basis.extras import require_web

    require_web()
    from fl_planner.web.gate import UNPROTECTED, can_distinguish_users
    from fl_planner.web.server import Serving, locate_case, serve

    opened = locate_case(case_file, demo=demo)

    def ready(address: str) -> None:
        print_aside(f"the page: {address}   (Ctrl-C closes it)")
        if not can_distinguish_users():
            print_aside(UNPROTECTED)
        if not no_open:
            click.launch(address)

    words = {name: given[name] for name in ASKED if given[name] is not None}
    serve(Serving(opened, words, given["port"]), ready)
    if not given["quiet"]:
        print_aside("the page is closed; uploaded files were deleted")
