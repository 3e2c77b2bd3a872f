"""Files whose voxel size looks as if nobody had set it: told once, however many there are.

Rule F6a of safety.md. A mask that was written without its header has the writer's defaults, and
its volume may be plausible by itself.
"""

from collections.abc import Iterable

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.plausibility import LOOKS_UNSET
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Grid

DICOM = "dicom"  # how the formats begin whose standard asks for each voxel's size


def find_unset(name: str, grid: Grid, inputs: Iterable[InputFile]) -> tuple[Finding, ...]:
    """Find a file with a writer's default for a voxel size."""
    if not grid.looks_unset or any(one.format.startswith(DICOM) for one in inputs):
        return ()
    return (_tell([name]),)


def tell_unset_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Tell of all such files in the place of the first."""
    each = tuple(findings)
    files = [*dict.fromkeys(one.file for one in each if one.code == LOOKS_UNSET and one.file)]
    told = [
        _tell(files) if one.code == LOOKS_UNSET else one
        for one in each
        if one.code != LOOKS_UNSET or one.file == files[0]
    ]
    return tuple(dict.fromkeys(told))


def _tell(files: list[str]) -> Finding:
    message = (
        f"{', '.join(files)}: voxels of 1 x 1 x 1 mm and no origin, which programs write where "
        "nothing was set: was the voxel size lost? If the scan has another, every volume and "
        "diameter is wrong: export again from the scan"
    )
    return Finding(LOOKS_UNSET, Severity.WARNING, message, files[0], 1.0, "mm")
