"""Schemes by hand: which number is which structure."""

import pytest

from fl_planner.space.labels import LabelScheme, find_scheme, parse_schemes
from tests.refusals import refuses

TEXT = """
[ours]
title = "By hand"
source = "this test"
complete = true
labels = { 11 = "liver", 10 = "liver", 2 = "tumour" }

[theirs]
title = "By others"
source = "their paper"
complete = false
labels = { 1 = "spleen" }
"""


def test_a_table_of_schemes() -> None:
    schemes = parse_schemes(TEXT)
    assert [*schemes] == ["ours", "theirs"]
    assert schemes["theirs"] == LabelScheme(
        "theirs", "By others", "their paper", {1: "spleen"}, False
    )


def test_labels_come_in_the_order_of_their_numbers() -> None:
    ours = parse_schemes(TEXT)["ours"]
    assert [*ours.structures.items()] == [(2, "tumour"), (10, "liver"), (11, "liver")]


def test_a_scheme_by_its_name() -> None:
    schemes = parse_schemes(TEXT)
    assert find_scheme(schemes, "ours") is schemes["ours"]


@pytest.mark.parametrize(("name", "meant"), [("theris", "did you mean theirs? "), ("xyz", "")])
def test_an_unknown_scheme_is_refused_with_the_nearest_right_name(name: str, meant: str) -> None:
    with refuses("labels.scheme_unknown", name) as refusal:
        find_scheme(parse_schemes(TEXT), name)
    assert refusal.value.remedy == f"{meant}known: ours, theirs"
