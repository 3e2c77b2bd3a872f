"""Counts of NM files that cannot be counts, and pixels as archives and workstations store them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from fl_planner.basis.findings import Finding
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides, read_dynamic, read_planar
from fl_planner.formats.read import read_labels
from fl_planner.formats.spect import read_spect
from fl_planner.formats.voxels.values import Holds
from fl_planner.y90.counts import judge_maa
from sample_data.nuclear import Phase, dynamic, static, tomo
from tests.cases import each_case
from tests.formats.dicom.dicoms import USUAL, changed, put
from tests.masks import codes
from tests.niftis import write, write_nifti
from tests.refusals import refuses

FRAMES, ROWS, COLUMNS = 6, 24, 20
LOT = np.random.default_rng(11)
HEADS = {
    view: LOT.poisson(400, (FRAMES, ROWS, COLUMNS)).astype(np.uint16)
    for view in ("anterior", "posterior")
}
IN_MM = (4.8, 4.6, 4.4), (-100.0, -90.0, -50.0)
VOLUME = np.arange(5 * ROWS * COLUMNS, dtype=np.uint16).reshape(5, ROWS, COLUMNS)
Heads = dict[str, npt.NDArray[Any]]
Change = Callable[[Dataset], None]
UNSAID = {"scintigram.decay_not_said", "scintigram.attenuation_not_said"}


def _as_is(_: Dataset) -> None:
    return


def of_dynamic(folder: Path, heads: Heads, change: Change = _as_is) -> tuple[Any, list[Finding]]:
    """Read a dynamic study; its heads, and findings on its counts."""
    content = changed(dynamic(heads, [Phase(FRAMES, 10_000)], 9.6), change)
    read = read_dynamic(write(folder / "study.dcm", content), USUAL)
    return read.given.heads, [one for one in read.findings if one.code not in UNSAID]


def of_planar(folder: Path, heads: Heads, change: Change = _as_is) -> tuple[Any, list[Finding]]:
    """Read a planar study of the first images."""
    first = {view: head[0] for view, head in heads.items()}
    content = changed(static(first, 300_000, 9.6, "maa"), change)
    read = read_planar(write(folder / "study.dcm", content), USUAL, StudyOverrides())
    return read.heads, [*read.findings]


def of_spect(folder: Path, volume: Any, change: Change = _as_is) -> tuple[Any, list[Finding]]:
    """Read a reconstructed SPECT; its numbers as (slices, rows, columns)."""
    content = changed(tomo(volume, *IN_MM, "maa"), change)
    read = read_spect(write(folder / "study.dcm", content), USUAL, judge_maa)
    return read.given.voxels.T, [one for one in read.findings if one.code not in UNSAID]


STUDIES = [of_dynamic, of_planar]
BOTH = pytest.mark.parametrize("read", STUDIES)


def with_pixel(number: int, view: str = "anterior") -> Heads:
    """Write a number into the first image of a head."""
    heads: Heads = {name: head.astype(np.int64) for name, head in HEADS.items()}
    heads[view][0, 1, 1] = number
    return {name: head.astype(np.uint16) for name, head in heads.items()}


@BOTH
def test_counts_of_chance_are_read_without_a_word(read: Any, tmp_path: Path) -> None:
    assert read(tmp_path, HEADS)[1] == []


@BOTH
@pytest.mark.parametrize("view", [*HEADS])
def test_h14_a_count_below_0_in_any_pixel_is_refused(read: Any, view: str, tmp_path: Path) -> None:
    wide = with_pixel(40_000, view)  # in 16 bits with a sign it is -25536
    heads, _ = read(tmp_path, wide)
    assert heads[view].max() == 40_000
    with refuses("scintigram.negative", "study.dcm", says="too large for the pixels"):
        read(tmp_path, wide, put(PixelRepresentation=1))


@BOTH
@pytest.mark.parametrize("way", [slice(None), slice(None, None, -1)], ids=["as-is", "mirrored"])
def test_h14_one_head_in_place_of_both_is_refused(read: Any, way: slice, tmp_path: Path) -> None:
    heads: Heads = {**HEADS, "posterior": HEADS["anterior"][..., way]}
    with refuses("scintigram.head_missing", "study.dcm", says="the images from one of them"):
        read(tmp_path, heads)


@BOTH
@pytest.mark.parametrize("view", [*HEADS])
def test_h10_one_head_without_any_counts_is_refused(read: Any, view: str, tmp_path: Path) -> None:
    """The geometric mean would be 0 in every region, whatever the other head counted."""
    heads: Heads = {**HEADS, view: np.zeros_like(HEADS[view])}
    says = f"the images from the {view} detector head contain no counts"
    with refuses("scintigram.head_missing", "study.dcm", says=says):
        read(tmp_path, heads)


@BOTH
@pytest.mark.parametrize("view", [*HEADS])
def test_h10_one_head_with_hardly_any_counts_is_refused(
    read: Any, view: str, tmp_path: Path
) -> None:
    """Of 10000 counts of the other head in each image, 99 are less than 1 %, and 100 are not."""
    heads: Heads = {one: np.zeros((FRAMES, ROWS, COLUMNS), np.uint16) for one in HEADS}
    for at, head in enumerate(heads.values()):
        head[:, 1 + at, :FRAMES] = 100 * np.eye(FRAMES, dtype=np.uint16)
    for number, head in enumerate(heads[view]):
        head[:] = 0
        head[0, number] = 99
    other = next(one for one in heads if one != view)
    heads[other][:, 5, 5] = 9_900
    says = f"the images from the {view} detector head contain hardly any counts"
    with refuses("scintigram.head_missing", "study.dcm", says=says):
        read(tmp_path, heads)
    heads[view][:, 7, 7] = 1
    assert codes(read(tmp_path, heads)[1]) == []


@BOTH
def test_heads_without_counts_may_be_equal(read: Any, tmp_path: Path) -> None:
    one = np.zeros((FRAMES, ROWS, COLUMNS), np.uint16)
    one[:, 0, 0] = range(1, FRAMES + 1)  # 21 counts
    assert read(tmp_path, {"anterior": one, "posterior": one})[1] == []


@BOTH
def test_h14_full_pixels_are_reported_in_planar_studies_too(read: Any, tmp_path: Path) -> None:
    _, (found,) = read(tmp_path, with_pixel(65_535))
    assert (found.code, found.file) == ("scintigram.full", "study.dcm")
    assert "the maximum count is that of 1 pixel;" in found.message
    _, twelve_bits = read(tmp_path, with_pixel(4095), put(BitsStored=12, HighBit=11))
    assert codes(twelve_bits) == ["scintigram.full"]


def of_liver(seed: int, counts: float = 400.0) -> Heads:
    """Give counts of a liver, 8 x 8 pixels, over a body of a fifth of them; by chance."""
    mean = np.full((FRAMES, ROWS, COLUMNS), counts / 5)
    mean[:, 8:16, 2:10] = counts
    lot = np.random.default_rng(seed)
    return {view: lot.poisson(mean).astype(np.uint16) for view in HEADS}


@each_case("at", [400, 255, 127])
@BOTH
def test_h14_counts_cut_off_below_the_type_s_largest_are_reported(
    read: Any, at: int, tmp_path: Path
) -> None:
    """Half of the liver's pixels, or all, exceed the cut: a plateau that chance does not make."""
    heads = of_liver(7)
    assert read(tmp_path, heads)[1] == []
    cut = {**heads, "posterior": np.minimum(heads["posterior"], at).astype(np.uint16)}
    expected = int((heads["posterior"] >= at)[: 1 if read is of_planar else FRAMES].sum())
    (found,) = (one for one in read(tmp_path, cut)[1] if one.code == "scintigram.full")
    assert (found.file, found.value, found.unit) == ("study.dcm", expected, "pixels")
    assert f"{expected} pixels of the posterior detector head" in found.message
    assert f"highest count, {at}; higher counts may have been truncated" in found.message


