"""The page in headless Chromium: what a person does, sees and hears of it."""

from __future__ import annotations

import json
import signal
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docs.site.axe import TOO_WIDE, find_browser
from tests.cases import of_many
from tests.cli.outside import ask
from tests.web.served import CRLM, Server, running
from tests.web.viewed import (
    ANSWERED,
    MS,
    choose_theme,
    open_drop,
    open_results,
    read_results,
    text_of,
    turn,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = find_browser()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or find_spec("playwright") is None,
        reason="Chromium, playwright or axe-playwright-python is not installed",
    ),
]
STEPS = ("files", "plan", "questions", "trials", "sign", "export")
FILES = ("liver.nii.gz", "tumour.nii.gz", "flr.nii.gz", "ct.nii.gz")


def drop(page: Page, *paths: Path) -> None:
    open_drop(page)
    page.wait_for_selector("#roles", state="hidden", timeout=MS)
    page.set_input_files("#files-in", [*paths])


def begin_case(page: Page, *paths: Path) -> None:
    """Drop files, and wait until their roles are asked for."""
    drop(page, *paths)
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)


def wait_for_cuts(page: Page) -> None:
    """Wait until no cut is on its way: the page says so."""
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)


def head(page: Page, number: int) -> str:
    told: str = text_of(page.locator(".view h3").nth(number))
    return told


def barriers(page: Page, **options: Any) -> list[str]:
    from axe_playwright_python.base import AXE_SCRIPT

    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    asked = {"resultTypes": ["violations"], **options}
    found = page.evaluate("async (asked) => (await axe.run(asked)).violations", asked)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


@pytest.mark.essential
def test_a_case_is_dropped_confirmed_and_answered(page: Page) -> None:
    begin_case(page, *(CRLM.parent / name for name in FILES))
    for shown in ("#strip", "#panel"):  # sections may be shown already, answers may not
        assert page.locator(shown).is_hidden()
    roles = [one.input_value() for one in page.locator("#files-told select[data-file]").all()]
    assert roles == ["ct", "flr", "liver", "tumour"]
    assert "suggested from its name or labels" in text_of(page.locator("#files-told"))
    page.select_option("#diagnosis", "crlm")
    page.click("#confirm")
    page.wait_for_selector(ANSWERED, timeout=MS)
    shown = read_results(page)
    assert "29.96 %" in shown  # 349 738 of 1 167 331 voxels
    assert "1560 mL" in shown


@pytest.mark.essential
def test_what_is_taken_away_is_what_the_command_line_prints(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "export")
    with page.expect_download() as taken:
        page.get_by_role("link", name="JSON", exact=True).click()
    assert Path(taken.value.path()).read_bytes() == ask("plan", str(CRLM), "--json").stdout
    assert taken.value.suggested_filename.endswith("_plan.json")
    assert "FLR-29.96-percent" in taken.value.suggested_filename
    assert text_of(page.locator("#share-percent")) == "29.96 %"


@pytest.mark.essential
def test_a_bad_file_states_why_and_the_rest_stays(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "tumour.nii.gz"
    bad.write_bytes((CRLM.parent / "tumour.nii.gz").read_bytes()[:-9])
    begin_case(page, CRLM.parent / "liver.nii.gz", bad)
    told = text_of(page.locator("#files-told"))
    assert "not usable" in told
    assert "export it again" in told or "copy" in told
    assert page.locator("#files-told select[data-file]").count() == 1
    later = text_of(page.locator("#missing-later"))
    assert "the FLR, the resected part or the treated area" in later
    assert "can be planned without" in later


@pytest.mark.essential
def test_cuts_are_linked_and_moved_by_wheel_key_and_click(page: Page) -> None:
    wait_for_cuts(page)
    before = [head(page, n) for n in range(3)]
    shows = "before => document.querySelector('.view h3').textContent {} before"
    assert before[0].startswith("Axial, H ")
    canvas = page.locator("#views canvas").first
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, 100)
    wait_until(page, shows.format("!=="), arg=before[0])
    moved = head(page, 0)
    canvas.focus()
    page.keyboard.press("ArrowUp")
    wait_until(page, shows.format("==="), arg=before[0])
    assert moved != before[0]
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    heads = "[...document.querySelectorAll('.view h3')].map(one => one.textContent)"
    wait_until(page, f"b => [1, 2].every(n => {heads}[n] !== b[n])", arg=before)
    assert head(page, 0) == before[0]
    page.locator("#parts").get_by_role("button", name="Go to lesion L2").click()
    wait_until(page, shows.format("!=="), arg=before[0])
    assert "L2" in (canvas.get_attribute("aria-label") or "")


