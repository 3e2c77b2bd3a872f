"""A planar study of MAA in: one picture of each head, DICOM NM, static or whole body."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from fl_planner.basis.findings import Finding
from fl_planner.formats.dicom.file import DicomFile, read_dicom
from fl_planner.formats.dicom.identity import identify
from fl_planner.formats.dicom.nuclear.dynamic import BITS, Scale, StudyOverrides
from fl_planner.formats.dicom.nuclear.frames import FrameNumbers, choose_window, read_static_frames
from fl_planner.formats.dicom.nuclear.header import (
    read_kind,
    read_tracer,
    read_views,
    require_nuclide,
)
from fl_planner.formats.dicom.pixels.frames import Frames, read_layout
from fl_planner.formats.stored.file import Limits
from fl_planner.planning.given.case import InputFile
from fl_planner.y90.planar import View
from fl_planner.y90.tracer import judge_maa

PLANAR_FORMAT = "dicom-nm-planar"
KINDS = ("STATIC", "WHOLE BODY")
GIVE_PLANAR = "give the static or whole-body study of MAA, both heads"


@dataclass(frozen=True, slots=True, eq=False)
class ReadPlanar:
    """Counts by head, (rows, columns), as each head saw the patient; the file; what was odd.

    `counted` where they are counts as they came, not scaled.
    """

    heads: dict[View, npt.NDArray[Any]]
    input: InputFile
    findings: tuple[Finding, ...]
    counted: bool = True


def read_planar(path: Path, limits: Limits, told: StudyOverrides) -> ReadPlanar:
    """Read a planar study.

    Raises `InputRefused`: `scintigram.*` naming the file, `dose.tracer` for another tracer.
    """
    file = read_dicom(path, limits)
    if read_kind(file, GIVE_PLANAR) not in KINDS:
        reason = "is not a planar study (static or whole body)"
        raise file.refuse("scintigram.kind", reason, GIVE_PLANAR)
    require_nuclide(file)
    words = (*read_tracer(file), *((told.tracer,) if told.tracer else ()))
    doubts = judge_maa(words, file.name)
    layout = read_layout(file, BITS)
    pixels = Frames(file, layout)
    pixels.require_size(layout.frames, limits)
    frames, views = read_static_frames(file, layout), read_views(file, told.heads)
    window = choose_window(file, frames)
    kept = {frame.head: n for n, frame in enumerate(frames) if frame.window == window}
    _require_once(file, frames, kept, views, told, window)
    scale = Scale.of(file, layout)
    heads = {
        view: scale.counts(pixels.numbers(kept[head]))
        for head, view in views.items()
        if head in kept
    }
    source = InputFile("maa_planar", file.name, PLANAR_FORMAT, file.sha256, identify(file.data))
    return ReadPlanar(heads, source, (*file.findings, *doubts), scale.counted)


def _require_once(
    file: DicomFile,
    frames: list[FrameNumbers],
    kept: dict[int, int],
    views: dict[int, View],
    told: StudyOverrides,
    window: int,
) -> None:
    """Refuse heads that it does not describe, twice the same, or only one."""
    if not kept.keys() <= views.keys():
        reason = "holds frames of a head that it does not describe"
        raise file.refuse("scintigram.views", reason, GIVE_PLANAR)
    if sum(frame.window == window for frame in frames) > len(kept):
        reason = "holds several pictures of one head"
        raise file.refuse("scintigram.frames", reason, GIVE_PLANAR)
    if len(kept) < 2 and not told.one_head:
        reason = "has one head only: without both there is no geometric mean"
        remedy = "export both heads; or say one_head = true if the camera had one"
        raise file.refuse("scintigram.head_missing", reason, remedy)
