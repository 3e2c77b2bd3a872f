"""The catalogue: names, and what a formula says of itself."""

from fractions import Fraction

import pytest

from fl_planner.calculator.formula import Kind, every_formula, find_formula, refuse_both
from tests.refusals import refuses

# keys that stand beside the results in the command's object
BESIDE = {
    *("schema", "version", "status", "refusal", "notice", "calc", "inputs", "not_given"),
    "findings",
}


def test_every_name_is_a_formula_of_its_own() -> None:
    names = [one.name for one in every_formula.__wrapped__()]  # none that was kept before
    assert len(set(names)) == len(names) == 42
    assert [names[0], names[4], names[8], names[-1]] == [
        "bsa", "growth", "response", "volume_from_affine",
    ]  # fmt: skip


def test_no_result_hides_behind_what_is_with_it() -> None:
    for one in every_formula():
        assert not BESIDE & one.results.keys(), one.name


def test_numbers_with_a_unit_in_their_name_state_it() -> None:
    units = {"_cm": "cm", "_kg": "kg", "_ml": "mL", "_gy": "Gy", "_days": "days", "_m2": "m2"}
    for formula in every_formula():
        for one in formula.inputs:
            if one.kind in (Kind.NUMBER, Kind.WHOLE):
                said = [unit for end, unit in units.items() if one.name.endswith(end)]
                assert not said or (one.unit or "").endswith(said[0]), (formula.name, one.name)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("malb", "use malbi or albi;"),
        ("child-pugh-score", "child_pugh"),
        ("kgr", "use growth;"),  # initials
        ("Lung-Dose", "use y90_required or "),  # words of the description
        ("x", "bsa or tlv_"),
    ],
)
def test_an_unknown_name_leads_to_the_nearest(name: str, near: str) -> None:
    with refuses("calc.unknown") as refused:
        find_formula(name)
    assert near in refused.value.remedy


@pytest.mark.parametrize("name", ["flr", "FLR%", "flr-percent"])
def test_an_flr_percentage_does_not_lead_to_one_of_another_denominator(name: str) -> None:
    """The most similar name, `sflr`, is a share of a liver estimated from body size."""
    with refuses("calc.unknown") as refused:
        find_formula(name)
    assert "sflr" not in refused.value.remedy
    assert "flr_volume, total_liver_volume and tumour_volume" in refused.value.remedy


def test_hyphens_and_capitals_do_not_matter() -> None:
    assert find_formula("Flr-BW").name == "flr_bw"


def test_what_was_not_given_is_none_or_what_is_instead() -> None:
    ratio = find_formula("flr_bw")
    assert ratio.answer({}).results == dict.fromkeys(ratio.results)
    assert find_formula("mass").answer({}).results["density_g_per_ml"] == Fraction("1.03")


def test_one_of_two_inputs_that_are_for_each_other() -> None:
    refuse_both(a=None, b=1)
    refuse_both(a=1, b=None)
    with refuses("calc.twice", "b") as refused:
        refuse_both(a=1, b=2)
    assert refused.value.reason == "a and b were both given"


def test_a_formula_is_reported_as_within_a_sentence_but_for_names() -> None:
    said = {one.name: one.says for one in every_formula()}
    assert said["bsa"] == "body surface area from height and weight"
    assert said["convert"] == "a value in another unit, converted exactly"
    assert said["child_pugh"].startswith("Child-Pugh points")
    assert said["meld3"] == "MELD 3.0"
