"""A CT series by its headers: folder, zip, one file; sorted, whole, and of one kind."""

import gzip
import io
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.dicom import ct_series
from fl_planner.formats.dicom import file as _dicom_folder
from fl_planner.formats.dicom.file import read_zip
from fl_planner.formats.dicom.read import read_slices
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.file_facts import Checked
from fl_planner.formats.voxels.values import Holds
from fl_planner.space.grid import Image
from fl_planner.workup.files.check import check_files
from tests.cases import each_case, of_many
from tests.formats.dicom.dicoms import (
    COLUMNS,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    MR,
    RLE,
    ROWS,
    SERIES,
    SLICES,
    STEP,
    USUAL,
    ct_slice,
    item,
    pack,
    pieces,
    put,
    require_private,
    rle,
    rtstruct,
    seg,
)
from tests.formats.opening import require_reason
from tests.memory import peak_bytes
from tests.niftis import nifti, write
from tests.refusals import refuses
from tests.shared import shared

Files = Mapping[str, bytes]


def slices(
    count: int = SLICES, change: Callable[[Dataset, int], None] | None = None
) -> dict[str, bytes]:
    files = {}
    for layer in range(count):
        data = ct_slice(layer, number=layer + 1)
        if change is not None:
            change(data, layer)
        files[f"IM{(layer * 7) % 10:04}"] = pack(data)
    return files


def by_layer(values: Callable[[int], dict[str, Any]]) -> Callable[[Dataset, int], None]:
    """Set what each layer has by its number."""
    return lambda data, layer: put(**values(layer))(data)


def folder(at: Path, files: Files) -> Path:
    for name, content in files.items():
        write(at / "ct" / name, content)
    return at / "ct"


def zipped(files: Files, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def packed(at: Path, files: Files, how: int = zipfile.ZIP_DEFLATED) -> Path:
    return write(at / "ct.zip", zipped(files, how))


def read(path: Path, limits: Limits = USUAL) -> tuple[Image, tuple[Finding, ...]]:
    """Read a CT through the door; nothing of it may tell whose it is."""
    image, (one,), findings = read_image(path, "ct", limits)
    assert (one.role, one.file, one.format) == ("ct", path.name, "dicom-ct")
    assert len(one.sha256) == 64
    require_private(one, *findings)
    return image, findings


def require_right(path: Path) -> Image:
    """Exact and silent: the small CT, sorted from foot to head, in HU."""
    image, findings = read(path)
    assert findings == ()
    assert image.grid.shape == (COLUMNS, ROWS, SLICES)
    expected = ((-2.0, 0.0, 0.0, 40.0), (0.0, -3.0, 0.0, 30.0), (0.0, 0.0, 5.0, 100.0))
    assert image.grid.affine == expected
    for layer in range(SLICES):
        pixels = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) + 100 * layer - 1024
        assert np.array_equal(image.plane(2, layer), pixels.T)
    return image


def require_refusal(
    path: Path, code: str, says: str, source: str | None = None, limits: Limits = USUAL
) -> InputRefused:
    """Refuse: code, base name, reason, remedy; no path, and nothing of a patient."""
    with pytest.raises(InputRefused) as refusal:
        read_image(path, "ct", limits)
    require_private(refusal.value)
    return require_reason(refusal.value, path.with_name(source or path.name), code, says)


@pytest.mark.slow
def test_h16_a_large_series_is_never_held_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side, count, mib = 1024, 10, 1 << 20

    def large(data: Dataset, layer: int) -> None:
        data.Rows = data.Columns = side
        data.PixelData = np.full((side, side), 1000 + layer, dtype="<u2").tobytes()

    path = folder(tmp_path, slices(count, large))
    monkeypatch.setattr(ct_series, "AT_ONCE_BYTES", 4 * mib)
    monkeypatch.setattr(ct_series, "GROWN_BYTES", 4 * mib)
    read_image(path, "ct", USUAL)  # all that is loaded once is loaded
    images = []
    peak = peak_bytes(lambda: images.append(read_image(path, "ct", USUAL)[0]))
    assert peak / mib < 35  # 20 twice takes 41
    (image,) = images
    assert [int(image.plane(2, layer)[0, 0]) for layer in range(count)] == [
        int(image.plane(2, 0)[0, 0]) + layer for layer in range(count)
    ]


@pytest.mark.parametrize("store", [folder, packed])
@pytest.mark.parametrize(
    "content", [b"", b"cut", pack(ct_slice(4))[1:]], ids=["empty", "cut", "moved"]
)
@pytest.mark.parametrize("name", ["last.dcm", "LAST.DCM"])
def test_h06_a_slice_that_is_dicom_by_name_only_is_not_left_out(
    store: Callable[..., Path], content: bytes, name: str, tmp_path: Path
) -> None:
    # as the last slice it leaves no gap behind
    path = store(tmp_path, slices() | {name: content})
    require_refusal(path, "series.not_dicom", "is not DICOM; it is damaged or incomplete", name)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize("other", [b"1.2.840.10008.5.1.4.1.1.4", b"1.2.840.10008.5.1.4.1.1.\0"])
