"""The published counts of the public set, and the FLR by each denominator, counted by hand."""

import csv
from dataclasses import replace
from fractions import Fraction
from math import sqrt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.cohort.result import CaseResult, Refusal
from fl_planner.cohort.source.draft import FoundCase
from fl_planner.cohort.source.layout import read_layout
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.record.declaration.part import as_sided
from fl_planner.validation.crlm import SetPatient, as_validation, format_validation
from fl_planner.validation.set_counts import SetCounts, count_drawn, read_counts
from tests.cases import each_case
from tests.formats.dicom.dicoms import pack
from tests.niftis import write_nifti
from tests.refusals import refuses
from tests.shared import shared
from tests.validation.public_set import NAMES, as_seg, draw, write_patient

SMALL = {"liver": 3000, "remnant": 1200, "hepatic": 40, "portal": 30, "tumour": 90}


def test_the_bundled_counts_are_those_of_the_table() -> None:
    rows = csv.DictReader(shared("data", "crlm", "counts.csv").read_text("utf-8").splitlines())
    names = {"remnant": "liver_remnant"}
    table = {
        row["id"]: SetCounts(**{key: int(row[f"{names.get(key, key)}_voxels"]) for key in SMALL})
        for row in rows
    }
    assert read_counts() == table


def test_197_patients_by_both_denominators() -> None:
    """Counted from the table by another program; four change sides, one exceeds its liver."""
    record = as_validation({}, images=False)
    assert len(record.patients) == 197
    thirty, forty = (
        next(one for one in record.limits if one.limit_percent == percent) for percent in (30, 40)
    )
    assert (thirty.below_of_liver, thirty.below_of_nontumorous_liver) == (32, 28)
    assert (forty.below_of_liver, forty.below_of_nontumorous_liver) == (59, 59)
    assert [id_[-4:] for id_ in thirty.side_changed_by_denominator] == [
        "1033", "1049", "1070", "1168",
    ]  # fmt: skip
    assert not forty.side_changed_by_denominator
    assert record.exceeding == ("CRLM-CT-1083",)
    assert record.equal
    shown = {one.id[-4:]: one for one in record.patients}
    pairs = {"1033": ("24.8", "35.7"), "1070": ("29.57", "30.15"), "1168": ("28.8", "31.2")}
    for id_, (of_liver, of_rest) in pairs.items():
        one = shown[id_]
        assert one.flr_of_liver_percent is not None
        assert one.flr_of_nontumorous_liver_percent is not None
        assert abs(one.flr_of_liver_percent.value - float(of_liver)) < 0.05
        assert abs(one.flr_of_nontumorous_liver_percent.value - float(of_rest)) < 0.05


def test_a_patient_without_published_counts_is_not_equal_to_them() -> None:
    """Of four patients: one equal, one different, one not counted, one not published."""
    equal, other = (read_counts()[f"CRLM-CT-{number}"] for number in (1004, 1085))
    counts = {"1004": equal, "1085": replace(other, tumour=1), "1070": None, "9999": equal}
    ids = {f"CRLM-CT-{number}": each for number, each in counts.items()}
    given = {
        id_: SetPatient(each, CaseResult(id_, "failed", Path(), failure="-"))
        for id_, each in ids.items()
    }
    record = as_validation(given, images=True)
    assert not record.equal
    assert record.different == ("CRLM-CT-1085",)
    assert record.not_counted == ("CRLM-CT-1070",)
    assert record.unpublished == ("CRLM-CT-9999",)
    assert {*record.not_planned} == {*ids}
    assert len(record.absent) == 197 - 3
    assert all(limit.below_measured == 0 for limit in record.limits)  # without a plan
    for only in ("1085", "1070", "9999"):  # each by itself
        one = {f"CRLM-CT-{number}": given[f"CRLM-CT-{number}"] for number in ("1004", only)}
        assert not as_validation(one, images=True).equal
    one = {"CRLM-CT-1004": given["CRLM-CT-1004"]}
    assert as_validation(one, images=True).equal
    assert not as_validation(one, images=True).exceeding  # 1083 does, but is absent
    lines = [*format_validation(record)]
    assert "4 patients: voxels counted for 3, plan computed for 0" in lines
    assert "  patients whose voxel counts equal the published counts: 1" in lines
    assert "  voxel counts differ: CRLM-CT-1085" in lines
    assert "  without published counts: CRLM-CT-9999" in lines


