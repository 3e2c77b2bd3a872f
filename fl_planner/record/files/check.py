"""What files are, as the one dict of `check`."""

from __future__ import annotations

from collections.abc import Sequence

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.version import __version__
from fl_planner.formats.voxels.file_facts import Assessed, Checked, Misfit
from fl_planner.record.base import Record, as_findings, as_refusal, given
from fl_planner.space.grid import Grid

WORDS = {
    "R": "right", "L": "left", "A": "front", "P": "back", "S": "head", "I": "foot",
}  # fmt: skip
OBLIQUE_DEGREES = 1.0  # from here on a grid is called oblique


def as_check(
    checked: Sequence[Checked | InputRefused],
    misfits: Sequence[Misfit],
    assessed: Assessed | None = None,
) -> Record:
    """Tell what each file is, whether they fit together, and what `volume` would say of them.

    A file that was refused stands in the list with its refusal; files that cannot be read
    fit nothing.
    """
    refused = any(isinstance(one, InputRefused) for one in checked)
    return {
        "schema": "fl-planner/check/1",
        "version": __version__,
        "status": "ok",
        "refusal": None,
        "files": [_file(one) for one in checked],
        "fits": not misfits and not refused,
        "misfits": [
            {"file": one.file, "other": one.other, "reason": one.reason} for one in misfits
        ],
        **given(assessment=None if assessed is None else _assessment(assessed)),
    }


def _assessment(assessed: Assessed) -> Record:
    refused = assessed.refused
    return given(
        read_as=[{"role": role, "file": file} for role, file in assessed.roles],
        findings=as_findings(assessed.findings),
        refusal=None if refused is None else _only_refusal(refused)["refusal"],
    )


def _file(one: Checked | InputRefused) -> Record:
    if isinstance(one, InputRefused):
        return {"file": one.source, "status": "refused", **_only_refusal(one)}
    inputs = [
        {"file": each.file, "format": each.format, "sha256": each.sha256} for each in one.inputs
    ]
    return given(
        file=one.file,
        status="ok",
        kind=one.kind,
        inputs=inputs,
        geometry=as_geometry(one.own_grid),
        labels=_labels(one) if one.kind != "image" else None,
        values=list(one.values) if one.values else None,
        findings=as_findings(one.findings),
    )


def _only_refusal(refused: InputRefused) -> Record:
    return {"refusal": as_refusal(refused, "check")["refusal"]}


def _labels(one: Checked) -> list[Record]:
    return [
        given(
            label=label.number,
            name=label.name,
            voxels=label.voxels,
            volume_ml=label.voxels * one.grid.voxel_ml,
        )
        for label in one.labels
    ]


def as_geometry(grid: Grid) -> Record:
    """Tell a grid in numbers and in words."""
    codes = grid.axis_codes
    return given(
        shape=list(grid.shape),
        spacing_mm=list(grid.spacing_mm),
        extent_mm=list(grid.extent_mm),
        voxel_ml=grid.voxel_ml,
        placed=grid.placed,
        axis_codes=codes if grid.placed else None,
        tilt_degrees=grid.tilt_degrees if grid.placed else None,
        words=say_geometry(grid),
    )


def say_geometry(grid: Grid) -> str:
    """Tell a grid in words.

    Examples
    --------
    >>> say_geometry(Grid.upright((512, 512, 40), (0.75, 0.75, 5.0)))
    '512 x 512 x 40 voxels of 0.75 x 0.75 x 5 mm, 384 x 384 x 200 mm; to the right, front, head'
    """
    voxels = " x ".join(map(str, grid.shape))
    edges, lengths = (
        " x ".join(f"{mm:.{digits}g}" for mm in each)
        for each, digits in ((grid.spacing_mm, 5), (grid.extent_mm, 4))
    )
    told = f"{voxels} voxels of {edges} mm, {lengths} mm"
    if not grid.placed:
        return f"{told}; side and place in the patient are not known"
    tilt = grid.tilt_degrees
    oblique = f", tilted by {tilt:.1f} degrees" if tilt >= OBLIQUE_DEGREES else ""
    return f"{told}; to the {', '.join(WORDS[code] for code in grid.axis_codes)}{oblique}"