def test_h06_a_slice_whose_first_words_state_another_kind_is_not_left_out(
    other: bytes, syntax: str, tmp_path: Path
) -> None:
    content = pack(ct_slice(4, number=5), syntax)
    damaged = content.replace(b"1.2.840.10008.5.1.4.1.1.2", other, 1)
    assert content.count(other) == 0 < damaged.count(other)
    path = folder(tmp_path, slices() | {"IM9": damaged})
    says = "SOPClassUID in the header differs from the value in the file meta information"
    require_refusal(path, "header.value", says, "IM9")


@pytest.mark.parametrize("store", [folder, packed])
def test_what_a_mac_writes_next_to_a_slice_is_passed_over(
    store: Callable[..., Path], tmp_path: Path
) -> None:
    require_right(store(tmp_path, slices() | {"._1.dcm": b"\0\5\x16\7", "note.dcm.txt": b"read"}))


def _of_class(sop_class: str) -> Dataset:
    data = ct_slice(0)
    data.SOPClassUID = sop_class
    return data


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    target = folder(tmp_path, slices())
    other = tmp_path / "other"
    other.mkdir()
    write(other / "a", pack(ct_slice(9)))
    (target / "link").symlink_to(other)
    (target / "nowhere").symlink_to(tmp_path / "nowhere")
    (target / "self").symlink_to(target)
    os.mkfifo(target / "pipe")
    require_right(target)


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_zip(how: int, tmp_path: Path) -> None:
    files = {f"../study\\{name}": content for name, content in slices().items()}
    require_right(packed(tmp_path, files | {"notes.txt": b"text", "study/": b""}, how))


def test_one_file_of_a_series(tmp_path: Path) -> None:
    target = folder(tmp_path, slices() | {f"other/{n}": c for n, c in slices().items()})
    require_right(target / "IM0007")


def other_series(data: Dataset, layer: int) -> None:
    data.SeriesInstanceUID = "1.2.826.77.3.9"
    data.SOPInstanceUID = f"1.2.826.77.4.9.{layer}"


def test_several_series_are_reported_by_one_file(tmp_path: Path) -> None:
    target = folder(tmp_path, slices() | further(3, other_series))
    error = require_refusal(target, "series.several", "there are 2 CT series")
    assert "one file of the intended series" in error.remedy
    require_right(target / "IM0000")
    image, _ = read(target / "BIM0000")
    assert image.grid.shape[2] == 3


@pytest.mark.parametrize("how", [folder, packed])
def test_of_several_series_the_one_that_segmentations_name_is_read(
    how: Callable[[Path, Files], Path], tmp_path: Path
) -> None:
    second = {f"B{name}": content for name, content in slices(3, other_series).items()}
    target = how(tmp_path, slices() | second)

    def drawn_on(*series: str) -> tuple[Path, ...]:
        data = seg()
        data.ReferencedSeriesSequence = [item(SeriesInstanceUID=one) for one in series]
        return (write(tmp_path / f"{len(series)}{series[0]}.dcm", pack(data)),)

    other = drawn_on("1.2.826.77.3.9")
    for drawn, layers in ((drawn_on(SERIES), SLICES), (other, 3)):
        image, _, (finding,) = read_image(target, "ct", USUAL, (*drawn, *drawn))
        assert image.grid.shape[2] == layers
        assert (finding.code, finding.severity) == ("series.named_slices", Severity.INFO)
        assert "2 CT series; the series to which the segmentation refers is used" in finding.message
    # none, another one, both in one file, and each in a file
    both = drawn_on(SERIES, "1.2.826.77.3.9")
    for unclear in ((), drawn_on("1.2.826.77.3.8"), both, (*drawn_on(SERIES), *other)):
        with refuses("series.several", target.name, says="there are 2 CT series"):
            read_image(target, "ct", USUAL, unclear)


def test_what_is_wrong_with_the_series_that_is_named_is_reported(tmp_path: Path) -> None:
    second = {f"Z{name}": content for name, content in slices(40, other_series).items()}
    target = folder(tmp_path, slices() | second)
    data = seg()
    data.ReferencedSeriesSequence = [item(SeriesInstanceUID="1.2.826.77.3.9")]
    drawn = (write(tmp_path / "liver.dcm", pack(data)),)
    limits = Limits(unpacked_bytes=sum(map(len, second.values())) - 1)
    with refuses("limit.unpacked", target.name, says="the series exceeds the limit"):
        read_image(target, "ct", limits, drawn)


def overview(data: Dataset, layer: int) -> None:
    other_series(data, layer)
    data.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    data.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]