UNDRAWN = {  # structure without voxels, and the shares: remnant over liver, over liver - tumour
    "remnant": (None, None),
    "tumour": (20.0, None),
}


@each_case("structure, shares", {name: (name, each) for name, each in UNDRAWN.items()})
def test_a_share_of_what_was_not_drawn_is_unknown(
    structure: str, shares: tuple[float | None, float | None]
) -> None:
    """An FLR of 0 % would be below every limit, and a liver without tumour is not known."""
    counts = replace(SetCounts(1000, 200, 9, 9, 100), **{structure: 0})
    result = CaseResult("CRLM-CT-9999", "failed", Path(), failure="-")
    record = as_validation({"CRLM-CT-9999": SetPatient(counts, result)}, images=True)
    (one,) = (each for each in record.patients if each.id == "CRLM-CT-9999")
    found = (one.flr_of_liver_percent, one.flr_of_nontumorous_liver_percent)
    assert tuple(None if each is None else each.value for each in found) == shares
    for limit in record.limits:
        assert limit.below_of_liver == (shares[0] is not None)
        assert limit.below_of_nontumorous_liver == 0
        assert limit.side_changed_by_denominator == ()
        assert limit.within_interval == ()


@each_case(
    "denominator, measured",
    {"whole": ("measured_liver", False), "rest": ("nontumorous_liver", True)},
)
def test_an_flr_of_the_whole_liver_is_not_given_as_one_of_the_rest(
    denominator: str, measured: bool
) -> None:
    """Without a tumour mask, a plan divides by the whole liver."""
    share = as_sided(Fraction(1, 10), ())
    plan: Any = SimpleNamespace(
        volumes=SimpleNamespace(flr_percent=share, denominator=denominator), thresholds=()
    )
    result = CaseResult("CRLM-CT-9999", "planned", Path(), plan=plan)
    counts = SetCounts(1000, 100, 9, 9, 100 * measured)
    record = as_validation({"CRLM-CT-9999": SetPatient(counts, result)}, images=True)
    (one,) = (each for each in record.patients if each.id == "CRLM-CT-9999")
    assert one.flr_percent == (share if measured else None)
    assert {limit.below_measured for limit in record.limits} == {int(measured)}


def test_limits_in_the_interval_of_published_counts() -> None:
    """The share ± 1.96 · √(0.07² + 0.03²) of it: CV of remnant and of liver [clinical.md 13]."""
    record = as_validation({}, images=False)
    reach = 1.959964 * sqrt(0.07**2 + 0.03**2)
    for one in record.patients:
        counts = read_counts()[one.id]
        share = 100 * counts.remnant / (counts.liver - counts.tumour)
        within = [each for each in (25, 30, 40, 50) if abs(share - each) <= share * reach]
        limits = {limit.limit_percent for limit in record.limits}
        assert [*one.limits_within_interval] == [each for each in within if each in limits]
    for limit in record.limits:
        held = [one.id for one in record.patients if limit.limit_percent in
                one.limits_within_interval]  # fmt: skip
        assert [*limit.within_interval] == held


def test_why_there_is_no_plan_or_count_is_told_with_its_remedy() -> None:
    why = Refusal(code="mask.empty", source="liver.nii", reason="is empty", remedy="draw it")
    wrong = InputRefused("validation.names", "a.dcm", "has no names", "export it")
    counts = read_counts()["CRLM-CT-1004"]
    given = {
        "CRLM-CT-1004": SetPatient(
            counts, CaseResult("CRLM-CT-1004", "refused", Path(), refusal=why)
        ),
        "CRLM-CT-1085": SetPatient(
            None, CaseResult("CRLM-CT-1085", "failed", Path(), failure="memory"), wrong
        ),
        "CRLM-CT-1070": SetPatient(
            counts, CaseResult("CRLM-CT-1070", "failed", Path(), failure="memory")
        ),
    }
    told = {one.id[-4:]: one for one in as_validation(given, images=True).patients}
    reasons = {name: (one.code, one.reason, one.remedy) for name, one in told.items()}
    assert reasons["1004"] == ("mask.empty", "liver.nii: is empty", "draw it")
    assert reasons["1085"] == ("validation.names", "a.dcm: has no names", "export it")
    assert reasons["1070"] == (None, "memory", None)
    lines = [*format_validation(as_validation(given, images=True))]
    assert "  CRLM-CT-1004: refused: liver.nii: is empty; draw it" in lines
    assert "  CRLM-CT-1070: failed: memory" in lines


