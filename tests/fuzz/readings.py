"""What a file says: by this package, and by readers that share nothing with it."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from importlib import import_module
from itertools import pairwise
from operator import or_
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from pydicom import dcmread

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import Image
from tests.fuzz.nuclear_readings import NUCLEAR, read_and_measure, read_study

SAME_ML, SAME_MM = 1e-5, 0.02  # relative, and absolute
UNEQUAL, UNEQUAL_MM = 0.01, 0.01  # gaps between slices, relative and absolute [safety.md D2]
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MANY = 9  # labels, to be told one by one
WHOLE = 1e-4  # so far a value may lie from a label
# Contours: pixels of a reader without an image, the widest that it fills, and how far another
# reader's pixels may bring its volume and middle away, of rings 24 mm wide.
FINE_MM, WIDEST_MM, OF_RINGS, OF_RINGS_MM = 0.1, 300.0, 0.03, 0.3


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a file comes to: mL by label, and where the middle of all is; None without a place.

    Labels of one mask are counted together, under 1; of an image it is mL by HU; a study has its
    counts and times by their names here. `within` is how far, relatively, mL may lie from another
    reader's: slices may be unequally far apart by as much [safety.md D2], and contours are filled
    by pixels of any size; `within_mm` the same of the middle.
    """

    ml: Mapping[int, float] | Mapping[str, float]
    centre_mm: tuple[float, float, float] | None
    within: float = SAME_ML
    within_mm: float = SAME_MM

    def __str__(self) -> str:
        """Tell all of a mask, and of an image how much it is."""
        if len(self.ml) > MANY:
            return f"{sum(self.ml.values())} mL of {len(self.ml)} numbers at {self.centre_mm}"
        return f"{dict(self.ml)} mL at {self.centre_mm}"

    def same(self, other: Numbers) -> bool:
        """Whether two readings agree, as far as both say."""
        ours, theirs = dict[Any, float](self.ml), dict[Any, float](other.ml)
        if ours.keys() != theirs.keys():
            return False
        near = max(self.within, other.within)
        if not all(np.isclose(x, theirs[n], rtol=near, atol=0) for n, x in ours.items()):
            return False
        if self.centre_mm is None or other.centre_mm is None or not self.ml:
            return True
        near_mm = max(self.within_mm, other.within_mm)
        return bool(np.allclose(self.centre_mm, other.centre_mm, rtol=0, atol=near_mm))


def read_here(path: Path, role: str) -> tuple[Numbers, tuple[Finding, ...]]:
    """Read a file as this package does; raises what it raises."""
    if role in NUCLEAR:
        study, doubts = read_and_measure(path, role)
        return _of_image(study) if isinstance(study, Image) else Numbers(study, None), doubts
    if role == "ct":
        image, _, found = read_image(path, role, Limits())
        return _of_image(image), tuple(one for one in found if one.severity is not Severity.INFO)
    holds = Holds.LABEL_MAP if role == "labelmap" else Holds.LABELS
    file = read_labels(path, role, holds, Limits())
    loud = tuple(one for one in file.findings if one.severity is not Severity.INFO)
    if isinstance(file, SegmentFile):
        parts = [mask for _, mask in file.drawn()]
    else:
        parts = [file.mask(role, label) for label in file.labelled.labels]
    whole = reduce(or_, parts) if parts else None
    if whole is None or not whole.voxel_count:
        return Numbers({}, None), loud
    ml = {1: whole.volume_ml}
    if isinstance(file, LabelFile) and role == "labelmap":
        named = zip(file.labelled.labels, parts, strict=True)
        ml = {label: part.volume_ml for label, part in named}
    x, y, z = measure_centre_mm(whole).tolist()
    return Numbers(ml, (x, y, z) if file.grid.placed else None), loud


def read_elsewhere(path: Path, role: str) -> list[Numbers]:
    """Read a file by nibabel, SimpleITK, and line by line; those that can."""
    name = path.name.lower()
    if role in NUCLEAR:
        return _elsewhere(path, role)
    readers: tuple[Callable[[Path, str], Numbers], ...] = (_by_simpleitk, _by_meta_lines)
    if name.endswith((".dcm", ".zip")):
        readers = (_series_by_pydicom,) if role == "ct" else (_by_pydicom, _rings_by_pydicom)
    elif name.endswith((".nrrd", ".nhdr")):
        readers = (_by_simpleitk, _by_nrrd_lines)
    elif not name.endswith((".mha", ".mhd")):
        readers = (_by_nibabel,)
    found = []
    for reader in readers:
        try:
            found.append(reader(path, role))
        except Exception:  # noqa: BLE001  # on a broken file anything may come
            continue
    return found