def padded_overview(data: Dataset, layer: int) -> None:
    overview(data, layer)  # a blank in a code string means nothing [PS3.5 6.2]
    data.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER ", "CT_SOM5 TOP"]


def further(count: int, change: Callable[[Dataset, int], None]) -> dict[str, bytes]:
    return {f"B{name}": content for name, content in slices(count, change).items()}


OTHER_FILES = {
    "DICOMDIR": b"not read",
    "notes.txt": b"CANARY",
    "empty": b"",
    "thumb.png": b"\x89PNG\r\n",
    "seg.dcm": pack(seg()),
    "rs.dcm": pack(rtstruct([("Liver", [])])),
    "mr.dcm": pack(_of_class(MR)),
    "bare.dcm": pack(_of_class(MR))[132:],
}
FOLDERS = {
    "slices alone": slices(),
    "other files": slices() | OTHER_FILES,
    "a folder for each": {f"study/{name}/slice": one for name, one in slices().items()},
    "overviews": slices() | further(2, overview),
    "an overview by a padded word": slices() | further(1, padded_overview),
}


@pytest.mark.parametrize("files", FOLDERS.values(), ids=FOLDERS)
def test_what_is_in_a_folder_next_to_a_series_changes_nothing(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    require_right(folder(tmp_path, files))


def test_no_series_names_what_is_there(tmp_path: Path) -> None:
    says = "there are no CT slices, but an overview (localizer) (2)"
    overviews = folder(tmp_path / "a", further(2, overview))
    require_refusal(overviews, "series.none", says)
    files = {"a": pack(seg()), "b": pack(_of_class(MR)), "c": pack(_of_class(MR)), "d": b"text"}
    says = "there are no CT slices, but a segmentation (SEG) (1), an MR image (2)"
    require_refusal(folder(tmp_path / "b", files), "series.none", says)
    empty = tmp_path / "empty"
    empty.mkdir()
    require_refusal(empty, "series.none", "there are no CT slices")


def test_a_file_that_is_no_ct(tmp_path: Path) -> None:
    path = write(tmp_path / "liver.dcm", pack(seg()))
    says = "the file is a segmentation (SEG), not a single CT slice"
    error = require_refusal(path, "file.not_an_image", says)
    assert "a folder with the slices of one CT series" in error.remedy


@pytest.mark.parametrize("kind", ["1", "2"], ids=["enhanced", "converted from single slices"])
def test_a_multi_frame_ct_is_refused_with_what_to_export(kind: str, tmp_path: Path) -> None:
    content = pack(_of_class(f"1.2.840.10008.5.1.4.1.1.2.{kind}"))
    path = write(tmp_path / "ct.dcm", content)
    says = "the file is a multi-frame (enhanced) CT image, not a single CT slice"
    alone = require_refusal(path, "file.not_an_image", says)
    says = "no CT slices, but a multi-frame (enhanced) CT image (1)"
    inside = require_refusal(folder(tmp_path, {"a": content}), "series.none", says)
    for error in (alone, inside):
        assert "export the series again as single CT slices, or convert it" in error.remedy


def at_height(*heights: float) -> dict[str, bytes]:
    return slices(
        len(heights), by_layer(lambda n: {"ImagePositionPatient": [-40.0, -30.0, heights[n]]})
    )


@pytest.mark.parametrize(
    ("heights", "code", "says"),
    [
        ((100, 105, 115, 120), "geometry.slice_missing", "is 10 mm after slice 2, but"),
        ((100, 105, 110, 117), "geometry.steps_differ", "the slice spacing is not uniform"),
        ((100, 105, 110, 110), "geometry.slice_twice", "two slices have the same position"),
        ((100, 105, 110, 110.005), "geometry.slice_twice", "two slices have the same position"),
        ((100, 125, 150), "geometry.spacing_range", "2 x 3 x 25 mm"),
    ],
)
def test_h06_slices_must_be_whole(
    heights: tuple[float, ...], code: str, says: str, tmp_path: Path
) -> None:
    require_refusal(folder(tmp_path, at_height(*heights)), code, says)


def test_a_copy_of_a_slice_is_ignored(tmp_path: Path) -> None:
    files = slices()
    one, *_ = files.values()
    whole, _ = read(folder(tmp_path / "whole", files))
    image, findings = read(folder(tmp_path / "copied", {**files, "copy of 1.dcm": one}))
    assert findings == ()
    assert image.grid == whole.grid
    assert (image.voxels == whole.voxels).all()
    other = pack(ct_slice(0, np.zeros((ROWS, COLUMNS)), 99))  # at the same position
    again = folder(tmp_path / "other", {**files, "other.dcm": other})
    require_refusal(again, "geometry.slice_twice", "two slices have the same position")


@pytest.mark.parametrize("jitter", [0.009, 0.049])
def test_steps_may_differ_a_little(jitter: float, tmp_path: Path) -> None:
    image, findings = read(folder(tmp_path, at_height(100, 105 + jitter, 110)))
    assert image.grid.spacing_mm[2] == STEP
    assert findings == ()


def test_h01_one_slice_is_as_thick_as_it_states(tmp_path: Path) -> None:
    """Its step may be negative, where slices were numbered downwards [PS3.3 C.8.4.15.1.2]."""
    image, (finding,) = read(folder(tmp_path, slices(1, only(0, SliceThickness=1.25))))
    assert image.grid.spacing_mm[2] == 1.25
    assert (finding.code, finding.severity) == ("geometry.single_slice", Severity.WARNING)
    one = only(0, SpacingBetweenSlices=-2.5, SliceThickness=1.25)
    image, (finding,) = read(folder(tmp_path, slices(1, one)))
    assert image.grid.spacing_mm == (2.0, 3.0, 2.5)
    assert "SpacingBetweenSlices of 2.5 mm" in finding.message


@each_case("by_mm, values", [(1, {}), (2, {"SpacingBetweenSlices": 29**0.5})])
def test_a_tilted_gantry_is_named(by_mm: int, values: dict[str, Any], tmp_path: Path) -> None:
    """Its step may be given along the table: the root of 2² + 5²."""
    tilt = by_layer(
        lambda n: {"ImagePositionPatient": [-40.0, -30.0 + by_mm * n, 100 + 5.0 * n], **values}
    )
    image, (finding,) = read(folder(tmp_path, slices(4, tilt)))
    assert finding.code == "geometry.sheared"
    assert image.grid.voxel_ml == pytest.approx(0.030)


def only(last: int, **values: Any) -> Callable[[Dataset, int], None]:
    return by_layer(lambda layer: values if layer == last else {})


PIXELS_DIFFER = ("IM0007", "series.pixels_differ", "the pixels differ in size, type or scale")
OF_ANOTHER = (
    *("IM0007", "series.identity_differs"),
    "the patient, study or frame of reference differs",
)
NOT_PARALLEL = (None, "geometry.orientation", "the slices are not parallel")
SIZES_DIFFER = (None, "geometry.spacing_differs", "the slices have different pixel sizes")
DIFFERENT = {
    "rows": ({"Rows": 3, "Columns": 10}, *PIXELS_DIFFER),
    "scale": ({"RescaleIntercept": 0}, *PIXELS_DIFFER),
    "sign": ({"PixelRepresentation": 1}, *PIXELS_DIFFER),
    "bits": ({"BitsStored": 10, "HighBit": 9}, *PIXELS_DIFFER),
    "patient": ({"PatientID": "CANARY-ID-2"}, *OF_ANOTHER),
    "frame": ({"FrameOfReferenceUID": "1.2.826.77.1.9"}, *OF_ANOTHER),
    "turned": ({"ImageOrientationPatient": [1, 0.001, 0, 0, 1, 0]}, *NOT_PARALLEL),
    "pixels": ({"PixelSpacing": [3.001, 2]}, *SIZES_DIFFER),
}


@pytest.mark.parametrize(("birth", "same"), [("1961.02.03", True), ("19610204", False), ("", None)])
def test_h11_the_date_of_birth_is_marked_and_not_shown(
    birth: str, same: bool | None, tmp_path: Path
) -> None:
    def born_on(data: Dataset, layer: int) -> None:
        data.add_new(0x00100030, "LO", birth)  # an old form of date is not valid as one

    def born(path: Path) -> bytes | None:
        _, (one,), _ = read_image(path, "ct", USUAL)
        assert one.identity is not None
        return one.identity.born

    first, other = (tmp_path / name for name in ("first", "other"))
    marks = born(folder(first, slices(3))), born(folder(other, slices(3, born_on)))
    assert marks[0] is not None
    assert b"1961" not in marks[0]
    assert (None if marks[1] is None else marks[0] == marks[1]) is same


@pytest.mark.parametrize(("values", "source", "code", "says"), DIFFERENT.values(), ids=DIFFERENT)
def test_one_slice_of_another_kind(
    values: dict[str, Any], source: str | None, code: str, says: str, tmp_path: Path
) -> None:
    require_refusal(folder(tmp_path, slices(4, only(1, **values))), code, says, source)


NO_BITS = "BitsStored in the header does not match the number of bits per pixel"
HEADERS = {
    "no slope": ({"RescaleSlope": None}, "header.missing", "RescaleSlope"),
    "a slope of nothing": ({"RescaleSlope": 0}, "header.value", "RescaleSlope in the header is 0"),
    "a negative": ({"PhotometricInterpretation": "MONOCHROME1"}, "header.value", "MONOCHROME2"),
    "colour": ({"SamplesPerPixel": 3}, "header.value", "colour"),
    "frames": ({"NumberOfFrames": 2}, "header.value", "NumberOfFrames in the header is not 1"),
    "bits of 32": ({"BitsAllocated": 32}, "header.value", "BitsAllocated in the header is 32"),
    "more bits than there are": ({"BitsStored": 17}, "header.value", NO_BITS),
    "a bit beyond": ({"HighBit": 16}, "header.value", NO_BITS),
    "no bits": ({"BitsStored": 0}, "header.value", NO_BITS),
    "a third sign": ({"PixelRepresentation": 2}, "header.value", NO_BITS),
    "no series": ({"SeriesInstanceUID": None}, "header.missing", "SeriesInstanceUID"),
    "no position": ({"ImagePositionPatient": None}, "header.missing", "ImagePositionPatient"),
    "no spacing": ({"PixelSpacing": None}, "header.missing", "PixelSpacing"),
    "pixels cut": ({"PixelData": b"\0" * 58}, "header.too_few_bytes", "58 bytes of pixel data"),
}


@pytest.mark.parametrize(("values", "code", "says"), HEADERS.values(), ids=HEADERS)
def test_headers_that_are_refused(
    values: dict[str, Any], code: str, says: str, tmp_path: Path
) -> None:
    target = folder(tmp_path, slices(1, only(0, **values)))
    require_refusal(target, code, says, source="IM0000")


def test_bytes(tmp_path: Path) -> None:
    bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    stored = by_layer(lambda _: {**bits, "PixelData": bytes(range(ROWS * COLUMNS))})
    image, _ = read(folder(tmp_path, slices(2, stored)))
    assert np.array_equal(image.plane(2, 1).T.ravel() + 1024, np.arange(ROWS * COLUMNS))


def test_bits_of_others_are_cleared(tmp_path: Path) -> None:
    def overlay(data: Dataset, _: int) -> None:
        pixels = np.frombuffer(data.PixelData, "<u2") | 0xF000  # overlays lie in the bits above
        data.PixelData = pixels.tobytes()

    require_right(folder(tmp_path, slices(SLICES, overlay)))


@pytest.mark.parametrize(
    ("stored", "high", "shift"), [(12, 11, 0), (16, 15, 0), (12, 15, 4), (10, 11, 2)]
)
def test_signed_numbers(stored: int, high: int, shift: int, tmp_path: Path) -> None:
    values = np.arange(ROWS * COLUMNS, dtype="<i2") - 15

    def signed(data: Dataset, _: int) -> None:
        data.PixelRepresentation, data.BitsStored, data.HighBit = 1, stored, high
        data.RescaleIntercept = 0
        bits = (values.astype("<i8") << shift) & ((1 << (high + 1)) - 1)
        data.PixelData = bits.astype("<u2").tobytes()

    image, _ = read(folder(tmp_path, slices(2, signed)))
    assert np.array_equal(image.plane(2, 0).T.ravel(), values)


def test_other_transfer_syntaxes(tmp_path: Path) -> None:
    files = {}
    for layer, syntax in enumerate([IMPLICIT, DEFLATED, RLE, RLE]):
        data = ct_slice(layer, number=layer + 1)
        if syntax == RLE:
            low, high = data.PixelData[::2], data.PixelData[1::2]
            data = pieces(data, [rle(high, low)])
        files[f"{layer}"] = pack(data, syntax)
    require_right(folder(tmp_path, files))


WHOLE = slices()["IM0007"]
BIG_ENDIAN = WHOLE.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0")


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [(WHOLE[:-1], "header.cut", "ends early"), (BIG_ENDIAN, "file.transfer_syntax", "big-endian")],
)
def test_a_damaged_slice_is_named(content: bytes, code: str, says: str, tmp_path: Path) -> None:
    target = folder(tmp_path, slices() | {"IM0007": content})
    require_refusal(target, code, says, source="IM0007")


