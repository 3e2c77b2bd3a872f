"""Options that several commands share: given once, and laid over settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.defaults import BOUNDS, DEFAULTS, PROFILES
from fl_planner.basis.findings import InputRefused
from fl_planner.cli.usage import IMAGES, OUTPUT, PATIENT, HeadedOption, parse_day

Command = Callable[..., Any]
ClickOption = Callable[[Command], Command]
File = click.Path(path_type=Path, readable=False)  # what it is, and if it is there: its reader
image_option = partial(click.option, cls=HeadedOption, heading=IMAGES)
patient_option = partial(click.option, cls=HeadedOption, heading=PATIENT)
output_option = partial(click.option, cls=HeadedOption, heading=OUTPUT)

AS_JSON = output_option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
QUIET = output_option("--quiet", is_flag=True, help="No progress, and no hints beside the result.")
VERBOSE = output_option("-v", "--verbose", is_flag=True, help="Show mere information too.")
FORCE = output_option("--force", is_flag=True, help="Replace outputs that exist.")
EXIT_CODES = partial(output_option, "--exit-code", is_flag=True)
PRINTED = (AS_JSON, QUIET, VERBOSE)
PICTURES = partial(output_option, "--picture", type=File, metavar="FILE.png|.svg|.pdf")
TABLES = (
    output_option("--semicolons/--commas", help="Tables with semicolons and decimal commas."),
    output_option(
        "--bom/--no-bom", help="Tables with a byte-order mark, by which Excel knows UTF-8."
    ),
)
WORKBOOK = output_option(
    "--xlsx", type=File, metavar="FILE.xlsx", help="Write the table of --csv as a workbook."
)
TABLE_FILES = (
    WORKBOOK,
    output_option(
        "--lesions-csv", type=File, metavar="FILE", help="Write a table of the lesions, a row each."
    ),
    output_option(
        "--resections-csv",
        type=File,
        metavar="FILE",
        help="Write a table of the resections that have a name; FILE.xlsx is a workbook.",
    ),
)
PROFILE_OPTION = partial(
    output_option,
    "--profile",
    type=click.Choice(PROFILES),
    default=DEFAULTS["profile"],
    show_default=True,
)
PROFILE = PROFILE_OPTION(help="Clinical adds the scan's date and the label of the case file.")


def _widen_bounds(ctx: click.Context, _: click.Parameter, gib: int) -> int:
    """Let a process of ours take more where larger files are taken."""
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
    help="Largest file to unpack; memory and time that a command may take grow with it.",
)


DAYS = partial(patient_option, "--as-of", callback=parse_day, metavar="YYYY-MM-DD")
AS_OF = DAYS(help="Assessment date, from which ages are counted.")
TRIALS = patient_option(
    "--trials", type=File, metavar="DIR", help="Folder of more trials, one TOML file each."
)


EARLIER = patient_option(
    "--earlier",
    multiple=True,
    metavar="CASE.toml",
    type=File,
    help="Case file of an earlier scan, for growth; may be given again.",
)


def with_options(*options: ClickOption) -> ClickOption:
    """Give a command these options, in this order of its help."""
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


CODE = "option.repeated"


def require_once(command: click.Command, args: Sequence[str], parent: click.Context) -> None:
    """Refuse an option that holds one value and was given twice, to a command or one of its own.

    A flag that is said again says nothing else. What cannot be parsed is left to the command.

    Raises `InputRefused`: `option.repeated`, naming the option.
    """
    context = click.Context(command, parent=parent, info_name=command.name)
    try:
        _, rest, order = command.make_parser(context).parse_args(list(args))
    except click.UsageError:
        return
    if any(one.is_eager for one in order):  # help
        return
    _refuse_repeated([one for one in order if isinstance(one, click.Option)])
    if isinstance(command, click.Group) and rest:
        within = command.get_command(context, rest[0])
        if within is not None:
            require_once(within, rest[1:], context)


def _refuse_repeated(given: Sequence[click.Option]) -> None:
    times = Counter(one.name for one in given)
    for name, count in times.items():
        ways = list(dict.fromkeys(one for one in given if one.name == name))
        option, *others = (one.opts[-1] for one in ways)
        if others:  # two words for one thing, as --named and --all
            reason, remedy = f"was given beside {option}", "give one of them"
            raise InputRefused(CODE, others[0], reason, remedy)
        if count > 1 and not _may_be_repeated(ways[0]):
            reason = f"was given {'twice' if count == 2 else f'{count} times'}"
            raise InputRefused(CODE, option, reason, _remedy(ways[0]))


def _may_be_repeated(option: click.Option) -> bool:
    return option.multiple or option.count or (option.is_flag and not option.secondary_opts)


def _remedy(option: click.Option) -> str:
    if isinstance(option.type, click.Path):
        return "give one file, or folder: what belongs together must be united before"
    return "give it once"
