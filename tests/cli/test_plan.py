"""`fl-planner plan`: contract section 4, on livers whose voxels are counted by hand."""

import re
from math import erfc, sqrt
from pathlib import Path
from typing import Any

import pytest

from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import QUANTITIES
from tests.cli.outside import SMALL, Record, ask, case_toml, doubts, finding, told

ALWAYS = {
    "schema", "version", "status", "inputs", "voxels", "volumes_ml", "findings", "refusal",
    "voxel_ml", "voxel_mm", "denominator", "notice", "case", "ratios", "thresholds", "pathway",
    "trials", "route", "facts", "rules", "share_limits_percent",
}  # fmt: skip
OF_FLR = {"flr_percent", "flr_percent_shown", "remnant"}
OF_LESIONS = {"lesions", "lesion_summary", "clearing"}
IDS = ["NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198"]


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Liver of 8000 voxels, 1000 mL; FLR 2400; one lesion of 400, 100 x 100 x 5 mm."""
    return SMALL.write(tmp_path_factory.mktemp("small"), flr=(0, 2400), tumour=(7600, 8000))


@pytest.fixture(scope="module")
def plan(masks: list[str]) -> Record:
    return told("plan", *masks, "--diagnosis", "crlm", "--chemo-damage", "no")


def test_all_keys_of_volume_and_of_plan(plan: Record, masks: list[str]) -> None:
    assert set(plan) == ALWAYS | OF_FLR | OF_LESIONS
    assert (plan["schema"], plan["status"]) == ("fl-planner/plan/1", "ok")
    volume = told("volume", *masks)
    own = {"schema", "findings"}
    assert {key: plan[key] for key in volume.keys() - own} == {
        key: volume[key] for key in volume.keys() - own
    }


OF_THE_MASKS = {  # 2400 of 7600 voxels of 0.125 mL; the one lesion lies outside
    "remnant_segments": [],
    "origin": "drawn",
    "flr_voxels": 2400,
    "flr_ml": 300.0,
    "flr_percent": pytest.approx(100 * 2400 / 7600, abs=1e-6),
    "flr_percent_shown": "31.6",
    "lesions": {"cleared": [1], "cut": [], "left": []},
    "margin_mm": 70.0,  # from layer 5 to layer 19, 5 mm apart
}


def test_a_case_that_says_little(plan: Record) -> None:
    assert plan["case"] == {
        "diagnosis": "crlm",
        "plan": OF_THE_MASKS,
        "other_plans": [],
        "reading": {},
    }


def test_ratios_name_numerator_denominator_and_scatter(plan: Record) -> None:
    """A share drawn by hand scatters by the root of 0.07 and 0.03 squared."""
    (ratio,) = plan["ratios"].values()
    assert (ratio["numerator_voxels"], ratio["denominator_voxels"]) == (2400, 7600)
    assert ratio["denominator"] == "measured_nontumour"
    cv = ratio["cv"]
    assert (cv["remnant"], cv["liver"], cv["rho"]) == (0.07, 0.03, 0.0)
    assert cv["relative_sd"] == pytest.approx(sqrt(0.0058), abs=1e-9)
    assert "WJG 2015;21:988" in cv["source"]
    share, reach = 2400 / 76, 1.96 * sqrt(0.0058)
    low, high = ratio["interval_percent"]
    assert low == pytest.approx(share * (1 - reach), abs=1e-6)
    assert high == pytest.approx(share * (1 + reach), abs=1e-6)


def test_thresholds_with_distance_and_chance(plan: Record) -> None:
    """Of 7600 voxels of 0.125 mL, 30 % are 2280 and 40 % are 3040; there are 2400."""
    thirty, forty = plan["thresholds"]
    assert (thirty["name"], thirty["answer"]) == ("dragon2.flr_30", "above")
    assert (forty["name"], forty["answer"]) == ("dragon2.flr_40", "below")
    assert (thirty["distance_ml"], forty["distance_ml"]) == (15.0, -80.0)
    assert (thirty["margin_voxels"], forty["margin_voxels"]) == (-120.0, 640.0)
    assert (thirty["limit_percent"], forty["limit_percent"]) == (30.0, 40.0)
    assert (thirty["borderline"], forty["borderline"]) == (True, False)
    assert (thirty["inside_interval"], forty["inside_interval"]) == (True, False)
    assert thirty["source"] == "DRAGON 2 (NCT05428735), inclusion 1"
    for limit, percent in ((thirty, 30), (forty, 40)):
        share = 2400 / 76
        z = abs(share - percent) / (share * sqrt(0.0058))
        assert limit["crossing_chance"] == pytest.approx(erfc(z / sqrt(2)) / 2, rel=1e-6)


def test_lesions_with_their_sizes(plan: Record) -> None:
    """One lesion of 20 x 20 x 1 voxels; the axial plane cuts it along 20 x 1 of them."""
    (lesion,) = plan["lesions"]
    assert (lesion["number"], lesion["voxels"], lesion["volume_ml"]) == (1, 400, 50.0)
    assert lesion["axial_diameter_mm"] == pytest.approx(sqrt(100**2 + 5**2), abs=1e-6)
    assert lesion["axial_centre_mm"] == pytest.approx(95.0, abs=1e-6)
    assert lesion["longest_diameter_mm"] == pytest.approx(sqrt(2 * 100**2 + 5**2), abs=1e-6)
    assert lesion["longest_centre_mm"] == pytest.approx(sqrt(2) * 95, abs=1e-6)
    assert plan["lesion_summary"] == {
        "count": 1,
        "count_by_faces": 1,
        "connectivity": 26,
        "origin": "components",
        "least_ml": 0.03,
        "dropped": 0,
        "largest_axial_cm": pytest.approx(sqrt(100**2 + 5**2) / 10, abs=1e-7),
        "diameter": "longest axial, between outer voxel corners",
        "by_definition": [
            {
                "connectivity": connectivity,
                "least_ml": least_ml,
                "count": 1,
                "largest_axial_cm": pytest.approx(sqrt(100**2 + 5**2) / 10, abs=1e-7),
            }
            for connectivity in (6, 18, 26)
            for least_ml in (0.03, 0.1, 0.5)
        ],
    }


def test_no_lesion_is_an_empty_list_without_a_largest(tmp_path: Path) -> None:
    plan = told("plan", *SMALL.write(tmp_path, flr=(0, 2400)), "--no-tumour")
    assert plan["lesions"] == []
    assert plan["lesion_summary"]["count"] == 0
    assert "largest_axial_cm" not in plan["lesion_summary"]


def test_the_pathway_and_what_it_rests_on(plan: Record) -> None:
    pathway = plan["pathway"]
    assert set(pathway) == {
        "name", "row", "headline", "reasons", "would_change", "to_ask", "borderline",
    }  # fmt: skip
    assert (pathway["name"], pathway["row"]) == ("no_growth_needed", "V9")
    assert pathway["borderline"] is True
    assert pathway["to_ask"] == ["flr_function"]
    sentences = pathway["reasons"] + pathway["would_change"]
    assert all(text[0].isupper() or text[0].isdigit() for text in sentences)
    assert all(text.endswith(".") for text in sentences)


def test_to_ask_holds_input_keys(masks: list[str]) -> None:
    for diagnosis in ("crlm", "hcc", "other"):
        asked = told("plan", *masks, "--diagnosis", diagnosis)["pathway"]["to_ask"]
        assert asked == sorted(asked)
        assert all(key in FACTS or key in QUANTITIES for key in asked)


def test_trials_in_their_order_with_every_criterion(plan: Record) -> None:
    trials = plan["trials"]
    assert [trial["id"] for trial in trials] == IDS
    for trial in trials:
        assert trial["verdict"] in ("eligible", "not_eligible", "indeterminate")
        assert isinstance(trial["only_human_open"], bool)
        ids = [criterion["id"] for criterion in trial["criteria"]]
        assert set(trial["failed"]) | set(trial["unknown"]) <= set(ids)
        for criterion in trial["criteria"]:
            unknown = criterion["id"] in trial["unknown"]
            assert unknown is (criterion["answer"] == "unknown")
            assert unknown or not criterion["open_facts"]
            assert criterion["kind"] in ("inclusion", "exclusion")
            assert criterion["changes"] in ("can_change", "on_date", "permanent")
            failed = {"inclusion": "not_met", "exclusion": "met"}[criterion["kind"]]
            assert (criterion["id"] in trial["failed"]) is (criterion["answer"] == failed)


def test_criterion_i1_is_told_part_by_part(plan: Record) -> None:
    criteria = {criterion["id"]: criterion for criterion in plan["trials"][0]["criteria"]}
    volume, metastases, _ = criteria["I1"]["parts"]
    assert volume["name"] == "volume"
    assert volume["answer"] == "not_met"
    assert volume["distance"] == "15.0 mL above 30 %; 80.0 mL short of 40 %"
    assert "flr_fraction 31.6 % (criterion: below 30 %; below 40 %)" in volume["evidence"]
    assert "chemo_liver_damage no" in volume["evidence"]
    assert "distance" not in metastases  # absent, not null
    assert "parts" not in criteria["I4"]


def nulls(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for key in value for found in nulls(value[key], f"{path}.{key}")]
    if isinstance(value, list):
        return [found for entry in value for found in nulls(entry, f"{path}[]")]
    return [path] if value is None else []


def test_absent_is_not_null(plan: Record) -> None:
    assert nulls({**plan, "findings": []}) == [".refusal"]
    assert {*nulls(plan["findings"])} <= {"[].file"}  # a finding on no file


def test_segments_of_a_label_map(tmp_path: Path) -> None:
    """Eight segments of 1000 voxels, by the number of the voxel; 400 of them tumour in 8."""
    voxels = sum(n * SMALL.mask(1000 * (n - 1), 1000 * n) for n in range(1, 9))
    labels = SMALL.file(tmp_path / "labels.nii", voxels)  # type: ignore[arg-type]  # no int 0
    tumour = SMALL.file(tmp_path / "tumour.nii", SMALL.mask(7600, 8000))
    options = ["--labelmap", labels, "--tumour", tumour, "--remnant-segments", "2, 3"]
    plan = told("plan", *options, "--diagnosis", "crlm")
    assert plan["case"]["plan"]["remnant_segments"] == ["2", "3"]
    assert plan["case"]["plan"]["origin"] == "segments"
    assert plan["remnant"] == {"origin": "segments", "segments": ["2", "3"]}
    assert plan["ratios"]["flr"]["numerator_voxels"] == 2000
    assert plan["ratios"]["flr"]["cv"]["remnant"] == 0.12  # automatic segments scatter more
    named = {segment.pop("name"): segment for segment in plan["segments"]}
    assert list(named) == list("12345678")
    assert named["7"] == {
        "voxels": 1000,
        "volume_ml": 125.0,
        "nontumorous_ml": 125.0,
        "nontumorous_percent": pytest.approx(100 * 1000 / 7600, abs=1e-7),
    }
    assert named["8"]["nontumorous_ml"] == 75.0


def test_function_and_dose_as_given(masks: list[str]) -> None:
    plan = told("plan", *masks, "--flr-function", "2.9", "--lung-dose", "12.50")
    assert plan["function"] == {
        "flr_function_pct_per_min_per_m2": 2.9,
        "shown": "2.9",
        "origin": "given",
    }
    assert plan["dose"] == {
        "lung_dose_gy_at_150gy_tumour": 12.5,
        "shown": "12.5",
        "origin": "given",
    }


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


@pytest.fixture
def dated(masks: list[str]) -> Path:
    return case_toml(Path(masks[1]).parent, CASE)


def test_a_case_file_names_the_case_the_plans_and_the_reading(dated: Path) -> None:
    plan = told("plan", dated, "--as-of", "2026-05-20")
    assert plan["case"] == {
        "id": "case-001",
        "diagnosis": "crlm",
        "plan": {**OF_THE_MASKS, "name": "right hepatectomy"},
        "other_plans": [
            {"name": "left hepatectomy", "remnant_segments": ["1", "5", "6", "7", "8"]}
        ],
        "reading": {
            "phase": "portal venous",
            "reader": "R1",
            "status": "draft",
            "dated": True,
            "age_days": 16,
        },
    }


def test_without_a_judging_date_there_is_no_age(dated: Path) -> None:
    plan = told("plan", dated)
    assert "age_days" not in plan["case"]["reading"]
    assert "--as-of" in finding(plan, "date.as_of_missing")["message"]


DATE = re.compile(rb"(19|20)\d\d-\d\d-\d\d|(19|20)\d{6}\b|\b\d\d?[./]\d\d?[./](19|20)\d\d")


@pytest.mark.parametrize("form", [["--json"], ["-v"]])
@pytest.mark.parametrize("as_of", [[], ["--as-of", "2026-05-20"], ["--as-of", "2026-01-01"]])
def test_a_shareable_output_holds_no_date_and_no_label(
    form: list[str], as_of: list[str], dated: Path
) -> None:
    ran = ask("plan", dated, *as_of, *form)
    assert ran.status == 0
    for output in (ran.stdout, ran.stderr):
        assert not DATE.search(output)
        assert b"Bed 12" not in output


def test_a_shareable_picture_holds_none_either(dated: Path, tmp_path: Path) -> None:
    pictures = [tmp_path / "one.png", tmp_path / "two.png"]
    told("plan", dated, "--as-of", "2026-05-20", "--quiet", "--picture", pictures[0])
    later = dated.read_text("utf-8").replace("2026-05-", "2027-11-")
    case_toml(dated.parent, later.replace("schema = 1\n", "").replace("Bed 12", "Bed 13"))
    told("plan", dated, "--as-of", "2027-11-20", "--quiet", "--picture", pictures[1])
    assert not DATE.search(pictures[0].read_bytes())
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_the_clinical_profile_adds_date_and_label_and_nothing_else(dated: Path) -> None:
    shared, clinical = (
        told("plan", dated, "--as-of", "2026-05-20", "--profile", profile)
        for profile in ("shareable", "clinical")
    )
    assert clinical["case"].pop("label") == "Bed 12"
    assert clinical["case"]["reading"].pop("date") == "2026-05-04"
    assert clinical == shared
    assert told("plan", dated, "--as-of", "2026-05-20") == shared  # the default


def test_the_clinical_table_shows_them(dated: Path) -> None:
    first = ask("plan", dated, "--profile", "clinical").out.splitlines()[0]
    assert first == "case-001 · Bed 12 · scan of 2026-05-04 · right hepatectomy · CRLM"
    first = ask("plan", dated).out.splitlines()[0]
    assert first == "case-001 · right hepatectomy · CRLM"


def test_the_picture_is_told_by_its_name_and_is_a_png(masks: list[str], tmp_path: Path) -> None:
    picture = tmp_path / "a folder" / "plan 1.png"
    picture.parent.mkdir()
    ran = ask("plan", *masks, "--diagnosis", "crlm", "--picture", picture)
    assert (ran.status, ran.err) == (0, "picture: plan 1.png\n")
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")
    quiet = ask("plan", *masks, "--diagnosis", "crlm", "--picture", picture, "--force", "--quiet")
    assert (quiet.status, quiet.stdout, quiet.err) == (0, ran.stdout, "")


def test_findings_of_masks_facts_and_limits_stand_together(masks: list[str]) -> None:
    """The lesion is one layer thick; no function is 21."""
    plan = told("plan", *masks, "--diagnosis", "crlm", "--flr-function", "21")
    assert doubts(plan) == [
        "plausibility.single_layer",
        "implausible.flr_function_pct_per_min_per_m2",
    ]
    assert "function" not in plan  # a number that no patient has is not known


def test_an_accepted_finding_travels_with_the_result(masks: list[str]) -> None:
    text = f"""{CASE}
[[accepted]]
code = "date.as_of_missing"
by = "R1"
why = "no trial is asked here"
[[accepted]]
code = "geometry.both_codes_zero"
by = "R1"
why = "side checked on the CT"
"""
    path = case_toml(Path(masks[1]).parent, text, "accepted.toml")
    plan = told("plan", path)
    accepted = finding(plan, "date.as_of_missing")
    assert accepted["accepted"] == {"by": "R1", "why": "no trial is asked here"}
    assert accepted["severity"] == "warning"  # accepted is not gone
    missed = finding(plan, "accepted.not_found")
    assert (missed["severity"], missed["file"]) == ("info", None)
    assert missed["message"] == ("geometry.both_codes_zero was accepted by R1, and did not come up")
    shown = " ".join(ask("plan", path).out.split())
    assert "(accepted by R1: no trial is asked here) (date.as_of_missing)" in shown