def test_odd_endings_of_slices_are_reported(tmp_path: Path) -> None:
    _, (finding,) = read(folder(tmp_path, slices() | {"IM0007": WHOLE + b"\0\0"}))
    assert (finding.code, finding.file) == ("header.trailing_bytes", "IM0007")


def test_the_hash_is_of_slices_and_not_of_names(tmp_path: Path) -> None:
    files = slices()
    renamed = {f"other{n}": content for n, content in enumerate(reversed(files.values()))}
    ones = [
        read_image(folder(tmp_path / str(n), these), "ct", USUAL)[1][0]
        for n, these in enumerate((files, renamed, slices(3)))
    ]
    assert ones[0].sha256 == ones[1].sha256 != ones[2].sha256


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = folder(tmp_path, slices())
    limits = Limits(unpacked_bytes=3000)
    require_refusal(target, "limit.unpacked", "exceeds the limit of 3000 bytes", limits=limits)
    require_refusal(target, "limit.voxels", "120 voxels", limits=Limits(voxels=100))
    archive = packed(tmp_path, slices())
    monkeypatch.setattr(_dicom_folder, "MOST_MEMBERS", 3)
    require_refusal(target, "limit.files", "more than 3 files")
    require_refusal(archive, "limit.files", "more than 3 files")


