"""Draft cuts in headless Chromium: chosen, dragged, turned by keys, taken back, taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from fl_planner.basis.shown import as_ml, as_mm, typeset
from fl_planner.record.head import SEE
from tests.cli.outside import ask
from tests.web.served import CRLM, Server
from tests.web.test_browser import barriers, wide
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.viewed import MS, hold_first, open_page, text_of, texts_of, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = in_chromium
LEFT_IN_TABLE, RIGHT_IN_TABLE = 1, 2  # columns of the plans


@pytest.fixture
def cutter(page: Page) -> Page:
    """Open the drafts."""
    return open_drafts(page)


def open_drafts(page: Page) -> Page:
    chosen = "() => document.querySelector('#cut-row').options.length > 1"
    wait_until(page, chosen)
    page.locator("#cutting > summary").click()
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    return page


def open_plane(page: Page) -> None:
    """Draft a cut by a plane."""
    open_drafts(page).click("#cut-plane")
    settle(page)


def settle(page: Page, state: str = "shown") -> None:
    page.wait_for_selector(f"#cutter[data-state={state}]", timeout=MS)


def table(page: Page, column: int = LEFT_IN_TABLE) -> dict[str, str]:
    page.wait_for_selector("#cut-numbers[aria-busy=false]", state="attached", timeout=MS)
    rows = page.locator("#cut-numbers tbody tr").all()
    cells = [texts_of(row.locator("th, td")) for row in rows]
    return {row[0]: row[column] for row in cells}


def told(page: Page, server: Server, wish: Any) -> Any:
    """Ask the server itself what the page's draft comes to."""
    case = page.evaluate("location.hash.slice(1)")
    browser = server.browser()
    return browser.get(f"/cases/{case}/draft?cut={quote(json.dumps(wish))}").json()