@pytest.mark.essential
def test_the_pointer_states_place_value_and_structure(page: Page) -> None:
    box = page.locator("#views canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    told = text_of(page.locator("#pointer"))
    assert " mm, " in told
    assert " HU" in told
    assert "liver" in told


@pytest.mark.essential
def test_a_window_and_a_hidden_structure_change_the_picture(page: Page) -> None:
    def drawn() -> str:
        told: str = page.evaluate("document.querySelector('#views canvas').toDataURL()")
        return told

    first = drawn()
    page.select_option("#window", "Lung")
    second = drawn()
    page.locator("#parts").get_by_role("checkbox", name="tumour").uncheck()
    assert len({first, second, drawn()}) == 3


@pytest.mark.essential
def test_reload_keeps_the_case_and_a_second_tab_has_its_own(page: Page, server: Server) -> None:
    begin_case(page, *(CRLM.parent / name for name in FILES[:3]))
    page.click("#confirm")
    page.wait_for_selector(ANSWERED, timeout=MS)
    title = page.title()
    page.reload()
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert page.title() == title
    other = page.context.new_page()
    other.goto(f"http://127.0.0.1:{server.port}/")
    other.wait_for_selector(ANSWERED, timeout=MS)
    assert "crlm-demo" in other.title()
    assert "crlm-demo" not in page.title()
    other.close()


@pytest.mark.essential
def test_h18_page_9_what_a_case_is_called_is_no_markup(page: Page, tmp_path: Path) -> None:
    evil = "<img src=x onerror=document.title='taken'>"
    text = f'schema = 1\nid = "{evil}"\n[masks]\nliver = "liver.nii.gz"\n'
    (tmp_path / "case.toml").write_text(text, "utf-8")
    drop(page, tmp_path / "case.toml", CRLM.parent / "liver.nii.gz")
    page.wait_for_selector(ANSWERED, timeout=MS)
    wait_for_cuts(page)
    assert evil in text_of(page.locator("#title"))
    assert page.locator("img").count() == 0
    assert page.title() != "taken"


def test_nothing_bars_a_reader_from_any_state(page: Page) -> None:
    wait_until_ready(page)
    found = {}
    for step in STEPS:
        turn(page, step)
        found[step] = look(page) if step == "plan" else look(page, (1280,))
    open_results(page)
    found["results"] = look(page, (1280,))
    open_drop(page)
    found["drop"] = look(page)
    page.set_input_files("#files-in", [CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz"])
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)
    found["roles"] = look(page)
    for choice in page.locator("#files-told select[data-file]").all():
        choice.select_option("liver")
    page.click("#confirm")
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    found["trouble"] = look(page)
    assert json.dumps({state: told for state, told in found.items() if told}, indent=1) == "{}"


SCREENS = of_many(  # each width, dark and light; colours are those of every width
    ((390, "light"), (1280, "light"), (1280, "dark"), (3840, "dark")),
    tuple(product((390, 1280, 3840), ("light", "dark"))),
)


def look(page: Page, widths: tuple[int, ...] = (390, 1280, 3840)) -> dict[str, list[str]]:
    """Find what bars a reader from a state of the page, on these screens, dark and light."""
    found = {}
    for width, scheme in SCREENS:
        if width not in widths:
            continue
        choose_theme(page, scheme)
        page.set_viewport_size({"width": width, "height": 800})
        found[f"{width} {scheme}"] = [*barriers(page), *wide(page)]
    return {way: told for way, told in found.items() if told}


def wide(page: Page) -> list[str]:
    by = page.evaluate(TOO_WIDE)
    return [f"too wide by {by} px"] if by > 0 else []


def test_a_program_that_ended_is_reported_and_may_be_asked_again(
    chromium: Browser, tmp_path: Path
) -> None:
    page = chromium.new_page()
    with running("--demo", cwd=tmp_path) as (ran, visitor):
        page.goto(f"http://127.0.0.1:{visitor.port}/")
        page.wait_for_selector(ANSWERED, timeout=MS)
        ran.send_signal(signal.SIGINT)
        ran.wait(20)
    page.click("#another")  # it does not hide what is shown
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    assert text_of(page.locator("#share-percent")) == "29.96 %"
    assert "Connection lost: fl_planner does not answer" in text_of(page.locator("#reason"))
    assert page.locator("#retry").is_visible()
    page.close()


def test_an_answer_that_is_no_refusal_ends_neither_the_page_nor_its_watch(page: Page) -> None:
    """A program that fails or is ending answers in plain text: what it did is then unknown."""
    failed = {"status": 500, "content_type": "text/plain", "body": "Internal Server Error"}
    page.route("**/cases", lambda route: route.fulfill(**failed))
    page.wait_for_selector("#trouble:has-text('Connection lost')", timeout=MS)
    page.unroute("**/cases")
    page.wait_for_selector("#trouble", state="hidden", timeout=MS)
    page.route("**/assess", lambda route: route.fulfill(**failed))
    turn(page, "questions")
    page.get_by_role("button", name="Use this date").click()
    page.wait_for_selector("#said:has-text('unknown whether the entry was applied')", timeout=MS)
    page.unroute("**/assess")


def barriers_by_day_and_night(page: Page) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", scheme)
        found += barriers(page)
    return found