@each_case("counts", [2.0, 20.0, 150.0, 4000.0])
@BOTH
def test_no_study_of_chance_has_a_plateau(read: Any, counts: float, tmp_path: Path) -> None:
    for seed in range(12):
        assert read(tmp_path, of_liver(seed, counts))[1] == [], seed


def full_volume(voxels: int) -> npt.NDArray[np.uint16]:
    volume = VOLUME.copy()
    volume[2, 1, :voxels] = 65_535
    return volume


@pytest.mark.parametrize(("voxels", "found"), [(1, 0), (2, 1)])
def test_h14_a_spect_is_full_if_several_voxels_are(voxels: int, found: int, tmp_path: Path) -> None:
    volume = full_volume(voxels)
    expected = ["scintigram.full"] * found
    assert codes(of_spect(tmp_path, volume)[1]) == expected
    path = write_nifti(tmp_path / "spect.nii", volume.T)
    assert codes(read_spect(path, USUAL).findings) == expected
    floats = write_nifti(tmp_path / "floats.nii", volume.T.astype(np.float32))
    assert read_spect(floats, USUAL).findings == ()


@pytest.mark.parametrize("read", [*STUDIES, of_spect])
def test_h14_counts_compressed_with_loss_are_reported(read: Any, tmp_path: Path) -> None:
    given = VOLUME if read is of_spect else HEADS
    _, (found,) = read(tmp_path, given, put(LossyImageCompression="01"))
    assert found.code == "scintigram.lossy"
    assert "the counts are approximate" in found.message
    assert read(tmp_path, given, put(LossyImageCompression="00"))[1] == []


