"""Read a DICOM CT series: the slices of a folder or archive as one image.

Slices are identified by their headers and sorted along their normal; steps are derived from
positions. Any violation is refused: an image with a missing slice is not valid.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.dicom.elements import SERIES, Attribute, identify, identify_dated, mark
from fl_planner.formats.dicom.file import (
    ZIP,
    DicomFile,
    FoundFile,
    claims_class,
    is_dicom,
    parse_dicom,
    read_all_bytes,
    read_class,
    read_folder,
    read_zip,
)
from fl_planner.formats.dicom.named_slices import NamedSlices
from fl_planner.formats.dicom.pixels import (
    FRAMES,
    INTERCEPT,
    SLOPE,
    Frames,
    JpegUnpacker,
    Layout,
    StoredNumbers,
    read_layout,
)
from fl_planner.formats.dicom.slice_order import (
    IMAGE_TYPE,
    STEP,
    THICKNESS,
    Pile,
    Plane,
    judge_acquisitions,
    stack,
)
from fl_planner.formats.dicom.uids import CT, ENHANCED_CT, KINDS, OTHER_KIND
from fl_planner.formats.stored.file import FIRST_LOOK, PlainBytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import HeldDicom, Source, name_folder
from fl_planner.formats.voxels.voxel_file import FromFiles, ReadImage
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity
from fl_planner.space.grid import Image

PHOTOMETRIC = Attribute(0x00280004, "PhotometricInterpretation")

FORMAT = "dicom-ct"
NO_NAMES = NamedSlices()
LOCALIZER = "LOCALIZER"  # an overview, of another orientation
BITS = (8, 16)
AT_ONCE_BYTES = 1 << 29  # of an image: a larger one grows [project's choice]
GROWN_BYTES = 1 << 27  # by so much at a time [project's choice]
GIVE_ONE = (
    "give a folder with the slices of one CT series, or one file of the series; other images are "
    "not read, and a mask stored as such must be converted to SEG, NIfTI or NRRD"
)
GIVE_SINGLE = (
    "export the series again as single CT slices, or convert it to NIfTI, for example in 3D Slicer"
)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Storage and meaning of the numbers of a slice; the same for a whole series."""

    layout: Layout
    stored: StoredNumbers
    slope: float
    intercept: float


def read_series(
    path: Source, role: str, limits: Limits, named: NamedSlices = NO_NAMES
) -> ReadImage:
    """Read the one CT series of a folder or zip, or the series of a file in its folder.

    Its hash is that of the zip, otherwise that of the sorted hashes of its slices, one per line.

    Raises `InputRefused`: naming the folder if it contains no series or several; otherwise naming
    the slice.
    """
    found = find_slices(path, limits, named)
    numbers, identity = _require_same_series(found.slices)
    displaced = [*named.find_displaced(found.slices)]
    digests = "".join(f"{one}\n" for one in sorted(file.sha256 for file in found.slices))
    digest = found.sha256 or sha256(digests.encode()).hexdigest()
    image, odd = _build(found, numbers, limits)
    source = InputFile(role, found.name, FORMAT, digest, identity)
    return FromFiles(image, (source,), (*found.findings, *displaced, *odd))


@dataclass(frozen=True, slots=True)
class Slices:
    """The slices of one series, unsorted; `sha256` is that of their zip, if any."""

    name: str
    slices: list[DicomFile]
    sha256: str | None = None
    findings: tuple[Finding, ...] = ()


def find_slices(path: Source, limits: Limits, named: NamedSlices = NO_NAMES) -> Slices:
    """Find the slices of the one CT series of a folder or zip, or of a file in its folder.

    Data sets in memory are treated like the files of a folder. Of several series, the one named by
    segmentations (`named`) is used; of two slices at one position, the slice named by them.

    Raises `InputRefused`: naming the folder if it contains no series, or several of which
    segmentations do not name exactly one.
    """
    try:
        found = _find_slices(path, limits)
    except InputRefused as refused:
        if refused.code != "series.several" or (series := named.find_series()) is None:
            raise
        found = _find_named_series(path, limits, series, refused)
    slices, findings = named.choose(found.name, found.slices)
    return replace(found, slices=slices, findings=(*found.findings, *findings))


