"""Options shared by several commands; each takes precedence over settings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial, reduce
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import BOUNDS, DEFAULTS, PROFILES
from fl_planner.basis.findings import InputRefused
from fl_planner.cli.help_layout import IMAGES, OUTPUT, PATIENT, HeadedOption

Command = Callable[..., Any]
ClickOption = Callable[[Command], Command]


class FilePath(click.Path):
    """A path; existence and content are checked by the reader."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path; an empty name would be the current folder."""
        if isinstance(value, str) and not value.strip():
            self.fail("the name is empty; check that the variable of the shell is set", param, ctx)
        return super().convert(value, param, ctx)


File = FilePath()
image_option = partial(click.option, cls=HeadedOption, heading=IMAGES)
patient_option = partial(click.option, cls=HeadedOption, heading=PATIENT)
output_option = partial(click.option, cls=HeadedOption, heading=OUTPUT)
file_option = partial(click.option, type=File)
patient_file = partial(patient_option, type=File)
output_file = partial(output_option, type=File)

AS_JSON = output_option("--json", "as_json", is_flag=True, help="Print one JSON object.")
QUIET = output_option(
    "--quiet", is_flag=True, help="Print only the result, without progress or messages."
)
VERBOSE = output_option("-v", "--verbose", is_flag=True, help="Show informational messages too.")
FORCE = output_option("--force", is_flag=True, help="Replace existing outputs.")
EXIT_CODES = partial(output_option, "--exit-code", is_flag=True)
PRINTED = (AS_JSON, QUIET, VERBOSE)
PICTURES = partial(output_option, "--picture", type=File, metavar="FILE.png|.svg|.pdf")
TABLES = (
    output_option(
        "--semicolons/--commas",
        help="Write CSV with semicolons and decimal commas, or with commas and decimal points.",
    ),
    output_option(
        "--bom/--no-bom",
        help="Write CSV with or without a byte-order mark, which Excel requires for UTF-8.",
    ),
)
WORKBOOK = output_file(
    "--xlsx", metavar="FILE.xlsx", help="Write the --csv table as an Excel workbook."
)
TABLE_FILES = (
    WORKBOOK,
    output_file(
        "--lesions-csv", metavar="FILE", help="Write a table of lesions, with one row per lesion."
    ),
    output_file(
        "--resections-csv",
        metavar="FILE",
        help="Write a table of the resections that have a Brisbane name; FILE.xlsx is written "
        "as a workbook.",
    ),
)
PROFILE_OPTION = partial(
    output_option,
    "--profile",
    type=click.Choice(PROFILES),
    default=DEFAULTS["profile"],
    show_default=True,
)
PROFILE = PROFILE_OPTION(help="The clinical profile adds dates and the case label.")


def _widen_bounds(ctx: click.Context, _: click.Parameter, gib: int) -> int:
    """Raise the bounds of the process if larger files are accepted."""
    if ctx.obj is not None and gib > 1:
        ctx.obj.widen(size_limit=gib)
    return gib


SIZE_LIMIT = image_option(
    "--size-limit",
    type=click.IntRange(*BOUNDS["size_limit"]),
    callback=_widen_bounds,
    default=DEFAULTS["size_limit"],
    show_default=True,
    metavar="GIB",
    help="Largest file to unpack; the memory and time limits of the command increase with it.",
)


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _parse_day(_: click.Context, __: click.Parameter, typed: str | None) -> date | None:
    """Parse a date; an incorrect one is refused with its reason."""
    if typed is None:
        return None
    if not _DAY.fullmatch(typed):
        raise click.BadParameter(f"{typed!r} is not in the form YYYY-MM-DD, such as 2026-11-20")
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise click.BadParameter(f"{typed!r} is not a valid calendar date") from error


day_option = partial(patient_option, callback=_parse_day, metavar="YYYY-MM-DD")
AS_OF = day_option(
    "--as-of", help="Assessment date, used to calculate the ages of patients and of data."
)
TRIALS = patient_file(
    "--trials", metavar="DIR", help="Folder of additional trials, with one TOML file per trial."
)
FHIR_MAP = patient_file("--fhir-map", metavar="MAP.toml", help="Mapping of FHIR codes to facts.")

