"""How masks were made, stated in the form in headless Chromium, shown, and corrected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.outside import ask
from tests.vessel_liver import MASKS, write_masks
from tests.web.test_browser import barriers, begin_case, wide
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.viewed import ANSWERED, MS, choose_theme, open_files, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium
METHOD = "#files-told [data-origin='flr.nii.gz']"
SHOWN = "#parts .part:has-text('future liver remnant') .made"
PROGRAM, VERSION = "Program: flr.nii.gz", "Version: flr.nii.gz"


def interval(page: Page) -> list[float]:
    """Read the interval of the FLR."""
    said = text_of(page.locator("#strip"))
    line = next(line for line in said.splitlines() if "inter-reader interval" in line)
    return [float(one) for one in re.findall(r"[\d.]+", line.partition(":")[2])]


def asked(folder: Path, origin: str) -> Any:
    """Ask the command line for the interval of the FLR; its shown ends are rounded outwards."""
    masks = [f"--{name}={folder / name}.nii.gz" for name in MASKS]
    told = ask("plan", *masks, "--diagnosis=crlm", f"--origin=flr={origin}", "--json").record
    return pytest.approx(told["ratios"]["flr"]["interval_percent"], abs=0.1)


def test_origins_are_stated_in_the_form_shown_and_corrected(page: Page, tmp_path: Path) -> None:
    write_masks(tmp_path)
    begin_case(page, *(tmp_path / f"{name}.nii.gz" for name in MASKS))
    assert page.get_by_label(PROGRAM).is_hidden()
    page.select_option(METHOD, "carried")
    assert "the surface error of the carried-over mask in flr.nii.gz" in text_of(
        page.locator("#missing")
    )
    page.select_option(METHOD, "automatic")
    page.get_by_label(PROGRAM).fill("nnU-Net")
    page.get_by_label(VERSION).fill("2.5")
    for theme, width in (("light", 390), ("dark", 1280)):
        choose_theme(page, theme)
        page.set_viewport_size({"width": width, "height": 800})
        assert [*barriers(page), *wide(page)] == []
        form = page.locator("#roles-form").bounding_box()
        assert form is not None
        assert form["width"] > 340  # also where the sections of the files are above it
    page.select_option("#diagnosis", "crlm")
    page.click("#confirm")
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert text_of(page.locator(SHOWN)) == "automatic (nnU-Net 2.5)"
    assert [*barriers(page), *wide(page)] == []
    assert interval(page) == asked(tmp_path, "automatic:nnU-Net:2.5")
    open_files(page)
    assert page.get_by_label(PROGRAM).input_value() == "nnU-Net"
    page.select_option(METHOD, "manual")
    page.click("#confirm")
    page.wait_for_selector(f"{SHOWN}:text('manual')", state="attached", timeout=MS)
    assert interval(page) == asked(tmp_path, "manual")
