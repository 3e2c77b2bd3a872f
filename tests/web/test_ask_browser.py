"""Questions, sign-off and files to take away in headless Chromium: what a person does and sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cases import of_many
from tests.cli.outside import ask
from tests.web.served import SPREAD, Server, link_case, serving
from tests.web.test_browser import barriers_by_day_and_night
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.viewed import (
    KEY,
    MS,
    open_sheet,
    question,
    script_of,
    text_of,
    texts_of,
    turn,
    wait_for_entries,
    wait_until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium
IDLE = '#ask[aria-busy="false"]'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a case of which much is asked: numbers with units, consent for several trials."""
    place: Path = tmp_path_factory.mktemp("asked")
    with serving(place, link_case(place, SPREAD.decode())) as running:
        running.browser().first()
        yield running


@pytest.fixture(autouse=True)
def asked(page: Page) -> None:
    """Wait until questions stand there."""
    page.wait_for_selector(IDLE, state="attached", timeout=MS)
    turn(page, "questions")


def test_the_step_counts_what_could_change_the_pathway_and_names_the_rest(page: Page) -> None:
    """Two answers change it, alone (tests/web/test_dossier.py); 61 are asked in all."""
    step = page.locator("button[data-step=questions]")
    assert text_of(step.locator(".mark")) == "2"
    assert (step.get_attribute("aria-label") or "").endswith(
        "2 of 61 unanswered questions could change the pathway"
    )
    told = text_of(page.locator("#questions-told"))
    alone = "61 unanswered questions: 2 could change the pathway by themselves"
    assert re.fullmatch(
        alone + r"; \d+ could change the pathway only together with other answers\.", told
    )
    beside = texts_of(page.locator("#questions > li summary .beside"))
    assert [one.startswith("could change the pathway") for one in beside[:3]] == [True] * 3
    assert beside[2].startswith("could change the pathway only together with other answers")
    for form in page.locator("#questions form").all()[:3]:
        said = question(page, form.get_attribute("data-key") or "").inner_text()
        first = text_of(form.locator("xpath=..").locator("summary .beside"))
        assert ("Volume-based pathway" in said) == ("only together" not in first)


@pytest.mark.essential
def test_an_answer_states_what_it_would_do_is_used_and_taken_back(page: Page) -> None:
    form = question(page, KEY)
    yes = text_of(form.locator('[data-value="yes"]'))
    malignant = "Hepatic malignancy other than colorectal metastases (E5)"
    assert f"DRAGON 2: not eligible; exclusion applies: {malignant}." in yes
    (route,) = (line for line in yes.splitlines() if line.startswith("Route: "))
    form.locator('input[value="yes"]').check()
    button = form.get_by_role("button", name="Use this answer")
    button.click()
    wait_until(page, "() => document.activeElement.id === 'by'")
    assert "Your initials: nothing was entered" in text_of(form.locator(".refused"))
    assert "not eligible; exclusion applies" not in (page.locator("#answer").text_content() or "")
    page.fill("#by", "R1")
    button.click()
    wait_for_entries(page, 1)
    wait_until(
        page,
        f"told => {script_of('#answer')}.includes(told)",
        arg=route.removeprefix("Route: ").rstrip(".")[1:],  # its first letter is a capital there
    )
    assert text_of(page.locator("#said")).startswith("New route: ")
    assert "R1, " in text_of(page.locator("#steps"))
    assert page.locator(f'form[data-key="{KEY}"]').count() == 0
    page.click("#undo")
    wait_for_entries(page, 0)
    assert page.locator(f'form[data-key="{KEY}"]').count() == 1


def test_what_has_the_focus_after_an_answer_by_keyboard_is_in_sight(page: Page) -> None:
    """The question that was answered is gone, and the first one had the focus, far above."""
    page.set_viewport_size({"width": 1280, "height": 480})
    page.fill("#by", "R1")
    last = page.locator("#questions > li").last
    key = last.locator("form").get_attribute("data-key")
    last.locator("summary").first.press("Enter")
    answer = last.locator("form input[type=radio]").first
    answer.focus()
    page.keyboard.press("Space")
    last.locator("form button[type=submit]").press("Enter")
    wait_for_entries(page, 1)
    assert page.locator(f"#questions form[data-key='{key}']").count() == 0
    inside = """() => {
      const [one, of] = [document.activeElement, document.getElementById("panel")];
      const [at, frame] = [one, of].map((each) => each.getBoundingClientRect());
      return of.contains(one) && at.top >= frame.top - 1 && at.bottom <= frame.bottom + 1;
    }"""
    wait_until(page, inside)


