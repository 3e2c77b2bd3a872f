"""Readings of one case that state another patient or another scan are not compared."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pydicom import dcmread

from fl_planner.liver.agreement.bland_altman import (
    CaseAgreement,
    PairAgreement,
    QuantityAgreement,
    ReadAmounts,
    summarise,
)
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.remnant import Origin
from fl_planner.workup.agreement import derive_reading_error
from tests.cli.outside import ask, finding, refused, told
from tests.shared import shared
from tests.workup.agreement.readers import write_readers

SEG = ("data", "dcmqi_liver_seg", "liver.dcm")
CASES = ("p01", "p02")


def write_reader(folder: Path, changed: dict[str, dict[str, str]]) -> Path:
    """Write one public SEG as the liver of each case, with header entries changed by case."""
    for case in CASES:
        data = dcmread(shared(*SEG))
        for keyword, value in changed.get(case, {}).items():
            setattr(data, keyword, value)
        place = folder / case
        place.mkdir(parents=True)
        data.save_as(place / "liver.dcm")
    return folder


def test_h11_readings_of_two_patients_are_not_compared(tmp_path: Path) -> None:
    one = write_reader(tmp_path / "R1", {})
    other = write_reader(tmp_path / "R2", {"p02": {"PatientID": "CANARY-2"}})
    ran = ask("agree", one, other, "--json")
    record = ran.record
    assert ran.status == 3
    assert [each["case"] for each in record["cases"]] == ["p01"]
    (left,) = record["refused"]
    assert left["case"] == "p02"
    assert "reader" not in left
    assert left["code"] == "identity.patients_differ"
    assert "p02, R2: liver.dcm" in left["message"]
    assert "CANARY" not in ran.out + ran.err


def test_h04_readings_of_two_scans_are_not_compared(tmp_path: Path) -> None:
    elsewhere = {"FrameOfReferenceUID": "1.2.3.4"}
    one = write_reader(tmp_path / "R1", {})
    other = write_reader(tmp_path / "R2", dict.fromkeys(CASES, elsewhere))
    refusal = refused("agree", one, other)
    assert refusal["code"] == "identity.frames_differ"
    assert "p01, R1: liver.dcm" in refusal["reason"]


def test_files_without_a_patient_are_reported_once_with_their_case(tmp_path: Path) -> None:
    """As a note of the case, unless a reader's files have already been reported."""
    unnamed = {case: {"PatientID": ""} for case in CASES}
    one = write_reader(tmp_path / "R1", unnamed)
    other = write_reader(tmp_path / "R2", {"p01": {"PatientID": ""}})
    write_reader(tmp_path / "R3", unnamed)
    for case in CASES:
        (tmp_path / "R3" / case / "liver.dcm").rename(one / case / "flr.dcm")
    (one / "p02" / "flr.dcm").unlink()
    notes = [
        each["message"].partition(": ")[0]
        for each in told("agree", one, other)["findings"]
        if each["code"] == "identity.not_verified"
    ]
    assert notes == ["p01, R1", "p02"]


def test_h04_readings_of_two_days_are_excluded(tmp_path: Path) -> None:
    """Blocks of 290 and 310 of 1000 mL, by case files with the date of their scan."""
    readers = write_readers(tmp_path, {"p01": (290, 310), "p02": (350, 360)}, liver=0)
    for reader, month in zip(readers, ("05", "06"), strict=True):
        (reader / "of").mkdir()  # files of a case file are not a reading by themselves
        for case, day in (("p01", f"2026-{month}-04"), ("p02", "2026-05-04")):
            (reader / case).rename(reader / "of" / case)
            masks = "".join(f'{role} = "of/{case}/{role}.nii"\n' for role in ("liver", "flr"))
            text = f"[masks]\nno_tumour = true\n{masks}[imaging]\ndate = {day}\n"
            (reader / f"{case}.toml").write_text(f"schema = 1\n{text}", "utf-8")
    record = told("agree", *readers)
    assert [each["counts"] for each in record["cases"]] == [False, True]
    assert finding(record, "agree.other_day")["value"] == 31
    (flr,) = (each for each in record["quantities"] if each["name"] == "flr_ml")
    assert flr["cases"] == 1


