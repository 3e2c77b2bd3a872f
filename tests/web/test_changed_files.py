"""Files that change on disk while their case is open: the next entry names them."""

from __future__ import annotations

import gzip
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from fl_planner.planning.draft_cut import DRAFT_FILE
from fl_planner.web.dossier.dossier import Dossier
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from tests.web.served import CRLM

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
DATED = "schema = 1\n[imaging]\ndate = {}\n"


def change(mask: Path) -> None:
    """Compress a mask in another way: another file with the same voxels."""
    mask.write_bytes(gzip.compress(gzip.decompress(mask.read_bytes()), 1))


def test_the_mask_of_a_draft_which_the_page_writes_itself_is_not_named(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    copytree(CRLM.parent, folder)
    (folder / "flr.nii.gz").rename(folder / DRAFT_FILE)
    content = CRLM.read_bytes().replace(b"flr.nii.gz", DRAFT_FILE.encode())
    dossier = Dossier(PlannedCase.of(CaseText(folder / "case.toml", content), {}, print))
    change(folder / DRAFT_FILE)
    dossier.change_form("schema = 1\n", DATED.format("2026-10-01"), None)
    assert dossier.describe()["steps"][-1]["changed"] == ()


def test_h15_an_entry_names_the_masks_that_were_changed_since_the_case_was_planned(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "case"
    copytree(CRLM.parent, folder)
    text = CaseText(folder / "case.toml", CRLM.read_bytes())
    dossier = Dossier(PlannedCase.of(text, {}, print))
    dossier.change_form("schema = 1\n", DATED.format("2026-10-01"), None)
    assert dossier.describe()["steps"][-1]["changed"] == ()
    change(folder / "flr.nii.gz")
    dossier.change_form(DATED.format("2026-10-01"), DATED.format("2026-10-02"), None)
    step = dossier.describe()["steps"][-1]
    assert step["changed"] == ("flr.nii.gz",)
    assert step["says"].endswith("; changed since the case was planned before: flr.nii.gz")
