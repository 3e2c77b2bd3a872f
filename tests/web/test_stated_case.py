"""What a case states on the page: a share without an FLR, and an embolisation after the scan."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest

from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.case_form import fill_form
from fl_planner.web.dossier.limit_lines import ShownLimit, find_entered, fold_limits, name_trials
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.strip import describe_strip
from tests.browsers import needs_browser
from tests.refusals import refuses
from tests.vessel_liver import write_case
from tests.web.served import CRLM, link_case, open_here
from tests.web.test_begins import HEPATIC, PORTAL, begin
from tests.web.test_begins import case_file as one_label
from tests.web.test_cutter_page import settle, table
from tests.web.viewed import MS, open_case_page, texts_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HCC = CRLM.parents[1] / "hcc" / "case.toml"
TEXT = CRLM.read_text("utf-8")
TREATED = """schema = 1
diagnosis = "hcc"
[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"
treated = "treated.nii.gz"
"""


@pytest.mark.slow
def test_a_tab_without_an_flr_names_the_untreated_liver(tmp_path: Path) -> None:
    case = open_here(link_case(tmp_path, TREATED, of=HCC))
    shown = case.answer()["strip"]["share"]["percent"]
    assert case.banner()["parts"][-1].startswith("untreated liver ")
    assert case.banner()["parts"][-1].endswith(f"= {shown}")
    assert case.banner()["flr_in_names"] == "no-FLR"
    # 944 628 voxels of 1.28 mm3 [truth.json], 274 129 of the tumour
    volumes = case.answer()["strip"]["volumes"]
    assert (volumes["treated"], volumes["tumour"]) == ("1209 mL", "351 mL")


@pytest.mark.slow
def test_h15_files_changed_since_are_shown_after_an_entry_that_reads_them_again(
    tmp_path: Path,
) -> None:
    """A fact that replaces another one removes what was accepted: the case is read anew."""
    case, by = open_here(link_case(tmp_path, TEXT)), {"by": "R1", "on": "2026-11-21"}
    case.enter("measure", {"mm": "20.0", **by})
    case.enter("accept", {"code": "contradiction.largest_lesion", "why": "oblique", **by})
    volume = nibabel.Nifti1Image.from_filename(CRLM.parent / "tumour.nii.gz")
    drawn = np.asarray(volume.dataobj).copy()
    top = int(drawn.nonzero()[2].max())
    before = case.cut("axial", top)
    drawn[:, :, top] = 0
    (tmp_path / "tumour.nii.gz").unlink()
    nibabel.save(volume.__class__(drawn, volume.affine), tmp_path / "tumour.nii.gz")
    told = case.enter("measure", {"mm": "90.0", **by})
    assert told["steps"][-1]["changed"] == ("tumour.nii.gz",)
    assert case.cut("axial", top) != before


@pytest.mark.slow
def test_the_same_length_in_another_unit_leaves_what_was_accepted(tmp_path: Path) -> None:
    text = TEXT.replace("[facts]", '[facts]\nlargest_lesion = {value = 2, unit = "cm"}')
    case, by = open_here(link_case(tmp_path, text)), {"by": "R1", "on": "2026-11-21"}
    case.enter("accept", {"code": "contradiction.largest_lesion", "why": "oblique", **by})
    assert len(case.enter("measure", {"mm": "20.0", **by})["accepted"]) == 1
    assert case.enter("measure", {"mm": "21.0", **by})["accepted"] == []


@pytest.mark.slow
def test_h02_a_warning_accepted_for_one_assessment_date_is_not_accepted_for_another(
    tmp_path: Path,
) -> None:
    """The ages of dated results, which warnings may state, are counted to this date."""
    case, by = open_here(link_case(tmp_path, TEXT)), {"by": "R1", "on": "2026-11-21"}
    accepted = {"code": "contradiction.largest_lesion", "why": "oblique", **by}
    case.enter("measure", {"mm": "20.0", **by})
    case.enter("accept", accepted)
    assert len(case.enter("assess", {"day": "2026-11-21"})["accepted"]) == 1  # none before
    assert len(case.enter("assess", {"day": "2026-11-21"})["accepted"]) == 1
    told = case.enter("assess", {"day": "2026-12-21"})
    assert told["accepted"] == []
    (note,) = told["steps"][-1]["notes"]
    assert note.startswith("removed: acceptance of: the largest lesion is 2 cm by calliper")
    case.enter("accept", accepted)
    form = fill_form(case._planned())
    sent = json.dumps({**form, "as_of": "2026-12-22"})
    assert case.change_answers(None, json.dumps(form), sent)["accepted"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scanned", "begins"),
    [
        ("date = 2026-11-20", "PVE was performed 2 days after this scan"),
        ("", "PVE is dated but the scan is not: it is unknown whether this scan shows the liver"),
    ],
)
def test_h15_an_embolisation_not_known_to_precede_the_scan_is_stated_next_to_the_trials(
    tmp_path: Path, scanned: str, begins: str
) -> None:
    text = TEXT.replace("[imaging]", f"[imaging]\n{scanned}")
    dated = f'{text}\n[embolisation]\ndate = 2026-11-22\nkind = "PVE"\n'
    (told,) = open_here(link_case(tmp_path, dated)).answer()["baseline"]
    assert told.startswith(begins)
    assert open_here(CRLM).answer()["baseline"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("facts", "typed", "refused"),
    [
        ("labs_date = 2026-05-01\n", "214 10*9/L", True),
        ('labs_age = { value = 7, unit = "d" }\n', "214 10*9/L", True),
        ("labs_date = 2026-05-01\n", "214 10*9/L 2026-06-01", False),
        ("", "214 10*9/L", False),
    ],
)
def test_h15_a_blood_test_entered_on_the_page_has_not_the_date_of_those_of_the_case_file(
    facts: str, typed: str, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = "\n".join(
        one for one in TEXT.splitlines() if not one.startswith(("platelets", "labs", "inr"))
    )
    text = f'{kept}\n{facts}inr = {{ value = 1.1, unit = "1" }}\n'  # [facts] is the last table
    case = open_here(link_case(tmp_path, text))
    entry = {"key": "platelets", "typed": typed, "by": "R1", "on": "2026-06-01"}
    asked = "fl_planner.web.dossier.dossier.list_keys"  # whatever the trials ask first
    monkeypatch.setattr(asked, lambda _: ("platelets",))
    if refused:
        with refuses("case.answer", "platelets", says="date of the blood tests in the case file"):
            case.enter("answer", entry)
    else:
        case.enter("answer", entry)
        assert "platelets" in case.own_text()[1].decode()


# ---- facts next to the FLR


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
    return open_here(link_case(folder, MASKS + more))


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
@pytest.mark.parametrize(("mirrored", "shown"), [(False, True), (True, False)])
def test_h02_numbers_of_a_map_on_the_wrong_side_are_not_shown(
    tmp_path: Path, *, mirrored: bool, shown: bool
) -> None:
    """Left and right segments exchange names; liver and lesions are those of the masks."""
    names = (
        {1: 1, 2: 7, 3: 6, 4: 5, 5: 4, 6: 3, 7: 2, 8: 8}
        if mirrored
        else {n: n for n in range(1, 9)}
    )
    labels = ", ".join(f'{label} = "segment_{name}"' for label, name in names.items())
    labelmap = f'labelmap = {{ file = "segments.nii.gz", labels = {{ {labels} }} }}'
    masks = MASKS.replace(MASKS.splitlines()[-1], labelmap)
    told = strip(open_here(link_case(tmp_path, f"{masks}\n{RIGHT_HEPATECTOMY}")))
    assert len(told["lesions"]) == 5
    assert [bool(one["segments"]) for one in told["lesions"]] == [shown] * 5
    assert any(key.startswith("segment ") for key in told["volumes"]) is shown
    assert any(one["margin"] for one in told["lesions"]) is shown  # with what remains of them
    assert told["volumes"]["tumour"] == "65.3 mL"


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


# ---- whether a remnant keeps its inflow and outflow


INFLOW, OUTFLOW = "Portal inflow of the remnant", "Venous outflow of the remnant"
CUT = "{ tree = 'portal', branch = 'right_portal_vein' }"  # three columns of the FLR are right
CUT_RIGHT = f"\n[[plan]]\nname = 'A'\ncuts = [{CUT}]\n"
NO_HEPATIC = "not determined: no hepatic veins were drawn"


def states(case: OpenCase) -> dict[str, str]:
    return {name: state for name, state, _ in describe_strip(case._planned())["supply"]}


def portal_alone(folder: Path) -> Path:
    """Write a case without hepatic veins."""
    path = write_case(folder)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(x for x in lines if "hepatic" not in x and "cava" not in x), "utf-8")
    return path


def test_a_cut_branch_is_stated_as_lost_inflow(tmp_path: Path) -> None:
    told = states(open_here(write_case(tmp_path, CUT_RIGHT)))
    assert told[INFLOW].startswith("lost in ")
    assert told[OUTFLOW].startswith("kept")


def test_a_tree_that_was_not_drawn_is_not_determined(tmp_path: Path) -> None:
    case = open_here(portal_alone(tmp_path))
    told = states(case)
    assert told[OUTFLOW] == NO_HEPATIC
    assert told[INFLOW].startswith("kept")
    rows = case.drafts()["supply_rows"]
    assert [(one["name"], one["state"]) for one in rows] == [(INFLOW, ""), (OUTFLOW, NO_HEPATIC)]
    assert {one["finding"] for one in rows} == {""}


@pytest.mark.slow
def test_h16_one_label_for_both_trees_is_not_reported_as_not_drawn(tmp_path: Path) -> None:
    case = open_here(one_label(tmp_path))
    ((name, state, finding),) = case.answer()["strip"]["supply"]  # both for the same reason
    assert name == "Portal inflow and venous outflow of the remnant"
    assert state == (
        "not determined: one label contains portal and hepatic veins, "
        "and at least one of their roots is unknown"
    )
    assert f"{state.removeprefix('not determined: ')}. " in finding
    (row,) = case.drafts()["supply_rows"]  # of each draft, too
    assert (row["name"], row["state"], row["finding"]) == (name, state, finding)
    begin(case, "portal", PORTAL)
    begin(case, "hepatic", HEPATIC)
    assert [name for name, *_ in describe_strip(case._planned())["supply"]] == [INFLOW, OUTFLOW]
    rows = case.drafts()["supply_rows"]
    assert [(one["tree"], one["state"]) for one in rows] == [("portal", ""), ("hepatic", "")]


def test_without_vessels_or_without_a_remnant_nothing_is_stated(tmp_path: Path) -> None:
    assert states(open_here(write_case(tmp_path / "a", masks=("liver", "tumour")))) == {}
    path = write_case(tmp_path / "b")
    path.write_text(path.read_text("utf-8").split("[masks.vessels]")[0], "utf-8")
    case = open_here(path)
    assert states(case) == {}
    assert case.drafts()["supply_rows"] == []


@pytest.mark.slow
@needs_browser
def test_plan_and_draft_state_it_next_to_the_flr(chromium: Browser, tmp_path: Path) -> None:
    with open_case_page(chromium, portal_alone(tmp_path)) as tab:
        lines = texts_of(tab.locator("#share-supply div"))
        assert f"{OUTFLOW}: {NO_HEPATIC}" in [one.replace("\n", " ") for one in lines]
        tab.locator("#cut-tools button[data-cut=plane]:enabled").click(timeout=MS)
        settle(tab)
        rows = table(tab)
        assert rows[OUTFLOW] == NO_HEPATIC
        assert rows[INFLOW].startswith(("kept", "lost"))


@pytest.mark.slow
@needs_browser
def test_the_reason_of_an_undetermined_supply_leads_to_its_finding(
    chromium: Browser, tmp_path: Path
) -> None:
    with open_case_page(chromium, one_label(tmp_path)) as tab:
        tab.locator("#cut-tools button[data-cut=plane]:enabled").click(timeout=MS)
        settle(tab)
        links = [f"{where} button" for where in ("#share-supply", "#cut-numbers")]
        for link in links:
            tab.locator(link, has_text="Go to the finding").first.click()
            found = tab.evaluate("document.activeElement.textContent")
            assert "all.nii.gz: one label contains portal and hepatic veins" in found
            assert tab.evaluate("document.activeElement.tagName") in {"LI", "TD"}
