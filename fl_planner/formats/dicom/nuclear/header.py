"""What an NM file says of itself: kind, heads, times, tracer [PS3.3 C.8.4]."""

from collections.abc import Collection, Mapping
from fractions import Fraction

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.glossary import DecayCorrection
from fl_planner.basis.terms import ANTERIOR, POSTERIOR, TECHNETIUM
from fl_planner.basis.units import MS_IN_S
from fl_planner.formats.dicom.dataset import Attribute, DataSet
from fl_planner.formats.dicom.file import STANDARD, DicomFile
from fl_planner.formats.dicom.nuclear.frames import HEADS, PHASES, FrameNumbers
from fl_planner.function.scintigram import VIEWS, View

NM = STANDARD + "5.1.4.1.1.20"
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
GIVE_DYNAMIC = "give the dynamic series: frames over time of both heads"


def read_kind(file: DicomFile, remedy: str) -> str:
    """Read of which kind an NM image is, "" where it does not say; refuse what is none."""
    if file.sop_class != NM:
        raise file.refuse("scintigram.kind", f"is {file.kind}, not a scintigram (NM)", remedy)
    parts = [part.strip() for part in (file.data.text(IMAGE_TYPE) or "").split("\\")]
    if "TRANSMISSION" in parts:
        reason = "is a transmission scan (map of attenuation): it holds no counts of a tracer"
        raise file.refuse("scintigram.transmission", reason, remedy)
    return parts[2] if len(parts) > 2 else ""


def require_kind(file: DicomFile, wanted: str) -> None:
    """Refuse what is no NM image, or one of another kind than `wanted` (DYNAMIC, RECON TOMO)."""
    dynamic = wanted == "DYNAMIC"
    remedy = GIVE_DYNAMIC if dynamic else "give the reconstructed SPECT"
    kind = read_kind(file, remedy)
    if kind == wanted:
        return
    told = {
        "STATIC": "is a static study, one picture of each head: it has no times",
        "WHOLE BODY": "is a whole-body study: it has no times",
        "DYNAMIC": "is a dynamic study, not a SPECT",
        "TOMO": "holds the projections of a SPECT, which are not reconstructed",
        "RECON TOMO": "is a reconstructed SPECT, not a dynamic study",
    }.get(kind, "does not say that it is " + ("a dynamic study" if dynamic else "a SPECT"))
    raise file.refuse("scintigram.kind", told, remedy)


def read_views(file: DicomFile, told: tuple[View, ...] | None) -> dict[int, View]:
    """Read which head looks from where: by its code, its angle, or as the user says.

    Where the file says it of every head and the user otherwise, one of them swaps front and
    back: refused.
    """
    items = file.data.items(HEADS)
    written = [_view(item) for item in items]
    views = [*told] if told else written
    named = {number: view for number, view in enumerate(views, start=1) if view is not None}
    if len(named) < len(views) or not named:
        reason = "does not say which head is in front and which behind"
        remedy = 'say heads = ["anterior", "posterior"], in the order of its detectors'
        raise file.refuse("scintigram.views", reason, remedy)
    if len({*named.values()}) < len(named):
        reason = "has two heads on one side: no geometric mean can be taken"
        raise file.refuse("scintigram.views", reason, GIVE_DYNAMIC)
    if None not in written and views[: len(written)] != written[: len(views)]:
        reason = "contradicts heads on which of its heads is in front"
        raise file.refuse("scintigram.views", reason, "leave heads out")
    return named


def read_times(
    file: DicomFile, frames: Collection[FrameNumbers]
) -> dict[tuple[int, int], tuple[Fraction, Fraction]]:
    """Read begin and length of each of the frames in s, by the numbers of its phase and time.

    A pause lies between two frames of one phase. What lies between the last frame of a phase
    and the first of the next is that one's delay alone [PS3.3 C.8.4.8].
    """
    data = file.data
    phases = data.items(PHASES)
    if not phases:
        raise file.refuse("scintigram.times", "says no times of its frames", GIVE_DYNAMIC)
    times: dict[tuple[int, int], tuple[Fraction, Fraction]] = {}
    begin = Fraction(0)
    for number, phase in enumerate(phases, start=1):
        length = Fraction(data.need(FRAME_MS, phase.whole(FRAME_MS)), MS_IN_S)
        pause = Fraction(phase.whole(PAUSE) or 0, MS_IN_S)
        delay = Fraction(phase.whole(PHASE_DELAY) or 0, MS_IN_S)
        begin += delay
        if length <= 0 or pause < 0 or delay < 0:
            odd = FRAME_MS if length <= 0 else PAUSE if pause < 0 else PHASE_DELAY
            raise data.wrong(odd, f"is {'not above' if odd is FRAME_MS else 'below'} 0")
        count = data.need(FRAMES_IN_PHASE, phase.short(FRAMES_IN_PHASE))
        if (said := len(times) + count) > len(frames):
            raise _refuse_missing(file, said, len(frames))
        for frame in range(1, count + 1):
            begin += pause if frame > 1 else 0
            times[number, frame] = (begin, length)
            begin += length
    _require_times(file, times, {(frame.phase, frame.time) for frame in frames})
    return times


