"""Files that change on disk while their case is open: the next entry names them."""

from __future__ import annotations

import gzip
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from fl_planner.web.dossier.dossier import Dossier
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from tests.cli.outside import SMALL, case_toml
from tests.intake.documents.test_protocols import OWN
from tests.intake.reading.test_segmentation_set import every, folder_of
from tests.refusals import refuses
from tests.web.served import CRLM

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
DATED = "schema = 1\n[imaging]\ndate = {}\n"


def change(mask: Path) -> None:
    """Compress a mask in another way: another file with the same voxels."""
    mask.write_bytes(gzip.compress(gzip.decompress(mask.read_bytes()), 1))


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


def test_an_answer_in_words_or_with_a_unit_reads_no_image_again(tmp_path: Path) -> None:
    """As a yes or no does: it is applied although a mask was removed meanwhile."""
    copytree(CRLM.parent, tmp_path / "case")
    text = CaseText(tmp_path / "case" / "case.toml", CRLM.read_bytes())
    dossier = Dossier(PlannedCase.of(text, {}, print))
    (tmp_path / "case" / "flr.nii.gz").unlink()
    for key, typed, shown in (
        ("prior_pve_hve", "no", "no"),
        ("recist_response_after_chemo", "partial_response", "partial response"),
        ("flr_function", "3.1 %/min/m2", "3.1 %/min/m²"),
    ):
        dossier.answer(key, typed, "R1", "2026-11-21")
        assert dossier.describe()["steps"][-1]["says"].endswith(f": {shown}")
    assert [one["key"] for one in dossier.describe()["questions"]].count("flr_function") == 0
    with refuses("file.missing", says="flr.nii.gz"):
        dossier.assess("2026-11-25")


CODE = "contradiction.largest_lesion"  # 48 mm on the mask, 20 mm by calliper
ACCEPT = (CODE, "measured obliquely", "R1", "2026-11-21")


def test_h15_results_are_neither_signed_off_nor_accepted_for_masks_that_were_changed(
    tmp_path: Path,
) -> None:
    """Only what was reviewed is confirmed: a mask changed after the sheet was drawn is refused."""
    copytree(CRLM.parent, tmp_path / "case")
    text = CaseText(tmp_path / "case" / "case.toml", CRLM.read_bytes())
    dossier = Dossier(PlannedCase.of(text, {}, print))
    dossier.measure("20.0", "R1", "2026-11-21")
    dossier.accept(*ACCEPT)
    every = " ".join(one["code"] for one in dossier.describe()["findings"])
    signing = ("verified", dossier.sheet().digest, every, "R1", "2026-11-21")
    change(tmp_path / "case" / "flr.nii.gz")
    before = dossier.case
    with refuses("page.changed_file", says="planned: flr.nii.gz"):
        dossier.sign(*signing)
    with refuses("page.changed_file", says="planned: flr.nii.gz"):
        dossier.accept(every.split()[0], "reviewed", "R1", "2026-11-21")
    assert dossier.case is before
    dossier.assess("2026-11-25")
    state = dossier.describe()
    assert state["accepted"] == []
    assert [one.partition(": the")[0] for one in state["steps"][-1]["notes"]] == [
        "removed: acceptance of"
    ]
    dossier.sign(*signing[:1], dossier.sheet().digest, f"{every} {CODE}", *signing[3:])
    assert dossier.describe()["reading"] == {"reader": "R1", "status": "verified"}


def test_h15_a_change_of_one_of_two_files_with_the_same_role_and_name_refuses_a_sign_off(
    tmp_path: Path,
) -> None:
    """As tumour masks of two readers' folders, each with the name of the lesion only."""
    dossier = open_two(tmp_path)
    SMALL.file(tmp_path / "a" / "met.nii", SMALL.mask(7800, 7899))
    with refuses("page.changed_file", says="planned: met.nii"):
        dossier.sign("draft", "", "", "R1", "2026-11-21")


def test_a_second_file_of_the_same_name_that_the_form_adds_is_not_a_change(tmp_path: Path) -> None:
    dossier = open_two(tmp_path, given='"a/met.nii"')
    before, after = (
        f"schema = 1\n[masks]\ntumour = [{given}]\n"
        for given in ('"a/met.nii"', '"a/met.nii", "b/met.nii"')
    )
    dossier.change_form(before, after, None)
    assert dossier.describe()["steps"][-1]["changed"] == ()
    SMALL.file(tmp_path / "b" / "met.nii", SMALL.mask(7400, 7499))
    dossier.change_form("schema = 1\n", DATED.format("2026-10-01"), None)
    assert dossier.describe()["steps"][-1]["changed"] == ("met.nii",)


