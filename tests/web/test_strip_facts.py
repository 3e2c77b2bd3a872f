"""Facts next to the FLR on the page: lesions left, an entered FLR, and limits in one line each."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.limit_lines import ShownLimit, find_entered, fold_limits, name_trials
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from tests.web.served import CRLM, open_here

MASKS = """schema = 1
diagnosis = "crlm"
[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"
labelmap = { file = "segments.nii.gz", scheme = "couinaud" }
"""
RIGHT_HEPATECTOMY = '[[plan]]\nremnant_segments = ["1", "2", "3", "4"]\n'  # L4 is in segment IV
ENTERED = '[facts]\nflr_volume = { value = 477, unit = "mL" }\n'
NONTUMOROUS_ML = 1_167_331 * 1.28 / 1000  # truth.json


def opened(folder: Path, more: str) -> OpenCase:
    for file in CRLM.parent.glob("*.nii.gz"):
        (folder / file.name).symlink_to(file)
    (folder / "case.toml").write_text(MASKS + more, "utf-8")
    return open_here(folder / "case.toml")


def strip(case: OpenCase) -> dict[str, Any]:
    told: dict[str, Any] = case.answer()["strip"]
    return told


@pytest.mark.slow
def test_h15_lesions_that_the_plan_leaves_are_named_with_the_flr(tmp_path: Path) -> None:
    case = opened(tmp_path, RIGHT_HEPATECTOMY)
    told = strip(case)
    assert (told["fates"], told["lesions_open"]) == (["leaves L4"], 1)
    draft = json.loads(case.draft(json.dumps({"segments": ["1", "2", "3", "4"]})))
    assert draft["fates"] == ["leaves L4"]
    plane = case.drafts()["plane"]
    middle, *others = plane["point_mm"]
    crossed = {**plane, "point_mm": [middle + 10, *others]}  # through lesion 4
    told = json.loads(case.draft(json.dumps(crossed)))
    assert told["plan"]["lesions"]["cut"] == [4]
    assert told["fates"] == ["crosses L4"]


@pytest.mark.slow
def test_a_plan_that_removes_all_lesions_has_none_open(tmp_path: Path) -> None:
    told = strip(opened(tmp_path, '[[plan]]\nremnant_segments = ["2", "3"]\n'))
    assert (told["fates"], told["lesions_open"]) == ([], 0)


@pytest.mark.slow
def test_h16_an_entered_volume_is_the_flr_of_card_and_tab(tmp_path: Path) -> None:
    case = opened(tmp_path, ENTERED)
    share = strip(case)["share"]
    assert (share["percent"], share["ml"], share["note"]) == ("31.9 %", "477 mL", "as entered")
    assert case.banner()["parts"][-1] == "FLR 477 mL = 31.9 %, as entered"
    thirty, forty = share["limits"]
    assert thirty["says"] == f"{477 - 0.3 * NONTUMOROUS_ML:.1f} mL above"  # 28.7 by hand
    assert forty["says"] == f"{0.4 * NONTUMOROUS_ML - 477:.0f} mL below"
    part = 477 / NONTUMOROUS_ML
    sd = part * (0.07**2 + 0.03**2) ** 0.5  # as for a hand-drawn remnant [clinical.md 13]
    chance = 100 * NormalDist().cdf(-(part - 0.3) / sd)
    assert thirty["chance"] == f"{chance:.0f} %" == "21 %"
    assert "(7 %)" in share["chance_note"]
    assert "segments, this variation is 12 %" in share["chance_note"]


@pytest.mark.slow
def test_h08_an_entered_volume_has_the_larger_reading_error_of_the_centre(tmp_path: Path) -> None:
    """477 of 1494.2 mL, 1.92 points above 30 %; 15 % with t = 2.086 are 5.10 points: 0.353."""
    centre = tmp_path / "centre.toml"
    error = 'cv = 0.15\ncases = 20\ndf = 20\norigin = "drawn"\nsource = "two readers"\n'
    centre.write_text(
        f'schema = 1\nname = "Site 7"\nas_of = 2026-11-01\n[trials]\n[reading_error]\n{error}',
        "utf-8",
    )
    opened(tmp_path, ENTERED)
    text = CaseText.of(tmp_path / "case.toml")
    share = find_entered(PlannedCase.of(text, {"centre": centre}, print))
    assert share is not None
    assert share.limits[0].chance == "35 %"
    assert "the reading error of this centre (15 %), which is larger" in share.scatter


@pytest.mark.slow
def test_h16_an_entered_percentage_has_no_volume_and_no_chance(tmp_path: Path) -> None:
    typed = '[facts]\nflr_of_nontumorous_liver = { value = 28, unit = "%" }\n'
    case = opened(tmp_path, typed)
    share = strip(case)["share"]
    assert (share["percent"], share["ml"], share["chance_note"]) == ("28 %", "", "")
    assert case.banner()["parts"][-1] == "FLR 28 %, as entered"
    assert [one["chance"] for one in share["limits"]] == ["", ""]


@pytest.mark.slow
def test_without_an_flr_there_is_no_plan(tmp_path: Path) -> None:
    share = strip(opened(tmp_path, ""))["share"]
    assert (share["percent"], share["no_plan"]) == ("not given", True)


@pytest.mark.slow
def test_a_draft_names_the_lesion_with_the_smallest_margin(tmp_path: Path) -> None:
    case = opened(tmp_path, "")
    for wish in ({"segments": ["2", "3"]}, case.drafts()["plane"]):
        told = json.loads(case.draft(json.dumps(wish)))
        assert told["plan"]["margin_mm"] > 0
        assert told["nearest"] == [4]  # the lesion of segment IV, next to the remnant on the left


def limit(name: str, percent: float, side: str, chance: str, *, near: bool = False) -> ShownLimit:
    says = f"9 mL {side}"
    return ShownLimit(name, percent, side, says, chance, near, f"{name.partition('.')[0]}, 1")


def test_equal_limits_of_trials_are_one_line() -> None:
    both = [limit(f"{trial}.flr_30", 30, "above", "3 %") for trial in ("own", "other")]
    cleared = limit("own.clear_30", 30, "above", "8 %")
    (line,) = fold_limits([*both, cleared])
    assert (line["name"], line["trials"]) == ("30 %", ["own", "other"])
    assert line["line"] == (
        "9 mL above, crossing chance 3 %; after clearing: 9 mL above, crossing chance 8 %"
    )
    assert line["after"] == ""  # on the same side
    assert line["sources"] == ["own, 1", "other, 1"]


@pytest.mark.parametrize(("side", "near"), [("below", False), ("above", True)])
def test_another_verdict_after_clearing_is_stated_with_the_limit(side: str, near: bool) -> None:
    cleared = limit("own.clear_30", 30, side, "8 %", near=near)
    (line,) = fold_limits([limit("own.flr_30", 30, "above", "3 %"), cleared])
    assert line["says"] == "9 mL above"
    assert line["after"] == f"after clearing: {cleared.describe()}"


def test_a_limit_only_after_clearing_is_not_one_of_the_flr() -> None:
    (line,) = fold_limits([limit("own.clear_30", 30, "below", "8 %")])
    assert (line["says"], line["chance"]) == ("", "")
    assert line["line"] == line["after"] == "after clearing: 9 mL below, crossing chance 8 %"


def test_limits_are_in_ascending_order_with_the_trials_that_set_them() -> None:
    limits = [limit(f"own.flr_{n}", n, "above", "1 %") for n in (50, 30)]
    lines = fold_limits(limits)
    assert [one["percent"] for one in lines] == [30, 50]
    assert name_trials(lines) == "Limits of own"
    more = fold_limits([*limits, limit("other.flr_50", 50, "above", "1 %")])
    assert name_trials(more) == "Limits: 30 % of own; 50 % of own, other"
    assert name_trials([]) == ""
