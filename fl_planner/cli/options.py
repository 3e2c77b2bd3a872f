"""Options that several commands share, and the request that they make."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused

if TYPE_CHECKING:
    from fl_planner.intake.request import Request
    from fl_planner.trials.stated import Stated

Command = Callable[..., Any]
File = click.Path(path_type=Path)  # what it is, and whether it is there, the reader says
UNKNOWN = "unknown"  # not on file, whatever a file says
STATES = {"yes": True, "no": False, UNKNOWN: None}
YES_NO_UNKNOWN = click.Choice([*STATES])

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
QUIET = click.option("--quiet", is_flag=True, help="No hints on stderr.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Show findings of severity info too.")
FORCE = click.option("--force", is_flag=True, help="Replace an output that exists.")
PICTURE = click.option("--picture", type=File, metavar="FILE.png", help="Draw three cuts.")
PROFILE = click.option(
    "--profile",
    type=click.Choice(["shareable", "clinical"]),
    default="shareable",
    show_default=True,
    help="Clinical adds the dates and the label of the case file.",
)

SIZE_LIMIT = click.option("--size-limit", type=click.IntRange(1, 64), default=1, show_default=True,
                 metavar="GIB", help="Largest mask, unpacked.")  # fmt: skip

MASKS = (
    click.option("--liver", type=File, help="Liver mask, with or without the tumour in it."),
    click.option("--flr", type=File, help="Future liver remnant, drawn."),
    click.option("--resected", type=File, help="Part to be removed; the remnant is the rest."),
    click.option("--tumour", type=File, help="All lesions; an empty mask says there is none."),
    click.option("--no-tumour", is_flag=True, help="There is no tumour."),
    click.option("--treated", type=File, help="Territory of a radioembolisation, with margin."),
    click.option(
        "--exclude", multiple=True, metavar="NAME=FILE", help="Cyst, cavity, gallbladder ..."
    ),
    click.option("--labelmap", type=File, help="Label map; Couinaud 1-8 unless --scheme says so."),
    click.option("--scheme", help="What a label map's numbers mean (couinaud, lits, ...)."),
    click.option("--remnant-segments", metavar="LIST", help="Segments that remain, such as 2,3."),
    click.option("--absent-segment", multiple=True, metavar="N", help="Segment that is not there."),
    click.option("--resample", is_flag=True, help="Bring masks of other grids onto the finest."),
    SIZE_LIMIT,
)  # fmt: skip
FACTS = (
    click.option("--ct", type=File, help="CT under the outlines."),
    click.option("--diagnosis", type=click.Choice(["crlm", "hcc", "other"])),
    click.option("--chemo-damage", type=YES_NO_UNKNOWN, help="Of the liver, by a clinician."),
    click.option("--liver-disease", type=YES_NO_UNKNOWN, help="Underlying liver disease."),
    click.option("--cirrhosis", type=YES_NO_UNKNOWN),
    click.option("--portal-hypertension", type=YES_NO_UNKNOWN, help="Clinically significant."),
    click.option("--flr-function", metavar="N", help="99mTc-mebrofenin, in %/min/m2."),
    click.option("--lung-dose", metavar="GY", help="At 150 Gy to the tumour, in Gy."),
    click.option("--facts", type=File, help="FACTS.json: more of what is known."),
    click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Judging date."),
)
YES_NO_FACTS = {
    "chemo_damage": "chemo_liver_damage",
    "liver_disease": "underlying_liver_disease",
    "cirrhosis": "cirrhosis",
    "portal_hypertension": "portal_hypertension",
}
QUANTITY_FACTS = {"flr_function": ("flr_function", "%/min/m2"), "lung_dose": ("lung_dose", "Gy")}


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command these options, in this order of its help."""
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


def make_request(case_file: Path | None, given: dict[str, Any]) -> Request:
    """Make the request of a case file, of options, or of both; options go before the file."""
    from fl_planner.intake.casefile import read_case_file

    options = _options_alone(given)
    return options if case_file is None else read_case_file(case_file).overlaid(options)


def _options_alone(given: dict[str, Any]) -> Request:
    from fl_planner.intake.masks import ROLES, MaskFiles
    from fl_planner.intake.request import Request
    from fl_planner.planning.case import Operation

    segments = _listed(given["remnant_segments"])
    as_of = given.get("as_of")
    return Request(
        files=MaskFiles(
            masks={role: given[role] for role in ROLES if given[role] is not None},
            excluded=dict(_named_file(entry) for entry in given["exclude"]),
            label_map=given["labelmap"],
            scheme=given["scheme"],
            absent_segments=frozenset(given["absent_segment"]),
            no_tumour=given["no_tumour"],
            resample=given["resample"],
        ),
        ct=given.get("ct"),
        diagnosis=given.get("diagnosis"),
        operations=(Operation(None, segments),) if segments else (),
        stated=_stated(given),
        withdrawn=frozenset(
            key for option, key in YES_NO_FACTS.items() if given.get(option) == UNKNOWN
        ),
        as_of=as_of.date() if as_of else None,
    )


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text else ()


def _named_file(entry: str) -> tuple[str, Path]:
    name, equals, path = entry.partition("=")
    if not (name and equals and path):
        reason = f"{entry!r} names no structure and file"
        raise InputRefused("usage.wrong", "--exclude", reason, "write --exclude cyst=cyst.nii.gz")
    return name, Path(path)


def _stated(given: dict[str, Any]) -> Stated:
    """Lay the single options over the file of facts."""
    from fl_planner.intake.factsfile import read_facts, refuse_all
    from fl_planner.trials.stated import Stated, parse_stated

    table: dict[str, object] = {}
    for option, key in YES_NO_FACTS.items():
        if given.get(option) is not None:
            table[key] = STATES[given[option]]
    for option, (key, unit) in QUANTITY_FACTS.items():
        if given.get(option) is not None:
            table[key] = {"value": _decimal(option, given[option]), "unit": unit}
    stated, errors = parse_stated(table)
    refuse_all(errors, "command line")
    path = given.get("facts")
    return (read_facts(path) if path else Stated()).overlaid(stated)


def _decimal(option: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        name = f"--{option.replace('_', '-')}"
        raise InputRefused("usage.wrong", name, f"{text!r} is no number", "write 2.9") from error