CENTRE = """schema = 1
name = "Site 7"
as_of = 2026-11-01
[trials]
[reading_error]
cv = {}
cases = 20
df = 20
origin = "drawn"
source = "two readers"
"""


@pytest.fixture
def ruled(tmp_path: Path) -> Dossier:
    """Open the bundled case with a centre file and a trial file; then change the centre file.

    Its readers differed by 2 %, and now by 15 %: the interval of the FLR is wider.
    """
    centre, trials = tmp_path / "centre.toml", tmp_path / "trials"
    trials.mkdir()
    (trials / "own.toml").write_text(OWN, "utf-8")
    centre.write_text(CENTRE.format(0.02), "utf-8")
    options = {"centre": centre, "trials": trials}
    dossier = Dossier(PlannedCase.of(CaseText.of(CRLM), options, print))
    centre.write_text(CENTRE.format(0.15), "utf-8")
    return dossier


def test_h15_results_are_not_signed_off_for_a_centre_file_that_was_changed(ruled: Dossier) -> None:
    every = " ".join(one["code"] for one in ruled.describe()["findings"])
    before = ruled.case
    with refuses("page.changed_file", says="planned: centre.toml"):
        ruled.sign("verified", ruled.sheet().digest, every, "R1", "2026-11-21")
    assert ruled.case is before


def test_h15_an_answer_after_a_changed_centre_file_has_all_its_numbers_and_names_it(
    ruled: Dossier, tmp_path: Path
) -> None:
    ruled.answer("staging_ct_done", "yes", "R1", "2026-11-21")
    assert ruled.describe()["steps"][-1]["changed"] == ("centre.toml",)
    words = {"centre": tmp_path / "centre.toml", "trials": tmp_path / "trials"}
    planned = PlannedCase.of(ruled.case.text, words, print)
    assert ruled.case.as_json() == planned.as_json()


def test_h15_results_are_not_signed_off_for_a_trial_file_that_was_changed(
    ruled: Dossier, tmp_path: Path
) -> None:
    (tmp_path / "centre.toml").write_text(CENTRE.format(0.02), "utf-8")
    ruled.sign("draft", "", "", "R1", "2026-11-21")  # it is again the file that was read
    (tmp_path / "trials" / "own.toml").write_text(f"{OWN}\n", "utf-8")
    with refuses("page.changed_file", says="planned: own.toml"):
        ruled.sign("draft", "", "", "R1", "2026-11-21")


def open_two(folder: Path, given: str = '"a/met.nii", "b/met.nii"') -> Dossier:
    """Open a case with tumour masks of one name in two folders."""
    SMALL.write(folder, flr=(0, 2100))
    for name, layers in {"a": (7800, 7900), "b": (7400, 7500)}.items():
        (folder / name).mkdir()
        SMALL.file(folder / name / "met.nii", SMALL.mask(*layers))
    case = case_toml(folder, f'[masks]\nliver = "liver.nii"\nflr = "flr.nii"\ntumour = [{given}]\n')
    return Dossier(PlannedCase.of(CaseText.of(case), {}, print))


def test_h15_a_file_missing_in_a_folder_of_segmentations_is_named_and_refuses_a_sign_off(
    tmp_path: Path,
) -> None:
    folder = folder_of(tmp_path, every())
    case = case_toml(tmp_path, f'[masks]\nlabelmap = "{folder.name}"\n')
    dossier = Dossier(PlannedCase.of(CaseText.of(case), {}, print))
    read = [one.file for one in dossier.case.plan.case.inputs if one.role == "labelmap"]
    assert len(read) == 4
    (lesion,) = folder.rglob(read[2])
    lesion.unlink()
    with refuses("page.changed_file", says=f"planned: {lesion.name}"):
        dossier.sign("draft", "", "", "R1", "2026-11-21")
    dossier.assess("2026-11-25")
    assert dossier.describe()["steps"][-1]["changed"] == (lesion.name,)
