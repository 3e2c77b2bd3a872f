"""The pathway of every invented patient, and its rows, questions and sentences by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.share import Share
from fl_planner.intake.documents.bundled_trials import read_protocols
from fl_planner.liver.scatter.interval import default_scatter
from fl_planner.planning.assessment.thresholds import LimitedShare, Threshold, find_thresholds
from fl_planner.planning.pathway.pathway import Pathway, find_pathway
from fl_planner.planning.pathway.states import find_diagnosis
from fl_planner.planning.pathway.table import BY_NAME
from fl_planner.trials.facts.facts import Facts, Value

PROTOCOLS = read_protocols()
CRLM: dict[str, Value | None] = {"crlm_present": True, "hcc_present": False}
HCC: dict[str, Value | None] = {
    "crlm_present": False,
    "hcc_present": True,
    "underlying_liver_disease": False,
    "cirrhosis": False,
}
RESCUE: dict[str, Value | None] = {
    **HCC,
    "untreated_nontumorous_fraction": Fraction(2, 5),
    "lesion_count": Fraction(2),
    "largest_lesion_cm": Fraction(11),
    "vascular_invasion": False,
    "bile_duct_invasion": False,
    "severe_arterioportal_shunting": False,
    "extrahepatic_status": "none",
}
VOLUMES: dict[str, Value | None] = {
    "total_liver_volume_ml": Fraction(1700),
    "tumour_volume_ml": Fraction(200),
    "flr_volume_ml": Fraction(375),
}


def flr(percent: str) -> dict[str, Value | None]:
    return {"flr_fraction": Fraction(percent) / 100}


def function(value: str) -> dict[str, Value | None]:
    return {"flr_function_pct_per_min_per_m2": Fraction(value)}


def lung_dose(gy: str) -> dict[str, Value | None]:
    return {"lung_dose_gy_at_150gy_tumour": Fraction(gy)}


def measured(facts: Facts, numerator: int, fact: str = "flr_fraction") -> tuple[Threshold, ...]:
    """Set so many of 1000 voxels of 1.5 mL, drawn by hand, against the limits."""
    share = LimitedShare(fact, Share(numerator, 1000), 1.5, default_scatter("drawn").relative_sd)
    return find_thresholds([share], PROTOCOLS.trials_of(find_diagnosis(facts)))


@pytest.mark.parametrize(
    ("facts", "row", "name"),
    [
        ({**CRLM, "hcc_present": True}, "V2", "two_cancers"),
        ({"crlm_present": False, "hcc_present": False}, "V3", "no_threshold_applies"),
        (flr("25"), "V4", "diagnosis_needed"),
        ({**RESCUE, **lung_dose("15")}, "V5", "radioembolisation_rescue"),
        (RESCUE, "V6", "radioembolisation_rescue_lung_dose_open"),
        ({**RESCUE, **flr("45"), **lung_dose("15.01")}, "V9", "no_growth_needed"),
        (CRLM, "V7", "flr_needed"),
        ({**CRLM, **flr("45"), **function("2.67")}, "V8", "function_below_limit"),
        ({**CRLM, **flr("45"), **function("2.68")}, "V9", "no_growth_needed"),
        ({**HCC, **flr("30")}, "V9", "no_growth_needed"),
        ({**CRLM, **flr("35")}, "V10", "depends_on_chemo_damage"),
        ({**HCC, **flr("35"), "cirrhosis": None}, "V11", "depends_on_liver_disease"),
        ({**CRLM, **flr("25"), "pve_hve_anatomically_prohibited": True}, "V12", "pve"),
        ({**CRLM, **flr("25")}, "V13", "pve_or_pve_hve"),
        ({**HCC, **flr("25")}, "V14", "growth_needed_outside_five"),
    ],
)
def test_rows(facts: Facts, row: str, name: str) -> None:
    found = find_pathway(facts, PROTOCOLS)
    assert (found.row, found.name) == (row, name)


def test_volumes_that_contradict_go_before_everything() -> None:
    found = find_pathway(CRLM, PROTOCOLS, contradictions=["contradiction.volumes"])
    assert (found.row, found.name) == ("V1", "volumes_contradict")
    assert found.headline == "these volumes exclude each other: check the masks"
    assert (found.to_ask, found.would_change) == ((), ())
    other = find_pathway(CRLM, PROTOCOLS, contradictions=["contradiction.child_pugh"])
    assert other.row == "V7"


FACTS_TRIED = st.fixed_dictionaries(
    {
        **{
            name: st.sampled_from([True, False, None])
            for name in (
                "crlm_present",
                "hcc_present",
                "chemo_liver_damage",
                "underlying_liver_disease",
                "cirrhosis",
                "pve_hve_anatomically_prohibited",
                "vascular_invasion",
            )
        },
        "flr_fraction": st.sampled_from([None, *(Fraction(n, 100) for n in range(25, 55, 5))]),
        "untreated_nontumorous_fraction": st.sampled_from([None, Fraction(1, 4), Fraction(1, 2)]),
        "lesion_count": st.sampled_from([None, Fraction(3)]),
        "largest_lesion_cm": st.sampled_from([None, Fraction(8), Fraction(9)]),
        "lung_dose_gy_at_150gy_tumour": st.sampled_from([None, Fraction(15), Fraction(16)]),
        "flr_function_pct_per_min_per_m2": st.sampled_from([None, Fraction(2), Fraction(3)]),
    }
)


@given(FACTS_TRIED)
def test_every_combination_of_states_hits_a_row(facts: Facts) -> None:
    found = find_pathway(facts, PROTOCOLS)
    assert BY_NAME[found.row].pathway == found.name
    assert list(found.to_ask) == sorted(set(found.to_ask))
    assert all(sentence.endswith(".") for sentence in (*found.reasons, *found.would_change))
    said = " ".join((found.headline, *found.reasons, *found.would_change)).lower()
    assert "healthy" not in said
    assert "hve recommended" not in said


DISEASE, HCC_35 = "underlying_liver_disease", {**HCC, **flr("35")}
UNTREATED = "untreated_nontumorous_fraction"


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({}, "crlm_present hcc_present"),
        ({"crlm_present": True}, "flr_volume hcc_present total_liver_volume tumour_volume"),
        ({"hcc_present": False}, "crlm_present"),
        (CRLM, "flr_volume total_liver_volume tumour_volume"),
        ({**CRLM, **VOLUMES, "tumour_volume_ml": None}, "tumour_volume"),
        ({**CRLM, **flr("25")}, "pve_hve_anatomically_prohibited"),
        ({**CRLM, **flr("25"), "pve_hve_anatomically_prohibited": False}, ""),
        ({**CRLM, **flr("35")}, "chemo_liver_damage"),
        ({**CRLM, **flr("35"), "chemo_liver_damage": False}, "flr_function"),
        ({**CRLM, **flr("45"), **function("3")}, ""),
        ({**HCC, **flr("45"), **function("3")}, ""),  # no liver disease: no portal hypertension
        ({**HCC, **flr("25"), "cirrhosis": True}, "portal_hypertension"),
        ({**HCC, **flr("25"), "cirrhosis": True, "portal_hypertension": False}, ""),
        ({**HCC_35, DISEASE: None}, "portal_hypertension underlying_liver_disease"),
        (
            {**HCC_35, DISEASE: None, "cirrhosis": None},
            "cirrhosis portal_hypertension underlying_liver_disease",
        ),
        ({**RESCUE, **flr("25")}, "lung_dose"),
        (
            {**RESCUE, **flr("25"), "vascular_invasion": None, "extrahepatic_status": None},
            "extrahepatic_status lung_dose vascular_invasion",
        ),
        ({**RESCUE, **flr("45")}, "flr_function lung_dose"),
        ({**RESCUE, **VOLUMES, **flr("25"), UNTREATED: None}, "treated_nontumorous_volume"),
        ({**RESCUE, **flr("25"), "lesion_count": None}, "lesion_count"),
        # neither by itself
        ({**RESCUE, **flr("25"), "lesion_count": None, UNTREATED: None}, ""),
    ],
)
def test_what_to_ask(facts: Facts, asked: str) -> None:
    assert find_pathway(facts, PROTOCOLS).to_ask == tuple(asked.split())


# ---- near a threshold


def test_short_of_a_limit() -> None:
    facts = {**CRLM, **flr("25"), "pve_hve_anatomically_prohibited": False}
    found = find_pathway(facts, PROTOCOLS, thresholds=measured(facts, 250))
    assert not found.borderline
    assert found.reasons == (
        "The FLR, 25.0 % of the non-tumorous liver, is below 30 %, the limit of DRAGON 2 "
        "(NCT05428735).",
        "That is 75.0 mL short of 30 %.",
        "Function was not measured, so volume decides alone.",
    )
    assert found.would_change == (
        "With 75.0 mL more, the remnant would reach 30 %: it depends on damage by chemotherapy "
        "(depends_on_chemo_damage).",
        "With 225 mL more, the remnant would reach 40 %: the remnant suffices by volume "
        "(no_growth_needed).",
    )


def test_borderline_names_the_other_sides_pathway() -> None:
    facts = {**CRLM, **flr("30.4"), "chemo_liver_damage": False, **function("3")}
    found = find_pathway(facts, PROTOCOLS, thresholds=measured(facts, 304))
    assert (found.name, found.borderline) == ("no_growth_needed", True)
    assert found.would_change[0] == (
        "Borderline: another reading would fall on the other side of 30 % with a chance of 43 %, "
        "then: make the remnant grow first: PVE, or PVE/HVE by randomisation within DRAGON 2 "
        "(pve_or_pve_hve)."
    )
    assert "With over 6.0 mL less, the remnant would fall below 30 %" in found.would_change[1]
    assert "That is 6.0 mL more than 30 %." in found.reasons
    inside = [reason for reason in found.reasons if "inside the interval" in reason]
    assert inside == [
        "30 % lies inside the interval of 25.9 to 34.9 % in which another reading is expected: "
        "a second reading is recommended."
    ]


def test_inside_the_interval_is_not_borderline_by_itself() -> None:
    facts = {**CRLM, **flr("28")}
    found = find_pathway(facts, PROTOCOLS, thresholds=measured(facts, 280))
    assert not found.borderline
    assert any("30 % lies inside the interval" in reason for reason in found.reasons)


def test_a_threshold_that_the_pathway_does_not_turn_on_is_not_borderline() -> None:
    facts = {**CRLM, **flr("30.4"), "chemo_liver_damage": True}  # insufficient on both sides
    found = find_pathway(facts, PROTOCOLS, thresholds=measured(facts, 304))
    assert (found.name, found.borderline) == ("pve_or_pve_hve", False)


def test_at_the_limit_to_the_voxel() -> None:
    facts = {**CRLM, **flr("30"), "chemo_liver_damage": False, **function("3")}
    found = find_pathway(facts, PROTOCOLS, thresholds=measured(facts, 300))
    assert (found.name, found.borderline) == ("no_growth_needed", True)
    assert "That is 30 % to the voxel." in found.reasons
    assert any("With any less, the remnant would fall below 30 %" in c for c in found.would_change)


def test_the_untreated_share_turns_the_pathway_too() -> None:
    facts = {**RESCUE, **flr("45"), "untreated_nontumorous_fraction": Fraction("0.304")}
    limits = measured(facts, 304, "untreated_nontumorous_fraction")
    found = find_pathway(facts, PROTOCOLS, thresholds=limits)
    assert (found.row, found.borderline) == ("V6", True)
    assert any("the untreated liver would fall below 30 %" in c for c in found.would_change)
    assert "That is 6.0 mL more than 30 %." in found.reasons


# ---- function


def test_function_above_the_limit_opens_the_headline() -> None:
    found = find_pathway({**CRLM, **flr("25"), **function("3.4")}, PROTOCOLS)
    assert found.headline == (
        "function 3.4 %/min/m² exceeds 2.67: the board should first ask whether growth is needed; "
        "make the remnant grow first: PVE, or PVE/HVE by randomisation within DRAGON 2"
    )
    assert "Its function, 3.4 %/min/m², exceeds 2.67 (DRAGON 2, background)." in found.reasons
    (finding,) = found.findings
    assert finding.code == "discordance.volume_function"
    assert "too small by volume" in finding.message


def test_function_below_the_limit() -> None:
    found = find_pathway({**CRLM, **flr("45"), **function("2.1")}, PROTOCOLS)
    assert found.headline == "volume suffices, function does not: for the board"
    (finding,) = found.findings
    assert finding.code == "discordance.volume_function"
    assert "suffices by volume" in finding.message


@pytest.mark.parametrize(
    ("value", "in_band", "said"),
    [
        ("2.66", False, "2.66 %/min/m²"),
        ("2.67", True, "2.67 %/min/m²"),
        ("2.6705", True, "2.671 %/min/m²"),
        ("2.70", True, "2.7 %/min/m²"),
        ("2.704", False, "2.704 %/min/m²"),
    ],
)
def test_where_the_published_limits_differ(value: str, in_band: bool, said: str) -> None:
    found = find_pathway({**CRLM, **flr("35"), **function(value)}, PROTOCOLS)
    told = [f for f in found.findings if f.code == "borderline.function_limit"]
    assert bool(told) is in_band
    assert all(said in finding.message for finding in told)
    assert any(said in reason for reason in found.reasons)


@pytest.mark.parametrize("diagnosis", [{}, {"crlm_present": True, "hcc_present": True}])
def test_no_discordance_without_one_diagnosis(diagnosis: dict[str, Value | None]) -> None:
    found = find_pathway({**diagnosis, **flr("25"), **function("3.4")}, PROTOCOLS)
    assert found.findings == ()


# ---- sentences of the other rows


def test_diagnosis_needed_shows_what_each_would_give() -> None:
    found = find_pathway({**flr("25"), **function("3")}, PROTOCOLS)
    assert found.reasons[:2] == (
        "With CRLM: make the remnant grow first: PVE, or PVE/HVE by randomisation within DRAGON 2.",
        "With HCC: the remnant is too small: none of the five trials; DRAGON PLC.",
    )
    ruled_out = find_pathway({**flr("25"), "crlm_present": False}, PROTOCOLS)
    assert [reason[:9] for reason in ruled_out.reasons] == ["With HCC:"]


@pytest.mark.parametrize(
    ("missing", "advice"),
    [
        ("flr_volume_ml", "outline the remnant or name its segments"),
        ("tumour_volume_ml", "give the tumour mask (--no-tumour when there is none)"),
        ("total_liver_volume_ml", "give the liver mask"),
        (None, "check the volumes"),
    ],
)
def test_what_is_missing_of_the_flr(missing: str | None, advice: str) -> None:
    facts = {**CRLM, **{name: value for name, value in VOLUMES.items() if name != missing}}
    found = find_pathway(facts, PROTOCOLS)
    assert found.headline == f"the future liver remnant is needed: {advice}"
    assert found.reasons == (f"The FLR cannot be computed: {advice}.",)


def test_both_branches_of_chemotherapy_damage() -> None:
    found = find_pathway({**CRLM, **flr("35")}, PROTOCOLS)
    assert found.headline == (
        "it depends on damage by chemotherapy: if so, make the remnant grow first: PVE, or PVE/HVE "
        "by randomisation within DRAGON 2; if not, the remnant suffices by volume"
    )
    assert found.reasons[1] == (
        "It is below 40 %, the limit of DRAGON 2 (NCT05428735) with damage by chemotherapy, and "
        "that is not answered."
    )


def test_the_limits_of_liver_disease() -> None:
    found = find_pathway({**HCC, **flr("45"), "cirrhosis": None}, PROTOCOLS)
    for limit in ("30 %", "40 % with liver disease", "50 % with cirrhosis"):
        assert limit in found.headline
    assert found.would_change[-1].startswith("Cirrhosis of the liver: if yes, the remnant is too")


def rescue(**more: Value | None) -> Pathway:
    """Find the pathway of an HCC within RESCUE's imaging limits."""
    return find_pathway({**RESCUE, **flr("45"), **more}, PROTOCOLS)