def with_flag(content: bytes, flag: int) -> bytes:
    changed = bytearray(content)
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = changed.find(mark)
        while start >= 0:
            changed[start + at] |= flag
            start = changed.find(mark, start + 4)
    return bytes(changed)


GOOD = zipped(slices())
BOMB = "the unpacked archive exceeds the size limit"
UNSUPPORTED = "the compression method of the zip archive is not supported"
ARCHIVES = {
    "encrypted": (with_flag(GOOD, 1), "file.archive", "encrypted"),
    "of a different type": (zipped(slices(), zipfile.ZIP_BZIP2), "file.archive", UNSUPPORTED),
    "cut": (GOOD[:-30], "file.archive", "the zip archive is damaged"),
    "a bit flipped": (GOOD[:90] + bytes([GOOD[90] ^ 4]) + GOOD[91:], "file.archive", "damaged"),
    "without slices": (zipped({"a.txt": b"text"}), "series.none", "there are no CT slices"),
    "an archive in it": (zipped({"ct.zip": GOOD}), "series.none", "there are no CT slices"),
    "a bomb": (zipped({"a": b"\0" * 1_000_000}), "limit.archive", BOMB),
}


@each_case("content, code, says", ARCHIVES)
def test_archives_that_are_refused(content: bytes, code: str, says: str, tmp_path: Path) -> None:
    require_refusal(write(tmp_path / "ct.zip", content), code, says)


