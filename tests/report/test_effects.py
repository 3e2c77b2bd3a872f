"""What an answer would do, in words."""

from fractions import Fraction

from fl_planner.planning.next_question import RangeEnd, TriedAnswer
from fl_planner.report.questions import CONTRADICTS, NOTHING, describe_effects, describe_tried
from fl_planner.trials.statements import Amount, EarlierEmbolisation, Stated, StatedValue
from tests.cases import each_case
from tests.planning.asked import SAID, planned, tried, with_more

KNOWN = planned()
HUNDRED, TWO = RangeEnd(Fraction(100)), RangeEnd(Fraction(2))
PLATELETS = Amount(Fraction(1), "10*9/L")


def ranged(low: RangeEnd | None, high: RangeEnd | None, unit: str = "U/L") -> str:
    return describe_tried(TriedAnswer(PLATELETS, KNOWN.judged, low, high, unit))


@each_case(
    "said, low, high",
    {
        "open below": ("below 100 U/L", None, RangeEnd(Fraction(100), open=True)),
        "closed below": ("100 U/L or less", None, HUNDRED),
        "open above": ("above 100 U/L", RangeEnd(Fraction(100), open=True), None),
        "closed above": ("100 U/L or more", HUNDRED, None),
        "one number": ("2 U/L", TWO, TWO),
        "both closed": ("2 to 100 U/L", TWO, HUNDRED),
        "to below": ("2 to below 100 U/L", TWO, RangeEnd(Fraction(100), open=True)),
        "from above": ("above 2 to 100 U/L", RangeEnd(Fraction(2), open=True), HUNDRED),
        "all": ("any number", None, None),
    },
)
def test_a_range_states_on_which_side_its_ends_are(
    said: str, low: RangeEnd | None, high: RangeEnd | None
) -> None:
    assert ranged(low, high) == said


def test_units_are_stated_as_people_state_them() -> None:
    assert ranged(TWO, None, "xULN") == "2 times the upper limit of normal or more"
    assert ranged(TWO, None, "1") == "2 or more"
    assert ranged(TWO, HUNDRED, "d") == "2 to 100 days before the assessment date"


def test_answers_are_stated_without_codes() -> None:
    given: dict[StatedValue, str] = {
        True: "yes",
        "stable_disease": "stable disease",
        ("lymph_node",): "lymph node",
        ("NCT05428735",): "DRAGON 2",
        EarlierEmbolisation("PVE"): "PVE",
    }
    assert {one: describe_tried(TriedAnswer(one, KNOWN.judged)) for one in given} == given


def test_a_verdict_that_turns_is_stated_with_the_criterion() -> None:
    below, above = tried("platelets", KNOWN)
    assert describe_effects(KNOWN.judged, below) == (
        "NCT06449937 (local liver treatment): not eligible; inclusion not met: "
        "Platelets at least 100 \N{MULTIPLICATION SIGN} 10⁹/L (I10b).",
    )
    assert describe_effects(KNOWN.judged, above) == (
        "NCT06449937 (local liver treatment): remains undecided; criteria answered: "
        "Platelets at least 100 \N{MULTIPLICATION SIGN} 10⁹/L (I10b).",
    )


def test_pathway_and_route_are_stated_where_they_change() -> None:
    # V13 asks for anatomy; a PVE or HVE that is prohibited leads to PVE alone, V12
    told = {
        describe_tried(one): describe_effects(KNOWN.judged, one) for one in tried(PROHIBITED, KNOWN)
    }
    (pathway,) = (line for line in told["yes"] if line.startswith("Volume-based pathway: "))
    assert "ruled out by anatomy" in pathway
    assert not any(line.startswith("Pathway") for line in told["no"])
    (no,) = (one for one in tried("other_hepatic_malignancy", KNOWN) if one.given is True)
    assert any(line.startswith("Route: ") for line in describe_effects(KNOWN.judged, no))


PROHIBITED = "pve_hve_anatomically_prohibited"


def test_no_number_next_to_a_limit_is_shown_as_if_it_were_measured() -> None:
    known = planned({**SAID, "prior_pve_hve": EarlierEmbolisation("PVE")})
    above = tried("flr_function", known)[-1]
    assert describe_tried(above) == "above 2.67 %/min/m²"
    (line,) = (one for one in describe_effects(known.judged, above) if "by function" in one)
    assert "limit reached by function (above 2.67 %/min/m²" in line
    assert "2.670001" not in line


def test_an_answer_that_changes_nothing_states_this() -> None:
    assert describe_effects(KNOWN.judged, TriedAnswer(True, KNOWN.judged)) == (NOTHING,)


def test_a_contradiction_is_stated_first() -> None:
    known = planned({**SAID, "coumarin_use": True})
    more = with_more(known, Stated({"anticoagulant_use": False}))
    assert describe_effects(known.judged, TriedAnswer(False, more))[0] == CONTRADICTS


def test_a_limit_is_stated_in_the_unit_of_its_trial_where_the_other_is_not_exact() -> None:
    # 12 weeks are 84 / 30.4375 months; 5.5 mmol/L of haemoglobin are exactly 8.8627 g/dL
    known = planned({name: SAID[name] for name in ("age", "sex", "lesion_count")})
    weeks = [describe_tried(one) for one in tried("life_expectancy", known)]
    assert weeks == ["below 12 weeks", "12 weeks to below 3 months", "3 months or more"]
    haemoglobin = [describe_tried(one) for one in tried("haemoglobin", known)]
    assert haemoglobin == ["below 8.8627 g/dL", "8.8627 to below 9 g/dL", "9 g/dL or more"]