def _refuse_missing(file: DicomFile, said: int, held: int) -> InputRefused:
    reason = f"says times of {said} frames, and has {held}: some are missing"
    return file.refuse("scintigram.times", reason, GIVE_DYNAMIC)


def _require_times(
    file: DicomFile,
    times: Mapping[tuple[int, int], tuple[Fraction, Fraction]],
    moments: set[tuple[int, int]],
) -> None:
    """Refuse frames without a time, times without a frame, and a length that is told twice."""
    if not moments <= times.keys():
        reason = "says no time for each of its frames"
        raise file.refuse("scintigram.times", reason, GIVE_DYNAMIC)
    if len(moments) < len(times):
        raise _refuse_missing(file, len(times), len(moments))
    told = {Fraction(ms, MS_IN_S) for ms in (file.data.whole(FRAME_MS),) if ms}
    lengths = {length for _, length in times.values()}
    if told and len(lengths) == 1 and told != lengths:
        reason = "says two lengths of its frames"
        raise file.refuse("scintigram.times", reason, GIVE_DYNAMIC)


def read_decay(file: DicomFile) -> DecayCorrection | None:
    """Read whether decay was corrected; None where nothing says so.

    By DecayCorrection, and by DECY among the corrections; refused where they contradict.
    """
    said = file.data.text(DECAY)
    done = "DECY" in (file.data.text(CORRECTED) or "").split("\\")
    if said not in (None, "NONE", "START", "ADMIN"):
        raise file.data.wrong(DECAY, "is none of NONE, START and ADMIN")
    if said == "NONE" and done:
        reason = "says that decay was not corrected, and lists it among its corrections"
        raise file.refuse("scintigram.decay", reason, "export it again without corrections")
    if said is not None:
        return "NONE" if said == "NONE" else "START" if said == "START" else "ADMIN"
    return "START" if done else None


def find_attenuation(file: DicomFile) -> tuple[Finding, ...]:
    """Find a SPECT whose attenuation was not corrected, or of which nothing says so."""
    said = file.data.text(CORRECTED)
    if said is None or not said.strip():
        what = "does not say whether attenuation was corrected; without, deep liver counts less"
        return (file.find("scintigram.attenuation_not_said", what, Severity.INFO),)
    if "ATTN" in (part.strip() for part in said.split("\\")):
        return ()
    what = "was not corrected for attenuation: deep parts of the liver count less, superficial more"
    return (file.find("scintigram.attenuation", what),)


def read_tracer(file: DicomFile) -> tuple[str, ...]:
    """Read what it says of the tracer; the texts are looked at and never shown."""
    words = []
    for item in file.data.items(PHARMACEUTICALS):
        codes = (one.text(MEANING) for one in item.items(PHARMACEUTICAL_CODE))
        words += [text for text in (item.text(PHARMACEUTICAL), *codes) if text]
    return tuple(words)


def require_nuclide(file: DicomFile) -> None:
    """Refuse a nuclide that is not 99mTc, where one is named."""
    items = [code for item in file.data.items(PHARMACEUTICALS) for code in item.items(NUCLIDE_CODE)]
    for item in items:
        named = item.text(CODE) in NUCLIDE_CODES or "99m" in (item.text(MEANING) or "")
        if not named:
            reason = "was made with another nuclide than 99mTc: its decay is another"
            raise file.refuse("scintigram.nuclide", reason, "give the study with 99mTc")


def _view(item: DataSet) -> View | None:
    """Tell where a head looks from: its code, then the angle that it begins at."""
    code = item.only(VIEW_CODE)
    if code is not None:
        by_code = VIEW_CODES.get(code.text(CODE) or "")
        meaning = (code.text(MEANING) or "").casefold()
        by_word = [view for view in VIEWS if meaning.startswith(view)]
        return by_code or (by_word[0] if by_word else None)
    angle = item.decimal(START_ANGLE)
    if angle is None:
        return None
    near = (
        view
        for at, view in ANGLES.items()
        if min(abs(angle % 360 - at), 360 - abs(angle % 360 - at)) <= NEAR_DEGREES
    )
    return next(near, None)