def _elsewhere(path: Path, role: str) -> list[Numbers]:
    try:
        study = read_study(path, role)
    except Exception:  # noqa: BLE001  # on a broken file anything may come
        return []
    if isinstance(study, tuple):
        return [_numbers_of_image(*study, placed=True)]
    return [Numbers(study, None)]


def _by_nibabel(path: Path, role: str) -> Numbers:
    image: Any = nibabel.load(path)
    values = np.asarray(image.dataobj, dtype=np.float64)
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    header = image.header
    placed = int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0
    return _numbers(values, np.asarray(image.affine), role, placed=placed)


def _by_simpleitk(path: Path, role: str) -> Numbers:
    sitk: Any = import_module("SimpleITK")  # its calls are untyped
    image = sitk.ReadImage(str(path))
    values = sitk.GetArrayFromImage(image).astype(np.float64)
    values = values.transpose(2, 1, 0) if values.ndim == 3 else values.transpose(2, 1, 0, 3)
    affine = np.eye(4)
    turn = np.reshape(image.GetDirection(), (3, 3)) * np.array(image.GetSpacing())
    affine[:3, :3], affine[:3, 3] = turn, image.GetOrigin()
    affine[:2] *= -1  # LPS to RAS
    if values.ndim == 4 or any(key.startswith("Segment0_") for key in image.GetMetaDataKeys()):
        values = _segment(image, values, role)
        role = "liver"
    return _numbers(values, affine, role, placed=True)


def _segment(image: Any, values: npt.NDArray[np.float64], role: str) -> npt.NDArray[np.float64]:
    """Voxels of the segment that bears the role's name, or of the only one."""
    said = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}
    numbers = [key[7:-5] for key in said if key.startswith("Segment") and key.endswith("_Name")]
    (meant,) = [n for n in numbers if said[f"Segment{n}_Name"].lower() == role]
    layer = values if values.ndim == 3 else values[..., int(said[f"Segment{meant}_Layer"])]
    chosen: npt.NDArray[np.float64] = (layer == int(said[f"Segment{meant}_LabelValue"])) * 1.0
    return chosen


def _by_nrrd_lines(path: Path, role: str) -> Numbers:
    """Read an NRRD line by line: no more of the format than the specimens have."""
    content = path.read_bytes()
    text, data = re.split(rb"\r?\n\r?\n", content, maxsplit=1)
    said, keys = _lines(text, ": ?"), _lines(text, ":=")
    sizes = [int(n) for n in said["sizes"].split()]
    directions = re.findall(r"\(([^)]*)\)", said["spacedirections"])
    columns = np.array([[float(n) for n in one.split(",")] for one in directions]).T
    affine = np.eye(4)
    affine[:3, :3] = columns
    affine[:3, 3] = [float(n) for n in said["spaceorigin"].strip("()").split(",")]
    affine[:3] *= np.array(SIGNS[said["space"].lower()])[:, None]
    data = _unpacked(said["encoding"].lower(), data, path, said.get("datafile"))
    kind = np.dtype(TYPES[" ".join(said["type"].split())])
    kind = kind.newbyteorder(">" if said["endian"] == "big" else "<")
    if said["encoding"].lower() in ("ascii", "text", "txt"):
        values = np.array([float(n) for n in data.split()])
    else:
        values = np.frombuffer(data, kind).astype(np.float64)
    values = values.reshape(sizes, order="F")
    names = [n for n in keys if n.endswith("_name")]
    if names and role != "labelmap":
        meant = next((n for n in names if keys[n].lower() == role), names[0])
        number = meant[: -len("_name")]
        layer = values if values.ndim == 3 else values[int(keys[f"{number}_layer"])]
        values = (layer == int(keys[f"{number}_labelvalue"])).astype(np.float64)
    return _numbers(values, affine, role, placed=True)


def _by_meta_lines(path: Path, role: str) -> Numbers:
    """Read a MetaImage line by line: no more of the format than the specimens have."""
    content = path.read_bytes()
    found = re.search(rb"ElementDataFile[^\n]*\n", content)
    assert found
    said = _lines(content[: found.end()], " *[=:] *")
    spacing = [float(n) for n in said["elementspacing"].split()]
    turn = [float(n) for n in said["transformmatrix"].split()]
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(turn, (3, 3)).T * spacing
    affine[:3, 3] = [float(n) for n in said["offset"].split()]
    affine[:2] *= -1
    file = said["elementdatafile"]
    packed = said.get("compresseddata", "f")[:1].lower() == "t"
    data = _unpacked(
        "zlib" if packed else "raw",
        content[found.end() :],
        path,
        None if file.lower() == "local" else file,
    )
    big = any(said.get(key, "f")[:1].lower() == "t" for key in ORDERS)
    kind = np.dtype(TYPES[said["elementtype"].lower()]).newbyteorder(">" if big else "<")
    sizes = [int(n) for n in said["dimsize"].split()]
    values = np.frombuffer(data, kind).astype(np.float64).reshape(sizes[:3], order="F")
    return _numbers(values, affine, role, placed=True)