def test_an_archive_that_is_too_large(tmp_path: Path) -> None:
    path, limits = write(tmp_path / "ct.zip", GOOD), Limits(unpacked_bytes=5000)
    require_refusal(path, "limit.archive", BOMB, limits=limits)


def test_what_is_no_zip_is_not_called_a_damaged_one() -> None:
    packed = gzip.compress(bytes(900))  # as a NIfTI of a CT is
    with refuses(
        "series.none", "ct.nii.gz", says="neither a DICOM file nor a zip archive of DICOM files"
    ):
        [*read_zip("ct.nii.gz", packed, Limits())]


@pytest.mark.essential
@pytest.mark.slow
def test_changed_archives_give_the_ct_or_a_refusal(tmp_path: Path) -> None:
    path = tmp_path / "ct.zip"
    random = np.random.default_rng(4)
    tail = len(GOOD) - 400  # the directory at the end, where most can go wrong
    for at in [*random.integers(0, len(GOOD), 80), *random.integers(tail, len(GOOD), 120)]:
        write(path, GOOD[:at] + bytes([GOOD[at] ^ 0x55]) + GOOD[at + 1 :])
        try:
            image, *_ = read_image(path, "ct", USUAL)
        except InputRefused as refused:
            require_private(refused)
        else:
            assert image.grid.shape[:2] == (COLUMNS, ROWS)


def test_a_ct_is_no_mask_as_a_folder_either(tmp_path: Path) -> None:
    with refuses("values.image", "ct", says="there are more than 10 different values"):
        read_labels(folder(tmp_path, slices()), "liver", Holds.LABELS, USUAL)


def mask_slices(marked: npt.NDArray[np.generic], intercept: int) -> dict[str, bytes]:
    """Write each layer of labels, (columns, rows, layers), as programs without SEG export them."""
    files = {}
    for layer in range(marked.shape[2]):
        data = ct_slice(layer, marked[:, :, layer].T.astype(np.uint16), layer + 1)
        data.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        data.RescaleIntercept = intercept
        files[f"image_{layer}"] = pack(data)
    return files


def marked_block(value: int) -> npt.NDArray[np.uint8]:
    """Mark 12 voxels of 0.03 mL."""
    marked = np.zeros((COLUMNS, ROWS, SLICES), np.uint8)
    marked[1:4, 2:4, 1:3] = value
    return marked


@pytest.mark.parametrize("how", [folder, packed], ids=["folder", "zip"])
@pytest.mark.parametrize("value", [1, 255])
def test_a_mask_may_be_the_slices_of_a_series(
    value: int, how: Callable[[Path, Files], Path], tmp_path: Path
) -> None:
    marked = marked_block(value)
    target = how(tmp_path, mask_slices(marked, 0))
    file = read_labels(target, "liver", Holds.LABELS, USUAL)
    assert file.findings == ()
    mask = file.whole("liver")
    assert np.array_equal(mask.as_array(), marked > 0)
    assert mask.volume_ml == pytest.approx(12 * 2 * 3 * 5 / 1000)
    image, *_ = read_image(target, "ct", USUAL)
    assert mask.grid == image.grid
    ((one,),) = (file.inputs,)
    assert (one.role, one.file, one.format) == ("liver", target.name, "dicom-ct")
    require_private(one)


