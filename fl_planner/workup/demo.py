"""A plan of a bundled case, in a fresh folder beside you."""

import shutil
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.export.save import save
from fl_planner.intake.documents.samples import sample_case
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import PlanRecord
from fl_planner.workup.exports import Exports
from fl_planner.workup.plan import write_plan
from fl_planner.workup.request import read_request

NAME = "fl-planner-demo"


def plan_sample(case: str) -> tuple[PlanRecord, Path]:
    """Copy a bundled case into a new folder, plan it there, and give the record and the folder."""
    bundled = sample_case(case)
    folder = _fresh_folder()
    try:
        _copy(bundled, folder)
        request = read_request(folder / "case.toml")
        exports = Exports(picture=folder / "plan.png")
        exports.check(request)
        _, record = write_plan(request, exports)
        save(folder / "plan.json", f"{as_json(record)}\n".encode())
    except BaseException:  # also when interrupted: nothing half-made is left
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return record, folder


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