def _find_named_series(
    path: Source, limits: Limits, series: bytes, refused: InputRefused
) -> Slices:
    """Find one of several series by its mark; if it is not among them, refuse all as before."""
    try:
        found = _find_slices(path, limits, series)
    except InputRefused as other:
        if other.code != "series.none":
            raise
        raise refused from None
    what = f"{refused.reason}; the series to which the segmentation refers is used"
    odd = Finding("series.named_slices", Severity.INFO, f"{found.name}: {what}", found.name)
    return replace(found, findings=(*found.findings, odd))


def find_own_series(name: str, source: PlainBytes, limits: Limits) -> str | None:
    """Return the identifier of the series of a CT slice; None for another file.

    Raises `InputRefused` if the file is damaged.
    """
    if not is_dicom(source.peek(FIRST_LOOK)):
        return None
    file = parse_dicom(name, read_all_bytes(source, limits), limits)
    return file.data.text(SERIES) if file.sop_class == CT else None


def _find_slices(path: Source, limits: Limits, wanted: bytes | None = None) -> Slices:
    if not isinstance(path, Path):
        files = path.files if isinstance(path, HeldDicom) else ()
        found = (FoundFile(*one, sha256(one[1]).hexdigest()) for one in files)
        return Slices(path.name, _SeriesSearch(path.name, limits, wanted).of(found))
    if path.is_dir():
        name = name_folder(path)
        return Slices(name, _SeriesSearch(name, limits, wanted).of(read_folder(path, limits)))
    with PlainBytes(path, limits) as source:
        content = read_all_bytes(source, limits)
        findings = tuple(source.findings)
    if not is_dicom(content):
        if not content.startswith(ZIP):
            reason = "the file is neither a DICOM slice nor a zip archive of slices"
            raise InputRefused("file.not_an_image", path.name, reason, GIVE_ONE)
        search = _SeriesSearch(path.name, limits, wanted)
        slices = search.of(read_zip(path.name, content, limits))
        return Slices(path.name, slices, source.sha256, findings)
    one = parse_dicom(path.name, content, limits)
    if one.sop_class != CT:
        reason = f"the file is {one.kind}, not a single CT slice"
        remedy = GIVE_SINGLE if one.kind == KINDS[ENHANCED_CT] else GIVE_ONE
        raise one.refuse("file.not_an_image", reason, remedy)
    beside = read_folder(path.parent, limits, below=False)
    return Slices(path.name, _SeriesSearch(path.name, limits, _series_of(one)).of(beside))


class _SeriesSearch:
    """The slices of one series: the only one, or that of a given file."""

    def __init__(self, name: str, limits: Limits, wanted: bytes | None = None) -> None:
        self._name = name
        self._limits = limits
        self._wanted = wanted
        self._met: set[bytes] = set()
        self._others: Counter[str] = Counter()  # what the files of other kinds are called
        self._kept: list[DicomFile] = []
        self._digests: set[str] = set()
        self._size = 0

    def of(self, files: Iterable[FoundFile]) -> list[DicomFile]:
        """Find the slices among files."""
        for found in files:
            class_uid = read_class(found.name, found.content)
            if class_uid in (None, CT) or claims_class(found.content, CT):
                self._add(found)
            else:
                self._pass_over(KINDS.get(class_uid, OTHER_KIND))
        if len(self._met) > 1:
            reason = f"there are {len(self._met)} CT series"
            remedy = "give one file of the intended series, or a folder with only this series"
            raise InputRefused("series.several", self._name, reason, remedy)
        if not self._kept:
            met = ", ".join(f"{kind} ({n})" for kind, n in sorted(self._others.items()))
            reason = f"there are no CT slices{', but ' if met else ''}{met}"
            remedy = GIVE_SINGLE if KINDS[ENHANCED_CT] in self._others else GIVE_ONE
            raise InputRefused("series.none", self._name, reason, remedy)
        return self._kept

    def _add(self, found: FoundFile) -> None:
        if found.sha256 in self._digests:  # a copy of a file
            return
        self._digests.add(found.sha256)
        limits = self._limits
        file = parse_dicom(found.name, found.content, limits, found.sha256, found.findings)
        if file.sop_class != CT:
            self._pass_over(file.kind)
            return
        if LOCALIZER in file.data.words(IMAGE_TYPE):
            self._pass_over("an overview (localizer)")
            return
        series = _series_of(file)
        if self._wanted not in (None, series):
            return
        self._met.add(series)
        self._size += len(found.content)
        if len(self._met) > 1:
            self._kept.clear()
            return
        if self._size > limits.unpacked_bytes:
            reason = f"the series exceeds the limit of {limits.unpacked_bytes} bytes"
            raise InputRefused("limit.unpacked", self._name, reason, "raise --size-limit")
        self._kept.append(file)

    def _pass_over(self, kind: str) -> None:
        self._others[kind] += 1


