"""Studies and scans in memory: a scintigraphy from data sets, growth from plans."""

import json
import re
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

import fl_planner
from tests.cli.outside import BUNDLED, SMALL, case_toml
from tests.formats.dicom.dicoms import SLICES, ct_slice, pack, place, rtstruct
from tests.refusals import refuses

nibabel: Any = import_module("nibabel")
FUNCTION = BUNDLED / "function"
SIZE: dict[str, Any] = {"height_cm": 176, "weight_kg": 74}


def as_array(path: Path) -> Any:
    image = nibabel.load(path)
    return fl_planner.Image(np.asarray(image.dataobj), affine=image.affine)


def without_sources(result: Any, names: dict[str, str]) -> dict[str, Any]:
    text = result.as_json()
    for held, file in names.items():
        text = text.replace(held, file)
    record: dict[str, Any] = json.loads(text)
    del record["inputs"]
    return record


def test_a_dynamic_study_and_its_regions_in_memory() -> None:
    liver, heart = (FUNCTION / f"region_{role}.nii.gz" for role in ("liver", "heart"))
    study = FUNCTION / "dynamic.dcm"
    given: dict[str, Any] = {"region_liver": liver, "region_heart": heart}
    by_files = fl_planner.function(dynamic=study, **given, **SIZE)
    given = {"region_liver": nibabel.load(liver), "region_heart": as_array(heart)}
    held = fl_planner.function(dynamic=dcmread(study), **given, **SIZE)
    assert [one["file"] for one in held["inputs"]] == [
        "DICOM data set dynamic", "nibabel image region_liver", "array region_heart",
    ]  # fmt: skip
    names = {one["file"]: other["file"] for one, other in zip(
        held["inputs"], by_files["inputs"], strict=True
    )}  # fmt: skip
    assert without_sources(held, names) == without_sources(by_files, {})
    assert held["inputs"][0]["sha256"] == by_files["inputs"][0]["sha256"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ct": as_array(FUNCTION / "spect.nii.gz")}, "array ct"),
        ({"exclude": {"cyst": ["absent.nii", "b.nii"]}}, "--exclude cyst=absent.nii, --exclude"),
        ({"labelmap": "map.nii", "scheme": "lits"}, "--labelmap map.nii, --scheme would"),
        ({"no_tumour": True, "treated_segments": "5,8"}, "--no-tumour, --treated-segments would"),
    ],
)
def test_masks_and_images_that_would_not_be_used_are_refused(
    given: dict[str, Any], named: str
) -> None:
    with refuses("function.not_used", says=f"liver mask, {named}"):
        fl_planner.function(curves="curves.csv", **given)


def in_memory(data: Dataset) -> Any:
    return dcmread(BytesIO(pack(data)))


def test_the_slices_of_a_ct_and_contours_on_them_are_checked_in_memory() -> None:
    """A square of 4 x 3 mm around the centres of 6 pixels of 2 x 3 mm, in one slice."""
    x, y, z = place(1)
    square = np.array([[x + 2 + c, y + 3 + r, z] for c, r in ((0, 0), (4, 0), (4, 3), (0, 3))])
    ct = [in_memory(ct_slice(layer, number=layer + 1)) for layer in range(SLICES)]
    contours = in_memory(rtstruct([("Tumour", [square])]))
    image, drawn = fl_planner.check(ct, contours)["files"]
    assert (image["kind"], image["file"]) == ("image", "DICOM data sets image 1")
    assert [label["voxels"] for label in drawn["labels"]] == [6]


@pytest.mark.slow
def test_a_spect_in_memory() -> None:
    masks = {role: BUNDLED / "crlm" / f"{role}.nii.gz" for role in ("liver", "tumour", "flr")}
    said: dict[str, Any] = {**masks, "registered": True, "tracer": "mebrofenin"}
    path = FUNCTION / "spect.nii.gz"
    by_file = fl_planner.function(spect=path, **said)
    held = fl_planner.function(spect=as_array(path), **said)
    names = {"array spect": "spect.nii.gz"}
    assert without_sources(held, names) == without_sources(by_file, {})
    assert "<img" in held._repr_html_()


