"""Criteria that are only just met: at a limit, across it by another reading, by the calliper alone.

"An eligible trial is *potentially eligible*, not *meets all criteria*, where one of these, taken
otherwise, would end its eligibility" [trials.md 1].
"""

from typing import Any

import pytest

from fl_planner.basis.shown import Share
from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.planning.assessment.near_limits import LimitedShare, compare_thresholds
from fl_planner.planning.judgement import Grounds, Judged, judge_facts, judge_stated
from fl_planner.planning.only_just_eligible import list_only_just, show_verdict
from fl_planner.trials.judge import Judgement, Verdict, judge_trial
from fl_planner.trials.load import parse_trial
from tests.patients import TRIALS, facts_text
from tests.workup.test_own_trials import TRIAL

PROTOCOLS = read_protocols()
GROUNDS = Grounds(TRIALS, PROTOCOLS)
DRAGON, LOCAL, ABLATION, PUMP, RESCUE = (trial.short for trial in TRIALS)
PROFILES = {
    DRAGON: "crlm_small_flr",
    LOCAL: "crlm_extrahepatic",
    ABLATION: "crlm_few_small",
    PUMP: "crlm_unresectable_naive",
    RESCUE: "hcc_large",
}


def judge(trial: str, given: dict[str, Any], missing: tuple[str, ...] = ()) -> Judged:
    """Judge the patient who meets all criteria of a trial, with changes."""
    row = {"profile": PROFILES[trial], "set": given, "missing": missing}
    return judge_stated(parse_facts(facts_text(row), "facts.json"), GROUNDS)


def of(trial: str, judged: Judged) -> Judgement:
    (found,) = (one for one in judged.judgements if one.trial.short == trial)
    return found


def only_just(trial: str, judged: Judged) -> dict[str, str]:
    return list_only_just(of(trial, judged), judged.facts, judged.limited)


def shown(trial: str, judged: Judged) -> str:
    return show_verdict(of(trial, judged), judged.facts, judged.limited)


