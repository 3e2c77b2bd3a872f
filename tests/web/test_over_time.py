"""A second time point on the page: growth as the command line tells it, and its chart."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.outside import Cube, ask, case_toml
from tests.refusals import refuses
from tests.web.served import Browser, Server, open_here
from tests.web.test_drop import check, drop, files, plan, plan_case_file

pytestmark = pytest.mark.slow

CASE = """
id = "case-001"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[imaging]
date = {date}
[embolisation]
date = 2026-05-11
kind = "PVE"
"""
TUMOUR = (7800, 8000)
SCANS = {  # day, voxels of the remnant, and where the patient lay
    "before": ("2026-05-04", 2000, 30.0),
    "after": ("2026-06-08", 2600, 45.0),
}


@pytest.fixture
def scans(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for name, (day, voxels, foot_mm) in SCANS.items():
        (tmp_path / name).mkdir()
        Cube(foot_mm=foot_mm).write(tmp_path / name, flr=(0, voxels), tumour=TUMOUR)
        found[name] = case_toml(tmp_path / name, CASE.format(date=day))
    return found


def opened(browser: Browser, case_file: Path) -> str:
    case = drop(browser, [(one.name, one.read_bytes()) for one in case_file.parent.iterdir()])
    held = plan_case_file(browser, case)
    assert (held["state"], held.get("reason")) == ("ready", None)
    return case


def cards_of(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Find the cards of the results."""
    return [card for one in shown["first"] for card in one.get("cards", [])]


@pytest.mark.essential
def test_growth_is_what_the_command_line_states_and_draws(
    browser: Browser, scans: dict[str, Path], tmp_path: Path
) -> None:
    before, after = (opened(browser, scans[name]) for name in SCANS)
    told = browser.post(f"/cases/{after}/earlier", {"other": before})
    assert told.status == 200, told.body
    assert told.json()["charts"] == ["growth.svg"]
    assert told.json()["steps"][-1]["says"] == "compared with the scan of 2026-05-04"
    ours = browser.get(f"/cases/{after}/files/plan.json").body
    printed = ask("plan", scans["after"], "--earlier", scans["before"], "--json")
    assert ours == printed.stdout
    # 250 and 325 mL of 975 mL without tumour: 7.69 points in 35 days
    (first, second) = printed.record["growth"]["time_points"]
    assert (first["flr_ml"], second["flr_ml"]) == (250, 325)
    shown = browser.get(f"/cases/{after}/answer").json()
    (card,) = (one for one in cards_of(shown) if one["title"] == "FLR growth")
    lines = {one["name"]: one["value"] for one in card["lines"]}
    assert lines["Days since embolisation"] == "28"  # 11 May to 8 June
    assert lines["Hypertrophy (DH)"] == "7.7 percentage points"
    assert lines["Relative growth"] == "30.0 % of the FLR at baseline, 75.0 mL"
    assert "75.0 mL" in str(shown["second"])
    drawn = browser.get(f"/cases/{after}/charts/growth.svg")
    assert drawn.headers["content-type"] == "image/svg+xml"
    out = tmp_path / "growth.svg"
    assert ask("growth", *scans.values(), "--picture", out, "--quiet").status == 0
    assert drawn.body == out.read_bytes()


def test_h15_a_mask_of_the_previous_scan_that_was_changed_refuses_a_sign_off(
    scans: dict[str, Path],
) -> None:
    case, earlier = open_here(scans["after"]), scans["before"]
    case.compare(str(earlier), earlier.read_bytes())
    Cube(foot_mm=30.0).write(earlier.parent, flr=(0, 2100), tumour=TUMOUR)
    words = {"status": "draft", "by": "R1", "on": "2026-11-21"}
    with refuses("page.changed_file", says="flr.nii"):
        case.enter("sign", words)


def test_growth_stays_after_an_answer_and_goes_with_undo(
    browser: Browser, scans: dict[str, Path]
) -> None:
    before, after = (opened(browser, scans[name]) for name in SCANS)
    browser.post(f"/cases/{after}/earlier", {"other": before})
    words = {"key": "cirrhosis", "typed": "no", "by": "R1", "on": "2026-11-21"}
    assert browser.post(f"/cases/{after}/answer", words).status in (200, 422)
    key = browser.get(f"/cases/{after}/dossier").json()["questions"][0]
    typed = key["choices"][0][0]
    said = browser.post(f"/cases/{after}/answer", {**words, "key": key["key"], "typed": typed})
    assert said.status == 200, said.body
    path = scans["after"]
    path.write_bytes(browser.get(f"/cases/{after}/files/case.toml").body)
    printed = ask("plan", path, "--earlier", scans["before"], "--json").stdout
    assert browser.get(f"/cases/{after}/files/plan.json").body == printed
    while browser.get(f"/cases/{after}/dossier").json()["undo"]:
        browser.post(f"/cases/{after}/undo")
    assert b'"growth"' not in browser.get(f"/cases/{after}/files/plan.json").body
    assert browser.get(f"/cases/{after}/charts/growth.svg").status == 422


def test_a_scan_that_is_not_earlier_or_not_open_is_refused(
    browser: Browser, scans: dict[str, Path]
) -> None:
    before, after = (opened(browser, scans[name]) for name in SCANS)
    for case, other in ((before, after), (after, after), (after, "0" * 32), (after, "")):
        refused = browser.post(f"/cases/{case}/earlier", {"other": other})
        assert refused.status == 422
        assert refused.json()["remedy"]
    assert browser.get(f"/cases/{before}/dossier").json()["charts"] == []


def test_h18_nobody_sets_the_case_of_another_browser_next_to(
    browser: Browser, server: Server, scans: dict[str, Path]
) -> None:
    before, other = opened(browser, scans["before"]), server.browser()
    after = opened(other, scans["after"])
    refused = other.post(f"/cases/{after}/earlier", {"other": before})
    assert (refused.status, refused.json()["file"]) == (422, "other")
    other.post(f"/cases/{after}/close")


@pytest.mark.essential
def test_day_and_embolisation_of_dropped_files_are_in_the_case_file(browser: Browser) -> None:
    case = drop(browser, files("liver.nii.gz", "flr.nii.gz"))
    check(browser, case)
    roles = [("liver.nii.gz", "liver"), ("flr.nii.gz", "flr")]
    days = {"date": "2026-06-08", "closed": "2026-05-11", "closed_kind": "PVE"}
    assert plan(browser, case, roles=roles, no_tumour=True, **days)["state"] == "ready"
    said = browser.get(f"/cases/{case}/files/case.toml").body.decode()
    assert '[imaging]\ndate = 2026-06-08\n\n[embolisation]\ndate = 2026-05-11\nkind = "PVE"' in said
    assert plan(browser, case, roles=roles, date="soon")["code"] == "page.answers"
