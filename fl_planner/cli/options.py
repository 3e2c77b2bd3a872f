"""Options that several commands share."""

from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.diagnoses import DIAGNOSES

Command = Callable[..., Any]
File = click.Path(path_type=Path)  # what it is, and whether it is there, the reader says
YES_NO_UNKNOWN = click.Choice(["yes", "no", "unknown"])

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
QUIET = click.option("--quiet", is_flag=True, help="No progress, and no hints beside the result.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Show mere information too.")
FORCE = click.option("--force", is_flag=True, help="Replace outputs that exist.")
PRINTED = (AS_JSON, QUIET, VERBOSE)
PICTURES = partial(click.option, "--picture", type=File, metavar="FILE.png")
SCHEME = click.option("--scheme", metavar="NAME", help="What a label map's numbers mean: lits, ...")
DIAGNOSIS = click.option(
    "--diagnosis",
    type=click.Choice([*DIAGNOSES]),
    help="Colorectal liver metastases, hepatocellular carcinoma, or neither.",
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


def file_option(option: str, words: str, *, multiple: bool = False) -> Callable[[Command], Command]:
    """Make an option that names a file."""
    return click.option(option, type=File, metavar="FILE", help=words, multiple=multiple)


def _yes_no(option: str, words: str) -> Callable[[Command], Command]:
    return click.option(option, type=YES_NO_UNKNOWN, metavar="yes|no|unknown", help=words)


DAYS = partial(
    click.option,
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=lambda _, __, moment: moment and moment.date(),
    metavar="YYYY-MM-DD",
)
AS_OF = DAYS(help="Judging date, from which ages are counted.")
CENTRE = file_option("--centre", "CENTRE.toml: which trials recruit here.")
TRIALS = click.option(
    "--trials", type=File, metavar="DIR", help="Folder of more trials, one TOML file each."
)
SECOND_READER = click.option(
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
MASKS = (
    file_option("--liver", "Liver mask, with or without the tumour in it."),
    file_option("--flr", "Future liver remnant, drawn."),
    file_option("--resected", "Part to be removed; the remnant is the rest."),
    TUMOUR,
    click.option("--no-tumour", is_flag=True, help="There is no tumour."),
    file_option("--treated", "Area to be radioembolised, with its margin."),
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
    file_option(
        "--labelmap",
        "Couinaud segments as 1 to 8, unless --scheme says other; or a folder of them.",
    ),
    SCHEME,
    file_option("--ct", "CT: asked whether it shows the liver there; drawn under the outlines."),
    click.option("--remnant-segments", metavar="LIST", help="Segments that remain, such as 2,3."),
    click.option(
        "--clearing-margin-mm",
        metavar="MM",
        help="Liver cleared around lesions left in the remnant; 10 unless told.",
    ),
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
    DIAGNOSIS,
    _yes_no("--chemo-damage", "A clinician says that chemotherapy damaged the liver."),
    _yes_no("--liver-disease", "Liver disease other than the tumours."),
    _yes_no("--cirrhosis", "Cirrhosis of the liver."),
    _yes_no("--portal-hypertension", "A clinician says that it is significant."),
    _yes_no("--prior-embolisation", "PVE, HVE or both before this scan; PVL counts as PVE."),
    click.option("--flr-function", metavar="N", help="Mebrofenin uptake of the FLR, %/min/m2."),
    click.option("--lung-dose", metavar="GY", help="Lung dose in Gy when the tumour gets 150 Gy."),
    file_option("--facts", "FACTS.json: more of what is known."),
    AS_OF,
    CENTRE,
)
SPLEEN = file_option("--spleen", "Spleen, beside the liver: shown, and no answer rests on it.")
BODY = (
    click.option("--height-cm", metavar="CM", help="Height of the patient, in cm."),
    click.option("--weight-kg", metavar="KG", help="Weight of the patient, in kg."),
)


EARLIER = click.option(
    "--earlier",
    multiple=True,
    metavar="CASE.toml",
    type=File,
    help="Case file of an earlier scan, for growth; may be given again.",
)


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command these options, in this order of its help."""
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)
