"""Identify the frames of a DICOM NM file, and check the consistency of its header.

Numbers of windows, heads, phases and slices are in vectors, in sequences and as separate
counts; if two of them contradict each other, frames were lost or mixed [PS3.3 C.8.4.8].
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fl_planner.basis.clinical_codes import ANTERIOR, POSTERIOR, TECHNETIUM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.basis.units import MS_IN_S
from fl_planner.formats.dicom.elements import Attribute, DataSet
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.pixels import FRAMES, Layout
from fl_planner.formats.dicom.uids import NM
from fl_planner.function.scintigram import VIEWS, View

POINTER = Attribute(0x00280009, "FrameIncrementPointer")
WINDOW_VECTOR = Attribute(0x00540010, "EnergyWindowVector")
WINDOW_COUNT = Attribute(0x00540011, "NumberOfEnergyWindows")
WINDOWS = Attribute(0x00540012, "EnergyWindowInformationSequence")
HEAD_VECTOR = Attribute(0x00540020, "DetectorVector")
HEAD_COUNT = Attribute(0x00540021, "NumberOfDetectors")
HEADS = Attribute(0x00540022, "DetectorInformationSequence")
PHASE_VECTOR = Attribute(0x00540030, "PhaseVector")
PHASE_COUNT = Attribute(0x00540031, "NumberOfPhases")
PHASES = Attribute(0x00540032, "PhaseInformationSequence")
TIME_VECTOR = Attribute(0x00540100, "TimeSliceVector")
SLICE_VECTOR = Attribute(0x00540080, "SliceVector")
SLICE_COUNT = Attribute(0x00540081, "NumberOfSlices")

COUNTED = (  # vector, what describes each and how many there are, code of what does not fit
    (WINDOW_VECTOR, (WINDOWS, WINDOW_COUNT), "scintigram.windows"),
    (HEAD_VECTOR, (HEADS, HEAD_COUNT), "scintigram.views"),
    (PHASE_VECTOR, (PHASES, PHASE_COUNT), "scintigram.times"),
)
OF_DYNAMIC = (WINDOW_VECTOR, HEAD_VECTOR, PHASE_VECTOR, TIME_VECTOR)
OF_STATIC = (WINDOW_VECTOR, HEAD_VECTOR)  # of a study without times
EXPORT = "export the study again as the camera stored it"
Vector = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class FrameNumbers:
    """Identity of a frame: numbers of its energy window, head, phase and time, from 1."""

    window: int
    head: int
    phase: int = 1
    time: int = 1


def read_frames(
    file: DicomFile, layout: Layout, read: tuple[Attribute, ...] = OF_DYNAMIC
) -> list[FrameNumbers]:
    """Read the identity of each frame from the vectors of this kind of study.

    Raises `InputRefused`: `scintigram.frames` if vectors, counts and descriptions contradict
    each other.
    """
    vectors = _read_vectors(file, layout, read)
    return [FrameNumbers(*numbers) for numbers in zip(*(v.tolist() for v in vectors), strict=True)]


def require_slices(file: DicomFile, layout: Layout) -> int | None:
    """Require that frames are the slices of one reconstruction, from its first to its last.

    Return the number of their energy window; None if they name none.
    """
    data, n = file.data, layout.frames
    if data.short(SLICE_COUNT) not in (None, n):
        raise _refuse(
            file, f"the number of slices in the header is {data.short(SLICE_COUNT)}, not {n}"
        )
    if data.raw(SLICE_VECTOR) and not (_vector(data, SLICE_VECTOR, n) == np.arange(1, n + 1)).all():
        raise _refuse(file, f"the slices are not numbered consecutively from 1 to {n}")
    if not data.raw(WINDOW_VECTOR):
        return None
    windows = _vector(data, WINDOW_VECTOR, n)
    _require_counted(file, windows, *COUNTED[0])
    if (windows != windows[0]).any():
        raise _refuse(file, "the slices are from several energy windows")
    return int(windows[0])


def _read_vectors(file: DicomFile, layout: Layout, read: tuple[Attribute, ...]) -> list[Vector]:
    """Read vectors; refuse frames ordered by a further dimension, such as cardiac gating."""
    raw = file.data.raw(POINTER)
    pairs = np.frombuffer(raw[: len(raw) // 4 * 4], "<u2").reshape(-1, 2).tolist()
    if {group << 16 | number for group, number in pairs} - {one.tag for one in read}:
        raise _refuse(
            file, f"the frames are ordered by more criteria ({POINTER.keyword}) than are supported"
        )
    vectors = {one: _vector(file.data, one, layout.frames) for one in read}
    for named, of, code in COUNTED:
        if named in vectors:
            _require_counted(file, vectors[named], named, of, code)
    return [*vectors.values()]


def _require_counted(
    file: DicomFile, vector: Vector, named: Attribute, of: tuple[Attribute, Attribute], code: str
) -> None:
    """Refuse frames that the header does not describe or count."""
    described, count = of
    named_most = int(vector.max())
    for known, where in (
        (len(file.data.items(described)) or None, described),
        (file.data.short(count), count),
    ):
        if known is not None and named_most > known:
            reason = (
                f"the largest number in {named.keyword} is {named_most}, but {where.keyword} gives "
                f"{known}"
            )
            raise file.refuse(code, f"the header contradicts itself: {reason}", EXPORT)


def _vector(data: DataSet, attribute: Attribute, frames: int) -> Vector:
    raw = data.raw(attribute)
    numbers = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2")
    if len(raw) != 2 * frames or not numbers.all():
        raise data.wrong(attribute, f"does not have an entry for every frame ({FRAMES.keyword})")
    return numbers


def _refuse(file: DicomFile, reason: str) -> Exception:
    return file.refuse("scintigram.frames", reason, EXPORT)


IMAGE_TYPE = Attribute(0x00080008, "ImageType")
PHARMACEUTICALS = Attribute(0x00540016, "RadiopharmaceuticalInformationSequence")
PHARMACEUTICAL = Attribute(0x00180031, "Radiopharmaceutical")
PHARMACEUTICAL_CODE = Attribute(0x00540304, "RadiopharmaceuticalCodeSequence")
NUCLIDE_CODE = Attribute(0x00540300, "RadionuclideCodeSequence")
VIEW_CODE = Attribute(0x00540220, "ViewCodeSequence")
START_ANGLE = Attribute(0x00540200, "StartAngle")
FRAMES_IN_PHASE = Attribute(0x00540033, "NumberOfFramesInPhase")
PHASE_DELAY = Attribute(0x00540036, "PhaseDelay")
PAUSE = Attribute(0x00540038, "PauseBetweenFrames")
FRAME_MS = Attribute(0x00181242, "ActualFrameDuration")
DECAY = Attribute(0x00541102, "DecayCorrection")
CORRECTED = Attribute(0x00280051, "CorrectedImage")
CODE, MEANING = Attribute(0x00080100, "CodeValue"), Attribute(0x00080104, "CodeMeaning")

VIEW_CODES: dict[str, View] = {  # SNOMED CT, and the older SRT
    **dict.fromkeys((ANTERIOR.code, "R-10206"), "anterior"),
    **dict.fromkeys((POSTERIOR.code, "R-10214"), "posterior"),
}
ANGLES: dict[int, View] = {180: "anterior", 0: "posterior"}  # 0 is at the back [PS3.3 C.8.4.11]
NEAR_DEGREES = 10
NUCLIDE_CODES = (TECHNETIUM.code, TECHNETIUM.former)
# as cameras write it: "Tc-99m", "TC99M", "99m Tc"; 99Mo is its parent
_TECHNETIUM = re.compile(r"(?<!\d)99[\W_]?m(?!o)", re.I)
GIVE_SPECT = "give the reconstructed SPECT"
CONVERT = (
    "give the reconstructed SPECT as a scintigram (NM); one stored as another kind of image can be "
    "converted to NIfTI, for example in 3D Slicer"
)
GIVE_DYNAMIC = "give the dynamic series: frames from both detector heads over time"


def read_kind(file: DicomFile, remedy: str) -> str:
    """Read the kind of an NM image, "" if not stated; refuse an unknown kind."""
    if file.sop_class != NM:
        raise file.refuse(
            "scintigram.kind", f"the file is {file.kind}, not a scintigram (NM)", remedy
        )
    parts = file.data.words(IMAGE_TYPE)
    if "TRANSMISSION" in parts:
        reason = "the file is a transmission scan (attenuation map) without tracer counts"
        raise file.refuse("scintigram.transmission", reason, remedy)
    return parts[2] if len(parts) > 2 else ""


def require_kind(file: DicomFile, wanted: str) -> None:
    """Refuse an image that is not NM, or not of the kind `wanted` (such as DYNAMIC)."""
    dynamic = wanted == "DYNAMIC"
    remedy = GIVE_DYNAMIC if dynamic else GIVE_SPECT
    kind = read_kind(file, remedy if dynamic or file.sop_class == NM else CONVERT)
    if kind == wanted:
        return
    reason = {
        "STATIC": (
            "the file is a static study: one image per detector head, without timing information"
        ),
        "WHOLE BODY": "the file is a whole-body study without timing information",
        "DYNAMIC": "the file is a dynamic study, not a SPECT",
        "TOMO": "the file contains the projections of an unreconstructed SPECT",
        "GATED TOMO": "the file contains the projections of a gated, unreconstructed SPECT",
        "RECON GATED TOMO": "the file is a gated SPECT, with several images of each slice",
        "RECON TOMO": "the file is a reconstructed SPECT, not a dynamic study",
    }.get(kind, "the file is not marked as " + ("a dynamic study" if dynamic else "a SPECT"))
    raise file.refuse("scintigram.kind", reason, remedy)


def read_views(file: DicomFile, stated: tuple[View, ...] | None) -> dict[int, View]:
    """Read the view of each head from its code or its angle, or as stated by the user.

    If the file states the view of every head and the user states different views, one of them swaps
    front and back, and the study is refused.
    """
    written = [_view(item) for item in file.data.items(HEADS)]
    views = [*stated] if stated else written
    named = {number: view for number, view in enumerate(views, start=1) if view is not None}
    if len(named) < len(views) or not named:
        reason = "the header does not identify the anterior and the posterior detector head"
        remedy = (
            'give heads = ["anterior", "posterior"], in the order of the detectors in the header'
        )
        raise file.refuse("scintigram.views", reason, remedy)
    if len({*named.values()}) < len(named):
        reason = "both detector heads are on the same side; no geometric mean is possible"
        remedy = 'give a study with an anterior and a posterior view, or correct the key "heads"'
        raise file.refuse("scintigram.views", reason, remedy)
    if None not in written and views[: len(written)] != written[: len(views)]:
        reason = 'the header and the key "heads" disagree on which detector head is anterior'
        raise file.refuse("scintigram.views", reason, 'omit the key "heads"')
    return named


def read_times(
    file: DicomFile, frames: Collection[FrameNumbers]
) -> dict[tuple[int, int], tuple[Fraction, Fraction]]:
    """Read start and duration of each frame in s, identified by its phase and time numbers.

    A pause separates two frames of one phase. The time between the last frame of a phase and the
    first of the next is the delay of the next phase only [PS3.3 C.8.4.8].
    """
    data = file.data
    if not (phases := data.items(PHASES)):
        raise file.refuse("scintigram.times", "the frame times are missing", GIVE_DYNAMIC)
    times: dict[tuple[int, int], tuple[Fraction, Fraction]] = {}
    begin = Fraction(0)
    for number, phase in enumerate(phases, start=1):
        length = data.need(FRAME_MS, _read_s(phase, FRAME_MS))
        pause, delay = (_read_s(phase, one) or Fraction(0) for one in (PAUSE, PHASE_DELAY))
        begin += delay
        if length <= 0 or pause < 0 or delay < 0:
            odd = FRAME_MS if length <= 0 else PAUSE if pause < 0 else PHASE_DELAY
            raise data.wrong(odd, f"is {'not above' if odd is FRAME_MS else 'below'} 0")
        count = data.need(FRAMES_IN_PHASE, phase.short(FRAMES_IN_PHASE))
        if (stated_value := len(times) + count) > len(frames):
            raise _refuse_missing(file, stated_value, len(frames))
        for frame in range(1, count + 1):
            begin += pause if frame > 1 else 0
            times[number, frame] = (begin, length)
            begin += length
    _require_times(file, times, {(frame.phase, frame.time) for frame in frames})
    return times


def _read_s(data: DataSet, attribute: Attribute) -> Fraction | None:
    """Read a time of the header, in ms, as s; some cameras write decimals, against the standard."""
    ms = data.decimal(attribute)
    return None if ms is None else Fraction(str(ms)) / MS_IN_S


def _refuse_missing(file: DicomFile, stated_count: int, held: int) -> InputRefused:
    stated = format_count(stated_count, "frame")
    reason = f"the header gives times for {stated}, but there are only {held}"
    return file.refuse("scintigram.times", reason, GIVE_DYNAMIC)


def _require_times(
    file: DicomFile,
    times: Mapping[tuple[int, int], tuple[Fraction, Fraction]],
    moments: set[tuple[int, int]],
) -> None:
    """Refuse frames without a time, times without a frame, and two durations of a frame."""
    if not moments <= times.keys():
        reason = "the times of some frames are not stated"
        raise file.refuse("scintigram.times", reason, GIVE_DYNAMIC)
    if len(moments) < len(times):
        raise _refuse_missing(file, len(times), len(moments))
    stated = {length for length in (_read_s(file.data, FRAME_MS),) if length}
    lengths = {length for _, length in times.values()}
    if stated and len(lengths) == 1 and stated != lengths:
        reason = "the header gives two different frame durations"
        raise file.refuse("scintigram.times", reason, GIVE_DYNAMIC)


def read_decay(file: DicomFile) -> DecayCorrection | None:
    """Read whether decay was corrected; None if not stated.

    It is read from DecayCorrection, and from DECY among the corrections; a contradiction is
    refused.
    """
    stated_value = file.data.text(DECAY)
    done = "DECY" in file.data.words(CORRECTED)
    if stated_value not in (None, "NONE", "START", "ADMIN"):
        raise file.data.wrong(DECAY, "is not NONE, START or ADMIN")
    if stated_value == "NONE" and done:
        reason = (
            "the header states that decay was not corrected, but lists decay correction as applied"
        )
        raise file.refuse("scintigram.decay", reason, "export the study again without corrections")
    if stated_value is not None:
        return "NONE" if stated_value == "NONE" else "START" if stated_value == "START" else "ADMIN"
    return "START" if done else None


def find_attenuation(file: DicomFile) -> tuple[Finding, ...]:
    """Find a SPECT whose attenuation correction is missing or not stated."""
    stated_words = file.data.words(CORRECTED)
    if not any(stated_words):
        what = (
            "attenuation correction is not stated; without correction, deep parts of the liver "
            "have too few counts, and lungs too many"
        )
        return (file.find("scintigram.attenuation_not_said", what, Severity.INFO),)
    if "ATTN" in stated_words:
        return ()
    what = (
        "attenuation was not corrected: deep parts of the liver have too few counts, "
        "superficial parts and lungs too many"
    )
    return (file.find("scintigram.attenuation", what),)


def read_tracer(file: DicomFile) -> tuple[str, ...]:
    """Read statements on the tracer, which are compared but never shown."""
    words = []
    for item in file.data.items(PHARMACEUTICALS):
        codes = (one.text(MEANING) for one in item.items(PHARMACEUTICAL_CODE))
        words += [text for text in (item.text(PHARMACEUTICAL), *codes) if text]
    return tuple(words)


def require_nuclide(file: DicomFile) -> None:
    """Refuse a stated nuclide other than 99mTc."""
    items = [code for item in file.data.items(PHARMACEUTICALS) for code in item.items(NUCLIDE_CODE)]
    for item in items:
        code, meaning = _read_code(item)
        named = code in NUCLIDE_CODES or any(map(_TECHNETIUM.search, (code, meaning)))
        if (code or meaning) and not named:
            reason = "the nuclide is not 99mTc and decays differently"
            raise file.refuse("scintigram.nuclide", reason, "give the study acquired with 99mTc")


def _read_code(item: DataSet) -> tuple[str, str]:
    """Read a code and its meaning; both are empty in an item by which nothing is stated."""
    return item.text(CODE) or "", item.text(MEANING) or ""


def _view(item: DataSet) -> View | None:
    """Return the view of a head from its code, otherwise from its start angle."""
    named = item.only(VIEW_CODE)
    code, meaning = ("", "") if named is None else _read_code(named)
    if code or meaning:
        by_code = VIEW_CODES.get(code)
        by_word = [view for view in VIEWS if meaning.casefold().startswith(view)]
        return by_code or (by_word[0] if by_word else None)
    if (angle := item.decimal(START_ANGLE)) is None:
        return None
    near = (
        view
        for at, view in ANGLES.items()
        if min(abs(angle % 360 - at), 360 - abs(angle % 360 - at)) <= NEAR_DEGREES
    )
    return next(near, None)
