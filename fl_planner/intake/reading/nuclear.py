"""What nuclear medicine adds to a case: how its liver works, and what spheres would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding
from fl_planner.formats.stored.file import Limits
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import judge_identities
from fl_planner.space.image import Image

if TYPE_CHECKING:  # read where a case has it
    from fl_planner.function.inputs import Scintigraphy
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.intake.reading.scintigraphy import FunctionFiles
    from fl_planner.planning.given.dose_inputs import DoseGiven

Inputs = tuple[InputFile, ...]
Findings = tuple[Finding, ...]


def read_function(
    files: FunctionFiles | None, limits: Limits, masks: Inputs
) -> tuple[Scintigraphy | None, Inputs, Findings]:
    """Read a scintigraphy, and compare whose all files are."""
    if files is None or files.is_empty:
        return None, (), judge_identities(masks)
    from fl_planner.intake.reading.scintigraphy import for_patients, read_scintigraphy

    read = read_scintigraphy(files, limits, masks)
    who = judge_identities((*masks, *for_patients(read.inputs)))
    return read.given, read.inputs, (*read.findings, *who)


def read_treatment(
    files: DoseFiles | None, limits: Limits, masks: Inputs, ct: Image | None
) -> tuple[DoseGiven | None, Inputs, Findings]:
    """Read what a dose rests on, and compare whose its files are."""
    if files is None:
        return None, (), ()
    from fl_planner.intake.reading.dose import read_dose
    from fl_planner.intake.reading.scintigraphy import for_patients

    read = read_dose(files, limits, masks, ct)
    who = judge_identities((*masks, *for_patients(read.inputs))) if read.inputs else ()
    return read.given, read.inputs, (*read.findings, *who)
