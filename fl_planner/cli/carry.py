"""`fl-planner carry`: masks of one scan carried to another by registration, as drafts."""

from pathlib import Path
from typing import Any

import click

from fl_planner.cli.options import FORCE, PRINTED, SIZE_LIMIT, File, with_options
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say_record, say_table

EXAMPLES = """\b
Examples:
  fl-planner carry --from before.toml --to after.toml --out carried
  fl-planner carry --from before.toml --to after.toml --carry segments \\
    --out carried
  fl-planner carry --from arterial/ --from-mask liver=a.nii.gz \\
    --from-mask tumour=t.nii.gz --to portal/ --to-mask liver=p.nii.gz \\
    --rigid --out carried
"""
WANTED = ("out", "source_masks", "target_masks", "names", "rigid", "force", "size_limit")
OPTIONS = (
    click.option(
        "--from",
        "source",
        type=File,
        required=True,
        metavar="CASE.toml|CT",
        help="Scan that the masks were drawn on.",
    ),
    click.option(
        "--to",
        "target",
        type=File,
        required=True,
        metavar="CASE.toml|CT",
        help="Scan that they are carried onto, with its own liver.",
    ),
    click.option(
        "--from-mask",
        "source_masks",
        multiple=True,
        metavar="NAME=FILE",
        help="Beside a CT: liver, flr, resected, treated, tumour, labelmap, cyst ...",
    ),
    click.option(
        "--to-mask",
        "target_masks",
        multiple=True,
        metavar="NAME=FILE",
        help="Beside a CT: its liver, drawn on it.",
    ),
    click.option(
        "--carry",
        "names",
        multiple=True,
        metavar="NAME",
        help="Only this one: segments, flr, tumour ...; may be repeated.",
    ),
    click.option(
        "--rigid/--deformable",
        "rigid",
        default=False,
        help="Shift and turn only, or bend too; bends unless told.",
    ),
    click.option(
        "--out", type=File, required=True, metavar="FOLDER", help="A new folder for the masks."
    ),
    FORCE,
    SIZE_LIMIT,
    *PRINTED,
)


@click.command(epilog=EXAMPLES)
@with_options(*OPTIONS)
def carry(source: Path, target: Path, as_json: bool, **given: Any) -> None:
    """Carry masks from one scan to another by registration; each is a draft.

    Both livers have to be drawn: by them it is measured how well one scan lies on the other, and
    refused where that is not well enough. Every mask that is written bears the mark "carried, not
    drawn", which plan, volume and growth read and tell.
    """
    from fl_planner.workup.carry import Carrying, carry_masks

    wanted = Carrying(source, target, **{name: given[name] for name in WANTED})
    with showing("reading files", quiet=given["quiet"]):
        record = carry_masks(wanted)
    if as_json:
        say_record(record)
    else:
        from fl_planner.report.terminal.convert import carry_table

        say_table(carry_table, record, verbose=given["verbose"])