def test_h14_an_image_that_occurs_twice_is_reported(tmp_path: Path) -> None:
    posterior = HEADS["posterior"].copy()
    posterior[4] = posterior[1]
    _, (found,) = of_dynamic(tmp_path, {**HEADS, "posterior": posterior})
    assert found.code == "scintigram.repeated"
    assert "images 2 and 5 of the posterior detector head" in found.message
    posterior[[1, 4]] = 0
    posterior[[1, 4], 0, 0] = 99  # so few may be equal by chance
    assert of_dynamic(tmp_path, {**HEADS, "posterior": posterior})[1] == []


def _in_bits(stored: int, high: int, change: Callable[[Any], Any]) -> Change:
    """State the bits of the numbers, and change what 16 bits hold."""

    def into(data: Dataset) -> None:
        data.BitsStored, data.HighBit = stored, high
        numbers = np.frombuffer(data.PixelData, "<u2").copy()
        data.PixelData = change(numbers).astype("<u2").tobytes()

    return into


@pytest.mark.parametrize("read", [*STUDIES, of_spect])
def test_h14_bits_beyond_the_number_are_refused(read: Any, tmp_path: Path) -> None:
    given = VOLUME if read is of_spect else HEADS
    plain, _ = read(tmp_path, given)

    def equal(change: Change) -> bool:
        found, doubts = read(tmp_path, given, change)
        assert doubts == []
        return np.array_equal(_as_array(found), _as_array(plain))

    assert equal(_in_bits(12, 11, lambda numbers: numbers))
    assert equal(_in_bits(12, 15, lambda numbers: numbers << 4))
    for change in (lambda numbers: numbers | 0x5000, lambda numbers: numbers + (1 << 12)):
        with refuses("header.value", "study.dcm", says="BitsStored in the header is too small"):
            read(tmp_path, given, _in_bits(12, 11, change))
    with refuses("header.value", says="of higher counts or of an overlay"):
        read(tmp_path, given, _in_bits(12, 15, lambda numbers: numbers << 4 | 1))