def test_a_number_has_its_unit_chosen_and_a_wrong_one_states_why(
    page: Page, tmp_path: Path
) -> None:
    page.fill("#by", "R1")
    form = question(page, "platelets")
    assert "below 100 \u00d7 10⁹/L:" in text_of(form)
    assert form.locator("select[name=unit]").input_value() == ""  # units are never assumed
    form.locator("input[name=typed]").fill("214")
    form.get_by_role("button").click()
    wrong = form.locator(".refused")
    wrong.filter(has_text="a number and its unit").wait_for(timeout=MS)
    form.locator("select[name=unit]").select_option("10*9/L")
    form.locator("input[name=day]").fill("2026-11-10")
    form.get_by_role("button").click()
    wait_for_entries(page, 1)
    turn(page, "export")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Case file").click()
    assert taken.value.suggested_filename.endswith("_case.toml")
    said = Path(taken.value.path()).read_text("utf-8")
    assert 'platelets = { value = 214, unit = "10*9/L", date = 2026-11-10 }  # entered on' in said
    link_case(tmp_path, said)
    with page.expect_download() as shown:
        page.get_by_role("link", name="JSON", exact=True).click()
    printed = ask("plan", tmp_path / "case.toml", "--json").stdout
    assert Path(shown.value.path()).read_bytes() == printed


SCREENS = of_many(
    ((1280, 800), (390, 844)),
    ((1280, 800), (1440, 900), (1920, 1080), (3840, 2160), (820, 1180), (390, 844)),
)
SCROLLED = """() => [document.documentElement.scrollHeight - innerHeight,
  document.documentElement.scrollWidth - innerWidth]"""


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_the_page_is_one_screen_with_the_flr_in_sight_at_every_step(
    page: Page, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for step in ("files", "plan", "questions", "trials", "sign", "export"):
        turn(page, step)
        page.wait_for_selector(f"main[data-step={step}]", timeout=MS)
        assert page.evaluate(SCROLLED) == [0, 0]
        read = width < 640 and step not in (
            "files",
            "plan",
        )  # on a phone, what is read has the room
        assert page.locator("#views").is_visible() != read
        for shown in ("#share-percent", "#bar", *(() if read else ("#views",))):
            box = page.locator(shown).bounding_box()
            assert box, (step, shown)
            assert box["width"] > 0
            assert box["height"] > 0
            assert box["x"] >= 0
            assert box["y"] + box["height"] <= height, (step, shown)
            assert box["x"] + box["width"] <= width, (step, shown)


def test_a_file_that_is_refused_states_why_and_what_to_do(page: Page) -> None:
    refusal = '{"code": "a.b", "file": "ct", "reason": "a reason", "remedy": "a remedy"}'
    page.route("**/files/plan.csv", lambda asked: asked.fulfill(status=422, body=refusal))
    turn(page, "export")
    page.get_by_role("link", name="CSV").click()
    wrong = page.locator("#away-wrong").filter(has_text="CSV: ct: a reason; a remedy.")
    wrong.wait_for(timeout=MS)
    page.route("**/files/plan.fhir.json", lambda asked: asked.abort())
    page.get_by_role("link", name="FHIR").click()
    lost = "FHIR: Connection lost: fl_planner does not answer. If it was closed or has stopped,"
    page.locator("#away-wrong").filter(has_text=lost).wait_for(timeout=MS)


def test_questions_and_sheet_bar_nobody(page: Page) -> None:
    question(page, "platelets")
    question(page, "written_consent_for")
    assert barriers_by_day_and_night(page) == []
    turn(page, "sign")
    page.fill("#by", "R1")
    page.locator("#findings form").first.get_by_role("button", name="Accept").click()
    page.locator("#findings .refused").filter(has_text="nothing was entered").wait_for(timeout=MS)
    assert barriers_by_day_and_night(page) == []
    open_sheet(page)
    assert barriers_by_day_and_night(page) == []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") == 0
