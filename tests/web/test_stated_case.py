"""What a case states on the page: a share without an FLR, and an embolisation after the scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from fl_planner.web.case import OpenCase
from tests.web.served import CRLM

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
    case = OpenCase()
    case.open_case(case_file, {})
    return case


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


def test_h15_an_embolisation_after_the_scan_is_stated_next_to_the_trials(tmp_path: Path) -> None:
    for file in CRLM.parent.glob("*.nii.gz"):
        (tmp_path / file.name).symlink_to(file)
    text = CRLM.read_text("utf-8").replace("[imaging]", "[imaging]\ndate = 2026-11-20")
    dated = f'{text}\n[embolisation]\ndate = 2026-11-22\nkind = "PVE"\n'
    (tmp_path / "case.toml").write_text(dated, "utf-8")
    (told,) = planned(tmp_path / "case.toml").answer()["baseline"]
    assert told.startswith("PVE was performed 2 days after this scan")
    assert planned(CRLM).answer()["baseline"] == []
