"""The vocabulary against section 7 of the reference: names, ranges, units."""

import re
from fractions import Fraction

import pytest

from fl_planner.basis.units import as_ucum
from fl_planner.trials.facts.facts import (
    COUNTS,
    FACTS,
    FOLLOWING,
    LABORATORY,
    LISTS_OF_TRIALS,
    NUMBERS,
    PER_TRIAL,
    YES_MEANS,
    FactKind,
    Range,
    between,
)
from fl_planner.trials.facts.quantities import (
    INPUT_NAMES,
    OTHER_UNITS,
    QUANTITIES,
    TYPED_FLR_AS,
    UPPER_LIMITS,
    inputs_of,
)
from tests.shared import shared

NAME = re.compile(r"`([a-z0-9_]+)`")
# beside the reference's own: a ratio of INR, the mask's diameter, what one trial states in another
# unit, what follows from other facts, ages of single values
OUR_OWN = {"inr_x_uln", "largest_lesion_mask_cm", *OTHER_UNITS, *FOLLOWING}
OUR_OWN |= {"life_expectancy_days", "prior_pve_hve_kind", "prior_pve_hve_age_days"}
OUR_OWN |= {"extrahepatic_confirmed_sites"}
OUR_OWN |= {*TYPED_FLR_AS}  # an FLR % of a letter, which says of which liver
OUR_OWN |= {f"{name}_age_days" for name in LABORATORY}


UNCLEAR_SITES = "extrahepatic_indeterminate_sites"


def table(start: str, end: str) -> list[list[str]]:
    text = shared("trials.md").read_text("utf-8")
    section = text[text.index(start) : text.index(end)]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [line.strip("| ").split(" | ") for line in lines]


def test_every_fact_of_the_reference_is_known_and_no_other() -> None:
    listed = [*table("### 7.1", "### 7.2"), *table("### 7.2", "### 7.3")]
    listed += [*table("### 7.3", "### 7.4"), *per_trial()]
    named = {name for row in listed for name in NAME.findall(row[0])}
    assert named == FACTS.keys() - OUR_OWN


def per_trial() -> list[list[str]]:
    """List plain facts and lists of what is judged per trial, each as a row of its own."""
    return [[cell] for row in table("### 7.4", "### 7.5") for cell in row[:3]]


def test_lists_of_trials() -> None:
    rows = [NAME.findall(" ".join(row[:3])) for row in table("### 7.4", "### 7.5")]
    assert [[fact, lists.yes, lists.no] for fact, lists in PER_TRIAL.items()] == rows
    assert {name for _, *lists in rows for name in lists} == LISTS_OF_TRIALS.keys()


def test_yes_no_facts() -> None:
    named = {name for row in table("### 7.3", "### 7.4") for name in NAME.findall(row[0])}
    named |= PER_TRIAL.keys() | {"prior_pve_hve"}
    assert named == YES_MEANS.keys()
    assert all(FACTS[name].kind is FactKind.YES_NO for name in named)


def test_codes_of_the_reference() -> None:
    for row in table("### 7.2", "### 7.3"):
        for name in NAME.findall(row[0]):
            if FACTS[name].codes and name not in ("li_rads_category", UNCLEAR_SITES):
                listed = row[1].removeprefix("list of ").partition(" (")[0]
                assert FACTS[name].codes == tuple(listed.split(", "))
    assert FACTS[UNCLEAR_SITES].codes == FACTS["extrahepatic_sites"].codes  # "same list"
    assert FACTS["li_rads_category"].codes[:5] == ("LR-1", "LR-2", "LR-3", "LR-4", "LR-5")
    assert FACTS["li_rads_category"].codes[5:] == ("LR-M", "LR-TIV")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("ecog", 0, 4),
        ("child_pugh_score", 5, 15),
        ("lesion_count", 0, 500),
        ("lesions_in_remnant_count", 0, 500),
        ("ablation_count", 0, 500),
        ("systemic_therapy_line", 0, 10),
        ("nyha_class", 0, 4),
        ("infection_ctcae_grade", 0, 5),
    ],
)
def test_counts_and_scores(name: str, low: int, high: int) -> None:
    assert COUNTS[name].range == Range(Fraction(low), Fraction(high))


def test_ranges_of_the_reference() -> None:
    seen = set()
    for row in table("### 7.1", "### 7.2"):
        facts = NAME.findall(row[0])
        for name, told in zip(facts, row[3].split(", ", len(facts) - 1), strict=False):
            shown = told.replace("\N{EN DASH}", " to ")
            if re.fullmatch(r"[\d.]+ to (below )?[\d.]+", shown):
                assert str(NUMBERS[name].range) == shown
                seen.add(name)
    assert len(seen) > 25
    assert str(NUMBERS["albumin_g_per_l"].range) == "above 10, to 70"


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


def test_ranges_told_to_people() -> None:
    assert str(Range(Fraction(0), None)) == "0 or more"
    assert str(Range(Fraction(0), None, low_open=True)) == "above 0"
    assert str(between("0.1", "<20")) == "0.1 to below 20"


def test_a_range_of_nothing_is_a_defect() -> None:
    with pytest.raises(ValueError, match="no range"):
        between("2", "2")


def test_input_names_of_the_reference() -> None:
    ours = {"inr_uln", "labs_date", "staging_ct_date", "largest_lesion_mask", *UPPER_LIMITS}
    ours |= {*TYPED_FLR_AS.values()}
    named = {name for row in table("### 7.1", "### 7.2") for name in NAME.findall(row[1])}
    assert named - {"date", "drug", "inr", "same"} <= INPUT_NAMES
    assert QUANTITIES.keys() - named - {"inr"} <= ours
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
        ("mmHg", "mm[Hg]"),
        ("IU/L", "U/L"),
        ("[IU]/L", "U/L"),
        ("10^9/L", "10*9/L"),
        ("10^3/\N{GREEK SMALL LETTER MU}L", "10*3/uL"),
        ("\N{MICRO SIGN}kat/L", "ukat/L"),
        ("MMHG", "MMHG"),
        ("g/l", "g/L"),
        ("G/l", "10*9/L"),
        ("g/L", "g/L"),
        ("\N{MICRO SIGN}mol/l", "umol/L"),
        ("U/l", "U/L"),
        ("ml/min", "mL/min"),
        ("10^9/l", "10*9/L"),
        ("mg/dl", "mg/dL"),
        ("cm3", "mL"),
        ("percent", "%"),
        ("year", "a"),
        ("years", "a"),
        ("yr", "a"),
        ("month", "mo"),
        ("months", "mo"),
        ("weeks", "wk"),
        ("day", "d"),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
        ("ml/min/1.73 m\N{SUPERSCRIPT TWO}", "mL/min/{1.73_m2}"),
        ("Years", "Years"),
        ("cm\N{SUPERSCRIPT THREE}", "cm\N{SUPERSCRIPT THREE}"),
        ("mol", "mol"),
    ],
)
def test_h09_synonyms(typed: str, ucum: str) -> None:
    assert as_ucum(typed) == ucum