ORDERS = ("binarydatabyteordermsb", "elementbyteordermsb")
SIGNS = {
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1), "ras": (1, 1, 1),
    "right-anterior-superior": (1, 1, 1), "las": (-1, 1, 1), "left-anterior-superior": (-1, 1, 1),
}  # fmt: skip
TYPES = {
    "unsigned char": "u1", "uint8": "u1", "short": "i2", "int": "i4", "double": "f8",
    "met_uchar": "u1", "met_short": "i2", "met_double": "f8",
}  # fmt: skip


def _lines(text: bytes, mark: str) -> dict[str, str]:
    """Give the values of a header by key, the first of each; digits of other scripts are none."""
    pairs = [re.split(mark, line, maxsplit=1) for line in text.decode("latin-1").splitlines()]
    said: dict[str, str] = {}
    for pair in pairs:
        if len(pair) == 2:
            said.setdefault(pair[0].strip().lower().replace(" ", ""), pair[1].strip())
    return said


def _unpacked(how: str, data: bytes, path: Path, file: str | None) -> bytes:
    data = data if file is None else (path.parent / file).read_bytes()
    match how:
        case "gzip" | "gz":
            return gzip.decompress(data)
        case "zlib":
            return zlib.decompress(data)
    return data


def _by_pydicom(path: Path, role: str) -> Numbers:
    """Read a SEG by pydicom: axial frames, equally far apart, of one bit or of bytes."""
    data = dcmread(path)
    (number,) = [s.SegmentNumber for s in data.SegmentSequence if s.SegmentLabel == role]
    groups = data.PerFrameFunctionalGroupsSequence
    places = [[*map(float, g.PlanePositionSequence[0].ImagePositionPatient)] for g in groups]
    if data.SegmentationType == "BINARY":
        bits = np.unpackbits(np.frombuffer(data.PixelData, np.uint8), bitorder="little")
        pixels = bits[: len(groups) * data.Rows * data.Columns].reshape(-1, data.Rows, data.Columns)
        named = [g.SegmentIdentificationSequence[0].ReferencedSegmentNumber for g in groups]
        meant = [int(one) == number for one in named]
        marked = pixels.astype(bool) & np.array(meant)[:, None, None]
    else:
        stored = data.pixel_array
        marked = stored.reshape(-1, data.Rows, data.Columns) == number
    shared = data.SharedFunctionalGroupsSequence[0]
    rows_mm, columns_mm = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    turn = [*map(float, shared.PlaneOrientationSequence[0].ImageOrientationPatient)]
    assert turn == [1, 0, 0, 0, 1, 0]
    heights = sorted({place[2] for place in places})
    high_mm, least_mm = heights[-1] - heights[0], min(b - a for a, b in pairwise(heights))
    step_mm = high_mm / round(high_mm / least_mm)
    ml = int(marked.sum()) * rows_mm * columns_mm * step_mm / 1000
    if not marked.any():
        return Numbers({}, None)
    frame, row, column = np.argwhere(marked).T
    x, y, z = np.array(places)[frame].T
    centre = [-(x + column * columns_mm).mean(), -(y + row * rows_mm).mean(), z.mean()]
    within = max(UNEQUAL, UNEQUAL_MM / step_mm)
    return Numbers({1: ml}, (float(centre[0]), float(centre[1]), float(centre[2])), within)


def _rings_by_pydicom(path: Path, role: str) -> Numbers:
    """Read an RTSTRUCT by pydicom: what one contour or another of a plane goes round."""
    data = dcmread(path)
    (number,) = [s.ROINumber for s in data.StructureSetROISequence if s.ROIName == role]
    (drawn,) = [r for r in data.ROIContourSequence if r.ReferencedROINumber == number]
    rings = [np.reshape([*map(float, c.ContourData)], (-1, 3)) for c in drawn.ContourSequence]
    assert all(np.ptp(ring[:, 2]) == 0 for ring in rings)
    low, high = np.min([r.min(0) for r in rings], 0), np.max([r.max(0) for r in rings], 0)
    assert (high - low).max() < WIDEST_MM
    x, y = (np.arange(low[n], high[n], FINE_MM) + FINE_MM / 2 for n in range(2))
    planes: dict[float, npt.NDArray[np.bool_]] = {}
    for ring in rings:
        inside = _inside(ring, x[:, None], y[None, :])
        planes[ring[0, 2]] = planes.get(ring[0, 2], np.zeros_like(inside)) | inside
    heights = sorted(planes)
    step_mm = min(b - a for a, b in pairwise(heights))
    marked = np.stack([planes[z] for z in heights], axis=2)
    ml = int(marked.sum()) * FINE_MM**2 * step_mm / 1000
    i, j, k = np.argwhere(marked).T
    centre = (-float(x[i].mean()), -float(y[j].mean()), float(np.array(heights)[k].mean()))
    return Numbers({1: ml}, centre, OF_RINGS, OF_RINGS_MM)


