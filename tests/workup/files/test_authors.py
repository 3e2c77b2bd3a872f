"""Forty automatic remnants in files of five kinds: none has the interval of a reader's remnant.

The files are written by highdicom and SimpleITK, those of nnU-Net with what it stores next to its
predictions. Type and program are still there in the SEG of a plan, as highdicom reads it, and
after `convert`. The liver is the cube of `tests.cli.outside`.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydicom.sr.codedict import codes as dicom_codes

from tests.cases import of_many
from tests.cli.outside import SMALL, Record, case_toml, codes, finding, told
from tests.formats.dicom.dicoms import pack
from tests.niftis import both_forms, nifti, write
from tests.workup.test_odd_ct import write_seg
from tests.workup.test_plan_dicom import ct_slices

hd: Any = import_module("highdicom")  # their calls are untyped
sitk: Any = import_module("SimpleITK")

FLR = SMALL.mask(0, 2400)
ENGINES: dict[str, list[tuple[str, str | None]]] = {  # eight files of each kind
    "seg": [(f"Engine {n}", f"{n}.1") for n in range(8)],
    "seg-nrrd": [(f"Engine {n}", f"{n}.1") for n in range(8)],
    "nnunet": [("nnU-Net", None)] * 8,
    "totalsegmentator": [("TotalSegmentator", f"2.{n}.0") for n in range(8)],
    "monai": [("MONAI Deploy", f"1.{n}") for n in range(8)],
}
CASE = '[masks]\nliver = "liver.nii"\nflr = "{}"\n[imaging]\nct = "ct"\n'
DICOM = ("seg", "totalsegmentator", "monai")
ONE_OF_EACH = [(kind, 3) for kind in ENGINES]
EACH = of_many(
    ONE_OF_EACH, [(kind, n) for kind, engines in ENGINES.items() for n in range(len(engines))]
)


def by_highdicom(at: Path, engine: str, version: str, method: str = "AUTOMATIC") -> Path:
    """Write a SEG on the CT, as the writers of DICOM of TotalSegmentator and MONAI do."""
    program = None
    if method != "MANUAL":
        kind = dicom_codes.DCM.ArtificialIntelligence
        program = hd.AlgorithmIdentificationSequence(engine, kind, version)
    write_seg(at / "flr.dcm", list(ct_slices()), method=method, program=program)
    return at / "flr.dcm"


def by_simpleitk(at: Path, engine: str, version: str) -> Path:
    """Write a segmentation of 3D Slicer, with the tags that it stores."""
    image = sitk.GetImageFromArray(FLR.transpose(2, 1, 0))
    image.SetSpacing((5.0, 5.0, 5.0))
    image.SetOrigin((40.0, 60.0, 30.0))
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    tags = f"DICOM.SegmentAlgorithmType:AUTOMATIC|DICOM.SegmentAlgorithmName:{engine}|"
    tags += f"DICOM.AlgorithmVersion:{version}|Segmentation.Status:completed"
    keys = {"ID": "Segment_1", "Name": "FLR", "LabelValue": "1", "Layer": "0", "Tags": tags}
    for key, value in keys.items():
        image.SetMetaData(f"Segment0_{key}", value)
    sitk.WriteImage(image, str(at / "flr.seg.nrrd"))
    return at / "flr.seg.nrrd"


def by_nnu_net(at: Path) -> Path:
    folder = at / "predicted"
    folder.mkdir()
    labels = {"labels": {"background": 0, "flr": 1}, "file_ending": ".nii"}
    (folder / "dataset.json").write_text(json.dumps(labels), "utf-8")
    (folder / "predict_from_raw_data_args.json").write_text("{}", "utf-8")
    forms = both_forms((5.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    return write(folder / "flr.nii", nifti(FLR, **forms))


def fill(at: Path, kind: str, number: int) -> Path:
    """Write liver, CT and remnant of a case; return the case file."""
    SMALL.write(at)
    (at / "ct").mkdir()
    for n, data in enumerate(ct_slices()):
        write(at / "ct" / f"{n}.dcm", pack(data))
    engine, version = ENGINES[kind][number]
    if kind == "nnunet":
        flr = by_nnu_net(at)
    else:
        assert version is not None
        flr = (by_highdicom if kind in DICOM else by_simpleitk)(at, engine, version)
    return case_toml(at, CASE.format(flr.relative_to(at)))


def program(kind: str, number: int) -> str:
    return " ".join(filter(None, ENGINES[kind][number]))


@pytest.mark.slow
@pytest.mark.essential
@pytest.mark.parametrize(("kind", "number"), EACH)
def test_no_automatic_remnant_has_the_interval_of_a_reader(
    kind: str, number: int, tmp_path: Path
) -> None:
    record = told("plan", fill(tmp_path, kind, number), "--no-tumour")
    assert record["voxels"]["flr"] == 2400
    found = finding(record, "remnant.automatic")
    assert f"automatically by {program(kind, number)}, and no reader" in found["message"]
    # 30 % of the liver; CV 0.15 and 0.03 in quadrature are 0.15297, not 0.07616
    low, high = record["ratios"]["flr"]["interval_percent"]
    assert (low, high) == pytest.approx(
        (30 * (1 - 1.96 * 0.15297), 30 * (1 + 1.96 * 0.15297)), 1e-4
    )


def author_of_flr(seg: Path) -> tuple[str, str, str]:
    """Read type, program and version of the remnant by highdicom."""
    made = hd.seg.segread(seg)
    (number,) = made.get_segment_numbers(
        segment_label="FLR" if seg.name == "out.dcm" else "Future liver remnant"
    )
    described = made.get_segment_description(number)
    (engine,) = described.algorithm_identification
    return described.algorithm_type.value, engine.AlgorithmName, engine.AlgorithmVersion


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "number"), ONE_OF_EACH)
def test_type_and_program_are_in_the_seg_of_a_plan(kind: str, number: int, tmp_path: Path) -> None:
    case = fill(tmp_path, kind, number)
    told("plan", case, "--no-tumour", "--dicom", tmp_path / "out", "--quiet")
    seg = tmp_path / "out" / "segmentation.dcm"
    engine, version = ENGINES[kind][number]
    assert author_of_flr(seg) == ("AUTOMATIC", engine, version or "unknown")
    made = hd.seg.segread(seg)
    (liver,) = made.get_segment_numbers(segment_label="Liver")  # of a NIfTI without an author
    described = made.get_segment_description(liver)
    assert described.algorithm_type.value == "SEMIAUTOMATIC"
    assert described.algorithm_identification[0].AlgorithmName == "unknown"
    again = told("plan", "--liver", tmp_path / "liver.nii", "--flr", seg, "--no-tumour")
    assert (
        f"automatically by {program(kind, number)}, "
        in finding(again, "remnant.automatic")["message"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("out.dcm", marks=pytest.mark.essential),
        "out.seg.nrrd",
        "out.nii.gz",
        "out.nrrd",
    ],
)
@pytest.mark.parametrize(("kind", "number"), ONE_OF_EACH)
def test_type_and_program_survive_convert(
    kind: str, number: int, name: str, tmp_path: Path
) -> None:
    fill(tmp_path, kind, number)
    start = next(one for one in tmp_path.rglob("flr.*"))
    choice: list[object] = ["--structure", "FLR=1" if kind == "nnunet" else "FLR"]
    if name == "out.dcm":
        choice += ["--ct", tmp_path / "ct"]
    written = told("convert", start, "--to", tmp_path / name, *choice)
    assert "convert.origin" not in codes(written)
    record = told("plan", "--liver", tmp_path / "liver.nii", "--flr", tmp_path / name)
    message = finding(record, "remnant.automatic")["message"]
    assert f"automatically by {program(kind, number)}, " in message
    if name == "out.dcm":
        engine, version = ENGINES[kind][number]
        assert author_of_flr(tmp_path / name) == ("AUTOMATIC", engine, version or "unknown")


@pytest.mark.slow
def test_a_manual_seg_stays_manual(tmp_path: Path) -> None:
    case = fill(tmp_path, "seg", 0)
    by_highdicom(tmp_path, "", "", method="MANUAL")
    record = told("plan", case, "--no-tumour", "--dicom", tmp_path / "out", "--quiet")
    assert "remnant.automatic" not in codes(record)
    made = hd.seg.segread(tmp_path / "out" / "segmentation.dcm")
    (number,) = made.get_segment_numbers(segment_label="Future liver remnant")
    described = made.get_segment_description(number)
    assert described.algorithm_type.value == "MANUAL"
    assert described.algorithm_identification is None


# ---- a remnant composed of segments


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