@pytest.fixture
def scans(tmp_path: Path) -> list[Path]:
    """Hold two scans of one liver, three weeks apart, the remnant grown."""
    cases = []
    for name, day, flr in (("before", "2026-05-04", 2400), ("after", "2026-05-25", 2800)):
        folder = tmp_path / name
        folder.mkdir()
        SMALL.write(folder, liver=(0, 5200 + flr), flr=(0, flr))
        text = 'id = "a"\n[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
        cases.append(case_toml(folder, f"{text}[imaging]\ndate = {day}\n"))
    return cases


@pytest.mark.essential
@pytest.mark.slow
def test_growth_takes_plans_with_their_images(scans: list[Path]) -> None:
    by_files = fl_planner.growth(*scans)
    before, after = scans
    held = fl_planner.plan(after, flr=as_array(after.parent / "flr.nii"))
    mixed = fl_planner.growth(before, held)
    names = {"array flr": "flr.nii"}
    assert (
        without_sources(mixed, names)["time_points"][1]["flr_ml"]
        == (by_files["time_points"][1]["flr_ml"])
    )
    assert mixed["time_points"][0] == by_files["time_points"][0]
    assert "<img" in mixed._repr_html_()


def test_growth_takes_arrays_alone_with_the_days_of_their_scans(scans: list[Path]) -> None:
    """A case file of a day and no mask: dates come from there alone."""
    made = []
    for scan in scans:
        day = scan.parent / "day.toml"
        date = scan.read_text("utf-8").partition("date = ")[2].strip()
        day.write_text(f'schema = 1\nid = "a"\n[imaging]\ndate = {date}\n', "utf-8")
        liver, flr = (as_array(scan.parent / f"{name}.nii") for name in ("liver", "flr"))
        made.append(fl_planner.plan(day, liver=liver, flr=flr, no_tumour=True))
    grown, by_files = fl_planner.growth(*made), fl_planner.growth(*scans)
    assert [one["flr_ml"] for one in grown["time_points"]] == [
        one["flr_ml"] for one in by_files["time_points"]
    ]


@pytest.mark.slow
def test_a_notebook_names_what_python_has_and_no_option(scans: list[Path]) -> None:
    plan = fl_planner.plan(scans[0])
    judged = fl_planner.judge({"crlm_present": True, "hcc_present": False})
    for result in (plan, judged):
        said = re.sub(r"<img.*|<[^>]*>", "", result._repr_html_())
        assert ".as_record() shows all." in said
        assert not re.search(r"(?<![\w-])-v\b", said)


def test_a_plan_without_a_day_is_no_scan(scans: list[Path]) -> None:
    bare = fl_planner.plan(liver=scans[0].parent / "liver.nii", no_tumour=True)
    with refuses("growth.no_date", "a plan in memory"):
        fl_planner.growth(scans[0], bare)


def test_a_result_is_added_to_a_log(scans: list[Path], tmp_path: Path) -> None:
    from fl_planner.screening.log import read_log

    made, log = fl_planner.plan(scans[0]), tmp_path / "log.sqlite"
    fl_planner.add_to_log(made, log)
    fl_planner.add_to_log(fl_planner.judge({"ecog": 1}), log)
    first, second = read_log(log)
    assert json.loads(first.record) == made.as_record()
    assert [one.command for one in (first, second)] == ["plan", "trials judge"]


def test_a_worklist_has_its_patients_and_those_not_read(tmp_path: Path) -> None:
    listed = tmp_path / "p.csv"
    listed.write_text("id,crlm_present,hcc_present,ecog\na,yes,no,1\nb,yes,no,much\n")
    result = fl_planner.screen(listed, as_of="2026-11-20")
    assert [one["id"] for one in result.patients] == ["a"]
    assert [one["id"] for one in result.refused] == ["b"]
    assert result.consort_csv().count("\n") > 2
    assert repr(result) == "<fl_planner.screen: 1 patient, 1 row not read>"