def test_slices_of_a_mask_below_the_zero_of_a_ct(tmp_path: Path) -> None:
    target = folder(tmp_path, mask_slices(marked_block(1), -1024))
    file = read_labels(target, "liver", Holds.LABELS, USUAL)
    assert file.whole("liver").voxel_count == 12
    assert [one.code for one in file.findings] == ["values.background", "labels.negative"]


def test_the_same_rules_hold_for_slices_of_a_mask(tmp_path: Path) -> None:
    marked = np.zeros((COLUMNS, ROWS, SLICES), np.uint8)
    marked[1:3, 2:4, 1:3], marked[4, 2:4, 1:3] = 1, 2
    files = mask_slices(marked, 0)
    with refuses("labels.several", "ct"):
        read_labels(folder(tmp_path, files), "flr", Holds.ONE_LABEL, USUAL)
    named = folder(tmp_path, files)
    labels = read_slices(named, "labelmap", Holds.LABEL_MAP, USUAL).labelled
    assert labels.counts() == {1: 8, 2: 4}
    (tmp_path / "ct" / "image_2").unlink()
    with refuses("geometry.slice_missing", "ct"):
        read_labels(named, "flr", Holds.LABELS, USUAL)


@pytest.mark.parametrize(
    ("code", "kind"), [("file.folder", "folder"), ("file.format", "zip archive")]
)
def test_where_no_slices_are_a_mask_is_one_file(code: str, kind: str, tmp_path: Path) -> None:
    how = folder if code == "file.folder" else packed
    target = how(tmp_path, {"notes.txt": b"of the scan"})
    with refuses(code, target.name, says=f"in the {kind}, there are no CT slices"):
        read_labels(target, "liver", Holds.LABELS, USUAL)


def test_public_slices() -> None:
    target = shared("data", "dcmqi_liver_seg", "ct-3slice")
    image, *_ = read_image(target, "ct", USUAL)
    assert image.grid.spacing_mm == pytest.approx((0.810547, 0.810547, 1.0), abs=1e-9)
    assert (image.slope, image.inter) == (1.0, -1024.0)


def test_a_first_look_at_a_folder_shows_the_ct(tmp_path: Path) -> None:
    (seen,), misfits = check_files([folder(tmp_path, slices())], USUAL)
    assert isinstance(seen, Checked)
    assert (seen.kind, seen.file, seen.inputs[0].format) == ("image", "ct", "dicom-ct")
    assert seen.values == (-1024.0, 300.0 + ROWS * COLUMNS - 1 - 1024)
    assert misfits == ()


def in_turn(keyword: str, *values: Any) -> Callable[[Dataset, int], None]:
    return by_layer(lambda layer: {keyword: values[layer % len(values)]})


@pytest.mark.parametrize(
    "change",
    [
        in_turn("AcquisitionNumber", 2, 3),
        in_turn("AcquisitionTime", "101112", "101230"),
        in_turn("AcquisitionDateTime", "20260102101112", "20260102101230"),
        in_turn("TemporalPositionIdentifier", 1, 2),
    ],
    ids=["number", "time", "date", "phase"],
)
def test_h04_two_acquisitions_in_turn_are_refused(
    change: Callable[[Dataset, int], None], tmp_path: Path
) -> None:
    target = folder(tmp_path, slices(4, change))
    says = "slices of 2 acquisitions alternate"
    with refuses("series.acquisitions", says=says) as refusal:
        read_image(target, "ct", USUAL)
    require_private(refusal.value)


def behind(keyword: str, *runs: int) -> Callable[[Dataset, int], None]:
    """Acquisitions of so many slices each, one behind the other."""
    of_layer = [number for number, run in enumerate(runs, 1) for _ in range(run)]
    dates = {"AcquisitionTime": "1011{:02}", "AcquisitionDateTime": "202601021011{:02}"}
    form = dates.get(keyword)
    return by_layer(lambda n: {keyword: form.format(of_layer[n]) if form else of_layer[n]})


RUNS = [(2, 2), (3, 1), (1, 3), (2, 2, 2), (2, 3, 2, 1), (2, 2, 2, 3)]


@pytest.mark.slow
@pytest.mark.parametrize("runs", of_many([(3, 1), (2, 2, 2)], RUNS))
@pytest.mark.parametrize(
    "keyword",
    ["AcquisitionNumber", "TemporalPositionIdentifier", "AcquisitionTime", "AcquisitionDateTime"],
)
def test_h04_acquisitions_one_behind_the_other_are_reported(
    keyword: str, runs: tuple[int, ...], tmp_path: Path
) -> None:
    _, (finding,) = read(folder(tmp_path, slices(sum(runs), behind(keyword, *runs))))
    assert (finding.code, finding.severity) == ("series.acquisitions", Severity.WARNING)
    assert (
        f"the slices are from {len(runs)} consecutive acquisitions ({keyword})" in finding.message
    )