def test_h11_readers_whose_names_look_the_same_are_one_reader(tmp_path: Path) -> None:
    """Two cases read by R1 and R2; in the second, a mark that nobody sees follows R1."""
    write_readers(tmp_path, {"p01": (290, 310), "p02": (350, 360)}, liver=0)
    rows = ["id,reader,liver,flr,no_tumour"]
    for case, names in (("p01", ("R1", "R2")), ("p02", ("R1\u200b", "R2"))):
        for folder, name in zip(("R1", "R2"), names, strict=True):
            rows.append(f"{case},{name},{folder}/{case}/liver.nii,{folder}/{case}/flr.nii,yes")
    path = tmp_path / "readings.csv"
    path.write_text("\n".join(rows), "utf-8")
    (flr,) = (one for one in told("agree", path)["quantities"] if one["name"] == "flr_ml")
    assert [(one["first"], one["second"], one["cases"]) for one in flr["pairs"]] == [
        ("R1", "R2", 2)
    ]
    path.write_text("\n".join([*rows[:2], rows[1].replace("R1,", "R1\u200b,", 1)]), "utf-8")
    assert refused("agree", path)["code"] == "agree.twice"
    for one in (f"={tmp_path / 'R1'}", f"R2\u200b={tmp_path / 'R1'}"):
        refusal = refused("agree", one, f"R2={tmp_path / 'R2'}")
        assert refusal["code"] == "agree.readers"


# ---- which CV may be handed to plans


READERS = ("R1", "R2")


def error_told(
    shares: tuple[float, float], origins: tuple[Origin, Origin] = ("drawn", "drawn")
) -> tuple[tuple[CaseAgreement, ...], tuple[QuantityAgreement, ...]]:
    """Ten cases that two readers read alike."""
    readings = tuple(
        ReadAmounts(reader, {"flr_percent": share}, None, "measured_nontumour", origin)
        for reader, share, origin in zip(READERS, shares, origins, strict=True)
    )
    cases = tuple(CaseAgreement(str(n), readings, ()) for n in range(10))
    return cases, summarise(cases, READERS)


def test_the_cv_of_ten_pairs_is_handed_over() -> None:
    """30 and 33 %: CV 3 / √2 / 31.5."""
    found = derive_reading_error(*error_told((30.0, 33.0)), READERS)
    assert found is not None
    assert found.cv == Fraction("0.067344")
    assert (found.cases, found.df, found.origin) == (10, 10, "drawn")


def test_h16_a_remnant_that_is_the_same_for_both_makes_no_interval_narrower() -> None:
    """Ten cases of 30 and 33 %, and five drawn once: CV 3 / √2 / 31.5 of ten, as without them."""
    apart, _ = error_told((30.0, 33.0))
    same, _ = error_told((30.0, 30.0))
    copy = PairAgreement("R1", "R2", (Agreement("flr", 30, 30, 30, 1.0, 0.0, 0.0),))
    copies = tuple(replace(one, case=f"same {one.case}", pairs=(copy,)) for one in same[:5])
    every = (*apart, *copies)
    over = summarise(every, READERS)
    assert over[0].repeatability.df == 15
    found = derive_reading_error(every, over, READERS)
    assert found is not None
    assert (found.cv, found.df) == (Fraction("0.067344"), 10)
    assert derive_reading_error(copies, summarise(copies, READERS), READERS) is None


def test_remnants_of_two_kinds_or_readers_far_apart_give_none() -> None:
    assert derive_reading_error(*error_told((30.0, 33.0), ("drawn", "segments")), READERS) is None
    assert derive_reading_error(*error_told((5.0, 60.0)), READERS) is None
    assert derive_reading_error(*error_told((30.0, 30.0)), READERS) is None
    assert derive_reading_error((), (), READERS) is None
