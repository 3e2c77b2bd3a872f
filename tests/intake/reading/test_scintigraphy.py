"""What goes together of one scintigraphy: registration, patients, what options replace."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import nibabel
import numpy as np
import pytest
from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides
from fl_planner.formats.spect import read_spect
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.given.studies import parse_bilirubin, parse_transform
from fl_planner.intake.reading.files import for_patients, judge_owners
from fl_planner.intake.reading.scintigraphy import (
    FunctionFiles,
    OfStudy,
    read_regions,
    read_scintigraphy,
)
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity
from fl_planner.workup.function import _judge
from sample_data.nuclear import tomo
from sample_data.scintigraphy import write
from tests.cli.outside import BUNDLED
from tests.formats.dicom.dicoms import pack, seg
from tests.formats.opening import read_named
from tests.masks import codes
from tests.niftis import write_nifti
from tests.record.functions import measured
from tests.refusals import refuses

USUAL = Limits()
FOLDER = BUNDLED / "function"
ROWS = [[1, 0, 0, Decimal("2.5")], [0, 1, 0, 0], [0, 0, 1, -3]]
IDENTITY = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
FRAME, OTHER = "1.2.826.77.1.1", "1.2.826.77.1.2"


def spect_of(folder: Path, frame: str) -> FunctionFiles:
    path = folder / "spect.dcm"
    counts = np.ones((3, 4, 5), np.uint16)
    path.write_bytes(tomo(counts, (5, 5, 5), (0, 0, 0), "mebrofenin", frame))
    return FunctionFiles(spect=path)


def mask_of(folder: Path) -> InputFile:
    path = folder / "liver.dcm"
    path.write_bytes(pack(seg()))
    (source,) = read_named(path).inputs
    return replace(source, role="liver")


@pytest.mark.parametrize(("tracer", "doubts"), [("Mebrofenin", []), ("99mTc IDA", ["unknown"])])
def test_an_unrecognised_tracer_of_a_nifti_spect_is_reported(
    tmp_path: Path, tracer: str, doubts: list[str]
) -> None:
    """NIfTI states no tracer: only the one that the user states can be checked."""
    path = write_nifti(tmp_path / "spect.nii", np.arange(60.0).reshape(3, 4, 5))
    found = read_spect(path, USUAL, tracer=tracer).findings
    assert [one.code for one in found] == [f"function.tracer_{word}" for word in doubts]


def test_h17_one_frame_of_reference_is_enough(tmp_path: Path) -> None:
    mask = mask_of(tmp_path)
    assert mask.identity is not None
    found = read_scintigraphy(spect_of(tmp_path, FRAME), USUAL, [mask])
    assert found.given.basis == "same frame of reference"
    with pytest.raises(InputRefused, match="registration with the CT on which"):
        read_scintigraphy(spect_of(tmp_path, OTHER), USUAL, [mask])
    with pytest.raises(InputRefused, match="registration with the CT on which"):
        read_scintigraphy(spect_of(tmp_path, FRAME), USUAL)
    other = replace(mask, identity=structs.replace(mask.identity, frame=b"other"))
    with pytest.raises(InputRefused, match="registration with the CT on which"):
        read_scintigraphy(spect_of(tmp_path, FRAME), USUAL, [mask, other])


def test_h17_a_spect_without_marks_needs_a_word() -> None:
    bare = FunctionFiles(spect=FOLDER / "spect.nii.gz")
    with pytest.raises(InputRefused, match="registration with the CT on which"):
        read_scintigraphy(bare, USUAL)
    said = read_scintigraphy(replace(bare, registered=True), USUAL)
    assert said.given.basis == "stated"
    moved = read_scintigraphy(replace(bare, transform=IDENTITY), USUAL)
    assert (moved.given.basis, moved.given.transform) == ("transform", IDENTITY)


def test_h11_a_scintigram_of_another_patient_is_refused_and_its_frame_is_its_own(
    tmp_path: Path,
) -> None:
    mask = mask_of(tmp_path)
    files = replace(spect_of(tmp_path, OTHER), registered=True)
    (spect,) = read_scintigraphy(files, USUAL, [mask]).inputs
    with pytest.raises(InputRefused, match="a different patient"):
        judge_owners([mask], [spect])
    assert mask.identity is not None
    same = replace(spect, identity=structs.replace(mask.identity, frame=b"own", study=b"own"))
    assert codes(judge_owners([mask], [same])) == []
    nameless = InputFile("spect", "spect.nii", "nifti1", "0")
    assert for_patients([nameless]) == (nameless,)
    assert Identity() == structs.replace(Identity(), frame=None)


@pytest.mark.parametrize("rows", [ROWS, [*ROWS, [0, 0, 0, 1]]], ids=["three", "four"])
def test_a_transform_as_it_is_entered(rows: object) -> None:
    assert parse_transform(rows) == ((1, 0, 0, 2.5), (0, 1, 0, 0), (0, 0, 1, -3))


@pytest.mark.parametrize(
    "rows",
    ["x", ROWS[:2], [*ROWS, [0, 0, 0, 2]], [[1, 0, 0], *ROWS[1:]], [[1, 0, 0, "x"], *ROWS[1:]],
     [[1, 0, 0, True], *ROWS[1:]], [1, *ROWS[1:]]],
    ids=[str(n) for n in range(7)],
)  # fmt: skip
def test_what_is_no_transform(rows: object) -> None:
    with pytest.raises(InputRefused, match="three rows of four"):
        parse_transform(rows)


def test_h09_a_bilirubin_needs_its_unit() -> None:
    assert parse_bilirubin(12, "umol/L") == 12
    assert parse_bilirubin(Decimal("0.7"), "mg/dL") == Fraction("11.9728")
    for unit in ("\N{MICRO SIGN}mol/l", "umol/l", "\N{GREEK SMALL LETTER MU}mol / L"):
        assert parse_bilirubin(12, unit) == 12
    assert parse_bilirubin(Decimal("0.7"), "mg/dl") == Fraction("11.9728")
    for value, unit in ((12, "g/L"), (0, "umol/L"), (60, "mg/dL"), (-1, "mg/dL")):
        with refuses("function.bilirubin_unit"):
            parse_bilirubin(value, unit)


def test_options_replace_what_they_state() -> None:
    file = FunctionFiles(
        dynamic=Path("a.dcm"), regions={"liver": 1, "heart": 2}, region_labels=Path("r.nii"),
        spect=Path("s.nii"), registered=True, validated_locally=True,
    )  # fmt: skip
    assert file.overlaid(FunctionFiles()) == file
    assert FunctionFiles().is_empty
    curves = file.overlaid(FunctionFiles(curves=Path("c.csv")))
    assert (curves.dynamic, curves.regions, curves.region_labels) == (None, {}, None)
    assert (curves.curves, curves.spect, curves.registered) == (Path("c.csv"), Path("s.nii"), True)
    again = curves.overlaid(FunctionFiles(dynamic=Path("b.dcm"), regions={"liver": Path("l.nii")}))
    assert (again.dynamic, again.curves) == (Path("b.dcm"), None)
    said = file.overlaid(
        FunctionFiles(overrides=StudyOverrides(one_head=True), validated_locally=False)
    )
    assert (said.overrides.one_head, said.validated_locally) == (True, False)
    assert said.window == SeriesWindow()


def test_h08_the_limit_is_strict_and_its_neighbours_are_reported() -> None:
    function = measured()
    assert function.spect is not None
    assert function.clearance is not None

    def of(value: str) -> tuple[bool | None, list[str]]:
        share = Fraction(value) / (function.clearance.per_min_m2 or 1)  # type: ignore[union-attr]
        told = replace(function.spect.share, by_counts=share)  # type: ignore[union-attr]
        spect = replace(function.spect, share=told)  # type: ignore[type-var]
        judged = _judge(replace(function, spect=spect), (), ())
        return judged.adequate, codes(judged.findings)

    at, told_at = of("2.67")
    assert at is False
    assert "borderline.function_limit" in told_at
    assert of("2.6701")[0] is True
    assert "borderline.function_limit" in of("2.70")[1]
    assert "borderline.function_limit" not in of("2.7001")[1]
    assert of("2.66")[0] is False
    assert _judge(replace(function, spect=None), (), ()).adequate is None


def test_h10_an_option_leaves_the_other_words_of_the_case_file() -> None:
    # lost, "corrected already" would be corrected a second time
    file = FunctionFiles(dynamic=Path("a.dcm"), overrides=StudyOverrides(decay_corrected=True),
                         regions={"liver": 1, "heart": 2})  # fmt: skip
    said = file.overlaid(
        FunctionFiles(
            overrides=StudyOverrides(tracer="mebrofenin"), regions={"liver": Path("l.nii")}
        )
    )
    assert said.overrides == StudyOverrides(decay_corrected=True, tracer="mebrofenin")
    assert said.regions == {"liver": Path("l.nii"), "heart": 2}


def told_of_one_day() -> FunctionFiles:
    return FunctionFiles(
        dynamic=Path("a.dcm"), regions={"liver": 1, "heart": 2}, region_labels=Path("r.nii"),
        spect=Path("s.nii"), registered=True, transform=((1.0, 0.0, 0.0, 0.0),) * 3,
        overrides=StudyOverrides(decay_corrected=True), validated_locally=True,
        studied_on=date(2031, 5, 1), fasting_h=Fraction(6), bilirubin_umol_per_l=Fraction(11),
    )  # fmt: skip


def test_h17_a_spect_given_by_an_option_is_not_registered_by_the_case_file() -> None:
    file, other = told_of_one_day(), FunctionFiles(spect=Path("b.nii"))
    laid = file.overlaid(other)
    assert (laid.spect, laid.registered, laid.transform) == (Path("b.nii"), False, None)
    assert (laid.studied_on, laid.fasting_h, laid.bilirubin_umol_per_l) == (None, None, None)
    assert (laid.dynamic, laid.regions) == (file.dynamic, file.regions)
    assert (laid.overrides, laid.validated_locally) == (file.overrides, True)
    (said,) = file.describe_replaced(other)
    assert said.endswith(": registered, transform, date, fasting_hours, bilirubin")
    stated = FunctionFiles(spect=Path("b.nii"), registered=True)
    assert file.overlaid(stated).registered
    assert FunctionFiles(registered=True).overlaid(FunctionFiles(spect=Path("b.nii"))).registered


@pytest.mark.parametrize("series", ["dynamic", "curves"])
def test_h10_a_series_given_by_an_option_has_no_correction_of_another(series: str) -> None:
    file, other = told_of_one_day(), FunctionFiles(**{series: Path("b")})  # type: ignore[arg-type]
    laid = file.overlaid(other)
    assert getattr(laid, series) == Path("b")
    assert (laid.overrides, laid.regions, laid.region_labels) == (StudyOverrides(), {}, None)
    assert (laid.studied_on, laid.fasting_h, laid.bilirubin_umol_per_l) == (None, None, None)
    assert (laid.spect, laid.registered, laid.validated_locally) == (file.spect, True, True)
    (said,) = file.describe_replaced(other)
    assert "decay_corrected" in said
    assert list(file.describe_replaced(FunctionFiles(fasting_h=Fraction(4)))) == []
    assert file.overlaid(FunctionFiles(fasting_h=Fraction(4))).studied_on == file.studied_on


def test_h03_without_a_word_on_the_tumour_no_limit_is_answered() -> None:
    function = measured()
    assert _judge(function, (), ()).adequate is True
    silent = _judge(function, (), (), tumour_known=False)
    assert silent.adequate is None
    assert silent.function.flr_per_min_m2 == function.flr_per_min_m2


# ---- regions of interest

COLUMNS, REGION_ROWS = 6, 4


def drawn(*pixels: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    found = np.zeros((COLUMNS, REGION_ROWS, 1), np.uint8)
    for column, row in pixels:
        found[column, row, 0] = 1
    return found


def test_columns_and_rows_are_those_of_the_matrix(tmp_path: Path) -> None:
    liver = write_nifti(tmp_path / "liver.nii.gz", drawn((1, 3), (2, 3)))
    heart = write_nifti(tmp_path / "heart.nii", drawn((5, 0)))
    found, inputs, _ = read_regions({"liver": liver, "heart": heart}, None, USUAL)
    assert found.liver.shape == (REGION_ROWS, COLUMNS)
    assert np.argwhere(found.liver).tolist() == [[3, 1], [3, 2]]
    assert np.argwhere(found.heart).tolist() == [[0, 5]]
    assert found.field is None
    assert [one.role for one in inputs] == ["region liver", "region heart"]


def test_labels_of_one_image(tmp_path: Path) -> None:
    voxels = drawn((1, 3)) + 2 * drawn((5, 0)) + 3 * drawn((4, 1))
    image = write_nifti(tmp_path / "rois.nii.gz", voxels)
    found, inputs, _ = read_regions({"liver": 1, "heart": 2, "field": 3}, image, USUAL)
    assert np.argwhere(found.heart).tolist() == [[0, 5]]
    assert found.whole.sum() == 3
    assert [one.role for one in inputs] == ["regions"]
    with pytest.raises(InputRefused, match="the heart region is empty"):
        read_regions({"liver": 1, "heart": 7}, image, USUAL)
    with pytest.raises(InputRefused, match="no label image was given"):
        read_regions({"liver": 1, "heart": 2}, None, USUAL)


def test_h16_findings_on_a_region_are_passed_on(tmp_path: Path) -> None:
    odd = write_nifti(tmp_path / "odd.nii", -1 * drawn((1, 3), (2, 3)).astype(np.int8))
    heart = write_nifti(tmp_path / "heart.nii", drawn((5, 0)))
    _, _, findings = read_regions({"liver": odd, "heart": heart}, None, USUAL)
    assert [(one.code, one.file) for one in findings] == [("labels.negative", "odd.nii")]


@pytest.mark.parametrize("by_label", [False, True])
@pytest.mark.parametrize(
    ("wide", "high", "found"),
    [
        (9.6, 4.8, []),
        (9.55, 4.82, []),  # rounded
        (1.0, 1.0, []),  # not known
        (4.8, 4.8, ["4.8 x 4.8 mm, those of dyn.dcm 4.8 x 9.6 mm"]),
        (4.8, 9.6, ["9.6 x 4.8 mm, those of dyn.dcm 4.8 x 9.6 mm"]),  # exchanged
        (9.3, 4.8, ["4.8 x 9.3 mm, those of dyn.dcm 4.8 x 9.6 mm"]),
    ],
)
def test_h10_regions_of_a_study_with_other_pixels_are_reported(
    wide: float, high: float, found: list[str], tmp_path: Path, *, by_label: bool
) -> None:
    """Of the same matrix, but of another zoom; the study has rows of 4.8 mm."""
    both = drawn((1, 3)) + 2 * drawn((5, 0))
    sizes = (wide, high, 1.0)
    given: dict[str, Path | int] = {"liver": 1, "heart": 2}
    labels = tmp_path / "regions.nii.gz"
    write(labels, both, sizes, (0.0, 0.0, 0.0))
    if not by_label:
        given = {name: tmp_path / f"{name}.nii.gz" for name in given}
        for number, path in enumerate(given.values(), start=1):
            assert isinstance(path, Path)
            write(path, (both == number).astype(np.uint8), sizes, (0.0, 0.0, 0.0))
    study = OfStudy("dyn.dcm", (4.8, 9.6))
    odd = read_regions(given, labels if by_label else None, USUAL, study).findings
    assert codes(odd) == ["region.pixel_size"] * len(found) * (1 if by_label else 2)
    for says in found:
        assert all(says in one.message for one in odd)
    for unknown in (OfStudy("dyn.dcm", None), OfStudy("dyn.dcm", (1.0, 1.0))):
        assert read_regions(given, labels if by_label else None, USUAL, unknown).findings == ()


def test_h10_regions_are_compared_with_the_study_they_are_given_for(tmp_path: Path) -> None:
    """The bundled study has pixels of 9.6 mm, and so do its regions."""
    regions: dict[str, Source | int] = {
        name: FOLDER / f"region_{name}.nii.gz" for name in ("liver", "heart")
    }
    given = FunctionFiles(dynamic=FOLDER / "dynamic.dcm", regions=regions)
    assert "region.pixel_size" not in codes(read_scintigraphy(given, USUAL).findings)
    small = tmp_path / "heart.nii.gz"
    heart = np.asarray(nibabel.load(FOLDER / "region_heart.nii.gz").dataobj, np.uint8)  # type: ignore[attr-defined]
    write(small, heart, (4.8, 4.8, 4.8), (0.0, 0.0, 0.0))
    odd = read_scintigraphy(replace(given, regions={**regions, "heart": small}), USUAL).findings
    assert [one.file for one in odd if one.code == "region.pixel_size"] == ["heart.nii.gz"]


def test_what_is_no_region(tmp_path: Path) -> None:
    liver = write_nifti(tmp_path / "liver.nii", drawn((1, 3)))
    with pytest.raises(InputRefused, match="no region was given for the heart"):
        read_regions({"liver": liver}, None, USUAL)
    thick = write_nifti(tmp_path / "thick.nii", np.repeat(drawn((1, 3)), 2, axis=2))
    with pytest.raises(InputRefused, match="2 slices, but a region must have one slice"):
        read_regions({"liver": thick, "heart": liver}, None, USUAL)
    flat = write_nifti(
        tmp_path / "flat.nii", drawn((1, 3)), dim=(2, COLUMNS, REGION_ROWS, 1, 1, 1, 1, 1)
    )
    with pytest.raises(InputRefused, match="has two axes"):
        read_regions({"liver": flat, "heart": liver}, None, USUAL)
    lost = tmp_path / "lost.nii"
    with refuses("file.missing"):
        read_regions({"liver": lost, "heart": liver}, None, USUAL)
