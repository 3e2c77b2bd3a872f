"""A remnant composed of segments keeps this origin in files, and the wider interval of one.

The remnant is segments I and II of the cube of `tests.cli.outside`, 25 % of the liver. The relative
SD of segment labels is 0.12369 (0.12 and 0.03 in quadrature), that of a drawing 0.07616 (0.07 and
0.03), that of an automatic one 0.15297 (0.15 and 0.03) [clinical.md 13].
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.cli.outside import SMALL, Record, codes, finding, told
from tests.formats.dicom.dicoms import pack
from tests.niftis import write
from tests.workup.test_plan_dicom import ct_slices

hd: Any = import_module("highdicom")  # its calls are untyped

DRAWN, SEGMENTS, AUTOMATIC = 0.07616, 0.12369, 0.15297
COMPOSED = {"method": "semi-automatic", "engine": "fl_planner, from liver segments"}


def require_interval(record: Record, sd: float) -> None:
    assert record["flr_percent"] == pytest.approx(25.0)
    ends = [25 * (1 - 1.96 * sd), 25 * (1 + 1.96 * sd)]
    assert record["ratios"]["flr"]["interval_percent"] == pytest.approx(ends, 1e-4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("composed")


@pytest.fixture(scope="module")
def given(folder: Path) -> list[object]:
    """Write a liver, its segments and its CT; give the options of all but the remnant."""
    liver = SMALL.write(folder)
    segments = SMALL.file(folder / "map.nii", SMALL.segments())
    (folder / "ct").mkdir()
    for n, data in enumerate(ct_slices()):
        write(folder / "ct" / f"{n}.dcm", pack(data))
    return [*liver, "--labelmap", segments, "--ct", folder / "ct", "--no-tumour"]


@pytest.fixture(scope="module")
def composed(given: list[object], folder: Path) -> tuple[Record, Path]:
    """Plan the remnant of two segments once; give its record and its SEG."""
    return planned(given, folder / "out")


def planned(given: list[object], to: Path, *options: object) -> tuple[Record, Path]:
    record = told("plan", *given, "--remnant-segments", "1,2", "--dicom", to, "--quiet", *options)
    return record, to / "segmentation.dcm"


def again(given: list[object], flr: Path, *options: object) -> Record:
    return told("plan", *given[:2], "--flr", flr, "--no-tumour", *options)


@pytest.mark.slow
def test_h19_a_seg_of_a_plan_states_that_its_remnant_was_composed(
    given: list[object], composed: tuple[Record, Path]
) -> None:
    first, seg = composed
    require_interval(first, SEGMENTS)
    described = hd.seg.segread(seg)
    (flr,) = described.get_segment_numbers(segment_label="Future liver remnant")
    made = described.get_segment_description(flr)
    assert made.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert made.SegmentAlgorithmName == "fl_planner, from liver segments"
    record = again(given, seg)
    require_interval(record, SEGMENTS)
    assert record["masks"]["flr"] == COMPOSED
    assert record["ratios"]["flr"]["numerator_voxels"] == 2000


@pytest.mark.slow
def test_h03_a_seg_of_a_plan_without_tumour_does_not_state_its_absence(
    composed: tuple[Record, Path],
) -> None:
    """2,000 of 8,000 voxels; the remedy of the finding leads back to the first plan."""
    first, seg = composed
    unstated = told("plan", "--labelmap", seg)
    assert (unstated["denominator"], "tumour.not_given" in codes(unstated)) == (
        "measured_liver",
        True,
    )
    stated = told("plan", "--labelmap", seg, "--no-tumour")
    for record in (first, stated):
        assert (record["denominator"], record["volumes_ml"]["tumour"]) == ("measured_nontumour", 0)
        assert "tumour.not_given" not in codes(record)
    assert stated["flr_percent"] == first["flr_percent"] == 25.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.seg.nrrd", "a.dcm"])
def test_h19_every_format_keeps_it(
    name: str, given: list[object], composed: tuple[Record, Path], folder: Path
) -> None:
    (_, seg), to = composed, folder / name
    on = ("--ct", folder / "ct") if name == "a.dcm" else ()
    told("convert", seg, "--to", to, "--structure", "Future liver remnant", *on)
    record = again(given, to)
    assert record["masks"]["flr"] == COMPOSED
    require_interval(record, SEGMENTS)


@pytest.mark.slow
def test_h19_another_statement_does_not_narrow_it(
    given: list[object], composed: tuple[Record, Path]
) -> None:
    _, seg = composed
    record = again(given, seg, "--origin", "flr=manual")
    message = finding(record, "mask.origin_differs")["message"]
    assert "semi-automatic by fl_planner, from liver segments" in message
    require_interval(record, SEGMENTS)
    agreed = again(given, seg, "--origin", "flr=semi-automatic")
    assert "mask.origin_differs" not in codes(agreed)
    require_interval(agreed, SEGMENTS)
    require_interval(again(given, seg, "--origin", "flr=automatic:nnU-Net"), AUTOMATIC)


@pytest.mark.slow
def test_h19_segments_of_a_program_stay_automatic(given: list[object], tmp_path: Path) -> None:
    stated = ("--origin", "automatic:TotalSegmentator:2.4.0")
    first, seg = planned(given, tmp_path / "out", *stated)
    require_interval(first, AUTOMATIC)
    record = again(given, seg)
    assert record["masks"]["flr"]["engine"] == "TotalSegmentator"
    require_interval(record, AUTOMATIC)


@pytest.mark.slow
def test_h19_a_cut_by_a_reader_does_not_become_that_of_the_liver(
    given: list[object], tmp_path: Path
) -> None:
    """A plane, or a part drawn by a reader, on a liver that a program drew."""
    part = SMALL.file(tmp_path / "part.nii", SMALL.mask(2000, 8000))
    stated = ("--origin", "liver=automatic:TotalSegmentator", "--origin", "resected=manual")
    told("plan", *given[:2], *given[4:], "--resected", part, *stated, "--dicom", tmp_path / "out",
         "--quiet")  # fmt: skip
    record = again(given, tmp_path / "out" / "segmentation.dcm")
    assert record["masks"]["flr"] == {"method": "manual"}
    require_interval(record, DRAWN)


@pytest.mark.slow
def test_h19_a_treated_area_of_segments_stays_one(given: list[object], tmp_path: Path) -> None:
    to = tmp_path / "out"
    first, seg = planned(given, to, "--treated-segments", "5-8")
    record = told("plan", *given[:2], "--flr", seg, "--treated", seg, "--no-tumour")
    key = "untreated"
    assert record["untreated_percent"] == pytest.approx(50.0)
    ends = [50 * (1 - 1.96 * SEGMENTS), 50 * (1 + 1.96 * SEGMENTS)]
    for one in (first, record):
        assert one["ratios"][key]["interval_percent"] == pytest.approx(ends, 1e-4)
