"""Write DICOM SEG with highdicom: binary segments that may overlap, on their CT's slices.

The same input gives the same bytes: identifiers are derived from the content, and the system clock
is not used. A SEG contains only those patient data that its CT's study has and DICOM requires.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis import clinical_codes
from fl_planner.basis.clinical_codes import LOCAL, STRUCTURES, UNKNOWN_ORIGIN, Coded
from fl_planner.basis.findings import InputRefused, quietly
from fl_planner.basis.version import __version__
from fl_planner.formats.dicom.elements import name_patient, without_patient
from fl_planner.formats.dicom.uids import derived_uid
from fl_planner.formats.segments.by_role import NOT_STATED, as_dicom_words
from fl_planner.formats.segments.colours import colour_of
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.liver.names.structures import PARTS, VESSELS, WHOLE_HEPATIC, WHOLE_PORTAL, plain
from fl_planner.space.grid import Grid

if TYPE_CHECKING:
    from highdicom.seg import Segmentation, SegmentDescription
    from pydicom.dataset import Dataset
    from pydicom.sr.coding import Code

_VESSELS = tuple(name for name in VESSELS if name in STRUCTURES)
_SPELLED = {plain(name): name for name in _VESSELS} | {  # as a name that is not understood
    "hepatic vein": WHOLE_HEPATIC,
    "portal vein": WHOLE_PORTAL,
}
_CODES = {  # meaning or plain name -> category and type
    **{
        name: (clinical_codes.ANATOMY.coded, STRUCTURES[name][0].coded)
        for name in ("liver", *PARTS, *_VESSELS, "gallbladder", "spleen")
    },
    **{
        spelled: (clinical_codes.ANATOMY.coded, STRUCTURES[name][0].coded)
        for spelled, name in _SPELLED.items()
    },
    "tumour": (clinical_codes.ABNORMAL.coded, STRUCTURES["tumour"][0].coded),
    "flr": (clinical_codes.PLANNED.coded, clinical_codes.FLR.coded),
    "resected": (clinical_codes.PLANNED.coded, clinical_codes.RESECTED.coded),
    "treated": (clinical_codes.PLANNED.coded, clinical_codes.TREATED.coded),
}


def codes_of(name: str, meaning: str | None) -> tuple[Coded, Coded]:
    """Return the category and the type of a structure as codes.

    - `name`: the name of the structure.
    - `meaning`: its meaning here, such as `segment_4`.

    Examples
    --------
    >>> codes_of("Tumor_1", "tumour")[1]
    ('108369006', 'SCT', 'Neoplasm')
    >>> codes_of("Portal_Vein", None)[1][0], codes_of("GREEN", None)[1][0]
    ('32764006', 'NOTCODED')
    """
    return _CODES.get(
        meaning or plain(name), (clinical_codes.NOT_CODED.coded, clinical_codes.NOT_CODED.coded)
    )


def list_local(structures: Iterable[Structure]) -> list[str]:
    """List the structures with a code of this project."""
    types = ((one.called, codes_of(one.called, one.meaning)[1]) for one in structures)
    return [called for called, (_, scheme, _) in types if scheme == LOCAL.designator]


def as_code(coded: Coded) -> Code:
    """Convert a code to the form required by the libraries."""
    from pydicom.sr.coding import Code

    return Code(*coded)


MAKER, MODEL = "fl_planner", "fl-planner convert"
NOBODY_KNOWS = "unknown"  # of the algorithm that drew it
UTF_8 = "ISO_IR 192"
DEFECT = "report this with the names of the CT's header elements, and choose another output format"
CLOCK = ("InstanceCreationDate", "InstanceCreationTime")
SERIES_NUMBER = 9001  # project's choice: behind those of the scanner
MIDNIGHT = "000000"


@dataclass(frozen=True, slots=True)
class Heading:
    """Header of a SEG.

    - `model`: the program.
    - `series`: description of its series.
    - `traced`: text that distinguishes structures of the same name on one CT, such as those of two
      cases.
    - `beside`: text that distinguishes this SEG from another one of the same structures.
    """

    model: str = MODEL
    series: str = "Structures converted from other files"
    traced: str = ""
    beside: str = ""


HEADING = Heading()  # of a conversion


def writing(source: str, what: str = "segmentation") -> AbstractContextManager[None]:
    """Refuse an object that a library cannot write as DICOM, without the library's message.

    `source` is the input or output named in the refusal, `what` the object to be written.
    """
    return quietly("dicom.not_written", source, f"the {what} could not be written as DICOM", DEFECT)


def seg_bytes(
    converted: ConvertedFile,
    slices: Sequence[Dataset],
    when: tuple[str, str],
    heading: Heading = HEADING,
) -> bytes:
    """Write structures as a binary SEG.

    - `converted`: named structures, numbered from 1, on the grid of the CT.
    - `slices`: headers of its slices, one for each layer of the grid.
    - `when`: date and time of the content, as returned by `content_time`.
    """
    start, stop = _layers(converted.structures)
    pixels = _pixels(converted, start, stop)
    content = BytesIO()
    with writing(converted.source):
        apart = _apart_mm(converted.grid)
        bare = [_bare(one, apart, slices[0]) for one in slices[start:stop]]
        frame = f"{bare[0].FrameOfReferenceUID}\n{heading.traced}"
        names = Counter(one.called for one in converted.structures)
        segments = [
            _describe(one, f"{frame}\n{one.number}" if names[one.called] > 1 else frame)
            for one in converted.structures
        ]
        seg = _build(bare, pixels, segments, heading, when)
        _name_dimensions(seg)
        forget_clock(seg)
        name_patient(seg, slices[0])
        seg.save_as(content, enforce_file_format=True)
    return content.getvalue()


def _bare(slice_: Dataset, apart_mm: str, first: Dataset) -> Dataset:
    """Copy a header without its patient data, so that no message can contain them.

    All slices have the orientation of the first, as in the grid: highdicom refuses slices whose
    orientations differ, even in the last digits.

    A slice represents the space up to the next, so the thickness of a segment's voxels is the
    distance between slices. The slice thickness of the CT may be larger, and would give wrong
    volumes.
    """
    bare = without_patient(slice_)
    bare.SliceThickness = bare.SpacingBetweenSlices = apart_mm
    bare.ImageOrientationPatient = first.ImageOrientationPatient
    return bare


def _apart_mm(grid: Grid) -> str:
    """Format the distance between slices along their normal as a decimal string of DICOM."""
    i, j, k = grid.matrix()[:, :3].T
    normal = np.cross(i, j)
    return f"{abs(float(k @ normal)) / float(np.linalg.norm(normal)):.10g}"


def content_time(first: Dataset, on: date | None, source: str) -> tuple[str, str]:
    """Return date and time of the content: `on`, otherwise date and time of the CT's study.

    On the day of the study, its time is also used, so that viewers do not sort the SEG before its
    CT.

    Raises `InputRefused`: `convert.no_date` without a date.
    """
    studied = str(first.StudyDate)
    if on is None and not studied:
        reason = "DICOM requires a date, but the CT has none"
        raise InputRefused("convert.no_date", source, reason, "give a date with --as-of")
    day = studied if on is None else on.strftime("%Y%m%d")
    return day, (str(first.StudyTime) if day == studied else "") or MIDNIGHT


def _layers(structures: Sequence[Structure]) -> tuple[int, int]:
    """Find the slices that are not empty; only these are referred to."""
    boxes = [one.mask.box for one in structures]
    return min(box.start[2] for box in boxes), max(box.stop[2] for box in boxes)


def _pixels(converted: ConvertedFile, start: int, stop: int) -> npt.NDArray[np.uint8]:
    """Arrange structures as required by highdicom: slice, row, column, segment."""
    columns, rows, _ = converted.grid.shape
    pixels = np.zeros((stop - start, rows, columns, len(converted.structures)), dtype=np.uint8)
    for n, one in enumerate(converted.structures):
        i, j, k = one.mask.box.slices((0, 0, start))
        pixels[k, j, i, n] = one.mask.voxels.transpose(2, 1, 0)
    return pixels


def _describe(one: Structure, frame: str) -> SegmentDescription:
    """Describe a segment with its author; its tracking identifier depends on `frame`.

    DICOM has no code for an unknown author: it is written as SEMIAUTOMATIC by "unknown". The
    tracking identifier is the same in each SEG of the structure on this CT, so that sets are
    comparable.
    """
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription

    category, kind = codes_of(one.called, one.meaning)
    method, engine, version = as_dicom_words(one.mask.author)
    engines = None
    if method != "MANUAL":  # DICOM allows no engine there
        engines = AlgorithmIdentificationSequence(
            name=engine or (NOT_STATED if method else NOBODY_KNOWS),
            family=as_code(UNKNOWN_ORIGIN.coded),
            version=version or NOBODY_KNOWS,
        )
    spelled = plain(one.called)
    red, green, blue = colour_of(one.meaning or _SPELLED.get(spelled, spelled))
    return SegmentDescription(
        segment_number=one.number,
        segment_label=one.called,
        segmented_property_category=as_code(category),
        segmented_property_type=as_code(kind),
        algorithm_type=SegmentAlgorithmTypeValues(method or "SEMIAUTOMATIC"),
        algorithm_identification=engines,
        tracking_id=one.called,
        tracking_uid=derived_uid(f"{frame}\n{one.called}".encode(), "tracking"),
        display_color=CIELabColor.from_rgb(255 * red, 255 * green, 255 * blue),
    )


def _build(
    slices: Sequence[Dataset],
    pixels: npt.NDArray[np.uint8],
    segments: Sequence[SegmentDescription],
    heading: Heading,
    when: tuple[str, str],
) -> Segmentation:
    """Build a SEG; its identifiers depend on all that it contains except the patient."""
    from highdicom.seg import Segmentation, SegmentationTypeValues

    described = [json.dumps(one.to_json_dict(), sort_keys=True) for one in segments]
    lines = [*(str(one.SOPInstanceUID) for one in slices), *described, *when]
    lines += [heading.model, heading.series, heading.beside, __version__]
    made_of = "\n".join(lines).encode() + sha256(pixels.tobytes()).digest()
    return Segmentation(
        source_images=slices,
        pixel_array=pixels,
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=segments,
        series_instance_uid=derived_uid(made_of, "series"),
        series_number=SERIES_NUMBER,
        series_description=heading.series,
        sop_instance_uid=derived_uid(made_of, "instance"),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=heading.model,
        software_versions=__version__,
        device_serial_number=NOBODY_KNOWS,
        content_label="SEGMENTATION",
        content_date=when[0],
        content_time=when[1],
        omit_empty_frames=not _are_apart(pixels),
        specific_character_set=UTF_8,
    )


def _are_apart(pixels: npt.NDArray[np.uint8]) -> bool:
    """Whether no two slices with voxels are adjacent, so that the rest would seem missing."""
    filled = np.flatnonzero(pixels.any(axis=(1, 2, 3)))
    return len(filled) > 1 and int(np.diff(filled).min()) > 1


def forget_clock(made: Dataset) -> None:
    """Remove the times of creation, which DICOM does not require."""
    for keyword in CLOCK:
        made.pop(keyword, None)
    for equipment in made.get("ContributingEquipmentSequence", ()):
        equipment.pop("ContributionDateTime", None)


def _name_dimensions(seg: Segmentation) -> None:
    """Replace the random identifier of the order of frames by a generated one."""
    made = derived_uid(str(seg.SOPInstanceUID).encode(), "dimensions")
    organised: list[Any] = [*seg.DimensionOrganizationSequence, *seg.DimensionIndexSequence]
    for item in organised:
        item.DimensionOrganizationUID = made