def test_every_row_is_the_arithmetic_of_the_table() -> None:
    for one in as_validation({}, images=False).patients:
        counts = read_counts()[one.id]
        assert one.flr_of_liver_percent is not None
        assert one.flr_of_liver_percent.value == pytest.approx(100 * counts.remnant / counts.liver)
        rest = Fraction(counts.remnant, counts.liver - counts.tumour)
        assert one.flr_of_nontumorous_liver_percent is not None
        assert one.flr_of_nontumorous_liver_percent.value == pytest.approx(float(100 * rest))
        for percent in (30, 40):
            below = Fraction(one.flr_of_nontumorous_liver_percent.shown) < percent
            assert below == (100 * counts.remnant < percent * (counts.liver - counts.tumour))


def test_a_tumour_as_large_as_the_liver_gives_no_share() -> None:
    counts = SetCounts(liver=10, remnant=2, hepatic=0, portal=0, tumour=10)
    assert counts.flr_of_nontumorous_liver is None
    assert counts.exceeds_liver


def laid(root: Path) -> FoundCase:
    (case,) = read_layout(root, "crlm")
    return case


def test_a_download_is_counted_as_drawn(tmp_path: Path) -> None:
    write_patient(tmp_path / "manifest-1" / "Colorectal-Liver-Metastases", "CRLM-CT-9001", SMALL)
    assert count_drawn(laid(tmp_path), Limits()) == SetCounts(**SMALL)


def test_the_same_as_nifti(tmp_path: Path) -> None:
    folder = tmp_path / "CRLM-CT-9002"
    folder.mkdir()
    for name, voxels in draw(SMALL).items():
        file = folder / f"{name.lower().replace(' ', '_')}.nii.gz"
        write_nifti(file, voxels.astype(np.uint8))
    case = laid(tmp_path)
    assert not case.wrong
    assert count_drawn(case, Limits()) == SetCounts(**SMALL)


def test_several_tumours_are_united(tmp_path: Path) -> None:
    drawn = draw(SMALL)
    tumour = drawn["Tumor_1"]
    half = np.zeros_like(tumour)
    half.ravel()[np.flatnonzero(tumour)[:45]] = True
    path = write_patient(tmp_path, "CRLM-CT-9003", SMALL)
    path.write_bytes(pack(as_seg({**drawn, "Tumor_2": half})))
    assert count_drawn(laid(tmp_path), Limits()).tumour == SMALL["tumour"]


def test_a_segmentation_without_a_liver_is_refused(tmp_path: Path) -> None:
    path = write_patient(tmp_path, "CRLM-CT-9004", SMALL)
    path.write_bytes(pack(as_seg({"Portal": draw(SMALL)["Portal"]})))
    with pytest.raises(InputRefused, match="named Liver") as refused:
        count_drawn(laid(tmp_path), Limits())
    assert refused.value.code == "validation.liver"


def test_a_label_map_has_no_names(tmp_path: Path) -> None:
    case = FoundCase("CRLM-CT-9005")
    voxels = draw(SMALL)["Liver"].astype(np.uint8)
    case.files["labelmap"] = [write_nifti(tmp_path / "map.nii.gz", voxels)]
    with refuses("validation.names"):
        count_drawn(case, Limits())


def test_two_segmentations_and_unknown_files_are_refused(tmp_path: Path) -> None:
    path = write_patient(tmp_path, "CRLM-CT-9006", SMALL)
    (path.parent / "1-2.dcm").write_bytes(path.read_bytes())
    with pytest.raises(InputRefused, match="several files for labelmap"):
        laid(tmp_path).draft(tmp_path)
    other = tmp_path / "other" / "CRLM-CT-9007"
    other.mkdir(parents=True)
    write_nifti(other / "something.nii.gz", draw(SMALL)["Liver"].astype(np.uint8))
    with pytest.raises(InputRefused, match="the file name states no role"):
        laid(tmp_path / "other").draft(tmp_path)


def test_a_folder_without_patients_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CRLM-CT-1").mkdir()
    with pytest.raises(InputRefused, match="contains no case") as refused:
        read_layout(tmp_path, "crlm")
    assert refused.value.code == "cohort.layout"


def test_the_invented_livers_have_their_counts() -> None:
    drawn = draw(SMALL)
    assert [int(drawn[name].sum()) for name in NAMES] == [*SMALL.values()]
