"""The vocabulary against section 7 of the reference: names, ranges, units, words."""

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.basis.units import as_ucum
from fl_planner.trials.facts.facts import FACTS, LISTS_OF_TRIALS, PER_TRIAL, Range, between
from fl_planner.trials.facts.meanings import CODES, COUNTS, NUMBERS, YES_MEANS, FactKind
from fl_planner.trials.facts.quantities import (
    DATES,
    INPUT_NAMES,
    QUANTITIES,
    TYPED_FLR_AS,
    UPPER_LIMITS,
    describe_fact,
    inputs_of,
)
from tests.cases import each_case

REFERENCE = tomllib.loads(Path(__file__).with_name("reference.toml").read_text("utf-8"))
QUANTITY, COUNT, CODE, YES_NO, PER = (
    REFERENCE[kind] for kind in ("quantities", "counts", "codes", "yes_no", "judged_per_trial")
)


def test_every_fact_of_the_reference_is_known() -> None:
    assert QUANTITY.keys() <= NUMBERS.keys()
    assert COUNT.keys() <= COUNTS.keys()
    assert CODE.keys() <= CODES.keys()
    assert {*YES_NO, *PER} <= YES_MEANS.keys()
    assert all(FACTS[name].kind is FactKind.YES_NO for name in YES_MEANS)


def test_lists_of_trials() -> None:
    assert {fact: [lists.yes, lists.no] for fact, lists in PER_TRIAL.items()} == PER
    assert {name for lists in PER.values() for name in lists} == LISTS_OF_TRIALS.keys()


def test_codes_of_the_reference() -> None:
    assert {name: ", ".join(FACTS[name].codes) for name in CODE} == CODE


def test_ranges_of_the_reference() -> None:
    printed = {name: told for name, told in (QUANTITY | COUNT).items() if told}
    assert {name: str(FACTS[name].range) for name in printed} == printed


@pytest.mark.parametrize(
    ("range_", "inside", "outside"),
    [
        (between("2", "25"), ["2", "25"], ["1.9", "25.1"]),
        (between(">10", "70"), ["10.1", "70"], ["10", "70.1"]),
        (between("0.1", "<20"), ["0.1", "19.999"], ["0.09", "20"]),
        (Range(Fraction(0), None), ["0", "10000"], ["-0.1"]),
        (Range(Fraction(0), None, low_open=True), ["0.1"], ["0"]),
    ],
)
def test_open_and_closed_ends(range_: Range, inside: list[str], outside: list[str]) -> None:
    assert all(range_.holds(Fraction(value)) for value in inside)
    assert not any(range_.holds(Fraction(value)) for value in outside)


def test_ranges_reported_to_people() -> None:
    assert str(Range(Fraction(0), None)) == "0 or more"
    assert str(Range(Fraction(0), None, low_open=True)) == "above 0"
    assert str(between("0.1", "<20")) == "0.1 to below 20"


def test_a_range_of_nothing_is_a_defect() -> None:
    with pytest.raises(ValueError, match="2 to 2 is not a range"):
        between("2", "2")


def test_input_names_of_the_reference() -> None:
    ours = {"inr", "inr_uln", "largest_lesion_mask", *UPPER_LIMITS, *TYPED_FLR_AS.values()}
    later = {name for name, one in QUANTITIES.items() if one.subject not in QUANTITY}
    assert {*REFERENCE["typed"]} <= INPUT_NAMES
    assert QUANTITIES.keys() - {*REFERENCE["typed"]} <= ours | later
    assert not INPUT_NAMES & {"haemoglobin_g_per_dl", "flr_fraction", "anc_age_days"}


def test_upper_limits_go_with_ratios() -> None:
    ratios = ["bilirubin_total", "alt", "ast", "alp", "creatinine", "aptt", "prothrombin_time"]
    assert UPPER_LIMITS.keys() == {f"{name}_uln" for name in ratios}


@pytest.mark.parametrize(
    ("fact", "keys"),
    [
        ("haemoglobin_g_per_dl", ("haemoglobin",)),
        ("haemoglobin_mmol_per_l", ("haemoglobin",)),
        ("life_expectancy_weeks", ("life_expectancy",)),
        ("creatinine_x_uln", ("creatinine", "creatinine_uln")),
        ("flr_fraction", ("flr_volume", "total_liver_volume", "tumour_volume")),
        ("sex", ("sex",)),
        ("life_expectancy_days", ("life_expectancy",)),
        ("all_lesions_ablated", ("ablation_count", "lesion_count")),
        ("prior_pve_hve_kind", ("prior_pve_hve",)),
    ],
)
def test_where_a_fact_comes_from(fact: str, keys: tuple[str, ...]) -> None:
    assert inputs_of(fact) == keys
    assert set(keys) <= INPUT_NAMES


@pytest.mark.parametrize(
    ("typed", "ucum"),
    [
        ("10^3/\N{GREEK SMALL LETTER MU}L", "10*3/uL"),
        ("MMHG", "MMHG"),
        ("g/L", "g/L"),
        ("Years", "Years"),
        ("cm\N{SUPERSCRIPT THREE}", "mL"),
        ("CM3", "CM3"),
        ("mol", "mol"),
    ],
)
def test_h09_synonyms(typed: str, ucum: str) -> None:
    assert as_ucum(typed) == ucum


@each_case("key", sorted({*FACTS, *QUANTITIES, *UPPER_LIMITS, *DATES}))
def test_every_key_has_words(key: str) -> None:
    assert describe_fact(key)


def test_words_by_hand() -> None:
    assert describe_fact("albumin") == FACTS["albumin_g_per_l"].meaning
    assert describe_fact("staging_ct_date") == "date of the staging CT"
    assert describe_fact("ast_uln") == "AST: the laboratory's upper limit of normal"
    assert describe_fact("cirrhosis") == FACTS["cirrhosis"].meaning
