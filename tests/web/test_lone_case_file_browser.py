"""A case file dropped without its files: they are named, and taken to the same case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.web.test_browser import drop, look
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_files_form_browser import write_case
from tests.web.viewed import ANSWERED, MS, open_drop, wait_for_case, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium
SAYS = "t => document.querySelector('#drop-missing').textContent.includes(t)"


def test_the_files_of_a_case_file_are_named_and_taken_to_it(page: Page, tmp_path: Path) -> None:
    case, liver, tumour = write_case(tmp_path)
    drop(page, case)
    wait_until(page, SAYS, arg='“liver” = "liver.nii.gz", “tumour” = "tumour.nii.gz"')
    asked = page.locator("#drop-missing")
    assert asked.is_visible()
    assert page.locator("#cases li").count() == 2
    assert look(page, (390, 1280)) == {}
    other = tmp_path / "other.toml"
    other.write_text("schema = 1")
    page.set_input_files("#files-in", [case, other])  # refused, and the files are still asked for
    page.wait_for_selector("#trouble:not([hidden])", timeout=MS)
    assert asked.is_visible()
    page.set_input_files("#files-in", [liver])
    begins = SAYS.replace("includes", "startsWith")
    wait_until(page, begins, arg="case.toml also requires “tumour” =")
    page.reload()  # the missing file is still asked for
    asked.wait_for(timeout=MS)
    page.set_input_files("#files-in", [tumour])
    wait_for_case(page)
    assert page.locator("#cases li").count() == 2
    assert page.locator("#lesions-told tr").count()


def test_a_case_file_with_its_files_is_a_further_case(page: Page, tmp_path: Path) -> None:
    files = write_case(tmp_path)
    drop(page, files[0])
    page.locator("#drop-missing").wait_for(timeout=MS)
    page.set_input_files("#files-in", files)
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert page.locator("#cases li").count() == 3
    page.locator("#cases button[data-case]").nth(1).click()
    page.locator("#drop-missing").wait_for(timeout=MS)


def write_files(folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    return write_case(folder)


def test_h11_two_case_files_are_refused_and_masks_are_not_read_without_them(
    page: Page, tmp_path: Path
) -> None:
    """The facts of a case file may not be lost, nor its masks be another patient's."""
    mine = write_files(tmp_path / "export" / "a")
    other = write_files(tmp_path / "export" / "b")
    both = [mine[0], other[0], *mine[1:]]
    for dropped, into in ((both, "files"), (tmp_path / "export", "folder")):
        open_drop(page)
        page.wait_for_selector("#trouble", state="hidden", timeout=MS)  # that of the files before
        page.set_input_files(f"#{into}-in", dropped)
        refused_or_read = "#trouble:not([hidden]), #cases li:nth-child(2)"
        page.wait_for_selector(refused_or_read, state="attached", timeout=MS)
        assert "case.toml, case.toml: several case files" in page.inner_text("#reason")
        assert page.locator("#cases li").count() == 1
        assert page.locator("#drop").is_visible()  # others can be chosen


def test_h11_a_case_file_names_files_in_folders_of_folders(page: Page, tmp_path: Path) -> None:
    """Each is sent with its path: those of one name in two folders are not one another's."""
    case, liver, tumour = write_files(tmp_path / "export" / "visit" / "a")
    text = case.read_text("utf-8")
    for n, file in enumerate((liver, tumour)):
        place = case.parent / "masks" / "older" / str(n)
        place.mkdir(parents=True)
        file.rename(place / "mask.nii.gz")
        assert f'"{file.name}"' in text
        text = text.replace(f'"{file.name}"', f'"masks/older/{n}/mask.nii.gz"')
    case.write_text(text, "utf-8")
    open_drop(page)
    page.set_input_files("#folder-in", tmp_path / "export")
    wait_for_case(page)
    assert page.locator("#lesions-told tr").count()