def _series_of(file: DicomFile) -> bytes:
    return file.data.need(SERIES, mark(SERIES, file.data.raw(SERIES)))


def _require_same_series(slices: Sequence[DicomFile]) -> tuple[_Numbers, Identity]:
    """Require pixels of one kind, and slices of one patient, study and frame of reference."""
    first = slices[0]
    numbers, identity = _numbers(first), identify(first.data)
    for file in slices:
        if _numbers(file) != numbers:
            reason = f"the pixels differ in size, type or scale from those of {first.name}"
            raise file.refuse("series.pixels_differ", reason, GIVE_ONE)
        if identify(file.data) != identity:
            reason = f"the patient, study or frame of reference differs from that of {first.name}"
            raise file.refuse("series.identity_differs", reason, GIVE_ONE)
    return numbers, structs.replace(identify_dated(first.data), series=_series_of(first))


def _build(found: Slices, numbers: _Numbers, limits: Limits) -> tuple[Image, tuple[Finding, ...]]:
    """Stack slices to an image; each is released as soon as it is copied."""
    slices, layout = found.slices, numbers.layout
    first = slices[0].data
    pile = Pile(
        found.name,
        layout.rows,
        layout.columns,
        may_lack=False,
        declared_mm=first.decimal(STEP),
        thickness_mm=first.decimal(THICKNESS),
    )
    stacked = stack([Plane.of(file.data, file.data, file.data) for file in slices], pile, limits)
    along = [slices[n] for n in np.argsort(stacked.layers)]
    odd = judge_acquisitions(found.name, along)
    findings = (*(one for file in slices for one in file.findings), *stacked.findings, *odd)
    del along  # or nothing is let go
    volume = _lay(slices, stacked.layers, numbers)
    scale = (numbers.slope, numbers.intercept)
    return Image(volume.transpose(2, 1, 0), *scale, stacked.grid, found.name), findings


def _lay(
    slices: list[DicomFile], layers: Sequence[int], numbers: _Numbers
) -> npt.NDArray[np.generic]:
    """Copy slices into one array; each is released as soon as it is copied.

    Memory of a large array is used only as slices are released; otherwise twice as much would be
    needed.
    """
    layout, count = numbers.layout, len(slices)
    grows = count * layout.frame_bytes > AT_ONCE_BYTES
    deep = max(1, GROWN_BYTES // layout.frame_bytes) if grows else count
    volume = np.empty((min(deep, count), layout.rows, layout.columns), numbers.stored.dtype)
    waiting = [*zip(layers, slices, strict=True)]
    slices.clear()
    if grows:
        waiting.sort(key=itemgetter(0), reverse=True)
    with JpegUnpacker() as unpacker:
        while waiting:
            layer, file = waiting.pop()
            if layer == len(volume):
                shape = (min(layer + deep, count), layout.rows, layout.columns)
                volume.resize(shape, refcheck=False)
            volume[layer] = numbers.stored.cleared(Frames(file, layout, unpacker).numbers(0))
    return volume


def _numbers(file: DicomFile) -> _Numbers:
    data = file.data
    layout = read_layout(file, BITS)
    if layout.frames != 1:
        raise data.wrong(FRAMES, "is not 1")
    if data.text(PHOTOMETRIC) != "MONOCHROME2":
        raise data.wrong(PHOTOMETRIC, "is not MONOCHROME2")
    stored = StoredNumbers.of(file, layout)
    slope, intercept = (data.need(one, data.decimal(one)) for one in (SLOPE, INTERCEPT))
    if slope == 0:
        raise data.wrong(SLOPE, "is 0")
    return _Numbers(layout, stored, slope, intercept)