def watch(page: Page) -> list[Any]:
    """List the drafts that the page asks for."""
    asked: list[Any] = []

    def note(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.path.endswith("/draft"):
            asked.append(json.loads(parse_qs(parts.query)["cut"][0]))

    page.on("request", note)
    return asked


def test_a_chosen_resection_has_the_numbers_of_resections(cutter: Page) -> None:
    rows = ask("resections", str(CRLM), "--json").record["resections"]
    row = next(one for one in rows if one.get("name") and one["shown"])
    cutter.select_option("#cut-row", " ".join(row["kept"]))
    settle(cutter)
    shown = table(cutter)
    assert shown["FLR share"] == f"{row['flr_percent_shown']} %"
    assert shown["FLR"] == as_ml(row["flr_ml"])
    assert shown["Lesions removed"] == ", ".join(f"L{n}" for n in row["lesions"]["cleared"])
    margin = f"{row['margin_mm']:.1f} mm (L"
    assert shown["Margin around the removed lesions"].startswith(margin)
    boxes = cutter.locator("#cut-segments input:checked").all()
    assert [one.input_value() for one in boxes] == row["kept"]
    assert "not drawn by a reader" in text_of(cutter.locator("#cut-told"))


def test_h02_resections_that_must_not_be_used_bear_the_mark(page: Page) -> None:
    """Those of a mirrored map stated their FLR as any others, until one was chosen."""

    def answer(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json={**told, "rows": [{**one, "not_to_use": SEE} for one in told["rows"]]})

    page.route("**/drafts", answer)
    page.reload()
    open_drafts(page)
    _none, *rows = texts_of(page.locator("#cut-row option"))
    assert all(one.endswith(f"; {SEE}") for one in [*rows, text_of(page.locator("#cut-largest"))])
    page.unroute("**/drafts")


@pytest.mark.essential
def test_a_dragged_plane_has_the_number_of_python(cutter: Page, server: Server) -> None:
    cutter.click("#cut-plane")
    settle(cutter)
    before, asked = table(cutter), watch(cutter)
    cutter.evaluate("document.querySelector('#views').scrollIntoView()")
    spot = find_handles(cutter)
    x, y = spot["middle"]
    cutter.mouse.move(x, y)
    cutter.mouse.down()
    for step in range(1, 9):
        cutter.mouse.move(x - 4 * step, y)
    cutter.mouse.up()
    settle(cutter)
    shown = table(cutter)
    assert shown["FLR share"] != before["FLR share"]
    last = asked[-1]
    assert last["normal"] == [1, 0, 0]
    answer = told(cutter, server, last)["plan"]
    assert shown["FLR share"] == f"{answer['flr_percent_shown']} %"
    assert text_of(cutter.locator(".view h3").first).startswith("Axial")


def find_handles(page: Page, view: int = 0) -> Any:
    """Find where the handles of the plane lie on the screen: a cut tells it of its canvas."""
    canvas = page.locator(".view.cut canvas").nth(view)
    box, ends = canvas.bounding_box(), json.loads(canvas.get_attribute("data-handles") or "")
    assert box
    return {name: (box["x"] + x, box["y"] + y) for name, (x, y) in ends.items()}


def test_a_turned_plane_follows_the_square(cutter: Page) -> None:
    cutter.click("#cut-plane")
    settle(cutter)
    asked = watch(cutter)
    cutter.evaluate("document.querySelector('#views').scrollIntoView()")
    spot = find_handles(cutter)
    (x, y), (a, b) = spot["middle"], spot["tip"]
    cutter.mouse.move(a, b)
    cutter.mouse.down()
    cutter.mouse.move(x + 50, y + (b - y) / 2)
    cutter.mouse.up()
    settle(cutter)
    across, along, up = asked[-1]["normal"]
    assert abs(up) < 1e-6  # it is turned in the axial cut
    assert abs(along) > 0.3
    assert across**2 + along**2 == pytest.approx(1, abs=1e-5)


@pytest.fixture
def solid(chromium: Browser, server: Server) -> Iterator[Page]:
    """Open the drafts beside the surfaces."""
    with open_page(chromium, server, solid=True) as tab:
        yield open_drafts(tab)


def test_the_plane_in_three_dimensions_is_the_draft_s(solid: Page) -> None:
    cutter = solid
    cutter.wait_for_selector("#scene[aria-busy=false]", timeout=MS)
    handle = cutter.get_by_role("button", name="Move the plane")
    assert handle.is_hidden()
    cutter.click("#cut-plane")
    settle(cutter)
    before, asked = table(cutter), watch(cutter)
    handle.focus()
    cutter.keyboard.press("Shift+ArrowRight")  # 10 mm along its normal
    settle(cutter)
    assert asked[-1]["normal"] == [1, 0, 0]
    assert table(cutter)["FLR share"] != before["FLR share"]
    cutter.locator("#cut-undo").click()
    settle(cutter)
    assert table(cutter)["FLR share"] == before["FLR share"]


def test_an_older_answer_never_means_a_newer_wish(cutter: Page) -> None:
    """While the first answer is held back two more rows are chosen: the last one is answered."""
    asked = watch(cutter)
    held = hold_first(cutter, "**/draft?*")
    for kept in ("2 3", "1 2 3", "2 3 4"):
        cutter.select_option("#cut-row", kept)
    settle(cutter, "busy")
    held[0].continue_()
    settle(cutter)
    assert [one["segments"] for one in asked] == [["2", "3"], ["2", "3", "4"]]
    assert table(cutter)["Origin"] == "segments II, III, IV"
    cutter.unroute("**/draft?*")


def test_keys_alone_cut_undo_and_redo(cutter: Page) -> None:
    cutter.locator("#cut-plane").focus()
    cutter.keyboard.press("Enter")
    settle(cutter)
    shares = [table(cutter)["FLR share"]]
    cutter.locator("#plane-move").focus()
    for _ in range(6):
        cutter.keyboard.press("ArrowRight")
    settle(cutter)
    shares.append(table(cutter)["FLR share"])
    cutter.locator("#plane-turn").focus()
    cutter.keyboard.press("PageUp")
    settle(cutter)
    shares.append(table(cutter)["FLR share"])
    assert len({*shares}) == 3
    cutter.keyboard.press("Control+z")
    settle(cutter)
    assert table(cutter)["FLR share"] == shares[1]
    for _ in range(6):
        cutter.keyboard.press("Control+z")
    settle(cutter)
    assert table(cutter)["FLR share"] == shares[0]
    for _ in range(7):
        cutter.keyboard.press("Control+Shift+z")
    settle(cutter)
    assert table(cutter)["FLR share"] == shares[2]
    assert cutter.locator("#plane-move").get_attribute("aria-valuetext")


def test_numbers_are_written_as_everywhere_else(page: Page) -> None:
    # by hand: whole mL from 100 on, one decimal below, two below 1, never zeros where there is some
    volumes = {1499.99976: "1500", 100: "100", 99.96: "100.0", 12.44: "12.4", 0.034: "0.03"}
    volumes |= {0.00128: "0.001", 0: "0", -477.31: "-477", -0.004: "-0.004"}
    script = "([of, each]) => import('/figures.js').then((all) => each.map(all[of]))"
    said = page.evaluate(script, ["asMl", [*volumes]])
    assert said == [f"{one} mL" for one in volumes.values()] == [*map(as_ml, volumes)]
    # one decimal, more just short of a whole mm, except for what single precision takes away
    distances = {3.16: "3.2", 0.9765625: "0.98", 9.97: "9.97", 9.9996: "9.9996", 10.04: "10.0"}
    distances |= {6.99999988: "7.0", 7: "7.0", 0: "0.0"}
    distances |= {1.15: "1.2", 4.35: "4.4", 9.95: "9.95", 0.95: "0.95"}  # halves, away from zero
    said = page.evaluate(script, ["asMm", [*distances]])
    assert said == [f"{one} mm" for one in distances.values()]
    assert said == [f"{as_mm(mm)} mm" for mm in distances]
    below = "(each) => import('/strip.js').then((all) => each.map((mm) => all.belowSafety(mm, 7)))"
    assert page.evaluate(below, [6.96, 6.99999988, 7]) == ["below 7 mm", "", ""]


def test_texts_are_typeset_as_in_the_report(page: Page) -> None:
    """By hand: a sign becomes a minus; a hyphen, a date and a command do not."""
    texts = {
        "-0.69 percentage points": "\u22120.69 percentage points",
        "197 mL (< 1 %), -3 to 2.5 mm": "197\u00a0mL (<\u00a01\u00a0%), \u22123 to 2.5\u00a0mm",
        "2026-03-01, 4 x 5 mm, L-3, 3 days": "2026-03-01, 4 x 5\u00a0mm, L-3, 3\u00a0days",
        "use --level -50 HU": "use --level -50\u00a0HU",
        "\u2265 20 %, -1000 HU": "\u2265\u00a020\u00a0%, \u22121000\u00a0HU",
    }
    script = "(each) => import('/figures.js').then(({ typeset }) => each.map(typeset))"
    assert page.evaluate(script, [*texts]) == [*texts.values()] == [*map(typeset, texts)]


def test_two_plans_are_side_by_side(cutter: Page) -> None:
    cutter.select_option("#cut-row", "2 3")
    settle(cutter)
    cutter.check("input[name=draft][value='1']")
    settle(cutter, "none")
    cutter.select_option("#cut-row", "1 2 3")
    settle(cutter)
    assert table(cutter)["FLR share"] == "29.96 %"  # 349 738 of 1 167 331 voxels
    assert table(cutter, RIGHT_IN_TABLE)["FLR share"] == "31.94 %"  # 372 902 of 1 167 331
    assert table(cutter, 3)["FLR share"] == "+1.98 percentage points"  # of the two as shown
    above = [text_of(one) for one in cutter.locator("#share-drafts strong").all()]
    assert above == ["29.96 %", "31.94 %"]  # with the same digits
    cutter.get_by_label("V", exact=True).check()
    settle(cutter)
    assert table(cutter, RIGHT_IN_TABLE)["Origin"] == "segments I, II, III, V"
    cutter.click("#cut-undo")
    settle(cutter)
    assert table(cutter, RIGHT_IN_TABLE)["FLR share"] == "31.94 %"
    assert table(cutter)["FLR share"] == "29.96 %"


def test_h16_a_cut_that_leaves_nothing_is_reported(cutter: Page) -> None:
    cutter.select_option("#cut-row", "2 3")
    settle(cutter)
    for name in ("II", "III"):
        cutter.get_by_label(name, exact=True).uncheck()
    settle(cutter, "refused")
    assert "leaves no non-tumorous functioning liver" in text_of(cutter.locator("#cut-told"))
    assert "FLR share" not in table(cutter) or table(cutter)["FLR share"] == "-"
    assert cutter.locator("#cut-save button").first.is_disabled()


@pytest.mark.essential
def test_a_saved_remnant_is_planned_with_the_number_of_the_page(
    cutter: Page, tmp_path: Path
) -> None:
    cutter.click("#cut-plane")
    settle(cutter)
    with cutter.expect_download() as taken:
        cutter.get_by_role("button", name="Remnant, NIfTI").click()
    path = tmp_path / taken.value.suggested_filename
    taken.value.save_as(path)
    record = ask("plan", str(CRLM), "--flr", str(path), "--json").record
    shown = table(cutter)
    assert shown["FLR share"] == f"{record['flr_percent_shown']} %"
    ends = record["ratios"]["flr"]["interval_percent"]  # rounded outwards, as in the plan
    low, high = floor(10 * ends[0]) / 10, ceil(10 * ends[1]) / 10
    assert shown["95 % inter-reader interval"] == f"{low:.1f} to {high:.1f} %"


def test_h18_what_cannot_be_saved_states_why(cutter: Page) -> None:
    cutter.click("#cut-plane")
    settle(cutter)
    assert cutter.get_by_role("button", name="Remnant, DICOM SEG").is_disabled()
    assert cutter.get_by_role("button", name="Remnant, NIfTI").is_enabled()
    assert "the CT is a NIfTI file" in text_of(cutter.locator("#no-draft-dicom"))


def test_nothing_of_a_draft_bars_a_reader(cutter: Page) -> None:
    require_open(cutter)
    cutter.select_option("#cut-row", "2 3")
    settle(cutter)
    require_open(cutter)
    cutter.click("#cut-plane")
    settle(cutter)
    require_open(cutter)
    cutter.locator("#plane-move").focus()
    cutter.keyboard.press("Home")
    settle(cutter, "refused")
    require_open(cutter)


def require_open(cutter: Page) -> None:
    """Demand that nothing bars a reader, on a large screen and on a small one."""
    assert barriers(cutter) == []
    for width in (390, 1280):
        cutter.set_viewport_size({"width": width, "height": 800})
        assert wide(cutter) == []
        inner = cutter.locator("#cutting").bounding_box()
        row = cutter.locator("#cut-row").bounding_box()
        assert inner
        assert row
        assert row["x"] + row["width"] <= inner["x"] + inner["width"]


def test_h12_a_number_of_the_cut_before_is_marked_until_that_of_this_cut_has_come(
    cutter: Page, server: Server
) -> None:
    cutter.click("#cut-plane")
    settle(cutter)
    before = text_of(cutter.locator("#share-drafts"))
    assert "being calculated" not in before
    held: list[Any] = []
    cutter.route("**/draft?*", lambda route: held.append(route))  # the answer is on its way
    slider = cutter.locator("#plane-move")
    slider.press("PageUp")
    wait_until(cutter, "() => document.querySelector('#cutter').dataset.state === 'busy'")
    line = cutter.locator("#share-drafts > span")
    assert line.get_attribute("aria-busy") == "true"
    assert text_of(line).endswith("being calculated")
    assert "mL" not in text_of(line)
    assert cutter.locator("#bar .bar-pending").count() == 1
    style = "one => [getComputedStyle(one).fontStyle, getComputedStyle(one).fontWeight]"
    assert line.locator("strong").evaluate(style) == ["italic", "400"]
    cell = cutter.locator("#cut-numbers td").first
    assert cell.evaluate(style)[0] == "italic"
    for route in held:
        route.continue_()
    settle(cutter)
    after = text_of(cutter.locator("#share-drafts"))
    assert "being calculated" not in after
    assert after != before
    assert cutter.locator("#bar .bar-pending").count() == 0
    assert cell.evaluate(style)[0] == "normal"
    share = table(cutter)["FLR share"]
    assert share in after


def test_a_lesion_that_is_crossed_stands_out_in_the_table_and_next_to_the_flr(cutter: Page) -> None:
    cutter.click("#cut-plane")
    settle(cutter)
    row = cutter.locator("#cut-numbers tr", has_text="Lesions crossed by the cut")
    cell = row.locator("td").first
    for move in range(-40, 60, 10):
        cutter.locator("#plane-move").fill(str(move))
        settle(cutter)
        marked = "refused" in (cell.get_attribute("class") or "")
        assert marked == text_of(cell).startswith("L"), text_of(cell)
        beside = text_of(cutter.locator("#share-drafts"))  # its FLR
        assert marked == (f"crosses {text_of(cell)}" in beside) == ("crosses" in beside)
        if marked:
            return
    raise AssertionError("no lesion was crossed")


def test_a_dragged_plane_is_drawn_once_for_each_move(chromium: Browser, server: Server) -> None:
    """The 3D view and the sections: the number of a draft alone is no reason to draw them again."""
    with open_page(chromium, server, solid=True) as page:
        open_drafts(page).click("#cut-plane")
        settle(page)
        solid = "#views[aria-busy=false] #scene[aria-busy=false] #liver[data-painted=true]"
        page.wait_for_selector(solid, timeout=MS)
        page.evaluate(
            """async () => {
              const { places } = await import("/page.js");
              const { cuts, scene: { view } } = places;
              Object.assign(window, { solids: 0, sections: 0 });
              view.addEventListener("painted", () => { solids += 1; });
              const draw = cuts.draw.bind(cuts);
              cuts.draw = () => { sections += 1; draw(); };
            }"""
        )
        moves = page.evaluate(
            """async () => {
              const slider = document.querySelector("#plane-move");
              const dataOf = (id) => document.querySelector(id).dataset;
              const [cutter, liver] = [dataOf("#cutter"), dataOf("#liver")];
              for (let n = 1; n <= 6; n++) {
                slider.value = 2 * n;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                while (cutter.state !== "shown" || liver.painted !== "true")
                  await new Promise((next) => requestAnimationFrame(next));
              }
              return [solids, sections];
            }"""
        )
        solids, sections = moves
        assert sections == 6
        assert solids <= 8  # 12 if its number drew it again; one more where a surface came late
        page.evaluate("document.querySelector('#plane-move').dispatchEvent(new Event('change'))")
        settle(page)
