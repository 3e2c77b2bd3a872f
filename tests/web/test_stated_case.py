"""What a case states on the page: a share without an FLR, and an embolisation after the scan."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.case_form import fill_form
from tests.refusals import refuses
from tests.web.served import CRLM, open_here

pytestmark = pytest.mark.slow
HCC = CRLM.parents[1] / "hcc"
TREATED = """schema = 1
diagnosis = "hcc"
[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"
treated = "treated.nii.gz"
"""


def planned(case_file: Path) -> OpenCase:
    return open_here(case_file)


def test_a_tab_without_an_flr_names_the_untreated_liver(tmp_path: Path) -> None:
    for file in HCC.glob("*.nii.gz"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "case.toml").write_text(TREATED, "utf-8")
    case = planned(tmp_path / "case.toml")
    shown = case.answer()["strip"]["share"]["percent"]
    assert case.banner()["parts"][-1].startswith("untreated liver ")
    assert case.banner()["parts"][-1].endswith(f"= {shown}")
    assert case.banner()["flr_in_names"] == "no-FLR"
    # 944 628 voxels of 1.28 mm3 [truth.json], 274 129 of the tumour
    volumes = case.answer()["strip"]["volumes"]
    assert (volumes["treated"], volumes["tumour"]) == ("1209 mL", "351 mL")


def test_h15_files_changed_since_are_shown_after_an_entry_that_reads_them_again(
    tmp_path: Path,
) -> None:
    """A fact that replaces another one removes what was accepted: the case is read anew."""
    for file in CRLM.parent.glob("*.nii.gz"):
        (tmp_path / file.name).symlink_to(file)
    text = CRLM.read_text("utf-8")
    (tmp_path / "case.toml").write_text(text, "utf-8")
    case, by = planned(tmp_path / "case.toml"), {"by": "R1", "on": "2026-11-21"}
    case.enter("measure", {"mm": "20.0", **by})
    case.enter("accept", {"code": "contradiction.largest_lesion", "why": "oblique", **by})
    volume = nibabel.Nifti1Image.from_filename(CRLM.parent / "tumour.nii.gz")
    drawn = np.asarray(volume.dataobj).copy()
    top = int(drawn.nonzero()[2].max())
    before = case.cut("axial", top)
    drawn[:, :, top] = 0
    (tmp_path / "tumour.nii.gz").unlink()
    nibabel.save(volume.__class__(drawn, volume.affine), tmp_path / "tumour.nii.gz")
    told = case.enter("measure", {"mm": "90.0", **by})
    assert told["steps"][-1]["changed"] == ("tumour.nii.gz",)
    assert case.cut("axial", top) != before


def test_the_same_length_in_another_unit_leaves_what_was_accepted(tmp_path: Path) -> None:
    for file in CRLM.parent.glob("*.nii.gz"):
        (tmp_path / file.name).symlink_to(file)
    text = CRLM.read_text("utf-8").replace(
        "[facts]", '[facts]\nlargest_lesion = {value = 2, unit = "cm"}'
    )
    (tmp_path / "case.toml").write_text(text, "utf-8")
    case, by = planned(tmp_path / "case.toml"), {"by": "R1", "on": "2026-11-21"}
    case.enter("accept", {"code": "contradiction.largest_lesion", "why": "oblique", **by})
    assert len(case.enter("measure", {"mm": "20.0", **by})["accepted"]) == 1
    assert case.enter("measure", {"mm": "21.0", **by})["accepted"] == []


def test_h02_a_warning_accepted_for_one_assessment_date_is_not_accepted_for_another(
    tmp_path: Path,
) -> None:
    """The ages of dated results, which warnings may state, are counted to this date."""
    for file in CRLM.parent.glob("*.nii.gz"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "case.toml").write_bytes(CRLM.read_bytes())
    case, by = planned(tmp_path / "case.toml"), {"by": "R1", "on": "2026-11-21"}
    accepted = {"code": "contradiction.largest_lesion", "why": "oblique", **by}
    case.enter("measure", {"mm": "20.0", **by})
    case.enter("accept", accepted)
    assert len(case.enter("assess", {"day": "2026-11-21"})["accepted"]) == 1  # none before
    assert len(case.enter("assess", {"day": "2026-11-21"})["accepted"]) == 1
    told = case.enter("assess", {"day": "2026-12-21"})
    assert told["accepted"] == []
    (note,) = told["steps"][-1]["notes"]
    assert note.startswith("removed: acceptance of: the largest lesion is 2 cm by calliper")
    case.enter("accept", accepted)
    form = fill_form(case._planned())
    sent = json.dumps({**form, "as_of": "2026-12-22"})
    assert case.change_answers(None, json.dumps(form), sent)["accepted"] == []


@pytest.mark.parametrize(
    ("scanned", "begins"),
    [
        ("date = 2026-11-20", "PVE was performed 2 days after this scan"),
        ("", "PVE is dated but the scan is not: it is unknown whether this scan shows the liver"),
    ],
)
def test_h15_an_embolisation_not_known_to_precede_the_scan_is_stated_next_to_the_trials(
    tmp_path: Path, scanned: str, begins: str
) -> None:
    for file in CRLM.parent.glob("*.nii.gz"):
        (tmp_path / file.name).symlink_to(file)
    text = CRLM.read_text("utf-8").replace("[imaging]", f"[imaging]\n{scanned}")
    dated = f'{text}\n[embolisation]\ndate = 2026-11-22\nkind = "PVE"\n'
    (tmp_path / "case.toml").write_text(dated, "utf-8")
    (told,) = planned(tmp_path / "case.toml").answer()["baseline"]
    assert told.startswith(begins)
    assert planned(CRLM).answer()["baseline"] == []


@pytest.mark.parametrize(
    ("facts", "typed", "refused"),
    [
        ("labs_date = 2026-05-01\n", "214 10*9/L", True),
        ('labs_age = { value = 7, unit = "d" }\n', "214 10*9/L", True),
        ("labs_date = 2026-05-01\n", "214 10*9/L 2026-06-01", False),
        ("", "214 10*9/L", False),
    ],
)
def test_h15_a_blood_test_entered_on_the_page_has_not_the_date_of_those_of_the_case_file(
    facts: str, typed: str, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in CRLM.parent.glob("*.nii.gz"):
        (tmp_path / file.name).symlink_to(file)
    lines = CRLM.read_text("utf-8").splitlines()
    kept = "\n".join(one for one in lines if not one.startswith(("platelets", "labs", "inr")))
    text = f'{kept}\n{facts}inr = {{ value = 1.1, unit = "1" }}\n'  # [facts] is the last table
    (tmp_path / "case.toml").write_text(text, "utf-8")
    case = planned(tmp_path / "case.toml")
    entry = {"key": "platelets", "typed": typed, "by": "R1", "on": "2026-06-01"}
    asked = "fl_planner.web.dossier.dossier.list_keys"  # whatever the trials ask first
    monkeypatch.setattr(asked, lambda _: ("platelets",))
    if refused:
        with refuses("case.answer", "platelets", says="date of the blood tests in the case file"):
            case.enter("answer", entry)
    else:
        case.enter("answer", entry)
        assert "platelets" in case.own_text()[1].decode()
