"""A form that is changed writes the case file again: what was entered since is kept."""

from __future__ import annotations

import tomllib
from typing import Any

from fl_planner.web.dossier.merge import merge_entries
from tests.cases import each_case

FORM = 'schema = 1\ndiagnosis = "hcc"\n\n[masks]\nliver = "a.nii"\n\n[facts]\ncirrhosis = true\n'
BY = "  # entered on the page by R1, 2026-11-25"


def merge(current: str, new: str) -> dict[str, Any]:
    return tomllib.loads(merge_entries(FORM, current, new))


@each_case(
    "current, new, expected",
    {
        "nothing was changed": (FORM, FORM, {"facts": {"cirrhosis": True}}),
        "an answer and another diagnosis": (
            f"{FORM}inr = 1.2{BY}\n",
            FORM.replace("hcc", "crlm"),
            {"diagnosis": "crlm", "facts": {"cirrhosis": True, "inr": 1.2}},
        ),
        "a fact taken back in the form": (
            FORM,
            FORM.replace("cirrhosis = true\n", ""),
            {"facts": {}},
        ),
        "a fact corrected in both: the form is the later one": (
            FORM.replace("true", "false"),
            FORM.replace("cirrhosis = true\n", ""),
            {"facts": {}},
        ),
        "a mask given another file": (
            f"{FORM}inr = 1.2\n",
            FORM.replace("a.nii", "b.nii"),
            {"masks": {"liver": "b.nii"}, "facts": {"cirrhosis": True, "inr": 1.2}},
        ),
        "an accepted finding, and a table new in the form": (
            f'{FORM}\n[[accepted]]{BY}\ncode = "x.y"\nwhy = "seen"\n',
            f"{FORM}\n[imaging]\ndate = 2026-01-02\n",
            {"accepted": [{"code": "x.y", "why": "seen"}]},
        ),
        "two plans entered": (
            f'{FORM}\n[[plan]]\nname = "A"\n\n[[plan]]\nname = "B"\n',
            FORM,
            {"plan": [{"name": "A"}, {"name": "B"}]},
        ),
    },
)
def test_what_was_entered_is_laid_over_the_form(
    current: str, new: str, expected: dict[str, Any]
) -> None:
    merged = merge(current, new)
    assert {key: merged[key] for key in expected} == expected
    assert merged["schema"] == 1


def test_the_author_of_an_entry_stays_where_the_form_says_the_same() -> None:
    current = FORM.replace("cirrhosis = true", f"cirrhosis = true{BY}")
    assert f"cirrhosis = true{BY}" in merge_entries(FORM, current, FORM)


def test_a_table_that_the_form_dropped_goes_with_it() -> None:
    before = f'{FORM}\n[embolisation]\nkind = "PVE"\n'
    assert "embolisation" not in merge_entries(before, before, FORM)
