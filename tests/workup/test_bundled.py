"""The bundled cases against what was counted in their files without any image library."""

from functools import cache

import pytest

from fl_planner.report.words import sentence as sentence_of
from fl_planner.trials.criterion import name_with_id
from fl_planner.trials.facts.quantities import describe_fact
from tests.cli.outside import BUNDLED, CASES, Record, bundled, codes, doubts, truth
from tests.record.planned import flat
from tests.workup.asked import plan_of


@pytest.fixture(params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    case: str = request.param
    return case


@cache
def record(name: str) -> Record:
    return plan_of(BUNDLED / name / "case.toml")


@pytest.mark.slow
def test_the_voxels_are_those_that_were_counted(name: str) -> None:
    counted, known = record(name)["voxels"], truth()[name]
    for part in ("liver", "tumour", "nontumorous_liver"):
        assert counted[part] == known["voxels"][part]
    for part in ("flr", "untreated"):
        if part in known:
            assert counted[part] == known[part]["numerator_voxels"]
            assert counted["nontumorous_liver"] == known[part]["denominator_voxels"]


@pytest.mark.slow
def test_the_millilitres_are_voxels_times_1_28_mm3(name: str) -> None:
    plan = record(name)
    assert plan["voxel_ml"] == 0.00128
    for part, voxels in plan["voxels"].items():
        assert plan["volumes_ml"][part] == pytest.approx(voxels * 0.00128, rel=1e-8)


def test_the_shares(name: str) -> None:
    plan, known = record(name), truth()[name]
    for part in ("flr", "untreated"):
        if part in known:
            assert plan[f"{part}_percent"] == pytest.approx(known[part]["percent"], abs=5e-7)
    assert plan["denominator"] == "measured_nontumour"


def test_the_lesions(name: str) -> None:
    plan, known = record(name), truth()[name]["lesions"]
    assert plan["lesion_summary"]["count"] == len(known)
    assert [one["voxels"] for one in plan["lesions"]] == [one["voxels"] for one in known]
    for found, counted in zip(plan["lesions"], known, strict=True):
        assert found["volume_ml"] == pytest.approx(counted["ml"], rel=1e-8)
        assert found["axial_diameter_mm"] == pytest.approx(counted["axial_outer_mm"], abs=6e-4)
    largest = max(one["axial_outer_mm"] for one in known)
    assert plan["lesion_summary"]["largest_axial_cm"] == pytest.approx(largest / 10, abs=6e-5)


def test_the_segments(name: str) -> None:
    plan, known = record(name), truth()[name]["segments"]
    assert {one["name"]: one["voxels"] for one in plan["segments"]} == {
        segment: counts["voxels"] for segment, counts in known.items()
    }
    for one in plan["segments"]:
        sound = known[one["name"]]["without_tumour"]
        assert one["nontumorous_ml"] == pytest.approx(sound * 0.00128, rel=1e-8)


def test_a_clean_case_has_no_finding_above_info_but_what_is_true(name: str) -> None:
    """The FLR of crlm was drawn 0.04 points below 30 %, on purpose."""
    assert doubts(record(name)) == {"crlm": ["threshold.by_a_hair"], "hcc": []}[name]


def test_crlm_thresholds_by_hand() -> None:
    """30 % of 1 167 331 is 350 199.3: 461.3 voxels more than there are, 0.590 mL."""
    plan = record("crlm")
    thirty, forty = plan["thresholds"]
    assert (thirty["name"], thirty["answer"], thirty["borderline"]) == (
        "dragon2.flr_30",
        "below",
        True,
    )
    assert thirty["margin_voxels"] == pytest.approx(461.3)
    assert thirty["distance_ml"] == pytest.approx(-461.3 * 0.00128)
    assert 0.49 < thirty["crossing_chance"] < 0.5
    assert (forty["answer"], forty["borderline"]) == ("below", False)
    assert plan["flr_percent_shown"] == "29.96"
    assert plan["ratios"]["flr"]["cv"]["remnant"] == 0.08  # only segments 2 and 3 remain


def test_crlm_pathway_by_hand() -> None:
    """FLR below 30 % whether or not the liver is damaged: V13, on the edge."""
    pathway = record("crlm")["pathway"]
    assert (pathway["name"], pathway["row"]) == ("pve_or_pve_hve", "V13")
    assert pathway["borderline"] is True
    assert pathway["headline"].startswith(
        "FLR 29.96 %, 0.59 mL below 30 % (DRAGON 2); borderline, 49 % chance of crossing: "
        "FLR augmentation for discussion (PVE, or randomisation between PVE and PVE/HVE in "
        "DRAGON 2)"
    )
    assert pathway["to_ask"] == ["flr_function", "prior_pve_hve", "pve_hve_anatomically_prohibited"]


def test_hcc_thresholds_by_hand() -> None:
    """30, 40 and 50 % of 1 178 181 are 353 454.3, 471 272.4 and 589 090.5; there are 507 682."""
    limits = {limit["name"]: limit for limit in record("hcc")["thresholds"]}
    assert {name: limit["answer"] for name, limit in limits.items()} == {
        "dragon_plc.flr_30": "above",
        "dragon_plc.flr_40": "above",
        "dragon_plc.flr_50": "below",
        "rescue.untreated_30": "above",
    }
    assert limits["rescue.untreated_30"]["margin_voxels"] == pytest.approx(353_454.3 - 507_682)
    assert limits["dragon_plc.flr_50"]["margin_voxels"] == pytest.approx(589_090.5 - 507_682)


def test_hcc_pathway_by_hand() -> None:
    """Two lesions, 96 mm, 43 % untreated, 8.4 Gy to the lung: V5."""
    pathway = record("hcc")["pathway"]
    assert (pathway["name"], pathway["row"]) == ("radioembolisation_rescue", "V5")
    assert pathway["headline"].startswith("imaging criteria of RESCUE met")


@pytest.mark.slow
def test_too_small_a_remnant_that_works_well() -> None:
    masks = {role: BUNDLED / "crlm" / f"{role}.nii.gz" for role in ("liver", "tumour", "flr")}
    plan = plan_of(**masks, diagnosis="crlm", flr_function="2.9")
    assert plan["pathway"]["row"] == "V13"
    assert plan["pathway"]["headline"].startswith(
        "function 2.9 %/min/m² exceeds 2.67 (DRAGON 2): the first question for the tumour board is "
        "whether FLR augmentation is needed; FLR 29.96 %, 0.59 mL below 30 % (DRAGON 2); "
    )
    assert "discordance.volume_function" in codes(plan)


@pytest.mark.slow
def test_a_large_enough_remnant_that_works_badly() -> None:
    """Outside the treated half lie 43 % of the tumour-free liver: taken for the remnant here."""
    files = {"liver": "liver", "tumour": "tumour", "resected": "treated"}
    masks = {role: BUNDLED / "hcc" / f"{name}.nii.gz" for role, name in files.items()}
    plan = plan_of(**masks, diagnosis="crlm", chemo_damage="no", flr_function="2.5")
    assert plan["voxels"]["flr"] == truth()["hcc"]["untreated"]["numerator_voxels"]
    assert plan["pathway"]["row"] == "V8"
    assert plan["pathway"]["headline"] == (
        "FLR 43.1 %, 197 mL above 30 % (DRAGON 2); < 1 % chance of crossing: volume not below "
        "30 % (DRAGON 2), function 2.5 %/min/m² insufficient (not above 2.67, DRAGON 2); "
        "for tumour board discussion; "
        "remnant as drawn"
    )
    assert "discordance.volume_function" in codes(plan)


# one record law


@pytest.mark.slow
def test_the_table_states_what_the_record_states(name: str) -> None:
    plan, shown = record(name), flat(bundled(name, "-v").out)
    headline = plan["pathway"]["headline"]
    assert headline[0].upper() + headline[1:] in shown
    assert plan["pathway"]["name"] not in shown
    for sentence in plan["pathway"]["reasons"] + plan["pathway"]["would_change"]:
        assert sentence in shown
    for key in plan["pathway"]["to_ask"]:
        assert f"- {sentence_of(describe_fact(key))} (" in shown
    for trial in plan["trials"]:
        assert f"{name_with_id(trial['name'], trial['id'])}: " in shown
    for voxels in plan["voxels"].values():
        assert f"{voxels:,}".replace(",", " ") in shown
    assert shown.endswith("Research use, not a cleared device.")
