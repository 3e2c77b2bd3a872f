"""A reconstructed SPECT: DICOM NM, or any format that an image may have."""

from pathlib import Path

from fl_planner.formats.dicom.file import HEAD_BYTES, is_dicom
from fl_planner.formats.dicom.nuclear.dynamic import JudgeTracer, read_tomogram
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.voxels.voxel_file import ReadImage
from fl_planner.function.tracer import judge_tracer


def read_spect(
    path: Path, limits: Limits, judge: JudgeTracer = judge_tracer, tracer: str | None = None
) -> ReadImage:
    """Read a SPECT; a file that is no DICOM says nothing of its tracer.

    - `path`: the file.
    - `limits`: how large it may be.
    - `judge`: says what is wrong with a tracer.
    - `tracer`: what the user says of it.

    Raises `InputRefused`: if it cannot be read, is another study, or is of another tracer.
    """
    told = (tracer,) if tracer else ()
    with PlainBytes(path, limits) as source:
        head = source.peek(HEAD_BYTES)
    if is_dicom(head):
        return read_tomogram(path, limits, judge, told)
    if told:
        judge(told, path.name)
    return read_image(path, "spect", limits)
