"""Questions, sign-off and files to take away in headless Chromium: what a person does and sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cases import of_many
from tests.cli.outside import ask
from tests.web.served import CRLM, SPREAD, Server, link_case, serving
from tests.web.test_browser import (
    barriers,
    barriers_by_day_and_night,
)
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_close_browser import open_masks
from tests.web.viewed import (
    KEY,
    MS,
    TABS,
    close,
    open_at,
    open_sheet,
    question,
    says,
    script_of,
    set_clock,
    text_of,
    texts_of,
    turn,
    use_date,
    wait_for,
    wait_for_entries,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

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


# ---- sign-off: why not, by whom, and what ends it


LOG = """() => {
  const said = document.getElementById("said");
  window.log = [];
  new MutationObserver(() => log.push(said.textContent)).observe(said, { childList: true });
}"""


def sign(page: Page, status: str = "") -> None:
    page.select_option("#status", status)
    page.locator("#sign-form").get_by_role("button", name="Sign off").click()


def test_h12_a_sign_off_is_never_taken_by_default_and_is_stated(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    page.fill("#by", "R2")
    page.fill("#on", "2026-11-25")
    assert page.input_value("#status") == ""
    sign(page)
    says(page, "sign-wrong", "Not signed: select under “Masks”")
    assert page.locator("#steps li").count() == 0
    sign(page, "draft")
    says(page, "reading", "Not signed: the masks are drafts.")
    says(page, "said", "Not signed: the masks are drafts.")
    wait_until_ready(page)
    open_sheet(page)
    page.click("#looked")
    sign(page, "verified")
    page.click("#despite-sign")
    says(page, "signed", "signed off by R2 on 2026-11-25")
    says(page, "signed-despite", "findings not accepted: 1")
    says(page, "reading", "Signed off by R2 on 2026-11-25.")
    says(page, "said", "Signed off by R2 on 2026-11-25.")
    wait_until_ready(page)
    page.locator("#findings input").fill("drawn twice, both read")
    page.locator("#findings").get_by_role("button", name="Accept").click()
    says(page, "reading", "Not signed: the case was changed after the sign-off; sign off again.")
    says(page, "said", "The sign-off no longer applies: sign off again.")
    says(page, "warned-seen", "Accepted by R2: drawn twice, both read.")
    assert page.locator("#no-findings").is_visible()
    says(page, "accepted-told", "within 0.1 percentage points of 30 %")
    page.locator("#accepted-told").get_by_role("button", name="Withdraw").click()
    page.locator("#findings form").wait_for(timeout=MS)
    assert page.locator("#warned-seen").is_hidden()


def test_an_entry_is_undone_where_it_is_stated(page: Page) -> None:
    wait_until_ready(page)
    use_date(page, "2026-11-25")
    undo = page.locator("#undo-said")
    undo.wait_for(timeout=MS)
    says(page, "undo-told", "Undo reverses: assessment date 2026-11-25")
    undo.click()
    says(page, "said", "Undone: assessment date 2026-11-25.")
    assert undo.is_hidden()
    assert page.locator("#steps li").count() == 0


def test_h12_the_line_of_status_is_that_of_the_last_entry(page: Page) -> None:
    """Pictures of the entry before may come later than the entry that follows it."""
    wait_until_ready(page)
    turn(page, "sign")
    page.fill("#by", "R2")
    page.wait_for_selector("#scene[aria-busy=false]", state="attached", timeout=MS)  # asks no more
    held: list[Route] = []
    freed = False
    page.route("**/branches", lambda one: one.continue_() if freed else held.append(one))
    page.locator("#findings input").fill("drawn twice, both read")
    page.locator("#findings").get_by_role("button", name="Accept").click()
    says(page, "said", "Finding accepted by R2.")
    wait_for(page, held, 1)
    sign(page, "draft")
    says(page, "said", "Not signed: the masks are drafts.")
    wait_for(page, held, 2)
    says(page, "said", "Not signed: the masks are drafts.")  # while pictures are awaited
    page.evaluate(LOG)
    freed = True
    for one in held:
        one.continue_()
    page.locator("#undo-said").wait_for(timeout=MS)  # all is shown
    assert page.evaluate("window.log") == []


def test_the_contact_sheet_under_review_is_printed_on_one_page(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    open_sheet(page)
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.emulate_media(media="print")
    assert page.locator("#sheet").is_visible()
    assert page.locator("#sheet-view button:visible").count() == 0
    page.emulate_media(media="screen")


# ---- initials are asked for with each case


ASKED = "enter your initials under “Recorded by”"


def test_h11_initials_entered_with_one_case_sign_nothing_of_another(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    beside = page.locator("#sign-form .under")
    assert text_of(beside) == ASKED
    page.fill("#by", "R7")
    page.fill("#on", "2026-11-25")
    assert text_of(beside) == "will be recorded by R7 on 2026-11-25"
    for one in page.locator("#findings .under, #questions .under, #begins .under").all():
        assert one.text_content() == "will be recorded by R7 on 2026-11-25"
    assert barriers(page) == []
    open_masks(page)
    turn(page, "sign")
    assert page.input_value("#by") == ""
    assert {*page.locator(".under").all_text_contents()} == {ASKED}
    height = page.locator("footer").bounding_box()
    page.select_option("#status", "draft")
    page.get_by_role("button", name="Sign off").click()
    says(page, "said", "nothing changed. Your initials: nothing was entered.")
    assert page.evaluate("document.activeElement.id") == "by"
    assert page.locator("#steps li").count() == 0
    page.fill("#by", "R8")
    page.get_by_role("button", name="Sign off").click()
    page.locator("#undo-said").wait_for(timeout=MS)
    assert page.locator("footer").bounding_box() == height  # the views stay in place
    page.locator(TABS).first.click()
    wait_until_ready(page)
    assert page.input_value("#by") == "R7"  # of the person who began to record there
    close(page, 2)
    page.click("#closing-close")
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    assert page.input_value("#by") == "R7"


def test_h12_dates_suggested_as_today_follow_it_past_midnight(page: Page) -> None:
    """A page that was left open overnight does not sign with the day before."""
    open_at(page, "2026-12-31T23:59:59")
    turn(page, "sign")
    assert {page.input_value(f"#{one}") for one in ("on", "assess-day")} == {"2026-12-31"}
    page.fill("#by", "R7")
    tomorrow = "2027-01-01"
    set_clock(page, f"{tomorrow}T00:00:01")
    wait_until(page, "day => document.getElementById('on').value === day", arg=tomorrow)
    assert page.input_value("#assess-day") == tomorrow
    assert text_of(page.locator("#assess-told")) == "not given; today is suggested"
    told = f"will be recorded by R7 on {tomorrow}"
    assert text_of(page.locator("#sign-form .under")) == told
    page.fill("#on", "2026-11-25")
    page.fill("#on", tomorrow)  # a date that was entered stays, also if it is today
    set_clock(page, "2027-01-02T00:00:01")
    wait_until(page, "() => document.getElementById('assess-day').value === '2027-01-02'")
    assert page.input_value("#on") == tomorrow
