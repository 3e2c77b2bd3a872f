"""Read a reconstructed SPECT: DICOM NM, or any format of images."""

from pathlib import Path

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.formats.dicom.file import HEAD_BYTES, is_dicom
from fl_planner.formats.dicom.nuclear.counts import find_full_voxels
from fl_planner.formats.dicom.nuclear.studies import JudgeTracer, read_tomogram
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import HeldDicom, Source
from fl_planner.formats.voxels.voxel_file import FromFiles, ReadImage
from fl_planner.function.mebrofenin import judge_tracer
from fl_planner.function.stored_counts import find_coarse_counts
from fl_planner.space.grid import Image

FULL = "scintigram.full"


def read_spect(
    path: Source, limits: Limits, judge: JudgeTracer = judge_tracer, tracer: str | None = None
) -> ReadImage:
    """Read a SPECT; only DICOM states its tracer.

    - `path`: the file.
    - `limits`: maximum sizes.
    - `judge`: checks a tracer.
    - `tracer`: tracer stated by the user.

    Raises `InputRefused`: if it cannot be read, or its study or tracer is of another kind.
    """
    stated = (tracer,) if tracer else ()
    if _is_dicom(path, limits):
        image, inputs, findings = read_tomogram(path, limits, judge, stated)
    else:
        doubts = judge(stated, path.name) if stated else ()
        image, inputs, findings = read_image(path, "spect", limits)
        findings = (*doubts, *findings, *_find_full(image))
    if FULL not in {one.code for one in findings}:
        findings = (*findings, *find_coarse_counts(image))
    return FromFiles(image, inputs, findings)


def _find_full(image: Image) -> tuple[Finding, ...]:
    """Find several voxels with the largest whole number of their type."""
    kind = image.voxels.dtype
    if kind.kind not in "iu":
        return ()
    return find_full_voxels(image.file or "spect", image.voxels, int(np.iinfo(kind).max))


def _is_dicom(path: Source, limits: Limits) -> bool:
    if not isinstance(path, Path):
        return isinstance(path, HeldDicom)
    with PlainBytes(path, limits) as source:
        return is_dicom(source.peek(HEAD_BYTES))
