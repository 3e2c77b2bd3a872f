"""Options that several commands share: given once, and laid over settings."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.findings import InputRefused
from fl_planner.cli.usage import IMAGES, OUTPUT, PATIENT, HeadedOption, parse_day

Command = Callable[..., Any]
File = click.Path(path_type=Path, readable=False)  # what it is, and if it is there: its reader
YES_NO_UNKNOWN = click.Choice(["yes", "no", "unknown"], case_sensitive=False)
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
SCHEME = image_option("--scheme", metavar="NAME", help="What a label map's numbers mean: lits, ...")
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
DIAGNOSIS = patient_option(
    "--diagnosis",
    type=click.Choice([*DIAGNOSES], case_sensitive=False),
    help="Colorectal liver metastases, hepatocellular carcinoma, or neither.",
)
PROFILES = partial(
    output_option,
    "--profile",
    type=click.Choice(["shareable", "clinical"]),
    default="shareable",
    show_default=True,
)
PROFILE = PROFILES(help="Clinical adds the scan's date and the label of the case file.")


def _widen_bounds(ctx: click.Context, _: click.Parameter, gib: int) -> int:
    """Let a process of ours take more where larger files are taken."""
    if ctx.obj is not None and gib > 1:
        ctx.obj.widen(size_limit=gib)
    return gib


SIZE_LIMIT = image_option(
    "--size-limit",
    type=click.IntRange(1, 64),
    callback=_widen_bounds,
    default=1,
    show_default=True,
    metavar="GIB",
    help="Largest file to unpack; memory and time that a command may take grow with it.",
)


def file_option(option: str, words: str, *, multiple: bool = False) -> Callable[[Command], Command]:
    """Make an option that names an image."""
    return image_option(option, type=File, metavar="FILE", help=words, multiple=multiple)


def _yes_no(option: str, words: str) -> Callable[[Command], Command]:
    return patient_option(option, type=YES_NO_UNKNOWN, metavar="yes|no|unknown", help=words)


DAYS = partial(patient_option, "--as-of", callback=parse_day, metavar="YYYY-MM-DD")
AS_OF = DAYS(help="Judging date, from which ages are counted.")
CENTRE = patient_option(
    "--centre", type=File, metavar="FILE", help="CENTRE.toml: which trials recruit here."
)
TRIALS = patient_option(
    "--trials", type=File, metavar="DIR", help="Folder of more trials, one TOML file each."
)
SECOND_READER = image_option(
    "--second-reader",
    multiple=True,
    metavar="NAME=FILE",
    help="flr, liver, tumour by a second reader: their difference makes the interval.",
)
TUMOUR = file_option(
    "--tumour",
    "All lesions, or again for each file of some; an empty mask says that there is none.",
    multiple=True,
)
PLACE_FRAME = image_option(
    "--place-frame",
    type=click.Choice(["RAS", "LPS"], case_sensitive=False),
    default="RAS",
    show_default=True,
    help="Frame of places in mm: RAS, x to the right and y to the front; or LPS.",
)
CASE_MASKS = (
    file_option("--liver", "Liver mask, with or without the tumour in it."),
    file_option("--flr", "Future liver remnant, drawn."),
    file_option("--resected", "Part to be removed; the remnant is the rest."),
    TUMOUR,
    image_option("--no-tumour", is_flag=True, help="There is no tumour."),
    file_option("--treated", "Area to be radioembolised, with its margin."),
    image_option("--treated-segments", metavar="LIST", help="Or by segments, such as 5,8."),
    image_option(
        "--treat-tumour", is_flag=True, help="Or the tumour and the segments that it occupies."
    ),
    image_option("--treated-margin-mm", metavar="MM", help="Liver around these, treated too."),
    image_option(
        "--exclude",
        multiple=True,
        metavar="NAME=FILE",
        help="Cyst, cavity, gallbladder, IVC ...; files of one name are united.",
    ),
    image_option(
        "--vessel",
        multiple=True,
        metavar="NAME=FILE",
        help="portal_veins, left_hepatic_vein, IVC ...; files of one name are united. NAME#2 is "
        "label 2 of a file.",
    ),
    image_option("--portal-root", metavar="X,Y,Z", help="Where portal blood enters, in mm."),
    image_option("--hepatic-root", metavar="X,Y,Z", help="Where hepatic veins end, in mm."),
    image_option(
        "--cut",
        multiple=True,
        metavar="TREE=PLACE",
        help="Branch that is cut: portal=x,y,z in mm, at most 5 mm from the vessel, or "
        "hepatic=middle_hepatic_vein.",
    ),
    PLACE_FRAME,
    file_option(
        "--labelmap",
        "Couinaud segments as 1 to 8, unless --scheme says other; or a folder of them.",
    ),
    SCHEME,
    file_option("--ct", "CT: asked whether it shows the liver there; drawn under the outlines."),
    image_option("--remnant-segments", metavar="LIST", help="Segments that remain: 2,3 or 2-4."),
    image_option(
        "--plane",
        multiple=True,
        metavar="PLANE",
        help='Cut, in mm: "x,y,z;a,b,c", a point and a normal to what stays, or three points, '
        "anticlockwise seen from what stays.",
    ),
    image_option(
        "--wedge",
        metavar="LIST",
        help="Lesions that go with a margin: 1,3 or all. The remnant is what all cuts leave.",
    ),
    image_option(
        "--wedge-margin-mm", metavar="MM", help="Of wedges; the clearing margin unless told."
    ),
    image_option(
        "--clearing-margin-mm",
        metavar="MM",
        help="Liver cleared around lesions left in the remnant; 10 unless told.",
    ),
    image_option(
        "--absent-segment", multiple=True, metavar="N", help="Segment that the patient lacks."
    ),
    image_option(
        "--gaps-to-nearest",
        is_flag=True,
        help="Give liver in no segment of the label map to the nearest one.",
    ),
)
MASKS = (
    *CASE_MASKS,
    image_option("--resample", is_flag=True, help="Bring masks of other grids onto the finest."),
    SIZE_LIMIT,
)
FACTS = (
    DIAGNOSIS,
    _yes_no("--chemo-damage", "A clinician says that chemotherapy damaged the liver."),
    _yes_no("--liver-disease", "Liver disease other than the tumours."),
    _yes_no("--cirrhosis", "Cirrhosis of the liver."),
    _yes_no("--portal-hypertension", "A clinician says that it is significant."),
    _yes_no("--prior-embolisation", "PVE, HVE or both before this scan; PVL counts as PVE."),
    patient_option(
        "--flr-of-nontumorous-liver",
        metavar="PERCENT",
        help="FLR % of a report, tumour not counted; not measured here.",
    ),
    patient_option(
        "--flr-of-whole-liver", metavar="PERCENT", help="Or one of the liver with its tumour."
    ),
    patient_option("--flr-function", metavar="N", help="Mebrofenin uptake of the FLR, %/min/m2."),
    patient_option("--lung-dose", metavar="GY", help="Lung dose, Gy, when the tumour gets 150 Gy."),
    patient_option("--facts", type=File, metavar="FILE", help="FACTS.json: more of what is known."),
    AS_OF,
    CENTRE,
)
SPLEEN = file_option("--spleen", "Spleen, beside the liver: shown, and no answer rests on it.")
BODY = (
    patient_option("--height-cm", metavar="CM", help="Height of the patient, in cm."),
    patient_option("--weight-kg", metavar="KG", help="Weight of the patient, in kg."),
)


EARLIER = patient_option(
    "--earlier",
    multiple=True,
    metavar="CASE.toml",
    type=File,
    help="Case file of an earlier scan, for growth; may be given again.",
)


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
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


OFF = "FL_PLANNER_NO_SETTINGS"  # of the environment
KEYS = {"centre", "trials", "size_limit", "profile", "semicolons", "bom"}
NO_SETTINGS = click.option(
    "--no-settings", is_flag=True, help=f"Read no fl-planner.toml; as {OFF}=1 does."
)
LEFT_ALONE = {"settings": KEYS, "verify": {"centre", "trials", "profile"}}


def are_read(ctx: click.Context) -> bool:
    """Whether settings are read: neither option nor environment forbids it."""
    return not (ctx.find_root().params.get("no_settings") or os.environ.get(OFF, "0") != "0")


def lay_settings(command: click.Command, args: Sequence[str], ctx: click.Context) -> None:
    """Give a command the settings as its defaults, and tell on stderr which of them it has.

    `verify` has none that an output rests on: it takes the options that the output was made with.

    Raises `InputRefused`: where a settings file cannot be read, or loosens what the user set.
    """
    if not are_read(ctx):
        return
    path, leaf, typed, order = _find_leaf(command, args, ctx)
    names = {one.name for one in leaf.params} & KEYS - LEFT_ALONE.get(path[0], set())
    if not names or any(one.is_eager for one in order):
        return
    from fl_planner.workup.settings import find_settings, require_no_loosening

    given = [one for one in leaf.params if isinstance(one, click.Argument)]
    files = [one for one in given if isinstance(one.type, click.Path)]
    said = find_settings([*_paths(typed.get(str(one.name)) for one in files)])
    laid: dict[str, Any] = {
        key: places[0].value for key, places in said.items() if key in names and key not in typed
    }
    if not laid:
        return
    require_no_loosening(said, laid)
    nested: dict[str, Any] = laid
    for name in reversed(path):
        nested = {name: nested}
    ctx.default_map = nested
    if not typed.get("quiet"):
        _tell({key: said[key][0] for key in laid})


def _tell(laid: Mapping[str, Any]) -> None:
    from fl_planner.cli.output import say_aside
    from fl_planner.record.files.settings import ORIGINS

    for origin in ("project", "user"):
        mine = [f"{key} {one.told}" for key, one in laid.items() if one.origin == origin]
        if mine:
            say_aside(f"settings: {', '.join(mine)} ({ORIGINS[origin]})")


def _paths(given: Any) -> list[Path]:
    """List the paths that stand in arguments, one or several in each."""
    found: list[Path] = []
    for one in given:
        entries = one if isinstance(one, tuple | list) else (one,)
        found += [Path(entry) for entry in entries if isinstance(entry, str | Path)]
    return found


def _find_leaf(
    command: click.Command, args: Sequence[str], parent: click.Context
) -> tuple[list[str], click.Command, dict[str, Any], list[click.Parameter]]:
    """Find the command that is meant below a group, and what was typed; words are not yet read."""
    context = click.Context(command, parent=parent, info_name=command.name)
    try:
        typed, rest, order = command.make_parser(context).parse_args(list(args))
    except click.UsageError:
        return [str(command.name)], click.Command(None), {}, []  # it will say what is wrong
    if isinstance(command, click.Group) and rest:
        inner = command.get_command(context, rest[0])
        if inner is not None:
            path, leaf, words, told = _find_leaf(inner, rest[1:], context)
            return [str(command.name), *path], leaf, words, told
    return [str(command.name)], command, dict(typed), list(order)
