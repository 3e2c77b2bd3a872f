"""Plans from a request: livers whose voxels are counted by hand."""

from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import QUANTITIES
from tests.cli.outside import SMALL, Record, case_toml, doubts, finding
from tests.workup.asked import plan_of, volumes_of

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
