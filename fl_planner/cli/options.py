"""Options that several commands share, and the request that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.basis.errors import InputRefused
from fl_planner.cli.file_names import list_given

if TYPE_CHECKING:
    from fl_planner.intake.reading.masks import MaskFiles
    from fl_planner.intake.request.request import Request
    from fl_planner.liver.territory import Territory
    from fl_planner.planning.given.case import InputFile
    from fl_planner.trials.statements import Stated

Command = Callable[..., Any]
File = click.Path(path_type=Path)  # what it is, and whether it is there, the reader says
UNKNOWN = "unknown"  # not on file, whatever a file says
STATES = {"yes": True, "no": False, UNKNOWN: None}
YES_NO_UNKNOWN = click.Choice([*STATES])

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
QUIET = click.option("--quiet", is_flag=True, help="No progress, and no hints beside the result.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Show mere information too.")
FORCE = click.option("--force", is_flag=True, help="Replace outputs that exist.")
PICTURE = click.option(
    "--picture", type=File, metavar="FILE.png", help="Draw three cuts and the numbers."
)
PROFILES = partial(
    click.option,
    "--profile",
    type=click.Choice(["shareable", "clinical"]),
    default="shareable",
    show_default=True,
)
PROFILE = PROFILES(help="Clinical adds the scan's date and the label of the case file.")
SIZE_LIMIT = click.option(
    "--size-limit",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="GIB",
    help="Largest file to unpack.",
)


def _file(option: str, words: str, *, multiple: bool = False) -> Callable[[Command], Command]:
    return click.option(option, type=File, metavar="FILE", help=words, multiple=multiple)


def _yes_no(option: str, words: str) -> Callable[[Command], Command]:
    return click.option(option, type=YES_NO_UNKNOWN, metavar="yes|no|unknown", help=words)


AS_OF = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Judging date, from which ages are counted.",
)
CENTRE = _file("--centre", "CENTRE.toml: which trials recruit here.")
TRIALS = click.option(
    "--trials", type=File, metavar="DIR", help="Folder of more trials, one TOML file each."
)
SECOND_READER = click.option(
    "--second-reader",
    multiple=True,
    metavar="NAME=FILE",
    help="flr, liver, tumour by a second reader: their difference makes the interval.",
)
TUMOUR = _file(
    "--tumour",
    "All lesions, or again for each file of some; an empty mask says that there is none.",
    multiple=True,
)
MASKS = (
    _file("--liver", "Liver mask, with or without the tumour in it."),
    _file("--flr", "Future liver remnant, drawn."),
    _file("--resected", "Part to be removed; the remnant is the rest."),
    TUMOUR,
    click.option("--no-tumour", is_flag=True, help="There is no tumour."),
    _file("--treated", "Area to be radioembolised, with its margin."),
    click.option("--treated-segments", metavar="LIST", help="Or by segments, such as 5,8."),
    click.option(
        "--treat-tumour", is_flag=True, help="Or the tumour and the segments that it occupies."
    ),
    click.option("--treated-margin-mm", metavar="MM", help="Liver around these, treated too."),
    click.option(
        "--exclude",
        multiple=True,
        metavar="NAME=FILE",
        help="Cyst, cavity, gallbladder, IVC ...; files of one name are united.",
    ),
    _file(
        "--labelmap",
        "Couinaud segments as 1 to 8, unless --scheme says other; or a folder of them.",
    ),
    click.option("--scheme", metavar="NAME", help="What a label map's numbers mean: lits, ..."),
    _file("--ct", "CT: asked whether it shows the liver there; drawn under the outlines."),
    click.option("--remnant-segments", metavar="LIST", help="Segments that remain, such as 2,3."),
    click.option(
        "--absent-segment", multiple=True, metavar="N", help="Segment that the patient lacks."
    ),
    click.option(
        "--gaps-to-nearest",
        is_flag=True,
        help="Give liver in no segment of the label map to the nearest one.",
    ),
    click.option("--resample", is_flag=True, help="Bring masks of other grids onto the finest."),
    SIZE_LIMIT,
)
FACTS = (
    click.option(
        "--diagnosis",
        type=click.Choice([*DIAGNOSES]),
        help="Colorectal liver metastases, hepatocellular carcinoma, or neither.",
    ),
    _yes_no("--chemo-damage", "A clinician says that chemotherapy damaged the liver."),
    _yes_no("--liver-disease", "Liver disease other than the tumours."),
    _yes_no("--cirrhosis", "Cirrhosis of the liver."),
    _yes_no("--portal-hypertension", "A clinician says that it is significant."),
    click.option("--flr-function", metavar="N", help="Mebrofenin uptake of the FLR, %/min/m2."),
    click.option("--lung-dose", metavar="GY", help="Lung dose in Gy when the tumour gets 150 Gy."),
    _file("--facts", "FACTS.json: more of what is known."),
    AS_OF,
    CENTRE,
)
BODY = (
    click.option("--height-cm", metavar="CM", help="Height of the patient, in cm."),
    click.option("--weight-kg", metavar="KG", help="Weight of the patient, in kg."),
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
    options = _options_alone(given)
    if case_file is None:
        return options
    from fl_planner.intake.documents.case_file import (
        read_case_file,  # large, and needed for these only
    )

    return read_case_file(case_file).overlaid(options)


def _options_alone(given: dict[str, Any]) -> Request:
    from fl_planner.intake.reading.second_reader import parse_second_reader
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.given.case import Operation

    segments = parse_segment_list("--remnant-segments", given["remnant_segments"])
    as_of = given.get("as_of")
    stated, facts_file = _stated(given)
    return Request(
        files=_mask_files(given),
        ct=given.get("ct"),
        diagnosis=given.get("diagnosis"),
        operations=(Operation(None, segments),) if segments else (),
        stated=stated,
        facts_file=facts_file,
        withdrawn=_withdrawn(given),
        as_of=as_of.date() if as_of else None,
        centre=given.get("centre"),
        second_reader=parse_second_reader(given.get("second_reader", ())),
        territory=_territory(given),
        height_cm=_size("height_cm", given.get("height_cm")),
        weight_kg=_size("weight_kg", given.get("weight_kg")),
        written=list_given(given),
    )


def _mask_files(given: dict[str, Any]) -> MaskFiles:
    from fl_planner.intake.reading.masks import MaskFiles
    from fl_planner.liver.names.structures import ROLES

    absent = [parse_segment_list("--absent-segment", entry) for entry in given["absent_segment"]]
    return MaskFiles(
        masks={role: given[role] for role in ROLES if given[role]},
        excluded=_excluded(given["exclude"]),
        label_map=given["labelmap"],
        scheme=given["scheme"],
        absent_segments=frozenset(name for names in absent for name in names),
        no_tumour=given["no_tumour"],
        resample=given["resample"],
        gaps_to_nearest=given["gaps_to_nearest"],
    )


def _territory(given: dict[str, Any]) -> Territory | None:
    """Read what is to be treated, where it is told in words."""
    keys = ("treated_segments", "treat_tumour", "treated_margin_mm")
    if not any(given.get(key) for key in keys):
        return None
    from fl_planner.liver.territory import Territory

    segments = parse_segment_list("--treated-segments", given["treated_segments"])
    margin = given["treated_margin_mm"]
    margin_mm = 0.0 if margin is None else float(parse_decimal("treated_margin_mm", margin))
    return Territory(segments, given["treat_tumour"], margin_mm)


def _size(option: str, text: str | None) -> Fraction | None:
    """Read height or weight, within what adults have."""
    from fl_planner.patient.body_size import parse_height, parse_weight

    parse = {"height_cm": parse_height, "weight_kg": parse_weight}[option]
    return None if text is None else parse(parse_decimal(option, text))


def parse_segment_list(option: str, text: str | None) -> tuple[str, ...]:
    """Read a list of Couinaud segments; none where the option was not given."""
    from fl_planner.liver.names.numerals import ACCEPTED, parse_segments

    if text is None:
        return ()
    names, wrong = parse_segments(text.split(","))
    if wrong:
        reason = f"{', '.join(repr(name.strip()) for name in wrong)} is no segment"
        raise InputRefused("usage.wrong", option, reason, f"name some of {ACCEPTED}")
    return names


def _excluded(entries: Iterable[str]) -> dict[str, tuple[Path, ...]]:
    """Gather the files of each excluded structure."""
    files: dict[str, tuple[Path, ...]] = {}
    for entry in entries:
        name, path = _named_file(entry)
        files[name] = (*files.get(name, ()), path)
    return files


def _named_file(entry: str) -> tuple[str, Path]:
    name, equals, path = entry.partition("=")
    if not (name and equals and path):
        reason = f"{entry!r} names no structure and file"
        raise InputRefused("usage.wrong", "--exclude", reason, "write --exclude cyst=cyst.nii.gz")
    return name, Path(path)


def _stated(given: dict[str, Any]) -> tuple[Stated, InputFile | None]:
    """Lay the single options over the file of facts, and name that file."""
    from fl_planner.intake.documents.facts_file import read_facts_file, refuse_all
    from fl_planner.intake.request.request import without
    from fl_planner.trials.statements import Stated, parse_stated

    table: dict[str, object] = {}
    for option, key in YES_NO_FACTS.items():
        if given.get(option) is not None:
            table[key] = STATES[given[option]]
    for option, (key, unit) in QUANTITY_FACTS.items():
        if given.get(option) is not None:
            table[key] = {"value": parse_decimal(option, given[option]), "unit": unit}
    stated, errors = parse_stated(table)
    refuse_all(errors, "command line")
    path = given.get("facts")
    of_file, file = read_facts_file(path) if path else (Stated(), None)
    return without(of_file, _withdrawn(given)).overlaid(stated), file


def _withdrawn(given: dict[str, Any]) -> frozenset[str]:
    """Keys of facts that an option calls unknown, whatever a file says."""
    return frozenset(key for option, key in YES_NO_FACTS.items() if given.get(option) == UNKNOWN)


def parse_decimal(option: str, text: str) -> Decimal:
    """Read a number that was typed; refused naming its option."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        name = f"--{option.replace('_', '-')}"
        raise InputRefused("usage.wrong", name, f"{text!r} is no number", "write 2.9") from error