def _as_array(found: Any) -> npt.NDArray[Any]:
    return np.stack([*found.values()]) if isinstance(found, Mapping) else np.asarray(found)


def _as_jpeg_ls(data: Dataset) -> None:
    data.compress(UID("1.2.840.10008.1.2.4.80"), encoding_plugin="pyjpegls")


@pytest.mark.slow
@pytest.mark.essential
@pytest.mark.parametrize("read", [*STUDIES, of_spect])
def test_lossless_jpeg_is_equal_to_its_twin(read: Any, tmp_path: Path) -> None:
    given = VOLUME if read is of_spect else HEADS
    found, doubts = read(tmp_path, given, _as_jpeg_ls)
    assert doubts == []
    if read is of_dynamic:
        assert all((found[view] == HEADS[view]).all() for view in HEADS)
    elif read is of_planar:
        assert all((found[view] == HEADS[view][0]).all() for view in HEADS)
    else:
        assert (found == read(tmp_path, given)[0]).all()


def test_a_spect_without_a_position_names_what_is_missing(tmp_path: Path) -> None:
    def without(data: Dataset) -> None:
        del data.DetectorInformationSequence[0].ImagePositionPatient

    with refuses("header.missing", "study.dcm", says="ImagePositionPatient is missing"):
        of_spect(tmp_path, VOLUME, without)


def scaled(*slopes: str, inter: str = "0") -> Change:
    """Scale each image by its own number."""
    frames = [Dataset() for _ in slopes]
    for frame, slope in zip(frames, slopes, strict=True):
        one = Dataset()
        one.RescaleSlope, one.RescaleIntercept, one.RescaleType = slope, inter, "US"
        frame.PixelValueTransformationSequence = [one]
    return put(PerFrameFunctionalGroupsSequence=frames)


@pytest.mark.parametrize(
    ("read", "counts"), [(of_dynamic, HEADS), (of_planar, HEADS), (of_spect, VOLUME)]
)
def test_h14_images_that_are_each_scaled_by_another_number_are_refused(
    read: Any, counts: Any, tmp_path: Path
) -> None:
    """As stored, counts of such images cannot be compared."""
    _, findings = read(tmp_path, counts, scaled("1", "1.0"))  # not scaled
    assert findings == []
    with refuses("header.value", "study.dcm", says="RescaleSlope in the header is not the same"):
        read(tmp_path, counts, scaled("1", "1.5"))
    with refuses("header.value", "study.dcm", says="or is in the functional groups only"):
        read(tmp_path, counts, scaled("2", "2"))
    with refuses("header.value", "study.dcm", says="RescaleIntercept in the header is not 0"):
        read(tmp_path, counts, scaled("1", "1", inter="-5"))
    _, findings = read(tmp_path, counts, scaled("1", inter=""))
    assert findings == []


def test_a_scintigram_in_place_of_a_mask_states_where_it_belongs(tmp_path: Path) -> None:
    path = write(tmp_path / "study.dcm", tomo(VOLUME, *IN_MM, "maa"))
    with refuses("file.not_a_mask", "study.dcm", says="a scintigram (NM), not a mask") as refusal:
        read_labels(path, "liver", Holds.LABELS, USUAL)
    assert "--dynamic or --spect" in refusal.value.remedy


@pytest.mark.parametrize(
    ("top", "voxels", "found"), [(255, 20, 1), (255, 19, 0), (4095, 20, 1), (256, 20, 0)]
)
def test_h14_a_spect_that_was_cut_off_in_a_copy_of_fewer_bits_is_reported(
    top: int, voxels: int, found: int, tmp_path: Path
) -> None:
    volume = np.minimum(VOLUME, 200)
    volume.ravel()[:voxels] = top  # the rest is lower
    path = write_nifti(tmp_path / "spect.nii", volume.T.astype(np.int16))
    assert codes(read_spect(path, USUAL).findings) == ["scintigram.full"] * found
