"""Volumes of masks, from a request."""

from pathlib import Path

from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.request.request import Request
from fl_planner.record.declaration.part import as_dict
from fl_planner.workup.files.convert import Conversion, convert_file
from fl_planner.workup.volume import measure_volume
from tests.cli.outside import BUNDLED


def test_a_label_map_that_names_its_segments_is_told_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "segments.seg.nrrd"
    convert_file(Conversion(BUNDLED / "crlm" / "segments.nii.gz", path, scheme="couinaud"))
    record = measure_volume(Request(MaskFiles(label_map=path, no_tumour=True)))
    told = as_dict(record)
    names = [f"segment_{number}" for number in range(1, 9)]
    assert told["label_map"]["labels"] == dict(zip(names, names, strict=True))
