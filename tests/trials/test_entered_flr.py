"""An FLR % from a letter: which share it is, what it answers, and what it never overrules.

Expected answers are those of the table in clinical.md 10.2; shares are worked by hand.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.intake.patients.rows import find_entries
from fl_planner.trials.derive import NOTHING_MEASURED, derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.judge import judge_criterion
from fl_planner.trials.statements import parse_stated
from tests.cases import each_case
from tests.masks import codes

TRIALS = read_bundled_trials()
PATIENT = {
    "crlm_present": True,
    "hcc_present": False,
    "liver_tumour_resectability": "potentially_resectable",
}
OF_REST, OF_WHOLE = "flr_of_nontumorous_liver", "flr_of_whole_liver"
LIVER = {"total_liver_volume": ("1700", "mL"), "tumour_volume": ("200", "mL")}  # 1500 mL without


def q(value: str, unit: str) -> dict[str, object]:
    return {"value": Decimal(value), "unit": unit}


def derive(
    typed: Mapping[str, tuple[str, str]], measured: Facts = NOTHING_MEASURED, **more: object
) -> tuple[Facts, tuple[Finding, ...]]:
    table = {key: q(*amount) for key, amount in typed.items()}
    stated, errors = parse_stated({**PATIENT, **table, **more}, "facts.json")
    assert errors == ()
    return derive_facts(stated, TRIALS, measured=measured)


MET, NOT, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@each_case(
    "percent, no_damage, damage, not_said",
    [
        ("28", MET, MET, MET),
        ("29.9", MET, MET, MET),
        ("30", NOT, MET, OPEN),
        ("30.1", NOT, MET, OPEN),
        ("39.9", NOT, MET, OPEN),
        ("40", NOT, NOT, NOT),
        ("40.1", NOT, NOT, NOT),
    ],
)
def test_limits_are_answered_on_each_side_of_30_and_40_percent(
    percent: str, no_damage: Truth, damage: Truth, not_said: Truth
) -> None:
    asked = TRIALS[0].criterion("I1")
    for said, answer in ((False, no_damage), (True, damage), (None, not_said)):
        facts, found = derive({OF_REST: (percent, "%")}, chemo_liver_damage=said)
        assert facts["flr_fraction"] == Fraction(percent) / 100
        assert judge_criterion(asked, facts).truth is answer
        assert codes(found) == ["flr.typed"]


def test_h15_an_entered_share_states_not_measured_it() -> None:
    facts, found = derive({OF_REST: ("28", "%")})
    assert facts["flr_share_typed"] is True
    assert found == (
        Finding(
            "flr.typed",
            Severity.WARNING,
            f"FLR 28 % of the non-tumorous liver: {TYPED_HERE}; no interval can be calculated",
            "facts.json",
        ),
    )


def test_a_share_of_the_whole_liver_follows_by_its_volumes() -> None:
    """25 % of 1700 mL are 425 mL, of the 1500 mL without tumour 28.333 %."""
    facts, found = derive({OF_WHOLE: ("25", "%"), **LIVER})
    assert facts["flr_fraction"] == Fraction(425, 1500)
    assert "FLR 28.3 % of the non-tumorous liver: as entered" in found[0].message


@each_case("missing", [*LIVER])
def test_h04_a_share_of_the_whole_liver_answers_no_limit_by_itself(missing: str) -> None:
    """450 of 1800 mL are 25 %, of the 1500 mL without tumour 30 % [clinical.md 2]."""
    given = {key: amount for key, amount in LIVER.items() if key != missing}
    facts, found = derive({OF_WHOLE: ("25", "%"), **given})
    assert facts.get("flr_fraction") is None
    assert codes(found) == ["flr.of_whole_liver"]


def test_h03_an_entered_tumour_as_large_as_the_drawn_liver_leaves_no_denominator() -> None:
    drawn = {"total_liver_volume_ml": Fraction(200)}  # of the masks, without a tumour mask
    facts, found = derive({OF_WHOLE: ("25", "%"), **LIVER}, drawn)
    assert facts.get("flr_fraction") is None
    assert codes(found) == ["flr.of_whole_liver"]


@each_case(
    "flr, liver, shown",
    [
        ("0.42", LIVER, ", 0.03 % of the non-tumorous liver"),  # litres
        ("28", LIVER, ", 1.9 % of the non-tumorous liver"),  # a percentage
        ("95", LIVER, ", 6.3 % of the non-tumorous liver"),
        ("149.9", LIVER, ", 9.99 % of the non-tumorous liver"),
        ("150", LIVER, None),  # 10 %
        ("9.9", {}, ""),
        ("10", {}, None),
        ("0.0001", LIVER, ", 0.00001 % of the non-tumorous liver"),
    ],
)
def test_h09_an_entered_volume_too_small_for_a_remnant_is_queried(
    flr: str, liver: Mapping[str, tuple[str, str]], shown: str | None
) -> None:
    _, found = derive({"flr_volume": (flr, "mL"), **liver})
    assert codes(found) == ([] if shown is None else ["flr.typed_small"])
    assert all(f"as entered{shown}: check whether" in one.message for one in found)


def test_a_drawn_remnant_is_not_queried_as_an_entered_one() -> None:
    drawn = {"flr_volume_ml": Fraction(60), "flr_fraction": Fraction(4, 100)}
    assert codes(derive({}, measured=drawn)[1]) == []


@each_case(
    "value, unit, code",
    [
        ("0.28", "%", "implausible"),  # a fraction typed as a percentage
        ("4.9", "%", "implausible"),
        ("100.1", "%", "implausible"),
        ("28", "1", "unknown_unit"),
        ("28", "mL", "unknown_unit"),
    ],
)
def test_h08_what_is_no_percentage_of_a_liver_is_unknown(value: str, unit: str, code: str) -> None:
    facts, found = derive({OF_REST: (value, unit)})
    assert facts.get("flr_fraction") is None
    assert codes(found) == [f"{code}.flr_of_nontumorous_liver_percent"]


def test_percent_in_words_is_a_unit() -> None:
    assert derive({OF_REST: ("28", "percent")})[0]["flr_fraction"] == Fraction(28, 100)


# ---- beside volumes that were typed: 375 of 1500 mL are 25 %


@each_case(
    "percent, flr_ml, agrees",
    [
        ("25", "375", True),
        ("24", "375", True),  # 4 % apart
        ("23", "375", False),  # 8 % apart
        ("26.25", "375", True),  # 5 % apart
        ("26.26", "375", False),
        ("30", "449.4", True),  # 29.96 %, which rounds to 30
        ("30", "442.5", True),  # 29.5 %, which rounds to 30
        ("30", "442.4", False),
        ("30.0", "440", False),  # 29.33 %, on the other side of 30 %
        ("29.9", "450", False),  # at 30 % and below it
        ("39.9", "607.5", False),  # 40.5 %
    ],
)
def test_h15_entered_volumes_go_before_and_what_differs_is_unknown(
    percent: str, flr_ml: str, *, agrees: bool
) -> None:
    facts, found = derive({OF_REST: (percent, "%"), "flr_volume": (flr_ml, "mL"), **LIVER})
    assert facts["flr_fraction"] == (Fraction(flr_ml) / 1500 if agrees else None)
    assert facts.get("flr_share_typed") is None
    assert codes(found) == ([] if agrees else ["evidence.flr_apart"])
    assert agrees or "treated as unknown" in found[0].message


@each_case("rest, whole, agrees", [("28.3", "25", True), ("25", "25", False), ("28", "28", False)])
def test_h15_two_entered_shares_that_differ_are_unknown(
    rest: str, whole: str, *, agrees: bool
) -> None:
    facts, found = derive({OF_REST: (rest, "%"), OF_WHOLE: (whole, "%"), **LIVER})
    assert facts["flr_fraction"] == (Fraction(rest) / 100 if agrees else None)
    assert codes(found) == (["flr.typed"] if agrees else ["evidence.flr_apart"])


def test_h15_no_share_of_the_whole_is_above_that_of_its_part() -> None:
    facts, found = derive({OF_REST: ("25", "%"), OF_WHOLE: ("28", "%")})
    assert facts["flr_fraction"] is None
    assert codes(found) == ["evidence.flr_apart"]
    rounded, _ = derive({OF_REST: ("27", "%"), OF_WHOLE: ("28", "%")})  # 27.5 %, both
    assert rounded["flr_fraction"] == Fraction(27, 100)
    below, told = derive({OF_REST: ("28", "%"), OF_WHOLE: ("25", "%")})
    assert (below["flr_fraction"], codes(told)) == (Fraction(28, 100), ["flr.typed"])


# ---- beside masks


DRAWN: Facts = {"flr_fraction": Fraction(303, 1000), "flr_volume_ml": Fraction(303)}


@each_case(
    "percent, apart", [("30", False), ("31", False), ("29.9", True), ("28", True), ("32", True)]
)
def test_h15_a_drawn_remnant_outranks_an_entered_share(percent: str, *, apart: bool) -> None:
    facts, found = derive({OF_REST: (percent, "%")}, DRAWN)
    assert facts["flr_fraction"] == Fraction(303, 1000)
    assert facts.get("flr_share_typed") is None
    assert codes(found) == (["evidence.flr_apart"] if apart else [])
    if apart:
        message = (
            f"FLR: {percent} % entered, 30.3 % measured from the masks; the masks take precedence"
        )
        assert (found[0].message, found[0].file) == (message, "facts.json")


def test_h16_a_drawn_remnant_without_a_word_on_the_tumour_is_not_replaced() -> None:
    facts, found = derive({OF_REST: ("28", "%")}, {"flr_volume_ml": Fraction(300)})
    assert facts.get("flr_fraction") is None
    assert codes(found) == ["flr.typed_not_used"]


def test_what_contradicts_leaves_an_entered_share_unknown() -> None:
    facts, found = derive({OF_REST: ("28", "%")}, lesion_count=0)
    assert facts["flr_fraction"] is facts.get("flr_share_typed") is None
    assert codes(found) == ["contradiction.no_tumour"]


# ---- a percentage of some liver


@each_case(
    "key", ["flr", "flr_percent", "FLR %", "flr_pct", "flr_share", "flr_fraction", "FLR percentage"]
)
def test_h04_a_percentage_of_some_liver_is_asked_for_its_liver(key: str) -> None:
    _, (wrong,) = parse_stated({key: q("28", "%")})
    asked = (
        f"FLR denominator not stated; use {OF_REST} (tumour not counted) or "
        f"{OF_WHOLE} (tumour counted); a volume is flr_volume"
    )
    assert wrong == f"{key}: {asked}"
    assert find_entries({key: 28})[1] == (f"entry 1: {asked}",)