def q(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


@pytest.mark.parametrize("trial", PROFILES)
def test_well_within_every_limit_all_criteria_are_met(trial: str) -> None:
    judged = judge(trial, {})
    assert only_just(trial, judged) == {}
    assert shown(trial, judged) == "meets all criteria"


# (a) "a measured value exactly at a limit, moved by the least step"


@pytest.mark.parametrize(
    ("trial", "given", "id_", "limit"),
    [
        (LOCAL, {"platelets": q(100, "10*9/L")}, "I10b", "100 \u00d7 10\u2079/L"),
        (LOCAL, {"haemoglobin": q(90, "g/L")}, "I10c", "9 g/dL"),
        (LOCAL, {"diastolic_bp_treated": q(95, "mm[Hg]")}, "E8", "95 mmHg"),  # a pressure
        (ABLATION, {"largest_lesion": q(40, "mm")}, "I2", "4 cm"),  # a diameter
        (PUMP, {"anc": q(1.5, "10*9/L")}, "I13b", "1.5 \u00d7 10\u2079/L"),
        (RESCUE, {"lung_dose": q(15, "Gy")}, "E1a", "15 Gy"),  # a dose
        (RESCUE, {"wbc": q(12, "10*9/L")}, "I9a", "12 \u00d7 10\u2079/L"),
    ],
)
def test_exactly_at_a_limit(trial: str, given: dict[str, Any], id_: str, limit: str) -> None:
    judged = judge(trial, given)
    assert of(trial, judged).verdict is Verdict.ELIGIBLE
    assert only_just(trial, judged) == {id_: f"only just met: exactly at the limit of {limit}"}
    assert shown(trial, judged) == "potentially eligible"


@pytest.mark.parametrize(
    ("trial", "given"),
    [
        (LOCAL, {"platelets": q(100.1, "\u00d7 10\u2079/L")}),
        (RESCUE, {"lung_dose": q(14.99, "Gy")}),
        (ABLATION, {"largest_lesion": q(3.99, "cm")}),
    ],
)
def test_next_to_a_limit_is_not_at_it(trial: str, given: dict[str, Any]) -> None:
    assert shown(trial, judge(trial, given)) == "meets all criteria"


@pytest.mark.parametrize(
    ("trial", "given"),
    [
        (LOCAL, {"age": q(80, "a")}),
        (LOCAL, {"age": q(18, "a")}),
        (ABLATION, {"lesion_count": 4}),  # a count
        (RESCUE, {"lesion_count": 5}),
        (LOCAL, {"ecog": 1}),
        (LOCAL, {"child_pugh_score": 7}),  # a score
        (PUMP, {"labs_age": q(15, "d"), "staging_ct_age": q(28, "d")}),
        (PUMP, {"life_expectancy": q(12, "wk")}),  # an estimate
        (
            ABLATION,
            {
                "other_malignancy_history": True,
                "other_malignancy_disease_free": q(5, "a"),  # a waiting time
            },
        ),
    ],
)
def test_counts_scores_ages_waiting_times_and_estimates_are_not_measured(
    trial: str, given: dict[str, Any]
) -> None:
    judged = judge(trial, given)
    assert of(trial, judged).verdict is Verdict.ELIGIBLE
    assert only_just(trial, judged) == {}
    assert shown(trial, judged) == "meets all criteria"


def test_a_limit_that_the_trial_does_not_hang_on_ends_nothing() -> None:
    """Creatinine at 1.5 times its limit, and a clearance above 50 mL/min that does as well."""
    either = judge(LOCAL, {"creatinine": q(1.8, "mg/dL")})
    assert shown(LOCAL, either) == "meets all criteria"
    alone = judge(LOCAL, {"creatinine": q(1.8, "mg/dL"), "creatinine_clearance": q(50, "mL/min")})
    assert [*only_just(LOCAL, alone)] == ["I10f"]
    damaged = judge(DRAGON, {"flr_volume": q(450, "mL"), "chemo_liver_damage": True})
    assert shown(DRAGON, damaged) == "meets all criteria"  # 30 %, and below 40 % is enough


# (b) "a share of the liver with a crossing chance of 20 % or more at that limit"


@pytest.mark.parametrize(
    ("flr_ml", "chance"), [(449.85, "50 %"), (424.5, "22 %"), (420, None), (375, None)]
)
def test_volumes_that_another_reading_would_put_across_a_limit(
    flr_ml: float, chance: str | None
) -> None:
    """P115 to P117: 29.99, 28.3 and 28.0 % of 1500 mL; "typed volumes have it too".

    7 and 3 % together are 7.62 % of the share: 1.7 of 28.3 are 0.789 deviations, 2 of 28 0.938.
    """
    judged = judge(DRAGON, {"flr_volume": q(flr_ml, "mL")})
    says = f"only just met: {chance} chance that another reading crosses 30 %"
    assert only_just(DRAGON, judged) == ({} if chance is None else {"I1": says})
    sure = "meets all criteria" if chance is None else "potentially eligible"
    assert shown(DRAGON, judged) == sure


def test_an_untreated_share_that_another_reading_would_put_across_its_limit() -> None:
    """P118: 31 % of 1600 mL."""
    judged = judge(RESCUE, {"treated_nontumorous_volume": q(1104, "mL")})
    assert [*only_just(RESCUE, judged)] == ["E2"]
    assert shown(RESCUE, judged) == "potentially eligible"


@pytest.mark.parametrize(
    ("voxels", "shows"), [(283, "potentially eligible"), (280, "meets all criteria")]
)
def test_a_share_of_masks_is_asked_by_its_own_scatter(voxels: int, shows: str) -> None:
    share = LimitedShare(
        "flr_fraction", Share(voxels, 1000), 1.5, default_scatter("drawn").relative_sd
    )
    facts = {**judge(DRAGON, {}).facts, "flr_fraction": share.share.fraction}
    near = compare_thresholds([share], [PROTOCOLS.crlm])
    assert shown(DRAGON, judge_facts(facts, GROUNDS, thresholds=near)) == shows


def test_a_crossing_that_would_end_nothing_is_not_reported() -> None:
    """31 % with damage: below 40 % on either side of 30."""
    judged = judge(DRAGON, {"flr_volume": q(465, "mL"), "chemo_liver_damage": True})
    assert any(one.is_borderline for one in judged.limited)
    assert shown(DRAGON, judged) == "meets all criteria"


@pytest.mark.parametrize(
    ("when", "flr_ml", "reason"),
    [
        ("less_than = 0.35", 517.5, "42 % chance that another reading crosses 35 %"),
        ("less_than = 0.35", 442.5, None),  # 29.5 %: next to the limit of DRAGON 2 only
        ("at_most = 0.3", 442.5, "41 % chance that another reading crosses 30 %"),
        ("at_most = 0.3", 420, None),
        ("more_than = 0.25", 390, "31 % chance that another reading crosses 25 %"),
    ],
)
def test_the_limits_of_a_hospitals_own_trial(when: str, flr_ml: float, reason: str | None) -> None:
    """Of 1500 mL, with 7.62 %: 0.5 of 34.5 points, 0.5 of 29.5, and 1 of 26, as Φ gives by hand."""
    judged = judge(DRAGON, {"flr_volume": q(flr_ml, "mL")})
    trial = parse_trial(TRIAL.replace("at_least = 0.20, less_than = 0.35", when))
    own = judge_trial(trial, judged.facts)
    assert own.verdict is Verdict.ELIGIBLE
    says = {} if reason is None else {"I2": f"only just met: {reason}"}
    assert list_only_just(own, judged.facts, judged.limited) == says


# (c) "the mask's diameter in place of the calliper's"


@pytest.mark.parametrize(
    ("trial", "calliper", "mask", "id_"),
    [
        (RESCUE, 8.4, 7.9, "I3"),  # P114
        (RESCUE, 8.4, 8.0, "I3"),  # more than 8
        (RESCUE, 8.4, 8.1, None),
        (ABLATION, 3.6, 4.1, "I2"),
        (ABLATION, 3.6, 4.0, None),  # at most 4
    ],
)
def test_the_calliper_and_not_the_mask(
    trial: str, calliper: float, mask: float, id_: str | None
) -> None:
    judged = judge(
        trial, {"largest_lesion": q(calliper, "cm"), "largest_lesion_mask": q(mask, "cm")}
    )
    says = "only just met: with the calliper diameter, but not with the mask diameter"
    assert only_just(trial, judged) == ({} if id_ is None else {id_: says})


def test_of_a_mask_alone_there_is_no_other_diameter() -> None:
    judged = judge(RESCUE, {"largest_lesion_mask": q(8.4, "cm")}, ("largest_lesion",))
    assert shown(RESCUE, judged) == "meets all criteria"


# only of an eligible trial


@pytest.mark.parametrize(
    ("given", "missing", "shows"),
    [({"ecog": 2}, (), "not eligible"), ({}, ("haemoglobin",), "undecided")],
)
def test_nothing_is_only_just_met_where_the_trial_is_not_eligible(
    given: dict[str, Any], missing: tuple[str, ...], shows: str
) -> None:
    judged = judge(LOCAL, {"platelets": q(100, "10*9/L"), **given}, missing)
    assert shown(LOCAL, judged) == shows
    assert only_just(LOCAL, judged) == {}
