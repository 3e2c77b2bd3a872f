"""`fl-planner demo`: a plan on a bundled case, in a fresh folder beside you."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import AS_JSON, QUIET, VERBOSE, with_options
from fl_planner.cli.plan import make_plan, shown
from fl_planner.cli.progress import showing
from fl_planner.cli.say import say

if TYPE_CHECKING:
    from rich.console import RenderableType

NAME = "fl-planner-demo"


@click.command()
@click.argument("case", type=click.Choice(["crlm", "hcc"]), default="crlm")
@with_options(AS_JSON, QUIET, VERBOSE)
def demo(case: str, as_json: bool, quiet: bool, verbose: bool) -> None:
    """Plan a bundled, invented case: metastases (crlm) or a large HCC (hcc).

    The case is copied into a new folder beside you, with its picture and plan.json; edit the
    copy and run `fl-planner plan` on it.
    """
    from fl_planner.export.save import save
    from fl_planner.intake.documents.case_file import read_case_file
    from fl_planner.intake.documents.samples import sample_case
    from fl_planner.record.base import as_json as written

    bundled = sample_case(case)
    folder = _fresh_folder()
    try:
        _copy(bundled, folder)
        request = read_case_file(folder / "case.toml")
        with showing("reading files", quiet=quiet):
            record = make_plan(request, picture=folder / "plan.png")
        save(folder / "plan.json", f"{written(record)}\n".encode())
    except BaseException:  # also when interrupted: nothing half-made is left
        shutil.rmtree(folder, ignore_errors=True)
        raise
    say(record, lambda told: _shown(told, folder.name, verbose=verbose), as_json=as_json)


def _shown(record: dict[str, Any], folder: str, *, verbose: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    told = (
        f"\nThe picture: {folder}/plan.png    the record: {folder}/plan.json\n"
        f"Again, by yourself: fl-planner plan {folder}/case.toml"
    )
    return Group(shown(record, verbose=verbose), Text(told))


def _fresh_folder() -> Path:
    """Make `fl-planner-demo`, or the first free `-2`, `-3` ... of it."""
    number = 1
    while True:
        folder = Path(NAME if number == 1 else f"{NAME}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise _unwritable(folder, error) from error
        return folder


def _copy(case: Path, folder: Path) -> None:
    """Copy the files of a case, not their modes: an installed package may be read-only."""
    try:
        for file in sorted(case.iterdir()):
            shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> InputRefused:
    reason = f"cannot be made here ({error.strerror})"
    remedy = "go to a folder that you may write to, with room for it"
    return InputRefused("output.unwritable", folder.name, reason, remedy)
