"""Read studies of nuclear medicine: dynamic, planar, or reconstructed SPECT of DICOM NM.

Frame times, heads and corrections come from the file only; missing statements are refused or
reported, never assumed [safety.md H-10, conventions.md 2].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.basis.units import SECONDS_IN_HOUR, SECONDS_IN_MINUTE
from fl_planner.formats.dicom.elements import Attribute, DataSet, identify_dated
from fl_planner.formats.dicom.file import DicomFile, read_dicom
from fl_planner.formats.dicom.nuclear.counts import (
    choose_window,
    find_first_window,
    find_full_voxels,
    find_lossy,
    find_odd_counts,
    find_window_doubts,
    read_pixels,
    require_counts,
    require_peak,
)
from fl_planner.formats.dicom.nuclear.header import (
    GIVE_DYNAMIC,
    HEADS,
    OF_STATIC,
    PHARMACEUTICALS,
    FrameNumbers,
    find_attenuation,
    read_decay,
    read_frames,
    read_kind,
    read_times,
    read_tracer,
    read_views,
    require_kind,
    require_nuclide,
    require_slices,
)
from fl_planner.formats.dicom.slice_order import (
    ORIENTATION,
    PIXEL_SPACING,
    POSITION,
    STEP,
    THICKNESS,
    Pile,
    Plane,
    stack,
)
from fl_planner.formats.dicom.slice_step import SAME_STEP
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.voxel_file import FromFiles, ReadImage
from fl_planner.function.mebrofenin import T2_S, judge_tracer
from fl_planner.function.scintigram import Scintigram, View
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Image
from fl_planner.y90.counts import judge_maa
from fl_planner.y90.lungs import View as PlanarView

JudgeTracer = Callable[[Iterable[str], str], tuple[Finding, ...]]
INJECTED = Attribute(0x00181072, "RadiopharmaceuticalStartTime")
ACQUIRED = Attribute(0x00080032, "AcquisitionTime")
MOST_PAUSE = Fraction(1, 10)  # of the next frame, between two frames [project's choice]
DAY_S = Fraction(24 * SECONDS_IN_HOUR)
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2}(?:\.\d{1,6})?)?", re.ASCII)
DYNAMIC_FORMAT, TOMO_FORMAT = "dicom-nm-dynamic", "dicom-nm-tomo"


EXPORT_BOTH = (
    "export the images from both detector heads in one file: views in two files are not combined; "
    "give one_head = true only if the camera had one head"
)


@dataclass(frozen=True, slots=True)
class StudyOverrides:
    """Statements of the user on a study, in addition to its header; None or empty if none."""

    heads: tuple[View, ...] | None = None
    one_head: bool = False
    decay_corrected: bool | None = None
    tracer: str | None = None


def read_dynamic(
    path: Source, limits: Limits, overrides: StudyOverrides | None = None
) -> FromFiles[Scintigram]:
    """Read a dynamic study.

    Raises `InputRefused`: `scintigram.*` naming the file, if the study is of another kind, lacks a
    head or has no times; `function.tracer` for another tracer.
    """
    stated = overrides or StudyOverrides()
    file = read_dicom(path, limits)
    require_kind(file, "DYNAMIC")
    require_nuclide(file)
    doubts = judge_tracer(
        (*read_tracer(file), *((stated.tracer,) if stated.tracer else ())), file.name
    )
    pixels = read_pixels(file, limits)
    frames, views = read_frames(file, pixels.layout), read_views(file, stated.heads)
    window = choose_window(file, {frame.window for frame in frames})
    kept = [(n, frame) for n, frame in enumerate(frames) if frame.window == window]
    _require_heads(file, {frame.head for _, frame in kept}, views, stated)
    order = _order(file, kept)
    times = read_times(file, frames)
    spans = [times[moment] for moment in order]
    numbers = {
        view: pixels.numbers[[order[moment][head] for moment in order]]
        for head, view in views.items()
    }
    require_counts(file, numbers)
    corrected, of_decay = _decay(file, stated)
    study = Scintigram(
        {view: pixels.scale.counts(head) for view, head in numbers.items()},
        tuple(begin for begin, _ in spans),
        tuple(length for _, length in spans),
        corrected,
        file.name,
        pixels.scale.counted,
        _read_late(file),
        _read_pixel_mm(file),
    )
    source = InputFile("dynamic", file.name, DYNAMIC_FORMAT, file.sha256, identify_dated(file.data))
    odd = (
        *find_odd_counts(file, numbers, pixels.scale),
        *find_window_doubts(file, window),
        *_find_one_head(file, views.values()),
        *_find_pauses(file, spans),
    )
    return FromFiles(study, (source,), (*file.findings, *doubts, *of_decay, *odd))


def read_tomogram(
    path: Source, limits: Limits, judge: JudgeTracer, overrides: tuple[str, ...]
) -> ReadImage:
    """Read a reconstructed SPECT; `judge` checks its tracer, or that stated by the user."""
    file = read_dicom(path, limits)
    require_kind(file, "RECON TOMO")
    require_nuclide(file)
    doubts = judge((*read_tracer(file), *overrides), file.name)
    image, odd = _read_volume(file, limits)
    source_file = InputFile("spect", file.name, TOMO_FORMAT, file.sha256, identify_dated(file.data))
    found = (*file.findings, *doubts, *odd, *find_attenuation(file))
    return FromFiles(image, (source_file,), found)


def _require_heads(
    file: DicomFile, met: set[int], views: dict[int, View], stated: StudyOverrides
) -> None:
    if not met <= views.keys():
        reason = "a detector head has frames but no description"
        raise file.refuse("scintigram.views", reason, GIVE_DYNAMIC)
    for head in views.keys() - met:
        del views[head]
    if len(views) < 2 and not stated.one_head:
        lacking = "posterior" if "anterior" in views.values() else "anterior"
        reason = (
            f"there are no images from the {lacking} detector head; the geometric mean requires "
            "both heads"
        )
        raise file.refuse("scintigram.head_missing", reason, EXPORT_BOTH)


def _order(
    file: DicomFile, kept: list[tuple[int, FrameNumbers]]
) -> dict[tuple[int, int], dict[int, int]]:
    """Return the frames of each time by head, in chronological order; each head once per time."""
    order: dict[tuple[int, int], dict[int, int]] = {}
    for number, frame in kept:
        order.setdefault((frame.phase, frame.time), {})[frame.head] = number
    heads = {frame.head for _, frame in kept}
    if sum(map(len, order.values())) < len(kept) or any(set(m) != heads for m in order.values()):
        reason = "a frame occurs twice, or is missing for one detector head"
        raise file.refuse("scintigram.frames", reason)
    return dict(sorted(order.items()))


def _decay(file: DicomFile, stated: StudyOverrides) -> tuple[DecayCorrection, tuple[Finding, ...]]:
    """Return whether decay was corrected: by the header, else by the user; False by default."""
    if (header := read_decay(file)) is not None:
        if stated.decay_corrected not in (None, header != "NONE"):
            reason = (
                "the header and the key decay_corrected disagree on whether counts were "
                "corrected for decay"
            )
            raise file.refuse("scintigram.decay", reason, "omit the key decay_corrected")
        return header, ()
    if stated.decay_corrected is not None:
        return ("START" if stated.decay_corrected else "NONE"), ()
    what = (
        "decay correction is not stated; the counts are assumed to be uncorrected, as is usual "
        "for gamma cameras"
    )
    return "NONE", (file.find("scintigram.decay_not_said", what, Severity.INFO),)


def _read_late(file: DicomFile) -> Fraction | None:
    """Read the time from the injection to the start of the series, within half a day; or None."""
    injected = [_read_time(item, INJECTED) for item in file.data.items(PHARMACEUTICALS)]
    begun = _read_time(file.data, ACQUIRED)
    if begun is None or len(injected) != 1 or injected[0] is None:
        return None
    return (begun - injected[0] + DAY_S / 2) % DAY_S - DAY_S / 2


def _read_pixel_mm(file: DicomFile) -> tuple[float, float] | None:
    """Read height and width of a pixel; None if not stated, as they only describe a place."""
    try:
        high, wide = file.data.decimals(PIXEL_SPACING, 2) or (0.0, 0.0)
    except InputRefused:
        return None
    return (high, wide) if min(high, wide) > 0 else None


def _read_time(data: DataSet, attribute: Attribute) -> Fraction | None:
    """Read a time of day in s; None if it is not stated to the minute."""
    if (found := _TIME.fullmatch(data.text(attribute) or "")) is None:
        return None
    hours, minutes, seconds = (Fraction(part or 0) for part in found.groups())
    return (hours * 60 + minutes) * SECONDS_IN_MINUTE + seconds


def _find_one_head(file: DicomFile, views: Iterable[View]) -> Iterator[Finding]:
    view, *others = views
    if not others:
        yield file.find(
            "function.one_head",
            f"all counts are from the {view} detector head; no geometric mean is possible",
        )


def _find_pauses(
    file: DicomFile, spans: Sequence[tuple[Fraction, Fraction]]
) -> tuple[Finding, ...]:
    """Find time without frames before the end of the window: dynamic series are continuous.

    - `spans`: start and duration of each frame, in s.
    """
    pauses, end = [(Fraction(0), Fraction(0))], Fraction(0)
    for start, length in spans:
        if end < T2_S and start - end > MOST_PAUSE * length:
            pauses.append((start - end, start))
        end = start + length
    longest, at = max(pauses)
    if not longest:
        return ()
    whole = sum(pause for pause, _ in pauses)
    what = (
        f"according to the header, {float(whole):g} s up to {T2_S} s are not covered by any frame; "
        f"the longest pause is {float(longest):g} s, before the frame at {float(at):g} s. Check "
        "whether PhaseDelay and PauseBetweenFrames are right"
    )
    return (file.find("scintigram.pauses", what, value=float(longest), unit="s"),)


def _read_volume(file: DicomFile, limits: Limits) -> tuple[Image, tuple[Finding, ...]]:
    """Stack the slices of a reconstruction by one position and a step, which may be negative."""
    data = file.data
    pixels = read_pixels(file, limits)
    layout, scale = pixels.layout, pixels.scale
    window = require_slices(file, layout) or find_first_window(file)
    require_peak(file, window)
    heads = [item for item in data.items(HEADS) if item.raw(POSITION)]
    head = data.need(POSITION, heads[0] if heads else None)
    if any(item.raw(one) != head.raw(one) for item in heads for one in (POSITION, ORIENTATION)):
        raise data.wrong(HEADS, "gives two different positions for the slices")
    place = head.need(POSITION, head.decimals(POSITION, 3))
    along = head.need(ORIENTATION, head.decimals(ORIENTATION, 6))
    spacing = data.need(PIXEL_SPACING, data.decimals(PIXEL_SPACING, 2))
    step = data.need(STEP, data.decimal(STEP))
    normal = np.cross(along[:3], along[3:])
    planes = [
        Plane(tuple((np.array(place) + n * step * normal).tolist()), along, spacing)
        for n in range(layout.frames)
    ]
    pile = Pile(file.name, layout.rows, layout.columns, may_lack=False, declared_mm=abs(step))
    stacked = stack(planes, pile, limits)
    thick = data.decimal(THICKNESS)
    odd = stacked.findings
    if thick and abs(thick - abs(step)) > SAME_STEP * abs(step):
        what = f"the slices are {abs(step):.4g} mm apart and {thick:.4g} mm thick"
        what += "; the distance between slices is used"
        odd += (pile.find("geometry.slice_step", what, value=abs(step), unit="mm"),)
    full = find_full_voxels(file.name, pixels.numbers, scale.stored.largest)
    volume = np.empty_like(pixels.numbers)
    volume[list(stacked.layers)] = pixels.numbers
    image = Image(volume.transpose(2, 1, 0), scale.slope, 0.0, stacked.grid, file.name)
    return image, (*odd, *full, *find_lossy(file), *find_window_doubts(file, window))


PLANAR_FORMAT = "dicom-nm-planar"
KINDS = ("STATIC", "WHOLE BODY")
GIVE_PLANAR = "give the static or whole-body MAA study with images from both detector heads"


@dataclass(frozen=True, slots=True, eq=False)
class ReadPlanar:
    """Counts by head, (rows, columns), as seen by each head; the file; findings.

    - `counted`: whether they are unscaled counts.
    - `pixel_mm`: height and width of a pixel; None if not stated.
    """

    heads: dict[PlanarView, npt.NDArray[Any]]
    input: InputFile
    findings: tuple[Finding, ...]
    counted: bool
    pixel_mm: tuple[float, float] | None


def read_planar(path: Path, limits: Limits, overrides: StudyOverrides) -> ReadPlanar:
    """Read a planar study.

    Raises `InputRefused`: `scintigram.*` naming the file, `dose.tracer` for another tracer.
    """
    file = read_dicom(path, limits)
    if read_kind(file, GIVE_PLANAR) not in KINDS:
        reason = "the file is not a planar study (static or whole body)"
        raise file.refuse("scintigram.kind", reason, GIVE_PLANAR)
    require_nuclide(file)
    words = (*read_tracer(file), *((overrides.tracer,) if overrides.tracer else ()))
    doubts = judge_maa(words, file.name)
    pixels = read_pixels(file, limits)
    frames = read_frames(file, pixels.layout, OF_STATIC)
    views = read_views(file, overrides.heads)
    window = choose_window(file, {frame.window for frame in frames})
    kept = {frame.head: n for n, frame in enumerate(frames) if frame.window == window}
    _require_once(file, frames, kept, views, overrides, window)
    numbers = {view: pixels.numbers[[kept[head]]] for head, view in views.items() if head in kept}
    require_counts(file, numbers)
    heads = {view: pixels.scale.counts(head[0]) for view, head in numbers.items()}
    odd = (*find_odd_counts(file, numbers, pixels.scale), *find_window_doubts(file, window))
    source = InputFile(
        "maa_planar", file.name, PLANAR_FORMAT, file.sha256, identify_dated(file.data)
    )
    findings = (*file.findings, *doubts, *odd)
    return ReadPlanar(heads, source, findings, pixels.scale.counted, _read_pixel_mm(file))


def _require_once(
    file: DicomFile,
    frames: list[FrameNumbers],
    kept: dict[int, int],
    views: dict[int, PlanarView],
    overrides: StudyOverrides,
    window: int,
) -> None:
    """Refuse undescribed heads, two identical heads, or a single head."""
    if not kept.keys() <= views.keys():
        reason = "a detector head has frames but no description"
        raise file.refuse("scintigram.views", reason, GIVE_PLANAR)
    if sum(frame.window == window for frame in frames) > len(kept):
        reason = "there is more than one image from the same detector head"
        raise file.refuse("scintigram.frames", reason, GIVE_PLANAR)
    if len(kept) < 2 and not overrides.one_head:
        reason = "all images are from one detector head; the geometric mean requires both heads"
        raise file.refuse("scintigram.head_missing", reason, EXPORT_BOTH)
