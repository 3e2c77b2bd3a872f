"""The report in a browser: no violation that axe finds, and as wide as the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docs.site.axe import TOO_WIDE, find_browser
from fl_planner.report.page.render import as_html
from tests.cases import of_many
from tests.report.page.test_printed_page import full

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="Chromium, playwright or axe is missing"),
]


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the fullest report."""
    page, pictures = full(9)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(as_html(page, pictures.files))
    return path


@pytest.mark.essential
@pytest.mark.parametrize("width", of_many([390], [390, 820, 1280]))
def test_axe_finds_no_violation_and_nothing_is_wider_than_the_window(
    chromium: Browser, html: Path, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    tab = chromium.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
    tab.goto(html.as_uri())
    found: list[dict[str, Any]] = Axe().run(tab).response["violations"]
    too_wide = tab.evaluate(TOO_WIDE)
    headings = tab.eval_on_selector_all("h1, h2, h3", "all => all.map(one => one.tagName)")
    tab.close()
    assert [one["id"] for one in found] == []
    assert not too_wide
    assert headings[0] == "H1"
    assert headings.count("H1") == 1