def test_within_rescue() -> None:
    found = rescue(lung_dose_gy_at_150gy_tumour=Fraction(8))
    assert found.headline == (
        "within RESCUE's imaging limits; by the FLR alone: the remnant suffices by volume"
    )
    assert found.reasons[:4] == (
        "RESCUE's inclusion 3 is met, 2 lesions and 11 cm: At most five lesions on dynamic CT or "
        "MRI, the largest above 8 cm.",
        "RESCUE's exclusion 2 is not met, 40.0 %: Non-tumorous liver outside the treated area "
        "below 30 % of all non-tumorous liver.",
        "RESCUE's exclusion 1 is not met, 8 Gy: MAA work-up: lung dose above 15 Gy when the "
        "tumour gets 150 Gy, partition method.",
        "By the FLR alone: the remnant suffices by volume.",
    )


def test_the_largest_lung_shunt_needs_masses() -> None:
    without = rescue()
    assert "masses of tumour" in without.reasons[2]
    given = find_pathway({**RESCUE, **flr("45")}, PROTOCOLS, largest_shunt=Fraction(1, 10))
    assert "; a lung shunt of up to 10.0 % passes; by the FLR alone" in given.headline
    assert "With these masses a lung shunt of up to 10.0 % still passes." in given.reasons


def test_what_stands_against_rescue_is_said_of_an_hcc_only() -> None:
    found = rescue(lung_dose_gy_at_150gy_tumour=Fraction(16), vascular_invasion=True)
    said = [reason.partition(":")[0] for reason in found.reasons if reason.startswith("RESCUE")]
    assert said == ["RESCUE's inclusion 4 is not met", "RESCUE's exclusion 1 is met"]
    crlm = find_pathway({**RESCUE, **CRLM, **flr("25"), "lesion_count": Fraction(6)}, PROTOCOLS)
    assert not any("RESCUE" in reason for reason in crlm.reasons)


def test_open_numbers_name_the_pathways_they_decide_between() -> None:
    found = rescue()
    assert found.would_change[-1] == (
        "The lung dose is not known; by it, the answer is either within RESCUE's imaging limits "
        "(radioembolisation_rescue), or the remnant suffices by volume (no_growth_needed)."
    )