FHIR_SERVER = (
    patient_option(
        "--fhir-query",
        metavar="'Patient?...'",
        help="Search for patients on the FHIR server with the given base URL.",
    ),
    patient_option(
        "--fhir-token",
        type=click.Choice(["environment", "keyring"]),
        help="Source of the server's token: environment (FL_PLANNER_FHIR_TOKEN) or keyring.",
    ),
    patient_option(
        "--private-addresses",
        is_flag=True,
        help="Allow a server on this computer (localhost) or on a private network.",
    ),
)


class FileOrUrl(FilePath):
    """A path, or the address of a server, which remains a text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path, or the address."""
        is_url = isinstance(value, str) and "://" in value
        return value if is_url else super().convert(value, param, ctx)


COLUMNS = (
    patient_file(
        "--columns",
        metavar="COLUMNS.toml",
        help="File that maps the columns and terms of a table to those of this program.",
    ),
    patient_option(
        "--column",
        multiple=True,
        metavar="NAME=COLUMN",
        help="Map one column, such as 'Thrombozyten (G/l)=platelets [10*9/L]'; may be repeated.",
    ),
    patient_option(
        "--ignore-column",
        multiple=True,
        metavar="NAME",
        help="Do not read this column of a table; may be repeated.",
    ),
)
CELL_UNKNOWN = partial(patient_option, "--cell-unknown", is_flag=True)
EARLIER = patient_file(
    "--earlier",
    multiple=True,
    metavar="CASE.toml",
    help="Case file of a previous scan, for growth; may be repeated.",
)

PORT = partial(click.option, "--port", type=click.IntRange(*BOUNDS["port"]), metavar="N")
ENGINE = partial(click.option, "--engine", metavar="NAME|ENGINE.toml")
ACCEPT = click.option("--accept-licence", is_flag=True, help="Accept the licence of the engine.")
ENGINE_LOG = output_file(
    "--engine-log", metavar="FILE", help="Write the messages of the engine to a file."
)


def with_options(*options: ClickOption) -> ClickOption:
    """Add options to a command, in the order of its help."""
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


CODE = "option.repeated"


def require_once(command: click.Command, args: Sequence[str], parent: click.Context) -> None:
    """Refuse a repeated option with a single value, for a command or its subcommand.

    A repeated flag is harmless. A command line that cannot be parsed is left to the command.

    Raises `InputRefused`: `option.repeated`, with the option.
    """
    context = click.Context(command, parent=parent, info_name=command.name)
    try:
        _, rest, order = command.make_parser(context).parse_args(list(args))
    except click.UsageError:
        return
    if any(param.is_eager for param in order):  # help
        return
    _refuse_repeated([param for param in order if isinstance(param, click.Option)])
    if isinstance(command, click.Group) and rest:
        within = command.get_command(context, rest[0])
        if within is not None:
            require_once(within, rest[1:], context)


def _refuse_repeated(given: Sequence[click.Option]) -> None:
    for name, count in Counter(param.name for param in given).items():
        ways = list(dict.fromkeys(param for param in given if param.name == name))
        option, *others = (param.opts[-1] for param in ways)
        if others:  # alternatives, such as --named and --all
            reason, remedy = f"cannot be combined with {option}", "give only one of them"
            raise InputRefused(CODE, others[0], reason, remedy)
        if count > 1 and not _may_be_repeated(ways[0]):
            reason = f"was given {'twice' if count == 2 else f'{count} times'}"
            raise InputRefused(CODE, option, reason, _remedy(ways[0]))


def _may_be_repeated(option: click.Option) -> bool:
    return option.multiple or option.count or (option.is_flag and not option.secondary_opts)


def _remedy(option: click.Option) -> str:
    if isinstance(option.type, click.Path):
        return "give one file or folder; combine several files first"
    return "give it once"
