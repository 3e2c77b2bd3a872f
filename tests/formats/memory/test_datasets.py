"""DICOM data sets in memory: read as the files that they came from."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.formats.image_objects import as_source
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.values import Holds, SegmentFile
from tests.formats.dicom.dicoms import SLICES, ct_slice, pack, seg
from tests.refusals import refuses


def load(content: bytes) -> Dataset:
    return dcmread(BytesIO(content))


def series() -> list[bytes]:
    return [pack(ct_slice(layer, number=layer + 1)) for layer in reversed(range(SLICES))]


def test_a_list_of_data_sets_is_the_series_of_a_folder(tmp_path: Path) -> None:
    for number, content in enumerate(series()):
        (tmp_path / f"{number}.dcm").write_bytes(content)
    by_folder, of_folder, odd = read_image(tmp_path, "ct", Limits())
    source = as_source([load(one) for one in series()], "ct")
    image, inputs, findings = read_image(source, "ct", Limits())
    np.testing.assert_array_equal(image.voxels, by_folder.voxels)
    assert image.grid == by_folder.grid
    assert (image.slope, image.inter) == (by_folder.slope, by_folder.inter)
    assert [one.code for one in findings] == [one.code for one in odd]
    assert (image.file, inputs[0].file) == ("DICOM data sets ct",) * 2
    assert inputs[0].format == of_folder[0].format
    assert inputs[0].sha256 == of_folder[0].sha256  # what pydicom wrote is what was stored


def test_a_segmentation_in_memory_is_that_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "seg.dcm"
    path.write_bytes(pack(seg()))
    by_file = read_labels(path, "liver", Holds.LABELS, Limits())
    held = read_labels(as_source(load(pack(seg())), "liver"), "liver", Holds.LABELS, Limits())
    assert isinstance(held, SegmentFile)
    assert held.grid == by_file.grid
    assert held.whole("liver").voxel_count == by_file.whole("liver").voxel_count
    assert held.inputs[0].sha256 == by_file.inputs[0].sha256


def test_a_slice_that_is_missing_is_refused_as_in_a_folder() -> None:
    contents = series()
    del contents[2]
    source = as_source([load(one) for one in contents], "ct")
    with refuses("geometry.slice_missing"):
        read_image(source, "ct", Limits())


@pytest.mark.parametrize("given", [Dataset(), [Dataset(), Dataset()]])
def test_a_data_set_that_is_no_file_is_refused(given: Any) -> None:
    with refuses("image.dataset") as caught:
        as_source(given, "ct")
    assert "DICOM data set" in caught.value.source


def test_several_data_sets_are_no_mask() -> None:
    source = as_source([load(pack(seg()))] * 2, "liver")
    with refuses("image.dataset", "DICOM data sets liver", says="2 data sets"):
        read_labels(source, "liver", Holds.LABELS, Limits())