@pytest.mark.parametrize("runs", [(1, 1, 1, 1), (2, 2, 2, 2), (2, 2, 2, 1)])
def test_turns_of_a_tube_between_steps_of_the_table(runs: tuple[int, ...], tmp_path: Path) -> None:
    _, findings = read(folder(tmp_path, slices(sum(runs), behind("AcquisitionNumber", *runs))))
    assert findings == ()


@each_case("kind", ["DERIVED SECONDARY AXIAL", "ORIGINAL PRIMARY MIP", "DERIVED SECONDARY MPR"])
def test_h04_a_derived_slice_among_others_is_refused(kind: str, tmp_path: Path) -> None:
    target = folder(tmp_path, slices(4, only(1, ImageType=kind.split())))
    says = "the image type (ImageType) differs from that of 3 of 4 slices"
    require_refusal(target, "series.kinds_differ", says, source="IM0007")


def test_kinds_that_all_slices_share(tmp_path: Path) -> None:
    kind = ["DERIVED", "SECONDARY"]
    reformatted = by_layer(lambda layer: {"ImageType": [*kind, "MPR", f"CT_SOM5 {layer}"]})
    require_right(folder(tmp_path, slices(4, reformatted)))
    projected = in_turn("ImageType", [*kind, "AXIAL", "MIP"])
    _, (finding,) = read(folder(tmp_path / "b", slices(4, projected)))
    assert (finding.code, finding.severity) == ("series.projected", Severity.WARNING)


def test_h06_every_second_slice_missing_is_reported_by_numbers_and_thickness(
    tmp_path: Path,
) -> None:
    def every_second(files: Files) -> Files:
        return dict([*files.items()][1::2])

    _, findings = read(folder(tmp_path, every_second(slices(8))))
    assert [one.code for one in findings] == ["geometry.slice_step", "series.numbers"]
    says = "10 mm apart according to their positions and 5 mm thick: slices may be"
    assert says in findings[0].message
    assert "numbered in steps of 2" in findings[1].message
    named = slices(8, in_turn("SpacingBetweenSlices", 5.0))
    _, findings = read(folder(tmp_path / "b", every_second(named)))
    assert "and 5 mm according to SpacingBetweenSlices" in findings[0].message


@pytest.mark.parametrize("step", [3.75, 4.5, 5.5, 6.25])
def test_h01_positions_that_are_not_where_steps_put_them(step: float, tmp_path: Path) -> None:
    def move(data: Dataset, layer: int) -> None:
        data.ImagePositionPatient = [-40.0, -30.0, 100 + step * layer]
        data.SpacingBetweenSlices = 5.0

    image, (finding,) = read(folder(tmp_path, slices(4, move)))
    assert image.grid.spacing_mm[2] == step
    assert (finding.code, finding.severity) == ("geometry.slice_step", Severity.WARNING)


def test_slices_made_in_several_ways_are_reported(tmp_path: Path) -> None:
    _, (finding,) = read(folder(tmp_path, slices(4, only(2, ConvolutionKernel="B70"))))
    assert (finding.code, finding.severity) == ("series.made_differently", Severity.WARNING)
    assert "the slices differ in ConvolutionKernel" in finding.message


def test_a_file_that_is_no_dicom_is_called_no_damaged_archive(tmp_path: Path) -> None:
    path = write(tmp_path / "ct.nii", nifti(np.zeros((3, 3, 3), np.int16)))
    with refuses("file.not_an_image", "ct.nii") as refused:
        ct_series.find_slices(path, Limits())
    assert refused.value.reason == "the file is neither a DICOM slice nor a zip archive of slices"


def test_a_mask_stored_as_other_images_is_refused_with_the_files_that_are_read(
    tmp_path: Path,
) -> None:
    """A folder was given, so another folder is no remedy; a converted file is."""
    for number in range(2):
        data = ct_slice(number, number=number + 1)
        data.SOPClassUID, data.Modality = MR, "MR"
        write(tmp_path / f"{number}.dcm", pack(data))
    with refuses("file.folder", says="no CT slices, but an MR image (2)") as refusal:
        read_labels(tmp_path, "liver", Holds.LABELS, USUAL)
    assert "convert other slices" in refusal.value.remedy
    with refuses("file.not_a_mask") as refusal:
        read_labels(tmp_path / "0.dcm", "liver", Holds.LABELS, USUAL)
    assert "converted to NIfTI or NRRD" in refusal.value.remedy
    with refuses("series.none") as refusal:
        read_image(tmp_path, "ct", USUAL)
    assert "other images are not read" in refusal.value.remedy
