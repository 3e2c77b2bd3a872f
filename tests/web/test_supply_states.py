"""Whether a remnant keeps its inflow and outflow: in the plan's card, and with each draft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.strip import describe_strip
from tests.browsers import needs_browser
from tests.vessel_liver import write_case
from tests.web.served import open_here
from tests.web.test_begins import HEPATIC, PORTAL, begin
from tests.web.test_begins import case_file as one_label
from tests.web.test_cutter_page import settle, table
from tests.web.viewed import MS, open_case_page, texts_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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
