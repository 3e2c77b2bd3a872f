"""Findings of reserve and body size beside the plan, as `clinical.md` and `trials.md` have them.

Expected answers are written from their sentences, quoted at each test; numbers are by hand.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from fl_planner.basis.findings import Severity
from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_grounds, read_protocols
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.patient.body_size import TLV_FORMULAS, BodySize, estimate_tlv_ml, is_sflr_below
from fl_planner.patient.liver_failure import PostoperativeDay
from fl_planner.patient.reserve import compute_largest_resection
from fl_planner.planning.discordance import (
    StudyConditions,
    find_background_doubts,
    find_entered_function_doubts,
    find_r0_doubts,
    find_reserve_doubts,
    list_removed,
)
from fl_planner.planning.given.case import ContextFacts, Operation
from fl_planner.planning.given.chart import FactSource
from fl_planner.planning.judgement import judge_stated
from fl_planner.planning.many_patients import Standings
from fl_planner.planning.volume_pathway.states import judge_states
from fl_planner.trials.criterion import find_limits
from fl_planner.trials.facts.facts import Facts, Value
from fl_planner.workup.judge import judge_file
from tests.cases import each_case

PROTOCOLS = read_protocols()
LIMITS = find_limits(PROTOCOLS.each)
RIGHT = Operation(name="right hepatectomy", remnant_segments=("1", "2", "3", "4"))
HCC: dict[str, Value | None] = {
    "hcc_present": True,
    "crlm_present": False,
    "ascites": "none",
    "bilirubin_total_mg_per_dl": Fraction("0.8"),
}
CRLM: dict[str, Value | None] = {
    "crlm_present": True,
    "hcc_present": False,
    "r0_hepatectomy_feasible": True,
}


def codes(facts: Facts, given: ContextFacts, plan: Operation = RIGHT) -> list[str]:
    return [one.code for one in find_reserve_doubts(facts, given, plan)]


@pytest.mark.parametrize(
    ("pdff", "told"),
    [(None, False), ("0", False), ("0.25", True), ("0.99", True), ("1", False), ("8.4", False)],
)
def test_h09_a_pdff_as_a_fraction_is_queried(pdff: str | None, told: bool) -> None:
    given = ContextFacts(pdff_percent=None if pdff is None else Fraction(pdff))
    assert codes({}, given) == (["context.pdff_small"] if told else [])


@pytest.mark.parametrize("on", [(), (5,), (7, 3, 5), (0,)])
def test_h04_blood_tests_after_the_operation_are_named_beside_a_plan_of_it(
    on: tuple[int, ...],
) -> None:
    """A case with liver failure after the resection still had "resection, for discussion"."""
    given = ContextFacts(days=tuple(PostoperativeDay(day, inr=Fraction(1)) for day in on))
    found = [*find_reserve_doubts({}, given, RIGHT)]
    assert [one.code for one in found] == ["context.postoperative"] * bool(on)
    for one in found:
        assert (one.severity, one.value, one.unit) == (Severity.WARNING, min(on), "d")
        assert f"postoperative day {min(on)};" in one.message


# ---- function that was entered, not measured


FUNCTION = "flr_function_pct_per_min_per_m2"


@each_case("function, in_facts, of_study, seen", [
    (None, "5.6", "95", []),
    ("2.4", None, None, []),
    ("2.4", "5.6", None, ["function.bilirubin"]),  # 95.8 umol/L
    ("2.4", "2.9", None, []),  # 49.6 umol/L
    ("2.9", "3.0", None, ["function.bilirubin"]),  # 51.3 umol/L
    ("2.4", "5.6", "40", []),
    ("2.4", "1.0", "51", ["function.bilirubin"]),
])  # fmt: skip
def test_h10_bilirubin_is_next_to_an_entered_function(
    function: str | None, in_facts: str | None, of_study: str | None, seen: list[str]
) -> None:
    """`clinical.md` 5.1: warn above about 50 umol/L; that of the study before that of the facts."""
    given, bilirubin, study = (
        None if value is None else Fraction(value) for value in (function, in_facts, of_study)
    )
    facts = {FUNCTION: given, "bilirubin_total_mg_per_dl": bilirubin}
    found = find_entered_function_doubts(facts, StudyConditions(None, study))
    assert [one.code for one in found] == seen


@each_case("function, share, whole", [
    ("7.9", "0.25", "31.6"),
    ("5.1", "0.25", "20.4"),
    ("6.01", "0.3", "20.03"),  # above 20, not at it
    ("5", "0.25", None),  # 20 in the whole liver: the range includes its end
    ("2.9", "0.25", None),
    ("0.4", "0.4", None),  # 1.0 in the whole liver, as in cirrhosis
    ("8", "0.6", None),
    ("12", "0.25", None),  # unusual for any FLR: a finding on the entered value
    ("7.9", "0", None),
    ("7.9", None, None),
])  # fmt: skip
def test_h09_a_function_too_high_for_the_volume_of_the_remnant_is_queried(
    function: str, share: str | None, whole: str | None
) -> None:
    """`clinical.md` 5.1: 2 to 20 %/min/m² in a whole liver; 7.9 in a quarter is 31.6 in all."""
    fraction = None if share is None else Fraction(share)
    found = find_entered_function_doubts({FUNCTION: Fraction(function), "flr_fraction": fraction})
    assert [one.code for one in found] == ["function.unusual_flr"] * (whole is not None)
    assert all(f"would be {whole} in the whole liver" in one.message for one in found)


def test_h08_an_flr_just_below_a_limit_is_not_at_it_next_to_its_function() -> None:
    facts = {FUNCTION: Fraction(7), "flr_fraction": Fraction("0.2996")}
    (finding,) = find_entered_function_doubts(facts)
    assert "in 29.96 % of the liver volume" in finding.message


@each_case("facts, undated, named", [
    ({"prior_pve_hve": True, "prior_pve_hve_kind": "PVE"}, True, "before PVE"),
    ({"prior_pve_hve": True}, True, "before embolisation of unrecorded type"),
    ({"prior_radioembolisation": True}, True, "before Y90"),
    ({"prior_pve_hve": True}, False, None),
    ({"prior_pve_hve": False}, True, None),
    ({}, True, None),
])  # fmt: skip
def test_h04_a_function_without_a_date_may_be_from_before_an_embolisation(
    facts: dict[str, Any], undated: bool, named: str | None
) -> None:
    """`safety.md` H-04; without a function there is nothing to compare."""
    study = StudyConditions(studied_on=None if undated else date(2026, 6, 5))
    found = find_entered_function_doubts({**facts, FUNCTION: Fraction("2.9")}, study)
    assert [one.code for one in found] == ["function.embolised_between"] * (named is not None)
    assert all(one.message.endswith(str(named)) for one in found)
    assert not find_entered_function_doubts({**facts, FUNCTION: None}, study)


DAY = date(2026, 6, 5)


@each_case("age, day, embolised, says", [
    (31, DAY, 30, "the FLR function was measured before PVE"),
    (30, DAY, 30, "the scintigraphy has the same date as PVE: the FLR function may have"),
    (29, DAY, 30, None),
    (None, DAY, 30, "the assessment date is not given: the FLR function may have been"),
    (31, DAY, None, "the date of PVE is not given: the FLR function may have been"),
    (None, None, 30, "the date of the scintigraphy is not given: the FLR function may"),
])  # fmt: skip
def test_h04_a_recorded_function_is_compared_with_the_embolisation(
    age: int | None, day: date | None, embolised: int | None, says: str | None
) -> None:
    """`safety.md` H-04, by ages in days."""
    facts: dict[str, Any] = {FUNCTION: Fraction("2.9"), "prior_pve_hve": True}
    facts["prior_pve_hve_kind"] = "PVE"
    if embolised is not None:
        facts["prior_pve_hve_age_days"] = Fraction(embolised)
    recorded = FactSource("flr_function", "Observation", 1, age_days=age, date=day)
    found = find_entered_function_doubts(facts, StudyConditions.of_record([recorded]))
    assert [one.code for one in found] == ["function.embolised_between"] * (says is not None)
    assert all(one.message.startswith(str(says)) for one in found)


# ---- portal pressure


@each_case("hvpg, answered, told", [
    ("9.9", False, False),
    ("10", False, True),  # "10 itself counts"
    ("14", False, True),
    ("14", True, False),
    ("14", None, False),  # "Nothing is inferred from either"
])  # fmt: skip
def test_portal_pressure_next_to_its_answer(hvpg: str, answered: bool | None, told: bool) -> None:
    """`clinical.md` 12.1: HVPG at least 10 and `portal_hypertension` *no*."""
    for cancer in (HCC, CRLM):  # of either
        facts = {**cancer, "portal_hypertension": answered}
        found = [*find_reserve_doubts(facts, ContextFacts(hvpg_mmhg=Fraction(hvpg)), Operation())]
        assert [one.code for one in found] == ["discordance.portal_pressure"] * told
        for one in found:  # "both values and the 10 mm[Hg] in the message"
            assert f"HVPG {hvpg} mmHg" in one.message
            assert "recorded as absent" in one.message
            assert "at least 10 mmHg" in one.message
        assert codes(facts, ContextFacts()) == []


# ---- Makuuchi's criteria


def removing(*segments: str) -> Operation:
    return Operation(resected_segments=segments)


@each_case("icg, segments, allowed", [
    ("9.9", "45678", True),  # "below 10 %: any"
    ("10", "5678", False),  # "10 to below 20 %: left hepatectomy or up to two segments"
    ("10", "234", True),
    ("10", "1234", True),
    ("19.9", "58", True),
    ("19.9", "158", True),  # "Segment 1 is not counted beside others"
    ("19.9", "458", False),
    ("20", "58", False),  # "20 to below 30 %: one segment"
    ("20", "234", False),
    ("20", "5", True),
    ("20", "15", True),
    ("29.9", "1", True),
    ("30", "5", False),  # "30 % and above: less than a segment"
    ("30", "1", False),
    ("80", "6", False),
])  # fmt: skip
def test_makuuchi_by_icg_r15(icg: str, segments: str, allowed: bool) -> None:
    found = codes(HCC, ContextFacts(icg_r15_percent=Fraction(icg)), removing(*segments))
    assert found == ([] if allowed else ["discordance.makuuchi"])


def test_half_of_a_segment_is_less_than_one() -> None:
    """By hand: 4a alone is half a segment; 4b with V and VI is two and a half."""
    at_15, at_30 = (compute_largest_resection(Fraction(1), Fraction(icg)) for icg in (15, 30))
    assert at_30.allows(("4a",))
    assert not at_30.allows(("4a", "4b"))
    assert not at_15.allows(("4b", "5", "6"))
    assert at_15.allows(("2", "3", "4b"))  # of the left liver


@pytest.mark.parametrize(("bilirubin", "told"), [("1.0", False), ("1.01", True), ("1.1", True)])
def test_makuuchi_above_a_bilirubin_of_1(bilirubin: str, told: bool) -> None:
    """`clinical.md` 12.1: bilirubin above 1.0 mg/dL: no anatomical resection."""
    facts = {**HCC, "bilirubin_total_mg_per_dl": Fraction(bilirubin)}
    found = [*find_reserve_doubts(facts, ContextFacts(icg_r15_percent=Fraction(5)), removing("6"))]
    assert [one.code for one in found] == ["discordance.makuuchi"] * told
    for one in found:
        assert "no anatomical resection" in one.message
        assert f"bilirubin {bilirubin} mg/dL" in one.message


def test_makuuchi_names_the_plan_and_the_largest_resection() -> None:
    """`trials.md` 8: plan and largest resection named."""
    (found,) = find_reserve_doubts(HCC, ContextFacts(icg_r15_percent=Fraction(25)), RIGHT)
    assert "plan right hepatectomy removes segments V, VI, VII and VIII" in found.message
    assert "allow with ICG-R15 25 %: at most one segment" in found.message
    (found,) = find_reserve_doubts(HCC, ContextFacts(icg_r15_percent=Fraction(15)), RIGHT)
    section = "left hepatectomy or sectionectomy (up to two segments)"  # as in `calc makuuchi`
    assert f"allow with ICG-R15 15 %: {section}" in found.message


@each_case("changed", [
    {"ascites": None},  # "Ascites, bilirubin or ICG missing: no finding"
    {"bilirubin_total_mg_per_dl": None},
    {"ascites": "small"},  # "(HCC; ascites *none*)"
    {"hcc_present": False},
    {"hcc_present": None},
])  # fmt: skip
def test_makuuchi_is_silent_without_its_answers(changed: dict[str, Value | None]) -> None:
    assert codes({**HCC, **changed}, ContextFacts(icg_r15_percent=Fraction(35))) == []
    assert codes(HCC, ContextFacts(icg_r15_percent=Fraction(35))) == ["discordance.makuuchi"]
    assert codes(HCC, ContextFacts()) == []


def test_makuuchi_asks_of_plans_by_segments_alone() -> None:
    given = ContextFacts(icg_r15_percent=Fraction(35))
    plane = CutPlane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    assert codes(HCC, given, Operation(name="right hepatectomy")) == []
    assert codes(HCC, given, structs.replace(RIGHT, planes=(plane,))) == []
    absent = list_removed(RIGHT, {"5", "6", "7"})
    assert absent == ("8",)
    assert list_removed(Operation(remnant_segments=("4a", "5", "6", "7", "8")), {"2"}) == (
        "1", "3", "4b",
    )  # fmt: skip
    assert [*find_reserve_doubts(HCC, given, RIGHT, {"5", "6", "7", "8"})] == []


# ---- R0 hepatectomy


def r0(**facts: Any) -> list[Any]:
    known = {**CRLM, **facts}
    states = judge_states(known, PROTOCOLS)
    return [*find_r0_doubts(known, states, PROTOCOLS, LIMITS)]


def test_r0_next_to_a_small_flr() -> None:
    """`trials.md` 8: CRLM, `r0_hepatectomy_feasible` true, FLR insufficient, function not above.

    "sufficient functional liver tissue" and the FLR % in the message.
    """
    (found,) = r0(flr_fraction=Fraction(348, 1580))  # 22.03 %
    assert found.code == "discordance.r0_flr"
    for words in ("sufficient functional liver tissue", "22.0 %", "below 30 % (DRAGON 2)"):
        assert words in found.message
    assert "function not measured" in found.message


def test_r0_limits() -> None:
    small, medium = {"flr_fraction": Fraction(25, 100)}, {"flr_fraction": Fraction(35, 100)}
    for silent in (
        {"flr_fraction": Fraction(30, 100)},  # at the limit it suffices
        {**small, FUNCTION: Fraction("2.68")},
        {**small, "r0_hepatectomy_feasible": False},
        {**small, "r0_hepatectomy_feasible": None},
        {},
        {**small, "crlm_present": False, "hcc_present": True},
        medium,  # undetermined
    ):
        assert r0(**silent) == []
    for told, words in (
        ({**small, FUNCTION: Fraction("2.67")}, "function 2.67 %/min/m², not above 2.67"),
        ({**medium, "chemo_liver_damage": True}, "35.0 %, below 40 % (DRAGON 2)"),
        ({**small, "chemo_liver_damage": True}, "below 40 %"),  # the limit that holds
    ):
        (found,) = r0(**told)
        assert words in found.message
    known = {**CRLM, **small}
    states = judge_states(known, PROTOCOLS, contradictions=["contradiction.volumes"])
    assert [*find_r0_doubts(known, states, PROTOCOLS, LIMITS)] == []


# ---- body size


def background(flr_ml: str, height: str | None = "180", weight: str = "80") -> list[Any]:
    facts = {"flr_volume_ml": Fraction(flr_ml)}
    cm = None if height is None else Fraction(height)
    return [*find_background_doubts(facts, cm, Fraction(weight))]


def test_sflr_below_20_percent() -> None:
    """`clinical.md` 3.2: below 20 % (exactly 20 is not).

    180 cm and 80 kg are 2 m2 by Mosteller: 2 x 1267.28 - 794.41 = 1740.15 mL, a fifth 348.03 mL.
    """
    exact = [one.code for one in background("348.03", weight="80")]
    assert "background.sflr_below_20" not in exact
    (sflr, _) = background("348.02")
    assert sflr.code == "background.sflr_below_20"
    assert "19.999 % of 1740 mL" in sflr.message  # on its side of 20
    assert "20 %" in sflr.message
    assert "Kishi" in sflr.message


def test_sflr_on_the_line_is_exact_where_doubles_are_not() -> None:
    for height, weight in ((180, 80), (160, 90), (150, 54), (200, 72)):  # whole roots
        size = BodySize(Fraction(height), Fraction(weight))
        root = Fraction(round(size.bsa_m2() * 60), 60)
        assert root**2 == Fraction(height * weight, 3600)
        line = (Fraction("1267.28") * root - Fraction("794.41")) / 5
        assert not is_sflr_below(line, size, Fraction(20)), (height, weight)
        assert is_sflr_below(line - Fraction(1, 10**12), size, Fraction(20)), (height, weight)
        assert abs(float(5 * line) - estimate_tlv_ml(TLV_FORMULAS["vauthey_bsa"], size)) < 1e-9


def test_flr_to_body_weight_of_half_a_percent() -> None:
    """`clinical.md` 3.3: 0.5 % exactly is in the risk group (Truant 2007)."""
    (found,) = background("400", "178")
    assert found.code == "background.flr_body_weight"
    assert "0.50 %, at or below 0.5 %" in found.message
    assert "Truant 2007" in found.message
    assert background("400.01", "178") == []
    (found,) = background("400", None)  # by weight alone
    assert found.code == "background.flr_body_weight"


@pytest.mark.parametrize(
    ("ascites", "told"),
    [(None, False), ("none", False), ("small", False), ("moderate", True), ("large", True)],
)
def test_h03_ascites_in_the_weight_is_named_next_to_values_per_body_size(
    ascites: str | None, told: bool
) -> None:
    """`clinical.md` 3.1: oedema and ascites inflate weight."""
    facts: Facts = {"flr_volume_ml": Fraction(840), "ascites": ascites}
    found = [*find_background_doubts(facts, Fraction(182), Fraction("98.5"))]
    assert [one.code for one in found] == ["background.ascites"] * told
    assert all("weight of 98.5 kg" in one.message and ascites for one in found)
    assert [*find_background_doubts(facts, Fraction(182), None)] == []


def test_no_background_without_a_weight_or_a_volume() -> None:
    assert [*find_background_doubts({"flr_volume_ml": Fraction(300)}, Fraction(180), None)] == []
    assert [*find_background_doubts({}, Fraction(180), Fraction(80))] == []
    shared = {"flr_fraction": Fraction(1, 5), "total_liver_volume_ml": Fraction(1700)}
    assert [*find_background_doubts(shared, Fraction(180), Fraction(80))] == []
    whole = {**shared, "tumour_volume_ml": Fraction(200)}  # 300 mL of 1500
    (sflr, by_weight) = find_background_doubts(whole, Fraction(180), Fraction(80))
    assert sflr.value == pytest.approx(100 * 300 / 1740.15)
    assert by_weight.value == pytest.approx(100 * 300 / 80_000)  # g of 1 mL each


# ---- a case file without masks


CASE = """schema = 1
diagnosis = "hcc"
[patient]
height_cm = 188
weight_kg = 105
[context]
hvpg = {{ value = 14, unit = "mm[Hg]" }}
{icg}
[[plan]]
name = "right hepatectomy"
remnant_segments = [1, 2, 3, 4]
[facts]
portal_hypertension = false
{ascites}
bilirubin_total = {{ value = 0.8, unit = "mg/dL" }}
total_liver_volume = {{ value = 1700, unit = "mL" }}
tumour_volume = {{ value = 200, unit = "mL" }}
flr_volume = {{ value = 380, unit = "mL" }}
"""


def judged(folder: Path, icg: str, ascites: str) -> Any:
    file = folder / "case.toml"
    icg = icg and f'icg_r15 = {{ value = {icg}, unit = "%" }}'
    file.write_text(CASE.format(icg=icg, ascites=ascites), "utf-8")
    return judge_file(file).as_record()


def test_a_case_file_without_masks_states_all_of_it(tmp_path: Path) -> None:
    """`trials.md` 8, `contract.md` 5: `[patient]`, `[context]`, `[[plan]]` count as in `plan`."""
    told = judged(tmp_path, "25", 'ascites = "none"')
    assert {one.code for one in told.findings if one.code.startswith(("disc", "back"))} == {
        "discordance.portal_pressure",
        "discordance.makuuchi",
        "background.sflr_below_20",
        "background.flr_body_weight",
    }
    says = "largest resection according to the Makuuchi criteria: segmentectomy"
    assert told.context.icg_r15.words == says


def test_what_makuuchi_lacks_is_named(tmp_path: Path) -> None:
    """`clinical.md` 12.1: ascites, bilirubin or ICG missing: no finding, what lacks is named."""
    for icg, ascites, missing in (
        ("25", "", "ascites for the Makuuchi criteria"),
        ("", 'ascites = "none"', "ICG-R15 for the Makuuchi criteria"),
    ):
        told = judged(tmp_path, icg, ascites)
        assert "discordance.makuuchi" not in {one.code for one in told.findings}
        assert told.context.icg_r15.missing == (missing,)


def test_without_any_of_it_nothing_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_text('schema = 1\ndiagnosis = "crlm"\n[facts]\ncirrhosis = false\n', "utf-8")
    told = judge_file(file).as_record()
    assert told.context is None
    assert not [one for one in told.findings if one.code.startswith(("disc", "back"))]


def test_h10_a_meal_and_jaundice_are_next_to_an_entered_function(tmp_path: Path) -> None:
    """Facts alone, and a case file that names no study: the same words as for a measured one."""
    facts = tmp_path / "facts.json"
    facts.write_text(
        '{"flr_function": {"value": 2.4, "unit": "%/min/m2"},'
        ' "flr_function_normalisation": "extrahepatic",'
        ' "bilirubin_total": {"value": 95, "unit": "umol/L"}}'
    )
    case = tmp_path / "case.toml"
    case.write_text(
        'schema = 1\ndiagnosis = "crlm"\n'
        '[facts]\nflr_function = { value = 2.4, unit = "%/min/m2" }\n'
        'flr_function_normalisation = "extrahepatic"\n'
        '[function]\nfasting_hours = 2\nbilirubin = { value = 95, unit = "umol/L" }\n'
    )
    both = ["function.not_fasting", "function.bilirubin"]
    for file, expected in ((facts, both[1:]), (case, both)):
        seen = [one for one in judge_file(file).as_record().findings if "function." in one.code]
        assert [one.code for one in seen] == expected
        assert "bilirubin is 95 µmol/L" in seen[-1].message


def test_h04_facts_alone_after_an_embolisation_have_the_doubt_of_a_case_file() -> None:
    """A file of facts names no study, so that its function has no date; likewise in a list."""
    stated = parse_facts(
        '{"flr_function": {"value": 2.9, "unit": "%/min/m2"}, "prior_pve_hve": true}', "facts.json"
    )
    grounds, _ = read_grounds(None, None, None)
    for judged in (judge_stated(stated, grounds), Standings(grounds).judge(stated)):
        found = [one for one in judged.findings if one.code == "function.embolised_between"]
        assert [one.severity for one in found] == [Severity.WARNING]
