"""Structures shown and faded, and the way to a place and back: in cuts and surfaces alike."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browsers import needs_browser
from tests.cases import of_many
from tests.web.served import CRLM, Server
from tests.web.viewed import View, open_case, open_results, plain, settle, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TRUTH = json.loads((CRLM.parents[1] / "truth.json").read_text("utf-8"))["crlm"]
PARTS = ["tumour", "future liver remnant (FLR), as drawn"]
pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture(scope="module")
def opened(chromium: "Browser", server: Server) -> Iterator[View]:
    with open_case(chromium, server.port) as view:
        yield view


@pytest.fixture
def page(opened: View) -> View:
    opened.tab.reload()
    settle(opened)
    return opened


def cut(page: View, number: int = 0) -> str:
    """Give what a cut shows, and where it lies."""
    drawn = f"document.querySelectorAll('.cut canvas')[{number}].toDataURL()"
    return f"{text_of(page.tab.locator('.cut h3').nth(number))}{page.run(drawn)}"


def surfaces(page: View) -> str:
    """Give what the surfaces show, and where the mark stands on them."""
    settle(page)
    script = """import("/page.js").then(({ places: { scene: { view } } }) => {
      view.draw();  // and read before the browser takes it away
      return view.canvas.toDataURL() + view.cross.style.transform;
    })"""
    return str(page.run(script))


def places(page: View) -> list[float]:
    """Give where the cuts lie, to the right, front and head, in mm, as their heads say."""
    said = [one.split(", ")[1].split() for one in page.tab.locator(".cut h3").all_inner_texts()]
    axial, coronal, sagittal = (
        float(mm) * (1 if letter in "RAH" else -1) for letter, mm, _ in said
    )
    return [sagittal, coronal, axial]


@pytest.mark.parametrize("name", of_many(["tumour"], PARTS))
def test_one_control_hides_and_fades_a_structure_in_cuts_and_surfaces(
    page: View, name: str
) -> None:
    parts = page.tab.locator("#parts")
    seen = [(cut(page), surfaces(page))]
    parts.get_by_role("checkbox", name=name).uncheck()
    seen.append((cut(page), surfaces(page)))
    parts.get_by_role("checkbox", name=name).check()
    assert (cut(page), surfaces(page)) == seen[0]
    parts.get_by_role("slider", name=f"Opacity of {name}").fill("20")
    seen.append((cut(page), surfaces(page)))
    for kind in zip(*seen, strict=True):
        assert len(set(kind)) == 3


def test_a_more_opaque_surface_leaves_its_outline_as_it_is(page: View) -> None:
    before = cut(page), surfaces(page)
    page.tab.get_by_role("slider", name="Opacity of liver", exact=True).fill("100")
    assert cut(page) == before[0]
    assert surfaces(page) != before[1]


def test_segments_are_outlined_at_first_and_fade_together_or_by_themselves(page: View) -> None:
    outlined, slider = cut(page), page.tab.get_by_role("slider", name="Opacity of Couinaud")
    assert not any("/surfaces/7" in one for one in page.asked)  # the first segment
    slider.fill("50")
    settle(page)
    assert sum(page.tab.locator("#segments input[type=range]").evaluate_all(
        "all => all.map((one) => Number(one.value))")) == 8 * 50  # fmt: skip
    assert cut(page) == outlined
    page.tab.locator("#segments summary").click()
    page.tab.get_by_role("checkbox", name="segment VIII").uncheck()
    assert cut(page) != outlined


@pytest.mark.parametrize("number", of_many([4], [1, 2, 4]))
def test_every_way_to_a_lesion_takes_all_views_there_and_back(page: View, number: int) -> None:
    tab, name = page.tab, f"L{number}"
    lesion = TRUTH["lesions"][number - 1]
    open_results(tab)
    settle(page)
    tab.locator("#liver canvas").press("+")
    tab.locator("#liver canvas").press("ArrowLeft")
    tab.locator(".cut canvas").first.press("+")
    settle(page)
    before = [cut(page, n) for n in range(3)], surfaces(page)
    ways = (
        tab.locator("#parts").get_by_role("button", name=f"Go to lesion {name}"),
        tab.locator("#second").get_by_role("button", name=name, exact=True).first,
    )
    for way in ways:
        way.press("Enter")  # by keyboard
        settle(page)
        off = [abs(a - b) for a, b in zip(places(page), lesion["centre_mm"], strict=True)]
        assert max(off) < lesion["axial_outer_mm"] / 2
        heard = tab.locator(".cut canvas").first.get_attribute("aria-label") or ""
        assert name in heard
        mark = tab.locator(".liver3d-cross").bounding_box()
        frame = tab.locator("#liver").bounding_box()
        assert mark is not None
        assert frame is not None
        assert frame["x"] < mark["x"] < frame["x"] + frame["width"]
        assert frame["y"] < mark["y"] < frame["y"] + frame["height"]
        tab.locator(".cut canvas").first.press("b")
        settle(page)
        assert ([cut(page, n) for n in range(3)], surfaces(page)) == before
    assert tab.locator("#back").is_disabled()


def test_a_segment_is_gone_to_from_the_answer_and_the_list(page: View) -> None:
    open_results(page.tab)
    page.tab.locator("#first").get_by_role("button", name="Segment III", exact=True).click()
    settle(page)
    heard = page.tab.locator(".cut canvas").first.get_attribute("aria-label") or ""
    assert "segment III" in heard
    page.tab.locator("#segments summary").click()
    page.tab.get_by_role("button", name="Go to segment VI", exact=True).click()
    settle(page)
    heard = page.tab.locator(".cut canvas").first.get_attribute("aria-label") or ""
    assert "segment VI" in heard
    page.tab.click("#back")
    page.tab.click("#back")
    assert page.tab.locator("#back").is_disabled()


def test_what_names_no_lesion_of_this_scan_is_no_way_to_one(page: View) -> None:
    texts = {
        "largest liver lesion 4.8 cm": 0,  # a size
        "largest liver lesion 4 cm": 0,
        "baseline lesion 2 lies 3 mm outside": 0,  # of another scan
        "lesion 9": 0,  # there is none
        "with local treatment of lesion 4.": 1,
        "L2, L3": 2,
    }
    script = """(text) => {
      const one = document.createElement("li");
      one.textContent = text;
      document.querySelector("#first").append(one);
      return import("/page.js").then((page) => {
        page.places.link(one);
        const found = one.querySelectorAll("button").length;
        const same = one.textContent === text;
        one.remove();
        return same ? found : "other words";
      });
    }"""
    assert {text: page.tab.evaluate(script, text) for text in texts} == texts


def test_a_finding_is_with_its_value_and_leads_to_where_it_is_reported(page: View) -> None:
    said = "within 0.1 percentage points of 30 %"
    open_results(page.tab)
    limits = page.tab.locator("#first .card", has=page.tab.get_by_text("Comparison with limits"))
    beside = limits.get_by_role("button", name="warning concerning Comparison with limits")
    assert said in plain(beside.text_content() or "")
    beside.press("Enter")
    there = page.run("document.activeElement.tagName + document.activeElement.textContent")
    assert there.startswith("LI")
    assert said in plain(there)


def test_a_cut_is_named_after_the_layer_that_is_drawn(page: View) -> None:
    tab = page.tab
    before = text_of(tab.locator(".cut h3").first)
    tab.route("**/cuts/axial/*", lambda _: None)  # never comes
    with tab.expect_request("**/cuts/axial/*"):
        tab.locator(".cut canvas").first.press("PageUp")
    assert tab.locator("#views").get_attribute("aria-busy") == "true"
    assert text_of(tab.locator(".cut h3").first) == before
    box = tab.locator(".cut canvas").first.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    told = text_of(tab.locator("#pointer"))  # with the HU of the layer that is seen
    assert before.removeprefix("Axial, ") in told
    tab.unroute("**/cuts/axial/*")
