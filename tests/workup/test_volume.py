"""Volumes and plans from a request: livers whose voxels are counted by hand."""

from hashlib import sha256
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import QUANTITIES
from fl_planner.workup.files.convert import Conversion, convert_file
from tests.cli.outside import BUNDLED, FINE, SMALL, Record, case_toml, codes, doubts, finding
from tests.niftis import both_forms, nifti, zipped
from tests.refusals import refuses
from tests.workup.asked import plan_of, volumes_of


def test_inputs_are_named_with_role_format_and_hash(tmp_path: Path) -> None:
    masks = SMALL.files(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    forms = both_forms((5.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    zipped_2 = zipped(nifti(SMALL.mask(0, 8000), version=2, **forms))
    masks["liver"] = tmp_path / "liver.nii.gz"
    masks["liver"].write_bytes(zipped_2)
    inputs = volumes_of(**masks)["inputs"]
    assert [(one["role"], one["file"], one["format"]) for one in inputs] == [
        ("liver", "liver.nii.gz", "nifti2"),
        ("tumour", "tumour.nii", "nifti1"),
        ("flr", "flr.nii", "nifti1"),
    ]
    for one in inputs:  # as the file is stored, packed or not
        assert one["sha256"] == sha256((tmp_path / one["file"]).read_bytes()).hexdigest()


def test_no_tumour_is_an_answer_and_not_the_absence_of_one(tmp_path: Path) -> None:
    masks = SMALL.files(tmp_path, flr=(0, 2400))
    unsaid = volumes_of(**masks)
    assert (unsaid["denominator"], unsaid["flr_percent"]) == ("measured_liver", 30.0)
    assert finding(unsaid, "tumour.not_given")["severity"] == "info"
    said = volumes_of(**masks, no_tumour=True)
    assert (said["denominator"], said["flr_percent"]) == ("measured_nontumour", 30.0)
    assert said["voxels"]["tumour"] == 0
    assert "tumour.empty" not in codes(said)  # the liver's file is not called an empty tumour mask
    empty = SMALL.file(tmp_path / "empty.nii", SMALL.mask(0, 0))
    drawn = volumes_of(**masks, tumour=empty)
    assert {**drawn, "inputs": [], "findings": []} == {**said, "inputs": [], "findings": []}
    assert finding(drawn, "tumour.empty")["file"] == "empty.nii"


def test_a_devascularised_part_is_with_the_remnant_without_it(tmp_path: Path) -> None:
    """Liver 8000 without tumour, FLR 2600; 300 devascularised, 200 of them in the FLR."""
    masks = SMALL.files(tmp_path, flr=(0, 2600))
    lost = SMALL.file(tmp_path / "lost.nii", SMALL.mask(2400, 2700))
    words = {**masks, "no_tumour": True, "exclude": (f"devascularised={lost}",)}
    record = volumes_of(**words)
    assert (record["flr_percent"], record["flr_percent_with_impaired"]) == (30.0, 32.5)
    assert (record["voxels"]["flr"], record["voxels"]["impaired"]) == (2400, 300)
    assert record["voxels"]["flr_impaired"] == 200
    assert "excluded" not in record["voxels"]
    assert "30.0 % without this part and" in finding(record, "remnant.impaired")["message"]
    tumour = SMALL.file(tmp_path / "tumour.nii", SMALL.beside())
    drawn = {**masks, "tumour": tumour, "exclude": words["exclude"]}
    decided = plan_of(**drawn, diagnosis="crlm")["thresholds"]
    assert {one["answer"] for one in decided if one["limit_percent"] == 30} == {"at"}


def test_counts_are_exact_and_millilitres_have_six_digits(tmp_path: Path) -> None:
    record = volumes_of(**FINE.files(tmp_path, flr=(0, 123_457), tumour=(999_999, 1_000_000)))
    assert record["voxels"]["flr"] == 123_457
    assert record["volumes_ml"]["flr"] == pytest.approx(123.457, abs=1e-9)
    assert record["volumes_ml"]["tumour"] == pytest.approx(0.001, abs=1e-12)
    assert record["flr_percent"] == pytest.approx(100 * 123_457 / 999_999, abs=5e-7)


@pytest.mark.parametrize(
    ("parts", "code", "file"),
    [
        ({"flr": (0, 0)}, "mask.empty", "flr.nii"),
        ({"flr": (0, 2400), "resected": (2400, 8000)}, "remnant.two_masks", "resected.nii"),
        ({"tumour": (0, 2400), "flr": (0, 2300)}, "volume.no_remnant", "flr.nii"),
    ],
)
def test_masks_without_an_honest_result_are_refused_by_name(
    parts: dict[str, tuple[int, int]], code: str, file: str, tmp_path: Path
) -> None:
    with refuses(code, file):
        volumes_of(**SMALL.files(tmp_path, **parts))


def test_h13_two_shares_of_a_remnant_made_of_segments_are_with_each_other(tmp_path: Path) -> None:
    """Liver 8000; II to VIII are 1000 each, I is 600, and 400 between I and II lie in none."""
    labels = SMALL.mask(0, 600).astype(np.uint8)
    for number in range(2, 9):
        labels += number * SMALL.mask(1000 * (number - 1), 1000 * number)
    masks = {**SMALL.files(tmp_path), "no_tumour": True}
    by_map: dict[str, Any] = {
        "labelmap": SMALL.file(tmp_path / "map.nii", labels),
        "remnant_segments": "1,2,3",
    }
    record = volumes_of(**masks, **by_map)
    assert (record["voxels"]["flr"], record["voxels"]["unassigned"]) == (2600, 400)
    assert (record["flr_percent"], record["flr_percent_shown"]) == (32.5, "32.5")
    assert record["flr_percent_of_segments"] == pytest.approx(100 * 2600 / 7600)
    assert record["flr_percent_of_segments_shown"] == "34.2"
    assert finding(record, "segments.gaps")["value"] == pytest.approx(50.0)
    asked = volumes_of(**masks, **by_map, gaps_to_nearest=True)
    assert "flr_percent_of_segments" not in asked
    assert 2600 < asked["voxels"]["flr"] <= 3000
    assert finding(asked, "segments.gaps_filled")["severity"] == "info"
    with refuses("segments.none_to_fill"):
        volumes_of(**masks, gaps_to_nearest=True)


def test_a_label_map_that_names_its_segments_is_reported_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "segments.seg.nrrd"
    convert_file(Conversion(BUNDLED / "crlm" / "segments.nii.gz", path, scheme="couinaud"))
    record = volumes_of(labelmap=path, no_tumour=True)
    names = [f"segment_{number}" for number in range(1, 9)]
    assert record["label_map"]["labels"] == dict(zip(names, names, strict=True))


# ---- plans


CASE = """
id = "case-001"
label = "Bed 12"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[[plan]]
name = "right hepatectomy"
[[plan]]
name = "left hepatectomy"
remnant_segments = [1, 5, 6, 7, 8]
[imaging]
phase = "portal venous"
date = 2026-05-04
reader = "R1"
status = "draft"
[facts]
labs_date = 2026-05-02
platelets = { value = 214, unit = "10*9/L", date = 2026-05-01 }
"""
Files = dict[str, Any]


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Liver of 8000 voxels, 1000 mL; FLR 2400; one lesion of 400, 100 x 100 x 5 mm."""
    return SMALL.files(tmp_path_factory.mktemp("small"), flr=(0, 2400), tumour=(7600, 8000))


@pytest.fixture(scope="module")
def plan(masks: Files) -> Record:
    return plan_of(**masks, diagnosis="crlm", chemo_damage="no")


def test_a_plan_holds_what_volume_states(plan: Record, masks: Files) -> None:
    volume = volumes_of(**masks)
    same = volume.keys() - {"schema", "findings"}
    assert {key: plan[key] for key in same} == {key: volume[key] for key in same}


def test_lesions_by_every_definition(plan: Record) -> None:
    """One lesion of 20 x 20 x 1 voxels; the axial plane cuts it along 20 x 1 of them."""
    largest = {"largest_axial_cm": pytest.approx(sqrt(100**2 + 5**2) / 10, abs=1e-7)}
    assert plan["lesion_summary"] == {
        "count": 1,
        "count_by_faces": 1,
        "connectivity": 26,
        "origin": "components",
        "least_ml": 0.03,
        "dropped": 0,
        **largest,
        "diameter": "longest axial diameter, between outer voxel corners",
        "by_definition": [
            {"connectivity": connectivity, "least_ml": least_ml, "count": 1, **largest}
            for connectivity in (6, 18, 26)
            for least_ml in (0.03, 0.1, 0.5)
        ],
    }


def test_the_pathway_and_what_it_rests_on(plan: Record) -> None:
    pathway = plan["pathway"]
    assert set(pathway) == {
        "name", "row", "headline", "reasons", "would_change", "to_ask", "borderline",
    }  # fmt: skip
    assert (pathway["name"], pathway["row"]) == ("no_growth_needed", "V9")
    assert pathway["borderline"] is True
    assert pathway["to_ask"] == ["flr_function", "prior_pve_hve"]  # lesions left: none
    sentences = pathway["reasons"] + pathway["would_change"]
    assert all(text[0].isupper() or text[0].isdigit() for text in sentences)
    assert all(text.endswith(".") for text in sentences)


@pytest.mark.essential
@pytest.mark.slow
def test_to_ask_holds_input_keys(masks: Files) -> None:
    for diagnosis in ("crlm", "hcc", "other"):
        asked = plan_of(**masks, diagnosis=diagnosis)["pathway"]["to_ask"]
        assert asked == sorted(asked)
        assert all(key in FACTS or key in QUANTITIES for key in asked)


def test_trials_with_every_criterion(plan: Record) -> None:
    for trial in plan["trials"]:
        assert trial["verdict"] in ("eligible", "not_eligible", "indeterminate")
        ids = [criterion["id"] for criterion in trial["criteria"]]
        assert set(trial["failed"]) | set(trial["unknown"]) <= set(ids)
        for criterion in trial["criteria"]:
            unknown = criterion["id"] in trial["unknown"]
            assert unknown is (criterion["answer"] == "unknown")
            assert unknown or not criterion["open_facts"]
            failed = {"inclusion": "not_met", "exclusion": "met"}[criterion["kind"]]
            assert (criterion["id"] in trial["failed"]) is (criterion["answer"] == failed)


def test_criterion_i1_is_reported_part_by_part(plan: Record) -> None:
    criteria = {criterion["id"]: criterion for criterion in plan["trials"][0]["criteria"]}
    volume, metastases, _ = criteria["I1"]["parts"]
    assert volume["name"] == "volume"
    assert volume["answer"] == "not_met"
    assert volume["distance"] == "15.0 mL above 30 %; 80.0 mL below 40 %"
    assert (
        "FLR 31.6 % (criterion: below 30 %; below 40 % with chemotherapy-associated liver injury)"
        in volume["evidence"]
    )
    assert "chemotherapy-associated liver injury: no" in volume["evidence"]
    assert "distance" not in metastases  # absent, not null
    assert "parts" not in criteria["I4"]


@pytest.mark.essential
@pytest.mark.slow
def test_segments_of_a_label_map(tmp_path: Path) -> None:
    """Eight segments of 1000 voxels, by the number of the voxel; 400 of them tumour in 8."""
    labels = SMALL.file(tmp_path / "labels.nii", SMALL.segments())
    tumour = SMALL.file(tmp_path / "tumour.nii", SMALL.mask(7600, 8000))
    plan = plan_of(labelmap=labels, tumour=tumour, remnant_segments="2, 3", diagnosis="crlm")
    assert plan["remnant"] == {"origin": "segments", "segments": ["2", "3"]}
    assert plan["ratios"]["flr"]["numerator_voxels"] == 2000
    assert plan["ratios"]["flr"]["cv"]["remnant"] == 0.12  # automatic segments scatter more
    sound = {segment["name"]: segment["nontumorous_ml"] for segment in plan["segments"]}
    assert sound == {**dict.fromkeys("1234567", 125.0), "8": 75.0}


def test_a_case_file_names_the_case_the_plans_and_the_reading(masks: Files) -> None:
    plan = plan_of(case_toml(masks["liver"].parent, CASE))
    case = plan["case"]
    assert (case["id"], case["plan"]["name"]) == ("case-001", "right hepatectomy")
    assert case["other_plans"] == [
        {"name": "left hepatectomy", "remnant_segments": ["1", "5", "6", "7", "8"]}
    ]
    reading = {"phase": "portal venous", "reader": "R1", "status": "draft", "dated": True}
    assert case["reading"] == reading  # without an assessment date there is no age
    assert "--as-of" in finding(plan, "date.as_of_missing")["message"]


def test_findings_of_masks_facts_and_limits_are_together(masks: Files) -> None:
    """The lesion is one layer thick; no function is 21."""
    plan = plan_of(**masks, diagnosis="crlm", flr_function="21")
    assert doubts(plan) == [
        "plausibility.single_layer",
        "implausible.flr_function_pct_per_min_per_m2",
    ]
    assert "function" not in plan  # a number that no patient has is not known


def test_an_accepted_finding_travels_with_the_result(masks: Files) -> None:
    accepted = "".join(
        f'[[accepted]]\ncode = "{code}"\nby = "R1"\nwhy = "not asked here"\n'
        for code in ("date.as_of_missing", "geometry.both_codes_zero")
    )
    plan = plan_of(case_toml(masks["liver"].parent, CASE + accepted, "accepted.toml"))
    seen = finding(plan, "date.as_of_missing")
    assert seen["accepted"] == {"by": "R1", "why": "not asked here"}
    assert seen["severity"] == "warning"  # accepted is not gone
    missed = finding(plan, "accepted.not_found")
    assert (missed["severity"], missed["file"]) == ("info", None)
    said = "geometry.both_codes_zero was accepted by R1, but did not occur in this run"
    assert missed["message"] == said