def _inside(
    ring: npt.NDArray[np.float64], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Mark the places from which a ray to the right crosses a ring an odd number of times."""
    odd = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=bool)
    for (ax, ay, _), (bx, by, _) in pairwise([*ring.tolist(), ring[0].tolist()]):
        if ay != by:
            odd ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return odd


def _series_by_pydicom(path: Path, role: str) -> Numbers:
    """Read a CT by pydicom: axial slices of a folder or zip, equally far apart."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
    else:
        contents = [one.read_bytes() for one in path.parent.iterdir()]
    files = [dcmread(io.BytesIO(content)) for content in contents]
    slices = [one for one in files if one.SOPClassUID == CT_IMAGE]
    if path.suffix != ".zip":  # one file tells which series is meant
        meant = dcmread(path).SeriesInstanceUID
        slices = [one for one in slices if one.SeriesInstanceUID == meant]
    slices.sort(key=lambda one: float(one.ImagePositionPatient[2]))
    first, *others = slices
    for keyword in ("SeriesInstanceUID", "PixelSpacing", "ImageOrientationPatient"):
        assert all(one[keyword].value == first[keyword].value for one in others)
    assert [*map(float, first.ImageOrientationPatient)] == [1, 0, 0, 0, 1, 0]
    layers = [one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept)
              for one in slices]  # fmt: skip
    places = np.array([[*map(float, one.ImagePositionPatient)] for one in slices])
    steps_mm = np.diff(places[:, 2])
    near = max(UNEQUAL, UNEQUAL_MM / steps_mm.min())
    assert np.ptp(steps_mm) <= near * steps_mm.min()
    assert np.ptp(places[:, :2], axis=0).max() <= UNEQUAL_MM
    rows_mm, columns_mm = map(float, first.PixelSpacing)
    affine = np.diag([-columns_mm, -rows_mm, steps_mm.mean(), 1.0])
    affine[:3, 3] = places[0] * [-1, -1, 1]
    values = np.stack(layers).transpose(2, 1, 0)
    return replace(_numbers_of_image(values, affine, placed=True), within=near)


def _of_image(image: Image) -> Numbers:
    values = image.voxels * image.slope + image.inter
    return _numbers_of_image(values, image.grid.matrix(), placed=image.grid.placed)


def _numbers_of_image(
    values: npt.NDArray[Any], affine: npt.NDArray[np.float64], *, placed: bool
) -> Numbers:
    """Give mL by HU, and the middle of what is brighter than the least."""
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    hu, counts = np.unique(np.rint(values), return_counts=True)
    ml = {int(n): int(count) * voxel_ml for n, count in zip(hu, counts, strict=True)}
    bright = np.asarray(values, dtype=np.float64) - float(values.min())
    if not placed or not bright.any():
        return Numbers(ml, None)
    indices = np.indices(values.shape).reshape(3, -1)
    middle = indices @ bright.ravel() / bright.sum()
    x, y, z = (affine[:3, :3] @ middle + affine[:3, 3]).tolist()
    return Numbers(ml, (x, y, z))


def _numbers(
    values: npt.NDArray[np.float64], affine: npt.NDArray[np.float64], role: str, *, placed: bool
) -> Numbers:
    if role == "ct":
        return _numbers_of_image(values, affine, placed=placed)
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    if role != "labelmap":
        values = np.where(np.abs(values) > WHOLE, 1.0, 0.0)
    labels, counts = np.unique(np.rint(values), return_counts=True)
    ml = {
        int(label): int(count) * voxel_ml
        for label, count in zip(labels, counts, strict=True)
        if label
    }
    inside = np.argwhere(np.abs(values) > WHOLE)
    if not placed or not inside.size:
        return Numbers(ml, None)
    x, y, z = (affine[:3, :3] @ inside.mean(axis=0) + affine[:3, 3]).tolist()
    return Numbers(ml, (x, y, z))
