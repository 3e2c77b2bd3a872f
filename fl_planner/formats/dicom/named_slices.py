"""The series and slices of a CT that segmentations name, if a folder has several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_number
from fl_planner.formats.dicom.elements import SERIES, Attribute, DataSet, mark
from fl_planner.formats.dicom.file import DicomFile, is_dicom, list_folder, read_class, read_dicom
from fl_planner.formats.dicom.rtstruct import CLOSED, CONTOURS, DATA, ROI_CONTOURS, TYPE, XORS
from fl_planner.formats.dicom.seg import PER_FRAME, SHARED
from fl_planner.formats.dicom.slice_order import ORIENTATION, POSITION
from fl_planner.formats.dicom.uids import LABELMAP_SEG, RTSTRUCT, SEG
from fl_planner.formats.stored.file import CLASS_LOOK, FIRST_LOOK, PlainBytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import HeldDicom, Source

Floats = npt.NDArray[np.float64]

INSTANCE = Attribute(0x00080018, "SOPInstanceUID")
NAMED = Attribute(0x00081155, "ReferencedSOPInstanceUID")
DERIVATION = Attribute(0x00089124, "DerivationImageSequence")
SOURCE = Attribute(0x00082112, "SourceImageSequence")
SERIES_NAMED = Attribute(0x00081115, "ReferencedSeriesSequence")
INSTANCES = Attribute(0x0008114A, "ReferencedInstanceSequence")
OTHER_STUDIES = Attribute(0x00081200, "StudiesContainingOtherReferencedInstancesSequence")
FRAMES_NAMED = Attribute(0x30060010, "ReferencedFrameOfReferenceSequence")
STUDIES_NAMED = Attribute(0x30060012, "RTReferencedStudySequence")
CONTOUR_IMAGES = Attribute(0x30060016, "ContourImageSequence")
RT_SERIES_NAMED = Attribute(0x30060014, "RTReferencedSeriesSequence")
DRAWN = (SEG, LABELMAP_SEG, RTSTRUCT)
# where a file names slices: of the series that it was drawn on, and of what was drawn
ON_SERIES = (
    (SERIES_NAMED, INSTANCES),
    (OTHER_STUDIES, SERIES_NAMED, INSTANCES),
    (FRAMES_NAMED, STUDIES_NAMED, RT_SERIES_NAMED, CONTOUR_IMAGES),
)
OF_DRAWING = (
    (PER_FRAME, DERIVATION, SOURCE),
    (SHARED, DERIVATION, SOURCE),
    (ROI_CONTOURS, CONTOURS, CONTOUR_IMAGES),
)


@dataclass(frozen=True, slots=True)
class NamedSlices:
    """Files that may name the slices of a CT.

    SEG files are read only if series or positions occur twice.
    """

    sources: tuple[Source, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def find_series(self) -> bytes | None:
        """Mark the one series to which the files refer; None if they refer to none or several."""
        drawn = _read_drawn(self.sources, self.limits)
        named = {series for file in drawn for series in mark_series(file.data)}
        return named.pop() if len(named) == 1 else None

    def choose(
        self, name: str, slices: list[DicomFile]
    ) -> tuple[list[DicomFile], tuple[Finding, ...]]:
        """Choose the named slices of a series with two slices at one position; otherwise all.

        All are also returned if no file names any or the named ones are ambiguous: the series is
        then refused as damaged.
        """
        if not self.sources or not _share_places(slices):
            return slices, ()
        return self._choose_named(name, slices)

    def _choose_named(
        self, name: str, slices: list[DicomFile]
    ) -> tuple[list[DicomFile], tuple[Finding, ...]]:
        drawn = [*_read_drawn(self.sources, self.limits)]
        for paths in (ON_SERIES, OF_DRAWING):
            named = {uid for one in drawn for path in paths for uid in _list(one.data, path)}
            kept = [one for one in slices if one.data.text(INSTANCE) in named]
            if kept and not _share_places(kept):
                message = (
                    f"{name}: slice positions occur twice, for example because of two "
                    f"acquisitions; the {len(kept)} slices to which the segmentation refers are "
                    f"used, and the other {len(slices) - len(kept)} are not"
                )
                return kept, (Finding("series.named_slices", Severity.INFO, message, name),)
        return slices, ()

    def find_displaced(self, slices: Sequence[DicomFile]) -> Iterator[Finding]:
        """Find structure sets with a contour that is not at the slice of the CT that it names."""
        for file in _read_drawn(dict.fromkeys(self.sources), self.limits, (RTSTRUCT,)):
            heights = {one.data.text(INSTANCE): at for one, at in _measure_heights(slices)}
            steps = np.diff(sorted(heights.values()))
            half_mm = steps[steps > SAME_PLACE_MM].min(initial=inf) / 2
            apart = _measure_apart(file.data, _find_normal(slices[0].data), heights)
            if apart is not None and apart > half_mm + SAME_PLACE_MM:
                what = f"a contour is {as_number(apart)} mm from the slice of the CT that it names"
                yield file.find("contours.other_slice", what, Severity.ERROR, apart, "mm")


def _measure_apart(
    data: DataSet, normal: Floats, heights: Mapping[str | None, float]
) -> float | None:
    """Measure the largest distance of a contour from the slices that it names.

    None if no contour names a slice, or those in several planes all name one.
    """
    apart, planes, named = [], set[float](), set[str | None]()
    for contour in _items_below(data, (ROI_CONTOURS, CONTOURS)):
        own = {uid for uid in _list(contour, (CONTOUR_IMAGES,)) if uid in heights}
        height = _find_height(contour, normal)
        if own and height is not None:
            named |= own
            planes.add(round(height, 1))
            apart.append(min(abs(height - heights[uid]) for uid in own))
    return max(apart) if apart and (len(named) > 1 or len(planes) == 1) else None


def _find_height(contour: DataSet, normal: Floats) -> float | None:
    """Find the position of a closed contour by its first point; None if this cannot be read.

    Others are not in one plane: a needle or a catheter goes through several slices.
    """
    first = contour.raw(DATA).strip(b" \0").split(b"\\", 3)[:3]
    if contour.text(TYPE) not in (CLOSED, *XORS) or len(first) < 3:
        return None
    try:
        return float(np.array(first).astype(np.float64) @ normal)
    except ValueError:  # reported when the contours are read
        return None


def _find_normal(slice_: DataSet) -> Floats:
    numbers = slice_.need(ORIENTATION, slice_.decimals(ORIENTATION, 6))
    return np.cross(*np.array(numbers).reshape(2, 3))


def _measure_heights(slices: Sequence[DicomFile]) -> Iterator[tuple[DicomFile, float]]:
    """Measure the position of each slice along the normal of the first."""
    normal = _find_normal(slices[0].data)
    for one in slices:
        place = one.data.need(POSITION, one.data.decimals(POSITION, 3))
        yield one, float(np.array(place) @ normal)


def list_named(sources: Iterable[Source], limits: Limits) -> frozenset[str]:
    """List the identifiers of the slices that segmentations among files were drawn on."""
    drawn = _read_drawn(sources, limits)
    return frozenset(uid for one in drawn for path in ON_SERIES for uid in _list(one.data, path))


def mark_series(data: DataSet) -> tuple[bytes, ...]:
    """Mark the series that a segmentation was drawn on; empty if it does not name any."""
    items = (one for *path, _ in ON_SERIES for one in _items_below(data, path))
    return tuple(found for one in items if (found := mark(SERIES, one.raw(SERIES))))


def _read_drawn(
    sources: Iterable[Source], limits: Limits, classes: Sequence[str] = DRAWN
) -> Iterator[DicomFile]:
    """Read the segmentations and structure sets, or only those of some classes, among files.

    A file that cannot be read is refused later, as a mask.
    """
    for source in _list_files(sources):
        try:
            if _may_be_drawn(source, limits, classes):
                file = read_dicom(source, limits)
                if file.sop_class in classes:
                    yield file
        except InputRefused:
            continue


def _list_files(sources: Iterable[Source]) -> Iterator[Source]:
    """List sources, and the files of those that are folders of segmentations."""
    for source in sources:
        if isinstance(source, Path) and source.is_dir():
            yield from list_folder(source, below=True)
        else:
            yield source


def _may_be_drawn(source: Source, limits: Limits, classes: Sequence[str]) -> bool:
    if not isinstance(source, Path):
        return isinstance(source, HeldDicom) and len(source.files) == 1
    if not source.is_file():
        return False
    with PlainBytes(source, limits) as content:
        if not is_dicom(content.peek(FIRST_LOOK)):
            return False
        return read_class(content.name, content.peek(CLASS_LOOK)) in (None, *classes)


def _list(data: DataSet, path: Sequence[Attribute]) -> Iterator[str]:
    """List the identifiers in the items below a path of sequences."""
    return (uid for item in _items_below(data, path) if (uid := item.text(NAMED)))


def _items_below(data: DataSet, path: Sequence[Attribute]) -> Iterator[DataSet]:
    """List the items of the last of nested sequences."""
    if not path:
        yield data
        return
    first, *rest = path
    for item in data.items(first):
        yield from _items_below(item, rest)


def _share_places(slices: Sequence[DicomFile]) -> bool:
    """Whether two slices have the same position along the normal of the first."""
    if len(slices) < 2:
        return False
    heights = np.sort([height for _, height in _measure_heights(slices)])
    return bool((np.diff(heights) <= SAME_PLACE_MM).any())
