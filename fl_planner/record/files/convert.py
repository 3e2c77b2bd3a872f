"""What was converted, as the one dict of `convert`."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.segments.content import (
    Converted,
    OutFormat,
    Output,
    Structure,
    find_ends,
)
from fl_planner.record.base import Record, as_findings, as_head, given
from fl_planner.record.files.check import as_geometry


@dataclass(frozen=True, slots=True)
class Written:
    """An output that was read back: its name, its format and what is in it.

    `off_mm` is how far a corner of its grid lies from where it was, by rounding; 0 is exact.
    """

    name: str
    format: OutFormat
    output: Output
    off_mm: float


def as_conversion(converted: Converted, written: Written) -> Record:
    """Tell what was written from what, and what a reader of it must know."""
    return {
        "schema": "fl-planner/convert/1",
        **as_head(converted.inputs),
        "output": {
            "file": written.name,
            "format": written.format,
            "numbers": written.output.numbers,
            "sha256": sha256(written.output.content).hexdigest(),
        },
        "geometry": as_geometry(converted.grid),
        "verified": {"content": True, "grid_off_mm": written.off_mm},
        **_content(converted),
        "findings": as_findings((*converted.findings, *_find_rounded(written))),
    }


def _content(converted: Converted) -> Record:
    if converted.image is not None:
        ends = find_ends(converted.image)
        return {"kind": "image", **given(values=None if ends is None else list(ends))}
    structures = [_structure(one) for one in converted.structures]
    return {"kind": "structures", "structures": structures}


def _structure(one: Structure) -> Record:
    return given(
        label=one.number,
        label_before=one.number_before,
        name=one.name,
        voxels=one.mask.voxel_count,
        voxels_before=one.voxels_before,
        volume_ml=one.mask.volume_ml,
        volume_ml_before=one.ml_before,
    )


def _find_rounded(written: Written) -> tuple[Finding, ...]:
    """Name a grid whose numbers the format holds rounded."""
    if not written.off_mm:
        return ()
    message = (
        f"{written.name}: its grid is rounded as its format demands, by at most "
        f"{written.off_mm:.2g} mm at a corner"
    )
    code, level = "convert.rounded", Severity.INFO
    return (Finding(code, level, message, written.name, written.off_mm, "mm"),)
